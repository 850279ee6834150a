#include "store/spill.h"
#include "unit/test_store_samples.h"

#include <errno.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct place place;
static struct repository *repository;

static void open_place(void)
{
    place_make(&place);
    repository = open_repository(place.database);
}

static void close_place(void)
{
    repository_close(repository);
    test_directory_remove(place.directory);
}

static void append(const struct change *changes, size_t count)
{
    struct error error = {0};
    ck_assert_msg(spill_append(place.spill, changes, count, &error), "%s", error.text);
}

static void replay(size_t expected)
{
    struct error error = {0};
    size_t replayed = 99;
    ck_assert_msg(spill_replay(place.spill, repository, &replayed, &error), "%s", error.text);
    ck_assert_msg(error.code == ERROR_NONE, "%s", error.text);
    ck_assert_uint_eq(replayed, expected);
    ck_assert_int_eq(access(place.spill, F_OK), -1);
}

static void write_raw(const char *mode, const char *text)
{
    FILE *file = fopen(place.spill, mode);
    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    ck_assert_int_eq(fclose(file), 0);
}

static bool keep_position(void *context, const struct position *p)
{
    *(struct position *)context = *p;
    return true;
}

static bool keep_fill(void *context, const struct fill *f)
{
    *(struct fill *)context = *f;
    return true;
}

static bool keep_balance(void *context, const struct balance *b)
{
    *(struct balance *)context = *b;
    return true;
}

START_TEST(a_change_survives_the_journal_member_by_member)
{
    struct change c = sample_open(1);
    struct position position = {0};
    struct fill fill = {0};
    struct balance balance = {0};
    char fact[16];
    c.has_balance = c.has_order = c.has_fact = true;
    c.balance = sample_balance();
    c.balance.margin = MONEY_UNSET;
    c.order = sample_order();
    c.after.stop_price = PRICE_UNSET;
    text_copy(c.fact, sizeof c.fact, "since:APX-1234");
    c.fact_value = 17;
    append(&c, 1);
    replay(1);
    ck_assert(repository_each_position(repository, keep_position, &position, NULL));
    assert_same_position(&position, &c.after);
    ck_assert(repository_each_fill(repository, 0, keep_fill, &fill, NULL));
    assert_same_fill(&fill, &c.fill);
    ck_assert(repository_each_balance(repository, keep_balance, &balance, NULL));
    assert_same_balance(&balance, &c.balance);
    ck_assert_int_eq(repository_get_meta(repository, "since:APX-1234", fact, sizeof fact, NULL), 1);
    ck_assert_str_eq(fact, "17");
    ASSERT_QUERY(place.database, "SELECT (time - 1764000000000000) || what || why FROM audit",
                 "1openfill");
    ASSERT_QUERY(
        place.database,
        "SELECT server_id || client_id || parent_id || type || status || side || price1 || "
        "price2 || quantity || filled || average_price || fills_known || text || "
        "(received_at - 1764000000000000) || (updated_at - 1764000000000000) "
        "FROM order_event",
        "S77C78P79stop limitpartiallong5870.55871.253.01.05870.750.5partly filled3031");
}
END_TEST

START_TEST(a_fact_that_is_a_text_survives_the_journal)
{
    char text[112];
    struct change c = {.kind = CHANGE_FACT, .sequence = 1, .time = START, .has_fact = true};
    text_copy(c.fact, sizeof c.fact, "view:17");
    text_copy(c.fact_text, sizeof c.fact_text, "17 1764000000000000 LIVE fill 120005");
    append(&c, 1);
    replay(1);
    ck_assert_int_eq(repository_get_meta(repository, "view:17", text, sizeof text, NULL), 1);
    ck_assert_str_eq(text, c.fact_text);
}
END_TEST

