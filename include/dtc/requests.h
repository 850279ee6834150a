/* Requests under way: which messages answer each, and how the end of an answer is known (../dtc
 * README, "Requests and answers"). Times are microseconds of the monotonic clock. */
#ifndef SORTIE_DTC_REQUESTS_H
#define SORTIE_DTC_REQUESTS_H

#include "dtc/session.h"

enum { DTC_REQUESTS_MAX = 1024 }; /* under way at a time */

struct dtc_pending;

struct dtc_requests {
    struct dtc_pending *list;
    size_t count, capacity;
    int32_t last_id;
    int64_t round_trip; /* us, of the latest request that got a first answer; -1 none yet */
};

/* How a request ended: see dtc_listener.answered. */
struct dtc_ending {
    int32_t id;
    uint16_t type;
    enum dtc_outcome outcome;
    char text[160];
};

void dtc_requests_init(struct dtc_requests *r);
void dtc_requests_free(struct dtc_requests *r);

/* Gives the message a fresh RequestID and keeps it: returned; 0 for a message that is no such
 * request, or one too many. */
int32_t dtc_requests_add(struct dtc_requests *r, union dtc_message *message, int64_t now,
                         int64_t timeout);

/* Takes a message of the server; true when it ends a request. Each message of an answer starts the
 * time-out again. */
bool dtc_requests_take(struct dtc_requests *r, const union dtc_message *message, int64_t now,
                       int64_t timeout, struct dtc_ending *ending);

/* Whether this message, an 801, says that all that follows is compressed, as an 800 asked for. */
bool dtc_requests_compresses(struct dtc_requests *r, const union dtc_message *message);

/* Ends one that is due at `now`: unanswered, or complete where the answer does not count its
 * messages and none has come for a while. False when none is due. INT64_MAX ends any, as
 * unanswered. */
bool dtc_requests_expire(struct dtc_requests *r, int64_t now, struct dtc_ending *ending);
/* When the next is due; INT64_MAX: none. */
int64_t dtc_requests_deadline(const struct dtc_requests *r);

#endif
