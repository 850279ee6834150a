#include "support/peer.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dtc/encoding.h"

#include <check.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RULES = 96, TYPES = 1024, READ_SIZE = 1 << 16 };

struct rule {
    int type;
    char field[32], value[80];
    json_t *messages; /* NULL: no answer */
};

struct peer {
    pthread_mutex_t lock;
    pthread_t thread;
    bool runs, stopping;
    int door, socket, port;
    int encoding; /* on the wire; the test writes and reads JSON all the same */
    struct rule rules[RULES];
    size_t rule_count;
    unsigned count[TYPES];
    json_t *last[TYPES];
    char *data;
    size_t length, capacity;
    char *bytes; /* the answer of one that does not speak JSON */
    size_t byte_count;
};

static char *with_quotes(const char *text)
{
    char *copy = memory_new(strlen(text) + 1, 1);
    for (size_t i = 0; text[i] != '\0'; i++)
        copy[i] = text[i] == '\'' ? '"' : text[i];
    return copy;
}

static json_t *parse(const char *text)
{
    json_error_t error;
    char *quoted = with_quotes(text);
    json_t *value = json_loads(quoted, JSON_ALLOW_NUL, &error);
    ck_assert_msg(value != NULL, "%s in %s", error.text, quoted);
    free(quoted);
    return value;
}

/* Of the same requests: none of them is left for it. */
static void drop_rule(struct peer *p, const struct rule *like)
{
    size_t kept = 0;
    for (size_t i = 0; i < p->rule_count; i++) {
        struct rule *r = &p->rules[i];
        if (r->type == like->type && strcmp(r->field, like->field) == 0 &&
            strcmp(r->value, like->value) == 0)
            json_decref(r->messages);
        else
            p->rules[kept++] = *r;
    }
    p->rule_count = kept;
}

static void add_rule(struct peer *p, int type, const char *field, const char *value,
                     const char *messages)
{
    struct rule rule = {.type = type}, *r = &rule;
    snprintf(r->field, sizeof r->field, "%s", field != NULL ? field : "");
    snprintf(r->value, sizeof r->value, "%s", value != NULL ? value : "");
    r->messages = messages != NULL ? parse(messages) : NULL;
    drop_rule(p, r);
    ck_assert_uint_lt(p->rule_count, RULES);
    p->rules[p->rule_count++] = rule;
    ck_assert(messages == NULL || json_is_array(r->messages));
}

static const struct {
    int type;
    const char *messages;
} STANDARD[] = {
    {1, "[{'Type':2,'ProtocolVersion':8,'Result':1,'ServerName':'peer','TradingIsSupported':1,"
        "'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"
        "'HistoricalPriceDataSupported':1,'OrderCancelReplaceSupported':1}]"},
    {400, "[{'Type':401,'TradeAccount':'Sim1'}]"},
    {300, "[{'Type':301,'NoOrders':1}]"},
    {305, "[{'Type':306,'NoPositions':1}]"},
    {303, "[{'Type':304,'NoOrderFills':1}]"},
    {601, "[{'Type':600,'NoAccountBalances':1}]"},
    {800, "[{'Type':801,'NoRecordsToReturn':1}]"},
    {506, "[{'Type':507,'Symbol':'$Symbol','Description':'$Symbol','MinPriceIncrement':0.25,"
          "'CurrencyValuePerIncrement':1.25,'PriceDisplayFormat':2,'Currency':'USD',"
          "'IsFinalMessage':1}]"},
};

