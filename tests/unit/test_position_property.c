/* Random sequences of fills and prices, against a model that keeps the whole list and works
 * everything out anew from it, by definition: prices and quantities as whole numbers, excursions
 * from the money that changed hands. */
#include "trade/position.h"

#include "support/test.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

enum { SEQUENCES = 4000, EVENTS = 40, PRICE_EVENT = 0 };

struct event {
    int side; /* of a fill; PRICE_EVENT */
    int64_t units, ticks;
    int64_t time;
};

/* A fill, or the part of a reversing one that closes or opens. */
struct leg {
    int event, side, position;
    bool reduces;
    int64_t units, ticks;
};

struct sequence {
    double tick, unit, point_value, commission;
    struct event events[EVENTS];
    int event_count;
    struct leg legs[2 * EVENTS];
    int leg_count, position_count; /* those closed and the one that is open */
    int64_t held;                  /* signed units of the last one */
};

/* What one position is, or was when it closed. */
struct expected {
    int side, reductions;
    int halves; /* reductions whose money lies halfway between two millionths, as far as a double
                   tells */
    int64_t held, greatest; /* signed; units */
    long double entry, average_entry, average_exit;
    money realized, commissions, mae, mfe;
    int64_t min, max; /* ticks */
    int64_t entry_time, last_time, heat_since;
};

static uint64_t next(uint64_t *random)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return *random;
}

static int64_t between(uint64_t *random, int64_t low, int64_t high)
{
    return low + (int64_t)(next(random) % (uint64_t)(high - low + 1));
}

static money millionths(long double amount)
{
    return (money)roundl(amount * 1000000);
}

static bool is_half(long double amount)
{
    long double part = fabsl(amount) * 1000000;
    return fabsl(part - floorl(part) - 0.5L) < 0.05L;
}

static void add_leg(struct sequence *s, int side, bool reduces, int64_t units, int64_t ticks)
{
    s->position_count += s->held == 0;
    s->legs[s->leg_count++] = (struct leg){.event = s->event_count - 1,
                                           .side = side,
                                           .position = s->position_count - 1,
                                           .reduces = reduces,
                                           .units = units,
                                           .ticks = ticks};
    s->held += side * units;
}

/* Adds an event and, for a fill, its legs. */
static const struct event *add_event(struct sequence *s, int side, int64_t units, int64_t ticks)
{
    struct event *e = &s->events[s->event_count++];
    *e = (struct event){side, units, ticks, 1000 + s->event_count};
    if (side == PRICE_EVENT)
        return e;
    int64_t against = s->held * side < 0 ? llabs(s->held) : 0;
    int64_t closing = against < units ? against : units;
    if (closing > 0)
        add_leg(s, side, true, closing, ticks);
    if (units > closing)
        add_leg(s, side, false, units - closing, ticks);
    return e;
}

/* Quantities, prices and money of the legs. */
static void sum_legs(const struct sequence *s, int position, struct expected *out)
{
    int64_t entered = 0, entered_sum = 0, exited = 0, exited_sum = 0;
    for (const struct leg *l = s->legs; l < s->legs + s->leg_count; l++) {
        if (l->position != position)
            continue;
        out->commissions +=
            millionths((long double)s->commission * (long double)s->unit * l->units);
        if (l->reduces) {
            long double pnl = (l->ticks * (long double)s->tick - out->entry) * out->side *
                              l->units * (long double)s->unit * (long double)s->point_value;
            out->realized += millionths(pnl);
            out->halves += is_half(pnl);
            out->reductions++;
            exited += l->units;
            exited_sum += l->units * l->ticks;
        } else {
            long double held = llabs(out->held);
            out->entry = (out->entry * held + l->ticks * (long double)s->tick * l->units) /
                         (held + l->units);
            out->side = l->side;
            entered += l->units;
            entered_sum += l->units * l->ticks;
        }
        out->held += l->side * l->units;
        if (llabs(out->held) > out->greatest)
            out->greatest = llabs(out->held);
    }
    out->average_entry = (long double)entered_sum / entered * (long double)s->tick;
    out->average_exit = exited > 0 ? (long double)exited_sum / exited * (long double)s->tick : 0;
}