START_TEST(what_the_journal_stores_is_what_a_commit_stores)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_extremes(START + 3, 5801.1),
                               sample_close(4)};
    char other[320], dump[2][8192];
    static const char *const sql =
        "SELECT (SELECT group_concat(quote(r)) FROM (SELECT id || '|' || what || '|' || "
        "coalesce(before, '') || '|' || coalesce(after, '') AS r FROM audit)) || (SELECT "
        "group_concat(entry_price || '|' || exit_price || '|' || efficiency || '|' || r_multiple "
        "|| "
        "'|' || entry_vwap || '|' || exit_poc || '|' || exit_partial || '|' || origin || '|' || "
        "has_gap || '|' || created_at) FROM trade)";
    append(changes, 4);
    replay(4);
    snprintf(other, sizeof other, "%s/other.db", place.directory);
    struct repository *direct = open_repository(other);
    commit(direct, changes, 4);
    repository_close(direct);
    query(place.database, sql, dump[0], sizeof dump[0]);
    query(other, sql, dump[1], sizeof dump[1]);
    ck_assert_ptr_nonnull(strstr(dump[0], "5845.1|0.865"));
    ck_assert_str_eq(dump[0], dump[1]);
}
END_TEST

START_TEST(no_journal_is_nothing_to_replay)
{
    replay(0);
}
END_TEST

START_TEST(the_journal_is_private)
{
    struct change c = sample_open(1);
    struct stat status;
    mode_t before = umask(0);
    append(&c, 1);
    umask(before);
    ck_assert_int_eq(stat(place.spill, &status), 0);
    ck_assert_int_eq(status.st_mode & 0777, 0600);
}
END_TEST

START_TEST(a_torn_last_line_is_ignored)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    append(changes, 2);
    write_raw("a", "{\"kind\":\"add\",\"sequence\":3,\"ti");
    replay(2);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "2");
}
END_TEST

START_TEST(a_torn_last_line_is_cut_off_before_more_is_appended)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    append(changes, 1);
    write_raw("a", "{\"kind\":\"add\",\"sequence\":3,\"ti");
    append(changes + 1, 1);
    replay(2);
}
END_TEST

START_TEST(a_journal_torn_in_its_first_line_holds_nothing)
{
    struct change c = sample_open(1);
    write_raw("w", "{\"jour");
    replay(0);
    write_raw("w", "{\"jour");
    append(&c, 1);
    replay(1);
}
END_TEST

static void assert_set_aside(const char *suffix)
{
    char path[340];
    struct error error = {0};
    size_t replayed;
    ck_assert(spill_replay(place.spill, repository, &replayed, &error));
    ck_assert_int_eq(error.code, ERROR_DAMAGED);
    snprintf(path, sizeof path, "%s%s", place.spill, suffix);
    ck_assert_msg(strstr(error.text, path) != NULL, "%s", error.text);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_eq(access(place.spill, F_OK), -1);
    ck_assert_uint_eq(replayed, 2);
}

START_TEST(a_damaged_line_is_set_aside_and_the_others_are_stored)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_add(3), sample_add(4)};
    append(changes, 1);
    write_raw("a", "{\"kind\":\"add\",\"sequence\":\x01\n");
    append(changes + 1, 1);
    assert_set_aside(".damaged");
    append(changes + 2, 1);
    write_raw("a", "{\"kind\":\"add\",\"sequence\":1,\"time\":1,\"why\":\"\",\"fill\":{}}\n");
    append(changes + 3, 1);
    assert_set_aside(".damaged.1");
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E3,E4");
}
END_TEST

START_TEST(a_journal_without_its_name_is_damaged_but_read)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    write_raw("w", "nonsense\n");
    append(changes, 2);
    assert_set_aside(".damaged");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "2");
}
END_TEST

START_TEST(a_journal_of_the_first_version_lacks_what_came_later)
{
    struct change closed = sample_close(1);
    append(&closed, 1);
    char *text = test_file_read(place.spill), *begin = strstr(text, ",\"tick_value\":6250000");
    ck_assert_msg(begin != NULL, "%s", text);
    memmove(begin, strpbrk(begin + 1, ",}"), strlen(strpbrk(begin + 1, ",}")) + 1);
    write_raw("w", text);
    free(text);
    replay(1);
    ASSERT_QUERY(place.database, "SELECT tick_value FROM trade", "NULL");
}
END_TEST

