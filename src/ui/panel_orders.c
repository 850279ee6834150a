#include "base/text.h"
#include "ui/format.h"
#include "ui/view.h"

#include <string.h>

enum column {
    COLUMN_TIME,
    COLUMN_SYMBOL,
    COLUMN_SIDE,
    COLUMN_TYPE,
    COLUMN_QUANTITY,
    COLUMN_FILLED,
    COLUMN_PRICE,
    COLUMN_STATUS,
    COLUMN_ID,
    COLUMNS
};

static const struct {
    const char *title;
    bool right;
    int rank; /* the highest is left out first */
    int most; /* columns of the screen */
} COLUMN[COLUMNS] = {
    [COLUMN_TIME] = {"time", false, 6, 8},   [COLUMN_SYMBOL] = {"symbol", false, 7, 16},
    [COLUMN_SIDE] = {"side", false, 1, 4},   [COLUMN_TYPE] = {"type", false, 5, 12},
    [COLUMN_QUANTITY] = {"qty", true, 3, 9}, [COLUMN_FILLED] = {"filled", true, 8, 9},
    [COLUMN_PRICE] = {"price", true, 2, 12}, [COLUMN_STATUS] = {"status", false, 4, 11},
    [COLUMN_ID] = {"id", false, 9, 16},
};

static bool comes_before(const struct order *a, const struct order *b)
{
    if (order_is_working(a) != order_is_working(b))
        return order_is_working(a);
    return a->updated_at > b->updated_at;
}

/* The orders of the account on screen, working ones first, then the newest. */
static int list_orders(const struct view *v, const struct order *out[SNAPSHOT_ORDERS])
{
    const struct snapshot *s = v->snapshot;
    int count = 0;
    for (uint32_t i = s->order_count < SNAPSHOT_ORDERS ? s->order_count : SNAPSHOT_ORDERS; i > 0;
         i--) {
        const struct order *o = &s->orders[i - 1];
        if (!account_key_equal(&o->key, &s->view))
            continue;
        int at = count++;
        for (; at > 0 && comes_before(o, out[at - 1]); at--)
            out[at] = out[at - 1];
        out[at] = o;
    }
    return count;
}

static void format_cell(const struct view *v, const struct order *o, enum column column, char *text,
                        size_t size)
{
    struct instrument i;
    double price =
        o->status == STATUS_FILLED && price_is_set(o->average_price) ? o->average_price : o->price1;
    switch (column) {
    case COLUMN_TIME:
        format_clock(text, size, o->updated_at);
        break;
    case COLUMN_SYMBOL:
        text_copy(text, size, o->symbol);
        break;
    case COLUMN_SIDE:
        text_copy(text, size, o->side == SIDE_LONG ? "BUY" : o->side == SIDE_SHORT ? "SELL" : "-");
        break;
    case COLUMN_TYPE:
        text_copy(text, size, order_type_name(o->type));
        break;
    case COLUMN_QUANTITY:
        format_quantity(text, size, o->quantity, false);
        break;
    case COLUMN_FILLED:
        format_quantity(text, size, o->filled, false);
        break;
    case COLUMN_PRICE:
        view_instrument(v, o->symbol, &i);
        format_price(text, size, &i, price);
        break;
    case COLUMN_STATUS:
        text_copy(text, size, order_status_name(o->status));
        break;
    case COLUMN_ID:
        text_copy(text, size, o->server_id[0] != '\0' ? o->server_id : o->client_id);
        break;
    case COLUMNS:
        break;
    }
}

