#include "base/text.h"
#include "ui/format.h"
#include "ui/view.h"

#include <math.h>
#include <string.h>

/* The title is the row of timeframes. */
static void draw_title(const struct view *v, struct area line, unsigned style)
{
    int x = draw_text(line, 0, 0, style, " Balance ");
    x = draw_text(line, 0, x + 2, INK_NORMAL, " ");
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        unsigned tab = t == (int)v->timeframe ? INK_TAB : INK_LABEL;
        x = draw_text(line, 0, x, tab, timeframe_name((enum timeframe)t));
        x = draw_text(line, 0, x, INK_NORMAL, " ");
    }
}

static const char *currency(const struct account *a)
{
    return a->ledger.currency[0] != '\0' ? a->ledger.currency : a->reported.currency;
}

static void draw_amounts(const struct view *v, struct area a, const struct account *account,
                         money balance, money pnl, money base, int64_t moment)
{
    char text[48];
    int x = 0;
    if (moment != 0)
        x = draw_text(a, 0, 0, INK_TAB, format_moment(text, sizeof text, moment, v->now)) + 2;
    x = draw_text(a, 0, x, INK_VALUE, format_money(text, sizeof text, balance));
    if (account != NULL && currency(account)[0] != '\0' && balance != MONEY_UNSET)
        x = draw_text(a, 0, x + 1, INK_LABEL, currency(account));
    if (!v->snapshot->statistics_ready) {
        draw_text(a, 0, x + 2, INK_LABEL, "loading the history");
        return;
    }
    x = draw_text(a, 0, x + 2, view_gain_style(pnl), format_gain(text, sizeof text, pnl));
    if (pnl == MONEY_UNSET || base <= 0)
        return;
    char percent[32];
    format_number(percent, sizeof percent, round(1e4 * (double)pnl / (double)base) / 100, 2, true,
                  " %");
    text_format(text, sizeof text, "(%s)", percent);
    if (x + 1 + draw_width(a.surface, text) <= a.cols)
        draw_text(a, 0, x + 1, view_gain_style(pnl), text);
}

struct amount {
    const char *label;
    money value;
    bool gain;
    int rank; /* the highest goes first where there is no room */
};

/* What is known besides the balance, in the server's words where it says something. */
static size_t list_amounts(const struct view *v, const struct account *account,
                           struct amount list[5])
{
    const struct balance *b = &account->reported;
    bool sim = account->key.mode == MODE_SIM;
    int positions;
    money open = view_open_pnl(v, &account->key, &positions);
    if (!sim && b->time != 0 && b->open_pnl != MONEY_UNSET && positions == 0)
        open = b->open_pnl; /* positions that only the server knows */
    const struct amount all[] = {
        {"Available", b->available, false, 2},
        {"Margin", b->margin, false, 3},
        {"Open", open, true, 0},
        {"Day", sim ? MONEY_UNSET : b->daily_pnl, true, 4},
        {"Server", sim ? b->cash : MONEY_UNSET, false, 1},
    };
    size_t count = 0;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (all[i].value != MONEY_UNSET && (b->time != 0 || all[i].rank == 0))
            list[count++] = all[i];
    return count;
}

/* Leaves out what has no room. */
static void draw_last(const struct view *v, struct area a, const struct account *account)
{
    const struct balance *b = &account->reported;
    struct amount list[5];
    size_t count = list_amounts(v, account, list);
    char text[48];
    int y = a.rows - 1, x = 0;
    if (b->trading_disabled)
        x = draw_text(a, y, x, INK_WARNING, "TRADING DISABLED") + 2;
    if (b->limit_reached)
        x = draw_text(a, y, x, INK_WARNING, b->why[0] != '\0' ? b->why : "limit reached") + 2;
    for (int most = 4; most >= 0; most--) {
        int width = x - 2;
        for (size_t i = 0; i < count; i++) {
            money_format(text, sizeof text, list[i].value, list[i].gain);
            if (list[i].rank <= most)
                width += (int)(strlen(list[i].label) + strlen(text)) + 3;
        }
        if (width > a.cols && most > 0)
            continue;
        for (size_t i = 0; i < count; i++) {
            if (list[i].rank > most)
                continue;
            money_format(text, sizeof text, list[i].value, list[i].gain);
            x = draw_text(a, y, x, INK_LABEL, list[i].label);
            x = draw_text(a, y, x + 1, list[i].gain ? view_gain_style(list[i].value) : INK_VALUE,
                          text) +
                2;
        }
        return;
    }
}

struct curve {
    const struct equity *e;
    money low, high, base;
};

static void measure_curve(struct curve *c)
{
    c->low = c->high = c->base;
    for (uint32_t i = 0; i < c->e->count; i++) {
        money balance = c->e->points[i].balance;
        c->low = balance < c->low ? balance : c->low;
        c->high = balance > c->high ? balance : c->high;
    }
}

static int curve_y(const struct curve *c, const struct canvas *canvas, money balance)
{
    double height = (double)c->high - (double)c->low;
    double part = height > 0 ? ((double)c->high - (double)balance) / height : 0.5;
    return (int)(part * (canvas->dots_high - 1) + 0.5);
}

static int curve_x(const struct curve *c, const struct canvas *canvas, uint32_t point)
{
    const struct equity_point *p = c->e->points;
    double whole = (double)(p[c->e->count - 1].time - p[0].time);
    double part = whole > 0 ? (double)(p[point].time - p[0].time) / whole : 0;
    return (int)(part * (canvas->dots_wide - 1) + 0.5);
}

