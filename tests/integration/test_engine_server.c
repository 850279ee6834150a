/* What a server can and cannot do, what it refuses, and what it says in its own way. */
#include "engine_bench.h"

static void follow(const char *symbols)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, symbols);
}

/* The answer to a logon from now on, with these fields. */
static void server_with(const char *fields)
{
    char text[400];
    text_format(text, sizeof text, "[{'Type':2,'Result':1,'ServerName':'peer'%s}]", fields);
    peer_answer(b.peer, 1, NULL, NULL, text);
}

#define ALL ",'MarketDataSupported':1,'SecurityDefinitionsSupported':1,'TradingIsSupported':1"

/* --- capabilities --- */

START_TEST(what_a_server_lacks_is_told_once_a_connection_and_not_asked_for)
{
    static const int lacking[] = {101, 102, 506, 800};
    follow(MES);
    server_with(",'MarketDataSupported':0");
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
    start();
    FILL(.account = "120005", .execution = "e1", .price = 5000, .quantity = 2);
    pass(2 * CLOCK_SECOND);
    for (size_t i = 0; i < sizeof lacking / sizeof lacking[0]; i++)
        ck_assert_uint_eq(peer_count(b.peer, lacking[i]), 0);
    ck_assert_int_eq(times_said("the server gives no market data"), 1);
    ck_assert_int_eq(times_said("the server defines no symbols"), 1);
    ck_assert_int_eq(times_said("the server does not allow trading"), 1);
    /* what real servers answer all the same */
    static const int asked[] = {300, 303, 305, 400, 601};
    for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
        ck_assert_uint_eq(peer_count(b.peer, asked[i]), 1);
    ck_assert(!look()->connection.trading_supported);
    /* the gates are open, the shipped point value counts: 4 points × 2 × 5.00 */
    FILL(.account = "120005", .execution = "e2", .price = 5004, .quantity = 2, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 40e6);
    reconnect();
    ck_assert_int_eq(times_said("the server gives no market data"), 2);
    ck_assert_uint_eq(peer_count(b.peer, 101), 0);
}
END_TEST

START_TEST(a_server_that_can_do_all_is_not_talked_about)
{
    start();
    ck_assert_int_eq(times_said("the server"), 0);
    ck_assert(look()->connection.trading_supported);
}
END_TEST

/* --- exchanges --- */

START_TEST(a_delimiter_joins_symbol_and_exchange_and_parts_them_again)
{
    server_with(ALL ",'SymbolExchangeDelimiter':'-'");
    follow("MNQZ6-CME");
    start();
    ck_assert_str_eq(peer_text(b.peer, 506, "Symbol"), "MNQZ6");
    ck_assert_str_eq(peer_text(b.peer, 506, "Exchange"), "CME");
    ck_assert_str_eq(peer_text(b.peer, 101, "Symbol"), "MNQZ6");
    ck_assert_str_eq(peer_text(b.peer, 101, "Exchange"), "CME");
    ck_assert_str_eq(instrument_of("MNQZ6-CME")->root, "MNQ");
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'MESZ6','Exchange':'EUX',"
                      "'ServerOrderID':'o','OrderStatus':7,'OrderUpdateReason':4,'OrderType':1,"
                      "'BuySell':1,'FilledQuantity':1,'LastFillQuantity':1,'LastFillPrice':5000,"
                      "'LastFillExecutionID':'e1'}");
    settle();
    ck_assert_double_eq(held(&SIM1, "MESZ6-EUX"), 1);
    ck_assert_str_eq(peer_text(b.peer, 506, "Exchange"), "EUX");
    ck_assert_str_eq(instrument_of("MESZ6-EUX")->root, "MES");
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'MESZ6','Exchange':'EUX',"
                "'Quantity':1,'AveragePrice':5000}]");
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    pass(CLOCK_SECOND);
    ck_assert(is_confirmed(&SIM1, "MESZ6-EUX"));
    restart();
    ck_assert_double_eq(held(&SIM1, "MESZ6-EUX"), 1);
    ck_assert_str_eq(peer_text(b.peer, 101, "Symbol"), "MNQZ6"); /* the settings' come last */
    ck_assert_uint_eq(look()->symbol_count, 2);
}
END_TEST

