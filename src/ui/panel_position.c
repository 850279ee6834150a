#include "base/clock.h"
#include "base/text.h"
#include "ui/format.h"
#include "ui/view.h"

#include <math.h>
#include <string.h>

enum figure {
    FIGURE_PRICE,
    FIGURE_HEAT,
    FIGURE_TIME,
    FIGURE_TARGET,
    FIGURE_STOP,
    FIGURE_RISK,
    FIGURE_R,
    FIGURE_RANGE,
    FIGURE_POINTS,
    FIGURE_MAE,
    FIGURE_MFE,
    FIGURE_EFFICIENCY,
    FIGURE_VWAP,
    FIGURE_DELTA,
    FIGURE_POC,
    FIGURE_NET,
    FIGURE_REWARD,
    FIGURE_RATIO,
    FIGURE_MOST, /* the rest is for where there is plenty of room */
    FIGURE_MAE_POINTS = FIGURE_MOST,
    FIGURE_MFE_POINTS,
    FIGURE_TO_VWAP,
    FIGURE_TO_POC,
    FIGURE_COUNT
};

/* What is read together stands together, whether two or three stand in a row. */
static const enum figure PAIRS[FIGURE_COUNT] = {
    FIGURE_PRICE,   FIGURE_HEAT,       FIGURE_STOP,  FIGURE_TARGET,     FIGURE_MAE,
    FIGURE_MFE,     FIGURE_R,          FIGURE_TIME,  FIGURE_POINTS,     FIGURE_RISK,
    FIGURE_RANGE,   FIGURE_EFFICIENCY, FIGURE_VWAP,  FIGURE_DELTA,      FIGURE_POC,
    FIGURE_NET,     FIGURE_REWARD,     FIGURE_RATIO, FIGURE_MAE_POINTS, FIGURE_MFE_POINTS,
    FIGURE_TO_VWAP, FIGURE_TO_POC};

struct scene {
    const struct view *v;
    const struct surface *surface;
    const struct position *p;
    struct instrument i;
    struct market_context context;
    struct position_metrics m;
    struct bracket bracket; /* for the numbers of orders */
};

static void set_scene(struct scene *s, const struct view *v, const struct surface *surface)
{
    s->v = v;
    s->surface = surface;
    s->p = view_position(v);
    view_instrument(v, s->p->symbol, &s->i);
    view_measure(v, &s->m);
    const struct snapshot *n = v->snapshot;
    order_find_bracket(n->orders, n->order_count, s->p, s->p->price, &s->bracket);
    int symbol = snapshot_find_symbol(v->snapshot, s->p->symbol);
    if (symbol >= 0)
        s->context = v->snapshot->markets[symbol].context;
    else
        s->context = (struct market_context){PRICE_UNSET, PRICE_UNSET, PRICE_UNSET, false};
}

/* " LONG 2 MESZ5 @ 5049.50 ": the symbol gives way when that is too long, never a figure. */
static void format_what(const struct scene *s, char *target, size_t size, int room)
{
    const struct position *p = s->p;
    char quantity[32], price[32], symbol[SYMBOL_SIZE];
    const char *side = position_side(p) == SIDE_LONG ? "LONG" : "SHORT";
    format_quantity(quantity, sizeof quantity, fabs(p->quantity), false);
    format_price(price, sizeof price, &s->i, p->entry_price);
    text_copy(symbol, sizeof symbol, p->symbol);
    int others = (int)(strlen(side) + strlen(quantity) + strlen(price)) + 7;
    if (others + draw_width(s->surface, symbol) > room)
        format_short_symbol(symbol, sizeof symbol, p->symbol);
    if (others + draw_width(s->surface, symbol) > room && room - others - 1 > 0)
        text_format(symbol, sizeof symbol, "%.*s%s", room - others - 1, p->symbol,
                    draw_glyph(s->surface, GLYPH_CUT));
    text_format(target, size, " %s %s %s @ %s ", side, quantity, symbol, price);
}

static void draw_title(const struct view *v, struct area line, unsigned style)
{
    static const char name[] = " Position ";
    if (view_position(v) == NULL) {
        draw_text(line, 0, 0, style, name);
        return;
    }
    struct scene s;
    char what[160], gain[48], open[40], number[24] = "";
    set_scene(&s, v, line.surface);
    text_format(gain, sizeof gain, " %s ", format_gain(open, sizeof open, s.m.open_pnl));
    if (v->position_total > 1)
        text_format(number, sizeof number, " %d of %d ", v->position_number, v->position_total);

    int room = line.cols - draw_width(s.surface, gain) - draw_width(s.surface, number), x = 0;
    format_what(&s, what, sizeof what, line.cols);
    if (draw_width(s.surface, what) + (int)sizeof name <= room) {
        x = draw_text(line, 0, x, style, name) + 1;
        style = INK_TITLE;
    } else {
        format_what(&s, what, sizeof what, room);
    }
    x = draw_text(line, 0, x, style, number);
    draw_text(line, 0, x, style, what);
    draw_text(line, 0, line.cols - draw_width(s.surface, gain), view_gain_style(s.m.open_pnl),
              gain);
}

