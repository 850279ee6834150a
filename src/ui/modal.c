#include "ui/modal.h"

struct area modal_area(struct area screen, int rows, int cols)
{
    rows = rows < screen.rows ? rows : screen.rows;
    cols = cols < screen.cols ? cols : screen.cols;
    return area_part(screen, (screen.rows - rows) / 2, (screen.cols - cols) / 2, rows, cols);
}

struct area modal_inside(struct area window)
{
    return area_part(window, 1, 2, window.rows - 2, window.cols - 4);
}

struct area modal_frame(struct area window, const char *title, bool more)
{
    draw_blank(window, INK_NORMAL);
    draw_box(window, INK_FOCUS);
    draw_text(window, 0, 2, INK_TITLE | STYLE_REVERSE, title);
    if (more)
        draw_text(window, window.rows - 1, window.cols - 16, INK_TITLE, " Up, Down: more");
    return modal_inside(window);
}
