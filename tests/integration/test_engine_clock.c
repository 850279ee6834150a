/* The wall clock is set backwards and forwards, and across days on which local clocks change, while
 * positions are open and between two runs. */
#include "engine_bench.h"

static const int64_t DAY = 24 * 3600 * CLOCK_SECOND;
static const int64_t jumps[] = {-3 * 24 * 3600 * CLOCK_SECOND, -3600 * CLOCK_SECOND,
                                3600 * CLOCK_SECOND, 3 * 24 * 3600 * CLOCK_SECOND};

enum { JUMPS = sizeof jumps / sizeof jumps[0] };

/* The clock is set, and nothing else happens. The server's is right. */
static int64_t set_off;

static void set_clock(int64_t by)
{
    b.wall += by;
    set_off += by;
    settle();
}

static void trade_at(double price)
{
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':%.10g,'Volume':1,'DateTime':%lld}", price,
              (long long)((b.wall - set_off) / CLOCK_SECOND));
    settle();
}

static void buy(void)
{
    set_off = 0;
    answer_snapshot(5000, START_TIME - 1);
    start();
    FILL(.execution = "in", .price = 5000);
    pass(CLOCK_SECOND);
}

static struct position_metrics measure(void)
{
    struct position_metrics m;
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_ptr_nonnull(p);
    position_measure(p, instrument_of(MES), market_of(MES), b.wall, 4, &m);
    return m;
}

START_TEST(heat_goes_on_as_if_the_clock_had_not_been_set)
{
    buy();
    trade_at(4999);
    skip(100);
    set_clock(jumps[_i]);
    ck_assert_int_eq(measure().heat, 100 * CLOCK_SECOND);
    skip(20);
    ck_assert_int_eq(measure().heat, 120 * CLOCK_SECOND);
    trade_at(5001);
    ck_assert_int_eq(measure().heat, 0);
    trade_at(4999);
    skip(10);
    ck_assert_int_eq(measure().heat, 10 * CLOCK_SECOND);
}
END_TEST

START_TEST(heat_of_the_run_before_is_never_of_the_future)
{
    buy();
    trade_at(4999);
    skip(100);
    end();
    b.wall += jumps[_i];
    peer_answer(b.peer, 101, NULL, NULL, NULL);
    start();
    int64_t heat = measure().heat;
    skip(10);
    ck_assert_int_eq(measure().heat, heat + 10 * CLOCK_SECOND);
    ck_assert_int_eq(heat, jumps[_i] < 0 ? 0 : 100 * CLOCK_SECOND + jumps[_i]);
}
END_TEST

START_TEST(time_in_trade_is_never_negative)
{
    buy();
    set_clock(jumps[_i]);
    ck_assert_int_ge(measure().age, 0);
    set_clock(-jumps[_i]);
    ck_assert_int_eq(measure().age, CLOCK_SECOND);
}
END_TEST

START_TEST(the_audit_is_in_order_of_events_whatever_the_clock_says)
{
    buy();
    set_clock(jumps[_i]);
    FILL(.execution = "more", .price = 5001, .ago = set_off / CLOCK_SECOND);
    pass(CLOCK_SECOND);
    set_clock(-2 * jumps[_i]);
    FILL(.execution = "out", .price = 5004, .quantity = 2, .sells = 1,
         .ago = set_off / CLOCK_SECOND);
    pass(CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT group_concat(what, ' ') = 'open add close' FROM "
                              "(SELECT what FROM audit ORDER BY id)"),
                        1);
    ck_assert_double_eq(query("SELECT exit_time - entry_time FROM trade"), 2e6);
}
END_TEST

START_TEST(no_request_ends_sooner_or_later_and_no_connection_is_lost)
{
    peer_answer(b.peer, 305, NULL, NULL, NULL);
    buy();
    unsigned logons = peer_count(b.peer, 1);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    set_clock(jumps[_i]);
    ck_assert_int_ne(b.engine->positions_request, 0);
    pass(11 * CLOCK_SECOND);
    ck_assert_int_eq(b.engine->positions_request, 0);
    skip(60);
    ck_assert(is_online());
    ck_assert_uint_eq(peer_count(b.peer, 1), logons);
}
END_TEST

START_TEST(a_clock_that_was_ahead_hides_no_fill_of_the_history)
{
    set_off = 0;
    b.wall += DAY; /* the console's first day: it counts from that moment on */
    start();
    FILL(.execution = "in", .price = 5000, .ago = 24 * 3600);
    pass(CLOCK_SECOND);
    end();
    b.wall -= DAY;
    b.wall += 100 * CLOCK_SECOND;
    HISTORY({.execution = "in", .price = 5000, .ago = 101},
            {.execution = "out", .price = 5004, .sells = 1, .ago = 50});
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 5004"), 1);
}
END_TEST

