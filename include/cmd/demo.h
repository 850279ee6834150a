/* The server of `sortie --demo`. */
#ifndef SORTIE_CMD_DEMO_H
#define SORTIE_CMD_DEMO_H

#include "base/error.h"

#include <stdbool.h>

/* Finds the sortie-sim that serves `data_dir`, or starts one: a process of its own on loopback,
 * which outlives the console, as a broker would, and ends a minute after its last client has left.
 * Gives the port. */
bool demo_find_server(const char *data_dir, int *port, struct error *error);

#endif
