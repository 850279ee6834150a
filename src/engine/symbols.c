#include "engine/internal.h"

#include "base/memory.h"
#include "base/setting.h"
#include "base/text.h"

#include <string.h>

/* Ticks, tick values and multipliers beyond these are of no market. */
static const double LEAST = 1e-9, GREATEST = 1e9;

static double believable(double value)
{
    return value >= LEAST && value <= GREATEST ? value : 0;
}

/* Of the server; "": the exchange is not used. */
static void read_delimiter(const struct engine *e, char delimiter[8])
{
    const struct dtc_logon_response *server =
        e->session != NULL ? dtc_session_server(e->session) : NULL;
    delimiter[0] = '\0';
    if (server != NULL)
        text_clean(delimiter, 8, server->SymbolExchangeDelimiter,
                   sizeof server->SymbolExchangeDelimiter);
}

void engine_read_symbol(const struct engine *e, char name[SYMBOL_SIZE], const char symbol[64],
                        const char exchange[16])
{
    char delimiter[8], place[16];
    text_clean(name, SYMBOL_SIZE, symbol, 64);
    text_clean(place, sizeof place, exchange, sizeof place);
    read_delimiter(e, delimiter);
    size_t length = strlen(name);
    if (length > 0 && delimiter[0] != '\0' && place[0] != '\0')
        text_format(name + length, SYMBOL_SIZE - length, "%s%s", delimiter, place);
}

/* Where the exchange begins, with its delimiter; the end where there is none. */
static size_t symbol_length(const struct engine *e, const char *name)
{
    char delimiter[8];
    size_t length = strlen(name);
    read_delimiter(e, delimiter);
    for (size_t i = length; delimiter[0] != '\0' && i-- > 1;)
        if (strncmp(name + i, delimiter, strlen(delimiter)) == 0)
            return i;
    return length;
}

void engine_write_symbol(const struct engine *e, const char *name, char symbol[64],
                         char exchange[16])
{
    char delimiter[8];
    size_t length = symbol_length(e, name);
    read_delimiter(e, delimiter);
    dtc_text_set(symbol, 64, name);
    symbol[length < 64 ? length : 63] = '\0';
    dtc_text_set(exchange, 16, name[length] != '\0' ? name + length + strlen(delimiter) : "");
}

static void apply_number(double *value, double setting, bool rules)
{
    if (setting > 0 && (rules || *value <= 0))
        *value = setting;
}

/* Settings of the product rule over what the server says; shipped ones stand in for what it does
 * not say. */
static void apply_setting(struct instrument *i, const struct config_instrument *s, bool rules)
{
    apply_number(&i->tick, s->tick, rules);
    apply_number(&i->point_value, s->point_value, rules);
    apply_number(&i->commission, s->commission, rules);
    if (s->currency[0] != '\0' && (rules || i->currency[0] == '\0'))
        text_copy(i->currency, sizeof i->currency, s->currency);
}

static const struct config_instrument *find_setting(const struct config *c, const char *root)
{
    for (size_t i = 0; i < c->instrument_count; i++)
        if (strcmp(c->instruments[i].root, root) == 0)
            return &c->instruments[i];
    return NULL;
}

static void apply_settings(const struct config *c, struct instrument *i)
{
    const struct config_instrument *own = find_setting(c, i->root);
    const struct config_instrument *shipped = config_find_shipped(i->root);
    if (own != NULL)
        apply_setting(i, own, true);
    if (shipped != NULL)
        apply_setting(i, shipped, false);
}

/* What the settings say of it; its product is told by the symbol without the exchange. */
static void find_product(struct engine *e, struct engine_symbol *s)
{
    struct instrument i;
    char symbol[64], exchange[16];
    engine_write_symbol(e, s->name, symbol, exchange);
    state_get_instrument(e->state, s->place, &i);
    instrument_root(symbol, i.root, sizeof i.root);
    apply_settings(e->options.config, &i);
    const struct config_instrument *own = find_setting(e->options.config, i.root);
    s->session_start = own != NULL ? (int)own->session_start : SETTING_SESSION_START;
    state_put_instrument(e->state, s->place, &i);
}

static void note_term(struct engine *e, const char *name, const char *symbol, double value)
{
    struct change c;
    char fact[sizeof c.fact];
    text_format(fact, sizeof fact, "%s:%s", name, symbol);
    state_note_fact(e->state, fact, money_from_double(value), e->wall, &c);
    engine_store(e, &c);
}

void engine_note_terms(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    struct instrument i;
    state_get_instrument(e->state, s->place, &i);
    if (s->terms_noted && s->point_value == i.point_value && s->commission == i.commission)
        return;
    s->terms_noted = true;
    s->point_value = i.point_value;
    s->commission = i.commission;
    note_term(e, "point-value", s->name, i.point_value);
    note_term(e, "commission", s->name, i.commission);
}

static void go_without_definition(struct engine *e, int symbol, const char *why);

