/* A zlib stream to the bytes it was made of, in bounded pieces: memory does not grow with what the
 * stream promises. */
#ifndef SORTIE_DTC_INFLATE_H
#define SORTIE_DTC_INFLATE_H

#include "base/error.h"

#include <stddef.h>
#include <sys/types.h>

struct dtc_inflate;

/* The stream begins with these bytes, which are copied. */
struct dtc_inflate *dtc_inflate_new(const char *bytes, size_t length);
void dtc_inflate_free(struct dtc_inflate *i); /* NULL: nothing */

/* Whether reading may give something without more of the stream. */
bool dtc_inflate_has_more(const struct dtc_inflate *i);
/* Room for more of the stream, when it has no more. */
char *dtc_inflate_space(struct dtc_inflate *i, size_t *size);
void dtc_inflate_advance(struct dtc_inflate *i, size_t bytes);
/* Inflates up to `size` bytes: how many; 0 when more of the stream must come; -1 with `error` when
 * it is damaged or over. */
ssize_t dtc_inflate_read(struct dtc_inflate *i, char *buffer, size_t size, struct error *error);

#endif
