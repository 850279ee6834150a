#include "base/address.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

static bool fail(const char *text, size_t length, const char *why, struct error *error)
{
    char shown[80];
    text_clean(shown, sizeof shown, text, length);
    return error_set(error, ERROR_USAGE, "\"%s\" is no address of a server: %s", shown, why);
}

static bool is_host(const char *host, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)host[i];
        if (c <= ' ' || c == 0x7F || strchr("[]/,", c) != NULL)
            return false;
    }
    return length > 0;
}

/* An IPv6 address without brackets is one only if all of it is: its last group is no port. */
static bool is_bare_v6(const char *text, size_t length)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;
    if (length >= sizeof copy)
        return false;
    text_format(copy, sizeof copy, "%.*s", (int)length, text);
    return inet_pton(AF_INET6, copy, &address) == 1;
}

/* 0: it is none. */
static int port_of(const char *text, size_t length)
{
    int port = 0;
    for (size_t i = 0; i < length && port <= 65535; i++)
        port = isdigit((unsigned char)text[i]) ? 10 * port + (text[i] - '0') : 65536;
    return port <= 65535 ? port : 0;
}

static bool parse(const char *text, size_t length, int port, struct address *out,
                  struct error *error)
{
    const char *host = text, *end = text + length, *host_end = end;
    if (length > 0 && text[0] == '[') {
        host++;
        host_end = memchr(text, ']', length);
        if (host_end == NULL || memchr(host, ':', (size_t)(host_end - host)) == NULL)
            return fail(text, length, "brackets stand around an IPv6 address, as in [::1]:11099",
                        error);
    } else if (!is_bare_v6(text, length)) {
        const char *colon = memchr(text, ':', length);
        host_end = colon != NULL ? colon : end;
    }
    const char *rest = host_end + (host > text);
    size_t host_length = (size_t)(host_end - host);
    if (!is_host(host, host_length) || host_length >= sizeof out->host)
        return fail(text, length, "write host, host:port or [IPv6 address]:port", error);
    if (rest < end)
        port = *rest == ':' ? port_of(rest + 1, (size_t)(end - rest - 1)) : 0;
    if (port <= 0)
        return fail(text, length, "its port is to be a number from 1 to 65535", error);
    text_format(out->host, sizeof out->host, "%.*s", (int)host_length, host);
    out->port = port;
    return true;
}

bool address_parse(const char *text, int port, struct address *out, struct error *error)
{
    return parse(text, strlen(text), port, out, error);
}

size_t address_parse_list(const char *text, int port, struct address *out, size_t room,
                          struct error *error)
{
    for (size_t count = 0;; count++) {
        text += strspn(text, " \t");
        size_t width = strcspn(text, ","), length = width;
        while (length > 0 && (text[length - 1] == ' ' || text[length - 1] == '\t'))
            length--;
        if (count == room) {
            error_set(error, ERROR_USAGE, "more than %zu servers are listed", room);
            return 0;
        }
        if (!parse(text, length, port, &out[count], error))
            return 0;
        if (text[width] == '\0')
            return count + 1;
        text += width + 1;
    }
}

const char *address_format(const struct address *a, char *text, size_t size)
{
    text_format(text, size, strchr(a->host, ':') != NULL ? "[%s]:%d" : "%s:%d", a->host, a->port);
    return text;
}
