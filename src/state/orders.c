#include "state/internal.h"

#include "base/text.h"

#include <string.h>

static int find_order(const struct snapshot *n, const struct account_key *key,
                      const char *server_id)
{
    for (uint32_t i = n->order_count; i-- > 0;)
        if (strcmp(n->orders[i].server_id, server_id) == 0 &&
            account_key_equal(&n->orders[i].key, key))
            return (int)i;
    return -1;
}

/* A place for one more order: when the table is full, the oldest finished one goes, else the
 * oldest. */
static int new_order(struct state *s)
{
    struct snapshot *n = &s->now;
    if (n->order_count == SNAPSHOT_ORDERS) {
        uint32_t gone = 0;
        while (gone < SNAPSHOT_ORDERS - 1 && order_is_working(&n->orders[gone]))
            gone++;
        if (order_is_working(&n->orders[gone]))
            gone = 0;
        n->order_count--;
        memmove(&n->orders[gone], &n->orders[gone + 1],
                (n->order_count - gone) * sizeof n->orders[0]);
        state_touch(s, n->orders, sizeof n->orders);
    }
    state_touch(s, &n->order_count, sizeof n->order_count);
    return (int)n->order_count++;
}

static double known_or(double news, double known)
{
    return price_is_set(news) ? news : known;
}

static void keep_text(char *news, size_t size, const char *known)
{
    if (news[0] == '\0')
        text_copy(news, size, known);
}

/* What a later message leaves out stays as it was. */
static void merge_order(struct order *news, const struct order *known)
{
    keep_text(news->symbol, sizeof news->symbol, known->symbol);
    keep_text(news->client_id, sizeof news->client_id, known->client_id);
    keep_text(news->parent_id, sizeof news->parent_id, known->parent_id);
    if (news->type == ORDER_UNKNOWN)
        news->type = known->type;
    if (news->status == STATUS_UNKNOWN)
        news->status = known->status;
    if (news->side == SIDE_NONE)
        news->side = known->side;
    news->price1 = known_or(news->price1, known->price1);
    news->price2 = known_or(news->price2, known->price2);
    news->quantity = known_or(news->quantity, known->quantity);
    news->filled = known_or(news->filled, known->filled);
    news->average_price = known_or(news->average_price, known->average_price);
    if (known->received_at != 0)
        news->received_at = known->received_at;
}

static bool same_number(double a, double b)
{
    return a == b || (!price_is_set(a) && !price_is_set(b));
}

/* What of an order is worth a row in its history. */
static bool same_order(const struct order *a, const struct order *b)
{
    return a->type == b->type && a->status == b->status && a->side == b->side &&
           strcmp(a->server_id, b->server_id) == 0 && strcmp(a->text, b->text) == 0 &&
           same_number(a->price1, b->price1) && same_number(a->price2, b->price2) &&
           same_number(a->quantity, b->quantity) && same_number(a->filled, b->filled) &&
           same_number(a->average_price, b->average_price);
}

bool state_apply_order(struct state *s, const struct order *o, const char *previous_id, int64_t now,
                       struct change *out, double *fills_known)
{
    state_lock(s);
    struct snapshot *n = &s->now;
    bool renamed = previous_id[0] != '\0' && strcmp(previous_id, o->server_id) != 0;
    int index = find_order(n, &o->key, o->server_id);
    if (index < 0 && renamed)
        index = find_order(n, &o->key, previous_id);
    if (renamed) {
        double *old = state_order_fills(s, &o->key, previous_id), sum = *old;
        *old = 0;
        *state_order_fills(s, &o->key, o->server_id) += sum;
    }
    struct order news = *o;
    bool fresh = index < 0;
    if (fresh)
        index = new_order(s);
    else
        merge_order(&news, &n->orders[index]);
    news.updated_at = now;
    *fills_known = news.fills_known = *state_order_fills(s, &o->key, o->server_id);
    bool stored = fresh || !same_order(&news, &n->orders[index]);
    n->orders[index] = news;
    state_touch(s, &n->orders[index], sizeof news);
    if (stored) {
        state_begin_change(s, out, CHANGE_ORDER, now, "");
        out->has_order = true;
        out->order = news;
    }
    state_unlock(s);
    return stored;
}

void state_retain_orders(struct state *s, const char (*server_ids)[ORDER_ID_SIZE], size_t count,
                         int64_t now)
{
    state_lock(s);
    for (uint32_t i = 0; i < s->now.order_count; i++) {
        struct order *o = &s->now.orders[i];
        bool told = !order_is_working(o);
        for (size_t k = 0; k < count && !told; k++)
            told = strcmp(o->server_id, server_ids[k]) == 0;
        if (!told) {
            o->status = STATUS_UNKNOWN;
            o->updated_at = now;
            text_copy(o->text, sizeof o->text, "no longer among the server's open orders");
            state_touch(s, o, sizeof *o);
        }
    }
    state_unlock(s);
}
