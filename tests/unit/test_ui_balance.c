/* What the screen says of balances: the day's P&L, that of a timeframe, and the server's words
 * (domain.md, "Balances"). */
#include "ui/screen.h"

#include "base/clock.h"
#include "base/text.h"
#include "support/sample.h"
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#define DOLLARS(n) ((money)(n)*MONEY_ONE)

/* 2027-01-15 08:00 UTC. */
static const int64_t NOW = INT64_C(1800000000) * CLOCK_SECOND;

static struct ui_options options;
static struct view *v;
static struct snapshot *s;

static void set_up(void)
{
    setenv("TZ", "UTC", 1);
    v = view_new(&options);
    s = v->snapshot;
    s->statistics_ready = true;
    s->connection.phase = LINK_ONLINE;
    sample_add_account(s, "Sim1", 10000, NOW);
    sample_add_account(s, "120005", 48211.4, NOW);
    s->view = s->accounts[0].key;
    view_update(v, NOW, 1);
}

static void tear_down(void)
{
    view_free(v);
}

static void show(const char *account)
{
    for (uint32_t i = 0; i < s->account_count; i++)
        if (strcmp(s->accounts[i].key.account, account) == 0)
            s->view = s->accounts[i].key;
    view_update(v, NOW, 1);
}

/* True when a row of the screen of that size has the text; ASCII. */
static bool draws(int rows, int cols, const char *text)
{
    struct surface picture = {.ascii = true};
    bool found = false;
    surface_resize(&picture, rows, cols);
    screen_draw(v, &picture);
    for (int y = 0; y < rows; y++) {
        char row[512] = "";
        for (int x = 0; x < cols; x++)
            row[x] = (char)picture.cells[y * cols + x].character;
        found |= strstr(row, text) != NULL;
    }
    surface_free(&picture);
    return found;
}

START_TEST(the_days_pnl_is_what_closed_and_open_positions_made_and_cost)
{
    struct statistics *day = &s->statistics[TIMEFRAME_1D];
    day->total = DOLLARS(120);
    day->commissions = DOLLARS(5);
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(115));
    /* half of a position is closed: its profit and its commissions count already */
    int i = sample_add_position(s, "Sim1", "MESZ5", 1, 5000, NOW);
    s->positions[i].realized_pnl = DOLLARS(40);
    s->positions[i].commissions = DOLLARS(3);
    s->positions[i].open_pnl = DOLLARS(-10);
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(142));
    /* of another account nothing does */
    i = sample_add_position(s, "120005", "MESZ5", 1, 5000, NOW);
    s->positions[i].open_pnl = DOLLARS(1000);
    s->positions[i].realized_pnl = DOLLARS(1000);
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(142));
    ck_assert(draws(24, 80, "P&L today +142.00"));
}
END_TEST

START_TEST(of_a_real_account_the_days_pnl_is_the_servers_where_it_says_one)
{
    show("120005");
    s->statistics[TIMEFRAME_1D].total = DOLLARS(50);
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(50));
    s->accounts[1].reported.daily_pnl = DOLLARS(-32);
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(-32));
    s->accounts[0].reported.daily_pnl = DOLLARS(7); /* of a simulation it is not believed */
    show("Sim1");
    ck_assert_int_eq(view_day_pnl(v), DOLLARS(50));
}
END_TEST

START_TEST(a_timeframes_pnl_is_against_the_last_balance_before_it)
{
    money base;
    struct equity *e = &s->equity[TIMEFRAME_1D];
    e->base = DOLLARS(9900);
    e->count = 1;
    e->points[0] = (struct equity_point){NOW - CLOCK_HOUR, DOLLARS(10000)};
    v->timeframe = TIMEFRAME_1D;
    ck_assert_int_eq(view_timeframe_pnl(v, NOW, DOLLARS(10000), &base), DOLLARS(100));
    ck_assert_int_eq(base, DOLLARS(9900));
    e->base = MONEY_UNSET; /* none before: the first of it */
    ck_assert_int_eq(view_timeframe_pnl(v, NOW, DOLLARS(10025), &base), DOLLARS(25));
}
END_TEST

START_TEST(a_reset_is_no_profit_and_no_loss)
{
    money base;
    struct equity *e = &s->equity[TIMEFRAME_1D];
    v->timeframe = TIMEFRAME_1D;
    e->base = DOLLARS(8000);
    s->accounts[0].period_time = NOW - CLOCK_HOUR;
    s->accounts[0].period_start = DOLLARS(10000);
    ck_assert_int_eq(view_timeframe_pnl(v, NOW, DOLLARS(10025), &base), DOLLARS(25));
    /* a point of the curve from before it counts as ever */
    ck_assert_int_eq(view_timeframe_pnl(v, NOW - 2 * CLOCK_HOUR, DOLLARS(8100), &base),
                     DOLLARS(100));
    /* a period that began before the timeframe plays no part */
    s->accounts[0].period_time = NOW - 2 * CLOCK_DAY;
    ck_assert_int_eq(view_timeframe_pnl(v, NOW, DOLLARS(10025), &base), DOLLARS(2025));
}
END_TEST

START_TEST(the_servers_words_on_a_real_account_are_shown)
{
    show("120005");
    s->accounts[1].reported.daily_pnl = DOLLARS(-32);
    ck_assert(draws(36, 160, "48,211.40 USD"));
    ck_assert(draws(36, 160, "Available 47,691.40  Margin 520.00  Open 0.00  Day -32.00"));
    ck_assert(draws(24, 80, "Available 47,691.40  Open 0.00")); /* where it is narrow */
    s->accounts[1].reported.open_pnl = DOLLARS(17); /* of what it holds and we do not know */
    ck_assert(draws(36, 160, "Open +17.00"));
}
END_TEST

START_TEST(limits_and_disabled_trading_come_first)
{
    struct balance *b = &s->accounts[1].reported;
    show("120005");
    b->trading_disabled = true;
    ck_assert(draws(24, 80, "TRADING DISABLED  Open 0.00"));
    b->limit_reached = true;
    text_copy(b->why, sizeof b->why, "daily loss limit reached");
    ck_assert(draws(36, 160, "TRADING DISABLED  daily loss limit reached"));
    b->trading_disabled = false;
    ck_assert(draws(24, 80, "daily loss limit reached"));
}
END_TEST

START_TEST(the_servers_sim_balance_stands_beside_the_ledger)
{
    s->accounts[0].reported.cash = DOLLARS(9800);
    ck_assert(draws(24, 80, "10,000.00 USD"));
    ck_assert(draws(24, 80, "Open 0.00  Server 9,800.00"));
    s->accounts[0].reported.time = 0; /* it says nothing */
    ck_assert(!draws(24, 80, "Server"));
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        the_days_pnl_is_what_closed_and_open_positions_made_and_cost,
        of_a_real_account_the_days_pnl_is_the_servers_where_it_says_one,
        a_timeframes_pnl_is_against_the_last_balance_before_it,
        a_reset_is_no_profit_and_no_loss,
        the_servers_words_on_a_real_account_are_shown,
        limits_and_disabled_trading_come_first,
        the_servers_sim_balance_stands_beside_the_ledger,
    };
    Suite *balances = suite_create("ui balance");
    TCase *t = tcase_create("balance");
    tcase_add_checked_fixture(t, set_up, tear_down);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(balances, t);
    return balances;
}

TEST_MAIN(suite)
