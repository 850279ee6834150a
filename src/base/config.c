#include "base/config.h"

#include "base/setting.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHIPPED(root, tick, point_value)                                                           \
    {                                                                                              \
        root, tick, point_value, 0, "USD", SETTING_SESSION_START                                   \
    }

static const struct config_instrument shipped[] = {
    SHIPPED("ES", 0.25, 50),   SHIPPED("MES", 0.25, 5), SHIPPED("NQ", 0.25, 20),
    SHIPPED("MNQ", 0.25, 2),   SHIPPED("YM", 1, 5),     SHIPPED("MYM", 1, 0.5),
    SHIPPED("RTY", 0.1, 50),   SHIPPED("M2K", 0.1, 5),  SHIPPED("CL", 0.01, 1000),
    SHIPPED("MCL", 0.01, 100), SHIPPED("GC", 0.1, 100), SHIPPED("MGC", 0.1, 10),
};

const struct config_instrument *config_find_shipped(const char *root)
{
    for (size_t i = 0; i < sizeof shipped / sizeof *shipped; i++)
        if (strcmp(shipped[i].root, root) == 0)
            return &shipped[i];
    return NULL;
}

void config_set_defaults(struct config *c)
{
    memset(c, 0, sizeof *c);
    for (size_t i = 0; i < setting_count; i++) {
        const struct setting *s = &setting_table[i];
        struct setting_origin origin = {"", s->section, s->key};
        if (!setting_is_named(s))
            (void)setting_apply(c, &origin, s->default_text, NULL);
    }
}

struct reader {
    FILE *file;
    const char *path;
    struct config *config;
    struct error *error;
    int line;   /* read last */
    int failed; /* the line that was refused; 0: none */
};

/* inih asks for its lines here, so that they can be counted and none is cut silently. */
static char *read_line(char *text, int size, void *context)
{
    struct reader *r = context;
    if (r->failed != 0 || fgets(text, size, r->file) == NULL)
        return NULL;
    r->line++;
    if (strchr(text, '\n') == NULL) {
        int next = getc(r->file);
        if (next != EOF || strlen(text) + 1 == (size_t)size) {
            r->failed = r->line;
            error_set(r->error, ERROR_USAGE,
                      "%s:%d: the line is longer than %d bytes or holds a null byte", r->path,
                      r->line, size - 2);
            return NULL;
        }
    }
    /* An indented line would be taken as a continuation of the value before it. */
    size_t blanks = strspn(text, " \t");
    memmove(text, text + blanks, strlen(text + blanks) + 1);
    return text;
}

static int take_line(void *context, const char *section, const char *key, const char *value)
{
    struct reader *r = context;
    char where[512];
    struct setting_origin origin = {where, section, key};
    if (r->failed != 0)
        return 0;
    text_format(where, sizeof where, "%.200s:%d", r->path, r->line);
    if (!setting_apply(r->config, &origin, value, r->error))
        r->failed = r->line;
    return r->failed == 0;
}

bool config_load_file(struct config *c, const char *path, bool must_exist, struct error *error)
{
    struct reader reader = {fopen(path, "r"), path, c, error, 0, 0};
    if (reader.file == NULL && errno == ENOENT && !must_exist)
        return true;
    if (reader.file == NULL)
        return error_set(error, ERROR_SYSTEM, "cannot read the settings in %s: %s", path,
                         strerror(errno));
    errno = 0;
    int result = ini_parse_stream(read_line, &reader, take_line, &reader);
    bool unread = ferror(reader.file) != 0;
    int reason = errno;
    fclose(reader.file);
    if (unread || result < 0)
        return error_set(error, ERROR_SYSTEM, "cannot read the settings in %s: %s", path,
                         strerror(reason));
    if (result > 0 && (reader.failed == 0 || result < reader.failed))
        return error_set(error, ERROR_USAGE,
                         "%s:%d: expected \"[section]\", \"setting = value\" or a comment", path,
                         result);
    return reader.failed == 0;
}

