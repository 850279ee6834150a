#include "trade/account.h"

#include "support/test.h"

#include <string.h>

#define DOLLARS(n) ((n)*MONEY_ONE)

static const struct account_key SIM = {MODE_SIM, "Sim1"};
static const struct account_key LIVE = {MODE_LIVE, "120005"};

START_TEST(a_new_account_has_no_balance)
{
    struct account a;
    account_init(&a, &SIM);
    ck_assert(account_key_equal(&a.key, &SIM));
    ck_assert_int_eq(account_balance(&a), MONEY_UNSET);
    account_init(&a, &LIVE);
    ck_assert_int_eq(account_balance(&a), MONEY_UNSET);
    ck_assert_int_eq(a.reported.margin, MONEY_UNSET);
}
END_TEST

START_TEST(a_sim_account_shows_its_ledger_whatever_the_server_says)
{
    struct account a;
    account_init(&a, &SIM);
    a.reported.time = 5;
    a.reported.cash = DOLLARS(777);
    ck_assert_int_eq(account_balance(&a), MONEY_UNSET);
    account_begin_ledger(&a, DOLLARS(10000), "first start", 10);
    ck_assert_int_eq(account_balance(&a), DOLLARS(10000));
    ck_assert(a.ledger.ledger);
    ck_assert(a.ledger.opens_period);
    ck_assert_int_eq(a.ledger.time, 10);
    ck_assert_str_eq(a.ledger.why, "first start");
    ck_assert(account_key_equal(&a.ledger.key, &SIM));
}
END_TEST

START_TEST(each_trade_adds_its_result_less_its_commissions)
{
    struct account a;
    account_init(&a, &SIM);
    account_begin_ledger(&a, DOLLARS(10000), "first start", 10);
    ck_assert(account_add_result(&a, DOLLARS(25), 2480000, "trade", 20));
    ck_assert_int_eq(account_balance(&a), 10022520000);
    ck_assert_int_eq(a.ledger.time, 20);
    ck_assert(!a.ledger.opens_period);
    ck_assert(account_add_result(&a, -DOLLARS(100), 1240000, "trade", 30));
    ck_assert_int_eq(account_balance(&a), 9921280000);
    ck_assert(
        !account_add_result(&a, 1240000, 1240000, "trade", 40)); /* nothing gained, nothing lost */
    ck_assert_int_eq(a.ledger.time, 30);
    ck_assert(!account_add_result(&a, MONEY_UNSET, 0, "trade", 50));
    ck_assert(!account_add_result(&a, DOLLARS(1), MONEY_UNSET, "trade", 50));
    ck_assert_int_eq(account_balance(&a), 9921280000);
}
END_TEST

START_TEST(a_new_period_begins_at_the_start_balance_again)
{
    struct account a;
    account_init(&a, &SIM);
    account_begin_ledger(&a, DOLLARS(10000), "first start", 10);
    account_add_result(&a, DOLLARS(25), 0, "trade", 20);
    account_begin_ledger(&a, DOLLARS(5000), "reset", 30);
    ck_assert_int_eq(account_balance(&a), DOLLARS(5000));
    ck_assert(a.ledger.opens_period);
}
END_TEST

START_TEST(a_live_account_shows_the_report_and_keeps_no_ledger)
{
    struct account a;
    account_init(&a, &LIVE);
    a.reported.time = 5;
    a.reported.cash = DOLLARS(777);
    account_begin_ledger(&a, DOLLARS(10000), "first start", 10);
    ck_assert(!account_add_result(&a, DOLLARS(25), 0, "trade", 20));
    ck_assert_int_eq(a.ledger.time, 0);
    ck_assert_int_eq(account_balance(&a), DOLLARS(777));
}
END_TEST

START_TEST(a_result_before_the_ledger_has_begun_adds_nothing)
{
    struct account a;
    account_init(&a, &SIM);
    ck_assert(!account_add_result(&a, DOLLARS(25), 0, "trade", 20));
    ck_assert_int_eq(account_balance(&a), MONEY_UNSET);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("account");
    TCase *t = tcase_create("account");
    tcase_add_test(t, a_new_account_has_no_balance);
    tcase_add_test(t, a_sim_account_shows_its_ledger_whatever_the_server_says);
    tcase_add_test(t, each_trade_adds_its_result_less_its_commissions);
    tcase_add_test(t, a_new_period_begins_at_the_start_balance_again);
    tcase_add_test(t, a_live_account_shows_the_report_and_keeps_no_ledger);
    tcase_add_test(t, a_result_before_the_ledger_has_begun_adds_nothing);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
