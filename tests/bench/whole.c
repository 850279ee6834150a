/* The whole console as a user runs it: a process in a terminal of 120 × 36, on a simulated server
 * in a process of its own. Between the two stands a relay that counts the messages. */
#include "base/clock.h"
#include "bench/process.h"
#include "store/repository.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/socket.h>

enum { STARTS = 10, TRADES = 1000, WARM_UP_MS = 1000 };

/* --- the relay --- */

struct relay {
    int listener, server_port;
    int64_t pause; /* ns between messages to the console; 0: as they come */
    pthread_t thread;
    atomic_bool over;
    atomic_uint_fast64_t messages; /* from the server */
};

static int open_socket(void)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bench_require(fd >= 0, "no more sockets");
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    return fd;
}

static struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* Passes on what has come, whole or message by message; false at the end. */
static bool pass(int from, int to, int64_t pause, size_t *messages)
{
    char data[65536];
    ssize_t got = read(from, data, sizeof data);
    int64_t next = bench_now();
    for (ssize_t start = 0, end = 0; end < got; end++) {
        *messages += data[end] == '\0';
        if (end + 1 < got && (pause == 0 || data[end] != '\0'))
            continue;
        if (write(to, data + start, (size_t)(end + 1 - start)) != end + 1 - start)
            return false;
        start = end + 1;
        if (start < got)
            bench_sleep_until(next += pause);
    }
    return got > 0;
}

static void *run_relay(void *context)
{
    struct relay *r = context;
    struct sockaddr_in address = loopback(r->server_port);
    int server = open_socket(), client = -1;
    struct pollfd polled[2] = {{.fd = r->listener, .events = POLLIN}};
    bool alive = connect(server, (struct sockaddr *)&address, sizeof address) == 0;
    while (!atomic_load(&r->over) && alive) {
        size_t messages = 0, ignored = 0;
        if (poll(polled, client < 0 ? 1 : 2, 50) <= 0)
            continue;
        if (client < 0) {
            client = accept(r->listener, NULL, NULL);
            fcntl(client, F_SETFD, FD_CLOEXEC);
            polled[0].fd = client;
            polled[1] = (struct pollfd){.fd = server, .events = POLLIN};
            continue;
        }
        if (polled[1].revents != 0)
            alive = pass(server, client, r->pause, &messages);
        if (alive && polled[0].revents != 0)
            alive = pass(client, server, 0, &ignored);
        atomic_fetch_add(&r->messages, messages);
    }
    if (client >= 0)
        close(client);
    close(server);
    return NULL;
}

/* Returns the port to connect to. */
static int start_relay(struct relay *r, int server_port, int64_t pause)
{
    struct sockaddr_in address = loopback(0);
    socklen_t size = sizeof address;
    *r = (struct relay){.listener = open_socket(), .server_port = server_port, .pause = pause};
    bench_require(bind(r->listener, (struct sockaddr *)&address, size) == 0 &&
                      listen(r->listener, 1) == 0 &&
                      getsockname(r->listener, (struct sockaddr *)&address, &size) == 0 &&
                      pthread_create(&r->thread, NULL, run_relay, r) == 0,
                  "no relay");
    return ntohs(address.sin_port);
}

static void end_relay(struct relay *r)
{
    atomic_store(&r->over, true);
    pthread_join(r->thread, NULL);
    close(r->listener);
}

/* --- what the kernel says of a process --- */

/* In the order in which the console starts those that stay. */
enum { SCREEN, WRITER, KEEPER, READER, THREADS };

static int compare_ids(const void *a, const void *b)
{
    int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Nanoseconds on a processor, of each thread. */
static void read_times(pid_t pid, double times[THREADS])
{
    char path[64];
    int ids[THREADS], count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)pid);
    DIR *directory = opendir(path);
    for (struct dirent *e; directory != NULL && (e = readdir(directory)) != NULL;)
        if (e->d_name[0] != '.' && count < THREADS)
            ids[count++] = atoi(e->d_name);
    bench_require(directory != NULL && count == THREADS, "the console has not its threads");
    closedir(directory);
    qsort(ids, THREADS, sizeof *ids, compare_ids);
    for (int i = 0; i < THREADS; i++) {
        snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", (int)pid, ids[i]);
        FILE *file = fopen(path, "r");
        bench_require(file != NULL && fscanf(file, "%lf", &times[i]) == 1,
                      "the kernel keeps no times of threads");
        fclose(file);
    }
}

