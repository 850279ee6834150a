/* The server's word on positions against ours. */
#include "engine_bench.h"

/* The answer to 305 from now on, for one position. */
static void report(const char *account, const char *symbol, double quantity, const char *more)
{
    char text[400];
    text_format(text, sizeof text,
                "[{'Type':306,'TradeAccount':'%s','Symbol':'%s','Quantity':%.10g,"
                "'AveragePrice':5000%s}]",
                account, symbol, quantity, more);
    peer_answer(b.peer, 305, NULL, NULL, text);
}

static void report_nothing(void)
{
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
}

/* Told unasked, and from now on when asked. */
static void send_position(const char *account, double quantity)
{
    report(account, MES, quantity, "");
    peer_send(b.peer,
              "{'Type':306,'TradeAccount':'%s','Symbol':'" MES
              "','Quantity':%.10g,'AveragePrice':5000}",
              account, quantity);
}

static void two_accounts(void)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
}

/* --- fill and report, in either order --- */

START_TEST(a_report_after_its_fill_confirms)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    ck_assert(!is_confirmed(&LIVE, MES));
    pass(CLOCK_SECOND);
    send_position("120005", 1);
    pass(CLOCK_SECOND);
    ck_assert(is_confirmed(&LIVE, MES));
    FILL(.account = "120005", .execution = "e2", .price = 5000);
    settle();
    ck_assert(!is_confirmed(&LIVE, MES));
    pass(CLOCK_SECOND);
    send_position("120005", 2);
    pass(10 * CLOCK_SECOND);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

START_TEST(a_report_before_its_fill_waits_for_it)
{
    two_accounts();
    start();
    send_position("120005", 1);
    pass(3 * CLOCK_SECOND / 2);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    FILL(.account = "120005", .execution = "e1", .price = 5001);
    pass(CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
    send_position("120005", 0);
    pass(3 * CLOCK_SECOND / 2);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    FILL(.account = "120005", .execution = "e2", .price = 5003, .sells = 1);
    pass(10 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'live'"), 1);
}
END_TEST

START_TEST(a_report_that_our_own_fill_has_overtaken_is_asked_for_again)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    send_position("120005", 1);
    pass(CLOCK_SECOND);
    unsigned asked = peer_count(b.peer, 305);
    FILL(.account = "120005", .execution = "e2", .price = 5000);
    report("120005", MES, 2, "");
    pass(20 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 305), asked + 1);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(held(&LIVE, MES), 2);
}
END_TEST

/* --- the table of the reconciliation --- */

START_TEST(the_same_on_both_sides_is_confirmed_with_the_servers_entry_price)
{
    start();
    FILL(.execution = "e1", .price = 5002);
    settle();
    report("Sim1", MES, 1, ",'HighPriceDuringPosition':5020,'LowPriceDuringPosition':4990");
    restart();
    pass(CLOCK_SECOND);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(is_confirmed(&SIM1, MES));
    ck_assert_double_eq(p->entry_price, 5000);
    ck_assert_int_eq(p->mfe, 90 * MONEY_ONE); /* of what our fill paid: 18 points × 5.00 */
    ck_assert_int_eq(p->mae, -60 * MONEY_ONE);
    ck_assert(look()->recovery_open);
    ck_assert_str_eq(b.shown.recovered[0].finding, "confirmed, with the entry price of the server");
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'reconciled'"), 1);
    await_query("SELECT mfe FROM open_position", 90e6);
}
END_TEST

START_TEST(an_entry_price_within_a_tick_stays)
{
    start();
    FILL(.execution = "e1", .price = 5000.25);
    send_position("Sim1", 1);
    pass(CLOCK_SECOND);
    ck_assert(is_confirmed(&SIM1, MES));
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5000.25);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'reconciled'"), 0);
}
END_TEST

