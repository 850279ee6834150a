/* Accounts and their balances. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>

#include <string.h>

static enum mode mode_of(const struct engine *e, const char *account)
{
    const struct config *c = e->options.config;
    enum mode mode = mode_of_account(account);
    for (size_t i = 0; i < c->account_count; i++)
        if (strcmp(c->accounts[i].name, account) == 0)
            mode_parse(c->accounts[i].mode, &mode);
    return mode;
}

static struct engine_account *add_account(struct engine *e, const char *name)
{
    if (e->account_count == SNAPSHOT_ACCOUNTS) {
        if (!e->told.accounts)
            engine_say(e, MESSAGE_ERROR,
                       "account %s and what comes after it is ignored: no more than %d can be "
                       "followed",
                       name, SNAPSHOT_ACCOUNTS);
        e->told.accounts = true;
        return NULL;
    }
    struct engine_account *a = &e->accounts[e->account_count++];
    *a = (struct engine_account){.key.mode = mode_of(e, name)};
    text_copy(a->key.account, sizeof a->key.account, name);
    return a;
}

/* Notes in a change how far the ledger's periods have come: the month, by the clock and the zone of
 * that moment, so that neither a clock set back nor another zone begins the same month twice; and
 * when the latest began, at what balance. */
static void note_period(struct engine *e, struct engine_account *a, struct change *c)
{
    int64_t month = clock_local_month(e->wall);
    a->month = month > a->month ? month : a->month;
    if (c->has_balance && c->balance.opens_period) {
        a->period_time = c->balance.time;
        a->period_start = c->balance.cash;
    }
    c->has_fact = true;
    text_format(c->fact, sizeof c->fact, "period:%s", a->key.account);
    text_format(c->fact_text, sizeof c->fact_text, "%" PRId64 " %" PRId64 " %" PRId64, a->month,
                a->period_time, a->period_start);
}

bool engine_restore_periods(struct engine *e, struct repository *r, struct error *error)
{
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        char name[sizeof((struct change *)0)->fact], text[112];
        text_format(name, sizeof name, "period:%s", a->key.account);
        int found = repository_get_meta(r, name, text, sizeof text, error);
        if (found < 0)
            return false;
        if (found == 1 && sscanf(text, "%" SCNd64 " %" SCNd64 " %" SCNd64, &a->month,
                                 &a->period_time, &a->period_start) == 3)
            state_restore_period(e->state, &a->key, a->period_time, a->period_start);
    }
    return true;
}

void engine_begin_period(struct engine *e, struct engine_account *a, const char *why)
{
    struct change c;
    char text[48];
    if (!state_begin_period(e->state, &a->key, why, e->wall, &c))
        return;
    note_period(e, a, &c);
    engine_store(e, &c);
    money_format(text, sizeof text, c.balance.cash, 0);
    engine_say(e, MESSAGE_INFO, "%s: %s, its balance begins anew at %s", a->key.account, why, text);
}

void engine_begin_months(struct engine *e)
{
    int64_t month = clock_local_month(e->wall);
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        struct change c;
        if (a->key.mode != MODE_SIM || month <= a->month)
            continue;
        if (a->month != 0 && e->options.config->sim_monthly) {
            engine_begin_period(e, a, "a new month");
        } else {
            state_note_fact(e->state, "", 0, e->wall, &c);
            note_period(e, a, &c);
            engine_store(e, &c);
        }
    }
}

