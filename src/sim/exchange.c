#include "sim/exchange.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/enums.h"
#include "sim/book.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

struct quote {
    double bid, bid_size, ask, ask_size; /* sizes 0: no quote yet */
};

struct sim_exchange {
    uint64_t token, last_id, last_execution;
    struct sim_exchange_listener listener;
    struct sim_book book;
    struct sim_ledger ledger;
    struct quote quotes[SIM_PRODUCTS];
    struct sim_fill *fills;
    size_t fill_count, fill_capacity;
    int64_t now;
};

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

/* What is told to the listener. */

static void tell_order(struct sim_exchange *e, struct sim_order *o, int32_t reason,
                       const struct sim_fill *fill, const char *text)
{
    o->changed = e->now;
    e->listener.order(e->listener.context, o, reason, fill, text);
}

static bool reject(struct sim_exchange *e, struct sim_order *o, int32_t reason, const char *text)
{
    if (reason == DTC_NEW_ORDER_REJECTED)
        o->status = DTC_ORDER_STATUS_REJECTED;
    tell_order(e, o, reason, NULL, text);
    return false;
}

static void set_server_id(struct sim_exchange *e, struct sim_order *o)
{
    text_copy(o->previous_server_id, sizeof o->previous_server_id, o->server_id);
    text_format(o->server_id, sizeof o->server_id, "%" PRIx64 "-%" PRIu64, e->token, ++e->last_id);
}

/* How orders end and what follows from it. */

static void match_on_entry(struct sim_exchange *e, struct sim_order *o);

static void open_children(struct sim_exchange *e, const struct sim_order *parent)
{
    size_t count = e->book.count;
    for (size_t i = 0; i < count; i++) {
        struct sim_order *child = &e->book.working[i];
        if (child->parent != parent->number || child->status != DTC_ORDER_STATUS_PENDING_CHILD)
            continue;
        child->status = DTC_ORDER_STATUS_OPEN;
        child->request.quantity = fmin(child->request.quantity, parent->filled);
        tell_order(e, child, DTC_GENERAL_ORDER_UPDATE, NULL, NULL);
    }
    for (size_t i = 0; i < count; i++)
        if (e->book.working[i].parent == parent->number)
            match_on_entry(e, &e->book.working[i]);
}

static void cancel_order(struct sim_exchange *e, struct sim_order *o)
{
    if (!sim_order_is_working(o))
        return;
    o->status = DTC_ORDER_STATUS_CANCELED;
    tell_order(e, o, DTC_ORDER_CANCELED, NULL, NULL);
    struct sim_order *sibling = sim_book_find(&e->book, o->sibling);
    if (sibling)
        cancel_order(e, sibling);
    if (o->filled > 0) {
        open_children(e, o);
        return;
    }
    for (size_t i = 0; i < e->book.count; i++)
        if (e->book.working[i].parent == o->number)
            cancel_order(e, &e->book.working[i]);
}

static struct sim_fill *record_fill(struct sim_exchange *e, const struct sim_order *o,
                                    double quantity, double price)
{
    if (e->fill_count == SIM_FILLS_MAX) {
        size_t gone = SIM_FILLS_MAX / 4;
        e->fill_count -= gone;
        memmove(e->fills, e->fills + gone, e->fill_count * sizeof *e->fills);
    }
    if (e->fill_count == e->fill_capacity) {
        e->fill_capacity = e->fill_capacity ? 2 * e->fill_capacity : 64;
        e->fills = memory_resize(e->fills, e->fill_capacity, sizeof *e->fills);
    }
    const struct sim_position *p = &e->ledger.positions[o->account][o->product];
    struct sim_fill *f = &e->fills[e->fill_count++];
    *f = (struct sim_fill){.account = o->account,
                           .product = o->product,
                           .side = o->request.side,
                           .quantity = quantity,
                           .price = price,
                           .position = p->quantity,
                           .high = p->high,
                           .low = p->low,
                           .time = e->now};
    text_copy(f->server_id, sizeof f->server_id, o->server_id);
    text_format(f->execution_id, sizeof f->execution_id, "%" PRIx64 "-F%" PRIu64, e->token,
                ++e->last_execution);
    return f;
}

static void reduce_sibling(struct sim_exchange *e, const struct sim_order *o, double quantity)
{
    struct sim_order *sibling = sim_book_find(&e->book, o->sibling);
    if (!sibling || !sim_order_is_working(sibling))
        return;
    bool done = o->status == DTC_ORDER_STATUS_FILLED;
    if (done || sibling->request.quantity - quantity <= sibling->filled) {
        if (!done)
            sibling->sibling = 0; /* what is left of `o` goes on working */
        cancel_order(e, sibling);
        return;
    }
    sibling->request.quantity -= quantity;
    tell_order(e, sibling, DTC_GENERAL_ORDER_UPDATE, NULL, NULL);
}

