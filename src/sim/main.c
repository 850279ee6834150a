/* sortie-sim: the options, the address file, the loop. */
#include "base/clock.h"
#include "dtc/encoding.h"
#include "sim/server.h"
#include "sim/stream.h"
#include "sim/users.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { EXIT_USAGE = 2 };

struct settings {
    struct sim_server_options server;
    struct sim_scenario scenario;
    const char *address_file;
    bool no_bot;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Options. */

struct row {
    const char *name, *argument, *help;
    /* What it sets and to which numbers: how is said by the function. */
    size_t offset;
    long long least, most;
    bool (*set)(struct settings *s, const struct row *row, const char *value);
};

static bool fail(const struct row *row, const char *value, const char *allowed)
{
    fprintf(stderr, "sortie-sim: --%s %s: must be %s\n", row->name, value, allowed);
    return false;
}

static bool read_number(const struct row *row, const char *text, long long *value)
{
    char *end, allowed[80];
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (*text && !*end && errno == 0 && *value >= row->least && *value <= row->most)
        return true;
    snprintf(allowed, sizeof allowed, "a number from %lld to %lld", row->least, row->most);
    return fail(row, text, allowed);
}

static bool set_number(struct settings *s, const struct row *row, const char *value)
{
    long long number;
    if (!read_number(row, value, &number))
        return false;
    *(int *)((char *)s + row->offset) = (int)number;
    return true;
}

static bool set_seed(struct settings *s, const struct row *row, const char *value)
{
    long long number;
    if (!read_number(row, value, &number))
        return false;
    s->server.seed = (uint64_t)number;
    return true;
}

static bool set_rate(struct settings *s, const struct row *row, const char *value)
{
    if (strcmp(value, "max") != 0)
        return set_number(s, row, value);
    s->server.rate = SIM_RATE_MAX;
    return true;
}

static bool set_truth(struct settings *s, const struct row *row, const char *value)
{
    (void)value;
    *(bool *)((char *)s + row->offset) = true;
    return true;
}

static bool set_text(struct settings *s, const struct row *row, const char *value)
{
    *(const char **)((char *)s + row->offset) = value;
    return true;
}

static bool set_encoding(struct settings *s, const struct row *row, const char *value)
{
    int encoding = dtc_encoding_find(value);
    s->server.manner.is_fixed = encoding >= 0;
    s->server.manner.encoding = encoding;
    return encoding >= 0 || strcmp(value, "auto") == 0 ||
           fail(row, value, "one of auto binary binary-vls json json-compact protobuf");
}

static bool set_negotiation(struct settings *s, const struct row *row, const char *value)
{
    static const char *const ways[] = {"answer", "ignore", "close", "own"};
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        if (strcmp(ways[i], value) == 0) {
            s->server.manner.negotiation = (enum sim_negotiation)i;
            return true;
        }
    }
    return fail(row, value, "one of answer ignore close own");
}

static bool say(const struct error *error)
{
    fprintf(stderr, "sortie-sim: %s\n", error->text);
    return false;
}

static bool set_users(struct settings *s, const struct row *row, const char *value)
{
    struct error error = {0};
    (void)row;
    return sim_users_load(&s->server.terms, value, &error) || say(&error);
}

static bool set_scenario(struct settings *s, const struct row *row, const char *value)
{
    struct error error = {0};
    (void)row;
    return sim_scenario_load(&s->scenario, value, &error) || say(&error);
}

#define TO(field) offsetof(struct settings, field)
#define TERM(field) TO(server.terms.field), 0, 0, set_truth

static const struct row rows[] = {
    {"port", "N", "listen on this port (11099); 0: any free one", TO(server.port), 0, 65535,
     set_number},
    {"encoding", "NAME",
     "auto, or one for all clients: binary, binary-vls, json,\njson-compact, protobuf (auto)", 0, 0,
     0, set_encoding},
    {"negotiation", "WAY",
     "what a server of one encoding does when another is asked for:\nanswer, ignore, close, own "
     "(answer)",
     0, 0, 0, set_negotiation},
    {"tls-cert", "FILE", "speak TLS, with this certificate (PEM)", TO(server.tls_certificate), 0, 0,
     set_text},
    {"tls-key", "FILE", "and this key (PEM)", TO(server.tls_key), 0, 0, set_text},
    {"users", "FILE", "let only these log on: a name:password on each line", 0, 0, 0, set_users},
    {"seed", "N", "another seed is another market and other bots (1)", 0, 0, LLONG_MAX, set_seed},
    {"speed", "N", "markets, bots and scenario run N times faster, 1 to 1000 (1)", TO(server.speed),
     1, 1000, set_number},
    {"rate", "N|max",
     "fill up market data to N messages a second for each client;\nmax: as fast as it reads (0: "
     "no)",
     TO(server.rate), 0, 1000000, set_rate},
    {"scenario", "FILE", "play this script of market moves, orders and faults", 0, 0, 0,
     set_scenario},
    {"no-bot", NULL, "no orders but those of clients and scenario", TO(no_bot), 0, 0, set_truth},
    {"sierra", NULL, "tell no positions and balances of Sim1, as Sierra Chart does",
     TERM(is_sierra)},
    {"keep-order-ids", NULL, "a replaced order keeps its ServerOrderID", TERM(keeps_order_ids)},
    {"refuse-fill-history", NULL, "no past fills", TERM(refuses_fill_history)},
    {"refuse-price-history", NULL, "no past prices", TERM(refuses_price_history)},
    {"one-price-history", NULL, "past prices once on each connection", TERM(one_price_history)},
    {"no-trading", NULL, "say that there is no trading", TERM(no_trading)},
    {"no-market-data", NULL, "say that there is no market data", TERM(no_market_data)},
    {"no-definitions", NULL, "say that there are no security definitions", TERM(no_definitions)},
    {"address-file", "FILE", "write the address to FILE and lock it as long as the server runs",
     TO(address_file), 0, 0, set_text},
    {"idle-exit", "SECONDS", "end after so long without a client (never)", TO(server.idle_exit), 0,
     INT_MAX, set_number},
    {"help", NULL, "print this", 0, 0, 0, NULL},
    {"version", NULL, "print the version", 0, 0, 0, NULL},
};

