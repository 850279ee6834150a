/* The console in a process of its own, so that it can be killed, but turned by the test: it lives
 * by the test's clock, one turn of its loop at a time. */
#ifndef SORTIE_TESTS_SOAK_CONSOLE_H
#define SORTIE_TESTS_SOAK_CONSOLE_H

#include "integration/sim_bench.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum console_what {
    CONSOLE_TURN,
    CONSOLE_LOOK,   /* its snapshot follows the answer */
    CONSOLE_ANEW,   /* it ends as with q, and begins again in the same process */
    CONSOLE_FINISH, /* it ends as with q, and the process with it */
};

struct console_order {
    enum console_what what;
    int encoding; /* CONSOLE_ANEW */
    int64_t now, wall;
};

struct console_answer {
    bool online, connecting;
    bool more;      /* something has come that it has not heard yet */
    size_t waiting; /* changes that the writer has yet to save */
    size_t memory;  /* bytes */
    int descriptors;
};

static struct {
    char *program; /* this one, as it was called */
    pid_t pid;
    int control;
    struct console_answer last; /* what it said of itself */
} console;

static inline size_t resident(void)
{
    unsigned long total = 0, pages = 0;
    FILE *f = fopen("/proc/self/statm", "r");
    if (f == NULL)
        return 0; /* not Linux */
    ck_assert_int_eq(fscanf(f, "%lu %lu", &total, &pages), 2);
    fclose(f);
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

static inline int descriptors(void)
{
    int count = 0;
    DIR *d = opendir("/dev/fd");
    ck_assert_ptr_nonnull(d);
    while (readdir(d) != NULL)
        count++;
    closedir(d);
    return count;
}

/* All of it; false when the other side is gone. */
static inline bool give(int control, const void *bytes, size_t length)
{
    ssize_t sent = 1;
    for (size_t done = 0; done < length && sent > 0; done += (size_t)sent)
        sent = send(control, (const char *)bytes + done, length - done, MSG_NOSIGNAL);
    return sent > 0;
}

static inline bool take(int control, void *bytes, size_t length)
{
    return recv(control, bytes, length, MSG_WAITALL) == (ssize_t)length;
}

/* --- in the process of the console --- */

static inline void console_set_encoding(int encoding)
{
    text_copy(b.config.encoding, sizeof b.config.encoding,
              encoding == DTC_ENCODING_AUTO ? "auto" : dtc_encoding_get(encoding)->name);
}

static inline void console_turn(struct console_answer *a)
{
    struct pollfd p = {0};
    p.fd = dtc_session_descriptor(b.engine->session, &p.events);
    int ready = poll(&p, 1, is_connecting() ? 10 : 0);
    b.engine->now = b.now;
    b.engine->wall = b.wall;
    engine_turn(b.engine, p.fd >= 0 && ready > 0 ? p.revents : 0);
    a->more = ready > 0;
}

static inline void console_describe(struct console_answer *a)
{
    struct writer_figures figures;
    writer_measure(b.writer, &figures);
    a->waiting = figures.waiting;
    a->online = is_online();
    a->connecting = is_connecting();
}

/* Until the test says that it ends, or is gone. The arguments: what console_begin() gives. */
static inline void console_serve(char **arguments)
{
    struct console_order o;
    int control = atoi(arguments[0]);
    signal(SIGPIPE, SIG_IGN);
    set_up_in(arguments[1]);
    b.config.port = atoi(arguments[2]);
    console_set_encoding(atoi(arguments[3]));
    b.now = atoll(arguments[4]);
    b.wall = atoll(arguments[5]);
    begin();
    while (take(control, &o, sizeof o)) {
        struct console_answer a = {0};
        b.now = o.now;
        b.wall = o.wall;
        if (o.what == CONSOLE_TURN)
            console_turn(&a);
        if (o.what == CONSOLE_ANEW || o.what == CONSOLE_FINISH)
            end();
        if (o.what == CONSOLE_ANEW) {
            console_set_encoding(o.encoding);
            begin();
        }
        if (o.what == CONSOLE_LOOK) {
            a.memory = resident();
            a.descriptors = descriptors();
        }
        if (b.engine != NULL)
            console_describe(&a);
        if (!give(control, &a, sizeof a) ||
            (o.what == CONSOLE_LOOK && !give(control, look(), sizeof b.shown)) ||
            o.what == CONSOLE_FINISH)
            return;
    }
}

/* --- in the test --- */

/* A new process of this program, with nothing of the test's open but its end of the control. */
static inline void console_begin(int encoding)
{
    int ends[2];
    char number[5][32],
        *arguments[] = {console.program, "--console", number[0], b.directory, number[1],
                        number[2],       number[3],   number[4], NULL};
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    text_format(number[0], sizeof number[0], "%d", STDERR_FILENO + 1);
    text_format(number[1], sizeof number[1], "%d", (int)b.config.port);
    text_format(number[2], sizeof number[2], "%d", encoding);
    text_format(number[3], sizeof number[3], "%lld", (long long)b.now);
    text_format(number[4], sizeof number[4], "%lld", (long long)b.wall);
    console.pid = fork();
    ck_assert_int_ge(console.pid, 0);
    if (console.pid == 0) {
        int control = ends[1] == STDERR_FILENO + 1 ? ends[1] : dup2(ends[1], STDERR_FILENO + 1);
        for (int d = control + 1; d < 1024; d++)
            close(d);
        execvp(console.program, arguments);
        _exit(127);
    }
    close(ends[1]);
    console.control = ends[0];
    fcntl(console.control, F_SETFD, FD_CLOEXEC);
}

static inline bool console_order(enum console_what what, int encoding)
{
    struct console_order o = {what, encoding, b.now, b.wall};
    return give(console.control, &o, sizeof o);
}

static inline void console_ask(enum console_what what, int encoding)
{
    int status = 0;
    if (console_order(what, encoding) && take(console.control, &console.last, sizeof console.last))
        return;
    waitpid(console.pid, &status, 0);
    ck_abort_msg("the console ended by itself: %x", (unsigned)status);
}

/* Its snapshot is in b.shown then. */
static inline void console_look(void)
{
    console_ask(CONSOLE_LOOK, 0);
    ck_assert(take(console.control, &b.shown, sizeof b.shown));
}

static inline void console_reap(bool killed)
{
    int status = 0;
    ck_assert_int_eq(waitpid(console.pid, &status, 0), console.pid);
    ck_assert_msg(killed ? WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL : status == 0,
                  "the console ended with %x", (unsigned)status);
    close(console.control);
}

static inline void console_finish(void)
{
    console_ask(CONSOLE_FINISH, 0);
    console_reap(false);
}

/* SIGKILL: in the middle of a turn, or so many microseconds of real time after it began. What the
 * writer is doing then is its own affair. */
static inline void console_kill(int after_us)
{
    console_order(CONSOLE_TURN, 0);
    for (int64_t until = clock_monotonic_us() + after_us; clock_monotonic_us() < until;)
        continue;
    ck_assert_int_eq(kill(console.pid, SIGKILL), 0);
    console_reap(true);
}

#endif
