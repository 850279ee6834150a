#include "cmd/command.h"

#include <string.h>

/* The first is what `sortie` does without a subcommand. */
static const struct subcommand *const commands[] = {&console_command, &backup_command,
                                                    &doctor_command, &positions_command};

int main(int argc, char **argv)
{
    for (size_t i = 0; argc > 1 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i]->name) == 0)
            return commands[i]->run(argc - 1, argv + 1);
    return commands[0]->run(argc, argv);
}
