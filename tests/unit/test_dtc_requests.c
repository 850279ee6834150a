#include "dtc/requests.h"

#include "base/clock.h"
#include "dtc/json.h"

#include "support/test.h"

#include <stdio.h>
#include <string.h>

#define TIMEOUT (10 * CLOCK_SECOND)
#define START (100 * CLOCK_SECOND)

static struct dtc_requests requests;

static void setup(void)
{
    dtc_requests_init(&requests);
}

static void teardown(void)
{
    dtc_requests_free(&requests);
}

static int32_t add(uint16_t type)
{
    union dtc_message m;
    char text[64], expected[64];
    dtc_message_init(&m, type);
    int32_t id = dtc_requests_add(&requests, &m, START, TIMEOUT);
    ck_assert_int_gt(id, 0);
    dtc_json_encode(&m, text, sizeof text);
    snprintf(expected, sizeof expected, "\"RequestID\":%d", id);
    ck_assert_msg(strstr(text, expected) != NULL, "%s", text);
    return id;
}

/* One row: the answer's messages ('|' between them, the request's id is 1) and what comes of the
 * last of them. */
struct row {
    uint16_t request;
    const char *answer;
    int outcome; /* -1: goes on */
    const char *text;
};

static void assert_row(const struct row *row, int number)
{
    char messages[512], *rest = messages;
    struct dtc_ending ending;
    bool is_ended = false;
    setup();
    ck_assert_int_eq(add(row->request), 1);
    ck_assert_uint_lt(strlen(row->answer), sizeof messages);
    strcpy(messages, row->answer);
    for (char *text; (text = strtok_r(rest, "|", &rest)) != NULL;) {
        union dtc_message m;
        ck_assert_msg(!is_ended, "row %d ended before %s", number, text);
        ck_assert_int_gt(dtc_json_decode(text, strlen(text), &m, NULL), 0);
        is_ended = dtc_requests_take(&requests, &m, START, TIMEOUT, &ending);
    }
    ck_assert_msg(is_ended == (row->outcome >= 0), "row %d", number);
    ck_assert_uint_eq(requests.count, is_ended ? 0 : 1);
    if (is_ended) {
        ck_assert_int_eq(ending.id, 1);
        ck_assert_int_eq(ending.type, row->request);
        ck_assert_msg((int)ending.outcome == row->outcome, "row %d: %d", number, ending.outcome);
        ck_assert_str_eq(ending.text, row->text ? row->text : "");
    }
    teardown();
}

