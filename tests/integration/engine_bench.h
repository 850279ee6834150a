/* The real engine with a real database in a directory of its own, against a scripted server. The
 * test is its loop and its clock, so nothing has to be waited for. */
#ifndef SORTIE_TESTS_ENGINE_BENCH_H
#define SORTIE_TESTS_ENGINE_BENCH_H

#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include "support/peer.h"
#include "support/test.h"
#include "support/truth_check.h"

#include <math.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define MES "MESZ26_FUT_CME"
#define MNQ "MNQZ26_FUT_CME"

/* The wall clock at the start of a test, in seconds: 2027-01-15 08:00 UTC. */
#define START_TIME INT64_C(1800000000)

static struct {
    char directory[256], database[300], log_path[300];
    struct config config;
    struct peer *peer, *past_peer; /* of the prices of the past; NULL: the same */
    struct state *state;
    struct command_queue *commands;
    struct log *log;
    struct engine *engine;
    struct writer *writer;
    int64_t now, wall;
    unsigned marks;
    int idle_turns;
    bool threaded;  /* the engine turns in its own thread, and reads the past in another */
    bool is_absurd; /* numbers of no market, or rows by hand: nothing is recomputed from them */
    struct snapshot shown; /* look() */
} b;

static const struct account_key SIM1 = {MODE_SIM, "Sim1"}, LIVE = {MODE_LIVE, "120005"};

static inline void on_durable(void *context, uint64_t sequence)
{
    (void)context;
    state_acknowledge(b.state, sequence);
}

static inline void on_trouble(void *context, bool lost, const char *sentence)
{
    (void)context;
    (void)lost;
    ck_abort_msg("the database refuses: %s", sentence);
}

