/* How the screen treats the terminal it is given: sizes, colours, quiet, and giving it back. */
#include "support/sample.h"
#include "support/test.h"
#include "support/ui_driver.h"
#include "ui/ui.h"

#include "base/clock.h"
#include "base/text.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct driver d;

static void set_up(void)
{
    driver_prepare(&d);
}

static void tear_down(void)
{
    driver_stop(&d);
}

static void view_live(void)
{
    sample_add_account(d.snapshot, "120005", 48211.40, d.now);
    d.snapshot->view = d.snapshot->accounts[1].key;
    d.snapshot->positions[0].key = d.snapshot->view;
}

static struct terminal_cell cell_of(const char *text)
{
    int row, col;
    ck_assert_msg(terminal_find(d.terminal, text, &row, &col), "\"%s\" is not on the screen:\n%s",
                  text, terminal_text(d.terminal));
    return terminal_cell(d.terminal, row, col);
}

static void expect_no_colours(int rows, int cols)
{
    for (int row = 0; row < rows; row++) {
        for (int col = 0; col < cols; col++) {
            struct terminal_cell c = terminal_cell(d.terminal, row, col);
            ck_assert_int_eq(c.fore, -1);
            ck_assert_int_eq(c.back, -1);
        }
    }
}

static void expect_given_back(void)
{
    ck_assert(!terminal_in_alternate_screen(d.terminal));
    ck_assert(terminal_cursor_visible(d.terminal));
    ck_assert(terminal_echoes(d.terminal));
}

START_TEST(sim_is_blue_with_single_lines)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    ck_assert_int_eq(terminal_cell(d.terminal, 0, 1).back, 25);
    ck_assert_uint_eq(terminal_cell(d.terminal, 1, 0).character, 0x250C); /* ┌ */
    ck_assert_int_eq(terminal_cell(d.terminal, 0, 40).back, -1);
}
END_TEST

START_TEST(live_is_red_with_double_lines_and_a_filled_header)
{
    view_live();
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, " LIVE  120005");
    driver_expect(&d, "╚");
    ck_assert_int_eq(terminal_cell(d.terminal, 0, 1).back, 160);
    ck_assert_uint_eq(terminal_cell(d.terminal, 1, 0).character, 0x2554); /* ╔ */
    ck_assert_int_eq(terminal_cell(d.terminal, 1, 0).fore, 167);
    ck_assert_int_eq(terminal_cell(d.terminal, 0, 40).back, 52);
}
END_TEST

START_TEST(sim_and_live_differ_without_colours)
{
    const char *const plain[] = {"NO_COLOR=1", NULL};
    driver_start(&d, 24, 80, &(struct driver_options){.environment = plain});
    driver_expect(&d, "q quit");
    expect_no_colours(24, 80);
    ck_assert(terminal_cell(d.terminal, 0, 1).reverse);
    ck_assert(!terminal_cell(d.terminal, 0, 79).reverse);
    ck_assert_uint_eq(terminal_cell(d.terminal, 1, 0).character, 0x250C);
    view_live();
    driver_publish(&d);
    driver_expect(&d, "╚");
    expect_no_colours(24, 80);
    ck_assert(!terminal_cell(d.terminal, 0, 1).reverse);
    ck_assert(terminal_cell(d.terminal, 0, 79).reverse);
    ck_assert_uint_eq(terminal_cell(d.terminal, 1, 0).character, 0x2554);
    ck_assert(terminal_cell(d.terminal, 1, 0).bold);
}
END_TEST

START_TEST(a_change_of_mode_recolours_what_stays)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    ck_assert_int_eq(cell_of("? help").bold, 1);
    view_live();
    driver_publish(&d);
    driver_expect(&d, "╚");
    ck_assert_int_eq(cell_of(" Balance ").fore, 217);
}
END_TEST

START_TEST(eight_colours_are_enough)
{
    const char *const eight[] = {"TERM=xterm", NULL};
    driver_start(&d, 24, 80, &(struct driver_options){.environment = eight});
    driver_expect(&d, "q quit");
    ck_assert_int_eq(terminal_cell(d.terminal, 0, 1).back, 4);
    ck_assert_int_eq(cell_of("+17.50").fore, 2);
}
END_TEST

