#include "ui/ui.h"

#include "base/clock.h"
#include "ui/screen.h"
#include "ui/theme.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* Prices are read at a glance, not as a film: 20 pictures a second halve the work of 40. */
static const int64_t FRAME = CLOCK_SECOND / 20;

struct ui {
    const struct ui_options *options;
    struct view *view;
    SCREEN *screen;
    struct theme theme;
    struct surface picture, shown; /* as drawn, and as curses has it */
    enum mode shown_mode;
    uint64_t sequence;
    int64_t drawn_at, drawn_second;
    struct sigaction old_suspend;
};

/* A handler has no other way to tell. */
static volatile sig_atomic_t suspend_asked;

static void ask_suspend(int signal_number)
{
    (void)signal_number;
    suspend_asked = 1;
}

static void watch_suspend(struct ui *u)
{
    struct sigaction action = {.sa_handler = ask_suspend};
    sigemptyset(&action.sa_mask);
    if (u->old_suspend.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &action, NULL);
}

/* True when the screen has another size than the picture had. */
static bool fit_size(struct ui *u)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0 &&
        (size.ws_row != LINES || size.ws_col != COLS))
        resizeterm(size.ws_row, size.ws_col);
    if (u->picture.rows == LINES && u->picture.cols == COLS)
        return false;
    surface_resize(&u->picture, LINES, COLS);
    surface_resize(&u->shown, LINES, COLS);
    werase(stdscr);
    return true;
}

static bool open_terminal(struct ui *u, struct error *error)
{
    const char *type = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, ERROR_USAGE,
                         "sortie needs a terminal; use --headless to run without a screen");
    if (type == NULL || *type == '\0')
        return error_set(error, ERROR_USAGE,
                         "TERM is not set, so the terminal's type is not known; set it, for "
                         "example TERM=xterm-256color, or use --headless");
    sigaction(SIGTSTP, NULL, &u->old_suspend);
    u->screen = newterm(type, stdout, stdin);
    if (u->screen == NULL)
        return error_set(error, ERROR_USAGE,
                         "the terminal type \"%.60s\" is not known here; set TERM to one that is, "
                         "for example TERM=xterm-256color, or use --headless",
                         type);
    char *move = tigetstr("cup");
    if (move == NULL || move == (char *)-1) {
        endwin();
        delscreen(u->screen);
        return error_set(error, ERROR_USAGE,
                         "the terminal type \"%.60s\" cannot move its cursor; set TERM to one that "
                         "can, for example TERM=xterm-256color, or use --headless",
                         type);
    }
    /* Raw: ^C, ^Z and ^S are keys, so none of them leaves the terminal half restored or frozen. */
    raw();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    leaveok(stdscr, TRUE);
    curs_set(0);
    set_escdelay(25);
    typeahead(-1);
    theme_start(&u->theme);
    watch_suspend(u);
    return true;
}

static void close_terminal(struct ui *u)
{
    endwin();
    delscreen(u->screen);
    sigaction(SIGTSTP, &u->old_suspend, NULL);
}

/* Sends the cells that differ from what is shown: panels draw all they have, the line carries only
 * what changed. */
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
        while (x > 0 && now[x].character == 0)
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
    clearok(curscr, TRUE);
    redraw(u);
}

/* Gives the terminal back, stops as the shell expects, and takes it again. */
static void suspend(struct ui *u)
{
    u->view->suspend = false;
    suspend_asked = 0;
    if (u->old_suspend.sa_handler == SIG_IGN)
        return;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, stop = {.sa_handler = SIG_DFL};
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&stop.sa_mask);
    endwin();
    /* The rest of the job first, then this thread: another thread must not take the signal after
     * this one has gone on drawing. */
    sigaction(SIGTSTP, &ignore, NULL);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &stop, NULL);
    pthread_kill(pthread_self(), SIGTSTP);
    watch_suspend(u);
    wrefresh(stdscr);
    redraw_whole(u);
}

/* All keys that wait; true when there was one. */
static bool read_keys(struct ui *u)
{
    bool any = false;
    for (int key = wgetch(stdscr); key != ERR; key = wgetch(stdscr)) {
        any = true;
        if (key != KEY_RESIZE)
            screen_press(u->view, key);
        if (u->view->quit || u->view->suspend)
            break;
    }
    return any;
}

/* False when the terminal is gone. */
static bool wait_for_keys(int timeout, bool *ready)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    int got = poll(&input, 1, timeout);
    *ready = got > 0 && (input.revents & POLLIN) != 0;
    return got <= 0 || (input.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0;
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
        bool ready;
        if (!wait_for_keys((int)(FRAME / CLOCK_MS), &ready) || (ready && !isatty(STDIN_FILENO)))
            return *u->options->stop ||
                   error_set(error, ERROR_SYSTEM, "the terminal was lost; positions stay saved");
        bool pressed = read_keys(u);
        if (v->suspend || suspend_asked)
            suspend(u);
        if (v->redraw) {
            v->redraw = false;
            redraw_whole(u);
        } else if (fit_size(u) || pressed || is_due(u)) {
            redraw(u);
        }
    }
    return true;
}

bool ui_run(const struct ui_options *options, struct error *error)
{
    struct ui u = {.options = options};
    if (!open_terminal(&u, error))
        return false;
    u.view = view_new(options);
    bool unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    u.picture.ascii = options->ascii || !unicode;
    bool done = run(&u, error);
    close_terminal(&u);
    view_free(u.view);
    surface_free(&u.picture);
    surface_free(&u.shown);
    return done;
}
