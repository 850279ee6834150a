/* The state: applying trades, publishing and copying snapshots, how long the lock is held. */
#include "base/clock.h"
#include "bench/bench.h"
#include "dtc/json.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ROUNDS = 9,
    TIMES = 20000,
    READS = 200,
    STEPS = 200,
    HISTORY = 1000, /* trades closed before */
    SECONDS = 4,
    PRICES = 4,         /* a turn of the reader */
    FRAME_NS = 33333333 /* of the screen */
};

static const int64_t START = INT64_C(1795000000000000); /* us UTC */

struct rig {
    char directory[256];
    struct snapshot_map *map;
    struct state *state;
    int symbol, fills, orders, trades;
    int64_t now;        /* us UTC, made up */
    int turns_a_second; /* of the reader thread */
    atomic_uint_fast64_t posted;
    atomic_bool over;
};

static void apply_fill(struct rig *r)
{
    struct change c;
    struct fill f = bench_fill(r->fills++, START);
    r->now = f.time > r->now ? f.time : r->now;
    bench_require(state_apply_fill(r->state, &f, ORIGIN_LIVE, "fill", r->now, &c) == FILL_APPLIED,
                  "a fill was refused");
    atomic_store(&r->posted, c.sequence);
}

/* Stops and targets by turns. */
static void apply_order(struct rig *r, int number, enum order_status status)
{
    struct change c;
    double known;
    struct order o = {.key = bench_key(),
                      .symbol = BENCH_SYMBOL,
                      .type = number % 2 ? ORDER_STOP : ORDER_LIMIT,
                      .status = status,
                      .side = SIDE_SHORT,
                      .price1 = number % 2 ? 5040 : 5060,
                      .price2 = PRICE_UNSET,
                      .quantity = 1,
                      .average_price = PRICE_UNSET};
    text_format(o.server_id, sizeof o.server_id, "S%d", number);
    if (state_apply_order(r->state, &o, "", r->now, &c, &known))
        atomic_store(&r->posted, c.sequence);
    if (state_follow_bracket(r->state, &o.key, o.symbol, r->now, &c))
        atomic_store(&r->posted, c.sequence);
}

/* An account as a day leaves it: trades closed, the table of orders full, a position open with its
 * bracket. */
static void rig_make(struct rig *r, bool measures_lock)
{
    char path[300];
    struct error error = {0};
    struct account_key key = bench_key();
    bench_directory_make(r->directory, sizeof r->directory);
    text_format(path, sizeof path, "%s/sortie.snap", r->directory);
    r->map = snapshot_map_create(path, &error);
    bench_require(r->map != NULL, error.text);
    struct state_options options = {
        .snapshots = r->map, .sim_start_balance = 10000 * MONEY_ONE, .measure_lock = measures_lock};
    r->now = START;
    r->state = state_new(&options, START);
    r->symbol = bench_add_symbol(r->state);
    state_set_view(r->state, &key, true, "bench", START);
    while (r->fills <= 2 * HISTORY)
        apply_fill(r);
    while (r->orders < SNAPSHOT_ORDERS - 2)
        apply_order(r, r->orders++, STATUS_FILLED);
    while (r->orders < SNAPSHOT_ORDERS)
        apply_order(r, r->orders++, STATUS_OPEN);
    state_advance(r->state, r->now);
    state_publish(r->state);
}

static void rig_free(struct rig *r)
{
    state_free(r->state);
    snapshot_map_close(r->map);
    bench_directory_remove(r->directory);
}

static void apply_trade(struct rig *r)
{
    int n = r->trades++;
    r->now += 100;
    state_apply_trade(r->state, r->symbol, 5050 + 0.25 * (n * 7 % 41 - 20), 1 + n % 5,
                      n % 2 ? AGGRESSOR_AT_ASK : AGGRESSOR_AT_BID, r->now, r->now);
    state_settle(r->state, r->symbol);
}

static void apply_quote(struct rig *r)
{
    double bid = 5050 + 0.25 * (r->trades * 7 % 41 - 20);
    state_apply_bid_ask(r->state, r->symbol, bid, r->trades % 17, bid + 0.25, r->trades % 19,
                        r->now);
    state_settle(r->state, r->symbol);
}

static double time_trades(struct rig *r, bool publish)
{
    int64_t start = bench_spent();
    for (int i = 0; i < TIMES; i++) {
        apply_trade(r);
        if (publish)
            state_publish(r->state);
    }
    return (double)(bench_spent() - start) / TIMES;
}

static void measure_trades(struct bench *b, struct rig *r)
{
    double without[ROUNDS], with[ROUNDS], publish[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
        without[i] = time_trades(r, false);
        with[i] = time_trades(r, true);
        publish[i] = with[i] - without[i];
    }
    bench_row_limit(b, "state: apply a trade, one position open", bench_median(without, ROUNDS),
                    "ns", 100, "");
    bench_row("state: apply a trade and publish", "", "%.0f ns", bench_median(with, ROUNDS));
    bench_row("snapshot: publish what one trade changes", "difference of the two above", "%.0f ns",
              bench_median(publish, ROUNDS));
}

static void measure_copies(struct rig *r)
{
    struct snapshot *from = calloc(1, sizeof *from), *to = calloc(1, sizeof *to);
    double read[READS], bare[READS];
    char beside[96];
    bench_require(from != NULL && to != NULL, "no memory");
    for (int i = 0; i < READS; i++) {
        int64_t start = bench_now();
        bench_require(snapshot_read(r->map, to) > 0, "nothing was published");
        int64_t middle = bench_now();
        memcpy(from, to, sizeof *from);
        bare[i] = (double)(bench_now() - middle) / 1000;
        read[i] = (double)(middle - start) / 1000;
    }
    text_format(beside, sizeof beside, "memcpy of the same %zu KiB: %.1f µs", sizeof *to / 1024,
                bench_median(bare, READS));
    bench_row("snapshot: copy the whole", beside, "%.1f µs", bench_median(read, READS));
    free(from);
    free(to);
}

