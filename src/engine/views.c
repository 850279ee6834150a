/* Which account is on screen: what the state decides is kept in the database, the last VIEW_HISTORY
 * changes over all runs. */
#include "engine/internal.h"

#include "base/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void name_slot(char *name, size_t size, uint64_t number)
{
    text_format(name, size, "view:%02u", (unsigned)(number % VIEW_HISTORY));
}

/* Stores the view changes that are not stored yet. */
static void store_views(struct engine *e)
{
    struct view_change v;
    while (e->writer != NULL && state_get_view_change(e->state, e->views_stored + 1, &v)) {
        struct change c;
        char name[sizeof c.fact];
        name_slot(name, sizeof name, ++e->views_stored);
        state_note_fact(e->state, name, 0, e->wall, &c);
        text_format(c.fact_text, sizeof c.fact_text, "%" PRIu64 " %" PRId64 " %s %s %s",
                    e->views_stored, v.time, mode_name(v.key.mode), v.reason, v.key.account);
        engine_store(e, &c);
    }
}

void engine_show(struct engine *e, const struct account_key *key, bool pinned, const char *reason)
{
    if (state_set_view(e->state, key, pinned, reason, e->wall))
        state_advance(e->state, e->wall);
    store_views(e);
}

void engine_follow_fills(struct engine *e)
{
    if (state_follow_fills(e->state, e->wall, e->now))
        state_advance(e->state, e->wall);
    store_views(e);
}

void engine_note_filled(struct engine *e, const struct fill *f)
{
    /* Histories come account by account: of their fills the newest counts. */
    bool newest = true;
    for (int i = 0; i < e->account_count; i++)
        newest &= e->accounts[i].last_fill <= f->time;
    if (newest || f->time >= e->online_since)
        state_note_filled(e->state, &f->key);
    engine_follow_fills(e);
}

static bool read_view(const char *text, uint64_t *number, struct view_change *v)
{
    char mode[8], reason[sizeof v->reason];
    int account = 0;
    memset(v, 0, sizeof *v);
    if (sscanf(text, "%" SCNu64 " %" SCNd64 " %7s %31s %n", number, &v->time, mode, reason,
               &account) != 4 ||
        account == 0 || *number > INT64_MAX || !mode_parse(mode, &v->key.mode))
        return false; /* or a hand wrote it: a number that none can follow */
    text_clean(v->reason, sizeof v->reason, reason, sizeof reason);
    text_clean(v->key.account, sizeof v->key.account, text + account, strlen(text + account));
    return true;
}

bool engine_restore_views(struct engine *e, struct repository *r, struct error *error)
{
    struct view_change views[VIEW_HISTORY], v;
    uint64_t numbers[VIEW_HISTORY] = {0}, newest = 0, number;
    for (unsigned slot = 0; slot < VIEW_HISTORY; slot++) {
        char name[32], text[112];
        name_slot(name, sizeof name, slot);
        int found = repository_get_meta(r, name, text, sizeof text, error);
        if (found < 0)
            return false;
        if (found == 0 || !read_view(text, &number, &v) || number % VIEW_HISTORY != slot)
            continue;
        views[slot] = v;
        numbers[slot] = number;
        newest = number > newest ? number : newest;
    }
    for (uint64_t n = newest >= VIEW_HISTORY ? newest - VIEW_HISTORY + 1 : 1; n <= newest; n++)
        if (numbers[n % VIEW_HISTORY] == n)
            state_restore_view_change(e->state, n, &views[n % VIEW_HISTORY]);
    e->views_stored = newest;
    return true;
}
