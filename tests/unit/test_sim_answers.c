/* What the simulated server answers under its terms. The clock is the test's own. */
#include "sim/server.h"
#include "unit/test_sim_client.h"

#define MES "MESZ26_FUT_CME"
#define MNQ "MNQZ26_FUT_CME" /* prices on the wire are × 100 */

static struct sim_server *server;
static struct client client;
static int64_t now;
static const int64_t WALL = 1795366517 * CLOCK_SECOND;

static void pump(void)
{
    sim_server_service(server, now, WALL + now);
}

static void start(struct sim_terms terms)
{
    struct sim_server_options options = {.seed = 1, .speed = 1, .idle_exit = -1, .terms = terms};
    struct error error = {0};
    now = 1000 * CLOCK_SECOND;
    server = sim_server_new(&options, now, WALL + now, &error);
    ck_assert_msg(server != NULL, "%s", error.text);
    client_open(&client, sim_server_port(server), pump);
}

static void start_logged_on(struct sim_terms terms)
{
    start(terms);
    client_log_on(&client);
}

static void stop(void)
{
    client_close(&client);
    sim_server_free(server, "done");
}

static void pass(int seconds)
{
    for (int i = 0; i < 2 * seconds; i++) {
        now += CLOCK_SECOND / 2;
        pump();
    }
}

/* The next message, which must be of that type and have that number in a field. */
static void check_next(int type, const char *field, double expected)
{
    json_t *m = client_next(&client);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(get_int(m, "Type"), type);
    ck_assert_double_eq(get_number(m, field), expected);
    json_decref(m);
}

static json_t *ask(const char *request, int type)
{
    client_send(&client, request);
    json_t *m = client_next(&client);
    ck_assert_ptr_nonnull(m);
    ck_assert_int_eq(get_int(m, "Type"), type);
    return m;
}

static void check_text(json_t *m, const char *field, const char *expected)
{
    ck_assert_str_eq(get_text(m, field), expected);
    json_decref(m);
}

/* Terms that deny nothing. */
#define GENEROUS                                                                                   \
    {                                                                                              \
        .no_trading = false                                                                        \
    }

/* Logon. */

static const char *const FLAGS[] = {
    "TradingIsSupported",           "OCOOrdersSupported",
    "OrderCancelReplaceSupported",  "BracketOrdersSupported",
    "SecurityDefinitionsSupported", "MarketDataSupported",
    "HistoricalPriceDataSupported", "OneHistoricalPriceDataRequestPerConnection",
    "MarketDepthIsSupported",
};
static const struct {
    struct sim_terms terms;
    const char *flags; /* in the order above */
} grants[] = {
    {GENEROUS, "111111100"},
    {{.no_trading = true}, "000011100"},
    {{.no_definitions = true}, "111101100"},
    {{.no_market_data = true}, "111110100"},
    {{.refuses_price_history = true}, "111111000"},
    {{.one_price_history = true}, "111111110"},
};

START_TEST(the_logon_tells_what_the_terms_grant)
{
    start(grants[_i].terms);
    json_t *m = ask("{\"Type\":1,\"ProtocolVersion\":8,\"HeartbeatIntervalInSeconds\":5}", 2);
    for (size_t i = 0; i < sizeof FLAGS / sizeof *FLAGS; i++)
        ck_assert_int_eq(get_int(m, FLAGS[i]), grants[_i].flags[i] - '0');
    json_decref(m);
    stop();
}
END_TEST

