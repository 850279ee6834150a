#include "trade/instrument.h"
#include "trade/money.h"

#include "support/test.h"

#include <float.h>
#include <string.h>

static struct instrument instrument_with(double tick, double point_value, int32_t format)
{
    struct instrument i;
    instrument_init(&i, "MESZ5");
    i.tick = tick;
    i.point_value = point_value;
    i.price_format = format;
    return i;
}

START_TEST(a_price_is_set_when_finite_and_not_the_wires_unset)
{
    ck_assert(price_is_set(0));
    ck_assert(price_is_set(-37.63));
    ck_assert(!price_is_set(PRICE_UNSET));
    ck_assert(!price_is_set((double)INFINITY));
    ck_assert(!price_is_set(DBL_MAX));
    ck_assert(!price_is_set((double)FLT_MAX));
}
END_TEST

START_TEST(the_root_is_what_the_product_is_called)
{
    static const struct {
        const char *symbol, *root;
    } rows[] = {
        {"MESZ25_FUT_CME", "MES"},
        {"F.US.MESZ25", "MES"},
        {"MESZ5", "MES"},
        {"ESM20_FUT_CME", "ES"},
        {"M2KZ25_FUT_CME", "M2K"},
        {"6EZ25", "6E"},
        {"M2KH6", "M2K"},
        {"ESZ2025", "ES"},
        {"AAPL", "AAPL"},
        {"BTCUSD", "BTCUSD"},
        {"BRK.B", "BRK.B"},
        {"F.US.", "F.US."},
        {"Z5", "Z5"},
        {"M2K", "M2K"},
        {"ESA25", "ESA25"},
        {"ESZ255", "ESZ255"},
        {"", ""},
        {"_FUT", "_FUT"},
        {".", "."},
        {"5", "5"},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        char root[16];
        instrument_root(rows[n].symbol, root, sizeof root);
        ck_assert_str_eq(root, rows[n].root);
    }
}
END_TEST

START_TEST(a_root_never_passes_its_room)
{
    char symbol[4096], root[16];
    memset(symbol, 'A', sizeof symbol - 1);
    symbol[sizeof symbol - 1] = '\0';
    instrument_root(symbol, root, sizeof root);
    ck_assert_str_eq(root, "AAAAAAAAAAAAAAA");
    memset(symbol, '7', sizeof symbol - 1);
    instrument_root(symbol, root, sizeof root);
    ck_assert_str_eq(root, "777777777777777");

    char small[2] = "x";
    instrument_root("MESZ5", small, sizeof small);
    ck_assert_str_eq(small, "M");
    small[0] = 'x';
    instrument_root("MESZ5", small, 0);
    ck_assert_str_eq(small, "x");
}
END_TEST

START_TEST(a_new_instrument_knows_its_root_and_nothing_else)
{
    struct instrument i;
    instrument_init(&i, "MESZ25_FUT_CME");
    ck_assert_str_eq(i.symbol, "MESZ25_FUT_CME");
    ck_assert_str_eq(i.root, "MES");
    ck_assert_double_eq(i.display_multiplier, 1);
    ck_assert_double_eq(i.tick, 0);
    ck_assert_double_eq(i.point_value, 0);
    ck_assert_int_eq(i.price_format, PRICE_FORMAT_UNSET);
}
END_TEST

START_TEST(floats_become_the_decimals_they_stand_for)
{
    ck_assert_double_eq(instrument_decimal(0.1F), 0.1);
    ck_assert_double_eq(instrument_decimal(0.25F), 0.25);
    ck_assert_double_eq(instrument_decimal(12.5F), 12.5);
    ck_assert_double_eq(instrument_decimal(0.00005F), 0.00005);
    ck_assert_double_eq(instrument_decimal(0.015625F), 0.015625);
    ck_assert_double_eq(instrument_decimal(0.0078125F), 0.0078125);
    ck_assert_double_eq(instrument_decimal(0), 0);
    ck_assert_double_eq(instrument_multiplier(0.009999999776482582F), 0.01);
    ck_assert_double_eq(instrument_multiplier(1), 1);
    ck_assert_double_eq(instrument_multiplier(100), 100);
}
END_TEST

START_TEST(a_multiplier_that_says_nothing_is_one)
{
    ck_assert_double_eq(instrument_multiplier(0), 1);
    ck_assert_double_eq(instrument_multiplier(-0.01F), 1);
    ck_assert_double_eq(instrument_multiplier(FLT_MAX), 1);
    ck_assert_double_eq(instrument_multiplier((float)NAN), 1);
    ck_assert_double_eq(instrument_multiplier((float)INFINITY), 1);
}
END_TEST

