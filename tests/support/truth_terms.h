/* What a contract's point is worth and costs, as far as a database tells: it keeps no instruments,
 * so that both are what most of its trades agree on. */
#ifndef SORTIE_TESTS_SUPPORT_TRUTH_TERMS_H
#define SORTIE_TESTS_SUPPORT_TRUTH_TERMS_H

#include "trade/money.h"

#include <stdbool.h>
#include <stddef.h>

enum { TRUTH_RATES = 32 };

/* Rates that have been seen, each with the amounts that it explains. */
struct truth_tally {
    double rate[TRUTH_RATES];
    unsigned votes[TRUTH_RATES];
    size_t count;
};

struct truth_terms {
    char symbol[80];
    struct truth_tally point_value, commission;
};

/* True when `amount`, a sum of so many rounded amounts, is `base` times that rate. */
bool truth_explains(double rate, long double base, money amount, int roundings);
/* Counts a rate as known from elsewhere. */
void truth_tally_seed(struct truth_tally *t, double rate, unsigned votes);
void truth_tally_add(struct truth_tally *t, long double base, money amount, int roundings);
/* That which explains the most; of several, the first. */
double truth_tally_best(const struct truth_tally *t);
/* The rate of this one amount, where another amount or what is known speaks for it, else the best.
 */
double truth_tally_find(const struct truth_tally *t, long double base, money amount);

#endif
