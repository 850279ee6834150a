-- The schema of the first version.
CREATE TABLE open_position (
 id INTEGER PRIMARY KEY,
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 symbol TEXT NOT NULL CHECK (symbol <> ''),
 quantity REAL NOT NULL CHECK (quantity <> 0 AND abs(quantity) < 1e300),
 side TEXT NOT NULL AS (CASE WHEN quantity > 0 THEN 'long' ELSE 'short' END),
 entry_price REAL NOT NULL CHECK (abs(entry_price) < 1e300),
 entry_time INTEGER NOT NULL CHECK (entry_time > 0),
 target_price REAL,
 stop_price REAL,
 initial_stop_price REAL,
 entry_vwap REAL,
 entry_delta REAL,
 entry_poc REAL,
 entry_partial INTEGER NOT NULL CHECK (entry_partial IN (0, 1)),
 min_price REAL,
 max_price REAL CHECK (max_price >= min_price),
 mae INTEGER NOT NULL CHECK (mae <= 0),
 mfe INTEGER NOT NULL CHECK (mfe >= 0),
 heat_since INTEGER CHECK (heat_since > 0),
 realized_pnl INTEGER NOT NULL,
 commissions INTEGER NOT NULL,
 source TEXT NOT NULL CHECK (source IN ('fills', 'server')),
 origin TEXT NOT NULL CHECK (origin IN ('live', 'recovered', 'reconciled', 'manual')),
 has_gap INTEGER NOT NULL CHECK (has_gap IN (0, 1)),
 unchanged INTEGER NOT NULL CHECK (unchanged IN (0, 1)),
 max_quantity REAL NOT NULL,
 entered_quantity REAL NOT NULL,
 entered_sum REAL NOT NULL,
 exited_quantity REAL NOT NULL,
 exited_sum REAL NOT NULL,
 created_at INTEGER NOT NULL CHECK (created_at > 0),
 updated_at INTEGER NOT NULL CHECK (updated_at > 0),
 UNIQUE (mode, account, symbol));
CREATE TABLE trade (
 id INTEGER PRIMARY KEY,
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 symbol TEXT NOT NULL CHECK (symbol <> ''),
 side TEXT NOT NULL CHECK (side IN ('long', 'short')),
 quantity REAL NOT NULL CHECK (quantity > 0 AND quantity < 1e300),
 entry_time INTEGER NOT NULL CHECK (entry_time > 0),
 entry_price REAL NOT NULL CHECK (abs(entry_price) < 1e300),
 exit_time INTEGER NOT NULL CHECK (exit_time > 0),
 exit_price REAL NOT NULL CHECK (abs(exit_price) < 1e300),
 realized_pnl INTEGER NOT NULL,
 commissions INTEGER NOT NULL,
 mae INTEGER NOT NULL CHECK (mae <= 0),
 mfe INTEGER NOT NULL CHECK (mfe >= 0),
 efficiency REAL CHECK (efficiency BETWEEN 0 AND 1.5),
 r_multiple REAL,
 entry_vwap REAL,
 entry_delta REAL,
 entry_poc REAL,
 entry_partial INTEGER NOT NULL CHECK (entry_partial IN (0, 1)),
 exit_vwap REAL,
 exit_delta REAL,
 exit_poc REAL,
 exit_partial INTEGER NOT NULL CHECK (exit_partial IN (0, 1)),
 min_price REAL,
 max_price REAL CHECK (max_price >= min_price),
 stop_price REAL,
 target_price REAL,
 origin TEXT NOT NULL CHECK (origin IN ('live', 'recovered', 'reconciled', 'manual')),
 has_gap INTEGER NOT NULL CHECK (has_gap IN (0, 1)),
 created_at INTEGER NOT NULL CHECK (created_at > 0));
CREATE INDEX trade_by_exit ON trade (exit_time);
CREATE TABLE fill (
 id INTEGER PRIMARY KEY,
 identity TEXT UNIQUE,
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 symbol TEXT NOT NULL CHECK (symbol <> ''),
 side TEXT NOT NULL CHECK (side IN ('long', 'short')),
 quantity REAL NOT NULL CHECK (quantity > 0 AND quantity < 1e300),
 price REAL NOT NULL CHECK (abs(price) < 1e300),
 time INTEGER NOT NULL CHECK (time > 0),
 execution_id TEXT NOT NULL,
 order_id TEXT NOT NULL,
 order_filled REAL,
 discarded INTEGER NOT NULL DEFAULT 0 CHECK (discarded IN (0, 1)),
 trade_id INTEGER REFERENCES trade (id));
CREATE INDEX fill_of_open_position ON fill (mode, account, symbol)
 WHERE trade_id IS NULL AND discarded = 0;
CREATE INDEX fill_by_trade ON fill (trade_id) WHERE trade_id IS NOT NULL;
CREATE TABLE order_event (
 id INTEGER PRIMARY KEY,
 time INTEGER NOT NULL CHECK (time > 0),
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 symbol TEXT NOT NULL,
 server_id TEXT NOT NULL,
 client_id TEXT NOT NULL,
 parent_id TEXT NOT NULL,
 type TEXT,
 status TEXT,
 side TEXT CHECK (side IN ('none', 'long', 'short')),
 price1 REAL,
 price2 REAL,
 quantity REAL,
 filled REAL,
 average_price REAL,
 fills_known REAL,
 received_at INTEGER,
 updated_at INTEGER,
 text TEXT NOT NULL);
