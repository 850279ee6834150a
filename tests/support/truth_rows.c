#include "support/truth_rows.h"

#include "base/memory.h"
#include "base/text.h"

#include <jansson.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Walks the columns of a row. */
struct cursor {
    sqlite3_stmt *row;
    int column;
};

static double real(struct cursor *c)
{
    int at = c->column++;
    return sqlite3_column_type(c->row, at) == SQLITE_NULL ? PRICE_UNSET
                                                          : sqlite3_column_double(c->row, at);
}

static int64_t integer(struct cursor *c)
{
    return sqlite3_column_int64(c->row, c->column++);
}

static void text(struct cursor *c, char *target, size_t size)
{
    const char *found = (const char *)sqlite3_column_text(c->row, c->column++);
    text_copy(target, size, found != NULL ? found : "");
}

static int side(struct cursor *c)
{
    char name[8];
    text(c, name, sizeof name);
    return strcmp(name, "long") == 0 ? 1 : -1;
}

static bool begins(const char *string, const char *with)
{
    return strncmp(string, with, strlen(with)) == 0;
}

static void read_fill(struct cursor *c, void *row)
{
    char execution[80], order[80];
    struct truth_fill_row *f = row;
    f->id = integer(c);
    f->trade_id = integer(c);
    f->side = side(c);
    f->quantity = real(c);
    f->price = real(c);
    f->time = integer(c);
    f->discarded = integer(c) != 0;
    text(c, execution, sizeof execution);
    text(c, order, sizeof order);
    /* reason-16 digits of a hash: see position_make_missing_fill() */
    size_t length = strlen(execution);
    bool is_made = order[0] == '\0' && length > 17 && execution[length - 17] == '-' &&
                   strspn(execution + length - 16, "0123456789abcdef") == 16;
    f->stand_in = !is_made                           ? TRUTH_REAL
                  : begins(execution, "reconciled-") ? TRUTH_RECONCILED
                  : begins(execution, "manual-")     ? TRUTH_MANUAL
                                                     : TRUTH_OTHER;
}

static double member(const json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    return json_is_number(value) ? json_number_value(value) : PRICE_UNSET;
}

static int64_t whole_member(const json_t *object, const char *name)
{
    return json_integer_value(json_object_get(object, name));
}

static void audited(struct cursor *c, struct truth_audited *out)
{
    const char *found = (const char *)sqlite3_column_text(c->row, c->column++);
    *out = (struct truth_audited){.stop_price = PRICE_UNSET};
    json_t *object = found != NULL ? json_loads(found, 0, NULL) : NULL;
    if (object == NULL)
        return;
    out->quantity = member(object, "quantity");
    out->is_open = price_is_set(out->quantity);
    out->entry_price = member(object, "entry_price");
    out->stop_price = member(object, "stop_price");
    out->entry_time = whole_member(object, "entry_time");
    out->realized_pnl = whole_member(object, "realized_pnl");
    out->commissions = whole_member(object, "commissions");
    json_decref(object);
}

/* What the audit trail keeps of a trade that was taken back. */
static void taken_back(struct cursor *c, struct truth_audit_row *a)
{
    const char *found = (const char *)sqlite3_column_text(c->row, c->column);
    json_t *trade = found != NULL ? json_loads(found, 0, NULL) : NULL;
    a->net = whole_member(trade, "realized_pnl") - whole_member(trade, "commissions");
    a->booked_at = whole_member(trade, "created_at");
    json_decref(trade);
}

static void read_audit(struct cursor *c, void *row)
{
    struct truth_audit_row *a = row;
    a->id = integer(c);
    a->time = integer(c);
    text(c, a->what, sizeof a->what);
    a->void_by = a->booked_at = a->recounted = 0;
    if (strcmp(a->what, "take back") == 0)
        taken_back(c, a);
    audited(c, &a->before);
    audited(c, &a->after);
    char why[96];
    text(c, why, sizeof why);
    a->is_move = begins(why, "moved with the mode");
    const char *count = strrchr(why, ':');
    if (strcmp(a->what, "recount") == 0 && count != NULL)
        a->recounted = (int)strtol(count + 1, NULL, 10);
}

static void read_trade(struct cursor *c, void *row)
{
    struct truth_trade_row *t = row;
    t->is_found = false;
    t->id = integer(c);
    t->side = side(c);
    t->quantity = real(c);
    t->entry_price = real(c);
    t->exit_price = real(c);
    t->efficiency = real(c);
    t->r_multiple = real(c);
    t->min_price = real(c);
    t->max_price = real(c);
    t->stop_price = real(c);
    t->entry_time = integer(c);
    t->exit_time = integer(c);
    t->created_at = integer(c);
    t->realized_pnl = integer(c);
    t->commissions = integer(c);
    t->mae = integer(c);
    t->mfe = integer(c);
    text(c, t->origin, sizeof t->origin);
}

