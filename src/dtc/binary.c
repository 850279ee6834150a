#include "dtc/binary.h"

#include <string.h>

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the structs are the wire's bytes");

/* Apart from the common way, which is to stay short. */
__attribute__((cold)) static int fail_as_wrong(const char *frame, size_t length,
                                               struct error *error)
{
    uint16_t size = 0;
    if (length >= sizeof size)
        memcpy(&size, frame, sizeof size);
    error_set(error, ERROR_PROTOCOL,
              "the server sent a message of %zu bytes that claims to have %u", length, size);
    return -1;
}

int dtc_binary_type(const char *frame, size_t length, struct error *error)
{
    struct dtc_header header;
    if (length < sizeof header)
        return fail_as_wrong(frame, length, error);
    memcpy(&header, frame, sizeof header);
    return header.Size == length ? header.Type : fail_as_wrong(frame, length, error);
}

/* The bytes of an older peer's message up to the last field that is there as a whole. */
static size_t whole_fields(const struct dtc_schema *schema, size_t length)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].offset < length &&
            (size_t)schema->fields[i].offset + schema->fields[i].size > length)
            return schema->fields[i].offset;
    return length;
}

/* Newer fields may stand in the last bytes that other servers only pad with. */
static void reset_newer(const struct dtc_schema *schema, union dtc_message *message)
{
    size_t i = 0;
    while (!schema->fields[i].newer)
        i++;
    size_t offset = schema->fields[i].offset;
    memcpy((char *)message + offset, (const char *)schema->defaults + offset,
           schema->struct_size - offset);
}

/* Of a message whose bytes are not all there, or that has newer fields. */
__attribute__((cold)) static void decode_partly(const char *frame, size_t length,
                                                const struct dtc_schema *schema,
                                                union dtc_message *message)
{
    size_t there =
        length < schema->binary_size ? whole_fields(schema, length) : schema->binary_size;
    memcpy(message, schema->defaults, schema->struct_size);
    memcpy(message, frame, there);
    message->header.Size = schema->binary_size;
    if (schema->struct_size > schema->binary_size)
        reset_newer(schema, message);
}

int dtc_binary_decode(const char *frame, size_t length, union dtc_message *message,
                      struct error *error)
{
    int type = dtc_binary_type(frame, length, error);
    if (type < 0)
        return -1;
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type);
    if (!schema)
        return 0;
    if (length < schema->binary_size || schema->struct_size > schema->binary_size) {
        decode_partly(frame, length, schema, message);
    } else {
        memcpy(message, frame, schema->binary_size);
        if (length > schema->binary_size)
            message->header.Size = schema->binary_size;
    }
    return type;
}

size_t dtc_binary_encode(const union dtc_message *message, char *target, size_t size)
{
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    if (!schema || size < schema->binary_size)
        return 0;
    memcpy(target, message, schema->binary_size);
    memcpy(target, &schema->binary_size, sizeof schema->binary_size);
    return schema->binary_size;
}
