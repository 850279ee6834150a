/* Orders of the simulated exchange. */
#include "unit/test_sim_exchange.h"

START_TEST(a_market_buy_fills_at_the_ask_and_a_sell_at_the_bid)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 2, 0));
    check_told(" a/2 a/4 2@5050.25 P2@5050.25 B10000.00");
    ck_assert(submit("b", DTC_ORDER_TYPE_MARKET, DTC_SELL, 2, 0));
    check_told(" b/2 b/4 2@5050.00 P0@5050.25 B9997.50");
}
END_TEST

START_TEST(a_market_order_larger_than_the_quote_pays_a_tick_more_for_the_rest)
{
    sim_exchange_quote(exchange, SIM_MES, 5050, 10, 5050.25, 3, 1);
    ck_assert(submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 4, 0));
    check_told(" a/2 a/5 3@5050.25 P3@5050.25 B10000.00 a/4 1@5050.50 P4@5050.31 B10000.00");
    ck_assert_double_eq(last.filled, 4);
    ck_assert_double_eq(last.filled_value, 3 * 5050.25 + 5050.5);
}
END_TEST

START_TEST(a_limit_order_waits_for_its_price_and_fills_as_far_as_the_volume_reaches)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 3, 5049));
    trade(5049.25, 5);
    check_told(" a/2");
    trade(5049, 2);
    check_told(" a/5 2@5049.00 P2@5049.00 B10000.00");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_PARTIALLY_FILLED);
    trade(5048.75, 1); /* through it: the rest */
    check_told(" a/4 1@5049.00 P3@5049.00 B10000.00");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_FILLED);
}
END_TEST

START_TEST(a_limit_order_that_crosses_the_market_fills_at_the_better_price)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5052));
    check_told(" a/2 a/4 1@5050.25 P1@5050.25 B10000.00");
}
END_TEST

START_TEST(a_quote_through_a_limit_order_fills_it_at_its_own_price)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_LIMIT, DTC_SELL, 2, 5051));
    quote(5051.5, 5051.75);
    check_told(" a/2 a/4 2@5051.00 P-2@5051.00 B10000.00");
}
END_TEST

START_TEST(a_stop_order_waits_and_then_fills_at_the_market)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_STOP, DTC_BUY, 1, 5052));
    trade(5051.75, 1);
    check_told(" a/2");
    quote(5051.75, 5052); /* only the ask is there */
    check_told("");
    trade(5052, 1);
    check_told(" a/4 1@5052.00 P1@5052.00 B10000.00");
}
END_TEST

START_TEST(a_gap_fills_a_stop_beyond_its_price)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_STOP, DTC_SELL, 1, 5048));
    quote(5046, 5046.25);
    check_told(" a/2 a/4 1@5046.00 P-1@5046.00 B10000.00");
}
END_TEST

START_TEST(a_filled_order_cancels_its_oco_partner)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 1, 0);
    ck_assert(submit_exit("", 1, 5055, 5045));
    told[0] = '\0';
    trade(5055, 9); /* 4.75 points × 5 */
    check_told(" t/4 1@5055.00 P0@5050.25 B10023.75 s/6");
    ck_assert_uint_eq(sim_exchange_order_count(exchange), 0);
}
END_TEST

START_TEST(a_partly_filled_order_takes_its_part_off_its_oco_partner)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 3, 0);
    submit_exit("", 3, 5055, 5045);
    told[0] = '\0';
    trade(5055, 1);
    check_told(" t/5 1@5055.00 P2@5050.25 B10023.75 s/3");
    ck_assert_double_eq(last.request.quantity, 2);
    trade(5045, 1); /* sells at the bid, which still stands at 5050: -0.25 × 2 × 5 */
    check_told(" s/4 2@5050.00 P0@5050.25 B10021.25 t/6");
}
END_TEST

START_TEST(cancelling_one_of_an_oco_pair_cancels_both)
{
    submit_exit("", 1, 5055, 5045);
    told[0] = '\0';
    ck_assert(sim_exchange_cancel(exchange, server_id("s"), "s", 1));
    check_told(" s/6 t/6");
    ck_assert_uint_eq(sim_exchange_order_count(exchange), 0);
}
END_TEST

