/* Every SQL statement of the repository, prepared once. Only src/store includes this. */
#ifndef SORTIE_STORE_STATEMENTS_H
#define SORTIE_STORE_STATEMENTS_H

#include "store/columns.h"

#include <sqlite3.h>

enum statement {
    BEGIN,
    COMMIT,
    ROLLBACK,
    PUT_FILL,
    CLAIM_FILLS,
    DISCARD_FILLS,
    AUDIT_TRADES,
    DROP_TRADES,
    DROP_FILLS,
    EACH_FILL,
    EACH_COUNTED,
    PUT_POSITION,
    NOTE_REVERSAL,
    MEND_REVERSAL,
    UPDATE_EXTREMES,
    DELETE_POSITION,
    GET_POSITION,
    EACH_POSITION,
    PUT_TRADE,
    EACH_RESULT,
    PUT_BALANCE,
    EACH_POINT,
    NEXT_BALANCE,
    FIND_LAST,
    PUT_ORDER,
    PUT_AUDIT,
    GET_META,
    SET_META,
    EACH_FACT,
    STATEMENTS
};

/* False when one cannot be prepared; sqlite3_errmsg() says why. */
bool statements_prepare(sqlite3 *db, sqlite3_stmt *out[STATEMENTS]);
void statements_finalize(sqlite3_stmt *statements[STATEMENTS]);
/* Whose columns it names; NULL: of none. */
const struct table *statement_table(enum statement s);

#endif
