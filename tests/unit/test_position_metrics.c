/* What follows from a position and a price: heat, bracket, R, metrics, and the fill that is
 * missing. */
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

/* The market at that price, with CONTEXT. */
static struct position_metrics metrics_at(double at)
{
    struct market m;
    struct position_metrics out;
    market_init(&m, "MESZ5");
    m.last = at;
    m.context = CONTEXT;
    position_measure(&p, &mes, &m, now, 4, &out);
    return out;
}

START_TEST(heat_runs_from_the_first_adverse_price_until_the_entry_is_back)
{
    buy(1, 5000);
    price(4999);
    int64_t since = now;
    ck_assert_int_eq(p.heat_since, since);
    ck_assert(!price(4999.5));
    ck_assert_int_eq(p.heat_since, since);
    ck_assert_int_eq(metrics_at(4999.5).heat, SECOND);
    ck_assert(price(5000)); /* at the entry it is not adverse: a stored value changed */
    ck_assert_int_eq(p.heat_since, 0);
    ck_assert_int_eq(metrics_at(5000).heat, 0);
    price(4999.75);
    ck_assert_int_eq(p.heat_since, now);
    sell(1, 4999);
    sell(1, 4999);
    price(4999.25); /* adverse to a short */
    ck_assert_int_eq(p.heat_since, now);
}
END_TEST

START_TEST(the_first_stop_is_kept_while_the_bracket_moves)
{
    ck_assert(!position_set_bracket(&p, 4995, 5010)); /* flat */
    buy(2, 5000);
    ck_assert(!position_set_bracket(&p, PRICE_UNSET, DBL_MAX));
    ck_assert(position_set_bracket(&p, PRICE_UNSET, 5010));
    ck_assert(!price_is_set(p.initial_stop_price));
    ck_assert(position_set_bracket(&p, 4995, 5010));
    ck_assert(!position_set_bracket(&p, 4995, 5010));
    ck_assert(position_set_bracket(&p, 5000, 5010));
    ck_assert_double_eq(p.stop_price, 5000);
    ck_assert_double_eq(p.initial_stop_price, 4995);
    ck_assert(position_set_bracket(&p, PRICE_UNSET, PRICE_UNSET));
    ck_assert(!price_is_set(p.stop_price));
    ck_assert(!price_is_set(p.target_price));
    ck_assert_double_eq(p.initial_stop_price, 4995);
}
END_TEST

START_TEST(r_is_the_result_over_the_first_risk)
{
    buy(2, 5000);
    position_set_bracket(&p, 4995, PRICE_UNSET); /* 5 × 2 × 5 = 50 at risk */
    ck_assert_int_eq(metrics_at(5000).initial_risk, DOLLARS(50));
    sell(1, 5005);
    position_set_bracket(&p, 5000, PRICE_UNSET);
    ck_assert_int_eq(metrics_at(5010).initial_risk, DOLLARS(50));
    ck_assert_double_eq(metrics_at(5010).r_multiple, 1.5); /* (25 + 50) / 50 */
    sell(1, 5010);
    ck_assert_double_eq(step.trade.r_multiple, 1.5);
    ck_assert_double_eq(step.trade.stop_price, 5000);

    buy(1, 5000);
    position_set_bracket(&p, 5000, PRICE_UNSET); /* no risk, no R */
    sell(1, 5010);
    ck_assert(isnan(step.trade.r_multiple));
}
END_TEST

START_TEST(a_trade_keeps_what_a_tick_of_it_is_worth)
{
    buy(1, 5000);
    buy(2, 5000);
    sell(1, 5001);
    sell(2, 5001);
    ck_assert_int_eq(step.trade.tick_value, DOLLARS(3.75)); /* 0.25 × 3 × 5 */

    double tick = mes.tick;
    mes.tick = 0; /* not known */
    buy(1, 5000);
    sell(1, 5001);
    ck_assert_int_eq(step.trade.tick_value, MONEY_UNSET);
    mes.tick = tick;
}
END_TEST

