/* Holds messages.def and enums.h against the reference tables in tests/data. */
#include "dtc/message.h"

#include "support/test.h"

#include <float.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { COLUMNS = 11, FIELDS_MAX = 64 };

/* A tab-separated file, without its first line. */
struct table {
    char *text;
    size_t count;
    char *(*rows)[COLUMNS];
};

static struct table table_read(const char *name, size_t columns)
{
    char path[512];
    snprintf(path, sizeof path, "%s/%s", TEST_DATA, name);
    struct table t = {.text = test_file_read(path)};
    char *at = strchr(t.text, '\n') + 1;
    while (*at) {
        t.rows = realloc(t.rows, (t.count + 1) * sizeof *t.rows);
        ck_assert_ptr_nonnull(t.rows);
        char *end = strchr(at, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        for (size_t i = 0; i < columns; i++) {
            char *tab = strchr(at, '\t');
            ck_assert_msg((tab != NULL) == (i + 1 < columns), "%s: row %zu", name, t.count + 1);
            t.rows[t.count][i] = at;
            if (tab)
                *tab = '\0';
            at = tab ? tab + 1 : end + 1;
        }
        t.count++;
    }
    ck_assert_uint_gt(t.count, 0);
    return t;
}

static void table_free(struct table *t)
{
    free(t->rows);
    free(t->text);
}

static unsigned number(const char *text)
{
    return (unsigned)strtoul(text, NULL, 10); /* an empty column is 0 */
}

/* enums.tsv */
enum { ENUM, STORAGE, CONSTANT, VALUE };
/* messages.tsv */
enum { ID, MESSAGE, BINARY_SIZE, STRINGS_BASE };
/* fields.tsv */
enum { FIELD = 2, TYPE, OFFSET, SIZE, STRINGS_OFFSET, STRINGS_SIZE, PB_NUMBER, PB_TYPE, DEFAULT };

static const struct {
    const char *type;
    int kind;
} kinds[] =
    {
        {"int8_t", DTC_I8},
        {"uint8_t", DTC_U8},
        {"int16_t", DTC_I16},
        {"uint16_t", DTC_U16},
        {"int32_t", DTC_I32},
        {"uint32_t", DTC_U32},
        {"int64_t", DTC_I64},
        {"uint64_t", DTC_U64},
        {"float", DTC_F32},
        {"double", DTC_F64},
        {"t_DateTime", DTC_TIME_S},
        {"t_DateTime4Byte", DTC_TIME_S4},
        {"t_DateTimeWithMilliseconds", DTC_TIME_F},
        {"t_DateTimeWithMillisecondsInt", DTC_TIME_MS},
        {"t_DateTimeWithMicrosecondsInt", DTC_TIME_US},
},
  protobufs[] = {
      {"", DTC_PB_NONE},
      {"int32", DTC_PB_INT32},
      {"uint32", DTC_PB_UINT32},
      {"int64", DTC_PB_INT64},
      {"uint64", DTC_PB_UINT64},
      {"float", DTC_PB_FLOAT},
      {"double", DTC_PB_DOUBLE},
      {"string", DTC_PB_STRING},
      {"sfixed64", DTC_PB_SFIXED64},
      {"sfixed32", DTC_PB_SFIXED32},
};

static int kind_of(const char *type, const struct table *enums)
{
    if (strncmp(type, "char[", 5) == 0)
        return DTC_TEXT;
    for (size_t i = 0; i < enums->count; i++)
        if (strcmp(enums->rows[i][ENUM], type) == 0)
            type = enums->rows[i][STORAGE];
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].type, type) == 0)
            return kinds[i].kind;
    ck_abort_msg("type %s", type);
    return -1;
}

static int protobuf_of(const char *type, const struct table *enums)
{
    for (size_t i = 0; i < sizeof protobufs / sizeof *protobufs; i++)
        if (strcmp(protobufs[i].type, type) == 0)
            return protobufs[i].kind;
    for (size_t i = 0; i < enums->count; i++)
        if (strcmp(enums->rows[i][ENUM], type) == 0)
            return DTC_PB_ENUM;
    ck_abort_msg("protobuf type %s", type);
    return -1;
}

