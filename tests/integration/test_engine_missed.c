/* Trades that were closed, or opened and closed, while the console was down: recorded with their
 * true exit, and with the excursions up to it. The bench starts at 08:00:00 UTC. */
#include "engine_bench.h"

/* Two bought at 5000 at 08:00:00, then the console goes down until so many seconds after. */
static void open_long(void)
{
    start();
    FILL(.execution = "in", .price = 5000, .quantity = 2);
    pass(CLOCK_SECOND);
    end();
}

static void start_flat(void)
{
    start();
    pass(CLOCK_SECOND);
    end();
}

static void come_back(int64_t after)
{
    b.wall = (START_TIME + after) * CLOCK_SECOND;
    answer_snapshot(5001, START_TIME + after);
}

static void start_after(int64_t after)
{
    come_back(after);
    start();
    pass(2 * CLOCK_SECOND);
}

#define ck_assert_trade(exit_price, exit_after, mae, mfe, gap)                                     \
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = " #exit_price         \
                              " AND exit_time = 1800000000000000 + " #exit_after "000000 AND "     \
                              "mae = " #mae "000000 AND mfe = " #mfe                               \
                              "000000 AND has_gap = " #gap),                                       \
                        1)

START_TEST(a_trade_closed_while_down_has_the_excursions_up_to_its_exit)
{
    open_long();
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    TICKS({START_TIME - 1, .low = 4000}, {START_TIME + 10, .low = 5012},
          {START_TIME + 40, .low = 4991}, {START_TIME + 60, .low = 5050},
          {START_TIME + 90, .low = 4000});
    start_after(200);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_trade(5004, 60, -90, 120, 0); /* 9 and 12 points × 2 × 5.00 */
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE min_price = 4991 AND "
                              "max_price = 5012 AND realized_pnl = 40000000"),
                        1);
}
END_TEST

START_TEST(the_price_of_now_is_none_of_a_trade_that_was_closed_while_down)
{
    open_long();
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    TICKS({START_TIME - 1, .low = 4000}, {START_TIME + 10, .low = 5012},
          {START_TIME + 40, .low = 4991}, {START_TIME + 190, .low = 6000});
    answer_snapshot(6000, START_TIME + 200);
    start();
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_trade(5004, 60, -90, 120, 0);
}
END_TEST

START_TEST(a_trade_opened_and_closed_while_down_has_its_excursions)
{
    start_flat();
    come_back(600);
    HISTORY({.execution = "in", .price = 5000, .ago = 500},
            {.execution = "out", .price = 5003, .sells = 1, .ago = 440});
    TICKS({START_TIME + 50, .low = 4000}, {START_TIME + 110, .low = 4995},
          {START_TIME + 130, .low = 5008}, {START_TIME + 170, .low = 6000});
    start_after(600);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE entry_time = 1800000100000000"), 1);
    ck_assert_trade(5003, 160, -25, 40, 0);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), START_TIME + 100);
}
END_TEST

START_TEST(several_trades_of_a_time_down_have_each_its_own)
{
    start_flat();
    come_back(600);
    HISTORY({.execution = "a", .price = 5000, .ago = 500},
            {.execution = "b", .price = 5003, .sells = 1, .ago = 440},
            {.execution = "c", .price = 5010, .sells = 1, .ago = 300},
            {.execution = "d", .price = 5011, .ago = 200});
    TICKS({START_TIME + 110, .low = 4995}, {START_TIME + 130, .low = 5008},
          {START_TIME + 250, .low = 6000}, {START_TIME + 310, .low = 5020},
          {START_TIME + 350, .low = 5004}, {START_TIME + 500, .low = 5000});
    start_after(600);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_trade(5003, 160, -25, 40, 0);
    ck_assert_trade(5011, 400, -50, 30, 0);
}
END_TEST

