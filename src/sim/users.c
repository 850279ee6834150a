#include "sim/users.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool take_user(struct sim_terms *t, char *line, const char *path, int number,
                      struct error *error)
{
    struct sim_user user;
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0' || *line == '#')
        return true;
    char *colon = strchr(line, ':');
    if (colon == NULL || colon == line)
        return error_set(error, ERROR_USAGE, "%s: line %d: name:password is expected", path,
                         number);
    *colon = '\0';
    if (t->user_count == SIM_USERS_MAX)
        return error_set(error, ERROR_USAGE, "%s: line %d: there are more than %d users", path,
                         number, (int)SIM_USERS_MAX);
    if (!text_copy(user.name, sizeof user.name, line) ||
        !text_copy(user.password, sizeof user.password, colon + 1))
        return error_set(error, ERROR_USAGE,
                         "%s: line %d: name and password have at most %zu bytes each", path, number,
                         sizeof user.name - 1);
    t->users[t->user_count++] = user;
    return true;
}

static bool read_users(struct sim_terms *t, FILE *file, const char *path, struct error *error)
{
    char line[256];
    bool fine = true;
    for (int number = 1; fine && fgets(line, sizeof line, file) != NULL; number++)
        fine = take_user(t, line, path, number, error);
    if (fine && t->user_count == 0)
        fine = error_set(error, ERROR_USAGE, "%s holds no user: name:password is expected", path);
    return fine;
}

bool sim_users_load(struct sim_terms *t, const char *path, struct error *error)
{
    struct stat status;
    /* Not blocking: the path could be a pipe that nobody writes to. */
    int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file == NULL || fstat(fd, &status) != 0) {
        error_set(error, ERROR_USAGE, "cannot read the users in %s: %s", path, strerror(errno));
        if (file != NULL)
            fclose(file);
        else if (fd >= 0)
            close(fd);
        return false;
    }
    bool is_private = S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
                      (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    bool done = is_private ? read_users(t, file, path, error)
                           : error_set(error, ERROR_USAGE,
                                       "%s must be a file of yours that nobody else can read; run: "
                                       "chmod 600 %s",
                                       path, path);
    fclose(file);
    return done;
}