START_TEST(flat_at_the_server_closes_with_the_fills_of_the_history)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    b.wall += 10 * CLOCK_SECOND;
    HISTORY({.account = "120005", .execution = "e1", .price = 5000, .ago = 10},
            {.account = "120005", .execution = "e2", .price = 5007, .sells = 1, .ago = 4});
    send_position("120005", 0);
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'live' AND exit_price = "
                              "5007 AND realized_pnl = 35000000"),
                        1);
    char sql[100];
    text_format(sql, sizeof sql, "SELECT exit_time - %lld000000 FROM trade",
                (long long)START_TIME + 6);
    ck_assert_double_eq(query(sql), 0);
}
END_TEST

START_TEST(flat_at_the_server_without_a_history_closes_at_the_last_price)
{
    two_accounts();
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308}]");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':4996.5,'Volume':1}");
    send_position("120005", 0);
    pass(3 * CLOCK_SECOND / 2);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    pass(3 * CLOCK_SECOND / 2);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'reconciled' AND "
                              "exit_price = 4996.5 AND realized_pnl = -17500000"),
                        1);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_said("120005 " MES ": the server says flat and no fill says why: closed at the last "
                   "known price");
}
END_TEST

START_TEST(a_complete_answer_without_the_symbol_is_flat)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    report("120005", MNQ, 1, "");
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(held(&LIVE, MNQ), 1);
}
END_TEST

START_TEST(another_quantity_is_one_missing_fill_once)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 4990);
    settle();
    report("120005", MES, 3, "");
    for (int run = 0; run < 3; run++) {
        restart();
        pass(5 * CLOCK_SECOND);
        ck_assert_double_eq(held(&LIVE, MES), 3);
        ck_assert(is_confirmed(&LIVE, MES));
        ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
        /* 2 at 5005 make the server's average of 5000 */
        ck_assert_double_eq(query("SELECT price FROM fill WHERE quantity = 2"), 5005);
        ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 5000);
    }
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE execution_id LIKE 'reconciled-%'"),
                        1);
    ck_assert_int_eq(times_said("the server reports another quantity"), 1);
}
END_TEST

START_TEST(the_other_side_at_the_server_closes_and_opens_anew)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5010);
    settle();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5004,'Volume':1}");
    send_position("120005", -2);
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), -2);
    ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 5000); /* the server's */
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), -30e6);
}
END_TEST

START_TEST(a_position_that_only_the_server_has_is_taken_over)
{
    two_accounts();
    peer_answer(b.peer, 300, NULL, NULL,
                "[{'Type':301,'TradeAccount':'120005','Symbol':'" MES
                "','ServerOrderID':'s','OrderStatus':4,'OrderUpdateReason':1,'OrderType':3,"
                "'BuySell':1,'Price1':5030,'OrderQuantity':2}]");
    report("120005", MES, -2,
           ",'EntryDateTime':1799990000,'HighPriceDuringPosition':5010,"
           "'LowPriceDuringPosition':4980");
    start();
    pass(CLOCK_SECOND);
    ck_assert_ptr_null(position_of(&LIVE, MES));
    pass(2 * CLOCK_SECOND);
    const struct position *p = position_of(&LIVE, MES);
    ck_assert_double_eq(p->quantity, -2);
    ck_assert_double_eq(p->entry_price, 5000);
    ck_assert_int_eq(p->entry_time, INT64_C(1799990000) * CLOCK_SECOND);
    ck_assert_double_eq(p->max_price, 5010);
    ck_assert_double_eq(p->min_price, 4980);
    ck_assert_int_eq(p->mae, -100 * MONEY_ONE); /* 10 points × 2 × 5.00 */
    ck_assert_int_eq(p->mfe, 200 * MONEY_ONE);
    ck_assert_int_eq(p->source, SOURCE_SERVER);
    ck_assert_double_eq(p->stop_price, 5030);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM open_position WHERE source = 'server'"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 0);

    FILL(.account = "120005", .execution = "out", .price = 4990, .quantity = 2);
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE side = 'short' AND quantity = 2 "
                              "AND entry_price = 5000 AND realized_pnl = 100000000"),
                        1);
}
END_TEST

