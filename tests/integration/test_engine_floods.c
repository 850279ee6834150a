/* Too much of anything, and numbers that no JSON can hold: messages are handed to the engine as the
 * binary encodings deliver them. */
#include "engine_bench.h"

#include <float.h>
#include <stdlib.h>

static union dtc_message made(uint16_t type)
{
    union dtc_message m;
    dtc_message_init(&m, type);
    return m;
}

/* --- numbers --- */

static const double NUMBERS[] = {
    (double)NAN, (double)INFINITY, -(double)INFINITY, 5e-324, -5e-324, DBL_MAX,
    -DBL_MAX,    FLT_MAX,          -FLT_MAX,          1e-45,  -1,      1e308,
    0,           4294967295.0,
};

/* Floats as they are, integers as near to it as they get; text without an end. */
static void set_field(union dtc_message *m, const struct dtc_field *f, double value)
{
    char *place = (char *)m + f->offset;
    if (f->kind == DTC_F64 || f->kind == DTC_TIME_F) {
        memcpy(place, &value, sizeof value);
    } else if (f->kind == DTC_F32) {
        float single = value > (double)FLT_MAX    ? (float)INFINITY
                       : value < (double)-FLT_MAX ? (float)-INFINITY
                                                  : (float)value;
        memcpy(place, &single, sizeof single);
    } else if (f->kind == DTC_TEXT) {
        memset(place, 0xC3, f->size);
        if (strcmp(f->name, "TradeAccount") == 0)
            dtc_text_set(place, f->size, "Sim1");
        if (strcmp(f->name, "Symbol") == 0)
            dtc_text_set(place, f->size, MES);
    } else {
        dtc_field_set(m, f, value);
    }
    if (strcmp(f->name, "SymbolID") == 0)
        dtc_field_set(m, f, 1);
}

static void hand_over_all(double value)
{
    const struct dtc_schema *schema;
    for (size_t i = 0; (schema = dtc_schema_at(i)) != NULL; i++) {
        for (int reason = 0; reason < 12; reason++) {
            union dtc_message m = made(schema->type);
            for (size_t k = 0; k < schema->field_count; k++)
                set_field(&m, &schema->fields[k], value);
            if (schema->type == DTC_ORDER_UPDATE) {
                m.order_update.NoOrders = 0;
                m.order_update.OrderUpdateReason = reason;
                m.order_update.BuySell = 1 + reason % 2;
            } else if (schema->type == DTC_POSITION_UPDATE) {
                m.position_update.NoPositions = 0;
            } else if (schema->type == DTC_ACCOUNT_BALANCE_UPDATE) {
                m.account_balance_update.NoAccountBalances = 0;
            } else if (reason > 0) {
                break;
            }
            engine_handle(b.engine, &m);
        }
    }
}

START_TEST(any_number_in_any_field_is_survived)
{
    b.is_absurd = true;
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    FILL(.execution = "in", .price = 5000);
    settle();
    hand_over_all(NUMBERS[_i]);
    pass(5 * CLOCK_SECOND);
    ck_assert(is_online());
    const struct instrument *i = instrument_of(MES);
    ck_assert(i->tick > 1e-10 && i->tick < 1e10);
    ck_assert(i->point_value > 1e-20 && i->point_value < 1e20);
    ck_assert(i->display_multiplier > 1e-10 && i->display_multiplier < 1e10);
    for (uint32_t k = 0; k < look()->position_count; k++) {
        const struct position *p = &b.shown.positions[k];
        ck_assert(price_is_set(p->quantity) && p->quantity != 0);
        ck_assert(price_is_set(p->entry_price));
        ck_assert(price_is_set(p->min_price) && price_is_set(p->max_price));
        ck_assert_int_gt(p->entry_time, 0);
        ck_assert_int_le(p->entry_time, b.wall + CLOCK_DAY);
    }
    /* what can be read is read after it as before */
    peer_send(b.peer, "{'Type':507,'Symbol':'" MES "','Description':'x','MinPriceIncrement':0.25,"
                      "'CurrencyValuePerIncrement':1.25}");
    peer_send(b.peer, "{'Type':107,'SymbolID':1,'Price':5004,'Volume':1}");
    settle();
    ck_assert_double_eq(market_of(MES)->last, 5004);
    ck_assert_double_eq(instrument_of(MES)->point_value, 5);
    end(); /* the database takes all of it */
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE quantity <= 0"), 0);
    restart();
}
END_TEST

