/* Prices that nobody saw: between two runs, between two connections, before a session was joined.
 */
#include "engine_bench.h"

#include "trade/trading_day.h"

static void report_long(const char *more)
{
    char text[400];
    text_format(text, sizeof text,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                "','Quantity':2,'AveragePrice':5000%s}]",
                more);
    peer_answer(b.peer, 305, NULL, NULL, text);
}

static void open_long(void)
{
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'Sim1'}]");
    start();
    FILL(.execution = "in", .price = 5000, .quantity = 2);
    pass(CLOCK_SECOND);
    b.wall += 60 * CLOCK_SECOND;
}

START_TEST(the_servers_high_and_low_fill_the_gap)
{
    open_long();
    report_long(",'HighPriceDuringPosition':5012,'LowPriceDuringPosition':4991");
    answer_snapshot(5000, START_TIME + 30);
    restart();
    pass(CLOCK_SECOND);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(!p->has_gap);
    ck_assert_int_eq(p->mae, -90 * MONEY_ONE); /* 9 points × 2 × 5.00 */
    ck_assert_int_eq(p->mfe, 120 * MONEY_ONE);
    await_query("SELECT mae FROM open_position WHERE has_gap = 0", -90e6);
}
END_TEST

START_TEST(a_gap_that_nothing_fills_is_marked_and_the_trade_keeps_the_mark)
{
    open_long();
    report_long("");
    restart();
    pass(CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    await_query("SELECT has_gap FROM open_position", 1);
    FILL(.execution = "out", .price = 5004, .quantity = 2, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 1);
}
END_TEST

START_TEST(a_lost_connection_leaves_a_gap_as_well)
{
    open_long();
    report_long("");
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    reconnect();
    pass(CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_position_opened_since_the_logon_has_no_gap)
{
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
    start();
    b.wall += CLOCK_SECOND;
    FILL(.execution = "in", .price = 5000);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    pass(CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}
END_TEST

/* What the console finds in the history of a trade that was closed while it was down. */
static void closed_while_down(const char *extremes)
{
    char text[500];
    open_long();
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
    text_format(text, sizeof text,
                "[{'Type':304,'TradeAccount':'Sim1','Symbol':'" MES
                "','ServerOrderID':'o','BuySell':2,'Price':5004,'DateTime':%lld,'Quantity':2,"
                "'UniqueExecutionID':'out'%s}]",
                (long long)(b.wall / CLOCK_SECOND - 10), extremes);
    peer_answer(b.peer, 303, "TradeAccount", "Sim1", text);
    restart();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE realized_pnl = 40000000"), 1);
}

START_TEST(a_trade_closed_while_down_has_the_excursions_of_the_history)
{
    closed_while_down(",'HighPriceDuringPosition':5009,'LowPriceDuringPosition':4997");
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 0);
    ck_assert_double_eq(query("SELECT mae FROM trade"), -30e6); /* 3 points × 2 × 5.00 */
    ck_assert_double_eq(query("SELECT mfe FROM trade"), 90e6);
}
END_TEST

START_TEST(a_trade_closed_while_down_without_them_is_marked)
{
    closed_while_down("");
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 1);
}
END_TEST

/* --- no prices --- */

static void follow(void)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
}

static void refuse_prices(void)
{
    peer_answer(b.peer, 101, NULL, NULL,
                "[{'Type':103,'SymbolID':1,'RejectText':'not authorized'}]");
}

static void refuse_past(void)
{
    peer_answer(b.peer, 800, NULL, NULL, "[{'Type':802,'RejectText':'no','RejectReasonCode':2}]");
}

static void buy_one_and_see(void)
{
    follow();
    answer_snapshot(5000, START_TIME);
    start();
    FILL(.execution = "in", .price = 5000);
    send_trade(5001);
    pass(CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}

static void report_one(void)
{
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                "','Quantity':1,'AveragePrice':5000,'HighPriceDuringPosition':5001,"
                "'LowPriceDuringPosition':5000}]");
}

START_TEST(a_position_without_prices_is_marked_and_so_is_its_trade)
{
    follow();
    if (_i == 0)
        refuse_prices();
    else
        peer_answer(b.peer, 1, NULL, NULL, "[{'Type':2,'Result':1}]"); /* it has none */
    start();
    FILL(.execution = "in", .price = 5000);
    skip(600);
    FILL(.execution = "out", .price = 5001, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 1);
}
END_TEST

