/* One writer a database. */
#ifndef SORTIE_STORE_LOCK_H
#define SORTIE_STORE_LOCK_H

#include "base/error.h"

/* Takes the lock file (0600) for this process, until lock_release() or its end, however it ends;
 * returns its descriptor, or -1 with ERROR_BUSY and a sentence that names the holder's pid, or
 * another error. The lock is the process's (fcntl): take it once, and open the file nowhere else.
 */
int lock_take(const char *path, struct error *error);
void lock_release(int descriptor);

/* The process that has taken it; 0: none. Not for the process that holds it. */
long lock_find_holder(const char *path);

#endif
