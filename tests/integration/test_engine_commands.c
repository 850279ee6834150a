/* What the user asks of the engine. */
#include "engine_bench.h"

START_TEST(a_stale_position_can_be_kept)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    b.wall += 25 * CLOCK_HOUR;
    restart();
    ck_assert(look()->recovery_open);
    ck_assert(b.shown.recovered[0].stale);
    command(COMMAND_KEEP, &SIM1, MES, 0);
    command(COMMAND_ACCEPT_RECOVERY, &SIM1, "", 0);
    ck_assert(!look()->recovery_open);
    restart();
    ck_assert(!look()->recovered[0].stale);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(a_stale_position_can_be_discarded_without_a_trade)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    restart();
    command(COMMAND_DISCARD, &SIM1, MES, 0);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_said(MES " in Sim1 was discarded: no trade is recorded for it");
    HISTORY({.execution = "e1", .price = 5000});
    restart();
    ck_assert_double_eq(held(&SIM1, MES), 0); /* its fill is still known */
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
    ck_assert(!look()->recovery_open);
    command(COMMAND_DISCARD, &SIM1, MES, 0); /* what is not there */
    ck_assert_int_eq(times_said("was discarded"), 1);
}
END_TEST

START_TEST(a_stale_position_can_be_closed_at_a_price)
{
    start();
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    settle();
    restart();
    command(COMMAND_CLOSE_AT, &SIM1, MES, 4995);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'manual' AND exit_price = "
                              "4995 AND realized_pnl = -50000000"),
                        1);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 9950 * MONEY_ONE);
    command(COMMAND_CLOSE_AT, &SIM1, MES, 4995);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
}
END_TEST

START_TEST(a_close_at_no_price_changes_nothing)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    command(COMMAND_CLOSE_AT, &SIM1, MES, (double)NAN);
    command(COMMAND_CLOSE_AT, &SIM1, MES, 1e300);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(the_view_follows_fills_until_it_is_pinned)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
    start();
    ck_assert_str_eq(look()->view.account, "Sim1");
    pass(3 * CLOCK_SECOND);
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    ck_assert_str_eq(look()->view.account, "120005");
    FILL(.account = "120005", .execution = "e2", .price = 5000, .sells = 1);
    settle();
    command(COMMAND_VIEW, &SIM1, "", 0);
    ck_assert(look()->view_pinned);
    pass(3 * CLOCK_SECOND);
    FILL(.account = "120005", .execution = "e3", .price = 5000);
    FILL(.account = "120005", .execution = "e4", .price = 5000, .sells = 1);
    settle();
    ck_assert_str_eq(look()->view.account, "Sim1");
    command(COMMAND_UNPIN, &SIM1, "", 0);
    pass(3 * CLOCK_SECOND);
    FILL(.account = "120005", .execution = "e5", .price = 5000);
    settle();
    ck_assert_str_eq(look()->view.account, "120005");
    /* a LIVE position is not left by itself */
    pass(3 * CLOCK_SECOND);
    FILL(.execution = "e6", .price = 5000);
    settle();
    ck_assert_str_eq(look()->view.account, "120005");
}
END_TEST

START_TEST(the_view_goes_on_after_a_restart_and_its_changes_are_kept)
{
    struct view_change c;
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'},"
                "{'Type':401,'TradeAccount':'Sim 2'}]");
    start();
    pass(3 * CLOCK_SECOND);
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    FILL(.execution = "e2", .price = 5000); /* too early, and a LIVE position is not left */
    settle();
    pass(3 * CLOCK_SECOND);
    restart();
    ck_assert_str_eq(look()->view.account, "120005"); /* nor by a restart */
    ck_assert_int_eq(look()->view.mode, MODE_LIVE);
    command(COMMAND_VIEW, &(struct account_key){MODE_SIM, "Sim 2"}, "", 0);
    ck_assert_str_eq(look()->view.account, "Sim 2");
    restart();
    ck_assert(!look()->view_pinned);
    static const struct {
        const char *account, *reason;
    } expected[] = {
        {"Sim1", "start"}, {"120005", "fill"}, {"120005", "start"}, {"Sim 2", "chosen"}};
    ck_assert_uint_ge(look()->view_history_count, 5);
    for (size_t i = 0; i < 4; i++) {
        ck_assert(state_get_view_change(b.state, i + 1, &c));
        ck_assert_str_eq(c.key.account, expected[i].account);
        ck_assert_str_eq(c.reason, expected[i].reason);
    }
    ck_assert_int_eq(c.key.mode, MODE_SIM);
    ck_assert_int_gt(c.time, START_TIME * CLOCK_SECOND);
}
END_TEST

