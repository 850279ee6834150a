#include "sim/client.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dtc/json.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { READ_MOST = 256 << 10, CLOSING_TIME = 1000 * 1000, ENCODED_SIZE = 16 << 10 };

void sim_client_init(struct sim_client *c, int socket, int64_t now)
{
    *c = (struct sim_client){.socket = socket, .last_received = now};
    fcntl(socket, F_SETFL, O_NONBLOCK);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    dtc_framing_init(&c->framing);
}

void sim_client_free(struct sim_client *c)
{
    close(c->socket);
    dtc_framing_free(&c->framing);
    free(c->out);
}

/* One read(); false when there is no more for now. */
static bool read_some(struct sim_client *c, void *target, size_t size, size_t *got)
{
    ssize_t n = read(c->socket, target, size);
    *got = n > 0 ? (size_t)n : 0;
    if (n == 0 || (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR))
        c->phase = SIM_CLIENT_GONE;
    return n > 0;
}

void sim_client_receive(struct sim_client *c, int64_t now)
{
    for (size_t total = 0, got; total < READ_MOST && c->phase != SIM_CLIENT_GONE; total += got) {
        size_t size = sizeof c->hello - c->hello_length;
        char *target = (char *)c->hello + c->hello_length;
        if (c->phase == SIM_CLIENT_CLOSING)
            dtc_framing_reset(&c->framing);
        if (c->hello_done)
            target = dtc_framing_space(&c->framing, &size);
        else if (size == 0)
            return; /* full: sim_client_next() has to look at it first */
        if (!read_some(c, target, size, &got))
            return;
        c->last_received = now;
        if (c->hello_done)
            dtc_framing_advance(&c->framing, got);
        else
            c->hello_length += got;
    }
}

static void append(struct sim_client *c, const void *data, size_t length)
{
    if (c->out_end - c->out_start + length > SIM_CLIENT_LIMIT)
        c->phase = SIM_CLIENT_GONE;
    if (c->phase != SIM_CLIENT_OPEN)
        return;
    if (c->out_end + length > c->out_capacity && c->out_start > 0) {
        memmove(c->out, c->out + c->out_start, c->out_end - c->out_start);
        c->out_end -= c->out_start;
        c->out_start = 0;
    }
    if (c->out_end + length > c->out_capacity) {
        c->out_capacity = 2 * (c->out_end + length);
        c->out = memory_resize(c->out, c->out_capacity, 1);
    }
    memcpy(c->out + c->out_end, data, length);
    c->out_end += length;
}

static void hand_over_hello(struct sim_client *c)
{
    size_t size;
    char *space = dtc_framing_space(&c->framing, &size);
    memcpy(space, c->hello, c->hello_length);
    dtc_framing_advance(&c->framing, c->hello_length);
    c->hello_done = true;
}

/* Tells an ENCODING_REQUEST from JSON: 1 when that is settled, 0 when more bytes are needed, -1 for
 * neither. */
static int take_hello(struct sim_client *c, struct error *error)
{
    struct dtc_encoding_request request;
    if (c->hello_length == 0)
        return 0;
    if (c->hello[0] != sizeof request) {
        hand_over_hello(c);
        return 1;
    }
    if (c->hello_length < sizeof request)
        return 0;
    memcpy(&request, c->hello, sizeof request);
    if (request.Type != DTC_ENCODING_REQUEST || memcmp(request.ProtocolType, "DTC", 3) != 0) {
        error_set(
            error, ERROR_PROTOCOL,
            "The first bytes are neither JSON nor an ENCODING_REQUEST: this server speaks JSON");
        return -1;
    }
    union dtc_message answer;
    dtc_message_init(&answer, DTC_ENCODING_RESPONSE);
    answer.encoding_response.Encoding = DTC_JSON_ENCODING;
    dtc_text_set(answer.encoding_response.ProtocolType,
                 sizeof answer.encoding_response.ProtocolType, "DTC");
    append(c, &answer, sizeof answer.encoding_response);
    c->hello_done = true;
    return 1;
}

int sim_client_next(struct sim_client *c, const char **frame, size_t *length, struct error *error)
{
    if (!c->hello_done) {
        int taken = take_hello(c, error);
        if (taken <= 0)
            return taken;
    }
    return dtc_framing_next(&c->framing, frame, length, error);
}

void sim_client_send(struct sim_client *c, const union dtc_message *message)
{
    char text[ENCODED_SIZE];
    append(c, text, dtc_json_encode(message, text, sizeof text));
}

void sim_client_send_market(struct sim_client *c, const union dtc_message *message)
{
    c->market_messages++;
    if (c->out_end - c->out_start > SIM_CLIENT_MARKET_LIMIT)
        c->dropped++;
    else
        sim_client_send(c, message);
}

void sim_client_close(struct sim_client *c, const char *reason, int64_t now)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGOFF);
    dtc_text_set(m.logoff.Reason, sizeof m.logoff.Reason, reason);
    sim_client_send(c, &m);
    if (c->phase == SIM_CLIENT_OPEN) {
        c->phase = SIM_CLIENT_CLOSING;
        c->hello_done = true;
        c->close_by = now + CLOSING_TIME;
    }
}

void sim_client_flush(struct sim_client *c, int64_t now)
{
    while (c->phase != SIM_CLIENT_GONE && sim_client_has_output(c)) {
        ssize_t n = write(c->socket, c->out + c->out_start, c->out_end - c->out_start);
        if (n < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR)
            c->phase = SIM_CLIENT_GONE;
        if (n <= 0)
            break;
        c->out_start += (size_t)n;
    }
    if (!sim_client_has_output(c))
        c->out_start = c->out_end = 0;
    if (c->phase != SIM_CLIENT_CLOSING)
        return;
    /* Not closed at once: unread input would make the kernel discard what was written. */
    if (!sim_client_has_output(c) && !c->write_shut) {
        shutdown(c->socket, SHUT_WR);
        c->write_shut = true;
    }
    if (now >= c->close_by)
        c->phase = SIM_CLIENT_GONE;
}

bool sim_client_has_output(const struct sim_client *c)
{
    return c->out_end > c->out_start;
}
