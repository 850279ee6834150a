/* What a scenario does: to the wire, seen byte by byte, to the market and to orders. */
#include "integration/sim_wire.h"

#include "base/text.h"

#include <stdlib.h>

/* A server that plays `lines`, whose times count from the logon of the client. */
static void begin(struct wire *c, int encoding, const char *lines)
{
    start((struct sim_server_options){0}, lines);
    wire_open(c, encoding);
}

static void end(struct wire *c)
{
    wire_close(c);
    stop();
}

/* A request that the server has read when this returns. */
static void ask(struct wire *c, int id)
{
    wire_ask_accounts(c, id);
    pump();
}

static size_t encode(const struct wire *c, const union dtc_message *m, char bytes[DTC_ENCODED_MAX])
{
    return dtc_encoding_get(c->encoding)->encode(m, bytes, DTC_ENCODED_MAX);
}

/* The first answer to wire_ask_accounts(), as it should be. */
static void first_account(union dtc_message *m, int id)
{
    dtc_message_init(m, DTC_TRADE_ACCOUNT_RESPONSE);
    m->trade_account_response.RequestID = id;
    m->trade_account_response.TotalNumberMessages = 2;
    m->trade_account_response.MessageNumber = 1;
    dtc_text_set(m->trade_account_response.TradeAccount,
                 sizeof m->trade_account_response.TradeAccount, "Sim1");
}

/* Connections. */

START_TEST(drop_cuts_the_connections_and_new_ones_are_taken)
{
    struct wire c, d;
    begin(&c, _i, "{'at':1,'do':'drop'}\n");
    wire_open(&d, _i);
    pass(CLOCK_SECOND);
    wire_expect_end(&c);
    wire_expect_end(&d);
    wire_close(&d);
    wire_open(&d, _i);
    wire_close(&d);
    end(&c);
}
END_TEST

START_TEST(refuse_turns_connections_away_for_its_time)
{
    struct wire c, d;
    begin(&c, _i, "{'at':1,'do':'refuse','for':5}\n");
    pass(CLOCK_SECOND);
    wire_expect_end(&c);
    ck_assert(!wire_connect(&d));
    ck_assert_int_le(sim_server_next(w.server), w.now + 5 * CLOCK_SECOND);
    pass(5 * CLOCK_SECOND - 1);
    ck_assert(!wire_connect(&d));
    pass(1);
    wire_open(&d, _i);
    wire_close(&d);
    end(&c);
}
END_TEST

START_TEST(stall_neither_reads_nor_writes_for_its_time)
{
    struct wire c, d;
    begin(&c, _i, "{'at':1,'do':'stall','for':60}\n");
    pass(CLOCK_SECOND);
    wire_ask_accounts(&c, 4);
    pass(60 * CLOCK_SECOND - 1);
    ck_assert(wire_is_quiet(&c)); /* nor was it dropped for its silence */
    ck_assert(wire_connect(&d));
    wire_ask_encoding(&d, _i);
    ck_assert(wire_is_quiet(&d));
    pass(1);
    wire_expect_accounts(&c, 4);
    wire_await(&d, 1);
    wire_close(&d);
    end(&c);
}
END_TEST

START_TEST(half_open_connections_hear_nothing_and_new_ones_work)
{
    struct wire c, d;
    begin(&c, _i, "{'at':1,'do':'half-open'}\n");
    pass(CLOCK_SECOND);
    wire_ask_accounts(&c, 4);
    pass(120 * CLOCK_SECOND);
    ck_assert(wire_is_quiet(&c));
    wire_open(&d, _i);
    wire_ask_accounts(&d, 5);
    wire_expect_accounts(&d, 5);
    wire_close(&d);
    end(&c);
}
END_TEST

START_TEST(silent_leaves_heartbeats_and_market_data_out)
{
    struct wire c;
    union dtc_message m;
    begin(&c, _i, "{'at':1,'do':'silent','for':15}\n");
    wire_subscribe(&c, WIRE_MES, 2);
    pass(CLOCK_SECOND);
    while (!wire_is_quiet(&c))
        wire_drop(&c, wire_has(&c));
    pass(14 * CLOCK_SECOND); /* a heartbeat was due at 10 */
    ck_assert(wire_is_quiet(&c));
    wire_ask_accounts(&c, 4);
    wire_expect_accounts(&c, 4);
    pass(5 * CLOCK_SECOND);
    while (wire_next(&c, &m) != DTC_HEARTBEAT) /* of second 20 */
        ck_assert_uint_ge(m.header.Type, DTC_MARKET_DATA_UPDATE_TRADE);
    end(&c);
}
END_TEST

