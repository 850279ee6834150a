/* Fills: of the stream, and of the histories that are fetched to find those that were missed. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const int64_t HISTORY_SPAN = 30 * CLOCK_DAY;

enum side engine_side(int32_t buy_sell)
{
    return buy_sell == DTC_BUY ? SIDE_LONG : buy_sell == DTC_SELL ? SIDE_SHORT : SIDE_NONE;
}

/* For the recovery window, where the position was there at the start. */
static void find_closed(struct engine *e, const struct change *c, const char *why)
{
    char price[32], pnl[32], text[160];
    struct instrument i = {0};
    if (c->before.origin == ORIGIN_LIVE || c->trade.origin == ORIGIN_RECONCILED)
        return; /* of this run, or told by who reconciled it */
    state_get_instrument(e->state, e->symbols[engine_find_symbol(e, c->trade.symbol)].place, &i);
    instrument_format_price(&i, c->trade.exit_price, price, sizeof price);
    money_format(pnl, sizeof pnl, c->trade.realized_pnl, 1);
    text_format(text, sizeof text, "closed at %s, %s: %s", price, pnl, why);
    state_set_finding(e->state, &c->trade.key, c->trade.symbol, text);
}

void engine_say_trade(struct engine *e, const struct trade *t)
{
    char pnl[32], mae[32], mfe[32];
    money_format(pnl, sizeof pnl, t->realized_pnl, 1);
    money_format(mae, sizeof mae, t->mae, 1);
    money_format(mfe, sizeof mfe, t->mfe, 1);
    engine_say(e, t->realized_pnl < 0 ? MESSAGE_WARNING : MESSAGE_GOOD,
               "%s: closed %s %g %s: %s (MAE %s, MFE %s)", t->key.account,
               t->side == SIDE_LONG ? "LONG" : "SHORT", t->quantity, t->symbol, pnl, mae, mfe);
    if (t->exit_time < t->entry_time - CLOCK_SECOND)
        engine_say(e, MESSAGE_WARNING,
                   "%s: a fill of %s came after later ones: its trade is the wrong way round, with "
                   "the right P&L",
                   t->key.account, t->symbol);
}

/* The history brings the same one again and again: each is told once. */
static void say_refused(struct engine *e, const struct fill *f)
{
    char text[512];
    text_format(text, sizeof text, "%s|%s|%s|%s|%d|%.17g|%.17g|%lld", f->key.account, f->symbol,
                f->execution_id, f->order_id, (int)f->side, f->quantity, f->price,
                (long long)(f->time / CLOCK_SECOND));
    uint64_t hash = engine_hash(text, sizeof text);
    for (int i = 0; i < ENGINE_REFUSED; i++)
        if (e->refused[i] == hash)
            return;
    e->refused[e->refused_next++ % ENGINE_REFUSED] = hash;
    engine_quote(e, MESSAGE_ERROR, "a fill of %s in %s cannot be counted: check the position",
                 f->symbol, f->key.account);
}

bool engine_apply_fill(struct engine *e, const struct fill *f, enum trade_origin origin,
                       const char *why)
{
    struct change c;
    struct instrument i = {0};
    int symbol = engine_find_symbol(e, f->symbol);
    enum fill_result result =
        symbol < 0 ? FILL_REFUSED : state_apply_fill(e->state, f, origin, why, e->wall, &c);
    if (result == FILL_REFUSED)
        say_refused(e, f);
    if (result != FILL_APPLIED)
        return false;
    engine_store(e, &c);
    engine_note_terms(e, symbol);
    struct engine_account *a = engine_find_account(e, f->key.account, false);
    if (a != NULL)
        a->changed_at = e->now;
    if (origin != ORIGIN_LIVE)
        engine_note_stand_in(e, &f->key, f->symbol);

    char price[32];
    state_get_instrument(e->state, e->symbols[symbol].place, &i);
    instrument_format_price(&i, f->price, price, sizeof price);
    engine_say(e, MESSAGE_INFO, "%s: %s %g %s @ %s%s%s", f->key.account,
               f->side == SIDE_LONG ? "bought" : "sold", f->quantity, f->symbol, price,
               origin == ORIGIN_LIVE ? "" : ", ", origin == ORIGIN_LIVE ? "" : why);
    if (c.has_trade) {
        find_closed(e, &c, why);
        engine_say_trade(e, &c.trade);
    }
    if (!e->joins) /* the orders of now are none of then */
        engine_follow_bracket(e, &f->key, f->symbol);
    engine_note_filled(e, f);
    state_advance(e->state, e->wall);
    return true;
}