/* All that a run of the console needs, on the database as it is. */
static inline void make_engine(void)
{
    struct error error = {0};
    struct state_options state = {.sim_start_balance = 10000 * MONEY_ONE};
    struct repository *r = repository_open(b.database, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    b.commands = command_queue_new();
    b.state = state_new(&state, b.wall);
    b.log = log_open(b.log_path, LOG_LEVEL_DEBUG, NULL);
    b.engine = engine_new(&(struct engine_options){&b.config, b.state, b.commands, b.log});
    b.engine->now = b.now;
    b.engine->wall = b.wall;
    b.engine->steady = b.now;
    ck_assert_msg(engine_restore(b.engine, r, &error), "%s", error.text);
    if (!b.threaded)
        ck_assert_msg(engine_load(b.engine, r, &error), "%s", error.text);
    char spill[300];
    text_format(spill, sizeof spill, "%s/spill.jsonl", b.directory);
    struct writer_listener listener = {NULL, on_durable, on_trouble};
    b.writer = writer_start(r, spill, &listener, &error);
    ck_assert_msg(b.writer != NULL, "%s", error.text);
}

/* A run begins, its loop turned by the test. */
static inline void begin(void)
{
    make_engine();
    b.engine->writer = b.writer;
    engine_connect(b.engine);
}

/* The run ends; all it wrote is in the database. */
static inline void end(void)
{
    if (b.engine == NULL)
        return;
    ck_assert(writer_stop(b.writer, NULL));
    engine_free(b.engine);
    state_free(b.state);
    command_queue_free(b.commands);
    log_close(b.log);
    b.engine = NULL;
    peer_hang_up(b.peer);
}

/* With the database that is in this directory, or will be. */
static inline void set_up_in(const char *directory)
{
    memset(&b, 0, sizeof b);
    text_copy(b.directory, sizeof b.directory, directory);
    text_format(b.database, sizeof b.database, "%s/sortie.db", b.directory);
    text_format(b.log_path, sizeof b.log_path, "%s/sortie.log", b.directory);
    b.now = 1000 * CLOCK_SECOND;
    tzset(); /* before there are threads, as the console does */
    b.wall = START_TIME * CLOCK_SECOND;
    b.peer = peer_new();
    config_set_defaults(&b.config);
    b.config.port = peer_port(b.peer);
    text_copy(b.config.encoding, sizeof b.config.encoding, "json"); /* the peer's */
}

static inline void set_up(void)
{
    char directory[sizeof b.directory];
    test_directory_make(directory, sizeof directory);
    set_up_in(directory);
}

/* Whatever a test has done, what it leaves behind is what its fills make. */
static inline void tear_down(void)
{
    end();
    if (!b.is_absurd && access(b.database, F_OK) == 0)
        ck_assert_int_eq(truth_check_with(b.database, &b.config, stdout), 0);
    peer_free(b.peer);
    if (b.past_peer != NULL)
        peer_free(b.past_peer);
    test_directory_remove(b.directory);
}

/* One turn of the engine's loop, and of the server's. */
static inline void turn(void)
{
    struct pollfd p = {0};
    peer_pump(b.peer);
    if (b.past_peer != NULL)
        peer_pump(b.past_peer);
    p.fd = dtc_session_descriptor(b.engine->session, &p.events);
    /* what was sent is here at once, but for the threads of others */
    poll(&p, 1, b.idle_turns < 5 ? 0 : 1);
    b.idle_turns = p.revents != 0 ? 0 : b.idle_turns + 1;
    b.engine->now = b.now;
    b.engine->wall = b.wall;
    b.engine->steady = b.now;
    engine_turn(b.engine, p.fd >= 0 ? p.revents : 0);
}

static inline bool is_online(void)
{
    return dtc_session_phase(b.engine->session) == DTC_ONLINE;
}

static inline const struct snapshot *look(void)
{
    state_copy(b.state, &b.shown);
    return &b.shown;
}

static inline int64_t give_up_time(void)
{
    return clock_monotonic_us() + 20 * CLOCK_SECOND;
}

static inline bool mark_is_shown(void)
{
    char mark[32];
    const struct snapshot *s = look();
    text_format(mark, sizeof mark, "server: mark %u", b.marks);
    for (uint64_t n = s->message_total; n > 0 && n + SNAPSHOT_MESSAGES > s->message_total; n--)
        if (strcmp(s->messages[(n - 1) % SNAPSHOT_MESSAGES].text, mark) == 0)
            return true;
    return false;
}

/* The engine has taken all that the server has sent so far. */
static inline void engine_catches_up(void)
{
    int64_t limit = give_up_time();
    for (int turns = 0; turns == 0 || !mark_is_shown(); turns++) {
        /* now and then another: so many messages may have followed that the first is gone */
        if (turns % 100 == 0) {
            b.engine->voices[SPEAKER_SERVER].used = 0; /* no mark is one too many */
            peer_send(b.peer, "{'Type':701,'MessageText':'mark %u'}", ++b.marks);
        }
        turn();
        ck_assert_msg(clock_monotonic_us() < limit, "the engine heard nothing");
    }
}

/* The server has taken, and answered, all that the engine has sent so far. */
static inline void peer_catches_up(void)
{
    union dtc_message heartbeat;
    int64_t limit = give_up_time();
    unsigned beats = peer_count(b.peer, DTC_HEARTBEAT);
    dtc_message_init(&heartbeat, DTC_HEARTBEAT);
    ck_assert(dtc_session_send(b.engine->session, &heartbeat));
    dtc_session_service(b.engine->session, POLLOUT, b.now); /* what was gathered goes out */
    while (peer_count(b.peer, DTC_HEARTBEAT) == beats) {
        turn(); /* what is sent goes out with it */
        ck_assert_msg(clock_monotonic_us() < limit, "the server heard nothing");
    }
}

/* Until neither side has anything more to say. */
static inline void settle(void)
{
    for (unsigned heard = 0, before = 1; heard != before;) {
        before = peer_count(b.peer, 0) - peer_count(b.peer, DTC_HEARTBEAT);
        engine_catches_up();
        peer_catches_up();
        heard = peer_count(b.peer, 0) - peer_count(b.peer, DTC_HEARTBEAT);
    }
}

static inline void go_online(void)
{
    int64_t limit = give_up_time();
    while (!is_online()) {
        ck_assert_msg(clock_monotonic_us() < limit, "not online: %s", look()->connection.sentence);
        turn();
    }
    settle();
}

/* Time passes, in steps of the engine's own; the server answers meanwhile. */
static inline void pass(int64_t us)
{
    for (int64_t left = us; left > 0; left -= 250 * CLOCK_MS) {
        int64_t step = left < 250 * CLOCK_MS ? left : 250 * CLOCK_MS;
        b.now += step;
        b.wall += step;
        settle();
    }
}

/* Time passes with nothing but heartbeats. */
static inline void skip(int64_t seconds)
{
    for (int64_t left = seconds; left > 0; left -= 10) {
        int64_t step = left < 10 ? left : 10;
        b.now += step * CLOCK_SECOND;
        b.wall += step * CLOCK_SECOND;
        settle();
    }
}

static inline void start(void)
{
    begin();
    go_online();
}

static inline void restart(void)
{
    end();
    start();
}

/* The connection is lost, and comes again. */
static inline void lose_connection(void)
{
    int64_t limit = give_up_time();
    peer_hang_up(b.peer);
    while (is_online()) {
        turn();
        ck_assert_msg(clock_monotonic_us() < limit, "still online");
    }
}

static inline void reconnect(void)
{
    lose_connection();
    b.now += 40 * CLOCK_SECOND;
    b.wall += 40 * CLOCK_SECOND;
    go_online();
}

static inline void command(enum command_kind kind, const struct account_key *key,
                           const char *symbol, double price)
{
    struct command c = {.kind = kind, .key = *key, .price = price};
    text_copy(c.symbol, sizeof c.symbol, symbol);
    ck_assert(command_post(b.commands, &c));
    settle();
}

/* NULL when flat. */
static inline const struct position *position_of(const struct account_key *key, const char *symbol)
{
    int i = snapshot_find_position(look(), key, symbol);
    return i < 0 ? NULL : &b.shown.positions[i];
}

static inline double held(const struct account_key *key, const char *symbol)
{
    const struct position *p = position_of(key, symbol);
    return p == NULL ? 0 : p->quantity;
}

static inline bool is_confirmed(const struct account_key *key, const char *symbol)
{
    int i = snapshot_find_position(look(), key, symbol);
    ck_assert_int_ge(i, 0);
    return b.shown.position_confirmed[i];
}

static inline const struct market *market_of(const char *symbol)
{
    int i = snapshot_find_symbol(look(), symbol);
    ck_assert_msg(i >= 0, "%s is not known", symbol);
    return &b.shown.markets[i];
}

static inline const struct instrument *instrument_of(const char *symbol)
{
    int i = snapshot_find_symbol(look(), symbol);
    ck_assert_msg(i >= 0, "%s is not known", symbol);
    return &b.shown.instruments[i];
}

static inline const struct account *account_of_key(const struct account_key *key)
{
    int i = snapshot_find_account(look(), key);
    ck_assert_msg(i >= 0, "%s is not known", key->account);
    return &b.shown.accounts[i];
}

/* NULL when there is none with that server id. */
static inline const struct order *order_of(const char *server_id)
{
    look();
    for (uint32_t i = 0; i < b.shown.order_count; i++)
        if (strcmp(b.shown.orders[i].server_id, server_id) == 0)
            return &b.shown.orders[i];
    return NULL;
}

/* How often a message with these words was shown, in all runs of the test. */
static inline int times_said(const char *words)
{
    int times = 0;
    char *text = test_file_read(b.log_path);
    for (const char *c = text; (c = strstr(c, words)) != NULL; c++)
        times++;
    free(text);
    return times;
}

#define ck_assert_said(words)                                                                      \
    do {                                                                                           \
        char *all_said = test_file_read(b.log_path);                                               \
        ck_assert_msg(strstr(all_said, words) != NULL, "\"%s\" is not in:\n%s", words, all_said);  \
        free(all_said);                                                                            \
    } while (0)

/* Of the database, once all that was posted is in it. */
static inline double query(const char *sql)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    int64_t limit = give_up_time();
    uint64_t durable = 0;
    while (b.engine != NULL && look()->changes_durable < b.shown.changes_issued) {
        if (b.shown.changes_durable > durable)
            limit = give_up_time();
        durable = b.shown.changes_durable;
        ck_assert_msg(clock_monotonic_us() < limit, "nothing is written");
        poll(NULL, 0, 1);
    }
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    double value = sqlite3_step(s) == SQLITE_ROW ? sqlite3_column_double(s, 0) : (double)NAN;
    sqlite3_finalize(s);
    sqlite3_close(db);
    return value;
}

