/* The session so far, gathered anew from the server's history behind the context that is shown. */
#include "state/internal.h"

void state_begin_backfill(struct state *s, int symbol, int64_t from)
{
    struct backfill *b = &s->backfills[symbol];
    state_drop_backfill(s, symbol);
    b->profile = market_profile_new(s->now.instruments[symbol].tick);
    b->from = from;
    b->reached = 0;
    market_clear_context(&b->context, false);
}

void state_drop_backfill(struct state *s, int symbol)
{
    market_profile_free(s->backfills[symbol].profile);
    s->backfills[symbol].profile = NULL;
}

void state_count_live(struct state *s, int symbol, double price, double volume,
                      enum aggressor aggressor, int64_t time)
{
    struct backfill *b = &s->backfills[symbol];
    if (!(volume > 0))
        return;
    if (b->from == 0)
        b->from = time > b->reached ? time : b->reached;
    if (time >= b->from)
        market_count_trade(&b->context, b->profile, price, volume, aggressor);
}

void state_backfill(struct state *s, int symbol, double price, double volume,
                    enum aggressor aggressor, int64_t time)
{
    struct backfill *b = &s->backfills[symbol];
    if (b->profile == NULL || (b->from != 0 && time >= b->from))
        return;
    market_count_trade(&b->context, b->profile, price, volume, aggressor);
    if (time >= b->reached)
        b->reached = time + 1;
}

bool state_end_backfill(struct state *s, int symbol)
{
    struct backfill *b = &s->backfills[symbol];
    if (b->profile == NULL)
        return false;
    market_profile_free(s->profiles[symbol]);
    s->profiles[symbol] = b->profile;
    b->profile = NULL;
    s->batches[symbol].market.context = b->context;
    s->batches[symbol].counted_until = b->from != 0 ? b->from : b->reached;
    s->batches[symbol].pending = true;
    state_settle(s, symbol);
    return true;
}

void state_mark_partial(struct state *s, int symbol)
{
    s->batches[symbol].market.context.partial = true;
    s->batches[symbol].pending = true;
    state_settle(s, symbol);
}
