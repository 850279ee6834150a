/* What the files of the store have in common. Only src/store includes this. */
#ifndef SORTIE_STORE_FILES_H
#define SORTIE_STORE_FILES_H

#include "base/error.h"

/* Says that errno keeps the file from being written; always false. ERROR_FULL or ERROR_SYSTEM. */
bool file_refuse(const char *path, struct error *error);
/* Creates the file (0600) unless it is there. */
bool file_create(const char *path, struct error *error);
/* Makes its content durable; false with errno. */
bool file_sync(const char *path);
/* The same for its name, which is durable only when its directory is. */
bool file_sync_directory(const char *path);

#endif
