/* The simulation's own random numbers (splitmix64): the same seed gives the same numbers on every
 * machine. */
#ifndef SORTIE_SIM_RANDOM_H
#define SORTIE_SIM_RANDOM_H

#include <stdint.h>

struct sim_random {
    uint64_t state; /* the seed; any value will do */
};

uint64_t sim_random_next(struct sim_random *r);
double sim_random_unit(struct sim_random *r); /* 0 <= x < 1 */
/* A whole number from `low` to `high`, both included. */
int64_t sim_random_between(struct sim_random *r, int64_t low, int64_t high);

#endif
