/* The windows over the panels: help, recovery, accounts, questions; and the commands that keys
 * post. */
#include "support/sample.h"
#include "support/test.h"
#include "support/ui_driver.h"
#include "ui/keymap.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

static struct driver d;

static void set_up(void)
{
    driver_prepare(&d);
}

static void tear_down(void)
{
    driver_stop(&d);
}

static void start(void)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
}

static struct position *position(void)
{
    return &d.snapshot->positions[0];
}

static bool shows(const char *text)
{
    return terminal_shows(d.terminal, text);
}

START_TEST(help_lists_every_key)
{
    driver_start(&d, 90, 120, NULL);
    driver_expect(&d, "q quit");
    driver_press(&d, "?", " Keys ");
    for (size_t i = 0; i < KEYMAP_COUNT; i++) {
        char entry[160];
        text_format(entry, sizeof entry, "  %-12s%s", KEYMAP[i].name, KEYMAP[i].help);
        driver_expect(&d, entry);
    }
    terminal_send(d.terminal, "\033");
    terminal_wait_gone(d.terminal, " Keys ", DRIVER_WAIT);
}
END_TEST

START_TEST(help_scrolls_where_it_is_longer_than_the_screen)
{
    start();
    driver_press(&d, "?", "Up, Down: more");
    driver_press(&d, "G", "close nothing");
    driver_press(&d, "g", "balance, position, statistics, orders, messages");
    driver_press(&d, "q", "q quit");
    ck_assert(!shows(" Keys "));
}
END_TEST

START_TEST(recovery_shows_first_and_enter_accepts)
{
    sample_recovery(d.snapshot, clock_wall_us());
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "Enter accept");
    static const char *const texts[] = {
        "Recovered positions",
        "SIM    Sim1  LONG 2 MESZ5 @ 5049.50, opened 3h 12m ago",
        "MAE -12.50  MFE +22.50  stop 5046.00  target 5056.00",
        "the server reports the same position",
        "STALE: not updated for long. Verify these with your broker",
        "LIVE   120005  SHORT 1 MNQZ5 @ 18204.25, opened 2d 2h ago",
        "stop -  target -",
        "the server has not answered yet"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        driver_expect(&d, texts[i]);
    /* What it hides goes on. */
    text_copy(d.snapshot->recovered[1].finding, sizeof d.snapshot->recovered[1].finding,
              "the server is flat");
    d.snapshot->markets[0].last = 5053;
    driver_publish(&d);
    driver_expect(&d, "the server is flat");
    driver_expect(&d, "MESZ5 5053.00");
    ck_assert(!driver_has_command(&d));
    terminal_send(d.terminal, "\r");
    ck_assert_int_eq(driver_take_command(&d).kind, COMMAND_ACCEPT_RECOVERY);
    terminal_wait_gone(d.terminal, "Recovered positions", DRIVER_WAIT);
    driver_expect(&d, "q quit");
}
END_TEST

START_TEST(a_stale_position_is_kept_closed_or_discarded)
{
    sample_recovery(d.snapshot, clock_wall_us());
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "Enter accept");
    ck_assert(!shows("k keep")); /* the first one is fresh */
    driver_press(&d, "x", "Only a stale position");
    driver_press(&d, "\033OB", "k keep");
    terminal_send(d.terminal, "k");
    struct command c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_KEEP);
    ck_assert_str_eq(c.key.account, "120005");
    ck_assert_int_eq(c.key.mode, MODE_LIVE);
    ck_assert_str_eq(c.symbol, "MNQZ5");

    driver_press(&d, "x", "At which price was MNQZ5 of 120005 closed?");
    driver_press(&d, "18.3.1\r", "a price such as 18204.25");
    driver_press(&d, "\177\177a;1\177", "18.3 ");
    driver_press(&d, "\177\177\177\17718250.75", "18250.75");
    terminal_send(d.terminal, "\r");
    c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_CLOSE_AT);
    ck_assert_double_eq(c.price, 18250.75);
    ck_assert_str_eq(c.symbol, "MNQZ5");

    driver_press(&d, "d", "without a trade?");
    terminal_send(d.terminal, "n");
    terminal_wait_gone(d.terminal, "without a trade?", DRIVER_WAIT);
    ck_assert(!driver_has_command(&d));
    driver_press(&d, "d", "without a trade?");
    terminal_send(d.terminal, "y");
    ck_assert_int_eq(driver_take_command(&d).kind, COMMAND_DISCARD);
}
END_TEST

