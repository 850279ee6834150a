/* Excursion analysis (domain.md, "Statistics"): how far winners went against the trader and losers
 * for him, and what winners gave back. Percentiles are by rank (the least value that so many of
 * the values do not exceed) and kept to four significant digits, so that a window of any number of
 * trades takes some kilobytes and gives up its oldest trade in no time. */
#ifndef SORTIE_TRADE_EXCURSIONS_H
#define SORTIE_TRADE_EXCURSIONS_H

#include "trade/statistics.h"

enum { PERCENTILES = 3 }; /* the median, the 80th and the 95th */

enum excursion_measure {
    EXCURSION_MAE,       /* of winners */
    EXCURSION_MAE_TICKS, /* of those whose tick is known */
    EXCURSION_MAE_R,     /* of those that have an R */
    EXCURSION_MFE,       /* of losers, and so on */
    EXCURSION_MFE_TICKS,
    EXCURSION_MFE_R,
    EXCURSION_LEFT, /* MFE - P&L of winners */
    EXCURSION_MEASURES
};

struct excursion {
    uint32_t count;             /* of values; 0: there are no percentiles */
    int64_t parts[PERCENTILES]; /* in millionths, >= 0: those of MAE without their sign */
};

struct excursions {
    struct excursion of[EXCURSION_MEASURES];
    money left; /* in all */
};

/* A value as it is counted; -1: the trade has none. */
int64_t excursion_value(const struct trade_result *r, enum excursion_measure m);

/* The values of a window's trades. All zero: no trades. */
struct excursion_counts {
    struct value_counts {
        uint32_t count, page_count, index_size;
        uint16_t *index; /* of the page that counts these values; 0: none does */
        struct value_page *pages;
        struct value_mark {
            uint32_t at, before; /* values below `at` */
        } marks[PERCENTILES];
    } of[EXCURSION_MEASURES];
    money left;
};

void excursions_add(struct excursion_counts *c, const struct trade_result *r);
/* One that was added. */
void excursions_remove(struct excursion_counts *c, const struct trade_result *r);
/* All that another one counts. */
void excursions_join(struct excursion_counts *c, const struct excursion_counts *other);
void excursions_clear(struct excursion_counts *c);
void excursions_read(struct excursion_counts *c, struct excursions *out);

#endif
