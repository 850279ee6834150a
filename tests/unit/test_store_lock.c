#include "store/lock.h"
#include "support/test.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char directory[256], path[300];

static void make_place(void)
{
    test_directory_make(directory, sizeof directory);
    snprintf(path, sizeof path, "%s/sortie.lock", directory);
}

static void remove_place(void)
{
    test_directory_remove(directory);
}

/* A process that holds the lock until it is killed; returns once it does. */
static pid_t fork_holder(void)
{
    int ready[2];
    char byte;
    ck_assert_int_eq(pipe(ready), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        if (lock_take(path, NULL) < 0 || write(ready[1], "!", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ready[1]);
    ck_assert_int_eq(read(ready[0], &byte, 1), 1);
    close(ready[0]);
    return child;
}

START_TEST(a_held_lock_is_refused_with_the_holders_pid)
{
    struct error error = {0};
    char words[64];
    pid_t holder = fork_holder();
    ck_assert_int_eq(lock_take(path, &error), -1);
    ck_assert_int_eq(error.code, ERROR_BUSY);
    snprintf(words, sizeof words, "process %ld,", (long)holder);
    ck_assert_msg(strstr(error.text, words) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "end it first"));
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}
END_TEST

START_TEST(the_lock_of_a_killed_process_is_free)
{
    pid_t holder = fork_holder();
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
    int lock = lock_take(path, NULL);
    ck_assert_int_ge(lock, 0);
    lock_release(lock);
}
END_TEST

START_TEST(a_released_lock_is_free_and_its_file_private)
{
    struct stat status;
    lock_release(lock_take(path, NULL));
    pid_t holder = fork_holder();
    ck_assert_int_eq(stat(path, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    kill(holder, SIGKILL);
    waitpid(holder, NULL, 0);
}
END_TEST

START_TEST(a_lock_file_that_cannot_be_made_is_named)
{
    struct error error = {0};
    ck_assert_int_eq(mkdir(path, 0700), 0);
    ck_assert_int_eq(lock_take(path, &error), -1);
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.text, path));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store lock");
    TCase *t = tcase_create("lock");
    tcase_add_checked_fixture(t, make_place, remove_place);
    tcase_add_test(t, a_held_lock_is_refused_with_the_holders_pid);
    tcase_add_test(t, the_lock_of_a_killed_process_is_free);
    tcase_add_test(t, a_released_lock_is_free_and_its_file_private);
    tcase_add_test(t, a_lock_file_that_cannot_be_made_is_named);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