/* The row is the trade that those fills make: times to the second, as histories give them. */
static inline void check_trade(sqlite3_stmt *row, const struct truth_position *t, const char *sql)
{
    const char *side = (const char *)sqlite3_column_text(row, 0);
    money pnl = sqlite3_column_int64(row, 6);
    bool same = strcmp(side, t->side > 0 ? "long" : "short") == 0 &&
                sqlite3_column_double(row, 1) == (double)t->greatest / 1e9 &&
                llabs(sqlite3_column_int64(row, 2) - t->entry_time) < CLOCK_SECOND &&
                llabs(sqlite3_column_int64(row, 3) - t->last_time) < CLOCK_SECOND &&
                fabsl((long double)sqlite3_column_double(row, 4) - t->average_entry) < 1e-8L &&
                fabsl((long double)sqlite3_column_double(row, 5) - t->average_exit) < 1e-8L &&
                llabs(pnl - t->realized) <= t->doubts;
    ck_assert_msg(same,
                  "%s: a trade is %s %g @ %.10g to %.10g, %lld, at %lld to %lld; not %d %g @ "
                  "%.10Lg to %.10Lg, %lld, at %lld to %lld",
                  sql, side, sqlite3_column_double(row, 1), sqlite3_column_double(row, 4),
                  sqlite3_column_double(row, 5), (long long)pnl,
                  (long long)sqlite3_column_int64(row, 2), (long long)sqlite3_column_int64(row, 3),
                  t->side, (double)t->greatest / 1e9, t->average_entry, t->average_exit,
                  (long long)t->realized, (long long)t->entry_time, (long long)t->last_time);
}

