/* The writer thread: owns the repository while it runs, commits all that waits in one transaction
 * (group commit) and acknowledges. When the database refuses, the spill journal takes over; when
 * that fails too, changes are kept in memory. Both are tried again each second, and once the
 * database works the journal is replayed into it. A change that breaks a constraint takes the same
 * way: its batch goes to the journal, and the replay keeps what is impossible in PATH.refused
 * (spill.h), tells the user once, and stores the rest. */
#ifndef SORTIE_STORE_WRITER_H
#define SORTIE_STORE_WRITER_H

#include "base/histogram.h"
#include "store/repository.h"

struct writer;

struct writer_listener {
    void *context;
    /* Everything up to and with this sequence is durable. Called on the writer thread. */
    void (*durable)(void *context, uint64_t sequence);
    /* The database refuses (`lost` false: the journal holds the changes; true: they are in memory
     * only), with the reason and what to do; or works again (`sentence` ""). Called on the writer
     * thread, once a change. */
    void (*trouble)(void *context, bool lost, const char *sentence);
};

/* Takes over `r` (and closes it at the stop, or now on failure). A journal that is there already is
 * replayed first. */
struct writer *writer_start(struct repository *r, const char *spill_path,
                            const struct writer_listener *listener, struct error *error);
/* Copies the changes into the queue, those that are joined in one call; never waits for the disk.
 * Sequences ascend from change to change; 0 is not acknowledged. A CHANGE_EXTREMES replaces one of
 * the same position that still waits with nothing of that position behind it, and by itself it
 * waits until 100 ms after the last writing (a second while the database refuses). */
void writer_post(struct writer *w, const struct change *changes, size_t count);
/* Commits what waits, ends the thread, closes the repository. False when changes were lost (they
 * are counted in the sentence). */
bool writer_stop(struct writer *w, struct error *error);

/* Measured since the start: commit times and time from post to acknowledgement (not of
 * CHANGE_EXTREMES, which wait on purpose), in nanoseconds; changes waiting, and the most that
 * ever did. What saving takes at the moment, in us: how long the oldest change waits, or, when none
 * does, the longest wait of the last acknowledgement, if that was within the last 5 s, else 0. */
struct writer_figures {
    struct histogram commit, acknowledge;
    size_t waiting, waiting_most;
    uint64_t commits, changes;
    int64_t saving;
};
void writer_measure(struct writer *w, struct writer_figures *out);

#endif
