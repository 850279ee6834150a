#include "store/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/database.h"
#include "store/lost.h"
#include "store/salvage.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { META_SIZE = 256 };

static void unprepare(struct repository *r)
{
    statements_finalize(r->statements);
    sqlite3_close(r->db);
    r->db = NULL;
}

static bool fail(struct repository *r, struct error *error)
{
    struct error own = {0};
    error = error != NULL ? error : &own;
    database_fail(r->db, r->path, error);
    if (error->code == ERROR_DAMAGED)
        salvage_suspect(r->path);
    return false;
}

static bool prepare(struct repository *r, struct error *error)
{
    if (statements_prepare(r->db, r->statements))
        return true;
    database_fail(r->db, r->path, error);
    unprepare(r);
    return false;
}

static bool open_once(struct repository *r, struct error *error)
{
    r->db = database_open(r->path, r->news, sizeof r->news, error);
    return r->db != NULL && prepare(r, error);
}

struct repository *repository_open(const char *path, struct error *error)
{
    struct repository *r = memory_new(1, sizeof *r);
    struct error own = {0};
    bool open = false, salvaged = false;
    error = error != NULL ? error : &own;
    if (!text_copy(r->path, sizeof r->path, path))
        error_set(error, ERROR_USAGE, "the database's path is too long: %s", path);
    else if (salvage_finish(path, &salvaged, error)) {
        open = open_once(r, error);
        if (!open && error->code == ERROR_DAMAGED && salvage_database(path, error))
            open = salvaged = open_once(r, error);
    }
    if (!open) {
        repository_close(r);
        return NULL;
    }
    *error = (struct error){0};
    if (salvaged)
        repository_get_meta(r, SALVAGE_FACT, r->news, sizeof r->news, NULL);
    return r;
}

const char *repository_news(const struct repository *r)
{
    return r->news;
}

void repository_suspect(const char *path)
{
    salvage_suspect(path);
}

struct repository *repository_open_reader(const char *path, struct error *error)
{
    struct repository *r = memory_new(1, sizeof *r);
    if (!text_copy(r->path, sizeof r->path, path))
        error_set(error, ERROR_USAGE, "the database's path is too long: %s", path);
    else if ((r->db = database_open_reader(path, error)) != NULL && prepare(r, error))
        return r;
    repository_close(r);
    return NULL;
}

void repository_close(struct repository *r)
{
    if (r == NULL)
        return;
    unprepare(r);
    free(r);
}

/* Binds all columns of the row from `parameter` on. */
static void bind_row(struct repository *r, enum statement s, int parameter, const void *row)
{
    columns_bind(r->statements[s], parameter, statement_table(s), COLUMN_ALL, row);
}

/* Binds mode, account and symbol, which each of these tables has, to the first three parameters. */
static void bind_key(struct repository *r, enum statement s, const struct table *table,
                     const void *row)
{
    columns_bind(r->statements[s], 1, table, COLUMN_KEY, row);
}

void repository_bind_text(struct repository *r, enum statement s, int parameter, const char *text)
{
    sqlite3_bind_text(r->statements[s], parameter, text, -1, SQLITE_TRANSIENT);
}

/* Runs a statement that gives no rows, and makes it ready for the next time. */
static bool run(struct repository *r, enum statement s)
{
    errno = 0; /* where database_fail() finds why a COMMIT failed: SQLite does not keep that */
    sqlite3_step(r->statements[s]);
    bool done = sqlite3_reset(r->statements[s]) == SQLITE_OK;
    sqlite3_clear_bindings(r->statements[s]);
    return done;
}

/* False when it failed; `*known` when the fill was there already. */
static bool put_fill(struct repository *r, const struct fill *f, bool *known)
{
    char key[FILL_KEY_SIZE], identity[FILL_KEY_SIZE];
    if (fill_identify(f, key)) {
        text_clean(identity, sizeof identity, key, sizeof key);
        repository_bind_text(r, PUT_FILL, 1, identity);
    }
    bind_row(r, PUT_FILL, 2, f);
    bool done = run(r, PUT_FILL);
    *known = done && sqlite3_changes(r->db) == 0;
    return done;
}

