/* Prices of the past: for positions whose prices nobody saw, and for the session so far. The bench
 * starts at 08:00:00 UTC, nine hours into the session. */
#include "engine_bench.h"

static const int64_t SESSION_START = START_TIME - 9 * 3600;

/* Two bought at 5000, so many seconds after 08:00. */
static void open_long(int64_t after)
{
    b.wall += after * CLOCK_SECOND;
    start();
    FILL(.execution = "in", .price = 5000, .quantity = 2);
    pass(CLOCK_SECOND);
}

/* The console is down until so many seconds after 08:00; the last trade was made then. */
static void down_until(int64_t after)
{
    end();
    b.wall = (START_TIME + after) * CLOCK_SECOND;
    answer_snapshot(5001, START_TIME + after);
    start();
    pass(2 * CLOCK_SECOND);
}

static void ck_excursions(int points_down, int points_up)
{
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_int_eq(p->mae, -points_down * 10 * MONEY_ONE); /* 2 × 5.00 a point */
    ck_assert_int_eq(p->mfe, points_up * 10 * MONEY_ONE);
}

/* --- gaps --- */

START_TEST(ticks_of_the_time_down_fill_the_gap)
{
    open_long(0);
    TICKS({START_TIME - 1, .low = 4000}, {START_TIME + 10, .low = 5012},
          {START_TIME + 40, .low = 4991}, {START_TIME + 90, .low = 5001});
    down_until(90);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(9, 12);
    await_query("SELECT mae FROM open_position WHERE has_gap = 0", -90e6);
    ck_assert_double_eq(peer_number(b.peer, 800, "UseZLibCompression"), 0);
    FILL(.execution = "out", .price = 5001, .quantity = 2, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT mfe FROM trade WHERE has_gap = 0"), 120e6);
}
END_TEST

START_TEST(ticks_that_do_not_reach_the_last_trade_fill_nothing)
{
    open_long(0);
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 40, .low = 4991});
    down_until(90);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    ck_excursions(9, 12); /* true all the same */
    /* the server was behind: it is asked again */
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 40, .low = 4991},
          {START_TIME + 90, .low = 5013});
    pass(31 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(9, 13);
}
END_TEST

START_TEST(bars_fill_the_gap_of_a_lost_connection)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    answer_snapshot(5000, START_TIME + 30);
    open_long(30);
    skip(180); /* 08:03:31 */
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5000,'Volume':1}");
    settle();
    no_ticks();
    lose_connection();
    answer_snapshot(5001, START_TIME + 360);
    BARS({START_TIME, 1000, .high = 6000}, {START_TIME + 120, 4999, .high = 5003},
         {START_TIME + 180, 4990, .high = 5005}, {START_TIME + 300, 5000, .high = 5011},
         {START_TIME + 360, 5001, .high = 5002});
    b.now += 150 * CLOCK_SECOND;
    b.wall += 150 * CLOCK_SECOND; /* 08:06:01 */
    go_online();
    pass(2 * CLOCK_SECOND);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    unsigned asked = peer_count(b.peer, 800);
    skip(50);
    ck_assert_uint_eq(peer_count(b.peer, 800), asked);
    skip(20); /* the bar of 08:06 is whole */
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(10, 11);
    ck_assert_double_eq(peer_number(b.peer, 800, "RecordInterval"), 60);
}
END_TEST

START_TEST(a_bar_from_before_the_entry_widens_nothing_and_leaves_the_mark)
{
    no_ticks();
    open_long(30);
    BARS({START_TIME, 1000, .high = 6000}, {START_TIME + 60, 4993, .high = 5004},
         {START_TIME + 120, 5000, .high = 5006}, {START_TIME + 180, 5000, .high = 5001});
    down_until(185);
    skip(70);
    ck_assert(position_of(&SIM1, MES)->has_gap);
    ck_excursions(7, 6);
    ck_assert_int_eq(times_said("prices were missed and cannot be had"), 1);
    await_query("SELECT has_gap FROM open_position", 1);
}
END_TEST

START_TEST(a_long_gap_takes_bars_and_ticks_for_the_minute_of_the_entry)
{
    const int64_t later = 3 * 3600;
    open_long(30);
    TICKS({START_TIME + 20, .low = 4000}, {START_TIME + 45, .low = 4998},
          {START_TIME + 70, .low = 3000});
    BARS({START_TIME, 1000, .high = 6000}, {START_TIME + 60, 4993, .high = 5004},
         {START_TIME + later, 5000, .high = 5001});
    down_until(later);
    skip(70);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(7, 4);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), START_TIME + 60);
}
END_TEST

