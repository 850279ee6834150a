/* What the panels show of a snapshot, and what keys make of it. */
#include "support/sample.h"
#include "support/test.h"
#include "support/ui_driver.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>
#include <time.h>

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

static void start_wide(void)
{
    driver_start(&d, 36, 120, NULL);
    driver_expect(&d, "q quit");
}

static struct position *position(void)
{
    return &d.snapshot->positions[0];
}

static struct terminal_cell cell_of(const char *text)
{
    int row, col;
    ck_assert_msg(terminal_find(d.terminal, text, &row, &col),
                  "\"%s\" is not on the screen:\n%.4000s", text, terminal_text(d.terminal));
    return terminal_cell(d.terminal, row, col);
}

static bool shows(const char *text)
{
    return terminal_shows(d.terminal, text);
}

/* --- header --- */

START_TEST(the_header_tells_the_essentials)
{
    start_wide();
    const char *line = terminal_row_text(d.terminal, 0);
    ck_assert_ptr_nonnull(
        strstr(line, " SIM  Sim1  ● 127.0.0.1:11099 json 2 ms   MESZ5 5051.25 ▲"));
    /* 115.00 closed, 17.50 open */
    ck_assert_ptr_nonnull(strstr(line, "saved ●  P&L today +132.50"));
}
END_TEST

START_TEST(unsaved_changes_are_counted)
{
    d.snapshot->changes_issued += 3;
    d.snapshot->position_change[0] = d.snapshot->changes_issued;
    start();
    driver_expect(&d, "unsaved 3 ○");
    driver_expect(&d, "│ unsaved");
    d.snapshot->changes_durable = d.snapshot->changes_issued;
    driver_publish(&d);
    driver_expect(&d, "saved ●");
    terminal_wait_gone(d.terminal, "unsaved", DRIVER_WAIT);
}
END_TEST

START_TEST(a_lost_store_raises_a_banner)
{
    d.snapshot->store_refused = d.snapshot->store_lost = true;
    text_copy(d.snapshot->store_sentence, sizeof d.snapshot->store_sentence,
              "the disk is full; free some space");
    start();
    ck_assert_ptr_nonnull(
        strstr(terminal_row_text(d.terminal, 1), " NOT SAVED: the disk is full; free some space"));
    ck_assert_int_eq(terminal_cell(d.terminal, 1, 40).back, 160);
    ck_assert_ptr_nonnull(strstr(terminal_row_text(d.terminal, 0), " NOT SAVED "));
}
END_TEST

START_TEST(slow_saving_is_told_in_the_title_of_the_messages)
{
    d.snapshot->saving = (struct saving){.now = 249999, .waiting = 7};
    start();
    driver_expect(&d, "Messages");
    ck_assert(!shows("saving takes"));
    d.snapshot->saving = (struct saving){.now = 850400, .waiting = 120};
    driver_publish(&d);
    driver_expect(&d, "Messages  saving takes 850 ms, 120 waiting ─");
    d.snapshot->saving = (struct saving){.now = 300000, .waiting = 0};
    driver_publish(&d);
    driver_expect(&d, "Messages  saving takes 300 ms ─");
    d.snapshot->saving = (struct saving){.now = 0};
    driver_publish(&d);
    terminal_wait_gone(d.terminal, "saving takes", DRIVER_WAIT);
}
END_TEST

START_TEST(offline_says_why_and_offers_to_connect)
{
    d.snapshot->connection.phase = LINK_OFFLINE;
    text_copy(d.snapshot->connection.sentence, sizeof d.snapshot->connection.sentence,
              "127.0.0.1:11099 refused the connection; trying again in 4 s");
    start();
    driver_expect(&d, "○ offline: 127.0.0.1:11099 refused");
    driver_expect(&d, "c connect");
    ck_assert(!shows("r reconcile"));
    terminal_send(d.terminal, "c");
    ck_assert_int_eq(driver_take_command(&d).kind, COMMAND_RECONNECT);
    driver_expect(&d, "Connecting now.");
}
END_TEST

/* --- position --- */

