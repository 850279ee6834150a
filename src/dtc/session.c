#include "dtc/session.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "dtc/framing.h"
#include "dtc/json.h"
#include "dtc/requests.h"
#include "dtc/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define CONNECT_TIMEOUT (10 * CLOCK_SECOND)
#define LOGON_TIMEOUT (10 * CLOCK_SECOND)
#define ANSWER_TIMEOUT (10 * CLOCK_SECOND)
/* The wait before a try is between half of the back-off and all of it. */
#define BACKOFF_FIRST (2 * CLOCK_SECOND)
#define BACKOFF_GREATEST (30 * CLOCK_SECOND)
/* Online for so long: the next failure starts with the first back-off again. */
#define STABLE (30 * CLOCK_SECOND)

enum {
    READ_MAX = 1 << 20,   /* bytes a call of service */
    MESSAGE_SIZE = 8192,  /* the longest message that is sent: an ORDER_UPDATE of escapes only */
    REDIRECTIONS_MAX = 5, /* in a row */
    SENTENCE = 512
};

struct dtc_session {
    struct dtc_session_options options;
    struct dtc_listener listener;
    enum dtc_phase phase;
    struct dtc_transport transport;
    struct dtc_framing framing;
    struct dtc_requests requests;
    struct dtc_logon_response server;
    struct error broken; /* why sending failed; the next service ends the connection */
    char host[256];      /* of the present try: the server may send us on */
    int port;
    int redirections;
    int64_t now;
    int64_t due; /* end of the wait, of connecting, of the logon */
    int64_t online_since, heard, next_heartbeat;
    int64_t backoff;
    uint64_t random;
};

