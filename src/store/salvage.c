#include "store/salvage.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/database.h"
#include "store/files.h"
#include "store/lost.h"
#include "store/migrations.h"
#include "store/pages.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { TABLES = 32, ROOTS = 64, NAME_SIZE = 640, SQL_SIZE = 4096, DEPTH_MAX = 20, OWN_LEAST = 9 };

/* What a page was found to be: of table mark - 1, or one of these. */
enum { MARK_NONE = 0, MARK_SCHEMA = 254, MARK_DONE = 255 };

/* A table that no other program's database has. */
static const char OWN_TABLE[] = "open_position";

struct column {
    int type; /* SQLITE_INTEGER, ... */
    bool needed;
};

/* A table of the new database, and what its rows look like. */
struct shape {
    char name[64];
    size_t count;
    struct column columns[PAGES_COLUMNS];
    sqlite3_stmt *insert;
};

/* Where the tree of a table begins. */
struct root {
    uint32_t page;
    unsigned char mark;
};

struct salvage {
    const char *path;
    struct pages *pages;
    sqlite3 *db;
    struct shape tables[TABLES];
    size_t table_count;
    struct root roots[ROOTS];
    size_t root_count;
    unsigned char *marks; /* [page] */
    int mark;             /* of the tree that is walked, or the table whose rows are read */
    int depth;
    bool known; /* the schema, or a row, shows that it is a database of sortie */
    int failed; /* SQLite's code: the new database cannot be written */
    size_t saved, left_out, unreadable, pages_lost;
};

static int add_columns(struct salvage *s, struct shape *t)
{
    char sql[SQL_SIZE], names[SQL_SIZE / 2] = "", marks[2 * PAGES_COLUMNS + 2] = "";
    size_t name_end = 0, mark_end = 0;
    sqlite3_stmt *columns;
    text_format(sql, sizeof sql,
                "SELECT name, type, \"notnull\" AND NOT pk FROM pragma_table_xinfo('%s') "
                "WHERE hidden = 0 ORDER BY cid",
                t->name);
    int code = sqlite3_prepare_v2(s->db, sql, -1, &columns, NULL);
    while (code == SQLITE_OK && t->count < PAGES_COLUMNS && sqlite3_step(columns) == SQLITE_ROW) {
        const char *type = (const char *)sqlite3_column_text(columns, 1);
        t->columns[t->count++] = (struct column){
            .type = strcmp(type, "REAL") == 0   ? SQLITE_FLOAT
                    : strcmp(type, "TEXT") == 0 ? SQLITE_TEXT
                                                : SQLITE_INTEGER,
            .needed = sqlite3_column_int(columns, 2) != 0,
        };
        const char *comma = name_end > 0 ? ", " : "";
        name_end += text_format(names + name_end, sizeof names - name_end, "%s%s", comma,
                                (const char *)sqlite3_column_text(columns, 0));
        mark_end +=
            text_format(marks + mark_end, sizeof marks - mark_end, "%s", *comma ? ",?" : "?");
    }
    sqlite3_finalize(columns);
    text_format(sql, sizeof sql, "INSERT INTO %s (%s) VALUES (%s)", t->name, names, marks);
    return code == SQLITE_OK ? sqlite3_prepare_v2(s->db, sql, -1, &t->insert, NULL) : code;
}

static int read_shapes(struct salvage *s)
{
    sqlite3_stmt *tables;
    int code = sqlite3_prepare_v2(s->db, "SELECT name FROM sqlite_master WHERE type = 'table'", -1,
                                  &tables, NULL);
    while (code == SQLITE_OK && s->table_count < TABLES && sqlite3_step(tables) == SQLITE_ROW) {
        struct shape *t = &s->tables[s->table_count++];
        text_copy(t->name, sizeof t->name, (const char *)sqlite3_column_text(tables, 0));
        code = add_columns(s, t);
    }
    sqlite3_finalize(tables);
    return code;
}

/* How many columns the row lacks of such a table's (a schema of an earlier version had fewer); -1
 * when it is no row of it. */
static int fit(const struct shape *t, const struct pages_row *row)
{
    if (row->count == 0 || row->count > t->count || row->values[0].type != SQLITE_NULL)
        return -1; /* the first column is the row's id, which is not stored */
    for (size_t i = 1; i < row->count; i++) {
        int type = row->values[i].type;
        bool fits = type == t->columns[i].type ||
                    (type == SQLITE_INTEGER && t->columns[i].type == SQLITE_FLOAT) ||
                    (type == SQLITE_NULL && !t->columns[i].needed);
        if (!fits)
            return -1;
    }
    return (int)(t->count - row->count);
}

