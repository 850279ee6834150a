/* Orders as the server tells of them. */
#include "engine/internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

/* Until the server has listed its open orders, one that is not known may be there all the same. */
void engine_follow_bracket(struct engine *e, const struct account_key *key, const char *symbol)
{
    struct change c;
    if (e->orders_listed && state_follow_bracket(e->state, key, symbol, e->wall, &c))
        engine_store(e, &c);
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
    o->side = engine_side(u->BuySell);
    o->price1 = engine_price(u->Price1, s->multiplier);
    o->price2 = engine_price(u->Price2, s->multiplier);
    o->quantity = engine_quantity(u->OrderQuantity);
    o->filled = engine_quantity(u->FilledQuantity);
    o->average_price = engine_price(u->AverageFillPrice, s->multiplier);
    o->received_at = engine_time(e, dtc_time_from_ms(u->OrderReceivedDateTime));
}

bool engine_reports_fill(const union dtc_message *m)
{
    return m->header.Type == DTC_ORDER_UPDATE &&
           (m->order_update.OrderUpdateReason == DTC_ORDER_FILLED ||
            m->order_update.OrderUpdateReason == DTC_ORDER_FILLED_PARTIALLY);
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
        .order_filled = price_is_set(o->filled) ? o->filled : 0,
    };
    text_copy(f.symbol, sizeof f.symbol, o->symbol);
    text_copy(f.order_id, sizeof f.order_id, o->server_id);
    text_clean(f.execution_id, sizeof f.execution_id, u->LastFillExecutionID,
               sizeof u->LastFillExecutionID);
    engine_take_fill(e, a, &f);
}

/* About that order, filled so far, something was asked already. */
static bool was_asked(struct engine *e, const struct order *o)
{
    for (unsigned i = 0; i < ENGINE_ASKED; i++)
        if (strcmp(e->asked[i].order_id, o->server_id) == 0 && e->asked[i].filled == o->filled)
            return true;
    unsigned next = e->asked_next++ % ENGINE_ASKED;
    text_copy(e->asked[next].order_id, sizeof e->asked[next].order_id, o->server_id);
    e->asked[next].filled = o->filled;
    return false;
}

/* An order that is filled further than the fills known for it has lost one on the way. */
static void find_lost_fill(struct engine *e, struct engine_account *a, const struct order *o,
                           double known)
{
    if (!price_is_set(o->filled) || o->filled <= known + 1e-9 || was_asked(e, o))
        return;
    a->history_again = a->collecting;
    a->caught_up = false;
    engine_ask_history(e, a);
}

/* No message of the protocol takes a fill back. An order that is filled less far than its fills
 * says that one was, or comes late; what is held tells which. */
static void find_fill_taken_back(struct engine *e, const struct order *o, double known)
{
    if (!price_is_set(o->filled) || o->filled <= 0 || o->filled >= known - 1e-9 || was_asked(e, o))
        return;
    engine_quote(e, MESSAGE_WARNING,
                 "%s: order %s is filled %g of %s, and its fills are %g: one may have been taken "
                 "back; asking for the positions",
                 o->key.account, o->server_id, o->filled, o->symbol, known);
    engine_ask_positions(e);
}

/* An order that the answer to "which are open" names. Too many: the answer is no complete one. */
static void note_open_order(struct engine *e, const char *server_id)
{
    if (e->orders_request == 0)
        return;
    if (e->open_order_count == ENGINE_OPEN_ORDERS) {
        if (!e->told.orders)
            engine_say(e, MESSAGE_ERROR, "more than %d open orders: those that are gone stay",
                       ENGINE_OPEN_ORDERS);
        e->told.orders = e->open_orders_lost = true;
        return;
    }
    if (e->open_order_count == e->open_order_capacity) {
        e->open_order_capacity = e->open_order_capacity ? 2 * e->open_order_capacity : 32;
        e->open_orders = memory_resize(e->open_orders, e->open_order_capacity, ORDER_ID_SIZE);
    }
    text_copy(e->open_orders[e->open_order_count++], ORDER_ID_SIZE, server_id);
}

static void say_reject(struct engine *e, const struct dtc_order_update *u, const struct order *o)
{
    if (u->OrderUpdateReason == DTC_NEW_ORDER_REJECTED ||
        u->OrderUpdateReason == DTC_ORDER_CANCEL_REJECTED ||
        u->OrderUpdateReason == DTC_ORDER_CANCEL_REPLACE_REJECTED)
        engine_quote(e, MESSAGE_WARNING, "%s: the server rejects order %s: %s", o->key.account,
                     o->server_id, o->text[0] ? o->text : "it gives no reason");
}

void engine_take_order(struct engine *e, const union dtc_message *m)
{
    const struct dtc_order_update *u = &m->order_update;
    char name[ACCOUNT_SIZE], symbol_name[SYMBOL_SIZE], id[ORDER_ID_SIZE];
    text_clean(id, sizeof id, u->ServerOrderID, sizeof u->ServerOrderID);
    engine_read_symbol(e, symbol_name, u->Symbol, u->Exchange);
    if (u->NoOrders || id[0] == '\0' || symbol_name[0] == '\0')
        return;
    note_open_order(e, id);
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    struct engine_account *a = engine_find_account(e, name, false);
    int symbol = engine_find_symbol(e, symbol_name);
    if (a == NULL || symbol < 0)
        return;
    engine_follow_symbol(e, symbol);
    if (engine_wait_for_symbol(e, symbol, m))
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
    if (engine_reports_fill(m)) {
        take_order_fill(e, a, &o, u, s->multiplier);
        double last = engine_quantity(u->LastFillQuantity);
        known += price_is_set(last) ? last : 0;
    }
    find_lost_fill(e, a, &o, known);
    if (!engine_reports_fill(m)) /* one of two that came in the other order says less, rightly */
        find_fill_taken_back(e, &o, known);
    engine_follow_bracket(e, &a->key, s->name);
    say_reject(e, u, &o);
}

void engine_take_late_fill(struct engine *e, const union dtc_message *m)
{
    const struct dtc_order_update *u = &m->order_update;
    char name[ACCOUNT_SIZE], symbol_name[SYMBOL_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    engine_read_symbol(e, symbol_name, u->Symbol, u->Exchange);
    struct engine_account *a = engine_find_account(e, name, false);
    int symbol = engine_find_symbol(e, symbol_name);
    if (a == NULL || symbol < 0)
        return;
    struct order o;
    read_order(e, &e->symbols[symbol], a, u, &o);
    take_order_fill(e, a, &o, u, e->symbols[symbol].multiplier);
}

void engine_end_orders(struct engine *e, enum dtc_outcome outcome, const char *why)
{
    if (outcome == DTC_REJECTED && !e->orders_refused)
        engine_say(e, MESSAGE_WARNING, "the server refuses to list open orders: %s", why);
    e->orders_refused = outcome == DTC_REJECTED;
    e->orders_listed = dtc_session_phase(e->session) == DTC_ONLINE;
    if (outcome == DTC_COMPLETE && !e->open_orders_lost)
        state_retain_orders(e->state, (const char(*)[ORDER_ID_SIZE])e->open_orders,
                            e->open_order_count, e->wall);
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++)
        engine_follow_bracket(e, &p.key, p.symbol);
}
