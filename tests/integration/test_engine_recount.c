/* Fills that come behind later ones: what was counted meanwhile is counted again, in the order in
 * which it was made. Nothing may show but that the fill came late. */
#include "engine_bench.h"

static void follow(void)
{
    text_copy(b.config.symbols, sizeof b.config.symbols, MES);
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1','TotalNumberMessages':2,'MessageNumber':1},"
                "{'Type':401,'TradeAccount':'120005','TotalNumberMessages':2,'MessageNumber':2}]");
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307,'RejectText':'no'}]");
    answer_snapshot(5000, START_TIME);
}

static void begin_following(void)
{
    follow();
    start();
    skip(10);
}

static void wait_for(int64_t us)
{
    b.now += us;
    b.wall += us;
}

/* A price, and time passes. */
static void trade_at(double price)
{
    wait_for(CLOCK_SECOND);
    send_trade(price);
}

static int64_t ago(int64_t wall)
{
    return (b.wall - wall) / CLOCK_SECOND;
}

/* The history of the account is asked for: an order says that it is filled. */
static void tell_of_order(const char *account, const char *order, int sells, double filled)
{
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'%s','Symbol':'" MES
              "','ServerOrderID':'%s','OrderStatus':7,'OrderUpdateReason':1,'OrderType':1,"
              "'BuySell':%d,'OrderQuantity':%g,'FilledQuantity':%g}",
              account, order, sells ? 2 : 1, filled, filled);
    pass(CLOCK_SECOND);
}

/* Long 1 at 5000, one more at 4990 that nobody tells of, and 1 sold at 5010. Prices between: 4980
 * before the one, 4970 behind it. */
static struct {
    int64_t in, lost, out;
} at;

static void lose_an_entry(const char *account)
{
    at.in = b.wall;
    FILL(.account = account, .execution = "in", .price = 5000);
    trade_at(4980);
    wait_for(5 * CLOCK_SECOND);
    at.lost = b.wall;
    wait_for(5 * CLOCK_SECOND);
    trade_at(4970);
    wait_for(5 * CLOCK_SECOND);
    at.out = b.wall;
    FILL(.account = account, .execution = "out", .price = 5010, .sells = 1);
    settle();
    trade_at(5020);
    HISTORY(
        {.account = account, .execution = "in", .price = 5000, .ago = ago(at.in)},
        {.account = account, .execution = "lost", .price = 4990, .ago = ago(at.lost)},
        {.account = account, .execution = "out", .price = 5010, .sells = 1, .ago = ago(at.out)});
}

static void assert_long_one(const struct account_key *key)
{
    const struct position *p = position_of(key, MES);
    ck_assert_ptr_nonnull(p);
    ck_assert_double_eq(p->quantity, 1);
    ck_assert_double_eq(p->entry_price, 4995);
    ck_assert_int_eq(p->entry_time, at.in);
    ck_assert_int_eq(p->realized_pnl, 75 * MONEY_ONE); /* 15 points × 5.00 */
    ck_assert_double_eq(p->max_quantity, 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM fill WHERE trade_id IS NULL"), 3);
    ck_assert_double_eq(query("SELECT min(execution_id = 'lost') FROM fill WHERE id = (SELECT "
                              "max(id) - 1 FROM fill)"),
                        1);
}

START_TEST(a_lost_entry_reopens_what_seemed_closed)
{
    const struct account_key *key = _i == 0 ? &SIM1 : &LIVE;
    begin_following();
    lose_an_entry(key->account);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 50e6);
    ck_assert_uint_eq(look()->statistics[TIMEFRAME_ALL].trades, 1);
    tell_of_order(key->account, "lost", 0, 1);
    assert_long_one(key);
    skip(10);
    ck_assert_uint_eq(look()->statistics[TIMEFRAME_ALL].trades, 0);
    ck_assert_said("a fill of " MES " came late");
    ck_assert_int_eq(times_said("wrong way round"), 0);
    restart();
    assert_long_one(key);
    ck_assert_uint_eq(look()->statistics[TIMEFRAME_ALL].trades, 0);
}
END_TEST

