/* The write boundaries of a process, counted: each write, sync, truncation and removal of the
 * database's files and, apart from them, of the other files of the store (the spill journal,
 * backups, a salvage). At the n-th of a side the process dies, or its disk does. */
#ifndef SORTIE_TESTS_CRASH_BOUNDARY_H
#define SORTIE_TESTS_CRASH_BOUNDARY_H

#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <unistd.h>

enum boundary_side { SIDE_DATABASE, SIDE_FILES, SIDES };

enum boundary_fault {
    FAULT_NONE,
    FAULT_BEFORE, /* killed before it */
    FAULT_AFTER,  /* killed after it */
    FAULT_TORN,   /* killed in its middle; before it, where it is not a write */
    FAULT_POWER,  /* killed before it, and nothing since the last sync is there */
    FAULT_FULL,   /* from here on it fails, the process lives */
    FAULT_BROKEN, /* an I/O error */
    FAULT_READONLY,
    FAULTS
};

static const char *const boundary_fault_names[FAULTS] = {"none",  "before", "after",  "torn",
                                                         "power", "full",   "broken", "readonly"};

struct boundary_plan {
    enum boundary_fault fault;
    int at;   /* the first is 1 */
    int last; /* fails up to this one */
};

/* The process's own. */
static struct {
    struct boundary_plan plans[SIDES];
    atomic_int *counts; /* of each side; shared with the parent */
    void (*lose_unsynced)(void);
} boundary;

static inline bool boundary_kills(enum boundary_fault fault)
{
    return fault >= FAULT_BEFORE && fault <= FAULT_POWER;
}

static inline _Noreturn void boundary_die(void)
{
    kill(getpid(), SIGKILL);
    for (;;)
        pause();
}

/* A boundary is reached; `writes`: it can be torn. Returns what the caller has to do: nothing,
 * die after it, die in its middle, or fail. */
static inline enum boundary_fault boundary_reach(enum boundary_side side, bool writes)
{
    const struct boundary_plan *p = &boundary.plans[side];
    if (boundary.counts == NULL)
        return FAULT_NONE;
    int n = atomic_fetch_add(&boundary.counts[side], 1) + 1;
    if (p->fault == FAULT_NONE || n < p->at || n > p->last)
        return FAULT_NONE;
    if (p->fault == FAULT_POWER)
        boundary.lose_unsynced();
    if (p->fault == FAULT_POWER || p->fault == FAULT_BEFORE || (p->fault == FAULT_TORN && !writes))
        boundary_die();
    return p->fault;
}

#endif