START_TEST(the_end_of_each_answer_is_known)
{
    static const struct row rows[] = {
        {400, "{\"Type\":401,\"RequestID\":1,\"TotalNumberMessages\":1,\"MessageNumber\":1}",
         DTC_COMPLETE, NULL},
        {400, "{\"Type\":401,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}", -1,
         NULL},
        {400,
         "{\"Type\":401,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}|"
         "{\"Type\":401,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":2}",
         DTC_COMPLETE, NULL},
        {400, "{\"Type\":401,\"RequestID\":2,\"TotalNumberMessages\":1,\"MessageNumber\":1}", -1,
         NULL},
        {300, "{\"Type\":301,\"RequestID\":1,\"NoOrders\":1}", DTC_COMPLETE, NULL},
        {300, "{\"Type\":301,\"RequestID\":1,\"TotalNumMessages\":1,\"MessageNumber\":1}",
         DTC_COMPLETE, NULL},
        {300, "{\"Type\":301,\"TotalNumMessages\":1,\"MessageNumber\":1}", -1, NULL},
        {300, "{\"Type\":302,\"RequestID\":1,\"RejectText\":\"no\\u001b[31m\"}", DTC_REJECTED,
         "no?[31m"},
        {303, "{\"Type\":304,\"RequestID\":1,\"NoOrderFills\":1}", DTC_COMPLETE, NULL},
        {303, "{\"Type\":304,\"RequestID\":1,\"TotalNumberMessages\":1,\"MessageNumber\":1}",
         DTC_COMPLETE, NULL},
        {303, "{\"Type\":308,\"RequestID\":1,\"RejectText\":\"TradeAccount is not set\"}",
         DTC_REJECTED, "TradeAccount is not set"},
        {305, "{\"Type\":306,\"RequestID\":1,\"NoPositions\":1}", DTC_COMPLETE, NULL},
        {305, "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":1,\"MessageNumber\":1}",
         DTC_COMPLETE, NULL},
        {305, "{\"Type\":306,\"RequestID\":1}", -1, NULL},
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":3,\"MessageNumber\":1}|"
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":3,\"MessageNumber\":3}",
         DTC_UNANSWERED, "only 2 of 3 messages came"},
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}|"
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}",
         -1, NULL}, /* the same twice */
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}|"
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}|"
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":2}",
         DTC_COMPLETE, NULL},
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2}|"
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2}",
         DTC_COMPLETE, NULL},
        {305, "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":-5,\"MessageNumber\":-5}", -1,
         NULL},
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2147483647,\"MessageNumber\":1}",
         -1, NULL},
        {305,
         "{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2147483647,"
         "\"MessageNumber\":2147483647}",
         DTC_UNANSWERED, "only 1 of 2147483647 messages came"},
        {305, "{\"Type\":306,\"RequestID\":-1,\"NoPositions\":1}", -1, NULL},
        {305, "{\"Type\":307,\"RequestID\":1}", DTC_REJECTED, NULL},
        {305, "{\"Type\":302,\"RequestID\":1}", -1, NULL}, /* another request's reject */
        {506, "{\"Type\":507,\"RequestID\":1,\"IsFinalMessage\":1}", DTC_COMPLETE, NULL},
        {506, "{\"Type\":507,\"RequestID\":1}", DTC_COMPLETE, NULL},
        {506, "{\"Type\":507,\"RequestID\":110000000,\"IsFinalMessage\":1}", -1, NULL},
        {506, "{\"Type\":509,\"RequestID\":1,\"RejectText\":\"unknown\"}", DTC_REJECTED, "unknown"},
        {601, "{\"Type\":600,\"RequestID\":1,\"NoAccountBalances\":1}", DTC_COMPLETE, NULL},
        {601, "{\"Type\":600,\"RequestID\":1,\"TotalNumberMessages\":1,\"MessageNumber\":1}",
         DTC_COMPLETE, NULL},
        {601, "{\"Type\":602,\"RequestID\":1}", DTC_REJECTED, NULL},
        {800, "{\"Type\":801,\"RequestID\":1,\"NoRecordsToReturn\":1}", DTC_COMPLETE, NULL},
        {800, "{\"Type\":801,\"RequestID\":1}|{\"Type\":803,\"RequestID\":1}", -1, NULL},
        {800,
         "{\"Type\":801,\"RequestID\":1}|{\"Type\":803,\"RequestID\":1}|"
         "{\"Type\":803,\"RequestID\":1,\"IsFinalRecord\":1}",
         DTC_COMPLETE, NULL},
        {800, "{\"Type\":804,\"RequestID\":1}|{\"Type\":804,\"RequestID\":1,\"IsFinalRecord\":1}",
         DTC_COMPLETE, NULL},
        {800, "{\"Type\":803,\"RequestID\":1}|{\"Type\":807,\"RequestID\":1}", DTC_COMPLETE, NULL},
        {800, "{\"Type\":802,\"RequestID\":1,\"RejectText\":\"Request is not authorized\"}",
         DTC_REJECTED, "Request is not authorized"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_row(&rows[i], (int)i);
}
END_TEST

START_TEST(only_requests_that_have_an_answer_are_kept)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_CANCEL_ORDER);
    ck_assert_int_eq(dtc_requests_add(&requests, &m, START, TIMEOUT), 0);
    ck_assert_uint_eq(requests.count, 0);
}
END_TEST

