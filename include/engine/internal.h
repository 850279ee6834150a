/* Shared by the files of src/engine only. */
#ifndef SORTIE_ENGINE_INTERNAL_H
#define SORTIE_ENGINE_INTERNAL_H

#include "dtc/session.h"
#include "engine/engine.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    ENGINE_REPORTS = 256,
    ENGINE_ROWS = 512,
    ENGINE_MARKS = 256,
    ENGINE_WAITING = 4096, /* messages */
    ENGINE_ASKED = 64,
    ENGINE_REFUSED = 64,
    ENGINE_SERVERS = 16,
    ENGINE_FILLS = 65536, /* collected, all accounts together */
    ENGINE_OPEN_ORDERS = 4096,
    ENGINE_UNSAVED = 65536, /* changes; with more, nothing is read until the disk has caught up */
    ENGINE_LOADERS = 3,
    ENGINE_PAST = SNAPSHOT_POSITIONS + SNAPSHOT_SYMBOLS + SNAPSHOT_ACCOUNTS
};

/* Who speaks: each may say only so much, so that a server's chatter hides nothing and fills no log.
 */
enum engine_speaker { SPEAKER_ENGINE, SPEAKER_SERVER, SPEAKERS };

struct engine_voice {
    int64_t used; /* monotonic us: what was said is paid for up to then */
    unsigned unsaid, repeated;
    enum message_level level;
    char last[256]; /* "": nothing lately */
};

/* Of what a server can make us ask again and again: at once, then ever less often. */
struct engine_pace {
    int64_t last; /* monotonic us: it may be yet to come */
    int64_t pause;
};

/* A symbol on the wire. Its SymbolID there is its place in the table plus 1. */
struct engine_symbol {
    char name[SYMBOL_SIZE]; /* with the exchange behind the server's delimiter, if it has one */
    int place;              /* in the state */
    double multiplier;      /* wire price × this = price */
    bool defined;           /* the definition came, or will not: prices may pass */
    bool scale_known;       /* prices were counted with the multiplier */
    bool refusal_told;      /* of the definition; told once */
    bool past_refusal_told; /* of prices of the past, likewise */
    bool past_only;         /* only a history told of it: no prices are asked for */
    bool feed_lost;
    bool terms_noted; /* in the database, as they are here */
    double point_value, commission;
    int64_t live_from; /* us UTC, the server's: of the first price of this connection; 0:
                          none yet */
    int64_t live_at;   /* monotonic us: when that was */
    int64_t asked_at;  /* monotonic us: market data, no price has come yet; 0: it is not */
    struct engine_pace feed_pace, gap_pace, session_pace;
    uint32_t session_date;         /* of the trading session, as the server says; 0 not said */
    int session_start;             /* minute of Chicago's day (trade/trading_day.h) */
    int64_t session_end;           /* us UTC, where the server says no date; 0: no price yet */
    int32_t definition_request;    /* under way; 0 none */
    int64_t retry_at, retry_pause; /* monotonic us: market data that was refused; the pause is 0
                                      while prices come */
};

/* A message that waits for its symbol's definition. */
struct engine_waiting {
    int symbol;
    bool late; /* of a connection before: an order update of which only the fill counts */
    union dtc_message message;
};

/* A fill that waits for the fill history of its account. */
struct engine_fill {
    struct fill fill;
    bool past;        /* of the history, not of the stream */
    bool raw;         /* its price is still in the server's units */
    bool covered;     /* not to be counted: it is in what was there before, or stood in for it */
    int64_t order;    /* us UTC: when it was made, or what comes before it was; of the same, by */
    size_t place;     /* in order of coming */
    double high, low; /* of the position up to then, as the history says; PRICE_UNSET: not said */
    int64_t from;     /* us UTC: the prices from then up to the fill are wanted; 0: they are not */
    bool partly;      /* high and low are not of all of that time */
    bool held_then;   /* they are of what was held just before the fill, not of all its position */
    bool is_placed;   /* among those that are counted again, as one that comes late */
    const struct counted *again;  /* it was counted before, and is to be again; NULL: it is news */
    int watch;                    /* of the prices behind it, of a fill of the stream; 0: none */
    double high_after, low_after; /* what that has seen, up to the next one; PRICE_UNSET: nothing */
};