static void tell(struct dtc_session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void tell(struct dtc_session *s, const char *format, ...)
{
    char sentence[SENTENCE];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    s->listener.phase(s->listener.context, s->phase, sentence);
}

static bool is_connected(const struct dtc_session *s)
{
    return s->phase == DTC_LOGGING_ON || s->phase == DTC_ONLINE;
}

static int64_t heartbeat_interval(const struct dtc_session *s)
{
    return s->options.heartbeat_seconds * CLOCK_SECOND;
}

/* "host:port" of the present try, cleaned: a server may have named it. */
static const char *address(const struct dtc_session *s, char *text, size_t size)
{
    char host[sizeof s->host];
    text_clean(host, sizeof host, s->host, sizeof s->host);
    text_format(text, size, strchr(host, ':') ? "[%s]:%d" : "%s:%d", host, s->port);
    return text;
}

/* The server's own words, to follow a sentence: ": words", or nothing. */
static const char *words(const char *field, size_t size, char *text, size_t text_size)
{
    char cleaned[128];
    text_clean(cleaned, sizeof cleaned, field, size);
    text_format(text, text_size, cleaned[0] ? ": %s" : "%s", cleaned);
    return text;
}

static void target_set(struct dtc_session *s, const char *host, int port)
{
    text_copy(s->host, sizeof s->host, host);
    s->port = port;
}

struct dtc_session *dtc_session_new(const struct dtc_session_options *options,
                                    const struct dtc_listener *listener)
{
    struct dtc_session *s = memory_new(1, sizeof *s);
    s->options = *options;
    s->listener = *listener;
    if (s->options.answer_timeout <= 0)
        s->options.answer_timeout = ANSWER_TIMEOUT;
    if (s->options.heartbeat_seconds < 5)
        s->options.heartbeat_seconds = 5;
    if (s->options.heartbeat_seconds > 60)
        s->options.heartbeat_seconds = 60;
    dtc_transport_init(&s->transport);
    dtc_framing_init(&s->framing);
    dtc_requests_init(&s->requests);
    target_set(s, options->host, options->port);
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
    dtc_requests_free(&s->requests);
    free(s);
}

/* Ends the connection and all requests. The listener may do anything meanwhile: the caller looks at
 * the phase before it goes on. */
static void session_close(struct dtc_session *s, enum dtc_phase phase)
{
    struct dtc_ending ending;
    dtc_transport_close(&s->transport);
    dtc_framing_reset(&s->framing);
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

/* The try or the connection has failed: the next one comes after a wait, and to the user's own
 * address again. */
static void session_wait(struct dtc_session *s, const char *reason)
{
    if (s->phase == DTC_ONLINE && s->now - s->online_since >= STABLE)
        s->backoff = BACKOFF_FIRST;
    int64_t half = s->backoff / 2;
    int64_t delay = half + (int64_t)(random_next(&s->random) % (uint64_t)(half + 1));
    s->backoff = 2 * s->backoff < BACKOFF_GREATEST ? 2 * s->backoff : BACKOFF_GREATEST;
    s->due = s->now + delay;
    s->redirections = 0;
    target_set(s, s->options.host, s->options.port);
    session_close(s, DTC_WAITING);
    if (s->phase == DTC_WAITING)
        tell(s, "%s%s trying again in %d s", reason, reason[strlen(reason) - 1] == '?' ? "" : ";",
             (int)((delay + CLOCK_SECOND - 1) / CLOCK_SECOND));
}

static void session_end(struct dtc_session *s, const char *reason)
{
    session_close(s, DTC_ENDED);
    if (s->phase == DTC_ENDED)
        tell(s, "%s", reason);
}

static void send_message(struct dtc_session *s, const union dtc_message *message)
{
    char text[MESSAGE_SIZE];
    size_t length = dtc_json_encode(message, text, sizeof text);
    if (length > 0 && s->broken.code == ERROR_NONE)
        dtc_transport_write(&s->transport, text, length, &s->broken);
}

static void logon_send(struct dtc_session *s)
{
    const struct dtc_session_options *o = &s->options;
    union dtc_message message;
    dtc_message_init(&message, DTC_LOGON_REQUEST);
    struct dtc_logon_request *logon = &message.logon_request;
    dtc_text_set(logon->Username, sizeof logon->Username, o->username);
    dtc_text_set(logon->Password, sizeof logon->Password, o->password);
    dtc_text_set(logon->ClientName, sizeof logon->ClientName, o->client_name);
    logon->HeartbeatIntervalInSeconds = o->heartbeat_seconds;
    send_message(s, &message);
}

/* What came of connecting: as dtc_transport_open returns it. */
static void session_connected(struct dtc_session *s, int result, const struct error *error)
{
    char where[sizeof s->host + 16], reason[SENTENCE];
    address(s, where, sizeof where);
    if (result < 0) {
        text_format(reason, sizeof reason, "cannot reach %s: %s", where, error->text);
        session_wait(s, reason);
    } else if (result > 0) {
        s->phase = DTC_LOGGING_ON;
        s->due = s->now + LOGON_TIMEOUT;
        logon_send(s);
        tell(s, "reached %s, logging on", where);
    }
}

static void session_connect(struct dtc_session *s)
{
    char where[sizeof s->host + 16];
    struct error error = {0};
    s->phase = DTC_CONNECTING;
    s->due = s->now + CONNECT_TIMEOUT;
    tell(s, "connecting to %s", address(s, where, sizeof where));
    if (s->phase == DTC_CONNECTING)
        session_connected(s, dtc_transport_open(&s->transport, s->host, s->port, &error), &error);
}

static void session_check_connect(struct dtc_session *s)
{
    struct error error = {0};
    int result = dtc_transport_check(&s->transport, &error);
    if (result == 0 && s->now >= s->due) {
        s->due = s->now + CONNECT_TIMEOUT;
        result = dtc_transport_skip(&s->transport, ETIMEDOUT, &error);
    }
    session_connected(s, result, &error);
}

/* "host:port" or "[v6 address]:port". */
static bool address_parse(const char *text, char *host, size_t size, int *port)
{
    const char *colon = strrchr(text, ':');
    size_t length = colon ? (size_t)(colon - text) : 0;
    bool is_bracketed = length > 2 && text[0] == '[' && text[length - 1] == ']';
    char *end = NULL;
    long number = colon ? strtol(colon + 1, &end, 10) : 0;
    if (length == 0 || *end != '\0' || number < 1 || number > 65535)
        return false;
    *port = (int)number;
    text_format(host, size, "%.*s", (int)(is_bracketed ? length - 2 : length),
                is_bracketed ? text + 1 : text);
    return true;
}

/* Result 4: at once to another address. */
static void session_redirect(struct dtc_session *s, const struct dtc_logon_response *answer)
{
    char text[sizeof answer->ReconnectAddress + 1], host[sizeof s->host],
        where[sizeof s->host + 16];
    int port = 0;
    text_clean(text, sizeof text, answer->ReconnectAddress, sizeof answer->ReconnectAddress);
    if (++s->redirections > REDIRECTIONS_MAX) {
        session_wait(s, "servers keep sending us on to one another");
    } else if (!address_parse(text, host, sizeof host, &port)) {
        session_wait(s, "the server sends us on, but not to a host:port");
    } else {
        s->due = s->now;
        target_set(s, host, port);
        session_close(s, DTC_WAITING);
        if (s->phase == DTC_WAITING)
            tell(s, "the server sends us on to %s", address(s, where, sizeof where));
    }
}

static void session_take_logon(struct dtc_session *s, const struct dtc_logon_response *answer)
{
    char text[SENTENCE], said[160], where[sizeof s->host + 16];
    words(answer->ResultText, sizeof answer->ResultText, said, sizeof said);
    text_format(text, sizeof text, "the server refuses the logon%s", said);
    switch (answer->Result) {
    case DTC_LOGON_SUCCESS:
        s->server = *answer;
        s->phase = DTC_ONLINE;
        s->redirections = 0;
        s->online_since = s->heard = s->now;
        s->next_heartbeat = s->now + heartbeat_interval(s);
        tell(s, "online with %s%s", address(s, where, sizeof where),
             words(answer->ServerName, sizeof answer->ServerName, said, sizeof said));
        break;
    case DTC_LOGON_ERROR_NO_RECONNECT:
        session_end(s, text);
        break;
    case DTC_LOGON_RECONNECT_NEW_ADDRESS:
        session_redirect(s, answer);
        break;
    default:
        session_wait(s, text);
    }
}

static void session_take_logoff(struct dtc_session *s, const struct dtc_logoff *logoff)
{
    char text[SENTENCE], said[160];
    text_format(text, sizeof text, "the server logs us off%s%s",
                words(logoff->Reason, sizeof logoff->Reason, said, sizeof said),
                logoff->DoNotReconnect ? "; it asks not to be called again" : "");
    if (logoff->DoNotReconnect)
        session_end(s, text);
    else
        session_wait(s, text);
}

static void session_take(struct dtc_session *s, const union dtc_message *message)
{
    uint16_t type = message->header.Type;
    struct dtc_ending ending;
    bool is_notice = type >= DTC_USER_MESSAGE && type <= DTC_ALERT_MESSAGE;
    if (type == DTC_LOGON_RESPONSE && s->phase == DTC_LOGGING_ON) {
        session_take_logon(s, &message->logon_response);
    } else if (type == DTC_LOGOFF) {
        session_take_logoff(s, &message->logoff);
    } else if (type != DTC_LOGON_RESPONSE && (s->phase == DTC_ONLINE || is_notice)) {
        if (type != DTC_HEARTBEAT || message->heartbeat.NumDroppedMessages > 0)
            s->listener.message(s->listener.context, message);
        if (s->phase == DTC_ONLINE &&
            dtc_requests_take(&s->requests, message, s->now, s->options.answer_timeout, &ending))
            s->listener.answered(s->listener.context, ending.id, ending.type, ending.outcome,
                                 ending.text);
    }
}

static void session_take_frames(struct dtc_session *s)
{
    union dtc_message message;
    struct error error;
    const char *frame;
    size_t length;
    int result = 0;
    while (is_connected(s) &&
           (result = dtc_framing_next(&s->framing, &frame, &length, &error)) > 0) {
        result = dtc_json_decode(frame, length, &message, &error);
        s->heard = s->now;
        if (result > 0)
            session_take(s, &message);
        else if (result < 0)
            break;
    }
    if (is_connected(s) && result < 0)
        session_wait(s, error.text);
}

/* A server of another encoding often just closes the connection. */
static void session_lost(struct dtc_session *s, const char *cause)
{
    char where[sizeof s->host + 16], reason[SENTENCE];
    text_format(reason, sizeof reason, "%s: %s%s", address(s, where, sizeof where), cause,
                s->phase == DTC_LOGGING_ON
                    ? " before it answered the logon; is its DTC encoding JSON?"
                    : "");
    session_wait(s, reason);
}

/* True when all that had come is read and the connection lives. */
static bool session_read(struct dtc_session *s)
{
    struct error error;
    size_t total = 0;
    while (is_connected(s) && total < READ_MAX) {
        size_t size;
        char *space = dtc_framing_space(&s->framing, &size);
        if (size > READ_MAX - total)
            size = READ_MAX - total;
        ssize_t got = dtc_transport_read(&s->transport, space, size, &error);
        if (got == 0)
            return true;
        if (got < 0) {
            session_lost(s, error.text);
            return false;
        }
        total += (size_t)got;
        dtc_framing_advance(&s->framing, (size_t)got);
        session_take_frames(s);
        if ((size_t)got < size) /* a second call would only be told that there is no more */
            return is_connected(s);
    }
    return false;
}

static void session_run_timers(struct dtc_session *s)
{
    char where[sizeof s->host + 16], reason[SENTENCE];
    struct dtc_ending ending;
    address(s, where, sizeof where);
    if (s->phase == DTC_LOGGING_ON) {
        if (s->now < s->due)
            return;
        text_format(reason, sizeof reason,
                    "%s does not answer the logon; is it a DTC server, and its encoding JSON?",
                    where);
        session_wait(s, reason);
    } else if (s->now >= s->heard + 2 * heartbeat_interval(s)) {
        text_format(reason, sizeof reason, "nothing heard from %s for %d s", where,
                    2 * s->options.heartbeat_seconds);
        session_wait(s, reason);
    } else {
        while (s->phase == DTC_ONLINE && dtc_requests_expire(&s->requests, s->now, &ending))
            s->listener.answered(s->listener.context, ending.id, ending.type, ending.outcome,
                                 ending.text);
    }
}

static void session_send_heartbeat(struct dtc_session *s)
{
    union dtc_message message;
    dtc_message_init(&message, DTC_HEARTBEAT);
    message.heartbeat.CurrentDateTime = clock_wall_us() / CLOCK_SECOND;
    s->next_heartbeat = s->now + heartbeat_interval(s);
    send_message(s, &message);
}

/* What was sent to us counts before what we could not send, and before any time-out. */
static void session_run(struct dtc_session *s)
{
    bool is_drained = session_read(s);
    if (is_connected(s) && s->broken.code == ERROR_NONE)
        dtc_transport_flush(&s->transport, &s->broken);
    if (s->phase == DTC_ONLINE && s->now >= s->next_heartbeat)
        session_send_heartbeat(s);
    if (is_connected(s) && is_drained && s->broken.code == ERROR_NONE)
        session_run_timers(s);
    if (is_connected(s) && s->broken.code != ERROR_NONE)
        session_lost(s, s->broken.text);
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
    else if (is_connected(s))
        session_run(s);
}

int dtc_session_descriptor(const struct dtc_session *s, short *events)
{
    bool wants_out = s->phase == DTC_CONNECTING || dtc_transport_is_waiting(&s->transport);
    *events = (short)((is_connected(s) ? POLLIN : 0) | (wants_out ? POLLOUT : 0));
    return s->transport.fd;
}

int64_t dtc_session_deadline(const struct dtc_session *s)
{
    if (s->phase == DTC_ENDED)
        return INT64_MAX;
    if (s->broken.code != ERROR_NONE)
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
    send_message(s, message);
    return s->broken.code == ERROR_NONE;
}

int32_t dtc_session_request(struct dtc_session *s, union dtc_message *message, int64_t now)
{
    if (s->phase != DTC_ONLINE)
        return 0;
    int32_t id = dtc_requests_add(&s->requests, message, now, s->options.answer_timeout);
    if (id > 0)
        send_message(s, message);
    return id;
}

void dtc_session_logoff(struct dtc_session *s, const char *reason)
{
    union dtc_message message;
    if (s->phase == DTC_ENDED)
        return;
    if (is_connected(s)) {
        dtc_message_init(&message, DTC_LOGOFF);
        dtc_text_set(message.logoff.Reason, sizeof message.logoff.Reason, reason);
        send_message(s, &message);
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
