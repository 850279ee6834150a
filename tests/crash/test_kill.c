/* The real console in a terminal, on the real simulated server, killed with SIGKILL: what had
 * happened is there again, once. */
#include "base/text.h"
#include "integration/test_sim_process.h"
#include "state/snapshot.h"
#include "store/repository.h"
#include "support/terminal.h"

#include <math.h>
#include <sqlite3.h>

/* In the header: a message would make way for later ones. */
#define ONLINE "● 127.0.0.1"

enum { ROUNDS = 20, PATIENCE_MS = 30000 };

static const char MES[] = "MESZ26_FUT_CME";

static char directory[256], database[300];
static struct server server;
static int port;
static sqlite3 *db;

static void setup(void)
{
    test_directory_make(directory, sizeof directory);
    text_format(database, sizeof database, "%s/sortie.db", directory);
}

static void teardown(void)
{
    sqlite3_close(db);
    db = NULL;
    kill(server.pid, SIGKILL);
    waitpid(server.pid, NULL, 0);
    close(server.output);
    test_directory_remove(directory);
}

static struct terminal *start_console(void)
{
    char number[16];
    text_format(number, sizeof number, "%d", port);
    char *argv[] = {BUILD_DIR "/sortie", "--host",  "127.0.0.1", "--port", number,
                    "--data-dir",        directory, NULL};
    return terminal_start(argv, NULL, 24, 80);
}

static void open_database(void)
{
    if (db != NULL)
        return;
    ck_assert_int_eq(sqlite3_open_v2(database, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    sqlite3_busy_timeout(db, PATIENCE_MS);
}

static double query(const char *sql)
{
    sqlite3_stmt *s;
    open_database();
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    double value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 0) : NAN;
    sqlite3_finalize(s);
    return value;
}

struct expectation {
    const char *sql;
    double value;
};

static bool holds(struct terminal *t, void *context)
{
    (void)t;
    const struct expectation *e = context;
    return query(e->sql) == e->value;
}

static void wait_for(struct terminal *t, const char *sql, double value)
{
    terminal_wait_until(t, holds, &(struct expectation){sql, value}, PATIENCE_MS);
}

static void market_order(struct client *c, const char *id, int buy_sell, int quantity)
{
    char order[400];
    text_format(
        order, sizeof order,
        "{\"Type\":208,\"Symbol\":\"%s\",\"TradeAccount\":\"Sim1\",\"ClientOrderID\":\"%s\","
        "\"OrderType\":1,\"BuySell\":%d,\"Quantity\":%d}",
        MES, id, buy_sell, quantity);
    client_send(c, order);
}

START_TEST(a_killed_console_comes_back_with_its_position_and_closes_it_once)
{
    struct client trader;
    char entry[64];
    port = start_with(&server, (const char *const[]){"--port", "0", "--no-bot", NULL});
    client_open(&trader, port, NULL);
    client_log_on(&trader);

    struct terminal *t = start_console();
    terminal_wait_for(t, ONLINE, PATIENCE_MS);
    market_order(&trader, "in", 1, 2);
    terminal_wait_for(t, "LONG 2 MESZ26_FUT_CME", PATIENCE_MS);
    wait_for(t, "SELECT count(*) FROM open_position", 1);
    double price = query("SELECT entry_price FROM open_position");
    double entry_time = query("SELECT entry_time FROM open_position");
    terminal_kill(t, SIGKILL);
    ck_assert_int_eq(terminal_wait_exit(t, PATIENCE_MS), 128 + SIGKILL);
    terminal_free(t);

    t = start_console();
    terminal_wait_for(t, "Recovered positions", PATIENCE_MS);
    text_format(entry, sizeof entry, "LONG 2 MESZ26_FUT_CME @ %.2f", price);
    terminal_wait_for(t, entry, PATIENCE_MS);
    terminal_wait_for(t, "MAE ", PATIENCE_MS);
    terminal_wait_for(t, "confirmed by the server", PATIENCE_MS);
    terminal_send(t, "\r");
    terminal_wait_gone(t, "Recovered positions", PATIENCE_MS);
    market_order(&trader, "out", 2, 2);
    wait_for(t, "SELECT count(*) FROM trade", 1);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE symbol = 'MESZ26_FUT_CME' AND "
                              "side = 'long' AND quantity = 2 AND origin = 'recovered'"),
                        1);
    ck_assert_double_eq(query("SELECT entry_price FROM trade"), price);
    ck_assert_double_eq(query("SELECT entry_time FROM trade"), entry_time);
    terminal_send(t, "q");
    ck_assert_int_eq(terminal_wait_exit(t, PATIENCE_MS), 0);
    terminal_free(t);
    client_close(&trader);
}
END_TEST

START_TEST(a_trade_that_closes_while_the_console_is_down_is_recorded_at_its_true_price)
{
    struct client trader;
    port = start_with(&server, (const char *const[]){"--port", "0", "--no-bot", NULL});
    client_open(&trader, port, NULL);
    client_log_on(&trader);
    struct terminal *t = start_console();
    terminal_wait_for(t, ONLINE, PATIENCE_MS);
    market_order(&trader, "in", 2, 1);
    wait_for(t, "SELECT count(*) FROM open_position", 1);
    terminal_kill(t, SIGKILL);
    terminal_wait_exit(t, PATIENCE_MS);
    terminal_free(t);

    double exit_price = NAN;
    market_order(&trader, "out", 1, 1);
    while (isnan(exit_price)) {
        json_t *update = client_expect(&trader, 301);
        if (strcmp(get_text(update, "ClientOrderID"), "out") == 0 &&
            get_int(update, "OrderUpdateReason") == 4)
            exit_price = get_number(update, "LastFillPrice");
        json_decref(update);
    }
    t = start_console();
    terminal_wait_for(t, "Recovered positions", PATIENCE_MS);
    wait_for(t, "SELECT count(*) FROM trade", 1);
    ck_assert_double_eq(query("SELECT exit_price FROM trade"), exit_price);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'recovered'"), 1);
    terminal_free(t);
    client_close(&trader);
}
END_TEST

