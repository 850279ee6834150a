/* Messages beside their bytes, computed by hand; what peers do wrong in each encoding; what their
 * first bytes tell. */
#include "dtc/encoding.h"

#include "support/test.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

enum { VLS = DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS };

/* "0A 1B" to bytes. */
static size_t from_hex(const char *hex, char *bytes)
{
    size_t length = 0;
    for (; *hex != '\0'; hex += *hex == ' ' ? 1 : 2) {
        char pair[3] = {hex[0], hex[1], '\0'};
        if (*hex != ' ')
            bytes[length++] = (char)strtoul(pair, NULL, 16);
    }
    return length;
}

static int decode_hex(int encoding, const char *hex, union dtc_message *m)
{
    char bytes[512];
    struct error error = {0};
    size_t length = from_hex(hex, bytes);
    memset(m, 0x55, sizeof *m);
    int type = dtc_encoding_get(encoding)->decode(bytes, length, m, &error);
    ck_assert_msg(type >= 0 || error.code == ERROR_PROTOCOL, "%s", hex);
    ck_assert_msg(type >= 0 || error.text[0] != '\0', "%s", hex);
    return type;
}

static void assert_hex(int encoding, const union dtc_message *m, const char *hex)
{
    char expected[512], bytes[512];
    size_t length = from_hex(hex, expected);
    ck_assert_uint_eq(dtc_encoding_get(encoding)->encode(m, bytes, sizeof bytes), length);
    ck_assert_mem_eq(bytes, expected, length);
    union dtc_message back;
    ck_assert_int_eq(decode_hex(encoding, hex, &back), m->header.Type);
    ck_assert_mem_eq(&back, m, m->header.Size);
}

static void assert_text(int encoding, const union dtc_message *m, const char *expected)
{
    char text[512];
    size_t length = dtc_encoding_get(encoding)->encode(m, text, sizeof text);
    ck_assert_uint_eq(length, strlen(expected) + 1);
    ck_assert_str_eq(text, expected);
}

static union dtc_message encoding_request(int encoding)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ENCODING_REQUEST);
    m.encoding_request.Encoding = encoding;
    dtc_text_set(m.encoding_request.ProtocolType, 4, "DTC");
    return m;
}

static union dtc_message positions_request(int32_t id)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_CURRENT_POSITIONS_REQUEST);
    m.current_positions_request.RequestID = id;
    dtc_text_set(m.current_positions_request.TradeAccount, 32, "Sim1");
    return m;
}

static union dtc_message heartbeat(void)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_HEARTBEAT);
    m.heartbeat.NumDroppedMessages = 300;
    m.heartbeat.CurrentDateTime = 1762600000; /* 0x690F2440 */
    return m;
}

static union dtc_message trade(void)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_TRADE);
    m.market_data_update_trade.SymbolID = 1;
    m.market_data_update_trade.AtBidOrAsk = DTC_AT_ASK;
    m.market_data_update_trade.Price = 5050.25; /* 0x1.3BA4p12: 40B3BA4000000000 */
    m.market_data_update_trade.Volume = 3;      /* 4008000000000000 */
    return m;
}

START_TEST(fixed_binary_is_byte_for_byte_as_in_the_protocol)
{
    union dtc_message m = encoding_request(DTC_JSON_ENCODING);
    assert_hex(DTC_BINARY_ENCODING, &m, "10 00 06 00 08 00 00 00 02 00 00 00 44 54 43 00");
    m = heartbeat();
    assert_hex(DTC_BINARY_ENCODING, &m, "10 00 03 00 2C 01 00 00 40 24 0F 69 00 00 00 00");
    m = trade();
    assert_hex(DTC_BINARY_ENCODING, &m,
               "28 00 6B 00 01 00 00 00 02 00 00 00 00 00 00 00 00 00 00 00 40 BA B3 40"
               "00 00 00 00 00 00 08 40 00 00 00 00 00 00 00 00");
}
END_TEST

