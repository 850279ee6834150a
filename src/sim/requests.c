#include "sim/requests.h"

#include "base/clock.h"
#include "sim/answers.h"
#include "sim/wire.h"

#include <string.h>

#define SET_TEXT(field, text) dtc_text_set(field, sizeof(field), text)

enum { HEARTBEAT_DEFAULT = 10, HEARTBEAT_MOST = 60, /* seconds */ DAYS_MOST = 36500 };

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

static void answer_logon(const struct sim_request *r)
{
    struct sim_client *c = r->client;
    const struct dtc_logon_request *q = &r->message->logon_request;
    const struct sim_terms *t = r->terms;
    int interval = q->HeartbeatIntervalInSeconds;
    if (interval < 1)
        interval = HEARTBEAT_DEFAULT;
    if (interval > HEARTBEAT_MOST)
        interval = HEARTBEAT_MOST;
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    struct dtc_logon_response *a = &m.logon_response;
    SET_TEXT(a->ServerName, "sortie-sim");
    if (!sim_terms_admits(t, q->Username, q->Password)) {
        a->Result = DTC_LOGON_ERROR_NO_RECONNECT;
        SET_TEXT(a->ResultText, "User or password is wrong");
        sim_client_send(c, &m);
        return;
    }
    c->heartbeat_interval = interval * CLOCK_SECOND;
    c->next_heartbeat = r->now + c->heartbeat_interval;
    c->logged_on = true;

    a->Result = DTC_LOGON_SUCCESS;
    SET_TEXT(a->ResultText, "Welcome to the simulation");
    a->TradingIsSupported = !t->no_trading;
    a->OCOOrdersSupported = !t->no_trading;
    a->OrderCancelReplaceSupported = !t->no_trading;
    a->BracketOrdersSupported = !t->no_trading;
    a->SecurityDefinitionsSupported = !t->no_definitions;
    a->MarketDataSupported = !t->no_market_data;
    a->MarketDepthIsSupported = 0;
    a->HistoricalPriceDataSupported = !t->refuses_price_history;
    a->OneHistoricalPriceDataRequestPerConnection = t->one_price_history;
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

/* A hidden account has a stray position for each symbol that it ever traded. */
static bool tells_position(const struct sim_request *r, const struct sim_position *p)
{
    if (!wants_account(r->message->current_positions_request.TradeAccount, p->account))
        return false;
    return sim_terms_hides_position(r->terms, p->account) ? p->entry_time != 0 : p->quantity != 0;
}

static void answer_positions(const struct sim_request *r)
{
    const struct dtc_current_positions_request *q = &r->message->current_positions_request;
    const struct sim_ledger *l = sim_exchange_ledger(sim_world_exchange(r->world));
    const struct sim_position *told[SIM_ACCOUNTS * SIM_PRODUCTS];
    int total = 0;
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        for (int p = 0; p < SIM_PRODUCTS; p++)
            if (tells_position(r, &l->positions[a][p]))
                told[total++] = &l->positions[a][p];

    union dtc_message m;
    for (int i = 0; i < total; i++) {
        if (sim_terms_hides_position(r->terms, told[i]->account))
            sim_wire_stray_position(&m, told[i]);
        else
            sim_wire_position(&m, l, told[i]);
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
        start = wall - (q->NumberOfDays < DAYS_MOST ? q->NumberOfDays : DAYS_MOST) * CLOCK_DAY;
    return strcmp(q->TradeAccount, sim_accounts[f->account].name) == 0 && f->time >= start &&
           (!*q->ServerOrderID || strcmp(q->ServerOrderID, f->server_id) == 0);
}

static void answer_fills(const struct sim_request *r)
{
    const struct dtc_historical_order_fills_request *q =
        &r->message->historical_order_fills_request;
    const struct sim_exchange *e = sim_world_exchange(r->world);
    union dtc_message m;
    if (!*q->TradeAccount || r->terms->refuses_fill_history) {
        dtc_message_init(&m, DTC_HISTORICAL_ORDER_FILLS_REJECT);
        m.historical_order_fills_reject.RequestID = q->RequestID;
        SET_TEXT(m.historical_order_fills_reject.RejectText,
                 *q->TradeAccount ? "Request is not authorized" : "TradeAccount is not set");
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

/* Sierra Chart tells the balances of all but its own simulation, whatever account is asked for. */
static bool tells_balance(const struct sim_request *r, int account)
{
    if (r->terms->is_sierra)
        return !sim_terms_hides_position(r->terms, account);
    return wants_account(r->message->account_balance_request.TradeAccount, account);
}

static void answer_balances(const struct sim_request *r)
{
    const struct dtc_account_balance_request *q = &r->message->account_balance_request;
    const struct sim_ledger *l = sim_exchange_ledger(sim_world_exchange(r->world));
    int total = 0, number = 0;
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        total += tells_balance(r, a);

    union dtc_message m;
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        if (!tells_balance(r, a))
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

static const struct {
    int type;
    bool before_logon;
    void (*answer)(const struct sim_request *r);
} requests[] = {
    {DTC_HEARTBEAT, true, answer_nothing},
    {DTC_LOGON_REQUEST, true, answer_logon},
    {DTC_LOGOFF, true, answer_logoff},
    {DTC_TRADE_ACCOUNTS_REQUEST, false, answer_accounts},
    {DTC_OPEN_ORDERS_REQUEST, false, answer_orders},
    {DTC_CURRENT_POSITIONS_REQUEST, false, answer_positions},
    {DTC_HISTORICAL_ORDER_FILLS_REQUEST, false, answer_fills},
    {DTC_ACCOUNT_BALANCE_REQUEST, false, answer_balances},
    {DTC_EXCHANGE_LIST_REQUEST, false, sim_answer_exchanges},
    {DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST, false, sim_answer_definition},
    {DTC_MARKET_DATA_REQUEST, false, sim_answer_market_data},
    {DTC_MARKET_DEPTH_REQUEST, false, sim_answer_market_depth},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, false, sim_answer_price_history},
    {DTC_SUBMIT_NEW_SINGLE_ORDER, false, sim_answer_single_order},
    {DTC_SUBMIT_NEW_OCO_ORDER, false, sim_answer_oco_order},
    {DTC_CANCEL_ORDER, false, sim_answer_cancel},
    {DTC_CANCEL_REPLACE_ORDER, false, sim_answer_replace},
    {DTC_SUBMIT_FLATTEN_POSITION_ORDER, false, sim_answer_flatten},
};

/* Binary text fields may be full, without a null byte. */
static void end_texts(union dtc_message *m, int type)
{
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *f = &schema->fields[i];
        if (f->kind == DTC_TEXT)
            ((char *)m)[f->offset + f->size - 1] = '\0';
    }
}

void sim_request_answer(const struct sim_request *r, int type)
{
    union dtc_message message = *r->message;
    struct sim_request request = *r;
    request.message = &message;
    if (type != 0)
        end_texts(&message, type);
    void (*answer)(const struct sim_request *) = answer_with_heartbeat;
    bool before_logon = false;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        if (requests[i].type != type)
            continue;
        answer = requests[i].answer;
        before_logon = requests[i].before_logon;
    }
    if (r->client->logged_on || before_logon)
        answer(&request);
    else
        sim_client_close(r->client, "The first message must be a LOGON_REQUEST", r->now);
}
