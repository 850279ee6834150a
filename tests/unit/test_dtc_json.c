#include "dtc/json.h"

#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static int decode(const char *text, union dtc_message *m)
{
    struct error error = {0};
    int type = dtc_json_decode(text, strlen(text), m, &error);
    ck_assert_msg(type >= 0, "%s: %s", text, error.text);
    return type;
}

static void assert_refused(const char *text, size_t length)
{
    union dtc_message m;
    struct error error = {0};
    ck_assert_msg(dtc_json_decode(text, length, &m, &error) == -1, "%.*s", (int)length, text);
    ck_assert_int_eq(error.code, ERROR_PROTOCOL);
    ck_assert_str_ne(error.text, "");
}

/* Line `number` of samples.jsonl, counted from 1. */
static int sample(int number, union dtc_message *m)
{
    char *text = test_file_read(TEST_DATA "/samples.jsonl"), *line = text;
    for (int i = 1; i < number; i++)
        line = strchr(line, '\n') + 1;
    *strchr(line, '\n') = '\0';
    int type = decode(line, m);
    free(text);
    return type;
}

START_TEST(sampled_accounts_are_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(1, &m), DTC_TRADE_ACCOUNT_RESPONSE);
    ck_assert_int_eq(m.trade_account_response.TotalNumberMessages, 2);
    ck_assert_int_eq(m.trade_account_response.MessageNumber, 1);
    ck_assert_str_eq(m.trade_account_response.TradeAccount, "120005");
    ck_assert_int_eq(m.trade_account_response.RequestID, 100);
    ck_assert_int_eq(sample(2, &m), DTC_TRADE_ACCOUNT_RESPONSE);
    ck_assert_int_eq(m.trade_account_response.MessageNumber, 2);
    ck_assert_str_eq(m.trade_account_response.TradeAccount, "Sim1");
}
END_TEST

START_TEST(sampled_positions_are_read)
{
    union dtc_message m;
    for (int i = 3; i <= 4; i++) {
        ck_assert_int_eq(sample(i, &m), DTC_POSITION_UPDATE);
        ck_assert_int_eq(m.position_update.RequestID, 102);
        ck_assert_int_eq(m.position_update.TotalNumberMessages, 5);
        ck_assert_int_eq(m.position_update.MessageNumber, i - 2);
        ck_assert_str_eq(m.position_update.Symbol, "F.US.MESM25");
        ck_assert_double_eq(m.position_update.Quantity, i - 3);
        ck_assert_double_eq(m.position_update.AveragePrice, 5996.5);
        ck_assert_str_eq(m.position_update.TradeAccount, "Sim1");
        ck_assert_int_eq(m.position_update.NoPositions, 0);
        ck_assert_uint_eq(m.position_update.EntryDateTime, 0);
    }
}
END_TEST

START_TEST(a_sampled_reject_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(5, &m), DTC_HISTORICAL_ORDER_FILLS_REJECT);
    ck_assert_int_eq(m.historical_order_fills_reject.RequestID, 4);
    ck_assert_str_eq(m.historical_order_fills_reject.RejectText, "TradeAccount is not set");
}
END_TEST

START_TEST(a_sampled_balance_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(6, &m), DTC_ACCOUNT_BALANCE_UPDATE);
    ck_assert_int_eq(m.account_balance_update.RequestID, 104);
    ck_assert_str_eq(m.account_balance_update.TradeAccount, "120005");
    ck_assert_double_eq(m.account_balance_update.CashBalance, 21.66);
    ck_assert_double_eq(m.account_balance_update.BalanceAvailableForNewPositions, 21.66);
    ck_assert_double_eq(m.account_balance_update.SecuritiesValue, 21.66);
    ck_assert_int_eq(m.account_balance_update.TradingIsDisabled, 0);
}
END_TEST

START_TEST(a_sampled_exchange_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(7, &m), DTC_EXCHANGE_LIST_RESPONSE);
    ck_assert_int_eq(m.exchange_list_response.RequestID, 101);
    ck_assert_str_eq(m.exchange_list_response.Exchange, "BMDX");
    ck_assert_str_eq(m.exchange_list_response.Description, "");
    ck_assert_int_eq(m.exchange_list_response.IsFinalMessage, 0);
}
END_TEST

