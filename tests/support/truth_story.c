/* The order of events: fills as the audit trail says that they were applied, with what else moved a
 * position. */
#include "support/truth_check.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is(const struct truth_audit_row *a, const char *what)
{
    return strcmp(a->what, what) == 0;
}

static bool tells_of_fill(const struct truth_audit_row *a)
{
    return is(a, "open") || is(a, "add") || is(a, "reduce") || is(a, "close") || is(a, "reverse");
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-9 + 1e-12 * fabs(b);
}

/* Signed units that the row says were bought. */
static int64_t change_of(const struct truth_audit_row *a)
{
    return truth_units(a->after.quantity) - truth_units(a->before.quantity);
}

static bool fits(const struct truth_audit_row *a, const struct truth_fill_row *f)
{
    bool opens = is(a, "open") || is(a, "reverse");
    return f->side * truth_units(f->quantity) == change_of(a) &&
           (!opens || near(f->price, a->after.entry_price));
}

static struct truth_event *add_event(struct truth_story *s, enum truth_kind kind,
                                     const struct truth_fill_row *fill,
                                     const struct truth_audit_row *audit)
{
    s->sources[s->count] = (struct truth_source){.fill = fill, .audit = audit};
    struct truth_event *e = &s->events[s->count++];
    *e = (struct truth_event){.kind = kind};
    if (fill != NULL) {
        e->side = fill->side;
        e->units = truth_units(fill->quantity);
        e->price = fill->price;
        e->time = fill->time;
        e->is_servers = fill->stand_in == TRUTH_RECONCILED;
    } else if (audit != NULL) {
        e->time = audit->time;
    }
    return e;
}

/* A fill that only the audit trail knows. */
static void guess(struct truth_story *s, const struct truth_audit_row *a)
{
    struct truth_event *e = add_event(s, TRUTH_FILL, NULL, a);
    int64_t change = change_of(a);
    e->side = change > 0 ? 1 : -1;
    e->units = llabs(change);
    e->price = a->after.is_open ? a->after.entry_price : a->before.entry_price;
    s->sources[s->count - 1].is_guessed = true;
}

/* What moved a position without a fill. */
static void add_other(struct truth_story *s, const struct truth_audit_row *a)
{
    const struct truth_audited *before = &a->before, *after = &a->after;
    if (is(a, "discard")) {
        add_event(s, TRUTH_DISCARD, NULL, a);
    } else if (!before->is_open && after->is_open) {
        struct truth_event *e = add_event(s, TRUTH_ADOPT, NULL, a);
        e->side = after->quantity > 0 ? 1 : -1;
        e->units = llabs(truth_units(after->quantity));
        e->price = after->entry_price;
        e->time = after->entry_time;
        s->sources[s->count - 1].is_guessed = a->is_move;
    } else if (before->is_open && after->is_open && before->entry_price != after->entry_price) {
        add_event(s, TRUTH_ENTRY, NULL, a)->price = after->entry_price;
    }
    bool same_stop = price_is_set(before->stop_price) ? before->stop_price == after->stop_price
                                                      : !price_is_set(after->stop_price);
    if (after->is_open && !same_stop)
        add_event(s, TRUTH_STOP, NULL, a)->price = after->stop_price;
}

static void say_stray_fill(struct truth_report *r, const struct truth_fill_row *f)
{
    truth_differ(r, "fill %lld (%s %.10g at %.10g) is not in the audit trail", (long long)f->id,
                 f->side > 0 ? "bought" : "sold", f->quantity, f->price);
}