CREATE TABLE balance (
 id INTEGER PRIMARY KEY,
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 time INTEGER NOT NULL CHECK (time > 0),
 cash INTEGER,
 available INTEGER,
 margin INTEGER,
 open_pnl INTEGER,
 daily_pnl INTEGER,
 currency TEXT NOT NULL,
 ledger INTEGER NOT NULL CHECK (ledger IN (0, 1)),
 opens_period INTEGER NOT NULL CHECK (opens_period IN (0, 1)),
 trading_disabled INTEGER NOT NULL CHECK (trading_disabled IN (0, 1)),
 limit_reached INTEGER NOT NULL CHECK (limit_reached IN (0, 1)),
 why TEXT NOT NULL);
CREATE TABLE audit (
 id INTEGER PRIMARY KEY,
 time INTEGER NOT NULL CHECK (time > 0),
 what TEXT NOT NULL,
 mode TEXT NOT NULL CHECK (mode IN ('SIM', 'LIVE', 'DEBUG')),
 account TEXT NOT NULL,
 symbol TEXT NOT NULL CHECK (symbol <> ''),
 before TEXT,
 after TEXT,
 why TEXT NOT NULL);
CREATE TABLE meta (
 id INTEGER PRIMARY KEY,
 name TEXT NOT NULL UNIQUE,
 value TEXT NOT NULL);

-- Rows as the first version wrote them, and three (ids 90 and up) that it could not have written.
INSERT INTO open_position (id, mode, account, symbol, quantity, entry_price, entry_time, entry_partial,
 min_price, max_price, mae, mfe, realized_pnl, commissions, source, origin, has_gap, unchanged,
 max_quantity, entered_quantity, entered_sum, exited_quantity, exited_sum, created_at, updated_at) VALUES
 (3, 'LIVE', '120005', 'MESZ25_FUT_CME', -2, 5850.25, 1764000000000001, 1, 5840.25, 5861.5, -167500000,
  151250000, 0, 1240000, 'fills', 'live', 0, 0, 2, 2, 11700.5, 0, 0, 1764000000000001, 1764000000000002),
 (4, 'SIM', 'Sim1', 'MNQZ25_FUT_CME', 1, 21000, 1764000000000003, 0, NULL, NULL, 0, 0, 0, 0, 'server',
  'reconciled', 1, 1, 1, 1, 21000, 0, 0, 1764000000000003, 1764000000000004),
 (90, 'SIM', 'Sim2', 'MNQZ25_FUT_CME', 1, 21000, 1764000000000003, 0, NULL, NULL, 0, 0, 0, 0, 'server',
  'reconciled', 1, 1, -1, 1, 21000, 0, 0, 1764000000000003, 1764000000000004);
INSERT INTO trade (id, mode, account, symbol, side, quantity, entry_time, entry_price, exit_time,
 exit_price, realized_pnl, commissions, mae, mfe, efficiency, r_multiple, entry_partial, exit_partial,
 origin, has_gap, created_at) VALUES
 (1, 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'long', 1, 1764000000000000, 5850, 1763999999000000, 5851, 5000000,
  1240000, 0, 5000000, 1, NULL, 0, 1, 'live', 0, 1764000000000000);
INSERT INTO fill (id, identity, mode, account, symbol, side, quantity, price, time, execution_id,
 order_id, order_filled, discarded, trade_id) VALUES
 (1, 'Sim1|MESZ25_FUT_CME|e:E1', 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'long', 1, 5850, 1764000000000000, 'E1', 'O1', 1, 0, 1),
 (2, 'Sim1|MESZ25_FUT_CME|o:O2|1', 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'short', 1, 5851, 1763999999000000, '', 'O2', 1, 0, 1),
 (3, NULL, 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'short', 0.5, -1, 1764000000000000, '', '', NULL, 1, NULL),
 (4, '120005|MESZ25_FUT_CME|e:E9', 'LIVE', '120005', 'MESZ25_FUT_CME', 'short', 2, 5850.25, 1764000000000001, 'E9', 'O9', 2, 0, NULL),
 (91, NULL, 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'long', 1, 5850, 1764000000000000, 'E1', 'O1', 1, 0, NULL),
 (92, NULL, 'SIM', 'Sim1', 'MESZ25_FUT_CME', 'long', 1, 5850, 1764000000000000, '', 'O1', 1, 1, 1);
INSERT INTO order_event (id, time, mode, account, symbol, server_id, client_id, parent_id, type, status,
 side, price1, quantity, filled, text) VALUES
 (1, 1764000000000000, 'SIM', 'Sim1', '', 'S1', '', '', NULL, NULL, 'none', NULL, NULL, NULL, 'odd');
INSERT INTO balance (id, mode, account, time, cash, currency, ledger, opens_period, trading_disabled,
 limit_reached, why) VALUES
 (1, 'SIM', 'Sim1', 1764000000000000, 10000000000, 'USD', 1, 1, 0, 0, 'start'),
 (2, 'LIVE', '120005', 1764000000000001, NULL, 'USD', 0, 0, 1, 1, '');
INSERT INTO audit (id, time, what, mode, account, symbol, before, after, why) VALUES
 (1, 1764000000000001, 'open', 'LIVE', '120005', 'MESZ25_FUT_CME', NULL, '{"quantity":-2.0}', 'fill');
INSERT INTO meta (id, name, value) VALUES (1, 'spill', '12 journal'), (2, 'recovery accepted', '1');
PRAGMA user_version = 1;
