/* The console's thread that looks after the store: a look through all of it after the start, and
 * the backup of the day. */
#ifndef SORTIE_CMD_KEEPER_H
#define SORTIE_CMD_KEEPER_H

#include "base/error.h"
#include "base/log.h"
#include "base/paths.h"
#include "state/state.h"

struct keeper;

/* All outlive the keeper. Looks through the database once, a second after the start, and tells of
 * damage. Makes the day's first backup some seconds after the start, and tells of one that fails,
 * which is tried again after an hour. NULL on error. */
struct keeper *keeper_start(const struct paths *paths, struct state *state, struct log *log,
                            struct error *error);
/* Ends it, and a look or a copy under way. NULL: nothing. */
void keeper_stop(struct keeper *k);

#endif
