/* How far winners went against the trader before they won, losers for him before they lost, and
 * what winners gave back: what stops and targets are tuned by. */
#include "ui/format.h"
#include "ui/view.h"

#include "base/text.h"

#include <string.h>

enum { LABEL = 14, COLUMN_LEAST = 7, COLUMN_MOST = 12, SCATTER_LEAST = 4, SCATTER_WANTED = 8 };

enum unit { MONEY, TICKS, R };

/* The most important first: a small panel shows the start. */
static const struct {
    enum excursion_measure measure;
    enum unit unit;
    const char *label;
    int sign;
    unsigned style;
} ROWS[] = {
    {EXCURSION_MAE, MONEY, "MAE winners", -1, INK_LOSS},
    {EXCURSION_MFE, MONEY, "MFE losers", 1, INK_PROFIT},
    {EXCURSION_LEFT, MONEY, "Left by wins", 1, INK_VALUE},
    {EXCURSION_MAE_TICKS, TICKS, "MAE win ticks", -1, INK_LOSS},
    {EXCURSION_MFE_TICKS, TICKS, "MFE loss ticks", 1, INK_PROFIT},
    {EXCURSION_MAE_R, R, "MAE winners R", -1, INK_LOSS},
    {EXCURSION_MFE_R, R, "MFE losers R", 1, INK_PROFIT},
};

enum { ROW_COUNT = sizeof ROWS / sizeof ROWS[0], TABLE_ROWS = ROW_COUNT + 2 };

static void format_part(char *text, size_t size, int64_t part, int sign, enum unit unit, int width)
{
    double value = part == 0 ? 0 : sign * (double)part / 1e6;
    if (unit == TICKS)
        format_number(text, size, value, part % MONEY_ONE == 0 ? 0 : 1, part > 0, "");
    else if (unit == R)
        format_number(text, size, value, 2, part > 0, "R");
    else
        format_gain(text, size, sign * part);
    if (unit == MONEY && (int)strlen(text) > width)
        format_number(text, size, value, 0, true, "");
}

static void draw_row(struct area a, int y, int row, const struct excursion *e, int column)
{
    char text[48];
    draw_text(a, y, 0, INK_LABEL, ROWS[row].label);
    for (int i = 0; i < PERCENTILES; i++) {
        text_copy(text, sizeof text, "-");
        if (e->count > 0)
            format_part(text, sizeof text, e->parts[i], ROWS[row].sign, ROWS[row].unit, column - 1);
        draw_field(a, y, LABEL + i * column, column, true,
                   e->count > 0 && e->parts[i] > 0 ? ROWS[row].style : INK_VALUE, text);
    }
}

static void draw_table(struct area a, const struct excursions *e)
{
    static const char *const heads[PERCENTILES] = {"median", "80 %", "95 %"};
    char left[48];
    int column = (a.cols - LABEL) / PERCENTILES;
    column = column > COLUMN_MOST ? COLUMN_MOST : column < COLUMN_LEAST ? COLUMN_LEAST : column;
    for (int i = 0; i < PERCENTILES; i++)
        draw_field(a, 0, LABEL + i * column, column, true, INK_LABEL, heads[i]);
    for (int row = 0; row < ROW_COUNT; row++)
        draw_row(a, row + 1, row, &e->of[ROWS[row].measure], column);
    format_money(left, sizeof left, e->left);
    int x = draw_text(a, ROW_COUNT + 1, 0, INK_LABEL, "Left in all");
    x = draw_text(a, ROW_COUNT + 1, x + 1, INK_VALUE, left);
    draw_format(a, ROW_COUNT + 1, x + 1, INK_LABEL, "by %u", e->of[EXCURSION_LEFT].count);
}

struct scatter {
    const struct scatter_point *points;
    uint32_t count;
    money least_mae, least, greatest; /* of the MAE; of the P&L, 0 among them */
};

/* The points of the timeframe, which are the last ones. */
static struct scatter find_scatter(const struct view *v)
{
    const struct snapshot *s = v->snapshot;
    int64_t from = timeframe_start(v->timeframe, v->now);
    uint32_t first = 0, count = s->scatter_count;
    while (first < count && s->scatter[first].exit_time < from)
        first++;
    struct scatter out = {.points = &s->scatter[first], .count = count - first};
    for (uint32_t i = 0; i < out.count; i++) {
        const struct scatter_point *p = &out.points[i];
        out.least_mae = p->mae < out.least_mae ? p->mae : out.least_mae;
        out.least = p->pnl < out.least ? p->pnl : out.least;
        out.greatest = p->pnl > out.greatest ? p->pnl : out.greatest;
    }
    return out;
}