START_TEST(the_ledger_takes_back_what_a_trade_had_added)
{
    begin_following();
    lose_an_entry("Sim1");
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10050 * MONEY_ONE);
    tell_of_order("Sim1", "lost", 0, 1);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10000 * MONEY_ONE);
    FILL(.execution = "out2", .price = 5010, .sells = 1);
    settle();
    /* 75.00 and 15 points × 5.00 */
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10150 * MONEY_ONE);
    ck_assert_double_eq(query("SELECT count(*) FROM balance WHERE ledger"), 4);
    ck_assert_double_eq(query("SELECT cash FROM balance WHERE why = 'recount'"), 10000e6);
    restart();
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10150 * MONEY_ONE);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE realized_pnl = 150e6"), 1);
}
END_TEST

/* Of the split interval the server gives prices: 4980 went by with 1 held, 4970 with 2, 5020 with
 * 1 at 4995 and 75.00 realized. */
START_TEST(prices_on_both_sides_of_it_are_asked_for)
{
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"
                "'TradingIsSupported':1,'HistoricalPriceDataSupported':1}]");
    begin_following();
    lose_an_entry("Sim1");
    TICKS({.time = at.in / CLOCK_SECOND + 1, .low = 4980, .volume = 1},
          {.time = at.out / CLOCK_SECOND - 5, .low = 4970, .volume = 1},
          {.time = at.out / CLOCK_SECOND + 1, .low = 5020, .volume = 1});
    tell_of_order("Sim1", "lost", 0, 1);
    skip(20);
    assert_long_one(&SIM1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(!p->has_gap);
    ck_assert_int_eq(p->mae, -250 * MONEY_ONE); /* (4970 - 4995) × 2 × 5.00 */
    ck_assert_int_eq(p->mfe, 200 * MONEY_ONE);  /* 75.00 + 25 × 5.00 */
}
END_TEST

/* The stream goes on while those prices are on their way. */
START_TEST(what_comes_meanwhile_follows_what_was_seen)
{
    peer_answer(b.peer, 1, NULL, NULL,
                "[{'Type':2,'Result':1,'MarketDataSupported':1,'SecurityDefinitionsSupported':1,"
                "'TradingIsSupported':1,'HistoricalPriceDataSupported':1}]");
    begin_following();
    lose_an_entry("Sim1");
    FILL(.execution = "in2", .price = 5020);
    settle();
    trade_at(5018); /* 1 is held, truly 2 */
    peer_answer(b.peer, 800, NULL, NULL, NULL);
    tell_of_order("Sim1", "lost", 0, 1);
    ck_assert_double_eq(held(&SIM1, MES), 1); /* waits */
    trade_at(5016);
    FILL(.execution = "out2", .price = 5017, .sells = 1);
    settle();
    trade_at(4960);
    ck_assert_double_eq(held(&SIM1, MES), 1);
    skip(30);
    /* 2 at 4995, 1 out at 5010, 1 in at 5020, 1 out at 5017: long 1 at 5007.50 */
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_double_eq(p->quantity, 1);
    ck_assert_double_eq(p->entry_price, 5007.5);
    ck_assert_double_eq(p->min_price, 4960);
    ck_assert_int_eq(p->realized_pnl, 122500000); /* 75.00 and 9.5 × 5.00 */
    ck_assert_int_eq(p->mae, -250 * MONEY_ONE);   /* 4970, with 2 held */
    ck_assert_int_eq(p->open_pnl, -237500000);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 5);
}
END_TEST

