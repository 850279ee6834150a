#include "sim/exchange.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/enums.h"
#include "sim/matching.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sim_exchange *sim_exchange_new(uint64_t token, const struct sim_exchange_listener *listener)
{
    struct sim_exchange *e = memory_new(1, sizeof *e);
    e->token = token;
    e->listener = *listener;
    sim_ledger_init(&e->ledger);
    return e;
}

void sim_exchange_free(struct sim_exchange *e)
{
    if (!e)
        return;
    free(e->fills);
    free(e);
}

static bool reject(struct sim_exchange *e, struct sim_order *o, int32_t reason, const char *text)
{
    if (reason == DTC_NEW_ORDER_REJECTED)
        o->status = DTC_ORDER_STATUS_REJECTED;
    sim_exchange_tell(e, o, reason, NULL, text);
    return false;
}

static void set_server_id(struct sim_exchange *e, struct sim_order *o)
{
    text_copy(o->previous_server_id, sizeof o->previous_server_id, o->server_id);
    text_format(o->server_id, sizeof o->server_id, "%" PRIx64 "-%" PRIu64, e->token, ++e->last_id);
}

void sim_exchange_keep_order_ids(struct sim_exchange *e, bool keep)
{
    e->keeps_order_ids = keep;
}

/* The market. */

void sim_exchange_quote(struct sim_exchange *e, int product, double bid, double bid_size,
                        double ask, double ask_size, int64_t now)
{
    e->now = now;
    e->quotes[product] = (struct sim_quote){bid, bid_size, ask, ask_size, false};
    for (size_t i = 0; i < e->book.count; i++) {
        struct sim_order *o = &e->book.working[i];
        if (o->product == product)
            sim_match_quote(e, o);
    }
    sim_book_sweep(&e->book);
}

void sim_exchange_trade(struct sim_exchange *e, int product, double price, double volume,
                        int64_t now)
{
    e->now = now;
    sim_ledger_mark(&e->ledger, product, price);
    e->quotes[product].has_traded = true;
    for (size_t i = 0; i < e->book.count; i++) {
        struct sim_order *o = &e->book.working[i];
        if (o->product == product)
            sim_match_trade(e, o, price, volume);
    }
    sim_book_sweep(&e->book);
}

void sim_exchange_open_session(struct sim_exchange *e)
{
    sim_ledger_open_session(&e->ledger);
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        e->listener.balance(e->listener.context, a);
}

/* Checks: each gives the sentence of the rejection, or NULL. */

static const char *check_price(const struct sim_product *p, double *price)
{
    if (!(*price > 0))
        return "The order needs a price";
    if (*price > 10 * p->start)
        return "The price is out of all proportion";
    int64_t ticks = sim_product_ticks(p, *price);
    if (fabs(*price / p->tick - (double)ticks) > 1e-6)
        return "The price is not a multiple of the tick size";
    *price = sim_product_price(p, ticks);
    return NULL;
}

/* Sets the prices to the nearest numbers that are multiples of the tick. */
static const char *check_terms(struct sim_order *o)
{
    struct sim_order_request *r = &o->request;
    const struct sim_product *p = &sim_products[o->product];
    const struct sim_order_kind *kind = sim_order_kind_find(r->type);
    bool triggered = kind->stop_trigger || kind->touch_trigger;
    const char *text = NULL;
    if (r->quantity != floor(r->quantity) || !(r->quantity >= 1))
        return "The quantity must be a whole number of contracts, at least 1";
    if (r->quantity > SIM_ORDER_QUANTITY_MAX)
        return "The quantity is more than the 100 contracts allowed";
    if (triggered || kind->limit)
        text = check_price(p, &r->price);
    if (!text && triggered && kind->limit)
        text = check_price(p, &r->price2);
    return text;
}

