#include "trade/statistics.h"

#include "support/test.h"

#include <math.h>

#define DOLLARS(n) ((n)*MONEY_ONE)
#define SECOND INT64_C(1000000)

/* Results of these profits in dollars, each a minute long with a commission of 1. */
static struct statistics statistics_of(const int *profits, size_t count)
{
    struct trade_result results[16] = {0};
    ck_assert(count <= 16);
    for (size_t n = 0; n < count; n++) {
        results[n] = (struct trade_result){.entry_time = (int64_t)n * 100 * SECOND,
                                           .exit_time = ((int64_t)n * 100 + 60) * SECOND,
                                           .pnl = DOLLARS(profits[n]),
                                           .commissions = DOLLARS(1),
                                           .efficiency = (double)NAN,
                                           .r_multiple = (double)NAN};
    }
    struct statistics s;
    statistics_compute(results, count, &s);
    return s;
}

START_TEST(without_trades_money_is_zero_and_ratios_are_none)
{
    struct statistics s;
    statistics_compute(NULL, 0, &s);
    ck_assert_uint_eq(s.trades, 0);
    ck_assert_int_eq(s.total, 0);
    ck_assert_int_eq(s.best, 0);
    ck_assert_int_eq(s.worst, 0);
    ck_assert_int_eq(s.max_drawdown, 0);
    ck_assert_int_eq(s.average_time, 0);
    ck_assert(isnan(s.hit_rate));
    ck_assert(isnan(s.profit_factor));
    ck_assert(isnan(s.expectancy));
    ck_assert(isnan(s.average_r));
    ck_assert(isnan(s.average_efficiency));
    ck_assert(isnan(s.sharpe));
}
END_TEST

START_TEST(mixed_trades_give_the_figures_worked_out_by_hand)
{
    struct statistics s = statistics_of((const int[]){100, -50, 0, 30, -20, -10}, 6);
    ck_assert_uint_eq(s.trades, 6);
    ck_assert_uint_eq(s.wins, 2);
    ck_assert_uint_eq(s.losses, 3);
    ck_assert_int_eq(s.total, DOLLARS(50));
    ck_assert_int_eq(s.best, DOLLARS(100));
    ck_assert_int_eq(s.worst, -DOLLARS(50));
    ck_assert_int_eq(s.commissions, DOLLARS(6));
    ck_assert_double_eq_tol(s.hit_rate, 100.0 / 3, 1e-9);
    ck_assert_double_eq_tol(s.profit_factor, 1.625, 1e-12); /* 130 / 80 */
    /* 1/3 × 65 - 2/3 × 26.667 */
    ck_assert_double_eq_tol(s.expectancy, 3.888888889, 1e-9);
    /* the sum runs 100 50 50 80 60 50 */
    ck_assert_int_eq(s.max_drawdown, DOLLARS(50));
    ck_assert_int_eq(s.max_runup, DOLLARS(100));
    ck_assert_uint_eq(s.win_streak, 1);
    ck_assert_uint_eq(s.loss_streak, 2);
    ck_assert_int_eq(s.average_time, 60 * SECOND);
    /* 8.3333 / √(13900 / 6 - 8.3333²) = 8.3333 / 47.404876 */
    ck_assert_double_eq_tol(s.sharpe, 0.175791, 1e-6);
}
END_TEST

START_TEST(one_trade_is_its_own_best_and_worst)
{
    struct statistics s = statistics_of((const int[]){-40}, 1);
    ck_assert_int_eq(s.best, -DOLLARS(40));
    ck_assert_int_eq(s.worst, -DOLLARS(40));
    ck_assert_double_eq(s.hit_rate, 0);
    ck_assert_double_eq(s.profit_factor, 0);
    ck_assert_double_eq(s.expectancy, -40);
    ck_assert_double_eq(s.sharpe, 0);
    ck_assert_int_eq(s.max_drawdown, DOLLARS(40));
    ck_assert_int_eq(s.max_runup, 0);
    ck_assert_uint_eq(s.loss_streak, 1);
}
END_TEST

