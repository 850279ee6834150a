/* Bytes of a stream to frames, over partial and joined reads. */
#ifndef SORTIE_DTC_FRAMING_H
#define SORTIE_DTC_FRAMING_H

#include "base/error.h"

#include <stddef.h>

enum { DTC_FRAME_MAX = 1 << 20 }; /* the longest JSON message that is taken */

struct dtc_framing {
    char *data;
    size_t start, end, capacity; /* unread bytes are [start, end) */
    size_t scanned;              /* of them, already searched for the end */
};

void dtc_framing_init(struct dtc_framing *f);
void dtc_framing_free(struct dtc_framing *f);
void dtc_framing_reset(struct dtc_framing *f);

/* Room for the next read: at least 64 KiB. Valid until the next call of any function here. */
char *dtc_framing_space(struct dtc_framing *f, size_t *size);
void dtc_framing_advance(struct dtc_framing *f, size_t bytes);

/* The next whole frame without its null byte: 1 with `frame` and `length` (valid until
 * dtc_framing_space); 0 when more bytes are needed; -1 with `error` when a frame is longer than
 * DTC_FRAME_MAX or the first bytes are not JSON (the sentence names what the peer seems to speak).
 */
int dtc_framing_next(struct dtc_framing *f, const char **frame, size_t *length,
                     struct error *error);

#endif