START_TEST(the_side_of_a_trade_that_cannot_be_counts_for_neither)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    for (unsigned side = 3; side < 65536; side = side * 4 + 3) {
        union dtc_message m = made(DTC_MARKET_DATA_UPDATE_TRADE);
        m.market_data_update_trade.SymbolID = 1;
        m.market_data_update_trade.Price = 5000;
        m.market_data_update_trade.Volume = 7;
        m.market_data_update_trade.AtBidOrAsk = (uint16_t)side;
        engine_handle(b.engine, &m);
    }
    settle();
    ck_assert_double_eq(market_of(MES)->context.delta, 0);
    ck_assert_double_eq(market_of(MES)->context.vwap, 5000);
}
END_TEST

START_TEST(a_definition_that_cannot_be_changes_nothing)
{
    static const float values[] = {NAN, INFINITY, -INFINITY, 0, -1, FLT_MAX, 1e-45F, 1e-30F, 1e30F};
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++) {
        union dtc_message m = made(DTC_SECURITY_DEFINITION_RESPONSE);
        struct dtc_security_definition_response *d = &m.security_definition_response;
        dtc_text_set(d->Symbol, sizeof d->Symbol, MES);
        dtc_text_set(d->Description, sizeof d->Description, "x");
        d->MinPriceIncrement = d->CurrencyValuePerIncrement = d->DisplayPriceMultiplier = values[i];
        engine_handle(b.engine, &m);
    }
    ck_assert_double_eq(instrument_of(MES)->tick, 0.25);
    ck_assert_double_eq(instrument_of(MES)->point_value, 5);
    ck_assert_double_eq(instrument_of(MES)->display_multiplier, 1);
    ck_assert_int_eq(times_said("changed their scale"), 0);
}
END_TEST

/* --- words --- */

static void say(const char *text)
{
    union dtc_message m = made(DTC_USER_MESSAGE);
    dtc_text_set(m.user_message.UserMessage, sizeof m.user_message.UserMessage, text);
    engine_handle(b.engine, &m);
}

START_TEST(the_same_words_again_are_counted)
{
    start();
    for (int i = 0; i < 1000000; i++)
        say("margin call");
    ck_assert_int_eq(times_said("margin call"), 1);
    pass(2 * CLOCK_SECOND);
    ck_assert_int_eq(times_said("(999999 times more) server: margin call"), 1);
    /* later they are news again */
    pass(2 * CLOCK_SECOND);
    say("margin call");
    ck_assert_int_eq(times_said("margin call"), 3);
}
END_TEST

START_TEST(a_flood_of_words_neither_fills_the_log_nor_hides_our_own)
{
    start();
    uint64_t before = look()->message_total;
    char text[64];
    for (int i = 0; i < 100000; i++) {
        text_format(text, sizeof text, "line %d", i);
        say(text);
    }
    ck_assert_uint_le(look()->message_total - before, 64);
    FILL(.execution = "e1", .price = 5000);
    settle();
    ck_assert_said("Sim1: bought 1 " MES " @ 5000.00");
    for (int second = 0; second < 60; second++) {
        for (int i = 0; i < 100; i++) {
            text_format(text, sizeof text, "line %d of %d", i, second);
            say(text);
        }
        b.now += CLOCK_SECOND;
        b.wall += CLOCK_SECOND;
        turn();
    }
    /* the marks of settle() give the server its 64 once more */
    ck_assert_int_le(times_said(" server: line "), 64 + 64 + 61);
    ck_assert_int_ge(times_said("more messages of the kind are not shown"), 1);
    ck_assert_int_le(times_said("more messages of the kind are not shown"), 62);
}
END_TEST

