/* Statistics that are kept up to date against a slow and obvious model: any trades, in any order,
 * any window. */
#include "trade/results.h"

#include "base/clock.h"
#include "support/test.h"

#include <math.h>
#include <string.h>

static const int64_t START = INT64_C(1782907200) * CLOCK_SECOND; /* 2026-07-01 12:00 UTC */

static uint64_t seed;

static uint64_t draw(uint64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed % below;
}

static struct results *results;

static void set_up(void)
{
    results = results_new();
    seed = 88172645463325252;
}

static void tear_down(void)
{
    results_free(results);
}

/* --- the model: each figure from domain.md by itself --- */

static money fall_of(const struct trade_result *r, size_t count, int sign)
{
    money greatest = 0;
    for (size_t from = 0; from < count; from++) {
        money sum = 0;
        for (size_t to = from; to < count; to++) {
            sum += sign * r[to].pnl;
            greatest = sum > greatest ? sum : greatest;
        }
    }
    return greatest;
}

static uint32_t streak_of(const struct trade_result *r, size_t count, bool wins)
{
    uint32_t longest = 0, run = 0;
    for (size_t i = 0; i < count; i++) {
        run = (wins ? r[i].pnl > 0 : r[i].pnl < 0) ? run + 1 : 0;
        longest = run > longest ? run : longest;
    }
    return longest;
}

static double mean_of(const struct trade_result *r, size_t count, size_t offset)
{
    double sum = 0, value;
    size_t with = 0;
    for (size_t i = 0; i < count; i++) {
        memcpy(&value, (const char *)&r[i] + offset, sizeof value);
        if (!isnan(value)) {
            sum += value;
            with++;
        }
    }
    return with > 0 ? sum / (double)with : (double)NAN;
}

/* To the nearest, half away from zero. */
static int64_t mean_whole(int64_t sum, size_t count)
{
    int64_t n = (int64_t)count, size = sum < 0 ? -sum : sum;
    int64_t mean = size / n + (2 * (size % n) >= n);
    return sum < 0 ? -mean : mean;
}

static void model(const struct trade_result *r, size_t count, struct statistics *s)
{
    memset(s, 0, sizeof *s);
    s->hit_rate = s->profit_factor = s->expectancy = s->sharpe = (double)NAN;
    s->average_r = mean_of(r, count, offsetof(struct trade_result, r_multiple));
    s->average_efficiency = mean_of(r, count, offsetof(struct trade_result, efficiency));
    if (count == 0)
        return;
    int64_t won = 0, lost = 0, mae = 0, mfe = 0, time = 0;
    s->trades = (uint32_t)count;
    s->best = INT64_MIN;
    s->worst = INT64_MAX;
    for (size_t i = 0; i < count; i++) {
        s->wins += r[i].pnl > 0;
        s->losses += r[i].pnl < 0;
        *(r[i].pnl > 0 ? &won : &lost) += r[i].pnl;
        s->best = r[i].pnl > s->best ? r[i].pnl : s->best;
        s->worst = r[i].pnl < s->worst ? r[i].pnl : s->worst;
        s->commissions += r[i].commissions;
        mae += r[i].mae;
        mfe += r[i].mfe;
        time += r[i].exit_time - r[i].entry_time;
    }
    s->total = won + lost;
    s->average_mae = mean_whole(mae, count);
    s->average_mfe = mean_whole(mfe, count);
    s->average_time = mean_whole(time, count);
    s->max_drawdown = fall_of(r, count, -1);
    s->max_runup = fall_of(r, count, 1);
    s->win_streak = streak_of(r, count, true);
    s->loss_streak = streak_of(r, count, false);
    double n = (double)count, rate = s->wins / n, mean = (double)s->total / n, squares = 0;
    s->hit_rate = 100 * rate;
    s->expectancy = (s->wins > 0 ? rate * ((double)won / 1e6 / s->wins) : 0) +
                    (s->losses > 0 ? (1 - rate) * ((double)lost / 1e6 / s->losses) : 0);
    if (s->losses > 0)
        s->profit_factor = (double)won / -(double)lost;
    for (size_t i = 0; i < count; i++)
        squares += ((double)r[i].pnl - mean) * ((double)r[i].pnl - mean);
    s->sharpe = s->best == s->worst ? 0 : mean / sqrt(squares / n);
}

static void assert_close(double is, double ought, const char *what)
{
    if (isnan(ought))
        ck_assert_msg(isnan(is), "%s: %g, not none", what, is);
    else
        ck_assert_msg(fabs(is - ought) <= 1e-9 * fmax(1, fabs(ought)), "%s: %.12g, not %.12g", what,
                      is, ought);
}

#define SAME(member) ck_assert_int_eq((int64_t)is->member, (int64_t)ought->member)
#define CLOSE(member) assert_close(is->member, ought->member, #member)

