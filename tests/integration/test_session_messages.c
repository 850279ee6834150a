/* What goes to and fro in a session: any bytes, requests and their answers, more than the socket
 * takes. */
#include "session_peer.h"

#include "dtc/transport.h"

START_TEST(frames_may_come_in_parts_and_together)
{
    static const char text[] = "{\"Type\":107}\0{\"Type\":108}\0{\"Type\":301}";
    go_online();
    for (size_t i = 0; i < 20; i++) {
        peer_send_bytes(text + i, 1);
        await_arrival();
        turn();
    }
    ck_assert_uint_eq(t.messages, 1);
    peer_send_bytes(text + 20, sizeof text - 20);
    turn_until_messages(3);
    ck_assert_uint_eq(t.message[0], 107);
    ck_assert_uint_eq(t.message[1], 108);
    ck_assert_uint_eq(t.message[2], 301);
}
END_TEST

static size_t prices_heard;

static void count_price(void)
{
    prices_heard++;
    t.messages = 0; /* they are more than the record has room for */
    t.order[0] = '\0';
}

/* A read, or a turn of the loop, for each message would take as many of them. */
START_TEST(a_burst_is_taken_in_a_few_turns)
{
    enum { BURST = 2000, TURNS = 20 };
    static const char price[] =
        "{\"Type\":107,\"SymbolID\":1,\"AtBidOrAsk\":1,\"Price\":5000.25,\"Volume\":3,"
        "\"DateTime\":1800000000.125}";
    size_t sent = 0;
    int turns = 0;
    go_online();
    prices_heard = 0;
    t.on_message = count_price;
    ck_assert_int_eq(fcntl(t.peer, F_SETFL, O_NONBLOCK), 0);
    while (sent < BURST && send(t.peer, price, sizeof price, MSG_NOSIGNAL) == (ssize_t)sizeof price)
        sent++;
    ck_assert_uint_ge(sent, 500); /* what the sockets hold */
    for (; prices_heard < sent; turns++) {
        ck_assert_int_lt(turns, TURNS);
        turn();
    }
}
END_TEST

START_TEST(a_message_that_is_not_json_ends_the_connection)
{
    static const char *const texts[] = {"oops", "{\"Type\":", "{}", "[3]", "{\x1B]0;x\x07}"};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        go_online();
        t.now += 30 * CLOCK_SECOND; /* stable, so that each wait is a first one */
        peer_send(texts[i]);
        peer_send("{\"Type\":107}");
        turn_until(DTC_WAITING);
        assert_waits_first();
        ck_assert_uint_eq(t.messages, 0);
        t.now = dtc_session_deadline(t.session);
    }
}
END_TEST

START_TEST(a_message_of_more_than_1_mib_ends_the_connection)
{
    char part[4096];
    size_t sent = 0;
    memset(part, 'x', sizeof part);
    go_online();
    peer_send_bytes("{\"Type\":5,\"Reason\":\"", 20);
    ck_assert_int_eq(fcntl(t.peer, F_SETFL, O_NONBLOCK), 0);
    while (dtc_session_phase(t.session) == DTC_ONLINE) {
        ssize_t got = send(t.peer, part, sizeof part, MSG_NOSIGNAL);
        sent += got > 0 ? (size_t)got : 0;
        ck_assert_uint_le(sent, 16 << 20);
        turn();
    }
    ck_assert_uint_ge(sent, (1 << 20) - 20);
    assert_says("longer than 1048576 bytes");
    assert_waits_first();
}
END_TEST

START_TEST(a_server_that_speaks_binary_is_named)
{
    static const char answer[] = "\x10\0\x07\0\x08\0\0\0\0\0\0\0DTC";
    reach();
    peer_send_bytes(answer, sizeof answer);
    turn_until(DTC_WAITING);
    assert_says("speaks binary DTC, not JSON: set Sierra Chart's DTC encoding to JSON");
    assert_waits_first();
}
END_TEST

START_TEST(a_server_that_closes_at_once_may_speak_another_encoding)
{
    reach();
    peer_close();
    turn_until(DTC_WAITING);
    assert_says("closed the connection before it answered the logon; is its DTC encoding JSON "
                "and its TLS off?");
    assert_waits_first();
}
END_TEST

