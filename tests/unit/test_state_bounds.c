/* What a server could make grow without end does not. */
#include "base/clock.h"
#include "base/text.h"
#include "state/internal.h"

#include "support/test.h"

#include <string.h>

static const int64_t NOW = INT64_C(1800000000) * CLOCK_SECOND;

static struct state *s;

static void set_up(void)
{
    s = state_new(&(struct state_options){0}, NOW);
}

static void tear_down(void)
{
    state_free(s);
}

static struct fill fill_number(int n)
{
    struct fill f = {.key = {MODE_SIM, "Sim1"},
                     .symbol = "MESZ26_FUT_CME",
                     .side = SIDE_LONG,
                     .quantity = 1,
                     .price = 5000,
                     .time = NOW};
    text_format(f.execution_id, sizeof f.execution_id, "e%d", n);
    text_format(f.order_id, sizeof f.order_id, "o%d", n);
    return f;
}

START_TEST(the_newest_fills_are_known_the_oldest_forgotten)
{
    for (int n = 0; n < STATE_FILLS + 10; n++) {
        struct fill f = fill_number(n);
        state_restore_fill(s, &f);
    }
    for (int n = 0; n < 20; n++) {
        struct fill f = fill_number(n);
        ck_assert_int_eq(state_knows_fill(s, &f), n >= 10);
    }
    struct fill last = fill_number(STATE_FILLS + 9);
    ck_assert(state_knows_fill(s, &last));
    ck_assert_uint_eq(HASH_COUNT(s->fills), STATE_FILLS);
    ck_assert_uint_le(HASH_COUNT(s->order_fills), STATE_ORDERS);
}
END_TEST

START_TEST(changes_count_as_unsaved_until_they_are_acknowledged)
{
    struct change c;
    for (int i = 0; i < 3; i++)
        state_note_fact(s, "x", i, NOW, &c);
    ck_assert_uint_eq(state_unsaved(s), 3);
    state_acknowledge(s, 2);
    ck_assert_uint_eq(state_unsaved(s), 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *suite_made = suite_create("state: bounds");
    TCase *c = tcase_create("bounds");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, the_newest_fills_are_known_the_oldest_forgotten);
    tcase_add_test(c, changes_count_as_unsaved_until_they_are_acknowledged);
    suite_add_tcase(suite_made, c);
    return suite_made;
}

TEST_MAIN(suite)