static double default_of(const char *text, const struct table *enums)
{
    static const struct {
        const char *name;
        double value;
    } named[] = {
        {"", 0},
        {"CURRENT_VERSION", 8},
        {"DBL_MAX", DBL_MAX},
        {"FLT_MAX", (double)FLT_MAX},
        {"UINT_MAX", 4294967295.0},
        {"1", 1},
        {"1.0", 1},
    };
    if (strncmp(text, "DTC::", 5) == 0)
        text += 5;
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (strcmp(named[i].name, text) == 0)
            return named[i].value;
    for (size_t i = 0; i < enums->count; i++)
        if (strcmp(enums->rows[i][CONSTANT], text) == 0)
            return strtod(enums->rows[i][VALUE], NULL);
    ck_abort_msg("default %s", text);
    return 0;
}

START_TEST(every_message_is_in_the_list_with_its_name_and_sizes)
{
    struct table messages = table_read("messages.tsv", 4);
    for (size_t i = 0; i < messages.count; i++) {
        char **row = messages.rows[i];
        const struct dtc_schema *schema = dtc_schema_find((uint16_t)number(row[ID]));
        ck_assert_msg(schema != NULL, "%s is missing", row[MESSAGE]);
        ck_assert_ptr_eq(schema, dtc_schema_at(i));
        ck_assert_uint_eq(schema->type, number(row[ID]));
        ck_assert_str_eq(schema->name, row[MESSAGE]);
        ck_assert_uint_eq(schema->binary_size, number(row[BINARY_SIZE]));
        ck_assert_uint_eq(schema->strings_base, number(row[STRINGS_BASE]));
    }
    ck_assert_ptr_null(dtc_schema_at(messages.count));
    table_free(&messages);
}
END_TEST

START_TEST(a_type_that_is_not_in_the_list_has_no_schema)
{
    size_t found = 0, listed = 0;
    while (dtc_schema_at(listed))
        listed++;
    for (unsigned type = 0; type <= UINT16_MAX; type++)
        found += dtc_schema_find((uint16_t)type) != NULL;
    ck_assert_uint_eq(found, listed);
    ck_assert_ptr_null(dtc_schema_find(0));
    ck_assert_ptr_null(dtc_schema_find(4));
    ck_assert_ptr_null(dtc_schema_find(UINT16_MAX));
}
END_TEST

/* The rows of a message in the order of its descriptors. Only 803 differs from the file's: its
 * union stands at its place, the member with the protobuf number first. */
static size_t rows_of(const struct table *fields, const struct dtc_schema *schema,
                      char **rows[FIELDS_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < fields->count; i++) {
        char **row = fields->rows[i];
        if (number(row[ID]) != schema->type)
            continue;
        ck_assert_str_eq(row[MESSAGE], schema->name);
        ck_assert_uint_lt(count, FIELDS_MAX);
        size_t at = count++;
        for (; schema->type == DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE && at > 0; at--) {
            unsigned before = number(rows[at - 1][OFFSET]), here = number(row[OFFSET]);
            if (before < here || (before == here && number(row[PB_NUMBER]) == 0))
                break;
            rows[at] = rows[at - 1];
        }
        rows[at] = row;
    }
    return count;
}

/* A field that newer servers are known to append, but that the tables lack: it is in JSON only. */
static bool is_from_readme(const struct dtc_schema *schema, const struct dtc_field *field)
{
    return schema->type == DTC_TRADE_ACCOUNT_RESPONSE &&
           strcmp(field->name, "TradingIsDisabled") == 0 && field->newer && field->number == 0 &&
           field->protobuf == DTC_PB_NONE && field->unset == 0;
}

/* On the wire with variable-length strings. */
static void assert_strings_place(const struct dtc_schema *schema, const struct dtc_field *field,
                                 char **row)
{
    unsigned size = field->kind == DTC_TEXT ? 4 : field->size;
    if (row[STRINGS_OFFSET][0] == '\0') {
        ck_assert_msg(schema->strings_base == 0 || field->newer, "%s.%s", schema->name,
                      field->name);
        return;
    }
    ck_assert_msg(field->strings_offset == number(row[STRINGS_OFFSET]), "%s.%s at %u", schema->name,
                  field->name, field->strings_offset);
    ck_assert_msg(size == number(row[STRINGS_SIZE]), "%s.%s of %u bytes", schema->name, field->name,
                  size);
    ck_assert_uint_ge(field->strings_offset, 6);
    ck_assert_uint_le(field->strings_offset + size, schema->strings_base);
}

