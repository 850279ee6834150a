/* A whole session at the mercy of a server: whatever comes, in whichever encoding, cut anywhere and
 * with any time between, the listener is told only what dtc/session.h promises. In place of the
 * transport stands a wire of this file's own, so that a run touches no socket. */
#include "base/clock.h"
#include "dtc/encoding.h"
#include "dtc/session.h"
#include "dtc/transport.h"
#include "fuzz/fuzz.h"

#include <math.h>
#include <poll.h>
#include <zlib.h>

enum {
    WIRE_ROOM = 1 << 20,
    WIRE_FLOOD = 1 << 12, /* bytes for each unit of a flood */
    WIRE_FLOODS = 64,     /* of these in a run */
    WIRE_REQUESTS = 1024, /* under way */
    WIRE_IDLE_MAX = 100,  /* services of a session that does not come to rest */
    WIRE_SENTENCE = 512   /* the longest, with its null byte */
};

/* The first bytes of an input. Behind them stands what happens, an enum wire_event at a time. */
struct wire_plan {
    uint8_t encoding;    /* of the options, in a turn with AUTO */
    uint8_t answers;     /* bits: to the question for an encoding, to the logon */
    uint8_t agreed;      /* the encoding in the former */
    uint8_t cut;         /* the longest read; 0: no limit */
    uint8_t mischief_at; /* the call of the listener that does something of its own */
    uint8_t mischief;    /* an enum wire_event */
};

enum wire_event {
    WIRE_BYTES,   /* length, bytes */
    WIRE_SAY,     /* message, fields, a place and a value each */
    WIRE_TIME,    /* which of wire_times */
    WIRE_REQUEST, /* which of wire_requests */
    WIRE_SEND,    /* message */
    WIRE_CLOSE,
    WIRE_CONNECT,  /* how it turns out from now on */
    WIRE_BREAK,    /* whether writing fails from now on */
    WIRE_DEFLATE,  /* what the server sends from now on, on this connection */
    WIRE_FLOOD_OF, /* length, a byte */
    WIRE_LOGOFF,
    WIRE_RETRY,
    WIRE_EVENTS
};

static const int64_t wire_times[] = {
    0,
    CLOCK_MS,
    100 * CLOCK_MS,
    600 * CLOCK_MS,
    CLOCK_SECOND,
    3 * CLOCK_SECOND,
    5 * CLOCK_SECOND,
    10 * CLOCK_SECOND,
    21 * CLOCK_SECOND,
    60 * CLOCK_SECOND,
    CLOCK_HOUR,
};
static const uint16_t wire_requests[] = {
    DTC_OPEN_ORDERS_REQUEST,
    DTC_HISTORICAL_ORDER_FILLS_REQUEST,
    DTC_CURRENT_POSITIONS_REQUEST,
    DTC_TRADE_ACCOUNTS_REQUEST,
    DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST,
    DTC_ACCOUNT_BALANCE_REQUEST,
    DTC_HISTORICAL_PRICE_DATA_REQUEST,
};
enum {
    WIRE_TIMES = sizeof wire_times / sizeof *wire_times,
    WIRE_KINDS = sizeof wire_requests / sizeof *wire_requests
};

static struct {
    const uint8_t *at, *end; /* of the input */
    struct wire_plan plan;
    struct dtc_session *session;
    int64_t now;

    bool is_open, is_closed, is_broken, is_deflating;
    int connects; /* as dtc_transport_open returns it */
    size_t sent;  /* messages, on this connection */
    char *bytes;  /* to be read is [start, finish) */
    size_t start, finish, taken;
    z_stream deflating;
    int floods; /* left */

    bool was_told, was_retried;
    enum dtc_phase told;
    unsigned calls;
    int32_t last_id;
    struct {
        int32_t id;
        uint16_t type;
    } pending[WIRE_REQUESTS];
    size_t pending_count;
} wire;

static uint8_t wire_next(void)
{
    return wire.at < wire.end ? *wire.at++ : 0;
}

/* The server's bytes, as they go on the wire. */
static void wire_put(const char *bytes, size_t size)
{
    if (!wire.is_open || wire.is_closed || size > WIRE_ROOM - wire.finish)
        return;
    if (!wire.is_deflating) {
        memcpy(wire.bytes + wire.finish, bytes, size);
        wire.finish += size;
        return;
    }
    wire.deflating.next_in = (Bytef *)bytes;
    wire.deflating.avail_in = (uInt)size;
    wire.deflating.next_out = (Bytef *)wire.bytes + wire.finish;
    wire.deflating.avail_out = (uInt)(WIRE_ROOM - wire.finish);
    deflate(&wire.deflating, Z_SYNC_FLUSH);
    wire.finish = WIRE_ROOM - wire.deflating.avail_out;
}

