/* The screen: ncurses panels drawn from snapshots; keys become commands. The only code that calls
 * ncurses. */
#ifndef SORTIE_UI_UI_H
#define SORTIE_UI_UI_H

#include "base/error.h"
#include "state/command.h"
#include "state/snapshot.h"

#include <signal.h>

struct ui_options {
    const struct snapshot_map *snapshots;
    struct command_queue *commands;
    bool ascii; /* no UTF-8 drawing characters, whatever the locale says */
    int64_t heat_warn, heat_alert, heat_critical; /* seconds */
    int64_t stop_near_ticks;
    volatile const sig_atomic_t *stop; /* set by a signal handler: leave as if by `q` */
};

/* Runs until the user quits (true) or the terminal is lost or unusable (false with `error`: no
 * terminal, unknown TERM). Restores the terminal in every case. Call setlocale() before. */
bool ui_run(const struct ui_options *options, struct error *error);

#endif
