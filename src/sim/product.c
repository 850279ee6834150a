#include "sim/product.h"

#include <string.h>

enum { EXPIRATION = 1797552000 }; /* 2026-12-18, the third Friday of December */

const struct sim_product sim_products[SIM_PRODUCTS] = {
    [SIM_MES] = {.symbol = "MESZ26_FUT_CME",
                 .exchange_symbol = "MESZ26",
                 .root = "MES",
                 .description = "MICRO E-MINI S&P 500 FUTURES MES Dec 2026",
                 .tick = 0.25,
                 .tick_value = 1.25,
                 .start = 5050,
                 .wire_scale = 1,
                 .display_multiplier = 1,
                 .stride = 2,
                 .initial_margin = 275,
                 .maintenance_margin = 250,
                 .reach = 1,
                 .expiration = EXPIRATION},
    [SIM_MNQ] = {.symbol = "MNQZ26_FUT_CME",
                 .exchange_symbol = "MNQZ26",
                 .root = "MNQ",
                 .description = "MICRO E-MINI NASDAQ-100 FUTURES MNQ Dec 2026",
                 .tick = 0.25,
                 .tick_value = 0.50,
                 .start = 21000,
                 .wire_scale = 100,
                 .display_multiplier = 0.01F,
                 .stride = 8,
                 .initial_margin = 385,
                 .maintenance_margin = 350,
                 .reach = 3,
                 .expiration = EXPIRATION},
};

const struct sim_account_terms sim_accounts[SIM_ACCOUNTS] = {
    [SIM_ACCOUNT_SIM1] = {"Sim1", 10000},
    [SIM_ACCOUNT_120005] = {"120005", 25000},
};

int sim_product_find(const char *symbol)
{
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (strcmp(sim_products[i].symbol, symbol) == 0)
            return i;
    return -1;
}

int sim_account_find(const char *name)
{
    for (int i = 0; i < SIM_ACCOUNTS; i++)
        if (strcmp(sim_accounts[i].name, name) == 0)
            return i;
    return -1;
}