START_TEST(only_wins_have_no_profit_factor)
{
    struct statistics s = statistics_of((const int[]){10, 20, 30}, 3);
    ck_assert_double_eq(s.hit_rate, 100);
    ck_assert(isnan(s.profit_factor));
    ck_assert_double_eq_tol(s.expectancy, 20, 1e-12);
    ck_assert_int_eq(s.max_drawdown, 0);
    ck_assert_int_eq(s.max_runup, DOLLARS(60));
    ck_assert_uint_eq(s.win_streak, 3);
    /* 20 / √(200 / 3) */
    ck_assert_double_eq_tol(s.sharpe, 2.449490, 1e-6);
}
END_TEST

START_TEST(only_losses_draw_down_from_the_zero_they_start_at)
{
    struct statistics s = statistics_of((const int[]){-10, -20}, 2);
    ck_assert_double_eq(s.hit_rate, 0);
    ck_assert_double_eq(s.profit_factor, 0);
    ck_assert_double_eq(s.expectancy, -15);
    ck_assert_int_eq(s.max_drawdown, DOLLARS(30));
    ck_assert_int_eq(s.max_runup, 0);
    ck_assert_uint_eq(s.loss_streak, 2);
    ck_assert_double_eq_tol(s.sharpe, -3, 1e-12);
}
END_TEST

START_TEST(zeros_are_neither_wins_nor_losses_and_end_streaks)
{
    struct statistics s = statistics_of((const int[]){0, 0}, 2);
    ck_assert_uint_eq(s.wins + s.losses, 0);
    ck_assert_double_eq(s.hit_rate, 0);
    ck_assert(isnan(s.profit_factor));
    ck_assert_double_eq(s.expectancy, 0);
    ck_assert_double_eq(s.sharpe, 0);
    s = statistics_of((const int[]){5, 5, 0, 5, -5, -5, 0, -5}, 8);
    ck_assert_uint_eq(s.win_streak, 2);
    ck_assert_uint_eq(s.loss_streak, 2);
}
END_TEST

START_TEST(a_run_up_is_measured_from_the_lowest_trough)
{
    /* the sum runs -30 -10 -50 20 0 */
    struct statistics s = statistics_of((const int[]){-30, 20, -40, 70, -20}, 5);
    ck_assert_int_eq(s.max_drawdown, DOLLARS(50));
    ck_assert_int_eq(s.max_runup, DOLLARS(70));
}
END_TEST

START_TEST(means_skip_trades_that_lack_the_figure)
{
    struct trade_result results[] = {
        {.exit_time = 5, .pnl = 1, .mae = -10, .mfe = 3, .efficiency = 0.5, .r_multiple = 2},
        {.exit_time = 6,
         .pnl = 2,
         .mae = -5,
         .mfe = 4,
         .efficiency = (double)NAN,
         .r_multiple = (double)NAN},
        {.exit_time = 8, .pnl = 3, .mae = 0, .mfe = 4, .efficiency = 1, .r_multiple = (double)NAN},
    };
    struct statistics s;
    statistics_compute(results, 3, &s);
    ck_assert_double_eq(s.average_r, 2);
    ck_assert_double_eq(s.average_efficiency, 0.75);
    ck_assert_int_eq(s.average_mae, -5);
    ck_assert_int_eq(s.average_mfe, 4);  /* 11 / 3 */
    ck_assert_int_eq(s.average_time, 6); /* 19 / 3 */
    statistics_compute(results, 2, &s);
    ck_assert_int_eq(s.average_mae, -8); /* -7.5 */
    ck_assert_int_eq(s.average_mfe, 4);  /* 3.5 */
}
END_TEST

START_TEST(sums_saturate_instead_of_turning_over)
{
    struct trade_result results[] = {
        {.exit_time = INT64_MAX, .entry_time = INT64_MIN + 1, .pnl = INT64_MAX},
        {.exit_time = INT64_MAX, .entry_time = -5, .pnl = INT64_MAX},
    };
    struct statistics s;
    statistics_compute(results, 2, &s);
    ck_assert_int_eq(s.total, INT64_MAX);
    ck_assert_int_eq(s.max_runup, INT64_MAX);
    ck_assert_int_gt(s.average_time, 0);
}
END_TEST

