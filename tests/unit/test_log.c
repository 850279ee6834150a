#include "base/log.h"

#include "support/test.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[256], path[300], old[310];

static void setup(void)
{
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/sortie.log", directory);
    snprintf(old, sizeof old, "%s.1", path);
}

static void teardown(void)
{
    test_directory_remove(directory);
}

START_TEST(a_line_has_time_level_and_text)
{
    struct error error = {0};
    struct log *log = log_open(path, LOG_LEVEL_INFO, &error);
    ck_assert_msg(log != NULL, "%s", error.text);
    log_write(log, LOG_LEVEL_WARNING, "heat of %s: %d s", "MESZ5", 180);
    log_close(log);
    char *text = test_file_read(path);
    int year, month, day, hour, minute, second, ms, end = 0;
    ck_assert_int_eq(sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d.%3dZ warning heat of MESZ5: 180 s\n%n",
                            &year, &month, &day, &hour, &minute, &second, &ms, &end),
                     7);
    ck_assert_uint_eq((size_t)end, strlen(text));
    ck_assert_int_gt(year, 2024);
    free(text);
}
END_TEST

START_TEST(what_is_below_the_level_is_left_out)
{
    struct log *log = log_open(path, LOG_LEVEL_WARNING, NULL);
    log_write(log, LOG_LEVEL_INFO, "quiet");
    log_write(log, LOG_LEVEL_ERROR, "loud");
    log_close(log);
    char *text = test_file_read(path);
    ck_assert_ptr_null(strstr(text, "quiet"));
    ck_assert_ptr_nonnull(strstr(text, " error loud\n"));
    free(text);
}
END_TEST

START_TEST(text_from_outside_cannot_forge_a_line_or_reach_the_terminal)
{
    struct log *log = log_open(path, LOG_LEVEL_INFO, NULL);
    log_write(log, LOG_LEVEL_INFO, "%s", "a\nb\x1B[2J");
    log_close(log);
    char *text = test_file_read(path);
    ck_assert_ptr_nonnull(strstr(text, " info a?b?[2J\n"));
    ck_assert_ptr_eq(strchr(text, '\n'), text + strlen(text) - 1);
    free(text);
}
END_TEST

START_TEST(a_long_text_is_cut_and_its_line_still_ends)
{
    char big[4000];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    struct log *log = log_open(path, LOG_LEVEL_INFO, NULL);
    log_write(log, LOG_LEVEL_INFO, "%s", big);
    log_write(log, LOG_LEVEL_INFO, "next");
    log_close(log);
    char *text = test_file_read(path);
    ck_assert_ptr_nonnull(strstr(text, "xxx\n"));
    ck_assert_ptr_nonnull(strstr(text, " info next\n"));
    ck_assert_uint_lt(strlen(text), 1200);
    free(text);
}
END_TEST

START_TEST(the_file_is_for_its_owner_only_and_is_appended_to)
{
    test_file_write(path, "before\n", 0644);
    struct log *log = log_open(path, LOG_LEVEL_INFO, NULL);
    log_write(log, LOG_LEVEL_INFO, "after");
    log_close(log);
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    char *text = test_file_read(path);
    ck_assert_int_eq(strncmp(text, "before\n", 7), 0);
    ck_assert_ptr_nonnull(strstr(text, "after"));
    free(text);
}
END_TEST

START_TEST(a_file_over_8_mib_makes_room_for_a_new_one)
{
    struct stat status;
    test_file_write(path, "", 0600);
    ck_assert_int_eq(truncate(path, 8 * 1024 * 1024), 0);
    log_close(log_open(path, LOG_LEVEL_INFO, NULL));
    ck_assert_int_ne(access(old, F_OK), 0); /* exactly 8 MiB is not over */

    ck_assert_int_eq(truncate(path, 8 * 1024 * 1024 + 1), 0);
    log_close(log_open(path, LOG_LEVEL_INFO, NULL));
    ck_assert_int_eq(stat(old, &status), 0);
    ck_assert_int_eq(status.st_size, 8 * 1024 * 1024 + 1);
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_size, 0);
}
END_TEST

START_TEST(a_log_that_cannot_be_opened_says_where_and_why)
{
    struct error error = {0};
    snprintf(path, sizeof path, "%s/none/sortie.log", directory);
    ck_assert_ptr_null(log_open(path, LOG_LEVEL_INFO, &error));
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

START_TEST(a_line_that_cannot_be_written_is_dropped_and_errno_kept)
{
    /* Each test is a process of its own, so the limit ends with it. */
    struct rlimit none = {0, 0}, before;
    log_write(NULL, LOG_LEVEL_ERROR, "no log at all is dropped too");
    struct log *log = log_open(path, LOG_LEVEL_INFO, NULL);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    none.rlim_max = before.rlim_max;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &none), 0);
    errno = EAGAIN;
    log_write(log, LOG_LEVEL_ERROR, "dropped");
    int after = errno;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(after, EAGAIN);
    log_write(log, LOG_LEVEL_ERROR, "kept");
    log_close(log);
    char *text = test_file_read(path);
    ck_assert_ptr_null(strstr(text, "dropped"));
    ck_assert_ptr_nonnull(strstr(text, "kept"));
    free(text);
}
END_TEST

enum { THREADS = 8, LINES = 200 };

static void *write_lines(void *log)
{
    for (int i = 0; i < LINES; i++)
        log_write(log, LOG_LEVEL_INFO, "0123456789 0123456789");
    return NULL;
}

START_TEST(lines_of_many_threads_do_not_mix)
{
    pthread_t threads[THREADS];
    struct log *log = log_open(path, LOG_LEVEL_INFO, NULL);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, write_lines, log), 0);
    for (int i = 0; i < THREADS; i++)
        ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
    log_close(log);
    char *text = test_file_read(path);
    int lines = 0;
    for (char *line = strtok(text, "\n"); line != NULL; line = strtok(NULL, "\n"), lines++) {
        /* "2026-11-22T14:03:22.123Z" has 24 bytes */
        ck_assert_uint_gt(strlen(line), 24);
        ck_assert_str_eq(line + 24, " info 0123456789 0123456789");
    }
    ck_assert_int_eq(lines, THREADS * LINES);
    free(text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("log");
    TCase *t = tcase_create("log");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, a_line_has_time_level_and_text);
    tcase_add_test(t, what_is_below_the_level_is_left_out);
    tcase_add_test(t, text_from_outside_cannot_forge_a_line_or_reach_the_terminal);
    tcase_add_test(t, a_long_text_is_cut_and_its_line_still_ends);
    tcase_add_test(t, the_file_is_for_its_owner_only_and_is_appended_to);
    tcase_add_test(t, a_file_over_8_mib_makes_room_for_a_new_one);
    tcase_add_test(t, a_log_that_cannot_be_opened_says_where_and_why);
    tcase_add_test(t, a_line_that_cannot_be_written_is_dropped_and_errno_kept);
    tcase_add_test(t, lines_of_many_threads_do_not_mix);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