START_TEST(every_field_has_its_name_order_kind_places_number_and_default)
{
    struct table fields = table_read("fields.tsv", 11), enums = table_read("enums.tsv", 4);
    size_t checked = 0;
    const struct dtc_schema *schema;
    for (size_t m = 0; (schema = dtc_schema_at(m)) != NULL; m++) {
        char **rows[FIELDS_MAX];
        size_t count = rows_of(&fields, schema, rows);
        for (size_t i = count; i < schema->field_count; i++)
            ck_assert_msg(is_from_readme(schema, &schema->fields[i]), "%s.%s", schema->name,
                          schema->fields[i].name);
        ck_assert_msg(count <= schema->field_count, "%s has %zu fields, not %zu", schema->name,
                      schema->field_count, count);
        for (size_t i = 0; i < count; i++, checked++) {
            const struct dtc_field *field = &schema->fields[i];
            char **row = rows[i];
            ck_assert_str_eq(field->name, row[FIELD]);
            ck_assert_uint_eq(field->number, number(row[PB_NUMBER]));
            ck_assert_int_eq(field->newer, strcmp(row[TYPE], "(newer servers)") == 0);
            ck_assert_int_eq(field->alias, i > 0 && field->offset == schema->fields[i - 1].offset);
            ck_assert_msg(field->protobuf == protobuf_of(row[PB_TYPE], &enums), "%s.%s",
                          schema->name, field->name);
            ck_assert_double_eq(field->unset, default_of(row[DEFAULT], &enums));
            ck_assert_uint_le(field->offset + field->size, schema->struct_size);
            assert_strings_place(schema, field, row);
            if (field->newer)
                continue;
            ck_assert_msg(field->kind == kind_of(row[TYPE], &enums), "%s.%s", schema->name,
                          field->name);
            ck_assert_msg(field->offset == number(row[OFFSET]), "%s.%s at %u", schema->name,
                          field->name, field->offset);
            ck_assert_msg(field->size == number(row[SIZE]), "%s.%s of %u bytes", schema->name,
                          field->name, field->size);
        }
    }
    ck_assert_uint_eq(checked, fields.count);
    table_free(&fields);
    table_free(&enums);
}
END_TEST

START_TEST(the_fields_that_newer_servers_append_can_hold_their_protobuf_type)
{
    size_t found = 0;
    const struct dtc_schema *schema;
    for (size_t m = 0; (schema = dtc_schema_at(m)) != NULL; m++) {
        for (size_t i = 0; i < schema->field_count; i++) {
            const struct dtc_field *field = &schema->fields[i];
            if (!field->newer)
                continue;
            found++;
            int kind = field->kind, protobuf = field->protobuf;
            ck_assert_msg((protobuf == DTC_PB_STRING && kind == DTC_TEXT && field->size >= 64) ||
                              (protobuf == DTC_PB_DOUBLE && kind == DTC_F64) ||
                              (protobuf == DTC_PB_UINT32 && kind == DTC_U32) ||
                              (protobuf == DTC_PB_ENUM && kind == DTC_U8) ||
                              is_from_readme(schema, field),
                          "%s.%s", schema->name, field->name);
            for (size_t before = 0; before < i; before++)
                ck_assert_uint_le(schema->fields[before].offset + schema->fields[before].size,
                                  field->offset);
        }
    }
    ck_assert_uint_eq(found, 13);
}
END_TEST

START_TEST(structs_are_as_large_as_on_the_wire_but_for_newer_fields)
{
    const struct dtc_schema *schema;
    for (size_t m = 0; (schema = dtc_schema_at(m)) != NULL; m++) {
        if (schema->field_count > 0 && schema->fields[schema->field_count - 1].newer)
            ck_assert_uint_gt(schema->struct_size, schema->binary_size);
        else
            ck_assert_uint_eq(schema->struct_size, schema->binary_size);
        ck_assert_uint_le(schema->struct_size, sizeof(union dtc_message));
    }
}
END_TEST