static void ask_definition(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    s->defined = s->feed_lost = false;
    s->live_from = s->asked_at = s->retry_at = s->definition_request = 0;
    if (server == NULL)
        return;
    find_product(e, s);
    if (server->SecurityDefinitionsSupported) {
        union dtc_message m;
        dtc_message_init(&m, DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST);
        struct dtc_security_definition_for_symbol_request *r =
            &m.security_definition_for_symbol_request;
        engine_write_symbol(e, s->name, r->Symbol, r->Exchange);
        s->definition_request = dtc_session_request(e->session, &m, e->now);
    }
    if (s->definition_request == 0)
        go_without_definition(e, symbol, "");
}

int engine_find_symbol(struct engine *e, const char *name)
{
    for (int i = 0; i < e->symbol_count; i++)
        if (strcmp(e->symbols[i].name, name) == 0)
            return i;
    int place = e->symbol_count < SNAPSHOT_SYMBOLS ? state_add_symbol(e->state, name) : -1;
    if (place < 0) {
        if (name[0] != '\0' && !e->told.symbols)
            engine_say(e, MESSAGE_ERROR,
                       "%s and what comes after it is ignored: no more than %d symbols can be "
                       "followed",
                       name, SNAPSHOT_SYMBOLS);
        e->told.symbols = name[0] != '\0' || e->told.symbols;
        return -1;
    }
    int symbol = e->symbol_count++;
    struct engine_symbol *s = &e->symbols[symbol];
    *s = (struct engine_symbol){.place = place, .multiplier = 1};
    text_copy(s->name, sizeof s->name, name);
    find_product(e, s);
    if (e->session != NULL && dtc_session_phase(e->session) == DTC_ONLINE)
        ask_definition(e, symbol);
    return symbol;
}

void engine_ask_definitions(struct engine *e)
{
    for (int i = 0; i < e->symbol_count; i++)
        e->symbols[i].defined = false;
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
    w->late = false;
    w->message = *m;
    return true;
}

void engine_lose_waiting(struct engine *e)
{
    size_t kept = 0;
    for (size_t i = 0; i < e->waiting_count; i++) {
        if (!engine_reports_fill(&e->waiting[i].message))
            continue;
        e->waiting[kept] = e->waiting[i];
        e->waiting[kept++].late = true;
    }
    e->waiting_count = kept;
}

/* Lets the symbol's messages pass, those that waited first. */
static void open_gate(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    s->defined = s->scale_known = true;
    s->definition_request = 0;
    size_t kept = 0;
    for (size_t i = 0; i < e->waiting_count; i++) {
        if (e->waiting[i].symbol != symbol) {
            e->waiting[kept++] = e->waiting[i];
            continue;
        }
        union dtc_message m = e->waiting[i].message;
        if (e->waiting[i].late)
            engine_take_late_fill(e, &m);
        else
            engine_handle(e, &m);
    }
    e->waiting_count = kept; /* none of them waits again: their symbol is defined */
    engine_subscribe(e, symbol);
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
    engine_read_symbol(e, name, d->Symbol, d->Exchange);
    for (int i = 0; i < e->symbol_count; i++)
        if (e->symbols[i].definition_request != 0 &&
            e->symbols[i].definition_request == d->RequestID)
            return i;
    for (int i = 0; i < e->symbol_count; i++)
        if (strcmp(e->symbols[i].name, name) == 0)
            return i;
    return -1;
}

static void take_scale(struct engine *e, struct engine_symbol *s, float wire)
{
    double multiplier = instrument_multiplier(wire);
    if (believable(multiplier) == 0)
        multiplier = 1;
    if (s->scale_known && multiplier != s->multiplier)
        engine_quote(
            e, MESSAGE_ERROR,
            "the server's prices of %s changed their scale from %g to %g: check its position",
            s->name, s->multiplier, multiplier);
    s->multiplier = multiplier;
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
    take_scale(e, s, d->DisplayPriceMultiplier);
    struct instrument i;
    state_get_instrument(e->state, s->place, &i);
    i.display_multiplier = s->multiplier;
    i.price_format = d->PriceDisplayFormat;
    text_clean(i.description, sizeof i.description, d->Description, sizeof d->Description);
    if (d->Currency[0] != '\0')
        text_clean(i.currency, sizeof i.currency, d->Currency, sizeof d->Currency);
    double tick = believable(instrument_decimal(d->MinPriceIncrement));
    double tick_value = believable(instrument_decimal(d->CurrencyValuePerIncrement));
    if (tick > 0)
        i.tick = tick;
    if (tick > 0 && tick_value > 0)
        i.point_value = tick_value / tick;
    apply_settings(e->options.config, &i);
    bool is_refined = state_put_instrument(e->state, s->place, &i);
    if (s->terms_noted)
        engine_note_terms(e, symbol);
    if (s->defined) {
        if (is_refined)
            engine_want_session(e, symbol);
        return;
    }
    warn_of_points(e, symbol, "it leaves out tick or tick value");
    open_gate(e, symbol);
}

void engine_end_definition(struct engine *e, int32_t request, enum dtc_outcome outcome,
                           const char *why)
{
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *s = &e->symbols[i];
        if (s->definition_request != request)
            continue;
        if (outcome == DTC_REJECTED && !s->refusal_told) {
            s->refusal_told = true;
            engine_say(e, MESSAGE_INFO, "the server refuses the definition of %s: %s", s->name,
                       why[0] ? why : "it gives no reason");
        }
        go_without_definition(e, i, outcome == DTC_COMPLETE ? "" : why);
    }
}
