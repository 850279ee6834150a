#include "trade/curve.h"

#include "base/memory.h"
#include "trade/packed.h"

#include <stdlib.h>
#include <string.h>

enum { BLOCK = 64, RING = 256, LEVELS = 32, POINT_MAX = 2 * PACKED_MAX };

_Static_assert((int)CURVE_SAMPLES <= (int)RING, "a ring holds all samples of a part");

static const int64_t CENT = MONEY_ONE / 100;

struct block {
    struct equity_point first;
    unsigned char *bytes; /* those behind it */
};

/* rings[k] holds the newest of every 2^k-th point. */
struct curve {
    struct block *blocks; /* all but the last are full */
    size_t block_count, capacity, count;
    unsigned char *end; /* of the last block's bytes */
    struct equity_point last;
    struct equity_point *rings[LEVELS];
};

struct curve *curve_new(void)
{
    return memory_new(1, sizeof(struct curve));
}

void curve_free(struct curve *c)
{
    if (c == NULL)
        return;
    for (size_t b = 0; b < c->block_count; b++)
        free(c->blocks[b].bytes);
    for (int k = 0; k < LEVELS; k++)
        free(c->rings[k]);
    free(c->blocks);
    free(c);
}

/* A point as what it is more than the one before it; in cents where it can be. */
static unsigned char *pack(unsigned char *at, const struct equity_point *before,
                           const struct equity_point *p)
{
    int64_t more = packed_difference(p->balance, before->balance);
    bool cents = more % CENT == 0;
    uint64_t later = (uint64_t)packed_difference(p->time, before->time);
    at = packed_put(at, later << 1 | cents);
    return packed_put(at, packed_fold(cents ? more / CENT : more));
}

static const unsigned char *unpack(const unsigned char *at, struct equity_point *p)
{
    uint64_t later, more;
    at = packed_get(at, &later);
    at = packed_get(at, &more);
    p->time = packed_sum(p->time, (int64_t)(later >> 1));
    p->balance = packed_sum(p->balance, packed_unfold(more) * (later & 1 ? CENT : 1));
    return at;
}

static void begin_block(struct curve *c, const struct equity_point *p)
{
    if (c->block_count == c->capacity) {
        c->capacity = c->capacity ? 2 * c->capacity : 4;
        c->blocks = memory_resize(c->blocks, c->capacity, sizeof *c->blocks);
    }
    if (c->block_count > 0) {
        struct block *full = &c->blocks[c->block_count - 1];
        full->bytes = memory_resize(full->bytes, (size_t)(c->end - full->bytes), 1);
    }
    struct block *b = &c->blocks[c->block_count++];
    b->first = *p;
    b->bytes = c->end = memory_new(BLOCK - 1, POINT_MAX);
}

void curve_add(struct curve *c, int64_t time, money balance)
{
    struct equity_point p = {time < 0 ? 0 : time, balance};
    if (c->count > 0 && balance == c->last.balance)
        return;
    if (c->count > 0 && p.time < c->last.time)
        p.time = c->last.time;
    if (c->count % BLOCK == 0)
        begin_block(c, &p);
    else
        c->end = pack(c->end, &c->last, &p);
    c->last = p;
    size_t number = ++c->count;
    for (int k = 0; k < LEVELS && number % ((size_t)1 << k) == 0; k++) {
        if (c->rings[k] == NULL)
            c->rings[k] = memory_new(RING, sizeof p);
        c->rings[k][((number >> k) - 1) % RING] = p;
    }
}

void curve_add_all(struct curve *c, const struct curve *other)
{
    for (size_t i = 0, b = 0; b < other->block_count; b++) {
        const unsigned char *at = other->blocks[b].bytes;
        struct equity_point p = other->blocks[b].first;
        curve_add(c, p.time, p.balance);
        for (i++; i < other->count && i % BLOCK != 0; i++) {
            at = unpack(at, &p);
            curve_add(c, p.time, p.balance);
        }
    }
}

/* The number of points older than `from`; `before` and `first` are those on both sides of it, as
 * far as there are any. */
static size_t find(const struct curve *c, int64_t from, struct equity_point *before,
                   struct equity_point *first)
{
    size_t low = 0, high = c->block_count; /* blocks that begin before `from` */
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (c->blocks[middle].first.time < from)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0) {
        if (c->count > 0)
            *first = c->blocks[0].first;
        return 0;
    }
    const unsigned char *at = c->blocks[low - 1].bytes;
    struct equity_point p = c->blocks[low - 1].first;
    size_t i = (low - 1) * BLOCK;
    while (p.time < from) {
        *before = p;
        if (++i == c->count)
            return i;
        if (i % BLOCK == 0)
            p = c->blocks[low].first;
        else
            at = unpack(at, &p);
    }
    *first = p;
    return i;
}

uint32_t curve_sample(const struct curve *c, int64_t from, struct equity_point *points, money *base,
                      struct window *same)
{
    struct equity_point before = {0}, first = {0};
    size_t start = find(c, from, &before, &first), count = c->count - start;
    *base = start > 0 ? before.balance : MONEY_UNSET;
    same->least = start > 0 ? before.time + 1 : INT64_MIN;
    same->greatest = count > 0 ? first.time : INT64_MAX;
    if (count == 0)
        return 0;

    int k = 0;
    if (count > CURVE_SAMPLES) /* the first, the newest, and one that is cut at the edge */
        while (count >> k > CURVE_SAMPLES - 3)
            k++;
    uint32_t taken = 0;
    points[taken++] = first;
    size_t sample = (start + 1) >> k, end = c->count >> k;
    if (sample < end && ((sample + 1) << k) - 1 == start) /* is the first */
        sample++;
    while (sample < end) { /* in one piece, or two where the ring begins anew */
        size_t some = RING - sample % RING;
        some = some < end - sample ? some : end - sample;
        memcpy(&points[taken], &c->rings[k][sample % RING], some * sizeof *points);
        taken += (uint32_t)some;
        sample += some;
    }
    if ((c->count & (((size_t)1 << k) - 1)) != 0)
        points[taken++] = c->last;
    return taken;
}
