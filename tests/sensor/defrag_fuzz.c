/* Fragments, one after another: id, seconds, offset with flags for more and cut, length, bytes. */
#include <stdlib.h>
#include <string.h>

#include "sensor/defrag.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool take_fragment(struct bytes *in, struct packet *packet)
{
    struct fragment *fragment = &packet->fragment;
    uint8_t id;
    uint8_t seconds;
    uint16_t offset;

    if (!take_u8(in, &id) || !take_u8(in, &seconds) || !take_u16(in, &offset) ||
        !take_u8_vector(in, &fragment->data)) {
        return false;
    }
    packet->at.time.ns += seconds * UINT64_C(1000000000);
    packet->src.version = (id & 1) != 0 ? 4 : 6;
    fragment->id = id;
    fragment->ip_protocol = id & 3;
    fragment->offset = (offset & 0x1fffu) * 8u;
    fragment->more = (offset & 0x2000) != 0;
    fragment->cut = (offset & 0xc000) == 0xc000;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct defrag_limits limits = {.max_packets = 4};
    struct bytes in = bytes_view(data, size);
    struct defrag *defrag = defrag_new(&limits);
    struct packet packet = {0};

    while (defrag != NULL && take_fragment(&in, &packet)) {
        uint8_t *exact = malloc(packet.fragment.data.len + 1);
        struct bytes payload;
        uint8_t protocol;

        if (exact == NULL) {
            break;
        }
        memcpy(exact + 1, packet.fragment.data.at, packet.fragment.data.len);
        packet.fragment.data.at = exact + 1;
        if (defrag_push(defrag, &packet, &protocol, &payload)) {
            if (payload.len == 0 || payload.len > 65535) {
                abort();
            }
            (void)decode_ip_payload(&packet, protocol, payload);
        }
        free(exact);
    }
    defrag_free(defrag);
    return 0;
}
