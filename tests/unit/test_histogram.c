#include "base/histogram.h"

#include "support/test.h"

#include <stdint.h>

START_TEST(an_empty_histogram_answers_zero)
{
    struct histogram h = {0};
    ck_assert_uint_eq(histogram_percentile(&h, 0.5), 0);
    ck_assert_uint_eq(h.count, 0);
}
END_TEST

START_TEST(one_value_is_every_percentile)
{
    static const uint64_t values[] = {0, 1, 2, 3, 1000, UINT64_C(1) << 63, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        struct histogram h = {0};
        histogram_add(&h, values[i]);
        ck_assert_uint_eq(histogram_percentile(&h, 0), values[i]);
        ck_assert_uint_eq(histogram_percentile(&h, 0.99), values[i]);
        ck_assert_uint_eq(h.max, values[i]);
    }
}
END_TEST

START_TEST(a_percentile_is_the_upper_bound_of_its_bucket)
{
    struct histogram h = {0};
    for (int i = 0; i < 99; i++)
        histogram_add(&h, 1000);
    histogram_add(&h, 50000);
    /* 1000 lies between 512 * 2^(3/4) = 861.08 and 1024; 50000 is the greatest seen. */
    ck_assert_uint_eq(histogram_percentile(&h, 0.5), 1023);
    ck_assert_uint_eq(histogram_percentile(&h, 0.99), 1023);
    ck_assert_uint_eq(histogram_percentile(&h, 1), 50000);
}
END_TEST

/* The bound is never below a value of the bucket and at most 2^(1/4) = 1.1893 times above it. */
START_TEST(the_error_is_at_most_19_percent_in_every_bucket)
{
    for (uint64_t value = 1; value < UINT64_C(1) << 62; value += value / 7 + 1) {
        struct histogram h = {0};
        histogram_add(&h, value);
        histogram_add(&h, UINT64_MAX);
        uint64_t bound = histogram_percentile(&h, 0.5);
        ck_assert_uint_ge(bound, value);
        ck_assert_double_le((double)bound, (double)value * 1.18921);
    }
}
END_TEST

START_TEST(counts_below_a_power_of_two_are_exact)
{
    struct histogram h = {0};
    static const uint64_t values[] = {0, 1, 2, 1023, 1024, 1025, UINT64_MAX};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        histogram_add(&h, values[i]);
    ck_assert_uint_eq(histogram_count_below(&h, 1), 2);
    ck_assert_uint_eq(histogram_count_below(&h, 10), 4);
    ck_assert_uint_eq(histogram_count_below(&h, 11), 6);
    ck_assert_uint_eq(histogram_count_below(&h, 64), 7);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("histogram");
    TCase *t = tcase_create("histogram");
    tcase_add_test(t, an_empty_histogram_answers_zero);
    tcase_add_test(t, one_value_is_every_percentile);
    tcase_add_test(t, a_percentile_is_the_upper_bound_of_its_bucket);
    tcase_add_test(t, the_error_is_at_most_19_percent_in_every_bucket);
    tcase_add_test(t, counts_below_a_power_of_two_are_exact);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
