/* The connection on which prices of the past are asked for: the one that there is, or one for each
 * question where the settings name a port for it, or the server answers only one a connection. A
 * compressed answer takes a connection for itself. */
#include "engine/internal.h"

#include "base/text.h"

#include <poll.h>

enum { FAILURES = 5 };

static bool has_own_port(const struct engine *e)
{
    const struct config *c = e->options.config;
    return c->history_port != 0 && c->history_port != c->port;
}

bool engine_has_past(const struct engine *e)
{
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    return server != NULL && !e->past_is_vain &&
           (has_own_port(e) || server->HistoricalPriceDataSupported);
}

static void on_message(void *context, const union dtc_message *m)
{
    struct engine *e = context;
    engine_take_past(e, e->past_session, m);
}

static void on_phase(void *context, enum dtc_phase phase, const char *sentence)
{
    struct engine *e = context;
    if (phase == DTC_ONLINE) {
        e->past_failures = 0;
        e->past_is_vain = !dtc_session_server(e->past_session)->HistoricalPriceDataSupported;
        sentence = "the server at history_port has none";
    } else if (phase == DTC_WAITING) {
        e->past_is_vain = ++e->past_failures == FAILURES;
    } else if (phase == DTC_ENDED && !e->past_is_over) {
        e->past_is_vain = true;
    }
    if (e->past_is_vain && !e->past_is_over) {
        e->past_is_over = true;
        engine_say(e, MESSAGE_WARNING, "no past prices: %s", sentence);
    }
}

static void on_answered(void *context, int32_t id, uint16_t type, enum dtc_outcome outcome,
                        const char *text)
{
    struct engine *e = context;
    if (type != DTC_HISTORICAL_PRICE_DATA_REQUEST)
        return;
    engine_end_past(e, e->past_session, id, outcome, text);
    e->past_is_over = true;
}

struct dtc_session *engine_past_session(struct engine *e)
{
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    if (!has_own_port(e) && !server->OneHistoricalPriceDataRequestPerConnection)
        return e->session;
    if (e->past_session == NULL) {
        struct dtc_session_options options;
        engine_set_options(e, &options);
        options.hosts[0] = *dtc_session_address(e->session);
        options.host_count = 1;
        if (has_own_port(e))
            options.hosts[0].port = (int)e->options.config->history_port;
        struct dtc_listener listener = {e, on_message, on_phase, on_answered};
        e->past_session = dtc_session_new(&options, &listener);
        e->past_is_over = false;
    }
    bool is_ready = dtc_session_phase(e->past_session) == DTC_ONLINE && !e->past_is_over;
    return is_ready ? e->past_session : NULL;
}

static bool is_wanted(const struct engine *e)
{
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose != PAST_NONE && e->past[i].wanted)
            return dtc_session_phase(e->session) == DTC_ONLINE;
    return false;
}

void engine_service_past(struct engine *e)
{
    struct dtc_session *s = e->past_session;
    if (s == NULL)
        return;
    struct pollfd p = {0};
    p.fd = dtc_session_descriptor(s, &p.events);
    if (p.fd >= 0)
        poll(&p, 1, 0);
    dtc_session_service(s, p.revents, e->now);
    bool is_for_nobody = e->past_request != 0 && e->past_asked_on == s && e->past_asked == NULL;
    if (!e->past_is_over && !is_for_nobody && is_wanted(e))
        return;
    e->past_is_over = true;
    dtc_session_logoff(s, "all past prices are here");
    dtc_session_free(s);
    e->past_session = NULL;
    if (e->past_asked_on == s) { /* it was for nobody any more */
        e->past_asked_on = NULL;
        e->past_asked = NULL;
        e->past_request = 0;
    }
    if (e->past_is_vain)
        engine_give_up_past(e);
}
