#include "state/state.h"

#include "base/clock.h"
#include "base/text.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static struct state *state;
static struct snapshot now;
static struct change change;
static const struct account_key SIM = {MODE_SIM, "Sim1"};
static const struct account_key LIVE = {MODE_LIVE, "120005"};

static void setup(void)
{
    struct state_options options = {.sim_start_balance = 10000 * MONEY_ONE};
    state = state_new(&options, 1);
    int symbol = state_add_symbol(state, "MESZ26_FUT_CME");
    struct instrument i;
    ck_assert(state_get_instrument(state, symbol, &i));
    i.tick = 0.25;
    i.point_value = 5;
    state_put_instrument(state, symbol, &i);
}

static void teardown(void)
{
    state_free(state);
}

static struct fill make_fill(const struct account_key *key, enum side side, double quantity,
                             double price, const char *id)
{
    struct fill f = {
        .key = *key, .side = side, .quantity = quantity, .price = price, .time = CLOCK_SECOND};
    text_copy(f.symbol, sizeof f.symbol, "MESZ26_FUT_CME");
    text_copy(f.execution_id, sizeof f.execution_id, id);
    text_copy(f.order_id, sizeof f.order_id, "77");
    return f;
}

static enum fill_result apply(const struct account_key *key, enum side side, double quantity,
                              double price, const char *id)
{
    struct fill f = make_fill(key, side, quantity, price, id);
    return state_apply_fill(state, &f, ORIGIN_LIVE, "fill", CLOCK_SECOND, &change);
}

static struct order make_order(const char *id, enum order_type type, enum side side, double price)
{
    struct order o = {.key = SIM,
                      .type = type,
                      .status = STATUS_OPEN,
                      .side = side,
                      .price1 = price,
                      .price2 = PRICE_UNSET,
                      .quantity = 2,
                      .filled = 0,
                      .average_price = PRICE_UNSET,
                      .received_at = 5};
    text_copy(o.symbol, sizeof o.symbol, "MESZ26_FUT_CME");
    text_copy(o.server_id, sizeof o.server_id, id);
    text_copy(o.client_id, sizeof o.client_id, "mine");
    return o;
}

START_TEST(a_fill_is_applied_once)
{
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 2, 5000, "a"), FILL_APPLIED);
    ck_assert_int_eq(change.kind, CHANGE_OPEN);
    ck_assert_uint_eq(change.sequence, 1);
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 2, 5000, "a"), FILL_KNOWN);
    state_copy(state, &now);
    ck_assert_uint_eq(now.position_count, 1);
    ck_assert_double_eq(now.positions[0].quantity, 2);
    ck_assert_uint_eq(now.changes_issued, 1);
}
END_TEST

START_TEST(the_same_execution_id_in_another_account_is_another_fill)
{
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 1, 5000, "a"), FILL_APPLIED);
    ck_assert_int_eq(apply(&LIVE, SIDE_SHORT, 1, 5000, "a"), FILL_APPLIED);
    state_copy(state, &now);
    ck_assert_uint_eq(now.position_count, 2);
}
END_TEST

START_TEST(a_fill_that_is_none_is_refused)
{
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 0, 5000, "a"), FILL_REFUSED);
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 1, NAN, "a"), FILL_REFUSED);
    ck_assert_int_eq(apply(&SIM, SIDE_NONE, 1, 5000, "a"), FILL_REFUSED);
    state_copy(state, &now);
    ck_assert_uint_eq(now.position_count, 0);
}
END_TEST

