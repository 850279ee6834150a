/* The engine as the console runs it: in its own thread, by the real clock. */
#include "engine_bench.h"

static void start_thread(void)
{
    b.wall = clock_wall_us();
    b.threaded = true;
    make_engine();
    ck_assert(engine_start(b.engine, b.writer, b.database, NULL));
}

static void stop_thread(void)
{
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_STOP}));
    engine_join(b.engine);
    end();
}

#define WAIT_UNTIL(condition)                                                                      \
    for (int64_t limit = give_up_time(); !(condition);) {                                          \
        ck_assert_msg(clock_monotonic_us() < limit, "waited in vain for " #condition);             \
        peer_wait(b.peer, 2);                                                                      \
        peer_pump(b.peer);                                                                         \
        b.wall = clock_wall_us();                                                                  \
    }

START_TEST(a_run_trades_stops_and_is_there_again)
{
    start_thread();
    WAIT_UNTIL(look()->connection.phase == LINK_ONLINE && peer_count(b.peer, 305) == 1);
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    WAIT_UNTIL(held(&SIM1, MES) == 2);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5003,'Volume':1}");
    WAIT_UNTIL(position_of(&SIM1, MES)->mfe == 30 * MONEY_ONE);
    WAIT_UNTIL(look()->changes_durable == b.shown.changes_issued);
    stop_thread();
    peer_pump(b.peer);
    ck_assert_double_eq(query("SELECT mfe FROM open_position"), 30e6);

    start_thread();
    WAIT_UNTIL(look()->connection.phase == LINK_ONLINE);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert(look()->recovery_open);
    FILL(.execution = "e2", .price = 5001, .quantity = 2, .sells = 1);
    WAIT_UNTIL(held(&SIM1, MES) == 0);
    stop_thread();
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 10e6);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
}
END_TEST

static bool trades_are_shown(unsigned count)
{
    return look()->statistics_ready && b.shown.statistics[TIMEFRAME_ALL].trades == count;
}

START_TEST(statistics_go_on_from_those_of_the_runs_before)
{
    for (int run = 1; run <= 3; run++) {
        start_thread();
        WAIT_UNTIL(look()->connection.phase == LINK_ONLINE && (int)peer_count(b.peer, 305) == run);
        WAIT_UNTIL(trades_are_shown((unsigned)run - 1));
        char in[16], out[16];
        text_format(in, sizeof in, "in%d", run);
        text_format(out, sizeof out, "out%d", run);
        FILL(.execution = in, .price = 5000);
        FILL(.execution = out, .price = 5000 + run, .sells = 1);
        WAIT_UNTIL(trades_are_shown((unsigned)run));
        WAIT_UNTIL(look()->changes_durable == b.shown.changes_issued);
        const struct statistics *all = &b.shown.statistics[TIMEFRAME_ALL];
        ck_assert_int_eq(all->total, run * (run + 1) / 2 * 5 * MONEY_ONE);
        ck_assert_int_eq((int)all->win_streak, run);
        const struct equity *e = &b.shown.equity[TIMEFRAME_ALL];
        ck_assert_uint_eq(e->count, 1 + (unsigned)run); /* the start of the ledger, the closes */
        ck_assert_int_eq(e->points[0].balance, 10000 * MONEY_ONE);
        stop_thread();
        peer_pump(b.peer);
    }
}
END_TEST

START_TEST(without_the_fills_known_the_server_is_not_asked)
{
    b.wall = clock_wall_us();
    b.threaded = true;
    make_engine();
    char nowhere[320];
    text_format(nowhere, sizeof nowhere, "%s/none/sortie.db", b.directory);
    ck_assert(engine_start(b.engine, b.writer, nowhere, NULL));
    WAIT_UNTIL(look()->message_total == 2);
    for (int i = 0; i < 2; i++)
        ck_assert_msg(strstr(b.shown.messages[i].text, "cannot be read: ") != NULL, "%s",
                      b.shown.messages[i].text);
    ck_assert(!b.shown.statistics_ready);
    stop_thread();
    ck_assert_uint_eq(peer_count(b.peer, 1), 0);
}
END_TEST

START_TEST(the_server_is_told_of_the_end)
{
    start_thread();
    WAIT_UNTIL(look()->connection.phase == LINK_ONLINE);
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_STOP}));
    WAIT_UNTIL(peer_count(b.peer, 5) == 1);
    ck_assert_str_eq(peer_text(b.peer, 5, "Reason"), "the console was closed");
    engine_join(b.engine);
}
END_TEST

START_TEST(commands_are_carried_out_at_once)
{
    start_thread();
    WAIT_UNTIL(peer_count(b.peer, 305) == 1);
    peer_send(b.peer, "{'Type':701,'MessageText':'mark %u'}", ++b.marks);
    WAIT_UNTIL(mark_is_shown()); /* behind all answers */
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_VIEW, .key = LIVE}));
    WAIT_UNTIL(strcmp(look()->view.account, "120005") == 0);
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_RECONCILE}));
    WAIT_UNTIL(peer_count(b.peer, 305) == 2);
    stop_thread();
}
END_TEST

START_TEST(it_stops_without_any_server)
{
    peer_shut(b.peer);
    start_thread();
    WAIT_UNTIL(look()->connection.phase == LINK_OFFLINE && b.shown.connection.sentence[0] != '\0');
    stop_thread();
}
END_TEST

START_TEST(it_stops_in_the_middle_of_a_flood)
{
    enum { MESSAGES = 20000 };
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start_thread();
    WAIT_UNTIL(peer_count(b.peer, 101) == 1 && snapshot_find_symbol(look(), MES) >= 0);
    for (int i = 0; i < MESSAGES; i++)
        peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%d,'Volume':1}", 5000 + i % 7);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':4999,'Volume':1}");
    WAIT_UNTIL(market_of(MES)->last == 4999);
    ck_assert_double_eq(market_of(MES)->session_volume, MESSAGES + 1);
    for (int i = 0; i < MESSAGES; i++)
        peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%d,'Volume':1}", 5000 + i % 7);
    stop_thread();
}
END_TEST

START_TEST(a_lost_connection_comes_back_by_itself)
{
    start_thread();
    WAIT_UNTIL(look()->connection.phase == LINK_ONLINE);
    peer_hang_up(b.peer);
    WAIT_UNTIL(look()->connection.phase != LINK_ONLINE);
    WAIT_UNTIL(look()->connection.phase == LINK_ONLINE);
    ck_assert_uint_eq(peer_count(b.peer, 1), 2);
    stop_thread();
}
END_TEST

START_TEST(an_engine_that_never_connected_can_be_freed)
{
    make_engine();
    ck_assert_ptr_null(b.engine->session);
    end();
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        an_engine_that_never_connected_can_be_freed,
        a_run_trades_stops_and_is_there_again,
        statistics_go_on_from_those_of_the_runs_before,
        without_the_fills_known_the_server_is_not_asked,
        the_server_is_told_of_the_end,
        commands_are_carried_out_at_once,
        it_stops_without_any_server,
        it_stops_in_the_middle_of_a_flood,
        a_lost_connection_comes_back_by_itself,
    };
    Suite *s = suite_create("engine: thread");
    CASE_ADD(s, "thread", tests);
    return s;
}

TEST_MAIN(suite)
