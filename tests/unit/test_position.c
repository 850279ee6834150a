#include "trade/position.h"

#include "support/test.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define DOLLARS(n) ((n)*MONEY_ONE)
#define SECOND INT64_C(1000000)

static const struct account_key KEY = {MODE_SIM, "Sim1"};
static const struct market_context CONTEXT = {5048.75, 1204, 5049, false};

static struct instrument mes;
static struct position p;
static struct position_step step;
static int64_t now; /* of the last fill or price; each is a second later */

static void setup(void)
{
    instrument_init(&mes, "MESZ5");
    mes.tick = 0.25;
    mes.point_value = 5;
    mes.commission = 0.62;
    position_init(&p, &KEY, "MESZ5");
    now = 1000 * SECOND;
}

static void fill(enum side side, double quantity, double price)
{
    struct fill f = {
        .key = KEY, .symbol = "MESZ5", .side = side, .quantity = quantity, .price = price};
    now += SECOND;
    f.time = now - 7; /* the server's clock is not ours */
    position_apply_fill(&p, &mes, &f, &CONTEXT, now, &step);
}

static void buy(double quantity, double price)
{
    fill(SIDE_LONG, quantity, price);
}

static void sell(double quantity, double price)
{
    fill(SIDE_SHORT, quantity, price);
}

static bool price(double at)
{
    now += SECOND;
    return position_apply_price(&p, &mes, at, now);
}

START_TEST(a_new_position_is_flat_and_knows_no_price)
{
    ck_assert(!position_is_open(&p));
    ck_assert_int_eq(position_side(&p), SIDE_NONE);
    ck_assert(!price_is_set(p.entry_price));
    ck_assert(!price_is_set(p.stop_price));
    ck_assert(!price_is_set(p.price));
    ck_assert(!price(5000));
    ck_assert(!price_is_set(p.min_price));
}
END_TEST

START_TEST(a_fill_opens_a_position_with_its_context)
{
    buy(2, 5049.5);
    ck_assert(!step.closed);
    ck_assert_int_eq(position_side(&p), SIDE_LONG);
    ck_assert_double_eq(p.quantity, 2);
    ck_assert_double_eq(p.entry_price, 5049.5);
    ck_assert_int_eq(p.entry_time, now - 7);
    ck_assert_int_eq(p.created_at, now);
    ck_assert_int_eq(p.updated_at, now);
    ck_assert_double_eq(p.entry_context.vwap, 5048.75);
    ck_assert_double_eq(p.entry_context.delta, 1204);
    ck_assert_double_eq(p.entry_context.poc, 5049);
    ck_assert_double_eq(p.min_price, 5049.5);
    ck_assert_double_eq(p.max_price, 5049.5);
    ck_assert_int_eq(p.commissions, 1240000);
    ck_assert_int_eq(p.mae, 0);
    ck_assert_int_eq(p.mfe, 0);
    ck_assert_int_eq(p.heat_since, 0);
    ck_assert(p.unchanged);
    ck_assert_int_eq(p.source, SOURCE_FILLS);
    ck_assert_int_eq(p.origin, ORIGIN_LIVE);
}
END_TEST

START_TEST(a_long_earns_when_the_price_rises)
{
    buy(2, 5049.5);
    int64_t opened = now;
    ck_assert(price(5051.25));
    ck_assert_int_eq(p.open_pnl, 17500000); /* 1.75 × 2 × 5 */
    ck_assert(price(5048.25));
    ck_assert_int_eq(p.open_pnl, -12500000);
    sell(2, 5052);
    ck_assert(step.closed);
    const struct trade *t = &step.trade;
    ck_assert_str_eq(t->symbol, "MESZ5");
    ck_assert(account_key_equal(&t->key, &KEY));
    ck_assert_int_eq(t->side, SIDE_LONG);
    ck_assert_double_eq(t->quantity, 2);
    ck_assert_double_eq(t->entry_price, 5049.5);
    ck_assert_double_eq(t->exit_price, 5052);
    ck_assert_int_eq(t->entry_time, opened - 7);
    ck_assert_int_eq(t->exit_time, now - 7);
    ck_assert_int_eq(t->created_at, now);
    ck_assert_int_eq(t->realized_pnl, DOLLARS(25)); /* 2.5 × 2 × 5 */
    ck_assert_int_eq(t->commissions, 2480000);      /* 4 × 0.62 */
    ck_assert_int_eq(t->mae, -12500000);
    ck_assert_int_eq(t->mfe, DOLLARS(25)); /* the exit is the best price */
    ck_assert_double_eq(t->min_price, 5048.25);
    ck_assert_double_eq(t->max_price, 5052);
    ck_assert_double_eq(t->efficiency, 1);
    ck_assert(isnan(t->r_multiple));
    ck_assert(!price_is_set(t->stop_price));
    ck_assert_double_eq(t->exit_context.poc, 5049);

    ck_assert(!position_is_open(&p));
    ck_assert_str_eq(p.symbol, "MESZ5");
    ck_assert_int_eq(p.commissions, 0);
    ck_assert_int_eq(p.realized_pnl, 0);
}
END_TEST

