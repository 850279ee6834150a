#include "sim/market.h"

#include "base/clock.h"
#include "dtc/enums.h"

#include <math.h>
#include <stdbool.h>

/* How the walk behaves. */
static const double BAND = 0.03;        /* greatest distance from the start, as a part of it */
static const double DRIFT_REACH = 0.06; /* of the drift on the odds of up against down */
static const double TRADE_SHARE = 0.5;  /* of the events; the others are quotes */
static const double MOVE_SHARE = 0.8;   /* of the quotes; the others only change sizes */
enum { EVENT_LEAST = 40 * 1000, EVENT_MOST = 160 * 1000 }; /* between events, us */
enum { REGIME_LEAST = 20 * 1000 * 1000, REGIME_MOST = 60 * 1000 * 1000 };
enum { TRADES_PER_VOLUME = 10 }; /* the session's volume is reported every so many trades */

static void set_quote(struct sim_market *m, int64_t bid_ticks)
{
    m->bid_ticks = bid_ticks;
    m->bid = sim_product_price(m->product, bid_ticks);
    m->ask = sim_product_price(m->product, bid_ticks + 1);
    m->bid_size = (double)sim_random_between(&m->random, 4, 60);
    m->ask_size = (double)sim_random_between(&m->random, 4, 60);
}

static void start_session(struct sim_market *m, uint32_t session_date)
{
    m->settlement = m->last;
    m->open = m->high = m->low = m->last;
    m->volume = 0;
    m->trades = 0;
    m->session_date = session_date;
}

void sim_market_init(struct sim_market *m, const struct sim_product *product, uint64_t seed,
                     int64_t now, uint32_t session_date)
{
    *m = (struct sim_market){.product = product, .random = {seed}, .centre = product->start};
    set_quote(m, sim_product_ticks(product, product->start));
    m->last = m->bid;
    m->last_volume = 1;
    m->last_at = DTC_AT_BID;
    m->next_event = now + sim_random_between(&m->random, EVENT_LEAST, EVENT_MOST);
    m->next_regime = now;
    start_session(m, session_date);
}

static void step_quote(struct sim_market *m)
{
    int64_t ticks = m->bid_ticks;
    if (sim_random_unit(&m->random) < MOVE_SHARE) {
        /* Free in the middle of the band, ever more inclined to return towards its edges. */
        double out = (m->bid - m->centre) / (m->centre * BAND);
        double up = 0.5 + DRIFT_REACH * m->drift - 0.5 * out * out * out;
        int64_t move = sim_random_between(&m->random, 1, m->product->stride);
        ticks += sim_random_unit(&m->random) < up ? move : -move;
    }
    set_quote(m, ticks);
}

static void trade(struct sim_market *m, bool at_ask, double price, double volume,
                  sim_market_listener *listener, void *context)
{
    m->last_at = at_ask ? DTC_AT_ASK : DTC_AT_BID;
    m->last = price;
    m->last_volume = volume;
    m->volume += volume;
    m->trades++;
    bool new_high = m->last > m->high, new_low = m->last < m->low;
    m->high = fmax(m->high, m->last);
    m->low = fmin(m->low, m->last);
    listener(context, m, SIM_MARKET_TRADE);
    if (new_high)
        listener(context, m, SIM_MARKET_SESSION_HIGH);
    if (new_low)
        listener(context, m, SIM_MARKET_SESSION_LOW);
    if (m->trades % TRADES_PER_VOLUME == 0)
        listener(context, m, SIM_MARKET_SESSION_VOLUME);
}

static void step_trade(struct sim_market *m, sim_market_listener *listener, void *context)
{
    bool at_ask = sim_random_unit(&m->random) < 0.5 + DRIFT_REACH * m->drift;
    double volume = 1;
    while (volume < 20 && sim_random_unit(&m->random) < 0.5)
        volume++;
    trade(m, at_ask, at_ask ? m->ask : m->bid, volume, listener, context);
}

void sim_market_step(struct sim_market *m, sim_market_listener *listener, void *context)
{
    if (m->next_event >= m->next_regime) {
        m->drift = 2 * sim_random_unit(&m->random) - 1;
        m->next_regime = m->next_event + sim_random_between(&m->random, REGIME_LEAST, REGIME_MOST);
    }
    if (sim_random_unit(&m->random) < TRADE_SHARE) {
        step_trade(m, listener, context);
    } else {
        step_quote(m);
        listener(context, m, SIM_MARKET_QUOTE);
    }
    m->next_event += sim_random_between(&m->random, EVENT_LEAST, EVENT_MOST);
}

void sim_market_set_price(struct sim_market *m, double price, sim_market_listener *listener,
                          void *context)
{
    set_quote(m, sim_product_ticks(m->product, price));
    m->centre = m->bid;
    listener(context, m, SIM_MARKET_QUOTE);
    trade(m, false, m->bid, 1, listener, context);
}

void sim_market_trade(struct sim_market *m, double price, double volume,
                      sim_market_listener *listener, void *context)
{
    double at = sim_product_price(m->product, sim_product_ticks(m->product, price));
    trade(m, at >= m->ask, at, volume, listener, context);
}

void sim_market_open_session(struct sim_market *m, uint32_t session_date,
                             sim_market_listener *listener, void *context)
{
    start_session(m, session_date);
    listener(context, m, SIM_MARKET_SESSION_OPEN);
}

uint32_t sim_market_session_date(int64_t wall)
{
    return (uint32_t)((wall + CLOCK_HOUR) / CLOCK_DAY * (CLOCK_DAY / CLOCK_SECOND));
}
