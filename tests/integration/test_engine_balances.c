/* Balances: as the server reports them, and the periods of the SIM ledger (domain.md, "Balances").
 */
#include "engine_bench.h"

#include <stdlib.h>
#include <time.h>

/* A moment of the zone on the wall clock of the test. */
static void set_wall(const char *zone, int year, int month, int day, int hour, int minute,
                     int second)
{
    struct tm local = {.tm_year = year - 1900,
                       .tm_mon = month - 1,
                       .tm_mday = day,
                       .tm_hour = hour,
                       .tm_min = minute,
                       .tm_sec = second,
                       .tm_isdst = -1};
    setenv("TZ", zone, 1);
    tzset();
    b.wall = (int64_t)mktime(&local) * CLOCK_SECOND;
}

static money ledger(void)
{
    return account_of_key(&SIM1)->ledger.cash;
}

static double periods(void)
{
    return query("SELECT count(*) FROM balance WHERE opens_period = 1");
}

/* A round trip that makes that many dollars. */
static void gain(const char *id, double dollars)
{
    char ids[2][16];
    text_format(ids[0], sizeof ids[0], "%s-in", id);
    text_format(ids[1], sizeof ids[1], "%s-out", id);
    FILL(.execution = ids[0], .price = 5000);
    FILL(.execution = ids[1], .price = 5000 + dollars / 5, .sells = 1);
    settle();
}

static void send_balance(const char *fields)
{
    peer_send(b.peer, "{'Type':600,'TradeAccount':'120005','AccountCurrency':'USD',%s}", fields);
    settle();
}

static const struct balance *reported(void)
{
    return &account_of_key(&LIVE)->reported;
}

START_TEST(what_the_server_reports_of_a_live_account_is_kept_with_its_time)
{
    start();
    int64_t first = b.wall;
    send_balance("'CashBalance':48211.4,'BalanceAvailableForNewPositions':47691.4,"
                 "'MarginRequirement':520,'OpenPositionsProfitLoss':17.5,'DailyProfitLoss':-32.25");
    ck_assert_int_eq(reported()->cash, 48211400000);
    ck_assert_int_eq(reported()->available, 47691400000);
    ck_assert_int_eq(reported()->margin, 520 * MONEY_ONE);
    ck_assert_int_eq(reported()->open_pnl, 17500000);
    ck_assert_int_eq(reported()->daily_pnl, -32250000);
    ck_assert_str_eq(reported()->currency, "USD");
    ck_assert_int_ge(reported()->time, first);
    pass(5 * CLOCK_SECOND);
    /* the same again is no news, and no row; something else is */
    send_balance("'CashBalance':48211.4,'BalanceAvailableForNewPositions':47691.4,"
                 "'MarginRequirement':520,'OpenPositionsProfitLoss':17.5,'DailyProfitLoss':-32.25");
    ck_assert_int_eq(reported()->time, b.wall);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE mode = 'LIVE'"), 1);
    send_balance("'CashBalance':48211.4,'BalanceAvailableForNewPositions':47691.4,"
                 "'MarginRequirement':520,'OpenPositionsProfitLoss':20,'DailyProfitLoss':-32.25");
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE mode = 'LIVE'"), 2);
    ck_assert_double_eq(
        query("SELECT count(*) FROM balance WHERE mode = 'LIVE' AND cash = 48211400000 AND "
              "available = 47691400000 AND margin = 520000000 AND daily_pnl = -32250000 AND "
              "currency = 'USD' AND ledger = 0 AND time >= 1800000000000000"),
        2);
    restart(); /* offline, the last word is there */
    ck_assert_int_eq(reported()->open_pnl, 20 * MONEY_ONE);
}
END_TEST

START_TEST(limits_and_disabled_trading_are_kept_and_told_once)
{
    start();
    send_balance("'CashBalance':1,'DailyNetLossLimitReached':1");
    ck_assert(reported()->limit_reached);
    ck_assert_str_eq(reported()->why, "daily loss limit reached");
    send_balance("'CashBalance':2,'DailyNetLossLimitReached':1");
    ck_assert_int_eq(times_said("120005: daily loss limit reached"), 1);
    send_balance("'CashBalance':2,'IsUnderRequiredMargin':1,'TradingIsDisabled':1");
    ck_assert_str_eq(reported()->why, "under the required margin");
    ck_assert(reported()->trading_disabled);
    ck_assert_int_eq(times_said("120005: the server has disabled trading"), 1);
    send_balance("'CashBalance':2,'IsUnderRequiredAccountValue':1");
    ck_assert_str_eq(reported()->why, "under the required account value");
    ck_assert(!reported()->trading_disabled);
    send_balance("'CashBalance':2");
    ck_assert(!reported()->limit_reached);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE limit_reached = 1"), 4);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE trading_disabled = 1"), 1);
}
END_TEST

