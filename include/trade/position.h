/* A position: what the fills of one (mode, account, symbol) sum to, and its excursions (domain.md,
 * "From fills to positions to trades", "Excursions"). Plain data, no clock. */
#ifndef SORTIE_TRADE_POSITION_H
#define SORTIE_TRADE_POSITION_H

#include "trade/fill.h"
#include "trade/instrument.h"
#include "trade/market.h"
#include "trade/money.h"

enum position_source { SOURCE_FILLS, SOURCE_SERVER };
enum trade_origin { ORIGIN_LIVE, ORIGIN_RECOVERED, ORIGIN_RECONCILED, ORIGIN_MANUAL };

struct position {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    double quantity; /* signed; 0 flat */
    double entry_price;
    int64_t entry_time;
    double target_price, stop_price, initial_stop_price; /* PRICE_UNSET: none */
    struct market_context entry_context;
    double min_price, max_price; /* since entry, fill prices included */
    money mae, mfe;              /* <= 0, >= 0 */
    int64_t heat_since;          /* us UTC at which price went adverse; 0 while it is not */
    money realized_pnl, commissions;
    enum position_source source;
    enum trade_origin origin; /* LIVE; RECOVERED once restored at a start; RECONCILED once the
                                 server's word stood in for a fill */
    bool has_gap;             /* prices were missed and could not be had */
    bool unchanged; /* opened in one fill and not changed: MAE follows from min/max alone */
    int64_t created_at, updated_at;
    double last_price; /* that it saw, in this run or one before; PRICE_UNSET: none */

    /* What the trade's row needs at the close. */
    double max_quantity;                  /* greatest absolute quantity held */
    double entered_quantity, entered_sum; /* over all entries: quantity, quantity × price */
    double exited_quantity, exited_sum;   /* over all exits */

    /* Follows from prices; not stored. */
    double price; /* last price applied; PRICE_UNSET before the first */
    money open_pnl;
};

/* A closed position (table `trade`). */
struct trade {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    enum side side;
    double quantity; /* greatest held, > 0 */
    int64_t entry_time, exit_time;
    double entry_price, exit_price; /* averages over all entries and exits */
    money realized_pnl;             /* gross */
    money commissions;
    money mae, mfe;
    double efficiency, r_multiple; /* NAN: none */
    struct market_context entry_context, exit_context;
    double min_price, max_price, stop_price, target_price;
    enum trade_origin origin;
    bool has_gap;
    int64_t created_at;
    money tick_value; /* of a tick, of the greatest quantity; MONEY_UNSET: not known */
};

/* What applying a fill did. */
struct position_step {
    bool closed; /* `trade` is filled in; after a reversal the position is open again */
    struct trade trade;
};

/* An empty, flat position of that key and symbol. */
void position_init(struct position *p, const struct account_key *key, const char *symbol);
bool position_is_open(const struct position *p);
enum side position_side(const struct position *p);

/* Applies one fill; an invalid one changes nothing. `context` is the market's at that moment (NULL:
 * not known). Quantities within 1e-9 of flat (1e-14 of the
 * greatest held, if that is more) are flat, and a flat position is an empty one. `now`
 * becomes updated_at (and created_at of what it opens or closes). The fill's price is a price seen:
 * it moves the extremes and heat before and after the quantity changes. Commission is the
 * instrument's × quantity; a reversal is two fills, the one that closes and the one that opens,
 * each with the commission of its own quantity. A position that has no entries of its own (made
 * from a server's report) is taken to have entered its quantity at its entry price.
 * The trade's R = realized / (|average entry - first stop| × greatest quantity × point value), NAN
 * without a stop or at one on the entry itself. */
void position_apply_fill(struct position *p, const struct instrument *i, const struct fill *f,
                         const struct market_context *context, int64_t now,
                         struct position_step *step);

/* Applies a price of the stream to an open position; an unset price changes nothing. Returns true
 * when a stored extreme (min, max, MAE, MFE, heat_since) changed. Adverse, for heat, is an open P&L
 * below 0. Allocates nothing. */
bool position_apply_price(struct position *p, const struct instrument *i, double price,
                          int64_t now);

/* Widens the extremes by a high and low seen while nobody looked (unset: nothing). True when
 * something changed. Only a price beyond those known moves MAE and MFE, with the quantity held now
 * and what is realized so far: exact while `unchanged`, otherwise the best that can be known, since
 * what was held when that price was made is not. */
bool position_widen(struct position *p, const struct instrument *i, double high, double low);

/* The same of a high and low made while just what is held now was held: each moves MAE and MFE,
 * also where prices beyond it were seen while more or less was held. */
bool position_see_range(struct position *p, const struct instrument *i, double high, double low);

/* Takes the server's average entry price of what is held now. Of what our own fills have made, or a
 * part of which is closed, the server has only closed other contracts than the average ones (first
 * in, first out, say): what the rest loses by it is realized, and the whole stays what the fills
 * say. Of what only the server knows, what was entered is corrected. Either way the trade's average
 * entry and its P&L agree. Where `unchanged`, MAE and MFE follow anew from min and max, otherwise
 * those seen stay. Heat is of the new entry, since the last price seen. False when nothing changed.
 */
bool position_correct_entry(struct position *p, const struct instrument *i, double entry_price);

/* Takes stop and target from the working orders; the first stop seen is kept for R. Returns true
 * when something changed. */
bool position_set_bracket(struct position *p, double stop, double target);

/* Everything derived that a panel shows. Money that cannot be known is MONEY_UNSET, numbers NAN. */
struct position_metrics {
    double points; /* gained, signed */
    int64_t ticks; /* gained, signed */
    money open_pnl;
    money net_pnl;                 /* open + realized - commissions, the exit's own included */
    money excursion;               /* realized so far + open */
    double mae_points, mfe_points; /* MAE and MFE / (greatest quantity × point value) */
    money initial_risk; /* |average entry - first stop| × greatest quantity × point value;
                           MONEY_UNSET without a stop */
    double r_multiple;  /* excursion / initial risk */
    money planned_risk, planned_reward;
    double reward_ratio;                /* reward / risk */
    double range;                       /* 0 worst .. 1 best; 0.5 while they are equal */
    double efficiency;                  /* excursion / MFE within 0..1.5; NAN while MFE is 0 */
    double vwap_distance, poc_distance; /* points, signed */
    int64_t heat;                       /* us; 0 while not adverse */
    int64_t age;                        /* us in trade */
    bool stop_near;                     /* within the ticks of the stop, or beyond it */
};
/* At the market's price, or the last one applied where `m` is NULL or has none. Of a flat position
 * all is unset, 0 or NAN. */
void position_measure(const struct position *p, const struct instrument *i, const struct market *m,
                      int64_t now, int64_t stop_near_ticks, struct position_metrics *out);

/* within 0 and 1.5; NAN while mfe is 0. */
double position_efficiency(money pnl, money mfe);

/* The synthetic fill that brings the position to `quantity` at `price`; its execution id is made of
 * `reason` and the event's identity (account, symbol, entry time - `time` where the position is
 * flat -, what was entered and exited so far, quantity before and after), so that the same event
 * gives the same id, and the next one another. False when nothing is missing, or it is not a valid
 * fill. */
bool position_make_missing_fill(const struct position *p, double quantity, double price,
                                int64_t time, const char *reason, struct fill *out);
/* True of a fill that was made by it: REASON-16 digits of a hash, and of no order. */
bool position_made_fill(const struct fill *f);

#endif
