/* What the benchmarks share: a clock, a table in Markdown with the machine above it, and fills to
 * feed the console with. A row may have a limit; one that is not met is marked OVER, and the
 * program's exit status is then 1; 2 when it could not measure. The figures come from Linux's
 * /proc. */
#ifndef SORTIE_TESTS_BENCH_BENCH_H
#define SORTIE_TESTS_BENCH_BENCH_H

#include "base/text.h"
#include "state/state.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#define BENCH_SYMBOL "MESZ26_FUT_CME"

struct bench {
    bool over; /* a limit was not met */
};

static inline int64_t bench_read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * INT64_C(1000000000) + t.tv_nsec;
}

static inline int64_t bench_now(void) /* ns, for intervals */
{
    return bench_read_clock(CLOCK_MONOTONIC);
}

/* Processor time of this thread in ns: what else runs on the machine is not in it. */
static inline int64_t bench_spent(void)
{
    return bench_read_clock(CLOCK_THREAD_CPUTIME_ID);
}

static inline void bench_sleep_until(int64_t ns)
{
    struct timespec t = {.tv_sec = (time_t)(ns / 1000000000), .tv_nsec = (long)(ns % 1000000000)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

static inline void bench_require(bool fine, const char *what)
{
    if (fine)
        return;
    fflush(stdout);
    fprintf(stderr, "bench: cannot measure: %s\n", what);
    exit(2);
}

/* Under $TMPDIR or /tmp. */
static inline const char *bench_temporary(void)
{
    const char *directory = getenv("TMPDIR");
    return directory != NULL && *directory != '\0' ? directory : "/tmp";
}

static inline void bench_directory_make(char *path, size_t size)
{
    text_format(path, size, "%s/sortie-bench-XXXXXX", bench_temporary());
    bench_require(mkdtemp(path) != NULL, "no directory for temporary files");
}

static inline int bench_remove_one(const char *path, const struct stat *status, int type,
                                   struct FTW *walk)
{
    (void)status;
    (void)type;
    (void)walk;
    return remove(path);
}

static inline void bench_directory_remove(const char *path)
{
    bench_require(nftw(path, bench_remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0,
                  "a temporary directory cannot be removed");
}

static inline int bench_compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static inline double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, bench_compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

static inline void bench_find_processor(char *name, size_t size)
{
    char line[256];
    FILE *file = fopen("/proc/cpuinfo", "r");
    text_copy(name, size, "unknown processor");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *colon = strchr(line, ':');
        if (strncmp(line, "model name", 10) != 0 || colon == NULL)
            continue;
        text_clean(name, size, colon + 2, strcspn(colon + 2, "\n"));
        break;
    }
    if (file != NULL)
        fclose(file);
}

/* The type of the file system that new temporary files are on. */
static inline void bench_find_filesystem(char *name, size_t size)
{
    char line[512], type[64], device[32];
    struct stat status;
    FILE *file = fopen("/proc/self/mountinfo", "r");
    text_copy(name, size, "unknown file system");
    bool known = stat(bench_temporary(), &status) == 0;
    while (known && file != NULL && fgets(line, sizeof line, file) != NULL) {
        const char *dash = strstr(line, " - ");
        unsigned high, low;
        if (dash != NULL && sscanf(line, "%*d %*d %u:%u", &high, &low) == 2 &&
            makedev(high, low) == status.st_dev && sscanf(dash, " - %63s %31s", type, device) == 2)
            text_format(name, size, "%s on %s", type, device);
    }
    if (file != NULL)
        fclose(file);
}

static inline void bench_print_cell(const char *text, int width)
{
    for (const char *c = text; *c != '\0'; c++)
        width -= (*c & 0xC0) != 0x80;
    printf("| %s%*s ", text, width > 0 ? width : 0, "");
}

static inline void bench_print_row(const char *what, const char *figure, const char *beside)
{
    bench_print_cell(what, 58);
    bench_print_cell(figure, 34);
    bench_print_cell(beside, 1);
    puts("|");
    fflush(stdout);
}

/* The table's head, unless $BENCH_CONTINUES says that another program has printed it. */
static inline void bench_begin(void)
{
    char processor[128], filesystem[128];
    struct utsname system;
    double load = 0;
    if (getenv("BENCH_CONTINUES") != NULL)
        return;
    bench_find_processor(processor, sizeof processor);
    bench_find_filesystem(filesystem, sizeof filesystem);
    uname(&system);
    getloadavg(&load, 1);
    printf("Measured on: %s, %ld cores, %s %s, temporary files on %s; load at the start %.1f.\n\n",
           processor, sysconf(_SC_NPROCESSORS_ONLN), system.sysname, system.release, filesystem,
           load);
    bench_print_row("what", "figure", "limit, or comparison measured in the same run");
    puts("| --- | --- | --- |");
}

static inline int bench_end(const struct bench *b)
{
    return b->over ? EXIT_FAILURE : EXIT_SUCCESS;
}

__attribute__((format(printf, 3, 4))) static inline void
bench_row(const char *what, const char *beside, const char *format, ...)
{
    char figure[128];
    va_list arguments;
    va_start(arguments, format);
    text_format_list(figure, sizeof figure, format, arguments);
    va_end(arguments);
    bench_print_row(what, figure, beside);
}

/* A row whose figure must stay below `limit` (0: there is none), both in `unit`; `note` follows the
 * limit. */
static inline void bench_row_limit(struct bench *b, const char *what, double figure,
                                   const char *unit, double limit, const char *note)
{
    char text[64], beside[256] = "";
    bool over = limit > 0 && figure >= limit;
    b->over = b->over || over;
    text_format(text, sizeof text, "%.*f %s", figure < 10 ? 2 : 1, figure, unit);
    if (limit > 0)
        text_format(beside, sizeof beside, "limit %g %s%s%s", limit, unit, over ? ": OVER" : "",
                    *note != '\0' ? "; " : "");
    text_format(beside + strlen(beside), sizeof beside - strlen(beside), "%s", note);
    bench_print_row(what, text, beside);
}

/* Adds to `sum` what a histogram has got since an earlier copy of it; its maximum stays that of
 * all. */
static inline void bench_add_since(struct histogram *sum, const struct histogram *now,
                                   const struct histogram *before)
{
    sum->count += now->count - before->count;
    sum->max = now->max;
    for (int i = 0; i < HISTOGRAM_BUCKETS; i++)
        sum->bucket[i] += now->bucket[i] - before->bucket[i];
}

static inline struct account_key bench_key(void)
{
    return (struct account_key){.mode = MODE_SIM, .account = "Sim1"};
}

/* Fills of one contract each, a minute apart: odd numbers sell, so that 0 and 1, 2 and 3, ... are
 * round trips. */
static inline struct fill bench_fill(int number, int64_t start)
{
    struct fill f = {
        .key = bench_key(),
        .symbol = BENCH_SYMBOL,
        .side = number % 2 ? SIDE_SHORT : SIDE_LONG,
        .quantity = 1,
        .price = 5050 + 0.25 * (number * 7 % 23),
        .time = start + number * INT64_C(60000000),
        .order_filled = 1,
    };
    text_format(f.execution_id, sizeof f.execution_id, "E%d", number);
    text_format(f.order_id, sizeof f.order_id, "O%d", number);
    return f;
}

/* The symbol with its specification; returns its index. */
static inline int bench_add_symbol(struct state *s)
{
    struct instrument i;
    int symbol = state_add_symbol(s, BENCH_SYMBOL);
    instrument_init(&i, BENCH_SYMBOL);
    i.tick = 0.25;
    i.point_value = 5;
    i.commission = 0.62;
    i.price_format = 2;
    state_put_instrument(s, symbol, &i);
    return symbol;
}

#endif
