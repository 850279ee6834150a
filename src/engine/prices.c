#include "engine/internal.h"

#include "trade/trading_day.h"

/* One price message in common terms; prices still in the server's units. */
struct tick {
    uint32_t id;
    double price, volume;
    int aggressor;
    int64_t time; /* us UTC; 0: none said */
    bool is_past; /* the last one before a subscription */
};

static struct engine_symbol *find(struct engine *e, uint32_t id)
{
    if (id == 0 || id > (uint32_t)e->symbol_count || !e->symbols[id - 1].defined)
        return NULL;
    return &e->symbols[id - 1];
}

double engine_price(double wire, double multiplier)
{
    return dtc_is_set(wire) ? wire * multiplier : PRICE_UNSET;
}

double engine_price_or_none(double wire, double multiplier)
{
    return wire != 0 ? engine_price(wire, multiplier) : PRICE_UNSET;
}

double engine_quantity(double wire)
{
    return dtc_is_set(wire) && wire >= 0 && wire != UINT32_MAX ? wire : PRICE_UNSET;
}

/* The first price of a connection, or after a refusal: from then on none is missed. */
static void note_live(struct engine *e, struct engine_symbol *s, int64_t time)
{
    s->live_from = time < e->wall ? time : e->wall;
    s->live_at = e->now;
    s->retry_pause = 0;
    engine_note_first_price(e, s);
}

/* A session that begins while we watch is whole; one that had begun when we came is not. */
static void begin_session(struct engine *e, struct engine_symbol *s, bool watched)
{
    int symbol = (int)(s - e->symbols);
    state_begin_session(e->state, s->place, watched);
    if (watched)
        engine_drop_session(e, symbol);
    else
        engine_want_session(e, symbol);
}

/* Where the server says no trading date, the clock of the prices tells when a session is over. */
static void follow_clock(struct engine *e, struct engine_symbol *s, int64_t time)
{
    if (s->session_end != 0)
        begin_session(e, s, s->live_from != 0);
    s->session_end = trading_day_end(time, s->session_start);
}

/* Servers leave 0 where they know no price, and 0 for an excursion would be the worst there is. */
static void apply_tick(struct engine *e, const struct tick *t)
{
    struct engine_symbol *s = find(e, t->id);
    if (s == NULL || t->price == 0 || !dtc_is_set(t->price))
        return;
    int64_t time = engine_time(e, t->time);
    if (s->session_date == 0 && time >= s->session_end)
        follow_clock(e, s, time);
    bool is_timed = time == t->time;
    bool told = t->aggressor == DTC_AT_BID || t->aggressor == DTC_AT_ASK;
    double price = engine_price(t->price, s->multiplier);
    if (t->is_past)
        state_apply_last_trade(e->state, s->place, price, is_timed ? time : 0, e->wall);
    else
        state_apply_trade(e->state, s->place, price, t->volume != UINT32_MAX ? t->volume : 0,
                          told ? (enum aggressor)t->aggressor : AGGRESSOR_NONE, is_timed ? time : 0,
                          e->wall);
    if (s->live_from == 0)
        note_live(e, s, time);
    e->feed_time = time;
}

static void apply_quote(struct engine *e, uint32_t id, double bid, double bid_quantity, double ask,
                        double ask_quantity)
{
    struct engine_symbol *s = find(e, id);
    if (s == NULL)
        return;
    bid = engine_price_or_none(bid, s->multiplier);
    ask = engine_price_or_none(ask, s->multiplier);
    state_apply_bid_ask(e->state, s->place, bid, engine_quantity(bid_quantity), ask,
                        engine_quantity(ask_quantity), e->wall);
    if (s->live_from == 0 && price_is_set(bid) && price_is_set(ask))
        note_live(e, s, e->wall);
}

enum session_figure { SESSION_OPEN, SESSION_HIGH, SESSION_LOW, SESSION_SETTLEMENT };

static void apply_figure(struct engine *e, uint32_t id, enum session_figure figure, double price)
{
    struct engine_symbol *s = find(e, id);
    if (s == NULL || price == 0)
        return;
    double p = engine_price(price, s->multiplier), none = PRICE_UNSET;
    state_apply_session(e->state, s->place, figure == SESSION_OPEN ? p : none,
                        figure == SESSION_HIGH ? p : none, figure == SESSION_LOW ? p : none, none,
                        figure == SESSION_SETTLEMENT ? p : none);
}

static void note_session(struct engine *e, uint32_t id, uint32_t date, bool watched)
{
    struct engine_symbol *s = find(e, id);
    if (s == NULL || date == 0 || date == s->session_date)
        return;
    if (s->session_date != 0)
        begin_session(e, s, watched);
    else
        engine_want_session(e, (int)id - 1);
    s->session_date = date;
}

static void apply_snapshot(struct engine *e, const struct dtc_market_data_snapshot *m)
{
    struct engine_symbol *s = find(e, m->SymbolID);
    if (s == NULL)
        return;
    note_session(e, m->SymbolID, m->TradingSessionDate, false);
    state_apply_session(
        e->state, s->place, engine_price_or_none(m->SessionOpenPrice, s->multiplier),
        engine_price_or_none(m->SessionHighPrice, s->multiplier),
        engine_price_or_none(m->SessionLowPrice, s->multiplier), engine_quantity(m->SessionVolume),
        engine_price_or_none(m->SessionSettlementPrice, s->multiplier));
    /* the last trade is one of the past: it moves the price, not the volume of the context */
    apply_tick(e, &(struct tick){m->SymbolID, m->LastTradePrice, 0, AGGRESSOR_NONE,
                                 dtc_time_from_double(m->LastTradeDateTime), true});
    apply_quote(e, m->SymbolID, m->BidPrice, m->BidQuantity, m->AskPrice, m->AskQuantity);
}

