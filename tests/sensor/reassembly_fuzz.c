/* Segments in any order: what comes out, bytes and gaps, is what lies between the first and the
 * last sequence number, and nothing is held at the end. Data is a list of records { u16 offset, u8
 * length, u8 flags }; the byte at each place of the stream is a function of the place. */
#include <stdlib.h>

#include "sensor/reassembly.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FLAG_FIN = 1, FLAG_MISSING = 2, FLAG_ACK = 4, FLAG_LATER = 8, FLAG_SKIP = 16 };

static const uint32_t first = 0xffffff00u; /* wraps around soon */

struct listener {
    uint64_t place; /* of the next byte, from first */
    uint64_t skippable;
};

static uint8_t byte_at(uint64_t place)
{
    return (uint8_t)(place * 7 + (place >> 8));
}

static void check(bool holds)
{
    if (!holds) {
        abort();
    }
}

static void on_bytes(void *ctx, struct bytes bytes)
{
    struct listener *listener = ctx;
    uint8_t byte;

    check(bytes.len > 0);
    while (take_u8(&bytes, &byte)) {
        check(byte == byte_at(listener->place));
        listener->place++;
    }
    listener->skippable = 0;
}

static void on_gap(void *ctx, uint64_t lost)
{
    struct listener *listener = ctx;

    check(lost > 0);
    listener->place += lost;
    listener->skippable = 0;
}

static uint64_t skippable(void *ctx)
{
    const struct listener *listener = ctx;

    return listener->skippable;
}

static void on_skip(void *ctx, uint64_t len)
{
    struct listener *listener = ctx;

    check(len <= listener->skippable);
    listener->skippable -= len;
    listener->place += len;
}

static void push(struct reassembly *reassembly, struct stream *stream, struct packet *packet,
                 uint8_t len, const struct stream_sink *sink)
{
    uint8_t *copy = malloc(len > 0 ? len : 1); /* exactly its size: sanitizers see over-reads */

    check(copy != NULL);
    for (size_t i = 0; i < len; i++) {
        copy[i] = byte_at(packet->seq - first + i);
    }
    packet->payload = bytes_view(copy, len);
    stream_push(reassembly, stream, packet, sink);
    free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stream_limits limits = {
        .max_held_bytes = 2048, .max_held_segments = 8, .max_total_bytes = 4096};
    struct listener listener = {0};
    struct stream_sink sink = {on_bytes, on_gap, skippable, on_skip, &listener};
    struct bytes rest = bytes_view(data, size);
    struct reassembly reassembly;
    struct stream stream = {0};
    struct packet packet = {0};
    uint16_t offset;
    uint8_t len;
    uint8_t flags;

    reassembly_init(&reassembly, &limits);
    stream_start(&stream, first);
    while (take_u16(&rest, &offset) && take_u8(&rest, &len) && take_u8(&rest, &flags)) {
        packet.seq = first + offset;
        packet.tcp_flags = (flags & FLAG_FIN) != 0 ? TCP_FIN | TCP_ACK : TCP_ACK;
        packet.missing = (flags & FLAG_MISSING) != 0 ? len : 0;
        packet.at.time.ns += (flags & FLAG_LATER) != 0 ? UINT64_C(3000000000) : 1000;
        listener.skippable = (flags & FLAG_SKIP) != 0 ? offset : listener.skippable;
        push(&reassembly, &stream, &packet, len, &sink);
        check(listener.place == (uint32_t)(stream.next - first));
        check(stream.num_held <= 8 && stream.held_bytes <= 2048);
        check(reassembly.stats.total_held <= 4096);
        if ((flags & FLAG_ACK) != 0) {
            stream_acked(&stream, first + offset, (flags & FLAG_FIN) != 0);
        }
        stream_check(&reassembly, &stream, packet.at.time.ns, &sink);
    }
    stream_flush(&reassembly, &stream, &sink);
    check(listener.place == (uint32_t)(stream.next - first));
    check(stream.held == NULL && stream.held_bytes == 0 && stream.num_held == 0);
    check(reassembly.stats.total_held == 0);
    stream_clear(&reassembly, &stream);
    return 0;
}
