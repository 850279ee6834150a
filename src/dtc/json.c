#include "dtc/json.h"

#include "base/memory.h"
#include "base/text.h"
#include "dtc/json_write.h"
#include "dtc/number.h"
#include "dtc/scan.h"

#include <float.h>
#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Whatever digits follow: no message is long enough for as many zeros. */
enum { EXPONENT_ENOUGH = 100000000 };

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

/* Whether no double holds the number of these characters: as a power of ten, its first digit counts
 * for more than 308. DBL_MAX itself means "unset" as well, so a little too much is no harm. */
static bool is_overflowing(const char *number, size_t length)
{
    long exponent = 0, magnitude = 0; /* of the digits as they stand */
    bool has_value = false, has_point = false;
    size_t i = number[0] == '-' ? 1 : 0;
    for (; i < length && number[i] != 'e' && number[i] != 'E'; i++) {
        if (number[i] == '.') {
            has_point = true;
            continue;
        }
        has_value = has_value || number[i] != '0';
        if (has_value && !has_point)
            magnitude++;
        else if (!has_value && has_point)
            magnitude--;
    }
    bool is_negative = i + 1 < length && number[i + 1] == '-';
    for (; i < length; i++)
        if (number[i] >= '0' && number[i] <= '9' && exponent < EXPONENT_ENOUGH)
            exponent = 10 * exponent + (number[i] - '0');
    return has_value && magnitude + (is_negative ? -exponent : exponent) > DBL_MAX_10_EXP;
}

/* Numbers outside of strings that no double holds become null: they count as absent. */
static void overflow_clear(char *text, size_t length)
{
    static const char null[] = {'n', 'u', 'l', 'l'};
    bool is_string = false;
    for (size_t i = 0; i < length; i++) {
        if (is_string && text[i] == '\\') {
            i++;
        } else if (text[i] == '"') {
            is_string = !is_string;
        } else if (!is_string && (text[i] == '-' || (text[i] >= '0' && text[i] <= '9'))) {
            size_t end = i;
            while (end < length && text[end] != '\0' && strchr("+-.0123456789Ee", text[end]))
                end++;
            if (is_overflowing(text + i, end - i)) {
                memset(text + i, ' ', end - i);
                memcpy(text + i, null, sizeof null); /* the number has more characters */
            }
            i = end - 1;
        }
    }
}

/* The usual text is parsed once. What jansson refuses, but a server may well send, is parsed again
 * with allowances: bytes that are not UTF-8 (older Windows programs) become '?', integers beyond 64
 * bits become doubles, numbers beyond those null. */
static json_t *tree_parse(const char *text, size_t length, json_error_t *error)
{
    json_t *root = json_loadb(text, length, JSON_ALLOW_NUL, error);
    if (root || (json_error_code(error) != json_error_invalid_utf8 &&
                 json_error_code(error) != json_error_numeric_overflow))
        return root;
    char *copy = memory_new(length, 1);
    memcpy(copy, text, length);
    text_repair(copy, length);
    overflow_clear(copy, length);
    root = json_loadb(copy, length, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, error);
    free(copy);
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

static bool field_is_sent(const union dtc_message *message, const struct dtc_field *field)
{
    if (field->alias)
        return false;
    if (field->kind == DTC_TEXT)
        return *((const char *)message + field->offset) != '\0';
    double value = dtc_field_get(message, field);
    if (value != field->unset)
        return isfinite(value);
    bool is_default_known = field->unset == 0 || field->unset >= UINT32_MAX;
    return !is_default_known || strcmp(field->name, "RequestID") == 0 ||
           strcmp(field->name, "SymbolID") == 0;
}

size_t dtc_json_encode(const union dtc_message *message, char *target, size_t size)
{
    const struct dtc_schema *schema = dtc_schema_find(message->header.Type);
    struct dtc_json_writer w = {target, target + size};
    if (!schema)
        return 0;
    dtc_json_write_head(&w, schema->type);
    for (size_t i = 0; i < schema->field_count && w.at; i++) {
        const struct dtc_field *field = &schema->fields[i];
        if (!field_is_sent(message, field))
            continue;
        dtc_json_write_bytes(&w, ",\"", 2);
        dtc_json_write_bytes(&w, field->name, field->name_length);
        dtc_json_write_bytes(&w, "\":", 2);
        dtc_json_write_value(&w, message, field);
    }
    dtc_json_write_bytes(&w, "}", 2); /* with the null byte */
    return w.at ? (size_t)(w.at - target) : 0;
}
