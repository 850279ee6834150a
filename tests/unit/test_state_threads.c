/* The state under many threads. Run under ThreadSanitizer as well. */
#include "base/clock.h"
#include "base/text.h"
#include "state/state.h"
#include "support/test.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 100 };

static struct state *state;
static struct snapshot_map *map;
static struct snapshot copy;
static const struct account_key SIM = {MODE_SIM, "Sim1"};

static void setup(void)
{
    map = snapshot_map_create(NULL, NULL);
    ck_assert_ptr_nonnull(map);
    struct state_options options = {.snapshots = map, .sim_start_balance = 10000 * MONEY_ONE};
    state = state_new(&options, 1);
    state_publish(state);
}

static void teardown(void)
{
    state_free(state);
    snapshot_map_close(map);
}

/* Starts all threads at once and waits for their ends. */
static void run_threads(int count, void *(*body)(void *))
{
    pthread_t threads[THREADS + 8];
    for (intptr_t i = 0; i < count; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, body, (void *)i), 0);
    for (int i = 0; i < count; i++)
        pthread_join(threads[i], NULL);
}

static void *add_to_balance(void *number)
{
    struct change c;
    (void)number;
    for (int i = 0; i < 100; i++)
        state_add_to_balance(state, &SIM, 1234567, 1000 + i, &c);
    return NULL;
}

START_TEST(a_hundred_threads_add_to_one_balance)
{
    run_threads(THREADS, add_to_balance);
    state_copy(state, &copy);
    int account = snapshot_find_account(&copy, &SIM);
    ck_assert_int_ge(account, 0);
    /* 10,000 + 100 × 100 × 1.234567 */
    ck_assert_int_eq(copy.accounts[account].ledger.cash, 10000 * MONEY_ONE + INT64_C(12345670000));
    ck_assert_uint_eq(copy.changes_issued, THREADS * 100);
}
END_TEST

static void *win_or_lose(void *number)
{
    int n = (int)(intptr_t)number;
    struct fill f = {.key = SIM, .side = SIDE_LONG, .quantity = 1, .price = 100, .time = 1000000};
    struct change c;
    text_format(f.symbol, sizeof f.symbol, "S%d", n);
    text_format(f.execution_id, sizeof f.execution_id, "in%d", n);
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "", 1000000, &c), FILL_APPLIED);
    f.side = SIDE_SHORT;
    f.price = n % 2 == 0 ? 110 : 93; /* 50 win 10 points, 50 lose 7 */
    f.time = 2000000;
    text_format(f.execution_id, sizeof f.execution_id, "out%d", n);
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "", 2000000, &c), FILL_APPLIED);
    ck_assert(c.has_trade);
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "", 3000000, &c), FILL_KNOWN);
    return NULL;
}

START_TEST(fifty_winners_and_fifty_losers_mixed)
{
    run_threads(THREADS, win_or_lose);
    ck_assert(state_set_view(state, &SIM, true, "test", 3000000));
    state_advance(state, 3000000);
    state_copy(state, &copy);
    int account = snapshot_find_account(&copy, &SIM);
    ck_assert_int_eq(copy.accounts[account].ledger.cash, (10000 + 50 * 10 - 50 * 7) * MONEY_ONE);
    ck_assert_uint_eq(copy.position_count, 0);
    const struct statistics *all = &copy.statistics[TIMEFRAME_ALL];
    ck_assert_uint_eq(all->trades, 100);
    ck_assert_uint_eq(all->wins, 50);
    ck_assert_uint_eq(all->losses, 50);
    ck_assert_int_eq(all->total, 150 * MONEY_ONE);
}
END_TEST

static void *close_or_load(void *number)
{
    if (number != 0)
        return win_or_lose((void *)((intptr_t)number - 1));
    struct results *results = results_new();
    struct curve *curve = curve_new();
    for (int i = 1; i <= 1000; i++) {
        results_add(results, &(struct trade_result){.exit_time = i, .pnl = MONEY_ONE});
        curve_add(curve, i, (10000 + i) * MONEY_ONE);
    }
    state_take_past(state, &SIM, results, curve);
    state_end_loading(state);
    return NULL;
}

START_TEST(the_past_is_taken_while_trades_close)
{
    state_begin_loading(state);
    state_set_view(state, &SIM, true, "test", 3000000);
    state_advance(state, 3000000);
    run_threads(THREADS + 1, close_or_load);
    state_advance(state, 3000000);
    state_copy(state, &copy);
    ck_assert(copy.statistics_ready);
    ck_assert_uint_eq(copy.statistics[TIMEFRAME_ALL].trades, 1100);
    ck_assert_int_eq(copy.statistics[TIMEFRAME_ALL].total, 1150 * MONEY_ONE);
    ck_assert_int_eq(copy.equity[TIMEFRAME_ALL].points[0].balance, 10001 * MONEY_ONE);
}
END_TEST