/* Fills of a position that are to be counted again, as others have to be put between them. */
struct engine_recount {
    char symbol[SYMBOL_SIZE];
    struct counted *list;
    size_t count;
};

struct engine_account {
    struct account_key key;
    int64_t since; /* us UTC; fills before it are not counted: the account was not followed yet */
    int64_t last_fill; /* us UTC, newest known; 0 none */
    /* Servers that ever reported an open position for it; of more than that, the latest. */
    int64_t reporters[ENGINE_SERVERS];
    unsigned reporter_count;
    int64_t month; /* as clock_local_month(): that the SIM ledger's periods have reached; 0 none */
    int64_t period_time; /* us UTC: when the latest began, and at what balance; 0 not known */
    money period_start;
    bool collecting; /* fills are kept until the fill history is here, then applied in order of time
                      */
    bool caught_up;  /* no fill is known, or likely, to be missing: those of the stream wait for no
                        history */
    bool weighed;    /* which of them count is found, and what prices they want */
    int64_t prices_until;  /* monotonic us: they wait so long for those prices; 0: they do not */
    bool history_again;    /* a fill was missed meanwhile: that answer may be without it */
    bool without_ids;      /* fills of it have no execution ids */
    bool history_is_short; /* the one asked for may begin in the middle of an order */
    bool history_refused, balance_refused;
    int64_t changed_at;                      /* monotonic us: something was last counted */
    int64_t history_asked_at;                /* monotonic us */
    int history_failures;                    /* in a row: answers that did not come, or not whole */
    bool disabled_listed, disabled_reported; /* trading, by 401 and by 600 */
    const char *limit;                       /* that is reached, as last told; NULL: none */
    int32_t history_request;                 /* under way; 0 answered */
    int32_t balance_request;
    int64_t history_from; /* us UTC: asked from then on */
    struct engine_fill *fills;
    size_t fill_count, fill_capacity, places_given;
    struct engine_recount *recounts;
    size_t recount_count;
    int64_t recount_until; /* monotonic us: so long they wait for the past to be loaded */
};

/* A server that keeps several positions of one symbol and account reports each in a row of its own.
 */
struct engine_row {
    int report; /* that it is a part of */
    char id[32];
    double quantity, average_price, high, low;
    int64_t entry_time;
    bool entry_told;
    uint32_t answer;
};

/* The server's latest word on one position, and how long ours has differed. Times are monotonic us.
 */
struct engine_report {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    double quantity, average_price, high, low;
    bool hedged; /* the sum of both sides: its average is what it cost, not what it was opened at */
    int64_t entry_time; /* us UTC; when it came where the server does not say */
    bool entry_told;
    uint32_t answer; /* number of the positions answer that it came in or after */
    int64_t received;
    int64_t asked;      /* when that positions answer was asked for; 0: it came unasked */
    int64_t told_since; /* the server says that quantity */
    double ours;        /* our quantity when last compared, and since when it is that */
    int64_t ours_since;
    bool history_asked; /* for this difference */
    bool settled;       /* nothing to do until it changes */
    bool no_price_told; /* it has no entry price */
};

/* When the server's word, or the user's, last stood in for fills of a position. */
struct engine_mark {
    char name[ACCOUNT_SIZE + SYMBOL_SIZE]; /* "ACCOUNT|SYMBOL" */
    int64_t time;                          /* us UTC, by the server's clock */
};

/* Prices of the past that are wanted: those up to a fill that waits for them, those that nobody saw
 * while a position was open, or those of a symbol's session so far. What comes first goes first. */
enum engine_past_purpose { PAST_NONE, PAST_FILL, PAST_GAP, PAST_SESSION };

struct engine_past {
    enum engine_past_purpose purpose;
    struct account_key key; /* of the position */
    char symbol[SYMBOL_SIZE];
    int64_t from;  /* us UTC, the server's: prices before it are known */
    int64_t to;    /* likewise: what was traded up to then may be missed, if it came or not; of a
                      fill: when that was */
    bool wanted;   /* to be asked for; a gap only once the server's positions have not filled it */
    bool bars;     /* ticks are not to be had */
    bool straddle; /* a bar that is needed began before the position */
    int tries;     /* that failed, since the last that did not */
    int64_t due;   /* monotonic us: not asked for before */
    /* of the question under way */
    int asked_symbol;
    int64_t entry_time; /* of the position */
    int64_t until;      /* us UTC: only prices before it; 0: up to now */
    int64_t needed;     /* us UTC: whole when it reaches so far */
    int64_t reached;    /* us UTC */
    int64_t interval;   /* us, of the bars that come */
    double high, low;
    bool any;      /* prices came */
    int64_t again; /* us: the server asks to come back after; 0: it does not */
};

