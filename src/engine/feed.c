/* Subscriptions to market data. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

static const int64_t FIRST_PAUSE = 5 * CLOCK_SECOND;
static const int64_t LONGEST_PAUSE = 5 * CLOCK_MINUTE;
static const int64_t FIRST_PACE = 10 * CLOCK_SECOND;
static const int64_t LONGEST_PACE = 10 * CLOCK_MINUTE;

int64_t engine_pace(const struct engine *e, struct engine_pace *p)
{
    if (p->last >= e->now)
        return p->last;
    int64_t next = p->last + p->pause;
    bool is_anew = p->pause == 0 || e->now - next >= LONGEST_PACE;
    p->pause = is_anew ? FIRST_PACE : 2 * p->pause;
    if (p->pause > LONGEST_PACE)
        p->pause = LONGEST_PACE;
    return p->last = next > e->now ? next : e->now;
}

bool engine_sees_prices(struct engine *e, const char *symbol, int64_t time)
{
    int i = engine_find_symbol(e, symbol);
    return i >= 0 && e->symbols[i].live_from != 0 && e->symbols[i].live_at <= time &&
           e->missed_at <= time;
}

/* None is seen until the next first one. */
static void stop_prices(struct engine *e, struct engine_symbol *s)
{
    if (s->live_from != 0)
        engine_note_gaps(e, s->name);
    s->live_from = s->asked_at = 0;
}

void engine_subscribe(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    state_mark_partial(e->state, s->place); /* what was traded since the last subscription */
    stop_prices(e, s);
    if (server == NULL || !server->MarketDataSupported || s->past_only)
        return;
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_REQUEST);
    struct dtc_market_data_request *r = &m.market_data_request;
    r->RequestAction = DTC_SUBSCRIBE;
    r->SymbolID = (uint32_t)symbol + 1;
    engine_write_symbol(e, s->name, r->Symbol, r->Exchange);
    s->asked_at = e->now;
    dtc_session_send(e->session, &m);
    engine_want_session(e, symbol);
}

void engine_follow_symbol(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    if (!s->past_only)
        return;
    s->past_only = false;
    if (s->defined)
        engine_subscribe(e, symbol);
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
    stop_prices(e, s);
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
    state_mark_partial(e->state, s->place);
    stop_prices(e, s);
}

/* Some servers say so of feeds that were never lost, with each subscription for example. */
static void feed_is_back(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    if (!s->feed_lost)
        return;
    s->feed_lost = false;
    if (server != NULL && server->ResubscribeWhenMarketDataFeedAvailable)
        s->retry_at = engine_pace(e, &s->feed_pace);
    else
        engine_want_session(e, symbol);
}

void engine_take_feed_status(struct engine *e, int32_t status)
{
    if (status == DTC_MARKET_DATA_FEED_UNAVAILABLE) {
        engine_quote(e, MESSAGE_WARNING, "the server has lost its market data: prices stand still");
        for (int i = 0; i < e->symbol_count; i++)
            lose_feed(e, i);
        e->feed_lost = true;
    } else if (status == DTC_MARKET_DATA_FEED_AVAILABLE) {
        if (e->feed_lost)
            engine_quote(e, MESSAGE_GOOD, "the server has market data again");
        e->feed_lost = false;
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
    if (f->Status == DTC_MARKET_DATA_FEED_UNAVAILABLE) {
        if (!s->feed_lost)
            engine_quote(e, MESSAGE_WARNING,
                         "the server has lost the prices of %s: they stand still", s->name);
        lose_feed(e, symbol);
    } else if (f->Status == DTC_MARKET_DATA_FEED_AVAILABLE) {
        if (s->feed_lost)
            engine_quote(e, MESSAGE_GOOD, "the server has prices of %s again", s->name);
        feed_is_back(e, symbol);
    }
}