/* SORTIE_SECTION_KEY; empty for a setting in a section with a name. */
static void variable_of(const struct setting *s, char *target, size_t size)
{
    text_copy(target, size, "");
    if (!setting_is_named(s))
        text_format(target, size, "SORTIE_%s_%s", s->section, s->key);
    for (char *c = target; *c != '\0'; c++) {
        if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
}

static bool set_password(struct config *c, const char *password, const char *source,
                         struct error *error)
{
    if (text_copy(c->password, sizeof c->password, password))
        return true;
    c->password[0] = '\0';
    return error_set(error, ERROR_USAGE,
                     "the password from %s is longer than the %zu bytes DTC allows", source,
                     sizeof c->password - 1);
}

static bool take_variable(struct config *c, const char *name, const char *value,
                          struct error *error)
{
    char nearest[SETTING_NAME_SIZE] = "", clean[SETTING_NAME_SIZE];
    size_t least = SETTING_NEAR + 1;
    if (strcmp(name, "SORTIE_PASSWORD") == 0)
        return set_password(c, value, name, error);
    for (size_t i = 0; i < setting_count; i++) {
        char variable[SETTING_NAME_SIZE];
        variable_of(&setting_table[i], variable, sizeof variable);
        struct setting_origin origin = {name, setting_table[i].section, setting_table[i].key};
        size_t distance = setting_distance(name, variable);
        if (distance == 0)
            return setting_apply(c, &origin, value, error);
        if (distance < least) {
            least = distance;
            text_copy(nearest, sizeof nearest, variable);
        }
    }
    text_clean(clean, sizeof clean, name, strlen(name));
    return error_set(error, ERROR_USAGE, "the variable %s belongs to no setting; %s%s", clean,
                     nearest[0] == '\0' ? "sortie.ini(5) lists them all" : "did you mean ",
                     nearest);
}

bool config_load_environment(struct config *c, char *const *environment, struct error *error)
{
    for (; *environment != NULL; environment++) {
        const char *equals = strchr(*environment, '=');
        char name[SETTING_NAME_SIZE];
        if (strncmp(*environment, "SORTIE_", 7) != 0 || equals == NULL)
            continue;
        text_format(name, sizeof name, "%.*s", (int)(equals - *environment), *environment);
        if (!take_variable(c, name, equals + 1, error))
            return false;
    }
    return true;
}

bool config_set(struct config *c, const char *name, const char *value, struct error *error)
{
    char section[SETTING_NAME_SIZE];
    const char *dot = strrchr(name, '.');
    if (dot == NULL || !text_copy(section, sizeof section, name))
        return error_set(error, ERROR_USAGE, "\"%.60s\" is not a setting; write section.setting",
                         name);
    section[dot - name] = '\0';
    struct setting_origin origin = {"", section, dot + 1};
    return setting_apply(c, &origin, value, error);
}

/* The first line of the stream is the password; the rest is read so that its writer can end. */
static bool read_password(struct config *c, FILE *file, const char *source, struct error *error)
{
    char line[256] = "", rest[256];
    bool read = fgets(line, sizeof line, file) != NULL;
    while (read && fgets(rest, sizeof rest, file) != NULL)
        continue;
    line[strcspn(line, "\r\n")] = '\0';
    if (line[0] == '\0')
        return error_set(error, ERROR_USAGE, "%s gives no password in its first line", source);
    return set_password(c, line, source, error);
}

static bool load_password_file(struct config *c, struct error *error)
{
    struct stat status;
    /* Not blocking: the path could be a pipe that nobody writes to. */
    int fd = open(c->password_file, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
    if (file == NULL || fstat(fd, &status) != 0) {
        error_set(error, ERROR_SYSTEM, "cannot read the password file %s: %s", c->password_file,
                  strerror(errno));
        if (file != NULL)
            fclose(file);
        else if (fd >= 0)
            close(fd);
        return false;
    }
    bool private = S_ISREG(status.st_mode) && status.st_uid == geteuid() &&
                   (status.st_mode & (S_IRWXG | S_IRWXO)) == 0;
    bool done = private ? read_password(c, file, "password_file", error)
                        : error_set(error, ERROR_USAGE,
                                    "the password file %s must be a file of yours that nobody else "
                                    "can read; run: chmod 600 %s",
                                    c->password_file, c->password_file);
    fclose(file);
    return done;
}

static bool run_password_command(struct config *c, struct error *error)
{
    FILE *output = popen(c->password_command, "r");
    if (output == NULL)
        return error_set(error, ERROR_SYSTEM, "cannot run password_command: %s", strerror(errno));
    bool done = read_password(c, output, "password_command", error);
    int status = pclose(output);
    if (status == 0)
        return done;
    c->password[0] = '\0';
    return error_set(error, ERROR_USAGE, "password_command ended with status %d; try it in a shell",
                     WIFEXITED(status) ? WEXITSTATUS(status) : -1);
}

bool config_load_password(struct config *c, struct error *error)
{
    if (c->password[0] != '\0')
        return true;
    if (c->password_file[0] != '\0')
        return load_password_file(c, error);
    return c->password_command[0] == '\0' || run_password_command(c, error);
}

void config_each_setting(void (*visit)(void *context, const char *section, const char *key,
                                       const char *default_text, const char *help),
                         void *context)
{
    for (size_t i = 0; i < setting_count; i++)
        visit(context, setting_table[i].section, setting_table[i].key,
              setting_table[i].default_text, setting_table[i].help);
}
