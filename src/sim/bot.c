#include "sim/bot.h"

#include "base/clock.h"
#include "base/text.h"
#include "dtc/enums.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Its habits: odds are parts of 1, times seconds, distances points (times the product's reach). */
static const double WITH_DRIFT = 0.55; /* of its entries that go the market's way */
static const double LIMIT_ENTRY = 0.3;
static const double REVERSES = 0.15; /* of the positions given up by time */
enum { QUANTITY_MOST = 3 };
enum { STOP_LEAST = 4, STOP_MOST = 6, TARGET_LEAST = 5, TARGET_MOST = 8 };
enum { LIMIT_PATIENCE = 10, HOLD_LEAST = 30, HOLD_MOST = 110, THINK_LEAST = 6, THINK_MOST = 20 };

static int64_t seconds_between(struct sim_bot *b, int64_t low, int64_t high)
{
    return sim_random_between(&b->random, low * CLOCK_SECOND, high * CLOCK_SECOND);
}

static bool chance(struct sim_bot *b, double odds)
{
    return sim_random_unit(&b->random) < odds;
}

static double held(const struct sim_bot *b)
{
    return sim_exchange_ledger(b->exchange)->positions[SIM_ACCOUNT_SIM1][b->product].quantity;
}

void sim_bot_init(struct sim_bot *b, struct sim_exchange *exchange, const struct sim_market *market,
                  uint64_t seed, int64_t start, int64_t pause_least, int64_t pause_most)
{
    *b = (struct sim_bot){.exchange = exchange,
                          .market = market,
                          .product = sim_product_find(market->product->symbol),
                          .random = {seed},
                          .due = start,
                          .pause_least = pause_least,
                          .pause_most = pause_most};
}

/* Orders. */

static void make_client_id(const struct sim_bot *b, char *id, const char *what)
{
    text_format(id, ORDER_ID_SIZE, "%s-%" PRIx64 "-%u%s", sim_products[b->product].root,
                sim_exchange_token(b->exchange), b->trade, what);
}

static struct sim_order_request make_order(const struct sim_bot *b, const char *client_id,
                                           int32_t type, bool buy, double quantity, double price)
{
    struct sim_order_request r = {.type = type,
                                  .side = buy ? DTC_BUY : DTC_SELL,
                                  .time_in_force = DTC_TIF_DAY,
                                  .quantity = quantity,
                                  .price = price,
                                  .text = "bot"};
    text_copy(r.account, sizeof r.account, sim_accounts[SIM_ACCOUNT_SIM1].name);
    text_copy(r.symbol, sizeof r.symbol, sim_products[b->product].symbol);
    text_copy(r.client_id, sizeof r.client_id, client_id);
    return r;
}

static bool trade_at_market(struct sim_bot *b, bool buy, double quantity, int64_t wall)
{
    char what[16], id[ORDER_ID_SIZE];
    text_format(what, sizeof what, "m%u", ++b->extra);
    make_client_id(b, id, what);
    struct sim_order_request r = make_order(b, id, DTC_ORDER_TYPE_MARKET, buy, quantity, 0);
    return sim_exchange_submit(b->exchange, &r, wall);
}

static double bracket_distance(struct sim_bot *b, int low, int high)
{
    const struct sim_product *p = b->market->product;
    double points = (double)sim_random_between(&b->random, low * 4, high * 4) / 4 * p->reach;
    return round(points / p->tick) * p->tick;
}

/* Stop and target of a position (`parent` is "") or of an entry that is on its way. */
static void place_bracket(struct sim_bot *b, const char *parent, bool is_long, double quantity,
                          double reference, int64_t wall)
{
    double stop = bracket_distance(b, STOP_LEAST, STOP_MOST);
    double target = bracket_distance(b, TARGET_LEAST, TARGET_MOST);
    char what[16];
    text_format(what, sizeof what, "s%u", ++b->extra);
    make_client_id(b, b->stop, what);
    text_format(what, sizeof what, "t%u", b->extra);
    make_client_id(b, b->target, what);
    struct sim_order_request pair[2] = {
        make_order(b, b->target, DTC_ORDER_TYPE_LIMIT, !is_long, quantity,
                   is_long ? reference + target : reference - target),
        make_order(b, b->stop, DTC_ORDER_TYPE_STOP, !is_long, quantity,
                   is_long ? reference - stop : reference + stop),
    };
    sim_exchange_submit_oco(b->exchange, pair, parent, wall);
}

static void cancel_by_client_id(struct sim_bot *b, const char *client_id, int64_t wall)
{
    if (sim_exchange_find(b->exchange, "", client_id))
        sim_exchange_cancel(b->exchange, "", client_id, wall);
}

/* After the position has changed: stop and target close what is held, no more and no less. */
static void match_bracket(struct sim_bot *b, int64_t wall)
{
    const char *ids[2] = {b->stop, b->target};
    for (int i = 0; i < 2; i++) {
        const struct sim_order *o = sim_exchange_find(b->exchange, "", ids[i]);
        double wanted = fabs(held(b));
        if (o && wanted > 0 && o->request.quantity - o->filled != wanted)
            sim_exchange_replace(b->exchange, o->server_id, ids[i], NAN, NAN, o->filled + wanted,
                                 wall);
    }
}

