#include "support/truth.h"

#include "base/memory.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const long double UNIT = 1e-9L;

int64_t truth_units(double quantity)
{
    return llround(quantity * 1e9);
}

money truth_millionths(long double amount)
{
    return (money)roundl(amount * 1000000);
}

size_t truth_find(const struct truth_event *events, size_t count, struct truth_span *spans)
{
    size_t found = 0;
    int64_t held = 0;
    for (size_t n = 0; n < count; n++) {
        const struct truth_event *e = &events[n];
        bool enters = e->kind == TRUTH_FILL || (e->kind == TRUTH_ADOPT && held == 0);
        int64_t before = held;
        if (enters)
            held += e->side * e->units;
        if (e->kind == TRUTH_DISCARD)
            held = 0;
        if (before != 0)
            spans[found - 1].last = n;
        if (before != 0 && (held == 0 || (before > 0) != (held > 0))) {
            spans[found - 1].is_discarded = e->kind == TRUTH_DISCARD;
            spans[found - 1].is_closed = e->kind != TRUTH_DISCARD;
        }
        if (held != 0 && (before == 0 || (before > 0) != (held > 0)))
            spans[found++] = (struct truth_span){.first = n, .last = n, .opening = llabs(held)};
    }
    return found;
}

/* How a position stands after one of its events. */
struct standing {
    int64_t held;
    long double entry;
    long double points; /* realized so far, at 1 a point */
    money realized;
    int doubts;
    bool is_unchanged;
};

struct course {
    const struct truth_event *events;
    size_t count;
    int64_t opening;
    long double point_value;
    int side;
    bool is_adopted;
    struct standing *after; /* each event */
};

/* Close to half of a millionth: `slack` says how far a double may be off. */
static bool is_doubtful(long double amount, long double slack)
{
    long double part = fabsl(amount) * 1000000;
    return fabsl(part - floorl(part) - 0.5L) <= slack * 1000000 + 1e-6L;
}

/* What some rounded steps in double precision may be off by, for money made of such a price. */
static long double slack_of(const struct course *c, long double price, int64_t units)
{
    return 16 * (fabsl(price) + 1) * (long double)DBL_EPSILON * (long double)units * UNIT *
           c->point_value;
}

static money realize(const struct course *c, struct standing *s, long double points, double price,
                     int64_t units)
{
    long double amount = points * (long double)units * UNIT * c->point_value;
    s->points += points * (long double)units * UNIT;
    s->doubts += is_doubtful(amount, slack_of(c, (long double)price, units));
    return truth_millionths(amount);
}

/* What is left of each entry: every exit takes the same share of all of them. Of a long list those
 * that are left are one at their average. */
enum { LOTS = 64 };

struct lot {
    long double quantity, price;
};

static long double average_of(const struct lot *lots, size_t count)
{
    long double quantity = 0, sum = 0;
    for (size_t i = 0; i < count; i++) {
        quantity += lots[i].quantity;
        sum += lots[i].quantity * lots[i].price;
    }
    return sum / quantity;
}

static void follow(const struct course *c)
{
    struct lot lots[LOTS];
    size_t lot_count = 0;
    struct standing s = {.is_unchanged = true};
    bool has_exits = false;
    for (size_t n = 0; n < c->count; n++) {
        const struct truth_event *e = &c->events[n];
        int64_t units = n == 0 ? c->opening : e->units < s.held ? e->units : s.held;
        if (n == 0 || (e->kind == TRUTH_FILL && e->side == c->side)) {
            units = n == 0 ? c->opening : e->units;
            if (lot_count == LOTS) {
                lots[0] = (struct lot){(long double)s.held * UNIT, s.entry};
                lot_count = 1;
            }
            lots[lot_count++] = (struct lot){(long double)units * UNIT, (long double)e->price};
            s.held += units;
            s.entry = average_of(lots, lot_count);
            s.is_unchanged = n == 0;
        } else if (e->kind == TRUTH_FILL) {
            s.realized +=
                realize(c, &s, ((long double)e->price - s.entry) * c->side, e->price, units);
            for (size_t i = 0; i < lot_count; i++)
                lots[i].quantity *= (long double)(s.held - units) / (long double)s.held;
            s.held -= units;
            s.is_unchanged = false;
            has_exits = true;
        } else if (e->kind == TRUTH_ENTRY) {
            /* the server has closed others of our contracts than we: the whole stays the same */
            if (!c->is_adopted || has_exits)
                s.realized +=
                    realize(c, &s, ((long double)e->price - s.entry) * c->side, e->price, s.held);
            lots[0] = (struct lot){(long double)s.held * UNIT, (long double)e->price};
            lot_count = 1;
            s.entry = (long double)e->price;
        }
        c->after[n] = s;
    }
}

