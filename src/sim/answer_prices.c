#include "base/clock.h"
#include "sim/answers.h"
#include "sim/wire.h"

#include <stdlib.h>

#define SET_TEXT(field, text) dtc_text_set(field, sizeof(field), text)

enum { HISTORY_RETRY = 10, /* seconds */ DAYS_MOST = 36500 };

void sim_answer_exchanges(const struct sim_request *r)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_EXCHANGE_LIST_RESPONSE);
    m.exchange_list_response.RequestID = r->message->exchange_list_request.RequestID;
    m.exchange_list_response.IsFinalMessage = 1;
    SET_TEXT(m.exchange_list_response.Exchange, "CME");
    SET_TEXT(m.exchange_list_response.Description, "CME Group");
    sim_client_send(r->client, &m);
}

void sim_answer_definition(const struct sim_request *r)
{
    const struct dtc_security_definition_for_symbol_request *q =
        &r->message->security_definition_for_symbol_request;
    union dtc_message m;
    int product = sim_product_find(q->Symbol);
    if (r->terms->no_definitions) {
        dtc_message_init(&m, DTC_SECURITY_DEFINITION_REJECT);
        m.security_definition_reject.RequestID = q->RequestID;
        SET_TEXT(m.security_definition_reject.RejectText,
                 "This server gives no security definitions");
        sim_client_send(r->client, &m);
        return;
    }
    if (product >= 0) {
        sim_wire_definition(&m, &sim_products[product]);
    } else {
        /* As real servers do: no 509, but a definition that defines nothing. */
        dtc_message_init(&m, DTC_SECURITY_DEFINITION_RESPONSE);
        SET_TEXT(m.security_definition_response.Symbol, q->Symbol);
        m.security_definition_response.IsFinalMessage = 1;
    }
    m.security_definition_response.RequestID = q->RequestID;
    sim_client_send(r->client, &m);
}

/* Market data. */

static void unsubscribe(struct sim_client *c, const struct dtc_market_data_request *q)
{
    for (int i = 0; i < SIM_PRODUCTS; i++)
        if (c->symbol_id[i] == q->SymbolID)
            c->subscribed[i] = false;
}

static void subscribe(const struct sim_request *r, int product)
{
    struct sim_client *c = r->client;
    bool first = true;
    for (int i = 0; i < SIM_PRODUCTS; i++)
        first = first && !c->subscribed[i];
    if (first) {
        c->streaming_since = r->now;
        c->market_messages = 0;
    }
    c->subscribed[product] = true;
    c->symbol_id[product] = r->message->market_data_request.SymbolID;
}

void sim_answer_market_data(const struct sim_request *r)
{
    const struct dtc_market_data_request *q = &r->message->market_data_request;
    if (q->RequestAction == DTC_UNSUBSCRIBE) {
        unsubscribe(r->client, q);
        return;
    }
    union dtc_message m;
    int product = sim_product_find(q->Symbol);
    if (product < 0 || r->terms->no_market_data) {
        dtc_message_init(&m, DTC_MARKET_DATA_REJECT);
        m.market_data_reject.SymbolID = q->SymbolID;
        SET_TEXT(m.market_data_reject.RejectText, r->terms->no_market_data
                                                      ? "Request is not authorized"
                                                      : "The symbol is not known");
        sim_client_send(r->client, &m);
        return;
    }
    const struct sim_history *h = sim_world_history(r->world, product);
    size_t trades = sim_history_tick_count(h);
    sim_wire_snapshot(&m, sim_world_market(r->world, product), q->SymbolID,
                      trades > 0 ? sim_history_tick(h, trades - 1)->time : 0, r->wall);
    sim_client_send(r->client, &m);
    if (q->RequestAction != DTC_SNAPSHOT)
        subscribe(r, product);
}

void sim_answer_market_depth(const struct sim_request *r)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DEPTH_REJECT);
    m.market_depth_reject.SymbolID = r->message->market_depth_request.SymbolID;
    SET_TEXT(m.market_depth_reject.RejectText, "This server has no market depth");
    sim_client_send(r->client, &m);
}

/* Historical prices. */

struct span {
    int64_t start, end; /* both included */
};

static struct span find_span(const struct dtc_historical_price_data_request *q, int64_t wall)
{
    struct span s = {dtc_time_from_seconds(q->StartDateTime),
                     dtc_time_from_seconds(q->EndDateTime)};
    if (s.end == 0)
        s.end = INT64_MAX;
    if (q->MaxDaysToReturn > 0) {
        int64_t days = q->MaxDaysToReturn < DAYS_MOST ? q->MaxDaysToReturn : DAYS_MOST;
        int64_t from = (s.end < wall ? s.end : wall) - days * CLOCK_DAY;
        s.start = s.start > from ? s.start : from;
    }
    return s;
}

static bool is_in(const struct span *s, int64_t time)
{
    return time >= s->start && time <= s->end;
}

static void send_header(const struct sim_request *r, bool has_records)
{
    const struct dtc_historical_price_data_request *q = &r->message->historical_price_data_request;
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RESPONSE_HEADER);
    struct dtc_historical_price_data_response_header *h = &m.historical_price_data_response_header;
    h->RequestID = q->RequestID;
    h->RecordInterval = q->RecordInterval;
    h->NoRecordsToReturn = !has_records;
    h->UseZLibCompression = has_records && q->UseZLibCompression;
    h->IntToFloatPriceDivisor = 1;
    sim_client_send(r->client, &m);
    if (h->UseZLibCompression)
        sim_client_begin_compression(r->client);
}