/* The stream of bytes. */

START_TEST(delay_keeps_everything_back_and_in_order)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'delay','for':2,'by':3}\n");
    pass(CLOCK_SECOND);
    ask(&c, 1); /* at 1 s, to come at 4 s or hardly later */
    pass(CLOCK_SECOND);
    ask(&c, 2); /* at 2 s, to come at 5 s */
    pass(1500 * CLOCK_MS);
    ask(&c, 3); /* when the delay is over, but behind the others */
    pass(499 * CLOCK_MS);
    ck_assert(wire_is_quiet(&c));
    pass(51 * CLOCK_MS);
    wire_expect_accounts(&c, 1);
    ck_assert(wire_is_quiet(&c));
    pass(949 * CLOCK_MS);
    ck_assert(wire_is_quiet(&c));
    ck_assert_int_le(sim_server_next(w.server), w.now + 51 * CLOCK_MS);
    pass(51 * CLOCK_MS);
    wire_expect_accounts(&c, 2);
    wire_expect_accounts(&c, 3);
    end(&c);
}
END_TEST

START_TEST(split_sends_bytes_one_by_one_and_not_many_at_a_time)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'split','for':5}\n");
    pass(CLOCK_SECOND);
    for (int i = 0; i < 20; i++)
        wire_ask_accounts(&c, i);
    pump();
    wire_read(&c);
    ck_assert_uint_le(wire_has(&c), 1000);
    for (int i = 0; i < 20; i++)
        wire_expect_accounts(&c, i);
    end(&c);
}
END_TEST

START_TEST(join_sends_all_that_has_come_together_at_once)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'join','for':5}\n");
    pass(CLOCK_SECOND);
    ask(&c, 1);
    wire_expect_accounts(&c, 1);
    ask(&c, 2);
    pass(250 * CLOCK_MS);
    ask(&c, 3);
    pass(249 * CLOCK_MS);
    ck_assert(wire_is_quiet(&c));
    ck_assert_int_le(sim_server_next(w.server), w.now + CLOCK_MS);
    pass(CLOCK_MS);
    wire_expect_accounts(&c, 2);
    wire_expect_accounts(&c, 3);
    end(&c);
}
END_TEST

/* Messages. */

START_TEST(lose_leaves_out_the_next_messages)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'lose','count':3}\n");
    pass(CLOCK_SECOND);
    wire_ask_accounts(&c, 1);
    wire_ask_accounts(&c, 2);
    wire_expect_account(&c, 2, "120005");
    end(&c);
}
END_TEST

START_TEST(lose_of_a_type_leaves_only_that_one_out)
{
    struct wire c;
    union dtc_message m;
    begin(&c, _i, "{'at':1,'do':'lose','count':1,'type':401}\n");
    pass(CLOCK_SECOND);
    wire_subscribe(&c, WIRE_MES, 2); /* a snapshot comes all the same */
    wire_ask_accounts(&c, 1);
    while (wire_next(&c, &m) != DTC_TRADE_ACCOUNT_RESPONSE)
        continue;
    ck_assert_str_eq(m.trade_account_response.TradeAccount, "120005");
    end(&c);
}
END_TEST

START_TEST(duplicate_sends_the_next_messages_twice)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'duplicate','count':1}\n");
    pass(CLOCK_SECOND);
    wire_ask_accounts(&c, 1);
    wire_expect_account(&c, 1, "Sim1");
    wire_expect_account(&c, 1, "Sim1");
    wire_expect_account(&c, 1, "120005");
    end(&c);
}
END_TEST

START_TEST(reorder_turns_the_next_messages_round)
{
    struct wire c;
    begin(&c, _i, "{'at':1,'do':'reorder','count':3}\n");
    pass(CLOCK_SECOND);
    wire_ask_accounts(&c, 1);
    ck_assert(wire_is_quiet(&c));
    wire_ask_accounts(&c, 2);
    wire_expect_account(&c, 2, "Sim1");
    wire_expect_account(&c, 1, "120005");
    wire_expect_account(&c, 1, "Sim1");
    wire_expect_account(&c, 2, "120005");
    end(&c);
}
END_TEST

