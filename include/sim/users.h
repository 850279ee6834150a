/* Who may log on to the simulated server. */
#ifndef SORTIE_SIM_USERS_H
#define SORTIE_SIM_USERS_H

#include "base/error.h"
#include "sim/terms.h"

/* Adds the users of a file with a name:password on each line; blank lines and those that begin with
 * # are passed over. Refused unless it is a file of ours that nobody else can read. */
bool sim_users_load(struct sim_terms *t, const char *path, struct error *error);

#endif