/* What the codec of protocol buffers takes for granted. */
START_TEST(fields_are_as_wide_as_their_protobuf_type_and_those_without_one_are_0)
{
    const struct dtc_schema *schema;
    for (size_t m = 0; (schema = dtc_schema_at(m)) != NULL; m++) {
        for (size_t i = 0; i < schema->field_count; i++) {
            const struct dtc_field *field = &schema->fields[i];
            int protobuf = field->protobuf;
            bool is_string = protobuf == DTC_PB_STRING;
            bool is_fixed32 = protobuf == DTC_PB_FLOAT || protobuf == DTC_PB_SFIXED32;
            bool is_wide = protobuf == DTC_PB_DOUBLE || protobuf == DTC_PB_SFIXED64 ||
                           protobuf == DTC_PB_INT64 || protobuf == DTC_PB_UINT64;
            const char *name = field->name;
            ck_assert_msg((protobuf == DTC_PB_NONE) == (field->number == 0), "%s", name);
            ck_assert_msg(is_string == (field->kind == DTC_TEXT), "%s", name);
            ck_assert_msg(!is_fixed32 || field->size == 4, "%s", name);
            ck_assert_msg(is_string || is_wide == (field->size == 8), "%s", name);
            ck_assert_msg(field->number > 0 || field->unset == 0, "%s", name);
            for (size_t k = 0; k < i; k++)
                ck_assert_msg(field->number == 0 || schema->fields[k].number != field->number, "%s",
                              name);
        }
    }
}
END_TEST

START_TEST(init_sets_header_and_defaults_and_nothing_beyond_the_struct)
{
    const struct dtc_schema *schema;
    for (size_t m = 0; (schema = dtc_schema_at(m)) != NULL; m++) {
        union dtc_message message;
        memset(&message, 0x5A, sizeof message);
        dtc_message_init(&message, schema->type);
        ck_assert_uint_eq(message.header.Size, schema->binary_size);
        ck_assert_uint_eq(message.header.Type, schema->type);
        for (size_t i = 0; i < schema->field_count; i++) {
            const struct dtc_field *field = &schema->fields[i];
            const char *place = (const char *)&message + field->offset;
            if (field->kind == DTC_TEXT)
                for (size_t b = 0; b < field->size; b++)
                    ck_assert_int_eq(place[b], 0);
            else
                ck_assert_double_eq(dtc_field_get(&message, field), field->unset);
        }
        for (size_t b = schema->struct_size; b < sizeof message; b++)
            ck_assert_int_eq(((const char *)&message)[b], 0x5A);
    }
}
END_TEST

START_TEST(fields_by_name_are_what_the_protocol_says)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_REQUEST);
    ck_assert_int_eq(m.logon_request.ProtocolVersion, 8);
    dtc_message_init(&m, DTC_ORDER_UPDATE);
    ck_assert_double_eq(m.order_update.LastFillPrice, DBL_MAX);
    dtc_message_init(&m, DTC_MARKET_DATA_SNAPSHOT);
    ck_assert_uint_eq(m.market_data_snapshot.OpenInterest, UINT_MAX);
    dtc_message_init(&m, DTC_SECURITY_DEFINITION_RESPONSE);
    ck_assert_float_eq(m.security_definition_response.DisplayPriceMultiplier, 1);
    ck_assert_int_eq(m.security_definition_response.PriceDisplayFormat, -1);
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK_COMPACT);
    ck_assert_float_eq(m.market_data_update_bid_ask_compact.BidPrice, FLT_MAX);
}
END_TEST

START_TEST(numbers_are_clamped_to_their_field)
{
    static const struct {
        int kind;
        double value, expected;
    } rows[] = {
        {DTC_I8, 200, 127},
        {DTC_I8, -1e300, -128},
        {DTC_U8, -1, 0},
        {DTC_U8, 256, 255},
        {DTC_I16, 40000, 32767},
        {DTC_U16, 1e9, 65535},
        {DTC_I32, -3e9, -2147483648.0},
        {DTC_I32, 7.9, 7},
        {DTC_U32, 1e10, 4294967295.0},
        {DTC_I64, 1e300, 0x1.fffffffffffffp62},
        {DTC_I64, -1e300, -0x1p63},
        {DTC_U64, 1e300, 0x1.fffffffffffffp63},
        {DTC_U64, -5, 0},
        {DTC_F32, 1e300, (double)FLT_MAX},
        {DTC_F64, -HUGE_VAL, -DBL_MAX},
        {DTC_F64, NAN, 0},
        {DTC_TIME_S4, -1, 0},
        {DTC_TIME_US, 1731500000123456, 1731500000123456},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union dtc_message m;
        memset(&m, 0, sizeof m);
        struct dtc_field field = {.kind = (uint8_t)rows[i].kind, .offset = 8};
        dtc_field_set(&m, &field, rows[i].value);
        ck_assert_msg(dtc_field_get(&m, &field) == rows[i].expected, "row %zu", i);
    }
}
END_TEST

