#include "dtc/encoding.h"
#include "dtc/negotiation.h"
#include "dtc/session.h"

#include "support/test.h"

#include <stdio.h>

enum { ASKING = -2, NOTHING = -3 };

static int tried(const struct dtc_negotiation *n)
{
    return n->is_asking ? ASKING : n->encoding;
}

START_TEST(each_try_is_made_once_in_the_order_of_what_is_likely)
{
    static const struct {
        int wanted, known;
        enum dtc_dialect dialects[6]; /* met with each try */
        int tries[7];
    } rows[] = {
        {DTC_ENCODING_AUTO, -1, {0}, {ASKING, 2, 0, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_JSON}, {ASKING, 2, 0, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_BINARY}, {ASKING, 0, 2, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_BINARY_VLS}, {ASKING, 1, 2, 0, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_PROTOBUF}, {ASKING, 4, 2, 0, NOTHING}},
        {DTC_ENCODING_AUTO,
         -1,
         {DTC_DIALECT_PROTOBUF, DTC_DIALECT_BINARY, DTC_DIALECT_PROTOBUF},
         {ASKING, 4, 0, 2, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_UNKNOWN}, {ASKING, 2, 0, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_TLS}, {ASKING, NOTHING}},
        {DTC_ENCODING_AUTO, -1, {DTC_DIALECT_HTTP}, {ASKING, NOTHING}},
        {DTC_ENCODING_AUTO, 2, {0}, {2, ASKING, 0, NOTHING}},
        {DTC_ENCODING_AUTO, 2, {DTC_DIALECT_BINARY}, {2, 0, ASKING, NOTHING}},
        {DTC_ENCODING_AUTO, 1, {0}, {1, ASKING, 2, 0, NOTHING}},
        {DTC_JSON_ENCODING, -1, {DTC_DIALECT_BINARY}, {2, NOTHING}},
        {DTC_BINARY_ENCODING, 2, {DTC_DIALECT_JSON}, {0, NOTHING}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct dtc_negotiation n;
        dtc_negotiation_begin(&n, rows[i].wanted, rows[i].known);
        ck_assert_msg(tried(&n) == rows[i].tries[0], "row %zu", i);
        for (size_t k = 0; rows[i].tries[k] != NOTHING; k++) {
            bool more = dtc_negotiation_next(&n, (int)rows[i].dialects[k]);
            int expected = rows[i].tries[k + 1];
            ck_assert_msg(more == (expected != NOTHING), "row %zu, try %zu", i, k + 1);
            ck_assert_msg(!more || tried(&n) == expected, "row %zu, try %zu: %d", i, k + 1,
                          tried(&n));
        }
    }
}
END_TEST

START_TEST(what_was_tried_is_told)
{
    struct dtc_negotiation n;
    char text[160];
    dtc_negotiation_begin(&n, DTC_ENCODING_AUTO, DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS);
    const char *known = dtc_encoding_get(n.encoding)->title;
    ck_assert_str_eq(dtc_negotiation_tried(&n, text, sizeof text), known);
    dtc_negotiation_next(&n, DTC_DIALECT_UNTOLD);
    dtc_negotiation_next(&n, DTC_DIALECT_UNTOLD);
    char expected[160];
    snprintf(expected, sizeof expected, "asking for binary, JSON, %s", known);
    ck_assert_str_eq(dtc_negotiation_tried(&n, text, sizeof text), expected);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc negotiation");
    TCase *t = tcase_create("negotiation");
    tcase_add_test(t, each_try_is_made_once_in_the_order_of_what_is_likely);
    tcase_add_test(t, what_was_tried_is_told);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
