/* A SQLite file of ours: opened, checked, its schema brought up to date. Only src/store includes
 * this. */
#ifndef SORTIE_STORE_DATABASE_H
#define SORTIE_STORE_DATABASE_H

#include "base/error.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

/* As repository_open(), but a damaged one is refused too. A file that is refused is left as it was.
 * `news`: of the migration, as migrations_apply(). */
sqlite3 *database_open(const char *path, char *news, size_t size, struct error *error);

/* PRAGMA quick_check of all of it: true when it is sound. `go_on` (NULL: always) is asked every few
 * milliseconds; false from it ends the look: false with ERROR_NONE. ERROR_DAMAGED, or the error
 * that kept it from being read. */
bool database_look_through(sqlite3 *db, const char *path, bool (*go_on)(void *context),
                           void *context, struct error *error);

/* A second connection that only reads, while the first is open; nothing is checked, and little is
 * kept: what it walks over it does not need again. */
sqlite3 *database_open_reader(const char *path, struct error *error);

/* Says why the last call on `db` failed; always false. ERROR_FULL, ERROR_DAMAGED, ERROR_BUSY,
 * ERROR_SYSTEM, or ERROR_USAGE when it was the row that is impossible (a broken constraint), not
 * the database. */
bool database_fail(sqlite3 *db, const char *path, struct error *error);

#endif
