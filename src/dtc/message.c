#include "dtc/message.h"

#include "base/text.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#define PASTE(a, b) a##b
#define JOIN(a, b) PASTE(a, b)
/* A name that no other field of any message has: each has its own line in the list. */
#define HERE(prefix) JOIN(prefix, __LINE__)

/* clang-format off */

/* The messages' structs once more, with names that tell all fields apart, so that a descriptor need
 * not know its message. */
union places {
#define MESSAGE(id, NAME, name, size, base) struct { uint16_t HERE(size_), HERE(type_);
#define PACKED(id, NAME, name, size, base) struct __attribute__((packed)) { uint16_t HERE(size_), HERE(type_);
#define FIELD(kind, name, length, number, protobuf, unset) DTC_DECLARE_##kind(HERE(field_), length)
#define END };
#include "dtc/messages.def"
};

/* The same with variable-length strings: BaseSize behind the header, pairs for text. */
#undef DTC_DECLARE_TEXT
#define DTC_DECLARE_TEXT(name, length) uint16_t name[2];
union strings_places {
#define MESSAGE(id, NAME, name, size, base) struct { uint16_t HERE(size_), HERE(type_), HERE(base_);
#define FIELD(kind, name, length, number, protobuf, unset) DTC_DECLARE_##kind(HERE(field_), length)
#define NEWER(kind, name, length, number, protobuf, unset)
#define END };
#include "dtc/messages.def"
};

#define DEFAULT_I8(unset) unset
#define DEFAULT_U8(unset) unset
#define DEFAULT_I16(unset) unset
#define DEFAULT_U16(unset) unset
#define DEFAULT_I32(unset) unset
#define DEFAULT_U32(unset) unset
#define DEFAULT_I64(unset) unset
#define DEFAULT_U64(unset) unset
#define DEFAULT_F32(unset) unset
#define DEFAULT_F64(unset) unset
#define DEFAULT_TIME_S(unset) unset
#define DEFAULT_TIME_S4(unset) unset
#define DEFAULT_TIME_F(unset) unset
#define DEFAULT_TIME_MS(unset) unset
#define DEFAULT_TIME_US(unset) unset
#define DEFAULT_TEXT(unset) {0}
#define MESSAGE(id, NAME, name, size, base) \
    static const struct dtc_##name defaults_of_##name = {.Size = size, .Type = id,
#define FIELD(kind, name, length, number, protobuf, unset) .name = DEFAULT_##kind(unset),
#define END };
#include "dtc/messages.def"