/* The position's average entry once event `e` has happened. */
static long double entry_at(const struct sequence *s, int position, int e)
{
    long double entry = 0;
    int64_t held = 0;
    for (const struct leg *l = s->legs; l < s->legs + s->leg_count && l->event <= e; l++) {
        if (l->position != position)
            continue;
        if (!l->reduces)
            entry = (entry * held + l->ticks * (long double)s->tick * l->units) / (held + l->units);
        held += l->reduces ? -l->units : l->units;
    }
    return entry;
}

/* Extremes, excursions and heat: the position at the price of every event from its first leg to its
 * last, or to now. */
static void look_at_prices(const struct sequence *s, int position, struct expected *out)
{
    int first = -1, last = s->event_count - 1;
    for (int n = 0; n < s->leg_count; n++) {
        if (s->legs[n].position == position && first < 0)
            first = s->legs[n].event;
        if (s->legs[n].position == position && out->held == 0)
            last = s->legs[n].event;
    }
    out->entry_time = s->events[first].time;
    out->last_time = s->events[last].time;
    out->min = out->max = s->events[first].ticks;
    for (int e = first; e <= last; e++) {
        int64_t ticks = s->events[e].ticks, held = 0, paid = 0;
        for (const struct leg *l = s->legs; l < s->legs + s->leg_count && l->event <= e; l++) {
            if (l->position == position) {
                held += l->side * l->units;
                paid += l->side * l->units * l->ticks;
            }
        }
        out->min = ticks < out->min ? ticks : out->min;
        out->max = ticks > out->max ? ticks : out->max;
        /* What is held is worth less what was paid for it: realized and open in one. */
        money excursion = millionths((ticks * held - paid) * (long double)s->tick *
                                     (long double)s->unit * (long double)s->point_value);
        out->mae = excursion < out->mae ? excursion : out->mae;
        out->mfe = excursion > out->mfe ? excursion : out->mfe;
        bool adverse =
            held != 0 &&
            (ticks * (long double)s->tick - entry_at(s, position, e)) * out->side < -1e-9L;
        if (!adverse)
            out->heat_since = 0;
        else if (out->heat_since == 0)
            out->heat_since = s->events[e].time;
    }
}

static struct expected expect(const struct sequence *s, int position)
{
    struct expected out = {0};
    sum_legs(s, position, &out);
    look_at_prices(s, position, &out);
    return out;
}

/* Millions of comparisons: Check hears only of those that fail. */
#define FAIL_UNLESS(good, format, what, actual, wanted)                                            \
    do {                                                                                           \
        if (!(good))                                                                               \
            ck_abort_msg("sequence %d, event %d: %s is " format ", not " format, number,           \
                         s->event_count, what, actual, wanted);                                    \
    } while (0)
#define SAME_MONEY(what, actual, wanted, tolerance)                                                \
    FAIL_UNLESS(llabs((actual) - (wanted)) <= (tolerance), "%lld", what, (long long)(actual),      \
                (long long)(wanted))
#define SAME_NUMBER(what, actual, wanted)                                                          \
    FAIL_UNLESS(fabsl((actual) - (long double)(wanted)) < 1e-8L, "%.12Lg", what,                   \
                (long double)(actual), (long double)(wanted))

static void compare_position(const struct sequence *s, int number, const struct position *p)
{
    SAME_NUMBER("quantity", p->quantity, s->held * (long double)s->unit);
    if (s->held == 0) {
        ck_assert(!position_is_open(p));
        return;
    }
    struct expected e = expect(s, s->position_count - 1);
    SAME_NUMBER("entry price", p->entry_price, e.entry);
    SAME_NUMBER("greatest quantity", p->max_quantity, e.greatest * (long double)s->unit);
    SAME_NUMBER("lowest price", p->min_price, e.min * (long double)s->tick);
    SAME_NUMBER("highest price", p->max_price, e.max * (long double)s->tick);
    SAME_MONEY("realized P&L", p->realized_pnl, e.realized, e.halves);
    SAME_MONEY("commissions", p->commissions, e.commissions, 0);
    /* Each reducing fill, and what is open, is rounded by itself; the model rounds once. */
    SAME_MONEY("MAE", p->mae, e.mae, e.reductions + 1);
    SAME_MONEY("MFE", p->mfe, e.mfe, e.reductions + 1);
    SAME_MONEY("entry time", p->entry_time, e.entry_time, 0);
    SAME_MONEY("heat", p->heat_since, e.heat_since, 0);
}

