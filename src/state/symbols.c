#include "state/internal.h"

#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Of the server's time, in one batch: less than what positions are opened "clearly after". */
static const int64_t BATCH_SPAN = CLOCK_SECOND / 4;

int state_symbol_index(struct state *s, const char *symbol)
{
    struct snapshot *n = &s->now;
    int found = snapshot_find_symbol(n, symbol);
    if (found >= 0 || n->symbol_count == SNAPSHOT_SYMBOLS || symbol[0] == '\0')
        return found;
    uint32_t i = n->symbol_count++;
    instrument_init(&n->instruments[i], symbol);
    market_init(&n->markets[i], symbol);
    s->batches[i].market = n->markets[i];
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

bool state_put_instrument(struct state *s, int symbol, const struct instrument *i)
{
    state_lock(s);
    struct instrument *known = &s->now.instruments[symbol];
    bool is_regridded = known->tick != i->tick;
    if (is_regridded) {
        market_profile_free(s->profiles[symbol]);
        s->profiles[symbol] = market_profile_new(i->tick);
        state_drop_backfill(s, symbol);
    }
    *known = *i;
    state_touch(s, known, sizeof *known);
    state_unlock(s);
    if (is_regridded)
        state_mark_partial(s, symbol);
    return is_regridded;
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

/* Shows the price, and keeps it apart; NULL: nowhere. */
static void hold_price(struct position *p, const struct instrument *i, struct held_prices *h,
                       double price, int64_t now)
{
    struct position before = *p;
    if (!price_is_set(price))
        return;
    position_apply_price(p, i, price, now);
    p->min_price = before.min_price;
    p->max_price = before.max_price;
    p->mae = before.mae;
    p->mfe = before.mfe;
    p->updated_at = before.updated_at;
    if (h == NULL)
        return;
    h->high = price_is_set(h->high) ? fmax(h->high, price) : price;
    h->low = price_is_set(h->low) ? fmin(h->low, price) : price;
}

/* The prices were clearly made before the position was opened. Servers stamp prices in seconds at
 * worst; what comes with the stream is rather of after it, what was there before rather not. */
static bool is_before(const struct price_batch *b, const struct position *p)
{
    if (b->is_past)
        return b->time <= p->entry_time;
    return b->time != 0 && b->time + CLOCK_SECOND < p->entry_time;
}

/* Positions see the lowest price of a batch, the highest and the last: that moves their extremes
 * and their heat as each price in turn would. */
static void value_positions(struct state *s, int symbol, const struct price_batch *b)
{
    struct snapshot *n = &s->now;
    const struct instrument *instrument = &n->instruments[symbol];
    double last = market_price(&b->market);
    const double prices[] = {b->least, b->greatest, last};
    for (uint32_t i = 0; i < n->position_count; i++) {
        struct position *p = &n->positions[i];
        if (n->position_symbol[i] != (uint32_t)symbol || is_before(b, p))
            continue;
        if (state_is_watched(s, p, (uint32_t)symbol)) {
            hold_price(p, instrument, NULL, last, b->now);
            state_touch(s, p, sizeof *p);
            continue;
        }
        bool held = s->held_prices[i].are_held;
        if (!held) {
            state_see_price(&s->seen[i], b->least);
            state_see_price(&s->seen[i], b->greatest);
        }
        for (size_t k = prices[0] == last && prices[1] == last ? 2 : 0; k < 3; k++)
            if (held)
                hold_price(p, instrument, &s->held_prices[i], prices[k], b->now);
            else if (position_apply_price(p, instrument, prices[k], b->now))
                s->extremes_moved[i] = true;
        state_touch(s, p, sizeof *p);
    }
    state_watch_prices(s, (uint32_t)symbol, b);
}

/* Asks for memory ahead: after a pause the caches are cold, and waiting for them would be most of
 * the time under the lock. */
static void warm(const void *memory, size_t size)
{
    for (size_t line = 0; line < size; line += 64)
        __builtin_prefetch((const char *)memory + line);
}

void state_settle(struct state *s, int symbol)
{
    struct price_batch *b = &s->batches[symbol];
    if (!b->pending)
        return;
    warm(&s->now.instruments[symbol], sizeof s->now.instruments[symbol]);
    warm(&s->now.positions[0], sizeof s->now.positions[0]);
    warm(s->dirty, sizeof s->dirty);
    state_lock(s);
    s->now.markets[symbol] = b->market;
    state_touch(s, &s->now.markets[symbol], sizeof b->market);
    if (b->has_prices)
        value_positions(s, symbol, b);
    state_unlock(s);
    b->pending = b->has_prices = b->is_past = false;
}

/* Takes the symbol's price into the batch. What positions see of a batch is of one moment. */
static void note_price(struct price_batch *b, int64_t time, int64_t now)
{
    double price = market_price(&b->market);
    if (!price_is_set(price))
        return;
    if (!b->has_prices) {
        b->least = b->greatest = price;
        b->time = time;
        b->now = now;
        b->has_prices = true;
    } else if (price < b->least) {
        b->least = price;
    } else if (price > b->greatest) {
        b->greatest = price;
    }
}

void state_apply_trade(struct state *s, int symbol, double price, double volume,
                       enum aggressor aggressor, int64_t time, int64_t now)
{
    struct price_batch *b = &s->batches[symbol];
    if (b->has_prices && (now != b->now || llabs(time - b->time) > BATCH_SPAN))
        state_settle(s, symbol);
    int64_t made = time != 0 ? time : now;
    market_apply_trade(&b->market, made >= b->counted_until ? s->profiles[symbol] : NULL, price,
                       volume, aggressor, made);
    if (s->backfills[symbol].profile != NULL)
        state_count_live(s, symbol, price, volume, aggressor, made);
    note_price(b, time, now);
    b->pending = true;
}

void state_apply_last_trade(struct state *s, int symbol, double price, int64_t time, int64_t now)
{
    state_settle(s, symbol);
    s->batches[symbol].is_past = true;
    state_apply_trade(s, symbol, price, 0, AGGRESSOR_NONE, time, now);
    state_settle(s, symbol);
}

void state_apply_bid_ask(struct state *s, int symbol, double bid, double bid_quantity, double ask,
                         double ask_quantity, int64_t now)
{
    struct price_batch *b = &s->batches[symbol];
    market_apply_bid_ask(&b->market, bid, bid_quantity, ask, ask_quantity);
    if (!price_is_set(b->market.last)) {
        if (b->has_prices && now != b->now)
            state_settle(s, symbol);
        note_price(b, 0, now);
    }
    b->pending = true;
}

static void replace(double *known, double news)
{
    if (price_is_set(news))
        *known = news;
}

void state_apply_session(struct state *s, int symbol, double open, double high, double low,
                         double volume, double settlement)
{
    struct price_batch *b = &s->batches[symbol];
    replace(&b->market.session_open, open);
    replace(&b->market.session_high, high);
    replace(&b->market.session_low, low);
    replace(&b->market.session_volume, volume);
    replace(&b->market.settlement, settlement);
    b->pending = true;
}

void state_begin_session(struct state *s, int symbol, bool whole)
{
    struct price_batch *b = &s->batches[symbol];
    state_drop_backfill(s, symbol);
    b->counted_until = 0;
    market_begin_session(&b->market, s->profiles[symbol]);
    b->market.context.partial = !whole;
    b->pending = true;
}
