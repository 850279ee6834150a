#include "store/migrations.h"

#include "base/text.h"

enum { LEFT_MAX = 16 };

/* A step is never changed once a release has it: databases out there have taken it. */
static const char *const STEPS[] = {
    /* side follows from quantity, so the two cannot differ. */
    "CREATE TABLE open_position (\n"
    " id INTEGER PRIMARY KEY,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " quantity REAL NOT NULL CHECK (quantity <> 0 AND abs(quantity) < 1e300),\n"
    " side TEXT NOT NULL AS (CASE WHEN quantity > 0 THEN 'long' ELSE 'short' END),\n"
    " entry_price REAL NOT NULL CHECK (abs(entry_price) < 1e300),\n"
    " entry_time INTEGER NOT NULL CHECK (entry_time > 0),\n"
    " target_price REAL,\n"
    " stop_price REAL,\n"
    " initial_stop_price REAL,\n"
    " entry_vwap REAL,\n"
    " entry_delta REAL,\n"
    " entry_poc REAL,\n"
    " entry_partial INTEGER NOT NULL CHECK (entry_partial IN (0, 1)),\n"
    " min_price REAL,\n"
    " max_price REAL CHECK (max_price >= min_price),\n"
    " mae INTEGER NOT NULL CHECK (mae <= 0),\n"
    " mfe INTEGER NOT NULL CHECK (mfe >= 0),\n"
    " heat_since INTEGER CHECK (heat_since > 0),\n"
    " realized_pnl INTEGER NOT NULL,\n"
    " commissions INTEGER NOT NULL,\n"
    " source TEXT NOT NULL CHECK (source IN ('fills', 'server')),\n"
    " origin TEXT NOT NULL CHECK (origin IN ('live', 'recovered', 'reconciled', 'manual')),\n"
    " has_gap INTEGER NOT NULL CHECK (has_gap IN (0, 1)),\n"
    " unchanged INTEGER NOT NULL CHECK (unchanged IN (0, 1)),\n"
    " max_quantity REAL NOT NULL,\n"
    " entered_quantity REAL NOT NULL,\n"
    " entered_sum REAL NOT NULL,\n"
    " exited_quantity REAL NOT NULL,\n"
    " exited_sum REAL NOT NULL,\n"
    " created_at INTEGER NOT NULL CHECK (created_at > 0),\n"
    " updated_at INTEGER NOT NULL CHECK (updated_at > 0),\n"
    " UNIQUE (mode, account, symbol));\n"
    "CREATE TABLE trade (\n"
    " id INTEGER PRIMARY KEY,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " side TEXT NOT NULL CHECK (side IN ('long', 'short')),\n"
    " quantity REAL NOT NULL CHECK (quantity > 0 AND quantity < 1e300),\n"
    " entry_time INTEGER NOT NULL CHECK (entry_time > 0),\n"
    " entry_price REAL NOT NULL CHECK (abs(entry_price) < 1e300),\n"
    " exit_time INTEGER NOT NULL CHECK (exit_time > 0),\n"
    " exit_price REAL NOT NULL CHECK (abs(exit_price) < 1e300),\n"
    " realized_pnl INTEGER NOT NULL,\n"
    " commissions INTEGER NOT NULL,\n"
    " mae INTEGER NOT NULL CHECK (mae <= 0),\n"
    " mfe INTEGER NOT NULL CHECK (mfe >= 0),\n"
    " efficiency REAL CHECK (efficiency BETWEEN 0 AND 1.5),\n"
    " r_multiple REAL,\n"
    " entry_vwap REAL,\n"
    " entry_delta REAL,\n"
    " entry_poc REAL,\n"
    " entry_partial INTEGER NOT NULL CHECK (entry_partial IN (0, 1)),\n"
    " exit_vwap REAL,\n"
    " exit_delta REAL,\n"
    " exit_poc REAL,\n"
    " exit_partial INTEGER NOT NULL CHECK (exit_partial IN (0, 1)),\n"
    " min_price REAL,\n"
    " max_price REAL CHECK (max_price >= min_price),\n"
    " stop_price REAL,\n"
    " target_price REAL,\n"
    " origin TEXT NOT NULL CHECK (origin IN ('live', 'recovered', 'reconciled', 'manual')),\n"
    " has_gap INTEGER NOT NULL CHECK (has_gap IN (0, 1)),\n"
    " created_at INTEGER NOT NULL CHECK (created_at > 0));\n"
    "CREATE INDEX trade_by_exit ON trade (exit_time);\n"
    /* identity is what makes a fill the same one; NULL for one that has nothing of the kind.
     * trade_id: the trade that it helped to close, NULL while its position is open. discarded: its
     * position was removed without a trade, so that no later one takes it. */
    "CREATE TABLE fill (\n"
    " id INTEGER PRIMARY KEY,\n"
    " identity TEXT UNIQUE,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " side TEXT NOT NULL CHECK (side IN ('long', 'short')),\n"
    " quantity REAL NOT NULL CHECK (quantity > 0 AND quantity < 1e300),\n"
    " price REAL NOT NULL CHECK (abs(price) < 1e300),\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " execution_id TEXT NOT NULL,\n"
    " order_id TEXT NOT NULL,\n"
    " order_filled REAL,\n"
    " discarded INTEGER NOT NULL DEFAULT 0 CHECK (discarded IN (0, 1)),\n"
    " trade_id INTEGER REFERENCES trade (id));\n"
    "CREATE INDEX fill_of_open_position ON fill (mode, account, symbol)\n"
    " WHERE trade_id IS NULL AND discarded = 0;\n"
    "CREATE INDEX fill_by_trade ON fill (trade_id) WHERE trade_id IS NOT NULL;\n"
    /* What a server says of its orders, odd or not: little is demanded of it. */
    "CREATE TABLE order_event (\n"
    " id INTEGER PRIMARY KEY,\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL,\n"
    " server_id TEXT NOT NULL,\n"
    " client_id TEXT NOT NULL,\n"
    " parent_id TEXT NOT NULL,\n"
    " type TEXT,\n"
    " status TEXT,\n"
    " side TEXT CHECK (side IN ('none', 'long', 'short')),\n"
    " price1 REAL,\n"
    " price2 REAL,\n"
    " quantity REAL,\n"
    " filled REAL,\n"
    " average_price REAL,\n"
    " fills_known REAL,\n"
    " received_at INTEGER,\n"
    " updated_at INTEGER,\n"
    " text TEXT NOT NULL);\n"
    "CREATE TABLE balance (\n"
    " id INTEGER PRIMARY KEY,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " cash INTEGER,\n"
    " available INTEGER,\n"
    " margin INTEGER,\n"
    " open_pnl INTEGER,\n"
    " daily_pnl INTEGER,\n"
    " currency TEXT NOT NULL,\n"
    " ledger INTEGER NOT NULL CHECK (ledger IN (0, 1)),\n"
    " opens_period INTEGER NOT NULL CHECK (opens_period IN (0, 1)),\n"
    " trading_disabled INTEGER NOT NULL CHECK (trading_disabled IN (0, 1)),\n"
    " limit_reached INTEGER NOT NULL CHECK (limit_reached IN (0, 1)),\n"
    " why TEXT NOT NULL);\n"
    /* before and after are a position's main columns as JSON, NULL for none. */
    "CREATE TABLE audit (\n"
    " id INTEGER PRIMARY KEY,\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " what TEXT NOT NULL,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " before TEXT,\n"
    " after TEXT,\n"
    " why TEXT NOT NULL);\n"
    "CREATE TABLE meta (\n"
    " id INTEGER PRIMARY KEY,\n"
    " name TEXT NOT NULL UNIQUE,\n"
    " value TEXT NOT NULL);\n",

    /* A row that was stored breaks none of these, but one that was written by hand might: such rows
     * are moved to tables NAME_left_1. A fill with an id has the identity that keeps it from coming
     * twice; a discarded one belongs to no trade; a ledger always knows its balance. */
    "ALTER TABLE open_position RENAME TO open_position_1;\n"
    "CREATE TABLE open_position (\n"
    " id INTEGER PRIMARY KEY,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " quantity REAL NOT NULL CHECK (quantity <> 0 AND abs(quantity) < 1e300),\n"
    " side TEXT NOT NULL AS (CASE WHEN quantity > 0 THEN 'long' ELSE 'short' END),\n"
    " entry_price REAL NOT NULL CHECK (abs(entry_price) < 1e300),\n"
    " entry_time INTEGER NOT NULL CHECK (entry_time > 0),\n"
    " target_price REAL,\n"
    " stop_price REAL,\n"
    " initial_stop_price REAL,\n"
    " entry_vwap REAL,\n"
    " entry_delta REAL,\n"
    " entry_poc REAL,\n"
    " entry_partial INTEGER NOT NULL CHECK (entry_partial IN (0, 1)),\n"
    " min_price REAL,\n"
    " max_price REAL CHECK (max_price >= min_price),\n"
    " mae INTEGER NOT NULL CHECK (mae <= 0),\n"
    " mfe INTEGER NOT NULL CHECK (mfe >= 0),\n"
    " heat_since INTEGER CHECK (heat_since > 0),\n"
    " realized_pnl INTEGER NOT NULL,\n"
    " commissions INTEGER NOT NULL,\n"
    " source TEXT NOT NULL CHECK (source IN ('fills', 'server')),\n"
    " origin TEXT NOT NULL CHECK (origin IN ('live', 'recovered', 'reconciled', 'manual')),\n"
    " has_gap INTEGER NOT NULL CHECK (has_gap IN (0, 1)),\n"
    " unchanged INTEGER NOT NULL CHECK (unchanged IN (0, 1)),\n"
    " max_quantity REAL NOT NULL CHECK (max_quantity >= 0 AND max_quantity < 1e300),\n"
    " entered_quantity REAL NOT NULL CHECK (entered_quantity >= 0 AND entered_quantity < 1e300),\n"
    " entered_sum REAL NOT NULL,\n"
    " exited_quantity REAL NOT NULL CHECK (exited_quantity >= 0 AND exited_quantity < 1e300),\n"
    " exited_sum REAL NOT NULL,\n"
    " created_at INTEGER NOT NULL CHECK (created_at > 0),\n"
    " updated_at INTEGER NOT NULL CHECK (updated_at > 0),\n"
    " UNIQUE (mode, account, symbol));\n"
    "INSERT OR IGNORE INTO open_position ("
    "id, mode, account, symbol, quantity, entry_price, entry_time, target_price, "
    "stop_price, initial_stop_price, entry_vwap, entry_delta, entry_poc, "
    "entry_partial, min_price, max_price, mae, mfe, heat_since, realized_pnl, "
    "commissions, source, origin, has_gap, unchanged, max_quantity, "
    "entered_quantity, entered_sum, exited_quantity, exited_sum, created_at, "
    "updated_at"
    ")\n SELECT "
    "id, mode, account, symbol, quantity, entry_price, entry_time, target_price, "
    "stop_price, initial_stop_price, entry_vwap, entry_delta, entry_poc, "
    "entry_partial, min_price, max_price, mae, mfe, heat_since, realized_pnl, "
    "commissions, source, origin, has_gap, unchanged, max_quantity, "
    "entered_quantity, entered_sum, exited_quantity, exited_sum, created_at, "
    "updated_at"
    " FROM open_position_1;\n"
    "CREATE TABLE open_position_left_1 AS\n"
    " SELECT * FROM open_position_1 WHERE id NOT IN (SELECT id FROM open_position);\n"
    "DROP TABLE open_position_1;\n"
    "DROP INDEX fill_of_open_position;\n"
    "DROP INDEX fill_by_trade;\n"
    "ALTER TABLE fill RENAME TO fill_1;\n"
    "CREATE TABLE fill (\n"
    " id INTEGER PRIMARY KEY,\n"
    " identity TEXT UNIQUE,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " symbol TEXT NOT NULL CHECK (symbol <> ''),\n"
    " side TEXT NOT NULL CHECK (side IN ('long', 'short')),\n"
    " quantity REAL NOT NULL CHECK (quantity > 0 AND quantity < 1e300),\n"
    " price REAL NOT NULL CHECK (abs(price) < 1e300),\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " execution_id TEXT NOT NULL,\n"
    " order_id TEXT NOT NULL,\n"
    " order_filled REAL,\n"
    " discarded INTEGER NOT NULL DEFAULT 0 CHECK (discarded IN (0, 1)),\n"
    " trade_id INTEGER REFERENCES trade (id),\n"
    " CHECK (execution_id = '' OR identity IS NOT NULL),\n"
    " CHECK (discarded = 0 OR trade_id IS NULL));\n"
    "INSERT OR IGNORE INTO fill SELECT * FROM fill_1\n"
    " WHERE trade_id IS NULL OR trade_id IN (SELECT id FROM trade);\n"
    "CREATE TABLE fill_left_1 AS\n"
    " SELECT * FROM fill_1 WHERE id NOT IN (SELECT id FROM fill);\n"
    "DROP TABLE fill_1;\n"
    "CREATE INDEX fill_of_open_position ON fill (mode, account, symbol)\n"
    " WHERE trade_id IS NULL AND discarded = 0;\n"
    "CREATE INDEX fill_by_trade ON fill (trade_id) WHERE trade_id IS NOT NULL;\n"
    "ALTER TABLE balance RENAME TO balance_1;\n"
    "CREATE TABLE balance (\n"
    " id INTEGER PRIMARY KEY,\n"
    " mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),\n"
    " account TEXT NOT NULL,\n"
    " time INTEGER NOT NULL CHECK (time > 0),\n"
    " cash INTEGER,\n"
    " available INTEGER,\n"
    " margin INTEGER,\n"
    " open_pnl INTEGER,\n"
    " daily_pnl INTEGER,\n"
    " currency TEXT NOT NULL,\n"
    " ledger INTEGER NOT NULL CHECK (ledger IN (0, 1)),\n"
    " opens_period INTEGER NOT NULL CHECK (opens_period IN (0, 1)),\n"
    " trading_disabled INTEGER NOT NULL CHECK (trading_disabled IN (0, 1)),\n"
    " limit_reached INTEGER NOT NULL CHECK (limit_reached IN (0, 1)),\n"
    " why TEXT NOT NULL,\n"
    " CHECK (ledger = 0 OR cash IS NOT NULL),\n"
    " CHECK (opens_period = 0 OR ledger = 1));\n"
    "INSERT OR IGNORE INTO balance SELECT * FROM balance_1;\n"
    "CREATE TABLE balance_left_1 AS\n"
    " SELECT * FROM balance_1 WHERE id NOT IN (SELECT id FROM balance);\n"
    "DROP TABLE balance_1;\n",

    /* For the start: the fills of the last weeks, the latest balance of each account. */
    "CREATE INDEX fill_by_time ON fill (time);\n"
    "CREATE INDEX balance_by_account ON balance (mode, account, ledger);\n",

    /* What MAE and MFE are counted in ticks by; of older trades it is not known. */
    "ALTER TABLE trade ADD COLUMN tick_value INTEGER CHECK (tick_value > 0);\n",

    /* What a position is closed at when nobody says. first_fill: the fill that opened it where that
     * one closed another before, whose trade has it; a trade's fills are those with its id and this
     * one. */
    "ALTER TABLE open_position ADD COLUMN last_price REAL;\n"
    "ALTER TABLE open_position ADD COLUMN first_fill INTEGER REFERENCES fill (id);\n"
    "ALTER TABLE trade ADD COLUMN first_fill INTEGER REFERENCES fill (id);\n",

    /* A fill that is removed is looked for there. */
    "CREATE INDEX trade_by_first_fill ON trade (first_fill) WHERE first_fill IS NOT NULL;\n",
};

