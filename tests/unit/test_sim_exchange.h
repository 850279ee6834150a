/* An exchange of its own for each test. What it tells is written into `told`: "a/2" is an update of
 * order a with reason 2, followed for a fill by quantity@price; P a position and its average, B the
 * cash. */
#ifndef SORTIE_TESTS_UNIT_TEST_SIM_EXCHANGE_H
#define SORTIE_TESTS_UNIT_TEST_SIM_EXCHANGE_H

#include "base/text.h"
#include "dtc/enums.h"
#include "sim/exchange.h"
#include "support/test.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct sim_exchange *exchange;
static char told[4096];
static struct sim_order last; /* as the latest update had it */
static char last_text[128];

__attribute__((format(printf, 1, 2))) static inline void tell(const char *format, ...)
{
    size_t length = strlen(told);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(told + length, sizeof told - length, format, arguments);
    va_end(arguments);
}

static inline void on_order(void *context, const struct sim_order *o, int32_t reason,
                            const struct sim_fill *fill, const char *text)
{
    (void)context;
    last = *o;
    text_copy(last_text, sizeof last_text, text ? text : "");
    tell(" %s/%d", o->request.client_id, reason);
    if (fill)
        tell(" %g@%.2f", fill->quantity, fill->price);
}

static inline void on_position(void *context, const struct sim_position *p)
{
    (void)context;
    tell(" P%g@%.2f", p->quantity, p->average);
}

static inline void on_balance(void *context, int account)
{
    (void)context;
    tell(" B%.2f", money_to_double(sim_exchange_ledger(exchange)->cash[account]));
}

static inline void quote(double bid, double ask)
{
    sim_exchange_quote(exchange, SIM_MES, bid, 10, ask, 10, 1);
}

static inline void trade(double price, double volume)
{
    sim_exchange_trade(exchange, SIM_MES, price, volume, 1);
}

static inline void setup(void)
{
    struct sim_exchange_listener listener = {NULL, on_order, on_position, on_balance};
    exchange = sim_exchange_new(0xabc, &listener);
    quote(5050, 5050.25);
    trade(5050, 1);
}

static inline void teardown(void)
{
    sim_exchange_free(exchange);
}

static inline struct sim_order_request order(const char *id, int32_t type, int32_t side,
                                             double quantity, double price)
{
    struct sim_order_request r = {.type = type, .side = side, .quantity = quantity, .price = price};
    text_copy(r.account, sizeof r.account, "Sim1");
    text_copy(r.symbol, sizeof r.symbol, "MESZ26_FUT_CME");
    text_copy(r.client_id, sizeof r.client_id, id);
    return r;
}

static inline bool submit(const char *id, int32_t type, int32_t side, double quantity, double price)
{
    struct sim_order_request r = order(id, type, side, quantity, price);
    return sim_exchange_submit(exchange, &r, 1);
}

/* Target "t" and stop "s" that close a long. */
static inline bool submit_exit(const char *parent, double quantity, double target, double stop)
{
    struct sim_order_request pair[2] = {
        order("t", DTC_ORDER_TYPE_LIMIT, DTC_SELL, quantity, target),
        order("s", DTC_ORDER_TYPE_STOP, DTC_SELL, quantity, stop),
    };
    return sim_exchange_submit_oco(exchange, pair, parent, 1);
}

static inline const char *server_id(const char *client_id)
{
    const struct sim_order *o = sim_exchange_find(exchange, "", client_id);
    return o ? o->server_id : "";
}

static inline double position(void)
{
    return sim_exchange_ledger(exchange)->positions[SIM_ACCOUNT_SIM1][SIM_MES].quantity;
}

static inline void check_told(const char *expected)
{
    ck_assert_str_eq(told, expected);
    told[0] = '\0';
}

static inline void check_rejected(const char *id, const char *text)
{
    char expected[64];
    snprintf(expected, sizeof expected, " %s/8", id);
    check_told(expected);
    ck_assert_str_eq(last_text, text);
    ck_assert_int_eq(last.status, DTC_ORDER_STATUS_REJECTED);
    ck_assert_uint_eq(sim_exchange_order_count(exchange), 0);
}

#endif
