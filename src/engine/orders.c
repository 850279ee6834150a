#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t HISTORY_SPAN = 30 * CLOCK_DAY;

static enum mode mode_of(const struct engine *e, const char *account)
{
    const struct config *c = e->options.config;
    enum mode mode = mode_of_account(account);
    for (size_t i = 0; i < c->account_count; i++)
        if (strcmp(c->accounts[i].name, account) == 0)
            mode_parse(c->accounts[i].mode, &mode);
    return mode;
}

struct engine_account *engine_find_account(struct engine *e, const char *name, bool listed)
{
    struct change change;
    struct engine_account *a = NULL;
    for (int i = 0; i < e->account_count && a == NULL; i++)
        if (strcmp(e->accounts[i].key.account, name) == 0)
            a = &e->accounts[i];
    if (a == NULL) {
        if (e->account_count == SNAPSHOT_ACCOUNTS) {
            engine_say(e, MESSAGE_ERROR, "account %s is ignored: no more than %d can be followed",
                       name, SNAPSHOT_ACCOUNTS);
            return NULL;
        }
        a = &e->accounts[e->account_count++];
        *a = (struct engine_account){.key.mode = mode_of(e, name)};
        text_copy(a->key.account, sizeof a->key.account, name);
    }
    if (e->writer == NULL)
        return a; /* while restoring: nothing is new */
    if (a->since == 0) {
        a->since = e->wall;
        char fact[sizeof change.fact];
        text_format(fact, sizeof fact, "since:%s", name);
        state_note_fact(e->state, fact, a->since, e->wall, &change);
        engine_store(e, &change);
    }
    if (state_add_account(e->state, &a->key, listed, e->wall, &change))
        engine_store(e, &change);
    if (!e->first_view_chosen) {
        e->first_view_chosen = true;
        state_set_view(e->state, &a->key, false, "start", e->wall);
    }
    return a;
}

static void say_trade(struct engine *e, const struct trade *t)
{
    char pnl[32], mae[32], mfe[32];
    money_format(pnl, sizeof pnl, t->realized_pnl, 1);
    money_format(mae, sizeof mae, t->mae, 1);
    money_format(mfe, sizeof mfe, t->mfe, 1);
    engine_say(e, t->realized_pnl < 0 ? MESSAGE_WARNING : MESSAGE_GOOD,
               "%s: closed %s %g %s: %s (MAE %s, MFE %s)", t->key.account,
               t->side == SIDE_LONG ? "LONG" : "SHORT", t->quantity, t->symbol, pnl, mae, mfe);
}

void engine_apply_fill(struct engine *e, const struct fill *f, enum trade_origin origin,
                       const char *why)
{
    struct change c;
    struct instrument i = {0};
    int symbol = engine_find_symbol(e, f->symbol, "");
    enum fill_result result =
        symbol < 0 ? FILL_REFUSED : state_apply_fill(e->state, f, origin, why, e->wall, &c);
    if (result == FILL_REFUSED)
        engine_say(e, MESSAGE_ERROR, "a fill of %s in %s cannot be counted: check the position",
                   f->symbol, f->key.account);
    if (result != FILL_APPLIED)
        return;
    engine_store(e, &c);

    char price[32];
    state_get_instrument(e->state, e->symbols[symbol].place, &i);
    instrument_format_price(&i, f->price, price, sizeof price);
    engine_say(e, MESSAGE_INFO, "%s: %s %g %s @ %s%s%s", f->key.account,
               f->side == SIDE_LONG ? "bought" : "sold", f->quantity, f->symbol, price,
               origin == ORIGIN_LIVE ? "" : ", ", origin == ORIGIN_LIVE ? "" : why);
    if (c.has_trade)
        say_trade(e, &c.trade);
    engine_follow_bracket(e, &f->key, f->symbol);
    state_set_view(e->state, &f->key, false, "fill", e->wall);
    state_advance(e->state, e->wall);
}

/* Until the server has listed its open orders, one that is not known may be there all the same. */
void engine_follow_bracket(struct engine *e, const struct account_key *key, const char *symbol)
{
    struct change c;
    if (e->orders_listed && state_follow_bracket(e->state, key, symbol, e->wall, &c))
        engine_store(e, &c);
}

double engine_price_or_none(double wire, double multiplier)
{
    return dtc_is_set(wire) && wire != 0 ? wire * multiplier : PRICE_UNSET;
}

static struct engine_fill *collect(struct engine_account *a, const struct fill *f, bool past)
{
    if (a->fill_count == a->fill_capacity) {
        a->fill_capacity = a->fill_capacity ? 2 * a->fill_capacity : 32;
        a->fills = memory_resize(a->fills, a->fill_capacity, sizeof *a->fills);
    }
    struct engine_fill *collected = &a->fills[a->fill_count];
    *collected = (struct engine_fill){.fill = *f,
                                      .past = past,
                                      .raw = past,
                                      .place = a->fill_count,
                                      .high = PRICE_UNSET,
                                      .low = PRICE_UNSET};
    a->fill_count++;
    return collected;
}

