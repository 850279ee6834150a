/* A database against the slow model: positions, trades, the SIM ledger and statistics are
 * recomputed from the fills, in the order in which the audit trail says that they were applied. */
#ifndef SORTIE_TESTS_SUPPORT_TRUTH_CHECK_H
#define SORTIE_TESTS_SUPPORT_TRUTH_CHECK_H

#include "support/truth.h"
#include "support/truth_rows.h"
#include "support/truth_terms.h"

#include <stdio.h>

struct config;

/* Writes each difference to `out`, a line each; returns how many there are, -1 when the file cannot
 * be read (`out` then says why). Reads only, of one moment, also while a console runs. Prices that
 * went by between fills are not in a database: of MAE and MFE, what fills and the lowest and
 * highest price allow is checked. */
int truth_check(const char *database, FILE *out);
/* With settings that say what a point is worth and a contract costs; NULL: the defaults. */
int truth_check_with(const char *database, const struct config *settings, FILE *out);

/* --- its parts --- */

struct truth_report {
    FILE *out; /* NULL: nothing is told, as long as the terms are not known */
    int differences;
    struct truth_key key;
};

void truth_differ(struct truth_report *r, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* An event, with the rows that tell of it. */
struct truth_source {
    const struct truth_fill_row *fill;   /* NULL: none */
    const struct truth_audit_row *audit; /* NULL: none */
    bool is_guessed; /* its fills are gone, or elsewhere: what the audit trail knows stands in */
};

/* All that happened to one (mode, account, symbol), and the positions that come of it. */
struct truth_story {
    struct truth_rows rows;
    struct truth_event *events;
    struct truth_source *sources; /* of each event */
    struct truth_span *spans;
    struct truth_trade_row **trades; /* of each span: NULL for none */
    size_t count, span_count;
};

bool truth_tell(sqlite3 *db, struct truth_report *r, struct truth_story *out);
void truth_forget(struct truth_story *s);

/* Lets the rows vote for what a point is worth and a contract costs. */
void truth_gather_terms(const struct truth_story *s, struct truth_terms *terms);
/* Gives each fill its commission. */
void truth_set_commissions(struct truth_story *s, const struct truth_terms *terms);

/* A trade as its fills make it. */
struct truth_booked {
    int64_t order, time; /* of its close: ascending, and us UTC by the console's clock */
    int64_t trade_id;    /* 0: it is not stored */
    bool is_taken_back;  /* or takes others back: it counts in the ledger alone */
    struct trade_result result;
};

/* What an account's symbols add up to. */
struct truth_account {
    struct truth_booked *booked;
    struct truth_trade_row *stored;
    size_t booked_count, booked_capacity, stored_count, stored_capacity;
};

/* Compares the positions and trades of a key, and adds them to its account. */
void truth_compare(struct truth_report *r, struct truth_story *s, double point_value,
                   struct truth_account *account);
/* Compares statistics and ledger of an account, and empties it. False: cannot be read. */
bool truth_compare_account(sqlite3 *db, struct truth_report *r, struct truth_account *account);

/* Amounts as users see them; one of a few buffers that take turns. */
const char *truth_money_text(money m);

#endif
