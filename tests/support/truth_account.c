/* What the trades of an account add up to: its statistics, and the ledger of a SIM account. */
#include "support/truth_check.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum figure_kind { COUNT, MONEY, TIME, NUMBER };

#define FIGURE(name, kind, member)                                                                 \
    {                                                                                              \
        name, kind, offsetof(struct statistics, member)                                            \
    }
static const struct {
    const char *name;
    enum figure_kind kind;
    size_t offset;
} FIGURES[] = {
    FIGURE("Trades", COUNT, trades),
    FIGURE("Wins", COUNT, wins),
    FIGURE("Losses", COUNT, losses),
    FIGURE("Total P&L", MONEY, total),
    FIGURE("Best", MONEY, best),
    FIGURE("Worst", MONEY, worst),
    FIGURE("Commissions", MONEY, commissions),
    FIGURE("Hit rate", NUMBER, hit_rate),
    FIGURE("Profit factor", NUMBER, profit_factor),
    FIGURE("Expectancy", NUMBER, expectancy),
    FIGURE("Max drawdown", MONEY, max_drawdown),
    FIGURE("Max run-up", MONEY, max_runup),
    FIGURE("Avg time", TIME, average_time),
    FIGURE("Avg R", NUMBER, average_r),
    FIGURE("Wins in a row", COUNT, win_streak),
    FIGURE("Losses in a row", COUNT, loss_streak),
    FIGURE("Avg MAE", MONEY, average_mae),
    FIGURE("Avg MFE", MONEY, average_mfe),
    FIGURE("Avg efficiency", NUMBER, average_efficiency),
    FIGURE("Sharpe", NUMBER, sharpe),
};

/* A figure as text; equal figures give equal texts. */
static void figure_text(char target[32], size_t figure, const struct statistics *s)
{
    const void *at = (const char *)s + FIGURES[figure].offset;
    double number;
    int64_t amount;
    uint32_t count;
    switch (FIGURES[figure].kind) {
    case COUNT:
        memcpy(&count, at, sizeof count);
        text_format(target, 32, "%u", count);
        break;
    case MONEY:
    case TIME:
        memcpy(&amount, at, sizeof amount);
        text_format(target, 32, "%s", truth_money_text(amount));
        break;
    case NUMBER:
        memcpy(&number, at, sizeof number);
        text_format(target, 32, "%.8g", isnan(number) ? (double)NAN : number + 0.0);
        break;
    }
}

static bool same_figure(size_t figure, const struct statistics *a, const struct statistics *b)
{
    double x, y;
    char one[32], other[32];
    if (FIGURES[figure].kind == NUMBER) {
        memcpy(&x, (const char *)a + FIGURES[figure].offset, sizeof x);
        memcpy(&y, (const char *)b + FIGURES[figure].offset, sizeof y);
        return (isnan(x) && isnan(y)) || fabs(x - y) <= 1e-9 + 1e-9 * fabs(y);
    }
    figure_text(one, figure, a);
    figure_text(other, figure, b);
    return strcmp(one, other) == 0;
}

/* One sentence for timeframes, side by side, that hold the same trades. */
static void compare_figure(struct truth_report *r, size_t figure, const struct statistics *shown,
                           const struct statistics *truth)
{
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        char stored[32], recomputed[32];
        int first = t;
        if (same_figure(figure, &shown[t], &truth[t]))
            continue;
        while (t + 1 < TIMEFRAME_COUNT && same_figure(figure, &shown[t], &shown[t + 1]) &&
               same_figure(figure, &truth[t], &truth[t + 1]))
            t++;
        figure_text(stored, figure, &shown[t]);
        figure_text(recomputed, figure, &truth[t]);
        truth_differ(r, "statistics %s%s%s: %s is %s, recomputed %s",
                     timeframe_name((enum timeframe)first), t > first ? " to " : "",
                     t > first ? timeframe_name((enum timeframe)t) : "", FIGURES[figure].name,
                     stored, recomputed);
    }
}

