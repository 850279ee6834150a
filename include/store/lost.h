/* Open positions whose rows a salvage could not read. Only src/store includes this. */
#ifndef SORTIE_STORE_LOST_H
#define SORTIE_STORE_LOST_H

#include "store/repository.h"

#include <sqlite3.h>

typedef void lost_visitor(void *context, const struct lost_position *lost);

/* Those that their fills or the last audit row say are open, and no later trade says are closed.
 * SQLite's code. Looks through tables without an index: for a database that was salvaged. */
int lost_each(sqlite3 *db, lost_visitor *visit, void *context);

/* The name of the fact (table meta) that is 1 until they were looked for. */
#define LOST_FACT "lost_positions"

#endif
