/* What goes wrong between the simulated server and its clients, as a scenario asks for it. Spells
 * last for a while and are common to all connections; the others befall the next messages of one
 * connection. */
#ifndef SORTIE_SIM_FAULT_H
#define SORTIE_SIM_FAULT_H

#include "dtc/encoding.h"
#include "sim/random.h"

/* Spells. */

enum sim_spell {
    SIM_SPELL_REFUSE, /* no new connections */
    SIM_SPELL_STALL,  /* nothing is read or written */
    SIM_SPELL_SILENT, /* no heartbeats, no market data */
    SIM_SPELL_DELAY,  /* everything waits */
    SIM_SPELL_SPLIT,  /* one byte a write */
    SIM_SPELL_JOIN,   /* a write now and then, of all that has come together */
    SIM_SPELLS
};

/* Times are microseconds of the monotonic clock. */
struct sim_spells {
    int64_t now; /* of this round of the server */
    int64_t until[SIM_SPELLS];
    int64_t delay; /* for how long, with SIM_SPELL_DELAY */
};

bool sim_spell_is_cast(const struct sim_spells *s, enum sim_spell spell);

/* Faults of the next messages. */

enum sim_fault {
    SIM_FAULT_LOSE,
    SIM_FAULT_DUPLICATE,
    SIM_FAULT_REORDER, /* this one and the next are sent in reverse order */
    SIM_FAULT_TRUNCATE,
    SIM_FAULT_SIZE,
    SIM_FAULT_ENCODING,
    SIM_FAULTS
};

enum { SIM_REORDER_MAX = 64, /* messages */ SIM_GARBAGE_MAX = 4096 /* bytes */ };

struct sim_faults {
    struct {
        int count; /* messages that it is still to befall; */
        int type;  /* 0: of any type */
    } waiting[SIM_FAULTS];
    bool any; /* of them waits */
    char *held;
    size_t held_ends[SIM_REORDER_MAX], held_count;
};

void sim_faults_free(struct sim_faults *f);
void sim_faults_add(struct sim_faults *f, enum sim_fault fault, int count, int type);

/* Takes the bytes that are to be sent; several calls may follow one another. */
typedef void sim_fault_sink(void *context, const char *bytes, size_t length);

/* Encodes the message, does to it what waits for it, and hands on what is left. False when nothing
 * may follow: the message was cut in half. */
bool sim_faults_send(struct sim_faults *f, int encoding, const union dtc_message *m,
                     sim_fault_sink *sink, void *context);

/* Bytes that are no message, at most SIM_GARBAGE_MAX. */
void sim_fault_garbage(struct sim_random *random, int bytes, sim_fault_sink *sink, void *context);
/* A JSON message of 2 MiB, or the first 1000 bytes of a binary one that claims 65,535. */
void sim_fault_oversized(int encoding, sim_fault_sink *sink, void *context);

#endif
