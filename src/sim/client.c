#include "sim/client.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "dtc/encoding.h"
#include "sim/tls.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zlib.h>

enum {
    READ_MOST = 256 << 10,
    SPLIT_MOST = 997,           /* bytes a round, so that rounds end within messages */
    JOIN_INTERVAL = 500 * 1000, /* us */
    CLOSING_TIME = 1000 * 1000, /* us */
    DELAY_STEPS = 64            /* due times within one delay */
};

void sim_client_init(struct sim_client *c, int socket, struct sim_tls_channel *tls,
                     const struct sim_manner *manner, const struct sim_spells *spells)
{
    *c = (struct sim_client){.socket = socket,
                             .tls = tls,
                             .manner = manner,
                             .spells = spells,
                             .encoding = manner->is_fixed ? manner->encoding : DTC_JSON_ENCODING,
                             .last_received = spells->now};
    fcntl(socket, F_SETFL, O_NONBLOCK);
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    dtc_framing_init(&c->framing, c->encoding);
}

static void end_deflater(struct sim_client *c)
{
    if (c->deflater == NULL)
        return;
    deflateEnd(c->deflater);
    free(c->deflater);
    c->deflater = NULL;
}

void sim_client_free(struct sim_client *c)
{
    sim_tls_channel_free(c->tls);
    close(c->socket);
    end_deflater(c);
    dtc_framing_free(&c->framing);
    sim_faults_free(&c->faults);
    sim_output_free(&c->output);
}

static bool is_cast(const struct sim_client *c, enum sim_spell spell)
{
    return sim_spell_is_cast(c->spells, spell);
}

/* Output: message, then faults, then compression, then what waits for the socket. */

static void append(struct sim_client *c, const void *bytes, size_t length)
{
    int64_t due = 0;
    if (sim_output_waiting(&c->output) + length > SIM_CLIENT_LIMIT)
        c->phase = SIM_CLIENT_GONE;
    if (c->phase == SIM_CLIENT_GONE)
        return;
    if (is_cast(c, SIM_SPELL_DELAY)) {
        int64_t step = c->spells->delay / DELAY_STEPS + 1;
        due = (c->spells->now + c->spells->delay + step - 1) / step * step;
    }
    sim_output_append(&c->output, bytes, length, due);
}

static void compress_bytes(struct sim_client *c, const char *bytes, size_t length, int flush)
{
    unsigned char packed[4096];
    c->deflater->next_in = (z_const Bytef *)bytes;
    c->deflater->avail_in = (uInt)length;
    do {
        c->deflater->next_out = packed;
        c->deflater->avail_out = sizeof packed;
        deflate(c->deflater, flush);
        append(c, packed, sizeof packed - c->deflater->avail_out);
    } while (c->deflater->avail_out == 0);
}

static void put(void *context, const char *bytes, size_t length)
{
    struct sim_client *c = context;
    if (c->deflater != NULL)
        compress_bytes(c, bytes, length, Z_NO_FLUSH);
    else
        append(c, bytes, length);
}

void sim_client_send_bytes(struct sim_client *c, const char *bytes, size_t length)
{
    if (c->phase == SIM_CLIENT_OPEN && !c->is_mute)
        put(c, bytes, length);
}

void sim_client_send(struct sim_client *c, const union dtc_message *message)
{
    if (c->phase != SIM_CLIENT_OPEN || c->is_mute)
        return;
    if (!sim_faults_send(&c->faults, c->encoding, message, put, c))
        sim_client_end(c, c->spells->now);
}

void sim_client_send_market(struct sim_client *c, const union dtc_message *message)
{
    c->market_messages++;
    if (is_cast(c, SIM_SPELL_SILENT))
        return;
    if (sim_output_waiting(&c->output) > SIM_CLIENT_MARKET_LIMIT)
        c->dropped++;
    else
        sim_client_send(c, message);
}

void sim_client_begin_compression(struct sim_client *c)
{
    if (c->deflater != NULL)
        return;
    c->deflater = memory_new(1, sizeof *c->deflater);
    deflateInit(c->deflater, Z_DEFAULT_COMPRESSION);
}

void sim_client_end_compression(struct sim_client *c)
{
    if (c->deflater == NULL)
        return;
    compress_bytes(c, NULL, 0, Z_FINISH);
    end_deflater(c);
    sim_client_mute(c);
}

