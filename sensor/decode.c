#include "sensor/decode.h"

#include "sensor/decode_layer.h"

enum { LINK_ETHERNET = 1 };

/* Member by member: clearing the whole struct would cost more than decoding into it. */
static void start(struct packet *packet, const struct frame *frame)
{
    packet->at = frame->at;
    packet->interface = frame->interface;
    packet->src.version = 0;
    packet->dst.version = 0;
    packet->src_port = 0;
    packet->dst_port = 0;
    packet->ip_protocol = 0;
    packet->tcp_flags = 0;
    packet->ttl = 0;
    packet->tunnels = 0;
    packet->vlan = 0;
    packet->vlans = 0;
    packet->seq = 0;
    packet->ack = 0;
    packet->src_mac.known = false;
    packet->dst_mac.known = false;
    packet->payload = (struct bytes){NULL, 0};
    packet->missing = 0;
}

enum decode_result decode_frame_slowly(const struct frame *frame, struct packet *packet)
{
    struct walk walk = {
        .packet = packet,
        .rest = frame->captured,
        .cut = frame->wire_len > frame->captured.len ? frame->wire_len - frame->captured.len : 0,
    };

    start(packet, frame);
    return frame->link_type == LINK_ETHERNET ? decode_ethernet(&walk)
                                             : decode_link(&walk, frame->link_type);
}

enum decode_result decode_frame(const struct frame *frame, struct packet *packet)
{
    if (frame->link_type == LINK_ETHERNET && decode_common(frame, packet)) {
        return DECODE_OK;
    }
    return decode_frame_slowly(frame, packet);
}

/* The layers start at the number of tunnels, so that fragments inside fragments come to an end. */
enum decode_result decode_ip_payload(struct packet *packet, uint8_t ip_protocol,
                                     struct bytes payload)
{
    struct walk walk = {
        .packet = packet,
        .rest = payload,
        .layers = packet->tunnels + 1u,
        .ip_layers = packet->tunnels + 1u,
        .reassembled = true,
    };

    return packet->src.version == 6 ? decode_extensions(&walk, ip_protocol)
                                    : decode_protocol(&walk, ip_protocol);
}

const char *decode_word(unsigned result)
{
    static const char *const words[NUM_DECODE_RESULTS] = {
        [DECODE_OK] = "ok",
        [DECODE_FRAGMENT] = "fragment",
        [DECODE_OTHER] = "other",
        [DECODE_TRUNCATED] = "truncated",
        [DECODE_MALFORMED] = "malformed",
        [DECODE_TOO_DEEP] = "too deep",
        [DECODE_LINK] = "unknown link",
    };

    return result < NUM_DECODE_RESULTS ? words[result] : "";
}
