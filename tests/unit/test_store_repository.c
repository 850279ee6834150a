#include "store/columns.h"
#include "unit/test_store_samples.h"

#include <errno.h>
#include <float.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static struct place place;
static struct repository *repository;

static void open_place(void)
{
    place_make(&place);
    repository = open_repository(place.database);
}

static void close_place(void)
{
    repository_close(repository);
    test_directory_remove(place.directory);
}

static void reopen(void)
{
    repository_close(repository);
    repository = open_repository(place.database);
}

static bool commit_fails(const struct change *changes, size_t count, enum error_code code)
{
    struct error error = {0};
    bool failed = !repository_commit(repository, changes, count, &error);
    ck_assert_int_eq(error.code, code);
    return failed;
}

static bool keep_position(void *context, const struct position *p)
{
    *(struct position *)context = *p;
    return true;
}

static bool keep_fill(void *context, const struct fill *f)
{
    *(struct fill *)context = *f;
    return true;
}

static bool keep_balance(void *context, const struct balance *b)
{
    *(struct balance *)context = *b;
    return true;
}

START_TEST(a_position_comes_back_member_by_member)
{
    struct position stored = sample_position(), read = {0};
    ck_assert(repository_save_position(repository, &stored, NULL));
    reopen();
    ck_assert(repository_each_position(repository, keep_position, &read, NULL));
    assert_same_position(&read, &stored);
    ck_assert_int_eq(repository_get_position(repository, &stored.key, stored.symbol, &read, NULL),
                     1);
    assert_same_position(&read, &stored);
    ASSERT_QUERY(place.database, "SELECT mode || side || source || origin FROM open_position",
                 "LIVEshortserverreconciled");
}
END_TEST

START_TEST(what_is_unset_is_null_and_comes_back_unset)
{
    struct position stored = sample_position(), read = {0};
    stored.target_price = stored.stop_price = stored.initial_stop_price = PRICE_UNSET;
    stored.min_price = stored.max_price = PRICE_UNSET;
    stored.entry_context = (struct market_context){PRICE_UNSET, PRICE_UNSET, PRICE_UNSET, false};
    stored.heat_since = 0;
    ck_assert(repository_save_position(repository, &stored, NULL));
    ck_assert_int_eq(repository_get_position(repository, &stored.key, stored.symbol, &read, NULL),
                     1);
    assert_same_position(&read, &stored);
    ASSERT_QUERY(place.database,
                 "SELECT count(*) FROM open_position WHERE coalesce(target_price, stop_price, "
                 "initial_stop_price, min_price, max_price, entry_vwap, entry_delta, entry_poc, "
                 "heat_since) IS NULL",
                 "1");
    struct change c = {.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
    struct balance balance = {0};
    c.balance.ledger = c.balance.opens_period = false; /* a ledger knows its cash */
    c.balance.cash = c.balance.available = c.balance.margin = MONEY_UNSET;
    c.balance.open_pnl = c.balance.daily_pnl = MONEY_UNSET;
    commit(repository, &c, 1);
    ck_assert(repository_each_balance(repository, keep_balance, &balance, NULL));
    assert_same_balance(&balance, &c.balance);
    ASSERT_QUERY(place.database,
                 "SELECT coalesce(cash, available, margin, open_pnl, daily_pnl) FROM balance",
                 "NULL");
}
END_TEST

START_TEST(a_fill_and_a_balance_come_back_member_by_member)
{
    struct change changes[2] = {
        sample_open(1), {.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()}};
    struct fill fill = {0};
    struct balance balance = {0};
    commit(repository, changes, 2);
    reopen();
    ck_assert(repository_each_fill(repository, 0, keep_fill, &fill, NULL));
    assert_same_fill(&fill, &changes[0].fill);
    ck_assert(repository_each_balance(repository, keep_balance, &balance, NULL));
    assert_same_balance(&balance, &changes[1].balance);
    ASSERT_QUERY(place.database, "SELECT identity FROM fill", "APX-1234|MESZ25_FUT_CME|e:E1");
}
END_TEST

/* Reads the only row of a table. */
static void read_row(const struct table *table, void *row)
{
    sqlite3 *db;
    sqlite3_stmt *statement;
    char sql[2048] = "SELECT ";
    for (size_t i = 0; i < table->count; i++) {
        strcat(sql, i > 0 ? ", " : "");
        strcat(sql, table->columns[i].name);
    }
    strcat(sql, " FROM ");
    strcat(sql, table->name);
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    ck_assert_int_eq(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_ROW);
    columns_read(statement, table, row);
    ck_assert_int_eq(sqlite3_step(statement), SQLITE_DONE);
    sqlite3_finalize(statement);
    sqlite3_close(db);
}

START_TEST(a_trade_and_an_order_event_come_back_member_by_member)
{
    struct change changes[2] = {
        sample_close(1),
        {.kind = CHANGE_ORDER, .time = START + 32, .has_order = true, .order = sample_order()}};
    struct trade trade = {0};
    struct order order = {0};
    commit(repository, changes, 2);
    read_row(&columns_trade, &trade);
    assert_same_trade(&trade, &changes[0].trade);
    read_row(&columns_order, &order);
    assert_same_order(&order, &changes[1].order);
    ASSERT_QUERY(place.database,
                 "SELECT (time - 1764000000000000) || type || status FROM order_event",
                 "32stop limitpartial");
}
END_TEST

START_TEST(a_close_stores_trade_and_fills_and_removes_the_position_together)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_close(3)};
    commit(repository, changes, 2);
    ASSERT_QUERY(place.database, "SELECT group_concat(coalesce(trade_id, '-')) FROM fill", "-,-");
    commit(repository, changes + 2, 1);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
    ASSERT_QUERY(place.database, "SELECT group_concat(id) FROM trade", "1");
    ASSERT_QUERY(place.database, "SELECT group_concat(trade_id) FROM fill", "1,1,1");
}
END_TEST