/* Reads results, or curves. */
struct engine_loader {
    struct engine *engine;
    pthread_t thread;
    bool runs; /* or is to be joined */
};

struct engine {
    struct engine_options options;
    struct state *state;
    struct writer *writer;
    struct dtc_session *session;
    pthread_t thread;
    bool stopping;
    char database[512];                           /* path */
    int64_t past_from[TIMEFRAME_COUNT];           /* us UTC: what its timeframes begin with */
    int64_t last_trade, last_balance;             /* ids: those behind them are of this run */
    struct engine_loader loaders[ENGINE_LOADERS]; /* of the past up to them */
    atomic_int loaded;                            /* by so many of them */
    _Atomic(struct past_gathering *) half;        /* of the results, for who has the other */
    atomic_bool load_no_further;
    int64_t now;    /* monotonic us, of this turn of the loop */
    int64_t wall;   /* us UTC, likewise */
    int64_t steady; /* us, likewise: the clock that nobody sets */
    int64_t apart;  /* us: wall less steady, at the turn before; 0 at the first */

    struct engine_symbol symbols[SNAPSHOT_SYMBOLS];
    int symbol_count;
    bool prices_pending; /* some are not settled */
    struct engine_waiting *waiting;
    size_t waiting_count, waiting_capacity;
    size_t collected;      /* fills, of all accounts */
    struct change *joined; /* that are stored together, once they are all there */
    size_t joined_count, joined_capacity;
    bool joins;

    struct engine_account accounts[SNAPSHOT_ACCOUNTS];
    int account_count;
    int32_t accounts_request, positions_request, orders_request;
    bool positions_refused, orders_refused;
    int positions_failures; /* in a row: answers that did not come, or not whole */
    bool orders_listed;     /* by this connection: those that are not known are not there */
    uint32_t positions_answer;
    char (*open_orders)[ORDER_ID_SIZE]; /* named in the answer under way */
    size_t open_order_count, open_order_capacity;
    bool open_orders_lost; /* there were too many */

    struct engine_report reports[ENGINE_REPORTS];
    int report_count;
    struct engine_row rows[ENGINE_ROWS];
    int row_count;
    struct engine_mark marks[ENGINE_MARKS];
    int mark_count;
    int64_t server_ahead; /* us: of its clock before ours, as its last heartbeat said */
    struct {              /* orders whose missing fills were asked for */
        char order_id[ORDER_ID_SIZE];
        double filled;
    } asked[ENGINE_ASKED];
    unsigned asked_next;
    uint64_t refused[ENGINE_REFUSED]; /* hashes of fills that were told not to count */
    unsigned refused_next;

    struct engine_past past[ENGINE_PAST];
    struct engine_past *past_asked; /* what the question under way is for; NULL: nobody any more */
    int32_t past_request;           /* that question; 0: none is */
    const struct dtc_session *past_asked_on;
    struct dtc_session *past_session; /* of its own, for one question; NULL: none */
    bool past_is_over;                /* for this session of its own */
    bool past_is_vain;                /* for this connection: none is to be had */
    int64_t past_at;                  /* monotonic us: what is due is looked for again */
    int past_failures;                /* of that session, one after another */

    bool was_online, feed_lost;
    int64_t feed_time; /* us UTC, the server's: of the latest price */
    struct engine_pace dropped_pace;
    unsigned dropped;     /* messages that the server could not deliver, as it last said */
    int64_t online_since; /* us UTC; prices before it were missed */
    int64_t missed_at;    /* monotonic us: since then no price was missed, for all that is known */
    bool positions_told;  /* the first answer of this connection has ended, whatever it was */
    int64_t extremes_at, second_at, reconcile_at, ask_again_at, positions_asked_at;
    struct connection connection;
    char trouble[256]; /* why there is no connection, as last told in the messages; "" online */
    bool first_view_chosen;
    uint64_t views_stored; /* number of the latest view change that is */
    struct engine_voice voices[SPEAKERS];
    struct { /* told once */
        bool accounts, symbols, reports, rows, fills, orders;
    } told;
};

