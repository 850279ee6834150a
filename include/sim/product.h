/* What can be traded in the simulation, and by which accounts. */
#ifndef SORTIE_SIM_PRODUCT_H
#define SORTIE_SIM_PRODUCT_H

#include <stdint.h>

enum {
    SIM_MES,
    SIM_MNQ,
    SIM_ES,
    SIM_NQ,
    SIM_MYM,
    SIM_M2K,
    SIM_RTY,
    SIM_MCL,
    SIM_CL,
    SIM_MGC,
    SIM_GC,
    SIM_ZN,
    SIM_6E,
    SIM_PRODUCTS
};
enum { SIM_ACCOUNT_SIM1, SIM_ACCOUNT_120005, SIM_ACCOUNTS };

struct sim_product {
    const char *symbol, *exchange_symbol, *root, *description;
    double tick;       /* 1, or 1 by a whole number */
    double tick_value; /* currency a tick and contract */
    double start;      /* where the walk begins and what it stays around */
    double wire_scale; /* wire price = price × this */
    float display_multiplier;
    int32_t display_format; /* PriceDisplayFormat */
    int stride;             /* greatest move of one quote, in ticks */
    double initial_margin, maintenance_margin;
    double reach;        /* of a bot's brackets: its points are multiplied by this */
    uint32_t expiration; /* seconds since 1970 UTC */
};

struct sim_account_terms {
    const char *name;
    double start_balance;
};

extern const struct sim_product sim_products[SIM_PRODUCTS];
extern const struct sim_account_terms sim_accounts[SIM_ACCOUNTS];

/* A number of ticks as a price, and a price as a number of ticks. */
double sim_product_price(const struct sim_product *p, int64_t ticks);
int64_t sim_product_ticks(const struct sim_product *p, double price);

/* The index in the table, or -1. */
int sim_product_find(const char *symbol);
int sim_account_find(const char *name);

#endif
