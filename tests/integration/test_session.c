/* How the session comes to be, lives and ends. */
#include "session_peer.h"

#include <netdb.h>

START_TEST(a_logon_that_succeeds_goes_online)
{
    union dtc_message m;
    short events;
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_WAITING);
    ck_assert_int_eq(dtc_session_descriptor(t.session, &events), -1);
    ck_assert_int_le(dtc_session_deadline(t.session), t.now); /* at once */
    turn_until(DTC_LOGGING_ON);
    peer_accept();
    peer_receive(&m, DTC_LOGON_REQUEST);
    ck_assert_int_eq(m.logon_request.ProtocolVersion, 8);
    ck_assert_int_eq(m.logon_request.HeartbeatIntervalInSeconds, HEARTBEAT);
    ck_assert_str_eq(m.logon_request.Username, "joe");
    ck_assert_str_eq(m.logon_request.ClientName, "sortie");
    ck_assert_ptr_null(dtc_session_server(t.session));
    peer_send("{\"Type\":2,\"ProtocolVersion\":8,\"Result\":1,\"ServerName\":\"SC\\u001b[2J\","
              "\"TradingIsSupported\":1}");
    turn_until(DTC_ONLINE);
    assert_says("SC?[2J");
    ck_assert_int_eq(dtc_session_server(t.session)->TradingIsSupported, 1);
    ck_assert_uint_eq(t.phases, 3);
    ck_assert_int_eq(t.phase[0], DTC_CONNECTING);
    ck_assert_int_eq(t.phase[1], DTC_LOGGING_ON);
    ck_assert_int_eq(t.phase[2], DTC_ONLINE);
}
END_TEST

START_TEST(every_address_of_a_name_is_tried)
{
    struct addrinfo *found = NULL;
    if (getaddrinfo("localhost", NULL, NULL, &found) != 0)
        return; /* a machine without /etc/hosts: there is no name to try */
    freeaddrinfo(found);
    session_start("localhost", 1); /* usually ::1 first, where nobody listens */
    go_online();
    assert_says("localhost");
}
END_TEST

START_TEST(before_the_logons_answer_only_notices_are_handed_on)
{
    reach();
    peer_send("{\"Type\":107,\"SymbolID\":1}");
    peer_send("{\"Type\":3}");
    peer_send("{\"Type\":700,\"UserMessage\":\"hello\"}");
    peer_send("{\"Type\":701}");
    peer_send("{\"Type\":702}");
    peer_send("{\"Type\":2,\"Result\":1}");
    turn_until(DTC_ONLINE);
    ck_assert_uint_eq(t.messages, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(t.message[i], DTC_USER_MESSAGE + i);
}
END_TEST

START_TEST(a_refused_logon_is_tried_again)
{
    reach();
    peer_send("{\"Type\":2,\"Result\":2,\"ResultText\":\"busy\"}");
    turn_until(DTC_WAITING);
    assert_says("refuses the logon: busy");
    assert_waits_first();
    t.now = dtc_session_deadline(t.session);
    go_online();
}
END_TEST

START_TEST(a_logon_refused_for_good_is_not_tried_again)
{
    reach();
    peer_send("{\"Type\":2,\"Result\":3,\"ResultText\":\"unknown\\u0007 user\"}");
    turn_until(DTC_ENDED);
    ck_assert_str_eq(t.sentence, "the server refuses the logon: unknown? user");
    ck_assert_int_eq(dtc_session_deadline(t.session), INT64_MAX);
    dtc_session_service(t.session, 0, t.now + CLOCK_DAY);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ENDED);
    dtc_session_retry(t.session, t.now); /* but the user may */
    go_online();
}
END_TEST

