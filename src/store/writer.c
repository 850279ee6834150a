#include "store/writer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/spill.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PATH_MAX_BYTES = 512, SENTENCE_SIZE = 1280, BATCH = 1024 };
static const int64_t RETRY_US = CLOCK_SECOND, EXTREMES_US = 100 * CLOCK_MS,
                     RECENT_US = 5 * CLOCK_SECOND;

/* Changes in the order of their posting. */
struct queue {
    struct change *changes;
    int64_t *posted; /* monotonic us */
    size_t count, capacity;
    uint64_t last; /* highest sequence put in */
    bool urgent;   /* holds more than extremes */
};

enum trouble { WORKS, SPILLS, LOSES };

struct writer {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct queue queue; /* with `lock`: what was posted and not yet taken by the thread */
    bool stopping;
    struct writer_figures figures;
    int64_t held_since;            /* when the oldest that the thread has was posted; 0: none */
    int64_t last_took, last_ended; /* the last acknowledgement's longest wait, and its time */

    /* The thread's own. */
    struct repository *repository;
    struct writer_listener listener;
    char spill[PATH_MAX_BYTES];
    struct queue held; /* taken, not yet durable */
    bool spilled;      /* the journal holds changes; later ones must not pass them */
    enum trouble trouble;
    char refusal[sizeof((struct error *)0)->text]; /* the database's last */
    int64_t retry_at, extremes_at;
};

static bool same_position(const struct position *a, const struct position *b)
{
    return account_key_equal(&a->key, &b->key) && strcmp(a->symbol, b->symbol) == 0;
}

/* The waiting extremes that `c` makes superfluous; NULL when there are none. */
static struct change *find_replaced(const struct queue *q, const struct change *c)
{
    for (size_t i = c->kind == CHANGE_EXTREMES ? q->count : 0; i-- > 0;) {
        struct change *waiting = &q->changes[i];
        if (waiting->has_position && same_position(&waiting->after, &c->after))
            return waiting->kind == CHANGE_EXTREMES ? waiting : NULL;
    }
    return NULL;
}

static void queue_add(struct queue *q, const struct change *c, int64_t posted)
{
    if (c->sequence > q->last)
        q->last = c->sequence;
    if (c->kind != CHANGE_EXTREMES)
        q->urgent = true;
    struct change *replaced = find_replaced(q, c);
    if (replaced != NULL) {
        /* The place keeps its number, so that numbers ascend and those acknowledged are durable. */
        uint64_t sequence = replaced->sequence;
        *replaced = *c;
        replaced->sequence = sequence;
        return;
    }
    if (q->count == q->capacity) {
        q->capacity = q->capacity > 0 ? q->capacity * 2 : 16;
        q->changes = memory_resize(q->changes, q->capacity, sizeof *q->changes);
        q->posted = memory_resize(q->posted, q->capacity, sizeof *q->posted);
    }
    q->changes[q->count] = *c;
    q->posted[q->count++] = posted;
}

static void queue_free(struct queue *q)
{
    free(q->changes);
    free(q->posted);
    *q = (struct queue){0};
}

static void queue_remove(struct queue *q, size_t count)
{
    q->count -= count;
    if (q->count > 0) {
        memmove(q->changes, q->changes + count, q->count * sizeof *q->changes);
        memmove(q->posted, q->posted + count, q->count * sizeof *q->posted);
    } else if (q->capacity > BATCH) { /* a burst's memory is not kept */
        queue_free(q);
    } else {
        q->last = 0;
        q->urgent = false;
    }
}

/* When the oldest change, from `first` on, that does not wait on purpose was posted; 0: none. */
static int64_t oldest(const struct queue *q, size_t first)
{
    for (size_t i = first; i < q->count; i++)
        if (q->changes[i].kind != CHANGE_EXTREMES)
            return q->posted[i];
    return 0;
}

