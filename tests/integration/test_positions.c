/* `sortie positions`: stale positions are listed, and removed after asking. */
#include "base/clock.h"
#include "base/text.h"
#include "store/lock.h"
#include "store/repository.h"
#include "support/test.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[256], database[300], said[8192];

static void put(struct repository *r, const char *account, const char *symbol, double quantity,
                int64_t hours)
{
    struct position p;
    struct account_key key = {.mode = mode_of_account(account)};
    text_copy(key.account, sizeof key.account, account);
    position_init(&p, &key, symbol);
    p.quantity = quantity;
    p.entry_price = p.min_price = p.max_price = 5049.5;
    p.entered_quantity = p.max_quantity = quantity < 0 ? -quantity : quantity;
    p.created_at = p.updated_at = p.entry_time = clock_wall_us() - hours * CLOCK_HOUR;
    ck_assert(repository_save_position(r, &p, NULL));
}

static void set_up(void)
{
    struct error error = {0};
    test_directory_make(directory, sizeof directory);
    text_format(database, sizeof database, "%s/sortie.db", directory);
    struct repository *r = repository_open(database, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    put(r, "Sim1", "MESZ26_FUT_CME", 2, 1);
    put(r, "120005", "MNQZ26_FUT_CME", -1, 30);
    put(r, "Sim1", "GCZ26_FUT_CME", 1, 100);
    repository_close(r);
}

static void tear_down(void)
{
    test_directory_remove(directory);
}

/* The exit status; what it said is in `said`. */
static int run(const char *options, const char *input)
{
    char command[1200];
    text_format(command, sizeof command,
                "printf '%s' | '" BUILD_DIR "/sortie' positions --data-dir '%s' %s 2>&1", input,
                directory, options);
    FILE *output = popen(command, "r");
    ck_assert_ptr_nonnull(output);
    size_t length = fread(said, 1, sizeof said - 1, output);
    said[length] = '\0';
    int status = pclose(output);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static double query(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    ck_assert_int_eq(sqlite3_open_v2(database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    double value = sqlite3_column_double(s, 0);
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

static double left(void)
{
    return query("SELECT count(*) FROM open_position");
}

static bool has(const char *text)
{
    return strstr(said, text) != NULL;
}

START_TEST(all_or_the_stale_or_those_of_an_age_are_listed)
{
    ck_assert_int_eq(run("", ""), 0);
    ck_assert(has("MESZ26") && has("MNQZ26") && has("GCZ26"));
    ck_assert(has("LIVE  120005           SHORT        1 MNQZ26_FUT_CME                 5049.5"));
    ck_assert(has("1d 6h ago"));
    ck_assert_int_eq(run("--stale", ""), 0);
    ck_assert(!has("MESZ26") && has("MNQZ26") && has("GCZ26"));
    ck_assert_int_eq(run("--stale --older 48h", ""), 0);
    ck_assert(!has("MESZ26") && !has("MNQZ26") && has("GCZ26"));
    ck_assert_int_eq(run("--older 59m", ""), 0);
    ck_assert(has("MESZ26"));
    ck_assert_int_eq(run("--older 30d", ""), 0);
    ck_assert_str_eq(said, "no such position\n");
    ck_assert_double_eq(left(), 3);
}
END_TEST

START_TEST(they_are_deleted_only_after_yes)
{
    static const char *const other[] = {"", "\\n", "n\\n", "no\\n", "yess\\n"};
    for (size_t i = 0; i < sizeof other / sizeof other[0]; i++) {
        ck_assert_int_eq(run("--stale --delete --older 48h", other[i]), 1);
        ck_assert(has("Delete this position, without a trade? [y/N]"));
        ck_assert(has("nothing was deleted"));
    }
    ck_assert_double_eq(left(), 3);
    ck_assert_int_eq(run("--stale --delete --older 48h", "y\\n"), 0);
    ck_assert(has("1 deleted"));
    ck_assert_double_eq(left(), 2);
    ck_assert_int_eq(run("--stale --delete --yes", ""), 0); /* MNQ; asks nothing */
    ck_assert(!has("[y/N]") && has("MNQZ26"));
    ck_assert_double_eq(left(), 1);
    ck_assert_int_eq(run("--stale --delete --yes", ""), 0);
    ck_assert_str_eq(said, "no such position\n");
}
END_TEST

START_TEST(a_deletion_leaves_no_trade_but_an_audit_row_and_a_mark)
{
    ck_assert_int_eq(run("--older 24h --delete --yes", ""), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
    ck_assert_double_eq(
        query("SELECT count(*) FROM audit WHERE what = 'discard' AND symbol IN "
              "('MNQZ26_FUT_CME', 'GCZ26_FUT_CME') AND before IS NOT NULL AND after IS NULL AND "
              "why = 'deleted by the user: sortie positions'"),
        2);
    ck_assert_double_eq(
        query("SELECT count(*) FROM meta WHERE name = 'stand-in:120005|MNQZ26_FUT_CME'"), 1);
}
END_TEST

START_TEST(nothing_is_deleted_while_a_console_runs_but_all_is_listed)
{
    struct error error = {0};
    char path[300];
    text_format(path, sizeof path, "%s/sortie.lock", directory);
    int lock = lock_take(path, &error);
    ck_assert_int_ge(lock, 0);
    ck_assert_int_eq(run("--stale --delete --yes", ""), 1);
    text_format(path, sizeof path, "%ld", (long)getpid());
    ck_assert_msg(has(path), "%s", said);
    ck_assert_double_eq(left(), 3);
    ck_assert_int_eq(run("--stale", ""), 0);
    lock_release(lock);
}
END_TEST

START_TEST(wrong_usage_deletes_nothing)
{
    static const char *const wrong[][2] = {
        {"--delete", "--delete needs --stale or --older"},
        {"--delete --yes", "--delete needs --stale or --older"},
        {"--older 48", "--older cannot be"},
        {"--older h", "--older cannot be"},
        {"--older -1h", "--older cannot be"},
        {"--older 1.5h", "--older cannot be"},
        {"--older 99999999d", "--older cannot be"},
        {"--older", "see sortie positions --help"},
        {"--stale extra", "there is no argument"},
        {"--stale --frobnicate", "see sortie positions --help"},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        ck_assert_int_eq(run(wrong[i][0], ""), 2);
        ck_assert_msg(has(wrong[i][1]), "%s: %s", wrong[i][0], said);
    }
    ck_assert_double_eq(left(), 3);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("positions");
    TCase *t = tcase_create("positions");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, all_or_the_stale_or_those_of_an_age_are_listed);
    tcase_add_test(t, they_are_deleted_only_after_yes);
    tcase_add_test(t, a_deletion_leaves_no_trade_but_an_audit_row_and_a_mark);
    tcase_add_test(t, nothing_is_deleted_while_a_console_runs_but_all_is_listed);
    tcase_add_test(t, wrong_usage_deletes_nothing);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