START_TEST(r_takes_the_average_of_all_entries_and_the_greatest_quantity)
{
    buy(2, 5000);
    position_set_bracket(&p, 4992, PRICE_UNSET);
    sell(1, 5000);
    buy(1, 5006);
    ck_assert_double_eq(p.entry_price, 5003);                      /* of the 2 held */
    ck_assert_int_eq(metrics_at(5003).initial_risk, DOLLARS(100)); /* (15006 / 3 - 4992) × 2 × 5 */
    sell(2, 5013);
    ck_assert_int_eq(step.trade.realized_pnl, DOLLARS(100));
    ck_assert_double_eq_tol(step.trade.r_multiple, 1, 1e-12);
    ck_assert_double_eq_tol(step.trade.entry_price, 5002, 1e-9);
}
END_TEST

START_TEST(metrics_are_those_of_the_screen_that_was_worked_out_by_hand)
{
    buy(2, 5049.5);
    price(5048.25);
    price(5051.75);
    position_set_bracket(&p, 5046, 5056);
    now = p.entry_time + 252 * SECOND;
    struct position_metrics m = metrics_at(5051.25);
    ck_assert_double_eq(m.points, 1.75);
    ck_assert_int_eq(m.ticks, 7);
    ck_assert_int_eq(m.open_pnl, 17500000);
    ck_assert_int_eq(m.excursion, 17500000);
    ck_assert_int_eq(m.net_pnl, 15020000); /* less 4 × 0.62 */
    ck_assert_double_eq_tol(m.mae_points, -1.25, 1e-12);
    ck_assert_double_eq_tol(m.mfe_points, 2.25, 1e-12);
    ck_assert_int_eq(m.initial_risk, DOLLARS(35)); /* 3.5 × 2 × 5 */
    ck_assert_int_eq(m.planned_risk, DOLLARS(35));
    ck_assert_int_eq(m.planned_reward, DOLLARS(65));
    ck_assert_double_eq_tol(m.reward_ratio, 65.0 / 35, 1e-12);
    ck_assert_double_eq_tol(m.r_multiple, 0.5, 1e-12);
    ck_assert_double_eq_tol(m.range, 3.0 / 3.5, 1e-12);
    ck_assert_double_eq_tol(m.efficiency, 17.5 / 22.5, 1e-12);
    ck_assert_double_eq_tol(m.vwap_distance, 2.5, 1e-12);
    ck_assert_double_eq_tol(m.poc_distance, 2.25, 1e-12);
    ck_assert_int_eq(m.age, 252 * SECOND);
    ck_assert_int_eq(m.heat, 0);
    ck_assert(!m.stop_near);
}
END_TEST

START_TEST(a_shorts_metrics_have_its_signs)
{
    sell(1, 5000);
    price(4990);
    price(5002);
    position_set_bracket(&p, 5003, 4980);
    struct position_metrics m = metrics_at(4996);
    ck_assert_double_eq(m.points, 4);
    ck_assert_int_eq(m.ticks, 16);
    ck_assert_int_eq(m.open_pnl, DOLLARS(20));
    ck_assert_double_eq_tol(m.range, 0.5, 1e-12); /* 6 of the 12 from the worst */
    ck_assert_double_eq_tol(metrics_at(4990).range, 1, 1e-12);
    ck_assert_double_eq_tol(metrics_at(5002).range, 0, 1e-12);
    ck_assert_int_eq(m.planned_risk, DOLLARS(15));
    ck_assert_int_eq(m.planned_reward, DOLLARS(100));
    ck_assert_double_eq_tol(m.vwap_distance, -52.75, 1e-9); /* price - VWAP, whatever the side */
    ck_assert(metrics_at(5002).stop_near);                  /* 4 ticks */
    ck_assert(!metrics_at(5001.75).stop_near);
}
END_TEST

