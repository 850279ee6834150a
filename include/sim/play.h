/* Lets an entry of a scenario happen: in the world, between server and clients, or in the server's
 * terms. */
#ifndef SORTIE_SIM_PLAY_H
#define SORTIE_SIM_PLAY_H

#include "sim/client.h"
#include "sim/scenario.h"
#include "sim/terms.h"
#include "sim/world.h"

struct sim_stage {
    struct sim_world *world; /* has come to the entry's time */
    struct sim_terms *terms;
    struct sim_spells *spells; /* with the time of the round */
    struct sim_client *const *clients;
    int client_count;
    struct sim_random *random;
    int speed;    /* simulated seconds a second */
    int64_t wall; /* since 1970 UTC */
};

void sim_play(const struct sim_stage *stage, const struct sim_scenario_entry *entry);

#endif
