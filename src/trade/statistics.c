#include "trade/statistics.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *name;
    int64_t span; /* 0: not a span */
} TIMEFRAMES[TIMEFRAME_COUNT] = {
    [TIMEFRAME_LIVE] = {"LIVE", CLOCK_HOUR},
    [TIMEFRAME_1D] = {"1D", CLOCK_DAY},
    [TIMEFRAME_1W] = {"1W", 7 * CLOCK_DAY},
    [TIMEFRAME_1M] = {"1M", 30 * CLOCK_DAY},
    [TIMEFRAME_3M] = {"3M", 90 * CLOCK_DAY},
    [TIMEFRAME_YTD] = {"YTD", 0},
    [TIMEFRAME_ALL] = {"ALL", 0},
};

const char *timeframe_name(enum timeframe t)
{
    return (unsigned)t < TIMEFRAME_COUNT ? TIMEFRAMES[t].name : "?";
}

static int64_t year_start(int64_t now)
{
    time_t seconds = (time_t)(now / CLOCK_SECOND);
    struct tm local;
    tzset(); /* localtime_r need not read TZ by itself */
    if (!localtime_r(&seconds, &local))
        return INT64_MIN;
    struct tm first = {.tm_year = local.tm_year, .tm_mday = 1, .tm_isdst = -1};
    return (int64_t)mktime(&first) * CLOCK_SECOND;
}

int64_t timeframe_start(enum timeframe t, int64_t now)
{
    if (t == TIMEFRAME_YTD)
        return year_start(now);
    if ((unsigned)t >= TIMEFRAME_COUNT || TIMEFRAMES[t].span == 0)
        return INT64_MIN;
    return now - TIMEFRAMES[t].span;
}

void trade_result_of(const struct trade *t, struct trade_result *out)
{
    *out = (struct trade_result){
        .entry_time = t->entry_time,
        .exit_time = t->exit_time,
        .pnl = t->realized_pnl,
        .commissions = t->commissions,
        .mae = t->mae,
        .mfe = t->mfe,
        .efficiency = t->efficiency,
        .r_multiple = t->r_multiple,
    };
}

/* A mean over the trades that have the value. */
struct mean {
    double sum;
    uint32_t count;
};

static void mean_add(struct mean *m, double value)
{
    if (isnan(value))
        return;
    m->sum += value;
    m->count++;
}

static double mean_value(const struct mean *m)
{
    return m->count > 0 ? m->sum / m->count : (double)NAN;
}

/* sum / count, half away from zero. */
static int64_t divide(int64_t sum, uint32_t count)
{
    int64_t whole = sum / count, rest = sum % count;
    if (2 * (rest < 0 ? -rest : rest) >= count)
        whole += sum < 0 ? -1 : 1;
    return whole;
}

static void clear(struct statistics *s)
{
    memset(s, 0, sizeof *s);
    s->hit_rate = s->profit_factor = s->expectancy = s->sharpe = (double)NAN;
    s->average_r = s->average_efficiency = (double)NAN;
}

/* Mean over population standard deviation; wants total, best, worst and trades. */
static double sharpe(const struct trade_result *results, const struct statistics *s)
{
    if (s->best == s->worst)
        return 0; /* said apart, since rounding could make the deviation of equal results not quite
                     0 */
    double mean = (double)s->total / s->trades, squares = 0;
    for (uint32_t n = 0; n < s->trades; n++) {
        double off = (double)results[n].pnl - mean;
        squares += off * off;
    }
    return mean / sqrt(squares / s->trades);
}

/* The rates, from the sums over winners and over losers. */
static void rate(struct statistics *s, money won, money lost)
{
    double wins = (double)s->wins / s->trades;
    double average_win = s->wins > 0 ? money_to_double(won) / s->wins : 0;
    double average_loss = s->losses > 0 ? -money_to_double(lost) / s->losses : 0;
    s->hit_rate = 100.0 * s->wins / s->trades;
    s->expectancy = wins * average_win - (1 - wins) * average_loss;
    if (s->losses > 0)
        s->profit_factor = (double)won / -(double)lost;
}

/* Profits in a row, and falls and rises of their running sum. */
struct course {
    money sum, peak, trough;
    uint32_t wins, losses;
};

static void course_add(struct course *c, struct statistics *s, money pnl)
{
    c->wins = pnl > 0 ? c->wins + 1 : 0;
    c->losses = pnl < 0 ? c->losses + 1 : 0;
    if (c->wins > s->win_streak)
        s->win_streak = c->wins;
    if (c->losses > s->loss_streak)
        s->loss_streak = c->losses;

    c->sum = money_add(c->sum, pnl);
    if (c->sum > c->peak)
        c->peak = c->sum;
    if (c->sum < c->trough)
        c->trough = c->sum;
    money fall = money_subtract(c->peak, c->sum), rise = money_subtract(c->sum, c->trough);
    if (fall > s->max_drawdown)
        s->max_drawdown = fall;
    if (rise > s->max_runup)
        s->max_runup = rise;
}

void statistics_compute(const struct trade_result *results, size_t count, struct statistics *out)
{
    struct statistics *s = out;
    clear(s);
    if (count == 0)
        return;

    struct course course = {0};
    struct mean r = {0}, efficiency = {0};
    money won = 0, lost = 0, mae = 0, mfe = 0;
    int64_t time = 0; /* summed as money is: no stored time can make it overflow */
    s->trades = (uint32_t)count;
    s->best = s->worst = results[0].pnl;
    for (const struct trade_result *t = results; t < results + count; t++) {
        s->wins += t->pnl > 0;
        s->losses += t->pnl < 0;
        won = money_add(won, t->pnl > 0 ? t->pnl : 0);
        lost = money_add(lost, t->pnl < 0 ? t->pnl : 0);
        s->best = t->pnl > s->best ? t->pnl : s->best;
        s->worst = t->pnl < s->worst ? t->pnl : s->worst;
        s->commissions = money_add(s->commissions, t->commissions);
        mae = money_add(mae, t->mae);
        mfe = money_add(mfe, t->mfe);
        time = money_add(time, money_subtract(t->exit_time, t->entry_time));
        mean_add(&r, t->r_multiple);
        mean_add(&efficiency, t->efficiency);
        course_add(&course, s, t->pnl);
    }
    s->total = course.sum;
    s->average_time = divide(time, s->trades);
    s->average_mae = divide(mae, s->trades);
    s->average_mfe = divide(mfe, s->trades);
    s->average_r = mean_value(&r);
    s->average_efficiency = mean_value(&efficiency);
    rate(s, won, lost);
    s->sharpe = sharpe(results, s);
}