static void take_fill(struct engine *e, struct engine_account *a, const struct fill *f)
{
    if (f->time > a->last_fill)
        a->last_fill = f->time;
    if (a->collecting)
        collect(a, f, false);
    else
        engine_apply_fill(e, f, ORIGIN_LIVE, "fill");
}

void engine_ask_history(struct engine *e, struct engine_account *a)
{
    if (a->collecting)
        return;
    int64_t from = a->since;
    if (from < e->wall - HISTORY_SPAN)
        from = e->wall - HISTORY_SPAN;
    if (from < a->last_fill - CLOCK_DAY)
        from = a->last_fill - CLOCK_DAY;
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    struct dtc_historical_order_fills_request *r = &m.historical_order_fills_request;
    dtc_text_set(r->TradeAccount, sizeof r->TradeAccount, a->key.account);
    r->StartDateTime = from / CLOCK_SECOND;
    r->NumberOfDays = (int32_t)((e->wall - from) / CLOCK_DAY) + 1;
    a->fill_count = 0;
    a->history_from = r->StartDateTime * CLOCK_SECOND;
    a->history_request = dtc_session_request(e->session, &m, e->now);
    a->collecting = a->history_request != 0;
}

static enum side side_of(int32_t buy_sell)
{
    return buy_sell == DTC_BUY ? SIDE_LONG : buy_sell == DTC_SELL ? SIDE_SHORT : SIDE_NONE;
}

void engine_take_past_fill(struct engine *e, const struct dtc_historical_order_fill_response *u)
{
    struct engine_account *a = NULL;
    for (int i = 0; i < e->account_count; i++)
        if (e->accounts[i].collecting && e->accounts[i].history_request == u->RequestID)
            a = &e->accounts[i];
    if (a == NULL || u->NoOrderFills)
        return;
    int64_t time = dtc_time_from_seconds(u->DateTime);
    struct fill f = {.key = a->key, .quantity = u->Quantity, .price = u->Price};
    char name[ACCOUNT_SIZE], exchange[16];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    text_clean(f.symbol, sizeof f.symbol, u->Symbol, sizeof u->Symbol);
    text_clean(exchange, sizeof exchange, u->Exchange, sizeof u->Exchange);
    text_clean(f.execution_id, sizeof f.execution_id, u->UniqueExecutionID,
               sizeof u->UniqueExecutionID);
    text_clean(f.order_id, sizeof f.order_id, u->ServerOrderID, sizeof u->ServerOrderID);
    f.time = engine_time(e, time);
    f.side = side_of(u->BuySell);
    bool other = name[0] != '\0' && strcmp(name, a->key.account) != 0;
    if (other || time < a->history_from || engine_find_symbol(e, f.symbol, exchange) < 0)
        return;
    struct engine_fill *collected = collect(a, &f, true);
    collected->high = engine_price_or_none(u->HighPriceDuringPosition, 1);
    collected->low = engine_price_or_none(u->LowPriceDuringPosition, 1);
}

/* In order of time; of one time, in the order in which they came. */
static int compare_fills(const void *one, const void *other)
{
    const struct engine_fill *a = one, *b = other;
    if (a->fill.time != b->fill.time)
        return a->fill.time < b->fill.time ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

/* A fill without an execution id is known by its order's cumulative quantity, which the stream says
 * and the history leaves to be added up. */
static void add_up(struct engine_account *a)
{
    for (size_t i = 0; i < a->fill_count; i++) {
        struct fill *f = &a->fills[i].fill;
        if (!a->fills[i].past || f->execution_id[0] != '\0')
            continue;
        for (size_t k = 0; k <= i; k++)
            if (a->fills[k].past && strcmp(a->fills[k].fill.order_id, f->order_id) == 0)
                f->order_filled += a->fills[k].fill.quantity;
    }
}

/* A fill that was made while nobody looked: the prices of its position up to then are those that
 * came with it, or missing. */
static void fill_gap(struct engine *e, const struct engine_fill *f)
{
    if (!f->past || f->fill.time >= e->online_since || state_knows_fill(e->state, &f->fill))
        return;
    if (price_is_set(f->high) && price_is_set(f->low))
        state_widen_position(e->state, &f->fill.key, f->fill.symbol, f->high, f->low);
    else
        state_mark_gap(e->state, &f->fill.key, f->fill.symbol);
}

/* Applies what an account has collected once its history is here and all its symbols are defined.
 */
static void apply_collected(struct engine *e, struct engine_account *a)
{
    if (!a->collecting || a->history_request != 0)
        return;
    for (size_t i = 0; i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        int symbol = engine_find_symbol(e, f->fill.symbol, "");
        if (!f->raw || symbol < 0)
            continue;
        if (!e->symbols[symbol].defined)
            return;
        f->fill.price *= e->symbols[symbol].multiplier;
        f->high *= e->symbols[symbol].multiplier;
        f->low *= e->symbols[symbol].multiplier;
        f->raw = false;
    }
    a->collecting = false;
    if (a->fill_count > 0)
        qsort(a->fills, a->fill_count, sizeof *a->fills, compare_fills);
    add_up(a);
    for (size_t i = 0; i < a->fill_count; i++) {
        if (a->fills[i].fill.time > a->last_fill)
            a->last_fill = a->fills[i].fill.time;
        fill_gap(e, &a->fills[i]);
        engine_apply_fill(e, &a->fills[i].fill, ORIGIN_LIVE, "fill history");
    }
    a->fill_count = 0;
    if (a->history_again) {
        a->history_again = false;
        engine_ask_history(e, a);
    }
}

void engine_apply_collected(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++)
        apply_collected(e, &e->accounts[i]);
}

