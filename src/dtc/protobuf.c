#include "dtc/protobuf.h"

#include "base/text.h"
#include "dtc/binary.h"

#include <string.h>

enum wire { VARINT, FIXED64, BYTES, FIXED32 = 5 };

enum {
    WIRE_BITS = 3, /* of a tag; the rest is the field's number */
    VARINT_MAX = 10
};

static int wire_of(int protobuf)
{
    switch (protobuf) {
    case DTC_PB_DOUBLE:
    case DTC_PB_SFIXED64:
        return FIXED64;
    case DTC_PB_FLOAT:
    case DTC_PB_SFIXED32:
        return FIXED32;
    case DTC_PB_STRING:
        return BYTES;
    default:
        return VARINT;
    }
}

/* Varints of these types are sign-extended 32 bits. */
static bool is_signed32(const struct dtc_field *field)
{
    return field->protobuf == DTC_PB_INT32 || field->protobuf == DTC_PB_ENUM;
}

struct reader {
    const char *at, *end;
};

/* One field's value as it stands on the wire: a number's bits, or bytes. */
struct value {
    uint64_t bits;
    const char *bytes;
    size_t length;
};

static bool read_varint(struct reader *r, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < VARINT_MAX && r->at < r->end; i++) {
        uint64_t byte = (unsigned char)*r->at++;
        *value |= (byte & 0x7F) << (7 * i);
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool read_fixed(struct reader *r, size_t size, uint64_t *value)
{
    if ((size_t)(r->end - r->at) < size)
        return false;
    *value = 0;
    memcpy(value, r->at, size);
    r->at += size;
    return true;
}

static bool read_value(struct reader *r, int wire, struct value *value)
{
    switch (wire) {
    case VARINT:
        return read_varint(r, &value->bits);
    case FIXED64:
        return read_fixed(r, sizeof(uint64_t), &value->bits);
    case FIXED32:
        return read_fixed(r, sizeof(uint32_t), &value->bits);
    case BYTES:
        if (!read_varint(r, &value->bits) || value->bits > (uint64_t)(r->end - r->at))
            return false;
        value->bytes = r->at;
        value->length = (size_t)value->bits;
        r->at += value->length;
        return true;
    default: /* groups, which proto3 does not have */
        return false;
    }
}

/* Looked for from `first` on and around: writers keep the order of numbers. NULL: none. */
static const struct dtc_field *find_field(const struct dtc_schema *schema, size_t first,
                                          uint64_t number)
{
    for (size_t i = 0; i < schema->field_count; i++) {
        size_t at = first + i < schema->field_count ? first + i : first + i - schema->field_count;
        if (schema->fields[at].number == number)
            return &schema->fields[at];
    }
    return NULL;
}

static void store(union dtc_message *message, const struct dtc_field *field,
                  const struct value *value)
{
    char *place = (char *)message + field->offset;
    if (field->kind == DTC_TEXT) {
        memset(place, 0, field->size);
        text_copy_bytes(place, field->size, value->bytes, value->length);
    } else if (field->size >= sizeof(uint32_t)) {
        memcpy(place, &value->bits, field->size);
    } else {
        uint32_t low = (uint32_t)value->bits;
        dtc_field_set_integer(message, field, is_signed32(field) ? (int32_t)low : (int64_t)low);
    }
}

int dtc_protobuf_decode(const char *frame, size_t length, union dtc_message *message,
                        struct error *error)
{
    int type = dtc_binary_type(frame, length, error);
    if (type < 0)
        return -1;
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type);
    if (!schema)
        return 0;
    /* Fields without a number have 0 as their default too. */
    memset(message, 0, schema->struct_size);
    message->header = (struct dtc_header){schema->binary_size, schema->type};
    struct reader r = {frame + sizeof(struct dtc_header), frame + length};
    size_t next = 0;
    while (r.at < r.end) {
        uint64_t tag;
        struct value value = {0};
        int wire;
        if (!read_varint(&r, &tag) || tag >> WIRE_BITS == 0 ||
            !read_value(&r, wire = (int)(tag & ((1 << WIRE_BITS) - 1)), &value)) {
            error_set(error, ERROR_PROTOCOL,
                      "the server sent a message of type %u that is not a whole protocol buffer",
                      schema->type);
            return -1;
        }
        const struct dtc_field *field = find_field(schema, next, tag >> WIRE_BITS);
        if (field && wire == wire_of(field->protobuf)) {
            store(message, field, &value);
            next = (size_t)(field - schema->fields) + 1;
        }
    }
    return type;
}

/* What is still free of the target; `at` is NULL once something did not fit. */
struct writer {
    char *at, *end;
};

static void write_bytes(struct writer *w, const void *bytes, size_t length)
{
    if (w->at && (size_t)(w->end - w->at) >= length) {
        memcpy(w->at, bytes, length);
        w->at += length;
    } else {
        w->at = NULL;
    }
}

static void write_varint(struct writer *w, uint64_t value)
{
    unsigned char bytes[VARINT_MAX];
    size_t length = 0;
    for (; value >= 0x80; value >>= 7)
        bytes[length++] = (unsigned char)(value | 0x80);
    bytes[length++] = (unsigned char)value;
    write_bytes(w, bytes, length);
}

static uint64_t load(const union dtc_message *message, const struct dtc_field *field)
{
    uint64_t bits = 0;
    if (field->size < sizeof(uint32_t))
        return (uint64_t)dtc_field_get_integer(message, field);
    memcpy(&bits, (const char *)message + field->offset, field->size);
    return field->size == sizeof(uint32_t) && is_signed32(field)
               ? (uint64_t)(int64_t)(int32_t)(uint32_t)bits
               : bits;
}

static void write_field(struct writer *w, const union dtc_message *message,
                        const struct dtc_field *field)
{
    char text[UINT8_MAX + 2];
    int wire = wire_of(field->protobuf);
    uint64_t value;
    if (wire == BYTES) {
        text_copy_bytes(text, sizeof text, (const char *)message + field->offset, field->size);
        value = strlen(text);
        text_repair(text, value);
    } else {
        value = load(message, field);
    }
    if (value == 0)
        return;
    write_varint(w, (uint64_t)field->number << WIRE_BITS | (uint64_t)wire);
    if (wire == FIXED64 || wire == FIXED32)
        write_bytes(w, &value, wire == FIXED64 ? sizeof(uint64_t) : sizeof(uint32_t));
    else
        write_varint(w, value);
    if (wire == BYTES)
        write_bytes(w, text, value);
}

size_t dtc_protobuf_encode(const union dtc_message *message, char *target, size_t size)
{
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    if (!schema || size < sizeof(struct dtc_header))
        return 0;
    struct writer w = {target + sizeof(struct dtc_header), target + size};
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].number > 0)
            write_field(&w, message, &schema->fields[i]);
    if (!w.at)
        return 0;
    struct dtc_header header = {(uint16_t)(w.at - target), schema->type};
    memcpy(target, &header, sizeof header);
    return header.Size;
}
