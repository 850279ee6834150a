/* Damaged databases: real files, damaged in every place. */
#include "store/diagnosis.h"
#include "unit/test_store_samples.h"

#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PAGE = 4096, ROUNDS = 60 };

static const char *const TABLES[] = {"open_position", "trade", "fill", "order_event",
                                     "balance",       "audit", "meta"};
enum { TABLE_COUNT = sizeof TABLES / sizeof TABLES[0] };

static struct place place;
static char sound[320]; /* the database before the damage */

/* A symbol each, so that positions are many; every third is closed. */
static void trade_a_day(struct repository *r)
{
    struct change changes[4];
    for (int i = 1; i <= ROUNDS; i++) {
        changes[0] = sample_open(2 * i);
        changes[1] = i % 3 == 0 ? sample_close(2 * i + 1) : sample_add(2 * i + 1);
        changes[2] = (struct change){
            .kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
        changes[3] = (struct change){
            .kind = CHANGE_ORDER, .time = START + i, .has_order = true, .order = sample_order()};
        for (int n = 0; n < 2; n++) {
            struct change *c = &changes[n];
            snprintf(c->after.symbol, sizeof c->after.symbol, "S%d", i);
            snprintf(c->fill.symbol, sizeof c->fill.symbol, "S%d", i);
            snprintf(c->trade.symbol, sizeof c->trade.symbol, "S%d", i);
        }
        commit(r, changes, 4);
    }
    ck_assert(repository_set_meta(r, "note", "kept", NULL));
}

static char *read_file(const char *path, size_t *size)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    char *bytes = malloc(8 << 20);
    *size = fread(bytes, 1, 8 << 20, file);
    fclose(file);
    return bytes;
}

static void write_file(const char *path, const char *bytes, size_t size)
{
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void copy(const char *from, const char *to)
{
    size_t size;
    char *bytes = read_file(from, &size);
    write_file(to, bytes, size);
    free(bytes);
}

static void make_sound(void)
{
    place_make(&place);
    snprintf(sound, sizeof sound, "%s/sound", place.directory);
    struct repository *r = open_repository(place.database);
    trade_a_day(r);
    repository_close(r);
    copy(place.database, sound);
}

static void remove_place(void)
{
    test_directory_remove(place.directory);
}

/* How many files of the directory begin so. */
static int count_files(const char *start)
{
    int count = 0;
    DIR *directory = opendir(place.directory);
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *e; (e = readdir(directory)) != NULL;)
        count += strncmp(e->d_name, start, strlen(start)) == 0;
    closedir(directory);
    return count;
}

static void remove_files(const char *start)
{
    char path[600];
    DIR *directory = opendir(place.directory);
    ck_assert_ptr_nonnull(directory);
    for (struct dirent *e; (e = readdir(directory)) != NULL;)
        if (strncmp(e->d_name, start, strlen(start)) == 0) {
            snprintf(path, sizeof path, "%s/%s", place.directory, e->d_name);
            unlink(path);
        }
    closedir(directory);
}

static int ask(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char attach[400];
    snprintf(attach, sizeof attach, "ATTACH '%s' AS sound", sound);
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, attach, NULL, NULL, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    int number = sqlite3_column_int(statement, 0);
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

/* The rows that are in one and not, or not so, in the other. A fill may have lost its trade. */
static int difference(const char *table, const char *in, const char *not_in)
{
    char sql[400];
    const char *what = strcmp(table, "fill") == 0
                           ? "id, identity, symbol, side, quantity, price, time, order_filled"
                           : "*";
    snprintf(sql, sizeof sql,
             "SELECT count(*) FROM (SELECT %s FROM %s.%s WHERE '%s' <> 'meta' OR name NOT IN "
             "('salvaged', 'lost_positions') "
             "EXCEPT SELECT %s FROM %s.%s)",
             what, in, table, strcmp(table, "meta") == 0 ? "meta" : "", what, not_in, table);
    if (strcmp(table, "meta") != 0)
        snprintf(sql, sizeof sql,
                 "SELECT count(*) FROM (SELECT %s FROM %s.%s EXCEPT SELECT %s FROM %s.%s)", what,
                 in, table, what, not_in, table);
    return ask(sql);
}

static int total_rows(void)
{
    int rows = 0;
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        char sql[100];
        snprintf(sql, sizeof sql, "SELECT count(*) FROM sound.%s", TABLES[i]);
        rows += ask(sql);
    }
    return rows;
}

