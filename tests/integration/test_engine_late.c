/* What comes late: reports of before, fills that were lost, histories that are given after all. */
#include "engine_bench.h"

#define LONG_OF(account, price)                                                                    \
    "{'Type':306,'TradeAccount':'" account "','Symbol':'" MES "','Quantity':1,'AveragePrice'"      \
    ":" price

static void follow(void)
{
    char text[200];
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    text_format(text, sizeof text,
                "[{'Type':104,'SymbolID':'$SymbolID','LastTradePrice':5000,"
                "'LastTradeDateTime':%lld}]",
                (long long)START_TIME);
    peer_answer(b.peer, 101, NULL, NULL, text);
}

static void live_account(void)
{
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
}

static void trade_at(double price)
{
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':1,'DateTime':%lld}", price,
              (long long)(b.wall / CLOCK_SECOND));
    settle();
}

static void be_away(int64_t seconds)
{
    lose_connection();
    b.now += seconds * CLOCK_SECOND;
    b.wall += seconds * CLOCK_SECOND;
}

/* --- reports --- */

static const char *const silences[] = {"[{'Type':307,'RejectText':'no'}]", NULL};

START_TEST(a_report_of_the_connection_before_takes_nothing_over)
{
    follow();
    start();
    FILL(.execution = "in", .price = 5000);
    peer_send(b.peer, LONG_OF("Sim1", "5000") "}");
    pass(3 * CLOCK_SECOND);
    ck_assert(is_confirmed(&SIM1, MES));
    peer_answer(b.peer, 305, NULL, NULL, silences[_i]);
    be_away(40);
    ck_assert(!is_confirmed(&SIM1, MES));
    HISTORY({.execution = "in", .price = 5000, .ago = 43},
            {.execution = "out", .price = 5005, .sells = 1, .ago = 20});
    go_online();
    pass(60 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 5005"), 1);
    ck_assert_int_eq(times_said("taken over"), 0);
}
END_TEST

/* The report of before is all that such a server ever says. */
START_TEST(where_positions_are_not_told_an_old_report_takes_nothing_over)
{
    live_account();
    follow();
    peer_answer(b.peer, 305, NULL, NULL, silences[_i]);
    start();
    FILL(.account = "120005", .execution = "in", .price = 5000);
    peer_send(b.peer, LONG_OF("120005", "5000") "}");
    skip(60);
    ck_assert(is_confirmed(&LIVE, MES));
    FILL(.account = "120005", .execution = "out", .price = 5010, .sells = 1);
    skip(400);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_int_eq(times_said("taken over"), 0);
    peer_send(b.peer, LONG_OF("120005", "5020") "}"); /* but a new one does */
    skip(60);
    ck_assert_double_eq(held(&LIVE, MES), 1);
}
END_TEST

/* Long 1 at 5000, out at 5030 and in again, all before the next report. */
static void reopen(void)
{
    follow();
    start();
    FILL(.execution = "in", .price = 5000);
    peer_send(b.peer, LONG_OF("Sim1", "5000") ",'HighPriceDuringPosition':5031,"
                                              "'LowPriceDuringPosition':4990}");
    pass(3 * CLOCK_SECOND);
    FILL(.execution = "out", .price = 5030, .sells = 1);
    pass(CLOCK_SECOND / 2);
    FILL(.execution = "in2", .price = 5030);
    pass(CLOCK_SECOND / 2);
}

START_TEST(a_report_of_the_position_before_says_nothing_of_this_one)
{
    reopen();
    if (_i == 1) { /* the last of it comes after the fills */
        peer_send(b.peer, LONG_OF("Sim1", "5000") ",'HighPriceDuringPosition':5031,"
                                                  "'LowPriceDuringPosition':4990}");
        pass(CLOCK_SECOND / 2);
    }
    peer_send(b.peer, LONG_OF("Sim1", "5030.5") ",'HighPriceDuringPosition':5031,"
                                                "'LowPriceDuringPosition':5029}");
    pass(3 * CLOCK_SECOND);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(is_confirmed(&SIM1, MES));
    ck_assert_double_eq(p->entry_price, 5030.5);
    ck_assert_int_eq(p->realized_pnl, 2500000); /* of half a point that the server paid more */
    ck_assert_double_eq(p->min_price, 5029);
    ck_assert_double_eq(p->max_price, 5031);
}
END_TEST

START_TEST(a_list_that_was_made_before_our_fill_closes_nothing)
{
    b.config.reconcile_minutes = 0;
    live_account();
    follow();
    peer_answer(b.peer, 305, NULL, NULL, NULL);
    start();
    int request = (int)peer_number(b.peer, 305, "RequestID");
    pass(CLOCK_SECOND);
    FILL(.account = "120005", .execution = "in", .price = 5000);
    HISTORY({.account = "120005", .execution = "in", .price = 5000});
    settle();
    peer_send(b.peer,
              "{'Type':306,'RequestID':%d,'NoPositions':1,'TotalNumberMessages':1,"
              "'MessageNumber':1}",
              request);
    peer_answer(b.peer, 305, NULL, NULL, "[" LONG_OF("120005", "5000") "}]");
    pass(5 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
}
END_TEST

/* --- fills --- */

static void send_filled(const char *order)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
              "','ServerOrderID':'%s','OrderStatus':7,'OrderUpdateReason':1,'OrderType':1,"
              "'BuySell':1,'OrderQuantity':1,'FilledQuantity':1}",
              order);
    pass(3 * CLOCK_SECOND);
}

