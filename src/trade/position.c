#include "trade/position.h"

#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

/* Sums of fractional quantities (0.1 + 0.2) end this close to what they mean; of great ones, this
 * part of the greatest. */
static const double QUANTITY_EPSILON = 1e-9, QUANTITY_PART = 1e-14;
static const double EFFICIENCY_LIMIT = 1.5;

static void context_set(struct market_context *c, const struct market_context *known)
{
    if (known)
        *c = *known;
    else
        *c = (struct market_context){PRICE_UNSET, PRICE_UNSET, PRICE_UNSET, true};
}

void position_init(struct position *p, const struct account_key *key, const char *symbol)
{
    memset(p, 0, sizeof *p);
    p->key = *key;
    text_copy(p->symbol, sizeof p->symbol, symbol);
    p->entry_price = p->target_price = p->stop_price = p->initial_stop_price = PRICE_UNSET;
    p->min_price = p->max_price = p->price = p->last_price = PRICE_UNSET;
    context_set(&p->entry_context, NULL);
}

/* What is not more than this is nothing. */
static double hair_of(const struct position *p)
{
    return fmax(QUANTITY_EPSILON, p->max_quantity * QUANTITY_PART);
}

bool position_is_open(const struct position *p)
{
    return fabs(p->quantity) > hair_of(p);
}

enum side position_side(const struct position *p)
{
    if (!position_is_open(p))
        return SIDE_NONE;
    return p->quantity > 0 ? SIDE_LONG : SIDE_SHORT;
}

static double points_at(const struct position *p, double price)
{
    return (price - p->entry_price) * (int)position_side(p);
}

static money open_pnl_at(const struct position *p, const struct instrument *i, double price)
{
    if (!position_is_open(p))
        return 0;
    return instrument_money(i, points_at(p, price), fabs(p->quantity));
}

/* Moves min and max to hold `price`. True when one of them changed. */
static bool widen_range(struct position *p, double price)
{
    bool lower = !price_is_set(p->min_price) || price < p->min_price;
    bool higher = !price_is_set(p->max_price) || price > p->max_price;
    if (lower)
        p->min_price = price;
    if (higher)
        p->max_price = price;
    return lower || higher;
}

/* True when it is a new worst or best. */
static bool note_excursion(struct position *p, money excursion)
{
    if (excursion == MONEY_UNSET)
        return false;
    bool worse = excursion<p->mae, better = excursion> p->mfe;
    if (worse)
        p->mae = excursion;
    if (better)
        p->mfe = excursion;
    return worse || better;
}

static bool follow_heat(struct position *p, int64_t now)
{
    bool adverse = p->open_pnl < 0, was_adverse = p->heat_since != 0;
    if (adverse == was_adverse)
        return false;
    p->heat_since = adverse ? now : 0;
    return true;
}

/* A price seen now. True when a stored extreme changed. */
static bool see_price(struct position *p, const struct instrument *i, double price, int64_t now)
{
    p->price = p->last_price = price;
    p->open_pnl = open_pnl_at(p, i, price);
    p->updated_at = now;
    bool changed = widen_range(p, price);
    changed |= note_excursion(p, money_add(p->realized_pnl, p->open_pnl));
    changed |= follow_heat(p, now);
    return changed;
}

static double average_entry(const struct position *p)
{
    return p->entered_quantity > 0 ? p->entered_sum / p->entered_quantity : p->entry_price;
}

/* A position made from a server's report may not have it written down. */
static double greatest_quantity(const struct position *p)
{
    return fmax(p->max_quantity, fabs(p->quantity));
}

/* MONEY_UNSET without a stop. */
static money initial_risk(const struct position *p, const struct instrument *i)
{
    if (!price_is_set(p->initial_stop_price))
        return MONEY_UNSET;
    return instrument_money(i, fabs(average_entry(p) - p->initial_stop_price),
                            greatest_quantity(p));
}

static double ratio(money a, money b)
{
    if (a == MONEY_UNSET || b == MONEY_UNSET || b == 0)
        return (double)NAN;
    return (double)a / (double)b;
}

double position_efficiency(money pnl, money mfe)
{
    if (mfe <= 0) /* unset too */
        return (double)NAN;
    double efficiency = ratio(pnl, mfe);
    return isnan(efficiency) ? efficiency : fmax(0, fmin(EFFICIENCY_LIMIT, efficiency));
}

