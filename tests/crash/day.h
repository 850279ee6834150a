/* A scripted day of trading: the console in a process of its own that may die, the simulated broker
 * in this one, on one clock that the console moves. What the console posts and what it was told is
 * durable it writes down in shared memory, so that its database can be held against it. */
#ifndef SORTIE_TESTS_CRASH_DAY_H
#define SORTIE_TESTS_CRASH_DAY_H

#include "crash/calls.h"
#include "crash/vfs.h"
#include "integration/sim_bench.h"
#include "store/backup.h"
#include "store/spill.h"

#include <dirent.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

enum {
    DAY_SECONDS = 24,
    CALM_SECONDS = 12, /* reconciled by then */
    TAPE_SIZE = 4096,
    EXIT_REFUSED = 3 /* the console could not start, and has said why */
};

/* What another terminal of the trader does: two accounts, three symbols; a position is opened,
 * added to, reduced, reversed and closed; stops and targets are set, moved, cancelled and filled.
 * The fill of a6 is lost on its way, and found when that of a9 is counted. */
static const struct {
    double at;
    const char *line;
} day_lines[] = {
    {0, "'do':'freeze','for':100000"},
    {1, "'do':'order','account':'Sim1','symbol':'" MES
        "','side':'buy','type':'market','quantity':2,'id':'a1'"},
    {1.5, "'do':'price','symbol':'" MES "','price':5046.25"},
    {2, "'do':'order','account':'Sim1','symbol':'" MES
        "','side':'sell','type':'stop','quantity':2,'price':5040,'id':'a1s'"},
    {3, "'do':'order','account':'Sim1','symbol':'" MES
        "','side':'buy','type':'market','quantity':1,'id':'a2'"},
    {3.5, "'do':'price','symbol':'" MES "','price':5053.75"},
    {4, "'do':'bracket','account':'120005','symbol':'" MNQ
        "','side':'sell','type':'market','quantity':3,'stop':40,'target':60,'id':'b'"},
    {5, "'do':'price','symbol':'" MNQ "','price':20990"},
    {5.5, "'do':'price','symbol':'" MNQ "','price':21010"},
    {6, "'do':'replace','id':'b-s','price':21030"},
    {6, "'do':'replace','id':'a1s','price':5044,'quantity':3"},
    {7, "'do':'order','account':'Sim1','symbol':'" MES
        "','side':'sell','type':'market','quantity':1,'id':'a3'"},
    {8, "'do':'order','account':'Sim1','symbol':'MCLF27_FUT_CME','side':'buy','type':'limit',"
        "'quantity':2,'price':71.5,'id':'a4'"},
    {9, "'do':'cancel','id':'a1s'"},
    {9, "'do':'order','account':'Sim1','symbol':'" MES
        "','side':'sell','type':'market','quantity':5,'id':'a5'"},
    {9.5, "'do':'price','symbol':'" MES "','price':5056.5"},
    {10, "'do':'price','symbol':'MCLF27_FUT_CME','price':71.4"},
    {11, "'do':'price','symbol':'" MNQ "','price':20930"},
    {12, "'do':'order','account':'120005','symbol':'" MES
         "','side':'buy','type':'market','quantity':1,'id':'c1'"},
    {13, "'do':'lose','count':2,'type':301"},
    {13, "'do':'order','account':'Sim1','symbol':'" MES
         "','side':'buy','type':'market','quantity':3,'id':'a6'"},
    {14, "'do':'order','account':'Sim1','symbol':'" MES
         "','side':'buy','type':'market','quantity':1,'id':'a9'"},
    {14, "'do':'order','account':'120005','symbol':'" MES
         "','side':'sell','type':'stop','quantity':1,'price':5050,'id':'c2'"},
    {15, "'do':'price','symbol':'" MES "','price':5049"},
    {16, "'do':'order','account':'Sim1','symbol':'MCLF27_FUT_CME','side':'sell','type':'market',"
         "'quantity':2,'id':'a7'"},
    {17, "'do':'order','account':'Sim1','symbol':'" MNQ
         "','side':'buy','type':'market','quantity':1,'id':'a8'"},
    {17, "'do':'order','account':'120005','symbol':'" MNQ
         "','side':'sell','type':'market','quantity':2,'id':'d1'"},
    {18, "'do':'price','symbol':'" MNQ "','price':20925.25"},
    {19, "'do':'flatten','account':'Sim1'"},
    {20, "'do':'flatten','account':'120005'"},
};

