/* What the console knows, as one plain struct in a memory-mapped file, published by a sequence
 * lock: readers of this and other processes copy it and never block the publisher. */
#ifndef SORTIE_STATE_SNAPSHOT_H
#define SORTIE_STATE_SNAPSHOT_H

#include "base/error.h"
#include "trade/account.h"
#include "trade/curve.h"
#include "trade/instrument.h"
#include "trade/market.h"
#include "trade/order.h"
#include "trade/position.h"
#include "trade/statistics.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SNAPSHOT_VERSION = 5,
    SNAPSHOT_ACCOUNTS = 128,
    SNAPSHOT_SYMBOLS = 128,
    SNAPSHOT_POSITIONS = 128,
    SNAPSHOT_ORDERS = 256,
    SNAPSHOT_MESSAGES = 64,
    SNAPSHOT_RECOVERED = SNAPSHOT_POSITIONS,
    SNAPSHOT_EQUITY = CURVE_SAMPLES,
    SNAPSHOT_SCATTER = 256,
    VIEW_HISTORY = 100
};

enum link_phase { LINK_OFFLINE, LINK_CONNECTING, LINK_LOGGING_ON, LINK_ONLINE, LINK_ENDED };

struct connection {
    enum link_phase phase;
    char server[280];   /* host:port */
    char encoding[16];  /* "json" */
    char sentence[256]; /* what happened last and what is done about it */
    int64_t round_trip; /* us; -1 unknown */
    int64_t feed_time;  /* us UTC, the server's time of the latest price; 0 none */
    bool trading_supported;
};

enum message_level { MESSAGE_INFO, MESSAGE_GOOD, MESSAGE_WARNING, MESSAGE_ERROR };

struct message {
    int64_t time; /* us UTC */
    enum message_level level;
    char text[200]; /* clean */
};

struct view_change {
    int64_t time;
    struct account_key key;
    char reason[32]; /* "fill", "chosen", "start" */
};

/* How often something took so long, and how long. Band k counts what took less than 4^k times 2^20
 * ns, about a millisecond, and is in none before; the last one the rest. Times in us. */
enum { SAVING_BANDS = 7 };
struct duration {
    int64_t median, p99, max;
    uint64_t bands[SAVING_BANDS];
};

/* How long saving takes, measured by the writer since its start. */
struct saving {
    int64_t now; /* what it takes at the moment in us, 0: nothing was saved lately */
    uint64_t waiting, waiting_most, commits, changes;
    struct duration commit;      /* a transaction */
    struct duration acknowledge; /* from a change to its acknowledgement */
};

/* A position as it was restored at this start, for the recovery window. */
struct recovered {
    struct position position;
    bool stale;        /* and neither the server nor the user has vouched for it since */
    char finding[120]; /* what the reconciliation found, "" until then */
};

struct equity {
    money base; /* the last balance before the timeframe; MONEY_UNSET when there is none */
    uint32_t count;
    struct equity_point points[SNAPSHOT_EQUITY]; /* ascending in time */
};

/* Its size is a multiple of 8 bytes, and it is copied in words of 8. */
struct snapshot {
    uint32_t version;
    uint32_t size; /* sizeof(struct snapshot) of the publisher */
    int32_t pid;
    int64_t started_at;
    struct connection connection;

    uint64_t changes_issued, changes_durable; /* sequence numbers; equal: everything is saved */
    bool store_refused;                       /* the database refuses; see store_sentence */
    bool store_lost;                          /* the spill journal too: nothing is being saved */
    char store_sentence[256];
    struct saving saving;

    struct account_key view;
    bool view_pinned;
    uint32_t view_history_count; /* at most VIEW_HISTORY, newest last */
    struct view_change view_history[VIEW_HISTORY];

    uint32_t account_count;
    struct account accounts[SNAPSHOT_ACCOUNTS];

    uint32_t symbol_count; /* instruments[i] and markets[i] are of one symbol */
    struct instrument instruments[SNAPSHOT_SYMBOLS];
    struct market markets[SNAPSHOT_SYMBOLS];

    uint32_t position_count; /* open ones, all accounts */
    struct position positions[SNAPSHOT_POSITIONS];
    uint32_t position_symbol[SNAPSHOT_POSITIONS]; /* index into instruments and markets */
    uint64_t position_change[SNAPSHOT_POSITIONS]; /* sequence of its latest change: unsaved while
                                                     above changes_durable */
    bool position_confirmed[SNAPSHOT_POSITIONS];  /* the server reports the same quantity */

    uint32_t order_count; /* all accounts; in order of arrival */
    struct order orders[SNAPSHOT_ORDERS];

    /* Of the view's account. */
    bool statistics_ready;
    struct statistics statistics[TIMEFRAME_COUNT];
    struct excursions excursions[TIMEFRAME_COUNT];
    uint32_t scatter_count; /* the newest closed trades, of any timeframe; ascending in time */
    struct scatter_point scatter[SNAPSHOT_SCATTER];
    struct equity equity[TIMEFRAME_COUNT];

    uint64_t message_total; /* ever; messages[(n - 1) % SNAPSHOT_MESSAGES] is the n-th */
    struct message messages[SNAPSHOT_MESSAGES];

    bool recovery_open; /* the window is to be shown until a user accepts it */
    uint32_t recovered_count;
    struct recovered recovered[SNAPSHOT_RECOVERED];
};

/* The index of a symbol, position (open) or account; -1 when it is not there. */
int snapshot_find_symbol(const struct snapshot *s, const char *symbol);
int snapshot_find_position(const struct snapshot *s, const struct account_key *key,
                           const char *symbol);
int snapshot_find_account(const struct snapshot *s, const struct account_key *key);

struct snapshot_map;

/* Creates (0600) or takes over the file and maps it for publishing; NULL path: memory of this
 * process only. Readers that map an older file keep their copy. NULL on error. */
struct snapshot_map *snapshot_map_create(const char *path, struct error *error);
/* Maps another process's file for reading; refuses one of another version or size. */
struct snapshot_map *snapshot_map_open(const char *path, struct error *error);
void snapshot_map_close(struct snapshot_map *m);

/* A range of bytes of a struct snapshot. */
struct snapshot_range {
    uint32_t begin, end;
};

/* Publishes the given ranges of `s`; one publisher at a time. */
void snapshot_publish(struct snapshot_map *m, const struct snapshot *s,
                      const struct snapshot_range *ranges, size_t count);
/* Grows by one (or more) with each publication. */
uint64_t snapshot_sequence(const struct snapshot_map *m);
/* Copies a whole, untorn snapshot and returns its sequence; 0 when there is none: nothing was
 * published yet, or the publisher died in the middle of it (`out` is then not to be used). */
uint64_t snapshot_read(const struct snapshot_map *m, struct snapshot *out);

#endif
