/* The spill journal: changes as JSON lines, fsynced, for when the database refuses. The next start
 * replays it. */
#ifndef SORTIE_STORE_SPILL_H
#define SORTIE_STORE_SPILL_H

#include "store/repository.h"

/* Appends all changes (0600, created when needed) and syncs; on failure the file is cut back to
 * what it was, less a torn last line, which was never acknowledged. The first line names the
 * journal; changes that are joined make one line. */
bool spill_append(const char *path, const struct change *changes, size_t count,
                  struct error *error);

/* Commits what the journal holds, each change once, and then removes the file: how far it came is
 * stored with the changes themselves (meta `spill`), so that a replay that was cut off goes on from
 * there, and the database knows what it was given last (REPOSITORY_LAST), so that a commit which
 * was said to have failed and had not is not made again. A torn last line is ignored (it was never
 * acknowledged); a journal with an unreadable line in its middle is set aside as PATH.damaged after
 * what can be read was committed. A change that the database can never take (ERROR_USAGE of
 * repository_commit) is moved to PATH.refused, so that it does not stand in the way of the others.
 * True when all of the journal has found a place; `error` is then ERROR_NONE, or tells of what was
 * set aside (ERROR_DAMAGED, ERROR_USAGE). `replayed` gets the number of changes committed; no file:
 * 0. */
bool spill_replay(const char *path, struct repository *r, size_t *replayed, struct error *error);

#endif