/* They may have been made on either side of it: the position says so. */
START_TEST(prices_that_cannot_be_had_leave_a_mark)
{
    begin_following();
    lose_an_entry("Sim1");
    tell_of_order("Sim1", "lost", 0, 1);
    assert_long_one(&SIM1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(p->has_gap);
    ck_assert_double_eq(p->min_price, 4970);
    ck_assert_int_eq(p->mae, -250 * MONEY_ONE);
}
END_TEST

/* No price went by since the lost one: all that was seen was before it. */
START_TEST(where_no_price_went_by_none_is_missed)
{
    begin_following();
    at.in = b.wall;
    FILL(.execution = "in", .price = 5000);
    trade_at(4980);
    trade_at(5000);
    wait_for(5 * CLOCK_SECOND);
    at.lost = b.wall;
    wait_for(5 * CLOCK_SECOND);
    at.out = b.wall;
    FILL(.execution = "out", .price = 5010, .sells = 1);
    HISTORY({.execution = "lost", .price = 4990, .ago = ago(at.lost)});
    settle();
    tell_of_order("Sim1", "lost", 0, 1);
    assert_long_one(&SIM1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert(!p->has_gap);
    ck_assert_double_eq(p->min_price, 4980);
    ck_assert_int_eq(p->mae, -100 * MONEY_ONE); /* with 1 held */
}
END_TEST

/* The last price was made before the position was opened. */
START_TEST(a_price_of_before_is_none_of_what_is_counted_again)
{
    begin_following();
    trade_at(4900);
    wait_for(5 * CLOCK_SECOND);
    at.in = b.wall;
    FILL(.execution = "in", .price = 5000);
    wait_for(5 * CLOCK_SECOND);
    at.lost = b.wall;
    wait_for(5 * CLOCK_SECOND);
    FILL(.execution = "out", .price = 5010, .sells = 1);
    HISTORY({.execution = "lost", .price = 4990, .ago = ago(at.lost)});
    settle();
    tell_of_order("Sim1", "lost", 0, 1);
    assert_long_one(&SIM1);
    ck_assert_double_eq(position_of(&SIM1, MES)->min_price, 4990);
    ck_assert_int_eq(position_of(&SIM1, MES)->mae, -50 * MONEY_ONE);
}
END_TEST

/* In at 5000, [out at 5010], in at 5020: not long 2, but a trade and long 1. */
START_TEST(a_lost_exit_ends_its_trade_where_it_was)
{
    begin_following();
    FILL(.execution = "in", .price = 5000);
    skip(10);
    int64_t lost = b.wall;
    skip(10);
    FILL(.execution = "in2", .price = 5020);
    settle();
    ck_assert_double_eq(held(&SIM1, MES), 2);
    HISTORY({.execution = "lost", .price = 5010, .sells = 1, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 1, 1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_double_eq(p->quantity, 1);
    ck_assert_double_eq(p->entry_price, 5020);
    ck_assert_int_eq(p->entry_time, lost + 10 * CLOCK_SECOND);
    ck_assert_int_eq(p->realized_pnl, 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE side = 'long' AND exit_price = "
                              "5010 AND realized_pnl = 50e6 AND exit_time > entry_time"),
                        1);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10050 * MONEY_ONE);
}
END_TEST

/* Long 1, reversed to short 1 at 5010, closed at 5000; lost: 1 more bought at 4990 in between. */
START_TEST(reversals_are_taken_back_and_made_again)
{
    begin_following();
    FILL(.execution = "a", .price = 5000);
    skip(10);
    int64_t lost = b.wall;
    skip(10);
    FILL(.execution = "b", .price = 5010, .sells = 1, .quantity = 2);
    skip(10);
    FILL(.execution = "c", .price = 5000);
    settle();
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE first_fill IS NOT NULL"), 1);
    HISTORY({.execution = "lost", .price = 4990, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 0, 1);
    /* long 2 at 4995, out at 5010: 150.00; then long 1 at 5000 */
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 150e6);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 1);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5000);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'take back'"), 2);
}
END_TEST

