#include "store/migrations.h"
#include "unit/test_store_samples.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct place place;

static void make_place(void)
{
    place_make(&place);
}

static void remove_place(void)
{
    test_directory_remove(place.directory);
}

static mode_t mode_of(const char *suffix)
{
    char path[320];
    struct stat status;
    snprintf(path, sizeof path, "%s%s", place.database, suffix);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void run_sql(const char *sql)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* The whole file as it is; `*size` bytes. */
static char *read_bytes(size_t *size)
{
    FILE *file = fopen(place.database, "rb");
    ck_assert_ptr_nonnull(file);
    char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void assert_refused(enum error_code code, const char *words)
{
    struct error error = {0};
    ck_assert_ptr_null(repository_open(place.database, &error));
    ck_assert_msg(error.code == code, "%d: %s", error.code, error.text);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
    ck_assert_msg(strstr(error.text, place.database) != NULL, "%s", error.text);
}

static void assert_refused_untouched(enum error_code code, const char *words)
{
    size_t before_size, after_size;
    char *before = read_bytes(&before_size);
    assert_refused(code, words);
    char *after = read_bytes(&after_size);
    ck_assert_uint_eq(before_size, after_size);
    ck_assert_int_eq(memcmp(before, after, before_size), 0);
    free(before);
    free(after);
}

START_TEST(a_new_database_is_private_and_durable)
{
    mode_t before = umask(0);
    struct repository *r = open_repository(place.database);
    umask(before);
    ck_assert_int_eq(mode_of(""), 0600);
    ck_assert_int_eq(mode_of("-wal"), 0600);
    ck_assert_int_eq(mode_of("-shm"), 0600);
    ASSERT_QUERY(place.database, "PRAGMA journal_mode", "wal");
    ASSERT_QUERY(place.database, "SELECT user_version > 0 FROM pragma_user_version", "1");
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(name) FROM (SELECT name FROM sqlite_master WHERE "
                 "type = 'table' ORDER BY name)",
                 "audit,balance,fill,meta,open_position,order_event,trade");
    ASSERT_QUERY(place.database,
                 "SELECT count(*) FROM sqlite_master t, pragma_table_info(t.name) c "
                 "WHERE t.type = 'table' AND c.name = 'id' AND c.type = 'INTEGER' AND c.pk = 1",
                 "7");
    repository_close(r);
}
END_TEST

/* A header as SQLite writes it, of a file that was empty before; all numbers are big-endian. */
START_TEST(a_first_start_that_was_cut_off_is_made_again)
{
    static const unsigned char journal[512] = {0xd9, 0xd5, 0x05, 0xf9,     0x20,
                                               0xa1, 0x63, 0xd7, [22] = 2, [26] = 0x10};
    char name[320];
    snprintf(name, sizeof name, "%s-journal", place.database);
    FILE *file = fopen(name, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(journal, 1, sizeof journal, file), sizeof journal);
    ck_assert_int_eq(fclose(file), 0);
    test_file_write(place.database, "SQLite format 3", 0600); /* the first page was under way */
    repository_close(open_repository(place.database));
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
}
END_TEST

START_TEST(a_second_opening_keeps_everything)
{
    struct change c = sample_open(1);
    struct repository *r = open_repository(place.database);
    commit(r, &c, 1);
    repository_close(r);
    repository_close(open_repository(place.database));
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "1");
}
END_TEST

START_TEST(a_newer_database_is_refused_and_left_alone)
{
    repository_close(open_repository(place.database));
    run_sql("PRAGMA journal_mode = DELETE; PRAGMA user_version = 1000");
    assert_refused_untouched(ERROR_NEWER, "newer sortie");
}
END_TEST

START_TEST(a_file_that_is_no_database_is_refused_and_left_alone)
{
    test_file_write(place.database, "my shopping list: eggs, butter, bread and so on and on", 0600);
    assert_refused_untouched(ERROR_DAMAGED, "not a database");
}
END_TEST

START_TEST(the_database_of_another_program_is_refused_and_left_alone)
{
    run_sql("CREATE TABLE recipe (id INTEGER)");
    assert_refused_untouched(ERROR_DAMAGED, "not a database of sortie");
    run_sql("PRAGMA user_version = 1");
    assert_refused(ERROR_DAMAGED, "not a database of sortie");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM recipe", "0");
}
END_TEST

START_TEST(a_directory_is_no_database)
{
    ck_assert_int_eq(mkdir(place.database, 0700), 0);
    assert_refused(ERROR_SYSTEM, "refuses");
}
END_TEST

START_TEST(a_missing_directory_is_named)
{
    snprintf(place.database, sizeof place.database, "%s/none/sortie.db", place.directory);
    assert_refused(ERROR_SYSTEM, "No such file or directory");
}
END_TEST

/* Nothing is refused to root: the test becomes somebody else first. */
START_TEST(files_without_permission_are_refused)
{
    repository_close(open_repository(place.database));
    if (getuid() == 0) {
        ck_assert_int_eq(chown(place.directory, 65534, 65534), 0);
        ck_assert_int_eq(chown(place.database, 65534, 65534), 0);
        ck_assert_int_eq(seteuid(65534), 0);
    }
    ck_assert_int_eq(chmod(place.database, 0400), 0);
    assert_refused(ERROR_SYSTEM, "may not be written");
    ck_assert_int_eq(chmod(place.database, 0), 0);
    assert_refused(ERROR_SYSTEM, "refuses");
    ck_assert_int_eq(seteuid(getuid()), 0);
}
END_TEST

START_TEST(all_steps_are_taken_or_none)
{
    sqlite3 *db;
    char news[64];
    run_sql("CREATE TABLE meta (id INTEGER)"); /* in the way of the first step */
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_ne(migrations_apply(db, 0, news, sizeof news), SQLITE_OK);
    sqlite3_close(db);
    ASSERT_QUERY(place.database, "SELECT group_concat(name) FROM sqlite_master", "meta");
    ASSERT_QUERY(place.database, "PRAGMA user_version", "0");
}
END_TEST

static void make_first_version(void)
{
    char *sql = test_file_read(TEST_DATA "/store_v1.sql");
    run_sql(sql);
    free(sql);
}

/* The rows of the first version with ids below 90 are such as it wrote; the three others not. */
START_TEST(a_database_of_the_first_version_keeps_its_rows_and_puts_impossible_ones_aside)
{
    make_first_version();
    struct repository *r = open_repository(place.database);
    const char *news = repository_news(r);
    ck_assert_msg(strstr(news, "1 rows break a rule of this version and are kept in table "
                               "open_position_left_1") != NULL,
                  "%s", news);
    ck_assert_msg(strstr(news, "2 rows break a rule of this version and are kept in table "
                               "fill_left_1") != NULL,
                  "%s", news);
    ck_assert_ptr_null(strstr(news, "balance"));
    repository_close(r);
    ASSERT_QUERY(place.database, "SELECT group_concat(id) FROM open_position", "3,4");
    ASSERT_QUERY(place.database, "SELECT group_concat(id) FROM open_position_left_1", "90");
    ASSERT_QUERY(place.database, "SELECT group_concat(id) FROM (SELECT id FROM fill ORDER BY id)",
                 "1,2,3,4");
    ASSERT_QUERY(place.database, "SELECT group_concat(id) FROM fill_left_1", "91,92");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "1");
    ASSERT_QUERY(place.database, "SELECT tick_value FROM trade", "NULL");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM order_event", "1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM balance", "2");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM meta", "2");
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(quantity || side || mae || realized_pnl) FROM open_position",
                 "-2.0short-1675000000,1.0long00");
    ASSERT_QUERY(place.database,
                 "SELECT count(*) FROM sqlite_master WHERE name LIKE '%\\_1' ESCAPE '\\' "
                 "AND name NOT LIKE '%autoindex%'",
                 "2");
    ASSERT_QUERY(place.database, "PRAGMA integrity_check", "ok");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM pragma_foreign_key_check", "0");
    repository_close(r = open_repository(place.database));
}
END_TEST