START_TEST(a_sampled_security_definition_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(8, &m), DTC_SECURITY_DEFINITION_RESPONSE);
    const struct dtc_security_definition_response *d = &m.security_definition_response;
    ck_assert_int_eq(d->RequestID, 1);
    ck_assert_str_eq(d->Symbol, "ESM20_FUT_CME");
    ck_assert_int_eq(d->SecurityType, DTC_SECURITY_TYPE_FUTURES);
    ck_assert_str_eq(d->Description, "E-MINI S&P 500 FUTURES ES Jun 2020");
    ck_assert_float_eq(d->MinPriceIncrement, 0.25F);
    ck_assert_int_eq(d->PriceDisplayFormat, 2);
    ck_assert_float_eq(d->CurrencyValuePerIncrement, 12.5F);
    ck_assert_int_eq(d->IsFinalMessage, 1);
    ck_assert_str_eq(d->UnderlyingSymbol, "ES");
    ck_assert_float_eq(d->DisplayPriceMultiplier, 0.01F);
    ck_assert_str_eq(d->ExchangeSymbol, "ESM20");
    ck_assert_str_eq(d->Currency, "USD");
    ck_assert_uint_eq(d->OpenInterest, 3332460);
    ck_assert_uint_eq(d->SecurityExpirationDate, 1592524800);
    ck_assert_float_eq(d->FloatToIntPriceMultiplier, 1); /* absent: its default */
    ck_assert_int_eq(d->HasMarketDepthData, 1);
}
END_TEST

START_TEST(a_sampled_snapshot_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(9, &m), DTC_MARKET_DATA_SNAPSHOT);
    const struct dtc_market_data_snapshot *s = &m.market_data_snapshot;
    ck_assert_uint_eq(s->SymbolID, 2114831995);
    ck_assert_double_eq(s->SessionSettlementPrice, 282950);
    ck_assert_double_eq(s->SessionOpenPrice, 277700);
    ck_assert_double_eq(s->SessionHighPrice, 283500);
    ck_assert_double_eq(s->SessionLowPrice, 275525);
    ck_assert_double_eq(s->SessionVolume, 0);
    ck_assert_uint_eq(s->SessionNumTrades, 4888086);
    ck_assert_uint_eq(s->OpenInterest, 3332460);
    ck_assert_double_eq(s->BidPrice, 282800);
    ck_assert_double_eq(s->AskPrice, 282825);
    ck_assert_double_eq(s->AskQuantity, 1);
    ck_assert_double_eq(s->BidQuantity, 1);
    ck_assert_double_eq(s->LastTradePrice, 282800);
    ck_assert_double_eq(s->LastTradeVolume, 1);
    ck_assert_double_eq(s->LastTradeDateTime, 1587761999.001);
    ck_assert_double_eq(s->BidAskDateTime, 1587762000.001);
    ck_assert_uint_eq(s->SessionSettlementDateTime, 0);
}
END_TEST

START_TEST(sampled_trades_are_the_same_by_name_and_compact)
{
    for (int i = 10; i <= 11; i++) {
        union dtc_message m;
        ck_assert_int_eq(sample(i, &m), DTC_MARKET_DATA_UPDATE_TRADE);
        ck_assert_uint_eq(m.market_data_update_trade.SymbolID, 1);
        ck_assert_uint_eq(m.market_data_update_trade.AtBidOrAsk, DTC_AT_ASK);
        ck_assert_double_eq(m.market_data_update_trade.Price, 5050.25);
        ck_assert_double_eq(m.market_data_update_trade.Volume, 3);
        ck_assert_double_eq(m.market_data_update_trade.DateTime, 1731500000.123);
    }
}
END_TEST

START_TEST(a_sampled_compact_heartbeat_is_read)
{
    union dtc_message m;
    ck_assert_int_eq(sample(12, &m), DTC_HEARTBEAT);
    ck_assert_uint_eq(m.heartbeat.NumDroppedMessages, 0);
    ck_assert_int_eq(m.heartbeat.CurrentDateTime, 1762600000);
}
END_TEST

