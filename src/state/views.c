/* Which account is on screen, and why (domain.md, "Modes and accounts"). */
#include "state/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

static const int64_t SWITCH_PAUSE = 2 * CLOCK_SECOND;

static void keep(struct state *s, const struct view_change *c)
{
    struct snapshot *n = &s->now;
    if (n->view_history_count == VIEW_HISTORY)
        memmove(n->view_history, n->view_history + 1,
                (VIEW_HISTORY - 1) * sizeof n->view_history[0]);
    else
        n->view_history_count++;
    n->view_history[n->view_history_count - 1] = *c;
    s->view_total++;
    state_touch(s, &n->view,
                offsetof(struct snapshot, account_count) - offsetof(struct snapshot, view));
}

static void show(struct state *s, const struct account_key *key, const char *reason, int64_t now)
{
    struct snapshot *n = &s->now;
    struct view_change c = {.time = now, .key = *key};
    text_copy(c.reason, sizeof c.reason, reason);
    n->view = *key;
    s->view_shown = true;
    keep(s, &c);
    s->results_changed = s->curve_changed = s->scatter_changed = true;
    n->statistics_ready = false;
    state_touch(s, &n->statistics_ready, sizeof n->statistics_ready);
}

static void pin(struct state *s, bool pinned)
{
    s->now.view_pinned = pinned;
    state_touch(s, &s->now.view_pinned, sizeof s->now.view_pinned);
}

bool state_set_view(struct state *s, const struct account_key *key, bool pinned, const char *reason,
                    int64_t now)
{
    state_lock(s);
    bool changes = !s->view_shown || !account_key_equal(&s->now.view, key);
    if (changes)
        show(s, key, reason, now);
    if (pinned)
        pin(s, true);
    state_unlock(s);
    return changes;
}

void state_unpin_view(struct state *s)
{
    state_lock(s);
    pin(s, false);
    state_unlock(s);
}

static bool holds_live_position(const struct snapshot *n)
{
    for (uint32_t i = 0; i < n->position_count; i++)
        if (account_key_equal(&n->positions[i].key, &n->view))
            return n->view.mode == MODE_LIVE;
    return false;
}

void state_note_filled(struct state *s, const struct account_key *key)
{
    state_lock(s);
    s->filled = *key;
    s->any_filled = true;
    state_unlock(s);
}

bool state_follow_fills(struct state *s, int64_t now, int64_t tick)
{
    state_lock(s);
    const struct snapshot *n = &s->now;
    bool there = s->view_shown && account_key_equal(&n->view, &s->filled);
    bool held = s->view_shown && (n->view_pinned || holds_live_position(n) ||
                                  (s->any_followed && tick - s->followed_at < SWITCH_PAUSE));
    bool follow = s->any_filled && !there && !held;
    if (follow) {
        s->any_followed = true;
        s->followed_at = tick;
        show(s, &s->filled, "fill", now);
    }
    state_unlock(s);
    return follow;
}

void state_restore_view_change(struct state *s, uint64_t number, const struct view_change *c)
{
    state_lock(s);
    keep(s, c);
    s->view_total = number;
    state_unlock(s);
}

bool state_get_view_change(struct state *s, uint64_t number, struct view_change *out)
{
    state_lock(s);
    const struct snapshot *n = &s->now;
    uint64_t age = s->view_total + 1 - number; /* 1: the newest; what is yet to come is very old */
    bool kept = number >= 1 && age >= 1 && age <= n->view_history_count;
    if (kept)
        *out = n->view_history[n->view_history_count - age];
    state_unlock(s);
    return kept;
}
