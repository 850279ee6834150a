#include "support/test.h"
#include "trade/trading_day.h"

#define US INT64_C(1000000)

enum { EVENING = 17 * 60, MORNING = 8 * 60 + 30 };

/* Unix times below are of `date -u -d ... +%s`. */
START_TEST(a_session_begins_at_five_in_the_afternoon_of_chicago)
{
    /* 2027-01-15 08:00 UTC is a Friday in winter: 2027-01-14 23:00 UTC */
    ck_assert_int_eq(trading_day_start(1800000000 * US, EVENING), 1799967600 * US);
    /* 2026-07-01 21:59:59 UTC in summer is still of the session from 2026-06-30 22:00 UTC */
    ck_assert_int_eq(trading_day_start(1782943199 * US, EVENING), 1782856800 * US);
    ck_assert_int_eq(trading_day_start(1782943200 * US, EVENING), 1782943200 * US);
}
END_TEST

START_TEST(the_clocks_change_in_march_and_november)
{
    /* 2026-03-07 17:00 CST is 23:00 UTC, 2026-03-08 17:00 CDT is 22:00 UTC */
    ck_assert_int_eq(trading_day_start(1772924400 * US, EVENING), 1772924400 * US);
    ck_assert_int_eq(trading_day_start((1772924400 + 23 * 3600) * US, EVENING),
                     (1772924400 + 23 * 3600) * US);
    ck_assert_int_eq(trading_day_start((1772924400 + 23 * 3600 - 1) * US, EVENING),
                     1772924400 * US);
    /* 2026-10-31 17:00 CDT is 22:00 UTC, 2026-11-01 17:00 CST is 23:00 UTC */
    ck_assert_int_eq(trading_day_start(1793484000 * US, EVENING), 1793484000 * US);
    ck_assert_int_eq(trading_day_start((1793484000 + 25 * 3600 - 1) * US, EVENING),
                     1793484000 * US);
    ck_assert_int_eq(trading_day_start((1793484000 + 25 * 3600) * US, EVENING),
                     (1793484000 + 25 * 3600) * US);
}
END_TEST

START_TEST(a_trading_date_begins_on_the_day_before)
{
    /* 2027-01-15 */
    ck_assert_int_eq(trading_day_start_of(1799971200, EVENING), 1799967600 * US);
    /* Monday 2026-07-06: Sunday 22:00 UTC */
    ck_assert_int_eq(trading_day_start_of(1783296000, EVENING), 1783288800 * US);
}
END_TEST

START_TEST(leap_days_and_years_are_days_as_others)
{
    /* 2028-02-29 12:00 UTC: 2028-02-28 23:00 UTC; 2028-01-01 00:00: 2027-12-31 23:00 */
    ck_assert_int_eq(trading_day_start(1835438400 * US, EVENING), 1835391600 * US);
    ck_assert_int_eq(trading_day_start(1830297600 * US, EVENING), 1830294000 * US);
}
END_TEST

START_TEST(an_instrument_can_begin_at_another_time)
{
    /* 2027-01-15 08:30 CST is 14:30 UTC, that of 2026-07-01 13:30 UTC */
    ck_assert_int_eq(trading_day_start(1800023400 * US, MORNING), 1800023400 * US);
    ck_assert_int_eq(trading_day_start((1800023400 - 1) * US, MORNING), 1799937000 * US);
    ck_assert_int_eq(trading_day_start(1782943200 * US, MORNING), 1782912600 * US);
    /* one of the morning is of that date itself */
    ck_assert_int_eq(trading_day_start_of(1799971200, MORNING), 1800023400 * US);
}
END_TEST

START_TEST(a_session_ends_where_the_next_one_begins)
{
    ck_assert_int_eq(trading_day_end(1799967600 * US, EVENING), 1800054000 * US);
    ck_assert_int_eq(trading_day_end((1800054000 - 1) * US, EVENING), 1800054000 * US);
    /* 23 hours in March, 25 in November */
    ck_assert_int_eq(trading_day_end(1772924400 * US, EVENING), (1772924400 + 23 * 3600) * US);
    ck_assert_int_eq(trading_day_end(1793484000 * US, EVENING), (1793484000 + 25 * 3600) * US);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("trading day");
    TCase *c = tcase_create("start");
    tcase_add_test(c, a_session_begins_at_five_in_the_afternoon_of_chicago);
    tcase_add_test(c, the_clocks_change_in_march_and_november);
    tcase_add_test(c, a_trading_date_begins_on_the_day_before);
    tcase_add_test(c, leap_days_and_years_are_days_as_others);
    tcase_add_test(c, an_instrument_can_begin_at_another_time);
    tcase_add_test(c, a_session_ends_where_the_next_one_begins);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