START_TEST(an_amount_that_is_not_said_is_none)
{
    start();
    send_balance("'CashBalance':1.7976931348623157e308,'DailyProfitLoss':5");
    ck_assert_int_eq(reported()->cash, MONEY_UNSET);
    restart();
    ck_assert_int_eq(reported()->cash, MONEY_UNSET);
    command(COMMAND_VIEW, &LIVE, "", 0);
    pass(2 * CLOCK_SECOND);
    ck_assert_uint_eq(look()->equity[TIMEFRAME_ALL].count, 0); /* and no point of the curve */
}
END_TEST

START_TEST(the_servers_sim_balance_stands_beside_the_ledger)
{
    start();
    gain("a", 25);
    peer_send(b.peer, "{'Type':600,'TradeAccount':'Sim1','CashBalance':9800}");
    settle();
    ck_assert_int_eq(account_of_key(&SIM1)->reported.cash, 9800 * MONEY_ONE);
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    ck_assert_int_eq(account_balance(account_of_key(&SIM1)), 10025 * MONEY_ONE);
    restart();
    ck_assert_int_eq(account_of_key(&SIM1)->reported.cash, 9800 * MONEY_ONE);
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
}
END_TEST

START_TEST(a_reset_begins_a_period_at_the_start_balance_and_deletes_nothing)
{
    start();
    gain("a", 25);
    command(COMMAND_NEW_PERIOD, &SIM1, "", 0);
    ck_assert_int_eq(ledger(), 10000 * MONEY_ONE);
    ck_assert_int_eq(account_of_key(&SIM1)->period_time, b.wall);
    ck_assert_said("Sim1: reset, its balance begins anew at 10,000.00");
    gain("b", -10);
    ck_assert_int_eq(ledger(), 9990 * MONEY_ONE);
    restart();
    ck_assert_int_eq(ledger(), 9990 * MONEY_ONE);
    ck_assert_int_eq(account_of_key(&SIM1)->period_start, 10000 * MONEY_ONE);
    ck_assert_double_eq(periods(), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE ledger = 1"), 4);
    command(COMMAND_NEW_PERIOD, &LIVE, "", 0); /* others have none */
    ck_assert_double_eq(periods(), 2);
}
END_TEST

START_TEST(the_first_start_in_a_new_month_begins_a_period_once)
{
    set_wall("UTC", 2027, 1, 31, 23, 0, 0);
    start();
    gain("a", 25);
    restart();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE); /* the same month */
    end();
    set_wall("UTC", 2027, 2, 3, 8, 0, 0);
    start();
    ck_assert_int_eq(ledger(), 10000 * MONEY_ONE);
    ck_assert_said("Sim1: a new month, its balance begins anew at 10,000.00");
    gain("b", 5);
    restart();
    ck_assert_int_eq(ledger(), 10005 * MONEY_ONE);
    ck_assert_double_eq(periods(), 2);
    end();
    set_wall("UTC", 2027, 5, 1, 0, 0, 0); /* months without a start make no periods */
    start();
    ck_assert_double_eq(periods(), 3);
}
END_TEST

START_TEST(a_console_that_runs_over_the_end_of_a_month_begins_the_period_then)
{
    set_wall("UTC", 2027, 12, 31, 23, 59, 50); /* of the year too */
    start();
    gain("a", 25);
    FILL(.execution = "b-in", .price = 5000);
    settle();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    skip(30);
    ck_assert_int_eq(ledger(), 10000 * MONEY_ONE);
    /* a position that was held over it counts where it is closed */
    FILL(.execution = "b-out", .price = 5001, .sells = 1);
    settle();
    ck_assert_int_eq(ledger(), 10005 * MONEY_ONE);
    ck_assert_double_eq(periods(), 2);
}
END_TEST

START_TEST(a_clock_set_back_over_the_end_of_a_month_begins_no_second_period)
{
    set_wall("UTC", 2027, 1, 31, 23, 59, 55);
    start();
    skip(20);
    ck_assert_double_eq(periods(), 2);
    b.wall -= CLOCK_HOUR;
    gain("a", 25); /* in January again */
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    restart();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    b.wall += CLOCK_HOUR;
    skip(20);
    restart();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    ck_assert_double_eq(periods(), 2);
}
END_TEST

START_TEST(the_latest_balance_is_the_last_one_written_whatever_the_clock_said)
{
    start();
    gain("a", 25);
    b.wall -= 3 * CLOCK_HOUR;
    gain("b", 5);
    ck_assert_int_eq(ledger(), 10030 * MONEY_ONE);
    restart();
    ck_assert_int_eq(ledger(), 10030 * MONEY_ONE);
}
END_TEST