static void listen_on(struct peer *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)p->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int on = 1;
    p->door = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(p->door, 0);
    fcntl(p->door, F_SETFD, FD_CLOEXEC);
    fcntl(p->door, F_SETFL, O_NONBLOCK);
    setsockopt(p->door, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ck_assert_int_eq(bind(p->door, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(listen(p->door, 8), 0);
    ck_assert_int_eq(getsockname(p->door, (struct sockaddr *)&address, &size), 0);
    p->port = ntohs(address.sin_port);
}

struct peer *peer_new(void)
{
    struct peer *p = memory_new(1, sizeof *p);
    pthread_mutex_init(&p->lock, NULL);
    p->socket = -1;
    p->encoding = DTC_JSON_ENCODING;
    for (size_t i = 0; i < sizeof STANDARD / sizeof STANDARD[0]; i++)
        add_rule(p, STANDARD[i].type, NULL, NULL, STANDARD[i].messages);
    listen_on(p);
    return p;
}

static void hang_up(struct peer *p)
{
    if (p->socket >= 0)
        close(p->socket);
    p->socket = -1;
    p->length = 0;
}

static void shut(struct peer *p)
{
    hang_up(p);
    if (p->door >= 0)
        close(p->door);
    p->door = -1;
}

void peer_free(struct peer *p)
{
    if (p->runs) {
        pthread_mutex_lock(&p->lock);
        p->stopping = true;
        pthread_mutex_unlock(&p->lock);
        pthread_join(p->thread, NULL);
    }
    shut(p);
    for (size_t i = 0; i < p->rule_count; i++)
        json_decref(p->rules[i].messages);
    for (size_t i = 0; i < TYPES; i++)
        json_decref(p->last[i]);
    pthread_mutex_destroy(&p->lock);
    free(p->data);
    free(p->bytes);
    free(p);
}

int peer_port(const struct peer *p)
{
    return p->port;
}

void peer_speak(struct peer *p, int encoding)
{
    p->encoding = encoding;
}

void peer_answer(struct peer *p, int type, const char *field, const char *value,
                 const char *messages)
{
    pthread_mutex_lock(&p->lock);
    add_rule(p, type, field, value, messages);
    pthread_mutex_unlock(&p->lock);
}

/* Never waits for a client that does not read: the test would hang with it. */
static void send_bytes(struct peer *p, const char *bytes, size_t length)
{
    for (size_t sent = 0; sent < length && p->socket >= 0;) {
        ssize_t now = send(p->socket, bytes + sent, length - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
        struct pollfd out = {.fd = p->socket, .events = POLLOUT};
        if (now < 0 && poll(&out, 1, 30000) <= 0)
            ck_abort_msg("the client does not read");
        if (now < 0 && (out.revents & (POLLERR | POLLHUP)) != 0)
            return;
        sent += now > 0 ? (size_t)now : 0;
    }
}

/* What JSON says in another encoding. */
static void send_encoded(struct peer *p, const char *text)
{
    char bytes[DTC_ENCODED_MAX];
    union dtc_message m;
    struct error error = {0};
    int type = dtc_encoding_get(DTC_JSON_ENCODING)->decode(text, strlen(text), &m, &error);
    ck_assert_msg(type > 0, "%s: %s", text, error.text);
    size_t length = dtc_encoding_get(p->encoding)->encode(&m, bytes, sizeof bytes);
    ck_assert_msg(length > 0, "%s cannot be encoded", text);
    send_bytes(p, bytes, length);
}

static void send_message(struct peer *p, const json_t *message)
{
    char *text = json_dumps(message, JSON_COMPACT | JSON_REAL_PRECISION(17));
    if (p->encoding == DTC_JSON_ENCODING)
        send_bytes(p, text, strlen(text) + 1);
    else
        send_encoded(p, text);
    free(text);
}

void peer_send(struct peer *p, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t size = (size_t)vsnprintf(NULL, 0, format, arguments) + 1;
    va_end(arguments);
    char *text = memory_new(size, 1);
    vsnprintf(text, size, format, again);
    va_end(again);
    json_t *message = parse(text);
    pthread_mutex_lock(&p->lock);
    send_message(p, message);
    pthread_mutex_unlock(&p->lock);
    json_decref(message);
    free(text);
}

void peer_send_bytes(struct peer *p, const void *bytes, size_t length)
{
    pthread_mutex_lock(&p->lock);
    send_bytes(p, bytes, length);
    pthread_mutex_unlock(&p->lock);
}

void peer_answer_with_bytes(struct peer *p, const void *bytes, size_t length)
{
    pthread_mutex_lock(&p->lock);
    free(p->bytes);
    p->bytes = memory_new(length, 1);
    memcpy(p->bytes, bytes, length);
    p->byte_count = length;
    pthread_mutex_unlock(&p->lock);
}

void peer_hang_up(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    hang_up(p);
    pthread_mutex_unlock(&p->lock);
}

void peer_shut(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    shut(p);
    pthread_mutex_unlock(&p->lock);
}

void peer_open(struct peer *p)
{
    pthread_mutex_lock(&p->lock);
    listen_on(p);
    pthread_mutex_unlock(&p->lock);
}

static void add_missing(json_t *message, const char *field, json_t *value)
{
    if (json_object_get(message, field) == NULL)
        json_object_set_new(message, field, value);
    else
        json_decref(value);
}

static void fill_in(json_t *message, json_t *request, size_t number, size_t total)
{
    void *next;
    const char *field;
    json_t *value;
    json_object_foreach_safe(message, next, field, value)
    {
        const char *text = json_string_value(value);
        json_t *named = text != NULL && text[0] == '$' ? json_object_get(request, text + 1) : NULL;
        if (named != NULL)
            json_object_set(message, field, named);
    }
    json_t *id = json_object_get(request, "RequestID");
    if (id != NULL)
        add_missing(message, "RequestID", json_incref(id));
    add_missing(message, "MessageNumber", json_integer((json_int_t)number));
    /* 301 counts in another word than the rest */
    add_missing(message, "TotalNumMessages", json_integer((json_int_t)total));
    add_missing(message, "TotalNumberMessages", json_integer((json_int_t)total));
}

static void answer(struct peer *p, const struct rule *r, json_t *request)
{
    size_t total = json_array_size(r->messages);
    for (size_t i = 0; i < total; i++) {
        json_t *message = json_deep_copy(json_array_get(r->messages, i));
        fill_in(message, request, i + 1, total);
        send_message(p, message);
        json_decref(message);
    }
}

static bool fits(const struct rule *r, int type, const json_t *request)
{
    const json_t *field = json_object_get(request, r->field);
    const char *value = json_string_value(field);
    char number[32];
    if (json_is_integer(field)) {
        snprintf(number, sizeof number, "%lld", (long long)json_integer_value(field));
        value = number;
    }
    return r->type == type &&
           (r->field[0] == '\0' || strcmp(value != NULL ? value : "", r->value) == 0);
}

static void take(struct peer *p, json_t *request)
{
    int type = (int)json_integer_value(json_object_get(request, "Type"));
    ck_assert_int_gt(type, 0);
    ck_assert_int_lt(type, TYPES);
    p->count[type]++;
    p->count[0]++;
    json_decref(p->last[type]);
    p->last[type] = request;
    for (size_t i = p->rule_count; i-- > 0;)
        if (fits(&p->rules[i], type, request)) {
            answer(p, &p->rules[i], request);
            return;
        }
}

/* The bytes of the first whole frame, 0: there is none. */
static size_t frame_length(const struct peer *p)
{
    const char *end = p->length > 0 ? memchr(p->data, '\0', p->length) : NULL;
    uint16_t size = 0;
    if (p->encoding == DTC_JSON_ENCODING)
        return end != NULL ? (size_t)(end - p->data) + 1 : 0;
    if (p->length >= sizeof size)
        memcpy(&size, p->data, sizeof size);
    return size > 0 && size <= p->length ? size : 0;
}

static json_t *read_frame(struct peer *p, size_t length)
{
    char text[DTC_ENCODED_MAX];
    union dtc_message m;
    struct error error = {0};
    if (p->encoding == DTC_JSON_ENCODING)
        return json_loads(p->data, 0, NULL);
    int type = dtc_encoding_get(p->encoding)->decode(p->data, length, &m, &error);
    ck_assert_msg(type > 0, "the client sent what cannot be read: %s", error.text);
    ck_assert_uint_gt(dtc_encoding_get(DTC_JSON_ENCODING)->encode(&m, text, sizeof text), 0);
    return json_loads(text, 0, NULL);
}

static void take_frames(struct peer *p)
{
    size_t length;
    while ((length = frame_length(p)) > 0) {
        json_t *request = read_frame(p, length);
        ck_assert_msg(request != NULL, "the client sent %s", p->data);
        p->length -= length;
        memmove(p->data, p->data + length, p->length);
        take(p, request);
    }
}

static size_t read_some(struct peer *p)
{
    if (p->capacity - p->length < READ_SIZE) {
        p->capacity = 2 * p->capacity + READ_SIZE;
        p->data = memory_resize(p->data, p->capacity, 1);
    }
    ssize_t got = recv(p->socket, p->data + p->length, READ_SIZE, MSG_DONTWAIT);
    if (got == 0)
        hang_up(p);
    if (got <= 0)
        return 0;
    p->length += (size_t)got;
    if (p->bytes != NULL) {
        p->length = 0;
        send_bytes(p, p->bytes, p->byte_count);
    } else {
        take_frames(p);
    }
    return (size_t)got;
}

size_t peer_pump(struct peer *p)
{
    size_t total = 0, got = 0;
    pthread_mutex_lock(&p->lock);
    int fresh = p->door >= 0 ? accept(p->door, NULL, NULL) : -1;
    if (fresh >= 0) {
        int on = 1;
        hang_up(p);
        setsockopt(fresh, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); /* else 40 ms an answer */
        p->socket = fresh;
        fcntl(fresh, F_SETFD, FD_CLOEXEC);
    }
    while (p->socket >= 0 && (got = read_some(p)) > 0)
        total += got;
    pthread_mutex_unlock(&p->lock);
    return total;
}

void peer_wait(struct peer *p, int ms)
{
    pthread_mutex_lock(&p->lock);
    struct pollfd in[2] = {{.fd = p->door, .events = POLLIN}, {.fd = p->socket, .events = POLLIN}};
    pthread_mutex_unlock(&p->lock);
    poll(in, 2, ms);
}

static void *pump_on(void *context)
{
    struct peer *p = context;
    for (bool stopping = false; !stopping;) {
        peer_wait(p, 5);
        peer_pump(p);
        pthread_mutex_lock(&p->lock);
        stopping = p->stopping;
        pthread_mutex_unlock(&p->lock);
    }
    return NULL;
}

void peer_run(struct peer *p)
{
    p->runs = true;
    ck_assert_int_eq(pthread_create(&p->thread, NULL, pump_on, p), 0);
}

unsigned peer_count(struct peer *p, int type)
{
    pthread_mutex_lock(&p->lock);
    unsigned count = p->count[type];
    pthread_mutex_unlock(&p->lock);
    return count;
}

static const json_t *field_of(struct peer *p, int type, const char *field)
{
    pthread_mutex_lock(&p->lock);
    const json_t *value = json_object_get(p->last[type], field);
    pthread_mutex_unlock(&p->lock);
    return value;
}

double peer_number(struct peer *p, int type, const char *field)
{
    return json_number_value(field_of(p, type, field));
}

const char *peer_text(struct peer *p, int type, const char *field)
{
    const char *text = json_string_value(field_of(p, type, field));
    return text != NULL ? text : "";
}
