#include "dtc/json_write.h"

#include "base/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    DIGITS_MAX = 20, /* of 64 bits */
    PLACES_MAX = 9   /* behind the decimal point, on the fast way */
};

void dtc_json_write_bytes(struct dtc_json_writer *w, const char *bytes, size_t length)
{
    if (w->at && (size_t)(w->end - w->at) >= length) {
        memcpy(w->at, bytes, length);
        w->at += length;
    } else {
        w->at = NULL;
    }
}

/* `digits` divided by 10 to the power of `places`. */
static void write_decimal(struct dtc_json_writer *w, bool is_negative, uint64_t digits, int places)
{
    char text[DIGITS_MAX + 3], *at = text + sizeof text;
    int written = 0;
    do {
        if (written == places && written > 0)
            *--at = '.';
        *--at = (char)('0' + digits % 10);
        digits /= 10;
        written++;
    } while (digits > 0 || written <= places);
    if (is_negative)
        *--at = '-';
    dtc_json_write_bytes(w, at, (size_t)(text + sizeof text - at));
}

static bool is_same(double a, double b, bool is_float)
{
    return is_float ? (float)a == (float)b : a == b;
}

static void write_number(struct dtc_json_writer *w, double number, bool is_float)
{
    static const double powers[PLACES_MAX + 1] = {1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};
    for (int places = 0; places <= PLACES_MAX; places++) {
        double scaled = fabs(number) * powers[places] + 0.5;
        if (scaled >= 0x1p53)
            break;
        /* Both operands are exact, so a reader comes to the same quotient. */
        uint64_t digits = (uint64_t)scaled;
        if (is_same((double)digits / powers[places], fabs(number), is_float)) {
            write_decimal(w, number < 0, digits, places);
            return;
        }
    }
    char text[32];
    int precision = is_float ? FLT_DIG : DBL_DIG;
    do
        snprintf(text, sizeof text, "%.*g", precision++, number);
    while (!is_same(strtod(text, NULL), number, is_float));
    char *comma = strchr(text, ','); /* of a locale that the user set */
    if (comma)
        *comma = '.';
    dtc_json_write_bytes(w, text, strlen(text));
}

static void write_string(struct dtc_json_writer *w, const char *field, size_t size)
{
    char text[UINT8_MAX + 2], escape[8];
    text_copy_bytes(text, sizeof text, field, size);
    size_t length = strlen(text), start = 0;
    text_repair(text, length);
    dtc_json_write_bytes(w, "\"", 1);
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c >= ' ' && c != '"' && c != '\\')
            continue;
        dtc_json_write_bytes(w, text + start, i - start);
        size_t escaped = text_format(escape, sizeof escape, c < ' ' ? "\\u%04X" : "\\%c", c);
        dtc_json_write_bytes(w, escape, escaped);
        start = i + 1;
    }
    dtc_json_write_bytes(w, text + start, length - start);
    dtc_json_write_bytes(w, "\"", 1);
}

void dtc_json_write_head(struct dtc_json_writer *w, uint16_t type)
{
    dtc_json_write_bytes(w, "{\"Type\":", 8);
    write_decimal(w, false, type, 0);
}

void dtc_json_write_value(struct dtc_json_writer *w, const union dtc_message *message,
                          const struct dtc_field *field)
{
    if (field->kind == DTC_TEXT) {
        write_string(w, (const char *)message + field->offset, field->size);
    } else if (field->kind == DTC_I64 || field->kind == DTC_U64) {
        int64_t integer = dtc_field_get_integer(message, field);
        bool is_negative = field->kind == DTC_I64 && integer < 0;
        write_decimal(w, is_negative, is_negative ? 0 - (uint64_t)integer : (uint64_t)integer, 0);
    } else {
        double number = dtc_field_get(message, field);
        write_number(w, isfinite(number) ? number : field->unset, field->kind == DTC_F32);
    }
}
