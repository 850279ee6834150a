/* The real console on a disk that stands still or refuses: what the screen says, what goes on
 * meanwhile, and what is in the database in the end. */
#include "integration/console_bench.h"

#include "cmd/command.h"

#include <sys/mman.h>

/* How the disk takes what SQLite writes; shared with the console, which is a child of the test. */
enum disk { DISK_WORKS, DISK_STANDS_STILL, DISK_FULL, DISK_BROKEN };
static volatile enum disk *disk;

static bool disk_takes(void)
{
    while (*disk == DISK_STANDS_STILL)
        poll(NULL, 0, 1);
    errno = *disk == DISK_FULL ? ENOSPC : EIO;
    return *disk == DISK_WORKS;
}

static ssize_t write_to_disk(int file, const void *bytes, size_t size)
{
    return disk_takes() ? write(file, bytes, size) : -1;
}

static ssize_t write_to_disk_at(int file, const void *bytes, size_t size, off_t at)
{
    return disk_takes() ? pwrite(file, bytes, size, at) : -1;
}

/* The console as a function, with SQLite's way to the disk in the test's hands. */
static int run_console(void *context)
{
    char **argv = context;
    int count = 0;
    sqlite3_vfs *vfs = sqlite3_vfs_find(NULL);
    if (vfs->xSetSystemCall(vfs, "pwrite", (sqlite3_syscall_ptr)write_to_disk_at) != SQLITE_OK ||
        vfs->xSetSystemCall(vfs, "write", (sqlite3_syscall_ptr)write_to_disk) != SQLITE_OK)
        return 126;
    vfs->xSetSystemCall(vfs, "pwrite64", (sqlite3_syscall_ptr)write_to_disk_at);
    while (argv[count] != NULL)
        count++;
    int status = console_command.run(count, argv);
    fflush(NULL);
    return status;
}

/* On the screen, online; the test's own thread that is the server begins behind the fork. */
static void start_console(void)
{
    disk = mmap(NULL, sizeof *disk, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne((void *)(uintptr_t)disk, MAP_FAILED);
    *disk = DISK_WORKS;
    b.peer = peer_new();
    b.terminal = terminal_start_function(
        run_console, (void *)(uintptr_t)arguments(NULL),
        MORE(b.home, "XDG_CONFIG_HOME", "SORTIE_SERVER_HEARTBEAT=5"), ROWS, COLS);
    peer_run(b.peer);
    expect("online with");
    send_fill(1);
    expect("LONG 1 MESZ26_FUT_CME");
    terminal_wait_gone(b.terminal, "unsaved", PATIENCE_MS);
}

/* What `sortie doctor` says meanwhile. */
static void expect_doctor(int status, const char *words)
{
    char command[1000], path[400];
    text_format(path, sizeof path, "%s/said", b.directory);
    text_format(command, sizeof command, "'%s' doctor --data-dir '%s' >'%s' 2>&1", SORTIE, b.data,
                path);
    int ended = system(command);
    char *text = test_file_read(path);
    ck_assert_msg(WIFEXITED(ended) && WEXITSTATUS(ended) == status, "%d: %s", ended, text);
    ck_assert_msg(strstr(text, words) != NULL, "%s", text);
    free(text);
}

static void send_price(double price)
{
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':1,'DateTime':%lld}", price,
              (long long)(clock_wall_us() / CLOCK_SECOND));
}

static bool is_heard(struct terminal *t, void *context)
{
    const unsigned *beats = context;
    terminal_listen(t, 5);
    return peer_count(b.peer, 3) > *beats;
}

/* Whatever the database has is whole: `count` fills, each once, and their position. */
static void expect_saved(int count)
{
    terminal_wait_gone(b.terminal, "unsaved", PATIENCE_MS);
    expect("saved");
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), count);
    ck_assert_double_eq(query("SELECT count(DISTINCT execution_id) FROM fill"), count);
    ck_assert_double_eq(query("SELECT quantity FROM open_position"), count);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what IN ('open', 'add')"), count);
}

