/* What stood in for fills that nobody told of: the server's word on a position, or the user's. A
 * history that is given after all, or late, brings those fills; they are counted already. */
#include "engine/internal.h"

#include "base/clock.h"
#include "base/text.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Within so much of a stand-in no clock says which fills it covers. */
static const int64_t DOUBT = 5 * CLOCK_MINUTE;

/* No machine's clock is further from the truth, and it can still be told from nonsense. */
static const int64_t GREATEST_ERROR = 3650 * CLOCK_DAY;

static const char PREFIX[] = "stand-in:";

void engine_note_server_time(struct engine *e, int64_t time)
{
    if (time > e->wall - GREATEST_ERROR && time < e->wall + GREATEST_ERROR)
        e->server_ahead = time - e->wall;
}

void engine_restore_stand_in(struct engine *e, const char *fact, int64_t time)
{
    if (strncmp(fact, PREFIX, strlen(PREFIX)) != 0)
        return;
    const char *name = fact + strlen(PREFIX);
    struct engine_mark *m = e->marks, *oldest = e->marks, *end = e->marks + e->mark_count;
    for (; m < end && strcmp(m->name, name) != 0; m++)
        oldest = m->time < oldest->time ? m : oldest;
    if (m == end && e->mark_count < ENGINE_MARKS)
        e->mark_count++;
    else if (m == end)
        m = oldest;
    text_copy(m->name, sizeof m->name, name);
    m->time = time;
}

void engine_name_stand_in(char *fact, size_t size, const struct account_key *key,
                          const char *symbol)
{
    text_format(fact, size, "%s%s|%s", PREFIX, key->account, symbol);
}

void engine_note_stand_in(struct engine *e, const struct account_key *key, const char *symbol)
{
    struct change c;
    char fact[sizeof c.fact];
    int64_t time = e->wall + e->server_ahead;
    engine_name_stand_in(fact, sizeof fact, key, symbol);
    engine_restore_stand_in(e, fact, time);
    state_note_fact(e->state, fact, time, e->wall, &c);
    engine_store(e, &c);
}

/* The symbol of a stand-in in that account; NULL: it is of another. */
static const char *symbol_of(const struct engine_mark *m, const struct engine_account *a)
{
    size_t length = strlen(a->key.account);
    bool is_ours = strncmp(m->name, a->key.account, length) == 0 && m->name[length] == '|';
    return is_ours ? m->name + length + 1 : NULL;
}

static bool is_news(struct engine *e, const struct engine_fill *f, const char *symbol)
{
    return f->past && !f->covered && strcmp(f->fill.symbol, symbol) == 0 &&
           !state_knows_fill(e->state, &f->fill);
}

bool engine_has_doubt(struct engine *e, const struct engine_account *a)
{
    for (int i = 0; i < e->mark_count; i++) {
        const struct engine_mark *m = &e->marks[i];
        const char *symbol = symbol_of(m, a);
        for (size_t k = 0; symbol != NULL && k < a->fill_count; k++)
            if (llabs(a->fills[k].fill.time - m->time) <= DOUBT && is_news(e, &a->fills[k], symbol))
                return true;
    }
    return false;
}

static size_t distance(size_t a, size_t b)
{
    return a > b ? a - b : b - a;
}

/* A stand-in covers the first so many of the new fills of its symbol. Near it, clocks and whole
 * seconds leave a choice: of what makes our quantity the server's, that which is closest to what
 * the time says. Where nothing does, what is in doubt is left out: the difference that remains
 * brings the history again, and what is counted wrongly could not be taken back. */
static size_t count_covered(struct engine *e, const struct engine_account *a,
                            const struct engine_mark *m, const char *symbol)
{
    size_t count = 0, least = 0, by_time = 0, most = 0;
    double told, rest = 0; /* of those that are not covered */
    for (size_t i = 0; i < a->fill_count; i++) {
        const struct fill *f = &a->fills[i].fill;
        if (!is_news(e, &a->fills[i], symbol))
            continue;
        count++;
        least = f->time < m->time - DOUBT ? count : least;
        by_time = f->time <= m->time ? count : by_time;
        most = f->time <= m->time + DOUBT ? count : most;
        rest += (int)f->side * f->quantity;
    }
    if (least == most || !engine_get_reported(e, a, symbol, &told))
        return by_time;
    double missing = told - engine_quantity_held(e, &a->key, symbol);
    size_t covered = 0, best = most;
    bool agrees = false;
    for (size_t i = 0; i <= a->fill_count; i++) {
        if (i < a->fill_count && !is_news(e, &a->fills[i], symbol))
            continue;
        if (covered >= least && covered <= most && fabs(rest - missing) < 1e-9 &&
            (!agrees || distance(covered, by_time) < distance(best, by_time))) {
            best = covered;
            agrees = true;
        }
        if (i < a->fill_count)
            rest -= (int)a->fills[i].fill.side * a->fills[i].fill.quantity;
        covered++;
    }
    return best;
}

void engine_find_covered(struct engine *e, struct engine_account *a)
{
    for (int i = 0; i < e->mark_count; i++) {
        const char *symbol = symbol_of(&e->marks[i], a);
        size_t count = symbol != NULL ? count_covered(e, a, &e->marks[i], symbol) : 0;
        for (size_t k = 0; k < a->fill_count && count > 0; k++)
            if (is_news(e, &a->fills[k], symbol)) {
                a->fills[k].covered = true;
                count--;
            }
    }
}
