/* A simulated day of trading with a fault every minute: soak HOURS SEED. The session always comes
 * back, every fill reaches the database once, positions and results are the broker's, memory and
 * descriptors stay as they are. */
#include "base/text.h"
#include "sim/random.h"
#include "soak/console.h"

#include <unistd.h>

enum {
    STEP = 500 * 1000,    /* us: nothing is late by more */
    CALM_MINUTES = 7,     /* at the end: positions, orders and fills have been asked for again */
    BACK_SECONDS = 60,    /* until the session is there again: time-out, back-off, logon */
    NOTICED_SECONDS = 30, /* that a connection is of no use any more, at the latest */
    WARM_HOURS = 6,       /* the simulator's own history is full: memory is compared with then */
    /* What is kept of a fill: by the state, under two names, by the simulator, in the buffers of
     * their answers, and by this test, its script included. And what the heap may be in pieces. */
    BYTES_A_FILL = 3072,
    BYTES_MORE = 4 << 20,
    QUIET_UNTIL_HOURS = 18, /* no kills from WARM_HOURS on until then */
    LATEST_KILL = 3000,     /* us after a turn began: about what the writer needs for it */
    LATEST_KILL_OF_START = 20000,
    DOUBTS_IN = 200,   /* trades there may be one that differs */
    MOST_WAITING = 256 /* changes that may wait for the writer at the end of a minute */
};

/* A line of a scenario each; up to two numbers are drawn for it. */
static const struct fault {
    const char *begin, *line, *end;
    struct {
        int least, most;
    } first, second;
    int lasts;  /* seconds, at most */
    bool kills; /* the console's process, while that is wanted */
    bool loses; /* messages, and nothing says so: prices may be missing */
} faults[] = {
    {.line = "'do':'drop'"},
    {.line = "'do':'refuse','for':%d", .first = {1, 25}, .lasts = 25},
    {.line = "'do':'stall','for':%d", .first = {1, 35}, .lasts = 35, .loses = true},
    {.line = "'do':'half-open'", .loses = true},
    {.line = "'do':'silent','for':%d", .first = {1, 35}, .lasts = 35, .loses = true},
    {.line = "'do':'delay','for':%d,'by':0.%d", .first = {5, 30}, .second = {1, 9}, .lasts = 30},
    {.line = "'do':'delay','for':%d,'by':%d", .first = {5, 15}, .second = {1, 4}, .lasts = 19},
    {.line = "'do':'lose','count':%d,'type':301", .first = {1, 3}},
    {.line = "'do':'lose','count':%d,'type':306", .first = {1, 3}},
    {.line = "'do':'lose','count':%d", .first = {1, 30}, .loses = true},
    {.line = "'do':'duplicate','count':%d,'type':301", .first = {1, 5}},
    {.line = "'do':'duplicate','count':%d", .first = {1, 100}},
    {.line = "'do':'reorder','count':%d", .first = {2, 30}, .loses = true},
    {.line = "'do':'split','for':0.2", .lasts = 1}, /* each byte costs the test a system call */
    {.line = "'do':'join','for':%d", .first = {5, 30}, .lasts = 30},
    {.line = "'do':'truncate'", .loses = true},
    {.line = "'do':'garbage','bytes':%d", .first = {1, 4000}, .loses = true},
    {.line = "'do':'wrong-size'", .loses = true},
    {.line = "'do':'oversized'", .loses = true},
    {.line = "'do':'wrong-encoding'", .loses = true},
    {.line = "'do':'logoff','reason':'the broker restarts'"},
    {.begin = "'do':'refuse-price-history','on':false",
     .line = "'do':'drop'",
     .end = "'do':'refuse-price-history','on':true",
     .lasts = 30},
    {.line = NULL}, /* the console itself ends and starts anew */
    {.line = NULL, .kills = true},
    {.line = NULL, .kills = true},
};

#define COUNT_OF(array) (int)(sizeof(array) / sizeof *(array))
enum { FAULTS = COUNT_OF(faults) };

/* What another terminal of the trader does meanwhile in the live account. */
static const char *const orders[] = {
    "'do':'order','side':'buy','type':'market','quantity':%d,'id':'soak-%d'",
    "'do':'order','side':'sell','type':'market','quantity':%d,'id':'soak-%d'",
    "'do':'bracket','side':'buy','type':'market','quantity':%d,'stop':1,'target':1,'id':'soak-%d'",
    "'do':'bracket','side':'sell','type':'market','quantity':%d,'stop':1,'target':1,'id':'soak-%d'",
    "'do':'flatten'",
    "'do':'flatten'",
};

static const char *const symbols[] = {MES, MNQ, "MCLF27_FUT_CME"};

static int hours;
static uint64_t seed;

