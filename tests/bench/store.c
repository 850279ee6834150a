/* The store: what it takes until a change is durable, beside a bare write and sync of as many
 * bytes. */
#include "bench/bench.h"
#include "store/writer.h"

#include <fcntl.h>
#include <pthread.h>

enum { TIMES = 300, BURST = 10000, SIZES = 31 };

static const int64_t START = INT64_C(1795000000000000); /* us UTC */

struct rig {
    char directory[256], database[300], log[300], spill[300], bare[300];
    struct state *state; /* makes the changes */
    struct repository *repository;
    struct writer *writer;
    int fills;

    pthread_mutex_t lock;
    pthread_cond_t wake;
    uint64_t durable;
};

static void on_durable(void *context, uint64_t sequence)
{
    struct rig *r = context;
    pthread_mutex_lock(&r->lock);
    r->durable = sequence;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->lock);
}

static void on_trouble(void *context, bool lost, const char *sentence)
{
    (void)context;
    (void)lost;
    bench_require(sentence[0] == '\0', sentence);
}

static void wait_durable(struct rig *r, uint64_t sequence)
{
    pthread_mutex_lock(&r->lock);
    while (r->durable < sequence)
        pthread_cond_wait(&r->wake, &r->lock);
    pthread_mutex_unlock(&r->lock);
}

/* The change that the next fill makes: a position opens, then closes with its trade and balance,
 * and so on. */
static void next_change(struct rig *r, struct change *c)
{
    struct fill f = bench_fill(r->fills++, START);
    bench_require(state_apply_fill(r->state, &f, ORIGIN_LIVE, "fill", f.time, c) == FILL_APPLIED,
                  "a fill was refused");
}

static void rig_make(struct rig *r)
{
    struct error error = {0};
    struct state_options options = {.sim_start_balance = 10000 * MONEY_ONE};
    bench_directory_make(r->directory, sizeof r->directory);
    text_format(r->database, sizeof r->database, "%s/sortie.db", r->directory);
    text_format(r->log, sizeof r->log, "%s/sortie.db-wal", r->directory);
    text_format(r->spill, sizeof r->spill, "%s/spill.jsonl", r->directory);
    text_format(r->bare, sizeof r->bare, "%s/bare", r->directory);
    r->state = state_new(&options, START);
    bench_add_symbol(r->state);
    pthread_mutex_init(&r->lock, NULL);
    pthread_cond_init(&r->wake, NULL);
    r->repository = repository_open(r->database, &error);
    bench_require(r->repository != NULL, error.text);
}

static off_t file_size(const char *path)
{
    struct stat status;
    return stat(path, &status) == 0 ? status.st_size : 0;
}

/* The bytes that a commit appends to the write-ahead log, while that is still growing. */
static size_t measure_size(struct rig *r)
{
    double grown[SIZES];
    struct change c;
    for (int i = 0; i < SIZES; i++) {
        off_t before = file_size(r->log);
        next_change(r, &c);
        bench_require(repository_commit(r->repository, &c, 1, NULL), "a commit failed");
        grown[i] = (double)(file_size(r->log) - before);
    }
    double bytes = bench_median(grown, SIZES);
    bench_require(bytes > 0, "the write-ahead log does not grow");
    return (size_t)bytes;
}

static double append_bare(int file, const char *bytes, size_t size)
{
    int64_t start = bench_now();
    bench_require(write(file, bytes, size) == (ssize_t)size && fdatasync(file) == 0,
                  "a bare write failed");
    return (double)(bench_now() - start) / 1000;
}

static double commit_one(struct rig *r)
{
    struct change c;
    next_change(r, &c);
    int64_t start = bench_now();
    bench_require(repository_commit(r->repository, &c, 1, NULL), "a commit failed");
    return (double)(bench_now() - start) / 1000;
}

static double post_one(struct rig *r)
{
    struct change c;
    int64_t start = bench_now();
    next_change(r, &c);
    writer_post(r->writer, &c, 1);
    wait_durable(r, c.sequence);
    return (double)(bench_now() - start) / 1000;
}

static double percentile(const double *sorted, double fraction)
{
    return sorted[(size_t)(fraction * (TIMES - 1))];
}

static void report(struct bench *b, const char *what, double limit, double *ours, double *bare,
                   size_t size)
{
    char beside[160];
    double our_time = bench_median(ours, TIMES), bare_time = bench_median(bare, TIMES);
    text_format(beside, sizeof beside,
                "%.0f µs (99th percentile %.0f); append of %zu bytes and fdatasync: %.0f µs",
                our_time, percentile(ours, 0.99), size, bare_time);
    bench_row_limit(b, what, our_time / bare_time, "× a bare append", limit, beside);
}

/* The bare writes take turns with ours, so that what disturbs the disk meets both. */
static void measure_latency(struct bench *b, struct rig *r, const char *what, double limit,
                            double (*ours)(struct rig *), size_t size)
{
    static double our_times[TIMES], bare_times[TIMES];
    char *bytes = calloc(1, size);
    int file = open(r->bare, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    bench_require(file >= 0 && bytes != NULL, "a file for the bare writes cannot be made");
    for (int i = 0; i < TIMES; i++) {
        our_times[i] = ours(r);
        bare_times[i] = append_bare(file, bytes, size);
    }
    report(b, what, limit, our_times, bare_times, size);
    close(file);
    free(bytes);
}

static void start_writer(struct rig *r)
{
    struct error error = {0};
    struct writer_listener listener = {r, on_durable, on_trouble};
    r->writer = writer_start(r->repository, r->spill, &listener, &error);
    bench_require(r->writer != NULL, error.text);
    r->repository = NULL;
}

static void measure_burst(struct bench *b, struct rig *r)
{
    struct writer_figures before, after;
    struct change *changes = calloc(BURST, sizeof *changes);
    char beside[128];
    bench_require(changes != NULL, "no memory");
    for (int i = 0; i < BURST; i++)
        next_change(r, &changes[i]);
    writer_measure(r->writer, &before);
    int64_t start = bench_now();
    for (int i = 0; i < BURST; i++)
        writer_post(r->writer, &changes[i], 1);
    double posted = (double)(bench_now() - start) / 1e6;
    wait_durable(r, changes[BURST - 1].sequence);
    double took = (double)(bench_now() - start) / 1e6;
    writer_measure(r->writer, &after);
    uint64_t commits = after.commits - before.commits;
    text_format(beside, sizeof beside,
                "%.0f changes a sync; posted in %.0f ms, all durable after %.0f ms",
                BURST / (double)(commits > 0 ? commits : 1), posted, took);
    bench_row_limit(b, "store: burst of 10,000 changes", (double)commits, "syncs", 200, beside);
    free(changes);
}

int main(void)
{
    static struct rig r;
    struct error error = {0};
    struct bench b = {0};
    bench_begin();
    rig_make(&r);
    size_t size = measure_size(&r);
    measure_latency(&b, &r, "store: commit one change of a position", 0, commit_one, size);
    start_writer(&r);
    measure_latency(&b, &r, "store: from the state to the acknowledgement", 1.5, post_one, size);
    measure_burst(&b, &r);
    bench_require(writer_stop(r.writer, &error), error.text);
    state_free(r.state);
    bench_directory_remove(r.directory);
    return bench_end(&b);
}
