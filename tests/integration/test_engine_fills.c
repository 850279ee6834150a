/* Fills by every path, orders, reconnects, accounts and balances. */
#include "engine_bench.h"

/* --- fills --- */

START_TEST(a_fill_of_the_stream_and_of_the_history_is_counted_once)
{
    start();
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    settle();
    HISTORY({.execution = "e1", .price = 5000, .quantity = 2});
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_uint_eq(peer_count(b.peer, 303), 2);
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    restart();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM audit"), 1);
}
END_TEST

START_TEST(fills_without_execution_ids_are_known_by_order_and_cumulative_quantity)
{
    start();
    skip(10);
    FILL(.order = "o1", .price = 5000, .filled = 1);
    FILL(.order = "o1", .price = 5001, .filled = 2);
    settle();
    b.wall += CLOCK_SECOND;
    /* the third was missed; the newest comes first */
    HISTORY({.order = "o1", .price = 5002, .ago = 0}, {.order = "o1", .price = 5000, .ago = 2},
            {.order = "o1", .price = 5001, .ago = 1});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_double_eq_tol(position_of(&SIM1, MES)->entry_price, 5001, 1e-9);
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_int_eq(times_said("cannot be counted"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
}
END_TEST

START_TEST(a_fill_that_was_lost_on_the_way_is_fetched)
{
    start();
    skip(10);
    FILL(.order = "o1", .execution = "e1", .price = 5000, .filled = 1);
    settle();
    unsigned asked = peer_count(b.peer, 303);
    HISTORY({.order = "o1", .execution = "e1", .price = 5000, .ago = 2},
            {.order = "o1", .execution = "e2", .price = 5003, .ago = 1},
            {.order = "o1", .execution = "e3", .price = 5006});
    FILL(.order = "o1", .execution = "e3", .price = 5006, .filled = 3);
    settle();
    ck_assert_uint_eq(peer_count(b.peer, 303), asked + 1);
    ck_assert_str_eq(peer_text(b.peer, 303, "TradeAccount"), "Sim1");
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_double_eq_tol(position_of(&SIM1, MES)->entry_price, 5003, 1e-9);
}
END_TEST

START_TEST(an_order_that_says_more_than_the_history_is_asked_about_once)
{
    start();
    unsigned asked = peer_count(b.peer, 303);
    for (int i = 0; i < 3; i++) {
        peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                          "','ServerOrderID':'o1','OrderStatus':4,'OrderUpdateReason':3,"
                          "'OrderType':2,'BuySell':1,'OrderQuantity':5,'FilledQuantity':2}");
        settle();
    }
    ck_assert_uint_eq(peer_count(b.peer, 303), asked + 1);
    ck_assert_double_eq(held(&SIM1, MES), 0);
}
END_TEST

START_TEST(a_fill_lost_while_a_history_is_under_way_is_asked_for_again)
{
    start();
    skip(10);
    unsigned asked = peer_count(b.peer, 303);
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_uint_eq(peer_count(b.peer, 303), asked + 1);
    FILL(.order = "o1", .execution = "e2", .price = 5001, .filled = 2);
    settle();
    int request = (int)peer_number(b.peer, 303, "RequestID");
    HISTORY({.order = "o1", .execution = "e1", .price = 5000, .ago = 1},
            {.order = "o1", .execution = "e2", .price = 5001});
    peer_send(b.peer, "{'Type':304,'RequestID':%d,'NoOrderFills':1}", request);
    settle();
    ck_assert_uint_eq(peer_count(b.peer, 303), asked + 2);
    ck_assert_double_eq(held(&SIM1, MES), 2);
}
END_TEST

START_TEST(fills_that_come_during_a_history_are_applied_in_order_of_time)
{
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    start();
    b.wall += 10 * CLOCK_SECOND;
    FILL(.execution = "e3", .price = 5010, .sells = 1);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
    int request = (int)peer_number(b.peer, 303, "RequestID");
    peer_send(b.peer,
              "{'Type':304,'RequestID':%d,'TotalNumberMessages':2,'MessageNumber':1,'Symbol':'" MES
              "','BuySell':1,'Price':5004,'Quantity':1,'DateTime':%lld,'UniqueExecutionID':'e2',"
              "'TradeAccount':'Sim1'}",
              request, (long long)START_TIME + 5);
    peer_send(b.peer,
              "{'Type':304,'RequestID':%d,'TotalNumberMessages':2,'MessageNumber':2,'Symbol':'" MES
              "','BuySell':1,'Price':5000,'Quantity':1,'DateTime':%lld,'UniqueExecutionID':'e1',"
              "'TradeAccount':'Sim1'}",
              request, (long long)START_TIME + 1);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5002);
    ck_assert_int_eq(position_of(&SIM1, MES)->entry_time, (START_TIME + 1) * CLOCK_SECOND);
    ck_assert_int_eq(position_of(&SIM1, MES)->realized_pnl, 40 * MONEY_ONE); /* 8 × 5.00 */
    ck_assert_double_eq(query("SELECT group_concat(execution_id, ' ') = 'e1 e2 e3' FROM fill"), 1);
}
END_TEST

