#include "ui/surface.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_UP = 1, LINE_RIGHT = 2, LINE_DOWN = 4, LINE_LEFT = 8, TEXT_SIZE = 1024 };

struct glyph_pair {
    const char *unicode, *ascii;
};

static const struct glyph_pair GLYPHS[GLYPH_COUNT] = {
    [GLYPH_ON] = {"●", "*"},     [GLYPH_OFF] = {"○", "o"},  [GLYPH_UP] = {"▲", "^"},
    [GLYPH_DOWN] = {"▼", "v"},   [GLYPH_FULL] = {"▇", "#"}, [GLYPH_EMPTY] = {"▁", "."},
    [GLYPH_CURSOR] = {"│", "|"}, [GLYPH_RULE] = {"─", "-"}, [GLYPH_SPAN] = {"━", "="},
    [GLYPH_ENTRY] = {"┿", "+"},  [GLYPH_NOW] = {"◆", "O"},  [GLYPH_WORST] = {"┝", "["},
    [GLYPH_BEST] = {"┥", "]"},   [GLYPH_CUT] = {"…", "~"},  [GLYPH_POINTER] = {"▸", ">"},
    [GLYPH_DOT] = {"·", "-"},
};

/* By the sum of the directions that meet in a cell. */
static const wchar_t LINES[][17] = {
    [LINES_SINGLE] = L" │─└││┌├─┘─┴┐┤┬┼",
    [LINES_DOUBLE] = L" ║═╚║║╔╠═╝═╩╗╣╦╬",
    [LINES_DASHED] = L" ┆┄└┆┆┌├┄┘┄┴┐┤┬┼",
};

static const char *const ASCII_LINES[] = {
    [LINES_SINGLE] = "|-+", [LINES_DOUBLE] = "#=#", [LINES_DASHED] = ":.+"};

void surface_resize(struct surface *s, int rows, int cols)
{
    s->rows = rows;
    s->cols = cols;
    s->cells = memory_resize(s->cells, (size_t)rows * (size_t)cols, sizeof *s->cells);
    surface_clear(s);
}

void surface_clear(struct surface *s)
{
    size_t count = (size_t)s->rows * (size_t)s->cols;
    for (size_t i = 0; i < count; i++)
        s->cells[i] = (struct cell){L' ', INK_NORMAL, 0};
}

void surface_free(struct surface *s)
{
    free(s->cells);
    memset(s, 0, sizeof *s);
}

struct area area_whole(struct surface *s)
{
    return (struct area){s, 0, 0, s->rows, s->cols};
}

static int within(int value, int least, int most)
{
    return value < least ? least : value > most ? most : value;
}

struct area area_part(struct area a, int y, int x, int rows, int cols)
{
    int top = within(y, 0, a.rows), left = within(x, 0, a.cols);
    int bottom = within(y + rows, top, a.rows), right = within(x + cols, left, a.cols);
    return (struct area){a.surface, a.y + top, a.x + left, bottom - top, right - left};
}

struct area area_inside(struct area a)
{
    return area_part(a, 1, 1, a.rows - 2, a.cols - 2);
}

const char *draw_glyph(const struct surface *s, enum glyph glyph)
{
    return s->ascii ? GLYPHS[glyph].ascii : GLYPHS[glyph].unicode;
}

/* The next character of valid UTF-8, which is moved on; its columns in `width`. */
static wchar_t next_character(const struct surface *s, const char **text, int *width)
{
    static const unsigned char masks[] = {0x7F, 0x1F, 0x0F, 0x07};
    const unsigned char *p = (const unsigned char *)*text;
    int more = *p < 0x80 ? 0 : *p < 0xE0 ? 1 : *p < 0xF0 ? 2 : 3;
    uint32_t point = *p++ & masks[more];
    for (int i = 0; i < more && (*p & 0xC0) == 0x80; i++)
        point = point << 6 | (*p++ & 0x3FU);
    *text = (const char *)p;
    *width = 1;
    if (point < 0x80)
        return (wchar_t)point;
    if (s->ascii)
        return L'?';
    *width = wcwidth((wchar_t)point);
    if (*width >= 0)
        return (wchar_t)point;
    *width = 1;
    return L'?';
}

static struct cell *cell_at(struct area a, int y, int x)
{
    return &a.surface->cells[(size_t)(a.y + y) * (size_t)a.surface->cols + (size_t)(a.x + x)];
}

/* Puts one character; half of a wide one that stood there becomes a blank. */
static void put(struct area a, int y, int x, wchar_t character, int width, unsigned style)
{
    if (y < 0 || y >= a.rows || x < 0 || x + width > a.cols)
        return;
    struct cell *c = cell_at(a, y, x);
    if (c->character == 0 && a.x + x > 0)
        c[-1].character = L' ';
    if (a.x + x + width < a.surface->cols && c[width].character == 0)
        c[width].character = L' ';
    *c = (struct cell){character, (uint16_t)style, 0};
    if (width == 2)
        c[1] = (struct cell){0, (uint16_t)style, 0};
}

static int clean_width(const struct surface *s, const char *clean)
{
    int total = 0, width;
    for (const char *p = clean; *p != '\0'; total += width)
        next_character(s, &p, &width);
    return total;
}

int draw_width(const struct surface *s, const char *text)
{
    char clean[TEXT_SIZE];
    text_clean(clean, sizeof clean, text, strlen(text));
    return clean_width(s, clean);
}

/* Draws clean text up to the column `end`; returns the column after it. */
static int draw_clean(struct area a, int y, int x, int end, unsigned style, const char *text,
                      const char *text_end)
{
    int width;
    while (text < text_end) {
        wchar_t character = next_character(a.surface, &text, &width);
        if (width == 0) /* an accent of its own: cells hold one character */
            continue;
        if (x + width > end)
            return end;
        put(a, y, x, character, width, style);
        x += width;
    }
    return x;
}

