/* The random walk. */
#include "base/clock.h"
#include "dtc/enums.h"
#include "sim/market.h"
#include "support/test.h"

#include <math.h>

struct record {
    uint64_t digest; /* of every event's kind and prices */
    uint64_t events, trades, quotes, highs, lows, volumes;
    uint64_t wrong; /* events against what holds for all of them */
    double lowest, highest;
    double volume;
};

static uint64_t mix(uint64_t digest, double value)
{
    return (digest ^ (uint64_t)llround(value * 100)) * UINT64_C(0x100000001b3);
}

static void on_event(void *context, const struct sim_market *m, enum sim_market_kind kind)
{
    struct record *r = context;
    const struct sim_product *p = m->product;
    int64_t ticks = sim_product_ticks(p, m->last);
    r->wrong += m->ask != sim_product_price(p, sim_product_ticks(p, m->bid) + 1);
    r->wrong += m->last != sim_product_price(p, ticks);
    r->wrong += m->last < m->low || m->last > m->high;
    if (kind == SIM_MARKET_TRADE) {
        r->wrong += m->last != (m->last_at == DTC_AT_ASK ? m->ask : m->bid);
        r->volume += m->last_volume;
    }
    r->events++;
    r->trades += kind == SIM_MARKET_TRADE;
    r->quotes += kind == SIM_MARKET_QUOTE;
    r->highs += kind == SIM_MARKET_SESSION_HIGH;
    r->lows += kind == SIM_MARKET_SESSION_LOW;
    r->volumes += kind == SIM_MARKET_SESSION_VOLUME;
    r->lowest = fmin(r->lowest, m->bid);
    r->highest = fmax(r->highest, m->ask);
    r->digest = mix(mix(mix(mix(r->digest, kind), m->bid), m->last), m->last_volume);
}

/* Runs a market for so long; the market may be kept. */
static struct record run(uint64_t seed, int product, int64_t duration, struct sim_market *m)
{
    struct sim_market own;
    struct record r = {.lowest = INFINITY};
    m = m ? m : &own;
    sim_market_init(m, &sim_products[product], seed, 0, 0);
    while (m->next_event < duration)
        sim_market_step(m, on_event, &r);
    ck_assert_uint_eq(r.wrong, 0);
    return r;
}

START_TEST(the_same_seed_gives_the_same_events)
{
    struct record a = run(7, SIM_MES, 10 * CLOCK_MINUTE, NULL);
    struct record b = run(7, SIM_MES, 10 * CLOCK_MINUTE, NULL);
    struct record c = run(8, SIM_MES, 10 * CLOCK_MINUTE, NULL);
    ck_assert_uint_eq(a.digest, b.digest);
    ck_assert_uint_eq(a.events, b.events);
    ck_assert_uint_ne(a.digest, c.digest);
}
END_TEST

START_TEST(five_to_fifteen_events_come_a_second)
{
    for (int product = 0; product < SIM_PRODUCTS; product++) {
        struct record r = run(1, product, 10 * CLOCK_MINUTE, NULL);
        ck_assert_uint_ge(r.events, 5 * 600);
        ck_assert_uint_le(r.events, 15 * 600);
        ck_assert_uint_gt(r.trades, 1000);
        ck_assert_uint_gt(r.quotes, 1000);
        ck_assert_uint_gt(r.highs, 0);
        ck_assert_uint_gt(r.lows, 0);
        ck_assert_uint_eq(r.volumes, r.trades / 10);
    }
}
END_TEST

START_TEST(prices_stay_within_a_band_for_days)
{
    for (int product = 0; product < SIM_PRODUCTS; product++) {
        double start = sim_products[product].start;
        struct record r = run(3, product, (product <= SIM_MNQ ? 7 : 2) * CLOCK_DAY, NULL);
        ck_assert_double_ge(r.lowest, start * 0.969);
        ck_assert_double_le(r.highest, start * 1.031);
        ck_assert_double_gt(r.highest - r.lowest, start * 0.01); /* it does walk */
    }
}
END_TEST

START_TEST(prices_are_the_doubles_nearest_to_their_decimals)
{
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_MES], 20201), 5050.25);
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_GC], 26503), 2650.3);
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_CL], 7207), 72.07);
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_6E], 21601), 1.08005);
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_ZN], 7041), 110.015625); /* 110'00.5 */
    ck_assert_double_eq(sim_product_price(&sim_products[SIM_MYM], 42001), 42001);
    ck_assert_int_eq(sim_product_ticks(&sim_products[SIM_6E], 1.08005), 21601);
}
END_TEST