/* Opens it; the database works, holds no row that was not there, and nothing but rows is gone:
 * returns how many are. */
static int salvage(char *news, size_t size)
{
    struct repository *r = open_repository(place.database);
    snprintf(news, size, "%s", repository_news(r));
    struct change c = sample_open(100000);
    c.sequence = 0; /* or the database would note it as its last */
    commit(r, &c, 1);
    repository_close(r);
    int lost = 0;
    ck_assert_int_eq(
        ask("SELECT count(*) FROM main.fill f JOIN sound.fill s USING (identity) WHERE "
            "s.trade_id IS NULL AND (f.trade_id IS NOT NULL OR f.discarded <> "
            "s.discarded) OR s.trade_id IN (SELECT id FROM main.trade) AND "
            "f.trade_id IS NOT s.trade_id"),
        0);
    ASSERT_QUERY(place.database, "PRAGMA integrity_check", "ok");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM pragma_foreign_key_check", "0");
    ck_assert_int_eq(ask("DELETE FROM fill WHERE execution_id = 'E100000' RETURNING 1"), 1);
    ck_assert_int_eq(ask("DELETE FROM audit WHERE id = (SELECT max(id) FROM audit) RETURNING 1"),
                     1);
    ck_assert_int_eq(ask("DELETE FROM open_position WHERE symbol = 'MESZ25_FUT_CME' RETURNING 1"),
                     1);
    for (size_t i = 0; i < TABLE_COUNT; i++) {
        ck_assert_msg(difference(TABLES[i], "main", "sound") == 0, "%s has rows that it had not",
                      TABLES[i]);
        lost += difference(TABLES[i], "sound", "main");
    }
    return lost;
}

/* Each row is on one page: over all pages, each zeroed in turn, each row is lost once. That shows
 * every table, every index, every branch, the schema and the header. */
START_TEST(with_any_page_zeroed_every_row_of_all_others_is_saved)
{
    size_t size;
    char news[512], *bytes = read_file(sound, &size), blank[PAGE] = {0};
    int all = total_rows(), lost = 0, most = 0;
    ck_assert_int_gt((int)(size / PAGE), 30);
    for (size_t at = 0; at < size; at += PAGE) {
        char *copied = malloc(size);
        memcpy(copied, bytes, size);
        memcpy(copied + at, blank, PAGE);
        remove_files("sortie.db");
        write_file(place.database, copied, size);
        free(copied);
        int now = salvage(news, sizeof news);
        ck_assert_msg(count_files("sortie.db.damaged-") > 0, "page %zu", at / PAGE + 1);
        ck_assert_msg(strstr(news, "sortie.db was damaged and is kept as sortie.db.damaged-2") ==
                          news,
                      "%s", news);
        lost += now;
        most = now > most ? now : most;
        if (now > 0)
            ck_assert_msg(strstr(news, "compare positions with your broker's") != NULL, "%s", news);
    }
    free(bytes);
    ck_assert_int_eq(lost, all);
    ck_assert_int_lt(most, all / 4);
}
END_TEST