START_TEST(a_short_earns_when_the_price_falls)
{
    sell(1, 5000);
    ck_assert_double_eq(p.quantity, -1);
    price(5003);
    ck_assert_int_eq(p.mae, -DOLLARS(15));
    price(4990);
    ck_assert_int_eq(p.mfe, DOLLARS(50));
    buy(1, 4995);
    ck_assert(step.closed);
    ck_assert_int_eq(step.trade.side, SIDE_SHORT);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(25));
    ck_assert_double_eq(step.trade.efficiency, 0.5);
    ck_assert_double_eq(step.trade.min_price, 4990);
    ck_assert_double_eq(step.trade.max_price, 5003);
}
END_TEST

START_TEST(scaling_in_averages_the_entry_and_leaves_the_excursion)
{
    buy(1, 5000);
    int64_t entered = p.entry_time;
    buy(3, 5004);
    ck_assert_double_eq(p.quantity, 4);
    ck_assert_double_eq(p.entry_price, 5003); /* (5000 + 15012) / 4 */
    ck_assert_int_eq(p.entry_time, entered);
    ck_assert_int_eq(p.open_pnl, DOLLARS(20)); /* 4 × 1 × 5 before, 1 × 4 × 5 after */
    ck_assert_int_eq(p.mfe, DOLLARS(20));
    ck_assert_int_eq(p.commissions, 2480000);
    ck_assert(!p.unchanged);
    sell(4, 5003);
    ck_assert_double_eq(step.trade.quantity, 4);
    ck_assert_double_eq(step.trade.entry_price, 5003);
    ck_assert_int_eq(step.trade.realized_pnl, 0);
    ck_assert_int_eq(step.trade.commissions, 4960000);
}
END_TEST

START_TEST(partial_exit_keeps_the_entry_price)
{
    buy(4, 5000);
    sell(1, 5010);
    ck_assert(!step.closed);
    ck_assert_double_eq(p.quantity, 3);
    ck_assert_double_eq(p.entry_price, 5000);
    ck_assert_int_eq(p.realized_pnl, DOLLARS(50));
    ck_assert_int_eq(p.open_pnl, DOLLARS(150));
    ck_assert_int_eq(p.commissions, 3100000); /* 5 × 0.62 */
    ck_assert(!p.unchanged);
}
END_TEST

START_TEST(excursions_count_what_partial_exits_have_realized)
{
    buy(4, 5000);
    sell(1, 5010);
    ck_assert_int_eq(p.mfe, DOLLARS(200)); /* 10 × 4 × 5, before the exit as after it */
    ck_assert(price(4990));
    ck_assert_int_eq(p.mae, -DOLLARS(100)); /* 50 - 10 × 3 × 5 */
    sell(3, 4990);
    ck_assert(step.closed);
    ck_assert_int_eq(step.trade.realized_pnl, -DOLLARS(100));
    ck_assert_int_eq(step.trade.mae, -DOLLARS(100));
    ck_assert_int_eq(step.trade.mfe, DOLLARS(200));
    ck_assert_double_eq(step.trade.exit_price, 4995); /* (5010 + 3 × 4990) / 4 */
    ck_assert_double_eq(step.trade.quantity, 4);
    ck_assert_double_eq(step.trade.efficiency, 0); /* held at 0 */
}
END_TEST

