/* The screen alone in a pseudo-terminal: ui_run() in a child, against a snapshot that the test
 * fills by hand. */
#ifndef SORTIE_TESTS_SUPPORT_UI_DRIVER_H
#define SORTIE_TESTS_SUPPORT_UI_DRIVER_H

#include "state/command.h"
#include "state/snapshot.h"
#include "support/terminal.h"

struct driver {
    struct terminal *terminal;
    struct snapshot *snapshot; /* change it, then driver_publish() */
    int64_t now;               /* the time the snapshot was made for */
    struct snapshot_map *map;
    int commands; /* what the screen posts arrives here */
    char directory[128];
};

struct driver_options {
    const char *const *environment;
    bool ascii;
    bool under_shell; /* a small shell with job control starts the screen, as for ^Z and fg */
};

enum { DRIVER_WAIT = 20000 }; /* ms; how long a test waits for what must come */

/* Makes map and snapshot (sample_trading()); driver_start() shows it. */
void driver_prepare(struct driver *d);
void driver_start(struct driver *d, int rows, int cols, const struct driver_options *options);
void driver_stop(struct driver *d);
void driver_publish(struct driver *d);
/* Sends keys, waits for the text. */
void driver_press(struct driver *d, const char *keys, const char *text);
void driver_expect(struct driver *d, const char *text);
/* The next command that the screen posts. */
struct command driver_take_command(struct driver *d);
/* True when one waits. */
bool driver_has_command(struct driver *d);

#endif