START_TEST(prices_refused_in_the_middle_of_a_position_are_a_gap)
{
    buy_one_and_see();
    refuse_prices();
    refuse_past();
    peer_send(b.peer, "{'Type':103,'SymbolID':1,'RejectText':'not any more'}");
    settle();
    ck_assert(position_of(&SIM1, MES)->has_gap);
    skip(1200);
    answer_snapshot(5001, START_TIME + 1200);
    skip(400);
    send_trade(5002);
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_first_price_long_after_the_fill_leaves_a_gap)
{
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    refuse_past();
    start();
    FILL(.execution = "in", .price = 5000);
    skip(120);
    send_trade(5001);
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

/* Sooner, and yet too late to have seen them all: nobody refuses to tell. */
START_TEST(a_first_price_a_moment_after_the_fill_leaves_one_until_it_is_filled)
{
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    refuse_past();
    start();
    FILL(.execution = "in", .price = 5000);
    pass(2 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    send_trade(5001);
    pass(CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    peer_send(b.peer, "{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                      "','Quantity':1,'AveragePrice':5000,'HighPriceDuringPosition':5003,"
                      "'LowPriceDuringPosition':4997}");
    pass(3 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_assert_double_eq(position_of(&SIM1, MES)->min_price, 4997);
}
END_TEST

/* What was traded last before we listened is an excursion only of what was held then. */
START_TEST(the_last_trade_before_a_subscription_is_no_excursion_of_what_came_after_it)
{
    answer_snapshot(4950, START_TIME - 1 + 2 * _i);
    start();
    FILL(.execution = "in", .price = 5000);
    pass(CLOCK_SECOND);
    ck_assert_double_eq(position_of(&SIM1, MES)->min_price, _i == 0 ? 5000 : 4950);
    ck_assert_double_eq(market_of(MES)->last, 4950);
}
END_TEST

START_TEST(a_market_that_stood_still_since_the_fill_leaves_none)
{
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    start();
    FILL(.execution = "in", .price = 5000);
    skip(120);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    peer_send(b.peer, "{'Type':104,'SymbolID':1,'LastTradePrice':5000,'LastTradeDateTime':%lld}",
              (long long)START_TIME - 1);
    pass(2 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(the_servers_high_and_low_fill_no_gap_while_the_feed_is_lost)
{
    buy_one_and_see();
    report_one();
    refuse_past();
    peer_send(b.peer, "{'Type':100,'Status':1}");
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    peer_answer(b.peer, 305, NULL, NULL, NULL);
    skip(600);
    peer_send(b.peer, "{'Type':100,'Status':2}");
    send_trade(5002);
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(the_servers_high_and_low_fill_no_gap_while_prices_are_refused)
{
    buy_one_and_see();
    report_one();
    refuse_prices();
    refuse_past();
    b.config.reconcile_minutes = 0;
    reconnect();
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    peer_answer(b.peer, 305, NULL, NULL, NULL);
    skip(600);
    answer_snapshot(5002, wall_seconds());
    skip(301);
    send_trade(5002);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_report_from_before_the_first_price_is_asked_for_once_more)
{
    b.config.reconcile_minutes = 0;
    buy_one_and_see();
    report_one();
    refuse_past();
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    reconnect();
    skip(20);
    unsigned asked = peer_count(b.peer, 305);
    send_trade(5001);
    skip(60);
    ck_assert_uint_eq(peer_count(b.peer, 305), asked + 1);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    skip(600);
    ck_assert_uint_eq(peer_count(b.peer, 305), asked + 1);
}
END_TEST

START_TEST(a_gap_that_grows_is_not_filled_by_the_answer_under_way)
{
    buy_one_and_see();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    answer_snapshot(5001, START_TIME + 42);
    reconnect();
    pass(2 * CLOCK_SECOND);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    refuse_past();
    peer_send(b.peer, "{'Type':100,'Status':1}");
    settle();
    peer_send(b.peer,
              "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':5001,'Volume':1,"
              "'IsFinalRecord':1}",
              request, (long long)wall_seconds() - 1);
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

/* 150 s behind, and 40 s offline: by our clock nothing was traded since. */
START_TEST(a_server_whose_clock_is_behind_hides_no_gap)
{
    const int64_t behind = 150;
    follow();
    answer_snapshot(5000, START_TIME - behind);
    refuse_past();
    start();
    FILL(.execution = "in", .price = 5000, .ago = behind);
    skip(200);
    b.wall -= behind * CLOCK_SECOND;
    send_trade(5001);
    b.wall += behind * CLOCK_SECOND;
    settle();
    lose_connection();
    b.now += 40 * CLOCK_SECOND;
    b.wall += 40 * CLOCK_SECOND;
    answer_snapshot(5002, wall_seconds() - behind);
    go_online();
    pass(3 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_price_of_0_is_none)
{
    static const char *const messages[] = {
        "{'Type':134,'SymbolID':1}",
        "{'Type':104,'SymbolID':1}",
        "{'Type':107,'SymbolID':1,'Price':0,'Volume':1}",
        "{'Type':112,'SymbolID':1,'Price':0,'Volume':1}",
    };
    buy_one_and_see();
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        peer_send(b.peer, messages[i]);
    settle();
    ck_assert_int_eq(position_of(&SIM1, MES)->mae, 0);
    ck_assert_double_eq(market_of(MES)->last, 5001);
    send_trade(-3); /* as oil in 2020 */
    ck_assert_double_eq(market_of(MES)->last, -3);
}
END_TEST

START_TEST(a_bid_of_0_is_none)
{
    follow();
    start();
    FILL(.execution = "in", .price = 5000);
    peer_send(b.peer, "{'Type':108,'SymbolID':1,'BidPrice':0,'AskPrice':5000}");
    settle();
    ck_assert_int_eq(position_of(&SIM1, MES)->mae, 0);
    ck_assert(!price_is_set(market_of(MES)->bid));
    ck_assert_double_eq(market_of(MES)->ask, 5000);
}
END_TEST

/* --- sessions --- */

static void trade_at(double price)
{
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':1}", price);
    settle();
}

START_TEST(a_new_session_begins_its_context_anew_and_whole)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    peer_send(b.peer, "{'Type':136,'SymbolID':1,'Date':1799971200}");
    trade_at(5000);
    peer_send(b.peer, "{'Type':136,'SymbolID':1,'Date':1799971200}"); /* the same one */
    trade_at(5002);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5001);
    ck_assert(b.shown.markets[0].context.partial);
    peer_send(b.peer, "{'Type':120,'SymbolID':1,'Price':5010,'TradingSessionDate':1800057600}");
    trade_at(5010);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5010);
    ck_assert(!b.shown.markets[0].context.partial);
    ck_assert_double_eq(b.shown.markets[0].session_open, 5010);
}
END_TEST

/* Without trading dates the time of the prices tells: 16:59:59 and 17:00 in Chicago. */
START_TEST(a_session_ends_by_the_clock_where_the_server_says_no_date)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    int64_t end = trading_day_end(b.wall, 17 * 60) / CLOCK_SECOND;
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5000,'Volume':1,'DateTime':%lld}",
              (long long)(end - 1));
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 5000);
    ck_assert(b.shown.markets[0].context.partial);
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':6000,'Volume':1,'DateTime':%lld}",
              (long long)end);
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 6000);
    ck_assert(!b.shown.markets[0].context.partial);
    ck_assert_double_eq(b.shown.markets[0].session_low, 6000);
    ck_assert_double_eq(b.shown.markets[0].session_volume, 1);
}
END_TEST

