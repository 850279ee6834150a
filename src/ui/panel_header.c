#include "base/text.h"
#include "ui/format.h"
#include "ui/theme.h"
#include "ui/view.h"

#include <assert.h>
#include <string.h>

enum { PARTS_MAX = 20, SHORT_SYMBOL_COLS = 100, PART_SIZE = 300 };

struct part {
    char text[PART_SIZE];
    unsigned style;
    int rank;   /* the highest goes first when the line is too short */
    bool right; /* from the right edge */
    int gap;    /* blanks before it */
    int least;  /* it may be cut down to so many columns; 0: it may not */
};

struct parts {
    struct part list[PARTS_MAX];
    int count;
};

static struct part *add_part(struct parts *p, int rank, bool right, int gap, unsigned style)
{
    assert(p->count < PARTS_MAX);
    struct part *part = &p->list[p->count++];
    *part = (struct part){.style = style, .rank = rank, .right = right, .gap = gap};
    return part;
}

static char *add(struct parts *p, int rank, bool right, int gap, unsigned style)
{
    return add_part(p, rank, right, gap, style)->text;
}

static int part_width(const struct surface *s, const struct part *part, bool cut)
{
    int width = draw_width(s, part->text);
    return part->gap + (cut && part->least > 0 && part->least < width ? part->least : width);
}

static int total_width(const struct surface *s, const struct parts *p, bool cut)
{
    int width = 1;
    for (int i = 0; i < p->count; i++)
        width += part_width(s, &p->list[i], cut);
    return width;
}

/* Leaves out the parts that matter least until the line is long enough. */
static void fit(const struct surface *s, struct parts *p, int cols)
{
    while (total_width(s, p, true) > cols) {
        int worst = 0;
        for (int i = 1; i < p->count; i++)
            if (p->list[i].rank > p->list[worst].rank)
                worst = i;
        if (p->list[worst].rank == 0)
            return;
        p->count--;
        for (int i = worst; i < p->count; i++)
            p->list[i] = p->list[i + 1];
    }
}

/* What is left over goes to the parts that were cut, or lies before those at the right edge. */
static void show(struct area line, const struct parts *p)
{
    const struct surface *s = line.surface;
    int spare = line.cols - total_width(s, p, true), x = 0;
    for (int i = 0; i < p->count; i++) {
        const struct part *part = &p->list[i];
        int width = part_width(s, part, true), more = part_width(s, part, false) - width;
        more = more < spare ? more : spare;
        spare -= more > 0 ? more : 0;
        if (part->right && spare > 0) {
            x += spare;
            spare = 0;
        }
        width += (more > 0 ? more : 0) - part->gap;
        x = draw_field(line, 0, x + part->gap, width, false, part->style, part->text);
    }
}

static void add_link(const struct view *v, struct parts *p, const struct surface *s)
{
    static const char *const words[] = {
        [LINK_OFFLINE] = "offline",       [LINK_CONNECTING] = "connecting",
        [LINK_LOGGING_ON] = "logging on", [LINK_ONLINE] = "",
        [LINK_ENDED] = "ended",
    };
    const struct connection *c = &v->snapshot->connection;
    bool online = c->phase == LINK_ONLINE;
    unsigned style = online ? INK_HEADER_GOOD : INK_HEADER_BAD;
    text_copy(add(p, 1, false, 2, style), PART_SIZE, draw_glyph(s, online ? GLYPH_ON : GLYPH_OFF));
    if (!online) {
        text_copy(add(p, 2, false, 1, style), PART_SIZE, words[c->phase]);
        if (c->sentence[0] == '\0')
            return;
        struct part *sentence = add_part(p, 5, false, 0, INK_HEADER);
        text_format(sentence->text, PART_SIZE, ": %s", c->sentence);
        sentence->least = 30;
        return;
    }
    text_copy(add(p, 9, false, 1, INK_HEADER), PART_SIZE, c->server);
    text_copy(add(p, 13, false, 1, INK_HEADER), PART_SIZE, c->encoding);
    if (c->round_trip >= 0)
        text_format(add(p, 11, false, 1, INK_HEADER), PART_SIZE, "%lld ms",
                    (long long)((c->round_trip + 500) / 1000));
}

static void add_symbol(const struct view *v, struct parts *p, const struct surface *s, bool brief)
{
    if (v->symbol_index < 0)
        return;
    const struct market *m = &v->snapshot->markets[v->symbol_index];
    const struct instrument *i = &v->snapshot->instruments[v->symbol_index];
    char price[32], symbol[SYMBOL_SIZE];
    format_price(price, sizeof price, i, market_price(m));
    unsigned style = m->direction > 0   ? INK_HEADER_GOOD
                     : m->direction < 0 ? INK_HEADER_BAD
                                        : INK_HEADER | STYLE_BOLD;
    /* The price stands still while offline: what is said of the connection matters more. */
    bool online = v->snapshot->connection.phase == LINK_ONLINE;
    struct part *name = add_part(p, online ? 8 : 15, false, 3, INK_HEADER);
    name->least = 8;
    text_copy(name->text, PART_SIZE,
              brief ? format_short_symbol(symbol, sizeof symbol, m->symbol) : m->symbol);
    text_format(
        add(p, online ? 4 : 14, false, 1, style | (v->tick < v->flash_until ? STYLE_REVERSE : 0U)),
        PART_SIZE, "%s %s", price,
        m->direction > 0   ? draw_glyph(s, GLYPH_UP)
        : m->direction < 0 ? draw_glyph(s, GLYPH_DOWN)
                           : " ");
}