void engine_end_history(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why)
{
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        if (!a->collecting || a->history_request != request)
            continue;
        a->history_request = 0;
        if (outcome == DTC_REJECTED && !a->history_refused)
            engine_say(e, MESSAGE_WARNING, "the server gives no fill history of %s: %s",
                       a->key.account, why);
        a->history_refused = outcome == DTC_REJECTED;
        if (outcome != DTC_COMPLETE) {
            /* half a history is none; the fills of the stream are whole */
            size_t kept = 0;
            for (size_t k = 0; k < a->fill_count; k++)
                if (!a->fills[k].raw)
                    a->fills[kept++] = a->fills[k];
            a->fill_count = kept;
        }
        apply_collected(e, a);
    }
}

/* Reads the order of an ORDER_UPDATE; prices in shown units. */
static void read_order(const struct engine *e, const struct engine_symbol *s,
                       const struct engine_account *a, const struct dtc_order_update *u,
                       struct order *o)
{
    memset(o, 0, sizeof *o);
    o->key = a->key;
    text_copy(o->symbol, sizeof o->symbol, s->name);
    text_clean(o->server_id, sizeof o->server_id, u->ServerOrderID, sizeof u->ServerOrderID);
    text_clean(o->client_id, sizeof o->client_id, u->ClientOrderID, sizeof u->ClientOrderID);
    text_clean(o->parent_id, sizeof o->parent_id, u->ParentServerOrderID,
               sizeof u->ParentServerOrderID);
    text_clean(o->text, sizeof o->text, u->InfoText, sizeof u->InfoText);
    if (u->OrderType >= 0 && u->OrderType <= DTC_ORDER_TYPE_MARKET_LIMIT)
        o->type = (enum order_type)u->OrderType;
    if (u->OrderStatus >= 0 && u->OrderStatus <= DTC_ORDER_STATUS_PARTIALLY_FILLED)
        o->status = (enum order_status)u->OrderStatus;
    o->side = side_of(u->BuySell);
    o->price1 = dtc_is_set(u->Price1) ? u->Price1 * s->multiplier : PRICE_UNSET;
    o->price2 = dtc_is_set(u->Price2) ? u->Price2 * s->multiplier : PRICE_UNSET;
    o->quantity = dtc_is_set(u->OrderQuantity) ? u->OrderQuantity : PRICE_UNSET;
    o->filled = dtc_is_set(u->FilledQuantity) ? u->FilledQuantity : PRICE_UNSET;
    o->average_price =
        dtc_is_set(u->AverageFillPrice) ? u->AverageFillPrice * s->multiplier : PRICE_UNSET;
    o->received_at = engine_time(e, dtc_time_from_ms(u->OrderReceivedDateTime));
}

static bool reports_fill(const struct dtc_order_update *u)
{
    return u->OrderUpdateReason == DTC_ORDER_FILLED ||
           u->OrderUpdateReason == DTC_ORDER_FILLED_PARTIALLY;
}

static void take_order_fill(struct engine *e, struct engine_account *a, const struct order *o,
                            const struct dtc_order_update *u, double multiplier)
{
    struct fill f = {
        .key = a->key,
        .side = o->side,
        .quantity = u->LastFillQuantity,
        .price = u->LastFillPrice * multiplier,
        .time = engine_time(e, dtc_time_from_ms(u->LastFillDateTime)),
        .order_filled = dtc_is_set(u->FilledQuantity) ? u->FilledQuantity : 0,
    };
    text_copy(f.symbol, sizeof f.symbol, o->symbol);
    text_copy(f.order_id, sizeof f.order_id, o->server_id);
    text_clean(f.execution_id, sizeof f.execution_id, u->LastFillExecutionID,
               sizeof u->LastFillExecutionID);
    take_fill(e, a, &f);
}

