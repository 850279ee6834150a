/* The server's word on positions against ours (domain.md, "Reconciliation"). */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static const int64_t STANDING = 2 * CLOCK_SECOND; /* a difference is acted on when it is that old */
static const int64_t ASK_PAUSE = 5 * CLOCK_SECOND;

static bool same(double a, double b)
{
    return fabs(a - b) < 1e-9;
}

static double our_quantity(struct engine *e, const struct engine_report *r)
{
    struct position p;
    return state_get_position(e->state, &r->key, r->symbol, &p) ? p.quantity : 0;
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
    if (free_place == NULL)
        return NULL;
    *free_place = (struct engine_report){.key = *key};
    text_copy(free_place->symbol, sizeof free_place->symbol, symbol);
    free_place->ours = our_quantity(e, free_place);
    return free_place;
}

/* A number that stands for the server: of its name, else of its address; never 0. */
static int64_t server_number(const struct engine *e)
{
    const struct dtc_logon_response *server = dtc_session_server(e->session);
    const char *name = e->connection.server;
    size_t size = sizeof e->connection.server;
    if (server != NULL && server->ServerName[0] != '\0') {
        name = server->ServerName;
        size = sizeof server->ServerName;
    }
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a */
    for (size_t i = 0; i < size && name[i] != '\0'; i++)
        hash = (hash ^ (unsigned char)name[i]) * UINT64_C(1099511628211);
    return (int64_t)(hash >> 1) | 1;
}

static void note_reporting(struct engine *e, struct engine_account *a)
{
    int64_t server = server_number(e);
    if (a->reports_of == server)
        return;
    a->reports_of = server;
    struct change c;
    char fact[sizeof c.fact];
    text_format(fact, sizeof fact, "reports:%s", a->key.account);
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

static void set_report(struct engine *e, struct engine_report *r, double quantity)
{
    if (!same(r->quantity, quantity))
        r->history_asked = false;
    r->quantity = quantity;
    r->answer = e->positions_answer;
    r->received = e->now;
    r->settled = false;
}

void engine_take_position(struct engine *e, const union dtc_message *m)
{
    const struct dtc_position_update *u = &m->position_update;
    char name[ACCOUNT_SIZE], symbol_name[SYMBOL_SIZE], exchange[16];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    text_clean(symbol_name, sizeof symbol_name, u->Symbol, sizeof u->Symbol);
    text_clean(exchange, sizeof exchange, u->Exchange, sizeof u->Exchange);
    if (u->NoPositions || symbol_name[0] == '\0' || !dtc_is_set(u->Quantity))
        return;
    struct engine_account *a = engine_find_account(e, name, false);
    struct position ours;
    /* servers list symbols that are long flat: only what is ours or theirs is followed */
    if (a == NULL ||
        (u->Quantity == 0 && !state_get_position(e->state, &a->key, symbol_name, &ours) &&
         find_report(e, &a->key, symbol_name, false) == NULL))
        return;
    int symbol = engine_find_symbol(e, symbol_name, exchange);
    if (symbol < 0 || engine_wait_for_symbol(e, symbol, m))
        return;
    struct engine_report *r = find_report(e, &a->key, symbol_name, true);
    if (r == NULL) {
        engine_say(e, MESSAGE_ERROR, "too many positions are reported: %s in %s is not checked",
                   symbol_name, name);
        return;
    }
    if (u->Quantity != 0)
        note_reporting(e, a);
    double multiplier = e->symbols[symbol].multiplier;
    set_report(e, r, u->Quantity);
    r->average_price = engine_price_or_none(u->AveragePrice, multiplier);
    r->high = engine_price_or_none(u->HighPriceDuringPosition, multiplier);
    r->low = engine_price_or_none(u->LowPriceDuringPosition, multiplier);
    r->entry_time = engine_time(e, dtc_time_from_seconds(u->EntryDateTime));
}

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

void engine_end_positions(struct engine *e, enum dtc_outcome outcome, const char *why)
{
    if (outcome == DTC_REJECTED && !e->positions_refused)
        engine_say(e, MESSAGE_WARNING, "the server refuses to list positions: %s", why);
    e->positions_refused = outcome == DTC_REJECTED;
    if (e->gaps == GAPS_UNKNOWN)
        e->gaps = GAPS_DUE;
    if (outcome != DTC_COMPLETE)
        return;
    /* what a complete answer leaves out is flat */
    for (int i = 0; i < e->report_count; i++) {
        struct engine_report *r = &e->reports[i];
        if (r->answer != e->positions_answer && !report_waits(e, &r->key, r->symbol))
            set_report(e, r, 0);
    }
    struct position p;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        if (report_waits(e, &p.key, p.symbol) || find_report(e, &p.key, p.symbol, false) != NULL)
            continue;
        struct engine_report *r = find_report(e, &p.key, p.symbol, true);
        if (r != NULL)
            set_report(e, r, 0);
    }
}

static void find(struct engine *e, const struct engine_report *r, enum message_level level,
                 const char *finding)
{
    state_set_finding(e->state, &r->key, r->symbol, finding);
    engine_say(e, level, "%s %s: %s", r->key.account, r->symbol, finding);
}

/* The price at which a missing fill turns our average into the server's; where that says nothing,
 * the last price known. */
