/*
 * reassembly: one direction of a TCP connection as in-order bytes, or an announced gap (RFC 9293).
 *
 * Segments that come early are held, within bounds; a hole is announced as a gap when waiting for
 * it has become pointless. Overlaps: the first copy wins. Checksums are not looked at: offload
 * makes them wrong.
 */
#ifndef BASICTAP_SENSOR_REASSEMBLY_H
#define BASICTAP_SENSOR_REASSEMBLY_H

#include "sensor/decode.h"

struct stream_limits {
    size_t max_held_bytes;     /* of one direction; 0: 1 MiB */
    size_t max_held_segments;  /* of one direction; 0: 512 */
    size_t max_total_bytes;    /* of all, with what keeping them costs; 0: 64 MiB */
    uint64_t hole_answered_ns; /* wait for a hole that the receiver has answered with data: more
                                  than packets overtake each other by; 0: 1 ms */
    uint64_t hole_acked_ns;    /* one that it has acknowledged: it is lost to us; 0: 2 s */
    uint64_t hole_ns;          /* wait for any other hole; 0: 10 s */
};

struct stream_stats {
    uint64_t segments;
    uint64_t held;            /* came early */
    uint64_t retransmitted;   /* bytes that had been delivered or held before */
    uint64_t overlap_differs; /* held bytes that a later copy contradicts */
    uint64_t gaps;
    uint64_t lost;       /* bytes in them */
    uint64_t limited;    /* gaps announced early because a limit was met */
    uint64_t total_held; /* bytes, now, with what keeping them costs */
};

struct held_segment;

struct stream {
    struct held_segment *held; /* by sequence number, no overlaps */
    uint64_t hole_since_ns;
    uint32_t next;  /* sequence number of the next byte to deliver */
    uint32_t acked; /* highest acknowledgement by the other side */
    uint32_t fin;
    uint32_t held_bytes;
    uint32_t num_held;
    bool answered; /* the hole was acknowledged by a segment with data */
    bool started;
    bool has_acked;
    bool has_fin;
    bool finished; /* all up to FIN was delivered */
};

struct stream_sink {
    void (*bytes)(void *ctx, struct bytes bytes);
    void (*gap)(void *ctx, uint64_t lost);
    uint64_t (*skippable)(
        void *ctx); /* how many of the next bytes nobody needs; holes among them need no waiting */
    void (*skip)(void *ctx, uint64_t len);
    void *ctx;
};

/* What all streams of a worker share. */
struct reassembly {
    struct stream_limits limits;
    struct stream_stats stats;
};

void reassembly_init(struct reassembly *reassembly,
                     const struct stream_limits *limits); /* zeros become defaults */

void stream_start(struct stream *stream,
                  uint32_t first); /* sequence number of the first byte: ISN + 1 */
void stream_push(struct reassembly *reassembly, struct stream *stream, const struct packet *packet,
                 const struct stream_sink *sink);

/* The other side has acknowledged up to ack, in a segment with data of its own or without. */
void stream_acked(struct stream *stream, uint32_t ack, bool with_data);

/* Gives up on a hole that has been waited for long enough. Cheap without one. */
void stream_check(struct reassembly *reassembly, struct stream *stream, uint64_t now_ns,
                  const struct stream_sink *sink);

/* What comes before a sequence number and is not there will not come any more: holes become gaps.
 */
void stream_lose(struct reassembly *reassembly, struct stream *stream, uint32_t until,
                 const struct stream_sink *sink);

/* The connection is over: what is held is delivered, holes become gaps. */
void stream_flush(struct reassembly *reassembly, struct stream *stream,
                  const struct stream_sink *sink);
void stream_clear(struct reassembly *reassembly, struct stream *stream); /* frees what is held */

#endif