START_TEST(variable_length_strings_stand_behind_the_base)
{
    union dtc_message m = encoding_request(DTC_JSON_ENCODING);
    assert_hex(VLS, &m, "10 00 06 00 08 00 00 00 02 00 00 00 44 54 43 00");
    m = positions_request(7);
    assert_hex(VLS, &m, "15 00 31 01 10 00 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00");
    m.current_positions_request.TradeAccount[0] = '\0';
    union dtc_message back;
    ck_assert_int_eq(decode_hex(VLS, "10 00 31 01 10 00 00 00 07 00 00 00 00 00 00 00", &back),
                     DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert_str_eq(back.current_positions_request.TradeAccount, "");
    dtc_message_init(&m, DTC_LOGOFF);
    dtc_text_set(m.logoff.Reason, sizeof m.logoff.Reason, "bye");
    m.logoff.DoNotReconnect = 1;
    assert_hex(VLS, &m, "10 00 05 00 0C 00 0C 00 04 00 01 00 62 79 65 00");
}
END_TEST

START_TEST(json_is_letter_for_letter_as_in_the_protocol)
{
    union dtc_message m = encoding_request(DTC_JSON_ENCODING);
    assert_text(DTC_JSON_ENCODING, &m,
                "{\"Type\":6,\"ProtocolVersion\":8,\"Encoding\":2,\"ProtocolType\":\"DTC\"}");
    m = trade();
    assert_text(DTC_JSON_ENCODING, &m,
                "{\"Type\":107,\"SymbolID\":1,\"AtBidOrAsk\":2,\"Price\":5050.25,\"Volume\":3}");
}
END_TEST

START_TEST(compact_json_lists_what_comes_often)
{
    union dtc_message m = trade();
    m.market_data_update_trade.DateTime = 1731500000.123;
    assert_text(DTC_JSON_COMPACT_ENCODING, &m,
                "{\"Type\":107,\"F\":[1,2,5050.25,3,1731500000.123]}");
    m = heartbeat();
    assert_text(DTC_JSON_COMPACT_ENCODING, &m, "{\"Type\":3,\"F\":[300,1762600000]}");
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK); /* prices unset */
    assert_text(DTC_JSON_COMPACT_ENCODING, &m,
                "{\"Type\":108,\"F\":[0,1.7976931348623157e+308,0,1.7976931348623157e+308,0,0]}");
    m = positions_request(7);
    assert_text(DTC_JSON_COMPACT_ENCODING, &m,
                "{\"Type\":305,\"RequestID\":7,\"TradeAccount\":\"Sim1\"}");
}
END_TEST

START_TEST(the_compact_form_is_used_for_the_messages_that_the_protocol_lists)
{
    static const uint16_t listed[] = {3,   104, 106, 107, 108, 112, 113, 114, 115,
                                      117, 119, 120, 122, 124, 134, 135, 136, 137,
                                      140, 141, 142, 143, 144, 145, 146, 803, 804};
    size_t found = 0;
    for (size_t k = 0; k < DTC_MESSAGES; k++) {
        union dtc_message m;
        char text[DTC_ENCODED_MAX];
        bool is_listed = false;
        dtc_message_init(&m, dtc_schema_at(k)->type);
        ck_assert_uint_gt(
            dtc_encoding_get(DTC_JSON_COMPACT_ENCODING)->encode(&m, text, sizeof text), 0);
        for (size_t i = 0; i < sizeof listed / sizeof *listed; i++)
            is_listed = is_listed || listed[i] == m.header.Type;
        ck_assert_msg((strstr(text, "\"F\":[") != NULL) == is_listed, "%s", text);
        found += is_listed;
    }
    ck_assert_uint_eq(found, sizeof listed / sizeof *listed);
}
END_TEST

