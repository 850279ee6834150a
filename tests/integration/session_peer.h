/* A session and a scripted server on loopback, in one thread, for the tests of the session. Time is
 * a number that the tests move. */
#ifndef SORTIE_TESTS_SESSION_PEER_H
#define SORTIE_TESTS_SESSION_PEER_H

#include "dtc/session.h"

#include "base/clock.h"
#include "dtc/encoding.h"
#include "dtc/framing.h"

#include "support/test.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { RECORDS = 256, HEARTBEAT = 10 };

#define INTERVAL (HEARTBEAT * CLOCK_SECOND)

struct answer {
    int32_t id;
    uint16_t type;
    enum dtc_outcome outcome;
    char text[160];
};

/* What the listener heard, in order of coming: 'p'hase, 'm'essage, 'a'nswered. */
static struct {
    struct dtc_session *session;
    int64_t now;
    int door, peer; /* the server's sockets: listening, connected */
    int port;
    struct dtc_session_options options;
    int encoding; /* that the server speaks with the next connection */
    struct dtc_framing framing;
    size_t phases, messages, answers;
    size_t heartbeats; /* they are no part of `messages` and `order` */
    enum dtc_phase phase[RECORDS];
    char sentence[512]; /* the latest */
    uint16_t message[RECORDS];
    struct answer answer[RECORDS];
    char order[RECORDS];
    void (*on_message)(void);
    void (*on_phase)(enum dtc_phase phase);
} t;

static inline void heard(char what)
{
    size_t length = strlen(t.order);
    ck_assert_uint_lt(length + 1, sizeof t.order);
    t.order[length] = what;
}

static inline void message_heard(void *context, const union dtc_message *message)
{
    ck_assert_ptr_eq(context, &t);
    if (message->header.Type == DTC_HEARTBEAT) {
        t.heartbeats++;
        return;
    }
    ck_assert_uint_lt(t.messages, RECORDS);
    t.message[t.messages++] = message->header.Type;
    heard('m');
    if (t.on_message)
        t.on_message();
}

static inline void phase_heard(void *context, enum dtc_phase phase, const char *sentence)
{
    ck_assert_ptr_eq(context, &t);
    ck_assert_uint_lt(t.phases, RECORDS);
    t.phase[t.phases++] = phase;
    heard('p');
    snprintf(t.sentence, sizeof t.sentence, "%s", sentence);
    ck_assert_str_ne(sentence, "");
    for (const char *c = sentence; *c; c++)
        ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7F, "%s", sentence);
    if (t.on_phase)
        t.on_phase(phase);
}

static inline void answered_heard(void *context, int32_t id, uint16_t type,
                                  enum dtc_outcome outcome, const char *text)
{
    ck_assert_ptr_eq(context, &t);
    ck_assert_uint_lt(t.answers, RECORDS);
    struct answer *answer = &t.answer[t.answers++];
    *answer = (struct answer){.id = id, .type = type, .outcome = outcome};
    snprintf(answer->text, sizeof answer->text, "%s", text);
    heard('a');
}

/* A bound socket on a free port; it refuses connections until it listens. */
static inline int door_open(int *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
    ck_assert_int_eq(getsockname(fd, (struct sockaddr *)&address, &size), 0);
    *port = ntohs(address.sin_port);
    return fd;
}

/* In place of the present session, one with t.options. */
static inline void session_renew(void)
{
    const struct dtc_listener listener = {&t, message_heard, phase_heard, answered_heard};
    dtc_session_free(t.session);
    t.session = dtc_session_new(&t.options, &listener);
}

/* To the server under that name, in JSON. */
static inline void session_start(const char *host, uint64_t seed)
{
    t.options = (struct dtc_session_options){.hosts = {{.port = t.port}},
                                             .host_count = 1,
                                             .encoding = DTC_JSON_ENCODING,
                                             .username = "joe",
                                             .client_name = "sortie",
                                             .heartbeat_seconds = HEARTBEAT,
                                             .seed = seed};
    snprintf(t.options.hosts[0].host, sizeof t.options.hosts[0].host, "%s", host);
    session_renew();
}

static inline void setup(void)
{
    memset(&t, 0, sizeof t);
    t.now = 1000 * CLOCK_SECOND;
    t.peer = -1;
    t.door = door_open(&t.port);
    ck_assert_int_eq(listen(t.door, 8), 0);
    t.encoding = DTC_JSON_ENCODING;
    dtc_framing_init(&t.framing, t.encoding);
    session_start("127.0.0.1", 1);
}

static inline void peer_close(void)
{
    if (t.peer >= 0)
        close(t.peer);
    t.peer = -1;
}

static inline void teardown(void)
{
    dtc_session_free(t.session);
    dtc_framing_free(&t.framing);
    peer_close();
    close(t.door);
}

