/* The way of a price from the wire to the state: decoding beside a bare copy, the reader beside a
 * loop that only reads the same bytes, and the latency from the server's write to the snapshot. */
#define _GNU_SOURCE /* sched_setaffinity() */
#include "base/clock.h"
#include "bench/bench.h"
#include "dtc/encoding.h"
#include "engine/internal.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum {
    ROUNDS = 9,
    FRAMES = 4096, /* in the block that is decoded, or sent again and again */
    FRAME_MAX = 256,
    BARE_READ = 1 << 18,
    LATENCY_RATE = 10000,
    SAMPLES = 50000
};

static const double TICK = 0.25, PRICE = 5050;

static volatile unsigned sink;

/* The n-th price: trades and quotes in turn, the price moving over 16 ticks. */
static void make_price(union dtc_message *m, unsigned n)
{
    double price = PRICE + TICK * (n / 2 * 5 % 16);
    if (n % 2 == 0) {
        dtc_message_init(m, DTC_MARKET_DATA_UPDATE_TRADE);
        struct dtc_market_data_update_trade *t = &m->market_data_update_trade;
        t->SymbolID = 1;
        t->AtBidOrAsk = n / 2 % 2 ? DTC_AT_ASK : DTC_AT_BID;
        t->Price = price;
        t->Volume = 1;
        t->DateTime = 1795000000.123;
    } else {
        dtc_message_init(m, DTC_MARKET_DATA_UPDATE_BID_ASK);
        struct dtc_market_data_update_bid_ask *q = &m->market_data_update_bid_ask;
        q->SymbolID = 1;
        q->BidPrice = price;
        q->BidQuantity = (float)(4 + n % 17);
        q->AskPrice = price + TICK;
        q->AskQuantity = (float)(4 + n % 19);
        q->DateTime = 1795000000;
    }
}

struct block {
    char bytes[FRAMES * FRAME_MAX];
    size_t size;
};

static void make_block(struct block *b, int encoding)
{
    const struct dtc_encoding *e = dtc_encoding_get(encoding);
    b->size = 0;
    for (unsigned n = 0; n < FRAMES; n++) {
        union dtc_message m;
        make_price(&m, n);
        size_t length = e->encode(&m, b->bytes + b->size, FRAME_MAX);
        bench_require(length > 0, "a price cannot be encoded");
        b->size += length;
    }
}

/* --- decoding --- */

static size_t frame_size(const char *frame)
{
    uint16_t size;
    memcpy(&size, frame, sizeof size);
    return size;
}

static void copy_frames(const struct block *b)
{
    union dtc_message m;
    for (size_t at = 0; at < b->size;) {
        size_t size = frame_size(b->bytes + at);
        memcpy(&m, b->bytes + at, size);
        __asm__ volatile("" : : "r"(&m) : "memory");
        at += size;
    }
}

static void decode_frames(const struct block *b)
{
    union dtc_message m;
    struct error error;
    const struct dtc_encoding *e = dtc_encoding_get(DTC_BINARY_ENCODING);
    for (size_t at = 0; at < b->size;) {
        size_t size = frame_size(b->bytes + at);
        sink += (unsigned)e->decode(b->bytes + at, size, &m, &error);
        __asm__ volatile("" : : "r"(&m) : "memory");
        at += size;
    }
}

static double measure_frames(void (*run)(const struct block *), const struct block *b)
{
    enum { TIMES = 200 };
    int64_t start = bench_spent();
    for (int i = 0; i < TIMES; i++)
        run(b);
    return (double)(bench_spent() - start) / TIMES / FRAMES;
}

static void bench_decode(struct bench *b)
{
    static struct block block;
    double ours[ROUNDS], bare[ROUNDS];
    char note[96];
    make_block(&block, DTC_BINARY_ENCODING);
    for (int i = 0; i < ROUNDS; i++) {
        ours[i] = measure_frames(decode_frames, &block);
        bare[i] = measure_frames(copy_frames, &block);
    }
    double our_time = bench_median(ours, ROUNDS), bare_time = bench_median(bare, ROUNDS);
    text_format(note, sizeof note, "%.1f ns a message; copy of the same frames %.1f ns", our_time,
                bare_time);
    bench_row_limit(b, "binary: decode trades and bids and asks (107, 108)", our_time / bare_time,
                    "× a bare copy", 3, note);
}

/* --- a server in a process of its own, on a core of its own --- */

enum { CORE_OF_READER, CORE_OF_SERVER, ANY_CORE };

/* The calling thread and those that it starts from then on. */
static void pin(size_t core)
{
    cpu_set_t set;
    CPU_ZERO(&set);
    for (size_t i = 0; i < CPU_SETSIZE; i++)
        if (i == core || core == ANY_CORE)
            CPU_SET(i, &set);
    sched_setaffinity(0, sizeof set, &set);
}

