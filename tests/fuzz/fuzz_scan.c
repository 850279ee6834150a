/* The scanner of market data against jansson: what it takes, jansson takes, and makes the same of
 * it, bit for bit. */
#include "dtc/json.h"
#include "dtc/scan.h"
#include "fuzz/fuzz.h"

enum { SCAN_TEXT_MAX = 1 << 16 };

/* What changed bytes rarely come upon: the marks around values, numbers at limits. */
static const char *const scan_words[] = {
    ",\"F\":[",
    "]}",
    "}",
    ",",
    ",\"Type\":",
    ",\"Unknown\":",
    " ",
    "null",
    "true",
    "\"1.5\"",
    "\\u0041",
    "1731500000",
    "1731500000.123456",
    "1731500000123",
    "1731500000123456",
    "5050.25",
    "0.1",
    "-0",
    "-0.0",
    "255",
    "256",
    "65536",
    "2147483648",
    "4294967296",
    "9007199254740992",
    "9007199254740993",
    "999999999999999999",
    "9223372036854775808",
    "3.4028235e38",
    "1.7976931348623157e308",
    "1e22",
    "1e23",
    "e-22",
    "e-23",
    "e400",
    "99999999999",
    "100000000000",
    "99999999999999",
    "100000000000000",
};
enum { SCAN_WORDS = sizeof scan_words / sizeof *scan_words };

/* The first byte names a message; in what follows, bytes from 0x80 on stand for its keys and for
 * the words above, the others for themselves. A first byte that names none: the rest is the text.
 */
static size_t scan_write(const uint8_t *data, size_t size, char *text)
{
    const struct dtc_schema *schema = dtc_schema_at(data[0]);
    size_t length = 0, room = SCAN_TEXT_MAX;
    if (!schema) {
        length = size - 1 < room ? size - 1 : room;
        memcpy(text, data + 1, length);
        return length;
    }
    length = (size_t)snprintf(text, room, "{\"Type\":%d", schema->type);
    for (size_t i = 1; i < size && room - length > 128; i++) {
        char *at = text + length;
        if (data[i] < 0x80)
            length += (size_t)snprintf(at, 2, "%c", data[i]);
        else if (data[i] < 0xC0)
            length += (size_t)snprintf(
                at, 128, ",\"%s\":", schema->fields[(data[i] & 0x3F) % schema->field_count].name);
        else
            length += (size_t)snprintf(at, 128, "%s", scan_words[(data[i] & 0x3F) % SCAN_WORDS]);
    }
    return length;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char room[SCAN_TEXT_MAX];
    union dtc_message scanned, reference;
    struct error error = {0};
    if (size == 0)
        return 0;
    size_t length = scan_write(data, size, room);
    char *text = fuzz_copy(room, length);
    memset(&scanned, 0x55, sizeof scanned);
    memset(&reference, 0x55, sizeof reference);
    if (dtc_scan(text, length, &scanned)) {
        int type = dtc_json_decode_tree(text, length, &reference, &error);
        if (type != scanned.header.Type || memcmp(&scanned, &reference, sizeof scanned) != 0)
            FUZZ_FAIL("scanned as %d, but jansson says %d %s: %.*s\n", scanned.header.Type, type,
                      error.text, (int)length, text);
    }
    free(text);
    return 0;
}
