/* Shared by the repository's files only. */
#ifndef SORTIE_STORE_INTERNAL_H
#define SORTIE_STORE_INTERNAL_H

#include "store/repository.h"
#include "store/statements.h"

struct repository {
    sqlite3 *db;
    char path[512];
    sqlite3_stmt *statements[STATEMENTS];
    char news[512];
};

void repository_bind_text(struct repository *r, enum statement s, int parameter, const char *text);
/* Ends a walk: its last step's result stays until the reset. */
bool repository_end_walk(struct repository *r, enum statement s, struct error *error);

#endif
