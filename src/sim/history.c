#include "sim/history.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dtc/enums.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

void sim_history_free(struct sim_history *h)
{
    free(h->ticks);
    free(h->minutes);
}

static int64_t bar_start(int64_t time, int64_t interval)
{
    return time - time % (interval * CLOCK_SECOND);
}

static struct sim_bar bar_of_tick(const struct sim_tick *t)
{
    bool at_ask = t->at == DTC_AT_ASK;
    return (struct sim_bar){.start = t->time,
                            .open = t->price,
                            .high = t->price,
                            .low = t->price,
                            .last = t->price,
                            .volume = t->volume,
                            .bid_volume = at_ask ? 0 : t->volume,
                            .ask_volume = at_ask ? t->volume : 0,
                            .trades = 1};
}

/* Into the latest of `bars` when that begins at `start`, else into a new one. */
static void add_part(struct sim_bar *bars, size_t *count, int64_t start, const struct sim_bar *part)
{
    if (*count == 0 || bars[*count - 1].start != start) {
        bars[*count] = *part;
        bars[(*count)++].start = start;
        return;
    }
    struct sim_bar *bar = &bars[*count - 1];
    bar->high = fmax(bar->high, part->high);
    bar->low = fmin(bar->low, part->low);
    bar->last = part->last;
    bar->volume += part->volume;
    bar->bid_volume += part->bid_volume;
    bar->ask_volume += part->ask_volume;
    bar->trades += part->trades;
}

void sim_history_add(struct sim_history *h, const struct sim_tick *tick)
{
    if (!h->ticks) {
        h->ticks = memory_new(SIM_TICKS_MAX, sizeof *h->ticks);
        h->minutes = memory_new(SIM_MINUTES_MAX, sizeof *h->minutes);
    }
    h->ticks[h->tick_count++ % SIM_TICKS_MAX] = *tick;

    if (h->minute_count == SIM_MINUTES_MAX) { /* the older half goes */
        h->minute_count /= 2;
        memcpy(h->minutes, h->minutes + h->minute_count, h->minute_count * sizeof *h->minutes);
    }
    struct sim_bar part = bar_of_tick(tick);
    add_part(h->minutes, &h->minute_count, bar_start(tick->time, 60), &part);
}

size_t sim_history_tick_count(const struct sim_history *h)
{
    return h->tick_count < SIM_TICKS_MAX ? h->tick_count : SIM_TICKS_MAX;
}

const struct sim_tick *sim_history_tick(const struct sim_history *h, size_t index)
{
    return &h->ticks[(h->tick_count - sim_history_tick_count(h) + index) % SIM_TICKS_MAX];
}

struct sim_bar *sim_history_bars(const struct sim_history *h, int64_t interval, int64_t start,
                                 int64_t end, size_t *count)
{
    bool of_ticks = interval < 60;
    size_t parts = of_ticks ? sim_history_tick_count(h) : h->minute_count;
    struct sim_bar *bars = memory_new(parts + 1, sizeof *bars);
    *count = 0;
    for (size_t i = 0; i < parts; i++) {
        struct sim_bar part = of_ticks ? bar_of_tick(sim_history_tick(h, i)) : h->minutes[i];
        int64_t at = bar_start(part.start, interval);
        if (at >= start && at <= end)
            add_part(bars, count, at, &part);
    }
    return bars;
}