static void read_position(struct cursor *c, void *row)
{
    struct truth_position_row *p = row;
    p->id = integer(c);
    p->quantity = real(c);
    p->entry_price = real(c);
    p->stop_price = real(c);
    p->initial_stop_price = real(c);
    p->min_price = real(c);
    p->max_price = real(c);
    p->max_quantity = real(c);
    p->entered_quantity = real(c);
    p->entered_sum = real(c);
    p->exited_quantity = real(c);
    p->exited_sum = real(c);
    p->entry_time = integer(c);
    p->mae = integer(c);
    p->mfe = integer(c);
    p->realized_pnl = integer(c);
    p->commissions = integer(c);
    p->unchanged = integer(c) != 0;
    text(c, p->source, sizeof p->source);
    text(c, p->origin, sizeof p->origin);
}

static void read_ledger(struct cursor *c, void *row)
{
    char why[80];
    struct truth_ledger_row *b = row;
    b->id = integer(c);
    b->time = integer(c);
    b->cash = integer(c);
    b->opens_period = integer(c) != 0;
    text(c, why, sizeof why);
    b->is_trade = strcmp(why, "trade") == 0 || strcmp(why, "recount") == 0;
}

static void read_key(struct cursor *c, void *row)
{
    struct truth_key *k = row;
    text(c, k->mode, sizeof k->mode);
    text(c, k->account, sizeof k->account);
    text(c, k->symbol, sizeof k->symbol);
}

static bool read_all(sqlite3 *db, const char *sql, const struct truth_key *key,
                     void (*read)(struct cursor *, void *), size_t size, void **rows, size_t *count)
{
    sqlite3_stmt *statement;
    size_t capacity = 0;
    *rows = NULL;
    *count = 0;
    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        return false;
    if (key != NULL) {
        sqlite3_bind_text(statement, 1, key->mode, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 2, key->account, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, key->symbol, -1, SQLITE_STATIC);
    }
    int code;
    while ((code = sqlite3_step(statement)) == SQLITE_ROW) {
        if (*count == capacity) {
            capacity = capacity ? 2 * capacity : 64;
            *rows = memory_resize(*rows, capacity, size);
        }
        struct cursor c = {statement, 0};
        read(&c, (char *)*rows + (*count)++ * size);
    }
    sqlite3_finalize(statement);
    return code == SQLITE_DONE;
}

bool truth_read_keys(sqlite3 *db, struct truth_key **keys, size_t *count)
{
    static const char sql[] = "SELECT mode, account, symbol FROM fill UNION "
                              "SELECT mode, account, symbol FROM trade UNION "
                              "SELECT mode, account, symbol FROM open_position UNION "
                              "SELECT mode, account, symbol FROM audit UNION "
                              "SELECT mode, account, '' FROM balance WHERE ledger "
                              "ORDER BY 1, 2, 3";
    void *rows;
    bool done = read_all(db, sql, NULL, read_key, sizeof **keys, &rows, count);
    *keys = rows;
    return done;
}

#define OF_KEY " WHERE mode = ?1 AND account = ?2 AND symbol = ?3 ORDER BY id"

bool truth_read_rows(sqlite3 *db, const struct truth_key *key, struct truth_rows *out)
{
    void *fills, *audits, *trades, *positions;
    bool done =
        read_all(db,
                 "SELECT id, trade_id, side, quantity, price, time, discarded, execution_id, "
                 "order_id FROM fill" OF_KEY,
                 key, read_fill, sizeof *out->fills, &fills, &out->fill_count);
    done &= read_all(db, "SELECT id, time, what, before, after, why FROM audit" OF_KEY, key,
                     read_audit, sizeof *out->audits, &audits, &out->audit_count);
    done &= read_all(db,
                     "SELECT id, side, quantity, entry_price, exit_price, efficiency, r_multiple, "
                     "min_price, max_price, stop_price, entry_time, exit_time, created_at, "
                     "realized_pnl, commissions, mae, mfe, origin FROM trade" OF_KEY,
                     key, read_trade, sizeof *out->trades, &trades, &out->trade_count);
    done &= read_all(db,
                     "SELECT id, quantity, entry_price, stop_price, initial_stop_price, min_price, "
                     "max_price, max_quantity, entered_quantity, entered_sum, exited_quantity, "
                     "exited_sum, entry_time, mae, mfe, realized_pnl, commissions, unchanged, "
                     "source, origin FROM open_position" OF_KEY,
                     key, read_position, sizeof *out->positions, &positions, &out->position_count);
    out->fills = fills;
    out->audits = audits;
    out->trades = trades;
    out->positions = positions;
    return done;
}

void truth_free_rows(struct truth_rows *rows)
{
    free(rows->fills);
    free(rows->audits);
    free(rows->trades);
    free(rows->positions);
}

bool truth_read_ledger(sqlite3 *db, const struct truth_key *key, struct truth_ledger_row **rows,
                       size_t *count)
{
    void *all;
    bool done = read_all(db,
                         "SELECT id, time, cash, opens_period, why FROM balance WHERE mode = ?1 "
                         "AND account = ?2 AND ?3 IS NOT NULL AND ledger ORDER BY id",
                         key, read_ledger, sizeof **rows, &all, count);
    *rows = all;
    return done;
}
