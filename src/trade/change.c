#include "trade/change.h"

static const char *const NAMES[] = {
    [CHANGE_OPEN] = "open",
    [CHANGE_ADD] = "add",
    [CHANGE_REDUCE] = "reduce",
    [CHANGE_CLOSE] = "close",
    [CHANGE_REVERSE] = "reverse",
    [CHANGE_BRACKET] = "bracket",
    [CHANGE_RECONCILED] = "reconciled",
    [CHANGE_DISCARD] = "discard",
    [CHANGE_RECOUNT] = "recount",
    [CHANGE_EXTREMES] = "extremes",
    [CHANGE_BALANCE] = "balance",
    [CHANGE_ORDER] = "order",
    [CHANGE_FACT] = "fact",
};

const char *change_kind_name(enum change_kind kind)
{
    return (unsigned)kind < sizeof NAMES / sizeof NAMES[0] ? NAMES[kind] : "?";
}
