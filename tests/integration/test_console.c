/* The console against servers that misbehave, terminals that change and disks that fill up: one
 * clear sentence each, and nothing is lost. */
#include "console_bench.h"

#include "state/snapshot.h"

#include <sys/resource.h>

/* --- servers --- */

START_TEST(a_wrong_port_is_told_with_what_to_look_at)
{
    char words[100];
    start_peer();
    peer_shut(b.peer);
    show();
    text_format(words, sizeof words, "cannot reach 127.0.0.1:%d: connection refused",
                peer_port(b.peer));
    expect(words);
    expect("DTC Protocol Server)? trying again in");
    expect("offline");
    quit();
}
END_TEST

START_TEST(a_host_that_is_none_is_told)
{
    show_with(MORE("--host", "no-such-host.invalid"), NULL);
    expect("cannot reach no-such-host.invalid:11099");
    expect("check the host's name");
    quit();
}
END_TEST

START_TEST(a_refused_logon_is_told_in_the_servers_words_made_harmless)
{
    start_peer();
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':2,'ResultText':'wrong \\u001b[31mpassword\\u0007!'}]");
    show();
    expect("the server refuses the logon: wrong ?[31mpassword?!; trying again in");
    expect("offline");
    quit();
}
END_TEST

START_TEST(a_logon_refused_for_good_is_not_tried_again)
{
    start_peer();
    peer_answer(b.peer, 1, NULL, NULL, "[{'Type':2,'Result':3,'ResultText':'no licence'}]");
    show();
    expect("the server refuses the logon: no licence");
    expect("ended");
    terminal_listen(b.terminal, 50);
    ck_assert_uint_eq(peer_count(b.peer, 1), 1);
    peer_answer(b.peer, 1, NULL, NULL, "[{'Type':2,'Result':1}]");
    terminal_send(b.terminal, "c"); /* the user's word counts */
    expect("online with");
    quit();
}
END_TEST

static const char BINARY_LOGON[] = "\x10\x00\x07\x00\x08\x00\x00\x00\x00\x00\x00\x00"
                                   "DTC";

static const struct {
    const char *words, *bytes;
    size_t length;
} STRANGERS[] = {
    {"speaks binary DTC, not JSON: set Sierra Chart's DTC encoding to JSON or Automatic",
     BINARY_LOGON, sizeof BINARY_LOGON},
    {"speaks TLS: use a port without TLS, or set tls = yes", "\x15\x03\x01\x00\x02\x02\x0a\x00", 8},
    {"a web server is at the other end, not a DTC server: check host and port",
     "HTTP/1.1 400 Bad Request\r\n\r\n", 28},
    {"does not speak JSON DTC (it sent \"220 ?[2J\"): check host and port",
     "220 \x1b[2J ftp ready\r\n", 20},
    {"the server sent a message that is not JSON", "{\"Type\":2,\"Result\":}", 21},
    {"the server sent JSON without an integer \"Type\"", "{\"Result\":1}", 13},
};

START_TEST(a_server_that_speaks_something_else_is_told_of)
{
    start_peer();
    peer_answer_with_bytes(b.peer, STRANGERS[_i].bytes, STRANGERS[_i].length);
    show();
    expect(STRANGERS[_i].words);
    expect("offline");
    quit();
}
END_TEST

static bool is_back(struct terminal *t, void *context)
{
    (void)t;
    (void)context;
    return peer_count(b.peer, 305) == 2;
}

/* With a position open. */
static void open_position(void)
{
    start_peer();
    show();
    expect("online with");
    send_fill(1);
    expect("LONG 1 MESZ26_FUT_CME");
}

/* When the stream turns to garbage the position stays on the screen and in the database, and the
 * connection is made anew. */
static void expect_recovery_from(const char *bytes, size_t length, const char *words)
{
    open_position();
    peer_send_bytes(b.peer, bytes, length);
    expect(words);
    ck_assert(terminal_shows(b.terminal, "LONG 1 MESZ26_FUT_CME"));
    terminal_wait_until(b.terminal, is_back, NULL, PATIENCE_MS);
    send_fill(2);
    expect("LONG 2 MESZ26_FUT_CME");
    quit();
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), 2);
}

