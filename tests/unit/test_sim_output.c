/* The bytes that wait for a connection, and until when. */
#include "sim/output.h"
#include "support/test.h"

#include <stdbool.h>
#include <string.h>

static char bytes[1000];

START_TEST(bytes_are_ready_at_once_and_in_order)
{
    struct sim_output o = {0};
    sim_output_append(&o, "abc", 3, 0);
    sim_output_append(&o, "", 0, 5);
    sim_output_append(&o, "de", 2, 0);
    ck_assert_uint_eq(sim_output_ready(&o, 0), 5);
    ck_assert_mem_eq(o.data + o.start, "abcde", 5);
    sim_output_take(&o, 4);
    ck_assert_uint_eq(sim_output_ready(&o, 0), 1);
    ck_assert_mem_eq(o.data + o.start, "e", 1);
    ck_assert_int_eq(sim_output_next(&o), INT64_MAX);
    sim_output_free(&o);
}
END_TEST

START_TEST(bytes_that_are_held_go_when_they_are_due_and_hold_those_behind_them)
{
    struct sim_output o = {0};
    sim_output_append(&o, bytes, 10, 0);
    sim_output_append(&o, bytes, 20, 100);
    sim_output_append(&o, bytes, 30, 200);
    sim_output_append(&o, bytes, 40, 150); /* not before those of 200 */
    sim_output_append(&o, bytes, 50, 0);
    ck_assert_uint_eq(sim_output_waiting(&o), 150);
    ck_assert_int_eq(sim_output_next(&o), 100);
    ck_assert_uint_eq(sim_output_ready(&o, 99), 10);
    sim_output_take(&o, 7);
    ck_assert_uint_eq(sim_output_ready(&o, 100), 23);
    ck_assert_int_eq(sim_output_next(&o), 200);
    sim_output_take(&o, 23);
    ck_assert_uint_eq(sim_output_ready(&o, 199), 0);
    ck_assert_uint_eq(sim_output_ready(&o, 200), 120);
    sim_output_free(&o);
}
END_TEST

START_TEST(more_times_than_there_is_room_for_become_one)
{
    struct sim_output o = {0};
    for (int i = 1; i <= 2 * SIM_OUTPUT_HOLDS; i++)
        sim_output_append(&o, bytes, 1, i);
    ck_assert_uint_eq(sim_output_ready(&o, SIM_OUTPUT_HOLDS - 1), SIM_OUTPUT_HOLDS - 1);
    ck_assert_uint_eq(sim_output_ready(&o, SIM_OUTPUT_HOLDS), 2 * SIM_OUTPUT_HOLDS);
    sim_output_free(&o);
}
END_TEST

START_TEST(room_is_used_again_while_bytes_come_and_go)
{
    struct sim_output o = {0};
    unsigned char in = 0, out = 0;
    bool same = true;
    for (int i = 0; i < 1000; i++) {
        for (size_t n = 0; n < sizeof bytes; n++)
            bytes[n] = (char)in++;
        sim_output_append(&o, bytes, sizeof bytes, 0);
        size_t taken = i == 0 ? 300 : sizeof bytes;
        for (size_t n = 0; n < taken; n++)
            same = same && (unsigned char)o.data[o.start + n] == out++;
        sim_output_take(&o, taken);
    }
    ck_assert(same);
    ck_assert_uint_eq(sim_output_waiting(&o), 700);
    ck_assert_uint_le(o.capacity, 8 * sizeof bytes);
    sim_output_clear(&o);
    ck_assert_uint_eq(sim_output_ready(&o, 0), 0);
    sim_output_free(&o);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim output");
    TCase *t = tcase_create("bytes");
    tcase_add_test(t, bytes_are_ready_at_once_and_in_order);
    tcase_add_test(t, bytes_that_are_held_go_when_they_are_due_and_hold_those_behind_them);
    tcase_add_test(t, more_times_than_there_is_room_for_become_one);
    tcase_add_test(t, room_is_used_again_while_bytes_come_and_go);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
