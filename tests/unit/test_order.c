#include "trade/order.h"

#include "support/test.h"

#include <string.h>

static const struct account_key KEY = {MODE_SIM, "Sim1"};

static struct order order_with(enum order_type type, enum side side, double price)
{
    struct order o = {.key = KEY,
                      .symbol = "MESZ5",
                      .type = type,
                      .status = STATUS_OPEN,
                      .side = side,
                      .price1 = price,
                      .price2 = PRICE_UNSET,
                      .quantity = 1};
    return o;
}

static struct position position_of(double quantity)
{
    struct position p;
    position_init(&p, &KEY, "MESZ5");
    p.quantity = quantity;
    p.entry_price = 100;
    return p;
}

static struct bracket bracket_of(const struct order *orders, size_t count, double quantity,
                                 double price)
{
    struct position p = position_of(quantity);
    struct bracket b;
    order_find_bracket(orders, count, &p, price, &b);
    return b;
}

START_TEST(an_order_works_from_sent_until_a_final_state)
{
    static const bool working[] = {false, true,  true,  true,  true, true,
                                   true,  false, false, false, true};
    for (int s = STATUS_UNKNOWN; s <= STATUS_PARTIAL; s++) {
        struct order o = {.status = (enum order_status)s};
        ck_assert_msg(order_is_working(&o) == working[s], "status %d", s);
    }
    struct order o = {.status = (enum order_status)99};
    ck_assert(!order_is_working(&o));
}
END_TEST

START_TEST(types_and_statuses_have_names_even_unknown_ones)
{
    ck_assert_str_eq(order_type_name(ORDER_LIMIT), "limit");
    ck_assert_str_eq(order_type_name(ORDER_STOP_LIMIT), "stop limit");
    ck_assert_str_eq(order_type_name((enum order_type)99), "unknown");
    ck_assert_str_eq(order_status_name(STATUS_OPEN), "open");
    ck_assert_str_eq(order_status_name(STATUS_CANCELLED), "cancelled");
    ck_assert_str_eq(order_status_name((enum order_status) - 7), "unknown");
}
END_TEST

START_TEST(a_long_is_protected_by_a_sell_stop_and_aims_at_a_sell_limit)
{
    struct order orders[] = {order_with(ORDER_STOP, SIDE_SHORT, 95),
                             order_with(ORDER_LIMIT, SIDE_SHORT, 110)};
    struct bracket b = bracket_of(orders, 2, 1, 101);
    ck_assert_double_eq(b.stop, 95);
    ck_assert_double_eq(b.target, 110);
    ck_assert_int_eq(b.stop_count, 1);
    ck_assert_int_eq(b.target_count, 1);
}
END_TEST

START_TEST(a_short_is_protected_by_a_buy_stop)
{
    struct order orders[] = {order_with(ORDER_STOP_LIMIT, SIDE_LONG, 105),
                             order_with(ORDER_IF_TOUCHED, SIDE_LONG, 90),
                             order_with(ORDER_STOP, SIDE_SHORT, 95)};
    orders[0].price2 = 106; /* the limit behind the stop is not the stop */
    struct bracket b = bracket_of(orders, 3, -1, 100);
    ck_assert_double_eq(b.stop, 105);
    ck_assert_double_eq(b.target, 90);
    ck_assert_int_eq(b.stop_count, 1);
}
END_TEST

START_TEST(of_several_the_closest_to_the_price_is_shown_with_the_count)
{
    struct order orders[] = {
        order_with(ORDER_STOP, SIDE_SHORT, 90),
        order_with(ORDER_STOP, SIDE_SHORT, 96),
        order_with(ORDER_STOP, SIDE_SHORT, 94),
        order_with(ORDER_LIMIT, SIDE_SHORT, 120),
        order_with(ORDER_LIMIT, SIDE_SHORT, 110),
        order_with(ORDER_LIMIT_IF_TOUCHED, SIDE_SHORT, 115),
    };
    struct bracket b = bracket_of(orders, 6, 3, 114);
    ck_assert_double_eq(b.stop, 96);
    ck_assert_int_eq(b.stop_count, 3);
    ck_assert_double_eq(b.target, 115);
    ck_assert_int_eq(b.target_count, 3);
    b = bracket_of(orders, 6, 3, PRICE_UNSET); /* the entry is 100 */
    ck_assert_double_eq(b.target, 110);
}
END_TEST

START_TEST(orders_of_others_and_orders_that_do_not_work_do_not_count)
{
    struct order orders[10];
    for (int n = 0; n < 10; n++)
        orders[n] = order_with(ORDER_STOP, SIDE_SHORT, 95);
    orders[0].status = STATUS_CANCELLED;
    orders[1].status = STATUS_FILLED;
    orders[2].status = STATUS_PENDING_CHILD;
    orders[3].side = SIDE_LONG;
    orders[4].side = SIDE_NONE;
    orders[5].price1 = PRICE_UNSET;
    orders[6].key.mode = MODE_LIVE;
    strcpy(orders[7].key.account, "Sim2");
    strcpy(orders[8].symbol, "MNQZ5");
    orders[9].type = ORDER_MARKET;
    struct bracket b = bracket_of(orders, 10, 1, 100);
    ck_assert(!price_is_set(b.stop));
    ck_assert(!price_is_set(b.target));
    ck_assert_int_eq(b.stop_count, 0);
    ck_assert_int_eq(b.target_count, 0);
}
END_TEST

START_TEST(a_flat_position_has_no_bracket)
{
    struct order o = order_with(ORDER_STOP, SIDE_NONE, 95);
    struct bracket b = bracket_of(&o, 1, 0, 100);
    ck_assert(!price_is_set(b.stop));
    ck_assert_int_eq(b.stop_count, 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("order");
    TCase *t = tcase_create("order");
    tcase_add_test(t, an_order_works_from_sent_until_a_final_state);
    tcase_add_test(t, types_and_statuses_have_names_even_unknown_ones);
    tcase_add_test(t, a_long_is_protected_by_a_sell_stop_and_aims_at_a_sell_limit);
    tcase_add_test(t, a_short_is_protected_by_a_buy_stop);
    tcase_add_test(t, of_several_the_closest_to_the_price_is_shown_with_the_count);
    tcase_add_test(t, orders_of_others_and_orders_that_do_not_work_do_not_count);
    tcase_add_test(t, a_flat_position_has_no_bracket);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
