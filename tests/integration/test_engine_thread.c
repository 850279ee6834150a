/* The engine as the console runs it: in its own thread, by the real clock. */
#include "engine_bench.h"

static void start_thread(void)
{
    b.wall = clock_wall_us();
    make_engine();
    ck_assert(engine_start(b.engine, b.writer, NULL));
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
