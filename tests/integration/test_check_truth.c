/* `make check-truth` on databases of the real engine: nothing to find in what it has written, and
 * each kind of damage by name. */
#include "engine_bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>

static void send_order(const char *account, const char *id, int type, double price)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'%s','Symbol':'" MES "','ServerOrderID':'%s',"
              "'OrderStatus':4,'OrderUpdateReason':2,'OrderType':%d,'BuySell':2,'OrderQuantity':2,"
              "'Price1':%.10g}",
              account, id, type, price);
}

/* The answer to 305 from now on. */
static void report(const char *account, const char *symbol, double quantity, double price)
{
    char text[300];
    text_format(text, sizeof text,
                "[{'Type':306,'TradeAccount':'%s','Symbol':'%s','Quantity':%.10g,"
                "'AveragePrice':%.10g}]",
                account, symbol, quantity, price);
    peer_answer(b.peer, 305, NULL, NULL, text);
}

/* Two accounts, two symbols; in, out, scaled and turned around, at prices that do not divide. */
static void trade_a_day(void)
{
    start();
    FILL(.execution = "a1", .price = 5000, .quantity = 2);
    settle();
    send_order("Sim1", "stop", 3, 4995);
    send_trade(5003);
    send_order("Sim1", "stop", 3, 5001);
    FILL(.execution = "a2", .price = 5001, .quantity = 1);
    FILL(.account = "120005", .execution = "b1", .symbol = MNQ, .price = 20000.25, .sells = 1);
    send_trade(4990.25);
    FILL(.execution = "a3", .price = 5004, .sells = 1);
    FILL(.execution = "a4", .price = 5002.5, .quantity = 5, .sells = 1); /* and 3 short */
    FILL(.execution = "a5", .price = 4998, .quantity = 3);
    FILL(.execution = "c1", .symbol = MNQ, .price = 20001, .quantity = 0.3);
    FILL(.execution = "c2", .symbol = MNQ, .price = 20002, .quantity = 0.1, .sells = 1);
    FILL(.execution = "c3", .symbol = MNQ, .price = 20003, .quantity = 0.2, .sells = 1);
    b.wall += 60 * CLOCK_SECOND;
    FILL(.execution = "a6", .price = 4999, .quantity = 3);
    FILL(.execution = "a7", .price = 5000, .quantity = 1, .sells = 1);
    settle();
}

/* What the check says of a database, and how much of it. */
static char *check(const char *database, int *differences)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);
    *differences = truth_check_with(database, &b.config, out);
    fclose(out);
    return text;
}

static void assert_finds(const char *database, const char *words)
{
    int differences;
    char *found = check(database, &differences);
    ck_assert_msg(differences > 0, "nothing is found, not even: %s", words);
    ck_assert_msg(strstr(found, words) != NULL, "\"%s\" is not in:\n%.1500s", words, found);
    free(found);
}

static void assert_finds_nothing(void)
{
    int differences;
    char *found = check(b.database, &differences);
    ck_assert_msg(differences == 0, "%.1500s", found);
    ck_assert_str_eq(found, "");
    free(found);
}

static void run_sql(const char *database, const char *sql)
{
    sqlite3 *db;
    char *trouble = NULL;
    ck_assert_int_eq(sqlite3_open(database, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, &trouble) == SQLITE_OK, "%s: %s", sql, trouble);
    sqlite3_close(db);
}

START_TEST(nothing_is_found_in_a_day_that_the_engine_has_recorded)
{
    trade_a_day();
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 3);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 2);
    assert_finds_nothing(); /* while it runs */
    end();
    assert_finds_nothing();
}
END_TEST

