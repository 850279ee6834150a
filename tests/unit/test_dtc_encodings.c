/* Every message through every encoding, by generated values; older, newer and broken peers. No
 * ck_assert in the inner loops: it writes a file each time. */
#include "dtc/encoding.h"

#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { ROUNDS = 20 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return *state >> 16;
}

/* Text of up to `size` - 1 bytes, with characters of one to four bytes. */
static void random_text(char *text, size_t size, uint64_t *random)
{
    static const char *const characters[] = {
        "a", "Z",  "0",    " ",        "\"",           "\\",
        "/", "\n", "\x7F", "\xC3\xA9", "\xE2\x82\xAC", "\xF0\x9F\x92\xB6"};
    size_t length = next_random(random) % size, used = 0;
    memset(text, 0, size);
    while (used < length) {
        const char *c = characters[next_random(random) % (sizeof characters / sizeof *characters)];
        if (used + strlen(c) > length)
            c = "x";
        memcpy(text + used, c, strlen(c));
        used += strlen(c);
    }
}

static double random_number(uint64_t *random)
{
    double digits = (double)(int64_t)(next_random(random) % 2000001) - 1000000;
    switch (next_random(random) % 4) {
    case 0:
        return digits;
    case 1:
        return digits / 100;
    case 2:
        return digits / 3e7;
    default:
        return digits * 1e200;
    }
}

/* A value that its field can hold; times are of these years, since JSON tells their unit by that.
 */
static void random_field(union dtc_message *m, const struct dtc_field *field, uint64_t *random)
{
    double seconds = 1600000000 + (double)(next_random(random) % 300000000);
    int64_t bits = (int64_t)(next_random(random) << 16 ^ next_random(random));
    if (field->kind == DTC_TEXT) {
        random_text((char *)m + field->offset, field->size, random);
        return;
    }
    switch (next_random(random) % 8) {
    case 0:
        return; /* as it is: the default */
    case 1:
        dtc_field_set(m, field, 0);
        return;
    default:
        break;
    }
    switch (field->kind) {
    case DTC_F32:
    case DTC_F64:
        dtc_field_set(m, field, random_number(random));
        break;
    case DTC_TIME_S:
    case DTC_TIME_S4:
        dtc_field_set(m, field, seconds);
        break;
    case DTC_TIME_F:
        dtc_field_set(m, field, seconds + 0.123);
        break;
    case DTC_TIME_MS:
        dtc_field_set(m, field, seconds * 1e3 + 123);
        break;
    case DTC_TIME_US:
        dtc_field_set(m, field, seconds * 1e6 + 123456);
        break;
    case DTC_U64:
        dtc_field_set_integer(m, field, bits & INT64_MAX);
        break;
    case DTC_I64:
        dtc_field_set_integer(m, field, bits);
        break;
    default: /* also beyond the range, so that the least and the greatest come often */
        dtc_field_set_integer(m, field, bits >> (bits & 63));
    }
}

static void random_message(union dtc_message *m, const struct dtc_schema *schema, uint64_t *random)
{
    memset(m, 0, sizeof *m);
    dtc_message_init(m, schema->type);
    for (size_t i = 0; i < schema->field_count; i++)
        if (!schema->fields[i].alias)
            random_field(m, &schema->fields[i], random);
}

static bool has_place(int encoding, const struct dtc_field *field)
{
    if (encoding == DTC_PROTOCOL_BUFFERS)
        return field->number > 0;
    return dtc_encoding_get(encoding)->is_text || !field->newer;
}

static void field_reset(union dtc_message *m, const struct dtc_schema *schema,
                        const struct dtc_field *field)
{
    memcpy((char *)m + field->offset, (const char *)schema->defaults + field->offset, field->size);
}

/* What is left of a message behind an encoding. */
static void expect_through(int encoding, const struct dtc_schema *schema, union dtc_message *m)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (!schema->fields[i].alias && !has_place(encoding, &schema->fields[i]))
            field_reset(m, schema, &schema->fields[i]);
}

