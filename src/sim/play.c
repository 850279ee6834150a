#include "sim/play.h"

#include "base/text.h"

/* What is played, and which spell, fault or term it is where several are played alike. */
struct scene {
    const struct sim_stage *stage;
    const struct sim_scenario_entry *entry;
    size_t which;
};

/* Market. */

static void play_price(const struct scene *s)
{
    sim_world_set_price(s->stage->world, s->entry->product, s->entry->price);
}

static void play_trade(const struct scene *s)
{
    sim_world_trade(s->stage->world, s->entry->product, s->entry->price, s->entry->volume);
}

static void play_freeze(const struct scene *s)
{
    sim_world_freeze(s->stage->world, s->entry->at + s->entry->duration);
}

/* Orders, as another terminal of the trader sends them. */

static struct sim_order_request order_of(const struct sim_scenario_entry *e)
{
    struct sim_order_request order = {.type = e->type,
                                      .side = e->side,
                                      .time_in_force = DTC_TIF_DAY,
                                      .price = e->price,
                                      .price2 = e->price2,
                                      .quantity = e->quantity};
    text_copy(order.account, sizeof order.account, e->account);
    text_copy(order.symbol, sizeof order.symbol, e->symbol);
    text_copy(order.client_id, sizeof order.client_id, e->id);
    return order;
}

static void play_order(const struct scene *s)
{
    struct sim_order_request order = order_of(s->entry);
    sim_exchange_submit(sim_world_exchange(s->stage->world), &order, s->stage->wall);
}

static void play_bracket(const struct scene *s)
{
    struct sim_order_request order = order_of(s->entry);
    sim_exchange_submit_bracket(sim_world_exchange(s->stage->world), &order, s->entry->target,
                                s->entry->stop, s->stage->wall);
}

static void play_cancel(const struct scene *s)
{
    sim_exchange_cancel(sim_world_exchange(s->stage->world), "", s->entry->id, s->stage->wall);
}

static void play_replace(const struct scene *s)
{
    const struct sim_scenario_entry *e = s->entry;
    sim_exchange_replace(sim_world_exchange(s->stage->world), "", e->id, e->price, e->price2,
                         e->quantity, s->stage->wall);
}

static void play_flatten(const struct scene *s)
{
    sim_exchange_flatten(sim_world_exchange(s->stage->world), s->entry->account, s->entry->symbol,
                         "flatten", s->stage->wall);
}

/* Spells. */

static void play_spell(const struct scene *s)
{
    struct sim_spells *spells = s->stage->spells;
    int64_t until = spells->now + s->entry->duration / s->stage->speed;
    if (until > spells->until[s->which])
        spells->until[s->which] = until;
    if (s->which == SIM_SPELL_DELAY)
        spells->delay = s->entry->by / s->stage->speed;
}

/* What befalls each client. */

static void drop(const struct scene *s, struct sim_client *c)
{
    (void)s;
    c->phase = SIM_CLIENT_GONE;
}

static void leave_half_open(const struct scene *s, struct sim_client *c)
{
    (void)s;
    sim_output_clear(&c->output);
    sim_client_mute(c);
}

static void add_fault(const struct scene *s, struct sim_client *c)
{
    sim_faults_add(&c->faults, (enum sim_fault)s->which, s->entry->count, s->entry->message_type);
}

static void send_bytes(void *context, const char *bytes, size_t length)
{
    sim_client_send_bytes(context, bytes, length);
}

static void send_garbage(const struct scene *s, struct sim_client *c)
{
    sim_fault_garbage(s->stage->random, s->entry->bytes, send_bytes, c);
}

static void send_oversized(const struct scene *s, struct sim_client *c)
{
    (void)s;
    sim_fault_oversized(c->encoding, send_bytes, c);
    if (!dtc_encoding_get(c->encoding)->is_text)
        sim_client_mute(c); /* the rest never comes */
}

static void log_off(const struct scene *s, struct sim_client *c)
{
    if (s->entry->is_final)
        sim_client_close_finally(c, s->entry->reason, s->stage->spells->now);
    else
        sim_client_close(c, s->entry->reason, s->stage->spells->now);
}

/* Terms. */

static void play_term(const struct scene *s)
{
    *(bool *)((char *)s->stage->terms + s->which) = s->entry->is_on;
}

static const struct {
    void (*play)(const struct scene *s);
    void (*befall)(const struct scene *s, struct sim_client *c); /* each client */
    size_t which;
} plays[SIM_ACTIONS] = {
    [SIM_DO_PRICE] = {.play = play_price},
    [SIM_DO_TRADE] = {.play = play_trade},
    [SIM_DO_FREEZE] = {.play = play_freeze},
    [SIM_DO_ORDER] = {.play = play_order},
    [SIM_DO_BRACKET] = {.play = play_bracket},
    [SIM_DO_CANCEL] = {.play = play_cancel},
    [SIM_DO_REPLACE] = {.play = play_replace},
    [SIM_DO_FLATTEN] = {.play = play_flatten},
    [SIM_DO_DROP] = {.befall = drop},
    [SIM_DO_REFUSE] = {.play = play_spell, .befall = drop, .which = SIM_SPELL_REFUSE},
    [SIM_DO_STALL] = {.play = play_spell, .which = SIM_SPELL_STALL},
    [SIM_DO_HALF_OPEN] = {.befall = leave_half_open},
    [SIM_DO_SILENT] = {.play = play_spell, .which = SIM_SPELL_SILENT},
    [SIM_DO_DELAY] = {.play = play_spell, .which = SIM_SPELL_DELAY},
    [SIM_DO_LOSE] = {.befall = add_fault, .which = SIM_FAULT_LOSE},
    [SIM_DO_DUPLICATE] = {.befall = add_fault, .which = SIM_FAULT_DUPLICATE},
    [SIM_DO_REORDER] = {.befall = add_fault, .which = SIM_FAULT_REORDER},
    [SIM_DO_SPLIT] = {.play = play_spell, .which = SIM_SPELL_SPLIT},
    [SIM_DO_JOIN] = {.play = play_spell, .which = SIM_SPELL_JOIN},
    [SIM_DO_TRUNCATE] = {.befall = add_fault, .which = SIM_FAULT_TRUNCATE},
    [SIM_DO_GARBAGE] = {.befall = send_garbage},
    [SIM_DO_WRONG_SIZE] = {.befall = add_fault, .which = SIM_FAULT_SIZE},
    [SIM_DO_OVERSIZED] = {.befall = send_oversized},
    [SIM_DO_WRONG_ENCODING] = {.befall = add_fault, .which = SIM_FAULT_ENCODING},
    [SIM_DO_LOGOFF] = {.befall = log_off},
    [SIM_DO_SIERRA] = {.play = play_term, .which = offsetof(struct sim_terms, is_sierra)},
    [SIM_DO_REFUSE_FILL_HISTORY] = {.play = play_term,
                                    .which = offsetof(struct sim_terms, refuses_fill_history)},
    [SIM_DO_REFUSE_PRICE_HISTORY] = {.play = play_term,
                                     .which = offsetof(struct sim_terms, refuses_price_history)},
};

void sim_play(const struct sim_stage *stage, const struct sim_scenario_entry *entry)
{
    struct scene scene = {stage, entry, plays[entry->action].which};
    if (plays[entry->action].play != NULL)
        plays[entry->action].play(&scene);
    for (int i = 0; plays[entry->action].befall != NULL && i < stage->client_count; i++)
        plays[entry->action].befall(&scene, stage->clients[i]);
}
