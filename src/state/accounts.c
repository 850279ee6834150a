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
    s->histories[i] = (struct account_history){*key, results_new(), curve_new()};
    state_touch(s, &n->account_count, sizeof n->account_count);
    state_touch(s, &n->accounts[i], sizeof n->accounts[i]);
    return (int)i;
}

static bool is_shown(const struct state *s, int account)
{
    return account_key_equal(&s->histories[account].key, &s->now.view);
}

static void touch_scatter(struct state *s)
{
    state_touch(s, &s->now.scatter_count,
                offsetof(struct snapshot, equity) - offsetof(struct snapshot, scatter_count));
}

/* Mostly the newest; one that is not has all of them read again. */
static void add_to_scatter(struct state *s, const struct trade_result *r)
{
    struct snapshot *n = &s->now;
    if (n->scatter_count == SNAPSHOT_SCATTER)
        memmove(n->scatter, n->scatter + 1, --n->scatter_count * sizeof n->scatter[0]);
    n->scatter[n->scatter_count++] = (struct scatter_point){r->exit_time, r->mae, r->pnl};
    s->scatter_changed |=
        n->scatter_count > 1 && r->exit_time < n->scatter[n->scatter_count - 2].exit_time;
    touch_scatter(s);
}

void state_add_result(struct state *s, int account, const struct trade_result *r)
{
    results_add(s->histories[account].results, r);
    if (!is_shown(s, account))
        return;
    s->results_changed = true;
    add_to_scatter(s, r);
}

void state_remove_result(struct state *s, int account, const struct trade_result *r)
{
    results_remove(s->histories[account].results, r);
    if (is_shown(s, account))
        s->results_changed = s->scatter_changed = true;
}

void state_add_equity(struct state *s, int account, int64_t time, money balance)
{
    curve_add(s->histories[account].curve, time, balance);
    s->curve_changed |= is_shown(s, account);
}

static void begin_period(struct state *s, int account, const char *why, int64_t now)
{
    struct account *a = &s->now.accounts[account];
    account_begin_ledger(a, s->options.sim_start_balance, why, now);
    state_add_equity(s, account, now, a->ledger.cash);
    state_touch(s, a, sizeof *a);
}

bool state_begin_ledger(struct state *s, int account, int64_t now)
{
    const struct account *a = &s->now.accounts[account];
    bool begins = a->key.mode == MODE_SIM && a->ledger.time == 0;
    if (begins)
        begin_period(s, account, "start", now);
    return begins;
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
           strcmp(a->currency, b->currency) == 0 && strcmp(a->why, b->why) == 0;
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

bool state_begin_period(struct state *s, const struct account_key *key, const char *why,
                        int64_t now, struct change *out)
{
    state_lock(s);
    int index = key->mode == MODE_SIM ? state_account_index(s, key) : -1;
    if (index >= 0) {
        begin_period(s, index, why, now);
        store_balance(s, &s->now.accounts[index].ledger, now, out);
    }
    state_unlock(s);
    return index >= 0;
}

void state_restore_period(struct state *s, const struct account_key *key, int64_t time, money start)
{
    state_lock(s);
    int index = state_account_index(s, key);
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        a->period_time = time;
        a->period_start = start;
        state_touch(s, a, sizeof *a);
    }
    state_unlock(s);
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
        added = account_add_result(a, amount, 0, "trade", now);
        if (added) {
            state_add_equity(s, index, a->ledger.time, a->ledger.cash);
            state_touch(s, a, sizeof *a);
            store_balance(s, &a->ledger, now, out);
        }
    }
    state_unlock(s);
    return added;
}

void state_restore_balance(struct state *s, const struct balance *b)
{
    state_lock(s);
    int index = state_account_index(s, &b->key);
    if (index >= 0) {
        struct account *a = &s->now.accounts[index];
        *(b->ledger ? &a->ledger : &a->reported) = *b;
        state_touch(s, a, sizeof *a);
    }
    state_unlock(s);
}

void state_begin_loading(struct state *s)
{
    state_lock(s);
    s->loading = true;
    state_unlock(s);
}

bool state_is_loading(struct state *s)
{
    state_lock(s);
    bool is = s->loading;
    state_unlock(s);
    return is;
}

void state_take_past(struct state *s, const struct account_key *key, struct results *results,
                     struct curve *curve)
{
    state_lock(s);
    int index = state_account_index(s, key);
    if (index >= 0) {
        struct account_history *h = &s->histories[index], meanwhile = *h;
        if (results != NULL) {
            results_add_all(results, h->results);
            h->results = results;
            results = meanwhile.results;
        }
        if (curve != NULL) {
            curve_add_all(curve, h->curve);
            h->curve = curve;
            curve = meanwhile.curve;
        }
        s->results_changed = s->curve_changed = s->scatter_changed = true;
    }
    state_unlock(s);
    results_free(results);
    curve_free(curve);
}

static bool still_shown(const struct window *w, int64_t from)
{
    return from >= w->least && from <= w->greatest;
}

static void show_statistics(struct state *s, const struct account_history *h)
{
    struct tally tally;
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        if (!s->results_changed && still_shown(&s->results_shown[t], s->from[t]))
            continue;
        results_tally(h->results, s->from[t], &tally, &s->results_shown[t]);
        statistics_of_tally(&tally, &s->now.statistics[t]);
        results_excursions(h->results, (enum timeframe)t, s->from[t], &s->now.excursions[t]);
        state_touch(s, &s->now.statistics[t], sizeof s->now.statistics[t]);
        state_touch(s, &s->now.excursions[t], sizeof s->now.excursions[t]);
    }
    if (s->scatter_changed) {
        s->now.scatter_count = results_newest(h->results, s->now.scatter, SNAPSHOT_SCATTER);
        touch_scatter(s);
    }
    s->results_changed = s->scatter_changed = false;
}

static void show_equity(struct state *s, const struct account_history *h)
{
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        struct equity *e = &s->now.equity[t];
        if (!s->curve_changed && still_shown(&s->curve_shown[t], s->from[t]))
            continue;
        e->count = curve_sample(h->curve, s->from[t], e->points, &e->base, &s->curve_shown[t]);
        state_touch(s, e, sizeof *e);
    }
    s->curve_changed = false;
}

static void show(struct state *s)
{
    struct snapshot *n = &s->now;
    int account = snapshot_find_account(n, &n->view);
    const struct account_history *h = account >= 0 ? &s->histories[account] : &s->nothing;
    if (s->loading || !s->advanced)
        return;
    show_statistics(s, h);
    show_equity(s, h);
    if (!n->statistics_ready) {
        n->statistics_ready = true;
        state_touch(s, &n->statistics_ready, sizeof n->statistics_ready);
    }
}

void state_advance(struct state *s, int64_t now)
{
    int64_t from[TIMEFRAME_COUNT];
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        from[t] = timeframe_start((enum timeframe)t, now);
    state_lock(s);
    memcpy(s->from, from, sizeof from);
    s->advanced = true;
    show(s);
    state_unlock(s);
}

void state_end_loading(struct state *s)
{
    state_lock(s);
    s->loading = false;
    show(s);
    state_unlock(s);
}