/* A value that its field can hold, different for each field; times are plausible ones. */
static void field_fill(union dtc_message *m, const struct dtc_field *field, size_t i)
{
    char *place = (char *)m + field->offset;
    double n = (double)(i + 1);
    switch (field->kind) {
    case DTC_TEXT:
        snprintf(place, field->size, "%zu\"\\\n\x7F\xC3\xA9", i % 10);
        break;
    case DTC_I64:
        memcpy(place, &(int64_t){INT64_MIN + (int64_t)i}, sizeof(int64_t));
        break;
    case DTC_U64:
        memcpy(place, &(uint64_t){(UINT64_C(1) << 62) + i}, sizeof(uint64_t));
        break;
    case DTC_F32:
        dtc_field_set(m, field, 0.1 * n);
        break;
    case DTC_F64:
        dtc_field_set(m, field, -1e-7 / 3 * n);
        break;
    case DTC_TIME_F:
        dtc_field_set(m, field, 1731500000.123 + n);
        break;
    case DTC_TIME_MS:
        dtc_field_set(m, field, 1731500000123 + n);
        break;
    case DTC_TIME_US:
        dtc_field_set(m, field, 1731500000123456 + n);
        break;
    case DTC_TIME_S:
    case DTC_TIME_S4:
        dtc_field_set(m, field, 1731500000 + n);
        break;
    default:
        dtc_field_set(m, field, field->kind == DTC_I8 || field->kind == DTC_I32 ? -1 - n : 1 + n);
    }
}

START_TEST(every_message_comes_back_as_it_was_sent)
{
    const struct dtc_schema *schema;
    for (size_t k = 0; (schema = dtc_schema_at(k)) != NULL; k++) {
        union dtc_message sent, received;
        char text[8192];
        memset(&sent, 0, sizeof sent);
        memset(&received, 0, sizeof received);
        dtc_message_init(&sent, schema->type);
        for (size_t i = 0; i < schema->field_count; i++)
            if (!schema->fields[i].alias)
                field_fill(&sent, &schema->fields[i], i);
        size_t length = dtc_json_encode(&sent, text, sizeof text);
        ck_assert_uint_eq(length, strlen(text) + 1);
        ck_assert_int_eq(decode(text, &received), schema->type);
        ck_assert_msg(memcmp(&sent, &received, sizeof sent) == 0, "%s", text);
    }
}
END_TEST

START_TEST(every_message_of_defaults_comes_back_as_it_was_sent)
{
    const struct dtc_schema *schema;
    for (size_t k = 0; (schema = dtc_schema_at(k)) != NULL; k++) {
        union dtc_message sent, received;
        char text[8192];
        memset(&sent, 0, sizeof sent);
        memset(&received, 0, sizeof received);
        dtc_message_init(&sent, schema->type);
        ck_assert_uint_gt(dtc_json_encode(&sent, text, sizeof text), 0);
        ck_assert_int_eq(decode(text, &received), schema->type);
        ck_assert_msg(memcmp(&sent, &received, sizeof sent) == 0, "%s", text);
    }
}
END_TEST

static void assert_encoded(const union dtc_message *m, const char *expected)
{
    char text[8192];
    ck_assert_uint_eq(dtc_json_encode(m, text, sizeof text), strlen(expected) + 1);
    ck_assert_str_eq(text, expected);
}

START_TEST(what_is_sent_is_short_and_begins_with_the_type)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGON_REQUEST);
    m.logon_request.HeartbeatIntervalInSeconds = 10;
    dtc_text_set(m.logon_request.ClientName, sizeof m.logon_request.ClientName, "sortie");
    assert_encoded(&m, "{\"Type\":1,\"ProtocolVersion\":8,\"HeartbeatIntervalInSeconds\":10,"
                       "\"ClientName\":\"sortie\"}");
    dtc_message_init(&m, DTC_MARKET_DATA_REQUEST);
    assert_encoded(&m, "{\"Type\":101,\"RequestAction\":1,\"SymbolID\":0}");
    dtc_message_init(&m, DTC_TRADE_ACCOUNTS_REQUEST);
    assert_encoded(&m, "{\"Type\":400,\"RequestID\":0}");
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK);
    m.market_data_update_bid_ask.BidPrice = 0; /* a price of 0 is not "unset" */
    assert_encoded(&m, "{\"Type\":108,\"SymbolID\":0,\"BidPrice\":0}");
}
END_TEST

