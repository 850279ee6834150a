/* Fills of a time when nobody looked, whose prices nobody saw: before they are counted, the prices
 * from the fill before, or from the last that was seen, up to each of them are asked for, so that a
 * trade is recorded once and whole, with the excursions up to its true exit. Fills that come from
 * the stream meanwhile wait behind them, but not for long. */
#include "engine/internal.h"

#include "base/clock.h"

#include <math.h>
#include <string.h>

static const int64_t LONGEST_WAIT = 30 * CLOCK_SECOND;
static const int64_t LIVE_WAIT = 5 * CLOCK_SECOND; /* of a fill of the stream */

/* What the fills so far have made of one symbol. */
struct running {
    const char *symbol;
    double quantity;
    int64_t since;     /* us UTC: from then on prices were missed; 0: none */
    bool is_recounted; /* from a flat position on */
};

static struct running *find_running(struct engine *e, const struct engine_account *a,
                                    struct running *list, size_t *count, const struct fill *f)
{
    struct position p;
    for (size_t i = 0; i < *count; i++)
        if (strcmp(list[i].symbol, f->symbol) == 0)
            return &list[i];
    if (*count == SNAPSHOT_SYMBOLS)
        return NULL;
    struct running *r = &list[(*count)++];
    *r = (struct running){.symbol = f->symbol};
    r->is_recounted = engine_is_recounted(a, f->symbol);
    if (!r->is_recounted && state_get_position(e->state, &f->key, f->symbol, &p)) {
        r->quantity = p.quantity;
        r->since = engine_gap_start(e, &p);
    }
    return r;
}

/* No price went by before it. */
static bool see_none(struct engine_fill *f)
{
    f->high = f->low = f->fill.price;
    f->partly = false;
    return true;
}

static void plan(struct engine *e, struct engine_fill *f, struct running *r)
{
    bool is_late = r->is_recounted || (f->past && engine_is_late(e, f->fill.symbol, f->fill.time));
    bool told = price_is_set(f->high) && price_is_set(f->low) && !f->partly;
    bool is_open = fabs(r->quantity) > 1e-9;
    if (r->is_recounted && r->since != 0 && !engine_is_late(e, r->symbol, r->since))
        told = see_none(f);
    if (is_late && is_open && !told && r->since != 0) {
        f->from = r->since < f->fill.time ? r->since : 0;
        f->held_then = true;
        if (f->from == 0) /* in the same second */
            see_none(f);
    }
    double before = r->quantity;
    r->quantity += (int)f->fill.side * f->fill.quantity;
    bool is_new = before * r->quantity <= 0 || fabs(before) <= 1e-9;
    if (fabs(r->quantity) <= 1e-9)
        r->since = 0;
    else if (is_late)
        r->since = f->fill.time;
    else if (is_new)
        r->since = 0;
}

void engine_plan_missed(struct engine *e, struct engine_account *a)
{
    struct running list[SNAPSHOT_SYMBOLS];
    size_t count = 0;
    for (size_t i = 0; i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        bool is_news = !f->covered && !state_knows_fill(e->state, &f->fill);
        struct running *r =
            is_news || f->again != NULL ? find_running(e, a, list, &count, &f->fill) : NULL;
        if (r != NULL)
            plan(e, f, r);
    }
    a->prices_until = e->now + LONGEST_WAIT;
}

void engine_hurry_missed(struct engine *e, struct engine_account *a)
{
    if (a->prices_until > e->now + LIVE_WAIT)
        a->prices_until = e->now + LIVE_WAIT;
}

static struct engine_past *find_question(struct engine *e, const struct engine_account *a)
{
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose == PAST_FILL && account_key_equal(&e->past[i].key, &a->key))
            return &e->past[i];
    return NULL;
}

void engine_drop_missed(struct engine *e, struct engine_account *a)
{
    struct engine_past *p = find_question(e, a);
    if (p != NULL)
        engine_drop_past(e, p);
    for (size_t i = 0; i < a->fill_count; i++)
        a->fills[i].from = 0;
    a->prices_until = 0;
}

bool engine_waits_for_missed(struct engine *e, struct engine_account *a)
{
    const struct engine_fill *next = NULL;
    for (size_t i = 0; i < a->fill_count && next == NULL; i++)
        next = a->fills[i].from != 0 ? &a->fills[i] : NULL;
    if (next == NULL || e->now >= a->prices_until || !engine_has_past(e)) {
        engine_drop_missed(e, a);
        return false;
    }
    if (find_question(e, a) != NULL)
        return true;
    struct engine_past *p = engine_add_past(e, PAST_FILL, next->fill.symbol);
    p->key = a->key;
    p->from = next->from;
    p->to = next->fill.time;
    p->high = p->low = PRICE_UNSET;
    p->wanted = true;
    p->due = e->past_at = e->now;
    return true;
}

void engine_take_missed(struct engine *e, struct engine_past *p, bool whole)
{
    struct engine_account *a = engine_find_account(e, p->key.account, false);
    for (size_t i = 0; a != NULL && i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        if (f->from == 0 || strcmp(f->fill.symbol, p->symbol) != 0)
            continue;
        if (f->fill.time == p->to) {
            f->high = p->high;
            f->low = p->low;
            f->partly = !whole;
            f->from = 0;
        } else if (!p->any) {
            f->from = 0; /* of that symbol nothing is to be had */
        }
    }
    engine_drop_past(e, p);
    engine_apply_collected(e);
}

void engine_service_missed(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++) {
        const struct engine_account *a = &e->accounts[i];
        if ((a->prices_until != 0 && e->now >= a->prices_until) || a->recount_count > 0)
            engine_apply_collected(e);
    }
}
