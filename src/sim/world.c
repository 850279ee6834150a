#include "sim/world.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

enum { BOT_INTERVAL = 100 * 1000 }; /* us of simulated time between the bots' looks at the market */

/* When each symbol's bot first enters, and its pauses: much of MES, now and then MNQ. In seconds.
 */
static const struct {
    int start_least, start_most, pause_least, pause_most;
} habits[SIM_PRODUCTS] = {
    [SIM_MES] = {5, 10, 3, 12},
    [SIM_MNQ] = {30, 60, 60, 180},
};

struct sim_world {
    struct sim_exchange *exchange;
    struct sim_market markets[SIM_PRODUCTS];
    struct sim_bot bots[SIM_PRODUCTS];
    bool has_bots;
    int64_t next_bots;
    int64_t wall;
    struct sim_world_listener listener;
};

static void on_market(void *context, const struct sim_market *m, enum sim_market_kind kind)
{
    struct sim_world *w = context;
    int product = (int)(m - w->markets);
    w->listener.market(w->listener.exchange.context, m, kind);
    if (kind == SIM_MARKET_TRADE)
        sim_exchange_trade(w->exchange, product, m->last, m->last_volume, w->wall);
    else if (kind == SIM_MARKET_QUOTE)
        sim_exchange_quote(w->exchange, product, m->bid, m->bid_size, m->ask, m->ask_size, w->wall);
}

struct sim_world *sim_world_new(const struct sim_world_options *options,
                                const struct sim_world_listener *listener)
{
    struct sim_world *w = memory_new(1, sizeof *w);
    w->listener = *listener;
    w->exchange = sim_exchange_new(options->token, &listener->exchange);
    w->has_bots = options->bots;
    w->wall = options->wall;
    struct sim_random seeds = {options->seed};
    for (int i = 0; i < SIM_PRODUCTS; i++) {
        struct sim_market *m = &w->markets[i];
        sim_market_init(m, &sim_products[i], sim_random_next(&seeds), 0,
                        sim_market_session_date(w->wall));
        sim_exchange_quote(w->exchange, i, m->bid, m->bid_size, m->ask, m->ask_size, w->wall);
        int64_t start = sim_random_between(&seeds, habits[i].start_least * CLOCK_SECOND,
                                           habits[i].start_most * CLOCK_SECOND);
        sim_bot_init(&w->bots[i], w->exchange, m, sim_random_next(&seeds), start,
                     habits[i].pause_least * CLOCK_SECOND, habits[i].pause_most * CLOCK_SECOND);
    }
    return w;
}

void sim_world_free(struct sim_world *w)
{
    if (!w)
        return;
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
    while (sim_world_next(w) <= until) {
        struct sim_market *m = &w->markets[next_market(w)];
        if (m->next_event < w->next_bots) {
            sim_market_step(m, on_market, w);
            continue;
        }
        for (int i = 0; i < SIM_PRODUCTS && w->has_bots; i++)
            sim_bot_step(&w->bots[i], w->next_bots, wall);
        w->next_bots += BOT_INTERVAL;
    }
}

struct sim_exchange *sim_world_exchange(struct sim_world *w)
{
    return w->exchange;
}

const struct sim_market *sim_world_market(const struct sim_world *w, int product)
{
    return &w->markets[product];
}