START_TEST(truncate_sends_half_a_message_and_ends)
{
    char expected[DTC_ENCODED_MAX];
    struct wire c;
    union dtc_message m;
    begin(&c, _i, "{'at':1,'do':'truncate'}\n");
    pass(CLOCK_SECOND);
    first_account(&m, 1);
    size_t half = encode(&c, &m, expected) / 2;
    wire_ask_accounts(&c, 1);
    wire_await(&c, half + 1);
    ck_assert(c.has_ended);
    ck_assert_uint_eq(wire_has(&c), half);
    ck_assert_mem_eq(wire_bytes(&c), expected, half);
    end(&c);
}
END_TEST

START_TEST(garbage_stands_between_two_messages_and_is_the_same_each_time)
{
    char seen[2][32];
    for (int i = 0; i < 2; i++) {
        struct wire c;
        begin(&c, _i, "{'at':1,'do':'garbage','bytes':32}\n");
        pass(CLOCK_SECOND);
        wire_await(&c, 32);
        ck_assert_uint_eq(wire_has(&c), 32);
        memcpy(seen[i], wire_bytes(&c), 32);
        wire_drop(&c, 32);
        wire_ask_accounts(&c, 1);
        wire_expect_accounts(&c, 1);
        end(&c);
    }
    ck_assert_mem_eq(seen[0], seen[1], 32);
}
END_TEST

START_TEST(a_wrong_size_is_too_small_or_lacks_the_null_byte)
{
    char expected[DTC_ENCODED_MAX];
    struct wire c;
    union dtc_message m;
    begin(&c, _i, "{'at':1,'do':'wrong-size'}\n");
    pass(CLOCK_SECOND);
    first_account(&m, 1);
    size_t length = encode(&c, &m, expected);
    if (dtc_encoding_get(_i)->is_text)
        length--;
    else
        memcpy(expected, "\2\0", 2);
    wire_ask_accounts(&c, 1);
    wire_await(&c, length);
    ck_assert_mem_eq(wire_bytes(&c), expected, length);
    wire_drop(&c, length);
    wire_expect_account(&c, 1, "120005");
    end(&c);
}
END_TEST

START_TEST(oversized_is_longer_than_any_message_may_be)
{
    struct wire c;
    bool is_text = dtc_encoding_get(_i)->is_text;
    size_t length = is_text ? 2 << 20 : 1000;
    begin(&c, _i, "{'at':1,'do':'oversized'}\n");
    pass(CLOCK_SECOND);
    wire_await(&c, length);
    ck_assert_uint_eq(wire_has(&c), length);
    wire_ask_accounts(&c, 1);
    if (is_text) {
        ck_assert_mem_eq(wire_bytes(&c), "{\"Type\":701,", 12);
        ck_assert_ptr_eq(memchr(wire_bytes(&c), '\0', length), wire_bytes(&c) + length - 1);
        wire_drop(&c, length);
        c.framing.scanned = 0;
        wire_expect_accounts(&c, 1);
    } else {
        ck_assert_mem_eq(wire_bytes(&c), "\xFF\xFF", 2);
        wire_drop(&c, length);
        pass(60 * CLOCK_SECOND);
        ck_assert(wire_is_quiet(&c));
    }
    end(&c);
}
END_TEST

START_TEST(wrong_encoding_is_that_of_one_message)
{
    char expected[DTC_ENCODED_MAX];
    struct wire c;
    union dtc_message m;
    begin(&c, _i, "{'at':1,'do':'wrong-encoding'}\n");
    pass(CLOCK_SECOND);
    first_account(&m, 1);
    c.encoding = dtc_encoding_get(_i)->is_text ? DTC_BINARY_ENCODING : DTC_JSON_ENCODING;
    size_t length = encode(&c, &m, expected);
    c.encoding = _i;
    wire_ask_accounts(&c, 1);
    wire_await(&c, length);
    ck_assert_mem_eq(wire_bytes(&c), expected, length);
    wire_drop(&c, length);
    wire_expect_account(&c, 1, "120005");
    end(&c);
}
END_TEST

