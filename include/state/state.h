/* What is known now, behind one mutex. Any thread may read or change it through these functions;
 * nothing is called out to while the lock is held, no price allocates. Changes that must be stored
 * come back as `struct change`, numbered in the order in which they happened; the caller hands them
 * to the writer.
 *
 * Changes are applied to a snapshot of the state's own; state_publish() copies what changed to the
 * readers. */
#ifndef SORTIE_STATE_STATE_H
#define SORTIE_STATE_STATE_H

#include "base/histogram.h"
#include "state/snapshot.h"
#include "trade/change.h"

struct state;

struct state_options {
    struct snapshot_map *snapshots; /* published to; not owned; NULL: nowhere */
    money sim_start_balance;
    bool measure_lock; /* keep a histogram of how long the lock is held */
};

struct state *state_new(const struct state_options *options, int64_t now);
void state_free(struct state *s);
void state_publish(struct state *s);
/* A copy of the whole state, for tests and for threads without a map. */
void state_copy(struct state *s, struct snapshot *out);
void state_get_lock_times(struct state *s, struct histogram *out); /* ns */

/* --- what is on screen --- */

/* Adds a line to the messages. `text` is cleaned. */
void state_add_message(struct state *s, enum message_level level, int64_t now, const char *format,
                       ...) __attribute__((format(printf, 4, 5)));
void state_set_connection(struct state *s, const struct connection *c);
/* Shows that account, for good when it is pinned. True when the view changed. */
bool state_set_view(struct state *s, const struct account_key *key, bool pinned, const char *reason,
                    int64_t now);
void state_unpin_view(struct state *s);
/* That account had the latest fill: what the view follows. */
void state_note_filled(struct state *s, const struct account_key *key);
/* Shows the account that last had a fill, unless another one is pinned, the last such switch is not
 * 2 s ago (`tick`: monotonic us), or a LIVE account with an open position would be left. What held
 * it back may pass: call it again and again. True when the view changed. */
bool state_follow_fills(struct state *s, int64_t now, int64_t tick);
/* View changes are numbered from 1 on, those of earlier runs, which are restored in their order,
 * included. False: not one of the last VIEW_HISTORY. */
void state_restore_view_change(struct state *s, uint64_t number, const struct view_change *c);
bool state_get_view_change(struct state *s, uint64_t number, struct view_change *out);
/* Lets windows of time slide: statistics and equity of the view. Call about once a second. */
void state_advance(struct state *s, int64_t now);

/* --- symbols and prices; those of one symbol come from one thread at a time ---
 *
 * Prices are worked on without the lock; the snapshot and the positions get them with the next
 * state_settle() of the symbol, by the same thread. It goes before everything that looks at them:
 * fills, reports, publishing. */

/* The index of the symbol, which is added when it is new; -1 when the table is full. Stays valid.
 */
int state_add_symbol(struct state *s, const char *symbol);
/* True when the tick changed: the context, which counts by ticks, begins anew and is partial. */
bool state_put_instrument(struct state *s, int symbol, const struct instrument *i);
bool state_get_instrument(struct state *s, int symbol, struct instrument *out);
bool state_get_market(struct state *s, int symbol, struct market *out);
void state_settle(struct state *s, int symbol);
/* Prices are in shown units here. `time` is the server's, 0: it gave none. */
void state_apply_trade(struct state *s, int symbol, double price, double volume,
                       enum aggressor aggressor, int64_t time, int64_t now);
/* The last trade before a subscription, made at `time` (0: nobody knows): the price now. It is an
 * excursion of the positions that were open then. */
void state_apply_last_trade(struct state *s, int symbol, double price, int64_t time, int64_t now);
void state_apply_bid_ask(struct state *s, int symbol, double bid, double bid_quantity, double ask,
                         double ask_quantity, int64_t now);
/* Session figures that are set replace those known. */
void state_apply_session(struct state *s, int symbol, double open, double high, double low,
                         double volume, double settlement);
/* A new trading session; `whole`: it begins now, so nothing of it is missing in the context. */
void state_begin_session(struct state *s, int symbol, bool whole);

/* The context misses trades from now on. */
void state_mark_partial(struct state *s, int symbol);
/* Gathers the context of the session anew: trades of the stream from `from` on (us UTC; 0: from the
 * next one on), and those of the past before it, which state_backfill() adds in any order. It takes
 * the place of the context shown, as a whole one, with state_end_backfill(); false: none is
 * gathered (a new session has begun meanwhile). */
void state_begin_backfill(struct state *s, int symbol, int64_t from);
void state_backfill(struct state *s, int symbol, double price, double volume,
                    enum aggressor aggressor, int64_t time);
bool state_end_backfill(struct state *s, int symbol);
void state_drop_backfill(struct state *s, int symbol);

