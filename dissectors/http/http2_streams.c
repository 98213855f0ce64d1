#include "dissectors/http/http2_streams.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_STREAMS = 4 };

/* Out of the row, which stays in order. */
static struct http_transaction remove_at(struct http2_streams *streams, uint32_t index)
{
    struct http_transaction transaction = streams->open[index].transaction;

    streams->num--;
    memmove(&streams->open[index], &streams->open[index + 1],
            (streams->num - index) * sizeof(*streams->open));
    return transaction;
}

static void end_at(struct http2_streams *streams, uint32_t index, const struct emitter *out)
{
    struct http_transaction transaction = remove_at(streams, index);

    http_transaction_end(&transaction, out);
}

static bool reserve(struct http2_streams *streams)
{
    uint32_t size = streams->size > 0 ? 2 * streams->size : FIRST_STREAMS;
    struct http2_stream *open;

    if (streams->num < streams->size) {
        return true;
    }
    open = realloc(streams->open, size * sizeof(*open));
    if (open == NULL) {
        return false;
    }
    streams->open = open;
    streams->size = size;
    return true;
}

void http2_streams_add(struct http2_streams *streams, uint32_t id,
                       struct http_transaction *transaction, const struct emitter *out)
{
    if (transaction->own == NULL && transaction->proxy == NULL && transaction->app == NULL) {
        return;
    }
    if (streams->num == MAX_OPEN_STREAMS) {
        end_at(streams, 0, out);
        streams->given_up++;
    }
    if (!reserve(streams)) {
        http_transaction_end(transaction, out);
        return;
    }
    streams->open[streams->num++] = (struct http2_stream){id, *transaction};
    *transaction = (struct http_transaction){0};
}

/* num: not there. */
static uint32_t find(const struct http2_streams *streams, uint32_t id)
{
    uint32_t index = 0;

    while (index < streams->num && streams->open[index].id != id) {
        index++;
    }
    return index;
}

bool http2_streams_take(struct http2_streams *streams, uint32_t id,
                        struct http_transaction *transaction)
{
    uint32_t index = find(streams, id);

    if (index == streams->num) {
        return false;
    }
    *transaction = remove_at(streams, index);
    return true;
}

void http2_streams_end(struct http2_streams *streams, uint32_t id, const struct emitter *out)
{
    uint32_t index = find(streams, id);

    if (index < streams->num) {
        end_at(streams, index, out);
    }
}

void http2_streams_end_after(struct http2_streams *streams, uint32_t id, const struct emitter *out)
{
    uint32_t index = 0;

    while (index < streams->num) {
        if (streams->open[index].id > id) {
            end_at(streams, index, out);
        } else {
            index++;
        }
    }
}

void http2_streams_end_all(struct http2_streams *streams, const struct emitter *out)
{
    for (uint32_t i = 0; i < streams->num; i++) {
        http_transaction_end(&streams->open[i].transaction, out);
    }
    free(streams->open);
    *streams = (struct http2_streams){.given_up = streams->given_up};
}

size_t http2_streams_kept(const struct http2_streams *streams)
{
    size_t num = 0;

    for (uint32_t i = 0; i < streams->num; i++) {
        num += streams->open[i].transaction.own != NULL ? 1 : 0;
        num += streams->open[i].transaction.proxy != NULL ? 1 : 0;
    }
    return num * sizeof(struct http_exchange) + streams->size * sizeof(*streams->open);
}
