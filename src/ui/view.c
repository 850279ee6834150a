#include "ui/view.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

static const int64_t FLASH = 250 * CLOCK_MS;     /* a price that changed */
static const int64_t EXTREME = 3 * CLOCK_SECOND; /* an MAE or MFE made anew */

struct view *view_new(const struct ui_options *options)
{
    struct view *v = memory_new(1, sizeof *v);
    v->snapshot = memory_new(1, sizeof *v->snapshot);
    v->options = options;
    v->focus = PANEL_position;
    v->timeframe = TIMEFRAME_1D;
    v->position = v->symbol_index = v->recovery_row = -1;
    v->flash_price = PRICE_UNSET;
    return v;
}

void view_free(struct view *v)
{
    canvas_free(&v->canvas);
    free(v->snapshot);
    free(v);
}

/* Follows the position on screen by its symbol: its place in the snapshot may change. */
static void find_position(struct view *v, int step)
{
    const struct snapshot *s = v->snapshot;
    int own[SNAPSHOT_POSITIONS], count = 0, at = -1;
    for (uint32_t i = 0; i < s->position_count && i < SNAPSHOT_POSITIONS; i++) {
        if (!account_key_equal(&s->positions[i].key, &s->view) ||
            !position_is_open(&s->positions[i]))
            continue;
        if (strcmp(s->positions[i].symbol, v->symbol) == 0)
            at = count;
        own[count++] = (int)i;
    }
    v->position_total = count;
    v->position = -1;
    v->position_number = 0;
    if (count == 0)
        return;
    at = at < 0 ? 0 : (at + step + count) % count;
    v->position = own[at];
    v->position_number = at + 1;
    text_copy(v->symbol, sizeof v->symbol, s->positions[own[at]].symbol);
}

/* The header's symbol: that of the position, else of the newest working order, else the first
 * known. */
static int find_header_symbol(const struct view *v)
{
    const struct snapshot *s = v->snapshot;
    if (v->position >= 0)
        return snapshot_find_symbol(s, s->positions[v->position].symbol);
    for (uint32_t i = s->order_count; i > 0; i--) {
        const struct order *o = &s->orders[i - 1];
        if (order_is_working(o) && account_key_equal(&o->key, &s->view))
            return snapshot_find_symbol(s, o->symbol);
    }
    return s->symbol_count > 0 ? 0 : -1;
}

static void keep_wake(struct view *v, int64_t until)
{
    if (until > v->tick && (v->wake == 0 || until < v->wake))
        v->wake = until;
}

static void watch_price(struct view *v)
{
    if (v->symbol_index < 0) {
        v->flash_symbol[0] = '\0';
        return;
    }
    const struct market *m = &v->snapshot->markets[v->symbol_index];
    double price = market_price(m);
    bool known = price_is_set(price) && price_is_set(v->flash_price);
    if (strcmp(v->flash_symbol, m->symbol) != 0)
        v->flash_until = 0;
    else if (known && price != v->flash_price)
        v->flash_until = v->tick + FLASH;
    text_copy(v->flash_symbol, sizeof v->flash_symbol, m->symbol);
    v->flash_price = price;
}

static void watch_extremes(struct view *v)
{
    const struct position *p = view_position(v);
    if (p == NULL || p->entry_time != v->seen_entry) {
        v->mae_until = v->mfe_until = 0;
    } else {
        if (p->mae < v->seen_mae)
            v->mae_until = v->tick + EXTREME;
        if (p->mfe > v->seen_mfe)
            v->mfe_until = v->tick + EXTREME;
    }
    v->seen_entry = p == NULL ? 0 : p->entry_time;
    v->seen_mae = p == NULL ? 0 : p->mae;
    v->seen_mfe = p == NULL ? 0 : p->mfe;
}

void view_update(struct view *v, int64_t now, int64_t tick)
{
    v->now = now;
    v->tick = tick;
    v->wake = 0;
    find_position(v, 0);
    v->symbol_index = find_header_symbol(v);
    watch_price(v);
    watch_extremes(v);
    keep_wake(v, v->flash_until);
    keep_wake(v, v->mae_until);
    keep_wake(v, v->mfe_until);
    if (!v->snapshot->recovery_open)
        v->recovery_accepted = false;
}

const struct position *view_position(const struct view *v)
{
    return v->position < 0 ? NULL : &v->snapshot->positions[v->position];
}

const struct account *view_account(const struct view *v)
{
    int i = snapshot_find_account(v->snapshot, &v->snapshot->view);
    return i < 0 ? NULL : &v->snapshot->accounts[i];
}

