/*
 * spares: blocks of one size that are wanted and given back all the time. A few that came back are
 * kept for the next time: an allocator takes long over blocks of more than a kilobyte.
 */
#ifndef BASICTAP_DISSECTORS_BASE_SPARES_H
#define BASICTAP_DISSECTORS_BASE_SPARES_H

#include <stddef.h>

enum { SPARES_MAX = 4096 /* as many handshakes may be under way at once on a busy link */ };

/* Zeroed is empty; whoever has it clears it. Of one thread. */
struct spares {
    void *blocks[SPARES_MAX];
    size_t num;
};

/* Zeroed; size is the same at every call. NULL: out of memory. spares may be NULL: none are kept.
 */
void *spares_take(struct spares *spares, size_t size);
/* A block of spares_take. It must hold no secret any more. NULL is fine. */
void spares_give(struct spares *spares, void *block);
void spares_clear(struct spares *spares);

#endif
