/* Symbols: definitions, the display multiplier, settings, market data. */
#include "engine_bench.h"

/* A definition of MNQ in which prices are a hundred times what a trader writes. */
static const char HUNDREDFOLD[] =
    "[{'Type':507,'Symbol':'" MNQ "','Description':'Micro Nasdaq','MinPriceIncrement':0.25,"
    "'CurrencyValuePerIncrement':0.5,'PriceDisplayFormat':2,'Currency':'USD',"
    "'DisplayPriceMultiplier':0.009999999776482582,'IsFinalMessage':1}]";

static void follow(const char *symbols)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, symbols);
}

static void define_hundredfold(void)
{
    peer_answer(b.peer, 506, "Symbol", MNQ, HUNDREDFOLD);
}

START_TEST(all_prices_of_the_wire_are_shown_as_a_trader_writes_them)
{
    define_hundredfold();
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
    follow(MNQ);
    start();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':2010025,'Volume':2,'DateTime':%lld}",
              (long long)START_TIME);
    peer_send(b.peer, "{'Type':108,'SymbolID':1,'BidPrice':2010000,'AskPrice':2010050}");
    FILL(.account = "120005", .symbol = MNQ, .execution = "e1", .price = 2010050, .quantity = 2);
    peer_send(b.peer, "{'Type':301,'TradeAccount':'120005','Symbol':'" MNQ
                      "','ServerOrderID':'stop','OrderStatus':4,'OrderUpdateReason':1,"
                      "'OrderType':4,'BuySell':2,'Price1':2005000,'Price2':2004975,"
                      "'OrderQuantity':2}");
    peer_send(b.peer, "{'Type':306,'TradeAccount':'120005','Symbol':'" MNQ
                      "','Quantity':2,'AveragePrice':2010050,'HighPriceDuringPosition':2012000,"
                      "'LowPriceDuringPosition':2009000}");
    settle();
    const struct market *m = market_of(MNQ);
    ck_assert_double_eq(m->last, 20100.25);
    ck_assert_double_eq(m->bid, 20100);
    ck_assert_double_eq(m->ask, 20100.5);
    ck_assert_double_eq_tol(m->context.vwap, 20100.25, 1e-9);
    ck_assert_double_eq(m->context.poc, 20100.25);
    ck_assert_double_eq(order_of("stop")->price1, 20050);
    ck_assert_double_eq(order_of("stop")->price2, 20049.75);
    pass(3 * CLOCK_SECOND);
    const struct position *p = position_of(&LIVE, MNQ);
    ck_assert_double_eq(p->entry_price, 20100.5);
    ck_assert_double_eq(p->stop_price, 20050);
    ck_assert_double_eq(p->max_price, 20120);
    ck_assert_double_eq(p->min_price, 20090);
    /* 2 contracts, 2.00 a point: 19.50 points up, 10.50 down */
    ck_assert_int_eq(p->mfe, 78 * MONEY_ONE);
    ck_assert_int_eq(p->mae, -42 * MONEY_ONE);
    ck_assert(is_confirmed(&LIVE, MNQ));
    ck_assert_double_eq(instrument_of(MNQ)->tick, 0.25);
    ck_assert_double_eq(instrument_of(MNQ)->point_value, 2);
}
END_TEST

START_TEST(fills_of_the_history_are_scaled_too)
{
    define_hundredfold();
    begin();
    b.wall += CLOCK_SECOND;
    HISTORY({.symbol = MNQ, .execution = "h1", .price = 2010050});
    go_online();
    ck_assert_double_eq(position_of(&SIM1, MNQ)->entry_price, 20100.5);
    ck_assert_double_eq(query("SELECT price FROM fill"), 20100.5);
}
END_TEST

