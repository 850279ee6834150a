#include "base/text.h"

#include "support/test.h"

#include <stdint.h>
#include <string.h>

START_TEST(a_copy_that_fits_is_whole)
{
    char target[4];
    ck_assert(text_copy(target, sizeof target, "abc"));
    ck_assert_str_eq(target, "abc");
}
END_TEST

START_TEST(a_copy_is_cut_at_a_whole_character)
{
    static const struct {
        const char *source;
        size_t size;
        const char *expected;
    } rows[] = {
        {"abcd", 4, "abc"},
        {"a\xC3\xA9z", 3, "a"},         /* é would need one byte more */
        {"a\xC3\xA9z", 4, "a\xC3\xA9"}, /* é just fits */
        {"\xE2\x82\xAC\xE2\x82\xAC", 6, "\xE2\x82\xAC"},
        {"\xF0\x9F\x98\x80", 4, ""},
        {"\x80\x80\x80\x80\x80", 4, "\x80\x80\x80"}, /* not UTF-8: cut at the byte */
        {"a", 1, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char target[8];
        ck_assert(!text_copy(target, rows[i].size, rows[i].source));
        ck_assert_str_eq(target, rows[i].expected);
    }
}
END_TEST

START_TEST(nothing_is_written_to_a_target_of_no_size)
{
    char target = 'x';
    ck_assert(!text_copy(&target, 0, "abc"));
    text_clean(&target, 0, "abc", 3);
    ck_assert_uint_eq(text_format(&target, 0, "%d", 5), 0);
    ck_assert_int_eq(target, 'x');
}
END_TEST

START_TEST(harmful_bytes_and_characters_become_question_marks)
{
    static const struct {
        const char *source, *expected;
    } rows[] = {
        {"plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80",
         "plain \xC3\xA9 \xE2\x82\xAC \xF0\x9F\x98\x80"},
        {"\x1B[2J", "?[2J"},
        {"a\nb\tc\rd\x7F", "a?b?c?d?"},
        {"\xC2\x9B"
         "2J",
         "?2J"},                            /* C1: a CSI in one character */
        {"\x9B", "?"},                      /* ... and as a bare byte */
        {"\xC2\xA0", "\xC2\xA0"},           /* the first after C1 stays */
        {"\xE2\x80\x8A", "\xE2\x80\x8A"},   /* U+200A stays */
        {"\xE2\x80\x8B\xE2\x80\x8F", "??"}, /* U+200B, U+200F */
        {"\xE2\x80\x90", "\xE2\x80\x90"},   /* U+2010 stays */
        {"\xE2\x80\xA8\xE2\x80\xAE", "??"}, /* U+2028, U+202E */
        {"\xE2\x81\xA0\xE2\x81\xA9", "??"}, /* U+2060, U+2069 */
        {"\xEF\xBB\xBF"
         "x",
         "?x"},                                   /* U+FEFF */
        {"\xC0\xAF", "??"},                       /* overlong "/" */
        {"\xE0\x80\xAF", "???"},                  /* overlong of three */
        {"\xED\xA0\x80", "???"},                  /* a surrogate */
        {"\xF4\x8F\xBF\xBF", "\xF4\x8F\xBF\xBF"}, /* U+10FFFF, the last */
        {"\xF4\x90\x80\x80", "????"},             /* beyond it */
        {"\xFF\xFE", "??"},
        {"\xE2\x82", "??"}, /* ends within a character */
        {"\xE2"
         "a",
         "?a"},
        {"", ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char target[64];
        text_clean(target, sizeof target, rows[i].source, strlen(rows[i].source));
        ck_assert_msg(strcmp(target, rows[i].expected) == 0, "row %zu: %s", i, target);
    }
}
END_TEST

START_TEST(cleaning_stops_at_the_length_the_null_and_the_target)
{
    char target[5];
    text_clean(target, sizeof target, "abc", 2);
    ck_assert_str_eq(target, "ab");
    text_clean(target, sizeof target, "a\0b", 3);
    ck_assert_str_eq(target, "a");
    text_clean(target, sizeof target, "abcdef", 6);
    ck_assert_str_eq(target, "abcd");
    text_clean(target, sizeof target, "abc\xC3\xA9", 5);
    ck_assert_str_eq(target, "abc");
}
END_TEST

/* Bytes of all kinds from a fixed generator: what comes out is terminated, fits, is free of control
 * bytes, and cleaning it again changes nothing. */
START_TEST(whatever_comes_in_what_goes_out_is_clean)
{
    uint32_t random = 12345;
    for (int round = 0; round < 20000; round++) {
        char source[24], target[16], again[16];
        for (size_t i = 0; i < sizeof source; i++) {
            random = random * 1664525U + 1013904223U;
            uint32_t pick = random >> 24;
            /* Lead and continuation bytes more often than chance would have them. */
            source[i] = (char)(random & 0x800 ? pick : pick | 0x80);
        }
        memset(target, 0x7F, sizeof target);
        text_clean(target, sizeof target, source, sizeof source);
        ck_assert_ptr_nonnull(memchr(target, '\0', sizeof target));
        for (const char *c = target; *c != '\0'; c++)
            ck_assert((unsigned char)*c >= 0x20 && *c != 0x7F);
        text_clean(again, sizeof again, target, sizeof target);
        ck_assert_str_eq(again, target);
    }
}
END_TEST

START_TEST(formatting_is_cut_at_a_whole_character_and_counts_what_it_wrote)
{
    char target[6];
    ck_assert_uint_eq(text_format(target, sizeof target, "%d", 123), 3);
    ck_assert_str_eq(target, "123");
    ck_assert_uint_eq(text_format(target, sizeof target, "%s", "1234\xC3\xA9"), 4);
    ck_assert_str_eq(target, "1234");
    ck_assert_uint_eq(text_format(target, sizeof target, "%s", "123456789"), 5);
}
END_TEST

START_TEST(comparison_ignores_case_of_ascii_only)
{
    ck_assert(text_equal_nocase("Sim1", "sIM1"));
    ck_assert(text_equal_nocase("", ""));
    ck_assert(!text_equal_nocase("sim", "sim1"));
    ck_assert(!text_equal_nocase("sim1", "sim"));
    ck_assert(!text_equal_nocase("\xC3\x89", "\xC3\xA9"));
    ck_assert(!text_equal_nocase("@", "`")); /* 0x20 apart, yet no letters */
}
END_TEST

START_TEST(bytes_are_copied_up_to_their_length_or_null_byte)
{
    char target[6];
    ck_assert(text_copy_bytes(target, sizeof target, "abcdef", 3));
    ck_assert_str_eq(target, "abc");
    ck_assert(text_copy_bytes(target, sizeof target, "ab\0cd", 5));
    ck_assert_str_eq(target, "ab");
    ck_assert(!text_copy_bytes(target, sizeof target, "abcdefgh", 8));
    ck_assert_str_eq(target, "abcde");
    ck_assert(!text_copy_bytes(target, sizeof target, "abcd\xC3\xA9", 6));
    ck_assert_str_eq(target, "abcd");
    ck_assert(!text_copy_bytes(target, 0, "a", 1));
}
END_TEST

START_TEST(bytes_that_are_not_utf8_are_repaired_one_by_one)
{
    char text[] = "a\xC3\xA9\xFF"
                  "b\xE2\x82"
                  "c\xED\xA0\x80\n\xF0\x9F\x92\xB6\xC3";
    text_repair(text, strlen(text));
    ck_assert_str_eq(text, "a\xC3\xA9?b??c???\n\xF0\x9F\x92\xB6?");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("text");
    TCase *t = tcase_create("text");
    tcase_add_test(t, a_copy_that_fits_is_whole);
    tcase_add_test(t, a_copy_is_cut_at_a_whole_character);
    tcase_add_test(t, nothing_is_written_to_a_target_of_no_size);
    tcase_add_test(t, harmful_bytes_and_characters_become_question_marks);
    tcase_add_test(t, cleaning_stops_at_the_length_the_null_and_the_target);
    tcase_add_test(t, whatever_comes_in_what_goes_out_is_clean);
    tcase_add_test(t, formatting_is_cut_at_a_whole_character_and_counts_what_it_wrote);
    tcase_add_test(t, comparison_ignores_case_of_ascii_only);
    tcase_add_test(t, bytes_are_copied_up_to_their_length_or_null_byte);
    tcase_add_test(t, bytes_that_are_not_utf8_are_repaired_one_by_one);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