static money commission_of(const struct instrument *i, double quantity)
{
    return price_is_set(i->commission) ? money_from_double(i->commission * quantity) : 0;
}

/* `p` is flat: `quantity` of the fill opens it. */
static void open_with(struct position *p, const struct instrument *i, const struct fill *f,
                      double quantity, const struct market_context *context, int64_t now)
{
    struct position fresh;
    bool none = quantity <= hair_of(p);
    position_init(&fresh, &p->key, p->symbol);
    *p = fresh;
    p->updated_at = now;
    if (none)
        return;
    p->quantity = quantity * (int)f->side;
    p->entry_price = f->price;
    p->entry_time = f->time;
    context_set(&p->entry_context, context);
    p->unchanged = true;
    p->created_at = now;
    p->max_quantity = p->entered_quantity = quantity;
    p->entered_sum = quantity * f->price;
    p->commissions = money_add(p->commissions, commission_of(i, quantity));
    see_price(p, i, f->price, now);
}

static void add_to(struct position *p, const struct instrument *i, const struct fill *f,
                   int64_t now)
{
    see_price(p, i, f->price, now);
    double held = fabs(p->quantity), quantity = held + f->quantity;
    p->entry_price = (p->entry_price * held + f->price * f->quantity) / quantity;
    p->quantity = quantity * (int)f->side;
    p->max_quantity = fmax(p->max_quantity, quantity);
    p->entered_quantity += f->quantity;
    p->entered_sum += f->price * f->quantity;
    p->unchanged = false;
    p->commissions = money_add(p->commissions, commission_of(i, f->quantity));
    see_price(p, i, f->price, now);
}

static void write_trade(const struct position *p, const struct instrument *i, enum side side,
                        const struct fill *f, const struct market_context *context, int64_t now,
                        struct trade *t)
{
    t->key = p->key;
    memcpy(t->symbol, p->symbol, sizeof t->symbol);
    t->side = side;
    t->quantity = p->max_quantity;
    t->entry_time = p->entry_time;
    t->exit_time = f->time;
    t->entry_price = average_entry(p);
    t->exit_price = p->exited_sum / p->exited_quantity;
    t->realized_pnl = p->realized_pnl;
    t->commissions = p->commissions;
    t->mae = p->mae;
    t->mfe = p->mfe;
    t->efficiency = position_efficiency(p->realized_pnl, p->mfe);
    t->r_multiple = ratio(p->realized_pnl, initial_risk(p, i));
    t->entry_context = p->entry_context;
    context_set(&t->exit_context, context);
    t->min_price = p->min_price;
    t->max_price = p->max_price;
    t->stop_price = p->stop_price;
    t->target_price = p->target_price;
    t->origin = p->origin;
    t->has_gap = p->has_gap;
    t->created_at = now;
    t->tick_value = i->tick > 0 ? instrument_money(i, i->tick, p->max_quantity) : MONEY_UNSET;
    if (t->tick_value <= 0) /* less than a millionth */
        t->tick_value = MONEY_UNSET;
}

/* Takes `quantity` off, at most what is held. */
static void reduce_by(struct position *p, const struct instrument *i, const struct fill *f,
                      double quantity, int64_t now)
{
    see_price(p, i, f->price, now);
    money pnl = instrument_money(i, points_at(p, f->price), quantity);
    double left = fabs(p->quantity) - quantity;
    p->realized_pnl = money_add(p->realized_pnl, pnl);
    p->quantity = left > hair_of(p) ? left * (int)position_side(p) : 0;
    p->exited_quantity += quantity;
    p->exited_sum += quantity * f->price;
    p->unchanged = false;
    p->commissions = money_add(p->commissions, commission_of(i, quantity));
    see_price(p, i, f->price, now);
}

void position_apply_fill(struct position *p, const struct instrument *i, const struct fill *f,
                         const struct market_context *context, int64_t now,
                         struct position_step *step)
{
    memset(step, 0, sizeof *step);
    if (!fill_is_valid(f))
        return;
    enum side side = position_side(p);
    if (side == SIDE_NONE) {
        open_with(p, i, f, f->quantity, context, now);
        return;
    }
    double held = fabs(p->quantity);
    if (!(p->entered_quantity > 0)) {
        p->entered_quantity = held;
        p->entered_sum = held * p->entry_price;
    }
    p->max_quantity = greatest_quantity(p);
    if (f->side == side) {
        add_to(p, i, f, now);
        return;
    }
    /* What is within a hair of all of it is all of it. */
    bool closes = f->quantity >= held - hair_of(p);
    reduce_by(p, i, f, closes ? held : f->quantity, now);
    if (!closes)
        return;
    step->closed = true;
    write_trade(p, i, side, f, context, now, &step->trade);
    open_with(p, i, f, f->quantity - held, context, now);
}

