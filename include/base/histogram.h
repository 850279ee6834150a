/* Durations in buckets of constant relative width (4 a power of two, error at most 19 %): no
 * allocation, constant time, percentiles on demand. Not thread-safe by itself. */
#ifndef SORTIE_BASE_HISTOGRAM_H
#define SORTIE_BASE_HISTOGRAM_H

#include <stdint.h>

#define HISTOGRAM_BUCKETS 256

struct histogram {
    uint64_t count, max;
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void histogram_add(struct histogram *h, uint64_t value);
/* The upper bound of the bucket that holds the given fraction (0 to 1); 0 when empty. */
uint64_t histogram_percentile(const struct histogram *h, double fraction);
/* How many are below 2^power; 64: all. Exact. */
uint64_t histogram_count_below(const struct histogram *h, unsigned power);

#endif