static bool put_trade(struct repository *r, const struct trade *t)
{
    bind_row(r, PUT_TRADE, 1, t);
    if (!run(r, PUT_TRADE))
        return false;
    bind_key(r, CLAIM_FILLS, &columns_trade, t);
    sqlite3_bind_int64(r->statements[CLAIM_FILLS], 4, sqlite3_last_insert_rowid(r->db));
    return run(r, CLAIM_FILLS);
}

static bool put_position(struct repository *r, const struct change *c)
{
    bool open = position_is_open(&c->after);
    if (!open && !c->has_trade) {
        bind_key(r, DISCARD_FILLS, &columns_position, &c->after);
        if (!run(r, DISCARD_FILLS))
            return false;
    }
    if (!open || c->has_trade) {
        bind_key(r, DELETE_POSITION, &columns_position, &c->after);
        if (!run(r, DELETE_POSITION))
            return false;
    }
    if (!open)
        return true;
    bind_row(r, PUT_POSITION, 1, &c->after);
    bool done = run(r, PUT_POSITION);
    if (!done || !c->has_trade || !c->has_fill)
        return done;
    bind_key(r, NOTE_REVERSAL, &columns_position, &c->after);
    return run(r, NOTE_REVERSAL);
}

static bool put_extremes(struct repository *r, const struct position *p)
{
    bind_key(r, UPDATE_EXTREMES, &columns_position, p);
    columns_bind(r->statements[UPDATE_EXTREMES], 4, &columns_position, COLUMN_EXTREME, p);
    return run(r, UPDATE_EXTREMES);
}

static void bind_main(struct repository *r, int parameter, const struct position *p)
{
    if (!position_is_open(p))
        return;
    json_t *object = columns_encode(&columns_position, COLUMN_MAIN, p);
    char *text = json_dumps(object, JSON_COMPACT | JSON_REAL_PRECISION(15));
    repository_bind_text(r, PUT_AUDIT, parameter, text);
    free(text);
    json_decref(object);
}

static bool put_audit(struct repository *r, const struct change *c)
{
    char why[sizeof c->why];
    text_clean(why, sizeof why, c->why, sizeof c->why);
    if (c->has_position) {
        bind_key(r, PUT_AUDIT, &columns_position, &c->after);
        bind_main(r, 6, &c->before);
        bind_main(r, 7, &c->after);
    } else if (c->has_trade) {
        bind_key(r, PUT_AUDIT, &columns_trade, &c->trade);
    } else {
        bind_key(r, PUT_AUDIT, &columns_fill, &c->fill);
    }
    sqlite3_bind_int64(r->statements[PUT_AUDIT], 4, c->time);
    repository_bind_text(r, PUT_AUDIT, 5, change_kind_name(c->kind));
    repository_bind_text(r, PUT_AUDIT, 8, why);
    return run(r, PUT_AUDIT);
}

static bool put_balance(struct repository *r, const struct balance *b)
{
    bind_row(r, PUT_BALANCE, 1, b);
    return run(r, PUT_BALANCE);
}

static bool put_order(struct repository *r, const struct change *c)
{
    sqlite3_bind_int64(r->statements[PUT_ORDER], 1, c->time);
    bind_row(r, PUT_ORDER, 2, &c->order);
    return run(r, PUT_ORDER);
}

static bool put_meta(struct repository *r, const char *name, const char *value)
{
    char clean[META_SIZE];
    text_clean(clean, sizeof clean, name, strlen(name));
    repository_bind_text(r, SET_META, 1, clean);
    text_clean(clean, sizeof clean, value, strlen(value));
    repository_bind_text(r, SET_META, 2, clean);
    return run(r, SET_META);
}

static bool put_fact(struct repository *r, const struct change *c)
{
    char value[24];
    text_format(value, sizeof value, "%" PRId64, c->fact_value);
    return put_meta(r, c->fact, c->fact_text[0] != '\0' ? c->fact_text : value);
}

/* The fills and the trades go as rows and come again, in their order, with what is joined; the
 * trades stay in the audit trail. */