static void add_saved(const struct view *v, struct parts *p, const struct surface *s)
{
    const struct snapshot *n = v->snapshot;
    unsigned long long waiting = n->changes_issued - n->changes_durable;
    if (n->store_lost)
        text_copy(add(p, 1, true, 2, INK_CRITICAL), PART_SIZE, " NOT SAVED ");
    else if (n->store_refused)
        text_format(add(p, 2, true, 2, INK_WARNING), PART_SIZE, "journal %s",
                    draw_glyph(s, GLYPH_ON));
    else if (waiting > 0)
        text_format(add(p, 2, true, 2, INK_HEADER_BAD), PART_SIZE, "unsaved %llu %s", waiting,
                    draw_glyph(s, GLYPH_OFF));
    else
        text_format(add(p, 7, true, 2, INK_HEADER_GOOD), PART_SIZE, "saved %s",
                    draw_glyph(s, GLYPH_ON));
}

static unsigned header_gain(money m)
{
    return m == MONEY_UNSET || m == 0 ? INK_HEADER | STYLE_BOLD
           : m > 0                    ? INK_HEADER_GOOD
                                      : INK_HEADER_BAD;
}

void panel_header_draw(struct view *v, struct area line)
{
    struct parts p = {.count = 0};
    const struct account_key *key = &v->snapshot->view;
    char text[48];
    money day = view_day_pnl(v);

    text_format(add(&p, 0, false, 0, INK_BADGE), PART_SIZE, " %s ", mode_name(key->mode));
    if (key->account[0] == '\0')
        text_copy(add(&p, 2, false, 1, INK_HEADER), PART_SIZE, "no account yet");
    else
        text_format(add(&p, 1, false, 1, INK_HEADER | STYLE_BOLD), PART_SIZE, "%s", key->account);
    if (v->snapshot->view_pinned)
        text_copy(add(&p, 6, false, 1, INK_HEADER), PART_SIZE, "pinned");
    add_link(v, &p, line.surface);
    add_symbol(v, &p, line.surface, line.cols < SHORT_SYMBOL_COLS);
    add_saved(v, &p, line.surface);
    text_copy(add(&p, 5, true, 2, INK_HEADER), PART_SIZE, "P&L");
    text_copy(add(&p, 12, true, 1, INK_HEADER), PART_SIZE, "today");
    text_copy(add(&p, 3, true, 1, header_gain(day)), PART_SIZE,
              format_gain(text, sizeof text, day));
    text_copy(add(&p, 10, true, 2, INK_HEADER), PART_SIZE,
              format_minute(text, sizeof text, v->now));

    fit(line.surface, &p, line.cols);
    draw_blank(line, INK_HEADER);
    show(line, &p);
}

void panel_banner_draw(struct view *v, struct area line)
{
    draw_blank(line, INK_CRITICAL);
    draw_format(line, 0, 1, INK_CRITICAL, "NOT SAVED: %s", v->snapshot->store_sentence);
}

void panel_essentials_draw(struct view *v, struct area line, bool window_waits)
{
    const struct position *p = view_position(v);
    const struct account_key *key = &v->snapshot->view;
    bool online = v->snapshot->connection.phase == LINK_ONLINE;
    char text[48];
    draw_blank(line, INK_HEADER);
    int x = draw_format(line, 0, 0, INK_BADGE, " %s ", mode_name(key->mode));
    if (v->snapshot->store_lost)
        x = draw_text(line, 0, x + 1, INK_CRITICAL, "NOT SAVED");
    if (window_waits) {
        draw_text(line, 0, x + 1, INK_HEADER_BAD, "a window waits: enlarge to 40x10");
        return;
    }
    x = draw_text(line, 0, x + 1, online ? INK_HEADER_GOOD : INK_HEADER_BAD,
                  draw_glyph(line.surface, online ? GLYPH_ON : GLYPH_OFF));
    if (p == NULL) {
        money day = view_day_pnl(v);
        x = draw_text(line, 0, x + 1, INK_HEADER, "flat");
        draw_text(line, 0, x + 1, header_gain(day), format_gain(text, sizeof text, day));
        return;
    }
    struct position_metrics m;
    struct instrument i;
    view_measure(v, &m);
    view_instrument(v, p->symbol, &i);
    x = draw_text(line, 0, x + 1, header_gain(m.open_pnl),
                  format_gain(text, sizeof text, m.open_pnl));
    x = draw_format(
        line, 0, x + 1, INK_HEADER | STYLE_BOLD, "%s %s",
        position_side(p) == SIDE_LONG ? "LONG" : "SHORT",
        format_quantity(text, sizeof text, p->quantity < 0 ? -p->quantity : p->quantity, false));
    x = draw_text(line, 0, x + 1, INK_HEADER, format_short_symbol(text, sizeof text, p->symbol));
    draw_text(line, 0, x + 1, INK_HEADER, format_price(text, sizeof text, &i, p->price));
}
