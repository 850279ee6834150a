/* How client and server find an encoding, and what is said when they do not. */
#include "session_peer.h"

#define ASKING (3 * CLOCK_SECOND)
#define LOGON (10 * CLOCK_SECOND)

static const char LOGON_JSON[] = "{\"Type\":2,\"ProtocolVersion\":8,\"Result\":1}";

static void start_automatic(void)
{
    t.options.encoding = DTC_ENCODING_AUTO;
    session_renew();
}

/* Connected by the session, which begins to speak in `encoding`. */
static void meet(int encoding)
{
    t.encoding = encoding;
    turn_until(DTC_LOGGING_ON);
    peer_accept();
}

static void take_question(void)
{
    union dtc_message m;
    meet(DTC_BINARY_ENCODING);
    peer_receive(&m, DTC_ENCODING_REQUEST);
    ck_assert_int_eq(m.encoding_request.ProtocolVersion, 8);
    ck_assert_int_eq(m.encoding_request.Encoding, DTC_BINARY_ENCODING);
    ck_assert_mem_eq(m.encoding_request.ProtocolType, "DTC", 4);
}

static void answer_question(int encoding)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_ENCODING_RESPONSE);
    m.encoding_response.Encoding = encoding;
    dtc_text_set(m.encoding_response.ProtocolType, sizeof m.encoding_response.ProtocolType, "DTC");
    peer_send_message(&m);
}

/* The logon comes in `encoding` and is granted. */
static void let_in(int encoding)
{
    union dtc_message m;
    dtc_framing_switch(&t.framing, encoding);
    struct pollfd p = {.fd = t.peer, .events = POLLIN};
    while (poll(&p, 1, 0) == 0) /* the session has not read the answer yet */
        turn();
    peer_receive(&m, DTC_LOGON_REQUEST);
    ck_assert_str_eq(m.logon_request.Username, "joe");
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    m.logon_response.Result = DTC_LOGON_SUCCESS;
    dtc_text_set(m.logon_response.ServerName, sizeof m.logon_response.ServerName, "SC");
    peer_send_message(&m);
    turn_until(DTC_ONLINE);
    ck_assert_int_eq(dtc_session_encoding(t.session), encoding);
    assert_says(": SC");
}

static void lose_and_wait(void)
{
    peer_close();
    turn_until(DTC_WAITING);
    t.now = dtc_session_deadline(t.session);
}

START_TEST(what_the_server_chooses_is_spoken)
{
    union dtc_message m;
    start_automatic();
    take_question();
    answer_question(_i);
    let_in(_i);
    ck_assert_uint_eq(t.phases, 3);
    int32_t id = request(DTC_CURRENT_POSITIONS_REQUEST);
    peer_receive(&m, DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert_int_eq(m.current_positions_request.RequestID, id);
    dtc_message_init(&m, DTC_POSITION_UPDATE);
    m.position_update.RequestID = id;
    m.position_update.NoPositions = 1;
    peer_send_message(&m);
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_TRADE);
    m.market_data_update_trade.SymbolID = 7;
    peer_send_message(&m);
    turn_until_messages(2);
    ck_assert_uint_eq(t.message[0], DTC_POSITION_UPDATE);
    ck_assert_uint_eq(t.message[1], DTC_MARKET_DATA_UPDATE_TRADE);
    ck_assert_int_eq(t.answer[0].outcome, DTC_COMPLETE);
    lose_and_wait(); /* and it is asked again with the next connection */
    take_question();
}
END_TEST

START_TEST(a_fixed_encoding_is_spoken_from_the_first_word)
{
    t.options.encoding = _i;
    session_renew();
    meet(_i);
    let_in(_i);
}
END_TEST

/* The question as bytes, and that nothing else is said before its answer. */
START_TEST(the_question_is_what_the_protocol_says)
{
    static const char expected[] = "\x10\0\x06\0\x08\0\0\0\0\0\0\0DTC";
    char bytes[64];
    start_automatic();
    meet(DTC_BINARY_ENCODING);
    await(t.peer, POLLIN);
    ck_assert_int_eq(recv(t.peer, bytes, sizeof bytes, 0), 16);
    ck_assert_mem_eq(bytes, expected, 16);
    t.now += ASKING - 1;
    dtc_session_service(t.session, POLLIN, t.now);
    ck_assert_int_eq(recv(t.peer, bytes, sizeof bytes, MSG_DONTWAIT), -1);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_LOGGING_ON);
}
END_TEST

START_TEST(the_answer_and_what_follows_may_come_in_one_piece_or_byte_by_byte)
{
    char bytes[16 + sizeof LOGON_JSON] = "\x10\0\x07\0\x08\0\0\0\x02\0\0\0DTC";
    memcpy(bytes + 16, LOGON_JSON, sizeof LOGON_JSON);
    start_automatic();
    take_question();
    peer_send_bytes(bytes, sizeof bytes);
    turn_until(DTC_ONLINE);
    ck_assert_int_eq(dtc_session_encoding(t.session), DTC_JSON_ENCODING);
    lose_and_wait();
    take_question();
    for (size_t i = 0; i < sizeof bytes; i++) {
        peer_send_bytes(bytes + i, 1);
        await_arrival();
        turn();
    }
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
}
END_TEST