static struct {
    struct sim_random random;
    int deck[FAULTS], dealt; /* faults in turn */
    int encoding;
    int64_t trouble_until; /* the latest fault may last until then */
    struct span {
        int64_t begin, end;  /* us UTC */
    } lossy[24 * 1000 * 60]; /* when messages may have been lost */
    int lossy_count;
    int64_t away_since; /* offline, and no fault is the reason */
    int64_t restart_at;
    bool is_kill; /* that restart */
    bool was_online;
    int minute, orders, faults, restarts, kills, reconnects;
    int64_t longest_away;
    size_t warm_memory, warm_fills; /* of both processes */
    int warm_descriptors;
} soak;

static int draw(int least, int most)
{
    return (int)sim_random_between(&soak.random, least, most);
}

/* The console. */

static int draw_encoding(void)
{
    return draw(DTC_ENCODING_AUTO, DTC_ENCODINGS - 1);
}

static void restart_console(void)
{
    console_ask(CONSOLE_ANEW, draw_encoding());
    soak.was_online = false;
    soak.restarts++;
}

/* Now and then the next one too, while it starts. */
static void kill_console(void)
{
    int latest = LATEST_KILL;
    do {
        console_kill(draw(0, latest));
        console_begin(draw_encoding());
        soak.was_online = false;
        soak.kills++;
        latest = LATEST_KILL_OF_START;
    } while (draw(0, 3) == 0);
}

/* What both sides have to say to each other at this moment. The clock waits for the operating
 * system to make a connection. */
static void live_through_moment(void)
{
    int rounds = 0;
    do {
        ck_assert_msg(rounds++ < SIM_ROUNDS, "the two do not stop talking");
        sim_server_service(sim.server, b.now, b.wall);
        console_ask(CONSOLE_TURN, 0);
    } while (console.last.more || console.last.connecting);
    sim_collect_fills();
}

static void watch_session(void)
{
    bool online = console.last.online;
    if (online && !soak.was_online)
        soak.reconnects++;
    if (online || b.now < soak.trouble_until)
        soak.away_since = b.now;
    soak.was_online = online;
    int64_t away = b.now - soak.away_since;
    if (away >= BACK_SECONDS * CLOCK_SECOND) {
        console_look();
        ck_abort_msg("the session does not come back: %s", b.shown.connection.sentence);
    }
    if (away > soak.longest_away)
        soak.longest_away = away;
}

/* Time passes. */

static void pass_seconds(int seconds)
{
    for (int64_t until = b.now + seconds * CLOCK_SECOND; b.now < until;) {
        b.now += STEP;
        b.wall += STEP;
        live_through_moment();
        if (soak.restart_at != 0 && b.now >= soak.restart_at) {
            soak.restart_at = 0;
            if (soak.is_kill)
                kill_console();
            else
                restart_console();
        }
        watch_session();
    }
}

/* The writer works in the real time: the day waits for it. */
static void await_writer(void)
{
    while (console.last.waiting > MOST_WAITING) {
        poll(NULL, 0, 1);
        console_ask(CONSOLE_TURN, 0);
    }
}

/* A process that is killed now and then shows no growth. */
static bool is_quiet(int minute)
{
    return minute >= WARM_HOURS * 60 && minute < QUIET_UNTIL_HOURS * 60;
}

static const struct fault *deal(void)
{
    if (soak.dealt == 0)
        for (int i = 0; i < FAULTS; i++) {
            int k = draw(0, i);
            soak.deck[i] = soak.deck[k];
            soak.deck[k] = i;
        }
    const struct fault *f = &faults[soak.deck[soak.dealt]];
    soak.dealt = (soak.dealt + 1) % FAULTS;
    return f;
}

/* Numbers are drawn one a statement: the order of arguments is the compiler's. */
static void plan_fault(void)
{
    const struct fault *f = deal();
    int second = draw(0, 25);
    int first_number = draw(f->first.least, f->first.most);
    int second_number = draw(f->second.least, f->second.most);
    int64_t at = b.now + second * CLOCK_SECOND;
    soak.faults++;
    if (f->loses)
        soak.lossy[soak.lossy_count++] =
            (struct span){b.wall + second * CLOCK_SECOND - CLOCK_SECOND,
                          b.wall + (second + f->lasts + NOTICED_SECONDS) * CLOCK_SECOND};
    soak.trouble_until = at + f->lasts * CLOCK_SECOND;
    if (f->line == NULL) {
        soak.restart_at = at;
        soak.is_kill = f->kills && !is_quiet(soak.minute);
    } else
        sim_plan(second, f->line, first_number, second_number);
    if (f->begin != NULL)
        sim_plan(second, "%s", f->begin);
    if (f->end != NULL)
        sim_plan(second + f->lasts, "%s", f->end);
}