START_TEST(children_wait_until_their_parent_is_filled)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 2, 5049);
    ck_assert(submit_exit("a", 2, 5054, 5044));
    check_told(" a/2 t/2 s/2");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_PENDING_CHILD);
    ck_assert_str_eq(sim_exchange_server_id(exchange, last.parent), server_id("a"));
    ck_assert_str_eq(sim_exchange_server_id(exchange, last.sibling), server_id("t"));
    trade(5043, 1); /* fills the parent, and is beyond the stop already, which gets the bid */
    check_told(
        " a/4 2@5049.00 P2@5049.00 B10000.00 t/3 s/3 s/4 2@5050.00 P0@5049.00 B10010.00 t/6");
}
END_TEST

START_TEST(children_of_a_parent_filled_already_work_at_once)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 2, 0);
    told[0] = '\0';
    ck_assert(submit_exit("a", 3, 5054, 5044));
    check_told(" t/2 s/2");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_OPEN);
    ck_assert_double_eq(last.request.quantity, 2); /* not more than the parent has */
}
END_TEST

START_TEST(children_end_with_a_parent_that_is_cancelled)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 2, 5049);
    submit_exit("a", 2, 5054, 5044);
    told[0] = '\0';
    sim_exchange_cancel(exchange, "", "a", 1);
    check_told(" a/6 t/6 s/6");
}
END_TEST

START_TEST(children_guard_what_a_cancelled_parent_had_filled)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 3, 5049);
    submit_exit("a", 3, 5054, 5044);
    trade(5049, 1);
    told[0] = '\0';
    sim_exchange_cancel(exchange, "", "a", 1);
    check_told(" a/6 t/3 s/3");
    ck_assert_double_eq(last.request.quantity, 1);
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_OPEN);
}
END_TEST

START_TEST(children_of_an_unknown_parent_are_rejected)
{
    ck_assert(!submit_exit("nobody", 1, 5055, 5045));
    check_told(" t/8 s/8");
    ck_assert_uint_eq(sim_exchange_order_count(exchange), 0);
}
END_TEST

START_TEST(a_replaced_order_gets_a_new_server_id_and_keeps_its_client_id)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5049);
    ck_assert_str_eq(server_id("a"), "abc-1");
    told[0] = '\0';
    ck_assert(sim_exchange_replace(exchange, "abc-1", "a", 5048.5, NAN, 2, 1));
    check_told(" a/7");
    ck_assert_str_eq(last.server_id, "abc-2");
    ck_assert_str_eq(last.previous_server_id, "abc-1");
    ck_assert_double_eq(last.request.price, 5048.5);
    ck_assert_double_eq(last.request.quantity, 2);
    trade(5048.5, 9);
    check_told(" a/4 2@5048.50 P2@5048.50 B10000.00");
    ck_assert_str_eq(last.previous_server_id, "");
}
END_TEST

START_TEST(a_replacement_can_leave_price_or_quantity_as_they_are)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 3, 5049);
    sim_exchange_replace(exchange, "", "a", NAN, NAN, 2, 1);
    ck_assert_double_eq(last.request.price, 5049);
    ck_assert_double_eq(last.request.quantity, 2);
    sim_exchange_replace(exchange, "", "a", 5050.25, NAN, 0, 1); /* the ask: fills at once */
    ck_assert_double_eq(position(), 2);
}
END_TEST

START_TEST(a_replacement_that_cannot_be_is_rejected_and_changes_nothing)
{
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 3, 5049);
    trade(5049, 2);
    told[0] = '\0';
    ck_assert(!sim_exchange_replace(exchange, "", "a", NAN, NAN, 2, 1));
    ck_assert_str_eq(last_text, "More of the order is filled already");
    ck_assert(!sim_exchange_replace(exchange, "", "a", 5049.1, NAN, 0, 1));
    ck_assert_str_eq(last_text, "The price is not a multiple of the tick size");
    check_told(" a/10 a/10");
    ck_assert_double_eq(last.request.price, 5049);
    ck_assert_double_eq(last.request.quantity, 3);
    ck_assert_str_eq(server_id("a"), "abc-1");
}
END_TEST

START_TEST(a_cancel_that_comes_too_late_tells_how_the_order_ended)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 1, 0);
    told[0] = '\0';
    ck_assert(!sim_exchange_cancel(exchange, "abc-1", "a", 1));
    check_told(" a/9");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_FILLED);
    ck_assert(!sim_exchange_cancel(exchange, "abc-99", "x", 1));
    check_told(" x/9");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_UNSPECIFIED);
}
END_TEST

