/* The results of an account's trades in order of exit, each in some 20 bytes, with the tallies of
 * their runs: what any trailing part of them sums to is known after a look at a few dozen. */
#ifndef SORTIE_TRADE_RESULTS_H
#define SORTIE_TRADE_RESULTS_H

#include "trade/statistics.h"

struct results;

struct results *results_new(void);
void results_free(struct results *r); /* NULL: nothing */

/* Behind those of the same exit time. Quick for the newest; an older one moves those near it. */
void results_add(struct results *r, const struct trade_result *one);
/* Adds all that another one holds. */
void results_add_all(struct results *r, const struct results *other);

/* Starts of a window that the same results lie in: both ends included. */
struct window {
    int64_t least, greatest;
};

/* What those of exit time `from` and later sum to. */
void results_tally(struct results *r, int64_t from, struct tally *out, struct window *same);

#endif
