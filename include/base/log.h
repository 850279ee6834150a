/* The log file: one line an event, "2026-11-22T14:03:22.123Z level text", UTC, mode 0600. */
#ifndef SORTIE_BASE_LOG_H
#define SORTIE_BASE_LOG_H

#include "base/error.h"

enum log_level { LOG_LEVEL_DEBUG, LOG_LEVEL_INFO, LOG_LEVEL_WARNING, LOG_LEVEL_ERROR };

struct log;

/* Opens (appends to) `path`; a file over 8 MiB is first renamed to `path`.1. NULL on error. */
struct log *log_open(const char *path, enum log_level least, struct error *error);
void log_close(struct log *log);

/* Writes one line with one write(2); any thread; `log` may be NULL. Control characters are cleaned.
 * A line that cannot be written is dropped: the log never stops the console. */
void log_write(struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
