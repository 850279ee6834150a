#include "store/pages.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    HEADER = 100, /* bytes of page 1 before what other pages begin with */
    LEAST_PAGE = 512,
    MOST_PAGE = 65536,
    USUAL_PAGE = 4096,
    WAL_HEADER = 32,
    WAL_FRAME = 24,
    PAYLOAD_MAX = 1 << 20, /* a row of ours is a hundredth of it */
    LEAF = 0x0D,
    BRANCH = 0x05
};

struct pages {
    int file, wal;
    size_t page_size, usable;
    size_t whole; /* bytes of `page` that the file has; the rest of a cut-off page is zero */
    uint32_t count, file_count;
    off_t *frames; /* [page]: where in the -wal it is; 0: in the file */
    unsigned char header[HEADER];
    unsigned char *page, *overflow, *payload;
};

/* The number that `size` bytes make, greatest first. */
static uint64_t number_at(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;
    for (size_t i = 0; i < size; i++)
        number = number << 8 | bytes[i];
    return number;
}

static uint32_t word_at(const unsigned char *bytes)
{
    return (uint32_t)number_at(bytes, 4);
}

static bool has_header(const struct pages *p)
{
    return memcmp(p->header, "SQLite format 3", 16) == 0;
}

static bool is_page_size(size_t size)
{
    return size >= LEAST_PAGE && size <= MOST_PAGE && (size & (size - 1)) == 0;
}

/* Adds to the -wal's running checksum. */
static void sum(uint32_t s[2], const unsigned char *bytes, size_t size, bool big)
{
    for (size_t i = 0; i + 8 <= size; i += 8) {
        uint32_t words[2];
        for (size_t w = 0; w < 2; w++) {
            uint32_t read = word_at(bytes + i + 4 * w);
            words[w] =
                big ? read
                    : read >> 24 | (read >> 8 & 0xFF00) | (read << 8 & 0xFF0000) | read << 24;
        }
        s[0] += words[0] + s[1];
        s[1] += words[1] + s[0];
    }
}

/* Whether it is as SQLite writes it, with a file of `bytes` behind it: of one that was hit in part
 * nothing is believed. */
static bool is_whole_header(const unsigned char *header, uint64_t bytes)
{
    static const unsigned char fixed[] = {64, 32, 32};
    uint64_t stated = number_at(header + 16, 2), size = stated == 1 ? MOST_PAGE : stated;
    return memcmp(header + 21, fixed, sizeof fixed) == 0 && is_page_size(size) &&
           size * word_at(header + 28) == bytes;
}

static bool is_whole_wal_header(const unsigned char header[WAL_HEADER])
{
    uint32_t s[2] = {0, 0};
    sum(s, header, 24, word_at(header) & 1);
    return (word_at(header) & ~1U) == 0x377f0682 && is_page_size(word_at(header + 8)) &&
           s[0] == word_at(header + 24) && s[1] == word_at(header + 28);
}

/* The frames up to the last whole commit, as SQLite itself would take them. `most`: no page can be
 * behind that. */
static void read_wal(struct pages *p, const unsigned char header[WAL_HEADER], uint32_t most)
{
    struct {
        uint32_t page;
        off_t at;
    } *waiting = NULL;
    size_t count = 0, room = 0;
    unsigned char *frame = memory_new(1, WAL_FRAME + p->page_size);
    bool big = word_at(header) & 1;
    uint32_t s[2] = {word_at(header + 24), word_at(header + 28)};
    ssize_t size = (ssize_t)(WAL_FRAME + p->page_size);
    for (off_t at = WAL_HEADER; pread(p->wal, frame, (size_t)size, at) == size; at += size) {
        sum(s, frame, 8, big);
        sum(s, frame + WAL_FRAME, p->page_size, big);
        uint32_t number = word_at(frame), committed = word_at(frame + 4);
        if (number == 0 || number > most || memcmp(frame + 8, header + 16, 8) != 0 ||
            s[0] != word_at(frame + 16) || s[1] != word_at(frame + 20))
            break;
        if (count == room) {
            room = room > 0 ? room * 2 : 64;
            waiting = memory_resize(waiting, room, sizeof *waiting);
        }
        waiting[count].page = number;
        waiting[count++].at = at + WAL_FRAME;
        for (; committed > 0 && count > 0; count--) {
            uint32_t page = waiting[count - 1].page;
            if (p->frames[page] < waiting[count - 1].at) /* the last copy is the one that counts */
                p->frames[page] = waiting[count - 1].at;
            p->count = page > p->count ? page : p->count;
        }
    }
    free(waiting);
    free(frame);
}

/* Returns how many bytes of the page there are; the rest is zero. */
static size_t read_bytes(const struct pages *p, uint32_t number, unsigned char *target)
{
    if (number == 0 || number > p->count)
        return 0;
    bool in_wal = p->frames[number] > 0;
    if (!in_wal && number > p->file_count)
        return 0;
    off_t at = in_wal ? p->frames[number] : (off_t)(number - 1) * (off_t)p->page_size;
    ssize_t got = pread(in_wal ? p->wal : p->file, target, p->page_size, at);
    if (got <= 0)
        return 0;
    memset(target + got, 0, p->page_size - (size_t)got);
    return (size_t)got;
}

