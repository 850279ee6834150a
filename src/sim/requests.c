#include "sim/requests.h"

#include "base/clock.h"
#include "base/text.h"
#include "sim/wire.h"

#include <math.h>
#include <string.h>

#define COPY_TEXT(target, source) text_copy(target, sizeof(target), source)
#define SET_TEXT(field, text) dtc_text_set(field, sizeof(field), text)

enum { HEARTBEAT_DEFAULT = 10, HEARTBEAT_MOST = 60 };

void sim_request_send_heartbeat(struct sim_client *c, int64_t wall)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_HEARTBEAT);
    m.heartbeat.NumDroppedMessages = c->dropped;
    m.heartbeat.CurrentDateTime = wall / CLOCK_SECOND;
    sim_client_send(c, &m);
}

static void answer_with_heartbeat(const struct sim_request *r)
{
    sim_request_send_heartbeat(r->client, r->wall);
}

static void answer_nothing(const struct sim_request *r)
{
    (void)r;
}

/* Session. */

static void answer_encoding(const struct sim_request *r)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ENCODING_RESPONSE);
    m.encoding_response.Encoding = DTC_JSON_ENCODING;
    SET_TEXT(m.encoding_response.ProtocolType, "DTC");
    sim_client_send(r->client, &m);
}

static void answer_logon(const struct sim_request *r)
{
    struct sim_client *c = r->client;
    int interval = r->message->logon_request.HeartbeatIntervalInSeconds;
    if (interval < 1)
        interval = HEARTBEAT_DEFAULT;
    if (interval > HEARTBEAT_MOST)
        interval = HEARTBEAT_MOST;
    c->heartbeat_interval = interval * CLOCK_SECOND;
    c->next_heartbeat = r->now + c->heartbeat_interval;
    c->logged_on = true;

    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    struct dtc_logon_response *a = &m.logon_response;
    a->Result = DTC_LOGON_SUCCESS;
    SET_TEXT(a->ResultText, "Welcome to the simulation");
    SET_TEXT(a->ServerName, "sortie-sim");
    a->TradingIsSupported = 1;
    a->OCOOrdersSupported = 1;
    a->OrderCancelReplaceSupported = 1;
    a->BracketOrdersSupported = 1;
    a->SecurityDefinitionsSupported = 1;
    a->MarketDataSupported = 1;
    a->MarketDepthIsSupported = 0;
    a->HistoricalPriceDataSupported = 0;
    sim_client_send(c, &m);
}

static void answer_logoff(const struct sim_request *r)
{
    sim_client_close(r->client, "Goodbye", r->now);
}

/* Accounts, positions, orders, fills. */

static bool wants_account(const char *wanted, int account)
{
    return !*wanted || strcmp(wanted, sim_accounts[account].name) == 0;
}

static void answer_accounts(const struct sim_request *r)
{
    union dtc_message m;
    for (int i = 0; i < SIM_ACCOUNTS; i++) {
        dtc_message_init(&m, DTC_TRADE_ACCOUNT_RESPONSE);
        m.trade_account_response.RequestID = r->message->trade_accounts_request.RequestID;
        m.trade_account_response.TotalNumberMessages = SIM_ACCOUNTS;
        m.trade_account_response.MessageNumber = i + 1;
        SET_TEXT(m.trade_account_response.TradeAccount, sim_accounts[i].name);
        sim_client_send(r->client, &m);
    }
}

static bool wants_order(const struct dtc_open_orders_request *q, const struct sim_order *o)
{
    if (!wants_account(q->TradeAccount, o->account))
        return false;
    return q->RequestAllOrders || strcmp(q->ServerOrderID, o->server_id) == 0;
}

static void answer_orders(const struct sim_request *r)
{
    const struct dtc_open_orders_request *q = &r->message->open_orders_request;
    struct sim_exchange *e = sim_world_exchange(r->world);
    size_t count = sim_exchange_order_count(e);
    int32_t total = 0, number = 0;
    for (size_t i = 0; i < count; i++)
        total += wants_order(q, sim_exchange_order(e, i));

    union dtc_message m;
    for (size_t i = 0; i < count; i++) {
        const struct sim_order *o = sim_exchange_order(e, i);
        if (!wants_order(q, o))
            continue;
        sim_wire_order(&m, e, o, DTC_OPEN_ORDERS_REQUEST_RESPONSE, NULL, NULL);
        m.order_update.RequestID = q->RequestID;
        m.order_update.TotalNumMessages = total;
        m.order_update.MessageNumber = ++number;
        sim_client_send(r->client, &m);
    }
    if (total > 0)
        return;
    dtc_message_init(&m, DTC_ORDER_UPDATE);
    m.order_update.RequestID = q->RequestID;
    m.order_update.TotalNumMessages = m.order_update.MessageNumber = 1;
    m.order_update.OrderUpdateReason = DTC_OPEN_ORDERS_REQUEST_RESPONSE;
    m.order_update.NoOrders = 1;
    sim_client_send(r->client, &m);
}

