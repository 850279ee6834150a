#include "ui/screen.h"

#include "base/text.h"
#include "ui/layout.h"
#include "ui/modal.h"
#include "ui/theme.h"

#include <string.h>

#define MODAL_ROW(name) &modal_##name,
static const struct modal *const MODALS_TABLE[] = {MODALS(MODAL_ROW)};
#undef MODAL_ROW

enum { MODAL_COUNT = sizeof MODALS_TABLE / sizeof MODALS_TABLE[0] };

/* The window on top; NULL when only panels show. */
static const struct modal *top_modal(const struct view *v)
{
    for (int i = MODAL_COUNT - 1; i >= 0; i--)
        if (MODALS_TABLE[i]->is_open(v))
            return MODALS_TABLE[i];
    return NULL;
}

static struct area place_area(struct surface *s, const struct place *p)
{
    return area_part(area_whole(s), p->y, p->x, p->rows, p->cols);
}

static void draw_title(struct view *v, const struct panel *panel, struct area frame, unsigned style)
{
    struct area line = area_part(frame, 0, 1, 1, frame.cols - 2);
    if (panel->draw_title != NULL)
        panel->draw_title(v, line, style);
    else
        draw_format(line, 0, 0, style, " %s ", panel->name);
}

static void draw_panels(struct view *v, struct surface *s, const struct layout *l)
{
    /* Frames first, so that shared edges have joined before titles are written on them; the focused
     * one last, so that its colour wins. */
    for (int pass = 0; pass < 2; pass++)
        for (int id = 0; id < PANEL_COUNT; id++)
            if (l->frames[id].rows > 0 && (pass == 1) == (id == (int)v->focus))
                draw_box(place_area(s, &l->frames[id]), pass == 1 ? INK_FOCUS : INK_BORDER);
    for (int id = 0; id < PANEL_COUNT; id++) {
        if (l->frames[id].rows == 0)
            continue;
        struct area frame = place_area(s, &l->frames[id]);
        bool focused = id == (int)v->focus;
        draw_title(v, panel_get((enum panel_id)id), frame,
                   focused ? INK_TITLE | STYLE_REVERSE : INK_TITLE);
        struct area inside = area_inside(frame);
        panel_get((enum panel_id)id)
            ->draw(v, area_part(inside, 0, 1, inside.rows, inside.cols - 2));
    }
}

void screen_draw(struct view *v, struct surface *s)
{
    struct layout l;
    struct area whole = area_whole(s);
    layout_compute(&l, v, s->rows, s->cols, v->snapshot->store_lost);
    s->line_set = theme_line_set(v->snapshot->view.mode);
    surface_clear(s);
    v->tiny = l.tiny;
    if (l.tiny) {
        panel_essentials_draw(v, area_part(whole, 0, 0, 1, s->cols), top_modal(v) != NULL);
        return;
    }
    panel_header_draw(v, area_part(whole, 0, 0, 1, s->cols));
    if (l.banner)
        panel_banner_draw(v, area_part(whole, 1, 0, 1, s->cols));
    draw_panels(v, s, &l);
    for (int i = 0; i < MODAL_COUNT; i++)
        if (MODALS_TABLE[i]->is_open(v))
            MODALS_TABLE[i]->draw(v, area_part(whole, 1, 0, s->rows - 2, s->cols));
    const struct modal *top = top_modal(v);
    panel_footer_draw(v, area_part(whole, s->rows - 1, 1, 1, s->cols - 2),
                      top != NULL ? top->context : CONTEXT_SCREEN);
}

static void post_simple(struct view *v, enum command_kind kind, const char *notice)
{
    struct command c = {.kind = kind, .key = v->snapshot->view};
    view_post(v, &c, notice);
}

/* Scrolling that the focused panel has no use for goes to the first one that has. */
static void act_on_panels(struct view *v, enum action action)
{
    const struct panel *focused = panel_get(v->focus);
    if (focused->act != NULL && focused->act(v, action))
        return;
    for (int id = 0; id < PANEL_COUNT; id++)
        if (panel_get((enum panel_id)id)->act != NULL &&
            panel_get((enum panel_id)id)->act(v, action))
            return;
}

static void close_one(struct view *v)
{
    if (v->curve_time != 0)
        v->curve_time = 0;
    else
        v->zoomed = false;
}

static void ask_new_period(struct view *v)
{
    struct command c = {.kind = COMMAND_NEW_PERIOD, .key = v->snapshot->view};
    if (c.key.mode != MODE_SIM || view_account(v) == NULL)
        text_copy(v->notice, sizeof v->notice, "Only a SIM account's balance can begin anew.");
    else
        question_ask(
            v, false, c,
            "Begin %s anew at the start balance? Its trades and earlier balances are kept.",
            c.key.account);
}

static void act_on_screen(struct view *v, enum action action, int key)
{
    switch (action) {
    case ACTION_FOCUS:
        v->focus = (enum panel_id)(key - '1');
        break;
    case ACTION_FOCUS_NEXT:
        v->focus = (enum panel_id)((v->focus + 1) % PANEL_COUNT);
        break;
    case ACTION_FOCUS_PREVIOUS:
        v->focus = (enum panel_id)((v->focus + PANEL_COUNT - 1) % PANEL_COUNT);
        break;
    case ACTION_ZOOM:
        v->zoomed = !v->zoomed;
        break;
    case ACTION_TIMEFRAME_NEXT:
    case ACTION_TIMEFRAME_PREVIOUS:
        v->timeframe = (enum timeframe)(
            (v->timeframe + (action == ACTION_TIMEFRAME_NEXT ? 1 : TIMEFRAME_COUNT - 1)) %
            TIMEFRAME_COUNT);
        v->curve_time = 0;
        break;
    case ACTION_EXCURSIONS:
        v->excursions = !v->excursions;
        break;
    case ACTION_POSITION_NEXT:
    case ACTION_POSITION_PREVIOUS:
        view_step_position(v, action == ACTION_POSITION_NEXT ? 1 : -1);
        break;
    case ACTION_ACCOUNTS:
        v->accounts_open = true;
        v->account_row = v->snapshot->view;
        break;
    case ACTION_UNPIN:
        post_simple(v, COMMAND_UNPIN, "The view follows the fills again.");
        break;
    case ACTION_VIEWS:
        v->views_open = true;
        v->views_scroll = 0;
        break;
    case ACTION_NEW_PERIOD:
        ask_new_period(v);
        break;
    case ACTION_RECONCILE:
        post_simple(v, COMMAND_RECONCILE, "Asking the server for positions and orders again.");
        break;
    case ACTION_CONNECT:
        post_simple(v, COMMAND_RECONNECT, "Connecting now.");
        break;
    case ACTION_CLOSE:
        close_one(v);
        break;
    default:
        act_on_panels(v, action);
    }
}

void screen_press(struct view *v, int key)
{
    const struct modal *top = top_modal(v);
    enum action action = keymap_find(key, top != NULL ? top->context : CONTEXT_SCREEN);
    v->notice[0] = '\0';
    if (action == ACTION_QUIT)
        v->quit = true;
    else if (action == ACTION_SUSPEND)
        v->suspend = true;
    else if (action == ACTION_REDRAW)
        v->redraw = true;
    else if (v->tiny)
        return; /* what cannot be seen is not answered */
    else if (action == ACTION_HELP)
        v->help_open = true;
    else if (top == NULL)
        act_on_screen(v, action, key);
    else if (action != ACTION_NONE)
        top->act(v, action);
    else if (top->type != NULL)
        top->type(v, key);
}
