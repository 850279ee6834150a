#include "support/test.h"
#include "ui/format.h"

#include "base/clock.h"

#include <float.h>
#include <math.h>
#include <time.h>

static char text[64];

#define CHECK(call, wanted) ck_assert_str_eq(call, wanted)

START_TEST(durations_grow_with_their_units)
{
    CHECK(format_duration(text, sizeof text, 0), "0:00");
    CHECK(format_duration(text, sizeof text, -5), "0:00");
    CHECK(format_duration(text, sizeof text, 252 * CLOCK_SECOND), "4:12");
    CHECK(format_duration(text, sizeof text, 3852 * CLOCK_SECOND), "1:04:12");
    CHECK(format_duration(text, sizeof text, 2 * CLOCK_DAY + 184 * CLOCK_MINUTE), "2d 03:04");
}
END_TEST

START_TEST(ages_are_told_in_two_units)
{
    CHECK(format_age(text, sizeof text, 12 * CLOCK_SECOND), "12s");
    CHECK(format_age(text, sizeof text, 299 * CLOCK_SECOND), "4m");
    CHECK(format_age(text, sizeof text, 192 * CLOCK_MINUTE), "3h 12m");
    CHECK(format_age(text, sizeof text, 52 * CLOCK_HOUR), "2d 4h");
    CHECK(format_age(text, sizeof text, -1), "0s");
}
END_TEST

START_TEST(moments_name_the_day_when_it_is_another)
{
    setenv("TZ", "UTC", 1);
    tzset();
    const int64_t at = INT64_C(1764943402) * CLOCK_SECOND; /* 2025-12-05 14:03:22 */
    CHECK(format_clock(text, sizeof text, at), "14:03:22");
    CHECK(format_minute(text, sizeof text, at), "14:03");
    CHECK(format_moment(text, sizeof text, at, at + CLOCK_HOUR), "14:03");
    CHECK(format_moment(text, sizeof text, at, at + CLOCK_DAY), "12-05 14:03");
    CHECK(format_clock(text, sizeof text, 0), "-");
    CHECK(format_clock(text, sizeof text, INT64_MAX), "04:00:54"); /* in the year 294247 */
}
END_TEST

START_TEST(quantities_are_grouped)
{
    CHECK(format_quantity(text, sizeof text, 2, false), "2");
    CHECK(format_quantity(text, sizeof text, 1204, true), "+1,204");
    CHECK(format_quantity(text, sizeof text, -1234567, true), "-1,234,567");
    CHECK(format_quantity(text, sizeof text, 0, true), "0");
    CHECK(format_quantity(text, sizeof text, 0.125, false), "0.125");
    CHECK(format_quantity(text, sizeof text, (double)NAN, true), "-");
    CHECK(format_quantity(text, sizeof text, (double)INFINITY, true), "-");
    CHECK(format_quantity(text, sizeof text, 1e300, false), "1e+300");
}
END_TEST

START_TEST(money_and_numbers_carry_their_signs)
{
    CHECK(format_gain(text, sizeof text, 132500000), "+132.50");
    CHECK(format_gain(text, sizeof text, -17500000), "-17.50");
    CHECK(format_money(text, sizeof text, INT64_C(10132500000)), "10,132.50");
    CHECK(format_money(text, sizeof text, MONEY_UNSET), "-");
    CHECK(format_number(text, sizeof text, 55.5556, 1, false, " %"), "55.6 %");
    CHECK(format_number(text, sizeof text, 0.5, 2, true, "R"), "+0.50R");
    CHECK(format_number(text, sizeof text, 0, 2, true, "R"), "0.00R");
    CHECK(format_number(text, sizeof text, (double)NAN, 2, true, "R"), "-");
}
END_TEST

START_TEST(the_exchange_leaves_a_short_symbol)
{
    CHECK(format_short_symbol(text, sizeof text, "MESZ25_FUT_CME"), "MESZ25");
    CHECK(format_short_symbol(text, sizeof text, "AAPL"), "AAPL");
    CHECK(format_short_symbol(text, sizeof text, "_X"), "_X");
}
END_TEST

START_TEST(prices_follow_the_instrument)
{
    struct instrument i;
    instrument_init(&i, "MESZ5");
    i.price_format = 2;
    CHECK(format_price(text, sizeof text, &i, 5051.25), "5051.25");
    CHECK(format_price(text, sizeof text, &i, PRICE_UNSET), "-");
    CHECK(format_points(text, sizeof text, &i, 1.75), "+1.75");
    CHECK(format_points(text, sizeof text, &i, -1.75), "-1.75");
    CHECK(format_points(text, sizeof text, &i, 0), "0.00");
    CHECK(format_points(text, sizeof text, &i, PRICE_UNSET), "-");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ui format");
    TCase *t = tcase_create("format");
    tcase_add_test(t, durations_grow_with_their_units);
    tcase_add_test(t, ages_are_told_in_two_units);
    tcase_add_test(t, moments_name_the_day_when_it_is_another);
    tcase_add_test(t, quantities_are_grouped);
    tcase_add_test(t, money_and_numbers_carry_their_signs);
    tcase_add_test(t, the_exchange_leaves_a_short_symbol);
    tcase_add_test(t, prices_follow_the_instrument);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
