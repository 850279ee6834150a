#include "dtc/tls.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdlib.h>
#include <string.h>

struct dtc_tls {
    SSL_CTX *settings;
    SSL *ssl;
    BIO *in, *out; /* of memory, owned by `ssl` */
    char host[256];
    bool is_told; /* by its first byte: it is TLS that the server speaks */
    bool is_foreign;
};

/* What OpenSSL says of its latest failure. */
static const char *library_cause(char *text, size_t size)
{
    const char *reason = ERR_reason_error_string(ERR_get_error());
    text_copy(text, size, reason != NULL ? reason : "no reason is given");
    ERR_clear_error();
    return text;
}

static bool trust(struct dtc_tls *tls, const char *ca_file, struct error *error)
{
    char cause[128];
    if (ca_file[0] == '\0' ? SSL_CTX_set_default_verify_paths(tls->settings) == 1
                           : SSL_CTX_load_verify_locations(tls->settings, ca_file, NULL) == 1)
        return true;
    return error_set(error, ERROR_SYSTEM,
                     "the certificates to trust cannot be read from %s (%s); see the setting "
                     "tls_ca_file",
                     ca_file[0] == '\0' ? "the system's files" : ca_file,
                     library_cause(cause, sizeof cause));
}

/* A certificate names hosts and numbers in different places. */
static bool expect_host(struct dtc_tls *tls)
{
    X509_VERIFY_PARAM *wanted = SSL_get0_param(tls->ssl);
    unsigned char number[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, tls->host, number) == 1 || inet_pton(AF_INET6, tls->host, number) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(wanted, tls->host) == 1;
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    return X509_VERIFY_PARAM_set1_host(wanted, tls->host, 0) == 1 &&
           SSL_set_tlsext_host_name(tls->ssl, tls->host) == 1;
}

static bool prepare(struct dtc_tls *tls, const char *ca_file, struct error *error)
{
    char cause[128];
    tls->settings = SSL_CTX_new(TLS_client_method());
    if (tls->settings != NULL && !trust(tls, ca_file, error))
        return false;
    if (tls->settings != NULL && SSL_CTX_set_min_proto_version(tls->settings, TLS1_2_VERSION) == 1)
        tls->ssl = SSL_new(tls->settings);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (tls->ssl != NULL && tls->in != NULL && tls->out != NULL) {
        SSL_set_bio(tls->ssl, tls->in, tls->out);
        SSL_set_connect_state(tls->ssl);
        SSL_set_verify(tls->ssl, SSL_VERIFY_PEER, NULL);
        if (expect_host(tls))
            return true;
    } else {
        BIO_free(tls->in);
        BIO_free(tls->out);
    }
    return error_set(error, ERROR_SYSTEM, "TLS cannot begin: %s",
                     library_cause(cause, sizeof cause));
}

struct dtc_tls *dtc_tls_new(const char *host, const char *ca_file, struct error *error)
{
    struct dtc_tls *tls = memory_new(1, sizeof *tls);
    text_copy(tls->host, sizeof tls->host, host);
    ERR_clear_error();
    if (prepare(tls, ca_file, error))
        return tls;
    dtc_tls_free(tls);
    return NULL;
}

void dtc_tls_free(struct dtc_tls *tls)
{
    if (tls == NULL)
        return;
    SSL_free(tls->ssl);
    SSL_CTX_free(tls->settings);
    free(tls);
}

void dtc_tls_feed(struct dtc_tls *tls, const char *bytes, size_t length)
{
    /* The first record is the server's handshake or its alert. */
    if (!tls->is_told && length > 0)
        tls->is_foreign = bytes[0] != 0x16 && bytes[0] != 0x15;
    tls->is_told = tls->is_told || length > 0;
    for (size_t done = 0; done < length;) {
        size_t part = length - done < INT_MAX ? length - done : INT_MAX;
        int taken = BIO_write(tls->in, bytes + done, (int)part);
        if (taken <= 0)
            return; /* out of memory: the missing bytes end the connection */
        done += (size_t)taken;
    }
}

size_t dtc_tls_drain(struct dtc_tls *tls, char *target, size_t size)
{
    int got = BIO_read(tls->out, target, size < INT_MAX ? (int)size : INT_MAX);
    return got > 0 ? (size_t)got : 0;
}

static void fail_certificate(const struct dtc_tls *tls, long result, struct error *error)
{
    switch (result) {
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        error_set(error, ERROR_PROTOCOL,
                  "its certificate is not made out to %s; set host to the name in it", tls->host);
        break;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        error_set(error, ERROR_PROTOCOL, "its certificate has expired");
        break;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        error_set(error, ERROR_PROTOCOL,
                  "its certificate is not valid yet; check this machine's clock");
        break;
    default:
        error_set(error, ERROR_PROTOCOL,
                  "its certificate is not trusted (%s); if it is right, set tls_ca_file to the "
                  "certificate that signed it",
                  X509_verify_cert_error_string(result));
    }
}

int dtc_tls_handshake(struct dtc_tls *tls, struct error *error)
{
    char cause[128];
    if (tls->is_foreign) {
        error_set(error, ERROR_PROTOCOL,
                  "the server does not speak TLS on this port; use its TLS port or set tls = no");
        return -1;
    }
    ERR_clear_error();
    int result = SSL_do_handshake(tls->ssl);
    if (result == 1)
        return 1;
    int kind = SSL_get_error(tls->ssl, result);
    if (kind == SSL_ERROR_WANT_READ || kind == SSL_ERROR_WANT_WRITE)
        return 0;
    long verified = SSL_get_verify_result(tls->ssl);
    if (verified != X509_V_OK)
        fail_certificate(tls, verified, error);
    else
        error_set(error, ERROR_PROTOCOL, "the TLS handshake fails: %s",
                  library_cause(cause, sizeof cause));
    ERR_clear_error();
    return -1;
}

ssize_t dtc_tls_read(struct dtc_tls *tls, char *buffer, size_t size, struct error *error)
{
    char cause[128];
    ERR_clear_error();
    int got = SSL_read(tls->ssl, buffer, size < INT_MAX ? (int)size : INT_MAX);
    if (got > 0)
        return got;
    switch (SSL_get_error(tls->ssl, got)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        error_set(error, ERROR_SYSTEM, "the server closed the connection");
        return -1;
    default:
        error_set(error, ERROR_PROTOCOL, "what came is damaged TLS: %s",
                  library_cause(cause, sizeof cause));
        return -1;
    }
}

bool dtc_tls_write(struct dtc_tls *tls, const char *data, size_t size, struct error *error)
{
    char cause[128];
    ERR_clear_error();
    /* Memory takes all at once, so there is no part and no second try. */
    if (size <= INT_MAX && SSL_write(tls->ssl, data, (int)size) == (int)size)
        return true;
    return error_set(error, ERROR_PROTOCOL, "TLS cannot send: %s",
                     library_cause(cause, sizeof cause));
}

bool dtc_tls_has_more(const struct dtc_tls *tls)
{
    return SSL_pending(tls->ssl) > 0 || BIO_ctrl_pending(tls->in) > 0;
}
