/* What the simulated server speaks, and with whom: encodings and their negotiation, TLS, users,
 * compression. */
#include "integration/sim_wire.h"

#include "base/text.h"
#include "sim/users.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <signal.h>
#include <stdio.h>
#include <zlib.h>

/* A conversation that shows that both sides mean the same encoding. */
static void converse(struct wire *c)
{
    union dtc_message m;
    wire_log_on(c);
    wire_ask_accounts(c, 7);
    wire_expect_accounts(c, 7);
    wire_subscribe(c, WIRE_MES, 3);
    pass(CLOCK_SECOND);
    wire_next(c, &m); /* one of the market's 5 to 15 messages */
}

START_TEST(an_encoding_that_is_asked_for_is_spoken)
{
    static const char answer[] = "\x10\0\x07\0\x08\0\0\0_\0\0\0DTC";
    char expected[sizeof answer];
    struct wire c;
    start((struct sim_server_options){0}, NULL);
    ck_assert(wire_connect(&c));
    wire_ask_encoding(&c, _i);
    wire_await(&c, sizeof answer);
    memcpy(expected, answer, sizeof answer);
    expected[8] = (char)_i;
    ck_assert_mem_eq(wire_bytes(&c), expected, sizeof answer);
    wire_drop(&c, sizeof answer);
    wire_switch(&c, _i);
    converse(&c);
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(an_encoding_that_is_simply_spoken_is_answered_in_it)
{
    struct wire c;
    start((struct sim_server_options){0}, NULL);
    ck_assert(wire_connect(&c));
    wire_switch(&c, _i);
    converse(&c);
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(a_request_in_json_is_answered_in_json)
{
    static const char request[] = "{\"Type\":6,\"Encoding\":0,\"ProtocolType\":\"DTC\"}";
    struct wire c;
    union dtc_message m;
    start((struct sim_server_options){0}, NULL);
    ck_assert(wire_connect(&c));
    wire_switch(&c, DTC_JSON_ENCODING);
    wire_write(&c, request, 5); /* in two pieces */
    pump();
    wire_write(&c, request + 5, sizeof request - 5);
    wire_expect(&c, &m, DTC_ENCODING_RESPONSE);
    ck_assert_int_eq(m.encoding_response.Encoding, DTC_BINARY_ENCODING);
    wire_switch(&c, DTC_BINARY_ENCODING);
    converse(&c);
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(asked_for_an_encoding_that_is_none_it_stays_with_what_is_spoken)
{
    struct wire c;
    union dtc_message m;
    start((struct sim_server_options){0}, NULL);
    ck_assert(wire_connect(&c));
    wire_ask_encoding(&c, 9);
    wire_expect(&c, &m, DTC_ENCODING_RESPONSE);
    ck_assert_int_eq(m.encoding_response.Encoding, DTC_BINARY_ENCODING);
    converse(&c);
    wire_close(&c);
    stop();
}
END_TEST

/* Of a fixed encoding: _i / 4 the encoding, _i % 4 what becomes of a request for another. */
START_TEST(a_server_of_one_encoding_does_with_a_request_as_it_is_told)
{
    struct sim_server_options options = {.manner = {true, _i / 4, (enum sim_negotiation)(_i % 4)}};
    struct wire c;
    union dtc_message m;
    start(options, NULL);
    ck_assert(wire_connect(&c));
    wire_ask_encoding(&c, (_i / 4 + 1) % DTC_ENCODINGS);
    switch (options.manner.negotiation) {
    case SIM_NEGOTIATION_ANSWER:
        wire_expect(&c, &m, DTC_ENCODING_RESPONSE);
        ck_assert_int_eq(m.encoding_response.Encoding, _i / 4);
        break;
    case SIM_NEGOTIATION_IGNORE:
        ck_assert(wire_is_quiet(&c));
        break;
    case SIM_NEGOTIATION_CLOSE:
        wire_expect_end(&c);
        break;
    case SIM_NEGOTIATION_OWN:
        wire_switch(&c, _i / 4);
        wire_expect(&c, &m, DTC_HEARTBEAT);
        break;
    }
    if (!c.has_ended) {
        wire_switch(&c, _i / 4);
        converse(&c);
    }
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(a_server_of_one_encoding_takes_it_without_a_request)
{
    struct wire c;
    start((struct sim_server_options){.manner = {true, _i, SIM_NEGOTIATION_CLOSE}}, NULL);
    ck_assert(wire_connect(&c));
    wire_switch(&c, _i);
    converse(&c);
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(a_server_of_one_encoding_says_so_to_who_speaks_another)
{
    int other = _i == DTC_BINARY_ENCODING ? DTC_JSON_ENCODING : DTC_BINARY_ENCODING;
    struct wire c;
    union dtc_message m;
    start((struct sim_server_options){.manner = {true, _i, SIM_NEGOTIATION_ANSWER}}, NULL);
    ck_assert(wire_connect(&c));
    c.encoding = other;
    wire_send_logon(&c, "", "");
    wire_switch(&c, _i);
    wire_expect(&c, &m, DTC_LOGOFF);
    ck_assert_str_eq(m.logoff.Reason, "This server speaks another encoding");
    wire_expect_end(&c);
    wire_close(&c);
    stop();
}
END_TEST

START_TEST(what_is_no_message_ends_the_connection_with_a_reason)
{
    struct wire c;
    union dtc_message m;
    char reason[96];
    start((struct sim_server_options){0}, NULL);
    wire_open(&c, _i);
    text_format(reason, sizeof reason, "What came is no message in %s",
                dtc_encoding_get(_i)->title);
    if (dtc_encoding_get(_i)->is_text)
        wire_write(&c, "[1]", 4);
    else
        wire_write(&c, "\3\0\1\0", 4); /* shorter than its own header */
    wire_expect(&c, &m, DTC_LOGOFF);
    ck_assert_str_eq(m.logoff.Reason, reason);
    wire_expect_end(&c);
    wire_close(&c);
    stop();
}
END_TEST

/* Users. */

START_TEST(only_users_of_the_file_are_let_in)
{
    static const struct {
        const char *name, *password;
        int result;
    } tries[] = {{"joe", "secret", DTC_LOGON_SUCCESS},
                 {"ann", "a:b", DTC_LOGON_SUCCESS},
                 {"joe", "a:b", DTC_LOGON_ERROR_NO_RECONNECT},
                 {"joe", "", DTC_LOGON_ERROR_NO_RECONNECT},
                 {"", "", DTC_LOGON_ERROR_NO_RECONNECT}};
    struct sim_server_options options = {0};
    struct error error = {0};
    char directory[256], path[300];
    test_directory_make(directory, sizeof directory);
    text_format(path, sizeof path, "%s/users", directory);
    test_file_write(path, "# who may come in\n\njoe:secret\nann:a:b\r\n", 0600);
    ck_assert_msg(sim_users_load(&options.terms, path, &error), "%s", error.text);
    ck_assert_uint_eq(options.terms.user_count, 2);
    start(options, NULL);
    for (size_t i = 0; i < sizeof tries / sizeof *tries; i++) {
        struct wire c;
        union dtc_message m;
        ck_assert(wire_connect(&c));
        wire_send_logon(&c, tries[i].name, tries[i].password);
        wire_expect(&c, &m, DTC_LOGON_RESPONSE);
        ck_assert_int_eq(m.logon_response.Result, tries[i].result);
        wire_close(&c);
    }
    stop();
    test_directory_remove(directory);
}
END_TEST

static const struct {
    const char *text;
    mode_t mode;
    const char *says;
} bad_users[] = {
    {"joe:secret\n", 0640, "that nobody else can read; run: chmod 600"},
    {"joe:secret\n", 0604, "that nobody else can read"},
    {"joe:secret\nann\n", 0600, "line 2: name:password is expected"},
    {":secret\n", 0600, "line 1: name:password is expected"},
    {"joe:12345678901234567890123456789012\n", 0600, "at most 31 bytes"},
    {"# nobody\n", 0600, "holds no user"},
    {"a:\nb:\nc:\nd:\ne:\nf:\ng:\nh:\ni:\nj:\nk:\nl:\nm:\nn:\no:\np:\nq:\n", 0600,
     "line 17: there are more than 16 users"},
};

START_TEST(a_bad_file_of_users_is_refused_with_a_sentence)
{
    struct sim_terms terms = {0};
    struct error error = {0};
    char directory[256], path[300];
    test_directory_make(directory, sizeof directory);
    text_format(path, sizeof path, "%s/users", directory);
    ck_assert(!sim_users_load(&terms, path, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cannot read the users in"));
    test_file_write(path, bad_users[_i].text, bad_users[_i].mode);
    ck_assert(!sim_users_load(&terms, path, &error));
    ck_assert_msg(strstr(error.text, bad_users[_i].says) != NULL, "%s", error.text);
    ck_assert_ptr_nonnull(strstr(error.text, path));
    ck_assert_ptr_null(strstr(error.text, "secret"));
    test_directory_remove(directory);
}
END_TEST

/* TLS. */

static void write_certificate(const char *certificate_file, const char *key_file)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -3600);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME *name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"sim", -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    ck_assert_int_gt(X509_sign(certificate, key, EVP_sha256()), 0);
    FILE *file = fopen(certificate_file, "w");
    ck_assert_int_eq(PEM_write_X509(file, certificate), 1);
    fclose(file);
    file = fopen(key_file, "w");
    ck_assert_int_eq(PEM_write_PrivateKey(file, key, NULL, NULL, 0, NULL, NULL), 1);
    fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
}

/* Turns server and client until `done` bytes, or the handshake when it is 0, have been exchanged.
 */
static int exchange(SSL *ssl, int (*step)(SSL *ssl, void *bytes, int length), void *bytes,
                    int length)
{
    int64_t deadline = clock_monotonic_us() + WIRE_PATIENCE;
    for (;;) {
        int result = step(ssl, bytes, length);
        if (result > 0 || SSL_get_error(ssl, result) == SSL_ERROR_ZERO_RETURN)
            return result;
        ck_assert_int_eq(SSL_get_error(ssl, result), SSL_ERROR_WANT_READ);
        ck_assert_int_lt(clock_monotonic_us(), deadline);
        pump();
        poll(&(struct pollfd){.fd = SSL_get_fd(ssl), .events = POLLIN}, 1, 1);
    }
}

static int shake_hands(SSL *ssl, void *bytes, int length)
{
    (void)bytes;
    (void)length;
    return SSL_connect(ssl);
}

static int write_tls(SSL *ssl, void *bytes, int length)
{
    return SSL_write(ssl, bytes, length);
}

struct files {
    char directory[256], certificate[300], key[300];
};

static void make_files(struct files *f)
{
    test_directory_make(f->directory, sizeof f->directory);
    text_format(f->certificate, sizeof f->certificate, "%s/certificate", f->directory);
    text_format(f->key, sizeof f->key, "%s/key", f->directory);
    write_certificate(f->certificate, f->key);
}

START_TEST(tls_is_spoken_with_the_certificate_that_is_given)
{
    char logon[] = "{\"Type\":1,\"ProtocolVersion\":8}", answer[2048];
    struct files f;
    struct wire c;
    signal(SIGPIPE, SIG_IGN);
    make_files(&f);
    start((struct sim_server_options){.tls_certificate = f.certificate, .tls_key = f.key}, NULL);
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    ck_assert_int_eq(SSL_CTX_load_verify_locations(context, f.certificate, NULL), 1);
    ck_assert(wire_connect(&c));
    ck_assert_int_eq(fcntl(c.socket, F_SETFL, O_NONBLOCK), 0);
    SSL *ssl = SSL_new(context);
    SSL_set_fd(ssl, c.socket);
    exchange(ssl, shake_hands, NULL, 0);
    ck_assert_int_eq(SSL_get_verify_result(ssl), X509_V_OK);
    ck_assert_int_eq(exchange(ssl, write_tls, logon, sizeof logon), sizeof logon);
    int length = exchange(ssl, SSL_read, answer, sizeof answer);
    ck_assert_int_gt(length, 0);
    ck_assert_int_eq(answer[length - 1], '\0');
    ck_assert_ptr_nonnull(strstr(answer, "\"ServerName\":\"sortie-sim\""));
    ck_assert_int_eq(exchange(ssl, write_tls, "{\"Type\":5}", 11), 11);
    ck_assert_int_gt(exchange(ssl, SSL_read, answer, sizeof answer), 0);
    ck_assert_int_eq(exchange(ssl, SSL_read, answer, sizeof answer), 0); /* closed, and properly */
    SSL_free(ssl);
    SSL_CTX_free(context);
    wire_close(&c);
    stop();
    test_directory_remove(f.directory);
}
END_TEST

START_TEST(who_does_not_speak_tls_with_a_server_of_tls_is_cut_off)
{
    struct files f;
    struct wire c;
    make_files(&f);
    start((struct sim_server_options){.tls_certificate = f.certificate, .tls_key = f.key}, NULL);
    ck_assert(wire_connect(&c));
    wire_send_logon(&c, "", "");
    while (!c.has_ended) {
        wire_drop(&c, wire_has(&c)); /* an alert of TLS */
        wire_await(&c, 1);
    }
    wire_close(&c);
    stop();
    test_directory_remove(f.directory);
}
END_TEST

START_TEST(a_certificate_that_cannot_be_used_is_named)
{
    struct error error = {0};
    struct files f;
    make_files(&f);
    struct sim_server_options options = {.tls_certificate = f.key, .tls_key = f.key};
    ck_assert_ptr_null(sim_server_new(&options, 1, 1, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cannot use the certificate in"));
    options.tls_certificate = f.certificate;
    options.tls_key = "/nonexistent/key";
    ck_assert_ptr_null(sim_server_new(&options, 1, 1, &error));
    ck_assert_ptr_nonnull(strstr(error.text, "cannot use the key in /nonexistent/key"));
    test_directory_remove(f.directory);
}
END_TEST

/* Compression. */

START_TEST(what_is_compressed_is_one_zlib_stream_and_the_last_that_is_sent)
{
    enum { RECORDS = 5000 };
    const struct sim_manner manner = {true, _i, SIM_NEGOTIATION_ANSWER};
    const struct sim_spells spells = {.now = 1};
    struct sim_client client;
    union dtc_message m;
    int ends[2];
    ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    sim_client_init(&client, ends[0], NULL, &manner, &spells);
    struct wire c = {.socket = ends[1], .encoding = _i};
    struct dtc_framing plain;
    dtc_framing_init(&c.framing, _i);
    dtc_framing_init(&plain, _i);

    sim_client_begin_compression(&client);
    for (int i = 1; i <= RECORDS; i++) {
        dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE);
        m.historical_price_data_record_response.RequestID = i;
        sim_client_send(&client, &m);
    }
    sim_client_end_compression(&client);
    ck_assert_uint_lt(sim_client_waiting(&client), 100 * 1024); /* of some 440,000 and more */
    dtc_message_init(&m, DTC_HEARTBEAT);
    sim_client_send(&client, &m); /* too late */
    while (sim_client_waiting(&client) > 0) {
        sim_client_flush(&client);
        wire_read(&c);
    }

    z_stream z = {.next_in = (unsigned char *)c.framing.data, .avail_in = (uInt)wire_has(&c)};
    ck_assert_int_eq(inflateInit(&z), Z_OK);
    int result = Z_OK;
    while (result == Z_OK) {
        size_t size;
        z.next_out = (unsigned char *)dtc_framing_space(&plain, &size);
        z.avail_out = (uInt)size;
        result = inflate(&z, Z_NO_FLUSH);
        dtc_framing_advance(&plain, size - z.avail_out);
    }
    ck_assert_int_eq(result, Z_STREAM_END);
    ck_assert_uint_eq(z.avail_in, 0);
    inflateEnd(&z);
    for (int i = 1; i <= RECORDS; i++) {
        const char *frame;
        size_t length;
        ck_assert_int_eq(dtc_framing_next(&plain, &frame, &length, NULL), 1);
        ck_assert_int_eq(dtc_encoding_get(_i)->decode(frame, length, &m, NULL),
                         DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE);
        ck_assert_int_eq(m.historical_price_data_record_response.RequestID, i);
    }
    ck_assert_uint_eq(plain.end - plain.start, 0);

    wire_write(&c, "more", 4); /* nobody listens */
    sim_client_receive(&client);
    int type;
    ck_assert(!sim_client_next(&client, &m, &type));
    ck_assert_int_eq(client.phase, SIM_CLIENT_OPEN);
    wire_close(&c);
    sim_client_receive(&client);
    ck_assert_int_eq(client.phase, SIM_CLIENT_GONE);
    dtc_framing_free(&plain);
    sim_client_free(&client);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("sim encodings");
    TCase *t = tcase_create("encodings");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, an_encoding_that_is_asked_for_is_spoken, 0, DTC_ENCODINGS);
    tcase_add_loop_test(t, an_encoding_that_is_simply_spoken_is_answered_in_it, 0, DTC_ENCODINGS);
    tcase_add_test(t, a_request_in_json_is_answered_in_json);
    tcase_add_test(t, asked_for_an_encoding_that_is_none_it_stays_with_what_is_spoken);
    tcase_add_loop_test(t, a_server_of_one_encoding_does_with_a_request_as_it_is_told, 0,
                        4 * DTC_ENCODINGS);
    tcase_add_loop_test(t, a_server_of_one_encoding_takes_it_without_a_request, 0, DTC_ENCODINGS);
    tcase_add_loop_test(t, a_server_of_one_encoding_says_so_to_who_speaks_another, 0,
                        DTC_ENCODINGS);
    tcase_add_loop_test(t, what_is_no_message_ends_the_connection_with_a_reason, 0, DTC_ENCODINGS);
    suite_add_tcase(s, t);

    t = tcase_create("users");
    tcase_add_test(t, only_users_of_the_file_are_let_in);
    tcase_add_loop_test(t, a_bad_file_of_users_is_refused_with_a_sentence, 0,
                        (int)(sizeof bad_users / sizeof *bad_users));
    suite_add_tcase(s, t);

    t = tcase_create("tls");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, tls_is_spoken_with_the_certificate_that_is_given);
    tcase_add_test(t, who_does_not_speak_tls_with_a_server_of_tls_is_cut_off);
    tcase_add_test(t, a_certificate_that_cannot_be_used_is_named);
    suite_add_tcase(s, t);

    t = tcase_create("compression");
    tcase_set_timeout(t, 60);
    tcase_add_loop_test(t, what_is_compressed_is_one_zlib_stream_and_the_last_that_is_sent, 0,
                        DTC_ENCODINGS);
    suite_add_tcase(s, t);
    return s;
}

TEST_MAIN(suite)
