/* Markets, exchange and bots together. */
#include "base/clock.h"
#include "dtc/enums.h"
#include "sim/world.h"
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const int64_t HOUR = CLOCK_HOUR;
static const int64_t WALL = 1795366517 * CLOCK_SECOND;

/* What was told, and the rules that hold for every bit of it. */
struct record {
    struct sim_world *world;
    uint64_t digest;
    int orders, fills, market, balances;
    int reasons[16];
    int trades[SIM_PRODUCTS], reversals, partial_exits, scale_ins;
    double held[SIM_PRODUCTS];
    int64_t opened[SIM_PRODUCTS], longest; /* in simulated time */
    int64_t now;
    int64_t first_entry;
};

static void mix(struct record *r, const char *text)
{
    for (; *text; text++)
        r->digest = (r->digest ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
}

static void on_order(void *context, const struct sim_order *o, int32_t reason,
                     const struct sim_fill *fill, const char *text)
{
    struct record *r = context;
    char line[256];
    snprintf(line, sizeof line, "%s %s %d %d %g %g %g %s %g", o->request.client_id, o->server_id,
             reason, o->status, o->request.price, o->request.quantity, o->filled,
             fill ? fill->execution_id : "", fill ? fill->price : 0);
    mix(r, line);
    r->orders++;
    r->fills += fill != NULL;
    r->reasons[reason]++;
    ck_assert_ptr_null(text); /* the bot makes no mistakes */
}

static void on_position(void *context, const struct sim_position *p)
{
    struct record *r = context;
    double before = r->held[p->product], after = p->quantity;
    ck_assert_int_eq(p->account, SIM_ACCOUNT_SIM1);
    if (before == 0 || before * after < 0) {
        r->trades[p->product]++;
        r->opened[p->product] = r->now;
        r->reversals += before != 0;
        if (r->first_entry < 0)
            r->first_entry = r->now;
    } else if (fabs(after) > fabs(before)) {
        r->scale_ins++;
    } else if (after != 0) {
        r->partial_exits++;
    } else if (r->now - r->opened[p->product] > r->longest) {
        r->longest = r->now - r->opened[p->product];
    }
    r->held[p->product] = after;
}

static void on_balance(void *context, int account)
{
    struct record *r = context;
    r->balances += account == SIM_ACCOUNT_SIM1;
}

static void on_market(void *context, const struct sim_market *m, enum sim_market_kind kind)
{
    struct record *r = context;
    const double event[] = {m->product->start, kind, m->bid, m->last};
    for (size_t i = 0; i < sizeof event / sizeof *event; i++)
        r->digest = (r->digest ^ (uint64_t)llround(event[i] * 1e6)) * UINT64_C(0x100000001b3);
    r->market++;
    r->now = m->next_event; /* as good as now: the events of a second are many */
}

/* A world that has come to `until`, `step` by `step`, and goes on telling `r`. */
static void run_to(struct record *r, uint64_t seed, bool bots, int64_t until, int64_t step)
{
    *r = (struct record){.first_entry = -1};
    struct sim_world_options options = {.seed = seed, .token = 0xabc, .bots = bots, .wall = WALL};
    struct sim_world_listener listener = {{r, on_order, on_position, on_balance}, on_market};
    r->world = sim_world_new(&options, &listener);
    for (int64_t t = step; t < until; t += step)
        sim_world_advance(r->world, t, WALL);
    sim_world_advance(r->world, until, WALL);
}

START_TEST(the_same_seed_gives_the_same_events_however_time_is_cut)
{
    struct record a, b, c;
    run_to(&a, 1, true, HOUR, HOUR);
    run_to(&b, 1, true, HOUR, 137 * CLOCK_MS);
    run_to(&c, 2, true, HOUR, HOUR);
    ck_assert_int_gt(a.fills, 50);
    ck_assert_uint_eq(a.digest, b.digest);
    ck_assert_int_eq(a.orders, b.orders);
    ck_assert_int_eq(a.market, b.market);
    ck_assert_uint_ne(a.digest, c.digest);
    sim_world_free(a.world);
    sim_world_free(b.world);
    sim_world_free(c.world);
}
END_TEST

START_TEST(the_bot_does_all_it_is_meant_to)
{
    struct record r;
    run_to(&r, (uint64_t)_i + 1, true, 8 * HOUR, HOUR);
    ck_assert_int_ge(r.first_entry, 4 * CLOCK_SECOND);
    ck_assert_int_le(r.first_entry,
                     25 * CLOCK_SECOND); /* a limit order may not be filled at first */
    ck_assert_int_gt(r.trades[SIM_MNQ], 30);
    ck_assert_int_gt(r.trades[SIM_MES], 2 * r.trades[SIM_MNQ]);
    ck_assert_int_gt(r.scale_ins, 10);
    ck_assert_int_gt(r.partial_exits, 10);
    ck_assert_int_gt(r.reversals, 5);
    ck_assert_int_gt(r.reasons[DTC_NEW_ORDER_ACCEPTED], 100);
    ck_assert_int_gt(r.reasons[DTC_GENERAL_ORDER_UPDATE], 10);
    ck_assert_int_gt(r.reasons[DTC_ORDER_FILLED], 100);
    ck_assert_int_gt(r.reasons[DTC_ORDER_FILLED_PARTIALLY], 5);
    ck_assert_int_gt(r.reasons[DTC_ORDER_CANCELED], 100);
    ck_assert_int_gt(r.reasons[DTC_ORDER_CANCEL_REPLACE_COMPLETE], 20);
    ck_assert_int_eq(r.fills, r.balances);
    sim_world_free(r.world);
}
END_TEST

START_TEST(every_trade_ends_within_three_minutes)
{
    struct record r;
    run_to(&r, (uint64_t)_i + 1, true, 8 * HOUR, HOUR);
    ck_assert_int_gt(r.longest, 60 * CLOCK_SECOND);
    ck_assert_int_le(r.longest, 3 * CLOCK_MINUTE);
    sim_world_free(r.world);
}
END_TEST

START_TEST(a_held_position_is_guarded_by_a_bracket_of_its_size)
{
    struct record r;
    run_to(&r, 4, true, 5 * CLOCK_SECOND, HOUR);
    int held = 0;
    for (int64_t t = 5 * CLOCK_SECOND; t < HOUR; t += CLOCK_SECOND) {
        sim_world_advance(r.world, t, WALL);
        struct sim_exchange *e = sim_world_exchange(r.world);
        double exits = 0, wanted = 0;
        for (int p = 0; p < SIM_PRODUCTS; p++)
            wanted += 2 * fabs(r.held[p]);
        for (size_t i = 0; i < sim_exchange_order_count(e); i++) {
            const struct sim_order *o = sim_exchange_order(e, i);
            if (o->sibling && o->status != DTC_ORDER_STATUS_PENDING_CHILD)
                exits += o->request.quantity - o->filled;
            else if (o->filled > 0) /* an entry on its way: its bracket comes with the rest of it */
                wanted -= 2 * o->filled;
        }
        ck_assert_double_eq(exits, wanted);
        held += wanted > 0;
    }
    ck_assert_int_gt(held, 1000);
    sim_world_free(r.world);
}
END_TEST

START_TEST(without_bots_there_are_no_orders)
{
    struct record r;
    run_to(&r, 1, false, HOUR, HOUR);
    ck_assert_int_eq(r.orders, 0);
    ck_assert_int_gt(r.market, 36000);
    sim_world_free(r.world);
}
END_TEST

START_TEST(each_market_walks_by_a_seed_of_its_own)
{
    struct record r, idle;
    run_to(&r, 1, true, HOUR, HOUR);
    run_to(&idle, 1, false, HOUR, HOUR);
    struct sim_random seeds = {1};
    struct sim_market first; /* as it is with no other beside it */
    sim_market_init(&first, &sim_products[SIM_MES], sim_random_next(&seeds), 0, 0);
    struct record ignored = {0};
    while (first.next_event <= HOUR)
        sim_market_step(&first, on_market, &ignored);
    ck_assert_double_eq(sim_world_market(r.world, SIM_MES)->last, first.last);
    ck_assert_double_eq(sim_world_market(r.world, SIM_MES)->volume, first.volume);
    for (int p = 0; p < SIM_PRODUCTS; p++) {
        const struct sim_market *m = sim_world_market(idle.world, p);
        ck_assert_double_eq(m->last, sim_world_market(r.world, p)->last);
        ck_assert_uint_gt(m->trades, 10000);
        for (int q = 0; q < p; q++) /* of two with the same tick and start */
            ck_assert_double_ne(m->volume, sim_world_market(idle.world, q)->volume);
    }
    sim_world_free(r.world);
    sim_world_free(idle.world);
}
END_TEST

START_TEST(the_history_is_what_was_told)
{
    struct record r;
    run_to(&r, 1, false, 10 * CLOCK_MINUTE, CLOCK_SECOND);
    const struct sim_market *m = sim_world_market(r.world, SIM_CL);
    const struct sim_history *h = sim_world_history(r.world, SIM_CL);
    size_t count = sim_history_tick_count(h);
    ck_assert_uint_eq(count, m->trades);
    double volume = 0;
    for (size_t i = 0; i < count; i++)
        volume += sim_history_tick(h, i)->volume;
    ck_assert_double_eq(volume, m->volume);
    ck_assert_double_eq(sim_history_tick(h, count - 1)->price, m->last);
    ck_assert_int_eq(sim_history_tick(h, 0)->time, WALL);
    sim_world_free(r.world);
}
END_TEST

START_TEST(a_price_that_is_set_moves_the_market_and_its_orders)
{
    struct record r;
    run_to(&r, 1, false, CLOCK_SECOND, HOUR);
    struct sim_order_request buy = {.type = DTC_ORDER_TYPE_LIMIT,
                                    .side = DTC_BUY,
                                    .price = 4900,
                                    .quantity = 1,
                                    .account = "Sim1",
                                    .symbol = "MESZ26_FUT_CME",
                                    .client_id = "a"};
    ck_assert(sim_exchange_submit(sim_world_exchange(r.world), &buy, WALL));
    ck_assert_int_eq(r.fills, 0);
    sim_world_set_price(r.world, SIM_MES, 4890);
    ck_assert_int_eq(r.fills, 1);
    ck_assert_double_eq(sim_world_market(r.world, SIM_MES)->bid, 4890);
    sim_world_advance(r.world, CLOCK_MINUTE, WALL);
    ck_assert_double_eq_tol(sim_world_market(r.world, SIM_MES)->bid, 4890, 60);
    sim_world_free(r.world);
}
END_TEST

START_TEST(a_trade_that_is_made_reaches_orders_and_history)
{
    struct record r;
    run_to(&r, 1, false, CLOCK_SECOND, HOUR);
    int before = r.market;
    size_t ticks = sim_history_tick_count(sim_world_history(r.world, SIM_ZN));
    sim_world_trade(r.world, SIM_ZN, 109.5, 7);
    ck_assert_int_eq(r.market, before + 2); /* it is a new low */
    ck_assert_uint_eq(sim_history_tick_count(sim_world_history(r.world, SIM_ZN)), ticks + 1);
    ck_assert_double_eq(sim_exchange_ledger(sim_world_exchange(r.world))->mark[SIM_ZN], 109.5);
    sim_world_free(r.world);
}
END_TEST

START_TEST(a_frozen_world_stands_still_and_goes_on_where_it_was)
{
    struct record a, b;
    run_to(&a, 1, true, CLOCK_MINUTE, HOUR);
    run_to(&b, 1, true, CLOCK_MINUTE, HOUR);
    sim_world_freeze(b.world, 2 * CLOCK_MINUTE);
    sim_world_advance(b.world, CLOCK_MINUTE + CLOCK_SECOND, WALL);
    sim_world_freeze(b.world, 90 * CLOCK_SECOND); /* within the first: nothing more */
    sim_world_advance(b.world, 2 * CLOCK_MINUTE, WALL);
    ck_assert_int_eq(a.market, b.market);
    ck_assert_int_gt(sim_world_next(b.world), 2 * CLOCK_MINUTE);
    sim_world_advance(a.world, 5 * CLOCK_MINUTE, WALL);
    sim_world_advance(b.world, 6 * CLOCK_MINUTE, WALL);
    ck_assert_int_eq(a.market, b.market);
    ck_assert_double_eq(sim_world_market(a.world, SIM_GC)->last,
                        sim_world_market(b.world, SIM_GC)->last);
    sim_world_free(a.world);
    sim_world_free(b.world);
}
END_TEST

START_TEST(the_session_changes_with_the_wall_clocks_day)
{
    struct record r;
    run_to(&r, 1, true, HOUR, HOUR);
    uint32_t before = sim_world_market(r.world, SIM_MES)->session_date;
    sim_world_advance(r.world, HOUR + 1, WALL + CLOCK_DAY);
    ck_assert_uint_eq(sim_world_market(r.world, SIM_MES)->session_date, before + 86400);
    ck_assert_uint_eq(sim_world_market(r.world, SIM_MNQ)->session_date, before + 86400);
    sim_world_free(r.world);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim world");
    TCase *t = tcase_create("world");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, the_same_seed_gives_the_same_events_however_time_is_cut);
    tcase_add_loop_test(t, the_bot_does_all_it_is_meant_to, 0, 3);
    tcase_add_loop_test(t, every_trade_ends_within_three_minutes, 0, 3);
    tcase_add_test(t, a_held_position_is_guarded_by_a_bracket_of_its_size);
    tcase_add_test(t, without_bots_there_are_no_orders);
    tcase_add_test(t, each_market_walks_by_a_seed_of_its_own);
    tcase_add_test(t, the_history_is_what_was_told);
    tcase_add_test(t, a_price_that_is_set_moves_the_market_and_its_orders);
    tcase_add_test(t, a_trade_that_is_made_reaches_orders_and_history);
    tcase_add_test(t, a_frozen_world_stands_still_and_goes_on_where_it_was);
    tcase_add_test(t, the_session_changes_with_the_wall_clocks_day);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
