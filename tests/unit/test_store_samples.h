/* Made by hand for the tests of the store: every member differs from zero and from the others,
 * where it can. */
#ifndef SORTIE_TESTS_UNIT_TEST_STORE_SAMPLES_H
#define SORTIE_TESTS_UNIT_TEST_STORE_SAMPLES_H

#include "base/text.h"
#include "store/repository.h"
#include "support/test.h"

#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#define START INT64_C(1764000000000000) /* us UTC, a day in November 2025 */

static inline struct account_key sample_key(void)
{
    return (struct account_key){.mode = MODE_LIVE, .account = "APX-1234"};
}

static inline struct position sample_position(void)
{
    return (struct position){
        .key = sample_key(),
        .symbol = "MESZ25_FUT_CME",
        .quantity = -3,
        .entry_price = 5850.3333333333339,
        .entry_time = START + 1,
        .target_price = 5800.25,
        .stop_price = 5870.5,
        .initial_stop_price = 5875.75,
        .entry_context = {.vwap = 5849.1, .delta = -1234, .poc = 5848.75, .partial = true},
        .min_price = 5840.25,
        .max_price = 5861.5,
        .mae = -167500000,
        .mfe = 151250000,
        .heat_since = START + 2,
        .realized_pnl = 12500000,
        .commissions = 2480000,
        .source = SOURCE_SERVER,
        .origin = ORIGIN_RECONCILED,
        .has_gap = true,
        .unchanged = true,
        .created_at = START + 3,
        .updated_at = START + 4,
        .max_quantity = 5,
        .entered_quantity = 6,
        .entered_sum = 35102.000000000004,
        .exited_quantity = 3.5,
        .exited_sum = 20476.1,
        .price = PRICE_UNSET,
    };
}

static inline struct fill sample_fill(int number)
{
    struct fill f = {
        .key = sample_key(),
        .symbol = "MESZ25_FUT_CME",
        .side = SIDE_SHORT,
        .quantity = 2.5,
        .price = 5850.25,
        .time = START + number,
        .order_filled = 7,
    };
    snprintf(f.execution_id, sizeof f.execution_id, "E%d", number);
    snprintf(f.order_id, sizeof f.order_id, "O%d", number);
    return f;
}

static inline struct trade sample_trade(void)
{
    return (struct trade){
        .key = sample_key(),
        .symbol = "MESZ25_FUT_CME",
        .side = SIDE_SHORT,
        .quantity = 5,
        .entry_time = START + 1,
        .exit_time = START + 9,
        .entry_price = 5850.333333,
        .exit_price = 5845.1,
        .realized_pnl = 130833325,
        .commissions = 4960000,
        .mae = -167500000,
        .mfe = 151250000,
        .efficiency = 0.865,
        .r_multiple = 1.25,
        .entry_context = {.vwap = 5849.1, .delta = -1234, .poc = 5848.75, .partial = true},
        .exit_context = {.vwap = 5847.3, .delta = 210, .poc = 5847.25, .partial = true},
        .min_price = 5840.25,
        .max_price = 5861.5,
        .stop_price = 5870.5,
        .target_price = 5800.25,
        .origin = ORIGIN_MANUAL,
        .has_gap = true,
        .created_at = START + 10,
        .tick_value = 6250000,
    };
}

static inline struct balance sample_balance(void)
{
    return (struct balance){
        .key = sample_key(),
        .time = START + 20,
        .cash = 50123450000,
        .available = 41000000000,
        .margin = 9000000001,
        .open_pnl = -12500000,
        .daily_pnl = 250000000,
        .currency = "USD",
        .ledger = true,
        .opens_period = true,
        .trading_disabled = true,
        .limit_reached = true,
        .why = "reset by the user",
    };
}

static inline struct order sample_order(void)
{
    return (struct order){
        .key = sample_key(),
        .symbol = "MESZ25_FUT_CME",
        .server_id = "S77",
        .client_id = "C78",
        .parent_id = "P79",
        .type = ORDER_STOP_LIMIT,
        .status = STATUS_PARTIAL,
        .side = SIDE_LONG,
        .price1 = 5870.5,
        .price2 = 5871.25,
        .quantity = 3,
        .filled = 1,
        .average_price = 5870.75,
        .fills_known = 0.5,
        .received_at = START + 30,
        .updated_at = START + 31,
        .text = "partly filled",
    };
}