START_TEST(a_close_books_trade_ledger_and_statistics)
{
    apply(&SIM, SIDE_SHORT, 2, 5010, "a");
    apply(&SIM, SIDE_LONG, 2, 5004, "b");
    ck_assert_int_eq(change.kind, CHANGE_CLOSE);
    ck_assert(change.has_trade && change.has_balance && change.has_fill);
    ck_assert_int_eq(change.trade.realized_pnl, 60 * MONEY_ONE); /* 6 points × 2 × 5.00 */
    ck_assert_int_eq(change.balance.cash, 10060 * MONEY_ONE);
    state_set_view(state, &SIM, false, "fill", 2 * CLOCK_SECOND);
    state_advance(state, 2 * CLOCK_SECOND);
    state_copy(state, &now);
    ck_assert_uint_eq(now.position_count, 0);
    ck_assert_uint_eq(now.statistics[TIMEFRAME_LIVE].trades, 1);
    ck_assert_int_eq(now.statistics[TIMEFRAME_ALL].total, 60 * MONEY_ONE);
    state_advance(state, 2 * CLOCK_HOUR); /* the hour has passed: the window has slid by itself */
    state_copy(state, &now);
    ck_assert_uint_eq(now.statistics[TIMEFRAME_LIVE].trades, 0);
    ck_assert_uint_eq(now.statistics[TIMEFRAME_1D].trades, 1);
}
END_TEST

START_TEST(a_reversal_is_one_change)
{
    apply(&SIM, SIDE_LONG, 1, 5000, "a");
    apply(&SIM, SIDE_SHORT, 3, 5002, "b");
    ck_assert_int_eq(change.kind, CHANGE_REVERSE);
    ck_assert(change.has_trade);
    ck_assert_int_eq(change.trade.realized_pnl, 10 * MONEY_ONE);
    ck_assert_double_eq(change.after.quantity, -2);
    ck_assert_double_eq(change.after.entry_price, 5002);
}
END_TEST

START_TEST(prices_move_the_extremes_which_are_taken_once)
{
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    state_apply_trade(state, 0, 4998, 1, AGGRESSOR_NONE, 2 * CLOCK_SECOND, 2 * CLOCK_SECOND);
    state_apply_trade(state, 0, 5003, 1, AGGRESSOR_NONE, 3 * CLOCK_SECOND, 3 * CLOCK_SECOND);
    state_settle(state, 0);
    ck_assert(state_take_extremes(state, 4 * CLOCK_SECOND, &change));
    ck_assert_int_eq(change.kind, CHANGE_EXTREMES);
    ck_assert_int_eq(change.after.mae, -20 * MONEY_ONE);
    ck_assert_int_eq(change.after.mfe, 30 * MONEY_ONE);
    ck_assert(!state_take_extremes(state, 4 * CLOCK_SECOND, &change));
}
END_TEST

START_TEST(prices_that_are_held_count_for_what_is_held_in_the_end)
{
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    state_hold_prices(state, &SIM, true);
    state_apply_trade(state, 0, 4998, 1, AGGRESSOR_NONE, 2 * CLOCK_SECOND, 2 * CLOCK_SECOND);
    state_apply_trade(state, 0, 5003, 1, AGGRESSOR_NONE, 3 * CLOCK_SECOND, 3 * CLOCK_SECOND);
    state_settle(state, 0);
    state_copy(state, &now);
    ck_assert_int_eq(now.positions[0].open_pnl, 30 * MONEY_ONE);
    ck_assert_int_eq(now.positions[0].mae, 0);
    ck_assert_int_eq(now.positions[0].mfe, 0);
    apply(&SIM, SIDE_SHORT, 1, 5000, "b"); /* as of before those prices */
    ck_assert_int_eq(change.after.mfe, 0);
    state_hold_prices(state, &SIM, false);
    state_copy(state, &now);
    ck_assert_int_eq(now.positions[0].mae, -10 * MONEY_ONE);
    ck_assert_int_eq(now.positions[0].mfe, 15 * MONEY_ONE);
    ck_assert_double_eq(now.positions[0].max_price, 5003);
    ck_assert(state_take_extremes(state, 4 * CLOCK_SECOND, &change));

    state_hold_prices(state, &SIM, true);
    state_apply_trade(state, 0, 4000, 1, AGGRESSOR_NONE, 5 * CLOCK_SECOND, 5 * CLOCK_SECOND);
    state_settle(state, 0);
    apply(&SIM, SIDE_SHORT, 1, 5000, "c"); /* none of a position that is closed */
    ck_assert(change.has_trade);
    ck_assert_int_eq(change.trade.mae, -10 * MONEY_ONE);
    state_hold_prices(state, &SIM, false);
}
END_TEST

