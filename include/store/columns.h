/* The columns of the tables, each written down once: binding, reading, the statements' texts and
 * the JSON of the spill journal all follow from these. Only src/store includes this. */
#ifndef SORTIE_STORE_COLUMNS_H
#define SORTIE_STORE_COLUMNS_H

#include <jansson.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stddef.h>

enum column_kind {
    COLUMN_TEXT,  /* char array */
    COLUMN_REAL,  /* double; NaN is NULL */
    COLUMN_MONEY, /* money; MONEY_UNSET is NULL */
    COLUMN_TIME,  /* int64_t; 0 is NULL */
    COLUMN_FLAG,  /* bool; 0 or 1 */
    COLUMN_CHOICE /* enum, by name; a value without a name is NULL */
};

enum column_role {
    COLUMN_KEY = 1,     /* which position: mode, account, symbol, first in their tables */
    COLUMN_EXTREME = 2, /* moves with the price: written without the rest */
    COLUMN_MAIN = 4,    /* shown in audit rows */
    COLUMN_LATER = 8,   /* not in the journals of the first version: NULL there */
    COLUMN_ALL = ~0
};

struct choice {
    int value;
    const char *name; /* NULL: end */
};

struct column {
    const char *name;
    enum column_kind kind;
    int roles;
    size_t offset, size; /* of the member */
    const struct choice *choices;
};

struct table {
    const char *name;
    const struct column *columns;
    size_t count;
};

extern const struct table columns_position, columns_trade, columns_fill, columns_order,
    columns_balance;
/* The first two columns of each of them, for a struct that begins with its key. */
extern const struct table columns_owner;

/* Binds the columns that have one of these roles to consecutive parameters from `first` on. Text is
 * cleaned on the way. Returns SQLite's code. */
int columns_bind(sqlite3_stmt *statement, int first, const struct table *table, int roles,
                 const void *row);
/* Fills the struct from the result's columns, which are the table's in its order. */
void columns_read(sqlite3_stmt *statement, const struct table *table, void *row);

/* An object with the columns that have one of these roles. */
json_t *columns_encode(const struct table *table, int roles, const void *row);
/* False unless `object` has every column that has one of these roles and is not COLUMN_LATER, each
 * of its type. */
bool columns_decode(const json_t *object, const struct table *table, int roles, void *row);

#endif
