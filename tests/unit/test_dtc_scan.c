#include "dtc/json.h"
#include "dtc/scan.h"

#include "support/test.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* What sortie-sim and Sierra Chart send most. */
static const char *const shapes[] = {
    "{\"Type\":104,\"SymbolID\":1,\"SessionSettlementPrice\":5050,\"SessionOpenPrice\":5050,"
    "\"SessionHighPrice\":5051,\"SessionLowPrice\":5050,\"SessionVolume\":15,"
    "\"SessionNumTrades\":6,\"BidPrice\":5050,\"AskPrice\":5050.25,\"AskQuantity\":16,"
    "\"BidQuantity\":14,\"LastTradePrice\":5050,\"LastTradeVolume\":1,"
    "\"LastTradeDateTime\":1795371422.216843,\"BidAskDateTime\":1795371422.216843,"
    "\"TradingSessionDate\":1795305600,\"TradingStatus\":2}",
    "{\"Type\":107,\"SymbolID\":1,\"AtBidOrAsk\":2,\"Price\":5050.75,\"Volume\":2,"
    "\"DateTime\":1795371422.324051}",
    "{\"Type\":108,\"SymbolID\":1,\"BidPrice\":5050.5,\"BidQuantity\":36,\"AskPrice\":5050.75,"
    "\"AskQuantity\":53,\"DateTime\":1795371422}",
    "{\"Type\":113,\"SymbolID\":1,\"Volume\":21,\"TradingSessionDate\":1795305600}",
    "{\"Type\":114,\"SymbolID\":1,\"Price\":5051.5,\"TradingSessionDate\":1795305600}",
    "{\"Type\":107,\"F\":[1,2,5050.25,3,1731500000.123]}",
    "{\"Type\":108,\"F\":[1,5050.25,14,5050.5,9,1795000000]}",
    "{\"Type\":144,\"SymbolID\":1,\"BidPrice\":5050.25,\"DateTime\":1731500000123456}",
    "{\"Type\":803,\"F\":[7,1731500000000000,1,2,0.5,1.75,500,60,250,250,1]}",
    "{\"Type\":3}",
    " { \"Type\" : 3 , \"F\" : [ 0 , 1762600000 ] }\r\n",
};
enum { SHAPES = sizeof shapes / sizeof *shapes };

/* The last bytes before memory that must not be read. */
static char *text_end;

static void map_text(void)
{
    enum { ROOM = 1 << 16 };
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    char *room = mmap(NULL, ROOM + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    ck_assert(room != MAP_FAILED);
    text_end = room + ROOM;
    ck_assert_int_eq(mprotect(text_end, page, PROT_NONE), 0);
}

static bool scan(const char *text, size_t length, union dtc_message *m)
{
    char *copy = text_end - length;
    memcpy(copy, text, length);
    return dtc_scan(copy, length, m);
}

/* Whether the scanner accepts; if so, jansson must make the same of it. No ck_assert here: it
 * writes a file each time. */
static bool agree(const char *text, size_t length)
{
    union dtc_message scanned, reference;
    struct error error = {0};
    memset(&scanned, 0x55, sizeof scanned);
    memset(&reference, 0x55, sizeof reference);
    if (!scan(text, length, &scanned))
        return false;
    int type = dtc_json_decode_tree(text, length, &reference, &error);
    if (type != scanned.header.Type || memcmp(&scanned, &reference, sizeof scanned) != 0)
        ck_abort_msg("accepted, but jansson says %d %s: %.*s", type, error.text, (int)length, text);
    return true;
}

static bool accepts(const char *text)
{
    return agree(text, strlen(text));
}

START_TEST(the_shapes_that_come_most_are_scanned)
{
    for (size_t i = 0; i < SHAPES; i++)
        ck_assert_msg(accepts(shapes[i]), "%s", shapes[i]);
}
END_TEST

START_TEST(sampled_messages_without_text_are_scanned)
{
    char *text = test_file_read(TEST_DATA "/samples.jsonl");
    int scanned = 0;
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        bool has_text = strstr(line, ":\"") != NULL;
        ck_assert_msg(accepts(line) != has_text, "%s", line);
        scanned += !has_text;
    }
    free(text);
    ck_assert_int_eq(scanned, 4);
}
END_TEST

