/* Excursions that are kept up to date against a slow and obvious model: any trades, any windows, as
 * time passes, jumps and goes back. */
#include "trade/results.h"

#include "base/clock.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const int64_t START = INT64_C(1782907200) * CLOCK_SECOND; /* 2026-07-01 12:00 UTC */

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static struct results *results;

static void set_up(void)
{
    results = results_new();
    seed = 88172645463325252;
}

static void tear_down(void)
{
    results_free(results);
    unsetenv("TZ");
}

/* --- the model --- */

/* To four significant digits, as it is done on paper; half of the last one up. */
static int64_t shorten(int64_t value)
{
    char digits[32];
    int length = snprintf(digits, sizeof digits, "%lld", (long long)value);
    if (length <= 4)
        return value;
    bool up = digits[4] >= '5';
    for (int i = 4; i < length; i++)
        digits[i] = '0';
    int64_t unit = 1;
    for (int i = 4; i < length; i++)
        unit *= 10;
    return strtoll(digits, NULL, 10) + (up ? unit : 0);
}

static bool value_in(const struct trade_result *r, int measure, double *value)
{
    bool won = r->pnl > 0, lost = r->pnl < 0;
    switch (measure) {
    case EXCURSION_MAE:
        *value = (double)-r->mae / 1e6;
        return won;
    case EXCURSION_MAE_TICKS:
        *value = (double)-r->mae / (double)r->tick_value;
        return won && r->tick_value > 0;
    case EXCURSION_MAE_R:
        *value = (double)-r->mae * (r->r_multiple / (double)r->pnl);
        return won && !isnan(r->r_multiple);
    case EXCURSION_MFE:
        *value = (double)r->mfe / 1e6;
        return lost;
    case EXCURSION_MFE_TICKS:
        *value = (double)r->mfe / (double)r->tick_value;
        return lost && r->tick_value > 0;
    case EXCURSION_MFE_R:
        *value = (double)r->mfe * (r->r_multiple / (double)r->pnl);
        return lost && !isnan(r->r_multiple);
    default:
        *value = (double)(r->mfe - r->pnl) / 1e6;
        return won;
    }
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

static void model(const struct trade_result *r, size_t count, struct excursions *out)
{
    int64_t *values = malloc((count + 1) * sizeof *values);
    memset(out, 0, sizeof *out);
    for (int m = 0; m < EXCURSION_MEASURES; m++) {
        size_t n = 0;
        double value;
        for (size_t i = 0; i < count; i++)
            if (value_in(&r[i], m, &value))
                values[n++] = llround(fabs(value) * 1e6);
        qsort(values, n, sizeof *values, compare);
        out->of[m].count = (uint32_t)n;
        static const double parts[] = {0.5, 0.8, 0.95};
        for (int p = 0; p < PERCENTILES && n > 0; p++)
            out->of[m].parts[p] = shorten(values[(size_t)ceil(parts[p] * (double)n - 1e-6) - 1]);
        for (size_t i = 0; m == EXCURSION_LEFT && i < n; i++)
            out->left += values[i];
    }
    free(values);
}

static void assert_same(const struct excursions *is, const struct excursions *ought)
{
    ck_assert_int_eq(is->left, ought->left);
    for (int m = 0; m < EXCURSION_MEASURES; m++) {
        ck_assert_uint_eq(is->of[m].count, ought->of[m].count);
        for (int p = 0; p < PERCENTILES; p++)
            ck_assert_msg(is->of[m].parts[p] == ought->of[m].parts[p],
                          "measure %d, part %d: %lld, not %lld", m, p,
                          (long long)is->of[m].parts[p], (long long)ought->of[m].parts[p]);
    }
}

/* --- by hand --- */

static void add(int64_t pnl, int64_t mae, int64_t mfe, double r)
{
    struct trade_result one = {.exit_time = START,
                               .pnl = pnl * MONEY_ONE,
                               .mae = mae * MONEY_ONE,
                               .mfe = mfe * MONEY_ONE,
                               .r_multiple = r,
                               .tick_value = 2 * MONEY_ONE,
                               .efficiency = (double)NAN};
    results_add(results, &one);
}

START_TEST(percentiles_are_those_of_winners_and_of_losers)
{
    struct excursions e;
    add(10, -4, 30, 0.5); /* risks 20 */
    add(40, -6, 40, NAN);
    add(20, -1, 25, 2); /* risks 10 */
    add(5, 0, 5, NAN);
    add(0, -50, 60, 0); /* neither */
    add(-20, -20, 7, -1);
    add(-20, -20, 0, NAN);
    results_excursions(results, TIMEFRAME_ALL, INT64_MIN, &e);
    /* MAE of winners 0 1 4 6 */
    ck_assert_uint_eq(e.of[EXCURSION_MAE].count, 4);
    ck_assert_int_eq(e.of[EXCURSION_MAE].parts[0], 1 * MONEY_ONE);
    ck_assert_int_eq(e.of[EXCURSION_MAE].parts[1], 6 * MONEY_ONE);
    ck_assert_int_eq(e.of[EXCURSION_MAE].parts[2], 6 * MONEY_ONE);
    ck_assert_int_eq(e.of[EXCURSION_MAE_TICKS].parts[0], MONEY_ONE / 2);
    /* in R 0.1 and 0.2 */
    ck_assert_uint_eq(e.of[EXCURSION_MAE_R].count, 2);
    ck_assert_int_eq(e.of[EXCURSION_MAE_R].parts[0], 100000);
    ck_assert_int_eq(e.of[EXCURSION_MAE_R].parts[1], 200000);
    /* MFE of losers 0 7 */
    ck_assert_int_eq(e.of[EXCURSION_MFE].parts[0], 0);
    ck_assert_int_eq(e.of[EXCURSION_MFE].parts[1], 7 * MONEY_ONE);
    ck_assert_int_eq(e.of[EXCURSION_MFE_TICKS].parts[1], 3500000);
    ck_assert_int_eq(e.of[EXCURSION_MFE_R].parts[0], 350000);
    /* left 20 0 5 0 */
    ck_assert_int_eq(e.left, 25 * MONEY_ONE);
    ck_assert_int_eq(e.of[EXCURSION_LEFT].parts[0], 0);
    ck_assert_int_eq(e.of[EXCURSION_LEFT].parts[1], 20 * MONEY_ONE);
}
END_TEST

START_TEST(a_trade_without_a_known_tick_is_not_counted_in_ticks)
{
    struct excursions e;
    struct trade_result one = {.exit_time = START,
                               .pnl = MONEY_ONE,
                               .mae = -MONEY_ONE,
                               .mfe = 2 * MONEY_ONE,
                               .r_multiple = (double)NAN};
    results_add(results, &one);
    results_excursions(results, TIMEFRAME_1D, START - CLOCK_DAY, &e);
    ck_assert_uint_eq(e.of[EXCURSION_MAE].count, 1);
    ck_assert_uint_eq(e.of[EXCURSION_MAE_TICKS].count, 0);
    ck_assert_uint_eq(e.of[EXCURSION_MAE_R].count, 0);
}
END_TEST

START_TEST(amounts_of_any_size_are_kept_to_four_digits)
{
    static const int64_t pairs[][2] = {
        {9999, 9999},
        {10004, 10000},
        {10005, 10010},
        {99994, 99990},
        {99995, 100000},
        {12345678, 12350000},
        {1234567891, 1235000000},
        {4000000000000000000, 4000000000000000000},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        struct excursions e;
        struct trade_result one = {.exit_time = START + (int64_t)i,
                                   .pnl = -1,
                                   .mfe = pairs[i][0],
                                   .r_multiple = (double)NAN};
        results_add(results, &one);
        results_excursions(results, TIMEFRAME_1D, START + (int64_t)i, &e);
        ck_assert_uint_eq(e.of[EXCURSION_MFE].count, 1);
        ck_assert_int_eq(e.of[EXCURSION_MFE].parts[0], pairs[i][1]);
    }
}
END_TEST

START_TEST(the_newest_results_are_at_hand)
{
    struct scatter_point points[100];
    ck_assert_uint_eq(results_newest(results, points, 100), 0);
    for (int i = 0; i < 150; i++) {
        struct trade_result one = {
            .exit_time = START + i, .pnl = i, .mae = -i, .r_multiple = (double)NAN};
        results_add(results, &one);
        uint32_t count = results_newest(results, points, 100);
        ck_assert_uint_eq(count, i < 100 ? (uint32_t)i + 1 : 100);
        ck_assert_int_eq(points[count - 1].pnl, i);
        ck_assert_int_eq(points[0].mae, i < 100 ? 0 : 99 - i);
    }
}
END_TEST

/* --- at any moment --- */

struct book { /* what the model knows, in order of exit */
    struct trade_result *r;
    size_t count;
};

static void book_add(struct book *b, const struct trade_result *one)
{
    size_t i = b->count++;
    for (; i > 0 && b->r[i - 1].exit_time > one->exit_time; i--)
        b->r[i] = b->r[i - 1];
    b->r[i] = *one;
}

static struct trade_result any_trade(int64_t exit_time)
{
    static const int64_t signs[] = {-1, 0, 1, 1};
    money unit = draw(8) == 0 ? 7 : 1250000;
    struct trade_result r = {
        .exit_time = exit_time,
        .entry_time = exit_time - (int64_t)draw(3 * CLOCK_HOUR),
        .pnl = signs[draw(4)] * (int64_t)draw(900) * unit,
        .commissions = 620000,
        .mae = -(int64_t)draw(500) * unit,
        .r_multiple = (double)NAN,
        .tick_value = draw(10) == 0 ? 0 : unit * (int64_t)(1 + draw(3) / 2),
    };
    r.mfe = (r.pnl > 0 ? r.pnl : 0) + (int64_t)draw(300) * unit;
    r.efficiency = position_efficiency(r.pnl, r.mfe);
    if (draw(2) == 0)
        r.r_multiple = (double)r.pnl / (double)((int64_t)(10 + draw(50)) * unit);
    return r;
}

static void assert_same_statistics(const struct statistics *is, const struct statistics *ought)
{
    ck_assert_uint_eq(is->trades, ought->trades);
    ck_assert_int_eq(is->total, ought->total);
    ck_assert_int_eq(is->best, ought->best);
    ck_assert_int_eq(is->worst, ought->worst);
    ck_assert_int_eq(is->commissions, ought->commissions);
    ck_assert_int_eq(is->max_drawdown, ought->max_drawdown);
    ck_assert_int_eq(is->max_runup, ought->max_runup);
    ck_assert_uint_eq(is->win_streak, ought->win_streak);
    ck_assert_uint_eq(is->loss_streak, ought->loss_streak);
    ck_assert_int_eq(is->average_mae, ought->average_mae);
    if (ought->trades > 0)
        ck_assert_double_eq_tol(is->sharpe, ought->sharpe, 1e-9);
}

static void assert_window(const struct book *b, enum timeframe t, int64_t now)
{
    struct excursions is, ought;
    struct statistics s, fresh;
    struct tally tally;
    struct window same;
    int64_t from = timeframe_start(t, now);
    size_t first = 0;
    while (first < b->count && b->r[first].exit_time < from)
        first++;
    results_excursions(results, t, from, &is);
    model(&b->r[first], b->count - first, &ought);
    assert_same(&is, &ought);
    results_tally(results, from, &tally, &same);
    statistics_of_tally(&tally, &s);
    statistics_compute(&b->r[first], b->count - first, &fresh);
    assert_same_statistics(&s, &fresh);
}

/* The clock of a user whose zone is `zone`, from `now` on: seconds that pass, nights without a
 * trade, and a clock that somebody sets. */
static void live_through(const char *zone, int64_t now, int steps, int look)
{
    struct book b = {.r = malloc(((size_t)steps + 1) * sizeof *b.r)};
    struct excursions e;
    setenv("TZ", zone, 1);
    for (int i = 0; i < steps; i++) {
        now += (int64_t)draw(draw(200) == 0 ? 2 * CLOCK_DAY : 8 * CLOCK_MINUTE);
        if (draw(4000) == 0) /* the clock is set: forwards or backwards, days or an hour */
            now += ((int64_t)draw(3) - 1) * (draw(2) ? CLOCK_HOUR : 20 * CLOCK_DAY);
        if (draw(4) == 0) {
            int64_t late = draw(500) == 0 ? (int64_t)draw(CLOCK_DAY) : 0;
            struct trade_result r = any_trade(now - late);
            results_add(results, &r);
            book_add(&b, &r);
        }
        for (int t = 0; t < TIMEFRAME_COUNT; t++)
            results_excursions(results, (enum timeframe)t, timeframe_start((enum timeframe)t, now),
                               &e);
        if (draw((uint64_t)look) == 0)
            assert_window(&b, (enum timeframe)draw(TIMEFRAME_COUNT), now);
    }
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        assert_window(&b, (enum timeframe)t, now);
    free(b.r);
}

static int64_t at(int year, int month, int day)
{
    struct tm date = {.tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = day, .tm_isdst = -1};
    return (int64_t)mktime(&date) * CLOCK_SECOND;
}

START_TEST(every_window_equals_a_fresh_computation_at_any_moment)
{
    static const struct {
        const char *zone;
        int year, month, day;
    } lives[] = {
        {"America/Chicago", 2026, 3, 1},   /* spring forward, 8 March */
        {"Europe/Berlin", 2026, 10, 20},   /* fall back, 25 October; year end */
        {"Australia/Sydney", 2027, 12, 1}, /* year end far from that of UTC; 29 February 2028 */
        {"Pacific/Kiritimati", 2028, 2, 1},
    };
    setenv("TZ", lives[_i].zone, 1);
    live_through(lives[_i].zone, at(lives[_i].year, lives[_i].month, lives[_i].day), 40000, 700);
}
END_TEST

START_TEST(windows_begin_where_the_calendar_says)
{
    setenv("TZ", "America/New_York", 1);
    /* the night in which the clock goes forward has 23 hours: a day is 24 hours all the same */
    int64_t noon = at(2026, 3, 8) + 11 * CLOCK_HOUR; /* 12:00 EDT */
    ck_assert_int_eq(timeframe_start(TIMEFRAME_1D, noon), noon - 24 * CLOCK_HOUR);
    int64_t leap = at(2028, 2, 29);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_1D, leap + CLOCK_DAY), leap);
    ck_assert_int_eq(at(2028, 3, 1) - leap, CLOCK_DAY);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_1M, leap), leap - 30 * CLOCK_DAY);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, leap), at(2028, 1, 1));
    int64_t midnight = at(2029, 1, 1); /* 05:00 UTC */
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, midnight - 1), at(2028, 1, 1));
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, midnight), midnight);
    ck_assert_int_eq(midnight % CLOCK_DAY, 5 * CLOCK_HOUR);
    setenv("TZ", "Asia/Tokyo", 1);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, midnight) % CLOCK_DAY, 15 * CLOCK_HOUR);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("excursions");
    TCase *t = tcase_create("excursions");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 300);
    tcase_add_test(t, percentiles_are_those_of_winners_and_of_losers);
    tcase_add_test(t, a_trade_without_a_known_tick_is_not_counted_in_ticks);
    tcase_add_test(t, amounts_of_any_size_are_kept_to_four_digits);
    tcase_add_test(t, the_newest_results_are_at_hand);
    tcase_add_loop_test(t, every_window_equals_a_fresh_computation_at_any_moment, 0, 4);
    tcase_add_test(t, windows_begin_where_the_calendar_says);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