START_TEST(integers_are_exact_in_64_bits_and_clamped_to_their_field)
{
    static const struct {
        int kind, size;
        int64_t value, expected;
    } rows[] = {
        {DTC_I64, 8, INT64_MIN + 1, INT64_MIN + 1},
        {DTC_U64, 8, INT64_MAX, INT64_MAX},
        {DTC_U64, 8, -1, 0},
        {DTC_TIME_US, 8, 9007199254740993, 9007199254740993},
        {DTC_I8, 1, -129, -128},
        {DTC_U8, 1, 256, 255},
        {DTC_U32, 4, INT64_MAX, UINT32_MAX},
        {DTC_F64, 8, 1 << 30, 1 << 30},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union dtc_message m;
        memset(&m, 0x5A, sizeof m);
        struct dtc_field field = {
            .kind = (uint8_t)rows[i].kind, .size = (uint16_t)rows[i].size, .offset = 8};
        dtc_field_set_integer(&m, &field, rows[i].value);
        ck_assert_msg(dtc_field_get_integer(&m, &field) == rows[i].expected, "row %zu", i);
    }
}
END_TEST

START_TEST(text_is_cut_to_its_field_and_terminated)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_REQUEST);
    dtc_text_set(m.logon_request.Username, sizeof m.logon_request.Username,
                 "0123456789012345678901234567890123456789");
    ck_assert_str_eq(m.logon_request.Username, "0123456789012345678901234567890");
    ck_assert_str_eq(m.logon_request.Password, "");
}
END_TEST

START_TEST(unset_is_known_also_when_a_server_rounds_it)
{
    ck_assert(dtc_is_set(0));
    ck_assert(dtc_is_set(-37.63)); /* oil, April 2020 */
    ck_assert(dtc_is_set(1e12));
    ck_assert(!dtc_is_set(DBL_MAX));
    ck_assert(!dtc_is_set((double)FLT_MAX));
    ck_assert(!dtc_is_set(3.40282e38));
    ck_assert(!dtc_is_set(1.79769e308));
    ck_assert(!dtc_is_set(HUGE_VAL));
    ck_assert(!dtc_is_set(NAN));
}
END_TEST

START_TEST(times_become_microseconds)
{
    ck_assert_int_eq(dtc_time_from_seconds(0), 0);
    ck_assert_int_eq(dtc_time_from_seconds(1731500000), 1731500000000000);
    ck_assert_int_eq(dtc_time_from_seconds(INT64_MAX), 0);
    ck_assert_int_eq(dtc_time_from_seconds(INT64_MIN), 0);
    ck_assert_int_eq(dtc_time_from_double(0), 0);
    ck_assert_int_eq(dtc_time_from_double(1731500000.123), 1731500000123000);
    ck_assert_int_eq(dtc_time_from_double(DBL_MAX), 0);
    ck_assert_int_eq(dtc_time_from_double(NAN), 0);
    ck_assert_int_eq(dtc_time_from_ms(1731500000123), 1731500000123000);
    ck_assert_int_eq(dtc_time_from_ms(INT64_MIN), 0);
}
END_TEST

