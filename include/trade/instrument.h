/* What a symbol's prices mean (domain.md, "Instruments"). Inside the domain all prices are as a
 * trader writes them; display_multiplier is applied once at the edge. */
#ifndef SORTIE_TRADE_INSTRUMENT_H
#define SORTIE_TRADE_INSTRUMENT_H

#include "trade/mode.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* An unset price; test with isnan() or price_is_set(). */
#define PRICE_UNSET ((double)NAN)

/* Formats of PriceDisplayFormat (../dtc enums): 0..9 decimals; 102..140 and 164, 228, 356
 * fractions. */
enum { PRICE_FORMAT_UNSET = -1 };

struct instrument {
    char symbol[SYMBOL_SIZE];
    char root[16];
    char description[64];
    char currency[8];
    double tick;               /* 0: not known yet */
    double point_value;        /* currency a point and contract; 0: not known, count in points */
    double commission;         /* currency a contract and side */
    double display_multiplier; /* wire price × this = price; 1 unless the server says else */
    int32_t price_format;
};

/* Finite, and below the wire's unset values FLT_MAX and DBL_MAX in size, so that products of a few
 * such numbers stay finite. Serves for quantities and volumes too. */
static inline bool price_is_set(double price)
{
    return fabs(price) < (double)FLT_MAX;
}

/* "MESZ25_FUT_CME", "F.US.MESZ25", "MESZ5" -> "MES": the exchange prefix and suffix go, then the
 * month letter and year digits; a symbol without such a tail is its own root. */
void instrument_root(const char *symbol, char *root, size_t size);

/* A new instrument of that symbol: root worked out, multiplier 1, all else unknown. */
void instrument_init(struct instrument *i, const char *symbol);

/* The shortest decimal that reads back as the same float: 0.1 for the wire's 0.1f, which as a
 * double is 0.100000001490. For float fields such as MinPriceIncrement, whose error would show in
 * money. */
double instrument_decimal(float wire);

/* The wire's DisplayPriceMultiplier: 0, below 0, unset and not finite give 1, floats such as
 * 0.009999999776 the decimal they stand for (0.01). */
double instrument_multiplier(float wire);

/* Rounds to the nearest tick when the tick is known; otherwise returns the price. */
double instrument_round(const struct instrument *i, double price);
/* (a - b) in ticks, rounded to a whole number; 0 while the tick is unknown. */
int64_t instrument_ticks(const struct instrument *i, double a, double b);

/* points × quantity × point value; with an unknown point value, points × quantity. */
int64_t instrument_money(const struct instrument *i, double points, double quantity);

/* In the instrument's own format, rounded to its finest step; the locale plays no part, thousands
 * are not grouped. Unset is "-". Returns the length.
 * - decimals: "5050.25";
 * - fractions: the numerator in as many digits as the greatest one has, "562'4" in 8ths, "112'08"
 * in 32nds, "112'016" in 128ths;
 * - halves, quarters, eighths of 32nds: with one, two, three decimals of a 32nd, "112'16.5",
 * "112'16.25", "112'16.125": the exchanges' own last digit (165, 162, 161) drops a part and reads
 * as three digits of 32nds;
 * - no format, or one not listed: as many decimals as the tick needs; the tick unknown too, 2 to 6
 * as the price needs. */
size_t instrument_format_price(const struct instrument *i, double price, char *target, size_t size);

/* Reads what instrument_format_price() writes, and plain decimals for every instrument; "-" may
 * stand for "'", and the parts of a 32nd may be left out where they are 0. False for anything else,
 * such as a fraction that the instrument does not have. */
bool instrument_parse_price(const struct instrument *i, const char *text, double *price);

#endif