/* The reader decodes before each price: the caches are left as it leaves them. */
static void decode_price(void)
{
    static const char text[] = "{\"Type\":107,\"SymbolID\":1,\"AtBidOrAsk\":2,\"Price\":5050.25,"
                               "\"Volume\":3,\"DateTime\":1795000000.123}";
    union dtc_message m;
    struct error error;
    bench_require(dtc_json_decode(text, sizeof text - 1, &m, &error) > 0, "a price is not decoded");
}

/* Like the console's own: prices in bursts; each second an order that is filled, and new
 * statistics. */
static void *read_feed(void *context)
{
    struct rig *r = context;
    struct change c;
    int rate = r->turns_a_second;
    int64_t next = bench_now();
    for (int turn = 0; turn < SECONDS * rate; turn++) {
        for (int i = 0; i < PRICES / 2; i++) {
            decode_price();
            apply_quote(r);
            decode_price();
            apply_trade(r);
        }
        if (turn % rate == 0)
            apply_order(r, r->orders, STATUS_OPEN);
        if (turn % rate == rate / 4)
            apply_fill(r);
        if (turn % rate == rate / 4 + 1)
            apply_order(r, r->orders++, STATUS_FILLED);
        if (turn % rate == rate / 2)
            state_advance(r->state, r->now);
        while (turn % (rate / 10) == 0 && state_take_extremes(r->state, r->now, &c))
            continue;
        state_publish(r->state);
        bench_sleep_until(next += 1000000000 / rate);
    }
    atomic_store(&r->over, true);
    return NULL;
}

static void *show(void *context)
{
    struct rig *r = context;
    struct snapshot *copy = calloc(1, sizeof *copy);
    for (int64_t next = bench_now(); !atomic_load(&r->over); bench_sleep_until(next += FRAME_NS))
        bench_require(copy != NULL && snapshot_read(r->map, copy) > 0, "no snapshot to show");
    free(copy);
    return NULL;
}

static void *acknowledge(void *context)
{
    struct rig *r = context;
    uint64_t done = 0;
    for (int64_t next = bench_now(); !atomic_load(&r->over); bench_sleep_until(next += 1000000)) {
        uint64_t posted = atomic_load(&r->posted);
        if (posted == done)
            continue;
        state_acknowledge(r->state, done = posted);
        state_publish(r->state);
    }
    return NULL;
}

static void measure_lock(struct bench *b, struct rig *r, int prices_a_second)
{
    static void *(*const bodies[])(void *) = {read_feed, show, acknowledge};
    pthread_t threads[3];
    struct histogram before, after, h = {0};
    char what[96], note[96];
    r->turns_a_second = prices_a_second / PRICES;
    atomic_store(&r->over, false);
    state_get_lock_times(r->state, &before);
    for (int i = 0; i < 3; i++)
        bench_require(pthread_create(&threads[i], NULL, bodies[i], r) == 0, "no more threads");
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    state_get_lock_times(r->state, &after);
    bench_add_since(&h, &after, &before);
    text_format(what, sizeof what, "state: lock held at %d prices, 1 fill, 2 order updates/s",
                prices_a_second);
    text_format(note, sizeof note, "99th percentile of %llu; median %.2f, 99.9th %.2f µs",
                (unsigned long long)h.count, (double)histogram_percentile(&h, 0.5) / 1000,
                (double)histogram_percentile(&h, 0.999) / 1000);
    bench_row_limit(b, what, (double)histogram_percentile(&h, 0.99) / 1000, "µs", 2, note);
}

/* The rare steps, each by itself: too few to show in a percentile of all. */
static void publish(struct rig *r)
{
    state_publish(r->state);
}

static void advance(struct rig *r)
{
    state_advance(r->state, r->now);
}

static void add_order(struct rig *r)
{
    apply_order(r, r->orders++, STATUS_FILLED);
}

static void measure_steps(struct rig *r)
{
    static const struct {
        const char *what;
        void (*prepare)(struct rig *), (*step)(struct rig *);
    } steps[] = {
        {"state: lock held, new order", publish, add_order},
        {"state: lock held, publish after a new order", add_order, publish},
        {"state: lock held, fill", publish, apply_fill},
        {"state: lock held, publish after a fill", apply_fill, publish},
        {"state: lock held, statistics after a fill (1,000 trades)", apply_fill, advance},
    };
    struct histogram before, after;
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        struct histogram all = {0};
        for (int times = 0; times < STEPS; times++) {
            steps[i].prepare(r);
            state_get_lock_times(r->state, &before);
            steps[i].step(r);
            state_get_lock_times(r->state, &after);
            bench_add_since(&all, &after, &before);
        }
        bench_row(steps[i].what, "median and 99th percentile of these steps alone",
                  "%.2f and %.2f µs", (double)histogram_percentile(&all, 0.5) / 1000,
                  (double)histogram_percentile(&all, 0.99) / 1000);
    }
}

int main(void)
{
    static struct rig plain, r;
    struct bench b = {0};
    bench_begin();
    rig_make(&plain, false); /* as the console's: to measure the lock takes half as long again */
    measure_trades(&b, &plain);
    measure_copies(&plain);
    rig_free(&plain);
    rig_make(&r, true);
    measure_lock(&b, &r, 1000);
    measure_lock(&b, &r, 10000);
    measure_steps(&r);
    rig_free(&r);
    return bench_end(&b);
}
