#include "base/clock.h"
#include "store/spill.h"
#include "store/writer.h"
#include "unit/test_store_samples.h"

#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* What the listener heard, and a way to wait for it. */
static struct heard {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    uint64_t durable;
    uint64_t second;       /* of the acknowledgements */
    int count, descending; /* of them; those that did not ascend */
    int troubles, recoveries;
    bool lost;
    char sentence[2048];
    bool hold; /* the writer thread is to stay in its first callback */
} heard;

static struct place place;
static struct writer *writer;
static struct rlimit limit;

static void on_durable(void *context, uint64_t sequence)
{
    struct heard *h = context;
    pthread_mutex_lock(&h->lock);
    h->descending += sequence <= h->durable;
    h->durable = sequence;
    if (++h->count == 2)
        h->second = sequence;
    pthread_cond_broadcast(&h->changed);
    while (h->hold)
        pthread_cond_wait(&h->changed, &h->lock);
    pthread_mutex_unlock(&h->lock);
}

static void on_trouble(void *context, bool lost, const char *sentence)
{
    struct heard *h = context;
    pthread_mutex_lock(&h->lock);
    h->lost = lost;
    if (sentence[0] == '\0')
        h->recoveries++;
    else
        h->troubles++;
    if (sentence[0] != '\0')
        text_copy(h->sentence, sizeof h->sentence, sentence);
    pthread_cond_broadcast(&h->changed);
    pthread_mutex_unlock(&h->lock);
}

#define WAIT_UNTIL(condition)                                                                      \
    do {                                                                                           \
        pthread_mutex_lock(&heard.lock);                                                           \
        while (!(condition))                                                                       \
            pthread_cond_wait(&heard.changed, &heard.lock);                                        \
        pthread_mutex_unlock(&heard.lock);                                                         \
    } while (0)

static void start_writer(void)
{
    struct error error = {0};
    struct writer_listener listener = {&heard, on_durable, on_trouble};
    writer = writer_start(open_repository(place.database), place.spill, &listener, &error);
    ck_assert_msg(writer != NULL, "%s", error.text);
}

static void stop_writer(void)
{
    struct error error = {0};
    if (writer != NULL)
        ck_assert_msg(writer_stop(writer, &error), "%s", error.text);
    writer = NULL;
}

static void open_place(void)
{
    memset(&heard, 0, sizeof heard);
    pthread_mutex_init(&heard.lock, NULL);
    pthread_cond_init(&heard.changed, NULL);
    place_make(&place);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    start_writer();
}

static void close_place(void)
{
    stop_writer();
    test_directory_remove(place.directory);
}

static void post(struct change c)
{
    writer_post(writer, &c, 1);
}

/* Holds the writer thread in the acknowledgement of change 1, so that what is posted next waits. */
static void hold_writer(void)
{
    heard.hold = true;
    post(sample_open(1));
    WAIT_UNTIL(heard.durable >= 1);
}

static void release_writer(void)
{
    pthread_mutex_lock(&heard.lock);
    heard.hold = false;
    pthread_cond_broadcast(&heard.changed);
    pthread_mutex_unlock(&heard.lock);
}

/* No file of the process may grow beyond so many bytes. */
static void limit_files(off_t size)
{
    struct rlimit tight = {size < 0 ? limit.rlim_cur : (rlim_t)size, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
}

static off_t size_of_wal(void)
{
    struct stat status;
    char path[320];
    snprintf(path, sizeof path, "%s-wal", place.database);
    ck_assert_int_eq(stat(path, &status), 0);
    return status.st_size;
}

START_TEST(what_is_posted_is_in_the_database_when_acknowledged)
{
    post(sample_open(1));
    WAIT_UNTIL(heard.durable == 1);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "1");
    post(sample_close(2));
    WAIT_UNTIL(heard.durable == 2);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "1");
    ck_assert_int_eq(heard.troubles, 0);
}
END_TEST

START_TEST(the_stop_commits_what_waits)
{
    hold_writer();
    for (int i = 2; i <= 100; i++)
        post(sample_add(i));
    post(sample_extremes(START + 101, 5801.25));
    release_writer();
    stop_writer();
    ck_assert_uint_eq(heard.durable, 100);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "100");
    ASSERT_QUERY(place.database, "SELECT min_price FROM open_position", "5801.25");
}
END_TEST

