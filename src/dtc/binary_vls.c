#include "dtc/binary_vls.h"

#include "base/text.h"
#include "dtc/binary.h"

#include <string.h>

/* On the wire: where a string begins in the message, and its bytes with the null byte. */
struct pair {
    uint16_t offset, length;
};

enum { BASE_OFFSET = sizeof(struct dtc_header), BASE_LEAST = BASE_OFFSET + sizeof(uint16_t) };

static size_t field_size(const struct dtc_field *field)
{
    return field->kind == DTC_TEXT ? sizeof(struct pair) : field->size;
}

/* False for a pair that points outside of the strings. */
static bool text_decode(const char *frame, size_t length, size_t base,
                        const struct dtc_field *field, union dtc_message *message)
{
    struct pair pair;
    memcpy(&pair, frame + field->strings_offset, sizeof pair);
    if (pair.length == 0)
        return true;
    if (pair.offset < base || (size_t)pair.offset + pair.length > length)
        return false;
    text_copy_bytes((char *)message + field->offset, field->size, frame + pair.offset, pair.length);
    return true;
}

int dtc_binary_vls_decode(const char *frame, size_t length, union dtc_message *message,
                          struct error *error)
{
    uint16_t base = 0;
    int type = dtc_binary_type(frame, length, error);
    if (type < 0)
        return -1;
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type);
    if (!schema || schema->strings_base == 0)
        return dtc_binary_decode(frame, length, message, error);
    if (length >= BASE_LEAST)
        memcpy(&base, frame + BASE_OFFSET, sizeof base);
    if (base < BASE_LEAST || base > length) {
        error_set(error, ERROR_PROTOCOL,
                  "the server sent a message of type %u whose base size is wrong: %u of %zu",
                  schema->type, base, length);
        return -1;
    }
    dtc_message_init(message, schema->type);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *field = &schema->fields[i];
        if (field->newer || field->strings_offset + field_size(field) > base)
            continue;
        if (field->kind != DTC_TEXT) {
            memcpy((char *)message + field->offset, frame + field->strings_offset, field->size);
        } else if (!text_decode(frame, length, base, field, message)) {
            error_set(error, ERROR_PROTOCOL,
                      "the server sent a message of type %u whose text %s lies outside of it",
                      schema->type, field->name);
            return -1;
        }
    }
    return type;
}

size_t dtc_binary_vls_encode(const union dtc_message *message, char *target, size_t size)
{
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    if (!schema || schema->strings_base == 0)
        return dtc_binary_encode(message, target, size);
    size_t end = schema->strings_base;
    if (size < end)
        return 0;
    memset(target, 0, end);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *field = &schema->fields[i];
        const char *place = (const char *)message + field->offset;
        if (field->newer)
            continue;
        if (field->kind != DTC_TEXT) {
            memcpy(target + field->strings_offset, place, field->size);
            continue;
        }
        size_t length = strnlen(place, field->size);
        if (length == 0)
            continue;
        if (size - end <= length)
            return 0;
        struct pair pair = {(uint16_t)end, (uint16_t)(length + 1)};
        memcpy(target + field->strings_offset, &pair, sizeof pair);
        memcpy(target + end, place, length);
        target[end + length] = '\0';
        end += length + 1;
    }
    struct dtc_header header = {(uint16_t)end, schema->type};
    memcpy(target, &header, sizeof header);
    memcpy(target + BASE_OFFSET, &schema->strings_base, sizeof schema->strings_base);
    return end;
}