static unsigned heat_style(const struct view *v, int64_t heat)
{
    const struct ui_options *o = v->options;
    return heat >= o->heat_critical * CLOCK_SECOND && heat > 0 ? INK_CRITICAL
           : heat >= o->heat_alert * CLOCK_SECOND && heat > 0  ? INK_ALERT
           : heat >= o->heat_warn * CLOCK_SECOND && heat > 0   ? INK_WARNING
                                                               : INK_VALUE;
}

/* The words make the levels readable without colours. */
static const char *heat_word(unsigned style)
{
    return style == INK_CRITICAL  ? "critical "
           : style == INK_ALERT   ? "alert "
           : style == INK_WARNING ? "warn "
                                  : "";
}

static void put_extreme(const struct scene *s, struct field *f, money m, int64_t new_until,
                        enum glyph mark)
{
    char text[40];
    bool fresh = s->v->tick < new_until;
    text_format(f->value, sizeof f->value, "%s%s%s", fresh ? draw_glyph(s->surface, mark) : "",
                fresh ? " " : "", format_gain(text, sizeof text, m));
    f->style = view_gain_style(m) | (fresh ? STYLE_UNDERLINE : 0U);
}

static void put_level(const struct scene *s, struct field *f, double level)
{
    format_price(f->value, sizeof f->value, &s->i, level);
    if (s->context.partial && price_is_set(level))
        text_format(f->value + strlen(f->value), 3, " ~");
}

/* A stop or target, with the number of such orders where there are several. */
static void put_bracket(const struct scene *s, struct field *f, double price, int count)
{
    size_t length = (size_t)strlen(format_price(f->value, sizeof f->value, &s->i, price));
    if (count > 1)
        text_format(f->value + length, sizeof f->value - length, " (%d)", count);
}

/* Points, and ticks where they are known. */
static void put_points(const struct scene *s, struct field *f, double points)
{
    size_t length = strlen(format_points(f->value, sizeof f->value, &s->i, points));
    if (s->i.tick > 0 && isfinite(points))
        text_format(f->value + length, sizeof f->value - length, " %+.0ft", points / s->i.tick);
}

static void make_prices(const struct scene *s, enum figure figure, struct field *f)
{
    const struct position *p = s->p;
    switch (figure) {
    case FIGURE_PRICE:
        f->label = "Price";
        format_price(f->value, sizeof f->value, &s->i, p->price);
        if (s->v->tick < s->v->flash_until)
            f->style |= STYLE_REVERSE;
        break;
    case FIGURE_TARGET:
        f->label = "Target";
        put_bracket(s, f, p->target_price, s->bracket.target_count);
        break;
    case FIGURE_STOP:
        f->label = "Stop";
        put_bracket(s, f, p->stop_price, s->bracket.stop_count);
        if (s->m.stop_near)
            f->style = INK_WARNING | STYLE_REVERSE;
        break;
    case FIGURE_POINTS:
        f->label = "Points";
        format_points(f->value, sizeof f->value, &s->i, s->m.points);
        break;
    case FIGURE_VWAP:
        f->label = "VWAP";
        put_level(s, f, s->context.vwap);
        break;
    case FIGURE_DELTA:
        f->label = "Delta";
        format_quantity(f->value, sizeof f->value, s->context.delta, true);
        if (s->context.partial && isfinite(s->context.delta))
            text_format(f->value + strlen(f->value), 3, " ~");
        break;
    case FIGURE_POC:
        f->label = "POC";
        put_level(s, f, s->context.poc);
        break;
    case FIGURE_MAE_POINTS:
        f->label = "MAE points";
        f->brief = "MAE pts";
        put_points(s, f, s->m.mae_points);
        break;
    case FIGURE_MFE_POINTS:
        f->label = "MFE points";
        f->brief = "MFE pts";
        put_points(s, f, s->m.mfe_points);
        break;
    case FIGURE_TO_VWAP:
        f->label = "To VWAP";
        format_points(f->value, sizeof f->value, &s->i, s->m.vwap_distance);
        break;
    case FIGURE_TO_POC:
        f->label = "To POC";
        format_points(f->value, sizeof f->value, &s->i, s->m.poc_distance);
        break;
    default:
        break;
    }
}

static void put_money(struct field *f, const char *label, money m, bool gain)
{
    f->label = label;
    f->style = gain ? view_gain_style(m) : INK_VALUE;
    money_format(f->value, sizeof f->value, m, gain);
}

