#include "export/queue.h"

#include <assert.h>
#include <stdlib.h>

bool queue_init(struct queue *queue, size_t max_records, size_t max_bytes)
{
    *queue = (struct queue){.max_records = max_records, .max_bytes = max_bytes};
    queue->ring = calloc(max_records, sizeof(struct record *));
    return queue->ring != NULL;
}

void queue_clear(struct queue *queue)
{
    while (queue->num > 0) {
        queue_release(queue);
    }
    free(queue->ring);
    *queue = (struct queue){0};
}

bool queue_put(struct queue *queue, struct record *record)
{
    size_t size = record_size(record);

    if (queue->num == queue->max_records || size > queue->max_bytes - queue->bytes) {
        return false;
    }
    queue->ring[(queue->first + queue->num) % queue->max_records] = record;
    queue->num++;
    queue->bytes += size;
    return true;
}

const struct record *queue_peek(const struct queue *queue, size_t i)
{
    return i < queue->num ? queue->ring[(queue->first + i) % queue->max_records] : NULL;
}

void queue_release(struct queue *queue)
{
    struct record *oldest = queue->ring[queue->first];

    assert(queue->num > 0);
    queue->bytes -= record_size(oldest);
    queue->first = (queue->first + 1) % queue->max_records;
    queue->num--;
    record_free(oldest);
}