/* An order that is filled further than the fills known for it has lost one on the way. */
static void find_lost_fill(struct engine *e, struct engine_account *a, const struct order *o,
                           double known)
{
    if (!price_is_set(o->filled) || o->filled <= known + 1e-9)
        return;
    for (unsigned i = 0; i < ENGINE_ASKED; i++)
        if (strcmp(e->asked[i].order_id, o->server_id) == 0 && e->asked[i].filled == o->filled)
            return;
    unsigned next = e->asked_next++ % ENGINE_ASKED;
    text_copy(e->asked[next].order_id, sizeof e->asked[next].order_id, o->server_id);
    e->asked[next].filled = o->filled;
    a->history_again = a->collecting;
    engine_ask_history(e, a);
}

void engine_take_order(struct engine *e, const union dtc_message *m)
{
    const struct dtc_order_update *u = &m->order_update;
    char name[ACCOUNT_SIZE], symbol_name[SYMBOL_SIZE], exchange[16], id[ORDER_ID_SIZE];
    text_clean(id, sizeof id, u->ServerOrderID, sizeof u->ServerOrderID);
    text_clean(symbol_name, sizeof symbol_name, u->Symbol, sizeof u->Symbol);
    if (u->NoOrders || id[0] == '\0' || symbol_name[0] == '\0')
        return;
    engine_note_open_order(e, id);
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    text_clean(exchange, sizeof exchange, u->Exchange, sizeof u->Exchange);
    struct engine_account *a = engine_find_account(e, name, false);
    int symbol = engine_find_symbol(e, symbol_name, exchange);
    if (a == NULL || symbol < 0 || engine_wait_for_symbol(e, symbol, m))
        return;

    const struct engine_symbol *s = &e->symbols[symbol];
    struct order o;
    struct change c;
    char previous[ORDER_ID_SIZE];
    double known;
    text_clean(previous, sizeof previous, u->PreviousServerOrderID,
               sizeof u->PreviousServerOrderID);
    read_order(e, s, a, u, &o);
    if (state_apply_order(e->state, &o, previous, e->wall, &c, &known))
        engine_store(e, &c);
    if (reports_fill(u)) {
        take_order_fill(e, a, &o, u, s->multiplier);
        known += u->LastFillQuantity;
    }
    find_lost_fill(e, a, &o, known);
    engine_follow_bracket(e, &a->key, s->name);
    if (u->OrderUpdateReason == DTC_NEW_ORDER_REJECTED ||
        u->OrderUpdateReason == DTC_ORDER_CANCEL_REJECTED ||
        u->OrderUpdateReason == DTC_ORDER_CANCEL_REPLACE_REJECTED)
        engine_say(e, MESSAGE_WARNING, "%s: the server rejects order %s: %s", a->key.account, id,
                   o.text);
}

void engine_note_open_order(struct engine *e, const char *server_id)
{
    if (e->orders_request == 0)
        return;
    if (e->open_order_count == e->open_order_capacity) {
        e->open_order_capacity = e->open_order_capacity ? 2 * e->open_order_capacity : 32;
        e->open_orders = memory_resize(e->open_orders, e->open_order_capacity, ORDER_ID_SIZE);
    }
    text_copy(e->open_orders[e->open_order_count++], ORDER_ID_SIZE, server_id);
}

void engine_end_orders(struct engine *e, enum dtc_outcome outcome, const char *why)
{
    if (outcome == DTC_REJECTED && !e->orders_refused)
        engine_say(e, MESSAGE_WARNING, "the server refuses to list open orders: %s", why);
    e->orders_refused = outcome == DTC_REJECTED;
    e->orders_listed = dtc_session_phase(e->session) == DTC_ONLINE;
    if (outcome == DTC_COMPLETE)
        state_retain_orders(e->state, (const char(*)[ORDER_ID_SIZE])e->open_orders,
                            e->open_order_count, e->wall);
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++)
        engine_follow_bracket(e, &p.key, p.symbol);
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
        .cash = money_from_double(u->CashBalance),
        .available = money_from_double(u->BalanceAvailableForNewPositions),
        .margin = money_from_double(u->MarginRequirement),
        .open_pnl = money_from_double(u->OpenPositionsProfitLoss),
        .daily_pnl = money_from_double(u->DailyProfitLoss),
        .trading_disabled = u->TradingIsDisabled != 0,
        .limit_reached = u->DailyNetLossLimitReached != 0,
    };
    struct change c;
    text_clean(b.currency, sizeof b.currency, u->AccountCurrency, sizeof u->AccountCurrency);
    text_copy(b.why, sizeof b.why, "reported");
    if (state_put_balance(e->state, &b, e->wall, &c))
        engine_store(e, &c);
}
