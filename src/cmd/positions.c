/* `sortie positions`: the open positions of the database, and a way to be rid of stale ones. */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/places.h"
#include "engine/engine.h"
#include "store/lock.h"
#include "store/spill.h"
#include "ui/format.h"

#include <getopt.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char HELP[] =
    "usage: sortie positions [options]\n"
    "\n"
    "Lists the open positions that the database has; a console may run meanwhile.\n"
    "\n"
    "  --stale            only those that were long not updated (setting trade.stale_hours)\n"
    "  --older AGE        only those not updated for so long, as in 90m, 48h or 3d\n"
    "  --delete           with --stale or --older: removes them, without a trade; asks first,\n"
    "                     and is refused while a console runs\n"
    "  --yes              does not ask\n"
    "  --config FILE      settings (default $XDG_CONFIG_HOME/sortie/sortie.ini)\n"
    "  --data-dir DIR     the files are in DIR\n"
    "  --demo             the demo's database\n"
    "  --help, --version\n"
    "\n"
    "Exit status: 0 done, 1 failed or answered with no, 2 wrong usage.";

struct found {
    struct position *list;
    size_t count, capacity;
    int64_t before; /* us UTC: only those last updated before */
};

static bool on_position(void *context, const struct position *p)
{
    struct found *f = context;
    if (p->updated_at >= f->before)
        return true;
    if (f->count == f->capacity) {
        f->capacity = f->capacity ? 2 * f->capacity : 32;
        f->list = memory_resize(f->list, f->capacity, sizeof *f->list);
    }
    f->list[f->count++] = *p;
    return true;
}

static void print_positions(const struct found *f, int64_t now)
{
    if (f->count == 0) {
        puts("no such position");
        return;
    }
    printf("%-5s %-16s %-5s %8s %-24s %12s  %-11s  %s\n", "mode", "account", "side", "quantity",
           "symbol", "entry", "opened", "updated");
    for (size_t i = 0; i < f->count; i++) {
        const struct position *p = &f->list[i];
        char quantity[32], opened[32], age[32];
        format_quantity(quantity, sizeof quantity, fabs(p->quantity), false);
        format_moment(opened, sizeof opened, p->entry_time, 0); /* always with the day */
        format_age(age, sizeof age, now - p->updated_at);
        printf("%-5s %-16s %-5s %8s %-24s %12.10g  %-11s  %s ago\n", mode_name(p->key.mode),
               p->key.account, position_side(p) == SIDE_LONG ? "LONG" : "SHORT", quantity,
               p->symbol, p->entry_price, opened, age);
    }
}

static bool user_agrees(size_t count)
{
    char answer[16] = "";
    printf("Delete %s, without a trade? [y/N] ", count == 1 ? "this position" : "these positions");
    fflush(stdout);
    if (fgets(answer, sizeof answer, stdin) == NULL)
        putchar('\n');
    answer[strcspn(answer, "\r\n")] = '\0';
    return text_equal_nocase(answer, "y") || text_equal_nocase(answer, "yes");
}

/* All in one transaction, each as if it were discarded in the recovery window. */
static bool delete_all(struct repository *r, const struct found *f, int64_t now,
                       struct error *error)
{
    struct change *changes = memory_new(f->count, sizeof *changes);
    for (size_t i = 0; i < f->count; i++) {
        const struct position *p = &f->list[i];
        struct change *c = &changes[i];
        *c = (struct change){.kind = CHANGE_DISCARD,
                             .time = now,
                             .has_position = true,
                             .before = *p,
                             .after = *p,
                             .has_fact = true,
                             .fact_value = now};
        c->after.quantity = 0;
        engine_name_stand_in(c->fact, sizeof c->fact, &p->key, p->symbol);
        text_copy(c->why, sizeof c->why, "deleted by the user: sortie positions");
    }
    bool done = repository_commit(r, changes, f->count, error);
    free(changes);
    return done;
}

static int delete_positions(const struct paths *paths, bool ask, struct found *f, int64_t now,
                            struct error *error)
{
    size_t replayed;
    int lock = lock_take(paths->lock, error), status = EXIT_FAILED;
    if (lock < 0)
        return EXIT_FAILED;
    struct repository *r = repository_open(paths->database, error);
    if (r != NULL && spill_replay(paths->spill, r, &replayed, error) &&
        repository_each_position(r, on_position, f, error)) {
        print_positions(f, now);
        if (f->count == 0) {
            status = EXIT_DONE;
        } else if (ask && !user_agrees(f->count)) {
            puts("nothing was deleted");
        } else if (delete_all(r, f, now, error)) {
            printf("%zu deleted\n", f->count);
            status = EXIT_DONE;
        }
    }
    repository_close(r);
    lock_release(lock);
    return status;
}

static int list_positions(const struct paths *paths, struct found *f, int64_t now,
                          struct error *error)
{
    struct repository *r = repository_open_reader(paths->database, error);
    bool done = r != NULL && repository_each_position(r, on_position, f, error);
    if (done)
        print_positions(f, now);
    repository_close(r);
    return done ? EXIT_DONE : EXIT_FAILED;
}

/* "90m", "48h", "3d"; false for anything else. us. */
static bool read_age(const char *text, int64_t *age)
{
    static const struct {
        char unit;
        int64_t length;
    } units[] = {{'m', CLOCK_MINUTE}, {'h', CLOCK_HOUR}, {'d', CLOCK_DAY}};
    size_t digits = strspn(text, "0123456789");
    if (digits < 1 || digits > 6 || strlen(text) != digits + 1)
        return false;
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++)
        if (text[digits] == units[i].unit) {
            *age = strtoll(text, NULL, 10) * units[i].length;
            return true;
        }
    return false;
}

static int positions_run(int argc, char **argv)
{
    const char *stale = NULL, *older = NULL, *delete = NULL, *yes = NULL;
    const struct places_option own[] = {{"stale", false, &stale},
                                        {"older", true, &older},
                                        {"delete", false, &delete},
                                        {"yes", false, &yes},
                                        {NULL, false, NULL}};
    const struct config *config;
    struct paths paths;
    struct error error = {0};
    int64_t now = clock_wall_us(), age = 0;
    int status = places_read_options(argc, argv, HELP, own, &paths, &config, &error);
    if (status < 0) {
        age = config->stale_hours * CLOCK_HOUR;
        if (optind < argc)
            error_set(&error, ERROR_USAGE, "there is no argument '%s': see sortie positions --help",
                      argv[optind]);
        else if (older != NULL && !read_age(older, &age))
            error_set(
                &error, ERROR_USAGE,
                "--older cannot be \"%.20s\": give minutes, hours or days, as in 90m, 48h or 3d",
                older);
        else if (delete != NULL && stale == NULL && older == NULL)
            error_set(&error, ERROR_USAGE, "--delete needs --stale or --older");
        status = error.code != ERROR_NONE ? EXIT_USAGE : -1;
    }
    if (status < 0) {
        struct found f = {.before = stale != NULL || older != NULL ? now - age : INT64_MAX};
        status = delete != NULL ? delete_positions(&paths, yes == NULL, &f, now, &error)
                                : list_positions(&paths, &f, now, &error);
        free(f.list);
    }
    if (error.code != ERROR_NONE)
        fprintf(stderr, "sortie: %s\n", error.text);
    return status;
}

const struct subcommand positions_command = {"positions", positions_run};
