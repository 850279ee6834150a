#include "base/text.h"
#include "sim/answers.h"
#include "sim/wire.h"

#include <math.h>

#define COPY_TEXT(target, source) text_copy(target, sizeof(target), source)

static double price_scale(const char *symbol)
{
    int product = sim_product_find(symbol);
    return product < 0 ? 1 : sim_products[product].wire_scale;
}

/* False when the server takes no orders; then this client alone has been told. */
static bool may_trade(const struct sim_request *r, const struct sim_order_request *order,
                      const char *server_id, int32_t reason)
{
    if (!r->terms->no_trading)
        return true;
    struct sim_order refused = {.request = *order,
                                .account = sim_account_find(order->account),
                                .product = sim_product_find(order->symbol),
                                .received = r->wall,
                                .changed = r->wall};
    COPY_TEXT(refused.server_id, server_id);
    if (reason == DTC_NEW_ORDER_REJECTED)
        refused.status = DTC_ORDER_STATUS_REJECTED;
    union dtc_message m;
    sim_wire_order(&m, sim_world_exchange(r->world), &refused, reason, NULL,
                   "Trading is not supported");
    sim_client_send(r->client, &m);
    return false;
}

void sim_answer_single_order(const struct sim_request *r)
{
    const struct dtc_submit_new_single_order *q = &r->message->submit_new_single_order;
    double scale = price_scale(q->Symbol);
    struct sim_order_request order = {.type = q->OrderType,
                                      .side = q->BuySell,
                                      .time_in_force = q->TimeInForce,
                                      .price = q->Price1 / scale,
                                      .price2 = q->Price2 / scale,
                                      .quantity = q->Quantity};
    COPY_TEXT(order.symbol, q->Symbol);
    COPY_TEXT(order.account, q->TradeAccount);
    COPY_TEXT(order.client_id, q->ClientOrderID);
    COPY_TEXT(order.text, q->FreeFormText);
    if (may_trade(r, &order, "", DTC_NEW_ORDER_REJECTED))
        sim_exchange_submit(sim_world_exchange(r->world), &order, r->wall);
}

void sim_answer_oco_order(const struct sim_request *r)
{
    const struct dtc_submit_new_oco_order *q = &r->message->submit_new_oco_order;
    double scale = price_scale(q->Symbol);
    struct sim_order_request pair[2] = {
        {.type = q->OrderType_1,
         .side = q->BuySell_1,
         .price = q->Price1_1 / scale,
         .price2 = q->Price2_1 / scale,
         .quantity = q->Quantity_1,
         .offset = q->UseOffsets ? q->OffsetFromParent1 / scale : 0},
        {.type = q->OrderType_2,
         .side = q->BuySell_2,
         .price = q->Price1_2 / scale,
         .price2 = q->Price2_2 / scale,
         .quantity = q->Quantity_2,
         .offset = q->UseOffsets ? q->OffsetFromParent2 / scale : 0},
    };
    const char *client_ids[2] = {q->ClientOrderID_1, q->ClientOrderID_2};
    bool may = true;
    for (int i = 0; i < 2; i++) {
        pair[i].time_in_force = q->TimeInForce;
        pair[i].keeps_price = q->MaintainSamePricesOnParentFill;
        pair[i].cancels_on_first_fill =
            q->PartialFillHandling == DTC_PARTIAL_FILL_HANDLING_IMMEDIATE_CANCEL;
        COPY_TEXT(pair[i].symbol, q->Symbol);
        COPY_TEXT(pair[i].account, q->TradeAccount);
        COPY_TEXT(pair[i].client_id, client_ids[i]);
        COPY_TEXT(pair[i].text, q->FreeFormText);
        may = may_trade(r, &pair[i], "", DTC_NEW_ORDER_REJECTED);
    }
    if (may)
        sim_exchange_submit_oco(sim_world_exchange(r->world), pair, q->ParentTriggerClientOrderID,
                                r->wall);
}

void sim_answer_cancel(const struct sim_request *r)
{
    const struct dtc_cancel_order *q = &r->message->cancel_order;
    struct sim_order_request order = {0};
    COPY_TEXT(order.client_id, q->ClientOrderID);
    if (may_trade(r, &order, q->ServerOrderID, DTC_ORDER_CANCEL_REJECTED))
        sim_exchange_cancel(sim_world_exchange(r->world), q->ServerOrderID, q->ClientOrderID,
                            r->wall);
}

/* NaN: the price stays as it is. */
static double new_price(uint8_t is_set, double price, double scale)
{
    return is_set && price != 0 && dtc_is_set(price) ? price / scale : NAN;
}

void sim_answer_replace(const struct sim_request *r)
{
    const struct dtc_cancel_replace_order *q = &r->message->cancel_replace_order;
    struct sim_exchange *e = sim_world_exchange(r->world);
    struct sim_order_request order = {0};
    COPY_TEXT(order.client_id, q->ClientOrderID);
    if (!may_trade(r, &order, q->ServerOrderID, DTC_ORDER_CANCEL_REPLACE_REJECTED))
        return;
    const struct sim_order *o = sim_exchange_find(e, q->ServerOrderID, q->ClientOrderID);
    double scale = price_scale(o ? o->request.symbol : "");
    double quantity = dtc_is_set(q->Quantity) ? q->Quantity : 0;
    sim_exchange_replace(e, q->ServerOrderID, q->ClientOrderID,
                         new_price(q->Price1IsSet, q->Price1, scale),
                         new_price(q->Price2IsSet, q->Price2, scale), quantity, r->wall);
}

void sim_answer_flatten(const struct sim_request *r)
{
    const struct dtc_submit_flatten_position_order *q = &r->message->submit_flatten_position_order;
    struct sim_order_request order = {.type = DTC_ORDER_TYPE_MARKET};
    COPY_TEXT(order.symbol, q->Symbol);
    COPY_TEXT(order.account, q->TradeAccount);
    COPY_TEXT(order.client_id, q->ClientOrderID);
    if (may_trade(r, &order, "", DTC_NEW_ORDER_REJECTED))
        sim_exchange_flatten(sim_world_exchange(r->world), q->TradeAccount, q->Symbol,
                             q->ClientOrderID, r->wall);
}
