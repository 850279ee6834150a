/* What the commands that look at a console's files have in common. */
#ifndef SORTIE_CMD_PLACES_H
#define SORTIE_CMD_PLACES_H

#include "base/error.h"
#include "base/paths.h"

/* Reads --data-dir, --config, --demo, --help and --version, finds the files as the console would,
 * and leaves `optind` at the first argument. Returns -1 to go on, else the exit status; `help` is
 * what --help prints. */
int places_read_options(int argc, char **argv, const char *help, struct paths *paths,
                        struct error *error);

#endif
