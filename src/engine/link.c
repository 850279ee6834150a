#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "dtc/encoding.h"

#include <string.h>

static const int64_t DROPPED_PAUSE = 2 * CLOCK_SECOND;

static int32_t request(struct engine *e, uint16_t type)
{
    union dtc_message m;
    dtc_message_init(&m, type);
    return dtc_session_request(e->session, &m, e->now);
}

void engine_ask_everything(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++) {
        /* one of the settings or the database begins to be followed now */
        engine_find_account(e, e->accounts[i].key.account, false);
        engine_ask_history(e, &e->accounts[i]);
        engine_ask_balance(e, &e->accounts[i]);
    }
    if (e->orders_request == 0) {
        e->open_order_count = 0;
        e->open_orders_lost = false;
        e->orders_request = request(e, DTC_OPEN_ORDERS_REQUEST);
    }
    engine_ask_positions(e);
}

/* The header shows every step; the messages tell of a try that failed once a reason, not once a
 * try. */
static bool is_news(struct engine *e, enum dtc_phase phase, const char *sentence)
{
    if (phase == DTC_CONNECTING || phase == DTC_LOGGING_ON)
        return false;
    size_t reason = strcspn(sentence, ";?"); /* what follows is when the next try is made */
    if (phase == DTC_WAITING && strncmp(e->trouble, sentence, reason) == 0)
        return false;
    text_copy(e->trouble, sizeof e->trouble, phase == DTC_ONLINE ? "" : sentence);
    return true;
}

/* The one that is spoken to, and in what. */
static void show_server(const struct dtc_session *s, struct connection *c)
{
    char address[sizeof c->server];
    address_format(dtc_session_address(s), address, sizeof address);
    text_clean(c->server, sizeof c->server, address, sizeof address);
    text_copy(c->encoding, sizeof c->encoding, dtc_encoding_get(dtc_session_encoding(s))->name);
}

/* What the user can not have from this server. */
static void tell_limits(struct engine *e, const struct dtc_logon_response *server)
{
    const struct {
        bool supported;
        const char *sentence;
    } limits[] = {
        {server->TradingIsSupported,
         "the server does not allow trading: the console only looks on"},
        {server->MarketDataSupported,
         "the server gives no market data: positions are valued at their fills"},
        {server->SecurityDefinitionsSupported,
         "the server defines no symbols: ticks and point values are those of the settings"},
    };
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        if (!limits[i].supported)
            engine_say(e, MESSAGE_INFO, "%s", limits[i].sentence);
}

static void begin_connection(struct engine *e)
{
    e->orders_listed = e->positions_told = e->past_is_vain = false;
    e->feed_lost = false;
    e->past_failures = 0;
    e->dropped = 0;
    e->online_since = e->wall;
    e->missed_at = e->now;
    tell_limits(e, dtc_session_server(e->session));
    engine_ask_definitions(e);
    e->accounts_request = request(e, DTC_TRADE_ACCOUNTS_REQUEST);
}

/* What was under way will be asked for anew; of what was told, nothing is lost. */
static void end_connection(struct engine *e)
{
    e->was_online = false;
    engine_lose_waiting(e);
    engine_lose_histories(e);
    engine_forget_reports(e);
    e->dropped_pace = (struct engine_pace){0};
    for (int i = 0; i < e->symbol_count; i++) {
        struct engine_symbol *s = &e->symbols[i];
        s->feed_pace = s->gap_pace = s->session_pace = (struct engine_pace){0};
    }
    if (!e->stopping)
        engine_note_gaps(e, NULL);
    engine_hold_prices(e);
}

