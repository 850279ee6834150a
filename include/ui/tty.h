/* The terminal: taken at the start, given back at every end, also of a crash and while suspended.
 */
#ifndef SORTIE_UI_TTY_H
#define SORTIE_UI_TTY_H

#include "base/error.h"

/* Puts the terminal under curses, in raw mode. False with a sentence when stdin or stdout is none,
 * or its type is unknown or too plain. One at a time. */
bool tty_open(struct error *error);
void tty_close(void);
/* True once after a SIGTSTP. */
bool tty_suspend_asked(void);
/* Gives the terminal back, stops the job as the shell expects, and takes the terminal again. */
void tty_suspend(void);
/* Follows the terminal's size; curses' LINES and COLS are right afterwards. */
void tty_fit(void);
/* Waits for keys up to that long. False when the terminal is gone. */
bool tty_wait(int timeout_ms);

#endif