/* engine.c */
/* One turn of the loop at `now` and `wall`: commands, what the socket is ready for, what is due. */
void engine_turn(struct engine *e, short ready);

/* restore.c */
bool engine_load_fills(struct engine *e, struct repository *r, struct error *error);

/* loader.c */
/* Reads one part of what statistics (0: the older half, 1: the newer) and equity (2) are made of up
 * to the start, and hands what is whole to the state. */
bool engine_load_past(struct engine *e, int part, struct repository *r, struct error *error);
void engine_begin_loading(struct engine *e); /* all, each in a thread of its own */
void engine_end_loading(struct engine *e);   /* of the threads, however far they are */
/* Positions of accounts that the settings have given another mode move with them. */
void engine_follow_modes(struct engine *e);

/* tell.c */
/* A time that the server gives, where it can be one: after 1970 and at most a day ahead of its
 * clock; else what that says now. */
int64_t engine_time(const struct engine *e, int64_t time);
uint64_t engine_hash(const char *text, size_t size); /* up to the null byte; the same everywhere */
/* Between the two calls below changes are gathered, and then stored in one transaction. */
void engine_store(struct engine *e, const struct change *c);
void engine_begin_joined(struct engine *e);
void engine_end_joined(struct engine *e);
/* A message of our own, and one that a server can make us say as often as it likes: what repeats is
 * counted, what is too much is left out, and both are told within a second. */
