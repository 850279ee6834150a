/* Fills that come out of their order, and what says that a fill was changed or taken back. */
#include "engine_bench.h"

static void two_accounts(void)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
    answer_snapshot(5000, START_TIME - 1);
}

static void report(double quantity, double price)
{
    char text[300];
    text_format(text, sizeof text,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES
                "','Quantity':%.10g,'AveragePrice':%.10g}]",
                quantity, price);
    peer_answer(b.peer, 305, NULL, NULL, text);
}

/* --- out of order --- */

START_TEST(an_earlier_fill_that_comes_later_makes_the_same_position)
{
    start();
    pass(CLOCK_SECOND);
    FILL(.execution = "b", .price = 5010, .ago = 1);
    FILL(.execution = "a", .price = 5000, .quantity = 3, .ago = 5);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 4);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5002.5);
}
END_TEST

/* Bought, bought and sold; the second purchase comes last: what is left is worth the same. */
START_TEST(whatever_the_order_the_money_in_all_is_the_same)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}};
    static const struct sent_fill fills[] = {
        {.execution = "a", .price = 5000, .ago = 9},
        {.execution = "b", .price = 5010, .ago = 8},
        {.execution = "c", .price = 5020, .sells = 1, .ago = 7},
    };
    start();
    for (int i = 0; i < 3; i++)
        send_fill(&fills[orders[_i][i]]);
    FILL(.execution = "d", .price = 5030, .sells = 1);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT sum(realized_pnl) FROM trade"), 200e6); /* 40 points */
}
END_TEST

START_TEST(a_trade_whose_exit_is_told_first_is_the_right_way_round)
{
    start();
    pass(CLOCK_SECOND);
    FILL(.execution = "out", .price = 5010, .sells = 1, .ago = 1);
    FILL(.execution = "in", .price = 5000, .ago = 60);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE side = 'long' AND realized_pnl = "
                              "50e6 AND exit_time - entry_time = 59000000"),
                        1);
    ck_assert_int_eq(times_said("wrong way round"), 0);
}
END_TEST

/* Both are in the history after a reconnect, beside one of the stream that comes before it. */
START_TEST(a_history_puts_what_the_stream_told_meanwhile_in_its_place)
{
    start();
    pass(CLOCK_SECOND);
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    reconnect();
    FILL(.execution = "out", .price = 5010, .sells = 1);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    int request = (int)peer_number(b.peer, 303, "RequestID");
    peer_send(b.peer,
              "{'Type':304,'RequestID':%d,'TotalNumberMessages':1,'MessageNumber':1,"
              "'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'in','BuySell':1,"
              "'Price':5000,'DateTime':%lld,'Quantity':1,'UniqueExecutionID':'in'}",
              request, (long long)wall_seconds() - 20);
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE side = 'long' AND "
                              "entry_price = 5000 AND exit_price = 5010 AND "
                              "exit_time > entry_time"),
                        1);
    ck_assert_int_eq(times_said("came after later ones"), 0);
}
END_TEST

/* --- changed, or taken back --- */

static void send_filled(const char *account, double filled)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'%s','Symbol':'" MES "','ServerOrderID':'e1',"
              "'OrderStatus':7,'OrderUpdateReason':3,'OrderType':1,'BuySell':1,'OrderQuantity':2,"
              "'FilledQuantity':%.10g}",
              account, filled);
    settle();
}

START_TEST(a_fill_that_was_taken_back_leaves_what_the_server_says_is_held)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000, .quantity = 2);
    report(2, 5000);
    pass(3 * CLOCK_SECOND);
    report(1, 5000);
    unsigned asked = peer_count(b.peer, 305);
    send_filled("120005", 1);
    send_filled("120005", 1);
    ck_assert_uint_eq(peer_count(b.peer, 305), asked + 1);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_int_eq(times_said("one may have been taken back"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE execution_id LIKE 'reconciled-%'"),
                        1);
    restart();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
}
END_TEST

START_TEST(an_update_that_is_only_late_changes_nothing)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000, .quantity = 2);
    report(2, 5000);
    pass(3 * CLOCK_SECOND);
    send_filled("120005", 1);
    send_filled("120005", 0); /* what some servers leave out */
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 2);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

START_TEST(where_no_position_is_reported_it_is_told_and_nothing_changes)
{
    start();
    FILL(.execution = "e1", .price = 5000, .quantity = 2);
    settle();
    send_filled("Sim1", 1);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_int_eq(times_said("Sim1: order e1 is filled 1 of " MES ", and its fills are 2"), 1);
}
END_TEST

/* The price of a fill is changed: the history has it, and so has the position. */
START_TEST(a_fill_that_was_changed_counts_once_and_the_servers_entry_price_rules)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    report(1, 5000);
    pass(3 * CLOCK_SECOND);
    HISTORY({.account = "120005", .execution = "e1", .price = 5010, .ago = 3});
    report(1, 5010);
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 5010);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE why = 'entry price of the server'"),
                        1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const order[] = {
        an_earlier_fill_that_comes_later_makes_the_same_position,
        a_trade_whose_exit_is_told_first_is_the_right_way_round,
        a_history_puts_what_the_stream_told_meanwhile_in_its_place,
    };
    const TTest *const corrections[] = {
        a_fill_that_was_taken_back_leaves_what_the_server_says_is_held,
        an_update_that_is_only_late_changes_nothing,
        where_no_position_is_reported_it_is_told_and_nothing_changes,
        a_fill_that_was_changed_counts_once_and_the_servers_entry_price_rules,
    };
    Suite *s = suite_create("engine: order and corrections");
    CASE_ADD(s, "order", order);
    CASE_ADD(s, "corrections", corrections);
    TCase *c = tcase_create("any order");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, whatever_the_order_the_money_in_all_is_the_same, 0, 3);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
