#include "sensor/reassembly.h"

#include <stdlib.h>
#include <string.h>

/* A segment that came early. Segments of a stream do not overlap. */
struct held_segment {
    struct held_segment *next;
    uint32_t seq;
    uint32_t len;
    uint32_t missing; /* bytes behind it that the capture cut off */
    uint8_t data[];
};

/* What a segment costs: many of a byte each would else cost far more than their bytes. */
static size_t cost(uint32_t len)
{
    return sizeof(struct held_segment) + len;
}

/* Sequence numbers wrap around: how far a lies after b (RFC 9293, section 3.4). */
static int32_t distance(uint32_t a, uint32_t b)
{
    return (int32_t)(a - b);
}

void reassembly_init(struct reassembly *reassembly, const struct stream_limits *limits)
{
    const uint64_t second = 1000000000;
    struct stream_limits *l = &reassembly->limits;

    memset(reassembly, 0, sizeof(*reassembly));
    *l = *limits;
    l->max_held_bytes = l->max_held_bytes != 0 ? l->max_held_bytes : 1u << 20;
    l->max_held_segments = l->max_held_segments != 0 ? l->max_held_segments : 512;
    l->max_total_bytes = l->max_total_bytes != 0 ? l->max_total_bytes : 64u << 20;
    l->hole_answered_ns = l->hole_answered_ns != 0 ? l->hole_answered_ns : second / 1000;
    l->hole_acked_ns = l->hole_acked_ns != 0 ? l->hole_acked_ns : 2 * second;
    l->hole_ns = l->hole_ns != 0 ? l->hole_ns : 10 * second;
}

void stream_start(struct stream *stream, uint32_t first)
{
    stream->started = true;
    stream->next = first;
}

static void deliver(struct stream *stream, struct bytes bytes, uint32_t missing,
                    const struct stream_sink *sink)
{
    stream->next += (uint32_t)bytes.len + missing;
    if (bytes.len > 0) {
        sink->bytes(sink->ctx, bytes);
    }
    if (missing > 0) {
        sink->gap(sink->ctx, missing);
    }
    stream->finished = stream->has_fin && distance(stream->next, stream->fin) >= 0;
}

static void release(struct reassembly *reassembly, struct stream *stream,
                    struct held_segment *segment)
{
    stream->held = segment->next;
    stream->held_bytes -= segment->len;
    stream->num_held--;
    reassembly->stats.total_held -= cost(segment->len);
    bytes_wipe(segment->data, segment->len); /* it may have held a password */
    free(segment);
}

/* Delivers what is held and has become next. */
static void drain(struct reassembly *reassembly, struct stream *stream,
                  const struct stream_sink *sink)
{
    while (stream->held != NULL && distance(stream->held->seq, stream->next) <= 0) {
        struct held_segment *segment = stream->held;
        struct bytes bytes = bytes_view(segment->data, segment->len);
        uint32_t old = stream->next - segment->seq;

        if (old < segment->len + segment->missing) {
            uint32_t cut = old < segment->len ? 0 : old - segment->len;

            (void)take_skip(&bytes, old < segment->len ? old : segment->len);
            deliver(stream, bytes, segment->missing - cut, sink);
        }
        release(reassembly, stream, segment);
    }
}

/* Gives up on the bytes before the first held segment. */
static void give_up(struct reassembly *reassembly, struct stream *stream,
                    const struct stream_sink *sink)
{
    uint32_t lost = stream->held->seq - stream->next;

    reassembly->stats.gaps++;
    reassembly->stats.lost += lost;
    stream->next += lost;
    stream->answered = false;
    sink->gap(sink->ctx, lost);
    drain(reassembly, stream, sink);
}

