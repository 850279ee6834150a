#include "sim/server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "sim/play.h"
#include "sim/requests.h"
#include "sim/stream.h"
#include "sim/tls.h"
#include "sim/wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum {
    WAIT_LEAST = 5, /* ms: events are handled in batches of this length */
    WAIT_MOST = 100,
    LEAP_MOST = 1000 * 1000,      /* us caught up at once after a suspension */
    LOGON_PATIENCE = 30 * 1000000 /* us */
};

struct sim_server {
    struct sim_server_options options;
    struct sim_terms terms;
    struct sim_spells spells; /* with the time of this round */
    struct sim_tls *tls;      /* NULL: none */
    int listener, port;
    bool is_listening;
    struct sim_world *world;
    struct sim_client *clients[SIM_SERVER_CLIENTS];
    int client_count;
    int64_t simulated; /* time of the world */
    int64_t wall;      /* of this round */
    int64_t idle_since;
    size_t played; /* entries of the scenario */
    struct sim_stream stream;
    struct sim_random random; /* of faults */
};

/* What the world tells goes to all. */

static void broadcast(struct sim_server *s, const union dtc_message *m)
{
    for (int i = 0; i < s->client_count; i++)
        if (s->clients[i]->logged_on)
            sim_client_send(s->clients[i], m);
}

static void on_order(void *context, const struct sim_order *o, int32_t reason,
                     const struct sim_fill *fill, const char *text)
{
    struct sim_server *s = context;
    union dtc_message m;
    sim_wire_order(&m, sim_world_exchange(s->world), o, reason, fill, text);
    broadcast(s, &m);
}

static void on_position(void *context, const struct sim_position *position)
{
    struct sim_server *s = context;
    union dtc_message m;
    if (sim_terms_hides_position(&s->terms, position->account))
        sim_wire_stray_position(&m, position);
    else
        sim_wire_position(&m, sim_exchange_ledger(sim_world_exchange(s->world)), position);
    m.position_update.Unsolicited = 1;
    broadcast(s, &m);
}

static void on_balance(void *context, int account)
{
    struct sim_server *s = context;
    union dtc_message m;
    if (sim_terms_hides_position(&s->terms, account))
        return;
    sim_wire_balance(&m, sim_exchange_ledger(sim_world_exchange(s->world)), account, s->wall);
    m.account_balance_update.Unsolicited = 1;
    broadcast(s, &m);
}

static void on_market(void *context, const struct sim_market *market, enum sim_market_kind kind)
{
    struct sim_server *s = context;
    ptrdiff_t product = market->product - sim_products;
    union dtc_message m;
    for (int i = 0; i < s->client_count; i++) {
        struct sim_client *c = s->clients[i];
        if (!c->subscribed[product])
            continue;
        sim_wire_market(&m, market, kind, c->symbol_id[product], s->wall);
        sim_client_send_market(c, &m);
    }
}

/* Start and end. */

/* A socket bound to the port; it refuses connections until it is listened on. */
static int bind_port(int port, struct error *error)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        error_set(error, ERROR_SYSTEM, "cannot make a socket: %s", strerror(errno));
        return -1;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) == 0)
        return fd;
    error_set(error, ERROR_SYSTEM,
              "cannot listen on 127.0.0.1:%d: %s; choose another --port, 0 for any free one", port,
              strerror(errno));
    close(fd);
    return -1;
}

static bool listen_on(struct sim_server *s, struct error *error)
{
    s->is_listening = listen(s->listener, SIM_SERVER_CLIENTS) == 0;
    if (!s->is_listening)
        error_set(error, ERROR_SYSTEM,
                  "cannot listen on 127.0.0.1:%d: %s; choose another --port, 0 for any free one",
                  s->port, strerror(errno));
    return s->is_listening;
}