START_TEST(a_server_can_send_us_on_to_another_address)
{
    int first = t.door, first_port = t.port, second_port;
    int second = door_open(&second_port);
    char text[128];
    ck_assert_int_eq(listen(second, 8), 0);
    reach();
    snprintf(text, sizeof text, "{\"Type\":2,\"Result\":4,\"ReconnectAddress\":\"127.0.0.1:%d\"}",
             second_port);
    peer_send(text);
    t.door = second;
    turn_until(DTC_WAITING);
    ck_assert_int_eq(wait_time(), 0);
    go_online();
    snprintf(text, sizeof text, "127.0.0.1:%d", second_port);
    assert_says(text);
    t.door = first; /* the next try begins where the user said */
    peer_close();
    turn_until(DTC_WAITING);
    t.now = dtc_session_deadline(t.session);
    go_online();
    snprintf(text, sizeof text, "127.0.0.1:%d", first_port);
    assert_says(text);
    close(second);
}
END_TEST

START_TEST(servers_cannot_send_us_on_forever)
{
    char text[128];
    snprintf(text, sizeof text, "{\"Type\":2,\"Result\":4,\"ReconnectAddress\":\"127.0.0.1:%d\"}",
             t.port);
    for (int i = 0; i < 5; i++) {
        reach();
        peer_send(text);
        turn_until(DTC_WAITING);
        ck_assert_int_eq(wait_time(), 0);
    }
    reach();
    peer_send(text);
    turn_until(DTC_WAITING);
    assert_says("sending us on");
    assert_waits_first();
}
END_TEST

START_TEST(an_address_that_is_none_is_not_followed)
{
    static const char *const addresses[] = {"",     "host", "host:",  ":1",
                                            "h:0",  "h:x",  "h:1x",   "h:65536",
                                            "h:-1", ":",    "h:1:2:", "\\u001b:99999999999999"};
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        char text[128];
        reach();
        snprintf(text, sizeof text, "{\"Type\":2,\"Result\":4,\"ReconnectAddress\":\"%s\"}",
                 addresses[i]);
        peer_send(text);
        turn_until(DTC_WAITING);
        assert_says("not to a host:port");
        t.now = dtc_session_deadline(t.session);
    }
}
END_TEST

START_TEST(a_logoff_is_followed_by_another_try)
{
    go_online();
    peer_send("{\"Type\":5,\"Reason\":\"restart\"}");
    turn_until(DTC_WAITING);
    assert_says("logs us off: restart");
    assert_waits_first();
}
END_TEST

START_TEST(a_logoff_that_forbids_another_try_is_obeyed)
{
    go_online();
    peer_send("{\"Type\":5,\"Reason\":\"closed\",\"DoNotReconnect\":1}");
    turn_until(DTC_ENDED);
    assert_says("logs us off: closed");
    ck_assert_int_eq(dtc_session_deadline(t.session), INT64_MAX);
}
END_TEST

START_TEST(a_heartbeat_is_sent_each_interval)
{
    union dtc_message m;
    go_online();
    for (int i = 0; i < 3; i++) {
        int64_t due = t.now + INTERVAL;
        ck_assert_int_eq(dtc_session_deadline(t.session), due);
        t.now = due - 1;
        peer_send("{\"Type\":107}"); /* life, but the heartbeat is not due yet */
        turn_until_messages((size_t)i + 1);
        ck_assert_int_eq(dtc_session_deadline(t.session), due);
        t.now = due;
        turn();
        peer_receive(&m, DTC_HEARTBEAT);
        ck_assert_int_gt(m.heartbeat.CurrentDateTime, 1700000000);
    }
}
END_TEST

START_TEST(two_intervals_of_silence_are_death)
{
    union dtc_message m;
    go_online();
    request(DTC_CURRENT_POSITIONS_REQUEST);
    t.now += INTERVAL;
    turn();
    peer_receive(&m, DTC_CURRENT_POSITIONS_REQUEST);
    peer_receive(&m, DTC_HEARTBEAT);
    t.now += INTERVAL - 1;
    dtc_session_service(t.session, 0, t.now);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
    t.now++;
    turn();
    assert_says("nothing heard from 127.0.0.1:");
    assert_says(" for 20 s");
    assert_waits_first();
}
END_TEST

