#include "store/spill.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "store/columns.h"
#include "store/files.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAME_SIZE = 576, MARK_SIZE = 96, REPLAY_BATCH = 256 };

/* The parts of a change, as members of its line. A change has the part when the line does. */
static const struct part {
    const char *name;
    const struct table *table;
    size_t offset, flag; /* of the struct, and of the bool that says it is there */
} PARTS[] = {
    {"before", &columns_position, offsetof(struct change, before),
     offsetof(struct change, has_position)},
    {"after", &columns_position, offsetof(struct change, after),
     offsetof(struct change, has_position)},
    {"fill", &columns_fill, offsetof(struct change, fill), offsetof(struct change, has_fill)},
    {"trade", &columns_trade, offsetof(struct change, trade), offsetof(struct change, has_trade)},
    {"balance", &columns_balance, offsetof(struct change, balance),
     offsetof(struct change, has_balance)},
    {"order", &columns_order, offsetof(struct change, order), offsetof(struct change, has_order)},
};
enum { PART_COUNT = sizeof PARTS / sizeof PARTS[0] };

static json_t *encode(const struct change *c)
{
    char why[sizeof c->why];
    text_clean(why, sizeof why, c->why, sizeof c->why);
    json_t *line = json_pack("{s:s, s:I, s:I, s:s}", "kind", change_kind_name(c->kind), "sequence",
                             (json_int_t)c->sequence, "time", (json_int_t)c->time, "why", why);
    for (size_t i = 0; i < PART_COUNT; i++) {
        bool there;
        memcpy(&there, (const char *)c + PARTS[i].flag, sizeof there);
        bool told = c->kind == CHANGE_EXTREMES && i == 0; /* by `after`; such lines are many */
        if (there && !told)
            json_object_set_new(
                line, PARTS[i].name,
                columns_encode(PARTS[i].table, COLUMN_ALL, (const char *)c + PARTS[i].offset));
    }
    if (c->has_fact) {
        char fact[sizeof c->fact], text[sizeof c->fact_text];
        text_clean(fact, sizeof fact, c->fact, sizeof c->fact);
        text_clean(text, sizeof text, c->fact_text, sizeof c->fact_text);
        json_object_set_new(line, "fact", json_string(fact));
        json_object_set_new(line, "value",
                            text[0] != '\0' ? json_string(text) : json_integer(c->fact_value));
    }
    return line;
}

static bool decode_kind(const char *name, enum change_kind *kind)
{
    for (int k = CHANGE_OPEN; k <= CHANGE_FACT; k++)
        if (strcmp(change_kind_name((enum change_kind)k), name) == 0) {
            *kind = (enum change_kind)k;
            return true;
        }
    return false;
}

static bool decode(const json_t *object, struct change *c)
{
    memset(c, 0, sizeof *c);
    c->before.price = c->after.price = PRICE_UNSET;
    const char *kind, *why, *fact;
    json_int_t sequence, time;
    bool good = json_unpack((json_t *)object, "{s:s, s:I, s:I, s:s}", "kind", &kind, "sequence",
                            &sequence, "time", &time, "why", &why) == 0 &&
                decode_kind(kind, &c->kind);
    if (good) {
        c->sequence = (uint64_t)sequence;
        c->time = time;
        text_copy(c->why, sizeof c->why, why);
    }
    for (size_t i = 0; i < PART_COUNT && good; i++) {
        const json_t *part = json_object_get(object, PARTS[i].name);
        bool there = part != NULL;
        memcpy((char *)c + PARTS[i].flag, &there, sizeof there);
        good =
            !there || columns_decode(part, PARTS[i].table, COLUMN_ALL, (char *)c + PARTS[i].offset);
    }
    if (good && (fact = json_string_value(json_object_get(object, "fact"))) != NULL) {
        c->has_fact = true;
        const json_t *value = json_object_get(object, "value");
        c->fact_value = json_integer_value(value);
        if (json_is_string(value))
            text_copy(c->fact_text, sizeof c->fact_text, json_string_value(value));
        text_copy(c->fact, sizeof c->fact, fact);
    }
    return good;
}

/* How many of the changes are joined with the first: they make one line. */
static size_t count_joined(const struct change *changes, size_t count)
{
    size_t joined = 1;
    while (joined < count && changes[joined - 1].joined)
        joined++;
    return joined;
}

/* An object, or an array of them for those that are joined. */
static json_t *encode_line(const struct change *changes, size_t count)
{
    if (count == 1)
        return encode(changes);
    json_t *line = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(line, encode(&changes[i]));
    return line;
}