/* The first field that differs; NULL: none. */
static const char *difference(const struct dtc_schema *schema, const union dtc_message *a,
                              const union dtc_message *b)
{
    if (memcmp(a, b, sizeof(struct dtc_header)) != 0)
        return "the header";
    for (size_t i = 0; i < schema->field_count; i++) {
        const struct dtc_field *field = &schema->fields[i];
        const char *left = (const char *)a + field->offset,
                   *right = (const char *)b + field->offset;
        if (field->kind == DTC_TEXT ? strncmp(left, right, field->size) != 0
                                    : memcmp(left, right, field->size) != 0)
            return field->name;
    }
    return NULL;
}

/* Decodes from memory of exactly that size, for the address sanitizer. */
static int decode(int encoding, const char *bytes, size_t length, union dtc_message *m)
{
    struct error error = {0};
    char *copy = malloc(length > 0 ? length : 1);
    ck_assert_ptr_nonnull(copy);
    memcpy(copy, bytes, length);
    memset(m, 0x55, sizeof *m);
    int type = dtc_encoding_get(encoding)->decode(copy, length, m, &error);
    free(copy);
    if (type < 0 && (error.code != ERROR_PROTOCOL || error.text[0] == '\0'))
        ck_abort_msg("refused without a sentence");
    return type;
}

static size_t encode(int encoding, const union dtc_message *m, char *bytes)
{
    size_t length = dtc_encoding_get(encoding)->encode(m, bytes, DTC_ENCODED_MAX);
    if (length == 0 || (dtc_encoding_get(encoding)->is_text && bytes[length - 1] != '\0'))
        ck_abort_msg("%u is not encoded", m->header.Type);
    return length;
}

/* There and back. */
static void pass(int encoding, const struct dtc_schema *schema, const union dtc_message *sent,
                 union dtc_message *received)
{
    char bytes[DTC_ENCODED_MAX];
    size_t length = encode(encoding, sent, bytes) - dtc_encoding_get(encoding)->is_text;
    int type = decode(encoding, bytes, length, received);
    if (type != schema->type)
        ck_abort_msg("%s comes back from %s as %d", schema->name, dtc_encoding_get(encoding)->name,
                     type);
}

START_TEST(every_message_comes_back_from_every_encoding)
{
    int encoding = _i;
    uint64_t random = 1;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        for (int round = 0; round < ROUNDS; round++) {
            union dtc_message sent, received;
            random_message(&sent, schema, &random);
            pass(encoding, schema, &sent, &received);
            expect_through(encoding, schema, &sent);
            const char *field = difference(schema, &sent, &received);
            if (field)
                ck_abort_msg("%s.%s", schema->name, field);
        }
    }
}
END_TEST

START_TEST(every_encoding_can_follow_on_every_other)
{
    int first = _i / DTC_ENCODINGS, second = _i % DTC_ENCODINGS;
    uint64_t random = 2;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        for (int round = 0; round < ROUNDS / 4; round++) {
            union dtc_message sent, between, received;
            random_message(&sent, schema, &random);
            pass(first, schema, &sent, &between);
            pass(second, schema, &between, &received);
            expect_through(first, schema, &sent);
            expect_through(second, schema, &sent);
            const char *field = difference(schema, &sent, &received);
            if (field)
                ck_abort_msg("%s.%s", schema->name, field);
        }
    }
}
END_TEST

START_TEST(defaults_come_back_from_every_encoding)
{
    int encoding = _i;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message sent, received;
        dtc_message_init(&sent, schema->type);
        pass(encoding, schema, &sent, &received);
        const char *field = difference(schema, &sent, &received);
        ck_assert_msg(field == NULL, "%s.%s", schema->name, field);
    }
}
END_TEST

