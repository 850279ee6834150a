#include "trade/results.h"

#include "base/memory.h"
#include "trade/packed.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = 64, /* results; late ones may make it twice as large, then it is cut in two */
    LEVELS = 32,
    FRONTS = TIMEFRAME_COUNT,
    RECORD_MAX = 1 + 8 * PACKED_MAX + 2 * (int)sizeof(double)
};

static const int64_t CENT = MONEY_ONE / 100;

struct block {
    int64_t first, last; /* exit times */
    uint32_t count, size;
    money tick_value; /* of the last */
    unsigned char *bytes;
};

/* A block in which windows begin, each result joined with those behind it in the block: the next
 * one that leaves a window costs no look at the others. */
struct front {
    size_t block;
    struct trade_result results[2 * BLOCK];
    struct tally rests[2 * BLOCK];
};

/* levels[k][i] is the tally of the blocks from i × 2^k on, 2^k of them; that of the last block is
 * only in levels[0], since it still grows. */
struct results {
    struct block *blocks;
    size_t count, capacity;
    struct tally *levels[LEVELS];
    size_t level_capacity[LEVELS];
    struct front *fronts[FRONTS]; /* of whole blocks */
    int front_count, next_front;
    struct excursions_window {
        int64_t from; /* counts those of this exit time and later */
        bool counts;
        struct excursion_counts of;
    } windows[TIMEFRAME_COUNT];
};

struct results *results_new(void)
{
    return memory_new(1, sizeof(struct results));
}

void results_free(struct results *r)
{
    if (r == NULL)
        return;
    for (size_t b = 0; b < r->count; b++)
        free(r->blocks[b].bytes);
    for (int k = 0; k < LEVELS; k++)
        free(r->levels[k]);
    for (int i = 0; i < FRONTS; i++)
        free(r->fronts[i]);
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        excursions_clear(&r->windows[t].of);
    free(r->blocks);
    free(r);
}

/* --- one result as bytes --- */

/* A record's first byte: amounts are in whole cents; what the efficiency, R and the tick are. */
enum { IN_CENTS = 1, EFFICIENCY = 2, R = 8, TICK = 32 };
enum { NONE, FOLLOWS /* exactly from P&L, MFE and risk; from the record before */, AS_IS };

/* The risk, in the unit of `pnl`, of which R follows; 0: none. */
static int64_t find_risk(int64_t pnl, double r_multiple)
{
    double risk = round((double)pnl / r_multiple);
    if (!(fabs(risk) >= 1 && fabs(risk) < 0x1p53))
        return 0;
    return (double)pnl / risk == r_multiple ? (int64_t)risk : 0;
}

static unsigned char *put_double(unsigned char *at, double value)
{
    memcpy(at, &value, sizeof value);
    return at + sizeof value;
}

/* Behind one of that exit time and tick. */
static unsigned char *pack(unsigned char *at, int64_t before, money tick_value,
                           const struct trade_result *r)
{
    int64_t amounts[] = {r->pnl, r->commissions, r->mae, r->mfe};
    bool cents = true;
    for (int i = 0; i < 4; i++)
        cents = cents && amounts[i] % CENT == 0;
    int64_t unit = cents ? CENT : 1;
    bool follows = position_efficiency(r->pnl, r->mfe) == r->efficiency;
    int64_t risk = isnan(r->r_multiple) ? 0 : find_risk(r->pnl / unit, r->r_multiple);
    int efficiency = isnan(r->efficiency) ? NONE : follows ? FOLLOWS : AS_IS;
    int multiple = isnan(r->r_multiple) ? NONE : risk != 0 ? FOLLOWS : AS_IS;

    int tick = r->tick_value == 0 ? NONE : r->tick_value == tick_value ? FOLLOWS : AS_IS;

    *at++ = (unsigned char)((cents ? IN_CENTS : 0) | efficiency * EFFICIENCY | multiple * R |
                            tick * TICK);
    at = packed_put(at, (uint64_t)packed_difference(r->exit_time, before));
    at = packed_put(at, packed_fold(packed_difference(r->exit_time, r->entry_time)));
    for (int i = 0; i < 4; i++)
        at = packed_put(at, packed_fold(amounts[i] / unit));
    if (tick == AS_IS)
        at = packed_put(at, packed_fold(r->tick_value));
    if (efficiency == AS_IS)
        at = put_double(at, r->efficiency);
    if (multiple == AS_IS)
        return put_double(at, r->r_multiple);
    return multiple == FOLLOWS ? packed_put(at, packed_fold(risk)) : at;
}