START_TEST(a_close_whose_trade_is_impossible_changes_nothing)
{
    struct change changes[] = {sample_open(1), sample_close(2)};
    commit(repository, changes, 1);
    changes[1].trade.mfe = -1;
    ck_assert(commit_fails(changes + 1, 1, ERROR_USAGE));
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "0");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "1");
    changes[1].trade.mfe = 1;
    commit(repository, changes + 1, 1);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "1");
}
END_TEST

START_TEST(the_reversing_fill_belongs_to_the_trade_that_it_closes)
{
    struct change changes[] = {sample_open(1), sample_close(2), sample_close(3)};
    changes[1].kind = CHANGE_REVERSE;
    changes[1].after.quantity = 2;
    changes[1].after.entry_time = START + 2;
    commit(repository, changes, 2);
    ASSERT_QUERY(place.database, "SELECT id || side FROM open_position", "1long");
    ASSERT_QUERY(place.database, "SELECT group_concat(trade_id) FROM fill", "1,1");
    commit(repository, changes + 2, 1);
    ASSERT_QUERY(place.database, "SELECT group_concat(trade_id) FROM fill", "1,1,2");
    /* the second trade, which it opened, names it too */
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(name) FROM (SELECT t.id || ':' || f.id AS name "
                 "FROM trade t, fill f WHERE f.trade_id = t.id OR f.id = t.first_fill "
                 "ORDER BY name)",
                 "1:1,1:2,2:2,2:3");
    ASSERT_QUERY(place.database, "SELECT group_concat(what) FROM audit", "open,reverse,close");
}
END_TEST

START_TEST(fills_of_a_discarded_position_belong_to_no_later_trade)
{
    struct change changes[] = {sample_open(1), sample_open(2), sample_open(3), sample_close(4)};
    changes[1].kind = CHANGE_DISCARD;
    changes[1].has_fill = false;
    changes[1].before = sample_position();
    changes[1].after.quantity = 0;
    commit(repository, changes, 4);
    ASSERT_QUERY(place.database, "SELECT group_concat(coalesce(trade_id, '-')) FROM fill", "-,1,1");
}
END_TEST

START_TEST(fills_of_other_accounts_and_symbols_stay_their_own)
{
    struct change changes[] = {sample_open(1), sample_open(2), sample_open(3), sample_close(4)};
    text_copy(changes[0].after.key.account, ACCOUNT_SIZE, "other");
    text_copy(changes[0].fill.key.account, ACCOUNT_SIZE, "other");
    text_copy(changes[1].after.symbol, SYMBOL_SIZE, "MNQZ25_FUT_CME");
    text_copy(changes[1].fill.symbol, SYMBOL_SIZE, "MNQZ25_FUT_CME");
    commit(repository, changes, 4);
    ASSERT_QUERY(place.database, "SELECT group_concat(coalesce(trade_id, '-')) FROM fill",
                 "-,-,1,1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "2");
}
END_TEST

START_TEST(a_known_fill_is_skipped_with_the_rest_of_its_change)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_close(3), sample_add(2)};
    changes[3].has_balance = changes[3].has_trade = true;
    changes[3].trade = sample_trade();
    changes[3].balance = sample_balance();
    commit(repository, changes, 4);
    commit(repository, changes, 4);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "3");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "1");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM balance", "0");
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "3");
}
END_TEST

