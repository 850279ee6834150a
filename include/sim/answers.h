/* The answers of the simulated server to single types of messages, for the table in requests.c
 * alone. */
#ifndef SORTIE_SIM_ANSWERS_H
#define SORTIE_SIM_ANSWERS_H

#include "sim/requests.h"

/* Symbols, market data, historical prices. */
void sim_answer_exchanges(const struct sim_request *r);
void sim_answer_definition(const struct sim_request *r);
void sim_answer_market_data(const struct sim_request *r);
void sim_answer_market_depth(const struct sim_request *r);
void sim_answer_price_history(const struct sim_request *r);

/* Orders. What becomes of them is told to all clients by the world's listener. */
void sim_answer_single_order(const struct sim_request *r);
void sim_answer_oco_order(const struct sim_request *r);
void sim_answer_cancel(const struct sim_request *r);
void sim_answer_replace(const struct sim_request *r);
void sim_answer_flatten(const struct sim_request *r);

#endif
