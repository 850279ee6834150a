/* One connection of the simulated server: its bytes in and out and their encoding, nothing of what
 * the messages mean. Never blocks. Times are microseconds of the monotonic clock; that of the round
 * is the one in the spells. */
#ifndef SORTIE_SIM_CLIENT_H
#define SORTIE_SIM_CLIENT_H

#include "dtc/framing.h"
#include "dtc/message.h"
#include "sim/fault.h"
#include "sim/output.h"
#include "sim/product.h"

enum {
    SIM_CLIENT_MARKET_LIMIT =
        4 << 20,               /* bytes waiting: beyond, market data is dropped and counted */
    SIM_CLIENT_LIMIT = 8 << 20 /* bytes waiting: beyond, the connection is given up */
};

/* What a server that speaks one encoding only does with an ENCODING_REQUEST. */
enum sim_negotiation {
    SIM_NEGOTIATION_ANSWER, /* names its encoding in an ENCODING_RESPONSE */
    SIM_NEGOTIATION_IGNORE,
    SIM_NEGOTIATION_CLOSE, /* without a word */
    SIM_NEGOTIATION_OWN    /* sends a heartbeat in its encoding */
};

/* How the server speaks. */
struct sim_manner {
    bool is_fixed; /* speaks `encoding` alone; else as the client asks, or speaks itself */
    int encoding;  /* dtc/encoding.h */
    enum sim_negotiation negotiation; /* when it is fixed */
};

enum sim_client_phase {
    SIM_CLIENT_OPEN,
    SIM_CLIENT_CLOSING, /* what is waiting still goes out, what comes in is thrown away */
    SIM_CLIENT_GONE
};

struct sim_client {
    int socket;
    struct sim_tls_channel *tls; /* NULL: plain */
    const struct sim_manner *manner;
    const struct sim_spells *spells;
    enum sim_client_phase phase;
    int64_t close_by; /* while closing */
    int encoding;
    bool is_settled; /* the client's first bytes have told the encoding */
    bool is_mute;    /* nothing is sent any more, what comes in is thrown away */
    bool has_more;   /* to read: the last time was ended by the limit */
    bool is_shut;    /* for writing */
    struct dtc_framing framing;
    struct sim_faults faults;
    struct z_stream_s *deflater; /* while the messages are compressed */
    struct sim_output output;
    int64_t next_write; /* with SIM_SPELL_JOIN */

    /* What the server keeps for it. */
    bool logged_on;
    int64_t heartbeat_interval;
    int64_t last_received, next_heartbeat;
    bool subscribed[SIM_PRODUCTS];
    uint32_t symbol_id[SIM_PRODUCTS];
    uint64_t market_messages; /* sent or dropped since streaming_since */
    int64_t streaming_since;
    uint32_t dropped;       /* market data messages, ever */
    bool has_price_history; /* one of its requests for that was answered */
};

/* Takes the connected socket over and makes it non-blocking, and the channel of TLS (or NULL).
 * Manner and spells are the server's. */
void sim_client_init(struct sim_client *c, int socket, struct sim_tls_channel *tls,
                     const struct sim_manner *manner, const struct sim_spells *spells);
void sim_client_free(struct sim_client *c); /* closes */

/* Reads what is there, at most 256 KiB. */
void sim_client_receive(struct sim_client *c);

/* The next message and its type, 0 for one of an unknown type. False when no whole one is there.
 * ENCODING_REQUESTs are answered on the way; a client that sends what is no message is closed. */
bool sim_client_next(struct sim_client *c, union dtc_message *message, int *type);

void sim_client_send(struct sim_client *c, const union dtc_message *message);
void sim_client_send_market(struct sim_client *c, const union dtc_message *message);
/* Bytes as they are. */
void sim_client_send_bytes(struct sim_client *c, const char *bytes, size_t length);

/* What is sent in between goes out as one zlib stream, in pieces as it comes about. After its end
 * nothing is sent any more: the client has to leave. */
void sim_client_begin_compression(struct sim_client *c);
void sim_client_end_compression(struct sim_client *c);

/* What waits still goes out, then nothing: as a peer that is no longer there, until the client
 * gives up. */
void sim_client_mute(struct sim_client *c);
/* Sends LOGOFF and closes once it is out, or in a second. */
void sim_client_close(struct sim_client *c, const char *reason, int64_t now);
/* The same with DoNotReconnect. */
void sim_client_close_finally(struct sim_client *c, const char *reason, int64_t now);
/* Closes without a word, once what waits is out or in a second. */
void sim_client_end(struct sim_client *c, int64_t now);

/* Writes what the socket takes; ends a closing connection whose time has come. */
void sim_client_flush(struct sim_client *c);

/* What to poll its socket for: POLLIN, POLLOUT; -1: it must not be looked at. */
int sim_client_events(const struct sim_client *c);
/* When something is due that does not depend on the socket; INT64_MAX: never. */
int64_t sim_client_deadline(const struct sim_client *c);
/* Bytes that wait to be written. */
size_t sim_client_waiting(const struct sim_client *c);

#endif
