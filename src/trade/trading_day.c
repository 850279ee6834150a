#include "trade/trading_day.h"

static const int64_t SECOND = 1000000, MINUTE = 60, HOUR = 3600, DAY = 86400;

static int64_t floor_of(int64_t value, int64_t unit)
{
    int64_t rest = value % unit;
    return value - rest - (rest < 0 ? unit : 0);
}

/* Days since 1970 of the first of a month, 1 to 12 (Gregorian). */
static int64_t first_of(int64_t year, int64_t month)
{
    int64_t y = month <= 2 ? year - 1 : year, m = month <= 2 ? month + 9 : month - 3;
    int64_t era = floor_of(y, 400) / 400, of_era = y - era * 400;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + (153 * m + 2) / 5 - 719468;
}

/* Days since 1970 of the n-th Sunday of a month. 1970-01-01 was a Thursday. */
static int64_t sunday_of(int64_t year, int64_t month, int64_t n)
{
    int64_t first = first_of(year, month);
    int64_t weekday = first + 4 - floor_of(first + 4, 7); /* 0 Sunday */
    return first + (7 - weekday) % 7 + 7 * (n - 1);
}

/* Chicago's distance from UTC: from the second Sunday of March to the first of November, at 2:00,
 * its clocks are an hour ahead. Seconds. */
static int64_t offset_at(int64_t seconds)
{
    int64_t year = 1970 + floor_of(seconds, DAY) / DAY * 400 / 146097;
    if (floor_of(seconds, DAY) / DAY < first_of(year, 1))
        year--;
    int64_t summer = sunday_of(year, 3, 2) * DAY + 8 * HOUR;
    int64_t winter = sunday_of(year, 11, 1) * DAY + 7 * HOUR;
    return seconds >= summer && seconds < winter ? -5 * HOUR : -6 * HOUR;
}

/* That minute in Chicago of a day given by its number since 1970. Seconds UTC. */
static int64_t start_on(int64_t day, int minute)
{
    int64_t local = day * DAY + minute * MINUTE;
    return local - offset_at(local + 6 * HOUR);
}

int64_t trading_day_start(int64_t now, int minute)
{
    int64_t seconds = floor_of(now, SECOND) / SECOND;
    int64_t day = floor_of(seconds + offset_at(seconds), DAY) / DAY;
    int64_t start = start_on(day, minute);
    return (start <= seconds ? start : start_on(day - 1, minute)) * SECOND;
}

int64_t trading_day_end(int64_t now, int minute)
{
    /* a session is 23 to 25 hours long */
    return trading_day_start(trading_day_start(now, minute) + 26 * HOUR * SECOND, minute);
}

int64_t trading_day_start_of(uint32_t date, int minute)
{
    int64_t day = (int64_t)date / DAY;
    return start_on(minute * MINUTE < DAY / 2 ? day : day - 1, minute) * SECOND;
}
