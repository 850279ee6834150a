/* Conversations with the real sortie-sim, a process of its own. */
#include "integration/test_sim_process.h"

#define MES "MESZ26_FUT_CME"
#define MNQ "MNQZ26_FUT_CME"

static void send_market_order(struct client *c, const char *symbol, const char *id, int side,
                              int quantity)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"Type\":208,\"Symbol\":\"%s\",\"TradeAccount\":\"120005\",\"ClientOrderID\":\"%s\","
             "\"OrderType\":1,\"BuySell\":%d,\"Quantity\":%d,\"TimeInForce\":1}",
             symbol, id, side, quantity);
    client_send(c, text);
}

/* The next ORDER_UPDATE, which must be of that order and reason. */
static json_t *expect_order(struct client *c, const char *client_id, int reason)
{
    json_t *m = client_expect(c, 301);
    ck_assert_str_eq(get_text(m, "ClientOrderID"), client_id);
    ck_assert_int_eq(get_int(m, "OrderUpdateReason"), reason);
    return m;
}

START_TEST(an_encoding_request_in_binary_is_answered_in_binary_with_json)
{
    static const unsigned char request[] = "\x10\0\x06\0\x08\0\0\0\x02\0\0\0DTC";
    static const unsigned char answer[] = "\x10\0\x07\0\x08\0\0\0\x02\0\0\0DTC";
    struct server s;
    struct client c;
    client_open(&c, start_quiet(&s), NULL);
    client_write(&c, request, 7); /* in two pieces */
    client_write(&c, request + 7, sizeof request - 7);
    while (c.length < sizeof answer)
        ck_assert(client_fill(&c, clock_monotonic_us() + CLIENT_PATIENCE));
    ck_assert_mem_eq(c.data, answer, sizeof answer);
    c.taken = sizeof answer;
    client_log_on(&c);
    client_close(&c);
    stop(&s);
}
END_TEST

START_TEST(the_logon_tells_what_the_server_can_do)
{
    struct server s;
    struct client c;
    client_open(&c, start_quiet(&s), NULL);
    client_send(&c, "{\"Type\":1,\"ProtocolVersion\":8,\"HeartbeatIntervalInSeconds\":5}");
    json_t *m = client_expect(&c, 2);
    ck_assert_int_eq(get_int(m, "Result"), 1);
    ck_assert_int_eq(get_int(m, "ProtocolVersion"), 8);
    ck_assert_str_eq(get_text(m, "ServerName"), "sortie-sim");
    ck_assert_int_eq(get_int(m, "TradingIsSupported"), 1);
    ck_assert_int_eq(get_int(m, "OCOOrdersSupported"), 1);
    ck_assert_int_eq(get_int(m, "BracketOrdersSupported"), 1);
    ck_assert_int_eq(get_int(m, "SecurityDefinitionsSupported"), 1);
    ck_assert_int_eq(get_int(m, "HistoricalPriceDataSupported"), 1);
    json_decref(m);
    client_close(&c);
    stop(&s);
}
END_TEST

/* Each request, the type of its answers, and what the last of them must say. */
static const struct {
    const char *request;
    int type, messages;
    const char *field;
    double number;
} answers[] = {
    {"{\"Type\":400,\"RequestID\":9}", 401, 2, "TotalNumberMessages", 2},
    {"{\"Type\":300,\"RequestID\":9}", 301, 1, "NoOrders", 1},
    {"{\"Type\":305,\"RequestID\":9}", 306, 1, "NoPositions", 1},
    {"{\"Type\":303,\"RequestID\":9,\"TradeAccount\":\"Sim1\"}", 304, 1, "NoOrderFills", 1},
    {"{\"Type\":303,\"RequestID\":9}", 308, 1, NULL, 0},
    {"{\"Type\":601,\"RequestID\":9}", 600, 2, "CashBalance", 25000},
    {"{\"Type\":601,\"RequestID\":9,\"TradeAccount\":\"Sim1\"}", 600, 1, "CashBalance", 10000},
    {"{\"Type\":601,\"RequestID\":9,\"TradeAccount\":\"x\"}", 600, 1, "NoAccountBalances", 1},
    {"{\"Type\":506,\"RequestID\":9,\"Symbol\":\"" MES "\"}", 507, 1, "CurrencyValuePerIncrement",
     1.25},
    {"{\"Type\":506,\"RequestID\":9,\"Symbol\":\"" MNQ "\"}", 507, 1, "MinPriceIncrement", 0.25},
    {"{\"Type\":506,\"RequestID\":9,\"Symbol\":\"ESM20_FUT_CME\"}", 507, 1, "MinPriceIncrement", 0},
    {"{\"Type\":800,\"RequestID\":9,\"Symbol\":\"ESM20_FUT_CME\"}", 802, 1, "RejectReasonCode", 2},
};

