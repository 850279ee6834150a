/* The slow and obvious model of domain.md ("From fills to positions to trades", "Excursions",
 * "Statistics"): everything is worked out anew from the list of all that happened. Nothing is
 * shared with src/trade but the types of its results, so that each can be held against the other.
 * Quantities are whole billionths, prices and averages long double. */
#ifndef SORTIE_TESTS_SUPPORT_TRUTH_H
#define SORTIE_TESTS_SUPPORT_TRUTH_H

#include "trade/statistics.h"

enum truth_kind {
    TRUTH_FILL,
    TRUTH_PRICE,   /* of the stream */
    TRUTH_WIDEN,   /* a high (price) and low seen while nobody looked */
    TRUTH_STOP,    /* the working stop is now at price */
    TRUTH_ENTRY,   /* the server's average entry of what is held is price */
    TRUTH_ADOPT,   /* the server reports a position that no fill has made */
    TRUTH_DISCARD, /* the user removes it without a trade */
};

/* Something that happened to one (mode, account, symbol). */
struct truth_event {
    enum truth_kind kind;
    int side;      /* FILL, ADOPT: 1 bought, -1 sold */
    int64_t units; /* FILL, ADOPT: billionths, > 0 */
    double price, low;
    double commission; /* FILL: currency a contract */
    bool is_servers; /* FILL: it stands in for what the server reports; what it opens is adopted */
    int64_t time;
};

/* The events from that which opens a position to that which ends it, or to the last of all. */
struct truth_span {
    size_t first, last;
    int64_t opening; /* units that the first one opens it with: all, or the rest of a reversal */
    bool is_closed, is_discarded;
};

/* What a position is after its last event, or was when it closed. */
struct truth_position {
    int side;
    int64_t held, greatest, entered, exited; /* units, >= 0 */
    long double entry, average_entry, average_exit;
    long double points; /* points × quantity of all that is realized: P&L at 1 a point */
    money realized, commissions, mae, mfe;
    int reductions; /* amounts that `realized` sums up, each rounded to a millionth */
    /* Amounts that lie so close to half a millionth that a double may round them the other way:
     * among those of `realized`, and (0 or 1) those of MAE and MFE. */
    int doubts, excursion_doubts;
    long double min, max, price; /* the last one seen */
    int64_t entry_time, last_time, heat_since;
    double first_stop, stop; /* PRICE_UNSET: none */
    bool is_adopted, is_unchanged;
};

int64_t truth_units(double quantity);
money truth_millionths(long double amount);

/* The positions that the events make, in their order; `spans` has room for 2 × count. */
size_t truth_find(const struct truth_event *events, size_t count, struct truth_span *spans);
/* Works out one of them. */
void truth_work_out(const struct truth_event *events, const struct truth_span *span,
                    double point_value, struct truth_position *out);

double truth_efficiency(money pnl, money mfe);                                 /* NAN: none */
double truth_r(const struct truth_position *p, double point_value, money pnl); /* NAN: none */

/* Of trades in exit order, each figure by itself. */
void truth_statistics(const struct trade_result *trades, size_t count, struct statistics *out);

#endif
