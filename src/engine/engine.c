#include "engine/internal.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <math.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

static const int64_t EXTREMES_PAUSE = 100 * CLOCK_MS;
static const int64_t CLOCK_STEP = CLOCK_SECOND; /* less is a clock that is being kept right */
static const int64_t RECONCILE_PAUSE = 250 * CLOCK_MS;

enum { DISK_PAUSE = 10 }; /* ms */

struct engine *engine_new(const struct engine_options *options)
{
    struct engine *e = memory_new(1, sizeof *e);
    e->options = *options;
    e->state = options->state;
    e->now = clock_monotonic_us();
    e->wall = clock_wall_us();
    e->steady = clock_steady_us();
    e->connection.round_trip = -1;
    return e;
}

void engine_free(struct engine *e)
{
    if (e == NULL)
        return;
    dtc_session_free(e->session);
    dtc_session_free(e->past_session);
    for (int i = 0; i < e->account_count; i++)
        free(e->accounts[i].fills);
    free(e->waiting);
    free(e->open_orders);
    free(e);
}

static void close_at(struct engine *e, const struct command *c)
{
    struct position p;
    struct fill f;
    if (state_get_position(e->state, &c->key, c->symbol, &p) &&
        position_make_missing_fill(&p, 0, c->price, e->wall, "manual", &f))
        engine_apply_fill(e, &f, ORIGIN_MANUAL, "closed by the user");
}

static void keep(struct engine *e, const struct command *c)
{
    struct change change;
    if (!state_keep_position(e->state, &c->key, c->symbol, e->wall, &change))
        return;
    engine_store(e, &change);
    state_set_finding(e->state, &c->key, c->symbol, "kept: you say that it is real");
    engine_say(e, MESSAGE_INFO, "%s in %s was kept: it counts as fresh", c->symbol, c->key.account);
}

static void discard(struct engine *e, const struct command *c)
{
    struct change change;
    if (!state_discard_position(e->state, &c->key, c->symbol, "discarded by the user", e->wall,
                                &change))
        return;
    engine_store(e, &change);
    engine_note_stand_in(e, &c->key, c->symbol); /* its exit may be told of yet */
    state_set_finding(e->state, &c->key, c->symbol, "discarded: no trade is recorded for it");
    engine_say(e, MESSAGE_WARNING, "%s in %s was discarded: no trade is recorded for it", c->symbol,
               c->key.account);
}

static void carry_out(struct engine *e, const struct command *c)
{
    struct engine_account *a;
    switch (c->kind) {
    case COMMAND_ACCEPT_RECOVERY:
        state_accept_recovery(e->state);
        break;
    case COMMAND_KEEP:
        keep(e, c);
        break;
    case COMMAND_DISCARD:
        discard(e, c);
        break;
    case COMMAND_CLOSE_AT:
        close_at(e, c);
        break;
    case COMMAND_VIEW:
        engine_show(e, &c->key, true, "chosen");
        break;
    case COMMAND_UNPIN:
        state_unpin_view(e->state);
        engine_follow_fills(e);
        break;
    case COMMAND_NEW_PERIOD:
        if ((a = engine_find_account(e, c->key.account, false)) != NULL)
            engine_begin_period(e, a, "reset");
        break;
    case COMMAND_RECONCILE:
        if (dtc_session_phase(e->session) == DTC_ONLINE) {
            engine_say(e, MESSAGE_INFO, "asking the server for positions, orders and fills");
            engine_ask_everything(e);
        }
        break;
    case COMMAND_RECONNECT:
        dtc_session_retry(e->session, e->now);
        break;
    case COMMAND_STOP:
        e->stopping = true;
        break;
    }
}

/* Work that is due by the clock. */
static void do_due(struct engine *e)
{
    if (e->now >= e->extremes_at) {
        struct change c;
        while (state_take_extremes(e->state, e->wall, &c))
            engine_store(e, &c);
        e->extremes_at = e->now + EXTREMES_PAUSE;
    }
    if (e->now >= e->reconcile_at) {
        struct change c;
        while (e->orders_listed && state_take_bracket(e->state, e->wall, &c))
            engine_store(e, &c);
        engine_reconcile(e);
        engine_follow_fills(e);
        e->reconcile_at = e->now + RECONCILE_PAUSE;
    }
    if (e->now >= e->second_at) {
        engine_retry_market_data(e);
        engine_say_rest(e);
        engine_tell_saving(e);
        engine_begin_months(e);
        state_advance(e->state, e->wall);
        int64_t round_trip = dtc_session_round_trip(e->session);
        if (round_trip != e->connection.round_trip || e->feed_time != e->connection.feed_time) {
            e->connection.round_trip = round_trip;
            e->connection.feed_time = e->feed_time;
            state_set_connection(e->state, &e->connection);
        }
        e->second_at = e->now + CLOCK_SECOND;
    }
    int64_t pause = e->options.config->reconcile_minutes * CLOCK_MINUTE;
    if (e->ask_again_at == 0 || e->now >= e->ask_again_at) {
        if (e->ask_again_at != 0 && dtc_session_phase(e->session) == DTC_ONLINE)
            engine_ask_everything(e);
        e->ask_again_at = pause > 0 ? e->now + pause : INT64_MAX;
    }
    engine_ask_past(e);
}

