/* domain.md, "Statistics", each figure by itself. */
#include "support/truth.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>

static long double currency(money m)
{
    return (long double)m / 1000000;
}

/* Sum over `n` and mean of something of the trades. */
#define SUM(type, what)                                                                            \
    type sum = 0;                                                                                  \
    for (const struct trade_result *t = trades; t < trades + count; t++)                           \
    sum += (what)

static long double average(const struct trade_result *trades, size_t count, size_t offset)
{
    long double sum = 0;
    size_t known = 0;
    for (size_t n = 0; n < count; n++) {
        double value = *(const double *)((const char *)&trades[n] + offset);
        sum += isnan(value) ? 0.0L : (long double)value;
        known += isnan(value) ? 0 : 1;
    }
    return known > 0 ? sum / (long double)known : (long double)NAN;
}

static money sum_of(const struct trade_result *trades, size_t count, int sign)
{
    SUM(money, (t->pnl > 0) - (t->pnl < 0) == sign ? t->pnl : 0);
    return sum;
}

static uint32_t count_of(const struct trade_result *trades, size_t count, int sign)
{
    SUM(uint32_t, (t->pnl > 0) - (t->pnl < 0) == sign);
    return sum;
}

/* The longest run of trades whose result has that sign. */
static uint32_t streak(const struct trade_result *trades, size_t count, int sign)
{
    uint32_t longest = 0;
    for (size_t first = 0; first < count; first++) {
        size_t last = first;
        while (last < count && (trades[last].pnl > 0) - (trades[last].pnl < 0) == sign)
            last++;
        longest = last - first > longest ? (uint32_t)(last - first) : longest;
        first = last > first ? last : first;
    }
    return longest;
}

/* The most that the cumulative P&L, which starts at 0, goes from any point down (sign 1) or up (-1)
 * to a later one. */
static money greatest_move(const struct trade_result *trades, size_t count, int sign)
{
    money *curve = memory_new(count + 1, sizeof *curve), greatest = 0;
    for (size_t n = 0; n < count; n++)
        curve[n + 1] = curve[n] + sign * trades[n].pnl;
    money lowest_later = curve[count];
    for (size_t n = count + 1; n-- > 0;) {
        lowest_later = curve[n] < lowest_later ? curve[n] : lowest_later;
        greatest = curve[n] - lowest_later > greatest ? curve[n] - lowest_later : greatest;
    }
    free(curve);
    return greatest;
}

static long double deviation(const struct trade_result *trades, size_t count, long double mean)
{
    SUM(long double, (currency(t->pnl) - mean) * (currency(t->pnl) - mean));
    return sqrtl(sum / (long double)count);
}

static int64_t rounded_mean(long double sum, size_t count)
{
    return (int64_t)roundl(sum / (long double)count);
}

static long double total_time(const struct trade_result *trades, size_t count)
{
    SUM(long double, (long double)t->exit_time - (long double)t->entry_time);
    return sum;
}

static long double total_mae(const struct trade_result *trades, size_t count)
{
    SUM(long double, (long double)t->mae);
    return sum;
}

static long double total_mfe(const struct trade_result *trades, size_t count)
{
    SUM(long double, (long double)t->mfe);
    return sum;
}

static money total_commissions(const struct trade_result *trades, size_t count)
{
    SUM(money, t->commissions);
    return sum;
}

void truth_statistics(const struct trade_result *trades, size_t count, struct statistics *out)
{
    *out = (struct statistics){.hit_rate = (double)NAN,
                               .profit_factor = (double)NAN,
                               .expectancy = (double)NAN,
                               .average_r = (double)NAN,
                               .average_efficiency = (double)NAN,
                               .sharpe = (double)NAN};
    if (count == 0)
        return;
    money won = sum_of(trades, count, 1), lost = sum_of(trades, count, -1);
    out->trades = (uint32_t)count;
    out->wins = count_of(trades, count, 1);
    out->losses = count_of(trades, count, -1);
    out->total = won + lost;
    out->commissions = total_commissions(trades, count);
    out->best = out->worst = trades[0].pnl;
    for (size_t n = 0; n < count; n++) {
        out->best = trades[n].pnl > out->best ? trades[n].pnl : out->best;
        out->worst = trades[n].pnl < out->worst ? trades[n].pnl : out->worst;
    }
    long double win_rate = (long double)out->wins / (long double)count;
    long double average_win = out->wins > 0 ? currency(won) / out->wins : 0;
    long double average_loss = out->losses > 0 ? currency(-lost) / out->losses : 0;
    out->hit_rate = (double)(100 * win_rate);
    if (out->losses > 0)
        out->profit_factor = (double)(currency(won) / currency(-lost));
    out->expectancy = (double)(win_rate * average_win - (1 - win_rate) * average_loss);
    out->max_drawdown = greatest_move(trades, count, 1);
    out->max_runup = greatest_move(trades, count, -1);
    out->average_time = rounded_mean(total_time(trades, count), count);
    out->average_mae = rounded_mean(total_mae(trades, count), count);
    out->average_mfe = rounded_mean(total_mfe(trades, count), count);
    out->average_r = (double)average(trades, count, offsetof(struct trade_result, r_multiple));
    out->average_efficiency =
        (double)average(trades, count, offsetof(struct trade_result, efficiency));
    out->win_streak = streak(trades, count, 1);
    out->loss_streak = streak(trades, count, -1);
    long double mean = currency(out->total) / (long double)count;
    long double spread = deviation(trades, count, mean);
    out->sharpe = out->best == out->worst ? 0 : (double)(mean / spread);
}