START_TEST(nothing_is_found_in_what_server_and_user_have_decided)
{
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1'},{'Type':401,'TradeAccount':'120005'}]");
    report("120005", MES, 2, 5000.3333); /* adopted */
    start();
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 2);
    send_trade(5010.25);
    report("120005", MES, 2, 5004); /* its entry corrected */
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(3 * CLOCK_SECOND);
    ck_assert_double_eq(position_of(&LIVE, MES)->entry_price, 5004);
    FILL(.account = "120005", .execution = "b1", .price = 5007, .sells = 1);
    settle();
    report("120005", MES, 4, 5006); /* three bought that nobody told of */
    command(COMMAND_RECONCILE, &LIVE, "", 0);
    pass(10 * CLOCK_SECOND);
    ck_assert_double_eq(held(&LIVE, MES), 4);
    command(COMMAND_CLOSE_AT, &LIVE, MES, 5001.25);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'manual'"), 1);
    FILL(.execution = "a1", .price = 5000, .quantity = 3);
    FILL(.execution = "a2", .price = 5001, .sells = 1);
    settle();
    command(COMMAND_DISCARD, &SIM1, MES, 0);
    FILL(.execution = "a3", .price = 5002);
    FILL(.execution = "a4", .price = 5003, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE discarded"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    assert_finds_nothing();
}
END_TEST

