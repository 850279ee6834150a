#include "trade/market.h"

#include "support/test.h"

#include <float.h>

static struct market market;
static struct market_profile *profile;

/* A whole session of a market in quarters. */
static void setup(void)
{
    market_init(&market, "MESZ5");
    profile = market_profile_new(0.25);
    market_begin_session(&market, profile);
}

static void teardown(void)
{
    market_profile_free(profile);
}

static void trade(double price, double volume, enum aggressor aggressor)
{
    market_apply_trade(&market, profile, price, volume, aggressor, 1000);
}

START_TEST(a_new_market_knows_nothing_and_is_partial)
{
    struct market m;
    market_init(&m, "MESZ5");
    ck_assert_str_eq(m.symbol, "MESZ5");
    ck_assert(!price_is_set(market_price(&m)));
    ck_assert(!price_is_set(m.context.vwap));
    ck_assert(!price_is_set(m.context.delta));
    ck_assert(!price_is_set(m.context.poc));
    ck_assert(m.context.partial);
    market_apply_trade(&m, profile, 100, 1, AGGRESSOR_NONE, 1000);
    ck_assert(m.context.partial);
    ck_assert(!price_is_set(m.session_open)); /* the first trade seen is not the session's first */
}
END_TEST

START_TEST(trades_move_price_direction_and_session)
{
    trade(100, 2, AGGRESSOR_NONE);
    ck_assert_int_eq(market.direction, 0);
    trade(100.25, 3, AGGRESSOR_NONE);
    ck_assert_int_eq(market.direction, 1);
    trade(100.25, 1, AGGRESSOR_NONE);
    ck_assert_int_eq(market.direction, 1);
    trade(99.5, 1, AGGRESSOR_NONE);
    ck_assert_int_eq(market.direction, -1);
    ck_assert_double_eq(market.last, 99.5);
    ck_assert_double_eq(market.last_volume, 1);
    ck_assert_int_eq(market.last_time, 1000);
    ck_assert_double_eq(market.session_open, 100);
    ck_assert_double_eq(market.session_high, 100.25);
    ck_assert_double_eq(market.session_low, 99.5);
    ck_assert_double_eq(market.session_volume, 7);
}
END_TEST

START_TEST(vwap_delta_and_poc_follow_the_trades)
{
    trade(100, 2, AGGRESSOR_AT_ASK);
    trade(101, 6, AGGRESSOR_AT_BID);
    trade(100, 2, AGGRESSOR_NONE);
    /* (200 + 606 + 200) / 10; +2 - 6 */
    ck_assert_double_eq(market.context.vwap, 100.6);
    ck_assert_double_eq(market.context.delta, -4);
    ck_assert_double_eq(market.context.poc, 101);
    ck_assert(!market.context.partial);
}
END_TEST

START_TEST(of_equal_prices_the_lower_is_the_poc)
{
    trade(101, 6, AGGRESSOR_NONE);
    trade(100, 6, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, 100);
    trade(102, 6, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, 100);
    trade(102, 1, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, 102);
}
END_TEST

START_TEST(prices_around_and_below_zero_have_their_own_volumes)
{
    trade(-0.25, 2, AGGRESSOR_NONE);
    trade(0.25, 3, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, 0.25);
    trade(-0.25, 2, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, -0.25);
    trade(-16.25, 5, AGGRESSOR_NONE); /* on the page below */
    ck_assert_double_eq(market.context.poc, -16.25);
}
END_TEST

START_TEST(trades_that_cannot_be_change_nothing)
{
    trade(100, 2, AGGRESSOR_AT_ASK);
    struct market before = market;
    trade(PRICE_UNSET, 1, AGGRESSOR_AT_ASK);
    trade(DBL_MAX, 1, AGGRESSOR_AT_ASK);
    trade(101, -1, AGGRESSOR_AT_ASK);
    trade(101, (double)INFINITY, AGGRESSOR_AT_ASK);
    trade(101, PRICE_UNSET, AGGRESSOR_AT_ASK);
    ck_assert_mem_eq(&market, &before, sizeof before);
}
END_TEST

START_TEST(a_trade_without_volume_moves_only_the_price)
{
    trade(100, 0, AGGRESSOR_AT_ASK);
    ck_assert_double_eq(market.last, 100);
    ck_assert(!price_is_set(market.context.vwap));
    ck_assert(!price_is_set(market.context.delta));
    trade(100, 2, AGGRESSOR_AT_ASK);
    trade(105, 0, AGGRESSOR_AT_ASK);
    ck_assert_double_eq(market.context.vwap, 100);
    ck_assert_double_eq(market.context.delta, 2);
    ck_assert_double_eq(market.context.poc, 100);
}
END_TEST

