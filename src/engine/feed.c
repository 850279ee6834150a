/* Subscriptions to market data. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

static const int64_t FIRST_PAUSE = 5 * CLOCK_SECOND;
static const int64_t LONGEST_PAUSE = 5 * CLOCK_MINUTE;

void engine_subscribe(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    state_mark_partial(e->state, s->place); /* what was traded since the last subscription */
    if (server == NULL || !server->MarketDataSupported)
        return;
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_REQUEST);
    struct dtc_market_data_request *r = &m.market_data_request;
    r->RequestAction = DTC_SUBSCRIBE;
    r->SymbolID = (uint32_t)symbol + 1;
    engine_write_symbol(e, s->name, r->Symbol, r->Exchange);
    s->live_from = 0;
    dtc_session_send(e->session, &m);
    engine_want_session(e, symbol);
}

void engine_retry_market_data(struct engine *e)
{
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *s = &e->symbols[i];
        if (s->retry_at == 0 || e->now < s->retry_at)
            continue;
        s->retry_at = 0;
        if (s->defined)
            engine_subscribe(e, i);
    }
}

void engine_take_market_data_reject(struct engine *e, const struct dtc_market_data_reject *r)
{
    if (r->SymbolID == 0 || r->SymbolID > (uint32_t)e->symbol_count)
        return;
    struct engine_symbol *s = &e->symbols[r->SymbolID - 1];
    char text[96];
    text_clean(text, sizeof text, r->RejectText, sizeof r->RejectText);
    if (s->retry_pause == 0)
        engine_quote(e, MESSAGE_WARNING, "no prices of %s: %s; asking again from time to time",
                     s->name, text[0] ? text : "the server gives no reason");
    s->live_from = 0;
    s->retry_pause = s->retry_pause == 0 ? FIRST_PAUSE : 2 * s->retry_pause;
    if (s->retry_pause > LONGEST_PAUSE)
        s->retry_pause = LONGEST_PAUSE;
    s->retry_at = e->now + s->retry_pause;
}

/* Prices stand still, and nobody knows what they are meanwhile. */
static void lose_feed(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    s->feed_lost = true;
    s->live_from = 0;
    state_mark_partial(e->state, s->place);
    engine_note_gaps(e, s->name);
}

/* Within the next second: a server that changes its mind all the time is not answered each time. */
static void feed_is_back(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    s->feed_lost = false;
    if (server != NULL && server->ResubscribeWhenMarketDataFeedAvailable)
        s->retry_at = e->now;
    else
        engine_want_session(e, symbol);
}

void engine_take_feed_status(struct engine *e, int32_t status)
{
    if (status == DTC_MARKET_DATA_FEED_UNAVAILABLE) {
        engine_quote(e, MESSAGE_WARNING, "the server has lost its market data: prices stand still");
        for (int i = 0; i < e->symbol_count; i++)
            lose_feed(e, i);
    } else if (status == DTC_MARKET_DATA_FEED_AVAILABLE) {
        engine_quote(e, MESSAGE_GOOD, "the server has market data again");
        for (int i = 0; i < e->symbol_count; i++)
            feed_is_back(e, i);
    }
}

void engine_take_symbol_status(struct engine *e, const struct dtc_market_data_feed_symbol_status *f)
{
    if (f->SymbolID == 0 || f->SymbolID > (uint32_t)e->symbol_count)
        return;
    int symbol = (int)f->SymbolID - 1;
    struct engine_symbol *s = &e->symbols[symbol];
    if (f->Status == DTC_MARKET_DATA_FEED_UNAVAILABLE && !s->feed_lost) {
        engine_quote(e, MESSAGE_WARNING, "the server has lost the prices of %s: they stand still",
                     s->name);
        lose_feed(e, symbol);
    } else if (f->Status == DTC_MARKET_DATA_FEED_AVAILABLE) {
        if (s->feed_lost)
            engine_quote(e, MESSAGE_GOOD, "the server has prices of %s again", s->name);
        feed_is_back(e, symbol);
    }
}
