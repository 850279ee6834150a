/* One symbol's market: a seeded random walk of bid and ask with trades at them. Pure: time is
 * handed in, in microseconds of simulated time, and the same seed and times give the same events.
 */
#ifndef SORTIE_SIM_MARKET_H
#define SORTIE_SIM_MARKET_H

#include "sim/product.h"
#include "sim/random.h"

enum sim_market_kind {
    SIM_MARKET_QUOTE,
    SIM_MARKET_TRADE,
    SIM_MARKET_SESSION_OPEN, /* a new session: its open, high and low are the price now, its volume
                                0 */
    SIM_MARKET_SESSION_HIGH,
    SIM_MARKET_SESSION_LOW,
    SIM_MARKET_SESSION_VOLUME,
};

struct sim_market {
    const struct sim_product *product;
    struct sim_random random;
    int64_t next_event;  /* simulated time of the next event */
    int64_t next_regime; /* when the drift changes */
    double drift;        /* -1 to 1: where the walk leans to */
    double centre;       /* what the walk stays around */
    int64_t bid_ticks;   /* the ask is one tick above */
    double bid, ask, bid_size, ask_size;
    double last, last_volume; /* the latest trade */
    int last_at;              /* DTC_AT_BID or DTC_AT_ASK */
    double open, high, low;   /* of the session */
    double settlement;        /* of the session before */
    double volume;
    uint32_t trades;
    uint32_t session_date; /* midnight UTC of the session's day, seconds since 1970 */
};

/* Called for each event; the market already holds what the event says. */
typedef void sim_market_listener(void *context, const struct sim_market *market,
                                 enum sim_market_kind kind);

/* A market with its first session open at `now`. */
void sim_market_init(struct sim_market *m, const struct sim_product *product, uint64_t seed,
                     int64_t now, uint32_t session_date);

/* Does the one event due at m->next_event (which may be reported as several: a trade and a new
 * high), and sets the time of the one after it. 5 to 15 are reported a second. */
void sim_market_step(struct sim_market *m, sim_market_listener *listener, void *context);

/* The bid is `price`, a contract trades there, and the walk goes on around it. */
void sim_market_set_price(struct sim_market *m, double price, sim_market_listener *listener,
                          void *context);

/* A trade that leaves bid and ask as they are. */
void sim_market_trade(struct sim_market *m, double price, double volume,
                      sim_market_listener *listener, void *context);

void sim_market_open_session(struct sim_market *m, uint32_t session_date,
                             sim_market_listener *listener, void *context);

/* The day that the session at `wall` (microseconds since 1970 UTC) belongs to: a session begins at
 * 23:00 UTC (17:00 in Chicago, in winter) and belongs to the next day. */
uint32_t sim_market_session_date(int64_t wall);

#endif
