/* Programs as a user runs them, for benches: the console in a terminal of 120 × 36, and the
 * simulated server, each a process of its own. */
#ifndef SORTIE_TESTS_BENCH_PROCESS_H
#define SORTIE_TESTS_BENCH_PROCESS_H

#include "bench/bench.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

enum { ROWS = 36, COLS = 120 };

static const int64_t PATIENCE_NS = 60 * INT64_C(1000000000);
static const char LAST_DRAWN[] = "quit"; /* in the bottom row, which is sent last */

struct program {
    pid_t pid;
    int output; /* its pipe or terminal */
    size_t received;
    char tail[sizeof LAST_DRAWN]; /* of what was received, for words cut in two */
    bool drawn;                   /* LAST_DRAWN was among it */
};

static inline pid_t program_fork(void)
{
    fflush(NULL);
    pid_t pid = fork();
    bench_require(pid >= 0, "no more processes");
    return pid;
}

/* Returns its port. */
static inline int program_start_server(struct program *p, const char *rate, bool bot)
{
    int pipes[2], port = 0;
    bench_require(pipe(pipes) == 0, "no more pipes");
    p->pid = program_fork();
    if (p->pid == 0) {
        dup2(pipes[1], STDOUT_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        execl(BUILD_DIR "/sortie-sim", "sortie-sim", "--port", "0", "--rate", rate, "--idle-exit",
              "60", bot ? NULL : "--no-bot", NULL);
        _exit(127);
    }
    close(pipes[1]);
    FILE *said = fdopen(pipes[0], "r");
    bench_require(said != NULL && fscanf(said, "listening on 127.0.0.1:%d", &port) == 1,
                  "sortie-sim does not say its port");
    fclose(said);
    return port;
}

static inline void program_run_console(const char *terminal, int port, const char *directory,
                                       const char *symbols)
{
    char number[16];
    snprintf(number, sizeof number, "%d", port);
    setsid();
    int fd = open(terminal, O_RDWR);
    if (fd < 0 || ioctl(fd, TIOCSCTTY, 0) != 0)
        _exit(126);
    for (int i = 0; i < 3; i++)
        dup2(fd, i);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("XDG_CONFIG_HOME", directory, 1);
    setenv("SORTIE_SERVER_SYMBOLS", symbols, 1);
    execl(BUILD_DIR "/sortie", "sortie", "--host", "127.0.0.1", "--port", number, "--encoding",
          "json", "--data-dir", directory, NULL);
    _exit(127);
}

static inline void program_start_console(struct program *p, int port, const char *directory,
                                         const char *symbols)
{
    struct winsize size = {.ws_row = ROWS, .ws_col = COLS};
    *p = (struct program){.output = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)};
    bench_require(p->output >= 0 && grantpt(p->output) == 0 && unlockpt(p->output) == 0 &&
                      ioctl(p->output, TIOCSWINSZ, &size) == 0,
                  "no pseudo-terminal");
    const char *terminal = ptsname(p->output);
    p->pid = program_fork();
    if (p->pid == 0)
        program_run_console(terminal, port, directory, symbols);
}

/* Reads what comes within the time, at least once; false when the terminal is closed. */
static inline bool program_take_in(struct program *p, int ms)
{
    char bytes[sizeof p->tail + 16384];
    size_t kept = strlen(p->tail);
    struct pollfd polled = {.fd = p->output, .events = POLLIN};
    if (poll(&polled, 1, ms) <= 0)
        return true;
    memcpy(bytes, p->tail, kept);
    ssize_t got = read(p->output, bytes + kept, sizeof bytes - kept - 1);
    if (got <= 0)
        return got < 0 && errno == EINTR;
    size_t length = kept + (size_t)got;
    bytes[length] = '\0';
    p->received += (size_t)got;
    p->drawn = p->drawn || strstr(bytes, LAST_DRAWN) != NULL;
    size_t keep = length < sizeof LAST_DRAWN - 1 ? length : sizeof LAST_DRAWN - 1;
    memcpy(p->tail, bytes + length - keep, keep);
    p->tail[keep] = '\0';
    return true;
}

static inline void program_listen(struct program *p, int64_t end)
{
    for (int64_t left; (left = end - bench_now()) > 0;)
        bench_require(program_take_in(p, (int)(left / 1000000) + 1), "the console ended");
}

static inline void program_end(struct program *p)
{
    int status;
    int64_t end = bench_now() + PATIENCE_NS;
    kill(p->pid, SIGTERM);
    while (p->output > 0 &&
           program_take_in(p, 100)) /* or it would wait for us to empty the terminal */
        bench_require(bench_now() < end, "the console does not end");
    bench_require(waitpid(p->pid, &status, 0) == p->pid && WIFEXITED(status) &&
                      WEXITSTATUS(status) == 0,
                  "a program did not end well");
    if (p->output > 0)
        close(p->output);
}

/* Of all its threads, in ms. */
static inline double program_processor(pid_t pid)
{
    char path[64];
    unsigned long user = 0, system = 0;
    snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "r");
    bench_require(file != NULL && fscanf(file,
                                         "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
                                         "%*u %*u %lu %lu",
                                         &user, &system) == 2,
                  "the kernel does not tell the processor's time");
    fclose(file);
    return (double)(user + system) * 1000 / (double)sysconf(_SC_CLK_TCK);
}

/* In MB; "VmRSS:", "VmHWM:". */
static inline double program_memory(pid_t pid, const char *name)
{
    char path[64], line[256];
    double kib = 0;
    snprintf(path, sizeof path, "/proc/%d/status", (int)pid);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL)
        if (strncmp(line, name, strlen(name)) == 0)
            kib = strtod(line + strlen(name), NULL);
    bench_require(file != NULL && kib > 0, "the kernel does not tell the memory");
    fclose(file);
    return kib * 1024 / 1e6;
}

#endif