/* The stop that was seen first is what R is counted by, also when counted again. */
START_TEST(stops_stay_with_their_fills)
{
    begin_following();
    FILL(.execution = "in", .price = 5000);
    peer_send(b.peer, "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
                      "','ServerOrderID':'s','OrderStatus':4,'OrderUpdateReason':1,'OrderType':3,"
                      "'BuySell':2,'OrderQuantity':1,'FilledQuantity':0,'Price1':4990}");
    skip(10);
    int64_t lost = b.wall;
    skip(10);
    peer_send(b.peer,
              "{'Type':301,'TradeAccount':'Sim1','Symbol':'" MES
              "','ServerOrderID':'s','OrderStatus':7,'OrderUpdateReason':4,'OrderType':3,"
              "'BuySell':2,'OrderQuantity':1,'FilledQuantity':1,'LastFillQuantity':1,"
              "'LastFillPrice':4990,'LastFillExecutionID':'out','LastFillDateTime':%lld}",
              (long long)(b.wall / CLOCK_MS));
    settle();
    ck_assert_double_eq(query("SELECT r_multiple FROM trade"), -1);
    HISTORY({.execution = "lost", .price = 4998, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 0, 1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_double_eq(p->initial_stop_price, 4990);
    FILL(.execution = "out2", .price = 5008, .sells = 1);
    settle();
    /* 2 at 4999: -45.00 and 45.00, on a risk of 9 points × 2 × 5.00 */
    ck_assert_double_eq(query("SELECT r_multiple FROM trade"), 0);
}
END_TEST

/* Later, but told of by the stream. */
START_TEST(a_fill_of_the_stream_may_come_late_as_well)
{
    static const char *const histories[] = {"[{'Type':304,'NoOrderFills':1}]",
                                            "[{'Type':308,'RejectText':'none here'}]", NULL};
    begin_following();
    peer_answer(b.peer, 303, NULL, NULL, histories[_i]);
    FILL(.execution = "in", .price = 5000);
    skip(20);
    FILL(.execution = "in2", .price = 5020);
    settle();
    FILL(.execution = "out", .price = 5010, .sells = 1, .ago = 10);
    FILL(.execution = "out", .price = 5010, .sells = 1, .ago = 10);
    skip(_i < 2 ? 10 : 60);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5020);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE realized_pnl = 50e6"), 1);
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 3);
}
END_TEST

/* While it waits, the stream goes on: with what is held now, not with what was held then. */
START_TEST(prices_behind_a_late_fill_of_the_stream_are_of_now)
{
    begin_following();
    peer_answer(b.peer, 303, NULL, NULL, NULL);
    FILL(.execution = "in", .price = 5000);
    wait_for(20 * CLOCK_SECOND);
    FILL(.execution = "in2", .price = 5020);
    settle();
    FILL(.execution = "out", .price = 5010, .sells = 1, .ago = 10);
    settle();
    trade_at(5100); /* with 1 at 5020 */
    FILL(.execution = "out2", .price = 5025, .sells = 1);
    settle();
    trade_at(4000); /* with none */
    ck_assert_double_eq(held(&SIM1, MES), 2);
    skip(60);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE realized_pnl = 50e6 AND mfe = 50e6 "
                              "AND mae = 0 AND max_price = 5010"),
                        1);
    ck_assert_double_eq(
        query("SELECT count(*) FROM trade WHERE realized_pnl = 25e6 AND mfe = 400e6 "
              "AND mae = 0 AND min_price = 5020"),
        1);
}
END_TEST

/* What stood in for a fill cannot be put into an order: those behind it count at the end. */
START_TEST(what_the_user_closed_is_not_counted_again)
{
    begin_following();
    FILL(.execution = "in", .price = 5000);
    skip(10);
    int64_t lost = b.wall;
    skip(10);
    command(COMMAND_CLOSE_AT, &SIM1, MES, 5005);
    skip(400);
    FILL(.execution = "in2", .price = 5020);
    settle();
    HISTORY({.execution = "lost", .price = 5010, .sells = 1, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 1, 1);
    ck_assert_double_eq(query("SELECT count(*) FROM audit WHERE what = 'recount'"), 0);
    ck_assert_double_eq(query("SELECT count(*) FROM trade WHERE origin = 'manual'"), 1);
}
END_TEST

/* A history gives whole seconds: of one of them, its order counts. */
START_TEST(within_a_second_the_order_of_the_history_tells)
{
    begin_following();
    wait_for(CLOCK_SECOND / 10);
    FILL(.execution = "in", .price = 5000);
    wait_for(CLOCK_SECOND / 2);
    FILL(.execution = "in2", .price = 5020);
    settle();
    if (_i == 0)
        HISTORY({.execution = "in", .price = 5000}, {.execution = "out", .price = 5010, .sells = 1},
                {.execution = "in2", .price = 5020});
    else
        HISTORY({.execution = "in", .price = 5000}, {.execution = "in2", .price = 5020},
                {.execution = "out", .price = 5010, .sells = 1});
    tell_of_order("Sim1", "out", 1, 1);
    const struct position *p = position_of(&SIM1, MES);
    ck_assert_double_eq(p->entry_price, _i == 0 ? 5020 : 5010);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), _i == 0);
}
END_TEST

/* The server's entry price is in it: then a fill that comes late counts at the end, and what it
 * closes is told to be the wrong way round. */