int draw_text(struct area a, int y, int x, unsigned style, const char *text)
{
    char clean[TEXT_SIZE];
    text_clean(clean, sizeof clean, text, strlen(text));
    return draw_clean(a, y, x, INT16_MAX, style, clean, clean + strlen(clean));
}

int draw_format(struct area a, int y, int x, unsigned style, const char *format, ...)
{
    char text[TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    return draw_text(a, y, x, style, text);
}

int draw_field(struct area a, int y, int x, int width, bool right, unsigned style, const char *text)
{
    char clean[TEXT_SIZE];
    text_clean(clean, sizeof clean, text, strlen(text));
    int needed = clean_width(a.surface, clean);
    for (int i = 0; i < width; i++)
        put(a, y, x + i, L' ', 1, style);
    if (width <= 0)
        return x;
    const char *end = clean + strlen(clean);
    if (needed > width) {
        int after = draw_clean(a, y, x, x + width - 1, style, clean, end);
        draw_text(a, y, after, style, draw_glyph(a.surface, GLYPH_CUT));
    } else {
        draw_clean(a, y, right ? x + width - needed : x, x + width, style, clean, end);
    }
    return x + width;
}

int draw_repeat(struct area a, int y, int x, int count, unsigned style, enum glyph glyph)
{
    const char *text = draw_glyph(a.surface, glyph);
    int width;
    wchar_t character = next_character(a.surface, &text, &width);
    for (int i = 0; i < count; i++, x += width)
        put(a, y, x, character, width, style);
    return x;
}

void draw_blank(struct area a, unsigned style)
{
    for (int y = 0; y < a.rows; y++)
        for (int x = 0; x < a.cols; x++)
            put(a, y, x, L' ', 1, style);
}

static void add_lines(struct area a, int y, int x, unsigned directions, unsigned style)
{
    if (y < 0 || y >= a.rows || x < 0 || x >= a.cols)
        return;
    unsigned lines = cell_at(a, y, x)->lines | directions;
    enum line_set set = a.surface->line_set;
    bool upright = (lines & (LINE_LEFT | LINE_RIGHT)) == 0;
    bool level = (lines & (LINE_UP | LINE_DOWN)) == 0;
    wchar_t character = a.surface->ascii ? (wchar_t)ASCII_LINES[set][upright ? 0
                                                                     : level ? 1
                                                                             : 2]
                                         : LINES[set][lines];
    put(a, y, x, character, 1, style);
    cell_at(a, y, x)->lines = (uint8_t)lines;
}

void draw_box(struct area a, unsigned style)
{
    int bottom = a.rows - 1, right = a.cols - 1;
    if (bottom < 1 || right < 1)
        return;
    for (int x = 1; x < right; x++) {
        add_lines(a, 0, x, LINE_LEFT | LINE_RIGHT, style);
        add_lines(a, bottom, x, LINE_LEFT | LINE_RIGHT, style);
    }
    for (int y = 1; y < bottom; y++) {
        add_lines(a, y, 0, LINE_UP | LINE_DOWN, style);
        add_lines(a, y, right, LINE_UP | LINE_DOWN, style);
    }
    add_lines(a, 0, 0, LINE_DOWN | LINE_RIGHT, style);
    add_lines(a, 0, right, LINE_DOWN | LINE_LEFT, style);
    add_lines(a, bottom, 0, LINE_UP | LINE_RIGHT, style);
    add_lines(a, bottom, right, LINE_UP | LINE_LEFT, style);
}

/* The end of the longest start of `text` that fits `width` columns, at a blank where there is one.
 */
static const char *line_end(const struct surface *s, const char *text, int width)
{
    const char *blank = NULL, *p = text;
    int used = 0, columns;
    while (*p != '\0') {
        const char *next = p;
        next_character(s, &next, &columns);
        if (used + columns > width)
            return *p == ' ' ? p : blank != NULL ? blank : p > text ? p : next;
        if (*p == ' ')
            blank = p;
        used += columns;
        p = next;
    }
    return p;
}

int draw_words(struct area a, int y, int x, int first, unsigned style, const char *text)
{
    char clean[TEXT_SIZE];
    text_clean(clean, sizeof clean, text, strlen(text));
    int rows = 0, start = first;
    for (const char *p = clean; rows == 0 || *p != '\0'; rows++, start = x) {
        int width = a.cols - start;
        const char *end = line_end(a.surface, p, width > 1 ? width : 1);
        draw_clean(a, y + rows, start, a.cols, style, p, end);
        p = end + strspn(end, " ");
    }
    return rows;
}

int field_columns(int cols)
{
    return cols >= 54 ? cols / 19 : cols >= 30 ? 2 : 1;
}

int draw_fields(struct area a, const struct field *fields, size_t count)
{
    int columns = field_columns(a.cols), gap = a.cols / columns < 19 ? 1 : 2;
    int width = (a.cols - gap * (columns - 1)) / columns, used = 0;
    for (size_t i = 0; i < count && (int)i / columns < a.rows; i++) {
        const struct field *f = &fields[i];
        int y = (int)i / columns, x = (int)i % columns * (width + gap);
        int value = draw_width(a.surface, f->value), label = draw_width(a.surface, f->label);
        bool cut = label + 1 + value > width && f->brief != NULL;
        int room = within(width - value - 1, 0, width);
        draw_field(a, y, x, room, false, INK_LABEL, cut ? f->brief : f->label);
        draw_field(a, y, x + width - within(value, 0, width), within(value, 0, width), true,
                   f->style, f->value);
        used = y + 1;
    }
    return used;
}