enum { ROWS = sizeof rows / sizeof *rows, HELP_COLUMN = 27 };

static void print_help(void)
{
    puts("usage: sortie-sim [options]\n"
         "\n"
         "A simulated DTC server on 127.0.0.1: markets of a dozen futures, accounts Sim1 and\n"
         "120005, and bots that trade Sim1.\n");
    for (int i = 0; i < ROWS; i++) {
        const char *argument = rows[i].argument != NULL ? rows[i].argument : "", *help;
        int used = printf("  --%s %s", rows[i].name, argument);
        for (help = rows[i].help; help != NULL; used = 0) {
            const char *end = strchr(help, '\n');
            printf("%*s%.*s\n", HELP_COLUMN > used ? HELP_COLUMN - used : 0, "",
                   end != NULL ? (int)(end - help) : (int)strlen(help), help);
            help = end != NULL ? end + 1 : NULL;
        }
    }
}

/* What only all options together tell. */
static bool check_settings(struct settings *s)
{
    s->server.bots = !s->no_bot;
    s->server.scenario = &s->scenario;
    if ((s->server.tls_certificate == NULL) == (s->server.tls_key == NULL))
        return true;
    fputs("sortie-sim: --tls-cert and --tls-key go together\n", stderr);
    return false;
}

/* Returns the exit status when there is nothing to run, else -1. */
static int parse_options(int argc, char **argv, struct settings *s)
{
    struct option options[ROWS + 1] = {{0}};
    int key, index = 0;
    bool fine = true;
    for (int i = 0; i < ROWS; i++)
        options[i] =
            (struct option){.name = rows[i].name,
                            .has_arg = rows[i].argument != NULL ? required_argument : no_argument,
                            .val = 1};
    while (fine && (key = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (key == 1 && strcmp(rows[index].name, "help") == 0) {
            print_help();
            return EXIT_SUCCESS;
        }
        if (key == 1 && strcmp(rows[index].name, "version") == 0) {
            puts("sortie-sim " SORTIE_VERSION);
            return EXIT_SUCCESS;
        }
        /* of others, getopt_long() has said what is wrong */
        fine = key == 1 && rows[index].set(s, &rows[index], optarg);
    }
    if (fine && optind < argc) {
        fprintf(stderr, "sortie-sim: %s: there are no arguments but options\n", argv[optind]);
        fine = false;
    }
    if (fine && check_settings(s))
        return -1;
    fputs("sortie-sim: see sortie-sim --help\n", stderr);
    return EXIT_USAGE;
}

/* The address file: who holds its lock serves the address in it. */

static bool lock_address_file(const char *path, int *fd)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (*fd < 0 || fchmod(*fd, 0600) < 0) {
        fprintf(stderr, "sortie-sim: cannot write %s: %s\n", path, strerror(errno));
        return false;
    }
    if (fcntl(*fd, F_SETLK, &lock) < 0) {
        if (errno == EACCES || errno == EAGAIN)
            fprintf(stderr, "sortie-sim: %s belongs to another sortie-sim that is still running\n",
                    path);
        else
            fprintf(stderr, "sortie-sim: cannot lock %s: %s\n", path, strerror(errno));
        return false;
    }
    /* An earlier server's address must not be taken for this one's. */
    return ftruncate(*fd, 0) == 0;
}

static bool write_address(const char *path, int fd, const char *address)
{
    size_t length = strlen(address);
    if (pwrite(fd, address, length, 0) == (ssize_t)length)
        return true;
    fprintf(stderr, "sortie-sim: cannot write %s: %s\n", path, strerror(errno));
    return false;
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
    action.sa_handler = SIG_IGN; /* a client that went away is seen by write() */
    sigaction(SIGPIPE, &action, NULL);
}

static int run(const struct settings *settings, int address_fd)
{
    struct error error = {0};
    struct sim_server *s =
        sim_server_new(&settings->server, clock_monotonic_us(), clock_wall_us(), &error);
    if (!s) {
        fprintf(stderr, "sortie-sim: %s\n", error.text);
        return EXIT_FAILURE;
    }
    char address[64];
    snprintf(address, sizeof address, "127.0.0.1:%d\n", sim_server_port(s));
    bool fine =
        !settings->address_file || write_address(settings->address_file, address_fd, address);
    if (fine) {
        printf("listening on %s", address);
        fflush(stdout);
    }
    while (fine && !stopped && sim_server_service(s, clock_monotonic_us(), clock_wall_us()))
        sim_server_wait(s, clock_monotonic_us());
    sim_server_free(s, "The server ends");
    return fine ? EXIT_SUCCESS : EXIT_FAILURE;
}

int main(int argc, char **argv)
{
    struct settings settings = {.server = {.port = 11099, .seed = 1, .speed = 1, .idle_exit = -1}};
    int address_fd = -1;
    int status = parse_options(argc, argv, &settings);
    if (status < 0) {
        catch_signals();
        status = EXIT_FAILURE;
        if (!settings.address_file || lock_address_file(settings.address_file, &address_fd))
            status = run(&settings, address_fd);
    }
    if (address_fd >= 0)
        close(address_fd); /* the lock goes with it, once nobody is served any more */
    sim_scenario_free(&settings.scenario);
    return status;
}
