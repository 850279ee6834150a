/* The bytes that wait for one connection, each with the time before which it must not go out. Times
 * are microseconds of the monotonic clock. */
#ifndef SORTIE_SIM_OUTPUT_H
#define SORTIE_SIM_OUTPUT_H

#include <stddef.h>
#include <stdint.h>

enum { SIM_OUTPUT_HOLDS = 128 };

struct sim_output {
    char *data;
    size_t start, end, capacity; /* waiting bytes are [start, end) */
    struct sim_hold {
        size_t from;           /* the bytes from here on, counted from `start`, */
        int64_t due;           /* wait until then */
    } holds[SIM_OUTPUT_HOLDS]; /* ascending in both */
    size_t hold_count;
};

void sim_output_free(struct sim_output *o);
/* Forgets all bytes. */
void sim_output_clear(struct sim_output *o);

/* `due` 0: as soon as what is before it. Where very many different times wait, the last ones become
 * one. */
void sim_output_append(struct sim_output *o, const void *data, size_t length, int64_t due);

size_t sim_output_waiting(const struct sim_output *o);
/* How many bytes may go out at `now`, beginning at `data + start`. */
size_t sim_output_ready(struct sim_output *o, int64_t now);
/* So many of them have gone. */
void sim_output_take(struct sim_output *o, size_t length);
/* When more bytes may go out than those that are ready; INT64_MAX: never. */
int64_t sim_output_next(const struct sim_output *o);

#endif
