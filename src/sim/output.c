#include "sim/output.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

void sim_output_free(struct sim_output *o)
{
    free(o->data);
    *o = (struct sim_output){0};
}

void sim_output_clear(struct sim_output *o)
{
    o->start = o->end = o->hold_count = 0;
}

static void make_room(struct sim_output *o, size_t length)
{
    if (o->end + length > o->capacity && o->start > 0) {
        memmove(o->data, o->data + o->start, o->end - o->start);
        o->end -= o->start;
        o->start = 0;
    }
    if (o->end + length > o->capacity) {
        o->capacity = 2 * (o->end + length);
        o->data = memory_resize(o->data, o->capacity, 1);
    }
}

void sim_output_append(struct sim_output *o, const void *data, size_t length, int64_t due)
{
    struct sim_hold *last = o->hold_count > 0 ? &o->holds[o->hold_count - 1] : NULL;
    if (length == 0)
        return;
    if (due > 0 && o->hold_count < SIM_OUTPUT_HOLDS && (last == NULL || due > last->due))
        o->holds[o->hold_count++] = (struct sim_hold){sim_output_waiting(o), due};
    make_room(o, length);
    memcpy(o->data + o->end, data, length);
    o->end += length;
}

size_t sim_output_waiting(const struct sim_output *o)
{
    return o->end - o->start;
}

size_t sim_output_ready(struct sim_output *o, int64_t now)
{
    size_t over = 0;
    while (over < o->hold_count && o->holds[over].due <= now)
        over++;
    o->hold_count -= over;
    memmove(o->holds, o->holds + over, o->hold_count * sizeof *o->holds);
    return o->hold_count > 0 ? o->holds[0].from : sim_output_waiting(o);
}

void sim_output_take(struct sim_output *o, size_t length)
{
    o->start += length;
    for (size_t i = 0; i < o->hold_count; i++)
        o->holds[i].from -= length;
    if (o->start == o->end)
        o->start = o->end = 0;
}

int64_t sim_output_next(const struct sim_output *o)
{
    return o->hold_count > 0 ? o->holds[0].due : INT64_MAX;
}