static const char *check_kind(const struct sim_order_request *r)
{
    if (!sim_order_kind_find(r->type))
        return "The type of the order is not known";
    if (r->side != DTC_BUY && r->side != DTC_SELL)
        return "The order must be a buy or a sell";
    if (sim_order_is_immediate(r))
        return r->type == DTC_ORDER_TYPE_MARKET || r->type == DTC_ORDER_TYPE_LIMIT
                   ? NULL
                   : "This time in force is for market and limit orders only";
    if (r->time_in_force != DTC_TIF_UNSET && r->time_in_force != DTC_TIF_DAY &&
        r->time_in_force != DTC_TIF_GOOD_TILL_CANCELED)
        return "This time in force is not supported";
    return NULL;
}

static const char *check_margin(const struct sim_exchange *e, const struct sim_order *o)
{
    double held = e->ledger.positions[o->account][o->product].quantity;
    double change = o->request.side == DTC_BUY ? o->request.quantity : -o->request.quantity;
    double more = fabs(held + change) - fabs(held);
    if (more <= 0)
        return NULL;
    money needed = money_from_double(more * sim_products[o->product].initial_margin);
    return sim_ledger_balance(&e->ledger, o->account).available < needed
               ? "The account has not enough margin"
               : NULL;
}

static struct sim_order draft_order(const struct sim_exchange *e, const struct sim_order_request *r)
{
    return (struct sim_order){.request = *r,
                              .account = sim_account_find(r->account),
                              .product = sim_product_find(r->symbol),
                              .status = DTC_ORDER_STATUS_OPEN,
                              .received = e->now};
}

static const char *check_draft(struct sim_exchange *e, const struct sim_order *o)
{
    if (o->product < 0)
        return "The symbol is not known";
    if (o->account < 0)
        return "The trade account is not known";
    if (!(e->quotes[o->product].ask_size > 0))
        return "There is no market yet";
    const struct sim_order *same = sim_book_find_id(&e->book, "", o->request.client_id);
    if (same && sim_order_is_working(same))
        return "An order of this ClientOrderID is working already";
    return check_kind(&o->request);
}

/* Requests. */

bool sim_exchange_submit(struct sim_exchange *e, const struct sim_order_request *request,
                         int64_t now)
{
    e->now = now;
    struct sim_order draft = draft_order(e, request);
    const char *text = check_draft(e, &draft);
    if (!text)
        text = check_terms(&draft);
    if (!text)
        text = check_margin(e, &draft);
    struct sim_order *o = text ? NULL : sim_book_add(&e->book, &draft);
    if (!o)
        return reject(e, &draft, DTC_NEW_ORDER_REJECTED,
                      text ? text : "Too many orders are working");
    set_server_id(e, o);
    sim_exchange_tell(e, o, DTC_NEW_ORDER_ACCEPTED, NULL, NULL);
    sim_match_entry(e, o);
    if (sim_order_is_immediate(&o->request))
        sim_match_cancel(e, o);
    sim_book_sweep(&e->book);
    return true;
}

/* What a child's offset counts from as yet. */
static double parent_price(const struct sim_exchange *e, const struct sim_order *parent)
{
    const struct sim_quote *q = &e->quotes[parent->product];
    if (parent->filled > 0 && !sim_order_is_working(parent))
        return parent->filled_value / parent->filled;
    if (parent->request.type == DTC_ORDER_TYPE_MARKET)
        return parent->request.side == DTC_BUY ? q->ask : q->bid;
    return parent->request.price;
}

/* NULL `parent`: the order is nobody's child. */
static const char *check_of_pair(struct sim_exchange *e, struct sim_order *o,
                                 const struct sim_order *parent)
{
    const char *text = check_draft(e, o);
    if (text)
        return text;
    struct sim_order_request *r = &o->request;
    const struct sim_order_kind *kind = sim_order_kind_find(r->type);
    if (r->type == DTC_ORDER_TYPE_MARKET)
        return "The orders of an OCO pair need a price";
    if (sim_order_is_immediate(r))
        return "This time in force is not for OCO pairs";
    if (r->offset != 0) {
        bool has_two_prices = kind->limit && (kind->stop_trigger || kind->touch_trigger);
        if (!parent || has_two_prices)
            return "An offset needs a parent order, and a type with one price";
        r->price = sim_order_offset_price(r, o->product, parent_price(e, parent));
    }
    text = check_terms(o);
    if (text || !parent)
        return text ? text : check_margin(e, o);
    o->parent = parent->number;
    if (sim_order_is_working(parent))
        o->status = DTC_ORDER_STATUS_PENDING_CHILD;
    else
        r->quantity = fmin(r->quantity, parent->filled);
    return NULL;
}

