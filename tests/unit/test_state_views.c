/* Which account is on screen: the rules of domain.md, "Modes and accounts", with clocks by hand. */
#include "state/state.h"

#include "base/clock.h"
#include "base/text.h"
#include "support/test.h"

#include <string.h>

static struct state *state;
static struct snapshot now;
static const struct account_key SIM1 = {MODE_SIM, "Sim1"}, SIM2 = {MODE_SIM, "Sim2"},
                                LIVE = {MODE_LIVE, "120005"};

/* The wall clock of all tests, but where it jumps; ticks are seconds from then on. */
#define WALL (INT64_C(1800000000) * CLOCK_SECOND)

static void setup(void)
{
    state = state_new(&(struct state_options){.sim_start_balance = 10000 * MONEY_ONE}, 1);
}

static void teardown(void)
{
    state_free(state);
}

static const char *shown(void)
{
    state_copy(state, &now);
    return now.view.account;
}

/* A fill of the account, or none, at that many milliseconds; what is on screen then. */
static const char *at(int64_t ms, const struct account_key *key)
{
    if (key != NULL)
        state_note_filled(state, key);
    state_follow_fills(state, WALL + ms * CLOCK_MS, ms * CLOCK_MS);
    return shown();
}

static void trade(const struct account_key *key, enum side side, const char *id)
{
    struct change c;
    struct fill f = {.key = *key, .side = side, .quantity = 1, .price = 5000, .time = WALL};
    text_copy(f.symbol, sizeof f.symbol, "MESZ26_FUT_CME");
    text_copy(f.execution_id, sizeof f.execution_id, id);
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "fill", WALL, &c), FILL_APPLIED);
}

START_TEST(the_view_follows_the_account_that_last_had_a_fill)
{
    ck_assert_str_eq(at(0, NULL), "");
    ck_assert_str_eq(at(10000, &SIM1), "Sim1");
    ck_assert_str_eq(at(20000, &SIM2), "Sim2");
    ck_assert_str_eq(at(20001, &SIM2), "Sim2"); /* there already: no change */
    ck_assert_str_eq(at(30000, &LIVE), "120005");
    ck_assert_uint_eq(now.view_history_count, 3);
}
END_TEST

START_TEST(it_switches_at_most_once_in_2_seconds_and_then_to_the_last_fill)
{
    ck_assert_str_eq(at(10000, &SIM1), "Sim1");
    ck_assert_str_eq(at(10001, &SIM2), "Sim1");
    ck_assert_str_eq(at(11999, &LIVE), "Sim1");
    ck_assert_str_eq(at(11999, &SIM2), "Sim1");
    ck_assert_str_eq(at(12000, NULL), "Sim2"); /* 2 s after 10.000, without a fill of its own */
    ck_assert_str_eq(at(13000, &SIM1), "Sim2");
    ck_assert_str_eq(at(13500, &SIM2), "Sim2"); /* back before it could be left */
    ck_assert_str_eq(at(60000, NULL), "Sim2");
    ck_assert_uint_eq(now.view_history_count, 2);
    ck_assert_int_eq(now.view_history[1].time, WALL + 12 * CLOCK_SECOND);
    ck_assert_str_eq(now.view_history[1].reason, "fill");
}
END_TEST

START_TEST(of_many_accounts_that_trade_at_once_one_shows_every_2_seconds)
{
    /* 128 accounts, a fill every 10 ms in turn: at 0, 2, 4 ... 18 s it is that of the moment */
    struct account_key key = {MODE_SIM, ""};
    for (int i = 0; i < 2000; i++) {
        text_format(key.account, sizeof key.account, "Sim%d", i % 128);
        at(10 * i, &key);
    }
    state_copy(state, &now);
    ck_assert_uint_eq(now.view_history_count, 10);
    for (int i = 0; i < 10; i++) {
        char name[ACCOUNT_SIZE];
        text_format(name, sizeof name, "Sim%d", 200 * i % 128);
        ck_assert_str_eq(now.view_history[i].key.account, name);
        ck_assert_int_eq(now.view_history[i].time, WALL + 2 * i * CLOCK_SECOND);
    }
}
END_TEST

START_TEST(jumps_of_the_wall_clock_neither_hold_nor_hurry_the_view)
{
    state_note_filled(state, &SIM1);
    ck_assert(state_follow_fills(state, WALL, 10 * CLOCK_SECOND));
    state_note_filled(state, &SIM2);
    ck_assert(!state_follow_fills(state, WALL + CLOCK_HOUR, 11 * CLOCK_SECOND));
    ck_assert(!state_follow_fills(state, WALL - CLOCK_HOUR, 11 * CLOCK_SECOND));
    ck_assert(state_follow_fills(state, WALL - CLOCK_HOUR, 12 * CLOCK_SECOND));
}
END_TEST