START_TEST(users_need_their_own_password)
{
    static const struct {
        const char *user;
        int result;
    } tries[] = {
        {"", 3},
        {"\"Username\":\"ann\"", 3},
        {"\"Username\":\"ann\",\"Password\":\"tulip\"", 3},
        {"\"Username\":\"bob\",\"Password\":\"tulip\"", 1},
    };
    struct sim_terms terms = {.users = {{"ann", "rose"}, {"bob", "tulip"}}, .user_count = 2};
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        char text[128];
        start(terms);
        snprintf(text, sizeof text, "{\"Type\":1%s%s}", *tries[i].user ? "," : "", tries[i].user);
        json_t *m = ask(text, 2);
        ck_assert_int_eq(get_int(m, "Result"), tries[i].result);
        check_text(m, "ResultText",
                   tries[i].result == 1 ? "Welcome to the simulation"
                                        : "User or password is wrong");
        if (tries[i].result == 1)
            json_decref(ask("{\"Type\":400}", 401));
        else
            json_decref(ask("{\"Type\":400}", 5)); /* it is not logged on */
        stop();
    }
}
END_TEST

/* Symbols. */

static const struct {
    const char *symbol, *description, *root;
    double tick, value, format, multiplier;
} definitions[] = {
    {MES, "MICRO E-MINI S&P 500 FUTURES MES Dec 2026", "MES", 0.25, 1.25, 2, 1},
    {MNQ, "MICRO E-MINI NASDAQ-100 FUTURES MNQ Dec 2026", "MNQ", 0.25, 0.5, 2, 0.01},
    {"MYMZ26_FUT_CME", "MICRO E-MINI DOW FUTURES MYM Dec 2026", "MYM", 1, 0.5, 0, 1},
    {"RTYZ26_FUT_CME", "E-MINI RUSSELL 2000 FUTURES RTY Dec 2026", "RTY", 0.1, 5, 1, 1},
    {"CLF27_FUT_CME", "WTI CRUDE OIL FUTURES CL Jan 2027", "CL", 0.01, 10, 2, 1},
    {"ZNH27_FUT_CME", "10-YEAR U.S. TREASURY NOTE FUTURES ZN Mar 2027", "ZN", 0.015625, 15.625, 134,
     1},
    {"6EZ26_FUT_CME", "EURO FX FUTURES 6E Dec 2026", "6E", 0.00005, 6.25, 5, 1},
    {"ESM20_FUT_CME", "", "", 0, 0, -1, 1}, /* there is none: nothing is defined */
};

START_TEST(definitions_tell_tick_value_and_format)
{
    char request[128];
    start_logged_on((struct sim_terms){0});
    snprintf(request, sizeof request, "{\"Type\":506,\"RequestID\":3,\"Symbol\":\"%s\"}",
             definitions[_i].symbol);
    json_t *m = ask(request, 507);
    ck_assert_int_eq(get_int(m, "RequestID"), 3);
    ck_assert_str_eq(get_text(m, "Symbol"), definitions[_i].symbol);
    ck_assert_str_eq(get_text(m, "UnderlyingSymbol"), definitions[_i].root);
    ck_assert_double_eq_tol(get_number(m, "MinPriceIncrement"), definitions[_i].tick, 1e-8);
    ck_assert_double_eq(get_number(m, "CurrencyValuePerIncrement"), definitions[_i].value);
    ck_assert_double_eq(get_number(m, "PriceDisplayFormat"), definitions[_i].format);
    ck_assert_double_eq_tol(get_number(m, "DisplayPriceMultiplier"), definitions[_i].multiplier,
                            1e-8);
    check_text(m, "Description", definitions[_i].description);
    stop();
}
END_TEST

START_TEST(the_exchanges_are_listed)
{
    start_logged_on((struct sim_terms){0});
    json_t *m = ask("{\"Type\":500,\"RequestID\":4}", 501);
    ck_assert_int_eq(get_int(m, "RequestID"), 4);
    ck_assert_int_eq(get_int(m, "IsFinalMessage"), 1);
    check_text(m, "Exchange", "CME");
    stop();
}
END_TEST