static bool has_text_field(const struct dtc_schema *schema)
{
    for (size_t i = 0; i < schema->field_count; i++)
        if (schema->fields[i].kind == DTC_TEXT)
            return true;
    return false;
}

/* Times as they are nowadays, in their field's unit. */
static double field_value(int kind, size_t i)
{
    double seconds = 1731500000.0 + (double)i;
    switch (kind) {
    case DTC_TIME_S:
    case DTC_TIME_S4:
    case DTC_TIME_F:
        return seconds;
    case DTC_TIME_MS:
        return seconds * 1e3;
    case DTC_TIME_US:
        return seconds * 1e6;
    default:
        return (double)i + 1.25;
    }
}

START_TEST(every_message_of_numbers_is_scanned_as_it_was_sent)
{
    const struct dtc_schema *schema;
    int scanned = 0;
    for (size_t k = 0; (schema = dtc_schema_at(k)) != NULL; k++) {
        union dtc_message sent, received;
        char text[4096];
        if (has_text_field(schema))
            continue;
        memset(&sent, 0, sizeof sent);
        memset(&received, 0, sizeof received);
        dtc_message_init(&sent, schema->type);
        for (size_t i = 0; i < schema->field_count; i++)
            if (!schema->fields[i].alias)
                dtc_field_set(&sent, &schema->fields[i], field_value(schema->fields[i].kind, i));
        size_t length = dtc_json_encode(&sent, text, sizeof text);
        ck_assert_uint_gt(length, 1);
        ck_assert_msg(scan(text, length - 1, &received), "%s", text);
        ck_assert_msg(memcmp(&sent, &received, sizeof sent) == 0, "%s", text);
        scanned++;
    }
    ck_assert_int_gt(scanned, 30);
}
END_TEST

START_TEST(numbers_are_converted_as_the_compiler_does)
{
#define ROW(number)                                                                                \
    {                                                                                              \
#number, (double)(number)                                                                  \
    }
    static const struct {
        const char *text;
        double value;
    } rows[] = {
        ROW(0),
        ROW(7),
        ROW(-12),
        ROW(-0.0),
        ROW(0.1),
        ROW(5050.25),
        ROW(5050.2500),
        ROW(0.000001),
        ROW(-123456789.123456),
        ROW(1e22),
        ROW(3E-22),
        ROW(2.5e+3),
        ROW(9007199254740992e0),
        ROW(900719925474099.2),
        ROW(1795371422.216843),
        ROW(123456789012345678),
        ROW(999999999999999999),
        ROW(450359962737049.7e-21),
    };
#undef ROW
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char text[128];
        union dtc_message m;
        int length = snprintf(text, sizeof text, "{\"Type\":107,\"Price\":%s}", rows[i].text);
        ck_assert_msg(scan(text, (size_t)length, &m), "%s", text);
        ck_assert_msg(memcmp(&m.market_data_update_trade.Price, &rows[i].value, sizeof(double)) ==
                          0,
                      "%s", text);
    }
}
END_TEST