/* The books inside the database agree with each other: a position is the sum of its fills, a
 * trade's fills cancel out. */
static void check_books(void)
{
    ck_assert_double_eq(
        query("SELECT count(*) FROM (SELECT symbol FROM fill GROUP BY symbol HAVING "
              "abs(sum(CASE side WHEN 'long' THEN quantity ELSE -quantity END) - coalesce((SELECT "
              "quantity FROM open_position p WHERE p.symbol = fill.symbol), 0)) > 1e-9)"),
        0);
    ck_assert_double_eq(query("SELECT count(*) FROM (SELECT identity FROM fill GROUP BY identity "
                              "HAVING count(*) > 1)"),
                        0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade t WHERE NOT EXISTS (SELECT 1 FROM fill f "
                              "WHERE f.trade_id = t.id)"),
                        0);
}

/* What a killed console had last said to be durable. */
static void check_acknowledged(void)
{
    char path[300];
    static struct snapshot last;
    text_format(path, sizeof path, "%s/sortie.snap", directory);
    struct snapshot_map *map = snapshot_map_open(path, NULL);
    ck_assert_ptr_nonnull(map);
    uint64_t sequence = snapshot_read(map, &last);
    snapshot_map_close(map);
    if (sequence == 0 || !last.statistics_ready || last.changes_durable < last.changes_issued)
        return; /* killed while publishing, or with changes under way */
    char sql[300];
    text_format(sql, sizeof sql, "SELECT count(*) FROM trade WHERE account = '%s'",
                last.view.account);
    ck_assert_double_ge(query(sql), last.statistics[TIMEFRAME_ALL].trades);
    for (uint32_t i = 0; i < last.position_count; i++) {
        /* there still, or closed by a later fill that was durable before it was published */
        text_format(sql, sizeof sql,
                    "SELECT count(*) FROM (SELECT entry_time FROM open_position UNION ALL SELECT "
                    "entry_time FROM trade) WHERE entry_time = %lld",
                    (long long)last.positions[i].entry_time);
        ck_assert_double_ge(query(sql), 1);
    }
}

/* Every execution the server remembers, asked for anew. */
static json_t *ask_history(struct client *c)
{
    json_t *ids = json_object();
    client_send(c, "{\"Type\":303,\"RequestID\":9,\"TradeAccount\":\"Sim1\",\"NumberOfDays\":1}");
    for (bool more = true; more;) {
        json_t *fill = client_expect(c, 304);
        more = get_int(fill, "MessageNumber") < get_int(fill, "TotalNumberMessages");
        if (get_int(fill, "NoOrderFills") == 0)
            json_object_set_new(ids, get_text(fill, "UniqueExecutionID"), json_true());
        json_decref(fill);
    }
    return ids;
}

static size_t count_known(json_t *ids)
{
    size_t known = 0;
    sqlite3_stmt *s;
    open_database();
    ck_assert_int_eq(sqlite3_prepare_v2(db, "SELECT execution_id FROM fill", -1, &s, NULL),
                     SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW)
        known += json_object_get(ids, (const char *)sqlite3_column_text(s, 0)) != NULL;
    sqlite3_finalize(s);
    return known;
}

static bool all_known(struct terminal *t, void *ids)
{
    (void)t;
    return count_known(ids) == json_object_size(ids);
}

START_TEST(twenty_kills_at_random_moments_lose_nothing_and_count_nothing_twice)
{
    struct client observer;
    unsigned seed = 20261122;
    /* followed from the beginning: every fill of the bot is ours to count */
    struct repository *r = repository_open(database, NULL);
    ck_assert(repository_set_meta(r, "since:Sim1", "1", NULL));
    repository_close(r);
    port = start_with(&server,
                      (const char *const[]){"--port", "0", "--speed", "50", "--seed", "7", NULL});

    for (int round = 0; round < ROUNDS; round++) {
        struct terminal *t = start_console();
        terminal_wait_for(t, round % 2 == 0 ? ONLINE : "SIM", PATIENCE_MS);
        terminal_listen(t, (int)(rand_r(&seed) % 400));
        terminal_kill(t, SIGKILL);
        terminal_wait_exit(t, PATIENCE_MS);
        terminal_free(t);
        check_books();
        check_acknowledged();
    }

    struct terminal *t = start_console();
    client_open(&observer, port, NULL);
    client_log_on(&observer);
    json_t *made = ask_history(&observer);
    ck_assert_uint_gt(json_object_size(made), 0);
    terminal_wait_until(t, all_known, made, PATIENCE_MS);
    terminal_send(t, "\rq");
    terminal_wait_exit(t, PATIENCE_MS);
    terminal_free(t);
    json_decref(made);
    made = ask_history(&observer);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"),
                        (double)count_known(made)); /* and no other */
    check_books();
    json_decref(made);
    client_close(&observer);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("kill");
    TCase *t = tcase_create("kill");
    tcase_set_timeout(t, 120);
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_killed_console_comes_back_with_its_position_and_closes_it_once);
    tcase_add_test(t, a_trade_that_closes_while_the_console_is_down_is_recorded_at_its_true_price);
    tcase_add_test(t, twenty_kills_at_random_moments_lose_nothing_and_count_nothing_twice);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
