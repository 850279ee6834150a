/* An open position whose row is lost with a damaged part of the database: what its fills make, and
 * beyond that what the last audit row says. */
#include "engine/internal.h"

#include "base/text.h"

#include <math.h>

static void replay(const struct lost_position *lost, size_t first, const struct instrument *i,
                   struct position *p)
{
    struct position_step step;
    position_init(p, &lost->key, lost->symbol);
    for (size_t n = first; n < lost->count; n++)
        position_apply_fill(p, i, &lost->fills[n], NULL, lost->fills[n].time, &step);
}

static bool is_explained(const struct lost_position *lost, const struct position *p)
{
    if (!position_is_open(p))
        return false;
    return lost->known ? fabs(p->quantity - lost->said.quantity) < 1e-9 : lost->whole;
}

/* The audit row was written with the last change: only prices since then are missing. */
static void take_said(const struct position *said, struct position *p)
{
    p->entry_price = said->entry_price;
    p->entry_time = said->entry_time;
    p->target_price = said->target_price;
    p->stop_price = said->stop_price;
    p->min_price = said->min_price;
    p->max_price = said->max_price;
    p->mae = said->mae;
    p->mfe = said->mfe;
    p->realized_pnl = said->realized_pnl;
    p->commissions = said->commissions;
}

bool engine_rebuild_position(void *context, const struct lost_position *lost, struct position *out)
{
    struct engine *e = context;
    struct instrument i;
    char what[96] = "a position";
    int symbol = engine_find_symbol(e, lost->symbol);
    bool explained = symbol >= 0 && state_get_instrument(e->state, e->symbols[symbol].place, &i);
    if (explained) {
        replay(lost, lost->closed, &i, out);
        if (!is_explained(lost, out)) /* a fill that reversed belongs to the trade before */
            replay(lost, 0, &i, out);
        explained = is_explained(lost, out);
    }
    double quantity = explained ? out->quantity : lost->known ? lost->said.quantity : 0;
    if (quantity != 0)
        text_format(what, sizeof what, "%s %.10g", quantity > 0 ? "LONG" : "SHORT", fabs(quantity));
    if (!explained) {
        engine_say(e, MESSAGE_WARNING,
                   "%s: %s %s is lost with the damaged part of the database, and its fills do not "
                   "explain it: compare with your broker's",
                   lost->key.account, what, lost->symbol);
        return false;
    }
    if (lost->known)
        take_said(&lost->said, out);
    out->origin = ORIGIN_RECOVERED;
    out->has_gap = true;
    engine_say(e, MESSAGE_WARNING,
               "%s: %s %s was lost with the damaged part of the database and is rebuilt from its "
               "fills: compare with your broker's",
               lost->key.account, what, lost->symbol);
    return true;
}
