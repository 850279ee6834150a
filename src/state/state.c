#include "state/internal.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int64_t nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

void state_lock(struct state *s)
{
    pthread_mutex_lock(&s->lock);
    if (s->options.measure_lock)
        s->locked_at = nanoseconds();
}

void state_unlock(struct state *s)
{
    if (s->options.measure_lock)
        histogram_add(&s->lock_times, (uint64_t)(nanoseconds() - s->locked_at));
    pthread_mutex_unlock(&s->lock);
}

struct state *state_new(const struct state_options *options, int64_t now)
{
    struct state *s = memory_new(1, sizeof *s);
    pthread_mutex_init(&s->lock, NULL);
    s->options = *options;
    s->now.version = SNAPSHOT_VERSION;
    s->now.size = sizeof s->now;
    s->now.pid = (int32_t)getpid();
    s->now.started_at = now;
    s->nothing = (struct account_history){.results = results_new(), .curve = curve_new()};
    s->results_changed = s->curve_changed = s->scatter_changed = true;
    s->now.connection.round_trip = -1;
    state_touch(s, &s->now, sizeof s->now);
    return s;
}

void state_free(struct state *s)
{
    if (s == NULL)
        return;
    /* NOLINTBEGIN(clang-analyzer-unix.Malloc): it does not see that uthash unlinks what is freed */
    struct known_fill *fill, *next_fill;
    HASH_ITER(hh, s->fills, fill, next_fill)
    {
        HASH_DEL(s->fills, fill);
        free(fill);
    }
    struct order_fills *order, *next_order;
    HASH_ITER(hh, s->order_fills, order, next_order)
    {
        HASH_DEL(s->order_fills, order);
        free(order);
    }
    /* NOLINTEND(clang-analyzer-unix.Malloc) */
    state_free_counted(s);
    for (int i = 0; (uint32_t)i < s->now.symbol_count; i++) {
        market_profile_free(s->profiles[i]);
        state_drop_backfill(s, i);
    }
    for (uint32_t i = 0; i < s->now.account_count; i++) {
        results_free(s->histories[i].results);
        curve_free(s->histories[i].curve);
    }
    results_free(s->nothing.results);
    curve_free(s->nothing.curve);
    pthread_mutex_destroy(&s->lock);
    free(s);
}

void state_touch(struct state *s, const void *first, size_t size)
{
    if (s->options.snapshots == NULL)
        return;
    uint32_t begin = (uint32_t)((const char *)first - (const char *)&s->now);
    uint32_t end = begin + (uint32_t)size;
    for (size_t i = 0; i < s->dirty_count; i++) {
        struct snapshot_range *r = &s->dirty[i];
        bool last = i + 1 == STATE_RANGES; /* no room for another: this one grows */
        if ((begin <= r->end && end >= r->begin) || last) {
            r->begin = begin < r->begin ? begin : r->begin;
            r->end = end > r->end ? end : r->end;
            return;
        }
    }
    s->dirty[s->dirty_count++] = (struct snapshot_range){begin, end};
}

void state_publish(struct state *s)
{
    state_lock(s);
    if (s->dirty_count > 0 && !s->is_recounting) {
        snapshot_publish(s->options.snapshots, &s->now, s->dirty, s->dirty_count);
        s->dirty_count = 0;
    }
    state_unlock(s);
}

void state_copy(struct state *s, struct snapshot *out)
{
    state_lock(s);
    *out = s->now;
    state_unlock(s);
}

void state_get_lock_times(struct state *s, struct histogram *out)
{
    pthread_mutex_lock(&s->lock);
    *out = s->lock_times;
    pthread_mutex_unlock(&s->lock);
}

void state_begin_change(struct state *s, struct change *out, enum change_kind kind, int64_t now,
                        const char *why)
{
    memset(out, 0, sizeof *out);
    out->kind = kind;
    out->time = now;
    text_copy(out->why, sizeof out->why, why);
    out->sequence = ++s->now.changes_issued;
    state_touch(s, &s->now.changes_issued, sizeof s->now.changes_issued);
}

void state_add_message(struct state *s, enum message_level level, int64_t now, const char *format,
                       ...)
{
    char text[sizeof s->now.messages[0].text];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);

    state_lock(s);
    struct message *m = &s->now.messages[s->now.message_total++ % SNAPSHOT_MESSAGES];
    m->time = now;
    m->level = level;
    text_clean(m->text, sizeof m->text, text, sizeof text);
    state_touch(s, m, sizeof *m);
    state_touch(s, &s->now.message_total, sizeof s->now.message_total);
    state_unlock(s);
}

void state_set_connection(struct state *s, const struct connection *c)
{
    state_lock(s);
    s->now.connection = *c;
    state_touch(s, &s->now.connection, sizeof s->now.connection);
    state_unlock(s);
}

void state_note_fact(struct state *s, const char *name, int64_t value, int64_t now,
                     struct change *out)
{
    state_lock(s);
    state_begin_change(s, out, CHANGE_FACT, now, "");
    state_unlock(s);
    out->has_fact = true;
    out->fact_value = value;
    text_copy(out->fact, sizeof out->fact, name);
}

void state_acknowledge(struct state *s, uint64_t sequence)
{
    state_lock(s);
    if (sequence > s->now.changes_durable) {
        s->now.changes_durable = sequence;
        state_touch(s, &s->now.changes_durable, sizeof s->now.changes_durable);
    }
    state_unlock(s);
}

uint64_t state_unsaved(struct state *s)
{
    state_lock(s);
    uint64_t count = s->now.changes_issued - s->now.changes_durable;
    state_unlock(s);
    return count;
}

void state_set_saving(struct state *s, const struct saving *saving)
{
    state_lock(s);
    if (memcmp(&s->now.saving, saving, sizeof *saving) != 0) {
        s->now.saving = *saving;
        state_touch(s, &s->now.saving, sizeof s->now.saving);
    }
    state_unlock(s);
}

void state_set_store_trouble(struct state *s, bool lost, const char *sentence)
{
    state_lock(s);
    s->now.store_refused = sentence[0] != '\0';
    s->now.store_lost = lost;
    text_clean(s->now.store_sentence, sizeof s->now.store_sentence, sentence,
               sizeof s->now.store_sentence);
    state_touch(s, &s->now.store_refused, sizeof(bool));
    state_touch(s, &s->now.store_lost, sizeof(bool));
    state_touch(s, s->now.store_sentence, sizeof s->now.store_sentence);
    state_unlock(s);
}

void state_accept_recovery(struct state *s)
{
    state_lock(s);
    s->now.recovery_open = false;
    state_touch(s, &s->now.recovery_open, sizeof s->now.recovery_open);
    state_unlock(s);
}