/* Refusals: the terms, the request, the type of the answer and its text. */
static const struct {
    struct sim_terms terms;
    const char *request;
    int type;
    const char *text;
} refusals[] = {
    {{.no_definitions = true},
     "{\"Type\":506,\"Symbol\":\"" MES "\"}",
     509,
     "This server gives no security definitions"},
    {{.no_market_data = true},
     "{\"Type\":101,\"RequestAction\":1,\"SymbolID\":1,\"Symbol\":\"" MES "\"}",
     103,
     "Request is not authorized"},
    {{.refuses_fill_history = true},
     "{\"Type\":303,\"TradeAccount\":\"Sim1\"}",
     308,
     "Request is not authorized"},
    {GENEROUS, "{\"Type\":303}", 308, "TradeAccount is not set"},
    {{.refuses_price_history = true},
     "{\"Type\":800,\"Symbol\":\"" MES "\"}",
     802,
     "Request is not authorized"},
    {GENEROUS, "{\"Type\":800,\"Symbol\":\"ESM20_FUT_CME\"}", 802, "The symbol is not known"},
    {GENEROUS, "{\"Type\":800,\"Symbol\":\"" MES "\",\"RecordInterval\":90}", 802,
     "There are no bars of this interval"},
    {GENEROUS, "{\"Type\":800,\"Symbol\":\"" MES "\",\"RecordInterval\":-60}", 802,
     "There are no bars of this interval"},
    {GENEROUS, "{\"Type\":102,\"SymbolID\":1,\"Symbol\":\"" MES "\"}", 121,
     "This server has no market depth"},
};

START_TEST(what_is_not_granted_is_refused_with_a_text)
{
    start_logged_on(refusals[_i].terms);
    check_text(ask(refusals[_i].request, refusals[_i].type), "RejectText", refusals[_i].text);
    stop();
}
END_TEST

START_TEST(a_refused_price_history_tells_when_to_ask_again)
{
    start_logged_on((struct sim_terms){.refuses_price_history = true});
    json_t *m = ask("{\"Type\":800,\"RequestID\":6,\"Symbol\":\"" MES "\"}", 802);
    ck_assert_int_eq(get_int(m, "RequestID"), 6);
    ck_assert_int_eq(get_int(m, "RejectReasonCode"), 1);
    ck_assert_int_eq(get_int(m, "RetryTimeInSeconds"), 10);
    json_decref(m);
    stop();
}
END_TEST

/* Historical prices. */

enum { TRADES_MAX = 1024 };

struct trade {
    double time, price, volume;
    int at;
};

/* Subscribes to MNQ for 90 seconds; what was streamed. */
static size_t watch_trades(struct trade *trades)
{
    size_t count = 0;
    json_decref(
        ask("{\"Type\":101,\"RequestAction\":1,\"SymbolID\":1,\"Symbol\":\"" MNQ "\"}", 104));
    for (int i = 0; i < 18; i++) {
        client_send(&client, "{\"Type\":3}");
        pass(5);
    }
    client_send(&client, "{\"Type\":101,\"RequestAction\":2,\"SymbolID\":1}");
    client_send(&client, "{\"Type\":102,\"SymbolID\":99}");
    for (;;) {
        json_t *m = client_next(&client);
        int64_t type = get_int(m, "Type");
        if (type == 107)
            trades[count++] =
                (struct trade){get_number(m, "DateTime"), get_number(m, "Price"),
                               get_number(m, "Volume"), (int)get_int(m, "AtBidOrAsk")};
        json_decref(m);
        if (type == 121)
            return count;
    }
}

START_TEST(historical_trades_are_those_that_were_streamed)
{
    static struct trade trades[TRADES_MAX];
    start_logged_on((struct sim_terms){0});
    size_t count = watch_trades(trades);
    ck_assert_uint_gt(count, 300);
    json_t *m = ask("{\"Type\":800,\"RequestID\":8,\"Symbol\":\"" MNQ "\"}", 801);
    ck_assert_int_eq(get_int(m, "RequestID"), 8);
    ck_assert_int_eq(get_int(m, "NoRecordsToReturn"), 0);
    ck_assert_int_eq(get_int(m, "UseZLibCompression"), 0);
    json_decref(m);
    for (size_t i = 0; i < count; i++) {
        m = client_next(&client);
        ck_assert_int_eq(get_int(m, "Type"), 804);
        ck_assert_int_eq(get_int(m, "RequestID"), 8);
        ck_assert_double_eq(get_number(m, "DateTime"), trades[i].time);
        ck_assert_double_eq(get_number(m, "Price"), trades[i].price);
        ck_assert_double_eq(get_number(m, "Volume"), trades[i].volume);
        ck_assert_int_eq(get_int(m, "AtBidOrAsk"), trades[i].at);
        ck_assert_int_eq(get_int(m, "IsFinalRecord"), i + 1 == count);
        json_decref(m);
    }
    stop();
}
END_TEST

