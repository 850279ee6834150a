#include "trade/money.h"

#include "base/text.h"

#include <float.h>
#include <math.h>

/* INT64_MIN means unset, so no amount may become it. */
static const money MONEY_LEAST = INT64_MIN + 1;

money money_from_double(double amount)
{
    if (isnan(amount) || amount == DBL_MAX)
        return MONEY_UNSET;
    double millionths = round(amount * (double)MONEY_ONE);
    if (millionths >= 0x1p63)
        return INT64_MAX;
    if (millionths <= -0x1p63)
        return MONEY_LEAST;
    return (money)millionths;
}

double money_to_double(money m)
{
    return m == MONEY_UNSET ? (double)NAN : (double)m / (double)MONEY_ONE;
}

money money_add(money a, money b)
{
    money sum;
    if (a == MONEY_UNSET || b == MONEY_UNSET)
        return MONEY_UNSET;
    if (__builtin_add_overflow(a, b, &sum))
        return a > 0 ? INT64_MAX : MONEY_LEAST;
    return sum == MONEY_UNSET ? MONEY_LEAST : sum;
}

money money_subtract(money a, money b)
{
    return money_add(a, b == MONEY_UNSET ? b : -b);
}

size_t money_format(char *target, size_t size, money m, int plus)
{
    if (m == MONEY_UNSET)
        return text_format(target, size, "-");

    uint64_t magnitude = m < 0 ? -(uint64_t)m : (uint64_t)m;
    uint64_t cents = (magnitude + 5000) / 10000;
    const char *sign = cents == 0 ? "" : m < 0 ? "-" : plus ? "+" : "";

    char units[32]; /* 19 digits and 6 commas at most, written from the end */
    char *p = units + sizeof units;
    *--p = '\0';
    uint64_t rest = cents / 100;
    for (int digits = 0; digits == 0 || rest > 0; digits++, rest /= 10) {
        if (digits > 0 && digits % 3 == 0)
            *--p = ',';
        *--p = (char)('0' + rest % 10);
    }
    return text_format(target, size, "%s%s.%02u", sign, p, (unsigned)(cents % 100));
}