START_TEST(a_price_that_is_set_is_where_the_walk_goes_on_from)
{
    struct sim_market m;
    run(5, SIM_MES, CLOCK_MINUTE, &m);
    struct record r = {.lowest = INFINITY};
    sim_market_set_price(&m, 6000.1, on_event, &r); /* to the nearest tick */
    ck_assert_double_eq(m.bid, 6000);
    ck_assert_double_eq(m.ask, 6000.25);
    ck_assert_double_eq(m.last, 6000);
    ck_assert_double_eq(m.high, 6000);
    ck_assert_uint_eq(r.quotes, 1);
    ck_assert_uint_eq(r.trades, 1);
    ck_assert_uint_eq(r.highs, 1);
    while (m.next_event < CLOCK_DAY)
        sim_market_step(&m, on_event, &r);
    ck_assert_uint_eq(r.wrong, 0);
    ck_assert_double_ge(r.lowest, 6000 * 0.969);
    ck_assert_double_le(r.highest, 6000 * 1.031);
}
END_TEST

START_TEST(a_trade_that_is_made_leaves_the_quote_as_it_is)
{
    struct sim_market m;
    run(5, SIM_MES, CLOCK_MINUTE, &m);
    double bid = m.bid, ask = m.ask, volume = m.volume;
    struct record r = {0};
    sim_market_trade(&m, bid - 10, 7, on_event, &r);
    ck_assert_double_eq(m.bid, bid);
    ck_assert_double_eq(m.ask, ask);
    ck_assert_double_eq(m.last, bid - 10);
    ck_assert_int_eq(m.last_at, DTC_AT_BID);
    ck_assert_double_eq(m.volume, volume + 7);
    ck_assert_uint_eq(r.quotes, 0);
    sim_market_trade(&m, ask, 1, on_event, &r);
    ck_assert_int_eq(m.last_at, DTC_AT_ASK);
}
END_TEST

START_TEST(the_session_counts_what_was_traded_in_it)
{
    struct sim_market m;
    struct record r = run(5, SIM_MES, CLOCK_MINUTE, &m);
    ck_assert_double_eq(m.volume, r.volume);
    ck_assert_uint_eq(m.trades, r.trades);
    ck_assert_double_eq(m.open, 5050);
}
END_TEST

START_TEST(a_new_session_opens_at_the_price_of_the_old_ones_end)
{
    struct sim_market m;
    struct record r = run(5, SIM_MES, CLOCK_MINUTE, &m);
    double close = m.last;
    sim_market_open_session(&m, 86400, on_event, &r);
    ck_assert_double_eq(m.open, close);
    ck_assert_double_eq(m.high, close);
    ck_assert_double_eq(m.low, close);
    ck_assert_double_eq(m.settlement, close);
    ck_assert_double_eq(m.volume, 0);
    ck_assert_uint_eq(m.trades, 0);
    ck_assert_uint_eq(m.session_date, 86400);
}
END_TEST

START_TEST(a_session_belongs_to_the_day_after_its_evening)
{
    int64_t day = 20000 * CLOCK_DAY;
    ck_assert_uint_eq(sim_market_session_date(day), 20000 * 86400);
    ck_assert_uint_eq(sim_market_session_date(day + 23 * CLOCK_HOUR - 1), 20000 * 86400);
    ck_assert_uint_eq(sim_market_session_date(day + 23 * CLOCK_HOUR), 20001 * 86400);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim market");
    TCase *t = tcase_create("market");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_same_seed_gives_the_same_events);
    tcase_add_test(t, five_to_fifteen_events_come_a_second);
    tcase_add_test(t, prices_stay_within_a_band_for_days);
    tcase_add_test(t, prices_are_the_doubles_nearest_to_their_decimals);
    tcase_add_test(t, a_price_that_is_set_is_where_the_walk_goes_on_from);
    tcase_add_test(t, a_trade_that_is_made_leaves_the_quote_as_it_is);
    tcase_add_test(t, the_session_counts_what_was_traded_in_it);
    tcase_add_test(t, a_new_session_opens_at_the_price_of_the_old_ones_end);
    tcase_add_test(t, a_session_belongs_to_the_day_after_its_evening);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
