#include "trade/instrument.h"

#include "base/text.h"
#include "trade/money.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Prices as whole and numerator; the numerator's unit may be parted further (halves of 32nds). */
struct fraction {
    int32_t format;
    int denominator, digits; /* of the numerator */
    int parts, decimals;     /* of a unit */
};

static const struct fraction FRACTIONS[] = {
    {102, 2, 1, 1, 0},  {104, 4, 1, 1, 0},   {108, 8, 1, 1, 0},   {116, 16, 2, 1, 0},
    {132, 32, 2, 1, 0}, {134, 32, 2, 2, 1},  {136, 32, 2, 4, 2},  {140, 32, 2, 8, 3},
    {164, 64, 2, 1, 0}, {228, 128, 3, 1, 0}, {356, 256, 3, 1, 0},
};

static const int64_t POWERS[] = {1,      10,      100,      1000,      10000,
                                 100000, 1000000, 10000000, 100000000, 1000000000};

enum { DECIMALS_MAX = sizeof POWERS / sizeof POWERS[0] - 1 };

static bool is_known(double tick_or_value)
{
    return tick_or_value > 0 && price_is_set(tick_or_value);
}

/* The length of `symbol` without a month letter and a year of 1, 2 or 4 digits, or `length` where
 * there are none, or nothing before them. */
static size_t strip_month(const char *symbol, size_t length)
{
    size_t digits = 0;
    while (digits < length && strchr("0123456789", symbol[length - 1 - digits]))
        digits++;
    if (digits != 1 && digits != 2 && digits != 4)
        return length;
    if (length < digits + 2 || !strchr("FGHJKMNQUVXZ", symbol[length - 1 - digits]))
        return length;
    return length - digits - 1;
}

void instrument_root(const char *symbol, char *root, size_t size)
{
    /* "F.US.": a letter, and a country or exchange. "BRK.B" has no such prefix. */
    const char *start = symbol;
    if (symbol[0] != '\0' && symbol[1] == '.') {
        const char *dot = strchr(symbol + 2, '.');
        if (dot && dot[1] != '\0')
            start = dot + 1;
    }
    size_t length = strcspn(start, "_");
    if (length == 0)
        length = strlen(start);
    length = strip_month(start, length);
    if (size > 0)
        text_format(root, size, "%.*s", (int)(length < SYMBOL_SIZE ? length : SYMBOL_SIZE), start);
}

void instrument_init(struct instrument *i, const char *symbol)
{
    memset(i, 0, sizeof *i);
    text_copy(i->symbol, sizeof i->symbol, symbol);
    instrument_root(i->symbol, i->root, sizeof i->root);
    i->display_multiplier = 1;
    i->price_format = PRICE_FORMAT_UNSET;
}

double instrument_decimal(float wire)
{
    if (!isfinite(wire))
        return (double)wire;
    char text[32];
    double decimal = (double)wire;
    for (int digits = 1; digits <= FLT_DECIMAL_DIG; digits++) {
        text_format(text, sizeof text, "%.*g", digits, (double)wire);
        decimal = strtod(text, NULL);
        if ((float)decimal == wire)
            break;
    }
    return decimal;
}

double instrument_multiplier(float wire)
{
    return is_known((double)wire) ? instrument_decimal(wire) : 1;
}

double instrument_round(const struct instrument *i, double price)
{
    if (!is_known(i->tick) || !price_is_set(price))
        return price;
    /* Most ticks are 1/n; dividing by n gives the double nearest to the decimal, as a trader would
     * write it, where multiplying by a tick such as 0.1 adds that tick's own error. */
    double inverse = round(1 / i->tick);
    if (fabs(inverse * i->tick - 1) < 1e-6)
        return round(price * inverse) / inverse;
    return round(price / i->tick) * i->tick;
}

int64_t instrument_ticks(const struct instrument *i, double a, double b)
{
    if (!is_known(i->tick))
        return 0;
    double ticks = round((a - b) / i->tick);
    if (!(fabs(ticks) < 0x1p63))
        return isnan(ticks) ? 0 : ticks > 0 ? INT64_MAX : INT64_MIN;
    return (int64_t)ticks;
}

int64_t instrument_money(const struct instrument *i, double points, double quantity)
{
    return money_from_double(points * quantity * (is_known(i->point_value) ? i->point_value : 1));
}

