#include "store/columns.h"

#include "base/text.h"
#include "trade/change.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

enum { TEXT_MAX = 128 };

/* The database's words. They are a stored format, so they do not follow what the screen says. */
static const struct choice MODES[] = {
    {MODE_SIM, "SIM"}, {MODE_LIVE, "LIVE"}, {MODE_DEBUG, "DEBUG"}, {0, NULL}};
static const struct choice SIDES[] = {
    {SIDE_NONE, "none"}, {SIDE_LONG, "long"}, {SIDE_SHORT, "short"}, {0, NULL}};
static const struct choice SOURCES[] = {
    {SOURCE_FILLS, "fills"}, {SOURCE_SERVER, "server"}, {0, NULL}};
static const struct choice ORIGINS[] = {{ORIGIN_LIVE, "live"},
                                        {ORIGIN_RECOVERED, "recovered"},
                                        {ORIGIN_RECONCILED, "reconciled"},
                                        {ORIGIN_MANUAL, "manual"},
                                        {0, NULL}};
static const struct choice TYPES[] = {{ORDER_UNKNOWN, "unknown"},
                                      {ORDER_MARKET, "market"},
                                      {ORDER_LIMIT, "limit"},
                                      {ORDER_STOP, "stop"},
                                      {ORDER_STOP_LIMIT, "stop limit"},
                                      {ORDER_IF_TOUCHED, "if touched"},
                                      {ORDER_LIMIT_IF_TOUCHED, "limit if touched"},
                                      {ORDER_MARKET_LIMIT, "market limit"},
                                      {0, NULL}};
static const struct choice STATUSES[] = {{STATUS_UNKNOWN, "unknown"},
                                         {STATUS_SENT, "sent"},
                                         {STATUS_PENDING, "pending"},
                                         {STATUS_PENDING_CHILD, "pending child"},
                                         {STATUS_OPEN, "open"},
                                         {STATUS_REPLACING, "replacing"},
                                         {STATUS_CANCELLING, "cancelling"},
                                         {STATUS_FILLED, "filled"},
                                         {STATUS_CANCELLED, "cancelled"},
                                         {STATUS_REJECTED, "rejected"},
                                         {STATUS_PARTIAL, "partial"},
                                         {0, NULL}};

#define SIZE_OF(type, member) sizeof(((struct type *)0)->member)
#define COLUMN(name, kind, roles, type, member, choices)                                           \
    {                                                                                              \
        name, COLUMN_##kind, roles, offsetof(struct type, member), SIZE_OF(type, member), choices  \
    }
#define PLAIN(type, kind, member) COLUMN(#member, kind, 0, type, member, NULL)
#define ROLE(type, kind, roles, member) COLUMN(#member, kind, roles, type, member, NULL)
#define AS(type, kind, name, member) COLUMN(name, kind, 0, type, member, NULL)
#define ONE_OF(type, choices, member) COLUMN(#member, CHOICE, 0, type, member, choices)
#define ACCOUNT(type)                                                                              \
    COLUMN("mode", CHOICE, COLUMN_KEY, type, key.mode, MODES),                                     \
        COLUMN("account", TEXT, COLUMN_KEY, type, key.account, NULL)