START_TEST(a_flood_of_rejects_is_told_in_part)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    char id[32];
    for (int i = 0; i < 20000; i++) {
        union dtc_message m = made(DTC_ORDER_UPDATE);
        struct dtc_order_update *u = &m.order_update;
        dtc_text_set(u->Symbol, sizeof u->Symbol, MES);
        dtc_text_set(u->TradeAccount, sizeof u->TradeAccount, "Sim1");
        text_format(id, sizeof id, "r%d", i % 1000);
        dtc_text_set(u->ServerOrderID, sizeof u->ServerOrderID, id);
        u->OrderStatus = DTC_ORDER_STATUS_REJECTED;
        u->OrderUpdateReason = DTC_NEW_ORDER_REJECTED;
        engine_handle(b.engine, &m);
    }
    settle();
    ck_assert_int_le(times_said("the server rejects order"), 128);
    ck_assert_int_ge(times_said("the server rejects order"), 1);
}
END_TEST

START_TEST(a_flood_of_fills_is_counted_in_full_and_told_in_part)
{
    enum { FILLS = 5000 };
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    for (int i = 0; i < FILLS; i++) {
        union dtc_message m = made(DTC_ORDER_UPDATE);
        struct dtc_order_update *u = &m.order_update;
        dtc_text_set(u->Symbol, sizeof u->Symbol, MES);
        dtc_text_set(u->TradeAccount, sizeof u->TradeAccount, "Sim1");
        text_format(u->ServerOrderID, sizeof u->ServerOrderID, "o%d", i);
        text_format(u->LastFillExecutionID, sizeof u->LastFillExecutionID, "e%d", i);
        u->OrderUpdateReason = DTC_ORDER_FILLED;
        u->BuySell = DTC_BUY;
        u->FilledQuantity = u->LastFillQuantity = 1;
        u->LastFillPrice = 5000;
        engine_handle(b.engine, &m);
    }
    settle();
    ck_assert_double_eq(held(&SIM1, MES), FILLS);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), FILLS);
    ck_assert_int_le(times_said(": bought "), 256);
}
END_TEST

/* --- lists --- */

static int history_request(void)
{
    return (int)peer_number(b.peer, 303, "RequestID");
}

static void hand_past_fill(int request, int i, const char *execution)
{
    union dtc_message m = made(DTC_HISTORICAL_ORDER_FILL_RESPONSE);
    struct dtc_historical_order_fill_response *u = &m.historical_order_fill_response;
    u->RequestID = request;
    dtc_text_set(u->Symbol, sizeof u->Symbol, MES);
    dtc_text_set(u->TradeAccount, sizeof u->TradeAccount, "Sim1");
    dtc_text_set(u->UniqueExecutionID, sizeof u->UniqueExecutionID, execution);
    text_format(u->ServerOrderID, sizeof u->ServerOrderID, "o%d", i);
    u->BuySell = i % 2 == 0 ? DTC_BUY : DTC_SELL;
    u->Price = 5000;
    u->Quantity = 1;
    u->DateTime = START_TIME;
    engine_handle(b.engine, &m);
}

START_TEST(a_fill_history_without_an_end_is_given_up)
{
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    start();
    int request = history_request();
    ck_assert_int_gt(request, 0);
    FILL(.execution = "live", .price = 5001, .quantity = 3);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0); /* waits for the history */
    for (int i = 0; i < ENGINE_FILLS + 1000; i++)
        hand_past_fill(request, i, "");
    ck_assert_uint_eq(b.engine->collected, 0);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_int_eq(times_said("the fill history of Sim1 is too long (more than 65536 fills)"), 1);
    /* the fills of the stream are not held up by it any more */
    FILL(.execution = "live2", .price = 5001);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 4);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 2);
}
END_TEST