START_TEST(a_vt100_shows_it_all_without_colours)
{
    const char *const old[] = {"TERM=vt100", "LC_ALL=C", NULL};
    driver_start(&d, 24, 80, &(struct driver_options){.environment = old});
    driver_expect(&d, "LONG 2 MESZ5 @ 5049.50");
    driver_expect(&d, "q quit");
    expect_no_colours(24, 80);
    ck_assert(cell_of("+17.50").bold);
}
END_TEST

START_TEST(ascii_draws_nothing_else)
{
    const char *const c_locale[] = {"LC_ALL=C", NULL};
    text_copy(d.snapshot->messages[0].text, sizeof d.snapshot->messages[0].text,
              "Gr\xC3\xBC\xC3\x9F");
    driver_start(
        &d, 36, 120,
        &(struct driver_options){.environment = _i == 0 ? c_locale : NULL, .ascii = _i == 1});
    driver_expect(&d, "q quit");
    driver_expect(&d, "Gr??");
    for (const char *p = terminal_text(d.terminal); *p != '\0'; p++)
        ck_assert_msg((unsigned char)*p < 0x80, "not ASCII: %s", p);
    ck_assert(terminal_shows(d.terminal, "+---") || terminal_shows(d.terminal, "+ Balance"));
}
END_TEST

static const struct {
    int rows, cols;
    const char *shows;
} SIZES[] = {
    {24, 80, "LONG 2 MESZ5 @ 5049.50"},
    {36, 120, "Position ─ LONG 2 MESZ5 @ 5049.50"},
    {20, 60, "LONG 2 MESZ5 @ 5049.50"},
    {10, 40, "LONG 2 MESZ5 @ 5049.50"},
    {9, 39, "+17.50 LONG 2 MESZ5"},
    {5, 30, "+17.50 LONG 2 MESZ5"},
    {1, 12, " SIM  ● +17"},
    {70, 250, "LONG 2 MESZ5 @ 5049.50"},
    {12, 200, "LONG 2 MESZ5 @ 5049.50"},
    {60, 41, "LONG 2 MESZ5 @ 5049.50"},
};

START_TEST(every_size_shows_the_position)
{
    driver_start(&d, SIZES[_i].rows, SIZES[_i].cols, NULL);
    driver_expect(&d, SIZES[_i].shows);
    if (SIZES[_i].rows >= 10 && SIZES[_i].cols >= 40)
        driver_expect(&d, "q quit");
    else
        for (int row = 1; row < SIZES[_i].rows; row++)
            ck_assert_str_eq(terminal_row_text(d.terminal, row), "");
}
END_TEST

/* The screen below the header, whose clock may move on. */
static void copy_body(char *to, size_t size)
{
    const char *text = terminal_text(d.terminal);
    text_copy(to, size, strchr(text, '\n'));
}

struct body {
    char text[64 * 1024];
};

static bool is_body(struct terminal *t, void *context)
{
    const struct body *wanted = context;
    return strcmp(strchr(terminal_text(t), '\n'), wanted->text) == 0;
}

START_TEST(a_storm_of_sizes_ends_in_a_clean_screen)
{
    static struct body before;
    sample_start(d.snapshot, d.now);
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    driver_expect(&d, "┘"); /* the last of a frame */
    copy_body(before.text, sizeof before.text);
    for (int i = 0; i < 200; i++) {
        terminal_resize(d.terminal, 1 + i * 7 % 61, 1 + i * 13 % 190);
        if (i % 4 == 0)
            terminal_send(d.terminal, i % 8 == 0 ? "?" : "\033");
        terminal_listen(d.terminal, i % 10);
    }
    terminal_resize(d.terminal, 24, 80);
    terminal_send(d.terminal, "\033");
    terminal_wait_until(d.terminal, is_body, &before, DRIVER_WAIT);
}
END_TEST

START_TEST(the_screen_follows_every_size)
{
    driver_start(&d, 9, 39, NULL);
    driver_expect(&d, "+17.50 LONG 2 MESZ5");
    for (size_t i = 0; i < sizeof SIZES / sizeof SIZES[0]; i++) {
        terminal_resize(d.terminal, SIZES[i].rows, SIZES[i].cols);
        driver_expect(&d, SIZES[i].shows);
        if (SIZES[i].rows >= 10 && SIZES[i].cols >= 40)
            driver_expect(&d, "q quit");
    }
}
END_TEST

