#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const int64_t FIRST_PAUSE = 5 * CLOCK_SECOND;
static const int64_t LONGEST_PAUSE = 5 * CLOCK_MINUTE;

/* Settings of the symbol's product. Those of the user rule; shipped ones only stand in for what the
 * server does not say. */
static void apply_settings(const struct config *c, struct instrument *i, bool shipped_too)
{
    for (size_t k = 0; k < c->instrument_count; k++) {
        const struct config_instrument *s = &c->instruments[k];
        if (strcmp(s->root, i->root) != 0 || (s->shipped && !shipped_too))
            continue;
        if (s->tick > 0 && (i->tick <= 0 || !s->shipped))
            i->tick = s->tick;
        if (s->point_value > 0 && (i->point_value <= 0 || !s->shipped))
            i->point_value = s->point_value;
        if (s->commission > 0)
            i->commission = s->commission;
        if (s->currency[0] != '\0' && (i->currency[0] == '\0' || !s->shipped))
            text_copy(i->currency, sizeof i->currency, s->currency);
    }
}

static void go_without_definition(struct engine *e, int symbol, const char *why);

static void ask_definition(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    s->defined = s->subscribed = false;
    s->retry_at = s->retry_pause = s->definition_request = 0;
    if (server == NULL)
        return;
    if (server->SecurityDefinitionsSupported) {
        union dtc_message m;
        dtc_message_init(&m, DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST);
        struct dtc_security_definition_for_symbol_request *r =
            &m.security_definition_for_symbol_request;
        dtc_text_set(r->Symbol, sizeof r->Symbol, s->name);
        dtc_text_set(r->Exchange, sizeof r->Exchange, s->exchange);
        s->definition_request = dtc_session_request(e->session, &m, e->now);
    }
    if (s->definition_request == 0)
        go_without_definition(e, symbol, "");
}

int engine_find_symbol(struct engine *e, const char *name, const char *exchange)
{
    for (int i = 0; i < e->symbol_count; i++)
        if (strcmp(e->symbols[i].name, name) == 0)
            return i;
    int place = e->symbol_count < SNAPSHOT_SYMBOLS ? state_add_symbol(e->state, name) : -1;
    if (place < 0) {
        if (name[0] != '\0')
            engine_say(e, MESSAGE_ERROR, "%s is ignored: no more than %d symbols can be followed",
                       name, SNAPSHOT_SYMBOLS);
        return -1;
    }
    int symbol = e->symbol_count++;
    struct engine_symbol *s = &e->symbols[symbol];
    *s = (struct engine_symbol){.place = place, .multiplier = 1};
    text_copy(s->name, sizeof s->name, name);
    text_copy(s->exchange, sizeof s->exchange, exchange);
    struct instrument i;
    state_get_instrument(e->state, place, &i);
    apply_settings(e->options.config, &i, true);
    state_put_instrument(e->state, place, &i);
    if (e->session != NULL && dtc_session_phase(e->session) == DTC_ONLINE)
        ask_definition(e, symbol);
    return symbol;
}

void engine_ask_definitions(struct engine *e)
{
    e->waiting_count = 0; /* of the connection before: everything is asked for again */
    for (int i = 0; i < e->symbol_count; i++)
        ask_definition(e, i);
}

bool engine_wait_for_symbol(struct engine *e, int symbol, const union dtc_message *m)
{
    if (e->symbols[symbol].defined)
        return false;
    if (e->waiting_count == ENGINE_WAITING) {
        engine_say(e, MESSAGE_ERROR, "too many messages wait for the definition of %s: not waiting",
                   e->symbols[symbol].name);
        go_without_definition(e, symbol, "");
        return false;
    }
    if (e->waiting_count == e->waiting_capacity) {
        e->waiting_capacity = e->waiting_capacity ? 2 * e->waiting_capacity : 16;
        e->waiting = memory_resize(e->waiting, e->waiting_capacity, sizeof *e->waiting);
    }
    struct engine_waiting *w = &e->waiting[e->waiting_count++];
    w->symbol = symbol;
    w->message = *m;
    return true;
}

static void subscribe(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    if (server == NULL || !server->MarketDataSupported)
        return;
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_REQUEST);
    struct dtc_market_data_request *r = &m.market_data_request;
    r->RequestAction = DTC_SUBSCRIBE;
    r->SymbolID = (uint32_t)symbol + 1;
    dtc_text_set(r->Symbol, sizeof r->Symbol, s->name);
    dtc_text_set(r->Exchange, sizeof r->Exchange, s->exchange);
    s->subscribed = dtc_session_send(e->session, &m);
}

/* Lets the symbol's messages pass, those that waited first. */
static void open_gate(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    s->defined = s->scale_known = true;
    s->definition_request = 0;
    size_t kept = 0;
    for (size_t i = 0; i < e->waiting_count; i++) {
        if (e->waiting[i].symbol == symbol) {
            union dtc_message m = e->waiting[i].message;
            engine_handle(e, &m);
        } else {
            e->waiting[kept++] = e->waiting[i];
        }
    }
    e->waiting_count = kept; /* none of them waits again: their symbol is defined */
    subscribe(e, symbol);
    engine_apply_collected(e);
}

