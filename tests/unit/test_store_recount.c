/* Fills that are taken back and counted again: in one transaction, by whichever way it comes. */
#include "store/spill.h"
#include "store/writer.h"
#include "unit/test_store_samples.h"

#include <poll.h>
#include <stdatomic.h>
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

/* Back to before fill `first`, and then the fills of `order`, the last of which closes. */
static size_t recount(struct change *out, int first, const int *order, size_t count)
{
    out[0] = sample_close(100);
    out[0].kind = CHANGE_RECOUNT;
    out[0].has_trade = false;
    out[0].fill = sample_fill(first);
    out[0].joined = true;
    for (size_t i = 0; i < count; i++) {
        bool is_last = i + 1 == count;
        out[i + 1] = i == 0    ? sample_open(order[i])
                     : is_last ? sample_close(order[i])
                               : sample_add(order[i]);
        out[i + 1].sequence = 101 + i;
        out[i + 1].joined = !is_last;
    }
    return count + 1;
}

static const int ORDER[] = {3, 9, 4, 5};
#define FILLS "SELECT group_concat(id || execution_id || ':' || coalesce(trade_id, '-')) FROM fill"

/* A trade that is closed for good, and one that is made of fills 3 to 5. */
static void commit_two_trades(void)
{
    struct change changes[] = {sample_open(1), sample_close(2), sample_open(3), sample_add(4),
                               sample_close(5)};
    commit(repository, changes, 5);
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E2:1,3E3:2,4E4:2,5E5:2");
}

static void assert_recounted(void)
{
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E2:1,3E3:2,4E9:2,5E4:2,6E5:2");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "2");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(what) FROM (SELECT what FROM audit WHERE id > 5 ORDER BY id)",
                 "take back,recount,open,add,add,close");
    ASSERT_QUERY(place.database, "PRAGMA foreign_key_check", "");
    /* what the trade was is not lost */
    ASSERT_QUERY(place.database,
                 "SELECT json_extract(before, '$.realized_pnl') FROM audit WHERE what = 'take "
                 "back'",
                 "130833325");
}

START_TEST(what_is_taken_back_goes_and_comes_again_in_its_order)
{
    struct change changes[8];
    commit_two_trades();
    commit(repository, changes, recount(changes, 3, ORDER, 4));
    assert_recounted();
}
END_TEST

START_TEST(an_open_position_is_taken_back_with_its_reversal)
{
    struct change changes[] = {sample_open(1), sample_close(2)}, again[8];
    changes[1].kind = CHANGE_REVERSE;
    changes[1].after.quantity = 2;
    commit(repository, changes, 2);
    ASSERT_QUERY(place.database, "SELECT first_fill FROM open_position", "2");
    const int order[] = {1, 9, 2};
    commit(repository, again, recount(again, 1, order, 3));
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E9:1,3E2:1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
    ASSERT_QUERY(place.database, "PRAGMA foreign_key_check", "");
}
END_TEST

START_TEST(where_one_of_them_is_impossible_nothing_is_taken_back)
{
    struct change changes[8];
    commit_two_trades();
    size_t count = recount(changes, 3, ORDER, 4);
    changes[count - 1].trade.mfe = -1;
    struct error error = {0};
    ck_assert(!repository_commit(repository, changes, count, &error));
    ck_assert_int_eq(error.code, ERROR_USAGE);
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E2:1,3E3:2,4E4:2,5E5:2");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "5");
}
END_TEST

START_TEST(fills_of_others_stay)
{
    struct change other[2] = {sample_open(6), sample_close(7)}, changes[8];
    commit_two_trades();
    for (int i = 0; i < 2; i++) {
        text_copy(other[i].after.symbol, SYMBOL_SIZE, "MNQZ25_FUT_CME");
        text_copy(other[i].fill.symbol, SYMBOL_SIZE, "MNQZ25_FUT_CME");
        text_copy(other[i].trade.symbol, SYMBOL_SIZE, "MNQZ25_FUT_CME");
    }
    commit(repository, other, 2);
    commit(repository, changes, recount(changes, 3, ORDER, 4));
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(execution_id) FROM fill WHERE symbol LIKE 'MNQ%'", "E6,E7");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "3");
}
END_TEST