START_TEST(no_trade_since_is_no_gap)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    answer_snapshot(5000, START_TIME);
    open_long(0);
    skip(300);
    lose_connection();
    b.now += 150 * CLOCK_SECOND;
    b.wall += 150 * CLOCK_SECOND;
    go_online();
    pass(2 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_position_closed_meanwhile_is_asked_about_no_more)
{
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    open_long(0);
    down_until(90);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    FILL(.execution = "out", .price = 5001, .quantity = 2, .sells = 1);
    FILL(.execution = "in2", .price = 5002, .quantity = 2);
    peer_send(b.peer, "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':5050,'Volume':1}",
              request, (long long)START_TIME + 50);
    peer_send(b.peer, "{'Type':807,'RequestID':%d}", request);
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(position_of(&SIM1, MES)->max_price, 5002);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 1);
}
END_TEST

START_TEST(a_mark_that_stayed_is_asked_about_from_the_entry_on)
{
    open_long(0);
    end();
    b.wall += 600 * CLOCK_SECOND;
    start(); /* no live prices: nothing can be asked */
    pass(2 * CLOCK_SECOND);
    ck_assert_uint_eq(peer_count(b.peer, 800), 0);
    await_query("SELECT has_gap FROM open_position", 1);
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 1200, .low = 5001});
    down_until(1200);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(0, 12);
}
END_TEST

START_TEST(a_server_without_past_prices_is_not_asked)
{
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1}]");
    open_long(0);
    down_until(90);
    skip(60);
    ck_assert_uint_eq(peer_count(b.peer, 800), 0);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(a_server_that_wants_to_be_asked_later_is)
{
    peer_answer(b.peer, 800, NULL, NULL,
                "[{'Type':802,'RejectText':'busy','RejectReasonCode':1,'RetryTimeInSeconds':20}]");
    open_long(0);
    down_until(90); /* the session's question is the second one */
    ck_assert_said("the server gives no past prices of " MES ": busy; asking again in 20 s");
    unsigned asked = peer_count(b.peer, 800);
    skip(10);
    ck_assert_uint_eq(peer_count(b.peer, 800), asked);
    skip(20);
    ck_assert_uint_eq(peer_count(b.peer, 800), asked + 2);
    skip(1000); /* but not for ever: 4 times for ticks, 4 for bars, of each */
    ck_assert_uint_eq(peer_count(b.peer, 800), 16);
    ck_assert_int_eq(times_said("gives no past prices"), 1);
    ck_assert(position_of(&SIM1, MES)->has_gap);
}
END_TEST

START_TEST(what_was_asked_when_the_connection_broke_is_asked_again)
{
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    open_long(0);
    down_until(90);
    unsigned asked = peer_count(b.peer, 800);
    ck_assert_uint_ge(asked, 1);
    lose_connection();
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 40, .low = 4991},
          {START_TIME + 90, .low = 5001});
    b.now += 40 * CLOCK_SECOND;
    b.wall += 40 * CLOCK_SECOND;
    go_online();
    pass(2 * CLOCK_SECOND);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
    ck_excursions(9, 12);
}
END_TEST

START_TEST(absurd_prices_of_the_past_change_nothing)
{
    open_long(0);
    TICKS({START_TIME + 10, .low = 1e300}, {START_TIME + 20, .low = -1e39}, {-5, .low = 6000},
          {INT64_MAX / 2, .low = 7000}, {START_TIME + 30, .low = 5002},
          {START_TIME + 90, .low = 5001});
    down_until(90);
    ck_excursions(0, 2);
    ck_assert(!position_of(&SIM1, MES)->has_gap);
}
END_TEST

/* --- the session so far --- */

static void follow_session(void)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    answer_snapshot(5010, START_TIME - 10);
}

static void trade(double price, double volume, int at, int64_t time)
{
    peer_send(b.peer,
              "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':%.10g,'AtBidOrAsk':%d,'DateTime':"
              "%lld}",
              price, volume, at, (long long)time);
}

