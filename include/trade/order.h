/* Orders as the server tells of them, and the stop and target that they make of a position. */
#ifndef SORTIE_TRADE_ORDER_H
#define SORTIE_TRADE_ORDER_H

#include "trade/fill.h"
#include "trade/position.h"

enum order_type {
    ORDER_UNKNOWN,
    ORDER_MARKET,
    ORDER_LIMIT,
    ORDER_STOP,
    ORDER_STOP_LIMIT,
    ORDER_IF_TOUCHED,
    ORDER_LIMIT_IF_TOUCHED,
    ORDER_MARKET_LIMIT
}; /* values of the wire's OrderTypeEnum */

enum order_status {
    STATUS_UNKNOWN,
    STATUS_SENT,
    STATUS_PENDING,
    STATUS_PENDING_CHILD,
    STATUS_OPEN,
    STATUS_REPLACING,
    STATUS_CANCELLING,
    STATUS_FILLED,
    STATUS_CANCELLED,
    STATUS_REJECTED,
    STATUS_PARTIAL
}; /* values of the wire's OrderStatusEnum */

struct order {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    char server_id[ORDER_ID_SIZE], client_id[ORDER_ID_SIZE], parent_id[ORDER_ID_SIZE];
    enum order_type type;
    enum order_status status;
    enum side side;
    double price1, price2;   /* PRICE_UNSET when none */
    double quantity, filled; /* filled is cumulative */
    double average_price;
    double fills_known;              /* sum of the fills applied for this order */
    int64_t received_at, updated_at; /* us UTC */
    char text[96];
};

/* May still be filled: sent and not yet in a final state. A child that waits for its parent counts.
 */
bool order_is_working(const struct order *o);
const char *order_type_name(enum order_type type);       /* "limit", "stop", ... */
const char *order_status_name(enum order_status status); /* "open", "filled", ... */

struct bracket {
    double stop, target; /* PRICE_UNSET: none */
    int stop_count, target_count;
};

/* Stop and target of `p` among `orders`: working orders of the same key and symbol on the reducing
 * side that have a price; of several, the one closest to `price` (to the entry while it is unset),
 * with the count (domain.md, "Excursions"). Children that wait for their parent protect what is not
 * held yet: they do not count. */
void order_find_bracket(const struct order *orders, size_t count, const struct position *p,
                        double price, struct bracket *out);

#endif
