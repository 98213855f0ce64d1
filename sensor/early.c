#include "sensor/early.h"

#include <stdlib.h>

static size_t cost(const struct packet *packet)
{
    return sizeof(struct early_segment) + packet->payload.len;
}

bool early_put(struct early *early, struct reassembly *reassembly, const struct packet *packet,
               bool from_high)
{
    size_t len = packet->payload.len;
    struct bytes rest = packet->payload;
    struct early_segment *segment;

    if (early->num == EARLY_MAX_SEGMENTS || len > EARLY_MAX_BYTES - early->bytes ||
        reassembly->stats.total_held + cost(packet) > reassembly->limits.max_total_bytes) {
        return false;
    }
    segment = malloc(sizeof(*segment) + len);
    if (segment == NULL) {
        return false;
    }
    segment->next = NULL;
    segment->from_high = from_high;
    segment->packet = *packet;
    (void)take_into(&rest, segment->data, len);
    segment->packet.payload = bytes_view(segment->data, len);
    *(early->first != NULL ? early->end : &early->first) = segment;
    early->end = &segment->next;
    early->bytes += (uint32_t)len;
    early->num++;
    early->passed = early->passed || from_high != early->first->from_high;
    reassembly->stats.total_held += cost(packet);
    return true;
}

struct early_segment *early_take(struct early *early, struct reassembly *reassembly)
{
    struct early_segment *segment = early->first;

    if (segment != NULL) {
        early->first = segment->next;
        early->bytes -= (uint32_t)segment->packet.payload.len;
        early->num--;
        reassembly->stats.total_held -= cost(&segment->packet);
    }
    return segment;
}

void early_free(struct early_segment *segment)
{
    bytes_wipe(segment->data, segment->packet.payload.len);
    free(segment);
}
