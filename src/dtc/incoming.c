#include "base/clock.h"
#include "base/text.h"
#include "dtc/inflate.h"
#include "dtc/internal.h"

#include <string.h>

enum {
    READ_MAX = 1 << 20,  /* bytes a call of service */
    REDIRECTIONS_MAX = 5 /* in a row */
};

/* The server's own words, to follow a sentence: ": words", or nothing. */
static const char *words(const char *field, size_t size, char *text, size_t text_size)
{
    char cleaned[128];
    text_clean(cleaned, sizeof cleaned, field, size);
    text_format(text, text_size, cleaned[0] ? ": %s" : "%s", cleaned);
    return text;
}

static void take_encoding(struct dtc_session *s, const struct dtc_encoding_response *answer)
{
    char where[SESSION_WHERE], reason[SESSION_SENTENCE];
    const struct dtc_encoding *codec = dtc_encoding_get(answer->Encoding);
    session_where(s, where);
    if (codec == NULL) {
        text_format(reason, sizeof reason, "%s wants to speak an encoding that is unknown (%d)",
                    where, (int)answer->Encoding);
        session_fail(s, reason);
        return;
    }
    s->negotiation.is_asking = s->negotiation.is_automatic = false; /* agreed */
    dtc_framing_switch(&s->framing, answer->Encoding);
    s->codec = codec;
    session_send_logon(s);
}

/* Result 4. */
static void take_redirection(struct dtc_session *s, const struct dtc_logon_response *answer)
{
    char text[sizeof answer->ReconnectAddress + 1];
    struct address target;
    text_clean(text, sizeof text, answer->ReconnectAddress, sizeof answer->ReconnectAddress);
    if (++s->redirections > REDIRECTIONS_MAX)
        session_fail(s, "servers keep sending us on to one another");
    else if (!address_parse(text, 0, &target, NULL))
        session_fail(s, "the server sends us on, but not to a host:port");
    else
        session_follow(s, &target);
}

static void take_logon(struct dtc_session *s, const struct dtc_logon_response *answer)
{
    char text[SESSION_SENTENCE], said[160], where[SESSION_WHERE];
    words(answer->ResultText, sizeof answer->ResultText, said, sizeof said);
    text_format(text, sizeof text, "the server refuses the logon%s", said);
    if (s->redirections == 0)
        s->known[s->host] = s->negotiation.is_automatic ? s->negotiation.encoding : -1;
    switch (answer->Result) {
    case DTC_LOGON_SUCCESS:
        s->server = *answer;
        s->phase = DTC_ONLINE;
        s->redirections = 0;
        s->online_since = s->heard = s->now;
        s->next_heartbeat = s->now + s->options.heartbeat_seconds * CLOCK_SECOND;
        session_tell(s, "online with %s%s", session_where(s, where),
                     words(answer->ServerName, sizeof answer->ServerName, said, sizeof said));
        break;
    case DTC_LOGON_ERROR_NO_RECONNECT:
        session_end(s, text);
        break;
    case DTC_LOGON_RECONNECT_NEW_ADDRESS:
        take_redirection(s, answer);
        break;
    default:
        session_fail(s, text);
    }
}

static void take_logoff(struct dtc_session *s, const struct dtc_logoff *logoff)
{
    char text[SESSION_SENTENCE], said[160];
    text_format(text, sizeof text, "the server logs us off%s%s",
                words(logoff->Reason, sizeof logoff->Reason, said, sizeof said),
                logoff->DoNotReconnect ? "; it asks not to be called again" : "");
    if (logoff->DoNotReconnect)
        session_end(s, text);
    else
        session_fail(s, text);
}

/* All bytes behind this message are of a zlib stream, also those that have come with it. */
static void begin_inflating(struct dtc_session *s)
{
    const struct dtc_framing *f = &s->framing;
    s->inflate = dtc_inflate_new(f->data + f->start, f->end - f->start);
    dtc_framing_reset(&s->framing, s->framing.encoding);
}

