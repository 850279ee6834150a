#include "trade/statistics.h"

#include "base/clock.h"

#include <math.h>
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
        .tick_value = t->tick_value == MONEY_UNSET ? 0 : t->tick_value,
    };
}

void tally_of(const struct trade_result *r, struct tally *out)
{
    bool won = r->pnl > 0, lost = r->pnl < 0, has_r = !isnan(r->r_multiple);
    bool has_efficiency = !isnan(r->efficiency);
    *out = (struct tally){
        .trades = 1,
        .wins = won,
        .losses = lost,
        .with_r = has_r,
        .with_efficiency = has_efficiency,
        .win_run = {won, won, won},
        .loss_run = {lost, lost, lost},
        .won = won ? r->pnl : 0,
        .lost = lost ? r->pnl : 0,
        .best = r->pnl,
        .worst = r->pnl,
        .commissions = r->commissions,
        .mae = r->mae,
        .mfe = r->mfe,
        .time = money_subtract(r->exit_time, r->entry_time),
        .sum = r->pnl,
        .peak = won ? r->pnl : 0,
        .trough = lost ? r->pnl : 0,
        .fall = lost ? money_subtract(0, r->pnl) : 0,
        .rise = won ? r->pnl : 0,
        .r = has_r ? r->r_multiple : 0,
        .efficiency = has_efficiency ? r->efficiency : 0,
    };
}

static void join_runs(struct tally_run *a, uint32_t a_trades, const struct tally_run *b,
                      uint32_t b_trades)
{
    uint32_t across = a->last + b->first;
    a->longest = a->longest > b->longest ? a->longest : b->longest;
    a->longest = a->longest > across ? a->longest : across;
    a->last = b->last == b_trades ? across : b->last;
    a->first = a->first == a_trades ? across : a->first;
}

static money greater(money a, money b)
{
    return a > b ? a : b;
}

static money lesser(money a, money b)
{
    return a < b ? a : b;
}

void tally_join(struct tally *a, const struct tally *b)
{
    if (b->trades == 0)
        return;
    if (a->trades == 0) {
        *a = *b;
        return;
    }
    join_runs(&a->win_run, a->trades, &b->win_run, b->trades);
    join_runs(&a->loss_run, a->trades, &b->loss_run, b->trades);

    /* Chan, Golub, LeVeque, "Algorithms for computing the sample variance" */
    double n = a->trades, m = b->trades;
    double apart = (double)b->sum / m - (double)a->sum / n;
    a->squares += b->squares + apart * apart * n * m / (n + m);

    money peak = money_add(a->sum, b->peak), trough = money_add(a->sum, b->trough);
    a->fall = greater(greater(a->fall, b->fall), money_subtract(a->peak, trough));
    a->rise = greater(greater(a->rise, b->rise), money_subtract(peak, a->trough));
    a->peak = greater(a->peak, peak);
    a->trough = lesser(a->trough, trough);
    a->sum = money_add(a->sum, b->sum);

    a->trades += b->trades;
    a->wins += b->wins;
    a->losses += b->losses;
    a->with_r += b->with_r;
    a->with_efficiency += b->with_efficiency;
    a->won = money_add(a->won, b->won);
    a->lost = money_add(a->lost, b->lost);
    a->best = greater(a->best, b->best);
    a->worst = lesser(a->worst, b->worst);
    a->commissions = money_add(a->commissions, b->commissions);
    a->mae = money_add(a->mae, b->mae);
    a->mfe = money_add(a->mfe, b->mfe);
    a->time = money_add(a->time, b->time);
    a->r += b->r;
    a->efficiency += b->efficiency;
}

/* sum / count, half away from zero. */
static int64_t divide(int64_t sum, uint32_t count)
{
    int64_t whole = sum / count, rest = sum % count;
    if (2 * (rest < 0 ? -rest : rest) >= count)
        whole += sum < 0 ? -1 : 1;
    return whole;
}

static double mean(double sum, uint32_t count)
{
    return count > 0 ? sum / count : (double)NAN;
}

/* Mean over population standard deviation. */
static double sharpe(const struct tally *t)
{
    if (t->best == t->worst)
        return 0; /* said apart, since rounding could make the deviation of equal results not quite
                     0 */
    return (double)t->sum / t->trades / sqrt(t->squares / t->trades);
}

void statistics_of_tally(const struct tally *t, struct statistics *out)
{
    *out = (struct statistics){
        .trades = t->trades,
        .wins = t->wins,
        .losses = t->losses,
        .total = t->sum,
        .best = t->best,
        .worst = t->worst,
        .commissions = t->commissions,
        .max_drawdown = t->fall,
        .max_runup = t->rise,
        .win_streak = t->win_run.longest,
        .loss_streak = t->loss_run.longest,
        .average_r = mean(t->r, t->with_r),
        .average_efficiency = mean(t->efficiency, t->with_efficiency),
        .hit_rate = (double)NAN,
        .profit_factor = (double)NAN,
        .expectancy = (double)NAN,
        .sharpe = (double)NAN,
    };
    if (t->trades == 0)
        return;
    double wins = (double)t->wins / t->trades;
    double average_win = t->wins > 0 ? money_to_double(t->won) / t->wins : 0;
    double average_loss = t->losses > 0 ? -money_to_double(t->lost) / t->losses : 0;
    out->hit_rate = 100.0 * t->wins / t->trades;
    out->expectancy = wins * average_win - (1 - wins) * average_loss;
    if (t->losses > 0)
        out->profit_factor = (double)t->won / -(double)t->lost;
    out->average_time = divide(t->time, t->trades);
    out->average_mae = divide(t->mae, t->trades);
    out->average_mfe = divide(t->mfe, t->trades);
    out->sharpe = sharpe(t);
}

void statistics_compute(const struct trade_result *results, size_t count, struct statistics *out)
{
    struct tally all = {0}, one;
    for (size_t i = 0; i < count; i++) {
        tally_of(&results[i], &one);
        tally_join(&all, &one);
    }
    statistics_of_tally(&all, out);
}