/* Written by the server, read by us. */
struct shared {
    int64_t sent[SAMPLES]; /* ns, when the n-th trade was written */
};

struct server {
    pid_t pid;
    int port, starter; /* a byte into the pipe starts the stream */
};

struct stream {
    int encoding;
    uint64_t messages;
    struct shared *latency; /* not NULL: SAMPLES trades alone, at LATENCY_RATE */
};

static void send_all(int fd, const char *data, size_t size)
{
    while (size > 0) {
        ssize_t sent = send(fd, data, size, MSG_NOSIGNAL);
        if (sent <= 0)
            _exit(0);
        data += sent;
        size -= (size_t)sent;
    }
}

static void send_message(int fd, int encoding, const union dtc_message *m)
{
    char text[DTC_ENCODED_MAX];
    send_all(fd, text, dtc_encoding_get(encoding)->encode(m, text, sizeof text));
}

static void send_flood(int fd, const struct stream *s)
{
    static struct block block;
    make_block(&block, s->encoding);
    for (uint64_t n = 0; n < s->messages; n += FRAMES)
        send_all(fd, block.bytes, block.size);
}

/* The price tells which trade it is. */
static void send_samples(int fd, const struct stream *s)
{
    int64_t start = bench_now();
    for (int n = 0; n < SAMPLES; n++) {
        union dtc_message m;
        make_price(&m, 0);
        m.market_data_update_trade.Price = PRICE + TICK * n;
        bench_sleep_until(start + n * (INT64_C(1000000000) / LATENCY_RATE));
        s->latency->sent[n] = bench_now();
        send_message(fd, s->encoding, &m);
    }
}

static void serve(int listener, int starter, const struct stream *s)
{
    char byte, logon[4096];
    union dtc_message m;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int fd = accept(listener, NULL, NULL);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (recv(fd, logon, sizeof logon, 0) <= 0)
        _exit(1);
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    m.logon_response.Result = DTC_LOGON_SUCCESS;
    send_message(fd, s->encoding, &m);
    if (read(starter, &byte, 1) != 1)
        _exit(1);
    if (s->latency != NULL)
        send_samples(fd, s);
    else
        send_flood(fd, s);
    shutdown(fd, SHUT_WR);
    while (recv(fd, logon, sizeof logon, 0) > 0)
        continue;
    _exit(0);
}

static struct server start_server(const struct stream *s)
{
    int pipes[2];
    struct server server;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    bench_require(listener >= 0 &&
                      bind(listener, (struct sockaddr *)&address, sizeof address) == 0 &&
                      listen(listener, 1) == 0 && pipe(pipes) == 0,
                  "no server");
    getsockname(listener, (struct sockaddr *)&address, &size);
    server.port = ntohs(address.sin_port);
    fflush(NULL);
    server.pid = fork();
    bench_require(server.pid >= 0, "no more processes");
    if (server.pid == 0) {
        pin(CORE_OF_SERVER);
        serve(listener, pipes[0], s);
    }
    close(listener);
    close(pipes[0]);
    server.starter = pipes[1];
    return server;
}

static void begin_stream(const struct server *s)
{
    bench_require(write(s->starter, "", 1) == 1, "the server is gone");
}

static void end_server(const struct server *s)
{
    int status;
    close(s->starter);
    bench_require(waitpid(s->pid, &status, 0) == s->pid && WIFEXITED(status) &&
                      WEXITSTATUS(status) == 0,
                  "the server did not end well");
}

/* --- the reader: a real engine with one open position --- */

struct reader {
    char directory[256];
    struct config config;
    struct snapshot_map *snapshots;
    struct state *state;
    struct command_queue *commands;
    struct writer *writer;
    struct engine *engine;
};

static void on_durable(void *context, uint64_t sequence)
{
    struct reader *r = context;
    state_acknowledge(r->state, sequence);
}

static void on_trouble(void *context, bool lost, const char *sentence)
{
    (void)context;
    bench_require(!lost && sentence[0] == '\0', "the database refuses");
}

static void turn(struct reader *r)
{
    struct engine *e = r->engine;
    struct pollfd polled = {0};
    polled.fd = dtc_session_descriptor(e->session, &polled.events);
    poll(&polled, 1, 1);
    e->now = clock_monotonic_us();
    e->wall = clock_wall_us();
    engine_turn(e, polled.fd >= 0 ? polled.revents : 0);
}

