/* A session's connection, TCP with or without TLS: never blocks, and gathers what is to be sent.
 * Errors are causes ("connection refused; is ...?") for the session's sentences. */
#ifndef SORTIE_DTC_TRANSPORT_H
#define SORTIE_DTC_TRANSPORT_H

#include "base/address.h"

#include <stddef.h>
#include <sys/types.h>

enum { DTC_OUTPUT_MAX = 4 << 20 }; /* bytes that may wait to be sent */

struct addrinfo;
struct dtc_lookup;
struct dtc_tls;

struct dtc_transport {
    int fd;                            /* -1: none */
    struct address target;             /* as opened */
    const char *ca_file;               /* NULL: no TLS */
    struct dtc_lookup *lookup;         /* of its name, under way */
    struct addrinfo *addresses, *next; /* of the host; the one to try next */
    bool is_connecting;                /* TCP */
    bool is_read_up;                   /* a read would only be told that there is no more */
    struct dtc_tls *tls;
    char *output;
    size_t start, end, capacity; /* to be sent is [start, end) */
};

void dtc_transport_init(struct dtc_transport *t);
/* Also forgets what was to be sent. */
void dtc_transport_close(struct dtc_transport *t);

/* These look the host's name up, go through its addresses until one answers, and agree on TLS where
 * `ca_file` is not NULL (dtc/tls.h; it has to outlive the connection): 1 connected, 0 under way
 * (poll, then check), -1 with `error` when no address is left or the one that answered has no TLS
 * to be trusted. `late` gives up what is under way. */
int dtc_transport_open(struct dtc_transport *t, const struct address *target, const char *ca_file,
                       struct error *error);
int dtc_transport_check(struct dtc_transport *t, struct error *error);
int dtc_transport_late(struct dtc_transport *t, struct error *error);

/* What to poll; -1: nothing. What waits to be sent asks for POLLOUT. */
int dtc_transport_descriptor(const struct dtc_transport *t, short *events);

/* The bytes read; 0 none now; -1 with `error` when the connection is over. */
ssize_t dtc_transport_read(struct dtc_transport *t, char *buffer, size_t size, struct error *error);
/* Whether something can be read that poll() does not know of. */
bool dtc_transport_has_more(const struct dtc_transport *t);
/* Keeps the bytes for the next flush, or flushes when that has grown large. False with `error` when
 * the connection is over or more than DTC_OUTPUT_MAX would wait. */
bool dtc_transport_write(struct dtc_transport *t, const char *data, size_t size,
                         struct error *error);
/* Sends what the socket takes. */
bool dtc_transport_flush(struct dtc_transport *t, struct error *error);

#endif