START_TEST(a_pinned_view_stays_until_it_is_unpinned)
{
    at(0, &SIM1);
    ck_assert(state_set_view(state, &SIM2, true, "chosen", WALL));
    ck_assert_str_eq(at(10000, &SIM1), "Sim2");
    ck_assert(now.view_pinned);
    ck_assert(state_set_view(state, &LIVE, true, "chosen", WALL));
    ck_assert(!state_set_view(state, &LIVE, true, "chosen", WALL)); /* no change */
    ck_assert_str_eq(at(20000, NULL), "120005");
    state_unpin_view(state);
    ck_assert_str_eq(at(20001, NULL), "Sim1"); /* the last fill, while it was pinned */
    ck_assert(!now.view_pinned);
}
END_TEST

START_TEST(it_never_leaves_a_live_account_with_an_open_position_by_itself)
{
    at(0, &LIVE);
    trade(&LIVE, SIDE_LONG, "a");
    ck_assert_str_eq(at(10000, &SIM1), "120005");
    ck_assert_str_eq(at(3600000, &SIM1), "120005");
    ck_assert(state_set_view(state, &SIM2, true, "chosen", WALL)); /* the user may */
    state_unpin_view(state);
    ck_assert_str_eq(at(3700000, &LIVE), "120005");
    trade(&LIVE, SIDE_SHORT, "b");
    state_note_filled(state, &LIVE);
    ck_assert_str_eq(at(3800000, NULL), "120005"); /* its own fill was the last */
    ck_assert_str_eq(at(3900000, &SIM1), "Sim1");
    /* a position of another account, or of another mode, holds nothing */
    trade(&LIVE, SIDE_LONG, "c");
    trade(&SIM1, SIDE_LONG, "d");
    ck_assert_str_eq(at(4000000, &SIM2), "Sim2");
}
END_TEST

START_TEST(the_last_100_changes_are_kept_with_time_mode_account_and_reason)
{
    struct view_change c;
    for (int i = 1; i <= 101; i++)
        state_set_view(state, i % 2 ? &SIM1 : &LIVE, true, i == 101 ? "setting" : "chosen",
                       WALL + i);
    state_copy(state, &now);
    ck_assert_uint_eq(now.view_history_count, 100);
    ck_assert(!state_get_view_change(state, 0, &c));
    ck_assert(!state_get_view_change(state, 1, &c));
    ck_assert(state_get_view_change(state, 2, &c));
    ck_assert_int_eq(c.time, WALL + 2);
    ck_assert_int_eq(c.key.mode, MODE_LIVE);
    ck_assert_str_eq(c.key.account, "120005");
    ck_assert_str_eq(c.reason, "chosen");
    ck_assert(state_get_view_change(state, 101, &c));
    ck_assert_str_eq(c.key.account, "Sim1");
    ck_assert_str_eq(c.reason, "setting");
    ck_assert(!state_get_view_change(state, 102, &c));
}
END_TEST

START_TEST(changes_of_earlier_runs_come_before_those_of_this_one_and_show_nothing)
{
    struct view_change c = {.time = 5, .key = LIVE, .reason = "fill"};
    state_restore_view_change(state, 41, &c);
    ck_assert_str_eq(shown(), "");
    ck_assert(state_set_view(state, &LIVE, false, "start", WALL));
    ck_assert(state_get_view_change(state, 41, &c));
    ck_assert_str_eq(c.reason, "fill");
    ck_assert(state_get_view_change(state, 42, &c));
    ck_assert_str_eq(c.reason, "start");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        the_view_follows_the_account_that_last_had_a_fill,
        it_switches_at_most_once_in_2_seconds_and_then_to_the_last_fill,
        of_many_accounts_that_trade_at_once_one_shows_every_2_seconds,
        jumps_of_the_wall_clock_neither_hold_nor_hurry_the_view,
        a_pinned_view_stays_until_it_is_unpinned,
        it_never_leaves_a_live_account_with_an_open_position_by_itself,
        the_last_100_changes_are_kept_with_time_mode_account_and_reason,
        changes_of_earlier_runs_come_before_those_of_this_one_and_show_nothing,
    };
    Suite *s = suite_create("state views");
    TCase *t = tcase_create("views");
    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
