/* Panels and windows behind one small interface each. A new one is a file and a row below. */
#ifndef SORTIE_UI_PANEL_H
#define SORTIE_UI_PANEL_H

#include "ui/keymap.h"
#include "ui/surface.h"

struct view;

/* In the order of their digits. */
#define PANELS(X) X(balance) X(position) X(statistics) X(orders) X(messages)
/* From the lowest to the one on top. */
#define MODALS(X) X(recovery) X(account) X(views) X(help) X(question) X(price)

enum panel_place { PLACE_LEFT, PLACE_RIGHT, PLACE_BELOW };

struct panel {
    const char *name;
    enum panel_place place;
    int rank;       /* 1 is shown first where there is room for few */
    int least_rows; /* inside the frame; with fewer it is not shown */
    bool grows;     /* takes the rows that nobody asks for */
    /* The rows it can use at that width. */
    int (*wanted_rows)(const struct view *v, int cols);
    /* Draws on the frame's upper line, between the corners. NULL: the name. */
    void (*draw_title)(const struct view *v, struct area line, unsigned style);
    void (*draw)(struct view *v, struct area inside);
    /* True when it took the action. NULL: it takes none. */
    bool (*act)(struct view *v, enum action action);
};

struct modal {
    enum context context;
    bool (*is_open)(const struct view *v);
    void (*draw)(struct view *v, struct area screen);
    bool (*act)(struct view *v, enum action action);
    /* A key of no action; NULL: not wanted. */
    void (*type)(struct view *v, int key);
};

#define PANEL_ID(name) PANEL_##name,
enum panel_id { PANELS(PANEL_ID) PANEL_COUNT };
#undef PANEL_ID

#define PANEL_DECLARE(name) extern const struct panel panel_##name;
PANELS(PANEL_DECLARE)
#undef PANEL_DECLARE

#define MODAL_DECLARE(name) extern const struct modal modal_##name;
MODALS(MODAL_DECLARE)
#undef MODAL_DECLARE

/* What takes the place of the statistics. */
int panel_excursions_rows(int cols);
void panel_excursions_draw(struct view *v, struct area inside);

/* The lines without a frame. */
void panel_header_draw(struct view *v, struct area line);
void panel_banner_draw(struct view *v, struct area line);
void panel_essentials_draw(struct view *v, struct area line, bool window_waits);
void panel_footer_draw(struct view *v, struct area line, enum context context);

#endif