START_TEST(an_encoding_that_nobody_knows_is_left)
{
    static const int numbers[] = {5, -1, 77, INT32_MAX, INT32_MIN};
    start_automatic();
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        char words[64];
        take_question();
        answer_question(numbers[i]);
        turn_until(DTC_WAITING);
        snprintf(words, sizeof words, "an encoding that is unknown (%d)", numbers[i]);
        assert_says(words);
        ck_assert_int_gt(wait_time(), 0);
        t.now = dtc_session_deadline(t.session);
    }
}
END_TEST

START_TEST(a_server_that_answers_in_json_is_spoken_to_in_json)
{
    start_automatic();
    take_question();
    peer_send("{\"Type\":5,\"Reason\":\"log on first\"}");
    turn_through(1);
    ck_assert_int_eq(t.phase[t.phases - 1], DTC_CONNECTING); /* at once */
    assert_says("to speak JSON");
    meet(DTC_JSON_ENCODING);
    let_in(DTC_JSON_ENCODING);
    /* what worked is known with the next connection */
    lose_and_wait();
    meet(DTC_JSON_ENCODING);
    let_in(DTC_JSON_ENCODING);
}
END_TEST

START_TEST(a_server_that_answers_with_a_logon_in_its_own_encoding_is_followed)
{
    static const int encodings[] = {DTC_BINARY_ENCODING, DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS,
                                    DTC_PROTOCOL_BUFFERS};
    int encoding = encodings[_i];
    union dtc_message m;
    start_automatic();
    take_question();
    dtc_framing_switch(&t.framing, encoding);
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    m.logon_response.Result = DTC_LOGON_ERROR;
    dtc_text_set(m.logon_response.ResultText, sizeof m.logon_response.ResultText, "no logon yet");
    peer_send_message(&m);
    turn_through(1);
    ck_assert_int_eq(t.phase[t.phases - 1], DTC_CONNECTING);
    meet(encoding);
    let_in(encoding);
}
END_TEST

/* Hangs up or says nothing, as the two kinds of servers that do not answer. */
static void refuse(bool is_silent, int64_t patience)
{
    if (is_silent) {
        ck_assert_int_eq(dtc_session_deadline(t.session), t.now + patience);
        t.now += patience;
    } else {
        peer_close();
    }
    turn_through(1);
}

START_TEST(without_an_answer_json_is_tried_then_binary)
{
    union dtc_message m;
    bool is_silent = _i == 1;
    start_automatic();
    take_question();
    refuse(is_silent, ASKING);
    ck_assert_int_eq(t.phase[t.phases - 1], DTC_CONNECTING);
    assert_says(is_silent ? "does not answer the question for its encoding; connecting to 127"
                          : "closed the connection when asked for an encoding; connecting to 127");
    assert_says(" to speak JSON");
    meet(DTC_JSON_ENCODING);
    peer_receive(&m, DTC_LOGON_REQUEST);
    refuse(is_silent, LOGON);
    assert_says(" to speak binary");
    meet(DTC_BINARY_ENCODING);
    let_in(DTC_BINARY_ENCODING);
    /* what worked is known */
    lose_and_wait();
    meet(DTC_BINARY_ENCODING);
    let_in(DTC_BINARY_ENCODING);
    /* and forgotten when it fails: all begins again */
    lose_and_wait();
    meet(DTC_BINARY_ENCODING);
    peer_receive(&m, DTC_LOGON_REQUEST);
    refuse(is_silent, LOGON);
    take_question();
    answer_question(DTC_JSON_COMPACT_ENCODING);
    let_in(DTC_JSON_COMPACT_ENCODING);
}
END_TEST

START_TEST(when_nothing_works_one_sentence_says_what_was_tried)
{
    union dtc_message m;
    start_automatic();
    take_question();
    refuse(false, 0);
    meet(DTC_JSON_ENCODING);
    peer_receive(&m, DTC_LOGON_REQUEST);
    refuse(false, 0);
    meet(DTC_BINARY_ENCODING);
    peer_receive(&m, DTC_LOGON_REQUEST);
    refuse(false, 0);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_WAITING);
    assert_says("tried asking for binary, JSON, binary; trying again in ");
    assert_waits_first();
    t.now = dtc_session_deadline(t.session);
    take_question();
}
END_TEST

START_TEST(notices_before_the_answer_are_handed_on)
{
    union dtc_message m;
    start_automatic();
    take_question();
    dtc_message_init(&m, DTC_GENERAL_LOG_MESSAGE);
    peer_send_message(&m);
    dtc_message_init(&m, DTC_HEARTBEAT);
    peer_send_message(&m);
    answer_question(DTC_BINARY_ENCODING);
    let_in(DTC_BINARY_ENCODING);
    ck_assert_uint_eq(t.messages, 1);
    ck_assert_uint_eq(t.message[0], DTC_GENERAL_LOG_MESSAGE);
}
END_TEST