START_TEST(protocol_buffers_are_byte_for_byte_as_proto3_says)
{
    union dtc_message m = encoding_request(DTC_PROTOCOL_BUFFERS);
    assert_hex(DTC_PROTOCOL_BUFFERS, &m, "0D 00 06 00 08 08 10 04 1A 03 44 54 43");
    m = positions_request(-2); /* a negative int32 is sign-extended to 64 bits */
    assert_hex(DTC_PROTOCOL_BUFFERS, &m,
               "15 00 31 01 08 FE FF FF FF FF FF FF FF FF 01 12 04 53 69 6D 31");
    m = heartbeat();
    assert_hex(DTC_PROTOCOL_BUFFERS, &m, "10 00 03 00 08 AC 02 11 40 24 0F 69 00 00 00 00");
    m = trade();
    assert_hex(DTC_PROTOCOL_BUFFERS, &m,
               "1A 00 6B 00 08 01 10 02 19 00 00 00 00 40 BA B3 40 21 00 00 00 00 00 00 08 40");
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK_COMPACT); /* FLT_MAX written out */
    m.market_data_update_bid_ask_compact.DateTime = 1762600000;
    assert_hex(DTC_PROTOCOL_BUFFERS, &m,
               "13 00 75 00 0D FF FF 7F 7F 1D FF FF 7F 7F 2D 40 24 0F 69");
}
END_TEST

START_TEST(what_is_absent_in_protocol_buffers_is_zero)
{
    union dtc_message m;
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "04 00 01 00", &m), DTC_LOGON_REQUEST);
    ck_assert_int_eq(m.logon_request.ProtocolVersion, 0);
    ck_assert_str_eq(m.logon_request.Username, "");
    ck_assert_uint_eq(m.header.Size, 284);
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "04 00 6C 00", &m),
                     DTC_MARKET_DATA_UPDATE_BID_ASK);
    ck_assert_double_eq(m.market_data_update_bid_ask.BidPrice, 0);
}
END_TEST

START_TEST(fields_that_are_not_known_are_skipped_in_protocol_buffers)
{
    union dtc_message m;
    /* 100: a varint, a double, a string, a float; then RequestID */
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS,
                                "20 00 31 01 A0 06 96 01 A1 06 01 02 03 04 05 06 07 08"
                                "A2 06 02 41 42 A5 06 01 02 03 04 08 05",
                                &m),
                     -1); /* one byte less than its size */
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS,
                                "1F 00 31 01 A0 06 96 01 A1 06 01 02 03 04 05 06 07 08"
                                "A2 06 02 41 42 A5 06 01 02 03 04 08 05",
                                &m),
                     305);
    ck_assert_int_eq(m.current_positions_request.RequestID, 5);
    /* RequestID as a string, TradeAccount as a varint */
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "0B 00 31 01 0A 01 41 10 01 08 06", &m), 305);
    ck_assert_int_eq(m.current_positions_request.RequestID, 6);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "");
}
END_TEST

START_TEST(of_a_field_that_comes_twice_the_last_counts)
{
    union dtc_message m;
    ck_assert_int_eq(
        decode_hex(DTC_PROTOCOL_BUFFERS, "10 00 31 01 12 03 41 42 43 08 05 12 01 58 08 06", &m),
        305);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "X");
    ck_assert_int_eq(m.current_positions_request.TradeAccount[2], 0);
    ck_assert_int_eq(m.current_positions_request.RequestID, 6);
}
END_TEST

START_TEST(narrow_fields_are_clamped_in_protocol_buffers)
{
    union dtc_message m;
    /* DoNotReconnect = 300, then a LOGON_RESPONSE's Result = -1 cut to 32 bits */
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "07 00 05 00 10 AC 02", &m), 5);
    ck_assert_uint_eq(m.logoff.DoNotReconnect, 255);
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "0A 00 02 00 10 FF FF FF FF 0F", &m), 2);
    ck_assert_int_eq(m.logon_response.Result, -1);
}
END_TEST

