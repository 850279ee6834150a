#include "dtc/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/number.h"
#include "dtc/scan.h"

#include <assert.h>
#include <float.h>
#include <inttypes.h>
#include <jansson.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void number_decode(union dtc_message *message, const struct dtc_field *field,
                          const json_t *value)
{
    struct dtc_number number = {.value = json_number_value(value),
                                .integer = json_integer_value(value),
                                .is_integer = json_is_integer(value)};
    dtc_number_store(message, field, &number);
}

static void text_decode(union dtc_message *message, const struct dtc_field *field,
                        const json_t *value)
{
    char *place = (char *)message + field->offset;
    if (json_is_string(value))
        text_copy(place, field->size, json_string_value(value));
    else if (json_is_integer(value)) /* accounts of digits only, from careless servers */
        text_format(place, field->size, "%" JSON_INTEGER_FORMAT, json_integer_value(value));
}

/* A value of a wrong type counts as absent; NULL is absent. */
static void field_decode(union dtc_message *message, const struct dtc_field *field,
                         const json_t *value)
{
    if (field->kind == DTC_TEXT) {
        text_decode(message, field, value);
    } else if (json_is_number(value)) {
        number_decode(message, field, value);
    } else if (json_is_boolean(value)) {
        dtc_field_set(message, field, json_is_true(value));
    } else if (json_is_string(value)) {
        json_t *number = json_loads(json_string_value(value), JSON_DECODE_ANY, NULL);
        if (json_is_number(number))
            number_decode(message, field, number);
        json_decref(number);
    }
}

static void ascii_copy(char *target, const char *source, size_t length)
{
    for (size_t i = 0; i < length; i++)
        target[i] = (signed char)source[i] < 0 ? '?' : source[i];
}

/* The usual text is parsed once. What jansson refuses, but a server may well send, is parsed again
 * with allowances: bytes that are not UTF-8 (older Windows programs) become '?', integers beyond 64
 * bits become doubles. */
static json_t *tree_parse(const char *text, size_t length, json_error_t *error)
{
    json_t *root = json_loadb(text, length, JSON_ALLOW_NUL, error);
    if (!root && json_error_code(error) == json_error_invalid_utf8) {
        char *copy = memory_new(length, 1);
        ascii_copy(copy, text, length);
        root = json_loadb(copy, length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, error);
        free(copy);
    } else if (!root && json_error_code(error) == json_error_numeric_overflow) {
        root = json_loadb(text, length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, error);
    }
    return root;
}

/* The values in the list's order. */
static void compact_decode(const json_t *values, const struct dtc_schema *schema,
                           union dtc_message *message)
{
    for (size_t i = 0, at = 0; i < schema->field_count; i++)
        if (!schema->fields[i].alias)
            field_decode(message, &schema->fields[i], json_array_get(values, at++));
}

/* Backwards, so that a field's own name has the last word over its alias. */
static void fields_decode(const json_t *root, const struct dtc_schema *schema,
                          union dtc_message *message)
{
    for (size_t i = schema->field_count; i-- > 0;)
        field_decode(message, &schema->fields[i], json_object_get(root, schema->fields[i].name));
}

static int tree_decode(const json_t *root, union dtc_message *message, struct error *error)
{
    const json_t *type = json_object_get(root, "Type"), *compact = json_object_get(root, "F");
    double id = json_number_value(type); /* a real where integers were parsed as such */
    if (!json_is_number(type) || id != floor(id)) {
        error_set(error, ERROR_PROTOCOL, "the server sent JSON without an integer \"Type\"");
        return -1;
    }
    const struct dtc_schema *schema =
        id >= 0 && id <= UINT16_MAX ? dtc_schema_find((uint16_t)id) : NULL;
    if (!schema)
        return 0;
    dtc_message_init(message, schema->type);
    if (json_is_array(compact))
        compact_decode(compact, schema, message);
    else
        fields_decode(root, schema, message);
    return schema->type;
}