START_TEST(a_message_of_more_than_a_mebibyte_is_refused)
{
    size_t length = (1 << 20) + 100;
    char *bytes = malloc(length);
    memset(bytes, 'x', length);
    memcpy(bytes, "{\"Type\":701,\"MessageText\":\"", 27);
    expect_recovery_from(bytes, length,
                         "the server sent a message longer than 1048576 bytes; trying again in");
    free(bytes);
}
END_TEST

START_TEST(a_message_that_is_no_json_is_refused)
{
    static const char bytes[] = "{\"Type\":701,\x1b]0;x\x07}";
    expect_recovery_from(bytes, sizeof bytes, "the server sent a message that is not JSON");
    ck_assert_ptr_null(strchr(terminal_text(b.terminal), 7));
}
END_TEST

/* --- terminals --- */

START_TEST(a_terminal_that_is_too_small_shows_one_line_and_the_rest_again_when_it_grows)
{
    open_position();
    terminal_resize(b.terminal, 9, 39);
    terminal_wait_gone(b.terminal, "Messages", PATIENCE_MS);
    expect("LONG 1");
    terminal_resize(b.terminal, 3, 20);
    terminal_wait_gone(b.terminal, "Messages", PATIENCE_MS);
    expect("SIM");
    terminal_resize(b.terminal, 24, 80);
    expect("Messages");
    expect("LONG 1 MESZ26_FUT_CME");
    quit();
}
END_TEST

START_TEST(a_window_that_waits_is_told_on_a_terminal_too_small_for_it)
{
    open_position();
    quit();
    terminal_free(b.terminal);
    b.terminal = terminal_start(arguments(NULL), MORE(b.home), 9, 39);
    expect("a window waits");
    terminal_resize(b.terminal, 24, 80);
    expect("Recovered positions");
    terminal_send(b.terminal, "\r");
    terminal_wait_gone(b.terminal, "Recovered positions", PATIENCE_MS);
    quit();
}
END_TEST

static const int ENDING[] = {SIGTERM, SIGINT, SIGHUP};

START_TEST(the_signals_of_the_end_save_and_end)
{
    open_position();
    terminal_kill(b.terminal, ENDING[_i]);
    expect_end(0);
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), 1);
    int64_t limit = clock_monotonic_us() + PATIENCE_MS * CLOCK_MS;
    while (peer_count(b.peer, 5) == 0) { /* the server was told */
        ck_assert(clock_monotonic_us() < limit);
        poll(NULL, 0, 5);
    }
}
END_TEST

START_TEST(a_hang_up_saves_and_ends)
{
    open_position();
    terminal_hang_up(b.terminal);
    ck_assert_int_lt(terminal_wait_exit(b.terminal, PATIENCE_MS), 128);
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), 1);
    show();
    expect("Recovered positions");
}
END_TEST

/* The shell waits for a command: its prompt is the last there is. */
static bool shell_waits(struct terminal *t, void *context)
{
    (void)context;
    int last = ROWS - 1;
    while (last > 0 && terminal_row_text(t, last)[0] == '\0')
        last--;
    return !terminal_in_alternate_screen(t) && strcmp(terminal_row_text(t, last), "ready>") == 0;
}

static void expect_shell(void)
{
    terminal_wait_until(b.terminal, shell_waits, NULL, PATIENCE_MS);
}

