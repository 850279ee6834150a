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

/* Builds the state from the database alone: positions, results, balances, known fills. Before
 * engine_start(). */
bool engine_restore(struct engine *e, struct repository *r, struct error *error);

/* Starts the thread; changes go to `w`. It ends on COMMAND_STOP. */
bool engine_start(struct engine *e, struct writer *w, struct error *error);
void engine_join(struct engine *e);

#endif