static void insert(struct salvage *s, const struct shape *t, const struct pages_row *row)
{
    sqlite3_bind_int64(t->insert, 1, row->id);
    for (size_t i = 1; i < row->count; i++) {
        const struct pages_value *v = &row->values[i];
        int at = (int)i + 1;
        if (v->type == SQLITE_INTEGER)
            sqlite3_bind_int64(t->insert, at, v->integer);
        else if (v->type == SQLITE_FLOAT)
            sqlite3_bind_double(t->insert, at, v->real);
        else if (v->type == SQLITE_TEXT)
            sqlite3_bind_text(t->insert, at, v->bytes, (int)v->size, SQLITE_STATIC);
    }
    sqlite3_step(t->insert);
    int code = sqlite3_reset(t->insert);
    sqlite3_clear_bindings(t->insert);
    if (code == SQLITE_OK)
        s->saved++;
    else if (code == SQLITE_CONSTRAINT)
        s->left_out++;
    else
        s->failed = code;
}

/* A row of the table that `mark` names, or, without one, of the table that it looks like most. */
static void save_row(void *context, const struct pages_row *row)
{
    struct salvage *s = context;
    const struct shape *best = NULL;
    int least = PAGES_COLUMNS;
    for (size_t i = 0; i < s->table_count; i++) {
        int lacks = fit(&s->tables[i], row);
        if (lacks >= 0 && lacks < least && (s->mark == MARK_NONE || s->mark == (int)i + 1)) {
            best = &s->tables[i];
            least = lacks;
        }
    }
    s->known = s->known || (best != NULL && row->count >= OWN_LEAST);
    if (best != NULL && s->failed == SQLITE_OK)
        insert(s, best, row);
    else if (s->mark != MARK_NONE)
        s->unreadable++;
}

static void walk(void *context, uint32_t number)
{
    struct salvage *s = context;
    enum page_kind kind = pages_kind(s->pages, number);
    if (kind == PAGE_OTHER || s->marks[number] != MARK_NONE || s->depth == DEPTH_MAX) {
        s->pages_lost += s->mark != MARK_DONE && s->mark != MARK_SCHEMA;
        return;
    }
    s->marks[number] = kind == PAGE_ROWS ? (unsigned char)s->mark : MARK_DONE;
    s->depth++;
    pages_each_child(s->pages, number, walk, s);
    s->depth--;
}

static void mark_free(void *context, uint32_t number)
{
    struct salvage *s = context;
    if (number > 1 && number <= pages_count(s->pages) && s->marks[number] == MARK_NONE)
        s->marks[number] = MARK_DONE;
}

/* A row of the schema: notes where the tree of a table begins. */
static void note_root(void *context, const struct pages_row *row)
{
    struct salvage *s = context;
    const struct pages_value *v = row->values;
    bool table = row->count == 5 && v[0].type == SQLITE_TEXT && v[0].size == 5 &&
                 memcmp(v[0].bytes, "table", 5) == 0 && v[1].type == SQLITE_TEXT &&
                 v[3].type == SQLITE_INTEGER && v[3].integer > 1 && v[3].integer <= INT32_MAX;
    if (!table || s->root_count == ROOTS)
        return;
    struct root *root = &s->roots[s->root_count++];
    *root = (struct root){(uint32_t)v[3].integer, MARK_DONE};
    for (size_t i = 0; i < s->table_count; i++)
        if (v[1].size == strlen(s->tables[i].name) &&
            memcmp(v[1].bytes, s->tables[i].name, v[1].size) == 0)
            root->mark = (unsigned char)(i + 1);
    s->known = s->known ||
               (v[1].size == strlen(OWN_TABLE) && memcmp(v[1].bytes, OWN_TABLE, v[1].size) == 0);
}

/* Visits the rows of all pages with that mark. */
static void read_marked(struct salvage *s, int mark, pages_row_visitor *visit)
{
    for (uint32_t page = 1; page <= pages_count(s->pages); page++) {
        if (s->marks[page] != mark || pages_kind(s->pages, page) != PAGE_ROWS)
            continue;
        size_t lost = pages_each_row(s->pages, page, visit, s);
        s->unreadable += mark != MARK_NONE ? lost : 0;
    }
}

