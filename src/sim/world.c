#include "sim/world.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

enum { BOT_INTERVAL = 100 * 1000 }; /* us of simulated time between the bots' looks at the market */

enum { BOTS = SIM_MNQ + 1 }; /* the first products have one each */

/* When each symbol's bot first enters, and its pauses: much of MES, now and then MNQ. In seconds.
 */
static const struct {
    int start_least, start_most, pause_least, pause_most;
} habits[BOTS] = {
    [SIM_MES] = {5, 10, 3, 12},
    [SIM_MNQ] = {30, 60, 60, 180},
};

struct sim_world {
    struct sim_exchange *exchange;
    struct sim_market markets[SIM_PRODUCTS];
    struct sim_history histories[SIM_PRODUCTS];
    struct sim_bot bots[BOTS];
    bool has_bots;
    int64_t next_bots;
    int64_t now, frozen_until; /* in simulated time */
    int64_t wall;
    struct sim_world_listener listener;
};

static void on_market(void *context, const struct sim_market *m, enum sim_market_kind kind)
{
    struct sim_world *w = context;
    int product = (int)(m - w->markets);
    w->listener.market(w->listener.exchange.context, m, kind);
    if (kind == SIM_MARKET_TRADE) {
        struct sim_tick tick = {w->wall, m->last, m->last_volume, m->last_at};
        sim_history_add(&w->histories[product], &tick);
        sim_exchange_trade(w->exchange, product, m->last, m->last_volume, w->wall);
    } else if (kind == SIM_MARKET_QUOTE) {
        sim_exchange_quote(w->exchange, product, m->bid, m->bid_size, m->ask, m->ask_size, w->wall);
    }
}

static void start_bot(struct sim_world *w, int product, struct sim_random *seeds)
{
    int64_t start = sim_random_between(seeds, habits[product].start_least * CLOCK_SECOND,
                                       habits[product].start_most * CLOCK_SECOND);
    sim_bot_init(&w->bots[product], w->exchange, &w->markets[product], sim_random_next(seeds),
                 start, habits[product].pause_least * CLOCK_SECOND,
                 habits[product].pause_most * CLOCK_SECOND);
}

struct sim_world *sim_world_new(const struct sim_world_options *options,
                                const struct sim_world_listener *listener)
{
    struct sim_world *w = memory_new(1, sizeof *w);
    w->listener = *listener;
    w->exchange = sim_exchange_new(options->token, &listener->exchange);
    w->has_bots = options->bots;
    w->wall = options->wall;
    sim_exchange_keep_order_ids(w->exchange, options->keeps_order_ids);
    /* Seeds are drawn product by product: more of them at the table's end change nothing before. */
    struct sim_random seeds = {options->seed};
    for (int i = 0; i < SIM_PRODUCTS; i++) {
        struct sim_market *m = &w->markets[i];
        sim_market_init(m, &sim_products[i], sim_random_next(&seeds), 0,
                        sim_market_session_date(w->wall));
        sim_exchange_quote(w->exchange, i, m->bid, m->bid_size, m->ask, m->ask_size, w->wall);
        if (i < BOTS)
            start_bot(w, i, &seeds);
    }
    return w;
}

void sim_world_free(struct sim_world *w)
{
    if (!w)
        return;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        sim_history_free(&w->histories[i]);
    sim_exchange_free(w->exchange);
    free(w);
}

static void follow_session(struct sim_world *w)
{
    uint32_t date = sim_market_session_date(w->wall);
    if (date == w->markets[0].session_date)
        return;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        sim_market_open_session(&w->markets[i], date, on_market, w);
    sim_exchange_open_session(w->exchange);
}

static int next_market(const struct sim_world *w)
{
    int next = 0;
    for (int i = 1; i < SIM_PRODUCTS; i++)
        if (w->markets[i].next_event < w->markets[next].next_event)
            next = i;
    return next;
}

int64_t sim_world_next(const struct sim_world *w)
{
    int64_t market = w->markets[next_market(w)].next_event;
    return market < w->next_bots ? market : w->next_bots;
}

void sim_world_advance(struct sim_world *w, int64_t until, int64_t wall)
{
    w->wall = wall;
    follow_session(w);
    for (;;) {
        struct sim_market *m = &w->markets[next_market(w)];
        if ((m->next_event < w->next_bots ? m->next_event : w->next_bots) > until)
            break;
        if (m->next_event < w->next_bots) {
            sim_market_step(m, on_market, w);
            continue;
        }
        for (int i = 0; i < BOTS && w->has_bots; i++)
            sim_bot_step(&w->bots[i], w->next_bots, wall);
        w->next_bots += BOT_INTERVAL;
    }
    w->now = until;
}

void sim_world_set_price(struct sim_world *w, int product, double price)
{
    sim_market_set_price(&w->markets[product], price, on_market, w);
}

void sim_world_trade(struct sim_world *w, int product, double price, double volume)
{
    sim_market_trade(&w->markets[product], price, volume, on_market, w);
}

void sim_world_freeze(struct sim_world *w, int64_t until)
{
    int64_t from = w->frozen_until > w->now ? w->frozen_until : w->now;
    if (until <= from)
        return;
    for (int i = 0; i < SIM_PRODUCTS; i++) {
        w->markets[i].next_event += until - from;
        w->markets[i].next_regime += until - from;
    }
    w->next_bots += until - from;
    w->frozen_until = until;
}

struct sim_exchange *sim_world_exchange(struct sim_world *w)
{
    return w->exchange;
}

const struct sim_market *sim_world_market(const struct sim_world *w, int product)
{
    return &w->markets[product];
}

const struct sim_history *sim_world_history(const struct sim_world *w, int product)
{
    return &w->histories[product];
}
