/* Fills that come behind later ones of their position: those are taken back, to a moment at which
 * the position was flat, and all of them counted in the order in which they were made. What the
 * position saw between two fills is kept where both still follow one another; where another one
 * comes between them, or nothing was held, the prices are asked for like those of a time when
 * nobody looked. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const int64_t LONGEST_WAIT = 30 * CLOCK_SECOND;

static struct engine_recount *find(const struct engine_account *a, const char *symbol)
{
    for (size_t i = 0; i < a->recount_count; i++)
        if (strcmp(a->recounts[i].symbol, symbol) == 0)
            return &a->recounts[i];
    return NULL;
}

bool engine_is_recounted(const struct engine_account *a, const char *symbol)
{
    return find(a, symbol) != NULL;
}

void engine_drop_recount(struct engine *e, struct engine_account *a)
{
    size_t kept = 0;
    for (size_t i = 0; i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        if (f->again == NULL)
            a->fills[kept++] = *f;
    }
    e->collected -= a->fill_count - kept;
    a->fill_count = kept;
    for (size_t i = 0; i < a->recount_count; i++)
        free(a->recounts[i].list);
    free(a->recounts);
    a->recounts = NULL;
    a->recount_count = 0;
}

static bool is_news(struct engine *e, const struct engine_fill *f, const char *symbol)
{
    return !f->covered && f->again == NULL && strcmp(f->fill.symbol, symbol) == 0 &&
           !state_knows_fill(e->state, &f->fill);
}

/* The prices from the fill before it up to this one, as far as they were seen. */
static void take_seen(struct engine_fill *f, const struct counted *before, bool follows)
{
    f->held_then = true;
    f->high = before->high;
    f->low = before->low;
    bool all_seen = before->is_open && !before->missed, none = !price_is_set(before->high);
    f->partly = !all_seen || !(follows || none);
    if (!f->partly && none)
        f->high = f->low = before->fill.price;
}

/* Gives the fill its place behind those that have theirs. */
static void put_behind(struct engine_account *a, struct engine_fill *f, int64_t *order)
{
    *order = f->fill.time > *order ? f->fill.time : *order;
    f->order = *order;
    f->place = a->places_given++;
    f->is_placed = true;
}

static void add_again(struct engine *e, struct engine_account *a, const struct counted *c,
                      const struct counted *before, bool follows, int64_t *order)
{
    struct engine_fill *f = engine_add_fill(e, a);
    *f = (struct engine_fill){.fill = c->fill, .past = true, .again = c};
    f->high = f->low = PRICE_UNSET;
    if (before != NULL)
        take_seen(f, before, follows);
    put_behind(a, f, order);
}

static bool is_same(const struct fill *a, const struct fill *b)
{
    if (a->execution_id[0] != '\0' && b->execution_id[0] != '\0')
        return strcmp(a->execution_id, b->execution_id) == 0;
    return strcmp(a->order_id, b->order_id) == 0 && a->order_filled == b->order_filled;
}

/* Where among the account's fills the history tells of each of those that were counted: its place
 * in order of coming plus 1; 0: nowhere. */
static void find_told(const struct engine_account *a, const struct engine_recount *r,
                      size_t told[STATE_COUNTED_EACH])
{
    memset(told, 0, r->count * sizeof *told);
    for (size_t i = 0; i < a->fill_count; i++) {
        const struct engine_fill *f = &a->fills[i];
        if (!f->past || f->again != NULL || strcmp(f->fill.symbol, r->symbol) != 0)
            continue;
        for (size_t k = 0; k < r->count; k++)
            if (told[k] == 0 && is_same(&f->fill, &r->list[k].fill))
                told[k] = f->place + 1;
    }
}

/* The first of them that comes behind the fill. Histories give times in seconds: within one they
 * tell by their own order. */