/* What a hand, a disk or a bug may have done to the day, and what is said of it. */
static const struct damage {
    const char *sql, *words;
} damages[] = {
    {"DELETE FROM fill WHERE execution_id = 'a3'",
     "SIM Sim1 " MES ": the fill of audit row 6 (reduce, -1) is missing"},
    {"DELETE FROM fill WHERE execution_id = 'a7'",
     "SIM Sim1 " MES ": the fill of audit row 14 (reduce, -1) is missing"},
    {"UPDATE fill SET quantity = 7 WHERE execution_id = 'a5'",
     "fill 6 is +7, audit row 8 (close) says +3"},
    {"UPDATE fill SET price = 5005 WHERE execution_id = 'a3'",
     "trade 1: realized P&L is stored as 40.000000, recomputed 45.000000"},
    {"UPDATE fill SET side = 'long' WHERE execution_id = 'a7'", "fill 11 is +1, audit row 14"},
    {"INSERT INTO fill SELECT NULL, 'again', mode, account, symbol, side, quantity, price, time, "
     "'again', order_id, order_filled, discarded, trade_id FROM fill WHERE execution_id = 'a6'",
     "fill 12 (bought 3 at 4999) is not in the audit trail"},
    {"UPDATE fill SET trade_id = NULL WHERE execution_id = 'a1'",
     "fill 1 is stored with trade 0, it belongs to trade 1"},
    {"UPDATE fill SET trade_id = 2 WHERE execution_id = 'a6'",
     "fill 10 is stored with trade 2, it belongs to none"},
    {"UPDATE fill SET discarded = 1 WHERE execution_id = 'a6'", "fill 10 is stored as discarded"},
    {"UPDATE trade SET realized_pnl = realized_pnl + 1 WHERE id = 2",
     "SIM Sim1 " MES ": trade 2: realized P&L is stored as 67.500001, recomputed 67.500000"},
    {"UPDATE trade SET commissions = 1 WHERE id = 2",
     "trade 2: commissions is stored as 0.000001, recomputed 0.000000"},
    {"UPDATE trade SET side = 'short' WHERE id = 1", "trade 1: side is stored as short"},
    {"UPDATE trade SET quantity = 2 WHERE id = 1",
     "trade 1: quantity is stored as 2, recomputed 3"},
    {"UPDATE trade SET entry_price = 5000 WHERE id = 1",
     "trade 1: entry price is stored as 5000, recomputed 5000.33333333"},
    {"UPDATE trade SET exit_price = 5003.5 WHERE id = 1",
     "trade 1: exit price is stored as 5003.5, recomputed 5003\n"},
    {"UPDATE trade SET entry_time = entry_time - 1 WHERE id = 1",
     "trade 1: entry time is stored as 2027-01-15 07:59:59.999999 UTC, recomputed 2027-01-15 "
     "08:00:00.000000 UTC"},
    {"UPDATE trade SET exit_time = exit_time + 1 WHERE id = 1", "trade 1: exit time is stored as"},
    {"UPDATE trade SET mae = -151250001 WHERE id = 1",
     "trade 1: MAE is stored as -151.250001, its fills and prices allow -151.250000 to 0.000000"},
    {"UPDATE trade SET mfe = mfe + 1 WHERE id = 2",
     "trade 2: MFE is stored as 67.500001, recomputed 67.500000"},
    {"UPDATE trade SET mfe = 1000000000000 WHERE id = 1", "trade 1: MFE is stored as 1000000.0"},
    {"UPDATE trade SET min_price = 5000 WHERE id = 2", "trade 2: lowest and highest price"},
    {"UPDATE trade SET min_price = min_price - 1 WHERE id = 2", "trade 2: MFE is stored as"},
    {"UPDATE trade SET efficiency = 0.5 WHERE id = 2",
     "trade 2: efficiency is stored as 0.5, recomputed 1"},
    {"UPDATE trade SET r_multiple = 3 WHERE id = 1", "trade 1: R is stored as 3, recomputed 0.5\n"},
    {"UPDATE trade SET stop_price = 4995 WHERE id = 1",
     "trade 1: stop is stored as 4995, recomputed 5001"},
    {"UPDATE trade SET origin = 'reconciled' WHERE id = 1",
     "trade 1: origin is stored as reconciled"},
    {"UPDATE trade SET realized_pnl = -realized_pnl WHERE id = 2",
     "SIM Sim1: statistics LIVE to ALL: Total P&L is -25.000000, recomputed 110.000000"},
    {"INSERT INTO trade (mode, account, symbol, side, quantity, entry_time, entry_price, "
     "exit_time, "
     "exit_price, realized_pnl, commissions, mae, mfe, entry_partial, exit_partial, origin, "
     "has_gap, created_at) SELECT mode, account, symbol, side, quantity, entry_time, entry_price, "
     "exit_time, exit_price, realized_pnl, commissions, mae, mfe, entry_partial, exit_partial, "
     "origin, has_gap, created_at FROM trade WHERE id = 1",
     "trade 4 (LONG 3, P&L 40.000000) is stored, no fills make it"},
    {"PRAGMA foreign_keys = OFF; DELETE FROM trade WHERE id = 2",
     "SIM Sim1 " MES ": the trade SHORT 3 from 2027-01-15 08:00:00.000000 UTC to 2027-01-15 "
     "08:00:00.000000 UTC, P&L 67.500000, is missing"},
    {"UPDATE open_position SET quantity = 3 WHERE account = 'Sim1'",
     "SIM Sim1 " MES ": open position: quantity is stored as 3, recomputed 2"},
    {"UPDATE open_position SET entry_price = 4998 WHERE account = 'Sim1'",
     "open position: entry price is stored as 4998, recomputed 4999"},
    {"UPDATE open_position SET realized_pnl = 0 WHERE account = 'Sim1'",
     "open position: realized P&L is stored as 0.000000, recomputed 5.000000"},
    {"UPDATE open_position SET mae = -5000000 WHERE account = 'Sim1'",
     "open position: MAE is stored as -5.000000"},
    {"UPDATE open_position SET entered_quantity = 4 WHERE account = 'Sim1'",
     "open position: quantity entered is stored as 4, recomputed 3"},
    {"UPDATE open_position SET source = 'server' WHERE account = 'Sim1'",
     "open position: source is stored as server, recomputed fills"},
    {"DELETE FROM open_position WHERE account = '120005'",
     "LIVE 120005 " MNQ ": the open position SHORT 1 at 20000.25 is missing"},
    {"UPDATE open_position SET account = '120006' WHERE account = '120005'",
     "LIVE 120006 " MNQ ": an open position of -1 at 20000.25 is stored, its fills leave none"},
    {"UPDATE balance SET cash = cash + 1 WHERE id = 3", "ledger: row 3: balance is stored as"},
    {"DELETE FROM balance WHERE id = 3", "SIM Sim1: ledger: the row of trade 2 (67.500000 net) is"},
    {"DELETE FROM balance WHERE opens_period", "ledger: the row that opens it is missing"},
    {"INSERT INTO balance (mode, account, time, cash, currency, ledger, opens_period, "
     "trading_disabled, limit_reached, why) SELECT mode, account, time + 1, cash + 5, currency, "
     "ledger, 0, 0, 0, 'trade' FROM balance WHERE id = 4",
     "ledger: row 5 (balance 10110.000005) is stored, no trade makes it"},
    {"DELETE FROM audit WHERE id = 8", "audit row 12 (open) does not begin with what row 7"},
    {"DELETE FROM audit", "the audit trail of its fills is missing"},
};