START_TEST(prices_round_to_the_nearest_tick)
{
    struct instrument i = instrument_with(0.25, 5, 2);
    ck_assert_double_eq(instrument_round(&i, 5050.3), 5050.25);
    ck_assert_double_eq(instrument_round(&i, -0.13), -0.25);
    i.tick = 0.1;
    ck_assert_double_eq(instrument_round(&i, 50501 * 0.1), 5050.1);
    i.tick = 5;
    ck_assert_double_eq(instrument_round(&i, 102.4), 100);
    i.tick = 0;
    ck_assert_double_eq(instrument_round(&i, 5050.3), 5050.3);
}
END_TEST

START_TEST(differences_are_counted_in_whole_ticks)
{
    struct instrument i = instrument_with(0.1, 10, 1);
    ck_assert_int_eq(instrument_ticks(&i, 2000.3, 2000.0), 3);
    ck_assert_int_eq(instrument_ticks(&i, 2000.0, 2000.3), -3);
    ck_assert_int_eq(instrument_ticks(&i, 1e38, 0), INT64_MAX);
    ck_assert_int_eq(instrument_ticks(&i, PRICE_UNSET, 0), 0);
    i.tick = 0;
    ck_assert_int_eq(instrument_ticks(&i, 2000.3, 2000.0), 0);
}
END_TEST

START_TEST(points_become_money_by_the_point_value_and_stay_points_without_one)
{
    struct instrument i = instrument_with(0.1, 50, 1);
    ck_assert_int_eq(instrument_money(&i, 5050.1 - 5050, 3), 15 * MONEY_ONE);
    ck_assert_int_eq(instrument_money(&i, -1.25, 0.5), -31250000);
    i.point_value = 0;
    ck_assert_int_eq(instrument_money(&i, 1.75, 2), 3500000);
    ck_assert_int_eq(instrument_money(&i, PRICE_UNSET, 2), MONEY_UNSET);
}
END_TEST

static const char *shown(const struct instrument *i, double price)
{
    static char text[64];
    size_t length = instrument_format_price(i, price, text, sizeof text);
    ck_assert_uint_eq(length, strlen(text));
    return text;
}

START_TEST(prices_are_shown_with_the_formats_decimals)
{
    struct instrument i = instrument_with(0.25, 5, 2);
    ck_assert_str_eq(shown(&i, 5050.25), "5050.25");
    ck_assert_str_eq(shown(&i, 1234567.5), "1234567.50");
    ck_assert_str_eq(shown(&i, -37.63), "-37.63");
    ck_assert_str_eq(shown(&i, -0.001), "0.00");
    ck_assert_str_eq(shown(&i, 9.999), "10.00");
    ck_assert_str_eq(shown(&i, PRICE_UNSET), "-");
    ck_assert_str_eq(shown(&i, DBL_MAX), "-");
    i.price_format = 0;
    ck_assert_str_eq(shown(&i, 44850), "44850");
    i.price_format = 9;
    ck_assert_str_eq(shown(&i, 1.000000001), "1.000000001");
}
END_TEST

START_TEST(fractions_show_the_numerator_in_the_digits_it_needs)
{
    static const struct {
        int32_t format;
        double price;
        const char *expected;
    } rows[] = {
        {102, 7.5, "7'1"},
        {104, 7.75, "7'3"},
        {108, 562.5, "562'4"},
        {116, 7.0625, "7'01"},
        {132, 112.5, "112'16"},
        {132, 112.25, "112'08"},
        {164, 112.984375, "112'63"},
        {228, 112.125, "112'016"},
        {356, 112.99609375, "112'255"},
        {134, 112.515625, "112'16.5"},
        {134, 112.5, "112'16.0"},
        {136, 112.5078125, "112'16.25"},
        {136, 112.5234375, "112'16.75"},
        {140, 112.50390625, "112'16.125"},
        {140, 112.52734375, "112'16.875"},
        {132, -0.5, "-0'16"},
        {132, 111.999, "112'00"},
        {134, 111.999, "112'00.0"},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct instrument i = instrument_with(0, 0, rows[n].format);
        ck_assert_str_eq(shown(&i, rows[n].price), rows[n].expected);
    }
}
END_TEST

START_TEST(without_a_format_the_tick_gives_the_decimals)
{
    struct instrument i = instrument_with(0.25, 5, PRICE_FORMAT_UNSET);
    ck_assert_str_eq(shown(&i, 5050.5), "5050.50");
    i.tick = 1;
    ck_assert_str_eq(shown(&i, 44850), "44850");
    i.tick = (double)0.1F;
    ck_assert_str_eq(shown(&i, 2000.3), "2000.3");
    i.tick = 0.00005;
    ck_assert_str_eq(shown(&i, 1.0845), "1.08450");
    i.price_format = 77; /* no format of the protocol */
    ck_assert_str_eq(shown(&i, 1.0845), "1.08450");
}
END_TEST