static bool take(const char *text, int64_t now)
{
    union dtc_message m;
    struct dtc_ending ending;
    ck_assert_int_gt(dtc_json_decode(text, strlen(text), &m, NULL), 0);
    return dtc_requests_take(&requests, &m, now, TIMEOUT, &ending);
}

START_TEST(a_request_without_answer_ends_after_the_time_out)
{
    struct dtc_ending ending;
    ck_assert_int_eq(dtc_requests_deadline(&requests), INT64_MAX);
    add(DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert_int_eq(dtc_requests_deadline(&requests), START + TIMEOUT);
    ck_assert(!dtc_requests_expire(&requests, START + TIMEOUT - 1, &ending));
    ck_assert(dtc_requests_expire(&requests, START + TIMEOUT, &ending));
    ck_assert_int_eq(ending.id, 1);
    ck_assert_int_eq(ending.type, DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert_int_eq(ending.outcome, DTC_UNANSWERED);
    ck_assert(!dtc_requests_expire(&requests, START + TIMEOUT, &ending));
}
END_TEST

START_TEST(each_message_of_an_answer_starts_the_time_out_again)
{
    struct dtc_ending ending;
    add(DTC_HISTORICAL_PRICE_DATA_REQUEST);
    for (int i = 1; i <= 5; i++)
        ck_assert(!take("{\"Type\":803,\"RequestID\":1}", START + i * (TIMEOUT - 1)));
    ck_assert_int_eq(dtc_requests_deadline(&requests), START + 5 * (TIMEOUT - 1) + TIMEOUT);
    ck_assert(dtc_requests_expire(&requests, START + 6 * TIMEOUT, &ending));
    ck_assert_int_eq(ending.outcome, DTC_UNANSWERED);
}
END_TEST

START_TEST(an_answer_that_does_not_count_is_complete_after_half_a_second_of_quiet)
{
    struct dtc_ending ending;
    add(DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert(!take("{\"Type\":306,\"RequestID\":1}", START + 100));
    ck_assert(!take("{\"Type\":306,\"RequestID\":1}", START + 400000));
    ck_assert_int_eq(dtc_requests_deadline(&requests), START + 900000);
    ck_assert(!dtc_requests_expire(&requests, START + 899999, &ending));
    ck_assert(dtc_requests_expire(&requests, START + 900000, &ending));
    ck_assert_int_eq(ending.outcome, DTC_COMPLETE);
}
END_TEST

START_TEST(a_batch_that_is_cut_off_is_not_complete)
{
    struct dtc_ending ending;
    add(DTC_CURRENT_POSITIONS_REQUEST);
    ck_assert(!take("{\"Type\":306,\"RequestID\":1,\"TotalNumberMessages\":2,\"MessageNumber\":1}",
                    START));
    ck_assert(dtc_requests_expire(&requests, START + TIMEOUT, &ending));
    ck_assert_int_eq(ending.outcome, DTC_UNANSWERED);
}
END_TEST

START_TEST(a_lost_connection_ends_all_as_unanswered)
{
    struct dtc_ending ending;
    add(DTC_OPEN_ORDERS_REQUEST);
    add(DTC_CURRENT_POSITIONS_REQUEST);
    take("{\"Type\":306,\"RequestID\":2}", START); /* would be complete in half a second */
    for (int id = 1; id <= 2; id++) {
        ck_assert(dtc_requests_expire(&requests, INT64_MAX, &ending));
        ck_assert_int_eq(ending.id, id);
        ck_assert_int_eq(ending.outcome, DTC_UNANSWERED);
    }
    ck_assert(!dtc_requests_expire(&requests, INT64_MAX, &ending));
}
END_TEST

START_TEST(many_requests_are_told_apart)
{
    for (int32_t id = 1; id <= 100; id++)
        ck_assert_int_eq(add(DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST), id);
    for (int32_t id = 100; id >= 1; id--) {
        char text[64];
        snprintf(text, sizeof text, "{\"Type\":507,\"RequestID\":%d}", id);
        ck_assert(take(text, START));
        ck_assert(!take(text, START));
    }
    ck_assert_uint_eq(requests.count, 0);
}
END_TEST

START_TEST(no_more_than_1024_are_kept)
{
    union dtc_message m;
    for (int i = 0; i < 1024; i++)
        add(DTC_TRADE_ACCOUNTS_REQUEST);
    dtc_message_init(&m, DTC_TRADE_ACCOUNTS_REQUEST);
    ck_assert_int_eq(dtc_requests_add(&requests, &m, START, TIMEOUT), 0);
    ck_assert_uint_eq(requests.count, 1024);
    take("{\"Type\":401,\"RequestID\":7,\"TotalNumberMessages\":1,\"MessageNumber\":1}", START);
    ck_assert_int_eq(add(DTC_TRADE_ACCOUNTS_REQUEST), 1025);
}
END_TEST

START_TEST(only_an_answer_to_who_asked_for_compression_is_compressed)
{
    static const struct {
        int asked;
        const char *answer;
        bool expected;
    } rows[] = {
        {1, "{\"Type\":801,\"RequestID\":1,\"UseZLibCompression\":1}", true},
        {0, "{\"Type\":801,\"RequestID\":1,\"UseZLibCompression\":1}", false},
        {1, "{\"Type\":801,\"RequestID\":1}", false},
        {1, "{\"Type\":801,\"RequestID\":2,\"UseZLibCompression\":1}", false},
        {1, "{\"Type\":801,\"RequestID\":1,\"UseZLibCompression\":1,\"NoRecordsToReturn\":1}",
         false},
        {1, "{\"Type\":803,\"RequestID\":1}", false},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        union dtc_message m;
        teardown();
        setup();
        dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_REQUEST);
        m.historical_price_data_request.UseZLibCompression = rows[i].asked != 0;
        ck_assert_int_eq(dtc_requests_add(&requests, &m, START, TIMEOUT), 1);
        ck_assert_int_gt(dtc_json_decode(rows[i].answer, strlen(rows[i].answer), &m, NULL), 0);
        ck_assert_msg(dtc_requests_compresses(&requests, &m) == rows[i].expected, "row %zu", i);
    }
}
END_TEST

START_TEST(ids_stay_positive_when_they_run_out)
{
    requests.last_id = INT32_MAX - 1;
    ck_assert_int_eq(add(DTC_TRADE_ACCOUNTS_REQUEST), INT32_MAX);
    ck_assert_int_eq(add(DTC_TRADE_ACCOUNTS_REQUEST), 1);
}
END_TEST

START_TEST(the_round_trip_is_to_the_first_answer)
{
    ck_assert_int_eq(requests.round_trip, -1);
    add(DTC_CURRENT_POSITIONS_REQUEST);
    take("{\"Type\":306,\"RequestID\":1}", START + 1500);
    take("{\"Type\":306,\"RequestID\":1}", START + 9000);
    ck_assert_int_eq(requests.round_trip, 1500);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc requests");
    TCase *c = tcase_create("answers");
    tcase_add_test(c, the_end_of_each_answer_is_known);
    suite_add_tcase(s, c);
    c = tcase_create("requests");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_add_test(c, only_requests_that_have_an_answer_are_kept);
    tcase_add_test(c, a_request_without_answer_ends_after_the_time_out);
    tcase_add_test(c, each_message_of_an_answer_starts_the_time_out_again);
    tcase_add_test(c, an_answer_that_does_not_count_is_complete_after_half_a_second_of_quiet);
    tcase_add_test(c, a_batch_that_is_cut_off_is_not_complete);
    tcase_add_test(c, a_lost_connection_ends_all_as_unanswered);
    tcase_add_test(c, many_requests_are_told_apart);
    tcase_add_test(c, no_more_than_1024_are_kept);
    tcase_add_test(c, only_an_answer_to_who_asked_for_compression_is_compressed);
    tcase_add_test(c, ids_stay_positive_when_they_run_out);
    tcase_add_test(c, the_round_trip_is_to_the_first_answer);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