START_TEST(without_a_delimiter_the_exchange_plays_no_part)
{
    start();
    peer_send(b.peer, "{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                      "','Exchange':'CME','Quantity':1,'AveragePrice':5000}");
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_uint_eq(look()->symbol_count, 1);
    ck_assert_str_eq(peer_text(b.peer, 101, "Exchange"), "");
}
END_TEST

/* --- the feed --- */

START_TEST(a_symbol_whose_feed_comes_back_is_subscribed_to_again)
{
    follow(MES "," MNQ);
    server_with(ALL ",'ResubscribeWhenMarketDataFeedAvailable':1");
    start();
    ck_assert_uint_eq(peer_count(b.peer, 101), 2);
    for (int i = 0; i < 3; i++)
        peer_send(b.peer, "{'Type':116,'SymbolID':2,'Status':1}");
    peer_send(b.peer, "{'Type':116,'SymbolID':77,'Status':1}");
    settle();
    ck_assert_int_eq(times_said("the server has lost the prices of " MNQ), 1);
    peer_send(b.peer, "{'Type':116,'SymbolID':2,'Status':2}");
    pass(CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 101), 3);
    ck_assert_str_eq(peer_text(b.peer, 101, "Symbol"), MNQ);
    ck_assert_said("the server has prices of " MNQ " again");
}
END_TEST

START_TEST(a_feed_that_flickers_is_subscribed_to_once_a_second)
{
    follow(MES);
    server_with(ALL ",'ResubscribeWhenMarketDataFeedAvailable':1");
    start();
    for (int i = 0; i < 500; i++)
        peer_send(b.peer, "{'Type':100,'Status':%d}", 1 + i % 2);
    settle();
    pass(CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 101), 2);
}
END_TEST

START_TEST(prices_that_a_dead_feed_hides_are_a_gap)
{
    follow(MES);
    server_with(ALL);
    start();
    FILL(.execution = "e1", .price = 5000);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5001,'Volume':1}");
    pass(CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    peer_send(b.peer, "{'Type':100,'Status':1}");
    settle();
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

/* --- rejects --- */

START_TEST(what_is_refused_is_told_with_the_servers_words)
{
    peer_answer(b.peer, 601, NULL, NULL, "[{'Type':602,'RejectText':'no money here'}]");
    start();
    reconnect();
    ck_assert_int_eq(times_said("the server gives no balance of Sim1: no money here"), 1);
    peer_send(b.peer, "{'Type':121,'SymbolID':1,'RejectText':'no depth'}");
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'o1','OrderStatus':9,'OrderUpdateReason':8}");
    settle();
    ck_assert_said("server: no depth");
    ck_assert_said("Sim1: the server rejects order o1: it gives no reason");
}
END_TEST

START_TEST(refused_prices_are_told_again_only_when_they_had_come_meanwhile)
{
    follow(MES);
    peer_answer(b.peer, 101, NULL, NULL, "[{'Type':103,'SymbolID':1,'RejectText':'not now'}]");
    start();
    reconnect();
    skip(60);
    ck_assert_int_eq(times_said("no prices of " MES), 1);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5001,'Volume':1}");
    settle();
    peer_send(b.peer, "{'Type':103,'SymbolID':1,'RejectText':'not any more'}");
    settle();
    ck_assert_int_eq(times_said("no prices of " MES ": not any more"), 1);
}
END_TEST

START_TEST(disabled_trading_is_told_once)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1','TradingIsDisabled':1},"
                "{'Type':401,'TradeAccount':'120005'}]");
    start();
    ck_assert_int_eq(times_said("Sim1: the server has disabled trading"), 1);
    for (int i = 0; i < 3; i++)
        peer_send(b.peer,
                  "{'Type':600,'TradeAccount':'120005','CashBalance':%d,'TradingIsDisabled':1}", i);
    reconnect();
    ck_assert_int_eq(times_said("120005: the server has disabled trading"), 1);
    ck_assert_int_eq(times_said("Sim1: the server has disabled trading"), 1);
}
END_TEST

