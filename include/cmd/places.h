/* What the commands that look at a console's files have in common. */
#ifndef SORTIE_CMD_PLACES_H
#define SORTIE_CMD_PLACES_H

#include "base/config.h"
#include "base/error.h"
#include "base/paths.h"

/* An option of one command's own. */
struct places_option {
    const char *name;
    bool takes_value;
    const char **value; /* becomes the value, "" without one; untouched when it is not given */
};

enum { PLACES_OPTIONS = 8 }; /* of a command's own at most */

/* Reads --data-dir, --config, --demo, --help, --version and the command's own (ended by a NULL
 * name; NULL: none), finds the files as the console would, and leaves `optind` at the first
 * argument. `config`, if not NULL, becomes the settings. Returns -1 to go on, else the exit status;
 * `help` is what --help prints. */
int places_read_options(int argc, char **argv, const char *help, const struct places_option *own,
                        struct paths *paths, const struct config **config, struct error *error);

#endif
