/* What one symbol has traded: the latest trades as they were told, and minute bars made of them.
 * Memory is bounded; the oldest go. Times are microseconds since 1970 UTC. */
#ifndef SORTIE_SIM_HISTORY_H
#define SORTIE_SIM_HISTORY_H

#include <stddef.h>
#include <stdint.h>

enum {
    SIM_TICKS_MAX = 32768, /* 1 MiB; some two hours of one market */
    SIM_MINUTES_MAX = 4096 /* of which at least the latest half is kept: more than a day */
};

struct sim_tick {
    int64_t time;
    double price, volume;
    int at; /* DTC_AT_BID or DTC_AT_ASK */
};

struct sim_bar {
    int64_t start;
    double open, high, low, last;
    double volume, bid_volume, ask_volume;
    uint32_t trades;
};

struct sim_history {
    struct sim_tick *ticks; /* a ring once it is full */
    size_t tick_count;      /* ever */
    struct sim_bar *minutes;
    size_t minute_count;
};

void sim_history_free(struct sim_history *h); /* what it holds */

void sim_history_add(struct sim_history *h, const struct sim_tick *tick);

/* Oldest first. */
size_t sim_history_tick_count(const struct sim_history *h);
const struct sim_tick *sim_history_tick(const struct sim_history *h, size_t index);

/* The bars of `interval` seconds (1 to 59: made of the trades that are kept, above: of the minutes)
 * that begin from `start` to `end`, both included; oldest first, the last one may still grow.
 * free() them. They begin at whole multiples of the interval since 1970 UTC, weeks on Thursdays. */
struct sim_bar *sim_history_bars(const struct sim_history *h, int64_t interval, int64_t start,
                                 int64_t end, size_t *count);

#endif