static inline void await(int fd, short events)
{
    struct pollfd p = {.fd = fd, .events = events};
    ck_assert_msg(poll(&p, 1, 30000) == 1, "nothing within 30 s");
}

/* What the session wants to poll. */
static inline struct pollfd wanted(void)
{
    struct pollfd p = {0};
    p.fd = dtc_session_descriptor(t.session, &p.events);
    return p;
}

/* Until the server's bytes have reached the session's socket. */
static inline void await_arrival(void)
{
    await(wanted().fd, POLLIN);
}

/* One round of the caller's loop, when the socket has something or something is due. */
static inline void turn(void)
{
    struct pollfd p = wanted();
    if (dtc_session_deadline(t.session) > t.now) {
        ck_assert_int_ge(p.fd, 0);
        await(p.fd, p.events);
    }
    poll(&p, 1, 0);
    dtc_session_service(t.session, p.revents, t.now);
}

static inline void turn_until(enum dtc_phase phase)
{
    while (dtc_session_phase(t.session) != phase)
        turn();
}

/* Through so many changes of the phase. */
static inline void turn_through(size_t changes)
{
    size_t phases = t.phases;
    while (t.phases < phases + changes)
        turn();
}

static inline void turn_until_messages(size_t count)
{
    while (t.messages < count)
        turn();
}

static inline void turn_until_answers(size_t count)
{
    while (t.answers < count)
        turn();
}

static inline void peer_accept(void)
{
    peer_close();
    dtc_framing_reset(&t.framing, t.encoding);
    await(t.door, POLLIN);
    t.peer = accept(t.door, NULL, NULL);
    ck_assert_int_ge(t.peer, 0);
}

static inline void peer_send_bytes(const char *bytes, size_t length)
{
    ck_assert_int_eq(send(t.peer, bytes, length, MSG_NOSIGNAL), (ssize_t)length);
}

static inline void peer_send(const char *text)
{
    peer_send_bytes(text, strlen(text) + 1);
}

static inline void peer_send_message(const union dtc_message *m)
{
    char bytes[DTC_ENCODED_MAX];
    size_t length = dtc_encoding_get(t.framing.encoding)->encode(m, bytes, sizeof bytes);
    ck_assert_uint_gt(length, 0);
    peer_send_bytes(bytes, length);
}

/* What the session has gathered is sent first. */
static inline void peer_receive(union dtc_message *m, int type)
{
    struct error error;
    const char *frame;
    size_t length;
    while (dtc_framing_next(&t.framing, &frame, &length, &error) == 0) {
        size_t size;
        char *space = dtc_framing_space(&t.framing, &size);
        struct pollfd p = wanted();
        if ((p.events & POLLOUT) != 0 && poll(&p, 1, 0) > 0)
            dtc_session_service(t.session, p.revents, t.now);
        await(t.peer, POLLIN);
        ssize_t got = recv(t.peer, space, size, 0);
        ck_assert_int_gt(got, 0);
        dtc_framing_advance(&t.framing, (size_t)got);
    }
    ck_assert_int_eq(dtc_encoding_get(t.framing.encoding)->decode(frame, length, m, &error), type);
}

/* A connection up to the logon's request. */
static inline void reach(void)
{
    union dtc_message m;
    turn_until(DTC_LOGGING_ON);
    peer_accept();
    peer_receive(&m, DTC_LOGON_REQUEST);
}

static inline void go_online(void)
{
    reach();
    peer_send("{\"Type\":2,\"ProtocolVersion\":8,\"Result\":1,\"TradingIsSupported\":1}");
    turn_until(DTC_ONLINE);
}

static inline int32_t request(uint16_t type)
{
    union dtc_message m;
    dtc_message_init(&m, type);
    return dtc_session_request(t.session, &m, t.now);
}

static inline void assert_says(const char *expected)
{
    ck_assert_msg(strstr(t.sentence, expected) != NULL, "\"%s\" lacks \"%s\"", t.sentence,
                  expected);
}

/* The wait that was announced, in us. */
static inline int64_t wait_time(void)
{
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_WAITING);
    ck_assert_int_eq(t.phase[t.phases - 1], DTC_WAITING);
    return dtc_session_deadline(t.session) - t.now;
}

static inline void assert_waits_first(void)
{
    ck_assert_int_ge(wait_time(), CLOCK_SECOND);
    ck_assert_int_le(wait_time(), 2 * CLOCK_SECOND);
    assert_says("trying again in ");
}

/* The tests of a case; each gets a session and a server. */
#define CASE_ADD(suite, name, tests) case_add(suite, name, tests, sizeof(tests) / sizeof *(tests))

static inline void case_add(Suite *s, const char *name, const TTest *const *tests, size_t count)
{
    TCase *c = tcase_create(name);
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(s, c);
}

#endif
