#include "store/statements.h"

#include "base/text.h"

enum { SQL_SIZE = 2048 };

/* From the fill of identity ?4 on. */
#define SINCE_FILL " AND id >= (SELECT id FROM fill WHERE identity = ?4) AND discarded = 0"
#define OF_KEY " WHERE mode = ?1 AND account = ?2 AND symbol = ?3"

/* In a text, $c stands for the names of the table's columns, $v for as many parameters, $u for
 * taking all but the key from the refused row, $x for setting the extremes from parameter 4 on. */
static const struct {
    const char *text;
    const struct table *table;
} SQL[STATEMENTS] = {
    [BEGIN] = {"BEGIN IMMEDIATE", NULL},
    [COMMIT] = {"COMMIT", NULL},
    [ROLLBACK] = {"ROLLBACK", NULL},
    [PUT_FILL] = {"INSERT INTO fill (identity, $c) VALUES (?, $v) "
                  "ON CONFLICT (identity) DO NOTHING",
                  &columns_fill},
    [CLAIM_FILLS] = {"UPDATE fill SET trade_id = ?4" OF_KEY
                     " AND trade_id IS NULL AND discarded = 0",
                     NULL},
    [DISCARD_FILLS] = {"UPDATE fill SET discarded = 1" OF_KEY
                       " AND trade_id IS NULL AND discarded = 0",
                       NULL},
    /* What is taken back to be counted again. */
    [AUDIT_TRADES] = {"INSERT INTO audit (mode, account, symbol, time, what, before, why) SELECT "
                      "mode, account, symbol, ?5, 'take back', json_object('side', side, "
                      "'quantity', quantity, 'entry_time', entry_time, 'entry_price', entry_price, "
                      "'exit_time', exit_time, 'exit_price', exit_price, 'realized_pnl', "
                      "realized_pnl, 'commissions', commissions, 'mae', mae, 'mfe', mfe, "
                      "'created_at', created_at), ?6 FROM trade WHERE id IN (SELECT trade_id FROM "
                      "fill" OF_KEY SINCE_FILL ") ORDER BY id",
                      NULL},
    [DROP_TRADES] = {"DELETE FROM trade WHERE id IN (SELECT trade_id FROM fill" OF_KEY SINCE_FILL
                     ")",
                     NULL},
    [DROP_FILLS] = {"DELETE FROM fill" OF_KEY SINCE_FILL, NULL},
    /* The index finds where to begin; from there on they lie in the order that is wanted. */
    [EACH_FILL] = {"SELECT $c FROM fill WHERE time >= ?1 AND id >= (SELECT min(id) FROM fill "
                   "INDEXED BY fill_by_time WHERE time >= ?1) ORDER BY id",
                   &columns_fill},
    [EACH_COUNTED] =
        {"SELECT f.*, t.entry_time, t.exit_time, t.realized_pnl, t.commissions, t.mae, "
         "t.mfe, t.efficiency, t.r_multiple, t.tick_value FROM (SELECT $c, trade_id, "
         "discarded, id FROM fill WHERE id > (SELECT max(id) FROM fill) - ?) f "
         "LEFT JOIN trade t ON t.id = f.trade_id ORDER BY f.id",
         &columns_fill},
    [PUT_POSITION] = {"INSERT INTO open_position ($c) VALUES ($v) "
                      "ON CONFLICT (mode, account, symbol) DO UPDATE SET $u",
                      &columns_position},
    /* The fill that has just been stored, with the trade that it closed. */
    [NOTE_REVERSAL] = {"UPDATE open_position SET first_fill = (SELECT max(id) FROM fill "
                       "WHERE trade_id = (SELECT max(id) FROM trade))" OF_KEY,
                       NULL},
    /* The same of a position that was rebuilt, where its own fills are not all of it. */
    [MEND_REVERSAL] = {"UPDATE open_position SET first_fill = (SELECT max(id) FROM fill" OF_KEY
                       " AND trade_id IS NOT NULL)" OF_KEY " AND abs(quantity - (SELECT total("
                       "CASE side WHEN 'long' THEN quantity ELSE -quantity END) FROM fill" OF_KEY
                       " AND trade_id IS NULL AND discarded = 0)) > 1e-9",
                       NULL},
    [UPDATE_EXTREMES] = {"UPDATE open_position SET $x" OF_KEY, &columns_position},
    [DELETE_POSITION] = {"DELETE FROM open_position" OF_KEY, NULL},
    [GET_POSITION] = {"SELECT $c FROM open_position" OF_KEY, &columns_position},
    [EACH_POSITION] = {"SELECT $c FROM open_position ORDER BY id", &columns_position},
    [PUT_TRADE] = {"INSERT INTO trade ($c, first_fill) "
                   "VALUES ($v, (SELECT first_fill FROM open_position" OF_KEY "))",
                   &columns_trade},
    [EACH_RESULT] =
        {"SELECT $c, entry_time, exit_time, realized_pnl, commissions, mae, mfe, "
         "efficiency, r_multiple, tick_value FROM trade WHERE id > ? AND id <= ? ORDER BY id",
         &columns_owner},
    [PUT_BALANCE] = {"INSERT INTO balance ($c) VALUES ($v)", &columns_balance},
    [EACH_POINT] = {"SELECT $c, time, cash FROM balance WHERE id <= ? AND cash IS NOT NULL AND "
                    "(ledger = 1 OR mode <> 'SIM') ORDER BY id",
                    &columns_owner},
    /* The last row of the key before this one: one look into the index. */
    [NEXT_BALANCE] = {"SELECT $c, mode, account, ledger FROM balance WHERE (mode, account, ledger) "
                      "<= (?, ?, ? - 1) "
                      "ORDER BY mode DESC, account DESC, ledger DESC, id DESC LIMIT 1",
                      &columns_balance},
    [FIND_LAST] = {"SELECT (SELECT coalesce(max(id), 0) FROM trade), "
                   "(SELECT coalesce(max(id), 0) FROM balance)",
                   NULL},
    [PUT_ORDER] = {"INSERT INTO order_event (time, $c) VALUES (?, $v)", &columns_order},
    [PUT_AUDIT] = {"INSERT INTO audit (mode, account, symbol, time, what, before, after, why) "
                   "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                   NULL},
    [GET_META] = {"SELECT value FROM meta WHERE name = ?", NULL},
    [SET_META] = {"INSERT INTO meta (name, value) VALUES (?, ?) "
                  "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
                  NULL},
    [EACH_FACT] = {"SELECT name, CAST(value AS INTEGER) FROM meta "
                   "WHERE value = CAST(CAST(value AS INTEGER) AS TEXT) ORDER BY id",
                   NULL},
};

static size_t expand(char *sql, size_t size, char mark, const struct table *t)
{
    size_t used = 0;
    int parameter = 4;
    for (size_t i = 0; i < t->count; i++) {
        const struct column *c = &t->columns[i];
        const char *comma = used > 0 ? ", " : "";
        if (mark == 'c')
            used += text_format(sql + used, size - used, "%s%s", comma, c->name);
        else if (mark == 'v')
            used += text_format(sql + used, size - used, "%s?", comma);
        else if (mark == 'u' && !(c->roles & COLUMN_KEY))
            used +=
                text_format(sql + used, size - used, "%s%s = excluded.%s", comma, c->name, c->name);
        else if (mark == 'x' && (c->roles & COLUMN_EXTREME))
            used += text_format(sql + used, size - used, "%s%s = ?%d", comma, c->name, parameter++);
    }
    return used;
}

static bool prepare(sqlite3 *db, enum statement s, sqlite3_stmt **out)
{
    char sql[SQL_SIZE];
    size_t used = 0;
    for (const char *at = SQL[s].text; *at != '\0'; at++)
        if (*at == '$')
            used += expand(sql + used, sizeof sql - used, *++at, SQL[s].table);
        else
            used += text_format(sql + used, sizeof sql - used, "%c", *at);
    return sqlite3_prepare_v3(db, sql, (int)used, SQLITE_PREPARE_PERSISTENT, out, NULL) ==
           SQLITE_OK;
}

bool statements_prepare(sqlite3 *db, sqlite3_stmt *out[STATEMENTS])
{
    for (int s = 0; s < STATEMENTS; s++)
        if (!prepare(db, (enum statement)s, &out[s]))
            return false;
    return true;
}

void statements_finalize(sqlite3_stmt *statements[STATEMENTS])
{
    for (int s = 0; s < STATEMENTS; s++) {
        sqlite3_finalize(statements[s]);
        statements[s] = NULL;
    }
}

const struct table *statement_table(enum statement s)
{
    return SQL[s].table;
}
