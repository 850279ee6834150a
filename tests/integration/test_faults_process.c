/* The real console without a screen, and the real simulated server with a script of faults: two
 * processes and the real time. */
#include "base/text.h"
#include "integration/test_sim_process.h"
#include "store/repository.h"

#include <sqlite3.h>

#define MES "MESZ26_FUT_CME"

static char directory[256], database[300], log_path[300];
static struct server server;
static pid_t console;

static void setup(void)
{
    test_directory_make(directory, sizeof directory);
    text_format(database, sizeof database, "%s/sortie.db", directory);
    text_format(log_path, sizeof log_path, "%s/sortie.log", directory);
}

static void teardown(void)
{
    test_directory_remove(directory);
}

/* Followed from the beginning: fills from before the console was online count too. */
static void follow_account(void)
{
    struct repository *r = repository_open(database, NULL);
    ck_assert(repository_set_meta(r, "since:Sim1", "1", NULL));
    repository_close(r);
}

static int start_server(const char *scenario)
{
    char path[300];
    text_format(path, sizeof path, "%s/scenario", directory);
    test_file_write(path, scenario, 0600);
    return start_with(&server,
                      (const char *const[]){"--port", "0", "--no-bot", "--scenario", path, NULL});
}

static void start_console(int port, const char *encoding)
{
    char number[16];
    text_format(number, sizeof number, "%d", port);
    console = fork();
    ck_assert_int_ge(console, 0);
    if (console == 0) {
        setenv("HOME", directory, 1);
        execl(BUILD_DIR "/sortie", "sortie", "--headless", "--data-dir", directory, "--host",
              "127.0.0.1", "--port", number, "--encoding", encoding, (char *)NULL);
        perror(BUILD_DIR "/sortie");
        _exit(127);
    }
}

static void end_console(void)
{
    int status;
    kill(console, SIGTERM);
    ck_assert_int_eq(waitpid(console, &status, 0), console);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static double query(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    double value = -1;
    if (sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK &&
        sqlite3_busy_timeout(db, CLIENT_PATIENCE / 1000) == SQLITE_OK &&
        sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK) {
        value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 0) : -1;
        sqlite3_finalize(s);
    }
    sqlite3_close(db);
    return value;
}

static bool is_told(const char *words)
{
    if (access(log_path, F_OK) != 0)
        return false;
    char *text = test_file_read(log_path);
    bool told = strstr(text, words) != NULL;
    free(text);
    return told;
}

/* Two contracts are bought, one is sold in the dark, the other one when all is well again. */
#define TRADE(fault, other_fault)                                                                  \
    "{\"at\":1,\"do\":\"order\",\"id\":\"in\",\"account\":\"Sim1\",\"symbol\":\"" MES              \
    "\",\"side\":\"buy\",\"type\":\"market\",\"quantity\":2}\n" fault                              \
    "{\"at\":3,\"do\":\"order\",\"id\":\"part\",\"account\":\"Sim1\",\"symbol\":\"" MES            \
    "\",\"side\":\"sell\",\"type\":\"market\",\"quantity\":1}\n" other_fault                       \
    "{\"at\":10,\"do\":\"order\",\"id\":\"out\",\"account\":\"Sim1\",\"symbol\":\"" MES            \
    "\",\"side\":\"sell\",\"type\":\"market\",\"quantity\":1}\n"

static const struct script {
    const char *encoding, *scenario, *told[2];
} scripts[] = {
    {"json",
     TRADE("{\"at\":3,\"do\":\"drop\"}\n", "{\"at\":6,\"do\":\"wrong-size\"}\n"),
     {"the server closed the connection", "the server sent a message that is not JSON"}},
    {"auto",
     TRADE("{\"at\":3,\"do\":\"refuse\",\"for\":1}\n",
           "{\"at\":7,\"do\":\"logoff\",\"reason\":\"Maintenance\"}\n"),
     {"the server closed the connection", "the server logs us off: Maintenance"}},
    {"protobuf",
     TRADE("{\"at\":2,\"do\":\"split\",\"for\":2}\n{\"at\":3,\"do\":\"lose\",\"count\":4}\n",
           "{\"at\":6,\"do\":\"truncate\"}\n"),
     {"Sim1: sold 1", "the server closed the connection"}},
};

static void check_console(int64_t limit, const char *what)
{
    int status = 0;
    ck_assert_msg(clock_monotonic_us() < limit, "%s", what);
    ck_assert_msg(waitpid(console, &status, WNOHANG) == 0, "the console ends: %x", status);
    poll(NULL, 0, 20);
}

/* The script runs from the server's start: a console that is not online before the first fault, as
 * on a machine that is busy, would not meet it. */
static void start_in_time(const struct script *s)
{
    for (int tries = 1;; tries++) {
        follow_account();
        int port = start_server(s->scenario);
        int64_t started = clock_monotonic_us();
        start_console(port, s->encoding);
        while (!is_told("online with"))
            check_console(started + 2 * CLIENT_PATIENCE, "it does not come online");
        if (tries == 20 || clock_monotonic_us() - started < 3 * CLOCK_SECOND / 2)
            return;
        end_console();
        stop(&server);
        teardown();
        setup();
    }
}

START_TEST(the_console_comes_through_a_script_of_faults_with_every_fill_once)
{
    const struct script *s = &scripts[_i];
    start_in_time(s);
    int64_t limit = clock_monotonic_us() + 2 * CLIENT_PATIENCE;
    while (query("SELECT count(*) FROM trade") != 1)
        check_console(limit, "no trade came of it");
    end_console();
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE quantity = 2 AND origin = 'live'"),
                        1);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(is_told(s->told[i]), "\"%s\" was not said", s->told[i]);
    stop(&server);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("faults_process");
    TCase *c = tcase_create("faults_process");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 120);
    tcase_add_loop_test(c, the_console_comes_through_a_script_of_faults_with_every_fill_once, 0,
                        sizeof scripts / sizeof *scripts);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
