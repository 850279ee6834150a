/* What positions have seen of prices that the stream did not bring, or not yet for certain. */
#include "state/internal.h"

static void take_range(struct state *s, const struct account_key *key, const char *symbol,
                       double high, double low,
                       bool (*take)(struct position *, const struct instrument *, double, double))
{
    state_lock(s);
    struct snapshot *n = &s->now;
    int index = snapshot_find_position(n, key, symbol);
    if (index >= 0 &&
        take(&n->positions[index], &n->instruments[n->position_symbol[index]], high, low)) {
        s->extremes_moved[index] = true;
        state_touch_position(s, index);
    }
    state_unlock(s);
}

void state_widen_position(struct state *s, const struct account_key *key, const char *symbol,
                          double high, double low)
{
    take_range(s, key, symbol, high, low, position_widen);
}

void state_see_range(struct state *s, const struct account_key *key, const char *symbol,
                     double high, double low)
{
    take_range(s, key, symbol, high, low, position_see_range);
}

void state_hold_prices(struct state *s, const struct account_key *key, bool hold)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    for (uint32_t i = 0; i < n->position_count; i++) {
        struct held_prices *h = &s->held_prices[i];
        if (!account_key_equal(&n->positions[i].key, key) || h->are_held == hold)
            continue;
        if (!hold && position_see_range(&n->positions[i], &n->instruments[n->position_symbol[i]],
                                        h->high, h->low)) {
            s->extremes_moved[i] = true;
            state_touch_position(s, (int)i);
        }
        *h = (struct held_prices){hold, PRICE_UNSET, PRICE_UNSET};
    }
    state_unlock(s);
}

void state_mark_gap(struct state *s, const struct account_key *key, const char *symbol, bool store)
{
    state_lock(s);
    int index = snapshot_find_position(&s->now, key, symbol);
    if (index >= 0) {
        s->now.positions[index].has_gap = true;
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
        p->has_gap = false;
        state_touch_position(s, index);
    }
    state_unlock(s);
}