START_TEST(a_truncated_database_gives_what_its_rest_holds)
{
    size_t size, damaged;
    char news[512], *bytes = read_file(sound, &size);
    int before = total_rows();
    for (size_t length = size - 1; length > PAGE; length -= 7 * PAGE + 77) {
        remove_files("sortie.db");
        write_file(place.database, bytes, length);
        int lost = salvage(news, sizeof news);
        ck_assert_msg(strstr(news, "was damaged") != NULL, "%zu of %zu: %s", length, size, news);
        ck_assert_int_gt(count_files("sortie.db.damaged-"), 0);
        ck_assert_msg(lost >= 0 && lost <= before, "%d", lost);
        if (length == size - 1) /* the last page's end is a row's, or room */
            ck_assert_int_le(lost, 1);
        if (length < 8 * PAGE)
            break;
    }
    /* so little that no row is left: it is still known to be ours */
    remove_files("sortie.db");
    write_file(place.database, bytes, 200);
    ck_assert_int_eq(salvage(news, sizeof news), before);
    free(bytes);
    char aside[600];
    struct repository *r = open_repository(place.database);
    ck_assert_str_eq(repository_news(r), ""); /* told once */
    repository_close(r);
    snprintf(aside, sizeof aside, "%s/%.*s", place.directory, 33,
             strstr(news, "sortie.db.damaged"));
    free(read_file(aside, &damaged));
    ck_assert_uint_eq(damaged, 200);
}
END_TEST

START_TEST(a_garbage_header_costs_no_row)
{
    size_t size;
    char news[512], *bytes = read_file(sound, &size);
    static const size_t lengths[] = {16, 100, PAGE};
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        memset(bytes, 0xA5, lengths[i]);
        remove_files("sortie.db");
        write_file(place.database, bytes, size);
        ck_assert_int_eq(salvage(news, sizeof news), 0);
        ck_assert_msg(strstr(news, ": all ") != NULL, "%s", news);
    }
    free(bytes);
}
END_TEST

START_TEST(a_byte_of_the_header_that_was_hit_costs_no_row)
{
    size_t size;
    char news[512], *bytes = read_file(sound, &size);
    int saved = 0;
    for (size_t i = 0; i < 100; i++) {
        char kept = bytes[i];
        bytes[i] = (char)~kept;
        remove_files("sortie.db");
        write_file(place.database, bytes, size);
        bytes[i] = kept;
        if (i >= 60 && i < 64) /* the schema's version: it is a newer one's */
            continue;
        repository_suspect(place.database);
        ck_assert_msg(salvage(news, sizeof news) == 0, "byte %zu: %s", i, news);
        saved += count_files("sortie.db.damaged-") > 0;
    }
    free(bytes);
    ck_assert_int_gt(saved, 20);
}
END_TEST

START_TEST(bytes_that_were_hit_anywhere_end_nothing)
{
    size_t size;
    char news[512], *bytes = read_file(sound, &size);
    unsigned random = 1;
    for (int round = 0; round < 40; round++) {
        char *copied = malloc(size);
        memcpy(copied, bytes, size);
        for (int hit = 0; hit < 60; hit++) {
            random = random * 1103515245 + 12345;
            if (random % size < 60 ||
                random % size >= 72) /* another version, or program, is not ours */
                copied[random % size] = (char)(random >> 24);
        }
        remove_files("sortie.db");
        write_file(place.database, copied, size);
        free(copied);
        struct repository *r = open_repository(place.database);
        snprintf(news, sizeof news, "%s", repository_news(r));
        repository_close(r);
        ASSERT_QUERY(place.database, "PRAGMA integrity_check", "ok");
    }
    free(bytes);
}
END_TEST

/* Database and journal as a kill leaves them, `after` commits later. */
static void leave_journal(int after)
{
    char from[330], to[330], other[320];
    remove_files("sortie.db");
    copy(sound, place.database);
    struct repository *r = open_repository(place.database);
    for (int i = 0; i < after; i++) {
        struct change c = sample_open(5000 + i);
        commit(r, &c, 1);
    }
    snprintf(other, sizeof other, "%s/other", place.directory);
    snprintf(from, sizeof from, "%s-wal", place.database);
    snprintf(to, sizeof to, "%s-wal", other);
    copy(place.database, other);
    copy(from, to);
    repository_close(r);
    remove_files("sortie.db");
    rename(other, place.database);
    rename(to, from);
}