static int bound_port(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

/* Everything that can fail. */
static bool open_server(struct sim_server *s, struct error *error)
{
    const struct sim_server_options *o = &s->options;
    if (o->tls_certificate != NULL) {
        s->tls = sim_tls_new(o->tls_certificate, o->tls_key, error);
        if (s->tls == NULL)
            return false;
    }
    s->port = o->port;
    s->listener = bind_port(o->port, error);
    if (s->listener < 0 || !listen_on(s, error))
        return false;
    s->port = bound_port(s->listener);
    return true;
}

struct sim_server *sim_server_new(const struct sim_server_options *options, int64_t now,
                                  int64_t wall, struct error *error)
{
    struct sim_server *s = memory_new(1, sizeof *s);
    s->options = *options;
    s->terms = options->terms;
    s->spells.now = s->idle_since = now;
    s->wall = wall;
    s->stream.rate = options->rate;
    s->random.state = options->seed;
    s->listener = -1;
    if (!open_server(s, error)) {
        sim_server_free(s, "");
        return NULL;
    }
    struct sim_world_options world = {.seed = options->seed,
                                      .token = (uint64_t)wall,
                                      .bots = options->bots,
                                      .keeps_order_ids = options->terms.keeps_order_ids,
                                      .wall = wall};
    struct sim_world_listener listener = {.exchange = {s, on_order, on_position, on_balance},
                                          .market = on_market};
    s->world = sim_world_new(&world, &listener);
    return s;
}

static void remove_client(struct sim_server *s, int index)
{
    sim_client_free(s->clients[index]);
    free(s->clients[index]);
    s->clients[index] = s->clients[--s->client_count];
    if (s->client_count == 0)
        s->idle_since = s->spells.now;
}

void sim_server_free(struct sim_server *s, const char *reason)
{
    if (!s)
        return;
    while (s->client_count > 0) {
        sim_client_close(s->clients[0], reason, s->spells.now);
        sim_client_flush(s->clients[0]);
        remove_client(s, 0);
    }
    if (s->listener >= 0)
        close(s->listener);
    sim_tls_free(s->tls);
    sim_world_free(s->world);
    free(s);
}

int sim_server_port(const struct sim_server *s)
{
    return s->port;
}

struct sim_world *sim_server_world(struct sim_server *s)
{
    return s->world;
}

/* Waiting. */

static void lower(int64_t *deadline, int64_t due)
{
    if (due < *deadline)
        *deadline = due;
}

/* A simulated time as one of the monotonic clock, never too early. */
static int64_t monotonic(const struct sim_server *s, int64_t simulated)
{
    int64_t speed = s->options.speed;
    return s->spells.now + (simulated - s->simulated + speed - 1) / speed;
}

static const struct sim_scenario_entry *next_entry(const struct sim_server *s)
{
    const struct sim_scenario *scenario = s->options.scenario;
    return scenario != NULL && s->played < scenario->count ? &scenario->entries[s->played] : NULL;
}

static int64_t patience(const struct sim_client *c)
{
    return c->logged_on ? 2 * c->heartbeat_interval : LOGON_PATIENCE;
}

/* Whether the client's silence and ours count. */
static bool is_attended(const struct sim_server *s, const struct sim_client *c)
{
    return c->phase == SIM_CLIENT_OPEN && !c->is_mute &&
           !sim_spell_is_cast(&s->spells, SIM_SPELL_STALL);
}

int64_t sim_server_next(const struct sim_server *s)
{
    int64_t deadline = monotonic(s, sim_world_next(s->world));
    const struct sim_scenario_entry *entry = next_entry(s);
    if (entry != NULL)
        lower(&deadline, monotonic(s, entry->at));
    if (!s->is_listening)
        lower(&deadline, s->spells.until[SIM_SPELL_REFUSE]);
    if (s->client_count == 0 && s->options.idle_exit >= 0)
        lower(&deadline, s->idle_since + s->options.idle_exit * CLOCK_SECOND);
    for (int i = 0; i < s->client_count; i++) {
        const struct sim_client *c = s->clients[i];
        lower(&deadline, sim_client_deadline(c));
        lower(&deadline, sim_stream_next(&s->stream, c));
        if (is_attended(s, c))
            lower(&deadline, c->last_received + patience(c) + 1);
        if (is_attended(s, c) && c->logged_on)
            lower(&deadline, c->next_heartbeat);
    }
    return deadline;
}

static int wait_time(const struct sim_server *s, int64_t now)
{
    int64_t ms = (sim_server_next(s) - now + CLOCK_MS - 1) / CLOCK_MS;
    for (int i = 0; i < s->client_count; i++)
        if (s->clients[i]->has_more ||
            (s->stream.rate == SIM_RATE_MAX && sim_stream_next(&s->stream, s->clients[i]) <= now))
            return 0;
    return (int)(ms < WAIT_LEAST ? WAIT_LEAST : ms > WAIT_MOST ? WAIT_MOST : ms);
}

void sim_server_wait(struct sim_server *s, int64_t now)
{
    struct pollfd fds[SIM_SERVER_CLIENTS + 1];
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = s->is_listening ? s->listener : -1, .events = POLLIN};
    for (int i = 0; i < s->client_count; i++) {
        int events = sim_client_events(s->clients[i]);
        fds[count++] = (struct pollfd){.fd = events < 0 ? -1 : s->clients[i]->socket,
                                       .events = (short)(events < 0 ? 0 : events)};
    }
    poll(fds, count, wait_time(s, now));
}

