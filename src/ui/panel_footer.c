#include "ui/view.h"

/* Keys that would do nothing now are not offered. */
static bool is_useful(const struct view *v, const struct binding *b)
{
    const struct snapshot *s = v->snapshot;
    switch (b->action) {
    case ACTION_POSITION_NEXT:
        return v->position_total > 1;
    case ACTION_UNPIN:
        return s->view_pinned;
    case ACTION_CONNECT:
        return s->connection.phase == LINK_OFFLINE || s->connection.phase == LINK_ENDED;
    case ACTION_RECONCILE:
        return s->connection.phase == LINK_ONLINE;
    case ACTION_ACCOUNTS:
        return s->account_count > 0;
    case ACTION_KEEP:
    case ACTION_CLOSE_AT:
    case ACTION_DISCARD:
        return view_undecided(v);
    default:
        return true;
    }
}

/* Help and quit are always there; the others come by their order in the table while there is room.
 */
static bool is_constant(const struct binding *b)
{
    return b->action == ACTION_HELP || b->action == ACTION_QUIT || b->action == ACTION_CLOSE;
}

static int entry_width(const struct surface *s, const struct binding *b)
{
    return draw_width(s, b->name) + 1 + draw_width(s, b->label) + 2;
}

void panel_footer_draw(struct view *v, struct area line, enum context context)
{
    if (v->notice[0] != '\0') {
        draw_format(line, 0, 1, INK_TITLE, " %s ", v->notice);
        return;
    }
    const struct binding *shown[64];
    int count = 0, room = line.cols - 2;
    for (size_t i = 0; i < KEYMAP_COUNT && count < 64; i++) {
        const struct binding *b = &KEYMAP[i];
        if (b->label != NULL && (b->contexts & (unsigned)context) != 0 && is_useful(v, b)) {
            shown[count++] = b;
            room -= is_constant(b) ? entry_width(line.surface, b) : 0;
        }
    }
    int x = 1;
    for (int i = 0; i < count; i++) {
        int width = entry_width(line.surface, shown[i]);
        if (!is_constant(shown[i])) {
            if (width > room)
                continue;
            room -= width;
        }
        x = draw_text(line, 0, x, INK_NORMAL, " ");
        x = draw_text(line, 0, x, INK_KEY, shown[i]->name);
        x = draw_format(line, 0, x, INK_LABEL, " %s", shown[i]->label);
        x = draw_text(line, 0, x, INK_NORMAL, " ");
    }
}
