/* Positions and balances of the simulated accounts: what the fills sum to. Pure. */
#ifndef SORTIE_SIM_LEDGER_H
#define SORTIE_SIM_LEDGER_H

#include "sim/product.h"
#include "trade/money.h"

struct sim_position {
    int account, product;
    double quantity;    /* signed; 0 is flat: the rest then tells of the position before */
    double average;     /* quantity-weighted price of what is held */
    double high, low;   /* since the entry, the fills included */
    int64_t entry_time; /* microseconds since 1970 UTC */
};

struct sim_ledger {
    money cash[SIM_ACCOUNTS];
    money realized_today[SIM_ACCOUNTS]; /* since the session began */
    struct sim_position positions[SIM_ACCOUNTS][SIM_PRODUCTS];
    double mark[SIM_PRODUCTS]; /* latest trade price */
};

struct sim_balance {
    money cash;
    money available; /* cash + open - margin */
    money margin;
    money open;  /* profit or loss of what is held */
    money today; /* realized since the session began + open */
};

/* Every account flat, with its starting balance. */
void sim_ledger_init(struct sim_ledger *l);

/* A fill of `quantity` (signed, not 0) at `price`. Same side: the average moves; other side: it
 * stays and the difference is realized; beyond flat: the rest opens a new position at `price` and
 * `now`. */
void sim_ledger_fill(struct sim_ledger *l, int account, int product, double quantity, double price,
                     int64_t now);

/* A trade of the market: marks open positions and moves their high and low. */
void sim_ledger_mark(struct sim_ledger *l, int product, double price);

void sim_ledger_open_session(struct sim_ledger *l);

money sim_position_open_profit(const struct sim_position *p, double mark);
struct sim_balance sim_ledger_balance(const struct sim_ledger *l, int account);

#endif