START_TEST(any_message_counts_as_life)
{
    static const char *const texts[] = {"{\"Type\":3}", "{\"Type\":107}", "{\"Type\":9999}"};
    union dtc_message m;
    go_online();
    for (int i = 0; i < 9; i++) {
        t.now += INTERVAL;
        peer_send(texts[i % 3]);
        await_arrival();
        turn();
        peer_receive(&m, DTC_HEARTBEAT);
        ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
    }
}
END_TEST

START_TEST(what_came_in_time_counts_even_if_we_are_late)
{
    go_online();
    peer_send("{\"Type\":3}");
    await_arrival();
    t.now += 5 * INTERVAL; /* the process was stopped for a while */
    dtc_session_service(t.session, 0, t.now);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
}
END_TEST

START_TEST(heartbeats_are_handed_on)
{
    go_online();
    peer_send("{\"Type\":3,\"CurrentDateTime\":1762600000}");
    peer_send("{\"Type\":3,\"F\":[2,1762600000]}");
    peer_send("{\"Type\":107}");
    turn_until_messages(1);
    ck_assert_uint_eq(t.heartbeats, 2);
}
END_TEST

/* The waits after tries on a port that refuses. */
static void measure_waits(uint64_t seed, int64_t waits[], int count)
{
    close(t.door);
    t.door = door_open(&t.port); /* does not listen */
    session_start("127.0.0.1", seed);
    for (int i = 0; i < count; i++) {
        turn_through(2);
        waits[i] = wait_time();
        t.now = dtc_session_deadline(t.session);
    }
}

START_TEST(the_wait_doubles_up_to_30_seconds_with_jitter)
{
    static const int64_t backoff[] = {2, 4, 8, 16, 30, 30, 30, 30};
    int64_t waits[2][8];
    measure_waits(1, waits[0], 8);
    measure_waits(2, waits[1], 8);
    for (int i = 0; i < 8; i++) {
        for (int k = 0; k < 2; k++) {
            ck_assert_int_ge(waits[k][i], backoff[i] * CLOCK_SECOND / 2);
            ck_assert_int_le(waits[k][i], backoff[i] * CLOCK_SECOND);
        }
        ck_assert_int_ne(waits[0][i], waits[1][i]);
    }
    ck_assert_int_ne(waits[0][6], waits[0][7]);
}
END_TEST

START_TEST(a_refused_connection_says_what_to_look_at)
{
    int64_t wait;
    char expected[320];
    measure_waits(1, &wait, 1);
    snprintf(expected, sizeof expected,
             "cannot reach 127.0.0.1:%d: connection refused; is Sierra Chart's DTC server on "
             "(Global Settings > Sierra Chart Server Settings > DTC Protocol Server)? trying again "
             "in 2 s",
             t.port);
    ck_assert_str_eq(t.sentence, expected);
}
END_TEST

START_TEST(a_host_that_is_unknown_says_so)
{
    session_start("no such host", 1);
    turn_through(2);
    assert_says("cannot reach no such host:");
    assert_says("check the host's name");
    assert_waits_first();
}
END_TEST

START_TEST(the_user_can_try_again_at_once)
{
    int64_t waits[3];
    measure_waits(1, waits, 3);
    ck_assert_int_eq(listen(t.door, 8), 0);
    t.now = dtc_session_deadline(t.session) - 1;
    dtc_session_retry(t.session, t.now);
    ck_assert_int_eq(dtc_session_deadline(t.session), t.now);
    go_online();
    dtc_session_retry(t.session, t.now);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
    peer_close();
    turn_until(DTC_WAITING);
    assert_waits_first();
}
END_TEST

START_TEST(only_a_stable_time_online_ends_the_back_off)
{
    go_online();
    peer_close();
    turn_until(DTC_WAITING);
    assert_waits_first();
    t.now = dtc_session_deadline(t.session);
    go_online();
    peer_close();
    turn_until(DTC_WAITING);
    ck_assert_int_ge(wait_time(), 2 * CLOCK_SECOND);
    t.now = dtc_session_deadline(t.session);
    go_online();
    for (int i = 0; i < 3; i++) {
        t.now += INTERVAL;
        peer_send("{\"Type\":107}");
        turn_until_messages((size_t)i + 1);
    }
    peer_close();
    turn_until(DTC_WAITING);
    assert_waits_first();
}
END_TEST

