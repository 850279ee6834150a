#include "sim/book.h"

#include "dtc/enums.h"

#include <string.h>

bool sim_order_is_working(const struct sim_order *o)
{
    return o->status == DTC_ORDER_STATUS_OPEN || o->status == DTC_ORDER_STATUS_PARTIALLY_FILLED ||
           o->status == DTC_ORDER_STATUS_PENDING_CHILD;
}

struct sim_order *sim_book_add(struct sim_book *b, const struct sim_order *draft)
{
    if (b->count == SIM_ORDERS_MAX)
        return NULL;
    struct sim_order *o = &b->working[b->count++];
    *o = *draft;
    o->number = ++b->last_number;
    return o;
}

static bool has_number(const struct sim_order *o, const void *number)
{
    return o->number == *(const uint64_t *)number;
}

struct ids {
    const char *server, *client;
};

static bool has_id(const struct sim_order *o, const void *key)
{
    const struct ids *ids = key;
    if (*ids->server)
        return strcmp(o->server_id, ids->server) == 0;
    return *ids->client && strcmp(o->request.client_id, ids->client) == 0;
}

/* The newest working order that fits, else the newest closed one. */
static struct sim_order *find(struct sim_book *b,
                              bool (*fits)(const struct sim_order *, const void *), const void *key)
{
    for (size_t i = b->count; i > 0; i--)
        if (fits(&b->working[i - 1], key))
            return &b->working[i - 1];
    size_t kept = b->closed_count < SIM_CLOSED_ORDERS ? b->closed_count : SIM_CLOSED_ORDERS;
    for (size_t i = 1; i <= kept; i++) {
        struct sim_order *o = &b->closed[(b->closed_count - i) % SIM_CLOSED_ORDERS];
        if (fits(o, key))
            return o;
    }
    return NULL;
}

struct sim_order *sim_book_find(struct sim_book *b, uint64_t number)
{
    return number ? find(b, has_number, &number) : NULL;
}

struct sim_order *sim_book_find_id(struct sim_book *b, const char *server_id, const char *client_id)
{
    return find(b, has_id, &(struct ids){server_id, client_id});
}

void sim_book_sweep(struct sim_book *b)
{
    size_t kept = 0;
    for (size_t i = 0; i < b->count; i++) {
        struct sim_order *to = sim_order_is_working(&b->working[i])
                                   ? &b->working[kept++]
                                   : &b->closed[b->closed_count++ % SIM_CLOSED_ORDERS];
        if (to != &b->working[i])
            *to = b->working[i];
    }
    b->count = kept;
}