START_TEST(messages_that_the_server_dropped_are_made_up_for)
{
    b.config.reconcile_minutes = 0;
    start();
    unsigned positions = peer_count(b.peer, 305), fills = peer_count(b.peer, 303);
    HISTORY({.execution = "e1", .price = 5000});
    for (int i = 0; i < 5; i++)
        peer_send(b.peer, "{'Type':3,'NumDroppedMessages':7}");
    settle();
    ck_assert_int_eq(times_said("the server could not deliver 7 messages"), 1);
    pass(3 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 305), positions + 1);
    ck_assert_uint_eq(peer_count(b.peer, 303), fills + 1);
    ck_assert_double_eq(held(&SIM1, MES), 1);
    skip(600);
    ck_assert_uint_eq(peer_count(b.peer, 305), positions + 1);
}
END_TEST

START_TEST(a_server_that_counts_from_0_each_time_is_heard_each_time)
{
    b.config.reconcile_minutes = 0;
    start();
    peer_send(b.peer, "{'Type':3,'NumDroppedMessages':1}");
    pass(3 * CLOCK_SECOND);
    peer_send(b.peer, "{'Type':3,'NumDroppedMessages':0}");
    pass(10 * CLOCK_SECOND);
    HISTORY({.execution = "e1", .price = 5000});
    peer_send(b.peer, "{'Type':3,'NumDroppedMessages':1}");
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(the_user_and_the_password_of_the_settings_are_in_the_logon)
{
    text_copy(b.config.username, sizeof b.config.username, "joe");
    text_copy(b.config.password, sizeof b.config.password, "s3cret \"word\"");
    start();
    ck_assert_str_eq(peer_text(b.peer, 1, "Username"), "joe");
    ck_assert_str_eq(peer_text(b.peer, 1, "Password"), "s3cret \"word\"");
    ck_assert_double_eq(peer_number(b.peer, 1, "ProtocolVersion"), 8);
    ck_assert_int_eq(times_said("s3cret"), 0);
}
END_TEST

/* --- several positions of one symbol and account --- */

#define ROW(quantity, price, id)                                                                   \
    "{'Type':306,'TradeAccount':'120005','Symbol':'" MES "','Quantity':" #quantity                 \
    ",'AveragePrice':" #price ",'PositionIdentifier':'" id "','EntryDateTime':1799990000}"

static void start_with_rows(const char *rows)
{
    server_with(ALL ",'UsesMultiplePositionsPerSymbolAndTradeAccount':1");
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
    peer_answer(b.peer, 305, NULL, NULL, rows);
    start();
    pass(3 * CLOCK_SECOND);
}

START_TEST(rows_of_one_symbol_are_one_position)
{
    start_with_rows("[" ROW(1, 5000, "a") "," ROW(3, 5004, "b") "]");
    ck_assert_double_eq(held(&LIVE, MES), 4);
    ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 5003); /* (5000 + 3 × 5004) / 4 */
    ck_assert(is_confirmed(&LIVE, MES));
    /* one row changes, the other stays */
    FILL(.account = "120005", .execution = "e1", .price = 5003, .quantity = 2, .sells = 1);
    peer_send(b.peer, ROW(1, 5004, "b"));
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 2);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

START_TEST(a_row_that_comes_twice_counts_once)
{
    start_with_rows("[" ROW(1, 5000, "a") "," ROW(1, 5000, "a") "]");
    ck_assert_double_eq(held(&LIVE, MES), 1);
    reconnect();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
}
END_TEST

