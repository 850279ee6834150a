/* `sortie doctor`: how the files of a console are, and how fast it saves. */
#include "base/clock.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/places.h"
#include "state/snapshot.h"
#include "store/backup.h"
#include "store/diagnosis.h"
#include "store/lock.h"

#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

enum { SLOW_MS = 250, LINE_SIZE = 700, BACKUP_DAYS = 2 };

static const char HELP[] =
    "usage: sortie doctor [options]\n"
    "\n"
    "Looks through the database, its backups, the spill journal and the log, and tells how fast a\n"
    "running console saves. Changes nothing.\n"
    "\n"
    "  --config FILE      settings (default $XDG_CONFIG_HOME/sortie/sortie.ini)\n"
    "  --data-dir DIR     the files are in DIR\n"
    "  --demo             the demo's files\n"
    "  --help, --version\n"
    "\n"
    "Lines that begin with ! tell what is wrong. Exit status: 0 all is well, 1 something is "
    "wrong,\n"
    "2 wrong usage.";

struct doctor {
    struct paths paths;
    long pid; /* of a running console; 0: none */
    size_t findings;
};

static void __attribute__((format(printf, 4, 5)))
say(struct doctor *d, bool well, const char *what, const char *format, ...)
{
    char text[LINE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(text, sizeof text, format, arguments);
    va_end(arguments);
    printf("%c %-10s %s\n", well ? ' ' : '!', what, text);
    d->findings += !well;
}

/* -1 when it is not there. */
static long long size_of(const char *path)
{
    struct stat st;
    return stat(path, &st) == 0 ? (long long)st.st_size : -1;
}

static void tell_file(struct doctor *d, const char *what, const char *path)
{
    if (size_of(path) < 0)
        say(d, true, what, "%s: not there", path);
    else
        say(d, true, what, "%s: %lld bytes", path, size_of(path));
}

static void tell_database(struct doctor *d)
{
    struct diagnosis found;
    struct error error = {0};
    tell_file(d, "database", d->paths.database);
    if (size_of(d->paths.database) < 0)
        return;
    if (!diagnosis_make(d->paths.database, &found, &error)) {
        say(d, false, "", "%s", error.text);
        return;
    }
    say(d, true, "sqlite", "%s", found.sqlite);
    say(d, found.version <= found.version_known, "schema", "version %d, this sortie writes %d%s",
        found.version, found.version_known,
        found.version > found.version_known ? ": use a newer sortie" : "");
    bool sound = strcmp(found.check, "ok") == 0;
    say(d, sound, "check", "%s%s", found.check,
        sound ? "" : ": start the console anew, which saves what can be read");
    if (found.suspected)
        say(d, false, "", "damage was met: start the console anew, which looks through all of it");
    if (found.salvaged[0] != '\0')
        say(d, true, "history", "%s", found.salvaged);
}

/* Behind the last change by days: it is not being made any more. */
static void tell_backup(struct doctor *d)
{
    char name[64], path[LINE_SIZE], date[32];
    struct stat backup, database;
    struct tm tm;
    if (!backup_find_latest(d->paths.backups, name, sizeof name)) {
        say(d, true, "backup", "none yet in %s", d->paths.backups);
        return;
    }
    text_format(path, sizeof path, "%s/%s", d->paths.backups, name);
    if (stat(path, &backup) != 0)
        return;
    strftime(date, sizeof date, "%Y-%m-%d %H:%M", localtime_r(&backup.st_mtime, &tm));
    bool late = stat(d->paths.database, &database) == 0 &&
                database.st_mtime - backup.st_mtime > BACKUP_DAYS * (CLOCK_DAY / CLOCK_SECOND);
    say(d, !late, "backup", "%s: %lld bytes, of %s%s", path, (long long)backup.st_size, date,
        late ? ": the database has changed since; see the log" : "");
}

static void tell_journal(struct doctor *d)
{
    static const char *const suffixes[] = {".refused", ".damaged"};
    char path[LINE_SIZE];
    bool waiting = size_of(d->paths.spill) > 0;
    tell_file(d, "journal", d->paths.spill);
    if (waiting)
        say(d, false, "", "changes that the database refused wait in it: %s",
            d->pid != 0 ? "see the console's messages" : "the console's next start saves them");
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        text_format(path, sizeof path, "%s%s", d->paths.spill, suffixes[i]);
        if (size_of(path) >= 0)
            say(d, false, "",
                "%s: %lld bytes that could not be saved; compare positions with your "
                "broker's, then move it away",
                path, size_of(path));
    }
}

