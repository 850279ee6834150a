/* Shared by the files of src/state only. */
#ifndef SORTIE_STATE_INTERNAL_H
#define SORTIE_STATE_INTERNAL_H

#include "state/state.h"

#include <math.h>
#include <pthread.h>
#include <uthash.h>

enum {
    STATE_RANGES = 16,
    STATE_WATCHES = 64,
    STATE_FILLS = 1 << 18,  /* names of known ones that are kept, the newest */
    STATE_ORDERS = 1 << 16, /* whose sums of fills are kept, likewise */
    COUNTED_NAME_SIZE = ACCOUNT_SIZE + SYMBOL_SIZE + 8
};

/* One of the names of a fill that was applied. */
struct known_fill {
    UT_hash_handle hh;
    bool has_id; /* the fill has an execution id */
    char key[];  /* fill_identify() or fill_identify_by_order() */
};

/* The sum of the fills known of one order. */
struct order_fills {
    UT_hash_handle hh;
    double quantity;
    char key[]; /* account and order id */
};

/* What statistics and equity of one account are made of; grows with its trades. */
struct account_history {
    struct account_key key;
    struct results *results;
    struct curve *curve;
};

/* What the thread of a symbol's prices has worked out without the lock. */
struct price_batch {
    struct market market;
    double least, greatest; /* prices that positions have not seen */
    int64_t time, now;      /* of the first of them: the server's (0: it gave none), ours */
    int64_t counted_until;  /* us UTC: what was traded before is in the context already */
    bool has_prices;
    bool is_past; /* made before the subscription, whenever that was */
    bool pending; /* the market is not in the snapshot yet */
};

/* A session's context that is gathered anew. */
struct backfill {
    struct market_profile *profile; /* NULL: none is */
    struct market_context context;
    int64_t from; /* us UTC: trades of the stream count from then on, those of the past before; 0:
                     the first trade of the stream sets it */
    int64_t reached; /* us UTC: behind the newest trade of the past */
};

/* What a position has seen that does not count yet. */
struct held_prices {
    bool are_held;
    double high, low; /* PRICE_UNSET: none */
};

/* Prices that a position has seen since its last fill; high < low: none. */
struct seen_prices {
    double high, low;
    bool missed; /* there were others */
};

static const struct seen_prices STATE_NO_PRICES = {.high = -INFINITY, .low = INFINITY};

/* Prices behind a fill that is not counted yet. */
struct watch {
    bool is_used;
    struct account_key key;
    uint32_t symbol;
    struct seen_prices seen;
};

static inline void state_see_price(struct seen_prices *seen, double price)
{
    seen->high = price > seen->high ? price : seen->high;
    seen->low = price < seen->low ? price : seen->low;
}

/* The fills of a position from a moment on at which it was flat. Never empty. */
struct counted_run {
    UT_hash_handle hh;
    struct counted *list;
    size_t count, capacity;
    int64_t trade; /* of the last one; of those that were restored */
    char name[COUNTED_NAME_SIZE];
};

struct state {
    pthread_mutex_t lock;
    struct state_options options;
    struct snapshot now;
    struct snapshot_range dirty[STATE_RANGES];
    size_t dirty_count;

    struct market_profile *profiles[SNAPSHOT_SYMBOLS];
    struct price_batch batches[SNAPSHOT_SYMBOLS];
    struct backfill backfills[SNAPSHOT_SYMBOLS];
    bool extremes_moved[SNAPSHOT_POSITIONS];
    int64_t stored_at[SNAPSHOT_POSITIONS];   /* us UTC */
    bool several_orders[SNAPSHOT_POSITIONS]; /* stops or targets: the price decides between them */
    struct held_prices held_prices[SNAPSHOT_POSITIONS];
    struct seen_prices seen[SNAPSHOT_POSITIONS];
    struct watch watches[STATE_WATCHES];
    int watch_count; /* of those that are used */
    struct known_fill *fills;
    struct order_fills *order_fills;
    struct counted_run *counted;
    size_t counted_total;
    bool is_recounting; /* what was taken back is not yet counted again: nothing to show */

    struct account_history histories[SNAPSHOT_ACCOUNTS]; /* parallel to now.accounts */
    struct account_history nothing;                      /* of a view without an account */
    int64_t from[TIMEFRAME_COUNT];                       /* starts of the timeframes, */
    bool advanced;                                       /* once they are known */
    bool loading;                                        /* the past is not in them yet */
    bool results_changed, curve_changed;                 /* of the view's account */
    bool scatter_changed;                                /* not only at its end */
    struct window results_shown[TIMEFRAME_COUNT];        /* starts for which what is shown of it */
    struct window curve_shown[TIMEFRAME_COUNT];          /* stays as it is */

    bool view_shown;     /* an account is on screen */
    uint64_t view_total; /* view changes ever, earlier runs included */
    bool any_filled, any_followed;
    struct account_key filled; /* that last had a fill */
    int64_t followed_at;       /* monotonic us: of the last switch to such a one */

    int64_t locked_at;
    struct histogram lock_times;
};

void state_lock(struct state *s);
void state_unlock(struct state *s);

/* Notes that these bytes of s->now are to be published. */
void state_touch(struct state *s, const void *first, size_t size);

/* The rest is called with the lock held. */
int state_account_index(struct state *s, const struct account_key *key); /* adds it; -1: full */
int state_symbol_index(struct state *s, const char *symbol);             /* adds it; -1: full */
void state_touch_position(struct state *s, int index);
void state_remove_position(struct state *s, int index);
bool state_begin_ledger(struct state *s, int account,
                        int64_t now); /* SIM without one; false: nothing to do */
void state_add_result(struct state *s, int account, const struct trade_result *r);
void state_remove_result(struct state *s, int account, const struct trade_result *r);
void state_add_equity(struct state *s, int account, int64_t time, money balance);
bool state_remember_fill(struct state *s, const struct fill *f); /* false: known */
double *state_order_fills(struct state *s, const struct account_key *key, const char *order_id);

/* Keeps a fill that was just counted, of the position that was `before` and has `seen` those prices
 * since the fill before. */
void state_keep_counted(struct state *s, const struct counted *one, const struct position *before,
                        const struct seen_prices *seen);
/* Something else than a fill of the server has changed the position. */
void state_forget_counted(struct state *s, const struct account_key *key, const char *symbol);
void state_free_counted(struct state *s);

/* Shows the watches the prices of a batch. */
void state_watch_prices(struct state *s, uint32_t symbol, const struct price_batch *b);
/* Prices of the position come behind a fill that is not counted yet. */
bool state_is_watched(const struct state *s, const struct position *p, uint32_t symbol);

/* A trade of the stream, while a context is gathered anew. */
void state_count_live(struct state *s, int symbol, double price, double volume,
                      enum aggressor aggressor, int64_t time);

/* Starts a numbered change. */
void state_begin_change(struct state *s, struct change *out, enum change_kind kind, int64_t now,
                        const char *why);

#endif