/* Changes without anything that would tell a second time from the first. */
static size_t make_anonymous(struct change changes[3])
{
    changes[0] =
        (struct change){.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
    changes[1] = (struct change){
        .kind = CHANGE_ORDER, .time = START, .has_order = true, .order = sample_order()};
    changes[2] = sample_open(1);
    changes[2].kind = CHANGE_BRACKET;
    changes[2].has_fill = false;
    changes[2].sequence = 0; /* or it would be known by that */
    return 3;
}

#define ANONYMOUS_ROWS                                                                             \
    "SELECT (SELECT count(*) FROM balance) || (SELECT count(*) FROM order_event) || "              \
    "(SELECT count(*) FROM audit) || (SELECT count(*) FROM open_position)"

START_TEST(a_journal_that_was_committed_but_not_removed_is_not_stored_twice)
{
    struct change changes[3];
    size_t count = make_anonymous(changes);
    append(changes, count);
    char *journal = test_file_read(place.spill);
    replay(3);
    write_raw("w", journal);
    replay(0);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "1111");

    write_raw("w", journal); /* and what is appended to it then is new */
    append(changes, count);
    replay(3);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "2221");
    free(journal);
}
END_TEST

/* As when only the sync fails: the next start finds all of it. */
START_TEST(a_commit_that_was_said_to_have_failed_but_had_not_is_not_made_again)
{
    struct change changes[5];
    make_anonymous(changes);
    for (unsigned i = 0; i < 3; i++)
        changes[i].sequence = 7 + i;
    ck_assert(repository_commit(repository, changes, 3, NULL));
    changes[3] = changes[0]; /* and what came after it */
    changes[3].sequence = 10;
    append(changes, 4);
    replay(1);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "2111");
    append(changes, 4); /* the same again, as when it could not be removed */
    replay(0);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "2111");
    changes[4] = changes[0]; /* the same number in another run */
    changes[4].sequence = 10;
    changes[4].time++;
    append(&changes[4], 1);
    replay(1);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "3111");
}
END_TEST

START_TEST(two_journals_with_the_same_changes_are_two)
{
    struct change changes[3];
    size_t count = make_anonymous(changes);
    append(changes, count);
    replay(3);
    append(changes, count);
    replay(3);
    ASSERT_QUERY(place.database, ANONYMOUS_ROWS, "2221");
}
END_TEST

/* The limit lets the database grow by so many bytes. */
static void limit_files(size_t room, struct rlimit *before)
{
    struct stat status;
    char wal[320];
    snprintf(wal, sizeof wal, "%s-wal", place.database);
    ck_assert_int_eq(stat(wal, &status), 0);
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, before), 0);
    struct rlimit tight = {(rlim_t)((size_t)status.st_size + room), before->rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

START_TEST(a_replay_that_was_cut_off_goes_on_where_it_was)
{
    enum { COUNT = 600 };
    struct change *changes = calloc(COUNT, sizeof *changes);
    struct rlimit limit;
    struct error error = {0};
    size_t first, second;
    for (int i = 0; i < COUNT; i++)
        changes[i] = (struct change){
            .kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
    append(changes, COUNT);
    limit_files(60000, &limit); /* room for one transaction of 256, some 43 kB, not for two */
    bool done = spill_replay(place.spill, repository, &first, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!done);
    ck_assert_int_eq(error.code, ERROR_FULL);
    ck_assert_uint_gt(first, 0);
    ck_assert(spill_replay(place.spill, repository, &second, &error));
    ck_assert_uint_eq(first + second, COUNT);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM balance", "600");
    free(changes);
}
END_TEST

START_TEST(an_impossible_change_is_kept_apart_and_the_others_are_stored)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_add(3), sample_add(4)};
    struct error error = {0};
    size_t replayed;
    char refused[320];
    changes[2].fill.quantity = INFINITY;
    append(changes, 4);
    ck_assert(spill_replay(place.spill, repository, &replayed, &error));
    ck_assert_uint_eq(replayed, 3);
    ck_assert_int_eq(error.code, ERROR_USAGE);
    snprintf(refused, sizeof refused, "%s.refused", place.spill);
    ck_assert_msg(strstr(error.text, refused) != NULL, "%s", error.text);
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E4");
    char *text = test_file_read(refused);
    ck_assert_ptr_nonnull(strstr(text, "\"E3\""));
    ck_assert_ptr_null(strstr(text, "\"E4\""));
    free(text);
}
END_TEST