/* The fill `number` opens the position. */
static inline struct change sample_open(int number)
{
    struct change c = {.sequence = (uint64_t)number,
                       .kind = CHANGE_OPEN,
                       .time = START + number,
                       .has_position = true,
                       .has_fill = true,
                       .before = sample_position(),
                       .after = sample_position(),
                       .fill = sample_fill(number),
                       .why = "fill"};
    c.before.quantity = 0;
    return c;
}

static inline struct change sample_add(int number)
{
    struct change c = sample_open(number);
    c.kind = CHANGE_ADD;
    c.before = sample_position();
    c.after.quantity = -4 - number;
    return c;
}

static inline struct change sample_close(int number)
{
    struct change c = sample_open(number);
    c.kind = CHANGE_CLOSE;
    c.before = sample_position();
    c.after.quantity = 0;
    c.has_trade = true;
    c.trade = sample_trade();
    return c;
}

static inline struct change sample_extremes(int64_t time, double low)
{
    struct change c = {
        .kind = CHANGE_EXTREMES, .time = time, .has_position = true, .after = sample_position()};
    c.after.min_price = low;
    return c;
}

#define SAME(a, b, kind, member) ck_assert_##kind##_eq((a)->member, (b)->member)
#define SAME_NUMBER(a, b, member)                                                                  \
    ck_assert_msg(isnan((a)->member) ? isnan((b)->member) : (a)->member == (b)->member,            \
                  #member ": %.17g and %.17g", (a)->member, (b)->member)

static inline void assert_same_context(const struct market_context *a,
                                       const struct market_context *b)
{
    SAME_NUMBER(a, b, vwap);
    SAME_NUMBER(a, b, delta);
    SAME_NUMBER(a, b, poc);
    SAME(a, b, int, partial);
}

static inline void assert_same_position(const struct position *a, const struct position *b)
{
    SAME(a, b, int, key.mode);
    SAME(a, b, str, key.account);
    SAME(a, b, str, symbol);
    SAME_NUMBER(a, b, quantity);
    SAME_NUMBER(a, b, entry_price);
    SAME(a, b, int, entry_time);
    SAME_NUMBER(a, b, target_price);
    SAME_NUMBER(a, b, stop_price);
    SAME_NUMBER(a, b, initial_stop_price);
    assert_same_context(&a->entry_context, &b->entry_context);
    SAME_NUMBER(a, b, min_price);
    SAME_NUMBER(a, b, max_price);
    SAME(a, b, int, mae);
    SAME(a, b, int, mfe);
    SAME(a, b, int, heat_since);
    SAME(a, b, int, realized_pnl);
    SAME(a, b, int, commissions);
    SAME(a, b, int, source);
    SAME(a, b, int, origin);
    SAME(a, b, int, has_gap);
    SAME(a, b, int, unchanged);
    SAME(a, b, int, created_at);
    SAME(a, b, int, updated_at);
    SAME_NUMBER(a, b, max_quantity);
    SAME_NUMBER(a, b, entered_quantity);
    SAME_NUMBER(a, b, entered_sum);
    SAME_NUMBER(a, b, exited_quantity);
    SAME_NUMBER(a, b, exited_sum);
    SAME_NUMBER(a, b, price);
    SAME(a, b, int, open_pnl);
}

static inline void assert_same_trade(const struct trade *a, const struct trade *b)
{
    SAME(a, b, int, key.mode);
    SAME(a, b, str, key.account);
    SAME(a, b, str, symbol);
    SAME(a, b, int, side);
    SAME_NUMBER(a, b, quantity);
    SAME(a, b, int, entry_time);
    SAME(a, b, int, exit_time);
    SAME_NUMBER(a, b, entry_price);
    SAME_NUMBER(a, b, exit_price);
    SAME(a, b, int, realized_pnl);
    SAME(a, b, int, commissions);
    SAME(a, b, int, mae);
    SAME(a, b, int, mfe);
    SAME_NUMBER(a, b, efficiency);
    SAME_NUMBER(a, b, r_multiple);
    SAME(a, b, int, tick_value);
    assert_same_context(&a->entry_context, &b->entry_context);
    assert_same_context(&a->exit_context, &b->exit_context);
    SAME_NUMBER(a, b, min_price);
    SAME_NUMBER(a, b, max_price);
    SAME_NUMBER(a, b, stop_price);
    SAME_NUMBER(a, b, target_price);
    SAME(a, b, int, origin);
    SAME(a, b, int, has_gap);
    SAME(a, b, int, created_at);
}

static inline void assert_same_fill(const struct fill *a, const struct fill *b)
{
    SAME(a, b, int, key.mode);
    SAME(a, b, str, key.account);
    SAME(a, b, str, symbol);
    SAME(a, b, int, side);
    SAME_NUMBER(a, b, quantity);
    SAME_NUMBER(a, b, price);
    SAME(a, b, int, time);
    SAME(a, b, str, execution_id);
    SAME(a, b, str, order_id);
    SAME_NUMBER(a, b, order_filled);
}

static inline void assert_same_balance(const struct balance *a, const struct balance *b)
{
    SAME(a, b, int, key.mode);
    SAME(a, b, str, key.account);
    SAME(a, b, int, time);
    SAME(a, b, int, cash);
    SAME(a, b, int, available);
    SAME(a, b, int, margin);
    SAME(a, b, int, open_pnl);
    SAME(a, b, int, daily_pnl);
    SAME(a, b, str, currency);
    SAME(a, b, int, ledger);
    SAME(a, b, int, opens_period);
    SAME(a, b, int, trading_disabled);
    SAME(a, b, int, limit_reached);
    SAME(a, b, str, why);
}

static inline void assert_same_order(const struct order *a, const struct order *b)
{
    SAME(a, b, int, key.mode);
    SAME(a, b, str, key.account);
    SAME(a, b, str, symbol);
    SAME(a, b, str, server_id);
    SAME(a, b, str, client_id);
    SAME(a, b, str, parent_id);
    SAME(a, b, int, type);
    SAME(a, b, int, status);
    SAME(a, b, int, side);
    SAME_NUMBER(a, b, price1);
    SAME_NUMBER(a, b, price2);
    SAME_NUMBER(a, b, quantity);
    SAME_NUMBER(a, b, filled);
    SAME_NUMBER(a, b, average_price);
    SAME_NUMBER(a, b, fills_known);
    SAME(a, b, int, received_at);
    SAME(a, b, int, updated_at);
    SAME(a, b, str, text);
}

/* A directory of the test's own, and the paths in it. */
struct place {
    char directory[256], database[300], spill[300];
};

static inline void place_make(struct place *p)
{
    test_directory_make(p->directory, sizeof p->directory);
    snprintf(p->database, sizeof p->database, "%s/sortie.db", p->directory);
    snprintf(p->spill, sizeof p->spill, "%s/spill.jsonl", p->directory);
}

static inline struct repository *open_repository(const char *path)
{
    struct error error = {0};
    struct repository *r = repository_open(path, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    return r;
}

static inline void commit(struct repository *r, const struct change *changes, size_t count)
{
    struct error error = {0};
    ck_assert_msg(repository_commit(r, changes, count, &error), "%s", error.text);
}

/* One value of the file, by a connection of its own; "NULL" and "" (no row) among them. */
static inline const char *query(const char *path, const char *sql, char *text, size_t size)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    ck_assert_int_eq(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &statement, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    text[0] = '\0';
    if (sqlite3_step(statement) == SQLITE_ROW) {
        const char *value = (const char *)sqlite3_column_text(statement, 0);
        text_copy(text, size, value == NULL ? "NULL" : value);
    }
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return text;
}

#define ASSERT_QUERY(path, sql, expected)                                                          \
    do {                                                                                           \
        char value_[512];                                                                          \
        ck_assert_str_eq(query(path, sql, value_, sizeof value_), expected);                       \
    } while (0)

#endif