START_TEST(broken_protocol_buffers_are_refused)
{
    static const char *const broken[] = {
        "03 00 31",                                        /* no header */
        "04 00 31 01 08 05",                               /* longer than its size */
        "07 00 31 01 08 05",                               /* shorter */
        "05 00 31 01 08",                                  /* a tag alone */
        "06 00 31 01 08 80",                               /* a varint that does not end */
        "10 00 31 01 08 80 80 80 80 80 80 80 80 80 80 01", /* one of eleven bytes */
        "07 00 31 01 12 02 41",                            /* a string cut off */
        "0F 00 31 01 12 FF FF FF FF FF FF FF FF FF 01",    /* of 2^64 - 1 bytes */
        "0A 00 31 01 19 01 02 03 04 05",                   /* a double cut off */
        "07 00 31 01 1D 01 02",                            /* a float cut off */
        "06 00 31 01 00 05",                               /* field 0 */
        "06 00 31 01 0B 0C",                               /* a group */
        "06 00 31 01 0F 05",                               /* wire type 7 */
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        union dtc_message m;
        ck_assert_msg(decode_hex(DTC_PROTOCOL_BUFFERS, broken[i], &m) == -1, "%s", broken[i]);
    }
}
END_TEST

START_TEST(long_text_is_cut_at_a_whole_character)
{
    union dtc_message m;
    /* ProtocolType of 4 bytes: "ABé" needs 5 */
    ck_assert_int_eq(decode_hex(DTC_PROTOCOL_BUFFERS, "0A 00 06 00 1A 04 41 42 C3 A9", &m), 6);
    ck_assert_str_eq(m.encoding_request.ProtocolType, "AB");
    /* TradeAccount of 32 bytes */
    char bytes[64] = {56, 0, 0x31, 1, 16, 0, 0, 0, 7, 0, 0, 0, 16, 0, 40, 0};
    struct error error;
    memset(bytes + 16, 'x', 40);
    ck_assert_int_eq(dtc_encoding_get(VLS)->decode(bytes, 56, &m, &error), 305);
    ck_assert_uint_eq(strlen(m.current_positions_request.TradeAccount), 31);
}
END_TEST

START_TEST(text_that_is_not_utf8_is_repaired_where_it_must_be)
{
    union dtc_message m;
    char text[64];
    dtc_message_init(&m, DTC_LOGOFF);
    memcpy(m.logoff.Reason, "a\xFF\xC3\xA9\xC3", 5);
    dtc_encoding_get(DTC_JSON_ENCODING)->encode(&m, text, sizeof text);
    ck_assert_str_eq(text, "{\"Type\":5,\"Reason\":\"a?\xC3\xA9?\"}");
    char bytes[64], expected[64];
    size_t length = from_hex("0B 00 05 00 0A 05 61 3F C3 A9 3F", expected);
    ck_assert_uint_eq(dtc_encoding_get(DTC_PROTOCOL_BUFFERS)->encode(&m, bytes, sizeof bytes),
                      length);
    ck_assert_mem_eq(bytes, expected, length);
}
END_TEST

START_TEST(text_that_fills_its_field_is_sent_whole)
{
    union dtc_message m = encoding_request(DTC_BINARY_ENCODING), back;
    memcpy(m.encoding_request.ProtocolType, "DTCX", 4);
    assert_hex(DTC_BINARY_ENCODING, &m, "10 00 06 00 08 00 00 00 00 00 00 00 44 54 43 58");
    char bytes[64], expected[64];
    struct error error;
    size_t length = from_hex("0C 00 06 00 08 08 1A 04 44 54 43 58", expected);
    ck_assert_uint_eq(dtc_encoding_get(DTC_PROTOCOL_BUFFERS)->encode(&m, bytes, sizeof bytes),
                      length);
    ck_assert_mem_eq(bytes, expected, length);
    union dtc_message p = positions_request(7);
    memset(p.current_positions_request.TradeAccount, 'x', 32);
    length = dtc_encoding_get(VLS)->encode(&p, bytes, sizeof bytes);
    ck_assert_uint_eq(length, 16 + 33);
    ck_assert_int_eq(dtc_encoding_get(VLS)->decode(bytes, length, &back, &error), 305);
    ck_assert_uint_eq(strlen(back.current_positions_request.TradeAccount), 31);
}
END_TEST