START_TEST(rows_without_names_are_told_apart_by_their_place)
{
    start_with_rows("[" ROW(1, 5000, "") "," ROW(1, 5000, "") "]");
    ck_assert_double_eq(held(&LIVE, MES), 2);
    /* one of them changes, nobody knows which: all are asked for */
    skip(10);
    unsigned asked = peer_count(b.peer, 305);
    FILL(.account = "120005", .execution = "e1", .price = 5003, .quantity = 2);
    peer_answer(b.peer, 305, NULL, NULL, "[" ROW(1, 5000, "") "," ROW(3, 5002, "") "]");
    peer_send(b.peer, ROW(3, 5002, ""));
    pass(3 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 305), asked + 1);
    ck_assert_double_eq(held(&LIVE, MES), 4);
    ck_assert(is_confirmed(&LIVE, MES));
}
END_TEST

START_TEST(both_sides_of_a_symbol_are_what_is_left_of_them)
{
    start_with_rows("[" ROW(2, 5000, "a") "," ROW(-1, 5010, "b") "]");
    ck_assert_double_eq(held(&LIVE, MES), 1);
    /* open P&L of both at 5000: 0 + 10 points; of one bought at 4990: 10 points */
    ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 4990);
    ck_assert(is_confirmed(&LIVE, MES));
}
END_TEST

START_TEST(a_cut_off_list_of_rows_changes_nothing)
{
    start_with_rows("[" ROW(1, 5000, "a") "," ROW(3, 5004, "b") "]");
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES
                "','Quantity':1,'AveragePrice':5000,'PositionIdentifier':'a',"
                "'TotalNumberMessages':2,'MessageNumber':1}]");
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(15 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 4);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 0);
}
END_TEST

START_TEST(rows_that_wait_for_their_definition_count_in_the_end)
{
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    start_with_rows("[" ROW(1, 5000, "a") "," ROW(3, 5004, "b") "]");
    ck_assert_double_eq(held(&LIVE, MES), 0);
    peer_send(b.peer, "{'Type':507,'Symbol':'" MES "','Description':'x','MinPriceIncrement':0.25,"
                      "'CurrencyValuePerIncrement':1.25}");
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 4);
}
END_TEST

START_TEST(rows_that_are_gone_are_closed)
{
    start_with_rows("[" ROW(1, 5000, "a") "," ROW(3, 5004, "b") "]");
    peer_answer(b.peer, 305, NULL, NULL, "[" ROW(3, 5004, "b") "]");
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 3);
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const capabilities[] = {
        what_a_server_lacks_is_told_once_a_connection_and_not_asked_for,
        a_server_that_can_do_all_is_not_talked_about,
        the_user_and_the_password_of_the_settings_are_in_the_logon,
        a_delimiter_joins_symbol_and_exchange_and_parts_them_again,
        without_a_delimiter_the_exchange_plays_no_part,
    };
    const TTest *const feed[] = {
        a_symbol_whose_feed_comes_back_is_subscribed_to_again,
        a_feed_that_flickers_is_subscribed_to_once_a_second,
        prices_that_a_dead_feed_hides_are_a_gap,
    };
    const TTest *const rejects[] = {
        what_is_refused_is_told_with_the_servers_words,
        refused_prices_are_told_again_only_when_they_had_come_meanwhile,
        disabled_trading_is_told_once,
        messages_that_the_server_dropped_are_made_up_for,
        a_server_that_counts_from_0_each_time_is_heard_each_time,
    };
    const TTest *const rows[] = {
        rows_of_one_symbol_are_one_position,
        a_row_that_comes_twice_counts_once,
        rows_without_names_are_told_apart_by_their_place,
        both_sides_of_a_symbol_are_what_is_left_of_them,
        a_cut_off_list_of_rows_changes_nothing,
        rows_that_wait_for_their_definition_count_in_the_end,
        rows_that_are_gone_are_closed,
    };
    Suite *s = suite_create("engine: servers");
    CASE_ADD(s, "capabilities", capabilities);
    CASE_ADD(s, "feed", feed);
    CASE_ADD(s, "rejects", rejects);
    CASE_ADD(s, "rows", rows);
    return s;
}

TEST_MAIN(suite)