START_TEST(nothing_is_applied_before_the_definition_came)
{
    peer_answer(b.peer, 506, "Symbol", MNQ, NULL);
    HISTORY({.symbol = MNQ, .execution = "h1", .price = 2010050});
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'" MNQ
                "','Quantity':3,'AveragePrice':2010150}]");
    start();
    FILL(.symbol = MNQ, .execution = "e2", .price = 2010150, .quantity = 2);
    pass(3 * CLOCK_SECOND);
    ck_assert_ptr_null(position_of(&SIM1, MNQ));
    ck_assert_uint_eq(look()->order_count, 0);
    ck_assert_uint_eq(peer_count(b.peer, 101), 0);

    peer_send(b.peer, "%.*s", (int)strlen(HUNDREDFOLD) - 2, HUNDREDFOLD + 1);
    settle();
    const struct position *p = position_of(&SIM1, MNQ);
    ck_assert_double_eq(p->quantity, 3);
    /* (20100.50 + 2 × 20101.50) / 3 */
    ck_assert_double_eq_tol(p->entry_price, 60303.5 / 3, 1e-9);
    ck_assert_uint_eq(peer_count(b.peer, 101), 1);
    pass(CLOCK_SECOND);
    ck_assert(is_confirmed(&SIM1, MNQ));
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

START_TEST(a_refused_definition_leaves_the_shipped_values)
{
    peer_answer(b.peer, 506, NULL, NULL, "[{'Type':509,'RejectText':'not here'}]");
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_double_eq(instrument_of(MES)->tick, 0.25);
    ck_assert_double_eq(instrument_of(MES)->point_value, 5);
    ck_assert_int_eq(times_said("does not define"), 0);
    reconnect();
    ck_assert_int_eq(times_said("the server refuses the definition of " MES ": not here"), 1);
    ck_assert_uint_eq(peer_count(b.peer, 101), 2);
}
END_TEST

/* A setting rules over the server, what is shipped does not. */
START_TEST(a_setting_of_one_value_leaves_the_others_to_the_server)
{
    b.config.instruments[0] =
        (struct config_instrument){.root = "MES", .commission = 0.62, .currency = "EUR"};
    b.config.instruments[1] = (struct config_instrument){.root = "MNQ", .tick = 0.5};
    b.config.instrument_count = 2;
    peer_answer(b.peer, 506, "Symbol", MES,
                "[{'Type':507,'Symbol':'" MES "','MinPriceIncrement':0.5,"
                "'CurrencyValuePerIncrement':5.0,'Currency':'USD','IsFinalMessage':1}]");
    start();
    FILL(.execution = "e1", .price = 5000);
    FILL(.symbol = MNQ, .execution = "e2", .price = 20000);
    settle();
    ck_assert_double_eq(instrument_of(MES)->tick, 0.5);
    ck_assert_double_eq(instrument_of(MES)->point_value, 10);
    ck_assert_double_eq(instrument_of(MES)->commission, 0.62);
    ck_assert_str_eq(instrument_of(MES)->currency, "EUR");
    ck_assert_double_eq(instrument_of(MNQ)->tick, 0.5);
}
END_TEST

START_TEST(an_unanswered_definition_is_waited_for_ten_seconds)
{
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    start();
    FILL(.symbol = "XYZ", .execution = "e1", .price = 12);
    pass(9 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, "XYZ"), 0);
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, "XYZ"), 1);
    ck_assert_said("the server does not define XYZ: counting in points; set [instrument.XYZ]");
}
END_TEST

START_TEST(an_unknown_product_is_counted_in_points)
{
    peer_answer(b.peer, 506, NULL, NULL,
                "[{'Type':507,'Symbol':'$Symbol','Description':'','MinPriceIncrement':0}]");
    start();
    FILL(.symbol = "XYZ", .execution = "e1", .price = 12, .quantity = 3);
    FILL(.symbol = "XYZ", .execution = "e2", .price = 14.5, .quantity = 3, .sells = 1);
    settle();
    ck_assert_int_eq(times_said("the server does not define XYZ: it does not know the symbol"), 1);
    /* 2.5 points × 3 */
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 7.5e6);
}
END_TEST

START_TEST(a_definition_that_leaves_out_the_tick_value_is_told)
{
    peer_answer(b.peer, 506, NULL, NULL,
                "[{'Type':507,'Symbol':'$Symbol','Description':'some','MinPriceIncrement':0.5,"
                "'DisplayPriceMultiplier':0.01}]");
    start();
    FILL(.symbol = "XYZ", .execution = "e1", .price = 1200);
    settle();
    ck_assert_double_eq(position_of(&SIM1, "XYZ")->entry_price, 12);
    ck_assert_double_eq(instrument_of("XYZ")->tick, 0.5);
    ck_assert_said("the server does not define XYZ: it leaves out tick or tick value: counting in "
                   "points");
}
END_TEST