static void define_symbol(struct engine *e)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_SECURITY_DEFINITION_RESPONSE);
    struct dtc_security_definition_response *d = &m.security_definition_response;
    dtc_text_set(d->Symbol, sizeof d->Symbol, BENCH_SYMBOL);
    dtc_text_set(d->Description, sizeof d->Description, "MES");
    d->MinPriceIncrement = (float)TICK;
    d->CurrencyValuePerIncrement = 1.25F;
    d->PriceDisplayFormat = 2;
    engine_handle(e, &m);
}

static void reader_start(struct reader *r, int port, int encoding)
{
    struct error error = {0};
    struct change change;
    char path[300];
    memset(r, 0, sizeof *r);
    bench_directory_make(r->directory, sizeof r->directory);
    config_set_defaults(&r->config);
    text_copy(r->config.host, sizeof r->config.host, "127.0.0.1");
    r->config.port = port;
    text_copy(r->config.encoding, sizeof r->config.encoding, dtc_encoding_get(encoding)->name);
    text_copy(r->config.symbols, sizeof r->config.symbols, BENCH_SYMBOL);
    r->snapshots = snapshot_map_create(NULL, &error);
    r->state = state_new(&(struct state_options){.snapshots = r->snapshots}, clock_wall_us());
    r->commands = command_queue_new();
    r->engine = engine_new(&(struct engine_options){&r->config, r->state, r->commands, NULL});
    text_format(path, sizeof path, "%s/sortie.db", r->directory);
    struct repository *repository = repository_open(path, &error);
    bench_require(repository != NULL && engine_restore(r->engine, repository, &error) &&
                      engine_load(r->engine, repository, &error),
                  error.text);
    text_format(path, sizeof path, "%s/spill.jsonl", r->directory);
    struct writer_listener listener = {r, on_durable, on_trouble};
    r->writer = r->engine->writer = writer_start(repository, path, &listener, &error);
    bench_require(r->writer != NULL, error.text);
    engine_connect(r->engine);
    int64_t patience = bench_now() + 10 * INT64_C(1000000000);
    while (dtc_session_phase(r->engine->session) != DTC_ONLINE) {
        turn(r);
        bench_require(bench_now() < patience, "the engine does not come online");
    }
    define_symbol(r->engine);
    struct fill f = bench_fill(0, clock_wall_us());
    bench_require(state_apply_fill(r->state, &f, ORIGIN_LIVE, "bench", clock_wall_us(), &change) ==
                      FILL_APPLIED,
                  "no position");
    pin(CORE_OF_READER);
}

static void reader_end(struct reader *r)
{
    pin(ANY_CORE);
    bench_require(writer_stop(r->writer, NULL), "the writer did not end well");
    engine_free(r->engine);
    state_free(r->state);
    command_queue_free(r->commands);
    snapshot_map_close(r->snapshots);
    bench_directory_remove(r->directory);
}

/* --- socket to state --- */

struct spent {
    double wall, processor; /* ns a message */
};

static struct spent read_with_engine(const struct stream *s)
{
    struct reader r;
    struct market market;
    struct server server = start_server(s);
    reader_start(&r, server.port, s->encoding);
    begin_stream(&server);
    int64_t wall = bench_now(), processor = bench_spent();
    do {
        turn(&r);
        state_get_market(r.state, 0, &market);
    } while (market.session_volume < (double)(s->messages / 2) &&
             dtc_session_phase(r.engine->session) == DTC_ONLINE);
    struct spent spent = {(double)(bench_now() - wall) / (double)s->messages,
                          (double)(bench_spent() - processor) / (double)s->messages};
    bench_require(market.session_volume == (double)(s->messages / 2), "prices were lost");
    reader_end(&r);
    end_server(&server);
    return spent;
}

/* Steps over the frames in the buffer and counts them; returns the bytes that were whole frames. */
static size_t step_over(const char *data, size_t size, bool is_text, size_t *frames)
{
    size_t at = 0;
    while (at < size) {
        const char *end = is_text ? memchr(data + at, '\0', size - at) : NULL;
        size_t length = is_text && end != NULL ? (size_t)(end - (data + at)) + 1 : SIZE_MAX;
        if (!is_text && size - at >= 4)
            length = frame_size(data + at);
        if (length > size - at)
            break;
        at += length;
        ++*frames;
    }
    return at;
}

