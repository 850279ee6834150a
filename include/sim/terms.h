/* What the simulated server grants, as options and scenario say. */
#ifndef SORTIE_SIM_TERMS_H
#define SORTIE_SIM_TERMS_H

#include <stdbool.h>
#include <stddef.h>

enum { SIM_USERS_MAX = 16 };

struct sim_user {
    char name[32], password[32];
};

struct sim_terms {
    struct sim_user users[SIM_USERS_MAX]; /* none: anyone may log on */
    size_t user_count;
    bool is_sierra; /* as Sierra Chart's own simulation: SIM accounts get no positions and balances,
                     * but stray POSITION_UPDATEs of quantity 0 */
    bool refuses_fill_history;  /* 308 */
    bool refuses_price_history; /* 802, and HistoricalPriceDataSupported 0 */
    bool one_price_history;     /* OneHistoricalPriceDataRequestPerConnection */
    bool keeps_order_ids;       /* a cancel/replace keeps the ServerOrderID */
    bool no_trading, no_market_data, no_definitions; /* capabilities that the logon denies */
};

/* Whether positions and balances of that account (its index) are kept from the clients. */
bool sim_terms_hides_position(const struct sim_terms *t, int account);

/* Whether such a user may log on. */
bool sim_terms_admits(const struct sim_terms *t, const char *name, const char *password);

#endif
