/*
 * frame: the frames of an Initial packet, of which CRYPTO alone says something (RFC 9000, sections
 * 17.2.2 and 19).
 */
#ifndef BASICTAP_DISSECTORS_QUIC_FRAME_H
#define BASICTAP_DISSECTORS_QUIC_FRAME_H

#include "dissectors/base/bytes.h"

/* A piece of the handshake. */
struct crypto_frame {
    uint64_t offset;
    struct bytes data;
};

/* The next CRYPTO frame, after what else may stand before it. False: no more, or what follows is no
 * frame of an Initial packet. */
bool frame_take_crypto(struct bytes *in, struct crypto_frame *frame);

#endif
