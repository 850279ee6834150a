#include "base/text.h"
#include "ui/format.h"
#include "ui/modal.h"
#include "ui/theme.h"
#include "ui/view.h"

#include <math.h>
#include <string.h>

enum { INDENT = 10 };

static bool is_open(const struct view *v)
{
    return v->snapshot->recovery_open && !v->recovery_accepted;
}

/* Position `row` of the list: fresh ones first. -1 past the end. */
static int nth(const struct snapshot *s, int row)
{
    for (int stale = 0; stale < 2; stale++)
        for (uint32_t i = 0; i < s->recovered_count && i < SNAPSHOT_RECOVERED; i++)
            if (s->recovered[i].stale == (stale == 1) && row-- == 0)
                return (int)i;
    return -1;
}

static const struct recovered *selected(const struct view *v)
{
    return v->recovery_row >= 0 && v->recovery_row < (int)v->snapshot->recovered_count
               ? &v->snapshot->recovered[v->recovery_row]
               : NULL;
}

static int draw_one(struct view *v, struct area a, int y, const struct recovered *r, bool chosen)
{
    const struct position *p = &r->position;
    struct instrument i;
    char quantity[32], price[32], age[32], stop[32], target[32], mae[32], mfe[32], text[320];
    int start = y, x = 3;
    view_instrument(v, p->symbol, &i);
    if (chosen)
        draw_text(a, y, 0, INK_VALUE, draw_glyph(a.surface, GLYPH_POINTER));
    x = draw_format(a, y, 2, theme_mode_ink(p->key.mode), " %-5s ", mode_name(p->key.mode));
    text_format(text, sizeof text, "%s  %s %s %s @ %s, opened %s ago", p->key.account,
                position_side(p) == SIDE_LONG ? "LONG" : "SHORT",
                format_quantity(quantity, sizeof quantity, fabs(p->quantity), false), p->symbol,
                format_price(price, sizeof price, &i, p->entry_price),
                format_age(age, sizeof age, v->now - p->entry_time));
    y += draw_words(a, y, INDENT, x + 1, INK_VALUE | (chosen ? STYLE_UNDERLINE : 0U), text);
    text_format(text, sizeof text, "MAE %s  MFE %s  stop %s  target %s",
                format_gain(mae, sizeof mae, p->mae), format_gain(mfe, sizeof mfe, p->mfe),
                format_price(stop, sizeof stop, &i, p->stop_price),
                format_price(target, sizeof target, &i, p->target_price));
    y += draw_words(a, y, INDENT, INDENT, INK_NORMAL, text);
    if (r->stale) {
        text_format(text, sizeof text, "last updated %s ago",
                    format_age(age, sizeof age, v->now - p->updated_at));
        y += draw_words(a, y, INDENT, INDENT, INK_WARNING, text);
    }
    y += draw_words(a, y, INDENT, INDENT, r->finding[0] != '\0' ? INK_GOOD : INK_LABEL,
                    r->finding[0] != '\0' ? r->finding : "the server has not answered yet");
    return y - start;
}

/* Draws from row `y` on, above the area too; `*from` and `*to` become the rows of the chosen one.
 */
static int draw_all(struct view *v, struct area a, int y, int *from, int *to)
{
    const struct snapshot *s = v->snapshot;
    bool stale_seen = false;
    int start = y;
    *from = *to = 0;
    y += draw_words(a, y, 0, 0, INK_NORMAL,
                    "These positions were open when the console last ran. They were restored with "
                    "their excursions; the server's word is compared as it comes.") +
         1;
    for (int row = 0; nth(s, row) >= 0; row++) {
        int index = nth(s, row);
        const struct recovered *r = &s->recovered[index];
        if (r->stale && !stale_seen) {
            stale_seen = true;
            y += draw_words(a, y, 0, 0, INK_WARNING,
                            "STALE: not updated for long. Verify these with your broker before you "
                            "trust them, then keep, close or discard each.") +
                 1;
        }
        bool chosen = index == v->recovery_row;
        int rows = draw_one(v, a, y, r, chosen);
        if (chosen) {
            *from = y - start;
            *to = y + rows - start;
        }
        y += rows + 1;
    }
    return y - 1 - start;
}

static void draw(struct view *v, struct area screen)
{
    const struct snapshot *s = v->snapshot;
    if (v->recovery_row < 0 || v->recovery_row >= (int)s->recovered_count)
        v->recovery_row = nth(s, 0);
    int from, to;
    struct area window = modal_area(screen, screen.rows, 78);
    struct area nowhere = modal_inside(window);
    nowhere.rows = 0;
    int rows = draw_all(v, nowhere, 0, &from, &to);
    window = modal_area(screen, rows + 2, 78);
    struct area inside = modal_frame(window, " Recovered positions ", rows > window.rows - 2);
    int last = rows > inside.rows ? rows - inside.rows : 0;
    int *scroll = &v->recovery_scroll;
    /* The first one also shows the words above it; of one that is too long its beginning shows. */
    if (!v->recovery_scrolls)
        *scroll = v->recovery_row == nth(s, 0)                ? 0
                  : from < *scroll || to - from > inside.rows ? from
                  : to - *scroll > inside.rows                ? to - inside.rows
                                                              : *scroll;
    *scroll = *scroll > last ? last : *scroll;
    draw_all(v, inside, -*scroll, &from, &to);
}

static void select_row(struct view *v, enum action action)
{
    const struct snapshot *s = v->snapshot;
    int row = 0, last = 0;
    for (int i = 0; nth(s, i) >= 0; i++) {
        last = i;
        row = nth(s, i) == v->recovery_row ? i : row;
    }
    int before = row;
    if (!view_scroll(&row, action, 3, last) || nth(s, row) < 0)
        return;
    v->recovery_row = nth(s, row);
    v->recovery_scrolls = row == before;
    if (v->recovery_scrolls)
        view_scroll(&v->recovery_scroll, action, 3, INT16_MAX);
}

static struct command command_for(enum command_kind kind, const struct recovered *r)
{
    struct command c = {.kind = kind, .key = r->position.key};
    text_copy(c.symbol, sizeof c.symbol, r->position.symbol);
    return c;
}

static bool act(struct view *v, enum action action)
{
    const struct recovered *r = selected(v);
    struct command accept = {.kind = COMMAND_ACCEPT_RECOVERY};
    switch (action) {
    case ACTION_ACCEPT:
        view_post(v, &accept, "");
        v->recovery_accepted = v->notice[0] == '\0';
        return true;
    case ACTION_KEEP:
    case ACTION_CLOSE_AT:
    case ACTION_DISCARD:
        if (!view_undecided(v)) {
            text_copy(v->notice, sizeof v->notice,
                      "Only a stale position that is open can be kept, closed or discarded here.");
            return true;
        }
        break;
    default:
        select_row(v, action);
        return true;
    }
    if (action == ACTION_KEEP) {
        struct command c = command_for(COMMAND_KEEP, r);
        view_post(v, &c, "Kept.");
    } else if (action == ACTION_CLOSE_AT) {
        question_ask(v, true, command_for(COMMAND_CLOSE_AT, r),
                     "At which price was %s of %s closed?", r->position.symbol,
                     r->position.key.account);
        v->question.example = r->position.entry_price;
    } else {
        question_ask(v, false, command_for(COMMAND_DISCARD, r),
                     "Remove %s of %s without a trade? This cannot be undone.", r->position.symbol,
                     r->position.key.account);
    }
    return true;
}

const struct modal modal_recovery = {
    .context = CONTEXT_RECOVERY,
    .is_open = is_open,
    .draw = draw,
    .act = act,
};
