/* Open positions whose rows are lost with a damaged part of the database. */
#include "integration/engine_bench.h"

/* The run ends; then, before the next, the rows of open positions are gone, and what `sql` says. */
static void lose(const char *sql)
{
    sqlite3 *db;
    b.is_absurd = true; /* what is lost stays lost */
    end();
    ck_assert_int_eq(sqlite3_open(b.database, &db), SQLITE_OK);
    ck_assert_int_eq(
        sqlite3_exec(db,
                     "DELETE FROM open_position; INSERT INTO meta (name, value) VALUES "
                     "('lost_positions', '1') ON CONFLICT (name) DO UPDATE SET value = '1'",
                     NULL, NULL, NULL),
        SQLITE_OK);
    ck_assert_int_eq(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    start();
}

/* As a bad sector leaves it: SQLite cannot read one page of the file. */
static void zero_page_of(const char *table)
{
    char sql[100], blank[4096] = {0};
    b.is_absurd = true;
    text_format(sql, sizeof sql, "SELECT rootpage FROM sqlite_master WHERE name = '%s'", table);
    long page = (long)query(sql);
    FILE *file = fopen(b.database, "r+b");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(fseek(file, (page - 1) * (long)sizeof blank, SEEK_SET), 0);
    ck_assert_uint_eq(fwrite(blank, 1, sizeof blank, file), sizeof blank);
    ck_assert_int_eq(fclose(file), 0);
}

START_TEST(a_position_whose_page_is_destroyed_is_rebuilt_and_closes_as_if_nothing_had_been)
{
    start();
    FILL(.execution = "e1", .quantity = 2, .price = 5000);
    FILL(.execution = "e2", .price = 5003);
    FILL(.execution = "e3", .sells = 1, .price = 5010);
    FILL(.symbol = MNQ, .execution = "n1", .sells = 1, .price = 20000);
    settle();
    struct position before = *position_of(&SIM1, MES);
    end();
    zero_page_of("open_position");
    start();
    const struct position *after = position_of(&SIM1, MES);
    ck_assert_ptr_nonnull(after);
    ck_assert_double_eq(after->quantity, 2);
    ck_assert_double_eq(after->entry_price, 5001);
    ck_assert_double_eq(after->entered_sum, before.entered_sum);
    ck_assert_double_eq(after->exited_sum, 5010);
    ck_assert_double_eq(after->max_quantity, 3);
    ck_assert_int_eq(after->entry_time, before.entry_time);
    ck_assert_int_eq(after->realized_pnl, 45 * MONEY_ONE); /* 9 points of 5 */
    ck_assert_int_eq(after->commissions, before.commissions);
    ck_assert_int_eq(after->mae, before.mae);
    ck_assert_int_eq(after->mfe, before.mfe);
    ck_assert(after->has_gap);
    ck_assert_int_eq(after->source, SOURCE_FILLS);
    ck_assert_double_eq(held(&SIM1, MNQ), -1);
    ck_assert_said("Sim1: LONG 2 MESZ26_FUT_CME was lost with the damaged part of the database and "
                   "is rebuilt from its fills: compare with your broker's");
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 2);
    ck_assert_double_eq(
        query("SELECT count(*) FROM audit WHERE why = 'its row was lost; rebuilt from its fills' "
              "AND before IS NULL AND after IS NOT NULL"),
        2);
    FILL(.execution = "e4", .sells = 1, .quantity = 2, .price = 5011);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 145e6); /* 45 + 2 × 10 × 5 */
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE trade_id = 1"), 4);
    ck_assert_double_eq(query("SELECT quantity FROM trade"), 3);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE first_fill IS NOT NULL"), 0);
    restart(); /* asked once */
    ck_assert_int_eq(times_said("was lost with the damaged part"), 2);
}
END_TEST