/* What the user does at the console. */
static const struct {
    int second;
    struct command command;
} day_commands[] = {
    {8, {.kind = COMMAND_VIEW, .key = {MODE_LIVE, "120005"}}},
    {10, {.kind = COMMAND_RECONCILE}},
    {15, {.kind = COMMAND_UNPIN}},
    {18, {.kind = COMMAND_NEW_PERIOD, .key = {MODE_SIM, "Sim1"}}},
};

/* What is told to the parent. */
static struct tape {
    atomic_int boundaries[SIDES];
    atomic_uint_least64_t durable;
    atomic_int count;
    struct change changes[TAPE_SIZE];
} * tape; /* NULL: nothing is recorded */

/* The writer takes all that a moment brings in one transaction and waits for the next: the same day
 * has the same boundaries, however fast the machine is. */
static struct {
    pthread_mutex_t lock;
    pthread_cond_t moved;
    bool shut, waits, lost, first;
    int permits;
    uint64_t durable, urgent; /* urgent: of the last change that does not wait on purpose */
} gate = {.lock = PTHREAD_MUTEX_INITIALIZER, .moved = PTHREAD_COND_INITIALIZER};

static struct {
    atomic_int *kills; /* consoles killed; shared */
    char scratch[256], expected[320], spill[300];
    int socket; /* in the console's process: to the broker's */
} day;

void __real_writer_post(struct writer *w, const struct change *changes, size_t count);
void __wrap_writer_post(struct writer *w, const struct change *changes, size_t count);
void __wrap_writer_post(struct writer *w, const struct change *changes, size_t count)
{
    if (tape != NULL) {
        size_t taped = (size_t)atomic_load(&tape->count);
        if (taped + count > TAPE_SIZE)
            abort();
        memcpy(&tape->changes[taped], changes, count * sizeof *changes);
        atomic_store(&tape->count, (int)(taped + count));
    }
    for (size_t i = 0; i < count; i++)
        if (changes[i].kind != CHANGE_EXTREMES)
            gate.urgent = changes[i].sequence;
    __real_writer_post(w, changes, count);
}

static inline void day_on_durable(void *context, uint64_t sequence)
{
    (void)context;
    pthread_mutex_lock(&gate.lock);
    if (!gate.first) {
        if (tape != NULL)
            atomic_store(&tape->durable, sequence);
        gate.durable = sequence;
        state_acknowledge(b.state, sequence);
    }
    gate.first = false;
    gate.waits = true;
    pthread_cond_broadcast(&gate.moved);
    while (gate.shut && gate.permits == 0)
        pthread_cond_wait(&gate.moved, &gate.lock);
    gate.permits = 0;
    gate.waits = false;
    pthread_mutex_unlock(&gate.lock);
}