/* By exit; those of one moment as they were recorded. */
static int compare_exits(const void *one, const void *other)
{
    const struct truth_booked *a = one, *b = other;
    if (a->result.exit_time != b->result.exit_time)
        return a->result.exit_time < b->result.exit_time ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static int compare_orders(const void *one, const void *other)
{
    const struct truth_booked *a = one, *b = other;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void sort(struct truth_booked *trades, size_t count,
                 int (*compare)(const void *, const void *))
{
    if (count > 0)
        qsort(trades, count, sizeof *trades, compare);
}

static struct truth_booked *stored_trades(const struct truth_account *a)
{
    struct truth_booked *trades = memory_new(a->stored_count + 1, sizeof *trades);
    for (size_t i = 0; i < a->stored_count; i++) {
        const struct truth_trade_row *t = &a->stored[i];
        trades[i].order = t->id;
        trades[i].result = (struct trade_result){.entry_time = t->entry_time,
                                                 .exit_time = t->exit_time,
                                                 .pnl = t->realized_pnl,
                                                 .commissions = t->commissions,
                                                 .mae = t->mae,
                                                 .mfe = t->mfe,
                                                 .efficiency = t->efficiency,
                                                 .r_multiple = t->r_multiple};
    }
    sort(trades, a->stored_count, compare_exits);
    return trades;
}

/* Those that exited at `from` or later; `results` has room for all. */
static size_t select_results(const struct truth_booked *trades, size_t count, int64_t from,
                             struct trade_result *results)
{
    size_t selected = 0;
    for (size_t i = 0; i < count; i++)
        if (trades[i].result.exit_time >= from && !trades[i].is_taken_back)
            results[selected++] = trades[i].result;
    return selected;
}

/* The console's own statistics of the trades that are stored, beside those of the trades that the
 * fills make, from the definitions. */
static void compare_statistics(struct truth_report *r, struct truth_account *a)
{
    struct truth_booked *stored = stored_trades(a);
    size_t room = (a->stored_count > a->booked_count ? a->stored_count : a->booked_count) + 1;
    struct trade_result *results = memory_new(room, sizeof *results);
    int64_t now = clock_wall_us();
    struct statistics shown[TIMEFRAME_COUNT], truth[TIMEFRAME_COUNT];
    sort(a->booked, a->booked_count, compare_exits);
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        int64_t from = timeframe_start((enum timeframe)t, now);
        statistics_compute(results, select_results(stored, a->stored_count, from, results),
                           &shown[t]);
        truth_statistics(results, select_results(a->booked, a->booked_count, from, results),
                         &truth[t]);
    }
    for (size_t f = 0; f < sizeof FIGURES / sizeof FIGURES[0]; f++)
        compare_figure(r, f, shown, truth);
    free(results);
    free(stored);
}

static money net_of(const struct truth_booked *b)
{
    return b->result.pnl - b->result.commissions;
}

static void say_unbooked(struct truth_report *r, const struct truth_booked *b)
{
    truth_differ(r, "ledger: the row of trade %lld (%s net) is missing", (long long)b->trade_id,
                 truth_money_text(net_of(b)));
}

/* The ledger as it is followed row by row. */
struct ledger {
    struct truth_report *report;
    const struct truth_booked *trades; /* those that change a balance, as they were recorded */
    size_t count, next;
    money balance;
};

/* So many trades that are missing from the ledger explain the row; SIZE_MAX: none do. */
static size_t skipped(const struct ledger *l, money cash)
{
    money sum = l->balance;
    for (size_t n = l->next; n < l->count; n++) {
        sum += net_of(&l->trades[n]);
        if (sum == cash)
            return n - l->next;
    }
    return SIZE_MAX;
}

static void follow_row(struct ledger *l, const struct truth_ledger_row *row,
                       const struct truth_ledger_row *after)
{
    bool is_left = l->next < l->count;
    money wanted = l->balance + (is_left ? net_of(&l->trades[l->next]) : 0);
    size_t missing = skipped(l, row->cash);
    if (missing != SIZE_MAX) {
        for (; missing > 0; missing--)
            say_unbooked(l->report, &l->trades[l->next++]);
        l->next++;
        l->balance = row->cash;
    } else if (!is_left || row->time < l->trades[l->next].time) {
        truth_differ(l->report, "ledger: row %lld (balance %s) is stored, no trade makes it",
                     (long long)row->id, truth_money_text(row->cash));
    } else {
        truth_differ(l->report, "ledger: row %lld: balance is stored as %s, recomputed %s",
                     (long long)row->id, truth_money_text(row->cash), truth_money_text(wanted));
        l->next++;
        /* one row, or all from here on? */
        bool is_one = after == NULL || after->opens_period || l->next == l->count ||
                      after->cash == wanted + net_of(&l->trades[l->next]);
        l->balance = is_one ? wanted : row->cash;
    }
}

/* The clock may have been set: that a trade was recorded before a period began is sure only when no
 * row of the period is of its moment. */
static bool is_of_before(const struct truth_booked *b, const struct truth_ledger_row *opening,
                         const struct truth_ledger_row *end)
{
    for (const struct truth_ledger_row *row = opening + 1; row < end; row++)
        if (row->time == b->time)
            return false;
    return b->time < opening->time;
}

static bool compare_ledger(sqlite3 *db, struct truth_report *r, struct truth_account *a)
{
    struct truth_ledger_row *rows;
    size_t row_count;
    struct ledger l = {.report = r, .trades = a->booked};
    bool done = truth_read_ledger(db, &r->key, &rows, &row_count);
    sort(a->booked, a->booked_count, compare_orders);
    for (size_t i = 0; i < a->booked_count; i++)
        if (net_of(&a->booked[i]) != 0)
            a->booked[l.count++] = a->booked[i];
    if ((row_count > 0 && !rows[0].opens_period) || (row_count == 0 && l.count > 0)) {
        truth_differ(r, "ledger: the row that opens it is missing");
        l.balance = row_count > 0 ? rows[0].cash - (l.count > 0 ? net_of(&l.trades[0]) : 0) : 0;
    }
    for (size_t i = 0; i < row_count; i++) {
        const struct truth_ledger_row *row = &rows[i];
        if (row->opens_period || !row->is_trade) {
            while (row->opens_period && l.next < l.count &&
                   is_of_before(&l.trades[l.next], row, rows + row_count))
                say_unbooked(r, &l.trades[l.next++]);
            l.balance = row->cash;
            continue;
        }
        follow_row(&l, row, i + 1 < row_count ? row + 1 : NULL);
    }
    while (row_count > 0 && l.next < l.count)
        say_unbooked(r, &l.trades[l.next++]);
    free(rows);
    return done;
}

bool truth_compare_account(sqlite3 *db, struct truth_report *r, struct truth_account *account)
{
    struct truth_account *a = account;
    compare_statistics(r, a);
    bool done = strcmp(r->key.mode, "SIM") != 0 || compare_ledger(db, r, a);
    a->booked_count = a->stored_count = 0;
    return done;
}