static const unsigned char *get_signed(const unsigned char *at, int64_t *value)
{
    uint64_t folded;
    at = packed_get(at, &folded);
    *value = packed_unfold(folded);
    return at;
}

static const unsigned char *get_double(const unsigned char *at, double *value)
{
    memcpy(value, at, sizeof *value);
    return at + sizeof *value;
}

static const unsigned char *unpack(const unsigned char *at, int64_t before, money tick_value,
                                   struct trade_result *r)
{
    int flags = *at++, tick = flags / TICK % 4;
    int64_t amounts[4], duration, risk, unit = flags & IN_CENTS ? CENT : 1;
    uint64_t later;
    at = packed_get(at, &later);
    r->exit_time = packed_sum(before, (int64_t)later);
    at = get_signed(at, &duration);
    r->entry_time = packed_difference(r->exit_time, duration);
    for (int i = 0; i < 4; i++)
        at = get_signed(at, &amounts[i]);
    r->pnl = amounts[0] * unit;
    r->commissions = amounts[1] * unit;
    r->mae = amounts[2] * unit;
    r->mfe = amounts[3] * unit;
    r->tick_value = tick == FOLLOWS ? tick_value : 0;
    if (tick == AS_IS)
        at = get_signed(at, &r->tick_value);
    r->efficiency = r->r_multiple = (double)NAN;
    if (flags / EFFICIENCY % 4 == FOLLOWS)
        r->efficiency = position_efficiency(r->pnl, r->mfe);
    else if (flags / EFFICIENCY % 4 == AS_IS)
        at = get_double(at, &r->efficiency);
    if (flags / R % 4 == FOLLOWS) {
        at = get_signed(at, &risk);
        r->r_multiple = (double)amounts[0] / (double)risk;
    } else if (flags / R % 4 == AS_IS) {
        at = get_double(at, &r->r_multiple);
    }
    return at;
}

/* --- blocks --- */

static void unpack_block(const struct block *b, struct trade_result *out)
{
    const unsigned char *at = b->bytes;
    int64_t before = b->first;
    money tick_value = 0;
    for (uint32_t i = 0; i < b->count; i++) {
        at = unpack(at, before, tick_value, &out[i]);
        before = out[i].exit_time;
        tick_value = out[i].tick_value;
    }
}

static void pack_block(struct block *b, const struct trade_result *in, uint32_t count)
{
    b->first = in[0].exit_time;
    b->last = in[count - 1].exit_time;
    b->count = count;
    b->bytes = memory_resize(b->bytes, count < BLOCK ? BLOCK : count, RECORD_MAX);
    unsigned char *at = b->bytes;
    for (uint32_t i = 0; i < count; i++)
        at = i > 0 ? pack(at, in[i - 1].exit_time, in[i - 1].tick_value, &in[i])
                   : pack(at, b->first, 0, &in[i]);
    b->tick_value = in[count - 1].tick_value;
    b->size = (uint32_t)(at - b->bytes);
    if (count >= BLOCK) /* nothing more comes to its end */
        b->bytes = memory_resize(b->bytes, b->size, 1);
}

static void tally_one(struct tally *t, const struct trade_result *r)
{
    struct tally one;
    tally_of(r, &one);
    tally_join(t, &one);
}

static struct tally *level_at(struct results *r, int k, size_t i)
{
    if (i >= r->level_capacity[k]) {
        r->level_capacity[k] = r->level_capacity[k] ? 2 * r->level_capacity[k] : 4;
        r->levels[k] = memory_resize(r->levels[k], r->level_capacity[k], sizeof(struct tally));
    }
    return &r->levels[k][i];
}

