/* Historical prices as a zlib stream: what is good is taken, what is not does no harm. */
#include "session_peer.h"

#include <sys/resource.h>
#include <zlib.h>

enum { STREAM_MAX = 1 << 20 };

static char stream[STREAM_MAX];
static size_t stream_length;
static z_stream deflater;

static void stream_begin(void)
{
    deflater = (z_stream){0};
    ck_assert_int_eq(deflateInit(&deflater, 9), Z_OK);
    deflater.next_out = (Bytef *)stream;
    deflater.avail_out = sizeof stream;
}

static void stream_add(const void *bytes, size_t length, int flush)
{
    deflater.next_in = (Bytef *)(uintptr_t)bytes;
    deflater.avail_in = (uInt)length;
    int result = deflate(&deflater, flush);
    ck_assert(result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR);
    ck_assert_uint_eq(deflater.avail_in, 0);
    stream_length = sizeof stream - deflater.avail_out;
}

static void stream_end(void)
{
    stream_add("", 0, Z_FINISH);
    ck_assert_int_eq(deflateEnd(&deflater), Z_OK);
}

static void stream_add_message(const union dtc_message *m)
{
    char bytes[DTC_ENCODED_MAX];
    stream_add(bytes, dtc_encoding_get(t.encoding)->encode(m, bytes, sizeof bytes), Z_NO_FLUSH);
}

static void stream_add_records(int count, int32_t id, bool is_final)
{
    for (int i = 1; i <= count; i++) {
        union dtc_message m;
        dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE);
        m.historical_price_data_record_response.RequestID = id;
        m.historical_price_data_record_response.OpenPrice = 100 + i;
        m.historical_price_data_record_response.IsFinalRecord = is_final && i == count;
        stream_add_message(&m);
    }
}

/* Online in t.encoding, with a request for history; the header that answers it is in `header`. */
static int32_t ask(bool is_compressible, char header[DTC_ENCODED_MAX], size_t *length)
{
    union dtc_message m;
    t.options.encoding = t.encoding;
    session_renew();
    turn_until(DTC_LOGGING_ON);
    peer_accept();
    peer_receive(&m, DTC_LOGON_REQUEST);
    dtc_message_init(&m, DTC_LOGON_RESPONSE);
    m.logon_response.Result = DTC_LOGON_SUCCESS;
    peer_send_message(&m);
    turn_until(DTC_ONLINE);
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_REQUEST);
    m.historical_price_data_request.UseZLibCompression = is_compressible;
    int32_t id = dtc_session_request(t.session, &m, t.now);
    peer_receive(&m, DTC_HISTORICAL_PRICE_DATA_REQUEST);
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER);
    m.historical_price_data_response_header.RequestID = id;
    m.historical_price_data_response_header.UseZLibCompression = 1;
    *length = dtc_encoding_get(t.encoding)->encode(&m, header, DTC_ENCODED_MAX);
    return id;
}

static void assert_ended(enum dtc_outcome outcome, const char *says)
{
    turn_until(DTC_ENDED);
    ck_assert_uint_eq(t.answers, 1);
    ck_assert_int_eq(t.answer[0].outcome, outcome);
    assert_says(says);
    ck_assert_int_eq(t.phase[t.phases - 1], DTC_ENDED);
    ck_assert_int_eq(t.order[strlen(t.order) - 2], 'a'); /* before the phase */
    ck_assert_int_eq(dtc_session_deadline(t.session), INT64_MAX);
    dtc_session_retry(t.session, t.now); /* the owner may ask again */
    turn_until(DTC_LOGGING_ON);
}

static void add_100_records(int32_t id)
{
    stream_begin();
    stream_add_records(100, id, true);
    stream_end();
}

