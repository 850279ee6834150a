/* Strings of fixed size, and the cleaning of text that comes from outside. */
#ifndef SORTIE_BASE_TEXT_H
#define SORTIE_BASE_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* Copies `source` into `target` of `size` bytes, cut at a whole UTF-8 character, always terminated.
 * Returns false when it was cut. */
bool text_copy(char *target, size_t size, const char *source);
/* The same for at most `length` bytes of a `source` that need not be terminated. */
bool text_copy_bytes(char *target, size_t size, const char *source, size_t length);

/* Each byte that is not valid UTF-8 becomes '?', in place. */
void text_repair(char *text, size_t length);

/* Copies at most `length` bytes of untrusted `source` (it ends earlier at a null byte) into
 * `target`: control characters (C0, DEL, C1), invalid UTF-8, and the direction and zero-width
 * formatting characters (U+200B-200F, 2028-202E, 2060-2069, FEFF) each become one '?'. Cut at a
 * whole character. */
void text_clean(char *target, size_t size, const char *source, size_t length);

/* printf into `target`, cut at a whole character; returns the length written. */
size_t text_format(char *target, size_t size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
size_t text_format_list(char *target, size_t size, const char *format, va_list arguments)
    __attribute__((format(printf, 3, 0)));

/* ASCII comparison that ignores case. */
bool text_equal_nocase(const char *a, const char *b);

#endif