START_TEST(flattening_cancels_the_orders_and_closes_the_position)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 2, 0);
    submit_exit("", 2, 5055, 5045);
    told[0] = '\0';
    ck_assert(sim_exchange_flatten(exchange, "Sim1", "MESZ26_FUT_CME", "f", 1));
    check_told(" t/6 s/6 f/2 f/4 2@5050.00 P0@5050.25 B9997.50");
    ck_assert(!sim_exchange_flatten(exchange, "Sim1", "MESZ26_FUT_CME", "g", 1));
    check_rejected("g", "There is no position to flatten");
}
END_TEST

/* What is wrong with an order, and what is said about it. */
static const struct {
    int32_t type, side, tif;
    double quantity, price;
    const char *account, *symbol, *text;
} bad_orders[] = {
    {1, 1, 1, 1, 0, "Sim2", "MESZ26_FUT_CME", "The trade account is not known"},
    {1, 1, 1, 1, 0, "Sim1", "XXZ26_FUT_CME", "The symbol is not known"},
    {7, 1, 1, 1, 5050, "Sim1", "MESZ26_FUT_CME", "The type of the order is not known"},
    {4, 1, 1, 1, 5050, "Sim1", "MESZ26_FUT_CME", "The order needs a price"}, /* no second one */
    {1, 0, 1, 1, 0, "Sim1", "MESZ26_FUT_CME", "The order must be a buy or a sell"},
    {1, 1, 3, 1, 0, "Sim1", "MESZ26_FUT_CME", "This time in force is not supported"},
    {3, 1, 6, 1, 5051, "Sim1", "MESZ26_FUT_CME",
     "This time in force is for market and limit orders only"},
    {1, 1, 1, 1.5, 0, "Sim1", "MESZ26_FUT_CME",
     "The quantity must be a whole number of contracts, at least 1"},
    {1, 1, 1, 0, 0, "Sim1", "MESZ26_FUT_CME",
     "The quantity must be a whole number of contracts, at least 1"},
    {1, 1, 1, -2, 0, "Sim1", "MESZ26_FUT_CME",
     "The quantity must be a whole number of contracts, at least 1"},
    {1, 1, 1, (double)NAN, 0, "Sim1", "MESZ26_FUT_CME",
     "The quantity must be a whole number of contracts, at least 1"},
    {1, 1, 1, 101, 0, "Sim1", "MESZ26_FUT_CME",
     "The quantity is more than the 100 contracts allowed"},
    {2, 1, 1, 1, 0, "Sim1", "MESZ26_FUT_CME", "The order needs a price"},
    {3, 1, 1, 1, (double)NAN, "Sim1", "MESZ26_FUT_CME", "The order needs a price"},
    {2, 1, 1, 1, 1.7e308, "Sim1", "MESZ26_FUT_CME", "The price is out of all proportion"},
    {2, 1, 1, 1, 5050.1, "Sim1", "MESZ26_FUT_CME", "The price is not a multiple of the tick size"},
    {1, 1, 1, 37, 0, "Sim1", "MESZ26_FUT_CME",
     "The account has not enough margin"}, /* 37 × 275 > 10,000 */
    {1, 1, 1, 1, 0, "Sim1", "MNQZ26_FUT_CME", "There is no market yet"},
};

START_TEST(a_bad_order_is_rejected_with_the_reason)
{
    struct sim_order_request r = order("bad", bad_orders[_i].type, bad_orders[_i].side,
                                       bad_orders[_i].quantity, bad_orders[_i].price);
    r.time_in_force = bad_orders[_i].tif;
    text_copy(r.account, sizeof r.account, bad_orders[_i].account);
    text_copy(r.symbol, sizeof r.symbol, bad_orders[_i].symbol);
    ck_assert(!sim_exchange_submit(exchange, &r, 1));
    check_rejected("bad", bad_orders[_i].text);
    ck_assert_double_eq(position(), 0);
}
END_TEST

START_TEST(a_client_id_can_be_used_again_only_after_its_order_has_ended)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5049));
    ck_assert(!submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5048));
    ck_assert_str_eq(last_text, "An order of this ClientOrderID is working already");
    sim_exchange_cancel(exchange, "", "a", 1);
    ck_assert(submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5048));
}
END_TEST

