#include "dtc/encoding.h"

#include "dtc/binary.h"
#include "dtc/binary_vls.h"
#include "dtc/json.h"
#include "dtc/json_compact.h"
#include "dtc/protobuf.h"

#include <string.h>

static const struct dtc_encoding encodings[DTC_ENCODINGS] = {
    [DTC_BINARY_ENCODING] = {"binary", "binary", false, dtc_binary_decode, dtc_binary_encode},
    [DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS] = {"binary-vls", "binary VLS", false,
                                                 dtc_binary_vls_decode, dtc_binary_vls_encode},
    [DTC_JSON_ENCODING] = {"json", "JSON", true, dtc_json_decode, dtc_json_encode},
    [DTC_JSON_COMPACT_ENCODING] = {"json-compact", "JSON compact", true, dtc_json_decode,
                                   dtc_json_compact_encode},
    [DTC_PROTOCOL_BUFFERS] = {"protobuf", "protocol buffers", false, dtc_protobuf_decode,
                              dtc_protobuf_encode},
};

const struct dtc_encoding *dtc_encoding_get(int encoding)
{
    return encoding >= 0 && encoding < DTC_ENCODINGS ? &encodings[encoding] : NULL;
}

int dtc_encoding_find(const char *name)
{
    for (int i = 0; i < DTC_ENCODINGS; i++)
        if (strcmp(encodings[i].name, name) == 0)
            return i;
    return -1;
}

enum {
    HEADER = sizeof(struct dtc_header),
    TELLING = HEADER + 4, /* bytes that tell the binary kinds apart */
    BASE_SIZE_LEAST = 10, /* of all messages; no version of DTC has come so far */
};

/* Of a binary kind, if the type is known. The messages that come first (1, 2, 6, 7) begin with the
 * protocol's version, small as four bytes, where the variable-length kind has its base size and
 * protocol buffers a tag, which nothing that is 0 follows. */
static enum dtc_dialect recognise_binary(const char *bytes, size_t length)
{
    struct dtc_header header;
    unsigned char body[TELLING - HEADER] = {0};
    if (length < HEADER)
        return DTC_DIALECT_UNTOLD;
    memcpy(&header, bytes, HEADER);
    const struct dtc_schema *schema = dtc_schema_find(header.Type);
    if (!schema || header.Size < HEADER)
        return DTC_DIALECT_UNKNOWN;
    if (header.Size < TELLING) /* no fixed message is so short */
        return DTC_DIALECT_PROTOBUF;
    if (length < TELLING)
        return DTC_DIALECT_UNTOLD;
    memcpy(body, bytes + HEADER, sizeof body);
    bool has_version = strcmp(schema->fields[0].name, "ProtocolVersion") == 0;
    bool is_small = body[1] == 0, is_fixed_size = header.Size == schema->binary_size;
    if (is_small && has_version && body[0] < BASE_SIZE_LEAST)
        return DTC_DIALECT_BINARY;
    if (is_small && schema->strings_base > 0 && body[0] >= BASE_SIZE_LEAST &&
        body[0] <= header.Size && (!is_fixed_size || body[0] == schema->strings_base))
        return DTC_DIALECT_BINARY_VLS;
    return is_fixed_size && !has_version ? DTC_DIALECT_BINARY : DTC_DIALECT_PROTOBUF;
}

/* Space may stand before a message; the bytes of a binary Size that look alike stand before no
 * bracket. */
static enum dtc_dialect recognise_json(const char *bytes, size_t length)
{
    size_t at = 0;
    while (at < length && at < TELLING && strchr(" \t\r\n", bytes[at])) /* or a null byte */
        at++;
    if (at == TELLING || (at < length && bytes[at] != '{'))
        return DTC_DIALECT_UNKNOWN;
    if (at + 1 >= length)
        return DTC_DIALECT_UNTOLD;
    return bytes[at + 1] != '\0' && strchr(" \t\r\n\"}", bytes[at + 1]) ? DTC_DIALECT_JSON
                                                                        : DTC_DIALECT_UNKNOWN;
}

/* Whether the bytes begin with `word`, or may once more of them have come. */
static enum dtc_dialect recognise_word(const char *bytes, size_t length, const char *word,
                                       enum dtc_dialect dialect)
{
    size_t size = strlen(word), known = length < size ? length : size;
    if (memcmp(bytes, word, known) != 0)
        return DTC_DIALECT_UNKNOWN;
    return known == size ? dialect : DTC_DIALECT_UNTOLD;
}

enum dtc_dialect dtc_dialect_recognise(const char *bytes, size_t length)
{
    static const struct {
        const char *word;
        enum dtc_dialect dialect;
    } words[] = {
        {"\x15\x03", DTC_DIALECT_TLS}, /* an alert */
        {"\x16\x03", DTC_DIALECT_TLS}, /* a handshake */
        {"HTTP/", DTC_DIALECT_HTTP},   /* an answer */
        {"GET /", DTC_DIALECT_HTTP},   /* requests */
        {"POST /", DTC_DIALECT_HTTP},   {"HEAD /", DTC_DIALECT_HTTP},
        {"OPTIONS ", DTC_DIALECT_HTTP}, {"PRI * ", DTC_DIALECT_HTTP},
    };
    if (length == 0)
        return DTC_DIALECT_UNTOLD;
    enum dtc_dialect dialect = recognise_json(bytes, length);
    for (size_t i = 0; i < sizeof words / sizeof *words && dialect == DTC_DIALECT_UNKNOWN; i++)
        dialect = recognise_word(bytes, length, words[i].word, words[i].dialect);
    return dialect == DTC_DIALECT_UNKNOWN ? recognise_binary(bytes, length) : dialect;
}

int dtc_dialect_encoding(enum dtc_dialect dialect)
{
    switch (dialect) {
    case DTC_DIALECT_JSON:
        return DTC_JSON_ENCODING;
    case DTC_DIALECT_BINARY:
        return DTC_BINARY_ENCODING;
    case DTC_DIALECT_BINARY_VLS:
        return DTC_BINARY_WITH_VARIABLE_LENGTH_STRINGS;
    case DTC_DIALECT_PROTOBUF:
        return DTC_PROTOCOL_BUFFERS;
    default:
        return -1;
    }
}
