/*
 * redis: one connection to a Redis: records go out in a pipelined batch, their answers come back
 * one by one. Knows the keys (SCHEMA, section 4); knows no threads and never tries again by
 * itself.
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_H
#define BASICTAP_EXPORT_SINK_REDIS_H

#include "export/record.h"
#include "export/sink/redis_url.h"

struct redis_options {
    struct redis_url url;
    const char *password; /* may be NULL; outlives the connections, shows in no message */
    const char *prefix;
    const char *sensor; /* its name, for :sensor:<name> */
    uint64_t stream_max;
    bool list;
    bool live;
    unsigned timeout_ms;
    int cancel_fd; /* see transport.h */
};

enum redis_answer {
    REDIS_DONE,    /* applied, now or on an earlier try */
    REDIS_REFUSED, /* this record will never be taken: do not try it again */
    REDIS_LATER,   /* the server cannot for now (LOADING, OOM, READONLY, ...) */
    REDIS_DENIED,  /* password or rights: somebody has to change something */
    REDIS_LOST,    /* no connection, or a server that speaks something else */
};

struct redis;

/* NULL: *why is LATER, DENIED or LOST, and diag has the words. */
struct redis *redis_open(const struct redis_options *options, enum redis_answer *why,
                         struct diag *diag);
void redis_close(struct redis *redis); /* NULL is fine */

/* Add to the batch; false, nothing changed: out of memory. */
bool redis_add_finding(struct redis *redis, const struct record *record);
bool redis_add_state(struct redis *redis, const struct record *record);
size_t redis_batch_size(const struct redis *redis); /* bytes */

/* Sends the batch; false and words: lost. */
bool redis_send(struct redis *redis, struct diag *diag);

/* The answer to the next record of the batch, in order; words for all but REDIS_DONE. */
enum redis_answer redis_answer(struct redis *redis, struct diag *diag);

#endif