static bool read_page(struct pages *p, uint32_t number)
{
    p->whole = read_bytes(p, number, p->page);
    return p->whole > 0;
}

static uint64_t size_of(int file)
{
    struct stat st;
    return file >= 0 && fstat(file, &st) == 0 && st.st_size > 0 ? (uint64_t)st.st_size : 0;
}

/* Room for every page that the file and its -wal can hold. */
static void count_pages(struct pages *p, const unsigned char *wal)
{
    uint64_t in_file = (size_of(p->file) + p->page_size - 1) / p->page_size;
    uint64_t in_wal = wal != NULL ? size_of(p->wal) / p->page_size : 0;
    p->file_count = in_file < INT32_MAX ? (uint32_t)in_file : INT32_MAX;
    uint64_t most = p->file_count + in_wal + 1; /* SQLite leaves out the page at 1 GiB */
    p->frames = memory_new((size_t)most + 1, sizeof *p->frames);
    p->count = p->file_count;
    if (wal != NULL)
        read_wal(p, wal, most < INT32_MAX ? (uint32_t)most : INT32_MAX);
}

static void prepare(struct pages *p)
{
    unsigned char wal[WAL_HEADER] = {0};
    bool has_wal = p->wal >= 0 && pread(p->wal, wal, sizeof wal, 0) == (ssize_t)sizeof wal &&
                   is_whole_wal_header(wal);
    if (pread(p->file, p->header, HEADER, 0) != HEADER)
        memset(p->header, 0, HEADER);
    bool whole = is_whole_header(p->header, size_of(p->file));
    size_t stated = number_at(p->header + 16, 2);
    p->page_size = has_wal       ? word_at(wal + 8)
                   : !whole      ? USUAL_PAGE
                   : stated == 1 ? MOST_PAGE
                                 : stated;
    count_pages(p, has_wal ? wal : NULL);
    p->page = memory_new(1, p->page_size);
    p->overflow = memory_new(1, p->page_size);
    p->payload = memory_new(1, PAYLOAD_MAX);
    if (read_page(p, 1)) /* the -wal's is the one that counts */
        memcpy(p->header, p->page, HEADER);
    size_t reserved = whole || p->frames[1] > 0 ? p->header[20] : 0;
    p->usable = p->page_size - (reserved <= p->page_size - 480 ? reserved : 0);
}

struct pages *pages_open(const char *path, struct error *error)
{
    char wal[600];
    text_format(wal, sizeof wal, "%s-wal", path);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        error_set(error, ERROR_SYSTEM, "cannot read %s: %s; see its owner and mode", path,
                  strerror(errno));
        return NULL;
    }
    struct pages *p = memory_new(1, sizeof *p);
    p->file = file;
    p->wal = open(wal, O_RDONLY | O_CLOEXEC);
    prepare(p);
    return p;
}

void pages_close(struct pages *p)
{
    close(p->file);
    if (p->wal >= 0)
        close(p->wal);
    free(p->frames);
    free(p->page);
    free(p->overflow);
    free(p->payload);
    free(p);
}

uint32_t pages_count(const struct pages *p)
{
    return p->count;
}

uint32_t pages_application(const struct pages *p)
{
    return has_header(p) ? word_at(p->header + 68) : 0;
}

/* Where the page's own header begins. */
static const unsigned char *page_start(const struct pages *p, uint32_t number)
{
    return p->page + (number == 1 ? HEADER : 0);
}

enum page_kind pages_kind(struct pages *p, uint32_t number)
{
    if (!read_page(p, number))
        return PAGE_OTHER;
    unsigned char kind = *page_start(p, number);
    return kind == LEAF ? PAGE_ROWS : kind == BRANCH ? PAGE_BRANCH : PAGE_OTHER;
}

/* A variable-length number at `*at`, which moves behind it; false when it does not end in time. */
static bool take_varint(const unsigned char **at, const unsigned char *end, uint64_t *value)
{
    *value = 0;
    for (int i = 0; i < 9 && *at < end; i++) {
        unsigned char byte = *(*at)++;
        *value = i == 8 ? *value << 8 | byte : *value << 7 | (byte & 0x7F);
        if (i == 8 || byte < 0x80)
            return true;
    }
    return false;
}

/* Copies a payload together that is too long for its page. */
static bool gather(struct pages *p, const unsigned char *at, size_t local, size_t size)
{
    if ((size_t)(at - p->page) + local + 4 > p->whole)
        return false;
    memcpy(p->payload, at, local);
    uint32_t next = word_at(at + local);
    while (local < size) { /* ends: each round adds something */
        size_t part = size - local < p->usable - 4 ? size - local : p->usable - 4;
        if (read_bytes(p, next, p->overflow) < part + 4)
            return false;
        memcpy(p->payload + local, p->overflow + 4, part);
        local += part;
        next = word_at(p->overflow);
    }
    return true;
}