/* Messages that are shaped alike are read alike. */
#define TICK(m, when)                                                                              \
    apply_tick(                                                                                    \
        e, &(struct tick){(m)->SymbolID, (m)->Price, (m)->Volume, (m)->AtBidOrAsk, when, false})
#define QUOTE(m)                                                                                   \
    apply_quote(e, (m)->SymbolID, (m)->BidPrice, (m)->BidQuantity, (m)->AskPrice, (m)->AskQuantity)

bool engine_take_price(struct engine *e, const union dtc_message *m)
{
    switch (m->header.Type) {
    case DTC_MARKET_DATA_UPDATE_TRADE:
        TICK(&m->market_data_update_trade,
             dtc_time_from_double(m->market_data_update_trade.DateTime));
        return true;
    case DTC_MARKET_DATA_UPDATE_BID_ASK:
        QUOTE(&m->market_data_update_bid_ask);
        return true;
    case DTC_MARKET_DATA_UPDATE_TRADE_COMPACT:
        TICK(&m->market_data_update_trade_compact,
             dtc_time_from_seconds(m->market_data_update_trade_compact.DateTime));
        return true;
    case DTC_MARKET_DATA_UPDATE_BID_ASK_COMPACT:
        QUOTE(&m->market_data_update_bid_ask_compact);
        return true;
    case DTC_MARKET_DATA_UPDATE_TRADE_WITH_UNBUNDLED_INDICATOR:
        TICK(&m->market_data_update_trade_with_unbundled_indicator,
             dtc_time_from_double(m->market_data_update_trade_with_unbundled_indicator.DateTime));
        return true;
    case DTC_MARKET_DATA_UPDATE_TRADE_WITH_UNBUNDLED_INDICATOR_2:
        TICK(&m->market_data_update_trade_with_unbundled_indicator_2,
             m->market_data_update_trade_with_unbundled_indicator_2.DateTime);
        return true;
    case DTC_MARKET_DATA_UPDATE_TRADE_NO_TIMESTAMP:
        TICK(&m->market_data_update_trade_no_timestamp, 0);
        return true;
    case DTC_MARKET_DATA_UPDATE_BID_ASK_NO_TIMESTAMP:
        QUOTE(&m->market_data_update_bid_ask_no_timestamp);
        return true;
    case DTC_MARKET_DATA_UPDATE_BID_ASK_FLOAT_WITH_MICROSECONDS:
        QUOTE(&m->market_data_update_bid_ask_float_with_microseconds);
        return true;
    case DTC_MARKET_DATA_UPDATE_LAST_TRADE_SNAPSHOT:
        apply_tick(
            e,
            &(struct tick){
                m->market_data_update_last_trade_snapshot.SymbolID,
                m->market_data_update_last_trade_snapshot.LastTradePrice, 0, AGGRESSOR_NONE,
                dtc_time_from_double(m->market_data_update_last_trade_snapshot.LastTradeDateTime),
                true});
        return true;
    case DTC_MARKET_DATA_SNAPSHOT:
        apply_snapshot(e, &m->market_data_snapshot);
        return true;
    case DTC_MARKET_DATA_UPDATE_TRADING_SESSION_DATE:
        note_session(e, m->market_data_update_trading_session_date.SymbolID,
                     m->market_data_update_trading_session_date.Date, true);
        return true;
    case DTC_MARKET_DATA_UPDATE_SESSION_OPEN:
        note_session(e, m->market_data_update_session_open.SymbolID,
                     m->market_data_update_session_open.TradingSessionDate, true);
        apply_figure(e, m->market_data_update_session_open.SymbolID, SESSION_OPEN,
                     m->market_data_update_session_open.Price);
        return true;
    case DTC_MARKET_DATA_UPDATE_SESSION_HIGH:
        apply_figure(e, m->market_data_update_session_high.SymbolID, SESSION_HIGH,
                     m->market_data_update_session_high.Price);
        return true;
    case DTC_MARKET_DATA_UPDATE_SESSION_LOW:
        apply_figure(e, m->market_data_update_session_low.SymbolID, SESSION_LOW,
                     m->market_data_update_session_low.Price);
        return true;
    case DTC_MARKET_DATA_UPDATE_SESSION_SETTLEMENT:
        apply_figure(e, m->market_data_update_session_settlement.SymbolID, SESSION_SETTLEMENT,
                     m->market_data_update_session_settlement.Price);
        return true;
    case DTC_MARKET_DATA_UPDATE_SESSION_VOLUME: {
        const struct dtc_market_data_update_session_volume *v =
            &m->market_data_update_session_volume;
        struct engine_symbol *s = find(e, v->SymbolID);
        if (s != NULL)
            state_apply_session(e->state, s->place, PRICE_UNSET, PRICE_UNSET, PRICE_UNSET,
                                engine_quantity(v->Volume), PRICE_UNSET);
        return true;
    }
    default:
        return false;
    }
}
