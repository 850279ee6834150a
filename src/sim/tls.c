#include "sim/tls.h"

#include "base/memory.h"

#include <errno.h>
#include <limits.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

/* Both are OpenSSL's own objects under names that keep its headers out of ours. */
static SSL_CTX *context_of(struct sim_tls *t)
{
    return (SSL_CTX *)t;
}

static SSL *ssl_of(const struct sim_tls_channel *c)
{
    return (SSL *)c;
}

static const char *reason(void)
{
    const char *text = ERR_reason_error_string(ERR_get_error());
    ERR_clear_error();
    return text != NULL ? text : "no reason given";
}

struct sim_tls *sim_tls_new(const char *certificate_file, const char *key_file, struct error *error)
{
    SSL_CTX *t = SSL_CTX_new(TLS_server_method());
    if (t == NULL) {
        error_set(error, ERROR_SYSTEM, "TLS cannot be set up: %s", reason());
        return NULL;
    }
    if (SSL_CTX_use_certificate_chain_file(t, certificate_file) != 1) {
        error_set(error, ERROR_USAGE, "cannot use the certificate in %s: %s", certificate_file,
                  reason());
    } else if (SSL_CTX_use_PrivateKey_file(t, key_file, SSL_FILETYPE_PEM) != 1) {
        error_set(error, ERROR_USAGE, "cannot use the key in %s: %s", key_file, reason());
    } else {
        SSL_CTX_set_mode(t, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
        return (struct sim_tls *)t;
    }
    SSL_CTX_free(t);
    return NULL;
}

void sim_tls_free(struct sim_tls *t)
{
    SSL_CTX_free(context_of(t));
}

struct sim_tls_channel *sim_tls_accept(struct sim_tls *t, int socket)
{
    SSL *ssl = SSL_new(context_of(t));
    if (ssl != NULL && SSL_set_fd(ssl, socket) == 1) {
        SSL_set_accept_state(ssl);
        return (struct sim_tls_channel *)ssl;
    }
    SSL_free(ssl);
    return NULL;
}

void sim_tls_channel_free(struct sim_tls_channel *c)
{
    SSL_free(ssl_of(c));
}

/* OpenSSL's result as that of read() or write(). */
static ssize_t result_of(SSL *ssl, int result)
{
    if (result > 0)
        return result;
    int code = SSL_get_error(ssl, result);
    ERR_clear_error();
    if (code == SSL_ERROR_ZERO_RETURN)
        return 0;
    errno = code == SSL_ERROR_WANT_READ || code == SSL_ERROR_WANT_WRITE ? EAGAIN : ECONNRESET;
    return -1;
}

ssize_t sim_tls_read(struct sim_tls_channel *c, void *target, size_t size)
{
    int most = size > INT_MAX ? INT_MAX : (int)size;
    return result_of(ssl_of(c), SSL_read(ssl_of(c), target, most));
}

ssize_t sim_tls_write(struct sim_tls_channel *c, const void *bytes, size_t size)
{
    int most = size > INT_MAX ? INT_MAX : (int)size;
    return result_of(ssl_of(c), SSL_write(ssl_of(c), bytes, most));
}

void sim_tls_close(struct sim_tls_channel *c)
{
    SSL_shutdown(ssl_of(c));
    ERR_clear_error();
}

bool sim_tls_can_write(const struct sim_tls_channel *c)
{
    return SSL_is_init_finished(ssl_of(c));
}