bool position_apply_price(struct position *p, const struct instrument *i, double price, int64_t now)
{
    return position_is_open(p) && price_is_set(price) && see_price(p, i, price, now);
}

static bool widen_by(struct position *p, const struct instrument *i, double price)
{
    if (!price_is_set(price) || !widen_range(p, price))
        return false;
    note_excursion(p, money_add(p->realized_pnl, open_pnl_at(p, i, price)));
    return true;
}

bool position_widen(struct position *p, const struct instrument *i, double high, double low)
{
    if (!position_is_open(p))
        return false;
    bool higher = widen_by(p, i, high), lower = widen_by(p, i, low);
    return higher || lower;
}

bool position_see_range(struct position *p, const struct instrument *i, double high, double low)
{
    const double prices[] = {high, low};
    bool changed = false;
    for (int n = 0; n < 2 && position_is_open(p); n++) {
        if (!price_is_set(prices[n]))
            continue;
        changed |= widen_range(p, prices[n]);
        changed |= note_excursion(p, money_add(p->realized_pnl, open_pnl_at(p, i, prices[n])));
    }
    return changed;
}

bool position_correct_entry(struct position *p, const struct instrument *i, double entry_price)
{
    if (!position_is_open(p) || !price_is_set(entry_price) || entry_price == p->entry_price)
        return false;
    if (p->source == SOURCE_FILLS || p->exited_quantity > 0)
        p->realized_pnl = money_add(
            p->realized_pnl, instrument_money(i, points_at(p, entry_price), fabs(p->quantity)));
    else if (p->entered_quantity > 0)
        p->entered_sum += (entry_price - p->entry_price) * fabs(p->quantity);
    p->entry_price = entry_price;
    widen_range(p, entry_price);
    if (p->unchanged) {
        p->mae = p->mfe = 0;
        note_excursion(p, money_add(p->realized_pnl, open_pnl_at(p, i, p->min_price)));
        note_excursion(p, money_add(p->realized_pnl, open_pnl_at(p, i, p->max_price)));
    }
    if (price_is_set(p->price)) {
        p->open_pnl = open_pnl_at(p, i, p->price);
        note_excursion(p, money_add(p->realized_pnl, p->open_pnl));
        follow_heat(p, p->updated_at);
    }
    return true;
}

static bool replace_price(double *price, double with)
{
    bool same = price_is_set(*price) ? *price == with : !price_is_set(with);
    if (!same)
        *price = price_is_set(with) ? with : PRICE_UNSET;
    return !same;
}

bool position_set_bracket(struct position *p, double stop, double target)
{
    if (!position_is_open(p))
        return false;
    bool changed = replace_price(&p->stop_price, stop);
    changed |= replace_price(&p->target_price, target);
    if (!price_is_set(p->initial_stop_price))
        changed |= replace_price(&p->initial_stop_price, stop);
    return changed;
}

static void metrics_clear(struct position_metrics *out)
{
    *out = (struct position_metrics){
        .points = (double)NAN,
        .open_pnl = MONEY_UNSET,
        .net_pnl = MONEY_UNSET,
        .excursion = MONEY_UNSET,
        .mae_points = (double)NAN,
        .mfe_points = (double)NAN,
        .initial_risk = MONEY_UNSET,
        .r_multiple = (double)NAN,
        .planned_risk = MONEY_UNSET,
        .planned_reward = MONEY_UNSET,
        .reward_ratio = (double)NAN,
        .range = (double)NAN,
        .efficiency = (double)NAN,
        .vwap_distance = (double)NAN,
        .poc_distance = (double)NAN,
    };
}

/* What the bracket promises, and what MAE and MFE were in points; no price is needed. */
static void measure_plan(const struct position *p, const struct instrument *i,
                         struct position_metrics *out)
{
    double held = fabs(p->quantity);
    out->initial_risk = initial_risk(p, i);
    if (price_is_set(p->stop_price))
        out->planned_risk = instrument_money(i, fabs(p->entry_price - p->stop_price), held);
    if (price_is_set(p->target_price))
        out->planned_reward = instrument_money(i, fabs(p->target_price - p->entry_price), held);
    out->reward_ratio = ratio(out->planned_reward, out->planned_risk);
    double point = money_to_double(instrument_money(i, 1, greatest_quantity(p)));
    out->mae_points = money_to_double(p->mae) / point;
    out->mfe_points = money_to_double(p->mfe) / point;
}