START_TEST(numbers_are_sent_with_the_fewest_digits)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK);
    m.market_data_update_bid_ask.BidPrice = 0.1;
    m.market_data_update_bid_ask.BidQuantity = 0.01F;
    m.market_data_update_bid_ask.AskPrice = 5050.25;
    assert_encoded(&m, "{\"Type\":108,\"SymbolID\":0,\"BidPrice\":0.1,\"BidQuantity\":0.01,"
                       "\"AskPrice\":5050.25}");
    m.market_data_update_bid_ask.BidPrice = 0.1 + 0.2;
    m.market_data_update_bid_ask.BidQuantity = 0;
    m.market_data_update_bid_ask.AskPrice = NAN;
    assert_encoded(&m, "{\"Type\":108,\"SymbolID\":0,\"BidPrice\":0.30000000000000004}");
}
END_TEST

/* The value of `text` is printed as exactly that. */
static void assert_digits(const char *text)
{
    union dtc_message m;
    char expected[128];
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_TRADE);
    m.market_data_update_trade.Price = strtod(text, NULL);
    snprintf(expected, sizeof expected, "{\"Type\":107,\"SymbolID\":0,\"Price\":%s}", text);
    assert_encoded(&m, expected);
}

START_TEST(numbers_read_back_as_the_same)
{
    static const char *const texts[] = {
        "1",
        "-1",
        "10",
        "0.5",
        "-0.25",
        "100.01",
        "0.000000001",
        "9007199254740991",
        "1731500000.123456",
        "9.999999999",
        "123456.789",
        "1e-10",
        "2e-308",
        "0.1",
        "-37.63",
        "4503599627370495.5",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_digits(texts[i]);
    uint64_t random = 1;
    for (int i = 0; i < 100000; i++) { /* any bits at all */
        union dtc_message m, back;
        char text[512];
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_TRADE);
        memcpy(&m.market_data_update_trade.Price, &random, sizeof random);
        m.market_data_update_trade.Volume = (double)(random >> 40) / 128;
        size_t length = dtc_json_encode(&m, text, sizeof text);
        struct error error;
        if (dtc_json_decode(text, length - 1, &back, &error) != 107)
            ck_abort_msg("%s", text);
        bool is_finite = isfinite(m.market_data_update_trade.Price);
        if ((is_finite &&
             back.market_data_update_trade.Price != m.market_data_update_trade.Price) ||
            back.market_data_update_trade.Volume != m.market_data_update_trade.Volume)
            ck_abort_msg("%s", text);
    }
}
END_TEST

START_TEST(text_that_fills_its_field_or_is_not_utf8_is_still_valid_json)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGOFF);
    memset(m.logoff.Reason, 'x', sizeof m.logoff.Reason);
    char expected[128] = "{\"Type\":5,\"Reason\":\"";
    memset(expected + strlen(expected), 'x', sizeof m.logoff.Reason);
    strcat(expected, "\"}");
    assert_encoded(&m, expected);
    dtc_message_init(&m, DTC_LOGOFF);
    memcpy(m.logoff.Reason, "a\xFF\"\x1B", 4);
    assert_encoded(&m, "{\"Type\":5,\"Reason\":\"a?\\\"\\u001B\"}");
}
END_TEST

START_TEST(a_target_that_is_too_small_is_not_written_past)
{
    union dtc_message m;
    char text[64], whole[64];
    dtc_message_init(&m, DTC_LOGOFF);
    dtc_text_set(m.logoff.Reason, sizeof m.logoff.Reason, "bye");
    m.logoff.DoNotReconnect = 1;
    size_t length = dtc_json_encode(&m, whole, sizeof whole);
    ck_assert_str_eq(whole, "{\"Type\":5,\"Reason\":\"bye\",\"DoNotReconnect\":1}");
    for (size_t size = 0; size <= length; size++) {
        memset(text, 0x5A, sizeof text);
        ck_assert_uint_eq(dtc_json_encode(&m, text, size), size < length ? 0 : length);
        for (size_t i = size; i < sizeof text; i++)
            ck_assert_int_eq(text[i], 0x5A);
    }
    m.header.Type = 4;
    ck_assert_uint_eq(dtc_json_encode(&m, text, sizeof text), 0);
}
END_TEST

