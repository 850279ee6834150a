/* The orders of the simulated exchange: the working ones, and the latest closed ones, which answer
 * for a parent that is filled already and for a cancel that came too late. */
#ifndef SORTIE_SIM_BOOK_H
#define SORTIE_SIM_BOOK_H

#include "sim/exchange.h"

enum { SIM_CLOSED_ORDERS = 256 };

struct sim_book {
    struct sim_order working[SIM_ORDERS_MAX]; /* oldest first; closed ones stay until the sweep */
    size_t count;
    struct sim_order closed[SIM_CLOSED_ORDERS]; /* a ring */
    size_t closed_count;                        /* ever */
    uint64_t last_number;
};

/* Copies `draft` in under a new number. The place holds until the next sweep. NULL when the book is
 * full. */
struct sim_order *sim_book_add(struct sim_book *b, const struct sim_order *draft);

struct sim_order *sim_book_find(struct sim_book *b,
                                uint64_t number); /* working or closed; NULL: neither */

/* By server id or, where that is empty, by client id (the newest of equals): among the working
 * orders, then among the closed. NULL: none. */
struct sim_order *sim_book_find_id(struct sim_book *b, const char *server_id,
                                   const char *client_id);

/* Moves the orders that are no longer working out of `working`. Pointers into the book end here. */
void sim_book_sweep(struct sim_book *b);

#endif