START_TEST(a_price_is_entered_in_the_instruments_own_format)
{
    sample_recovery(d.snapshot, clock_wall_us());
    int symbol = snapshot_find_symbol(d.snapshot, "MNQZ5");
    ck_assert_int_ge(symbol, 0);
    d.snapshot->instruments[symbol].price_format = 134; /* halves of 32nds */
    d.snapshot->recovered[1].position.entry_price = 112.515625;
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "SHORT 1 MNQZ5 @ 112'16.5");
    driver_press(&d, "\033OB", "k keep");
    driver_press(&d, "x", "At which price was MNQZ5 of 120005 closed?");
    driver_press(&d, "112'32\r", "a price such as 112'16.5");
    driver_press(&d, "\177\17708.5", "112'08.5");
    terminal_send(d.terminal, "\r");
    struct command c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_CLOSE_AT);
    ck_assert_double_eq(c.price, 112.265625);
}
END_TEST

START_TEST(a_stale_position_that_is_closed_meanwhile_takes_no_choice)
{
    sample_recovery(d.snapshot, clock_wall_us());
    text_copy(d.snapshot->recovered[1].finding, sizeof d.snapshot->recovered[1].finding,
              "closed at 18250.25, -92.00: fill history");
    d.snapshot->position_count--; /* the sample's last is the stale one */
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "closed at 18250.25, -92.00: fill history");
    driver_press(&d, "\033OBx", "Only a stale position that is open can be");
    ck_assert(!shows("k keep"));
    ck_assert(!driver_has_command(&d));
}
END_TEST

START_TEST(what_has_no_room_in_the_recovery_window_is_scrolled_to)
{
    sample_recovery(d.snapshot, clock_wall_us());
    d.snapshot->recovered[0] = d.snapshot->recovered[1]; /* the stale one alone */
    d.snapshot->recovered_count = 1;
    driver_start(&d, 12, 44, NULL);
    driver_expect(&d, "These positions were open");
    ck_assert(!shows("the server has not"));
    for (int i = 0; i < 20; i++)
        terminal_send(d.terminal, "\033OB");
    driver_expect(&d, "the server has not");
    driver_press(&d, "g", "These positions were open");
}
END_TEST

START_TEST(the_first_position_that_shows_is_the_first_chosen)
{
    sample_recovery(d.snapshot, clock_wall_us());
    struct recovered fresh = d.snapshot->recovered[0];
    d.snapshot->recovered[0] = d.snapshot->recovered[1];
    d.snapshot->recovered[1] = fresh;
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "▸  SIM    Sim1  LONG 2 MESZ5");
}
END_TEST

START_TEST(with_nothing_to_recover_there_is_no_window)
{
    start();
    ck_assert(!shows("Recovered positions"));
}
END_TEST

START_TEST(the_changes_of_the_view_are_listed_newest_first)
{
    for (int i = 0; i < 100; i++) {
        struct view_change *c = &d.snapshot->view_history[i];
        *c = (struct view_change){.time = d.now - (100 - i) * CLOCK_DAY, .key = {MODE_SIM, ""}};
        text_format(c->key.account, sizeof c->key.account, "Sim%d", i);
        text_copy(c->reason, sizeof c->reason, i == 99 ? "fill" : "chosen");
    }
    d.snapshot->view_history[98].key = (struct account_key){MODE_LIVE, "120005"};
    d.snapshot->view_history_count = 100;
    start();
    driver_press(&d, "v", " Accounts shown ");
    driver_expect(&d, "SIM    Sim99         had a fill");
    driver_expect(&d, "LIVE   120005        chosen by you");
    ck_assert(!shows("Sim0 "));
    driver_press(&d, "G", "SIM    Sim0          chosen by you");
    terminal_send(d.terminal, "\033");
    terminal_wait_gone(d.terminal, " Accounts shown ", DRIVER_WAIT);
}
END_TEST

START_TEST(a_sim_balance_begins_anew_only_after_yes)
{
    start();
    driver_press(&d, "B", "Begin Sim1 anew at the start balance?");
    terminal_send(d.terminal, "n");
    terminal_wait_gone(d.terminal, "anew at the start", DRIVER_WAIT);
    ck_assert(!driver_has_command(&d));
    driver_press(&d, "B", "Begin Sim1 anew at the start balance?");
    terminal_send(d.terminal, "y");
    struct command c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_NEW_PERIOD);
    ck_assert_str_eq(c.key.account, "Sim1");
    driver_expect(&d, "The balance begins anew.");
}
END_TEST

