/* The client's session with a DTC server: connect, logon, heartbeats, requests with time-outs,
 * reconnect. It owns its socket and is driven by one thread: poll the descriptor until the
 * deadline, then call service. All times are microseconds of the monotonic clock, handed in, so
 * tests need not wait. */
#ifndef SORTIE_DTC_SESSION_H
#define SORTIE_DTC_SESSION_H

#include "base/address.h"
#include "base/error.h"
#include "dtc/message.h"

enum dtc_phase {
    DTC_WAITING,    /* for the next try */
    DTC_CONNECTING, /* the name is looked up, TCP, TLS */
    DTC_LOGGING_ON,
    DTC_ONLINE,
    DTC_ENDED /* by the server's word (refused, DoNotReconnect) or our logoff: no more tries */
};

enum { DTC_ENCODING_AUTO = -1, DTC_HOSTS_MAX = 8 };

struct dtc_session_options {
    struct address hosts[DTC_HOSTS_MAX]; /* tried in turn */
    size_t host_count;                   /* at least 1 */
    int encoding;                        /* dtc/encoding.h, or DTC_ENCODING_AUTO: negotiated */
    bool tls;
    char tls_ca_file[256]; /* certificates that are trusted; "": those of the system */
    char username[32], password[32], client_name[32];
    int heartbeat_seconds;  /* 5 to 60 */
    uint64_t seed;          /* of the jitter */
    int64_t answer_timeout; /* us until a request counts as unanswered; 0: 10 s */
};

enum dtc_outcome {
    DTC_COMPLETE,
    DTC_REJECTED,
    DTC_UNANSWERED
}; /* UNANSWERED: timed out or cut off */

struct dtc_listener {
    void *context;
    /* Every message of the server after the logon (and 700 to 702 before), its answer apart. */
    void (*message)(void *context, const union dtc_message *message);
    /* The phase changed; `sentence` says what happened and what is done about it. In DTC_ONLINE the
     * listener may already send requests. Server text in it is cleaned. */
    void (*phase)(void *context, enum dtc_phase phase, const char *sentence);
    /* A request ended: all messages of the answer have been handed to `message`, or none will come.
     * `text` is the server's reason, cleaned, or how many messages are missing, or "".
     * An 800 with UseZLibCompression may be answered with a stream that takes the connection for
     * itself: its records come as messages like any other, and after this call, whatever the
     * outcome, the phase is DTC_ENDED. So it is asked for in a session of its own; `retry` connects
     * that one again. */
    void (*answered)(void *context, int32_t request_id, uint16_t request_type,
                     enum dtc_outcome outcome, const char *text);
};

struct dtc_session;

struct dtc_session *dtc_session_new(const struct dtc_session_options *options,
                                    const struct dtc_listener *listener);
void dtc_session_free(struct dtc_session *s); /* closes without a word; NULL: nothing */

/* What to poll: the descriptor (-1: none now) and in `events` POLLIN and/or POLLOUT. */
int dtc_session_descriptor(const struct dtc_session *s, short *events);
int64_t dtc_session_deadline(const struct dtc_session *s); /* INT64_MAX: none */
/* Does what is due at `now`: reads, writes, timers, connecting. Safe to call at any time. Reads at
 * most 1 MiB a call, so that a flood does not starve the caller's other work. */
void dtc_session_service(struct dtc_session *s, short revents, int64_t now);

/* Sends a message; false when not online. What is sent goes out together at the end of the next
 * service, for which the descriptor asks at once; what the socket does not take then is kept (at
 * most 4 MiB, then the connection counts as dead). */
bool dtc_session_send(struct dtc_session *s, const union dtc_message *message);
/* Sends one of 300, 303, 305, 400, 506, 601, 800 with a fresh RequestID (> 0, returned; 0 when not
 * online, or more are under way than dtc/requests.h allows) and reports its end through `answered`.
 */
int32_t dtc_session_request(struct dtc_session *s, union dtc_message *message, int64_t now);
/* Sends LOGOFF, flushes what the socket takes at once, closes, ends. */
void dtc_session_logoff(struct dtc_session *s, const char *reason);
/* Tries to connect at once (a key of the user). */
void dtc_session_retry(struct dtc_session *s, int64_t now);

enum dtc_phase dtc_session_phase(const struct dtc_session *s);
int64_t
dtc_session_round_trip(const struct dtc_session *s); /* us, latest request to its answer; -1 none */
/* As spoken now: dtc/encoding.h. */
int dtc_session_encoding(const struct dtc_session *s);
/* The server of the present try or connection: not always the first host. */
const struct address *dtc_session_address(const struct dtc_session *s);
const struct dtc_logon_response *
dtc_session_server(const struct dtc_session *s); /* capabilities; NULL offline */

#endif
