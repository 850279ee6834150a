/* Markets, exchange and bots in one simulated time: the same seed and span give the same events in
 * the same order, however the span is cut into steps. */
#ifndef SORTIE_SIM_WORLD_H
#define SORTIE_SIM_WORLD_H

#include "sim/bot.h"
#include "sim/exchange.h"
#include "sim/history.h"
#include "sim/market.h"

struct sim_world_options {
    uint64_t seed;
    uint64_t token; /* see sim_exchange_new() */
    bool bots;
    bool keeps_order_ids; /* see sim_exchange_keep_order_ids() */
    int64_t wall;         /* microseconds since 1970 UTC: tells the first session's day */
};

struct sim_world_listener {
    struct sim_exchange_listener exchange;
    sim_market_listener *market; /* gets exchange.context */
};

struct sim_world;

/* Simulated time starts at 0. */
struct sim_world *sim_world_new(const struct sim_world_options *options,
                                const struct sim_world_listener *listener);
void sim_world_free(struct sim_world *w);

/* Does everything due until simulated time `until` (microseconds); `wall` stamps it. */
void sim_world_advance(struct sim_world *w, int64_t until, int64_t wall);

/* When the next thing is due, in simulated time. */
int64_t sim_world_next(const struct sim_world *w);

/* What a script does to the market at the time it has come to. Prices are taken to the nearest
 * tick. The market moves: its bid is `price`, a contract trades there, and the walk goes on from
 * there. */
void sim_world_set_price(struct sim_world *w, int product, double price);
/* A trade that leaves bid and ask as they are. */
void sim_world_trade(struct sim_world *w, int product, double price, double volume);
/* Until that simulated time the markets and bots do nothing; then they go on where they were. */
void sim_world_freeze(struct sim_world *w, int64_t until);

struct sim_exchange *sim_world_exchange(struct sim_world *w);
const struct sim_market *sim_world_market(const struct sim_world *w, int product);
const struct sim_history *sim_world_history(const struct sim_world *w, int product);

#endif
