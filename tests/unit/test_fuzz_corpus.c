/* The corpus of the fuzz targets, each file through its target, without a fuzzer. */
#include "support/test.h"

#include <dirent.h>
#include <stdio.h>

/* Each finding names the file that led to it. */
static const char *input;
#define FUZZ_FAIL(...) (fprintf(stderr, "%s: ", input), fprintf(stderr, __VA_ARGS__), ck_abort())

#define LLVMFuzzerTestOneInput fuzz_binary
#include "fuzz/fuzz_binary.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_binary_vls
#include "fuzz/fuzz_binary_vls.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_framing
#include "fuzz/fuzz_framing.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_json
#include "fuzz/fuzz_json.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_protobuf
#include "fuzz/fuzz_protobuf.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_scan
#include "fuzz/fuzz_scan.c"
#undef LLVMFuzzerTestOneInput
#define LLVMFuzzerTestOneInput fuzz_session
#include "fuzz/fuzz_session.c"
#undef LLVMFuzzerTestOneInput

static const struct target {
    const char *name;
    int (*run)(const uint8_t *data, size_t size);
} targets[] = {
    {"binary", fuzz_binary},   {"binary_vls", fuzz_binary_vls}, {"framing", fuzz_framing},
    {"json", fuzz_json},       {"protobuf", fuzz_protobuf},     {"scan", fuzz_scan},
    {"session", fuzz_session},
};
enum { TARGETS = sizeof targets / sizeof *targets, FILE_MAX = 1 << 16 };

static void replay(const struct target *target, const char *path)
{
    static char room[FILE_MAX];
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "cannot read %s", path);
    size_t size = fread(room, 1, sizeof room, file);
    fclose(file);
    ck_assert_uint_lt(size, sizeof room);
    char *data = fuzz_copy(room, size);
    input = path;
    target->run((const uint8_t *)data, size);
    free(data);
}

START_TEST(every_file_of_the_corpus_passes_its_target)
{
    const struct target *target = &targets[_i];
    char path[1024];
    size_t files = 0;
    snprintf(path, sizeof path, SOURCE_DIR "/tests/fuzz/corpus/%s", target->name);
    DIR *directory = opendir(path);
    ck_assert_msg(directory != NULL, "cannot read %s", path);
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory)) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, SOURCE_DIR "/tests/fuzz/corpus/%s/%s", target->name,
                 entry->d_name);
        replay(target, path);
        files++;
    }
    closedir(directory);
    ck_assert_uint_gt(files, 0);
}
END_TEST

START_TEST(every_fuzz_target_is_replayed)
{
    DIR *directory = opendir(SOURCE_DIR "/tests/fuzz/corpus");
    ck_assert_ptr_nonnull(directory);
    size_t found = 0;
    for (const struct dirent *entry = readdir(directory); entry; entry = readdir(directory))
        found += entry->d_name[0] != '.';
    closedir(directory);
    ck_assert_uint_eq(found, TARGETS);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("fuzz corpus");
    TCase *t = tcase_create("replay");
    tcase_add_loop_test(t, every_file_of_the_corpus_passes_its_target, 0, TARGETS);
    tcase_add_test(t, every_fuzz_target_is_replayed);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