static void on_phase(void *context, enum dtc_phase phase, const char *sentence)
{
    static const struct {
        enum link_phase shown;
        enum message_level level;
    } phases[] = {
        [DTC_WAITING] = {LINK_OFFLINE, MESSAGE_WARNING},
        [DTC_CONNECTING] = {LINK_CONNECTING, MESSAGE_INFO},
        [DTC_LOGGING_ON] = {LINK_LOGGING_ON, MESSAGE_INFO},
        [DTC_ONLINE] = {LINK_ONLINE, MESSAGE_GOOD},
        [DTC_ENDED] = {LINK_ENDED, MESSAGE_ERROR},
    };
    struct engine *e = context;
    struct connection *c = &e->connection;
    engine_settle_prices(e);
    c->phase = phases[phase].shown;
    c->round_trip = -1;
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    c->trading_supported = phase == DTC_ONLINE && server != NULL && server->TradingIsSupported != 0;
    show_server(e->session, c);
    text_copy(c->sentence, sizeof c->sentence, sentence);
    state_set_connection(e->state, c);
    if (!e->stopping && is_news(e, phase, sentence))
        engine_say(e, phases[phase].level, "%s", sentence);

    if (e->was_online && phase != DTC_ONLINE)
        end_connection(e);
    if (phase == DTC_ONLINE) {
        e->was_online = true;
        begin_connection(e);
    }
}

static void on_answered(void *context, int32_t id, uint16_t type, enum dtc_outcome outcome,
                        const char *text)
{
    struct engine *e = context;
    engine_settle_prices(e);
    switch (type) {
    case DTC_TRADE_ACCOUNTS_REQUEST:
        e->accounts_request = 0;
        if (outcome == DTC_REJECTED)
            engine_say(e, MESSAGE_WARNING, "the server does not list its accounts: %s", text);
        if (dtc_session_phase(e->session) == DTC_ONLINE)
            engine_ask_everything(e);
        break;
    case DTC_OPEN_ORDERS_REQUEST:
        e->orders_request = 0;
        engine_end_orders(e, outcome, text);
        break;
    case DTC_CURRENT_POSITIONS_REQUEST:
        e->positions_request = 0;
        engine_end_positions(e, outcome, text);
        break;
    case DTC_HISTORICAL_ORDER_FILLS_REQUEST:
        engine_end_history(e, id, outcome, text);
        break;
    case DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST:
        engine_end_definition(e, id, outcome, text);
        break;
    case DTC_ACCOUNT_BALANCE_REQUEST:
        engine_end_balance(e, id, outcome, text);
        break;
    case DTC_HISTORICAL_PRICE_DATA_REQUEST:
        engine_end_past(e, e->session, id, outcome, text);
        break;
    default:
        break;
    }
}

static void show_text(struct engine *e, enum message_level level, const char *text, size_t size)
{
    char clean[256];
    text_clean(clean, sizeof clean, text, size);
    if (clean[0] != '\0')
        engine_quote(e, level, "server: %s", clean);
}

/* What it was could be anything: all is asked for again, and prices count as missed. */
static void take_dropped(struct engine *e, unsigned count)
{
    bool is_news = count != 0 && count != e->dropped;
    e->dropped = count;
    if (!is_news) /* servers differ in whether they count on */
        return;
    engine_quote(e, MESSAGE_WARNING, "the server could not deliver %u messages", count);
    int64_t again = engine_pace(e, &e->dropped_pace) + DROPPED_PAUSE;
    if (e->ask_again_at == 0 || e->ask_again_at > again)
        e->ask_again_at = again;
    e->missed_at = e->now;
    engine_note_gaps(e, NULL);
    for (int i = 0; i < e->account_count; i++)
        e->accounts[i].caught_up = false;
    for (int i = 0; i < e->symbol_count; i++) {
        state_mark_partial(e->state, e->symbols[i].place);
        engine_want_session(e, i);
    }
}

void engine_settle_prices(struct engine *e)
{
    for (int i = 0; e->prices_pending && i < e->symbol_count; i++)
        state_settle(e->state, e->symbols[i].place);
    e->prices_pending = false;
}

