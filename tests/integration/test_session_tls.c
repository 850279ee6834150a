/* The session over TLS, with certificates made for the occasion. */
#include "session_peer.h"

#include "base/text.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

struct identity {
    EVP_PKEY *key;
    X509 *certificate;
};

static struct {
    char directory[256], ca_file[300], other_ca_file[300];
    struct identity ca, other_ca;
    SSL_CTX *settings;
    SSL *ssl;
} tls;

static EVP_PKEY *key_new(void)
{
    EVP_PKEY *key = NULL;
    EVP_PKEY_CTX *c = EVP_PKEY_CTX_new_id(EVP_PKEY_EC, NULL);
    ck_assert_int_eq(EVP_PKEY_keygen_init(c), 1);
    ck_assert_int_eq(EVP_PKEY_CTX_set_ec_paramgen_curve_nid(c, NID_X9_62_prime256v1), 1);
    ck_assert_int_eq(EVP_PKEY_keygen(c, &key), 1);
    EVP_PKEY_CTX_free(c);
    return key;
}

static void extension_add(X509 *x, int nid, const char *value)
{
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, NULL, nid, (char *)(uintptr_t)value);
    ck_assert_ptr_nonnull(e);
    ck_assert_int_eq(X509_add_ext(x, e, -1), 1);
    X509_EXTENSION_free(e);
}

/* Valid from yesterday for `days`; signed by itself without `signer`, which then is an authority.
 */
static struct identity identity_new(const char *name, const char *alternatives, long days,
                                    const struct identity *signer)
{
    static long serial;
    struct identity i = {key_new(), X509_new()};
    X509 *x = i.certificate;
    X509_set_version(x, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(x), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(x), -24 * 3600);
    X509_gmtime_adj(X509_getm_notAfter(x), (days - 1) * 24 * 3600);
    X509_NAME *subject = X509_get_subject_name(x);
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
    X509_set_issuer_name(x, signer ? X509_get_subject_name(signer->certificate) : subject);
    X509_set_pubkey(x, i.key);
    extension_add(x, NID_basic_constraints, signer ? "critical,CA:FALSE" : "critical,CA:TRUE");
    if (alternatives)
        extension_add(x, NID_subject_alt_name, alternatives);
    ck_assert_int_gt(X509_sign(x, signer ? signer->key : i.key, EVP_sha256()), 0);
    return i;
}

static void identity_free(struct identity *i)
{
    X509_free(i->certificate);
    EVP_PKEY_free(i->key);
}

static void ca_make(struct identity *ca, char *path, size_t size, const char *name)
{
    *ca = identity_new(name, NULL, 365, NULL);
    snprintf(path, size, "%s/%s.pem", tls.directory, name);
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(PEM_write_X509(file, ca->certificate), 1);
    fclose(file);
}

/* A session with TLS to `host`; the server's certificate is made out as `alternatives` says. */
static void start(const char *host, const char *alternatives, long days)
{
    struct identity server = identity_new("server", alternatives, days, &tls.ca);
    SSL_CTX_free(tls.settings);
    tls.settings = SSL_CTX_new(TLS_server_method());
    ck_assert_int_eq(SSL_CTX_use_certificate(tls.settings, server.certificate), 1);
    ck_assert_int_eq(SSL_CTX_use_PrivateKey(tls.settings, server.key), 1);
    identity_free(&server);
    session_start(host, 1);
    t.options.tls = true;
    text_format(t.options.tls_ca_file, sizeof t.options.tls_ca_file, "%s", tls.ca_file);
    session_renew();
}

static void tls_setup(void)
{
    setup();
    memset(&tls, 0, sizeof tls);
    test_directory_make(tls.directory, sizeof tls.directory);
    ca_make(&tls.ca, tls.ca_file, sizeof tls.ca_file, "ours");
    ca_make(&tls.other_ca, tls.other_ca_file, sizeof tls.other_ca_file, "other");
}

static void tls_teardown(void)
{
    SSL_free(tls.ssl);
    SSL_CTX_free(tls.settings);
    identity_free(&tls.ca);
    identity_free(&tls.other_ca);
    test_directory_remove(tls.directory);
    teardown();
}

/* Through the connecting of TCP: the server has its end. */
static void tls_accept(void)
{
    struct pollfd door = {.fd = t.door, .events = POLLIN};
    while (poll(&door, 1, 0) == 0)
        turn();
    peer_accept();
    ck_assert_int_eq(fcntl(t.peer, F_SETFL, O_NONBLOCK), 0);
    SSL_free(tls.ssl);
    tls.ssl = SSL_new(tls.settings);
    ck_assert_int_eq(SSL_set_fd(tls.ssl, t.peer), 1);
}

/* Whatever is there to be read or due by either side. */
static void both_turn(void)
{
    struct pollfd p[2] = {wanted(), {.fd = t.peer, .events = POLLIN}};
    ck_assert_int_gt(poll(p, 2, 10000), 0);
    if (p[0].revents != 0)
        dtc_session_service(t.session, p[0].revents, t.now);
}

