/*
 * defrag: IP fragments to whole packets (RFC 791, RFC 8200 section 4.5; RFC 5722 and RFC 815 for
 * overlaps).
 *
 * Bounded in packets, bytes and time; the oldest goes first. Overlaps: the first copy wins and the
 * difference is counted.
 */
#ifndef BASICTAP_SENSOR_DEFRAG_H
#define BASICTAP_SENSOR_DEFRAG_H

#include "sensor/decode.h"

struct defrag_limits {
    size_t max_packets;  /* at once; 0: 1024 */
    size_t max_bytes;    /* of one packet; 0: 65535, the most there can be */
    uint64_t timeout_ns; /* packet time since the first fragment; 0: 30 s */
};

struct defrag_stats {
    uint64_t fragments;
    uint64_t reassembled;
    uint64_t timed_out;
    uint64_t evicted;     /* pushed out by newer ones */
    uint64_t overlapping; /* fragments whose bytes differed from what was there */
    uint64_t refused;     /* impossible offsets, cut by the capture, out of memory */
};

struct defrag;
struct defrag *defrag_new(const struct defrag_limits *limits); /* NULL: out of memory */
void defrag_free(struct defrag *defrag);

/* Adds packet->fragment. True: the packet is whole, *protocol and *payload are set; payload is
 * valid until the next push. */
bool defrag_push(struct defrag *defrag, const struct packet *packet, uint8_t *ip_protocol,
                 struct bytes *payload);

const struct defrag_stats *defrag_stats(const struct defrag *defrag);

#endif