START_TEST(requests_end_after_their_messages)
{
    union dtc_message m;
    go_online();
    t.order[0] = '\0';
    memset(t.order, 0, sizeof t.order);
    int32_t positions = request(DTC_CURRENT_POSITIONS_REQUEST);
    int32_t fills = request(DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    ck_assert_int_eq(positions, 1);
    ck_assert_int_eq(fills, 2);
    peer_receive(&m, DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert_int_eq(m.current_positions_request.RequestID, 1);
    peer_receive(&m, DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    t.now += 2500;
    peer_send("{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}");
    peer_send("{\"Type\":308,\"RequestID\":2,\"RejectText\":\"TradeAccount is not set\"}");
    peer_send("{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":2}");
    turn_until_answers(2);
    ck_assert_str_eq(t.order, "mmama");
    ck_assert_int_eq(t.answer[0].id, fills);
    ck_assert_int_eq(t.answer[0].type, DTC_HISTORICAL_ORDER_FILLS_REQUEST);
    ck_assert_int_eq(t.answer[0].outcome, DTC_REJECTED);
    ck_assert_str_eq(t.answer[0].text, "TradeAccount is not set");
    ck_assert_int_eq(t.answer[1].id, positions);
    ck_assert_int_eq(t.answer[1].outcome, DTC_COMPLETE);
    ck_assert_int_eq(dtc_session_round_trip(t.session), 2500);
}
END_TEST

START_TEST(requests_without_answer_time_out)
{
    go_online();
    int64_t start = t.now;
    request(DTC_TRADE_ACCOUNTS_REQUEST);
    request(DTC_CURRENT_POSITIONS_REQUEST);
    peer_send("{\"Type\":306,\"RequestID\":2}");
    turn_until_messages(1);
    ck_assert_int_eq(dtc_session_deadline(t.session), start + 500000);
    t.now = start + 500000;
    turn_until_answers(1);
    ck_assert_int_eq(t.answer[0].id, 2);
    ck_assert_int_eq(t.answer[0].outcome, DTC_COMPLETE);
    t.now = start + 10 * CLOCK_SECOND;
    turn_until_answers(2);
    ck_assert_int_eq(t.answer[1].id, 1);
    ck_assert_int_eq(t.answer[1].outcome, DTC_UNANSWERED);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
}
END_TEST

START_TEST(a_batch_that_the_connection_cuts_off_is_unanswered)
{
    go_online();
    request(DTC_CURRENT_POSITIONS_REQUEST);
    peer_send("{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}");
    turn_until_messages(1);
    peer_close();
    turn_until(DTC_WAITING);
    ck_assert_uint_eq(t.answers, 1);
    ck_assert_int_eq(t.answer[0].outcome, DTC_UNANSWERED);
    ck_assert_int_eq(request(DTC_CURRENT_POSITIONS_REQUEST), 0);
}
END_TEST

START_TEST(what_came_before_the_end_of_the_connection_is_read)
{
    go_online();
    request(DTC_CURRENT_POSITIONS_REQUEST);
    peer_send("{\"Type\":306,\"RequestID\":1,\"NoPositions\":1}");
    peer_send("{\"Type\":5,\"Reason\":\"bye\",\"DoNotReconnect\":1}");
    ck_assert_int_eq(shutdown(t.peer, SHUT_WR), 0);
    turn_until(DTC_ENDED);
    ck_assert_int_eq(t.answer[0].outcome, DTC_COMPLETE);
    assert_says("bye");
}
END_TEST

START_TEST(a_server_that_reads_nothing_is_given_up)
{
    union dtc_message m;
    size_t sent = 0;
    dtc_message_init(&m, DTC_USER_MESSAGE);
    memset(m.user_message.UserMessage, 'x', sizeof m.user_message.UserMessage);
    ck_assert(!dtc_session_send(t.session, &m)); /* not online yet */
    go_online();
    request(DTC_CURRENT_POSITIONS_REQUEST);
    while (dtc_session_send(t.session, &m)) {
        sent += 256;
        ck_assert_uint_le(sent, 64 << 20);
    }
    ck_assert_uint_ge(sent, DTC_OUTPUT_MAX / 2);
    ck_assert_int_eq(dtc_session_phase(t.session),
                     DTC_ONLINE); /* nothing happens behind the caller */
    ck_assert_int_le(dtc_session_deadline(t.session), t.now);
    turn();
    assert_says("does not take what is sent");
    assert_waits_first();
    ck_assert_uint_eq(t.answers, 1);
    ck_assert_int_eq(t.answer[0].outcome, DTC_UNANSWERED);
}
END_TEST

START_TEST(what_the_socket_does_not_take_at_once_is_sent_later)
{
    union dtc_message m;
    short events = 0;
    int sent = 0;
    go_online();
    dtc_message_init(&m, DTC_USER_MESSAGE);
    do { /* until what was sent waits for room */
        snprintf(m.user_message.UserMessage, sizeof m.user_message.UserMessage, "%0250d", ++sent);
        ck_assert(dtc_session_send(t.session, &m));
        dtc_session_service(t.session, POLLOUT, t.now);
        dtc_session_descriptor(t.session, &events);
    } while (!(events & POLLOUT));
    for (int i = 1; i <= sent; i++) {
        struct pollfd p = wanted();
        if (poll(&p, 1, 0) > 0)
            dtc_session_service(t.session, p.revents, t.now);
        peer_receive(&m, DTC_USER_MESSAGE);
        ck_assert_int_eq(atoi(m.user_message.UserMessage), i);
    }
    dtc_session_descriptor(t.session, &events);
    ck_assert_int_eq(events, POLLIN);
}
END_TEST

static void log_off(void)
{
    dtc_session_logoff(t.session, "enough");
}

START_TEST(the_listener_may_log_off_within_a_message)
{
    go_online();
    t.on_message = log_off;
    peer_send_bytes("{\"Type\":107}\0{\"Type\":107}", 26);
    turn_until(DTC_ENDED);
    ck_assert_uint_eq(t.messages, 1);
    ck_assert_str_eq(t.sentence, "logged off");
}
END_TEST

static void request_when_online(enum dtc_phase phase)
{
    if (phase == DTC_ONLINE)
        ck_assert_int_gt(request(DTC_TRADE_ACCOUNTS_REQUEST), 0);
}

START_TEST(the_listener_may_send_requests_as_soon_as_it_is_online)
{
    union dtc_message m;
    t.on_phase = request_when_online;
    go_online();
    peer_receive(&m, DTC_TRADE_ACCOUNTS_REQUEST);
    ck_assert_int_eq(m.trade_accounts_request.RequestID, 1);
}
END_TEST

START_TEST(any_bytes_are_survived)
{
    static const char alphabet[] = "{}[]\",:0123456789.eE-+\\ \n\0\0\0TypeF\xFF\x1B\x80";
    uint32_t random = 12345;
    for (int round = 0; round < 100; round++) {
        char noise[512] = "{\"Type\":";
        go_online();
        for (size_t i = round % 2 ? 8 : 0; i < sizeof noise; i++) {
            random = random * 1664525 + 1013904223;
            noise[i] =
                round % 3 ? alphabet[(random >> 8) % (sizeof alphabet - 1)] : (char)(random >> 24);
        }
        noise[sizeof noise - 1] = '\0';
        peer_send_bytes(noise, sizeof noise);
        peer_close();
        turn_until(DTC_WAITING);
        ck_assert_str_ne(t.sentence, "");
        t.now = dtc_session_deadline(t.session);
        t.phases = t.messages = 0;
        memset(t.order, 0, sizeof t.order);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session messages");
    const TTest *const bytes[] = {frames_may_come_in_parts_and_together,
                                  a_burst_is_taken_in_a_few_turns,
                                  a_message_that_is_not_json_ends_the_connection,
                                  a_message_of_more_than_1_mib_ends_the_connection,
                                  a_server_that_speaks_binary_is_named,
                                  a_server_that_closes_at_once_may_speak_another_encoding,
                                  any_bytes_are_survived};
    const TTest *const requests[] = {requests_end_after_their_messages,
                                     requests_without_answer_time_out,
                                     a_batch_that_the_connection_cuts_off_is_unanswered,
                                     what_came_before_the_end_of_the_connection_is_read,
                                     a_server_that_reads_nothing_is_given_up,
                                     what_the_socket_does_not_take_at_once_is_sent_later,
                                     the_listener_may_log_off_within_a_message,
                                     the_listener_may_send_requests_as_soon_as_it_is_online};
    CASE_ADD(s, "bytes", bytes);
    CASE_ADD(s, "requests", requests);
    return s;
}

TEST_MAIN(suite)
