#include "base/paths.h"

#include "base/config.h"
#include "base/text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATH_SIZE = sizeof((struct paths *)0)->data };

/* "$variable/sortie", or "$HOME/fallback/sortie". The XDG specification has relative paths ignored.
 */
static bool xdg_directory(char *target, size_t size, const char *variable, const char *fallback)
{
    const char *base = getenv(variable), *home = getenv("HOME");
    if (size > 0)
        target[0] = '\0';
    size_t length = 0;
    if (base != NULL && base[0] == '/')
        length = text_format(target, size, "%s/sortie", base);
    else if (fallback != NULL && home != NULL && home[0] == '/')
        length = text_format(target, size, "%s/%s/sortie", home, fallback);
    return length > 0 && length < size - 1; /* a full target may have been cut */
}

/* mkdir -p with mode 0700 for what is new. */
static bool make_directories(const char *path)
{
    char part[PATH_SIZE];
    if (!text_copy(part, sizeof part, path)) {
        errno = ENAMETOOLONG;
        return false;
    }
    for (char *c = part + 1; part[0] != '\0' && *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        if (mkdir(part, 0700) != 0 && access(part, F_OK) != 0)
            return false;
        *c = '/';
    }
    struct stat status;
    if (mkdir(part, 0700) != 0 && errno != EEXIST)
        return false;
    if (stat(part, &status) != 0)
        return false;
    if (!S_ISDIR(status.st_mode)) {
        errno = ENOTDIR;
        return false;
    }
    return access(part, R_OK | W_OK | X_OK) == 0;
}

static bool require_directory(const char *path, struct error *error)
{
    if (make_directories(path))
        return true;
    return error_set(
        error, ERROR_SYSTEM,
        "cannot use the directory %s: %s; make it writable or give another with --data-dir", path,
        strerror(errno));
}

static bool join(char *target, const char *directory, const char *name, struct error *error)
{
    size_t wanted = strlen(directory) + 1 + strlen(name);
    if (text_format(target, PATH_SIZE, "%s/%s", directory, name) == wanted)
        return true;
    return error_set(error, ERROR_USAGE, "the path of %s is too long; give a shorter --data-dir",
                     name);
}

bool paths_prepare(struct paths *p, const struct config *c, struct error *error)
{
    char state[PATH_SIZE], runtime[PATH_SIZE];
    if (c->data_dir[0] != '\0') {
        text_copy(p->data, sizeof p->data, c->data_dir);
        text_copy(state, sizeof state, c->data_dir);
        text_copy(runtime, sizeof runtime, c->data_dir);
    } else {
        if (!xdg_directory(p->data, sizeof p->data, "XDG_DATA_HOME", ".local/share") ||
            !xdg_directory(state, sizeof state, "XDG_STATE_HOME", ".local/state"))
            return error_set(
                error, ERROR_USAGE,
                "HOME is not set or too long, so there is no place for the files; set it "
                "or give --data-dir DIR");
        /* After su or sudo the variable often names another user's directory. */
        if (!xdg_directory(runtime, sizeof runtime, "XDG_RUNTIME_DIR", NULL) ||
            !make_directories(runtime))
            text_copy(runtime, sizeof runtime, state);
    }
    return require_directory(p->data, error) && require_directory(state, error) &&
           join(p->database, p->data, "sortie.db", error) &&
           join(p->backups, p->data, "backups", error) &&
           join(p->lock, p->data, "sortie.lock", error) &&
           join(p->log, state, "sortie.log", error) &&
           join(p->spill, state, "spill.jsonl", error) &&
           join(p->snapshot, runtime, "sortie.snap", error);
}

void paths_settings_file(char *target, size_t size)
{
    char directory[PATH_SIZE];
    if (xdg_directory(directory, sizeof directory, "XDG_CONFIG_HOME", ".config"))
        text_format(target, size, "%s/sortie.ini", directory);
    else
        text_copy(target, size, "");
}

bool paths_demo_directory(char *target, size_t size)
{
    char directory[PATH_SIZE];
    return xdg_directory(directory, sizeof directory, "XDG_DATA_HOME", ".local/share") &&
           text_format(target, size, "%s-demo", directory) <
               size - 1; /* full: it may have been cut */
}
