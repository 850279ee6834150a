/* The simulated DTC server: the world, and the clients that look at it. One thread: wait, then
 * service, again and again. Times are handed in; nothing but sim_server_wait() sleeps, so that a
 * day can be played in seconds. */
#ifndef SORTIE_SIM_SERVER_H
#define SORTIE_SIM_SERVER_H

#include "base/error.h"
#include "sim/client.h"
#include "sim/scenario.h"
#include "sim/terms.h"
#include "sim/world.h"

#include <stdbool.h>
#include <stdint.h>

enum { SIM_SERVER_CLIENTS = 32 }; /* at a time; more are turned away */

struct sim_server_options {
    int port; /* 0: any that is free */
    uint64_t seed;
    int speed; /* simulated seconds a second */
    int rate;  /* see sim/stream.h */
    bool bots;
    int idle_exit; /* seconds without a client after which the server ends; -1: never */
    struct sim_manner manner;
    struct sim_terms terms;                /* as the server begins; a scenario can change them */
    const char *tls_certificate, *tls_key; /* PEM files; NULL: no TLS */
    const struct sim_scenario *scenario;   /* NULL: none. Stays the caller's, who may go on adding
                                            * entries for times to come */
};

struct sim_server;

/* Listens on 127.0.0.1. NULL with `error` when it cannot. `now`: microseconds of the monotonic
 * clock, `wall`: since 1970 UTC. */
struct sim_server *sim_server_new(const struct sim_server_options *options, int64_t now,
                                  int64_t wall, struct error *error);
/* Says LOGOFF with `reason` to every client, and closes. */
void sim_server_free(struct sim_server *s, const char *reason);

int sim_server_port(const struct sim_server *s);
struct sim_world *sim_server_world(struct sim_server *s);

/* When something is due that does not wait for a socket: of the world, the scenario, a client.
 * Monotonic; may be past. INT64_MAX: never. */
int64_t sim_server_next(const struct sim_server *s);

/* Sleeps until a client or the world wants something, at most 100 ms; a signal ends it early. */
void sim_server_wait(struct sim_server *s, int64_t now);

/* Does all that is due. When `now` is more than a second after the last time (the machine was
 * suspended), the world catches up with one second only. False when the server has been idle for so
 * long that it ends. */
bool sim_server_service(struct sim_server *s, int64_t now, int64_t wall);

#endif
