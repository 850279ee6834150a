#include "store/diagnosis.h"

#include "base/text.h"
#include "store/database.h"
#include "store/migrations.h"
#include "store/salvage.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

enum { BUSY_MS = 2000 };

/* The text that a query's only row gives; "" without a row. */
static bool ask(sqlite3 *db, const char *query, char *text, size_t size)
{
    sqlite3_stmt *statement;
    text_copy(text, size, "");
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        return false;
    if (sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_text(statement, 0) != NULL) {
        const char *found = (const char *)sqlite3_column_text(statement, 0);
        text_clean(text, size, found, strlen(found));
    }
    return sqlite3_finalize(statement) == SQLITE_OK;
}

/* A journal that a crash has left is a sign that the next start needs: closing keeps it. */
static bool open_database(const char *path, sqlite3 **db)
{
    bool good = sqlite3_open_v2(path, db, SQLITE_OPEN_READWRITE, NULL) == SQLITE_OK;
    sqlite3_db_config(*db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(*db, BUSY_MS);
    return good;
}

bool diagnosis_make(const char *path, struct diagnosis *out, struct error *error)
{
    sqlite3 *db;
    char version[16];
    *out = (struct diagnosis){.version_known = migrations_latest(),
                              .sqlite = sqlite3_libversion(),
                              .suspected = salvage_is_suspected(path)};
    bool good = open_database(path, &db);
    good = good && ask(db, "PRAGMA user_version", version, sizeof version) &&
           ask(db, "PRAGMA quick_check(1)", out->check, sizeof out->check);
    if (good) {
        out->version = (int)strtol(version, NULL, 10);
        ask(db, "SELECT value FROM meta WHERE name = '" SALVAGE_FACT "'", out->salvaged,
            sizeof out->salvaged);
    } else {
        database_fail(db, path, error);
    }
    sqlite3_close(db);
    return good;
}

bool diagnosis_look_through(const char *path, bool (*go_on)(void *context), void *context,
                            struct error *error)
{
    sqlite3 *db;
    bool sound = open_database(path, &db) ? database_look_through(db, path, go_on, context, error)
                                          : database_fail(db, path, error);
    sqlite3_close(db);
    if (!sound && error->code == ERROR_DAMAGED) {
        salvage_suspect(path);
        error_set(error, ERROR_DAMAGED,
                  "%s is damaged: end the console and start it anew, which saves what can be read "
                  "of it",
                  path);
    }
    return sound;
}