static void count_overlap(struct reassembly *reassembly, const struct held_segment *held,
                          uint32_t seq, struct bytes bytes)
{
    int32_t start = distance(seq, held->seq);
    struct bytes there =
        bytes_after(bytes_view(held->data, held->len), start > 0 ? (size_t)start : 0);
    struct bytes here = bytes_after(bytes, start < 0 ? held->seq - seq : 0);
    size_t len = there.len < here.len ? there.len : here.len;

    reassembly->stats.retransmitted += len;
    if (!bytes_equal(bytes_first(there, len), bytes_first(here, len))) {
        reassembly->stats.overlap_differs++;
    }
}

static bool insert(struct reassembly *reassembly, struct stream *stream, struct held_segment **at,
                   uint32_t seq, struct bytes bytes)
{
    struct held_segment *segment = malloc(sizeof(*segment) + bytes.len);

    if (segment == NULL) {
        return false;
    }
    *segment = (struct held_segment){.next = *at, .seq = seq, .len = (uint32_t)bytes.len};
    (void)take_into(&bytes, segment->data, bytes.len);
    *at = segment;
    stream->held_bytes += segment->len;
    stream->num_held++;
    reassembly->stats.total_held += cost(segment->len);
    return true;
}

/* What of a segment a held one that begins no later has already is compared and cut away. */
static void cut_overlap(struct reassembly *reassembly, const struct held_segment *held,
                        uint32_t *seq, struct bytes *bytes)
{
    uint32_t inside = *seq - held->seq;
    struct bytes old;

    if (inside < held->len) {
        count_overlap(reassembly, held, *seq, *bytes);
        old = bytes_first(*bytes, held->len - inside);
        (void)take_skip(bytes, old.len);
        *seq += (uint32_t)old.len;
    }
}

/* Holds the pieces of a segment that are not held yet. */
static void hold(struct reassembly *reassembly, struct stream *stream, uint32_t seq,
                 struct bytes bytes, uint32_t missing)
{
    struct held_segment **at = &stream->held;

    while (bytes.len > 0) {
        struct held_segment *held = *at;
        struct bytes front;
        size_t room;

        if (held != NULL && distance(seq, held->seq) >= 0) {
            cut_overlap(reassembly, held, &seq, &bytes);
            at = &held->next;
            continue;
        }
        room = held != NULL ? (uint32_t)distance(held->seq, seq) : bytes.len;
        (void)take_bytes(&bytes, room < bytes.len ? room : bytes.len, &front);
        if (!insert(reassembly, stream, at, seq, front)) {
            return;
        }
        (*at)->missing = bytes.len == 0 && held == NULL ? missing : 0;
        at = &(*at)->next;
        seq += (uint32_t)front.len;
    }
}

static bool over_limits(const struct reassembly *reassembly, const struct stream *stream)
{
    const struct stream_limits *limits = &reassembly->limits;

    return stream->held_bytes > limits->max_held_bytes ||
           stream->num_held > limits->max_held_segments ||
           reassembly->stats.total_held > limits->max_total_bytes;
}

/* A segment that starts after what is next. */
static void push_early(struct reassembly *reassembly, struct stream *stream,
                       const struct packet *packet, uint32_t seq, const struct stream_sink *sink)
{
    uint32_t ahead = seq - stream->next;

    if (stream->held == NULL && ahead <= sink->skippable(sink->ctx)) {
        sink->skip(sink->ctx, ahead); /* bytes that nobody needs are not waited for */
        stream->next = seq;
        deliver(stream, packet->payload, packet->missing, sink);
        return;
    }
    if (stream->held == NULL) {
        stream->hole_since_ns = packet->at.time.ns;
    }
    reassembly->stats.held++;
    hold(reassembly, stream, seq, packet->payload, packet->missing);
    while (stream->held != NULL && over_limits(reassembly, stream)) {
        reassembly->stats.limited++;
        give_up(reassembly, stream, sink);
    }
}

