#include "support/test.h"
#include "trade/trading_day.h"

#define US INT64_C(1000000)

/* Unix times below are of `date -u -d ... +%s`. */
START_TEST(a_session_begins_at_five_in_the_afternoon_of_chicago)
{
    /* 2027-01-15 08:00 UTC is a Friday in winter: 2027-01-14 23:00 UTC */
    ck_assert_int_eq(trading_day_start(1800000000 * US), 1799967600 * US);
    /* 2026-07-01 21:59:59 UTC in summer is still of the session from 2026-06-30 22:00 UTC */
    ck_assert_int_eq(trading_day_start(1782943199 * US), 1782856800 * US);
    ck_assert_int_eq(trading_day_start(1782943200 * US), 1782943200 * US);
}
END_TEST

START_TEST(the_clocks_change_in_march_and_november)
{
    /* 2026-03-07 17:00 CST is 23:00 UTC, 2026-03-08 17:00 CDT is 22:00 UTC */
    ck_assert_int_eq(trading_day_start(1772924400 * US), 1772924400 * US);
    ck_assert_int_eq(trading_day_start((1772924400 + 23 * 3600) * US),
                     (1772924400 + 23 * 3600) * US);
    ck_assert_int_eq(trading_day_start((1772924400 + 23 * 3600 - 1) * US), 1772924400 * US);
    /* 2026-10-31 17:00 CDT is 22:00 UTC, 2026-11-01 17:00 CST is 23:00 UTC */
    ck_assert_int_eq(trading_day_start(1793484000 * US), 1793484000 * US);
    ck_assert_int_eq(trading_day_start((1793484000 + 25 * 3600 - 1) * US), 1793484000 * US);
    ck_assert_int_eq(trading_day_start((1793484000 + 25 * 3600) * US),
                     (1793484000 + 25 * 3600) * US);
}
END_TEST

START_TEST(a_trading_date_begins_on_the_day_before)
{
    /* 2027-01-15 */
    ck_assert_int_eq(trading_day_start_of(1799971200), 1799967600 * US);
    /* Monday 2026-07-06: Sunday 22:00 UTC */
    ck_assert_int_eq(trading_day_start_of(1783296000), 1783288800 * US);
}
END_TEST

START_TEST(leap_days_and_years_are_days_as_others)
{
    /* 2028-02-29 12:00 UTC: 2028-02-28 23:00 UTC; 2028-01-01 00:00: 2027-12-31 23:00 */
    ck_assert_int_eq(trading_day_start(1835438400 * US), 1835391600 * US);
    ck_assert_int_eq(trading_day_start(1830297600 * US), 1830294000 * US);
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
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