static void replay(size_t expected, enum error_code code)
{
    struct error error = {0};
    size_t replayed;
    ck_assert_msg(spill_replay(place.spill, repository, &replayed, &error), "%s", error.text);
    ck_assert_uint_eq(replayed, expected);
    ck_assert_int_eq(error.code, code);
}

static void append(const struct change *changes, size_t count)
{
    struct error error = {0};
    ck_assert_msg(spill_append(place.spill, changes, count, &error), "%s", error.text);
}

START_TEST(the_journal_keeps_together_what_is_joined)
{
    struct change changes[8], late = sample_open(20);
    commit_two_trades();
    size_t count = recount(changes, 3, ORDER, 4);
    append(changes, count);
    append(&late, 1);
    replay(count + 1, ERROR_NONE);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "1");
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill WHERE id > 2",
                 "E3,E9,E4,E5,E20");
}
END_TEST

START_TEST(a_journal_that_is_torn_within_holds_none_of_it)
{
    struct change changes[8], before = sample_open(20);
    commit_two_trades();
    append(&before, 1);
    char *text = test_file_read(place.spill);
    size_t whole = strlen(text);
    free(text);
    append(changes, recount(changes, 3, ORDER, 4));
    text = test_file_read(place.spill);
    size_t torn = strlen(text) - 200;
    free(text);
    ck_assert_uint_gt(torn, whole + 1000);
    ck_assert_int_eq(truncate(place.spill, (off_t)torn), 0);
    replay(1, ERROR_NONE);
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E2:1,3E3:2,4E4:2,5E5:2,6E20:-");
}
END_TEST

START_TEST(of_a_journal_what_is_impossible_is_kept_apart_together)
{
    struct change changes[10], after = sample_open(20);
    char refused[320];
    commit_two_trades();
    size_t count = recount(changes, 3, ORDER, 4);
    changes[2].fill.quantity = INFINITY;
    append(changes, count);
    append(&after, 1);
    replay(1, ERROR_USAGE);
    ASSERT_QUERY(place.database, FILLS, "1E1:1,2E2:1,3E3:2,4E4:2,5E5:2,6E20:-");
    snprintf(refused, sizeof refused, "%s.refused", place.spill);
    char *text = test_file_read(refused);
    for (int i = 0; i < 4; i++) {
        char id[16];
        snprintf(id, sizeof id, "\"E%d\"", ORDER[i]);
        ck_assert_ptr_nonnull(strstr(text, id));
    }
    free(text);
}
END_TEST

static atomic_ullong durable;

static void on_durable(void *context, uint64_t sequence)
{
    (void)context;
    atomic_store(&durable, sequence);
}

static void on_trouble(void *context, bool lost, const char *sentence)
{
    (void)context;
    ck_abort_msg("%d: %s", lost, sentence);
}

/* However many there are: no transaction ends among them. */
START_TEST(the_writer_keeps_together_what_is_joined)
{
    enum { COUNT = 3000 };
    static struct change changes[COUNT];
    struct writer_figures figures;
    struct writer_listener listener = {NULL, on_durable, on_trouble};
    struct writer *w = writer_start(repository, place.spill, &listener, NULL);
    for (int i = 0; i < COUNT; i++) {
        changes[i] = sample_add(i + 1);
        changes[i].joined = i + 1 < COUNT;
    }
    writer_post(w, changes, COUNT);
    while (atomic_load(&durable) < COUNT)
        poll(NULL, 0, 1);
    writer_measure(w, &figures);
    ck_assert_uint_eq(figures.commits, 1);
    ck_assert(writer_stop(w, NULL));
    repository = open_repository(place.database);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "3000");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store recount");
    TCase *t = tcase_create("recount");
    tcase_add_checked_fixture(t, open_place, close_place);
    tcase_add_test(t, what_is_taken_back_goes_and_comes_again_in_its_order);
    tcase_add_test(t, an_open_position_is_taken_back_with_its_reversal);
    tcase_add_test(t, where_one_of_them_is_impossible_nothing_is_taken_back);
    tcase_add_test(t, fills_of_others_stay);
    tcase_add_test(t, the_journal_keeps_together_what_is_joined);
    tcase_add_test(t, a_journal_that_is_torn_within_holds_none_of_it);
    tcase_add_test(t, of_a_journal_what_is_impossible_is_kept_apart_together);
    tcase_add_test(t, the_writer_keeps_together_what_is_joined);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
