#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static void *checked(void *block)
{
    if (block == NULL) {
        fputs("sortie: out of memory; all that was saved is in the database\n", stderr);
        abort();
    }
    return block;
}

/* An empty block is asked for as one byte, so that NULL always means failure. */
void *memory_new(size_t count, size_t size)
{
    return checked(count == 0 || size == 0 ? calloc(1, 1) : calloc(count, size));
}

void *memory_resize(void *block, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / size)
        return checked(NULL);
    size_t bytes = count * size;
    return checked(realloc(block, bytes == 0 ? 1 : bytes));
}