/* The first `count` of what is held are durable. */
static void acknowledge(struct writer *w, size_t count)
{
    uint64_t sequence = count == w->held.count ? w->held.last : 0;
    int64_t now = clock_monotonic_us();
    int64_t since = oldest(&w->held, 0), left = oldest(&w->held, count);
    pthread_mutex_lock(&w->lock);
    if (since != 0 && since != left) {
        w->last_took = now - since;
        w->last_ended = now;
    }
    w->held_since = left;
    for (size_t i = 0; i < count; i++) {
        if (w->held.changes[i].sequence > sequence)
            sequence = w->held.changes[i].sequence;
        if (w->held.changes[i].kind != CHANGE_EXTREMES)
            histogram_add(&w->figures.acknowledge, (uint64_t)(now - w->held.posted[i]) * 1000);
    }
    w->figures.changes += count;
    w->figures.waiting -= count;
    pthread_mutex_unlock(&w->lock);
    queue_remove(&w->held, count);
    if (sequence > 0)
        w->listener.durable(w->listener.context, sequence);
}

/* How many go into the next transaction: what is joined is not parted. */
static size_t next_batch(const struct queue *q)
{
    size_t count = q->count < BATCH ? q->count : BATCH;
    while (count < q->count && q->changes[count - 1].joined)
        count++;
    return count;
}

/* Commits what is held; false with `error` when some is left. */
static bool commit_held(struct writer *w, struct error *error)
{
    while (w->held.count > 0) {
        size_t count = next_batch(&w->held);
        int64_t start = clock_monotonic_us();
        if (!repository_commit(w->repository, w->held.changes, count, error))
            return false;
        pthread_mutex_lock(&w->lock);
        histogram_add(&w->figures.commit, (uint64_t)(clock_monotonic_us() - start) * 1000);
        w->figures.commits++;
        pthread_mutex_unlock(&w->lock);
        acknowledge(w, count);
    }
    return true;
}

static void report(struct writer *w, enum trouble trouble, const char *sentence)
{
    if (trouble == w->trouble)
        return;
    w->trouble = trouble;
    w->listener.trouble(w->listener.context, trouble == LOSES, sentence);
}

/* Brings the journal into the database. What had to be set aside is told as a trouble that is over
 * at once. */
static bool replay(struct writer *w, struct error *error)
{
    size_t count;
    bool done = spill_replay(w->spill, w->repository, &count, error);
    if (done && error->code != ERROR_NONE)
        w->listener.trouble(w->listener.context, false, error->text);
    if (done && error->code != ERROR_NONE && w->trouble == WORKS)
        w->listener.trouble(w->listener.context, false, "");
    return done;
}

/* Finds a durable place for what is held: the database, else the journal. While there is trouble
 * only the journal is written to at once; all else waits until it is `due`. */
static void settle(struct writer *w, bool due)
{
    struct error database = {0}, journal = {0};
    char sentence[SENTENCE_SIZE];
    if (w->trouble == LOSES && !due)
        return;
    if (w->spilled && due)
        w->spilled = !replay(w, &database);
    if (due)
        w->retry_at = clock_monotonic_us() + RETRY_US;
    if (!w->spilled && commit_held(w, &database)) {
        report(w, WORKS, "");
        return;
    }
    if (database.code != ERROR_NONE)
        text_copy(w->refusal, sizeof w->refusal, database.text);
    if (w->held.count > 0 && !spill_append(w->spill, w->held.changes, w->held.count, &journal)) {
        text_format(sentence, sizeof sentence, "%zu changes are in memory only: %s; %s",
                    w->held.count, w->refusal, journal.text);
        report(w, LOSES, sentence);
        return;
    }
    if (w->held.count > 0) {
        acknowledge(w, w->held.count);
        w->spilled = true;
    }
    text_format(sentence, sizeof sentence, "%s; changes go to %s", w->refusal, w->spill);
    report(w, SPILLS, sentence);
    if (database.code == ERROR_USAGE) /* not the database's fault: let the replay sort it out now */
        w->retry_at = 0;
}

/* When the thread has something to do next. */
static int64_t next_time(const struct writer *w)
{
    int64_t next = w->spilled || w->trouble != WORKS ? w->retry_at : INT64_MAX;
    if (w->stopping || (w->queue.urgent && w->trouble != LOSES))
        return 0;
    if (w->queue.count > 0 && w->trouble != LOSES && w->extremes_at < next)
        next = w->extremes_at;
    return next;
}