START_TEST(settings_of_the_user_rule_over_the_definition)
{
    ck_assert(config_set(&b.config, "instrument.MES.point_value", "7", NULL));
    ck_assert(config_set(&b.config, "instrument.MES.commission", "0.5", NULL));
    start();
    FILL(.execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 5001, .sells = 1);
    settle();
    ck_assert_double_eq(instrument_of(MES)->tick, 0.25);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 7e6);
    ck_assert_double_eq(query("SELECT commissions FROM trade"), 1e6);
    /* 10,000 + 7 - 1 */
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10006 * MONEY_ONE);
}
END_TEST

START_TEST(an_answer_in_another_spelling_is_still_the_answer)
{
    peer_answer(b.peer, 506, "Symbol", "MNQZ6",
                "[{'Type':507,'Symbol':'" MNQ "','Description':'Micro','MinPriceIncrement':0.25,"
                "'CurrencyValuePerIncrement':0.5,'DisplayPriceMultiplier':0.01}]");
    start();
    FILL(.symbol = "MNQZ6", .execution = "e1", .price = 2010050);
    settle();
    ck_assert_double_eq(position_of(&SIM1, "MNQZ6")->entry_price, 20100.5);
}
END_TEST

START_TEST(a_change_of_scale_is_an_error_that_is_seen)
{
    follow(MNQ);
    define_hundredfold();
    start();
    peer_send(b.peer, "%.*s", (int)strlen(HUNDREDFOLD) - 2, HUNDREDFOLD + 1);
    settle();
    ck_assert_int_eq(times_said("changed their scale"), 0);
    peer_send(b.peer, "{'Type':507,'RequestID':110000000,'Symbol':'" MNQ
                      "','Description':'Micro','MinPriceIncrement':0.25}");
    settle();
    ck_assert_said("error the server's prices of " MNQ " changed their scale from 0.01 to 1: check "
                   "its position");
}
END_TEST

START_TEST(a_scale_that_comes_after_prices_were_counted_is_an_error)
{
    follow(MNQ);
    peer_answer(b.peer, 506, NULL, NULL, "[{'Type':509}]");
    start();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':20100,'Volume':1}");
    peer_send(b.peer, "%.*s", (int)strlen(HUNDREDFOLD) - 2, HUNDREDFOLD + 1);
    settle();
    ck_assert_said("changed their scale from 1 to 0.01");
    reconnect();
    ck_assert_int_eq(times_said("changed their scale"), 1);
}
END_TEST

START_TEST(definitions_of_symbols_that_nobody_follows_are_ignored)
{
    follow(MES);
    start();
    for (int i = 0; i < 300; i++)
        peer_send(b.peer, "{'Type':507,'RequestID':110000000,'Symbol':'S%d','Description':'x'}", i);
    settle();
    ck_assert_uint_eq(look()->symbol_count, 1);
    ck_assert_uint_eq(peer_count(b.peer, 101), 1);
}
END_TEST

START_TEST(a_server_without_definitions_gets_each_symbol_asked_for_once)
{
    follow(MES "," MNQ ",XYZ,ESZ26");
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':0}]");
    start();
    ck_assert_uint_eq(peer_count(b.peer, 506), 0);
    ck_assert_uint_eq(peer_count(b.peer, 101), 4);
    ck_assert_int_eq(times_said("does not define XYZ"), 1);
    reconnect();
    ck_assert_uint_eq(peer_count(b.peer, 101), 8);
}
END_TEST

START_TEST(a_server_without_market_data_is_not_asked_for_it)
{
    follow(MES);
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'SecurityDefinitionsSupported':1,'MarketDataSupported':0}]");
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_uint_eq(peer_count(b.peer, 101), 0);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(too_many_messages_do_not_wait_for_a_definition)
{
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    start();
    for (int i = 0; i <= ENGINE_WAITING; i++)
        peer_send(b.peer,
                  "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                  "','ServerOrderID':'o%d','OrderStatus':4,'OrderType':2,'BuySell':1,"
                  "'Price1':%d,'OrderQuantity':1}",
                  i, 5000 + i);
    settle();
    ck_assert_said("too many messages wait for the definition of " MES);
    char last[32];
    text_format(last, sizeof last, "o%d", ENGINE_WAITING);
    ck_assert_ptr_nonnull(order_of(last));
    ck_assert_uint_eq(look()->order_count, SNAPSHOT_ORDERS);
}
END_TEST