static void tell_log(struct doctor *d)
{
    char *line = NULL, last[LINE_SIZE] = "";
    size_t room = 0, errors = 0;
    tell_file(d, "log", d->paths.log);
    FILE *file = fopen(d->paths.log, "re");
    while (file != NULL && getline(&line, &room, file) > 0)
        if (strstr(line, "Z error ") != NULL) {
            errors++;
            line[strcspn(line, "\n")] = '\0';
            text_clean(last, sizeof last, line, strlen(line));
        }
    if (errors > 0)
        say(d, true, "", "%zu errors, the last: %s", errors, last);
    free(line);
    if (file != NULL)
        fclose(file);
}

/* The bands of the snapshot that something is in. */
static void tell_duration(struct doctor *d, const struct duration *t)
{
    static const char *const bands[SAVING_BANDS] = {"to 1 ms",   "to 4 ms",  "to 17 ms", "to 67 ms",
                                                    "to 268 ms", "to 1.1 s", "longer"};
    char text[LINE_SIZE] = "";
    size_t used = 0;
    for (size_t i = 0; i < SAVING_BANDS; i++)
        if (t->bands[i] > 0)
            used += text_format(text + used, sizeof text - used, "%s%llu %s", used > 0 ? ", " : "",
                                (unsigned long long)t->bands[i], bands[i]);
    if (used > 0)
        say(d, true, "", "median %.1f, 99th percentile %.1f, longest %.1f ms: %s",
            (double)t->median / 1e3, (double)t->p99 / 1e3, (double)t->max / 1e3, text);
}

static void tell_saving(struct doctor *d, const struct snapshot *s)
{
    const struct saving *t = &s->saving;
    say(d, t->now / CLOCK_MS < SLOW_MS, "saving",
        "takes %lld ms now, %llu changes wait, %llu at most so far", (long long)(t->now / CLOCK_MS),
        (unsigned long long)t->waiting, (unsigned long long)t->waiting_most);
    tell_duration(d, &t->acknowledge);
    say(d, true, "commits", "%llu of %llu changes", (unsigned long long)t->commits,
        (unsigned long long)t->changes);
    tell_duration(d, &t->commit);
    if (s->store_refused || s->store_lost)
        say(d, false, "", "%s: %s", s->store_lost ? "NOT SAVED" : "changes go to the journal",
            s->store_sentence);
}

static void tell_console(struct doctor *d)
{
    static struct snapshot snapshot; /* hundreds of KiB */
    struct error error = {0};
    tell_file(d, "snapshot", d->paths.snapshot);
    if (d->pid == 0) {
        say(d, true, "console", "none runs");
        return;
    }
    say(d, true, "console", "runs, process %ld", d->pid);
    struct snapshot_map *map = snapshot_map_open(d->paths.snapshot, &error);
    if (map == NULL)
        say(d, false, "", "%s", error.text);
    else if (snapshot_read(map, &snapshot) == 0)
        say(d, false, "", "its snapshot cannot be read");
    else
        tell_saving(d, &snapshot);
    snapshot_map_close(map);
}

static int doctor_run(int argc, char **argv)
{
    struct doctor d = {.pid = 0};
    struct error error = {0};
    int status = places_read_options(argc, argv, HELP, NULL, &d.paths, NULL, &error);
    if (status < 0 && optind < argc) {
        error_set(&error, ERROR_USAGE, "there is no argument '%s': see sortie doctor --help",
                  argv[optind]);
        status = EXIT_USAGE;
    }
    if (status < 0) {
        say(&d, true, "sortie", "%s", SORTIE_VERSION);
        d.pid = lock_find_holder(d.paths.lock);
        tell_console(&d);
        tell_database(&d);
        tell_backup(&d);
        tell_journal(&d);
        tell_log(&d);
        status = d.findings > 0 ? EXIT_FAILED : EXIT_DONE;
    }
    if (error.code != ERROR_NONE)
        fprintf(stderr, "sortie: %s\n", error.text);
    return status;
}

const struct subcommand doctor_command = {"doctor", doctor_run};
