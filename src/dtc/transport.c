#include "dtc/transport.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/resolver.h"
#include "dtc/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    GATHERED = 1 << 16, /* bytes that wait for the flush */
    WIRE_SIZE = 1 << 14 /* of TLS, a call: about a record */
};

void dtc_transport_init(struct dtc_transport *t)
{
    *t = (struct dtc_transport){.fd = -1};
}

static void descriptor_close(struct dtc_transport *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
    t->is_connecting = false;
}

void dtc_transport_close(struct dtc_transport *t)
{
    descriptor_close(t);
    dtc_lookup_free(t->lookup);
    if (t->addresses)
        freeaddrinfo(t->addresses);
    dtc_tls_free(t->tls);
    free(t->output);
    dtc_transport_init(t);
}

static void set_cause(struct error *error, int number)
{
    char text[128];
    if (strerror_r(number, text, sizeof text) != 0)
        text_format(text, sizeof text, "error %d", number);
    if (text[0] >= 'A' && text[0] <= 'Z')
        text[0] = (char)(text[0] - 'A' + 'a');
    error_set(error, ERROR_SYSTEM, "%s", text);
}

static void set_connect_cause(struct error *error, int number)
{
    set_cause(error, number);
    size_t length = strlen(error->text);
    text_format(error->text + length, sizeof error->text - length, "%s",
                number == ECONNREFUSED ? "; is Sierra Chart's DTC server on (Global Settings > "
                                         "Sierra Chart Server Settings > DTC Protocol Server)?"
                                       : "; check host and port");
}

/* Each only helps: a connection without it works as well. A peer that is gone without a word is
 * found out after a minute, also while the session has nothing to say. */
static void set_options(int fd)
{
    static const struct {
        int level, name, value;
    } options[] = {
        {IPPROTO_TCP, TCP_NODELAY, 1},    {SOL_SOCKET, SO_KEEPALIVE, 1},
#ifdef TCP_KEEPIDLE
        {IPPROTO_TCP, TCP_KEEPIDLE, 30},
#endif
#ifdef TCP_KEEPINTVL
        {IPPROTO_TCP, TCP_KEEPINTVL, 10},
#endif
#ifdef TCP_KEEPCNT
        {IPPROTO_TCP, TCP_KEEPCNT, 3},
#endif
    };
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        setsockopt(fd, options[i].level, options[i].name, &options[i].value,
                   sizeof options[i].value);
}

static int descriptor_open(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol);
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return -1;
    }
    set_options(fd);
    return fd;
}

static bool output_add(struct dtc_transport *t, const char *data, size_t size, struct error *error)
{
    size_t waiting = t->end - t->start;
    if (waiting + size > DTC_OUTPUT_MAX)
        return error_set(error, ERROR_FULL, "the server does not take what is sent to it");
    if (t->end + size > t->capacity) {
        if (waiting > 0)
            memmove(t->output, t->output + t->start, waiting);
        t->start = 0;
        t->end = waiting;
        while (t->capacity < waiting + size)
            t->capacity = t->capacity > 0 ? 2 * t->capacity : 8192;
        t->output = memory_resize(t->output, t->capacity, 1);
    }
    memcpy(t->output + t->end, data, size);
    t->end += size;
    return true;
}

/* What TLS has to say, to the rest of the output. */
static bool output_drain(struct dtc_transport *t, struct error *error)
{
    char wire[WIRE_SIZE];
    size_t got;
    while ((got = dtc_tls_drain(t->tls, wire, sizeof wire)) > 0)
        if (!output_add(t, wire, got, error))
            return false;
    return true;
}

bool dtc_transport_flush(struct dtc_transport *t, struct error *error)
{
    while (t->start < t->end) {
        ssize_t sent = send(t->fd, t->output + t->start, t->end - t->start, MSG_NOSIGNAL);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
            return true;
        if (sent < 0) {
            set_cause(error, errno);
            return false;
        }
        t->start += (size_t)sent;
    }
    t->start = t->end = 0;
    return true;
}

bool dtc_transport_write(struct dtc_transport *t, const char *data, size_t size,
                         struct error *error)
{
    bool is_added = t->tls != NULL
                        ? dtc_tls_write(t->tls, data, size, error) && output_drain(t, error)
                        : output_add(t, data, size, error);
    return is_added && (t->end - t->start < GATHERED || dtc_transport_flush(t, error));
}

