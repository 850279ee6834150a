#include "trade/change.h"
#include "trade/mode.h"

#include "support/test.h"

#include <string.h>

START_TEST(the_mode_follows_from_the_account_name)
{
    static const struct {
        const char *account;
        enum mode mode;
    } rows[] = {
        {"Sim1", MODE_SIM},      {"sim", MODE_SIM},        {"SIMULATED", MODE_SIM},
        {"sIm-2", MODE_SIM},     {"120005", MODE_LIVE},    {"0", MODE_LIVE},
        {"", MODE_DEBUG},        {"APX-1234", MODE_DEBUG}, {"1200O5", MODE_DEBUG},
        {"12 3", MODE_DEBUG},    {"si", MODE_DEBUG},       {" Sim1", MODE_DEBUG},
        {"-120005", MODE_DEBUG}, {"mysim", MODE_DEBUG},
    };
    for (size_t n = 0; n < sizeof rows / sizeof rows[0]; n++)
        ck_assert_msg(mode_of_account(rows[n].account) == rows[n].mode, "%s", rows[n].account);
}
END_TEST

START_TEST(every_mode_name_reads_back_in_any_case)
{
    static const char *const names[] = {"SIM", "LIVE", "DEBUG"};
    for (int m = MODE_SIM; m <= MODE_DEBUG; m++) {
        enum mode read = (enum mode)(m == MODE_SIM ? MODE_DEBUG : MODE_SIM);
        ck_assert_str_eq(mode_name((enum mode)m), names[m]);
        ck_assert(mode_parse(names[m], &read));
        ck_assert_int_eq(read, m);
    }
    enum mode mode = MODE_SIM;
    ck_assert(mode_parse("lIvE", &mode));
    ck_assert_int_eq(mode, MODE_LIVE);
}
END_TEST

START_TEST(other_names_are_no_modes_and_change_nothing)
{
    enum mode mode = MODE_LIVE;
    ck_assert(!mode_parse("", &mode));
    ck_assert(!mode_parse("SIMS", &mode));
    ck_assert(!mode_parse("DEB", &mode));
    ck_assert_int_eq(mode, MODE_LIVE);
}
END_TEST

START_TEST(keys_are_equal_only_in_mode_and_account)
{
    struct account_key a = {MODE_SIM, "Sim1"}, b = {MODE_SIM, "Sim1"};
    ck_assert(account_key_equal(&a, &b));
    b.mode = MODE_LIVE;
    ck_assert(!account_key_equal(&a, &b));
    b = (struct account_key){MODE_SIM, "sim1"};
    ck_assert(!account_key_equal(&a, &b));
}
END_TEST

START_TEST(every_kind_of_change_has_its_own_name)
{
    for (int a = CHANGE_OPEN; a <= CHANGE_ORDER; a++) {
        ck_assert_str_ne(change_kind_name((enum change_kind)a), "?");
        for (int b = CHANGE_OPEN; b < a; b++)
            ck_assert_str_ne(change_kind_name((enum change_kind)a),
                             change_kind_name((enum change_kind)b));
    }
    ck_assert_str_eq(change_kind_name(CHANGE_REVERSE), "reverse");
    ck_assert_str_eq(change_kind_name((enum change_kind)(CHANGE_FACT + 1)), "?");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("mode");
    TCase *t = tcase_create("mode");
    tcase_add_test(t, the_mode_follows_from_the_account_name);
    tcase_add_test(t, every_mode_name_reads_back_in_any_case);
    tcase_add_test(t, other_names_are_no_modes_and_change_nothing);
    tcase_add_test(t, keys_are_equal_only_in_mode_and_account);
    tcase_add_test(t, every_kind_of_change_has_its_own_name);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