/* --- positions and orders --- */

enum fill_result { FILL_APPLIED, FILL_KNOWN, FILL_REFUSED /* not valid, or no room */ };

bool state_knows_fill(struct state *s, const struct fill *f);
/* Applies a fill once. On FILL_APPLIED `out` is to be stored. */
enum fill_result state_apply_fill(struct state *s, const struct fill *f, enum trade_origin origin,
                                  const char *why, int64_t now, struct change *out);
/* Records an order as the server tells of it (prices in shown units). Empty client and parent ids,
 * unset numbers and an unknown type or side keep what was known; `previous_id` names it when its
 * server id has changed. Returns its sum of known fills in `fills_known`. True when it is stored:
 * `out`. */
bool state_apply_order(struct state *s, const struct order *o, const char *previous_id, int64_t now,
                       struct change *out, double *fills_known);
/* A complete answer to "which orders are open" for every account: working orders that are not in
 * `server_ids` are gone. */
void state_retain_orders(struct state *s, const char (*server_ids)[ORDER_ID_SIZE], size_t count,
                         int64_t now);
/* The next position whose stop or target is another of its several orders, since the price has
 * moved nearer to that one. False: there is none. True: `out` is to be stored. */
bool state_take_bracket(struct state *s, int64_t now, struct change *out);
/* Follows the bracket of one position after orders changed. True: `out` is to be stored. */
bool state_follow_bracket(struct state *s, const struct account_key *key, const char *symbol,
                          int64_t now, struct change *out);
/* The next position whose extremes moved since they were last taken. */
bool state_take_extremes(struct state *s, int64_t now, struct change *out);

/* --- fills that come behind later ones ---
 *
 * Of each position the latest fills are kept as they were counted, from a moment on at which it was
 * flat, as long as nothing but fills of the server has changed it. To put one before others, these
 * are taken back and all of them counted in their order. */

enum {
    STATE_COUNTED_EACH = 256, /* fills of a position */
    STATE_COUNTED = 4096      /* of all */
};

struct counted {
    struct fill fill;
    struct market_context context; /* of the market, when it was counted */
    bool opens;                    /* the position was flat before it */
    bool is_open;                  /* after it */
    bool closes;                   /* a trade, even where the rest of it opens another position: */
    struct trade_result result;
    /* from it to the next one, or up to now, where the position was open meanwhile */
    double first_stop, stop, target; /* PRICE_UNSET: none */
    double high, low;                /* prices that were seen; PRICE_UNSET: none */
    bool missed;                     /* there were prices that were not, or not just then */
};

/* A fill of its position that was made a second or more later is counted already. */
bool state_is_overtaken(struct state *s, const struct fill *f);
/* The fills counted since the position was last flat before the first of them that was made at
 * `time` or later, or before the last of all, and how many there are; 0: they are not known. */
size_t state_get_counted(struct state *s, const struct account_key *key, const char *symbol,
                         int64_t time, struct counted out[STATE_COUNTED_EACH]);
/* Takes back the last `count` fills of a position, as they were got, with their trades, and brings
 * them up to date: what was seen since. False when they are not the last any more, or the past is
 * still being loaded. Until state_end_recount() nothing is published. True: `out` is to be stored,
 * joined with all that follows up to then. */
bool state_take_back(struct state *s, struct counted *fills, size_t count, int64_t now,
                     struct change *out);
/* Counts one of them again, with the context that it had. False: there is no room any more. */
bool state_count_again(struct state *s, const struct counted *c, int64_t now, struct change *out);
/* The stops and target that it had after it: one after the other. True: `out` is to be stored. */
bool state_restore_bracket(struct state *s, const struct account_key *key, const char *symbol,
                           double stop, double target, int64_t now, struct change *out);
/* The position was `before`: heat goes on where the price is still against it. */
void state_end_recount(struct state *s, const struct position *before, int64_t now);

bool state_get_position(struct state *s, const struct account_key *key, const char *symbol,
                        struct position *out);
/* The index-th open position; false past the last. */
bool state_get_position_at(struct state *s, uint32_t index, struct position *out);
/* Takes the server's entry price where it differs by more than a tick. True: `out`. */
bool state_correct_entry(struct state *s, const struct account_key *key, const char *symbol,
                         double entry_price, int64_t now, struct change *out);
/* A position that only the server knows. True: `out`. */
bool state_adopt_position(struct state *s, const struct position *p, const char *why, int64_t now,
                          struct change *out);
/* The user vouches for a stale position: it counts as updated now. True: `out`. */
bool state_keep_position(struct state *s, const struct account_key *key, const char *symbol,
                         int64_t now, struct change *out);
/* Takes a high and low of the position that the server reports (unset: none) into its extremes;
 * they are stored with the next state_take_extremes(). */
