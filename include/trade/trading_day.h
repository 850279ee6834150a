/* When a trading session begins: at 17:00 in Chicago (domain.md, "Market context"). */
#ifndef SORTIE_TRADE_TRADING_DAY_H
#define SORTIE_TRADE_TRADING_DAY_H

#include <stdint.h>

/* The latest start of a session at or before `now`; both in us UTC. */
int64_t trading_day_start(int64_t now);
/* The start of the session of that trading date, which is given as its midnight UTC in seconds:
 * 17:00 of the day before. us UTC. */
int64_t trading_day_start_of(uint32_t date);

#endif
