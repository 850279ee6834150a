/* Allocation that cannot fail: out of memory ends the process with one sentence on stderr. The
 * database already holds all that was acknowledged, so ending is safe. */
#ifndef SORTIE_BASE_MEMORY_H
#define SORTIE_BASE_MEMORY_H

#include <stddef.h>

void *memory_new(size_t count, size_t size);                 /* zeroed */
void *memory_resize(void *block, size_t count, size_t size); /* checks the product */

#endif