START_TEST(where_more_than_fills_has_changed_a_position_they_count_at_the_end)
{
    begin_following();
    skip(20);
    int64_t lost = b.wall - 10 * CLOCK_SECOND;
    FILL(.execution = "in", .price = 5000);
    peer_send(b.peer, "{'Type':306,'TradeAccount':'Sim1','Symbol':'" MES
                      "','Quantity':1,'AveragePrice':5002}");
    pass(4 * CLOCK_SECOND);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5002);
    HISTORY({.execution = "lost", .price = 5010, .sells = 1, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 1, 1);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT realized_pnl FROM trade"), 50e6);
    ck_assert_int_eq(times_said("Sim1: a fill of " MES " came after later ones: its trade is the "
                                "wrong way round"),
                     1);
}
END_TEST

/* Three of the same position, each behind later ones, and each with the history of its moment. */
START_TEST(one_after_another_they_all_find_their_places)
{
    int64_t times[6];
    begin_following();
    for (int i = 0; i < 6; i++) {
        char id[8];
        text_format(id, sizeof id, "f%d", i);
        times[i] = b.wall;
        if (i % 2 == 0)
            FILL(.execution = id, .price = 5000 + i, .sells = i == 4);
        skip(10);
    }
    HISTORY({.execution = "f5", .price = 5005, .sells = 1, .ago = ago(times[5])});
    tell_of_order("Sim1", "f5", 1, 1);
    HISTORY({.execution = "f1", .price = 5001, .sells = 1, .ago = ago(times[1])});
    tell_of_order("Sim1", "f1", 1, 1);
    HISTORY({.execution = "f3", .price = 5003, .sells = 1, .ago = ago(times[3])});
    tell_of_order("Sim1", "f3", 1, 1);
    /* +1 at 5000, -1 at 5001; +1 at 5002, -1 at 5003; -1 at 5004, -1 at 5005 */
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_double_eq(query("SELECT min(realized_pnl) FROM trade"), 5e6);
    ck_assert_double_eq(query("SELECT max(realized_pnl) FROM trade"), 5e6);
    ck_assert_double_eq(held(&SIM1, MES), -2);
    ck_assert_double_eq(position_of(&SIM1, MES)->entry_price, 5004.5);
    ck_assert_double_eq(query("SELECT count(*) FROM (SELECT time < lag(time) OVER (ORDER BY id) AS "
                              "back FROM fill) WHERE back"),
                        0);
}
END_TEST

/* A fill of the stream waits behind a history: prices meanwhile are those of the position that it
 * makes, not of the one that there was. */
START_TEST(prices_behind_a_fill_that_waits_are_of_what_it_makes)
{
    begin_following();
    FILL(.execution = "in", .price = 5000, .sells = _i);
    trade_at(5001);
    lose_connection();
    wait_for(40 * CLOCK_SECOND);
    answer_snapshot(5001, wall_seconds() - 30);
    peer_answer(b.peer, 303, "TradeAccount", "Sim1", NULL); /* the history takes its time */
    go_online();
    send_trade(5002);
    FILL(.execution = "add", .price = 5002, .sells = _i);
    settle();
    send_trade(4900); /* with 2 held */
    FILL(.execution = "out", .price = 5003, .quantity = 2, .sells = !_i);
    settle();
    send_trade(5200); /* with none */
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), 1);
    skip(60); /* and does not come */
    ck_assert_double_eq(held(&SIM1, MES), 0);
    ck_assert_double_eq(query("SELECT min_price FROM trade"), 4900);
    ck_assert_double_eq(query("SELECT max_price FROM trade"), 5003);
    /* 2 at 5001, at 4900 and 5003: 1010.00 and 20.00 */
    ck_assert_double_eq(query(_i ? "SELECT mfe FROM trade" : "SELECT -mae FROM trade"), 1010e6);
    ck_assert_double_eq(query(_i ? "SELECT -mae FROM trade" : "SELECT mfe FROM trade"), 20e6);
}
END_TEST

