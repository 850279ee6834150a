/* Copies of the database, made while it is in use. */
#ifndef SORTIE_STORE_BACKUP_H
#define SORTIE_STORE_BACKUP_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { BACKUPS_KEPT = 7 };

/* Asked between the steps of a copy, of some milliseconds each; false ends it. */
typedef bool backup_go_on(void *context);

/* Copies the database, as its last commit left it, into `target` (0600) by a connection of its own
 * that keeps no writer waiting. The copy has another name until all of it is there, durable and
 * looked through. Refuses a `target` that exists. ERROR_DAMAGED: the database is, so there is no
 * copy, and the next opening of the database looks through all of it; ERROR_FULL, ERROR_BUSY,
 * ERROR_SYSTEM; ERROR_USAGE: `target` exists, or there is no database; ERROR_NONE and false: ended
 * by `go_on` (may be NULL). */
bool backup_copy(const char *database, const char *target, backup_go_on *go_on, void *context,
                 struct error *error);

/* The backup of the day (local date) of `now`, directory/sortie-YYYYMMDD.db, unless it is there;
 * then all but the last BACKUPS_KEPT of such names go. `made`: there is a new one. */
bool backup_make_daily(const char *database, const char *directory, int64_t now,
                       backup_go_on *go_on, void *context, bool *made, struct error *error);

/* The name of the newest backup of the directory; false when there is none. */
bool backup_find_latest(const char *directory, char *name, size_t size);

#endif
