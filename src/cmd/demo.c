#include "cmd/demo.h"

#include "base/clock.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char IDLE_EXIT[] = "60"; /* seconds */
static const int64_t START_LIMIT = 10 * CLOCK_SECOND;

/* The server holds a lock on its address file as long as it lives. */
static bool find_running(const char *address_file, int *port)
{
    FILE *file = fopen(address_file, "re");
    if (file == NULL)
        return false;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    bool held = fcntl(fileno(file), F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK;
    bool found = held && fscanf(file, "127.0.0.1:%d", port) == 1;
    fclose(file);
    return found;
}

/* Beside our own program, as both are built and installed together; else wherever PATH has it. */
static void find_program(char *program, size_t size)
{
    char self[512];
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length > 0) {
        self[length] = '\0';
        char *slash = strrchr(self, '/');
        if (slash != NULL) {
            *slash = '\0';
            text_format(program, size, "%s/sortie-sim", self);
            if (access(program, X_OK) == 0)
                return;
        }
    }
    text_copy(program, size, "sortie-sim");
}

/* In the child: a session of its own, so that what ends the console's terminal does not end the
 * server. */
static void become_server(const char *address_file, int out)
{
    char program[600], seed[32];
    find_program(program, sizeof program);
    text_format(seed, sizeof seed, "%lld", (long long)(clock_wall_us() / CLOCK_SECOND));
    setsid();
    int null = open("/dev/null", O_RDWR);
    dup2(null, STDIN_FILENO);
    dup2(out, STDOUT_FILENO);
    dup2(null, STDERR_FILENO);
    execlp(program, "sortie-sim", "--port", "0", "--seed", seed, "--address-file", address_file,
           "--idle-exit", IDLE_EXIT, (char *)NULL);
    _exit(127);
}

/* Waits for "listening on 127.0.0.1:PORT". */
static bool read_port(int in, int *port)
{
    char line[128];
    size_t used = 0;
    int64_t end = clock_monotonic_us() + START_LIMIT;
    for (int64_t left = START_LIMIT; left > 0 && used < sizeof line - 1;
         left = end - clock_monotonic_us()) {
        struct pollfd polled = {.fd = in, .events = POLLIN};
        if (poll(&polled, 1, (int)(left / CLOCK_MS) + 1) < 0 && errno == EINTR)
            continue;
        ssize_t got = read(in, line + used, sizeof line - 1 - used);
        if (got <= 0)
            return false;
        used += (size_t)got;
        line[used] = '\0';
        if (strchr(line, '\n') != NULL)
            return sscanf(line, "listening on 127.0.0.1:%d", port) == 1;
    }
    return false;
}

bool demo_find_server(const char *data_dir, int *port, struct error *error)
{
    char address_file[600];
    int out[2];
    text_format(address_file, sizeof address_file, "%s/sim.address", data_dir);
    if (find_running(address_file, port))
        return true;
    if (pipe(out) < 0)
        return error_set(error, ERROR_SYSTEM, "cannot start the demo's server: %s",
                         strerror(errno));
    /* forked twice, so that nobody has to wait for the server's end */
    pid_t child = fork();
    if (child == 0) {
        close(out[0]);
        if (fork() == 0)
            become_server(address_file, out[1]);
        _exit(0);
    }
    close(out[1]);
    if (child > 0)
        waitpid(child, NULL, 0);
    bool started = child > 0 && read_port(out[0], port);
    close(out[0]);
    if (!started)
        error_set(error, ERROR_SYSTEM,
                  "cannot start the demo's server: is sortie-sim beside sortie, or in PATH?");
    return started;
}
