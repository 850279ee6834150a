#include "base/log.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { LINE_SIZE = 1024, PATH_SIZE = 1024, ROTATE_BYTES = 8 * 1024 * 1024 };

/* Never changes after log_open(), so that no thread needs a lock to read it. */
struct log {
    int fd;
    enum log_level least;
};

static void rotate(const char *path)
{
    struct stat status;
    char old[PATH_SIZE];
    if (stat(path, &status) != 0 || status.st_size <= ROTATE_BYTES)
        return;
    /* A log that cannot be renamed simply goes on growing. */
    if (text_format(old, sizeof old, "%s.1", path) == strlen(path) + 2)
        (void)rename(path, old);
}

struct log *log_open(const char *path, enum log_level least, struct error *error)
{
    rotate(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (fd < 0 || fchmod(fd, 0600) != 0) {
        error_set(error, ERROR_SYSTEM, "cannot write the log %s: %s; check the directory", path,
                  strerror(errno));
        if (fd >= 0)
            close(fd);
        return NULL;
    }
    struct log *log = memory_new(1, sizeof *log);
    log->fd = fd;
    log->least = least;
    return log;
}

void log_close(struct log *log)
{
    if (log == NULL)
        return;
    close(log->fd);
    free(log);
}

void log_write(struct log *log, enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};
    char text[LINE_SIZE], clean[LINE_SIZE], line[LINE_SIZE + 64];
    if (log == NULL || level < log->least)
        return;
    int saved = errno; /* the caller may log first and look at errno afterwards */
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    text_clean(clean, sizeof clean, text, length);

    int64_t now = clock_wall_us();
    time_t seconds = (time_t)(now / CLOCK_SECOND);
    struct tm utc;
    char date[32] = "";
    if (gmtime_r(&seconds, &utc) != NULL)
        strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    length = text_format(line, sizeof line, "%s.%03dZ %s %s\n", date,
                         (int)(now % CLOCK_SECOND / CLOCK_MS), names[level], clean);
    while (write(log->fd, line, length) < 0 && errno == EINTR)
        continue;
    errno = saved;
}