START_TEST(the_session_so_far_comes_from_ticks)
{
    follow_session();
    TICKS({SESSION_START - 5, 1000, .volume = 1000},
          {SESSION_START + 5, 5000, .volume = 10, .bid = 1},
          {START_TIME - 10, 5010, .volume = 20, .ask = 1});
    start();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), (double)SESSION_START);
    trade(5020, 10, 2, wall_seconds());
    settle();
    const struct market_context *c = &market_of(MES)->context;
    ck_assert_double_eq(c->vwap, 5010); /* (50000 + 100200 + 50200) / 40 */
    ck_assert_double_eq(c->delta, 20);  /* 20 + 10 - 10 */
    ck_assert_double_eq(c->poc, 5010);
    ck_assert(!c->partial);
}
END_TEST

/* Chicago's clocks change on 2027-03-14 and 2027-11-07; 2028 has a 29th of February. */
START_TEST(the_session_so_far_begins_where_chicagos_clocks_say)
{
    static const struct {
        int64_t now, start, minute; /* of Chicago's day */
    } sessions[] = {
        {1805059800, 1804978800, 1020}, /* Sunday 16:30, since Saturday 17:00 of winter */
        {1805112000, 1805061600, 1020}, /* Monday 07:00, since Sunday 17:00 of summer */
        {1825675200, 1825628400, 1020}, /* Monday 06:00, since Sunday 17:00 of winter */
        {1835438400, 1835391600, 1020}, /* 02-29 06:00, since 02-28 17:00 */
        {START_TIME, START_TIME - 3600, 60},
    };
    b.wall = sessions[_i].now * CLOCK_SECOND;
    b.config.instrument_count = 1;
    b.config.instruments[0] = (struct config_instrument){
        .root = "MES", .tick = 0.25, .session_start = sessions[_i].minute};
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    answer_snapshot(5000, sessions[_i].now - 1);
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    start();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), (double)sessions[_i].start);
    ck_assert(market_of(MES)->context.partial);
    TICKS({sessions[_i].start - 1, 1000, .volume = 1000},
          {sessions[_i].start, 5000, .volume = 10, .bid = 1},
          {sessions[_i].now - 1, 5010, .volume = 10, .ask = 1});
    reconnect();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5005);
    ck_assert(!market_of(MES)->context.partial);
}
END_TEST

START_TEST(a_trade_of_the_stream_and_of_the_past_counts_once)
{
    follow_session();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    start();
    pass(CLOCK_SECOND);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    b.wall += 2 * CLOCK_SECOND;
    trade(5020, 10, 2, START_TIME + 1);
    settle();
    ck_assert(market_of(MES)->context.partial);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5020);
    const struct past past[] = {{SESSION_START + 5, 5000, .volume = 10},
                                {START_TIME + 1, 5020, .volume = 10}};
    for (int i = 0; i < 2; i++)
        peer_send(b.peer,
                  "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':%.10g,'Volume':%.10g}",
                  request, (long long)past[i].time, past[i].low, past[i].volume);
    ck_assert(market_of(MES)->context.partial);
    peer_send(b.peer, "{'Type':807,'RequestID':%d}", request);
    trade(5020, 20, 2, START_TIME + 2);
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 5015); /* (10 × 5000 + 30 × 5020) / 40 */
    ck_assert(!b.shown.markets[0].context.partial);
}
END_TEST

START_TEST(the_session_so_far_comes_from_bars_spread_over_their_range)
{
    follow_session();
    no_ticks();
    /* five prices of 2 each, 1 of them at the ask; then one price with 30, 20 at the bid */
    BARS({SESSION_START, 5000, 5001, .volume = 10, .ask = 5},
         {START_TIME - 60, 5001, 5001, .volume = 30, .bid = 20},
         {START_TIME, 9000, 9000, .volume = 1000}, {START_TIME + 60, 9000, 9000, .volume = 1000});
    start();
    pass(CLOCK_SECOND); /* 08:00:01: the stream counts from 08:01 on */
    trade(7777, 500, 2, wall_seconds());
    settle();
    ck_assert(market_of(MES)->context.partial);
    BARS({SESSION_START, 5000, 5001, .volume = 10, .ask = 5},
         {START_TIME - 60, 5001, 5001, .volume = 30, .bid = 20},
         {START_TIME, 5003, 5003, .volume = 10}, {START_TIME + 60, 9000, 9000, .volume = 1000});
    b.wall += 59 * CLOCK_SECOND;
    b.now += 59 * CLOCK_SECOND;
    trade(5005, 50, 1, START_TIME + 61);
    pass(CLOCK_SECOND);
    ck_assert(market_of(MES)->context.partial);
    pass(4 * CLOCK_SECOND);
    const struct market_context *c = &market_of(MES)->context;
    ck_assert(!c->partial);
    /* (10 × 5000.5 + 30 × 5001 + 10 × 5003 + 50 × 5005) / 100 */
    ck_assert_double_eq_tol(c->vwap, 5003.15, 1e-9);
    ck_assert_double_eq_tol(c->delta, 5 - 20 - 50, 1e-9);
    ck_assert_double_eq(c->poc, 5005);
}
END_TEST

