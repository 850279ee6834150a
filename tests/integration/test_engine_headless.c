/* A console without a screen: what needs a choice stays as it is, marked, until a user comes. */
#include "engine_bench.h"

static const int64_t DAY_AND_MORE = 25 * 3600;

/* Sierra Chart's own simulation: no word of any position. */
static void buy_and_leave(const struct account_key *key)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
    start();
    FILL(.account = key->account, .execution = "in", .price = 5000);
    pass(CLOCK_SECOND);
    end();
    b.now += DAY_AND_MORE * CLOCK_SECOND;
    b.wall += DAY_AND_MORE * CLOCK_SECOND;
    answer_snapshot(5001, b.wall / CLOCK_SECOND);
}

static bool is_stale(void)
{
    ck_assert_uint_eq(look()->recovered_count, 1);
    return b.shown.recovered[0].stale;
}

START_TEST(a_stale_position_that_nobody_decided_on_is_stale_at_the_next_start_too)
{
    buy_and_leave(&SIM1);
    for (int run = 0; run < 3; run++) {
        start();
        ck_assert(is_stale());
        ck_assert(b.shown.recovery_open);
        send_trade(4990 - run);
        pass(2 * CLOCK_SECOND);
        ck_assert(b.shown.recovery_open);
        ck_assert_double_eq(held(&SIM1, MES), 1);
        end();
    }
    ck_assert_double_eq(query("SELECT min_price FROM open_position"), 4988);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
}
END_TEST

START_TEST(an_order_that_moves_its_stop_makes_it_no_fresher)
{
    buy_and_leave(&SIM1);
    peer_answer(b.peer, 300, NULL, NULL,
                "[{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                "','ServerOrderID':'s','OrderStatus':4,'OrderUpdateReason':1,'OrderType':3,"
                "'BuySell':2,'Price1':4980,'OrderQuantity':1}]");
    start();
    pass(CLOCK_SECOND);
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4980);
    restart();
    ck_assert(is_stale());
}
END_TEST

START_TEST(one_that_the_user_keeps_is_fresh_from_then_on)
{
    buy_and_leave(&SIM1);
    start();
    command(COMMAND_KEEP, &SIM1, MES, 0);
    restart();
    ck_assert(!is_stale());
}
END_TEST

START_TEST(the_rest_is_accepted_without_deciding_on_it)
{
    buy_and_leave(&SIM1);
    start();
    command(COMMAND_ACCEPT_RECOVERY, &SIM1, "", 0);
    ck_assert(!look()->recovery_open);
    send_trade(4990);
    pass(CLOCK_SECOND);
    restart();
    ck_assert(is_stale());
    ck_assert(b.shown.recovery_open);
}
END_TEST

START_TEST(one_that_the_server_confirms_is_fresh_from_then_on)
{
    buy_and_leave(&LIVE);
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'120005','Symbol':'" MES
                "','Quantity':1,'AveragePrice':5000}]");
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert(is_confirmed(&LIVE, MES));
    ck_assert_str_eq(b.shown.recovered[0].finding, "confirmed by the server");
    ck_assert(b.shown.recovery_open); /* for a user who comes */
    send_trade(4990);
    pass(CLOCK_SECOND);
    restart();
    ck_assert(!is_stale());
}
END_TEST

START_TEST(one_that_a_fill_changes_is_fresh_from_then_on)
{
    buy_and_leave(&SIM1);
    start();
    FILL(.execution = "more", .price = 4990);
    settle();
    restart();
    ck_assert(!is_stale());
}
END_TEST

START_TEST(one_that_the_server_says_is_gone_is_closed_and_told_to_who_comes)
{
    buy_and_leave(&LIVE);
    start();
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 0);
    ck_assert(look()->recovery_open);
    ck_assert_str_eq(b.shown.recovered[0].finding,
                     "the server says flat and no fill says why: closed at the last known price");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const headless[] = {
        a_stale_position_that_nobody_decided_on_is_stale_at_the_next_start_too,
        an_order_that_moves_its_stop_makes_it_no_fresher,
        one_that_the_user_keeps_is_fresh_from_then_on,
        the_rest_is_accepted_without_deciding_on_it,
        one_that_the_server_confirms_is_fresh_from_then_on,
        one_that_a_fill_changes_is_fresh_from_then_on,
        one_that_the_server_says_is_gone_is_closed_and_told_to_who_comes,
    };
    Suite *s = suite_create("engine: without a user");
    CASE_ADD(s, "headless", headless);
    return s;
}

TEST_MAIN(suite)