void view_instrument(const struct view *v, const char *symbol, struct instrument *out)
{
    int i = snapshot_find_symbol(v->snapshot, symbol);
    if (i < 0)
        instrument_init(out, symbol);
    else
        *out = v->snapshot->instruments[i];
}

money view_open_pnl(const struct view *v, const struct account_key *key, int *count)
{
    const struct snapshot *s = v->snapshot;
    money sum = 0;
    int found = 0;
    for (uint32_t i = 0; i < s->position_count && i < SNAPSHOT_POSITIONS; i++) {
        if (!account_key_equal(&s->positions[i].key, key) || !position_is_open(&s->positions[i]))
            continue;
        found++;
        if (s->positions[i].open_pnl != MONEY_UNSET)
            sum = money_add(sum, s->positions[i].open_pnl);
    }
    if (count != NULL)
        *count = found;
    return sum;
}

money view_day_pnl(const struct view *v)
{
    const struct snapshot *s = v->snapshot;
    int account = snapshot_find_account(s, &s->view);
    if (account >= 0 && s->view.mode != MODE_SIM) {
        const struct balance *said = &s->accounts[account].reported;
        if (said->time != 0 && said->daily_pnl != MONEY_UNSET)
            return said->daily_pnl;
    }
    if (!s->statistics_ready)
        return MONEY_UNSET;
    const struct statistics *day = &s->statistics[TIMEFRAME_1D];
    money sum =
        money_add(money_add(day->total, -day->commissions), view_open_pnl(v, &s->view, NULL));
    for (uint32_t i = 0; i < s->position_count && i < SNAPSHOT_POSITIONS; i++) {
        const struct position *p = &s->positions[i];
        if (account_key_equal(&p->key, &s->view) && position_is_open(p))
            sum = money_add(sum, money_subtract(p->realized_pnl, p->commissions));
    }
    return sum;
}

money view_timeframe_pnl(const struct view *v, int64_t time, money balance, money *base)
{
    const struct equity *e = &v->snapshot->equity[v->timeframe];
    const struct account *a = view_account(v);
    *base = e->base != MONEY_UNSET ? e->base : e->count > 0 ? e->points[0].balance : MONEY_UNSET;
    bool anew = a != NULL && a->key.mode == MODE_SIM && a->period_time != 0 &&
                a->period_time >= timeframe_start(v->timeframe, v->now) && time >= a->period_time;
    if (anew)
        *base = a->period_start;
    if (!v->snapshot->statistics_ready || balance == MONEY_UNSET || *base == MONEY_UNSET)
        return MONEY_UNSET;
    return money_subtract(balance, *base);
}

bool view_undecided(const struct view *v)
{
    const struct snapshot *s = v->snapshot;
    if (v->recovery_row < 0 || v->recovery_row >= (int)s->recovered_count ||
        !s->recovered[v->recovery_row].stale)
        return false;
    const struct position *p = &s->recovered[v->recovery_row].position;
    return snapshot_find_position(s, &p->key, p->symbol) >= 0;
}

void view_measure(const struct view *v, struct position_metrics *out)
{
    const struct position *p = view_position(v);
    struct instrument i;
    view_instrument(v, p->symbol, &i);
    int symbol = snapshot_find_symbol(v->snapshot, p->symbol);
    position_measure(p, &i, symbol < 0 ? NULL : &v->snapshot->markets[symbol], v->now,
                     v->options->stop_near_ticks, out);
}

void view_step_position(struct view *v, int by)
{
    find_position(v, by);
    v->seen_entry = 0;
    v->symbol_index = find_header_symbol(v);
    watch_price(v);
    watch_extremes(v);
}

void view_post(struct view *v, const struct command *c, const char *notice)
{
    if (v->options->commands == NULL)
        notice = "This console only shows: it takes no commands.";
    else if (!command_post(v->options->commands, c))
        notice = "The console is busy and did not take that; press the key again.";
    text_copy(v->notice, sizeof v->notice, notice);
}

bool view_scroll(int *offset, enum action action, int page, int last)
{
    if (action < ACTION_UP || action > ACTION_LAST || action == ACTION_LEFT ||
        action == ACTION_RIGHT)
        return false;
    int64_t to = *offset;
    to += action == ACTION_DOWN        ? 1
          : action == ACTION_UP        ? -1
          : action == ACTION_PAGE_DOWN ? page
          : action == ACTION_PAGE_UP   ? -page
                                       : 0;
    to = action == ACTION_FIRST ? 0 : action == ACTION_LAST ? last : to;
    *offset = (int)(to < 0 ? 0 : to > last ? last : to);
    return true;
}

unsigned view_gain_style(money m)
{
    return m == MONEY_UNSET || m == 0 ? INK_VALUE : m > 0 ? INK_PROFIT : INK_LOSS;
}
