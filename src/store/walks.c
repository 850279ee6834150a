/* The rows of the database, one after another. */
#include "store/internal.h"

#include <math.h>
#include <string.h>

static bool has_text(sqlite3_stmt *row, int column, const char *text)
{
    /* as a blob: SQLite need not make a copy that ends in a null byte */
    const void *bytes = sqlite3_column_blob(row, column);
    size_t length = (size_t)sqlite3_column_bytes(row, column);
    return strlen(text) == length && (length == 0 || memcmp(bytes, text, length) == 0);
}

/* Rows come by the million, and mostly of the same account as the one before. */
static void read_owner(sqlite3_stmt *row, struct balance *owner)
{
    if (!has_text(row, 0, mode_name(owner->key.mode)) || !has_text(row, 1, owner->key.account))
        columns_read(row, &columns_owner, owner);
}

static double read_real(sqlite3_stmt *row, int column)
{
    double value = sqlite3_column_double(row, column);
    /* NULL reads as 0 */
    return value == 0 && sqlite3_column_type(row, column) == SQLITE_NULL ? (double)NAN : value;
}

/* From that column on. */
static struct trade_result read_result(sqlite3_stmt *row, int column)
{
    return (struct trade_result){
        .entry_time = sqlite3_column_int64(row, column),
        .exit_time = sqlite3_column_int64(row, column + 1),
        .pnl = sqlite3_column_int64(row, column + 2),
        .commissions = sqlite3_column_int64(row, column + 3),
        .mae = sqlite3_column_int64(row, column + 4),
        .mfe = sqlite3_column_int64(row, column + 5),
        .efficiency = read_real(row, column + 6),
        .r_multiple = read_real(row, column + 7),
        .tick_value = sqlite3_column_int64(row, column + 8), /* NULL reads as 0 */
    };
}

bool repository_each_result(struct repository *r, int64_t after, int64_t last,
                            repository_result_visitor *visit, void *context, struct error *error)
{
    sqlite3_stmt *row = r->statements[EACH_RESULT];
    struct balance owner = {0};
    bool more = true;
    sqlite3_bind_int64(row, 1, after);
    sqlite3_bind_int64(row, 2, last);
    while (more && sqlite3_step(row) == SQLITE_ROW) {
        read_owner(row, &owner);
        struct trade_result result = read_result(row, 2);
        more = visit(context, &owner.key, &result);
    }
    return repository_end_walk(r, EACH_RESULT, error);
}

bool repository_each_point(struct repository *r, int64_t last, repository_point_visitor *visit,
                           void *context, struct error *error)
{
    sqlite3_stmt *row = r->statements[EACH_POINT];
    struct balance owner = {0};
    bool more = true;
    sqlite3_bind_int64(row, 1, last);
    while (more && sqlite3_step(row) == SQLITE_ROW) {
        read_owner(row, &owner);
        struct equity_point point = {.time = sqlite3_column_int64(row, 2),
                                     .balance = sqlite3_column_int64(row, 3)};
        more = visit(context, &owner.key, &point);
    }
    return repository_end_walk(r, EACH_POINT, error);
}

bool repository_find_last(struct repository *r, int64_t *trade, int64_t *balance,
                          struct error *error)
{
    if (sqlite3_step(r->statements[FIND_LAST]) == SQLITE_ROW) {
        *trade = sqlite3_column_int64(r->statements[FIND_LAST], 0);
        *balance = sqlite3_column_int64(r->statements[FIND_LAST], 1);
    }
    return repository_end_walk(r, FIND_LAST, error);
}

bool repository_each_fill(struct repository *r, int64_t since, repository_fill_visitor *visit,
                          void *context, struct error *error)
{
    struct fill f = {0};
    bool more = true;
    sqlite3_bind_int64(r->statements[EACH_FILL], 1, since);
    while (more && sqlite3_step(r->statements[EACH_FILL]) == SQLITE_ROW) {
        columns_read(r->statements[EACH_FILL], &columns_fill, &f);
        more = visit(context, &f);
    }
    return repository_end_walk(r, EACH_FILL, error);
}

bool repository_each_counted(struct repository *r, int64_t count, repository_counted_visitor *visit,
                             void *context, struct error *error)
{
    sqlite3_stmt *row = r->statements[EACH_COUNTED];
    struct fill f = {0};
    bool more = true;
    int behind = (int)columns_fill.count;
    sqlite3_bind_int64(row, 1, count);
    while (more && sqlite3_step(row) == SQLITE_ROW) {
        columns_read(row, &columns_fill, &f);
        int64_t trade =
            sqlite3_column_int64(row, behind + 1) ? -1 : sqlite3_column_int64(row, behind);
        struct trade_result result = read_result(row, behind + 3);
        more = visit(context, &f, trade, &result);
    }
    return repository_end_walk(r, EACH_COUNTED, error);
}

/* Below the key of the row that was just read, as it stands there: what is read of it may be
 * another, which the same row would be below again. */
static bool bind_key_before(struct repository *r, struct error *error)
{
    sqlite3_stmt *row = r->statements[NEXT_BALANCE];
    sqlite3_value *key[3];
    for (int i = 0; i < 3; i++)
        key[i] = sqlite3_value_dup(sqlite3_column_value(row, (int)columns_balance.count + i));
    bool done = repository_end_walk(r, NEXT_BALANCE, error);
    for (int i = 0; i < 3; i++) {
        sqlite3_bind_value(row, i + 1, key[i]);
        sqlite3_value_free(key[i]);
    }
    return done;
}

bool repository_each_balance(struct repository *r, repository_balance_visitor *visit, void *context,
                             struct error *error)
{
    struct balance b = {0};
    bool more = true, done = true;
    repository_bind_text(r, NEXT_BALANCE, 1, "~"); /* behind all modes */
    while (more && sqlite3_step(r->statements[NEXT_BALANCE]) == SQLITE_ROW) {
        columns_read(r->statements[NEXT_BALANCE], &columns_balance, &b);
        more = visit(context, &b);
        done = bind_key_before(r, error);
    }
    return repository_end_walk(r, NEXT_BALANCE, error) && done;
}

bool repository_each_fact(struct repository *r, repository_fact_visitor *visit, void *context,
                          struct error *error)
{
    bool more = true;
    while (more && sqlite3_step(r->statements[EACH_FACT]) == SQLITE_ROW)
        more = visit(context, (const char *)sqlite3_column_text(r->statements[EACH_FACT], 0),
                     sqlite3_column_int64(r->statements[EACH_FACT], 1));
    return repository_end_walk(r, EACH_FACT, error);
}
