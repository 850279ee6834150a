#include "sim/stream.h"

#include "base/clock.h"
#include "dtc/encoding.h"
#include "sim/wire.h"

enum {
    BLOCK_MESSAGES = 128,  /* encoded at once, and sent again and again within one round */
    BLOCK_SIZE = 64 << 10, /* bytes: such messages are less than 300 each */
    FILL_LEVEL = 256 << 10 /* bytes that wait for a client that reads as fast as it can */
};

/* What a client has subscribed to: the products' indices and their number. */
static int subscriptions(const struct sim_client *c, int products[SIM_PRODUCTS])
{
    int count = 0;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (c->subscribed[i])
            products[count++] = i;
    return count;
}

static void make_message(struct sim_stream *s, const struct sim_client *c,
                         const struct sim_world *world, int product, int64_t wall,
                         union dtc_message *m)
{
    struct sim_market market = *sim_world_market(world, product);
    uint64_t n = s->made++;
    bool at_ask = n / 4 % 2;
    market.bid_size = (double)(4 + n % 17);
    market.ask_size = (double)(4 + n % 19);
    market.last = at_ask ? market.ask : market.bid;
    market.last_at = at_ask ? DTC_AT_ASK : DTC_AT_BID;
    market.last_volume = 1;
    sim_wire_market(m, &market, n / 2 % 2 ? SIM_MARKET_TRADE : SIM_MARKET_QUOTE,
                    c->symbol_id[product], wall);
}

static void send_message(struct sim_stream *s, struct sim_client *c, const struct sim_world *world,
                         int product, int64_t wall)
{
    union dtc_message m;
    make_message(s, c, world, product, wall, &m);
    sim_client_send_market(c, &m);
}

/* Encoding each message anew would be slower than the clients that are to be measured. */
static void fill(struct sim_stream *s, struct sim_client *c, const struct sim_world *world,
                 const int *products, int count, int64_t wall)
{
    char block[BLOCK_SIZE];
    size_t length = 0;
    union dtc_message m;
    if (sim_client_waiting(c) >= FILL_LEVEL || sim_spell_is_cast(c->spells, SIM_SPELL_SILENT))
        return;
    for (int i = 0; i < BLOCK_MESSAGES; i++) {
        make_message(s, c, world, products[i % count], wall, &m);
        length += dtc_encoding_get(c->encoding)->encode(&m, block + length, sizeof block - length);
    }
    for (size_t waiting = sim_client_waiting(c); waiting < FILL_LEVEL; waiting += length)
        sim_client_send_bytes(c, block, length);
}

void sim_stream_feed(struct sim_stream *s, struct sim_client *c, const struct sim_world *world,
                     int64_t wall)
{
    int products[SIM_PRODUCTS];
    int count = subscriptions(c, products);
    if (count == 0 || s->rate == SIM_RATE_NONE)
        return;
    if (s->rate == SIM_RATE_MAX) {
        for (int i = 0; c->faults.any && i < BLOCK_MESSAGES; i++)
            send_message(s, c, world, products[i % count], wall);
        fill(s, c, world, products, count, wall);
        return;
    }
    uint64_t rate = (uint64_t)s->rate;
    uint64_t due = (uint64_t)(c->spells->now - c->streaming_since) * rate / CLOCK_SECOND;
    if (due > c->market_messages + rate) /* more than a second late: the rest is let go */
        c->market_messages = due - rate;
    while (c->market_messages < due)
        send_message(s, c, world, products[c->market_messages % (uint64_t)count], wall);
}

int64_t sim_stream_next(const struct sim_stream *s, const struct sim_client *c)
{
    int products[SIM_PRODUCTS];
    if (s->rate == SIM_RATE_NONE || c->phase != SIM_CLIENT_OPEN || c->is_mute ||
        subscriptions(c, products) == 0)
        return INT64_MAX;
    if (s->rate == SIM_RATE_MAX)
        return sim_client_waiting(c) > 0 || sim_spell_is_cast(c->spells, SIM_SPELL_SILENT)
                   ? INT64_MAX
                   : c->spells->now;
    return c->streaming_since +
           (int64_t)((c->market_messages + 1) * CLOCK_SECOND / (uint64_t)s->rate) + 1;
}
