#include "ui/canvas.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum { ASCII_TOP = 1, ASCII_MIDDLE = 2, ASCII_BOTTOM = 4 };

/* Braille patterns number their dots 1 2 3 7 down the left side and 4 5 6 8 down the right. */
static const uint8_t BRAILLE[4][2] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

/* By the marks that are set: top 1, middle 2, bottom 4. */
static const char *const ASCII_MARKS[8] = {" ", "'", "-", ":", ".", "|", ":", "|"};

void canvas_start(struct canvas *c, int rows, int cols, bool ascii)
{
    size_t need = (size_t)rows * (size_t)cols;
    if (need > c->room) {
        c->cells = memory_resize(c->cells, need, 1);
        c->room = need;
    }
    if (need > 0)
        memset(c->cells, 0, need);
    c->rows = rows;
    c->cols = cols;
    c->ascii = ascii;
    c->dots_high = rows * (ascii ? 3 : 4);
    c->dots_wide = cols * (ascii ? 1 : 2);
}

void canvas_free(struct canvas *c)
{
    free(c->cells);
    memset(c, 0, sizeof *c);
}

void canvas_dot(struct canvas *c, int y, int x)
{
    if (y < 0 || x < 0 || y >= c->dots_high || x >= c->dots_wide)
        return;
    if (c->ascii)
        c->cells[y / 3 * c->cols + x] |= (uint8_t)(1 << y % 3);
    else
        c->cells[y / 4 * c->cols + x / 2] |= BRAILLE[y % 4][x % 2];
}

void canvas_line(struct canvas *c, int y0, int x0, int y1, int x1)
{
    int high = abs(y1 - y0), wide = abs(x1 - x0);
    int steps = high > wide ? high : wide;
    canvas_dot(c, y0, x0);
    for (int i = 1; i <= steps; i++) {
        /* Twice the value plus one half, so that whole numbers round to the nearest. */
        int64_t y = (int64_t)(y1 - y0) * i * 2 + (y1 >= y0 ? steps : -steps);
        int64_t x = (int64_t)(x1 - x0) * i * 2 + (x1 >= x0 ? steps : -steps);
        canvas_dot(c, y0 + (int)(y / (2 * steps)), x0 + (int)(x / (2 * steps)));
    }
}

void canvas_show(const struct canvas *c, struct area a, unsigned style)
{
    for (int y = 0; y < c->rows; y++) {
        for (int x = 0; x < c->cols; x++) {
            unsigned dots = c->cells[y * c->cols + x];
            if (dots == 0)
                continue;
            if (c->ascii) {
                draw_text(a, y, x, style, ASCII_MARKS[dots]);
            } else {
                /* U+2800 + dots in UTF-8 */
                char text[] = {(char)0xE2, (char)(0xA0 | dots >> 6), (char)(0x80 | (dots & 0x3F)),
                               '\0'};
                draw_text(a, y, x, style, text);
            }
        }
    }
}