START_TEST(a_target_that_is_too_small_is_not_written_past)
{
    int encoding = _i;
    uint64_t random = 3;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        union dtc_message m;
        char bytes[DTC_ENCODED_MAX];
        random_message(&m, dtc_schema_at(k), &random);
        size_t length = encode(encoding, &m, bytes);
        for (size_t size = 0; size <= length; size++) {
            char *exact = malloc(size > 0 ? size : 1);
            ck_assert_ptr_nonnull(exact);
            size_t written = dtc_encoding_get(encoding)->encode(&m, exact, size);
            bool is_right = size < length ? written == 0
                                          : written == length && memcmp(exact, bytes, length) == 0;
            free(exact);
            if (!is_right)
                ck_abort_msg("type %u into %zu bytes", m.header.Type, size);
        }
    }
}
END_TEST

START_TEST(the_largest_message_has_room)
{
    int encoding = _i;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message m;
        char bytes[DTC_ENCODED_MAX];
        dtc_message_init(&m, schema->type);
        for (size_t i = 0; i < schema->field_count; i++) {
            const struct dtc_field *field = &schema->fields[i];
            if (field->kind == DTC_TEXT) /* to the last byte, each escaped in JSON */
                memset((char *)&m + field->offset, '\x01', field->size);
            else
                dtc_field_set(&m, field, -DBL_MIN);
        }
        size_t length = dtc_encoding_get(encoding)->encode(&m, bytes, sizeof bytes);
        ck_assert_uint_gt(length, 0);
        ck_assert_int_eq(decode(encoding, bytes, length - dtc_encoding_get(encoding)->is_text, &m),
                         schema->type);
    }
}
END_TEST

START_TEST(what_is_not_in_the_list_is_not_encoded_and_decodes_to_zero)
{
    int encoding = _i;
    union dtc_message m;
    char bytes[64];
    memset(&m, 0, sizeof m);
    for (unsigned type = 0; type <= UINT16_MAX; type += type < 1000 ? 1 : 101) {
        if (dtc_schema_find((uint16_t)type))
            continue;
        m.header.Type = (uint16_t)type;
        ck_assert_uint_eq(dtc_encoding_get(encoding)->encode(&m, bytes, sizeof bytes), 0);
        size_t length = 8;
        if (dtc_encoding_get(encoding)->is_text)
            length = (size_t)snprintf(bytes, sizeof bytes, "{\"Type\":%u}", type);
        else
            memcpy(bytes, (uint16_t[]){8, (uint16_t)type, 0, 0}, 8);
        ck_assert_int_eq(decode(encoding, bytes, length, &m), 0);
    }
}
END_TEST

static void set_size(char *bytes, size_t length)
{
    uint16_t size = (uint16_t)length;
    memcpy(bytes, &size, sizeof size);
}

START_TEST(an_older_peers_shorter_message_has_the_fields_that_it_reaches)
{
    int encoding = _i;
    uint64_t random = 4;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message sent, received;
        char bytes[DTC_ENCODED_MAX];
        if (encoding == DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS && schema->strings_base > 0)
            continue;
        random_message(&sent, schema, &random);
        size_t whole = encode(encoding, &sent, bytes);
        for (size_t length = sizeof(struct dtc_header); length <= whole; length++) {
            union dtc_message expected = sent;
            for (size_t i = 0; i < schema->field_count; i++) {
                const struct dtc_field *field = &schema->fields[i];
                if (field->newer || (size_t)field->offset + field->size > length)
                    field_reset(&expected, schema, field);
            }
            set_size(bytes, length);
            if (decode(encoding, bytes, length, &received) != schema->type)
                ck_abort_msg("%s of %zu bytes", schema->name, length);
            const char *field = difference(schema, &expected, &received);
            if (field)
                ck_abort_msg("%s.%s of %zu bytes", schema->name, field, length);
        }
    }
}
END_TEST