#define DESCRIBE(kind, name, number, protobuf, newer, alias, offset, size, strings_offset, unset) \
    {#name, sizeof #name - 1, DTC_##kind, DTC_PB_##protobuf, number, newer, alias, offset, size, strings_offset, unset},
#define SIZE_HERE sizeof(((union places *)NULL)->HERE(field_))

static const struct dtc_field fields[] = {
#define MESSAGE(id, NAME, name, size, base)
#define FIELD(kind, name, length, number, protobuf, unset) \
    DESCRIBE(kind, name, number, protobuf, false, false, offsetof(union places, HERE(field_)), SIZE_HERE, \
             offsetof(union strings_places, HERE(field_)), unset)
#define NEWER(kind, name, length, number, protobuf, unset) \
    DESCRIBE(kind, name, number, protobuf, true, false, offsetof(union places, HERE(field_)), SIZE_HERE, 0, unset)
#define ALIAS(kind, name, message, field) \
    DESCRIBE(kind, name, 0, NONE, false, true, offsetof(struct dtc_##message, field), \
             sizeof(((struct dtc_##message *)NULL)->field), 0, 0)
#include "dtc/messages.def"
};

/* Where each message's fields begin in the array. */
enum {
#define MESSAGE(id, NAME, name, size, base) first_of_##name, before_##name = first_of_##name - 1,
#define FIELD(kind, name, length, number, protobuf, unset) HERE(index_),
#define ALIAS(kind, name, message, field) HERE(index_),
#include "dtc/messages.def"
};

const struct dtc_schema dtc_schemas[DTC_MESSAGES] = {
#define MESSAGE(id, NAME, name, size, base) \
    {id, size, base, sizeof(struct dtc_##name), &defaults_of_##name, #NAME, fields + first_of_##name, 0
#define FIELD(kind, name, length, number, protobuf, unset) + 1
#define ALIAS(kind, name, message, field) + 1
#define END },
#include "dtc/messages.def"
};

const uint8_t dtc_schema_places[DTC_TYPES] = {
#define MESSAGE(id, NAME, name, size, base) [id] = dtc_index_of_##name + 1,
#include "dtc/messages.def"
};
/* clang-format on */

const struct dtc_schema *dtc_schema_at(size_t index)
{
    return index < DTC_MESSAGES ? &dtc_schemas[index] : NULL;
}

/* The type that holds each kind, with the range a number is clamped to. No double is INT64_MAX or
 * UINT64_MAX: theirs are the greatest doubles below. */
#define STORAGES(STORAGE)                                                                          \
    STORAGE(I8, int8_t, INT8_MIN, INT8_MAX)                                                        \
    STORAGE(U8, uint8_t, 0, UINT8_MAX)                                                             \
    STORAGE(I16, int16_t, INT16_MIN, INT16_MAX)                                                    \
    STORAGE(U16, uint16_t, 0, UINT16_MAX)                                                          \
    STORAGE(I32, int32_t, INT32_MIN, INT32_MAX)                                                    \
    STORAGE(U32, uint32_t, 0, UINT32_MAX)                                                          \
    STORAGE(I64, int64_t, -0x1p63, 0x1.fffffffffffffp62)                                           \
    STORAGE(U64, uint64_t, 0, 0x1.fffffffffffffp63)                                                \
    STORAGE(F32, float, -FLT_MAX, FLT_MAX)                                                         \
    STORAGE(F64, double, -DBL_MAX, DBL_MAX)                                                        \
    STORAGE(TIME_S, int64_t, -0x1p63, 0x1.fffffffffffffp62)                                        \
    STORAGE(TIME_S4, uint32_t, 0, UINT32_MAX)                                                      \
    STORAGE(TIME_F, double, -DBL_MAX, DBL_MAX)                                                     \
    STORAGE(TIME_MS, int64_t, -0x1p63, 0x1.fffffffffffffp62)                                       \
    STORAGE(TIME_US, int64_t, -0x1p63, 0x1.fffffffffffffp62)

double dtc_field_get(const union dtc_message *message, const struct dtc_field *field)
{
    const char *place = (const char *)message + field->offset;
    switch (field->kind) {
#define STORAGE(kind, type, least, greatest)                                                       \
    case DTC_##kind: {                                                                             \
        type stored;                                                                               \
        memcpy(&stored, place, sizeof stored);                                                     \
        return (double)stored;                                                                     \
    }
        STORAGES(STORAGE)
#undef STORAGE
    default:
        return 0;
    }
}

void dtc_field_set(union dtc_message *message, const struct dtc_field *field, double value)
{
    char *place = (char *)message + field->offset;
    if (isnan(value))
        value = 0;
    switch (field->kind) {
#define STORAGE(kind, type, least, greatest)                                                       \
    case DTC_##kind: {                                                                             \
        type stored = (type)(value < (least) ? (least) : value > (greatest) ? (greatest) : value); \
        memcpy(place, &stored, sizeof stored);                                                     \
        break;                                                                                     \
    }
        STORAGES(STORAGE)
#undef STORAGE
    default:
        break;
    }
}

/* Integers that a double need not hold exactly. */
static bool is_wide(const struct dtc_field *field)
{
    return field->size == sizeof(int64_t) && field->kind != DTC_F64 && field->kind != DTC_TIME_F;
}

int64_t dtc_field_get_integer(const union dtc_message *message, const struct dtc_field *field)
{
    int64_t value;
    if (!is_wide(field))
        return (int64_t)dtc_field_get(message, field);
    memcpy(&value, (const char *)message + field->offset, sizeof value);
    return value;
}

void dtc_field_set_integer(union dtc_message *message, const struct dtc_field *field, int64_t value)
{
    if (!is_wide(field)) {
        dtc_field_set(message, field, (double)value);
        return;
    }
    if (field->kind == DTC_U64 && value < 0)
        value = 0;
    memcpy((char *)message + field->offset, &value, sizeof value);
}

void dtc_message_init(union dtc_message *message, uint16_t type)
{
    const struct dtc_schema *schema = dtc_schema_find(type);
    assert(schema);
    memcpy(message, schema->defaults, schema->struct_size);
}

void dtc_text_set(char *field, size_t size, const char *text)
{
    text_copy(field, size, text);
}

static int64_t time_scale(int64_t time, int64_t factor)
{
    return time <= INT64_MAX / factor && time >= INT64_MIN / factor ? time * factor : 0;
}

int64_t dtc_time_from_seconds(int64_t seconds)
{
    return time_scale(seconds, 1000000);
}

int64_t dtc_time_from_ms(int64_t milliseconds)
{
    return time_scale(milliseconds, 1000);
}

int64_t dtc_time_from_double(double seconds)
{
    double us = seconds * 1e6;
    return fabs(us) < 0x1p63 ? llround(us) : 0;
}
