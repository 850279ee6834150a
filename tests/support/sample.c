#include "support/sample.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <string.h>

static struct account_key key_of(const char *account)
{
    struct account_key key = {.mode = mode_of_account(account)};
    text_copy(key.account, sizeof key.account, account);
    return key;
}

static int add_symbol(struct snapshot *s, const char *symbol)
{
    int known = snapshot_find_symbol(s, symbol);
    if (known >= 0)
        return known;
    uint32_t n = s->symbol_count++;
    instrument_init(&s->instruments[n], symbol);
    s->instruments[n].tick = 0.25;
    s->instruments[n].point_value = 5;
    s->instruments[n].price_format = 2;
    text_copy(s->instruments[n].currency, sizeof s->instruments[n].currency, "USD");
    market_init(&s->markets[n], symbol);
    return (int)n;
}

void sample_add_account(struct snapshot *s, const char *name, double cash, int64_t now)
{
    struct account_key key = key_of(name);
    struct account *a = &s->accounts[s->account_count++];
    account_init(a, &key);
    a->listed = true;
    a->reported.key = key;
    a->reported.time = now - CLOCK_HOUR;
    a->reported.cash = money_from_double(cash);
    a->reported.available = money_from_double(cash - 520);
    a->reported.margin = money_from_double(520);
    a->reported.open_pnl = a->reported.daily_pnl = MONEY_UNSET;
    text_copy(a->reported.currency, sizeof a->reported.currency, "USD");
    if (key.mode == MODE_SIM) {
        account_begin_ledger(a, money_from_double(cash), "start", now - 800 * CLOCK_DAY);
        text_copy(a->ledger.currency, sizeof a->ledger.currency, "USD");
    }
}

int sample_add_position(struct snapshot *s, const char *account, const char *symbol,
                        double quantity, double entry, int64_t now)
{
    struct account_key key = key_of(account);
    uint32_t n = s->position_count++;
    struct position *p = &s->positions[n];
    position_init(p, &key, symbol);
    p->quantity = quantity;
    p->entry_price = p->price = p->min_price = p->max_price = entry;
    p->entry_time = p->created_at = p->updated_at = now - 252 * CLOCK_SECOND;
    p->max_quantity = p->entered_quantity = fabs(quantity);
    p->entered_sum = p->entered_quantity * entry;
    p->unchanged = true;
    s->position_symbol[n] = (uint32_t)add_symbol(s, symbol);
    s->position_change[n] = s->changes_durable;
    s->position_confirmed[n] = true;
    return (int)n;
}

void sample_add_message(struct snapshot *s, enum message_level level, int64_t now, const char *text)
{
    struct message *m = &s->messages[s->message_total++ % SNAPSHOT_MESSAGES];
    m->time = now;
    m->level = level;
    text_copy(m->text, sizeof m->text, text);
}

static void add_order(struct snapshot *s, const char *id, enum order_type type, enum side side,
                      enum order_status status, double price, int64_t time)
{
    struct order *o = &s->orders[s->order_count++];
    *o = (struct order){.key = key_of("Sim1"),
                        .type = type,
                        .status = status,
                        .side = side,
                        .price1 = price,
                        .price2 = PRICE_UNSET,
                        .quantity = 2,
                        .filled = status == STATUS_FILLED ? 2 : 0,
                        .average_price = status == STATUS_FILLED ? price : PRICE_UNSET,
                        .received_at = time,
                        .updated_at = time};
    text_copy(o->symbol, sizeof o->symbol, "MESZ5");
    text_copy(o->server_id, sizeof o->server_id, id);
}

void sample_start(struct snapshot *s, int64_t now)
{
    memset(s, 0, sizeof *s);
    s->version = SNAPSHOT_VERSION;
    s->size = sizeof *s;
    s->started_at = now - CLOCK_HOUR;
    s->connection.phase = LINK_ONLINE;
    s->connection.round_trip = 2000;
    text_copy(s->connection.server, sizeof s->connection.server, "127.0.0.1:11099");
    text_copy(s->connection.encoding, sizeof s->connection.encoding, "json");
    s->changes_issued = s->changes_durable = 41;
    s->view = key_of("Sim1");
    sample_add_account(s, "Sim1", 10115, now);
    int symbol = add_symbol(s, "MESZ5");
    struct market *m = &s->markets[symbol];
    m->last = 5051.25;
    m->bid = 5051.25;
    m->ask = 5051.50;
    m->last_time = now;
    m->direction = 1;
    m->context = (struct market_context){5048.75, 1204, 5049, false};
    s->statistics_ready = true;
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        statistics_compute(NULL, 0, &s->statistics[t]);
        s->equity[t].base = money_from_double(10000);
    }
}

