#include "dissectors/quic/frame.h"

enum frame_type {
    FRAME_PADDING = 0x00,
    FRAME_PING = 0x01,
    FRAME_ACK = 0x02,
    FRAME_ACK_ECN = 0x03,
    FRAME_CRYPTO = 0x06,
};

static bool skip_varints(struct bytes *in, uint64_t num)
{
    uint64_t ignored;

    for (uint64_t i = 0; i < num; i++) {
        if (!take_varint(in, &ignored)) {
            return false;
        }
    }
    return true;
}

/* largest delay num first, then num times gap and length, then three counts with ECN */
static bool skip_ack(struct bytes *in, bool ecn)
{
    uint64_t num_ranges;

    return skip_varints(in, 2) && take_varint(in, &num_ranges) && skip_varints(in, 1) &&
           num_ranges <= in->len && skip_varints(in, 2 * num_ranges) &&
           skip_varints(in, ecn ? 3 : 0);
}

/* offset data<varint> */
static bool take_crypto(struct bytes *in, struct crypto_frame *frame)
{
    uint64_t len;

    return take_varint(in, &frame->offset) && take_varint(in, &len) && len <= in->len &&
           take_bytes(in, (size_t)len, &frame->data);
}

/* CONNECTION_CLOSE may stand there too, but says that there is nothing more to come. */
bool frame_take_crypto(struct bytes *in, struct crypto_frame *frame)
{
    struct bytes rest = *in;
    uint64_t type;

    /* most of an Initial is padding: it is passed over in one go */
    while (take_run(&rest, FRAME_PADDING), take_varint(&rest, &type)) {
        switch (type) {
        case FRAME_PADDING:
        case FRAME_PING:
            break;
        case FRAME_ACK:
        case FRAME_ACK_ECN:
            if (!skip_ack(&rest, type == FRAME_ACK_ECN)) {
                return false;
            }
            break;
        case FRAME_CRYPTO:
            if (!take_crypto(&rest, frame)) {
                return false;
            }
            *in = rest;
            return true;
        default:
            return false;
        }
    }
    return false;
}
