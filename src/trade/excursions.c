#include "trade/excursions.h"

#include "base/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A value of four significant digits has a number in order of size: below 10,000 its own, then
 * 9,000 a decade. Numbers are counted in pages, of which there are those that hold something. */
enum { DIGITS = 10000, A_DECADE = DIGITS - DIGITS / 10, PAGE = 64 };

struct value_page {
    uint32_t total, counts[PAGE];
};

static const uint32_t PERCENT[PERCENTILES] = {50, 80, 95};

static uint32_t number_of(int64_t value)
{
    uint32_t decade = 0;
    bool up = false; /* by the first digit that is dropped */
    for (; value >= DIGITS; decade++, value /= 10)
        up = value % 10 >= 5;
    return decade * A_DECADE + (uint32_t)value + up;
}

static int64_t value_of(uint32_t number)
{
    uint32_t decade = number < DIGITS ? 0 : (number - DIGITS / 10) / A_DECADE;
    int64_t value = number - decade * A_DECADE;
    for (; decade > 0; decade--)
        if (__builtin_mul_overflow(value, 10, &value))
            return INT64_MAX;
    return value;
}

/* In millionths; a quotient is rounded. */
static int64_t magnitude(double value)
{
    value = round(fabs(value) * 1e6);
    return value < 0x1p62 ? (int64_t)value : INT64_C(1) << 62;
}

static int64_t in_ticks(const struct trade_result *r, money excursion)
{
    return r->tick_value > 0 ? magnitude((double)excursion / (double)r->tick_value) : -1;
}

/* The risk is what the P&L makes R of. */
static int64_t in_r(const struct trade_result *r, money excursion)
{
    double value = (double)excursion * (r->r_multiple / (double)r->pnl);
    return isfinite(value) ? magnitude(value) : -1;
}

static int64_t amount(money m)
{
    return m == MONEY_UNSET ? -1 : m < 0 ? -m : m;
}

int64_t excursion_value(const struct trade_result *r, enum excursion_measure m)
{
    bool of_winners = m < EXCURSION_MFE || m == EXCURSION_LEFT;
    if (of_winners ? r->pnl <= 0 : r->pnl >= 0)
        return -1;
    switch (m) {
    case EXCURSION_MAE:
        return amount(r->mae);
    case EXCURSION_MAE_TICKS:
        return in_ticks(r, r->mae);
    case EXCURSION_MAE_R:
        return in_r(r, r->mae);
    case EXCURSION_MFE:
        return amount(r->mfe);
    case EXCURSION_MFE_TICKS:
        return in_ticks(r, r->mfe);
    case EXCURSION_MFE_R:
        return in_r(r, r->mfe);
    default: /* what is realized may exceed what was seen, by a server's word for the entry */
        return r->mfe > r->pnl ? money_subtract(r->mfe, r->pnl) : 0;
    }
}

static struct value_page *page_at(struct value_counts *v, uint32_t number)
{
    uint32_t at = number / PAGE;
    if (at >= v->index_size) {
        uint32_t size = at + 1 + at / 4;
        v->index = memory_resize(v->index, size, sizeof *v->index);
        memset(v->index + v->index_size, 0, (size - v->index_size) * sizeof *v->index);
        v->index_size = size;
    }
    if (v->index[at] == 0) {
        if ((v->page_count & (v->page_count - 1)) == 0) /* 0, 1, 2, 4, ... are full */
            v->pages = memory_resize(v->pages, v->page_count ? 2 * (size_t)v->page_count : 1,
                                     sizeof *v->pages);
        v->pages[v->page_count] = (struct value_page){0};
        v->index[at] = (uint16_t)++v->page_count;
    }
    return &v->pages[v->index[at] - 1];
}