START_TEST(records_behind_the_header_are_inflated)
{
    char bytes[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = _i;
    int32_t id = ask(true, bytes, &length);
    add_100_records(id);
    ck_assert_uint_lt(length + stream_length, sizeof bytes);
    memcpy(bytes + length, stream, stream_length);
    peer_send_bytes(bytes, length + stream_length); /* in one piece */
    assert_ended(DTC_COMPLETE, "the compressed answer is over");
    ck_assert_uint_eq(t.messages, 101);
    ck_assert_uint_eq(t.message[0], DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER);
    ck_assert_uint_eq(t.message[100], DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE);
}
END_TEST

START_TEST(the_stream_may_come_byte_by_byte)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_BINARY_ENCODING;
    int32_t id = ask(true, header, &length);
    add_100_records(id);
    peer_send_bytes(header, length);
    turn_until_messages(1);
    for (size_t i = 0; i < stream_length && dtc_session_phase(t.session) == DTC_ONLINE; i++) {
        peer_send_bytes(stream + i, 1);
        await_arrival();
        turn();
    }
    assert_ended(DTC_COMPLETE, "the compressed answer is over");
    ck_assert_uint_eq(t.messages, 101);
}
END_TEST

START_TEST(the_stream_and_the_end_of_the_connection_may_come_together)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_JSON_ENCODING;
    int32_t id = ask(true, header, &length);
    add_100_records(id);
    peer_send_bytes(header, length);
    peer_send_bytes(stream, stream_length);
    peer_close();
    assert_ended(DTC_COMPLETE, "the compressed answer is over");
    ck_assert_uint_eq(t.messages, 101);
}
END_TEST

START_TEST(a_trailer_ends_the_stream_too)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    union dtc_message m;
    t.encoding = DTC_BINARY_ENCODING;
    int32_t id = ask(true, header, &length);
    stream_begin();
    stream_add_records(3, id, false);
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RESPONSE_TRAILER);
    m.historical_price_data_response_trailer.RequestID = id;
    stream_add_message(&m);
    stream_add("", 0, Z_SYNC_FLUSH); /* a server that leaves its stream open */
    peer_send_bytes(header, length);
    peer_send_bytes(stream, stream_length);
    assert_ended(DTC_COMPLETE, "the compressed answer is over");
    ck_assert_uint_eq(t.messages, 5);
    deflateEnd(&deflater);
}
END_TEST

START_TEST(without_records_or_when_nobody_asked_nothing_is_inflated)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_JSON_ENCODING;
    ask(true, header, &length);
    peer_send("{\"Type\":801,\"RequestID\":1,\"UseZLibCompression\":1,\"NoRecordsToReturn\":1}");
    turn_until_answers(1);
    ck_assert_int_eq(t.answer[0].outcome, DTC_COMPLETE);
    peer_send("{\"Type\":107}");
    turn_until_messages(2);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);

    t.messages = 0;
    ask(false, header, &length);
    peer_send_bytes(header, length);
    peer_send("{\"Type\":803,\"RequestID\":1,\"IsFinalRecord\":1}");
    turn_until_answers(2);
    ck_assert_int_eq(t.answer[1].outcome, DTC_COMPLETE);
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_ONLINE);
}
END_TEST

START_TEST(a_damaged_stream_ends_the_session)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_BINARY_ENCODING;
    int32_t id = ask(true, header, &length);
    stream_begin();
    stream_add_records(3, id, false);
    stream_add("", 0, Z_SYNC_FLUSH);
    stream[stream_length++] = 0x07; /* a block of a kind that does not exist */
    peer_send_bytes(header, length);
    peer_send_bytes(stream, stream_length);
    assert_ended(DTC_UNANSWERED, "the compressed answer is damaged: invalid block type");
    ck_assert_uint_eq(t.messages, 4); /* what was good is taken */
    deflateEnd(&deflater);
}
END_TEST

START_TEST(a_stream_that_is_none_ends_the_session)
{
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_JSON_ENCODING;
    ask(true, header, &length);
    peer_send_bytes(header, length);
    peer_send("{\"Type\":803,\"RequestID\":1,\"IsFinalRecord\":1}");
    assert_ended(DTC_UNANSWERED, "the compressed answer is damaged: ");
}
END_TEST

