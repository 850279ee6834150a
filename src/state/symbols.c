#include "state/internal.h"

#include "base/clock.h"

#include <string.h>

int state_symbol_index(struct state *s, const char *symbol)
{
    struct snapshot *n = &s->now;
    int found = snapshot_find_symbol(n, symbol);
    if (found >= 0 || n->symbol_count == SNAPSHOT_SYMBOLS || symbol[0] == '\0')
        return found;
    uint32_t i = n->symbol_count++;
    instrument_init(&n->instruments[i], symbol);
    market_init(&n->markets[i], symbol);
    s->profiles[i] = market_profile_new(0);
    state_touch(s, &n->symbol_count, sizeof n->symbol_count);
    state_touch(s, &n->instruments[i], sizeof n->instruments[i]);
    state_touch(s, &n->markets[i], sizeof n->markets[i]);
    return (int)i;
}

int state_add_symbol(struct state *s, const char *symbol)
{
    state_lock(s);
    int index = state_symbol_index(s, symbol);
    state_unlock(s);
    return index;
}

void state_put_instrument(struct state *s, int symbol, const struct instrument *i)
{
    state_lock(s);
    struct instrument *known = &s->now.instruments[symbol];
    if (known->tick != i->tick) {
        market_profile_free(s->profiles[symbol]);
        s->profiles[symbol] = market_profile_new(i->tick);
    }
    *known = *i;
    state_touch(s, known, sizeof *known);
    state_unlock(s);
}

bool state_get_instrument(struct state *s, int symbol, struct instrument *out)
{
    state_lock(s);
    bool known = symbol >= 0 && (uint32_t)symbol < s->now.symbol_count;
    if (known)
        *out = s->now.instruments[symbol];
    state_unlock(s);
    return known;
}

bool state_get_market(struct state *s, int symbol, struct market *out)
{
    state_lock(s);
    bool known = symbol >= 0 && (uint32_t)symbol < s->now.symbol_count;
    if (known)
        *out = s->now.markets[symbol];
    state_unlock(s);
    return known;
}

/* Values the open positions of the symbol; those opened clearly after the price was made are not
 * touched by it. Servers stamp prices in seconds at worst. */
static void apply_price(struct state *s, int symbol, int64_t time, int64_t now)
{
    struct snapshot *n = &s->now;
    double price = market_price(&n->markets[symbol]);
    if (!price_is_set(price))
        return;
    for (uint32_t i = 0; i < n->position_count; i++) {
        if (n->position_symbol[i] != (uint32_t)symbol ||
            time + CLOCK_SECOND < n->positions[i].entry_time)
            continue;
        if (position_apply_price(&n->positions[i], &n->instruments[symbol], price, now))
            s->extremes_moved[i] = true;
        state_touch(s, &n->positions[i], sizeof n->positions[i]);
    }
}

/* Asks for memory ahead: after a pause the caches are cold, and waiting for them would be most of
 * the time under the lock. */
static void warm(const void *memory, size_t size)
{
    for (size_t line = 0; line < size; line += 64)
        __builtin_prefetch((const char *)memory + line);
}

/* The prices of a symbol come from one thread, so it can look at them, and work out what they
 * become, before it takes the lock to show them. */
void state_apply_trade(struct state *s, int symbol, double price, double volume,
                       enum aggressor aggressor, int64_t time, int64_t now)
{
    struct market m = s->now.markets[symbol];
    warm(&s->now.instruments[symbol], sizeof s->now.instruments[symbol]);
    warm(&s->now.positions[0], sizeof s->now.positions[0]);
    warm(s->dirty, sizeof s->dirty);
    market_apply_trade(&m, s->profiles[symbol], price, volume, aggressor, time);
    state_lock(s);
    s->now.markets[symbol] = m;
    state_touch(s, &s->now.markets[symbol], sizeof m);
    apply_price(s, symbol, time, now);
    state_unlock(s);
}

void state_apply_bid_ask(struct state *s, int symbol, double bid, double bid_quantity, double ask,
                         double ask_quantity, int64_t now)
{
    struct market m = s->now.markets[symbol];
    market_apply_bid_ask(&m, bid, bid_quantity, ask, ask_quantity);
    state_lock(s);
    s->now.markets[symbol] = m;
    state_touch(s, &s->now.markets[symbol], sizeof m);
    if (!price_is_set(m.last))
        apply_price(s, symbol, now, now);
    state_unlock(s);
}

static void replace(double *known, double news)
{
    if (price_is_set(news))
        *known = news;
}

void state_apply_session(struct state *s, int symbol, double open, double high, double low,
                         double volume, double settlement)
{
    state_lock(s);
    struct market *m = &s->now.markets[symbol];
    replace(&m->session_open, open);
    replace(&m->session_high, high);
    replace(&m->session_low, low);
    replace(&m->session_volume, volume);
    replace(&m->settlement, settlement);
    state_touch(s, m, sizeof *m);
    state_unlock(s);
}

void state_begin_session(struct state *s, int symbol, bool whole)
{
    state_lock(s);
    market_begin_session(&s->now.markets[symbol], s->profiles[symbol]);
    s->now.markets[symbol].context.partial = !whole;
    state_touch(s, &s->now.markets[symbol], sizeof s->now.markets[symbol]);
    state_unlock(s);
}