static double missing_price(struct engine *e, const struct engine_report *r,
                            const struct position *p)
{
    bool adds = r->quantity * p->quantity > 0 && fabs(r->quantity) > fabs(p->quantity);
    if (adds && price_is_set(r->average_price))
        return (r->average_price * r->quantity - p->entry_price * p->quantity) /
               (r->quantity - p->quantity);
    struct market m;
    int symbol = engine_find_symbol(e, r->symbol, "");
    double price = PRICE_UNSET;
    if (symbol >= 0 && state_get_market(e->state, e->symbols[symbol].place, &m))
        price = market_price(&m);
    if (!price_is_set(price))
        price = price_is_set(p->price) ? p->price : p->entry_price;
    return price;
}

static void adopt(struct engine *e, const struct engine_report *r)
{
    struct position p;
    struct change c;
    if (!price_is_set(r->average_price))
        return; /* an entry price of nothing would make every figure wrong: wait for one */
    position_init(&p, &r->key, r->symbol);
    p.quantity = r->quantity;
    p.entry_price = p.min_price = p.max_price = p.price = r->average_price;
    p.entry_time = r->entry_time;
    p.entered_quantity = p.max_quantity = fabs(r->quantity);
    p.entered_sum = p.entered_quantity * p.entry_price;
    p.source = SOURCE_SERVER;
    p.origin = ORIGIN_RECONCILED;
    p.unchanged = true;
    p.created_at = e->wall;
    if (!state_adopt_position(e->state, &p, "reported by the server", e->wall, &c))
        return;
    engine_store(e, &c);
    state_widen_position(e->state, &r->key, r->symbol, r->high, r->low);
    find(e, r, MESSAGE_INFO, "taken over as the server reports it");
    engine_follow_bracket(e, &r->key, r->symbol);
}

/* Takes the server's word: what no fill explains becomes one. */
static void act(struct engine *e, struct engine_report *r)
{
    struct position p;
    struct fill f;
    if (!state_get_position(e->state, &r->key, r->symbol, &p)) {
        adopt(e, r);
        return;
    }
    if (!position_make_missing_fill(&p, r->quantity, missing_price(e, r, &p), e->wall, "reconciled",
                                    &f))
        return;
    find(e, r, MESSAGE_WARNING,
         r->quantity == 0
             ? "the server says flat and no fill says why: closed at the last known price"
             : "the server reports another quantity and no fill says why: taken from it");
    engine_apply_fill(e, &f, ORIGIN_RECONCILED, "reconciled with the server");
}

static void confirm(struct engine *e, struct engine_report *r)
{
    struct change c;
    r->settled = true;
    r->history_asked = false;
    if (r->quantity == 0)
        return;
    state_confirm_position(e->state, &r->key, r->symbol, true);
    state_set_finding(e->state, &r->key, r->symbol, "confirmed by the server");
    if (state_correct_entry(e->state, &r->key, r->symbol, r->average_price, e->wall, &c)) {
        engine_store(e, &c);
        find(e, r, MESSAGE_INFO, "confirmed, with the entry price of the server");
    }
    state_widen_position(e->state, &r->key, r->symbol, r->high, r->low);
}

static bool stands(const struct engine *e, const struct engine_report *r)
{
    int64_t since = r->received > r->ours_since ? r->received : r->ours_since;
    return !r->settled && e->now - since >= STANDING;
}

/* The account's history answers for all of its differences that stand by now. */
static void ask_history(struct engine *e, struct engine_account *a)
{
    for (int i = 0; i < e->report_count; i++)
        if (account_key_equal(&e->reports[i].key, &a->key) && stands(e, &e->reports[i]))
            e->reports[i].history_asked = true;
    engine_ask_history(e, a);
}

static void reconcile(struct engine *e, struct engine_report *r)
{
    struct engine_account *a = engine_find_account(e, r->key.account, false);
    double ours = our_quantity(e, r);
    if (!same(ours, r->ours)) {
        r->ours = ours;
        r->ours_since = e->now;
        r->settled = r->history_asked = false;
    }
    if (r->settled || a == NULL)
        return;
    if (same(ours, r->quantity)) {
        confirm(e, r);
        return;
    }
    state_confirm_position(e->state, &r->key, r->symbol, false);
    /* Sierra Chart's own simulation reports zeros whatever is held */
    if (r->quantity == 0 && r->key.mode == MODE_SIM && a->reports_of != server_number(e))
        return;
    if (!stands(e, r) || a->collecting)
        return;
    if (r->received < r->ours_since) { /* older than our own change: ask again */
        if (e->now - e->positions_asked_at >= ASK_PAUSE)
            engine_ask_positions(e);
    } else if (!r->history_asked) {
        ask_history(e, a);
    } else {
        act(e, r);
    }
}

/* What was open before we came has prices that nobody saw, unless the server reports its high and
 * low. */
static void mark_gaps(struct engine *e)
{
    struct position p;
    e->gaps = GAPS_MARKED;
    for (uint32_t i = 0; state_get_position_at(e->state, i, &p); i++) {
        const struct engine_report *r = find_report(e, &p.key, p.symbol, false);
        bool told = r != NULL && r->answer == e->positions_answer && price_is_set(r->high) &&
                    price_is_set(r->low);
        if (p.entry_time < e->online_since && !told)
            state_mark_gap(e->state, &p.key, p.symbol);
    }
}

void engine_reconcile(struct engine *e)
{
    if (dtc_session_phase(e->session) != DTC_ONLINE)
        return;
    if (e->gaps == GAPS_DUE && e->waiting_count == 0)
        mark_gaps(e);
    for (int i = 0; i < e->report_count; i++)
        reconcile(e, &e->reports[i]);
}