/* Decisions. */

static void rest(struct sim_bot *b, int64_t now)
{
    b->phase = SIM_BOT_WAITING;
    b->due = now + sim_random_between(&b->random, b->pause_least, b->pause_most);
}

static void hold(struct sim_bot *b, int64_t now)
{
    b->phase = SIM_BOT_HOLDING;
    b->due = now + seconds_between(b, THINK_LEAST, THINK_MOST);
    b->close_by = now + seconds_between(b, HOLD_LEAST, HOLD_MOST);
}

static void enter(struct sim_bot *b, int64_t now, int64_t wall)
{
    bool is_long = chance(b, WITH_DRIFT) == (b->market->drift > 0);
    bool limit = chance(b, LIMIT_ENTRY);
    double quantity = (double)sim_random_between(&b->random, 1, QUANTITY_MOST);
    /* A limit order waits at the near side of the market, a market order meets the far one. */
    double price = is_long != limit ? b->market->ask : b->market->bid;
    b->trade++;
    b->extra = 0;
    b->may_reverse = true;
    make_client_id(b, b->entry, "e");
    struct sim_order_request r =
        make_order(b, b->entry, limit ? DTC_ORDER_TYPE_LIMIT : DTC_ORDER_TYPE_MARKET, is_long,
                   quantity, price);
    if (!sim_exchange_submit(b->exchange, &r, wall)) {
        rest(b, now);
        return;
    }
    place_bracket(b, b->entry, is_long, quantity, price, wall);
    b->phase = SIM_BOT_ENTERING;
    b->due = now + LIMIT_PATIENCE * CLOCK_SECOND;
}

static void await_entry(struct sim_bot *b, int64_t now, int64_t wall)
{
    if (sim_exchange_find(b->exchange, "", b->entry)) {
        if (now < b->due)
            return;
        cancel_by_client_id(b, b->entry, wall);
    }
    if (held(b) == 0)
        rest(b, now);
    else
        hold(b, now);
}

static void scale_in(struct sim_bot *b, int64_t wall)
{
    if (fabs(held(b)) <= QUANTITY_MOST && trade_at_market(b, held(b) > 0, 1, wall))
        match_bracket(b, wall);
}

static void take_part_off(struct sim_bot *b, int64_t wall)
{
    if (fabs(held(b)) > 1 && trade_at_market(b, held(b) < 0, 1, wall))
        match_bracket(b, wall);
}

/* Half the way to the market, never away from it. */
static void move_stop(struct sim_bot *b, int64_t wall)
{
    const struct sim_order *o = sim_exchange_find(b->exchange, "", b->stop);
    if (!o)
        return;
    double tick = b->market->product->tick;
    double way = (held(b) > 0 ? b->market->bid : b->market->ask) - o->request.price;
    double step = trunc(way / 2 / tick) * tick;
    if (step != 0 && (step > 0) == (held(b) > 0))
        sim_exchange_replace(b->exchange, o->server_id, b->stop, o->request.price + step, NAN, 0,
                             wall);
}

static void give_up(struct sim_bot *b, int64_t now, int64_t wall)
{
    cancel_by_client_id(b, b->stop, wall); /* its OCO partner goes with it */
    cancel_by_client_id(b, b->target, wall);
    bool reverse = b->may_reverse && chance(b, REVERSES);
    double more = reverse ? (double)sim_random_between(&b->random, 1, QUANTITY_MOST) : 0;
    bool is_long = held(b) < 0;
    trade_at_market(b, is_long, fabs(held(b)) + more, wall);
    b->may_reverse = false;
    if (held(b) == 0) {
        rest(b, now);
        return;
    }
    if (reverse)
        place_bracket(b, "", is_long, fabs(held(b)), is_long ? b->market->ask : b->market->bid,
                      wall);
    hold(b, now);
}

static void manage(struct sim_bot *b, int64_t now, int64_t wall)
{
    if (held(b) == 0) {
        cancel_by_client_id(b, b->stop, wall);
        rest(b, now);
    } else if (now >= b->close_by) {
        give_up(b, now, wall);
    } else if (now >= b->due) {
        static void (*const habits[])(struct sim_bot *, int64_t) = {scale_in, take_part_off,
                                                                    move_stop};
        if (chance(b, 0.6))
            habits[sim_random_between(&b->random, 0, 2)](b, wall);
        b->due = now + seconds_between(b, THINK_LEAST, THINK_MOST);
    }
}

void sim_bot_step(struct sim_bot *b, int64_t now, int64_t wall)
{
    switch (b->phase) {
    case SIM_BOT_WAITING:
        if (now >= b->due && held(b) == 0)
            enter(b, now, wall);
        break;
    case SIM_BOT_ENTERING:
        await_entry(b, now, wall);
        break;
    case SIM_BOT_HOLDING:
        manage(b, now, wall);
        break;
    }
}