static void take_when_online(struct dtc_session *s, const union dtc_message *message)
{
    struct dtc_ending ending;
    bool is_compressed = s->inflate == NULL && dtc_requests_compresses(&s->requests, message);
    s->listener.message(s->listener.context, message);
    if (s->phase != DTC_ONLINE)
        return;
    if (dtc_requests_take(&s->requests, message, s->now, s->options.answer_timeout, &ending))
        session_end_request(s, &ending);
    else if (is_compressed)
        begin_inflating(s);
}

static void take_before_logon(struct dtc_session *s, const union dtc_message *message)
{
    uint16_t type = message->header.Type;
    if (type >= DTC_USER_MESSAGE && type <= DTC_ALERT_MESSAGE)
        s->listener.message(s->listener.context, message);
    else if (s->negotiation.is_asking && type == DTC_ENCODING_RESPONSE)
        take_encoding(s, &message->encoding_response);
    else if (s->negotiation.is_asking && type != DTC_HEARTBEAT)
        session_fail_to_talk(s, DTC_DIALECT_BINARY,
                             "the server speaks without saying which encoding it chooses");
    else if (type == DTC_LOGON_RESPONSE)
        take_logon(s, &message->logon_response);
    else if (type == DTC_LOGOFF)
        take_logoff(s, &message->logoff);
}

static void take(struct dtc_session *s, const union dtc_message *message)
{
    if (s->phase != DTC_ONLINE) {
        take_before_logon(s, message);
        return;
    }
    switch (message->header.Type) {
    case DTC_LOGON_RESPONSE:
        break;
    case DTC_LOGOFF:
        take_logoff(s, &message->logoff);
        break;
    default:
        if (message->header.Type < DTC_ORDER_UPDATE) /* prices: they answer no request */
            s->listener.message(s->listener.context, message);
        else
            take_when_online(s, message);
    }
}

static void take_frames(struct dtc_session *s)
{
    union dtc_message message;
    struct error error;
    const char *frame;
    size_t length;
    int result = 0;
    while (session_is_connected(s) &&
           (result = dtc_framing_next(&s->framing, &frame, &length, &error)) > 0) {
        result = s->codec->decode(frame, length, &message, &error);
        s->heard = s->now;
        if (result > 0)
            take(s, &message);
        else if (result < 0)
            break;
    }
    if (session_is_connected(s) && result < 0)
        session_fail_to_talk(s, dtc_framing_dialect(&s->framing), error.text);
}

/* Bytes for the framing, as they come or inflated. */
static ssize_t fill(struct dtc_session *s, char *space, size_t size, struct error *error)
{
    if (s->inflate == NULL)
        return dtc_transport_read(&s->transport, space, size, error);
    if (!dtc_inflate_has_more(s->inflate)) {
        size_t room;
        char *input = dtc_inflate_space(s->inflate, &room);
        ssize_t got = dtc_transport_read(&s->transport, input, room, error);
        if (got <= 0)
            return got;
        dtc_inflate_advance(s->inflate, (size_t)got);
    }
    return dtc_inflate_read(s->inflate, space, size, error);
}

static bool is_read_up(const struct dtc_session *s)
{
    return s->transport.is_read_up && (s->inflate == NULL || !dtc_inflate_has_more(s->inflate));
}

bool session_read(struct dtc_session *s)
{
    struct error error;
    size_t total = 0;
    while (session_is_connected(s) && total < READ_MAX) {
        size_t size;
        char *space = dtc_framing_space(&s->framing, &size);
        if (size > READ_MAX - total)
            size = READ_MAX - total;
        ssize_t got = fill(s, space, size, &error);
        if (got == 0)
            return true;
        if (got < 0) {
            session_lose(s, error.text);
            return false;
        }
        total += (size_t)got;
        dtc_framing_advance(&s->framing, (size_t)got);
        take_frames(s);
        if (is_read_up(s))
            return session_is_connected(s);
    }
    return false;
}