static void warn_of_points(struct engine *e, int symbol, const char *why)
{
    const struct engine_symbol *s = &e->symbols[symbol];
    struct instrument known;
    state_get_instrument(e->state, s->place, &known);
    if (known.point_value <= 0)
        engine_say(e, MESSAGE_WARNING,
                   "the server does not define %s%s%s: counting in points; set "
                   "[instrument.%s] tick and point_value",
                   s->name, why[0] ? ": " : "", why, known.root);
}

static void go_without_definition(struct engine *e, int symbol, const char *why)
{
    if (e->symbols[symbol].defined || dtc_session_server(e->session) == NULL)
        return;
    warn_of_points(e, symbol, why);
    open_gate(e, symbol);
}

/* The symbol that it defines; -1: unasked, of one that nobody follows. An answer may spell the
 * symbol in another way than the request. */
static int find_defined(const struct engine *e, const struct dtc_security_definition_response *d)
{
    char name[SYMBOL_SIZE];
    text_clean(name, sizeof name, d->Symbol, sizeof d->Symbol);
    for (int i = 0; i < e->symbol_count; i++)
        if (e->symbols[i].definition_request != 0 &&
            e->symbols[i].definition_request == d->RequestID)
            return i;
    for (int i = 0; i < e->symbol_count; i++)
        if (strcmp(e->symbols[i].name, name) == 0)
            return i;
    return -1;
}

void engine_take_definition(struct engine *e, const struct dtc_security_definition_response *d)
{
    int symbol = find_defined(e, d);
    if (symbol < 0)
        return;
    struct engine_symbol *s = &e->symbols[symbol];
    if (d->Description[0] == '\0' && !(d->MinPriceIncrement > 0)) {
        go_without_definition(e, symbol, "it does not know the symbol");
        return;
    }
    double multiplier = instrument_multiplier(d->DisplayPriceMultiplier);
    if (s->scale_known && multiplier != s->multiplier)
        engine_say(
            e, MESSAGE_ERROR,
            "the server's prices of %s changed their scale from %g to %g: check its position",
            s->name, s->multiplier, multiplier);
    s->multiplier = multiplier;

    struct instrument i;
    state_get_instrument(e->state, s->place, &i);
    i.display_multiplier = multiplier;
    i.price_format = d->PriceDisplayFormat;
    text_clean(i.description, sizeof i.description, d->Description, sizeof d->Description);
    if (d->Currency[0] != '\0')
        text_clean(i.currency, sizeof i.currency, d->Currency, sizeof d->Currency);
    double tick = instrument_decimal(d->MinPriceIncrement);
    double tick_value = instrument_decimal(d->CurrencyValuePerIncrement);
    if (price_is_set(tick) && tick > 0) {
        i.tick = tick;
        if (price_is_set(tick_value) && tick_value > 0)
            i.point_value = tick_value / tick;
    }
    apply_settings(e->options.config, &i, false);
    state_put_instrument(e->state, s->place, &i);
    if (s->defined)
        return;
    warn_of_points(e, symbol, "it leaves out tick or tick value");
    open_gate(e, symbol);
}

void engine_end_definition(struct engine *e, int32_t request, const char *why)
{
    for (int i = 0; i < e->symbol_count; i++)
        if (e->symbols[i].definition_request == request)
            go_without_definition(e, i, why);
}

void engine_retry_market_data(struct engine *e)
{
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *s = &e->symbols[i];
        if (s->retry_at == 0 || e->now < s->retry_at)
            continue;
        s->retry_at = 0;
        subscribe(e, i);
    }
}

void engine_take_market_data_reject(struct engine *e, const struct dtc_market_data_reject *r)
{
    if (r->SymbolID == 0 || r->SymbolID > (uint32_t)e->symbol_count)
        return;
    struct engine_symbol *s = &e->symbols[r->SymbolID - 1];
    char text[96];
    text_clean(text, sizeof text, r->RejectText, sizeof r->RejectText);
    s->subscribed = false;
    if (s->retry_pause == 0)
        engine_say(e, MESSAGE_WARNING, "no prices of %s: %s; asking again from time to time",
                   s->name, text[0] ? text : "the server gives no reason");
    s->retry_pause = s->retry_pause == 0 ? FIRST_PAUSE : 2 * s->retry_pause;
    if (s->retry_pause > LONGEST_PAUSE)
        s->retry_pause = LONGEST_PAUSE;
    s->retry_at = e->now + s->retry_pause;
}

void engine_take_feed_status(struct engine *e, const struct dtc_market_data_feed_status *f)
{
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    if (f->Status == DTC_MARKET_DATA_FEED_UNAVAILABLE) {
        engine_say(e, MESSAGE_WARNING, "the server has lost its market data: prices stand still");
    } else if (f->Status == DTC_MARKET_DATA_FEED_AVAILABLE) {
        engine_say(e, MESSAGE_GOOD, "the server has market data again");
        for (int i = 0; i < e->symbol_count; i++)
            if (server != NULL && server->ResubscribeWhenMarketDataFeedAvailable &&
                e->symbols[i].defined)
                subscribe(e, i);
    }
}
