#include "base/paths.h"

#include "base/config.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char directory[200], home[300];
static struct config config;

static void setup(void)
{
    test_directory_make(directory, sizeof directory);
    snprintf(home, sizeof home, "%s/home", directory);
    setenv("HOME", home, 1);
    unsetenv("XDG_DATA_HOME");
    unsetenv("XDG_STATE_HOME");
    unsetenv("XDG_CONFIG_HOME");
    unsetenv("XDG_RUNTIME_DIR");
    config_set_defaults(&config);
}

static void teardown(void)
{
    test_directory_remove(directory);
}

static void assert_below(const char *path, const char *expected)
{
    size_t length = strlen(directory);
    ck_assert_int_eq(strncmp(path, directory, length), 0);
    ck_assert_str_eq(path + length, expected);
}

static mode_t mode_of(const char *path)
{
    struct stat status;
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_mode & 0777;
}

START_TEST(without_any_variable_the_files_lie_below_home)
{
    struct paths p;
    struct error error = {0};
    ck_assert_msg(paths_prepare(&p, &config, &error), "%s", error.text);
    assert_below(p.data, "/home/.local/share/sortie");
    assert_below(p.database, "/home/.local/share/sortie/sortie.db");
    assert_below(p.lock, "/home/.local/share/sortie/sortie.lock");
    assert_below(p.log, "/home/.local/state/sortie/sortie.log");
    assert_below(p.spill, "/home/.local/state/sortie/spill.jsonl");
    assert_below(p.snapshot, "/home/.local/state/sortie/sortie.snap");
    ck_assert_uint_eq(mode_of(p.data), 0700);
    ck_assert(paths_prepare(&p, &config, &error)); /* the second start finds them */
}
END_TEST

START_TEST(xdg_variables_rule_and_relative_ones_do_not)
{
    struct paths p;
    char runtime[300], data[300], settings[300];
    snprintf(runtime, sizeof runtime, "%s/run", directory);
    snprintf(data, sizeof data, "%s/data", directory);
    setenv("XDG_RUNTIME_DIR", runtime, 1);
    setenv("XDG_DATA_HOME", data, 1);
    setenv("XDG_STATE_HOME", "relative", 1);
    ck_assert(paths_prepare(&p, &config, NULL));
    assert_below(p.database, "/data/sortie/sortie.db");
    assert_below(p.log, "/home/.local/state/sortie/sortie.log");
    assert_below(p.snapshot, "/run/sortie/sortie.snap");

    paths_settings_file(settings, sizeof settings);
    assert_below(settings, "/home/.config/sortie/sortie.ini");
    setenv("XDG_CONFIG_HOME", data, 1);
    paths_settings_file(settings, sizeof settings);
    assert_below(settings, "/data/sortie/sortie.ini");
    ck_assert(paths_demo_directory(settings, sizeof settings));
    assert_below(settings, "/data/sortie-demo");
    ck_assert(!paths_demo_directory(settings, 8));
}
END_TEST

START_TEST(an_unusable_runtime_directory_leaves_the_snapshot_beside_the_log)
{
    struct paths p;
    char file[300];
    snprintf(file, sizeof file, "%s/file", directory);
    test_file_write(file, "", 0600);
    setenv("XDG_RUNTIME_DIR", file, 1);
    ck_assert(paths_prepare(&p, &config, NULL));
    assert_below(p.snapshot, "/home/.local/state/sortie/sortie.snap");
}
END_TEST

START_TEST(a_data_directory_holds_everything)
{
    struct paths p;
    snprintf(config.data_dir, sizeof config.data_dir, "%s/a/b", directory);
    ck_assert(paths_prepare(&p, &config, NULL));
    assert_below(p.database, "/a/b/sortie.db");
    assert_below(p.lock, "/a/b/sortie.lock");
    assert_below(p.log, "/a/b/sortie.log");
    assert_below(p.spill, "/a/b/spill.jsonl");
    assert_below(p.snapshot, "/a/b/sortie.snap");
    ck_assert_uint_eq(mode_of(p.data), 0700);
    ck_assert_int_ne(access(home, F_OK), 0);
}
END_TEST

START_TEST(a_file_in_the_place_of_the_directory_is_an_error_that_names_it)
{
    struct paths p;
    struct error error = {0};
    snprintf(config.data_dir, sizeof config.data_dir, "%s/file", directory);
    test_file_write(config.data_dir, "", 0600);
    ck_assert(!paths_prepare(&p, &config, &error));
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.text, config.data_dir));
    ck_assert_ptr_nonnull(strstr(error.text, "--data-dir"));
}
END_TEST

START_TEST(without_home_there_is_a_sentence_and_no_settings_file)
{
    struct paths p;
    struct error error = {0};
    char settings[16] = "x";
    unsetenv("HOME");
    ck_assert(!paths_prepare(&p, &config, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "HOME"));
    paths_settings_file(settings, sizeof settings);
    ck_assert_str_eq(settings, "");
    ck_assert(!paths_demo_directory(settings, sizeof settings));
}
END_TEST

START_TEST(a_path_that_does_not_fit_is_refused_not_cut)
{
    struct paths p;
    struct error error = {0};
    char longer[600] = "/tmp/";
    memset(longer + 5, 'x', sizeof longer - 6);
    longer[sizeof longer - 1] = '\0';
    setenv("XDG_DATA_HOME", longer, 1);
    ck_assert(!paths_prepare(&p, &config, &error));
    ck_assert_int_eq(error.code, ERROR_USAGE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("paths");
    TCase *t = tcase_create("paths");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_add_test(t, without_any_variable_the_files_lie_below_home);
    tcase_add_test(t, xdg_variables_rule_and_relative_ones_do_not);
    tcase_add_test(t, an_unusable_runtime_directory_leaves_the_snapshot_beside_the_log);
    tcase_add_test(t, a_data_directory_holds_everything);
    tcase_add_test(t, a_file_in_the_place_of_the_directory_is_an_error_that_names_it);
    tcase_add_test(t, without_home_there_is_a_sentence_and_no_settings_file);
    tcase_add_test(t, a_path_that_does_not_fit_is_refused_not_cut);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
