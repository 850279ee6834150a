#include "trade/account.h"

#include "base/text.h"

#include <string.h>

static void balance_init(struct balance *b, const struct account_key *key)
{
    memset(b, 0, sizeof *b);
    b->key = *key;
    b->cash = b->available = b->margin = b->open_pnl = b->daily_pnl = MONEY_UNSET;
}

void account_init(struct account *a, const struct account_key *key)
{
    memset(a, 0, sizeof *a);
    a->key = *key;
    balance_init(&a->reported, key);
    balance_init(&a->ledger, key);
}

money account_balance(const struct account *a)
{
    const struct balance *b = a->key.mode == MODE_SIM ? &a->ledger : &a->reported;
    return b->time != 0 ? b->cash : MONEY_UNSET;
}

void account_begin_ledger(struct account *a, money start, const char *why, int64_t now)
{
    if (a->key.mode != MODE_SIM)
        return;
    balance_init(&a->ledger, &a->key);
    text_copy(a->ledger.currency, sizeof a->ledger.currency, a->reported.currency);
    text_copy(a->ledger.why, sizeof a->ledger.why, why);
    a->ledger.time = now;
    a->ledger.cash = start;
    a->ledger.ledger = true;
    a->ledger.opens_period = true;
    a->period_time = now;
    a->period_start = start;
}

bool account_add_result(struct account *a, money pnl, money commissions, const char *why,
                        int64_t now)
{
    if (a->key.mode != MODE_SIM || a->ledger.time == 0)
        return false;
    if (pnl == MONEY_UNSET || commissions == MONEY_UNSET)
        return false;
    money cash = money_subtract(money_add(a->ledger.cash, pnl), commissions);
    if (cash == a->ledger.cash)
        return false;
    a->ledger.cash = cash;
    a->ledger.time = now;
    a->ledger.opens_period = false;
    text_copy(a->ledger.why, sizeof a->ledger.why, why);
    return true;
}
