/* sortie-sim: the options, the address file, the loop. */
#include "base/clock.h"
#include "sim/server.h"

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
    const char *address_file;
};

static volatile sig_atomic_t stopped;

static void stop(int signal_number)
{
    (void)signal_number;
    stopped = 1;
}

/* Options. */

static const struct option options[] = {
    {"port", required_argument, NULL, 'p'},      {"seed", required_argument, NULL, 's'},
    {"speed", required_argument, NULL, 'x'},     {"rate", required_argument, NULL, 'r'},
    {"no-bot", no_argument, NULL, 'n'},          {"address-file", required_argument, NULL, 'a'},
    {"idle-exit", required_argument, NULL, 'i'}, {"help", no_argument, NULL, 'h'},
    {"version", no_argument, NULL, 'V'},         {NULL, 0, NULL, 0},
};

static const char help[] =
    "usage: sortie-sim [options]\n"
    "\n"
    "A simulated DTC server on 127.0.0.1 (JSON encoding): markets for MES and MNQ, accounts\n"
    "Sim1 and 120005, and a bot that trades Sim1.\n"
    "\n"
    "  --port N             listen on this port (11099); 0: any free one\n"
    "  --seed N             another seed is another market and another bot (1)\n"
    "  --speed N            market and bot run N times faster, 1 to 1000 (1)\n"
    "  --rate N             fill up market data to N messages a second for each client (0: no)\n"
    "  --no-bot             no orders but those of clients\n"
    "  --address-file FILE  write the address to FILE and lock it as long as the server runs\n"
    "  --idle-exit SECONDS  end after so long without a client (never)\n"
    "  --help, --version\n";

static bool parse_number(const char *name, const char *text, long long least, long long most,
                         long long *value)
{
    char *end;
    errno = 0;
    *value = strtoll(text, &end, 10);
    if (*text && !*end && errno == 0 && *value >= least && *value <= most)
        return true;
    fprintf(stderr, "sortie-sim: --%s %s: must be a number from %lld to %lld\n", name, text, least,
            most);
    return false;
}

static bool set_option(struct settings *s, int key, const char *name, const char *value)
{
    static const struct {
        int key;
        long long least, most;
    } ranges[] = {
        {'p', 0, 65535}, {'s', 0, LLONG_MAX}, {'x', 1, 1000}, {'r', 0, 1000000}, {'i', 0, INT_MAX}};
    long long number = 0;
    for (size_t i = 0; i < sizeof ranges / sizeof *ranges; i++)
        if (ranges[i].key == key &&
            !parse_number(name, value, ranges[i].least, ranges[i].most, &number))
            return false;
    switch (key) {
    case 'p':
        s->server.port = (int)number;
        return true;
    case 's':
        s->server.seed = (uint64_t)number;
        return true;
    case 'x':
        s->server.speed = (int)number;
        return true;
    case 'r':
        s->server.rate = (int)number;
        return true;
    case 'i':
        s->server.idle_exit = (int)number;
        return true;
    case 'n':
        s->server.bots = false;
        return true;
    case 'a':
        s->address_file = value;
        return true;
    default: /* getopt_long() has said what is wrong */
        return false;
    }
}

/* Returns the exit status when there is nothing to run, else -1. */
static int parse_options(int argc, char **argv, struct settings *s)
{
    int key, index = 0;
    while ((key = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (key == 'h') {
            fputs(help, stdout);
            return EXIT_SUCCESS;
        }
        if (key == 'V') {
            puts("sortie-sim " SORTIE_VERSION);
            return EXIT_SUCCESS;
        }
        if (!set_option(s, key, options[index].name, optarg)) {
            fputs("sortie-sim: see sortie-sim --help\n", stderr);
            return EXIT_USAGE;
        }
    }
    if (optind < argc) {
        fprintf(stderr,
                "sortie-sim: %s: there are no arguments but options; see sortie-sim --help\n",
                argv[optind]);
        return EXIT_USAGE;
    }
    return -1;
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
    struct settings settings = {
        .server = {.port = 11099, .seed = 1, .speed = 1, .bots = true, .idle_exit = -1}};
    int status = parse_options(argc, argv, &settings);
    if (status >= 0)
        return status;
    catch_signals();
    int address_fd = -1;
    if (settings.address_file && !lock_address_file(settings.address_file, &address_fd))
        return EXIT_FAILURE;
    status = run(&settings, address_fd);
    if (address_fd >= 0)
        close(address_fd); /* the lock goes with it, once nobody is served any more */
    return status;
}