START_TEST(fills_without_any_identity_are_all_kept)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    for (int i = 0; i < 2; i++)
        changes[i].fill.execution_id[0] = changes[i].fill.order_id[0] = '\0';
    commit(repository, changes, 2);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill WHERE identity IS NULL", "2");
}
END_TEST

START_TEST(an_audit_row_says_what_changed_and_why)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    text_copy(changes[1].why, sizeof changes[1].why, "live fill");
    commit(repository, changes, 2);
    ASSERT_QUERY(place.database, "SELECT before FROM audit WHERE id = 1", "NULL");
    ASSERT_QUERY(place.database, "SELECT before FROM audit WHERE id = 2",
                 "{\"quantity\":-3.0,\"entry_price\":5850.33333333333,"
                 "\"entry_time\":1764000000000001,\"target_price\":5800.25,\"stop_price\":5870.5,"
                 "\"min_price\":5840.25,\"max_price\":5861.5,\"mae\":-167500000,"
                 "\"mfe\":151250000,\"realized_pnl\":12500000,\"commissions\":2480000}");
    ASSERT_QUERY(place.database,
                 "SELECT (time - 1764000000000000) || what || mode || account || symbol || why || "
                 "substr(after, 1, 16) FROM audit WHERE id = 2",
                 "2addLIVEAPX-1234MESZ25_FUT_CMElive fill{\"quantity\":-6.0");
}
END_TEST

START_TEST(extremes_move_alone_and_make_no_row)
{
    struct change changes[] = {sample_extremes(START + 5, 5833), sample_open(1),
                               sample_extremes(START + 6, 5832.75)};
    struct position expected = sample_position(), read;
    changes[2].after.max_price = expected.max_price = 5900;
    changes[2].after.mae = expected.mae = -400;
    changes[2].after.mfe = expected.mfe = 900;
    changes[2].after.heat_since = expected.heat_since = START + 7;
    changes[2].after.updated_at = expected.updated_at = START + 8;
    changes[2].after.has_gap = expected.has_gap = false;
    changes[2].after.entry_price = 1;
    changes[2].after.quantity = 77;
    expected.min_price = 5832.75;
    commit(repository, changes, 1);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM open_position", "0");
    commit(repository, changes + 1, 2);
    ck_assert_int_eq(
        repository_get_position(repository, &expected.key, expected.symbol, &read, NULL), 1);
    assert_same_position(&read, &expected);
    ASSERT_QUERY(place.database, "SELECT group_concat(what) FROM audit", "open");
    read.min_price = 5831;
    ck_assert(repository_update_extremes(repository, &read, NULL));
    ASSERT_QUERY(place.database, "SELECT min_price FROM open_position", "5831.0");
}
END_TEST

START_TEST(orders_balances_and_facts_leave_no_audit_row)
{
    struct change changes[] = {
        {.kind = CHANGE_ORDER, .time = START, .has_order = true, .order = sample_order()},
        {.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()},
        {.kind = CHANGE_FACT, .has_fact = true, .fact = "reports:Sim1", .fact_value = -5}};
    commit(repository, changes, 3);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "0");
    ASSERT_QUERY(place.database, "SELECT name || value FROM meta", "reports:Sim1-5");
}
END_TEST

/* Impossible states, each one step from a possible one. */
static void no_quantity(struct change *c)
{
    c->fill.quantity = 0;
}
static void no_side(struct change *c)
{
    c->fill.side = SIDE_NONE;
}
static void no_price(struct change *c)
{
    c->fill.price = PRICE_UNSET;
}
static void wire_price(struct change *c)
{
    c->fill.price = DBL_MAX;
}
static void endless_price(struct change *c)
{
    c->fill.price = INFINITY;
}
static void no_time(struct change *c)
{
    c->fill.time = 0;
}
static void no_symbol(struct change *c)
{
    c->fill.symbol[0] = '\0';
}
static void no_mode(struct change *c)
{
    c->after.key.mode = (enum mode)9;
}
static void no_entry(struct change *c)
{
    c->after.entry_price = PRICE_UNSET;
}
static void gained_mae(struct change *c)
{
    c->after.mae = 1;
}
static void lost_mfe(struct change *c)
{
    c->after.mfe = -1;
}
static void unknown_mae(struct change *c)
{
    c->after.mae = MONEY_UNSET;
}
static void crossed(struct change *c)
{
    c->after.min_price = c->after.max_price + 1;
}
static void early(struct change *c)
{
    c->after.updated_at = -1;
}
static void no_source(struct change *c)
{
    c->after.source = (enum position_source)7;
}
static void no_change_time(struct change *c)
{
    c->time = 0;
}