/* Until the session has come out of connecting; whether the server is content. */
static bool shake_hands(void)
{
    bool done = false;
    tls_accept();
    size_t phases = t.phases;
    while (t.phases == phases) {
        done = SSL_accept(tls.ssl) == 1 || done;
        ERR_clear_error();
        both_turn();
    }
    return done;
}

static void tls_send(const void *bytes, size_t length)
{
    size_t sent = 0;
    while (sent < length) {
        int got = SSL_write(tls.ssl, (const char *)bytes + sent, (int)(length - sent));
        if (got > 0)
            sent += (size_t)got;
        else
            both_turn();
    }
}

static void tls_receive(union dtc_message *m, int type)
{
    struct error error;
    const char *frame;
    size_t length;
    while (dtc_framing_next(&t.framing, &frame, &length, &error) == 0) {
        size_t size;
        char *space = dtc_framing_space(&t.framing, &size);
        int got = SSL_read(tls.ssl, space, (int)size);
        if (got > 0)
            dtc_framing_advance(&t.framing, (size_t)got);
        else
            both_turn();
    }
    ck_assert_int_eq(dtc_encoding_get(t.framing.encoding)->decode(frame, length, m, &error), type);
}

static void assert_in(void)
{
    static const char answer[] = "{\"Type\":2,\"Result\":1,\"ServerName\":\"safe\"}";
    union dtc_message m;
    shake_hands();
    ck_assert_int_eq(dtc_session_phase(t.session), DTC_LOGGING_ON);
    tls_receive(&m, DTC_LOGON_REQUEST);
    ck_assert_str_eq(m.logon_request.Username, "joe");
    tls_send(answer, sizeof answer);
    turn_until(DTC_ONLINE);
    assert_says(": safe");
}

START_TEST(a_certificate_for_the_address_or_name_is_accepted)
{
    start("127.0.0.1", "IP:127.0.0.1", 30);
    assert_in();
    ck_assert_ptr_null(SSL_get_servername(tls.ssl, TLSEXT_NAMETYPE_host_name));
    start("localhost", "DNS:localhost", 30);
    assert_in();
    ck_assert_str_eq(SSL_get_servername(tls.ssl, TLSEXT_NAMETYPE_host_name), "localhost");
}
END_TEST

START_TEST(an_encoding_is_agreed_on_inside_tls)
{
    static const char answer[] = "\x10\0\x07\0\x08\0\0\0\x02\0\0\0DTC";
    union dtc_message m;
    start("127.0.0.1", "IP:127.0.0.1", 30);
    t.options.encoding = DTC_ENCODING_AUTO;
    session_renew();
    t.encoding = DTC_BINARY_ENCODING;
    shake_hands();
    tls_receive(&m, DTC_ENCODING_REQUEST);
    tls_send(answer, 16);
    dtc_framing_switch(&t.framing, DTC_JSON_ENCODING);
    tls_receive(&m, DTC_LOGON_REQUEST);
}
END_TEST

START_TEST(much_at_once_is_read_to_the_last_byte)
{
    enum { COUNT = 150000, LENGTH = 22 };
    static char bytes[COUNT * LENGTH + LENGTH];
    start("127.0.0.1", "IP:127.0.0.1", 30);
    assert_in();
    for (size_t i = 0; i < COUNT; i++)
        memcpy(bytes + i * LENGTH, "{\"Type\":3,\"a\":123456}", LENGTH);
    memcpy(bytes + sizeof bytes - LENGTH, "{\"Type\":107 ,\"a\":123}", LENGTH);
    tls_send(bytes, sizeof bytes);
    turn_until_messages(1);
    ck_assert_uint_eq(t.message[0], DTC_MARKET_DATA_UPDATE_TRADE);
    ck_assert_int_gt(dtc_session_deadline(t.session), t.now); /* nothing is left inside */
}
END_TEST

START_TEST(what_we_send_and_our_logoff_arrive)
{
    union dtc_message m;
    start("127.0.0.1", "IP:127.0.0.1", 30);
    assert_in();
    for (int i = 0; i < 3; i++)
        request(DTC_CURRENT_POSITIONS_REQUEST);
    dtc_session_logoff(t.session, "bye");
    for (int i = 0; i < 3; i++)
        tls_receive(&m, DTC_CURRENT_POSITIONS_REQUEST);
    tls_receive(&m, DTC_LOGOFF);
}
END_TEST

static void assert_refused(const char *words)
{
    ck_assert(!shake_hands() || dtc_session_phase(t.session) == DTC_WAITING);
    assert_says("cannot reach ");
    assert_says(words);
    assert_waits_first();
}

