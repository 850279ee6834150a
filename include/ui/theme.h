/* Inks as colours and attributes of the terminal: 256 colours, 8, or none (NO_COLOR, monochrome).
 * No meaning hangs on a colour alone: every ink that means something has an attribute too, and
 * stands beside a sign or a word. */
#ifndef SORTIE_UI_THEME_H
#define SORTIE_UI_THEME_H

#include "trade/mode.h"
#include "ui/surface.h"

struct theme {
    int colours; /* 256, 8 or 0 */
};

/* Sets up the colours of the terminal that curses has open. */
void theme_start(struct theme *t);
/* What curses draws next has this style, in that mode's colours. */
void theme_use(const struct theme *t, unsigned style, enum mode mode);
/* The ink of a mode's name, whatever mode is on screen. */
enum ink theme_mode_ink(enum mode mode);
enum line_set theme_line_set(enum mode mode);

#endif