START_TEST(each_request_has_its_answer)
{
    struct server s;
    struct client c;
    client_open(&c, start_quiet(&s), NULL);
    client_log_on(&c);
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        client_send(&c, answers[i].request);
        json_t *m = NULL;
        for (int n = 1; n <= answers[i].messages; n++) {
            json_decref(m);
            m = client_next(&c);
            ck_assert_int_eq(get_int(m, "Type"), answers[i].type);
            ck_assert_int_eq(get_int(m, "RequestID"), 9);
            if (answers[i].messages > 1)
                ck_assert_int_eq(get_int(m, "MessageNumber"), n);
        }
        if (answers[i].field)
            ck_assert_double_eq(get_number(m, answers[i].field), answers[i].number);
        json_decref(m);
    }
    client_send(&c, "{\"Type\":9999}"); /* nothing else came in between: a heartbeat is next */
    json_t *m = client_next(&c);
    ck_assert_int_eq(get_int(m, "Type"), 3);
    json_decref(m);
    client_close(&c);
    stop(&s);
}
END_TEST

START_TEST(a_subscription_brings_a_snapshot_and_then_the_stream)
{
    struct server s;
    struct client c;
    client_open(
        &c,
        start_with(&s, (const char *const[]){"--port", "0", "--speed", "500", "--no-bot", NULL}),
        NULL);
    client_log_on(&c);
    client_send(&c, "{\"Type\":101,\"RequestAction\":1,\"SymbolID\":5,\"Symbol\":\"NOTHING\"}");
    json_t *m = client_expect(&c, 103);
    ck_assert_int_eq(get_int(m, "SymbolID"), 5);
    json_decref(m);

    client_send(&c, "{\"Type\":101,\"RequestAction\":1,\"SymbolID\":7,\"Symbol\":\"" MNQ "\"}");
    m = client_next(&c);
    ck_assert_int_eq(get_int(m, "Type"), 104);
    ck_assert_int_eq(get_int(m, "SymbolID"), 7);
    ck_assert_double_eq_tol(get_number(m, "BidPrice"), 2100000, 70000); /* prices are × 100 */
    ck_assert_double_eq(get_number(m, "AskPrice") - get_number(m, "BidPrice"), 25);
    json_decref(m);
    static const int types[] = {107, 108, 113, 114, 115};
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        m = client_expect(&c, types[i]);
        ck_assert_int_eq(get_int(m, "SymbolID"), 7);
        json_decref(m);
    }

    client_send(&c, "{\"Type\":101,\"RequestAction\":2,\"SymbolID\":7}");
    client_send(&c, "{\"Type\":9999}");
    json_decref(client_expect(&c, 3));
    client_send(&c, "{\"Type\":101,\"RequestAction\":3,\"SymbolID\":7,\"Symbol\":\"" MES "\"}");
    m = client_next(&c); /* nothing of the old stream before it */
    ck_assert_int_eq(get_int(m, "Type"), 104);
    ck_assert_double_eq_tol(get_number(m, "BidPrice"), 5050, 160);
    json_decref(m);
    client_close(&c);
    stop(&s);
}
END_TEST