/* Nine trades that sum to 115.00. */
static void add_history(struct snapshot *s, int64_t now)
{
    static const double results[] = {35, -20, 42.5, -15, 27.5, 55, -32.5, 40, -17.5};
    enum { COUNT = sizeof results / sizeof results[0] };
    struct trade_result trades[COUNT];
    money balance = money_from_double(10000);
    struct results *past = results_new();
    for (int i = 0; i < COUNT; i++) {
        money pnl = money_from_double(results[i]);
        trades[i] = (struct trade_result){.entry_time = now - (COUNT - i) * 20 * CLOCK_MINUTE,
                                          .exit_time = now - (COUNT - i) * 20 * CLOCK_MINUTE +
                                                       (240 + 31 * i) * CLOCK_SECOND,
                                          .pnl = pnl,
                                          .mae = money_from_double(-15),
                                          .mfe = money_from_double(40),
                                          .efficiency = 0.6,
                                          .r_multiple = results[i] / 35,
                                          .tick_value = money_from_double(1.25)};
        results_add(past, &trades[i]);
        balance = money_add(balance, pnl);
        for (int t = 0; t < TIMEFRAME_COUNT; t++)
            s->equity[t].points[i] = (struct equity_point){trades[i].exit_time, balance};
    }
    for (int t = 0; t < TIMEFRAME_COUNT; t++) {
        s->equity[t].count = COUNT;
        statistics_compute(trades, COUNT, &s->statistics[t]);
        results_excursions(past, (enum timeframe)t, INT64_MIN, &s->excursions[t]);
    }
    s->scatter_count = results_newest(past, s->scatter, SNAPSHOT_SCATTER);
    results_free(past);
}

void sample_trading(struct snapshot *s, int64_t now)
{
    sample_start(s, now);
    struct position *p = &s->positions[sample_add_position(s, "Sim1", "MESZ5", 2, 5049.5, now)];
    p->target_price = 5056;
    p->stop_price = p->initial_stop_price = 5046;
    p->min_price = 5048.25;
    p->max_price = 5051.75;
    p->mae = money_from_double(-12.5);
    p->mfe = money_from_double(22.5);
    p->price = 5051.25;
    p->open_pnl = money_from_double(17.5);
    add_history(s, now);
    add_order(s, "10231", ORDER_LIMIT, SIDE_LONG, STATUS_FILLED, 5049.5, now - 252 * CLOCK_SECOND);
    add_order(s, "10232", ORDER_STOP, SIDE_SHORT, STATUS_OPEN, 5046, now - 251 * CLOCK_SECOND);
    add_order(s, "10233", ORDER_LIMIT, SIDE_SHORT, STATUS_OPEN, 5056, now - 251 * CLOCK_SECOND);
    add_order(s, "10229", ORDER_STOP, SIDE_SHORT, STATUS_CANCELLED, 5041.75,
              now - 900 * CLOCK_SECOND);
    sample_add_message(s, MESSAGE_INFO, now - 3600 * CLOCK_SECOND,
                       "Connected to 127.0.0.1:11099 (json).");
    sample_add_message(s, MESSAGE_GOOD, now - 3599 * CLOCK_SECOND,
                       "Sim1: positions and orders agree with the server.");
    sample_add_message(s, MESSAGE_INFO, now - 252 * CLOCK_SECOND,
                       "Sim1: bought 2 MESZ5 at 5049.50, LONG 2 at 5049.50.");
    sample_add_message(s, MESSAGE_WARNING, now - 120 * CLOCK_SECOND,
                       "MESZ5: the session so far could not be had; VWAP, delta and POC count from "
                       "09:41 on.");
}

static struct recovered *recover(struct snapshot *s, const char *account, const char *symbol,
                                 double quantity, double entry, int64_t age, int64_t now)
{
    struct account_key key = key_of(account);
    struct recovered *r = &s->recovered[s->recovered_count++];
    add_symbol(s, symbol);
    position_init(&r->position, &key, symbol);
    r->position.quantity = quantity;
    r->position.entry_price = r->position.min_price = r->position.max_price = entry;
    r->position.entry_time = r->position.updated_at = now - age;
    r->position.mae = money_from_double(-12.5);
    r->position.mfe = money_from_double(22.5);
    r->position.origin = ORIGIN_RECOVERED;
    return r;
}

void sample_recovery(struct snapshot *s, int64_t now)
{
    struct recovered *fresh =
        recover(s, "Sim1", "MESZ5", 2, 5049.5, 3 * CLOCK_HOUR + 12 * CLOCK_MINUTE, now);
    fresh->position.stop_price = 5046;
    fresh->position.target_price = 5056;
    text_copy(fresh->finding, sizeof fresh->finding, "the server reports the same position");
    struct recovered *stale = recover(s, "120005", "MNQZ5", -1, 18204.25, 50 * CLOCK_HOUR, now);
    stale->stale = true;
    sample_add_position(s, "120005", "MNQZ5", -1, 18204.25, now);
    s->recovery_open = true;
}
