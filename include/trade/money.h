/* Amounts of an account's currency in millionths: sums are exact, in any order. */
#ifndef SORTIE_TRADE_MONEY_H
#define SORTIE_TRADE_MONEY_H

#include <stddef.h>
#include <stdint.h>

typedef int64_t money;

#define MONEY_ONE INT64_C(1000000)
#define MONEY_UNSET INT64_MIN

/* Rounds half away from zero; saturates; NaN and DBL_MAX (the wire's "unset") give MONEY_UNSET. */
money money_from_double(double amount);
double money_to_double(money m);        /* NAN for MONEY_UNSET */
money money_add(money a, money b);      /* saturating; unset when either is, and never otherwise */
money money_subtract(money a, money b); /* likewise */

/* "1,234.50", rounded to cents; `plus` writes "+" before gains too; unset is "-". Returns length.
 */
size_t money_format(char *target, size_t size, money m, int plus);

#endif
