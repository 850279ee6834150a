/* A feed that comes and goes, how often that makes us ask, and how the context of the session meets
 * the stream. */
#include "engine_bench.h"

static void follow(const char *symbols)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, symbols);
    answer_snapshot(5010, START_TIME - 10);
}

#define SERVER                                                                                     \
    "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"              \
    "'TradingIsSupported':1,'HistoricalPriceDataSupported':1"

static void ask_to_subscribe_again(void)
{
    peer_answer(b.peer, 1, NULL, NULL, SERVER ",'ResubscribeWhenMarketDataFeedAvailable':1}]");
}

/* --- how often --- */

START_TEST(a_feed_that_is_available_with_each_subscription_is_subscribed_to_once)
{
    follow(MES);
    ask_to_subscribe_again();
    peer_answer(b.peer, 101, NULL, NULL,
                "[{'Type':104,'SymbolID':1,'LastTradePrice':5010,'LastTradeDateTime':1799999990},"
                "{'Type':116,'SymbolID':1,'Status':2}]");
    start();
    pass(20 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 101), 1);
}
END_TEST

START_TEST(a_feed_that_is_lost_with_each_subscription_is_subscribed_to_ever_less_often)
{
    follow(MES);
    ask_to_subscribe_again();
    peer_answer(b.peer, 101, NULL, NULL,
                "[{'Type':116,'SymbolID':1,'Status':1},{'Type':116,'SymbolID':1,'Status':2}]");
    start();
    skip(600); /* after 10, 20, 40, ... s, at most twice each: the steps are wide */
    ck_assert_uint_ge(peer_count(b.peer, 101), 4);
    ck_assert_uint_le(peer_count(b.peer, 101), 12);
}
END_TEST

START_TEST(a_feed_that_was_not_lost_asks_for_nothing)
{
    follow(MES);
    start();
    pass(CLOCK_SECOND);
    unsigned asked = peer_count(b.peer, 800);
    for (int i = 0; i < 100; i++)
        peer_send(b.peer, "{'Type':%d,'SymbolID':1,'Status':2}", i % 2 ? 116 : 100);
    pass(2 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 800), asked);
    ck_assert_int_eq(times_said("the server has market data again"), 0);
    ck_assert_int_eq(times_said("the server has prices of"), 0);
}
END_TEST

START_TEST(a_feed_that_flickers_has_its_session_asked_for_ever_less_often)
{
    follow(MES);
    start();
    pass(CLOCK_SECOND);
    unsigned asked = peer_count(b.peer, 800);
    for (int i = 0; i < 100; i++) {
        peer_send(b.peer, "{'Type':116,'SymbolID':1,'Status':1}");
        peer_send(b.peer, "{'Type':116,'SymbolID':1,'Status':2}");
        peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5010,'Volume':1}");
        settle();
        pass(CLOCK_SECOND / 4);
    }
    ck_assert_uint_ge(peer_count(b.peer, 800), asked + 1);
    ck_assert_uint_le(peer_count(b.peer, 800), asked + 3);
    ck_assert(market_of(MES)->context.partial);
}
END_TEST

START_TEST(a_server_that_drops_ever_more_is_not_asked_ever_more)
{
    follow(MES);
    start();
    FILL(.execution = "in", .price = 5010);
    pass(CLOCK_SECOND);
    unsigned past = peer_count(b.peer, 800), fills = peer_count(b.peer, 303);
    for (int i = 0; i < 60; i++) {
        peer_send(b.peer, "{'Type':3,'NumDroppedMessages':%d}", 10 * i + 1);
        peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5010,'Volume':1}");
        pass(CLOCK_SECOND);
    }
    ck_assert_uint_ge(peer_count(b.peer, 800), past + 2);
    ck_assert_uint_le(peer_count(b.peer, 800), past + 8); /* the session, and the gap */
    ck_assert_uint_ge(peer_count(b.peer, 303), fills + 2);
    ck_assert_uint_le(peer_count(b.peer, 303), fills + 4);
}
END_TEST

START_TEST(one_connection_is_asked_one_question)
{
    follow(MES "," MNQ);
    b.past_peer = peer_new();
    b.config.history_port = peer_port(b.past_peer);
    peer_answer(b.past_peer, 800, NULL, NULL, NULL);
    start();
    for (int i = 0; i < 8; i++)
        pass(CLOCK_SECOND / 2);
    ck_assert_uint_eq(peer_count(b.past_peer, 800), 1);
    for (int symbol = 1; symbol <= 2; symbol++)
        for (int status = 1; status <= 2; status++)
            peer_send(b.peer, "{'Type':116,'SymbolID':%d,'Status':%d}", symbol, status);
    for (int symbol = 1; symbol <= 2; symbol++)
        peer_send(b.peer, "{'Type':107,'SymbolID':%d,'Price':5010,'Volume':1}", symbol);
    for (int i = 0; i < 60; i++)
        pass(CLOCK_SECOND / 2);
    ck_assert_uint_ge(peer_count(b.past_peer, 800), 2);
    ck_assert_uint_le(peer_count(b.past_peer, 800), peer_count(b.past_peer, 1));
}
END_TEST