/* Who only reads cannot migrate, and must not take an old schema for damage. */
START_TEST(a_reader_is_told_which_console_the_database_needs)
{
    struct error error = {0};
    make_first_version();
    ck_assert_ptr_null(repository_open_reader(place.database, &error));
    ck_assert_msg(error.code == ERROR_USAGE, "%d: %s", error.code, error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "older sortie"));
    repository_close(open_repository(place.database));
    struct repository *r = repository_open_reader(place.database, &error);
    ck_assert_ptr_nonnull(r);
    repository_close(r);
    run_sql("PRAGMA user_version = 1000");
    ck_assert_ptr_null(repository_open_reader(place.database, &error));
    ck_assert_msg(error.code == ERROR_NEWER, "%d: %s", error.code, error.text);
}
END_TEST

START_TEST(a_migrated_schema_is_a_new_ones)
{
    char schema[320], migrated[16384], fresh[16384];
    static const char sql[] = "SELECT group_concat(name || sql, ';') FROM (SELECT name, sql FROM "
                              "sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE '%left%' "
                              "ORDER BY name)";
    make_first_version();
    repository_close(open_repository(place.database));
    query(place.database, sql, migrated, sizeof migrated);
    snprintf(schema, sizeof schema, "%s-fresh", place.database);
    repository_close(open_repository(schema));
    ck_assert_str_eq(migrated, query(schema, sql, fresh, sizeof fresh));
    ck_assert_uint_gt(strlen(fresh), 1000);
}
END_TEST

