/*
 * queue: records that wait, oldest first; bounded in number and bytes. Knows no threads: its owner
 * locks.
 */
#ifndef BASICTAP_EXPORT_QUEUE_H
#define BASICTAP_EXPORT_QUEUE_H

#include "export/record.h"

struct queue {
    struct record **ring;
    size_t max_records;
    size_t max_bytes;
    size_t first;
    size_t num;
    size_t bytes;
};

bool queue_init(struct queue *queue, size_t max_records, size_t max_bytes); /* false: no memory */
void queue_clear(struct queue *queue); /* frees the records too; a zeroed queue is fine */

/* The queue owns the record on true; false, nothing changed: full. */
bool queue_put(struct queue *queue, struct record *record);

/* The i-th oldest, still owned by the queue until it is released; NULL: there are not so many. */
const struct record *queue_peek(const struct queue *queue, size_t i);
void queue_release(struct queue *queue); /* frees the oldest; there must be one */

#endif
