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

/* Computes over `count` results in exit order; means of money and time round half away from zero.
 * Expectancy follows domain.md to the letter: a zero result lowers the win rate and is no loss. */
void statistics_compute(const struct trade_result *results, size_t count, struct statistics *out);

#endif