START_TEST(a_certificate_of_an_unknown_authority_is_refused)
{
    start("127.0.0.1", "IP:127.0.0.1", 30);
    text_format(t.options.tls_ca_file, sizeof t.options.tls_ca_file, "%s", tls.other_ca_file);
    session_renew();
    assert_refused("its certificate is not trusted (");
    assert_says("set tls_ca_file");
    /* the system's certificates do not have it either */
    t.options.tls_ca_file[0] = '\0';
    session_renew();
    assert_refused("its certificate is not trusted (");
}
END_TEST

START_TEST(a_certificate_for_another_host_is_refused)
{
    start("127.0.0.1", "IP:127.0.0.2,DNS:localhost", 30);
    assert_refused("its certificate is not made out to 127.0.0.1");
    start("localhost", "DNS:other.example,IP:127.0.0.1", 30);
    assert_refused("its certificate is not made out to localhost");
}
END_TEST

START_TEST(a_certificate_that_has_expired_is_refused)
{
    start("127.0.0.1", "IP:127.0.0.1", 0);
    assert_refused("its certificate has expired");
}
END_TEST

START_TEST(a_file_of_certificates_that_cannot_be_read_is_named)
{
    start("127.0.0.1", "IP:127.0.0.1", 30);
    text_format(t.options.tls_ca_file, sizeof t.options.tls_ca_file, "%s/missing.pem",
                tls.directory);
    session_renew();
    while (dtc_session_phase(t.session) != DTC_WAITING || t.phases == 0)
        turn();
    assert_says("missing.pem");
    assert_says("tls_ca_file");
    assert_waits_first();
}
END_TEST

START_TEST(a_server_without_tls_is_told)
{
    static const char words[] = "{\"Type\":5,\"Reason\":\"what?\"}";
    start("127.0.0.1", "IP:127.0.0.1", 30);
    tls_accept();
    peer_send_bytes(words, sizeof words);
    turn_through(1);
    assert_says("does not speak TLS on this port");
    assert_waits_first();
    t.now = dtc_session_deadline(t.session);
    tls_accept();
    peer_close();
    turn_through(1);
    assert_says("closed the connection during the TLS handshake");
    ck_assert_int_gt(wait_time(), 0);
    t.now = dtc_session_deadline(t.session);
    tls_accept();
    t.now += 10 * CLOCK_SECOND; /* silence */
    turn_through(1);
    assert_says("does not answer the TLS handshake");
    ck_assert_int_gt(wait_time(), 0);
}
END_TEST

START_TEST(damaged_tls_ends_the_connection)
{
    static const char noise[] = "\x17\x03\x03\0\x20................................";
    start("127.0.0.1", "IP:127.0.0.1", 30);
    assert_in();
    peer_send_bytes(noise, sizeof noise);
    turn_until(DTC_WAITING);
    assert_says("what came is damaged TLS: ");
    assert_waits_first();
}
END_TEST

static void refuse_what_is_no_tls(void)
{
    int kind = SSL_ERROR_NONE;
    while (kind != SSL_ERROR_SSL) {
        kind = SSL_get_error(tls.ssl, SSL_accept(tls.ssl));
        ERR_clear_error();
        if (kind == SSL_ERROR_WANT_READ)
            await(t.peer, POLLIN);
    }
    ck_assert_int_eq(shutdown(t.peer, SHUT_WR), 0);
}

START_TEST(a_server_with_tls_met_without_it_is_told)
{
    start("127.0.0.1", "IP:127.0.0.1", 30);
    t.options.tls = false;
    for (int encoding = DTC_ENCODING_AUTO; encoding < DTC_ENCODINGS; encoding++) {
        t.options.encoding = encoding;
        session_renew();
        do { /* an encoding after the other */
            turn_until(DTC_LOGGING_ON);
            tls_accept();
            refuse_what_is_no_tls();
            turn_through(1);
        } while (t.phase[t.phases - 1] == DTC_CONNECTING);
        /* Some servers send an alert, some hang up. */
        ck_assert_msg(strstr(t.sentence, "set tls = yes") || strstr(t.sentence, "and its TLS off?"),
                      "%s", t.sentence);
        ck_assert_int_gt(wait_time(), 0);
    }
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("session tls");
    TCase *c = tcase_create("tls");
    tcase_add_checked_fixture(c, tls_setup, tls_teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_certificate_for_the_address_or_name_is_accepted);
    tcase_add_test(c, an_encoding_is_agreed_on_inside_tls);
    tcase_add_test(c, much_at_once_is_read_to_the_last_byte);
    tcase_add_test(c, what_we_send_and_our_logoff_arrive);
    tcase_add_test(c, a_certificate_of_an_unknown_authority_is_refused);
    tcase_add_test(c, a_certificate_for_another_host_is_refused);
    tcase_add_test(c, a_certificate_that_has_expired_is_refused);
    tcase_add_test(c, a_file_of_certificates_that_cannot_be_read_is_named);
    tcase_add_test(c, a_server_without_tls_is_told);
    tcase_add_test(c, damaged_tls_ends_the_connection);
    tcase_add_test(c, a_server_with_tls_met_without_it_is_told);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
