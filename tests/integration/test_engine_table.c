/* The table of domain.md, "Reconciliation": every row, by JSON and in binary, of a server that
 * gives a fill history and of one that gives none, for an account of a broker, a simulated one of a
 * trading service, and one of Sierra Chart's own simulation, which reports zeros whatever is held.
 */
#include "engine_bench.h"

#include "dtc/encoding.h"

/* --- the servers --- */

enum service { BROKER, TRADING_SERVICE, SIERRA_SIMULATION };

static const struct server {
    const char *sentence;
    int encoding;
    bool has_history;
    enum service service;
} SERVERS[] = {
#define SERVERS_IN(name, encoding)                                                                 \
    {"a broker with a fill history, " name, encoding, true, BROKER},                               \
        {"a broker without a fill history, " name, encoding, false, BROKER},                       \
        {"a simulated account with a fill history, " name, encoding, true, TRADING_SERVICE},       \
        {"a simulated account without a fill history, " name, encoding, false, TRADING_SERVICE},   \
        {"Sierra's own simulation with a fill history, " name, encoding, true, SIERRA_SIMULATION}, \
    {                                                                                              \
        "Sierra's own simulation without a fill history, " name, encoding, false,                  \
            SIERRA_SIMULATION                                                                      \
    }
    SERVERS_IN("JSON", DTC_JSON_ENCODING),
    SERVERS_IN("binary", DTC_BINARY_ENCODING),
};

enum { SERVER_COUNT = sizeof SERVERS / sizeof SERVERS[0] };

static const struct account_key *key_of(const struct server *s)
{
    return s->service == BROKER ? &LIVE : &SIM1;
}

/* What 305 is answered with from now on; $A stands for the account. NULL: not at all. */
static void say_positions(const struct server *s, const char *answer)
{
    char text[1000] = "";
    const char *account = key_of(s)->account;
    size_t used = 0;
    for (const char *c = answer; c != NULL && *c != '\0'; c++) {
        bool is_name = strncmp(c, "$A", 2) == 0;
        used += text_format(text + used, sizeof text - used, is_name ? "%s" : "%.1s",
                            is_name ? account : c);
        c += is_name;
    }
    peer_answer(b.peer, DTC_CURRENT_POSITIONS_REQUEST, NULL, NULL, answer != NULL ? text : NULL);
}

/* The fills that the server gives when it is asked for a history. */
static void say_history(const struct server *s, const struct sent_fill *fills, size_t count)
{
    struct sent_fill named[4] = {{0}};
    for (size_t i = 0; i < count; i++) {
        named[i] = fills[i];
        named[i].account = key_of(s)->account;
    }
    if (s->has_history)
        answer_history(named, count);
    else
        peer_answer(b.peer, DTC_HISTORICAL_ORDER_FILLS_REQUEST, NULL, NULL,
                    "[{'Type':308,'RejectText':'no'}]");
}

/* In steps that are long for what the engine does by the clock, and few. */
static void let_pass(int seconds)
{
    for (int left = seconds; left > 0; left -= 2) {
        b.now += (left > 1 ? 2 : 1) * CLOCK_SECOND;
        b.wall += (left > 1 ? 2 : 1) * CLOCK_SECOND;
        settle();
    }
}

/* A minute before: the console has opened LONG 1 at 5002.00 there, or nothing. */
static void begin_with(const struct server *s, bool is_open)
{
    peer_speak(b.peer, s->encoding);
    text_copy(b.config.encoding, sizeof b.config.encoding, dtc_encoding_get(s->encoding)->name);
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
    answer_snapshot(4996.5, START_TIME - 60);
    say_history(s, NULL, 0);
    if (s->service == SIERRA_SIMULATION)
        say_positions(s, "[{'Type':306,'NoPositions':1}]");
    else /* that service does report positions for this account */
        say_positions(s, "[{'Type':306,'TradeAccount':'$A','Symbol':'" MNQ
                         "','Quantity':1,'AveragePrice':20000}]");
    start();
    if (is_open)
        FILL(.account = key_of(s)->account, .execution = "in", .price = 5002);
    let_pass(3);
    command(COMMAND_DISCARD, key_of(s), MNQ, 0);
    end();
    b.now += 60 * CLOCK_SECOND;
    b.wall += 60 * CLOCK_SECOND;
}

/* --- the rows --- */