static const char *check_pair(struct sim_exchange *e, struct sim_order drafts[2],
                              const char *parent_client_id)
{
    const struct sim_order *parent = NULL;
    if (*parent_client_id) {
        parent = sim_book_find_id(&e->book, "", parent_client_id);
        if (!parent || !(sim_order_is_working(parent) || parent->filled > 0))
            return "The parent order is not known or has ended unfilled";
    }
    for (int i = 0; i < 2; i++) {
        const char *text = check_of_pair(e, &drafts[i], parent);
        if (text)
            return text;
    }
    if (*drafts[0].request.client_id &&
        strcmp(drafts[0].request.client_id, drafts[1].request.client_id) == 0)
        return "The orders of an OCO pair need ClientOrderIDs of their own";
    return e->book.count + 2 > SIM_ORDERS_MAX ? "Too many orders are working" : NULL;
}

bool sim_exchange_submit_oco(struct sim_exchange *e, const struct sim_order_request pair[2],
                             const char *parent_client_id, int64_t now)
{
    e->now = now;
    struct sim_order drafts[2] = {draft_order(e, &pair[0]), draft_order(e, &pair[1])};
    const char *text = check_pair(e, drafts, parent_client_id);
    if (text) {
        for (int i = 0; i < 2; i++)
            reject(e, &drafts[i], DTC_NEW_ORDER_REJECTED, text);
        return false;
    }
    struct sim_order *orders[2] = {sim_book_add(&e->book, &drafts[0]),
                                   sim_book_add(&e->book, &drafts[1])};
    for (int i = 0; i < 2; i++) {
        orders[i]->sibling = orders[1 - i]->number;
        set_server_id(e, orders[i]);
    }
    for (int i = 0; i < 2; i++)
        sim_exchange_tell(e, orders[i], DTC_NEW_ORDER_ACCEPTED, NULL, NULL);
    for (int i = 0; i < 2; i++)
        sim_match_entry(e, orders[i]);
    sim_book_sweep(&e->book);
    return true;
}

bool sim_exchange_submit_bracket(struct sim_exchange *e, const struct sim_order_request *entry,
                                 double target, double stop, int64_t now)
{
    if (!sim_exchange_submit(e, entry, now))
        return false;
    struct sim_order_request pair[2] = {*entry, *entry};
    static const int32_t types[2] = {DTC_ORDER_TYPE_LIMIT, DTC_ORDER_TYPE_STOP};
    for (int i = 0; i < 2; i++) {
        pair[i].type = types[i];
        pair[i].side = entry->side == DTC_BUY ? DTC_SELL : DTC_BUY;
        pair[i].time_in_force = DTC_TIF_GOOD_TILL_CANCELED;
        pair[i].offset = i == 0 ? target : stop;
        text_format(pair[i].client_id, sizeof pair[i].client_id, "%.*s-%c", ORDER_ID_SIZE - 3,
                    entry->client_id, i == 0 ? 't' : 's');
    }
    return sim_exchange_submit_oco(e, pair, entry->client_id, now);
}

/* The order if it can still be changed; otherwise NULL, and the rejection has been told. */
static struct sim_order *find_changeable(struct sim_exchange *e, const char *server_id,
                                         const char *client_id, int32_t reason)
{
    struct sim_order *o = sim_book_find_id(&e->book, server_id, client_id);
    if (o && sim_order_is_working(o))
        return o;
    struct sim_order unknown = {.account = -1, .product = -1};
    text_copy(unknown.server_id, sizeof unknown.server_id, server_id);
    text_copy(unknown.request.client_id, sizeof unknown.request.client_id, client_id);
    reject(e, o ? o : &unknown, reason,
           o ? "The order is no longer working" : "The order is not known");
    return NULL;
}