START_TEST(a_logon_that_is_not_answered_is_given_up)
{
    reach();
    ck_assert_int_eq(dtc_session_deadline(t.session), t.now + 10 * CLOCK_SECOND);
    t.now += 10 * CLOCK_SECOND - 1;
    dtc_session_service(t.session, POLLIN, t.now);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_LOGGING_ON);
    t.now++;
    turn();
    assert_says("does not answer the logon");
    assert_waits_first();
}
END_TEST

START_TEST(a_connection_that_does_not_come_about_is_given_up)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                  .sin_port = htons((uint16_t)t.port)};
    int crowd[16];
    ck_assert_int_eq(listen(t.door, 0), 0);
    for (int i = 0; i < 16; i++) { /* more than wait at the door */
        crowd[i] = socket(AF_INET, SOCK_STREAM, 0);
        ck_assert_int_eq(fcntl(crowd[i], F_SETFL, O_NONBLOCK), 0);
        ck_assert(connect(crowd[i], (struct sockaddr *)&address, sizeof address) == 0 ||
                  errno == EINPROGRESS);
    }
    turn();
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_CONNECTING);
    ck_assert_int_eq(dtc_session_deadline(t.session), t.now + 10 * CLOCK_SECOND);
    t.now += 10 * CLOCK_SECOND - 1;
    dtc_session_service(t.session, POLLOUT, t.now); /* a false alarm */
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_CONNECTING);
    t.now++;
    turn();
    assert_says("connection timed out");
    assert_waits_first();
    for (int i = 0; i < 16; i++)
        close(crowd[i]);
}
END_TEST

START_TEST(our_logoff_is_sent_and_ends_the_session)
{
    union dtc_message m;
    go_online();
    request(DTC_CURRENT_POSITIONS_REQUEST);
    dtc_session_logoff(t.session, "the user quits");
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ENDED);
    ck_assert_int_eq(t.answer[0].outcome, DTC_UNANSWERED);
    peer_receive(&m, DTC_CURRENT_POSITIONS_REQUEST);
    peer_receive(&m, DTC_LOGOFF);
    ck_assert_str_eq(m.logoff.Reason, "the user quits");
    char byte;
    ck_assert_int_eq(recv(t.peer, &byte, 1, 0), 0);
    ck_assert_int_eq(dtc_session_deadline(t.session), INT64_MAX);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session");
    const TTest *const logon[] = {a_logon_that_succeeds_goes_online,
                                  every_address_of_a_name_is_tried,
                                  before_the_logons_answer_only_notices_are_handed_on,
                                  a_refused_logon_is_tried_again,
                                  a_logon_refused_for_good_is_not_tried_again,
                                  a_server_can_send_us_on_to_another_address,
                                  servers_cannot_send_us_on_forever,
                                  an_address_that_is_none_is_not_followed,
                                  a_logon_that_is_not_answered_is_given_up};
    const TTest *const life[] = {a_logoff_is_followed_by_another_try,
                                 a_logoff_that_forbids_another_try_is_obeyed,
                                 a_heartbeat_is_sent_each_interval,
                                 two_intervals_of_silence_are_death,
                                 any_message_counts_as_life,
                                 what_came_in_time_counts_even_if_we_are_late,
                                 heartbeats_are_handed_on,
                                 our_logoff_is_sent_and_ends_the_session};
    const TTest *const reconnect[] = {the_wait_doubles_up_to_30_seconds_with_jitter,
                                      a_refused_connection_says_what_to_look_at,
                                      a_host_that_is_unknown_says_so,
                                      the_user_can_try_again_at_once,
                                      only_a_stable_time_online_ends_the_back_off,
                                      a_connection_that_does_not_come_about_is_given_up};
    CASE_ADD(s, "logon", logon);
    CASE_ADD(s, "life", life);
    CASE_ADD(s, "reconnect", reconnect);
    return s;
}

TEST_MAIN(suite)
