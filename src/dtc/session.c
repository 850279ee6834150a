#include "dtc/session.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "dtc/inflate.h"
#include "dtc/internal.h"

#include <assert.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT (10 * CLOCK_SECOND)
#define ASKING_TIMEOUT (3 * CLOCK_SECOND)
#define LOGON_TIMEOUT (10 * CLOCK_SECOND)
#define ANSWER_TIMEOUT (10 * CLOCK_SECOND)
/* The wait before a try is between half of the back-off and all of it. */
#define BACKOFF_FIRST (2 * CLOCK_SECOND)
#define BACKOFF_GREATEST (30 * CLOCK_SECOND)
/* Online for so long: the next failure starts with the first back-off again. */
#define STABLE (30 * CLOCK_SECOND)

void session_tell(struct dtc_session *s, const char *format, ...)
{
    char sentence[SESSION_SENTENCE];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    s->listener.phase(s->listener.context, s->phase, sentence);
}

static int64_t heartbeat_interval(const struct dtc_session *s)
{
    return s->options.heartbeat_seconds * CLOCK_SECOND;
}

const char *session_where(const struct dtc_session *s, char *text)
{
    char raw[SESSION_WHERE];
    address_format(&s->target, raw, sizeof raw);
    text_clean(text, SESSION_WHERE, raw, sizeof raw);
    return text;
}

/* What parts two sentences. */
static const char *stop(const char *sentence)
{
    size_t length = strlen(sentence);
    return length == 0 ? "" : sentence[length - 1] == '?' ? " " : "; ";
}

/* The next try is a first one with that host of the user's. */
static void aim(struct dtc_session *s, size_t host)
{
    s->host = host;
    s->target = s->options.hosts[host];
    s->redirections = 0;
    s->why[0] = '\0';
    dtc_negotiation_begin(&s->negotiation, s->options.encoding, s->known[host]);
}

struct dtc_session *dtc_session_new(const struct dtc_session_options *options,
                                    const struct dtc_listener *listener)
{
    struct dtc_session *s = memory_new(1, sizeof *s);
    assert(options->host_count > 0 && options->host_count <= DTC_HOSTS_MAX);
    s->options = *options;
    s->listener = *listener;
    if (s->options.answer_timeout <= 0)
        s->options.answer_timeout = ANSWER_TIMEOUT;
    if (s->options.heartbeat_seconds < 5)
        s->options.heartbeat_seconds = 5;
    if (s->options.heartbeat_seconds > 60)
        s->options.heartbeat_seconds = 60;
    for (size_t i = 0; i < DTC_HOSTS_MAX; i++)
        s->known[i] = -1;
    aim(s, 0);
    dtc_transport_init(&s->transport);
    dtc_framing_init(&s->framing, s->negotiation.encoding);
    dtc_requests_init(&s->requests);
    s->backoff = BACKOFF_FIRST;
    s->random = options->seed;
    return s;
}

void dtc_session_free(struct dtc_session *s)
{
    if (s == NULL)
        return;
    dtc_transport_close(&s->transport);
    dtc_framing_free(&s->framing);
    dtc_inflate_free(s->inflate);
    dtc_requests_free(&s->requests);
    free(s);
}

static void session_close(struct dtc_session *s, enum dtc_phase phase)
{
    struct dtc_ending ending;
    dtc_transport_close(&s->transport);
    dtc_framing_reset(&s->framing, s->framing.encoding);
    dtc_inflate_free(s->inflate);
    s->inflate = NULL;
    s->broken.code = ERROR_NONE;
    s->phase = phase;
    while (dtc_requests_expire(&s->requests, INT64_MAX, &ending))
        s->listener.answered(s->listener.context, ending.id, ending.type, ending.outcome,
                             ending.text);
}

/* splitmix64: jitter needs no more, and a test can repeat it. */
static uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31);
}

static void session_wait(struct dtc_session *s, const char *reason)
{
    if (s->phase == DTC_ONLINE && s->now - s->online_since >= STABLE)
        s->backoff = BACKOFF_FIRST;
    int64_t half = s->backoff / 2;
    int64_t delay = half + (int64_t)(random_next(&s->random) % (uint64_t)(half + 1));
    s->backoff = 2 * s->backoff < BACKOFF_GREATEST ? 2 * s->backoff : BACKOFF_GREATEST;
    s->due = s->now + delay;
    aim(s, 0);
    session_close(s, DTC_WAITING);
    if (s->phase == DTC_WAITING)
        session_tell(s, "%s%strying again in %d s", reason, stop(reason),
                     (int)((delay + CLOCK_SECOND - 1) / CLOCK_SECOND));
}

