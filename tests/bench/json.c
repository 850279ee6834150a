/* Decoding and encoding of the messages that come most, beside jansson alone. */
#include "dtc/json.h"
#include "bench/bench.h"
#include "dtc/scan.h"

#include <jansson.h>

enum { ROUNDS = 11, TIMES = 4000, FIELDS_MAX = 40, TEXT_MAX = 2048 };

/* One message: as a struct, as text, and as the values that a hand-written program would have. */
struct sample {
    const char *name;
    union dtc_message message;
    char text[TEXT_MAX];
    size_t length; /* without the null byte */
    struct value {
        char name[32];
        json_type type;
        char string[128];
        double real;
        json_int_t integer;
    } values[FIELDS_MAX];
    size_t value_count;
};

static volatile double sink;

static void fill_trade(union dtc_message *m)
{
    dtc_message_init(m, DTC_MARKET_DATA_UPDATE_TRADE);
    struct dtc_market_data_update_trade *t = &m->market_data_update_trade;
    t->SymbolID = 1;
    t->AtBidOrAsk = DTC_AT_ASK;
    t->Price = 5050.25;
    t->Volume = 3;
    t->DateTime = 1795000000.123;
}

static void fill_bid_ask(union dtc_message *m)
{
    dtc_message_init(m, DTC_MARKET_DATA_UPDATE_BID_ASK);
    struct dtc_market_data_update_bid_ask *q = &m->market_data_update_bid_ask;
    q->SymbolID = 1;
    q->BidPrice = 5050.25;
    q->BidQuantity = 14;
    q->AskPrice = 5050.5;
    q->AskQuantity = 9;
    q->DateTime = 1795000000;
}

static void fill_order(union dtc_message *m)
{
    dtc_message_init(m, DTC_ORDER_UPDATE);
    struct dtc_order_update *o = &m->order_update;
    dtc_text_set(o->Symbol, sizeof o->Symbol, BENCH_SYMBOL);
    dtc_text_set(o->Exchange, sizeof o->Exchange, "CME");
    dtc_text_set(o->ServerOrderID, sizeof o->ServerOrderID, "1234567");
    dtc_text_set(o->ClientOrderID, sizeof o->ClientOrderID, "sortie-17");
    o->OrderStatus = DTC_ORDER_STATUS_FILLED;
    o->OrderUpdateReason = DTC_ORDER_FILLED;
    o->OrderType = DTC_ORDER_TYPE_LIMIT;
    o->BuySell = DTC_BUY;
    o->Price1 = 5050.25;
    o->TimeInForce = DTC_TIF_DAY;
    o->OrderQuantity = o->FilledQuantity = o->LastFillQuantity = 2;
    o->RemainingQuantity = 0;
    o->AverageFillPrice = o->LastFillPrice = 5050.25;
    o->LastFillDateTime = INT64_C(1795000000123);
    dtc_text_set(o->LastFillExecutionID, sizeof o->LastFillExecutionID, "20261122-1234567-1");
    dtc_text_set(o->TradeAccount, sizeof o->TradeAccount, "Sim1");
    dtc_text_set(o->ParentServerOrderID, sizeof o->ParentServerOrderID, "1234560");
}

static void prepare(struct sample *s)
{
    const char *name;
    json_t *value, *root;
    size_t written = dtc_json_encode(&s->message, s->text, sizeof s->text);
    bench_require(written > 1, "the message cannot be encoded");
    s->length = written - 1;
    root = json_loadb(s->text, s->length, 0, NULL);
    bench_require(root != NULL, "what was encoded is not JSON");
    json_object_foreach(root, name, value)
    {
        struct value *v = &s->values[s->value_count++];
        text_copy(v->name, sizeof v->name, name);
        v->type = json_typeof(value);
        v->real = json_number_value(value);
        v->integer = json_integer_value(value);
        if (json_is_string(value))
            text_copy(v->string, sizeof v->string, json_string_value(value));
    }
    json_decref(root);
}

static void decode(struct sample *s)
{
    union dtc_message m;
    struct error error;
    bench_require(dtc_json_decode(s->text, s->length, &m, &error) == s->message.header.Type,
                  "the message cannot be decoded");
    sink = m.header.Type;
}

static void decode_bare(struct sample *s)
{
    char string[sizeof s->values[0].string];
    json_t *root = json_loadb(s->text, s->length, 0, NULL);
    for (size_t i = 0; i < s->value_count; i++) {
        const json_t *value = json_object_get(root, s->values[i].name);
        if (json_is_string(value))
            memcpy(string, json_string_value(value), json_string_length(value) + 1);
        else
            sink = json_number_value(value);
    }
    json_decref(root);
}

static void encode(struct sample *s)
{
    char text[TEXT_MAX];
    sink = (double)dtc_json_encode(&s->message, text, sizeof text);
}

static json_t *value_new(const struct value *v)
{
    if (v->type == JSON_STRING)
        return json_string(v->string);
    return v->type == JSON_INTEGER ? json_integer(v->integer) : json_real(v->real);
}

static void encode_bare(struct sample *s)
{
    char text[TEXT_MAX];
    json_t *root = json_object();
    for (size_t i = 0; i < s->value_count; i++)
        json_object_set_new(root, s->values[i].name, value_new(&s->values[i]));
    sink = (double)json_dumpb(root, text, sizeof text, JSON_COMPACT);
    json_decref(root);
}

static double measure(void (*step)(struct sample *), struct sample *s)
{
    int64_t start = bench_spent();
    for (int i = 0; i < TIMES; i++)
        step(s);
    return (double)(bench_spent() - start) / TIMES;
}

/* Both take turns, so that what disturbs the machine meets both. `limit`: of the ratio; 0: none. */
static void compare(struct bench *bench, const char *verb, struct sample *s,
                    void (*ours)(struct sample *), void (*bare)(struct sample *), double limit)
{
    double a[ROUNDS], b[ROUNDS];
    char what[96], beside[96];
    for (int i = 0; i < ROUNDS; i++) {
        a[i] = measure(ours, s);
        b[i] = measure(bare, s);
    }
    double our_time = bench_median(a, ROUNDS), bare_time = bench_median(b, ROUNDS);
    text_format(what, sizeof what, "JSON: %s %s (%zu bytes)", verb, s->name, s->length);
    text_format(beside, sizeof beside, "%.0f ns; jansson alone %.0f ns", our_time, bare_time);
    bench_row_limit(bench, what, our_time / bare_time, "× jansson", limit, beside);
}

int main(void)
{
    static struct sample samples[] = {{.name = "trade (107)"},
                                      {.name = "bid and ask (108)"},
                                      {.name = "order update with a fill (301)"}};
    struct bench b = {0};
    bench_begin();
    fill_trade(&samples[0].message);
    fill_bid_ask(&samples[1].message);
    fill_order(&samples[2].message);
    for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
        prepare(&samples[i]);
        union dtc_message m;
        bool is_price = dtc_scan(samples[i].text, samples[i].length, &m);
        compare(&b, "decode", &samples[i], decode, decode_bare, is_price ? 0.1 : 0);
        compare(&b, "encode", &samples[i], encode, encode_bare, 0);
    }
    return bench_end(&b);
}