void engine_handle(struct engine *e, const union dtc_message *m)
{
    if (engine_take_price(e, m)) {
        e->prices_pending = true;
        return;
    }
    engine_settle_prices(e);
    switch (m->header.Type) {
    case DTC_TRADE_ACCOUNT_RESPONSE:
        engine_take_account(e, &m->trade_account_response);
        break;
    case DTC_ACCOUNT_BALANCE_UPDATE:
        engine_take_balance(e, &m->account_balance_update);
        break;
    case DTC_ORDER_UPDATE:
        engine_take_order(e, m);
        break;
    case DTC_HISTORICAL_ORDER_FILL_RESPONSE:
        engine_take_past_fill(e, &m->historical_order_fill_response);
        break;
    case DTC_POSITION_UPDATE:
        engine_take_position(e, m);
        break;
    case DTC_SECURITY_DEFINITION_RESPONSE:
        engine_take_definition(e, &m->security_definition_response);
        break;
    case DTC_MARKET_DATA_REJECT:
        engine_take_market_data_reject(e, &m->market_data_reject);
        break;
    case DTC_MARKET_DATA_FEED_STATUS:
        engine_take_feed_status(e, m->market_data_feed_status.Status);
        break;
    case DTC_MARKET_DATA_FEED_SYMBOL_STATUS:
        engine_take_symbol_status(e, &m->market_data_feed_symbol_status);
        break;
    case DTC_MARKET_DEPTH_REJECT:
        show_text(e, MESSAGE_WARNING, m->market_depth_reject.RejectText,
                  sizeof m->market_depth_reject.RejectText);
        break;
    case DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER:
    case DTC_HISTORICAL_PRICE_DATA_REJECT:
    case DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE:
    case DTC_HISTORICAL_PRICE_DATA_TICK_RECORD_RESPONSE:
        engine_take_past(e, e->session, m);
        break;
    case DTC_HEARTBEAT:
        engine_note_server_time(e, dtc_time_from_seconds(m->heartbeat.CurrentDateTime));
        take_dropped(e, m->heartbeat.NumDroppedMessages);
        break;
    case DTC_USER_MESSAGE:
        show_text(e, MESSAGE_WARNING, m->user_message.UserMessage,
                  sizeof m->user_message.UserMessage);
        break;
    case DTC_GENERAL_LOG_MESSAGE:
        show_text(e, MESSAGE_INFO, m->general_log_message.MessageText,
                  sizeof m->general_log_message.MessageText);
        break;
    case DTC_ALERT_MESSAGE:
        show_text(e, MESSAGE_WARNING, m->alert_message.MessageText,
                  sizeof m->alert_message.MessageText);
        break;
    default:
        break;
    }
}

static void on_message(void *context, const union dtc_message *m)
{
    engine_handle(context, m);
}

_Static_assert((int)CONFIG_HOSTS == (int)DTC_HOSTS_MAX, "all that the settings list are tried");

void engine_set_options(const struct engine *e, struct dtc_session_options *options)
{
    const struct config *c = e->options.config;
    *options = (struct dtc_session_options){
        .encoding = dtc_encoding_find(c->encoding), /* "auto" is none of them */
        .tls = c->tls,
        .heartbeat_seconds = (int)c->heartbeat,
        .seed = (uint64_t)e->wall,
    };
    options->host_count =
        address_parse_list(c->host, (int)c->port, options->hosts, DTC_HOSTS_MAX, NULL);
    text_copy(options->tls_ca_file, sizeof options->tls_ca_file, c->tls_ca_file);
    text_copy(options->username, sizeof options->username, c->username);
    text_copy(options->password, sizeof options->password, c->password);
    text_copy(options->client_name, sizeof options->client_name, "sortie " SORTIE_VERSION);
}

void engine_connect(struct engine *e)
{
    struct dtc_session_options options;
    engine_set_options(e, &options);
    struct dtc_listener listener = {e, on_message, on_phase, on_answered};
    e->session = dtc_session_new(&options, &listener);
    engine_follow_modes(e);
}