static void assert_same(const struct statistics *is, const struct statistics *ought)
{
    SAME(trades);
    SAME(wins);
    SAME(losses);
    SAME(total);
    SAME(best);
    SAME(worst);
    SAME(commissions);
    SAME(max_drawdown);
    SAME(max_runup);
    SAME(average_time);
    SAME(win_streak);
    SAME(loss_streak);
    SAME(average_mae);
    SAME(average_mfe);
    CLOSE(hit_rate);
    CLOSE(profit_factor);
    CLOSE(expectancy);
    CLOSE(average_r);
    CLOSE(average_efficiency);
    CLOSE(sharpe);
}

/* --- random trades --- */

enum { MOST = 3000 };

struct book { /* what the model knows, in order of exit */
    struct trade_result r[MOST];
    size_t count;
};

static void book_add(struct book *b, const struct trade_result *one)
{
    size_t i = b->count++;
    for (; i > 0 && b->r[i - 1].exit_time > one->exit_time; i--)
        b->r[i] = b->r[i - 1];
    b->r[i] = *one;
}

/* Cents mostly, some amounts to the millionth; zeros, runs, trades without R or efficiency. */
static struct trade_result any_trade(int64_t exit_time)
{
    money unit = draw(8) == 0 ? 1 : 10000;
    static const int64_t signs[] = {-1, 0, 1, 1};
    struct trade_result r = {
        .exit_time = exit_time,
        .entry_time = exit_time - (int64_t)draw(3 * CLOCK_HOUR),
        .pnl = signs[draw(4)] * (int64_t)draw(90000) * unit,
        .commissions = (int64_t)draw(3) * 620000,
        .mae = -(int64_t)draw(50000) * unit,
        .r_multiple = (double)NAN,
    };
    r.mfe = draw(5) == 0 ? 0 : (r.pnl > 0 ? r.pnl : 0) + (int64_t)draw(30000) * unit;
    r.efficiency = position_efficiency(r.pnl, r.mfe);
    if (draw(20) == 0) /* the database may say otherwise */
        r.efficiency = 1.0 / (double)(2 + draw(5));
    if (draw(2) == 0)
        r.r_multiple = (double)r.pnl / (double)((1 + (int64_t)draw(100)) * 125 * unit);
    else if (draw(4) == 0)
        r.r_multiple = 1.0 / 3 - (double)draw(7);
    return r;
}

static void assert_window(const struct book *b, int64_t from)
{
    struct tally t;
    struct window same;
    struct statistics is, ought;
    size_t first = 0;
    while (first < b->count && b->r[first].exit_time < from)
        first++;
    results_tally(results, from, &t, &same);
    statistics_of_tally(&t, &is);
    model(&b->r[first], b->count - first, &ought);
    assert_same(&is, &ought);
    ck_assert_int_le(same.least, from);
    ck_assert_int_ge(same.greatest, from);
    ck_assert_int_eq(same.least, first > 0 ? b->r[first - 1].exit_time + 1 : INT64_MIN);
    ck_assert_int_eq(same.greatest, first < b->count ? b->r[first].exit_time : INT64_MAX);
}

START_TEST(every_timeframe_equals_a_fresh_computation_as_trades_close_and_time_passes)
{
    static struct book b;
    int64_t now = START;
    b.count = 0;
    while (b.count < MOST) {
        static const int64_t steps[] = {CLOCK_SECOND, CLOCK_MINUTE, 20 * CLOCK_MINUTE,
                                        3 * CLOCK_HOUR, CLOCK_DAY};
        now += (int64_t)draw((uint64_t)steps[draw(5)]);
        int64_t late = draw(4) > 0 ? 0 : (int64_t)draw((uint64_t)steps[draw(5)]);
        struct trade_result r = any_trade(now - late);
        for (uint64_t copies = draw(5) == 0 ? 2 : 1; copies > 0 && b.count < MOST; copies--) {
            results_add(results, &r);
            book_add(&b, &r);
        }
        if (draw(60) == 0) /* nothing closes for a while: the windows slide by themselves */
            now += (int64_t)draw(3 * CLOCK_DAY);
        if (draw(25) == 0)
            for (int t = 0; t < TIMEFRAME_COUNT; t++)
                assert_window(&b, timeframe_start((enum timeframe)t, now));
    }
    for (int i = 0; i < 50; i++) /* starts at a trade, just before and just behind it */
        for (int64_t off = -1; off <= 1; off++)
            assert_window(&b, b.r[draw(MOST)].exit_time + off);
    assert_window(&b, INT64_MAX);
}
END_TEST

START_TEST(trades_that_come_in_any_order_are_sorted_by_exit)
{
    static struct book b;
    b.count = 0;
    for (int i = 0; i < 1500; i++) {
        struct trade_result r = any_trade(START - (int64_t)draw(90) * CLOCK_DAY);
        results_add(results, &r);
        book_add(&b, &r);
    }
    for (int days = 0; days <= 91; days += 7)
        assert_window(&b, START - days * CLOCK_DAY);
    assert_window(&b, INT64_MIN);
}
END_TEST

/* As if they had been added to nothing. */
static void assert_excursions(const struct book *b, int64_t from)
{
    struct excursions is, ought;
    struct results *fresh = results_new();
    for (size_t i = 0; i < b->count; i++)
        results_add(fresh, &b->r[i]);
    results_excursions(results, TIMEFRAME_1M, from, &is);
    results_excursions(fresh, TIMEFRAME_1M, from, &ought);
    ck_assert_mem_eq(&is, &ought, sizeof is);
    results_free(fresh);
}