/* Of one order each, and all of one order: the sum of each takes no square of time. */
START_TEST(a_long_history_without_execution_ids_is_summed_in_time)
{
    enum { FILLS = 40000 };
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    start();
    for (int asked = 0; asked < 2; asked++) { /* again from the beginning of all orders */
        int request = history_request();
        for (int i = 0; i < FILLS; i++)
            hand_past_fill(request, 0, "");
        peer_send(b.peer, "{'Type':304,'RequestID':%d,'NoOrderFills':1}", request);
        settle();
    }
    ck_assert_double_eq(held(&SIM1, MES), FILLS);
    ck_assert_double_eq(query("SELECT max(order_filled) FROM fill"), FILLS);
}
END_TEST

START_TEST(a_refused_fill_of_the_history_is_told_once)
{
    HISTORY({.order = "", .price = 5000}, {.execution = "good", .price = 5001});
    start();
    for (int i = 0; i < 3; i++)
        command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_int_eq(times_said("cannot be counted"), 1);
    ck_assert_double_eq(held(&SIM1, MES), 1);
}
END_TEST

START_TEST(an_absurd_fill_does_not_spoil_the_sum_of_its_order)
{
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    start();
    union dtc_message m = made(DTC_HISTORICAL_ORDER_FILL_RESPONSE);
    struct dtc_historical_order_fill_response *u = &m.historical_order_fill_response;
    dtc_text_set(u->Symbol, sizeof u->Symbol, MES);
    dtc_text_set(u->TradeAccount, sizeof u->TradeAccount, "Sim1");
    dtc_text_set(u->ServerOrderID, sizeof u->ServerOrderID, "o2");
    u->BuySell = DTC_BUY;
    u->Price = 5000;
    u->DateTime = START_TIME;
    u->Quantity = (double)NAN;
    for (int asked = 0; asked < 2; asked++) { /* again from the beginning of all orders */
        int request = history_request();
        u->RequestID = request;
        engine_handle(b.engine, &m);
        hand_past_fill(request, 2, "");
        hand_past_fill(request, 2, "");
        peer_send(b.peer, "{'Type':304,'RequestID':%d,'NoOrderFills':1}", request);
        settle();
    }
    ck_assert_double_eq(held(&SIM1, MES), 2);
}
END_TEST

START_TEST(more_open_orders_than_are_kept_remove_none)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    start();
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'mine','OrderStatus':4,'OrderType':2,'BuySell':1,"
                      "'Price1':4000,'OrderQuantity':1}");
    settle();
    peer_answer(b.peer, 300, NULL, NULL, NULL);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    int request = (int)peer_number(b.peer, 300, "RequestID");
    for (int i = 0; i < 3 * ENGINE_OPEN_ORDERS; i++) {
        union dtc_message m = made(DTC_ORDER_UPDATE);
        struct dtc_order_update *u = &m.order_update;
        u->RequestID = request;
        dtc_text_set(u->Symbol, sizeof u->Symbol, MES);
        dtc_text_set(u->TradeAccount, sizeof u->TradeAccount, "Sim1");
        text_format(u->ServerOrderID, sizeof u->ServerOrderID, "o%d", i);
        u->OrderStatus = DTC_ORDER_STATUS_CANCELED;
        engine_handle(b.engine, &m);
    }
    ck_assert_uint_le(b.engine->open_order_count, ENGINE_OPEN_ORDERS);
    peer_send(b.peer, "{'Type':301,'RequestID':%d,'NoOrders':1}", request);
    settle();
    ck_assert_int_eq(times_said("more than 4096 open orders"), 1);
    ck_assert(order_is_working(order_of("mine")));
}
END_TEST

START_TEST(more_positions_than_can_be_checked_are_told_of_once)
{
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307}]"); /* what comes unasked is all there is */
    start();
    for (int account = 0; account < 4; account++)
        for (int i = 0; i < 120; i++) {
            union dtc_message m = made(DTC_POSITION_UPDATE);
            struct dtc_position_update *u = &m.position_update;
            text_format(u->TradeAccount, sizeof u->TradeAccount, "77%d", account);
            text_format(u->Symbol, sizeof u->Symbol, "S%d", i);
            u->Quantity = 1;
            u->AveragePrice = 5;
            engine_handle(b.engine, &m);
            settle();
        }
    pass(5 * CLOCK_SECOND);
    ck_assert_int_eq(b.engine->report_count, ENGINE_REPORTS);
    ck_assert_int_eq(times_said("too many positions are reported"), 1);
    ck_assert_uint_eq(look()->position_count, SNAPSHOT_POSITIONS);
}
END_TEST

