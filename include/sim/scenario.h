/* A script of what happens in the simulation, and when: one JSON object a line, as described in
 * sortie-sim(1). */
#ifndef SORTIE_SIM_SCENARIO_H
#define SORTIE_SIM_SCENARIO_H

#include "base/error.h"
#include "trade/mode.h"

#include <stddef.h>
#include <stdint.h>

enum sim_action {
    SIM_DO_PRICE,
    SIM_DO_TRADE,
    SIM_DO_FREEZE,
    SIM_DO_ORDER,
    SIM_DO_BRACKET,
    SIM_DO_CANCEL,
    SIM_DO_REPLACE,
    SIM_DO_FLATTEN,
    SIM_DO_DROP,
    SIM_DO_REFUSE,
    SIM_DO_STALL,
    SIM_DO_HALF_OPEN,
    SIM_DO_SILENT,
    SIM_DO_DELAY,
    SIM_DO_LOSE,
    SIM_DO_DUPLICATE,
    SIM_DO_REORDER,
    SIM_DO_SPLIT,
    SIM_DO_JOIN,
    SIM_DO_TRUNCATE,
    SIM_DO_GARBAGE,
    SIM_DO_WRONG_SIZE,
    SIM_DO_OVERSIZED,
    SIM_DO_WRONG_ENCODING,
    SIM_DO_LOGOFF,
    SIM_DO_SIERRA,
    SIM_DO_REFUSE_FILL_HISTORY,
    SIM_DO_REFUSE_PRICE_HISTORY,
    SIM_ACTIONS
};

/* What an action has no member for, and what is left out, is 0 or "", the prices of a replace NaN,
 * and a count 1. */
struct sim_scenario_entry {
    int64_t at; /* microseconds of simulated time */
    enum sim_action action;
    int product;
    char account[ACCOUNT_SIZE], symbol[SYMBOL_SIZE], id[ORDER_ID_SIZE];
    int32_t side, type; /* of an order: dtc/enums.h */
    double price, price2, quantity, volume;
    double stop, target;  /* points */
    int64_t duration, by; /* microseconds of simulated time */
    int count, bytes;
    int message_type; /* 0: any */
    char reason[96];
    bool is_final, is_on;
};

/* All 0: empty. */
struct sim_scenario {
    struct sim_scenario_entry *entries; /* by time; those of one time as they were added */
    size_t count, capacity;
};

void sim_scenario_free(struct sim_scenario *s);

/* Adds the entry of one line; a blank line and one that begins with # has none. False with a
 * sentence in `error` that names line `number` and the member that is wrong. */
bool sim_scenario_add(struct sim_scenario *s, const char *line, int number, struct error *error);

/* Adds all lines of the file. The sentence of an error names it too. */
bool sim_scenario_load(struct sim_scenario *s, const char *path, struct error *error);

#endif