static void compare_trade(const struct sequence *s, int number, const struct trade *t, int position)
{
    struct expected e = expect(s, position);
    ck_assert_int_eq(e.held, 0);
    ck_assert_int_eq(t->side, e.side);
    SAME_NUMBER("trade's quantity", t->quantity, e.greatest * (long double)s->unit);
    SAME_NUMBER("trade's entry price", t->entry_price, e.average_entry);
    SAME_NUMBER("trade's exit price", t->exit_price, e.average_exit);
    SAME_NUMBER("trade's lowest price", t->min_price, e.min * (long double)s->tick);
    SAME_NUMBER("trade's highest price", t->max_price, e.max * (long double)s->tick);
    SAME_MONEY("trade's P&L", t->realized_pnl, e.realized, e.halves);
    SAME_MONEY("trade's commissions", t->commissions, e.commissions, 0);
    SAME_MONEY("trade's MAE", t->mae, e.mae, e.reductions + 1);
    SAME_MONEY("trade's MFE", t->mfe, e.mfe, e.reductions + 1);
    SAME_MONEY("trade's entry time", t->entry_time, e.entry_time, 0);
    SAME_MONEY("trade's exit time", t->exit_time, e.last_time, 0);
    ck_assert_int_le(t->mae, t->realized_pnl);
    ck_assert_int_ge(t->mfe, t->realized_pnl);
}

static struct sequence sequence_of(uint64_t *random)
{
    static const double ticks[] = {0.25, 0.1, 0.01, 0.03125, 1};
    static const double units[] = {1, 1, 0.5, 0.1, 0.001};
    static const double values[] = {5, 50, 1000, 0.5, 1};
    static const double commissions[] = {0, 0.62, 2.08};
    return (struct sequence){.tick = ticks[between(random, 0, 4)],
                             .unit = units[between(random, 0, 4)],
                             .point_value = values[between(random, 0, 4)],
                             .commission = commissions[between(random, 0, 2)]};
}

/* Plays one sequence; returns the number of trades it closed. */
static int play(int number, uint64_t *random)
{
    static const struct account_key key = {MODE_SIM, "Sim1"};
    struct sequence sequence = sequence_of(random), *s = &sequence;
    struct instrument i;
    struct position p;
    struct position_step step;
    instrument_init(&i, "MESZ5");
    i.tick = s->tick;
    i.point_value = s->point_value;
    i.commission = s->commission;
    position_init(&p, &key, "MESZ5");

    int trades = 0, reach = (int)between(random, 1, 60);
    int64_t ticks = between(random, 500, 20000);
    while (s->event_count < EVENTS) {
        ticks += between(random, -reach, reach);
        int64_t units = between(random, 1, between(random, 1, 9)), held = s->held;
        int side = (int)between(random, -1, 1);
        if (side != PRICE_EVENT && held != 0 && between(random, 0, 4) == 0) {
            side = held > 0 ? -1 : 1; /* often enough exactly out */
            units = llabs(held);
        }
        int open = s->position_count - 1;
        const struct event *e = add_event(s, side, units, ticks);
        double price = (double)ticks * s->tick;
        if (side == PRICE_EVENT) {
            position_apply_price(&p, &i, price, e->time);
        } else {
            struct fill f = {
                .key = key, .symbol = "MESZ5", .side = (enum side)side, .price = price};
            f.quantity = (double)units * s->unit;
            f.time = e->time;
            position_apply_fill(&p, &i, &f, NULL, e->time, &step);
            bool closes = held != 0 && held * (held + side * units) <= 0;
            if (step.closed != closes)
                ck_abort_msg("sequence %d, event %d: closed is %d", number, s->event_count,
                             !closes);
            if (closes)
                compare_trade(s, number, &step.trade, open);
            trades += step.closed;
        }
        compare_position(s, number, &p);
    }
    return trades;
}

START_TEST(positions_are_what_all_their_fills_and_prices_say)
{
    uint64_t random = UINT64_C(0x9E3779B97F4A7C15);
    int trades = 0;
    for (int number = 0; number < SEQUENCES; number++)
        trades += play(number, &random);
    ck_assert_int_gt(trades, SEQUENCES); /* the sequences do go in and out */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("position property");
    TCase *t = tcase_create("position property");
    tcase_set_timeout(t, 120);
    tcase_add_test(t, positions_are_what_all_their_fills_and_prices_say);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
