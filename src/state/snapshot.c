#include "state/snapshot.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC UINT64_C(0x0000454954524f53) /* "SORTIE" */

_Static_assert(sizeof(struct snapshot) % 8 == 0, "published in words of 8 bytes");

enum { WORDS = sizeof(struct snapshot) / 8, TRIES = 1000000 };

/* The data are words of their own so that a reader racing with the publisher reads values, not
 * garbage by the rules of C; the sequence then tells it to read again. */
struct shared {
    uint64_t magic;
    uint32_t version, size;
    _Atomic uint64_t sequence; /* odd while a publication is under way */
    _Atomic uint64_t words[WORDS];
};

struct snapshot_map {
    struct shared *shared;
};

static struct snapshot_map *map_new(int descriptor, int protection)
{
    int flags = descriptor < 0 ? MAP_PRIVATE | MAP_ANONYMOUS : MAP_SHARED;
    void *memory = mmap(NULL, sizeof(struct shared), protection, flags, descriptor, 0);
    if (memory == MAP_FAILED)
        return NULL;
    struct snapshot_map *m = memory_new(1, sizeof *m);
    m->shared = memory;
    return m;
}

static bool fail(struct error *error, const char *path, const char *what)
{
    return error_set(error, ERROR_SYSTEM, "cannot %s the snapshot file %s: %s", what, path,
                     strerror(errno));
}

/* All its room is taken now: a full disk would otherwise end the process in the middle of a
 * publication. */
static bool fill_file(int descriptor)
{
    static const char zeros[4096];
    size_t left = sizeof(struct shared);
    while (left > 0) {
        ssize_t done = write(descriptor, zeros, left < sizeof zeros ? left : sizeof zeros);
        if (done <= 0)
            return false;
        left -= (size_t)done;
    }
    return true;
}

/* A new file takes the old one's place by its name, so readers of the old one never see it change
 * its owner under them. */
static struct snapshot_map *create_file(const char *path, struct error *error)
{
    char fresh[600];
    snprintf(fresh, sizeof fresh, "%s.new", path);
    unlink(fresh);
    int descriptor = open(fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (descriptor < 0 || !fill_file(descriptor)) {
        fail(error, path, "create");
        unlink(fresh);
        if (descriptor >= 0)
            close(descriptor);
        return NULL;
    }
    struct snapshot_map *m = map_new(descriptor, PROT_READ | PROT_WRITE);
    if (m == NULL || rename(fresh, path) < 0) {
        fail(error, path, "create");
        snapshot_map_close(m);
        m = NULL;
    }
    close(descriptor);
    return m;
}

struct snapshot_map *snapshot_map_create(const char *path, struct error *error)
{
    struct snapshot_map *m;
    if (path != NULL) {
        m = create_file(path, error);
    } else {
        m = map_new(-1, PROT_READ | PROT_WRITE);
        if (m == NULL)
            fail(error, "in memory", "create");
    }
    if (m != NULL) {
        m->shared->version = SNAPSHOT_VERSION;
        m->shared->size = sizeof(struct snapshot);
        m->shared->magic = MAGIC;
    }
    return m;
}

struct snapshot_map *snapshot_map_open(const char *path, struct error *error)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    if (descriptor < 0) {
        fail(error, path, "open");
        return NULL;
    }
    struct stat st;
    struct snapshot_map *m = NULL;
    if (fstat(descriptor, &st) == 0 && st.st_size == (off_t)sizeof(struct shared))
        m = map_new(descriptor, PROT_READ);
    close(descriptor);
    if (m != NULL && m->shared->magic == MAGIC && m->shared->version == SNAPSHOT_VERSION &&
        m->shared->size == sizeof(struct snapshot))
        return m;
    snapshot_map_close(m);
    error_set(error, ERROR_DAMAGED,
              "the snapshot file %s is not of this version of sortie: start the console anew",
              path);
    return NULL;
}

void snapshot_map_close(struct snapshot_map *m)
{
    if (m == NULL)
        return;
    munmap(m->shared, sizeof *m->shared);
    free(m);
}

/* Boehm, "Can Seqlocks Get Along With Programming Language Memory Models?", with release stores of
 * the data in place of a fence: a reader that sees one of them sees the odd sequence before it too.
 */
void snapshot_publish(struct snapshot_map *m, const struct snapshot *s,
                      const struct snapshot_range *ranges, size_t count)
{
    struct shared *shared = m->shared;
    uint64_t sequence = atomic_load_explicit(&shared->sequence, memory_order_relaxed);
    atomic_store_explicit(&shared->sequence, sequence + 1, memory_order_relaxed);
    for (size_t r = 0; r < count; r++) {
        size_t end = ((size_t)ranges[r].end + 7) / 8;
        for (size_t w = ranges[r].begin / 8; w < end; w++) {
            uint64_t word;
            memcpy(&word, (const char *)s + w * 8, 8);
            atomic_store_explicit(&shared->words[w], word, memory_order_release);
        }
    }
    atomic_store_explicit(&shared->sequence, sequence + 2, memory_order_release);
}

uint64_t snapshot_sequence(const struct snapshot_map *m)
{
    return atomic_load_explicit(&m->shared->sequence, memory_order_acquire) / 2;
}

uint64_t snapshot_read(const struct snapshot_map *m, struct snapshot *out)
{
    struct shared *shared = m->shared;
    for (int tries = 0; tries < TRIES; tries++) {
        uint64_t before = atomic_load_explicit(&shared->sequence, memory_order_acquire);
        if (before % 2 == 0) {
            for (size_t w = 0; w < WORDS; w++) {
                uint64_t word = atomic_load_explicit(&shared->words[w], memory_order_acquire);
                memcpy((char *)out + w * 8, &word, 8);
            }
            if (atomic_load_explicit(&shared->sequence, memory_order_relaxed) == before)
                return before / 2;
        }
        sched_yield();
    }
    return 0;
}

int snapshot_find_symbol(const struct snapshot *s, const char *symbol)
{
    for (uint32_t i = 0; i < s->symbol_count; i++)
        if (strcmp(s->instruments[i].symbol, symbol) == 0)
            return (int)i;
    return -1;
}

int snapshot_find_position(const struct snapshot *s, const struct account_key *key,
                           const char *symbol)
{
    for (uint32_t i = 0; i < s->position_count; i++)
        if (strcmp(s->positions[i].symbol, symbol) == 0 &&
            account_key_equal(&s->positions[i].key, key))
            return (int)i;
    return -1;
}

int snapshot_find_account(const struct snapshot *s, const struct account_key *key)
{
    for (uint32_t i = 0; i < s->account_count; i++)
        if (account_key_equal(&s->accounts[i].key, key))
            return (int)i;
    return -1;
}