/* The next try is due at once, and told together with the reason for it. */
static void session_hurry(struct dtc_session *s, const char *reason)
{
    text_copy(s->why, sizeof s->why, reason);
    s->due = s->now;
    session_close(s, DTC_WAITING);
}

void session_end(struct dtc_session *s, const char *reason)
{
    session_close(s, DTC_ENDED);
    if (s->phase == DTC_ENDED)
        session_tell(s, "%s", reason);
}

void session_fail(struct dtc_session *s, const char *reason)
{
    if (s->inflate != NULL) {
        session_end(s, reason);
    } else if (s->phase != DTC_ONLINE && s->host + 1 < s->options.host_count) {
        aim(s, s->host + 1);
        session_hurry(s, reason);
    } else {
        session_wait(s, reason);
    }
}

void session_fail_to_talk(struct dtc_session *s, int dialect, const char *reason)
{
    char where[SESSION_WHERE], tried[160], text[SESSION_SENTENCE];
    if (s->phase == DTC_ONLINE) {
        session_fail(s, reason);
        return;
    }
    if (s->redirections == 0)
        s->known[s->host] = -1;
    if (dtc_negotiation_next(&s->negotiation, dialect)) {
        session_hurry(s, reason);
        return;
    }
    text_copy(text, sizeof text, reason);
    if (dialect == DTC_DIALECT_TLS && !s->options.tls)
        text_format(text, sizeof text, "%s speaks TLS: use a port without TLS, or set tls = yes",
                    session_where(s, where));
    else if (s->negotiation.is_automatic && dialect != DTC_DIALECT_HTTP)
        text_format(text, sizeof text, "%s%stried %s", reason, stop(reason),
                    dtc_negotiation_tried(&s->negotiation, tried, sizeof tried));
    session_fail(s, text);
}

/* A server of another encoding, or of TLS, often just closes the connection. */
void session_lose(struct dtc_session *s, const char *cause)
{
    char where[SESSION_WHERE], reason[SESSION_SENTENCE];
    session_where(s, where);
    if (s->phase == DTC_ONLINE)
        text_format(reason, sizeof reason, "%s: %s", where, cause);
    else if (s->negotiation.is_asking)
        text_format(reason, sizeof reason, "%s: %s when asked for an encoding", where, cause);
    else
        text_format(reason, sizeof reason,
                    "%s: %s before it answered the logon; is its DTC encoding %s%s?", where, cause,
                    s->codec->title, s->options.tls ? "" : " and its TLS off");
    session_fail_to_talk(s, dtc_framing_dialect(&s->framing), reason);
}

void session_follow(struct dtc_session *s, const struct address *target)
{
    char where[SESSION_WHERE];
    s->due = s->now;
    s->target = *target;
    dtc_negotiation_begin(&s->negotiation, s->options.encoding, -1);
    session_close(s, DTC_WAITING);
    if (s->phase == DTC_WAITING)
        session_tell(s, "the server sends us on to %s", session_where(s, where));
}

void session_end_request(struct dtc_session *s, const struct dtc_ending *ending)
{
    s->listener.answered(s->listener.context, ending->id, ending->type, ending->outcome,
                         ending->text);
    if (s->inflate != NULL && ending->type == DTC_HISTORICAL_PRICE_DATA_REQUEST)
        session_end(s, "the compressed answer is over, and the connection with it");
}

void session_send_message(struct dtc_session *s, const union dtc_message *message)
{
    char bytes[DTC_ENCODED_MAX];
    size_t length = s->codec->encode(message, bytes, sizeof bytes);
    if (length > 0 && s->broken.code == ERROR_NONE)
        dtc_transport_write(&s->transport, bytes, length, &s->broken);
}