static void wire_put_message(int encoding, const union dtc_message *message)
{
    char frame[DTC_ENCODED_MAX];
    size_t size = dtc_encoding_get(encoding)->encode(message, frame, sizeof frame);
    FUZZ_REQUIRE(size > 0);
    wire_put(frame, size);
}

static void wire_reset(void)
{
    if (wire.is_deflating)
        deflateEnd(&wire.deflating);
    wire.is_open = wire.is_closed = wire.is_deflating = false;
    wire.start = wire.finish = wire.sent = 0;
}

/* Both answers that let a session come up. */
static void wire_answer(uint16_t type)
{
    union dtc_message m;
    if (type == DTC_ENCODING_REQUEST && (wire.plan.answers & 1) != 0) {
        dtc_message_init(&m, DTC_ENCODING_RESPONSE);
        m.encoding_response.Encoding = wire.plan.agreed % DTC_ENCODINGS;
        dtc_text_set(m.encoding_response.ProtocolType, sizeof m.encoding_response.ProtocolType,
                     "DTC");
        wire_put_message(DTC_BINARY_ENCODING, &m);
    } else if (type == DTC_LOGON_REQUEST && (wire.plan.answers & 2) != 0) {
        dtc_message_init(&m, DTC_LOGON_RESPONSE);
        m.logon_response.Result = DTC_LOGON_SUCCESS;
        wire_put_message(dtc_session_encoding(wire.session), &m);
    }
}

void dtc_transport_init(struct dtc_transport *t)
{
    *t = (struct dtc_transport){.fd = -1};
}

void dtc_transport_close(struct dtc_transport *t)
{
    wire_reset();
    dtc_transport_init(t);
}

static int wire_connect(struct error *error)
{
    wire.is_open = wire.connects > 0;
    if (wire.connects < 0)
        error_set(error, ERROR_SYSTEM, "connection refused");
    return wire.connects;
}

int dtc_transport_open(struct dtc_transport *t, const struct address *target, const char *ca_file,
                       struct error *error)
{
    FUZZ_REQUIRE(target->host[0] != '\0' && target->port > 0 && target->port <= UINT16_MAX);
    FUZZ_REQUIRE(ca_file == NULL);
    dtc_transport_close(t);
    return wire_connect(error);
}

int dtc_transport_check(struct dtc_transport *t, struct error *error)
{
    (void)t;
    return wire_connect(error);
}

int dtc_transport_late(struct dtc_transport *t, struct error *error)
{
    (void)t;
    error_set(error, ERROR_SYSTEM, "connection timed out");
    return -1;
}

int dtc_transport_descriptor(const struct dtc_transport *t, short *events)
{
    (void)t;
    *events = 0;
    return -1;
}

ssize_t dtc_transport_read(struct dtc_transport *t, char *buffer, size_t size, struct error *error)
{
    size_t left = wire.finish - wire.start, got = left < size ? left : size;
    FUZZ_REQUIRE(wire.is_open && size > 0);
    if (wire.plan.cut > 0 && got > wire.plan.cut && left < WIRE_FLOOD)
        got = wire.plan.cut;
    if (got == 0 && wire.is_closed) {
        error_set(error, ERROR_SYSTEM, "the server closed the connection");
        return -1;
    }
    memcpy(buffer, wire.bytes + wire.start, got);
    wire.start += got;
    wire.taken += got;
    if (wire.start == wire.finish)
        wire.start = wire.finish = 0;
    t->is_read_up = wire.start == wire.finish && !wire.is_closed;
    return (ssize_t)got;
}

bool dtc_transport_has_more(const struct dtc_transport *t)
{
    (void)t;
    return false;
}

/* The session writes whole messages of the encoding that it speaks, its first words first. */
bool dtc_transport_write(struct dtc_transport *t, const char *data, size_t size,
                         struct error *error)
{
    const struct dtc_encoding *e = dtc_encoding_get(dtc_session_encoding(wire.session));
    union dtc_message message;
    (void)t;
    FUZZ_REQUIRE(wire.is_open);
    if (wire.is_broken)
        return error_set(error, ERROR_SYSTEM, "broken pipe");
    int type = e->decode(data, e->is_text ? size - 1 : size, &message, error);
    FUZZ_REQUIRE(type > 0);
    FUZZ_REQUIRE(wire.sent > 0 || type == DTC_LOGON_REQUEST || type == DTC_ENCODING_REQUEST);
    wire.sent++;
    wire_answer((uint16_t)type);
    return true;
}

bool dtc_transport_flush(struct dtc_transport *t, struct error *error)
{
    (void)t;
    return wire.is_broken ? error_set(error, ERROR_SYSTEM, "broken pipe") : true;
}

