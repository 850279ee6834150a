#include "store/lost.h"

#include "base/memory.h"
#include "base/text.h"
#include "store/columns.h"

#include <stdlib.h>
#include <string.h>

enum { SQL_SIZE = 512 };

/* Mode, account and symbol; whether there is an audit row, and what it says is open. */
static const char CANDIDATES[] =
    "WITH said AS (SELECT mode, account, symbol, max(id) AS id, time, after FROM audit "
    "WHERE before IS NOT NULL OR after IS NOT NULL GROUP BY mode, account, symbol), "
    "key AS (SELECT mode, account, symbol FROM said UNION SELECT mode, account, symbol FROM fill "
    "WHERE trade_id IS NULL AND discarded = 0) "
    "SELECT mode, account, symbol, said.id IS NOT NULL, said.after FROM key "
    "LEFT JOIN said USING (mode, account, symbol) "
    "LEFT JOIN open_position p USING (mode, account, symbol) "
    "WHERE p.id IS NULL AND (said.id IS NULL OR said.after IS NOT NULL) AND NOT EXISTS "
    "(SELECT 1 FROM trade t WHERE t.mode = key.mode AND t.account = key.account "
    "AND t.symbol = key.symbol AND t.created_at > said.time)";

static const char OF_KEY[] = "WHERE mode = ?1 AND account = ?2 AND symbol = ?3 AND discarded = 0";

static int prepare(sqlite3 *db, const char *sql, const struct lost_position *of, sqlite3_stmt **s)
{
    int code = sqlite3_prepare_v2(db, sql, -1, s, NULL);
    if (code == SQLITE_OK) {
        sqlite3_bind_text(*s, 1, mode_name(of->key.mode), -1, SQLITE_STATIC);
        sqlite3_bind_text(*s, 2, of->key.account, -1, SQLITE_STATIC);
        sqlite3_bind_text(*s, 3, of->symbol, -1, SQLITE_STATIC);
    }
    return code;
}

/* Fills of trades come before those of the open position. */
static int read_fills(sqlite3 *db, struct lost_position *of, struct fill **fills)
{
    char sql[SQL_SIZE];
    size_t used = text_format(sql, sizeof sql, "SELECT "), room = 0;
    sqlite3_stmt *s = NULL;
    for (size_t i = 0; i < columns_fill.count; i++)
        used += text_format(sql + used, sizeof sql - used, "%s, ", columns_fill.columns[i].name);
    text_format(sql + used, sizeof sql - used, "trade_id FROM fill %s ORDER BY id", OF_KEY);
    int code = prepare(db, sql, of, &s);
    while (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
        struct fill f = {0};
        columns_read(s, &columns_fill, &f);
        if (of->count >= room) {
            room = room > 0 ? room * 2 : 64;
            *fills = memory_resize(*fills, room, sizeof **fills);
        }
        (*fills)[of->count++] = f;
        if (sqlite3_column_type(s, (int)columns_fill.count) != SQLITE_NULL)
            of->closed = of->count;
    }
    int end = sqlite3_finalize(s);
    return code != SQLITE_OK ? code : end;
}

/* No row is missing among the fills since the position's first. */
static int look_for_gaps(sqlite3 *db, struct lost_position *of)
{
    char sql[SQL_SIZE];
    sqlite3_stmt *s = NULL;
    text_format(sql, sizeof sql,
                "SELECT max(id) - min(id) + 1 = count(*) FROM fill WHERE id >= "
                "(SELECT min(id) FROM fill %s AND trade_id IS NULL)",
                OF_KEY);
    int code = prepare(db, sql, of, &s);
    of->whole = code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW && sqlite3_column_int(s, 0) == 1;
    int end = sqlite3_finalize(s);
    return code != SQLITE_OK ? code : end;
}

static void read_candidate(sqlite3_stmt *s, struct lost_position *of)
{
    *of = (struct lost_position){.said = {.price = PRICE_UNSET}};
    struct position owner = {0};
    columns_read(s, &columns_owner, &owner);
    of->key = owner.key;
    const char *symbol = (const char *)sqlite3_column_text(s, 2);
    text_clean(of->symbol, sizeof of->symbol, symbol, strlen(symbol));
    const char *after = (const char *)sqlite3_column_text(s, 4);
    json_t *row = after != NULL ? json_loads(after, 0, NULL) : NULL;
    of->known = columns_decode(row, &columns_position, COLUMN_MAIN, &of->said);
    json_decref(row);
}

int lost_each(sqlite3 *db, lost_visitor *visit, void *context)
{
    sqlite3_stmt *s;
    struct lost_position *of = memory_new(1, sizeof *of);
    int code = sqlite3_prepare_v2(db, CANDIDATES, -1, &s, NULL);
    while (code == SQLITE_OK && sqlite3_step(s) == SQLITE_ROW) {
        struct fill *fills = NULL;
        read_candidate(s, of);
        code = read_fills(db, of, &fills);
        code = code == SQLITE_OK ? look_for_gaps(db, of) : code;
        of->fills = fills;
        if (code == SQLITE_OK)
            visit(context, of);
        free(fills);
    }
    free(of);
    int end = sqlite3_finalize(s);
    return code != SQLITE_OK ? code : end;
}
