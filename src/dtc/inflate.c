#include "dtc/inflate.h"

#include "base/memory.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { INPUT_SIZE = 1 << 16 };

struct dtc_inflate {
    z_stream stream;
    char *input;
    size_t start, end, capacity; /* not inflated yet is [start, end) */
    bool is_started;
    bool is_unfinished; /* the last read filled its buffer, or has an end to tell */
};

struct dtc_inflate *dtc_inflate_new(const char *bytes, size_t length)
{
    struct dtc_inflate *i = memory_new(1, sizeof *i);
    i->capacity = length > INPUT_SIZE ? length : INPUT_SIZE;
    i->input = memory_new(i->capacity, 1);
    i->is_started = inflateInit(&i->stream) == Z_OK;
    if (length > 0)
        memcpy(i->input, bytes, length);
    i->end = length;
    return i;
}

void dtc_inflate_free(struct dtc_inflate *i)
{
    if (i == NULL)
        return;
    if (i->is_started)
        inflateEnd(&i->stream);
    free(i->input);
    free(i);
}

char *dtc_inflate_space(struct dtc_inflate *i, size_t *size)
{
    i->start = i->end = 0;
    *size = i->capacity;
    return i->input;
}

void dtc_inflate_advance(struct dtc_inflate *i, size_t bytes)
{
    i->end += bytes;
}

ssize_t dtc_inflate_read(struct dtc_inflate *i, char *buffer, size_t size, struct error *error)
{
    z_stream *z = &i->stream;
    uInt room = size < INT_MAX ? (uInt)size : INT_MAX;
    z->next_in = (Bytef *)i->input + i->start;
    z->avail_in = (uInt)(i->end - i->start);
    z->next_out = (Bytef *)buffer;
    z->avail_out = room;
    int result = i->is_started ? inflate(z, Z_NO_FLUSH) : Z_MEM_ERROR;
    i->start = i->end - z->avail_in;
    bool is_open = result == Z_OK || result == Z_BUF_ERROR;
    i->is_unfinished = z->avail_out == 0 || !is_open;
    ssize_t got = (ssize_t)(room - z->avail_out);
    if (got > 0 || is_open)
        return got;
    if (result == Z_STREAM_END)
        error_set(error, ERROR_PROTOCOL, "the compressed answer ended before its last record");
    else
        error_set(error, ERROR_PROTOCOL, "the compressed answer is damaged: %s",
                  z->msg != NULL ? z->msg : zError(result));
    return -1;
}

bool dtc_inflate_has_more(const struct dtc_inflate *i)
{
    return i->start < i->end || i->is_unfinished;
}
