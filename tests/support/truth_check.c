#include "support/truth_check.h"

#include "base/config.h"
#include "base/memory.h"
#include "base/text.h"
#include "trade/instrument.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void truth_differ(struct truth_report *r, const char *format, ...)
{
    if (r->out == NULL)
        return;
    va_list arguments;
    va_start(arguments, format);
    fprintf(r->out, "%s %s%s%s: ", r->key.mode, r->key.account, r->key.symbol[0] ? " " : "",
            r->key.symbol);
    vfprintf(r->out, format, arguments);
    fputc('\n', r->out);
    va_end(arguments);
    r->differences++;
}

/* What is known of a symbol counts as two trades that agree: it may have changed since. */
enum { KNOWN = 2 };

/* What the console has noted of it, in millionths; PRICE_UNSET: nothing. */
static double noted(sqlite3 *db, const char *what, const char *symbol)
{
    sqlite3_stmt *s = NULL;
    double value = PRICE_UNSET;
    sqlite3_prepare_v2(db, "SELECT CAST(value AS INTEGER) FROM meta WHERE name = ?1 || ':' || ?2",
                       -1, &s, NULL);
    sqlite3_bind_text(s, 1, what, -1, SQLITE_STATIC);
    sqlite3_bind_text(s, 2, symbol, -1, SQLITE_STATIC);
    if (sqlite3_step(s) == SQLITE_ROW)
        value = (double)sqlite3_column_int64(s, 0) / 1e6;
    sqlite3_finalize(s);
    return value;
}

static void seed(struct truth_terms *t, sqlite3 *db, const struct config *settings)
{
    struct instrument instrument;
    double value = noted(db, "point-value", t->symbol);
    double commission = noted(db, "commission", t->symbol), set = 0;
    instrument_init(&instrument, t->symbol);
    for (size_t i = 0; i < settings->instrument_count; i++) {
        const struct config_instrument *c = &settings->instruments[i];
        if (strcmp(c->root, instrument.root) != 0)
            continue;
        if (!price_is_set(value) && c->point_value > 0)
            value = c->point_value;
        set = c->commission;
    }
    const struct config_instrument *shipped = config_find_shipped(instrument.root);
    if (!price_is_set(value) && shipped != NULL)
        value = shipped->point_value;
    /* 0 is not known: counted in points */
    if (price_is_set(value))
        truth_tally_seed(&t->point_value, value > 0 ? value : 1, KNOWN);
    if (price_is_set(commission))
        truth_tally_seed(&t->commission, commission, KNOWN);
    truth_tally_seed(&t->commission, set, price_is_set(commission) ? 1 : KNOWN);
}

static struct truth_terms *find_terms(struct truth_terms *terms, size_t *count, const char *symbol)
{
    size_t i = 0;
    while (i < *count && strcmp(terms[i].symbol, symbol) != 0)
        i++;
    return &terms[i];
}

struct check {
    sqlite3 *db;
    struct truth_report report;
    struct truth_key *keys;
    size_t key_count;
    struct truth_terms *terms;
    size_t terms_count;
};

static bool gather(struct check *c, const struct config *settings)
{
    for (size_t i = 0; i < c->key_count; i++) {
        struct truth_story story;
        struct truth_report silent = {.key = c->keys[i]};
        if (c->keys[i].symbol[0] == '\0')
            continue;
        if (!truth_tell(c->db, &silent, &story))
            return false;
        struct truth_terms *t = find_terms(c->terms, &c->terms_count, c->keys[i].symbol);
        if (t == &c->terms[c->terms_count]) {
            text_copy(t->symbol, sizeof t->symbol, c->keys[i].symbol);
            seed(t, c->db, settings);
            c->terms_count++;
        }
        truth_gather_terms(&story, t);
        truth_forget(&story);
    }
    return true;
}

static bool same_account(const struct truth_key *a, const struct truth_key *b)
{
    return strcmp(a->mode, b->mode) == 0 && strcmp(a->account, b->account) == 0;
}

static bool compare(struct check *c)
{
    struct truth_account account = {0};
    bool done = true;
    for (size_t i = 0; i < c->key_count && done; i++) {
        struct truth_story story;
        c->report.key = c->keys[i];
        if (c->keys[i].symbol[0] != '\0') {
            struct truth_terms *t = find_terms(c->terms, &c->terms_count, c->keys[i].symbol);
            done = truth_tell(c->db, &c->report, &story);
            if (!done)
                break;
            truth_set_commissions(&story, t);
            double value = t->point_value.count > 0 ? truth_tally_best(&t->point_value) : 1;
            truth_compare(&c->report, &story, value, &account);
            truth_forget(&story);
        }
        if (i + 1 < c->key_count && same_account(&c->keys[i], &c->keys[i + 1]))
            continue;
        c->report.key.symbol[0] = '\0';
        done = truth_compare_account(c->db, &c->report, &account);
    }
    free(account.booked);
    free(account.stored);
    return done;
}

int truth_check_with(const char *database, const struct config *settings, FILE *out)
{
    struct check c = {.report = {.out = out}};
    struct config *defaults = memory_new(1, sizeof *defaults);
    config_set_defaults(defaults);
    if (settings == NULL)
        settings = defaults;
    /* one transaction: all is of one moment */
    bool done = sqlite3_open_v2(database, &c.db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK &&
                sqlite3_busy_timeout(c.db, 10000) == SQLITE_OK &&
                sqlite3_exec(c.db, "BEGIN", NULL, NULL, NULL) == SQLITE_OK &&
                truth_read_keys(c.db, &c.keys, &c.key_count);
    if (done) {
        c.terms = memory_new(c.key_count + 1, sizeof *c.terms);
        done = gather(&c, settings) && compare(&c);
    }
    if (!done)
        fprintf(out, "%s cannot be read: %s\n", database, sqlite3_errmsg(c.db));
    free(c.keys);
    free(c.terms);
    sqlite3_close(c.db);
    free(defaults);
    return done ? c.report.differences : -1;
}

int truth_check(const char *database, FILE *out)
{
    return truth_check_with(database, NULL, out);
}