START_TEST(a_journal_that_does_not_fit_is_cut_back)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    struct rlimit limit;
    struct error error = {0};
    struct stat before, after;
    append(changes, 1);
    ck_assert_int_eq(stat(place.spill, &before), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    struct rlimit tight = {(rlim_t)before.st_size + 100, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    bool first = spill_append(place.spill, changes + 1, 1, &error);
    tight.rlim_cur = 20;
    setrlimit(RLIMIT_FSIZE, &tight);
    char fresh[320];
    snprintf(fresh, sizeof fresh, "%s/fresh", place.directory);
    bool second = spill_append(fresh, changes + 1, 1, NULL);
    setrlimit(RLIMIT_FSIZE, &limit);
    ck_assert(!first);
    ck_assert(!second);
    ck_assert_int_eq(error.code, ERROR_FULL);
    ck_assert_ptr_nonnull(strstr(error.text, place.spill));
    ck_assert_int_eq(stat(place.spill, &after), 0);
    ck_assert_int_eq(after.st_size, before.st_size);
    ck_assert_int_eq(access(fresh, F_OK), -1);
    append(changes + 1, 1);
    replay(2);
}
END_TEST

START_TEST(a_journal_that_cannot_be_opened_is_named)
{
    struct change c = sample_open(1);
    struct error error = {0};
    size_t replayed;
    ck_assert_int_eq(mkdir(place.spill, 0700), 0);
    ck_assert(!spill_append(place.spill, &c, 1, &error));
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.text, place.spill));
    ck_assert(!spill_replay(place.spill, repository, &replayed, &error));
    ck_assert_int_eq(error.code, ERROR_SYSTEM);
    ck_assert_ptr_nonnull(strstr(error.text, place.spill));
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store spill");
    TCase *t = tcase_create("spill");
    tcase_add_checked_fixture(t, open_place, close_place);
    tcase_add_test(t, a_change_survives_the_journal_member_by_member);
    tcase_add_test(t, a_fact_that_is_a_text_survives_the_journal);
    tcase_add_test(t, what_the_journal_stores_is_what_a_commit_stores);
    tcase_add_test(t, no_journal_is_nothing_to_replay);
    tcase_add_test(t, the_journal_is_private);
    tcase_add_test(t, a_torn_last_line_is_ignored);
    tcase_add_test(t, a_torn_last_line_is_cut_off_before_more_is_appended);
    tcase_add_test(t, a_journal_torn_in_its_first_line_holds_nothing);
    tcase_add_test(t, a_damaged_line_is_set_aside_and_the_others_are_stored);
    tcase_add_test(t, a_journal_of_the_first_version_lacks_what_came_later);
    tcase_add_test(t, a_journal_without_its_name_is_damaged_but_read);
    tcase_add_test(t, a_journal_that_was_committed_but_not_removed_is_not_stored_twice);
    tcase_add_test(t, a_commit_that_was_said_to_have_failed_but_had_not_is_not_made_again);
    tcase_add_test(t, two_journals_with_the_same_changes_are_two);
    tcase_add_test(t, a_replay_that_was_cut_off_goes_on_where_it_was);
    tcase_add_test(t, an_impossible_change_is_kept_apart_and_the_others_are_stored);
    tcase_add_test(t, a_journal_that_does_not_fit_is_cut_back);
    tcase_add_test(t, a_journal_that_cannot_be_opened_is_named);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