START_TEST(historical_bars_are_made_of_the_same_trades)
{
    static struct trade trades[TRADES_MAX];
    char request[128];
    int interval = _i;
    start_logged_on((struct sim_terms){0});
    size_t count = watch_trades(trades), at = 0;
    snprintf(request, sizeof request,
             "{\"Type\":800,\"RequestID\":8,\"Symbol\":\"" MNQ "\",\"RecordInterval\":%d}",
             interval);
    json_t *m = ask(request, 801);
    ck_assert_int_eq(get_int(m, "RecordInterval"), interval);
    json_decref(m);
    while (at < count) {
        m = client_next(&client);
        ck_assert_int_eq(get_int(m, "Type"), 803);
        double start = get_number(m, "StartDateTime") / 1e6, volume = 0, sides[3] = {0};
        ck_assert_int_eq((int64_t)start % interval, 0);
        ck_assert_double_eq(get_number(m, "OpenPrice"), trades[at].price);
        double high = 0, low = 1e9, last = 0;
        int64_t number = 0;
        for (; at < count && trades[at].time < start + interval; at++, number++) {
            ck_assert_double_ge(trades[at].time, start);
            high = trades[at].price > high ? trades[at].price : high;
            low = trades[at].price < low ? trades[at].price : low;
            last = trades[at].price;
            volume += trades[at].volume;
            sides[trades[at].at] += trades[at].volume;
        }
        ck_assert_double_eq(get_number(m, "HighPrice"), high);
        ck_assert_double_eq(get_number(m, "LowPrice"), low);
        ck_assert_double_eq(get_number(m, "LastPrice"), last);
        ck_assert_double_eq(get_number(m, "Volume"), volume);
        ck_assert_double_eq(get_number(m, "BidVolume"), sides[1]);
        ck_assert_double_eq(get_number(m, "AskVolume"), sides[2]);
        ck_assert_int_eq(get_int(m, "NumTrades"), number);
        ck_assert_int_eq(get_int(m, "IsFinalRecord"), at == count);
        json_decref(m);
    }
    stop();
}
END_TEST

START_TEST(a_span_without_prices_has_no_records)
{
    start_logged_on((struct sim_terms){0});
    pass(8);
    static const char *const requests[] = {
        "{\"Type\":800,\"Symbol\":\"" MNQ "\",\"EndDateTime\":1795366517}",
        "{\"Type\":800,\"Symbol\":\"" MNQ "\",\"RecordInterval\":60,\"EndDateTime\":1795366517}",
        "{\"Type\":800,\"Symbol\":\"" MNQ "\",\"StartDateTime\":1795400000}",
        "{\"Type\":800,\"Symbol\":\"" MNQ "\",\"EndDateTime\":1795300000,\"MaxDaysToReturn\":1}",
    };
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        client_send(&client, requests[i]);
        check_next(801, "NoRecordsToReturn", 1);
    }
    json_decref(ask("{\"Type\":800,\"Symbol\":\"" MNQ "\",\"MaxDaysToReturn\":4294967295}", 801));
    json_decref(client_expect(&client, 804));
    stop();
}
END_TEST