/* --- load --- */

/* Waits for the connection or, with a bot, for an open position: the screen has most to do then. */
static void wait_ready(struct program *console, const char *directory, bool bot)
{
    static struct snapshot copy;
    char path[300];
    struct snapshot_map *map = NULL;
    int64_t end = bench_now() + PATIENCE_NS;
    text_format(path, sizeof path, "%s/sortie.snap", directory);
    while (map == NULL || snapshot_read(map, &copy) == 0 || copy.connection.phase != LINK_ONLINE ||
           (bot && copy.position_count == 0)) {
        bench_require(bench_now() < end,
                      bot ? "the bot opens no position" : "the console does not come online");
        program_listen(console, bench_now() + 20000000);
        if (map == NULL)
            map = snapshot_map_open(path, NULL);
    }
    snapshot_map_close(map);
}

struct load {
    double seconds, times[THREADS]; /* ns */
    double messages, output;        /* messages received, bytes sent to the terminal */
    double resident, peak;          /* MB */
};

static void measure_load(struct program *console, struct relay *relay, struct load *l)
{
    const char *wanted = getenv("BENCH_SECONDS");
    double before[THREADS], seconds = wanted != NULL ? strtod(wanted, NULL) : 10;
    read_times(console->pid, before);
    uint64_t messages = atomic_load(&relay->messages);
    size_t output = console->received;
    int64_t start = bench_now();
    program_listen(console, start + (int64_t)((seconds > 0 ? seconds : 10) * 1e9));
    read_times(console->pid, l->times);
    l->seconds = (double)(bench_now() - start) / 1e9;
    l->messages = (double)(atomic_load(&relay->messages) - messages);
    l->output = (double)(console->received - output);
    l->resident = program_memory(console->pid, "VmRSS:");
    l->peak = program_memory(console->pid, "VmHWM:");
    for (int i = 0; i < THREADS; i++)
        l->times[i] -= before[i];
}

struct case_of_load {
    const char *name, *rate; /* messages a second */
    bool bot, one_by_one;
    bool limited;
};

static void report_load(struct bench *b, const struct case_of_load *c, const struct load *l)
{
    char what[96], note[128];
    double part[THREADS], sum = 0;
    for (int i = 0; i < THREADS; i++)
        sum += part[i] = l->times[i] / l->seconds / 1e7; /* percent */
    text_format(what, sizeof what, "console: processor at %s", c->name);
    text_format(note, sizeof note,
                "%.1f came a second; reader %.2f, screen %.2f, writer %.2f, backups %.2f",
                l->messages / l->seconds, part[READER], part[SCREEN], part[WRITER], part[KEEPER]);
    bench_row_limit(b, what, sum, "% of a core", c->limited ? 2 : 0, note);
    text_format(what, sizeof what, "console: resident memory at %s", c->name);
    text_format(note, sizeof note, "peak %.1f MB", l->peak);
    bench_row_limit(b, what, l->resident, "MB", c->limited ? 16 : 0, note);
    text_format(what, sizeof what, "console: sent to the terminal at %s", c->name);
    bench_row(what, "", "%.0f bytes/s", l->output / l->seconds);
}

static void measure_case(struct bench *b, const struct case_of_load *c)
{
    struct program server = {0}, console;
    struct relay relay;
    struct load load;
    char directory[256];
    double rate = strtod(c->rate, NULL);
    bench_directory_make(directory, sizeof directory);
    int port = program_start_server(&server, c->rate, c->bot);
    /* Somewhat shorter than the messages' distance, so that none pile up. */
    port = start_relay(&relay, port, c->one_by_one ? (int64_t)(0.9e9 / rate) : 0);
    program_start_console(&console, port, directory,
                          rate > 0 ? "MESZ26_FUT_CME,MNQZ26_FUT_CME" : "");
    wait_ready(&console, directory, c->bot);
    program_listen(&console, bench_now() + WARM_UP_MS * INT64_C(1000000));
    measure_load(&console, &relay, &load);
    report_load(b, c, &load);
    program_end(&console);
    end_relay(&relay);
    program_end(&server);
    bench_directory_remove(directory);
}

