/* What the stream says of one symbol, and the session's context: VWAP, cumulative delta, POC
 * (domain.md, "Market context"). */
#ifndef SORTIE_TRADE_MARKET_H
#define SORTIE_TRADE_MARKET_H

#include "trade/instrument.h"

#include <stdbool.h>
#include <stdint.h>

enum aggressor { AGGRESSOR_NONE = 0, AGGRESSOR_AT_BID = 1, AGGRESSOR_AT_ASK = 2 };

struct market_context {
    double vwap, delta, poc; /* PRICE_UNSET until something traded */
    bool partial;            /* the session so far is not in it */
};

/* Plain data: it is part of the snapshot. */
struct market {
    char symbol[SYMBOL_SIZE];
    double last, bid, ask, bid_quantity, ask_quantity; /* PRICE_UNSET when unknown */
    double last_volume;
    double session_open, session_high, session_low, session_volume, settlement;
    int64_t last_time; /* us UTC of the last trade; 0 none */
    int32_t direction; /* of the last change of price: -1, 0, +1 */
    struct market_context context;
};

/* Volume by price of one session; grows by whole pages of neighbouring ticks, so a tick inside the
 * known range allocates nothing. It stops growing at some 2 MB, which no true session reaches:
 * later prices on new pages are not counted, and the context is marked partial. `tick` 0 (not known
 * yet) counts prices by the millionth. */
struct market_profile;
struct market_profile *market_profile_new(double tick);
void market_profile_free(struct market_profile *p);

/* Nothing known; partial until a session begins under our eyes. */
void market_init(struct market *m, const char *symbol);

/* A trade of the stream: last price, direction, session high, low and volume, and the context with
 * `profile` (NULL: without context). A price or volume that is unset or not finite, or a volume
 * below 0, changes nothing; volume 0 moves the price, not the context. The first trade of a whole
 * session is its open, unless the server has said it. */
void market_apply_trade(struct market *m, struct market_profile *profile, double price,
                        double volume, enum aggressor aggressor, int64_t time);
/* A trade of the past: moves the context alone. What is unset, and no volume, changes nothing. */
void market_count_trade(struct market_context *c, struct market_profile *profile, double price,
                        double volume, enum aggressor aggressor);
/* Nothing counted. */
void market_clear_context(struct market_context *c, bool partial);
/* What is not finite becomes unknown. */
void market_apply_bid_ask(struct market *m, double bid, double bid_quantity, double ask,
                          double ask_quantity);
/* A new session: context, profile and the session's open, high, low and volume start anew, and the
 * context is whole from here on. The last price and the settlement stay. */
void market_begin_session(struct market *m, struct market_profile *profile);

/* The price that positions are valued at: last, else the mid of bid and ask (both known), else
 * unset. */
double market_price(const struct market *m);

#endif