static void answer_positions(const struct sim_request *r)
{
    const struct dtc_current_positions_request *q = &r->message->current_positions_request;
    const struct sim_ledger *l = sim_exchange_ledger(sim_world_exchange(r->world));
    const struct sim_position *open[SIM_ACCOUNTS * SIM_PRODUCTS];
    int total = 0;
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        for (int p = 0; p < SIM_PRODUCTS; p++)
            if (wants_account(q->TradeAccount, a) && l->positions[a][p].quantity != 0)
                open[total++] = &l->positions[a][p];

    union dtc_message m;
    for (int i = 0; i < total; i++) {
        sim_wire_position(&m, l, open[i]);
        m.position_update.RequestID = q->RequestID;
        m.position_update.TotalNumberMessages = total;
        m.position_update.MessageNumber = i + 1;
        sim_client_send(r->client, &m);
    }
    if (total > 0)
        return;
    dtc_message_init(&m, DTC_POSITION_UPDATE);
    m.position_update.RequestID = q->RequestID;
    m.position_update.TotalNumberMessages = m.position_update.MessageNumber = 1;
    m.position_update.NoPositions = 1;
    SET_TEXT(m.position_update.TradeAccount, q->TradeAccount);
    sim_client_send(r->client, &m);
}

static bool wants_fill(const struct dtc_historical_order_fills_request *q, const struct sim_fill *f,
                       int64_t wall)
{
    int64_t start = dtc_time_from_seconds(q->StartDateTime);
    if (start == 0 && q->NumberOfDays > 0)
        start = wall - q->NumberOfDays * CLOCK_DAY;
    return strcmp(q->TradeAccount, sim_accounts[f->account].name) == 0 && f->time >= start &&
           (!*q->ServerOrderID || strcmp(q->ServerOrderID, f->server_id) == 0);
}

static void answer_fills(const struct sim_request *r)
{
    const struct dtc_historical_order_fills_request *q =
        &r->message->historical_order_fills_request;
    const struct sim_exchange *e = sim_world_exchange(r->world);
    union dtc_message m;
    if (!*q->TradeAccount) {
        dtc_message_init(&m, DTC_HISTORICAL_ORDER_FILLS_REJECT);
        m.historical_order_fills_reject.RequestID = q->RequestID;
        SET_TEXT(m.historical_order_fills_reject.RejectText, "TradeAccount is not set");
        sim_client_send(r->client, &m);
        return;
    }
    int32_t total = 0, number = 0;
    size_t count = sim_exchange_fill_count(e);
    for (size_t i = 0; i < count; i++)
        total += wants_fill(q, sim_exchange_fill(e, i), r->wall);
    for (size_t i = 0; i < count; i++) {
        if (!wants_fill(q, sim_exchange_fill(e, i), r->wall))
            continue;
        sim_wire_fill(&m, sim_exchange_fill(e, i));
        m.historical_order_fill_response.RequestID = q->RequestID;
        m.historical_order_fill_response.TotalNumberMessages = total;
        m.historical_order_fill_response.MessageNumber = ++number;
        sim_client_send(r->client, &m);
    }
    if (total > 0)
        return;
    dtc_message_init(&m, DTC_HISTORICAL_ORDER_FILL_RESPONSE);
    struct dtc_historical_order_fill_response *none = &m.historical_order_fill_response;
    none->RequestID = q->RequestID;
    none->TotalNumberMessages = none->MessageNumber = 1;
    none->NoOrderFills = 1;
    SET_TEXT(none->TradeAccount, q->TradeAccount);
    sim_client_send(r->client, &m);
}

