/* The engine bench with the real simulated server instead of the scripted one. Both are turned by
 * the test, on one clock that it moves: a simulated day takes seconds, and the same seed gives the
 * same day. */
#ifndef SORTIE_TESTS_INTEGRATION_SIM_BENCH_H
#define SORTIE_TESTS_INTEGRATION_SIM_BENCH_H

#include "base/memory.h"
#include "integration/engine_bench.h"
#include "sim/server.h"

#include <signal.h>
#include <stdarg.h>

enum {
    SIM_STEP = 250 * 1000, /* us: nothing is late by more */
    SIM_ROUNDS = 10000     /* in one moment: more is a conversation without an end */
};

static struct {
    struct sim_server_options options; /* set by the test before sim_begin() */
    struct sim_scenario scenario;
    struct sim_server *server;
    int64_t started;        /* us of the bench's clock */
    struct sim_fill *fills; /* all that it ever made: it forgets them itself */
    size_t fill_count, fill_capacity;
} sim;

static inline void sim_begin(void)
{
    struct error error = {0};
    signal(SIGPIPE, SIG_IGN);
    sim.options.speed = 1;
    sim.options.idle_exit = -1;
    sim.options.scenario = &sim.scenario;
    sim.server = sim_server_new(&sim.options, b.now, b.wall, &error);
    ck_assert_msg(sim.server != NULL, "%s", error.text);
    sim.started = b.now;
    b.config.port = sim_server_port(sim.server);
}

static inline void sim_end(void)
{
    sim_server_free(sim.server, "the test ends");
    sim_scenario_free(&sim.scenario);
    free(sim.fills);
    memset(&sim, 0, sizeof sim);
}

static inline struct sim_exchange *sim_exchange(void)
{
    return sim_world_exchange(sim_server_world(sim.server));
}