START_TEST(numbers_may_come_as_text_bool_or_double_and_are_clamped)
{
    static const struct {
        const char *json;
        int32_t number;
        int flag;
    } rows[] = {
        {"{\"Type\":2,\"Result\":\"3\",\"TradingIsSupported\":\"1\"}", 3, 1},
        {"{\"Type\":2,\"Result\":3.0,\"TradingIsSupported\":true}", 3, 1},
        {"{\"Type\":2,\"Result\":3000000000,\"TradingIsSupported\":256}", INT32_MAX, 255},
        {"{\"Type\":2,\"Result\":-1e300,\"TradingIsSupported\":-1}", INT32_MIN, 0},
        {"{\"Type\":2,\"Result\":99999999999999999999999,\"TradingIsSupported\":1}", INT32_MAX, 1},
        {"{\"Type\":2,\"Result\":\"99999999999\",\"TradingIsSupported\":false}", INT32_MAX, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union dtc_message m;
        ck_assert_int_eq(decode(rows[i].json, &m), DTC_LOGON_RESPONSE);
        ck_assert_int_eq(m.logon_response.Result, rows[i].number);
        ck_assert_int_eq(m.logon_response.TradingIsSupported, rows[i].flag);
    }
}
END_TEST

START_TEST(values_of_a_wrong_type_count_as_absent)
{
    static const char *const values[] = {"null", "[]",      "{}",      "\"\"",    "\"one\"",
                                         "[1]",  "\"nan\"", "\"1 2\"", "\"[1]\"", "\"0x10\""};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++) {
        union dtc_message m;
        char json[128];
        snprintf(json, sizeof json, "{\"Type\":107,\"Price\":%s,\"SymbolID\":7}", values[i]);
        ck_assert_int_eq(decode(json, &m), DTC_MARKET_DATA_UPDATE_TRADE);
        ck_assert_double_eq(m.market_data_update_trade.Price, 0);
        ck_assert_uint_eq(m.market_data_update_trade.SymbolID, 7);
    }
    union dtc_message m;
    ck_assert_int_eq(decode("{\"Type\":305,\"TradeAccount\":[\"x\"]}", &m), 305);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "");
    ck_assert_int_eq(decode("{\"Type\":305,\"TradeAccount\":120005}", &m), 305);
    ck_assert_str_eq(m.current_positions_request.TradeAccount, "120005");
}
END_TEST

START_TEST(integers_of_64_bits_are_exact)
{
    union dtc_message m;
    decode("{\"Type\":507,\"SecurityIdentifier\":-9223372036854775807}", &m);
    ck_assert_int_eq(m.security_definition_response.SecurityIdentifier, INT64_MIN + 1);
    decode("{\"Type\":600,\"TransactionIdentifier\":9007199254740993}", &m);
    ck_assert_uint_eq(m.account_balance_update.TransactionIdentifier, 9007199254740993);
    decode("{\"Type\":600,\"TransactionIdentifier\":-1}", &m);
    ck_assert_uint_eq(m.account_balance_update.TransactionIdentifier, 0);
    decode("{\"Type\":600,\"TransactionIdentifier\":36893488147419103232}", &m); /* 2^65 */
    ck_assert_uint_eq(m.account_balance_update.TransactionIdentifier, UINT64_MAX - 2047);
}
END_TEST

START_TEST(unknown_fields_and_the_order_of_fields_do_not_matter)
{
    union dtc_message m;
    decode("{\"Price\":1.5,\"Future\":{\"deep\":[1,2]},\"SymbolID\":3,\"Type\":107}", &m);
    ck_assert_double_eq(m.market_data_update_trade.Price, 1.5);
    ck_assert_uint_eq(m.market_data_update_trade.SymbolID, 3);
}
END_TEST

START_TEST(a_type_that_is_not_in_the_list_is_zero)
{
    union dtc_message m;
    ck_assert_int_eq(decode("{\"Type\":9999}", &m), 0);
    ck_assert_int_eq(decode("{\"Type\":0}", &m), 0);
    ck_assert_int_eq(decode("{\"Type\":-3}", &m), 0);
    ck_assert_int_eq(decode("{\"Type\":65539}", &m), 0); /* 3 in 16 bits */
}
END_TEST