START_TEST(prices_before_a_lost_fill_is_found_are_missed)
{
    follow();
    start();
    skip(10);
    int64_t filled_at = b.wall;
    b.wall += 10 * CLOCK_SECOND;
    trade_at(4950);
    b.wall += 10 * CLOCK_SECOND;
    trade_at(5000);
    skip(60);
    HISTORY({.execution = "in", .price = 5000, .ago = (b.wall - filled_at) / CLOCK_SECOND});
    send_filled("in");
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(prices_before_a_lost_fill_is_found_are_asked_for)
{
    char text[300];
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"
                "'TradingIsSupported':1,'HistoricalPriceDataSupported':1}]");
    follow();
    start();
    skip(10);
    int64_t filled_at = b.wall;
    b.wall += 10 * CLOCK_SECOND;
    trade_at(4950);
    int64_t traded_at = b.wall;
    b.wall += 10 * CLOCK_SECOND;
    trade_at(5000);
    text_format(text, sizeof text,
                "[{'Type':801},{'Type':804,'DateTime':%lld,'Price':4950,'Volume':1},"
                "{'Type':804,'DateTime':%lld,'Price':5000,'Volume':1,'IsFinalRecord':1}]",
                (long long)(traded_at / CLOCK_SECOND), (long long)(b.wall / CLOCK_SECOND));
    peer_answer(b.peer, 800, NULL, NULL, text);
    skip(60);
    HISTORY({.execution = "in", .price = 5000, .ago = (b.wall - filled_at) / CLOCK_SECOND});
    send_filled("in");
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_assert_int_eq(position_of(&SIM1, MES)->mae, -250 * MONEY_ONE); /* 50 points × 5.00 */
}
END_TEST

START_TEST(a_lost_fill_that_is_found_before_the_next_price_misses_none)
{
    follow();
    start();
    skip(10);
    trade_at(5000);
    HISTORY({.execution = "in", .price = 5000});
    send_filled("in");
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_fill_without_an_id_of_an_order_begun_days_ago_counts)
{
    follow();
    start();
    FILL(.order = "o1", .price = 5000);
    pass(CLOCK_SECOND);
    end();
    b.wall += 2 * CLOCK_DAY;
    b.now += 2 * CLOCK_DAY;
    struct sent_fill first = {.order = "o1", .price = 5000, .ago = 2 * 86400 + 1};
    answer_history(&first, 1);
    start();
    FILL(.execution = "x", .price = 5000);
    pass(3 * CLOCK_SECOND);
    be_away(60);
    first.ago += 63;
    HISTORY(first, {.execution = "x", .price = 5000, .ago = 63},
            {.order = "o1", .price = 5001, .ago = 30});
    go_online();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_le(peer_number(b.peer, 303, "StartDateTime"), START_TIME);
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
}
END_TEST

