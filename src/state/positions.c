#include "state/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void state_touch_position(struct state *s, int index)
{
    struct snapshot *n = &s->now;
    state_touch(s, &n->positions[index], sizeof n->positions[index]);
    state_touch(s, &n->position_symbol[index], sizeof n->position_symbol[index]);
    state_touch(s, &n->position_change[index], sizeof n->position_change[index]);
    state_touch(s, &n->position_confirmed[index], sizeof n->position_confirmed[index]);
}

static bool has_room(struct state *s, const char *symbol)
{
    return state_symbol_index(s, symbol) >= 0 && s->now.position_count < SNAPSHOT_POSITIONS;
}

/* Prices that move no extreme are stored too, if less often: by them it is known until when the
 * position was watched, and the last price. */
static const int64_t WATCHED_PAUSE = CLOCK_MINUTE;

static void note_stored(struct state *s, uint32_t index, int64_t now)
{
    s->extremes_moved[index] = false;
    s->stored_at[index] = now;
}

/* A place for an open position of that symbol; -1 when there is none. */
static int new_position(struct state *s, const char *symbol)
{
    struct snapshot *n = &s->now;
    if (!has_room(s, symbol))
        return -1;
    int place = state_symbol_index(s, symbol);
    uint32_t i = n->position_count++;
    n->position_symbol[i] = (uint32_t)place;
    n->position_change[i] = 0;
    n->position_confirmed[i] = false;
    s->several_orders[i] = false;
    note_stored(s, i, 0);
    s->held_prices[i] = (struct held_prices){false, PRICE_UNSET, PRICE_UNSET};
    s->seen[i] = STATE_NO_PRICES;
    state_touch(s, &n->position_count, sizeof n->position_count);
    return (int)i;
}

void state_remove_position(struct state *s, int index)
{
    struct snapshot *n = &s->now;
    size_t behind = --n->position_count - (size_t)index;
#define CLOSE_GAP(array) memmove(&(array)[index], &(array)[index + 1], behind * sizeof(array)[0])
    CLOSE_GAP(n->positions);
    CLOSE_GAP(n->position_symbol);
    CLOSE_GAP(n->position_change);
    CLOSE_GAP(n->position_confirmed);
    CLOSE_GAP(s->extremes_moved);
    CLOSE_GAP(s->several_orders);
    CLOSE_GAP(s->stored_at);
    CLOSE_GAP(s->held_prices);
    CLOSE_GAP(s->seen);
#undef CLOSE_GAP
    state_touch(s, &n->position_count,
                offsetof(struct snapshot, order_count) - offsetof(struct snapshot, position_count));
}

/* NULL: it was not there at the start. */
static struct recovered *find_recovered(struct state *s, const struct account_key *key,
                                        const char *symbol)
{
    for (uint32_t i = 0; i < s->now.recovered_count; i++) {
        struct recovered *r = &s->now.recovered[i];
        if (strcmp(r->position.symbol, symbol) == 0 && account_key_equal(&r->position.key, key))
            return r;
    }
    return NULL;
}

/* When the position counts as updated, once its prices or orders were seen at `now`: a stale one
 * stays one until somebody vouches for it. */
static int64_t update_time(struct state *s, const struct position *p, int64_t now)
{
    const struct recovered *r = find_recovered(s, &p->key, p->symbol);
    return r != NULL && r->stale ? r->position.updated_at : now;
}

static void vouch(struct state *s, const struct position *p)
{
    struct recovered *r = find_recovered(s, &p->key, p->symbol);
    if (r == NULL || !r->stale)
        return;
    r->stale = false;
    state_touch(s, r, sizeof *r);
}

static enum change_kind kind_of(const struct position *before, const struct position *after,
                                bool closed)
{
    if (closed)
        return position_is_open(after) ? CHANGE_REVERSE : CHANGE_CLOSE;
    if (!position_is_open(before))
        return CHANGE_OPEN;
    return fabs(after->quantity) > fabs(before->quantity) ? CHANGE_ADD : CHANGE_REDUCE;
}

