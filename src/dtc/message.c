#include "dtc/message.h"

#include "base/text.h"

#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

/* clang-format off */

/* A function for each message, because only a function's scope can give the name `self`, which FIELD needs, another
 * meaning in each message. */
#define MESSAGE(id, NAME, name, size, base)                                                        \
    static const struct dtc_schema *schema_##name(void)                                            \
    {                                                                                              \
        typedef struct dtc_##name self;                                                            \
        static const char self_name[] = #NAME;                                                     \
        enum { self_type = id, self_size = size, self_base = base };                               \
        static const struct dtc_field self_fields[] = {
#define PACKED MESSAGE
#define DESCRIBE(kind, name, place, number, protobuf, newer, alias, unset)                         \
    {#name, sizeof #name - 1, DTC_##kind, DTC_PB_##protobuf, number, newer, alias,                 \
     offsetof(self, place), sizeof(((self *)0)->place), unset},
#define FIELD(kind, name, length, number, protobuf, unset)                                         \
    DESCRIBE(kind, name, name, number, protobuf, false, false, unset)
#define NEWER(kind, name, length, number, protobuf, unset)                                         \
    DESCRIBE(kind, name, name, number, protobuf, true, false, unset)
#define ALIAS(kind, name, field) DESCRIBE(kind, name, field, 0, NONE, false, true, 0)
#define END                                                                                        \
        };                                                                                         \
        static const struct dtc_schema schema = {                                                  \
            self_type, self_size, self_base, sizeof(self), self_name, self_fields,                 \
            sizeof self_fields / sizeof self_fields[0]};                                           \
        return &schema;                                                                            \
    }
#include "dtc/messages.def"
#undef MESSAGE
#undef PACKED
#undef FIELD
#undef NEWER
#undef ALIAS
#undef END

/* The two tables by id need only the messages' heads. */
#define PACKED MESSAGE
#define FIELD(kind, name, length, number, protobuf, unset)
#define NEWER(kind, name, length, number, protobuf, unset)
#define ALIAS(kind, name, field)
#define END

const struct dtc_schema *dtc_schema_find(uint16_t type)
{
    switch (type) {
#define MESSAGE(id, NAME, name, size, base) case id: return schema_##name();
#include "dtc/messages.def"
#undef MESSAGE
    default: return NULL;
    }
}

const struct dtc_schema *dtc_schema_at(size_t index)
{
    static const uint16_t types[] = {
#define MESSAGE(id, NAME, name, size, base) id,
#include "dtc/messages.def"
#undef MESSAGE
    };
    return index < sizeof types / sizeof types[0] ? dtc_schema_find(types[index]) : NULL;
}
/* clang-format on */

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

void dtc_message_init(union dtc_message *message, uint16_t type)
{
    const struct dtc_schema *schema = dtc_schema_find(type);
    assert(schema);
    memset(message, 0, schema->struct_size);
    message->header = (struct dtc_header){.Size = schema->binary_size, .Type = type};
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].unset != 0)
            dtc_field_set(message, &schema->fields[i], schema->fields[i].unset);
}

void dtc_text_set(char *field, size_t size, const char *text)
{
    text_copy(field, size, text);
}

bool dtc_is_set(double value)
{
    /* A little below FLT_MAX, which some servers print with six digits. */
    return isfinite(value) && fabs(value) < 3.402e38;
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
