/* The reader thread: drives the DTC session, turns messages into changes of the state, hands what
 * must be stored to the writer, carries out commands. It never waits for the disk or the screen. */
#ifndef SORTIE_ENGINE_ENGINE_H
#define SORTIE_ENGINE_ENGINE_H

#include "base/config.h"
#include "base/log.h"
#include "state/command.h"
#include "state/state.h"
#include "store/repository.h"
#include "store/writer.h"

struct engine;

struct engine_options {
    const struct config *config;
    struct state *state;
    struct command_queue *commands;
    struct log *log; /* may be NULL */
};

/* An engine that is not connected yet. Nothing in `options` is owned; all of it must outlive the
 * engine. */
struct engine *engine_new(const struct engine_options *options);
void engine_free(struct engine *e);

/* Builds what the first screen shows from the database alone: positions, accounts and their latest
 * balances. Before anything else is written to it. */
bool engine_restore(struct engine *e, struct repository *r, struct error *error);
/* The rest of it: the fills known, and the past that statistics and equity are made of. For who
 * turns the loop without engine_start(). */
bool engine_load(struct engine *e, struct repository *r, struct error *error);

/* Starts the thread; changes go to `w`. It reads the fills known from the database (its path), over
 * a connection of its own, before it asks the server, and has the rest of the past read by another
 * thread meanwhile. It ends on COMMAND_STOP. */
bool engine_start(struct engine *e, struct writer *w, const char *database, struct error *error);
void engine_join(struct engine *e);

/* The name of the fact (trade/change.h) that goes with a position that the user discards; its value
 * is when (us UTC): fills of it from before that are told of later make no new one. */
void engine_name_stand_in(char *fact, size_t size, const struct account_key *key,
                          const char *symbol);

#endif