/* Each would be a wrong state. */
static const struct {
    const char *table, *set;
} WRONG[] = {
    {"open_position", "mode = 'PAPER'"},
    {"open_position", "symbol = ''"},
    {"open_position", "quantity = 0"},
    {"open_position", "quantity = 9e999"},
    {"open_position", "entry_price = -9e999"},
    {"open_position", "entry_time = 0"},
    {"open_position", "entry_partial = 2"},
    {"open_position", "min_price = 2, max_price = 1"},
    {"open_position", "mae = 1"},
    {"open_position", "mfe = -1"},
    {"open_position", "heat_since = 0"},
    {"open_position", "source = 'hearsay'"},
    {"open_position", "origin = 'nowhere'"},
    {"open_position", "has_gap = -1"},
    {"open_position", "unchanged = 'no'"},
    {"open_position", "max_quantity = -1"},
    {"open_position", "entered_quantity = 9e999"},
    {"open_position", "exited_quantity = -0.5"},
    {"open_position", "created_at = 0"},
    {"open_position", "updated_at = -1"},
    {"open_position", "mode = 'SIM', account = 'Sim1', symbol = 'M'"}, /* two of one */
    {"trade", "mode = ''"},
    {"trade", "symbol = ''"},
    {"trade", "side = 'flat'"},
    {"trade", "quantity = -1"},
    {"trade", "entry_time = 0"},
    {"trade", "entry_price = 9e999"},
    {"trade", "exit_time = 0"},
    {"trade", "exit_price = 9e999"},
    {"trade", "mae = 1"},
    {"trade", "mfe = -1"},
    {"trade", "efficiency = 1.6"},
    {"trade", "entry_partial = 2"},
    {"trade", "exit_partial = 2"},
    {"trade", "min_price = 2, max_price = 1"},
    {"trade", "origin = ''"},
    {"trade", "has_gap = 2"},
    {"trade", "created_at = 0"},
    {"trade", "tick_value = 0"},
    {"fill", "mode = 'sim'"},
    {"fill", "symbol = ''"},
    {"fill", "side = 'none'"},
    {"fill", "quantity = 0"},
    {"fill", "price = 9e999"},
    {"fill", "time = -1"},
    {"fill", "discarded = 2"},
    {"fill", "identity = NULL, execution_id = 'x'"}, /* nothing would keep it from coming twice */
    {"fill", "discarded = 1, trade_id = 1"},
    {"fill", "identity = 'x'"}, /* one execution, two fills */
    {"fill", "trade_id = 1000, discarded = 0"},
    {"order_event", "time = 0"},
    {"order_event", "mode = 'X'"},
    {"order_event", "side = 'up'"},
    {"balance", "mode = 'X'"},
    {"balance", "time = 0"},
    {"balance", "ledger = 2"},
    {"balance", "opens_period = 2"},
    {"balance", "trading_disabled = 2"},
    {"balance", "limit_reached = 2"},
    {"balance", "ledger = 1, cash = NULL"},
    {"balance", "opens_period = 1, ledger = 0"},
    {"audit", "time = 0"},
    {"audit", "mode = 'X'"},
    {"audit", "symbol = ''"},
    {"meta", "name = 'x'"}, /* two values of one fact */
};
enum { WRONG_COUNT = sizeof WRONG / sizeof WRONG[0] };

/* What SQLite says of each, behind the table's name. */
static char refusals[WRONG_COUNT][300];

static void try_wrong_states(sqlite3 *db)
{
    char sql[200];
    for (size_t i = 0; i < WRONG_COUNT; i++) {
        snprintf(sql, sizeof sql, "UPDATE %s SET %s", WRONG[i].table, WRONG[i].set);
        ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT, "%s", sql);
        snprintf(refusals[i], sizeof refusals[i], "%s: %s", WRONG[i].table, sqlite3_errmsg(db));
    }
}