START_TEST(a_session_that_began_without_us_is_partial)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    peer_send(b.peer, "{'Type':136,'SymbolID':1,'Date':1799971200}");
    trade_at(5000);
    peer_send(b.peer, "{'Type':104,'SymbolID':1,'TradingSessionDate':1800057600}");
    trade_at(5010);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5010);
    ck_assert(b.shown.markets[0].context.partial);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const gaps[] = {
        the_servers_high_and_low_fill_the_gap,
        a_gap_that_nothing_fills_is_marked_and_the_trade_keeps_the_mark,
        a_lost_connection_leaves_a_gap_as_well,
        a_position_opened_since_the_logon_has_no_gap,
        a_trade_closed_while_down_has_the_excursions_of_the_history,
        a_trade_closed_while_down_without_them_is_marked,
        a_new_session_begins_its_context_anew_and_whole,
        a_session_ends_by_the_clock_where_the_server_says_no_date,
        a_session_that_began_without_us_is_partial,
    };
    const TTest *const prices[] = {
        prices_refused_in_the_middle_of_a_position_are_a_gap,
        a_first_price_long_after_the_fill_leaves_a_gap,
        a_first_price_a_moment_after_the_fill_leaves_one_until_it_is_filled,
        a_market_that_stood_still_since_the_fill_leaves_none,
        the_servers_high_and_low_fill_no_gap_while_the_feed_is_lost,
        the_servers_high_and_low_fill_no_gap_while_prices_are_refused,
        a_report_from_before_the_first_price_is_asked_for_once_more,
        a_gap_that_grows_is_not_filled_by_the_answer_under_way,
        a_server_whose_clock_is_behind_hides_no_gap,
        a_price_of_0_is_none,
        a_bid_of_0_is_none,
    };
    Suite *s = suite_create("engine: gaps");
    CASE_ADD(s, "gaps", gaps);
    CASE_ADD(s, "prices", prices);
    TCase *none = tcase_create("no prices");
    tcase_add_checked_fixture(none, set_up, tear_down);
    tcase_set_timeout(none, 60);
    tcase_add_loop_test(none, a_position_without_prices_is_marked_and_so_is_its_trade, 0, 2);
    tcase_add_loop_test(
        none, the_last_trade_before_a_subscription_is_no_excursion_of_what_came_after_it, 0, 2);
    suite_add_tcase(s, none);
    return s;
}

TEST_MAIN(suite)
