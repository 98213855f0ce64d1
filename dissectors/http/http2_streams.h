/* http2_streams: the requests of an HTTP/2 connection that wait for their answers, by their
 * streams. Only those of which there is something to tell. */
#ifndef BASICTAP_DISSECTORS_HTTP_HTTP2_STREAMS_H
#define BASICTAP_DISSECTORS_HTTP_HTTP2_STREAMS_H

#include "dissectors/http/http_exchange.h"

enum { MAX_OPEN_STREAMS = 256 };

struct http2_stream {
    uint32_t id;
    struct http_transaction transaction;
};

/* Zeroed at first. */
struct http2_streams {
    struct http2_stream *open; /* oldest first */
    uint32_t num;
    uint32_t size;
    uint64_t given_up; /* told before their answer, because there were too many */
};

/* Takes over the transaction, if there is anything in it. The oldest is ended when there are too
 * many; this one, when there is no memory. */
void http2_streams_add(struct http2_streams *streams, uint32_t id,
                       struct http_transaction *transaction, const struct emitter *out);

/* Takes the stream's request out, into transaction; false when none is open. */
bool http2_streams_take(struct http2_streams *streams, uint32_t id,
                        struct http_transaction *transaction);

/* No answer will come to this one; to those after it; to any. */
void http2_streams_end(struct http2_streams *streams, uint32_t id, const struct emitter *out);
void http2_streams_end_after(struct http2_streams *streams, uint32_t id, const struct emitter *out);
void http2_streams_end_all(struct http2_streams *streams, const struct emitter *out);

size_t http2_streams_kept(const struct http2_streams *streams); /* bytes of heap */

#endif