struct engine_account *engine_find_account(struct engine *e, const char *name, bool listed)
{
    struct change change;
    struct engine_account *a = NULL;
    for (int i = 0; i < e->account_count && a == NULL; i++)
        if (strcmp(e->accounts[i].key.account, name) == 0)
            a = &e->accounts[i];
    if (a == NULL)
        a = add_account(e, name);
    if (a == NULL || e->writer == NULL)
        return a; /* while restoring nothing is new */
    if (a->since == 0) {
        a->since = e->wall;
        char fact[sizeof change.fact];
        text_format(fact, sizeof fact, "since:%s", name);
        state_note_fact(e->state, fact, a->since, e->wall, &change);
        engine_store(e, &change);
    }
    if (state_add_account(e->state, &a->key, listed, e->wall, &change)) {
        note_period(e, a, &change);
        engine_store(e, &change);
    }
    if (!e->first_view_chosen) {
        e->first_view_chosen = true;
        engine_show(e, &a->key, false, "start");
    }
    return a;
}

/* 401 and 600 may both say it, and disagree: told when the first of them does. */
static void note_disabled(struct engine *e, struct engine_account *a, bool *by, bool disabled)
{
    if (disabled && !a->disabled_listed && !a->disabled_reported)
        engine_quote(e, MESSAGE_WARNING, "%s: the server has disabled trading", a->key.account);
    *by = disabled;
}

void engine_take_account(struct engine *e, const struct dtc_trade_account_response *u)
{
    char name[ACCOUNT_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    struct engine_account *a = name[0] != '\0' ? engine_find_account(e, name, true) : NULL;
    if (a != NULL)
        note_disabled(e, a, &a->disabled_listed, u->TradingIsDisabled != 0);
}

void engine_ask_balance(struct engine *e, struct engine_account *a)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ACCOUNT_BALANCE_REQUEST);
    dtc_text_set(m.account_balance_request.TradeAccount,
                 sizeof m.account_balance_request.TradeAccount, a->key.account);
    a->balance_request = dtc_session_request(e->session, &m, e->now);
}

void engine_end_balance(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why)
{
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        if (a->balance_request != request)
            continue;
        a->balance_request = 0;
        if (outcome == DTC_REJECTED && !a->balance_refused)
            engine_say(e, MESSAGE_INFO, "the server gives no balance of %s: %s", a->key.account,
                       why[0] ? why : "it gives no reason");
        a->balance_refused = outcome == DTC_REJECTED;
    }
}

/* The gravest limit that the server says is reached; NULL: none. */
static const char *limit_of(const struct dtc_account_balance_update *u)
{
    return u->DailyNetLossLimitReached      ? "daily loss limit reached"
           : u->IsUnderRequiredMargin       ? "under the required margin"
           : u->IsUnderRequiredAccountValue ? "under the required account value"
                                            : NULL;
}

static money amount(double wire)
{
    return dtc_is_set(wire) ? money_from_double(wire) : MONEY_UNSET;
}

void engine_take_balance(struct engine *e, const struct dtc_account_balance_update *u)
{
    char name[ACCOUNT_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    struct engine_account *a =
        u->NoAccountBalances || name[0] == '\0' ? NULL : engine_find_account(e, name, false);
    if (a == NULL)
        return;
    struct balance b = {
        .key = a->key,
        .time = e->wall,
        .cash = amount(u->CashBalance),
        .available = amount(u->BalanceAvailableForNewPositions),
        .margin = amount(u->MarginRequirement),
        .open_pnl = amount(u->OpenPositionsProfitLoss),
        .daily_pnl = amount(u->DailyProfitLoss),
        .trading_disabled = u->TradingIsDisabled != 0 || a->disabled_listed,
        .limit_reached = limit_of(u) != NULL,
    };
    struct change c;
    text_clean(b.currency, sizeof b.currency, u->AccountCurrency, sizeof u->AccountCurrency);
    text_copy(b.why, sizeof b.why, b.limit_reached ? limit_of(u) : "reported");
    note_disabled(e, a, &a->disabled_reported, u->TradingIsDisabled != 0);
    if (b.limit_reached && limit_of(u) != a->limit)
        engine_quote(e, MESSAGE_WARNING, "%s: %s", a->key.account, b.why);
    a->limit = limit_of(u);
    if (state_put_balance(e->state, &b, e->wall, &c))
        engine_store(e, &c);
}
