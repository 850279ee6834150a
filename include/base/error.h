/* What went wrong, as a user can be told: a code for the program, a sentence for the person. */
#ifndef SORTIE_BASE_ERROR_H
#define SORTIE_BASE_ERROR_H

#include <stdbool.h>

enum error_code {
    ERROR_NONE,
    ERROR_USAGE,   /* wrong option, setting or argument */
    ERROR_SYSTEM,  /* the operating system refused */
    ERROR_BUSY,    /* another process holds it */
    ERROR_NEWER,   /* written by a newer version */
    ERROR_DAMAGED, /* cannot be read as what it should be */
    ERROR_FULL,    /* no room: disk or table */
    ERROR_PROTOCOL /* the peer broke the protocol or speaks another one */
};

struct error {
    enum error_code code;
    char text[320]; /* says what happened, to what, and what to do */
};

/* Sets code and sentence (printf style; cut at the size). Always returns false, so that a failing
 * function can `return error_set(...)`. `error` may be NULL. */
bool error_set(struct error *error, enum error_code code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