START_TEST(an_order_is_told_to_all_clients_and_is_in_the_history)
{
    struct server s;
    struct client a, b;
    char execution[2][64];
    int port = start_quiet(&s);
    client_open(&a, port, NULL);
    client_open(&b, port, NULL);
    client_log_on(&a);
    client_log_on(&b);
    send_market_order(&a, MNQ, "mine", 1, 2);
    double price = 0;
    for (int i = 0; i < 2; i++) {
        struct client *c = i ? &b : &a;
        json_decref(expect_order(c, "mine", 2));
        json_t *m = expect_order(c, "mine", 4);
        ck_assert_int_eq(get_int(m, "OrderStatus"), 7);
        ck_assert_double_eq(get_number(m, "FilledQuantity"), 2);
        ck_assert_double_eq(get_number(m, "LastFillQuantity"), 2);
        price = get_number(m, "LastFillPrice");
        ck_assert_double_eq_tol(price, 2100000, 70000);
        snprintf(execution[i], sizeof execution[i], "%s", get_text(m, "LastFillExecutionID"));
        json_decref(m);
        m = client_next(c);
        ck_assert_int_eq(get_int(m, "Type"), 306);
        ck_assert_int_eq(get_int(m, "Unsolicited"), 1);
        ck_assert_double_eq(get_number(m, "Quantity"), 2);
        ck_assert_double_eq(get_number(m, "AveragePrice"), price);
        ck_assert_double_eq(get_number(m, "HighPriceDuringPosition"), price);
        ck_assert_int_gt(get_int(m, "EntryDateTime"), 1500000000);
        json_decref(m);
        m = client_next(c);
        ck_assert_int_eq(get_int(m, "Type"), 600);
        ck_assert_int_eq(get_int(m, "RequestID"), 0);
        ck_assert_double_eq(get_number(m, "CashBalance"), 25000);
        ck_assert_double_eq(get_number(m, "MarginRequirement"), 770);
        json_decref(m);
    }
    ck_assert_str_eq(execution[0], execution[1]);
    client_send(&b,
                "{\"Type\":303,\"RequestID\":4,\"TradeAccount\":\"120005\",\"NumberOfDays\":1}");
    json_t *m = client_expect(&b, 304);
    ck_assert_str_eq(get_text(m, "UniqueExecutionID"), execution[0]);
    ck_assert_int_eq(get_int(m, "TotalNumberMessages"), 1);
    ck_assert_double_eq(get_number(m, "Price"), price);
    ck_assert_double_eq(get_number(m, "PositionQuantity"), 2);
    json_decref(m);
    client_send(
        &b,
        "{\"Type\":303,\"RequestID\":5,\"TradeAccount\":\"120005\",\"StartDateTime\":4000000000}");
    m = client_expect(&b, 304);
    ck_assert_int_eq(get_int(m, "NoOrderFills"), 1);
    json_decref(m);
    client_close(&a);
    client_close(&b);
    stop(&s);
}
END_TEST