START_TEST(all_that_waits_is_committed_together_in_batches_of_1024)
{
    struct writer_figures figures;
    hold_writer();
    for (int i = 2; i <= 3001; i++)
        post(sample_add(i));
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.waiting, 3000);
    release_writer();
    WAIT_UNTIL(heard.durable == 3001);
    stop_writer();
    ck_assert_int_eq(heard.descending, 0);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "3001");
}
END_TEST

START_TEST(figures_count_commits_and_changes)
{
    struct writer_figures figures;
    hold_writer();
    for (int i = 2; i <= 2049; i++) /* 2048: two batches */
        post(sample_add(i));
    release_writer();
    WAIT_UNTIL(heard.durable == 2049);
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.changes, 2049);
    ck_assert_uint_eq(figures.commits, 3);
    ck_assert_uint_eq(figures.commit.count, 3);
    ck_assert_uint_eq(figures.acknowledge.count, 2049);
    ck_assert_uint_eq(figures.waiting, 0);
    ck_assert_uint_gt(histogram_percentile(&figures.commit, 0.5), 0);
}
END_TEST

START_TEST(what_saving_takes_is_the_age_of_the_oldest_that_waits_and_then_what_the_last_took)
{
    struct writer_figures figures;
    writer_measure(writer, &figures);
    ck_assert_int_eq(figures.saving, 0); /* nothing yet */
    hold_writer();
    post(sample_add(2));
    do
        writer_measure(writer, &figures);
    while (figures.saving <= 30000);
    ck_assert_uint_eq(figures.waiting, 1);
    int64_t released = clock_monotonic_us();
    release_writer();
    WAIT_UNTIL(heard.durable == 2);
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.waiting, 0);
    if (clock_monotonic_us() - released < 4 * CLOCK_SECOND) /* it is told for five */
        ck_assert_int_gt(figures.saving, 30000);
}
END_TEST

START_TEST(extremes_that_wait_are_replaced_by_later_ones)
{
    struct writer_figures figures;
    hold_writer();
    for (int i = 0; i < 50; i++)
        post(sample_extremes(START + i, 5840 - i));
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.waiting, 1);

    struct change other = sample_extremes(START, 1);
    text_copy(other.after.symbol, sizeof other.after.symbol, "MNQZ25_FUT_CME");
    post(other);
    post(sample_extremes(START + 51, 5780));
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.waiting, 2);

    post(sample_close(2)); /* behind a change of the position they stay apart */
    post(sample_open(3));
    post(sample_extremes(START + 52, 5770));
    writer_measure(writer, &figures);
    ck_assert_uint_eq(figures.waiting, 5);
    release_writer();
    stop_writer();
    ASSERT_QUERY(place.database, "SELECT min_price FROM open_position", "5770.0");
    ck_assert_uint_eq(heard.durable, 3);
}
END_TEST

START_TEST(a_replaced_number_is_acknowledged_only_with_all_before_it)
{
    struct change c = sample_extremes(START, 5830);
    hold_writer();
    c.sequence = 2;
    post(c);
    for (int i = 3; i <= 1100; i++) { /* more than a batch behind it */
        struct change other = sample_open(i);
        snprintf(other.after.symbol, sizeof other.after.symbol, "S%d", i);
        post(other);
    }
    c.sequence = 1101;
    c.after.min_price = 5829;
    post(c);
    release_writer();
    WAIT_UNTIL(heard.durable == 1101);
    ck_assert_uint_eq(heard.second, 1025); /* 1 and the first batch of 1024 */
    stop_writer();
    ASSERT_QUERY(place.database, "SELECT min_price FROM open_position WHERE id = 1", "5829.0");
}
END_TEST

enum { POSTERS = 8, POSTS = 50 };
static pthread_mutex_t numbering = PTHREAD_MUTEX_INITIALIZER;
static int last_number;

static void *post_many(void *context)
{
    for (int i = 0; i < POSTS; i++) {
        pthread_mutex_lock(&numbering);
        struct change c = sample_open(++last_number);
        snprintf(c.after.symbol, sizeof c.after.symbol, "S%s", (const char *)context);
        memcpy(c.fill.symbol, c.after.symbol, sizeof c.fill.symbol);
        post(c);
        pthread_mutex_unlock(&numbering);
    }
    return NULL;
}

START_TEST(posts_of_many_threads_are_all_acknowledged_in_order)
{
    static const char *const names[POSTERS] = {"1", "2", "3", "4", "5", "6", "7", "8"};
    pthread_t threads[POSTERS];
    last_number = 0;
    for (int i = 0; i < POSTERS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, post_many, (void *)names[i]), 0);
    for (int i = 0; i < POSTERS; i++)
        pthread_join(threads[i], NULL);
    WAIT_UNTIL(heard.durable == POSTERS * POSTS);
    ck_assert_int_eq(heard.descending, 0);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "400");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "8");
}
END_TEST

