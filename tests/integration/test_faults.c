/* Everything that can go wrong between a broker and the console, in each encoding: the console
 * comes back by itself, is right afterwards, and has told the user in one sentence; where nothing
 * was lost, it has told nothing. */
#include "sim_bench.h"

/* What is said of it in sessions of text, and in those of binary messages, where that differs. */
static const struct fault {
    const char *name, *line, *text, *binary;
} faults[] = {
    {"drop", "'do':'drop'", "the server closed the connection", NULL},
    {"refuse", "'do':'refuse','for':10", "connection refused", NULL},
    {"stall", "'do':'stall','for':40", "nothing heard from", NULL},
    {"half-open", "'do':'half-open'", "nothing heard from", NULL},
    {"silent heartbeat", "'do':'silent','for':40", "nothing heard from", NULL},
    {"lost messages", "'do':'lose','count':20", "nothing heard from", NULL},
    {"truncate", "'do':'truncate'", "the server closed the connection", NULL},
    {"garbage", "'do':'garbage','bytes':1000", "the server at the other end does not speak",
     "nothing heard from"},
    {"wrong sizes", "'do':'wrong-size'", "the server sent a message that is not JSON",
     "the server sent a message that claims to have 2 bytes"},
    {"oversized", "'do':'oversized'", "the server sent a message longer than",
     "nothing heard from"},
    {"wrong encoding", "'do':'wrong-encoding'", "the server at the other end speaks binary DTC",
     "nothing heard from"},
    {"logoff", "'do':'logoff','reason':'Maintenance'", "the server logs us off: Maintenance", NULL},
};

/* Nothing is lost by these, or it is found without a word. */
static const char *const slips[] = {
    "'do':'delay','for':30,'by':3",
    "'do':'duplicate','count':50",
    "'do':'reorder','count':4",
    "'do':'split','for':30",
    "'do':'join','for':30",
    "'do':'lose','count':2,'type':301",
    "'do':'lose','count':1,'type':306",
    "'do':'lose','count':8", /* all that the fills are told in */
};

#define TIMES_ENCODINGS(array) (int)(sizeof(array) / sizeof *(array)) * DTC_ENCODINGS

/* The market stands still but for what a test lets happen, so that it is all that happens. */
static void open_market(int encoding)
{
    text_copy(b.config.encoding, sizeof b.config.encoding, dtc_encoding_get(encoding)->name);
    sim_begin();
    sim_plan(0, "'do':'freeze','for':100000");
    begin();
    sim_pass(CLOCK_SECOND);
    ck_assert(is_online());
}

static void order(double seconds, const char *id, const char *account, const char *symbol,
                  const char *side, int quantity)
{
    sim_plan(seconds,
             "'do':'order','id':'%s','account':'%s','symbol':'%s','side':'%s','type':'market',"
             "'quantity':%d",
             id, account, symbol, side, quantity);
}

/* Positions in both accounts, and prices that make them earn. */
static void enter(void)
{
    order(0, "in", "Sim1", MES, "buy", 2);
    order(0, "live-in", "120005", MNQ, "sell", 1);
    sim_plan(2, "'do':'price','symbol':'" MES "','price':5060");
    sim_plan(2, "'do':'price','symbol':'" MNQ "','price':20900");
    sim_pass(8 * CLOCK_SECOND);
    sim_check_positions();
}

/* Part of the one and all of the other is closed meanwhile. */
static void go_on(void)
{
    order(0.5, "part", "Sim1", MES, "sell", 1);
    order(0.5, "live-out", "120005", MNQ, "buy", 1);
    sim_pass(100 * CLOCK_SECOND);
}

static void leave(void)
{
    order(0, "out", "Sim1", MES, "sell", 1);
    sim_pass(5 * CLOCK_SECOND);
    sim_check_positions();
    sim_check_fills();
    sim_check_results();
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    sim_end();
}

START_TEST(a_broken_connection_comes_back_is_told_once_and_loses_nothing)
{
    const struct fault *f = &faults[_i / DTC_ENCODINGS];
    int encoding = _i % DTC_ENCODINGS;
    bool is_text = dtc_encoding_get(encoding)->is_text;
    const char *told = is_text || f->binary == NULL ? f->text : f->binary;
    open_market(encoding);
    enter();
    sim_plan(0, "%s", f->line);
    go_on();
    ck_assert_msg(is_online(), "%s: %s", f->name, look()->connection.sentence);
    ck_assert_msg(times_said(told) == 1, "%s in %s: \"%s\" was said %d times", f->name,
                  dtc_encoding_get(encoding)->name, told, times_said(told));
    leave();
}
END_TEST

