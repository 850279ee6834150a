/* Where the files are (architecture.md, "Files"). */
#ifndef SORTIE_BASE_PATHS_H
#define SORTIE_BASE_PATHS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct config;

struct paths {
    char data[512];     /* directory */
    char database[512]; /* sortie.db */
    char backups[512];  /* directory; the console makes it */
    char lock[512];     /* sortie.lock */
    char log[512];      /* sortie.log */
    char spill[512];    /* spill.jsonl */
    char snapshot[512]; /* sortie.snap */
};

/* Works out and creates (0700) the directories: all in config.data_dir when set, else XDG; without
 * a usable $XDG_RUNTIME_DIR the snapshot lies beside the log. */
bool paths_prepare(struct paths *p, const struct config *c, struct error *error);

/* The settings file that is read when no option names one; "" when neither $XDG_CONFIG_HOME nor
 * $HOME says where it would be. */
void paths_settings_file(char *target, size_t size);

/* Where the demo keeps all its files, apart from the user's; false when neither $XDG_DATA_HOME nor
 * $HOME says, or it is longer than `size`. */
bool paths_demo_directory(char *target, size_t size);

#endif
