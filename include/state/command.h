/* What the user wants done: posted by the UI, carried out by the reader thread. */
#ifndef SORTIE_STATE_COMMAND_H
#define SORTIE_STATE_COMMAND_H

#include "trade/mode.h"

#include <stdbool.h>
#include <stdint.h>

enum command_kind {
    COMMAND_ACCEPT_RECOVERY, /* the recovery window was read */
    COMMAND_KEEP,            /* a stale position (key, symbol): it is real, count it as fresh */
    COMMAND_DISCARD,         /* a stale position: remove it, no trade */
    COMMAND_CLOSE_AT,        /* a stale position: closed at `price`, origin manual */
    COMMAND_VIEW,            /* show account `key`, pinned */
    COMMAND_UNPIN,           /* follow the fills again */
    COMMAND_NEW_PERIOD,      /* of the ledger of the SIM account `key` */
    COMMAND_RECONCILE,       /* ask the server for everything again */
    COMMAND_RECONNECT,       /* try to connect now */
    COMMAND_STOP             /* log off and end the reader thread */
};

struct command {
    enum command_kind kind;
    struct account_key key;
    char symbol[SYMBOL_SIZE];
    double price;
};

struct command_queue;

/* NULL when the system has no descriptors left. */
struct command_queue *command_queue_new(void);
void command_queue_free(struct command_queue *q);
/* Any thread; false when 256 are waiting already. */
bool command_post(struct command_queue *q, const struct command *c);
/* The next one; false when there is none. */
bool command_take(struct command_queue *q, struct command *c);
/* Readable (POLLIN) while commands wait. */
int command_descriptor(const struct command_queue *q);

#endif
