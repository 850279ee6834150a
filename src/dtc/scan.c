#include "dtc/scan.h"

#include "dtc/number.h"

#include <float.h>
#include <string.h>

/* More digits than these might not fit into 64 bits. */
enum { DIGITS_MAX = 18, EXPONENT_DIGITS_MAX = 3 };

/* The text ends at `end`, without a null byte. */
struct scanner {
    const char *at, *end;
};

static inline char peek(const struct scanner *s)
{
    return s->at < s->end ? *s->at : '\0';
}

static inline bool take(struct scanner *s, char c)
{
    if (peek(s) != c)
        return false;
    s->at++;
    return true;
}

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_space(struct scanner *s)
{
    while (s->at < s->end && is_space(*s->at))
        s->at++;
}

/* White space may stand around every mark. */
static inline bool take_mark(struct scanner *s, char c)
{
    if (s->at < s->end && *s->at <= ' ')
        skip_space(s);
    if (!take(s, c))
        return false;
    if (s->at < s->end && *s->at <= ' ')
        skip_space(s);
    return true;
}

/* memcmp() for a few bytes, without the call. */
static inline bool is_equal(const char *a, const char *b, size_t length)
{
    uint64_t x, y;
    for (; length >= sizeof x; a += sizeof x, b += sizeof x, length -= sizeof x) {
        memcpy(&x, a, sizeof x);
        memcpy(&y, b, sizeof y);
        if (x != y)
            return false;
    }
    while (length > 0 && *a == *b)
        a++, b++, length--;
    return length == 0;
}

static bool take_word(struct scanner *s, const char *word, size_t length)
{
    if ((size_t)(s->end - s->at) < length || !is_equal(s->at, word, length))
        return false;
    s->at += length;
    return true;
}

/* Appends the digits to `number`, which is wrong after more than DIGITS_MAX of them. Returns how
 * many there are. */
static inline ptrdiff_t scan_digits(struct scanner *s, uint64_t *number)
{
    const char *start = s->at, *at = start;
    uint64_t digits = *number;
    for (; at < s->end && *at >= '0' && *at <= '9'; at++)
        digits = digits * 10 + (uint64_t)(*at - '0');
    s->at = at;
    *number = digits;
    return at - start;
}

static bool scan_exponent(struct scanner *s, ptrdiff_t *exponent)
{
    uint64_t digits = 0;
    bool is_negative = take(s, '-');
    if (!is_negative)
        take(s, '+');
    ptrdiff_t count = scan_digits(s, &digits);
    if (count == 0 || count > EXPONENT_DIGITS_MAX)
        return false;
    *exponent = is_negative ? -(ptrdiff_t)digits : (ptrdiff_t)digits;
    return true;
}

/* digits * 10^exponent, rounded once, as strtod() does it: both operands are exact doubles (W.
 * Clinger, "How to read floating point numbers accurately", 1990). */
static bool convert_decimal(uint64_t digits, ptrdiff_t exponent, double *value)
{
    static const double powers[] = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                    1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                    1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
    enum { POWER_MAX = sizeof powers / sizeof *powers - 1 };
    bool is_rounded_once = FLT_EVAL_METHOD == 0 || FLT_EVAL_METHOD == 1;
    if (!is_rounded_once || digits > UINT64_C(1) << DBL_MANT_DIG || exponent < -POWER_MAX ||
        exponent > POWER_MAX)
        return false;
    *value = exponent < 0 ? (double)digits / powers[-exponent] : (double)digits * powers[exponent];
    return true;
}

static inline bool scan_number(struct scanner *s, struct dtc_number *n)
{
    uint64_t digits = 0;
    ptrdiff_t whole, fraction = 0, exponent = 0;
    bool is_negative = take(s, '-'), starts_with_zero = peek(s) == '0';
    whole = scan_digits(s, &digits);
    if (whole == 0 || (starts_with_zero && whole > 1))
        return false;
    n->is_integer = true;
    if (take(s, '.')) {
        n->is_integer = false;
        fraction = scan_digits(s, &digits);
        if (fraction == 0)
            return false;
    }
    if ((peek(s) | 0x20) == 'e') {
        s->at++;
        n->is_integer = false;
        if (!scan_exponent(s, &exponent))
            return false;
    }
    if (whole + fraction > DIGITS_MAX)
        return false;
    if (n->is_integer) { /* "-0" has no sign, unlike "-0.0" */
        n->integer = is_negative ? -(int64_t)digits : (int64_t)digits;
        n->value = (double)n->integer;
        return true;
    }
    if (!convert_decimal(digits, exponent - fraction, &n->value))
        return false;
    n->value = is_negative ? -n->value : n->value;
    return true;
}

