/* The schema, as steps from each version to the next. Only src/store includes this. */
#ifndef SORTIE_STORE_MIGRATIONS_H
#define SORTIE_STORE_MIGRATIONS_H

#include <sqlite3.h>
#include <stddef.h>

/* PRAGMA application_id of our databases ("sort"). */
#define MIGRATIONS_APPLICATION 0x736f7274

/* The version that this program writes (PRAGMA user_version). */
int migrations_latest(void);
/* Takes the steps that come after `version`, all in one transaction, with foreign keys off. Rows
 * that break a constraint which a step brings are moved to a table of their own, and `news` says so
 * (else ""). Returns SQLite's code. */
int migrations_apply(sqlite3 *db, int version, char *news, size_t size);

#endif