void state_widen_position(struct state *s, const struct account_key *key, const char *symbol,
                          double high, double low);
/* The same of a high and low that were made while what is held now was held. */
void state_see_range(struct state *s, const struct account_key *key, const char *symbol,
                     double high, double low);
/* The wall clock was set by so much: heat goes on as it was. */
void state_shift_heat(struct state *s, int64_t by);
/* A position goes over to another mode, whole: `out` is how it comes and how it goes. Where the
 * very same one is there already, as after a crash in between, it only goes. Returns the changes
 * made; 0 where there is none, or another in the way. */
int state_move_position(struct state *s, const struct account_key *key, const char *symbol,
                        enum mode mode, int64_t now, struct change out[2]);
/* Removes a position without a trade. True: `out`. */
bool state_discard_position(struct state *s, const struct account_key *key, const char *symbol,
                            const char *why, int64_t now, struct change *out);
/* Marks whether the server's report agrees. */
void state_confirm_position(struct state *s, const struct account_key *key, const char *symbol,
                            bool confirmed);
/* While it is not known what was held when they are made (`hold`), prices move no extremes of the
 * account's open positions; then they count for those that are still open. */
void state_hold_prices(struct state *s, const struct account_key *key, bool hold);
/* From now on prices of the symbol come behind a fill of the account that is not counted yet: they
 * move no extremes of its position. Returns a number for the end, or 0: there are too many. */
int state_begin_watch(struct state *s, const struct account_key *key, const char *symbol);
/* They did up to now; the highest and the lowest (PRICE_UNSET: there were none). */
void state_end_watch(struct state *s, int watch, double *high, double *low);
/* Prices of the position were missed. `store`: with the next state_take_extremes(). */
void state_mark_gap(struct state *s, const struct account_key *key, const char *symbol, bool store);
/* They are known after all, with this high and low (unset: none beyond those seen). */
void state_fill_gap(struct state *s, const struct account_key *key, const char *symbol, double high,
                    double low);

/* --- accounts --- */

/* Makes the account known; a SIM account's ledger begins. True when that is to be stored: `out`. */
bool state_add_account(struct state *s, const struct account_key *key, bool listed, int64_t now,
                       struct change *out);
/* A server's report. True when it differs from the last: `out`. */
bool state_put_balance(struct state *s, const struct balance *b, int64_t now, struct change *out);
/* Begins a new period of a SIM account's ledger; other modes have none. True: `out`. */
bool state_begin_period(struct state *s, const struct account_key *key, const char *why,
                        int64_t now, struct change *out);
/* Adds to a SIM account's ledger (begun when needed); other modes have none. True: `out`. */
bool state_add_to_balance(struct state *s, const struct account_key *key, money amount, int64_t now,
                          struct change *out);

/* --- the store --- */

/* A numbered change that only keeps a small fact. */
void state_note_fact(struct state *s, const char *name, int64_t value, int64_t now,
                     struct change *out);
void state_acknowledge(struct state *s, uint64_t sequence);
uint64_t state_unsaved(struct state *s); /* changes that are not durable yet */
void state_set_saving(struct state *s, const struct saving *saving);
void state_set_store_trouble(struct state *s, bool lost, const char *sentence);

/* Building the state from the database, before any other use. */
void state_restore_position(struct state *s, const struct position *p, bool stale);
void state_restore_fill(struct state *s, const struct fill *f);
/* The same, as it was counted by a run before: the trade that it helped to close (0: none yet, -1:
 * its position was discarded), and the result of that. In the order in which they were counted. */
void state_restore_counted(struct state *s, const struct fill *f, int64_t trade,
                           const struct trade_result *result);
/* The latest of the account, as reported or of the ledger. */
void state_restore_balance(struct state *s, const struct balance *b);
void state_restore_period(struct state *s, const struct account_key *key, int64_t time,
                          money start);
/* For the recovery window, of a position that was there at the start. True when it is news and the
 * window is gone: to be told elsewhere. */
bool state_set_finding(struct state *s, const struct account_key *key, const char *symbol,
                       const char *finding);
/* The same where nothing was found yet. */
bool state_set_first_finding(struct state *s, const struct account_key *key, const char *symbol,
                             const char *finding);
void state_accept_recovery(struct state *s);

/* --- the past, which may come while the state is in use ---
 *
 * From the beginning to the end of the loading statistics and equity are not ready; trades that
 * close and balances that change meanwhile are kept, and come behind those taken. */
void state_begin_loading(struct state *s);
bool state_is_loading(struct state *s);
/* Takes over all results and balances of the past of one account; NULL: these come apart. */
void state_take_past(struct state *s, const struct account_key *key, struct results *results,
                     struct curve *curve);
/* They are shown at once, as of the latest state_advance(). */
void state_end_loading(struct state *s);

#endif
