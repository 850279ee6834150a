/* What positions have seen of prices that the stream did not bring, or not yet for certain. */
#include "state/internal.h"

/* Made since the last fill. */
static void see_range(struct state *s, int index, double high, double low)
{
    struct snapshot *n = &s->now;
    if (price_is_set(high))
        state_see_price(&s->seen[index], high);
    if (price_is_set(low))
        state_see_price(&s->seen[index], low);
    if (!position_see_range(&n->positions[index], &n->instruments[n->position_symbol[index]], high,
                            low))
        return;
    s->extremes_moved[index] = true;
    state_touch_position(s, index);
}

void state_widen_position(struct state *s, const struct account_key *key, const char *symbol,
                          double high, double low)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, key, symbol);
    if (index >= 0 && position_widen(&n->positions[index],
                                     &n->instruments[n->position_symbol[index]], high, low)) {
        s->extremes_moved[index] = true;
        s->seen[index].missed = true;
        state_touch_position(s, index);
    }
    state_unlock(s);
}

void state_see_range(struct state *s, const struct account_key *key, const char *symbol,
                     double high, double low)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, key, symbol);
    if (index >= 0)
        see_range(s, index, high, low);
    state_unlock(s);
}

void state_hold_prices(struct state *s, const struct account_key *key, bool hold)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    for (uint32_t i = 0; i < n->position_count; i++) {
        struct held_prices *h = &s->held_prices[i];
        if (!account_key_equal(&n->positions[i].key, key) || h->are_held == hold)
            continue;
        if (!hold)
            see_range(s, (int)i, h->high, h->low);
        *h = (struct held_prices){hold, PRICE_UNSET, PRICE_UNSET};
    }
    state_unlock(s);
}

int state_begin_watch(struct state *s, const struct account_key *key, const char *symbol)
{
    state_lock(s);
    int place = state_symbol_index(s, symbol), number = 0;
    for (int i = 0; i < STATE_WATCHES && number == 0 && place >= 0; i++)
        if (!s->watches[i].is_used) {
            s->watches[i] = (struct watch){true, *key, (uint32_t)place, STATE_NO_PRICES};
            s->watch_count++;
            number = i + 1;
        }
    state_unlock(s);
    return number;
}

void state_end_watch(struct state *s, int watch, double *high, double *low)
{
    state_lock(s);
    struct watch *w = &s->watches[watch - 1];
    bool any = w->seen.low <= w->seen.high;
    *high = any ? w->seen.high : PRICE_UNSET;
    *low = any ? w->seen.low : PRICE_UNSET;
    w->is_used = false;
    s->watch_count--;
    state_unlock(s);
}

void state_watch_prices(struct state *s, uint32_t symbol, const struct price_batch *b)
{
    for (int i = 0; i < STATE_WATCHES && s->watch_count > 0; i++)
        if (s->watches[i].is_used && s->watches[i].symbol == symbol) {
            state_see_price(&s->watches[i].seen, b->least);
            state_see_price(&s->watches[i].seen, b->greatest);
        }
}

bool state_is_watched(const struct state *s, const struct position *p, uint32_t symbol)
{
    for (int i = 0; i < STATE_WATCHES && s->watch_count > 0; i++)
        if (s->watches[i].is_used && s->watches[i].symbol == symbol &&
            account_key_equal(&s->watches[i].key, &p->key))
            return true;
    return false;
}

void state_mark_gap(struct state *s, const struct account_key *key, const char *symbol, bool store)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0) {
        s->now.positions[index].has_gap = true;
        s->seen[index].missed = true;
        s->extremes_moved[index] |= store;
        state_touch_position(s, index);
    }
    state_unlock(s);
}

void state_fill_gap(struct state *s, const struct account_key *key, const char *symbol, double high,
                    double low)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, key, symbol);
    if (index >= 0) {
        struct position *p = &n->positions[index];
        bool wider = position_widen(p, &n->instruments[n->position_symbol[index]], high, low);
        s->extremes_moved[index] |= wider || p->has_gap;
        s->seen[index].missed |= wider;
        p->has_gap = false;
        state_touch_position(s, index);
    }
    state_unlock(s);
}
