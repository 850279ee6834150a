/* A damaged database: set aside, never deleted, and what can be read of it saved in a new one. Only
 * src/store includes this. */
#ifndef SORTIE_STORE_SALVAGE_H
#define SORTIE_STORE_SALVAGE_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

/* Builds a new database from what can be read of the one at `path`, row by row: all tables and
 * their pages that can still be found, then the pages that nothing leads to any more, by the shape
 * of their rows. Rows that are there already or break a constraint are left out and counted. Then
 * it takes the damaged one's place, which is renamed to PATH.damaged-YYYYMMDD-HHMMSS with its -wal
 * and -shm. False with another error than ERROR_DAMAGED when that could not be done (ERROR_FULL...)
 * - the damaged one stays -, and with `error` as it was when the file is not a database of sortie.
 */
bool salvage_database(const char *path, struct error *error);

/* Takes the last steps of a salvage that was cut off; true also when there was none. `*done` when
 * there was one. */
bool salvage_finish(const char *path, bool *done, struct error *error);

/* Notes that the database is damaged, so that the next opening looks through all of it; and whether
 * that was noted. Never fails. */
void salvage_suspect(const char *path);
bool salvage_is_suspected(const char *path);
void salvage_clear_suspicion(const char *path);

/* The name of the fact (table meta) with the sentence that tells of a salvage. */
#define SALVAGE_FACT "salvaged"

#endif
