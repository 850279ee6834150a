/* The latest fills of each position, as they were counted: what a fill that comes behind later ones
 * has to be put before. */
#include "state/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double QUANTITY_EPSILON = 1e-9;

static void name_run(char name[COUNTED_NAME_SIZE], const struct account_key *key,
                     const char *symbol)
{
    text_format(name, COUNTED_NAME_SIZE, "%s|%s|%s", mode_name(key->mode), key->account, symbol);
}

static struct counted_run *find(struct state *s, const struct account_key *key, const char *symbol)
{
    char name[COUNTED_NAME_SIZE];
    struct counted_run *run;
    name_run(name, key, symbol);
    HASH_FIND_STR(s->counted, name, run);
    return run;
}

static void forget(struct state *s, struct counted_run *run)
{
    s->counted_total -= run->count;
    HASH_DEL(s->counted, run);
    free(run->list);
    free(run);
}

void state_forget_counted(struct state *s, const struct account_key *key, const char *symbol)
{
    struct counted_run *run = find(s, key, symbol);
    if (run != NULL)
        forget(s, run);
}

void state_free_counted(struct state *s)
{
    struct counted_run *run, *next;
    HASH_ITER(hh, s->counted, run, next)
    {
        forget(s, run);
    }
}

/* Drops the first ones up to a moment at which the position was flat; false: there was none. */
static bool shorten(struct state *s, struct counted_run *run)
{
    size_t from = run->count / 2;
    while (from < run->count && !run->list[from].opens)
        from++;
    if (from == run->count)
        return false;
    memmove(run->list, run->list + from, (run->count - from) * sizeof *run->list);
    run->count -= from;
    s->counted_total -= from;
    return true;
}

/* The run that the next fill of the position belongs to, with room for it; NULL: what came before
 * it is not known. The table is in order of use. */
static struct counted_run *run_for(struct state *s, const struct account_key *key,
                                   const char *symbol, bool opens)
{
    struct counted_run *run = find(s, key, symbol);
    bool goes_on = run != NULL && run->list[run->count - 1].is_open != opens;
    if (run != NULL && (!goes_on || (run->count == STATE_COUNTED_EACH && !shorten(s, run)))) {
        forget(s, run);
        run = NULL;
    }
    if (run == NULL && !opens)
        return NULL;
    if (run == NULL) {
        run = memory_new(1, sizeof *run);
        name_run(run->name, key, symbol);
    } else {
        HASH_DEL(s->counted, run);
    }
    HASH_ADD_STR(s->counted, name, run);
    if (run->count == run->capacity) {
        run->capacity = run->capacity ? 2 * run->capacity : 4;
        run->list = memory_resize(run->list, run->capacity, sizeof *run->list);
    }
    for (struct counted_run *oldest; s->counted_total >= STATE_COUNTED;) {
        oldest = s->counted;
        if (oldest == NULL || oldest == run)
            break;
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it does not see that uthash unlinks it */
        forget(s, oldest);
    }
    return run;
}

/* What is known of the time from that fill up to now, or to the next one: before it, `p` was so. */
static void end_interval(struct counted *c, const struct position *p,
                         const struct seen_prices *seen)
{
    if (!c->is_open)
        return;
    c->first_stop = p->initial_stop_price;
    c->stop = p->stop_price;
    c->target = p->target_price;
    c->missed |= seen->missed;
    if (seen->low <= seen->high) {
        c->high = seen->high;
        c->low = seen->low;
    }
}

void state_keep_counted(struct state *s, const struct counted *one, const struct position *before,
                        const struct seen_prices *seen)
{
    const struct account_key *key = &one->fill.key;
    struct counted_run *run = run_for(s, key, one->fill.symbol, one->opens);
    if (run == NULL)
        return;
    if (run->count > 0)
        end_interval(&run->list[run->count - 1], before, seen);
    struct counted *c = &run->list[run->count++];
    s->counted_total++;
    *c = *one;
    c->first_stop = c->stop = c->target = c->high = c->low = PRICE_UNSET;
}

/* What the fills from `first` on make. */
static double held_by(const struct counted_run *run, size_t first)
{
    double held = 0;
    for (size_t i = first; i < run->count; i++)
        held += (int)run->list[i].fill.side * run->list[i].fill.quantity;
    return fabs(held) > QUANTITY_EPSILON ? held : 0;
}

/* The fill before `end` that opened the position that was open then. */
static size_t opening_before(const struct counted_run *run, size_t end)
{
    while (end > 0 && !run->list[end - 1].opens && !run->list[end - 1].closes)
        end--;
    return end > 0 ? end - 1 : 0;
}

/* A fill of a run before has closed its trade, or it has not: what follows it tells. */
static void end_restored(struct state *s, struct counted_run *run, int64_t next_trade)
{
    struct counted *last = &run->list[run->count - 1];
    bool closed = run->trade != 0 && next_trade != run->trade;
    bool fits = last->closes == closed;
    if (fits && closed) {
        size_t first = opening_before(run, run->count - 1);
        fits = last->result.exit_time == last->fill.time &&
               last->result.entry_time == run->list[first].fill.time;
    }
    if (!fits)
        forget(s, run);
}

