#include "state/internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

int state_account_index(struct state *s, const struct account_key *key)
{
    struct snapshot *n = &s->now;
    int found = snapshot_find_account(n, key);
    if (found >= 0 || n->account_count == SNAPSHOT_ACCOUNTS)
        return found;
    uint32_t i = n->account_count++;
    account_init(&n->accounts[i], key);
    s->histories[i].key = *key;
    state_touch(s, &n->account_count, sizeof n->account_count);
    state_touch(s, &n->accounts[i], sizeof n->accounts[i]);
    return (int)i;
}

static void note_history(struct state *s, int account)
{
    if (account_key_equal(&s->histories[account].key, &s->now.view))
        s->history_changed = true;
}

/* Both lists are nearly always extended at the end; a late one is moved to its place. */
void state_add_result(struct state *s, int account, const struct trade_result *r)
{
    struct account_history *h = &s->histories[account];
    if (h->result_count == h->result_capacity) {
        h->result_capacity = h->result_capacity ? 2 * h->result_capacity : 64;
        h->results = memory_resize(h->results, h->result_capacity, sizeof *h->results);
    }
    size_t i = h->result_count++;
    for (; i > 0 && h->results[i - 1].exit_time > r->exit_time; i--)
        h->results[i] = h->results[i - 1];
    h->results[i] = *r;
    note_history(s, account);
}

/* Halves the number of points in the older half of the curve. */
static void thin_out(struct account_history *h)
{
    size_t half = h->balance_count / 2, kept = half / 2;
    for (size_t i = 0; i < kept; i++)
        h->balances[i] = h->balances[2 * i + 1];
    memmove(&h->balances[kept], &h->balances[half],
            (h->balance_count - half) * sizeof *h->balances);
    h->balance_count -= half - kept;
}

void state_add_equity(struct state *s, int account, int64_t time, money balance)
{
    struct account_history *h = &s->histories[account];
    if (h->balance_count == STATE_POINTS)
        thin_out(h);
    if (h->balance_count == h->balance_capacity) {
        h->balance_capacity = h->balance_capacity ? 2 * h->balance_capacity : 64;
        h->balances = memory_resize(h->balances, h->balance_capacity, sizeof *h->balances);
    }
    size_t i = h->balance_count++;
    for (; i > 0 && h->balances[i - 1].time > time; i--)
        h->balances[i] = h->balances[i - 1];
    h->balances[i] = (struct equity_point){time, balance};
    note_history(s, account);
}

bool state_begin_ledger(struct state *s, int account, int64_t now)
{
    struct account *a = &s->now.accounts[account];
    if (a->key.mode != MODE_SIM || a->ledger.time != 0)
        return false;
    account_begin_ledger(a, s->options.sim_start_balance, "start", now);
    state_add_equity(s, account, now, a->ledger.cash);
    state_touch(s, a, sizeof *a);
    return true;
}

static void store_balance(struct state *s, const struct balance *b, int64_t now, struct change *out)
{
    state_begin_change(s, out, CHANGE_BALANCE, now, b->why);
    out->has_balance = true;
    out->balance = *b;
}

bool state_add_account(struct state *s, const struct account_key *key, bool listed, int64_t now,
                       struct change *out)
{
    state_lock(s);
    int index = state_account_index(s, key);
    bool stored = false;
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        if (listed && !a->listed) {
            a->listed = true;
            state_touch(s, a, sizeof *a);
        }
        stored = state_begin_ledger(s, index, now);
        if (stored)
            store_balance(s, &a->ledger, now, out);
    }
    state_unlock(s);
    return stored;
}

static bool same_balance(const struct balance *a, const struct balance *b)
{
    return a->cash == b->cash && a->available == b->available && a->margin == b->margin &&
           a->open_pnl == b->open_pnl && a->daily_pnl == b->daily_pnl &&
           a->trading_disabled == b->trading_disabled && a->limit_reached == b->limit_reached &&
           strcmp(a->currency, b->currency) == 0;
}

