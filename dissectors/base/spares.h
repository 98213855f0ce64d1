/*
 * spares: blocks that are wanted and given back all the time. Some that came back are kept for the
 * next time: an allocator takes long over what is larger than a few hundred bytes.
 */
#ifndef BASICTAP_DISSECTORS_BASE_SPARES_H
#define BASICTAP_DISSECTORS_BASE_SPARES_H

#include <stddef.h>

enum {
    SPARES_STEP = 64,                /* blocks of sizes within one step serve each other */
    SPARES_STEPS = 32,               /* what is larger than these is never kept */
    SPARES_MAX_BYTES = 16 * 1048576, /* of all that are kept */
};

struct spare;

/* Zeroed is empty; whoever has it clears it. Of one thread. */
struct spares {
    struct spare *lists[SPARES_STEPS];
    size_t kept; /* bytes */
};

/* Zeroed. NULL: out of memory. spares may be NULL: none are kept. */
void *spares_take(struct spares *spares, size_t size);
/* A block of spares_take, with its size. It must hold no secret any more. NULL is fine. */
void spares_give(struct spares *spares, void *block, size_t size);
void spares_clear(struct spares *spares);

#endif