/* Books a closed trade: results, ledger, equity. */
static void book_trade(struct state *s, const struct trade *t, int64_t now, struct change *out)
{
    int account = state_account_index(s, &t->key);
    out->has_trade = true;
    out->trade = *t;
    if (account < 0)
        return;
    struct trade_result result;
    trade_result_of(t, &result);
    state_add_result(s, account, &result);

    struct account *a = &s->now.accounts[account];
    state_begin_ledger(s, account, now);
    if (account_add_result(a, t->realized_pnl, t->commissions, "trade", now)) {
        state_add_equity(s, account, a->ledger.time, a->ledger.cash);
        out->has_balance = true;
        out->balance = a->ledger;
        state_touch(s, a, sizeof *a);
    }
}

/* The market's context, when `time` is of now: the server's clock may differ a little from ours.
 * That of the past is not known. */
static const struct market_context *context_at(const struct snapshot *n, uint32_t symbol,
                                               int64_t time, int64_t now)
{
    return time >= now - CLOCK_MINUTE ? &n->markets[symbol].context : NULL;
}

/* The place of the fill's position, which is made when there is none; -1: there is no room. */
static int place_of(struct state *s, const struct fill *f)
{
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, &f->key, f->symbol);
    if (index < 0 && (index = new_position(s, f->symbol)) >= 0)
        position_init(&n->positions[index], &f->key, f->symbol);
    return index;
}

/* A fill of the server can be counted again; what stands in for one ends the run. */
static void keep_counted(struct state *s, int index, const struct change *c,
                         const struct market_context *context)
{
    struct counted one = {
        .fill = c->fill,
        .opens = !position_is_open(&c->before),
        .is_open = position_is_open(&c->after),
        .closes = c->has_trade,
    };
    market_clear_context(&one.context, true);
    if (context != NULL)
        one.context = *context;
    if (c->has_trade)
        trade_result_of(&c->trade, &one.result);
    state_keep_counted(s, &one, &c->before, &s->seen[index]);
}

/* Counts a fill in the position at `index`. */
static void count_fill(struct state *s, int index, const struct fill *f,
                       const struct market_context *context, enum trade_origin origin,
                       const char *why, int64_t now, struct change *out)
{
    struct snapshot *n = &s->now;
    struct position *p = &n->positions[index];
    struct position before = *p;
    struct position_step step;
    vouch(s, p);
    if (origin != ORIGIN_LIVE && position_is_open(p))
        p->origin = origin;
    position_apply_fill(p, &n->instruments[n->position_symbol[index]], f, context, now, &step);
    if (step.closed && origin == ORIGIN_RECONCILED) { /* what it opens is the server's */
        p->origin = origin;
        p->source = SOURCE_SERVER;
    }

    state_begin_change(s, out, kind_of(&before, p, step.closed), now, why);
    out->has_position = out->has_fill = true;
    out->before = before;
    out->after = *p;
    out->fill = *f;
    if (step.closed)
        book_trade(s, &step.trade, now, out);
    if (origin == ORIGIN_LIVE)
        keep_counted(s, index, out, context);
    else
        state_forget_counted(s, &f->key, f->symbol);
    n->position_change[index] = out->sequence;
    n->position_confirmed[index] = false;
    s->seen[index] = STATE_NO_PRICES;
    note_stored(s, (uint32_t)index, now);
    if (position_is_open(p))
        state_touch_position(s, index);
    else
        state_remove_position(s, index);
}