START_TEST(a_fill_of_an_order_begun_before_the_account_was_followed_counts_once)
{
    start();
    skip(10);
    FILL(.order = "o1", .price = 5001, .filled = 2);
    settle();
    HISTORY({.order = "o1", .price = 5000, .ago = 3600}, {.order = "o1", .price = 5001, .ago = 0});
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

START_TEST(symbols_of_fills_long_known_are_not_followed)
{
    start();
    skip(10);
    FILL(.symbol = "OLD", .execution = "a", .price = 10);
    FILL(.symbol = "OLD", .execution = "b", .price = 11, .sells = 1);
    settle();
    HISTORY({.symbol = "OLD", .execution = "a", .price = 10},
            {.symbol = "OLD", .execution = "b", .price = 11, .sells = 1});
    end();
    unsigned asked = peer_count(b.peer, 101), defined = peer_count(b.peer, 506);
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->symbol_count, 0);
    ck_assert_uint_eq(peer_count(b.peer, 101), asked);
    ck_assert_uint_eq(peer_count(b.peer, 506), defined);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

START_TEST(prices_of_a_symbol_of_the_history_are_asked_for_once_it_is_traded)
{
    start();
    be_away(60);
    HISTORY({.symbol = "NEW", .execution = "a", .price = 10, .ago = 30},
            {.symbol = "NEW", .execution = "b", .price = 12, .ago = 29, .sells = 1});
    go_online();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 12"), 1);
    ck_assert_uint_eq(peer_count(b.peer, 101), 0);
    if (_i == 0) {
        FILL(.symbol = "NEW", .execution = "c", .price = 11);
    } else {
        be_away(60);
        HISTORY({.symbol = "NEW", .execution = "c", .price = 11, .ago = 30});
        go_online();
    }
    pass(CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, "NEW"), 1);
    ck_assert_uint_eq(peer_count(b.peer, 101), 1);
}
END_TEST

/* --- what stood in for fills, and the server's clock --- */

/* Of the server's clock, before ours: seconds. */
static const int SKEWS[] = {-15, 0, 15};
enum { SKEW_COUNT = 3 };

/* The first half of the cases has no heartbeat to learn it from. */
static int skew_of(int i)
{
    int skew = SKEWS[i % SKEW_COUNT];
    long long now = b.wall / CLOCK_SECOND;
    if (i >= SKEW_COUNT)
        peer_send(b.peer, "{'Type':3,'CurrentDateTime':%lld}", now + skew);
    return skew;
}

/* Taken over as the server reports it, a moment ago. */
static void take_over(void)
{
    live_account();
    follow();
    start();
    skip(120);
}

static void reconcile_long(void)
{
    peer_answer(b.peer, 305, NULL, NULL, "[" LONG_OF("120005", "5000") "}]");
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 1);
}

