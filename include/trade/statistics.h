/* Statistics of closed trades (domain.md, "Statistics"). */
#ifndef SORTIE_TRADE_STATISTICS_H
#define SORTIE_TRADE_STATISTICS_H

#include "trade/money.h"
#include "trade/position.h"

#include <stddef.h>
#include <stdint.h>

enum timeframe {
    TIMEFRAME_LIVE,
    TIMEFRAME_1D,
    TIMEFRAME_1W,
    TIMEFRAME_1M,
    TIMEFRAME_3M,
    TIMEFRAME_YTD,
    TIMEFRAME_ALL,
    TIMEFRAME_COUNT
};

const char *timeframe_name(enum timeframe t); /* "LIVE", "1D", ... */
/* The first exit time that still counts at `now` (us UTC); INT64_MIN for ALL. YTD is the local
 * year, of the zone in TZ. */
int64_t timeframe_start(enum timeframe t, int64_t now);

/* What statistics need of a trade. */
struct trade_result {
    int64_t entry_time, exit_time;
    money pnl, commissions, mae, mfe;
    double efficiency, r_multiple; /* NAN: none */
    money tick_value;              /* of a tick, of the greatest quantity; 0: not known */
};

void trade_result_of(const struct trade *t, struct trade_result *out);

/* Unset values: MONEY_UNSET, NAN. With no trades all money is 0 and all ratios are NAN. */
struct statistics {
    uint32_t trades, wins, losses;
    money total, best, worst, commissions;
    double hit_rate;               /* percent */
    double profit_factor;          /* NAN without losses */
    double expectancy;             /* currency a trade */
    money max_drawdown, max_runup; /* >= 0 */
    int64_t average_time;          /* us */
    double average_r;
    uint32_t win_streak, loss_streak;
    money average_mae, average_mfe;
    double average_efficiency;
    double sharpe;
};

/* Wins, or losses, in a row: at the beginning, at the end, and the most. */
struct tally_run {
    uint32_t first, last, longest;
};

/* What statistics need of a run of trades in exit order. Two such runs, one behind the other, are
 * joined without looking at their trades again. All zero: no trades. */
struct tally {
    uint32_t trades, wins, losses, with_r, with_efficiency;
    struct tally_run win_run, loss_run;
    money won, lost, best, worst, commissions, mae, mfe;
    int64_t time;            /* us in trades; summed as money is, so nothing overflows */
    money sum, peak, trough; /* of the results, their sum's highest and lowest, 0 included */
    money fall, rise;        /* the greatest, >= 0 */
    double squares;          /* sum of the squares of results less their mean */
    double r, efficiency;    /* sums */
};

void tally_of(const struct trade_result *r, struct tally *out);
/* Puts `b` behind `a`. */
void tally_join(struct tally *a, const struct tally *b);
/* Means of money and time round half away from zero. Expectancy follows domain.md to the letter: a
 * zero result lowers the win rate and is no loss. */
void statistics_of_tally(const struct tally *t, struct statistics *out);

/* Over `count` results in exit order. */
void statistics_compute(const struct trade_result *results, size_t count, struct statistics *out);

#endif
