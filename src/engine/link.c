#include "engine/internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int32_t request(struct engine *e, uint16_t type)
{
    union dtc_message m;
    dtc_message_init(&m, type);
    return dtc_session_request(e->session, &m, e->now);
}

static void ask_balance(struct engine *e, const char *account)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ACCOUNT_BALANCE_REQUEST);
    dtc_text_set(m.account_balance_request.TradeAccount,
                 sizeof m.account_balance_request.TradeAccount, account);
    dtc_session_request(e->session, &m, e->now);
}

void engine_ask_everything(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++) {
        /* one of the settings or the database begins to be followed now */
        engine_find_account(e, e->accounts[i].key.account, false);
        engine_ask_history(e, &e->accounts[i]);
        ask_balance(e, e->accounts[i].key.account);
    }
    if (e->orders_request == 0) {
        e->open_order_count = 0;
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
    c->phase = phases[phase].shown;
    c->round_trip = -1;
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    c->trading_supported = phase == DTC_ONLINE && server != NULL && server->TradingIsSupported != 0;
    text_copy(c->sentence, sizeof c->sentence, sentence);
    state_set_connection(e->state, c);
    if (!e->stopping && is_news(e, phase, sentence))
        engine_say(e, phases[phase].level, "%s", sentence);

    if (phase == DTC_ONLINE) {
        e->orders_listed = false;
        e->gaps = GAPS_UNKNOWN;
        e->online_since = e->wall;
        engine_ask_definitions(e);
        e->accounts_request = request(e, DTC_TRADE_ACCOUNTS_REQUEST);
    }
}

static void on_answered(void *context, int32_t id, uint16_t type, enum dtc_outcome outcome,
                        const char *text)
{
    struct engine *e = context;
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
        engine_end_definition(e, id, outcome == DTC_COMPLETE ? "" : text);
        break;
    default: /* a balance that is refused is simply not shown */
        break;
    }
}

static void show_text(struct engine *e, enum message_level level, const char *text, size_t size)
{
    char clean[256];
    text_clean(clean, sizeof clean, text, size);
    if (clean[0] != '\0')
        engine_say(e, level, "server: %s", clean);
}

static void take_account(struct engine *e, const struct dtc_trade_account_response *u)
{
    char name[ACCOUNT_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    if (name[0] != '\0')
        engine_find_account(e, name, true);
}

void engine_handle(struct engine *e, const union dtc_message *m)
{
    if (engine_take_price(e, m))
        return;
    switch (m->header.Type) {
    case DTC_TRADE_ACCOUNT_RESPONSE:
        take_account(e, &m->trade_account_response);
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
        engine_take_feed_status(e, &m->market_data_feed_status);
        break;
    case DTC_HEARTBEAT:
        engine_say(e, MESSAGE_WARNING, "the server could not deliver %u messages",
                   m->heartbeat.NumDroppedMessages);
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

void engine_connect(struct engine *e)
{
    const struct config *c = e->options.config;
    struct dtc_session_options options = {
        .port = (int)c->port,
        .heartbeat_seconds = (int)c->heartbeat,
        .seed = (uint64_t)e->wall,
    };
    text_copy(options.host, sizeof options.host, c->host);
    text_copy(options.username, sizeof options.username, c->username);
    text_copy(options.password, sizeof options.password, c->password);
    text_copy(options.client_name, sizeof options.client_name, "sortie " SORTIE_VERSION);
    text_format(e->connection.server, sizeof e->connection.server, "%s:%d", c->host, options.port);
    text_copy(e->connection.encoding, sizeof e->connection.encoding, c->encoding);
    struct dtc_listener listener = {e, on_message, on_phase, on_answered};
    e->session = dtc_session_new(&options, &listener);
}
