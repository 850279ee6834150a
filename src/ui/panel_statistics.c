#include "ui/format.h"
#include "ui/view.h"

#include "base/text.h"

#include <math.h>

enum { FIELDS = 16 };

static void draw_title(const struct view *v, struct area line, unsigned style)
{
    int x = draw_text(line, 0, 0, style, v->excursions ? " Excursions " : " Statistics ");
    draw_format(line, 0, x + 2, INK_TITLE, " %s ", timeframe_name(v->timeframe));
}

static void gain(struct field *f, const char *label, money m)
{
    *f = (struct field){.label = label, .style = view_gain_style(m)};
    format_gain(f->value, sizeof f->value, m);
}

static void amount(struct field *f, const char *label, const char *brief, money m)
{
    *f = (struct field){.label = label, .brief = brief, .style = INK_VALUE};
    format_money(f->value, sizeof f->value, m);
}

static void number(struct field *f, const char *label, const char *brief, double value,
                   int decimals, const char *unit)
{
    *f = (struct field){.label = label, .brief = brief, .style = INK_VALUE};
    format_number(f->value, sizeof f->value, value, decimals, false, unit);
}

/* The most important first: a small panel shows the start. */
static void make_fields(const struct statistics *s, struct field f[FIELDS])
{
    gain(&f[0], "Total P&L", s->total);
    number(&f[1], "Trades", NULL, s->trades, 0, "");
    number(&f[2], "Hit rate", NULL, s->hit_rate, 1, " %");
    number(&f[3], "Profit factor", "Factor", s->profit_factor, 2, "");
    gain(&f[4], "Expectancy", money_from_double(s->expectancy));
    f[4].brief = "Expect";
    f[5] = (struct field){.label = "Avg R", .style = INK_VALUE};
    format_number(f[5].value, sizeof f[5].value, s->average_r, 2, true, "R");
    gain(&f[6], "Best", s->best);
    gain(&f[7], "Worst", s->worst);
    f[8] = (struct field){.label = "Avg time", .value = "-", .style = INK_VALUE};
    if (s->trades > 0)
        format_duration(f[8].value, sizeof f[8].value, s->average_time);
    f[9] = (struct field){.label = "Streak", .style = INK_VALUE};
    text_format(f[9].value, sizeof f[9].value, "%uW %uL", s->win_streak, s->loss_streak);
    gain(&f[10], "Avg MAE", s->average_mae);
    gain(&f[11], "Avg MFE", s->average_mfe);
    amount(&f[12], "Max drawdown", "Max DD", s->max_drawdown);
    amount(&f[13], "Max run-up", "Run-up", s->max_runup);
    number(&f[14], "Efficiency", "Effic.", 100 * s->average_efficiency, 0, " %");
    amount(&f[15], "Commissions", "Comm.", s->commissions);
}

/* From 0 to 2, in steps of a cell. */
static void draw_sharpe(struct area a, int y, double sharpe)
{
    char text[16];
    int x = draw_text(a, y, 0, INK_LABEL, "Sharpe ");
    format_number(text, sizeof text, sharpe, 2, false, "");
    int length = a.cols - x - draw_width(a.surface, text) - 1;
    length = length > 20 ? 20 : length;
    if (length >= 4) {
        double part = isfinite(sharpe) ? sharpe / 2 : 0;
        int full = part <= 0 ? 0 : part >= 1 ? length : (int)(part * length + 0.5);
        x = draw_repeat(a, y, x, full, INK_TITLE, GLYPH_FULL);
        x = draw_repeat(a, y, x, length - full, INK_LABEL, GLYPH_EMPTY) + 1;
    }
    draw_text(a, y, x, sharpe < 0 ? INK_LOSS : INK_VALUE, text);
}

static void draw(struct view *v, struct area a)
{
    if (!v->snapshot->statistics_ready) {
        draw_text(a, 0, 0, INK_LABEL, "loading the history");
        return;
    }
    if (v->excursions) {
        panel_excursions_draw(v, a);
        return;
    }
    struct field fields[FIELDS];
    const struct statistics *s = &v->snapshot->statistics[v->timeframe];
    make_fields(s, fields);
    bool bar = a.rows >= 3;
    int used = draw_fields(area_part(a, 0, 0, a.rows - (bar ? 1 : 0), a.cols), fields, FIELDS);
    if (bar)
        draw_sharpe(a, used, s->sharpe);
}

static int wanted_rows(const struct view *v, int cols)
{
    if (v->excursions)
        return panel_excursions_rows(cols);
    int columns = field_columns(cols - 2);
    return (FIELDS + columns - 1) / columns + 1;
}

const struct panel panel_statistics = {
    .name = "Statistics",
    .place = PLACE_LEFT,
    .rank = 5,
    .least_rows = 3,
    .wanted_rows = wanted_rows,
    .draw_title = draw_title,
    .draw = draw,
};