START_TEST(the_position_shows_every_figure)
{
    static const char *const rows[] = {
        " Position ─ LONG 2 MESZ5 @ 5049.50 ────────────────── +17.50 ",
        "Price      5051.25  Heat          0:00  Time          4:",
        "Target     5056.00  Stop       5046.00  Risk        -35.00",
        "R           +0.50R  Range         86 %  Points       +1.75",
        "MAE         -12.50  MFE         +22.50  Efficiency    78 %",
        "VWAP       5048.75  Delta       +1,204  POC        5049.00",
        "Net         +17.50  Reward       65.00  Reward:risk   1.86",
        "S────────────┝━━━━━━┿━━━━━━━━━◆━━┥────────────────────────T",
        "S 5046.00       E 5049.50                         T 5056.00",
        "saved, confirmed by the server"};
    start_wide();
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        driver_expect(&d, rows[i]);
    ck_assert_int_eq(cell_of("+17.50").fore, 114);
    ck_assert_int_eq(cell_of("-12.50").fore, 210);
}
END_TEST

START_TEST(a_short_position_runs_the_other_way)
{
    position()->quantity = -2;
    position()->open_pnl = money_from_double(-17.5);
    position()->stop_price = 5053;
    position()->target_price = 5045;
    start();
    driver_expect(&d, "SHORT 2 MESZ5 @ 5049.50");
    driver_expect(&d, "-17.50");
    int row, stop, target;
    ck_assert(terminal_find(d.terminal, "│ S─", &row, &stop));
    ck_assert(terminal_find(d.terminal, "─T │", &row, &target));
    ck_assert_int_lt(stop, target);
}
END_TEST

static const struct {
    int seconds;
    const char *shows;
    bool blinks;
    int back;
} HEATS[] = {{61, "Heat          1:", false, -1},
             {200, "warn 3:", false, -1},
             {272, "alert 4:", true, -1},
             {320, "critical 5:", false, 160}};

START_TEST(heat_rises_through_its_levels)
{
    position()->heat_since = clock_wall_us() - HEATS[_i].seconds * CLOCK_SECOND;
    d.snapshot->markets[0].last = position()->price = 5048;
    start_wide();
    driver_expect(&d, HEATS[_i].shows);
    ck_assert_int_eq(cell_of(HEATS[_i].shows).blink, HEATS[_i].blinks);
    ck_assert_int_eq(cell_of(HEATS[_i].shows).back, HEATS[_i].back);
}
END_TEST

START_TEST(a_near_stop_warns)
{
    d.snapshot->markets[0].last = position()->price = 5046.75; /* 3 ticks */
    start();
    driver_expect(&d, "STOP NEAR");
    ck_assert(cell_of("5046.00").reverse);
}
END_TEST

START_TEST(what_is_not_certain_is_said)
{
    d.snapshot->position_confirmed[0] = false;
    position()->has_gap = true;
    position()->origin = ORIGIN_RECOVERED;
    d.snapshot->markets[0].context.partial = true;
    start_wide();
    driver_expect(&d, "not confirmed by the server  prices were missed  recovered");
    driver_expect(&d, "5048.75 ~");
}
END_TEST

START_TEST(a_new_extreme_is_marked_for_a_while)
{
    start();
    driver_expect(&d, "-12.50");
    position()->mae = money_from_double(-15);
    driver_publish(&d);
    driver_expect(&d, "▼ -15.00");
    ck_assert(cell_of("▼ -15.00").underline);
    terminal_wait_gone(d.terminal, "▼ -15.00", DRIVER_WAIT);
    driver_expect(&d, "-15.00");
}
END_TEST

static bool price_is_reversed(struct terminal *t, void *context)
{
    int row, col;
    if (!terminal_find(t, "5051.50 ▲", &row, &col))
        return false;
    return terminal_cell(t, row, col).reverse == *(bool *)context;
}

START_TEST(a_changed_price_flashes)
{
    bool lit = true, dark = false;
    start();
    d.snapshot->markets[0].last = position()->price = 5051.50;
    driver_publish(&d);
    terminal_wait_until(d.terminal, price_is_reversed, &lit, DRIVER_WAIT);
    terminal_wait_until(d.terminal, price_is_reversed, &dark, DRIVER_WAIT);
}
END_TEST