static void count(struct value_counts *v, int64_t value, int by)
{
    if (value < 0)
        return;
    uint32_t number = number_of(value);
    struct value_page *page = page_at(v, number);
    page->counts[number % PAGE] += (uint32_t)by;
    page->total += (uint32_t)by;
    v->count += (uint32_t)by;
    for (int i = 0; i < PERCENTILES; i++)
        if (number < v->marks[i].at)
            v->marks[i].before += (uint32_t)by;
}

static void count_all(struct excursion_counts *c, const struct trade_result *r, int by)
{
    for (int m = 0; m < EXCURSION_MEASURES; m++) {
        int64_t value = excursion_value(r, (enum excursion_measure)m);
        count(&c->of[m], value, by);
        if (m == EXCURSION_LEFT && value > 0)
            c->left = money_add(c->left, by * value);
    }
}

void excursions_add(struct excursion_counts *c, const struct trade_result *r)
{
    count_all(c, r, 1);
}

void excursions_remove(struct excursion_counts *c, const struct trade_result *r)
{
    count_all(c, r, -1);
}

static void join_values(struct value_counts *v, const struct value_counts *other)
{
    for (uint32_t at = 0; at < other->index_size; at++) {
        if (other->index[at] == 0)
            continue;
        const struct value_page *from = &other->pages[other->index[at] - 1];
        struct value_page *to = page_at(v, at * PAGE);
        to->total += from->total;
        for (int i = 0; i < PAGE; i++)
            to->counts[i] += from->counts[i];
    }
    v->count += other->count;
    memset(v->marks, 0, sizeof v->marks); /* they are found anew */
}

void excursions_join(struct excursion_counts *c, const struct excursion_counts *other)
{
    for (int m = 0; m < EXCURSION_MEASURES; m++)
        join_values(&c->of[m], &other->of[m]);
    c->left = money_add(c->left, other->left);
}

void excursions_clear(struct excursion_counts *c)
{
    for (int m = 0; m < EXCURSION_MEASURES; m++) {
        free(c->of[m].index);
        free(c->of[m].pages);
    }
    memset(c, 0, sizeof *c);
}

static uint32_t count_at(const struct value_counts *v, uint32_t number)
{
    uint32_t page = v->index[number / PAGE];
    return page == 0 ? 0 : v->pages[page - 1].counts[number % PAGE];
}

static uint32_t total_at(const struct value_counts *v, uint32_t at)
{
    return v->index[at] == 0 ? 0 : v->pages[v->index[at] - 1].total;
}

/* Moves the mark to the value of that rank, from 1; whole pages at a time where it can. */
static void settle(const struct value_counts *v, struct value_mark *mark, uint32_t rank)
{
    while (mark->before >= rank) {
        uint32_t total = mark->at % PAGE == 0 ? total_at(v, mark->at / PAGE - 1) : 0;
        if (mark->at % PAGE == 0 && mark->before - total >= rank) {
            mark->at -= PAGE;
            mark->before -= total;
        } else {
            mark->before -= count_at(v, --mark->at);
        }
    }
    for (;;) {
        uint32_t total = mark->at % PAGE == 0 ? total_at(v, mark->at / PAGE) : 0;
        if (mark->at % PAGE == 0 && mark->before + total < rank) {
            mark->at += PAGE;
            mark->before += total;
            continue;
        }
        uint32_t here = count_at(v, mark->at);
        if (mark->before + here >= rank)
            return;
        mark->before += here;
        mark->at++;
    }
}

void excursions_read(struct excursion_counts *c, struct excursions *out)
{
    *out = (struct excursions){.left = c->left};
    for (int m = 0; m < EXCURSION_MEASURES; m++) {
        struct value_counts *v = &c->of[m];
        out->of[m].count = v->count;
        for (int i = 0; i < PERCENTILES && v->count > 0; i++) {
            uint64_t rank = ((uint64_t)v->count * PERCENT[i] + 99) / 100;
            settle(v, &v->marks[i], (uint32_t)rank);
            out->of[m].parts[i] = value_of(v->marks[i].at);
        }
    }
}