static void plan_order(void)
{
    char line[256];
    int order = draw(0, COUNT_OF(orders) - 1), symbol = draw(0, COUNT_OF(symbols) - 1);
    int second = draw(0, 59), quantity = draw(1, 3);
    text_format(line, sizeof line, "%s,'account':'120005','symbol':'%s'", orders[order],
                symbols[symbol]);
    sim_plan(second, line, quantity, ++soak.orders);
}

/* In half of the minutes nothing happens but faults and what the trader does. */
static void trade_a_minute(void)
{
    if (draw(0, 1) == 1)
        sim_plan(0, "'do':'freeze','for':60");
    plan_fault();
    for (int i = draw(0, 2); i > 0; i--)
        plan_order();
    pass_seconds(60);
    await_writer();
}

static void end_all_positions(void)
{
    sim_plan(1, "'do':'freeze','for':600");
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        for (int i = 0; i < COUNT_OF(symbols); i++)
            sim_plan(2, "'do':'flatten','account':'%s','symbol':'%s'", sim_accounts[a].name,
                     symbols[i]);
    }
    pass_seconds(10);
}

static void measure(size_t *memory, int *open)
{
    console_look();
    *memory = resident() + console.last.memory;
    *open = descriptors() + console.last.descriptors;
}

static void check_resources(void)
{
    size_t memory;
    int open;
    measure(&memory, &open);
    size_t most = soak.warm_memory + BYTES_MORE + (sim.fill_count - soak.warm_fills) * BYTES_A_FILL;
    ck_assert_msg(memory <= most, "%zu KiB of memory have become %zu", soak.warm_memory >> 10,
                  memory >> 10);
    ck_assert_int_eq(open, soak.warm_descriptors);
}

static bool is_excused(int64_t entry, int64_t exit)
{
    for (int i = 0; i < soak.lossy_count; i++)
        if (entry <= soak.lossy[i].end && exit >= soak.lossy[i].begin)
            return true;
    return false;
}

/* The broker's fill of that id; those of ours are all known to be there. */
static const struct sim_fill *find_fill(const char *id)
{
    for (size_t i = 0; i < sim.fill_count; i++)
        if (strcmp(sim.fills[i].execution_id, id) == 0)
            return &sim.fills[i];
    ck_abort_msg("fill %s was never made", id);
}

/* A trade that is not marked as having missed prices has the lowest and the highest that its
 * position had at the broker, through all that has happened. Where a connection was made anew,
 * times in seconds leave a doubt about the prices of the first and the last. */
static void check_extremes(void)
{
    static const char sql[] =
        "SELECT f.execution_id, t.entry_time, t.exit_time, t.min_price, t.max_price, t.id FROM "
        "trade t JOIN fill f ON f.id = (SELECT max(id) FROM fill WHERE trade_id = t.id) WHERE NOT "
        "t.has_gap AND NOT EXISTS (SELECT 1 FROM trade WHERE first_fill = f.id) ORDER BY t.id";
    sqlite3 *db;
    sqlite3_stmt *s;
    int compared = 0, differ = 0;
    char last[256] = "";
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &s, NULL), SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const struct sim_fill *f = find_fill((const char *)sqlite3_column_text(s, 0));
        double low = sqlite3_column_double(s, 3), high = sqlite3_column_double(s, 4);
        if (is_excused(sqlite3_column_int64(s, 1), sqlite3_column_int64(s, 2)))
            continue;
        compared++;
        if (fabs(low - f->low) < 1e-9 && fabs(high - f->high) < 1e-9)
            continue;
        differ++;
        text_format(last, sizeof last, "trade %d: %.10g to %.10g, not %.10g to %.10g",
                    sqlite3_column_int(s, 5), low, high, f->low, f->high);
    }
    sqlite3_finalize(s);
    sqlite3_close(db);
    ck_assert_int_gt(compared, 0);
    ck_assert_msg(differ * DOUBTS_IN <= compared, "extremes of %d trades of %d differ: %s", differ,
                  compared, last);
}

static money query_money(const char *format, const char *account)
{
    char sql[256];
    text_format(sql, sizeof sql, format, account);
    return (money)query(sql);
}

/* Once everything is flat: what a server reports is kept as it said; the SIM ledger is the sum of
 * the trades, which is what the broker's books say. Sierra Chart's simulation reports nothing. */
