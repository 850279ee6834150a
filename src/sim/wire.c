#include "sim/wire.h"

#include "base/clock.h"
#include "base/text.h"

#define SET_TEXT(field, text) dtc_text_set(field, sizeof(field), text)

static uint32_t seconds4(int64_t time)
{
    return (uint32_t)(time / CLOCK_SECOND);
}

static double seconds(int64_t time)
{
    return (double)time / (double)CLOCK_SECOND;
}

static void set_fill(struct dtc_order_update *u, const struct sim_fill *fill, double scale)
{
    u->LastFillPrice = fill->price * scale;
    u->LastFillQuantity = fill->quantity;
    u->LastFillDateTime = fill->time / CLOCK_MS;
    SET_TEXT(u->LastFillExecutionID, fill->execution_id);
}

void sim_wire_order(union dtc_message *m, struct sim_exchange *e, const struct sim_order *o,
                    int32_t reason, const struct sim_fill *fill, const char *text)
{
    dtc_message_init(m, DTC_ORDER_UPDATE);
    struct dtc_order_update *u = &m->order_update;
    const struct sim_order_request *r = &o->request;
    double scale = o->product < 0 ? 1 : sim_products[o->product].wire_scale;
    SET_TEXT(u->Symbol, r->symbol);
    SET_TEXT(u->TradeAccount, r->account);
    SET_TEXT(u->PreviousServerOrderID, o->previous_server_id);
    SET_TEXT(u->ServerOrderID, o->server_id);
    SET_TEXT(u->ClientOrderID, r->client_id);
    SET_TEXT(u->ParentServerOrderID, sim_exchange_server_id(e, o->parent));
    SET_TEXT(u->OCOLinkedOrderServerOrderID, sim_exchange_server_id(e, o->sibling));
    SET_TEXT(u->FreeFormText, r->text);
    SET_TEXT(u->InfoText, text ? text : "");
    u->OrderStatus = o->status;
    u->OrderUpdateReason = reason;
    u->OrderType = r->type;
    u->BuySell = r->side;
    u->TimeInForce = r->time_in_force;
    u->OrderReceivedDateTime = o->received / CLOCK_MS;
    u->LatestTransactionDateTime = seconds(o->changed);
    if (r->quantity > 0) {
        u->OrderQuantity = r->quantity;
        u->FilledQuantity = o->filled;
        u->RemainingQuantity = sim_order_is_working(o) ? r->quantity - o->filled : 0;
    }
    const struct sim_order_kind *kind = sim_order_kind_find(r->type);
    bool has_trigger = kind && (kind->stop_trigger || kind->touch_trigger);
    if (has_trigger || (kind && kind->limit))
        u->Price1 = r->price * scale;
    if (has_trigger && kind->limit)
        u->Price2 = r->price2 * scale;
    if (o->filled > 0)
        u->AverageFillPrice = o->filled_value / o->filled * scale;
    if (fill)
        set_fill(u, fill, scale);
}

void sim_wire_fill(union dtc_message *m, const struct sim_fill *f)
{
    dtc_message_init(m, DTC_HISTORICAL_ORDER_FILL_RESPONSE);
    struct dtc_historical_order_fill_response *r = &m->historical_order_fill_response;
    const struct sim_product *p = &sim_products[f->product];
    SET_TEXT(r->Symbol, p->symbol);
    SET_TEXT(r->TradeAccount, sim_accounts[f->account].name);
    SET_TEXT(r->ServerOrderID, f->server_id);
    SET_TEXT(r->UniqueExecutionID, f->execution_id);
    r->BuySell = f->side;
    r->Price = f->price * p->wire_scale;
    r->Quantity = f->quantity;
    r->DateTime = f->time / CLOCK_SECOND;
    r->PositionQuantity = f->position;
    r->HighPriceDuringPosition = f->high * p->wire_scale;
    r->LowPriceDuringPosition = f->low * p->wire_scale;
}