/* --- across connections --- */

START_TEST(a_fill_that_waits_for_its_definition_survives_the_connection)
{
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    start();
    FILL(.execution = "e1", .price = 500000, .quantity = 2);
    FILL(.order = "o2", .price = 500100, .filled = 1);
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'gone','OrderStatus':4,'OrderType':2,'BuySell':1,"
                      "'Price1':4000,'OrderQuantity':1}");
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    peer_answer(b.peer, 506, NULL, NULL,
                "[{'Type':507,'Symbol':'$Symbol','Description':'x','MinPriceIncrement':0.25,"
                "'CurrencyValuePerIncrement':1.25,'DisplayPriceMultiplier':0.01}]");
    reconnect();
    ck_assert_double_eq(held(&SIM1, MES), 3);
    ck_assert_double_eq_tol(position_of(&SIM1, MES)->entry_price, 15001.0 / 3, 1e-9);
    ck_assert_ptr_null(order_of("gone")); /* the server does not list it any more */
    HISTORY({.execution = "e1", .price = 500000, .quantity = 2, .ago = 40},
            {.order = "o2", .price = 500100, .ago = 40});
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    ck_assert_double_eq(held(&SIM1, MES), 3);
}
END_TEST

START_TEST(a_history_that_waits_when_the_connection_breaks_is_asked_for_again)
{
    peer_answer(b.peer, 506, NULL, NULL, NULL);
    begin();
    b.wall += CLOCK_SECOND;
    HISTORY({.execution = "h1", .price = 5000});
    go_online();
    ck_assert_uint_eq(peer_count(b.peer, 303), 1);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    lose_connection();
    HISTORY({.execution = "h1", .price = 5000}, {.execution = "h2", .price = 5001});
    b.now += 40 * CLOCK_SECOND;
    b.wall += 40 * CLOCK_SECOND;
    go_online();
    ck_assert_uint_eq(peer_count(b.peer, 303), 2);
    pass(11 * CLOCK_SECOND);
    ck_assert_double_eq(held(&SIM1, MES), 2);
    ck_assert_uint_eq(b.engine->collected, 0);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const numbers[] = {
        the_side_of_a_trade_that_cannot_be_counts_for_neither,
        a_definition_that_cannot_be_changes_nothing,
    };
    const TTest *const words[] = {
        the_same_words_again_are_counted,
        a_flood_of_words_neither_fills_the_log_nor_hides_our_own,
        a_flood_of_rejects_is_told_in_part,
        a_flood_of_fills_is_counted_in_full_and_told_in_part,
    };
    const TTest *const lists[] = {
        a_fill_history_without_an_end_is_given_up,
        a_long_history_without_execution_ids_is_summed_in_time,
        a_refused_fill_of_the_history_is_told_once,
        an_absurd_fill_does_not_spoil_the_sum_of_its_order,
        more_open_orders_than_are_kept_remove_none,
        more_positions_than_can_be_checked_are_told_of_once,
    };
    const TTest *const connections[] = {
        a_fill_that_waits_for_its_definition_survives_the_connection,
        a_history_that_waits_when_the_connection_breaks_is_asked_for_again,
    };
    Suite *s = suite_create("engine: floods");
    CASE_ADD(s, "numbers", numbers);
    CASE_ADD(s, "words", words);
    CASE_ADD(s, "lists", lists);
    CASE_ADD(s, "connections", connections);
    TCase *each = tcase_create("each number");
    tcase_add_checked_fixture(each, set_up, tear_down);
    tcase_set_timeout(each, 60);
    tcase_add_loop_test(each, any_number_in_any_field_is_survived, 0,
                        (int)(sizeof NUMBERS / sizeof NUMBERS[0]));
    suite_add_tcase(s, each);
    return s;
}

TEST_MAIN(suite)