START_TEST(logoff_says_why_and_whether_to_come_back)
{
    struct wire c;
    union dtc_message m;
    begin(&c, _i,
          "{'at':1,'do':'logoff'}\n"
          "{'at':2,'do':'logoff','reason':'Closed for good','final':true}\n");
    pass(CLOCK_SECOND);
    wire_expect(&c, &m, DTC_LOGOFF);
    ck_assert_str_eq(m.logoff.Reason, "");
    ck_assert_int_eq(m.logoff.DoNotReconnect, 0);
    wire_expect_end(&c);
    wire_close(&c);
    wire_open(&c, _i);
    pass(CLOCK_SECOND);
    wire_expect(&c, &m, DTC_LOGOFF);
    ck_assert_str_eq(m.logoff.Reason, "Closed for good");
    ck_assert_int_eq(m.logoff.DoNotReconnect, 1);
    wire_expect_end(&c);
    end(&c);
}
END_TEST

/* Market, orders, terms. */

#define SYMBOL "'symbol':'" WIRE_MES "'"
#define LIVE "'account':'120005'," SYMBOL

static void expect_order(struct wire *c, union dtc_message *m, const char *id, int reason)
{
    wire_expect(c, m, DTC_ORDER_UPDATE);
    ck_assert_str_eq(m->order_update.ClientOrderID, id);
    ck_assert_int_eq(m->order_update.OrderUpdateReason, reason);
}

/* What follows a fill. */
static void expect_position(struct wire *c, double quantity)
{
    union dtc_message m;
    wire_expect(c, &m, DTC_POSITION_UPDATE);
    ck_assert_double_eq(m.position_update.Quantity, quantity);
    wire_expect(c, &m, DTC_ACCOUNT_BALANCE_UPDATE);
}

START_TEST(orders_are_filled_at_the_prices_that_the_scenario_makes)
{
    struct wire c;
    union dtc_message m;
    begin(&c, DTC_BINARY_ENCODING,
          "{'at':0,'do':'freeze','for':100}\n"
          "{'at':1,'do':'price'," SYMBOL ",'price':5000}\n"
          "{'at':1,'do':'order'," LIVE ",'side':'buy','type':'market','quantity':2,'id':'m'}\n"
          "{'at':2,'do':'bracket'," LIVE ",'side':'sell','type':'limit','price':5010,"
          "'quantity':1,'id':'b','stop':5,'target':8}\n"
          "{'at':3,'do':'order'," LIVE ",'side':'sell','type':'stop','price':4990,'quantity':1,"
          "'id':'s'}\n"
          "{'at':4,'do':'replace','id':'s','price':4995}\n"
          "{'at':5,'do':'cancel','id':'b'}\n"
          "{'at':6,'do':'trade'," SYMBOL ",'price':4995,'volume':1}\n"
          "{'at':7,'do':'flatten','account':'120005'}\n");
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "m", DTC_NEW_ORDER_ACCEPTED);
    expect_order(&c, &m, "m", DTC_ORDER_FILLED);
    ck_assert_double_eq(m.order_update.LastFillPrice, 5000.25); /* one tick above the bid */
    expect_position(&c, 2);
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "b", DTC_NEW_ORDER_ACCEPTED);
    expect_order(&c, &m, "b-t", DTC_NEW_ORDER_ACCEPTED);
    ck_assert_double_eq(m.order_update.Price1, 5002); /* 8 below */
    expect_order(&c, &m, "b-s", DTC_NEW_ORDER_ACCEPTED);
    ck_assert_double_eq(m.order_update.Price1, 5015); /* 5 above */
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "s", DTC_NEW_ORDER_ACCEPTED);
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "s", DTC_ORDER_CANCEL_REPLACE_COMPLETE);
    ck_assert_double_eq(m.order_update.Price1, 4995);
    ck_assert_double_eq(m.order_update.OrderQuantity, 1);
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "b", DTC_ORDER_CANCELED);
    expect_order(&c, &m, "b-t", DTC_ORDER_CANCELED);
    expect_order(&c, &m, "b-s", DTC_ORDER_CANCELED);
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "s", DTC_ORDER_FILLED);
    expect_position(&c, 1);
    pass(CLOCK_SECOND);
    wire_expect(&c, &m, DTC_ORDER_UPDATE);
    ck_assert_int_eq(m.order_update.OrderUpdateReason, DTC_NEW_ORDER_ACCEPTED);
    wire_expect(&c, &m, DTC_ORDER_UPDATE);
    ck_assert_int_eq(m.order_update.OrderUpdateReason, DTC_ORDER_FILLED);
    expect_position(&c, 0);
    ck_assert_uint_eq(sim_exchange_fill_count(sim_world_exchange(sim_server_world(w.server))), 3);
    end(&c);
}
END_TEST