START_TEST(a_server_can_serve_one_price_history_a_connection)
{
    start_logged_on((struct sim_terms){.one_price_history = true});
    pass(5);
    json_decref(ask("{\"Type\":800,\"Symbol\":\"" MNQ "\",\"RecordInterval\":86400}", 801));
    check_next(803, "IsFinalRecord", 1);
    json_t *m = ask("{\"Type\":800,\"Symbol\":\"" MNQ "\",\"RecordInterval\":86400}", 802);
    ck_assert_int_eq(get_int(m, "RejectReasonCode"), 2);
    check_text(m, "RejectText", "A connection may ask for historical prices once");
    stop();
}
END_TEST

/* Orders. */

static json_t *expect_order(const char *client_id, int reason)
{
    json_t *m = client_expect(&client, 301);
    ck_assert_str_eq(get_text(m, "ClientOrderID"), client_id);
    ck_assert_int_eq(get_int(m, "OrderUpdateReason"), reason);
    return m;
}

START_TEST(both_prices_of_a_stop_limit_order_are_in_the_servers_units)
{
    start_logged_on((struct sim_terms){0});
    client_send(&client, "{\"Type\":208,\"Symbol\":\"" MNQ "\",\"TradeAccount\":\"Sim1\","
                         "\"ClientOrderID\":\"a\",\"OrderType\":4,\"BuySell\":1,"
                         "\"Price1\":2300025,\"Price2\":2300050,\"Quantity\":1}");
    json_t *m = expect_order("a", 2);
    ck_assert_double_eq(get_number(m, "Price1"), 2300025);
    ck_assert_double_eq(get_number(m, "Price2"), 2300050);
    json_decref(m);
    client_send(&client, "{\"Type\":204,\"ClientOrderID\":\"a\",\"Price2\":2300075}");
    m = expect_order("a", 7);
    ck_assert_double_eq(get_number(m, "Price1"), 2300025);
    ck_assert_double_eq(get_number(m, "Price2"), 2300075);
    json_decref(m);
    stop();
}
END_TEST

START_TEST(a_bracket_can_be_given_by_offsets)
{
    start_logged_on((struct sim_terms){0});
    client_send(&client, "{\"Type\":208,\"Symbol\":\"" MNQ "\",\"TradeAccount\":\"Sim1\","
                         "\"ClientOrderID\":\"p\",\"OrderType\":2,\"BuySell\":1,"
                         "\"Price1\":1500000,\"Quantity\":1,\"IsParentOrder\":1}");
    json_decref(expect_order("p", 2));
    client_send(&client, "{\"Type\":201,\"Symbol\":\"" MNQ "\",\"TradeAccount\":\"Sim1\","
                         "\"ParentTriggerClientOrderID\":\"p\",\"UseOffsets\":1,"
                         "\"ClientOrderID_1\":\"t\",\"OrderType_1\":2,\"BuySell_1\":2,"
                         "\"Quantity_1\":1,\"OffsetFromParent1\":1000,"
                         "\"ClientOrderID_2\":\"s\",\"OrderType_2\":3,\"BuySell_2\":2,"
                         "\"Quantity_2\":1,\"OffsetFromParent2\":500}");
    json_t *m = expect_order("t", 2);
    ck_assert_double_eq(get_number(m, "Price1"), 1501000);
    json_decref(m);
    m = expect_order("s", 2);
    ck_assert_double_eq(get_number(m, "Price1"), 1499500);
    json_decref(m);
    stop();
}
END_TEST

START_TEST(orders_are_rejected_where_trading_is_not_supported)
{
    static const struct {
        const char *request;
        int reason;
    } requests[] = {
        {"{\"Type\":208,\"Symbol\":\"" MES "\",\"TradeAccount\":\"Sim1\",\"ClientOrderID\":\"a\","
         "\"OrderType\":1,\"BuySell\":1,\"Quantity\":1}",
         8},
        {"{\"Type\":203,\"ServerOrderID\":\"1\",\"ClientOrderID\":\"a\"}", 9},
        {"{\"Type\":204,\"ServerOrderID\":\"1\",\"ClientOrderID\":\"a\",\"Price1\":5}", 10},
        {"{\"Type\":209,\"Symbol\":\"" MES "\",\"TradeAccount\":\"Sim1\",\"ClientOrderID\":\"a\"}",
         8},
    };
    start_logged_on((struct sim_terms){.no_trading = true});
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        client_send(&client, requests[i].request);
        check_text(expect_order("a", requests[i].reason), "InfoText", "Trading is not supported");
    }
    client_send(&client, "{\"Type\":201,\"Symbol\":\"" MES "\",\"ClientOrderID_1\":\"t\","
                         "\"ClientOrderID_2\":\"s\"}");
    json_decref(expect_order("t", 8));
    json_decref(expect_order("s", 8));
    client_send(&client, "{\"Type\":303,\"TradeAccount\":\"Sim1\"}");
    check_next(304, "NoOrderFills", 1);
    stop();
}
END_TEST