static int count_later_fills(void)
{
    return ask("SELECT count(*) FROM main.fill WHERE execution_id LIKE 'E5___'");
}

START_TEST(of_a_torn_journal_every_commit_before_the_tear_is_there)
{
    char wal[330];
    size_t size;
    int before = 11;
    snprintf(wal, sizeof wal, "%s-wal", place.database);
    for (int tear = 0; tear < 10; tear++) {
        leave_journal(10);
        char *bytes = read_file(wal, &size);
        size_t cut = size * (size_t)(10 - tear) / 10 - 1;
        if (tear % 2 == 0)
            ck_assert_int_eq(truncate(wal, (off_t)cut), 0);
        else
            memset(bytes + cut - 50, 0xA5, 50);
        if (tear % 2 != 0)
            write_file(wal, bytes, size);
        free(bytes);
        struct repository *r = open_repository(place.database);
        ck_assert_str_eq(repository_news(r), ""); /* nothing acknowledged was in it */
        repository_close(r);
        ASSERT_QUERY(place.database, "PRAGMA integrity_check", "ok");
        int now = count_later_fills();
        ck_assert_int_lt(now, before);
        ck_assert_int_ge(now, tear == 0 ? 9 : 9 - tear - 1);
        before = now + 1;
    }
}
END_TEST

START_TEST(what_a_damaged_databases_journal_holds_is_saved_too)
{
    char news[512], text[32];
    size_t size;
    leave_journal(10);
    /* a page that the journal does not have */
    long page = strtol(query(sound, "SELECT rootpage FROM sqlite_master WHERE name = 'balance'",
                             text, sizeof text),
                       NULL, 10);
    char *bytes = read_file(place.database, &size);
    memset(bytes + (page - 1) * PAGE, 0, PAGE);
    write_file(place.database, bytes, size);
    free(bytes);
    struct repository *r = open_repository(place.database);
    snprintf(news, sizeof news, "%s", repository_news(r));
    repository_close(r);
    ck_assert_msg(strstr(news, "was damaged") != NULL, "%s", news);
    ck_assert_int_eq(count_later_fills(), 10);
    ck_assert_int_eq(count_files("sortie.db.damaged-"), 3); /* with -wal and -shm */
}
END_TEST

START_TEST(a_salvage_that_was_cut_off_is_ended_by_the_next_start)
{
    char news[512], ready[330], wal[330];
    size_t size;
    char *bytes = read_file(sound, &size);
    memset(bytes, 0xA5, 100);
    write_file(place.database, bytes, size);
    ck_assert_int_eq(salvage(news, sizeof news), 0);
    snprintf(ready, sizeof ready, "%s.salvaged", place.database);
    snprintf(wal, sizeof wal, "%s-wal", place.database);
    /* as it was before the last renames: the damaged one and its journal are still there */
    ck_assert_int_eq(rename(place.database, ready), 0);
    remove_files("sortie.db.damaged-");
    write_file(place.database, bytes, size);
    write_file(wal, bytes, PAGE);
    free(bytes);
    struct repository *r = open_repository(place.database);
    ck_assert_str_eq(repository_news(r), news);
    repository_close(r);
    ck_assert_int_eq(count_files("sortie.db.damaged-"), 2);
    ck_assert_int_eq(count_files("sortie.db.salvage"), 0);
    /* and before the very last one: only the new one is there */
    ck_assert_int_eq(rename(place.database, ready), 0);
    remove_files("sortie.db.damaged-");
    repository_close(open_repository(place.database));
    ck_assert_int_eq(ask("SELECT count(*) FROM main.trade"), ROUNDS / 3);
}
END_TEST

