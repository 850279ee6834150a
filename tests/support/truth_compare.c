/* The positions and trades of a database beside those that its fills make. */
#include "support/truth_check.h"

#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

const char *truth_money_text(money m)
{
    static char texts[4][32];
    static unsigned next;
    char *text = texts[next++ % 4];
    unsigned long long size = m < 0 ? -(unsigned long long)m : (unsigned long long)m;
    text_format(text, sizeof texts[0], "%s%llu.%06llu", m < 0 ? "-" : "", size / 1000000,
                size % 1000000);
    return text;
}

static const char *time_text(int64_t us)
{
    static char texts[2][48];
    static unsigned next;
    char *text = texts[next++ % 2], seconds[32] = "?";
    time_t whole = (time_t)(us / 1000000);
    struct tm utc;
    if (gmtime_r(&whole, &utc))
        strftime(seconds, sizeof seconds, "%Y-%m-%d %H:%M:%S", &utc);
    text_format(text, sizeof texts[0], "%s.%06d UTC", seconds, (int)(us % 1000000));
    return text;
}

/* What is compared, for the sentences. */
struct subject {
    struct truth_report *report;
    const char *name; /* "trade 5" */
};

static void same_money(const struct subject *s, const char *what, money stored, money recomputed,
                       money tolerance)
{
    if (llabs(stored - recomputed) > tolerance)
        truth_differ(s->report, "%s: %s is stored as %s, recomputed %s", s->name, what,
                     truth_money_text(stored), truth_money_text(recomputed));
}

static void same_number(const struct subject *s, const char *what, double stored,
                        long double recomputed)
{
    bool none = isnan(stored) && isnan(recomputed);
    if (!none && !(fabsl((long double)stored - recomputed) <= 1e-8L + 1e-11L * fabsl(recomputed)))
        truth_differ(s->report, "%s: %s is stored as %.12g, recomputed %.12Lg", s->name, what,
                     stored, recomputed);
}

static void same_time(const struct subject *s, const char *what, int64_t stored, int64_t recomputed)
{
    if (stored != recomputed)
        truth_differ(s->report, "%s: %s is stored as %s, recomputed %s", s->name, what,
                     time_text(stored), time_text(recomputed));
}

static void same_word(const struct subject *s, const char *what, const char *stored,
                      const char *recomputed)
{
    if (strcmp(stored, recomputed) != 0)
        truth_differ(s->report, "%s: %s is stored as %s, recomputed %s", s->name, what, stored,
                     recomputed);
}

static bool is_guessed(const struct truth_story *s, const struct truth_span *span)
{
    for (size_t n = span->first; n <= span->last; n++)
        if (s->sources[n].is_guessed)
            return true;
    return false;
}

/* MAE and MFE, had the lowest and the highest price been seen before and after every fill. */
static void reach(const struct truth_story *s, const struct truth_span *span, double min,
                  double max, double point_value, struct truth_position *out)
{
    size_t count = 0;
    struct truth_event *events = memory_new(3 * (span->last - span->first + 1), sizeof *events);
    for (size_t n = span->first; n <= span->last; n++) {
        events[count++] = s->events[n];
        if (n == span->last && span->is_closed)
            break;
        events[count++] = (struct truth_event){.kind = TRUTH_PRICE, .price = min};
        events[count++] = (struct truth_event){.kind = TRUTH_PRICE, .price = max};
    }
    struct truth_span whole = *span;
    whole.first = 0;
    whole.last = count - 1;
    truth_work_out(events, &whole, point_value, out);
    free(events);
}

/* One fill in, and none, or one, out: the two extremes alone make MAE and MFE. */
static bool is_plain(const struct truth_story *s, const struct truth_span *span)
{
    size_t last = span->last - (span->is_closed ? 1 : 0);
    for (size_t n = span->first + 1; n <= last; n++)
        if (s->events[n].kind != TRUTH_STOP)
            return false;
    return true;
}

/* What the server said of a position comes from the audit trail, with 15 digits. */
static money tolerance_of(const struct truth_story *s, const struct truth_span *span,
                          const struct truth_position *p)
{
    money rounded = 0;
    for (size_t n = span->first; n <= span->last; n++)
        if (s->events[n].kind == TRUTH_ENTRY || s->events[n].kind == TRUTH_ADOPT)
            rounded = p->reductions;
    return p->doubts + rounded;
}