void sim_wire_position(union dtc_message *m, const struct sim_ledger *l,
                       const struct sim_position *p)
{
    dtc_message_init(m, DTC_POSITION_UPDATE);
    struct dtc_position_update *u = &m->position_update;
    const struct sim_product *product = &sim_products[p->product];
    SET_TEXT(u->Symbol, product->symbol);
    SET_TEXT(u->TradeAccount, sim_accounts[p->account].name);
    u->Quantity = p->quantity;
    u->AveragePrice = p->average * product->wire_scale;
    u->MarginRequirement = (p->quantity < 0 ? -p->quantity : p->quantity) * product->initial_margin;
    u->EntryDateTime = seconds4(p->entry_time);
    u->OpenProfitLoss = money_to_double(sim_position_open_profit(p, l->mark[p->product]));
    u->HighPriceDuringPosition = p->high * product->wire_scale;
    u->LowPriceDuringPosition = p->low * product->wire_scale;
}

void sim_wire_stray_position(union dtc_message *m, const struct sim_position *p)
{
    dtc_message_init(m, DTC_POSITION_UPDATE);
    const struct sim_product *product = &sim_products[p->product];
    SET_TEXT(m->position_update.Symbol, product->symbol);
    SET_TEXT(m->position_update.TradeAccount, sim_accounts[p->account].name);
    m->position_update.AveragePrice = p->average * product->wire_scale;
}

void sim_wire_balance(union dtc_message *m, const struct sim_ledger *l, int account, int64_t wall)
{
    dtc_message_init(m, DTC_ACCOUNT_BALANCE_UPDATE);
    struct dtc_account_balance_update *u = &m->account_balance_update;
    struct sim_balance b = sim_ledger_balance(l, account);
    SET_TEXT(u->TradeAccount, sim_accounts[account].name);
    SET_TEXT(u->AccountCurrency, "USD");
    u->CashBalance = money_to_double(b.cash);
    u->BalanceAvailableForNewPositions = money_to_double(b.available);
    u->SecuritiesValue = money_to_double(b.cash + b.open);
    u->MarginRequirement = money_to_double(b.margin);
    u->OpenPositionsProfitLoss = money_to_double(b.open);
    u->DailyProfitLoss = money_to_double(b.today);
    u->TransactionDateTime = wall;
}

void sim_wire_definition(union dtc_message *m, const struct sim_product *p)
{
    dtc_message_init(m, DTC_SECURITY_DEFINITION_RESPONSE);
    struct dtc_security_definition_response *r = &m->security_definition_response;
    SET_TEXT(r->Symbol, p->symbol);
    SET_TEXT(r->ExchangeSymbol, p->exchange_symbol);
    SET_TEXT(r->UnderlyingSymbol, p->root);
    SET_TEXT(r->Description, p->description);
    SET_TEXT(r->Currency, "USD");
    r->SecurityType = DTC_SECURITY_TYPE_FUTURES;
    r->MinPriceIncrement = (float)p->tick;
    r->PriceDisplayFormat = p->display_format;
    r->CurrencyValuePerIncrement = (float)p->tick_value;
    r->IsFinalMessage = 1;
    r->HasMarketDepthData = 0;
    r->DisplayPriceMultiplier = p->display_multiplier;
    r->InitialMarginRequirement = (float)p->initial_margin;
    r->MaintenanceMarginRequirement = (float)p->maintenance_margin;
    r->ContractSize = (float)(p->tick_value / p->tick);
    r->SecurityExpirationDate = p->expiration;
}

void sim_wire_snapshot(union dtc_message *m, const struct sim_market *market, uint32_t symbol_id,
                       int64_t last_trade, int64_t wall)
{
    dtc_message_init(m, DTC_MARKET_DATA_SNAPSHOT);
    struct dtc_market_data_snapshot *s = &m->market_data_snapshot;
    double scale = market->product->wire_scale;
    s->SymbolID = symbol_id;
    s->SessionSettlementPrice = market->settlement * scale;
    s->SessionOpenPrice = market->open * scale;
    s->SessionHighPrice = market->high * scale;
    s->SessionLowPrice = market->low * scale;
    s->SessionVolume = market->volume;
    s->SessionNumTrades = market->trades;
    s->BidPrice = market->bid * scale;
    s->AskPrice = market->ask * scale;
    s->BidQuantity = market->bid_size;
    s->AskQuantity = market->ask_size;
    s->LastTradePrice = market->last * scale;
    s->LastTradeVolume = market->last_volume;
    s->LastTradeDateTime = seconds(last_trade);
    s->BidAskDateTime = seconds(wall);
    s->TradingSessionDate = market->session_date;
    s->TradingStatus = DTC_TRADING_STATUS_OPEN;
}

