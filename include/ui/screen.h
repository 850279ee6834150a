/* The whole picture, and what keys do to it. */
#ifndef SORTIE_UI_SCREEN_H
#define SORTIE_UI_SCREEN_H

#include "ui/view.h"

/* Draws everything for the present snapshot and time. */
void screen_draw(struct view *v, struct surface *s);
/* Carries out a key as curses gives it. */
void screen_press(struct view *v, int key);

#endif
