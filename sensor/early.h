/*
 * early: answers that were captured before their questions. A span port that mirrors the two
 * directions from two queues delivers a server's reply before the command that it answers. The
 * reply says so: it acknowledges bytes of the other side that have not been seen. It waits for
 * them, and what comes behind it waits with it, so that all keeps its order; for a moment of packet
 * time and within bounds. If they do not come they were lost: that is told first, and then the
 * reply.
 */
#ifndef BASICTAP_SENSOR_EARLY_H
#define BASICTAP_SENSOR_EARLY_H

#include "sensor/reassembly.h"

enum {
    EARLY_MAX_SEGMENTS = 32,
    EARLY_MAX_BYTES = 64 * 1024,
    EARLY_MAX_AHEAD = 1 << 20, /* an acknowledgement further ahead is of another connection */
    EARLY_WAIT_NS = 10 * 1000 * 1000, /* mirrors are out of step by microseconds; what a client
                                         takes to answer is longer */
};

struct early_segment {
    struct early_segment *next;
    bool from_high;       /* whose it is */
    struct packet packet; /* its payload is the data below */
    uint8_t data[];
};

/* In the order in which they came. The first one waits for what it acknowledges. */
struct early {
    struct early_segment *first;
    struct early_segment **end;
    uint32_t bytes;
    uint16_t num;
    bool passed; /* the other side has gone on behind what is missing */
};

/* Does the packet acknowledge what is still to come of the other side's stream? Never of a side
 * that has not been seen at all. */
static inline bool early_is(const struct packet *packet, const struct stream *other)
{
    uint32_t seen = other->next + (other->has_fin && other->next == other->fin);
    int32_t ahead = (int32_t)(packet->ack - seen);

    return ahead > 0 && ahead <= EARLY_MAX_AHEAD && other->started &&
           (packet->tcp_flags & (TCP_ACK | TCP_RST)) == TCP_ACK;
}

/* Keeps a copy. False: no room or no memory, nothing has changed. */
bool early_put(struct early *early, struct reassembly *reassembly, const struct packet *packet,
               bool from_high);

/* The first one leaves; NULL: there is none. It ends with early_free. */
struct early_segment *early_take(struct early *early, struct reassembly *reassembly);
void early_free(struct early_segment *segment); /* wiped: it may hold a password */

#endif