/* The messages of the session's figures differ in their type alone. */
static void session_price(union dtc_message *m, uint16_t type, const struct sim_market *market,
                          double price, uint32_t symbol_id)
{
    dtc_message_init(m, type);
    double wire = price * market->product->wire_scale;
    switch (type) {
    case DTC_MARKET_DATA_UPDATE_SESSION_OPEN:
        m->market_data_update_session_open.SymbolID = symbol_id;
        m->market_data_update_session_open.Price = wire;
        m->market_data_update_session_open.TradingSessionDate = market->session_date;
        break;
    case DTC_MARKET_DATA_UPDATE_SESSION_HIGH:
        m->market_data_update_session_high.SymbolID = symbol_id;
        m->market_data_update_session_high.Price = wire;
        m->market_data_update_session_high.TradingSessionDate = market->session_date;
        break;
    default:
        m->market_data_update_session_low.SymbolID = symbol_id;
        m->market_data_update_session_low.Price = wire;
        m->market_data_update_session_low.TradingSessionDate = market->session_date;
        break;
    }
}

static void wire_trade(union dtc_message *m, const struct sim_market *market, uint32_t symbol_id,
                       int64_t wall)
{
    dtc_message_init(m, DTC_MARKET_DATA_UPDATE_TRADE);
    struct dtc_market_data_update_trade *t = &m->market_data_update_trade;
    t->SymbolID = symbol_id;
    t->AtBidOrAsk = (uint16_t)market->last_at;
    t->Price = market->last * market->product->wire_scale;
    t->Volume = market->last_volume;
    t->DateTime = seconds(wall);
}

static void wire_quote(union dtc_message *m, const struct sim_market *market, uint32_t symbol_id,
                       int64_t wall)
{
    dtc_message_init(m, DTC_MARKET_DATA_UPDATE_BID_ASK);
    struct dtc_market_data_update_bid_ask *q = &m->market_data_update_bid_ask;
    q->SymbolID = symbol_id;
    q->BidPrice = market->bid * market->product->wire_scale;
    q->BidQuantity = (float)market->bid_size;
    q->AskPrice = market->ask * market->product->wire_scale;
    q->AskQuantity = (float)market->ask_size;
    q->DateTime = seconds4(wall);
}

void sim_wire_market(union dtc_message *m, const struct sim_market *market,
                     enum sim_market_kind kind, uint32_t symbol_id, int64_t wall)
{
    switch (kind) {
    case SIM_MARKET_TRADE:
        wire_trade(m, market, symbol_id, wall);
        break;
    case SIM_MARKET_QUOTE:
        wire_quote(m, market, symbol_id, wall);
        break;
    case SIM_MARKET_SESSION_OPEN:
        session_price(m, DTC_MARKET_DATA_UPDATE_SESSION_OPEN, market, market->open, symbol_id);
        break;
    case SIM_MARKET_SESSION_HIGH:
        session_price(m, DTC_MARKET_DATA_UPDATE_SESSION_HIGH, market, market->high, symbol_id);
        break;
    case SIM_MARKET_SESSION_LOW:
        session_price(m, DTC_MARKET_DATA_UPDATE_SESSION_LOW, market, market->low, symbol_id);
        break;
    case SIM_MARKET_SESSION_VOLUME:
        dtc_message_init(m, DTC_MARKET_DATA_UPDATE_SESSION_VOLUME);
        m->market_data_update_session_volume.SymbolID = symbol_id;
        m->market_data_update_session_volume.Volume = market->volume;
        m->market_data_update_session_volume.TradingSessionDate = market->session_date;
        break;
    }
}
