/*
 * pending: bytes of one side of a conversation that nobody has finished with.
 */
#ifndef BASICTAP_DISSECTORS_PENDING_H
#define BASICTAP_DISSECTORS_PENDING_H

#include "dissectors/base/bytes.h"

/* Zeroed is empty; whoever has it clears it. */
struct pending {
    uint8_t *at;
    size_t len;
    size_t size;
    size_t want;   /* of the dissector's last verdict */
    uint64_t skip; /* bytes to come that nobody needs; len is 0 then */
};

void pending_clear(struct pending *pending); /* wipes: it may have held a password */

/* Keeps len bytes of front's; front shrinks. False: out of memory. */
bool pending_append(struct pending *pending, struct bytes *front, size_t len);

/* The first len are finished with. */
void pending_drop(struct pending *pending, size_t len);

#endif
