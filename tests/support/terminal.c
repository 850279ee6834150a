#include "support/terminal.h"

#include "base/clock.h"

#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <vterm.h>

enum { SCREEN_TEXT = 256 * 1024, PIECE = 128 };

static const char CURSOR_MODE[] = "\033[?25"; /* then h: visible, l: not */

struct terminal {
    int master; /* -1 once hung up */
    pid_t pid;  /* 0 once waited for */
    int status;
    bool ended; /* nothing more comes */
    int rows, cols;
    size_t received;
    bool alternate, cursor;
    size_t cursor_match; /* bytes of CURSOR_MODE that the output has just ended with */
    VTerm *vterm;
    VTermScreen *screen;
    char output[16384]; /* read, but not on the screen yet from output_at on */
    size_t output_at, output_end;
    char text[SCREEN_TEXT];
};

static int set_property(VTermProp property, VTermValue *value, void *context)
{
    struct terminal *t = context;
    if (property == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean != 0;
    return 1;
}

/* The emulator lets "restore cursor" (ESC 8, the end of the alternate screen) bring back what could
 * be seen when the cursor was saved. Terminals do not: only these sequences change it. */
static void watch_cursor(struct terminal *t, const char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (t->cursor_match == sizeof CURSOR_MODE - 1 && (bytes[i] == 'h' || bytes[i] == 'l'))
            t->cursor = bytes[i] == 'h';
        if (t->cursor_match == sizeof CURSOR_MODE - 1 || bytes[i] != CURSOR_MODE[t->cursor_match])
            t->cursor_match = 0;
        t->cursor_match += bytes[i] == CURSOR_MODE[t->cursor_match];
    }
}

static const VTermScreenCallbacks CALLBACKS = {.settermprop = set_property};

static void set_environment(const char *const *environment)
{
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    unsetenv("NO_COLOR");
    unsetenv("LINES");
    unsetenv("COLUMNS");
    for (; environment != NULL && *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        char name[64];
        if (equals == NULL) {
            unsetenv(*environment);
            continue;
        }
        snprintf(name, sizeof name, "%.*s", (int)(equals - *environment), *environment);
        setenv(name, equals + 1, 1);
    }
}

/* In the child: the pseudo-terminal becomes its controlling one. */
static void take_terminal(int master, const char *name)
{
    setsid();
    int slave = open(name, O_RDWR);
    if (slave < 0 || ioctl(slave, TIOCSCTTY, 0) != 0)
        _exit(126);
    dup2(slave, STDIN_FILENO);
    dup2(slave, STDOUT_FILENO);
    dup2(slave, STDERR_FILENO);
    if (slave > STDERR_FILENO)
        close(slave);
    close(master);
}

static struct terminal *start(int (*run)(void *context), void *context, char *const argv[],
                              const char *const *environment, int rows, int cols)
{
    struct terminal *t = calloc(1, sizeof *t);
    ck_assert_ptr_nonnull(t);
    t->rows = rows;
    t->cols = cols;
    t->cursor = true;
    t->vterm = vterm_new(rows, cols);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    vterm_screen_set_callbacks(t->screen, &CALLBACKS, t);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_reset(t->screen, 1);

    t->master = posix_openpt(O_RDWR | O_NOCTTY);
    ck_assert_int_ge(t->master, 0);
    ck_assert_int_eq(grantpt(t->master), 0);
    ck_assert_int_eq(unlockpt(t->master), 0);
    fcntl(t->master, F_SETFD, FD_CLOEXEC);
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    ioctl(t->master, TIOCSWINSZ, &size);
    char name[128];
    snprintf(name, sizeof name, "%s", ptsname(t->master));

    fflush(NULL);
    t->pid = fork();
    ck_assert_int_ge(t->pid, 0);
    if (t->pid == 0) {
        take_terminal(t->master, name);
        set_environment(environment);
        if (run != NULL)
            _exit(run(context));
        execvp(argv[0], argv);
        fprintf(stderr, "cannot run %s: %s\n", argv[0], strerror(errno));
        _exit(127);
    }
    return t;
}

struct terminal *terminal_start(char *const argv[], const char *const *environment, int rows,
                                int cols)
{
    return start(NULL, NULL, argv, environment, rows, cols);
}