START_TEST(a_reversal_closes_and_opens_the_rest)
{
    buy(2, 5000);
    price(4999);
    position_set_bracket(&p, 4990, 5010);
    sell(5, 5002);
    ck_assert(step.closed);
    ck_assert_double_eq(step.trade.quantity, 2);
    ck_assert_double_eq(step.trade.exit_price, 5002);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(20));
    ck_assert_int_eq(step.trade.commissions, 2480000); /* 2 in, 2 of the 5 out */
    ck_assert_double_eq(step.trade.stop_price, 4990);

    ck_assert_double_eq(p.quantity, -3);
    ck_assert_double_eq(p.entry_price, 5002);
    ck_assert_int_eq(p.entry_time, step.trade.exit_time);
    ck_assert_int_eq(p.created_at, now);
    ck_assert_int_eq(p.commissions, 1860000); /* 3 × 0.62 */
    ck_assert_int_eq(p.realized_pnl, 0);
    ck_assert_int_eq(p.mae, 0);
    ck_assert_int_eq(p.mfe, 0);
    ck_assert_double_eq(p.min_price, 5002);
    ck_assert_double_eq(p.max_quantity, 3);
    ck_assert(p.unchanged);
    ck_assert(!price_is_set(p.stop_price));
    ck_assert(!price_is_set(p.initial_stop_price));
}
END_TEST

/* 5693740.1 + 6485159.1 + 3391241.7 is 2e-9 less than 15570140.9 in binary. */
START_TEST(great_fractional_quantities_sum_to_flat)
{
    buy(5693740.1, 1.1);
    buy(6485159.1, 1.1);
    buy(3391241.7, 1.1);
    sell(15570140.9, 1.1);
    ck_assert(step.closed);
    ck_assert_double_eq(p.quantity, 0);
    ck_assert_int_eq(step.trade.realized_pnl, 0);
}
END_TEST

START_TEST(fractions_of_a_contract_sum_to_flat)
{
    mes.tick = 0.01;
    mes.point_value = 1;
    mes.commission = 0;
    buy(0.1, 60000);
    buy(0.2, 60030);
    ck_assert_double_eq_tol(p.entry_price, 60020, 1e-9);
    sell(0.3, 60050); /* 0.1 + 0.2 is not quite 0.3 in binary */
    ck_assert(step.closed);
    ck_assert(!position_is_open(&p));
    ck_assert_double_eq(p.quantity, 0);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(9)); /* 30 × 0.3 */
    ck_assert_double_eq_tol(step.trade.quantity, 0.3, 1e-12);
}
END_TEST

START_TEST(an_unknown_point_value_counts_in_points)
{
    mes.point_value = 0;
    buy(2, 5000);
    price(5001.5);
    ck_assert_int_eq(p.open_pnl, DOLLARS(3));
}
END_TEST

START_TEST(a_fill_that_is_none_changes_nothing)
{
    buy(2, 5000);
    struct position before = p;
    sell(2, PRICE_UNSET);
    ck_assert(!step.closed);
    sell(0, 5000);
    sell(-1, 5000);
    fill(SIDE_NONE, 1, 5000);
    ck_assert_mem_eq(&p, &before, sizeof p);
}
END_TEST

START_TEST(a_dust_quantity_opens_nothing)
{
    buy(1e-10, 5000);
    ck_assert(!position_is_open(&p));
    ck_assert(!step.closed);
    ck_assert_double_eq(p.quantity, 0);
}
END_TEST

START_TEST(only_new_extremes_are_reported)
{
    buy(1, 5000);
    ck_assert(price(5001));
    ck_assert(!price(5000.5));
    ck_assert(!price(5001));
    ck_assert(!price(PRICE_UNSET));
    ck_assert(!price(DBL_MAX));
    ck_assert_double_eq(p.price, 5001);
    ck_assert(price(5001.25));
    ck_assert_int_eq(p.mfe, 6250000);
}
END_TEST

START_TEST(a_gap_widens_an_unchanged_position_exactly)
{
    buy(1, 5000);
    price(5001);
    ck_assert(position_widen(&p, &mes, 5010, 4998));
    ck_assert_int_eq(p.mfe, DOLLARS(50));
    ck_assert_int_eq(p.mae, -DOLLARS(10));
    ck_assert_double_eq(p.min_price, 4998);
    ck_assert_double_eq(p.max_price, 5010);
    ck_assert_double_eq(p.price, 5001);
    ck_assert(!position_widen(&p, &mes, 5009, 4999));
    ck_assert(!position_widen(&p, &mes, PRICE_UNSET, DBL_MAX));
    ck_assert(p.unchanged);
    setup();
    ck_assert(!position_widen(&p, &mes, 5010, 4998)); /* flat */
}
END_TEST

