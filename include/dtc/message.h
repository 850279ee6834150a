/* The messages of DTC version 8, made from messages.def: a struct each, in the wire's fixed binary
 * layout, and descriptors for the codecs. Field names are the protocol's own. */
#ifndef SORTIE_DTC_MESSAGE_H
#define SORTIE_DTC_MESSAGE_H

#include "dtc/enums.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { DTC_VERSION = 8 };

/* What a field is in the struct. TIME kinds: integer seconds (8 and 4 bytes), double seconds,
 * integer milliseconds, integer microseconds; all UTC. */
enum dtc_kind {
    DTC_I8,
    DTC_U8,
    DTC_I16,
    DTC_U16,
    DTC_I32,
    DTC_U32,
    DTC_I64,
    DTC_U64,
    DTC_F32,
    DTC_F64,
    DTC_TEXT,
    DTC_TIME_S,
    DTC_TIME_S4,
    DTC_TIME_F,
    DTC_TIME_MS,
    DTC_TIME_US
};

enum dtc_protobuf {
    DTC_PB_NONE,
    DTC_PB_INT32,
    DTC_PB_UINT32,
    DTC_PB_INT64,
    DTC_PB_UINT64,
    DTC_PB_FLOAT,
    DTC_PB_DOUBLE,
    DTC_PB_STRING,
    DTC_PB_SFIXED64,
    DTC_PB_SFIXED32,
    DTC_PB_ENUM
};

#define DTC_DECLARE(kind, name, length) DTC_DECLARE_##kind(name, length)
#define DTC_DECLARE_I8(name, length) int8_t name;
#define DTC_DECLARE_U8(name, length) uint8_t name;
#define DTC_DECLARE_I16(name, length) int16_t name;
#define DTC_DECLARE_U16(name, length) uint16_t name;
#define DTC_DECLARE_I32(name, length) int32_t name;
#define DTC_DECLARE_U32(name, length) uint32_t name;
#define DTC_DECLARE_I64(name, length) int64_t name;
#define DTC_DECLARE_U64(name, length) uint64_t name;
#define DTC_DECLARE_F32(name, length) float name;
#define DTC_DECLARE_F64(name, length) double name;
#define DTC_DECLARE_TEXT(name, length) char name[length];
#define DTC_DECLARE_TIME_S(name, length) int64_t name;
#define DTC_DECLARE_TIME_S4(name, length) uint32_t name;
#define DTC_DECLARE_TIME_F(name, length) double name;
#define DTC_DECLARE_TIME_MS(name, length) int64_t name;
#define DTC_DECLARE_TIME_US(name, length) int64_t name;

struct dtc_header {
    uint16_t Size, Type;
};

/* clang-format off */
#define MESSAGE(id, NAME, name, size, base) struct dtc_##name { uint16_t Size, Type;
#define PACKED(id, NAME, name, size, base) struct __attribute__((packed)) dtc_##name { uint16_t Size, Type;
#define FIELD(kind, name, length, number, protobuf, unset) DTC_DECLARE_##kind(name, length)
#define NEWER(kind, name, length, number, protobuf, unset) DTC_DECLARE_##kind(name, length)
#define ALIAS(kind, name, field)
#define END };
#include "dtc/messages.def"
#undef MESSAGE
#undef PACKED
#undef FIELD
#undef NEWER
#undef END

#define FIELD(kind, name, length, number, protobuf, unset)
#define NEWER(kind, name, length, number, protobuf, unset)
#define END

enum dtc_type {
#define MESSAGE(id, NAME, name, size, base) DTC_##NAME = id,
#define PACKED(id, NAME, name, size, base) DTC_##NAME = id,
#include "dtc/messages.def"
#undef MESSAGE
#undef PACKED
};

union dtc_message {
    struct dtc_header header;
#define MESSAGE(id, NAME, name, size, base) struct dtc_##name name;
#define PACKED(id, NAME, name, size, base) struct dtc_##name name;
#include "dtc/messages.def"
#undef MESSAGE
#undef PACKED
};
#undef FIELD
#undef NEWER
#undef ALIAS
#undef END
/* clang-format on */

struct dtc_field {
    const char *name;
    uint8_t name_length;
    uint8_t kind;     /* enum dtc_kind */
    uint8_t protobuf; /* enum dtc_protobuf */
    uint8_t number;   /* in protocol buffers; 0: not sent there */
    bool newer;       /* no place in the binary layout */
    bool alias; /* another JSON name of the place of an earlier field; not in the compact order */
    uint16_t offset, size; /* in the struct; for fields that are not `newer`, on the wire as well */
    double unset;          /* default; numbers only */
};

struct dtc_schema {
    uint16_t type;
    uint16_t binary_size;  /* fixed binary encoding */
    uint16_t strings_base; /* base size with variable-length strings; 0: as fixed binary */
    uint16_t struct_size;
    const char *name;
    const struct dtc_field *fields;
    size_t field_count;
};

/* NULL for a type that is not in the list. Constant time. */
const struct dtc_schema *dtc_schema_find(uint16_t type);
/* All of them by index, ascending by id; NULL past the last. */
const struct dtc_schema *dtc_schema_at(size_t index);

/* Sets header (Size = binary size) and every field's default; `type` must be in the list. Only the
 * struct's own bytes are written. */
void dtc_message_init(union dtc_message *message, uint16_t type);

/* A number field as a double, times in the field's own unit. Setting clamps to the field's range
 * and cuts a fraction off where the field is an integer; NaN becomes 0. 64-bit integers are exact
 * to 2^53. */
double dtc_field_get(const union dtc_message *message, const struct dtc_field *field);
void dtc_field_set(union dtc_message *message, const struct dtc_field *field, double value);

/* Copies `text` into a message's text field (always terminated), as in
 * dtc_text_set(m.logon_request.Username, sizeof m.logon_request.Username, "joe"). */
void dtc_text_set(char *field, size_t size, const char *text);

/* False for the protocol's "unset": DBL_MAX, FLT_MAX (also as servers round it) and anything not
 * finite. */
bool dtc_is_set(double value);

/* Field times to microseconds since 1970 UTC; 0 stays 0 (none); out of range gives 0. */
int64_t dtc_time_from_seconds(int64_t seconds);
int64_t dtc_time_from_double(double seconds);
int64_t dtc_time_from_ms(int64_t milliseconds);

#endif