static void fill_order(struct sim_exchange *e, struct sim_order *o, double quantity, double price)
{
    bool buy = o->request.side == DTC_BUY;
    o->filled += quantity;
    o->filled_value += quantity * price;
    bool whole = o->filled >= o->request.quantity;
    o->status = whole ? DTC_ORDER_STATUS_FILLED : DTC_ORDER_STATUS_PARTIALLY_FILLED;
    sim_ledger_fill(&e->ledger, o->account, o->product, buy ? quantity : -quantity, price, e->now);
    const struct sim_fill *fill = record_fill(e, o, quantity, price);

    tell_order(e, o, whole ? DTC_ORDER_FILLED : DTC_ORDER_FILLED_PARTIALLY, fill, NULL);
    e->listener.position(e->listener.context, &e->ledger.positions[o->account][o->product]);
    e->listener.balance(e->listener.context, o->account);
    reduce_sibling(e, o, quantity);
    if (whole)
        open_children(e, o);
}

/* Matching. */

static double remaining(const struct sim_order *o)
{
    return o->request.quantity - o->filled;
}

static bool can_match(const struct sim_order *o)
{
    return sim_order_is_working(o) && o->status != DTC_ORDER_STATUS_PENDING_CHILD;
}

static void fill_at_market(struct sim_exchange *e, struct sim_order *o)
{
    const struct quote *q = &e->quotes[o->product];
    bool buy = o->request.side == DTC_BUY;
    double price = buy ? q->ask : q->bid, tick = sim_products[o->product].tick;
    double first = fmin(remaining(o), buy ? q->ask_size : q->bid_size);
    fill_order(e, o, first, price);
    if (can_match(o))
        fill_order(e, o, remaining(o), buy ? price + tick : price - tick);
}

/* Whether `price` is at the order's own or past it, seen the way a limit order waits: below for a
 * buy. */
static bool reaches_limit(const struct sim_order *o, double price)
{
    return o->request.side == DTC_BUY ? price <= o->request.price : price >= o->request.price;
}

static bool reaches_stop(const struct sim_order *o, double price)
{
    return o->request.side == DTC_BUY ? price >= o->request.price : price <= o->request.price;
}

static double opposite_price(const struct sim_exchange *e, const struct sim_order *o)
{
    const struct quote *q = &e->quotes[o->product];
    return o->request.side == DTC_BUY ? q->ask : q->bid;
}

static double own_price(const struct sim_exchange *e, const struct sim_order *o)
{
    const struct quote *q = &e->quotes[o->product];
    return o->request.side == DTC_BUY ? q->bid : q->ask;
}

static void match_on_entry(struct sim_exchange *e, struct sim_order *o)
{
    if (!can_match(o))
        return;
    double best = opposite_price(e, o);
    bool stopped =
        o->request.type == DTC_ORDER_TYPE_STOP && reaches_stop(o, e->ledger.mark[o->product]);
    if (stopped || o->request.type == DTC_ORDER_TYPE_MARKET)
        fill_at_market(e, o);
    else if (o->request.type == DTC_ORDER_TYPE_LIMIT && reaches_limit(o, best))
        fill_order(e, o, remaining(o), best);
}

static void match_trade(struct sim_exchange *e, struct sim_order *o, double price, double volume)
{
    if (o->request.type == DTC_ORDER_TYPE_STOP && reaches_stop(o, price)) {
        fill_at_market(e, o);
    } else if (o->request.type == DTC_ORDER_TYPE_LIMIT && reaches_limit(o, price)) {
        bool through = price != o->request.price;
        fill_order(e, o, through ? remaining(o) : fmin(remaining(o), volume), o->request.price);
    }
}

static void match_quote(struct sim_exchange *e, struct sim_order *o)
{
    if (o->request.type == DTC_ORDER_TYPE_STOP && reaches_stop(o, own_price(e, o)))
        fill_at_market(e, o);
    else if (o->request.type == DTC_ORDER_TYPE_LIMIT && reaches_limit(o, opposite_price(e, o)))
        fill_order(e, o, remaining(o), o->request.price);
}

void sim_exchange_quote(struct sim_exchange *e, int product, double bid, double bid_size,
                        double ask, double ask_size, int64_t now)
{
    e->now = now;
    e->quotes[product] = (struct quote){bid, bid_size, ask, ask_size};
    for (size_t i = 0; i < e->book.count; i++) {
        struct sim_order *o = &e->book.working[i];
        if (o->product == product && can_match(o))
            match_quote(e, o);
    }
    sim_book_sweep(&e->book);
}