START_TEST(a_shell_can_suspend_and_resume_it)
{
    char line[900];
    start_peer();
    b.terminal = terminal_start((char *[]){"/bin/sh", "-i", NULL},
                                MORE(b.home, "PS1=ready>", "ENV", "HISTFILE"), ROWS, COLS);
    expect_shell();
    char *const *argv = arguments(NULL);
    size_t used = 0;
    for (int i = 0; argv[i] != NULL; i++)
        used += text_format(line + used, sizeof line - used, "%s ", argv[i]);
    text_format(line + used, sizeof line - used, "\r");
    terminal_send(b.terminal, line);
    expect("online with");
    send_fill(1);
    expect("LONG 1 MESZ26_FUT_CME");
    terminal_send(b.terminal, "\x1a");
    expect_shell();
    ck_assert(!terminal_in_alternate_screen(b.terminal));
    ck_assert(terminal_cursor_visible(b.terminal));
    terminal_send(b.terminal, "echo $((40 + 2)) fish\r");
    expect("42 fish");
    terminal_send(b.terminal, "fg\r");
    expect("LONG 1 MESZ26_FUT_CME");
    ck_assert(terminal_in_alternate_screen(b.terminal));
    send_fill(2);
    expect("LONG 2 MESZ26_FUT_CME");
    terminal_send(b.terminal, "q");
    expect_shell();
    terminal_send(b.terminal, "exit $?\r");
    ck_assert_int_eq(terminal_wait_exit(b.terminal, PATIENCE_MS), 0);
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), 2);
}
END_TEST

/* --- a full disk --- */

/* The console where no file may grow beyond `context`, a count of bytes. */
static int run_limited(void *context)
{
    const rlim_t *most = context;
    struct rlimit limit = {.rlim_cur = *most, .rlim_max = *most};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
        return 126;
    char *const *argv = arguments(NULL);
    execv(argv[0], argv);
    return 127;
}

/* The snapshot must fit, and the database a while. */
static void start_limited(void)
{
    rlim_t most = sizeof(struct snapshot) + 100000;
    start_peer();
    b.terminal = terminal_start_function(run_limited, &most, MORE(b.home), ROWS, COLS);
    expect("online with");
}

static void expect_position(int quantity)
{
    char words[64];
    if (quantity < 1000)
        text_format(words, sizeof words, "LONG %d MESZ26_FUT_CME", quantity);
    else
        text_format(words, sizeof words, "LONG %d,%03d MES", quantity / 1000, quantity % 1000);
    expect(words);
}

/* The writer has come to its end with all that was posted: in the database, in the journal or
 * lost. */
static bool writer_is_done(struct terminal *t, void *context)
{
    (void)context;
    char path[400];
    static struct snapshot now;
    text_format(path, sizeof path, "%s/sortie.snap", b.data);
    struct snapshot_map *map = snapshot_map_open(path, NULL);
    ck_assert_ptr_nonnull(map);
    uint64_t sequence = snapshot_read(map, &now);
    snapshot_map_close(map);
    terminal_listen(t, 5);
    return sequence > 0 && (now.changes_durable == now.changes_issued || now.store_lost);
}

/* Sends fills, in batches, at least one and until the screen shows the words; returns the number of
 * the last. The writer keeps up: what it refuses is a batch, not all that has waited for it. */
static int send_fills_until(int last, const char *words)
{
    do {
        ck_assert_int_lt(last, 20000);
        for (int i = 0; i < 20; i++)
            send_fill(++last);
        expect_position(last);
        terminal_wait_until(b.terminal, writer_is_done, NULL, PATIENCE_MS);
    } while (!terminal_shows(b.terminal, words));
    return last;
}

static bool is_logged(struct terminal *t, void *context)
{
    char path[400];
    text_format(path, sizeof path, "%s/sortie.log", b.data);
    char *text = test_file_read(path);
    bool found = strstr(text, context) != NULL;
    free(text);
    terminal_listen(t, 5);
    return found;
}

/* Of all messages: the panel may have scrolled on. */
static void expect_log(const char *words)
{
    char copy[200];
    text_copy(copy, sizeof copy, words);
    terminal_wait_until(b.terminal, is_logged, copy, PATIENCE_MS);
}