struct outcome {
    double quantity, entry_price;
    bool confirmed;
    double exit_price; /* of the one trade; 0: none */
    const char *origin;
    int fills, synthetic; /* fills in all, and of them those that nobody told of */
};

static const struct row {
    const char *sentence;
    bool flat_before, cut_off;
    const char *answer;  /* to 305 */
    const char *unasked; /* told after that */
    struct sent_fill missed[2];
    struct outcome reported[2], simulated[2]; /* without, with a fill history */
} ROWS[] = {
#define REPORT(quantity, price)                                                                    \
    "[{'Type':306,'TradeAccount':'$A','Symbol':'" MES "','Quantity':" quantity                     \
    ",'AveragePrice':" price "}]"
#define OUT                                                                                        \
    {                                                                                              \
        .execution = "out", .sells = 1, .price = 5007, .ago = 20                                   \
    }
#define STAYS                                                                                      \
    {                                                                                              \
        1, 5002, false, 0, NULL, 1, 0                                                              \
    }
#define CLOSED_BY_FILL                                                                             \
    {                                                                                              \
        0, 0, false, 5007, "recovered", 2, 0                                                       \
    }
#define CLOSED_BY_WORD                                                                             \
    {                                                                                              \
        0, 0, false, 4996.5, "reconciled", 2, 1                                                    \
    }
    {.sentence = "open, the same at the server: confirmed, at its entry price",
     .answer = REPORT("1", "5000"),
     .reported = {{1, 5000, true, 0, NULL, 1, 0}, {1, 5000, true, 0, NULL, 1, 0}},
     .simulated = {STAYS, STAYS}},
    {.sentence = "open, the same at the server within a tick: confirmed at our own entry price",
     .answer = REPORT("1", "5002.25"),
     .reported = {{1, 5002, true, 0, NULL, 1, 0}, {1, 5002, true, 0, NULL, 1, 0}},
     .simulated = {STAYS, STAYS}},
    {.sentence = "open, reported with quantity 0 when asked: closed",
     .answer = REPORT("0", "0"),
     .missed = {OUT},
     .reported = {CLOSED_BY_WORD, CLOSED_BY_FILL},
     .simulated = {STAYS, CLOSED_BY_FILL}},
    {.sentence = "open, not in a complete answer that names others: closed",
     .answer = "[{'Type':306,'TradeAccount':'$A','Symbol':'NQ','Quantity':0}]",
     .missed = {OUT},
     .reported = {CLOSED_BY_WORD, CLOSED_BY_FILL},
     .simulated = {STAYS, CLOSED_BY_FILL}},
    {.sentence = "open, no positions at all at the server: closed",
     .answer = "[{'Type':306,'NoPositions':1}]",
     .missed = {OUT},
     .reported = {CLOSED_BY_WORD, CLOSED_BY_FILL},
     .simulated = {STAYS, CLOSED_BY_FILL}},
    {.sentence = "open, reported with quantity 0 unasked by a server that lists none: closed",
     .answer = "[{'Type':307,'RejectText':'no'}]",
     .unasked = "{'Type':306,'TradeAccount':'%s','Symbol':'" MES "','Quantity':0}",
     .missed = {OUT},
     .reported = {CLOSED_BY_WORD, CLOSED_BY_FILL},
     .simulated = {STAYS, CLOSED_BY_FILL}},
    {.sentence = "open, more at the server: the missing fill",
     .answer = REPORT("3", "5000"),
     .missed = {{.execution = "more", .quantity = 2, .price = 4999, .ago = 20}},
     .reported = {{3, 5000, true, 0, NULL, 2, 1}, {3, 5000, true, 0, NULL, 2, 0}},
     .simulated = {STAYS, {3, 5000, false, 0, NULL, 2, 0}}},
    {.sentence = "open, more at the server than the history explains: one fill for the rest",
     .answer = REPORT("4", "5001"),
     .missed = {{.execution = "more", .quantity = 2, .price = 4999, .ago = 20}},
     .reported = {{4, 5001, true, 0, NULL, 2, 1}, {4, 5001, true, 0, NULL, 3, 1}},
     .simulated = {STAYS, {3, 5000, false, 0, NULL, 2, 0}}},
    {.sentence = "open, less at the server: the missing fill",
     .answer = REPORT("0.25", "5002"),
     .missed = {{.execution = "less", .sells = 1, .quantity = 0.75, .price = 5007, .ago = 20}},
     .reported = {{0.25, 5002, true, 0, NULL, 2, 1}, {0.25, 5002, true, 0, NULL, 2, 0}},
     .simulated = {STAYS, {0.25, 5002, false, 0, NULL, 2, 0}}},
    {.sentence = "open, the other side at the server: closed, and opened anew",
     .answer = REPORT("-1", "5007"),
     .missed = {{.execution = "turn", .sells = 1, .quantity = 2, .price = 5007, .ago = 20}},
     .reported = {{-1, 5007, true, 4996.5, "reconciled", 2, 1},
                  {-1, 5007, true, 5007, "recovered", 2, 0}},
     .simulated = {STAYS, {-1, 5007, false, 5007, "recovered", 2, 0}}},
    {.sentence = "none, open at the server: taken over",
     .flat_before = true,
     .answer = "[{'Type':306,'TradeAccount':'$A','Symbol':'" MES
               "','Quantity':-2,'AveragePrice':5000,'EntryDateTime':1799990000,"
               "'HighPriceDuringPosition':5010,'LowPriceDuringPosition':4980}]",
     .reported = {{-2, 5000, true, 0, NULL, 0, 0}, {-2, 5000, true, 0, NULL, 0, 0}},
     .simulated = {{0}, {0}}},
    {.sentence = "none, none at the server: nothing",
     .flat_before = true,
     .answer = "[{'Type':306,'NoPositions':1}]"},
    {.sentence = "open, the server refuses to list positions: nothing",
     .answer = "[{'Type':307,'RejectText':'no'}]",
     .reported = {STAYS, STAYS},
     .simulated = {STAYS, STAYS}},
    {.sentence = "open, the server does not answer: nothing",
     .answer = NULL,
     .reported = {STAYS, STAYS},
     .simulated = {STAYS, STAYS}},
    {.sentence = "open, the answer is cut off: nothing",
     .cut_off = true,
     .answer = "[{'Type':306,'TotalNumberMessages':2,'MessageNumber':1,'TradeAccount':'$A',"
               "'Symbol':'NQ','Quantity':0}]",
     .reported = {STAYS, STAYS},
     .simulated = {STAYS, STAYS}},
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0] };

