#include "base/address.h"

#include "support/test.h"

#include <string.h>

START_TEST(an_address_is_a_host_with_or_without_a_port)
{
    static const struct {
        const char *text;
        int port; /* given beside it */
        const char *host;
        int expected;
        const char *written;
    } rows[] = {
        {"trading.example", 11099, "trading.example", 11099, "trading.example:11099"},
        {"trading.example:1", 11099, "trading.example", 1, "trading.example:1"},
        {"10.0.0.1:65535", 0, "10.0.0.1", 65535, "10.0.0.1:65535"},
        {"[::1]:4000", 0, "::1", 4000, "[::1]:4000"},
        {"[::1]", 11099, "::1", 11099, "[::1]:11099"},
        {"[fe80::1%eth0]:7", 0, "fe80::1%eth0", 7, "[fe80::1%eth0]:7"},
        {"::1", 11099, "::1", 11099, "[::1]:11099"},
        {"2001:db8::1", 11099, "2001:db8::1", 11099, "[2001:db8::1]:11099"},
        {"h:00080", 0, "h", 80, "h:80"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address a;
        struct error error;
        char text[300];
        ck_assert_msg(address_parse(rows[i].text, rows[i].port, &a, &error), "%s", error.text);
        ck_assert_str_eq(a.host, rows[i].host);
        ck_assert_int_eq(a.port, rows[i].expected);
        ck_assert_str_eq(address_format(&a, text, sizeof text), rows[i].written);
    }
}
END_TEST

START_TEST(what_is_no_address_is_refused_with_what_is_wrong)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"", "\"\" is no address"},
        {"host", "a number from 1 to 65535"}, /* and no port beside it */
        {"host:", "a number from 1 to 65535"},
        {":1", "write host"},
        {"h:0", "a number from 1 to 65535"},
        {"h:x", "a number from 1 to 65535"},
        {"h:1x", "a number from 1 to 65535"},
        {"h:+1", "a number from 1 to 65535"},
        {"h: 1", "a number from 1 to 65535"},
        {"h:65536", "a number from 1 to 65535"},
        {"h:-1", "a number from 1 to 65535"},
        {"h:18446744073709551617", "a number from 1 to 65535"},
        {":", "write host"},
        {"h:1:2:", "a number from 1 to 65535"},
        {"::1", "a number from 1 to 65535"}, /* no port: all of it is the address */
        {"[::1", "brackets stand around"},
        {"[host]:1", "brackets stand around"},
        {"[]:1", "brackets stand around"},
        {"[::1]x1", "a number from 1 to 65535"},
        {"two words:1", "write host"},
        {"http://h:1", "a number from 1 to 65535"},
        {"h/x:1", "write host"},
        {"\033[2J:1", "\"?[2J:1\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address a;
        struct error error;
        ck_assert_msg(!address_parse(rows[i].text, 0, &a, &error), "%s", rows[i].text);
        ck_assert_int_eq(error.code, ERROR_USAGE);
        ck_assert_msg(strstr(error.text, rows[i].says) != NULL, "%s", error.text);
    }
    struct address a;
    char longest[300];
    memset(longest, 'a', sizeof longest);
    longest[255] = '\0';
    ck_assert(address_parse(longest, 1, &a, NULL));
    longest[255] = 'a';
    longest[256] = '\0';
    ck_assert(!address_parse(longest, 1, &a, NULL));
}
END_TEST

START_TEST(a_list_keeps_its_order)
{
    struct address list[3];
    struct error error;
    ck_assert_uint_eq(address_parse_list(" a,b:11098 ,\t[::1]:11099 ", 5, list, 3, &error), 3);
    ck_assert_str_eq(list[0].host, "a");
    ck_assert_int_eq(list[0].port, 5);
    ck_assert_str_eq(list[1].host, "b");
    ck_assert_int_eq(list[1].port, 11098);
    ck_assert_str_eq(list[2].host, "::1");
    ck_assert_int_eq(list[2].port, 11099);
    ck_assert_uint_eq(address_parse_list("a", 5, list, 3, &error), 1);
}
END_TEST

START_TEST(one_mistake_refuses_the_whole_list)
{
    static const struct {
        const char *text, *says;
    } rows[] = {{"", "\"\" is no address"},     {"a,", "\"\" is no address"},
                {"a,,b", "\"\" is no address"}, {"a,b:x,c", "\"b:x\" is no address"},
                {"a,b,c,d", "more than 3"},     {"a b", "\"a b\" is no address"}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct address list[3];
        struct error error;
        ck_assert_uint_eq(address_parse_list(rows[i].text, 5, list, 3, &error), 0);
        ck_assert_msg(strstr(error.text, rows[i].says) != NULL, "%s", error.text);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("address");
    TCase *t = tcase_create("address");
    tcase_add_test(t, an_address_is_a_host_with_or_without_a_port);
    tcase_add_test(t, what_is_no_address_is_refused_with_what_is_wrong);
    tcase_add_test(t, a_list_keeps_its_order);
    tcase_add_test(t, one_mistake_refuses_the_whole_list);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
