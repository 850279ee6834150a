#include "store/files.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum { NAME_SIZE = 640 };

bool file_refuse(const char *path, struct error *error)
{
    int reason = errno;
    bool full = reason == ENOSPC || reason == EDQUOT || reason == EFBIG;
    return error_set(error, full ? ERROR_FULL : ERROR_SYSTEM, "cannot write %s: %s; %s", path,
                     strerror(reason),
                     full ? "free some space" : "see that it and its directory are yours");
}

bool file_create(const char *path, struct error *error)
{
    int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (file >= 0)
        return close(file) == 0;
    if (errno == EEXIST)
        return true;
    bool full = errno == ENOSPC || errno == EDQUOT;
    return error_set(error, full ? ERROR_FULL : ERROR_SYSTEM,
                     full ? "cannot create %s: %s; free some space"
                          : "cannot create %s: %s; see that its directory is there and yours",
                     path, strerror(errno));
}

static bool sync_opened(const char *path, int flags)
{
    int file = open(path, flags | O_CLOEXEC);
    if (file < 0)
        return false;
    bool synced = fsync(file) == 0;
    close(file);
    return synced;
}

bool file_sync(const char *path)
{
    return sync_opened(path, O_RDONLY);
}

bool file_sync_directory(const char *path)
{
    char directory[NAME_SIZE];
    text_copy(directory, sizeof directory, path);
    char *slash = strrchr(directory, '/');
    if (slash == NULL)
        text_copy(directory, sizeof directory, ".");
    else
        slash[slash == directory ? 1 : 0] = '\0';
    return sync_opened(directory, O_RDONLY | O_DIRECTORY);
}