START_TEST(pairs_that_point_outside_of_the_strings_are_refused)
{
    static const char *const broken[] = {
        "15 00 31 01 10 00 00 00 07 00 00 00 10 00 06 00 53 69 6D 31 00", /* one byte too long */
        "15 00 31 01 10 00 00 00 07 00 00 00 15 00 01 00 53 69 6D 31 00", /* behind the end */
        "15 00 31 01 10 00 00 00 07 00 00 00 FF FF FF FF 53 69 6D 31 00",
        "15 00 31 01 10 00 00 00 07 00 00 00 FF FF 01 00 53 69 6D 31 00",
        "15 00 31 01 10 00 00 00 07 00 00 00 0F 00 02 00 53 69 6D 31 00", /* into the base */
        "15 00 31 01 10 00 00 00 07 00 00 00 00 00 05 00 53 69 6D 31 00",
        "15 00 31 01 16 00 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00", /* base beyond the end */
        "15 00 31 01 05 00 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00", /* base in the header */
        "15 00 31 01 FF FF 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00",
        "04 00 31 01", /* no base size */
        "05 00 31 01 10",
        "14 00 31 01 10 00 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00", /* size too small */
        "16 00 31 01 10 00 00 00 07 00 00 00 10 00 05 00 53 69 6D 31 00", /* size too large */
    };
    for (size_t i = 0; i < sizeof broken / sizeof *broken; i++) {
        union dtc_message m;
        ck_assert_msg(decode_hex(VLS, broken[i], &m) == -1, "%s", broken[i]);
    }
}
END_TEST

START_TEST(strings_without_a_null_byte_or_of_length_zero_are_read)
{
    union dtc_message m;
    ck_assert_int_eq(
        decode_hex(VLS, "14 00 31 01 10 00 00 00 07 00 00 00 10 00 04 00 53 69 6D 31", &m), 305);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "Sim1");
    ck_assert_int_eq(
        decode_hex(VLS, "14 00 31 01 10 00 00 00 07 00 00 00 99 99 00 00 53 69 6D 31", &m), 305);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "");
}
END_TEST

START_TEST(a_size_that_is_not_the_frames_is_refused)
{
    for (int encoding = DTC_BINARY_ENCODING; encoding <= VLS; encoding++) {
        union dtc_message m;
        ck_assert_int_eq(
            decode_hex(encoding, "11 00 03 00 00 00 00 00 00 00 00 00 00 00 00 00", &m), -1);
        ck_assert_int_eq(
            decode_hex(encoding, "0F 00 03 00 00 00 00 00 00 00 00 00 00 00 00 00", &m), -1);
        ck_assert_int_eq(decode_hex(encoding, "03 00 03", &m), -1);
        ck_assert_int_eq(decode_hex(encoding, "", &m), -1);
        ck_assert_int_eq(decode_hex(encoding, "04 00 03 00", &m), 3);
    }
}
END_TEST

START_TEST(padding_that_newer_peers_use_is_not_taken_for_a_field)
{
    union dtc_message m;
    char bytes[64] = {56, 0, 106};
    struct error error;
    memset(bytes + 52, 0x7F, 4); /* where FinalUpdateInBatch would stand */
    memset(&m, 0x55, sizeof m);
    ck_assert_int_eq(dtc_encoding_get(DTC_BINARY_ENCODING)->decode(bytes, 56, &m, &error), 106);
    ck_assert_uint_eq(m.market_depth_update_level.FinalUpdateInBatch, 0);
    ck_assert_uint_eq(m.market_depth_update_level.Level, 0);
}
END_TEST

START_TEST(encodings_are_found_by_name)
{
    static const char *const names[] = {"binary", "binary-vls", "json", "json-compact", "protobuf"};
    for (int i = 0; i < DTC_ENCODINGS; i++) {
        ck_assert_int_eq(dtc_encoding_find(names[i]), i);
        ck_assert_str_eq(dtc_encoding_get(i)->name, names[i]);
        ck_assert_int_eq(dtc_encoding_get(i)->is_text, i == 2 || i == 3);
    }
    ck_assert_int_eq(dtc_encoding_find("auto"), -1);
    ck_assert_int_eq(dtc_encoding_find(""), -1);
    ck_assert_ptr_null(dtc_encoding_get(-1));
    ck_assert_ptr_null(dtc_encoding_get(DTC_ENCODINGS));
}
END_TEST

