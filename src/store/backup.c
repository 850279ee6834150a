#include "store/backup.h"

#include "base/clock.h"
#include "base/text.h"
#include "store/database.h"
#include "store/files.h"
#include "store/salvage.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PATH_SIZE = 640, STEP_PAGES = 64, PAUSE_MS = 1, BUSY_MS = 2000 };

static bool query_is_ok(sqlite3 *db, const char *query)
{
    sqlite3_stmt *statement;
    bool good = sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW && sqlite3_column_int(statement, 0) == 1;
    return sqlite3_finalize(statement) == SQLITE_OK && good;
}

/* In one read transaction: what is committed meanwhile neither is in it nor begins it anew. */
static bool copy_pages(sqlite3 *from, sqlite3 *to, backup_go_on *go_on, void *context, bool *ended)
{
    sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
    int code = backup != NULL ? SQLITE_OK : sqlite3_errcode(to);
    *ended = false;
    while (code == SQLITE_OK && !*ended) {
        code = sqlite3_backup_step(backup, STEP_PAGES);
        *ended = code == SQLITE_OK && go_on != NULL && !go_on(context);
        if (code == SQLITE_OK)
            poll(NULL, 0, PAUSE_MS); /* the disk is the writer's first */
    }
    int finished = sqlite3_backup_finish(backup);
    return code == SQLITE_DONE && finished == SQLITE_OK;
}

static bool open_both(const char *database, const char *part, sqlite3 **from, sqlite3 **to,
                      struct error *error)
{
    if (sqlite3_open_v2(database, from, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        return database_fail(*from, database, error);
    /* a journal that a crash has left is a sign that the next start needs */
    sqlite3_db_config(*from, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    sqlite3_busy_timeout(*from, BUSY_MS);
    if (!query_is_ok(*from, "SELECT count(*) > 0 FROM sqlite_master WHERE name = 'open_position'"))
        return sqlite3_errcode(*from) == SQLITE_OK || sqlite3_errcode(*from) == SQLITE_DONE
                   ? error_set(error, ERROR_USAGE, "%s is not a database of sortie", database)
                   : database_fail(*from, database, error);
    if (sqlite3_exec(*from, "BEGIN; SELECT count(*) FROM sqlite_master", NULL, NULL, NULL) !=
        SQLITE_OK)
        return database_fail(*from, database, error);
    unlink(part);
    if (!file_create(part, error))
        return false;
    if (sqlite3_open_v2(part, to, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK ||
        sqlite3_exec(*to, "PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY", NULL, NULL,
                     NULL) != SQLITE_OK)
        return database_fail(*to, part, error);
    return true;
}

/* Fills the file `part`, which holds all of it and needs no journal, and looks through it. */
static bool fill(const char *database, const char *part, backup_go_on *go_on, void *context,
                 struct error *error)
{
    struct error own = {0};
    sqlite3 *from = NULL, *to = NULL;
    bool ended = false;
    error = error != NULL ? error : &own;
    bool good = open_both(database, part, &from, &to, error);
    if (good && !copy_pages(from, to, go_on, context, &ended))
        good = !ended && database_fail(to, part, error);
    if (good) {
        sqlite3_exec(to, "PRAGMA journal_mode = DELETE", NULL, NULL, NULL);
        good = database_look_through(to, part, go_on, context, error);
    }
    sqlite3_close(from);
    sqlite3_close(to);
    if (!good && error->code == ERROR_DAMAGED) {
        salvage_suspect(database);
        return error_set(error, ERROR_DAMAGED,
                         "%s is damaged, no backup was made: start the console anew, which saves "
                         "what can be read of it",
                         database);
    }
    return good && (file_sync(part) || file_refuse(part, error));
}

bool backup_copy(const char *database, const char *target, backup_go_on *go_on, void *context,
                 struct error *error)
{
    char part[PATH_SIZE];
    if (text_format(part, sizeof part, "%s.part", target) >= sizeof part - 1)
        return error_set(error, ERROR_USAGE, "the path %s is too long", target);
    if (access(target, F_OK) == 0)
        return error_set(error, ERROR_USAGE, "%s exists: give another name", target);
    if (access(database, F_OK) != 0)
        return error_set(error, ERROR_USAGE, "there is no database %s; see --data-dir", database);
    bool good = fill(database, part, go_on, context, error);
    if (good && link(part, target) != 0) /* replaces nothing, whoever was quicker */
        good = file_refuse(target, error);
    unlink(part);
    if (good)
        file_sync_directory(target);
    return good;
}

static bool is_backup(const char *name)
{
    static const char pattern[] = "sortie-dddddddd.db";
    size_t i = 0;
    while (name[i] != '\0' &&
           (pattern[i] == 'd' && i >= 7 && i < 15 ? name[i] >= '0' && name[i] <= '9'
                                                  : name[i] == pattern[i]))
        i++;
    return name[i] == '\0' && i == sizeof pattern - 1;
}

static int only_backups(const struct dirent *e)
{
    return is_backup(e->d_name);
}

/* Copies that were cut off. */
static int only_parts(const struct dirent *e)
{
    char name[sizeof e->d_name];
    text_copy(name, sizeof name, e->d_name);
    char *end = strrchr(name, '.');
    if (end == NULL || strcmp(end, ".part") != 0)
        return 0;
    *end = '\0';
    return is_backup(name);
}

bool backup_find_latest(const char *directory, char *name, size_t size)
{
    struct dirent **names;
    int count = scandir(directory, &names, only_backups, alphasort);
    if (count > 0)
        text_copy(name, size, names[count - 1]->d_name);
    for (int i = 0; i < count; i++)
        free(names[i]);
    if (count >= 0)
        free(names);
    return count > 0;
}

static void remove_all(const char *directory, int (*which)(const struct dirent *))
{
    char path[PATH_SIZE];
    struct dirent **names;
    int count = scandir(directory, &names, which, NULL);
    for (int i = 0; i < count; i++) {
        text_format(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        unlink(path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

/* Keeps the last ones up to `latest`. Those dated later were made before it, when the clock was
 * ahead. */
static void remove_old(const char *directory, const char *latest)
{
    char path[PATH_SIZE];
    struct dirent **names;
    int count = scandir(directory, &names, only_backups, alphasort); /* by date */
    int last = count - 1;
    while (last > 0 && strcmp(names[last]->d_name, latest) > 0)
        last--;
    for (int i = 0; i < count; i++) {
        text_format(path, sizeof path, "%s/%s", directory, names[i]->d_name);
        if ((last - i + count) % count >= BACKUPS_KEPT)
            unlink(path);
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

bool backup_make_daily(const char *database, const char *directory, int64_t now,
                       backup_go_on *go_on, void *context, bool *made, struct error *error)
{
    char path[PATH_SIZE], name[32], date[16];
    struct tm tm;
    time_t seconds = (time_t)(now / CLOCK_SECOND);
    strftime(date, sizeof date, "%Y%m%d", localtime_r(&seconds, &tm));
    text_format(name, sizeof name, "sortie-%s.db", date);
    text_format(path, sizeof path, "%s/%s", directory, name);
    *made = false;
    if (access(path, F_OK) == 0)
        return true;
    if (mkdir(directory, 0700) != 0 && errno != EEXIST)
        return file_refuse(directory, error);
    *made = backup_copy(database, path, go_on, context, error);
    if (*made) {
        remove_old(directory, name);
        remove_all(directory, only_parts);
    }
    return *made;
}