/* As recv(), with an error for an end. */
static ssize_t receive(struct dtc_transport *t, char *buffer, size_t size, struct error *error)
{
    ssize_t got = recv(t->fd, buffer, size, 0);
    if (got > 0)
        return got;
    if (got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
        return 0;
    if (got < 0)
        set_cause(error, errno);
    else
        error_set(error, ERROR_SYSTEM, "the server closed the connection");
    return -1;
}

static ssize_t receive_tls(struct dtc_transport *t, struct error *error)
{
    char wire[WIRE_SIZE];
    ssize_t got = receive(t, wire, sizeof wire, error);
    if (got > 0)
        dtc_tls_feed(t->tls, wire, (size_t)got);
    return got;
}

ssize_t dtc_transport_read(struct dtc_transport *t, char *buffer, size_t size, struct error *error)
{
    ssize_t got;
    t->is_read_up = false;
    if (t->tls == NULL) {
        got = receive(t, buffer, size, error);
        t->is_read_up = got >= 0 && (size_t)got < size;
        return got;
    }
    while ((got = dtc_tls_read(t->tls, buffer, size, error)) == 0) {
        got = receive_tls(t, error);
        if (got <= 0)
            break;
    }
    return got < 0 || output_drain(t, error) ? got : -1; /* TLS may answer by itself */
}

bool dtc_transport_has_more(const struct dtc_transport *t)
{
    return t->tls != NULL && dtc_tls_has_more(t->tls);
}

static int shake_hands(struct dtc_transport *t, struct error *error)
{
    for (;;) {
        int result = dtc_tls_handshake(t->tls, error);
        /* Also a refusal is told to the server. */
        bool is_sent = output_drain(t, NULL) && dtc_transport_flush(t, NULL);
        if (result != 0)
            return result;
        ssize_t got = is_sent ? receive_tls(t, NULL) : -1;
        if (got == 0)
            return 0;
        if (got < 0) {
            error_set(error, ERROR_SYSTEM,
                      "the server closed the connection during the TLS handshake; is this its TLS "
                      "port?");
            return -1;
        }
    }
}

static int connected(struct dtc_transport *t, struct error *error)
{
    t->is_connecting = false;
    if (t->ca_file == NULL)
        return 1;
    t->tls = dtc_tls_new(t->target.host, t->ca_file, error);
    return t->tls != NULL ? shake_hands(t, error) : -1;
}

static int try_next(struct dtc_transport *t, struct error *error)
{
    while (t->next) {
        const struct addrinfo *address = t->next;
        t->next = address->ai_next;
        t->fd = descriptor_open(address);
        t->is_connecting = t->fd >= 0;
        if (t->fd >= 0 && connect(t->fd, address->ai_addr, address->ai_addrlen) == 0)
            return connected(t, error);
        if (t->fd >= 0 && (errno == EINPROGRESS || errno == EINTR))
            return 0;
        set_connect_cause(error, errno);
        descriptor_close(t);
    }
    return -1;
}

int dtc_transport_open(struct dtc_transport *t, const struct address *target, const char *ca_file,
                       struct error *error)
{
    dtc_transport_close(t);
    t->target = *target;
    t->ca_file = ca_file;
    if (dtc_resolve_number(target, &t->addresses)) {
        t->next = t->addresses;
        return try_next(t, error);
    }
    t->lookup = dtc_lookup_begin(target, error);
    return t->lookup != NULL ? 0 : -1;
}

/* 0 connected, EINPROGRESS under way, else why not. */
static int connect_result(int fd)
{
    struct sockaddr_storage peer = {0}, own = {0};
    socklen_t peer_size = sizeof peer, own_size = sizeof own;
    int failure = 0;
    socklen_t failure_size = sizeof failure;
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &failure, &failure_size) != 0)
        return errno;
    if (failure != 0)
        return failure;
    if (getpeername(fd, (struct sockaddr *)&peer, &peer_size) != 0)
        return errno == ENOTCONN ? EINPROGRESS : errno;
    /* Where nobody listens, a socket that was given the very port it connects to meets itself. */
    if (getsockname(fd, (struct sockaddr *)&own, &own_size) == 0 && own_size == peer_size &&
        memcmp(&own, &peer, own_size) == 0)
        return ECONNREFUSED;
    return 0;
}

static int give_up(struct dtc_transport *t, int number, struct error *error)
{
    set_connect_cause(error, number);
    descriptor_close(t);
    return try_next(t, error);
}

int dtc_transport_check(struct dtc_transport *t, struct error *error)
{
    if (t->lookup != NULL) {
        int result = dtc_lookup_take(t->lookup, &t->addresses, error);
        if (result == 0)
            return 0;
        dtc_lookup_free(t->lookup);
        t->lookup = NULL;
        t->next = t->addresses;
        return result > 0 ? try_next(t, error) : -1;
    }
    if (!t->is_connecting)
        return shake_hands(t, error);
    int failure = connect_result(t->fd);
    if (failure == EINPROGRESS)
        return 0;
    return failure == 0 ? connected(t, error) : give_up(t, failure, error);
}

int dtc_transport_late(struct dtc_transport *t, struct error *error)
{
    if (t->is_connecting)
        return give_up(t, ETIMEDOUT, error);
    error_set(error, ERROR_SYSTEM, "%s",
              t->lookup != NULL ? "its name is not found in time; check the name service"
                                : "the server does not answer the TLS handshake; is this its TLS "
                                  "port?");
    return -1;
}

int dtc_transport_descriptor(const struct dtc_transport *t, short *events)
{
    if (t->lookup != NULL) {
        *events = POLLIN;
        return dtc_lookup_descriptor(t->lookup);
    }
    *events = (short)(t->is_connecting ? POLLOUT : POLLIN | (t->start < t->end ? POLLOUT : 0));
    return t->fd;
}
