#include "ui/format.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <string.h>
#include <time.h>

char *format_duration(char *target, size_t size, int64_t us)
{
    int64_t seconds = us > 0 ? us / CLOCK_SECOND : 0;
    int second = (int)(seconds % 60), minute = (int)(seconds / 60 % 60);
    int hour = (int)(seconds / 3600 % 24);
    long long day = (long long)(seconds / 86400);
    if (day > 0)
        text_format(target, size, "%lldd %02d:%02d", day, hour, minute);
    else if (hour > 0)
        text_format(target, size, "%d:%02d:%02d", hour, minute, second);
    else
        text_format(target, size, "%d:%02d", minute, second);
    return target;
}

char *format_age(char *target, size_t size, int64_t us)
{
    long long seconds = us > 0 ? us / CLOCK_SECOND : 0;
    if (seconds < 60)
        text_format(target, size, "%llds", seconds);
    else if (seconds < 3600)
        text_format(target, size, "%lldm", seconds / 60);
    else if (seconds < 86400)
        text_format(target, size, "%lldh %lldm", seconds / 3600, seconds / 60 % 60);
    else
        text_format(target, size, "%lldd %lldh", seconds / 86400, seconds / 3600 % 24);
    return target;
}

static char *format_local(char *target, size_t size, int64_t us, const char *format)
{
    time_t seconds = (time_t)(us / CLOCK_SECOND);
    struct tm local;
    if (us <= 0 || localtime_r(&seconds, &local) == NULL ||
        strftime(target, size, format, &local) == 0)
        text_copy(target, size, "-");
    return target;
}

char *format_clock(char *target, size_t size, int64_t us)
{
    return format_local(target, size, us, "%H:%M:%S");
}

char *format_minute(char *target, size_t size, int64_t us)
{
    return format_local(target, size, us, "%H:%M");
}

char *format_moment(char *target, size_t size, int64_t us, int64_t now)
{
    char day[16], today[16];
    format_local(day, sizeof day, us, "%Y-%m-%d");
    format_local(today, sizeof today, now, "%Y-%m-%d");
    return format_local(target, size, us, strcmp(day, today) == 0 ? "%H:%M" : "%m-%d %H:%M");
}

char *format_money(char *target, size_t size, money m)
{
    money_format(target, size, m, 0);
    return target;
}

char *format_gain(char *target, size_t size, money m)
{
    money_format(target, size, m, 1);
    return target;
}

char *format_quantity(char *target, size_t size, double quantity, bool plus)
{
    if (!isfinite(quantity)) {
        text_copy(target, size, "-");
        return target;
    }
    const char *sign = quantity < 0 ? "-" : plus && quantity > 0 ? "+" : "";
    double amount = fabs(quantity);
    if (amount >= 1e12 || amount != floor(amount)) {
        text_format(target, size, "%s%.8g", sign, amount);
        return target;
    }
    char digits[32];
    size_t length = text_format(digits, sizeof digits, "%.0f", amount);
    char grouped[48];
    size_t used = 0;
    for (size_t i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0)
            grouped[used++] = ',';
        grouped[used++] = digits[i];
    }
    grouped[used] = '\0';
    text_format(target, size, "%s%s", sign, grouped);
    return target;
}

char *format_number(char *target, size_t size, double number, int decimals, bool plus,
                    const char *unit)
{
    if (!isfinite(number))
        text_copy(target, size, "-");
    else if (plus && number != 0)
        text_format(target, size, "%+.*f%s", decimals, number, unit);
    else
        text_format(target, size, "%.*f%s", decimals, number, unit);
    return target;
}

char *format_price(char *target, size_t size, const struct instrument *i, double price)
{
    instrument_format_price(i, price, target, size);
    return target;
}

char *format_short_symbol(char *target, size_t size, const char *symbol)
{
    size_t length = strcspn(symbol, "_");
    text_format(target, size, "%.*s", length > 0 ? (int)length : SYMBOL_SIZE, symbol);
    return target;
}

char *format_points(char *target, size_t size, const struct instrument *i, double points)
{
    char amount[32];
    instrument_format_price(i, fabs(points), amount, sizeof amount);
    text_format(target, size, "%s%s", points < 0 ? "-" : points > 0 ? "+" : "", amount);
    return target;
}