START_TEST(the_compact_form_is_taken_for_every_message)
{
    union dtc_message m;
    decode("{\"Type\":5,\"F\":[\"maintenance\",1]}", &m);
    ck_assert_str_eq(m.logoff.Reason, "maintenance");
    ck_assert_int_eq(m.logoff.DoNotReconnect, 1);
    decode("{\"Type\":803,\"F\":[7,1731500000000000,1,2,3,4,5,6,8,9,1,\"more\"]}", &m);
    const struct dtc_historical_price_data_record_response *r =
        &m.historical_price_data_record_response;
    ck_assert_int_eq(r->RequestID, 7);
    ck_assert_int_eq(r->StartDateTime, 1731500000000000);
    ck_assert_double_eq(r->OpenPrice, 1);
    ck_assert_double_eq(r->Volume, 5);
    ck_assert_uint_eq(r->NumTrades, 6);
    ck_assert_double_eq(r->BidVolume, 8);
    ck_assert_double_eq(r->AskVolume, 9);
    ck_assert_int_eq(r->IsFinalRecord, 1);
    decode("{\"Type\":108,\"F\":[4,null,2]}", &m);
    ck_assert_uint_eq(m.market_data_update_bid_ask.SymbolID, 4);
    ck_assert_double_eq(m.market_data_update_bid_ask.BidPrice, DBL_MAX);
    ck_assert_float_eq(m.market_data_update_bid_ask.BidQuantity, 2);
    ck_assert_double_eq(m.market_data_update_bid_ask.AskPrice, DBL_MAX);
}
END_TEST

START_TEST(a_union_is_known_by_both_names_and_its_own_wins)
{
    union dtc_message m;
    decode("{\"Type\":803,\"OpenInterest\":12}", &m);
    ck_assert_uint_eq(m.historical_price_data_record_response.NumTrades, 12);
    decode("{\"Type\":803,\"NumTrades\":34,\"OpenInterest\":12}", &m);
    ck_assert_uint_eq(m.historical_price_data_record_response.NumTrades, 34);
}
END_TEST

START_TEST(the_unit_of_a_time_is_told_by_its_magnitude)
{
    static const char *const same[] = {"1731500000.125", "1731500000125", "1731500000125000",
                                       "\"1731500000.125\"", "1.731500000125e12"};
    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        union dtc_message m;
        char json[128];
        snprintf(json, sizeof json, "{\"Type\":301,\"LastFillDateTime\":%s}", same[i]);
        decode(json, &m);
        ck_assert_int_eq(m.order_update.LastFillDateTime, 1731500000125);
        snprintf(json, sizeof json, "{\"Type\":301,\"LatestTransactionDateTime\":%s}", same[i]);
        decode(json, &m);
        ck_assert_double_eq(m.order_update.LatestTransactionDateTime, 1731500000.125);
        snprintf(json, sizeof json, "{\"Type\":304,\"DateTime\":%s}", same[i]);
        decode(json, &m);
        ck_assert_int_eq(m.historical_order_fill_response.DateTime, 1731500000);
        snprintf(json, sizeof json, "{\"Type\":306,\"EntryDateTime\":%s}", same[i]);
        decode(json, &m);
        ck_assert_uint_eq(m.position_update.EntryDateTime, 1731500000);
        snprintf(json, sizeof json, "{\"Type\":803,\"StartDateTime\":%s}", same[i]);
        decode(json, &m);
        ck_assert_int_eq(m.historical_price_data_record_response.StartDateTime, 1731500000125000);
    }
}
END_TEST

START_TEST(decimal_milliseconds_survive_being_a_double)
{
    for (int ms = 0; ms < 1000; ms++) {
        union dtc_message m;
        char json[128];
        snprintf(json, sizeof json, "{\"Type\":301,\"LastFillDateTime\":1731500000.%03d}", ms);
        decode(json, &m);
        ck_assert_int_eq(m.order_update.LastFillDateTime, 1731500000000 + ms);
        snprintf(json, sizeof json, "{\"Type\":301,\"LatestTransactionDateTime\":1731500000%03d}",
                 ms);
        decode(json, &m);
        ck_assert_int_eq(dtc_time_from_double(m.order_update.LatestTransactionDateTime),
                         1731500000000000 + ms * 1000);
    }
}
END_TEST