/* Decodes a line behind the `count` changes that there are already; 0: it cannot be. */
static size_t decode_line(const char *text, size_t length, struct change **changes, size_t count)
{
    json_t *line = json_loadb(text, length, 0, NULL);
    size_t size = json_is_array(line) ? json_array_size(line) : 1;
    bool good = line != NULL && size > 0;
    *changes = memory_resize(*changes, count + size, sizeof **changes);
    for (size_t i = 0; i < size && good; i++) {
        struct change *c = &(*changes)[count + i];
        good = decode(json_is_array(line) ? json_array_get(line, i) : line, c);
        c->joined = i + 1 < size;
    }
    json_decref(line);
    return good ? size : 0;
}

/* Where the last whole line ends. */
static off_t find_end(int file)
{
    char block[4096];
    off_t end = lseek(file, 0, SEEK_END);
    while (end > 0) {
        size_t size = (size_t)end < sizeof block ? (size_t)end : sizeof block;
        off_t start = end - (off_t)size;
        if (pread(file, block, size, start) != (ssize_t)size)
            return -1;
        while (size > 0 && block[size - 1] != '\n')
            size--;
        if (size > 0)
            return start + (off_t)size;
        end = start;
    }
    return end;
}

static bool write_lines(FILE *file, bool fresh, const struct change *changes, size_t count)
{
    if (fresh &&
        fprintf(file, "{\"journal\":\"%" PRId64 "-%ld\"}\n", clock_wall_us(), (long)getpid()) < 0)
        return false;
    for (size_t i = 0, joined; i < count; i += joined) {
        joined = count_joined(&changes[i], count - i);
        json_t *line = encode_line(&changes[i], joined);
        bool written = json_dumpf(line, file, JSON_COMPACT | JSON_REAL_PRECISION(17)) == 0 &&
                       putc('\n', file) >= 0;
        json_decref(line);
        if (!written)
            return false;
    }
    return fflush(file) == 0 && fdatasync(fileno(file)) == 0;
}

bool spill_append(const char *path, const struct change *changes, size_t count, struct error *error)
{
    int descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (descriptor < 0)
        return file_refuse(path, error);
    off_t end = find_end(descriptor);
    FILE *file = end >= 0 && ftruncate(descriptor, end) == 0 ? fdopen(descriptor, "a") : NULL;
    if (file == NULL) {
        file_refuse(path, error);
        close(descriptor);
        return false;
    }
    bool done =
        write_lines(file, end == 0, changes, count) && (end > 0 || file_sync_directory(path));
    if (!done)
        file_refuse(path, error);
    fclose(file);
    if (!done && (end > 0 ? truncate(path, end) : unlink(path)) != 0)
        file_refuse(path, error);
    return done;
}

/* A replay under way. */
struct replay {
    struct repository *repository;
    const char *path;
    char journal[64]; /* its first line */
    int64_t done;     /* up to here it was committed before */
    struct change *batch;
    int64_t *ends; /* where in the journal each change of the batch ends */
    size_t waiting;
    size_t committed, damaged, refused;
    struct error refusal;
};

/* Commits a part of the batch; changes that can never be stored are found by halving. */
static bool commit(struct replay *p, size_t first, size_t count, struct error *error)
{
    char mark[MARK_SIZE], refused[NAME_SIZE];
    if (count == 0)
        return true;
    text_format(mark, sizeof mark, "%" PRId64 " %s", p->ends[first + count - 1], p->journal);
    if (repository_commit_marked(p->repository, p->batch + first, count, "spill", mark, error)) {
        p->committed += count;
        return true;
    }
    if (error->code != ERROR_USAGE)
        return false;
    size_t half = count / 2;
    while (half > 0 && p->batch[first + half - 1].joined)
        half--;
    half = half > 0 ? half : count_joined(p->batch + first, count);
    if (half == count) {
        p->refusal = p->refused == 0 ? *error : p->refusal;
        p->refused += count;
    }
    *error = (struct error){0};
    if (half < count)
        return commit(p, first, half, error) && commit(p, first + half, count - half, error);
    text_format(refused, sizeof refused, "%s.refused", p->path);
    return spill_append(refused, p->batch + first, count, error);
}

static bool commit_batch(struct replay *p, struct error *error)
{
    bool done = commit(p, 0, p->waiting, error);
    p->waiting = 0;
    return done;
}

