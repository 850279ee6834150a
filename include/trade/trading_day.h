/* When a trading session begins (domain.md, "Market context"). `minute` is the minute of Chicago's
 * day, 0 to 1439, at which an instrument's sessions begin. */
#ifndef SORTIE_TRADE_TRADING_DAY_H
#define SORTIE_TRADE_TRADING_DAY_H

#include <stdint.h>

/* The latest start of a session at or before `now`, and the next one after it; all in us UTC. */
int64_t trading_day_start(int64_t now, int minute);
int64_t trading_day_end(int64_t now, int minute);
/* The start of the session of that trading date, which is given as its midnight UTC in seconds: a
 * session that begins at noon or later belongs to the day after. us UTC. */
int64_t trading_day_start_of(uint32_t date, int minute);

#endif
