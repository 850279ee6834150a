#include "sim/matching.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/enums.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

const struct sim_order_kind *sim_order_kind_find(int32_t type)
{
    static const struct sim_order_kind kinds[] = {
        [DTC_ORDER_TYPE_MARKET] = {0},
        [DTC_ORDER_TYPE_LIMIT] = {.limit = true},
        [DTC_ORDER_TYPE_STOP] = {.stop_trigger = true},
        [DTC_ORDER_TYPE_STOP_LIMIT] = {.stop_trigger = true, .limit = true},
        [DTC_ORDER_TYPE_MARKET_IF_TOUCHED] = {.touch_trigger = true},
        [DTC_ORDER_TYPE_LIMIT_IF_TOUCHED] = {.touch_trigger = true, .limit = true},
    };
    bool known = type >= DTC_ORDER_TYPE_MARKET && type <= DTC_ORDER_TYPE_LIMIT_IF_TOUCHED;
    return known ? &kinds[type] : NULL;
}

bool sim_order_is_immediate(const struct sim_order_request *r)
{
    return r->time_in_force == DTC_TIF_IMMEDIATE_OR_CANCEL ||
           r->time_in_force == DTC_TIF_FILL_OR_KILL;
}

double sim_order_offset_price(const struct sim_order_request *child, int product, double reference)
{
    const struct sim_product *p = &sim_products[product];
    bool above = (child->side == DTC_SELL) != sim_order_kind_find(child->type)->stop_trigger;
    double offset = fabs(child->offset);
    return sim_product_price(p, sim_product_ticks(p, reference + (above ? offset : -offset)));
}

void sim_exchange_tell(struct sim_exchange *e, struct sim_order *o, int32_t reason,
                       const struct sim_fill *fill, const char *text)
{
    o->changed = e->now;
    e->listener.order(e->listener.context, o, reason, fill, text);
}

/* How orders end and what follows from it. */

static void open_children(struct sim_exchange *e, const struct sim_order *parent)
{
    size_t count = e->book.count;
    for (size_t i = 0; i < count; i++) {
        struct sim_order *child = &e->book.working[i];
        struct sim_order_request *r = &child->request;
        if (child->parent != parent->number || child->status != DTC_ORDER_STATUS_PENDING_CHILD)
            continue;
        child->status = DTC_ORDER_STATUS_OPEN;
        r->quantity = fmin(r->quantity, parent->filled);
        if (r->offset != 0 && !r->keeps_price)
            r->price =
                sim_order_offset_price(r, child->product, parent->filled_value / parent->filled);
        sim_exchange_tell(e, child, DTC_GENERAL_ORDER_UPDATE, NULL, NULL);
    }
    for (size_t i = 0; i < count; i++)
        if (e->book.working[i].parent == parent->number)
            sim_match_entry(e, &e->book.working[i]);
}