static void send_ticks(const struct sim_request *r, const struct sim_history *h, double scale)
{
    const struct dtc_historical_price_data_request *q = &r->message->historical_price_data_request;
    struct span span = find_span(q, r->wall);
    size_t end = sim_history_tick_count(h);
    while (end > 0 && !is_in(&span, sim_history_tick(h, end - 1)->time))
        end--;
    send_header(r, end > 0);
    for (size_t i = 0; i < end; i++) {
        const struct sim_tick *t = sim_history_tick(h, i);
        if (!is_in(&span, t->time))
            continue;
        union dtc_message m;
        dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_TICK_RECORD_RESPONSE);
        struct dtc_historical_price_data_tick_record_response *record =
            &m.historical_price_data_tick_record_response;
        record->RequestID = q->RequestID;
        record->DateTime = (double)t->time / (double)CLOCK_SECOND;
        record->AtBidOrAsk = (uint16_t)t->at;
        record->Price = t->price * scale;
        record->Volume = t->volume;
        record->IsFinalRecord = i + 1 == end;
        sim_client_send(r->client, &m);
    }
    if (end > 0 && q->UseZLibCompression)
        sim_client_end_compression(r->client);
}

static void send_bars(const struct sim_request *r, const struct sim_history *h, double scale)
{
    const struct dtc_historical_price_data_request *q = &r->message->historical_price_data_request;
    struct span span = find_span(q, r->wall);
    size_t count;
    struct sim_bar *bars = sim_history_bars(h, q->RecordInterval, span.start, span.end, &count);
    send_header(r, count > 0);
    for (size_t i = 0; i < count; i++) {
        const struct sim_bar *b = &bars[i];
        union dtc_message m;
        dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_RECORD_RESPONSE);
        struct dtc_historical_price_data_record_response *record =
            &m.historical_price_data_record_response;
        record->RequestID = q->RequestID;
        record->StartDateTime = b->start;
        record->OpenPrice = b->open * scale;
        record->HighPrice = b->high * scale;
        record->LowPrice = b->low * scale;
        record->LastPrice = b->last * scale;
        record->Volume = b->volume;
        record->NumTrades = b->trades;
        record->BidVolume = b->bid_volume;
        record->AskVolume = b->ask_volume;
        record->IsFinalRecord = i + 1 == count;
        sim_client_send(r->client, &m);
    }
    if (count > 0 && q->UseZLibCompression)
        sim_client_end_compression(r->client);
    free(bars);
}

static bool is_served(int32_t interval)
{
    static const int32_t of_ticks[] = {
        DTC_INTERVAL_1_SECOND,  DTC_INTERVAL_2_SECONDS,  DTC_INTERVAL_4_SECONDS,
        DTC_INTERVAL_5_SECONDS, DTC_INTERVAL_10_SECONDS, DTC_INTERVAL_30_SECONDS,
    };
    for (size_t i = 0; i < sizeof of_ticks / sizeof *of_ticks; i++)
        if (interval == of_ticks[i])
            return true;
    return interval == DTC_INTERVAL_TICK ||
           (interval > 0 && interval % DTC_INTERVAL_1_MINUTE == 0 &&
            interval <= DTC_INTERVAL_1_WEEK);
}

static void reject_history(const struct sim_request *r, int16_t reason, const char *text)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_HISTORICAL_PRICE_DATA_REJECT);
    struct dtc_historical_price_data_reject *reject = &m.historical_price_data_reject;
    reject->RequestID = r->message->historical_price_data_request.RequestID;
    reject->RejectReasonCode = reason;
    if (reason == DTC_HPDR_UNABLE_TO_SERVE_DATA_RETRY_IN_SPECIFIED_SECONDS)
        reject->RetryTimeInSeconds = HISTORY_RETRY;
    SET_TEXT(reject->RejectText, text);
    sim_client_send(r->client, &m);
}

void sim_answer_price_history(const struct sim_request *r)
{
    const struct dtc_historical_price_data_request *q = &r->message->historical_price_data_request;
    int product = sim_product_find(q->Symbol);
    if (r->terms->refuses_price_history) {
        reject_history(r, DTC_HPDR_UNABLE_TO_SERVE_DATA_RETRY_IN_SPECIFIED_SECONDS,
                       "Request is not authorized");
    } else if (r->terms->one_price_history && r->client->has_price_history) {
        reject_history(r, DTC_HPDR_UNABLE_TO_SERVE_DATA_DO_NOT_RETRY,
                       "A connection may ask for historical prices once");
    } else if (product < 0) {
        reject_history(r, DTC_HPDR_UNABLE_TO_SERVE_DATA_DO_NOT_RETRY, "The symbol is not known");
    } else if (!is_served(q->RecordInterval)) {
        reject_history(r, DTC_HPDR_GENERAL_REJECT_ERROR, "There are no bars of this interval");
    } else {
        r->client->has_price_history = true;
        (q->RecordInterval == DTC_INTERVAL_TICK ? send_ticks : send_bars)(
            r, sim_world_history(r->world, product), sim_products[product].wire_scale);
    }
}
