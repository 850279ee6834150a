#include "base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* The length of the well-formed UTF-8 sequence at `s` (RFC 3629: no overlong forms, no surrogates,
 * nothing above U+10FFFF), its character in `*point`; 0 when there is none in `size` bytes. */
static size_t decode(const unsigned char *s, size_t size, uint32_t *point)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = s[0] < 0x80 ? 1 : s[0] < 0xC2 ? 0 : s[0] < 0xE0 ? 2 : s[0] < 0xF0 ? 3 : 4;
    if (length == 0 || length > size || s[0] > 0xF4)
        return 0;
    *point = length == 1 ? s[0] : s[0] & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((s[i] & 0xC0) != 0x80)
            return 0;
        *point = *point << 6 | (s[i] & 0x3FU);
    }
    bool surrogate = *point >= 0xD800 && *point <= 0xDFFF;
    return *point < least[length] || surrogate || *point > 0x10FFFF ? 0 : length;
}

static bool is_harmful(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point <= 0x9F) ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2060 && point <= 0x2069) || point == 0xFEFF;
}

/* The greatest length up to `length` that does not end within a character. */
static size_t whole_length(const char *s, size_t length)
{
    const unsigned char *bytes = (const unsigned char *)s;
    size_t start = length;
    while (start > 0 && length - start < 3 && (bytes[start - 1] & 0xC0) == 0x80)
        start--;
    if (start == 0)
        return length;
    unsigned char lead = bytes[start - 1];
    size_t need = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    return length - (start - 1) < need ? start - 1 : length;
}

bool text_copy(char *target, size_t size, const char *source)
{
    return text_copy_bytes(target, size, source, strlen(source));
}

bool text_copy_bytes(char *target, size_t size, const char *source, size_t length)
{
    if (size == 0)
        return false;
    length = strnlen(source, length);
    size_t copied = length < size ? length : whole_length(source, size - 1);
    memcpy(target, source, copied);
    target[copied] = '\0';
    return copied == length;
}

void text_repair(char *text, size_t length)
{
    for (size_t at = 0; at < length;) {
        uint32_t point;
        size_t step = decode((const unsigned char *)text + at, length - at, &point);
        if (step == 0)
            text[at] = '?';
        at += step > 0 ? step : 1;
    }
}

void text_clean(char *target, size_t size, const char *source, size_t length)
{
    const unsigned char *in = (const unsigned char *)source;
    size_t used = 0;
    if (size == 0)
        return;
    for (size_t at = 0; at < length && in[at] != '\0';) {
        uint32_t point = 0;
        size_t step = decode(in + at, length - at, &point);
        bool keep = step > 0 && !is_harmful(point);
        size_t out = keep ? step : 1;
        if (used + out >= size)
            break;
        if (keep)
            memcpy(target + used, in + at, step);
        else
            target[used] = '?';
        used += out;
        at += step > 0 ? step : 1;
    }
    target[used] = '\0';
}

size_t text_format_list(char *target, size_t size, const char *format, va_list arguments)
{
    if (size == 0)
        return 0;
    int wanted = vsnprintf(target, size, format, arguments);
    size_t length = wanted < 0 ? 0 : (size_t)wanted;
    if (length >= size)
        length = whole_length(target, size - 1);
    target[length] = '\0';
    return length;
}

size_t text_format(char *target, size_t size, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    size_t length = text_format_list(target, size, format, arguments);
    va_end(arguments);
    return length;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

bool text_equal_nocase(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return lower(*a) == lower(*b);
}
