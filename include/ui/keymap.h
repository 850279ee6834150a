/* The keys: one table that the dispatcher, the footer and the help window read. */
#ifndef SORTIE_UI_KEYMAP_H
#define SORTIE_UI_KEYMAP_H

#include <stddef.h>

enum action {
    ACTION_NONE,
    ACTION_FOCUS, /* the panel of that digit */
    ACTION_FOCUS_NEXT,
    ACTION_FOCUS_PREVIOUS,
    ACTION_ZOOM,
    ACTION_TIMEFRAME_NEXT,
    ACTION_TIMEFRAME_PREVIOUS,
    ACTION_EXCURSIONS,
    ACTION_POSITION_NEXT,
    ACTION_POSITION_PREVIOUS,
    ACTION_ACCOUNTS,
    ACTION_UNPIN,
    ACTION_VIEWS,
    ACTION_NEW_PERIOD,
    ACTION_RECONCILE,
    ACTION_CONNECT,
    ACTION_HELP,
    ACTION_QUIT,
    ACTION_SUSPEND,
    ACTION_REDRAW,
    ACTION_UP,
    ACTION_DOWN,
    ACTION_LEFT,
    ACTION_RIGHT,
    ACTION_PAGE_UP,
    ACTION_PAGE_DOWN,
    ACTION_FIRST,
    ACTION_LAST,
    ACTION_CLOSE, /* the window */
    ACTION_ACCEPT,
    ACTION_KEEP,
    ACTION_CLOSE_AT,
    ACTION_DISCARD,
    ACTION_YES,
    ACTION_NO,
    ACTION_ERASE
};

enum context {
    CONTEXT_SCREEN = 1,
    CONTEXT_RECOVERY = 2,
    CONTEXT_ACCOUNTS = 4,
    CONTEXT_HELP = 8,
    CONTEXT_CONFIRM = 16, /* a question with yes or no */
    CONTEXT_ENTRY = 32    /* a question with a text */
};

enum { KEYS_MAX = 5 };

struct binding {
    enum action action;
    unsigned contexts;
    int keys[KEYS_MAX]; /* as curses gives them; 0 ends */
    const char *name;   /* of the keys, for people */
    const char *label;  /* in the footer; NULL: not there */
    const char *help;
};

extern const struct binding KEYMAP[];
extern const size_t KEYMAP_COUNT;

/* What the key does there; ACTION_NONE when nothing. */
enum action keymap_find(int key, enum context context);
const char *context_name(enum context context);

#endif