START_TEST(a_position_without_a_price_or_of_absurd_size_is_not_taken_over)
{
    static const char *const reports[] = {"'Quantity':1", "'Quantity':1,'AveragePrice':0",
                                          "'Quantity':1e308,'AveragePrice':5000",
                                          "'Quantity':1,'AveragePrice':1e308"};
    two_accounts();
    start();
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++)
        peer_send(b.peer, "{'Type':306,'TradeAccount':'120005','Symbol':'S%zu',%s}", i, reports[i]);
    pass(5 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->position_count, 0);
}
END_TEST

START_TEST(an_entry_time_that_cannot_be_is_now)
{
    two_accounts();
    report("120005", MES, 1, ",'EntryDateTime':-5");
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_int_ge(position_of(&LIVE, MES)->entry_time, START_TIME * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 1);
}
END_TEST

START_TEST(no_report_at_all_is_no_flat_position)
{
    static const char *const silences[] = {"[{'Type':307,'RejectText':'no'}]", NULL};
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 5000);
    settle();
    for (size_t i = 0; i < sizeof silences / sizeof silences[0]; i++) {
        peer_answer(b.peer, 305, NULL, NULL, silences[i]);
        restart();
        pass(15 * CLOCK_SECOND);
        ck_assert_double_eq(held(&LIVE, MES), 1);
        ck_assert_double_eq(held(&SIM1, MES), 1);
        ck_assert(!is_confirmed(&LIVE, MES));
    }
    /* two positions announced, one told, then the end of the connection */
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TotalNumberMessages':2,'MessageNumber':1,'TradeAccount':'120005',"
                "'Symbol':'" MNQ "','Quantity':0}]");
    restart();
    reconnect();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
}
END_TEST

START_TEST(a_refusal_to_list_positions_is_told_once)
{
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307,'RejectText':'no'}]");
    start();
    reconnect();
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_int_eq(times_said("the server refuses to list positions: no"), 1);
}
END_TEST

START_TEST(symbols_that_are_long_flat_are_not_followed)
{
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'F.US.MESM25','Quantity':0,"
                "'AveragePrice':5996.5},{'Type':306,'TradeAccount':'Sim1','Symbol':'ESH20',"
                "'Quantity':0}]");
    start();
    pass(5 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->symbol_count, 0);
    ck_assert_uint_eq(peer_count(b.peer, 101), 0);
    ck_assert_uint_eq(peer_count(b.peer, 506), 0);
}
END_TEST

/* --- Sierra Chart's own simulation --- */

START_TEST(stray_zeros_of_a_simulation_close_nothing)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    send_position("Sim1", 0);
    pass(10 * CLOCK_SECOND);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    pass(10 * CLOCK_SECOND);
    restart();
    pass(10 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert(!is_confirmed(&SIM1, MES));
}
END_TEST

START_TEST(a_simulation_that_once_reported_a_position_is_believed)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    send_position("Sim1", 1);
    pass(CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM meta WHERE name LIKE 'reported:%:Sim1'"), 1);
    report_nothing();
    restart();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'reconciled'"), 1);
}
END_TEST

START_TEST(what_one_server_reports_says_nothing_of_another)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    send_position("Sim1", 1);
    pass(CLOCK_SECOND);
    report_nothing();
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'ServerName':'Sierra','SecurityDefinitionsSupported':1}]");
    restart();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

/* --- reports that are late, and answers that are cut --- */

static void send_raw_position(double quantity)
{
    peer_send(b.peer,
              "{'Type':306,'TradeAccount':'120005','Symbol':'" MES
              "','Quantity':%.10g,'AveragePrice':5000}",
              quantity);
}

START_TEST(a_report_that_the_server_denies_when_asked_changes_nothing)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    report("120005", MES, 1, "");
    send_raw_position(1);
    send_raw_position(-2);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_int_eq(times_said("no fill says why"), 0);
}
END_TEST

START_TEST(a_flat_report_behind_one_that_waits_for_its_definition_counts)
{
    two_accounts();
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307}]");
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    start();
    send_raw_position(-2);
    send_raw_position(0);
    pass(20 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_int_eq(times_said("taken over"), 0);
}
END_TEST

