#include "trade/market.h"

#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

enum { PAGE_TICKS = 64, PAGE_LIMIT = 4096 };

/* Indices beyond this are no prices of a market, and their doubles no longer tell ticks apart. */
static const int64_t INDEX_LIMIT = INT64_C(1) << 52;
static const double TICK_WHEN_UNKNOWN = 1e-6;

struct page {
    int64_t number; /* of the tick index it begins with, divided by PAGE_TICKS */
    double volume[PAGE_TICKS];
};

struct market_profile {
    struct instrument grid; /* of the tick; all else unset */
    double volume, price_volume, delta;
    int64_t poc_index;
    double poc_volume;
    size_t page_count;
    struct page *latest;            /* where the last trade was; NULL: none yet */
    struct page *pages[PAGE_LIMIT]; /* ascending numbers */
};

struct market_profile *market_profile_new(double tick)
{
    struct market_profile *p = memory_new(1, sizeof *p);
    p->grid.tick = tick > 0 && price_is_set(tick) ? tick : TICK_WHEN_UNKNOWN;
    return p;
}

static void profile_clear(struct market_profile *p)
{
    for (size_t n = 0; n < p->page_count; n++)
        free(p->pages[n]);
    p->page_count = 0;
    p->latest = NULL;
    p->volume = p->price_volume = p->delta = p->poc_volume = 0;
}

void market_profile_free(struct market_profile *p)
{
    if (!p)
        return;
    profile_clear(p);
    free(p);
}

/* The page of that number, made when it is new; NULL when there is no room for another. */
static struct page *profile_page(struct market_profile *p, int64_t number)
{
    if (p->latest && p->latest->number == number)
        return p->latest;
    size_t low = 0, high = p->page_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (p->pages[middle]->number < number)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < p->page_count && p->pages[low]->number == number)
        return p->latest = p->pages[low];
    if (p->page_count == PAGE_LIMIT)
        return NULL;

    struct page *page = memory_new(1, sizeof *page);
    page->number = number;
    for (size_t n = p->page_count; n > low; n--)
        p->pages[n] = p->pages[n - 1];
    p->pages[low] = page;
    p->page_count++;
    return p->latest = page;
}

/* Adds a trade to the context. */
static void profile_add(struct market_profile *p, struct market_context *c, double price,
                        double volume, enum aggressor aggressor)
{
    p->volume += volume;
    p->price_volume += price * volume;
    if (aggressor != AGGRESSOR_NONE)
        p->delta += aggressor == AGGRESSOR_AT_ASK ? volume : -volume;
    c->vwap = p->price_volume / p->volume;
    c->delta = p->delta;

    int64_t index = instrument_ticks(&p->grid, price, 0);
    struct page *page = NULL;
    int64_t offset = 0;
    if (index > -INDEX_LIMIT && index < INDEX_LIMIT) {
        offset = index % PAGE_TICKS;
        if (offset < 0)
            offset += PAGE_TICKS;
        page = profile_page(p, (index - offset) / PAGE_TICKS);
    }
    if (!page) {
        c->partial = true;
        return;
    }
    double at_price = page->volume[offset] += volume;
    if (at_price > p->poc_volume || (at_price == p->poc_volume && index < p->poc_index)) {
        p->poc_volume = at_price;
        if (p->poc_index != index || !price_is_set(c->poc))
            c->poc = instrument_round(&p->grid, price);
        p->poc_index = index;
    }
}

void market_clear_context(struct market_context *c, bool partial)
{
    c->vwap = c->delta = c->poc = PRICE_UNSET;
    c->partial = partial;
}

static void session_clear(struct market *m)
{
    m->session_open = m->session_high = m->session_low = PRICE_UNSET;
    m->session_volume = 0;
}

void market_init(struct market *m, const char *symbol)
{
    memset(m, 0, sizeof *m);
    text_copy(m->symbol, sizeof m->symbol, symbol);
    m->last = m->bid = m->ask = m->bid_quantity = m->ask_quantity = PRICE_UNSET;
    m->settlement = PRICE_UNSET;
    session_clear(m);
    market_clear_context(&m->context, true);
}

void market_apply_trade(struct market *m, struct market_profile *profile, double price,
                        double volume, enum aggressor aggressor, int64_t time)
{
    if (!price_is_set(price) || !price_is_set(volume) || volume < 0)
        return;
    if (price_is_set(m->last) && price != m->last)
        m->direction = price > m->last ? 1 : -1;
    m->last = price;
    m->last_volume = volume;
    m->last_time = time;

    if (!price_is_set(m->session_open) && !m->context.partial)
        m->session_open = price;
    if (!price_is_set(m->session_high) || price > m->session_high)
        m->session_high = price;
    if (!price_is_set(m->session_low) || price < m->session_low)
        m->session_low = price;
    m->session_volume = price_is_set(m->session_volume) ? m->session_volume + volume : volume;

    if (profile && volume > 0)
        profile_add(profile, &m->context, price, volume, aggressor);
}

void market_count_trade(struct market_context *c, struct market_profile *profile, double price,
                        double volume, enum aggressor aggressor)
{
    if (price_is_set(price) && price_is_set(volume) && volume > 0)
        profile_add(profile, c, price, volume, aggressor);
}

static double known_or_unset(double value)
{
    return price_is_set(value) ? value : PRICE_UNSET;
}

void market_apply_bid_ask(struct market *m, double bid, double bid_quantity, double ask,
                          double ask_quantity)
{
    m->bid = known_or_unset(bid);
    m->bid_quantity = known_or_unset(bid_quantity);
    m->ask = known_or_unset(ask);
    m->ask_quantity = known_or_unset(ask_quantity);
}

void market_begin_session(struct market *m, struct market_profile *profile)
{
    session_clear(m);
    market_clear_context(&m->context, false);
    if (profile)
        profile_clear(profile);
}

double market_price(const struct market *m)
{
    if (price_is_set(m->last))
        return m->last;
    return price_is_set(m->bid) && price_is_set(m->ask) ? (m->bid + m->ask) / 2 : PRICE_UNSET;
}