static int64_t earliest(const struct engine *e)
{
    int64_t at[] = {e->extremes_at, e->reconcile_at, e->second_at, dtc_session_deadline(e->session),
                    e->past_session != NULL ? dtc_session_deadline(e->past_session) : INT64_MAX};
    int64_t first = INT64_MAX;
    for (size_t i = 0; i < sizeof at / sizeof at[0]; i++)
        first = at[i] < first ? at[i] : first;
    return first;
}

/* The wall clock was set: what was counted with it before goes on as if it had been right. */
static void follow_clock(struct engine *e)
{
    int64_t apart = e->wall - e->steady, by = e->apart != 0 ? apart - e->apart : 0;
    e->apart = apart;
    if (llabs(by) < CLOCK_STEP)
        return;
    engine_say(e, MESSAGE_INFO, "the clock of this machine was set %s by %lld s",
               by < 0 ? "back" : "forward", (long long)(llabs(by) / CLOCK_SECOND));
    e->server_ahead -= by;
    state_shift_heat(e->state, by);
    for (int i = 0; i < e->account_count; i++)
        if (e->accounts[i].since > e->wall)
            e->accounts[i].since += by < 0 ? by : 0;
}

void engine_turn(struct engine *e, short ready)
{
    follow_clock(e);
    struct command command;
    while (command_take(e->options.commands, &command))
        carry_out(e, &command);
    dtc_session_service(e->session, ready, e->now);
    engine_service_past(e);
    engine_settle_prices(e);
    do_due(e);
    state_publish(e->state);
}

/* Without the fills known one could be counted twice: the server is not asked then. */
static bool know_fills(struct engine *e)
{
    struct error error = {0};
    struct repository *r = repository_open_reader(e->database, &error);
    bool known = r != NULL && engine_load_fills(e, r, &error);
    if (!known)
        engine_say(e, MESSAGE_ERROR, "there is no connection: the fills known cannot be read: %s",
                   error.text);
    repository_close(r);
    return known;
}

/* Only commands that need no session. */
static void wait_for_stop(struct engine *e)
{
    struct pollfd polled = {.fd = command_descriptor(e->options.commands), .events = POLLIN};
    struct command command;
    while (!e->stopping && (poll(&polled, 1, -1) > 0 || errno == EINTR))
        while (command_take(e->options.commands, &command))
            if (command.kind == COMMAND_STOP || command.kind == COMMAND_VIEW) {
                carry_out(e, &command);
                state_advance(e->state, e->wall);
                state_publish(e->state);
            }
}

static void turn_until_stop(struct engine *e)
{
    while (!e->stopping) {
        struct pollfd polled[3] = {
            {.fd = command_descriptor(e->options.commands), .events = POLLIN},
            {.fd = -1},
            {.fd = -1}};
        int64_t wait = earliest(e) - clock_monotonic_us();
        int milliseconds = wait <= 0 ? 0 : (int)(wait / CLOCK_MS) + 1;
        if (state_unsaved(e->state) < ENGINE_UNSAVED)
            polled[1].fd = dtc_session_descriptor(e->session, &polled[1].events);
        else
            milliseconds = DISK_PAUSE; /* no trader needs so much, and memory would not do */
        if (e->past_session != NULL)
            polled[2].fd = dtc_session_descriptor(e->past_session, &polled[2].events);
        if (poll(polled, 3, milliseconds) < 0 && errno != EINTR)
            break; /* only a bug gets here */
        e->now = clock_monotonic_us();
        e->wall = clock_wall_us();
        e->steady = clock_steady_us();
        engine_turn(e, polled[1].fd >= 0 ? polled[1].revents : 0);
    }
    dtc_session_logoff(e->session, "the console was closed");
    struct change c;
    while (state_take_extremes(e->state, e->wall, &c))
        engine_store(e, &c);
}

static void *run(void *context)
{
    struct engine *e = context;
    engine_begin_loading(e);
    if (know_fills(e)) {
        engine_connect(e);
        turn_until_stop(e);
    } else {
        state_publish(e->state);
        wait_for_stop(e);
    }
    engine_end_loading(e);
    return NULL;
}

bool engine_start(struct engine *e, struct writer *w, const char *database, struct error *error)
{
    e->writer = w;
    if (!text_copy(e->database, sizeof e->database, database))
        return error_set(error, ERROR_USAGE, "the database's path is too long: %s", database);
    int failed = pthread_create(&e->thread, NULL, run, e);
    if (failed != 0)
        return error_set(error, ERROR_SYSTEM, "cannot start the reader thread: %s",
                         strerror(failed));
    return true;
}

void engine_join(struct engine *e)
{
    pthread_join(e->thread, NULL);
}