START_TEST(a_refused_history_is_told_once_and_holds_no_fill_back)
{
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308,'RejectText':'TradeAccount is not set'}]");
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    reconnect();
    FILL(.execution = "e2", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_int_eq(
        times_said("the server gives no fill history of Sim1: TradeAccount is not set"), 1);
}
END_TEST

START_TEST(half_a_history_is_none)
{
    b.wall += CLOCK_SECOND;
    peer_answer(b.peer, 303, NULL, NULL,
                "[{'Type':304,'TotalNumberMessages':2,'MessageNumber':1,'Symbol':'" MES
                "','BuySell':2,'Price':5000,'Quantity':7,'DateTime':1800000001,"
                "'UniqueExecutionID':'e1','TradeAccount':'Sim1'}]");
    start();
    FILL(.execution = "e2", .price = 5001);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    lose_connection();
    /* the fill of the stream is whole */
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

START_TEST(a_history_cut_off_by_silence_lets_the_fills_pass)
{
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    start();
    FILL(.execution = "e1", .price = 5001);
    pass(9 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(a_long_history_in_any_order_is_applied_in_order_of_time)
{
    enum { FILLS = 3000 };
    b.wall += FILLS * CLOCK_SECOND;
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    begin();
    b.engine->wall = START_TIME * CLOCK_SECOND;
    ck_assert_ptr_nonnull(engine_find_account(b.engine, "Sim1", false));
    go_online();
    int request = (int)peer_number(b.peer, 303, "RequestID");
    /* buy, sell, buy, sell; the newest first */
    for (int i = FILLS; i > 0; i--)
        peer_send(b.peer,
                  "{'Type':304,'RequestID':%d,'TotalNumberMessages':%d,'MessageNumber':%d,"
                  "'Symbol':'" MES "','BuySell':%d,'Price':%d,'Quantity':1,'DateTime':%lld,"
                  "'UniqueExecutionID':'e%d','TradeAccount':'Sim1'}",
                  request, FILLS, FILLS - i + 1, i % 2 == 1 ? 1 : 2, i % 2 == 1 ? 5000 : 5001,
                  (long long)START_TIME + i, i);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE side = 'long'"), FILLS / 2);
    ck_assert_double_eq(query("SELECT sum(realized_pnl) FROM trade"), FILLS / 2 * 5e6);
}
END_TEST

START_TEST(fills_from_before_the_account_was_followed_do_not_count)
{
    text_copy(b.config.account, sizeof b.config.account, "Sim1");
    peer_answer(b.peer, 400, NULL, NULL, NULL); /* it is only known by the setting */
    HISTORY({.execution = "old", .price = 5000, .ago = 3600});
    begin();
    go_online();
    pass(11 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 303), 1);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 0);
    ck_assert_double_ge(peer_number(b.peer, 303, "StartDateTime"), START_TIME);
    ck_assert_double_eq(query("SELECT count(*) FROM meta WHERE name = 'since:Sim1'"), 1);
}
END_TEST

START_TEST(fills_made_while_the_console_was_down_are_counted_at_the_next_start)
{
    start();
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    settle();
    end();
    b.wall += 3600 * CLOCK_SECOND;
    HISTORY({.execution = "e1", .price = 5000, .quantity = 2, .ago = 3600},
            {.execution = "e2", .price = 5008, .quantity = 2, .sells = 1, .ago = 600});
    start();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT exit_price FROM trade WHERE origin = 'recovered'"), 5008);
    ck_assert_double_eq(query("SELECT exit_time FROM trade"),
                        (double)(b.wall - 600 * CLOCK_SECOND));
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10080 * MONEY_ONE);
}
END_TEST

