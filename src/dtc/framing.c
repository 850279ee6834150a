#include "dtc/framing.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum {
    READ_SIZE = 1 << 16,
    TELLING_BYTES = 8 /* enough to tell what a peer speaks; no binary DTC message is shorter */
};

void dtc_framing_init(struct dtc_framing *f)
{
    *f = (struct dtc_framing){0};
}

void dtc_framing_free(struct dtc_framing *f)
{
    free(f->data);
    dtc_framing_init(f);
}

void dtc_framing_reset(struct dtc_framing *f)
{
    f->start = f->end = f->scanned = 0;
}

char *dtc_framing_space(struct dtc_framing *f, size_t *size)
{
    if (f->start > 0) {
        memmove(f->data, f->data + f->start, f->end - f->start);
        f->end -= f->start;
        f->start = 0;
    }
    if (f->capacity - f->end < READ_SIZE) {
        f->capacity = 2 * f->capacity + READ_SIZE;
        f->data = memory_resize(f->data, f->capacity, 1);
    }
    *size = f->capacity - f->end;
    return f->data + f->end;
}

void dtc_framing_advance(struct dtc_framing *f, size_t bytes)
{
    f->end += bytes;
}

static int fail_as_foreign(const char *bytes, size_t length, struct error *error)
{
    const unsigned char *b = (const unsigned char *)bytes;
    char shown[24];
    text_clean(shown, sizeof shown, bytes, length);
    if (length > 1 && (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3)
        error_set(error, ERROR_PROTOCOL,
                  "the server at the other end speaks TLS: use a port without TLS, or a tunnel");
    else if (b[0] < ' ' || b[0] >= 0x7F || length == 1 || b[1] < ' ') /* uint16 Size */
        error_set(error, ERROR_PROTOCOL,
                  "the server at the other end speaks binary DTC, not JSON: set Sierra Chart's DTC "
                  "encoding to JSON or Automatic");
    else if (length >= 5 && memcmp(bytes, "HTTP/", 5) == 0)
        error_set(error, ERROR_PROTOCOL,
                  "a web server is at the other end, not a DTC server: check host and port");
    else
        error_set(
            error, ERROR_PROTOCOL,
            "the server at the other end does not speak JSON DTC (it sent \"%s\"): check host "
            "and port",
            shown);
    return -1;
}

int dtc_framing_next(struct dtc_framing *f, const char **frame, size_t *length, struct error *error)
{
    while (f->start < f->end) {
        const char *start = f->data + f->start, *first = start;
        size_t available = f->end - f->start;
        const char *end = memchr(start + f->scanned, '\0', available - f->scanned);
        size_t size = end ? (size_t)(end - start) : available;
        while (first < start + size && isspace((unsigned char)*first))
            first++;
        size_t content = size - (size_t)(first - start);
        if (content > 0 && *first != '{' && (end || content >= TELLING_BYTES))
            return fail_as_foreign(first, content < TELLING_BYTES ? content : TELLING_BYTES, error);
        if (size > DTC_FRAME_MAX) {
            error_set(error, ERROR_PROTOCOL, "the server sent a message longer than %d bytes",
                      (int)DTC_FRAME_MAX);
            return -1;
        }
        f->scanned = end ? 0 : size;
        if (!end)
            return 0;
        f->start += size + 1;
        if (content > 0) {
            *frame = start;
            *length = size;
            return 1;
        }
    }
    return 0;
}
