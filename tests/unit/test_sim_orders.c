/* Orders with triggers, offsets and times in force, and what a replacement and a flattening do to
 * them. The market stands at 5050 to 5050.25, ten contracts each. A point of MES is 5.00. */
#include "unit/test_sim_exchange.h"

static bool submit_triggered(const char *id, int32_t type, int32_t side, double quantity,
                             double trigger, double limit)
{
    struct sim_order_request r = order(id, type, side, quantity, trigger);
    r.price2 = limit;
    return sim_exchange_submit(exchange, &r, 1);
}

START_TEST(a_stop_limit_order_becomes_a_limit_order_at_its_second_price)
{
    ck_assert(submit_triggered("a", DTC_ORDER_TYPE_STOP_LIMIT, DTC_BUY, 3, 5052, 5052.5));
    quote(5053, 5053.25); /* triggered, but the ask is above the limit */
    check_told(" a/2");
    trade(5052.75, 9);
    check_told("");
    trade(5052.5, 2);
    check_told(" a/5 2@5052.50 P2@5052.50 B10000.00");
    quote(5052, 5052.25);
    check_told(" a/4 1@5052.50 P3@5052.50 B10000.00");
}
END_TEST

START_TEST(a_stop_limit_order_that_is_not_triggered_does_not_fill_at_its_limit)
{
    ck_assert(submit_triggered("a", DTC_ORDER_TYPE_STOP_LIMIT, DTC_SELL, 1, 5048, 5047));
    trade(5049, 9); /* better than the limit */
    quote(5049.75, 5050);
    check_told(" a/2");
    trade(5048, 1); /* triggered: sells at the bid */
    check_told(" a/4 1@5049.75 P-1@5049.75 B10000.00");
}
END_TEST

START_TEST(a_market_if_touched_order_waits_for_a_better_price_and_takes_the_market)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_MARKET_IF_TOUCHED, DTC_BUY, 1, 5048));
    trade(5048.25, 9);
    quote(5048, 5048.25);
    check_told(" a/2");
    trade(5048, 1); /* touched; the ask is 5048.25 */
    check_told(" a/4 1@5048.25 P1@5048.25 B10000.00");
    ck_assert(submit("b", DTC_ORDER_TYPE_MARKET_IF_TOUCHED, DTC_SELL, 1, 5049));
    check_told(" b/2");
    quote(5049.25, 5049.5); /* 1 point × 5 */
    check_told(" b/4 1@5049.25 P0@5048.25 B10005.00");
}
END_TEST

START_TEST(an_if_touched_order_whose_price_is_there_already_works_at_once)
{
    ck_assert(submit("a", DTC_ORDER_TYPE_MARKET_IF_TOUCHED, DTC_BUY, 1, 5050.25));
    check_told(" a/2 a/4 1@5050.25 P1@5050.25 B10000.00");
}
END_TEST

START_TEST(a_limit_if_touched_order_becomes_a_limit_order)
{
    ck_assert(submit_triggered("a", DTC_ORDER_TYPE_LIMIT_IF_TOUCHED, DTC_BUY, 1, 5048, 5047));
    trade(5047.75, 1); /* touched; waits at 5047 */
    check_told(" a/2");
    trade(5047, 1);
    check_told(" a/4 1@5047.00 P1@5047.00 B10000.00");
}
END_TEST

static bool submit_immediate(const char *id, int32_t tif, double quantity, double price)
{
    struct sim_order_request r = order(id, DTC_ORDER_TYPE_LIMIT, DTC_BUY, quantity, price);
    r.time_in_force = tif;
    return sim_exchange_submit(exchange, &r, 1);
}

START_TEST(immediate_or_cancel_takes_what_is_there)
{
    sim_exchange_quote(exchange, SIM_MES, 5050, 10, 5050.25, 3, 1);
    ck_assert(submit_immediate("a", DTC_TIF_IMMEDIATE_OR_CANCEL, 5, 5051));
    check_told(" a/2 a/5 3@5050.25 P3@5050.25 B10000.00 a/6");
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_CANCELED);
    ck_assert(submit_immediate("b", DTC_TIF_IMMEDIATE_OR_CANCEL, 1, 5050));
    check_told(" b/2 b/6");
}
END_TEST

START_TEST(fill_or_kill_takes_all_or_nothing)
{
    sim_exchange_quote(exchange, SIM_MES, 5050, 10, 5050.25, 3, 1);
    ck_assert(submit_immediate("a", DTC_TIF_FILL_OR_KILL, 4, 5051));
    check_told(" a/2 a/6");
    ck_assert(submit_immediate("b", DTC_TIF_FILL_OR_KILL, 3, 5051));
    check_told(" b/2 b/4 3@5050.25 P3@5050.25 B10000.00");
}
END_TEST