/* The fill that the row tells of, and what stands in its place where there is none. */
static void add_fill(struct truth_story *s, struct truth_report *r, const struct truth_audit_row *a,
                     size_t *next, size_t rows_left)
{
    const struct truth_fill_row *fills = s->rows.fills;
    size_t count = s->rows.fill_count;
    while (*next < count && count - *next > rows_left && !fits(a, &fills[*next])) {
        say_stray_fill(r, &fills[*next]);
        add_event(s, TRUTH_FILL, &fills[*next], NULL);
        ++*next;
    }
    bool is_there = *next < count && (fits(a, &fills[*next]) || count - *next >= rows_left);
    if (!is_there) {
        truth_differ(r, "the fill of audit row %lld (%s, %+.10g) is missing", (long long)a->id,
                     a->what, (double)change_of(a) / 1e9);
        guess(s, a);
        return;
    }
    const struct truth_fill_row *f = &fills[(*next)++];
    if (f->side * truth_units(f->quantity) != change_of(a)) {
        truth_differ(r, "fill %lld is %+.10g, audit row %lld (%s) says %+.10g", (long long)f->id,
                     f->side * f->quantity, (long long)a->id, a->what, (double)change_of(a) / 1e9);
        guess(s, a);
        s->sources[s->count - 1].fill = f;
        return;
    }
    add_event(s, TRUTH_FILL, f, a);
}

/* Each row finds the position as the one before has left it. */
static void check_chain(struct truth_report *r, const struct truth_audit_row *last,
                        const struct truth_audit_row *a)
{
    const struct truth_audited *left = &last->after, *found = &a->before;
    if (left->is_open == found->is_open &&
        (!left->is_open ||
         (near(left->quantity, found->quantity) && near(left->entry_price, found->entry_price) &&
          left->realized_pnl == found->realized_pnl && left->commissions == found->commissions)))
        return;
    truth_differ(r, "audit row %lld (%s) does not begin with what row %lld (%s) has left",
                 (long long)a->id, a->what, (long long)last->id, last->what);
}

/* The rows of what was taken back: from the first of those fills on, which opened a position. */
static void find_void(struct truth_story *s, struct truth_report *r)
{
    struct truth_audit_row *audits = s->rows.audits;
    for (size_t i = 0; i < s->rows.audit_count; i++) {
        int left = audits[i].recounted;
        size_t first = i;
        while (left > 0 && first > 0) {
            struct truth_audit_row *a = &audits[--first];
            left -= a->void_by == 0 && tells_of_fill(a);
            a->void_by = a->void_by == 0 && a->booked_at == 0 ? audits[i].id : a->void_by;
        }
        if (audits[i].recounted > 0 && (left > 0 || audits[first].before.is_open))
            truth_differ(r, "audit row %lld takes back %d fills, which are not all there",
                         (long long)audits[i].id, audits[i].recounted);
    }
}

static void follow_audit(struct truth_story *s, struct truth_report *r)
{
    size_t next = 0, rows_left = 0;
    const struct truth_audit_row *audits = s->rows.audits, *last = NULL;
    find_void(s, r);
    for (size_t i = 0; i < s->rows.audit_count; i++)
        rows_left += audits[i].void_by == 0 && tells_of_fill(&audits[i]);
    if (rows_left == 0 && s->rows.fill_count > 0)
        truth_differ(r, "the audit trail of its fills is missing");
    bool is_missing = rows_left == 0;
    for (size_t i = 0; i < s->rows.audit_count; i++) {
        if (audits[i].booked_at != 0)
            continue;
        if (last != NULL)
            check_chain(r, last, &audits[i]);
        last = &audits[i];
        if (audits[i].void_by != 0 || audits[i].recounted > 0)
            continue;
        if (tells_of_fill(&audits[i]))
            add_fill(s, r, &audits[i], &next, rows_left--);
        else
            add_other(s, &audits[i]);
    }
    for (; next < s->rows.fill_count; next++) {
        if (!is_missing)
            say_stray_fill(r, &s->rows.fills[next]);
        add_event(s, TRUTH_FILL, &s->rows.fills[next], NULL);
    }
}