static void *write_own_entry(void *number)
{
    struct account_key key = {MODE_DEBUG, ""};
    struct change c;
    double known;
    text_format(key.account, sizeof key.account, "acc%d", (int)(intptr_t)number);
    char symbol[SYMBOL_SIZE];
    text_format(symbol, sizeof symbol, "SYM%d", (int)(intptr_t)number);
    int index = state_add_symbol(state, symbol);
    ck_assert_int_ge(index, 0);
    for (int i = 1; i <= 50; i++) {
        struct balance b = {.key = key, .time = i, .cash = i * MONEY_ONE};
        state_put_balance(state, &b, i, &c);
        state_apply_trade(state, index, 100 + (int)(intptr_t)number, i, AGGRESSOR_NONE, i, i);
        state_settle(state, index);
        struct order o = {.key = key, .status = STATUS_OPEN, .quantity = i, .price1 = i};
        text_copy(o.symbol, sizeof o.symbol, symbol);
        text_format(o.server_id, sizeof o.server_id, "o%d", (int)(intptr_t)number);
        state_apply_order(state, &o, "", i, &c, &known);
        state_publish(state);
    }
    return NULL;
}

START_TEST(a_hundred_writers_of_different_entries)
{
    run_threads(THREADS, write_own_entry);
    ck_assert_uint_gt(snapshot_read(map, &copy), 0);
    ck_assert_uint_eq(copy.account_count, THREADS);
    ck_assert_uint_eq(copy.symbol_count, THREADS);
    ck_assert_uint_eq(copy.order_count, THREADS);
    for (int n = 0; n < THREADS; n++) {
        char symbol[SYMBOL_SIZE];
        text_format(symbol, sizeof symbol, "SYM%d", n);
        int index = snapshot_find_symbol(&copy, symbol);
        ck_assert_int_ge(index, 0);
        ck_assert_double_eq(copy.markets[index].last, 100 + n);
        ck_assert_int_eq(copy.accounts[n].reported.cash, 50 * MONEY_ONE);
        ck_assert_double_eq(copy.orders[n].quantity, 50);
    }
}
END_TEST

static atomic_int switches;

static void *switch_view(void *number)
{
    for (int i = 0; i < 20; i++) {
        struct account_key key = {MODE_DEBUG, ""};
        text_format(key.account, sizeof key.account, "acc%d-%d", (int)(intptr_t)number, i);
        if (state_set_view(state, &key, true, "chosen", i))
            atomic_fetch_add(&switches, 1);
        state_publish(state);
    }
    return NULL;
}

START_TEST(fifty_switchers_of_the_view_keep_its_history)
{
    atomic_store(&switches, 0);
    run_threads(50, switch_view);
    state_copy(state, &copy);
    ck_assert_int_eq(atomic_load(&switches), 1000); /* all keys differ, so each is a switch */
    ck_assert_uint_eq(copy.view_history_count, VIEW_HISTORY);
    const struct view_change *last = &copy.view_history[VIEW_HISTORY - 1];
    ck_assert(account_key_equal(&copy.view, &last->key));
    for (int i = 0; i < VIEW_HISTORY; i++) {
        ck_assert_str_eq(copy.view_history[i].reason, "chosen");
        ck_assert_int_eq(strncmp(copy.view_history[i].key.account, "acc", 3), 0);
    }
}
END_TEST

static atomic_bool done;
static atomic_int reads;

/* Writes one number all over, so that a torn copy holds two; lets a reader through after each
 * burst. */
static void *write_whole(void *unused)
{
    (void)unused;
    struct snapshot *s = calloc(1, sizeof *s);
    for (int i = 1; i <= 500; i++) {
        int before = atomic_load(&reads);
        memset(s->messages, i & 0x7f, sizeof s->messages);
        memset(s->orders, i & 0x7f, sizeof s->orders);
        struct snapshot_range ranges[2] = {
            {offsetof(struct snapshot, messages),
             offsetof(struct snapshot, messages) + sizeof s->messages},
            {offsetof(struct snapshot, orders),
             offsetof(struct snapshot, orders) + sizeof s->orders}};
        snapshot_publish(map, s, ranges, 2);
        while (i % 10 == 0 && atomic_load(&reads) == before)
            sched_yield();
    }
    free(s);
    atomic_store(&done, true);
    return NULL;
}

static void *read_whole(void *unused)
{
    (void)unused;
    struct snapshot *s = malloc(sizeof *s);
    uint64_t last = 0;
    bool over;
    do {
        over = atomic_load(&done);
        uint64_t sequence = snapshot_read(map, s);
        if (sequence == 0)
            continue;
        ck_assert_uint_ge(sequence, last);
        last = sequence;
        atomic_fetch_add(&reads, 1);
        const unsigned char *m = (const unsigned char *)s->messages;
        const unsigned char *o = (const unsigned char *)s->orders;
        for (size_t i = 0; i < sizeof s->messages; i += 61)
            ck_assert_uint_eq(m[i], m[0]);
        for (size_t i = 0; i < sizeof s->orders; i += 61)
            ck_assert_uint_eq(o[i], m[0]);
    } while (!over);
    free(s);
    return NULL;
}

static void *read_or_write(void *number)
{
    return number == 0 ? write_whole(NULL) : read_whole(NULL);
}

START_TEST(no_reader_sees_a_torn_snapshot)
{
    atomic_store(&done, false);
    run_threads(5, read_or_write);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("state_threads");
    TCase *t = tcase_create("threads");
    tcase_add_checked_fixture(t, setup, teardown);
    tcase_set_timeout(t, 120);
    tcase_add_test(t, a_hundred_threads_add_to_one_balance);
    tcase_add_test(t, fifty_winners_and_fifty_losers_mixed);
    tcase_add_test(t, the_past_is_taken_while_trades_close);
    tcase_add_test(t, a_hundred_writers_of_different_entries);
    tcase_add_test(t, fifty_switchers_of_the_view_keep_its_history);
    tcase_add_test(t, no_reader_sees_a_torn_snapshot);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