START_TEST(a_gap_widens_a_short_on_its_own_sides)
{
    sell(2, 5000);
    ck_assert(position_widen(&p, &mes, 5003, PRICE_UNSET));
    ck_assert_int_eq(p.mae, -DOLLARS(30));
    ck_assert(position_widen(&p, &mes, PRICE_UNSET, 4999));
    ck_assert_int_eq(p.mfe, DOLLARS(10));
}
END_TEST

START_TEST(a_gap_widens_a_changed_position_by_what_it_holds_now)
{
    buy(2, 5000);
    sell(1, 5010);
    position_widen(&p, &mes, 5010, 4980);
    ck_assert_int_eq(p.mae, -DOLLARS(50)); /* 50 - 20 × 1 × 5 */
    ck_assert_int_eq(p.mfe, DOLLARS(100)); /* 5010 was known: 10 × 2 × 5 then */
}
END_TEST

START_TEST(a_high_already_known_is_not_counted_with_a_later_quantity)
{
    buy(1, 5000);
    price(5010);
    buy(1, 5000);
    ck_assert(!position_widen(&p, &mes, 5010, 5000));
    ck_assert_int_eq(p.mfe, DOLLARS(50));
}
END_TEST

START_TEST(the_servers_entry_price_moves_excursions_and_the_trade)
{
    buy(2, 5000);
    p.source = SOURCE_SERVER;
    price(5010);
    price(4998);
    ck_assert(!position_correct_entry(&p, &mes, 5000));
    ck_assert(!position_correct_entry(&p, &mes, PRICE_UNSET));
    ck_assert(position_correct_entry(&p, &mes, 4999));
    ck_assert_double_eq(p.entry_price, 4999);
    ck_assert_int_eq(p.mfe, DOLLARS(110)); /* 11 × 2 × 5 */
    ck_assert_int_eq(p.mae, -DOLLARS(10)); /* was -20 */
    ck_assert_int_eq(p.open_pnl, -DOLLARS(10));
    sell(2, 5010);
    ck_assert_double_eq(step.trade.entry_price, 4999);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(110));
}
END_TEST

START_TEST(heat_follows_the_servers_entry_price)
{
    buy(2, 5000);
    price(5002);
    int64_t seen = p.updated_at;
    ck_assert_int_eq(p.heat_since, 0);
    ck_assert(position_correct_entry(&p, &mes, 5004)); /* the price is adverse after all */
    ck_assert_int_eq(p.heat_since, seen);
    ck_assert(position_correct_entry(&p, &mes, 5001));
    ck_assert_int_eq(p.heat_since, 0);
}
END_TEST

START_TEST(a_corrected_entry_of_a_changed_position_keeps_what_was_seen)
{
    buy(1, 5000);
    buy(1, 5004);
    p.source = SOURCE_SERVER;
    price(5000);
    ck_assert_int_eq(p.mae, -DOLLARS(20)); /* -2 × 2 × 5 */
    ck_assert(position_correct_entry(&p, &mes, 5001));
    ck_assert_int_eq(p.mae, -DOLLARS(20));
    sell(2, 5006);
    ck_assert_double_eq(step.trade.entry_price, 5001);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(50));
}
END_TEST

START_TEST(the_servers_entry_price_leaves_what_our_fills_earn_as_it_is)
{
    buy(2, 5000);
    price(5010);
    price(4998);
    ck_assert(position_correct_entry(&p, &mes, 4999));
    ck_assert_double_eq(p.entry_price, 4999);
    ck_assert_int_eq(p.realized_pnl, -DOLLARS(10)); /* -1 × 2 × 5 */
    ck_assert_int_eq(p.open_pnl, -DOLLARS(10));     /* of 4998 */
    ck_assert_int_eq(p.mfe, DOLLARS(100));
    ck_assert_int_eq(p.mae, -DOLLARS(20));
    sell(2, 5010);
    ck_assert_double_eq(step.trade.entry_price, 5000);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(100));
}
END_TEST

