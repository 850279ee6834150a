#include "base/text.h"
#include "ui/format.h"
#include "ui/modal.h"
#include "ui/theme.h"
#include "ui/view.h"

#include <string.h>

static bool is_open(const struct view *v)
{
    return v->accounts_open;
}

static bool comes_before(const struct account_key *a, const struct account_key *b)
{
    static const int order[] = {[MODE_LIVE] = 0, [MODE_SIM] = 1, [MODE_DEBUG] = 2};
    if (a->mode != b->mode)
        return order[a->mode] < order[b->mode];
    return strcmp(a->account, b->account) < 0;
}

static int list_accounts(const struct view *v, const struct account *out[SNAPSHOT_ACCOUNTS])
{
    const struct snapshot *s = v->snapshot;
    int count = 0;
    for (uint32_t i = 0; i < s->account_count && i < SNAPSHOT_ACCOUNTS; i++) {
        int at = count++;
        for (; at > 0 && comes_before(&s->accounts[i].key, &out[at - 1]->key); at--)
            out[at] = out[at - 1];
        out[at] = &s->accounts[i];
    }
    return count;
}

/* The row of the chosen account, which is followed by its name. */
static int chosen_row(const struct view *v, const struct account *const *accounts, int count)
{
    for (int i = 0; i < count; i++)
        if (account_key_equal(&accounts[i]->key, &v->account_row))
            return i;
    return 0;
}

static void draw_row(const struct view *v, struct area a, int y, const struct account *account,
                     bool chosen)
{
    char text[64], gain[32];
    int positions;
    money open = view_open_pnl(v, &account->key, &positions);
    bool shown = account_key_equal(&account->key, &v->snapshot->view);
    unsigned style = chosen ? INK_TAB : INK_VALUE;
    draw_blank(area_part(a, y, 0, 1, a.cols), chosen ? INK_TAB : INK_NORMAL);
    draw_text(a, y, 0, style, draw_glyph(a.surface, chosen ? GLYPH_POINTER : GLYPH_DOT));
    draw_format(a, y, 2, theme_mode_ink(account->key.mode), " %-5s ", mode_name(account->key.mode));
    draw_field(a, y, 10, 14, false, style, account->key.account);
    draw_field(a, y, 25, 14, true, style,
               format_money(text, sizeof text, account_balance(account)));
    text[0] = '\0';
    if (positions > 0)
        text_format(text, sizeof text, "%d open %s", positions,
                    format_gain(gain, sizeof gain, open));
    draw_field(a, y, 41, a.cols - 41 - 10, false, style, text);
    draw_field(a, y, a.cols - 9, 9, true, style,
               !shown                     ? ""
               : v->snapshot->view_pinned ? "pinned"
                                          : "shown");
}

static void draw(struct view *v, struct area screen)
{
    const struct account *accounts[SNAPSHOT_ACCOUNTS];
    int count = list_accounts(v, accounts);
    int at = chosen_row(v, accounts, count);
    struct area window = modal_area(screen, (count > 0 ? count : 1) + 2, 76);
    struct area inside = modal_frame(window, " Accounts ", count > window.rows - 2);
    if (count == 0)
        draw_text(inside, 0, 0, INK_LABEL, "No account yet: the server has named none.");
    int first = at >= inside.rows ? at - inside.rows + 1 : 0;
    for (int i = first; i < count; i++)
        draw_row(v, inside, i - first, accounts[i], i == at);
}

static void choose(struct view *v, const struct account_key *key)
{
    struct command c = {.kind = COMMAND_VIEW, .key = *key};
    const struct account_key *from = &v->snapshot->view;
    int open;
    view_open_pnl(v, from, &open);
    v->accounts_open = false;
    if (from->mode == MODE_LIVE && open > 0 && !account_key_equal(from, key)) {
        question_ask(v, false, c, "LIVE account %s has %d open position%s. Show %s instead?",
                     from->account, open, open == 1 ? "" : "s", key->account);
        return;
    }
    char notice[80];
    text_format(notice, sizeof notice, "Showing %s; u follows the fills again.", key->account);
    view_post(v, &c, notice);
}

static bool act(struct view *v, enum action action)
{
    const struct account *accounts[SNAPSHOT_ACCOUNTS];
    int count = list_accounts(v, accounts);
    int row = chosen_row(v, accounts, count);
    if (action == ACTION_CLOSE || (action == ACTION_ACCEPT && count == 0))
        v->accounts_open = false;
    else if (action == ACTION_ACCEPT)
        choose(v, &accounts[row]->key);
    else if (count > 0 && view_scroll(&row, action, 5, count - 1))
        v->account_row = accounts[row]->key;
    return true;
}

const struct modal modal_account = {
    .context = CONTEXT_ACCOUNTS,
    .is_open = is_open,
    .draw = draw,
    .act = act,
};
