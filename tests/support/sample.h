/* A hand-made snapshot as a trading day leaves it, for tests of the screen. */
#ifndef SORTIE_TESTS_SUPPORT_SAMPLE_H
#define SORTIE_TESTS_SUPPORT_SAMPLE_H

#include "state/snapshot.h"

/* Online, account Sim1 on view, MESZ5 known at 5051.25; flat, nothing in the tables. */
void sample_start(struct snapshot *s, int64_t now);
/* A LONG of 2 MESZ5 at 5049.50 with stop and target, its two orders, statistics, a curve, messages.
 */
void sample_trading(struct snapshot *s, int64_t now);
/* Opens one more position in `account`; returns its index. */
int sample_add_position(struct snapshot *s, const char *account, const char *symbol,
                        double quantity, double entry, int64_t now);
void sample_add_account(struct snapshot *s, const char *name, double cash, int64_t now);
void sample_add_message(struct snapshot *s, enum message_level level, int64_t now,
                        const char *text);
/* Two recovered positions, the second of them stale; opens the window. */
void sample_recovery(struct snapshot *s, int64_t now);

#endif