int migrations_latest(void)
{
    return (int)(sizeof STEPS / sizeof STEPS[0]);
}

/* Drops the tables of what was left over that are empty, and tells of the others. */
static int clear_left_overs(sqlite3 *db, char *news, size_t size)
{
    static const char query[] =
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name GLOB '*_left_[0-9]*'";
    char names[LEFT_MAX][64], sql[160];
    size_t count = 0, used = 0;
    sqlite3_stmt *statement;
    int code = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    while (code == SQLITE_OK && count < LEFT_MAX && sqlite3_step(statement) == SQLITE_ROW)
        text_copy(names[count++], sizeof names[0], (const char *)sqlite3_column_text(statement, 0));
    sqlite3_finalize(statement);
    for (size_t i = 0; i < count && code == SQLITE_OK; i++) {
        text_format(sql, sizeof sql, "SELECT count(*) FROM %s", names[i]);
        code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
        bool got = code == SQLITE_OK && sqlite3_step(statement) == SQLITE_ROW;
        int rows = got ? sqlite3_column_int(statement, 0) : 0;
        sqlite3_finalize(statement);
        text_format(sql, sizeof sql, "DROP TABLE %s", names[i]);
        if (got && rows == 0)
            code = sqlite3_exec(db, sql, NULL, NULL, NULL);
        else
            used += text_format(news + used, size - used,
                                "%s%d rows break a rule of this version and are kept in table %s",
                                used > 0 ? "; " : "", rows, names[i]);
    }
    return code;
}

int migrations_apply(sqlite3 *db, int version, char *news, size_t size)
{
    text_copy(news, size, "");
    if (version >= migrations_latest())
        return SQLITE_OK;
    int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
    for (int step = version; step < migrations_latest() && code == SQLITE_OK; step++)
        code = sqlite3_exec(db, STEPS[step], NULL, NULL, NULL);
    if (code == SQLITE_OK)
        code = clear_left_overs(db, news, size);
    char done[96];
    text_format(done, sizeof done, "PRAGMA application_id = %d; PRAGMA user_version = %d; COMMIT",
                MIGRATIONS_APPLICATION, migrations_latest());
    return code == SQLITE_OK ? sqlite3_exec(db, done, NULL, NULL, NULL) : code;
}
