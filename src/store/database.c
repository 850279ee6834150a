#include "store/database.h"

#include "base/text.h"
#include "store/files.h"
#include "store/migrations.h"
#include "store/salvage.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { BUSY_MS = 2000, SMALL = 1 << 20, STEPS = 20000 };

bool database_fail(sqlite3 *db, const char *path, struct error *error)
{
    int code = sqlite3_errcode(db) & 0xFF;
    bool refused = code == SQLITE_IOERR || code == SQLITE_CANTOPEN;
    int reason = !refused ? 0 : sqlite3_system_errno(db) != 0 ? sqlite3_system_errno(db) : errno;
    if (code == SQLITE_FULL || reason == ENOSPC || reason == EDQUOT || reason == EFBIG)
        return error_set(error, ERROR_FULL, "the database %s refuses: disk full; free some space",
                         path);
    switch (code) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_ERROR: /* no such table or column: another program's database */
        return error_set(error, ERROR_DAMAGED,
                         "%s is damaged or not a database of sortie (%s); it is left as it is: "
                         "restore a backup, or move it away to begin anew",
                         path, sqlite3_errmsg(db));
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_RANGE:
        return error_set(error, ERROR_USAGE, "the database %s cannot take the row: %s", path,
                         sqlite3_errmsg(db));
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_set(error, ERROR_BUSY,
                         "the database %s refuses: another program keeps it locked; end that one",
                         path);
    default:
        return error_set(error, ERROR_SYSTEM,
                         "the database %s refuses: %s%s%s; look at the file and its directory",
                         path, sqlite3_errmsg(db), reason != 0 ? ": " : "",
                         reason != 0 ? strerror(reason) : "");
    }
}

/* The number that a one-row query gives; false when it cannot be had. */
static bool ask(sqlite3 *db, const char *query, int *number)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) != SQLITE_OK)
        return false;
    bool got = sqlite3_step(statement) == SQLITE_ROW;
    *number = sqlite3_column_int(statement, 0);
    return sqlite3_finalize(statement) == SQLITE_OK && got;
}

/* What a database is looked at with. */
struct look {
    const char *query; /* gives 1 when nothing is wrong */
    off_t size;        /* of the file; 0: not known, as a journal completes it */
};

static bool is_filled(const char *path, const char *end)
{
    char name[600];
    struct stat st;
    text_format(name, sizeof name, "%s%s", path, end);
    return stat(name, &st) == 0 && st.st_size > 0;
}

/* How much of it is looked through before the start goes on: a second of looking at a sound
 * database is a second without prices. The rest is looked through while the console runs
 * (diagnosis.h). */
static struct look choose_look(const char *path)
{
    static const char start[] = /* what must be known at once */
        "SELECT min(quick_check = 'ok') FROM (SELECT * FROM pragma_quick_check('open_position') "
        "UNION ALL SELECT * FROM pragma_quick_check('meta'))";
    static const char all[] = "SELECT quick_check = 'ok' FROM pragma_quick_check(1)";
    static const char closely[] = "SELECT integrity_check = 'ok' FROM pragma_integrity_check(1)";
    struct look look = {.query = all};
    struct stat st;
    /* -journal: the very first transaction, which makes the database, was cut off */
    bool unclean = is_filled(path, "-wal") || is_filled(path, "-journal");
    if (stat(path, &st) != 0)
        return look;
    look.size = unclean ? 0 : st.st_size;
    if (salvage_is_suspected(path))
        look.query = closely;
    else if (st.st_size > SMALL)
        look.query = start;
    return look;
}

struct patience {
    bool (*go_on)(void *context);
    void *context;
};

static int lose_patience(void *context)
{
    const struct patience *p = context;
    return p->go_on != NULL && !p->go_on(p->context);
}