static void wait_for_work(struct writer *w)
{
    for (int64_t next; (next = next_time(w)) > clock_monotonic_us();) {
        struct timespec until = {.tv_sec = (time_t)(next / CLOCK_SECOND),
                                 .tv_nsec = (long)(next % CLOCK_SECOND * 1000)};
        if (next == INT64_MAX)
            pthread_cond_wait(&w->wake, &w->lock);
        else
            pthread_cond_timedwait(&w->wake, &w->lock, &until);
    }
}

/* Takes the queue over, by a swap when nothing is held: posting goes on meanwhile. */
static void take(struct writer *w)
{
    if (w->held.count == 0) {
        struct queue empty = w->held;
        w->held = w->queue;
        w->queue = empty;
        w->held_since = oldest(&w->held, 0);
        return;
    }
    for (size_t i = 0; i < w->queue.count; i++)
        queue_add(&w->held, &w->queue.changes[i], w->queue.posted[i]);
    if (w->queue.last > w->held.last)
        w->held.last = w->queue.last;
    w->figures.waiting = w->held.count;
    w->held_since = oldest(&w->held, 0);
    queue_remove(&w->queue, w->queue.count);
}

static void *write_changes(void *context)
{
    struct writer *w = context;
    bool stopping = false;
    while (!stopping) {
        pthread_mutex_lock(&w->lock);
        wait_for_work(w);
        stopping = w->stopping;
        take(w);
        pthread_mutex_unlock(&w->lock);
        int64_t now = clock_monotonic_us();
        w->extremes_at = now + (w->trouble == WORKS ? EXTREMES_US : RETRY_US);
        bool troubled = w->spilled || w->trouble != WORKS;
        settle(w, stopping || (troubled && now >= w->retry_at));
    }
    return NULL;
}

static void prepare(struct writer *w)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->wake, &clock);
    pthread_condattr_destroy(&clock);
}

/* Signals are for the other threads. */
static bool start(struct writer *w)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&w->thread, NULL, write_changes, w) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

static void end(struct writer *w)
{
    repository_close(w->repository);
    pthread_cond_destroy(&w->wake);
    pthread_mutex_destroy(&w->lock);
    queue_free(&w->queue);
    queue_free(&w->held);
    free(w);
}

struct writer *writer_start(struct repository *r, const char *spill_path,
                            const struct writer_listener *listener, struct error *error)
{
    struct writer *w = memory_new(1, sizeof *w);
    w->repository = r;
    w->listener = *listener;
    w->spilled = access(spill_path, F_OK) == 0;
    prepare(w);
    if (!text_copy(w->spill, sizeof w->spill, spill_path))
        error_set(error, ERROR_USAGE, "the journal's path is too long: %s", spill_path);
    else if (start(w))
        return w;
    else
        error_set(error, ERROR_SYSTEM, "cannot start the thread that writes the database");
    end(w);
    return NULL;
}

void writer_post(struct writer *w, const struct change *changes, size_t count)
{
    int64_t now = clock_monotonic_us();
    pthread_mutex_lock(&w->lock);
    size_t before = w->queue.count;
    for (size_t i = 0; i < count; i++)
        queue_add(&w->queue, &changes[i], now);
    w->figures.waiting += w->queue.count - before;
    if (w->figures.waiting > w->figures.waiting_most)
        w->figures.waiting_most = w->figures.waiting;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
}

bool writer_stop(struct writer *w, struct error *error)
{
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    size_t lost = w->held.count;
    if (lost > 0)
        error_set(error, ERROR_SYSTEM,
                  "%zu changes are lost: neither the database nor %s could be written; compare the "
                  "positions with your broker's at the next start",
                  lost, w->spill);
    end(w);
    return lost == 0;
}

void writer_measure(struct writer *w, struct writer_figures *out)
{
    int64_t now = clock_monotonic_us();
    pthread_mutex_lock(&w->lock);
    int64_t since = w->held_since != 0 ? w->held_since : oldest(&w->queue, 0);
    *out = w->figures;
    if (since != 0)
        out->saving = now - since;
    else if (w->last_ended != 0 && now - w->last_ended < RECENT_US)
        out->saving = w->last_took;
    pthread_mutex_unlock(&w->lock);
}