static void session_ask(struct dtc_session *s)
{
    union dtc_message message;
    dtc_message_init(&message, DTC_ENCODING_REQUEST);
    message.encoding_request.Encoding = s->negotiation.encoding;
    dtc_text_set(message.encoding_request.ProtocolType,
                 sizeof message.encoding_request.ProtocolType, "DTC");
    s->due = s->now + ASKING_TIMEOUT;
    session_send_message(s, &message);
}

void session_send_logon(struct dtc_session *s)
{
    const struct dtc_session_options *o = &s->options;
    union dtc_message message;
    dtc_message_init(&message, DTC_LOGON_REQUEST);
    struct dtc_logon_request *logon = &message.logon_request;
    dtc_text_set(logon->Username, sizeof logon->Username, o->username);
    dtc_text_set(logon->Password, sizeof logon->Password, o->password);
    dtc_text_set(logon->ClientName, sizeof logon->ClientName, o->client_name);
    logon->HeartbeatIntervalInSeconds = o->heartbeat_seconds;
    s->due = s->now + LOGON_TIMEOUT;
    session_send_message(s, &message);
}

/* What came of connecting: as dtc_transport_open returns it. */
static void session_connected(struct dtc_session *s, int result, const struct error *error)
{
    char where[SESSION_WHERE], reason[SESSION_SENTENCE];
    session_where(s, where);
    if (result < 0) {
        text_format(reason, sizeof reason, "cannot reach %s: %s", where, error->text);
        session_fail(s, reason);
    } else if (result > 0) {
        s->phase = DTC_LOGGING_ON;
        dtc_framing_reset(&s->framing, s->negotiation.encoding);
        s->codec = dtc_encoding_get(s->negotiation.encoding);
        if (s->negotiation.is_asking)
            session_ask(s);
        else
            session_send_logon(s);
        session_tell(s, "reached %s, logging on", where);
    }
}

static void session_connect(struct dtc_session *s)
{
    char where[SESSION_WHERE], why[SESSION_SENTENCE];
    struct error error = {0};
    bool is_guess = s->negotiation.is_automatic && !s->negotiation.is_asking;
    text_copy(why, sizeof why, s->why);
    s->why[0] = '\0';
    s->phase = DTC_CONNECTING;
    s->due = s->now + CONNECT_TIMEOUT;
    session_tell(s, "%s%sconnecting to %s%s%s", why, stop(why), session_where(s, where),
                 is_guess ? " to speak " : "",
                 is_guess ? dtc_encoding_get(s->negotiation.encoding)->title : "");
    if (s->phase == DTC_CONNECTING)
        session_connected(s,
                          dtc_transport_open(&s->transport, &s->target,
                                             s->options.tls ? s->options.tls_ca_file : NULL,
                                             &error),
                          &error);
}

static void session_check_connect(struct dtc_session *s)
{
    struct error error = {0};
    int result = dtc_transport_check(&s->transport, &error);
    if (result == 0 && s->now >= s->due) {
        s->due = s->now + CONNECT_TIMEOUT;
        result = dtc_transport_late(&s->transport, &error);
    }
    session_connected(s, result, &error);
}

static void session_run_timers(struct dtc_session *s)
{
    char where[SESSION_WHERE], reason[SESSION_SENTENCE];
    struct dtc_ending ending;
    session_where(s, where);
    if (s->phase == DTC_LOGGING_ON) {
        if (s->now < s->due)
            return;
        if (s->negotiation.is_asking)
            text_format(reason, sizeof reason, "%s does not answer the question for its encoding",
                        where);
        else
            text_format(reason, sizeof reason,
                        "%s does not answer the logon; is it a DTC server, and its encoding %s?",
                        where, s->codec->title);
        session_fail_to_talk(s, dtc_framing_dialect(&s->framing), reason);
    } else if (s->now >= s->heard + 2 * heartbeat_interval(s)) {
        text_format(reason, sizeof reason, "nothing heard from %s for %d s", where,
                    2 * s->options.heartbeat_seconds);
        session_fail(s, reason);
    } else {
        while (s->phase == DTC_ONLINE && dtc_requests_expire(&s->requests, s->now, &ending))
            session_end_request(s, &ending);
    }
}

static void session_send_heartbeat(struct dtc_session *s)
{
    union dtc_message message;
    dtc_message_init(&message, DTC_HEARTBEAT);
    message.heartbeat.CurrentDateTime = clock_wall_us() / CLOCK_SECOND;
    s->next_heartbeat = s->now + heartbeat_interval(s);
    session_send_message(s, &message);
}