/* One value of serial type `type`, whose content is at `*at`. */
static bool take_value(uint64_t type, const unsigned char **at, const unsigned char *end,
                       struct pages_value *v)
{
    static const size_t sizes[] = {0, 1, 2, 3, 4, 6, 8, 8, 0, 0};
    if (type == 10 || type == 11)
        return false;
    size_t size = type < 10 ? sizes[type] : (size_t)((type - 12) / 2);
    *v = (struct pages_value){.type = SQLITE_NULL, .bytes = *at, .size = size};
    if ((size_t)(end - *at) < size)
        return false;
    uint64_t number = type < 10 ? number_at(*at, size) : 0;
    *at += size;
    if (type >= 12) {
        v->type = type % 2 == 1 ? SQLITE_TEXT : SQLITE_BLOB;
    } else if (type == 7) {
        v->type = SQLITE_FLOAT;
        memcpy(&v->real, &number, sizeof v->real);
    } else if (type != 0) {
        uint64_t sign = size > 0 && size < 8 ? UINT64_C(1) << (size * 8 - 1) : 0;
        v->type = SQLITE_INTEGER;
        v->integer = type >= 8 ? (int64_t)type - 8 : (int64_t)((number ^ sign) - sign);
    }
    return true;
}

static bool read_record(const unsigned char *record, size_t size, struct pages_row *row)
{
    const unsigned char *types = record, *end = record + size;
    uint64_t header, type;
    row->count = 0;
    if (!take_varint(&types, end, &header) || header > size)
        return false;
    const unsigned char *content = record + header;
    while (types < record + header) {
        if (row->count == PAGES_COLUMNS || !take_varint(&types, record + header, &type) ||
            !take_value(type, &content, end, &row->values[row->count++]))
            return false;
    }
    return content == end;
}

static bool read_cell(struct pages *p, size_t offset, struct pages_row *row)
{
    const unsigned char *at = p->page + offset, *end = p->page + p->whole;
    uint64_t size, id;
    if (offset >= p->whole || !take_varint(&at, end, &size) || !take_varint(&at, end, &id) ||
        size > PAYLOAD_MAX || size == 0)
        return false;
    row->id = (int64_t)id;
    if (size <= p->usable - 35)
        return (size_t)(end - at) >= size && read_record(at, (size_t)size, row);
    size_t least = (p->usable - 12) * 32 / 255 - 23;
    size_t local = least + (size - least) % (p->usable - 4);
    return gather(p, at, local <= p->usable - 35 ? local : least, (size_t)size) &&
           read_record(p->payload, (size_t)size, row);
}

/* The cells that the page, which is read, says it has room for. */
static size_t cell_count(const struct pages *p, uint32_t number, size_t header)
{
    const unsigned char *start = page_start(p, number);
    size_t stated = number_at(start + 3, 2);
    size_t most = (p->usable - (size_t)(start - p->page) - header) / 2;
    return stated < most ? stated : most;
}

size_t pages_each_row(struct pages *p, uint32_t number, pages_row_visitor *visit, void *context)
{
    static const size_t header = 8;
    struct pages_row row;
    size_t lost = 0;
    if (pages_kind(p, number) != PAGE_ROWS)
        return 0;
    const unsigned char *cells = page_start(p, number) + header;
    for (size_t i = 0, count = cell_count(p, number, header); i < count; i++) {
        if (read_cell(p, number_at(cells + 2 * i, 2), &row))
            visit(context, &row);
        else
            lost++;
    }
    return lost;
}

void pages_each_child(struct pages *p, uint32_t number, pages_number_visitor *visit, void *context)
{
    static const size_t header = 12;
    if (pages_kind(p, number) != PAGE_BRANCH)
        return;
    size_t count = cell_count(p, number, header), children = 0;
    uint32_t *child = memory_new(count + 1, sizeof *child); /* a visitor reads other pages */
    const unsigned char *start = page_start(p, number);
    for (size_t i = 0; i < count; i++) {
        size_t offset = number_at(start + header + 2 * i, 2);
        if (offset + 4 <= p->usable)
            child[children++] = word_at(p->page + offset);
    }
    child[children++] = word_at(start + 8);
    for (size_t i = 0; i < children; i++)
        visit(context, child[i]);
    free(child);
}

void pages_each_free(struct pages *p, pages_number_visitor *visit, void *context)
{
    uint32_t trunk = has_header(p) ? word_at(p->header + 32) : 0;
    for (uint32_t trunks = 0; trunks < p->count && read_page(p, trunk); trunks++) {
        size_t count = word_at(p->page + 4);
        visit(context, trunk);
        for (size_t i = 0; i < count && 8 + 4 * i + 4 <= p->usable; i++)
            visit(context, word_at(p->page + 8 + 4 * i));
        trunk = word_at(p->page);
    }
}
