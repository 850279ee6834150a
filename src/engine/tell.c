/* What every part of the engine needs: its outlets and its sense of time. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

/* So many messages at once, and one a pause in the long run. */
static const struct {
    int64_t pause;
    int burst;
    bool collapses; /* the same text again is only counted */
} SPEECH[SPEAKERS] = {
    [SPEAKER_ENGINE] = {CLOCK_SECOND / 10, 256, false},
    [SPEAKER_SERVER] = {CLOCK_SECOND, 64, true},
};

void engine_store(struct engine *e, const struct change *c)
{
    if (!e->joins) {
        writer_post(e->writer, c, 1);
        return;
    }
    if (e->joined_count == e->joined_capacity) {
        e->joined_capacity = e->joined_capacity ? 2 * e->joined_capacity : 16;
        e->joined = memory_resize(e->joined, e->joined_capacity, sizeof *e->joined);
    }
    e->joined[e->joined_count] = *c;
    e->joined[e->joined_count++].joined = true;
}

void engine_begin_joined(struct engine *e)
{
    e->joins = true;
}

void engine_end_joined(struct engine *e)
{
    if (e->joined_count > 0) {
        e->joined[e->joined_count - 1].joined = false;
        writer_post(e->writer, e->joined, e->joined_count);
    }
    free(e->joined);
    e->joined = NULL;
    e->joined_count = e->joined_capacity = 0;
    e->joins = false;
}

static bool may_speak(struct engine *e, enum engine_speaker speaker)
{
    struct engine_voice *v = &e->voices[speaker];
    int64_t used = v->used > e->now ? v->used : e->now;
    if (used - e->now > (SPEECH[speaker].burst - 1) * SPEECH[speaker].pause)
        return false;
    v->used = used + SPEECH[speaker].pause;
    return true;
}

static void show(struct engine *e, enum message_level level, const char *text)
{
    static const enum log_level log_levels[] = {
        [MESSAGE_INFO] = LOG_LEVEL_INFO,
        [MESSAGE_GOOD] = LOG_LEVEL_INFO,
        [MESSAGE_WARNING] = LOG_LEVEL_WARNING,
        [MESSAGE_ERROR] = LOG_LEVEL_ERROR,
    };
    state_add_message(e->state, level, e->wall, "%s", text);
    log_write(e->options.log, log_levels[level], "%s", text);
}

static void say_repeats(struct engine *e, enum engine_speaker speaker)
{
    struct engine_voice *v = &e->voices[speaker];
    char text[sizeof v->last + 64];
    if (v->repeated == 0 || !may_speak(e, speaker))
        return;
    text_format(text, sizeof text, "(%u times more) %s", v->repeated, v->last);
    v->repeated = 0;
    show(e, v->level, text);
}

static void speak(struct engine *e, enum engine_speaker speaker, enum message_level level,
                  const char *format, va_list arguments)
{
    struct engine_voice *v = &e->voices[speaker];
    char text[512], beginning[sizeof v->last];
    text_format_list(text, sizeof text, format, arguments);
    text_copy(beginning, sizeof beginning, text);
    if (SPEECH[speaker].collapses && strcmp(v->last, beginning) == 0) {
        v->repeated++;
        return;
    }
    say_repeats(e, speaker);
    text_copy(v->last, sizeof v->last, beginning);
    v->level = level;
    v->unsaid += v->repeated;
    v->repeated = 0;
    if (may_speak(e, speaker))
        show(e, level, text);
    else
        v->unsaid++;
}

void engine_say(struct engine *e, enum message_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    speak(e, SPEAKER_ENGINE, level, format, arguments);
    va_end(arguments);
}

void engine_quote(struct engine *e, enum message_level level, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    speak(e, SPEAKER_SERVER, level, format, arguments);
    va_end(arguments);
}

void engine_say_rest(struct engine *e)
{
    for (int i = 0; i < SPEAKERS; i++) {
        struct engine_voice *v = &e->voices[i];
        if (v->repeated > 0)
            say_repeats(e, (enum engine_speaker)i);
        else
            v->last[0] = '\0'; /* the same words a while later are news */
        if (v->unsaid > 0 && may_speak(e, (enum engine_speaker)i)) {
            char text[96];
            text_format(text, sizeof text, "... %u more messages of the kind are not shown",
                        v->unsaid);
            v->unsaid = 0;
            show(e, MESSAGE_WARNING, text);
        }
    }
}

int64_t engine_time(const struct engine *e, int64_t time)
{
    int64_t now = e->wall + e->server_ahead;
    return time > 0 && time <= now + CLOCK_DAY ? time : now;
}

uint64_t engine_hash(const char *text, size_t size)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < size && text[i] != '\0'; i++)
        hash = (hash ^ (unsigned char)text[i]) * UINT64_C(1099511628211);
    return hash;
}

static struct duration duration_of(const struct histogram *h)
{
    struct duration d = {
        .median = (int64_t)(histogram_percentile(h, 0.5) / 1000),
        .p99 = (int64_t)(histogram_percentile(h, 0.99) / 1000),
        .max = (int64_t)(h->max / 1000),
    };
    uint64_t before = 0;
    for (unsigned i = 0; i < SAVING_BANDS; i++) {
        uint64_t below = i < SAVING_BANDS - 1 ? histogram_count_below(h, 20 + 2 * i) : h->count;
        d.bands[i] = below - before;
        before = below;
    }
    return d;
}

void engine_tell_saving(struct engine *e)
{
    struct writer_figures figures;
    if (e->writer == NULL)
        return;
    writer_measure(e->writer, &figures);
    struct saving saving = {
        .now = figures.saving,
        .waiting = figures.waiting,
        .waiting_most = figures.waiting_most,
        .commits = figures.commits,
        .changes = figures.changes,
        .commit = duration_of(&figures.commit),
        .acknowledge = duration_of(&figures.acknowledge),
    };
    state_set_saving(e->state, &saving);
}
