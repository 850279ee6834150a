/* The client's side of TLS, 1.2 or newer, as a filter between the bytes of the wire and those of
 * DTC: it touches no socket. Errors are causes for the transport's sentences. */
#ifndef SORTIE_DTC_TLS_H
#define SORTIE_DTC_TLS_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct dtc_tls;

/* The certificate has to be made out to `host`, a name or a number. `ca_file`: certificates in PEM
 * that are trusted; "": those of the system. NULL with `error` when they cannot be read. */
struct dtc_tls *dtc_tls_new(const char *host, const char *ca_file, struct error *error);
void dtc_tls_free(struct dtc_tls *tls); /* NULL: nothing */

/* Bytes that came from the wire. */
void dtc_tls_feed(struct dtc_tls *tls, const char *bytes, size_t length);
/* Takes bytes that are to go on the wire, at most `size`: how many. */
size_t dtc_tls_drain(struct dtc_tls *tls, char *target, size_t size);

/* 1 done; 0 more must come from the wire; -1 with `error`. */
int dtc_tls_handshake(struct dtc_tls *tls, struct error *error);
/* The bytes read; 0: more must come from the wire; -1 with `error`. */
ssize_t dtc_tls_read(struct dtc_tls *tls, char *buffer, size_t size, struct error *error);
bool dtc_tls_write(struct dtc_tls *tls, const char *data, size_t size, struct error *error);
/* Whether something can be read that the wire has already brought. */
bool dtc_tls_has_more(const struct dtc_tls *tls);

#endif
