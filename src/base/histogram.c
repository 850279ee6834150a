#include "base/histogram.h"

#include <stddef.h>

/* Where the quarters of a power of two begin: 2^(k/4), scaled by 2^63. */
static const uint64_t quarter[] = {UINT64_C(0x8000000000000000), UINT64_C(0x9837F0518DB8A970),
                                   UINT64_C(0xB504F333F9DE6485), UINT64_C(0xD744FCCAD69D6AF5)};

static unsigned floor_log2(uint64_t value)
{
    unsigned power = 0;
    for (unsigned step = 32; step > 0; step /= 2) {
        if (value >> step != 0) {
            value >>= step;
            power += step;
        }
    }
    return power;
}

void histogram_add(struct histogram *h, uint64_t value)
{
    unsigned power = floor_log2(value);
    uint64_t scaled = value << (63 - power);
    unsigned part = 0;
    while (part < 3 && scaled >= quarter[part + 1])
        part++;
    h->bucket[power * 4 + part]++;
    h->count++;
    if (value > h->max)
        h->max = value;
}

static uint64_t upper_bound(size_t bucket)
{
    size_t part = bucket % 4;
    uint64_t scaled = part == 3 ? UINT64_MAX : quarter[part + 1] - 1;
    return scaled >> (63 - bucket / 4);
}

uint64_t histogram_percentile(const struct histogram *h, double fraction)
{
    double wanted = fraction * (double)h->count;
    uint64_t seen = 0;
    for (size_t i = 0; i < HISTOGRAM_BUCKETS && h->count > 0; i++) {
        seen += h->bucket[i];
        if (seen > 0 && (double)seen >= wanted)
            return upper_bound(i) < h->max ? upper_bound(i) : h->max;
    }
    return h->max;
}

uint64_t histogram_count_below(const struct histogram *h, unsigned power)
{
    uint64_t count = 0;
    for (size_t i = 0; i < (size_t)power * 4 && i < HISTOGRAM_BUCKETS; i++)
        count += h->bucket[i];
    return count;
}