static struct truth_trade_row *find_trade(const struct truth_rows *rows, int64_t id)
{
    for (size_t low = 0, high = rows->trade_count; low < high;) {
        size_t middle = low + (high - low) / 2;
        if (rows->trades[middle].id == id)
            return &rows->trades[middle];
        if (rows->trades[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* Each trade is named by its fills: that which closes it, and those before but for one that has
 * also closed the trade before. */
static void find_trades(struct truth_story *s, struct truth_report *r)
{
    for (size_t i = 0; i < s->span_count; i++) {
        const struct truth_span *span = &s->spans[i];
        for (size_t n = span->last + 1; span->is_closed && n-- > span->first;) {
            const struct truth_fill_row *f = s->sources[n].fill;
            bool is_whole = n > span->first || s->events[n].units == span->opening;
            struct truth_trade_row *t =
                f != NULL && is_whole ? find_trade(&s->rows, f->trade_id) : NULL;
            if (t == NULL)
                continue;
            if (t->is_found)
                truth_differ(r, "fill %lld and those of another position name the same trade %lld",
                             (long long)f->id, (long long)t->id);
            else
                s->trades[i] = t;
            t->is_found = true;
            break;
        }
    }
}

bool truth_tell(sqlite3 *db, struct truth_report *r, struct truth_story *out)
{
    struct truth_story *s = out;
    memset(s, 0, sizeof *s);
    if (!truth_read_rows(db, &r->key, &s->rows)) {
        truth_free_rows(&s->rows);
        return false;
    }
    size_t room = s->rows.fill_count + 2 * s->rows.audit_count + 1;
    s->events = memory_new(room, sizeof *s->events);
    s->sources = memory_new(room, sizeof *s->sources);
    follow_audit(s, r);
    s->spans = memory_new(2 * s->count + 1, sizeof *s->spans);
    s->span_count = truth_find(s->events, s->count, s->spans);
    s->trades = memory_new(s->span_count + 1, sizeof *s->trades);
    find_trades(s, r);
    return true;
}

void truth_forget(struct truth_story *s)
{
    truth_free_rows(&s->rows);
    free(s->events);
    free(s->sources);
    free(s->spans);
    free(s->trades);
}

/* What the rows say was charged for so many units; false: nothing is known. */
static bool charged(const struct truth_source *source, const struct truth_trade_row *trade,
                    long double *quantity, money *amount)
{
    const struct truth_audit_row *a = source->audit;
    if (source->fill == NULL || a == NULL)
        return false;
    double before = a->before.quantity, after = a->after.quantity;
    if (!a->after.is_open) {
        *quantity = fabsl((long double)before);
        *amount = trade != NULL ? trade->commissions - a->before.commissions : 0;
        return trade != NULL;
    }
    bool is_new = !a->before.is_open || (before > 0) != (after > 0);
    *quantity = fabsl(is_new ? (long double)after : (long double)after - (long double)before);
    *amount = a->after.commissions - (is_new ? 0 : a->before.commissions);
    return true;
}

static void each_charge(const struct truth_story *s, size_t span, struct truth_tally *voters,
                        const struct truth_tally *known)
{
    long double quantity;
    money amount;
    for (size_t n = s->spans[span].first; n <= s->spans[span].last; n++) {
        bool is_last = n == s->spans[span].last && s->spans[span].is_closed;
        bool is_told =
            s->events[n].kind == TRUTH_FILL &&
            charged(&s->sources[n], is_last ? s->trades[span] : NULL, &quantity, &amount);
        if (voters != NULL && is_told)
            truth_tally_add(voters, quantity, amount, 1);
        if (known != NULL)
            s->events[n].commission =
                is_told ? truth_tally_find(known, quantity, amount) : truth_tally_best(known);
    }
}

void truth_gather_terms(const struct truth_story *s, struct truth_terms *terms)
{
    for (size_t i = 0; i < s->span_count; i++) {
        struct truth_position p;
        truth_work_out(s->events, &s->spans[i], 1, &p);
        bool is_guessed = false;
        for (size_t n = s->spans[i].first; n <= s->spans[i].last; n++)
            is_guessed |= s->sources[n].is_guessed;
        const struct truth_trade_row *t = s->trades[i];
        bool is_open = i + 1 == s->span_count && !s->spans[i].is_closed && s->rows.position_count;
        if (!is_guessed && t != NULL)
            truth_tally_add(&terms->point_value, p.points, t->realized_pnl, p.reductions);
        else if (!is_guessed && is_open)
            truth_tally_add(&terms->point_value, p.points, s->rows.positions[0].realized_pnl,
                            p.reductions);
        each_charge(s, i, &terms->commission, NULL);
    }
}

void truth_set_commissions(struct truth_story *s, const struct truth_terms *terms)
{
    for (size_t i = 0; i < s->span_count; i++)
        each_charge(s, i, NULL, &terms->commission);
}
