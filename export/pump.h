/*
 * pump: the thread that carries records from the journal to one sink, from its own cursor.
 *
 * A lone record leaves at once, many share a write. What is not taken is tried again after 0.25 s,
 * doubling up to 15 s, each a quarter longer or shorter by chance. A slow or dead receiver costs
 * journal space and nothing else.
 */
#ifndef BASICTAP_EXPORT_PUMP_H
#define BASICTAP_EXPORT_PUMP_H

#include "export/journal.h"
#include "export/sink/sink.h"

enum { PUMP_WORDS_SIZE = 512 };

struct pump_stats {
    const char *name;              /* of the sink */
    uint64_t sent;                 /* taken by the receiver in this run; a repeat counts again */
    uint64_t dropped;              /* refused for good */
    uint64_t position;             /* sequence up to which the receiver has everything */
    uint64_t retries;              /* writes and greetings that did not succeed */
    char trouble[PUMP_WORDS_SIZE]; /* what is wrong now; "": all is well */
};

struct pump;

/* Takes the sink, also when it fails (NULL and words: no memory, no thread). The journal outlives
 * the pump; on_message may be NULL. */
struct pump *pump_open(struct journal *journal, struct sink *sink,
                       void (*on_message)(void *ctx, const char *words), void *ctx,
                       struct diag *diag);

/* Takes the record; NULL is fine. It replaces the state that waits. */
void pump_put_state(struct pump *pump, struct record *state);

/* Waits up to deadline_ms until the sink has all that is in the journal now and the newest state,
 * trying at once if the thread was waiting for a better time. False: something is left. */
bool pump_flush(struct pump *pump, unsigned deadline_ms);

void pump_reopen(struct pump *pump); /* the sink's reopen, soon */
void pump_stats(struct pump *pump, struct pump_stats *stats);

/* Says that the end has come; then the sink's cancel_fd is raised, which interrupts it. */
void pump_stop(struct pump *pump);

/* Ends the thread, which after pump_stop and cancel_fd takes but moments. NULL is fine. */
void pump_close(struct pump *pump);

#endif