bool sim_exchange_cancel(struct sim_exchange *e, const char *server_id, const char *client_id,
                         int64_t now)
{
    e->now = now;
    struct sim_order *o = find_changeable(e, server_id, client_id, DTC_ORDER_CANCEL_REJECTED);
    if (!o)
        return false;
    sim_match_cancel(e, o);
    sim_book_sweep(&e->book);
    return true;
}

bool sim_exchange_replace(struct sim_exchange *e, const char *server_id, const char *client_id,
                          double price, double price2, double quantity, int64_t now)
{
    e->now = now;
    struct sim_order *o =
        find_changeable(e, server_id, client_id, DTC_ORDER_CANCEL_REPLACE_REJECTED);
    if (!o)
        return false;
    struct sim_order changed = *o;
    if (!isnan(price)) {
        changed.request.price = price;
        changed.request.offset = 0;
    }
    if (!isnan(price2))
        changed.request.price2 = price2;
    if (quantity != 0)
        changed.request.quantity = quantity;
    const char *text = check_terms(&changed);
    if (!text && changed.request.quantity <= o->filled)
        text = "More of the order is filled already";
    if (text)
        return reject(e, o, DTC_ORDER_CANCEL_REPLACE_REJECTED, text);
    o->request = changed.request;
    if (!e->keeps_order_ids)
        set_server_id(e, o);
    sim_exchange_tell(e, o, DTC_ORDER_CANCEL_REPLACE_COMPLETE, NULL, NULL);
    o->previous_server_id[0] = '\0';
    sim_match_entry(e, o);
    sim_book_sweep(&e->book);
    return true;
}

static void cancel_all(struct sim_exchange *e, int account, int product)
{
    for (size_t i = 0; i < e->book.count; i++) {
        struct sim_order *o = &e->book.working[i];
        if (o->account == account && o->product == product)
            sim_match_cancel(e, o);
    }
    sim_book_sweep(&e->book);
}

bool sim_exchange_flatten(struct sim_exchange *e, const char *account, const char *symbol,
                          const char *client_id, int64_t now)
{
    e->now = now;
    struct sim_order_request r = {.type = DTC_ORDER_TYPE_MARKET};
    text_copy(r.account, sizeof r.account, account);
    text_copy(r.symbol, sizeof r.symbol, symbol);
    text_copy(r.client_id, sizeof r.client_id, client_id);
    struct sim_order draft = draft_order(e, &r);
    bool found = false, done = true;
    for (int p = 0; p < SIM_PRODUCTS && draft.account >= 0; p++) {
        if (*symbol && p != draft.product)
            continue;
        cancel_all(e, draft.account, p);
        double held = e->ledger.positions[draft.account][p].quantity;
        if (held == 0)
            continue;
        found = true;
        text_copy(r.symbol, sizeof r.symbol, sim_products[p].symbol);
        r.side = held > 0 ? DTC_SELL : DTC_BUY;
        r.quantity = fabs(held);
        done = sim_exchange_submit(e, &r, now) && done;
    }
    return found ? done
                 : reject(e, &draft, DTC_NEW_ORDER_REJECTED, "There is no position to flatten");
}

/* What others may see. */

size_t sim_exchange_order_count(const struct sim_exchange *e)
{
    return e->book.count;
}

const struct sim_order *sim_exchange_order(const struct sim_exchange *e, size_t index)
{
    return &e->book.working[index];
}

const struct sim_order *sim_exchange_find(struct sim_exchange *e, const char *server_id,
                                          const char *client_id)
{
    const struct sim_order *o = sim_book_find_id(&e->book, server_id, client_id);
    return o && sim_order_is_working(o) ? o : NULL;
}

const char *sim_exchange_server_id(struct sim_exchange *e, uint64_t number)
{
    const struct sim_order *o = sim_book_find(&e->book, number);
    return o ? o->server_id : "";
}

size_t sim_exchange_fill_count(const struct sim_exchange *e)
{
    return e->fill_count;
}

const struct sim_fill *sim_exchange_fill(const struct sim_exchange *e, size_t index)
{
    return &e->fills[index];
}

const struct sim_ledger *sim_exchange_ledger(const struct sim_exchange *e)
{
    return &e->ledger;
}

uint64_t sim_exchange_token(const struct sim_exchange *e)
{
    return e->token;
}