START_TEST(what_is_no_fill_is_refused_aloud_and_changes_nothing)
{
    static const char *const wrong[] = {
        "'BuySell':1,'LastFillQuantity':-1,'LastFillPrice':5000,'LastFillExecutionID':'a'",
        "'BuySell':1,'LastFillQuantity':0,'LastFillPrice':5000,'LastFillExecutionID':'b'",
        "'BuySell':0,'LastFillQuantity':1,'LastFillPrice':5000,'LastFillExecutionID':'c'",
        "'BuySell':77,'LastFillQuantity':1,'LastFillPrice':5000,'LastFillExecutionID':'d'",
        "'BuySell':1,'LastFillQuantity':1,'LastFillExecutionID':'e'",
        "'BuySell':1,'LastFillQuantity':1e308,'LastFillPrice':5000,'LastFillExecutionID':'f'",
        "'BuySell':1,'LastFillQuantity':1,'LastFillPrice':1e308,'LastFillExecutionID':'g'",
        "'BuySell':1,'LastFillPrice':5000,'LastFillExecutionID':'h'",
    };
    start();
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'o%d',"
              "'OrderStatus':7,'OrderUpdateReason':4,'OrderType':1,%s}",
              _i, wrong[_i]);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_said("a fill of " MES " in Sim1 cannot be counted: check the position");
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 0);
}
END_TEST

/* --- orders --- */

static void send_order(const char *id, int type, int side, double price, const char *more)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'%s',"
              "'OrderStatus':4,'OrderUpdateReason':1,'OrderType':%d,'BuySell':%d,'Price1':%.10g,"
              "'OrderQuantity':1%s}",
              id, type, side, price, more);
}

/* An open order in an answer to 300. */
#define OPEN(id, type, side, price)                                                                \
    "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'" id                    \
    "','OrderStatus':4,'OrderUpdateReason':1,'OrderType':" #type ",'BuySell':" #side               \
    ",'Price1':" #price ",'OrderQuantity':1}"

START_TEST(a_new_order_id_keeps_the_order_and_its_fills)
{
    start();
    FILL(.order = "entry", .execution = "e0", .price = 5000);
    send_order("a1", 3, 2, 4990, ",'ClientOrderID':'mine'");
    settle();
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4990);
    send_order("a2", 3, 2, 4995, ",'PreviousServerOrderID':'a1'");
    settle();
    ck_assert_ptr_null(order_of("a1"));
    ck_assert_str_eq(order_of("a2")->client_id, "mine");
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4995);
    ck_assert_double_eq(position_of(&SIM1, MES)->initial_stop_price, 4990);
    ck_assert_uint_eq(look()->order_count, 2);

    /* half filled under one id, wholly under the next: nothing was lost */
    FILL(.order = "b1", .execution = "e1", .price = 5001, .filled = 1);
    settle();
    unsigned asked = peer_count(b.peer, 303);
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'b2','PreviousServerOrderID':'b1','OrderStatus':4,"
                      "'OrderUpdateReason':3,'FilledQuantity':1}");
    FILL(.order = "b2", .execution = "e2", .price = 5002, .filled = 2);
    settle();
    ck_assert_uint_eq(peer_count(b.peer, 303), asked);
    ck_assert_double_eq(held(&SIM1, MES), 3);
}
END_TEST