static void answer_balances(const struct sim_request *r)
{
    const struct dtc_account_balance_request *q = &r->message->account_balance_request;
    const struct sim_ledger *l = sim_exchange_ledger(sim_world_exchange(r->world));
    int total = 0, number = 0;
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        total += wants_account(q->TradeAccount, a);

    union dtc_message m;
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        if (!wants_account(q->TradeAccount, a))
            continue;
        sim_wire_balance(&m, l, a, r->wall);
        m.account_balance_update.RequestID = q->RequestID;
        m.account_balance_update.TotalNumberMessages = total;
        m.account_balance_update.MessageNumber = ++number;
        sim_client_send(r->client, &m);
    }
    if (total > 0)
        return;
    dtc_message_init(&m, DTC_ACCOUNT_BALANCE_UPDATE);
    m.account_balance_update.RequestID = q->RequestID;
    m.account_balance_update.TotalNumberMessages = m.account_balance_update.MessageNumber = 1;
    m.account_balance_update.NoAccountBalances = 1;
    SET_TEXT(m.account_balance_update.TradeAccount, q->TradeAccount);
    sim_client_send(r->client, &m);
}

/* Symbols and market data. */

static void answer_definition(const struct sim_request *r)
{
    const struct dtc_security_definition_for_symbol_request *q =
        &r->message->security_definition_for_symbol_request;
    union dtc_message m;
    int product = sim_product_find(q->Symbol);
    if (product >= 0) {
        sim_wire_definition(&m, &sim_products[product]);
    } else {
        /* As real servers do: no 509, but a definition that defines nothing. */
        dtc_message_init(&m, DTC_SECURITY_DEFINITION_RESPONSE);
        SET_TEXT(m.security_definition_response.Symbol, q->Symbol);
        m.security_definition_response.IsFinalMessage = 1;
    }
    m.security_definition_response.RequestID = q->RequestID;
    sim_client_send(r->client, &m);
}

static void unsubscribe(struct sim_client *c, const struct dtc_market_data_request *q)
{
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (c->symbol_id[i] == q->SymbolID)
            c->subscribed[i] = false;
}

static void subscribe(const struct sim_request *r, int product)
{
    struct sim_client *c = r->client;
    bool first = true;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        first = first && !c->subscribed[i];
    if (first) {
        c->streaming_since = r->now;
        c->market_messages = 0;
    }
    c->subscribed[product] = true;
    c->symbol_id[product] = r->message->market_data_request.SymbolID;
}

static void answer_market_data(const struct sim_request *r)
{
    const struct dtc_market_data_request *q = &r->message->market_data_request;
    if (q->RequestAction == DTC_UNSUBSCRIBE) {
        unsubscribe(r->client, q);
        return;
    }
    union dtc_message m;
    int product = sim_product_find(q->Symbol);
    if (product < 0) {
        dtc_message_init(&m, DTC_MARKET_DATA_REJECT);
        m.market_data_reject.SymbolID = q->SymbolID;
        SET_TEXT(m.market_data_reject.RejectText, "The symbol is not known");
        sim_client_send(r->client, &m);
        return;
    }
    sim_wire_snapshot(&m, sim_world_market(r->world, product), q->SymbolID, r->wall);
    sim_client_send(r->client, &m);
    if (q->RequestAction != DTC_SNAPSHOT)
        subscribe(r, product);
}

static void answer_history(const struct sim_request *r)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_REJECT);
    m.historical_price_data_reject.RequestID = r->message->historical_price_data_request.RequestID;
    m.historical_price_data_reject.RejectReasonCode = DTC_HPDR_UNABLE_TO_SERVE_DATA_DO_NOT_RETRY;
    SET_TEXT(m.historical_price_data_reject.RejectText, "This server keeps no historical prices");
    sim_client_send(r->client, &m);
}

/* Orders. What becomes of them is told to all clients by the world's listener. */

static double price_scale(const char *symbol)
{
    int product = sim_product_find(symbol);
    return product < 0 ? 1 : sim_products[product].wire_scale;
}

static void take_single_order(const struct sim_request *r)
{
    const struct dtc_submit_new_single_order *q = &r->message->submit_new_single_order;
    struct sim_order_request order = {.type = q->OrderType,
                                      .side = q->BuySell,
                                      .time_in_force = q->TimeInForce,
                                      .price = q->Price1 / price_scale(q->Symbol),
                                      .quantity = q->Quantity};
    COPY_TEXT(order.symbol, q->Symbol);
    COPY_TEXT(order.account, q->TradeAccount);
    COPY_TEXT(order.client_id, q->ClientOrderID);
    COPY_TEXT(order.text, q->FreeFormText);
    sim_exchange_submit(sim_world_exchange(r->world), &order, r->wall);
}