/* A key of plain ASCII, so that no two spellings mean the same. */
static bool scan_key(struct scanner *s, const char **key, size_t *length)
{
    if (!take(s, '"'))
        return false;
    const char *at = s->at;
    while (at < s->end && *at >= ' ' && *at < 0x7F && *at != '"' && *at != '\\')
        at++;
    *key = s->at;
    *length = (size_t)(at - s->at);
    s->at = at;
    return take(s, '"');
}

static bool is_key(const char *key, size_t length, const char *name, size_t name_length)
{
    return length == name_length && is_equal(key, name, length);
}

/* Looked for from `first` on and around: servers keep the list's order. The count when it is none.
 */
static size_t find_field(const struct dtc_schema *schema, size_t first, const char *key,
                         size_t length)
{
    for (size_t i = first; i < schema->field_count; i++)
        if (is_key(key, length, schema->fields[i].name, schema->fields[i].name_length))
            return i;
    for (size_t i = 0; i < first; i++)
        if (is_key(key, length, schema->fields[i].name, schema->fields[i].name_length))
            return i;
    return schema->field_count;
}

/* The key that comes next where the peer keeps the list's order. */
static inline bool take_expected(struct scanner *s, const struct dtc_field *field)
{
    size_t length = field->name_length;
    if ((size_t)(s->end - s->at) < length + 3 || s->at[0] != '"' || s->at[length + 1] != '"' ||
        s->at[length + 2] != ':' || !is_equal(s->at + 1, field->name, length))
        return false;
    s->at += length + 3;
    if (s->at < s->end && *s->at <= ' ')
        skip_space(s);
    return true;
}

/* A key with its number: its field's index in `i`, their count when it is none. */
static bool scan_member(struct scanner *s, const struct dtc_schema *schema, size_t *i,
                        struct dtc_number *number)
{
    const char *key;
    size_t length;
    if (*i < schema->field_count && take_expected(s, &schema->fields[*i]))
        return scan_number(s, number);
    if (!scan_key(s, &key, &length) || !take_mark(s, ':') || !scan_number(s, number))
        return false;
    *i = find_field(schema, *i, key, length);
    return *i < schema->field_count || !is_key(key, length, "Type", 4);
}

/* Everything behind the comma after the type. */
static bool scan_fields(struct scanner *s, const struct dtc_schema *schema,
                        union dtc_message *message)
{
    struct dtc_number number;
    uint64_t seen = 0; /* a bit a field */
    size_t next = 0;   /* servers keep the list's order */
    do {
        size_t i = next;
        if (!scan_member(s, schema, &i, &number))
            return false;
        if (i == schema->field_count)
            continue;
        const struct dtc_field *field = &schema->fields[i];
        if (field->kind == DTC_TEXT || field->alias || i >= 64 || (seen >> i & 1) != 0)
            return false;
        dtc_number_store(message, field, &number);
        seen |= UINT64_C(1) << i;
        next = i + 1;
    } while (take_mark(s, ','));
    return true;
}

/* The list's opening bracket and everything to its closing one. */
static bool scan_compact(struct scanner *s, const struct dtc_schema *schema,
                         union dtc_message *message)
{
    struct dtc_number number;
    if (!take_mark(s, ':') || !take_mark(s, '['))
        return false;
    size_t i = 0;
    do {
        if (!scan_number(s, &number))
            return false;
        while (i < schema->field_count && schema->fields[i].alias)
            i++;
        if (i == schema->field_count)
            continue; /* a newer server knows more fields */
        if (schema->fields[i].kind == DTC_TEXT)
            return false;
        dtc_number_store(message, &schema->fields[i++], &number);
    } while (take_mark(s, ','));
    return take_mark(s, ']');
}

bool dtc_scan(const char *text, size_t length, union dtc_message *message)
{
    if (length == 0)
        return false;
    struct scanner s = {text, text + length};
    struct dtc_number type;
    if (!take_mark(&s, '{') || !take_word(&s, "\"Type\"", 6) || !take_mark(&s, ':') ||
        !scan_number(&s, &type) || !type.is_integer || type.integer < 0 ||
        type.integer > UINT16_MAX)
        return false;
    const struct dtc_schema *schema = dtc_schema_find((uint16_t)type.integer);
    if (!schema)
        return false;
    dtc_message_init(message, schema->type);
    if (take_mark(&s, ',') && !(take_word(&s, "\"F\"", 3) ? scan_compact(&s, schema, message)
                                                          : scan_fields(&s, schema, message)))
        return false;
    return take_mark(&s, '}') && s.at == s.end;
}