/* The width of each column from what is in sight; 0 for those left out. */
static void fit_columns(const struct view *v, struct area a, const struct order *const *orders,
                        int count, int width[COLUMNS])
{
    char text[80];
    int total = 0;
    for (int c = 0; c < COLUMNS; c++) {
        width[c] = (int)strlen(COLUMN[c].title);
        for (int i = 0; i < count; i++) {
            format_cell(v, orders[i], (enum column)c, text, sizeof text);
            int w = draw_width(a.surface, text);
            width[c] = w > width[c] ? w : width[c];
        }
        width[c] = width[c] > COLUMN[c].most ? COLUMN[c].most : width[c];
        total += width[c] + 1;
    }
    for (int rank = COLUMNS; rank > 1 && total - 1 > a.cols; rank--) {
        for (int c = 0; c < COLUMNS; c++) {
            if (COLUMN[c].rank != rank || total - 1 <= a.cols)
                continue;
            total -= width[c] + 1;
            width[c] = 0;
        }
    }
    /* What is left over parts the columns. */
    int shown = 0, spare = a.cols - (total - 1);
    for (int c = 0; c < COLUMNS; c++)
        shown += width[c] > 0 ? 1 : 0;
    for (int c = 0; c < COLUMNS; c++)
        if (width[c] > 0 && spare >= shown)
            width[c]++;
}

static void draw_row(const struct view *v, struct area a, int y, const struct order *o,
                     const int width[COLUMNS])
{
    char text[80];
    for (int c = 0, x = 0; c < COLUMNS; c++) {
        if (width[c] == 0)
            continue;
        unsigned style = order_is_working(o) ? INK_VALUE : INK_LABEL;
        if (c == COLUMN_SIDE && order_is_working(o))
            style = o->side == SIDE_LONG ? INK_PROFIT : INK_LOSS;
        if (c == COLUMN_STATUS && o->status == STATUS_REJECTED)
            style = INK_WARNING;
        format_cell(v, o, (enum column)c, text, sizeof text);
        x = draw_field(a, y, x, width[c], COLUMN[c].right, style, text) + 1;
    }
}

static void draw(struct view *v, struct area a)
{
    const struct order *orders[SNAPSHOT_ORDERS];
    int width[COLUMNS], count = list_orders(v, orders), page = a.rows - 1;
    if (count == 0) {
        draw_text(a, 0, 0, INK_LABEL, "No orders.");
        return;
    }
    int last = count > page ? count - page : 0;
    v->orders_scroll = v->orders_scroll > last ? last : v->orders_scroll;
    const struct order *const *first = (const struct order *const *)orders + v->orders_scroll;
    int shown = count - v->orders_scroll < page ? count - v->orders_scroll : page;
    fit_columns(v, a, first, shown, width);
    for (int c = 0, x = 0; c < COLUMNS; c++)
        if (width[c] > 0)
            x = draw_field(a, 0, x, width[c], COLUMN[c].right, INK_LABEL | STYLE_UNDERLINE,
                           COLUMN[c].title) +
                1;
    for (int i = 0; i < shown; i++)
        draw_row(v, a, i + 1, first[i], width);
}

static void draw_title(const struct view *v, struct area line, unsigned style)
{
    const struct order *orders[SNAPSHOT_ORDERS];
    int count = list_orders(v, orders), working = 0;
    for (int i = 0; i < count; i++)
        working += order_is_working(orders[i]) ? 1 : 0;
    int x = draw_text(line, 0, 0, style, " Orders ");
    if (count > 0)
        draw_format(line, 0, x + 2, INK_TITLE, " %d working ", working);
    if (v->orders_scroll > 0) {
        char text[40];
        text_format(text, sizeof text, " from %d of %d ", v->orders_scroll + 1, count);
        draw_text(line, 0, line.cols - draw_width(line.surface, text), INK_TITLE, text);
    }
}

static bool act(struct view *v, enum action action)
{
    const struct order *orders[SNAPSHOT_ORDERS];
    return view_scroll(&v->orders_scroll, action, 5, list_orders(v, orders) - 1);
}

static int wanted_rows(const struct view *v, int cols)
{
    (void)cols;
    const struct order *orders[SNAPSHOT_ORDERS];
    int count = list_orders(v, orders) + 1;
    return count < 4 ? 4 : count > 10 ? 10 : count;
}

const struct panel panel_orders = {
    .name = "Orders",
    .place = PLACE_RIGHT,
    .rank = 2,
    .least_rows = 3,
    .grows = true,
    .wanted_rows = wanted_rows,
    .draw_title = draw_title,
    .draw = draw,
    .act = act,
};