START_TEST(a_full_disk_sends_changes_to_the_journal_until_there_is_room)
{
    post(sample_open(1));
    WAIT_UNTIL(heard.durable == 1);
    limit_files(size_of_wal());
    post(sample_add(2));
    WAIT_UNTIL(heard.durable == 2);
    WAIT_UNTIL(heard.troubles == 1);
    ck_assert(!heard.lost);
    ck_assert_ptr_nonnull(strstr(heard.sentence, place.database));
    ck_assert_ptr_nonnull(strstr(heard.sentence, "disk full; free some space"));
    ck_assert_ptr_nonnull(strstr(heard.sentence, "changes go to "));
    ck_assert_ptr_nonnull(strstr(heard.sentence, place.spill));
    post(sample_add(3));
    WAIT_UNTIL(heard.durable == 3);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "1");
    ck_assert_int_eq(access(place.spill, F_OK), 0);

    limit_files(-1);
    WAIT_UNTIL(heard.recoveries == 1);
    post(sample_add(4));
    WAIT_UNTIL(heard.durable == 4);
    ck_assert_int_eq(access(place.spill, F_OK), -1);
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E3,E4");
    ck_assert_int_eq(heard.troubles, 1);
    ck_assert_int_eq(heard.descending, 0);
}
END_TEST

START_TEST(what_neither_disk_nor_journal_takes_is_kept_in_memory)
{
    post(sample_open(1));
    WAIT_UNTIL(heard.durable == 1);
    limit_files(100); /* the journal's name fits, a change does not */
    post(sample_add(2));
    WAIT_UNTIL(heard.lost);
    post(sample_add(3));
    ck_assert_uint_eq(heard.durable, 1);
    ck_assert_ptr_nonnull(strstr(heard.sentence, "in memory only"));
    ck_assert_ptr_nonnull(strstr(heard.sentence, place.spill));
    ck_assert_int_eq(access(place.spill, F_OK), -1);

    limit_files(size_of_wal()); /* room for the journal */
    WAIT_UNTIL(heard.troubles == 2);
    WAIT_UNTIL(heard.durable == 3);
    ck_assert(!heard.lost);

    limit_files(-1);
    WAIT_UNTIL(heard.recoveries == 1);
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E3");
}
END_TEST

START_TEST(a_stop_with_a_full_disk_leaves_the_journal_to_the_next_start)
{
    post(sample_open(1));
    WAIT_UNTIL(heard.durable == 1);
    limit_files(size_of_wal());
    post(sample_add(2));
    stop_writer();
    limit_files(-1);
    ck_assert_uint_eq(heard.durable, 2);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "1");

    heard.durable = 0;
    start_writer();
    post(sample_add(3));
    WAIT_UNTIL(heard.durable == 3);
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E3");
    ck_assert_int_eq(access(place.spill, F_OK), -1);
}
END_TEST

START_TEST(a_stop_that_finds_no_place_says_how_many_are_lost)
{
    struct error error = {0};
    post(sample_open(1));
    WAIT_UNTIL(heard.durable == 1);
    limit_files(100);
    post(sample_add(2));
    post(sample_add(3));
    bool stopped = writer_stop(writer, &error);
    writer = NULL;
    limit_files(-1);
    ck_assert(!stopped);
    ck_assert_msg(strncmp(error.text, "2 changes are lost", 18) == 0, "%s", error.text);
    ck_assert_uint_eq(heard.durable, 1);
}
END_TEST

START_TEST(an_impossible_change_does_not_stand_in_the_way)
{
    char refused[320];
    hold_writer();
    struct change bad = sample_add(3);
    bad.after.mae = 5;
    post(sample_add(2));
    post(bad);
    post(sample_add(4));
    release_writer();
    WAIT_UNTIL(heard.durable == 4);
    WAIT_UNTIL(heard.recoveries == 1);
    ASSERT_QUERY(place.database, "SELECT group_concat(execution_id) FROM fill", "E1,E2,E4");
    snprintf(refused, sizeof refused, "%s.refused", place.spill);
    ck_assert_int_eq(access(refused, F_OK), 0);
    ck_assert_msg(strstr(heard.sentence, refused) != NULL, "%s", heard.sentence);
    post(sample_add(5));
    WAIT_UNTIL(heard.durable == 5);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "4");
    ck_assert_int_eq(heard.recoveries, 1);
}
END_TEST

