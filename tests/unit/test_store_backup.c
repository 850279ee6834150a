/* Backups of a database, at rest and while it is written. */
#include "store/backup.h"
#include "unit/test_store_samples.h"

#include <sys/stat.h>
#include <unistd.h>

#define DAY INT64_C(86400000000)

static struct place place;
static char target[320], directory[320];
static struct repository *repository;

static void make_place(void)
{
    place_make(&place);
    snprintf(target, sizeof target, "%s/copy.db", place.directory);
    snprintf(directory, sizeof directory, "%s/backups", place.directory);
    repository = open_repository(place.database);
    for (int i = 1; i <= 500; i++) {
        struct change c = sample_open(i);
        commit(repository, &c, 1);
    }
}

static void remove_place(void)
{
    repository_close(repository);
    test_directory_remove(place.directory);
}

static void back_up(void)
{
    struct error error = {0};
    ck_assert_msg(backup_copy(place.database, target, NULL, NULL, &error), "%s", error.text);
}

START_TEST(a_backup_is_a_database_of_its_own_with_every_row)
{
    struct stat status;
    char other[330];
    back_up(); /* while the writer has it open, with a journal */
    ck_assert_int_eq(stat(target, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
    snprintf(other, sizeof other, "%s-wal", target);
    ck_assert_int_ne(access(other, F_OK), 0);
    snprintf(other, sizeof other, "%s.part", target);
    ck_assert_int_ne(access(other, F_OK), 0);
    struct repository *copy = open_repository(target);
    ck_assert_str_eq(repository_news(copy), "");
    repository_close(copy);
    ASSERT_QUERY(target, "SELECT count(*) FROM fill", "500");
    ASSERT_QUERY(target, "PRAGMA integrity_check", "ok");
}
END_TEST

START_TEST(a_file_that_exists_is_not_replaced)
{
    struct error error = {0};
    test_file_write(target, "mine", 0600);
    ck_assert(!backup_copy(place.database, target, NULL, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_USAGE);
    ck_assert_ptr_nonnull(strstr(error.text, "exists: give another name"));
    char *text = test_file_read(target);
    ck_assert_str_eq(text, "mine");
    free(text);
    ck_assert(!backup_copy("/nowhere/sortie.db", "/nowhere/copy", NULL, NULL, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "there is no database /nowhere/sortie.db"));
}
END_TEST

/* Between the steps of a copy the writer commits: none of it waits, none of it is in the copy. */
static bool commit_between(void *context)
{
    int *number = context;
    struct change c = sample_open(++*number);
    commit(repository, &c, 1);
    return true;
}

START_TEST(the_writer_writes_on_meanwhile_and_the_copy_is_of_one_moment)
{
    int number = 1000;
    struct error error = {0};
    ck_assert_msg(backup_copy(place.database, target, commit_between, &number, &error), "%s",
                  error.text);
    ck_assert_int_gt(number, 1000);
    ASSERT_QUERY(target, "SELECT count(*) FROM fill", "500");
    ASSERT_QUERY(place.database, "SELECT count(*) > 500 FROM fill", "1");
}
END_TEST

static bool end_now(void *context)
{
    (void)context;
    return false;
}

START_TEST(a_copy_that_is_ended_leaves_nothing)
{
    struct error error = {0};
    char part[330];
    ck_assert(!backup_copy(place.database, target, end_now, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_NONE);
    snprintf(part, sizeof part, "%s.part", target);
    ck_assert_int_ne(access(part, F_OK), 0);
    ck_assert_int_ne(access(target, F_OK), 0);
}
END_TEST

START_TEST(a_damaged_database_gives_no_backup_and_is_looked_through_at_the_next_start)
{
    struct error error = {0};
    char page[32], blank[4096] = {0}, suspect[330];
    repository_close(repository);
    long number = strtol(query(place.database,
                               "SELECT rootpage FROM sqlite_master WHERE name = 'fill_by_trade'",
                               page, sizeof page),
                         NULL, 10);
    FILE *file = fopen(place.database, "r+b");
    fseek(file, (number - 1) * 4096, SEEK_SET);
    fwrite(blank, 1, sizeof blank, file);
    fclose(file);
    ck_assert(!backup_copy(place.database, target, NULL, NULL, &error));
    ck_assert_int_eq(error.code, ERROR_DAMAGED);
    ck_assert_int_ne(access(target, F_OK), 0);
    snprintf(suspect, sizeof suspect, "%s.suspect", place.database);
    ck_assert_int_eq(access(suspect, F_OK), 0);
    repository = open_repository(place.database);
    ck_assert_msg(strstr(repository_news(repository), ": all ") != NULL, "%s",
                  repository_news(repository));
    back_up();
}
END_TEST

START_TEST(one_a_day_is_made_and_the_last_seven_are_kept)
{
    struct error error = {0};
    char name[64], path[400];
    bool made;
    ck_assert(!backup_find_latest(directory, name, sizeof name));
    for (int day = 0; day < 10; day++) {
        ck_assert_msg(backup_make_daily(place.database, directory, START + day * DAY, NULL, NULL,
                                        &made, &error),
                      "%s", error.text);
        ck_assert(made);
        ck_assert(backup_make_daily(place.database, directory, START + day * DAY + 1, NULL, NULL,
                                    &made, &error));
        ck_assert(!made);
        if (day == 0) {
            snprintf(path, sizeof path, "%s/sortie-mine.db", directory);
            test_file_write(path, "not one of these", 0600);
        }
    }
    ck_assert(backup_find_latest(directory, name, sizeof name));
    ck_assert_str_eq(name, "sortie-20251203.db"); /* START is on the 24th of November, UTC */
    for (int day = 24; day <= 30; day++) {
        snprintf(path, sizeof path, "%s/sortie-202511%d.db", directory, day);
        ck_assert_int_eq(access(path, F_OK) == 0, day >= 27);
    }
    snprintf(path, sizeof path, "%s/sortie-mine.db", directory);
    ck_assert_int_eq(access(path, F_OK), 0);
}
END_TEST

/* The clock was wrong for longer than backups are kept. */
START_TEST(backups_of_a_clock_that_was_ahead_go_before_those_of_the_right_one)
{
    struct error error = {0};
    char path[400];
    bool made;
    for (int day = 100; day < 107; day++)
        ck_assert(backup_make_daily(place.database, directory, START + day * DAY, NULL, NULL, &made,
                                    &error));
    for (int day = 0; day < 8; day++) {
        for (int again = 0; again < 2; again++) {
            ck_assert(backup_make_daily(place.database, directory, START + day * DAY, NULL, NULL,
                                        &made, &error));
            ck_assert_msg(made == (again == 0), "day %d, made again", day);
        }
        if (day == 5) { /* of the seven of the wrong clock the newest is still there */
            snprintf(path, sizeof path, "%s/sortie-20260310.db", directory);
            ck_assert_int_eq(access(path, F_OK), 0);
        }
    }
    ck_assert_int_ne(access(path, F_OK), 0);
    for (int day = 24; day <= 30; day++) {
        snprintf(path, sizeof path, "%s/sortie-202511%d.db", directory, day);
        ck_assert_int_eq(access(path, F_OK) == 0, day > 24);
    }
}
END_TEST

START_TEST(what_a_killed_console_left_of_a_copy_goes_with_the_next_one)
{
    struct error error = {0};
    char left[400], other[400];
    bool made;
    ck_assert(backup_make_daily(place.database, directory, START, NULL, NULL, &made, &error));
    snprintf(left, sizeof left, "%s/sortie-20251124.db.part", directory);
    snprintf(other, sizeof other, "%s/mine.db.part", directory);
    test_file_write(left, "cut off", 0600);
    test_file_write(other, "not one of these", 0600);
    ck_assert(backup_make_daily(place.database, directory, START + DAY, NULL, NULL, &made, &error));
    ck_assert_int_ne(access(left, F_OK), 0);
    ck_assert_int_eq(access(other, F_OK), 0);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store backup");
    TCase *t = tcase_create("backup");
    setenv("TZ", "UTC", 1);
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, make_place, remove_place);
    tcase_add_test(t, a_backup_is_a_database_of_its_own_with_every_row);
    tcase_add_test(t, a_file_that_exists_is_not_replaced);
    tcase_add_test(t, the_writer_writes_on_meanwhile_and_the_copy_is_of_one_moment);
    tcase_add_test(t, a_copy_that_is_ended_leaves_nothing);
    tcase_add_test(t, a_damaged_database_gives_no_backup_and_is_looked_through_at_the_next_start);
    tcase_add_test(t, one_a_day_is_made_and_the_last_seven_are_kept);
    tcase_add_test(t, backups_of_a_clock_that_was_ahead_go_before_those_of_the_right_one);
    tcase_add_test(t, what_a_killed_console_left_of_a_copy_goes_with_the_next_one);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
