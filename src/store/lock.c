#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* The kernel drops such a lock when its process ends, however it ends, and knows whose it is: no
 * stale files, no pid that was never written. */
int lock_take(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (descriptor < 0) {
        error_set(error, ERROR_SYSTEM,
                  "cannot open %s: %s; see that it and its directory are yours", path,
                  strerror(errno));
        return -1;
    }
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    struct flock holder = whole;
    if (fcntl(descriptor, F_SETLK, &whole) == 0)
        return descriptor;
    if (errno != EACCES && errno != EAGAIN)
        error_set(error, ERROR_SYSTEM, "cannot lock %s: %s; put the data on a local disk", path,
                  strerror(errno));
    else if (fcntl(descriptor, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK)
        error_set(error, ERROR_BUSY,
                  "another sortie, process %ld, has this data (%s): end it first, or use another "
                  "--data-dir",
                  (long)holder.l_pid, path);
    else
        error_set(error, ERROR_BUSY, "another sortie had this data (%s) just now: try again", path);
    close(descriptor);
    return -1;
}

long lock_find_holder(const char *path)
{
    struct flock holder = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    int descriptor = open(path, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return 0;
    bool held = fcntl(descriptor, F_GETLK, &holder) == 0 && holder.l_type != F_UNLCK;
    close(descriptor);
    return held ? (long)holder.l_pid : 0;
}

void lock_release(int descriptor)
{
    if (descriptor >= 0)
        close(descriptor);
}