static void report_durable(void *context, uint64_t sequence)
{
    if (write(*(int *)context, &sequence, sizeof sequence) != sizeof sequence)
        _exit(2);
}

static void report_trouble(void *context, bool lost, const char *sentence)
{
    (void)context, (void)lost, (void)sentence;
    _exit(3);
}

/* A process that writes until it is killed and says on the pipe what is durable. */
static pid_t fork_writer(int *acknowledged)
{
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    pid_t child = fork();
    ck_assert_int_ge(child, 0);
    if (child == 0) {
        struct writer_listener listener = {&ends[1], report_durable, report_trouble};
        struct repository *r = repository_open(place.database, NULL);
        struct writer *w = r ? writer_start(r, place.spill, &listener, NULL) : NULL;
        if (w == NULL)
            _exit(4);
        for (int i = 1;; i++) {
            struct change c = i % 10 == 0   ? sample_close(i)
                              : i % 10 == 1 ? sample_open(i)
                                            : sample_add(i);
            struct writer_figures figures = {0};
            writer_post(w, &c, 1);
            do /* a crowd, but one that a kill finds in any state */
                writer_measure(w, &figures);
            while (figures.waiting > 20);
        }
    }
    close(ends[1]);
    *acknowledged = ends[0];
    return child;
}

START_TEST(what_was_acknowledged_survives_a_kill)
{
    char sql[256];
    int acknowledged;
    uint64_t sequence = 0, last = 0;
    stop_writer();
    srand((unsigned)_i + 1);
    uint64_t moment = (uint64_t)(rand() % 200) + 1;
    pid_t child = fork_writer(&acknowledged);
    while (last < moment && read(acknowledged, &sequence, sizeof sequence) == sizeof sequence)
        last = sequence;
    kill(child, SIGKILL);
    while (read(acknowledged, &sequence, sizeof sequence) == sizeof sequence)
        last = sequence;
    close(acknowledged);
    int status;
    waitpid(child, &status, 0);
    ck_assert(WIFSIGNALED(status));
    ck_assert_uint_ge(last, moment);

    repository_close(open_repository(place.database));
    snprintf(sql, sizeof sql, "SELECT count(*) FROM fill WHERE time - %lld <= %llu",
             (long long)START, (unsigned long long)last);
    char expected[24];
    snprintf(expected, sizeof expected, "%llu", (unsigned long long)last);
    ASSERT_QUERY(place.database, sql, expected);
    /* Whole changes only: a trade every tenth, an open position but after those. */
    ASSERT_QUERY(place.database,
                 "SELECT (SELECT count(*) / 10 FROM fill) = (SELECT count(*) FROM trade) AND "
                 "(SELECT count(*) % 10 > 0 FROM fill) = (SELECT count(*) FROM open_position) AND "
                 "(SELECT count(*) FROM fill) = (SELECT count(*) FROM audit)",
                 "1");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store writer");
    TCase *t = tcase_create("writer");
    tcase_set_timeout(t, 60);
    tcase_add_checked_fixture(t, open_place, close_place);
    tcase_add_test(t, what_is_posted_is_in_the_database_when_acknowledged);
    tcase_add_test(t, the_stop_commits_what_waits);
    tcase_add_test(t, all_that_waits_is_committed_together_in_batches_of_1024);
    tcase_add_test(t, figures_count_commits_and_changes);
    tcase_add_test(
        t, what_saving_takes_is_the_age_of_the_oldest_that_waits_and_then_what_the_last_took);
    tcase_add_test(t, extremes_that_wait_are_replaced_by_later_ones);
    tcase_add_test(t, a_replaced_number_is_acknowledged_only_with_all_before_it);
    tcase_add_test(t, posts_of_many_threads_are_all_acknowledged_in_order);
    tcase_add_test(t, a_full_disk_sends_changes_to_the_journal_until_there_is_room);
    tcase_add_test(t, what_neither_disk_nor_journal_takes_is_kept_in_memory);
    tcase_add_test(t, a_stop_with_a_full_disk_leaves_the_journal_to_the_next_start);
    tcase_add_test(t, a_stop_that_finds_no_place_says_how_many_are_lost);
    tcase_add_test(t, an_impossible_change_does_not_stand_in_the_way);
    tcase_add_loop_test(t, what_was_acknowledged_survives_a_kill, 0, 20);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