START_TEST(later_messages_of_an_order_may_leave_things_out)
{
    start();
    send_order("a1", 2, 2, 5010, ",'ClientOrderID':'mine','ParentServerOrderID':'p'");
    settle();
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'a1','OrderStatus':8,'OrderUpdateReason':6}");
    settle();
    const struct order *o = order_of("a1");
    ck_assert_str_eq(o->client_id, "mine");
    ck_assert_str_eq(o->parent_id, "p");
    ck_assert_int_eq(o->type, ORDER_LIMIT);
    ck_assert_int_eq(o->side, SIDE_SHORT);
    ck_assert_int_eq(o->status, STATUS_CANCELLED);
    ck_assert_double_eq(o->price1, 5010);
}
END_TEST

START_TEST(orders_that_vanished_are_shown_as_gone_and_the_bracket_follows)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    send_order("stop", 3, 2, 4990, "");
    send_order("target", 2, 2, 5010, "");
    settle();
    ck_assert_double_eq(position_of(&SIM1, MES)->target_price, 5010);
    peer_answer(b.peer, 300, NULL, NULL, "[" OPEN("stop", 3, 2, 4990) "]");
    reconnect();
    ck_assert(order_is_working(order_of("stop")));
    ck_assert(!order_is_working(order_of("target")));
    ck_assert_str_eq(order_of("target")->text, "no longer among the server's open orders");
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4990);
    ck_assert(isnan(position_of(&SIM1, MES)->target_price));
    peer_answer(b.peer, 300, NULL, NULL, "[{'Type':301,'NoOrders':1}]");
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert(isnan(position_of(&SIM1, MES)->stop_price));
    ck_assert_double_eq(query("SELECT stop_price IS NULL FROM open_position"), 1);
}
END_TEST

START_TEST(orders_stay_when_the_server_does_not_list_them)
{
    start();
    send_order("stop", 3, 2, 4990, "");
    settle();
    peer_answer(b.peer, 300, NULL, NULL, "[{'Type':302,'RejectText':'no'}]");
    reconnect();
    ck_assert(order_is_working(order_of("stop")));
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_int_eq(times_said("the server refuses to list open orders: no"), 1);
    peer_answer(b.peer, 300, NULL, NULL, NULL);
    reconnect();
    pass(11 * CLOCK_SECOND);
    ck_assert(order_is_working(order_of("stop")));
}
END_TEST

START_TEST(a_restored_bracket_is_not_touched_while_the_orders_come_in)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    send_order("stop", 3, 2, 4990, "");
    send_order("target", 2, 2, 5010, "");
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'bracket'"), 2);
    peer_answer(b.peer, 300, NULL, NULL,
                "[" OPEN("target", 2, 2, 5010) "," OPEN("stop", 3, 2, 4990) "]");
    restart();
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4990);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'bracket'"), 2);

    /* half a list says nothing of the rest */
    peer_answer(b.peer, 300, NULL, NULL,
                "[{'Type':301,'TotalNumMessages':2,'MessageNumber':1,'TradeAccount':'Sim1',"
                "'Symbol':'" MES "','ServerOrderID':'target','OrderStatus':4,"
                "'OrderUpdateReason':1,'OrderType':2,'BuySell':2,'Price1':5010}]");
    restart();
    lose_connection();
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4990);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'bracket'"), 2);
}
END_TEST

START_TEST(a_rejected_order_is_told_with_the_reason)
{
    start();
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'r1','OrderStatus':9,'OrderUpdateReason':8,"
                      "'InfoText':'margin\\u0007'}");
    settle();
    ck_assert_said("Sim1: the server rejects order r1: margin?");
}
END_TEST

/* --- connection --- */