static inline void day_on_trouble(void *context, bool lost, const char *sentence)
{
    (void)context;
    state_set_store_trouble(b.state, lost, sentence);
    pthread_mutex_lock(&gate.lock);
    gate.lost = lost;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

static inline void gate_wait_for_writer(void)
{
    while (!gate.waits && !gate.lost)
        pthread_cond_wait(&gate.moved, &gate.lock);
}

/* What this moment has brought is stored. */
static inline void gate_pass(void)
{
    pthread_mutex_lock(&gate.lock);
    while (gate.shut && gate.durable < gate.urgent && !gate.lost) {
        gate_wait_for_writer();
        gate.permits = 1;
        gate.waits = false;
        pthread_cond_broadcast(&gate.moved);
        gate_wait_for_writer();
    }
    pthread_mutex_unlock(&gate.lock);
}

static inline void gate_close(void)
{
    /* nothing, which is acknowledged: from then on the writer waits */
    struct change nothing = {.sequence = 1, .kind = CHANGE_EXTREMES};
    text_copy(nothing.after.symbol, sizeof nothing.after.symbol, "-");
    gate.shut = gate.first = true;
    __real_writer_post(b.writer, &nothing, 1);
    pthread_mutex_lock(&gate.lock);
    gate_wait_for_writer();
    pthread_mutex_unlock(&gate.lock);
}

static inline void gate_open(void)
{
    pthread_mutex_lock(&gate.lock);
    gate.shut = false;
    pthread_cond_broadcast(&gate.moved);
    pthread_mutex_unlock(&gate.lock);
}

/* The console's way of starting. NULL or what went wrong. */
static inline const char *day_load(struct repository **r)
{
    static struct error error;
    size_t replayed;
    error = (struct error){0};
    *r = repository_open(b.database, &error);
    if (*r == NULL || !spill_replay(day.spill, *r, &replayed, &error))
        return error.text;
    return error.code == ERROR_NONE ? NULL : error.text;
}

static inline bool day_start(bool gated)
{
    struct error error = {0};
    struct repository *r;
    struct state_options state = {.sim_start_balance = 10000 * MONEY_ONE};
    const char *refusal = day_load(&r);
    if (refusal != NULL) {
        repository_close(r);
        return false;
    }
    b.commands = command_queue_new();
    b.state = state_new(&state, b.wall);
    b.log = log_open(b.log_path, LOG_LEVEL_DEBUG, NULL);
    b.engine = engine_new(&(struct engine_options){&b.config, b.state, b.commands, b.log});
    b.engine->now = b.now;
    b.engine->wall = b.wall;
    gate.durable = gate.urgent = 0;
    gate.lost = gate.first = gate.waits = false;
    if (!engine_restore(b.engine, r, &error) || !engine_load(b.engine, r, &error))
        return false;
    b.writer = writer_start(
        r, day.spill, &(struct writer_listener){NULL, day_on_durable, day_on_trouble}, &error);
    if (b.writer == NULL)
        return false;
    if (gated)
        gate_close();
    b.engine->writer = b.writer;
    engine_connect(b.engine);
    return true;
}

static inline int64_t day_end(void)
{
    return sim.started + DAY_SECONDS * CLOCK_SECOND;
}

static inline void day_give_commands(int64_t before)
{
    for (size_t i = 0; i < sizeof day_commands / sizeof *day_commands; i++) {
        int64_t at = sim.started + day_commands[i].second * CLOCK_SECOND;
        if (at > before && at <= b.now)
            command_post(b.commands, &day_commands[i].command);
    }
}

/* --- the console's process --- */

struct day_moment {
    int64_t now, wall;
};

/* The broker does what is due, and has answered. */
static inline void day_ask_broker(void)
{
    struct day_moment m = {b.now, b.wall};
    char done;
    if (write(day.socket, &m, sizeof m) != sizeof m || read(day.socket, &done, 1) != 1)
        _exit(EXIT_FAILURE);
}

static inline void day_turn(void)
{
    int ready = 1;
    for (int rounds = 0; ready > 0 || is_connecting(); rounds++) {
        struct pollfd p = {0};
        if (rounds == SIM_ROUNDS)
            _exit(EXIT_FAILURE);
        day_ask_broker();
        p.fd = dtc_session_descriptor(b.engine->session, &p.events);
        ready = poll(&p, 1, is_connecting() ? 10 : 0);
        b.engine->now = b.now;
        b.engine->wall = b.wall;
        engine_turn(b.engine, p.fd >= 0 && ready > 0 ? p.revents : 0);
    }
    gate_pass();
}

struct day_plan {
    struct boundary_plan plans[SIDES];
    int64_t until; /* monotonic: it ends then */
    bool killed;   /* at its end; else it stops as a user stops it */
    bool free;     /* the writer goes its own pace */
};

static inline void day_lose_unsynced(void)
{
    vfs_lose_unsynced();
    calls_lose_unsynced();
}

/* From here on boundaries count. */
static inline void day_arm(const struct day_plan *plan)
{
    memcpy(boundary.plans, plan->plans, sizeof boundary.plans);
    boundary.counts = tape->boundaries;
    boundary.lose_unsynced = day_lose_unsynced;
    vfs_install();
}

static inline void day_run_console(const struct day_plan *plan)
{
    day_arm(plan);
    if (!day_start(!plan->free))
        _exit(EXIT_REFUSED);
    while (b.now < plan->until) {
        int64_t before = b.now;
        b.now += SIM_STEP;
        b.wall += SIM_STEP;
        day_give_commands(before);
        day_turn();
    }
    if (plan->killed)
        boundary_die();
    gate_open();
    writer_stop(b.writer, NULL);
}

/* --- the broker's --- */

static inline void day_serve_moment(void)
{
    sim_server_service(sim.server, b.now, b.wall);
    sim_collect_fills();
}

/* A process that does `run` and is killed `delay` us after its `kill_at`th question to the broker
 * (0: not by us). Killed, at its end, or refused: nothing else becomes of it. Returns how many
 * questions it asked. */
static inline int day_fork(void (*run)(const struct day_plan *plan), const struct day_plan *plan,
                           int kill_at, int delay)
{
    int ends[2], status, asked = 0;
    struct day_moment m;
    memset(tape, 0, offsetof(struct tape, changes));
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    fflush(NULL);
    pid_t pid = fork();
    ck_assert_int_ge(pid, 0);
    if (pid == 0) {
        close(ends[0]);
        day.socket = ends[1];
        run(plan);
        _exit(EXIT_SUCCESS);
    }
    close(ends[1]);
    while (read(ends[0], &m, sizeof m) == sizeof m) {
        b.now = m.now;
        b.wall = m.wall;
        day_serve_moment();
        if (write(ends[0], "", 1) != 1)
            break;
        if (++asked == kill_at) {
            nanosleep(&(struct timespec){.tv_nsec = delay * 1000L}, NULL);
            kill(pid, SIGKILL);
        }
    }
    close(ends[0]);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    bool ended = WIFEXITED(status) &&
                 (WEXITSTATUS(status) == EXIT_SUCCESS || WEXITSTATUS(status) == EXIT_REFUSED);
    atomic_fetch_add(day.kills, killed);
    ck_assert_msg(killed || ended, "the console ended with status %#x", (unsigned)status);
    return asked;
}

/* The market goes on without a console. */
static inline void day_stay_away(int seconds)
{
    for (int64_t until = b.now + seconds * CLOCK_SECOND; b.now < until;) {
        b.now += SIM_STEP;
        b.wall += SIM_STEP;
        day_serve_moment();
    }
}

/* --- the database against the tape --- */

static inline void day_copy_file(const char *from, const char *to)
{
    char block[1 << 16];
    size_t got;
    FILE *in = fopen(from, "rb"), *out = fopen(to, "wb");
    ck_assert(in != NULL && out != NULL);
    while ((got = fread(block, 1, sizeof block, in)) > 0)
        ck_assert_uint_eq(fwrite(block, 1, got, out), got);
    fclose(in);
    ck_assert_int_eq(fclose(out), 0);
}

/* The console's files as a restart finds them, in a directory where nothing hurts them. */
static inline void day_copy_all(void)
{
    char from[600], to[600];
    struct dirent *e;
    DIR *d = opendir(b.directory);
    ck_assert_ptr_nonnull(d);
    while ((e = readdir(d)) != NULL) {
        struct stat st;
        size_t length = strlen(e->d_name);
        text_format(from, sizeof from, "%s/%s", b.directory, e->d_name);
        text_format(to, sizeof to, "%s/%s", day.scratch, e->d_name);
        if (stat(from, &st) != 0 || !S_ISREG(st.st_mode) ||
            (length > 4 && strcmp(e->d_name + length - 4, "-shm") == 0))
            continue;
        day_copy_file(from, to);
    }
    closedir(d);
}

static inline void day_empty_scratch(void)
{
    char path[600];
    struct dirent *e;
    DIR *d = opendir(day.scratch);
    ck_assert_ptr_nonnull(d);
    while ((e = readdir(d)) != NULL) {
        text_format(path, sizeof path, "%s/%s", day.scratch, e->d_name);
        if (e->d_name[0] != '.' && strncmp(path, day.expected, strlen(day.expected)) != 0)
            unlink(path);
    }
    closedir(d);
}

#define DAY_POSITION                                                                               \
    "mode, account, symbol, quantity, side, entry_price, entry_time, target_price, stop_price, "   \
    "initial_stop_price, entry_vwap, entry_delta, entry_poc, entry_partial, realized_pnl, "        \
    "commissions, source, origin, unchanged, max_quantity, entered_quantity, entered_sum, "        \
    "exited_quantity, exited_sum, created_at"

/* What is compared; marks of the store's own are left out, and what CHANGE_EXTREMES moves, which is
 * written a moment later. */
static const struct {
    const char *table, *columns, *where;
} day_tables[] = {
    {"open_position", DAY_POSITION, "1"},
    {"trade", "*", "1"},
    {"fill", "*", "1"},
    {"order_event", "*", "1"},
    {"balance", "*", "1"},
    {"audit", "*", "1"},
    {"meta", "name, value", "value = CAST(CAST(value AS INTEGER) AS TEXT)"},
};

static inline double day_ask(sqlite3 *db, const char *sql)
{
    sqlite3_stmt *s;
    ck_assert_msg(sqlite3_prepare_v2(db, sql, -1, &s, NULL) == SQLITE_OK, "%s: %s", sql,
                  sqlite3_errmsg(db));
    int code = sqlite3_step(s);
    ck_assert_msg(code == SQLITE_ROW || code == SQLITE_DONE, "%s: %s", sql, sqlite3_errmsg(db));
    double value = code == SQLITE_ROW ? sqlite3_column_double(s, 0) : (double)NAN;
    sqlite3_finalize(s);
    return value;
}

/* False with the difference when the database is not what the expected one is. */
static inline bool day_is_expected(sqlite3 *db, char *difference, size_t size)
{
    for (size_t i = 0; i < sizeof day_tables / sizeof *day_tables; i++) {
        char sql[2048];
        const char *t = day_tables[i].table, *c = day_tables[i].columns, *w = day_tables[i].where;
        text_format(sql, sizeof sql, "SELECT count(*) FROM main.%s WHERE %s", t, w);
        double ours = day_ask(db, sql);
        text_format(sql, sizeof sql, "SELECT count(*) FROM expected.%s WHERE %s", t, w);
        double theirs = day_ask(db, sql);
        text_format(sql, sizeof sql,
                    "SELECT count(*) FROM (SELECT %s FROM main.%s WHERE %s EXCEPT SELECT %s FROM "
                    "expected.%s WHERE %s)",
                    c, t, w, c, t, w);
        double strange = day_ask(db, sql);
        text_format(difference, size, "%s has %g rows, not %g; %g are not those expected", t, ours,
                    theirs, strange);
        if (ours != theirs || strange != 0)
            return false;
    }
    return true;
}

/* The file, opened by another, is what the changes up to the last acknowledged one make, or up to a
 * later one; none of them twice, none in part, none out of turn. */
static inline void day_compare(const char *database)
{
    char sql[400], difference[256], first[256] = "";
    struct error error = {0};
    sqlite3 *db;
    int made = atomic_load(&tape->count), told = made;
    while (told > 0 && (tape->changes[told - 1].sequence > atomic_load(&tape->durable) ||
                        tape->changes[told - 1].sequence == 0)) /* extremes: nobody is told */
        told--;
    struct repository *expected = repository_open(day.expected, &error);
    ck_assert_msg(expected != NULL, "%s", error.text);
    ck_assert(repository_commit(expected, tape->changes, (size_t)told, &error));
    ck_assert_int_eq(sqlite3_open(database, &db), SQLITE_OK);
    text_format(sql, sizeof sql, "ATTACH '%s' AS expected", day.expected);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    for (int i = told, joined; !day_is_expected(db, difference, sizeof difference); i += joined) {
        if (i == told)
            text_copy(first, sizeof first, difference);
        ck_assert_msg(i < made,
                      "after %d changes made, %d acknowledged: %s (with those acknowledged: %s)",
                      made, told, difference, first);
        for (joined = 1; tape->changes[i + joined - 1].joined;)
            joined++;
        ck_assert(repository_commit(expected, &tape->changes[i], (size_t)joined, &error));
    }
    ck_assert_double_eq(
        day_ask(db, "SELECT count(*) FROM open_position p JOIN expected.open_position e USING "
                    "(mode, account, symbol) WHERE p.mae > e.mae OR p.mfe < e.mfe OR "
                    "p.min_price > e.min_price OR p.max_price < e.max_price"),
        0);
    ck_assert_double_eq(day_ask(db, "SELECT integrity_check = 'ok' FROM pragma_integrity_check"),
                        1);
    ck_assert_double_eq(day_ask(db, "SELECT count(*) FROM pragma_foreign_key_check"), 0);
    sqlite3_close(db);
    repository_close(expected);
}

/* The process has ended, however: its database is what it must be for the one that comes next. */
static inline void day_verify(bool has_news)
{
    char database[320], spill[320];
    struct error error = {0};
    size_t replayed;
    day_empty_scratch();
    day_copy_all();
    text_format(database, sizeof database, "%s/sortie.db", day.scratch);
    text_format(spill, sizeof spill, "%s/spill.jsonl", day.scratch);
    struct repository *r = repository_open(database, &error);
    ck_assert_msg(r != NULL, "%s", error.text);
    ck_assert_msg(has_news || repository_news(r)[0] == '\0', "%s", repository_news(r));
    ck_assert_msg(spill_replay(spill, r, &replayed, &error), "%s", error.text);
    ck_assert_msg(error.code == ERROR_NONE, "%s", error.text);
    repository_close(r);
    day_compare(database);
}

/* --- the whole day --- */

static inline void day_prepare(void)
{
    set_up();
    test_directory_make(day.scratch, sizeof day.scratch);
    text_format(day.expected, sizeof day.expected, "%s/expected.db", day.scratch);
    text_format(day.spill, sizeof day.spill, "%s/spill.jsonl", b.directory);
    text_copy(b.config.encoding, sizeof b.config.encoding, "binary");
    /* followed from the beginning: every fill is ours to count */
    struct repository *r = repository_open(b.database, NULL);
    ck_assert(repository_set_meta(r, "since:Sim1", "1", NULL));
    ck_assert(repository_set_meta(r, "since:120005", "1", NULL));
    repository_close(r);
    day_copy_file(b.database, day.expected);
    sim.options = (struct sim_server_options){.seed = 1};
    sim_begin();
    for (size_t i = 0; i < sizeof day_lines / sizeof *day_lines; i++)
        sim_plan(day_lines[i].at, "%s", day_lines[i].line);
}

static inline void day_tear_down(void)
{
    sim_end();
    tear_down();
    test_directory_remove(day.scratch);
}

/* All closed trades as a text. */
static inline void day_get_trades(char *text, size_t size)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db,
                           "SELECT group_concat(t, char(10)) FROM (SELECT printf('%s %s %s %s %.6f "
                           "%.6f %d %d %d %d', account, symbol, side, quantity, entry_price, "
                           "exit_price, realized_pnl, commissions, entry_time / 1000000, "
                           "exit_time / 1000000) AS t FROM trade ORDER BY account, symbol, "
                           "entry_time)",
                           -1, &s, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(s), SQLITE_ROW);
    const char *trades = (const char *)sqlite3_column_text(s, 0);
    ck_assert(text_copy(text, size, trades != NULL ? trades : ""));
    sqlite3_finalize(s);
    sqlite3_close(db);
}