START_TEST(every_enum_constant_has_its_value)
{
    static const struct {
        const char *name;
        int value;
    } constants[] = {
#define ENUM_CONSTANT(name) {#name, DTC_##name}
        ENUM_CONSTANT(BINARY_ENCODING),
        ENUM_CONSTANT(BINARY_WITH_VARIABLE_LENGTH_STRINGS),
        ENUM_CONSTANT(JSON_ENCODING),
        ENUM_CONSTANT(JSON_COMPACT_ENCODING),
        ENUM_CONSTANT(PROTOCOL_BUFFERS),
        ENUM_CONSTANT(LOGON_SUCCESS),
        ENUM_CONSTANT(LOGON_ERROR),
        ENUM_CONSTANT(LOGON_ERROR_NO_RECONNECT),
        ENUM_CONSTANT(LOGON_RECONNECT_NEW_ADDRESS),
        ENUM_CONSTANT(SUBSCRIBE),
        ENUM_CONSTANT(UNSUBSCRIBE),
        ENUM_CONSTANT(SNAPSHOT),
        ENUM_CONSTANT(SNAPSHOT_WITH_INTERVAL_UPDATES),
        ENUM_CONSTANT(UNBUNDLED_TRADE_NONE),
        ENUM_CONSTANT(FIRST_SUB_TRADE_OF_UNBUNDLED_TRADE),
        ENUM_CONSTANT(LAST_SUB_TRADE_OF_UNBUNDLED_TRADE),
        ENUM_CONSTANT(ORDER_STATUS_UNSPECIFIED),
        ENUM_CONSTANT(ORDER_STATUS_ORDER_SENT),
        ENUM_CONSTANT(ORDER_STATUS_PENDING_OPEN),
        ENUM_CONSTANT(ORDER_STATUS_PENDING_CHILD),
        ENUM_CONSTANT(ORDER_STATUS_OPEN),
        ENUM_CONSTANT(ORDER_STATUS_PENDING_CANCEL_REPLACE),
        ENUM_CONSTANT(ORDER_STATUS_PENDING_CANCEL),
        ENUM_CONSTANT(ORDER_STATUS_FILLED),
        ENUM_CONSTANT(ORDER_STATUS_CANCELED),
        ENUM_CONSTANT(ORDER_STATUS_REJECTED),
        ENUM_CONSTANT(ORDER_STATUS_PARTIALLY_FILLED),
        ENUM_CONSTANT(ORDER_UPDATE_REASON_UNSET),
        ENUM_CONSTANT(OPEN_ORDERS_REQUEST_RESPONSE),
        ENUM_CONSTANT(NEW_ORDER_ACCEPTED),
        ENUM_CONSTANT(GENERAL_ORDER_UPDATE),
        ENUM_CONSTANT(ORDER_FILLED),
        ENUM_CONSTANT(ORDER_FILLED_PARTIALLY),
        ENUM_CONSTANT(ORDER_CANCELED),
        ENUM_CONSTANT(ORDER_CANCEL_REPLACE_COMPLETE),
        ENUM_CONSTANT(NEW_ORDER_REJECTED),
        ENUM_CONSTANT(ORDER_CANCEL_REJECTED),
        ENUM_CONSTANT(ORDER_CANCEL_REPLACE_REJECTED),
        ENUM_CONSTANT(BID_ASK_UNSET_8),
        ENUM_CONSTANT(AT_BID_8),
        ENUM_CONSTANT(AT_ASK_8),
        ENUM_CONSTANT(BID_ASK_UNSET),
        ENUM_CONSTANT(AT_BID),
        ENUM_CONSTANT(AT_ASK),
        ENUM_CONSTANT(MARKET_DEPTH_UNSET),
        ENUM_CONSTANT(MARKET_DEPTH_INSERT_UPDATE_LEVEL),
        ENUM_CONSTANT(MARKET_DEPTH_DELETE_LEVEL),
        ENUM_CONSTANT(FINAL_UPDATE_UNSET),
        ENUM_CONSTANT(FINAL_UPDATE_TRUE),
        ENUM_CONSTANT(FINAL_UPDATE_FALSE),
        ENUM_CONSTANT(FINAL_UPDATE_BEGIN_BATCH),
        ENUM_CONSTANT(MESSAGE_SET_BOUNDARY_UNSET),
        ENUM_CONSTANT(MESSAGE_SET_BOUNDARY_BEGIN),
        ENUM_CONSTANT(MESSAGE_SET_BOUNDARY_END),
        ENUM_CONSTANT(ORDER_TYPE_UNSET),
        ENUM_CONSTANT(ORDER_TYPE_MARKET),
        ENUM_CONSTANT(ORDER_TYPE_LIMIT),
        ENUM_CONSTANT(ORDER_TYPE_STOP),
        ENUM_CONSTANT(ORDER_TYPE_STOP_LIMIT),
        ENUM_CONSTANT(ORDER_TYPE_MARKET_IF_TOUCHED),
        ENUM_CONSTANT(ORDER_TYPE_LIMIT_IF_TOUCHED),
        ENUM_CONSTANT(ORDER_TYPE_MARKET_LIMIT),
        ENUM_CONSTANT(TIF_UNSET),
        ENUM_CONSTANT(TIF_DAY),
        ENUM_CONSTANT(TIF_GOOD_TILL_CANCELED),
        ENUM_CONSTANT(TIF_GOOD_TILL_DATE_TIME),
        ENUM_CONSTANT(TIF_IMMEDIATE_OR_CANCEL),
        ENUM_CONSTANT(TIF_ALL_OR_NONE),
        ENUM_CONSTANT(TIF_FILL_OR_KILL),
        ENUM_CONSTANT(BUY_SELL_UNSET),
        ENUM_CONSTANT(BUY),
        ENUM_CONSTANT(SELL),
        ENUM_CONSTANT(TRADE_UNSET),
        ENUM_CONSTANT(TRADE_OPEN),
        ENUM_CONSTANT(TRADE_CLOSE),
        ENUM_CONSTANT(PARTIAL_FILL_UNSET),
        ENUM_CONSTANT(PARTIAL_FILL_HANDLING_REDUCE_QUANTITY),
        ENUM_CONSTANT(PARTIAL_FILL_HANDLING_IMMEDIATE_CANCEL),
        ENUM_CONSTANT(MARKET_DATA_FEED_STATUS_UNSET),
        ENUM_CONSTANT(MARKET_DATA_FEED_UNAVAILABLE),
        ENUM_CONSTANT(MARKET_DATA_FEED_AVAILABLE),
        ENUM_CONSTANT(TRADING_STATUS_UNKNOWN),
        ENUM_CONSTANT(TRADING_STATUS_PRE_OPEN),
        ENUM_CONSTANT(TRADING_STATUS_OPEN),
        ENUM_CONSTANT(TRADING_STATUS_CLOSE),
        ENUM_CONSTANT(TRADING_STATUS_TRADING_HALT),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_UNSET),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_0),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_1),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_2),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_3),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_4),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_5),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_6),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_7),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_8),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DECIMAL_9),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_256),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_128),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_64),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_32_EIGHTHS),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_32_QUARTERS),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_32_HALVES),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_32),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_16),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_8),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_4),
        ENUM_CONSTANT(PRICE_DISPLAY_FORMAT_DENOMINATOR_2),
        ENUM_CONSTANT(SECURITY_TYPE_UNSET),
        ENUM_CONSTANT(SECURITY_TYPE_FUTURES),
        ENUM_CONSTANT(SECURITY_TYPE_STOCK),
        ENUM_CONSTANT(SECURITY_TYPE_FOREX),
        ENUM_CONSTANT(SECURITY_TYPE_INDEX),
        ENUM_CONSTANT(SECURITY_TYPE_FUTURES_STRATEGY),
        ENUM_CONSTANT(SECURITY_TYPE_FUTURES_OPTION),
        ENUM_CONSTANT(SECURITY_TYPE_STOCK_OPTION),
        ENUM_CONSTANT(SECURITY_TYPE_INDEX_OPTION),
        ENUM_CONSTANT(SECURITY_TYPE_BOND),
        ENUM_CONSTANT(SECURITY_TYPE_MUTUAL_FUND),
        ENUM_CONSTANT(PC_UNSET),
        ENUM_CONSTANT(PC_CALL),
        ENUM_CONSTANT(PC_PUT),
        ENUM_CONSTANT(SEARCH_TYPE_UNSET),
        ENUM_CONSTANT(SEARCH_TYPE_BY_SYMBOL),
        ENUM_CONSTANT(SEARCH_TYPE_BY_DESCRIPTION),
        ENUM_CONSTANT(INTERVAL_TICK),
        ENUM_CONSTANT(INTERVAL_1_SECOND),
        ENUM_CONSTANT(INTERVAL_2_SECONDS),
        ENUM_CONSTANT(INTERVAL_4_SECONDS),
        ENUM_CONSTANT(INTERVAL_5_SECONDS),
        ENUM_CONSTANT(INTERVAL_10_SECONDS),
        ENUM_CONSTANT(INTERVAL_30_SECONDS),
        ENUM_CONSTANT(INTERVAL_1_MINUTE),
        ENUM_CONSTANT(INTERVAL_5_MINUTE),
        ENUM_CONSTANT(INTERVAL_10_MINUTE),
        ENUM_CONSTANT(INTERVAL_15_MINUTE),
        ENUM_CONSTANT(INTERVAL_30_MINUTE),
        ENUM_CONSTANT(INTERVAL_1_HOUR),
        ENUM_CONSTANT(INTERVAL_2_HOURS),
        ENUM_CONSTANT(INTERVAL_1_DAY),
        ENUM_CONSTANT(INTERVAL_1_WEEK),
        ENUM_CONSTANT(HPDR_UNSET),
        ENUM_CONSTANT(HPDR_UNABLE_TO_SERVE_DATA_RETRY_IN_SPECIFIED_SECONDS),
        ENUM_CONSTANT(HPDR_UNABLE_TO_SERVE_DATA_DO_NOT_RETRY),
        ENUM_CONSTANT(HPDR_DATA_REQUEST_OUTSIDE_BOUNDS_OF_AVAILABLE_DATA),
        ENUM_CONSTANT(HPDR_GENERAL_REJECT_ERROR),
        ENUM_CONSTANT(TRADE_CONDITION_NONE),
        ENUM_CONSTANT(TRADE_CONDITION_NON_LAST_UPDATE_EQUITY_TRADE),
        ENUM_CONSTANT(TRADE_CONDITION_ODD_LOT_EQUITY_TRADE),
