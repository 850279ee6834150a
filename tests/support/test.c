#include "support/test.h"

#include <ftw.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int test_run(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    bool passed = srunner_ntests_run(runner) > 0 && srunner_ntests_failed(runner) == 0;
    srunner_free(runner);
    return passed ? EXIT_SUCCESS : EXIT_FAILURE;
}

void test_directory_make(char *path, size_t size)
{
    const char *base = getenv("TMPDIR");
    int length = snprintf(path, size, "%s/sortie-test-XXXXXX",
                          base == NULL || *base == '\0' ? "/tmp" : base);
    ck_assert(length > 0 && (size_t)length < size);
    ck_assert_ptr_nonnull(mkdtemp(path));
}

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

void test_directory_remove(const char *path)
{
    ck_assert_ptr_nonnull(strstr(path, "sortie-test-"));
    ck_assert_int_eq(nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

void test_file_write(const char *path, const char *text, mode_t mode)
{
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    ck_assert_int_eq(fclose(file), 0);
    ck_assert_int_eq(chmod(path, mode), 0);
}

char *test_file_read(const char *path)
{
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    char *text = NULL;
    size_t used = 0, got = 0;
    do {
        text = realloc(text, used + 4096 + 1);
        ck_assert_ptr_nonnull(text);
        got = fread(text + used, 1, 4096, file);
        used += got;
    } while (got > 0);
    text[used] = '\0';
    ck_assert_int_eq(fclose(file), 0);
    return text;
}