static void check_excursions(const struct subject *who, const struct truth_story *s,
                             const struct truth_span *span, const struct truth_position *p,
                             double point_value, double min, double max, money mae, money mfe)
{
    if (!((long double)min <= p->min + 1e-8L && (long double)max >= p->max - 1e-8L)) {
        truth_differ(who->report,
                     "%s: lowest and highest price are stored as %.10g and %.10g, its fills go "
                     "from %.10Lg to %.10Lg",
                     who->name, min, max, p->min, p->max);
        return;
    }
    struct truth_position most;
    reach(s, span, min, max, point_value, &most);
    money tolerance = tolerance_of(s, span, p) + most.excursion_doubts;
    if (is_plain(s, span)) {
        same_money(who, "MAE", mae, most.mae, tolerance);
        same_money(who, "MFE", mfe, most.mfe, tolerance);
        return;
    }
    if (mae > p->mae + tolerance || mae < most.mae - tolerance)
        truth_differ(who->report, "%s: MAE is stored as %s, its fills and prices allow %s to %s",
                     who->name, truth_money_text(mae), truth_money_text(most.mae),
                     truth_money_text(p->mae));
    if (mfe < p->mfe - tolerance || mfe > most.mfe + tolerance)
        truth_differ(who->report, "%s: MFE is stored as %s, its fills and prices allow %s to %s",
                     who->name, truth_money_text(mfe), truth_money_text(p->mfe),
                     truth_money_text(most.mfe));
}

/* By what stood in for a fill last. */
static void check_origin(const struct subject *who, const struct truth_story *s,
                         const struct truth_span *span, const struct truth_position *p,
                         const char *stored)
{
    enum truth_stand_in by = p->is_adopted ? TRUTH_RECONCILED : TRUTH_REAL;
    for (size_t n = span->first + 1; n <= span->last; n++)
        if (s->sources[n].fill != NULL && s->sources[n].fill->stand_in != TRUTH_REAL)
            by = s->sources[n].fill->stand_in;
    if (by == TRUTH_RECONCILED || by == TRUTH_MANUAL)
        same_word(who, "origin", stored, by == TRUTH_MANUAL ? "manual" : "reconciled");
    else if (by == TRUTH_REAL && strcmp(stored, "live") != 0 && strcmp(stored, "recovered") != 0)
        truth_differ(who->report, "%s: origin is stored as %s, but every fill was told by a server",
                     who->name, stored);
}

static void check_trade(struct truth_report *r, const struct truth_story *s,
                        const struct truth_span *span, const struct truth_position *p,
                        double point_value, const struct truth_trade_row *t)
{
    char name[48];
    text_format(name, sizeof name, "trade %lld", (long long)t->id);
    const struct subject who = {r, name};
    money tolerance = tolerance_of(s, span, p);
    /* the row's own, where it is right: what follows from it is as exact */
    money pnl = llabs(t->realized_pnl - p->realized) <= tolerance ? t->realized_pnl : p->realized;
    same_word(&who, "side", t->side > 0 ? "long" : "short", p->side > 0 ? "long" : "short");
    same_number(&who, "quantity", t->quantity, (long double)p->greatest * 1e-9L);
    same_number(&who, "entry price", t->entry_price, p->average_entry);
    same_number(&who, "exit price", t->exit_price, p->average_exit);
    same_time(&who, "entry time", t->entry_time, p->entry_time);
    same_time(&who, "exit time", t->exit_time, p->last_time);
    same_money(&who, "realized P&L", t->realized_pnl, p->realized, tolerance);
    same_money(&who, "commissions", t->commissions, p->commissions, 0);
    check_excursions(&who, s, span, p, point_value, t->min_price, t->max_price, t->mae, t->mfe);
    same_number(&who, "efficiency", t->efficiency, (long double)truth_efficiency(pnl, t->mfe));
    check_origin(&who, s, span, p, t->origin);
    if (s->sources[span->last].audit == NULL)
        return;
    same_number(&who, "R", t->r_multiple, (long double)truth_r(p, point_value, pnl));
    same_number(&who, "stop", t->stop_price, (long double)p->stop);
    same_time(&who, "time of recording", t->created_at, s->sources[span->last].audit->time);
}