START_TEST(a_view_change_with_a_number_past_all_others_is_none)
{
    start();
    end();
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(b.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db,
                                  "INSERT INTO meta (name, value) VALUES "
                                  "('view:15', '18446744073709551615 1 SIM chosen Sim9')",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    sqlite3_close(db);
    start();
    ck_assert_str_eq(look()->view.account, "Sim1");
    for (uint32_t i = 0; i < b.shown.view_history_count; i++)
        ck_assert_str_ne(b.shown.view_history[i].key.account, "Sim9");
}
END_TEST

START_TEST(of_fills_that_histories_bring_the_newest_is_followed)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'Sim2'}]");
    start();
    pass(60 * CLOCK_SECOND);
    HISTORY({.execution = "e1", .price = 5000, .ago = 5},
            {.execution = "e2", .price = 5001, .ago = 4, .sells = 1});
    HISTORY({.account = "Sim2", .execution = "e3", .price = 5000, .ago = 20},
            {.account = "Sim2", .execution = "e4", .price = 5001, .ago = 10, .sells = 1});
    reconnect();
    settle();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_str_eq(look()->view.account, "Sim1");
}
END_TEST

START_TEST(reconciling_asks_for_positions_orders_and_fills)
{
    start();
    unsigned orders = peer_count(b.peer, 300), positions = peer_count(b.peer, 305),
             fills = peer_count(b.peer, 303);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_uint_eq(peer_count(b.peer, 300), orders + 1);
    ck_assert_uint_eq(peer_count(b.peer, 305), positions + 1);
    ck_assert_uint_eq(peer_count(b.peer, 303), fills + 1);
    ck_assert_said("asking the server for positions, orders and fills");
}
END_TEST

START_TEST(reconnecting_does_not_wait_for_the_back_off)
{
    start();
    lose_connection();
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_RECONNECT}));
    go_online(); /* the clock stands still */
}
END_TEST

START_TEST(a_server_that_asks_not_to_be_called_again_is_called_on_the_users_word_only)
{
    start();
    peer_send(b.peer, "{'Type':5,'Reason':'night','DoNotReconnect':1}");
    int64_t limit = give_up_time();
    while (is_online()) {
        turn();
        ck_assert(clock_monotonic_us() < limit);
    }
    for (int i = 0; i < 100; i++) {
        b.now += CLOCK_SECOND;
        b.wall += CLOCK_SECOND;
        turn();
    }
    ck_assert_int_eq(look()->connection.phase, LINK_ENDED);
    ck_assert_uint_eq(peer_count(b.peer, 1), 1);
    ck_assert_said("the server logs us off: night; it asks not to be called again");
    ck_assert(command_post(b.commands, &(struct command){.kind = COMMAND_RECONNECT}));
    go_online();
}
END_TEST

static Suite *suite(void)
{
    const TTest *const commands[] = {
        a_stale_position_can_be_kept,
        a_stale_position_can_be_discarded_without_a_trade,
        a_stale_position_can_be_closed_at_a_price,
        a_close_at_no_price_changes_nothing,
        the_view_follows_fills_until_it_is_pinned,
        the_view_goes_on_after_a_restart_and_its_changes_are_kept,
        a_view_change_with_a_number_past_all_others_is_none,
        of_fills_that_histories_bring_the_newest_is_followed,
        reconciling_asks_for_positions_orders_and_fills,
        reconnecting_does_not_wait_for_the_back_off,
        a_server_that_asks_not_to_be_called_again_is_called_on_the_users_word_only,
    };
    Suite *s = suite_create("engine: commands");
    CASE_ADD(s, "commands", commands);
    return s;
}

TEST_MAIN(suite)
