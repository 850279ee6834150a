/* One connection of the simulated server: its bytes in and out, nothing of what they mean. Never
 * blocks. Times are microseconds of the monotonic clock, handed in. */
#ifndef SORTIE_SIM_CLIENT_H
#define SORTIE_SIM_CLIENT_H

#include "dtc/framing.h"
#include "dtc/message.h"
#include "sim/product.h"

enum {
    SIM_CLIENT_MARKET_LIMIT =
        4 << 20,               /* bytes waiting: beyond, market data is dropped and counted */
    SIM_CLIENT_LIMIT = 8 << 20 /* bytes waiting: beyond, the connection is given up */
};

enum sim_client_phase {
    SIM_CLIENT_OPEN,
    SIM_CLIENT_CLOSING, /* what is waiting still goes out, what comes in is thrown away */
    SIM_CLIENT_GONE
};

struct sim_client {
    int socket;
    enum sim_client_phase phase;
    int64_t close_by;        /* while closing */
    unsigned char hello[16]; /* the first bytes: an ENCODING_REQUEST or the start of JSON */
    size_t hello_length;
    bool hello_done;
    struct dtc_framing framing;
    char *out; /* waiting bytes are [out_start, out_end) */
    size_t out_start, out_end, out_capacity;
    bool write_shut;

    /* What the server keeps for it. */
    bool logged_on;
    int64_t heartbeat_interval;
    int64_t last_received, next_heartbeat;
    bool subscribed[SIM_PRODUCTS];
    uint32_t symbol_id[SIM_PRODUCTS];
    uint64_t market_messages; /* sent or dropped since streaming_since */
    int64_t streaming_since;
    uint32_t dropped; /* market data messages, ever */
};

/* Takes the connected socket over and makes it non-blocking. */
void sim_client_init(struct sim_client *c, int socket, int64_t now);
void sim_client_free(struct sim_client *c); /* closes */

/* Reads what is there, at most 256 KiB. */
void sim_client_receive(struct sim_client *c, int64_t now);

/* The next message's JSON, as dtc_framing_next(); an ENCODING_REQUEST among the first bytes is
 * answered on the way. -1 also when the first bytes are neither that nor JSON. */
int sim_client_next(struct sim_client *c, const char **frame, size_t *length, struct error *error);

void sim_client_send(struct sim_client *c, const union dtc_message *message);
void sim_client_send_market(struct sim_client *c, const union dtc_message *message);

/* Sends LOGOFF and closes once it is out, or in a second. */
void sim_client_close(struct sim_client *c, const char *reason, int64_t now);

/* Writes what the socket takes; ends a closing connection whose time has come. */
void sim_client_flush(struct sim_client *c, int64_t now);

bool sim_client_has_output(const struct sim_client *c);

#endif