static size_t find_place(const struct engine_fill *f, const struct engine_recount *r,
                         const size_t *told)
{
    size_t k = 0;
    for (; k < r->count; k++) {
        int64_t later = r->list[k].fill.time - f->fill.time;
        if (later >= CLOCK_SECOND || (later >= 0 && f->past && told[k] > f->place + 1))
            break;
    }
    return k;
}

/* The position has seen prices that were made after the fill. */
static bool has_seen_later(struct engine *e, const struct fill *f)
{
    struct position p;
    return state_get_position(e->state, &f->key, f->symbol, &p) &&
           p.updated_at + e->server_ahead >= f->time + CLOCK_SECOND &&
           engine_is_late(e, f->symbol, f->time);
}

/* One of the news comes behind what was counted, or behind prices that were. */
static bool has_late(struct engine *e, const struct engine_account *a,
                     const struct engine_recount *r, const size_t *told, size_t first, size_t end)
{
    for (size_t i = first; i < end && r->count > 0; i++)
        if (is_news(e, &a->fills[i], r->symbol) &&
            (find_place(&a->fills[i], r, told) < r->count || has_seen_later(e, &a->fills[i].fill)))
            return true;
    return false;
}

/* News from `first` on, in order of time, among what was counted of that symbol. */
static void plan(struct engine *e, struct engine_account *a, size_t first, size_t end)
{
    struct engine_recount r = {.list = memory_new(STATE_COUNTED_EACH, sizeof *r.list)};
    size_t told[STATE_COUNTED_EACH], next = 0;
    int64_t order = 0;
    bool follows = true;
    text_copy(r.symbol, sizeof r.symbol, a->fills[first].fill.symbol);
    r.count = state_get_counted(e->state, &a->key, r.symbol, a->fills[first].fill.time, r.list);
    find_told(a, &r, told);
    if (!has_late(e, a, &r, told, first, end)) {
        free(r.list);
        return;
    }
    for (size_t i = first; i <= end; i++) {
        bool is_last = i == end;
        if (!is_last && !is_news(e, &a->fills[i], r.symbol))
            continue;
        size_t place = is_last ? r.count : find_place(&a->fills[i], &r, told);
        for (; next < place; next++) {
            add_again(e, a, &r.list[next], next > 0 ? &r.list[next - 1] : NULL, follows, &order);
            follows = true;
        }
        if (is_last)
            break;
        struct engine_fill *f = &a->fills[i];
        put_behind(a, f, &order);
        f->is_placed = f->past || place < r.count;
        bool is_late = engine_is_late(e, r.symbol, f->fill.time);
        if (f->is_placed && next > 0 && !price_is_set(f->high)) /* the history does not say it */
            take_seen(f, &r.list[next - 1], follows && !is_late);
        follows = false;
    }
    a->recounts = memory_resize(a->recounts, a->recount_count + 1, sizeof *a->recounts);
    a->recounts[a->recount_count++] = r;
}

void engine_plan_recount(struct engine *e, struct engine_account *a)
{
    char planned[SNAPSHOT_SYMBOLS][SYMBOL_SIZE];
    size_t count = 0, end = a->fill_count;
    for (size_t i = 0; i < end && count < SNAPSHOT_SYMBOLS; i++) {
        const char *symbol = a->fills[i].fill.symbol;
        size_t k = 0;
        while (k < count && strcmp(planned[k], symbol) != 0)
            k++;
        if (k < count || !is_news(e, &a->fills[i], symbol))
            continue;
        text_copy(planned[count++], SYMBOL_SIZE, symbol);
        plan(e, a, i, end);
    }
    a->recount_until = e->now + LONGEST_WAIT;
    if (a->recount_count > 0)
        engine_sort_fills(a);
}

bool engine_recount_waits(struct engine *e, const struct engine_account *a)
{
    return a->recount_count > 0 && e->now < a->recount_until && state_is_loading(e->state);
}

/* --- counting --- */

/* The prices up to the fill, in the position as it is before it. One of the stream that is in its
 * place follows what was seen up to then. */
