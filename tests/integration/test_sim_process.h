/* The real sortie-sim as a process of its own. */
#ifndef SORTIE_TESTS_INTEGRATION_TEST_SIM_PROCESS_H
#define SORTIE_TESTS_INTEGRATION_TEST_SIM_PROCESS_H

#include "unit/test_sim_client.h"

#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>

struct server {
    pid_t pid;
    int output; /* its stdout and stderr */
    char said[4096];
};

/* Starts sortie-sim with these arguments, the last NULL. It ends itself should a test fail. */
static inline void spawn(struct server *s, const char *const *arguments)
{
    const char *argv[16] = {BUILD_DIR "/sortie-sim", "--idle-exit", "30"};
    for (int i = 0; arguments[i]; i++)
        argv[i + 3] = arguments[i];
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    *s = (struct server){.pid = fork(), .output = ends[0]};
    ck_assert_int_ge(s->pid, 0);
    if (s->pid == 0) {
        dup2(ends[1], STDOUT_FILENO);
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    close(ends[1]);
}

/* Reads what it says up to `end`, or to its end. */
static inline void hear(struct server *s, char end)
{
    size_t length = strlen(s->said);
    while (length < sizeof s->said - 1 && (length == 0 || s->said[length - 1] != end)) {
        struct pollfd p = {.fd = s->output, .events = POLLIN};
        ck_assert_int_eq(poll(&p, 1, CLIENT_PATIENCE / 1000), 1);
        if (read(s->output, s->said + length, 1) != 1)
            break;
        length++;
    }
}

/* Waits for its end; returns the exit status. */
static inline int reap(struct server *s)
{
    int status;
    hear(s, '\0');
    ck_assert_int_eq(waitpid(s->pid, &status, 0), s->pid);
    close(s->output);
    ck_assert(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static inline int start_with(struct server *s, const char *const *arguments)
{
    int port = 0;
    spawn(s, arguments);
    hear(s, '\n');
    ck_assert_msg(sscanf(s->said, "listening on 127.0.0.1:%d\n", &port) == 1, "it said: %s",
                  s->said);
    return port;
}

static inline int start_quiet(struct server *s)
{
    return start_with(s, (const char *const[]){"--port", "0", "--no-bot", NULL});
}

static inline void stop(struct server *s)
{
    kill(s->pid, SIGTERM);
    ck_assert_int_eq(reap(s), 0);
}

/* Runs it to its end with one wrong thing; returns the exit status. */
static inline int run(struct server *s, const char *const *arguments)
{
    spawn(s, arguments);
    return reap(s);
}

#endif