START_TEST(a_reconnect_makes_the_session_partial_until_it_is_whole_again)
{
    follow_session();
    TICKS({START_TIME - 10, 5010, .volume = 20});
    start();
    pass(CLOCK_SECOND);
    ck_assert(!market_of(MES)->context.partial);
    trade(5020, 20, 2, wall_seconds());
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 5015);
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    answer_snapshot(5030, START_TIME + 20);
    reconnect();
    ck_assert(market_of(MES)->context.partial);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5015);
    TICKS({START_TIME - 10, 5010, .volume = 20}, {START_TIME + 1, 5020, .volume = 20},
          {START_TIME + 20, 5030, .volume = 20});
    reconnect();
    pass(CLOCK_SECOND);
    ck_assert(!market_of(MES)->context.partial);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5020);
}
END_TEST

START_TEST(a_refused_session_stays_partial)
{
    follow_session();
    peer_answer(b.peer, 800, NULL, NULL, "[{'Type':802,'RejectText':'no','RejectReasonCode':2}]");
    start();
    skip(200);
    trade(5020, 20, 2, wall_seconds());
    settle();
    ck_assert(market_of(MES)->context.partial);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5020);
    ck_assert_uint_eq(peer_count(b.peer, 800), 2); /* ticks, bars */
}
END_TEST

START_TEST(a_session_that_begins_meanwhile_is_not_filled_with_the_last_one)
{
    follow_session();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    start();
    pass(CLOCK_SECOND);
    int request = (int)peer_number(b.peer, 800, "RequestID");
    ck_assert_int_gt(request, 0);
    peer_send(b.peer, "{'Type':136,'SymbolID':1,'Date':1799971200}");
    peer_send(b.peer, "{'Type':136,'SymbolID':1,'Date':1800057600}");
    peer_send(b.peer, "{'Type':804,'RequestID':%d,'DateTime':%lld,'Price':5000,'Volume':10}",
              request, (long long)START_TIME - 10);
    peer_send(b.peer, "{'Type':807,'RequestID':%d}", request);
    trade(5020, 20, 2, wall_seconds());
    settle();
    ck_assert_double_eq(market_of(MES)->context.vwap, 5020);
    ck_assert(!b.shown.markets[0].context.partial);
}
END_TEST

START_TEST(the_servers_trading_date_rules)
{
    follow_session();
    TICKS({START_TIME - 10, 5010, .volume = 20});
    peer_answer(b.peer, 101, NULL, NULL,
                "[{'Type':104,'SymbolID':1,'LastTradePrice':5010,'LastTradeDateTime':1799999990,"
                "'TradingSessionDate':1799884800}]"); /* 2027-01-14: since 2027-01-13 23:00 UTC */
    start();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), 1799881200);
}
END_TEST

/* --- a connection of its own --- */

static void own_connection(void)
{
    follow_session();
    b.past_peer = peer_new();
    b.config.history_port = peer_port(b.past_peer);
}

START_TEST(a_port_of_its_own_is_asked_compressed_and_left_afterwards)
{
    const struct past past[] = {{START_TIME - 10, 5010, .volume = 20}};
    own_connection();
    answer_past(b.past_peer, 0, past, 1);
    start();
    for (int64_t limit = give_up_time(); market_of(MES)->context.partial;) {
        pass(CLOCK_SECOND);
        ck_assert(clock_monotonic_us() < limit);
    }
    ck_assert_double_eq(market_of(MES)->context.vwap, 5010);
    ck_assert_uint_eq(peer_count(b.peer, 800), 0);
    ck_assert_uint_eq(peer_count(b.past_peer, 1), 1);
    ck_assert_uint_eq(peer_count(b.past_peer, 800), 1);
    ck_assert_double_eq(peer_number(b.past_peer, 800, "UseZLibCompression"), 1);
    pass(2 * CLOCK_SECOND);
    ck_assert_ptr_null(b.engine->past_session);
    ck_assert_uint_eq(peer_count(b.past_peer, 5), 1);
    ck_assert_uint_eq(peer_count(b.past_peer, 101), 0);
}
END_TEST