static void add_all(struct results *r, struct results *other)
{
    results_add_all(r, other);
}

static void (*const joins[])(struct results *, struct results *) = {add_all, results_take};

/* All later, some earlier, none on either side; and more behind them. */
START_TEST(what_came_meanwhile_is_put_behind_the_past)
{
    static struct book b;
    static const int parts[] = {400, 0, 700, 64, 65};
    for (int way = 0; way < 2; way++)
        for (size_t k = 0; k < sizeof parts / sizeof *parts; k++)
            for (int overlap = 0; overlap < 2; overlap++) {
                struct results *meanwhile = results_new();
                struct excursions none;
                tear_down();
                set_up();
                b.count = 0;
                results_excursions(results, TIMEFRAME_1M, START + CLOCK_HOUR, &none);
                if (overlap == 0)
                    results_excursions(meanwhile, TIMEFRAME_1M, START + CLOCK_HOUR, &none);
                for (int i = 0; i < 700; i++) {
                    struct trade_result r =
                        any_trade(START + (i - (i >= parts[k] ? 50 * overlap : 0)) * CLOCK_MINUTE);
                    results_add(i < parts[k] ? results : meanwhile, &r);
                    book_add(&b, &r);
                }
                joins[way](results, meanwhile);
                results_free(meanwhile);
                assert_window(&b, INT64_MIN);
                for (int i = 0; i < 300; i++) {
                    struct trade_result r = any_trade(START + (650 + i) * CLOCK_MINUTE);
                    results_add(results, &r);
                    book_add(&b, &r);
                }
                for (int i = 0; i < 1000; i += 90)
                    assert_window(&b, START + i * CLOCK_MINUTE);
                assert_excursions(&b, START + 300 * CLOCK_MINUTE);
            }
}
END_TEST

START_TEST(what_is_taken_out_was_never_there)
{
    static struct book b;
    const struct trade_result stranger = {.exit_time = START - 1};
    b.count = 0;
    for (int64_t days = 90; b.count < MOST || days > 60; days -= 30) {
        while (b.count < MOST) {
            struct trade_result r = any_trade(START - (int64_t)draw(90) * CLOCK_DAY);
            results_add(results, &r);
            book_add(&b, &r);
        }
        assert_excursions(&b, START - days * CLOCK_DAY);
        for (size_t left = days > 30 ? 1 + draw(MOST) : 0; b.count > left;) {
            size_t i = draw(b.count);
            ck_assert(results_remove(results, &b.r[i]));
            memmove(&b.r[i], &b.r[i + 1], (--b.count - i) * sizeof b.r[0]);
            if (draw(200) == 0)
                assert_window(&b, START - (int64_t)draw(91) * CLOCK_DAY);
        }
        ck_assert(!results_remove(results, &stranger));
        assert_window(&b, START - 45 * CLOCK_DAY);
        assert_excursions(&b, START - days * CLOCK_DAY);
        if (b.count == 0)
            break;
    }
    ck_assert_uint_eq(b.count, 0);
}
END_TEST

START_TEST(numbers_at_the_edge_come_back_as_they_were)
{
    static struct book b;
    b.count = 0;
    const struct trade_result edges[] = {
        {.entry_time = 9, .exit_time = -5, .pnl = 1, .efficiency = NAN, .r_multiple = 1e-300},
        {.entry_time = INT64_C(1) << 60, .exit_time = 7, .pnl = -1, .r_multiple = INFINITY},
        {.exit_time = 8, .pnl = INT64_C(1) << 50, .mae = -1, .efficiency = 1.5, .r_multiple = NAN},
        {.exit_time = INT64_C(1) << 60, .pnl = -(INT64_C(1) << 50), .mfe = 1, .r_multiple = -0.0},
    };
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        results_add(results, &edges[i]);
        book_add(&b, &edges[i]);
    }
    for (size_t i = 0; i < sizeof edges / sizeof edges[0]; i++) {
        struct tally t;
        struct window same;
        struct statistics is;
        results_tally(results, edges[i].exit_time, &t, &same);
        statistics_of_tally(&t, &is);
        ck_assert_uint_eq(is.trades, sizeof edges / sizeof edges[0] - i);
        ck_assert_int_eq(is.best, i < 3 ? INT64_C(1) << 50 : -(INT64_C(1) << 50));
    }
    assert_window(&b, 8);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("results");
    TCase *t = tcase_create("results");
    tcase_add_checked_fixture(t, set_up, tear_down);
    tcase_set_timeout(t, 60);
    tcase_add_test(t, every_timeframe_equals_a_fresh_computation_as_trades_close_and_time_passes);
    tcase_add_test(t, trades_that_come_in_any_order_are_sorted_by_exit);
    tcase_add_test(t, what_came_meanwhile_is_put_behind_the_past);
    tcase_add_test(t, what_is_taken_out_was_never_there);
    tcase_add_test(t, numbers_at_the_edge_come_back_as_they_were);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