START_TEST(a_newer_peers_longer_message_has_all_fields)
{
    int encoding = _i;
    uint64_t random = 5;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message sent, received;
        char bytes[DTC_ENCODED_MAX];
        random_message(&sent, schema, &random);
        size_t length = encode(encoding, &sent, bytes);
        expect_through(encoding, schema, &sent);
        for (size_t extra = 1; extra <= 300; extra += 13) {
            memset(bytes + length, 0xA5, extra);
            set_size(bytes, length + extra);
            if (decode(encoding, bytes, length + extra, &received) != schema->type ||
                difference(schema, &sent, &received))
                ck_abort_msg("%s of %zu bytes more", schema->name, extra);
        }
    }
}
END_TEST

START_TEST(a_base_of_another_size_has_the_fields_that_it_reaches)
{
    uint64_t random = 6;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message sent, received;
        char bytes[DTC_ENCODED_MAX];
        if (schema->strings_base == 0)
            continue;
        random_message(&sent, schema, &random);
        size_t length = encode(DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS, &sent, bytes);
        for (uint16_t base = 6; base <= schema->strings_base; base++) {
            union dtc_message expected = sent;
            for (size_t i = 0; i < schema->field_count; i++) {
                const struct dtc_field *field = &schema->fields[i];
                size_t size = field->kind == DTC_TEXT ? 4 : field->size;
                if (field->newer || field->strings_offset + size > base)
                    field_reset(&expected, schema, field);
            }
            memcpy(bytes + 4, &base, sizeof base);
            int type = decode(DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS, bytes, length, &received);
            if (type != schema->type || difference(schema, &expected, &received))
                ck_abort_msg("%s with a base of %u", schema->name, base);
        }
    }
}
END_TEST

/* Makes room behind the base, as for the fields of a newer peer. */
static void widen_base(char *bytes, size_t *length, const struct dtc_schema *schema, uint16_t extra)
{
    uint16_t base = (uint16_t)(schema->strings_base + extra);
    memmove(bytes + base, bytes + schema->strings_base, *length - schema->strings_base);
    memset(bytes + schema->strings_base, 0xA5, extra);
    memcpy(bytes + 4, &base, sizeof base);
    *length += extra;
    set_size(bytes, *length);
    for (size_t i = 0; i < schema->field_count; i++) {
        uint16_t offset;
        char *place = bytes + schema->fields[i].strings_offset;
        if (schema->fields[i].kind != DTC_TEXT || schema->fields[i].newer)
            continue;
        memcpy(&offset, place, sizeof offset);
        offset = (uint16_t)(offset > 0 ? offset + extra : 0);
        memcpy(place, &offset, sizeof offset);
    }
}

START_TEST(a_newer_peers_longer_base_has_all_fields)
{
    uint64_t random = 7;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        union dtc_message sent, received;
        char bytes[DTC_ENCODED_MAX];
        if (schema->strings_base == 0)
            continue;
        random_message(&sent, schema, &random);
        size_t length = encode(DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS, &sent, bytes);
        widen_base(bytes, &length, schema, 20);
        int type = decode(DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS, bytes, length, &received);
        ck_assert_int_eq(type, schema->type);
        expect_through(DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS, schema, &sent);
        ck_assert_msg(difference(schema, &sent, &received) == NULL, "%s", schema->name);
    }
}
END_TEST

/* Whatever is decoded can be encoded again. */
static void survive(int encoding, const char *bytes, size_t length)
{
    union dtc_message m;
    char target[DTC_ENCODED_MAX];
    int type = decode(encoding, bytes, length, &m);
    if (type > 0)
        for (int other = 0; other < DTC_ENCODINGS; other++)
            encode(other, &m, target);
}

START_TEST(corrupted_messages_are_refused_or_read_within_their_bounds)
{
    int encoding = _i;
    uint64_t random = 8;
    for (int round = 0; round < 20000; round++) {
        union dtc_message m;
        char bytes[DTC_ENCODED_MAX];
        random_message(&m, dtc_schema_at(next_random(&random) % DTC_MESSAGES), &random);
        size_t length = encode(encoding, &m, bytes);
        for (uint64_t n = next_random(&random) % 8; n > 0; n--)
            bytes[next_random(&random) % length] = (char)next_random(&random);
        if (next_random(&random) % 2 == 0)
            length = next_random(&random) % (length + 1);
        if (length >= 2 && !dtc_encoding_get(encoding)->is_text && next_random(&random) % 8 > 0)
            set_size(bytes, length); /* else it is refused at once */
        survive(encoding, bytes, length);
    }
}
END_TEST