static const struct {
    const char *hex;
    enum dtc_dialect dialect;
} firsts[] = {
    {"7B 22 54 79 70 65 22 3A 32", DTC_DIALECT_JSON},
    {"7B 0A 22 54", DTC_DIALECT_JSON},
    {"0D 0A 20 7B 22 54", DTC_DIALECT_JSON},
    {"00 7B 22 54", DTC_DIALECT_JSON},
    {"10 00 07 00 08 00 00 00 00 00", DTC_DIALECT_BINARY}, /* ENCODING_RESPONSE */
    {"10 00 06 00 08 00 00 00 00 00", DTC_DIALECT_BINARY}, /* ENCODING_REQUEST */
    {"0D 00 07 00 08 08 10 04 1A", DTC_DIALECT_PROTOBUF},
    {"00 01 02 00 08 00 00 00 01 00", DTC_DIALECT_BINARY}, /* LOGON_RESPONSE */
    {"F0 00 02 00 07 00 00 00 01 00", DTC_DIALECT_BINARY}, /* of an older server */
    {"20 01 02 00 09 00 00 00 01 00", DTC_DIALECT_BINARY}, /* of a newer one */
    {"4A 00 02 00 34 00 00 00 08 00", DTC_DIALECT_BINARY_VLS},
    {"7B 00 02 00 34 00 00 00 08 00", DTC_DIALECT_BINARY_VLS}, /* its size is a bracket */
    {"4A 00 02 00 30 00 00 00 08 00", DTC_DIALECT_BINARY_VLS}, /* older */
    {"5A 00 02 00 3C 00 00 00 08 00", DTC_DIALECT_BINARY_VLS}, /* newer */
    {"00 01 02 00 34 00 00 00 08 00", DTC_DIALECT_BINARY_VLS}, /* as long as the fixed one */
    {"20 00 02 00 08 08 10 01 1A 02", DTC_DIALECT_PROTOBUF},
    {"7B 00 02 00 08 08 10 01 1A 02", DTC_DIALECT_PROTOBUF},
    {"00 01 02 00 08 08 10 01 1A 02", DTC_DIALECT_PROTOBUF}, /* as long as the fixed one */
    {"1C 01 01 00 08 00 00 00 6A 6F", DTC_DIALECT_BINARY},   /* LOGON_REQUEST */
    {"40 00 01 00 38 00 00 00 08 00", DTC_DIALECT_BINARY_VLS},
    {"13 00 01 00 08 08 38 0A 5A 06", DTC_DIALECT_PROTOBUF},
    {"06 01 BC 02 53 65 72 76 65 72", DTC_DIALECT_BINARY}, /* USER_MESSAGE */
    {"14 00 BC 02 0C 00 0C 00 04 00", DTC_DIALECT_BINARY_VLS},
    {"0C 00 BC 02 0A 06 53 65 72 76", DTC_DIALECT_PROTOBUF},
    {"66 00 05 00 62 79 65 00 00 00", DTC_DIALECT_BINARY}, /* LOGOFF */
    {"10 00 05 00 0C 00 0C 00 04 00", DTC_DIALECT_BINARY_VLS},
    {"09 00 05 00 0A 03 62 79 65", DTC_DIALECT_PROTOBUF},
    {"10 00 03 00 00 00 00 00 00 00", DTC_DIALECT_BINARY}, /* HEARTBEAT */
    {"04 00 03 00", DTC_DIALECT_PROTOBUF},                 /* without fields */
    {"15 03 01 00 02 02 46", DTC_DIALECT_TLS},
    {"16 03 03 00 7A 02 00 00", DTC_DIALECT_TLS},
    {"48 54 54 50 2F 31 2E 31", DTC_DIALECT_HTTP},
    {"47 45 54 20 2F 20", DTC_DIALECT_HTTP},
    {"50 4F 53 54 20 2F", DTC_DIALECT_HTTP},
    {"50 52 49 20 2A 20 48 54 54 50", DTC_DIALECT_HTTP},
    {"53 53 48 2D 32 2E 30", DTC_DIALECT_UNKNOWN},
    {"00 00 00 00 00 00 00 00", DTC_DIALECT_UNKNOWN},
    {"20 20 20 20 20 20 20 20 20", DTC_DIALECT_UNKNOWN},
    {"03 00 02 00", DTC_DIALECT_UNKNOWN},
    {"10 00 04 00 08 00 00 00", DTC_DIALECT_UNKNOWN}, /* no such type */
    {"FF FE FD FC FB FA F9 F8", DTC_DIALECT_UNKNOWN},
};

