#include "ui/ui.h"

#include "base/clock.h"
#include "ui/screen.h"
#include "ui/theme.h"
#include "ui/tty.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <langinfo.h>
#include <string.h>

/* The shortest time between two pictures that no key asked for: figures are read at a glance. */
static const int64_t FRAME = CLOCK_SECOND / 20;

struct ui {
    const struct ui_options *options;
    struct view *view;
    struct theme theme;
    struct surface picture, shown; /* as drawn, and as curses has it */
    enum mode shown_mode;
    uint64_t sequence;
    int64_t drawn_at, drawn_second;
};

static void fit_size(struct ui *u)
{
    tty_fit();
    if (u->picture.rows == LINES && u->picture.cols == COLS)
        return;
    surface_resize(&u->picture, LINES, COLS);
    surface_resize(&u->shown, LINES, COLS);
    werase(stdscr);
}

/* Hands curses the cells that differ from what it has: panels draw all they show, the line carries
 * only what changed. */
static void show_row(struct ui *u, int y)
{
    int cols = u->picture.cols;
    struct cell *now = &u->picture.cells[(size_t)y * (size_t)cols];
    struct cell *old = &u->shown.cells[(size_t)y * (size_t)cols];
    wchar_t run[256];
    for (int x = 0; x < cols;) {
        if (now[x].character == old[x].character && now[x].style == old[x].style) {
            x++;
            continue;
        }
        while (x > 0 && now[x].character == 0) /* a wide character is sent whole */
            x--;
        int start = x, length = 0;
        unsigned style = now[x].style;
        while (x < cols && length < 255 && now[x].style == style &&
               (now[x].character == 0 || now[x].character != old[x].character ||
                now[x].style != old[x].style || x == start)) {
            if (now[x].character != 0)
                run[length++] = now[x].character;
            old[x] = now[x];
            x++;
        }
        theme_use(&u->theme, style, u->shown_mode);
        mvwaddnwstr(stdscr, y, start, run, length);
    }
}

static void redraw(struct ui *u)
{
    struct view *v = u->view;
    fit_size(u);
    u->sequence = snapshot_read(u->options->snapshots, v->snapshot);
    u->drawn_at = clock_monotonic_us();
    int64_t now = clock_wall_us();
    u->drawn_second = now / CLOCK_SECOND;
    view_update(v, now, u->drawn_at);
    screen_draw(v, &u->picture);
    if (u->shown_mode != v->snapshot->view.mode) {
        /* The same styles have other colours now: all of it is new. */
        u->shown_mode = v->snapshot->view.mode;
        memset(u->shown.cells, 0xFF,
               sizeof *u->shown.cells * (size_t)u->shown.rows * (size_t)u->shown.cols);
    }
    for (int y = 0; y < u->picture.rows; y++)
        show_row(u, y);
    wnoutrefresh(stdscr);
    doupdate();
}

static void redraw_whole(struct ui *u)
{
    u->view->redraw = false;
    clearok(curscr, TRUE);
    redraw(u);
}

/* All keys that wait; true when there was one. */
static bool read_keys(struct ui *u)
{
    bool any = false;
    for (int key = wgetch(stdscr); key != ERR; key = wgetch(stdscr)) {
        any = true;
        /* Whatever the size is now, the terminal may have lost text while it changed. */
        if (key == KEY_RESIZE)
            u->view->redraw = true;
        else
            screen_press(u->view, key);
        if (u->view->quit || u->view->suspend)
            break;
    }
    return any;
}

static bool is_due(const struct ui *u)
{
    int64_t tick = clock_monotonic_us();
    if (tick - u->drawn_at < FRAME)
        return false;
    return snapshot_sequence(u->options->snapshots) != u->sequence ||
           clock_wall_us() / CLOCK_SECOND != u->drawn_second ||
           (u->view->wake != 0 && tick >= u->view->wake);
}

static bool run(struct ui *u, struct error *error)
{
    struct view *v = u->view;
    redraw(u);
    while (!v->quit && !*u->options->stop) {
        if (!tty_wait((int)(FRAME / CLOCK_MS)))
            return *u->options->stop ||
                   error_set(error, ERROR_SYSTEM, "the terminal was lost; nothing else was");
        bool pressed = read_keys(u);
        if (tty_suspend_asked() || v->suspend) {
            v->suspend = false;
            tty_suspend();
            v->redraw = true;
        }
        if (v->redraw)
            redraw_whole(u);
        else if (pressed || is_due(u))
            redraw(u);
    }
    return true;
}

bool ui_run(const struct ui_options *options, struct error *error)
{
    struct ui u = {.options = options};
    if (!tty_open(error))
        return false;
    theme_start(&u.theme);
    u.view = view_new(options);
    u.picture.ascii = options->ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    bool done = run(&u, error);
    tty_close();
    view_free(u.view);
    surface_free(&u.picture);
    surface_free(&u.shown);
    return done;
}
