/* Shared by the files of src/engine only. */
#ifndef SORTIE_ENGINE_INTERNAL_H
#define SORTIE_ENGINE_INTERNAL_H

#include "dtc/session.h"
#include "engine/engine.h"

#include <pthread.h>

enum { ENGINE_REPORTS = 256, ENGINE_WAITING = 4096, ENGINE_ASKED = 64 };

/* A symbol on the wire. Its SymbolID there is its place in the table plus 1. */
struct engine_symbol {
    char name[SYMBOL_SIZE], exchange[16];
    int place;         /* in the state */
    double multiplier; /* wire price × this = price */
    bool defined;      /* the definition came, or will not: prices may pass */
    bool scale_known;  /* prices were counted with the multiplier */
    bool subscribed;
    uint32_t session_date;         /* of the trading session, as the server says; 0 not said */
    int32_t definition_request;    /* under way; 0 none */
    int64_t retry_at, retry_pause; /* monotonic us: market data that was refused */
};

/* A message that waits for its symbol's definition. */
struct engine_waiting {
    int symbol;
    union dtc_message message;
};

/* A fill that waits for the fill history of its account. */
struct engine_fill {
    struct fill fill;
    bool past;        /* of the history, not of the stream */
    bool raw;         /* its price is still in the server's units */
    size_t place;     /* in order of coming */
    double high, low; /* of the position up to then, as the history says; PRICE_UNSET: not said */
};

struct engine_account {
    struct account_key key;
    int64_t since; /* us UTC; fills before it are not counted: the account was not followed yet */
    int64_t last_fill;  /* us UTC, newest known; 0 none */
    int64_t reports_of; /* the server that last reported an open position for it; 0 none yet */
    bool collecting; /* fills are kept until the fill history is here, then applied in order of time
                      */
    bool history_again; /* a fill was missed meanwhile: that answer may be without it */
    bool history_refused;
    int32_t history_request; /* under way; 0 answered */
    int64_t history_from;    /* us UTC: asked from then on */
    struct engine_fill *fills;
    size_t fill_count, fill_capacity;
};

/* The server's latest word on one position, and how long ours has differed. Times are monotonic us.
 */
struct engine_report {
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    double quantity, average_price, high, low;
    int64_t entry_time; /* us UTC; when it came where the server does not say */
    uint32_t answer;    /* number of the positions answer that it came in or after */
    int64_t received;
    double ours; /* our quantity when last compared, and since when it is that */
    int64_t ours_since;
    bool history_asked; /* for this difference */
    bool settled;       /* nothing to do until it changes */
};

struct engine {
    struct engine_options options;
    struct state *state;
    struct writer *writer;
    struct dtc_session *session;
    pthread_t thread;
    bool stopping;
    int64_t now;  /* monotonic us, of this turn of the loop */
    int64_t wall; /* us UTC, likewise */

    struct engine_symbol symbols[SNAPSHOT_SYMBOLS];
    int symbol_count;
    struct engine_waiting *waiting;
    size_t waiting_count, waiting_capacity;

    struct engine_account accounts[SNAPSHOT_ACCOUNTS];
    int account_count;
    int32_t accounts_request, positions_request, orders_request;
    bool positions_refused, orders_refused;
    bool orders_listed; /* by this connection: those that are not known are not there */
    uint32_t positions_answer;
    char (*open_orders)[ORDER_ID_SIZE]; /* named in the answer under way */
    size_t open_order_count, open_order_capacity;

    struct engine_report reports[ENGINE_REPORTS];
    int report_count;
    struct { /* orders whose missing fills were asked for */
        char order_id[ORDER_ID_SIZE];
        double filled;
    } asked[ENGINE_ASKED];
    unsigned asked_next;

    int64_t online_since;                              /* us UTC; prices before it were missed */
    enum { GAPS_UNKNOWN, GAPS_DUE, GAPS_MARKED } gaps; /* of this connection, in open positions */
    int64_t extremes_at, second_at, reconcile_at, ask_again_at, positions_asked_at;
    struct connection connection;
    char trouble[256]; /* why there is no connection, as last told in the messages; "" online */
    bool first_view_chosen;
};

/* engine.c */
/* One turn of the loop at `now` and `wall`: commands, what the socket is ready for, what is due. */
void engine_turn(struct engine *e, short ready);

/* tell.c */
/* A time that the server gives, where it can be one: after 1970 and at most a day ahead of ours. */
int64_t engine_time(const struct engine *e, int64_t time);
void engine_store(struct engine *e, const struct change *c);
void engine_say(struct engine *e, enum message_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* symbols.c */
int engine_find_symbol(struct engine *e, const char *name,
                       const char *exchange); /* adds it; -1: full */
/* True when the message has to wait for the symbol's definition (it is kept). */
bool engine_wait_for_symbol(struct engine *e, int symbol, const union dtc_message *m);
void engine_take_definition(struct engine *e, const struct dtc_security_definition_response *d);
void engine_end_definition(struct engine *e, int32_t request, const char *why);
void engine_ask_definitions(struct engine *e); /* after a logon: all anew */
void engine_retry_market_data(struct engine *e);
void engine_take_market_data_reject(struct engine *e, const struct dtc_market_data_reject *r);
void engine_take_feed_status(struct engine *e, const struct dtc_market_data_feed_status *f);

/* prices.c */
bool engine_take_price(struct engine *e,
                       const union dtc_message *m); /* false: not a price message */

/* orders.c */
struct engine_account *engine_find_account(struct engine *e, const char *name,
                                           bool listed); /* NULL: full */
void engine_take_order(struct engine *e, const union dtc_message *m);
void engine_apply_collected(struct engine *e);
void engine_note_open_order(struct engine *e, const char *server_id);
void engine_take_past_fill(struct engine *e, const struct dtc_historical_order_fill_response *u);
void engine_end_history(struct engine *e, int32_t request, enum dtc_outcome outcome,
                        const char *why);
void engine_end_orders(struct engine *e, enum dtc_outcome outcome, const char *why);
void engine_follow_bracket(struct engine *e, const struct account_key *key, const char *symbol);
void engine_ask_history(struct engine *e, struct engine_account *a);
/* Applies, stores and tells of one fill. */
void engine_apply_fill(struct engine *e, const struct fill *f, enum trade_origin origin,
                       const char *why);
void engine_take_balance(struct engine *e, const struct dtc_account_balance_update *u);

/* A price that a server leaves 0 where it has none, in shown units; PRICE_UNSET for none. */
double engine_price_or_none(double wire, double multiplier);

/* reconcile.c */
void engine_ask_positions(struct engine *e);
void engine_take_position(struct engine *e, const union dtc_message *m);
void engine_end_positions(struct engine *e, enum dtc_outcome outcome, const char *why);
void engine_reconcile(struct engine *e);

/* link.c */
void engine_connect(struct engine *e); /* makes the session */
void engine_ask_everything(struct engine *e);
void engine_handle(struct engine *e, const union dtc_message *m); /* one message of the server */

#endif
