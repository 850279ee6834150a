/* The results of an account's trades in order of exit, each in some 20 bytes, with the tallies of
 * their runs: what any trailing part of them sums to is known after a look at a few dozen. */
#ifndef SORTIE_TRADE_RESULTS_H
#define SORTIE_TRADE_RESULTS_H

#include "trade/excursions.h"

struct results;

struct results *results_new(void);
void results_free(struct results *r); /* NULL: nothing */

/* Behind those of the same exit time. Quick for the newest; an older one moves those near it. */
void results_add(struct results *r, const struct trade_result *one);
/* Takes out one that was added: the first with the same times and amounts. False: there is none. */
bool results_remove(struct results *r, const struct trade_result *one);
/* Adds all that another one holds. */
void results_add_all(struct results *r, const struct results *other);
/* The same, and leaves the other one nothing: quick where its results are all later, and excursions
 * were asked of both from the same times on, or of neither. */
void results_take(struct results *r, struct results *other);

/* Starts of a window that the same results lie in: both ends included. */
struct window {
    int64_t least, greatest;
};

/* What those of exit time `from` and later sum to. */
void results_tally(struct results *r, int64_t from, struct tally *out, struct window *same);

/* The excursions of the same. From one call to the next only those that enter or leave that
 * timeframe's window are looked at; the first one looks at all in it. */
void results_excursions(struct results *r, enum timeframe t, int64_t from, struct excursions *out);

struct scatter_point {
    int64_t exit_time;
    money mae, pnl;
};
/* The newest `count` of them, or as many as there are, in order. */
uint32_t results_newest(const struct results *r, struct scatter_point *points, uint32_t count);

#endif