static void make_field(const struct scene *s, enum figure figure, struct field *f)
{
    char text[32];
    *f = (struct field){.style = INK_VALUE};
    switch (figure) {
    case FIGURE_HEAT:
        f->label = "Heat";
        f->style = heat_style(s->v, s->m.heat);
        text_format(f->value, sizeof f->value, "%s%s", heat_word(f->style),
                    format_duration(text, sizeof text, s->m.heat));
        break;
    case FIGURE_TIME:
        f->label = "Time";
        format_duration(f->value, sizeof f->value, s->m.age);
        break;
    case FIGURE_RISK:
        put_money(f, "Risk", s->m.planned_risk == MONEY_UNSET ? MONEY_UNSET : -s->m.planned_risk,
                  false);
        break;
    case FIGURE_REWARD:
        put_money(f, "Reward", s->m.planned_reward, false);
        break;
    case FIGURE_RATIO:
        f->label = "Reward:risk";
        f->brief = "R:R";
        format_number(f->value, sizeof f->value, s->m.reward_ratio, 2, false, "");
        break;
    case FIGURE_R:
        f->label = "R";
        format_number(f->value, sizeof f->value, s->m.r_multiple, 2, true, "R");
        break;
    case FIGURE_RANGE:
        f->label = "Range";
        format_number(f->value, sizeof f->value, 100 * s->m.range, 0, false, " %");
        break;
    case FIGURE_EFFICIENCY:
        f->label = "Efficiency";
        f->brief = "Effic.";
        format_number(f->value, sizeof f->value, 100 * s->m.efficiency, 0, false, " %");
        break;
    case FIGURE_MAE:
        f->label = "MAE";
        put_extreme(s, f, s->p->mae, s->v->mae_until, GLYPH_DOWN);
        break;
    case FIGURE_MFE:
        f->label = "MFE";
        put_extreme(s, f, s->p->mfe, s->v->mfe_until, GLYPH_UP);
        break;
    case FIGURE_NET:
        put_money(f, "Net", s->m.net_pnl, true);
        break;
    default:
        make_prices(s, figure, f);
    }
}

/* A line from the price that loses most to the one that gains most. */
struct scale {
    double from, to;
    int cols;
};

static void stretch(struct scale *s, double price)
{
    if (!price_is_set(price))
        return;
    s->from = isnan(s->from) || price < s->from ? price : s->from;
    s->to = isnan(s->to) || price > s->to ? price : s->to;
}

/* The column of a price; -1 for none. */
static int scale_column(const struct scale *s, const struct position *p, double price)
{
    if (!price_is_set(price) || s->cols < 1)
        return -1;
    double part = s->to > s->from ? (price - s->from) / (s->to - s->from) : 0.5;
    if (position_side(p) == SIDE_SHORT)
        part = 1 - part;
    return (int)(part * (s->cols - 1) + 0.5);
}

/* The prices of some marks under the bar, each as near to its mark as the one before lets it. */
static void draw_bar_prices(const struct scene *s, struct area a, int y, const struct scale *scale)
{
    const struct position *p = s->p;
    const struct {
        const char *name;
        double price;
    } marks[] = {{"S ", p->stop_price}, {"E ", p->entry_price}, {"T ", p->target_price}};
    char text[48], price[32];
    int x = 0;
    for (int i = 0; i < 3; i++) {
        int column = scale_column(scale, p, marks[i].price);
        if (column < 0)
            continue;
        format_price(price, sizeof price, &s->i, marks[i].price);
        text_format(text, sizeof text, "%s%s", marks[i].name, price);
        int width = draw_width(a.surface, text), at = column - width / 2;
        at = at > a.cols - width ? a.cols - width : at;
        at = at < x ? x : at;
        if (at + width <= a.cols)
            x = draw_text(a, y, at, INK_LABEL, text) + 2;
    }
}

static void draw_bar(const struct scene *s, struct area a, int y, bool prices)
{
    const struct position *p = s->p;
    bool is_long = position_side(p) == SIDE_LONG;
    double worst = is_long ? p->min_price : p->max_price;
    double best = is_long ? p->max_price : p->min_price;
    const double all[] = {p->stop_price, p->target_price, p->entry_price, worst, best, p->price};
    struct scale scale = {PRICE_UNSET, PRICE_UNSET, a.cols};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        stretch(&scale, all[i]);
    int from = scale_column(&scale, p, worst), to = scale_column(&scale, p, best);
    int entry = scale_column(&scale, p, p->entry_price), now = scale_column(&scale, p, p->price);
    const struct surface *g = a.surface;

    draw_repeat(a, y, 0, a.cols, INK_LABEL, GLYPH_RULE);
    if (from >= 0 && to >= from) {
        draw_repeat(a, y, from, to - from + 1, INK_PROFIT, GLYPH_SPAN);
        if (entry > from)
            draw_repeat(a, y, from, entry - from, INK_LOSS, GLYPH_SPAN);
        draw_text(a, y, from, INK_LOSS, draw_glyph(g, GLYPH_WORST));
        draw_text(a, y, to, INK_PROFIT, draw_glyph(g, GLYPH_BEST));
    }
    if (entry >= 0)
        draw_text(a, y, entry, INK_VALUE, draw_glyph(g, GLYPH_ENTRY));
    if (price_is_set(p->stop_price))
        draw_text(a, y, scale_column(&scale, p, p->stop_price), INK_LOSS, "S");
    if (price_is_set(p->target_price))
        draw_text(a, y, scale_column(&scale, p, p->target_price), INK_PROFIT, "T");
    if (now >= 0)
        draw_text(a, y, now, INK_VALUE, draw_glyph(g, GLYPH_NOW));
    if (prices)
        draw_bar_prices(s, a, y + 1, &scale);
}

