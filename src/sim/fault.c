#include "sim/fault.h"

#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    OVERSIZED_TEXT = 2 << 20,
    OVERSIZED_CLAIM = 0xFFFF,
    OVERSIZED_BYTES = 1000,
    SIZE_TOO_SMALL = 2 /* less than a header */
};

bool sim_spell_is_cast(const struct sim_spells *s, enum sim_spell spell)
{
    return s->now < s->until[spell];
}

void sim_faults_free(struct sim_faults *f)
{
    free(f->held);
    *f = (struct sim_faults){0};
}

void sim_faults_add(struct sim_faults *f, enum sim_fault fault, int count, int type)
{
    f->waiting[fault].count = count;
    f->waiting[fault].type = type;
    f->any = true;
}

/* Whether the fault befalls a message of that type, which uses it up. */
static bool befalls(struct sim_faults *f, enum sim_fault fault, int type)
{
    if (f->waiting[fault].count == 0)
        return false;
    if (f->waiting[fault].type != 0 && f->waiting[fault].type != type)
        return false;
    f->waiting[fault].count--;
    return true;
}

/* Keeps messages back until there are as many as are to be turned round; then they go. */
static void reorder(struct sim_faults *f, const char *bytes, size_t length, sim_fault_sink *sink,
                    void *context)
{
    size_t end = f->held_count > 0 ? f->held_ends[f->held_count - 1] : 0;
    f->held = memory_resize(f->held, end + length, 1);
    memcpy(f->held + end, bytes, length);
    f->held_ends[f->held_count++] = end + length;
    if (f->waiting[SIM_FAULT_REORDER].count > 0 && f->held_count < SIM_REORDER_MAX)
        return;
    while (f->held_count > 0) {
        size_t last = --f->held_count;
        size_t start = last > 0 ? f->held_ends[last - 1] : 0;
        sink(context, f->held + start, f->held_ends[last] - start);
    }
}

static bool anything_waits(const struct sim_faults *f)
{
    for (int i = 0; i < SIM_FAULTS; i++)
        if (f->waiting[i].count > 0)
            return true;
    return false;
}

static bool send_wrong(struct sim_faults *f, int encoding, const union dtc_message *m,
                       sim_fault_sink *sink, void *context)
{
    char bytes[DTC_ENCODED_MAX];
    int type = m->header.Type;
    bool is_text = dtc_encoding_get(encoding)->is_text;
    if (befalls(f, SIM_FAULT_LOSE, type))
        return true;
    if (befalls(f, SIM_FAULT_ENCODING, type))
        encoding = is_text ? DTC_BINARY_ENCODING : DTC_JSON_ENCODING;
    size_t length = dtc_encoding_get(encoding)->encode(m, bytes, sizeof bytes);
    if (length == 0)
        return true;
    if (befalls(f, SIM_FAULT_SIZE, type)) {
        if (dtc_encoding_get(encoding)->is_text)
            length--;
        else
            memcpy(bytes, &(uint16_t){SIZE_TOO_SMALL}, sizeof(uint16_t));
    }
    bool is_cut = befalls(f, SIM_FAULT_TRUNCATE, type);
    if (is_cut)
        length /= 2;
    int times = befalls(f, SIM_FAULT_DUPLICATE, type) ? 2 : 1;
    for (int i = 0; i < times; i++) {
        if (befalls(f, SIM_FAULT_REORDER, type))
            reorder(f, bytes, length, sink, context);
        else
            sink(context, bytes, length);
    }
    f->any = anything_waits(f);
    return !is_cut;
}

bool sim_faults_send(struct sim_faults *f, int encoding, const union dtc_message *m,
                     sim_fault_sink *sink, void *context)
{
    char bytes[DTC_ENCODED_MAX];
    if (f->any)
        return send_wrong(f, encoding, m, sink, context);
    sink(context, bytes, dtc_encoding_get(encoding)->encode(m, bytes, sizeof bytes));
    return true;
}

void sim_fault_garbage(struct sim_random *random, int bytes, sim_fault_sink *sink, void *context)
{
    char garbage[SIM_GARBAGE_MAX];
    for (int i = 0; i < bytes; i++)
        garbage[i] = (char)(sim_random_next(random) & 0xFF);
    sink(context, garbage, (size_t)bytes);
}

void sim_fault_oversized(int encoding, sim_fault_sink *sink, void *context)
{
    static const char start[] = "{\"Type\":701,\"MessageText\":\"", end[] = "\"}";
    size_t length = dtc_encoding_get(encoding)->is_text ? OVERSIZED_TEXT : OVERSIZED_BYTES;
    char *bytes = memory_new(length, 1);
    memset(bytes, 'x', length);
    if (length == OVERSIZED_TEXT) {
        memcpy(bytes, start, sizeof start - 1);
        memcpy(bytes + length - sizeof end, end, sizeof end);
    } else {
        memcpy(bytes, (const uint16_t[]){OVERSIZED_CLAIM, DTC_GENERAL_LOG_MESSAGE}, 4);
    }
    sink(context, bytes, length);
    free(bytes);
}
