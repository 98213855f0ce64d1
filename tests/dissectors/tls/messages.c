#include "tests/dissectors/tls/messages.h"

#include <stdlib.h>

#include "dissectors/tls/record.h"
#include "sensor/reassembly.h"
#include "tests/support/test.h"

enum { MAX_TEXT = 1 << 19 };

/* One direction of one connection. */
struct direction {
    struct reader *reader;
    struct message message; /* whose, the rest is filled in for each */
    struct stream stream;
    uint8_t *text;
    size_t len;
    struct direction *next;
};

struct reader {
    struct reassembly reassembly;
    struct direction *directions; /* newest first */
    void (*each)(void *ctx, const struct message *message);
    void *ctx;
};

static void read_record(struct direction *direction, struct handshake *handshake, struct bytes body)
{
    struct message *message = &direction->message;

    while (body.len > 0 &&
           handshake_take(handshake, &body, &message->type, &message->body) == HANDSHAKE_WHOLE) {
        direction->reader->each(direction->reader->ctx, message);
    }
}

/* Looks for records from every byte on which no record has ended. */
static void read_text(struct direction *direction)
{
    struct bytes in = bytes_view(direction->text, direction->len);
    struct handshake handshake = {0};
    struct record record;
    bool synced = false;
    size_t want;

    while (in.len > 0) {
        struct bytes rest = in;

        if (record_take(&rest, &record, &want) == RECORD_WHOLE && record.body.len > 0 &&
            (synced || record.type == RECORD_HANDSHAKE)) {
            synced = true;
            in = rest;
            if (record.type == RECORD_HANDSHAKE) {
                read_record(direction, &handshake, record.body);
                continue;
            }
        } else {
            synced = false;
            in = bytes_after(in, 1);
        }
        handshake_clear(&handshake);
    }
    handshake_clear(&handshake);
    direction->len = 0;
}

static void on_bytes(void *ctx, struct bytes bytes)
{
    struct direction *direction = ctx;
    size_t room = MAX_TEXT - direction->len;

    bytes = bytes_first(bytes, room);
    if (bytes.len > 0) {
        size_t len = bytes.len;

        (void)take_into(&bytes, direction->text + direction->len, len);
        direction->len += len;
    }
}

static void on_gap(void *ctx, uint64_t lost)
{
    (void)lost;
    read_text(ctx);
}

static uint64_t skippable(void *ctx)
{
    (void)ctx;
    return 0;
}

static void on_skip(void *ctx, uint64_t len)
{
    (void)ctx;
    (void)len;
}

static struct stream_sink sink_of(struct direction *direction)
{
    return (struct stream_sink){on_bytes, on_gap, skippable, on_skip, direction};
}

static void finish(struct direction *direction)
{
    struct stream_sink sink = sink_of(direction);

    stream_flush(&direction->reader->reassembly, &direction->stream, &sink);
    read_text(direction);
    stream_clear(&direction->reader->reassembly, &direction->stream);
}

static bool is_of(const struct direction *direction, const struct packet *packet)
{
    const struct message *key = &direction->message;

    return key->src_port == packet->src_port && key->dst_port == packet->dst_port &&
           address_equal(&key->src, &packet->src) && address_equal(&key->dst, &packet->dst);
}

static struct direction *find_direction(struct reader *reader, const struct packet *packet)
{
    struct direction *direction = reader->directions;

    while (direction != NULL && !is_of(direction, packet)) {
        direction = direction->next;
    }
    if (direction == NULL) {
        direction = calloc(1, sizeof(*direction));
        assert_non_null(direction);
        direction->text = malloc(MAX_TEXT);
        assert_non_null(direction->text);
        direction->reader = reader;
        direction->message.src = packet->src;
        direction->message.dst = packet->dst;
        direction->message.src_port = packet->src_port;
        direction->message.dst_port = packet->dst_port;
        direction->next = reader->directions;
        reader->directions = direction;
    }
    return direction;
}

static void on_packet(struct reader *reader, const struct packet *packet)
{
    struct direction *direction;
    struct stream_sink sink;

    if (packet->ip_protocol != 6 || (packet->payload.len == 0 && !(packet->tcp_flags & TCP_SYN))) {
        return;
    }
    direction = find_direction(reader, packet);
    if ((packet->tcp_flags & TCP_SYN) && direction->stream.started &&
        direction->stream.next != packet->seq + 1) {
        finish(direction); /* the port is used again */
        direction->stream = (struct stream){0};
    }
    if (!direction->stream.started) {
        stream_start(&direction->stream, packet->seq + ((packet->tcp_flags & TCP_SYN) != 0));
    }
    sink = sink_of(direction);
    stream_push(&reader->reassembly, &direction->stream, packet, &sink);
}

static void on_frame(void *ctx, const struct frame *frame)
{
    struct packet packet;

    if (decode_frame(frame, &packet) == DECODE_OK) {
        on_packet(ctx, &packet);
    }
}

bool messages_read(const char *path, void (*each)(void *ctx, const struct message *message),
                   void *ctx)
{
    const struct source_options options = {0};
    const struct stream_limits limits = {0};
    struct reader reader = {.each = each, .ctx = ctx};
    struct source *source = source_open_files(&path, 1, &options, NULL);

    if (source == NULL) {
        return false;
    }
    reassembly_init(&reader.reassembly, &limits);
    while (source_pump(source, 64, on_frame, &reader) != SOURCE_END) {
    }
    source_close(source);
    while (reader.directions != NULL) {
        struct direction *direction = reader.directions;

        finish(direction);
        reader.directions = direction->next;
        free(direction->text);
        free(direction);
    }
    return true;
}