enum fill_result state_apply_fill(struct state *s, const struct fill *f, enum trade_origin origin,
                                  const char *why, int64_t now, struct change *out)
{
    char identity[FILL_KEY_SIZE];
    if (!fill_is_valid(f) || !fill_identify(f, identity))
        return FILL_REFUSED;
    state_lock(s);
    struct snapshot *n = &s->now;
    enum fill_result result = FILL_APPLIED;
    if (snapshot_find_position(n, &f->key, f->symbol) < 0 && !has_room(s, f->symbol))
        result = FILL_REFUSED;
    else if (!state_remember_fill(s, f))
        result = FILL_KNOWN;
    if (result == FILL_APPLIED) {
        int index = place_of(s, f);
        count_fill(s, index, f, context_at(n, n->position_symbol[index], f->time, now), origin, why,
                   now, out);
    }
    state_unlock(s);
    return result;
}

bool state_count_again(struct state *s, const struct counted *c, int64_t now, struct change *out)
{
    state_lock(s);
    int index = place_of(s, &c->fill);
    if (index >= 0)
        count_fill(s, index, &c->fill, &c->context, ORIGIN_LIVE, "counted again", now, out);
    state_unlock(s);
    return index >= 0;
}

bool state_get_position(struct state *s, const struct account_key *key, const char *symbol,
                        struct position *out)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0)
        *out = s->now.positions[index];
    state_unlock(s);
    return index >= 0;
}

bool state_get_position_at(struct state *s, uint32_t index, struct position *out)
{
    state_lock(s);
    bool open = index < s->now.position_count;
    if (open)
        *out = s->now.positions[index];
    state_unlock(s);
    return open;
}

/* Notes a change of an open position that no fill made. */
static void change_position(struct state *s, int index, const struct position *before,
                            enum change_kind kind, const char *why, int64_t now, struct change *out)
{
    struct position *p = &s->now.positions[index];
    p->updated_at = kind == CHANGE_BRACKET ? update_time(s, p, now) : now;
    state_begin_change(s, out, kind, now, why);
    out->has_position = true;
    out->before = *before;
    out->after = *p;
    s->now.position_change[index] = out->sequence;
    note_stored(s, (uint32_t)index, now);
    state_touch_position(s, index);
}

static bool follow_bracket(struct state *s, int index, const char *why, int64_t now,
                           struct change *out)
{
    struct snapshot *n = &s->now;
    struct position *p = &n->positions[index];
    struct position before = *p;
    struct bracket b;
    double price = market_price(&n->markets[n->position_symbol[index]]);
    order_find_bracket(n->orders, n->order_count, p, price_is_set(price) ? price : p->entry_price,
                       &b);
    s->several_orders[index] = b.stop_count > 1 || b.target_count > 1;
    bool changed = position_set_bracket(p, b.stop, b.target);
    if (changed)
        change_position(s, index, &before, CHANGE_BRACKET, why, now, out);
    return changed;
}

bool state_follow_bracket(struct state *s, const struct account_key *key, const char *symbol,
                          int64_t now, struct change *out)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    bool changed = index >= 0 && follow_bracket(s, index, "orders changed", now, out);
    state_unlock(s);
    return changed;
}

bool state_restore_bracket(struct state *s, const struct account_key *key, const char *symbol,
                           double stop, double target, int64_t now, struct change *out)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    struct position before;
    if (index >= 0)
        before = s->now.positions[index];
    bool changed = index >= 0 && position_set_bracket(&s->now.positions[index], stop, target);
    if (changed)
        change_position(s, index, &before, CHANGE_BRACKET, "counted again", now, out);
    state_unlock(s);
    return changed;
}

bool state_take_bracket(struct state *s, int64_t now, struct change *out)
{
    state_lock(s);
    bool changed = false;
    for (uint32_t i = 0; i < s->now.position_count && !changed; i++)
        changed = s->several_orders[i] &&
                  follow_bracket(s, (int)i, "another order is nearer to the price", now, out);
    state_unlock(s);
    return changed;
}

