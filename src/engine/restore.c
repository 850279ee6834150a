/* The state from the database alone. */
#include "engine/internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* Fills known: some more than the longest history that is asked for. */
static const int64_t KNOWN_SPAN = 35 * CLOCK_DAY;

static struct engine_account *account_of(struct engine *e, const char *name)
{
    return engine_find_account(e, name, false);
}

/* Of a fact that tells of a server that has reported positions: "reported:SERVER:ACCOUNT", or
 * "reports:ACCOUNT" of a version that knew one server an account. NULL: it is another. */
static const char *reported_account(const char *name)
{
    if (strncmp(name, "reports:", 8) == 0)
        return name + 8;
    const char *server_end = strncmp(name, "reported:", 9) == 0 ? strchr(name + 9, ':') : NULL;
    return server_end != NULL ? server_end + 1 : NULL;
}

static bool on_fact(void *context, const char *name, int64_t value)
{
    struct engine *e = context;
    struct engine_account *a;
    const char *reported;
    if (strncmp(name, "since:", 6) == 0 && (a = account_of(e, name + 6)) != NULL)
        a->since = value;
    else if ((reported = reported_account(name)) != NULL && (a = account_of(e, reported)) != NULL)
        engine_add_reporter(a, value);
    else
        engine_restore_stand_in(e, name, value);
    return true;
}

static bool on_fill(void *context, const struct fill *f)
{
    struct engine *e = context;
    struct engine_account *a = account_of(e, f->key.account);
    if (a != NULL && f->time > a->last_fill)
        a->last_fill = f->time;
    state_restore_fill(e->state, f);
    if (a != NULL)
        a->without_ids |= f->execution_id[0] == '\0';
    return true;
}

static bool on_counted(void *context, const struct fill *f, int64_t trade,
                       const struct trade_result *result)
{
    const struct engine *e = context;
    state_restore_counted(e->state, f, trade, result);
    return true;
}

static bool on_balance(void *context, const struct balance *b)
{
    struct engine *e = context;
    account_of(e, b->key.account);
    state_restore_balance(e->state, b);
    return true;
}

static bool on_position(void *context, const struct position *p)
{
    struct engine *e = context;
    account_of(e, p->key.account);
    if (engine_find_symbol(e, p->symbol) < 0)
        return true;
    /* the clock was set back meanwhile: heat begins anew rather than in the future */
    struct position restored = *p;
    if (restored.heat_since > e->wall)
        restored.heat_since = e->wall;
    bool stale = p->updated_at < e->wall - e->options.config->stale_hours * CLOCK_HOUR;
    state_restore_position(e->state, &restored, stale);
    return true;
}

static void follow_settings(struct engine *e)
{
    const struct config *c = e->options.config;
    char list[sizeof c->symbols];
    memcpy(list, c->symbols, sizeof list);
    char *rest = NULL;
    for (char *s = strtok_r(list, ", ", &rest); s != NULL; s = strtok_r(NULL, ", ", &rest))
        engine_find_symbol(e, s);
}

/* The account of the settings; else the one that was on screen last, if it is still of its mode;
 * else one with a position. */
static void choose_view(struct engine *e)
{
    const char *setting = e->options.config->account;
    struct view_change last;
    struct position p;
    struct engine_account *a = NULL;
    if (setting[0] != '\0' && (a = account_of(e, setting)) != NULL)
        engine_show(e, &a->key, true, "setting");
    else if (state_get_view_change(e->state, e->views_stored, &last) &&
             (a = account_of(e, last.key.account)) != NULL && a->key.mode != last.key.mode)
        a = NULL;
    if (a == NULL && state_get_position_at(e->state, 0, &p))
        a = account_of(e, p.key.account);
    e->first_view_chosen = a != NULL;
    if (a != NULL)
        engine_show(e, &a->key, false, "start"); /* nothing, when it is shown already */
}

/* An account that is followed from a time on that is yet to come: the clock was wrong then. It was
 * followed when its newest fill was made. */
static void correct_since(const struct engine *e, struct engine_account *a)
{
    if (a->since > e->wall)
        a->since = a->last_fill != 0 && a->last_fill < e->wall ? a->last_fill : e->wall;
}

bool engine_restore(struct engine *e, struct repository *r, struct error *error)
{
    bool done = repository_each_fact(r, on_fact, e, error) &&
                repository_each_balance(r, on_balance, e, error) &&
                repository_mend(r, engine_rebuild_position, e, error) &&
                repository_each_position(r, on_position, e, error) &&
                repository_find_last(r, &e->last_trade, &e->last_balance, error) &&
                engine_restore_periods(e, r, error) && engine_restore_views(e, r, error);
    state_begin_loading(e->state);
    /* here, where there is one thread: local time is asked for */
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        e->past_from[t] = timeframe_start((enum timeframe)t, e->wall);
    if (done) {
        follow_settings(e);
        choose_view(e);
    }
    engine_note_gaps(e, NULL);
    engine_hold_prices(e);
    return done;
}

bool engine_load_fills(struct engine *e, struct repository *r, struct error *error)
{
    struct writer *writer = e->writer;
    e->writer = NULL; /* nothing of it is new */
    bool done = repository_each_fill(r, e->wall - KNOWN_SPAN, on_fill, e, error) &&
                repository_each_counted(r, STATE_COUNTED, on_counted, e, error);
    e->writer = writer;
    for (int i = 0; i < e->account_count; i++)
        correct_since(e, &e->accounts[i]);
    const struct engine_account *newest = NULL;
    for (int i = 0; i < e->account_count; i++)
        if (e->accounts[i].last_fill > (newest != NULL ? newest->last_fill : 0))
            newest = &e->accounts[i];
    if (newest != NULL)
        state_note_filled(e->state, &newest->key);
    return done;
}

bool engine_load(struct engine *e, struct repository *r, struct error *error)
{
    bool done = engine_load_fills(e, r, error);
    for (int part = 0; part < ENGINE_LOADERS && done; part++)
        done = engine_load_past(e, part, r, error);
    state_advance(e->state, e->wall);
    return done;
}

static void move(struct engine *e, const struct position *p, const struct account_key *to)
{
    struct change changes[2];
    int count = state_move_position(e->state, &p->key, p->symbol, to->mode, e->wall, changes);
    for (int i = 0; i < count; i++)
        engine_store(e, &changes[i]);
    engine_move_gap(e, p, to);
    state_hold_prices(e->state, to, true);
    if (count > 0)
        engine_say(e, MESSAGE_WARNING,
                   "%s: the settings make it %s: its position of %s moves there from %s; what was "
                   "closed stays there",
                   to->account, mode_name(to->mode), p->symbol, mode_name(p->key.mode));
    else
        engine_say(e, MESSAGE_ERROR,
                   "%s: the settings make it %s, where it has a position of %s already: the one in "
                   "%s stays there; discard or close one of them",
                   to->account, mode_name(to->mode), p->symbol, mode_name(p->key.mode));
}

void engine_follow_modes(struct engine *e)
{
    struct position p;
    for (uint32_t i = SNAPSHOT_POSITIONS; i-- > 0;) { /* a move may remove one */
        const struct engine_account *a =
            state_get_position_at(e->state, i, &p) ? account_of(e, p.key.account) : NULL;
        if (a != NULL && a->key.mode != p.key.mode)
            move(e, &p, &a->key);
    }
}