size_t sim_client_waiting(const struct sim_client *c)
{
    return sim_output_waiting(&c->output);
}

/* The end. */

void sim_client_mute(struct sim_client *c)
{
    c->is_mute = true;
}

void sim_client_end(struct sim_client *c, int64_t now)
{
    if (c->phase != SIM_CLIENT_OPEN)
        return;
    c->phase = SIM_CLIENT_CLOSING;
    c->close_by = now + CLOSING_TIME;
    if (is_cast(c, SIM_SPELL_DELAY))
        c->close_by += c->spells->delay;
}

static void log_off(struct sim_client *c, const char *reason, bool is_final, int64_t now)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_LOGOFF);
    dtc_text_set(m.logoff.Reason, sizeof m.logoff.Reason, reason);
    m.logoff.DoNotReconnect = is_final;
    sim_client_send(c, &m);
    sim_client_end(c, now);
}

void sim_client_close(struct sim_client *c, const char *reason, int64_t now)
{
    log_off(c, reason, false, now);
}

void sim_client_close_finally(struct sim_client *c, const char *reason, int64_t now)
{
    log_off(c, reason, true, now);
}

/* The socket. */

static ssize_t read_socket(struct sim_client *c, void *target, size_t size)
{
    return c->tls != NULL ? sim_tls_read(c->tls, target, size) : read(c->socket, target, size);
}

static ssize_t write_socket(struct sim_client *c, const char *bytes, size_t size)
{
    if (c->tls != NULL)
        return sim_tls_write(c->tls, bytes, size);
    return send(c->socket, bytes, size, MSG_NOSIGNAL);
}

static bool is_broken(ssize_t result)
{
    return result < 0 && errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR;
}

void sim_client_receive(struct sim_client *c)
{
    size_t total = 0, size;
    if (is_cast(c, SIM_SPELL_STALL))
        return;
    for (c->has_more = false; c->phase != SIM_CLIENT_GONE; c->has_more = total >= READ_MOST) {
        if (c->phase == SIM_CLIENT_CLOSING || c->is_mute)
            dtc_framing_reset(&c->framing, c->encoding);
        if (c->has_more)
            return;
        char *space = dtc_framing_space(&c->framing, &size);
        ssize_t n = read_socket(c, space, size);
        if (n == 0 || is_broken(n))
            c->phase = SIM_CLIENT_GONE;
        if (n <= 0)
            return;
        dtc_framing_advance(&c->framing, (size_t)n);
        c->last_received = c->spells->now;
        total += (size_t)n;
    }
}

static void write_ready(struct sim_client *c)
{
    struct sim_output *o = &c->output;
    bool is_split = is_cast(c, SIM_SPELL_SPLIT);
    size_t total = 0, ready;
    while ((ready = sim_output_ready(o, c->spells->now)) > 0) {
        ssize_t n = write_socket(c, o->data + o->start, is_split ? 1 : ready);
        if (is_broken(n))
            c->phase = SIM_CLIENT_GONE;
        if (n <= 0)
            return;
        sim_output_take(o, (size_t)n);
        total += (size_t)n;
        if (is_split && total >= SPLIT_MOST)
            return;
    }
}

void sim_client_flush(struct sim_client *c)
{
    int64_t now = c->spells->now;
    bool may_write = c->phase != SIM_CLIENT_GONE && !is_cast(c, SIM_SPELL_STALL);
    if (may_write && is_cast(c, SIM_SPELL_JOIN)) {
        may_write = now >= c->next_write;
        if (may_write && sim_client_waiting(c) > 0)
            c->next_write = now + JOIN_INTERVAL;
    }
    if (may_write)
        write_ready(c);
    if (c->phase != SIM_CLIENT_CLOSING)
        return;
    /* Not closed at once: unread input would make the kernel discard what was written. */
    if (sim_client_waiting(c) == 0 && !c->is_shut) {
        if (c->tls != NULL)
            sim_tls_close(c->tls);
        shutdown(c->socket, SHUT_WR);
        c->is_shut = true;
    }
    if (now >= c->close_by)
        c->phase = SIM_CLIENT_GONE;
}

int sim_client_events(const struct sim_client *c)
{
    if (is_cast(c, SIM_SPELL_STALL))
        return -1;
    bool is_ready =
        sim_client_waiting(c) > 0 && (c->output.hold_count == 0 || c->output.holds[0].from > 0);
    if (c->tls != NULL && !sim_tls_can_write(c->tls))
        is_ready = false;
    if (is_cast(c, SIM_SPELL_JOIN) && c->spells->now < c->next_write)
        is_ready = false;
    return is_ready ? POLLIN | POLLOUT : POLLIN;
}

