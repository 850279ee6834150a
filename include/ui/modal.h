/* What windows have in common. */
#ifndef SORTIE_UI_MODAL_H
#define SORTIE_UI_MODAL_H

#include "state/command.h"
#include "ui/surface.h"

struct view;

/* The middle of the screen, that large or as large as it gets; the frame included. */
struct area modal_area(struct area screen, int rows, int cols);
/* What modal_frame() will return. */
struct area modal_inside(struct area window);
/* Blanks the window, draws frame and title; `more` says that not all fits. */
struct area modal_frame(struct area window, const char *title, bool more);

/* Opens the question; the answer posts `command`. */
void question_ask(struct view *v, bool wants_price, struct command command, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