/* Joins anew what holds any of the blocks from `first` on, `last` the last of them. */
static void join_levels(struct results *r, size_t first, size_t last)
{
    size_t whole = r->count - 1; /* blocks that do not grow */
    for (int k = 1; k < LEVELS && whole >> k > 0; k++)
        for (size_t i = first >> k; i <= last >> k && i < whole >> k; i++) {
            struct tally *t = level_at(r, k, i);
            *t = r->levels[k - 1][2 * i];
            tally_join(t, &r->levels[k - 1][2 * i + 1]);
        }
}

/* A place for a new block at `index`. */
static void insert_block(struct results *r, size_t index)
{
    if (r->count == r->capacity) {
        r->capacity = r->capacity ? 2 * r->capacity : 4;
        r->blocks = memory_resize(r->blocks, r->capacity, sizeof *r->blocks);
    }
    level_at(r, 0, r->count);
    size_t behind = r->count++ - index;
    memmove(&r->blocks[index + 1], &r->blocks[index], behind * sizeof *r->blocks);
    memmove(&r->levels[0][index + 1], &r->levels[0][index], behind * sizeof(struct tally));
    r->blocks[index] = (struct block){0};
}

static void put_block(struct results *r, size_t index, const struct trade_result *in,
                      uint32_t count)
{
    pack_block(&r->blocks[index], in, count);
    memset(&r->levels[0][index], 0, sizeof(struct tally));
    for (uint32_t i = 0; i < count; i++)
        tally_one(&r->levels[0][index], &in[i]);
}

/* The first block that ends at `time` or later; the number of blocks when there is none. */
static size_t find_block(const struct results *r, int64_t time)
{
    size_t low = 0, high = r->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (r->blocks[middle].last < time)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void append(struct results *r, const struct trade_result *one)
{
    if (r->count == 0 || r->blocks[r->count - 1].count >= BLOCK) {
        size_t index = r->count;
        insert_block(r, index);
        put_block(r, index, one, 1);
        if (index > 0)
            join_levels(r, index - 1, index - 1);
        return;
    }
    struct block *b = &r->blocks[r->count - 1];
    b->size = (uint32_t)(pack(b->bytes + b->size, b->last, b->tick_value, one) - b->bytes);
    b->last = one->exit_time;
    b->tick_value = one->tick_value;
    if (++b->count == BLOCK)
        b->bytes = memory_resize(b->bytes, b->size, 1);
    tally_one(&r->levels[0][r->count - 1], one);
}

static void insert(struct results *r, const struct trade_result *one)
{
    struct trade_result some[2 * BLOCK + 1];
    size_t index = find_block(r, one->exit_time + 1); /* holds a later one */
    r->front_count = r->next_front = 0;
    uint32_t count = r->blocks[index].count, place = count;
    unpack_block(&r->blocks[index], some);
    for (; place > 0 && some[place - 1].exit_time > one->exit_time; place--)
        some[place] = some[place - 1];
    some[place] = *one;
    bool full = ++count > 2 * BLOCK;
    put_block(r, index, some, full ? BLOCK : count);
    if (full) {
        insert_block(r, index + 1);
        put_block(r, index + 1, some + BLOCK, count - BLOCK);
    }
    join_levels(r, index, full ? r->count : index);
}

void results_add(struct results *r, const struct trade_result *one)
{
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        if (r->windows[t].counts && one->exit_time >= r->windows[t].from)
            excursions_add(&r->windows[t].of, one);
    if (r->count == 0 || one->exit_time >= r->blocks[r->count - 1].last)
        append(r, one);
    else
        insert(r, one);
}

static bool is_same(const struct trade_result *a, const struct trade_result *b)
{
    return a->exit_time == b->exit_time && a->entry_time == b->entry_time && a->pnl == b->pnl &&
           a->commissions == b->commissions && a->mae == b->mae && a->mfe == b->mfe;
}

static void remove_block(struct results *r, size_t index)
{
    free(r->blocks[index].bytes);
    size_t behind = --r->count - index;
    memmove(&r->blocks[index], &r->blocks[index + 1], behind * sizeof *r->blocks);
    memmove(&r->levels[0][index], &r->levels[0][index + 1], behind * sizeof(struct tally));
    if (r->count > 0)
        join_levels(r, index, r->count - 1);
}

/* Takes the result at `place` out of the block, which holds `some`. */
static void remove_at(struct results *r, size_t index, uint32_t place, struct trade_result *some)
{
    uint32_t count = r->blocks[index].count - 1;
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        if (r->windows[t].counts && some[place].exit_time >= r->windows[t].from)
            excursions_remove(&r->windows[t].of, &some[place]);
    r->front_count = r->next_front = 0;
    memmove(&some[place], &some[place + 1], (count - place) * sizeof *some);
    if (count == 0) {
        remove_block(r, index);
        return;
    }
    put_block(r, index, some, count);
    join_levels(r, index, index);
}

bool results_remove(struct results *r, const struct trade_result *one)
{
    struct trade_result some[2 * BLOCK];
    for (size_t b = find_block(r, one->exit_time);
         b < r->count && r->blocks[b].first <= one->exit_time; b++) {
        unpack_block(&r->blocks[b], some);
        for (uint32_t i = 0; i < r->blocks[b].count; i++)
            if (is_same(&some[i], one)) {
                remove_at(r, b, i, some);
                return true;
            }
    }
    return false;
}

void results_add_all(struct results *r, const struct results *other)
{
    struct trade_result some[2 * BLOCK];
    for (size_t b = 0; b < other->count; b++) {
        unpack_block(&other->blocks[b], some);
        for (uint32_t i = 0; i < other->blocks[b].count; i++)
            results_add(r, &some[i]);
    }
}

static bool same_windows(const struct results *a, const struct results *b)
{
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        if (a->windows[t].counts != b->windows[t].counts ||
            a->windows[t].from != b->windows[t].from)
            return false;
    return true;
}

static void empty(struct results *r)
{
    r->count = 0;
    r->front_count = r->next_front = 0;
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        excursions_clear(&r->windows[t].of);
        r->windows[t].counts = false;
    }
}