/* The trades of that position are those that the fills make in this order, and no others. Returns
 * what they leave open, signed. */
static inline double check_trades(const char *account, const char *symbol,
                                  const struct truth_event *events, size_t count,
                                  double point_value)
{
    char sql[512];
    sqlite3 *db;
    sqlite3_stmt *s;
    double left = 0;
    struct truth_position t;
    struct truth_span *spans = calloc(2 * count + 2, sizeof *spans);
    size_t span_count = truth_find(events, count, spans);
    text_format(sql, sizeof sql,
                "SELECT side, quantity, entry_time, exit_time, entry_price, exit_price, "
                "realized_pnl FROM trade WHERE account = '%s' AND symbol = '%s' ORDER BY id",
                account, symbol);
    query("SELECT 1"); /* all is written */
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    for (size_t i = 0; i < span_count; i++) {
        truth_work_out(events, &spans[i], point_value, &t);
        if (!spans[i].is_closed) {
            left = (double)(t.side * t.held) / 1e9;
            continue;
        }
        ck_assert_msg(sqlite3_step(s) == SQLITE_ROW, "%s: a trade is missing", sql);
        check_trade(s, &t, sql);
    }
    ck_assert_msg(sqlite3_step(s) != SQLITE_ROW, "%s: a trade too many", sql);
    sqlite3_finalize(s);
    sqlite3_close(db);
    free(spans);
    return left;
}

/* Extremes are written a moment later, and nobody is told. */
static inline void await_query(const char *sql, double value)
{
    int64_t limit = give_up_time();
    while (query(sql) != value) {
        ck_assert_msg(clock_monotonic_us() < limit, "%s gives %g", sql, query(sql));
        poll(NULL, 0, 5);
    }
}

/* A fill; what is left out: Sim1, MES, a purchase of 1, in an order of its own that it fills, now.
 */
struct sent_fill {
    const char *account, *symbol, *order, *execution;
    int sells;
    double quantity, price, filled;
    int64_t ago; /* seconds */
};

static inline struct sent_fill with_defaults(const struct sent_fill *given)
{
    struct sent_fill f = *given;
    f.account = f.account != NULL ? f.account : "Sim1";
    f.symbol = f.symbol != NULL ? f.symbol : MES;
    f.execution = f.execution != NULL ? f.execution : "";
    f.order = f.order != NULL ? f.order : f.execution;
    f.quantity = f.quantity != 0 ? f.quantity : 1;
    f.filled = f.filled != 0 ? f.filled : f.quantity;
    return f;
}

static inline void send_fill(const struct sent_fill *given)
{
    struct sent_fill f = with_defaults(given);
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'%s','Symbol':'%s','ServerOrderID':'%s','OrderStatus':7,"
              "'OrderUpdateReason':4,'OrderType':1,'BuySell':%d,'OrderQuantity':%.10g,"
              "'FilledQuantity':%.10g,'LastFillQuantity':%.10g,'LastFillPrice':%.10g,"
              "'LastFillDateTime':%lld,'LastFillExecutionID':'%s'}",
              f.account, f.symbol, f.order, f.sells ? 2 : 1, f.filled, f.filled, f.quantity,
              f.price, (long long)(b.wall / CLOCK_MS - f.ago * 1000), f.execution);
}

#define FILL(...) send_fill(&(struct sent_fill){__VA_ARGS__})

