#include "trade/order.h"

#include <math.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum role {
    ROLE_NONE,
    ROLE_STOP,
    ROLE_TARGET
}; /* what an order is to the position that it reduces */

static const struct {
    const char *name;
    enum role role;
} TYPES[] = {
    [ORDER_UNKNOWN] = {"unknown", ROLE_NONE},
    [ORDER_MARKET] = {"market", ROLE_NONE},
    [ORDER_LIMIT] = {"limit", ROLE_TARGET},
    [ORDER_STOP] = {"stop", ROLE_STOP},
    [ORDER_STOP_LIMIT] = {"stop limit", ROLE_STOP},
    [ORDER_IF_TOUCHED] = {"if touched", ROLE_TARGET},
    [ORDER_LIMIT_IF_TOUCHED] = {"limit if touched", ROLE_TARGET},
    [ORDER_MARKET_LIMIT] = {"market limit", ROLE_NONE},
};

static const struct {
    const char *name;
    bool working;
} STATUSES[] = {
    [STATUS_UNKNOWN] = {"unknown", false},
    [STATUS_SENT] = {"sent", true},
    [STATUS_PENDING] = {"pending", true},
    [STATUS_PENDING_CHILD] = {"pending child", true},
    [STATUS_OPEN] = {"open", true},
    [STATUS_REPLACING] = {"replacing", true},
    [STATUS_CANCELLING] = {"cancelling", true},
    [STATUS_FILLED] = {"filled", false},
    [STATUS_CANCELLED] = {"cancelled", false},
    [STATUS_REJECTED] = {"rejected", false},
    [STATUS_PARTIAL] = {"partial", true},
};

/* Types and statuses come from the wire: any number can. */
static size_t known_type(enum order_type type)
{
    return (unsigned)type < COUNT(TYPES) ? (size_t)type : ORDER_UNKNOWN;
}

static size_t known_status(enum order_status status)
{
    return (unsigned)status < COUNT(STATUSES) ? (size_t)status : STATUS_UNKNOWN;
}

bool order_is_working(const struct order *o)
{
    return STATUSES[known_status(o->status)].working;
}

const char *order_type_name(enum order_type type)
{
    return TYPES[known_type(type)].name;
}

const char *order_status_name(enum order_status status)
{
    return STATUSES[known_status(status)].name;
}

static bool reduces(const struct order *o, const struct position *p)
{
    return order_is_working(o) && o->status != STATUS_PENDING_CHILD &&
           (int)o->side == -(int)position_side(p) && price_is_set(o->price1) &&
           account_key_equal(&o->key, &p->key) && strcmp(o->symbol, p->symbol) == 0;
}

static void take_closest(double *best, int *count, double candidate, double price)
{
    if (++*count == 1 || fabs(candidate - price) < fabs(*best - price))
        *best = candidate;
}

void order_find_bracket(const struct order *orders, size_t count, const struct position *p,
                        double price, struct bracket *out)
{
    *out = (struct bracket){.stop = PRICE_UNSET, .target = PRICE_UNSET};
    if (!position_is_open(p))
        return;
    double from = price_is_set(price) ? price : p->entry_price;
    for (const struct order *o = orders; o < orders + count; o++) {
        enum role role = TYPES[known_type(o->type)].role;
        if (role == ROLE_NONE || !reduces(o, p))
            continue;
        if (role == ROLE_STOP)
            take_closest(&out->stop, &out->stop_count, o->price1, from);
        else
            take_closest(&out->target, &out->target_count, o->price1, from);
    }
}
