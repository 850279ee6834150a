/* The calls by which the rest of the store writes its files, taken over by the linker (--wrap): the
 * same boundaries as those of the database. */
#ifndef SORTIE_TESTS_CRASH_CALLS_H
#define SORTIE_TESTS_CRASH_CALLS_H

#include "crash/boundary.h"

#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <sys/types.h>

/* The file that is being written by stdio, its buffer large enough to write nothing before it is
 * flushed. */
static struct {
    FILE *file; /* NULL: nothing is under way */
    off_t size; /* what of it is synced */
    char buffer[1 << 20];
} calls;

static inline bool calls_fail(enum boundary_fault fault)
{
    if (fault < FAULT_FULL)
        return false;
    errno = fault == FAULT_FULL ? ENOSPC : fault == FAULT_BROKEN ? EIO : EROFS;
    return true;
}

#define CALL(name, parameters, arguments)                                                          \
    int __real_##name parameters;                                                                  \
    int __wrap_##name parameters;                                                                  \
    int __wrap_##name parameters                                                                   \
    {                                                                                              \
        enum boundary_fault fault = boundary_reach(SIDE_FILES, false);                             \
        if (calls_fail(fault))                                                                     \
            return -1;                                                                             \
        int result = __real_##name arguments;                                                      \
        if (fault == FAULT_AFTER)                                                                  \
            boundary_die();                                                                        \
        return result;                                                                             \
    }
CALL(fsync, (int file), (file))
CALL(ftruncate, (int file, off_t size), (file, size))
CALL(truncate, (const char *path, off_t size), (path, size))
CALL(unlink, (const char *path), (path))
CALL(link, (const char *from, const char *to), (from, to))
CALL(rename, (const char *from, const char *to), (from, to))

static inline void calls_lose_unsynced(void)
{
    if (calls.file != NULL && __real_ftruncate(fileno(calls.file), calls.size) != 0)
        abort();
}

int __real_fdatasync(int file);
int __wrap_fdatasync(int file);
int __wrap_fdatasync(int file)
{
    enum boundary_fault fault = boundary_reach(SIDE_FILES, false);
    bool fails = calls_fail(fault);
    if (!fails && __real_fdatasync(file) != 0)
        abort();
    calls.file = NULL;
    if (fault == FAULT_AFTER)
        boundary_die();
    return fails ? -1 : 0;
}

FILE *__real_fdopen(int file, const char *mode);
FILE *__wrap_fdopen(int file, const char *mode);
FILE *__wrap_fdopen(int file, const char *mode)
{
    FILE *opened = __real_fdopen(file, mode);
    if (opened != NULL && mode[0] == 'a' && boundary.counts != NULL) {
        calls.file = opened;
        calls.size = lseek(file, 0, SEEK_END);
        setvbuf(opened, calls.buffer, _IOFBF, sizeof calls.buffer);
    }
    return opened;
}

int __real_fflush(FILE *file);
int __wrap_fflush(FILE *file);
int __wrap_fflush(FILE *file)
{
    if (file == NULL || file != calls.file)
        return __real_fflush(file);
    enum boundary_fault fault = boundary_reach(SIDE_FILES, true);
    size_t half = __fpending(file) / 2;
    if ((fault == FAULT_TORN || fault == FAULT_FULL) &&
        write(fileno(file), calls.buffer, half) != (ssize_t)half)
        abort();
    if (fault == FAULT_TORN)
        boundary_die();
    if (calls_fail(fault)) {
        __fpurge(file);
        calls.file = NULL;
        return EOF;
    }
    int result = __real_fflush(file);
    if (fault == FAULT_AFTER)
        boundary_die();
    return result;
}

#endif
