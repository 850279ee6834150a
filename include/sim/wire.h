/* The simulation's own structs as DTC messages. Prices become the server's own units here, and only
 * here. */
#ifndef SORTIE_SIM_WIRE_H
#define SORTIE_SIM_WIRE_H

#include "dtc/message.h"
#include "sim/exchange.h"
#include "sim/market.h"

/* Each fills in the whole message, RequestID 0 and no batch. Times are microseconds since 1970 UTC.
 */
void sim_wire_order(union dtc_message *m, struct sim_exchange *e, const struct sim_order *o,
                    int32_t reason, const struct sim_fill *fill, const char *text);
void sim_wire_fill(union dtc_message *m, const struct sim_fill *f);
void sim_wire_position(union dtc_message *m, const struct sim_ledger *l,
                       const struct sim_position *p);
/* The position as Sierra Chart's own simulation tells of it, if at all: with a quantity of 0. */
void sim_wire_stray_position(union dtc_message *m, const struct sim_position *p);
void sim_wire_balance(union dtc_message *m, const struct sim_ledger *l, int account, int64_t wall);
void sim_wire_definition(union dtc_message *m, const struct sim_product *p);
/* `last_trade`: when that was, 0 for none. */
void sim_wire_snapshot(union dtc_message *m, const struct sim_market *market, uint32_t symbol_id,
                       int64_t last_trade, int64_t wall);
void sim_wire_market(union dtc_message *m, const struct sim_market *market,
                     enum sim_market_kind kind, uint32_t symbol_id, int64_t wall);

#endif