static double range_at(const struct position *p, double price)
{
    double span = p->max_price - p->min_price;
    if (!(span > 0))
        return 0.5;
    double low = (price - p->min_price) / span;
    return fmax(0, fmin(1, p->quantity > 0 ? low : 1 - low));
}

static void measure_price(const struct position *p, const struct instrument *i, double price,
                          int64_t stop_near_ticks, struct position_metrics *out)
{
    int sign = (int)position_side(p);
    out->points = points_at(p, price);
    out->ticks = sign * instrument_ticks(i, price, p->entry_price);
    out->open_pnl = open_pnl_at(p, i, price);
    out->excursion = money_add(p->realized_pnl, out->open_pnl);
    out->net_pnl = money_subtract(money_subtract(out->excursion, p->commissions),
                                  commission_of(i, fabs(p->quantity)));
    out->r_multiple = ratio(out->excursion, out->initial_risk);
    out->efficiency = position_efficiency(out->excursion, p->mfe);
    out->range = range_at(p, price);
    out->stop_near = price_is_set(p->stop_price) && i->tick > 0 &&
                     sign * instrument_ticks(i, price, p->stop_price) <= stop_near_ticks;
}

void position_measure(const struct position *p, const struct instrument *i, const struct market *m,
                      int64_t now, int64_t stop_near_ticks, struct position_metrics *out)
{
    metrics_clear(out);
    if (!position_is_open(p))
        return;
    out->heat = p->heat_since != 0 && now > p->heat_since ? now - p->heat_since : 0;
    out->age = now > p->entry_time ? now - p->entry_time : 0;
    measure_plan(p, i, out);

    double price = m ? market_price(m) : PRICE_UNSET;
    if (!price_is_set(price))
        price = p->price;
    if (!price_is_set(price))
        return;
    measure_price(p, i, price, stop_near_ticks, out);
    if (m) {
        out->vwap_distance = price - m->context.vwap;
        out->poc_distance = price - m->context.poc;
    }
}

/* FNV-1a: short, and the same in every process. */
static uint64_t hash_text(const char *text)
{
    uint64_t hash = UINT64_C(14695981039346656037);
    for (; *text != '\0'; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(1099511628211);
    return hash;
}

/* An execution id has no room for all that identifies the event: it holds the reason and a hash. */
static void name_event(const struct position *p, double quantity, int64_t time, const char *reason,
                       char *id, size_t size)
{
    const double amounts[] = {p->entered_quantity, p->exited_quantity, p->quantity, quantity};
    char text[4][64];
    for (int n = 0; n < 4; n++)
        fill_format_quantity(amounts[n], text[n], sizeof text[n]);
    char event[512];
    text_format(event, sizeof event, "%s|%s|%s|%s|%" PRId64 "|%s|%s|%s|%s", reason,
                mode_name(p->key.mode), p->key.account, p->symbol,
                position_is_open(p) ? p->entry_time : time, text[0], text[1], text[2], text[3]);
    text_format(id, size, "%.40s-%016" PRIx64, reason, hash_text(event));
}

bool position_make_missing_fill(const struct position *p, double quantity, double price,
                                int64_t time, const char *reason, struct fill *out)
{
    double missing = quantity - p->quantity;
    memset(out, 0, sizeof *out);
    if (!(fabs(missing) > hair_of(p)))
        return false;
    out->key = p->key;
    memcpy(out->symbol, p->symbol, sizeof out->symbol);
    out->side = missing > 0 ? SIDE_LONG : SIDE_SHORT;
    out->quantity = fabs(missing);
    out->price = price;
    out->time = time;
    name_event(p, quantity, time, reason, out->execution_id, sizeof out->execution_id);
    return fill_is_valid(out);
}

bool position_made_fill(const struct fill *f)
{
    size_t length = strlen(f->execution_id);
    return f->order_id[0] == '\0' && length > 17 && f->execution_id[length - 17] == '-' &&
           strspn(f->execution_id + length - 16, "0123456789abcdef") == 16;
}