/* Logged on, and the stream begun. */
static int connect_bare(const struct server *server, int encoding)
{
    char logon[DTC_ENCODED_MAX];
    union dtc_message m;
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons((uint16_t)server->port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    bench_require(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "no connection");
    dtc_message_init(&m, DTC_LOGON_REQUEST);
    send_message(fd, encoding, &m);
    bench_require(recv(fd, logon, sizeof logon, 0) > 0, "no logon");
    begin_stream(server);
    return fd;
}

/* Only reads and steps over frames, to the end of the stream; `late` (may be NULL) gets the us from
 * each one's writing to its reading. */
static struct spent read_bare(const struct stream *s, double *late)
{
    static char data[BARE_READ];
    bool is_text = dtc_encoding_get(s->encoding)->is_text;
    struct server server = start_server(s);
    int fd = connect_bare(&server, s->encoding);
    pin(CORE_OF_READER);
    int64_t wall = bench_now(), processor = bench_spent();
    size_t kept = 0, frames = 0, seen = 0;
    for (ssize_t got; (got = recv(fd, data + kept, sizeof data - kept, 0)) > 0;) {
        size_t size = kept + (size_t)got, done = step_over(data, size, is_text, &frames);
        kept = size - done;
        memmove(data, data + done, kept);
        for (int64_t now = late != NULL ? bench_now() : 0; late != NULL && seen < frames; seen++)
            late[seen] = (double)(now - s->latency->sent[seen]) / 1e3;
    }
    struct spent spent = {(double)(bench_now() - wall) / (double)frames,
                          (double)(bench_spent() - processor) / (double)frames};
    pin(ANY_CORE);
    close(fd);
    end_server(&server);
    return spent;
}

/* By the clock, each beside a server that sends as fast as it is read; the reader's own processor
 * time is told too. */
static void bench_socket(struct bench *b, int encoding, uint64_t messages, double limit)
{
    enum { TURNS = 5 };
    const struct stream s = {.encoding = encoding, .messages = messages / FRAMES * FRAMES};
    double wall[2][TURNS], processor[2][TURNS];
    char what[96], note[160];
    for (int i = 0; i < TURNS; i++) {
        const struct spent spent[2] = {read_with_engine(&s), read_bare(&s, NULL)};
        for (int k = 0; k < 2; k++) {
            wall[k][i] = spent[k].wall;
            processor[k][i] = spent[k].processor;
        }
    }
    double ours = bench_median(wall[0], TURNS), bare = bench_median(wall[1], TURNS);
    text_format(what, sizeof what, "%s: socket to state, one position open",
                dtc_encoding_get(encoding)->name);
    text_format(note, sizeof note,
                "%.1f million/s; %.1f and %.1f ns a message, of the processor %.1f and %.1f",
                1e3 / ours, ours, bare, bench_median(processor[0], TURNS),
                bench_median(processor[1], TURNS));
    bench_row_limit(b, what, ours / bare, "× the bare loop", limit, note);
}

/* --- latency --- */

/* The engine's loop, to the moment when the snapshot has the trade. */
static void read_samples(const struct stream *s, double *late)
{
    struct reader r;
    struct server server = start_server(s);
    reader_start(&r, server.port, s->encoding);
    begin_stream(&server);
    for (int seen = 0; seen < SAMPLES;) {
        struct market market;
        turn(&r);
        int64_t now = bench_now();
        state_get_market(r.state, 0, &market);
        int last = price_is_set(market.last) ? (int)((market.last - PRICE) / TICK) : -1;
        for (; seen <= last; seen++)
            late[seen] = (double)(now - s->latency->sent[seen]) / 1e3;
        bench_require(dtc_session_phase(r.engine->session) == DTC_ONLINE || seen == SAMPLES,
                      "the connection was lost");
    }
    reader_end(&r);
    end_server(&server);
}

static void bench_latency(struct bench *b, int encoding)
{
    static double late[SAMPLES], bare[SAMPLES];
    struct shared *shared =
        mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    bench_require(shared != MAP_FAILED, "no shared memory");
    const struct stream s = {.encoding = encoding, .latency = shared};
    read_bare(&s, bare);
    read_samples(&s, late);
    munmap(shared, sizeof *shared);
    double median = bench_median(late, SAMPLES);
    bench_median(bare, SAMPLES);
    char what[96], note[128];
    text_format(what, sizeof what, "%s: from the server's write to the snapshot, 10,000/s",
                dtc_encoding_get(encoding)->name);
    text_format(note, sizeof note,
                "99th percentile of %d, of a bare reader %.0f; median %.0f, 99.9th %.0f µs",
                SAMPLES, bare[SAMPLES / 100 * 99], median, late[SAMPLES / 1000 * 999]);
    bench_row_limit(b, what, late[SAMPLES / 100 * 99], "µs", 1000, note);
}

int main(void)
{
    struct bench b = {0};
    bench_begin();
    bench_decode(&b);
    bench_socket(&b, DTC_BINARY_ENCODING, 10000000, 6);
    bench_socket(&b, DTC_JSON_ENCODING, 4000000, 8);
    bench_latency(&b, DTC_BINARY_ENCODING);
    bench_latency(&b, DTC_JSON_ENCODING);
    return bench_end(&b);
}