/* A console that nothing happens to lives through what is left of the day: then its books are the
 * broker's. `trades`: what they must be; "": they are put there. */
static inline void day_finish(char *trades, size_t size)
{
    static char ours[8192];
    memset(tape, 0, offsetof(struct tape, changes));
    ck_assert_msg(day_start(false), "the console does not start");
    int64_t until = day_end() > b.now ? day_end() : b.now;
    for (until += CALM_SECONDS * CLOCK_SECOND; b.now < until;) {
        int64_t before = b.now;
        sim_pass(SIM_STEP);
        day_give_commands(before);
    }
    ck_assert(is_online());
    sim_check_trades();
    sim_check_fills();
    sim_check_positions();
    sim_check_results();
    ck_assert_double_eq(
        query("SELECT count(*) FROM trade t WHERE NOT EXISTS (SELECT 1 FROM fill f WHERE "
              "f.trade_id = t.id)"),
        0);
    /* the ledger of the simulated account is its start, what its trades have earned since, and less
     * what those of before had that were taken back since */
    ck_assert_double_eq(
        query("SELECT cash FROM balance WHERE account = 'Sim1' AND ledger = 1 ORDER BY id DESC "
              "LIMIT 1"),
        query("WITH period AS (SELECT max(time) AS start FROM balance WHERE account = 'Sim1' AND "
              "opens_period = 1) SELECT 10000000000 + (SELECT total(realized_pnl - commissions) "
              "FROM trade, period WHERE account = 'Sim1' AND created_at >= start) - (SELECT "
              "total(before ->> 'realized_pnl' - before ->> 'commissions') FROM audit, period "
              "WHERE account = 'Sim1' AND what = 'take back' AND time >= start AND before ->> "
              "'created_at' < start)"));
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE exit_time < entry_time"), 0);
    end();
    day_verify(false);
    day_get_trades(ours, sizeof ours);
    if (trades[0] == '\0') { /* a day without a fault: what the broker loses is found */
        ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'recount'"), 1);
        text_copy(trades, size, ours);
    }
    ck_assert_msg(strcmp(trades, ours) == 0, "the trades are\n%s\nnot\n%s", ours, trades);
}

#endif