static bool take_back(struct repository *r, const struct change *c)
{
    static const enum statement steps[] = {AUDIT_TRADES, DROP_TRADES, DROP_FILLS, DELETE_POSITION};
    char key[FILL_KEY_SIZE], identity[FILL_KEY_SIZE];
    fill_identify(&c->fill, key);
    text_clean(identity, sizeof identity, key, sizeof key);
    /* until the end of the transaction */
    bool done =
        sqlite3_exec(r->db, "PRAGMA defer_foreign_keys = ON", NULL, NULL, NULL) == SQLITE_OK;
    for (size_t i = 0; i < sizeof steps / sizeof steps[0] && done; i++) {
        bind_key(r, steps[i], &columns_position, &c->after);
        if (steps[i] != DELETE_POSITION)
            repository_bind_text(r, steps[i], 4, identity);
        if (steps[i] == AUDIT_TRADES) {
            sqlite3_bind_int64(r->statements[AUDIT_TRADES], 5, c->time);
            repository_bind_text(r, AUDIT_TRADES, 6, c->why);
        }
        done = run(r, steps[i]);
    }
    return done && (!c->has_balance || put_balance(r, &c->balance)) && put_audit(r, c);
}

static bool put_change(struct repository *r, const struct change *c)
{
    bool known = false;
    if (c->kind == CHANGE_RECOUNT)
        return take_back(r, c);
    if (c->kind == CHANGE_EXTREMES)
        return put_extremes(r, &c->after);
    if (c->has_fill && !put_fill(r, &c->fill, &known))
        return false;
    if (known)
        return true;
    bool audited = c->has_fill || c->has_trade || c->has_position;
    return (!c->has_trade || put_trade(r, &c->trade)) && (!c->has_position || put_position(r, c)) &&
           (!c->has_balance || put_balance(r, &c->balance)) && (!c->has_order || put_order(r, c)) &&
           (!c->has_fact || put_fact(r, c)) && (!audited || put_audit(r, c));
}

/* The last change of the batch, as the journal can find it again. Extremes do not count: newer ones
 * can have taken their place, and to store them twice does no harm. */
static bool put_last(struct repository *r, const struct change *changes, size_t count)
{
    char mark[REPOSITORY_MARK_SIZE];
    while (count > 0 &&
           (changes[count - 1].kind == CHANGE_EXTREMES || changes[count - 1].sequence == 0))
        count--;
    if (count == 0)
        return true;
    repository_mark(&changes[count - 1], mark);
    return put_meta(r, REPOSITORY_LAST, mark);
}

void repository_mark(const struct change *c, char mark[REPOSITORY_MARK_SIZE])
{
    text_format(mark, REPOSITORY_MARK_SIZE, "%" PRIu64 " %" PRId64, c->sequence, c->time);
}

bool repository_commit_marked(struct repository *r, const struct change *changes, size_t count,
                              const char *name, const char *value, struct error *error)
{
    bool done = run(r, BEGIN);
    for (size_t i = 0; i < count && done; i++)
        done = put_change(r, &changes[i]);
    done = done && put_last(r, changes, count);
    if (done && name != NULL)
        done = put_meta(r, name, value);
    if (done && run(r, COMMIT))
        return true;
    fail(r, error);
    if (!sqlite3_get_autocommit(r->db)) /* SQLite ends it by itself when the disk is full */
        run(r, ROLLBACK);
    return false;
}

bool repository_commit(struct repository *r, const struct change *changes, size_t count,
                       struct error *error)
{
    return repository_commit_marked(r, changes, count, NULL, NULL, error);
}

/* A change of kind `kind` that finds the position as it is stored. */
static bool begin_step(struct repository *r, struct change *c, enum change_kind kind,
                       const struct account_key *key, const char *symbol, const char *why,
                       struct error *error)
{
    memset(c, 0, sizeof *c);
    c->kind = kind;
    c->time = clock_wall_us();
    c->has_position = true;
    text_copy(c->why, sizeof c->why, why);
    int found = repository_get_position(r, key, symbol, &c->before, error);
    c->after.key = *key;
    text_copy(c->after.symbol, sizeof c->after.symbol, symbol);
    return found >= 0;
}

bool repository_save_position(struct repository *r, const struct position *p, struct error *error)
{
    struct change c;
    if (!begin_step(r, &c, CHANGE_RECONCILED, &p->key, p->symbol, "saved", error))
        return false;
    c.after = *p;
    return repository_commit(r, &c, 1, error);
}

struct mending {
    repository_rebuilder *rebuild;
    void *context;
    struct change *changes;
    size_t count;
};