#undef ENUM_CONSTANT
    };
    struct table enums = table_read("enums.tsv", 4);
    ck_assert_uint_eq(enums.count, sizeof constants / sizeof *constants);
    for (size_t i = 0; i < enums.count; i++) {
        ck_assert_str_eq(constants[i].name, enums.rows[i][CONSTANT]);
        ck_assert_msg(constants[i].value == atoi(enums.rows[i][VALUE]), "%s", constants[i].name);
    }
    table_free(&enums);
}
END_TEST

START_TEST(the_header_has_no_constant_that_the_table_lacks)
{
    struct table enums = table_read("enums.tsv", 4);
    char *header = test_file_read(SOURCE_DIR "/include/dtc/enums.h");
    size_t found = 0;
    for (const char *at = header; (at = strstr(at, "\n    DTC_")) != NULL; at++)
        found++;
    ck_assert_uint_eq(found, enums.count);
    free(header);
    table_free(&enums);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc messages");
    TCase *c = tcase_create("reference tables");
    tcase_add_test(c, every_message_is_in_the_list_with_its_name_and_sizes);
    tcase_add_test(c, a_type_that_is_not_in_the_list_has_no_schema);
    tcase_add_test(c, every_field_has_its_name_order_kind_places_number_and_default);
    tcase_add_test(c, the_fields_that_newer_servers_append_can_hold_their_protobuf_type);
    tcase_add_test(c, fields_are_as_wide_as_their_protobuf_type_and_those_without_one_are_0);
    tcase_add_test(c, structs_are_as_large_as_on_the_wire_but_for_newer_fields);
    tcase_add_test(c, every_enum_constant_has_its_value);
    tcase_add_test(c, the_header_has_no_constant_that_the_table_lacks);
    suite_add_tcase(s, c);
    c = tcase_create("messages");
    tcase_add_test(c, init_sets_header_and_defaults_and_nothing_beyond_the_struct);
    tcase_add_test(c, fields_by_name_are_what_the_protocol_says);
    tcase_add_test(c, numbers_are_clamped_to_their_field);
    tcase_add_test(c, integers_are_exact_in_64_bits_and_clamped_to_their_field);
    tcase_add_test(c, text_is_cut_to_its_field_and_terminated);
    tcase_add_test(c, unset_is_known_also_when_a_server_rounds_it);
    tcase_add_test(c, times_become_microseconds);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
