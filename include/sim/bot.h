/* A seeded trader of one symbol for account Sim1. It enters with a bracket, then by chance scales
 * in, takes a part off, moves its stop or reverses, and is flat again within three minutes. It sees
 * the exchange as a client does, only without the wire. */
#ifndef SORTIE_SIM_BOT_H
#define SORTIE_SIM_BOT_H

#include "sim/exchange.h"
#include "sim/market.h"

enum sim_bot_phase { SIM_BOT_WAITING, SIM_BOT_ENTERING, SIM_BOT_HOLDING };

struct sim_bot {
    struct sim_exchange *exchange;
    const struct sim_market *market;
    int product;
    struct sim_random random;
    enum sim_bot_phase phase;
    int64_t due;                     /* simulated time of the next decision */
    int64_t close_by;                /* when a held position is given up */
    int64_t pause_least, pause_most; /* between trades */
    bool may_reverse;                /* once a trade, so that every one ends */
    unsigned trade;                  /* count, for the client ids */
    unsigned extra;                  /* orders of this trade beside entry and bracket */
    char entry[ORDER_ID_SIZE], stop[ORDER_ID_SIZE], target[ORDER_ID_SIZE]; /* client ids */
};

/* `start`: simulated time of the first entry. `pause_least`, `pause_most`: microseconds from a
 * trade's end to the next entry. */
void sim_bot_init(struct sim_bot *b, struct sim_exchange *exchange, const struct sim_market *market,
                  uint64_t seed, int64_t start, int64_t pause_least, int64_t pause_most);

/* Does what is due at simulated time `now`; call it a few times a second. `wall` stamps its orders.
 */
void sim_bot_step(struct sim_bot *b, int64_t now, int64_t wall);

#endif