static void draw_curve(struct view *v, struct area a, struct curve *c, int cursor, money pnl)
{
    struct canvas *canvas = &v->canvas;
    int per_cell = a.surface->ascii ? 1 : 2;
    canvas_start(canvas, a.rows, a.cols, a.surface->ascii);
    int base_y = curve_y(c, canvas, c->base);
    for (int x = 0; x < canvas->dots_wide; x += 2 * per_cell)
        canvas_dot(canvas, base_y, x);
    canvas_show(canvas, a, INK_LABEL);

    canvas_start(canvas, a.rows, a.cols, a.surface->ascii);
    int y = base_y, x = 0;
    for (uint32_t i = 0; i < c->e->count; i++) {
        int next_y = curve_y(c, canvas, c->e->points[i].balance), next_x = curve_x(c, canvas, i);
        canvas_line(canvas, y, x, next_y, next_x);
        y = next_y;
        x = next_x;
    }
    canvas_show(canvas, a, pnl < 0 ? INK_LOSS : INK_PROFIT);
    if (cursor < 0)
        return;
    int column = curve_x(c, canvas, (uint32_t)cursor) / per_cell;
    for (int row = 0; row < a.rows; row++)
        draw_text(a, row, column, INK_VALUE, draw_glyph(a.surface, GLYPH_CURSOR));
    draw_text(a, curve_y(c, canvas, c->e->points[cursor].balance) / (canvas->dots_high / a.rows),
              column, INK_TAB, draw_glyph(a.surface, GLYPH_ON));
}

/* The curve with the highest and lowest balance beside it and the first and last time below. */
static void draw_chart(struct view *v, struct area a, struct curve *c, int cursor, money pnl)
{
    char high[48], low[48], moment[32];
    const struct equity_point *p = c->e->points;
    int labels = draw_width(a.surface, format_money(high, sizeof high, c->high));
    int other = draw_width(a.surface, format_money(low, sizeof low, c->low));
    labels = labels > other ? labels : other;
    bool times = a.rows >= 5 && c->e->count > 1;
    struct area plot = area_part(a, 0, 0, a.rows - (times ? 1 : 0), a.cols - labels - 1);
    if (plot.cols < 10 || plot.rows < 1)
        return;
    draw_curve(v, plot, c, cursor, pnl);
    draw_field(a, 0, a.cols - labels, labels, true, INK_LABEL, high);
    if (plot.rows > 1 && c->low != c->high)
        draw_field(a, plot.rows - 1, a.cols - labels, labels, true, INK_LABEL, low);
    if (!times)
        return;
    draw_text(a, a.rows - 1, 0, INK_LABEL, format_moment(moment, sizeof moment, p[0].time, v->now));
    format_moment(moment, sizeof moment, p[c->e->count - 1].time, v->now);
    int width = draw_width(a.surface, moment);
    draw_field(a, a.rows - 1, plot.cols - width, width, true, INK_LABEL, moment);
}

/* The point under the cursor, which stays with its time when points come and go; -1 without a
 * cursor. */
static int find_cursor(const struct view *v)
{
    const struct equity *e = &v->snapshot->equity[v->timeframe];
    if (v->curve_time == 0 || e->count == 0)
        return -1;
    uint32_t i = 0;
    while (i + 1 < e->count && e->points[i].time < v->curve_time)
        i++;
    return (int)i;
}

static void draw(struct view *v, struct area a)
{
    const struct account *account = view_account(v);
    if (account == NULL) {
        draw_words(a, 0, 0, 0, INK_LABEL, "No account yet: it shows once the server names one.");
        return;
    }
    struct curve c = {.e = &v->snapshot->equity[v->timeframe]};
    int cursor = v->snapshot->statistics_ready ? find_cursor(v) : -1;
    money balance = account_balance(account), base;
    money pnl = view_timeframe_pnl(v, v->now, balance, &base);
    c.base = base;
    if (cursor >= 0) {
        int64_t moment = c.e->points[cursor].time;
        money then = c.e->points[cursor].balance,
              gained = view_timeframe_pnl(v, moment, then, &base);
        draw_amounts(v, a, account, then, gained, base, moment);
    } else {
        draw_amounts(v, a, account, balance, pnl, base, 0);
    }
    if (a.rows > 1)
        draw_last(v, a, account);
    if (a.rows < 4)
        return;
    struct area chart = area_part(a, 1, 0, a.rows - 2, a.cols);
    if (!v->snapshot->statistics_ready)
        return;
    if (c.e->count == 0 || c.base == MONEY_UNSET) {
        draw_text(chart, chart.rows / 2, 0, INK_LABEL, "No trade in this timeframe.");
        return;
    }
    measure_curve(&c);
    draw_chart(v, chart, &c, cursor, pnl);
}

static bool act(struct view *v, enum action action)
{
    const struct equity *e = &v->snapshot->equity[v->timeframe];
    if ((action != ACTION_LEFT && action != ACTION_RIGHT) || e->count == 0)
        return false;
    int at = find_cursor(v);
    int last = (int)e->count - 1;
    if (at < 0)
        at = last;
    else
        at += action == ACTION_LEFT ? -1 : 1;
    at = at < 0 ? 0 : at > last ? last : at;
    v->curve_time = e->points[at].time;
    return true;
}

static int wanted_rows(const struct view *v, int cols)
{
    (void)v;
    (void)cols;
    return 7;
}

const struct panel panel_balance = {
    .name = "Balance",
    .place = PLACE_LEFT,
    .rank = 3,
    .least_rows = 2,
    .grows = true,
    .wanted_rows = wanted_rows,
    .draw_title = draw_title,
    .draw = draw,
    .act = act,
};