static void lower(int64_t *deadline, int64_t due)
{
    if (due < *deadline)
        *deadline = due;
}

int64_t sim_client_deadline(const struct sim_client *c)
{
    int64_t deadline = INT64_MAX;
    if (c->phase == SIM_CLIENT_CLOSING)
        lower(&deadline, c->close_by);
    if (is_cast(c, SIM_SPELL_STALL)) {
        lower(&deadline, c->spells->until[SIM_SPELL_STALL]);
        return deadline;
    }
    lower(&deadline, sim_output_next(&c->output));
    if (c->has_more)
        lower(&deadline, c->spells->now);
    if (is_cast(c, SIM_SPELL_JOIN) && sim_client_waiting(c) > 0)
        lower(&deadline, c->next_write);
    return deadline;
}

/* Input. */

static void speak(struct sim_client *c, int encoding)
{
    c->encoding = encoding;
    dtc_framing_switch(&c->framing, encoding);
}

/* The ENCODING_REQUEST is answered in the encoding that it came in. */
static void negotiate(struct sim_client *c, int asked)
{
    const struct sim_manner *manner = c->manner;
    union dtc_message m;
    int chosen = dtc_encoding_get(asked) != NULL ? asked : c->encoding;
    if (manner->is_fixed)
        chosen = manner->encoding;
    if (!manner->is_fixed || manner->negotiation == SIM_NEGOTIATION_ANSWER) {
        dtc_message_init(&m, DTC_ENCODING_RESPONSE);
        m.encoding_response.Encoding = chosen;
        dtc_text_set(m.encoding_response.ProtocolType, sizeof m.encoding_response.ProtocolType,
                     "DTC");
        sim_client_send(c, &m);
    }
    speak(c, chosen);
    if (manner->is_fixed && manner->negotiation == SIM_NEGOTIATION_CLOSE) {
        sim_client_end(c, c->spells->now);
    } else if (manner->is_fixed && manner->negotiation == SIM_NEGOTIATION_OWN) {
        dtc_message_init(&m, DTC_HEARTBEAT);
        sim_client_send(c, &m);
    }
}

/* Learns the client's encoding from its first bytes. False when they do not tell yet, or tell that
 * it speaks no encoding. */
static bool settle(struct sim_client *c)
{
    enum dtc_dialect dialect = (enum dtc_dialect)dtc_framing_dialect(&c->framing);
    int encoding = dtc_dialect_encoding(dialect);
    if (dialect == DTC_DIALECT_UNTOLD)
        return false;
    if (encoding < 0) {
        sim_client_close(c, "The first bytes are no DTC message", c->spells->now);
        return false;
    }
    c->is_settled = true;
    speak(c, encoding);
    return true;
}

/* Holds the first message that does not negotiate against a fixed encoding. The two of JSON differ
 * in what is written only. */
static bool is_understood(struct sim_client *c)
{
    int fixed = c->manner->encoding;
    if (!c->manner->is_fixed || c->encoding == fixed)
        return true;
    bool is_kin = dtc_encoding_get(fixed)->is_text && dtc_encoding_get(c->encoding)->is_text;
    speak(c, fixed);
    if (!is_kin)
        sim_client_close(c, "This server speaks another encoding", c->spells->now);
    return is_kin;
}

bool sim_client_next(struct sim_client *c, union dtc_message *message, int *type)
{
    const char *frame;
    size_t length;
    while (c->phase == SIM_CLIENT_OPEN && !c->is_mute) {
        if (!c->is_settled && !settle(c))
            return false;
        int got = dtc_framing_next(&c->framing, &frame, &length, NULL);
        if (got == 0)
            return false;
        *type = got < 0 ? -1 : dtc_encoding_get(c->encoding)->decode(frame, length, message, NULL);
        if (*type < 0) {
            char reason[96];
            text_format(reason, sizeof reason, "What came is no message in %s",
                        dtc_encoding_get(c->encoding)->title);
            sim_client_close(c, reason, c->spells->now);
        } else if (*type == DTC_ENCODING_REQUEST) {
            negotiate(c, message->encoding_request.Encoding);
        } else {
            return is_understood(c);
        }
    }
    return false;
}
