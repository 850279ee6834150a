#include "ui/layout.h"

#include "ui/view.h"

#include <string.h>

#define PANEL_ROW(name) &panel_##name,
static const struct panel *const PANEL_TABLE[PANEL_COUNT] = {PANELS(PANEL_ROW)};
#undef PANEL_ROW

const struct panel *panel_get(enum panel_id id)
{
    return PANEL_TABLE[id];
}

/* The panels of `places` (bits), by rank. */
static int choose(unsigned places, enum panel_id *out)
{
    int count = 0;
    for (int rank = 1; rank <= PANEL_COUNT; rank++)
        for (int id = 0; id < PANEL_COUNT; id++)
            if (PANEL_TABLE[id]->rank == rank && (places >> PANEL_TABLE[id]->place & 1) != 0)
                out[count++] = (enum panel_id)id;
    return count;
}

/* Gives each of the `count` panels its rows out of `rows` inside rows (lines between not counted).
 */
static void share(const struct view *v, const enum panel_id *ids, int count, int rows, int cols,
                  int *given)
{
    int grower = count - 1;
    for (int i = count - 1; i >= 0; i--) {
        given[i] = PANEL_TABLE[ids[i]]->least_rows;
        rows -= given[i];
        if (PANEL_TABLE[ids[i]]->grows)
            grower = i;
    }
    for (int i = 0; i < count && rows > 0; i++) {
        int wanted = PANEL_TABLE[ids[i]]->wanted_rows(v, cols) - given[i];
        int more = wanted < 0 ? 0 : wanted < rows ? wanted : rows;
        given[i] += more;
        rows -= more;
    }
    if (count > 0)
        given[grower] += rows;
}

/* Stacks the panels of some places between two lines, as many as there is room for. */
static void stack(struct layout *l, const struct view *v, unsigned places, struct place room)
{
    enum panel_id ids[PANEL_COUNT];
    int given[PANEL_COUNT], total = choose(places, ids), count = 0;
    int rows = room.rows - 2, used = 0;
    while (count < total) {
        used += PANEL_TABLE[ids[count]]->least_rows + (count > 0 ? 1 : 0);
        if (used > rows)
            break;
        count++;
    }
    if (count == 0)
        return;
    share(v, ids, count, rows - (count - 1), room.cols - 2, given);
    for (int i = 0, y = room.y; i < count; i++) {
        l->frames[ids[i]] = (struct place){y, room.x, given[i] + 2, room.cols};
        y += given[i] + 1;
    }
}

void layout_compute(struct layout *l, const struct view *v, int rows, int cols, bool banner)
{
    memset(l, 0, sizeof *l);
    l->tiny = rows < LAYOUT_LEAST_ROWS || cols < LAYOUT_LEAST_COLS;
    l->banner = banner && !l->tiny;
    if (l->tiny)
        return;
    int top = l->banner ? 2 : 1;
    struct place all = {top, 0, rows - top, cols};
    if (cols < LAYOUT_TWO_COLUMNS) {
        stack(l, v, 1U << PLACE_LEFT | 1U << PLACE_RIGHT | 1U << PLACE_BELOW, all);
    } else {
        int below = rows < 16 ? 0 : (rows - 8) / 4 < 10 ? (rows - 8) / 4 : 10;
        int upper = below > 0 ? all.rows - below - 1 : all.rows;
        int split = cols * 12 / 25;
        stack(l, v, 1U << PLACE_LEFT, (struct place){top, 0, upper, split + 1});
        stack(l, v, 1U << PLACE_RIGHT, (struct place){top, split, upper, cols - split});
        if (below > 0)
            stack(l, v, 1U << PLACE_BELOW, (struct place){top + upper - 1, 0, below + 2, cols});
    }
    if (v->zoomed || l->frames[v->focus].rows == 0) {
        memset(l->frames, 0, sizeof l->frames);
        l->frames[v->focus] = all;
    }
}
