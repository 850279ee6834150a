/* A simulated server in the test's own process and by the test's own clock, and a raw client that
 * speaks any encoding and looks at bytes. */
#ifndef SORTIE_TESTS_INTEGRATION_SIM_WIRE_H
#define SORTIE_TESTS_INTEGRATION_SIM_WIRE_H

#include "base/clock.h"
#include "dtc/encoding.h"
#include "dtc/framing.h"
#include "sim/server.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define WIRE_MES "MESZ26_FUT_CME"

enum { WIRE_PATIENCE = 20 * 1000000 }; /* us of real time after which a test gives up */

static const int64_t WIRE_WALL = 1795366517 * CLOCK_SECOND;

static struct {
    struct sim_server *server;
    struct sim_scenario scenario;
    int64_t now;
} w;

struct wire {
    int socket;
    int encoding;
    struct dtc_framing framing;
    bool has_ended; /* by the server */
};

static inline void pump(void)
{
    ck_assert(sim_server_service(w.server, w.now, WIRE_WALL + w.now));
}

static inline void pass(int64_t us)
{
    for (int64_t left = us; left > 0; left -= CLOCK_SECOND) {
        w.now += left < CLOCK_SECOND ? left : CLOCK_SECOND;
        pump();
    }
}

/* Without bots, so that nothing is sent that the test does not ask for. `lines` of a scenario, each
 * ended by a newline, or NULL; in them ' stands for ". */
static inline void start(struct sim_server_options options, const char *lines)
{
    struct error error = {0};
    char line[512];
    memset(&w, 0, sizeof w);
    w.now = 1000 * CLOCK_SECOND;
    for (const char *at = lines; at != NULL && *at != '\0'; at = strchr(at, '\n') + 1) {
        size_t length = strcspn(at, "\n");
        ck_assert_uint_lt(length, sizeof line);
        for (size_t i = 0; i < length; i++)
            line[i] = at[i] == '\'' ? '"' : at[i];
        line[length] = '\0';
        ck_assert_msg(sim_scenario_add(&w.scenario, line, 1, &error), "%s", error.text);
    }
    options.seed = options.seed != 0 ? options.seed : 1;
    options.speed = 1;
    options.idle_exit = -1;
    options.scenario = &w.scenario;
    w.server = sim_server_new(&options, w.now, WIRE_WALL + w.now, &error);
    ck_assert_msg(w.server != NULL, "%s", error.text);
}

static inline void stop(void)
{
    sim_server_free(w.server, "done");
    sim_scenario_free(&w.scenario);
}

/* False when the connection is refused. */
static inline bool wire_connect(struct wire *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)sim_server_port(w.server)),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct wire){.socket = socket(AF_INET, SOCK_STREAM, 0)};
    ck_assert_int_ge(c->socket, 0);
    setsockopt(c->socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int)); /* at once */
    dtc_framing_init(&c->framing, DTC_BINARY_ENCODING);
    if (connect(c->socket, (struct sockaddr *)&address, sizeof address) == 0)
        return true;
    ck_assert_int_eq(errno, ECONNREFUSED);
    close(c->socket);
    return false;
}

static inline void wire_close(struct wire *c)
{
    close(c->socket);
    dtc_framing_free(&c->framing);
}

static inline void wire_switch(struct wire *c, int encoding)
{
    c->encoding = encoding;
    dtc_framing_switch(&c->framing, encoding);
}

