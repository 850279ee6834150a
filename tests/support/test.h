/* What every test program needs: Check, its main(), and files that go away again. */
#ifndef SORTIE_TESTS_SUPPORT_TEST_H
#define SORTIE_TESTS_SUPPORT_TEST_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/types.h>

/* The last line of a test program; `suite` is its `static Suite *suite(void)`. */
#define TEST_MAIN(suite)                                                                           \
    int main(void)                                                                                 \
    {                                                                                              \
        return test_run(suite());                                                                  \
    }

/* Runs and frees the suite. Returns the exit status: failure also when nothing was run. */
int test_run(Suite *suite);

/* A new directory under $TMPDIR or /tmp; remove it with test_directory_remove(). */
void test_directory_make(char *path, size_t size);
/* Removes it with everything in it. */
void test_directory_remove(const char *path);

/* Writes `text` to the file, which gets exactly this mode. */
void test_file_write(const char *path, const char *text, mode_t mode);
/* The whole file, null-terminated; fails the test when it cannot be read. Free it. */
char *test_file_read(const char *path);

#endif
