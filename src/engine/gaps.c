/* Prices that nobody saw while a position was open (domain.md, "Excursions over the gap"). */
#include "engine/internal.h"

#include "base/clock.h"

#include <string.h>

/* The last price came a moment before it was known to be the last. */
static const int64_t MARGIN = CLOCK_MINUTE;
/* Before the server has given the time of a trade: so far its clock may be from ours. */
static const int64_t CLOCKS_MARGIN = 10 * CLOCK_MINUTE;
/* From a subscription to its first price, or to the server's no. */
static const int64_t FIRST_PRICE = 5 * CLOCK_SECOND;
static const int64_t REPORTS_PAUSE = 30 * CLOCK_SECOND;

static struct engine_past *find_gap(struct engine *e, const struct account_key *key,
                                    const char *symbol)
{
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose == PAST_GAP && strcmp(e->past[i].symbol, symbol) == 0 &&
            account_key_equal(&e->past[i].key, key))
            return &e->past[i];
    return NULL;
}

/* Positions that were closed leave their places to others. */
static void forget_closed(struct engine *e)
{
    struct position p;
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose == PAST_GAP &&
            !state_get_position(e->state, &e->past[i].key, e->past[i].symbol, &p))
            engine_drop_past(e, &e->past[i]);
}

void engine_note_gap(struct engine *e, const struct position *p, int64_t from)
{
    struct engine_past *g = find_gap(e, &p->key, p->symbol);
    int symbol = engine_find_symbol(e, p->symbol);
    if (g == NULL) {
        forget_closed(e);
        g = engine_add_past(e, PAST_GAP, p->symbol);
        g->key = p->key;
        g->from = from;
    }
    g->from = from < g->from ? from : g->from;
    struct market m;
    if (symbol >= 0 && state_get_market(e->state, e->symbols[symbol].place, &m) &&
        m.last_time > g->to)
        g->to = m.last_time < e->wall ? m.last_time : e->wall;
    g->wanted = false;
    int64_t due = symbol >= 0 ? engine_pace(e, &e->symbols[symbol].gap_pace) : e->now;
    g->due = due > g->due ? due : g->due;
    if (e->past_asked == g)
        e->past_asked = NULL; /* its answer may end before the gap does */
    state_mark_gap(e->state, &p->key, p->symbol, false);
}

int64_t engine_gap_start(struct engine *e, const struct position *p)
{
    const struct engine_past *g = find_gap(e, &p->key, p->symbol);
    if (g == NULL)
        return 0;
    return g->from > p->entry_time ? g->from : p->entry_time;
}

/* Up to then, at least, all prices of the position were seen: us UTC, the server's. */
static int64_t seen_until(struct engine *e, const struct position *p)
{
    struct market m;
    int symbol = engine_find_symbol(e, p->symbol);
    int64_t heard = e->wall - 2 * e->options.config->heartbeat * CLOCK_SECOND;
    int64_t seen = p->updated_at < heard ? p->updated_at : heard;
    if (symbol < 0 || !state_get_market(e->state, e->symbols[symbol].place, &m) || m.last_time == 0)
        return seen - CLOCKS_MARGIN;
    return m.last_time < seen - MARGIN ? m.last_time : seen - MARGIN;
}

void engine_note_gaps(struct engine *e, const char *symbol)
{
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        if (symbol != NULL && strcmp(p.symbol, symbol) != 0)
            continue;
        bool known = find_gap(e, &p.key, p.symbol) != NULL;
        if (p.has_gap && !known && p.source == SOURCE_SERVER)
            continue; /* when it was opened may not be known: the mark stays */
        engine_note_gap(e, &p, p.has_gap && !known ? p.entry_time : seen_until(e, &p));
    }
}

void engine_note_first_price(struct engine *e, const struct engine_symbol *s)
{
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++)
        if (strcmp(p.symbol, s->name) == 0 && !p.has_gap &&
            p.entry_time + CLOCK_SECOND <= s->live_from && find_gap(e, &p.key, p.symbol) == NULL)
            engine_note_gap(e, &p, p.entry_time);
}

void engine_fill_gap(struct engine *e, const struct account_key *key, const char *symbol,
                     double high, double low)
{
    struct engine_past *g = find_gap(e, key, symbol);
    if (g != NULL)
        engine_drop_past(e, g);
    state_fill_gap(e->state, key, symbol, high, low);
}

void engine_move_gap(struct engine *e, const struct position *p, const struct account_key *to)
{
    struct engine_past *g = find_gap(e, &p->key, p->symbol);
    if (g != NULL)
        g->key = *to;
}

/* True while a history may still change what is held. */
static bool is_collecting(const struct engine *e, const struct account_key *key)
{
    for (int i = 0; i < e->account_count; i++)
        if (account_key_equal(&e->accounts[i].key, key))
            return e->accounts[i].collecting;
    return false;
}

/* Positions of symbols that have no prices are marked; when prices begin, a high and low that the
 * server reports from then on lifts the mark. */
static void look_for_prices(struct engine *e)
{
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        int symbol = engine_find_symbol(e, p.symbol);
        if (symbol < 0)
            continue;
        const struct engine_symbol *s = &e->symbols[symbol];
        bool is_coming = !s->defined || (s->asked_at != 0 && e->now - s->asked_at < FIRST_PRICE);
        if (s->live_from == 0 && !is_coming && !p.has_gap)
            engine_note_gap(e, &p, p.entry_time);
        if (s->live_from != 0 && p.has_gap && !e->positions_refused &&
            e->positions_asked_at < s->live_at && e->now - e->positions_asked_at >= REPORTS_PAUSE)
            engine_ask_positions(e);
    }
}

void engine_want_gaps(struct engine *e)
{
    look_for_prices(e);
    for (int i = 0; i < ENGINE_PAST; i++) {
        struct engine_past *g = &e->past[i];
        if (g->purpose != PAST_GAP || g->wanted || !e->positions_told || e->waiting_count > 0 ||
            is_collecting(e, &g->key))
            continue;
        g->wanted = true;
        g->bars = false;
        g->tries = 0;
        state_mark_gap(e->state, &g->key, g->symbol, true);
    }
}