START_TEST(a_clock_set_while_the_console_runs_hides_no_fill_of_the_history)
{
    set_off = 0;
    b.wall += DAY;
    start();
    FILL(.execution = "in", .price = 5000, .ago = 24 * 3600);
    pass(CLOCK_SECOND);
    b.wall -= DAY;
    settle();
    lose_connection();
    b.now += 60 * CLOCK_SECOND;
    b.wall += 60 * CLOCK_SECOND;
    HISTORY({.execution = "in", .price = 5000, .ago = 61},
            {.execution = "out", .price = 5004, .sells = 1, .ago = 50});
    go_online();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
}
END_TEST

START_TEST(a_clock_that_goes_back_makes_nothing_stale)
{
    buy();
    end();
    b.wall -= 3 * DAY;
    start();
    ck_assert(!look()->recovered[0].stale);
    ck_assert_double_eq(held(&SIM1, MES), 1);
    end();
    b.wall += 6 * DAY;
    start();
    ck_assert(look()->recovered[0].stale);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(a_difference_is_acted_on_after_2_seconds_by_no_clock_but_that_of_intervals)
{
    static const char *const flat = "[{'Type':306,'NoPositions':1}]";
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'120005'}]");
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES
                "','Quantity':1,'AveragePrice':5000}]");
    set_off = 0;
    start();
    FILL(.account = "120005", .execution = "in", .price = 5000);
    pass(3 * CLOCK_SECOND);
    peer_answer(b.peer, 305, NULL, NULL, flat);
    peer_send(b.peer, "{'Type':306,'TradeAccount':'120005','Symbol':'" MES "','Quantity':0}");
    pass(CLOCK_SECOND);
    set_clock(jumps[_i]);
    ck_assert_double_eq(held(&LIVE, MES), 1);
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
}
END_TEST

/* Ours is half a minute behind the server's. */
START_TEST(prices_without_a_time_count_whatever_our_clock_says)
{
    static const char *const prices[] = {
        "{'Type':108,'SymbolID':1,'BidPrice':4990,'AskPrice':4990}",
        "{'Type':142,'SymbolID':1,'Price':4990,'Volume':1}",
        "{'Type':107,'SymbolID':1,'Price':4990,'Volume':1}",
    };
    set_off = 0;
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    FILL(.execution = "in", .price = 5000, .ago = -30);
    settle();
    peer_send(b.peer, "%s", prices[_i]);
    settle();
    ck_assert_int_eq(position_of(&SIM1, MES)->mae, -50 * MONEY_ONE);
}
END_TEST

/* 2027-03-14 08:00 UTC and 2027-11-07 07:00 UTC: Chicago's clocks change; 2028-02-29. */
START_TEST(days_on_which_local_clocks_change_are_like_others)
{
    static const int64_t days[] = {1805011200, 1825570800, 1835395200};
    b.wall = (days[_i] - 60) * CLOCK_SECOND;
    set_off = 0;
    answer_snapshot(5000, days[_i] - 61);
    start();
    FILL(.execution = "in", .price = 5000);
    pass(CLOCK_SECOND);
    trade_at(4999);
    skip(120);
    ck_assert_int_eq(measure().heat, 120 * CLOCK_SECOND);
    ck_assert_int_eq(measure().age, 121 * CLOCK_SECOND);
    FILL(.execution = "out", .price = 5001, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT (exit_time - entry_time) / 1000000 FROM trade"), 121);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const once[] = {
        a_clock_that_was_ahead_hides_no_fill_of_the_history,
        a_clock_set_while_the_console_runs_hides_no_fill_of_the_history,
        a_clock_that_goes_back_makes_nothing_stale,
    };
    const TTest *const each[] = {
        heat_goes_on_as_if_the_clock_had_not_been_set,
        heat_of_the_run_before_is_never_of_the_future,
        time_in_trade_is_never_negative,
        the_audit_is_in_order_of_events_whatever_the_clock_says,
        no_request_ends_sooner_or_later_and_no_connection_is_lost,
        a_difference_is_acted_on_after_2_seconds_by_no_clock_but_that_of_intervals,
    };
    Suite *s = suite_create("engine: clocks");
    CASE_ADD(s, "restarts", once);
    TCase *c = tcase_create("jumps");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    for (size_t i = 0; i < sizeof each / sizeof each[0]; i++)
        tcase_add_loop_test(c, each[i], 0, JUMPS);
    tcase_add_loop_test(c, prices_without_a_time_count_whatever_our_clock_says, 0, 3);
    tcase_add_loop_test(c, days_on_which_local_clocks_change_are_like_others, 0, 3);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
