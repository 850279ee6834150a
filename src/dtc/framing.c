#include "dtc/framing.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/encoding.h"

#include <stdlib.h>
#include <string.h>

enum {
    READ_SIZE = 1 << 16,
    CAPACITY_KEPT = 4 * READ_SIZE, /* more is given back once nothing is left in it */
    SHOWN = 8                      /* bytes of what is not understood */
};

void dtc_framing_init(struct dtc_framing *f, int encoding)
{
    *f = (struct dtc_framing){.encoding = encoding, .is_first = true};
}

void dtc_framing_free(struct dtc_framing *f)
{
    free(f->data);
    dtc_framing_init(f, f->encoding);
}

void dtc_framing_switch(struct dtc_framing *f, int encoding)
{
    f->scanned = 0;
    f->encoding = encoding;
    f->is_first = true;
}

void dtc_framing_reset(struct dtc_framing *f, int encoding)
{
    f->start = f->end = 0;
    dtc_framing_switch(f, encoding);
}

char *dtc_framing_space(struct dtc_framing *f, size_t *size)
{
    if (f->start > 0) {
        memmove(f->data, f->data + f->start, f->end - f->start);
        f->end -= f->start;
        f->start = 0;
    }
    if (f->end == 0 && f->capacity > CAPACITY_KEPT) {
        free(f->data);
        f->data = NULL;
        f->capacity = 0;
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

static enum dtc_dialect dialect_of(const struct dtc_framing *f)
{
    return f->start < f->end ? dtc_dialect_recognise(f->data + f->start, f->end - f->start)
                             : DTC_DIALECT_UNTOLD;
}

int dtc_framing_dialect(const struct dtc_framing *f)
{
    return (int)dialect_of(f);
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static int fail_as_foreign(const struct dtc_framing *f, enum dtc_dialect dialect,
                           struct error *error)
{
    const struct dtc_encoding *ours = dtc_encoding_get(f->encoding),
                              *theirs = dtc_encoding_get(dtc_dialect_encoding(dialect));
    size_t start = f->start;
    while (start < f->end && is_space(f->data[start]))
        start++;
    char shown[24];
    text_clean(shown, sizeof shown, f->data + start,
               f->end - start < SHOWN ? f->end - start : SHOWN);
    if (dialect == DTC_DIALECT_TLS)
        error_set(
            error, ERROR_PROTOCOL,
            "the server at the other end speaks TLS: use a port without TLS, or set tls = yes");
    else if (dialect == DTC_DIALECT_HTTP)
        error_set(error, ERROR_PROTOCOL,
                  "a web server is at the other end, not a DTC server: check host and port");
    else if (theirs)
        error_set(error, ERROR_PROTOCOL,
                  "the server at the other end speaks %s DTC, not %s: set Sierra Chart's DTC "
                  "encoding to %s or Automatic, or encoding = %s here",
                  theirs->title, ours->title, ours->title, theirs->name);
    else
        error_set(error, ERROR_PROTOCOL,
                  "the server at the other end does not speak %s DTC (it sent \"%s\"): check host "
                  "and port",
                  ours->title, shown);
    return -1;
}

/* Looks at the first bytes of an encoding: 1 when they are of it, 0 when more are needed. Messages
 * without text are the same in both binary encodings. */
static int check_first(struct dtc_framing *f, struct error *error)
{
    enum dtc_dialect dialect = dialect_of(f);
    int told = dtc_dialect_encoding(dialect);
    if (dialect == DTC_DIALECT_UNTOLD)
        return 0;
    bool is_ours = told == f->encoding ||
                   (told == DTC_JSON_ENCODING && f->encoding == DTC_JSON_COMPACT_ENCODING);
    if (told == DTC_BINARY_ENCODING && f->encoding == DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS) {
        struct dtc_header header;
        memcpy(&header, f->data + f->start, sizeof header);
        is_ours = dtc_schema_find(header.Type)->strings_base == 0;
    }
    if (!is_ours)
        return fail_as_foreign(f, dialect, error);
    f->is_first = false;
    return 1;
}

static int next_text(struct dtc_framing *f, const char **frame, size_t *length, struct error *error)
{
    while (f->start < f->end) {
        const char *start = f->data + f->start, *first = start;
        size_t available = f->end - f->start;
        const char *end = memchr(start + f->scanned, '\0', available - f->scanned);
        size_t size = end ? (size_t)(end - start) : available;
        while (first < start + size && is_space(*first))
            first++;
        if (first < start + size && *first != '{') {
            enum dtc_dialect dialect = dialect_of(f);
            return dialect == DTC_DIALECT_UNTOLD ? 0 : fail_as_foreign(f, dialect, error);
        }
        if (size > DTC_FRAME_MAX) {
            error_set(error, ERROR_PROTOCOL, "the server sent a message longer than %d bytes",
                      (int)DTC_FRAME_MAX);
            return -1;
        }
        f->scanned = end ? 0 : size;
        if (!end)
            return 0;
        f->start += size + 1;
        if (first < end) {
            *frame = start;
            *length = size;
            return 1;
        }
    }
    return 0;
}

static int next_binary(struct dtc_framing *f, const char **frame, size_t *length,
                       struct error *error)
{
    uint16_t size;
    size_t available = f->end - f->start;
    if (available < sizeof size)
        return 0;
    memcpy(&size, f->data + f->start, sizeof size);
    if (size < sizeof(struct dtc_header)) {
        error_set(error, ERROR_PROTOCOL, "the server sent a message that claims to have %u bytes",
                  size);
        return -1;
    }
    if (available < size)
        return 0;
    *frame = f->data + f->start;
    *length = size;
    f->start += size;
    return 1;
}

int dtc_framing_next(struct dtc_framing *f, const char **frame, size_t *length, struct error *error)
{
    if (f->is_first) {
        int told = check_first(f, error);
        if (told <= 0)
            return told;
    }
    return f->encoding == DTC_JSON_ENCODING || f->encoding == DTC_JSON_COMPACT_ENCODING
               ? next_text(f, frame, length, error)
               : next_binary(f, frame, length, error);
}
