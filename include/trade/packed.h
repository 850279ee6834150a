/* Whole numbers in as few bytes as they need, seven bits a byte, least first. Only src/trade
 * includes this. */
#ifndef SORTIE_TRADE_PACKED_H
#define SORTIE_TRADE_PACKED_H

#include <stdint.h>

enum { PACKED_MAX = 10 }; /* bytes of one number */

static inline unsigned char *packed_put(unsigned char *at, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        *at++ = (unsigned char)(value | 128);
    *at++ = (unsigned char)value;
    return at;
}

static inline const unsigned char *packed_get(const unsigned char *at, uint64_t *value)
{
    uint64_t whole = 0;
    unsigned shift = 0;
    for (; *at >= 128; at++, shift += 7)
        whole |= (uint64_t)(*at & 127) << shift;
    *value = whole | (uint64_t)*at << shift;
    return at + 1;
}

/* Small amounts of either sign as small numbers: 0, -1, 1, -2, ... */
static inline uint64_t packed_fold(int64_t value)
{
    return (uint64_t)value << 1 ^ (value < 0 ? UINT64_MAX : 0);
}

static inline int64_t packed_unfold(uint64_t value)
{
    return (int64_t)(value >> 1 ^ (value & 1 ? UINT64_MAX : 0));
}

/* The difference of any two times or amounts, which adds up to the first again. */
static inline int64_t packed_difference(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a - (uint64_t)b);
}

static inline int64_t packed_sum(int64_t a, int64_t b)
{
    return (int64_t)((uint64_t)a + (uint64_t)b);
}

#endif
