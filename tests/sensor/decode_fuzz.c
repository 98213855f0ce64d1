/* One frame: link type, how much of it the capture cut off, its bytes. */
#include <stdlib.h>
#include <string.h>

#include "sensor/decode_layer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static bool inside(struct bytes part, struct bytes whole)
{
    return part.len == 0 || ((uintptr_t)part.at >= (uintptr_t)whole.at &&
                             (uintptr_t)part.at + part.len <= (uintptr_t)whole.at + whole.len);
}

static void check_packet(const struct frame *frame, enum decode_result result,
                         const struct packet *packet)
{
    size_t cut = frame->wire_len - frame->captured.len;

    check((unsigned)result < NUM_DECODE_RESULTS);
    if (result == DECODE_OK) {
        check(packet->ip_protocol == 6 || packet->ip_protocol == 17);
        check(packet->src.version == packet->dst.version && packet->src.version != 0);
        check(inside(packet->payload, frame->captured));
        check(packet->missing <= cut || packet->tunnels > 0); /* a mirror may have cut, too */
    } else if (result == DECODE_FRAGMENT) {
        check(inside(packet->fragment.data, frame->captured));
    }
}

static void check_short_cut(const struct frame *frame, enum decode_result result,
                            const struct packet *packet)
{
    struct packet slow;

    check(decode_frame_slowly(frame, &slow) == result);
    if (result == DECODE_OK) {
        check(slow.payload.at == packet->payload.at && slow.payload.len == packet->payload.len);
        check(slow.src_port == packet->src_port && slow.dst_port == packet->dst_port);
        check(slow.seq == packet->seq && slow.tcp_flags == packet->tcp_flags);
        check(slow.vlan == packet->vlan && slow.ttl == packet->ttl);
        check(address_equal(&slow.src, &packet->src) && address_equal(&slow.dst, &packet->dst));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes in = bytes_view(data, size);
    struct frame frame = {.at = {.time = {.ns = 1}, .frame = 1}};
    struct packet packet;
    enum decode_result result;
    uint16_t link_type;
    uint8_t cut;
    uint8_t *exact;

    if (!take_u16(&in, &link_type) || !take_u8(&in, &cut)) {
        return 0;
    }
    exact = malloc(in.len + 1);
    if (exact == NULL) {
        return 0;
    }
    memcpy(exact + 1, in.at, in.len);
    frame.link_type = link_type;
    frame.captured = bytes_view(exact + 1, in.len);
    frame.wire_len = (uint32_t)in.len + cut;
    result = decode_frame(&frame, &packet);
    check_packet(&frame, result, &packet);
    check_short_cut(&frame, result, &packet);
    free(exact);
    return 0;
}