/* Takes the journal's name, and from the database how far it was replayed. */
static bool begin(struct replay *p, const char *line, size_t length, struct error *error)
{
    char mark[MARK_SIZE], *name;
    text_clean(p->journal, sizeof p->journal, line, length);
    if (strncmp(line, "{\"journal\":", 11) != 0)
        p->damaged++;
    int found = repository_get_meta(p->repository, "spill", mark, sizeof mark, error);
    if (found == 1) {
        int64_t done = strtoll(mark, &name, 10);
        if (*name == ' ' && strcmp(name + 1, p->journal) == 0 && done > p->done)
            p->done = done;
    }
    return found >= 0;
}

/* Takes in a line that ends at `end` of the journal. */
static bool take(struct replay *p, const char *line, size_t length, int64_t end,
                 struct error *error)
{
    size_t count = decode_line(line, length, &p->batch, p->waiting);
    p->damaged += count == 0;
    if (count == 0 || end <= p->done)
        return true;
    p->ends = memory_resize(p->ends, p->waiting + count, sizeof *p->ends);
    while (count-- > 0)
        p->ends[p->waiting++] = end;
    return p->waiting < REPLAY_BATCH || commit_batch(p, error);
}

/* Up to the last change that the database has, the journal holds what it has too. */
static bool skip_known(struct replay *p, FILE *file, struct error *error)
{
    char known[REPOSITORY_MARK_SIZE], mark[REPOSITORY_MARK_SIZE], *line = NULL;
    size_t size = 0;
    ssize_t length;
    int64_t end = 0;
    int found = repository_get_meta(p->repository, REPOSITORY_LAST, known, sizeof known, error);
    while (found == 1 && (length = getline(&line, &size, file)) > 0 && line[length - 1] == '\n') {
        end += length;
        size_t count = decode_line(line, (size_t)length - 1, &p->batch, 0);
        if (count == 0)
            continue;
        repository_mark(&p->batch[count - 1], mark);
        if (p->batch[count - 1].kind != CHANGE_EXTREMES && strcmp(mark, known) == 0)
            p->done = end;
    }
    free(line);
    rewind(file);
    return found >= 0;
}

static bool read_all(struct replay *p, FILE *file, struct error *error)
{
    char *line = NULL;
    size_t size = 0;
    ssize_t length;
    int64_t end = 0;
    bool good = true;
    while (good && (length = getline(&line, &size, file)) > 0 && line[length - 1] == '\n') {
        bool first = end == 0;
        end += length;
        good = first ? begin(p, line, (size_t)length - 1, error)
                     : take(p, line, (size_t)length - 1, end, error);
    }
    free(line);
    if (good && ferror(file))
        good = error_set(error, ERROR_SYSTEM, "cannot read %s: %s; it is kept", p->path,
                         strerror(errno));
    return good && commit_batch(p, error);
}

/* Renames the journal to the first free one of PATH.damaged, PATH.damaged.1, ... */
static bool set_aside(const char *path, char *name, size_t size)
{
    text_format(name, size, "%s.damaged", path);
    for (int i = 1; link(path, name) != 0; i++) {
        if (errno != EEXIST)
            return false;
        text_format(name, size, "%s.damaged.%d", path, i);
    }
    return unlink(path) == 0;
}

static bool finish(const struct replay *p, struct error *error)
{
    char name[NAME_SIZE];
    if (p->damaged > 0 ? !set_aside(p->path, name, sizeof name) : unlink(p->path) != 0)
        return error_set(error, ERROR_SYSTEM, "cannot remove %s: %s; see its directory's mode",
                         p->path, strerror(errno));
    file_sync_directory(p->path);
    if (p->damaged > 0)
        error_set(
            error, ERROR_DAMAGED,
            "%zu lines of the journal cannot be read; it is kept as %s: compare the positions "
            "with your broker's",
            p->damaged, name);
    else if (p->refused > 0)
        error_set(error, ERROR_USAGE, "%zu changes are kept in %s.refused, please report it: %s",
                  p->refused, p->path, p->refusal.text);
    return true;
}

bool spill_replay(const char *path, struct repository *r, size_t *replayed, struct error *error)
{
    struct error own = {0};
    error = error != NULL ? error : &own;
    *error = (struct error){0};
    *replayed = 0;
    FILE *file = fopen(path, "re");
    if (file == NULL)
        return errno == ENOENT || error_set(error, ERROR_SYSTEM, "cannot read %s: %s; it is kept",
                                            path, strerror(errno));
    struct replay p = {.repository = r, .path = path};
    bool done = skip_known(&p, file, error) && read_all(&p, file, error);
    fclose(file);
    free(p.batch);
    free(p.ends);
    *replayed = p.committed;
    return done && finish(&p, error);
}
