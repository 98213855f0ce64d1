/* http_queue: which answer belongs to which request on one HTTP/1 connection: they come in order
 * (RFC 9112, section 9.3.2), and at most MAX_OPEN_REQUESTS are waited for. */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP_QUEUE_H
#define BASICTAP_DISSECTORS_HTTP_HTTP_QUEUE_H

#include "dissectors/http/http_exchange.h"

enum { MAX_OPEN_REQUESTS = 16 };

struct http_open {
    struct http_transaction transaction;
    bool is_head;    /* its answer has no body */
    bool is_connect; /* a 2xx answer begins a tunnel */
};

/* Zeroed at first. */
struct http_queue {
    uint8_t first;
    uint8_t num;
    uint16_t given_up; /* requests before the first that were too many to wait for */
    bool is_unsure;    /* bytes were lost: which answer comes next is not known */
    struct http_open open[MAX_OPEN_REQUESTS];
};

/* A zeroed place for a new request. The oldest is ended when there are too many. */
struct http_open *http_queue_add(struct http_queue *queue, const struct emitter *out);

/* The request that was sent last, if it waits for its answer; NULL: none. */
struct http_open *http_queue_last(struct http_queue *queue);

/*
 * Takes out the request that the next answer belongs to, into open; false when it was not seen.
 * After a loss that is the last request, because hardly any client sends one before it has the
 * answer to the one before; the others are ended.
 */
bool http_queue_take(struct http_queue *queue, struct http_open *open, const struct emitter *out);

/* Bytes of heap that open requests hold. */
size_t http_queue_kept(const struct http_queue *queue);

/* The connection is over: ends all. */
void http_queue_end(struct http_queue *queue, const struct http_link *link,
                    const struct emitter *out);

#endif
