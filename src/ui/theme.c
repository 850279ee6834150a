#include "ui/theme.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <stdlib.h>

enum { DEFAULT = -1 };

struct paint {
    short fore, back;   /* of 256 colours */
    short fore8, back8; /* of 8 */
    attr_t plain;       /* where there is no colour */
    attr_t coloured;    /* where there is */
};

static const struct paint ACCENTS[][INK_ACCENTS] =
    {
        [MODE_SIM] =
            {
                [INK_BORDER] = {67, DEFAULT, COLOR_CYAN, DEFAULT, A_NORMAL, A_NORMAL},
                [INK_TITLE] = {117, DEFAULT, COLOR_CYAN, DEFAULT, A_BOLD, A_BOLD},
                [INK_FOCUS] = {117, DEFAULT, COLOR_CYAN, DEFAULT, A_BOLD, A_BOLD},
                [INK_BADGE] = {231, 25, COLOR_WHITE, COLOR_BLUE, A_REVERSE, A_BOLD},
                [INK_HEADER] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_NORMAL, A_NORMAL},
                [INK_HEADER_GOOD] = {114, DEFAULT, COLOR_GREEN, DEFAULT, A_BOLD, A_BOLD},
                [INK_HEADER_BAD] = {210, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_BOLD},
            },
        [MODE_LIVE] =
            {
                [INK_BORDER] = {167, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_NORMAL},
                [INK_TITLE] = {217, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_BOLD},
                [INK_FOCUS] = {210, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_BOLD},
                [INK_BADGE] = {231, 160, COLOR_WHITE, COLOR_RED, A_BOLD, A_BOLD},
                [INK_HEADER] = {231, 52, COLOR_WHITE, COLOR_RED, A_REVERSE, A_NORMAL},
                [INK_HEADER_GOOD] = {120, 52, COLOR_WHITE, COLOR_RED, A_REVERSE | A_BOLD, A_BOLD},
                [INK_HEADER_BAD] = {217, 52, COLOR_YELLOW, COLOR_RED, A_REVERSE | A_BOLD, A_BOLD},
            },
        [MODE_DEBUG] =
            {
                [INK_BORDER] = {97, DEFAULT, COLOR_MAGENTA, DEFAULT, A_NORMAL, A_NORMAL},
                [INK_TITLE] = {183, DEFAULT, COLOR_MAGENTA, DEFAULT, A_BOLD, A_BOLD},
                [INK_FOCUS] = {183, DEFAULT, COLOR_MAGENTA, DEFAULT, A_BOLD, A_BOLD},
                [INK_BADGE] = {231, 91, COLOR_WHITE, COLOR_MAGENTA, A_UNDERLINE, A_BOLD},
                [INK_HEADER] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_NORMAL, A_NORMAL},
                [INK_HEADER_GOOD] = {114, DEFAULT, COLOR_GREEN, DEFAULT, A_BOLD, A_BOLD},
                [INK_HEADER_BAD] = {210, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_BOLD},
            },
};

static const struct paint COMMON[INK_COUNT] = {
    [INK_NORMAL] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_NORMAL, A_NORMAL},
    [INK_LABEL] = {246, DEFAULT, DEFAULT, DEFAULT, A_NORMAL, A_NORMAL},
    [INK_VALUE] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_BOLD, A_BOLD},
    [INK_PROFIT] = {114, DEFAULT, COLOR_GREEN, DEFAULT, A_BOLD, A_BOLD},
    [INK_LOSS] = {210, DEFAULT, COLOR_RED, DEFAULT, A_BOLD, A_BOLD},
    [INK_GOOD] = {114, DEFAULT, COLOR_GREEN, DEFAULT, A_BOLD, A_NORMAL},
    [INK_WARNING] = {221, DEFAULT, COLOR_YELLOW, DEFAULT, A_BOLD, A_BOLD},
    [INK_ALERT] = {215, DEFAULT, COLOR_YELLOW, DEFAULT, A_BOLD | A_BLINK, A_BOLD | A_BLINK},
    [INK_CRITICAL] = {231, 160, COLOR_WHITE, COLOR_RED, A_REVERSE | A_BOLD, A_BOLD},
    [INK_TAB] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_REVERSE | A_BOLD, A_REVERSE | A_BOLD},
    [INK_KEY] = {DEFAULT, DEFAULT, DEFAULT, DEFAULT, A_BOLD, A_BOLD},
    [INK_SIM] = {231, 25, COLOR_WHITE, COLOR_BLUE, A_NORMAL, A_BOLD},
    [INK_LIVE] = {231, 160, COLOR_WHITE, COLOR_RED, A_REVERSE | A_BOLD, A_BOLD},
    [INK_DEBUG] = {231, 91, COLOR_WHITE, COLOR_MAGENTA, A_UNDERLINE, A_BOLD},
};

enum { MODES = sizeof ACCENTS / sizeof ACCENTS[0] };

static const struct paint *find_paint(unsigned ink, enum mode mode)
{
    if (ink >= INK_COUNT)
        ink = INK_NORMAL;
    return ink < INK_ACCENTS ? &ACCENTS[mode][ink] : &COMMON[ink];
}

/* Accents of each mode first, then what all modes share. */
static short pair_of(unsigned ink, enum mode mode)
{
    unsigned before = ink < INK_ACCENTS ? (unsigned)mode * INK_ACCENTS : (MODES - 1) * INK_ACCENTS;
    return (short)(1 + before + ink);
}

void theme_start(struct theme *t)
{
    const char *refused = getenv("NO_COLOR");
    t->colours = 0;
    if ((refused != NULL && *refused != '\0') || !has_colors() || start_color() == ERR ||
        COLORS < 8 || COLOR_PAIRS < 64)
        return;
    t->colours = COLORS >= 256 ? 256 : 8;
    bool own = use_default_colors() == OK;
    for (int mode = 0; mode < MODES; mode++) {
        for (unsigned ink = 0; ink < INK_COUNT; ink++) {
            const struct paint *p = find_paint(ink, (enum mode)mode);
            short fore = t->colours == 256 ? p->fore : p->fore8;
            short back = t->colours == 256 ? p->back : p->back8;
            init_pair(pair_of(ink, (enum mode)mode), !own && fore == DEFAULT ? COLOR_WHITE : fore,
                      !own && back == DEFAULT ? COLOR_BLACK : back);
        }
    }
}

void theme_use(const struct theme *t, unsigned style, enum mode mode)
{
    unsigned ink = style & STYLE_INK;
    const struct paint *p = find_paint(ink, mode);
    attr_t attributes = t->colours == 0 ? p->plain : p->coloured;
    attributes |= style & STYLE_BOLD ? A_BOLD : 0;
    attributes |= style & STYLE_BLINK ? A_BLINK : 0;
    attributes |= style & STYLE_UNDERLINE ? A_UNDERLINE : 0;
    if (style & STYLE_REVERSE)
        attributes ^= A_REVERSE;
    wattr_set(stdscr, attributes, t->colours == 0 ? 0 : pair_of(ink, mode), NULL);
}

enum ink theme_mode_ink(enum mode mode)
{
    return mode == MODE_SIM ? INK_SIM : mode == MODE_LIVE ? INK_LIVE : INK_DEBUG;
}

enum line_set theme_line_set(enum mode mode)
{
    return mode == MODE_SIM ? LINES_SINGLE : mode == MODE_LIVE ? LINES_DOUBLE : LINES_DASHED;
}