START_TEST(several_positions_are_stepped_through)
{
    sample_add_position(d.snapshot, "Sim1", "MNQZ5", -1, 18204.25, d.now);
    sample_add_position(d.snapshot, "Sim1", "ESZ5", 3, 5049, d.now);
    sample_add_position(d.snapshot, "Sim2", "ESZ5", 9, 5049, d.now);
    start();
    driver_expect(&d, " 1 of 3 ");
    driver_expect(&d, "n position");
    driver_press(&d, "n", " 2 of 3  SHORT 1 MNQZ5");
    driver_press(&d, "n", " 3 of 3  LONG 3 ESZ5");
    driver_press(&d, "n", " 1 of 3  LONG 2 MESZ5");
    driver_press(&d, "p", " 3 of 3  LONG 3 ESZ5");
    /* The one on screen stays there when another one closes. */
    d.snapshot->positions[0].quantity = 0;
    driver_publish(&d);
    driver_expect(&d, " 2 of 2  LONG 3 ESZ5");
}
END_TEST

START_TEST(flat_says_so)
{
    sample_start(d.snapshot, d.now);
    sample_add_position(d.snapshot, "120005", "ESZ5", 9, 5049, d.now);
    start();
    driver_expect(&d, "Flat: no open position in Sim1.");
    driver_expect(&d, "Open in other accounts: 1 (m chooses)");
    driver_expect(&d, "No orders.");
    driver_expect(&d, "No trade in this timeframe.");
    ck_assert(!shows("  n position"));
}
END_TEST

START_TEST(nothing_known_shows_as_dashes)
{
    sample_start(d.snapshot, d.now);
    int i = sample_add_position(d.snapshot, "Sim1", "NEWZ5", 1, 10, d.now);
    struct position *p = &d.snapshot->positions[i];
    struct market *m = &d.snapshot->markets[1];
    instrument_init(&d.snapshot->instruments[1], "NEWZ5");
    market_init(m, "NEWZ5");
    p->price = PRICE_UNSET;
    p->target_price = p->stop_price = p->initial_stop_price = PRICE_UNSET;
    p->open_pnl = MONEY_UNSET;
    d.snapshot->connection.round_trip = -1;
    d.snapshot->statistics_ready = false;
    start_wide();
    driver_expect(&d, "LONG 1 NEWZ5 @ 10");
    driver_expect(&d, "loading the history");
    driver_expect(&d, "P&L today -");
    const char *text = terminal_text(d.terminal);
    ck_assert_ptr_null(strstr(text, "nan"));
    ck_assert_ptr_null(strstr(text, "inf"));
    ck_assert_ptr_null(strstr(text, "9223372036"));
}
END_TEST

START_TEST(an_empty_snapshot_is_no_trouble)
{
    memset(d.snapshot, 0, sizeof *d.snapshot);
    start();
    driver_expect(&d, "no account yet");
    terminal_send(d.terminal, "\tz\tz\t\tzkjhlmgG\033nptTT\033[D\033[C");
    driver_press(&d, "?", " Keys ");
}
END_TEST

START_TEST(long_names_stay_in_their_place)
{
    const char *name = "ANEXTREMELYLONGSYMBOLOFSIXTYTHREECHARACTERSABCDEFGHIJKLMNOPQRST";
    sample_start(d.snapshot, d.now);
    sample_add_position(d.snapshot, "Sim1", name, 2, 5049.5, d.now);
    start();
    driver_expect(&d, "LONG 2 ANEXTREMELYLON… @ 5049.50");
    driver_expect(&d, "┘"); /* the last of a frame */
    for (int row = 1; row < 24; row++) {
        uint32_t edge = terminal_cell(d.terminal, row, 79).character;
        ck_assert_msg(edge == 0x2502 || edge == 0x2510 || edge == 0x2518 || edge == 0x2524,
                      "row %d lost its edge:\n%.4000s", row, terminal_text(d.terminal));
    }
}
END_TEST

START_TEST(where_room_is_scarce_the_exchange_goes_first)
{
    text_copy(position()->symbol, SYMBOL_SIZE, "MESZ5_FUT_CME");
    text_copy(d.snapshot->instruments[0].symbol, SYMBOL_SIZE, "MESZ5_FUT_CME");
    text_copy(d.snapshot->markets[0].symbol, SYMBOL_SIZE, "MESZ5_FUT_CME");
    start();
    driver_expect(&d, " LONG 2 MESZ5_FUT_CME @ 5049.50 ");
    driver_expect(&d, "  MESZ5 5051.25 ▲");
    sample_add_position(d.snapshot, "Sim1", "ESZ5", 3, 5049, d.now);
    driver_publish(&d);
    driver_expect(&d, " 1 of 2  LONG 2 MESZ5 @ 5049.50 ");
    terminal_resize(d.terminal, 36, 120);
    driver_expect(&d, " 1 of 2  LONG 2 MESZ5_FUT_CME @ 5049.50 ");
    driver_expect(&d, "MESZ5_FUT_CME 5051.25 ▲");
}
END_TEST

