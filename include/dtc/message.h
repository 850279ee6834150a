/* The messages of DTC version 8, made from messages.def: a struct each, in the wire's fixed binary
 * layout, and descriptors for the codecs. Field names are the protocol's own. */
#ifndef SORTIE_DTC_MESSAGE_H
#define SORTIE_DTC_MESSAGE_H

#include "dtc/enums.h"

#include <math.h>
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
#define END };
#include "dtc/messages.def"

enum dtc_type {
#define MESSAGE(id, NAME, name, size, base) DTC_##NAME = id,
#include "dtc/messages.def"
};

union dtc_message {
    struct dtc_header header;
#define MESSAGE(id, NAME, name, size, base) struct dtc_##name name;
#include "dtc/messages.def"
};

enum {
#define MESSAGE(id, NAME, name, size, base) dtc_index_of_##name,
#include "dtc/messages.def"
    DTC_MESSAGES,
    DTC_TYPES = DTC_HISTORICAL_MARKET_DEPTH_DATA_RECORD_RESPONSE + 1 /* the greatest id, and 1 */
};
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
    uint16_t strings_offset; /* on the wire with variable-length strings, where the schema has a
                                `strings_base`; numbers have `size` there, text a pair of uint16 */
    double unset;            /* default; numbers only */
};

struct dtc_schema {
    uint16_t type;
    uint16_t binary_size;  /* fixed binary encoding */
    uint16_t strings_base; /* base size with variable-length strings; 0: as fixed binary */
    uint16_t struct_size;  /* more than `binary_size` if there are `newer` fields */
    const void *defaults;  /* the struct with every default and its header */
    const char *name;
    const struct dtc_field *fields;
    size_t field_count;
};

extern const struct dtc_schema dtc_schemas[DTC_MESSAGES]; /* ascending by id */
extern const uint8_t dtc_schema_places[DTC_TYPES]; /* in dtc_schemas, counted from 1; 0: none */

/* NULL for a type that is not in the list. */
static inline const struct dtc_schema *dtc_schema_find(uint16_t type)
{
    return type < DTC_TYPES && dtc_schema_places[type] > 0
               ? &dtc_schemas[dtc_schema_places[type] - 1]
               : NULL;
}
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

/* The same for integers, exact in 64 bits; a uint64 that is greater than INT64_MAX is read as its
 * bits. */
int64_t dtc_field_get_integer(const union dtc_message *message, const struct dtc_field *field);
void dtc_field_set_integer(union dtc_message *message, const struct dtc_field *field,
                           int64_t value);

/* Copies `text` into a message's text field (always terminated), as in
 * dtc_text_set(m.logon_request.Username, sizeof m.logon_request.Username, "joe"). */
void dtc_text_set(char *field, size_t size, const char *text);

/* False for the protocol's "unset": DBL_MAX, FLT_MAX (also as servers round it) and anything not
 * finite. */
static inline bool dtc_is_set(double value)
{
    return fabs(value) < 3.402e38; /* a little below FLT_MAX, which some print with six digits */
}

/* Field times to microseconds since 1970 UTC; 0 stays 0 (none); out of range gives 0. */
int64_t dtc_time_from_seconds(int64_t seconds);
int64_t dtc_time_from_double(double seconds);
int64_t dtc_time_from_ms(int64_t milliseconds);

#endif