/* With an encoding that is fixed, and with one to be found. */
START_TEST(strangers_are_named)
{
    static const struct {
        const char *bytes;
        size_t length;
        const char *says;
    } rows[] = {
        {"HTTP/1.1 400 Bad Request\r\n\r\n", 28, "a web server is at the other end"},
        {"\x15\x03\x01\0\x02\x02\x46", 7, "speaks TLS: use a port without TLS, or set tls = yes"},
        {"\x15\x03\x01\0\x02\x02\x46\x15\x03\x01\0\x02\x02\x46", 14,
         "speaks TLS: use a port without TLS, or set tls = yes"},
    };
    for (int automatic = 0; automatic < 2; automatic++) {
        if (automatic)
            start_automatic();
        for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
            meet(DTC_BINARY_ENCODING);
            peer_send_bytes(rows[i].bytes, rows[i].length);
            await_arrival();
            ck_assert_int_eq(shutdown(t.peer, SHUT_WR), 0);
            turn_through(1);
            ck_assert_int_eq(dtc_session_phase(t.session), DTC_WAITING);
            assert_says(rows[i].says);
            ck_assert_int_gt(wait_time(), 0);
            t.now = dtc_session_deadline(t.session);
        }
    }
}
END_TEST

START_TEST(a_peer_of_another_encoding_than_the_fixed_one_is_named_with_both)
{
    static const struct {
        int fixed;
        const char *bytes;
        size_t length;
        const char *ours, *theirs;
    } rows[] = {
        {DTC_JSON_ENCODING, "\x10\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0", 16, "JSON", "binary"},
        {DTC_BINARY_ENCODING, "{\"Type\":3}", 11, "binary", "JSON"},
        {DTC_PROTOCOL_BUFFERS, "{\"Type\":3}", 11, "protocol buffers", "JSON"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        t.options.encoding = rows[i].fixed;
        session_renew();
        meet(rows[i].fixed);
        peer_send_bytes(rows[i].bytes, rows[i].length);
        turn_until(DTC_WAITING);
        assert_says(rows[i].ours);
        assert_says(rows[i].theirs);
        assert_waits_first();
    }
}
END_TEST

START_TEST(a_logon_that_a_fixed_encoding_does_not_get_answered_names_it)
{
    t.options.encoding = DTC_PROTOCOL_BUFFERS;
    session_renew();
    meet(DTC_PROTOCOL_BUFFERS);
    t.now += LOGON;
    turn();
    assert_says(
        "does not answer the logon; is it a DTC server, and its encoding protocol buffers?");
    assert_waits_first();
}
END_TEST

/* A bomb of encodings, redirections and noise never keeps the session from trying again. */
START_TEST(any_answer_to_the_question_is_survived)
{
    uint32_t random = 99;
    start_automatic();
    for (int round = 0; round < 60; round++) {
        char noise[64];
        for (size_t i = 0; i < sizeof noise; i++) {
            random = random * 1664525 + 1013904223;
            noise[i] = (char)(random >> 24);
        }
        if (round % 3 == 0)
            memcpy(noise, "\x10\0\x07\0\x08\0\0\0\0\0\0\0DTC", 16);
        noise[8] = (char)(round % 5);
        meet(DTC_BINARY_ENCODING);
        peer_send_bytes(noise, sizeof noise);
        peer_close();
        turn_through(1);
        t.phases = t.messages = 0;
        memset(t.order, 0, sizeof t.order);
        if (dtc_session_phase(t.session) == DTC_WAITING)
            t.now = dtc_session_deadline(t.session);
        ck_assert_int_ne(dtc_session_phase(t.session), DTC_ENDED);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session negotiation");
    const TTest *const asked[] = {the_question_is_what_the_protocol_says,
                                  the_answer_and_what_follows_may_come_in_one_piece_or_byte_by_byte,
                                  an_encoding_that_nobody_knows_is_left,
                                  notices_before_the_answer_are_handed_on,
                                  any_answer_to_the_question_is_survived};
    const TTest *const other[] = {a_server_that_answers_in_json_is_spoken_to_in_json,
                                  when_nothing_works_one_sentence_says_what_was_tried,
                                  strangers_are_named,
                                  a_peer_of_another_encoding_than_the_fixed_one_is_named_with_both,
                                  a_logon_that_a_fixed_encoding_does_not_get_answered_names_it};
    CASE_ADD(s, "asked", asked);
    CASE_ADD(s, "other", other);
    TCase *c = tcase_create("each");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_loop_test(c, what_the_server_chooses_is_spoken, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, a_fixed_encoding_is_spoken_from_the_first_word, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, a_server_that_answers_with_a_logon_in_its_own_encoding_is_followed, 0,
                        3);
    tcase_add_loop_test(c, without_an_answer_json_is_tried_then_binary, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
