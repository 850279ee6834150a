/* Market data made up beside the world's own, for servers that are to send more of it: quotes of
 * changing size and single lots at bid and ask in turn. They are one client's alone, so they leave
 * the session's figures as they are. */
#ifndef SORTIE_SIM_STREAM_H
#define SORTIE_SIM_STREAM_H

#include "sim/client.h"
#include "sim/world.h"

enum { SIM_RATE_NONE = 0, SIM_RATE_MAX = -1 /* as fast as the client reads */ };

struct sim_stream {
    int rate;      /* messages a second in all; or one of the above */
    uint64_t made; /* so far */
};

/* Sends what is due at the round's time. */
void sim_stream_feed(struct sim_stream *s, struct sim_client *c, const struct sim_world *world,
                     int64_t wall);
/* When more is due, should the socket take it; INT64_MAX: never. */
int64_t sim_stream_next(const struct sim_stream *s, const struct sim_client *c);

#endif
