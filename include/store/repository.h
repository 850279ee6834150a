/* The database of positions, trades, fills, balances and audit rows. Which database it is stays in
 * the .c file. */
#ifndef SORTIE_STORE_REPOSITORY_H
#define SORTIE_STORE_REPOSITORY_H

#include "base/error.h"
#include "trade/change.h"
#include "trade/curve.h"
#include "trade/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct repository;

/* Opens or creates (0600) the database and brings its schema up to date. A damaged one is set aside
 * as PATH.damaged-YYYYMMDD-HHMMSS, and what can be read of it saved in a new one; damage is looked
 * for in all of it up to 1 MiB and once it was suspected (repository_suspect), otherwise in the
 * open positions, and in the rest while it is used (diagnosis_look_through). NULL with ERROR_NEWER
 * (written by a newer sortie), ERROR_DAMAGED (not a database of sortie), ERROR_SYSTEM or
 * ERROR_FULL; each sentence names the file and says what to do, and the file is left as it was. */
struct repository *repository_open(const char *path, struct error *error);
/* What the user must be told of the opening: what was saved and lost of a damaged one, or
 * which rows broke a rule of a newer schema and were moved to a table of their own. "": nothing. */
const char *repository_news(const struct repository *r);
/* Has the next opening of that database look through all of it. An ERROR_DAMAGED of any function
 * below has done so already. */
void repository_suspect(const char *path);
/* A second connection, for reading in another thread while the first is open. */
struct repository *repository_open_reader(const char *path, struct error *error);
void repository_close(struct repository *r);

/* Stores all changes in one durable transaction, or none (false with `error`). A fill that is there
 * already is skipped, and with it the rest of its change, so a replay is harmless. A change is, in
 * this order: its fill; its trade, which takes over the fills of that position; the row of its
 * position (key and symbol of `after`), removed when that is flat, new after a reversal; balance;
 * order event; fact; audit row of a fill, trade or position. The fill that reverses a position
 * belongs to the trade that it closes. CHANGE_RECOUNT removes the fills of its position from `fill`
 * on, their trades (which it notes in audit rows "take back") and the position's row; what makes
 * them anew comes joined with it. CHANGE_EXTREMES touches nothing but min, max, MAE, MFE,
 * heat, gap and updated_at of a row that is there. ERROR_USAGE: a change breaks a constraint and
 * can never be stored; any other error is the database's. */
bool repository_commit(struct repository *r, const struct change *changes, size_t count,
                       struct error *error);
/* The same, and sets a fact of table meta in that transaction. */
bool repository_commit_marked(struct repository *r, const struct change *changes, size_t count,
                              const char *name, const char *value, struct error *error);

/* A commit that fails may have happened all the same: when only its sync failed, the next opening
 * finds it whole. So each says in table meta, under this name, what the last of its numbered
 * changes was. */
#define REPOSITORY_LAST "last"
enum { REPOSITORY_MARK_SIZE = 48 };
void repository_mark(const struct change *c, char mark[REPOSITORY_MARK_SIZE]);

/* Single steps, each its own durable transaction with its audit row. To save is to put the row as
 * it is given; to close, to store the trade and remove its position; to delete what is not there is
 * no error. */
bool repository_save_position(struct repository *r, const struct position *p, struct error *error);
bool repository_close_position(struct repository *r, const struct trade *t, struct error *error);
bool repository_update_extremes(struct repository *r, const struct position *p,
                                struct error *error);
bool repository_delete_position(struct repository *r, const struct account_key *key,
                                const char *symbol, struct error *error);
/* 1 found, 0 not there, -1 with `error`. */
int repository_get_position(struct repository *r, const struct account_key *key, const char *symbol,
                            struct position *out, struct error *error);

/* An open position whose row was lost with a damaged part of the database. */
struct lost_position {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    bool known;               /* the last audit row of it is there: */
    struct position said;     /* its quantity, entry, stop and target, extremes, results so far */
    const struct fill *fills; /* of that key, in order, none that was discarded */
    size_t count, closed;     /* the first of them belong to closed trades */
    bool whole;               /* no fill is missing since the first that belongs to none */
};
/* Makes the row anew: true, and `out`, or false when it cannot be known. */
typedef bool repository_rebuilder(void *context, const struct lost_position *lost,
                                  struct position *out);
/* Asks for each of them, once after a salvage, and stores what it is given, with audit rows. */
bool repository_mend(struct repository *r, repository_rebuilder *rebuild, void *context,
                     struct error *error);

/* Visit all, in order of id where nothing else is said; a visitor that returns false ends the walk
 * and must not use the repository. False with `error` on failure. Positions come back as they were,
 * but for price and open P&L. */
typedef bool repository_position_visitor(void *context, const struct position *p);
typedef bool repository_result_visitor(void *context, const struct account_key *key,
                                       const struct trade_result *r);
typedef bool repository_point_visitor(void *context, const struct account_key *key,
                                      const struct equity_point *p);
typedef bool repository_fill_visitor(void *context, const struct fill *fill);
typedef bool repository_balance_visitor(void *context, const struct balance *balance);
typedef bool repository_fact_visitor(void *context, const char *name, int64_t value);
bool repository_each_position(struct repository *r, repository_position_visitor *visit,
                              void *context, struct error *error);
/* Of the trades with ids behind `after`, up to `last`. */
bool repository_each_result(struct repository *r, int64_t after, int64_t last,
                            repository_result_visitor *visit, void *context, struct error *error);
/* The balances that the equity curve is made of, with ids up to `last`: for SIM the ledger, for
 * others what the server reported. */
bool repository_each_point(struct repository *r, int64_t last, repository_point_visitor *visit,
                           void *context, struct error *error);
bool repository_each_fill(struct repository *r, int64_t since, repository_fill_visitor *visit,
                          void *context, struct error *error);
/* The newest `count` fills, each with the trade that it helped to close: 0 and nothing where there
 * is none; -1 where its position was discarded. */
typedef bool repository_counted_visitor(void *context, const struct fill *fill, int64_t trade,
                                        const struct trade_result *result);
bool repository_each_counted(struct repository *r, int64_t count, repository_counted_visitor *visit,
                             void *context, struct error *error);
/* The latest of each account, reported and of the ledger apart. */
bool repository_each_balance(struct repository *r, repository_balance_visitor *visit, void *context,
                             struct error *error);
/* What CHANGE_FACT stored: the rows of meta whose value is a whole number. */
bool repository_each_fact(struct repository *r, repository_fact_visitor *visit, void *context,
                          struct error *error);

/* The highest ids up to now; 0: none. */
bool repository_find_last(struct repository *r, int64_t *trade, int64_t *balance,
                          struct error *error);

/* Small facts by name (table meta): 1 found, 0 not, -1 error. */
int repository_get_meta(struct repository *r, const char *name, char *value, size_t size,
                        struct error *error);
bool repository_set_meta(struct repository *r, const char *name, const char *value,
                         struct error *error);

#endif