void sim_match_cancel(struct sim_exchange *e, struct sim_order *o)
{
    if (!sim_order_is_working(o))
        return;
    o->status = DTC_ORDER_STATUS_CANCELED;
    sim_exchange_tell(e, o, DTC_ORDER_CANCELED, NULL, NULL);
    struct sim_order *sibling = sim_book_find(&e->book, o->sibling);
    if (sibling)
        sim_match_cancel(e, sibling);
    if (o->filled > 0) {
        open_children(e, o);
        return;
    }
    for (size_t i = 0; i < e->book.count; i++)
        if (e->book.working[i].parent == o->number)
            sim_match_cancel(e, &e->book.working[i]);
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
    if (done || o->request.cancels_on_first_fill ||
        sibling->request.quantity - quantity <= sibling->filled) {
        if (!done)
            sibling->sibling = 0; /* what is left of `o` goes on working */
        sim_match_cancel(e, sibling);
        return;
    }
    sibling->request.quantity -= quantity;
    sim_exchange_tell(e, sibling, DTC_GENERAL_ORDER_UPDATE, NULL, NULL);
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

    sim_exchange_tell(e, o, whole ? DTC_ORDER_FILLED : DTC_ORDER_FILLED_PARTIALLY, fill, NULL);
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

static double opposite_price(const struct sim_exchange *e, const struct sim_order *o)
{
    const struct sim_quote *q = &e->quotes[o->product];
    return o->request.side == DTC_BUY ? q->ask : q->bid;
}

static double opposite_size(const struct sim_exchange *e, const struct sim_order *o)
{
    const struct sim_quote *q = &e->quotes[o->product];
    return o->request.side == DTC_BUY ? q->ask_size : q->bid_size;
}

static double own_price(const struct sim_exchange *e, const struct sim_order *o)
{
    const struct sim_quote *q = &e->quotes[o->product];
    return o->request.side == DTC_BUY ? q->bid : q->ask;
}

/* What stands against a stop order that arrives. A quote that came after the latest trade has moved
 * the market away from it. */
static double latest_price(const struct sim_exchange *e, const struct sim_order *o)
{
    return e->quotes[o->product].has_traded ? e->ledger.mark[o->product] : own_price(e, o);
}

/* Whether `price` is at `level` or better for who waits there to trade: lower for a buy. */
static bool is_as_good(const struct sim_order *o, double price, double level)
{
    return o->request.side == DTC_BUY ? price <= level : price >= level;
}

static bool waits_for_trigger(const struct sim_order *o, const struct sim_order_kind *kind)
{
    return (kind->stop_trigger || kind->touch_trigger) && !o->triggered;
}

static bool pulls_trigger(const struct sim_order *o, const struct sim_order_kind *kind,
                          double price)
{
    return kind->touch_trigger
               ? is_as_good(o, price, o->request.price)
               : price == o->request.price || !is_as_good(o, price, o->request.price);
}

static double limit_of(const struct sim_order *o, const struct sim_order_kind *kind)
{
    return kind->stop_trigger || kind->touch_trigger ? o->request.price2 : o->request.price;
}

static void fill_at_market(struct sim_exchange *e, struct sim_order *o)
{
    const struct sim_product *p = &sim_products[o->product];
    double best = opposite_price(e, o);
    fill_order(e, o, fmin(remaining(o), opposite_size(e, o)), best);
    if (can_match(o)) {
        int64_t beyond = sim_product_ticks(p, best) + (o->request.side == DTC_BUY ? 1 : -1);
        fill_order(e, o, remaining(o), sim_product_price(p, beyond));
    }
}

/* As far as the quote lets it, for an order that waits for no trigger. */
static void meet_quote(struct sim_exchange *e, struct sim_order *o,
                       const struct sim_order_kind *kind)
{
    double best = opposite_price(e, o), quantity = remaining(o);
    if (!kind->limit) {
        fill_at_market(e, o);
        return;
    }
    if (!is_as_good(o, best, limit_of(o, kind)))
        return;
    if (sim_order_is_immediate(&o->request) && opposite_size(e, o) < quantity)
        quantity =
            o->request.time_in_force == DTC_TIF_IMMEDIATE_OR_CANCEL ? opposite_size(e, o) : 0;
    if (quantity > 0)
        fill_order(e, o, quantity, best);
}

void sim_match_entry(struct sim_exchange *e, struct sim_order *o)
{
    const struct sim_order_kind *kind = sim_order_kind_find(o->request.type);
    if (!can_match(o))
        return;
    if (waits_for_trigger(o, kind)) {
        double seen = kind->stop_trigger ? latest_price(e, o) : opposite_price(e, o);
        if (!pulls_trigger(o, kind, seen))
            return;
        o->triggered = true;
    }
    meet_quote(e, o, kind);
}

void sim_match_trade(struct sim_exchange *e, struct sim_order *o, double price, double volume)
{
    const struct sim_order_kind *kind = sim_order_kind_find(o->request.type);
    if (!can_match(o))
        return;
    if (waits_for_trigger(o, kind)) {
        if (pulls_trigger(o, kind, price)) {
            o->triggered = true;
            meet_quote(e, o, kind);
        }
        return;
    }
    double limit = limit_of(o, kind);
    if (is_as_good(o, price, limit))
        fill_order(e, o, price == limit ? fmin(remaining(o), volume) : remaining(o), limit);
}

void sim_match_quote(struct sim_exchange *e, struct sim_order *o)
{
    const struct sim_order_kind *kind = sim_order_kind_find(o->request.type);
    if (!can_match(o))
        return;
    if (waits_for_trigger(o, kind)) {
        double seen = kind->stop_trigger ? own_price(e, o) : opposite_price(e, o);
        if (pulls_trigger(o, kind, seen)) {
            o->triggered = true;
            meet_quote(e, o, kind);
        }
        return;
    }
    double limit = limit_of(o, kind);
    if (is_as_good(o, opposite_price(e, o), limit))
        fill_order(e, o, remaining(o), limit);
}