START_TEST(refused_market_data_is_asked_for_ever_less_often)
{
    /* 5 s, twice as long each time, at most 5 minutes */
    static const int pauses[] = {5, 10, 20, 40, 80, 160, 300, 300};
    follow(MES);
    b.config.reconcile_minutes = 0;
    peer_answer(b.peer, 101, NULL, NULL, "[{'Type':103,'SymbolID':1,'RejectText':'not now'}]");
    start();
    ck_assert_said("no prices of " MES ": not now; asking again from time to time");
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        skip(pauses[i] - 1);
        ck_assert_uint_eq(peer_count(b.peer, 101), i + 1);
        skip(1);
        ck_assert_uint_eq(peer_count(b.peer, 101), i + 2);
    }
    ck_assert_int_eq(times_said("no prices of"), 1);
}
END_TEST

START_TEST(the_feed_that_comes_back_is_subscribed_to_again)
{
    follow(MES);
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"
                "'ResubscribeWhenMarketDataFeedAvailable':1}]");
    start();
    peer_send(b.peer, "{'Type':100,'Status':1}");
    settle();
    ck_assert_said("the server has lost its market data: prices stand still");
    ck_assert_uint_eq(peer_count(b.peer, 101), 1);
    peer_send(b.peer, "{'Type':100,'Status':2}");
    pass(CLOCK_SECOND);
    ck_assert_said("the server has market data again");
    ck_assert_uint_eq(peer_count(b.peer, 101), 2);
}
END_TEST

/* What each message about prices changes; the price is found in the message's own field. */
static const struct {
    const char *message;
    size_t offset; /* of a double in struct market */
    double value;
} PRICES[] = {
    {"{'Type':107,'SymbolID':1,'Price':5000.25,'Volume':1}", offsetof(struct market, last),
     5000.25},
    {"{'Type':107,'F':[1,2,5000.5,3,1800000000.5]}", offsetof(struct market, last), 5000.5},
    {"{'Type':112,'SymbolID':1,'Price':5000.75,'Volume':1}", offsetof(struct market, last),
     5000.75},
    {"{'Type':137,'SymbolID':1,'Price':5001,'Volume':1}", offsetof(struct market, last), 5001},
    {"{'Type':142,'SymbolID':1,'Price':5001.25,'Volume':1}", offsetof(struct market, last),
     5001.25},
    {"{'Type':146,'SymbolID':1,'Price':5001.5,'Volume':1}", offsetof(struct market, last), 5001.5},
    {"{'Type':134,'SymbolID':1,'LastTradePrice':5001.75}", offsetof(struct market, last), 5001.75},
    {"{'Type':108,'SymbolID':1,'BidPrice':4999}", offsetof(struct market, bid), 4999},
    {"{'Type':117,'SymbolID':1,'BidPrice':4999.25}", offsetof(struct market, bid), 4999.25},
    {"{'Type':143,'SymbolID':1,'AskPrice':5002.25}", offsetof(struct market, ask), 5002.25},
    {"{'Type':144,'SymbolID':1,'AskPrice':5002.5}", offsetof(struct market, ask), 5002.5},
    {"{'Type':120,'SymbolID':1,'Price':4990}", offsetof(struct market, session_open), 4990},
    {"{'Type':114,'SymbolID':1,'Price':5010}", offsetof(struct market, session_high), 5010},
    {"{'Type':115,'SymbolID':1,'Price':4980}", offsetof(struct market, session_low), 4980},
    {"{'Type':119,'SymbolID':1,'Price':4970}", offsetof(struct market, settlement), 4970},
    {"{'Type':113,'SymbolID':1,'Volume':12345}", offsetof(struct market, session_volume), 12345},
    {"{'Type':104,'SymbolID':1,'LastTradePrice':5003,'SessionOpenPrice':0}",
     offsetof(struct market, last), 5003},
    {"{'Type':104,'SymbolID':1,'SessionHighPrice':5011}", offsetof(struct market, session_high),
     5011},
};

