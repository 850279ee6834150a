/* Random fills of several accounts and symbols, told of in any order: at once, late, twice, by the
 * fill history alone, with and without ids, over restarts. The books are those of the fills in the
 * order in which they were made. */
#include "engine_bench.h"

enum { SEQUENCES = 40, FILLS = 30 };

static const char *const accounts[] = {"Sim1", "120005"}, *const symbols[] = {MES, MNQ};
static const double POINT_VALUE = 5; /* of all symbols of the peer */

struct made {
    int account, symbol, sells, quantity;
    double price;
    int64_t time;
    char execution[16], order[16];
    int told_at; /* behind so many fills; FILLS + 1: the stream never does */
};

static uint64_t seed;

static int draw(int least, int most)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return least + (int)(seed % (uint64_t)(most - least + 1));
}

static struct made make(int number)
{
    static const int delays[] = {0, 0, 0, 0, 0, 1, 2, 5, FILLS + 1, FILLS + 1};
    struct made m = {.account = draw(0, 1), .symbol = draw(0, 1), .sells = draw(0, 1)};
    int delay = delays[draw(0, 9)];
    m.quantity = draw(1, 3);
    m.price = 5000 + 0.25 * draw(-40, 40);
    m.time = b.wall;
    m.told_at = delay > FILLS ? delay : number + delay;
    text_format(m.order, sizeof m.order, "o%d", number);
    if (draw(0, 3) > 0)
        text_format(m.execution, sizeof m.execution, "x%d", number);
    return m;
}

static struct sent_fill sent(const struct made *m)
{
    return (struct sent_fill){.account = accounts[m->account],
                              .symbol = symbols[m->symbol],
                              .order = m->order,
                              .execution = m->execution,
                              .sells = m->sells,
                              .quantity = m->quantity,
                              .price = m->price,
                              .ago = (b.wall - m->time) / CLOCK_SECOND};
}

/* What the server's history says by now: all of it. */
static void tell_history(const struct made *fills, int count)
{
    struct sent_fill of[FILLS];
    for (int a = 0; a < 2; a++) {
        size_t some = 0;
        for (int i = 0; i < count; i++)
            if (fills[i].account == a)
                of[some++] = sent(&fills[i]);
        if (some > 0)
            answer_history(of, some);
    }
}

static void check_books(const struct made *fills)
{
    struct truth_event events[FILLS];
    for (int a = 0; a < 2; a++)
        for (int s = 0; s < 2; s++) {
            size_t count = 0;
            struct account_key key = {mode_of_account(accounts[a]), ""};
            text_copy(key.account, sizeof key.account, accounts[a]);
            for (int i = 0; i < FILLS; i++)
                if (fills[i].account == a && fills[i].symbol == s)
                    events[count++] = (struct truth_event){.kind = TRUTH_FILL,
                                                           .side = fills[i].sells ? -1 : 1,
                                                           .units = truth_units(fills[i].quantity),
                                                           .price = fills[i].price,
                                                           .time = fills[i].time};
            double left = check_trades(accounts[a], symbols[s], events, count, POINT_VALUE);
            ck_assert_double_eq(held(&key, symbols[s]), left);
        }
    ck_assert_double_eq(query("SELECT count(*) FROM fill"), FILLS);
    ck_assert_int_eq(account_of_key(&SIM1)->ledger.cash,
                     10000 * MONEY_ONE +
                         (money)query("SELECT total(realized_pnl) FROM trade WHERE mode = 'SIM'"));
}

START_TEST(fills_in_any_order_make_the_books_of_their_own)
{
    struct made fills[FILLS];
    seed = 88172645463325252 + 1000003 * (uint64_t)_i;
    text_copy(b.config.symbols, sizeof b.config.symbols, MES " " MNQ);
    peer_answer(b.peer, 400, NULL, NULL,
                "[{'Type':401,'TradeAccount':'Sim1','TotalNumberMessages':2,'MessageNumber':1},"
                "{'Type':401,'TradeAccount':'120005','TotalNumberMessages':2,'MessageNumber':2}]");
    peer_answer(b.peer, 305, NULL, NULL, "[{'Type':307,'RejectText':'no'}]");
    peer_answer(b.peer, 303, NULL, NULL, "[{'Type':304,'NoOrderFills':1}]");
    start();
    skip(10);
    for (int now = 0; now < FILLS; now++) {
        fills[now] = make(now);
        tell_history(fills, now + 1);
        for (int i = 0; i <= now; i++) {
            struct sent_fill f = sent(&fills[i]);
            bool is_due = fills[i].told_at == now, again = fills[i].told_at < now;
            if (is_due || (again && draw(0, 19) == 0))
                send_fill(&f);
        }
        settle();
        skip(draw(2, 12));
        tell_history(fills, now + 1);
        if (draw(0, 9) == 0)
            restart();
        else if (draw(0, 9) == 0)
            command(COMMAND_RECONCILE, &SIM1, "", 0);
    }
    tell_history(fills, FILLS);
    command(COMMAND_RECONCILE, &SIM1, "", 0);
    skip(60);
    check_books(fills);
    restart();
    check_books(fills);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("engine: fills in any order");
    TCase *c = tcase_create("order");
    tcase_add_checked_fixture(c, set_up, tear_down);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, fills_in_any_order_make_the_books_of_their_own, 0, SEQUENCES);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
