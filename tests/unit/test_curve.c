/* The balance over time: what is shown of any part of it. */
#include "trade/curve.h"

#include "base/clock.h"
#include "support/test.h"

static struct curve *curve;
static struct equity_point points[CURVE_SAMPLES];
static struct window same;
static money base;

static void set_up(void)
{
    curve = curve_new();
}

static void tear_down(void)
{
    curve_free(curve);
}

START_TEST(without_points_there_is_nothing)
{
    ck_assert_uint_eq(curve_sample(curve, INT64_MIN, points, &base, &same), 0);
    ck_assert_int_eq(base, MONEY_UNSET);
    ck_assert_int_eq(same.least, INT64_MIN);
    ck_assert_int_eq(same.greatest, INT64_MAX);
}
END_TEST

START_TEST(few_points_are_shown_as_they_are)
{
    for (int i = 1; i <= 300; i++)
        curve_add(curve, i * CLOCK_SECOND, i * MONEY_ONE + i);
    ck_assert_uint_eq(curve_sample(curve, 61 * CLOCK_SECOND, points, &base, &same), 240);
    ck_assert_int_eq(base, 60 * MONEY_ONE + 60);
    for (int i = 0; i < 240; i++) {
        ck_assert_int_eq(points[i].time, (61 + i) * CLOCK_SECOND);
        ck_assert_int_eq(points[i].balance, (61 + i) * MONEY_ONE + 61 + i);
    }
    ck_assert_int_eq(same.least, 60 * CLOCK_SECOND + 1);
    ck_assert_int_eq(same.greatest, 61 * CLOCK_SECOND);
    ck_assert_uint_eq(curve_sample(curve, 301 * CLOCK_SECOND, points, &base, &same), 0);
    ck_assert_int_eq(base, 300 * MONEY_ONE + 300);
}
END_TEST

/* Whatever the part: its first and newest point, in order, each a point that there was, none far
 * from the next. */
START_TEST(of_many_points_evenly_spaced_ones_are_shown)
{
    enum { COUNT = 100000 };
    for (int i = 0; i < COUNT; i++)
        curve_add(curve, i * CLOCK_SECOND, (i * 7 % 1000 - i % 13) * MONEY_ONE + i);
    for (int start = 0; start < COUNT; start += 1 + start / 9) {
        uint32_t count = curve_sample(curve, start * CLOCK_SECOND, points, &base, &same);
        int in = COUNT - start;
        ck_assert_uint_le(count, CURVE_SAMPLES);
        ck_assert_uint_ge(count, in < 240 ? (uint32_t)in : 119);
        ck_assert_int_eq(points[0].time, start * CLOCK_SECOND);
        ck_assert_int_eq(points[count - 1].time, (COUNT - 1) * CLOCK_SECOND);
        for (uint32_t p = 0; p < count; p++) {
            int i = (int)(points[p].time / CLOCK_SECOND);
            ck_assert_int_eq(points[p].balance, (i * 7 % 1000 - i % 13) * MONEY_ONE + i);
            if (p > 0)
                ck_assert_int_gt(points[p].time, points[p - 1].time);
            if (p > 0)
                ck_assert_int_le(points[p].time - points[p - 1].time, in / 118 * CLOCK_SECOND);
        }
        int before = start - 1;
        ck_assert_int_eq(base, start == 0 ? MONEY_UNSET
                                          : (before * 7 % 1000 - before % 13) * MONEY_ONE + before);
    }
}
END_TEST

START_TEST(a_clock_that_was_set_back_leaves_the_order)
{
    curve_add(curve, 100, 1);
    curve_add(curve, 50, 2);
    curve_add(curve, 120, 3);
    ck_assert_uint_eq(curve_sample(curve, 0, points, &base, &same), 3);
    ck_assert_int_eq(points[1].time, 100);
    ck_assert_int_eq(points[1].balance, 2);
    ck_assert_int_eq(points[2].balance, 3);
}
END_TEST

START_TEST(a_balance_that_stays_the_same_is_one_point)
{
    curve_add(curve, 100, 5);
    curve_add(curve, 110, 5);
    ck_assert_uint_eq(curve_sample(curve, 0, points, &base, &same), 1);
    ck_assert_int_eq(points[0].time, 100);
}
END_TEST

START_TEST(amounts_of_any_size_come_back)
{
    const money amounts[] = {INT64_MAX, -INT64_MAX, 0, MONEY_UNSET + 1, 1, -1};
    for (int i = 0; i < 6; i++)
        curve_add(curve, i < 5 ? i : INT64_MAX, amounts[i]);
    ck_assert_uint_eq(curve_sample(curve, 1, points, &base, &same), 5);
    ck_assert_int_eq(base, INT64_MAX);
    for (int i = 1; i < 6; i++)
        ck_assert_int_eq(points[i - 1].balance, amounts[i]);
    ck_assert_int_eq(points[4].time, INT64_MAX);
}
END_TEST

START_TEST(another_curve_is_put_behind)
{
    struct curve *other = curve_new();
    for (int i = 0; i < 1000; i++)
        curve_add(i < 600 ? curve : other, i, i);
    curve_add_all(curve, other);
    curve_free(other);
    ck_assert_uint_eq(curve_sample(curve, 800, points, &base, &same), 200);
    ck_assert_int_eq(base, 799);
    ck_assert_int_eq(points[199].balance, 999);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("curve");
    TCase *t = tcase_create("curve");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, without_points_there_is_nothing);
    tcase_add_test(t, few_points_are_shown_as_they_are);
    tcase_add_test(t, of_many_points_evenly_spaced_ones_are_shown);
    tcase_add_test(t, a_clock_that_was_set_back_leaves_the_order);
    tcase_add_test(t, a_balance_that_stays_the_same_is_one_point);
    tcase_add_test(t, amounts_of_any_size_come_back);
    tcase_add_test(t, another_curve_is_put_behind);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