START_TEST(a_price_from_before_the_entry_is_not_of_the_position)
{
    struct fill f = make_fill(&SIM, SIDE_LONG, 1, 5000, "a");
    f.time = 100 * CLOCK_SECOND;
    state_apply_fill(state, &f, ORIGIN_LIVE, "fill", 100 * CLOCK_SECOND, &change);
    state_apply_trade(state, 0, 4000, 1, AGGRESSOR_NONE, 90 * CLOCK_SECOND, 101 * CLOCK_SECOND);
    state_settle(state, 0);
    state_copy(state, &now);
    ck_assert_int_eq(now.positions[0].mae, 0);
    ck_assert_double_eq(now.positions[0].min_price, 5000);
}
END_TEST

/* Two states, one that settles each price and one that settles them in batches. */
START_TEST(positions_come_out_of_a_batch_of_prices_as_of_each_price_in_turn)
{
    struct state *each = state, *batched;
    struct snapshot a, b;
    setup();
    batched = state;
    uint32_t seed = 12345;
    for (int round = 0; round < 200; round++) {
        struct fill f = make_fill(&SIM, seed >> 16 & 1 ? SIDE_LONG : SIDE_SHORT, 1 + round % 3,
                                  5000 + 0.25 * (seed >> 20 & 31), "");
        text_format(f.execution_id, sizeof f.execution_id, "E%d", round);
        int64_t time = round * CLOCK_SECOND;
        f.time = time;
        ck_assert_int_eq(state_apply_fill(each, &f, ORIGIN_LIVE, "", time, &change), FILL_APPLIED);
        ck_assert_int_eq(state_apply_fill(batched, &f, ORIGIN_LIVE, "", time, &change),
                         FILL_APPLIED);
        for (int i = 0; i < 40; i++) {
            seed = seed * 1664525 + 1013904223;
            double price = 5000 + 0.25 * (seed >> 24 & 63);
            int64_t at = time + i / 8 * 100 * CLOCK_MS; /* batches of 8, and later ones */
            state_apply_trade(each, 0, price, 1, AGGRESSOR_AT_ASK, at, at);
            state_settle(each, 0);
            state_apply_trade(batched, 0, price, 1, AGGRESSOR_AT_ASK, at, at);
        }
        state_settle(batched, 0);
        state_copy(each, &a);
        state_copy(batched, &b);
        ck_assert_uint_eq(a.position_count, b.position_count);
        ck_assert_mem_eq(a.positions, b.positions, sizeof a.positions);
        ck_assert_mem_eq(a.markets, b.markets, sizeof a.markets);
    }
    state_free(batched);
    state = each;
}
END_TEST

static void see_price(double price, int64_t at)
{
    state_apply_trade(state, 0, price, 1, AGGRESSOR_NONE, at, at);
    state_settle(state, 0);
}

START_TEST(the_context_of_the_past_is_not_that_of_now)
{
    apply(&SIM, SIDE_LONG, 1, 5000, "a");
    see_price(5004, CLOCK_HOUR);
    struct fill f = make_fill(&SIM, SIDE_LONG, 1, 5000, "b");
    text_copy(f.symbol, sizeof f.symbol, "MESZ26_FUT_CME");
    f.key.account[0] = 'X'; /* another position */
    f.time = CLOCK_HOUR - 30 * CLOCK_SECOND;
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "", CLOCK_HOUR, &change),
                     FILL_APPLIED);
    ck_assert_double_eq(change.after.entry_context.vwap, 5004);
    f.key.account[0] = 'Y';
    f.time = CLOCK_HOUR - 61 * CLOCK_SECOND;
    text_copy(f.execution_id, sizeof f.execution_id, "c");
    ck_assert_int_eq(state_apply_fill(state, &f, ORIGIN_LIVE, "", CLOCK_HOUR, &change),
                     FILL_APPLIED);
    ck_assert(!price_is_set(change.after.entry_context.vwap));
}
END_TEST

