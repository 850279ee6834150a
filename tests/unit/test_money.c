#include "trade/money.h"

#include "support/test.h"

#include <float.h>
#include <math.h>

START_TEST(amounts_round_half_away_from_zero)
{
    ck_assert_int_eq(money_from_double(1.5), 1500000);
    ck_assert_int_eq(money_from_double(0.1 + 0.2), 300000);
    ck_assert_int_eq(money_from_double(-12.34), -12340000);
    /* 1/128 is exactly 7812.5 millionths. */
    ck_assert_int_eq(money_from_double(1.0 / 128), 7813);
    ck_assert_int_eq(money_from_double(-1.0 / 128), -7813);
}
END_TEST

START_TEST(what_the_wire_leaves_unset_stays_unset)
{
    ck_assert_int_eq(money_from_double((double)NAN), MONEY_UNSET);
    ck_assert_int_eq(money_from_double(DBL_MAX), MONEY_UNSET);
    ck_assert(isnan(money_to_double(MONEY_UNSET)));
    ck_assert_int_eq(money_add(MONEY_UNSET, 5), MONEY_UNSET);
    ck_assert_int_eq(money_add(5, MONEY_UNSET), MONEY_UNSET);
    ck_assert_int_eq(money_subtract(5, MONEY_UNSET), MONEY_UNSET);
    ck_assert_int_eq(money_subtract(MONEY_UNSET, 5), MONEY_UNSET);
}
END_TEST

START_TEST(too_much_saturates_and_never_becomes_unset)
{
    ck_assert_int_eq(money_from_double(1e300), INT64_MAX);
    ck_assert_int_eq(money_from_double((double)INFINITY), INT64_MAX);
    ck_assert_int_eq(money_from_double(-1e300), INT64_MIN + 1);
    ck_assert_int_eq(money_from_double(-DBL_MAX), INT64_MIN + 1);
    ck_assert_int_eq(money_add(INT64_MAX, 1), INT64_MAX);
    ck_assert_int_eq(money_add(INT64_MIN + 1, -1), INT64_MIN + 1);
    ck_assert_int_eq(money_add(INT64_MIN + 1, -5), INT64_MIN + 1);
    ck_assert_int_eq(money_subtract(INT64_MIN + 1, 1), INT64_MIN + 1);
    ck_assert_int_eq(money_subtract(7, 9), -2);
}
END_TEST

START_TEST(money_is_written_in_cents_with_grouped_thousands)
{
    static const struct {
        money m;
        int plus;
        const char *expected;
    } rows[] = {
        {1234500000, 0, "1,234.50"},
        {1234500000, 1, "+1,234.50"},
        {-1234500000, 1, "-1,234.50"},
        {0, 1, "0.00"},
        {4999, 1, "0.00"},
        {-4999, 0, "0.00"},
        {5000, 1, "+0.01"},
        {-5000, 0, "-0.01"},
        {999994999, 0, "999.99"},
        {999995000, 0, "1,000.00"},
        {12345678901234, 0, "12,345,678.90"},
        {INT64_MAX, 0, "9,223,372,036,854.78"},
        {INT64_MIN + 1, 0, "-9,223,372,036,854.78"},
        {MONEY_UNSET, 1, "-"},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char text[40];
        size_t length = money_format(text, sizeof text, rows[n].m, rows[n].plus);
        ck_assert_str_eq(text, rows[n].expected);
        ck_assert_uint_eq(length, strlen(rows[n].expected));
    }
}
END_TEST

START_TEST(money_that_does_not_fit_is_cut)
{
    char text[5];
    ck_assert_uint_eq(money_format(text, sizeof text, 1234500000, 0), 4);
    ck_assert_str_eq(text, "1,23");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("money");
    TCase *t = tcase_create("money");
    tcase_add_test(t, amounts_round_half_away_from_zero);
    tcase_add_test(t, what_the_wire_leaves_unset_stays_unset);
    tcase_add_test(t, too_much_saturates_and_never_becomes_unset);
    tcase_add_test(t, money_is_written_in_cents_with_grouped_thousands);
    tcase_add_test(t, money_that_does_not_fit_is_cut);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