static void sum_up(const struct course *c, struct truth_position *out)
{
    long double entered_sum = 0, exited_sum = 0;
    int64_t held = 0;
    for (size_t n = 0; n < c->count; n++) {
        const struct truth_event *e = &c->events[n];
        int64_t change = c->after[n].held - held;
        long double price = (long double)e->price;
        if (e->kind == TRUTH_FILL)
            out->commissions +=
                truth_millionths((long double)e->commission * (long double)llabs(change) * UNIT);
        if (change > 0) {
            out->entered += change;
            entered_sum += (long double)change * price;
        } else if (change < 0) {
            out->exited -= change;
            exited_sum -= (long double)change * price;
        }
        if (e->kind == TRUTH_ENTRY && out->is_adopted && out->exited == 0)
            entered_sum += (price - c->after[n - 1].entry) * (long double)held;
        if (e->kind == TRUTH_ENTRY && (!out->is_adopted || out->exited > 0))
            out->reductions++;
        out->reductions += change < 0;
        held = c->after[n].held;
        out->greatest = held > out->greatest ? held : out->greatest;
        if (e->kind == TRUTH_STOP) {
            out->stop = e->price;
            if (!price_is_set(out->first_stop))
                out->first_stop = e->price;
        }
    }
    out->average_entry = entered_sum / (long double)out->entered;
    out->average_exit = out->exited > 0 ? exited_sum / (long double)out->exited : 0;
}

static money open_pnl(const struct course *c, const struct standing *s, long double price,
                      struct truth_position *out)
{
    long double amount =
        (price - s->entry) * c->side * (long double)s->held * UNIT * c->point_value;
    if (s->held > 0 && is_doubtful(amount, slack_of(c, price, s->held)))
        out->excursion_doubts = 1;
    return truth_millionths(amount);
}

static void note(const struct course *c, const struct standing *s, long double price,
                 struct truth_position *out)
{
    money excursion = s->realized + open_pnl(c, s, price, out);
    out->mae = excursion < out->mae ? excursion : out->mae;
    out->mfe = excursion > out->mfe ? excursion : out->mfe;
}

static bool widens(long double price, struct truth_position *out)
{
    bool wider = price < out->min || price > out->max;
    out->min = fminl(out->min, price);
    out->max = fmaxl(out->max, price);
    return wider;
}

static void look_at_prices(const struct course *c, struct truth_position *out)
{
    long double price = (long double)c->events[0].price; /* last seen, and when */
    int64_t time = c->events[0].time;
    out->min = out->max = price;
    for (size_t n = 0; n < c->count; n++) {
        const struct truth_event *e = &c->events[n];
        const struct standing *s = &c->after[n];
        long double told = (long double)e->price, low = (long double)e->low;
        switch (e->kind) {
        case TRUTH_FILL:
        case TRUTH_PRICE:
        case TRUTH_ADOPT:
            price = told;
            time = e->time;
            widens(price, out);
            if (n > 0)
                note(c, s - 1, price, out);
            note(c, s, price, out);
            break;
        case TRUTH_WIDEN:
            if (widens(told, out))
                note(c, s, told, out);
            if (widens(low, out))
                note(c, s, low, out);
            continue; /* nobody saw when: heat is none of it */
        case TRUTH_ENTRY:
            widens(told, out);
            if (s->is_unchanged) {
                out->mae = out->mfe = 0;
                note(c, s, out->min, out);
                note(c, s, out->max, out);
            }
            note(c, s, price, out);
            break;
        default:
            continue;
        }
        bool is_adverse = s->held > 0 && open_pnl(c, s, price, out) < 0;
        if (!is_adverse)
            out->heat_since = 0;
        else if (out->heat_since == 0)
            out->heat_since = time;
    }
    out->price = price;
}

void truth_work_out(const struct truth_event *events, const struct truth_span *span,
                    double point_value, struct truth_position *out)
{
    struct course c = {
        .events = events + span->first,
        .count = span->last - span->first + 1,
        .opening = span->opening,
        .point_value = (long double)point_value,
        .side = events[span->first].side,
    };
    const struct truth_event *first = c.events;
    c.is_adopted =
        first->kind == TRUTH_ADOPT || (first->is_servers && first->units != span->opening);
    *out = (struct truth_position){.side = c.side,
                                   .entry_time = c.events[0].time,
                                   .last_time = c.events[c.count - 1].time,
                                   .first_stop = PRICE_UNSET,
                                   .stop = PRICE_UNSET,
                                   .is_adopted = c.is_adopted};
    c.after = memory_new(c.count, sizeof *c.after);
    follow(&c);
    sum_up(&c, out);
    look_at_prices(&c, out);
    const struct standing *end = &c.after[c.count - 1];
    out->held = end->held;
    out->entry = end->entry;
    out->points = end->points;
    out->realized = end->realized;
    out->doubts = end->doubts;
    out->is_unchanged = end->is_unchanged;
    free(c.after);
}

double truth_efficiency(money pnl, money mfe)
{
    if (mfe == 0)
        return (double)NAN;
    double efficiency = (double)pnl / (double)mfe;
    return efficiency < 0 ? 0 : efficiency > 1.5 ? 1.5 : efficiency;
}

double truth_r(const struct truth_position *p, double point_value, money pnl)
{
    if (!price_is_set(p->first_stop))
        return (double)NAN;
    money risk = truth_millionths(fabsl(p->average_entry - (long double)p->first_stop) *
                                  (long double)p->greatest * UNIT * (long double)point_value);
    return risk != 0 ? (double)pnl / (double)risk : (double)NAN;
}
