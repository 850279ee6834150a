#include "trade/fill.h"
#include "trade/instrument.h"

#include "support/test.h"

#include <float.h>
#include <string.h>

static struct fill fill_with(const char *execution_id, const char *order_id, double order_filled)
{
    struct fill f = {.key = {MODE_SIM, "Sim1"},
                     .symbol = "MESZ5",
                     .side = SIDE_LONG,
                     .quantity = 2,
                     .price = 5050.25,
                     .order_filled = order_filled};
    strcpy(f.execution_id, execution_id);
    strcpy(f.order_id, order_id);
    return f;
}

START_TEST(the_execution_id_identifies_a_fill)
{
    char key[FILL_KEY_SIZE];
    struct fill f = fill_with("E7", "12", 3);
    ck_assert(fill_identify(&f, key));
    ck_assert_str_eq(key, "Sim1|MESZ5|e:E7");
}
END_TEST

START_TEST(without_one_the_order_and_its_cumulative_quantity_do)
{
    char key[FILL_KEY_SIZE];
    struct fill f = fill_with("", "12", 3);
    ck_assert(fill_identify(&f, key));
    ck_assert_str_eq(key, "Sim1|MESZ5|o:12|3");
    f.order_filled = 0.1 + 0.2; /* the same as 0.3, whoever summed it */
    ck_assert(fill_identify(&f, key));
    ck_assert_str_eq(key, "Sim1|MESZ5|o:12|0.3");
}
END_TEST

START_TEST(with_neither_a_fill_cannot_be_identified)
{
    char key[FILL_KEY_SIZE];
    struct fill f = fill_with("", "", 3);
    ck_assert(!fill_identify(&f, key));
    f = fill_with("", "12", 0);
    ck_assert(!fill_identify(&f, key));
    f = fill_with("", "12", DBL_MAX);
    ck_assert(!fill_identify(&f, key));
    f = fill_with("", "12", PRICE_UNSET);
    ck_assert(!fill_identify(&f, key));
}
END_TEST

START_TEST(the_longest_names_fit_whole_into_the_key)
{
    struct fill f = fill_with("", "", 3e38);
    memset(f.key.account, 'a', sizeof f.key.account - 1);
    memset(f.symbol, 's', sizeof f.symbol - 1);
    memset(f.order_id, 'o', sizeof f.order_id - 1);
    f.key.account[ACCOUNT_SIZE - 1] = f.symbol[SYMBOL_SIZE - 1] = f.order_id[ORDER_ID_SIZE - 1] =
        '\0';
    char key[FILL_KEY_SIZE];
    ck_assert(fill_identify(&f, key));
    /* account, symbol, order id, "||o:|", 39 digits */
    ck_assert_uint_eq(strlen(key), 31 + 63 + 31 + 5 + 39);
}
END_TEST

START_TEST(quantities_are_written_without_needless_zeros)
{
    static const struct {
        double quantity;
        const char *expected;
    } rows[] = {
        {3, "3"},
        {0.5, "0.5"},
        {-0.25, "-0.25"},
        {0.1 + 0.2, "0.3"},
        {1200, "1200"},
        {1e-9, "0.000000001"},
        {1e-12, "0"},
        {-1e-12, "0"},
        {0.9999999999, "1"},
        {2.000000001, "2.000000001"},
        {DBL_MAX, "-"},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char text[64];
        ck_assert_uint_eq(fill_format_quantity(rows[n].quantity, text, sizeof text),
                          strlen(rows[n].expected));
        ck_assert_str_eq(text, rows[n].expected);
    }
}
END_TEST

START_TEST(a_fill_needs_a_price_a_quantity_a_side_and_a_symbol)
{
    struct fill good = fill_with("E7", "", 0), f = good;
    ck_assert(fill_is_valid(&f));
    f.price = -37.63; /* oil has been there */
    ck_assert(fill_is_valid(&f));
    f.price = PRICE_UNSET;
    ck_assert(!fill_is_valid(&f));
    f.price = DBL_MAX;
    ck_assert(!fill_is_valid(&f));
    f = good;
    f.quantity = 0;
    ck_assert(!fill_is_valid(&f));
    f.quantity = -1;
    ck_assert(!fill_is_valid(&f));
    f.quantity = DBL_MAX;
    ck_assert(!fill_is_valid(&f));
    f.quantity = PRICE_UNSET;
    ck_assert(!fill_is_valid(&f));
    f = good;
    f.side = SIDE_NONE;
    ck_assert(!fill_is_valid(&f));
    f = good;
    f.symbol[0] = '\0';
    ck_assert(!fill_is_valid(&f));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fill");
    TCase *t = tcase_create("fill");
    tcase_add_test(t, the_execution_id_identifies_a_fill);
    tcase_add_test(t, without_one_the_order_and_its_cumulative_quantity_do);
    tcase_add_test(t, with_neither_a_fill_cannot_be_identified);
    tcase_add_test(t, the_longest_names_fit_whole_into_the_key);
    tcase_add_test(t, quantities_are_written_without_needless_zeros);
    tcase_add_test(t, a_fill_needs_a_price_a_quantity_a_side_and_a_symbol);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