/* 1 bought, 1 more, both sold: of what was held when the price was made. */
START_TEST(what_was_held_at_each_price_counts)
{
    start_flat();
    come_back(600);
    HISTORY({.execution = "a", .price = 5000, .ago = 500},
            {.execution = "b", .price = 5000, .ago = 400},
            {.execution = "c", .price = 5000, .sells = 1, .quantity = 2, .ago = 300});
    TICKS({START_TIME + 150, .low = 4990}, {START_TIME + 250, .low = 4994},
          {START_TIME + 280, .low = 5006}, {START_TIME + 350, .low = 6000});
    start_after(600);
    ck_assert_trade(5000, 300, -60, 60, 0); /* not 10 points × 2 */
}
END_TEST

START_TEST(one_that_is_open_still_goes_on_with_its_gap)
{
    start_flat();
    come_back(600);
    HISTORY({.execution = "a", .price = 5000, .ago = 500},
            {.execution = "b", .price = 5010, .sells = 1, .ago = 400},
            {.execution = "c", .price = 5010, .ago = 300});
    TICKS({START_TIME + 150, .low = 4990}, {START_TIME + 350, .low = 5014},
          {START_TIME + 600, .low = 5001});
    start_after(600);
    ck_assert_trade(5010, 200, -50, 50, 0);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_double_eq(p->quantity, 1);
    ck_assert(!p->has_gap);
    ck_assert_double_eq(p->max_price, 5014);
    ck_assert_int_eq(p->mfe, 20 * MONEY_ONE);
}
END_TEST

/* 08:00:30 to 12:30:30: whole minutes in bars, the rest in ticks. */
START_TEST(a_long_time_takes_bars_and_ticks_for_the_minutes_of_entry_and_exit)
{
    b.wall += 30 * CLOCK_SECOND;
    open_long();
    come_back(20000);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 19970},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 20000 - 16230});
    TICKS({START_TIME + 20, .low = 4000}, {START_TIME + 40, .low = 4998},
          {START_TIME + 16205, .low = 5013}, {START_TIME + 16240, .low = 6000});
    BARS({START_TIME, 4000, .high = 6000}, {START_TIME + 60, 4995, .high = 5010},
         {START_TIME + 16140, 4999, .high = 5001}, {START_TIME + 16200, 4000, .high = 6000});
    start_after(20000);
    ck_assert_trade(5004, 16230, -50, 130, 0);
}
END_TEST

START_TEST(bars_alone_leave_out_the_minutes_of_entry_and_exit_and_the_mark_stays)
{
    open_long();
    no_ticks();
    come_back(400);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 400},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 210});
    BARS({START_TIME, 4990, .high = 5001}, {START_TIME + 60, 4996, .high = 5007},
         {START_TIME + 180, 4000, .high = 6000});
    start_after(400);
    pass(5 * CLOCK_SECOND);
    ck_assert_trade(5004, 190, -100, 70, 1);
    ck_assert_int_eq(times_said("prices were missed and cannot be had"), 1);
}
END_TEST

START_TEST(where_neither_can_be_had_the_trade_is_recorded_at_once_and_marked)
{
    open_long();
    no_ticks();
    no_bars();
    if (_i == 1) /* the server has none, and says so */
        peer_answer(b.peer, 1, NULL, NULL,
                    "[{'Type':2,'ProtocolVersion':8,'Result':1,'TradingIsSupported':1,"
                    "'MarketDataSupported':1,'SecurityDefinitionsSupported':1}]");
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    start_after(200);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 5004 AND "
                              "exit_time = 1800000060000000 AND has_gap = 1"),
                        1);
    ck_assert_uint_eq(peer_count(b.peer, 800) > 0, _i == 0);
}
END_TEST

START_TEST(what_the_history_says_of_high_and_low_is_not_asked_for)
{
    open_long();
    come_back(200);
    peer_answer(b.peer, 303, NULL, NULL,
                "[{'Type':304,'TradeAccount':'Sim1','Symbol':'" MES
                "','ServerOrderID':'o','BuySell':2,'Price':5004,'DateTime':1800000060,'Quantity':2,"
                "'UniqueExecutionID':'out','HighPriceDuringPosition':5009,"
                "'LowPriceDuringPosition':4997}]");
    start_after(200);
    ck_assert_trade(5004, 60, -30, 90, 0);
    ck_assert_double_eq(peer_number(b.peer, 800, "StartDateTime"), START_TIME - 9 * 3600);
    ck_assert_uint_eq(peer_count(b.peer, 800), 1); /* of the session */
}
END_TEST

