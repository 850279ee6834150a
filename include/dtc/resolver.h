/* Host names to addresses without waiting: what needs a look-up is looked up by a thread of its
 * own, which may outlive its asker. */
#ifndef SORTIE_DTC_RESOLVER_H
#define SORTIE_DTC_RESOLVER_H

#include "base/address.h"

struct addrinfo;
struct dtc_lookup;

/* True with the address of a host that is written in numbers, IPv4 or IPv6. For freeaddrinfo(). */
bool dtc_resolve_number(const struct address *a, struct addrinfo **found);

/* Begins to look a name up; NULL with `error` when the system has no room for it. */
struct dtc_lookup *dtc_lookup_begin(const struct address *a, struct error *error);
/* To poll for POLLIN: the look-up is over. */
int dtc_lookup_descriptor(const struct dtc_lookup *l);
/* 1 with all its addresses, for freeaddrinfo(); 0 not over yet; -1 with `error`. */
int dtc_lookup_take(struct dtc_lookup *l, struct addrinfo **found, struct error *error);
/* At any time; never waits. NULL: nothing. */
void dtc_lookup_free(struct dtc_lookup *l);

#endif
