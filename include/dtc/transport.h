/* A session's TCP connection: never blocks (but to look a name up), and keeps what the socket does
 * not take at once. Errors are causes ("connection refused; is ...?") for the session's sentences.
 */
#ifndef SORTIE_DTC_TRANSPORT_H
#define SORTIE_DTC_TRANSPORT_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

enum { DTC_OUTPUT_MAX = 4 << 20 }; /* bytes that may wait to be sent */

struct addrinfo;

struct dtc_transport {
    int fd;                            /* -1: none */
    struct addrinfo *addresses, *next; /* of the host; the one to try next */
    char *output;
    size_t start, end, capacity; /* to be sent is [start, end) */
};

void dtc_transport_init(struct dtc_transport *t);
/* Also forgets what was to be sent. */
void dtc_transport_close(struct dtc_transport *t);

/* These go through the host's addresses until one answers: 1 connected, 0 under way (poll for
 * POLLOUT, then check), -1 with `error` when no address is left. `skip` gives the present one up,
 * for the errno `number`. */
int dtc_transport_open(struct dtc_transport *t, const char *host, int port, struct error *error);
int dtc_transport_check(struct dtc_transport *t, struct error *error);
int dtc_transport_skip(struct dtc_transport *t, int number, struct error *error);

/* The bytes read; 0 none now; -1 with `error` when the connection is over. */
ssize_t dtc_transport_read(struct dtc_transport *t, char *buffer, size_t size, struct error *error);
/* False with `error` when the connection is over or more than DTC_OUTPUT_MAX would wait. */
bool dtc_transport_write(struct dtc_transport *t, const char *data, size_t size,
                         struct error *error);
bool dtc_transport_flush(struct dtc_transport *t, struct error *error);
bool dtc_transport_is_waiting(const struct dtc_transport *t); /* to send */

#endif
