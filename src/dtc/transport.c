#include "dtc/transport.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void dtc_transport_init(struct dtc_transport *t)
{
    *t = (struct dtc_transport){.fd = -1};
}

static void descriptor_close(struct dtc_transport *t)
{
    if (t->fd >= 0)
        close(t->fd);
    t->fd = -1;
}

void dtc_transport_close(struct dtc_transport *t)
{
    descriptor_close(t);
    if (t->addresses)
        freeaddrinfo(t->addresses);
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

static int descriptor_open(const struct addrinfo *address)
{
    int fd = socket(address->ai_family, address->ai_socktype, address->ai_protocol), on = 1;
    if (fd < 0)
        return -1;
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0 || fcntl(fd, F_SETFL, O_NONBLOCK) != 0) {
        close(fd);
        return -1;
    }
    /* Both only help: a connection without them works as well. */
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    return fd;
}

static int try_next(struct dtc_transport *t, struct error *error)
{
    while (t->next) {
        const struct addrinfo *address = t->next;
        t->next = address->ai_next;
        t->fd = descriptor_open(address);
        if (t->fd >= 0 && connect(t->fd, address->ai_addr, address->ai_addrlen) == 0)
            return 1;
        if (t->fd >= 0 && (errno == EINPROGRESS || errno == EINTR))
            return 0;
        set_connect_cause(error, errno);
        descriptor_close(t);
    }
    return -1;
}

int dtc_transport_open(struct dtc_transport *t, const char *host, int port, struct error *error)
{
    struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
    char service[16];
    dtc_transport_close(t);
    text_format(service, sizeof service, "%d", port);
    int result = getaddrinfo(host, service, &hints, &t->addresses);
    if (result != 0) {
        t->addresses = NULL;
        error_set(error, ERROR_SYSTEM, "%s; check the host's name", gai_strerror(result));
        return -1;
    }
    t->next = t->addresses;
    return try_next(t, error);
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

int dtc_transport_check(struct dtc_transport *t, struct error *error)
{
    int failure = connect_result(t->fd);
    if (failure == 0 || failure == EINPROGRESS)
        return failure == 0;
    return dtc_transport_skip(t, failure, error);
}

int dtc_transport_skip(struct dtc_transport *t, int number, struct error *error)
{
    set_connect_cause(error, number);
    descriptor_close(t);
    return try_next(t, error);
}

ssize_t dtc_transport_read(struct dtc_transport *t, char *buffer, size_t size, struct error *error)
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
    return dtc_transport_flush(t, error);
}

bool dtc_transport_is_waiting(const struct dtc_transport *t)
{
    return t->start < t->end;
}
