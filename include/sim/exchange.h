/* The simulated exchange: takes orders, matches them against the market, keeps positions, balances
 * and the fill history. Pure: the market and the time (microseconds since 1970 UTC) are handed in,
 * what happens is told to a listener. Prices are as a trader writes them. Order types, sides,
 * statuses and reasons are DTC's (dtc/enums.h).
 *
 * Matching: a market order fills at the best price as far as its size reaches and the rest one tick
 * beyond. A limit order fills at the best price when it can at once (immediate or cancel and fill
 * or kill: as far as the size there reaches); later at its own price, with a trade at that price as
 * far as the trade's volume reaches, with a trade or quote through it in full. A stop order is
 * triggered by a trade, or by its own side's quote (the bid for a buy), at its price or beyond; an
 * if-touched order by a trade or the other side's quote at its price or better. What is triggered
 * works as a market order, or as a limit order at the second price. The two orders of an OCO pair:
 * what one fills the other loses, and the end of one cancels the other. Children of a bracket wait
 * as PENDING_CHILD until their parent is filled, and end when it ends unfilled. */
#ifndef SORTIE_SIM_EXCHANGE_H
#define SORTIE_SIM_EXCHANGE_H

#include "sim/ledger.h"
#include "trade/mode.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SIM_ORDER_TEXT_SIZE = 48,
    SIM_ORDERS_MAX = 256, /* working at a time; more are rejected */
    SIM_FILLS_MAX = 8192, /* kept; the oldest quarter goes when they are reached */
    SIM_ORDER_QUANTITY_MAX = 100
};

struct sim_order_request {
    char account[ACCOUNT_SIZE], symbol[SYMBOL_SIZE], client_id[ORDER_ID_SIZE];
    char text[SIM_ORDER_TEXT_SIZE]; /* comes back in every update */
    int32_t type, side, time_in_force;
    double price;  /* limit or trigger; not used for market orders */
    double price2; /* limit of stop-limit and limit-if-touched orders */
    double quantity;
    /* Of the child of a bracket. An offset other than 0, in points, takes the price's place: the
     * order is that far from its parent's price, and then from its fill, above or below as its type
     * and side tell. */
    double offset;
    bool keeps_price;           /* an offset counts from the parent's price only */
    bool cancels_on_first_fill; /* of an OCO pair: the other order ends with a partial fill too */
};

struct sim_order {
    uint64_t number;          /* stays the same through a cancel/replace */
    uint64_t parent, sibling; /* numbers; 0: none */
    char server_id[ORDER_ID_SIZE], previous_server_id[ORDER_ID_SIZE];
    struct sim_order_request request; /* price and quantity as replaced since */
    int account, product;             /* -1 in the rejection of an unknown one */
    int32_t status;
    bool triggered;              /* a stop or if-touched order that works */
    double filled, filled_value; /* filled_value: sum of price × quantity */
    int64_t received, changed;   /* times */
};

struct sim_fill {
    char execution_id[EXECUTION_ID_SIZE], server_id[ORDER_ID_SIZE];
    int account, product;
    int32_t side;
    double quantity, price;
    double position, high, low; /* of the position after the fill */
    int64_t time;
};

/* Called during the functions below, after the state has changed; must not call them itself. Every
 * fill is told as order, position, balance. */
struct sim_exchange_listener {
    void *context;
    /* `fill` only for the reasons ORDER_FILLED and ORDER_FILLED_PARTIALLY, `text` only for
     * rejections. A rejection can be of an order that was never taken: then it has no server_id. */
    void (*order)(void *context, const struct sim_order *order, int32_t reason,
                  const struct sim_fill *fill, const char *text);
    void (*position)(void *context, const struct sim_position *position);
    void (*balance)(void *context, int account);
};

struct sim_exchange;

/* `token` makes the ids of this run unlike those of every other one: the time of its start, say. */
struct sim_exchange *sim_exchange_new(uint64_t token, const struct sim_exchange_listener *listener);
void sim_exchange_free(struct sim_exchange *e);

/* Whether a replaced order keeps its server id; it gets a new one otherwise. */
void sim_exchange_keep_order_ids(struct sim_exchange *e, bool keep);

/* The market's word. Orders are matched against it. */
void sim_exchange_quote(struct sim_exchange *e, int product, double bid, double bid_size,
                        double ask, double ask_size, int64_t now);
void sim_exchange_trade(struct sim_exchange *e, int product, double price, double volume,
                        int64_t now);
void sim_exchange_open_session(struct sim_exchange *e);

/* These return false when the order was rejected; the listener has then been told why. An order is
 * named by its latest server id or, where that is empty, by its client id. */
bool sim_exchange_submit(struct sim_exchange *e, const struct sim_order_request *request,
                         int64_t now);
/* Both orders or neither. A `parent_client_id` other than "" makes them its children. */
bool sim_exchange_submit_oco(struct sim_exchange *e, const struct sim_order_request pair[2],
                             const char *parent_client_id, int64_t now);
/* An entry with a target and a stop, `target` and `stop` points from its fill, whose client ids are
 * the entry's with "-t" and "-s". */
bool sim_exchange_submit_bracket(struct sim_exchange *e, const struct sim_order_request *entry,
                                 double target, double stop, int64_t now);
bool sim_exchange_cancel(struct sim_exchange *e, const char *server_id, const char *client_id,
                         int64_t now);
/* NaN prices and a quantity of 0 stay as they are. `quantity` counts what is filled already. */
bool sim_exchange_replace(struct sim_exchange *e, const char *server_id, const char *client_id,
                          double price, double price2, double quantity, int64_t now);
/* Cancels the working orders of that account and symbol and closes its position by a market order.
 * The symbol "": all of the account's. */
bool sim_exchange_flatten(struct sim_exchange *e, const char *account, const char *symbol,
                          const char *client_id, int64_t now);

/* Working orders, oldest first; valid until the next call that is not const. */
size_t sim_exchange_order_count(const struct sim_exchange *e);
const struct sim_order *sim_exchange_order(const struct sim_exchange *e, size_t index);
/* The working order of that server id or, where it is empty, client id; NULL: none. */
const struct sim_order *sim_exchange_find(struct sim_exchange *e, const char *server_id,
                                          const char *client_id);
/* The server id of a parent or sibling; "" when there is none or it is long closed. */
const char *sim_exchange_server_id(struct sim_exchange *e, uint64_t number);

/* Fills, oldest first. */
size_t sim_exchange_fill_count(const struct sim_exchange *e);
const struct sim_fill *sim_exchange_fill(const struct sim_exchange *e, size_t index);

const struct sim_ledger *sim_exchange_ledger(const struct sim_exchange *e);
uint64_t sim_exchange_token(const struct sim_exchange *e);

/* What the types of orders have in common. A trigger is the first price, a limit the second one
 * where there is a trigger. */
struct sim_order_kind {
    bool stop_trigger, touch_trigger, limit;
};

const struct sim_order_kind *sim_order_kind_find(int32_t type); /* NULL: a type that is not known */

bool sim_order_is_working(const struct sim_order *o); /* pending children included */

#endif
