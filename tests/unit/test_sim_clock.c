/* What the simulated server does by the clock, which is the test's own here: heartbeats, silence,
 * slow clients,
 * --rate, --idle-exit. */
#include "sim/client.h"
#include "sim/server.h"
#include "unit/test_sim_client.h"

static struct sim_server *server;
static int64_t now;
static const int64_t WALL = 1795366517 * CLOCK_SECOND;

static void pump(void)
{
    sim_server_service(server, now, WALL + now);
}

static void start(struct sim_server_options options)
{
    struct error error = {0};
    now = 1000 * CLOCK_SECOND;
    server = sim_server_new(&options, now, WALL, &error);
    ck_assert_msg(server != NULL, "%s", error.text);
}

static void start_quiet(void)
{
    start((struct sim_server_options){.seed = 1, .speed = 1, .idle_exit = -1});
}

static void stop(void)
{
    sim_server_free(server, "done");
}

static void open_client(struct client *c)
{
    client_open(c, sim_server_port(server), pump);
    client_log_on(c);
}

/* One that takes little before its peer has to wait. */
static void open_slow_client(struct client *c)
{
    open_client(c);
    setsockopt(c->socket, SOL_SOCKET, SO_RCVBUF, &(int){65536}, sizeof(int));
}

static void pass(int64_t seconds)
{
    now += seconds * CLOCK_SECOND;
    pump();
}

START_TEST(a_heartbeat_comes_every_interval)
{
    struct client c;
    start_quiet();
    open_client(&c);
    for (int i = 0; i < 5; i++) {
        client_send(&c, "{\"Type\":3}");
        pass(10);
        json_t *m = client_next(&c);
        ck_assert_int_eq(get_int(m, "Type"), 3);
        ck_assert_int_eq(get_int(m, "CurrentDateTime"), (WALL + now) / CLOCK_SECOND);
        json_decref(m);
    }
    client_close(&c);
    stop();
}
END_TEST

START_TEST(a_client_silent_for_two_intervals_is_dropped_and_others_stay)
{
    struct client silent, alive;
    char reason[128] = "";
    start_quiet();
    open_client(&silent);
    open_client(&alive);
    for (int i = 0; i < 21; i++) {
        client_send(&alive, "{\"Type\":999}");
        json_decref(client_expect(&alive, 3)); /* the server has heard it */
        pass(1);
    }
    ck_assert(client_read_to_logoff(&silent, reason, sizeof reason));
    ck_assert_str_eq(reason, "Nothing was heard for too long");
    client_send(&alive, "{\"Type\":400,\"RequestID\":1}");
    json_decref(client_expect(&alive, 401));
    client_close(&silent);
    client_close(&alive);
    stop();
}
END_TEST

START_TEST(a_client_that_never_logs_on_is_dropped)
{
    struct client c;
    char reason[128] = "";
    start_quiet();
    client_open(&c, sim_server_port(server), pump);
    client_send(&c, "{\"Type\":6,\"Encoding\":2}");
    json_decref(client_expect(&c, 7));
    pass(30);
    pass(1);
    ck_assert(client_read_to_logoff(&c, reason, sizeof reason));
    client_close(&c);
    stop();
}
END_TEST

/* So many seconds pass, and `reader` is answered in each. */
static void flood(int seconds, struct client *reader)
{
    for (int i = 0; i < seconds; i++) {
        pass(1);
        client_send(reader, "{\"Type\":999}");
        json_decref(client_expect(reader, 3));
    }
}

START_TEST(a_slow_client_loses_market_data_that_is_counted_and_others_lose_nothing)
{
    struct client slow, reader;
    start((struct sim_server_options){.seed = 1, .speed = 1, .rate = 20000, .idle_exit = -1});
    open_slow_client(&slow);
    open_client(&reader);
    client_send(&slow, "{\"Type\":101,\"SymbolID\":1,\"Symbol\":\"MESZ26_FUT_CME\"}");
    json_decref(client_expect(&slow, 104));
    /* 20,000 messages of some 100 bytes a second: far more than 4 MiB and the socket's buffers. */
    flood(9, &reader);
    client_send(&slow, "{\"Type\":400,\"RequestID\":1}");
    json_decref(client_expect(&slow, 401)); /* after all that had piled up */
    int64_t dropped = 0;
    json_t *m;
    client_send(&slow, "{\"Type\":999}");
    while (dropped == 0) {
        m = client_expect(&slow, 3);
        dropped = get_int(m, "NumDroppedMessages");
        json_decref(m);
    }
    ck_assert_int_gt(dropped, 1000);
    client_close(&slow);
    client_close(&reader);
    stop();
}
END_TEST

