/* Which accounts were on screen: the last view changes, newest first. */
#include "base/text.h"
#include "ui/format.h"
#include "ui/modal.h"
#include "ui/theme.h"
#include "ui/view.h"

#include <string.h>

static bool is_open(const struct view *v)
{
    return v->views_open;
}

static const char *reason_of(const char *reason)
{
    static const char *const words[][2] = {
        {"start", "at the start"},
        {"fill", "had a fill"},
        {"chosen", "chosen by you"},
        {"setting", "set in the settings"},
    };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i][0], reason) == 0)
            return words[i][1];
    return reason;
}

static void draw_row(const struct view *v, struct area a, int y, const struct view_change *c)
{
    char text[48], moment[40], clock[16];
    format_moment(moment, sizeof moment, c->time, v->now);
    format_clock(clock, sizeof clock, c->time);
    if (strchr(moment, ' ') == NULL) /* of today: to the second */
        text_copy(moment, sizeof moment, clock);
    text_format(text, sizeof text, "%11s", moment);
    draw_text(a, y, 0, INK_LABEL, text);
    draw_format(a, y, 13, theme_mode_ink(c->key.mode), " %-5s ", mode_name(c->key.mode));
    int x = draw_text(a, y, 21, INK_VALUE, c->key.account);
    x = x + 2 > 35 ? x + 2 : 35;
    draw_text(a, y, x, INK_NORMAL, reason_of(c->reason));
}

static void draw(struct view *v, struct area screen)
{
    const struct snapshot *s = v->snapshot;
    int count = s->view_history_count < VIEW_HISTORY ? (int)s->view_history_count : VIEW_HISTORY;
    struct area window = modal_area(screen, (count > 0 ? count : 1) + 2, 64);
    struct area inside = modal_frame(window, " Accounts shown ", count > window.rows - 2);
    int last = count > inside.rows ? count - inside.rows : 0;
    v->views_scroll = v->views_scroll > last ? last : v->views_scroll;
    if (count == 0)
        draw_text(inside, 0, 0, INK_LABEL, "None yet.");
    for (int i = v->views_scroll; i < count; i++)
        draw_row(v, inside, i - v->views_scroll, &s->view_history[count - 1 - i]);
}

static bool act(struct view *v, enum action action)
{
    if (action == ACTION_CLOSE)
        v->views_open = false;
    else
        view_scroll(&v->views_scroll, action, 8, INT16_MAX);
    return true;
}

const struct modal modal_views = {
    .context = CONTEXT_HELP,
    .is_open = is_open,
    .draw = draw,
    .act = act,
};