static void check_balances(void)
{
    for (int i = 0; i < SIM_ACCOUNTS; i++) {
        struct account_key key = sim_account_key(i);
        bool is_sim = key.mode == MODE_SIM, is_told = !is_sim || !sim.options.terms.is_sierra;
        int at = snapshot_find_account(&b.shown, &key);
        ck_assert_int_ge(at, 0);
        const struct account *a = &b.shown.accounts[at];
        money theirs = sim_exchange_ledger(sim_exchange())->cash[i];
        ck_assert_int_eq(a->reported.cash, is_told ? theirs : MONEY_UNSET);
        if (is_told)
            ck_assert_int_eq(query_money("SELECT cash FROM balance WHERE NOT ledger AND "
                                         "account = '%s' ORDER BY id DESC LIMIT 1",
                                         key.account),
                             theirs);
        if (!is_sim)
            continue;
        money earned = a->ledger.cash - 10000 * MONEY_ONE;
        ck_assert_int_eq(query_money("SELECT cash FROM balance WHERE ledger AND account = '%s' "
                                     "ORDER BY id DESC LIMIT 1",
                                     key.account),
                         a->ledger.cash);
        ck_assert_int_eq(query_money("SELECT total(realized_pnl - commissions) FROM trade "
                                     "WHERE account = '%s'",
                                     key.account),
                         earned);
        ck_assert_int_eq(earned, theirs - money_from_double(sim_accounts[i].start_balance));
    }
}

START_TEST(a_day_with_a_fault_a_minute_loses_nothing_and_counts_nothing_twice)
{
    int64_t real = clock_monotonic_us();
    soak.random.state = seed;
    sim.options =
        (struct sim_server_options){.seed = seed,
                                    .bots = true,
                                    .terms.is_sierra = seed % 3 == 0,
                                    /* most of the time: the day so far is more than all the rest */
                                    .terms.refuses_price_history = true};
    sim_begin();
    console_begin(draw_encoding());
    soak.away_since = b.now;
    pass_seconds(5);
    ck_assert(console.last.online);
    for (; soak.minute < hours * 60; soak.minute++) {
        if (soak.minute == WARM_HOURS * 60) {
            measure(&soak.warm_memory, &soak.warm_descriptors);
            soak.warm_fills = sim.fill_count;
        }
        if (soak.minute == QUIET_UNTIL_HOURS * 60)
            check_resources();
        trade_a_minute();
    }
    pass_seconds(CALM_MINUTES * 60);
    ck_assert(console.last.online);
    console_look();
    sim_check_shown_positions();
    end_all_positions();
    console_look();
    sim_check_shown_positions();
    console_finish();
    sim_check_trades();
    check_extremes();
    sim_check_fills();
    sim_check_results();
    check_balances();
    printf("seed %llu: %d faults, %d reconnects, %d restarts, %d kills, at most %d s away, "
           "%zu fills, %.0f trades, %zu MiB, %.0f s\n",
           (unsigned long long)seed, soak.faults, soak.reconnects, soak.restarts, soak.kills,
           (int)(soak.longest_away / CLOCK_SECOND), sim.fill_count,
           query("SELECT count(*) FROM trade"), resident() >> 20,
           (double)(clock_monotonic_us() - real) / CLOCK_SECOND);
    tear_down();
    sim_end();
}
END_TEST

/* Its checks fail like those of the test: with a sentence. */
static char **console_arguments;

START_TEST(the_console_lives)
{
    console_serve(console_arguments);
}
END_TEST

static int run_console(void)
{
    Suite *s = suite_create("console");
    TCase *t = tcase_create("console");
    tcase_set_timeout(t, 0);
    tcase_add_test(t, the_console_lives);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    if (failed > 0)
        srunner_print(runner, CK_NORMAL);
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int run(void)
{
    Suite *s = suite_create("soak");
    TCase *t = tcase_create("soak");
    tcase_add_unchecked_fixture(t, set_up, NULL); /* who fails leaves the files there */
    tcase_set_timeout(t, 0);
    tcase_add_test(t, a_day_with_a_fault_a_minute_loses_nothing_and_counts_nothing_twice);
    suite_add_tcase(s, t);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_SILENT);
    int failed = srunner_ntests_failed(runner);
    if (failed > 0) {
        TestResult **results = srunner_failures(runner);
        printf("seed %llu: %s:%d: %s; its files are in %s; repeat it with: "
               "make soak SEEDS=%llu HOURS=%d\n",
               (unsigned long long)seed, tr_lfile(results[0]), tr_lno(results[0]),
               tr_msg(results[0]), b.directory, (unsigned long long)seed, hours);
        free(results);
    }
    srunner_free(runner);
    return failed > 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    char *end_of_hours = NULL, *end_of_seed = NULL;
    console.program = argv[0];
    if (argc == 8 && strcmp(argv[1], "--console") == 0) {
        console_arguments = argv + 2;
        return run_console();
    }
    if (argc == 3) {
        hours = (int)strtol(argv[1], &end_of_hours, 10);
        seed = strtoull(argv[2], &end_of_seed, 10);
    }
    if (argc != 3 || *end_of_hours != '\0' || *end_of_seed != '\0' || hours < 1 || hours > 1000) {
        fputs("usage: soak HOURS SEED\n", stderr);
        return 2;
    }
    return run();
}