START_TEST(a_trade_of_one_second_has_no_prices_but_its_own)
{
    start_flat();
    come_back(600);
    HISTORY({.execution = "a", .price = 5000, .ago = 500},
            {.execution = "b", .price = 5002, .sells = 1, .ago = 500});
    start_after(600);
    ck_assert_trade(5002, 100, 0, 10, 0);
    ck_assert_uint_eq(peer_count(b.peer, 800), 0);
}
END_TEST

START_TEST(a_server_that_does_not_answer_holds_a_trade_up_no_longer_than_half_a_minute)
{
    open_long();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    start_after(200);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    pass(30 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 5004 AND has_gap = 1"),
                        1);
}
END_TEST

START_TEST(a_fill_of_the_stream_waits_5_seconds_at_most_and_comes_after)
{
    open_long();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    start_after(200);
    FILL(.execution = "live", .price = 5020, .quantity = 3);
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    pass(2 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5020);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_price = 5004"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
}
END_TEST

START_TEST(a_console_that_goes_down_again_meanwhile_loses_nothing)
{
    open_long();
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    come_back(200);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 200},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 140});
    start_after(200);
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 40, .low = 4991},
          {START_TIME + 90, .low = 4000});
    if (_i == 0)
        restart();
    else
        reconnect();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
    ck_assert_double_eq(
        query("SELECT count(*) FROM trade WHERE mae = -90000000 AND mfe = 120000000 AND "
              "exit_price = 5004 AND has_gap = 0"),
        1);
}
END_TEST

START_TEST(a_history_of_prices_that_lags_behind_is_asked_again)
{
    open_long();
    come_back(65);
    HISTORY({.execution = "in", .price = 5000, .quantity = 2, .ago = 65},
            {.execution = "out", .price = 5004, .quantity = 2, .sells = 1, .ago = 5});
    TICKS({START_TIME + 10, .low = 5012});
    start_after(65);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
    TICKS({START_TIME + 10, .low = 5012}, {START_TIME + 55, .low = 4991},
          {START_TIME + 61, .low = 4000});
    pass(4 * CLOCK_SECOND);
    ck_assert_trade(5004, 60, -90, 120, 0);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const whole[] = {
        a_trade_closed_while_down_has_the_excursions_up_to_its_exit,
        the_price_of_now_is_none_of_a_trade_that_was_closed_while_down,
        a_trade_opened_and_closed_while_down_has_its_excursions,
        several_trades_of_a_time_down_have_each_its_own,
        what_was_held_at_each_price_counts,
        one_that_is_open_still_goes_on_with_its_gap,
        a_long_time_takes_bars_and_ticks_for_the_minutes_of_entry_and_exit,
        what_the_history_says_of_high_and_low_is_not_asked_for,
        a_trade_of_one_second_has_no_prices_but_its_own,
        a_history_of_prices_that_lags_behind_is_asked_again,
    };
    const TTest *const in_part[] = {
        bars_alone_leave_out_the_minutes_of_entry_and_exit_and_the_mark_stays,
        a_server_that_does_not_answer_holds_a_trade_up_no_longer_than_half_a_minute,
        a_fill_of_the_stream_waits_5_seconds_at_most_and_comes_after,
    };
    Suite *s = suite_create("engine: trades of a time down");
    CASE_ADD(s, "whole", whole);
    CASE_ADD(s, "in part", in_part);
    TCase *c = tcase_create("either way");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, where_neither_can_be_had_the_trade_is_recorded_at_once_and_marked, 0, 2);
    tcase_add_loop_test(c, a_console_that_goes_down_again_meanwhile_loses_nothing, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
