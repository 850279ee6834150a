/* Prices that nobody saw: between two runs, between two connections, before a session was joined.
 */
#include "engine_bench.h"

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
        a_session_that_began_without_us_is_partial,
    };
    Suite *s = suite_create("engine: gaps");
    CASE_ADD(s, "gaps", gaps);
    return s;
}

TEST_MAIN(suite)
