#include "dtc/requests.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>

/* An answer that does not count its messages is over when nothing of it has come for so long. */
#define QUIET (500 * CLOCK_MS)

struct dtc_pending {
    int32_t id;
    uint16_t type;
    bool
        is_quiet_enough; /* at the deadline: the answer has come, and does not count its messages */
    bool is_compressible;
    int32_t received, number; /* how many messages of the answer, and the latest one's */
    int64_t sent, deadline;
};

#define AT(message, field) offsetof(struct dtc_##message, field)

/* Offsets of int32 id, total and number, and of the byte that marks the last message or says that
 * there is nothing; 0: the answer has no such field. `single`: the first of these is the last. */
static const struct rule {
    uint16_t request, answer, reject;
    bool single;
    size_t id, total, number, last;
} rules[] = {
    {DTC_OPEN_ORDERS_REQUEST, DTC_ORDER_UPDATE, DTC_OPEN_ORDERS_REJECT, false,
     AT(order_update, RequestID), AT(order_update, TotalNumMessages),
     AT(order_update, MessageNumber), AT(order_update, NoOrders)},
    {DTC_HISTORICAL_ORDER_FILLS_REQUEST, DTC_HISTORICAL_ORDER_FILL_RESPONSE,
     DTC_HISTORICAL_ORDER_FILLS_REJECT, false, AT(historical_order_fill_response, RequestID),
     AT(historical_order_fill_response, TotalNumberMessages),
     AT(historical_order_fill_response, MessageNumber),
     AT(historical_order_fill_response, NoOrderFills)},
    {DTC_CURRENT_POSITIONS_REQUEST, DTC_POSITION_UPDATE, DTC_CURRENT_POSITIONS_REJECT, false,
     AT(position_update, RequestID), AT(position_update, TotalNumberMessages),
     AT(position_update, MessageNumber), AT(position_update, NoPositions)},
    {DTC_TRADE_ACCOUNTS_REQUEST, DTC_TRADE_ACCOUNT_RESPONSE, 0, false,
     AT(trade_account_response, RequestID), AT(trade_account_response, TotalNumberMessages),
     AT(trade_account_response, MessageNumber), 0},
    {DTC_SECURITY_DEFINITION_FOR_SYMBOL_REQUEST, DTC_SECURITY_DEFINITION_RESPONSE,
     DTC_SECURITY_DEFINITION_REJECT, true, AT(security_definition_response, RequestID), 0, 0, 0},
    {DTC_ACCOUNT_BALANCE_REQUEST, DTC_ACCOUNT_BALANCE_UPDATE, DTC_ACCOUNT_BALANCE_REJECT, false,
     AT(account_balance_update, RequestID), AT(account_balance_update, TotalNumberMessages),
     AT(account_balance_update, MessageNumber), AT(account_balance_update, NoAccountBalances)},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER,
     DTC_HISTORICAL_PRICE_DATA_REJECT, false, AT(historical_price_data_response_header, RequestID),
     0, 0, AT(historical_price_data_response_header, NoRecordsToReturn)},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE, 0, false,
     AT(historical_price_data_record_response, RequestID), 0, 0,
     AT(historical_price_data_record_response, IsFinalRecord)},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, DTC_HISTORICAL_PRICE_DATA_TICK_RECORD_RESPONSE, 0, false,
     AT(historical_price_data_tick_record_response, RequestID), 0, 0,
     AT(historical_price_data_tick_record_response, IsFinalRecord)},
    {DTC_HISTORICAL_PRICE_DATA_REQUEST, DTC_HISTORICAL_PRICE_DATA_RESPONSE_TRAILER, 0, true,
     AT(historical_price_data_response_trailer, RequestID), 0, 0, 0},
};

enum { RULES = sizeof rules / sizeof rules[0] };

static int32_t number_at(const union dtc_message *message, size_t offset)
{
    int32_t number = 0;
    if (offset > 0)
        memcpy(&number, (const char *)message + offset, sizeof number);
    return number;
}

void dtc_requests_init(struct dtc_requests *r)
{
    *r = (struct dtc_requests){.round_trip = -1};
}

void dtc_requests_free(struct dtc_requests *r)
{
    free(r->list);
    dtc_requests_init(r);
}