/* --- starts --- */

struct starts {
    double first[STARTS], frame[STARTS]; /* ms until the first byte, until the whole screen */
};

static void start_once(int port, const char *directory, double *first, double *frame)
{
    struct program console;
    int64_t start = bench_now(), end = start + PATIENCE_NS;
    program_start_console(&console, port, directory, "");
    for (*first = 0; !console.drawn;) {
        bench_require(program_take_in(&console, 1000) && bench_now() < end,
                      "the console shows nothing");
        if (*first == 0 && console.received > 0)
            *first = (double)(bench_now() - start) / 1e6;
    }
    *frame = (double)(bench_now() - start) / 1e6;
    program_end(&console);
}

static void report_starts(struct bench *b, const char *how, struct starts *s)
{
    char what[96], note[64];
    text_format(what, sizeof what, "console: from exec to the first byte, %s", how);
    bench_row_limit(b, what, bench_median(s->first, STARTS), "ms", 0, "");
    text_format(what, sizeof what, "console: from exec to the first frame, %s", how);
    double median = bench_median(s->frame, STARTS);
    text_format(note, sizeof note, "longest of %d: %.1f ms", STARTS, s->frame[STARTS - 1]);
    bench_row_limit(b, what, median, "ms", 50, note);
}

/* A database with closed trades, as a past month leaves it. */
static void write_trades(const char *directory)
{
    char path[300];
    struct error error = {0};
    struct state_options options = {.sim_start_balance = 10000 * MONEY_ONE};
    int64_t start = clock_wall_us() - 30 * CLOCK_DAY;
    struct state *state = state_new(&options, start);
    struct change *changes = calloc(2 * TRADES, sizeof *changes);
    bench_require(changes != NULL, "no memory");
    bench_add_symbol(state);
    for (int i = 0; i < 2 * TRADES; i++) {
        struct fill f = bench_fill(i, start);
        bench_require(state_apply_fill(state, &f, ORIGIN_LIVE, "fill", f.time, &changes[i]) ==
                          FILL_APPLIED,
                      "a fill was refused");
    }
    text_format(path, sizeof path, "%s/sortie.db", directory);
    struct repository *r = repository_open(path, &error);
    bench_require(r != NULL && repository_commit(r, changes, 2 * TRADES, &error), error.text);
    repository_close(r);
    state_free(state);
    free(changes);
}

static void measure_starts(struct bench *b)
{
    struct program server = {0};
    struct starts s;
    char directory[256];
    double ignored;
    int port = program_start_server(&server, "0", false);
    for (int i = 0; i < STARTS; i++) {
        bench_directory_make(directory, sizeof directory);
        start_once(port, directory, &s.first[i], &s.frame[i]);
        bench_directory_remove(directory);
    }
    report_starts(b, "no files yet", &s);
    for (int with_trades = 0; with_trades < 2; with_trades++) {
        bench_directory_make(directory, sizeof directory);
        if (with_trades)
            write_trades(directory);
        start_once(port, directory, &ignored, &ignored);
        for (int i = 0; i < STARTS; i++)
            start_once(port, directory, &s.first[i], &s.frame[i]);
        report_starts(b, with_trades ? "1,000 trades" : "no trades", &s);
        bench_directory_remove(directory);
    }
    program_end(&server);
}

int main(void)
{
    static const struct case_of_load cases[] = {
        {"0 messages/s", "0", false, false, true},
        {"1,000 messages/s", "1000", true, false, true},
        {"1,000 messages/s one by one", "1000", true, true, false},
        {"10,000 messages/s", "10000", true, false, false},
    };
    struct bench b = {0};
    bench_begin();
    signal(SIGPIPE, SIG_IGN);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        measure_case(&b, &cases[i]);
    measure_starts(&b);
    return bench_end(&b);
}
