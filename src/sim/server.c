#include "sim/server.h"

#include "base/clock.h"
#include "base/memory.h"
#include "dtc/json.h"
#include "sim/requests.h"
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
    WAIT_LEAST = 5, /* ms: at a high speed events are handled in batches of this length */
    WAIT_MOST = 100,
    LEAP_MOST = 1000 * 1000,      /* us caught up at once after a suspension */
    LOGON_PATIENCE = 30 * 1000000 /* us */
};

struct sim_server {
    struct sim_server_options options;
    int listener, port;
    struct sim_world *world;
    struct sim_client *clients[SIM_SERVER_CLIENTS];
    int client_count;
    int64_t simulated; /* time of the world */
    int64_t now, wall; /* of this round */
    int64_t idle_since;
    uint64_t extra_messages; /* made for --rate */
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
    sim_wire_position(&m, sim_exchange_ledger(sim_world_exchange(s->world)), position);
    m.position_update.Unsolicited = 1;
    broadcast(s, &m);
}

static void on_balance(void *context, int account)
{
    struct sim_server *s = context;
    union dtc_message m;
    sim_wire_balance(&m, sim_exchange_ledger(sim_world_exchange(s->world)), account, s->wall);
    m.account_balance_update.Unsolicited = 1;
    broadcast(s, &m);
}

static void on_market(void *context, const struct sim_market *market, enum sim_market_kind kind)
{
    struct sim_server *s = context;
    int product = sim_product_find(market->product->symbol);
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

static int open_listener(int port, struct error *error)
{
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (fd < 0) {
        error_set(error, ERROR_SYSTEM, "cannot make a socket: %s", strerror(errno));
        return -1;
    }
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    fcntl(fd, F_SETFL, O_NONBLOCK);
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0 ||
        listen(fd, SIM_SERVER_CLIENTS) < 0) {
        error_set(error, ERROR_SYSTEM,
                  "cannot listen on 127.0.0.1:%d: %s; choose another --port, 0 for any free one",
                  port, strerror(errno));
        close(fd);
        return -1;
    }
    return fd;
}

static int bound_port(int fd)
{
    struct sockaddr_in address = {0};
    socklen_t size = sizeof address;
    getsockname(fd, (struct sockaddr *)&address, &size);
    return ntohs(address.sin_port);
}

struct sim_server *sim_server_new(const struct sim_server_options *options, int64_t now,
                                  int64_t wall, struct error *error)
{
    int fd = open_listener(options->port, error);
    if (fd < 0)
        return NULL;
    struct sim_server *s = memory_new(1, sizeof *s);
    s->options = *options;
    s->listener = fd;
    s->port = bound_port(fd);
    s->now = s->idle_since = now;
    s->wall = wall;
    struct sim_world_options world = {
        .seed = options->seed, .token = (uint64_t)wall, .bots = options->bots, .wall = wall};
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
        s->idle_since = s->now;
}

void sim_server_free(struct sim_server *s, const char *reason)
{
    if (!s)
        return;
    while (s->client_count > 0) {
        sim_client_close(s->clients[0], reason, s->now);
        sim_client_flush(s->clients[0], s->now);
        remove_client(s, 0);
    }
    close(s->listener);
    sim_world_free(s->world);
    free(s);
}

int sim_server_port(const struct sim_server *s)
{
    return s->port;
}

/* One round. */

static int wait_time(const struct sim_server *s, int64_t now)
{
    int64_t due = (sim_world_next(s->world) - s->simulated) / s->options.speed - (now - s->now);
    int64_t ms = due / CLOCK_MS;
    if (s->options.rate > 0)
        ms = WAIT_LEAST;
    return (int)(ms < WAIT_LEAST ? WAIT_LEAST : ms > WAIT_MOST ? WAIT_MOST : ms);
}

void sim_server_wait(struct sim_server *s, int64_t now)
{
    struct pollfd fds[SIM_SERVER_CLIENTS + 1];
    nfds_t count = 0;
    fds[count++] = (struct pollfd){.fd = s->listener, .events = POLLIN};
    for (int i = 0; i < s->client_count; i++) {
        short events = sim_client_has_output(s->clients[i]) ? POLLIN | POLLOUT : POLLIN;
        fds[count++] = (struct pollfd){.fd = s->clients[i]->socket, .events = events};
    }
    poll(fds, count, wait_time(s, now));
}