static void (*const SPOIL[])(struct change *) = {
    no_quantity, no_side, no_price,  wire_price,    endless_price, no_time,
    no_symbol,   no_mode, no_entry,  gained_mae,    lost_mfe,      unknown_mae,
    crossed,     early,   no_source, no_change_time};

START_TEST(an_impossible_state_is_refused_and_nothing_of_it_stays)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    SPOIL[_i](&changes[1]);
    ck_assert(commit_fails(changes, 2, ERROR_USAGE));
    ASSERT_QUERY(place.database,
                 "SELECT (SELECT count(*) FROM fill) + (SELECT count(*) FROM open_position) + "
                 "(SELECT count(*) FROM audit)",
                 "0");
    commit(repository, changes, 1);
}
END_TEST

START_TEST(odd_orders_of_a_server_are_kept)
{
    struct change c = {
        .kind = CHANGE_ORDER, .time = START, .has_order = true, .order = sample_order()};
    c.order.status = (enum order_status)99;
    c.order.symbol[0] = '\0';
    c.order.quantity = NAN;
    commit(repository, &c, 1);
    ASSERT_QUERY(place.database, "SELECT status FROM order_event", "NULL");
}
END_TEST

START_TEST(text_reaches_the_database_cleaned)
{
    struct change c = sample_open(1);
    text_copy(c.why, sizeof c.why, "\033[31mred");
    memset(c.fill.order_id, 'x', sizeof c.fill.order_id); /* not even terminated */
    commit(repository, &c, 1);
    ASSERT_QUERY(place.database, "SELECT why FROM audit", "?[31mred");
    ASSERT_QUERY(place.database, "SELECT length(order_id) FROM fill", "31");
}
END_TEST

static bool count_result(void *context, const struct account_key *key,
                         const struct trade_result *result)
{
    char *order = context;
    ck_assert_str_eq(key->account, "APX-1234");
    ck_assert_int_eq(result->pnl, 130833325);
    ck_assert_int_eq(result->commissions, 4960000);
    ck_assert_double_eq(result->efficiency, 0.865);
    strcat(order, result->exit_time == START + 9 ? "first " : "second ");
    return true;
}

START_TEST(results_are_those_of_the_trades_there_were)
{
    struct change changes[] = {sample_close(1), sample_close(2), sample_close(3)};
    char order[32] = "";
    int64_t trade, balance;
    changes[1].trade.exit_time = START + 10;
    commit(repository, changes, 2);
    ck_assert(repository_find_last(repository, &trade, &balance, NULL));
    ck_assert_int_eq(trade, 2);
    ck_assert_int_eq(balance, 0);
    commit(repository, changes + 2, 1);
    struct repository *reader = repository_open_reader(place.database, NULL);
    ck_assert_ptr_nonnull(reader);
    ck_assert(repository_each_result(reader, 0, trade, count_result, order, NULL));
    repository_close(reader);
    ck_assert_str_eq(order, "first second ");
}
END_TEST

static bool name_balance(void *context, const struct balance *b)
{
    char *list = context;
    sprintf(list + strlen(list), "%s%s=%d ", b->key.account, b->ledger ? "*" : "",
            (int)(b->cash / MONEY_ONE));
    return true;
}

static bool name_point(void *context, const struct account_key *key, const struct equity_point *p)
{
    char *list = context;
    sprintf(list + strlen(list), "%s@%d=%d ", key->account, (int)(p->time - START),
            (int)(p->balance / MONEY_ONE));
    return true;
}

