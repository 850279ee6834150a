#include "support/truth_terms.h"

#include "base/text.h"

#include <math.h>
#include <stdlib.h>

bool truth_explains(double rate, long double base, money amount, int roundings)
{
    long double exact = (long double)rate * base * 1000000;
    return fabsl(exact - (long double)amount) <= 0.501L * roundings + fabsl(exact) * 1e-13L;
}

/* The one with the fewest digits, as a server or a user would have said it. */
static double shortest(long double base, money amount, int roundings)
{
    double rate = (double)((long double)amount / 1000000 / base);
    for (int digits = 1; digits < 16; digits++) {
        char text[40];
        text_format(text, sizeof text, "%.*g", digits, rate);
        double candidate = strtod(text, NULL);
        if (truth_explains(candidate, base, amount, roundings))
            return candidate;
    }
    return rate;
}

void truth_tally_seed(struct truth_tally *t, double rate, unsigned votes)
{
    t->rate[t->count] = rate;
    t->votes[t->count++] = votes;
}

void truth_tally_add(struct truth_tally *t, long double base, money amount, int roundings)
{
    size_t best = t->count;
    if (base == 0)
        return; /* any rate explains it */
    /* one vote each: a tiny rate explains many a 0 too */
    for (size_t i = 0; i < t->count; i++)
        if (truth_explains(t->rate[i], base, amount, roundings) &&
            (best == t->count || t->votes[i] > t->votes[best]))
            best = i;
    if (best < t->count)
        t->votes[best]++;
    else if (t->count < TRUTH_RATES)
        truth_tally_seed(t, shortest(base, amount, roundings), 1);
}

double truth_tally_best(const struct truth_tally *t)
{
    size_t best = 0;
    for (size_t i = 1; i < t->count; i++)
        best = t->votes[i] > t->votes[best] ? i : best;
    return t->count > 0 ? t->rate[best] : 0;
}

double truth_tally_find(const struct truth_tally *t, long double base, money amount)
{
    double best = truth_tally_best(t);
    if (truth_explains(best, base, amount, 1))
        return best;
    for (size_t i = 0; i < t->count; i++)
        if (t->votes[i] > 1 && truth_explains(t->rate[i], base, amount, 1))
            return t->rate[i];
    return best;
}