bool database_look_through(sqlite3 *db, const char *path, bool (*go_on)(void *context),
                           void *context, struct error *error)
{
    struct patience patience = {go_on, context};
    int sound = 0;
    sqlite3_progress_handler(db, STEPS, lose_patience, &patience);
    bool got = ask(db, "SELECT quick_check = 'ok' FROM pragma_quick_check(1)", &sound);
    sqlite3_progress_handler(db, 0, NULL, NULL);
    if (!got)
        return sqlite3_errcode(db) != SQLITE_INTERRUPT && database_fail(db, path, error);
    return sound != 0 || error_set(error, ERROR_DAMAGED, "%s is damaged", path);
}

static bool refuse_newer(const char *path, int version, struct error *error)
{
    return error_set(error, ERROR_NEWER,
                     "%s was written by a newer sortie (its version is %d, this one knows %d); "
                     "use that sortie, or another --data-dir",
                     path, version, migrations_latest());
}

/* Only reads. */
static bool check(sqlite3 *db, const char *path, const struct look *look, int *version,
                  struct error *error)
{
    int sound = 1, tables, page;
    if (!ask(db, "PRAGMA user_version", version))
        return database_fail(db, path, error);
    if (*version > migrations_latest())
        return refuse_newer(path, *version, error);
    if (!ask(db, look->query, &sound) || !ask(db, "PRAGMA page_size", &page))
        return database_fail(db, path, error);
    if (!ask(db, "SELECT count(*) FROM sqlite_master", &tables))
        return database_fail(db, path, error);
    bool locked = sqlite3_db_readonly(db, "main") == 1;
    if (locked && faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0)
        return error_set(error, ERROR_SYSTEM, "%s may not be written; see its owner and mode",
                         path);
    /* SQLite takes what a last page lacks for zeros, and a damaged header for a future format's */
    sound = sound && look->size % page == 0 && !locked;
    if (!sound || *version < 0 || (*version == 0 && tables > 0))
        return error_set(error, ERROR_DAMAGED,
                         "%s is %s; it is left as it is: restore a backup, or move it away to "
                         "begin anew",
                         path, sound ? "not a database of sortie" : "damaged");
    return true;
}

static bool prepare(sqlite3 *db, const char *path, const struct look *look, char *news, size_t size,
                    struct error *error)
{
    int version = 0;
    /* Closing a refused file must not write to it either. */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(db, BUSY_MS);
    if (!check(db, path, look, &version, error))
        return false;
    salvage_clear_suspicion(path);
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    if (sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL,
                     NULL) != SQLITE_OK ||
        migrations_apply(db, version, news, size) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA foreign_keys = ON", NULL, NULL, NULL) != SQLITE_OK)
        return database_fail(db, path, error);
    return true;
}

sqlite3 *database_open(const char *path, char *news, size_t size, struct error *error)
{
    sqlite3 *db = NULL;
    if (!file_create(path, error))
        return NULL;
    struct look look = choose_look(path); /* before opening makes a journal of its own */
    /* One thread at a time uses it, so SQLite need not lock. */
    int code = sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
    if (code != SQLITE_OK)
        database_fail(db, path, error);
    if (code != SQLITE_OK || !prepare(db, path, &look, news, size, error)) {
        sqlite3_close(db);
        return NULL;
    }
    return db;
}

/* What is not of this version is not damaged. */
static bool is_current(sqlite3 *db, const char *path, struct error *error)
{
    int version;
    if (!ask(db, "PRAGMA user_version", &version))
        return database_fail(db, path, error);
    if (version > migrations_latest())
        return refuse_newer(path, version, error);
    return version == migrations_latest() ||
           error_set(error, ERROR_USAGE,
                     "%s was written by an older sortie, or by none: start the console once, which "
                     "brings it up to this version",
                     path);
}

sqlite3 *database_open_reader(const char *path, struct error *error)
{
    sqlite3 *db = NULL;
    if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK ||
        sqlite3_busy_timeout(db, BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(db, "PRAGMA cache_size = -256", NULL, NULL, NULL) != SQLITE_OK) /* KiB */
        database_fail(db, path, error);
    else if (is_current(db, path, error))
        return db;
    sqlite3_close(db);
    return NULL;
}
