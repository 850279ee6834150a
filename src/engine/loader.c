/* The past that statistics and equity are made of, from the database to the state: in a thread of
 * its own, since it may be a second's work. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

struct past_of_account {
    struct account_key key;
    struct results *results;
    struct curve *curve;
};

struct loading {
    struct engine *engine;
    struct past_of_account accounts[SNAPSHOT_ACCOUNTS];
    int count, latest;
};

/* Rows of an account mostly follow one another. NULL: there are too many accounts. */
static struct past_of_account *find_account(struct loading *l, const struct account_key *key)
{
    if (l->count > 0 && account_key_equal(&l->accounts[l->latest].key, key))
        return &l->accounts[l->latest];
    for (l->latest = 0; l->latest < l->count; l->latest++)
        if (account_key_equal(&l->accounts[l->latest].key, key))
            return &l->accounts[l->latest];
    if (l->count == SNAPSHOT_ACCOUNTS) {
        l->latest = 0;
        return NULL;
    }
    struct past_of_account *a = &l->accounts[l->count++];
    *a = (struct past_of_account){*key, results_new(), curve_new()};
    return a;
}

static bool on_result(void *context, const struct account_result *r)
{
    struct loading *l = context;
    struct past_of_account *a = find_account(l, &r->key);
    if (a != NULL)
        results_add(a->results, &r->result);
    return !atomic_load(&l->engine->load_no_further);
}

static bool on_point(void *context, const struct account_point *p)
{
    struct loading *l = context;
    struct past_of_account *a = find_account(l, &p->key);
    if (a != NULL)
        curve_add(a->curve, p->point.time, p->point.balance);
    return !atomic_load(&l->engine->load_no_further);
}

bool engine_load_past(struct engine *e, struct repository *r, struct error *error)
{
    struct loading *l = memory_new(1, sizeof *l);
    l->engine = e;
    bool done = repository_each_result(r, e->last_trade, on_result, l, error) &&
                repository_each_point(r, e->last_balance, on_point, l, error);
    bool whole = done && !atomic_load(&e->load_no_further);
    for (int i = 0; i < l->count; i++) {
        struct past_of_account *a = &l->accounts[i];
        if (whole) {
            state_take_past(e->state, &a->key, a->results, a->curve);
        } else {
            results_free(a->results);
            curve_free(a->curve);
        }
    }
    free(l);
    if (whole)
        state_end_loading(e->state);
    return done;
}

static void *load(void *context)
{
    struct engine *e = context;
    struct error error = {0};
    struct repository *r = repository_open_reader(e->database, &error);
    if (r == NULL || !engine_load_past(e, r, &error))
        state_add_message(e->state, MESSAGE_ERROR, clock_wall_us(),
                          "no statistics: the past cannot be read: %s", error.text);
    repository_close(r);
    state_advance(e->state, clock_wall_us());
    state_publish(e->state);
    return NULL;
}

void engine_begin_loading(struct engine *e)
{
    e->loading = pthread_create(&e->loader, NULL, load, e) == 0;
    if (!e->loading)
        engine_say(e, MESSAGE_ERROR, "no statistics: cannot start the thread that reads the past");
}

void engine_end_loading(struct engine *e)
{
    atomic_store(&e->load_no_further, true);
    if (e->loading)
        pthread_join(e->loader, NULL);
    e->loading = false;
}
