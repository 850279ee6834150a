/* The server's side of TLS, on sockets that do not block. */
#ifndef SORTIE_SIM_TLS_H
#define SORTIE_SIM_TLS_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct sim_tls;         /* the server's certificate and key */
struct sim_tls_channel; /* one connection */

/* From PEM files. NULL with `error` when they cannot be used. */
struct sim_tls *sim_tls_new(const char *certificate_file, const char *key_file,
                            struct error *error);
void sim_tls_free(struct sim_tls *t);

/* The handshake is done by reading and writing. The socket stays the caller's. */
struct sim_tls_channel *sim_tls_accept(struct sim_tls *t, int socket);
void sim_tls_channel_free(struct sim_tls_channel *c); /* NULL: nothing */

/* As read() and write(): -1 with EAGAIN when the socket has to become ready first. */
ssize_t sim_tls_read(struct sim_tls_channel *c, void *target, size_t size);
ssize_t sim_tls_write(struct sim_tls_channel *c, const void *bytes, size_t size);
/* Tells the client that nothing more comes. */
void sim_tls_close(struct sim_tls_channel *c);

/* Whether writing can go on as soon as the socket takes bytes; before the end of the handshake it
 * waits for the client. */
bool sim_tls_can_write(const struct sim_tls_channel *c);

#endif
