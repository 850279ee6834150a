/* A million trades in the database: statistics at a trade's close, the equity curve, and the whole
 * console's start. */
#include "base/clock.h"
#include "bench/process.h"
#include "store/repository.h"

#include <signal.h>
#include <sqlite3.h>

enum { TRADES = 1000000, CLOSES = 2000, STARTS = 5 };

static const int64_t START = INT64_C(1795000000000000); /* us UTC */

/* --- the state alone --- */

static uint64_t seed = 88172645463325252;

static int64_t draw(int64_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (int64_t)(seed % (uint64_t)below);
}

/* One in two minutes, the last of them at START. */
static void add_past(struct state *s)
{
    struct account_key key = bench_key();
    struct results *results = results_new();
    struct curve *curve = curve_new();
    money balance = 10000 * MONEY_ONE;
    for (int i = TRADES - 1; i >= 0; i--) {
        struct trade_result r = {.exit_time = START - i * 2 * CLOCK_MINUTE,
                                 .pnl = (draw(41) - 20) * 1250000,
                                 .commissions = 1240000,
                                 .mae = -draw(20) * 1250000,
                                 .efficiency = (double)NAN,
                                 .r_multiple = (double)NAN};
        r.entry_time = r.exit_time - draw(CLOCK_HOUR);
        r.mfe = (r.pnl > 0 ? r.pnl : 0) + draw(20) * 1250000;
        r.efficiency = position_efficiency(r.pnl, r.mfe);
        if (i % 2)
            r.r_multiple = (double)r.pnl / 12500000.0;
        results_add(results, &r);
        curve_add(curve, r.exit_time, balance += r.pnl - r.commissions);
    }
    state_begin_loading(s);
    state_take_past(s, &key, results, curve);
    state_end_loading(s);
}

static void close_trade(struct state *s, int number, int64_t *now)
{
    struct change c;
    struct fill f = bench_fill(number, START);
    *now = f.time;
    bench_require(state_apply_fill(s, &f, ORIGIN_LIVE, "fill", *now, &c) == FILL_APPLIED,
                  "a fill was refused");
}

/* Each close two minutes after the one before: each moves the start of every window too. */
static void measure_closes(struct bench *b)
{
    static double update[CLOSES], slide[CLOSES];
    struct state *s = state_new(&(struct state_options){.sim_start_balance = MONEY_ONE}, START);
    struct account_key key = bench_key();
    int64_t now = START;
    char note[96];
    bench_add_symbol(s);
    state_set_view(s, &key, true, "bench", START);
    add_past(s);
    state_advance(s, START);
    for (int i = 0; i < CLOSES; i++) {
        close_trade(s, 2 * i, &now);
        int64_t start = bench_now();
        close_trade(s, 2 * i + 1, &now);
        state_advance(s, now);
        update[i] = (double)(bench_now() - start) / 1000;
        start = bench_now();
        state_advance(s, now + CLOCK_SECOND);
        slide[i] = (double)(bench_now() - start) / 1000;
    }
    double median = bench_median(update, CLOSES);
    text_format(note, sizeof note,
                "99th percentile %.1f µs; the fill and the equity curve included",
                update[CLOSES * 99 / 100]);
    bench_row_limit(b, "a trade's close updates all statistics, 1,000,000 trades", median, "µs", 20,
                    note);
    bench_row("windows slide by a second, 1,000,000 trades", "", "%.2f µs",
              bench_median(slide, CLOSES));
    state_free(s);
}

/* --- the console's start --- */

/* Trades two minutes apart up to now, the balances that they led to, and the fills of the last 60
 * days: those before them are never looked at. */
static const char PAST[] =
    "BEGIN;"
    "INSERT INTO trade (mode, account, symbol, side, quantity, entry_time, entry_price, exit_time, "
    "exit_price, realized_pnl, commissions, mae, mfe, efficiency, r_multiple, entry_partial, "
    "exit_partial, origin, has_gap, created_at) "
    "WITH RECURSIVE n(i) AS (SELECT ?1 UNION ALL SELECT i - 1 FROM n WHERE i > 1) "
    "SELECT 'SIM', 'Sim1', 'MESZ26_FUT_CME', 'long', 1, ?2 - i * 120000000 - 45000000, 5050, "
    "?2 - i * 120000000, 5051, (i * 7919 % 41 - 20) * 1250000, 1240000, -(i % 17) * 1250000, "
    "30000000, max(0, (i * 7919 % 41 - 20) * 1250000) / 30000000.0, (i * 7919 % 41 - 20) / 10.0, "
    "0, 0, 'live', 0, ?2 - i * 120000000 "
    "FROM n;"
    "INSERT INTO balance (mode, account, time, cash, currency, ledger, opens_period, "
    "trading_disabled, limit_reached, why) "
    "SELECT mode, account, exit_time, "
    "10000000000 + sum(realized_pnl - commissions) OVER (ORDER BY id), 'USD', 1, id = 1, 0, 0, "
    "'trade' FROM trade;"
    "INSERT INTO fill (identity, mode, account, symbol, side, quantity, price, time, execution_id, "
    "order_id, trade_id) "
    "SELECT 'Sim1|MESZ26_FUT_CME|e:' || s.name || t.id, mode, account, symbol, s.name, 1, 5050, "
    "CASE s.name WHEN 'long' THEN entry_time ELSE exit_time END, s.name || t.id, 'o' || s.name || "
    "t.id, t.id FROM trade t, (SELECT 'long' AS name UNION SELECT 'short') s "
    "WHERE exit_time >= ?2 - 60 * 86400000000;"
    "INSERT INTO meta (name, value) VALUES ('since:Sim1', '1');"
    "COMMIT;";

