/* Which encoding is tried with a server, and which next when it does not understand (../dtc README,
 * "Choosing the encoding"). Pure: the session does the talking. */
#ifndef SORTIE_DTC_NEGOTIATION_H
#define SORTIE_DTC_NEGOTIATION_H

#include <stdbool.h>
#include <stddef.h>

struct dtc_negotiation {
    bool is_automatic;
    bool is_asking; /* this try begins with an ENCODING_REQUEST for `encoding`, in binary */
    int encoding;   /* else its logon does, in this encoding: dtc/encoding.h */
    unsigned tried; /* a bit each: 1 << encoding, 1 << DTC_ENCODINGS for asking */
};

/* The first try. `wanted`: of the options, DTC_ENCODING_AUTO to find one; `known`: what it was
 * found to be before, or -1. */
void dtc_negotiation_begin(struct dtc_negotiation *n, int wanted, int known);
/* The server did not understand; `dialect` is what it seems to speak (dtc/encoding.h). True with
 * the next try, false when there is none. */
bool dtc_negotiation_next(struct dtc_negotiation *n, int dialect);
/* "asking for binary, JSON, binary": what was tried. Returns `text`. */
const char *dtc_negotiation_tried(const struct dtc_negotiation *n, char *text, size_t size);

#endif
