#include "trade/mode.h"

#include "base/text.h"

#include <string.h>

static const char *const NAMES[] = {
    [MODE_SIM] = "SIM",
    [MODE_LIVE] = "LIVE",
    [MODE_DEBUG] = "DEBUG",
};

enum { MODE_COUNT = sizeof NAMES / sizeof NAMES[0] };

enum mode mode_of_account(const char *account)
{
    char start[4];
    text_copy(start, sizeof start, account);
    if (text_equal_nocase(start, "sim"))
        return MODE_SIM;
    size_t digits = strspn(account, "0123456789");
    return digits > 0 && account[digits] == '\0' ? MODE_LIVE : MODE_DEBUG;
}

const char *mode_name(enum mode mode)
{
    return (unsigned)mode < MODE_COUNT ? NAMES[mode] : "?";
}

bool mode_parse(const char *name, enum mode *mode)
{
    for (int m = 0; m < MODE_COUNT; m++) {
        if (text_equal_nocase(name, NAMES[m])) {
            *mode = (enum mode)m;
            return true;
        }
    }
    return false;
}

bool account_key_equal(const struct account_key *a, const struct account_key *b)
{
    return a->mode == b->mode && strcmp(a->account, b->account) == 0;
}