START_TEST(on_a_full_disk_changes_go_to_the_journal_and_come_back)
{
    start_limited();
    int fills = send_fills_until(0, "journal");
    expect_log("sortie.db refuses: disk full; free some space; changes go to");
    fills = send_fills_until(fills, "journal"); /* what is there is shown at once */
    terminal_kill(b.terminal, SIGKILL);
    terminal_wait_exit(b.terminal, PATIENCE_MS);

    show();
    expect("changes that the database had refused were saved from");
    expect_position(fills);
    terminal_send(b.terminal, "\r");
    expect("saved");
    quit();
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), fills);
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), fills);
}
END_TEST

START_TEST(where_not_even_the_journal_can_be_written_it_is_said_loudly)
{
    start_limited();
    int fills = send_fills_until(0, "NOT SAVED");
    expect("changes are in memory only: the database");
    expect("refuses: disk full; free some space");
    terminal_send(b.terminal, "q");
    expect_end(1);
    ck_assert(terminal_shows(b.terminal, "changes are lost: neither the database nor"));

    /* what the server still knows is had from it */
    char *history = malloc((size_t)fills * 200 + 3), *end = history;
    for (int i = 1; i <= fills; i++)
        end += sprintf(end,
                       "%s{'Type':304,'TradeAccount':'Sim1','Symbol':'" MES
                       "','ServerOrderID':'o%d','BuySell':1,'Price':5000,'Quantity':1,"
                       "'DateTime':%lld,'UniqueExecutionID':'e%d'}",
                       i > 1 ? "," : "[", i, (long long)(clock_wall_us() / CLOCK_SECOND), i);
    strcpy(end, "]");
    peer_answer(b.peer, 303, NULL, NULL, history);
    free(history);
    show();
    expect("Recovered positions");
    terminal_send(b.terminal, "\r");
    double seen = 0;
    for (int64_t limit = clock_monotonic_us() + PATIENCE_MS * CLOCK_MS; seen != fills;) {
        ck_assert_msg(clock_monotonic_us() < limit, "%g of %d", seen, fills);
        terminal_listen(b.terminal, 20);
        seen = query("SELECT count(*) FROM fill");
    }
    quit();
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), fills);
}
END_TEST

/* A store to a mapped page that the disk has no room for is a SIGBUS, not an error. */
START_TEST(the_room_of_the_snapshot_is_taken_when_it_is_made)
{
    char path[300];
    struct stat status;
    text_format(path, sizeof path, "%s/sortie.snap", b.directory);
    struct snapshot_map *map = snapshot_map_create(path, NULL);
    ck_assert_ptr_nonnull(map);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_ge(status.st_blocks * 512, status.st_size);
    snapshot_map_close(map);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const servers[] = {
        a_wrong_port_is_told_with_what_to_look_at,
        a_host_that_is_none_is_told,
        a_refused_logon_is_told_in_the_servers_words_made_harmless,
        a_logon_refused_for_good_is_not_tried_again,
        a_message_of_more_than_a_mebibyte_is_refused,
        a_message_that_is_no_json_is_refused,
    };
    const TTest *const terminals[] = {
        a_terminal_that_is_too_small_shows_one_line_and_the_rest_again_when_it_grows,
        a_window_that_waits_is_told_on_a_terminal_too_small_for_it,
        a_hang_up_saves_and_ends,
        a_shell_can_suspend_and_resume_it,
    };
    const TTest *const disks[] = {
        on_a_full_disk_changes_go_to_the_journal_and_come_back,
        where_not_even_the_journal_can_be_written_it_is_said_loudly,
        the_room_of_the_snapshot_is_taken_when_it_is_made,
    };
    Suite *s = suite_create("console");
    CASE_ADD(s, "servers", servers);
    CASE_ADD(s, "terminals", terminals);
    CASE_ADD(s, "disks", disks);
    TCase *each = tcase_create("each");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, a_server_that_speaks_something_else_is_told_of, 0,
                        (int)(sizeof STRANGERS / sizeof STRANGERS[0]));
    tcase_add_loop_test(each, the_signals_of_the_end_save_and_end, 0,
                        (int)(sizeof ENDING / sizeof ENDING[0]));
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