void state_restore_counted(struct state *s, const struct fill *f, int64_t trade,
                           const struct trade_result *result)
{
    state_lock(s);
    struct counted_run *run = find(s, &f->key, f->symbol);
    if (run != NULL)
        end_restored(s, run, trade);
    run = find(s, &f->key, f->symbol);
    if (trade < 0 || position_made_fill(f)) {
        if (run != NULL)
            forget(s, run);
        state_unlock(s);
        return;
    }
    double held = run != NULL ? held_by(run, 0) : 0, left = held + (int)f->side * f->quantity;
    left = fabs(left) > QUANTITY_EPSILON ? left : 0;
    struct counted one = {.fill = *f,
                          .opens = held == 0,
                          .is_open = left != 0,
                          .closes = held != 0 && left * held <= 0,
                          .missed = true};
    market_clear_context(&one.context, true);
    if (one.closes)
        one.result = *result;
    struct position none;
    position_init(&none, &f->key, f->symbol);
    state_keep_counted(s, &one, &none, &STATE_NO_PRICES);
    run = find(s, &f->key, f->symbol);
    if (run != NULL)
        run->trade = trade;
    state_unlock(s);
}

bool state_is_overtaken(struct state *s, const struct fill *f)
{
    state_lock(s);
    const struct counted_run *run = find(s, &f->key, f->symbol);
    bool is = false;
    for (size_t i = run != NULL ? run->count : 0; i-- > 0 && !is;)
        is = run->list[i].fill.time >= f->time + CLOCK_SECOND;
    state_unlock(s);
    return is;
}

/* The fills from `first` on, which opens one, make the position; NULL: it is flat. */
static bool makes(const struct counted_run *run, size_t first, const struct position *p)
{
    double held = held_by(run, first);
    if (p == NULL)
        return held == 0;
    return fabs(p->quantity - held) <= QUANTITY_EPSILON &&
           p->entry_time == run->list[opening_before(run, run->count)].fill.time;
}

size_t state_get_counted(struct state *s, const struct account_key *key, const char *symbol,
                         int64_t time, struct counted out[STATE_COUNTED_EACH])
{
    size_t count = 0;
    state_lock(s);
    struct counted_run *run = find(s, key, symbol);
    size_t first = 0;
    while (run != NULL && first < run->count && run->list[first].fill.time < time)
        first++;
    if (run != NULL) {
        first = first < run->count ? first : run->count - 1;
        while (first > 0 && !run->list[first].opens)
            first--;
        int index = snapshot_find_position(&s->now, key, symbol);
        const struct position *p = index >= 0 ? &s->now.positions[index] : NULL;
        if (p != NULL)
            end_interval(&run->list[run->count - 1], p, &s->seen[index]);
        count = makes(run, first, p) ? run->count - first : 0;
        memcpy(out, &run->list[first], count * sizeof *out);
    }
    state_unlock(s);
    return count;
}

/* Takes the trades of these fills out of the results and the ledger. */
static void unbook(struct state *s, const struct account_key *key, const struct counted *list,
                   size_t count, int64_t now, struct change *out)
{
    money pnl = 0, commissions = 0;
    int account = state_account_index(s, key);
    for (size_t i = 0; i < count && account >= 0; i++) {
        if (!list[i].closes)
            continue;
        state_remove_result(s, account, &list[i].result);
        pnl = money_add(pnl, list[i].result.pnl);
        commissions = money_add(commissions, list[i].result.commissions);
    }
    struct account *a = account >= 0 ? &s->now.accounts[account] : NULL;
    if (a == NULL || !account_add_result(a, money_subtract(0, pnl), money_subtract(0, commissions),
                                         "recount", now))
        return;
    state_add_equity(s, account, a->ledger.time, a->ledger.cash);
    out->has_balance = true;
    out->balance = a->ledger;
    state_touch(s, a, sizeof *a);
}

bool state_take_back(struct state *s, struct counted *fills, size_t count, int64_t now,
                     struct change *out)
{
    const struct fill *first = &fills[0].fill;
    const struct account_key *key = &first->key;
    state_lock(s);
    struct counted_run *run = find(s, key, first->symbol);
    const struct counted *from =
        run != NULL && run->count >= count ? &run->list[run->count - count] : NULL;
    int index = snapshot_find_position(&s->now, key, first->symbol);
    bool has_room = index >= 0 || s->now.position_count < SNAPSHOT_POSITIONS;
    bool same = !s->loading && from != NULL && has_room &&
                strcmp(from->fill.execution_id, first->execution_id) == 0 &&
                strcmp(from->fill.order_id, first->order_id) == 0 &&
                from->fill.order_filled == first->order_filled;
    if (same) {
        state_begin_change(s, out, CHANGE_RECOUNT, now, "");
        text_format(out->why, sizeof out->why, "a fill came late; fills counted again: %zu", count);
        out->has_position = out->has_fill = true;
        position_init(&out->after, key, first->symbol);
        out->before = index >= 0 ? s->now.positions[index] : out->after;
        out->fill = from->fill;
        unbook(s, key, from, count, now, out);
        if (index >= 0)
            end_interval(&run->list[run->count - 1], &out->before, &s->seen[index]);
        memcpy(fills, from, count * sizeof *fills);
        if (index >= 0)
            state_remove_position(s, index);
        run->count -= count;
        s->counted_total -= count;
        if (run->count == 0)
            forget(s, run);
        s->is_recounting = true;
    }
    state_unlock(s);
    return same;
}

void state_end_recount(struct state *s, const struct position *before, int64_t now)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, &before->key, before->symbol);
    if (index >= 0) {
        struct position *p = &n->positions[index];
        const struct market *m = &n->markets[n->position_symbol[index]];
        const struct counted_run *run = find(s, &before->key, before->symbol);
        /* one from before the last fill was made while something else was held */
        if (run != NULL && m->last_time > run->list[run->count - 1].fill.time)
            position_apply_price(p, &n->instruments[n->position_symbol[index]], m->last, now);
        if (p->heat_since != 0 && before->heat_since != 0 &&
            position_side(p) == position_side(before))
            p->heat_since = before->heat_since;
        s->extremes_moved[index] = true;
        state_touch_position(s, index);
    }
    s->is_recounting = false;
    state_unlock(s);
}