START_TEST(a_server_that_closes_first_in_first_out_changes_no_result)
{
    buy(1, 5000);
    buy(1, 5004);
    sell(1, 5006);
    ck_assert_int_eq(p.realized_pnl, DOLLARS(20)); /* 4 × 5: of the average, 5002 */
    ck_assert(position_correct_entry(&p, &mes, 5004));
    ck_assert_double_eq(p.entry_price, 5004);
    ck_assert_int_eq(p.realized_pnl, DOLLARS(30)); /* 6 × 5 */
    sell(1, 5010);
    ck_assert_double_eq(step.trade.entry_price, 5002);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(60)); /* (6 + 6) × 5 */
}
END_TEST

START_TEST(a_position_without_entries_of_its_own_takes_its_average_for_them)
{
    p.quantity = -2;
    p.entry_price = 5000;
    p.source = SOURCE_SERVER;
    buy(2, 4990);
    ck_assert(step.closed);
    ck_assert_double_eq(step.trade.entry_price, 5000);
    ck_assert_double_eq(step.trade.quantity, 2);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(100));
}
END_TEST

START_TEST(a_recovered_position_closes_as_recovered_and_keeps_its_gap)
{
    buy(1, 5000);
    p.origin = ORIGIN_RECOVERED;
    p.has_gap = true;
    sell(2, 5001);
    ck_assert_int_eq(step.trade.origin, ORIGIN_RECOVERED);
    ck_assert(step.trade.has_gap);
    ck_assert_int_eq(p.origin, ORIGIN_LIVE); /* what the reversal opened was seen whole */
    ck_assert(!p.has_gap);
}
END_TEST

START_TEST(absurd_numbers_saturate)
{
    struct position_metrics m;
    buy(3e38, 3e38);
    ck_assert(position_is_open(&p));
    price(-3e38);
    ck_assert_int_eq(p.mae, INT64_MIN + 1);
    position_set_bracket(&p, -3e38, 3e38);
    position_measure(&p, &mes, NULL, INT64_MAX, 4, &m);
    sell(3e38, -3e38);
    ck_assert(step.closed);
    ck_assert_int_eq(step.trade.realized_pnl, INT64_MIN + 1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("position");
    TCase *t = tcase_create("position");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, a_new_position_is_flat_and_knows_no_price);
    tcase_add_test(t, a_fill_opens_a_position_with_its_context);
    tcase_add_test(t, a_long_earns_when_the_price_rises);
    tcase_add_test(t, a_short_earns_when_the_price_falls);
    tcase_add_test(t, scaling_in_averages_the_entry_and_leaves_the_excursion);
    tcase_add_test(t, partial_exit_keeps_the_entry_price);
    tcase_add_test(t, excursions_count_what_partial_exits_have_realized);
    tcase_add_test(t, a_reversal_closes_and_opens_the_rest);
    tcase_add_test(t, great_fractional_quantities_sum_to_flat);
    tcase_add_test(t, fractions_of_a_contract_sum_to_flat);
    tcase_add_test(t, an_unknown_point_value_counts_in_points);
    tcase_add_test(t, a_fill_that_is_none_changes_nothing);
    tcase_add_test(t, a_dust_quantity_opens_nothing);
    tcase_add_test(t, only_new_extremes_are_reported);
    tcase_add_test(t, a_gap_widens_an_unchanged_position_exactly);
    tcase_add_test(t, a_gap_widens_a_short_on_its_own_sides);
    tcase_add_test(t, a_gap_widens_a_changed_position_by_what_it_holds_now);
    tcase_add_test(t, a_high_already_known_is_not_counted_with_a_later_quantity);
    tcase_add_test(t, the_servers_entry_price_moves_excursions_and_the_trade);
    tcase_add_test(t, heat_follows_the_servers_entry_price);
    tcase_add_test(t, a_corrected_entry_of_a_changed_position_keeps_what_was_seen);
    tcase_add_test(t, the_servers_entry_price_leaves_what_our_fills_earn_as_it_is);
    tcase_add_test(t, a_server_that_closes_first_in_first_out_changes_no_result);
    tcase_add_test(t, a_position_without_entries_of_its_own_takes_its_average_for_them);
    tcase_add_test(t, a_recovered_position_closes_as_recovered_and_keeps_its_gap);
    tcase_add_test(t, absurd_numbers_saturate);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