START_TEST(what_a_peer_speaks_is_told_by_its_first_bytes_however_they_arrive)
{
    for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++) {
        char bytes[64];
        size_t length = from_hex(firsts[i].hex, bytes);
        ck_assert_int_eq(dtc_dialect_recognise(bytes, 0), DTC_DIALECT_UNTOLD);
        for (size_t known = 1; known <= length; known++) {
            enum dtc_dialect told = dtc_dialect_recognise(bytes, known);
            ck_assert_msg(told == firsts[i].dialect ||
                              (told == DTC_DIALECT_UNTOLD && known < 8 && known < length),
                          "%s: %d by %zu bytes", firsts[i].hex, told, known);
        }
    }
}
END_TEST

START_TEST(a_dialect_leads_to_its_encoding)
{
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_JSON), DTC_JSON_ENCODING);
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_BINARY), DTC_BINARY_ENCODING);
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_BINARY_VLS), VLS);
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_PROTOBUF), DTC_PROTOCOL_BUFFERS);
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_TLS), -1);
    ck_assert_int_eq(dtc_dialect_encoding(DTC_DIALECT_UNTOLD), -1);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc bytes");
    TCase *c = tcase_create("by hand");
    tcase_add_test(c, fixed_binary_is_byte_for_byte_as_in_the_protocol);
    tcase_add_test(c, variable_length_strings_stand_behind_the_base);
    tcase_add_test(c, json_is_letter_for_letter_as_in_the_protocol);
    tcase_add_test(c, compact_json_lists_what_comes_often);
    tcase_add_test(c, the_compact_form_is_used_for_the_messages_that_the_protocol_lists);
    tcase_add_test(c, protocol_buffers_are_byte_for_byte_as_proto3_says);
    suite_add_tcase(s, c);
    c = tcase_create("protocol buffers");
    tcase_add_test(c, what_is_absent_in_protocol_buffers_is_zero);
    tcase_add_test(c, fields_that_are_not_known_are_skipped_in_protocol_buffers);
    tcase_add_test(c, of_a_field_that_comes_twice_the_last_counts);
    tcase_add_test(c, narrow_fields_are_clamped_in_protocol_buffers);
    tcase_add_test(c, broken_protocol_buffers_are_refused);
    suite_add_tcase(s, c);
    c = tcase_create("text and sizes");
    tcase_add_test(c, long_text_is_cut_at_a_whole_character);
    tcase_add_test(c, text_that_is_not_utf8_is_repaired_where_it_must_be);
    tcase_add_test(c, text_that_fills_its_field_is_sent_whole);
    tcase_add_test(c, pairs_that_point_outside_of_the_strings_are_refused);
    tcase_add_test(c, strings_without_a_null_byte_or_of_length_zero_are_read);
    tcase_add_test(c, a_size_that_is_not_the_frames_is_refused);
    tcase_add_test(c, padding_that_newer_peers_use_is_not_taken_for_a_field);
    suite_add_tcase(s, c);
    c = tcase_create("names and dialects");
    tcase_add_test(c, encodings_are_found_by_name);
    tcase_add_test(c, what_a_peer_speaks_is_told_by_its_first_bytes_however_they_arrive);
    tcase_add_test(c, a_dialect_leads_to_its_encoding);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
