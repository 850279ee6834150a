/* Prices that nobody saw while a position was open (domain.md, "Excursions over the gap"). */
#include "engine/internal.h"

#include "base/clock.h"

#include <string.h>

/* Clocks differ, and the last price came a moment before it was known to be the last. */
static const int64_t MARGIN = CLOCK_MINUTE;

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
    if (g == NULL) {
        forget_closed(e);
        g = engine_add_past(e, PAST_GAP, p->symbol);
        g->key = p->key;
        g->from = from;
    }
    g->from = from < g->from ? from : g->from;
    g->wanted = false;
    state_mark_gap(e->state, &p->key, p->symbol, false);
}

void engine_note_gaps(struct engine *e, const char *symbol)
{
    struct position p;
    int64_t heard = e->wall - 2 * e->options.config->heartbeat * CLOCK_SECOND;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        if (symbol != NULL && strcmp(p.symbol, symbol) != 0)
            continue;
        bool known = find_gap(e, &p.key, p.symbol) != NULL;
        if (p.has_gap && !known && p.source == SOURCE_SERVER)
            continue; /* when it was opened may not be known: the mark stays */
        int64_t seen = (p.updated_at < heard ? p.updated_at : heard) - MARGIN;
        engine_note_gap(e, &p, p.has_gap && !known ? p.entry_time : seen);
    }
}

void engine_fill_gap(struct engine *e, const struct account_key *key, const char *symbol,
                     double high, double low)
{
    struct engine_past *g = find_gap(e, key, symbol);
    if (g != NULL)
        engine_drop_past(e, g);
    state_fill_gap(e->state, key, symbol, high, low);
}

/* True while a history may still change what is held. */
static bool is_collecting(const struct engine *e, const struct account_key *key)
{
    for (int i = 0; i < e->account_count; i++)
        if (account_key_equal(&e->accounts[i].key, key))
            return e->accounts[i].collecting;
    return false;
}

void engine_want_gaps(struct engine *e)
{
    for (int i = 0; i < ENGINE_PAST; i++) {
        struct engine_past *g = &e->past[i];
        if (g->purpose != PAST_GAP || g->wanted || !e->positions_told || e->waiting_count > 0 ||
            is_collecting(e, &g->key))
            continue;
        g->wanted = true;
        g->bars = false;
        g->tries = 0;
        g->due = e->now;
        state_mark_gap(e->state, &g->key, g->symbol, true);
    }
}