static void accept_clients(struct sim_server *s)
{
    int fd;
    while ((fd = accept(s->listener, NULL, NULL)) >= 0) {
        if (s->client_count == SIM_SERVER_CLIENTS) {
            close(fd);
            continue;
        }
        struct sim_client *c = memory_new(1, sizeof *c);
        sim_client_init(c, fd, s->now);
        s->clients[s->client_count++] = c;
    }
}

static void serve_client(struct sim_server *s, struct sim_client *c)
{
    const char *frame;
    size_t length;
    struct error error = {0};
    union dtc_message message;
    sim_client_receive(c, s->now);
    while (c->phase == SIM_CLIENT_OPEN) {
        int got = sim_client_next(c, &frame, &length, &error);
        if (got == 0)
            break;
        int type = got < 0 ? -1 : dtc_json_decode(frame, length, &message, &error);
        struct sim_request request = {s->world, c, &message, s->now, s->wall};
        if (type < 0)
            sim_client_close(c, error.text, s->now);
        else
            sim_request_answer(&request, type);
    }
}

static void keep_alive(struct sim_server *s, struct sim_client *c)
{
    int64_t patience = c->logged_on ? 2 * c->heartbeat_interval : LOGON_PATIENCE;
    if (c->phase == SIM_CLIENT_OPEN && s->now - c->last_received > patience)
        sim_client_close(c, "Nothing was heard for too long", s->now);
    if (c->logged_on && s->now >= c->next_heartbeat) {
        sim_request_send_heartbeat(c, s->wall);
        c->next_heartbeat = s->now + c->heartbeat_interval;
    }
}

/* For --rate: quotes of changing size and single lots at bid and ask in turn. They are this
 * client's alone, so they leave the session's figures as they are. */
static void send_extra(struct sim_server *s, struct sim_client *c, int product)
{
    struct sim_market market = *sim_world_market(s->world, product);
    uint64_t n = s->extra_messages++;
    bool at_ask = n / 4 % 2;
    market.bid_size = (double)(4 + n % 17);
    market.ask_size = (double)(4 + n % 19);
    market.last = at_ask ? market.ask : market.bid;
    market.last_at = at_ask ? DTC_AT_ASK : DTC_AT_BID;
    market.last_volume = 1;
    union dtc_message m;
    sim_wire_market(&m, &market, n / 2 % 2 ? SIM_MARKET_TRADE : SIM_MARKET_QUOTE,
                    c->symbol_id[product], s->wall);
    sim_client_send_market(c, &m);
}

static void keep_rate(struct sim_server *s, struct sim_client *c)
{
    int subscribed[SIM_PRODUCTS], count = 0;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (c->subscribed[i])
            subscribed[count++] = i;
    if (count == 0 || s->options.rate == 0)
        return;
    uint64_t rate = (uint64_t)s->options.rate;
    uint64_t due = (uint64_t)(s->now - c->streaming_since) * rate / CLOCK_SECOND;
    if (due > c->market_messages + rate) /* more than a second late: the rest is let go */
        c->market_messages = due - rate;
    while (c->market_messages < due)
        send_extra(s, c, subscribed[c->market_messages % (uint64_t)count]);
}

static void advance_world(struct sim_server *s, int64_t elapsed)
{
    if (elapsed > LEAP_MOST)
        elapsed = LEAP_MOST;
    if (elapsed > 0)
        s->simulated += elapsed * s->options.speed;
    sim_world_advance(s->world, s->simulated, s->wall);
}

bool sim_server_service(struct sim_server *s, int64_t now, int64_t wall)
{
    int64_t elapsed = now - s->now;
    s->now = now;
    s->wall = wall;
    advance_world(s, elapsed);
    accept_clients(s);
    for (int i = 0; i < s->client_count; i++)
        serve_client(s, s->clients[i]);
    for (int i = s->client_count - 1; i >= 0; i--) {
        struct sim_client *c = s->clients[i];
        keep_alive(s, c);
        keep_rate(s, c);
        sim_client_flush(c, now);
        if (c->phase == SIM_CLIENT_GONE)
            remove_client(s, i);
    }
    return s->options.idle_exit < 0 || s->client_count > 0 ||
           now - s->idle_since < s->options.idle_exit * CLOCK_SECOND;
}