static void apply_collected(struct engine *e, struct engine_account *a);

/* Half a history is none; the fills of the stream are whole. */
static void drop_past(struct engine *e, struct engine_account *a)
{
    size_t kept = 0;
    engine_drop_missed(e, a);
    engine_drop_recount(e, a);
    a->weighed = false;
    for (size_t i = 0; i < a->fill_count; i++)
        if (!a->fills[i].past)
            a->fills[kept++] = a->fills[i];
    e->collected -= a->fill_count - kept;
    a->fill_count = kept;
    a->history_request = 0;
}

struct engine_fill *engine_add_fill(struct engine *e, struct engine_account *a)
{
    if (a->fill_count == a->fill_capacity) {
        a->fill_capacity = a->fill_capacity ? 2 * a->fill_capacity : 32;
        a->fills = memory_resize(a->fills, a->fill_capacity, sizeof *a->fills);
    }
    e->collected++;
    return &a->fills[a->fill_count++];
}

/* False: there are too many, and the history that is under way is given up. */
static bool collect(struct engine *e, struct engine_account *a, const struct engine_fill *f)
{
    if (e->collected == ENGINE_FILLS) {
        if (!e->told.fills)
            engine_say(e, MESSAGE_ERROR,
                       "the fill history of %s is too long (more than %d fills): it is not used",
                       a->key.account, ENGINE_FILLS);
        e->told.fills = true;
        drop_past(e, a);
        apply_collected(e, a);
        return false;
    }
    struct engine_fill *kept = engine_add_fill(e, a);
    *kept = *f;
    kept->order = f->fill.time;
    kept->place = a->places_given++;
    return true;
}

static void end_watch(struct engine *e, struct engine_fill *f)
{
    if (f->watch != 0)
        state_end_watch(e->state, f->watch, &f->high_after, &f->low_after);
    f->watch = 0;
}

void engine_see_after(struct engine *e, struct engine_fill *f)
{
    end_watch(e, f);
    if (!f->past && price_is_set(f->high_after))
        state_see_range(e->state, &f->fill.key, f->fill.symbol, f->high_after, f->low_after);
    f->high_after = f->low_after = PRICE_UNSET;
}

/* Prices from now on come behind the newest fill, no longer behind one before it. */
static void watch_newest(struct engine *e, struct engine_account *a)
{
    struct engine_fill *newest = &a->fills[a->fill_count - 1];
    for (struct engine_fill *f = a->fills; f < newest; f++)
        if (f->watch != 0 && strcmp(f->fill.symbol, newest->fill.symbol) == 0)
            end_watch(e, f);
    newest->watch = state_begin_watch(e->state, &a->key, newest->fill.symbol);
}

void engine_take_fill(struct engine *e, struct engine_account *a, const struct fill *f)
{
    struct engine_fill kept = {.fill = *f,
                               .high = PRICE_UNSET,
                               .low = PRICE_UNSET,
                               .high_after = PRICE_UNSET,
                               .low_after = PRICE_UNSET};
    if (f->time > a->last_fill)
        a->last_fill = f->time;
    a->without_ids |= f->execution_id[0] == '\0';
    /* one that comes behind later ones may not be the only one */
    bool is_overtaken = state_is_overtaken(e->state, f) && !state_knows_fill(e->state, f);
    if (is_overtaken) {
        a->caught_up = false;
        engine_ask_history(e, a);
    }
    /* one that was missed comes first: what is held then decides what this one does */
    bool waits = a->collecting && (!a->caught_up || a->weighed);
    if (!waits || !collect(e, a, &kept)) {
        engine_apply_fill(e, f, ORIGIN_LIVE, "fill");
        return;
    }
    watch_newest(e, a);
    engine_hurry_missed(e, a);
}

