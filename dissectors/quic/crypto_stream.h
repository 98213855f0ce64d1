/*
 * crypto_stream: the handshake bytes of one side, put together from pieces that come in any order,
 * overlap and repeat. The front alone is kept: a hello lies there.
 */
#ifndef BASICTAP_DISSECTORS_QUIC_CRYPTO_STREAM_H
#define BASICTAP_DISSECTORS_QUIC_CRYPTO_STREAM_H

#include "dissectors/quic/frame.h"

enum { CRYPTO_STREAM_MAX = 16384 }; /* no hello is longer that anybody sends */

/* Zeroed is empty; whoever has it clears it. */
struct crypto_stream {
    uint8_t *octets; /* size of them, then a bit for each that tells whether it is there */
    size_t size;
    size_t whole; /* the first so many are there */
};

/* False, nothing changed: it reaches beyond the maximum, or no memory. */
bool crypto_stream_put(struct crypto_stream *stream, const struct crypto_frame *frame);

/* What is there without a hole; lives until the next put. */
struct bytes crypto_stream_front(const struct crypto_stream *stream);

size_t crypto_stream_kept(const struct crypto_stream *stream); /* bytes of heap */
void crypto_stream_clear(struct crypto_stream *stream);

#endif