/* Sierra Chart's own simulation. */

static void buy(const char *account)
{
    char text[256];
    snprintf(text, sizeof text,
             "{\"Type\":208,\"Symbol\":\"" MES "\",\"TradeAccount\":\"%s\",\"ClientOrderID\":\"a\","
             "\"OrderType\":1,\"BuySell\":1,\"Quantity\":2}",
             account);
    client_send(&client, text);
    json_decref(expect_order("a", 2));
    json_decref(expect_order("a", 4));
}

START_TEST(positions_and_balances_of_sim_accounts_are_hidden_by_sierra)
{
    start_logged_on((struct sim_terms){.is_sierra = true});
    client_send(&client, "{\"Type\":305,\"RequestID\":1}");
    check_next(306, "NoPositions", 1);
    buy("Sim1");
    check_next(306, "Quantity", 0);
    buy("120005");
    check_next(306, "Quantity", 2);
    check_next(600, "CashBalance", 25000);

    client_send(&client, "{\"Type\":305,\"RequestID\":1}");
    json_t *m = client_next(&client);
    ck_assert_int_eq(get_int(m, "TotalNumberMessages"), 2);
    ck_assert_int_eq(get_int(m, "NoPositions"), 0);
    ck_assert_double_eq(get_number(m, "Quantity"), 0);
    check_text(m, "TradeAccount", "Sim1");
    check_next(306, "Quantity", 2);

    m = ask("{\"Type\":601,\"RequestID\":1,\"TradeAccount\":\"Sim1\"}", 600); /* comes back: all */
    ck_assert_int_eq(get_int(m, "TotalNumberMessages"), 1);
    check_text(m, "TradeAccount", "120005");
    stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim answers");
    TCase *t = tcase_create("answers");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, the_logon_tells_what_the_terms_grant, 0,
                        (int)(sizeof grants / sizeof *grants));
    tcase_add_test(t, users_need_their_own_password);
    tcase_add_loop_test(t, definitions_tell_tick_value_and_format, 0,
                        (int)(sizeof definitions / sizeof *definitions));
    tcase_add_test(t, the_exchanges_are_listed);
    tcase_add_loop_test(t, what_is_not_granted_is_refused_with_a_text, 0,
                        (int)(sizeof refusals / sizeof *refusals));
    tcase_add_test(t, a_refused_price_history_tells_when_to_ask_again);
    tcase_add_test(t, historical_trades_are_those_that_were_streamed);
    tcase_add_loop_test(t, historical_bars_are_made_of_the_same_trades, 1, 3);
    tcase_add_loop_test(t, historical_bars_are_made_of_the_same_trades, 30, 31);
    tcase_add_loop_test(t, historical_bars_are_made_of_the_same_trades, 60, 61);
    tcase_add_test(t, a_span_without_prices_has_no_records);
    tcase_add_test(t, a_server_can_serve_one_price_history_a_connection);
    tcase_add_test(t, both_prices_of_a_stop_limit_order_are_in_the_servers_units);
    tcase_add_test(t, a_bracket_can_be_given_by_offsets);
    tcase_add_test(t, orders_are_rejected_where_trading_is_not_supported);
    tcase_add_test(t, positions_and_balances_of_sim_accounts_are_hidden_by_sierra);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