START_TEST(with_neither_format_nor_tick_the_price_gives_the_decimals)
{
    struct instrument i = instrument_with(0, 0, PRICE_FORMAT_UNSET);
    ck_assert_str_eq(shown(&i, 5050), "5050.00");
    ck_assert_str_eq(shown(&i, 5050.25), "5050.25");
    ck_assert_str_eq(shown(&i, 1.08455), "1.08455");
    ck_assert_str_eq(shown(&i, 1.0 / 3), "0.333333");
    ck_assert_str_eq(shown(&i, 0), "0.00");
}
END_TEST

START_TEST(a_price_too_large_for_its_format_is_still_a_number)
{
    struct instrument i = instrument_with(0, 0, 9);
    ck_assert_str_eq(shown(&i, 1e20), "100000000000000000000");
    i.price_format = 356;
    ck_assert_str_eq(shown(&i, -1e20), "-100000000000000000000");
}
END_TEST

START_TEST(prices_are_read_in_the_format_in_which_they_are_shown)
{
    static const struct {
        int32_t format;
        const char *text;
        double price; /* NAN: refused */
    } rows[] = {
        {2, "5049.50", 5049.5},
        {2, "5049", 5049},
        {2, "-37.63", -37.63},
        {2, "0.1", 0.1},
        {2, "", NAN},
        {2, "-", NAN},
        {2, ".5", NAN},
        {2, "5.", NAN},
        {2, "18.3.1", NAN},
        {2, "1e5", NAN},
        {2, "0x10", NAN},
        {2, "nan", NAN},
        {2, "inf", NAN},
        {2, " 5", NAN},
        {2, "5 ", NAN},
        {2, "5,000", NAN},
        {2, "112'16", NAN}, /* it has no fractions */
        {-1, "112'16", NAN},
        {132, "112'16", 112.5},
        {132, "112'8", 112.25},
        {132, "112-08", 112.25},
        {132, "112.5", 112.5},
        {132, "112'32", NAN},
        {132, "112'016", NAN},
        {132, "112'16.5", NAN},
        {132, "112'", NAN},
        {132, "-0'08", -0.25},
        {132, "1'1'1", NAN},
        {134, "112'16.5", 112.515625},
        {134, "112'16", 112.5},
        {134, "112'16.25", NAN},
        {134, "112'16.", NAN},
        {136, "112'16.25", 112.5078125},
        {136, "112'16.5", 112.515625},
        {136, "112'16.3", NAN},
        {140, "112'31.875", 112.99609375},
        {140, "112'16.126", NAN},
        {108, "562'4", 562.5},
        {108, "562'8", NAN},
        {356, "99'255", 99.99609375},
        {2, "1234567890123456", NAN},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++) {
        struct instrument i;
        double price = -1;
        instrument_init(&i, "ZNZ6");
        i.price_format = rows[n].format;
        bool read = instrument_parse_price(&i, rows[n].text, &price);
        ck_assert_msg(read == !isnan(rows[n].price), "%s in format %d", rows[n].text,
                      rows[n].format);
        ck_assert_msg(!read || price == rows[n].price, "%s gives %.17g", rows[n].text, price);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("instrument");
    TCase *t = tcase_create("instrument");
    tcase_add_test(t, a_price_is_set_when_finite_and_not_the_wires_unset);
    tcase_add_test(t, the_root_is_what_the_product_is_called);
    tcase_add_test(t, a_root_never_passes_its_room);
    tcase_add_test(t, a_new_instrument_knows_its_root_and_nothing_else);
    tcase_add_test(t, floats_become_the_decimals_they_stand_for);
    tcase_add_test(t, a_multiplier_that_says_nothing_is_one);
    tcase_add_test(t, prices_round_to_the_nearest_tick);
    tcase_add_test(t, differences_are_counted_in_whole_ticks);
    tcase_add_test(t, points_become_money_by_the_point_value_and_stay_points_without_one);
    tcase_add_test(t, prices_are_shown_with_the_formats_decimals);
    tcase_add_test(t, fractions_show_the_numerator_in_the_digits_it_needs);
    tcase_add_test(t, without_a_format_the_tick_gives_the_decimals);
    tcase_add_test(t, with_neither_format_nor_tick_the_price_gives_the_decimals);
    tcase_add_test(t, a_price_too_large_for_its_format_is_still_a_number);
    tcase_add_test(t, prices_are_read_in_the_format_in_which_they_are_shown);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
