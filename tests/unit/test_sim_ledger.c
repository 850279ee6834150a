/* Positions and balances of the simulated accounts. MES: a point is 5.00, a tick (0.25) 1.25; MNQ:
 * a point is 2.00. */
#include "sim/ledger.h"
#include "support/test.h"

#include <math.h>

enum { NOON = 1000000 };

static struct sim_ledger ledger;

static void reset(void)
{
    sim_ledger_init(&ledger);
}

static void fill(double quantity, double price, int64_t now)
{
    sim_ledger_fill(&ledger, SIM_ACCOUNT_SIM1, SIM_MES, quantity, price, now);
}

static const struct sim_position *mes(void)
{
    return &ledger.positions[SIM_ACCOUNT_SIM1][SIM_MES];
}

static void check_position(double quantity, double average, double low, double high)
{
    ck_assert_double_eq(mes()->quantity, quantity);
    ck_assert_double_eq(mes()->average, average);
    ck_assert_double_eq(mes()->low, low);
    ck_assert_double_eq(mes()->high, high);
}

START_TEST(accounts_start_flat_with_their_balances)
{
    struct sim_balance sim1 = sim_ledger_balance(&ledger, SIM_ACCOUNT_SIM1);
    struct sim_balance live = sim_ledger_balance(&ledger, SIM_ACCOUNT_120005);
    ck_assert_int_eq(sim1.cash, 10000 * MONEY_ONE);
    ck_assert_int_eq(live.cash, 25000 * MONEY_ONE);
    ck_assert_int_eq(sim1.available, sim1.cash);
    ck_assert_int_eq(sim1.margin + sim1.open + sim1.today, 0);
}
END_TEST

START_TEST(scaling_in_averages_the_entry_by_quantity)
{
    fill(1, 5050, NOON);
    fill(3, 5051, NOON + 5); /* (5050 + 3 × 5051) / 4 */
    check_position(4, 5050.75, 5050, 5051);
    ck_assert_int_eq(mes()->entry_time, NOON);
    ck_assert_int_eq(ledger.cash[SIM_ACCOUNT_SIM1], 10000 * MONEY_ONE);
}
END_TEST

START_TEST(a_partial_exit_keeps_the_average_and_realizes_its_part)
{
    fill(3, 5050, NOON);
    fill(-1, 5052, NOON + 5);
    check_position(2, 5050, 5050, 5052);
    ck_assert_int_eq(ledger.cash[SIM_ACCOUNT_SIM1], 10010 * MONEY_ONE); /* 2 points × 1 × 5 */
}
END_TEST

START_TEST(a_short_gains_when_the_price_falls)
{
    fill(-2, 5050, NOON);
    sim_ledger_mark(&ledger, SIM_MES, 5047.5);
    ck_assert_int_eq(sim_position_open_profit(mes(), 5047.5), 25 * MONEY_ONE); /* 2.5 × 2 × 5 */
    fill(2, 5048, NOON + 5);
    check_position(0, 5050, 5047.5, 5050);
    ck_assert_int_eq(ledger.cash[SIM_ACCOUNT_SIM1], 10020 * MONEY_ONE);
}
END_TEST

START_TEST(a_larger_opposite_fill_reverses_at_its_own_price_and_time)
{
    fill(2, 5050, NOON);
    sim_ledger_mark(&ledger, SIM_MES, 5060);
    fill(-5, 5049, NOON + 7);
    check_position(-3, 5049, 5049, 5049);
    ck_assert_int_eq(mes()->entry_time, NOON + 7);
    ck_assert_int_eq(ledger.cash[SIM_ACCOUNT_SIM1], 9990 * MONEY_ONE); /* -1 point × 2 × 5 */
}
END_TEST

START_TEST(high_and_low_follow_trades_only_while_a_position_is_open)
{
    sim_ledger_mark(&ledger, SIM_MES, 5100);
    fill(1, 5050, NOON);
    sim_ledger_mark(&ledger, SIM_MES, 5048.25);
    sim_ledger_mark(&ledger, SIM_MES, 5055.75);
    sim_ledger_mark(&ledger, SIM_MNQ, 21500);
    check_position(1, 5050, 5048.25, 5055.75);
    fill(-1, 5050, NOON + 5);
    sim_ledger_mark(&ledger, SIM_MES, 5000);
    check_position(0, 5050, 5048.25, 5055.75);
    fill(1, 5010, NOON + 9);
    check_position(1, 5010, 5010, 5010);
}
END_TEST

START_TEST(the_balance_sums_both_products)
{
    fill(2, 5050, NOON);
    sim_ledger_fill(&ledger, SIM_ACCOUNT_SIM1, SIM_MNQ, -1, 21000, NOON);
    sim_ledger_mark(&ledger, SIM_MES, 5051);
    sim_ledger_mark(&ledger, SIM_MNQ, 21003);
    struct sim_balance b = sim_ledger_balance(&ledger, SIM_ACCOUNT_SIM1);
    ck_assert_int_eq(b.open, 4 * MONEY_ONE); /* 1 × 2 × 5 - 3 × 1 × 2 */
    ck_assert_int_eq(b.margin, (2 * 275 + 385) * MONEY_ONE);
    ck_assert_int_eq(b.available, (10000 + 4 - 935) * MONEY_ONE);
    ck_assert_int_eq(sim_ledger_balance(&ledger, SIM_ACCOUNT_120005).open, 0);
}
END_TEST

START_TEST(a_new_session_starts_the_days_result_again)
{
    fill(1, 5050, NOON);
    fill(-1, 5052, NOON);
    ck_assert_int_eq(sim_ledger_balance(&ledger, SIM_ACCOUNT_SIM1).today, 10 * MONEY_ONE);
    sim_ledger_open_session(&ledger);
    ck_assert_int_eq(sim_ledger_balance(&ledger, SIM_ACCOUNT_SIM1).today, 0);
    ck_assert_int_eq(sim_ledger_balance(&ledger, SIM_ACCOUNT_SIM1).cash, 10010 * MONEY_ONE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim ledger");
    TCase *t = tcase_create("ledger");
    tcase_add_checked_fixture(t, reset, NULL);
    tcase_add_test(t, accounts_start_flat_with_their_balances);
    tcase_add_test(t, scaling_in_averages_the_entry_by_quantity);
    tcase_add_test(t, a_partial_exit_keeps_the_average_and_realizes_its_part);
    tcase_add_test(t, a_short_gains_when_the_price_falls);
    tcase_add_test(t, a_larger_opposite_fill_reverses_at_its_own_price_and_time);
    tcase_add_test(t, high_and_low_follow_trades_only_while_a_position_is_open);
    tcase_add_test(t, the_balance_sums_both_products);
    tcase_add_test(t, a_new_session_starts_the_days_result_again);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
