/* Prices of the past: what is wanted, one question at a time, and what its answer is good for. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"
#include "trade/trading_day.h"

#include <assert.h>
#include <math.h>
#include <string.h>

static const int64_t BAR = CLOCK_MINUTE;
static const int64_t TICKS_SPAN = 2 * CLOCK_HOUR;   /* of a gap; for longer ones bars do */
static const int64_t LONGEST_SPAN = 60 * CLOCK_DAY; /* of a gap that is asked for at all */
static const int64_t SETTLING = 3 * CLOCK_SECOND;   /* until a server has the bar of a minute */
static const int64_t SETTLED = 10 * CLOCK_SECOND;   /* until it has the last trades */
static const int64_t LOOK_PAUSE = 250 * CLOCK_MS;
static const int64_t RETRY_PAUSE = 30 * CLOCK_SECOND;
static const int64_t LONGEST_RETRY = 10 * CLOCK_MINUTE;

enum { TRIES = 4, SPREAD_MAX = 1000 };

static int64_t minute_of(int64_t time)
{
    return time - time % BAR;
}

struct engine_past *engine_add_past(struct engine *e, enum engine_past_purpose purpose,
                                    const char *symbol)
{
    struct engine_past *p = e->past;
    while (p < e->past + ENGINE_PAST && p->purpose != PAST_NONE)
        p++;
    assert(p < e->past + ENGINE_PAST);
    *p = (struct engine_past){.purpose = purpose};
    text_copy(p->symbol, sizeof p->symbol, symbol);
    return p;
}

void engine_drop_past(struct engine *e, struct engine_past *p)
{
    p->purpose = PAST_NONE;
    if (e->past_asked == p)
        e->past_asked = NULL; /* what still comes of it is for nobody */
}

static struct engine_past *find_session(struct engine *e, const struct engine_symbol *s)
{
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose == PAST_SESSION && strcmp(e->past[i].symbol, s->name) == 0)
            return &e->past[i];
    return NULL;
}

void engine_drop_session(struct engine *e, int symbol)
{
    const struct engine_symbol *s = &e->symbols[symbol];
    struct engine_past *p = find_session(e, s);
    if (p != NULL)
        engine_drop_past(e, p);
    state_drop_backfill(e->state, s->place);
}

void engine_want_session(struct engine *e, int symbol)
{
    struct engine_symbol *s = &e->symbols[symbol];
    struct engine_past *p = find_session(e, s);
    if (p != NULL && p->from == 0)
        return; /* it was not asked for yet */
    engine_drop_session(e, symbol);
    if (!engine_has_past(e))
        return;
    p = engine_add_past(e, PAST_SESSION, s->name);
    p->wanted = true;
    p->due = engine_pace(e, &s->session_pace);
}

static void give_up(struct engine *e, struct engine_past *p)
{
    int symbol = engine_find_symbol(e, p->symbol);
    if (p->purpose != PAST_SESSION)
        engine_say(e, MESSAGE_INFO,
                   "%s in %s: prices were missed and cannot be had: MAE and MFE may be greater",
                   p->symbol, p->key.account);
    else if (symbol >= 0)
        state_drop_backfill(e->state, e->symbols[symbol].place);
    if (p->purpose == PAST_FILL)
        engine_take_missed(e, p, false);
    else
        engine_drop_past(e, p);
}

void engine_give_up_past(struct engine *e)
{
    for (int i = 0; i < ENGINE_PAST; i++)
        if (e->past[i].purpose != PAST_NONE && e->past[i].wanted)
            give_up(e, &e->past[i]);
}

/* --- asking --- */

static void wait_until(struct engine *e, struct engine_past *p, int64_t wall)
{
    p->due = e->now + (wall - e->wall > 0 ? wall - e->wall : 0);
}

/* Ticks for a short gap. For a long one bars, and ticks only for the minute in which the position
 * was opened: its bar holds prices from before. False: there is nothing to ask now. */
