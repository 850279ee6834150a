/* What a user finds in the recovery window (domain.md, "After a crash, or any start"). */
#include "engine_bench.h"

#include <stdlib.h>

static const struct recovered *recovered(const struct account_key *key)
{
    look();
    for (uint32_t i = 0; i < b.shown.recovered_count; i++)
        if (account_key_equal(&b.shown.recovered[i].position.key, key))
            return &b.shown.recovered[i];
    ck_abort_msg("%s is not in the window", key->account);
}

/* A position, and the console away for a day and an hour. */
static void leave_stale(void)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    end();
    b.wall += 25 * CLOCK_HOUR;
}

START_TEST(with_nothing_to_recover_there_is_no_window)
{
    start();
    ck_assert(!look()->recovery_open);
    FILL(.execution = "e1", .price = 5000);
    FILL(.execution = "e2", .price = 5001, .sells = 1);
    settle();
    ck_assert(!look()->recovery_open);
    restart();
    ck_assert(!look()->recovery_open);
    ck_assert_uint_eq(look()->recovered_count, 0);
}
END_TEST

START_TEST(a_position_is_fresh_up_to_24_hours_after_its_last_update_and_stale_from_then_on)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    end();
    int64_t updated = (int64_t)query("SELECT updated_at FROM open_position");
    b.wall = updated + 24 * CLOCK_HOUR;
    make_engine();
    ck_assert(!recovered(&SIM1)->stale);
    end();
    b.wall = updated + 24 * CLOCK_HOUR + 1;
    make_engine();
    ck_assert(recovered(&SIM1)->stale);
    ck_assert(look()->recovery_open);
    ck_assert_str_eq(recovered(&SIM1)->finding, "");
    ck_assert_double_eq(recovered(&SIM1)->position.entry_price, 5000);
}
END_TEST

START_TEST(a_stale_position_stays_one_until_somebody_vouches_for_it)
{
    leave_stale();
    start(); /* without a user: prices come, a stop is set and taken away */
    ck_assert(recovered(&SIM1)->stale);
    send_trade(4990);
    pass(CLOCK_SECOND);
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'s1','OrderStatus':4,'OrderUpdateReason':2,'OrderType':3,"
                      "'BuySell':2,'Price1':4980,'OrderQuantity':1}");
    settle();
    ck_assert_double_eq(position_of(&SIM1, MES)->stop_price, 4980);
    await_query("SELECT mae FROM open_position", -50e6);
    restart();
    ck_assert(recovered(&SIM1)->stale);
    ck_assert(look()->recovery_open);
    command(COMMAND_ACCEPT_RECOVERY, &SIM1, "", 0); /* is no word on the stale one */
    send_trade(4989);
    pass(CLOCK_SECOND);
    restart();
    ck_assert(recovered(&SIM1)->stale);
    command(COMMAND_KEEP, &SIM1, MES, 0);
    ck_assert(!recovered(&SIM1)->stale);
    ck_assert_str_eq(recovered(&SIM1)->finding, "kept: you say that it is real");
    restart();
    ck_assert(!recovered(&SIM1)->stale);
}
END_TEST

START_TEST(a_fill_is_an_update_of_a_stale_position)
{
    leave_stale();
    start();
    FILL(.execution = "e2", .price = 5001);
    settle();
    ck_assert(!recovered(&SIM1)->stale);
    restart();
    ck_assert(!recovered(&SIM1)->stale);
}
END_TEST

START_TEST(the_servers_word_vouches_for_a_stale_position)
{
    leave_stale();
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                "','Quantity':1,'AveragePrice':5000}]");
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_str_eq(recovered(&SIM1)->finding, "confirmed by the server");
    ck_assert(!recovered(&SIM1)->stale);
}
END_TEST

START_TEST(what_is_found_once_the_window_is_gone_is_a_message)
{
    leave_stale();
    peer_answer(b.peer, 305, NULL, NULL, NULL); /* the server takes its time */
    start();
    command(COMMAND_ACCEPT_RECOVERY, &SIM1, "", 0);
    peer_send(b.peer, "{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                      "','Quantity':1,'AveragePrice':5000}");
    pass(3 * CLOCK_SECOND);
    ck_assert_said("Sim1 " MES ": confirmed by the server");
    ck_assert_str_eq(recovered(&SIM1)->finding, "confirmed by the server");
    pass(3 * CLOCK_SECOND);
    ck_assert_int_eq(times_said("confirmed by the server"), 1);
}
END_TEST

START_TEST(a_position_closed_while_the_console_was_down_says_how)
{
    leave_stale();
    HISTORY({.execution = "e1", .price = 5000, .ago = 25 * 3600},
            {.execution = "e2", .price = 4995.25, .ago = 3600, .sells = 1});
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_str_eq(recovered(&SIM1)->finding, "closed at 4995.25, -23.75: fill history");
    ck_assert(look()->recovery_open); /* and waits to be read */
    /* what comes after it is another position */
    FILL(.execution = "e3", .price = 5000);
    FILL(.execution = "e4", .price = 5001, .sells = 1);
    settle();
    ck_assert_str_eq(recovered(&SIM1)->finding, "closed at 4995.25, -23.75: fill history");
}
END_TEST

START_TEST(what_the_user_did_stands_in_the_window)
{
    leave_stale();
    start();
    command(COMMAND_CLOSE_AT, &SIM1, MES, 4990.5);
    ck_assert_str_eq(recovered(&SIM1)->finding, "closed at 4990.50, -47.50: closed by the user");
    end();
    b.wall += CLOCK_HOUR;
    start();
    FILL(.execution = "e5", .price = 5000);
    settle();
    restart();
    command(COMMAND_DISCARD, &SIM1, MES, 0);
    ck_assert_str_eq(recovered(&SIM1)->finding, "discarded: no trade is recorded for it");
}
END_TEST

START_TEST(a_position_that_nobody_speaks_of_says_so)
{
    leave_stale();
    start(); /* a complete answer, of a server that reports no positions of simulations */
    ck_assert_str_eq(recovered(&SIM1)->finding,
                     "not confirmed: this server reports no position of a simulation; it lives by "
                     "its fills");
    end();
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307,'RejectText':'no'}]");
    start();
    ck_assert_str_eq(recovered(&SIM1)->finding,
                     "not confirmed: the server lists no positions; it lives by its fills");
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(every_position_is_in_the_window_however_many_there_are)
{
    char symbol[SYMBOL_SIZE], id[16];
    start();
    for (int i = 0; i < 100; i++) {
        text_format(symbol, sizeof symbol, "S%dZ26", i);
        text_format(id, sizeof id, "e%d", i);
        FILL(.symbol = symbol, .execution = id, .price = 10);
        if (i % 20 == 0)
            settle();
    }
    settle();
    ck_assert_uint_eq(look()->position_count, 100);
    restart();
    ck_assert_uint_eq(look()->recovered_count, 100);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const window[] = {
        with_nothing_to_recover_there_is_no_window,
        a_position_is_fresh_up_to_24_hours_after_its_last_update_and_stale_from_then_on,
        a_stale_position_stays_one_until_somebody_vouches_for_it,
        a_fill_is_an_update_of_a_stale_position,
        the_servers_word_vouches_for_a_stale_position,
        what_is_found_once_the_window_is_gone_is_a_message,
        a_position_closed_while_the_console_was_down_says_how,
        what_the_user_did_stands_in_the_window,
        a_position_that_nobody_speaks_of_says_so,
        every_position_is_in_the_window_however_many_there_are,
    };
    Suite *s = suite_create("engine: recovery");
    CASE_ADD(s, "window", window);
    return s;
}

TEST_MAIN(suite)
