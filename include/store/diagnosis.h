/* What can be said of a database without changing it, also while a console uses it. */
#ifndef SORTIE_STORE_DIAGNOSIS_H
#define SORTIE_STORE_DIAGNOSIS_H

#include "base/error.h"

#include <stdbool.h>

struct diagnosis {
    int version, version_known; /* of the schema: the file's, and the one this sortie writes */
    const char *sqlite;         /* the library's version */
    char check[200];            /* "ok", or the first thing that PRAGMA quick_check finds */
    bool suspected;             /* damage was met: the next start looks through all of it */
    char salvaged[512];         /* what a salvage said when it made this database; "" */
};

/* Looks through all of the database. False with ERROR_DAMAGED, ... when it cannot be read; what is
 * known without it is filled in. */
bool diagnosis_make(const char *path, struct diagnosis *out, struct error *error);

/* The same look by itself, by a connection of its own that keeps no writer waiting, for a console
 * that runs: a start looks through what it needs only. True when all is sound. False with
 * ERROR_NONE when `go_on`, which is asked every few milliseconds, ended it; with ERROR_DAMAGED once
 * that is noted, so that the next opening of the database looks through all of it and salvages, and
 * the sentence says so; with another error when it could not be read. */
bool diagnosis_look_through(const char *path, bool (*go_on)(void *context), void *context,
                            struct error *error);

#endif