static bool plan_gap(struct engine *e, struct engine_past *p, const struct engine_symbol *s)
{
    struct position position;
    if (!state_get_position(e->state, &p->key, p->symbol, &position)) {
        engine_drop_past(e, p);
        return false;
    }
    p->entry_time = position.entry_time;
    if (p->from < p->entry_time)
        p->from = p->entry_time;
    int64_t seen_from = s->live_from > p->to ? s->live_from : p->to;
    if (seen_from <= p->from) { /* no trade since */
        engine_fill_gap(e, &p->key, p->symbol, PRICE_UNSET, PRICE_UNSET);
        return false;
    }
    if (e->wall - p->from > LONGEST_SPAN) {
        give_up(e, p);
        return false;
    }
    bool straddles = minute_of(p->from) < p->entry_time;
    bool is_short = e->wall - p->from <= TICKS_SPAN;
    p->needed = seen_from;
    p->until = !p->bars && !is_short && straddles ? minute_of(p->from) + BAR : 0;
    p->interval = !p->bars && (is_short || straddles) ? 0 : BAR;
    p->straddle = p->interval != 0 && straddles;
    if (p->interval != 0 && minute_of(e->wall - SETTLING) < seen_from) {
        wait_until(e, p, minute_of(seen_from) + BAR + SETTLING);
        return false;
    }
    return true;
}

/* Ticks, which meet the stream at its next trade; else bars, which meet it at the next minute. */
static bool plan_session(struct engine *e, struct engine_past *p, const struct engine_symbol *s)
{
    struct market m;
    int64_t start =
        s->session_date != 0 ? trading_day_start_of(s->session_date, s->session_start) : 0;
    bool believable = start <= e->wall && start > e->wall - 5 * CLOCK_DAY;
    p->from = believable ? start : trading_day_start(e->wall, s->session_start);
    p->interval = p->bars ? BAR : 0;
    if (p->bars && p->until != 0)
        return true;
    state_get_market(e->state, s->place, &m);
    p->needed = m.last_time < e->wall ? m.last_time : e->wall;
    p->until = p->bars ? minute_of(e->wall) + BAR : 0;
    state_begin_backfill(e->state, s->place, p->until);
    if (p->bars)
        wait_until(e, p, p->until + SETTLING);
    return !p->bars;
}

/* Ticks for a short time. For a long one bars of whole minutes, and ticks for what is left of the
 * first and the last; a server without ticks leaves those out. */
static bool plan_fill(struct engine *e, struct engine_past *p)
{
    if (p->to - p->from > LONGEST_SPAN) {
        give_up(e, p);
        return false;
    }
    if (!p->bars && p->to - p->from <= TICKS_SPAN) {
        p->interval = 0;
        p->until = p->to;
        return true;
    }
    int64_t minute = minute_of(p->from + BAR - 1), last = minute_of(p->to);
    p->until = minute > p->from ? minute : last > p->from ? last : p->to;
    p->until = p->until < p->to ? p->until : p->to;
    p->interval = minute == p->from && last > p->from ? BAR : 0;
    if (p->interval != 0 || !p->bars)
        return true;
    p->straddle = true;
    p->from = p->until;
    if (p->from < p->to)
        return plan_fill(e, p);
    give_up(e, p);
    return false;
}

static bool plan(struct engine *e, struct engine_past *p, const struct engine_symbol *s)
{
    if (p->purpose == PAST_FILL)
        return plan_fill(e, p);
    p->high = p->low = PRICE_UNSET;
    p->any = false;
    return p->purpose == PAST_GAP ? plan_gap(e, p, s) : plan_session(e, p, s);
}