START_TEST(a_question_for_nobody_is_waited_for_before_the_next)
{
    follow(MES);
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    start();
    pass(CLOCK_SECOND);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    ck_assert_uint_eq(peer_count(b.peer, 800), 1);
    b.now += 5 * CLOCK_SECOND; /* records keep it alive: 10 s without one would end it */
    peer_send(b.peer, "{'Type':804,'RequestID':%d,'DateTime':1799999000,'Price':1,'Volume':1}",
              request);
    peer_send(b.peer, "{'Type':116,'SymbolID':1,'Status':1}");
    peer_send(b.peer, "{'Type':116,'SymbolID':1,'Status':2}");
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5010,'Volume':1}");
    settle();
    b.now += 7 * CLOCK_SECOND;
    settle();
    ck_assert_uint_eq(peer_count(b.peer, 800), 1);
    peer_send(b.peer, "{'Type':807,'RequestID':%d}", request);
    pass(CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 800), 2);
}
END_TEST

/* --- the context --- */

START_TEST(a_trade_that_is_in_the_past_before_it_is_in_the_stream_counts_once)
{
    follow(MES);
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    start();
    pass(CLOCK_SECOND);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    const char *trade = "{'Type':107,'SymbolID':1,'Price':5020,'Volume':10,'DateTime':%lld}";
    int64_t now = wall_seconds();
    peer_send(b.peer, "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':5000,'Volume':10}",
              request, (long long)now - 100);
    peer_send(b.peer, "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':5020,'Volume':10%s}",
              request, (long long)now, _i == 0 ? ",'IsFinalRecord':1" : "");
    settle();
    peer_send(b.peer, trade, (long long)now);
    if (_i != 0)
        peer_send(b.peer, "{'Type':807,'RequestID':%d}", request);
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 5010);
    ck_assert(!b.shown.markets[0].context.partial);
    ck_assert_double_eq(b.shown.markets[0].last, 5020);
    peer_send(b.peer, trade, (long long)now + 1); /* this one is new */
    settle();
    ck_assert_double_eq_tol(market_of(MES)->context.vwap, 15040.0 / 3, 1e-9);
}
END_TEST

START_TEST(a_tick_that_changes_later_makes_the_session_anew)
{
    char text[400];
    follow(MES);
    peer_answer(b.peer, 506, NULL, NULL,
                "[{'Type':507,'Symbol':'$Symbol','Description':'x','MinPriceIncrement':0.5,"
                "'CurrencyValuePerIncrement':1.25}]");
    text_format(text, sizeof text,
                "[{'Type':801},{'Type':804,'DateTime':%lld,'Price':5000,'Volume':30,"
                "'IsFinalRecord':1}]",
                (long long)START_TIME - 10);
    peer_answer(b.peer, 800, NULL, NULL, text);
    start();
    pass(CLOCK_SECOND);
    ck_assert(!market_of(MES)->context.partial);
    peer_send(b.peer, "{'Type':507,'Symbol':'" MES "','Description':'x','MinPriceIncrement':0.25,"
                      "'CurrencyValuePerIncrement':1.25,'RequestID':110000000}");
    settle();
    ck_assert(market_of(MES)->context.partial);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5010,'Volume':10,'DateTime':%lld}",
              (long long)wall_seconds());
    settle();
    ck_assert(market_of(MES)->context.partial);
    unsigned asked = peer_count(b.peer, 800);
    pass(12 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 800), asked + 1);
}
END_TEST

START_TEST(the_time_of_the_latest_price_is_shown_within_a_second)
{
    follow(MES);
    start();
    skip(60);
    send_trade(5011);
    pass(2 * CLOCK_SECOND);
    ck_assert_int_eq(look()->connection.feed_time, (START_TIME + 60) * CLOCK_SECOND);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const asking[] = {
        a_feed_that_is_available_with_each_subscription_is_subscribed_to_once,
        a_feed_that_is_lost_with_each_subscription_is_subscribed_to_ever_less_often,
        a_feed_that_was_not_lost_asks_for_nothing,
        a_feed_that_flickers_has_its_session_asked_for_ever_less_often,
        a_server_that_drops_ever_more_is_not_asked_ever_more,
        one_connection_is_asked_one_question,
        a_question_for_nobody_is_waited_for_before_the_next,
    };
    const TTest *const context[] = {
        a_tick_that_changes_later_makes_the_session_anew,
        the_time_of_the_latest_price_is_shown_within_a_second,
    };
    Suite *s = suite_create("engine: the feed");
    CASE_ADD(s, "asking", asking);
    CASE_ADD(s, "context", context);
    TCase *meeting = tcase_create("meeting");
    tcase_add_checked_fixture(meeting, set_up, tear_down);
    tcase_set_timeout(meeting, 60);
    tcase_add_loop_test(meeting, a_trade_that_is_in_the_past_before_it_is_in_the_stream_counts_once,
                        0, 2);
    suite_add_tcase(s, meeting);
    return s;
}

TEST_MAIN(suite)