/* Otherwise a position that was watched for days without a new extreme would be a stale one. */
START_TEST(a_price_a_minute_is_stored_although_it_is_no_extreme)
{
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    see_price(5004, 2 * CLOCK_SECOND);
    ck_assert(state_take_extremes(state, 2 * CLOCK_SECOND, &change));
    see_price(5001, 61 * CLOCK_SECOND);
    ck_assert(!state_take_extremes(state, 61 * CLOCK_SECOND, &change));
    see_price(5002, 62 * CLOCK_SECOND);
    ck_assert(state_take_extremes(state, 70 * CLOCK_SECOND, &change));
    ck_assert_int_eq(change.after.updated_at, 62 * CLOCK_SECOND); /* it was seen then, not later */
    ck_assert(!state_take_extremes(state, 600 * CLOCK_SECOND, &change));
}
END_TEST

START_TEST(a_restored_position_is_not_stored_before_a_price_came)
{
    struct position p;
    position_init(&p, &SIM, "MESZ26_FUT_CME");
    p.quantity = 1;
    p.entry_price = p.min_price = p.max_price = 5000;
    p.updated_at = 1000 * CLOCK_SECOND;
    state_restore_position(state, &p, false);
    ck_assert(!state_take_extremes(state, 9000 * CLOCK_SECOND, &change));
}
END_TEST

START_TEST(a_price_a_minute_is_stored_by_a_clock_that_was_set_back_too)
{
    int64_t before = 50 * CLOCK_HOUR, after = CLOCK_HOUR;
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    see_price(5004, before);
    ck_assert(state_take_extremes(state, before, &change));
    see_price(5002, after);
    ck_assert(!state_take_extremes(state, after, &change));
    see_price(5003, after + CLOCK_MINUTE);
    ck_assert(state_take_extremes(state, after + CLOCK_MINUTE, &change));
    ck_assert_int_eq(change.after.updated_at, after + CLOCK_MINUTE);
    ck_assert(!state_take_extremes(state, after + CLOCK_MINUTE, &change));
}
END_TEST

/* The clock was ahead at the start, by which the position was stale, and is set right. */
START_TEST(the_extremes_of_a_position_of_the_future_are_taken_once)
{
    struct position p;
    position_init(&p, &SIM, "MESZ26_FUT_CME");
    p.quantity = 1;
    p.entry_price = p.min_price = p.max_price = 5000;
    p.updated_at = 50 * CLOCK_HOUR;
    state_restore_position(state, &p, true);
    see_price(5004, CLOCK_HOUR);
    ck_assert(state_take_extremes(state, CLOCK_HOUR, &change));
    ck_assert_int_eq(change.after.updated_at, 50 * CLOCK_HOUR);
    ck_assert(!state_take_extremes(state, CLOCK_HOUR, &change));
}
END_TEST

START_TEST(stop_and_target_follow_the_orders)
{
    double known;
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    struct order stop = make_order("s", ORDER_STOP, SIDE_SHORT, 4996);
    struct order target = make_order("t", ORDER_LIMIT, SIDE_SHORT, 5006);
    ck_assert(state_apply_order(state, &stop, "", 10, &change, &known));
    ck_assert(state_apply_order(state, &target, "", 10, &change, &known));
    ck_assert(state_follow_bracket(state, &SIM, "MESZ26_FUT_CME", 10, &change));
    ck_assert_int_eq(change.kind, CHANGE_BRACKET);
    ck_assert_double_eq(change.after.stop_price, 4996);
    ck_assert_double_eq(change.after.target_price, 5006);
    ck_assert(!state_follow_bracket(state, &SIM, "MESZ26_FUT_CME", 11, &change));
    stop.price1 = 4999;
    state_apply_order(state, &stop, "", 12, &change, &known);
    ck_assert(state_follow_bracket(state, &SIM, "MESZ26_FUT_CME", 12, &change));
    ck_assert_double_eq(change.after.stop_price, 4999);
    ck_assert_double_eq(change.after.initial_stop_price, 4996);
    target.status = STATUS_CANCELLED;
    state_apply_order(state, &target, "", 13, &change, &known);
    ck_assert(state_follow_bracket(state, &SIM, "MESZ26_FUT_CME", 13, &change));
    ck_assert(!price_is_set(change.after.target_price));
}
END_TEST