/* The fill that reversed belongs to the trade that it closed: none is left for the position. */
START_TEST(what_a_reversal_opened_is_rebuilt_from_the_fills_of_the_trade_too)
{
    start();
    FILL(.execution = "e1", .quantity = 1, .price = 5000);
    FILL(.execution = "e2", .sells = 1, .quantity = 3, .price = 5010);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), -2);
    lose("");
    ck_assert_double_eq(held(&SIM1, MES), -2);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5010);
    ck_assert_int_eq(position_of(&SIM1, MES)->realized_pnl, 0);
    ck_assert_said("Sim1: SHORT 2 MESZ26_FUT_CME was lost");
    FILL(.execution = "e3", .quantity = 2, .price = 5000);
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM trade t, fill f WHERE t.id = 2 AND f.id = "
                              "t.first_fill AND f.execution_id = 'e2'"),
                        1);
}
END_TEST

START_TEST(without_the_audit_rows_the_fills_alone_are_enough_where_none_is_missing)
{
    start();
    FILL(.execution = "e1", .quantity = 2, .price = 5000);
    FILL(.execution = "e2", .sells = 1, .price = 5010);
    settle();
    lose("DELETE FROM audit");
    ck_assert_double_eq(held(&SIM1, MES), 1);
    ck_assert_int_eq(position_of(&SIM1, MES)->realized_pnl, 50 * MONEY_ONE);
    FILL(.execution = "e3", .price = 5000);
    FILL(.execution = "e4", .price = 5000);
    settle();
    lose("DELETE FROM audit; DELETE FROM fill WHERE execution_id = 'e3'");
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_said("Sim1: a position MESZ26_FUT_CME is lost with the damaged part of the database, "
                   "and its fills do not explain it: compare with your broker's");
}
END_TEST

START_TEST(what_the_fills_do_not_explain_is_told_and_not_made_up)
{
    start();
    FILL(.execution = "e1", .quantity = 2, .price = 5000);
    FILL(.execution = "e2", .price = 5010);
    settle();
    lose("DELETE FROM fill WHERE execution_id = 'e1'");
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 0);
    ck_assert_said("Sim1: LONG 3 MESZ26_FUT_CME is lost with the damaged part of the database, and "
                   "its fills do not explain it");
    restart();
    ck_assert_int_eq(times_said("is lost with the damaged part"), 1);
}
END_TEST

START_TEST(what_was_closed_or_removed_does_not_come_back)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    FILL(.execution = "e2", .sells = 1, .price = 5010);
    FILL(.symbol = MNQ, .execution = "n1", .price = 20000);
    settle();
    command(COMMAND_DISCARD, &SIM1, MNQ, PRICE_UNSET);
    lose("");
    ck_assert_uint_eq(look()->position_count, 0);
    ck_assert_int_eq(times_said("lost with the damaged part"), 0);
    lose("DELETE FROM audit");
    ck_assert_uint_eq(look()->position_count, 0);
    ck_assert_int_eq(times_said("lost with the damaged part"), 0);
    /* the row that says it was closed is lost, the trade is not */
    FILL(.execution = "e3", .price = 5000);
    settle();
    b.wall += CLOCK_SECOND;
    FILL(.execution = "e4", .sells = 1, .price = 5010);
    settle();
    lose("DELETE FROM audit WHERE after IS NULL; DELETE FROM fill WHERE execution_id = 'e4'");
    ck_assert_uint_eq(look()->position_count, 0);
}
END_TEST

START_TEST(a_sound_database_is_not_searched)
{
    start();
    FILL(.execution = "e1", .price = 5000);
    settle();
    lose("UPDATE meta SET value = '0' WHERE name = 'lost_positions'");
    ck_assert_double_eq(held(&SIM1, MES), 0);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        a_position_whose_page_is_destroyed_is_rebuilt_and_closes_as_if_nothing_had_been,
        what_a_reversal_opened_is_rebuilt_from_the_fills_of_the_trade_too,
        without_the_audit_rows_the_fills_alone_are_enough_where_none_is_missing,
        what_the_fills_do_not_explain_is_told_and_not_made_up,
        what_was_closed_or_removed_does_not_come_back,
        a_sound_database_is_not_searched,
    };
    Suite *s = suite_create("engine: lost rows");
    CASE_ADD(s, "lost", tests);
    return s;
}

TEST_MAIN(suite)