START_TEST(months_end_by_local_time)
{
    /* 2027-02-01 02:00 UTC is January in New York, February in Tokyo */
    set_wall("UTC", 2027, 1, 20, 0, 0, 0);
    start();
    end();
    set_wall("UTC", 2027, 2, 1, 2, 0, 0);
    setenv("TZ", "America/New_York", 1);
    start();
    ck_assert_double_eq(periods(), 1);
    end();
    setenv("TZ", "Asia/Tokyo", 1);
    start();
    ck_assert_double_eq(periods(), 2);
    end();
    setenv("TZ", "America/New_York", 1); /* a traveller has begun February already */
    start();
    skip(4 * 3600);
    ck_assert_double_eq(periods(), 2);
}
END_TEST

START_TEST(summer_time_and_leap_days_are_no_months)
{
    set_wall("America/New_York", 2028, 2, 28, 23, 59, 50);
    start();
    skip(30); /* 29 February */
    ck_assert_double_eq(periods(), 1);
    set_wall("America/New_York", 2028, 2, 29, 23, 59, 50);
    skip(30);
    ck_assert_double_eq(periods(), 2);
    set_wall("America/New_York", 2028, 3, 12, 1, 59, 50); /* clocks go forward */
    skip(30);
    set_wall("America/New_York", 2028, 3, 31, 23, 59, 40);
    settle();
    ck_assert_double_eq(periods(), 2);
    skip(30);
    ck_assert_double_eq(periods(), 3);
    set_wall("Europe/London", 2028, 10, 29, 0, 59, 50); /* and back */
    skip(2 * 3600);
    ck_assert_double_eq(periods(), 4); /* October's only */
}
END_TEST

START_TEST(without_the_setting_a_month_is_nothing_and_later_no_reason)
{
    b.config.sim_monthly = false;
    set_wall("UTC", 2027, 1, 31, 12, 0, 0);
    start();
    gain("a", 25);
    end();
    set_wall("UTC", 2027, 2, 1, 12, 0, 0);
    start();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    end();
    b.config.sim_monthly = true; /* February has begun without it */
    start();
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    end();
    set_wall("UTC", 2027, 3, 1, 12, 0, 0);
    start();
    ck_assert_int_eq(ledger(), 10000 * MONEY_ONE);
}
END_TEST

START_TEST(a_ledger_of_an_older_version_begins_no_period_by_itself)
{
    sqlite3 *db;
    set_wall("UTC", 2027, 1, 20, 12, 0, 0);
    start();
    gain("a", 25);
    end();
    ck_assert_int_eq(sqlite3_open(b.database, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db, "DELETE FROM meta WHERE name LIKE 'period:%'", NULL, NULL, NULL),
        SQLITE_OK);
    sqlite3_close(db);
    set_wall("UTC", 2027, 2, 20, 12, 0, 0);
    start(); /* of what month its period is nobody knows */
    ck_assert_int_eq(ledger(), 10025 * MONEY_ONE);
    end();
    set_wall("UTC", 2027, 3, 1, 12, 0, 0);
    start();
    ck_assert_int_eq(ledger(), 10000 * MONEY_ONE);
}
END_TEST

START_TEST(trades_and_commissions_count_once_over_restarts_and_histories)
{
    start();
    gain("a", 25);
    gain("b", -40);
    double closed = query("SELECT sum(realized_pnl - commissions) FROM trade");
    HISTORY({.execution = "a-in", .price = 5000}, {.execution = "a-out", .price = 5005, .sells = 1},
            {.execution = "b-in", .price = 5000},
            {.execution = "b-out", .price = 4992, .sells = 1});
    for (int i = 0; i < 3; i++) {
        restart();
        reconnect();
    }
    ck_assert_double_eq((double)ledger(), 10000e6 + closed);
    ck_assert_double_eq(closed, -15e6);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE ledger = 1"), 3);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const live[] = {
        what_the_server_reports_of_a_live_account_is_kept_with_its_time,
        limits_and_disabled_trading_are_kept_and_told_once,
        an_amount_that_is_not_said_is_none,
    };
    const TTest *const sim[] = {
        the_servers_sim_balance_stands_beside_the_ledger,
        a_reset_begins_a_period_at_the_start_balance_and_deletes_nothing,
        the_first_start_in_a_new_month_begins_a_period_once,
        a_console_that_runs_over_the_end_of_a_month_begins_the_period_then,
        a_clock_set_back_over_the_end_of_a_month_begins_no_second_period,
        the_latest_balance_is_the_last_one_written_whatever_the_clock_said,
        months_end_by_local_time,
        summer_time_and_leap_days_are_no_months,
        without_the_setting_a_month_is_nothing_and_later_no_reason,
        a_ledger_of_an_older_version_begins_no_period_by_itself,
        trades_and_commissions_count_once_over_restarts_and_histories,
    };
    Suite *s = suite_create("engine: balances");
    CASE_ADD(s, "live", live);
    CASE_ADD(s, "sim", sim);
    return s;
}

TEST_MAIN(suite)
