#include "dissectors/http/http_queue.h"

#include <string.h>

static struct http_open *at(struct http_queue *queue, unsigned index)
{
    return &queue->open[(queue->first + index) % MAX_OPEN_REQUESTS];
}

static struct http_open remove_first(struct http_queue *queue)
{
    struct http_open *place = at(queue, 0);
    struct http_open open = *place;

    memset(place, 0, sizeof(*place));
    queue->num--;
    /* where nothing is open it begins anew, so that most connections touch one place */
    queue->first = queue->num > 0 ? (uint8_t)((queue->first + 1) % MAX_OPEN_REQUESTS) : 0;
    return open;
}

static void end_first(struct http_queue *queue, const struct emitter *out)
{
    struct http_open open = remove_first(queue);

    http_transaction_end(&open.transaction, out);
}

struct http_open *http_queue_add(struct http_queue *queue, const struct emitter *out)
{
    if (queue->num == MAX_OPEN_REQUESTS) {
        end_first(queue, out);
        if (queue->given_up < UINT16_MAX) {
            queue->given_up++;
        }
    }
    queue->num++;
    return at(queue, queue->num - 1u);
}

struct http_open *http_queue_last(struct http_queue *queue)
{
    return queue->num > 0 ? at(queue, queue->num - 1u) : NULL;
}

bool http_queue_take(struct http_queue *queue, struct http_open *open, const struct emitter *out)
{
    if (queue->is_unsure) {
        queue->is_unsure = false;
        queue->given_up = 0;
        while (queue->num > 1) {
            end_first(queue, out);
        }
    }
    if (queue->given_up > 0) {
        queue->given_up--;
        return false;
    }
    if (queue->num == 0) {
        return false;
    }
    *open = remove_first(queue);
    return true;
}

size_t http_queue_kept(const struct http_queue *queue)
{
    size_t num = 0;

    for (unsigned i = 0; i < queue->num; i++) {
        const struct http_open *open = &queue->open[(queue->first + i) % MAX_OPEN_REQUESTS];

        num += open->transaction.own != NULL ? 1 : 0;
        num += open->transaction.proxy != NULL ? 1 : 0;
    }
    return num * sizeof(struct http_exchange);
}

void http_queue_end(struct http_queue *queue, const struct http_link *link,
                    const struct emitter *out)
{
    while (queue->num > 0) {
        struct http_open open = remove_first(queue);

        http_transaction_cut(link, &open.transaction, out);
    }
}