START_TEST(the_latest_balance_of_each_account_and_the_points_of_its_curve)
{
    static const struct {
        const char *account;
        bool ledger;
        int cash;
    } rows[] = {{"Sim1", true, 1}, {"120005", false, 2}, {"Sim1", false, 3}, {"Sim1", true, 4},
                {"", false, 5},    {"120005", false, 6}, {"Sim2", true, 7}};
    struct change c = {.kind = CHANGE_BALANCE, .has_balance = true};
    char latest[128] = "", points[128] = "";
    for (int i = 0; i < 7; i++) {
        c.balance = sample_balance();
        text_copy(c.balance.key.account, sizeof c.balance.key.account, rows[i].account);
        c.balance.key.mode = mode_of_account(rows[i].account);
        c.balance.ledger = rows[i].ledger;
        c.balance.opens_period = false;
        c.balance.time = START + i;
        c.balance.cash = rows[i].cash * MONEY_ONE;
        commit(repository, &c, 1);
    }
    ck_assert(repository_each_balance(repository, name_balance, latest, NULL));
    ck_assert_str_eq(latest, "Sim2*=7 Sim1*=4 Sim1=3 120005=6 =5 ");
    ck_assert(repository_each_point(repository, 6, name_point, points, NULL));
    ck_assert_str_eq(points, "Sim1@0=1 120005@1=2 Sim1@3=4 @4=5 120005@5=6 ");
}
END_TEST

static bool count_balance(void *context, const struct balance *b)
{
    int *count = context;
    (void)b;
    return ++*count < 10;
}

/* As a disk can change them unseen: what is read is not what stands there. */
START_TEST(balances_of_keys_that_none_has_are_met_once)
{
    static const char *const keys[] = {"account = 'Sim' || char(19)", "mode = 'SIL'", "ledger = -1",
                                       "account = x'00ff'"};
    char sql[200];
    sqlite3 *db;
    struct change c = {.kind = CHANGE_BALANCE, .has_balance = true, .balance = sample_balance()};
    c.balance.key = (struct account_key){MODE_SIM, "Sim1"};
    commit(repository, &c, 1);
    ck_assert_int_eq(sqlite3_open(place.database, &db), SQLITE_OK);
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++) {
        snprintf(sql, sizeof sql,
                 "PRAGMA ignore_check_constraints = ON; UPDATE balance SET mode = 'SIM', "
                 "account = 'Sim1', ledger = 1; UPDATE balance SET %s",
                 keys[i]);
        ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
        int count = 0;
        ck_assert(repository_each_balance(repository, count_balance, &count, NULL));
        ck_assert_msg(count == 1, "%s: %d", keys[i], count);
    }
    sqlite3_close(db);
}
END_TEST

START_TEST(a_start_looks_no_further_than_it_must)
{
    ASSERT_QUERY(place.database,
                 "SELECT group_concat(name) FROM sqlite_master WHERE type = 'index' AND name IN "
                 "('fill_by_time', 'balance_by_account')",
                 "fill_by_time,balance_by_account");
}
END_TEST

static bool stop_at_second(void *context, const struct fill *f)
{
    (void)f;
    return ++*(int *)context < 2;
}

START_TEST(a_walk_begins_at_a_time_and_ends_when_the_visitor_says_so)
{
    struct change changes[] = {sample_open(1), sample_add(2), sample_add(3), sample_add(4)};
    int visited = 0;
    struct fill last = {0};
    commit(repository, changes, 4);
    ck_assert(repository_each_fill(repository, START + 2, stop_at_second, &visited, NULL));
    ck_assert_int_eq(visited, 2);
    ck_assert(repository_each_fill(repository, START + 4, keep_fill, &last, NULL));
    ck_assert_str_eq(last.execution_id, "E4");
}
END_TEST

START_TEST(single_steps_are_durable_and_audited)
{
    struct position p = sample_position(), read;
    struct trade t = sample_trade();
    ck_assert(repository_delete_position(repository, &p.key, p.symbol, NULL));
    ASSERT_QUERY(place.database, "SELECT count(*) FROM audit", "0");
    ck_assert(repository_save_position(repository, &p, NULL));
    ck_assert(repository_delete_position(repository, &p.key, p.symbol, NULL));
    ck_assert_int_eq(repository_get_position(repository, &p.key, p.symbol, &read, NULL), 0);
    ck_assert(repository_save_position(repository, &p, NULL));
    ck_assert(repository_close_position(repository, &t, NULL));
    ck_assert_int_eq(repository_get_position(repository, &p.key, p.symbol, &read, NULL), 0);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM trade", "1");
    ASSERT_QUERY(place.database, "SELECT group_concat(what) FROM audit",
                 "reconciled,discard,reconciled,close");
    ASSERT_QUERY(place.database, "SELECT after FROM audit WHERE id = 4", "NULL");
}
END_TEST

