/* Where each panel is, for a size of the screen: two columns over the messages, one stack where it
 * is narrow, a single line below 40 × 10. Frames share their edges. */
#ifndef SORTIE_UI_LAYOUT_H
#define SORTIE_UI_LAYOUT_H

#include "ui/panel.h"

enum { LAYOUT_LEAST_COLS = 40, LAYOUT_LEAST_ROWS = 10, LAYOUT_TWO_COLUMNS = 76 };

struct place {
    int y, x, rows, cols; /* the frame included; rows 0: not shown */
};

struct layout {
    bool tiny; /* one line only */
    bool banner;
    struct place frames[PANEL_COUNT];
};

/* `v` says what is focused, zoomed and how much each panel has to show. */
void layout_compute(struct layout *l, const struct view *v, int rows, int cols, bool banner);
const struct panel *panel_get(enum panel_id id);

#endif