START_TEST(more_orders_than_the_book_holds_are_rejected)
{
    for (int i = 0; i < SIM_ORDERS_MAX; i++)
        ck_assert(submit("", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5000));
    ck_assert(!submit("", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5000));
    ck_assert_str_eq(last_text, "Too many orders are working");
    ck_assert(!submit_exit("", 1, 5055, 5045));
    ck_assert_str_eq(last_text, "Too many orders are working");
    ck_assert_uint_eq(sim_exchange_order_count(exchange), SIM_ORDERS_MAX);
}
END_TEST

START_TEST(the_fill_history_tells_the_position_after_each_fill)
{
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 2, 0);
    trade(5053, 1);
    submit("b", DTC_ORDER_TYPE_MARKET, DTC_SELL, 3, 0);
    ck_assert_uint_eq(sim_exchange_fill_count(exchange), 2);
    const struct sim_fill *first = sim_exchange_fill(exchange, 0),
                          *second = sim_exchange_fill(exchange, 1);
    ck_assert_str_eq(first->execution_id, "abc-F1");
    ck_assert_str_eq(first->server_id, "abc-1");
    ck_assert_double_eq(first->position, 2);
    ck_assert_str_eq(second->execution_id, "abc-F2");
    ck_assert_double_eq(second->position, -1);
    ck_assert_double_eq(second->price, 5050);
    ck_assert_double_eq(second->high, 5050); /* of the new, short position */
}
END_TEST

START_TEST(the_fill_history_is_bounded_and_keeps_the_newest)
{
    for (int i = 0; i < SIM_FILLS_MAX + 1; i++) {
        submit("", DTC_ORDER_TYPE_MARKET, i % 2 ? DTC_SELL : DTC_BUY, 1, 0);
        told[0] = '\0';
    }
    size_t count = sim_exchange_fill_count(exchange);
    ck_assert_uint_eq(count, SIM_FILLS_MAX - SIM_FILLS_MAX / 4 + 1);
    ck_assert_str_eq(sim_exchange_fill(exchange, count - 1)->execution_id, "abc-F8193");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim exchange");
    TCase *t = tcase_create("exchange");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_market_buy_fills_at_the_ask_and_a_sell_at_the_bid);
    tcase_add_test(t, a_market_order_larger_than_the_quote_pays_a_tick_more_for_the_rest);
    tcase_add_test(t, a_limit_order_waits_for_its_price_and_fills_as_far_as_the_volume_reaches);
    tcase_add_test(t, a_limit_order_that_crosses_the_market_fills_at_the_better_price);
    tcase_add_test(t, a_quote_through_a_limit_order_fills_it_at_its_own_price);
    tcase_add_test(t, a_stop_order_waits_and_then_fills_at_the_market);
    tcase_add_test(t, a_gap_fills_a_stop_beyond_its_price);
    tcase_add_test(t, a_filled_order_cancels_its_oco_partner);
    tcase_add_test(t, a_partly_filled_order_takes_its_part_off_its_oco_partner);
    tcase_add_test(t, cancelling_one_of_an_oco_pair_cancels_both);
    tcase_add_test(t, children_wait_until_their_parent_is_filled);
    tcase_add_test(t, children_of_a_parent_filled_already_work_at_once);
    tcase_add_test(t, children_end_with_a_parent_that_is_cancelled);
    tcase_add_test(t, children_guard_what_a_cancelled_parent_had_filled);
    tcase_add_test(t, children_of_an_unknown_parent_are_rejected);
    tcase_add_test(t, a_replaced_order_gets_a_new_server_id_and_keeps_its_client_id);
    tcase_add_test(t, a_replacement_can_leave_price_or_quantity_as_they_are);
    tcase_add_test(t, a_replacement_that_cannot_be_is_rejected_and_changes_nothing);
    tcase_add_test(t, a_cancel_that_comes_too_late_tells_how_the_order_ended);
    tcase_add_test(t, flattening_cancels_the_orders_and_closes_the_position);
    tcase_add_loop_test(t, a_bad_order_is_rejected_with_the_reason, 0,
                        (int)(sizeof bad_orders / sizeof *bad_orders));
    tcase_add_test(t, a_client_id_can_be_used_again_only_after_its_order_has_ended);
    tcase_add_test(t, more_orders_than_the_book_holds_are_rejected);
    tcase_add_test(t, the_fill_history_tells_the_position_after_each_fill);
    tcase_add_test(t, the_fill_history_is_bounded_and_keeps_the_newest);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