START_TEST(no_other_balance_begins_anew)
{
    sample_add_account(d.snapshot, "120005", 48211.40, d.now);
    d.snapshot->view = d.snapshot->accounts[1].key;
    start();
    driver_press(&d, "B", "Only a SIM account's balance can begin anew.");
    ck_assert(!driver_has_command(&d));
}
END_TEST

START_TEST(a_window_that_cannot_be_seen_is_not_answered)
{
    sample_recovery(d.snapshot, clock_wall_us());
    driver_start(&d, 9, 39, NULL);
    driver_expect(&d, "a window waits: enlarge");
    terminal_send(d.terminal, "\r");
    terminal_resize(d.terminal, 24, 80);
    driver_expect(&d, "Enter accept");
    ck_assert(shows("Recovered positions"));
    ck_assert(!driver_has_command(&d));
}
END_TEST

START_TEST(an_account_is_chosen)
{
    sample_add_account(d.snapshot, "120005", 48211.40, d.now);
    sample_add_account(d.snapshot, "APX-7", 1, d.now);
    start();
    driver_press(&d, "m", " Accounts ");
    driver_expect(&d, "LIVE   120005              48,211.40");
    driver_expect(&d, "1 open +17.50");
    driver_press(&d, "\033OA", "▸  LIVE");
    terminal_send(d.terminal, "\r");
    struct command c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_VIEW);
    ck_assert_str_eq(c.key.account, "120005");
    ck_assert_int_eq(c.key.mode, MODE_LIVE);
    driver_expect(&d, "Showing 120005");
    driver_press(&d, "m", " Accounts ");
    terminal_send(d.terminal, "\033");
    terminal_wait_gone(d.terminal, " Accounts ", DRIVER_WAIT);
    ck_assert(!driver_has_command(&d));
}
END_TEST

START_TEST(leaving_a_live_account_with_a_position_asks)
{
    sample_add_account(d.snapshot, "120005", 48211.40, d.now);
    d.snapshot->view = d.snapshot->accounts[1].key;
    position()->key = d.snapshot->view;
    start();
    driver_press(&d, "mj", "▸  SIM");
    driver_press(&d, "\r", "LIVE account 120005 has 1 open position. Show Sim1");
    terminal_send(d.terminal, "\033");
    terminal_wait_gone(d.terminal, "has 1 open position", DRIVER_WAIT);
    ck_assert(!driver_has_command(&d));
    driver_press(&d, "mj", "▸  SIM");
    driver_press(&d, "\r", "LIVE account 120005 has 1 open position");
    terminal_send(d.terminal, "y");
    struct command c = driver_take_command(&d);
    ck_assert_int_eq(c.kind, COMMAND_VIEW);
    ck_assert_str_eq(c.key.account, "Sim1");
}
END_TEST

START_TEST(unpin_and_reconcile_are_posted)
{
    d.snapshot->view_pinned = true;
    start();
    driver_expect(&d, "u unpin");
    terminal_send(d.terminal, "u");
    ck_assert_int_eq(driver_take_command(&d).kind, COMMAND_UNPIN);
    terminal_send(d.terminal, "r");
    ck_assert_int_eq(driver_take_command(&d).kind, COMMAND_RECONCILE);
    driver_expect(&d, "Asking the server for positions and orders again.");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        help_lists_every_key,
        help_scrolls_where_it_is_longer_than_the_screen,
        recovery_shows_first_and_enter_accepts,
        a_stale_position_is_kept_closed_or_discarded,
        a_price_is_entered_in_the_instruments_own_format,
        a_stale_position_that_is_closed_meanwhile_takes_no_choice,
        what_has_no_room_in_the_recovery_window_is_scrolled_to,
        the_first_position_that_shows_is_the_first_chosen,
        with_nothing_to_recover_there_is_no_window,
        the_changes_of_the_view_are_listed_newest_first,
        a_sim_balance_begins_anew_only_after_yes,
        no_other_balance_begins_anew,
        a_window_that_cannot_be_seen_is_not_answered,
        an_account_is_chosen,
        leaving_a_live_account_with_a_position_asks,
        unpin_and_reconcile_are_posted,
    };
    Suite *s = suite_create("ui windows");
    TCase *t = tcase_create("windows");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
