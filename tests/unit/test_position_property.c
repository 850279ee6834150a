/* Random sequences of fills, prices, stops and words of the server, against the slow model that
 * works everything out anew from the whole list (tests/support/truth.h). `make property N=` plays
 * as many as you like. */
#include "trade/position.h"

#include "support/test.h"
#include "support/truth.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

/* As many as some seconds allow where a sanitizer makes them slow. */
enum { SEQUENCES = 25000, SEQUENCES_LEAST = 1000, SECONDS = 5, EVENTS = 40 };

static const struct account_key KEY = {MODE_SIM, "Sim1"};

struct sequence {
    uint64_t number;
    double tick, unit, point_value, commission;
    bool is_plain; /* fills and prices alone */
    struct truth_event events[EVENTS];
    size_t count;
    struct instrument instrument;
    struct position position;
    uint64_t trades;
};

/* Of a sequence by its number: each can be played alone. */
static uint64_t next(uint64_t *random)
{
    uint64_t z = *random += UINT64_C(0x9E3779B97F4A7C15); /* splitmix64 */
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int64_t between(uint64_t *random, int64_t low, int64_t high)
{
    return low + (int64_t)(next(random) % (uint64_t)(high - low + 1));
}

/* Millions of comparisons: Check hears only of those that fail. */
#define FAIL_UNLESS(good, format, what, actual, wanted)                                            \
    do {                                                                                           \
        if (!(good))                                                                               \
            ck_abort_msg("sequence %llu, event %zu: %s is " format ", not " format,                \
                         (unsigned long long)s->number, s->count, what, actual, wanted);           \
    } while (0)
#define SAME_MONEY(what, actual, wanted, tolerance)                                                \
    FAIL_UNLESS(llabs((actual) - (wanted)) <= (tolerance), "%lld", what, (long long)(actual),      \
                (long long)(wanted))
#define SAME_NUMBER(what, actual, wanted, tolerance)                                               \
    FAIL_UNLESS(fabsl((actual) - (long double)(wanted)) < (tolerance) ||                           \
                    (isnan(actual) && isnan(wanted)),                                              \
                "%.12Lg", what, (long double)(actual), (long double)(wanted))

static long double quantity_of(int64_t units)
{
    return (long double)units * 1e-9L;
}

/* R is a quotient of two rounded amounts. */
static void compare_r(const struct sequence *s, const char *what, double r,
                      const struct truth_position *e, money result)
{
    double wanted = truth_r(e, s->point_value, result);
    /* a millionth of the risk more or less */
    double risk = fabs((double)result / wanted);
    double slack = risk > 1.5 ? fabs(wanted) / (risk - 1) : result == 0 ? 0 : (double)INFINITY;
    SAME_NUMBER(what, r, wanted, 1e-9L + 1.1L * (long double)slack);
}

static void compare_metrics(const struct sequence *s, const struct truth_position *e)
{
    const struct position *p = &s->position;
    struct position_metrics m;
    int64_t now = e->last_time + 7;
    position_measure(p, &s->instrument, NULL, now, 4, &m);
    long double points = (e->price - e->entry) * e->side;
    long double worth = quantity_of(e->greatest) * (long double)s->point_value;
    SAME_NUMBER("points", m.points, points, 1e-8L);
    SAME_NUMBER("ticks", (double)m.ticks, points / (long double)s->tick, 0.5L + 1e-6L);
    SAME_NUMBER("MAE in points", m.mae_points * (double)worth, money_to_double(p->mae), 1e-8L);
    SAME_NUMBER("MFE in points", m.mfe_points * (double)worth, money_to_double(p->mfe), 1e-8L);
    SAME_MONEY("excursion", m.excursion, p->realized_pnl + p->open_pnl, 0);
    SAME_MONEY("heat", m.heat, e->heat_since != 0 ? now - e->heat_since : 0, 0);
    SAME_MONEY("age", m.age, now - e->entry_time, 0);
    SAME_NUMBER("efficiency so far", m.efficiency, truth_efficiency(m.excursion, p->mfe), 1e-12L);
    compare_r(s, "R so far", m.r_multiple, e, m.excursion);
}

static void compare_position(const struct sequence *s, const struct truth_span *span)
{
    const struct position *p = &s->position;
    struct truth_position e;
    if (span == NULL) {
        ck_assert(!position_is_open(p));
        return;
    }
    truth_work_out(s->events, span, s->point_value, &e);
    money doubts = e.doubts + e.excursion_doubts;
    SAME_NUMBER("quantity", p->quantity, quantity_of(e.held) * e.side, 1e-8L);
    SAME_NUMBER("entry price", p->entry_price, e.entry, 1e-8L);
    SAME_NUMBER("greatest quantity", p->max_quantity, quantity_of(e.greatest), 1e-8L);
    SAME_NUMBER("lowest price", p->min_price, e.min, 1e-8L);
    SAME_NUMBER("highest price", p->max_price, e.max, 1e-8L);
    SAME_MONEY("realized P&L", p->realized_pnl, e.realized, e.doubts);
    SAME_MONEY("commissions", p->commissions, e.commissions, 0);
    SAME_MONEY("MAE", p->mae, e.mae, doubts);
    SAME_MONEY("MFE", p->mfe, e.mfe, doubts);
    SAME_MONEY("entry time", p->entry_time, e.entry_time, 0);
    SAME_MONEY("time of heat", p->heat_since, e.heat_since, 0);
    SAME_NUMBER("stop", p->stop_price, e.stop, 1e-12L);
    SAME_NUMBER("first stop", p->initial_stop_price, e.first_stop, 1e-12L);
    compare_metrics(s, &e);
}

/* What has changed hands is what the trade made, whatever happened in between. */
static money cash_of(const struct sequence *s, const struct truth_span *span,
                     const struct truth_position *e)
{
    long double paid = 0;
    int64_t held = 0;
    for (size_t n = span->first; n <= span->last; n++) {
        const struct truth_event *event = &s->events[n];
        int64_t units = n == span->first ? span->opening : n == span->last ? held : event->units;
        if (event->kind != TRUTH_FILL)
            continue;
        paid += quantity_of(units) * event->side * (long double)event->price;
        held += event->side == e->side ? units : -units;
    }
    return truth_millionths(-paid * (long double)s->point_value);
}

static void compare_trade(const struct sequence *s, const struct trade *t,
                          const struct truth_span *span)
{
    struct truth_position e;
    truth_work_out(s->events, span, s->point_value, &e);
    money doubts = e.doubts + e.excursion_doubts;
    SAME_MONEY("side", (money)t->side, (money)e.side, 0);
    SAME_NUMBER("trade's quantity", t->quantity, quantity_of(e.greatest), 1e-8L);
    SAME_NUMBER("trade's entry price", t->entry_price, e.average_entry, 1e-8L);
    SAME_NUMBER("trade's exit price", t->exit_price, e.average_exit, 1e-8L);
    SAME_NUMBER("trade's lowest price", t->min_price, e.min, 1e-8L);
    SAME_NUMBER("trade's highest price", t->max_price, e.max, 1e-8L);
    SAME_MONEY("trade's P&L", t->realized_pnl, e.realized, e.doubts);
    SAME_MONEY("trade's commissions", t->commissions, e.commissions, 0);
    SAME_MONEY("trade's MAE", t->mae, e.mae, doubts);
    SAME_MONEY("trade's MFE", t->mfe, e.mfe, doubts);
    SAME_MONEY("trade's entry time", t->entry_time, e.entry_time, 0);
    SAME_MONEY("trade's exit time", t->exit_time, e.last_time, 0);
    SAME_NUMBER("trade's stop", t->stop_price, e.stop, 1e-12L);
    SAME_NUMBER("efficiency", t->efficiency, truth_efficiency(t->realized_pnl, t->mfe), 1e-12L);
    compare_r(s, "R", t->r_multiple, &e, t->realized_pnl);
    if (!e.is_adopted) /* each amount that was realized is rounded by itself, cash once */
        SAME_MONEY("cash", t->realized_pnl, cash_of(s, span, &e), 1 + e.reductions / 2);
    FAIL_UNLESS(t->mae <= t->realized_pnl, "%lld", "MAE, above the P&L,", (long long)t->mae,
                (long long)t->realized_pnl);
    FAIL_UNLESS(t->mfe >= t->realized_pnl, "%lld", "MFE, below the P&L,", (long long)t->mfe,
                (long long)t->realized_pnl);
}

/* As the engine makes it of a report. */
static void adopt(struct position *p, const struct truth_event *e)
{
    position_init(p, &KEY, "MESZ5");
    p->quantity = (double)quantity_of(e->units) * e->side;
    p->entry_price = p->min_price = p->max_price = p->price = e->price;
    p->entry_time = p->updated_at = e->time;
    p->entered_quantity = p->max_quantity = fabs(p->quantity);
    p->entered_sum = p->entered_quantity * p->entry_price;
    p->source = SOURCE_SERVER;
    p->unchanged = true;
}

/* Plays the last event; true when it closed the position. */
static bool apply(struct sequence *s, struct position_step *step)
{
    const struct truth_event *e = &s->events[s->count - 1];
    struct position *p = &s->position;
    struct fill f = {.key = KEY, .symbol = "MESZ5", .side = (enum side)e->side};
    step->closed = false;
    switch (e->kind) {
    case TRUTH_FILL:
        f.price = e->price;
        f.quantity = (double)quantity_of(e->units);
        f.time = e->time;
        position_apply_fill(p, &s->instrument, &f, NULL, e->time, step);
        break;
    case TRUTH_PRICE:
        position_apply_price(p, &s->instrument, e->price, e->time);
        break;
    case TRUTH_WIDEN:
        position_widen(p, &s->instrument, e->price, e->low);
        break;
    case TRUTH_STOP:
        position_set_bracket(p, e->price, PRICE_UNSET);
        break;
    case TRUTH_ENTRY:
        position_correct_entry(p, &s->instrument, e->price);
        break;
    case TRUTH_ADOPT:
        adopt(p, e);
        break;
    case TRUTH_DISCARD:
        position_init(p, &KEY, "MESZ5");
        break;
    }
    return step->closed;
}

static int64_t held_now(const struct sequence *s)
{
    return truth_units(s->position.quantity);
}

/* The market is at `ticks`. */
static void add_event(struct sequence *s, uint64_t *random, int64_t ticks)
{
    /* fills and prices, and now and then something else */
    static const enum truth_kind kinds[] = {TRUTH_WIDEN, TRUTH_STOP,  TRUTH_STOP,
                                            TRUTH_ENTRY, TRUTH_ADOPT, TRUTH_DISCARD};
    struct truth_event *e = &s->events[s->count++];
    int64_t unit = truth_units(s->unit), held = held_now(s);
    *e = (struct truth_event){.kind = between(random, 0, 2) ? TRUTH_FILL : TRUTH_PRICE};
    if (!s->is_plain && between(random, 0, 3) == 0)
        e->kind = kinds[between(random, 0, 5)];
    if ((e->kind == TRUTH_DISCARD && between(random, 0, 3) > 0) ||
        (e->kind == TRUTH_ADOPT && held != 0))
        e->kind = TRUTH_PRICE;
    e->time = 1000 + (int64_t)s->count * 10;
    e->price = (double)ticks * s->tick;
    e->commission = s->commission;
    e->side = between(random, 0, 1) ? 1 : -1;
    e->units = unit * between(random, 1, between(random, 1, 9));
    if (e->kind == TRUTH_FILL && held != 0 && between(random, 0, 3) == 0) {
        e->side = held > 0 ? -1 : 1; /* often enough exactly out */
        e->units = llabs(held);
    } else if (e->kind == TRUTH_WIDEN) {
        e->low = (double)(ticks - between(random, 0, 40)) * s->tick;
        e->price = (double)(ticks + between(random, 0, 40)) * s->tick;
    } else if (e->kind == TRUTH_STOP) {
        e->price = between(random, 0, 4) == 0
                       ? PRICE_UNSET
                       : (double)(ticks + between(random, -40, 40)) * s->tick;
    } else if (e->kind == TRUTH_ENTRY) {
        e->price = ((double)ticks + (double)between(random, -200, 200) / 7) * s->tick;
    }
}

static void begin(struct sequence *s, uint64_t *random)
{
    static const double ticks[] = {0.25, 0.1, 0.01, 0.03125, 1};
    static const double units[] = {1, 1, 0.5, 0.1, 0.001};
    static const double values[] = {5, 50, 1000, 0.5, 1};
    static const double commissions[] = {0, 0.62, 2.08};
    s->tick = ticks[between(random, 0, 4)];
    s->unit = units[between(random, 0, 4)];
    s->point_value = values[between(random, 0, 4)];
    s->commission = commissions[between(random, 0, 2)];
    s->is_plain = between(random, 0, 1);
    instrument_init(&s->instrument, "MESZ5");
    s->instrument.tick = s->tick;
    s->instrument.point_value = s->point_value;
    s->instrument.commission = s->commission;
    position_init(&s->position, &KEY, "MESZ5");
}

static void play(struct sequence *s)
{
    uint64_t random = s->number;
    struct truth_span spans[2 * EVENTS];
    begin(s, &random);
    int64_t reach = between(&random, 1, 60), ticks = between(&random, 500, 20000);
    while (s->count < EVENTS) {
        struct position_step step;
        ticks += between(&random, -reach, reach);
        add_event(s, &random, ticks);
        bool closed = apply(s, &step);
        size_t found = truth_find(s->events, s->count, spans);
        const struct truth_span *last = found > 0 ? &spans[found - 1] : NULL;
        bool is_open = last != NULL && !last->is_closed && !last->is_discarded;
        /* that which the event has ended, maybe by opening another */
        const struct truth_span *ended = is_open && last->first + 1 == s->count ? last - 1 : last;
        bool closes =
            last != NULL && ended >= spans && ended->is_closed && ended->last + 1 == s->count;
        FAIL_UNLESS(closed == closes, "%d", "closed", closed, closes);
        if (closed)
            compare_trade(s, &step.trade, ended);
        compare_position(s, is_open ? last : NULL);
        s->trades += closed;
    }
}

START_TEST(positions_are_what_all_that_happened_says)
{
    const char *wanted = getenv("PROPERTY_SEQUENCES");
    uint64_t sequences = wanted != NULL ? strtoull(wanted, NULL, 10) : SEQUENCES;
    uint64_t played = 0, trades = 0;
    while (played < sequences) {
        struct sequence s = {.number = ++played};
        play(&s);
        trades += s.trades;
        if (wanted == NULL && played >= SEQUENCES_LEAST && clock() > SECONDS * CLOCKS_PER_SEC)
            break;
    }
    ck_assert_uint_gt(trades, played); /* the sequences do go in and out */
    if (wanted != NULL)
        printf("%llu sequences of %d events, %llu trades\n", (unsigned long long)played, EVENTS,
               (unsigned long long)trades);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("position property");
    TCase *t = tcase_create("position property");
    tcase_set_timeout(t, getenv("PROPERTY_SEQUENCES") != NULL ? 0 : 120);
    tcase_add_test(t, positions_are_what_all_that_happened_says);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
