/* What is being looked at: the snapshot, and where in it the user is. Panels draw from it and
 * change only it; commands are all that leaves. */
#ifndef SORTIE_UI_VIEW_H
#define SORTIE_UI_VIEW_H

#include "state/command.h"
#include "state/snapshot.h"
#include "ui/canvas.h"
#include "ui/panel.h"
#include "ui/ui.h"

/* A question on top of everything; the answer posts `command`. */
struct question {
    bool open;
    bool wants_price; /* else yes or no */
    char text[256];
    char entry[24], wrong[64];
    double example; /* of what may be entered */
    struct command command;
};

struct view {
    const struct ui_options *options;
    struct snapshot *snapshot;
    int64_t now;  /* us UTC */
    int64_t tick; /* us, monotonic */
    int64_t wake; /* a tick at which something on screen ends by itself; 0: nothing */

    enum panel_id focus;
    bool zoomed;
    bool tiny; /* the screen has room for one line only */
    enum timeframe timeframe;
    bool excursions; /* in the place of the statistics */

    /* The position on screen: an index into the snapshot, -1 when the account has none. */
    char symbol[SYMBOL_SIZE];
    int position, position_number, position_total;
    int symbol_index; /* of the symbol in the header; -1 none */

    /* What was seen last, to show what moved. */
    char flash_symbol[SYMBOL_SIZE];
    double flash_price;
    int64_t flash_until;
    int64_t seen_entry;
    money seen_mae, seen_mfe;
    int64_t mae_until, mfe_until;

    int64_t curve_time; /* the cursor's point on the curve; 0: no cursor */
    struct canvas canvas;
    int orders_scroll, messages_scroll, help_scroll, recovery_scroll, views_scroll;

    bool recovery_accepted; /* until the snapshot says so too */
    int recovery_row;       /* -1: the first that shows */
    bool recovery_scrolls;  /* by lines, where there is no other row to go to */
    bool accounts_open;
    struct account_key account_row;
    bool help_open, views_open;
    struct question question;
    char notice[160]; /* in the footer until the next key */

    bool quit, suspend, redraw;
};

struct view *view_new(const struct ui_options *options);
void view_free(struct view *v);
/* After the snapshot or the time changed. */
void view_update(struct view *v, int64_t now, int64_t tick);

const struct position *view_position(const struct view *v); /* NULL: flat */
const struct account *view_account(const struct view *v);   /* NULL: not known */
/* Of a symbol; a blank one when it is not known. */
void view_instrument(const struct view *v, const char *symbol, struct instrument *out);
/* Open P&L of an account over all its positions; how many there are in `count`. */
money view_open_pnl(const struct view *v, const struct account_key *key, int *count);
/* Closed P&L of the last day and what positions that are open have made and cost so far; or what
 * the server says. */
money view_day_pnl(const struct view *v);
/* P&L of the timeframe on screen at that time (us UTC) and balance against its base; what the base
 * is: the last balance before the timeframe, or that at which a later period of the SIM ledger
 * began. */
money view_timeframe_pnl(const struct view *v, int64_t time, money balance, money *base);
/* The position chosen in the recovery window is stale and still open. */
bool view_undecided(const struct view *v);
void view_measure(const struct view *v, struct position_metrics *out); /* of view_position() */
void view_step_position(struct view *v, int by);

/* Posts; what is said in the footer then, or that it could not be. */
void view_post(struct view *v, const struct command *c, const char *notice);
/* Moves a scroll offset and holds it within 0 and `last`; false when the action is no scrolling. */
bool view_scroll(int *offset, enum action action, int page, int last);

unsigned view_gain_style(money m); /* profit, loss, or neither */

#endif
