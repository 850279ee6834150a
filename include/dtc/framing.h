/* Bytes of a stream to frames, over partial and joined reads. */
#ifndef SORTIE_DTC_FRAMING_H
#define SORTIE_DTC_FRAMING_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

enum { DTC_FRAME_MAX = 1 << 20 }; /* the longest JSON message that is taken */

struct dtc_framing {
    char *data;
    size_t start, end, capacity; /* unread bytes are [start, end) */
    size_t scanned;              /* of them, already searched for the end */
    int encoding;                /* dtc/encoding.h */
    bool is_first;               /* nothing of this encoding was taken yet */
};

void dtc_framing_init(struct dtc_framing *f, int encoding);
void dtc_framing_free(struct dtc_framing *f);
/* Forgets all bytes. */
void dtc_framing_reset(struct dtc_framing *f, int encoding);
/* The bytes after the last frame are of that encoding. */
void dtc_framing_switch(struct dtc_framing *f, int encoding);

/* Room for the next read: at least 64 KiB. Valid until the next call of any function here. */
char *dtc_framing_space(struct dtc_framing *f, size_t *size);
void dtc_framing_advance(struct dtc_framing *f, size_t bytes);

/* The next whole frame, text without its null byte, others with their header: 1 with `frame` and
 * `length` (valid until dtc_framing_space); 0 when more bytes are needed; -1 with `error` when a
 * frame is longer than DTC_FRAME_MAX, its size is less than a header's, or the first bytes are of
 * another encoding (the sentence names what the peer seems to speak). */
int dtc_framing_next(struct dtc_framing *f, const char **frame, size_t *length,
                     struct error *error);
/* What the peer seems to speak, of the unread bytes: an enum dtc_dialect. */
int dtc_framing_dialect(const struct dtc_framing *f);

#endif