START_TEST(what_is_not_plain_is_left_to_jansson)
{
    static const char *const texts[] = {
        "",
        "{",
        "{}",
        "[]",
        "3",
        "{\"Type\":3",
        "{\"Type\":3,}",
        "{\"Type\":3}}",
        "{\"Type\":3}{\"Type\":3}",
        "{\"Type\":3.0}",
        "{\"Type\":-3}",
        "{\"Type\":65539}", /* 3 in 16 bits */
        "{\"Type\":9999}",
        "{\"Type\":\"3\"}",
        "{\"type\":3}",
        "{\"SymbolID\":1,\"Type\":107}",
        "{\"Type\":107,\"Price\":1,\"Price\":2}",
        "{\"Type\":107,\"Price\":1,\"Type\":3}",
        "{\"Type\":107,\"Price\":1,\"Typ\\u0065\":3}",
        "{\"Type\":107,\"Price\":1,\"F\":[1]}",
        "{\"Type\":107,\"F\":[1],\"Price\":1}",
        "{\"Type\":107,\"F\":[1]]}",
        "{\"Type\":107,\"F\":[1}",
        "{\"Type\":107,\"F\":[1,]}",
        "{\"Type\":107,\"F\":[1,null]}",
        "{\"Type\":107,\"F\":1}",
        "{\"Type\":107,\"Pri\\u0063e\":1}",
        "{\"Type\":107,\"Price\xC3\xA9\":1}",
        "{\"Type\":107,\"Price\x01\":1}",
        "{\"Type\":107,\"Price\":\"1\"}",
        "{\"Type\":107,\"Price\":true}",
        "{\"Type\":107,\"Price\":null}",
        "{\"Type\":107,\"Price\":NaN}",
        "{\"Type\":107,\"Price\":Infinity}",
        "{\"Type\":107,\"Price\":0x10}",
        "{\"Type\":107,\"Price\":1,5}",
        "{\"Type\":107,\"Price\":01}",
        "{\"Type\":107,\"Price\":-}",
        "{\"Type\":107,\"Price\":-01}",
        "{\"Type\":107,\"Price\":+1}",
        "{\"Type\":107,\"Price\":1.}",
        "{\"Type\":107,\"Price\":.5}",
        "{\"Type\":107,\"Price\":1e}",
        "{\"Type\":107,\"Price\":1e+}",
        "{\"Type\":107,\"Price\":1 2}",
        "{\"Type\":107 \"Price\":1}",
        "{\"Type\":107,\"Price\":1e23}",
        "{\"Type\":107,\"Price\":1e999}",
        "{\"Type\":107,\"Price\":1e18446744073709551616}",
        "{\"Type\":107,\"Price\":1e-23}",
        "{\"Type\":107,\"Price\":1e-9223372036854775808}",
        "{\"Type\":107,\"Price\":9007199254740993.0}",
        "{\"Type\":107,\"Price\":0.30000000000000004}",
        "{\"Type\":107,\"Price\":36893488147419103239}", /* 7 in 65 bits */
        "{\"Type\":107,\"Future\":1e999}",
        "{\"Type\":803,\"OpenInterest\":12}",
        "{\"Type\":305,\"TradeAccount\":120005}",
        "{\"Type\":305,\"F\":[1,120005]}",
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        ck_assert_msg(!accepts(texts[i]), "%s", texts[i]);
    ck_assert(!agree("{\"Type\":3\0}", 11));
    ck_assert(!agree("{\"Type\":3}\0", 11));
}
END_TEST

START_TEST(decoding_takes_both_ways)
{
    union dtc_message m;
    struct error error = {0};
    const char *texts[] = {"{\"Type\":107,\"Price\":1.5,\"SymbolID\":3}",
                           "{\"Price\":1.5,\"SymbolID\":\"3\",\"Type\":107}"};
    for (int i = 0; i < 2; i++) {
        ck_assert(accepts(texts[i]) == (i == 0));
        ck_assert_int_eq(dtc_json_decode(texts[i], strlen(texts[i]), &m, &error), 107);
        ck_assert_double_eq(m.market_data_update_trade.Price, 1.5);
        ck_assert_uint_eq(m.market_data_update_trade.SymbolID, 3);
    }
}
END_TEST

START_TEST(a_message_that_is_cut_is_never_accepted)
{
    union dtc_message m;
    for (size_t i = 0; i < SHAPES; i++)
        for (size_t length = 0; length < strlen(shapes[i]) - 2; length++)
            if (scan(shapes[i], length, &m))
                ck_abort_msg("%.*s", (int)length, shapes[i]);
}
END_TEST

/* Messages at random, the same in every run (xorshift64*). */
static uint64_t random_state = 0x9E3779B97F4A7C15;

static unsigned below(unsigned limit)
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * UINT64_C(2685821657736338717)) >> 33) % limit;
}

struct text {
    char bytes[1 << 14];
    size_t length;
};

static void put(struct text *t, const char *text)
{
    size_t length = strlen(text);
    if (t->length + length >= sizeof t->bytes)
        ck_abort_msg("the message is too long");
    memcpy(t->bytes + t->length, text, length);
    t->length += length;
}

