/* The subcommands of `sortie`: one file each in src/cmd, one row each in the table of src/main.c.
 */
#ifndef SORTIE_CMD_COMMAND_H
#define SORTIE_CMD_COMMAND_H

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct subcommand {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is its name; returns the exit status */
};

extern const struct subcommand console_command, backup_command, doctor_command, positions_command;

#endif