START_TEST(every_message_about_prices_is_understood)
{
    follow(MES);
    start();
    double found;
    peer_send(b.peer, "%s", PRICES[_i].message);
    settle();
    memcpy(&found, (const char *)market_of(MES) + PRICES[_i].offset, sizeof found);
    ck_assert_double_eq(found, PRICES[_i].value);
}
END_TEST

START_TEST(unset_and_absurd_prices_change_nothing)
{
    static const char *const messages[] = {
        "{'Type':104,'SymbolID':1}",
        "{'Type':107,'SymbolID':0,'Price':1,'Volume':1}",
        "{'Type':107,'SymbolID':99,'Price':1,'Volume':1}",
        "{'Type':107,'SymbolID':1,'Price':1.7976931348623157e308,'Volume':1}",
        "{'Type':107,'SymbolID':1,'Price':3.40282e38,'Volume':1}",
        "{'Type':107,'SymbolID':1,'Price':5100,'Volume':-5}",
        "{'Type':120,'SymbolID':1,'Price':0}",
    };
    follow(MES);
    start();
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5000,'Volume':1}");
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        peer_send(b.peer, "%s", messages[i]);
    settle();
    ck_assert_double_eq(market_of(MES)->last, 5000);
    ck_assert(isnan(market_of(MES)->session_open));
}
END_TEST

START_TEST(absurd_times_count_as_now)
{
    static const char *const times[] = {"9223372036854774784", "-5", "0", "9.2e18", "1e300"};
    follow(MES);
    start();
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5000,'Volume':1,'DateTime':%s}",
                  times[i]);
        peer_send(b.peer,
                  "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES "','ServerOrderID':'o%zu',"
                  "'OrderStatus':7,'OrderUpdateReason':4,'OrderType':1,'BuySell':1,"
                  "'OrderQuantity':1,'FilledQuantity':1,'LastFillQuantity':1,'LastFillPrice':5000,"
                  "'LastFillDateTime':%s,'OrderReceivedDateTime':%s,'LastFillExecutionID':'e%zu'}",
                  i, times[i], times[i], i);
        settle();
        ck_assert_int_eq(market_of(MES)->last_time, b.wall);
    }
    ck_assert_double_eq(held(&SIM1, MES), 5);
    char sql[100];
    text_format(sql, sizeof sql, "SELECT count(*) FROM fill WHERE time = %lld", (long long)b.wall);
    ck_assert_double_eq(query(sql), 5);
    /* the history is asked for from a day before the last fill */
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_double_le(peer_number(b.peer, 303, "StartDateTime"), START_TIME);
    ck_assert_double_ge(peer_number(b.peer, 303, "NumberOfDays"), 1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const definitions[] = {
        all_prices_of_the_wire_are_shown_as_a_trader_writes_them,
        fills_of_the_history_are_scaled_too,
        nothing_is_applied_before_the_definition_came,
        a_refused_definition_leaves_the_shipped_values,
        a_setting_of_one_value_leaves_the_others_to_the_server,
        an_unanswered_definition_is_waited_for_ten_seconds,
        an_unknown_product_is_counted_in_points,
        a_definition_that_leaves_out_the_tick_value_is_told,
        settings_of_the_user_rule_over_the_definition,
        an_answer_in_another_spelling_is_still_the_answer,
        a_change_of_scale_is_an_error_that_is_seen,
        a_scale_that_comes_after_prices_were_counted_is_an_error,
        definitions_of_symbols_that_nobody_follows_are_ignored,
        a_server_without_definitions_gets_each_symbol_asked_for_once,
        too_many_messages_do_not_wait_for_a_definition,
    };
    const TTest *const prices[] = {
        a_server_without_market_data_is_not_asked_for_it,
        refused_market_data_is_asked_for_ever_less_often,
        the_feed_that_comes_back_is_subscribed_to_again,
        unset_and_absurd_prices_change_nothing,
        absurd_times_count_as_now,
    };
    Suite *s = suite_create("engine: instruments");
    CASE_ADD(s, "definitions", definitions);
    CASE_ADD(s, "prices", prices);
    TCase *each = tcase_create("each price");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_add_loop_test(each, every_message_about_prices_is_understood, 0,
                        (int)(sizeof PRICES / sizeof PRICES[0]));
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