START_TEST(a_disk_that_stands_still_shows_as_unsaved_and_stops_neither_prices_nor_heartbeats)
{
    start_console();
    *disk = DISK_STANDS_STILL;
    int64_t since = clock_monotonic_us();
    send_fill(2);
    expect("LONG 2 MESZ26_FUT_CME");
    expect("unsaved ");
    expect("saving takes");
    send_price(5010.25);
    expect("5010.25");
    unsigned beats = peer_count(b.peer, 3);
    terminal_wait_until(b.terminal, is_heard, &beats, PATIENCE_MS);
    send_price(5011.5);
    expect("5011.50");
    send_fill(3);
    expect("LONG 3 MESZ26_FUT_CME");
    ck_assert(terminal_shows(b.terminal, "unsaved "));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1); /* nothing is pretended */
    expect_doctor(1, "! saving     takes ");
    while (clock_monotonic_us() < since + 1200 * CLOCK_MS)
        terminal_listen(b.terminal, 20);
    *disk = DISK_WORKS;
    expect_saved(3);
    terminal_wait_gone(b.terminal, "saving takes", PATIENCE_MS);
    expect_doctor(0, " longer\n"); /* the stall, in the band of what took over 1.1 s */
    quit();
    ck_assert_double_eq(query("SELECT max_price FROM open_position"), 5011.5);
}
END_TEST

START_TEST(what_the_database_refuses_goes_to_the_journal_and_from_there_into_it_once)
{
    char journal[400];
    text_format(journal, sizeof journal, "%s/spill.jsonl", b.data);
    start_console();
    *disk = DISK_BROKEN;
    send_fill(2);
    expect("LONG 2 MESZ26_FUT_CME");
    expect("journal ");
    expect("sortie.db refuses: disk I/O error");
    send_fill(3);
    expect("LONG 3 MESZ26_FUT_CME");
    terminal_wait_gone(b.terminal, "unsaved", PATIENCE_MS); /* the journal is durable too */
    ck_assert_int_eq(access(journal, F_OK), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
    *disk = DISK_WORKS;
    expect("the database works again: everything is saved");
    terminal_wait_gone(b.terminal, "journal ", PATIENCE_MS);
    expect_saved(3);
    ck_assert_int_ne(access(journal, F_OK), 0);
    quit();
}
END_TEST

START_TEST(where_the_journal_is_refused_too_a_red_line_says_so_until_either_works)
{
    char journal[400];
    int row, col;
    text_format(journal, sizeof journal, "%s/spill.jsonl", b.data);
    start_console();
    ck_assert_int_eq(mkdir(journal, 0700), 0); /* refuses root too */
    *disk = DISK_FULL;
    send_fill(2);
    expect(" changes are in memory only: the database");
    expect("refuses: disk full; free some space; cannot write");
    ck_assert(terminal_find(b.terminal, " NOT SAVED: ", &row, &col));
    ck_assert_int_eq(terminal_cell(b.terminal, row, col + 1).back, 160);
    send_fill(3); /* all else goes on */
    expect("LONG 3 MESZ26_FUT_CME");
    ck_assert(terminal_shows(b.terminal, "NOT SAVED"));
    ck_assert_int_eq(rmdir(journal), 0); /* the journal works: that is enough to be safe */
    terminal_wait_gone(b.terminal, "NOT SAVED: ", PATIENCE_MS);
    expect("journal ");
    *disk = DISK_WORKS;
    expect("the database works again: everything is saved");
    expect_saved(3);
    quit();
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        a_disk_that_stands_still_shows_as_unsaved_and_stops_neither_prices_nor_heartbeats,
        what_the_database_refuses_goes_to_the_journal_and_from_there_into_it_once,
        where_the_journal_is_refused_too_a_red_line_says_so_until_either_works,
    };
    Suite *s = suite_create("console: disk");
    CASE_ADD(s, "disk", tests);
    return s;
}

TEST_MAIN(suite)
