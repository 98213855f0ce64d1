/*
 * pending: bytes of one side of a conversation that nobody has finished with, and in which order
 * both sides' came.
 */
#ifndef BASICTAP_DISSECTORS_PENDING_H
#define BASICTAP_DISSECTORS_PENDING_H

#include "dissectors/dissector.h"

/* Zeroed is empty; whoever has it clears it. */
struct pending {
    uint8_t *at;
    uint64_t skip; /* bytes to come that nobody needs; len is 0 then */
    uint32_t len;
    uint32_t size;
    uint32_t want; /* of the dissector's last verdict */
};

void pending_clear(struct pending *pending); /* wipes: it may have held a password */

/* What it has room for is given back, if it is empty; what is wanted and skipped stays. */
void pending_release(struct pending *pending);

/* Keeps len bytes of front's; front shrinks. False: out of memory. */
bool pending_append(struct pending *pending, struct bytes *front, size_t len);

/* The first len are finished with. */
void pending_drop(struct pending *pending, size_t len);

/* Undecided bytes are replayed in the order in which they came; the first packets singly, each with
 * its own time. */
struct run {
    struct moment at; /* of its last bytes: what they say is dated by it */
    enum side from;
    uint32_t len;
};

/* Zeroed is empty; whoever has it clears it. */
struct runs {
    struct run *list;
    size_t num;
};

/* False: there have been too many changes of direction, or no memory. */
bool runs_put(struct runs *runs, enum side from, size_t len, const struct moment *now);
void runs_forget(struct runs *runs, enum side from); /* those of a side */
void runs_clear(struct runs *runs);

#endif
