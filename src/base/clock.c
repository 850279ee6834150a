#include "base/clock.h"

#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now = {0};
    clock_gettime(id, &now);
    return (int64_t)now.tv_sec * CLOCK_SECOND + now.tv_nsec / 1000;
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

int64_t clock_steady_us(void)
{
#ifdef CLOCK_BOOTTIME
    return read_us(CLOCK_BOOTTIME);
#else
    return read_us(CLOCK_MONOTONIC);
#endif
}

int64_t clock_monotonic_us(void)
{
    return read_us(CLOCK_MONOTONIC);
}

int64_t clock_local_month(int64_t us)
{
    time_t seconds = (time_t)(us / CLOCK_SECOND - (us % CLOCK_SECOND < 0));
    struct tm local = {0};
    tzset(); /* localtime_r need not read TZ by itself */
    localtime_r(&seconds, &local);
    return (local.tm_year + INT64_C(1900)) * 12 + local.tm_mon;
}
