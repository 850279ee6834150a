#include "support/ui_driver.h"

#include "base/clock.h"
#include "support/sample.h"
#include "support/test.h"
#include "ui/ui.h"

#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile sig_atomic_t stop_asked;

static void ask_stop(int number)
{
    (void)number;
    stop_asked = 1;
}

struct run {
    struct driver *driver;
    const struct driver_options *options;
    int commands;
};

struct forwarder {
    struct command_queue *queue;
    int to;
};

static void *forward(void *context)
{
    const struct forwarder *f = context;
    struct pollfd waiting = {.fd = command_descriptor(f->queue), .events = POLLIN};
    struct command c;
    while (poll(&waiting, 1, -1) > 0)
        while (command_take(f->queue, &c))
            if (write(f->to, &c, sizeof c) != (ssize_t)sizeof c)
                return NULL;
    return NULL;
}

static int show(void *context)
{
    const struct run *r = context;
    struct error error = {0};
    struct sigaction end = {.sa_handler = ask_stop};
    sigemptyset(&end.sa_mask);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGHUP, &end, NULL);
    setlocale(LC_CTYPE, "");
    setenv("TZ", "UTC", 1);

    pthread_t thread;
    struct forwarder f = {command_queue_new(), r->commands};
    pthread_create(&thread, NULL, forward, &f);
    struct ui_options options = {.snapshots = r->driver->map,
                                 .commands = f.queue,
                                 .ascii = r->options->ascii,
                                 .heat_warn = 180,
                                 .heat_alert = 270,
                                 .heat_critical = 300,
                                 .stop_near_ticks = 4,
                                 .stop = &stop_asked};
    bool done = ui_run(&options, &error);
    if (!done)
        fprintf(stderr, "%s\n", error.text);
    else
        printf("the screen is closed\n");
    fflush(NULL);
    _exit(done ? 0 : 1);
}

/* What a shell does with a job: it takes the terminal back when the job stops, and `f` continues
 * it. */
static int show_under_shell(void *context)
{
    int status;
    char key;
    signal(SIGTTOU, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        setpgid(0, 0);
        tcsetpgrp(STDIN_FILENO, getpid());
        signal(SIGTTOU, SIG_DFL);
        return show(context);
    }
    setpgid(job, job);
    tcsetpgrp(STDIN_FILENO, job);
    while (waitpid(job, &status, WUNTRACED) == job && WIFSTOPPED(status)) {
        tcsetpgrp(STDIN_FILENO, getpgrp());
        printf("job stopped\n");
        fflush(stdout);
        if (read(STDIN_FILENO, &key, 1) != 1)
            return 2;
        tcsetpgrp(STDIN_FILENO, job);
        kill(-job, SIGCONT);
    }
    return WEXITSTATUS(status);
}

void driver_prepare(struct driver *d)
{
    struct error error = {0};
    char path[160];
    memset(d, 0, sizeof *d);
    test_directory_make(d->directory, sizeof d->directory);
    snprintf(path, sizeof path, "%s/snap", d->directory);
    d->map = snapshot_map_create(path, &error);
    ck_assert_msg(d->map != NULL, "%s", error.text);
    d->snapshot = calloc(1, sizeof *d->snapshot);
    d->now = clock_wall_us();
    sample_trading(d->snapshot, d->now);
}

void driver_publish(struct driver *d)
{
    struct snapshot_range whole = {0, sizeof *d->snapshot};
    snapshot_publish(d->map, d->snapshot, &whole, 1);
}

void driver_start(struct driver *d, int rows, int cols, const struct driver_options *options)
{
    static const struct driver_options plain;
    int ends[2];
    ck_assert_int_eq(pipe(ends), 0);
    struct run run = {d, options != NULL ? options : &plain, ends[1]};
    driver_publish(d);
    d->terminal = terminal_start_function(run.options->under_shell ? show_under_shell : show, &run,
                                          run.options->environment, rows, cols);
    close(ends[1]);
    d->commands = ends[0];
}

void driver_stop(struct driver *d)
{
    if (d->terminal != NULL)
        terminal_free(d->terminal);
    close(d->commands);
    snapshot_map_close(d->map);
    free(d->snapshot);
    test_directory_remove(d->directory);
}

void driver_expect(struct driver *d, const char *text)
{
    terminal_wait_for(d->terminal, text, DRIVER_WAIT);
}

void driver_press(struct driver *d, const char *keys, const char *text)
{
    terminal_send(d->terminal, keys);
    driver_expect(d, text);
}

bool driver_has_command(struct driver *d)
{
    struct pollfd waiting = {.fd = d->commands, .events = POLLIN};
    return poll(&waiting, 1, 0) > 0;
}

struct command driver_take_command(struct driver *d)
{
    struct pollfd waiting = {.fd = d->commands, .events = POLLIN};
    struct command c = {0};
    ck_assert_msg(poll(&waiting, 1, DRIVER_WAIT) == 1, "no command came; the screen is:\n%.6000s",
                  terminal_text(d->terminal));
    ck_assert_int_eq(read(d->commands, &c, sizeof c), (ssize_t)sizeof c);
    return c;
}
