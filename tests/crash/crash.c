/* The store against its end: crash SEED KILLS BOUNDARIES [CASE]. A day of trading is cut off at
 * KILLS random moments, and at BOUNDARIES (0: all) of all the places where something is written, in
 * each way that it can go wrong there. Whatever was acknowledged is there afterwards, nothing
 * twice, nothing in part; and once a console has lived through the rest of the day, its books are
 * the broker's. */
#include "crash/day.h"
#include "sim/random.h"

#include <limits.h>

enum family {
    DAY,       /* the console's whole day */
    SPILL,     /* the database refuses, changes go to the journal */
    REPLAY,    /* a start that brings the journal into the database */
    RECOVERY,  /* a start after a kill in the middle of a transaction */
    FIRST,     /* the first start of all */
    MIGRATION, /* the first start on a database of the first version */
    BACKUP,
    SALVAGE, /* a start on a damaged database */
    FAMILIES,
    KILL = FAMILIES /* at a random moment of the day */
};

static const char *const family_names[] = {"day",   "spill",     "replay", "recovery",
                                           "first", "migration", "backup", "salvage"};
static const char *const side_names[SIDES] = {"database", "files"};

struct crash_case {
    enum family family;
    enum boundary_side side;
    struct boundary_plan plan;
    int number; /* of a random kill */
};

/* What a day without a fault is like, and how the others went; shared by all processes. */
static struct outcome {
    int boundaries[FAMILIES][SIDES];
    int questions; /* to the broker, in the whole day */
    char trades[8192];
    atomic_int run, failed, errors, kills;
} * outcome;

static uint64_t seed;
static struct crash_case *cases;
static int case_count, workers;
static struct crash_case now; /* the one that is run */
static char *place;           /* where its files are; shared */
enum { PLACE_SIZE = 256 };

static void *share(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        perror("crash: mmap");
        exit(EXIT_FAILURE);
    }
    return memory;
}

static void name_case(const struct crash_case *c, char *name, size_t size)
{
    if (c->family == KILL)
        text_format(name, size, "kill:%d", c->number);
    else
        text_format(name, size, "%s:%s:%s%s:%d", family_names[c->family], side_names[c->side],
                    boundary_fault_names[c->plan.fault], c->plan.last == INT_MAX ? "-on" : "",
                    c->plan.at);
}

/* A boundary of the day at that part of it. */
static struct boundary_plan day_part(enum boundary_fault fault, double part, int last)
{
    int at = 1 + (int)(part * outcome->boundaries[DAY][SIDE_DATABASE]);
    return (struct boundary_plan){fault, at, last > 0 ? last : at};
}

static int64_t second_of_day(int second)
{
    return sim.started + second * CLOCK_SECOND;
}

/* Does what the case is about: `run` with its fault. */
static void do_case(void (*run)(const struct day_plan *), struct day_plan *plan)
{
    int questions;
    if (now.plan.fault != FAULT_NONE)
        plan->plans[now.side] = now.plan;
    questions = day_fork(run, plan, 0, 0);
    if (now.plan.fault == FAULT_NONE && now.family != KILL) {
        for (int s = 0; s < SIDES; s++)
            outcome->boundaries[now.family][s] = atomic_load(&tape->boundaries[s]);
        if (now.family == DAY)
            outcome->questions = questions;
    }
}

static void finish(void)
{
    day_stay_away(now.plan.at % 2 == 0 ? 3 : 0);
    day_finish(outcome->trades, sizeof outcome->trades);
}

static void run_day(void)
{
    struct day_plan plan = {.until = day_end(), .killed = now.plan.at % 2 != 0};
    do_case(day_run_console, &plan);
    day_verify(false);
    finish();
}

static void run_spill(void)
{
    struct day_plan plan = {.until = day_end(), .killed = now.plan.at % 2 != 0};
    plan.plans[SIDE_DATABASE] = day_part(FAULT_FULL, 0.3, INT_MAX);
    do_case(day_run_console, &plan);
    day_verify(false);
    finish();
}

static void run_replay(void)
{
    struct day_plan first = {.until = second_of_day(14), .killed = true};
    first.plans[SIDE_DATABASE] = day_part(FAULT_BROKEN, 0.2, INT_MAX);
    day_fork(day_run_console, &first, 0, 0);
    day_verify(false);
    struct day_plan second = {.until = b.now + CLOCK_SECOND};
    do_case(day_run_console, &second);
    day_verify(false);
    finish();
}

static void run_recovery(void)
{
    struct day_plan first = {.until = day_end()};
    first.plans[SIDE_DATABASE] = day_part(FAULT_TORN, 0.6, 0);
    day_fork(day_run_console, &first, 0, 0);
    day_verify(false);
    day_stay_away(3);
    struct day_plan second = {.until = b.now + 8 * CLOCK_SECOND};
    do_case(day_run_console, &second);
    day_verify(false);
    finish();
}

