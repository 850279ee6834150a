/* The server's word on positions. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

static const int64_t ASK_PAUSE = 5 * CLOCK_SECOND;

static void drop_row(struct engine *e, int i)
{
    e->rows[i] = e->rows[--e->row_count];
}

/* Drops the rows of a report (-1: of any) that are not of that answer, or only those that are. */
static void drop_rows(struct engine *e, int report, uint32_t answer, bool of_it)
{
    for (int i = e->row_count; i-- > 0;)
        if ((report < 0 || e->rows[i].report == report) && (e->rows[i].answer == answer) == of_it)
            drop_row(e, i);
}

static struct engine_report *find_report(struct engine *e, const struct account_key *key,
                                         const char *symbol, bool add)
{
    struct engine_report *free_place = NULL;
    for (int i = 0; i < e->report_count; i++) {
        struct engine_report *r = &e->reports[i];
        if (strcmp(r->symbol, symbol) == 0 && account_key_equal(&r->key, key))
            return r;
        if (r->settled && r->quantity == 0)
            free_place = r; /* flat and agreed: forgotten when room is needed */
    }
    if (!add)
        return NULL;
    if (e->report_count < ENGINE_REPORTS)
        free_place = &e->reports[e->report_count++];
    if (free_place == NULL) {
        if (!e->told.reports)
            engine_say(e, MESSAGE_ERROR,
                       "too many positions are reported: %s in %s and what comes after it is not "
                       "checked",
                       symbol, key->account);
        e->told.reports = true;
        return NULL;
    }
    int report = (int)(free_place - e->reports);
    drop_rows(e, report, 0, true);
    drop_rows(e, report, 0, false);
    *free_place = (struct engine_report){.key = *key};
    text_copy(free_place->symbol, sizeof free_place->symbol, symbol);
    free_place->ours = engine_quantity_held(e, key, symbol);
    const struct engine_account *a = engine_find_account(e, key->account, false);
    free_place->ours_since = a != NULL ? a->changed_at : 0;
    return free_place;
}

void engine_forget_reports(struct engine *e)
{
    for (int i = 0; i < e->report_count; i++)
        state_confirm_position(e->state, &e->reports[i].key, e->reports[i].symbol, false);
    e->report_count = e->row_count = e->positions_failures = 0;
}

static bool is_reporter(const struct engine_account *a, int64_t server)
{
    for (unsigned i = 0; i < ENGINE_SERVERS; i++)
        if (a->reporters[i] == server)
            return true;
    return false;
}

void engine_add_reporter(struct engine_account *a, int64_t server)
{
    a->reporters[a->reporter_count++ % ENGINE_SERVERS] = server;
}

bool engine_get_reported(struct engine *e, const struct engine_account *a, const char *symbol,
                         double *quantity)
{
    const struct engine_report *r = find_report(e, &a->key, symbol, false);
    bool is_listed = e->positions_told && e->positions_failures == 0;
    *quantity = r != NULL ? r->quantity : 0;
    /* Sierra Chart's own simulation reports zeros whatever is held */
    bool is_stray =
        *quantity == 0 && a->key.mode == MODE_SIM && !is_reporter(a, engine_server_number(e));
    return (r != NULL || is_listed) && !is_stray;
}

int64_t engine_server_number(const struct engine *e)
{
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    uint64_t hash = server != NULL && server->ServerName[0] != '\0'
                        ? engine_hash(server->ServerName, sizeof server->ServerName)
                        : engine_hash(e->connection.server, sizeof e->connection.server);
    return (int64_t)(hash >> 1) | 1;
}

static void note_reporting(struct engine *e, struct engine_account *a)
{
    int64_t server = engine_server_number(e);
    if (is_reporter(a, server))
        return;
    engine_add_reporter(a, server);
    struct change c;
    char fact[sizeof c.fact];
    text_format(fact, sizeof fact, "reported:%016" PRIx64 ":%s", (uint64_t)server, a->key.account);
    state_note_fact(e->state, fact, server, e->wall, &c);
    engine_store(e, &c);
}

void engine_ask_positions(struct engine *e)
{
    if (e->positions_request != 0)
        return;
    union dtc_message m;
    dtc_message_init(&m, DTC_CURRENT_POSITIONS_REQUEST);
    e->positions_answer++;
    e->positions_asked_at = e->now;
    e->positions_request = dtc_session_request(e->session, &m, e->now);
}