void sim_exchange_trade(struct sim_exchange *e, int product, double price, double volume,
                        int64_t now)
{
    e->now = now;
    sim_ledger_mark(&e->ledger, product, price);
    for (size_t i = 0; i < e->book.count; i++) {
        struct sim_order *o = &e->book.working[i];
        if (o->product == product && can_match(o))
            match_trade(e, o, price, volume);
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

static const char *check_terms(struct sim_order *o)
{
    struct sim_order_request *r = &o->request;
    if (r->quantity != floor(r->quantity) || !(r->quantity >= 1))
        return "The quantity must be a whole number of contracts, at least 1";
    if (r->quantity > SIM_ORDER_QUANTITY_MAX)
        return "The quantity is more than the 100 contracts allowed";
    if (r->type == DTC_ORDER_TYPE_MARKET)
        return NULL;
    const struct sim_product *p = &sim_products[o->product];
    double ticks = round(r->price / p->tick);
    if (!(r->price > 0))
        return "The order needs a price";
    if (r->price > 10 * p->start)
        return "The price is out of all proportion";
    if (fabs(r->price / p->tick - ticks) > 1e-6)
        return "The price is not a multiple of the tick size";
    r->price = ticks * p->tick;
    return NULL;
}

static const char *check_kind(const struct sim_order_request *r)
{
    if (r->type != DTC_ORDER_TYPE_MARKET && r->type != DTC_ORDER_TYPE_LIMIT &&
        r->type != DTC_ORDER_TYPE_STOP)
        return "Only market, limit and stop orders are supported";
    if (r->side != DTC_BUY && r->side != DTC_SELL)
        return "The order must be a buy or a sell";
    if (r->time_in_force != DTC_TIF_UNSET && r->time_in_force != DTC_TIF_DAY &&
        r->time_in_force != DTC_TIF_GOOD_TILL_CANCELED)
        return "Only the times in force day and good till canceled are supported";
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

static const char *check_draft(struct sim_exchange *e, struct sim_order *o)
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
    const char *text = check_kind(&o->request);
    return text ? text : check_terms(o);
}

/* Requests. */

bool sim_exchange_submit(struct sim_exchange *e, const struct sim_order_request *request,
                         int64_t now)
{
    e->now = now;
    struct sim_order draft = draft_order(e, request);
    const char *text = check_draft(e, &draft);
    if (!text)
        text = check_margin(e, &draft);
    struct sim_order *o = text ? NULL : sim_book_add(&e->book, &draft);
    if (!o)
        return reject(e, &draft, DTC_NEW_ORDER_REJECTED,
                      text ? text : "Too many orders are working");
    set_server_id(e, o);
    tell_order(e, o, DTC_NEW_ORDER_ACCEPTED, NULL, NULL);
    match_on_entry(e, o);
    sim_book_sweep(&e->book);
    return true;
}

static const char *check_pair(struct sim_exchange *e, struct sim_order drafts[2], bool children)
{
    for (int i = 0; i < 2; i++) {
        const char *text = check_draft(e, &drafts[i]);
        if (!text && drafts[i].request.type == DTC_ORDER_TYPE_MARKET)
            text = "The orders of an OCO pair need a price";
        if (!text && !children)
            text = check_margin(e, &drafts[i]);
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
    bool children = *parent_client_id;
    const char *text = check_pair(e, drafts, children);
    if (!text && children) {
        const struct sim_order *parent = sim_book_find_id(&e->book, "", parent_client_id);
        if (!parent || !(sim_order_is_working(parent) || parent->filled > 0))
            text = "The parent order is not known or has ended unfilled";
        for (int i = 0; i < 2 && !text; i++) {
            drafts[i].parent = parent->number;
            if (sim_order_is_working(parent))
                drafts[i].status = DTC_ORDER_STATUS_PENDING_CHILD;
            else
                drafts[i].request.quantity = fmin(drafts[i].request.quantity, parent->filled);
        }
    }
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
        tell_order(e, orders[i], DTC_NEW_ORDER_ACCEPTED, NULL, NULL);
    for (int i = 0; i < 2; i++)
        match_on_entry(e, orders[i]);
    sim_book_sweep(&e->book);
    return true;
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
    cancel_order(e, o);
    sim_book_sweep(&e->book);
    return true;
}

bool sim_exchange_replace(struct sim_exchange *e, const char *server_id, const char *client_id,
                          double price, double quantity, int64_t now)
{
    e->now = now;
    struct sim_order *o =
        find_changeable(e, server_id, client_id, DTC_ORDER_CANCEL_REPLACE_REJECTED);
    if (!o)
        return false;
    struct sim_order changed = *o;
    if (!isnan(price))
        changed.request.price = price;
    if (quantity != 0)
        changed.request.quantity = quantity;
    const char *text = check_terms(&changed);
    if (!text && changed.request.quantity <= o->filled)
        text = "More of the order is filled already";
    if (text)
        return reject(e, o, DTC_ORDER_CANCEL_REPLACE_REJECTED, text);
    o->request = changed.request;
    set_server_id(e, o);
    tell_order(e, o, DTC_ORDER_CANCEL_REPLACE_COMPLETE, NULL, NULL);
    o->previous_server_id[0] = '\0';
    match_on_entry(e, o);
    sim_book_sweep(&e->book);
    return true;
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
    double held = 0;
    if (draft.account >= 0 && draft.product >= 0) {
        for (size_t i = 0; i < e->book.count; i++) {
            struct sim_order *o = &e->book.working[i];
            if (o->account == draft.account && o->product == draft.product)
                cancel_order(e, o);
        }
        sim_book_sweep(&e->book);
        held = e->ledger.positions[draft.account][draft.product].quantity;
    }
    if (held == 0)
        return reject(e, &draft, DTC_NEW_ORDER_REJECTED, "There is no position to flatten");
    r.side = held > 0 ? DTC_SELL : DTC_BUY;
    r.quantity = fabs(held);
    return sim_exchange_submit(e, &r, now);
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