/* The fill history of the server from now on. */
static inline void answer_history(const struct sent_fill *fills, size_t count)
{
    char text[8192] = "[";
    size_t used = 1;
    for (size_t i = 0; i < count; i++) {
        struct sent_fill f = with_defaults(&fills[i]);
        used +=
            text_format(text + used, sizeof text - used,
                        "%s{'Type':304,'TradeAccount':'%s','Symbol':'%s','ServerOrderID':'%s',"
                        "'BuySell':%d,'Price':%.10g,'DateTime':%lld,'Quantity':%.10g,"
                        "'UniqueExecutionID':'%s'}",
                        i > 0 ? "," : "", f.account, f.symbol, f.order, f.sells ? 2 : 1, f.price,
                        (long long)(b.wall / CLOCK_SECOND - f.ago), f.quantity, f.execution);
        ck_assert_uint_lt(used, sizeof text - 2);
    }
    text_format(text + used, sizeof text - used, "]");
    peer_answer(b.peer, DTC_HISTORICAL_ORDER_FILLS_REQUEST, "TradeAccount",
                count > 0 ? with_defaults(&fills[0]).account : "Sim1",
                count > 0 ? text : "[{'Type':304,'NoOrderFills':1}]");
}

#define HISTORY(...)                                                                               \
    do {                                                                                           \
        const struct sent_fill past[] = {__VA_ARGS__};                                             \
        answer_history(past, sizeof past / sizeof past[0]);                                        \
    } while (0)

static inline int64_t wall_seconds(void)
{
    return b.wall / CLOCK_SECOND;
}

/* The last trade of the snapshot that answers a subscription from now on. */
static inline void answer_snapshot(double price, int64_t time)
{
    char text[300];
    text_format(text, sizeof text,
                "[{'Type':104,'SymbolID':'$SymbolID','LastTradePrice':%.10g,'LastTradeDateTime':"
                "%lld,'BidPrice':%.10g,'AskPrice':%.10g}]",
                price, (long long)time, price, price + 0.25);
    peer_answer(b.peer, DTC_MARKET_DATA_REQUEST, NULL, NULL, text);
}

/* One of the first symbol, now. */
static inline void send_trade(double price)
{
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':1,'DateTime':%lld}", price,
              (long long)wall_seconds());
    settle();
}

/* --- prices of the past --- */

struct past {
    int64_t time;
    double low, high, volume, bid, ask; /* ticks: at bid or ask where that is not 0 */
};

/* The answer of `peer` to questions for ticks (interval 0) or bars from now on. */
static inline void answer_past(struct peer *peer, int interval, const struct past *p, size_t count)
{
    char text[4096];
    size_t used = text_format(text, sizeof text, "[{'Type':801,'RecordInterval':%d}", interval);
    for (size_t i = 0; i < count; i++, p++) {
        if (interval == 0)
            used += text_format(text + used, sizeof text - used,
                                ",{'Type':804,'DateTime':%lld,'Price':%.10g,'Volume':%.10g,"
                                "'AtBidOrAsk':%d",
                                (long long)p->time, p->low, p->volume,
                                p->bid > 0   ? 1
                                : p->ask > 0 ? 2
                                             : 0);
        else
            used += text_format(text + used, sizeof text - used,
                                ",{'Type':803,'StartDateTime':%lld000000,'OpenPrice':%.10g,"
                                "'HighPrice':%.10g,'LowPrice':%.10g,'LastPrice':%.10g,"
                                "'Volume':%.10g,'BidVolume':%.10g,'AskVolume':%.10g",
                                (long long)p->time, p->low, p->high, p->low, p->low, p->volume,
                                p->bid, p->ask);
        used +=
            text_format(text + used, sizeof text - used, ",'IsFinalRecord':%d}", i + 1 == count);
    }
    text_format(text + used, sizeof text - used, "]");
    peer_answer(peer, 800, "RecordInterval", interval == 0 ? "" : "60", text);
}

#define TICKS(...)                                                                                 \
    do {                                                                                           \
        const struct past list[] = {__VA_ARGS__};                                                  \
        answer_past(b.peer, 0, list, sizeof list / sizeof list[0]);                                \
    } while (0)
#define BARS(...)                                                                                  \
    do {                                                                                           \
        const struct past list[] = {__VA_ARGS__};                                                  \
        answer_past(b.peer, 60, list, sizeof list / sizeof list[0]);                               \
    } while (0)

static inline void no_ticks(void)
{
    peer_answer(b.peer, 800, "RecordInterval", "",
                "[{'Type':802,'RejectText':'bars only','RejectReasonCode':2}]");
}

static inline void no_bars(void)
{
    peer_answer(b.peer, 800, "RecordInterval", "60",
                "[{'Type':802,'RejectText':'no','RejectReasonCode':2}]");
}

/* The tests of a case; each gets a bench. */
#define CASE_ADD(suite, name, tests) case_add(suite, name, tests, sizeof(tests) / sizeof *(tests))

static inline void case_add(Suite *s, const char *name, const TTest *const *tests, size_t count)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}

#endif