START_TEST(sierra_tells_of_sim_fills_and_of_no_positions_but_stray_zeros)
{
    struct wire c;
    union dtc_message m;
    begin(&c, DTC_BINARY_ENCODING,
          "{'at':1,'do':'sierra','on':true}\n"
          "{'at':1,'do':'order','account':'Sim1'," SYMBOL
          ",'side':'buy','type':'market','quantity':2,'id':'m'}\n"
          "{'at':2,'do':'sierra','on':false}\n"
          "{'at':2,'do':'order','account':'Sim1'," SYMBOL
          ",'side':'buy','type':'market','quantity':1,'id':'n'}\n");
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "m", DTC_NEW_ORDER_ACCEPTED);
    expect_order(&c, &m, "m", DTC_ORDER_FILLED);
    wire_expect(&c, &m, DTC_POSITION_UPDATE);
    ck_assert_double_eq(m.position_update.Quantity, 0);
    ck_assert(wire_is_quiet(&c)); /* no balance */
    pass(CLOCK_SECOND);
    expect_order(&c, &m, "n", DTC_NEW_ORDER_ACCEPTED);
    expect_order(&c, &m, "n", DTC_ORDER_FILLED);
    expect_position(&c, 3);
    end(&c);
}
END_TEST

START_TEST(histories_are_refused_while_the_scenario_says_so)
{
    struct wire c;
    union dtc_message m, fills, prices;
    begin(&c, DTC_BINARY_ENCODING,
          "{'at':1,'do':'refuse-fill-history','on':true}\n"
          "{'at':1,'do':'refuse-price-history','on':true}\n"
          "{'at':2,'do':'refuse-fill-history','on':false}\n");
    dtc_message_init(&fills, DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    dtc_text_set(fills.historical_order_fills_request.TradeAccount,
                 sizeof fills.historical_order_fills_request.TradeAccount, "Sim1");
    dtc_message_init(&prices, DTC_HISTORICAL_PRICE_DATA_REQUEST);
    dtc_text_set(prices.historical_price_data_request.Symbol,
                 sizeof prices.historical_price_data_request.Symbol, WIRE_MES);
    pass(CLOCK_SECOND);
    wire_send(&c, &fills);
    wire_expect(&c, &m, DTC_HISTORICAL_ORDER_FILLS_REJECT);
    wire_send(&c, &prices);
    wire_expect(&c, &m, DTC_HISTORICAL_PRICE_DATA_REJECT);
    pass(CLOCK_SECOND);
    wire_send(&c, &fills);
    wire_expect(&c, &m, DTC_HISTORICAL_ORDER_FILL_RESPONSE);
    end(&c);
}
END_TEST

START_TEST(speed_makes_everything_of_a_scenario_faster)
{
    struct wire c;
    union dtc_message m;
    struct error error = {0};
    start((struct sim_server_options){0}, NULL);
    stop();
    memset(&w.scenario, 0, sizeof w.scenario);
    ck_assert(sim_scenario_add(&w.scenario, "{\"at\":100,\"do\":\"delay\",\"for\":50,\"by\":20}", 1,
                               &error));
    struct sim_server_options options = {
        .seed = 1, .speed = 10, .idle_exit = -1, .scenario = &w.scenario};
    w.server = sim_server_new(&options, w.now, WIRE_WALL, &error);
    ck_assert_ptr_nonnull(w.server);
    wire_open(&c, DTC_BINARY_ENCODING);
    pass(10 * CLOCK_SECOND - 1);
    wire_ask_accounts(&c, 1);
    wire_expect_accounts(&c, 1);
    pass(1);
    ask(&c, 2);
    pass(2 * CLOCK_SECOND - 1);
    ck_assert(wire_is_quiet(&c));
    pass(32 * CLOCK_MS);
    wire_expect(&c, &m, DTC_HEARTBEAT); /* due at 10 s of real time, and delayed as well */
    wire_expect_accounts(&c, 2);
    end(&c);
}
END_TEST

/* Rates. */

START_TEST(a_hundred_thousand_messages_a_second_come_as_time_passes)
{
    struct wire c;
    union dtc_message m;
    struct sim_server_options options = {.rate = 100000};
    int count = 0;
    start(options, NULL);
    wire_open(&c, DTC_BINARY_ENCODING);
    wire_subscribe(&c, WIRE_MES, 2);
    for (int i = 0; i < 500; i++) {
        int64_t next = sim_server_next(w.server);
        ck_assert_int_le(next, w.now + 11); /* one every 10 us */
        pass(CLOCK_MS);
        wire_await(&c, 100 * sizeof m.market_data_update_trade / 2);
        while (wire_has(&c) >= 4) {
            ck_assert_int_ge(wire_next(&c, &m), DTC_MARKET_DATA_UPDATE_TRADE);
            count++;
        }
        ck_assert_int_eq(count, 100 * (i + 1));
    }
    end(&c);
}
END_TEST

START_TEST(the_greatest_rate_keeps_the_pipe_full)
{
    struct wire c;
    size_t total = 0;
    start((struct sim_server_options){.rate = -1}, NULL);
    wire_open(&c, _i);
    wire_subscribe(&c, WIRE_MES, 2);
    for (int i = 0; i < 100; i++) {
        const char *frame;
        size_t length;
        wire_await(&c, 64 << 10); /* in one round, the clock standing still */
        total += wire_has(&c);
        while (dtc_framing_next(&c.framing, &frame, &length, NULL) == 1) {
            union dtc_message m;
            int type = dtc_encoding_get(_i)->decode(frame, length, &m, NULL);
            ck_assert(type == DTC_MARKET_DATA_UPDATE_TRADE ||
                      type == DTC_MARKET_DATA_UPDATE_BID_ASK);
            if (type == DTC_MARKET_DATA_UPDATE_TRADE)
                ck_assert_uint_eq(m.market_data_update_trade.SymbolID, 2);
        }
        total -= wire_has(&c);
    }
    ck_assert_uint_gt(total, 100 * (32 << 10));
    end(&c);
}
END_TEST

START_TEST(a_fault_befalls_the_greatest_rate_too)
{
    struct wire c;
    union dtc_message m;
    start((struct sim_server_options){.rate = -1}, "{'at':1,'do':'truncate'}\n");
    wire_open(&c, DTC_BINARY_ENCODING);
    wire_subscribe(&c, WIRE_MES, 2);
    pass(CLOCK_SECOND);
    while (!c.has_ended) {
        wire_await(&c, wire_has(&c) + 1);
        while (wire_has(&c) >= sizeof m.market_data_update_trade && wire_next(&c, &m) > 0)
            continue;
    }
    ck_assert_uint_gt(wire_has(&c), 0); /* half a message */
    end(&c);
}
END_TEST

START_TEST(the_server_says_when_it_wants_to_be_called_again)
{
    struct wire c;
    start((struct sim_server_options){0}, "{'at':0,'do':'freeze','for':1000}\n"
                                          "{'at':3,'do':'drop'}\n");
    wire_open(&c, DTC_BINARY_ENCODING);
    ck_assert_int_eq(sim_server_next(w.server), w.now + 3 * CLOCK_SECOND);
    pass(3 * CLOCK_SECOND);
    wire_expect_end(&c);
    wire_close(&c);
    wire_open(&c, DTC_BINARY_ENCODING);
    ck_assert_int_le(sim_server_next(w.server), w.now + 10 * CLOCK_SECOND); /* heartbeat */
    pass(10 * CLOCK_SECOND);
    wire_await(&c, 16);
    ck_assert_uint_eq(wire_has(&c), 16);
    end(&c);
}
END_TEST

/* All that a client hears of a minute with bots, orders of a scenario and faults; freed by the
 * caller. */
static char *hear_a_minute(int encoding, uint64_t seed, size_t *length)
{
    struct wire c;
    start((struct sim_server_options){.bots = true, .seed = seed},
          "{'at':10,'do':'order','account':'120005','symbol':'" WIRE_MES
          "','side':'buy','type':'market','quantity':2,'id':'A'}\n"
          "{'at':20,'do':'garbage','bytes':300}\n"
          "{'at':30,'do':'reorder','count':9}\n"
          "{'at':40,'do':'wrong-encoding'}\n");
    wire_open(&c, encoding);
    wire_subscribe(&c, WIRE_MES, 2);
    for (int i = 0; i < 600; i++) {
        int64_t now = w.now;
        pass(CLOCK_SECOND / 10);
        ck_assert_int_eq(w.now, now + CLOCK_SECOND / 10);
        wire_read(&c);
    }
    stop();
    for (struct pollfd p = {.fd = c.socket, .events = POLLIN}; !c.has_ended; wire_read(&c))
        ck_assert_int_ge(poll(&p, 1, WIRE_PATIENCE / CLOCK_MS), 1);
    *length = wire_has(&c);
    char *heard = malloc(*length);
    ck_assert_ptr_nonnull(heard);
    memcpy(heard, wire_bytes(&c), *length);
    wire_close(&c);
    return heard;
}

START_TEST(the_same_seed_at_the_same_times_gives_the_same_bytes)
{
    size_t lengths[3];
    char *heard[] = {hear_a_minute(_i, 7, &lengths[0]), hear_a_minute(_i, 7, &lengths[1]),
                     hear_a_minute(_i, 8, &lengths[2])};
    ck_assert_uint_gt(lengths[0], 10000);
    ck_assert_uint_eq(lengths[0], lengths[1]);
    ck_assert_mem_eq(heard[0], heard[1], lengths[0]);
    ck_assert(lengths[0] != lengths[2] || memcmp(heard[0], heard[2], lengths[0]) != 0);
    for (size_t i = 0; i < 3; i++)
        free(heard[i]);
}
END_TEST

#define ADD(test) tcase_add_loop_test(t, test, 0, DTC_ENCODINGS)

static Suite *suite(void)
{
    Suite *s = suite_create("sim scenario");
    TCase *t = tcase_create("faults in each encoding");
    tcase_set_timeout(t, 60);
    ADD(drop_cuts_the_connections_and_new_ones_are_taken);
    ADD(refuse_turns_connections_away_for_its_time);
    ADD(stall_neither_reads_nor_writes_for_its_time);
    ADD(half_open_connections_hear_nothing_and_new_ones_work);
    ADD(silent_leaves_heartbeats_and_market_data_out);
    ADD(delay_keeps_everything_back_and_in_order);
    ADD(split_sends_bytes_one_by_one_and_not_many_at_a_time);
    ADD(join_sends_all_that_has_come_together_at_once);
    ADD(lose_leaves_out_the_next_messages);
    ADD(lose_of_a_type_leaves_only_that_one_out);
    ADD(duplicate_sends_the_next_messages_twice);
    ADD(reorder_turns_the_next_messages_round);
    ADD(truncate_sends_half_a_message_and_ends);
    ADD(garbage_stands_between_two_messages_and_is_the_same_each_time);
    ADD(a_wrong_size_is_too_small_or_lacks_the_null_byte);
    ADD(oversized_is_longer_than_any_message_may_be);
    ADD(wrong_encoding_is_that_of_one_message);
    ADD(logoff_says_why_and_whether_to_come_back);
    ADD(the_same_seed_at_the_same_times_gives_the_same_bytes);
    suite_add_tcase(s, t);

    t = tcase_create("market, orders, terms");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, orders_are_filled_at_the_prices_that_the_scenario_makes);
    tcase_add_test(t, sierra_tells_of_sim_fills_and_of_no_positions_but_stray_zeros);
    tcase_add_test(t, histories_are_refused_while_the_scenario_says_so);
    tcase_add_test(t, speed_makes_everything_of_a_scenario_faster);
    suite_add_tcase(s, t);

    t = tcase_create("rates and times");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_hundred_thousand_messages_a_second_come_as_time_passes);
    ADD(the_greatest_rate_keeps_the_pipe_full);
    tcase_add_test(t, a_fault_befalls_the_greatest_rate_too);
    tcase_add_test(t, the_server_says_when_it_wants_to_be_called_again);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
