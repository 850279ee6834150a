/* A decoder under any bytes: what it makes of them is the same each time, and every encoding can
 * write it down and read it back. */
#ifndef SORTIE_TESTS_FUZZ_CODEC_H
#define SORTIE_TESTS_FUZZ_CODEC_H

#include "dtc/encoding.h"
#include "fuzz/fuzz.h"

#include <math.h>

static inline bool codec_is_float(const struct dtc_field *field)
{
    return field->kind == DTC_F32 || field->kind == DTC_F64 || field->kind == DTC_TIME_F;
}

/* Text up to its end, numbers by value; NaN is like NaN. */
static inline bool codec_is_equal(const union dtc_message *a, const union dtc_message *b,
                                  const struct dtc_field *field)
{
    const char *x = (const char *)a + field->offset, *y = (const char *)b + field->offset;
    if (field->kind == DTC_TEXT)
        return strncmp(x, y, field->size) == 0;
    if (memcmp(x, y, field->size) == 0)
        return true;
    double p = dtc_field_get(a, field), q = dtc_field_get(b, field);
    return codec_is_float(field) && (p == q || (isnan(p) && isnan(q)));
}

/* JSON numbers beyond 2^63 are rounded, and with them the other large ones of the message. */
static inline bool codec_is_near(const union dtc_message *a, const union dtc_message *b,
                                 const struct dtc_field *field)
{
    bool is_large = field->size == 8 && !codec_is_float(field) && field->kind != DTC_TEXT;
    return codec_is_equal(a, b, field) ||
           (is_large && (float)dtc_field_get(a, field) == (float)dtc_field_get(b, field));
}

/* Text that fills its field has room only in fixed binary: elsewhere it is cut. JSON and protocol
 * buffers repair what is not UTF-8. */
static inline bool codec_keeps_text(int encoding, const char *text, size_t size)
{
    size_t length = strnlen(text, size);
    bool is_ascii = true;
    for (size_t i = 0; i < length; i++)
        is_ascii = is_ascii && (signed char)text[i] >= 0;
    return encoding == DTC_BINARY_ENCODING ||
           (length < size && (encoding == DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS || is_ascii));
}

/* JSON has no unit for times: it is told by the magnitude. Numbers that are not finite, or all but,
 * count as unset. */
static inline bool codec_keeps_number_in_json(const union dtc_message *m,
                                              const struct dtc_field *field)
{
    double value = dtc_field_get(m, field), magnitude = fabs(value);
    switch (field->kind) {
    case DTC_TIME_S:
    case DTC_TIME_S4:
    case DTC_TIME_F:
        return magnitude < 1e11;
    case DTC_TIME_MS:
        return magnitude == 0 || (magnitude >= 1e11 && magnitude < 1e14);
    case DTC_TIME_US:
        return magnitude == 0 || magnitude >= 1e14;
    default:
        return magnitude < 1e308;
    }
}

/* Whether the encoding has a place for the field's value. */
static inline bool codec_keeps(int encoding, const union dtc_message *m,
                               const struct dtc_field *field)
{
    if (field->alias || (!dtc_encoding_get(encoding)->is_text &&
                         (encoding == DTC_PROTOCOL_BUFFERS ? field->number == 0 : field->newer)))
        return false;
    if (field->kind == DTC_TEXT)
        return codec_keeps_text(encoding, (const char *)m + field->offset, field->size);
    return !dtc_encoding_get(encoding)->is_text || codec_keeps_number_in_json(m, field);
}

static inline void codec_check_fields(int encoding, const union dtc_message *m,
                                      const union dtc_message *again)
{
    const struct dtc_schema *schema = dtc_schema_find(m->header.Type);
    bool is_text = dtc_encoding_get(encoding)->is_text;
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *f = &schema->fields[i];
        if (codec_keeps(encoding, m, f) &&
            !(is_text ? codec_is_near(m, again, f) : codec_is_equal(m, again, f)))
            FUZZ_FAIL("%s of %s is lost in %s: %.17g became %.17g\n", f->name, schema->name,
                      dtc_encoding_get(encoding)->name, dtc_field_get(m, f),
                      dtc_field_get(again, f));
    }
}

/* Through an encoding and back. */
static inline void codec_check_round_trip(int encoding, const union dtc_message *m)
{
    const struct dtc_encoding *e = dtc_encoding_get(encoding);
    char room[DTC_ENCODED_MAX];
    union dtc_message again;
    struct error error = {0};
    size_t size = e->encode(m, room, sizeof room);
    if (size == 0 || size > sizeof room)
        FUZZ_FAIL("%d does not fit as %s\n", m->header.Type, e->name);
    char *wire = fuzz_copy(room, size);
    FUZZ_REQUIRE(e->encode(m, wire, size - 1) == 0);
    FUZZ_REQUIRE(e->encode(m, wire, size) == size);
    FUZZ_REQUIRE(memcmp(wire, room, size) == 0);
    if (e->is_text)
        FUZZ_REQUIRE(memchr(wire, '\0', size) == wire + size - 1);
    else
        FUZZ_REQUIRE((uint8_t)wire[0] + 256 * (uint8_t)wire[1] == (int)size);
    memset(&again, 0x55, sizeof again);
    FUZZ_REQUIRE(e->decode(wire, e->is_text ? size - 1 : size, &again, &error) == m->header.Type);
    codec_check_fields(encoding, m, &again);
    free(wire);
}

static inline void codec_check_message(int encoding, int type, const union dtc_message *m,
                                       const union dtc_message *again)
{
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type);
    FUZZ_REQUIRE(schema && m->header.Type == type);
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *f = &schema->fields[i];
        if (!codec_is_equal(m, again, f))
            FUZZ_FAIL("%s of %s is left as it was\n", f->name, schema->name);
        if (dtc_encoding_get(encoding)->is_text)
            FUZZ_REQUIRE(isfinite(dtc_field_get(m, f)));
    }
    for (int other = 0; other < DTC_ENCODINGS; other++)
        codec_check_round_trip(other, m);
}

/* The bytes as one frame; in the binary kinds with the Size that framing has made sure of. */
static inline void codec_check(int encoding, const uint8_t *data, size_t size)
{
    const struct dtc_encoding *e = dtc_encoding_get(encoding);
    union dtc_message m, again;
    struct error error = {0};
    if (!e->is_text && (size < 4 || size > UINT16_MAX))
        return;
    char *frame = fuzz_copy(data, size);
    if (!e->is_text) {
        frame[0] = (char)(size & 0xFF);
        frame[1] = (char)(size >> 8);
    }
    memset(&m, 0x55, sizeof m);
    memset(&again, 0xAA, sizeof again);
    int type = e->decode(frame, size, &m, &error);
    FUZZ_REQUIRE(type >= -1 && type <= UINT16_MAX);
    FUZZ_REQUIRE(e->decode(frame, size, &again, &error) == type);
    if (type < 0)
        FUZZ_REQUIRE(error.text[0] != '\0' && fuzz_is_clean(error.text));
    if (type > 0)
        codec_check_message(encoding, type, &m, &again);
    free(frame);
}

#endif