void engine_say(struct engine *e, enum message_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_quote(struct engine *e, enum message_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void engine_say_rest(struct engine *e); /* once a second */
/* How long saving takes, to the state. Here and not where the disk is waited for, so that it is
 * told while that stands still. */
void engine_tell_saving(struct engine *e);

/* For repository_mend(): the position as its fills make it, where these explain it; told of either
 * way. */
bool engine_rebuild_position(void *context, const struct lost_position *lost, struct position *out);

/* symbols.c */
/* The name of a symbol from a message's fields (their sizes are the protocol's). */
void engine_read_symbol(const struct engine *e, char name[SYMBOL_SIZE], const char symbol[64],
                        const char exchange[16]);
/* The reverse, for a request. */
void engine_write_symbol(const struct engine *e, const char *name, char symbol[64],
                         char exchange[16]);
int engine_find_symbol(struct engine *e, const char *name); /* adds it; -1: full */
/* True when the message has to wait for the symbol's definition (it is kept). */
bool engine_wait_for_symbol(struct engine *e, int symbol, const union dtc_message *m);
/* Keeps what a point is worth and a contract costs in the database, where it is news: positions are
 * counted with it. */
void engine_note_terms(struct engine *e, int symbol);
/* The connection is lost: of what waits, only fills are kept. */
void engine_lose_waiting(struct engine *e);
void engine_take_definition(struct engine *e, const struct dtc_security_definition_response *d);
void engine_end_definition(struct engine *e, int32_t request, enum dtc_outcome outcome,
                           const char *why);
void engine_ask_definitions(struct engine *e); /* after a logon: all anew */

/* feed.c */
/* When to ask (monotonic us). The same for all that one moment asks for. */
int64_t engine_pace(const struct engine *e, struct engine_pace *p);
/* Every price of the symbol was seen since `time` (monotonic us), for all that is known. */
bool engine_sees_prices(struct engine *e, const char *symbol, int64_t time);
void engine_subscribe(struct engine *e, int symbol);
/* There is a position or an order: its prices are wanted. */
void engine_follow_symbol(struct engine *e, int symbol);
void engine_retry_market_data(struct engine *e);
void engine_take_market_data_reject(struct engine *e, const struct dtc_market_data_reject *r);
void engine_take_feed_status(struct engine *e, int32_t status);
void engine_take_symbol_status(struct engine *e,
                               const struct dtc_market_data_feed_symbol_status *f);

/* prices.c */
bool engine_take_price(struct engine *e,
                       const union dtc_message *m); /* false: not a price message */
/* Numbers of the wire in shown units: PRICE_UNSET for what is no price (or, below 0 too, no
 * quantity), and where a server leaves 0 for none. */
double engine_price(double wire, double multiplier);
double engine_price_or_none(double wire, double multiplier);
double engine_quantity(double wire);

/* accounts.c */
struct engine_account *engine_find_account(struct engine *e, const char *name,
                                           bool listed); /* NULL: full */
void engine_take_account(struct engine *e, const struct dtc_trade_account_response *u);
/* A new period of the SIM ledger. */
void engine_begin_period(struct engine *e, struct engine_account *a, const char *why);
/* The same for all accounts whose last period is of an earlier month, where the settings say so. */
void engine_begin_months(struct engine *e);
bool engine_restore_periods(struct engine *e, struct repository *r, struct error *error);
void engine_ask_balance(struct engine *e, struct engine_account *a);
void engine_take_balance(struct engine *e, const struct dtc_account_balance_update *u);
void engine_end_balance(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why);

/* views.c */
/* Shows that account: for good when pinned, else until fills lead elsewhere. */
void engine_show(struct engine *e, const struct account_key *key, bool pinned, const char *reason);
/* The view follows the fills as soon as it may. */
void engine_follow_fills(struct engine *e);
void engine_note_filled(struct engine *e, const struct fill *f);
/* The view changes of earlier runs. */
bool engine_restore_views(struct engine *e, struct repository *r, struct error *error);

/* fills.c */
enum side engine_side(int32_t buy_sell);
void engine_take_fill(struct engine *e, struct engine_account *a, const struct fill *f);
/* Applies, stores and tells of one fill. True when it was news. */
bool engine_apply_fill(struct engine *e, const struct fill *f, enum trade_origin origin,
                       const char *why);
/* Of a fill that is told of now and was made at `time`: prices went by that its position did not
 * see, or that were none of its own. */
bool engine_is_late(struct engine *e, const char *symbol, int64_t time);
void engine_ask_history(struct engine *e, struct engine_account *a);
/* The position sees the prices that came behind a fill of the stream while that had to wait. */
void engine_see_after(struct engine *e, struct engine_fill *f);
/* Tells of a trade that was recorded. */
void engine_say_trade(struct engine *e, const struct trade *t);
void engine_take_past_fill(struct engine *e, const struct dtc_historical_order_fill_response *u);
void engine_end_history(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why);
void engine_apply_collected(struct engine *e);
/* Until the fill histories have come: prices of now may be none of what was held before. */
void engine_hold_prices(struct engine *e);
/* The connection is lost: histories will be asked for anew, the fills of the stream count. */
void engine_lose_histories(struct engine *e);

/* recount.c: fills that come behind later ones */
/* Puts those that were counted since, from a flat position on, among the account's fills, which are
 * in order of time and stay in order. */
void engine_plan_recount(struct engine *e, struct engine_account *a);
bool engine_is_recounted(const struct engine_account *a, const char *symbol);
/* The trades that are to be taken back may not be loaded yet. */
bool engine_recount_waits(struct engine *e, const struct engine_account *a);
/* Counts them, and what stands between them, which is covered then. */
void engine_recount(struct engine *e, struct engine_account *a);
/* Takes out of the account's fills what was to be counted again. */
void engine_drop_recount(struct engine *e, struct engine_account *a);
void engine_sort_fills(struct engine_account *a);
/* Room for one more. */
struct engine_fill *engine_add_fill(struct engine *e, struct engine_account *a);

/* missed.c: prices up to the fills of a history; the account's are in order of time */
void engine_plan_missed(struct engine *e, struct engine_account *a);
bool engine_waits_for_missed(struct engine *e, struct engine_account *a);
/* A fill of the stream waits as well. */
void engine_hurry_missed(struct engine *e, struct engine_account *a);
void engine_drop_missed(struct engine *e, struct engine_account *a);
/* That question is answered; false: as far as can be. */
void engine_take_missed(struct engine *e, struct engine_past *p, bool whole);
void engine_service_missed(struct engine *e); /* what has waited long enough */

/* orders.c */
void engine_take_order(struct engine *e, const union dtc_message *m);
/* The fill alone of an order update that waited too long for its symbol. */
void engine_take_late_fill(struct engine *e, const union dtc_message *m);
bool engine_reports_fill(const union dtc_message *m);
void engine_end_orders(struct engine *e, enum dtc_outcome outcome, const char *why);
void engine_follow_bracket(struct engine *e, const struct account_key *key, const char *symbol);

/* reports.c */
void engine_ask_positions(struct engine *e);
void engine_take_position(struct engine *e, const union dtc_message *m);
void engine_end_positions(struct engine *e, enum dtc_outcome outcome, const char *why);
int64_t engine_server_number(const struct engine *e); /* never 0 */
void engine_add_reporter(struct engine_account *a, int64_t server);
/* What the server says is held; false: it says nothing that counts. */
bool engine_get_reported(struct engine *e, const struct engine_account *a, const char *symbol,
                         double *quantity);
/* The connection is lost: what was said of positions on it counts no more. */
void engine_forget_reports(struct engine *e);

/* stand_in.c: what stood in for fills that are told of later */
void engine_note_server_time(struct engine *e, int64_t time); /* us UTC, of a heartbeat */
void engine_note_stand_in(struct engine *e, const struct account_key *key, const char *symbol);
/* The fact of that name, where it is one of a stand-in. */
void engine_restore_stand_in(struct engine *e, const char *fact, int64_t time);
/* True when the server's positions are needed to tell which fills of a history are covered. */
bool engine_has_doubt(struct engine *e, const struct engine_account *a);
/* Finds them; the fills are in order of time. */
void engine_find_covered(struct engine *e, struct engine_account *a);

/* reconcile.c */
double engine_quantity_held(struct engine *e, const struct account_key *key, const char *symbol);
void engine_reconcile(struct engine *e);

/* gaps.c */
/* Prices of an open position were missed from `from` (us UTC, the server's) until prices come
 * again.
 */
void engine_note_gap(struct engine *e, const struct position *p, int64_t from);
void engine_note_gaps(struct engine *e,
                      const char *symbol); /* in all positions; NULL: any symbol */
/* Prices of the symbol begin: those of positions that were opened before, and had none yet, were
 * missed from a second on, to which times are known. */
void engine_note_first_price(struct engine *e, const struct engine_symbol *s);
/* Since when prices of the position were missed (us UTC); 0: none are known to be. */
int64_t engine_gap_start(struct engine *e, const struct position *p);
void engine_fill_gap(struct engine *e, const struct account_key *key, const char *symbol,
                     double high, double low);
/* The position is of that account now. */
void engine_move_gap(struct engine *e, const struct position *p, const struct account_key *to);
/* What the server's positions did not fill is asked for. */
void engine_want_gaps(struct engine *e);

/* history.c: prices of the past */
void engine_want_session(struct engine *e, int symbol);
void engine_drop_session(struct engine *e, int symbol);
/* A place for a wish: there is one for each position and symbol. */
struct engine_past *engine_add_past(struct engine *e, enum engine_past_purpose purpose,
                                    const char *symbol);
void engine_drop_past(struct engine *e, struct engine_past *p);
/* Nothing is to be had on this connection: what is missing is marked and stays so. */
void engine_give_up_past(struct engine *e);
/* Another of them may be asked for: what is due is. */
void engine_ask_past(struct engine *e);
/* Takes 801 to 804, as they come on that session. */
void engine_take_past(struct engine *e, const struct dtc_session *from, const union dtc_message *m);
void engine_end_past(struct engine *e, const struct dtc_session *from, int32_t request,
                     enum dtc_outcome outcome, const char *why);

/* history_link.c: the connection for them */
bool engine_has_past(const struct engine *e); /* there is one, or can be */
/* The session to ask on; NULL: not yet. */
struct dtc_session *engine_past_session(struct engine *e);
/* Drives the session of its own, if there is one, and ends it when nothing is wanted. */
void engine_service_past(struct engine *e);

/* link.c */
/* What the settings say of sessions. */
void engine_set_options(const struct engine *e, struct dtc_session_options *options);
void engine_connect(struct engine *e); /* makes the session */
void engine_ask_everything(struct engine *e);
void engine_handle(struct engine *e, const union dtc_message *m); /* one message of the server */
/* Shows prices that are not shown yet; before everything that looks at them. */
void engine_settle_prices(struct engine *e);

#endif