START_TEST(of_several_stops_the_one_nearest_to_the_price_counts)
{
    double known;
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    struct order far = make_order("s1", ORDER_STOP, SIDE_SHORT, 4990);
    struct order near = make_order("s2", ORDER_STOP, SIDE_SHORT, 4998);
    state_apply_order(state, &far, "", 10, &change, &known);
    state_apply_order(state, &near, "", 10, &change, &known);
    ck_assert(state_follow_bracket(state, &SIM, "MESZ26_FUT_CME", 10, &change));
    ck_assert_double_eq(change.after.stop_price, 4998);
    ck_assert(!state_take_bracket(state, 11, &change));

    state_apply_trade(state, 0, 4993, 1, AGGRESSOR_NONE, 12, 12); /* 3 from one, 5 from the other */
    state_settle(state, 0);
    ck_assert(state_take_bracket(state, 12, &change));
    ck_assert_int_eq(change.kind, CHANGE_BRACKET);
    ck_assert_double_eq(change.before.stop_price, 4998);
    ck_assert_double_eq(change.after.stop_price, 4990);
    ck_assert_double_eq(change.after.initial_stop_price, 4998);
    ck_assert(!state_take_bracket(state, 13, &change));
}
END_TEST

START_TEST(what_a_later_order_message_leaves_out_stays)
{
    double known;
    struct order o = make_order("1", ORDER_LIMIT, SIDE_LONG, 4990);
    ck_assert(state_apply_order(state, &o, "", 10, &change, &known));
    ck_assert(!state_apply_order(state, &o, "", 11, &change, &known)); /* nothing new: no row */
    struct order bare = {.key = SIM,
                         .status = STATUS_CANCELLED,
                         .price1 = PRICE_UNSET,
                         .price2 = PRICE_UNSET,
                         .quantity = PRICE_UNSET,
                         .filled = PRICE_UNSET,
                         .average_price = PRICE_UNSET};
    text_copy(bare.server_id, sizeof bare.server_id, "2");
    ck_assert(
        state_apply_order(state, &bare, "1", 12, &change, &known)); /* its id has changed as well */
    state_copy(state, &now);
    ck_assert_uint_eq(now.order_count, 1);
    ck_assert_str_eq(now.orders[0].server_id, "2");
    ck_assert_str_eq(now.orders[0].client_id, "mine");
    ck_assert_str_eq(now.orders[0].symbol, "MESZ26_FUT_CME");
    ck_assert_int_eq(now.orders[0].type, ORDER_LIMIT);
    ck_assert_int_eq(now.orders[0].side, SIDE_LONG);
    ck_assert_double_eq(now.orders[0].price1, 4990);
    ck_assert_double_eq(now.orders[0].quantity, 2);
    ck_assert_int_eq(now.orders[0].received_at, 5);
}
END_TEST

START_TEST(the_fills_known_of_an_order_survive_a_new_id)
{
    double known;
    apply(&SIM, SIDE_LONG, 2, 5000, "a"); /* of order 77 */
    struct order o = make_order("78", ORDER_LIMIT, SIDE_LONG, 5000);
    state_apply_order(state, &o, "77", 10, &change, &known);
    ck_assert_double_eq(known, 2);
}
END_TEST