static const struct fraction *find_fraction(int32_t format)
{
    for (size_t n = 0; n < sizeof FRACTIONS / sizeof FRACTIONS[0]; n++) {
        if (FRACTIONS[n].format == format)
            return &FRACTIONS[n];
    }
    return NULL;
}

/* The least number of decimals, `from` at least, that write `value` in full; `to` where none does.
 */
static int count_decimals(double value, int from, int to)
{
    while (from < to) {
        double scaled = value * (double)POWERS[from];
        /* A tick that came as a float is off by up to 6e-8 of itself. */
        if ((value == 0 || round(scaled) > 0) &&
            fabs(scaled - round(scaled)) < 1e-6 * fmax(1, scaled))
            break;
        from++;
    }
    return from;
}

static int choose_decimals(const struct instrument *i, double price)
{
    if (i->price_format >= 0 && i->price_format <= DECIMALS_MAX)
        return (int)i->price_format;
    return is_known(i->tick) ? count_decimals(i->tick, 0, DECIMALS_MAX)
                             : count_decimals(fabs(price), 2, 6);
}

/* `price` in units of 1/scale; false when that is more than an int64_t holds. */
static bool count_units(double price, int64_t scale, int64_t *units)
{
    double rounded = round(fabs(price) * (double)scale);
    if (!(rounded < 0x1p63))
        return false;
    *units = (int64_t)rounded;
    return true;
}

size_t instrument_format_price(const struct instrument *i, double price, char *target, size_t size)
{
    if (!price_is_set(price))
        return text_format(target, size, "-");

    const struct fraction *f = find_fraction(i->price_format);
    int decimals = f ? 0 : choose_decimals(i, price);
    int64_t scale = f ? (int64_t)f->denominator * f->parts : POWERS[decimals];
    int64_t units;
    if (!count_units(price, scale, &units))
        return text_format(target, size, "%.0f", price);

    const char *sign = price < 0 && units > 0 ? "-" : "";
    int64_t whole = units / scale, rest = units % scale;
    if (f && f->parts > 1) {
        return text_format(target, size, "%s%" PRId64 "'%0*" PRId64 ".%0*" PRId64, sign, whole,
                           f->digits, rest / f->parts, f->decimals,
                           rest % f->parts * POWERS[f->decimals] / f->parts);
    }
    if (f)
        return text_format(target, size, "%s%" PRId64 "'%0*" PRId64, sign, whole, f->digits, rest);
    if (decimals == 0)
        return text_format(target, size, "%s%" PRId64, sign, whole);
    return text_format(target, size, "%s%" PRId64 ".%0*" PRId64, sign, whole, decimals, rest);
}

/* Digits from `*text` on, at least one and at most `most`; moves `*text` behind them. */
static bool read_digits(const char **text, int most, int64_t *value, int *count)
{
    *value = 0;
    for (*count = 0; **text >= '0' && **text <= '9'; ++*text, ++*count) {
        if (*count == most)
            return false;
        *value = *value * 10 + (**text - '0');
    }
    return *count > 0;
}

/* What follows the mark: the numerator, and parts of it as decimals. */
static bool read_numerator(const struct fraction *f, const char *text, double *numerator)
{
    int64_t units, decimals = 0;
    int count, places = 0;
    if (!read_digits(&text, f->digits, &units, &count) || units >= f->denominator)
        return false;
    if (*text == '.' && f->parts > 1) {
        text++;
        if (!read_digits(&text, f->decimals, &decimals, &places))
            return false;
    }
    *numerator = (double)units + (double)decimals / (double)POWERS[places];
    return *text == '\0' && decimals * f->parts % POWERS[places] == 0;
}

bool instrument_parse_price(const struct instrument *i, const char *text, double *price)
{
    const struct fraction *f = find_fraction(i->price_format);
    bool below = text[0] == '-';
    const char *at = text + below;
    int64_t whole, decimals = 0;
    int count, places = 0;
    double numerator = 0;
    if (!read_digits(&at, 15, &whole, &count))
        return false;
    if (*at == '\'' || *at == '-') {
        if (f == NULL || !read_numerator(f, at + 1, &numerator))
            return false;
        *price = (double)whole + numerator / f->denominator;
    } else {
        if (*at == '.' && (at++, !read_digits(&at, DECIMALS_MAX, &decimals, &places)))
            return false;
        if (*at != '\0')
            return false;
        *price = strtod(text + below, NULL);
    }
    *price = below ? -*price : *price;
    return true;
}