START_TEST(a_stream_that_stops_early_ends_the_session)
{
    static const char *const says[] = {"the compressed answer ended before its last record",
                                       "the server closed the connection", "is over"};
    char header[DTC_ENCODED_MAX];
    size_t length;
    t.encoding = DTC_BINARY_ENCODING;
    int32_t id = ask(true, header, &length);
    stream_begin();
    stream_add_records(100, id, false);
    stream_end();
    peer_send_bytes(header, length);
    peer_send_bytes(stream, _i == 0 ? stream_length : stream_length - 20);
    if (_i == 1)
        peer_close();
    while (_i == 2 && t.messages == 0)
        turn();
    if (_i == 2) /* nothing more comes */
        t.now += 10 * CLOCK_SECOND;
    assert_ended(DTC_UNANSWERED, says[_i]);
}
END_TEST

static size_t most_memory(void)
{
    struct rusage usage;
    ck_assert_int_eq(getrusage(RUSAGE_SELF, &usage), 0);
    return (size_t)usage.ru_maxrss;
}

/* 200 MB of one byte that never ends a message. */
START_TEST(a_bomb_takes_no_memory)
{
    char header[DTC_ENCODED_MAX], filling[1 << 16];
    size_t length;
    t.encoding = _i == 0 ? DTC_JSON_ENCODING : DTC_BINARY_ENCODING;
    ask(true, header, &length);
    memset(filling, _i == 0 ? 'x' : '\0', sizeof filling);
    stream_begin();
    if (_i == 0)
        stream_add("{\"Type\":803,\"x\":\"", 17, Z_NO_FLUSH);
    for (int i = 0; i < 3200; i++)
        stream_add(filling, sizeof filling, Z_NO_FLUSH);
    stream_end();
    size_t before = most_memory();
    peer_send_bytes(header, length);
    peer_send_bytes(stream, stream_length);
    assert_ended(DTC_UNANSWERED, _i == 0 ? "longer than 1048576 bytes" : "");
    ck_assert_uint_lt(most_memory() - before, 32 << 10); /* KiB */
}
END_TEST

START_TEST(a_bomb_of_messages_leaves_the_caller_its_turn)
{
    char header[DTC_ENCODED_MAX], beats[11 * 6000];
    size_t length, turns = 0;
    t.encoding = DTC_JSON_ENCODING;
    int32_t id = ask(true, header, &length);
    for (size_t i = 0; i < 6000; i++)
        memcpy(beats + 11 * i, "{\"Type\":3}", 11);
    stream_begin();
    for (int i = 0; i < 300; i++) /* 20 MB */
        stream_add(beats, sizeof beats, Z_NO_FLUSH);
    stream_add_records(1, id, true);
    stream_end();
    peer_send_bytes(header, length);
    peer_send_bytes(stream, stream_length);
    for (; dtc_session_phase(t.session) != DTC_ENDED; turns++)
        turn();
    ck_assert_uint_ge(turns, 18);
    ck_assert_int_eq(t.answer[0].outcome, DTC_COMPLETE);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session history");
    const TTest *const tests[] = {the_stream_may_come_byte_by_byte,
                                  the_stream_and_the_end_of_the_connection_may_come_together,
                                  a_trailer_ends_the_stream_too,
                                  without_records_or_when_nobody_asked_nothing_is_inflated,
                                  a_damaged_stream_ends_the_session,
                                  a_stream_that_is_none_ends_the_session,
                                  a_bomb_of_messages_leaves_the_caller_its_turn};
    CASE_ADD(s, "history", tests);
    TCase *c = tcase_create("each");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, records_behind_the_header_are_inflated, 0, DTC_ENCODINGS);
    tcase_add_loop_test(c, a_stream_that_stops_early_ends_the_session, 0, 3);
    tcase_add_loop_test(c, a_bomb_takes_no_memory, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