START_TEST(a_full_order_table_forgets_finished_ones_first)
{
    double known;
    for (int i = 0; i < SNAPSHOT_ORDERS; i++) {
        char id[16];
        text_format(id, sizeof id, "%d", i);
        struct order o = make_order(id, ORDER_LIMIT, SIDE_LONG, 1);
        o.status = i == 7 ? STATUS_FILLED : STATUS_OPEN;
        state_apply_order(state, &o, "", 10, &change, &known);
    }
    struct order o = make_order("new", ORDER_LIMIT, SIDE_LONG, 1);
    state_apply_order(state, &o, "", 10, &change, &known);
    state_copy(state, &now);
    ck_assert_uint_eq(now.order_count, SNAPSHOT_ORDERS);
    ck_assert_str_eq(now.orders[7].server_id, "8");
    ck_assert_str_eq(now.orders[SNAPSHOT_ORDERS - 1].server_id, "new");
}
END_TEST

START_TEST(working_orders_that_a_complete_answer_leaves_out_are_gone)
{
    double known;
    struct order a = make_order("a", ORDER_STOP, SIDE_SHORT, 1),
                 b = make_order("b", ORDER_STOP, SIDE_SHORT, 1);
    state_apply_order(state, &a, "", 10, &change, &known);
    state_apply_order(state, &b, "", 10, &change, &known);
    const char told[1][ORDER_ID_SIZE] = {"b"};
    state_retain_orders(state, told, 1, 11);
    state_copy(state, &now);
    ck_assert(!order_is_working(&now.orders[0]));
    ck_assert(order_is_working(&now.orders[1]));
}
END_TEST

START_TEST(a_restored_position_opens_the_recovery_window)
{
    struct position p;
    position_init(&p, &SIM, "MESZ26_FUT_CME");
    p.quantity = -2;
    p.entry_price = p.min_price = p.max_price = 5000;
    p.mae = -5 * MONEY_ONE;
    state_restore_position(state, &p, true);
    state_copy(state, &now);
    ck_assert(now.recovery_open);
    ck_assert_uint_eq(now.recovered_count, 1);
    ck_assert(now.recovered[0].stale);
    ck_assert_int_eq(now.positions[0].origin, ORIGIN_RECOVERED);
    ck_assert_int_eq(now.positions[0].mae, -5 * MONEY_ONE);
    state_set_finding(state, &SIM, "MESZ26_FUT_CME", "confirmed\x1b[2J");
    state_accept_recovery(state);
    state_copy(state, &now);
    ck_assert(!now.recovery_open);
    ck_assert_str_eq(now.recovered[0].finding, "confirmed?[2J");
}
END_TEST

START_TEST(a_known_fill_of_the_database_is_not_applied_again)
{
    struct fill f = make_fill(&SIM, SIDE_LONG, 2, 5000, "a");
    state_restore_fill(state, &f);
    ck_assert_int_eq(apply(&SIM, SIDE_LONG, 2, 5000, "a"), FILL_KNOWN);
}
END_TEST

START_TEST(a_discarded_position_leaves_no_trade)
{
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    ck_assert(state_discard_position(state, &SIM, "MESZ26_FUT_CME", "user", 10, &change));
    ck_assert_int_eq(change.kind, CHANGE_DISCARD);
    ck_assert_double_eq(change.after.quantity, 0);
    ck_assert(!change.has_trade);
    state_copy(state, &now);
    ck_assert_uint_eq(now.position_count, 0);
}
END_TEST

START_TEST(the_servers_entry_price_counts_from_a_tick_on)
{
    apply(&SIM, SIDE_LONG, 2, 5000, "a");
    ck_assert(!state_correct_entry(state, &SIM, "MESZ26_FUT_CME", 5000.25, 10, &change));
    ck_assert(state_correct_entry(state, &SIM, "MESZ26_FUT_CME", 5000.5, 10, &change));
    ck_assert_int_eq(change.kind, CHANGE_RECONCILED);
    ck_assert_double_eq(change.before.entry_price, 5000);
    ck_assert_double_eq(change.after.entry_price, 5000.5);
}
END_TEST

