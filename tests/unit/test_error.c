#include "base/error.h"
#include "base/memory.h"

#include "support/test.h"

#include <signal.h>
#include <stdint.h>
#include <string.h>

START_TEST(setting_an_error_is_a_failure_with_code_and_sentence)
{
    struct error error = {0};
    ck_assert(!error_set(&error, ERROR_BUSY, "held by %d", 42));
    ck_assert_int_eq(error.code, ERROR_BUSY);
    ck_assert_str_eq(error.text, "held by 42");
}
END_TEST

START_TEST(a_caller_that_wants_no_sentence_still_gets_false)
{
    ck_assert(!error_set(NULL, ERROR_SYSTEM, "%s", "lost"));
}
END_TEST

START_TEST(a_long_sentence_is_cut_at_a_whole_character)
{
    struct error error = {0};
    char text[400];
    memset(text, 'a', sizeof text);
    /* The last byte that fits is 318; an é that starts there needs one more. */
    memcpy(text + 318, "\xC3\xA9", 3);
    error_set(&error, ERROR_USAGE, "%s", text);
    ck_assert_uint_eq(strlen(error.text), 318);
    memmove(text + 317, "\xC3\xA9", 3);
    error_set(&error, ERROR_USAGE, "%s", text);
    ck_assert_uint_eq(strlen(error.text), 319);
}
END_TEST

START_TEST(new_memory_is_zeroed_and_keeps_its_content_when_resized)
{
    int *numbers = memory_new(4, sizeof *numbers);
    for (size_t i = 0; i < 4; i++)
        ck_assert_int_eq(numbers[i], 0);
    numbers[3] = 7;
    numbers = memory_resize(numbers, 4096, sizeof *numbers);
    ck_assert_int_eq(numbers[3], 7);
    free(numbers);
}
END_TEST

START_TEST(memory_of_no_size_is_still_memory)
{
    void *none = memory_new(0, 8);
    ck_assert_ptr_nonnull(none);
    none = memory_resize(none, 0, 8);
    ck_assert_ptr_nonnull(none);
    free(none);
}
END_TEST

START_TEST(a_size_that_overflows_ends_the_process)
{
    volatile size_t huge = SIZE_MAX / 2;
    free(memory_resize(NULL, huge, 3));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("error");
    TCase *t = tcase_create("error");
    tcase_add_test(t, setting_an_error_is_a_failure_with_code_and_sentence);
    tcase_add_test(t, a_caller_that_wants_no_sentence_still_gets_false);
    tcase_add_test(t, a_long_sentence_is_cut_at_a_whole_character);
    tcase_add_test(t, new_memory_is_zeroed_and_keeps_its_content_when_resized);
    tcase_add_test(t, memory_of_no_size_is_still_memory);
    tcase_add_test_raise_signal(t, a_size_that_overflows_ends_the_process, SIGABRT);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
