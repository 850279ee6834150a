/* What comes thousands of times a second takes no memory: calls of the allocator are counted. That
 * needs one that can be stood in for, so not a sanitizer's. */
#include "dtc/encoding.h"

#include "support/test.h"

#include <stdbool.h>
#include <string.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_SANITIZER
#endif
#endif
#if defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__) &&       \
    !defined(HAS_SANITIZER)
#define COUNTS_CALLS true

static unsigned long calls;

/* glibc's own names of what these stand in for. */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);

void *malloc(size_t size)
{
    calls++;
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    calls++;
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    calls++;
    return __libc_realloc(memory, size);
}
#else
#define COUNTS_CALLS false
static const unsigned long calls = 0;
#endif

static union dtc_message trade(void)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_TRADE);
    m.market_data_update_trade.SymbolID = 1;
    m.market_data_update_trade.Price = 5000.25;
    m.market_data_update_trade.Volume = 3;
    m.market_data_update_trade.DateTime = 1800000000.125;
    return m;
}

static union dtc_message quote(void)
{
    union dtc_message m;
    dtc_message_init(&m, DTC_MARKET_DATA_UPDATE_BID_ASK);
    m.market_data_update_bid_ask.SymbolID = 1;
    m.market_data_update_bid_ask.BidPrice = 5000;
    m.market_data_update_bid_ask.AskPrice = 5000.25;
    m.market_data_update_bid_ask.BidQuantity = 12;
    m.market_data_update_bid_ask.AskQuantity = 7;
    return m;
}

START_TEST(the_allocator_is_counted)
{
    unsigned long before = calls;
    void *volatile memory = malloc(8);
    free(memory);
    ck_assert(!COUNTS_CALLS || calls > before);
}
END_TEST

START_TEST(decoding_trades_and_quotes_allocates_nothing)
{
    enum { MESSAGES = 100000 };
    const struct dtc_encoding *codec = dtc_encoding_get(_i);
    const union dtc_message sent[] = {trade(), quote()};
    char frames[2][DTC_ENCODED_MAX];
    size_t lengths[2];
    for (int i = 0; i < 2; i++)
        lengths[i] = codec->encode(&sent[i], frames[i], sizeof frames[i]) - codec->is_text;
    union dtc_message m;
    struct error error;
    int wrong = 0;
    unsigned long before = calls;
    for (int i = 0; i < MESSAGES; i++) {
        int type = codec->decode(frames[i % 2], lengths[i % 2], &m, &error);
        wrong += type != sent[i % 2].header.Type;
    }
    unsigned long after = calls;
    ck_assert_int_eq(wrong, 0);
    ck_assert_uint_eq(after, before);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("DTC: allocations");
    TCase *c = tcase_create("decoding");
    tcase_add_test(c, the_allocator_is_counted);
    tcase_add_loop_test(c, decoding_trades_and_quotes_allocates_nothing, DTC_BINARY_ENCODING,
                        DTC_ENCODINGS);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