START_TEST(a_history_that_is_cut_is_asked_for_again_before_anything_is_made_up)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    b.wall += 10 * CLOCK_SECOND;
    peer_answer(b.peer, 303, NULL, NULL,
                "[{'Type':304,'TradeAccount':'120005','Symbol':'" MES
                "','TotalNumberMessages':2,'MessageNumber':2}]");
    send_position("120005", 0);
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    HISTORY({.account = "120005", .execution = "e1", .price = 5000, .ago = 20},
            {.account = "120005", .execution = "e2", .price = 5007, .sells = 1, .ago = 14});
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT exit_price FROM trade"), 5007);
}
END_TEST

START_TEST(a_history_that_is_given_after_all_counts_nothing_again)
{
    two_accounts();
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':308}]");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    settle();
    b.wall += 10 * CLOCK_SECOND;
    send_position("120005", 0);
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    HISTORY({.account = "120005", .execution = "e1", .price = 5000, .ago = 14},
            {.account = "120005", .execution = "e2", .price = 5007, .sells = 1, .ago = 8});
    reconnect();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    restart();
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

/* --- islands, and definitions that are late --- */

START_TEST(a_report_of_one_account_says_nothing_of_the_other)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 5000, .quantity = 4);
    settle();
    send_position("120005", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(held(&SIM1, MES), 4);
}
END_TEST

START_TEST(a_report_that_waits_for_its_definition_is_no_flat_position)
{
    two_accounts();
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    send_position("120005", 1);
    pass(CLOCK_SECOND);
    report("120005", MES, 1, "");
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    reconnect();
    pass(8 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
}
END_TEST

START_TEST(one_account_that_waits_does_not_hide_the_other_that_is_flat)
{
    static const struct account_key other = {MODE_LIVE, "777"};
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'777'},{'Type':401,'TradeAccount':'120005'}]");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000);
    FILL(.account = "777", .execution = "e2", .price = 5000);
    settle();
    report("120005", MES, 1, "");
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    restart();
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert_double_eq(held(&other, MES), 0);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const timing[] = {
        a_report_after_its_fill_confirms,
        a_report_before_its_fill_waits_for_it,
        a_report_that_our_own_fill_has_overtaken_is_asked_for_again,
        a_report_that_the_server_denies_when_asked_changes_nothing,
        a_flat_report_behind_one_that_waits_for_its_definition_counts,
        a_history_that_is_cut_is_asked_for_again_before_anything_is_made_up,
        a_history_that_is_given_after_all_counts_nothing_again,
        a_report_that_waits_for_its_definition_is_no_flat_position,
        one_account_that_waits_does_not_hide_the_other_that_is_flat,
    };
    const TTest *const table[] = {
        the_same_on_both_sides_is_confirmed_with_the_servers_entry_price,
        an_entry_price_within_a_tick_stays,
        flat_at_the_server_closes_with_the_fills_of_the_history,
        flat_at_the_server_without_a_history_closes_at_the_last_price,
        a_complete_answer_without_the_symbol_is_flat,
        another_quantity_is_one_missing_fill_once,
        the_other_side_at_the_server_closes_and_opens_anew,
        a_position_that_only_the_server_has_is_taken_over,
        a_position_without_a_price_or_of_absurd_size_is_not_taken_over,
        an_entry_time_that_cannot_be_is_now,
        no_report_at_all_is_no_flat_position,
        a_refusal_to_list_positions_is_told_once,
        symbols_that_are_long_flat_are_not_followed,
        a_report_of_one_account_says_nothing_of_the_other,
    };
    const TTest *const simulation[] = {
        stray_zeros_of_a_simulation_close_nothing,
        a_simulation_that_once_reported_a_position_is_believed,
        what_one_server_reports_says_nothing_of_another,
    };
    Suite *s = suite_create("engine: reconciliation");
    CASE_ADD(s, "timing", timing);
    CASE_ADD(s, "table", table);
    CASE_ADD(s, "simulation", simulation);
    return s;
}

TEST_MAIN(suite)
