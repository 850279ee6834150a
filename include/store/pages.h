/* The pages of a SQLite file read without SQLite, which gives up at the first that is damaged
 * (format: sqlite.org/fileformat2.html). Believes nothing it reads. Only src/store includes this.
 */
#ifndef SORTIE_STORE_PAGES_H
#define SORTIE_STORE_PAGES_H

#include "base/error.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { PAGES_COLUMNS = 64 };

struct pages_value {
    int type; /* SQLITE_INTEGER, ... */
    int64_t integer;
    double real;
    const void *bytes; /* of a text or blob; until the visitor returns */
    size_t size;
};

struct pages_row {
    int64_t id;
    size_t count;
    struct pages_value values[PAGES_COLUMNS];
};

enum page_kind { PAGE_OTHER, PAGE_ROWS, PAGE_BRANCH };

struct pages;

/* The file as its last commit left it: with what its -wal holds. NULL with ERROR_SYSTEM. */
struct pages *pages_open(const char *path, struct error *error);
void pages_close(struct pages *p);

uint32_t pages_count(const struct pages *p); /* they are numbered from 1 */
/* PRAGMA application_id, 0 when the file's header cannot be read. */
uint32_t pages_application(const struct pages *p);
/* PAGE_OTHER also for one that is not there or not whole. */
enum page_kind pages_kind(struct pages *p, uint32_t number);

typedef void pages_row_visitor(void *context, const struct pages_row *row);
typedef void pages_number_visitor(void *context, uint32_t number);
/* The rows of a PAGE_ROWS; returns how many of them cannot be read. */
size_t pages_each_row(struct pages *p, uint32_t number, pages_row_visitor *visit, void *context);
/* The pages below a PAGE_BRANCH. */
void pages_each_child(struct pages *p, uint32_t number, pages_number_visitor *visit, void *context);
/* The pages that hold nothing any more. */
void pages_each_free(struct pages *p, pages_number_visitor *visit, void *context);

#endif