START_TEST(a_bracket_is_pending_can_be_moved_and_ends_with_its_parent)
{
    struct server s;
    struct client c;
    client_open(&c, start_quiet(&s), NULL);
    client_log_on(&c);
    client_send(
        &c,
        "{\"Type\":208,\"Symbol\":\"" MNQ "\",\"TradeAccount\":\"120005\",\"ClientOrderID\":\"p\","
        "\"OrderType\":2,\"BuySell\":1,\"Price1\":1500025,\"Quantity\":1,\"IsParentOrder\":1}");
    json_t *m = expect_order(&c, "p", 2);
    char parent[64];
    snprintf(parent, sizeof parent, "%s", get_text(m, "ServerOrderID"));
    ck_assert_double_eq(get_number(m, "Price1"), 1500025);
    json_decref(m);
    client_send(&c,
                "{\"Type\":201,\"Symbol\":\"" MNQ "\",\"TradeAccount\":\"120005\","
                "\"ParentTriggerClientOrderID\":\"p\","
                "\"ClientOrderID_1\":\"t\",\"OrderType_1\":2,\"BuySell_1\":2,\"Price1_1\":1600000,"
                "\"Quantity_1\":1,"
                "\"ClientOrderID_2\":\"s\",\"OrderType_2\":3,\"BuySell_2\":2,\"Price1_2\":1400000,"
                "\"Quantity_2\":1}");
    m = expect_order(&c, "t", 2);
    ck_assert_int_eq(get_int(m, "OrderStatus"), 3);
    ck_assert_str_eq(get_text(m, "ParentServerOrderID"), parent);
    char target[64], text[256];
    snprintf(target, sizeof target, "%s", get_text(m, "ServerOrderID"));
    json_decref(m);
    m = expect_order(&c, "s", 2);
    ck_assert_str_eq(get_text(m, "OCOLinkedOrderServerOrderID"), target);
    json_decref(m);

    snprintf(text, sizeof text,
             "{\"Type\":204,\"ServerOrderID\":\"%s\",\"ClientOrderID\":\"t\",\"Price1\":1650000}",
             target);
    client_send(&c, text);
    m = expect_order(&c, "t", 7);
    ck_assert_double_eq(get_number(m, "Price1"), 1650000);
    ck_assert_double_eq(get_number(m, "OrderQuantity"), 1);
    ck_assert_str_eq(get_text(m, "PreviousServerOrderID"), target);
    json_decref(m);

    client_send(&c, "{\"Type\":300,\"RequestID\":3}");
    for (int i = 1; i <= 3; i++) {
        m = client_expect(&c, 301);
        ck_assert_int_eq(get_int(m, "RequestID"), 3);
        ck_assert_int_eq(get_int(m, "OrderUpdateReason"), 1);
        ck_assert_int_eq(get_int(m, "TotalNumMessages"), 3);
        ck_assert_int_eq(get_int(m, "MessageNumber"), i);
        json_decref(m);
    }
    snprintf(text, sizeof text,
             "{\"Type\":300,\"RequestID\":4,\"RequestAllOrders\":0,\"ServerOrderID\":\"%s\"}",
             parent);
    client_send(&c, text);
    m = expect_order(&c, "p", 1);
    ck_assert_int_eq(get_int(m, "TotalNumMessages"), 1);
    json_decref(m);

    snprintf(text, sizeof text, "{\"Type\":203,\"ServerOrderID\":\"%s\",\"ClientOrderID\":\"p\"}",
             parent);
    client_send(&c, text);
    json_decref(expect_order(&c, "p", 6));
    json_decref(expect_order(&c, "t", 6));
    json_decref(expect_order(&c, "s", 6));
    client_send(&c, text);
    m = expect_order(&c, "p", 9);
    ck_assert_int_eq(get_int(m, "OrderStatus"), 8);
    ck_assert_str_ne(get_text(m, "InfoText"), "");
    json_decref(m);
    client_close(&c);
    stop(&s);
}
END_TEST

START_TEST(a_position_outlives_its_client_and_can_be_flattened_by_another)
{
    struct server s;
    struct client c;
    int port = start_quiet(&s);
    client_open(&c, port, NULL);
    client_log_on(&c);
    send_market_order(&c, MES, "first", 2, 3);
    json_decref(expect_order(&c, "first", 2));
    json_decref(client_expect(&c, 600));
    client_close(&c);

    client_open(&c, port, NULL);
    client_log_on(&c);
    client_send(&c, "{\"Type\":305,\"RequestID\":1}");
    json_t *m = client_expect(&c, 306);
    ck_assert_double_eq(get_number(m, "Quantity"), -3);
    ck_assert_str_eq(get_text(m, "TradeAccount"), "120005");
    json_decref(m);
    client_send(&c, "{\"Type\":209,\"Symbol\":\"" MES
                    "\",\"TradeAccount\":\"120005\",\"ClientOrderID\":\"f\"}");
    json_decref(expect_order(&c, "f", 2));
    m = client_expect(&c, 306);
    ck_assert_double_eq(get_number(m, "Quantity"), 0);
    json_decref(m);
    client_close(&c);
    stop(&s);
}
END_TEST