struct terminal *terminal_start_function(int (*run)(void *context), void *context,
                                         const char *const *environment, int rows, int cols)
{
    return start(run, context, NULL, environment, rows, cols);
}

void terminal_free(struct terminal *t)
{
    if (t->pid > 0) {
        kill(t->pid, SIGKILL);
        waitpid(t->pid, NULL, 0);
    }
    if (t->master >= 0)
        close(t->master);
    vterm_free(t->vterm);
    free(t);
}

/* What the emulator answers to questions of the program. */
static void send_answers(struct terminal *t)
{
    char answer[256];
    size_t length = vterm_output_read(t->vterm, answer, sizeof answer);
    if (length > 0 && write(t->master, answer, length) < 0)
        t->ended = true;
}

/* Waits for output until the deadline; true when there is some. */
static bool read_output(struct terminal *t, int64_t deadline)
{
    if (t->ended || t->master < 0)
        return false;
    int64_t left = (deadline - clock_monotonic_us()) / CLOCK_MS;
    struct pollfd output = {.fd = t->master, .events = POLLIN};
    if (poll(&output, 1, left < 0 ? 0 : (int)left) <= 0)
        return false;
    ssize_t got = read(t->master, t->output, sizeof t->output);
    if (got <= 0) { /* EIO: the last process has closed it */
        t->ended = got == 0 || errno != EINTR;
        return false;
    }
    t->output_at = 0;
    t->output_end = (size_t)got;
    return true;
}

/* Puts the next piece of what comes until the deadline on the screen; true when there was one. The
 * pieces are small: however late and however much at a time the output is read, what was on the
 * screen only for a moment is seen by those who wait for it. */
static bool take_in(struct terminal *t, int64_t deadline)
{
    if (t->output_at == t->output_end && !read_output(t, deadline))
        return false;
    const char *bytes = t->output + t->output_at;
    size_t length = t->output_end - t->output_at < PIECE ? t->output_end - t->output_at : PIECE;
    t->output_at += length;
    t->received += length;
    watch_cursor(t, bytes, length);
    vterm_input_write(t->vterm, bytes, length);
    vterm_screen_flush_damage(t->screen);
    send_answers(t);
    return true;
}

pid_t terminal_pid(const struct terminal *t)
{
    return t->pid;
}

void terminal_send(struct terminal *t, const char *keys)
{
    size_t length = strlen(keys);
    ck_assert_int_eq(write(t->master, keys, length), (ssize_t)length);
}