void engine_ask_history(struct engine *e, struct engine_account *a)
{
    if (a->collecting)
        return;
    int64_t from = e->wall - HISTORY_SPAN;
    /* where sums of orders tell fills apart, they have to begin with the orders */
    if (!a->without_ids && from < a->since)
        from = a->since;
    if (!a->without_ids && from < a->last_fill - CLOCK_DAY)
        from = a->last_fill - CLOCK_DAY;
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    struct dtc_historical_order_fills_request *r = &m.historical_order_fills_request;
    dtc_text_set(r->TradeAccount, sizeof r->TradeAccount, a->key.account);
    r->StartDateTime = from / CLOCK_SECOND;
    r->NumberOfDays = (int32_t)((e->wall - from) / CLOCK_DAY) + 1;
    a->history_from = r->StartDateTime * CLOCK_SECOND;
    a->history_is_short = from > e->wall - HISTORY_SPAN;
    a->history_request = dtc_session_request(e->session, &m, e->now);
    a->history_asked_at = e->now;
    a->collecting = a->history_request != 0;
    if (!a->collecting)
        state_hold_prices(e->state, &a->key, false);
}

void engine_hold_prices(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++)
        state_hold_prices(e->state, &e->accounts[i].key, true);
}

void engine_take_past_fill(struct engine *e, const struct dtc_historical_order_fill_response *u)
{
    struct engine_account *a = NULL;
    for (int i = 0; i < e->account_count; i++)
        if (e->accounts[i].history_request != 0 && e->accounts[i].history_request == u->RequestID)
            a = &e->accounts[i];
    if (a == NULL || u->NoOrderFills)
        return;
    int64_t time = dtc_time_from_seconds(u->DateTime);
    struct engine_fill f = {
        .fill = {.key = a->key, .quantity = u->Quantity, .price = u->Price},
        .past = true,
        .raw = true,
        .covered = time < a->since / CLOCK_SECOND * CLOCK_SECOND,
        .high = engine_price_or_none(u->HighPriceDuringPosition, 1),
        .low = engine_price_or_none(u->LowPriceDuringPosition, 1),
    };
    char name[ACCOUNT_SIZE];
    text_clean(name, sizeof name, u->TradeAccount, sizeof u->TradeAccount);
    engine_read_symbol(e, f.fill.symbol, u->Symbol, u->Exchange);
    text_clean(f.fill.execution_id, sizeof f.fill.execution_id, u->UniqueExecutionID,
               sizeof u->UniqueExecutionID);
    text_clean(f.fill.order_id, sizeof f.fill.order_id, u->ServerOrderID, sizeof u->ServerOrderID);
    f.fill.time = engine_time(e, time);
    f.fill.side = engine_side(u->BuySell);
    bool other = name[0] != '\0' && strcmp(name, a->key.account) != 0;
    if (other || time < a->history_from)
        return;
    a->without_ids |= f.fill.execution_id[0] == '\0';
    if (!fill_is_valid(&f.fill))
        say_refused(e, &f.fill); /* and it would spoil the sum of its order */
    else
        collect(e, a, &f);
}

/* By when they were made; of the same time, as they came. */
static int compare_times(const void *one, const void *other)
{
    const struct engine_fill *a = one, *b = other;
    if (a->order != b->order)
        return a->order < b->order ? -1 : 1;
    return a->place < b->place ? -1 : a->place > b->place;
}