START_TEST(what_the_bot_traded_is_the_same_live_and_in_the_history)
{
    struct server s;
    struct client c;
    char seen[64][64];
    int count = 0, flat = 0;
    client_open(&c, start_with(&s, (const char *const[]){"--port", "0", "--speed", "100", NULL}),
                NULL);
    client_log_on(&c);
    while (flat < 3 && count < 64) {
        json_t *m = client_next(&c);
        ck_assert_ptr_nonnull(m);
        int64_t reason = get_int(m, "OrderUpdateReason");
        if (reason == 4 || reason == 5)
            snprintf(seen[count++], sizeof seen[0], "%s", get_text(m, "LastFillExecutionID"));
        flat += get_int(m, "Type") == 306 && get_number(m, "Quantity") == 0;
        json_decref(m);
    }
    ck_assert_int_eq(flat, 3);
    client_send(&c, "{\"Type\":303,\"RequestID\":1,\"TradeAccount\":\"Sim1\"}");
    int at = 0;
    for (int64_t number = 0, total = 1; number < total;) {
        json_t *m = client_expect(&c, 304);
        number = get_int(m, "MessageNumber");
        total = get_int(m, "TotalNumberMessages");
        if (at < count && strcmp(get_text(m, "UniqueExecutionID"), seen[at]) == 0)
            at++;
        json_decref(m);
    }
    ck_assert_int_eq(at, count); /* all of them, in their order */
    client_close(&c);
    stop(&s);
}
END_TEST

/* What a client should not send, and a word of the reason it is dropped for. */
static const struct {
    const char *bytes;
    size_t length;
    const char *reason;
} garbage[] = {
    {"GET / HTTP/1.1\r\n\r\n", 18, "The first bytes are no DTC message"},
    {"\x16\x03\x01\x02\0\x01\0\x01", 8, "The first bytes are no DTC message"},
    {"{\"Type\":}", 10, "What came is no message in JSON"},
    {"{\"Type\":\"x\"}", 13, "What came is no message in JSON"},
    {"{}", 3, "What came is no message in JSON"},
    {"{\"Type\":400}", 13, "LOGON_REQUEST"},
};

START_TEST(garbage_ends_its_own_connection_only)
{
    struct server s;
    struct client bad, good;
    char reason[128] = "";
    int port = start_quiet(&s);
    client_open(&good, port, NULL);
    client_log_on(&good);
    client_open(&bad, port, NULL);
    client_write(&bad, garbage[_i].bytes, garbage[_i].length);
    ck_assert(client_read_to_logoff(&bad, reason, sizeof reason));
    ck_assert_ptr_nonnull(strstr(reason, garbage[_i].reason));
    client_send(&good, "{\"Type\":400}");
    json_decref(client_expect(&good, 401));
    client_close(&bad);
    client_close(&good);
    stop(&s);
}
END_TEST

START_TEST(a_message_over_one_mebibyte_ends_its_connection_only)
{
    struct server s;
    struct client bad, good;
    char reason[128] = "";
    size_t size = 3 << 19;
    char *message = memory_new(size, 1);
    memset(message, ' ', size);
    memcpy(message, "{\"Type\":1,", 10);
    int port = start_quiet(&s);
    client_open(&good, port, NULL);
    client_log_on(&good);
    client_open(&bad, port, NULL);
    client_write(&bad, message, size);
    ck_assert(client_read_to_logoff(&bad, reason, sizeof reason));
    ck_assert_str_ne(reason, "");
    client_send(&good, "{\"Type\":400}");
    json_decref(client_expect(&good, 401));
    free(message);
    client_close(&bad);
    client_close(&good);
    stop(&s);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim server");
    TCase *t = tcase_create("server");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, an_encoding_request_in_binary_is_answered_in_binary_with_json);
    tcase_add_test(t, the_logon_tells_what_the_server_can_do);
    tcase_add_test(t, each_request_has_its_answer);
    tcase_add_test(t, a_subscription_brings_a_snapshot_and_then_the_stream);
    tcase_add_test(t, an_order_is_told_to_all_clients_and_is_in_the_history);
    tcase_add_test(t, a_bracket_is_pending_can_be_moved_and_ends_with_its_parent);
    tcase_add_test(t, a_position_outlives_its_client_and_can_be_flattened_by_another);
    tcase_add_test(t, what_the_bot_traded_is_the_same_live_and_in_the_history);
    tcase_add_loop_test(t, garbage_ends_its_own_connection_only, 0,
                        (int)(sizeof garbage / sizeof *garbage));
    tcase_add_test(t, a_message_over_one_mebibyte_ends_its_connection_only);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
