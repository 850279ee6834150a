/* One step of what must be stored: everything in it goes to the database in one transaction,
 * together or not at all (domain.md, "Stored, at once"). */
#ifndef SORTIE_TRADE_CHANGE_H
#define SORTIE_TRADE_CHANGE_H

#include "trade/account.h"
#include "trade/fill.h"
#include "trade/order.h"
#include "trade/position.h"

enum change_kind {
    CHANGE_OPEN,
    CHANGE_ADD,
    CHANGE_REDUCE,
    CHANGE_CLOSE,
    CHANGE_REVERSE,
    CHANGE_BRACKET,    /* stop or target moved */
    CHANGE_RECONCILED, /* the server's word taken: entry price, extremes, adoption */
    CHANGE_DISCARD,    /* the user removed it */
    CHANGE_RECOUNT,    /* `fill` and those counted after it are taken back, with their trades */
    CHANGE_EXTREMES,   /* prices moved min, max, MAE, MFE or heat; no audit row */
    CHANGE_BALANCE,
    CHANGE_ORDER,
    CHANGE_FACT
};

struct change {
    uint64_t sequence; /* ascending from 1 within a run; acknowledged when durable */
    enum change_kind kind;
    bool joined; /* with the next one: both are stored in one transaction, or neither is */
    int64_t time;
    bool
        has_position; /* `before` and `after`: the row becomes `after`, or goes when that is flat */
    bool has_fill, has_trade, has_balance, has_order, has_fact;
    struct position before, after;
    struct fill fill;
    struct trade trade;
    struct balance balance;
    struct order order;
    char fact[128]; /* a small fact worth keeping (table meta), with its value */
    int64_t fact_value;
    char fact_text[112]; /* "", or the value in place of the number: no number itself */
    char why[96];        /* for the audit row */
};

const char *change_kind_name(enum change_kind kind);

#endif
