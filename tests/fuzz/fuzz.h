/* What the fuzz targets share. A target is one function that takes any bytes: `make fuzz` lets
 * libFuzzer call it with ever new ones, tests/unit/test_fuzz_corpus.c with each file of the corpus.
 */
#ifndef SORTIE_TESTS_FUZZ_H
#define SORTIE_TESTS_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A finding, with a sentence (printf style) of what is wrong. */
#ifndef FUZZ_FAIL
#define FUZZ_FAIL(...)                                                                             \
    (fprintf(stderr, "%s:%d: ", __FILE__, __LINE__), fprintf(stderr, __VA_ARGS__), abort())
#endif
#define FUZZ_REQUIRE(condition)                                                                    \
    ((condition) ? (void)0 : (void)FUZZ_FAIL("not so: %s\n", #condition))

/* A copy of exactly this size, so that AddressSanitizer sees a read behind it. Free it. */
static inline char *fuzz_copy(const void *bytes, size_t size)
{
    char *copy = malloc(size > 0 ? size : 1);
    if (!copy)
        abort();
    if (size > 0)
        memcpy(copy, bytes, size);
    return copy;
}

/* What reaches a terminal has no control characters. */
static inline bool fuzz_is_clean(const char *text)
{
    for (const char *c = text; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 0x7F)
            return false;
    return true;
}

#endif
