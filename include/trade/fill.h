/* One execution. Applied exactly once, whatever path it comes by (domain.md, "From fills..."). */
#ifndef SORTIE_TRADE_FILL_H
#define SORTIE_TRADE_FILL_H

#include "trade/mode.h"

#include <stddef.h>
#include <stdint.h>

enum side {
    SIDE_NONE = 0,
    SIDE_LONG = 1,
    SIDE_SHORT = -1
}; /* of a fill: buy is LONG, sell is SHORT */

enum { FILL_KEY_SIZE = 192 };

struct fill {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    enum side side;
    double quantity; /* > 0 */
    double price;
    int64_t time; /* us UTC */
    char execution_id[EXECUTION_ID_SIZE];
    char order_id[ORDER_ID_SIZE];
    double order_filled; /* cumulative FilledQuantity of the order after this fill; 0 unknown */
};

/* What makes the fill the same one: "account|symbol|e:EXECUTION_ID", or without one
 * "account|symbol|o:ORDER_ID|CUMULATIVE". Returns false when the fill has neither. */
bool fill_identify(const struct fill *f, char key[FILL_KEY_SIZE]);
/* The second of them, of a fill that may have both: false without it. Two fills with execution ids
 * are told apart by those alone. */
bool fill_identify_by_order(const struct fill *f, char key[FILL_KEY_SIZE]);

/* "3", "0.5": up to 9 decimals, no trailing zeros, the same in every locale (it is part of keys
 * that outlive the process); unset is "-". Returns the length. */
size_t fill_format_quantity(double quantity, char *target, size_t size);

/* Finite price, quantity > 0, a side, a symbol: anything else is not a fill. */
bool fill_is_valid(const struct fill *f);

#endif