static void ask(struct engine *e, struct engine_past *p, const struct engine_symbol *s)
{
    struct dtc_session *session = engine_past_session(e);
    if (session == NULL)
        return;
    if (!plan(e, p, s))
        return;
    int64_t end = p->until != 0 ? p->until : e->wall + CLOCK_SECOND;
    if (p->purpose == PAST_FILL) /* what comes after it shows that all of it came */
        end = end + BAR < e->wall + CLOCK_SECOND ? end + BAR : e->wall + CLOCK_SECOND;
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_REQUEST);
    struct dtc_historical_price_data_request *r = &m.historical_price_data_request;
    engine_write_symbol(e, s->name, r->Symbol, r->Exchange);
    r->RecordInterval = p->interval != 0 ? DTC_INTERVAL_1_MINUTE : DTC_INTERVAL_TICK;
    r->StartDateTime = (p->interval != 0 ? minute_of(p->from) : p->from) / CLOCK_SECOND;
    r->EndDateTime = end / CLOCK_SECOND;
    r->UseZLibCompression = session != e->session;
    p->asked_symbol = (int)(s - e->symbols);
    p->reached = p->from;
    p->again = 0;
    e->past_request = dtc_session_request(session, &m, e->now);
    e->past_asked_on = session;
    e->past_asked = e->past_request != 0 ? p : NULL;
}

/* Of a symbol whose prices come: before, nobody knows where what was missed ends, but at a fill. */
static const struct engine_symbol *is_due(struct engine *e, const struct engine_past *p)
{
    if (p->purpose == PAST_NONE || !p->wanted || p->due > e->now)
        return NULL;
    int symbol = engine_find_symbol(e, p->symbol);
    return symbol >= 0 && e->symbols[symbol].defined &&
                   (e->symbols[symbol].live_from != 0 || p->purpose == PAST_FILL)
               ? &e->symbols[symbol]
               : NULL;
}

void engine_ask_past(struct engine *e)
{
    if (e->now < e->past_at || !engine_has_past(e))
        return;
    e->past_at = e->now + LOOK_PAUSE;
    for (int purpose = PAST_FILL; purpose <= PAST_SESSION; purpose++)
        for (int i = 0; i < ENGINE_PAST && e->past_request == 0; i++) {
            struct engine_past *p = &e->past[i];
            const struct engine_symbol *s = (int)p->purpose == purpose ? is_due(e, p) : NULL;
            if (s != NULL)
                ask(e, p, s);
        }
}

/* --- answers --- */

static void widen(struct engine_past *p, double high, double low)
{
    p->high = price_is_set(p->high) && p->high > high ? p->high : high;
    p->low = price_is_set(p->low) && p->low < low ? p->low : low;
}

/* What ends after what was asked for. */
static bool is_beyond(struct engine_past *p, int64_t start, int64_t end)
{
    if (p->until == 0 || end <= p->until)
        return false;
    p->any |= p->purpose == PAST_FILL;
    p->reached = p->purpose == PAST_FILL && start > p->reached ? start : p->reached;
    return true;
}

static void take_tick(struct engine *e, struct engine_past *p, const struct engine_symbol *s,
                      const struct dtc_historical_price_data_tick_record_response *t)
{
    int64_t time = dtc_time_from_double(t->DateTime);
    double price = engine_price_or_none(t->Price, s->multiplier);
    double volume = engine_quantity(t->Volume);
    bool told = t->AtBidOrAsk == DTC_AT_BID || t->AtBidOrAsk == DTC_AT_ASK;
    if (p->interval != 0 || !price_is_set(price) || time < p->from ||
        time > e->wall + CLOCK_MINUTE || is_beyond(p, time, time + 1))
        return;
    p->any = true;
    p->reached = time > p->reached ? time : p->reached;
    if (p->purpose != PAST_SESSION)
        widen(p, price, price);
    else
        state_backfill(e->state, s->place, price, volume,
                       told ? (enum aggressor)t->AtBidOrAsk : AGGRESSOR_NONE, time);
}

struct bar {
    int64_t start;
    double high, low, volume, at_bid, at_ask;
};