START_TEST(a_slip_is_mended_without_a_word)
{
    open_market(_i % DTC_ENCODINGS);
    enter();
    sim_plan(0, "%s", slips[_i / DTC_ENCODINGS]);
    go_on();
    ck_assert_int_eq(times_said("online with"), 1);
    leave();
    ck_assert_int_eq(times_said(" warning ") + times_said(" error "), 0);
}
END_TEST

/* 80 contracts are more than the best price ever has, so they are filled in two parts. */
START_TEST(a_lost_part_of_an_order_is_fetched_when_the_next_one_tells_of_it)
{
    open_market(_i);
    order(1, "in", "120005", MES, "buy", 80);
    sim_plan(1, "'do':'lose','count':2,'type':301");
    sim_pass(5 * CLOCK_SECOND / 4); /* no report has stood for long enough */
    ck_assert_uint_eq(sim.fill_count, 2);
    sim_check_fills();
    sim_end();
}
END_TEST

START_TEST(sierras_own_simulation_is_followed_by_its_fills)
{
    sim.options.terms.is_sierra = true;
    open_market(_i);
    enter();
    sim_plan(0, "'do':'drop'");
    go_on();
    ck_assert(!is_confirmed(&SIM1, MES));
    sim_pass(6 * CLOCK_MINUTE); /* positions, which are none, have been asked for again */
    ck_assert_double_eq(held(&SIM1, MES), 1);
    leave();
}
END_TEST

START_TEST(without_a_fill_history_the_reported_position_counts_and_the_user_is_told)
{
    open_market(_i);
    enter();
    sim_plan(0, "'do':'refuse-fill-history','on':true");
    sim_plan(0, "'do':'drop'");
    go_on();
    sim_check_positions();
    ck_assert_int_eq(times_said("the server gives no fill history of Sim1"), 1);
    ck_assert_int_eq(times_said("the server gives no fill history of 120005"), 1);
    ck_assert_int_eq(times_said("no fill says why"), 2);
    sim_plan(0, "'do':'refuse-fill-history','on':false");
    sim_pass(6 * CLOCK_MINUTE); /* everything has been asked for again */
    order(0, "out", "Sim1", MES, "sell", 1);
    sim_pass(5 * CLOCK_SECOND);
    sim_check_positions();
    ck_assert_double_eq(query("SELECT count(*) FROM trade"), 2);
    ck_assert_int_eq(times_said("no fill says why"), 2);
    sim_end();
}
END_TEST

/* A new connection, and a trade on it. */
static void reconnect_and_trade(double price)
{
    sim_plan(0, "'do':'drop'");
    sim_plan(5, "'do':'price','symbol':'" MES "','price':%g", price);
    sim_pass(60 * CLOCK_SECOND);
    ck_assert(is_online());
}

START_TEST(without_past_prices_the_session_so_far_is_marked_as_partial_until_they_come_again)
{
    open_market(_i);
    enter();
    reconnect_and_trade(5061);
    ck_assert(!market_of(MES)->context.partial);
    sim_plan(0, "'do':'refuse-price-history','on':true");
    reconnect_and_trade(5062);
    ck_assert(market_of(MES)->context.partial);
    sim_plan(0, "'do':'refuse-price-history','on':false");
    reconnect_and_trade(5063);
    ck_assert(!market_of(MES)->context.partial);
    sim_end();
}
END_TEST

START_TEST(a_final_logoff_is_obeyed_until_the_user_calls_again)
{
    open_market(_i);
    enter();
    sim_plan(0, "'do':'logoff','reason':'Goodbye','final':true");
    go_on();
    ck_assert_int_eq(look()->connection.phase, LINK_ENDED);
    ck_assert_int_eq(times_said("the server logs us off: Goodbye; it asks not to be called again"),
                     1);
    struct command again = {.kind = COMMAND_RECONNECT};
    ck_assert(command_post(b.commands, &again));
    sim_pass(10 * CLOCK_SECOND);
    ck_assert(is_online());
    leave();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("faults");
    TCase *c = tcase_create("faults");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, a_broken_connection_comes_back_is_told_once_and_loses_nothing, 0,
                        TIMES_ENCODINGS(faults));
    tcase_add_loop_test(c, a_slip_is_mended_without_a_word, 0, TIMES_ENCODINGS(slips));
    const TTest *const others[] = {
        a_lost_part_of_an_order_is_fetched_when_the_next_one_tells_of_it,
        sierras_own_simulation_is_followed_by_its_fills,
        without_a_fill_history_the_reported_position_counts_and_the_user_is_told,
        without_past_prices_the_session_so_far_is_marked_as_partial_until_they_come_again,
        a_final_logoff_is_obeyed_until_the_user_calls_again,
    };
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        tcase_add_loop_test(c, others[i], 0, DTC_ENCODINGS);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