bool state_put_balance(struct state *s, const struct balance *b, int64_t now, struct change *out)
{
    state_lock(s);
    int index = state_account_index(s, &b->key);
    bool stored = false;
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        stored = a->reported.time == 0 || !same_balance(&a->reported, b);
        if (stored && b->key.mode != MODE_SIM && b->cash != MONEY_UNSET &&
            (a->reported.time == 0 || a->reported.cash != b->cash))
            state_add_equity(s, index, b->time, b->cash);
        a->reported = *b;
        state_touch(s, a, sizeof *a);
        if (stored)
            store_balance(s, b, now, out);
    }
    state_unlock(s);
    return stored;
}

bool state_add_to_balance(struct state *s, const struct account_key *key, money amount, int64_t now,
                          struct change *out)
{
    state_lock(s);
    int index = state_account_index(s, key);
    bool added = false;
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        state_begin_ledger(s, index, now);
        added = account_add_result(a, amount, 0, now);
        if (added) {
            state_add_equity(s, index, a->ledger.time, a->ledger.cash);
            state_touch(s, a, sizeof *a);
            store_balance(s, &a->ledger, now, out);
        }
    }
    state_unlock(s);
    return added;
}

void state_restore_result(struct state *s, const struct account_key *key,
                          const struct trade_result *r)
{
    state_lock(s);
    int index = state_account_index(s, key);
    if (index >= 0)
        state_add_result(s, index, r);
    state_unlock(s);
}

void state_restore_balance(struct state *s, const struct balance *b)
{
    state_lock(s);
    int index = state_account_index(s, &b->key);
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        *(b->ledger ? &a->ledger : &a->reported) = *b;
        if (b->ledger || b->key.mode != MODE_SIM)
            state_add_equity(s, index, b->time, b->cash);
        state_touch(s, a, sizeof *a);
    }
    state_unlock(s);
}

/* The balance curve of a timeframe: every point, or evenly spaced ones with the newest among them.
 */
static void fill_equity(struct equity *e, const struct account_history *h, size_t start)
{
    size_t count = h->balance_count - start;
    e->base = start > 0 ? h->balances[start - 1].balance : MONEY_UNSET;
    e->count = (uint32_t)(count < SNAPSHOT_EQUITY ? count : SNAPSHOT_EQUITY);
    for (size_t i = 0; i < e->count; i++)
        e->points[i] = h->balances[start + (i + 1) * count / e->count - 1];
}

/* How many of `count` entries, ascending in time, are older than `from`. An entry is `size` bytes
 * long and has its time at `offset`. */
static size_t count_before(const void *entries, size_t count, size_t size, size_t offset,
                           int64_t from)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int64_t time;
        memcpy(&time, (const char *)entries + middle * size + offset, sizeof time);
        if (time < from)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void state_advance(struct state *s, int64_t now)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int account = snapshot_find_account(n, &n->view);
    static const struct account_history none;
    const struct account_history *h = account >= 0 ? &s->histories[account] : &none;
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        int64_t from = timeframe_start((enum timeframe)t, now);
        size_t result = count_before(h->results, h->result_count, sizeof(struct trade_result),
                                     offsetof(struct trade_result, exit_time), from);
        size_t balance = count_before(h->balances, h->balance_count, sizeof(struct equity_point),
                                      offsetof(struct equity_point, time), from);
        if (s->history_changed || result != s->window_start[t]) {
            statistics_compute(h->results ? h->results + result : NULL, h->result_count - result,
                               &n->statistics[t]);
            state_touch(s, &n->statistics[t], sizeof n->statistics[t]);
        }
        if (s->history_changed || balance != s->balance_start[t]) {
            fill_equity(&n->equity[t], h, balance);
            state_touch(s, &n->equity[t], sizeof n->equity[t]);
        }
        s->window_start[t] = result;
        s->balance_start[t] = balance;
    }
    s->history_changed = false;
    if (!n->statistics_ready) {
        n->statistics_ready = true;
        state_touch(s, &n->statistics_ready, sizeof n->statistics_ready);
    }
    state_unlock(s);
}