/* What is not as it should be, the worst first; in quiet times that all is well. */
static void draw_state(const struct scene *s, struct area a, int y)
{
    const struct snapshot *n = s->v->snapshot;
    int at = s->v->position, x = 0;
    bool unsaved = n->position_change[at] > n->changes_durable;
    bool confirmed = n->position_confirmed[at];
    if (s->m.stop_near)
        x = draw_text(a, y, x, INK_WARNING, "STOP NEAR") + 2;
    if (unsaved)
        x = draw_text(a, y, x, INK_WARNING, "unsaved") + 2;
    if (!confirmed)
        x = draw_text(a, y, x, INK_WARNING,
                      a.cols - x >= 27 ? "not confirmed by the server" : "unconfirmed") +
            2;
    if (s->p->has_gap)
        x = draw_text(a, y, x, INK_WARNING, a.cols - x >= 19 ? "prices were missed" : "gap") + 2;
    if (s->p->origin == ORIGIN_RECOVERED)
        x = draw_text(a, y, x, INK_LABEL, "recovered") + 2;
    if (s->p->origin == ORIGIN_RECONCILED)
        x = draw_text(a, y, x, INK_LABEL, "reconciled") + 2;
    if (s->context.partial)
        x = draw_text(a, y, x, INK_LABEL, "~ session partly known") + 2;
    if (x == 0)
        draw_text(a, y, 0, INK_LABEL, "saved, confirmed by the server");
}

static void draw_flat(const struct view *v, struct area a)
{
    const struct snapshot *s = v->snapshot;
    int y = 0, elsewhere = 0;
    if (s->view.account[0] == '\0') {
        draw_words(a, 0, 0, 0, INK_LABEL, "No position: no account yet.");
        return;
    }
    draw_format(a, y, 0, INK_VALUE, "Flat: no open position in %s.", s->view.account);
    for (uint32_t i = 0; i < s->position_count && i < SNAPSHOT_POSITIONS; i++)
        if (!account_key_equal(&s->positions[i].key, &s->view))
            elsewhere++;
    if (elsewhere > 0)
        draw_format(a, y + 1, 0, INK_LABEL, "Open in other accounts: %d (m chooses)", elsewhere);
}

static void draw(struct view *v, struct area a)
{
    if (view_position(v) == NULL) {
        draw_flat(v, a);
        return;
    }
    struct scene s;
    struct field fields[FIGURE_COUNT];
    bool pairs = field_columns(a.cols) < 3;
    set_scene(&s, v, a.surface);
    for (int i = 0; i < FIGURE_COUNT; i++)
        make_field(&s, pairs ? PAIRS[i] : (enum figure)i, &fields[i]);
    int columns = field_columns(a.cols);
    int full = (FIGURE_MOST + columns - 1) / columns;
    int bar = a.rows < 4 ? 0 : a.rows >= full + 3 ? 2 : 1, state = a.rows >= 3 ? 1 : 0;
    int rest = a.rows - bar - state;
    int y = draw_fields(area_part(a, 0, 0, rest, a.cols), fields, FIGURE_COUNT);
    /* Air before and after the bar where there is plenty. */
    y += a.rows - y - bar - state >= 2 ? 1 : 0;
    if (bar > 0)
        draw_bar(&s, a, y, bar > 1);
    if (state > 0)
        draw_state(&s, a, a.rows - 1);
}

static int wanted_rows(const struct view *v, int cols)
{
    int columns = field_columns(cols - 2);
    if (view_position(v) == NULL && columns > 2)
        return 9;
    return columns > 2 ? (FIGURE_MOST + columns - 1) / columns + 4 : 10;
}

const struct panel panel_position = {
    .name = "Position",
    .place = PLACE_RIGHT,
    .rank = 1,
    .least_rows = 5,
    .wanted_rows = wanted_rows,
    .draw_title = draw_title,
    .draw = draw,
};
