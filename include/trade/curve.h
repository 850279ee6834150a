/* An account's balance over time, each point in some 7 bytes; of any trailing part of it a few
 * hundred points are at hand without a look at the others. */
#ifndef SORTIE_TRADE_CURVE_H
#define SORTIE_TRADE_CURVE_H

#include "trade/results.h"

struct equity_point {
    int64_t time;
    money balance;
};

struct curve;

struct curve *curve_new(void);
void curve_free(struct curve *c); /* NULL: nothing */

/* The newest point; nothing while the balance stays the same. Where the clock was set back it gets
 * the time of the one before: the order of events stays. */
void curve_add(struct curve *c, int64_t time, money balance);
void curve_add_all(struct curve *c, const struct curve *other);

enum { CURVE_SAMPLES = 240 };

/* The points from `from` on: all when they are few enough, else about evenly spaced ones, the first
 * and the newest among them. Returns their count; `base` gets the last balance before `from`,
 * MONEY_UNSET when there is none. */
uint32_t curve_sample(const struct curve *c, int64_t from, struct equity_point *points, money *base,
                      struct window *same);

#endif