START_TEST(the_size_is_the_terminals_own)
{
    const char *const wrong[] = {"LINES=12", "COLUMNS=50", NULL};
    driver_start(&d, 36, 120, &(struct driver_options){.environment = wrong});
    driver_expect(&d, "┘");
    ck_assert_uint_eq(terminal_cell(d.terminal, 35, 119).character, 0x2518); /* ┘ */
}
END_TEST

/* Until nothing more comes. */
static void settle(void)
{
    size_t before = 0;
    for (int i = 0; i < 100 && terminal_bytes_received(d.terminal) != before; i++) {
        before = terminal_bytes_received(d.terminal);
        terminal_listen(d.terminal, 200);
    }
}

/* No more than this in one of a few tries: on a busy machine a frame may come late. */
static void expect_few_bytes(size_t most, void (*act)(void))
{
    size_t sent = most + 1;
    for (int i = 0; i < 5 && sent > most; i++) {
        settle();
        size_t before = terminal_bytes_received(d.terminal);
        act();
        sent = terminal_bytes_received(d.terminal) - before;
    }
    ck_assert_uint_le(sent, most);
}

enum { QUIET = 48 }; /* nothing, or the clock's minute */

static void wait_a_while(void)
{
    terminal_listen(d.terminal, 1500);
}

START_TEST(an_idle_screen_sends_nothing)
{
    sample_start(d.snapshot, d.now);
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    expect_few_bytes(QUIET, wait_a_while);
}
END_TEST

static void publish_often(void)
{
    for (int i = 0; i < 10; i++) {
        driver_publish(&d);
        terminal_listen(d.terminal, 60);
    }
}

START_TEST(a_publication_that_changes_nothing_sends_nothing)
{
    sample_start(d.snapshot, d.now);
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    expect_few_bytes(QUIET, publish_often);
}
END_TEST

static void change_price(void)
{
    char price[16];
    d.snapshot->markets[0].last += 0.25;
    text_format(price, sizeof price, "%.2f", d.snapshot->markets[0].last);
    driver_publish(&d);
    driver_expect(&d, price);
    terminal_listen(d.terminal, 600); /* the flash ends */
}

START_TEST(one_price_sends_a_few_hundred_bytes)
{
    sample_start(d.snapshot, d.now);
    driver_start(&d, 36, 120, NULL);
    driver_expect(&d, "5051.25");
    expect_few_bytes(300, change_price);
}
END_TEST

START_TEST(quitting_gives_the_terminal_back)
{
    static const char *const keys[] = {"q", "\003"};
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    ck_assert(terminal_in_alternate_screen(d.terminal));
    ck_assert(!terminal_cursor_visible(d.terminal));
    ck_assert(!terminal_echoes(d.terminal));
    terminal_send(d.terminal, keys[_i]);
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 0);
    expect_given_back();
    ck_assert(terminal_shows(d.terminal, "the screen is closed"));
}
END_TEST

/* As curses does when it scrolls a region: between the saving and the end. */
static int save_a_hidden_cursor(void *context)
{
    (void)context;
    fputs("\033[?1049h\033[?25l\0337\033[5;9r\0338\033[?25h\033[?1049l", stdout);
    fflush(stdout);
    return 0;
}

START_TEST(a_cursor_that_was_saved_while_hidden_is_seen_again)
{
    d.terminal = terminal_start_function(save_a_hidden_cursor, NULL, NULL, 24, 80);
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 0);
    ck_assert(terminal_cursor_visible(d.terminal));
}
END_TEST

START_TEST(the_signals_of_the_end_give_it_back)
{
    static const int signals[] = {SIGTERM, SIGHUP};
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    terminal_kill(d.terminal, signals[_i]);
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 0);
    expect_given_back();
}
END_TEST

START_TEST(a_crash_gives_it_back)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    terminal_kill(d.terminal, SIGABRT);
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 128 + SIGABRT);
    expect_given_back();
}
END_TEST

START_TEST(a_lost_terminal_ends_the_screen)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    terminal_hang_up(d.terminal);
    ck_assert_int_le(terminal_wait_exit(d.terminal, DRIVER_WAIT), 1);
}
END_TEST