static void write_past(const char *directory)
{
    char path[300];
    struct error error = {0};
    text_format(path, sizeof path, "%s/sortie.db", directory);
    struct repository *r = repository_open(path, &error);
    bench_require(r != NULL, error.text);
    repository_close(r);
    sqlite3 *db;
    int64_t now = clock_wall_us();
    bench_require(sqlite3_open(path, &db) == SQLITE_OK &&
                      sqlite3_exec(db, "PRAGMA synchronous = OFF; PRAGMA cache_size = -65536", NULL,
                                   NULL, NULL) == SQLITE_OK,
                  "no database");
    for (const char *rest = PAST; *rest != '\0';) {
        sqlite3_stmt *statement;
        bench_require(sqlite3_prepare_v2(db, rest, -1, &statement, &rest) == SQLITE_OK,
                      sqlite3_errmsg(db));
        if (sqlite3_bind_parameter_count(statement) > 0)
            sqlite3_bind_int(statement, 1, TRADES);
        if (sqlite3_bind_parameter_count(statement) > 1)
            sqlite3_bind_int64(statement, 2, now);
        bench_require(sqlite3_step(statement) == SQLITE_DONE, sqlite3_errmsg(db));
        sqlite3_finalize(statement);
    }
    sqlite3_close(db);
}

struct start {
    double frame, complete; /* ms from exec */
    double processor;       /* ms until then, all threads */
    double resident, peak;  /* MB, with the statistics complete */
};

/* The statistics are asked of the snapshot that the console publishes. */
static void start_once(int port, const char *directory, struct start *s)
{
    static struct snapshot copy;
    struct program console;
    struct snapshot_map *map = NULL;
    char path[300], old[300];
    text_format(path, sizeof path, "%s/sortie.snap", directory);
    text_format(old, sizeof old, "%s/old.snap", directory);
    rename(path, old);
    int64_t start = bench_now(), end = start + PATIENCE_NS;
    s->frame = s->complete = 0;
    program_start_console(&console, port, directory, "");
    while (s->frame == 0 || s->complete == 0) {
        bench_require(program_take_in(&console, 5) && bench_now() < end, "no statistics come");
        if (s->frame == 0 && console.drawn)
            s->frame = (double)(bench_now() - start) / 1e6;
        if (map == NULL)
            map = snapshot_map_open(path, NULL);
        if (map != NULL && s->complete == 0 && snapshot_read(map, &copy) > 0 &&
            copy.statistics_ready) {
            s->complete = (double)(bench_now() - start) / 1e6;
            s->processor = program_processor(console.pid);
        }
    }
    program_listen(&console, bench_now() + INT64_C(1500000000)); /* until it is shown */
    bench_require(snapshot_read(map, &copy) > 0 && strcmp(copy.view.account, "Sim1") == 0 &&
                      copy.statistics[TIMEFRAME_ALL].trades == TRADES &&
                      copy.equity[TIMEFRAME_ALL].count > SNAPSHOT_EQUITY / 3,
                  "the statistics are not those of the database");
    s->resident = program_memory(console.pid, "VmRSS:");
    s->peak = program_memory(console.pid, "VmHWM:");
    snapshot_map_close(map);
    program_end(&console);
}

static void measure_starts(struct bench *b)
{
    struct program server = {0};
    struct start s[STARTS];
    double frame[STARTS], complete[STARTS], resident[STARTS], processor[STARTS];
    char directory[256], note[96];
    bench_directory_make(directory, sizeof directory);
    write_past(directory);
    int port = program_start_server(&server, "0", false);
    for (int i = 0; i < STARTS; i++) {
        start_once(port, directory, &s[i]);
        frame[i] = s[i].frame;
        complete[i] = s[i].complete;
        resident[i] = s[i].resident;
        processor[i] = s[i].processor;
    }
    program_end(&server);
    bench_directory_remove(directory);
    double median = bench_median(frame, STARTS);
    text_format(note, sizeof note, "from exec; longest of %d: %.1f ms", STARTS, frame[STARTS - 1]);
    bench_row_limit(b, "console: first frame with 1,000,000 trades", median, "ms", 100, note);
    median = bench_median(complete, STARTS);
    text_format(note, sizeof note, "from exec; longest of %d: %.1f ms; of the processor %.0f ms",
                STARTS, complete[STARTS - 1], bench_median(processor, STARTS));
    bench_row_limit(b, "console: statistics complete, 1,000,000 trades", median, "ms", 1000, note);
    text_format(note, sizeof note, "peak %.1f MB", s[0].peak);
    bench_row_limit(b, "console: resident memory with 1,000,000 trades",
                    bench_median(resident, STARTS), "MB", 64, note);
}

int main(void)
{
    struct bench b = {0};
    bench_begin();
    signal(SIGPIPE, SIG_IGN);
    measure_closes(&b);
    measure_starts(&b);
    return bench_end(&b);
}