int32_t dtc_requests_add(struct dtc_requests *r, union dtc_message *message, int64_t now,
                         int64_t timeout)
{
    size_t rule = 0;
    while (rule < RULES && rules[rule].request != message->header.Type)
        rule++;
    if (rule == RULES || r->count >= DTC_REQUESTS_MAX)
        return 0;
    if (r->count == r->capacity) {
        r->capacity = r->capacity > 0 ? 2 * r->capacity : 16;
        r->list = memory_resize(r->list, r->capacity, sizeof *r->list);
    }
    r->last_id = r->last_id < INT32_MAX ? r->last_id + 1 : 1;
    r->list[r->count++] = (struct dtc_pending){
        .id = r->last_id,
        .type = message->header.Type,
        .is_compressible = message->header.Type == DTC_HISTORICAL_PRICE_DATA_REQUEST &&
                           message->historical_price_data_request.UseZLibCompression != 0,
        .sent = now,
        .deadline = now + timeout};
    message->trade_accounts_request.RequestID = r->last_id; /* all requests begin like this one */
    return r->last_id;
}

static void finish(struct dtc_requests *r, struct dtc_pending *p, enum dtc_outcome outcome,
                   struct dtc_ending *ending)
{
    ending->id = p->id;
    ending->type = p->type;
    ending->outcome = outcome;
    memmove(p, p + 1, (size_t)(r->list + r->count - (p + 1)) * sizeof *p);
    r->count--;
}

static struct dtc_pending *find(struct dtc_requests *r, int32_t id, uint16_t type)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].id == id && r->list[i].type == type)
            return &r->list[i];
    return NULL;
}

/* An answer whose last message is here while others are missing is no complete one: what it does
 * not name may be in what was lost. */
static bool take_answer(struct dtc_requests *r, const struct rule *rule, struct dtc_pending *p,
                        const union dtc_message *message, int64_t now, struct dtc_ending *ending)
{
    int32_t total = number_at(message, rule->total), number = number_at(message, rule->number);
    bool is_marked = rule->single || (rule->last > 0 && ((const char *)message)[rule->last] != 0);
    if (number > 0 && number == p->number) /* the same once more */
        return false;
    p->number = number;
    if (p->received < INT32_MAX)
        p->received++;
    p->is_quiet_enough = rule->total > 0 && total <= 0;
    if (p->is_quiet_enough)
        p->deadline = now + QUIET;
    if (!is_marked && (total <= 0 || (number < total && p->received < total)))
        return false;
    bool is_whole = is_marked || p->received >= total;
    if (!is_whole)
        text_format(ending->text, sizeof ending->text, "only %d of %d messages came", p->received,
                    total);
    finish(r, p, is_whole ? DTC_COMPLETE : DTC_UNANSWERED, ending);
    return true;
}

bool dtc_requests_take(struct dtc_requests *r, const union dtc_message *message, int64_t now,
                       int64_t timeout, struct dtc_ending *ending)
{
    uint16_t type = message->header.Type;
    for (size_t i = 0; i < RULES && r->count > 0; i++) {
        const struct rule *rule = &rules[i];
        if (type != rule->answer && type != rule->reject)
            continue;
        /* All rejects begin like this one. */
        const struct dtc_open_orders_reject *reject = &message->open_orders_reject;
        int32_t id = type == rule->reject ? reject->RequestID : number_at(message, rule->id);
        struct dtc_pending *p = find(r, id, rule->request);
        if (!p)
            return false;
        if (p->received == 0)
            r->round_trip = now - p->sent;
        p->deadline = now + timeout;
        ending->text[0] = '\0';
        if (type != rule->reject)
            return take_answer(r, rule, p, message, now, ending);
        text_clean(ending->text, sizeof ending->text, reject->RejectText,
                   sizeof reject->RejectText);
        finish(r, p, DTC_REJECTED, ending);
        return true;
    }
    return false;
}

bool dtc_requests_compresses(struct dtc_requests *r, const union dtc_message *message)
{
    const struct dtc_historical_price_data_response_header *answer =
        &message->historical_price_data_response_header;
    if (message->header.Type != DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER ||
        answer->UseZLibCompression == 0 || answer->NoRecordsToReturn != 0)
        return false;
    const struct dtc_pending *p = find(r, answer->RequestID, DTC_HISTORICAL_PRICE_DATA_REQUEST);
    return p != NULL && p->is_compressible;
}

bool dtc_requests_expire(struct dtc_requests *r, int64_t now, struct dtc_ending *ending)
{
    for (size_t i = 0; i < r->count; i++) {
        struct dtc_pending *p = &r->list[i];
        if (p->deadline > now)
            continue;
        ending->text[0] = '\0';
        finish(r, p, p->is_quiet_enough && now < INT64_MAX ? DTC_COMPLETE : DTC_UNANSWERED, ending);
        return true;
    }
    return false;
}

int64_t dtc_requests_deadline(const struct dtc_requests *r)
{
    int64_t deadline = INT64_MAX;
    for (size_t i = 0; i < r->count; i++)
        if (r->list[i].deadline < deadline)
            deadline = r->list[i].deadline;
    return deadline;
}
