/* The inside of the exchange: how orders meet the market, and what follows from it. For the files
 * of the exchange only. Each function tells the listener; none sweeps the book, so that places in
 * it stay. */
#ifndef SORTIE_SIM_MATCHING_H
#define SORTIE_SIM_MATCHING_H

#include "sim/book.h"

struct sim_quote {
    double bid, bid_size, ask, ask_size; /* sizes 0: no quote yet */
    bool has_traded;                     /* since it came */
};

struct sim_exchange {
    uint64_t token, last_id, last_execution;
    bool keeps_order_ids;
    struct sim_exchange_listener listener;
    struct sim_book book;
    struct sim_ledger ledger;
    struct sim_quote quotes[SIM_PRODUCTS];
    struct sim_fill *fills;
    size_t fill_count, fill_capacity;
    int64_t now;
};

void sim_exchange_tell(struct sim_exchange *e, struct sim_order *o, int32_t reason,
                       const struct sim_fill *fill, const char *text);

/* With what ends with it. Nothing for an order that is not working. */
void sim_match_cancel(struct sim_exchange *e, struct sim_order *o);

/* An order that begins to work, or was changed. */
void sim_match_entry(struct sim_exchange *e, struct sim_order *o);
/* The market's word, for an order of that symbol. */
void sim_match_trade(struct sim_exchange *e, struct sim_order *o, double price, double volume);
void sim_match_quote(struct sim_exchange *e, struct sim_order *o);

bool sim_order_is_immediate(const struct sim_order_request *r); /* or cancel: IOC, FOK */
/* The price of a child with an offset from a parent at `reference`. */
double sim_order_offset_price(const struct sim_order_request *child, int product, double reference);

#endif
