/* What the simulated server answers to each type of message. */
#ifndef SORTIE_SIM_REQUESTS_H
#define SORTIE_SIM_REQUESTS_H

#include "sim/client.h"
#include "sim/terms.h"
#include "sim/world.h"

struct sim_request {
    struct sim_world *world;
    struct sim_client *client;
    const union dtc_message *message;
    int64_t now;  /* monotonic */
    int64_t wall; /* since 1970 UTC */
    const struct sim_terms *terms;
};

/* `type` as dtc_json_decode() gave it; 0, an unknown one, is answered with a heartbeat. */
void sim_request_answer(const struct sim_request *r, int type);

void sim_request_send_heartbeat(struct sim_client *c, int64_t wall);

#endif
