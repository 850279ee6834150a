/* A program in a pseudo-terminal, seen through a terminal emulator (libvterm). Everything that
 * waits reads the terminal until the condition holds, and fails the test with the screen's text
 * when the time is over. */
#ifndef SORTIE_TESTS_SUPPORT_TERMINAL_H
#define SORTIE_TESTS_SUPPORT_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct terminal;

struct terminal_cell {
    uint32_t character; /* 0: blank or the right half of a wide one */
    int fore, back;     /* index of the palette; -1 the default, -2 another colour */
    bool bold, underline, blink, reverse;
};

/* `environment` is a list, ended by NULL, of "NAME=value", or "NAME" to remove it; it comes on top
 * of the test's own with TERM=xterm-256color, LC_ALL=C.UTF-8 and no NO_COLOR, LINES or COLUMNS.
 * NULL: nothing more. */
struct terminal *terminal_start(char *const argv[], const char *const *environment, int rows,
                                int cols);
/* Runs a function of the test in a child; what it returns is the exit status. */
struct terminal *terminal_start_function(int (*run)(void *context), void *context,
                                         const char *const *environment, int rows, int cols);
/* Kills what still runs. */
void terminal_free(struct terminal *t);

pid_t terminal_pid(const struct terminal *t);
void terminal_send(struct terminal *t, const char *keys);
void terminal_resize(struct terminal *t, int rows, int cols);
void terminal_kill(struct terminal *t, int signal_number);
/* As when the connection is lost: the program's side of the terminal hangs up. The screen stays as
 * it was. */
void terminal_hang_up(struct terminal *t);

/* Waits for the text to be on the screen, or to be gone from it. */
void terminal_wait_for(struct terminal *t, const char *text, int timeout_ms);
void terminal_wait_gone(struct terminal *t, const char *text, int timeout_ms);
void terminal_wait_until(struct terminal *t, bool (*holds)(struct terminal *t, void *context),
                         void *context, int timeout_ms);
/* Waits for the end; returns the exit status, or 128 + the signal. */
int terminal_wait_exit(struct terminal *t, int timeout_ms);
/* Takes in what comes within that time. */
void terminal_listen(struct terminal *t, int ms);

/* Text of the screen in UTF-8, without blanks at the ends of rows; valid until the next call. */
const char *terminal_row_text(struct terminal *t, int row);
const char *terminal_text(struct terminal *t);
bool terminal_shows(struct terminal *t, const char *text);
/* Where the text is first; false when it is nowhere. */
bool terminal_find(struct terminal *t, const char *text, int *row, int *col);
struct terminal_cell terminal_cell(struct terminal *t, int row, int col);

size_t terminal_bytes_received(const struct terminal *t);
bool terminal_in_alternate_screen(const struct terminal *t);
bool terminal_cursor_visible(const struct terminal *t);
/* Whether the terminal shows what is typed, as a shell needs it. */
bool terminal_echoes(const struct terminal *t);

#endif