START_TEST(long_text_is_cut_at_a_whole_character)
{
    union dtc_message m;
    decode("{\"Type\":6,\"ProtocolType\":\"DTCX\"}", &m);
    ck_assert_str_eq(m.encoding_request.ProtocolType, "DTC");
    decode("{\"Type\":6,\"ProtocolType\":\"AB\xC3\xA9\"}", &m);
    ck_assert_str_eq(m.encoding_request.ProtocolType, "AB");
    decode("{\"Type\":5,\"Reason\":\"end\\u0000hidden\"}", &m);
    ck_assert_str_eq(m.logoff.Reason, "end");
}
END_TEST

START_TEST(text_that_is_not_utf8_does_not_lose_the_message)
{
    union dtc_message m;
    decode("{\"Type\":507,\"Symbol\":\"MESZ25\",\"Description\":\"Citro\xEBn\"}", &m);
    ck_assert_str_eq(m.security_definition_response.Symbol, "MESZ25");
    ck_assert_str_eq(m.security_definition_response.Description, "Citro?n");
}
END_TEST

START_TEST(a_number_that_no_double_holds_counts_as_absent)
{
    static const char *const numbers[] = {
        "1e999",
        "-1e999",
        "1E+999",
        "1.5e309",
        "0.00001e314",
        "123456789e301",
        "1e99999999999999999999",
        "2e308",
        "179769313486231570000e289",
    };
    static const struct {
        const char *text;
        double value;
    } small[] = {
        {"1e307", 1e307},
        {"0e999", 0},
        {"0.0000e999", 0},
        {"1e-999", 0},
        {"1234567e300", 1.234567e306},
    };
    union dtc_message m;
    char text[512], digits[400];
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        snprintf(text, sizeof text,
                 "{\"Type\":108,\"SymbolID\":7,\"Future\":[%s],\"BidPrice\":%s,\"AskPrice\":2.5}",
                 numbers[i], numbers[i]);
        ck_assert_int_eq(decode(text, &m), 108);
        ck_assert_uint_eq(m.market_data_update_bid_ask.SymbolID, 7);
        ck_assert_msg(m.market_data_update_bid_ask.BidPrice == DBL_MAX, "%s", text);
        ck_assert_double_eq(m.market_data_update_bid_ask.AskPrice, 2.5);
    }
    for (size_t i = 0; i < sizeof small / sizeof *small; i++) {
        snprintf(text, sizeof text, "{\"Type\":107,\"Price\":%s,\"Volume\":1e999}", small[i].text);
        ck_assert_int_eq(decode(text, &m), 107);
        ck_assert_double_eq(m.market_data_update_trade.Price, small[i].value);
    }
    memset(digits, '9', sizeof digits - 1);
    digits[sizeof digits - 1] = '\0';
    snprintf(text, sizeof text, "{\"Type\":107,\"SymbolID\":7,\"Price\":%s}", digits);
    ck_assert_int_eq(decode(text, &m), 107);
    ck_assert_double_eq(m.market_data_update_trade.Price, 0);
    decode("{\"Type\":5,\"Reason\":\"\\\"1e999\",\"DoNotReconnect\":1e999,\"Reason2\":\"1e999\"}",
           &m);
    ck_assert_str_eq(m.logoff.Reason, "\"1e999");
    decode("{\"Type\":5,\"Reason\":\"Z\u00FCrich\",\"DoNotReconnect\":1e999}", &m);
    ck_assert_str_eq(m.logoff.Reason, "Z\u00FCrich");
    decode("{\"Type\":5,\"Reason\":\"Z\xFCrich\",\"DoNotReconnect\":1e999}", &m);
    ck_assert_str_eq(m.logoff.Reason, "Z?rich");
}
END_TEST

