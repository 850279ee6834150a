/* What the books say after the rarer turns: each fill once, no trade that was none, no price that
 * nobody paid. */
#include "engine_bench.h"

static void follow(const char *account)
{
    char text[100];
    text_format(text, sizeof text, "[{'Type':401,'TradeAccount':'%s'}]", account);
    peer_answer(b.peer, 400, NULL, NULL, text);
}

/* The answer to 305 from now on; a price of 0: it says none. */
static void report(double quantity, double price)
{
    char text[300], entry[40] = "";
    if (price != 0)
        text_format(entry, sizeof entry, ",'AveragePrice':%.10g", price);
    text_format(text, sizeof text,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES "','Quantity':%.10g%s}]",
                quantity, entry);
    peer_answer(b.peer, 305, NULL, NULL, text);
}

/* --- one fill, told with an execution id here and without one there --- */

START_TEST(a_fill_that_only_the_history_names_is_counted_once)
{
    start();
    FILL(.order = "o1", .price = 5000);
    settle();
    HISTORY({.order = "o1", .execution = "x1", .price = 5000});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    restart();
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(a_fill_that_only_the_stream_names_is_counted_once)
{
    start();
    FILL(.order = "o1", .execution = "x1", .price = 5000);
    settle();
    HISTORY({.order = "o1", .price = 5000});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    restart();
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(a_fill_that_the_history_tells_of_first_is_counted_once)
{
    start();
    HISTORY({.order = "o1", .execution = "x1", .price = 5000}, {.order = "o2", .price = 5000});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    FILL(.order = "o1", .price = 5000);
    FILL(.order = "o2", .execution = "x2", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
}
END_TEST

START_TEST(fills_of_one_order_are_told_apart_by_either_name)
{
    start();
    pass(5 * CLOCK_SECOND);
    FILL(.order = "o1", .price = 5000, .filled = 1);
    FILL(.order = "o2", .execution = "y1", .price = 5000, .filled = 1);
    FILL(.order = "o2", .execution = "y2", .price = 5000, .filled = 1); /* as some servers do */
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    HISTORY({.order = "o1", .execution = "x1", .price = 5000, .ago = 2},
            {.order = "o1", .execution = "x2", .price = 5000, .ago = 1},
            {.order = "o1", .execution = "x2", .price = 5000, .ago = 1}, /* twice */
            {.order = "o1", .execution = "x3", .price = 5000});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 5); /* x2 and x3 are news */
    FILL(.order = "o1", .price = 5000, .filled = 3);
    FILL(.order = "o1", .price = 5000, .filled = 4);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 6);
}
END_TEST

START_TEST(a_short_history_that_names_no_fills_is_asked_for_from_the_beginning_of_its_orders)
{
    start();
    FILL(.order = "o1", .execution = "x1", .price = 5000, .filled = 1);
    settle();
    pass(CLOCK_SECOND);
    b.wall += 3 * CLOCK_DAY;
    FILL(.order = "o2", .execution = "y1", .price = 5000);
    FILL(.order = "o1", .execution = "x2", .price = 5000, .filled = 2);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    HISTORY({.order = "o1", .price = 5000, .ago = 3 * 86400},
            {.order = "o2", .price = 5000, .ago = 1}, {.order = "o1", .price = 5000, .ago = 1});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 3);
}
END_TEST

/* --- a fill is counted and written when it happens --- */

START_TEST(a_fill_waits_for_no_history_that_nothing_is_missing_for)
{
    start();
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    pass(CLOCK_SECOND);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
    peer_send(b.peer,
              "{'Type':304,'RequestID':%d,'TotalNumberMessages':1,'MessageNumber':1,'Symbol':'" MES
              "','BuySell':1,'Price':5000,'Quantity':1,'DateTime':%lld,'UniqueExecutionID':'e1',"
              "'TradeAccount':'Sim1'}",
              (int)peer_number(b.peer, 303, "RequestID"), (long long)wall_seconds());
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    reconnect(); /* one may have been missed */
    FILL(.execution = "e2", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    pass(11 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 2);
}
END_TEST

START_TEST(a_fill_behind_one_that_is_missed_waits_for_it)
{
    start();
    FILL(.order = "o1", .execution = "e1", .price = 5000);
    settle();
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    pass(CLOCK_SECOND);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    /* the first of the two that closed it, and 1 more, is lost */
    FILL(.order = "o2", .execution = "e3", .price = 5010, .sells = 1, .filled = 2);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    FILL(.order = "o3", .execution = "e4", .price = 5012);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    HISTORY({.order = "o2", .execution = "e2", .price = 5010, .sells = 1});
    pass(11 * CLOCK_SECOND); /* the history that was under way is given up */
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 4);
}
END_TEST

/* --- what the user says --- */

