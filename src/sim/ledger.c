#include "sim/ledger.h"

#include <math.h>

static money profit(int product, double points, double quantity)
{
    const struct sim_product *p = &sim_products[product];
    return money_from_double(points / p->tick * p->tick_value * quantity);
}

void sim_ledger_init(struct sim_ledger *l)
{
    *l = (struct sim_ledger){0};
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        l->cash[a] = money_from_double(sim_accounts[a].start_balance);
        for (int p = 0; p < SIM_PRODUCTS; p++)
            l->positions[a][p] = (struct sim_position){.account = a, .product = p};
    }
    for (int p = 0; p < SIM_PRODUCTS; p++)
        l->mark[p] = sim_products[p].start;
}

void sim_ledger_fill(struct sim_ledger *l, int account, int product, double quantity, double price,
                     int64_t now)
{
    struct sim_position *p = &l->positions[account][product];
    double before = p->quantity, after = before + quantity;
    if (before != 0 && before * quantity < 0) {
        double closed = fmin(fabs(before), fabs(quantity));
        money realized = profit(product, price - p->average, copysign(closed, before));
        l->cash[account] += realized;
        l->realized_today[account] += realized;
    } else if (before != 0) {
        p->average = (p->average * before + price * quantity) / after;
    }
    p->high = fmax(p->high, price);
    p->low = fmin(p->low, price);
    p->quantity = after;
    if (before == 0 || before * after < 0) {
        p->average = p->high = p->low = price;
        p->entry_time = now;
    }
}

void sim_ledger_mark(struct sim_ledger *l, int product, double price)
{
    l->mark[product] = price;
    for (int a = 0; a < SIM_ACCOUNTS; a++) {
        struct sim_position *p = &l->positions[a][product];
        if (p->quantity == 0)
            continue;
        p->high = fmax(p->high, price);
        p->low = fmin(p->low, price);
    }
}

void sim_ledger_open_session(struct sim_ledger *l)
{
    for (int a = 0; a < SIM_ACCOUNTS; a++)
        l->realized_today[a] = 0;
}

money sim_position_open_profit(const struct sim_position *p, double mark)
{
    return p->quantity == 0 ? 0 : profit(p->product, mark - p->average, p->quantity);
}

struct sim_balance sim_ledger_balance(const struct sim_ledger *l, int account)
{
    struct sim_balance b = {.cash = l->cash[account]};
    for (int i = 0; i < SIM_PRODUCTS; i++) {
        const struct sim_position *p = &l->positions[account][i];
        b.open += sim_position_open_profit(p, l->mark[i]);
        b.margin += money_from_double(fabs(p->quantity) * sim_products[i].initial_margin);
    }
    b.available = b.cash + b.open - b.margin;
    b.today = l->realized_today[account] + b.open;
    return b;
}
