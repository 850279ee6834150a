#include "sim/terms.h"

#include "sim/product.h"
#include "trade/mode.h"

#include <string.h>

bool sim_terms_hides_position(const struct sim_terms *t, int account)
{
    return t->is_sierra && mode_of_account(sim_accounts[account].name) == MODE_SIM;
}

bool sim_terms_admits(const struct sim_terms *t, const char *name, const char *password)
{
    for (size_t i = 0; i < t->user_count; i++)
        if (strcmp(t->users[i].name, name) == 0 && strcmp(t->users[i].password, password) == 0)
            return true;
    return t->user_count == 0;
}
