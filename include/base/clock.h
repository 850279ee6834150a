/* The clocks. */
#ifndef SORTIE_BASE_CLOCK_H
#define SORTIE_BASE_CLOCK_H

#include <stdint.h>

#define CLOCK_MS INT64_C(1000)
#define CLOCK_SECOND INT64_C(1000000)
#define CLOCK_MINUTE (60 * CLOCK_SECOND)
#define CLOCK_HOUR (60 * CLOCK_MINUTE)
#define CLOCK_DAY (24 * CLOCK_HOUR)

int64_t clock_wall_us(void);      /* microseconds since 1970 UTC; may jump */
int64_t clock_monotonic_us(void); /* for intervals; never goes back */
int64_t clock_steady_us(void);    /* likewise, and goes on while the machine sleeps, if it can */

/* The month of a time (us UTC) in the zone of TZ, counted from January of the year 0 on. */
int64_t clock_local_month(int64_t us);

#endif
