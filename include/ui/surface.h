/* The picture: a grid of cells that panels draw into. Every helper clips at the bounds of its area
 * and cleans what it is given, so no panel can write beside its place and no text can steer the
 * terminal. Needs no terminal itself; ui.c sends the cells that differ from what is shown. */
#ifndef SORTIE_UI_SURFACE_H
#define SORTIE_UI_SURFACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* A style is an ink and any of the flags. */
enum ink {
    /* These change with the mode on screen. */
    INK_BORDER,
    INK_TITLE,
    INK_FOCUS,
    INK_BADGE,
    INK_HEADER,
    INK_HEADER_GOOD,
    INK_HEADER_BAD,
    INK_ACCENTS,
    /* These do not. */
    INK_NORMAL = INK_ACCENTS,
    INK_LABEL,
    INK_VALUE,
    INK_PROFIT,
    INK_LOSS,
    INK_GOOD,
    INK_WARNING,
    INK_ALERT,
    INK_CRITICAL,
    INK_TAB,
    INK_KEY,
    INK_SIM,
    INK_LIVE,
    INK_DEBUG,
    INK_COUNT
};

enum {
    STYLE_INK = 0xFF,
    STYLE_BOLD = 0x100,
    STYLE_REVERSE = 0x200,
    STYLE_BLINK = 0x400,
    STYLE_UNDERLINE = 0x800
};

enum glyph {
    GLYPH_ON,
    GLYPH_OFF,
    GLYPH_UP,
    GLYPH_DOWN,
    GLYPH_FULL,
    GLYPH_EMPTY,
    GLYPH_CURSOR,
    GLYPH_RULE,
    GLYPH_SPAN,
    GLYPH_ENTRY,
    GLYPH_NOW,
    GLYPH_WORST,
    GLYPH_BEST,
    GLYPH_CUT,
    GLYPH_POINTER,
    GLYPH_DOT,
    GLYPH_COUNT
};

enum line_set { LINES_SINGLE, LINES_DOUBLE, LINES_DASHED };

struct cell {
    wchar_t character; /* 0: the right half of the wide one before it */
    uint16_t style;
    uint8_t lines; /* the directions in which a box's line leaves this cell */
};

struct surface {
    int rows, cols;
    bool ascii;
    enum line_set line_set;
    struct cell *cells;
};

struct area {
    struct surface *surface;
    int y, x, rows, cols;
};

/* Makes the surface that large and blank. */
void surface_resize(struct surface *s, int rows, int cols);
void surface_clear(struct surface *s);
void surface_free(struct surface *s);

struct area area_whole(struct surface *s);
/* A part of `a`, cut to what lies within. */
struct area area_part(struct area a, int y, int x, int rows, int cols);
/* Without the frame around it. */
struct area area_inside(struct area a);

const char *draw_glyph(const struct surface *s, enum glyph glyph);
/* Columns that the text takes on the screen. */
int draw_width(const struct surface *s, const char *text);

/* Places in an area count from its upper left corner. Those that return an int return the column
 * after what was drawn, whether or not it fitted. */
int draw_text(struct area a, int y, int x, unsigned style, const char *text);
int draw_format(struct area a, int y, int x, unsigned style, const char *format, ...)
    __attribute__((format(printf, 5, 6)));
/* Exactly `width` columns: padded, and cut with a mark when too long. */
int draw_field(struct area a, int y, int x, int width, bool right, unsigned style,
               const char *text);
int draw_repeat(struct area a, int y, int x, int count, unsigned style, enum glyph glyph);
void draw_blank(struct area a, unsigned style);
/* A frame of lines along the edge of `a`; lines of frames that share an edge join. */
void draw_box(struct area a, unsigned style);
/* Lines of words from row `y`, each line from column `x` on, the first one from `first`; returns
 * the rows taken. */
int draw_words(struct area a, int y, int x, int first, unsigned style, const char *text);

/* A figure with its name. */
struct field {
    const char *label;
    const char *brief; /* where the label has no room; NULL: cut */
    unsigned style;
    char value[40];
};

int field_columns(int cols); /* how many fit side by side */
/* Row by row, as many as there is room for; returns the rows taken. */
int draw_fields(struct area a, const struct field *fields, size_t count);

#endif