/* Nobody knows at which of its prices a bar traded: at each of them alike. */
static void spread(struct engine *e, const struct engine_symbol *s, const struct bar *b)
{
    struct instrument i;
    state_get_instrument(e->state, s->place, &i);
    double ticks = i.tick > 0 ? round((b->high - b->low) / i.tick) + 1 : 2;
    int steps = b->high == b->low ? 1 : ticks < SPREAD_MAX ? (int)ticks : SPREAD_MAX;
    steps = steps < 1 ? 1 : steps;
    double rest = b->volume - b->at_bid - b->at_ask;
    for (int n = 0; n < steps; n++) {
        double price = steps > 1 ? b->low + (b->high - b->low) * n / (steps - 1) : b->low;
        price = instrument_round(&i, price);
        state_backfill(e->state, s->place, price, b->at_bid / steps, AGGRESSOR_AT_BID, b->start);
        state_backfill(e->state, s->place, price, b->at_ask / steps, AGGRESSOR_AT_ASK, b->start);
        state_backfill(e->state, s->place, price, rest / steps, AGGRESSOR_NONE, b->start);
    }
}

static double or_nothing(double quantity)
{
    return price_is_set(quantity) ? quantity : 0;
}

static void take_bar(struct engine *e, struct engine_past *p, const struct engine_symbol *s,
                     const struct dtc_historical_price_data_record_response *r)
{
    struct bar b = {
        .start = r->StartDateTime,
        .high = engine_price_or_none(r->HighPrice, s->multiplier),
        .low = engine_price_or_none(r->LowPrice, s->multiplier),
        .volume = or_nothing(engine_quantity(r->Volume)),
        .at_bid = or_nothing(engine_quantity(r->BidVolume)),
        .at_ask = or_nothing(engine_quantity(r->AskVolume)),
    };
    if (p->interval == 0 || !(b.high >= b.low) || !price_is_set(b.high - b.low) || b.start <= 0 ||
        b.start > e->wall + CLOCK_MINUTE)
        return;
    int64_t end = b.start + p->interval, first = p->purpose == PAST_GAP ? p->entry_time : p->from;
    if (end <= minute_of(p->from) || is_beyond(p, b.start, end))
        return;
    p->any = true;
    p->reached = end > p->reached ? end : p->reached;
    if (b.start < first)
        p->straddle = true; /* it holds prices that do not count */
    else if (p->purpose != PAST_SESSION)
        widen(p, b.high, b.low);
    else
        spread(e, s, &b);
}

static void take_reject(struct engine_past *p, const struct dtc_historical_price_data_reject *r)
{
    bool comes_back =
        r->RejectReasonCode == DTC_HPDR_UNABLE_TO_SERVE_DATA_RETRY_IN_SPECIFIED_SECONDS ||
        (r->RejectReasonCode == DTC_HPDR_UNSET && r->RetryTimeInSeconds > 0);
    int64_t seconds = r->RetryTimeInSeconds > 0 ? r->RetryTimeInSeconds : 1;
    if (comes_back)
        p->again = seconds * CLOCK_SECOND < LONGEST_RETRY ? seconds * CLOCK_SECOND : LONGEST_RETRY;
}

void engine_take_past(struct engine *e, const struct dtc_session *from, const union dtc_message *m)
{
    struct engine_past *p = e->past_asked;
    if (p == NULL || from != e->past_asked_on ||
        m->historical_price_data_reject.RequestID != e->past_request)
        return;
    const struct engine_symbol *s = &e->symbols[p->asked_symbol];
    int32_t interval = m->historical_price_data_response_header.RecordInterval;
    switch (m->header.Type) {
    case DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER:
        if (p->interval != 0 && interval > 0 && interval <= DTC_INTERVAL_1_DAY)
            p->interval = interval * CLOCK_SECOND;
        break;
    case DTC_HISTORICAL_PRICE_DATA_REJECT:
        take_reject(p, &m->historical_price_data_reject);
        break;
    case DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE:
        take_bar(e, p, s, &m->historical_price_data_record_response);
        break;
    case DTC_HISTORICAL_PRICE_DATA_TICK_RECORD_RESPONSE:
        take_tick(e, p, s, &m->historical_price_data_tick_record_response);
        break;
    default:
        break;
    }
}