#define KEY(type) ACCOUNT(type), ROLE(type, TEXT, COLUMN_KEY, symbol)
#define CONTEXT(type, when)                                                                        \
    AS(type, REAL, #when "_vwap", when##_context.vwap),                                            \
        AS(type, REAL, #when "_delta", when##_context.delta),                                      \
        AS(type, REAL, #when "_poc", when##_context.poc),                                          \
        AS(type, FLAG, #when "_partial", when##_context.partial)
#define TABLE(name, columns)                                                                       \
    {                                                                                              \
        name, columns, sizeof columns / sizeof columns[0]                                          \
    }

static const struct column POSITION[] = {
    KEY(position),
    ROLE(position, REAL, COLUMN_MAIN, quantity),
    ROLE(position, REAL, COLUMN_MAIN, entry_price),
    ROLE(position, TIME, COLUMN_MAIN, entry_time),
    ROLE(position, REAL, COLUMN_MAIN, target_price),
    ROLE(position, REAL, COLUMN_MAIN, stop_price),
    PLAIN(position, REAL, initial_stop_price),
    CONTEXT(position, entry),
    ROLE(position, REAL, COLUMN_EXTREME | COLUMN_MAIN, min_price),
    ROLE(position, REAL, COLUMN_EXTREME | COLUMN_MAIN, max_price),
    ROLE(position, MONEY, COLUMN_EXTREME | COLUMN_MAIN, mae),
    ROLE(position, MONEY, COLUMN_EXTREME | COLUMN_MAIN, mfe),
    ROLE(position, TIME, COLUMN_EXTREME, heat_since),
    ROLE(position, MONEY, COLUMN_MAIN, realized_pnl),
    ROLE(position, MONEY, COLUMN_MAIN, commissions),
    ONE_OF(position, SOURCES, source),
    ONE_OF(position, ORIGINS, origin),
    ROLE(position, FLAG, COLUMN_EXTREME, has_gap),
    PLAIN(position, FLAG, unchanged),
    PLAIN(position, REAL, max_quantity),
    PLAIN(position, REAL, entered_quantity),
    PLAIN(position, REAL, entered_sum),
    PLAIN(position, REAL, exited_quantity),
    PLAIN(position, REAL, exited_sum),
    PLAIN(position, TIME, created_at),
    ROLE(position, TIME, COLUMN_EXTREME, updated_at),
    ROLE(position, REAL, COLUMN_EXTREME | COLUMN_LATER, last_price),
};
const struct table columns_position = TABLE("open_position", POSITION);

static const struct column TRADE[] = {
    KEY(trade),
    ONE_OF(trade, SIDES, side),
    PLAIN(trade, REAL, quantity),
    PLAIN(trade, TIME, entry_time),
    PLAIN(trade, REAL, entry_price),
    PLAIN(trade, TIME, exit_time),
    PLAIN(trade, REAL, exit_price),
    PLAIN(trade, MONEY, realized_pnl),
    PLAIN(trade, MONEY, commissions),
    PLAIN(trade, MONEY, mae),
    PLAIN(trade, MONEY, mfe),
    PLAIN(trade, REAL, efficiency),
    PLAIN(trade, REAL, r_multiple),
    CONTEXT(trade, entry),
    CONTEXT(trade, exit),
    PLAIN(trade, REAL, min_price),
    PLAIN(trade, REAL, max_price),
    PLAIN(trade, REAL, stop_price),
    PLAIN(trade, REAL, target_price),
    ONE_OF(trade, ORIGINS, origin),
    PLAIN(trade, FLAG, has_gap),
    PLAIN(trade, TIME, created_at),
    ROLE(trade, MONEY, COLUMN_LATER, tick_value),
};
const struct table columns_trade = TABLE("trade", TRADE);

static const struct column FILL[] = {
    KEY(fill),
    ONE_OF(fill, SIDES, side),
    PLAIN(fill, REAL, quantity),
    PLAIN(fill, REAL, price),
    PLAIN(fill, TIME, time),
    PLAIN(fill, TEXT, execution_id),
    PLAIN(fill, TEXT, order_id),
    PLAIN(fill, REAL, order_filled),
};
const struct table columns_fill = TABLE("fill", FILL);

static const struct column ORDER[] = {
    KEY(order),
    PLAIN(order, TEXT, server_id),
    PLAIN(order, TEXT, client_id),
    PLAIN(order, TEXT, parent_id),
    ONE_OF(order, TYPES, type),
    ONE_OF(order, STATUSES, status),
    ONE_OF(order, SIDES, side),
    PLAIN(order, REAL, price1),
    PLAIN(order, REAL, price2),
    PLAIN(order, REAL, quantity),
    PLAIN(order, REAL, filled),
    PLAIN(order, REAL, average_price),
    PLAIN(order, REAL, fills_known),
    PLAIN(order, TIME, received_at),
    PLAIN(order, TIME, updated_at),
    PLAIN(order, TEXT, text),
};
const struct table columns_order = TABLE("order_event", ORDER);

static const struct column BALANCE[] = {
    ACCOUNT(balance),
    PLAIN(balance, TIME, time),
    PLAIN(balance, MONEY, cash),
    PLAIN(balance, MONEY, available),
    PLAIN(balance, MONEY, margin),
    PLAIN(balance, MONEY, open_pnl),
    PLAIN(balance, MONEY, daily_pnl),
    PLAIN(balance, TEXT, currency),
    PLAIN(balance, FLAG, ledger),
    PLAIN(balance, FLAG, opens_period),
    PLAIN(balance, FLAG, trading_disabled),
    PLAIN(balance, FLAG, limit_reached),
    PLAIN(balance, TEXT, why),
};
const struct table columns_balance = TABLE("balance", BALANCE);

static const struct column OWNER[] = {ACCOUNT(balance)};
const struct table columns_owner = TABLE("", OWNER);

/* A member of a struct, whatever its kind, and whether it stands for "nothing". */
struct value {
    bool unset;
    double real;
    int64_t integer;
    char text[TEXT_MAX];
};

static const struct choice *find_choice(const struct column *c, int value)
{
    const struct choice *choice = c->choices;
    while (choice->name != NULL && choice->value != value)
        choice++;
    return choice;
}

static const struct choice *find_choice_name(const struct column *c, const char *name)
{
    const struct choice *choice = c->choices;
    while (choice->name != NULL && (name == NULL || strcmp(choice->name, name) != 0))
        choice++;
    return choice;
}

static struct value get(const struct column *c, const void *row)
{
    const char *member = (const char *)row + c->offset;
    struct value v = {0};
    int choice;
    bool flag;
    switch (c->kind) {
    case COLUMN_TEXT:
        text_clean(v.text, c->size, member, c->size);
        break;
    case COLUMN_REAL:
        memcpy(&v.real, member, sizeof v.real);
        v.unset = isnan(v.real);
        break;
    case COLUMN_MONEY:
        memcpy(&v.integer, member, sizeof v.integer);
        v.unset = v.integer == MONEY_UNSET;
        break;
    case COLUMN_TIME:
        memcpy(&v.integer, member, sizeof v.integer);
        v.unset = v.integer == 0;
        break;
    case COLUMN_FLAG:
        memcpy(&flag, member, sizeof flag);
        v.integer = flag;
        break;
    case COLUMN_CHOICE:
        memcpy(&choice, member, sizeof choice);
        v.integer = choice;
        const struct choice *found = find_choice(c, choice);
        v.unset = found->name == NULL;
        if (!v.unset)
            text_copy(v.text, sizeof v.text, found->name);
        break;
    }
    return v;
}

static void put(const struct column *c, void *row, const struct value *v)
{
    char *member = (char *)row + c->offset;
    double real = v->unset ? NAN : v->real;
    int64_t integer = !v->unset ? v->integer : c->kind == COLUMN_MONEY ? MONEY_UNSET : 0;
    int choice = (int)v->integer;
    bool flag = v->integer != 0;
    switch (c->kind) {
    case COLUMN_TEXT:
        text_clean(member, c->size, v->text, sizeof v->text);
        break;
    case COLUMN_REAL:
        memcpy(member, &real, sizeof real);
        break;
    case COLUMN_MONEY:
    case COLUMN_TIME:
        memcpy(member, &integer, sizeof integer);
        break;
    case COLUMN_FLAG:
        memcpy(member, &flag, sizeof flag);
        break;
    case COLUMN_CHOICE:
        memcpy(member, &choice, sizeof choice);
        break;
    }
}

static int bind(sqlite3_stmt *statement, int parameter, const struct column *c, const void *row)
{
    struct value v = get(c, row);
    if (v.unset)
        return sqlite3_bind_null(statement, parameter);
    if (c->kind == COLUMN_REAL)
        return sqlite3_bind_double(statement, parameter, v.real);
    if (c->kind == COLUMN_TEXT || c->kind == COLUMN_CHOICE)
        return sqlite3_bind_text(statement, parameter, v.text, -1, SQLITE_TRANSIENT);
    return sqlite3_bind_int64(statement, parameter, v.integer);
}

int columns_bind(sqlite3_stmt *statement, int first, const struct table *table, int roles,
                 const void *row)
{
    int code = SQLITE_OK;
    for (size_t i = 0; i < table->count && code == SQLITE_OK; i++)
        if (roles == COLUMN_ALL || (table->columns[i].roles & roles) != 0)
            code = bind(statement, first++, &table->columns[i], row);
    return code;
}

void columns_read(sqlite3_stmt *statement, const struct table *table, void *row)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct column *c = &table->columns[i];
        int at = (int)i;
        struct value v = {.unset = sqlite3_column_type(statement, at) == SQLITE_NULL};
        /* each as its kind only: SQLite would print every number that is asked for as text */
        if (c->kind == COLUMN_REAL) {
            v.real = sqlite3_column_double(statement, at);
        } else if (c->kind == COLUMN_TEXT || c->kind == COLUMN_CHOICE) {
            const char *text = (const char *)sqlite3_column_text(statement, at);
            if (c->kind == COLUMN_CHOICE)
                v.integer = find_choice_name(c, text)->value;
            else if (text != NULL)
                text_clean(v.text, sizeof v.text, text, sizeof v.text);
        } else {
            v.integer = sqlite3_column_int64(statement, at);
        }
        put(c, row, &v);
    }
}

static json_t *encode(const struct column *c, const void *row)
{
    struct value v = get(c, row);
    if (c->kind == COLUMN_FLAG)
        return json_boolean(v.integer != 0);
    if (v.unset)
        return json_null();
    if (c->kind == COLUMN_REAL) /* JSON has no infinity; no column takes one */
        return isfinite(v.real) ? json_real(v.real) : json_null();
    if (c->kind == COLUMN_TEXT || c->kind == COLUMN_CHOICE)
        return json_string(v.text);
    return json_integer(v.integer);
}

json_t *columns_encode(const struct table *table, int roles, const void *row)
{
    json_t *object = json_object();
    for (size_t i = 0; i < table->count; i++)
        if (roles == COLUMN_ALL || (table->columns[i].roles & roles) != 0)
            json_object_set_new(object, table->columns[i].name, encode(&table->columns[i], row));
    return object;
}

static bool decode(const struct column *c, const json_t *json, void *row)
{
    struct value v = {.unset = json_is_null(json)};
    bool fits = v.unset;
    switch (c->kind) {
    case COLUMN_TEXT:
        fits = json_is_string(json);
        if (fits)
            text_copy(v.text, sizeof v.text, json_string_value(json));
        break;
    case COLUMN_REAL:
        fits = fits || json_is_number(json);
        v.real = json_number_value(json);
        break;
    case COLUMN_MONEY:
    case COLUMN_TIME:
        fits = fits || json_is_integer(json);
        v.integer = json_integer_value(json);
        break;
    case COLUMN_FLAG:
        fits = json_is_boolean(json);
        v.integer = json_is_true(json);
        break;
    case COLUMN_CHOICE: {
        const struct choice *choice = find_choice_name(c, json_string_value(json));
        fits = fits || choice->name != NULL;
        v.integer = v.unset ? INT8_MIN : choice->value; /* as nameless as what was written */
        break;
    }
    }
    if (fits)
        put(c, row, &v);
    return fits;
}

bool columns_decode(const json_t *object, const struct table *table, int roles, void *row)
{
    for (size_t i = 0; i < table->count; i++) {
        const struct column *c = &table->columns[i];
        if (roles != COLUMN_ALL && (c->roles & roles) == 0)
            continue;
        const json_t *json = json_object_get(object, c->name);
        if (json == NULL && (c->roles & COLUMN_LATER))
            json = json_null();
        if (json == NULL || !decode(c, json, row))
            return false;
    }
    return true;
}
