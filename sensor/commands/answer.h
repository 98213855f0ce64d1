/*
 * answer: what a run finds out, on its way to the table, the JSON lines and Redis. Shared by replay
 * and listen, which differ in where frames come from and when there is something to say.
 */
#ifndef BASICTAP_SENSOR_COMMANDS_ANSWER_H
#define BASICTAP_SENSOR_COMMANDS_ANSWER_H

#include "sensor/config.h"
#include "sensor/options.h"
#include "sensor/source.h"

struct answer;

/*
 * Reads the rules, opens the outputs. config holds what the command line changed; it and options
 * outlive the answer. NULL and words: nothing was begun.
 */
struct answer *answer_open(const struct options *options, const struct config *config,
                           struct diag *diag);
void answer_free(struct answer *answer); /* NULL is fine */

/* A source_secrets_fn; ctx is the address of a struct answer *, which may be set after the source
 * is opened. */
void answer_on_secrets(void *ctx, uint32_t type, struct bytes secrets);

/* One batch from frames to findings. */
enum source_state answer_pump(struct answer *answer, struct source *source);

/* Live: it is now this late, whether packets come or not. */
void answer_tick(struct answer *answer, struct timestamp now);

uint64_t answer_findings(const struct answer *answer);

/* Live: tells Redis that the sensor lives, and the user what the kernel dropped since. */
void answer_beat(struct answer *answer, struct source *source);

/* The answer so far, to where the answer goes. */
void answer_report(struct answer *answer, struct source *source);

/* The input ends here, but not by itself, and will be read again: what is still open is part of
 * this answer, and must not stand in the journal of a file beside the whole that comes later. */
void answer_cut(struct answer *answer);

/* How long the end may take. */
struct patience {
    unsigned ms;
    bool is_stall; /* ms without any progress, not in all */
};

/* Nothing more comes: what is open is said, then the answer; waits for the receivers. False:
 * something could not be delivered, which has been told. */
bool answer_finish(struct answer *answer, struct source *source, struct patience patience);

#endif