/* One round. */

/* While connections are refused, the port stays ours, bound but not listened on. */
static void mind_the_door(struct sim_server *s)
{
    bool refuses = sim_spell_is_cast(&s->spells, SIM_SPELL_REFUSE);
    if (refuses != s->is_listening)
        return;
    if (refuses) {
        close(s->listener);
        s->listener = -1;
        s->is_listening = false;
    }
    if (s->listener < 0)
        s->listener = bind_port(s->port, NULL);
    if (s->listener >= 0 && !refuses)
        listen_on(s, NULL);
}

static void accept_clients(struct sim_server *s)
{
    struct pollfd door = {.fd = s->listener, .events = POLLIN};
    int fd;
    /* For nothing, accept() costs more than a whole round without it. */
    if (!s->is_listening || poll(&door, 1, 0) <= 0)
        return;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        struct sim_tls_channel *channel = s->tls != NULL ? sim_tls_accept(s->tls, fd) : NULL;
        if (s->client_count == SIM_SERVER_CLIENTS || (s->tls != NULL && channel == NULL)) {
            sim_tls_channel_free(channel);
            close(fd);
            continue;
        }
        struct sim_client *c = memory_new(1, sizeof *c);
        sim_client_init(c, fd, channel, &s->options.manner, &s->spells);
        s->clients[s->client_count++] = c;
    }
}

static void serve_client(struct sim_server *s, struct sim_client *c)
{
    union dtc_message message;
    int type;
    sim_client_receive(c);
    while (sim_client_next(c, &message, &type)) {
        struct sim_request request = {.world = s->world,
                                      .client = c,
                                      .message = &message,
                                      .now = s->spells.now,
                                      .wall = s->wall,
                                      .terms = &s->terms};
        sim_request_answer(&request, type);
    }
}

static void keep_alive(struct sim_server *s, struct sim_client *c)
{
    int64_t now = s->spells.now;
    if (is_attended(s, c) && now - c->last_received > patience(c))
        sim_client_close(c, "Nothing was heard for too long", now);
    if (!is_attended(s, c) || !c->logged_on || now < c->next_heartbeat)
        return;
    c->next_heartbeat = now + c->heartbeat_interval;
    if (!sim_spell_is_cast(&s->spells, SIM_SPELL_SILENT))
        sim_request_send_heartbeat(c, s->wall);
}

/* Lets the world come to that simulated time, and what the scenario has for it happen on the way.
 */
static void play_until(struct sim_server *s, int64_t until)
{
    const struct sim_scenario_entry *entry;
    while ((entry = next_entry(s)) != NULL && entry->at <= until) {
        struct sim_stage stage = {.world = s->world,
                                  .terms = &s->terms,
                                  .spells = &s->spells,
                                  .clients = s->clients,
                                  .client_count = s->client_count,
                                  .random = &s->random,
                                  .speed = s->options.speed,
                                  .wall = s->wall};
        sim_world_advance(s->world, entry->at, s->wall);
        sim_play(&stage, entry);
        s->played++;
    }
    sim_world_advance(s->world, until, s->wall);
}

bool sim_server_service(struct sim_server *s, int64_t now, int64_t wall)
{
    int64_t elapsed = now - s->spells.now;
    if (elapsed > LEAP_MOST)
        elapsed = LEAP_MOST;
    s->spells.now = now;
    s->wall = wall;
    if (elapsed > 0)
        s->simulated += elapsed * s->options.speed;
    play_until(s, s->simulated);
    mind_the_door(s);
    accept_clients(s);
    for (int i = 0; i < s->client_count; i++)
        serve_client(s, s->clients[i]);
    for (int i = s->client_count - 1; i >= 0; i--) {
        struct sim_client *c = s->clients[i];
        keep_alive(s, c);
        sim_stream_feed(&s->stream, c, s->world, wall);
        sim_client_flush(c);
        if (c->phase == SIM_CLIENT_GONE)
            remove_client(s, i);
    }
    return s->options.idle_exit < 0 || s->client_count > 0 ||
           now - s->idle_since < s->options.idle_exit * CLOCK_SECOND;
}
