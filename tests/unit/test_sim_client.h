/* A DTC client for the tests of the simulated server: JSON over a real socket. */
#ifndef SORTIE_TESTS_UNIT_TEST_SIM_CLIENT_H
#define SORTIE_TESTS_UNIT_TEST_SIM_CLIENT_H

#include "base/clock.h"
#include "base/memory.h"
#include "support/test.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CLIENT_PATIENCE = 20 * 1000000 }; /* us without a byte after which a test gives up */

struct client {
    int socket;
    char *data; /* what has come, but for the first `taken` bytes */
    size_t taken, length, capacity;
    /* Lets a server in the same process do its work; NULL: it is another process. */
    void (*pump)(void);
};

static inline void client_open(struct client *c, int port, void (*pump)(void))
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    *c = (struct client){.socket = socket(AF_INET, SOCK_STREAM, 0), .pump = pump};
    ck_assert_int_ge(c->socket, 0);
    ck_assert_int_eq(connect(c->socket, (struct sockaddr *)&address, sizeof address), 0);
}

static inline void client_close(struct client *c)
{
    close(c->socket);
    free(c->data);
}

/* The server may close while it is being written to: that is not the client's failure. */
static inline void client_write(struct client *c, const void *data, size_t length)
{
    for (size_t done = 0; done < length;) {
        ssize_t n = send(c->socket, (const char *)data + done, length - done, MSG_NOSIGNAL);
        if (n < 0)
            return;
        done += (size_t)n;
    }
}

static inline void client_send(struct client *c, const char *json)
{
    client_write(c, json, strlen(json) + 1);
}

/* Waits for bytes; false at the connection's end. */
static inline bool client_fill(struct client *c, int64_t deadline)
{
    for (;;) {
        struct pollfd p = {.fd = c->socket, .events = POLLIN};
        ck_assert_msg(clock_monotonic_us() < deadline, "the server did not answer in time");
        if (c->pump)
            c->pump();
        if (poll(&p, 1, c->pump ? 1 : 1000) > 0)
            break;
    }
    if (c->taken > 0)
        memmove(c->data, c->data + c->taken, c->length - c->taken);
    c->length -= c->taken;
    c->taken = 0;
    if (c->capacity - c->length < 65536) {
        c->capacity = 2 * c->capacity + 65536;
        c->data = memory_resize(c->data, c->capacity, 1);
    }
    ssize_t n = recv(c->socket, c->data + c->length, c->capacity - c->length, 0);
    c->length += n > 0 ? (size_t)n : 0;
    return n > 0;
}

/* The next message, or NULL when the connection has ended. json_decref() it. */
static inline json_t *client_next(struct client *c)
{
    int64_t deadline = clock_monotonic_us() + CLIENT_PATIENCE;
    char *end;
    while (c->taken == c->length ||
           (end = memchr(c->data + c->taken, '\0', c->length - c->taken)) == NULL)
        if (!client_fill(c, deadline))
            return NULL;
    json_t *message = json_loads(c->data + c->taken, 0, NULL);
    ck_assert_ptr_nonnull(message);
    c->taken = (size_t)(end - c->data) + 1;
    return message;
}

static inline int64_t get_int(const json_t *message, const char *field)
{
    return (int64_t)json_number_value(json_object_get(message, field));
}

static inline double get_number(const json_t *message, const char *field)
{
    return json_number_value(json_object_get(message, field));
}

static inline const char *get_text(const json_t *message, const char *field)
{
    const char *text = json_string_value(json_object_get(message, field));
    return text ? text : "";
}

/* The next message of that type, the ones before it thrown away, be they many: as long as some come
 * it is waited for. The test fails when the connection ends. */
static inline json_t *client_expect(struct client *c, int type)
{
    for (;;) {
        json_t *message = client_next(c);
        ck_assert_msg(message != NULL, "the connection ended before a message of type %d", type);
        if (get_int(message, "Type") == type)
            return message;
        json_decref(message);
    }
}

static inline void client_log_on(struct client *c)
{
    client_send(c, "{\"Type\":1,\"ProtocolVersion\":8,\"HeartbeatIntervalInSeconds\":10,"
                   "\"ClientName\":\"test\"}");
    json_decref(client_expect(c, 2));
}

/* Leaves and waits until the server has seen it. */
static inline void client_leave(struct client *c)
{
    json_t *message;
    shutdown(c->socket, SHUT_WR);
    while ((message = client_next(c)))
        json_decref(message);
    client_close(c);
}

/* Reads on until the server has closed; false when it never said LOGOFF. `reason` gets what it
 * said. */
static inline bool client_read_to_logoff(struct client *c, char *reason, size_t size)
{
    bool said = false;
    json_t *message;
    while ((message = client_next(c))) {
        if (get_int(message, "Type") == 5) {
            snprintf(reason, size, "%s", get_text(message, "Reason"));
            said = true;
        }
        json_decref(message);
    }
    return said;
}

#endif