static bool is_a_position(const char *answer)
{
    return answer != NULL && strstr(answer, MES) != NULL && strstr(answer, "'Quantity':0,") == NULL;
}

/* Sierra Chart's own simulation has no other word for a position than zero. */
static const char *word_of(const struct server *s, const struct row *r)
{
    bool cannot = s->service == SIERRA_SIMULATION && is_a_position(r->answer);
    return cannot ? REPORT("0", "0") : r->answer;
}

#define expect(condition)                                                                          \
    ck_assert_msg(condition, "%s (%s): %s", row->sentence, server->sentence, #condition)

static void expect_outcome(const struct server *server, const struct row *row)
{
    const struct outcome *all =
        server->service == SIERRA_SIMULATION ? row->simulated : row->reported;
    const struct outcome *o = &all[server->has_history];
    const struct account_key *key = key_of(server);
    const struct position *p = position_of(key, MES);
    expect(o->quantity == (p != NULL ? p->quantity : 0));
    expect(p == NULL || p->entry_price == o->entry_price);
    expect(p == NULL || is_confirmed(key, MES) == o->confirmed);
    expect(query("SELECT count(*) FROM open_position") == (o->quantity != 0));
    expect(query("SELECT count(*) FROM fill") == o->fills);
    expect(query("SELECT count(*) FROM fill WHERE execution_id LIKE 'reconciled-%'") ==
           o->synthetic);
    expect(query("SELECT count(*) FROM trade") == (o->exit_price != 0));
    if (o->exit_price == 0)
        return;
    char sql[200];
    text_format(sql, sizeof sql,
                "SELECT count(*) FROM trade WHERE side = 'long' AND entry_price = 5002 AND "
                "exit_price = %g AND origin = '%s' AND realized_pnl = %g",
                o->exit_price, o->origin, (o->exit_price - 5002) * 5e6);
    expect(query(sql) == 1);
}

START_TEST(row_of_the_table)
{
    const struct row *row = &ROWS[_i / SERVER_COUNT];
    const struct server *server = &SERVERS[_i % SERVER_COUNT];
    begin_with(server, !row->flat_before);
    say_positions(server, word_of(server, row));
    say_history(server, row->missed, (row->missed[0].execution != NULL) ? 1 : 0);
    int64_t exit_time = b.wall / CLOCK_SECOND - 20;
    start();
    if (row->cut_off)
        reconnect();
    if (row->unasked != NULL) {
        char text[200];
        text_format(text, sizeof text, row->unasked, key_of(server)->account);
        peer_send(b.peer, "%s", text);
    }
    let_pass(13);
    expect_outcome(server, row);
    if (query("SELECT count(*) FROM trade WHERE origin = 'recovered'") == 1)
        expect(query("SELECT exit_time / 1000000 FROM trade") == (double)exit_time);

    /* asked again, and at the next start, nothing is found twice */
    command(COMMAND_RECONCILE, key_of(server), "", 0);
    let_pass(3);
    expect_outcome(server, row);
    restart();
    let_pass(5);
    expect_outcome(server, row);
}
END_TEST

/* --- the cautions --- */

static void send_quantity(const struct server *s, double quantity, double price)
{
    peer_send(b.peer,
              "{'Type':306,'TradeAccount':'%s','Symbol':'" MES
              "','Quantity':%.10g,'AveragePrice':%.10g}",
              key_of(s)->account, quantity, price);
}

START_TEST(a_report_before_its_fill_makes_up_nothing_for_2_seconds)
{
    const struct row *row = &(struct row){.sentence = "a report before its fill"};
    const struct server *server = &SERVERS[_i];
    const struct account_key *key = key_of(server);
    begin_with(server, true);
    say_positions(server,
                  server->service != SIERRA_SIMULATION ? REPORT("1", "5002") : REPORT("0", "0"));
    start();
    let_pass(3);
    expect(held(key, MES) == 1);
    send_quantity(server, 0, 0);
    pass(3 * CLOCK_SECOND / 2);
    expect(held(key, MES) == 1);
    FILL(.account = key->account, .execution = "out", .sells = 1, .price = 5007);
    say_positions(server, REPORT("0", "0"));
    let_pass(3);
    expect(held(key, MES) == 0);
    if (server->service != SIERRA_SIMULATION) {
        say_positions(server, REPORT("-2", "5010"));
        send_quantity(server, -2, 5010);
        pass(3 * CLOCK_SECOND / 2);
        expect(held(key, MES) == 0);
    }
    FILL(.account = key->account, .execution = "again", .sells = 1, .quantity = 2, .price = 5010);
    let_pass(5);
    expect(held(key, MES) == -2);
    expect(is_confirmed(key, MES) == (server->service != SIERRA_SIMULATION));
    expect(query("SELECT count(*) FROM fill") == 3);
    expect(query("SELECT count(*) FROM trade WHERE origin = 'recovered' AND exit_price = 5007") ==
           1);
}
END_TEST

START_TEST(zeros_of_a_simulation_that_never_reported_a_position_say_nothing)
{
    const struct row *row = &(struct row){.sentence = "stray zeros"};
    const struct server *server = &SERVERS[_i];
    const struct account_key *key = key_of(server);
    bool is_believed = server->service != SIERRA_SIMULATION;
    begin_with(server, true);
    say_positions(server, REPORT("0", "0"));
    start();
    for (int i = 0; i < 3; i++) {
        send_quantity(server, 0, 0);
        command(COMMAND_RECONCILE, key, "", 0);
        let_pass(4);
    }
    expect(held(key, MES) == (is_believed ? 0 : 1));
    expect(is_believed || !is_confirmed(key, MES));
    expect(query("SELECT count(*) FROM trade") == is_believed);
    /* its fills go on to count */
    FILL(.account = key->account, .execution = "more", .price = 5004, .quantity = 2);
    let_pass(1);
    expect(held(key, MES) == (is_believed ? 2 : 3));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("engine: the table of the reconciliation");
    for (int i = 0; i < ROW_COUNT; i++) {
        TCase *c = tcase_create(ROWS[i].sentence);
        tcase_add_checked_fixture(c, set_up, tear_down);
        tcase_set_timeout(c, 60);
        tcase_add_loop_test(c, row_of_the_table, i * SERVER_COUNT, (i + 1) * SERVER_COUNT);
        suite_add_tcase(s, c);
    }
    TCase *c = tcase_create("cautions");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_report_before_its_fill_makes_up_nothing_for_2_seconds, 0,
                        SERVER_COUNT);
    tcase_add_loop_test(c, zeros_of_a_simulation_that_never_reported_a_position_say_nothing, 0,
                        SERVER_COUNT);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