static void say_refusal(struct engine *e, const struct engine_past *p, const char *why)
{
    struct engine_symbol *s = &e->symbols[p->asked_symbol];
    char later[48] = "";
    if (p->again > 0)
        text_format(later, sizeof later, "; asking again in %d s", (int)(p->again / CLOCK_SECOND));
    if (!s->past_refusal_told)
        engine_say(e, MESSAGE_INFO, "the server gives no past prices of %s: %s%s", s->name,
                   why[0] ? why : "it gives no reason", later);
    s->past_refusal_told = true;
}

/* What has come is all there is. */
static void use(struct engine *e, struct engine_past *p)
{
    p->tries = 0;
    if (p->purpose == PAST_SESSION) {
        state_end_backfill(e->state, e->symbols[p->asked_symbol].place);
        engine_drop_past(e, p);
    } else if (p->until != 0) {
        p->from = p->until; /* the rest comes in bars */
    } else if (p->straddle) {
        give_up(e, p);
    } else {
        engine_fill_gap(e, &p->key, p->symbol, PRICE_UNSET, PRICE_UNSET);
    }
}

/* Later, in another way, or not at all. */
static void try_again(struct engine *e, struct engine_past *p, enum dtc_outcome outcome)
{
    bool another = outcome == DTC_UNANSWERED || p->again > 0 || (outcome == DTC_COMPLETE && p->any);
    p->until = 0;
    if (another && ++p->tries < TRIES) {
        p->due = e->now + (p->again > 0 ? p->again : RETRY_PAUSE);
    } else if (!p->bars) {
        p->bars = true;
        p->tries = 0;
    } else {
        give_up(e, p);
    }
}

/* The next part, in another way, or what there is. The latest trades may not be in a history yet.
 */
static void end_fill(struct engine *e, struct engine_past *p, enum dtc_outcome outcome)
{
    bool is_there = p->reached >= p->until || e->wall - p->until > SETTLED;
    if (outcome == DTC_COMPLETE && p->any && !is_there) {
        p->due = e->now + SETTLING;
    } else if (outcome == DTC_COMPLETE && p->any) {
        p->from = p->until;
        if (p->from >= p->to && p->straddle)
            give_up(e, p);
        else if (p->from >= p->to)
            engine_take_missed(e, p, true);
    } else if (outcome == DTC_UNANSWERED || p->again > 0) {
        p->due = e->now + (p->again > 0 ? p->again : SETTLING);
    } else if (!p->bars) {
        p->bars = true;
    } else {
        give_up(e, p);
    }
}

void engine_end_past(struct engine *e, const struct dtc_session *from, int32_t request,
                     enum dtc_outcome outcome, const char *why)
{
    struct engine_past *p = e->past_asked;
    struct position position;
    if (from != e->past_asked_on || request != e->past_request)
        return;
    e->past_asked = NULL;
    e->past_request = 0;
    e->past_at = e->now;
    if (p == NULL)
        return;
    p->due = e->now;
    if (outcome == DTC_REJECTED)
        say_refusal(e, p, why);
    if (p->purpose == PAST_FILL) {
        end_fill(e, p, outcome);
        return;
    }
    bool is_gap = p->purpose == PAST_GAP;
    if (is_gap && (!state_get_position(e->state, &p->key, p->symbol, &position) ||
                   position.entry_time != p->entry_time))
        return; /* it was closed, or turned: planned anew */
    if (is_gap)
        state_widen_position(e->state, &p->key, p->symbol, p->high, p->low);
    bool any = p->any || (!is_gap && p->needed < p->from);
    int64_t reached = p->interval != 0 ? p->reached : p->reached + CLOCK_SECOND;
    if (outcome == DTC_COMPLETE && any && (reached >= p->needed || (is_gap && p->until != 0)))
        use(e, p);
    else
        try_again(e, p, outcome);
}
