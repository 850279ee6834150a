/* A drawing of dots finer than cells: braille (2 × 4 dots a cell), or marks at three heights in
 * ASCII. */
#ifndef SORTIE_UI_CANVAS_H
#define SORTIE_UI_CANVAS_H

#include "ui/surface.h"

struct canvas {
    int rows, cols;           /* cells */
    int dots_high, dots_wide; /* in all */
    bool ascii;
    uint8_t *cells; /* dots set, a bit each */
    size_t room;
};

/* Makes it that large and empty. */
void canvas_start(struct canvas *c, int rows, int cols, bool ascii);
void canvas_free(struct canvas *c);
/* Dots count from the upper left; those outside are not drawn. */
void canvas_dot(struct canvas *c, int y, int x);
void canvas_line(struct canvas *c, int y0, int x0, int y1, int x1);
/* Onto `a` at its upper left; cells without dots leave what is there. */
void canvas_show(const struct canvas *c, struct area a, unsigned style);

#endif