START_TEST(a_reconnect_asks_for_everything_again_and_counts_nothing_twice)
{
    static const int requests[] = {400, 506, 101, 300, 303, 305, 601};
    unsigned asked[sizeof requests / sizeof requests[0]];
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                "','Quantity':2,'AveragePrice':5001}]");
    start();
    HISTORY({.execution = "e1", .price = 5000}, {.execution = "e2", .price = 5002});
    FILL(.execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 5002);
    settle();
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        asked[i] = peer_count(b.peer, requests[i]);
    reconnect();
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        ck_assert_uint_eq(peer_count(b.peer, requests[i]), asked[i] + 1);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert(is_confirmed(&SIM1, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

START_TEST(failed_tries_are_told_once)
{
    start();
    peer_shut(b.peer);
    int64_t limit = give_up_time();
    while (is_online()) {
        turn();
        ck_assert(clock_monotonic_us() < limit);
    }
    for (int i = 0; i < 200; i++) {
        b.now += CLOCK_SECOND;
        b.wall += CLOCK_SECOND;
        turn();
    }
    ck_assert_int_eq(look()->connection.phase, LINK_OFFLINE);
    ck_assert_int_eq(times_said("connection refused"), 1);
    peer_open(b.peer);
    b.now += 40 * CLOCK_SECOND;
    go_online();
    ck_assert_int_eq(times_said("online with"), 2);
}
END_TEST

START_TEST(everything_is_asked_for_again_every_few_minutes)
{
    start();
    unsigned orders = peer_count(b.peer, 300), positions = peer_count(b.peer, 305);
    skip(4 * 60 + 50);
    ck_assert_uint_eq(peer_count(b.peer, 300), orders);
    skip(20);
    ck_assert_uint_eq(peer_count(b.peer, 300), orders + 1);
    ck_assert_uint_eq(peer_count(b.peer, 305), positions + 1);
    ck_assert_int_eq(times_said("asking the server"), 0);
}
END_TEST

/* --- accounts and balances --- */

START_TEST(two_accounts_with_one_symbol_are_islands)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'},"
                "{'Type':401,'TradeAccount':''}]");
    start();
    FILL(.execution = "same", .price = 5000, .quantity = 2);
    FILL(.account = "120005", .execution = "same", .price = 6000, .sells = 1);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_double_eq(held(&LIVE, MES), -1);
    FILL(.account = "120005", .execution = "out", .price = 5990);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE mode = 'LIVE'"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE mode = 'SIM'"), 0);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10000 * MONEY_ONE);
    ck_assert_uint_eq(look()->account_count, 2);
}
END_TEST

START_TEST(the_mode_of_an_account_can_be_set)
{
    static const struct account_key apex = {MODE_LIVE, "APX-1234"};
    ck_assert(config_set(&b.config, "account.APX-1234.mode", "live", NULL));
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'APX-1234'},{'Type':401,'TradeAccount':'APX-5'}]");
    start();
    FILL(.account = "APX-1234", .execution = "e1", .price = 5000);
    FILL(.account = "APX-5", .execution = "e2", .price = 5000);
    settle();
    ck_assert_double_eq(held(&apex, MES), 1);
    ck_assert_double_eq(held(&(struct account_key){MODE_DEBUG, "APX-5"}, MES), 1);
    restart();
    ck_assert_double_eq(held(&apex, MES), 1);
}
END_TEST