START_TEST(the_range_is_half_while_worst_and_best_are_equal)
{
    buy(1, 5000);
    ck_assert_double_eq(metrics_at(5000).range, 0.5);
    price(5004);
    ck_assert_double_eq(metrics_at(5001).range, 0.25);
    ck_assert_double_eq(metrics_at(5010).range, 1); /* not applied yet: held within the bar */
    ck_assert_double_eq(metrics_at(4990).range, 0);
}
END_TEST

START_TEST(the_stop_is_near_within_the_ticks_and_beyond_it)
{
    buy(1, 5000);
    ck_assert(!metrics_at(5000).stop_near); /* none */
    position_set_bracket(&p, 4995, PRICE_UNSET);
    ck_assert(metrics_at(4996).stop_near);
    ck_assert(!metrics_at(4996.25).stop_near);
    ck_assert(metrics_at(4990).stop_near);
    mes.tick = 0;
    ck_assert(!metrics_at(4996).stop_near);
}
END_TEST

START_TEST(what_cannot_be_measured_is_unset)
{
    struct position_metrics m;
    position_measure(&p, &mes, NULL, now, 4, &m);
    ck_assert_int_eq(m.open_pnl, MONEY_UNSET);
    ck_assert(isnan(m.points));
    ck_assert_int_eq(m.age, 0);

    buy(1, 5000);
    m = metrics_at(5000);
    ck_assert_int_eq(m.initial_risk, MONEY_UNSET);
    ck_assert_int_eq(m.planned_risk, MONEY_UNSET);
    ck_assert_int_eq(m.planned_reward, MONEY_UNSET);
    ck_assert(isnan(m.reward_ratio));
    ck_assert(isnan(m.r_multiple));
    ck_assert(isnan(m.efficiency)); /* MFE is 0 */

    p.price = PRICE_UNSET; /* as after a restart, before the first price */
    position_set_bracket(&p, 4995, PRICE_UNSET);
    position_measure(&p, &mes, NULL, now, 4, &m);
    ck_assert_int_eq(m.open_pnl, MONEY_UNSET);
    ck_assert_int_eq(m.net_pnl, MONEY_UNSET);
    ck_assert_int_eq(m.planned_risk, DOLLARS(25));
    ck_assert(isnan(m.range));
}
END_TEST

START_TEST(without_a_market_the_last_price_applied_counts)
{
    struct position_metrics m;
    buy(1, 5000);
    price(5002);
    position_measure(&p, &mes, NULL, now, 4, &m);
    ck_assert_int_eq(m.open_pnl, DOLLARS(10));
    ck_assert(isnan(m.vwap_distance));
    ck_assert_int_eq(metrics_at(PRICE_UNSET).open_pnl, DOLLARS(10));
    ck_assert_int_eq(metrics_at(5003).open_pnl, DOLLARS(15));
}
END_TEST

START_TEST(efficiency_is_held_between_zero_and_one_and_a_half)
{
    ck_assert_double_eq(position_efficiency(DOLLARS(15), DOLLARS(20)), 0.75);
    ck_assert_double_eq(position_efficiency(-DOLLARS(15), DOLLARS(20)), 0);
    ck_assert_double_eq(position_efficiency(DOLLARS(40), DOLLARS(20)), 1.5);
    ck_assert(isnan(position_efficiency(DOLLARS(15), 0)));
    ck_assert(isnan(position_efficiency(MONEY_UNSET, DOLLARS(20))));
    ck_assert(isnan(position_efficiency(DOLLARS(15), MONEY_UNSET)));
}
END_TEST