bool state_take_extremes(struct state *s, int64_t now, struct change *out)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    bool taken = false;
    for (uint32_t i = 0; i < n->position_count && !taken; i++) {
        struct position *p = &n->positions[i];
        int64_t seen = s->extremes_moved[i] || p->updated_at > now ? now : p->updated_at;
        if (s->stored_at[i] > now) /* the clock was set back */
            s->stored_at[i] = now;
        if (!s->extremes_moved[i] && seen < s->stored_at[i] + WATCHED_PAUSE)
            continue;
        note_stored(s, i, now);
        p->updated_at = update_time(s, p, seen);
        memset(out, 0, sizeof *out);
        out->kind = CHANGE_EXTREMES;
        out->time = now;
        out->has_position = true;
        out->before = out->after = *p;
        taken = true;
    }
    state_unlock(s);
    return taken;
}

bool state_correct_entry(struct state *s, const struct account_key *key, const char *symbol,
                         double entry_price, int64_t now, struct change *out)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, key, symbol);
    bool changed = false;
    if (index >= 0) {
        struct position *p = &n->positions[index];
        const struct instrument *i = &n->instruments[n->position_symbol[index]];
        struct position before = *p;
        /* averages of our own and of the server may be rounded differently */
        changed = price_is_set(entry_price) &&
                  fabs(entry_price - p->entry_price) > i->tick + 1e-9 &&
                  position_correct_entry(p, i, entry_price);
        if (changed) {
            change_position(s, index, &before, CHANGE_RECONCILED, "entry price of the server", now,
                            out);
            state_forget_counted(s, key, symbol);
        }
    }
    state_unlock(s);
    return changed;
}

bool state_keep_position(struct state *s, const struct account_key *key, const char *symbol,
                         int64_t now, struct change *out)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0) {
        struct position before = s->now.positions[index];
        vouch(s, &before);
        change_position(s, index, &before, CHANGE_RECONCILED, "kept by the user", now, out);
    }
    state_unlock(s);
    return index >= 0;
}

bool state_adopt_position(struct state *s, const struct position *p, const char *why, int64_t now,
                          struct change *out)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = -1;
    if (snapshot_find_position(n, &p->key, p->symbol) < 0)
        index = new_position(s, p->symbol);
    if (index >= 0) {
        struct position flat;
        position_init(&flat, &p->key, p->symbol);
        n->positions[index] = *p;
        const struct market_context *context =
            context_at(n, n->position_symbol[index], p->entry_time, now);
        n->positions[index].entry_context = context != NULL ? *context : flat.entry_context;
        n->position_confirmed[index] = true;
        change_position(s, index, &flat, CHANGE_RECONCILED, why, now, out);
        state_forget_counted(s, &p->key, p->symbol);
    }
    state_unlock(s);
    return index >= 0;
}

bool state_discard_position(struct state *s, const struct account_key *key, const char *symbol,
                            const char *why, int64_t now, struct change *out)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0) {
        struct position before = s->now.positions[index];
        s->now.positions[index].quantity = 0;
        change_position(s, index, &before, CHANGE_DISCARD, why, now, out);
        state_remove_position(s, index);
        state_forget_counted(s, key, symbol);
    }
    state_unlock(s);
    return index >= 0;
}

void state_shift_heat(struct state *s, int64_t by)
{
    state_lock(s);
    for (uint32_t i = 0; i < s->now.position_count; i++) {
        struct position *p = &s->now.positions[i];
        if (p->heat_since == 0)
            continue;
        p->heat_since = p->heat_since + by > 0 ? p->heat_since + by : 1;
        s->extremes_moved[i] = true;
        state_touch_position(s, (int)i);
    }
    state_unlock(s);
}

static void move_recovered(struct state *s, const struct position *p, enum mode mode)
{
    for (uint32_t i = 0; i < s->now.recovered_count; i++) {
        struct recovered *r = &s->now.recovered[i];
        if (strcmp(r->position.symbol, p->symbol) == 0 &&
            account_key_equal(&r->position.key, &p->key))
            r->position.key.mode = mode;
    }
    state_touch(s, s->now.recovered, sizeof s->now.recovered);
}

