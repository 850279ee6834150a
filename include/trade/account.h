/* Balances: as a server reports them, and the ledger of SIM accounts (domain.md, "Balances"). */
#ifndef SORTIE_TRADE_ACCOUNT_H
#define SORTIE_TRADE_ACCOUNT_H

#include "trade/mode.h"
#include "trade/money.h"

#include <stdbool.h>
#include <stdint.h>

struct balance { /* table `balance`: one row a change */
    struct account_key key;
    int64_t time;
    money cash; /* LIVE and DEBUG: the server's word; SIM: the ledger */
    money available, margin, open_pnl, daily_pnl; /* MONEY_UNSET when not said */
    char currency[8];
    bool ledger;       /* a row of the SIM ledger, not of the server */
    bool opens_period; /* a ledger row that starts a new period */
    bool trading_disabled, limit_reached;
    char why[64];
};

struct account {
    struct account_key key;
    struct balance reported; /* time 0: the server has said nothing */
    struct balance ledger;   /* SIM only; time 0: not begun */
    int64_t period_time;     /* when its period began, and at what balance; 0: not known */
    money period_start;
    bool listed; /* the server named it among its accounts */
};

/* Nothing reported, no ledger, all money unset. */
void account_init(struct account *a, const struct account_key *key);
/* The balance to show: the ledger for SIM, the report otherwise; unset when there is none. */
money account_balance(const struct account *a);
/* Begins a SIM account's ledger period at `start`; nothing for other modes. */
void account_begin_ledger(struct account *a, money start, const char *why, int64_t now);
/* Adds a trade's result less its commissions to a SIM account's ledger; nothing for other modes,
 * before the ledger has begun, or for an unset result. `why`: "trade", or "recount" where it takes
 * trades back. True when the balance changed. */
bool account_add_result(struct account *a, money pnl, money commissions, const char *why,
                        int64_t now);

#endif
