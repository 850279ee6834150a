#include "ui/tty.h"

#define NCURSES_NOMACROS 1
#include <curses.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

static const int CRASHES[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
enum { CRASH_COUNT = sizeof CRASHES / sizeof CRASHES[0], RESET_SIZE = 128 };

/* A signal handler is given nothing but a number, so what it needs is kept here. */
static struct {
    SCREEN *screen;
    struct sigaction old_suspend, old_crash[CRASH_COUNT];
    volatile sig_atomic_t suspend_asked;
    struct termios modes; /* as they were */
    char reset[RESET_SIZE];
    size_t reset_length;
} tty;

static void note_suspend(int number)
{
    (void)number;
    tty.suspend_asked = 1;
}

/* Runs once: the handler is taken off before it is called, so that raising again ends the process.
 */
static void restore_and_die(int number)
{
    ssize_t sent = write(STDOUT_FILENO, tty.reset, tty.reset_length);
    (void)sent;
    tcsetattr(STDIN_FILENO, TCSANOW, &tty.modes);
    raise(number);
}

/* A string of the terminal's description, without its padding. */
static void add_reset(const char *capability)
{
    const char *text = tigetstr(capability);
    if (text == NULL || text == (char *)-1)
        return;
    while (*text != '\0' && tty.reset_length < RESET_SIZE) {
        if (strncmp(text, "$<", 2) == 0 && strchr(text, '>') != NULL)
            text = strchr(text, '>') + 1;
        else
            tty.reset[tty.reset_length++] = *text++;
    }
}

static void watch_suspend(void)
{
    struct sigaction action = {.sa_handler = note_suspend};
    sigemptyset(&action.sa_mask);
    if (tty.old_suspend.sa_handler != SIG_IGN)
        sigaction(SIGTSTP, &action, NULL);
}

/* Handlers that are there already (of a sanitizer, a debugger) stay. */
static void watch_crashes(void)
{
    struct sigaction action = {.sa_handler = restore_and_die, .sa_flags = (int)SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    for (int i = 0; i < CRASH_COUNT; i++) {
        sigaction(CRASHES[i], NULL, &tty.old_crash[i]);
        if (tty.old_crash[i].sa_handler == SIG_DFL)
            sigaction(CRASHES[i], &action, NULL);
    }
}

static bool start_curses(struct error *error)
{
    const char *type = getenv("TERM");
    if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
        return error_set(error, ERROR_USAGE,
                         "sortie needs a terminal; use --headless to run without a screen");
    if (type == NULL || *type == '\0')
        return error_set(error, ERROR_USAGE,
                         "TERM is not set, so the terminal's type is not known; set it, for "
                         "example TERM=xterm-256color, or use --headless");
    tcgetattr(STDIN_FILENO, &tty.modes);
    sigaction(SIGTSTP, NULL, &tty.old_suspend);
    /* The size is the terminal's own, whatever LINES and COLUMNS say; tty_fit() follows it. */
    use_env(FALSE);
    use_tioctl(TRUE);
    tty.screen = newterm(type, stdout, stdin);
    if (tty.screen == NULL)
        return error_set(error, ERROR_USAGE,
                         "the terminal type \"%.60s\" is not known here; set TERM to one that is, "
                         "for example TERM=xterm-256color, or use --headless",
                         type);
    const char *move = tigetstr("cup");
    if (move != NULL && move != (char *)-1)
        return true;
    endwin();
    delscreen(tty.screen);
    sigaction(SIGTSTP, &tty.old_suspend, NULL);
    return error_set(error, ERROR_USAGE,
                     "the terminal type \"%.60s\" cannot move its cursor; set TERM to one that "
                     "can, for example TERM=xterm-256color, or use --headless",
                     type);
}

bool tty_open(struct error *error)
{
    memset(&tty, 0, sizeof tty);
    if (!start_curses(error))
        return false;
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
    add_reset("rmkx");
    add_reset("sgr0");
    add_reset("rmcup");
    add_reset("cnorm");
    watch_suspend();
    watch_crashes();
    return true;
}

void tty_close(void)
{
    endwin();
    delscreen(tty.screen);
    sigaction(SIGTSTP, &tty.old_suspend, NULL);
    for (int i = 0; i < CRASH_COUNT; i++)
        sigaction(CRASHES[i], &tty.old_crash[i], NULL);
}

bool tty_suspend_asked(void)
{
    bool asked = tty.suspend_asked != 0;
    tty.suspend_asked = 0;
    return asked;
}

void tty_suspend(void)
{
    tty.suspend_asked = 0;
    if (tty.old_suspend.sa_handler == SIG_IGN)
        return;
    struct sigaction ignore = {.sa_handler = SIG_IGN}, stop = {.sa_handler = SIG_DFL};
    sigemptyset(&ignore.sa_mask);
    sigemptyset(&stop.sa_mask);
    endwin();
    /* The rest of the job first, then this thread: were another thread to take the signal, this one
     * might go on drawing before the process stops. */
    sigaction(SIGTSTP, &ignore, NULL);
    kill(0, SIGTSTP);
    sigaction(SIGTSTP, &stop, NULL);
    pthread_kill(pthread_self(), SIGTSTP);
    watch_suspend();
    wrefresh(stdscr);
}

void tty_fit(void)
{
    struct winsize size;
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_row == 0 || size.ws_col == 0 ||
        (size.ws_row == LINES && size.ws_col == COLS))
        return;
    resize_term(size.ws_row, size.ws_col);
    clearok(curscr, TRUE);
}

bool tty_wait(int timeout_ms)
{
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    if (poll(&input, 1, timeout_ms) <= 0)
        return true;
    /* After a hang-up some systems report input that can never be read. */
    return (input.revents & (POLLHUP | POLLERR | POLLNVAL)) == 0 && isatty(STDIN_FILENO);
}