/* Makes `place.database` over 1 MiB. */
static void make_large(void)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "INSERT INTO audit (time, what, mode, account, symbol, before, why) "
                     "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600) "
                     "SELECT i, 'open', 'SIM', 'Sim1', 'S', hex(zeroblob(1500)), 'test' FROM n",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
}

static void zero_page_of(const char *query_text)
{
    char text[32], blank[PAGE] = {0};
    long page = strtol(query(place.database, query_text, text, sizeof text), NULL, 10);
    FILE *file = fopen(place.database, "r+b");
    ck_assert_ptr_nonnull(file);
    fseek(file, (page - 1) * PAGE, SEEK_SET);
    fwrite(blank, 1, sizeof blank, file);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(of_a_large_database_the_open_positions_are_looked_at_and_all_once_it_is_suspected)
{
    make_large();
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'trade_by_exit'");
    struct repository *r = open_repository(place.database);
    ck_assert_str_eq(repository_news(r), ""); /* not looked at */
    repository_close(r);
    repository_suspect(place.database);
    r = open_repository(place.database);
    ck_assert_msg(strstr(repository_news(r), ": all ") != NULL, "%s", repository_news(r));
    repository_close(r);
    ck_assert_int_eq(count_files("sortie.db.suspect"), 0);
    remove_files("sortie.db.damaged-");
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'open_position'");
    r = open_repository(place.database);
    ck_assert_msg(strstr(repository_news(r), "was damaged") != NULL, "%s", repository_news(r));
    repository_close(r);
}
END_TEST

static bool visit_fill(void *context, const struct fill *f)
{
    (void)context, (void)f;
    return true;
}

static bool count_asks(void *context)
{
    int *asks = context;
    return ++*asks > 0;
}

static bool end_now(void *context)
{
    (void)context;
    return false;
}

START_TEST(all_of_a_database_is_looked_through_while_it_is_used)
{
    struct error error = {0};
    int asks = 0;
    make_large();
    struct repository *r = open_repository(place.database);
    struct change c = sample_open(5000);
    ck_assert_msg(diagnosis_look_through(place.database, count_asks, &asks, &error), "%s",
                  error.text);
    ck_assert_int_gt(asks, 0);
    ck_assert(!diagnosis_look_through(place.database, end_now, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_NONE);
    ck_assert_int_eq(count_files("sortie.db.suspect"), 0);
    commit(r, &c, 1);
    repository_close(r);
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'trade_by_exit'");
    r = open_repository(place.database);
    ck_assert_str_eq(repository_news(r), ""); /* not met */
    ck_assert(!diagnosis_look_through(place.database, NULL, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_DAMAGED);
    ck_assert_msg(strstr(error.text, "sortie.db is damaged: end the console and start it anew") !=
                      NULL,
                  "%s", error.text);
    repository_close(r);
    r = open_repository(place.database);
    ck_assert_msg(strstr(repository_news(r), "was damaged") != NULL, "%s", repository_news(r));
    repository_close(r);
}
END_TEST

/* A start after a crash is as quick as one after a clean end. */
START_TEST(after_an_unclean_end_a_large_database_is_not_looked_through_before_the_start)
{
    char wal[330], from[330], to[330], other[320];
    make_large();
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'trade_by_exit'");
    struct repository *r = open_repository(place.database);
    struct change c = {.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
    commit(r, &c, 1);
    snprintf(other, sizeof other, "%s/other", place.directory);
    snprintf(from, sizeof from, "%s-wal", place.database);
    snprintf(to, sizeof to, "%s-wal", other);
    copy(place.database, other);
    copy(from, to);
    repository_close(r);
    remove_files("sortie.db");
    rename(other, place.database);
    snprintf(wal, sizeof wal, "%s-wal", place.database);
    rename(to, wal);
    r = open_repository(place.database);
    ck_assert_str_eq(repository_news(r), "");
    repository_close(r);
}
END_TEST

START_TEST(damage_met_while_running_is_looked_for_at_the_next_start)
{
    struct error error = {0};
    make_large();
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'fill_by_time'");
    struct repository *r = open_repository(place.database);
    ck_assert(!repository_each_fill(r, 0, visit_fill, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_DAMAGED);
    repository_close(r);
    r = open_repository(place.database);
    ck_assert_msg(strstr(repository_news(r), "was damaged") != NULL, "%s", repository_news(r));
    ck_assert(repository_each_fill(r, 0, visit_fill, NULL, &error));
    repository_close(r);
    ck_assert_int_eq(ask("SELECT count(*) FROM main.trade"), ROUNDS / 3);
}
END_TEST

static void assert_refused_untouched(enum error_code code)
{
    size_t before_size, after_size;
    struct error error = {0};
    char *before = read_file(place.database, &before_size);
    ck_assert_ptr_null(repository_open(place.database, &error));
    ck_assert_msg(error.code == code, "%d: %s", error.code, error.text);
    char *after = read_file(place.database, &after_size);
    ck_assert_uint_eq(before_size, after_size);
    ck_assert_int_eq(memcmp(before, after, before_size), 0);
    ck_assert_int_eq(count_files("sortie.db.damaged"), 0);
    ck_assert_int_eq(count_files("sortie.db.salvage"), 0);
    free(before);
    free(after);
}

START_TEST(what_is_not_ours_is_refused_untouched_damaged_or_not)
{
    char noise[5 * PAGE];
    for (size_t i = 0; i < sizeof noise; i++)
        noise[i] = (char)(i * 7919 >> 3);
    remove_files("sortie.db");
    write_file(place.database, noise, sizeof noise);
    assert_refused_untouched(ERROR_DAMAGED);

    sqlite3 *db;
    remove_files("sortie.db");
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "CREATE TABLE recipe (id INTEGER PRIMARY KEY, name TEXT, how TEXT); "
                     "WITH n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 500) "
                     "INSERT INTO recipe SELECT i, 'bread', hex(zeroblob(50)) FROM n",
                     NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    zero_page_of("SELECT 3");
    assert_refused_untouched(ERROR_DAMAGED);

    remove_files("sortie.db");
    copy(sound, place.database);
    char text[32];
    query(place.database, "PRAGMA journal_mode = DELETE", text, sizeof text);
    query(place.database, "PRAGMA user_version = 1000", text, sizeof text);
    zero_page_of("SELECT rootpage FROM sqlite_master WHERE name = 'trade'");
    assert_refused_untouched(ERROR_NEWER);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store salvage");
    TCase *t = tcase_create("salvage");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, make_sound, remove_place);
    tcase_add_test(t, with_any_page_zeroed_every_row_of_all_others_is_saved);
    tcase_add_test(t, a_truncated_database_gives_what_its_rest_holds);
    tcase_add_test(t, a_garbage_header_costs_no_row);
    tcase_add_test(t, a_byte_of_the_header_that_was_hit_costs_no_row);
    tcase_add_test(t, bytes_that_were_hit_anywhere_end_nothing);
    tcase_add_test(t, of_a_torn_journal_every_commit_before_the_tear_is_there);
    tcase_add_test(t, what_a_damaged_databases_journal_holds_is_saved_too);
    tcase_add_test(t, a_salvage_that_was_cut_off_is_ended_by_the_next_start);
    tcase_add_test(
        t, of_a_large_database_the_open_positions_are_looked_at_and_all_once_it_is_suspected);
    tcase_add_test(t, all_of_a_database_is_looked_through_while_it_is_used);
    tcase_add_test(t, after_an_unclean_end_a_large_database_is_not_looked_through_before_the_start);
    tcase_add_test(t, damage_met_while_running_is_looked_for_at_the_next_start);
    tcase_add_test(t, what_is_not_ours_is_refused_untouched_damaged_or_not);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