static double wire_number(uint8_t value)
{
    static const double odd[] = {-1,         NAN,           INFINITY,     1e300,
                                 2147483647, -2147483648.0, 4294967295.0, 65536};
    return value < 0xF8 ? value : odd[value & 7];
}

/* Any message, with fields of any values: a RequestID counts back from the latest, text is made of
 * one byte. */
static void wire_compose(union dtc_message *m)
{
    const struct dtc_schema *schema = dtc_schema_at(wire_next());
    if (!schema)
        schema = dtc_schema_find(DTC_LOGON_RESPONSE);
    dtc_message_init(m, schema->type);
    for (unsigned fields = wire_next() & 0x1F; fields > 0; fields--) {
        const struct dtc_field *f = &schema->fields[wire_next() % schema->field_count];
        uint8_t value = wire_next();
        char *place = (char *)m + f->offset;
        if (f->kind != DTC_TEXT)
            dtc_field_set(m, f,
                          strcmp(f->name, "RequestID") == 0 ? (double)wire.last_id - value
                                                            : wire_number(value));
        else if (strcmp(f->name, "ReconnectAddress") == 0 && value < 0x80)
            dtc_text_set(place, f->size, value & 1 ? "[::1]:11099" : "other.host:1");
        else
            memset(place, value, f->size);
    }
}

static void wire_request(uint8_t which)
{
    union dtc_message m;
    dtc_message_init(&m, wire_requests[which % WIRE_KINDS]);
    if (m.header.Type == DTC_HISTORICAL_PRICE_DATA_REQUEST)
        m.historical_price_data_request.UseZLibCompression = which >= 0x80;
    bool is_online = dtc_session_phase(wire.session) == DTC_ONLINE;
    int32_t id = dtc_session_request(wire.session, &m, wire.now);
    FUZZ_REQUIRE(id >= 0 && (is_online || id == 0));
    if (id == 0)
        return;
    FUZZ_REQUIRE(wire.pending_count < WIRE_REQUESTS);
    wire.last_id = id;
    wire.pending[wire.pending_count].id = id;
    wire.pending[wire.pending_count++].type = m.header.Type;
}

/* What the user or the engine may do at any time, within a call of the listener too. */
static void wire_act(enum wire_event event)
{
    union dtc_message m;
    switch (event) {
    case WIRE_REQUEST:
        wire_request(wire_next());
        break;
    case WIRE_SEND:
        wire_compose(&m);
        dtc_session_send(wire.session, &m);
        break;
    case WIRE_LOGOFF:
        dtc_session_logoff(wire.session, "bye");
        break;
    case WIRE_RETRY:
        wire.was_retried = true;
        dtc_session_retry(wire.session, wire.now);
        break;
    default:
        break;
    }
}

static void wire_called(const void *context)
{
    FUZZ_REQUIRE(context == &wire);
    FUZZ_REQUIRE((dtc_session_server(wire.session) != NULL) ==
                 (dtc_session_phase(wire.session) == DTC_ONLINE));
    if (++wire.calls == wire.plan.mischief_at)
        wire_act(wire.plan.mischief % WIRE_EVENTS);
}

static void wire_heard_message(void *context, const union dtc_message *message)
{
    uint16_t type = message->header.Type;
    enum dtc_phase phase = dtc_session_phase(wire.session);
    FUZZ_REQUIRE(dtc_schema_find(type) != NULL);
    FUZZ_REQUIRE(type != DTC_LOGON_RESPONSE && type != DTC_LOGOFF);
    FUZZ_REQUIRE(phase == DTC_ONLINE || (phase == DTC_LOGGING_ON && type >= DTC_USER_MESSAGE &&
                                         type <= DTC_ALERT_MESSAGE));
    wire_called(context);
}

static bool wire_may_follow(enum dtc_phase before, enum dtc_phase after)
{
    switch (after) {
    case DTC_WAITING:
        return before != DTC_WAITING && before != DTC_ENDED;
    case DTC_CONNECTING:
        return wire.was_retried || (before != DTC_ONLINE && before != DTC_ENDED);
    case DTC_LOGGING_ON:
        return before == DTC_CONNECTING;
    case DTC_ONLINE:
        return before == DTC_LOGGING_ON;
    default:
        return before != DTC_ENDED || wire.was_retried;
    }
}

static void wire_heard_phase(void *context, enum dtc_phase phase, const char *sentence)
{
    FUZZ_REQUIRE(phase == dtc_session_phase(wire.session));
    FUZZ_REQUIRE(sentence[0] != '\0' && strlen(sentence) < WIRE_SENTENCE);
    FUZZ_REQUIRE(fuzz_is_clean(sentence));
    FUZZ_REQUIRE(phase == DTC_ONLINE || wire.pending_count == 0);
    FUZZ_REQUIRE(wire_may_follow(wire.told, phase) || (!wire.was_told && phase == DTC_CONNECTING));
    wire.was_told = true;
    wire.was_retried = false;
    wire.told = phase;
    wire_called(context);
}