START_TEST(suspending_and_coming_back_restores_both_sides)
{
    driver_start(&d, 24, 80, &(struct driver_options){.under_shell = true});
    driver_expect(&d, "q quit");
    driver_press(&d, "\032", "job stopped");
    expect_given_back();
    d.snapshot->markets[0].last = 5052;
    driver_publish(&d);
    driver_press(&d, "f\n", "MESZ5 5052.00");
    driver_expect(&d, "q quit");
    ck_assert(terminal_in_alternate_screen(d.terminal));
    ck_assert(!terminal_shows(d.terminal, "job stopped"));
    terminal_send(d.terminal, "q");
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 0);
    expect_given_back();
}
END_TEST

static bool is_redrawn(struct terminal *t, void *before)
{
    return terminal_bytes_received(t) - *(size_t *)before >= 1000;
}

START_TEST(redrawing_repairs_what_others_wrote)
{
    driver_start(&d, 24, 80, NULL);
    driver_expect(&d, "q quit");
    settle();
    size_t before = terminal_bytes_received(d.terminal);
    terminal_send(d.terminal, "\014");
    terminal_wait_until(d.terminal, is_redrawn, &before, DRIVER_WAIT);
}
END_TEST

START_TEST(an_unusable_terminal_gets_a_sentence)
{
    static const char *const types[][2] = {
        {"TERM=nonexistent", "\"nonexistent\" is not known here; set TERM"},
        {"TERM=dumb", "\"dumb\" cannot move its cursor; set TERM"},
        {"TERM", "TERM is not set"},
    };
    const char *const environment[] = {types[_i][0], NULL};
    driver_start(&d, 24, 200, &(struct driver_options){.environment = environment});
    ck_assert_int_eq(terminal_wait_exit(d.terminal, DRIVER_WAIT), 1);
    ck_assert_msg(terminal_shows(d.terminal, types[_i][1]), "%s", terminal_text(d.terminal));
    expect_given_back();
}
END_TEST

START_TEST(no_terminal_gets_a_sentence)
{
    int ends[2], status;
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        volatile sig_atomic_t stop = 0;
        struct ui_options options = {.snapshots = d.map, .stop = &stop};
        struct error error = {0};
        dup2(ends[0], STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        bool done = ui_run(&options, &error);
        if (write(ends[1], error.text, strlen(error.text)) < 0)
            _exit(9);
        _exit(done ? 0 : 1);
    }
    close(ends[1]);
    char said[400] = "";
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_gt(read(ends[0], said, sizeof said - 1), 0);
    close(ends[0]);
    ck_assert_int_eq(WEXITSTATUS(status), 1);
    ck_assert_str_eq(said, "sortie needs a terminal; use --headless to run without a screen");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("ui and terminal");
    TCase *t = tcase_create("terminal");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, sim_is_blue_with_single_lines);
    tcase_add_test(t, live_is_red_with_double_lines_and_a_filled_header);
    tcase_add_test(t, sim_and_live_differ_without_colours);
    tcase_add_test(t, a_change_of_mode_recolours_what_stays);
    tcase_add_test(t, eight_colours_are_enough);
    tcase_add_test(t, a_vt100_shows_it_all_without_colours);
    tcase_add_loop_test(t, ascii_draws_nothing_else, 0, 2);
    tcase_add_loop_test(t, every_size_shows_the_position, 0, (int)(sizeof SIZES / sizeof SIZES[0]));
    tcase_add_test(t, a_storm_of_sizes_ends_in_a_clean_screen);
    tcase_add_test(t, the_screen_follows_every_size);
    tcase_add_test(t, the_size_is_the_terminals_own);
    tcase_add_test(t, an_idle_screen_sends_nothing);
    tcase_add_test(t, a_publication_that_changes_nothing_sends_nothing);
    tcase_add_test(t, one_price_sends_a_few_hundred_bytes);
    tcase_add_loop_test(t, quitting_gives_the_terminal_back, 0, 2);
    tcase_add_test(t, a_cursor_that_was_saved_while_hidden_is_seen_again);
    tcase_add_loop_test(t, the_signals_of_the_end_give_it_back, 0, 2);
    tcase_add_test(t, a_crash_gives_it_back);
    tcase_add_test(t, a_lost_terminal_ends_the_screen);
    tcase_add_test(t, suspending_and_coming_back_restores_both_sides);
    tcase_add_test(t, redrawing_repairs_what_others_wrote);
    tcase_add_loop_test(t, an_unusable_terminal_gets_a_sentence, 0, 3);
    tcase_add_test(t, no_terminal_gets_a_sentence);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