static void check_position(struct truth_report *r, const struct truth_story *s,
                           const struct truth_span *span, const struct truth_position *p,
                           double point_value, const struct truth_position_row *row)
{
    const struct subject who = {r, "open position"};
    money tolerance = tolerance_of(s, span, p);
    same_number(&who, "quantity", row->quantity, (long double)(p->held * p->side) * 1e-9L);
    same_number(&who, "entry price", row->entry_price, p->entry);
    same_time(&who, "entry time", row->entry_time, p->entry_time);
    same_money(&who, "realized P&L", row->realized_pnl, p->realized, tolerance);
    same_money(&who, "commissions", row->commissions, p->commissions, 0);
    same_number(&who, "greatest quantity", row->max_quantity, (long double)p->greatest * 1e-9L);
    same_number(&who, "quantity entered", row->entered_quantity, (long double)p->entered * 1e-9L);
    same_number(&who, "average entry", row->entered_sum / row->entered_quantity, p->average_entry);
    same_number(&who, "quantity exited", row->exited_quantity, (long double)p->exited * 1e-9L);
    if (row->exited_quantity > 0 && p->exited > 0)
        same_number(&who, "average exit", row->exited_sum / row->exited_quantity, p->average_exit);
    check_excursions(&who, s, span, p, point_value, row->min_price, row->max_price, row->mae,
                     row->mfe);
    same_word(&who, "unchanged", row->unchanged ? "yes" : "no", p->is_unchanged ? "yes" : "no");
    same_word(&who, "source", row->source, p->is_adopted ? "server" : "fills");
    check_origin(&who, s, span, p, row->origin);
    if (s->sources[span->first].audit == NULL)
        return;
    same_number(&who, "stop", row->stop_price, (long double)p->stop);
    same_number(&who, "first stop", row->initial_stop_price, (long double)p->first_stop);
}

/* Each fill belongs to the trade that it helped to close. */
static void check_claims(struct truth_report *r, const struct truth_story *s, size_t i)
{
    const struct truth_span *span = &s->spans[i];
    const struct truth_trade_row *t = s->trades[i];
    int64_t wanted = t != NULL ? t->id : 0;
    if (span->is_closed && t == NULL)
        return; /* told already */
    for (size_t n = span->first; n <= span->last; n++) {
        const struct truth_fill_row *f = s->sources[n].fill;
        bool was_claimed = n == span->first && s->events[n].units != span->opening;
        if (f == NULL || was_claimed)
            continue;
        if (f->trade_id != wanted)
            truth_differ(r, "fill %lld is stored with trade %lld, it belongs to %s%.0lld",
                         (long long)f->id, (long long)f->trade_id, wanted != 0 ? "trade " : "none",
                         (long long)wanted);
        if (f->discarded != span->is_discarded)
            truth_differ(r, "fill %lld is stored as %s, its position %s", (long long)f->id,
                         f->discarded ? "discarded" : "not discarded",
                         span->is_discarded ? "was discarded" : "was not");
    }
}

static void book(struct truth_account *a, const struct truth_booked *b)
{
    if (a->booked_count == a->booked_capacity) {
        a->booked_capacity = a->booked_capacity ? 2 * a->booked_capacity : 64;
        a->booked = memory_resize(a->booked, a->booked_capacity, sizeof *a->booked);
    }
    a->booked[a->booked_count++] = *b;
}

static void keep_stored(struct truth_account *a, const struct truth_rows *rows)
{
    size_t count = a->stored_count + rows->trade_count;
    if (count > a->stored_capacity) {
        a->stored_capacity = 2 * count;
        a->stored = memory_resize(a->stored, a->stored_capacity, sizeof *a->stored);
    }
    if (rows->trade_count > 0)
        memcpy(a->stored + a->stored_count, rows->trades, rows->trade_count * sizeof *a->stored);
    a->stored_count = count;
}

/* The trade that the fills make; what prices alone can tell is taken from its row. */
static void book_trade(struct truth_account *a, const struct truth_story *s, size_t i,
                       const struct truth_position *p, double point_value)
{
    const struct truth_span *span = &s->spans[i];
    const struct truth_trade_row *t = s->trades[i];
    const struct truth_source *last = &s->sources[span->last];
    struct truth_booked b = {
        .trade_id = t != NULL ? t->id : 0,
        .order = last->audit != NULL ? last->audit->id : last->fill->id,
        .time = last->audit != NULL ? last->audit->time
                : t != NULL         ? t->created_at
                                    : 0,
        .result = {.entry_time = p->entry_time,
                   .exit_time = p->last_time,
                   .pnl = p->realized,
                   .commissions = p->commissions,
                   .mae = p->mae,
                   .mfe = p->mfe},
    };
    bool guessed = is_guessed(s, span);
    if (t != NULL && (guessed || llabs(t->realized_pnl - p->realized) <= tolerance_of(s, span, p)))
        b.result.pnl = t->realized_pnl;
    if (t != NULL) {
        b.result.mae = t->mae;
        b.result.mfe = t->mfe;
    }
    b.result.efficiency = truth_efficiency(b.result.pnl, b.result.mfe);
    b.result.r_multiple = truth_r(p, point_value, b.result.pnl);
    if (t != NULL && guessed) {
        b.result.commissions = t->commissions;
        b.result.entry_time = t->entry_time;
        b.result.exit_time = t->exit_time;
        b.result.efficiency = t->efficiency;
    }
    /* without an audit trail nobody knows the first stop */
    if (t != NULL && (guessed || last->audit == NULL))
        b.result.r_multiple = t->r_multiple;
    book(a, &b);
}