/* The client id of each working order and its price. */
static void check_working(const char *expected)
{
    char text[256] = "";
    for (size_t i = 0; i < sim_exchange_order_count(exchange); i++) {
        const struct sim_order *o = sim_exchange_order(exchange, i);
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length, " %s@%.2f", o->request.client_id,
                 o->request.price);
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(a_bracket_stands_at_its_offsets_from_the_fill)
{
    struct sim_order_request entry = order("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 2, 5049);
    ck_assert(sim_exchange_submit_bracket(exchange, &entry, 5, 4, 1));
    check_told(" a/2 a-t/2 a-s/2");
    check_working(" a@5049.00 a-t@5054.00 a-s@5045.00");
    quote(5048, 5048.25); /* fills at the limit */
    check_told(" a/4 2@5049.00 P2@5049.00 B10000.00 a-t/3 a-s/3");
    trade(5054, 5); /* 5 points × 2 × 5 */
    check_told(" a-t/4 2@5054.00 P0@5049.00 B10050.00 a-s/6");
}
END_TEST

START_TEST(a_bracket_moves_with_a_fill_that_is_not_at_the_entrys_price)
{
    struct sim_order_request entry = order("a", DTC_ORDER_TYPE_STOP, DTC_SELL, 1, 5048);
    ck_assert(sim_exchange_submit_bracket(exchange, &entry, 3, 2, 1));
    check_working(" a@5048.00 a-t@5045.00 a-s@5050.00");
    quote(5047, 5047.25); /* a gap: the stop sells at 5047 */
    check_working(" a-t@5044.00 a-s@5049.00");
}
END_TEST

START_TEST(a_bracket_of_a_market_order_stands_at_once)
{
    struct sim_order_request entry = order("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 1, 0);
    ck_assert(sim_exchange_submit_bracket(exchange, &entry, 1, 2, 1));
    check_told(" a/2 a/4 1@5050.25 P1@5050.25 B10000.00 a-t/2 a-s/2");
    check_working(" a-t@5051.25 a-s@5048.25");
}
END_TEST

START_TEST(a_bracket_of_a_rejected_entry_is_not_placed)
{
    struct sim_order_request entry = order("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 37, 0);
    ck_assert(!sim_exchange_submit_bracket(exchange, &entry, 1, 2, 1));
    check_told(" a/8");
}
END_TEST

/* Target and stop with offsets 5 and 4 for a parent, the sign of which does not matter. */
static bool submit_offsets(const char *parent, bool keeps_price)
{
    struct sim_order_request pair[2] = {
        order("t", DTC_ORDER_TYPE_LIMIT, DTC_SELL, 1, 0),
        order("s", DTC_ORDER_TYPE_STOP, DTC_SELL, 1, 0),
    };
    pair[0].offset = 5;
    pair[1].offset = -4;
    pair[0].keeps_price = pair[1].keeps_price = keeps_price;
    return sim_exchange_submit_oco(exchange, pair, parent, 1);
}

START_TEST(offsets_can_be_kept_to_the_parents_price)
{
    submit("a", DTC_ORDER_TYPE_STOP, DTC_BUY, 1, 5052);
    ck_assert(submit_offsets("a", true));
    quote(5053, 5053.25);
    check_working(" t@5057.00 s@5048.00");
}
END_TEST

START_TEST(a_child_that_was_moved_stays_where_it_was_put)
{
    submit("a", DTC_ORDER_TYPE_STOP, DTC_BUY, 1, 5052);
    ck_assert(submit_offsets("a", false));
    ck_assert(sim_exchange_replace(exchange, "", "s", 5047, NAN, 0, 1));
    quote(5053, 5053.25);
    check_working(" t@5058.25 s@5047.00");
}
END_TEST

START_TEST(offsets_without_a_parent_are_rejected)
{
    ck_assert(!submit_offsets("", false));
    check_told(" t/8 s/8");
    ck_assert_str_eq(last_text, "An offset needs a parent order, and a type with one price");
}
END_TEST

START_TEST(an_oco_pair_can_end_with_its_first_partial_fill)
{
    struct sim_order_request pair[2] = {
        order("t", DTC_ORDER_TYPE_LIMIT, DTC_SELL, 3, 5055),
        order("s", DTC_ORDER_TYPE_STOP, DTC_SELL, 3, 5045),
    };
    pair[0].cancels_on_first_fill = pair[1].cancels_on_first_fill = true;
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 3, 0);
    sim_exchange_submit_oco(exchange, pair, "", 1);
    told[0] = '\0';
    trade(5055, 1); /* 4.75 points × 5 */
    check_told(" t/5 1@5055.00 P2@5050.25 B10023.75 s/6");
    trade(5055, 2);
    check_told(" t/4 2@5055.00 P0@5050.25 B10071.25");
}
END_TEST

START_TEST(a_replacement_can_move_both_prices)
{
    submit_triggered("a", DTC_ORDER_TYPE_STOP_LIMIT, DTC_BUY, 1, 5052, 5053);
    ck_assert(sim_exchange_replace(exchange, "", "a", NAN, 5052.5, 0, 1));
    ck_assert_double_eq(last.request.price, 5052);
    ck_assert_double_eq(last.request.price2, 5052.5);
    ck_assert(!sim_exchange_replace(exchange, "", "a", NAN, 5052.6, 0, 1));
    ck_assert_str_eq(last_text, "The price is not a multiple of the tick size");
}
END_TEST

START_TEST(server_ids_can_be_kept_in_a_replacement)
{
    sim_exchange_keep_order_ids(exchange, true);
    submit("a", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 5049);
    ck_assert(sim_exchange_replace(exchange, "abc-1", "a", 5048, NAN, 0, 1));
    ck_assert_str_eq(last.server_id, "abc-1");
    ck_assert_str_eq(last.previous_server_id, "");
    ck_assert(sim_exchange_replace(exchange, "abc-1", "a", 5047, NAN, 0, 1));
    ck_assert_double_eq(last.request.price, 5047);
}
END_TEST

START_TEST(an_account_is_flattened_in_all_its_symbols)
{
    sim_exchange_quote(exchange, SIM_ZN, 110, 10, 110.015625, 10, 1);
    struct sim_order_request zn = order("z", DTC_ORDER_TYPE_MARKET, DTC_SELL, 2, 0);
    text_copy(zn.symbol, sizeof zn.symbol, "ZNH27_FUT_CME");
    ck_assert(sim_exchange_submit(exchange, &zn, 1));
    submit("a", DTC_ORDER_TYPE_MARKET, DTC_BUY, 1, 0);
    submit_exit("", 1, 5055, 5045);
    told[0] = '\0';
    ck_assert(sim_exchange_flatten(exchange, "Sim1", "", "f", 1));
    check_told(" t/6 s/6 f/2 f/4 1@5050.00 P0@5050.25 B9998.75"
               " f/2 f/4 2@110.02 P0@110.00 B9967.50"); /* a tick of 15.625 × 2 */
    ck_assert(!sim_exchange_flatten(exchange, "Sim1", "", "g", 1));
    ck_assert_str_eq(last_text, "There is no position to flatten");
}
END_TEST

START_TEST(a_large_market_order_pays_a_whole_tick_more_whatever_the_tick)
{
    sim_exchange_quote(exchange, SIM_6E, 1.08, 10, 1.08005, 1, 1);
    struct sim_order_request r = order("e", DTC_ORDER_TYPE_MARKET, DTC_BUY, 2, 0);
    text_copy(r.symbol, sizeof r.symbol, "6EZ26_FUT_CME");
    ck_assert(sim_exchange_submit(exchange, &r, 1));
    ck_assert_double_eq(sim_exchange_fill(exchange, 1)->price, 1.0801);
    r = order("l", DTC_ORDER_TYPE_LIMIT, DTC_BUY, 1, 1.07995000001); /* a client's rounding */
    text_copy(r.symbol, sizeof r.symbol, "6EZ26_FUT_CME");
    ck_assert(sim_exchange_submit(exchange, &r, 1));
    ck_assert_double_eq(last.request.price, 1.07995);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim orders");
    TCase *t = tcase_create("orders");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_stop_limit_order_becomes_a_limit_order_at_its_second_price);
    tcase_add_test(t, a_stop_limit_order_that_is_not_triggered_does_not_fill_at_its_limit);
    tcase_add_test(t, a_market_if_touched_order_waits_for_a_better_price_and_takes_the_market);
    tcase_add_test(t, an_if_touched_order_whose_price_is_there_already_works_at_once);
    tcase_add_test(t, a_limit_if_touched_order_becomes_a_limit_order);
    tcase_add_test(t, immediate_or_cancel_takes_what_is_there);
    tcase_add_test(t, fill_or_kill_takes_all_or_nothing);
    tcase_add_test(t, a_bracket_stands_at_its_offsets_from_the_fill);
    tcase_add_test(t, a_bracket_moves_with_a_fill_that_is_not_at_the_entrys_price);
    tcase_add_test(t, a_bracket_of_a_market_order_stands_at_once);
    tcase_add_test(t, a_bracket_of_a_rejected_entry_is_not_placed);
    tcase_add_test(t, offsets_can_be_kept_to_the_parents_price);
    tcase_add_test(t, a_child_that_was_moved_stays_where_it_was_put);
    tcase_add_test(t, offsets_without_a_parent_are_rejected);
    tcase_add_test(t, an_oco_pair_can_end_with_its_first_partial_fill);
    tcase_add_test(t, a_replacement_can_move_both_prices);
    tcase_add_test(t, server_ids_can_be_kept_in_a_replacement);
    tcase_add_test(t, an_account_is_flattened_in_all_its_symbols);
    tcase_add_test(t, a_large_market_order_pays_a_whole_tick_more_whatever_the_tick);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