void results_take(struct results *r, struct results *other)
{
    size_t before = r->count;
    bool behind =
        before == 0 || other->count == 0 || other->blocks[0].first >= r->blocks[before - 1].last;
    if (!behind || !same_windows(r, other)) {
        results_add_all(r, other);
        for (size_t b = 0; b < other->count; b++)
            free(other->blocks[b].bytes);
        empty(other);
        return;
    }
    for (size_t b = 0; b < other->count; b++) {
        insert_block(r, before + b);
        r->blocks[before + b] = other->blocks[b];
        r->levels[0][before + b] = other->levels[0][b];
    }
    if (r->count > before && r->count > 1)
        join_levels(r, before > 0 ? before - 1 : 0, r->count - 1);
    for (int t = 0; t < TIMEFRAME_COUNT; t++)
        excursions_join(&r->windows[t].of, &other->windows[t].of);
    empty(other);
}

/* --- windows --- */

/* Adds the blocks from `at` on, in as few joins as there can be. */
static void tally_blocks(const struct results *r, size_t at, struct tally *out)
{
    while (at < r->count) {
        int k = 0;
        while (k + 1 < LEVELS && at % ((size_t)2 << k) == 0 &&
               at + ((size_t)2 << k) <= r->count - 1)
            k++;
        tally_join(out, &r->levels[k][at >> k]);
        at += (size_t)1 << k;
    }
}

static const struct front *find_front(struct results *r, size_t block)
{
    for (int i = 0; i < r->front_count; i++)
        if (r->fronts[i]->block == block)
            return r->fronts[i];
    int i = r->next_front;
    r->next_front = (i + 1) % FRONTS;
    r->front_count = i < r->front_count ? r->front_count : i + 1;
    if (r->fronts[i] == NULL)
        r->fronts[i] = memory_new(1, sizeof *r->fronts[i]);
    struct front *f = r->fronts[i];
    f->block = block;
    unpack_block(&r->blocks[block], f->results);
    for (uint32_t n = r->blocks[block].count; n-- > 0;) {
        tally_of(&f->results[n], &f->rests[n]);
        if (n + 1 < r->blocks[block].count)
            tally_join(&f->rests[n], &f->rests[n + 1]);
    }
    return f;
}

