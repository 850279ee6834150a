/* The server's word on positions against ours (domain.md, "Reconciliation"). */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static const int64_t STANDING = 2 * CLOCK_SECOND; /* a difference is acted on when it is that old */
static const int64_t ASK_PAUSE = 5 * CLOCK_SECOND;
static const int64_t NOTICED = CLOCK_SECOND / 2; /* a change of ours is, so long after it */

enum { FAILURES = 3 }; /* of a question, until it counts as one that is not answered */

static bool same(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

double engine_quantity_held(struct engine *e, const struct account_key *key, const char *symbol)
{
    struct position p;
    return state_get_position(e->state, key, symbol, &p) ? p.quantity : 0;
}

static void find(struct engine *e, const struct engine_report *r, enum message_level level,
                 const char *finding)
{
    state_set_finding(e->state, &r->key, r->symbol, finding);
    engine_say(e, level, "%s %s: %s", r->key.account, r->symbol, finding);
}

/* The price at which a missing fill turns our average into the server's; where that says nothing,
 * the last price known. */
static double missing_price(struct engine *e, const struct engine_report *r,
                            const struct position *p)
{
    bool adds = r->quantity * p->quantity > 0 && fabs(r->quantity) > fabs(p->quantity);
    if (adds && !r->hedged && price_is_set(r->average_price))
        return (r->average_price * r->quantity - p->entry_price * p->quantity) /
               (r->quantity - p->quantity);
    struct market m;
    int symbol = engine_find_symbol(e, r->symbol);
    double price = PRICE_UNSET;
    if (symbol >= 0 && state_get_market(e->state, e->symbols[symbol].place, &m))
        price = market_price(&m);
    if (!price_is_set(price))
        price = price_is_set(p->last_price) ? p->last_price : p->entry_price;
    return price;
}

static void adopt(struct engine *e, struct engine_report *r)
{
    struct position p;
    struct change c;
    if (!price_is_set(r->average_price)) {
        /* an entry price of nothing would make every figure wrong: wait for one */
        if (!r->no_price_told)
            engine_quote(e, MESSAGE_WARNING,
                         "%s %s: the server reports %s %g without an entry price: it is taken over "
                         "once the server gives one",
                         r->key.account, r->symbol, r->quantity > 0 ? "LONG" : "SHORT",
                         fabs(r->quantity));
        r->no_price_told = true;
        return;
    }
    position_init(&p, &r->key, r->symbol);
    p.quantity = r->quantity;
    p.entry_price = p.min_price = p.max_price = p.price = r->average_price;
    p.entry_time = r->entry_time;
    p.entered_quantity = p.max_quantity = fabs(r->quantity);
    p.entered_sum = p.entered_quantity * p.entry_price;
    p.source = SOURCE_SERVER;
    p.origin = ORIGIN_RECONCILED;
    p.unchanged = true;
    p.created_at = e->wall;
    if (!state_adopt_position(e->state, &p, "reported by the server", e->wall, &c))
        return;
    engine_store(e, &c);
    engine_note_terms(e, engine_find_symbol(e, r->symbol));
    engine_note_stand_in(e, &r->key, r->symbol);
    if (price_is_set(r->high) && price_is_set(r->low))
        state_widen_position(e->state, &r->key, r->symbol, r->high, r->low);
    else if (r->entry_told)
        engine_note_gap(e, &p, p.entry_time);
    else
        state_mark_gap(e->state, &p.key, p.symbol, true);
    find(e, r, MESSAGE_INFO, "taken over as the server reports it");
    engine_follow_bracket(e, &r->key, r->symbol);
}

/* Takes the server's word: what no fill explains becomes one. */
static void act(struct engine *e, struct engine_report *r)
{
    struct position p;
    struct fill f;
    if (!state_get_position(e->state, &r->key, r->symbol, &p)) {
        adopt(e, r);
        return;
    }
    if (!position_make_missing_fill(&p, r->quantity, missing_price(e, r, &p), e->wall, "reconciled",
                                    &f))
        return;
    find(e, r, MESSAGE_WARNING,
         r->quantity == 0
             ? "the server says flat and no fill says why: closed at the last known price"
             : "the server reports another quantity and no fill says why: taken from it");
    engine_apply_fill(e, &f, ORIGIN_RECONCILED, "reconciled with the server");
}

static void confirm(struct engine *e, struct engine_report *r)
{
    struct change c;
    r->history_asked = false;
    r->settled = r->quantity == 0;
    if (r->settled)
        return;
    state_confirm_position(e->state, &r->key, r->symbol, true);
    if (state_set_finding(e->state, &r->key, r->symbol, "confirmed by the server"))
        engine_say(e, MESSAGE_GOOD, "%s %s: confirmed by the server", r->key.account, r->symbol);
    /* one that comes late may be of a position before, of the same quantity */
    if (e->now - r->ours_since < STANDING)
        return;
    r->settled = true;
    if (r->received < r->ours_since)
        return;
    if (!r->hedged &&
        state_correct_entry(e->state, &r->key, r->symbol, r->average_price, e->wall, &c)) {
        engine_store(e, &c);
        find(e, r, MESSAGE_INFO, "confirmed, with the entry price of the server");
    }
    if (engine_sees_prices(e, r->symbol, r->received) && price_is_set(r->high) &&
        price_is_set(r->low))
        engine_fill_gap(e, &r->key, r->symbol, r->high, r->low);
    else
        state_widen_position(e->state, &r->key, r->symbol, r->high, r->low);
}

/* The two differ as they do since then. */
static int64_t differs_since(const struct engine_report *r)
{
    return r->told_since > r->ours_since ? r->told_since : r->ours_since;
}

static bool stands(const struct engine *e, const struct engine_report *r)
{
    return !r->settled && e->now - differs_since(r) >= STANDING;
}

/* The account's history answers for all of its differences that stand by now. */
static void ask_history(struct engine *e, struct engine_account *a)
{
    for (int i = 0; i < e->report_count; i++)
        if (account_key_equal(&e->reports[i].key, &a->key) && stands(e, &e->reports[i]))
            e->reports[i].history_asked = true;
    a->caught_up = false;
    engine_ask_history(e, a);
}

/* An answer that was asked for after our own last change. What comes unasked may be late, or behind
 * something newer; it counts where the server answers no such question, unless we have heard of a
 * fill since. */
static bool is_fresh(const struct engine *e, const struct engine_report *r)
{
    if (e->positions_refused || e->positions_failures >= FAILURES)
        return r->received + NOTICED >= r->ours_since;
    return r->asked >= r->ours_since && r->asked != 0;
}

static void reconcile(struct engine *e, struct engine_report *r)
{
    struct engine_account *a = engine_find_account(e, r->key.account, false);
    double ours = engine_quantity_held(e, &r->key, r->symbol);
    if (!same(ours, r->ours)) {
        r->ours = ours;
        r->ours_since = e->now;
        r->settled = r->history_asked = false;
    }
    if (r->settled || a == NULL || r->received == 0)
        return;
    if (same(ours, r->quantity)) {
        confirm(e, r);
        return;
    }
    state_confirm_position(e->state, &r->key, r->symbol, false);
    double told;
    if (!engine_get_reported(e, a, r->symbol, &told) || !stands(e, r) || a->collecting)
        return;
    bool is_vain = a->history_failures > 0 && a->history_failures < FAILURES;
    bool is_asked = e->positions_asked_at >= differs_since(r);
    if (!is_fresh(e, r) && (!is_asked || e->now - e->positions_asked_at >= ASK_PAUSE))
        engine_ask_positions(e);
    if (!r->history_asked || (is_vain && e->now - a->history_asked_at >= ASK_PAUSE))
        ask_history(e, a);
    else if (!is_vain && is_fresh(e, r)) {
        act(e, r);
        r->ours = engine_quantity_held(e, &r->key, r->symbol); /* it made the report no older */
    }
}

void engine_reconcile(struct engine *e)
{
    if (dtc_session_phase(e->session) != DTC_ONLINE)
        return;
    engine_service_missed(e);
    for (int i = 0; i < e->report_count; i++)
        reconcile(e, &e->reports[i]);
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        int symbol = engine_find_symbol(e, p.symbol);
        if (symbol >= 0)
            engine_follow_symbol(e, symbol);
    }
    engine_want_gaps(e);
}