void engine_sort_fills(struct engine_account *a)
{
    if (a->fill_count > 0)
        qsort(a->fills, a->fill_count, sizeof *a->fills, compare_times);
}

/* By order; of one order, as they stand in their array. */
static int compare_orders(const void *one, const void *other)
{
    const struct engine_fill *a = *(struct engine_fill *const *)one,
                             *b = *(struct engine_fill *const *)other;
    int order = strcmp(a->fill.order_id, b->fill.order_id);
    return order != 0 ? order : a < b ? -1 : a > b;
}

/* A fill that has no execution id here, or had none in the stream, is known by its order's
 * cumulative quantity, which the stream says and the history leaves to be added up. */
static void add_up(struct engine_account *a)
{
    size_t count = 0;
    double sum = 0;
    struct engine_fill **past = memory_new(a->fill_count + 1, sizeof(struct engine_fill *));
    for (size_t i = 0; i < a->fill_count; i++)
        if (a->fills[i].past && a->fills[i].again == NULL)
            past[count++] = &a->fills[i];
    qsort(past, count, sizeof(struct engine_fill *), compare_orders);
    for (size_t i = 0; i < count; i++) {
        struct fill *f = &past[i]->fill;
        const struct fill *before = i > 0 ? &past[i - 1]->fill : NULL;
        bool same = before != NULL && strcmp(f->order_id, before->order_id) == 0;
        bool again = same && f->execution_id[0] != '\0' &&
                     strcmp(f->execution_id, before->execution_id) == 0;
        sum = again ? sum : same ? sum + f->quantity : f->quantity;
        f->order_filled = sum;
    }
    free(past);
}

/* Nobody looked, or the fill was not known yet when trades younger than it came. Those come to the
 * millisecond, the times of a history to the second. */
bool engine_is_late(struct engine *e, const char *name, int64_t time)
{
    struct market m;
    int symbol = engine_find_symbol(e, name);
    bool traded = symbol >= 0 && state_get_market(e->state, e->symbols[symbol].place, &m) &&
                  m.last_time >= time + CLOCK_SECOND;
    return traded || time < e->online_since;
}

/* A fill that only the history tells of: where it is late, the prices of its position up to then
 * are those that came with it, or missing. So are those of the position that it opens. */
static void apply_past(struct engine *e, const struct engine_fill *f)
{
    struct position p;
    const struct fill *fill = &f->fill;
    if (f->covered || state_knows_fill(e->state, fill))
        return;
    bool missed = engine_is_late(e, fill->symbol, fill->time);
    if (missed && f->held_then)
        state_see_range(e->state, &fill->key, fill->symbol, f->high, f->low);
    if (missed && price_is_set(f->high) && price_is_set(f->low) && !f->partly) {
        engine_fill_gap(e, &fill->key, fill->symbol, f->high, f->low);
    } else if (missed) {
        state_mark_gap(e->state, &fill->key, fill->symbol, true);
    }
    bool applied = engine_apply_fill(e, fill, ORIGIN_LIVE, "fill history");
    if (missed && applied && state_get_position(e->state, &fill->key, fill->symbol, &p))
        engine_note_gap(e, &p, fill->time);
}

static int compare_ids(const void *one, const void *other)
{
    const struct engine_fill *a = *(struct engine_fill *const *)one,
                             *b = *(struct engine_fill *const *)other;
    int order = strcmp(a->fill.execution_id, b->fill.execution_id);
    return order != 0 ? order : a->past - b->past;
}

/* What the stream has told as well is the stream's: that knows the moment. */
static void prefer_stream(struct engine_account *a)
{
    size_t count = 0;
    struct engine_fill **list = memory_new(a->fill_count + 1, sizeof(struct engine_fill *));
    for (size_t i = 0; i < a->fill_count; i++)
        if (a->fills[i].fill.execution_id[0] != '\0')
            list[count++] = &a->fills[i];
    qsort(list, count, sizeof(struct engine_fill *), compare_ids);
    for (size_t i = 1; i < count; i++)
        if (list[i]->past && !list[i - 1]->past &&
            strcmp(list[i]->fill.execution_id, list[i - 1]->fill.execution_id) == 0)
            list[i]->covered = true;
    free(list);
}