/* Of the last block, which still grows, those from `from` on. */
static void tally_last(const struct block *b, int64_t from, struct tally *out, struct window *same)
{
    const unsigned char *at = b->bytes;
    struct trade_result one = {.exit_time = b->first};
    for (uint32_t i = 0; i < b->count; i++) {
        at = unpack(at, one.exit_time, one.tick_value, &one);
        if (one.exit_time < from) {
            same->least = one.exit_time + 1;
            continue;
        }
        if (out->trades == 0)
            same->greatest = one.exit_time;
        tally_one(out, &one);
    }
}

void results_tally(struct results *r, int64_t from, struct tally *out, struct window *same)
{
    memset(out, 0, sizeof *out);
    *same = (struct window){INT64_MIN, INT64_MAX};
    size_t index = find_block(r, from);
    if (index > 0)
        same->least = r->blocks[index - 1].last + 1;
    if (index == r->count)
        return;
    const struct block *b = &r->blocks[index];
    if (b->first >= from) {
        same->greatest = b->first;
        tally_blocks(r, index, out);
    } else if (index + 1 == r->count) {
        tally_last(b, from, out, same);
    } else {
        const struct front *f = find_front(r, index);
        uint32_t first = 0;
        while (f->results[first].exit_time < from)
            first++;
        same->least = f->results[first - 1].exit_time + 1;
        same->greatest = f->results[first].exit_time;
        *out = f->rests[first];
        tally_blocks(r, index + 1, out);
    }
}

/* --- excursions --- */

/* Adds to the counts, or takes from them, the results of exit times from `begin` to before `end`;
 * without `bounded` all from `begin` on. */
static void count_range(struct results *r, int64_t begin, int64_t end, bool bounded,
                        struct excursion_counts *c,
                        void (*step)(struct excursion_counts *, const struct trade_result *))
{
    struct trade_result some[2 * BLOCK];
    for (size_t b = find_block(r, begin); b < r->count; b++) {
        if (bounded && r->blocks[b].first >= end)
            return;
        /* the block in which a window begins is at hand */
        bool begins = bounded && r->blocks[b].last >= end && b + 1 < r->count;
        const struct trade_result *at = begins ? find_front(r, b)->results : some;
        if (!begins)
            unpack_block(&r->blocks[b], some);
        for (uint32_t i = 0; i < r->blocks[b].count; i++)
            if (at[i].exit_time >= begin && (!bounded || at[i].exit_time < end))
                step(c, &at[i]);
    }
}

void results_excursions(struct results *r, enum timeframe t, int64_t from, struct excursions *out)
{
    struct excursions_window *w = &r->windows[t];
    size_t here = find_block(r, from);
    bool anew = !w->counts || /* or more would be taken out than stays */
                (from > w->from && here - find_block(r, w->from) > r->count - here);
    if (anew) {
        excursions_clear(&w->of);
        count_range(r, from, 0, false, &w->of, excursions_add);
    } else if (from > w->from) {
        count_range(r, w->from, from, true, &w->of, excursions_remove);
    } else if (from < w->from) {
        count_range(r, from, w->from, true, &w->of, excursions_add);
    }
    w->counts = true;
    w->from = from;
    excursions_read(&w->of, out);
}

uint32_t results_newest(const struct results *r, struct scatter_point *points, uint32_t count)
{
    struct trade_result some[2 * BLOCK];
    uint32_t left = count;
    for (size_t b = r->count; b-- > 0 && left > 0;) {
        unpack_block(&r->blocks[b], some);
        for (uint32_t i = r->blocks[b].count; i-- > 0 && left > 0;)
            points[--left] = (struct scatter_point){some[i].exit_time, some[i].mae, some[i].pnl};
    }
    memmove(points, points + left, (count - left) * sizeof *points);
    return count - left;
}
