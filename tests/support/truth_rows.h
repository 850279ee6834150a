/* The rows of a database that truth_check() looks at, read as they stand, without src/store. */
#ifndef SORTIE_TESTS_SUPPORT_TRUTH_ROWS_H
#define SORTIE_TESTS_SUPPORT_TRUTH_ROWS_H

#include "trade/position.h"

#include <sqlite3.h>
#include <stdbool.h>
#include <stdint.h>

struct truth_key {
    char mode[16], account[64], symbol[80];
};

enum truth_stand_in { TRUTH_REAL, TRUTH_RECONCILED, TRUTH_MANUAL, TRUTH_OTHER };

struct truth_fill_row {
    int64_t id, trade_id; /* 0: none */
    int side;
    double quantity, price;
    int64_t time;
    bool discarded;
    enum truth_stand_in stand_in; /* made by the console itself, for what no server told */
};

/* A position's main columns in an audit row. */
struct truth_audited {
    bool is_open;
    double quantity, entry_price, stop_price;
    int64_t entry_time;
    money realized_pnl, commissions;
};

struct truth_audit_row {
    int64_t id, time;
    char what[16];
    bool is_move;      /* the position came from the island of another mode, as it was */
    int recounted;     /* so many fills before it were taken back, and follow anew; 0: none */
    int64_t void_by;   /* it tells of one of them: the row that says so; 0: it does not */
    money net;         /* of a trade that was taken back, */
    int64_t booked_at; /* and when that was recorded; 0: it tells of none */
    struct truth_audited before, after;
};

struct truth_trade_row {
    int64_t id;
    int side;
    double quantity, entry_price, exit_price, efficiency, r_multiple, min_price, max_price,
        stop_price;
    int64_t entry_time, exit_time, created_at;
    money realized_pnl, commissions, mae, mfe;
    char origin[16];
    bool is_found; /* fills make it */
};

struct truth_position_row {
    int64_t id;
    double quantity, entry_price, stop_price, initial_stop_price, min_price, max_price,
        max_quantity, entered_quantity, entered_sum, exited_quantity, exited_sum;
    int64_t entry_time;
    money mae, mfe, realized_pnl, commissions;
    bool unchanged;
    char source[16], origin[16];
};

struct truth_ledger_row {
    int64_t id, time;
    money cash;
    bool opens_period, is_trade; /* or several that were taken back */
};

/* All of one (mode, account, symbol), each in the order of ids. */
struct truth_rows {
    struct truth_fill_row *fills;
    struct truth_audit_row *audits;
    struct truth_trade_row *trades;
    struct truth_position_row *positions; /* one at most */
    size_t fill_count, audit_count, trade_count, position_count;
};

/* False, and sqlite3_errmsg() says why, when they cannot be read. */
bool truth_read_keys(sqlite3 *db, struct truth_key **keys, size_t *count);
bool truth_read_rows(sqlite3 *db, const struct truth_key *key, struct truth_rows *out);
void truth_free_rows(struct truth_rows *rows);
bool truth_read_ledger(sqlite3 *db, const struct truth_key *key, struct truth_ledger_row **rows,
                       size_t *count);

#endif