static void wire_heard_answer(void *context, int32_t id, uint16_t type, enum dtc_outcome outcome,
                              const char *text)
{
    size_t i = 0;
    while (i < wire.pending_count && wire.pending[i].id != id)
        i++;
    FUZZ_REQUIRE(i < wire.pending_count && wire.pending[i].type == type);
    FUZZ_REQUIRE(outcome <= DTC_UNANSWERED && fuzz_is_clean(text));
    wire.pending[i] = wire.pending[--wire.pending_count];
    wire_called(context);
}

/* The caller's loop, until nothing is due: what is over has been told, and all requests with it. */
static void wire_drive(void)
{
    int idle = 0; /* services in a row that took nothing off the wire */
    bool is_due;
    do {
        size_t taken = wire.taken;
        dtc_session_service(wire.session, POLLIN | POLLOUT, wire.now);
        idle = wire.taken > taken ? 0 : idle + 1;
        is_due = dtc_session_deadline(wire.session) <= wire.now ||
                 (wire.is_open && wire.start < wire.finish);
    } while (is_due && idle < WIRE_IDLE_MAX);
    FUZZ_REQUIRE(!is_due);
    enum dtc_phase phase = dtc_session_phase(wire.session);
    FUZZ_REQUIRE(phase == DTC_ONLINE || wire.pending_count == 0);
    FUZZ_REQUIRE(wire.is_open == (phase == DTC_LOGGING_ON || phase == DTC_ONLINE));
}

static void wire_flood(size_t length, uint8_t byte)
{
    char bytes[WIRE_FLOOD];
    memset(bytes, byte, sizeof bytes);
    for (; length > 0 && wire.floods > 0; length--, wire.floods--)
        wire_put(bytes, sizeof bytes);
}

static void wire_happen(enum wire_event event)
{
    static const int ways[] = {1, 0, -1};
    union dtc_message m;
    size_t length;
    switch (event) {
    case WIRE_BYTES:
        length = wire_next();
        length = length < (size_t)(wire.end - wire.at) ? length : (size_t)(wire.end - wire.at);
        wire_put((const char *)wire.at, length);
        wire.at += length;
        break;
    case WIRE_SAY:
        wire_compose(&m);
        wire_put_message(dtc_session_encoding(wire.session), &m);
        break;
    case WIRE_TIME:
        wire.now += wire_times[wire_next() % WIRE_TIMES];
        break;
    case WIRE_CLOSE:
        wire.is_closed = wire.is_open;
        break;
    case WIRE_CONNECT:
        wire.connects = ways[wire_next() % 3];
        break;
    case WIRE_BREAK:
        wire.is_broken = wire_next() & 1;
        break;
    case WIRE_DEFLATE:
        if (wire.is_open && !wire.is_deflating) {
            memset(&wire.deflating, 0, sizeof wire.deflating);
            wire.is_deflating = deflateInit(&wire.deflating, 1) == Z_OK;
        }
        break;
    case WIRE_FLOOD_OF:
        length = wire_next();
        wire_flood(length, wire_next());
        break;
    default:
        wire_act(event);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct dtc_listener listener = {&wire, wire_heard_message, wire_heard_phase,
                                                 wire_heard_answer};
    struct dtc_session_options options = {
        .hosts = {{"one.host", 11099}, {"::1", 11099}}, .host_count = 2, .heartbeat_seconds = 10};
    char *room = wire.bytes;
    memset(&wire, 0, sizeof wire);
    wire.bytes = room;
    if (!room)
        wire.bytes = malloc(WIRE_ROOM);
    if (size < sizeof wire.plan || !wire.bytes)
        return 0;
    memcpy(&wire.plan, data, sizeof wire.plan);
    wire.at = data + sizeof wire.plan;
    wire.end = data + size;
    wire.now = 1000 * CLOCK_SECOND;
    wire.connects = 1;
    wire.floods = WIRE_FLOODS;
    options.encoding = wire.plan.encoding % (DTC_ENCODINGS + 1) - 1;
    options.seed = wire.plan.cut;
    wire.session = dtc_session_new(&options, &listener);
    wire_drive();
    while (wire.at < wire.end) {
        wire_happen(wire_next() % WIRE_EVENTS);
        wire_drive();
    }
    dtc_session_logoff(wire.session, "the end");
    FUZZ_REQUIRE(dtc_session_phase(wire.session) == DTC_ENDED || wire.was_retried);
    dtc_session_free(wire.session);
    wire_reset();
    return 0;
}