/* A lost exit is found behind prices that were made after it. */
START_TEST(prices_behind_a_lost_exit_are_none_of_the_trade)
{
    begin_following();
    FILL(.execution = "in", .price = 5000);
    trade_at(5004);
    wait_for(5 * CLOCK_SECOND);
    int64_t lost = b.wall;
    wait_for(5 * CLOCK_SECOND);
    trade_at(4900);
    peer_answer(b.peer, 303, "TradeAccount", "Sim1", "[]");
    char text[400];
    text_format(text, sizeof text,
                "[{'Type':304,'TradeAccount':'Sim1','Symbol':'" MES
                "','ServerOrderID':'out','BuySell':2,'Price':5003,'DateTime':%lld,'Quantity':1,"
                "'UniqueExecutionID':'out','HighPriceDuringPosition':5005,"
                "'LowPriceDuringPosition':4998}]",
                (long long)(lost / CLOCK_SECOND));
    peer_answer(b.peer, 303, "TradeAccount", "Sim1", text);
    tell_of_order("Sim1", "out", 1, 1);
    ck_assert_double_eq(query("SELECT min_price FROM trade"), 4998);
    ck_assert_double_eq(query("SELECT max_price FROM trade"), 5005);
    ck_assert_double_eq(query("SELECT mae FROM trade"), -10e6);
    ck_assert_double_eq(query("SELECT mfe FROM trade"), 25e6);
    ck_assert_double_eq(query("SELECT has_gap FROM trade"), 0);
}
END_TEST

/* What was counted by a run before, which ended without knowing. */
START_TEST(what_a_run_before_has_counted_is_counted_again)
{
    begin_following();
    FILL(.execution = "x", .price = 4000);
    FILL(.execution = "y", .price = 4001, .sells = 1);
    FILL(.execution = "a", .price = 5000);
    skip(10);
    int64_t lost = b.wall;
    skip(10);
    FILL(.execution = "b", .price = 5010, .sells = 1, .quantity = 2);
    skip(10);
    if (_i == 0)
        FILL(.execution = "c", .price = 5000);
    settle();
    end();
    start();
    skip(10);
    if (_i == 1) {
        FILL(.execution = "c", .price = 5000);
        settle();
    }
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 3);
    ck_assert_double_eq(held(&SIM1, MES), 0);
    HISTORY({.execution = "lost", .price = 4990, .ago = ago(lost)});
    tell_of_order("Sim1", "lost", 0, 1);
    ck_assert_double_eq(query("SELECT max(realized_pnl) FROM trade"), 150e6);
    ck_assert_double_eq(query("SELECT min(realized_pnl) FROM trade"), 5e6);
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_double_eq(held(&SIM1, MES), 1);
    skip(2);
    ck_assert_uint_eq(look()->statistics[TIMEFRAME_ALL].trades, 2);
    ck_assert_int_eq(look()->statistics[TIMEFRAME_ALL].total, 155 * MONEY_ONE);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash, 10155 * MONEY_ONE);
}
END_TEST

static Suite *suite(void)
{
    const TTest *const tests[] = {
        the_ledger_takes_back_what_a_trade_had_added,
        prices_on_both_sides_of_it_are_asked_for,
        what_comes_meanwhile_follows_what_was_seen,
        prices_that_cannot_be_had_leave_a_mark,
        where_no_price_went_by_none_is_missed,
        a_price_of_before_is_none_of_what_is_counted_again,
        a_lost_exit_ends_its_trade_where_it_was,
        reversals_are_taken_back_and_made_again,
        stops_stay_with_their_fills,
        prices_behind_a_late_fill_of_the_stream_are_of_now,
        what_the_user_closed_is_not_counted_again,
        where_more_than_fills_has_changed_a_position_they_count_at_the_end,
        one_after_another_they_all_find_their_places,
        prices_behind_a_lost_exit_are_none_of_the_trade,
    };
    Suite *s = suite_create("engine: fills behind later ones");
    CASE_ADD(s, "recount", tests);
    TCase *c = tcase_create("each");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_lost_entry_reopens_what_seemed_closed, 0, 2);
    tcase_add_loop_test(c, a_fill_of_the_stream_may_come_late_as_well, 0, 3);
    tcase_add_loop_test(c, prices_behind_a_fill_that_waits_are_of_what_it_makes, 0, 2);
    tcase_add_loop_test(c, within_a_second_the_order_of_the_history_tells, 0, 2);
    tcase_add_loop_test(c, what_a_run_before_has_counted_is_counted_again, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