static bool keep_fact(void *context, const char *name, int64_t value)
{
    char *text = context;
    sprintf(text + strlen(text), "%s=%lld ", name, (long long)value);
    return true;
}

START_TEST(facts_are_found_by_name)
{
    char value[64], facts[128] = "";
    ck_assert_int_eq(repository_get_meta(repository, "a", value, sizeof value, NULL), 0);
    ck_assert(repository_set_meta(repository, "a", "1764000000000000", NULL));
    ck_assert(repository_set_meta(repository, "b", "12 words", NULL));
    ck_assert(repository_set_meta(repository, "c", "0", NULL));
    ck_assert(repository_set_meta(repository, "c", "-7", NULL));
    reopen();
    ck_assert_int_eq(repository_get_meta(repository, "b", value, sizeof value, NULL), 1);
    ck_assert_str_eq(value, "12 words");
    ck_assert(repository_each_fact(repository, keep_fact, facts, NULL));
    ck_assert_str_eq(facts, "a=1764000000000000 c=-7 ");
}
END_TEST

START_TEST(a_full_disk_stores_nothing_and_passes)
{
    struct change changes[] = {sample_open(1), sample_add(2)};
    struct error error = {0};
    struct rlimit limit, tight = {0};
    struct stat wal;
    char path[320];
    commit(repository, changes, 1);
    snprintf(path, sizeof path, "%s-wal", place.database);
    ck_assert_int_eq(stat(path, &wal), 0);
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &limit);
    tight = (struct rlimit){(rlim_t)wal.st_size, limit.rlim_max};
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &tight), 0);
    bool committed = repository_commit(repository, changes + 1, 1, &error);
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &limit), 0);
    ck_assert(!committed);
    ck_assert_msg(error.code == ERROR_FULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, "disk full; free some space"));
    ck_assert_ptr_nonnull(strstr(error.text, place.database));
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "1");
    commit(repository, changes + 1, 1);
    ASSERT_QUERY(place.database, "SELECT count(*) FROM fill", "2");
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("store repository");
    TCase *t = tcase_create("repository");
    tcase_add_checked_fixture(t, open_place, close_place);
    tcase_add_test(t, a_position_comes_back_member_by_member);
    tcase_add_test(t, what_is_unset_is_null_and_comes_back_unset);
    tcase_add_test(t, a_fill_and_a_balance_come_back_member_by_member);
    tcase_add_test(t, a_trade_and_an_order_event_come_back_member_by_member);
    tcase_add_test(t, a_close_stores_trade_and_fills_and_removes_the_position_together);
    tcase_add_test(t, a_close_whose_trade_is_impossible_changes_nothing);
    tcase_add_test(t, the_reversing_fill_belongs_to_the_trade_that_it_closes);
    tcase_add_test(t, fills_of_a_discarded_position_belong_to_no_later_trade);
    tcase_add_test(t, fills_of_other_accounts_and_symbols_stay_their_own);
    tcase_add_test(t, a_known_fill_is_skipped_with_the_rest_of_its_change);
    tcase_add_test(t, fills_without_any_identity_are_all_kept);
    tcase_add_test(t, an_audit_row_says_what_changed_and_why);
    tcase_add_test(t, extremes_move_alone_and_make_no_row);
    tcase_add_test(t, orders_balances_and_facts_leave_no_audit_row);
    tcase_add_loop_test(t, an_impossible_state_is_refused_and_nothing_of_it_stays, 0,
                        sizeof SPOIL / sizeof SPOIL[0]);
    tcase_add_test(t, odd_orders_of_a_server_are_kept);
    tcase_add_test(t, text_reaches_the_database_cleaned);
    tcase_add_test(t, results_are_those_of_the_trades_there_were);
    tcase_add_test(t, the_latest_balance_of_each_account_and_the_points_of_its_curve);
    tcase_add_test(t, balances_of_keys_that_none_has_are_met_once);
    tcase_add_test(t, a_start_looks_no_further_than_it_must);
    tcase_add_test(t, a_walk_begins_at_a_time_and_ends_when_the_visitor_says_so);
    tcase_add_test(t, single_steps_are_durable_and_audited);
    tcase_add_test(t, facts_are_found_by_name);
    tcase_add_test(t, a_full_disk_stores_nothing_and_passes);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