START_TEST(hostile_text_is_shown_clean)
{
    const char *attack = "\033[31mred\033]0;owned\007\033[2J\r\n\t\xE2\x80\xAEgnp\xC2\x9B"
                         "5m\xFF!";
    text_copy(position()->symbol, SYMBOL_SIZE, "ME\033[7mS");
    text_copy(d.snapshot->connection.server, 64, "host\033[2J:1");
    sample_add_message(d.snapshot, MESSAGE_INFO, d.now, attack);
    text_copy(d.snapshot->orders[1].server_id, ORDER_ID_SIZE, "\033c\b\b42");
    start_wide();
    driver_expect(&d, "?[31mred?]0;owned??[2J????gnp?5m?!");
    driver_expect(&d, "LONG 2 ME?[7mS");
    driver_expect(&d, "host?[2J:1");
    ck_assert_int_eq(cell_of("red?]0;").fore, -1);
    ck_assert(!cell_of("red?]0;").reverse);
    driver_expect(&d, "SIM");
}
END_TEST

START_TEST(wide_characters_keep_the_columns)
{
    sample_add_message(d.snapshot, MESSAGE_INFO, d.now, "日本語 before the edge");
    start();
    driver_expect(&d, "日本語 before the edge");
    int row, col;
    ck_assert(terminal_find(d.terminal, "日本語", &row, &col));
    ck_assert_uint_eq(terminal_cell(d.terminal, row, 79).character, 0x2502);
}
END_TEST

/* --- balance and statistics --- */

START_TEST(the_timeframe_is_switched)
{
    d.snapshot->equity[TIMEFRAME_1W].base = money_from_double(10230);
    d.snapshot->statistics[TIMEFRAME_1W].trades = 77;
    start();
    driver_expect(&d, "+115.00 (+1.15 %)");
    ck_assert(cell_of("1D 1W").reverse);
    ck_assert(!cell_of("1W 1M").reverse);
    driver_press(&d, "t", "-115.00 (-1.12 %)");
    driver_expect(&d, "Statistics ── 1W");
    driver_expect(&d, "77");
    ck_assert(cell_of("1W 1M").reverse);
    ck_assert(!cell_of("1D 1W").reverse);
    driver_press(&d, "T", "+115.00 (+1.15 %)");
    driver_press(&d, "T", "Statistics ── LIVE");
    driver_press(&d, "T", "Statistics ── ALL");
}
END_TEST

START_TEST(a_cursor_walks_the_curve)
{
    char moment[16];
    time_t seconds = (time_t)(d.snapshot->equity[TIMEFRAME_1D].points[7].time / CLOCK_SECOND);
    struct tm utc;
    strftime(moment, sizeof moment, "%H:%M", gmtime_r(&seconds, &utc));
    start_wide();
    driver_press(&d, "\033OD", "10,115.00 USD  +115.00");
    driver_press(&d, "h", "10,132.50 USD  +132.50 (+1.33 %)");
    driver_expect(&d, moment);
    driver_press(&d, "\033OD", "10,092.50 USD  +92.50");
    driver_press(&d, "\033OC", "10,132.50 USD  +132.50");
    driver_press(&d, "\033", "10,115.00 USD  +115.00");
}
END_TEST

START_TEST(statistics_show_and_the_sharpe_bar_is_filled)
{
    d.snapshot->statistics[TIMEFRAME_1D].sharpe = 1;
    start_wide();
    driver_expect(&d, "Sharpe ▇▇▇▇▇▇▇▇▇▇▁▁▁▁▁▁▁▁▁▁ 1.00");
    driver_expect(&d, "55.6 %");
    driver_expect(&d, "Max drawdown");
}
END_TEST

START_TEST(excursions_take_the_place_of_the_statistics)
{
    start();
    driver_press(&d, "e", "Excursions ── 1D");
    driver_expect(&d, "MAE winners    -15.00 -15.00 -15.00");
    driver_expect(&d, "MFE losers     +40.00 +40.00 +40.00");
    ck_assert_ptr_null(strstr(terminal_text(d.terminal), "Statistics"));
    driver_press(&d, "3z", "MAE win ticks");
    driver_expect(&d, "-12");
    driver_expect(&d, "P&L of the last 9");
    driver_expect(&d, "by 5");
    driver_press(&d, "t", "Excursions ── 1W");
    driver_press(&d, "ez", "Statistics ── 1W");
}
END_TEST

