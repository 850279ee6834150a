/* The five encodings of DTC (../dtc README, "Transport and framing") behind one table. An encoding
 * is named by its EncodingEnum value, DTC_BINARY_ENCODING to DTC_PROTOCOL_BUFFERS. */
#ifndef SORTIE_DTC_ENCODING_H
#define SORTIE_DTC_ENCODING_H

#include "base/error.h"
#include "dtc/message.h"

enum {
    DTC_ENCODINGS = DTC_PROTOCOL_BUFFERS + 1,
    /* Room for any message in any encoding: an ORDER_UPDATE of JSON escapes only. */
    DTC_ENCODED_MAX = 8192
};

struct dtc_encoding {
    const char
        *name; /* in settings and options: binary, binary-vls, json, json-compact, protobuf */
    const char *title; /* in sentences, as Sierra Chart has it: "binary VLS" */
    bool is_text;      /* ends with a null byte; else begins with uint16 Size, uint16 Type */
    /* Decodes one whole frame as dtc_framing_next() gives it (text without its null byte, others
     * with their header). Returns the type; 0 for a message of a type not in the list; -1 with
     * `error` for what is no message of this encoding. `message` holds nothing of use unless a type
     * is returned; then every field is set: to its default where the frame does not have it. Text
     * fields may be full, without a null byte. */
    int (*decode)(const char *frame, size_t length, union dtc_message *message,
                  struct error *error);
    /* Encodes with everything that goes on the wire (header or null byte). Returns the bytes
     * written; 0 when `size` is too small or the type is not in the list. */
    size_t (*encode)(const union dtc_message *message, char *target, size_t size);
};

/* NULL for a number that is no encoding. */
const struct dtc_encoding *dtc_encoding_get(int encoding);
/* By name; -1: none. */
int dtc_encoding_find(const char *name);

/* What a peer speaks, told by the first bytes that it sent. */
enum dtc_dialect {
    DTC_DIALECT_UNTOLD, /* more bytes are needed */
    DTC_DIALECT_JSON,
    DTC_DIALECT_BINARY, /* a fixed binary message (also an ENCODING_RESPONSE) */
    DTC_DIALECT_BINARY_VLS,
    DTC_DIALECT_PROTOBUF,
    DTC_DIALECT_TLS,
    DTC_DIALECT_HTTP,
    DTC_DIALECT_UNKNOWN
};
enum dtc_dialect dtc_dialect_recognise(const char *bytes, size_t length);
/* The encoding to try with such a peer; -1: none. */
int dtc_dialect_encoding(enum dtc_dialect dialect);

#endif