START_TEST(a_missing_fill_brings_the_position_to_what_the_server_holds)
{
    struct fill f;
    buy(2, 5000);
    ck_assert(!position_make_missing_fill(&p, 2, 5001, now, "reconciled", &f));
    ck_assert(!position_make_missing_fill(&p, 2 + 1e-12, 5001, now, "reconciled", &f));
    ck_assert(!position_make_missing_fill(&p, 1, PRICE_UNSET, now, "reconciled", &f));
    ck_assert(position_make_missing_fill(&p, -1, 5001, now, "reconciled", &f));
    ck_assert_int_eq(f.side, SIDE_SHORT);
    ck_assert_double_eq(f.quantity, 3);
    ck_assert_double_eq(f.price, 5001);
    ck_assert_int_eq(f.time, now);
    ck_assert(account_key_equal(&f.key, &KEY));
    ck_assert_str_eq(f.symbol, "MESZ5");
    position_apply_fill(&p, &mes, &f, NULL, now, &step);
    ck_assert(step.closed);
    ck_assert_double_eq(p.quantity, -1);
    ck_assert(p.entry_context.partial); /* no context was given */
}
END_TEST

START_TEST(the_same_event_gives_the_same_id_and_another_event_another)
{
    struct fill first, again, other;
    buy(2, 5000);
    ck_assert(position_make_missing_fill(&p, 1, 5001, now, "reconciled", &first));
    ck_assert(position_make_missing_fill(&p, 1, 5007, now + SECOND, "reconciled", &again));
    ck_assert_str_eq(first.execution_id, again.execution_id);
    ck_assert_int_eq(strncmp(first.execution_id, "reconciled-", 11), 0);

    ck_assert(position_make_missing_fill(&p, 0, 5001, now, "reconciled", &other));
    ck_assert_str_ne(first.execution_id, other.execution_id);
    ck_assert(position_make_missing_fill(&p, 1, 5001, now, "closed", &other));
    ck_assert_str_ne(first.execution_id, other.execution_id);

    /* From 2 to 1 once more, within the same position. */
    sell(1, 5000);
    buy(1, 5000);
    ck_assert(position_make_missing_fill(&p, 1, 5001, now, "reconciled", &other));
    ck_assert_str_ne(first.execution_id, other.execution_id);
}
END_TEST

START_TEST(adopting_twice_on_two_days_is_two_events)
{
    struct fill monday, again, tuesday;
    ck_assert(position_make_missing_fill(&p, 2, 5000, 1000, "adopted", &monday));
    ck_assert(position_make_missing_fill(&p, 2, 5000, 1000, "adopted", &again));
    ck_assert(position_make_missing_fill(&p, 2, 5000, 2000, "adopted", &tuesday));
    ck_assert_str_eq(monday.execution_id, again.execution_id);
    ck_assert_str_ne(monday.execution_id, tuesday.execution_id);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("position metrics");
    TCase *t = tcase_create("position metrics");
    tcase_add_checked_fixture(t, setup, NULL);
    tcase_add_test(t, heat_runs_from_the_first_adverse_price_until_the_entry_is_back);
    tcase_add_test(t, the_first_stop_is_kept_while_the_bracket_moves);
    tcase_add_test(t, r_is_the_result_over_the_first_risk);
    tcase_add_test(t, a_trade_keeps_what_a_tick_of_it_is_worth);
    tcase_add_test(t, r_takes_the_average_of_all_entries_and_the_greatest_quantity);
    tcase_add_test(t, metrics_are_those_of_the_screen_that_was_worked_out_by_hand);
    tcase_add_test(t, a_shorts_metrics_have_its_signs);
    tcase_add_test(t, the_range_is_half_while_worst_and_best_are_equal);
    tcase_add_test(t, the_stop_is_near_within_the_ticks_and_beyond_it);
    tcase_add_test(t, what_cannot_be_measured_is_unset);
    tcase_add_test(t, without_a_market_the_last_price_applied_counts);
    tcase_add_test(t, efficiency_is_held_between_zero_and_one_and_a_half);
    tcase_add_test(t, a_missing_fill_brings_the_position_to_what_the_server_holds);
    tcase_add_test(t, the_same_event_gives_the_same_id_and_another_event_another);
    tcase_add_test(t, adopting_twice_on_two_days_is_two_events);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