/* First what a tree leads to, then the rest, so that a row's last version goes before one that an
 * abandoned page still shows. */
static void read_rows(struct salvage *s)
{
    s->marks = memory_new((size_t)pages_count(s->pages) + 1, 1);
    s->mark = MARK_SCHEMA;
    walk(s, 1);
    read_marked(s, MARK_SCHEMA, note_root);
    for (size_t i = 0; i < s->root_count; i++) {
        s->mark = s->roots[i].mark;
        walk(s, s->roots[i].page);
    }
    pages_each_free(s->pages, mark_free, s); /* what a tree leads to is not free, whoever says so */
    for (size_t i = 0; i < s->table_count; i++) {
        s->mark = (int)i + 1;
        read_marked(s, s->mark, save_row);
    }
    s->mark = MARK_NONE;
    read_marked(s, MARK_NONE, save_row);
}

/* Rows that are missing between others, in the tables that no row is ever removed from. */
static size_t count_gaps(sqlite3 *db)
{
    static const char query[] =
        "SELECT sum(gaps) FROM (SELECT max(id) - count(*) AS gaps FROM trade "
        "UNION ALL SELECT max(id) - count(*) FROM fill "
        "UNION ALL SELECT max(id) - count(*) FROM order_event "
        "UNION ALL SELECT max(id) - count(*) FROM balance "
        "UNION ALL SELECT max(id) - count(*) FROM audit)";
    sqlite3_stmt *statement;
    sqlite3_int64 gaps = 0;
    if (sqlite3_prepare_v2(db, query, -1, &statement, NULL) == SQLITE_OK &&
        sqlite3_step(statement) == SQLITE_ROW)
        gaps = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return gaps > 0 ? (size_t)gaps : 0;
}

static void name_aside(const char *path, time_t time, char *name, size_t size)
{
    char date[32];
    struct tm tm;
    strftime(date, sizeof date, "%Y%m%d-%H%M%S", localtime_r(&time, &tm));
    text_format(name, size, "%s.damaged-%s", path, date);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash != NULL ? slash + 1 : path;
}

static void note(sqlite3 *db, const char *name, const char *value)
{
    sqlite3_stmt *statement;
    if (sqlite3_prepare_v2(db,
                           "INSERT INTO meta (name, value) VALUES (?, ?) "
                           "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                           -1, &statement, NULL) == SQLITE_OK) {
        sqlite3_bind_text(statement, 1, name, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, value, -1, SQLITE_STATIC);
        sqlite3_step(statement);
    }
    sqlite3_finalize(statement);
}

/* Writes down what there is to tell, in the new database itself: the console may die before. */
static void tell(struct salvage *s, time_t time)
{
    char aside[NAME_SIZE], sentence[NAME_SIZE], lost[120] = "";
    size_t gaps = count_gaps(s->db) + s->unreadable, used = 0;
    name_aside(base_name(s->path), time, aside, sizeof aside);
    if (gaps > 0)
        used = text_format(lost, sizeof lost, ", %zu lost at least", gaps);
    if (s->left_out > 0)
        used += text_format(lost + used, sizeof lost - used, ", %zu left out", s->left_out);
    if (s->pages_lost > 0)
        used +=
            text_format(lost + used, sizeof lost - used, ", %zu pages unreadable", s->pages_lost);
    text_format(sentence, sizeof sentence,
                "%s was damaged and is kept as %s: %s%zu rows were saved%s%s", base_name(s->path),
                aside, used == 0 ? "all " : "", s->saved, lost,
                used == 0 ? "" : "; compare positions with your broker's");
    note(s->db, SALVAGE_FACT, sentence);
    note(s->db, LOST_FACT, "1");
}

static int run(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL);
}

