/* The schema, as steps from each version to the next. Only src/store includes this. */
#ifndef SORTIE_STORE_MIGRATIONS_H
#define SORTIE_STORE_MIGRATIONS_H

#include <sqlite3.h>
#include <stdbool.h>

/* PRAGMA application_id of our databases ("sort"). */
#define MIGRATIONS_APPLICATION 0x736f7274

/* The version that this program writes (PRAGMA user_version). */
int migrations_latest(void);
/* Takes the steps that come after `version`, all in one transaction. Returns SQLite's code. */
int migrations_apply(sqlite3 *db, int version);

#endif
