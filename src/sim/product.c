#include "sim/product.h"

#include "dtc/enums.h"

#include <math.h>
#include <string.h>

/* Last trading days: seconds since 1970 UTC, at 00:00. */
enum {
    DEC_14 = 1797206400, /* 2026 */
    DEC_18 = 1797552000,
    DEC_21 = 1797811200,
    FEB_24 = 1803427200, /* 2027 */
    MAR_22 = 1805673600
};

/* Symbol, root and description of a contract whose symbol is ROOT, month and year. */
#define CONTRACT(root_name, month, title)                                                          \
    .symbol = root_name month "_FUT_CME", .exchange_symbol = root_name month, .root = root_name,   \
    .description = title
/* Prices on the wire as shown, or 100 times that. */
#define AS_SHOWN .wire_scale = 1, .display_multiplier = 1
#define TIMES_100 .wire_scale = 100, .display_multiplier = 0.01F
#define DECIMALS(n) .display_format = DTC_PRICE_DISPLAY_FORMAT_DECIMAL_##n
#define MARGINS(initial, maintenance)                                                              \
    .initial_margin = (initial), .maintenance_margin = (maintenance)

/* clang-format off */
const struct sim_product sim_products[SIM_PRODUCTS] = {
    [SIM_MES] = {CONTRACT("MES", "Z26", "MICRO E-MINI S&P 500 FUTURES MES Dec 2026"),
                 .tick = 0.25, .tick_value = 1.25, DECIMALS(2), AS_SHOWN, MARGINS(275, 250),
                 .start = 5050, .stride = 2, .reach = 1, .expiration = DEC_18},
    [SIM_MNQ] = {CONTRACT("MNQ", "Z26", "MICRO E-MINI NASDAQ-100 FUTURES MNQ Dec 2026"),
                 .tick = 0.25, .tick_value = 0.50, DECIMALS(2), TIMES_100, MARGINS(385, 350),
                 .start = 21000, .stride = 8, .reach = 3, .expiration = DEC_18},
    [SIM_ES] = {CONTRACT("ES", "Z26", "E-MINI S&P 500 FUTURES ES Dec 2026"),
                .tick = 0.25, .tick_value = 12.50, DECIMALS(2), AS_SHOWN, MARGINS(2750, 2500),
                .start = 5050, .stride = 2, .expiration = DEC_18},
    [SIM_NQ] = {CONTRACT("NQ", "Z26", "E-MINI NASDAQ-100 FUTURES NQ Dec 2026"),
                .tick = 0.25, .tick_value = 5, DECIMALS(2), TIMES_100, MARGINS(3850, 3500),
                .start = 21000, .stride = 8, .expiration = DEC_18},
    [SIM_MYM] = {CONTRACT("MYM", "Z26", "MICRO E-MINI DOW FUTURES MYM Dec 2026"),
                 .tick = 1, .tick_value = 0.50, DECIMALS(0), AS_SHOWN, MARGINS(220, 200),
                 .start = 42000, .stride = 5, .expiration = DEC_18},
    [SIM_M2K] = {CONTRACT("M2K", "Z26", "MICRO E-MINI RUSSELL 2000 FUTURES M2K Dec 2026"),
                 .tick = 0.1, .tick_value = 0.50, DECIMALS(1), AS_SHOWN, MARGINS(165, 150),
                 .start = 2200, .stride = 3, .expiration = DEC_18},
    [SIM_RTY] = {CONTRACT("RTY", "Z26", "E-MINI RUSSELL 2000 FUTURES RTY Dec 2026"),
                 .tick = 0.1, .tick_value = 5, DECIMALS(1), AS_SHOWN, MARGINS(1650, 1500),
                 .start = 2200, .stride = 3, .expiration = DEC_18},
    [SIM_MCL] = {CONTRACT("MCL", "F27", "MICRO WTI CRUDE OIL FUTURES MCL Jan 2027"),
                 .tick = 0.01, .tick_value = 1, DECIMALS(2), AS_SHOWN, MARGINS(275, 250),
                 .start = 72, .stride = 2, .expiration = DEC_18},
    [SIM_CL] = {CONTRACT("CL", "F27", "WTI CRUDE OIL FUTURES CL Jan 2027"),
                .tick = 0.01, .tick_value = 10, DECIMALS(2), AS_SHOWN, MARGINS(2750, 2500),
                .start = 72, .stride = 2, .expiration = DEC_21},
    [SIM_MGC] = {CONTRACT("MGC", "G27", "MICRO GOLD FUTURES MGC Feb 2027"),
                 .tick = 0.1, .tick_value = 1, DECIMALS(1), AS_SHOWN, MARGINS(330, 300),
                 .start = 2650, .stride = 3, .expiration = FEB_24},
    [SIM_GC] = {CONTRACT("GC", "G27", "GOLD FUTURES GC Feb 2027"),
                .tick = 0.1, .tick_value = 10, DECIMALS(1), AS_SHOWN, MARGINS(3300, 3000),
                .start = 2650, .stride = 3, .expiration = FEB_24},
    [SIM_ZN] = {CONTRACT("ZN", "H27", "10-YEAR U.S. TREASURY NOTE FUTURES ZN Mar 2027"),
                .tick = 0.015625, .tick_value = 15.625,
                .display_format = DTC_PRICE_DISPLAY_FORMAT_DENOMINATOR_32_HALVES, AS_SHOWN,
                MARGINS(1100, 1000), .start = 110, .stride = 1, .expiration = MAR_22},
    [SIM_6E] = {CONTRACT("6E", "Z26", "EURO FX FUTURES 6E Dec 2026"),
                .tick = 0.00005, .tick_value = 6.25, DECIMALS(5), AS_SHOWN, MARGINS(1320, 1200),
                .start = 1.08, .stride = 2, .expiration = DEC_14},
};
/* clang-format on */

const struct sim_account_terms sim_accounts[SIM_ACCOUNTS] = {
    [SIM_ACCOUNT_SIM1] = {"Sim1", 10000},
    [SIM_ACCOUNT_120005] = {"120005", 25000},
};

/* Dividing by the ticks in a point gives the double nearest to the decimal; multiplying by a tick
 * of 0.1 would not. */
double sim_product_price(const struct sim_product *p, int64_t ticks)
{
    return (double)ticks / round(1 / p->tick);
}

int64_t sim_product_ticks(const struct sim_product *p, double price)
{
    return llround(fmin(fmax(price / p->tick, -1e15), 1e15));
}

int sim_product_find(const char *symbol)
{
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (strcmp(sim_products[i].symbol, symbol) == 0)
            return i;
    return -1;
}

int sim_account_find(const char *name)
{
    for (int i = 0; i < SIM_ACCOUNTS; i++)
        if (strcmp(sim_accounts[i].name, name) == 0)
            return i;
    return -1;
}