#define ASK_DEFINITION "{\"Type\":506,\"Symbol\":\"MESZ26_FUT_CME\"}\0"

START_TEST(a_client_for_which_eight_mebibytes_wait_is_dropped)
{
    struct client slow, reader;
    start_quiet();
    open_slow_client(&slow);
    open_client(&reader);
    static const char requests[] = ASK_DEFINITION ASK_DEFINITION ASK_DEFINITION ASK_DEFINITION;
    bool gone = false;
    for (int i = 0; i < 20000 && !gone; i++) {
        gone = send(slow.socket, requests, sizeof requests - 1, MSG_NOSIGNAL) < 0;
        pump();
    }
    ck_assert(gone);
    client_send(&reader, "{\"Type\":400,\"RequestID\":1}");
    json_decref(client_expect(&reader, 401));
    client_close(&slow);
    client_close(&reader);
    stop();
}
END_TEST

START_TEST(the_rate_is_kept_whatever_is_subscribed)
{
    struct client c;
    start((struct sim_server_options){.seed = 1, .speed = 1, .rate = 500, .idle_exit = -1});
    open_client(&c);
    client_send(&c, "{\"Type\":101,\"SymbolID\":1,\"Symbol\":\"MESZ26_FUT_CME\"}");
    json_decref(client_expect(&c, 104));
    if (_i == 1) {
        client_send(&c, "{\"Type\":101,\"SymbolID\":2,\"Symbol\":\"MNQZ26_FUT_CME\"}");
        json_decref(client_expect(&c, 104));
    }
    for (int i = 0; i < 40; i++) {
        now += 50 * CLOCK_MS;
        pump();
    }
    client_send(&c, "{\"Type\":999}");
    int count = 0;
    json_t *m;
    while (get_int(m = client_next(&c), "Type") != 3) {
        count++;
        json_decref(m);
    }
    json_decref(m);
    ck_assert_int_eq(count, 1000);
    client_close(&c);
    stop();
}
END_TEST

START_TEST(an_idle_server_ends_and_a_used_one_does_not)
{
    struct client c;
    start((struct sim_server_options){.seed = 1, .speed = 1, .idle_exit = 60});
    now += 59 * CLOCK_SECOND;
    ck_assert(sim_server_service(server, now, WALL));
    open_client(&c);
    for (int i = 0; i < 10; i++) {
        client_send(&c, "{\"Type\":3}");
        now += 10 * CLOCK_SECOND;
        ck_assert(sim_server_service(server, now, WALL));
    }
    client_leave(&c);
    now += 59 * CLOCK_SECOND;
    ck_assert(sim_server_service(server, now, WALL));
    now += CLOCK_SECOND;
    ck_assert(!sim_server_service(server, now, WALL));
    stop();
}
END_TEST

START_TEST(more_clients_than_there_is_room_for_are_turned_away)
{
    struct client clients[SIM_SERVER_CLIENTS], extra;
    start_quiet();
    for (int i = 0; i < SIM_SERVER_CLIENTS; i++)
        open_client(&clients[i]);
    client_open(&extra, sim_server_port(server), pump);
    ck_assert_ptr_null(client_next(&extra));
    client_close(&extra);
    client_leave(&clients[0]);
    open_client(&clients[0]);
    for (int i = 0; i < SIM_SERVER_CLIENTS; i++)
        client_close(&clients[i]);
    stop();
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim server by the clock");
    TCase *t = tcase_create("clock");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, a_heartbeat_comes_every_interval);
    tcase_add_test(t, a_client_silent_for_two_intervals_is_dropped_and_others_stay);
    tcase_add_test(t, a_client_that_never_logs_on_is_dropped);
    tcase_add_test(t, a_slow_client_loses_market_data_that_is_counted_and_others_lose_nothing);
    tcase_add_test(t, a_client_for_which_eight_mebibytes_wait_is_dropped);
    tcase_add_loop_test(t, the_rate_is_kept_whatever_is_subscribed, 0, 2);
    tcase_add_test(t, an_idle_server_ends_and_a_used_one_does_not);
    tcase_add_test(t, more_clients_than_there_is_room_for_are_turned_away);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
