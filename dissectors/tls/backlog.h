/*
 * backlog: records of a session that wait for a key, in the order in which they came. Ciphertext
 * only. Bounded by whoever fills it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_BACKLOG_H
#define BASICTAP_DISSECTORS_TLS_BACKLOG_H

#include "dissectors/dissector.h"
#include "dissectors/tls/record.h"

/* A record, or (type 0) a hole of `lost` bytes in its side's stream. */
struct backlog_entry {
    struct backlog_entry *next;
    struct moment at;
    enum side from;
    struct record record; /* its body lies behind the entry */
    uint64_t lost;
    uint8_t body[];
};

/* Zeroed is empty; whoever has it clears it. */
struct backlog {
    struct backlog_entry *first;
    struct backlog_entry **end; /* where the next one goes; NULL: at first */
    size_t size;                /* bytes of memory */
};

/* False: out of memory. */
bool backlog_put(struct backlog *backlog, enum side from, const struct record *record,
                 const struct moment *at);
bool backlog_put_hole(struct backlog *backlog, enum side from, uint64_t lost,
                      const struct moment *at);

/* Removes the entry that *place points to, which is the list's first or another's next; the caller
 * frees it. */
struct backlog_entry *backlog_take(struct backlog *backlog, struct backlog_entry **place);

void backlog_clear(struct backlog *backlog);

#endif