/* Fills the new database, which nobody else knows of yet: one sync at its end is enough. */
static bool fill(struct salvage *s, const char *target, time_t time, struct error *error)
{
    char news[8];
    int code = run(s->db, "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF");
    code = code == SQLITE_OK ? migrations_apply(s->db, 0, news, sizeof news) : code;
    code = code == SQLITE_OK ? run(s->db, "PRAGMA foreign_keys = OFF; BEGIN") : code;
    code = code == SQLITE_OK ? read_shapes(s) : code;
    if (code == SQLITE_OK)
        read_rows(s);
    for (size_t i = 0; i < s->table_count; i++)
        sqlite3_finalize(s->tables[i].insert);
    code = code == SQLITE_OK ? s->failed : code;
    if (code == SQLITE_OK) {
        tell(s, time);
        /* a fill whose trade is lost belongs to no position that is open */
        code = run(s->db, "UPDATE fill SET trade_id = NULL, discarded = 1 WHERE trade_id IS NOT "
                          "NULL AND trade_id NOT IN (SELECT id FROM trade);"
                          "UPDATE trade SET first_fill = NULL "
                          "WHERE first_fill NOT IN (SELECT id FROM fill);"
                          "UPDATE open_position SET first_fill = NULL "
                          "WHERE first_fill NOT IN (SELECT id FROM fill); COMMIT");
    }
    return code == SQLITE_OK || database_fail(s->db, target, error);
}

static bool build(const char *path, const char *target, time_t time, bool *known,
                  struct error *error)
{
    struct salvage *s = memory_new(1, sizeof *s);
    s->path = path;
    s->pages = pages_open(path, error);
    unlink(target);
    bool built = s->pages != NULL && file_create(target, error);
    if (built && sqlite3_open_v2(target, &s->db, SQLITE_OPEN_READWRITE, NULL) != SQLITE_OK)
        built = database_fail(s->db, target, error);
    built = built && fill(s, target, time, error);
    *known = !built || s->known || pages_application(s->pages) == MIGRATIONS_APPLICATION;
    sqlite3_close(s->db);
    if (s->pages != NULL)
        pages_close(s->pages);
    free(s->marks);
    free(s);
    return built && (file_sync(target) || file_refuse(target, error));
}

/* The new database's complete name is what says that it is complete; its time dates the name of the
 * damaged one, whenever this is done. */
bool salvage_finish(const char *path, bool *done, struct error *error)
{
    static const char *const suffixes[] = {"-wal", "-shm", ""}; /* a -wal must not meet the new */
    char ready[NAME_SIZE], aside[NAME_SIZE], from[NAME_SIZE], to[NAME_SIZE];
    struct stat st;
    text_format(ready, sizeof ready, "%s.salvaged", path);
    *done = stat(ready, &st) == 0;
    if (!*done)
        return true;
    name_aside(path, st.st_mtime, aside, sizeof aside);
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        text_format(from, sizeof from, "%s%s", path, suffixes[i]);
        text_format(to, sizeof to, "%s%s", aside, suffixes[i]);
        if (access(from, F_OK) == 0 && access(to, F_OK) == 0)
            return error_set(error, ERROR_SYSTEM, "cannot set %s aside: %s is there; move it away",
                             from, to);
        if (rename(from, to) != 0 && errno != ENOENT)
            return file_refuse(from, error);
    }
    if (rename(ready, path) != 0)
        return file_refuse(path, error);
    salvage_clear_suspicion(path);
    file_sync_directory(path);
    return true;
}

bool salvage_database(const char *path, struct error *error)
{
    char part[NAME_SIZE], ready[NAME_SIZE];
    struct stat st;
    struct error own = {0};
    bool known = true, done;
    time_t now = time(NULL);
    const struct timespec times[2] = {{.tv_sec = now}, {.tv_sec = now}};
    text_format(part, sizeof part, "%s.salvage", path);
    text_format(ready, sizeof ready, "%s.salvaged", path);
    if (stat(path, &st) != 0 || !S_ISREG(st.st_mode))
        return false;
    bool built = build(path, part, now, &known, &own);
    if (built && known)
        built = (utimensat(AT_FDCWD, part, times, 0) == 0 && rename(part, ready) == 0) ||
                file_refuse(part, &own);
    if (built && known)
        return salvage_finish(path, &done, error);
    unlink(part);
    if (!built)
        error_set(error, own.code, "%s is damaged and cannot be saved: %s", base_name(path),
                  own.text);
    return false;
}

static void name_suspicion(const char *path, char *name, size_t size)
{
    text_format(name, size, "%s.suspect", path);
}

void salvage_suspect(const char *path)
{
    char name[NAME_SIZE];
    name_suspicion(path, name, sizeof name);
    int file = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file >= 0)
        close(file);
}

bool salvage_is_suspected(const char *path)
{
    char name[NAME_SIZE];
    name_suspicion(path, name, sizeof name);
    return access(name, F_OK) == 0;
}

void salvage_clear_suspicion(const char *path)
{
    char name[NAME_SIZE];
    name_suspicion(path, name, sizeof name);
    unlink(name);
}