static void assert_was_tried(const char *table, const char *words)
{
    for (size_t i = 0; i < WRONG_COUNT; i++)
        if (strcmp(WRONG[i].table, table) == 0 && strstr(refusals[i], words) != NULL)
            return;
    ck_abort_msg("no wrong state tries \"%s\" of %s", words, table);
}

/* Every CHECK of a table's text, up to the parenthesis that ends it. */
static void assert_checks_were_tried(const char *table, const char *text)
{
    char words[300];
    for (const char *at = text; (at = strstr(at, "CHECK (")) != NULL; at++) {
        const char *end = at + 7;
        for (int depth = 1; depth > 0; end++)
            depth += *end == '(' ? 1 : *end == ')' ? -1 : 0;
        snprintf(words, sizeof words, "CHECK constraint failed: %.*s", (int)(end - at - 8), at + 7);
        assert_was_tried(table, words);
    }
}

static void assert_needed_columns_are(sqlite3 *db)
{
    char sql[200], words[200];
    sqlite3_stmt *s;
    int columns = 0;
    ck_assert_int_eq(sqlite3_prepare_v2(
                         db,
                         "SELECT t.name, c.name FROM sqlite_master t, pragma_table_info(t.name) c "
                         "WHERE t.type = 'table' AND c.\"notnull\" AND t.name NOT LIKE '%left%'",
                         -1, &s, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(s) == SQLITE_ROW; columns++) {
        const char *table = (const char *)sqlite3_column_text(s, 0);
        const char *column = (const char *)sqlite3_column_text(s, 1);
        snprintf(sql, sizeof sql, "UPDATE %s SET %s = NULL", table, column);
        snprintf(words, sizeof words, "NOT NULL constraint failed: %s.%s", table, column);
        ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_CONSTRAINT, "%s", sql);
        ck_assert_str_eq(sqlite3_errmsg(db), words);
    }
    sqlite3_finalize(s);
    ck_assert_int_gt(columns, 50);
}

/* None can be written, whoever tries; and no rule of the schema is left untried. */
START_TEST(wrong_states_cannot_be_written)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    int tables = 0;
    make_first_version();
    repository_close(open_repository(place.database));
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL), SQLITE_OK);
    try_wrong_states(db);
    ck_assert_int_eq(sqlite3_prepare_v2(db,
                                        "SELECT name, sql FROM sqlite_master WHERE type = 'table' "
                                        "AND name NOT LIKE '%left%'",
                                        -1, &s, NULL),
                     SQLITE_OK);
    for (; sqlite3_step(s) == SQLITE_ROW; tables++)
        assert_checks_were_tried((const char *)sqlite3_column_text(s, 0),
                                 (const char *)sqlite3_column_text(s, 1));
    sqlite3_finalize(s);
    ck_assert_int_ge(tables, 7);
    assert_was_tried("open_position", "UNIQUE constraint failed");
    assert_was_tried("fill", "UNIQUE constraint failed: fill.identity");
    assert_was_tried("fill", "FOREIGN KEY constraint failed");
    assert_was_tried("meta", "UNIQUE constraint failed: meta.name");
    assert_needed_columns_are(db);
    sqlite3_close(db);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store migrations");
    TCase *t = tcase_create("migrations");
    tcase_add_checked_fixture(t, make_place, remove_place);
    tcase_add_test(t, a_new_database_is_private_and_durable);
    tcase_add_test(t, a_first_start_that_was_cut_off_is_made_again);
    tcase_add_test(t, a_second_opening_keeps_everything);
    tcase_add_test(t, a_newer_database_is_refused_and_left_alone);
    tcase_add_test(t, a_file_that_is_no_database_is_refused_and_left_alone);
    tcase_add_test(t, the_database_of_another_program_is_refused_and_left_alone);
    tcase_add_test(t, a_directory_is_no_database);
    tcase_add_test(t, a_missing_directory_is_named);
    tcase_add_test(t, files_without_permission_are_refused);
    tcase_add_test(t, all_steps_are_taken_or_none);
    tcase_add_test(t,
                   a_database_of_the_first_version_keeps_its_rows_and_puts_impossible_ones_aside);
    tcase_add_test(t, a_reader_is_told_which_console_the_database_needs);
    tcase_add_test(t, a_migrated_schema_is_a_new_ones);
    tcase_add_test(t, wrong_states_cannot_be_written);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