static void open_database(const struct day_plan *plan)
{
    struct repository *r;
    day_arm(plan);
    if (day_load(&r) != NULL)
        _exit(EXIT_REFUSED);
    repository_close(r);
}

static void remove_database(void)
{
    static const char *const ends[] = {"", "-wal", "-shm"};
    for (int i = 0; i < 3; i++) {
        char path[400];
        text_format(path, sizeof path, "%s%s", b.database, ends[i]);
        unlink(path);
        text_format(path, sizeof path, "%s%s", day.expected, ends[i]);
        unlink(path);
    }
}

static void run_first(void)
{
    b.is_absurd = true; /* it may be a database of nothing yet */
    remove_database();
    struct day_plan plan = {0};
    do_case(open_database, &plan);
    day_verify(false);
}

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    ck_assert_int_eq(sqlite3_open(path, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

static void run_migration(void)
{
    b.is_absurd = true; /* its rows are written by hand */
    char *sql = test_file_read(TEST_DATA "/store_v1.sql");
    remove_database();
    run_sql(b.database, sql);
    free(sql);
    day_copy_file(b.database, day.expected); /* which day_compare() opens in peace */
    struct day_plan plan = {0};
    do_case(open_database, &plan);
    day_verify(true);
}

static char backup[320];

static void make_backup(const struct day_plan *plan)
{
    day_arm(plan);
    if (!backup_copy(b.database, backup, NULL, NULL, NULL))
        _exit(EXIT_REFUSED);
}

static void trade_until_the_afternoon(bool killed)
{
    struct day_plan first = {.until = second_of_day(14), .killed = killed};
    day_fork(day_run_console, &first, 0, 0);
    day_verify(false);
}

static void run_backup(void)
{
    trade_until_the_afternoon(true);
    text_format(backup, sizeof backup, "%s/copy.db", b.directory);
    struct day_plan plan = {0};
    do_case(make_backup, &plan);
    day_verify(false);
    if (access(backup, F_OK) != 0)
        ck_assert(backup_copy(b.database, backup, NULL, NULL, NULL));
    day_compare(backup);
}

/* The middle of a page of each kind is gone. */
static void damage(const char *path)
{
    char zeros[3000] = {0};
    FILE *file = fopen(path, "r+b");
    ck_assert_ptr_nonnull(file);
    for (long page = 3; fseek(file, 0, SEEK_END) == 0 && page * 4096 < ftell(file); page += 9) {
        ck_assert_int_eq(fseek(file, page * 4096, SEEK_SET), 0);
        ck_assert_uint_eq(fwrite(zeros, 1, sizeof zeros, file), sizeof zeros);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void run_salvage(void)
{
    b.is_absurd = true; /* some rows are lost */
    trade_until_the_afternoon(false);
    damage(b.database);
    remove(day.expected);
    day_copy_file(b.database, day.expected);
    struct error error = {0};
    struct repository *r = repository_open(day.expected, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    ck_assert_str_ne(repository_news(r), "");
    repository_close(r);
    struct day_plan plan = {0};
    do_case(open_database, &plan);
    day_verify(true);
}

/* One to three kills; the last may hit the end, which is then a clean one. */
static void run_kill(void)
{
    struct sim_random random = {.state = seed * 1000003 + (uint64_t)now.number};
    for (int64_t kills = sim_random_between(&random, 1, 3); kills > 0; kills--) {
        int kill_at = (int)sim_random_between(&random, 1, outcome->questions);
        int delay = (int)sim_random_between(&random, 0, 1500);
        struct day_plan plan = {.until = day_end(), .free = true};
        day_fork(day_run_console, &plan, kill_at, delay);
        day_verify(false);
        day_stay_away((int)sim_random_between(&random, 0, 3));
    }
    day_finish(outcome->trades, sizeof outcome->trades);
}

static void (*const runs[])(void) = {run_day,      run_spill,   run_replay,
                                     run_recovery, run_first,   run_migration,
                                     run_backup,   run_salvage, run_kill};

START_TEST(whatever_was_acknowledged_is_there_once_and_the_books_are_the_brokers)
{
    day_prepare();
    text_copy(place, PLACE_SIZE, b.directory);
    runs[now.family]();
    day_tear_down();
}
END_TEST

/* Each in a process of its own, which Check begins and watches. */
static bool run_case(const struct crash_case *c)
{
    char name[80];
    Suite *s = suite_create("crash");
    TCase *t = tcase_create("crash");
    now = *c;
    name_case(c, name, sizeof name);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, whatever_was_acknowledged_is_there_once_and_the_books_are_the_brokers);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_SILENT);
    bool failed = srunner_ntests_failed(runner) > 0;
    atomic_fetch_add(&outcome->run, 1);
    if (failed) {
        TestResult **results = srunner_failures(runner);
        atomic_fetch_add(tr_rtype(results[0]) == CK_FAILURE ? &outcome->failed : &outcome->errors,
                         1);
        printf("%s: %s:%d: %s; its files are in %s; repeat it with: make crash SEED=%llu CASE=%s\n",
               name, tr_lfile(results[0]), tr_lno(results[0]), tr_msg(results[0]), place,
               (unsigned long long)seed, name);
        fflush(stdout);
        free(results);
    }
    srunner_free(runner);
    return !failed;
}

static void add_case(enum family family, enum boundary_side side, enum boundary_fault fault, int at,
                     int last)
{
    static int capacity;
    if (case_count == capacity) {
        capacity = capacity ? 2 * capacity : 1024;
        cases = memory_resize(cases, (size_t)capacity, sizeof *cases);
    }
    cases[case_count++] = (struct crash_case){family, side, {fault, at, last}, 0};
}

/* In an order in which every k-th of them is of every kind. */
static void add_boundaries(void)
{
    for (enum family f = DAY; f < FAMILIES; f++)
        for (enum boundary_side s = 0; s < SIDES; s++)
            for (enum boundary_fault fault = FAULT_BEFORE; fault < FAULTS; fault++)
                for (int on = 0; on < (boundary_kills(fault) ? 1 : 2); on++)
                    for (int n = 1; n <= outcome->boundaries[f][s]; n++)
                        add_case(f, s, fault, n, on ? INT_MAX : n);
}

/* So many of them, evenly spread. */
static void thin_out(int wanted)
{
    int kept = 0;
    if (wanted == 0 || wanted >= case_count)
        return;
    for (int i = 0; i < case_count; i++)
        if ((int64_t)i * wanted / case_count != (int64_t)(i + 1) * wanted / case_count)
            cases[kept++] = cases[i];
    case_count = kept;
}

/* What there is to be cut off. */
static bool measure(void)
{
    for (enum family f = DAY; f < FAMILIES; f++)
        if (!run_case(&(struct crash_case){.family = f}))
            return false;
    atomic_store(&outcome->run, 0);
    atomic_store(&outcome->kills, 0);
    return true;
}

static void run_all(void)
{
    for (int w = 0; w < workers; w++) {
        fflush(stdout);
        if (fork() == 0) {
            tape = share(sizeof *tape);
            place = share(PLACE_SIZE);
            for (int i = w; i < case_count; i += workers)
                run_case(&cases[i]);
            _exit(0);
        }
    }
    while (wait(NULL) > 0)
        ;
}

/* That one alone. */
static bool pick(const char *wanted)
{
    char name[80];
    for (int i = 0; i < case_count; i++) {
        name_case(&cases[i], name, sizeof name);
        if (strcmp(name, wanted) != 0)
            continue;
        cases[0] = cases[i];
        case_count = 1;
        return true;
    }
    fprintf(stderr, "crash: there is no case %s\n", wanted);
    return false;
}

static int summarize(int64_t start)
{
    int days = 0;
    for (int i = 0; i < case_count; i++)
        days += cases[i].family == KILL;
    int run = atomic_load(&outcome->run), failed = atomic_load(&outcome->failed);
    int errors = atomic_load(&outcome->errors), unrun = case_count - run;
    printf("%d days cut off at random moments, %d at a boundary (a day has %d): %d kills, %.0f s\n",
           days, case_count - days, outcome->boundaries[DAY][SIDE_DATABASE],
           atomic_load(&outcome->kills), (double)(clock_monotonic_us() - start) / CLOCK_SECOND);
    errors += unrun;
    printf("%d%%: Checks: %d, Failures: %d, Errors: %d\n",
           case_count > 0 ? (case_count - failed - errors) * 100 / case_count : 0, case_count,
           failed, errors);
    return failed + errors > 0 || case_count == 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static bool read_number(const char *text, long most, long *number)
{
    char *end;
    *number = strtol(text, &end, 10);
    return *text != '\0' && *end == '\0' && *number >= 0 && *number <= most;
}

int main(int argc, char **argv)
{
    long numbers[3];
    for (int i = 0; i < 3; i++)
        if (argc < 4 || argc > 5 || !read_number(argv[i + 1], 100000000, &numbers[i])) {
            fputs("usage: crash SEED KILLS BOUNDARIES [CASE]\n", stderr);
            return 2;
        }
    int64_t start = clock_monotonic_us();
    seed = (uint64_t)numbers[0];
    workers = (int)sysconf(_SC_NPROCESSORS_ONLN);
    workers = workers > 0 ? workers : 1;
    outcome = share(sizeof *outcome);
    tape = share(sizeof *tape);
    place = share(PLACE_SIZE);
    day.kills = &outcome->kills;
    if (!measure())
        return EXIT_FAILURE;
    add_boundaries();
    thin_out((int)numbers[2]);
    for (int i = 0; i < numbers[1]; i++) {
        add_case(KILL, SIDE_DATABASE, FAULT_NONE, 0, 0);
        cases[case_count - 1].number = i;
    }
    if (argc == 5 && !pick(argv[4]))
        return EXIT_FAILURE;
    run_all();
    return summarize(start);
}