/* A row that becomes another, for the audit of both islands. */
static void note_move(struct state *s, struct change *c, enum change_kind kind,
                      const struct position *before, const struct position *after, int64_t now)
{
    state_begin_change(s, c, kind, now, "moved with the mode of its account");
    c->has_position = true;
    c->before = *before;
    c->after = *after;
}

int state_move_position(struct state *s, const struct account_key *key, const char *symbol,
                        enum mode mode, int64_t now, struct change out[2])
{
    state_lock(s);
    struct snapshot *n = &s->now;
    struct account_key to = *key;
    to.mode = mode;
    int index = snapshot_find_position(n, key, symbol),
        other = snapshot_find_position(n, &to, symbol);
    int count = 0;
    bool is_copy = index >= 0 && other >= 0 &&
                   n->positions[index].entry_time == n->positions[other].entry_time &&
                   n->positions[index].quantity == n->positions[other].quantity;
    if (index >= 0 && (other < 0 || is_copy)) {
        struct position before = n->positions[index], flat, gone = before;
        gone.quantity = 0;
        position_init(&flat, &to, symbol);
        if (other < 0) {
            state_account_index(s, &to);
            n->positions[index].key = to;
            note_move(s, &out[count++], CHANGE_RECONCILED, &flat, &n->positions[index], now);
            n->position_change[index] = out[0].sequence;
            state_touch_position(s, index);
            move_recovered(s, &before, mode);
        } else {
            state_remove_position(s, index);
        }
        note_move(s, &out[count++], CHANGE_DISCARD, &before, &gone, now);
        state_forget_counted(s, key, symbol);
        state_forget_counted(s, &to, symbol);
    }
    state_unlock(s);
    return count;
}

void state_confirm_position(struct state *s, const struct account_key *key, const char *symbol,
                            bool confirmed)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0 && confirmed)
        vouch(s, &s->now.positions[index]);
    if (index >= 0 && s->now.position_confirmed[index] != confirmed) {
        s->now.position_confirmed[index] = confirmed;
        state_touch_position(s, index);
    }
    state_unlock(s);
}

void state_restore_position(struct state *s, const struct position *p, bool stale)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = new_position(s, p->symbol);
    if (index >= 0) {
        n->positions[index] = *p;
        note_stored(s, (uint32_t)index, p->updated_at);
        if (p->origin == ORIGIN_LIVE)
            n->positions[index].origin = ORIGIN_RECOVERED;
        state_touch_position(s, index);
        if (n->recovered_count < SNAPSHOT_RECOVERED) {
            struct recovered *r = &n->recovered[n->recovered_count++];
            *r = (struct recovered){.position = *p, .stale = stale};
        }
        n->recovery_open = true;
        state_touch(s, &n->recovery_open, sizeof *n - offsetof(struct snapshot, recovery_open));
    }
    state_account_index(s, &p->key);
    state_unlock(s);
}

void state_restore_fill(struct state *s, const struct fill *f)
{
    state_lock(s);
    state_remember_fill(s, f);
    state_unlock(s);
}

static bool set_finding(struct state *s, const struct account_key *key, const char *symbol,
                        const char *finding, bool first)
{
    state_lock(s);
    struct recovered *r = find_recovered(s, key, symbol);
    bool found = r != NULL && (!first || r->finding[0] == '\0');
    if (found) {
        char before[sizeof r->finding];
        text_copy(before, sizeof before, r->finding);
        text_clean(r->finding, sizeof r->finding, finding, strlen(finding));
        state_touch(s, r, sizeof *r);
        found = strcmp(before, r->finding) != 0;
    }
    bool unseen = found && !s->now.recovery_open;
    state_unlock(s);
    return unseen;
}

bool state_set_finding(struct state *s, const struct account_key *key, const char *symbol,
                       const char *finding)
{
    return set_finding(s, key, symbol, finding, false);
}

bool state_set_first_finding(struct state *s, const struct account_key *key, const char *symbol,
                             const char *finding)
{
    return set_finding(s, key, symbol, finding, true);
}