/* `answers`: in an answer to our question. */
static void set_report(struct engine *e, struct engine_report *r, double quantity, bool answers)
{
    bool is_new = !(fabs(r->quantity - quantity) < 1e-9);
    if (is_new)
        r->history_asked = false;
    if (is_new || r->told_since == 0)
        r->told_since = e->now;
    if (answers || is_new)
        r->asked = answers ? e->positions_asked_at : 0;
    r->quantity = quantity;
    r->answer = e->positions_answer;
    r->received = e->now;
    r->settled = false;
}

/* --- several positions of one symbol and account --- */

static struct engine_row *find_row(struct engine *e, int report, const char *id)
{
    for (int i = 0; i < e->row_count; i++)
        if (e->rows[i].report == report && strcmp(e->rows[i].id, id) == 0)
            return &e->rows[i];
    if (e->row_count == ENGINE_ROWS)
        return NULL;
    struct engine_row *row = &e->rows[e->row_count++];
    *row = (struct engine_row){.report = report};
    text_copy(row->id, sizeof row->id, id);
    return row;
}

/* What is held in all is what counts. The average of both sides is what the rest cost. */
static void sum_rows(struct engine *e, struct engine_report *r, bool answers)
{
    r->answer = e->positions_answer;
    if (e->told.rows)
        return; /* some are missing */
    int report = (int)(r - e->reports);
    double quantity = 0, cost = 0, high = -INFINITY, low = INFINITY;
    bool bought = false, sold = false, entry_told = true;
    int64_t entry_time = e->wall;
    for (int i = 0; i < e->row_count; i++) {
        const struct engine_row *row = &e->rows[i];
        if (row->report != report || row->quantity == 0)
            continue;
        quantity += row->quantity;
        cost += row->quantity * row->average_price;
        high = row->high > high || isnan(row->high) ? row->high : high;
        low = row->low < low || isnan(row->low) ? row->low : low;
        bought |= row->quantity > 0;
        sold |= row->quantity < 0;
        entry_told &= row->entry_told;
        entry_time = row->entry_time < entry_time ? row->entry_time : entry_time;
    }
    set_report(e, r, fabs(quantity) < 1e-9 ? 0 : quantity, answers);
    r->average_price = r->quantity != 0 ? cost / quantity : PRICE_UNSET;
    r->high = price_is_set(high) ? high : PRICE_UNSET;
    r->low = price_is_set(low) ? low : PRICE_UNSET;
    r->entry_time = entry_time;
    r->entry_told = entry_told;
    r->hedged = bought && sold;
}

static void take_row(struct engine *e, struct engine_report *r, const struct engine_row *news,
                     const struct dtc_position_update *u)
{
    char id[32];
    int report = (int)(r - e->reports);
    bool answers = u->RequestID != 0;
    text_clean(id, sizeof id, u->PositionIdentifier, sizeof u->PositionIdentifier);
    if (id[0] == '\0' && !answers) {
        /* one of several, but which? */
        if (e->now - e->positions_asked_at >= ASK_PAUSE)
            engine_ask_positions(e);
        return;
    }
    if (id[0] == '\0')
        text_format(id, sizeof id, "#%d", u->MessageNumber);
    if (answers && e->positions_request == 0) /* it waited for its definition */
        drop_rows(e, report, e->positions_answer, false);
    struct engine_row *row = find_row(e, report, id);
    if (row == NULL) {
        if (!e->told.rows)
            engine_say(e, MESSAGE_ERROR,
                       "too many positions are reported: %s in %s and what comes after it is not "
                       "checked",
                       r->symbol, r->key.account);
        e->told.rows = true;
        return;
    }
    *row = *news;
    row->report = report;
    row->answer = e->positions_answer;
    text_copy(row->id, sizeof row->id, id);
    if (e->positions_request == 0)
        sum_rows(e, r, answers);
}

static bool has_rows(const struct engine *e, const struct engine_report *r)
{
    for (int i = 0; i < e->row_count; i++)
        if (e->rows[i].report == (int)(r - e->reports))
            return true;
    return false;
}

/* --- reports --- */

/* True when a report of that position waits for the symbol's definition. */
static bool report_waits(const struct engine *e, const struct account_key *key, const char *symbol)
{
    for (size_t i = 0; i < e->waiting_count; i++) {
        const struct engine_waiting *w = &e->waiting[i];
        const struct dtc_position_update *u = &w->message.position_update;
        char name[ACCOUNT_SIZE];
        if (w->message.header.Type != DTC_POSITION_UPDATE ||
            strcmp(e->symbols[w->symbol].name, symbol) != 0)
            continue;
        text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
        if (strcmp(name, key->account) == 0)
            return true;
    }
    return false;
}