static int place(money value, money least, money greatest, int dots)
{
    double height = (double)greatest - (double)least;
    double part = height > 0 ? ((double)value - (double)least) / height : 0;
    return (int)(part * (dots - 1) + 0.5);
}

/* MAE to the left, from none at the right edge; P&L upwards, with a line at none. */
static void draw_points(struct view *v, struct area a, const struct scatter *s)
{
    struct canvas *canvas = &v->canvas;
    for (int pass = 0; pass < 3; pass++) { /* the line, losers, winners */
        canvas_start(canvas, a.rows, a.cols, a.surface->ascii);
        int high = canvas->dots_high, wide = canvas->dots_wide;
        for (int x = 0; pass == 0 && x < wide; x += a.surface->ascii ? 2 : 4)
            canvas_dot(canvas, high - 1 - place(0, s->least, s->greatest, high), x);
        for (uint32_t i = 0; pass > 0 && i < s->count; i++) {
            const struct scatter_point *p = &s->points[i];
            if ((p->pnl > 0) == (pass == 2))
                canvas_dot(canvas, high - 1 - place(p->pnl, s->least, s->greatest, high),
                           place(p->mae, s->least_mae, 0, wide));
        }
        canvas_show(canvas, a, pass == 0 ? INK_LABEL : pass == 1 ? INK_LOSS : INK_PROFIT);
    }
}

static void draw_scatter(struct view *v, struct area a)
{
    char high[48], low[48], mae[48];
    struct scatter s = find_scatter(v);
    if (s.count == 0)
        return;
    int labels = draw_width(a.surface, format_gain(high, sizeof high, s.greatest));
    int other = draw_width(a.surface, format_gain(low, sizeof low, s.least));
    labels = labels > other ? labels : other;
    struct area plot = area_part(a, 0, 0, a.rows - 1, a.cols - labels - 1);
    if (plot.cols < 10)
        return;
    draw_points(v, plot, &s);
    draw_field(a, 0, a.cols - labels, labels, true, INK_LABEL, high);
    draw_field(a, plot.rows - 1, a.cols - labels, labels, true, INK_LABEL, low);
    draw_format(a, plot.rows, 0, INK_LABEL, "MAE %s", format_gain(mae, sizeof mae, s.least_mae));
    int x = plot.cols - 1;
    draw_text(a, plot.rows, x, INK_LABEL, "0");
    char text[48];
    text_format(text, sizeof text, "P&L of the last %u", s.count);
    int width = draw_width(a.surface, text);
    if (width + (int)draw_width(a.surface, mae) + 6 < x)
        draw_text(a, plot.rows, x - 1 - width, INK_LABEL, text);
}

void panel_excursions_draw(struct view *v, struct area a)
{
    const struct excursions *e = &v->snapshot->excursions[v->timeframe];
    if (v->snapshot->statistics[v->timeframe].trades == 0) {
        draw_text(a, 0, 0, INK_LABEL, "No trade in this timeframe.");
        return;
    }
    int table = LABEL + PERCENTILES * COLUMN_MOST;
    if (a.cols >= 2 * table - LABEL && a.rows >= SCATTER_LEAST) { /* side by side */
        draw_table(area_part(a, 0, 0, a.rows, table), e);
        draw_scatter(v, area_part(a, 0, table + 3, a.rows, a.cols - table - 3));
        return;
    }
    bool both = a.rows >= TABLE_ROWS + SCATTER_LEAST;
    draw_table(area_part(a, 0, 0, both ? TABLE_ROWS : a.rows, a.cols), e);
    if (both)
        draw_scatter(v, area_part(a, TABLE_ROWS, 0, a.rows - TABLE_ROWS, a.cols));
}

int panel_excursions_rows(int cols)
{
    bool beside = cols - 2 >= 2 * (LABEL + PERCENTILES * COLUMN_MOST) - LABEL;
    return beside ? TABLE_ROWS : TABLE_ROWS + SCATTER_WANTED;
}