START_TEST(each_question_has_a_connection_of_its_own)
{
    follow_session();
    text_copy(b.config.symbols, sizeof b.config.symbols, MES "," MNQ);
    b.past_peer = peer_new();
    b.config.history_port = peer_port(b.past_peer);
    const struct past past[] = {{START_TIME - 10, 5010, .volume = 20}};
    answer_past(b.past_peer, 0, past, 1);
    start();
    for (int64_t limit = give_up_time();
         market_of(MES)->context.partial || market_of(MNQ)->context.partial;) {
        pass(CLOCK_SECOND);
        ck_assert(clock_monotonic_us() < limit);
    }
    ck_assert_uint_eq(peer_count(b.past_peer, 1), 2);
    ck_assert_uint_eq(peer_count(b.past_peer, 800), 2);
}
END_TEST

START_TEST(a_port_that_nobody_listens_on_is_told_once_and_given_up)
{
    own_connection();
    peer_shut(b.past_peer);
    start();
    skip(300);
    ck_assert_int_eq(times_said("no past prices: cannot reach"), 1);
    ck_assert_ptr_null(b.engine->past_session);
    ck_assert(market_of(MES)->context.partial);
    ck_assert(is_online());
    /* the next connection tries anew */
    const struct past past[] = {{START_TIME - 10, 5010, .volume = 20}};
    peer_open(b.past_peer);
    answer_past(b.past_peer, 0, past, 1);
    reconnect();
    for (int64_t limit = give_up_time(); market_of(MES)->context.partial;) {
        pass(CLOCK_SECOND);
        ck_assert(clock_monotonic_us() < limit);
    }
}
END_TEST

START_TEST(a_port_without_past_prices_is_told_once)
{
    own_connection();
    peer_answer(b.past_peer, 1, NULL, NULL, "[{'Type':2,'Result':1}]");
    start();
    skip(60);
    ck_assert_int_eq(times_said("no past prices: the server at history_port has none"), 1);
    ck_assert_uint_eq(peer_count(b.past_peer, 800), 0);
    ck_assert_uint_eq(peer_count(b.past_peer, 1), 1);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const gaps[] = {
        ticks_of_the_time_down_fill_the_gap,
        ticks_that_do_not_reach_the_last_trade_fill_nothing,
        bars_fill_the_gap_of_a_lost_connection,
        a_bar_from_before_the_entry_widens_nothing_and_leaves_the_mark,
        a_long_gap_takes_bars_and_ticks_for_the_minute_of_the_entry,
        no_trade_since_is_no_gap,
        a_position_closed_meanwhile_is_asked_about_no_more,
        a_mark_that_stayed_is_asked_about_from_the_entry_on,
        a_server_without_past_prices_is_not_asked,
        a_server_that_wants_to_be_asked_later_is,
        what_was_asked_when_the_connection_broke_is_asked_again,
        absurd_prices_of_the_past_change_nothing,
    };
    const TTest *const session[] = {
        the_session_so_far_comes_from_ticks,
        a_trade_of_the_stream_and_of_the_past_counts_once,
        the_session_so_far_comes_from_bars_spread_over_their_range,
        a_reconnect_makes_the_session_partial_until_it_is_whole_again,
        a_refused_session_stays_partial,
        a_session_that_begins_meanwhile_is_not_filled_with_the_last_one,
        the_servers_trading_date_rules,
    };
    const TTest *const connection[] = {
        a_port_of_its_own_is_asked_compressed_and_left_afterwards,
        each_question_has_a_connection_of_its_own,
        a_port_that_nobody_listens_on_is_told_once_and_given_up,
        a_port_without_past_prices_is_told_once,
    };
    Suite *s = suite_create("engine: prices of the past");
    CASE_ADD(s, "gaps", gaps);
    CASE_ADD(s, "session", session);
    CASE_ADD(s, "connection", connection);
    TCase *c = tcase_create("session starts");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, the_session_so_far_begins_where_chicagos_clocks_say, 0, 5);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