void engine_take_position(struct engine *e, const union dtc_message *m)
{
    const struct dtc_position_update *u = &m->position_update;
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    char name[ACCOUNT_SIZE], symbol_name[SYMBOL_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    engine_read_symbol(e, symbol_name, u->Symbol, u->Exchange);
    if (u->NoPositions || symbol_name[0] == '\0' || !dtc_is_set(u->Quantity))
        return;
    struct engine_account *a = engine_find_account(e, name, false);
    struct position ours;
    /* servers list symbols that are long flat: only what is ours or theirs is followed */
    if (a == NULL ||
        (u->Quantity == 0 && !state_get_position(e->state, &a->key, symbol_name, &ours) &&
         find_report(e, &a->key, symbol_name, false) == NULL &&
         !report_waits(e, &a->key, symbol_name)))
        return;
    int symbol = engine_find_symbol(e, symbol_name);
    if (symbol < 0 || engine_wait_for_symbol(e, symbol, m))
        return;
    struct engine_report *r = find_report(e, &a->key, symbol_name, true);
    if (r == NULL)
        return;
    if (u->Quantity != 0)
        note_reporting(e, a);
    double multiplier = e->symbols[symbol].multiplier;
    struct engine_row row = {
        .quantity = u->Quantity,
        .average_price = engine_price_or_none(u->AveragePrice, multiplier),
        .high = engine_price_or_none(u->HighPriceDuringPosition, multiplier),
        .low = engine_price_or_none(u->LowPriceDuringPosition, multiplier),
        .entry_time = engine_time(e, dtc_time_from_seconds(u->EntryDateTime)),
        .entry_told = u->EntryDateTime != 0,
    };
    if (row.high < row.low)
        row.high = row.low = PRICE_UNSET;
    if (server != NULL && server->UsesMultiplePositionsPerSymbolAndTradeAccount) {
        take_row(e, r, &row, u);
        return;
    }
    set_report(e, r, row.quantity, u->RequestID != 0);
    r->average_price = row.average_price;
    r->high = row.high;
    r->low = row.low;
    r->entry_time = row.entry_time;
    r->entry_told = row.entry_told;
    r->hedged = false;
}

/* Rows count when all of the answer are here, or not at all. */
static void end_rows(struct engine *e, bool whole)
{
    drop_rows(e, -1, e->positions_answer, !whole);
    for (int i = 0; whole && i < e->report_count; i++)
        if (has_rows(e, &e->reports[i]))
            sum_rows(e, &e->reports[i], true);
}

/* What a complete answer leaves out is flat. */
static void set_flat(struct engine *e)
{
    for (int i = 0; i < e->report_count; i++) {
        struct engine_report *r = &e->reports[i];
        if (r->answer != e->positions_answer && !report_waits(e, &r->key, r->symbol))
            set_report(e, r, 0, true);
    }
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        if (report_waits(e, &p.key, p.symbol) || find_report(e, &p.key, p.symbol, false) != NULL)
            continue;
        struct engine_report *r = find_report(e, &p.key, p.symbol, true);
        if (r != NULL)
            set_report(e, r, 0, true);
    }
}

/* For the recovery window: what nothing was said of. */
static void find_unconfirmed(struct engine *e, enum dtc_outcome outcome)
{
    struct position p;
    double reported;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        const struct engine_account *a = engine_find_account(e, p.key.account, false);
        if (a == NULL || engine_get_reported(e, a, p.symbol, &reported))
            continue;
        const char *finding =
            outcome == DTC_REJECTED
                ? "not confirmed: the server lists no positions; it lives by its fills"
            : outcome == DTC_COMPLETE
                ? "not confirmed: this server reports no position of a simulation; it lives by its "
                  "fills"
                : "not confirmed: the server did not answer";
        if (state_set_first_finding(e->state, &p.key, p.symbol, finding))
            engine_say(e, MESSAGE_WARNING, "%s %s: %s", p.key.account, p.symbol, finding);
    }
}

void engine_end_positions(struct engine *e, enum dtc_outcome outcome, const char *why)
{
    if (outcome == DTC_REJECTED && !e->positions_refused)
        engine_say(e, MESSAGE_WARNING, "the server refuses to list positions: %s", why);
    e->positions_refused = outcome == DTC_REJECTED;
    e->positions_failures = outcome == DTC_COMPLETE ? 0 : e->positions_failures + 1;
    e->positions_told = dtc_session_phase(e->session) == DTC_ONLINE;
    end_rows(e, outcome == DTC_COMPLETE);
    if (outcome == DTC_COMPLETE)
        set_flat(e);
    engine_apply_collected(e); /* it may have waited for this */
    find_unconfirmed(e, outcome);
}