START_TEST(a_live_balance_is_what_the_server_reports_kept_when_it_changes)
{
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
    peer_answer(b.peer, 601, NULL, NULL,
                "[{'Type':600,'TradeAccount':'120005','CashBalance':21.66,"
                "'BalanceAvailableForNewPositions':20,'MarginRequirement':1.5,"
                "'OpenPositionsProfitLoss':-0.25,'DailyProfitLoss':3,'AccountCurrency':'USD'}]");
    start();
    const struct balance *reported = &account_of_key(&LIVE)->reported;
    ck_assert_int_eq(reported->cash, 21660000);
    ck_assert_int_eq(reported->available, 20 * MONEY_ONE);
    ck_assert_int_eq(reported->margin, 1500000);
    ck_assert_int_eq(reported->open_pnl, -250000);
    ck_assert_int_eq(reported->daily_pnl, 3 * MONEY_ONE);
    ck_assert_str_eq(reported->currency, "USD");
    command(COMMAND_RECONCILE, &LIVE, "", 0); /* the same again is no news */
    peer_send(b.peer, "{'Type':600,'TradeAccount':'120005','CashBalance':31.66,"
                      "'TradingIsDisabled':1,'AccountCurrency':'USD'}");
    settle();
    ck_assert(account_of_key(&LIVE)->reported.trading_disabled);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE ledger = 0"), 2);
    ck_assert_double_eq(query("SELECT cash FROM balance ORDER BY id DESC"), 31.66e6);
    restart();
    ck_assert_int_eq(account_of_key(&LIVE)->ledger.time, 0);
    pass(CLOCK_SECOND);
    ck_assert_uint_ge(look()->equity[TIMEFRAME_ALL].count, 2);
}
END_TEST

START_TEST(a_sim_balance_of_the_server_stands_beside_the_ledger)
{
    peer_answer(b.peer, 601, NULL, NULL,
                "[{'Type':600,'TradeAccount':'Sim1','CashBalance':123456}]");
    start();
    ck_assert_int_eq(account_of_key(&SIM1)->reported.cash, 123456 * MONEY_ONE);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10000 * MONEY_ONE);
    ck_assert_int_eq(account_balance(account_of_key(&SIM1)), 10000 * MONEY_ONE);
    FILL(.execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 4998, .sells = 1);
    settle();
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 9990 * MONEY_ONE);
    restart();
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 9990 * MONEY_ONE);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE opens_period = 1"), 1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const fills[] = {
        a_fill_of_the_stream_and_of_the_history_is_counted_once,
        fills_without_execution_ids_are_known_by_order_and_cumulative_quantity,
        a_fill_that_was_lost_on_the_way_is_fetched,
        an_order_that_says_more_than_the_history_is_asked_about_once,
        a_fill_lost_while_a_history_is_under_way_is_asked_for_again,
        fills_that_come_during_a_history_are_applied_in_order_of_time,
        a_refused_history_is_told_once_and_holds_no_fill_back,
        half_a_history_is_none,
        a_history_cut_off_by_silence_lets_the_fills_pass,
        a_long_history_in_any_order_is_applied_in_order_of_time,
        fills_from_before_the_account_was_followed_do_not_count,
        fills_made_while_the_console_was_down_are_counted_at_the_next_start,
    };
    const TTest *const orders[] = {
        a_new_order_id_keeps_the_order_and_its_fills,
        later_messages_of_an_order_may_leave_things_out,
        orders_that_vanished_are_shown_as_gone_and_the_bracket_follows,
        orders_stay_when_the_server_does_not_list_them,
        a_restored_bracket_is_not_touched_while_the_orders_come_in,
        a_rejected_order_is_told_with_the_reason,
    };
    const TTest *const connection[] = {
        a_reconnect_asks_for_everything_again_and_counts_nothing_twice,
        failed_tries_are_told_once,
        everything_is_asked_for_again_every_few_minutes,
    };
    const TTest *const accounts[] = {
        two_accounts_with_one_symbol_are_islands,
        the_mode_of_an_account_can_be_set,
        a_live_balance_is_what_the_server_reports_kept_when_it_changes,
        a_sim_balance_of_the_server_stands_beside_the_ledger,
    };
    Suite *s = suite_create("engine: fills");
    CASE_ADD(s, "fills", fills);
    CASE_ADD(s, "orders", orders);
    CASE_ADD(s, "connection", connection);
    CASE_ADD(s, "accounts", accounts);
    TCase *each = tcase_create("each wrong fill");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_add_loop_test(each, what_is_no_fill_is_refused_aloud_and_changes_nothing, 0, 8);
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
