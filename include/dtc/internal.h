/* The session's inside, shared by session.c (how it comes to be and ends) and incoming.c (what the
 * server says). */
#ifndef SORTIE_DTC_INTERNAL_H
#define SORTIE_DTC_INTERNAL_H

#include "dtc/encoding.h"
#include "dtc/framing.h"
#include "dtc/negotiation.h"
#include "dtc/requests.h"
#include "dtc/session.h"
#include "dtc/transport.h"

enum { SESSION_SENTENCE = 512, SESSION_WHERE = sizeof(struct address) + 16 };

struct dtc_inflate;

struct dtc_session {
    struct dtc_session_options options;
    struct dtc_listener listener;
    enum dtc_phase phase;
    struct dtc_transport transport;
    struct dtc_framing framing;
    const struct dtc_encoding *codec; /* of the framing's encoding */
    struct dtc_inflate *inflate;      /* all that comes goes through it; NULL: nothing does */
    struct dtc_requests requests;
    struct dtc_logon_response server;
    struct dtc_negotiation negotiation;
    struct error broken;        /* why sending failed; the next service ends the connection */
    size_t host;                /* of the options, of the present try */
    int known[DTC_HOSTS_MAX];   /* the encoding found for each when it was not asked for; -1 */
    struct address target;      /* of the present try: the server may send us on */
    char why[SESSION_SENTENCE]; /* the try that follows at once is made */
    int redirections;
    int64_t now;
    int64_t due; /* end of the wait, of connecting, of the answer to the logon */
    int64_t online_since, heard, next_heartbeat;
    int64_t backoff;
    uint64_t random;
};

void session_tell(struct dtc_session *s, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* "host:port" of the present try, cleaned: a server may have named it. Returns `text`, of
 * SESSION_WHERE bytes. */
const char *session_where(const struct dtc_session *s, char *text);
static inline bool session_is_connected(const struct dtc_session *s)
{
    return s->phase == DTC_LOGGING_ON || s->phase == DTC_ONLINE;
}
void session_send_message(struct dtc_session *s, const union dtc_message *message);
/* The first words in an encoding that both sides are to know. */
void session_send_logon(struct dtc_session *s);

/* These end the connection, and the listener may do anything meanwhile: the caller looks at the
 * phase before it goes on. Each is told with its sentence. */
/* The next host is tried at once, after the last one comes a wait. */
void session_fail(struct dtc_session *s, const char *reason);
/* As above, but before the logon another encoding is tried first where that is left to us;
 * `dialect` is what the server seems to speak. */
void session_fail_to_talk(struct dtc_session *s, int dialect, const char *reason);
/* The transport broke, or the stream that it carries. */
void session_lose(struct dtc_session *s, const char *cause);
/* To another server, at once. */
void session_follow(struct dtc_session *s, const struct address *target);
void session_end(struct dtc_session *s, const char *reason);
/* Does not end it, unless the request's answer was the last that this connection can carry. */
void session_end_request(struct dtc_session *s, const struct dtc_ending *ending);

/* Reads and takes what has come. True when all of it is read and the connection lives. */
bool session_read(struct dtc_session *s);

#endif
