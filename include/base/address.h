/* Where a server is: "host", "host:port", "[v6 address]:port". */
#ifndef SORTIE_BASE_ADDRESS_H
#define SORTIE_BASE_ADDRESS_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>

struct address {
    char host[256]; /* name or number, an IPv6 address without its brackets */
    int port;       /* 1 to 65535 */
};

/* One of them. `port` is taken where the text names none; 0: then it must. False with `error`. */
bool address_parse(const char *text, int port, struct address *out, struct error *error);

/* A list separated by commas, blanks around them allowed. Returns how many; 0 with `error` when one
 * of them is none, there are more than `room`, or it is empty. */
size_t address_parse_list(const char *text, int port, struct address *out, size_t room,
                          struct error *error);

/* As it is written: "[::1]:11099". Returns `text`. */
const char *address_format(const struct address *a, char *text, size_t size);

#endif