/* --- orders and messages --- */

START_TEST(working_orders_come_first)
{
    int limit, stop, filled, cancelled, col;
    start();
    driver_press(&d, "4z", "10229");
    ck_assert(terminal_find(d.terminal, "10233", &limit, &col));
    ck_assert(terminal_find(d.terminal, "10232", &stop, &col));
    ck_assert(terminal_find(d.terminal, "10231", &filled, &col));
    ck_assert(terminal_find(d.terminal, "10229", &cancelled, &col));
    ck_assert_int_eq(limit, 3);
    ck_assert_int_eq(stop, 4);
    ck_assert_int_eq(filled, 5);
    ck_assert_int_eq(cancelled, 6);
    ck_assert_int_eq(cell_of("SELL").fore, 210);
    driver_expect(&d, "Orders ── 2 working");
}
END_TEST

START_TEST(the_orders_of_other_accounts_stay_out)
{
    text_copy(d.snapshot->orders[1].key.account, ACCOUNT_SIZE, "Sim9");
    start();
    driver_expect(&d, "1 working");
    ck_assert(!shows("stop      2  5046.00"));
}
END_TEST

START_TEST(focus_and_zoom_give_a_panel_the_screen)
{
    start();
    driver_press(&d, "4z", "10229");
    driver_expect(&d, "MESZ5   SELL  stop");
    terminal_wait_gone(d.terminal, "Statistics", DRIVER_WAIT);
    driver_press(&d, "z", "Statistics");
    driver_press(&d, "\t\t", "Balance"); /* past the last to the first */
    terminal_send(d.terminal, "z");
    terminal_wait_gone(d.terminal, "Orders", DRIVER_WAIT);
    driver_press(&d, "\033", "Orders");
}
END_TEST

START_TEST(messages_say_their_level_wrap_and_scroll)
{
    sample_add_message(d.snapshot, MESSAGE_ERROR, d.now, "The disk is full.");
    for (int i = 1; i <= 30; i++) {
        char text[64];
        text_format(text, sizeof text, "line %d ends", i);
        sample_add_message(d.snapshot, MESSAGE_INFO, d.now, text);
    }
    start();
    driver_expect(&d, "line 30 ends");
    ck_assert(!shows("line 26 ends"));
    driver_press(&d, "5k", "line 26 ends");
    terminal_wait_gone(d.terminal, "line 30 ends", DRIVER_WAIT);
    driver_press(&d, "g", "Connected to 127.0.0.1:11099 (json).");
    driver_press(&d, "G", "line 30 ends");
    driver_press(&d, "z\033[5~\033[5~\033[5~\033[5~\033[5~", "ERROR: The disk is full.");
    driver_expect(&d, "warning: MESZ5: the session so far could not be had; VWAP, delta");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        the_header_tells_the_essentials,
        unsaved_changes_are_counted,
        a_lost_store_raises_a_banner,
        slow_saving_is_told_in_the_title_of_the_messages,
        offline_says_why_and_offers_to_connect,
        the_position_shows_every_figure,
        a_short_position_runs_the_other_way,
        a_near_stop_warns,
        what_is_not_certain_is_said,
        a_new_extreme_is_marked_for_a_while,
        a_changed_price_flashes,
        several_positions_are_stepped_through,
        flat_says_so,
        nothing_known_shows_as_dashes,
        an_empty_snapshot_is_no_trouble,
        long_names_stay_in_their_place,
        where_room_is_scarce_the_exchange_goes_first,
        hostile_text_is_shown_clean,
        wide_characters_keep_the_columns,
        the_timeframe_is_switched,
        a_cursor_walks_the_curve,
        statistics_show_and_the_sharpe_bar_is_filled,
        excursions_take_the_place_of_the_statistics,
        working_orders_come_first,
        the_orders_of_other_accounts_stay_out,
        focus_and_zoom_give_a_panel_the_screen,
        messages_say_their_level_wrap_and_scroll,
    };
    Suite *s = suite_create("ui");
    TCase *t = tcase_create("panels");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    tcase_add_loop_test(t, heat_rises_through_its_levels, 0, (int)(sizeof HEATS / sizeof HEATS[0]));
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