START_TEST(random_bytes_are_refused_or_read_within_their_bounds)
{
    int encoding = _i;
    uint64_t random = 9;
    for (int round = 0; round < 20000; round++) {
        char bytes[256];
        size_t length = 8 + next_random(&random) % (sizeof bytes - 8);
        for (size_t i = 0; i < length; i++)
            bytes[i] = (char)next_random(&random);
        set_size(bytes, length);
        uint16_t type = dtc_schema_at(next_random(&random) % DTC_MESSAGES)->type;
        memcpy(bytes + 2, &type, sizeof type);
        if (next_random(&random) % 2 == 0) { /* a base that could be */
            bytes[4] = (char)(6 + next_random(&random) % length);
            bytes[5] = 0;
        }
        survive(encoding, bytes, length);
        dtc_dialect_recognise(bytes, length);
    }
}
END_TEST

START_TEST(no_text_has_a_number_that_is_not_finite)
{
    static const double numbers[] = {NAN, HUGE_VAL, -HUGE_VAL};
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        const struct dtc_schema *schema = dtc_schema_at(k);
        for (size_t n = 0; n < sizeof numbers / sizeof *numbers; n++) {
            union dtc_message m, received;
            dtc_message_init(&m, schema->type);
            for (size_t i = 0; i < schema->field_count; i++) {
                char *place = (char *)&m + schema->fields[i].offset;
                int kind = schema->fields[i].kind;
                if (kind == DTC_F32)
                    memcpy(place, &(float){(float)numbers[n]}, sizeof(float));
                else if (kind == DTC_F64 || kind == DTC_TIME_F)
                    memcpy(place, &numbers[n], sizeof(double));
            }
            pass(DTC_JSON_ENCODING, schema, &m, &received);
            if (difference(schema, schema->defaults, &received))
                ck_abort_msg("%s", schema->name);
            pass(DTC_JSON_COMPACT_ENCODING, schema, &m, &received);
            if (difference(schema, schema->defaults, &received))
                ck_abort_msg("%s", schema->name);
        }
    }
}
END_TEST

static Suite *suite(void)
{
    enum { BINARIES = DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS + 1 };
    Suite *s = suite_create("dtc encodings");
    TCase *c = tcase_create("there and back");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, every_message_comes_back_from_every_encoding, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, every_encoding_can_follow_on_every_other, 0,
                        DTC_ENCODINGS * DTC_ENCODINGS);
    tcase_add_loop_test(c, defaults_come_back_from_every_encoding, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, a_target_that_is_too_small_is_not_written_past, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, the_largest_message_has_room, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, what_is_not_in_the_list_is_not_encoded_and_decodes_to_zero, 0,
                        DTC_ENCODINGS);
    tcase_add_test(c, no_text_has_a_number_that_is_not_finite);
    suite_add_tcase(s, c);
    c = tcase_create("older and newer peers");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, an_older_peers_shorter_message_has_the_fields_that_it_reaches, 0,
                        BINARIES);
    tcase_add_loop_test(c, a_newer_peers_longer_message_has_all_fields, 0, BINARIES);
    tcase_add_test(c, a_base_of_another_size_has_the_fields_that_it_reaches);
    tcase_add_test(c, a_newer_peers_longer_base_has_all_fields);
    suite_add_tcase(s, c);
    c = tcase_create("broken peers");
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, corrupted_messages_are_refused_or_read_within_their_bounds, 0,
                        DTC_ENCODINGS);
    tcase_add_loop_test(c, random_bytes_are_refused_or_read_within_their_bounds, 0, DTC_ENCODINGS);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