START_TEST(the_ledger_begins_once_and_only_for_sim)
{
    ck_assert(state_add_account(state, &SIM, true, 10, &change));
    ck_assert(change.balance.opens_period);
    ck_assert_int_eq(change.balance.cash, 10000 * MONEY_ONE);
    ck_assert(!state_add_account(state, &SIM, true, 11, &change));
    ck_assert(!state_add_account(state, &LIVE, true, 12, &change));
    ck_assert(!state_add_to_balance(state, &LIVE, MONEY_ONE, 13, &change));
}
END_TEST

START_TEST(equity_keeps_the_newest_point_and_the_balance_before_the_timeframe)
{
    state_set_view(state, &SIM, true, "chosen", 1);
    int64_t day = 100 * CLOCK_DAY;
    state_add_account(state, &SIM, true, day - 2 * CLOCK_DAY, &change);
    for (int i = 1; i <= 1000; i++)
        state_add_to_balance(state, &SIM, MONEY_ONE, day - CLOCK_HOUR + i * CLOCK_SECOND, &change);
    state_advance(state, day);
    state_copy(state, &now);
    const struct equity *e = &now.equity[TIMEFRAME_1D];
    ck_assert_int_eq(e->base, 10000 * MONEY_ONE);
    ck_assert_uint_gt(e->count, SNAPSHOT_EQUITY / 2);
    ck_assert_int_eq(e->points[0].balance, 10001 * MONEY_ONE);
    ck_assert_int_eq(e->points[e->count - 1].balance, 11000 * MONEY_ONE);
    ck_assert_int_eq(now.equity[TIMEFRAME_ALL].base, MONEY_UNSET);
}
END_TEST

static void win(const char *open, const char *close, double price, int64_t time)
{
    struct fill f = make_fill(&SIM, SIDE_LONG, 1, 5000, open);
    f.time = time;
    state_apply_fill(state, &f, ORIGIN_LIVE, "fill", time, &change);
    f = make_fill(&SIM, SIDE_SHORT, 1, price, close);
    f.time = time;
    state_apply_fill(state, &f, ORIGIN_LIVE, "fill", time, &change);
}

START_TEST(a_trade_that_closes_while_the_past_is_read_counts_once_and_behind_it)
{
    const int64_t time = 100 * CLOCK_DAY;
    struct results *results = results_new();
    struct curve *curve = curve_new();
    struct balance ledger = {.key = SIM, .time = time - 5, .cash = 10070 * MONEY_ONE, .ledger = 1};
    state_begin_loading(state);
    state_restore_balance(state, &ledger);
    state_set_view(state, &SIM, true, "chosen", time);
    win("a", "b", 5004, time); /* 20 */
    state_advance(state, time);
    state_copy(state, &now);
    ck_assert(!now.statistics_ready);
    ck_assert_int_eq(now.accounts[0].ledger.cash, 10090 * MONEY_ONE);

    results_add(results, &(struct trade_result){.exit_time = time - 10, .pnl = 100 * MONEY_ONE});
    results_add(results, &(struct trade_result){.exit_time = time - 5, .pnl = -30 * MONEY_ONE});
    curve_add(curve, time - 20, 10000 * MONEY_ONE);
    curve_add(curve, time - 10, 10100 * MONEY_ONE);
    curve_add(curve, time - 5, 10070 * MONEY_ONE);
    state_take_past(state, &SIM, results, curve);
    state_end_loading(state);
    win("c", "d", 5001, time + 1); /* 5 */
    state_advance(state, time + 1);
    state_copy(state, &now);
    ck_assert(now.statistics_ready);
    const struct statistics *all = &now.statistics[TIMEFRAME_ALL];
    ck_assert_uint_eq(all->trades, 4);
    ck_assert_int_eq(all->total, 95 * MONEY_ONE);
    ck_assert_int_eq(all->max_runup, 100 * MONEY_ONE);
    ck_assert_int_eq(all->max_drawdown, 30 * MONEY_ONE);
    ck_assert_uint_eq(all->win_streak, 2);
    const struct equity *e = &now.equity[TIMEFRAME_ALL];
    ck_assert_uint_eq(e->count, 5);
    ck_assert_int_eq(e->points[0].balance, 10000 * MONEY_ONE);
    ck_assert_int_eq(e->points[4].balance, 10095 * MONEY_ONE);
}
END_TEST

