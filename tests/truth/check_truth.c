/* `make check-truth DB=FILE`: names every difference between a database and what its fills make. */
#include "base/config.h"
#include "base/paths.h"
#include "support/truth_check.h"

#include <stdlib.h>

extern char **environ;

int main(int argc, char **argv)
{
    static struct config settings;
    struct error error = {0};
    char file[512];
    if (argc != 2 || argv[1][0] == '-' || argv[1][0] == '\0') {
        fputs(
            "usage: check_truth DATABASE\n"
            "\n"
            "Recomputes positions, trades, SIM ledgers and statistics of a database from its\n"
            "fills and writes each difference, a line each. Changes nothing; a console may run.\n"
            "What a point is worth and a contract costs come from what most trades agree on, and\n"
            "from your settings. Exit status: 0 no difference, 1 differences, 2 cannot be read.\n",
            stderr);
        return 2;
    }
    config_set_defaults(&settings);
    paths_settings_file(file, sizeof file);
    if ((file[0] != '\0' && !config_load_file(&settings, file, false, &error)) ||
        !config_load_environment(&settings, environ, &error)) {
        fprintf(stderr, "%s\n", error.text);
        return 2;
    }
    int differences = truth_check_with(argv[1], &settings, stdout);
    if (differences < 0)
        return 2;
    if (differences == 0)
        puts("positions, trades, ledgers and statistics are what the fills make of them");
    else
        printf("%d difference%s\n", differences, differences == 1 ? "" : "s");
    return differences > 0;
}