START_TEST(a_new_session_starts_anew)
{
    trade(100, 9, AGGRESSOR_AT_ASK);
    market.settlement = 99;
    market_begin_session(&market, profile);
    ck_assert(!price_is_set(market.context.vwap));
    ck_assert(!price_is_set(market.session_high));
    ck_assert_double_eq(market.session_volume, 0);
    ck_assert_double_eq(market.last, 100);
    ck_assert_double_eq(market.settlement, 99);
    trade(101, 1, AGGRESSOR_AT_BID);
    ck_assert_double_eq(market.session_open, 101);
    ck_assert_double_eq(market.context.vwap, 101);
    ck_assert_double_eq(market.context.delta, -1);
    ck_assert_double_eq(market.context.poc, 101);
}
END_TEST

START_TEST(a_stream_of_ever_new_prices_ends_in_a_partial_context)
{
    trade(0, 5, AGGRESSOR_NONE);
    for (int n = 1; n <= 5000; n++)
        trade(n * 16.0, 1, AGGRESSOR_AT_ASK); /* 64 ticks: a page each */
    ck_assert(market.context.partial);
    ck_assert_double_eq(market.context.poc, 0);
    ck_assert_double_eq(market.context.delta, 5000);
    trade(16, 9, AGGRESSOR_NONE); /* known prices still count */
    ck_assert_double_eq(market.context.poc, 16);

    market_begin_session(&market, profile);
    trade(80000, 1, AGGRESSOR_NONE);
    ck_assert_double_eq(market.context.poc, 80000);
    ck_assert(!market.context.partial);
}
END_TEST

START_TEST(a_price_beyond_all_markets_makes_the_context_partial)
{
    trade(1e30, 1, AGGRESSOR_NONE);
    ck_assert(market.context.partial);
    ck_assert(!price_is_set(market.context.poc));
}
END_TEST

START_TEST(an_unknown_tick_still_finds_the_poc)
{
    struct market_profile *p = market_profile_new(0);
    struct market m;
    market_init(&m, "6EZ5");
    market_begin_session(&m, p);
    market_apply_trade(&m, p, 1.08455, 2, AGGRESSOR_NONE, 1);
    market_apply_trade(&m, p, 1.0846, 3, AGGRESSOR_NONE, 1);
    market_apply_trade(&m, p, 1.08455, 2, AGGRESSOR_NONE, 1);
    ck_assert_double_eq(m.context.poc, 1.08455);
    market_profile_free(p);
}
END_TEST

START_TEST(positions_are_valued_at_last_or_else_at_the_mid)
{
    struct market m;
    market_init(&m, "MESZ5");
    market_apply_bid_ask(&m, 99.75, 3, DBL_MAX, 0);
    ck_assert(!price_is_set(m.ask));
    ck_assert(!price_is_set(market_price(&m)));
    market_apply_bid_ask(&m, 99.75, 3, 100.25, 4);
    ck_assert_double_eq(m.ask_quantity, 4);
    ck_assert_double_eq(market_price(&m), 100);
    market_apply_trade(&m, NULL, 100.25, 1, AGGRESSOR_NONE, 1);
    ck_assert_double_eq(market_price(&m), 100.25);
    ck_assert(!price_is_set(m.context.vwap)); /* no profile, no context */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("market");
    TCase *t = tcase_create("market");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_new_market_knows_nothing_and_is_partial);
    tcase_add_test(t, trades_move_price_direction_and_session);
    tcase_add_test(t, vwap_delta_and_poc_follow_the_trades);
    tcase_add_test(t, of_equal_prices_the_lower_is_the_poc);
    tcase_add_test(t, prices_around_and_below_zero_have_their_own_volumes);
    tcase_add_test(t, trades_that_cannot_be_change_nothing);
    tcase_add_test(t, a_trade_without_volume_moves_only_the_price);
    tcase_add_test(t, a_new_session_starts_anew);
    tcase_add_test(t, a_stream_of_ever_new_prices_ends_in_a_partial_context);
    tcase_add_test(t, a_price_beyond_all_markets_makes_the_context_partial);
    tcase_add_test(t, an_unknown_tick_still_finds_the_poc);
    tcase_add_test(t, positions_are_valued_at_last_or_else_at_the_mid);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