START_TEST(a_result_holds_what_the_trade_says)
{
    struct trade t = {.entry_time = 1,
                      .exit_time = 2,
                      .realized_pnl = 3,
                      .commissions = 4,
                      .mae = -5,
                      .mfe = 6,
                      .efficiency = 0.5,
                      .r_multiple = 0.75};
    struct trade_result r;
    trade_result_of(&t, &r);
    ck_assert_int_eq(r.entry_time, 1);
    ck_assert_int_eq(r.exit_time, 2);
    ck_assert_int_eq(r.pnl, 3);
    ck_assert_int_eq(r.commissions, 4);
    ck_assert_int_eq(r.mae, -5);
    ck_assert_int_eq(r.mfe, 6);
    ck_assert_double_eq(r.efficiency, 0.5);
    ck_assert_double_eq(r.r_multiple, 0.75);
}
END_TEST

START_TEST(timeframes_reach_back_from_now)
{
    const int64_t now = INT64_C(1782907200) * SECOND; /* 2026-07-01 12:00 UTC */
    ck_assert_int_eq(now - timeframe_start(TIMEFRAME_LIVE, now), 3600 * SECOND);
    ck_assert_int_eq(now - timeframe_start(TIMEFRAME_1D, now), 86400 * SECOND);
    ck_assert_int_eq(now - timeframe_start(TIMEFRAME_1W, now), 604800 * SECOND);
    ck_assert_int_eq(now - timeframe_start(TIMEFRAME_1M, now), 2592000 * SECOND);
    ck_assert_int_eq(now - timeframe_start(TIMEFRAME_3M, now), 7776000 * SECOND);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_ALL, now), INT64_MIN);
    ck_assert_str_eq(timeframe_name(TIMEFRAME_LIVE), "LIVE");
    ck_assert_str_eq(timeframe_name(TIMEFRAME_3M), "3M");
    ck_assert_str_eq(timeframe_name(TIMEFRAME_ALL), "ALL");
}
END_TEST

START_TEST(the_year_to_date_is_the_local_year)
{
    ck_assert_int_eq(setenv("TZ", "EST5EDT,M3.2.0,M11.1.0", 1), 0);
    /* 2026-07-01 12:00 UTC, in summer time: since 2026-01-01 05:00 UTC, which was not. */
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, INT64_C(1782907200) * SECOND),
                     INT64_C(1767243600) * SECOND);
    /* 2026-01-01 03:00 UTC is still 2025 there. */
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, INT64_C(1767236400) * SECOND),
                     INT64_C(1735707600) * SECOND);
    ck_assert_int_eq(setenv("TZ", "UTC0", 1), 0);
    ck_assert_int_eq(timeframe_start(TIMEFRAME_YTD, INT64_C(1767236400) * SECOND),
                     INT64_C(1767225600) * SECOND);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("statistics");
    TCase *t = tcase_create("statistics");
    tcase_add_test(t, without_trades_money_is_zero_and_ratios_are_none);
    tcase_add_test(t, mixed_trades_give_the_figures_worked_out_by_hand);
    tcase_add_test(t, one_trade_is_its_own_best_and_worst);
    tcase_add_test(t, only_wins_have_no_profit_factor);
    tcase_add_test(t, only_losses_draw_down_from_the_zero_they_start_at);
    tcase_add_test(t, zeros_are_neither_wins_nor_losses_and_end_streaks);
    tcase_add_test(t, a_run_up_is_measured_from_the_lowest_trough);
    tcase_add_test(t, means_skip_trades_that_lack_the_figure);
    tcase_add_test(t, sums_saturate_instead_of_turning_over);
    tcase_add_test(t, a_result_holds_what_the_trade_says);
    tcase_add_test(t, timeframes_reach_back_from_now);
    tcase_add_test(t, the_year_to_date_is_the_local_year);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