START_TEST(the_figures_on_screen_are_those_of_the_account_on_screen)
{
    win("a", "b", 5004, CLOCK_SECOND);
    state_set_view(state, &LIVE, true, "chosen", 2 * CLOCK_SECOND);
    state_advance(state, 2 * CLOCK_SECOND);
    state_copy(state, &now);
    ck_assert_uint_eq(now.statistics[TIMEFRAME_ALL].trades, 0);
    state_set_view(state, &SIM, true, "chosen", 3 * CLOCK_SECOND);
    state_advance(state, 3 * CLOCK_SECOND);
    state_copy(state, &now);
    ck_assert_uint_eq(now.statistics[TIMEFRAME_ALL].trades, 1);
}
END_TEST

START_TEST(acknowledgements_only_go_forward)
{
    state_acknowledge(state, 5);
    state_acknowledge(state, 3);
    state_copy(state, &now);
    ck_assert_uint_eq(now.changes_durable, 5);
}
END_TEST

START_TEST(messages_are_clean_and_the_newest_are_kept)
{
    for (int i = 0; i < SNAPSHOT_MESSAGES + 1; i++)
        state_add_message(state, MESSAGE_INFO, i, "n%d\033[31m", i);
    state_copy(state, &now);
    ck_assert_uint_eq(now.message_total, SNAPSHOT_MESSAGES + 1);
    ck_assert_str_eq(now.messages[0].text, "n64?[31m");
    ck_assert_str_eq(now.messages[1].text, "n1?[31m");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        a_fill_is_applied_once,
        the_same_execution_id_in_another_account_is_another_fill,
        a_fill_that_is_none_is_refused,
        a_close_books_trade_ledger_and_statistics,
        a_reversal_is_one_change,
        prices_move_the_extremes_which_are_taken_once,
        prices_that_are_held_count_for_what_is_held_in_the_end,
        a_price_from_before_the_entry_is_not_of_the_position,
        positions_come_out_of_a_batch_of_prices_as_of_each_price_in_turn,
        the_context_of_the_past_is_not_that_of_now,
        a_price_a_minute_is_stored_although_it_is_no_extreme,
        a_price_a_minute_is_stored_by_a_clock_that_was_set_back_too,
        the_extremes_of_a_position_of_the_future_are_taken_once,
        a_restored_position_is_not_stored_before_a_price_came,
        stop_and_target_follow_the_orders,
        of_several_stops_the_one_nearest_to_the_price_counts,
        what_a_later_order_message_leaves_out_stays,
        the_fills_known_of_an_order_survive_a_new_id,
        a_full_order_table_forgets_finished_ones_first,
        working_orders_that_a_complete_answer_leaves_out_are_gone,
        a_restored_position_opens_the_recovery_window,
        a_known_fill_of_the_database_is_not_applied_again,
        a_discarded_position_leaves_no_trade,
        the_servers_entry_price_counts_from_a_tick_on,
        the_ledger_begins_once_and_only_for_sim,
        equity_keeps_the_newest_point_and_the_balance_before_the_timeframe,
        a_trade_that_closes_while_the_past_is_read_counts_once_and_behind_it,
        the_figures_on_screen_are_those_of_the_account_on_screen,
        acknowledgements_only_go_forward,
        messages_are_clean_and_the_newest_are_kept,
    };
    Suite *s = suite_create("state");
    TCase *t = tcase_create("state");
    tcase_add_checked_fixture(t, setup, teardown);
    for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)
        tcase_add_test(t, tests[i]);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
