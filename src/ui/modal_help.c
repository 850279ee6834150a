#include "ui/modal.h"
#include "ui/view.h"

enum { KEYS_WIDTH = 12 };

static bool is_open(const struct view *v)
{
    return v->help_open;
}

/* The table by context, each binding where it is met first. */
static int draw_all(struct area a, int y)
{
    static const enum context contexts[] = {CONTEXT_SCREEN,  CONTEXT_RECOVERY, CONTEXT_ACCOUNTS,
                                            CONTEXT_CONFIRM, CONTEXT_ENTRY,    CONTEXT_HELP};
    int start = y;
    unsigned listed = 0;
    for (size_t c = 0; c < sizeof contexts / sizeof contexts[0]; c++) {
        draw_text(a, y++, 0, INK_TITLE, context_name(contexts[c]));
        for (size_t i = 0; i < KEYMAP_COUNT; i++) {
            if ((KEYMAP[i].contexts & (unsigned)contexts[c]) == 0 ||
                (KEYMAP[i].contexts & listed) != 0)
                continue;
            draw_text(a, y, 2, INK_KEY, KEYMAP[i].name);
            y += draw_words(a, y, 2 + KEYS_WIDTH, 2 + KEYS_WIDTH, INK_NORMAL, KEYMAP[i].help);
        }
        listed |= (unsigned)contexts[c];
        y++;
    }
    return y - 1 - start;
}

static void draw(struct view *v, struct area screen)
{
    struct area window = modal_area(screen, screen.rows, 72), nowhere = modal_inside(window);
    nowhere.rows = 0;
    int rows = draw_all(nowhere, 0);
    window = modal_area(screen, rows + 2, 72);
    struct area inside = modal_frame(window, " Keys ", rows > window.rows - 2);
    int last = rows > inside.rows ? rows - inside.rows : 0;
    v->help_scroll = v->help_scroll > last ? last : v->help_scroll;
    draw_all(inside, -v->help_scroll);
}

static bool act(struct view *v, enum action action)
{
    if (action != ACTION_CLOSE)
        return view_scroll(&v->help_scroll, action, 8, INT16_MAX);
    v->help_open = false;
    v->help_scroll = 0;
    return true;
}

const struct modal modal_help = {
    .context = CONTEXT_HELP,
    .is_open = is_open,
    .draw = draw,
    .act = act,
};
