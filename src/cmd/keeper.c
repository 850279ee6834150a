#include "cmd/keeper.h"

#include "base/clock.h"
#include "base/memory.h"
#include "store/backup.h"
#include "store/diagnosis.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

static const int64_t TURN = CLOCK_SECOND, FIRST = 5 * CLOCK_SECOND, EACH = CLOCK_MINUTE,
                     AFTER_FAILURE = CLOCK_HOUR;

struct keeper {
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool stopping;
    const struct paths *paths;
    struct state *state;
    struct log *log;
};

/* Between the steps of a copy or a look. */
static bool may_go_on(void *context)
{
    struct keeper *k = context;
    pthread_mutex_lock(&k->lock);
    bool stopping = k->stopping;
    pthread_mutex_unlock(&k->lock);
    return !stopping;
}

static void tell_error(struct keeper *k, const char *what, const struct error *error)
{
    log_write(k->log, LOG_LEVEL_ERROR, "%s%s", what, error->text);
    state_add_message(k->state, MESSAGE_ERROR, clock_wall_us(), "%s%s", what, error->text);
    state_publish(k->state);
}

static void look_through(struct keeper *k)
{
    struct error error = {0};
    int64_t start = clock_monotonic_us();
    if (diagnosis_look_through(k->paths->database, may_go_on, k, &error))
        log_write(k->log, LOG_LEVEL_INFO, "all of the database looked through in %lld ms: sound",
                  (long long)((clock_monotonic_us() - start) / CLOCK_MS));
    else if (error.code != ERROR_NONE)
        tell_error(k, "", &error);
}

/* Returns when to look again. */
static int64_t back_up(struct keeper *k)
{
    bool made = false;
    struct error error = {0};
    int64_t start = clock_monotonic_us();
    if (backup_make_daily(k->paths->database, k->paths->backups, clock_wall_us(), may_go_on, k,
                          &made, &error)) {
        if (made)
            log_write(k->log, LOG_LEVEL_INFO, "backup of the day made in %lld ms",
                      (long long)((clock_monotonic_us() - start) / CLOCK_MS));
        return clock_monotonic_us() + EACH;
    }
    if (error.code != ERROR_NONE)
        tell_error(k, "no backup of the day: ", &error);
    return clock_monotonic_us() + AFTER_FAILURE;
}

/* False when it is to end. */
static bool wait_a_turn(struct keeper *k)
{
    int64_t next = clock_monotonic_us() + TURN;
    struct timespec until = {.tv_sec = (time_t)(next / CLOCK_SECOND),
                             .tv_nsec = (long)(next % CLOCK_SECOND * 1000)};
    pthread_mutex_lock(&k->lock);
    while (!k->stopping && clock_monotonic_us() < next)
        pthread_cond_timedwait(&k->wake, &k->lock, &until);
    bool stopping = k->stopping;
    pthread_mutex_unlock(&k->lock);
    return !stopping;
}

static void *keep(void *context)
{
    struct keeper *k = context;
    int64_t backup_at = clock_monotonic_us() + FIRST;
    bool looked_through = false;
    while (wait_a_turn(k)) {
        if (!looked_through)
            look_through(k);
        looked_through = true;
        if (clock_monotonic_us() >= backup_at)
            backup_at = back_up(k);
    }
    return NULL;
}

struct keeper *keeper_start(const struct paths *paths, struct state *state, struct log *log,
                            struct error *error)
{
    struct keeper *k = memory_new(1, sizeof *k);
    k->paths = paths;
    k->state = state;
    k->log = log;
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_mutex_init(&k->lock, NULL);
    pthread_cond_init(&k->wake, &clock);
    pthread_condattr_destroy(&clock);
    sigset_t all, before; /* signals are for the other threads */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    bool started = pthread_create(&k->thread, NULL, keep, k) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (started)
        return k;
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
    error_set(error, ERROR_SYSTEM, "cannot start the thread that makes backups");
    return NULL;
}

void keeper_stop(struct keeper *k)
{
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->lock);
    k->stopping = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    pthread_join(k->thread, NULL);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k);
}
