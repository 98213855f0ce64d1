/*
 * flow: the bounded table of TCP connections, keyed by a keyed hash of addresses and ports.
 *
 * An entry is one cache line and does not move while it lives; most connections never need more. A
 * full table ends the longest idle of a random sample of 16: nearly the least recently used, and no
 * list is kept, so that a packet costs one line of memory. Time is packet time.
 */
#ifndef BASICTAP_SENSOR_FLOW_H
#define BASICTAP_SENSOR_FLOW_H

#include "sensor/decode.h"

struct flow_limits {
    size_t max_flows;        /* 0: 1048576 */
    bool key_vlan;           /* the same addresses in two VLANs are two flows */
    uint64_t idle_ns;        /* an open connection without a packet; 0: 10 min */
    uint64_t half_closed_ns; /* one side has closed; 0: 1 min */
    uint64_t closed_ns; /* late packets of a closed connection are absorbed that long; 0: 10 s */
    uint64_t seed[2];   /* of the hash: random live, fixed in replay so that output repeats */
};

struct flow_stats {
    uint64_t created;
    uint64_t live;
    uint64_t timed_out;
    uint64_t evicted; /* the table was full */
    uint64_t reused;  /* a new connection on the ports of an old one */
};

enum flow_flag {
    FLOW_CLIENT_IS_HIGH = 1, /* the client is the side whose (address, port) sorts higher */
    FLOW_GUESSED = 2,        /* no SYN was seen: who is the client is a guess */
    FLOW_DONE = 4,           /* decided: nothing more is read */
    FLOW_SESSION = 8,        /* session is set, else isn */
    FLOW_ISN_LOW = 16,       /* isn[0] is known */
    FLOW_ISN_HIGH = 32,
    FLOW_FIN_LOW = 64,
    FLOW_FIN_HIGH = 128,
    FLOW_CLOSED = 256,
};

struct session;

struct flow {
    _Alignas(64) uint8_t low[16]; /* the address that sorts lower, with its port */
    uint8_t high[16];
    uint16_t low_port;
    uint16_t high_port;
    uint16_t vlan;      /* of the key */
    uint16_t flags;     /* enum flow_flag */
    uint32_t last_seen; /* ticks */
    uint32_t hash;
    union {
        struct session *session;
        uint32_t isn[2]; /* low, high: the first sequence number of each side */
    };
};

/* What a packet asks the table for; made once, so that memory can be fetched ahead. */
struct flow_probe {
    uint8_t low[16];
    uint8_t high[16];
    uint16_t low_port;
    uint16_t high_port;
    uint16_t vlan;
    bool from_high;
    uint32_t hash;
    struct flow *expected; /* where the flow lay when memory was fetched; NULL: not known */
};

struct flow_table;
typedef void flow_end_fn(void *ctx, struct flow *flow); /* the flow goes: end its session */

struct flow_table *flow_table_new(const struct flow_limits *limits, flow_end_fn *on_end,
                                  void *ctx);   /* NULL: no memory */
void flow_table_free(struct flow_table *table); /* without calling on_end */

void flow_probe_init(const struct flow_table *table, const struct packet *packet,
                     struct flow_probe *probe);
void flow_prefetch_slot(const struct flow_table *table, const struct flow_probe *probe);
void flow_prefetch_entry(const struct flow_table *table, struct flow_probe *probe);
/* The session that a packet most likely belongs to, for fetching ahead; NULL: none. */
const struct session *flow_peek_session(const struct flow_probe *probe);

/* The flow of a packet, made if there was none (*fresh). Never NULL: a full table ends its oldest.
 */
struct flow *flow_find(struct flow_table *table, const struct flow_probe *probe, uint64_t now_ns,
                       bool *fresh);

/* Ends what has been idle for too long, a slice at a time. Call it for every batch. */
void flow_expire(struct flow_table *table, uint64_t now_ns);

/* Ends all flows, in the order of their entries. */
void flow_end_all(struct flow_table *table);

const struct flow_stats *flow_stats(const struct flow_table *table);

#endif
