#include "ui/keymap.h"

#define NCURSES_NOMACROS 1
#include <curses.h>

enum {
    CONTROL_B = 2,
    CONTROL_C = 3,
    CONTROL_F = 6,
    CONTROL_H = 8,
    TAB = 9,
    LINE_FEED = 10,
    CONTROL_L = 12,
    RETURN = 13,
    CONTROL_Z = 26,
    ESCAPE = 27,
    DELETE = 127
};

enum {
    LISTS = CONTEXT_SCREEN | CONTEXT_ACCOUNTS | CONTEXT_HELP,
    SCROLLS = LISTS | CONTEXT_RECOVERY,
    ANYWHERE = SCROLLS | CONTEXT_CONFIRM | CONTEXT_ENTRY
};

/* In the order in which the footer gives them room. `k` means keep in the recovery window, so the
 * vi keys do not scroll there. */
const struct binding KEYMAP[] = {
    {ACTION_ACCEPT,
     CONTEXT_RECOVERY,
     {RETURN, LINE_FEED, KEY_ENTER},
     "Enter",
     "accept",
     "go on with what was recovered"},
    {ACTION_KEEP,
     CONTEXT_RECOVERY,
     {'k'},
     "k",
     "keep",
     "the stale position is real: count it as fresh"},
    {ACTION_CLOSE_AT,
     CONTEXT_RECOVERY,
     {'x'},
     "x",
     "close at a price",
     "the stale position was closed: asks for the price"},
    {ACTION_DISCARD,
     CONTEXT_RECOVERY,
     {'d'},
     "d",
     "discard",
     "remove the stale position without a trade; asks"},
    {ACTION_ACCEPT,
     CONTEXT_ACCOUNTS,
     {RETURN, LINE_FEED, KEY_ENTER},
     "Enter",
     "show",
     "show the account and stay with it"},
    {ACTION_YES, CONTEXT_CONFIRM, {'y', 'Y'}, "y", "yes", "do it"},
    {ACTION_NO, CONTEXT_CONFIRM, {'n', 'N', ESCAPE}, "n, Esc", "no", "do not"},
    {ACTION_ACCEPT,
     CONTEXT_ENTRY,
     {RETURN, LINE_FEED, KEY_ENTER},
     "Enter",
     "done",
     "the price is right"},
    {ACTION_ERASE,
     CONTEXT_ENTRY,
     {KEY_BACKSPACE, CONTROL_H, DELETE},
     "Backspace",
     NULL,
     "take back a character"},
    {ACTION_NO, CONTEXT_ENTRY, {ESCAPE}, "Esc", "cancel", "close nothing"},
    {ACTION_FOCUS,
     CONTEXT_SCREEN,
     {'1', '2', '3', '4', '5'},
     "1-5",
     "panel",
     "balance, position, statistics, orders, messages"},
    {ACTION_FOCUS_NEXT, CONTEXT_SCREEN, {TAB}, "Tab", NULL, "the next panel"},
    {ACTION_FOCUS_PREVIOUS, CONTEXT_SCREEN, {KEY_BTAB}, "Shift-Tab", NULL, "the panel before"},
    {ACTION_ZOOM, CONTEXT_SCREEN, {'z'}, "z", "zoom", "the panel alone on the screen, and back"},
    {ACTION_TIMEFRAME_NEXT, CONTEXT_SCREEN, {'t'}, "t", "timeframe", "the next longer timeframe"},
    {ACTION_TIMEFRAME_PREVIOUS, CONTEXT_SCREEN, {'T'}, "T", NULL, "the next shorter timeframe"},
    {ACTION_POSITION_NEXT, CONTEXT_SCREEN, {'n'}, "n", "position", "the next position"},
    {ACTION_POSITION_PREVIOUS, CONTEXT_SCREEN, {'p'}, "p", NULL, "the position before"},
    {ACTION_ACCOUNTS, CONTEXT_SCREEN, {'m'}, "m", "account", "choose the account to show"},
    {ACTION_UNPIN, CONTEXT_SCREEN, {'u'}, "u", "unpin", "follow the fills again"},
    {ACTION_VIEWS, CONTEXT_SCREEN, {'v'}, "v", NULL, "which accounts were shown, and why"},
    {ACTION_NEW_PERIOD,
     CONTEXT_SCREEN,
     {'B'},
     "B",
     NULL,
     "begin the balance of a SIM account anew; asks"},
    {ACTION_CONNECT, CONTEXT_SCREEN, {'c'}, "c", "connect", "connect now, without waiting"},
    {ACTION_RECONCILE,
     CONTEXT_SCREEN,
     {'r'},
     "r",
     "reconcile",
     "ask the server for positions and orders again"},
    {ACTION_EXCURSIONS,
     CONTEXT_SCREEN,
     {'e'},
     "e",
     "excursions",
     "excursions in the place of the statistics, and back"},
    {ACTION_UP, SCROLLS, {KEY_UP}, "Up", NULL, "scroll or select"},
    {ACTION_DOWN, SCROLLS, {KEY_DOWN}, "Down", NULL, "scroll or select"},
    {ACTION_UP, LISTS, {'k'}, "k", NULL, "as Up"},
    {ACTION_DOWN, LISTS, {'j'}, "j", NULL, "as Down"},
    {ACTION_LEFT, CONTEXT_SCREEN, {KEY_LEFT, 'h'}, "Left, h", NULL, "back along the balance curve"},
    {ACTION_RIGHT,
     CONTEXT_SCREEN,
     {KEY_RIGHT, 'l'},
     "Right, l",
     NULL,
     "on along the balance curve"},
    {ACTION_PAGE_UP, SCROLLS, {KEY_PPAGE, CONTROL_B}, "PgUp, ^B", NULL, "a page up"},
    {ACTION_PAGE_DOWN, SCROLLS, {KEY_NPAGE, CONTROL_F}, "PgDn, ^F", NULL, "a page down"},
    {ACTION_FIRST, SCROLLS, {KEY_HOME, 'g'}, "Home, g", NULL, "to the start"},
    {ACTION_LAST, SCROLLS, {KEY_END, 'G'}, "End, G", NULL, "to the end"},
    {ACTION_CLOSE,
     CONTEXT_ACCOUNTS | CONTEXT_HELP,
     {ESCAPE, 'q'},
     "Esc, q",
     "close",
     "close the window"},
    {ACTION_CLOSE, CONTEXT_HELP, {'?', KEY_F(1)}, "?", NULL, "close the window"},
    {ACTION_CLOSE, CONTEXT_SCREEN, {ESCAPE}, "Esc", NULL, "leave the curve, then the zoom"},
    {ACTION_HELP,
     CONTEXT_SCREEN | CONTEXT_RECOVERY | CONTEXT_ACCOUNTS,
     {'?', KEY_F(1)},
     "?",
     "help",
     "this window"},
    {ACTION_REDRAW, ANYWHERE, {CONTROL_L}, "^L", NULL, "draw the whole screen anew"},
    {ACTION_SUSPEND, ANYWHERE, {CONTROL_Z}, "^Z", NULL, "suspend; fg comes back"},
    {ACTION_QUIT,
     CONTEXT_SCREEN | CONTEXT_RECOVERY,
     {'q'},
     "q",
     "quit",
     "leave; open positions stay with the server"},
    {ACTION_QUIT, ANYWHERE, {CONTROL_C}, "^C", NULL, "as q"},
};

const size_t KEYMAP_COUNT = sizeof KEYMAP / sizeof KEYMAP[0];

enum action keymap_find(int key, enum context context)
{
    for (size_t i = 0; i < KEYMAP_COUNT; i++) {
        if ((KEYMAP[i].contexts & (unsigned)context) == 0)
            continue;
        for (size_t k = 0; k < KEYS_MAX && KEYMAP[i].keys[k] != 0; k++)
            if (KEYMAP[i].keys[k] == key)
                return KEYMAP[i].action;
    }
    return ACTION_NONE;
}

const char *context_name(enum context context)
{
    switch (context) {
    case CONTEXT_SCREEN:
        return "Everywhere";
    case CONTEXT_RECOVERY:
        return "Recovered positions";
    case CONTEXT_ACCOUNTS:
        return "Accounts";
    case CONTEXT_HELP:
        return "Help";
    case CONTEXT_CONFIRM:
        return "Questions";
    case CONTEXT_ENTRY:
        return "Price";
    }
    return "";
}