void terminal_resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vterm, rows, cols);
    ck_assert_int_eq(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

void terminal_kill(struct terminal *t, int signal_number)
{
    ck_assert_int_gt(t->pid, 0);
    ck_assert_int_eq(kill(t->pid, signal_number), 0);
}

void terminal_hang_up(struct terminal *t)
{
    close(t->master);
    t->master = -1;
}

static void wait_until(struct terminal *t, bool (*holds)(struct terminal *t, void *context),
                       void *context, int timeout_ms, const char *what)
{
    int64_t deadline = clock_monotonic_us() + timeout_ms * CLOCK_MS;
    while (!holds(t, context)) {
        bool more = take_in(t, deadline);
        bool ended = t->ended || t->master < 0;
        if (!more && (ended || clock_monotonic_us() >= deadline) && !holds(t, context))
            ck_abort_msg("%s %s; the screen is:\n%.3000s",
                         t->ended ? "the program ended before" : "waited in vain for", what,
                         terminal_text(t));
    }
}

void terminal_wait_until(struct terminal *t, bool (*holds)(struct terminal *t, void *context),
                         void *context, int timeout_ms)
{
    wait_until(t, holds, context, timeout_ms, "the condition");
}

struct wanted {
    const char *text;
    bool there;
};

static bool is_as_wanted(struct terminal *t, void *context)
{
    const struct wanted *wanted = context;
    return terminal_shows(t, wanted->text) == wanted->there;
}

void terminal_wait_for(struct terminal *t, const char *text, int timeout_ms)
{
    struct wanted wanted = {text, true};
    char what[256];
    snprintf(what, sizeof what, "\"%s\"", text);
    wait_until(t, is_as_wanted, &wanted, timeout_ms, what);
}

void terminal_wait_gone(struct terminal *t, const char *text, int timeout_ms)
{
    struct wanted wanted = {text, false};
    char what[256];
    snprintf(what, sizeof what, "\"%s\" to go", text);
    wait_until(t, is_as_wanted, &wanted, timeout_ms, what);
}

int terminal_wait_exit(struct terminal *t, int timeout_ms)
{
    int64_t deadline = clock_monotonic_us() + timeout_ms * CLOCK_MS;
    int status = 0;
    pid_t ended = 0;
    while (t->pid > 0 && ended == 0) {
        /* Reads on, so that the program never waits for us to empty the terminal. */
        if (!take_in(t, clock_monotonic_us() + 5 * CLOCK_MS) && (t->ended || t->master < 0))
            poll(NULL, 0, 1);
        ended = waitpid(t->pid, &status, WNOHANG);
        if (ended == 0 && clock_monotonic_us() >= deadline)
            ck_abort_msg("the program did not end; the screen is:\n%.3000s", terminal_text(t));
    }
    if (ended > 0) {
        t->pid = 0;
        t->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    /* Its last words may still be on their way. */
    while (take_in(t, deadline))
        continue;
    return t->status;
}

void terminal_listen(struct terminal *t, int ms)
{
    int64_t deadline = clock_monotonic_us() + ms * CLOCK_MS;
    while (take_in(t, deadline) || (!t->ended && clock_monotonic_us() < deadline))
        continue;
}

/* One row in UTF-8 at `to`; returns its length. */
static size_t write_row(struct terminal *t, int row, char *to, size_t size)
{
    VTermRect all = {.start_row = row, .end_row = row + 1, .start_col = 0, .end_col = t->cols};
    size_t length = vterm_screen_get_text(t->screen, to, size - 1, all);
    while (length > 0 && (to[length - 1] == ' ' || to[length - 1] == '\n'))
        length--;
    to[length] = '\0';
    return length;
}

const char *terminal_row_text(struct terminal *t, int row)
{
    write_row(t, row, t->text, sizeof t->text);
    return t->text;
}

const char *terminal_text(struct terminal *t)
{
    size_t used = 0;
    for (int row = 0; row < t->rows; row++) {
        used += write_row(t, row, t->text + used, sizeof t->text - used - 1);
        t->text[used++] = '\n';
    }
    t->text[used] = '\0';
    return t->text;
}

bool terminal_shows(struct terminal *t, const char *text)
{
    return strstr(terminal_text(t), text) != NULL;
}

bool terminal_find(struct terminal *t, const char *text, int *row, int *col)
{
    char line[4096];
    for (*row = 0; *row < t->rows; ++*row) {
        write_row(t, *row, line, sizeof line);
        const char *found = strstr(line, text);
        if (found == NULL)
            continue;
        *col = 0;
        for (const char *p = line; p < found; p++)
            *col += (*p & 0xC0) != 0x80;
        return true;
    }
    return false;
}

static int colour_index(const VTermColor *colour, bool is_default)
{
    return is_default ? -1 : VTERM_COLOR_IS_INDEXED(colour) ? colour->indexed.idx : -2;
}

struct terminal_cell terminal_cell(struct terminal *t, int row, int col)
{
    VTermScreenCell cell;
    VTermPos at = {.row = row, .col = col};
    ck_assert_int_ne(vterm_screen_get_cell(t->screen, at, &cell), 0);
    return (struct terminal_cell){
        .character = cell.chars[0] == (uint32_t)-1 ? 0 : cell.chars[0],
        .fore = colour_index(&cell.fg, VTERM_COLOR_IS_DEFAULT_FG(&cell.fg)),
        .back = colour_index(&cell.bg, VTERM_COLOR_IS_DEFAULT_BG(&cell.bg)),
        .bold = cell.attrs.bold,
        .underline = cell.attrs.underline != 0,
        .blink = cell.attrs.blink,
        .reverse = cell.attrs.reverse,
    };
}

size_t terminal_bytes_received(const struct terminal *t)
{
    return t->received;
}

bool terminal_in_alternate_screen(const struct terminal *t)
{
    return t->alternate;
}

bool terminal_cursor_visible(const struct terminal *t)
{
    return t->cursor;
}

bool terminal_echoes(const struct terminal *t)
{
    struct termios modes;
    return tcgetattr(t->master, &modes) == 0 && (modes.c_lflag & ECHO) != 0 &&
           (modes.c_lflag & ICANON) != 0;
}