static void see_prices(struct engine *e, struct engine_fill *f, const struct engine_fill *before)
{
    const struct fill *fill = &f->fill;
    if (!f->is_placed && before != NULL && !before->is_placed)
        return;
    if (!f->is_placed && before != NULL && before->again != NULL)
        take_seen(f, before->again, true);
    bool are_known = price_is_set(f->high) && price_is_set(f->low) && !f->partly;
    if (f->held_then)
        state_see_range(e->state, &fill->key, fill->symbol, f->high, f->low);
    else
        state_widen_position(e->state, &fill->key, fill->symbol, f->high, f->low);
    if (!are_known)
        state_mark_gap(e->state, &fill->key, fill->symbol, true);
}

static void count_again(struct engine *e, const struct counted *c)
{
    struct change change;
    const double stops[] = {c->first_stop, c->stop};
    if (!state_count_again(e->state, c, e->wall, &change))
        return;
    engine_store(e, &change);
    if (change.has_trade)
        engine_say_trade(e, &change.trade);
    for (int i = 0; i < 2 && c->is_open; i++)
        if (state_restore_bracket(e->state, &c->fill.key, c->fill.symbol, stops[i], c->target,
                                  e->wall, &change))
            engine_store(e, &change);
}

/* The prices since the last fill, which the position saw or did not. */
static void see_rest(struct engine *e, const struct engine_fill *last)
{
    struct position p;
    const struct fill *fill = &last->fill;
    const struct counted *c = last->again;
    if (!state_get_position(e->state, &fill->key, fill->symbol, &p))
        return;
    if (c != NULL && c->is_open)
        state_see_range(e->state, &fill->key, fill->symbol, c->high, c->low);
    bool were_seen = c != NULL ? c->is_open && !c->missed : !last->is_placed;
    if (!were_seen)
        engine_note_gap(e, &p, fill->time);
}

/* The prices since a fill of the stream came late are of what was held then, not of the position
 * that it is put into. */
static void see_after_late(struct engine *e, struct engine_account *a, const char *symbol)
{
    for (size_t i = 0; i < a->fill_count; i++)
        if (a->fills[i].is_placed && strcmp(a->fills[i].fill.symbol, symbol) == 0)
            engine_see_after(e, &a->fills[i]);
}

static void recount(struct engine *e, struct engine_account *a, struct engine_recount *r)
{
    struct change change;
    const struct engine_fill *last = NULL;
    if (!state_take_back(e->state, r->list, r->count, e->wall, &change))
        return;
    engine_say(e, MESSAGE_INFO, "%s: a fill of %s came late: what came after it is counted again",
               a->key.account, r->symbol);
    engine_fill_gap(e, &a->key, r->symbol, PRICE_UNSET, PRICE_UNSET);
    engine_begin_joined(e);
    engine_store(e, &change);
    for (size_t i = 0; i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        bool is_again = f->again != NULL && strcmp(f->fill.symbol, r->symbol) == 0;
        if (!is_again && !is_news(e, f, r->symbol))
            continue;
        see_prices(e, f, last);
        if (!f->is_placed)
            see_after_late(e, a, r->symbol);
        if (is_again)
            count_again(e, f->again);
        else
            engine_apply_fill(e, &f->fill, ORIGIN_LIVE, "fill history");
        if (!f->is_placed)
            engine_see_after(e, f);
        f->covered = true;
        last = f;
    }
    if (last != NULL)
        see_rest(e, last);
    see_after_late(e, a, r->symbol);
    engine_end_joined(e);
    state_end_recount(e->state, &change.before, e->wall);
    engine_follow_bracket(e, &a->key, r->symbol);
}

void engine_recount(struct engine *e, struct engine_account *a)
{
    for (size_t i = 0; i < a->recount_count; i++)
        recount(e, a, &a->recounts[i]);
    engine_drop_recount(e, a);
}
