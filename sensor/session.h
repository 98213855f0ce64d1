/*
 * session: the heavy part of a connection that is being read: two streams and their conversation.
 * Made at the first payload, gone as soon as nothing more can be learned. Bounded in number and
 * in the bytes that wait for more; the longest idle one ends first.
 */
#ifndef BASICTAP_SENSOR_SESSION_H
#define BASICTAP_SENSOR_SESSION_H

#include "dissectors/conversation.h"
#include "sensor/classify.h"
#include "sensor/flow.h"
#include "sensor/reassembly.h"

struct session_stats {
    uint64_t fates[NUM_SERVICES][SESSION_GAPPED + 1];  /* by service and enum session_fate */
    uint64_t readings[NUM_SERVICES][NUM_TLS_READINGS]; /* TLS: by service and enum tls_reading */
    uint64_t undecided;
    uint64_t one_sided;
    uint64_t midstream;
    uint64_t evicted;
    uint64_t squeezed;
    uint64_t refused;
    uint64_t overlong;
    uint64_t hinted;
    uint64_t early;   /* segments that came before what they answer, and waited for it */
    uint64_t unasked; /* of these: it did not come */
    uint64_t events;
};

/* What the sessions of one worker share. */
struct sessions {
    struct reassembly reassembly;
    struct classifier *classifier; /* NULL: no hints */
    struct session_stats stats;
    size_t max_sessions;
    size_t num_sessions;
    size_t max_kept; /* bytes that all conversations keep */
    size_t kept;
    struct session *newest;
    struct session *oldest;
    const struct context *context; /* NULL: nothing is decrypted */
    size_t max_waiting;            /* bytes of memory that sessions may take which wait for a key */
    size_t waiting;
    uint64_t max_wait_ns;
    struct session *parked; /* without a flow, for a key; the longest waiting first */
    struct session *parked_last;
    struct moment *now; /* of the packet that is read */
    void (*on_event)(void *ctx, struct event *event);
    void *ctx;
};

/* A TCP packet of a flow. Does all that it means: opens, feeds, closes. */
void session_packet(struct sessions *sessions, struct flow *flow, const struct packet *packet,
                    bool from_high);

/* New keys are there: what waited for them is read. */
void sessions_retry(struct sessions *sessions);
/* Time passes: what has waited too long for a key is given up. */
void sessions_expire(struct sessions *sessions, uint64_t now_ns);
/* The capture is over: nobody waits any longer. */
void sessions_end(struct sessions *sessions);

/* Memory that a packet of the session will touch is sent for, in the order in which one piece tells
 * where the next one is. Without payload nothing is read and the state is not needed. */
void session_prefetch(const struct session *session, bool payload);
void session_prefetch_conversation(const struct session *session, bool payload);
void session_prefetch_state(const struct session *session);

/* The flow goes (time-out, eviction, end of capture): what is open is said. */
void session_end_flow(struct sessions *sessions, struct flow *flow);

#endif