START_TEST(a_fill_just_after_a_position_was_taken_over_counts)
{
    take_over();
    int skew = skew_of(_i);
    reconcile_long();
    be_away(3);
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
    HISTORY({.account = "120005", .execution = "out", .price = 4980, .sells = 1, .ago = 2 - skew});
    go_online();
    pass(8 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 4980"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_int_eq(times_said("no fill says why"), 0);
}
END_TEST

START_TEST(a_fill_just_before_a_position_was_taken_over_does_not)
{
    take_over();
    int skew = skew_of(_i);
    reconcile_long();
    be_away(3);
    HISTORY({.account = "120005", .execution = "in", .price = 5000, .ago = 8 - skew});
    for (int run = 0; run < 2; run++) {
        go_online();
        pass(8 * CLOCK_SECOND);
        ck_assert_double_eq(held(&LIVE, MES), 1);
        ck_assert_double_eq(query("SELECT count(*) FROM fill"), 0);
        end();
        begin();
    }
}
END_TEST

START_TEST(fills_on_both_sides_of_a_stand_in_are_told_apart)
{
    take_over();
    int skew = skew_of(_i);
    reconcile_long();
    be_away(3);
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES
                "','Quantity':-1,'AveragePrice':4990}]");
    HISTORY({.account = "120005", .execution = "in", .price = 5000, .ago = 8 - skew},
            {.account = "120005",
             .execution = "out",
             .price = 4990,
             .sells = 1,
             .quantity = 2,
             .ago = 2 - skew});
    go_online();
    pass(8 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), -1);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 4990"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

START_TEST(a_stand_in_is_known_after_its_position_is_gone)
{
    take_over();
    reconcile_long();
    FILL(.account = "120005", .execution = "out", .price = 5010, .sells = 1);
    settle();
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':306,'NoPositions':1}]");
    HISTORY({.account = "120005", .execution = "in", .price = 5000, .ago = 8},
            {.account = "120005", .execution = "out", .price = 5010, .sells = 1});
    for (int run = 0; run < 2; run++) {
        restart();
        pass(8 * CLOCK_SECOND);
        ck_assert_double_eq(held(&LIVE, MES), 0);
        ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
        ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
        b.wall += 600 * CLOCK_SECOND; /* beyond all doubt */
    }
}
END_TEST

START_TEST(where_no_position_is_reported_the_clock_of_the_server_tells)
{
    take_over();
    int skew = skew_of(_i + SKEW_COUNT);
    reconcile_long();
    be_away(3);
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307}]");
    HISTORY({.account = "120005", .execution = "in", .price = 5000, .ago = 8 - skew},
            {.account = "120005", .execution = "out", .price = 4980, .sells = 1, .ago = 1 - skew});
    go_online();
    pass(8 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 4980"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
}
END_TEST

static void loop_add(Suite *s, const char *name, const TTest *test, int times)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, test, 0, times);
    suite_add_tcase(s, c);
}

static Suite *suite(void)
{
    const TTest *const fills[] = {
        prices_before_a_lost_fill_is_found_are_missed,
        prices_before_a_lost_fill_is_found_are_asked_for,
        a_lost_fill_that_is_found_before_the_next_price_misses_none,
        a_fill_without_an_id_of_an_order_begun_days_ago_counts,
        a_fill_of_an_order_begun_before_the_account_was_followed_counts_once,
        symbols_of_fills_long_known_are_not_followed,
        a_list_that_was_made_before_our_fill_closes_nothing,
        a_stand_in_is_known_after_its_position_is_gone,
    };
    Suite *s = suite_create("engine: what comes late");
    CASE_ADD(s, "late", fills);
    loop_add(s, "each silence", a_report_of_the_connection_before_takes_nothing_over, 2);
    loop_add(s, "nothing told", where_positions_are_not_told_an_old_report_takes_nothing_over, 2);
    loop_add(s, "each report", a_report_of_the_position_before_says_nothing_of_this_one, 2);
    loop_add(s, "each way", prices_of_a_symbol_of_the_history_are_asked_for_once_it_is_traded, 2);
    loop_add(s, "after", a_fill_just_after_a_position_was_taken_over_counts, 2 * SKEW_COUNT);
    loop_add(s, "before", a_fill_just_before_a_position_was_taken_over_does_not, 2 * SKEW_COUNT);
    loop_add(s, "both", fills_on_both_sides_of_a_stand_in_are_told_apart, 2 * SKEW_COUNT);
    loop_add(s, "clock", where_no_position_is_reported_the_clock_of_the_server_tells, SKEW_COUNT);
    return s;
}

TEST_MAIN(suite)