static void mend(void *context, const struct lost_position *lost)
{
    struct mending *m = context;
    struct change c = {.kind = CHANGE_RECONCILED, .has_position = true, .time = clock_wall_us()};
    c.before.price = PRICE_UNSET;
    if (!m->rebuild(m->context, lost, &c.after))
        return;
    text_copy(c.why, sizeof c.why, "its row was lost; rebuilt from its fills");
    m->changes = memory_resize(m->changes, m->count + 1, sizeof *m->changes);
    m->changes[m->count++] = c;
}

bool repository_mend(struct repository *r, repository_rebuilder *rebuild, void *context,
                     struct error *error)
{
    char wanted[8];
    struct mending m = {.rebuild = rebuild, .context = context};
    int found = repository_get_meta(r, LOST_FACT, wanted, sizeof wanted, error);
    if (found <= 0 || strcmp(wanted, "1") != 0)
        return found >= 0;
    bool done = lost_each(r->db, mend, &m) == SQLITE_OK || fail(r, error);
    done = done && repository_commit_marked(r, m.changes, m.count, LOST_FACT, "0", error);
    for (size_t i = 0; i < m.count && done; i++) {
        bind_key(r, MEND_REVERSAL, &columns_position, &m.changes[i].after);
        done = run(r, MEND_REVERSAL) || fail(r, error);
    }
    free(m.changes);
    return done;
}

bool repository_close_position(struct repository *r, const struct trade *t, struct error *error)
{
    struct change c;
    if (!begin_step(r, &c, CHANGE_CLOSE, &t->key, t->symbol, "closed", error))
        return false;
    c.has_trade = true;
    c.trade = *t;
    return repository_commit(r, &c, 1, error);
}

bool repository_update_extremes(struct repository *r, const struct position *p, struct error *error)
{
    struct change c = {.kind = CHANGE_EXTREMES, .has_position = true, .after = *p};
    return repository_commit(r, &c, 1, error);
}

bool repository_delete_position(struct repository *r, const struct account_key *key,
                                const char *symbol, struct error *error)
{
    struct change c;
    if (!begin_step(r, &c, CHANGE_DISCARD, key, symbol, "deleted", error))
        return false;
    return !position_is_open(&c.before) || repository_commit(r, &c, 1, error);
}

static void read_position(sqlite3_stmt *row, struct position *p)
{
    memset(p, 0, sizeof *p);
    columns_read(row, &columns_position, p);
    p->price = PRICE_UNSET;
}

int repository_get_position(struct repository *r, const struct account_key *key, const char *symbol,
                            struct position *out, struct error *error)
{
    struct position wanted = {.key = *key};
    text_copy(wanted.symbol, sizeof wanted.symbol, symbol);
    bind_key(r, GET_POSITION, &columns_position, &wanted);
    bool found = sqlite3_step(r->statements[GET_POSITION]) == SQLITE_ROW;
    if (found)
        read_position(r->statements[GET_POSITION], out);
    if (sqlite3_reset(r->statements[GET_POSITION]) == SQLITE_OK)
        return found;
    fail(r, error);
    return -1;
}

bool repository_end_walk(struct repository *r, enum statement s, struct error *error)
{
    return sqlite3_reset(r->statements[s]) == SQLITE_OK || fail(r, error);
}

bool repository_each_position(struct repository *r, repository_position_visitor *visit,
                              void *context, struct error *error)
{
    struct position p;
    bool more = true;
    while (more && sqlite3_step(r->statements[EACH_POSITION]) == SQLITE_ROW) {
        read_position(r->statements[EACH_POSITION], &p);
        more = visit(context, &p);
    }
    return repository_end_walk(r, EACH_POSITION, error);
}

int repository_get_meta(struct repository *r, const char *name, char *value, size_t size,
                        struct error *error)
{
    repository_bind_text(r, GET_META, 1, name);
    bool found = sqlite3_step(r->statements[GET_META]) == SQLITE_ROW;
    if (found)
        text_copy(value, size, (const char *)sqlite3_column_text(r->statements[GET_META], 0));
    return repository_end_walk(r, GET_META, error) ? found : -1;
}

bool repository_set_meta(struct repository *r, const char *name, const char *value,
                         struct error *error)
{
    return repository_commit_marked(r, NULL, 0, name, value, error);
}
