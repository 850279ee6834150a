/* The past that statistics and equity are made of, from the database to the state, in threads of
 * their own: with a million trades it is more than a second's work. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>

/* What there is of each account: of one kind only, the other is NULL. */
struct past_of_account {
    struct account_key key;
    struct results *results;
    struct curve *curve;
};

struct past_gathering {
    struct engine *engine;
    struct past_of_account accounts[SNAPSHOT_ACCOUNTS];
    int count, latest;
};

/* Rows of an account mostly follow one another. NULL: there are too many accounts. */
static struct past_of_account *find_account(struct past_gathering *g, const struct account_key *key)
{
    if (g->count > 0 && account_key_equal(&g->accounts[g->latest].key, key))
        return &g->accounts[g->latest];
    for (g->latest = 0; g->latest < g->count; g->latest++)
        if (account_key_equal(&g->accounts[g->latest].key, key))
            return &g->accounts[g->latest];
    if (g->count == SNAPSHOT_ACCOUNTS) {
        g->latest = 0;
        return NULL;
    }
    struct past_of_account *a = &g->accounts[g->count++];
    *a = (struct past_of_account){.key = *key};
    return a;
}

/* Their excursions are counted as they come: later it would take long, under the state's lock. */
static struct results *new_results(const struct engine *e)
{
    struct excursions none;
    struct results *r = results_new();
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        results_excursions(r, (enum timeframe)t, e->past_from[t], &none);
    return r;
}

static bool on_result(void *context, const struct account_key *key, const struct trade_result *r)
{
    struct past_gathering *g = context;
    struct past_of_account *a = find_account(g, key);
    if (a != NULL && a->results == NULL)
        a->results = new_results(g->engine);
    if (a != NULL)
        results_add(a->results, r);
    return !atomic_load(&g->engine->load_no_further);
}

static bool on_point(void *context, const struct account_key *key, const struct equity_point *p)
{
    struct past_gathering *g = context;
    struct past_of_account *a = find_account(g, key);
    if (a != NULL && a->curve == NULL)
        a->curve = curve_new();
    if (a != NULL)
        curve_add(a->curve, p->time, p->balance);
    return !atomic_load(&g->engine->load_no_further);
}

static bool gather_older(struct past_gathering *g, struct repository *r, struct error *error)
{
    return repository_each_result(r, 0, g->engine->last_trade / 2, on_result, g, error);
}

static bool gather_newer(struct past_gathering *g, struct repository *r, struct error *error)
{
    const struct engine *e = g->engine;
    return repository_each_result(r, e->last_trade / 2, e->last_trade, on_result, g, error);
}

static bool gather_curves(struct past_gathering *g, struct repository *r, struct error *error)
{
    return repository_each_point(r, g->engine->last_balance, on_point, g, error);
}

static bool (*const gather[ENGINE_LOADERS])(struct past_gathering *, struct repository *,
                                            struct error *) = {gather_older, gather_newer,
                                                               gather_curves};

enum { OLDER, NEWER, CURVES };

static void free_gathering(struct past_gathering *g)
{
    for (int i = 0; g != NULL && i < g->count; i++) {
        results_free(g->accounts[i].results);
        curve_free(g->accounts[i].curve);
    }
    free(g);
}

/* Puts the newer results behind the older ones, which become all of them. */
static void join(struct past_gathering *older, struct past_gathering *newer)
{
    for (int i = 0; i < newer->count; i++) {
        struct past_of_account *from = &newer->accounts[i];
        struct past_of_account *to = find_account(older, &from->key);
        if (to != NULL && to->results == NULL)
            to->results = new_results(older->engine);
        if (to != NULL)
            results_take(to->results, from->results);
    }
    free_gathering(newer);
}

static void hand_over(struct engine *e, struct past_gathering *g)
{
    for (int i = 0; i < g->count; i++) {
        struct past_of_account *a = &g->accounts[i];
        state_take_past(e->state, &a->key, a->results, a->curve);
    }
    free(g);
}

bool engine_load_past(struct engine *e, int part, struct repository *r, struct error *error)
{
    struct past_gathering *g = memory_new(1, sizeof *g), *other;
    g->engine = e;
    bool done = gather[part](g, r, error);
    if (!done || atomic_load(&e->load_no_further)) {
        free_gathering(g);
        return done;
    }
    if (part == CURVES) {
        hand_over(e, g);
    } else if ((other = atomic_exchange(&e->half, g)) != NULL) {
        struct past_gathering *older = part == OLDER ? g : other;
        join(older, part == OLDER ? other : g);
        atomic_store(&e->half, NULL);
        hand_over(e, older);
    }
    if (atomic_fetch_add(&e->loaded, 1) + 1 == ENGINE_LOADERS)
        state_end_loading(e->state);
    return done;
}

static void *load(void *context)
{
    struct engine_loader *l = context;
    struct engine *e = l->engine;
    struct error error = {0};
    struct repository *r = repository_open_reader(e->database, &error);
    bool done = r != NULL && engine_load_past(e, (int)(l - e->loaders), r, &error);
    if (!done && !atomic_exchange(&e->load_no_further, true)) /* one of them is enough to know */
        state_add_message(e->state, MESSAGE_ERROR, clock_wall_us(),
                          "no statistics: the past cannot be read: %s", error.text);
    repository_close(r);
    state_publish(e->state);
    return NULL;
}

void engine_begin_loading(struct engine *e)
{
    for (int i = 0; i < ENGINE_LOADERS; i++) {
        struct engine_loader *l = &e->loaders[i];
        l->engine = e;
        l->runs = pthread_create(&l->thread, NULL, load, l) == 0;
        if (!l->runs)
            engine_say(e, MESSAGE_ERROR,
                       "no statistics: cannot start a thread that reads the past");
    }
}

void engine_end_loading(struct engine *e)
{
    atomic_store(&e->load_no_further, true);
    for (int i = 0; i < ENGINE_LOADERS; i++)
        if (e->loaders[i].runs)
            pthread_join(e->loaders[i].thread, NULL);
    free_gathering(atomic_exchange(&e->half, NULL));
}