int dtc_json_decode_tree(const char *text, size_t length, union dtc_message *message,
                         struct error *error)
{
    json_error_t reason;
    json_t *root = tree_parse(text, length, &reason);
    if (!json_is_object(root)) {
        char cause[JSON_ERROR_TEXT_LENGTH], start[48];
        text_clean(cause, sizeof cause, root ? "not an object" : reason.text, sizeof reason.text);
        text_clean(start, sizeof start, text, length);
        error_set(error, ERROR_PROTOCOL, "the server sent a message that is not JSON (%s): %s",
                  cause, start);
        json_decref(root);
        return -1;
    }
    int type = tree_decode(root, message, error);
    json_decref(root);
    return type;
}

int dtc_json_decode(const char *text, size_t length, union dtc_message *message,
                    struct error *error)
{
    return dtc_scan(text, length, message) ? message->header.Type
                                           : dtc_json_decode_tree(text, length, message, error);
}

/* What is still free of the target; `at` is NULL once something did not fit. */
struct writer {
    char *at;
    size_t left;
};

static void writer_advance(struct writer *w, size_t length)
{
    w->at = length < w->left ? w->at + length : NULL;
    w->left = length < w->left ? w->left - length : 0;
}

__attribute__((format(printf, 2, 3))) static void writer_print(struct writer *w, const char *format,
                                                               ...)
{
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(w->at, w->left, format, arguments);
    va_end(arguments);
    writer_advance(w, length < 0 ? w->left : (size_t)length);
}

static void text_encode(struct writer *w, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    json_t *string = json_stringn(text, length);
    if (!string) { /* not UTF-8 */
        char plain[UINT8_MAX + 1];
        assert(size <= sizeof plain);
        ascii_copy(plain, text, length);
        string = json_stringn(plain, length);
    }
    writer_advance(w, json_dumpb(string, w->at, w->left, JSON_ENCODE_ANY));
    json_decref(string);
}

/* The fewest digits that read back as the same number. */
static void number_encode(struct writer *w, double number, bool is_float)
{
    char digits[32];
    int precision = is_float ? FLT_DIG : DBL_DIG;
    do
        snprintf(digits, sizeof digits, "%.*g", precision++, number);
    while (is_float ? strtof(digits, NULL) != (float)number : strtod(digits, NULL) != number);
    char *comma = strchr(digits, ','); /* of a locale that the user set */
    if (comma)
        *comma = '.';
    writer_print(w, "%s", digits);
}

static void value_encode(struct writer *w, const union dtc_message *message,
                         const struct dtc_field *field)
{
    const char *place = (const char *)message + field->offset;
    int64_t integer;
    uint64_t natural;
    switch (field->kind) {
    case DTC_TEXT:
        text_encode(w, place, field->size);
        break;
    case DTC_I64:
        memcpy(&integer, place, sizeof integer);
        writer_print(w, "%" PRId64, integer);
        break;
    case DTC_U64:
        memcpy(&natural, place, sizeof natural);
        writer_print(w, "%" PRIu64, natural);
        break;
    default:
        number_encode(w, dtc_field_get(message, field), field->kind == DTC_F32);
    }
}

static bool field_is_sent(const union dtc_message *message, const struct dtc_field *field)
{
    if (field->alias)
        return false;
    if (field->kind == DTC_TEXT)
        return *((const char *)message + field->offset) != '\0';
    double value = dtc_field_get(message, field);
    bool is_default_known = field->unset == 0 || field->unset >= UINT32_MAX;
    bool is_key = strcmp(field->name, "RequestID") == 0 || strcmp(field->name, "SymbolID") == 0;
    return isfinite(value) && (value != field->unset || !is_default_known || is_key);
}

size_t dtc_json_encode(const union dtc_message *message, char *target, size_t size)
{
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    struct writer w = {.at = target, .left = size};
    if (!schema)
        return 0;
    writer_print(&w, "{\"Type\":%d", schema->type);
    for (size_t i = 0; i < schema->field_count && w.at; i++) {
        if (!field_is_sent(message, &schema->fields[i]))
            continue;
        writer_print(&w, ",\"%s\":", schema->fields[i].name);
        value_encode(&w, message, &schema->fields[i]);
    }
    writer_print(&w, "}");
    return w.at ? (size_t)(w.at - target) + 1 : 0;
}