/* Turns prices of a history to shown units; false while a symbol is not defined. */
static bool scale(struct engine *e, struct engine_account *a)
{
    for (size_t i = 0; i < a->fill_count; i++) {
        struct engine_fill *f = &a->fills[i];
        if (!f->raw || f->covered || state_knows_fill(e->state, &f->fill))
            continue; /* its symbol may be none of today's */
        int known = e->symbol_count, symbol = engine_find_symbol(e, f->fill.symbol);
        if (symbol < 0)
            continue;
        if (symbol == known)
            e->symbols[symbol].past_only = true;
        if (!e->symbols[symbol].defined)
            return false;
        f->fill.price *= e->symbols[symbol].multiplier;
        f->high *= e->symbols[symbol].multiplier;
        f->low *= e->symbols[symbol].multiplier;
        f->raw = false;
    }
    return true;
}

/* Applies what an account has collected once its history is here, its symbols are defined, and it
 * is clear what is news. */
static void apply_collected(struct engine *e, struct engine_account *a)
{
    if (!a->collecting || a->history_request != 0)
        return;
    engine_sort_fills(a);
    add_up(a);
    if (!scale(e, a) || (e->positions_request != 0 && engine_has_doubt(e, a)))
        return;
    if (!a->weighed) {
        engine_find_covered(e, a);
        prefer_stream(a);
        engine_plan_recount(e, a);
        engine_plan_missed(e, a);
        a->weighed = true;
    }
    if (engine_waits_for_missed(e, a) || engine_recount_waits(e, a))
        return;
    a->collecting = a->weighed = false;
    engine_recount(e, a);
    for (size_t i = 0; i < a->fill_count; i++) {
        if (a->fills[i].fill.time > a->last_fill)
            a->last_fill = a->fills[i].fill.time;
        if (a->fills[i].fill.time >= e->online_since)
            state_hold_prices(e->state, &a->key, false);
        if (a->fills[i].past)
            apply_past(e, &a->fills[i]);
        else if (!a->fills[i].covered)
            engine_apply_fill(e, &a->fills[i].fill, ORIGIN_LIVE, "fill");
        engine_see_after(e, &a->fills[i]);
    }
    state_hold_prices(e->state, &a->key, false);
    e->collected -= a->fill_count;
    a->fill_count = a->fill_capacity = 0;
    free(a->fills);
    a->fills = NULL;
    a->caught_up = !a->history_again;
    if (a->history_again) {
        a->history_again = false;
        engine_ask_history(e, a);
    }
}

void engine_apply_collected(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++)
        apply_collected(e, &e->accounts[i]);
}

void engine_end_history(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why)
{
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        if (!a->collecting || a->history_request != request)
            continue;
        a->history_request = 0;
        if (outcome == DTC_REJECTED && !a->history_refused)
            engine_say(e, MESSAGE_WARNING, "the server gives no fill history of %s: %s",
                       a->key.account, why);
        a->history_refused = outcome == DTC_REJECTED;
        a->history_failures = outcome == DTC_UNANSWERED ? a->history_failures + 1 : 0;
        /* fills without ids have come: their sums need a history that begins with the orders */
        bool is_too_short = outcome == DTC_COMPLETE && a->history_is_short && a->without_ids;
        a->history_again |= is_too_short;
        if (outcome != DTC_COMPLETE || is_too_short)
            drop_past(e, a);
        apply_collected(e, a);
    }
}

void engine_lose_histories(struct engine *e)
{
    for (int i = 0; i < e->account_count; i++) {
        struct engine_account *a = &e->accounts[i];
        a->history_again = false;
        if (a->collecting) {
            drop_past(e, a);
            apply_collected(e, a);
        }
        a->caught_up = false;
    }
}