static inline void wire_write(struct wire *c, const void *bytes, size_t length)
{
    ck_assert_int_eq(send(c->socket, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static inline void wire_send(struct wire *c, const union dtc_message *m)
{
    char bytes[DTC_ENCODED_MAX];
    size_t length = dtc_encoding_get(c->encoding)->encode(m, bytes, sizeof bytes);
    ck_assert_uint_gt(length, 0);
    wire_write(c, bytes, length);
}

static inline size_t wire_has(const struct wire *c)
{
    return c->framing.end - c->framing.start;
}

static inline const char *wire_bytes(const struct wire *c)
{
    return c->framing.data + c->framing.start;
}

static inline void wire_drop(struct wire *c, size_t length)
{
    c->framing.start += length;
}

/* Takes what has come; never waits. */
static inline void wire_read(struct wire *c)
{
    ssize_t n = 1;
    while (n > 0 && !c->has_ended) {
        size_t size;
        char *space = dtc_framing_space(&c->framing, &size);
        n = recv(c->socket, space, size, MSG_DONTWAIT);
        c->has_ended = n == 0 || (n < 0 && errno != EAGAIN);
        if (n > 0)
            dtc_framing_advance(&c->framing, (size_t)n);
    }
}

/* Lets the server work, its clock standing still, until so many bytes are there or it has closed.
 */
static inline void wire_await(struct wire *c, size_t length)
{
    int64_t deadline = clock_monotonic_us() + WIRE_PATIENCE;
    for (;;) {
        struct pollfd p = {.fd = c->socket, .events = POLLIN};
        pump();
        wire_read(c);
        if (c->has_ended || wire_has(c) >= length)
            return;
        ck_assert_msg(clock_monotonic_us() < deadline, "%zu bytes came, not %zu", wire_has(c),
                      length);
        poll(&p, 1, 1);
    }
}

/* Whether nothing comes although the server works. */
static inline bool wire_is_quiet(struct wire *c)
{
    for (int i = 0; i < 3; i++)
        pump();
    wire_read(c);
    return wire_has(c) == 0 && !c->has_ended;
}

/* The next message. Returns its type; 0 when the server has closed instead. */
static inline int wire_next(struct wire *c, union dtc_message *m)
{
    const char *frame;
    size_t length;
    struct error error = {0};
    for (;;) {
        int got = dtc_framing_next(&c->framing, &frame, &length, &error);
        ck_assert_msg(got >= 0, "%s", error.text);
        if (got > 0)
            break;
        if (c->has_ended)
            return 0;
        wire_await(c, wire_has(c) + 1);
    }
    int type = dtc_encoding_get(c->encoding)->decode(frame, length, m, &error);
    ck_assert_msg(type > 0, "type %d: %s", type, error.text);
    return type;
}

static inline void wire_expect(struct wire *c, union dtc_message *m, int type)
{
    ck_assert_int_eq(wire_next(c, m), type);
}

static inline void wire_expect_end(struct wire *c)
{
    union dtc_message m;
    ck_assert_int_eq(wire_next(c, &m), 0);
    ck_assert_uint_eq(wire_has(c), 0);
}

/* Messages of the client. */

static inline void wire_ask_encoding(struct wire *c, int encoding)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ENCODING_REQUEST);
    m.encoding_request.Encoding = encoding;
    dtc_text_set(m.encoding_request.ProtocolType, sizeof m.encoding_request.ProtocolType, "DTC");
    wire_send(c, &m);
}

static inline void wire_send_logon(struct wire *c, const char *user, const char *password)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_REQUEST);
    m.logon_request.HeartbeatIntervalInSeconds = 10;
    dtc_text_set(m.logon_request.Username, sizeof m.logon_request.Username, user);
    dtc_text_set(m.logon_request.Password, sizeof m.logon_request.Password, password);
    dtc_text_set(m.logon_request.ClientName, sizeof m.logon_request.ClientName, "test");
    wire_send(c, &m);
}

static inline void wire_log_on(struct wire *c)
{
    union dtc_message m;
    wire_send_logon(c, "", "");
    wire_expect(c, &m, DTC_LOGON_RESPONSE);
    ck_assert_int_eq(m.logon_response.Result, DTC_LOGON_SUCCESS);
    ck_assert_str_eq(m.logon_response.ServerName, "sortie-sim");
}

/* Connects, agrees on the encoding and logs on. */
static inline void wire_open(struct wire *c, int encoding)
{
    union dtc_message m;
    ck_assert(wire_connect(c));
    wire_ask_encoding(c, encoding);
    wire_expect(c, &m, DTC_ENCODING_RESPONSE);
    ck_assert_int_eq(m.encoding_response.Encoding, encoding);
    wire_switch(c, encoding);
    wire_log_on(c);
}

/* Answered by two messages, of the accounts Sim1 and 120005. */
static inline void wire_ask_accounts(struct wire *c, int id)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_TRADE_ACCOUNTS_REQUEST);
    m.trade_accounts_request.RequestID = id;
    wire_send(c, &m);
}

static inline void wire_expect_account(struct wire *c, int id, const char *name)
{
    union dtc_message m;
    wire_expect(c, &m, DTC_TRADE_ACCOUNT_RESPONSE);
    ck_assert_int_eq(m.trade_account_response.RequestID, id);
    ck_assert_str_eq(m.trade_account_response.TradeAccount, name);
}

static inline void wire_expect_accounts(struct wire *c, int id)
{
    wire_expect_account(c, id, "Sim1");
    wire_expect_account(c, id, "120005");
}

static inline void wire_subscribe(struct wire *c, const char *symbol, uint32_t id)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_REQUEST);
    m.market_data_request.RequestAction = DTC_SUBSCRIBE;
    m.market_data_request.SymbolID = id;
    dtc_text_set(m.market_data_request.Symbol, sizeof m.market_data_request.Symbol, symbol);
    wire_send(c, &m);
    wire_expect(c, &m, DTC_MARKET_DATA_SNAPSHOT);
    ck_assert_uint_eq(m.market_data_snapshot.SymbolID, id);
}

#endif