/* What was sent to us counts before any time-out. */
static void session_run(struct dtc_session *s)
{
    bool is_drained = session_read(s);
    if (s->phase == DTC_ONLINE && s->now >= s->next_heartbeat)
        session_send_heartbeat(s);
    if (session_is_connected(s) && is_drained && s->broken.code == ERROR_NONE)
        session_run_timers(s);
}

/* All that was to be sent meanwhile, at once. */
static void session_flush(struct dtc_session *s)
{
    if (session_is_connected(s) && s->broken.code == ERROR_NONE)
        dtc_transport_flush(&s->transport, &s->broken);
    if (session_is_connected(s) && s->broken.code != ERROR_NONE) {
        struct error broken = s->broken;
        session_lose(s, broken.text);
    }
}

void dtc_session_service(struct dtc_session *s, short revents, int64_t now)
{
    if (revents == 0 && now < dtc_session_deadline(s))
        return;
    s->now = now;
    if (s->phase == DTC_WAITING && now >= s->due)
        session_connect(s);
    else if (s->phase == DTC_CONNECTING)
        session_check_connect(s);
    else if (session_is_connected(s))
        session_run(s);
    session_flush(s);
}

int dtc_session_descriptor(const struct dtc_session *s, short *events)
{
    return dtc_transport_descriptor(&s->transport, events);
}

int64_t dtc_session_deadline(const struct dtc_session *s)
{
    if (s->phase == DTC_ENDED)
        return INT64_MAX;
    if (s->broken.code != ERROR_NONE || dtc_transport_has_more(&s->transport) ||
        (s->inflate != NULL && dtc_inflate_has_more(s->inflate)))
        return 0;
    if (s->phase != DTC_ONLINE)
        return s->due;
    int64_t deadline = dtc_requests_deadline(&s->requests);
    int64_t death = s->heard + 2 * heartbeat_interval(s);
    if (death < deadline)
        deadline = death;
    return s->next_heartbeat < deadline ? s->next_heartbeat : deadline;
}

bool dtc_session_send(struct dtc_session *s, const union dtc_message *message)
{
    if (s->phase != DTC_ONLINE || s->broken.code != ERROR_NONE)
        return false;
    session_send_message(s, message);
    return s->broken.code == ERROR_NONE;
}

int32_t dtc_session_request(struct dtc_session *s, union dtc_message *message, int64_t now)
{
    if (s->phase != DTC_ONLINE)
        return 0;
    int32_t id = dtc_requests_add(&s->requests, message, now, s->options.answer_timeout);
    if (id > 0)
        session_send_message(s, message);
    return id;
}

void dtc_session_logoff(struct dtc_session *s, const char *reason)
{
    union dtc_message message;
    if (s->phase == DTC_ENDED)
        return;
    if (s->phase == DTC_ONLINE || (s->phase == DTC_LOGGING_ON && !s->negotiation.is_asking)) {
        dtc_message_init(&message, DTC_LOGOFF);
        dtc_text_set(message.logoff.Reason, sizeof message.logoff.Reason, reason);
        session_send_message(s, &message);
        dtc_transport_flush(&s->transport, NULL);
        shutdown(s->transport.fd, SHUT_WR);
    }
    session_end(s, "logged off");
}

void dtc_session_retry(struct dtc_session *s, int64_t now)
{
    if (s->phase != DTC_WAITING && s->phase != DTC_ENDED)
        return;
    s->phase = DTC_WAITING;
    s->due = now;
    s->backoff = BACKOFF_FIRST;
    aim(s, 0);
}

int dtc_session_encoding(const struct dtc_session *s)
{
    return s->framing.encoding;
}

const struct address *dtc_session_address(const struct dtc_session *s)
{
    return &s->target;
}

enum dtc_phase dtc_session_phase(const struct dtc_session *s)
{
    return s->phase;
}

int64_t dtc_session_round_trip(const struct dtc_session *s)
{
    return s->requests.round_trip;
}

const struct dtc_logon_response *dtc_session_server(const struct dtc_session *s)
{
    return s->phase == DTC_ONLINE ? &s->server : NULL;
}
