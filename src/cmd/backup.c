/* `sortie backup FILE`: a copy of the database, also while a console runs. */
#include "store/backup.h"
#include "cmd/command.h"
#include "cmd/places.h"

#include <getopt.h>
#include <stdio.h>

static const char HELP[] =
    "usage: sortie backup [options] FILE\n"
    "\n"
    "Copies the database into FILE, which must not exist, and looks through the copy; a console\n"
    "may run meanwhile.\n"
    "\n"
    "  --config FILE      settings (default $XDG_CONFIG_HOME/sortie/sortie.ini)\n"
    "  --data-dir DIR     the files are in DIR\n"
    "  --demo             the demo's database\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 done, 1 failed, 2 wrong usage.";

static int backup_run(int argc, char **argv)
{
    struct paths paths;
    struct error error = {0};
    int status = places_read_options(argc, argv, HELP, NULL, &paths, NULL, &error);
    if (status < 0 && optind != argc - 1) {
        error_set(&error, ERROR_USAGE, "give one FILE: see sortie backup --help");
        status = EXIT_USAGE;
    }
    if (status < 0)
        status =
            backup_copy(paths.database, argv[optind], NULL, NULL, &error) ? EXIT_DONE : EXIT_FAILED;
    if (error.code != ERROR_NONE)
        fprintf(stderr, "sortie: %s\n", error.text);
    return status;
}

const struct subcommand backup_command = {"backup", backup_run};
