/* SIM, LIVE and DEBUG: islands that never mix (domain.md, "Modes and accounts"). */
#ifndef SORTIE_TRADE_MODE_H
#define SORTIE_TRADE_MODE_H

#include <stdbool.h>

enum mode { MODE_SIM, MODE_LIVE, MODE_DEBUG };

enum { ACCOUNT_SIZE = 32, SYMBOL_SIZE = 64, ORDER_ID_SIZE = 32, EXECUTION_ID_SIZE = 64 };

/* Starts with "sim" in any case: SIM; all digits: LIVE; anything else, empty too: DEBUG. */
enum mode mode_of_account(const char *account);
const char *mode_name(enum mode mode); /* "SIM", "LIVE", "DEBUG" */
/* Reads a name in any case; false when it is none of the three. */
bool mode_parse(const char *name, enum mode *mode);

/* What a position, a balance or a statistic belongs to. */
struct account_key {
    enum mode mode;
    char account[ACCOUNT_SIZE];
};

bool account_key_equal(const struct account_key *a, const struct account_key *b);

#endif
