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
    char line[64];
    snprintf(line, sizeof line, "%s %d %g %g", m->product->root, (int)kind, m->bid, m->last);
    mix(r, line);
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
    tcase_add_test(t, the_session_changes_with_the_wall_clocks_day);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