static void take_oco_order(const struct sim_request *r)
{
    const struct dtc_submit_new_oco_order *q = &r->message->submit_new_oco_order;
    double scale = price_scale(q->Symbol);
    struct sim_order_request pair[2] = {
        {.type = q->OrderType_1,
         .side = q->BuySell_1,
         .price = q->Price1_1 / scale,
         .quantity = q->Quantity_1},
        {.type = q->OrderType_2,
         .side = q->BuySell_2,
         .price = q->Price1_2 / scale,
         .quantity = q->Quantity_2},
    };
    const char *client_ids[2] = {q->ClientOrderID_1, q->ClientOrderID_2};
    for (int i = 0; i < 2; i++) {
        pair[i].time_in_force = q->TimeInForce;
        COPY_TEXT(pair[i].symbol, q->Symbol);
        COPY_TEXT(pair[i].account, q->TradeAccount);
        COPY_TEXT(pair[i].client_id, client_ids[i]);
        COPY_TEXT(pair[i].text, q->FreeFormText);
    }
    sim_exchange_submit_oco(sim_world_exchange(r->world), pair, q->ParentTriggerClientOrderID,
                            r->wall);
}

static void take_cancel(const struct sim_request *r)
{
    const struct dtc_cancel_order *q = &r->message->cancel_order;
    sim_exchange_cancel(sim_world_exchange(r->world), q->ServerOrderID, q->ClientOrderID, r->wall);
}

static void take_replace(const struct sim_request *r)
{
    const struct dtc_cancel_replace_order *q = &r->message->cancel_replace_order;
    struct sim_exchange *e = sim_world_exchange(r->world);
    const struct sim_order *o = sim_exchange_find(e, q->ServerOrderID, q->ClientOrderID);
    bool has_price = q->Price1IsSet && q->Price1 != 0 && dtc_is_set(q->Price1);
    double price = has_price ? q->Price1 / price_scale(o ? o->request.symbol : "") : NAN;
    double quantity = dtc_is_set(q->Quantity) ? q->Quantity : 0;
    sim_exchange_replace(e, q->ServerOrderID, q->ClientOrderID, price, quantity, r->wall);
}

static void take_flatten(const struct sim_request *r)
{
    const struct dtc_submit_flatten_position_order *q = &r->message->submit_flatten_position_order;
    sim_exchange_flatten(sim_world_exchange(r->world), q->TradeAccount, q->Symbol, q->ClientOrderID,
                         r->wall);
}

static const struct {
    int type;
    bool before_logon;
    void (*answer)(const struct sim_request *r);
} requests[] = {
    {DTC_HEARTBEAT, true, answer_nothing},
    {DTC_ENCODING_REQUEST, true, answer_encoding},
    {DTC_LOGON_REQUEST, true, answer_logon},
    {DTC_LOGOFF, true, answer_logoff},
    {DTC_TRADE_ACCOUNTS_REQUEST, false, answer_accounts},
    {DTC_OPEN_ORDERS_REQUEST, false, answer_orders},
    {DTC_CURRENT_POSITIONS_REQUEST, false, answer_positions},
    {DTC_HISTORICAL_ORDER_FILLS_REQUEST, false, answer_fills},
    {DTC_ACCOUNT_BALANCE_REQUEST, false, answer_balances},
    {DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST, false, answer_definition},
    {DTC_MARKET_DATA_REQUEST, false, answer_market_data},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, false, answer_history},
    {DTC_SUBMIT_NEW_SINGLE_ORDER, false, take_single_order},
    {DTC_SUBMIT_NEW_OCO_ORDER, false, take_oco_order},
    {DTC_CANCEL_ORDER, false, take_cancel},
    {DTC_CANCEL_REPLACE_ORDER, false, take_replace},
    {DTC_SUBMIT_FLATTEN_POSITION_ORDER, false, take_flatten},
};

void sim_request_answer(const struct sim_request *r, int type)
{
    void (*answer)(const struct sim_request *) = answer_with_heartbeat;
    bool before_logon = false;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (requests[i].type != type)
            continue;
        answer = requests[i].answer;
        before_logon = requests[i].before_logon;
    }
    if (r->client->logged_on || before_logon)
        answer(r);
    else
        sim_client_close(r->client, "The first message must be a LOGON_REQUEST", r->now);
}