/* One after another, each in a copy of the database. */
static void damage_each(const struct damage *list, size_t count)
{
    char copy[300], sql[400];
    end();
    text_format(copy, sizeof copy, "%s/copy.db", b.directory);
    text_format(sql, sizeof sql, "VACUUM INTO '%s'", copy);
    for (size_t i = 0; i < count; i++) {
        run_sql(b.database, sql);
        run_sql(copy, list[i].sql);
        assert_finds(copy, list[i].words);
        ck_assert_int_eq(unlink(copy), 0);
    }
}

START_TEST(each_kind_of_damage_is_named)
{
    trade_a_day();
    damage_each(damages, sizeof damages / sizeof damages[0]);
}
END_TEST

/* Long 1 of 5000 and 5010, a trade of 50.00, and then one more bought between. */
static const struct damage damages_of_a_recount[] = {
    {"DELETE FROM audit WHERE what = 'take back'",
     "audit row 2: the trade that it closed was not taken back"},
    {"UPDATE audit SET why = 'fills counted again: 9' WHERE what = 'recount'",
     "audit row 4 takes back 9 fills, which are not all there"},
    {"UPDATE audit SET why = 'fills counted again: 1' WHERE what = 'recount'",
     "audit row 4 takes back 1 fills, which are not all there"},
    {"UPDATE audit SET before = json_set(before, '$.realized_pnl', 49000000) WHERE what = 'take "
     "back'",
     "ledger: row 2: balance is stored as 10050.000000, recomputed 10049.000000"},
    {"DELETE FROM balance WHERE why = 'recount'", "ledger: "},
    {"DELETE FROM fill WHERE execution_id = 'late'",
     "the fill of audit row 6 (add, +1) is missing"},
};

START_TEST(damage_to_what_was_counted_again_is_named)
{
    start();
    b.wall += 60 * CLOCK_SECOND;
    b.now += 60 * CLOCK_SECOND;
    FILL(.execution = "in", .price = 5000, .ago = 30);
    FILL(.execution = "out", .price = 5010, .sells = 1, .ago = 10);
    FILL(.execution = "late", .price = 4990, .ago = 20);
    settle();
    FILL(.execution = "out2", .price = 5010, .sells = 1);
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE realized_pnl = 150e6"), 1);
    assert_finds_nothing();
    damage_each(damages_of_a_recount, sizeof damages_of_a_recount / sizeof damages_of_a_recount[0]);
}
END_TEST

static int run_program(const char *database)
{
    char command_line[900];
    text_format(command_line, sizeof command_line,
                "HOME='%s' '" BUILD_DIR "/tests/truth/check_truth' %s >'%s/output' 2>&1",
                b.directory, database, b.directory);
    int status = system(command_line);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void assert_output(const char *words)
{
    char path[300];
    text_format(path, sizeof path, "%s/output", b.directory);
    char *text = test_file_read(path);
    ck_assert_msg(strstr(text, words) != NULL, "\"%s\" is not in:\n%s", words, text);
    free(text);
}

START_TEST(the_program_tells_by_its_exit_status)
{
    trade_a_day();
    ck_assert_int_eq(run_program(b.database), 0); /* while the console runs */
    assert_output("are what the fills make of them");
    end();
    b.is_absurd = true; /* from here on */
    run_sql(b.database, "UPDATE open_position SET quantity = 3 WHERE account = 'Sim1'");
    ck_assert_int_eq(run_program(b.database), 1);
    assert_output("\n1 difference\n");
    ck_assert_int_eq(run_program("/nowhere/sortie.db"), 2);
    assert_output("/nowhere/sortie.db cannot be read: ");
    ck_assert_int_eq(run_program(""), 2);
    assert_output("usage: ");
    ck_assert_int_eq(run_program(b.log_path), 2); /* no database */
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("check-truth");
    const TTest *const tests[] = {
        nothing_is_found_in_a_day_that_the_engine_has_recorded,
        nothing_is_found_in_what_server_and_user_have_decided,
        each_kind_of_damage_is_named,
        damage_to_what_was_counted_again_is_named,
        the_program_tells_by_its_exit_status,
    };
    CASE_ADD(s, "check-truth", tests);
    return s;
}

TEST_MAIN(suite)