void stream_push(struct reassembly *reassembly, struct stream *stream, const struct packet *packet,
                 const struct stream_sink *sink)
{
    uint32_t seq = packet->seq + ((packet->tcp_flags & TCP_SYN) != 0);
    struct bytes bytes = packet->payload;
    uint32_t missing = packet->missing;
    int32_t ahead;

    reassembly->stats.segments++;
    if (!stream->started) {
        stream_start(stream, seq);
    }
    if ((packet->tcp_flags & TCP_FIN) != 0 && !stream->has_fin) {
        stream->has_fin = true;
        stream->fin = seq + (uint32_t)bytes.len + missing;
    }
    ahead = distance(seq, stream->next);
    if (ahead > 0 && bytes.len + missing > 0) {
        push_early(reassembly, stream, packet, seq, sink);
        return;
    }
    if (ahead < 0) { /* a retransmission, a keep-alive, or the second copy of a mirrored packet */
        uint32_t old = stream->next - seq;

        reassembly->stats.retransmitted += old < bytes.len ? old : bytes.len;
        missing = old > bytes.len
                      ? (old - bytes.len < missing ? missing - (uint32_t)(old - bytes.len) : 0)
                      : missing;
        (void)take_skip(&bytes, old < bytes.len ? old : bytes.len);
    }
    if (stream->held != NULL &&
        bytes.len > 0) { /* it may overlap what is held, and that came first */
        hold(reassembly, stream, seq + (uint32_t)(packet->payload.len - bytes.len), bytes, missing);
        drain(reassembly, stream, sink);
        stream->hole_since_ns =
            packet->at.time.ns; /* it goes on: the wait for the next hole starts now */
        return;
    }
    deliver(stream, bytes, missing, sink);
    drain(reassembly, stream, sink); /* what the capture cut off may reach into what is held */
}

void stream_acked(struct stream *stream, uint32_t ack, bool with_data)
{
    if (!stream->has_acked || distance(ack, stream->acked) > 0) {
        stream->has_acked = true;
        stream->acked = ack;
    }
    if (with_data && stream->held != NULL && distance(ack, stream->held->seq) >= 0) {
        stream->answered = true;
    }
}

static uint64_t patience(const struct reassembly *reassembly, const struct stream *stream)
{
    if (stream->answered) {
        return reassembly->limits.hole_answered_ns;
    }
    if (stream->has_acked && distance(stream->acked, stream->held->seq) >= 0) {
        return reassembly->limits.hole_acked_ns;
    }
    return reassembly->limits.hole_ns;
}

void stream_check(struct reassembly *reassembly, struct stream *stream, uint64_t now_ns,
                  const struct stream_sink *sink)
{
    while (stream->held != NULL && now_ns > stream->hole_since_ns &&
           now_ns - stream->hole_since_ns > patience(reassembly, stream)) {
        bool answered = stream->answered && distance(stream->acked, stream->held->seq) >= 0;

        give_up(reassembly, stream, sink);
        if (!answered) {
            stream->hole_since_ns = now_ns; /* the wait for the next hole starts now */
        }
    }
}

void stream_lose(struct reassembly *reassembly, struct stream *stream, uint32_t until,
                 const struct stream_sink *sink)
{
    if (stream->has_fin && distance(until, stream->fin) > 0) {
        until = stream->fin; /* FIN is acknowledged, too */
    }
    while (stream->held != NULL && distance(until, stream->held->seq) > 0) {
        give_up(reassembly, stream, sink);
    }
    if (distance(until, stream->next) > 0) {
        uint32_t lost = until - stream->next;

        reassembly->stats.gaps++;
        reassembly->stats.lost += lost;
        deliver(stream, bytes_view(NULL, 0), lost, sink);
        drain(reassembly, stream, sink);
    }
}

void stream_flush(struct reassembly *reassembly, struct stream *stream,
                  const struct stream_sink *sink)
{
    while (stream->held != NULL) {
        give_up(reassembly, stream, sink);
    }
}

void stream_clear(struct reassembly *reassembly, struct stream *stream)
{
    while (stream->held != NULL) {
        release(reassembly, stream, stream->held);
    }
}