static __attribute__((format(printf, 2, 3))) void put_format(struct text *t, const char *format,
                                                             ...)
{
    char piece[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(piece, sizeof piece, format, arguments);
    va_end(arguments);
    put(t, piece);
}

static void put_digits(struct text *t, unsigned count)
{
    char digits[32] = "";
    for (unsigned i = 0; i < count; i++)
        digits[i] = (char)('0' + below(10));
    put(t, digits);
}

/* With a sign, point and exponent at will. */
static void put_odd_number(struct text *t)
{
    put(t, below(2) == 0 ? "-" : "");
    put(t, below(3) == 0 ? "0" : "7");
    if (below(3) > 0) {
        put(t, ".");
        put_digits(t, 1 + below(18));
    }
    if (below(2) == 0)
        put_format(
            t, "%c%s%u", "eE" [below(2)], (const char *[]) { "", "-", "+" }[below(3)], below(26));
}

static void put_number(struct text *t)
{
    static const char *const edges[] = {"0",
                                        "-0",
                                        "-0.0",
                                        "0e5",
                                        "1e22",
                                        "1e23",
                                        "1E-22",
                                        "9007199254740992e0",
                                        "9007199254740992.0",
                                        "9007199254740993",
                                        "9007199254740993.0",
                                        "900719925474099.3",
                                        "999999999999999999",
                                        "-999999999999999999",
                                        "9223372036854775807",
                                        "18446744073709551615",
                                        "99999999999999999999",
                                        "1e308",
                                        "1e-400",
                                        "4.9e-324",
                                        "99999999999",
                                        "100000000000",
                                        "99999999999999.5",
                                        "1e14",
                                        "4294967295",
                                        "4294967296",
                                        "65536",
                                        "-129",
                                        "255.9",
                                        "3.4e38"};
    static const char *const garbage[] = {"NaN", "-Infinity", "-",      "01",    "1.",   ".5",
                                          "+1",  "0x10",      "1e",     "1e+",   "true", "null",
                                          "",    "\"5\"",     "[1, 2]", "1.2.3", "--1",  "1e999"};
    unsigned times = 1600000000 + below(200000000);
    switch (below(64)) {
    case 0:
        put(t, garbage[below(sizeof garbage / sizeof *garbage)]);
        break;
    case 1:
    case 2:
    case 3:
        put(t, edges[below(sizeof edges / sizeof *edges)]);
        break;
    case 4:
    case 5:
    case 6:
        put_odd_number(t);
        break;
    case 7:
        put(t, below(2) == 0 ? "-" : "");
        put(t, "9");
        put_digits(t, below(20));
        break;
    default:
        switch (below(6)) {
        case 0:
            put_format(t, "%u", below(20));
            break;
        case 1:
            put_format(t, "-%u", below(100000));
            break;
        case 2:
            put_format(t, "%u.%02u", below(10000), below(4) * 25);
            break;
        case 3:
            put_format(t, "%u.%03u", times, below(1000));
            break;
        case 4:
            put_format(t, "%u%03u", times, below(1000));
            break;
        default:
            put_format(t, "%u%06u", times, below(1000000));
        }
    }
}

/* Punctuation with white space around it in some messages. */
static void put_mark(struct text *t, const char *mark, bool spaced)
{
    static const char *const spaces[] = {"", "", " ", "\n", "\r\n\t"};
    put(t, spaced ? spaces[below(5)] : "");
    put(t, mark);
    put(t, spaced ? spaces[below(5)] : "");
}

static void put_field(struct text *t, const char *name, bool spaced)
{
    put_mark(t, ",", spaced);
    put(t, "\"");
    put(t, name);
    put(t, "\"");
    put_mark(t, ":", spaced);
    put_number(t);
}

static void put_fields(struct text *t, const struct dtc_schema *schema, bool spaced)
{
    static const char *const others[] = {"Future", "",     "F",       "Type",     "symbolid",
                                         "Price ", "Pric", "\\u0046", "T\\u0079", "\xC3\xA9"};
    size_t order[64], count = schema->field_count;
    bool shuffled = below(2) == 0;
    unsigned share = below(3); /* of the fields that are left out: none, a third, two */
    for (size_t i = 0; i < count; i++)
        order[i] = i;
    for (size_t i = count; shuffled && i-- > 1;) {
        size_t other = below((unsigned)i + 1), moved = order[i];
        order[i] = order[other];
        order[other] = moved;
    }
    for (size_t i = 0; i < count; i++)
        if (below(3) >= share)
            put_field(t, schema->fields[order[i]].name, spaced);
    if (below(8) == 0)
        put_field(t, others[below(sizeof others / sizeof *others)], spaced);
    if (below(16) == 0)
        put_field(t, schema->fields[below((unsigned)count)].name, spaced);
}

static void put_list(struct text *t, const struct dtc_schema *schema, bool spaced)
{
    unsigned count = below(4) == 0 ? below(24) : (unsigned)schema->field_count;
    put_mark(t, ",", spaced);
    put(t, "\"F\"");
    put_mark(t, ":", spaced);
    put_mark(t, "[", spaced);
    for (unsigned i = 0; i < count; i++) {
        if (i > 0)
            put_mark(t, ",", spaced);
        put_number(t);
    }
    put_mark(t, "]", spaced);
}

static void make_message(struct text *t, const struct dtc_schema *schema, bool is_list)
{
    bool spaced = below(4) == 0;
    t->length = 0;
    put_mark(t, "{", spaced);
    put(t, "\"Type\"");
    put_mark(t, ":", spaced);
    put_format(t, "%u", schema->type);
    if (is_list)
        put_list(t, schema, spaced);
    else
        put_fields(t, schema, spaced);
    put_mark(t, "}", spaced);
}

/* One byte changed, added or taken away. */
static void mutate(struct text *t, const struct text *from)
{
    static const char marks[] = "0123456789.-+eE,:{}[]\"\\ \t\nTFu\x7F\x80";
    size_t at = below((unsigned)from->length), removed = below(3) > 0, added = below(8) > 0;
    memcpy(t->bytes, from->bytes, at);
    if (added)
        t->bytes[at] = below(8) == 0 ? (char)below(256) : marks[below(sizeof marks)];
    memcpy(t->bytes + at + added, from->bytes + at + removed, from->length - at - removed);
    t->length = from->length + added - removed;
}

static const struct dtc_schema *pick_schema(void)
{
    static const uint16_t types[] = {104, 107, 108, 112, 113, 114, 115, 117, 119, 120,
                                     134, 135, 136, 137, 142, 143, 144, 146, 3,   106,
                                     122, 140, 152, 301, 507, 600, 803, 804};
    return dtc_schema_find(types[below(sizeof types / sizeof *types)]);
}

/* The forms apart; a count of what was accepted shows that the comparison had something to compare.
 */
START_TEST(whatever_is_accepted_is_what_jansson_reads)
{
    enum { MESSAGES = 16000, MUTANTS = 10, CUT_EVERY = 16 };
    static struct text text, mutant;
    int accepted = 0, mutants_accepted = 0;
    for (int i = 0; i < MESSAGES; i++) {
        make_message(&text, pick_schema(), _i == 1);
        accepted += agree(text.bytes, text.length);
        for (int k = 0; k < MUTANTS; k++) {
            mutate(&mutant, &text);
            mutants_accepted += agree(mutant.bytes, mutant.length);
        }
        for (size_t length = 0; i % CUT_EVERY == 0 && length < text.length; length++)
            agree(text.bytes, length);
    }
    ck_assert_int_gt(accepted, MESSAGES / 4);
    ck_assert_int_gt(mutants_accepted, MESSAGES * MUTANTS / 20);
}
END_TEST

static Suite *suite(void)
{
    Suite *s = suite_create("dtc scan");
    TCase *c = tcase_create("scan");
    tcase_add_checked_fixture(c, map_text, NULL);
    tcase_add_test(c, the_shapes_that_come_most_are_scanned);
    tcase_add_test(c, sampled_messages_without_text_are_scanned);
    tcase_add_test(c, every_message_of_numbers_is_scanned_as_it_was_sent);
    tcase_add_test(c, numbers_are_converted_as_the_compiler_does);
    tcase_add_test(c, what_is_not_plain_is_left_to_jansson);
    tcase_add_test(c, decoding_takes_both_ways);
    tcase_add_test(c, a_message_that_is_cut_is_never_accepted);
    tcase_add_loop_test(c, whatever_is_accepted_is_what_jansson_reads, 0, 2);
    suite_add_tcase(s, c);
    return s;
}

TEST_MAIN(suite)
