/* The real build/sortie, in a terminal or without one, against a scripted server. */
#ifndef SORTIE_TESTS_CONSOLE_BENCH_H
#define SORTIE_TESTS_CONSOLE_BENCH_H

#include "base/clock.h"
#include "base/text.h"
#include "support/peer.h"
#include "support/terminal.h"
#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define MES "MESZ26_FUT_CME"
#define SORTIE BUILD_DIR "/sortie"

enum { PATIENCE_MS = 30000, ARGUMENTS = 16, ROWS = 30, COLS = 200 };

static struct {
    char directory[256], data[300], database[340], home[300];
    struct peer *peer;
    struct terminal *terminal;
    char *arguments[ARGUMENTS];
    char said[8192]; /* run() */
} b;

static inline void set_up(void)
{
    memset(&b, 0, sizeof b);
    test_directory_make(b.directory, sizeof b.directory);
    text_format(b.data, sizeof b.data, "%s/data", b.directory);
    text_format(b.database, sizeof b.database, "%s/sortie.db", b.data);
    text_format(b.home, sizeof b.home, "HOME=%s", b.directory);
}

static inline void tear_down(void)
{
    if (b.terminal != NULL)
        terminal_free(b.terminal);
    if (b.peer != NULL)
        peer_free(b.peer);
    test_directory_remove(b.directory);
}

static inline void start_peer(void)
{
    b.peer = peer_new();
    peer_run(b.peer);
}

/* "sortie", then for a peer its address, the data directory, and `more` up to its NULL. */
static inline char *const *arguments(const char *const *more)
{
    static char port[16];
    const char *own[] = {SORTIE,   "--data-dir", b.data,       "--host", "127.0.0.1",
                         "--port", port,         "--encoding", "json"};
    size_t count = b.peer != NULL ? 9 : 3;
    if (b.peer != NULL)
        text_format(port, sizeof port, "%d", peer_port(b.peer));
    memset(b.arguments, 0, sizeof b.arguments);
    for (size_t i = 0; i < count; i++)
        b.arguments[i] = (char *)(uintptr_t)own[i];
    for (; more != NULL && *more != NULL; more++) {
        ck_assert_uint_lt(count, ARGUMENTS - 1);
        b.arguments[count++] = (char *)(uintptr_t)*more;
    }
    return b.arguments;
}

#define MORE(...)                                                                                  \
    (const char *const[])                                                                          \
    {                                                                                              \
        __VA_ARGS__, NULL                                                                          \
    }

/* The console in a terminal; its messages fit into one line each. */
static inline struct terminal *show_with(const char *const *more, const char *const *environment)
{
    if (b.terminal != NULL)
        terminal_free(b.terminal);
    b.terminal = terminal_start(arguments(more),
                                environment != NULL ? environment : MORE(b.home, "XDG_CONFIG_HOME"),
                                ROWS, COLS);
    return b.terminal;
}

static inline struct terminal *show(void)
{
    return show_with(NULL, NULL);
}

static inline void expect(const char *words)
{
    terminal_wait_for(b.terminal, words, PATIENCE_MS);
}

/* It ends with that status and gives the terminal back. */
static inline void expect_end(int status)
{
    int ended = terminal_wait_exit(b.terminal, PATIENCE_MS);
    ck_assert_msg(ended == status, "it ended with %d:\n%s", ended, terminal_text(b.terminal));
    ck_assert(!terminal_in_alternate_screen(b.terminal));
    ck_assert(terminal_cursor_visible(b.terminal));
    ck_assert(terminal_echoes(b.terminal));
}

static inline void quit(void)
{
    terminal_send(b.terminal, "q");
    expect_end(0);
}

/* One that runs without a terminal: what it says on stdout and stderr comes from `output`. */
static inline pid_t spawn(const char *const *more, bool as_nobody, int *output)
{
    int ends[2];
    char *const *argv = arguments(more);
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        int null = open("/dev/null", O_RDONLY);
        dup2(null, STDIN_FILENO);
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        setenv("HOME", b.directory, 1);
        unsetenv("XDG_CONFIG_HOME");
        if (as_nobody && (setgid(65534) != 0 || setuid(65534) != 0))
            _exit(127);
        execv(argv[0], argv);
        _exit(127);
    }
    close(ends[1]);
    *output = ends[0];
    return child;
}

/* Its end: what it said is in b.said; the exit status, or 128 + the signal. */
static inline int reap(pid_t child, int output)
{
    int status;
    size_t used = 0;
    ssize_t got = 1;
    for (int64_t limit = clock_monotonic_us() + PATIENCE_MS * CLOCK_MS; got > 0;) {
        struct pollfd p = {.fd = output, .events = POLLIN};
        ck_assert_msg(poll(&p, 1, (int)((limit - clock_monotonic_us()) / CLOCK_MS)) == 1,
                      "it does not end");
        got = read(output, b.said + used, sizeof b.said - 1 - used);
        used += got > 0 ? (size_t)got : 0;
    }
    b.said[used] = '\0';
    close(output);
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static inline int run(const char *const *more)
{
    int output;
    pid_t child = spawn(more, false, &output);
    return reap(child, output);
}

#define ck_assert_said(words)                                                                      \
    ck_assert_msg(strstr(b.said, words) != NULL, "\"%s\" is not in:\n%s", words, b.said)

/* One sentence, that is one line. */
static inline void expect_sentence(int status, const char *words, const char *const *more)
{
    int ended = run(more);
    ck_assert_msg(ended == status, "it ended with %d:\n%s", ended, b.said);
    ck_assert_said(words);
    ck_assert_msg(strncmp(b.said, "sortie: ", 8) == 0, "%s", b.said);
    ck_assert_ptr_eq(strchr(b.said, '\n'), b.said + strlen(b.said) - 1);
}

static inline double query(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, PATIENCE_MS);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    double value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 0) : (double)NAN;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

/* A purchase of 1 MES in Sim1 at 5000. */
static inline void send_fill(int number)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'o%d',"
              "'OrderStatus':7,'OrderUpdateReason':4,'OrderType':1,'BuySell':1,'OrderQuantity':1,"
              "'FilledQuantity':1,'LastFillQuantity':1,'LastFillPrice':5000,"
              "'LastFillDateTime':%lld,'LastFillExecutionID':'e%d'}",
              number, (long long)(clock_wall_us() / CLOCK_MS), number);
}

#define CASE_ADD(suite, name, tests) case_add(suite, name, tests, sizeof(tests) / sizeof *(tests))

static inline void case_add(Suite *s, const char *name, const TTest *const *tests, size_t count)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 120);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}

#endif