static bool closes(const struct truth_audit_row *a)
{
    return strcmp(a->what, "close") == 0 || strcmp(a->what, "reverse") == 0;
}

/* What was recorded first, and that it was taken back. */
static void book_taken_back(struct truth_report *r, struct truth_account *account,
                            const struct truth_rows *rows)
{
    for (size_t i = 0; i < rows->audit_count; i++) {
        const struct truth_audit_row *a = rows->audits, *end = &a[i], *trade = end;
        struct truth_booked b = {.is_taken_back = true, .order = end->id, .time = end->time};
        if (end->recounted == 0)
            continue;
        while (trade > a && trade[-1].booked_at != 0)
            b.result.pnl -= (--trade)->net;
        book(account, &b);
        for (; a < end; a++) {
            if (a->void_by != end->id || !closes(a))
                continue;
            if (trade == end) {
                truth_differ(r, "audit row %lld: the trade that it closed was not taken back",
                             (long long)a->id);
                break;
            }
            b.order = a->id;
            b.time = trade->booked_at;
            b.result.pnl = (trade++)->net;
            book(account, &b);
        }
    }
}

static void compare_closed(struct truth_report *r, struct truth_story *s, size_t i,
                           double point_value, struct truth_account *account)
{
    const struct truth_span *span = &s->spans[i];
    struct truth_position p;
    truth_work_out(s->events, span, point_value, &p);
    if (s->trades[i] == NULL)
        truth_differ(r, "the trade %s %.10Lg from %s to %s, P&L %s, is missing",
                     p.side > 0 ? "LONG" : "SHORT", (long double)p.greatest * 1e-9L,
                     time_text(p.entry_time), time_text(p.last_time), truth_money_text(p.realized));
    else if (!is_guessed(s, span))
        check_trade(r, s, span, &p, point_value, s->trades[i]);
    book_trade(account, s, i, &p, point_value);
}

static void compare_open(struct truth_report *r, const struct truth_story *s,
                         const struct truth_span *span, double point_value)
{
    struct truth_position p;
    truth_work_out(s->events, span, point_value, &p);
    if (s->rows.position_count == 0)
        truth_differ(r, "the open position %s %.10Lg at %.10Lg is missing",
                     p.side > 0 ? "LONG" : "SHORT", (long double)p.held * 1e-9L, p.entry);
    else if (!is_guessed(s, span))
        check_position(r, s, span, &p, point_value, &s->rows.positions[0]);
}

void truth_compare(struct truth_report *r, struct truth_story *s, double point_value,
                   struct truth_account *account)
{
    bool is_open = false;
    for (size_t i = 0; i < s->span_count; i++) {
        check_claims(r, s, i);
        if (s->spans[i].is_closed) {
            compare_closed(r, s, i, point_value, account);
        } else if (!s->spans[i].is_discarded) {
            compare_open(r, s, &s->spans[i], point_value);
            is_open = true;
        }
    }
    if (!is_open && s->rows.position_count > 0)
        truth_differ(r, "an open position of %+.10g at %.10g is stored, its fills leave none",
                     s->rows.positions[0].quantity, s->rows.positions[0].entry_price);
    for (size_t i = 0; i < s->rows.trade_count; i++) {
        const struct truth_trade_row *t = &s->rows.trades[i];
        if (!t->is_found)
            truth_differ(r, "trade %lld (%s %.10g, P&L %s) is stored, no fills make it",
                         (long long)t->id, t->side > 0 ? "LONG" : "SHORT", t->quantity,
                         truth_money_text(t->realized_pnl));
    }
    book_taken_back(r, account, &s->rows);
    keep_stored(account, &s->rows);
}