/* A line of the scenario, so many seconds from now; ' stands for ". */
static inline void sim_plan(double seconds, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static inline void sim_plan(double seconds, const char *format, ...)
{
    char line[512];
    struct error error = {0};
    double at = seconds + (double)(b.now - sim.started) / CLOCK_SECOND;
    size_t length = text_format(line, sizeof line, "{'at':%.6f,", at);
    va_list arguments;
    va_start(arguments, format);
    length += text_format_list(line + length, sizeof line - length, format, arguments);
    va_end(arguments);
    text_format(line + length, sizeof line - length, "}");
    for (char *c = line; (c = strchr(c, '\'')) != NULL;)
        *c = '"';
    ck_assert_msg(sim_scenario_add(&sim.scenario, line, 1, &error), "%s: %s", line, error.text);
}

/* Newest first, down to the last one that is known. */
static inline void sim_collect_fills(void)
{
    size_t made = sim_exchange_fill_count(sim_exchange()), fresh = 0;
    const char *last = sim.fill_count > 0 ? sim.fills[sim.fill_count - 1].execution_id : "";
    while (fresh < made &&
           strcmp(sim_exchange_fill(sim_exchange(), made - fresh - 1)->execution_id, last) != 0)
        fresh++;
    for (; fresh > 0; fresh--) {
        if (sim.fill_count == sim.fill_capacity) {
            sim.fill_capacity = sim.fill_capacity ? 2 * sim.fill_capacity : 1024;
            sim.fills = memory_resize(sim.fills, sim.fill_capacity, sizeof *sim.fills);
        }
        sim.fills[sim.fill_count] = *sim_exchange_fill(sim_exchange(), made - fresh);
        sim.fill_count++;
    }
}

static inline bool is_connecting(void)
{
    return dtc_session_phase(b.engine->session) == DTC_CONNECTING;
}

/* What both sides have to say to each other at this moment. The clock waits for the operating
 * system to make a connection. */
static inline void sim_moment(void)
{
    for (int rounds = 0, ready = 1; ready > 0 || is_connecting(); rounds++) {
        struct pollfd p = {0};
        if (rounds == SIM_ROUNDS)
            ck_abort_msg("the two do not stop talking");
        sim_server_service(sim.server, b.now, b.wall);
        p.fd = dtc_session_descriptor(b.engine->session, &p.events);
        ready = poll(&p, 1, is_connecting() ? 10 : 0);
        b.engine->now = b.now;
        b.engine->wall = b.wall;
        engine_turn(b.engine, p.fd >= 0 && ready > 0 ? p.revents : 0);
    }
    sim_collect_fills();
}

static inline void sim_pass(int64_t us)
{
    for (int64_t left = us; left > 0; left -= SIM_STEP) {
        int64_t step = left < SIM_STEP ? left : SIM_STEP;
        b.now += step;
        b.wall += step;
        sim_moment();
    }
}

/* The console against the broker's books. */

static inline int sim_compare_fills(const void *one, const void *other)
{
    const struct sim_fill *a = one, *b_ = other;
    return strcmp(a->execution_id, b_->execution_id);
}

/* Every fill that was made is in the database, as it was made, and no other. */
static inline void sim_check_fills(void)
{
    sqlite3 *db;
    sqlite3_stmt *s;
    size_t i = 0;
    query("SELECT 1"); /* all is written */
    qsort(sim.fills, sim.fill_count, sizeof *sim.fills, sim_compare_fills);
    ck_assert_int_eq(sqlite3_open_v2(b.database, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_prepare_v2(db,
                           "SELECT execution_id, account, symbol, side, quantity, price FROM fill "
                           "ORDER BY execution_id",
                           -1, &s, NULL),
        SQLITE_OK);
    for (; sqlite3_step(s) == SQLITE_ROW; i++) {
        const char *id = (const char *)sqlite3_column_text(s, 0);
        int order = i < sim.fill_count ? strcmp(id, sim.fills[i].execution_id) : -1;
        ck_assert_msg(order >= 0, "fill %s of %s was never made, or is there twice", id,
                      (const char *)sqlite3_column_text(s, 2));
        ck_assert_msg(order == 0, "fill %s is missing", sim.fills[i].execution_id);
        const struct sim_fill *f = &sim.fills[i];
        ck_assert_str_eq((const char *)sqlite3_column_text(s, 1), sim_accounts[f->account].name);
        ck_assert_str_eq((const char *)sqlite3_column_text(s, 2), sim_products[f->product].symbol);
        ck_assert_str_eq((const char *)sqlite3_column_text(s, 3),
                         f->side == DTC_BUY ? "long" : "short");
        ck_assert_double_eq(sqlite3_column_double(s, 4), f->quantity);
        ck_assert_double_eq_tol(sqlite3_column_double(s, 5), f->price, 1e-9);
    }
    ck_assert_msg(i == sim.fill_count, "fill %s is missing", sim.fills[i].execution_id);
    sqlite3_finalize(s);
    sqlite3_close(db);
}

static inline struct account_key sim_account_key(int account)
{
    struct account_key key = {.mode = mode_of_account(sim_accounts[account].name)};
    text_copy(key.account, sizeof key.account, sim_accounts[account].name);
    return key;
}

/* The broker's fills of one position, in the order in which they were made. */
static inline size_t sim_list_fills(int account, int product, struct truth_event *events)
{
    size_t count = 0;
    for (size_t i = 0; i < sim.fill_count; i++) {
        const struct sim_fill *f = &sim.fills[i];
        if (f->account == account && f->product == product)
            events[count++] = (struct truth_event){.kind = TRUTH_FILL,
                                                   .side = f->side == DTC_BUY ? 1 : -1,
                                                   .units = truth_units(f->quantity),
                                                   .price = f->price,
                                                   .time = f->time};
    }
    return count;
}

/* Every trade is what the broker's fills make in the order in which they were made, however the
 * console came by them. Before sim_check_fills(). */
static inline void sim_check_trades(void)
{
    struct truth_event *events = memory_new(sim.fill_count + 1, sizeof *events);
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        for (int p = 0; p < SIM_PRODUCTS; p++)
            check_trades(sim_accounts[a].name, sim_products[p].symbol, events,
                         sim_list_fills(a, p, events),
                         sim_products[p].tick_value / sim_products[p].tick);
    free(events);
}

/* What is held, by the console's snapshot in b.shown, is what the broker says, at its price to a
 * tick. */
static inline void sim_check_shown_positions(void)
{
    const struct sim_ledger *l = sim_exchange_ledger(sim_exchange());
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        for (int p = 0; p < SIM_PRODUCTS; p++) {
            struct account_key key = sim_account_key(a);
            const struct sim_position *theirs = &l->positions[a][p];
            int at = snapshot_find_position(&b.shown, &key, sim_products[p].symbol);
            double ours = at < 0 ? 0 : b.shown.positions[at].quantity;
            ck_assert_msg(ours == theirs->quantity, "%s holds %g %s, not %g", key.account,
                          theirs->quantity, sim_products[p].symbol, ours);
            if (ours != 0)
                ck_assert_double_eq_tol(b.shown.positions[at].entry_price, theirs->average,
                                        sim_products[p].tick);
        }
}

static inline void sim_check_positions(void)
{
    look();
    sim_check_shown_positions();
}

/* What all trades have earned is what the broker has booked, once everything is flat: to the
 * millionth. */
static inline void sim_check_results(void)
{
    const struct sim_ledger *l = sim_exchange_ledger(sim_exchange());
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        char sql[128];
        text_format(sql, sizeof sql, "SELECT total(realized_pnl) FROM trade WHERE account = '%s'",
                    sim_accounts[a].name);
        money theirs = l->cash[a] - money_from_double(sim_accounts[a].start_balance);
        money ours = (money)query(sql);
        ck_assert_msg(ours == theirs, "%s has earned %.6f, not %.6f", sim_accounts[a].name,
                      (double)theirs / MONEY_ONE, (double)ours / MONEY_ONE);
    }
}

#endif
