/* The settings give an account another mode while a position of it is open. */
#include "engine_bench.h"

static const struct account_key AS_SIM = {MODE_SIM, "APX"}, AS_LIVE = {MODE_LIVE, "APX"};

static void set_mode(const char *mode)
{
    b.config.account_count = 1;
    text_copy(b.config.accounts[0].name, sizeof b.config.accounts[0].name, "APX");
    text_copy(b.config.accounts[0].mode, sizeof b.config.accounts[0].mode, mode);
}

/* One trade of 10.00, and one position, as SIM. */
static void trade_as_sim(void)
{
    set_mode("sim");
    peer_answer(b.peer, 400, NULL, NULL, "[{'Type':401,'TradeAccount':'APX'}]");
    start();
    FILL(.account = "APX", .execution = "a", .price = 5000);
    FILL(.account = "APX", .execution = "b", .price = 5002, .sells = 1);
    FILL(.account = "APX", .execution = "c", .price = 5000, .quantity = 2);
    pass(CLOCK_SECOND);
    send_trade(4990);
    pass(CLOCK_SECOND);
    ck_assert_double_eq(held(&AS_SIM, MES), 2);
    end();
}

START_TEST(an_open_position_moves_with_the_mode_of_its_account)
{
    trade_as_sim();
    set_mode("live");
    start();
    ck_assert_double_eq(held(&AS_LIVE, MES), 2);
    ck_assert_double_eq(held(&AS_SIM, MES), 0);
    ck_assert_uint_eq(look()->position_count, 1);
    const struct position *p = position_of(&AS_LIVE, MES);
    ck_assert_double_eq(p->entry_price, 5000);
    ck_assert_int_eq(p->mae, -100 * MONEY_ONE);
    ck_assert_int_eq(b.shown.recovered[0].position.key.mode, MODE_LIVE);
    ck_assert_int_eq(b.shown.view.mode, MODE_LIVE);
    ck_assert_said("APX: the settings make it LIVE: its position of " MES
                   " moves there from SIM; what was closed stays there");
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position WHERE mode = 'LIVE'"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE why = "
                              "'moved with the mode of its account'"),
                        2);
}
END_TEST

START_TEST(what_was_closed_stays_in_its_island_and_the_rest_goes_to_the_new_one)
{
    trade_as_sim();
    set_mode("live");
    start();
    FILL(.account = "APX", .execution = "d", .price = 5004, .quantity = 2, .sells = 1);
    settle();
    ck_assert_uint_eq(look()->position_count, 0);
    ck_assert_double_eq(
        query("SELECT count(*) FROM trade WHERE mode = 'SIM' AND realized_pnl = 10000000"), 1);
    ck_assert_double_eq(
        query("SELECT count(*) FROM trade WHERE mode = 'LIVE' AND realized_pnl = 40000000"), 1);
}
END_TEST

START_TEST(fills_of_the_history_are_known_under_either_mode)
{
    trade_as_sim();
    set_mode("live");
    peer_answer(b.peer, 305, NULL, NULL,
                "[{'Type':306,'TradeAccount':'APX','Symbol':'" MES
                "','Quantity':2,'AveragePrice':5000}]");
    HISTORY({.account = "APX", .execution = "a", .price = 5000, .ago = 3},
            {.account = "APX", .execution = "b", .price = 5002, .sells = 1, .ago = 3},
            {.account = "APX", .execution = "c", .price = 5000, .quantity = 2, .ago = 3});
    for (int run = 0; run < 2; run++) {
        start();
        pass(3 * CLOCK_SECOND);
        ck_assert_double_eq(held(&AS_LIVE, MES), 2);
        ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
        end();
    }
}
END_TEST

START_TEST(it_moves_back_as_well_and_loses_nothing_on_the_way)
{
    trade_as_sim();
    for (int run = 0; run < 4; run++) {
        set_mode(run % 2 == 0 ? "live" : "sim");
        start();
        ck_assert_double_eq(held(run % 2 == 0 ? &AS_LIVE : &AS_SIM, MES), 2);
        ck_assert_uint_eq(look()->position_count, 1);
        ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 1);
        ck_assert_double_eq(query("SELECT min_price FROM open_position"), 4990);
        end();
    }
}
END_TEST

/* A row of LIVE like that of SIM, but for these two. */
static void copy_to_live(const char *quantity, const char *entry_time)
{
    b.is_absurd = true; /* no fills of its own make it */
    static const char *const same =
        "account, symbol, entry_price, target_price, stop_price, initial_stop_price, entry_vwap, "
        "entry_delta, entry_poc, entry_partial, min_price, max_price, mae, mfe, heat_since, "
        "realized_pnl, commissions, source, origin, has_gap, unchanged, max_quantity, "
        "entered_quantity, entered_sum, exited_quantity, exited_sum, created_at, updated_at";
    sqlite3 *db;
    char sql[1200];
    text_format(sql, sizeof sql,
                "INSERT INTO open_position (mode, quantity, entry_time, %1$s) "
                "SELECT 'LIVE', %2$s, %3$s, %1$s FROM open_position",
                same, quantity, entry_time);
    ck_assert_int_eq(sqlite3_open(b.database, &db), SQLITE_OK);
    ck_assert_msg(sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK, "%s", sqlite3_errmsg(db));
    sqlite3_close(db);
}

/* The row of before is still there, beside the one that it became. */
START_TEST(a_move_that_was_cut_in_half_is_finished)
{
    trade_as_sim();
    copy_to_live("quantity", "entry_time");
    set_mode("live");
    start();
    ck_assert_uint_eq(look()->position_count, 1);
    ck_assert_double_eq(held(&AS_LIVE, MES), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM open_position"), 1);
}
END_TEST

START_TEST(another_position_in_the_way_is_told_and_both_stay)
{
    trade_as_sim();
    copy_to_live("3", "entry_time + 1000000");
    set_mode("live");
    start();
    ck_assert_double_eq(held(&AS_LIVE, MES), 3);
    ck_assert_double_eq(held(&AS_SIM, MES), 2);
    ck_assert_said("APX: the settings make it LIVE, where it has a position of " MES
                   " already: the one in SIM stays there; discard or close one of them");
}
END_TEST

static Suite *suite(void)
{
    const TTest *const modes[] = {
        an_open_position_moves_with_the_mode_of_its_account,
        what_was_closed_stays_in_its_island_and_the_rest_goes_to_the_new_one,
        fills_of_the_history_are_known_under_either_mode,
        it_moves_back_as_well_and_loses_nothing_on_the_way,
        a_move_that_was_cut_in_half_is_finished,
        another_position_in_the_way_is_told_and_both_stay,
    };
    Suite *s = suite_create("engine: modes");
    CASE_ADD(s, "modes", modes);
    return s;
}

TEST_MAIN(suite)