START_TEST(the_exit_of_a_discarded_position_is_no_trade_of_its_own)
{
    follow("120005");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    end();
    b.wall += 25 * CLOCK_HOUR;
    HISTORY({.account = "120005", .execution = "e1", .price = 5000, .ago = 25 * 3600},
            {.account = "120005", .execution = "e2", .price = 5007, .sells = 1, .ago = 3600});
    begin();
    struct command c = {.kind = COMMAND_DISCARD, .key = LIVE, .symbol = MES};
    ck_assert(command_post(b.commands, &c));
    go_online();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    restart();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
}
END_TEST

/* --- the server's word --- */

START_TEST(a_position_that_a_made_up_fill_opened_takes_the_servers_entry_for_its_own)
{
    follow("120005");
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308}]");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    send_trade(5005);
    report(-2, 5020);
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(10 * CLOCK_SECOND);
    const struct position *p = position_of(&LIVE, MES);
    ck_assert_ptr_nonnull(p);
    ck_assert_double_eq(p->quantity, -2);
    ck_assert_double_eq(p->entry_price, 5020);
    ck_assert_int_eq(p->realized_pnl, 0);
    ck_assert_int_eq(p->origin, ORIGIN_RECONCILED);
    ck_assert_int_eq(p->source, SOURCE_SERVER);
    FILL(.account = "120005", .execution = "e2", .price = 5010, .quantity = 2);
    settle();
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade WHERE side = 'long'"), 25e6);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade WHERE side = 'short' AND "
                              "entry_price = 5020 AND origin = 'reconciled'"),
                        100e6); /* 10 points × 2 × 5.00 */
}
END_TEST

START_TEST(a_close_that_nobody_prices_is_at_the_last_price_of_the_run_before)
{
    follow("120005");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    send_trade(4890);
    pass(CLOCK_SECOND);
    send_trade(4900); /* no new extreme */
    skip(60);
    send_trade(4900);
    pass(CLOCK_SECOND);
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308}]");
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    restart();
    ck_assert(!price_is_set(position_of(&LIVE, MES)->price));
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT exit_price FROM trade"), 4900);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade WHERE origin = 'reconciled'"),
                        -500e6); /* 100 points × 5.00 */
}
END_TEST

START_TEST(each_server_that_ever_reported_a_position_of_a_simulation_is_believed)
{
    static const char *const names[] = {"one", "another"};
    start();
    for (int i = 0; i < 3; i++) {
        char text[200];
        end();
        text_format(text, sizeof text,
                    "[{'Type':2,'ProtocolVersion':8,'Result':1,'ServerName':'%s',"
                    "'OrderUpdatesSupported':1,'TradingIsSupported':1}]",
                    names[i % 2]);
        peer_answer(b.peer, 1, NULL, NULL, text);
        peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
        begin();
        go_online();
        if (i < 2) /* MNQ, to be held apart */
            peer_send(b.peer, "{'Type':306,'TradeAccount':'Sim1','Symbol':'" MNQ
                              "','Quantity':1,'AveragePrice':20000}");
        settle();
    }
    FILL(.execution = "e1", .price = 5000);
    settle();
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
}
END_TEST

START_TEST(a_position_without_an_entry_price_is_told_of_once)
{
    follow("120005");
    report(1, 0);
    start();
    pass(5 * CLOCK_SECOND);
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_ptr_null(position_of(&LIVE, MES));
    ck_assert_int_eq(times_said("120005 " MES ": the server reports LONG 1 without an entry price: "
                                "it is taken over once the server gives one"),
                     1);
    report(1, 5000);
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const once[] = {
        a_fill_that_only_the_history_names_is_counted_once,
        a_fill_that_only_the_stream_names_is_counted_once,
        a_fill_that_the_history_tells_of_first_is_counted_once,
        fills_of_one_order_are_told_apart_by_either_name,
        a_short_history_that_names_no_fills_is_asked_for_from_the_beginning_of_its_orders,
    };
    const TTest *const at_once[] = {
        a_fill_waits_for_no_history_that_nothing_is_missing_for,
        a_fill_behind_one_that_is_missed_waits_for_it,
    };
    const TTest *const user[] = {the_exit_of_a_discarded_position_is_no_trade_of_its_own};
    const TTest *const server[] = {
        a_position_that_a_made_up_fill_opened_takes_the_servers_entry_for_its_own,
        a_close_that_nobody_prices_is_at_the_last_price_of_the_run_before,
        each_server_that_ever_reported_a_position_of_a_simulation_is_believed,
        a_position_without_an_entry_price_is_told_of_once,
    };
    Suite *s = suite_create("engine: books");
    CASE_ADD(s, "once", once);
    CASE_ADD(s, "at once", at_once);
    CASE_ADD(s, "user", user);
    CASE_ADD(s, "server", server);
    return s;
}

TEST_MAIN(suite)
