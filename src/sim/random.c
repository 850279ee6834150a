#include "sim/random.h"

uint64_t sim_random_next(struct sim_random *r)
{
    uint64_t z = (r->state += UINT64_C(0x9e3779b97f4a7c15));
    z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
    return z ^ (z >> 31);
}

double sim_random_unit(struct sim_random *r)
{
    return (double)(sim_random_next(r) >> 11) * 0x1p-53;
}

int64_t sim_random_between(struct sim_random *r, int64_t low, int64_t high)
{
    /* The ranges here are tiny against 2^64: the modulo's bias does not matter. */
    return low + (int64_t)(sim_random_next(r) % (uint64_t)(high - low + 1));
}
