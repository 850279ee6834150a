/* Trades and bars that the simulation keeps. Times are seconds after DAY, which is midnight. */
#include "base/clock.h"
#include "dtc/enums.h"
#include "sim/history.h"
#include "support/test.h"

#include <stdlib.h>

static const int64_t DAY = 1795305600 * CLOCK_SECOND; /* 2026-11-22 */
static struct sim_history history;

static void reset(void)
{
    history = (struct sim_history){0};
}

static void forget(void)
{
    sim_history_free(&history);
}

static void trade(double second, double price, double volume, int at)
{
    struct sim_tick t = {DAY + (int64_t)(second * (double)CLOCK_SECOND), price, volume, at};
    sim_history_add(&history, &t);
}

static void check_bar(const struct sim_bar *b, int64_t second, double open, double high, double low,
                      double close)
{
    ck_assert_int_eq((b->start - DAY) / CLOCK_SECOND, second);
    ck_assert_double_eq(b->open, open);
    ck_assert_double_eq(b->high, high);
    ck_assert_double_eq(b->low, low);
    ck_assert_double_eq(b->last, close);
}

static struct sim_bar *bars(int64_t interval, int64_t start, int64_t end, size_t count)
{
    size_t got;
    struct sim_bar *b = sim_history_bars(&history, interval, DAY + start * CLOCK_SECOND,
                                         DAY + end * CLOCK_SECOND, &got);
    ck_assert_uint_eq(got, count);
    return b;
}

START_TEST(nothing_traded_is_no_history)
{
    ck_assert_uint_eq(sim_history_tick_count(&history), 0);
    free(bars(1, 0, 86400, 0));
    free(bars(60, 0, 86400, 0));
}
END_TEST

START_TEST(trades_are_kept_as_they_were)
{
    trade(1.5, 5050.25, 3, DTC_AT_ASK);
    trade(2, 5050, 1, DTC_AT_BID);
    ck_assert_uint_eq(sim_history_tick_count(&history), 2);
    const struct sim_tick *t = sim_history_tick(&history, 0);
    ck_assert_int_eq(t->time, DAY + 1500000);
    ck_assert_double_eq(t->price, 5050.25);
    ck_assert_double_eq(t->volume, 3);
    ck_assert_int_eq(t->at, DTC_AT_ASK);
    ck_assert_int_eq(sim_history_tick(&history, 1)->time, DAY + 2000000);
}
END_TEST

/* Two minutes, and a third after a gap. */
static void trade_three_minutes(void)
{
    trade(60, 5050, 1, DTC_AT_BID);
    trade(70, 5052, 2, DTC_AT_ASK);
    trade(119.9, 5049, 4, DTC_AT_BID);
    trade(120, 5051, 8, DTC_AT_ASK);
    trade(600, 5060, 16, DTC_AT_ASK);
}

START_TEST(minutes_hold_what_was_traded_in_them)
{
    trade_three_minutes();
    struct sim_bar *b = bars(60, 0, 86400, 3);
    check_bar(&b[0], 60, 5050, 5052, 5049, 5049);
    ck_assert_double_eq(b[0].volume, 7);
    ck_assert_double_eq(b[0].bid_volume, 5);
    ck_assert_double_eq(b[0].ask_volume, 2);
    ck_assert_uint_eq(b[0].trades, 3);
    check_bar(&b[1], 120, 5051, 5051, 5051, 5051);
    check_bar(&b[2], 600, 5060, 5060, 5060, 5060); /* none for the minutes without a trade */
    free(b);
}
END_TEST

START_TEST(longer_bars_are_made_of_minutes)
{
    trade_three_minutes();
    struct sim_bar *b = bars(300, 0, 86400, 2);
    check_bar(&b[0], 0, 5050, 5052, 5049, 5051);
    ck_assert_double_eq(b[0].volume, 15);
    ck_assert_double_eq(b[0].bid_volume, 5);
    ck_assert_double_eq(b[0].ask_volume, 10);
    ck_assert_uint_eq(b[0].trades, 4);
    check_bar(&b[1], 600, 5060, 5060, 5060, 5060);
    free(b);
    b = bars(86400, 0, 86400, 1);
    check_bar(&b[0], 0, 5050, 5060, 5049, 5060);
    ck_assert_double_eq(b[0].volume, 31);
    free(b);
}
END_TEST

START_TEST(shorter_bars_are_made_of_trades)
{
    trade_three_minutes();
    struct sim_bar *b = bars(10, 0, 86400, 5);
    check_bar(&b[1], 70, 5052, 5052, 5052, 5052);
    check_bar(&b[2], 110, 5049, 5049, 5049, 5049);
    free(b);
    b = bars(30, 0, 86400, 4);
    check_bar(&b[0], 60, 5050, 5052, 5050, 5052);
    ck_assert_double_eq(b[0].volume, 3);
    free(b);
}
END_TEST

START_TEST(bars_from_start_to_end_are_given)
{
    trade_three_minutes();
    struct sim_bar *b = bars(60, 61, 600, 2);
    check_bar(&b[0], 120, 5051, 5051, 5051, 5051);
    free(b);
    b = bars(60, 60, 599, 2);
    check_bar(&b[1], 120, 5051, 5051, 5051, 5051);
    free(b);
    free(bars(60, 121, 599, 0));
}
END_TEST

START_TEST(the_latest_trades_and_a_day_of_minutes_are_kept)
{
    int minutes = 3 * SIM_MINUTES_MAX;
    for (int i = 0; i < 10 * minutes; i++)
        trade(6 * i, 5000 + i, 1, DTC_AT_BID); /* ten a minute */
    ck_assert_uint_eq(sim_history_tick_count(&history), SIM_TICKS_MAX);
    ck_assert_double_eq(sim_history_tick(&history, SIM_TICKS_MAX - 1)->price,
                        5000 + 10 * minutes - 1);
    ck_assert_double_eq(sim_history_tick(&history, 0)->price, 5000 + 10 * minutes - SIM_TICKS_MAX);
    struct sim_bar *b = bars(60, 60 * (minutes - 1440), 60 * minutes, 1440);
    check_bar(&b[0], 60 * (minutes - 1440), 5000 + 10 * (minutes - 1440),
              5009 + 10 * (minutes - 1440), 5000 + 10 * (minutes - 1440),
              5009 + 10 * (minutes - 1440));
    free(b);
}
END_TEST

START_TEST(a_clock_that_goes_back_loses_nothing)
{
    trade(120, 5051, 1, DTC_AT_BID);
    trade(60, 5050, 2, DTC_AT_BID);
    struct sim_bar *b = bars(60, 0, 86400, 2);
    ck_assert_double_eq(b[0].volume + b[1].volume, 3);
    free(b);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim history");
    TCase *t = tcase_create("history");
    tcase_add_checked_fixture(t, reset, forget);
    tcase_add_test(t, nothing_traded_is_no_history);
    tcase_add_test(t, trades_are_kept_as_they_were);
    tcase_add_test(t, minutes_hold_what_was_traded_in_them);
    tcase_add_test(t, longer_bars_are_made_of_minutes);
    tcase_add_test(t, shorter_bars_are_made_of_trades);
    tcase_add_test(t, bars_from_start_to_end_are_given);
    tcase_add_test(t, the_latest_trades_and_a_day_of_minutes_are_kept);
    tcase_add_test(t, a_clock_that_goes_back_loses_nothing);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
