/* The fills that were applied, by their names: each counts once, whatever path it comes by. */
#include "state/internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const struct known_fill *find_name(struct state *s, const char *key)
{
    struct known_fill *known;
    HASH_FIND_STR(s->fills, key, known);
    return known;
}

/* One path may tell the execution id, another not: then the order and what it had filled say that
 * it is the same one. */
static bool is_known(struct state *s, const struct fill *f)
{
    char key[FILL_KEY_SIZE];
    bool has_id = f->execution_id[0] != '\0';
    if (fill_identify(f, key) && find_name(s, key) != NULL)
        return true;
    const struct known_fill *of_order =
        has_id && fill_identify_by_order(f, key) ? find_name(s, key) : NULL;
    return of_order != NULL && !of_order->has_id;
}

static void add_name(struct state *s, const char *key, bool has_id)
{
    if (find_name(s, key) != NULL)
        return;
    size_t length = strlen(key) + 1;
    struct known_fill *known = memory_new(1, sizeof *known + length);
    memcpy(known->key, key, length);
    known->has_id = has_id;
    HASH_ADD_KEYPTR(hh, s->fills, known->key, length - 1, known);
    if (HASH_COUNT(s->fills) > STATE_FILLS) { /* the table is in order of coming */
        struct known_fill *oldest = s->fills;
        HASH_DEL(s->fills, oldest);
        free(oldest);
    }
}

bool state_knows_fill(struct state *s, const struct fill *f)
{
    state_lock(s);
    bool knows = is_known(s, f);
    state_unlock(s);
    return knows;
}

bool state_remember_fill(struct state *s, const struct fill *f)
{
    char key[FILL_KEY_SIZE];
    bool has_id = f->execution_id[0] != '\0';
    if (!fill_identify(f, key) || is_known(s, f))
        return false;
    add_name(s, key, has_id);
    if (has_id && fill_identify_by_order(f, key))
        add_name(s, key, has_id);
    if (f->order_id[0] != '\0')
        *state_order_fills(s, &f->key, f->order_id) += f->quantity;
    return true;
}

double *state_order_fills(struct state *s, const struct account_key *key, const char *order_id)
{
    char name[ACCOUNT_SIZE + ORDER_ID_SIZE];
    text_format(name, sizeof name, "%s|%s", key->account, order_id);
    struct order_fills *known;
    HASH_FIND_STR(s->order_fills, name, known);
    if (known == NULL) {
        size_t length = strlen(name) + 1;
        known = memory_new(1, sizeof *known + length);
        memcpy(known->key, name, length);
        HASH_ADD_KEYPTR(hh, s->order_fills, known->key, length - 1, known);
        if (HASH_COUNT(s->order_fills) > STATE_ORDERS) {
            struct order_fills *oldest = s->order_fills;
            HASH_DEL(s->order_fills, oldest);
            free(oldest);
        }
    }
    return &known->quantity;
}