START_TEST(what_is_not_a_message_is_refused_with_a_sentence)
{
    static const char *const texts[] = {
        "",
        "   ",
        "{",
        "}",
        "[]",
        "[1,2]",
        "null",
        "3",
        "{}",
        "{\"Type\":\"3\"}",
        "{\"Type\":3.5}",
        "{\"Type\":null}",
        "{\"type\":3}",
        "{\"Type\":3} {\"Type\":3}",
        "{\"Type\":3,}",
        "{\"Type\":3,\"F\":[1,}",
        "{'Type':3}",
        "{\"Type\":107,\"Price\":NaN}",
        "{\"Type\":1e999}",
        "\x01\x02\x03",
        "{\"Type\":5,\"Reason\":\"a\nb\"}",
        "{\"Type\":5,\"Reason\":\"\\ud800\"}",
        "{\"Type\":5,\"\\u0000\":1}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        assert_refused(texts[i], strlen(texts[i]));
    assert_refused("{\"Type\":5,\"Reason\":\"a\0b\"}", 25);
    assert_refused("{\0\"Type\":5}", 11);
}
END_TEST

START_TEST(every_truncation_is_refused)
{
    const char *text =
        "{\"Type\":5,\"Reason\":\"\\u00e9\\n\",\"F\":[1.5e3,-2,true,null,{\"a\":[]}]}";
    union dtc_message m;
    for (size_t length = 0; length < strlen(text); length++)
        assert_refused(text, length);
    decode(text, &m);
}
END_TEST

START_TEST(deep_nesting_is_refused)
{
    enum { DEPTH = 500000 };
    char *text = malloc(DEPTH + 16);
    ck_assert_ptr_nonnull(text);
    int length = sprintf(text, "{\"Type\":3,\"F\":");
    memset(text + length, '[', DEPTH);
    assert_refused(text, (size_t)length + DEPTH);
    free(text);
}
END_TEST

START_TEST(a_refusal_quotes_the_server_without_control_characters)
{
    union dtc_message m;
    struct error error;
    const char *text = "{\x1B[31m\x07 not json";
    ck_assert_int_eq(dtc_json_decode(text, strlen(text), &m, &error), -1);
    ck_assert_ptr_nonnull(strstr(error.text, "not json"));
    for (const char *c = error.text; *c; c++)
        ck_assert_msg((unsigned char)*c >= ' ' && *c != 0x7F, "%s", error.text);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc json");
    TCase *c = tcase_create("samples of real servers");
    tcase_add_test(c, sampled_accounts_are_read);
    tcase_add_test(c, sampled_positions_are_read);
    tcase_add_test(c, a_sampled_reject_is_read);
    tcase_add_test(c, a_sampled_balance_is_read);
    tcase_add_test(c, a_sampled_exchange_is_read);
    tcase_add_test(c, a_sampled_security_definition_is_read);
    tcase_add_test(c, a_sampled_snapshot_is_read);
    tcase_add_test(c, sampled_trades_are_the_same_by_name_and_compact);
    tcase_add_test(c, a_sampled_compact_heartbeat_is_read);
    suite_add_tcase(s, c);
    c = tcase_create("encode");
    tcase_add_test(c, every_message_comes_back_as_it_was_sent);
    tcase_add_test(c, every_message_of_defaults_comes_back_as_it_was_sent);
    tcase_add_test(c, what_is_sent_is_short_and_begins_with_the_type);
    tcase_add_test(c, numbers_are_sent_with_the_fewest_digits);
    tcase_add_test(c, numbers_read_back_as_the_same);
    tcase_add_test(c, text_that_fills_its_field_or_is_not_utf8_is_still_valid_json);
    tcase_add_test(c, a_target_that_is_too_small_is_not_written_past);
    suite_add_tcase(s, c);
    c = tcase_create("decode");
    tcase_add_test(c, numbers_may_come_as_text_bool_or_double_and_are_clamped);
    tcase_add_test(c, values_of_a_wrong_type_count_as_absent);
    tcase_add_test(c, integers_of_64_bits_are_exact);
    tcase_add_test(c, unknown_fields_and_the_order_of_fields_do_not_matter);
    tcase_add_test(c, a_type_that_is_not_in_the_list_is_zero);
    tcase_add_test(c, the_compact_form_is_taken_for_every_message);
    tcase_add_test(c, a_union_is_known_by_both_names_and_its_own_wins);
    tcase_add_test(c, the_unit_of_a_time_is_told_by_its_magnitude);
    tcase_add_test(c, decimal_milliseconds_survive_being_a_double);
    tcase_add_test(c, long_text_is_cut_at_a_whole_character);
    tcase_add_test(c, text_that_is_not_utf8_does_not_lose_the_message);
    tcase_add_test(c, a_number_that_no_double_holds_counts_as_absent);
    tcase_add_test(c, what_is_not_a_message_is_refused_with_a_sentence);
    tcase_add_test(c, every_truncation_is_refused);
    tcase_add_test(c, deep_nesting_is_refused);
    tcase_add_test(c, a_refusal_quotes_the_server_without_control_characters);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
