/*
 * worker: from frames to events, in one thread that shares nothing and takes no lock.
 *
 * Decodes, reassembles fragments and streams, keeps the flow table, asks nDPI where our own probes
 * cannot decide, and hands events down with their origin. Files are worked in batches so that flow
 * entries can be fetched ahead.
 */
#ifndef BASICTAP_SENSOR_WORKER_H
#define BASICTAP_SENSOR_WORKER_H

#include "dissectors/conversation.h"
#include "dissectors/quic/quic_table.h"
#include "sensor/defrag.h"
#include "sensor/flow.h"
#include "sensor/reassembly.h"
#include "sensor/source.h"

struct worker_options {
    struct flow_limits flows; /* zeros: defaults */
    struct stream_limits streams;
    struct defrag_limits defrag;
    size_t max_sessions; /* conversations that are being read; 0: 50000; beyond, the longest idle
                            one ends */
    size_t max_kept;     /* bytes that wait in them for more; 0: 128 MiB; beyond, likewise */
    const struct context *context; /* of TLS; outlives the worker. NULL: nothing is decrypted */
    size_t max_waiting;            /* bytes of memory for sessions that wait for a key; 0: 64 MiB */
    uint64_t max_wait_ns;          /* packet time that they wait; 0: 120 s */
    bool no_hints;                 /* do not ask nDPI */
    bool live;                     /* frames do not outlive their callback: no batches */
    void (*on_event)(void *ctx, struct event *event);
    void *ctx;
};

struct worker_stats {
    uint64_t packets;
    uint64_t bytes;                                      /* on the wire */
    uint64_t decoded[NUM_DECODE_RESULTS];                /* by enum decode_result */
    uint64_t snapped;                                    /* packets whose payload the capture cut */
    uint64_t sessions[NUM_SERVICES][SESSION_GAPPED + 1]; /* by service and enum session_fate */
    uint64_t readings[NUM_SERVICES][NUM_TLS_READINGS]; /* of sessions with TLS, by service and enum
                                                          tls_reading */
    uint64_t undecided;                                /* sessions with payload that nobody knew */
    uint64_t one_sided;         /* sessions of which one side alone was seen */
    uint64_t midstream;         /* sessions whose beginning was not seen */
    uint64_t sessions_evicted;  /* ended early because too many were open */
    uint64_t sessions_squeezed; /* ended early because too many bytes waited for more */
    uint64_t sessions_refused;  /* no memory */
    uint64_t overlong;          /* messages longer than their dissector keeps */
    uint64_t hinted;            /* sessions that nDPI decided */
    uint64_t hints_refused;     /* packets that nDPI could not be shown: no memory */
    uint64_t early;             /* segments captured before what they answer */
    uint64_t unasked;           /* of these: what they answer did not come */
    uint64_t datagrams;         /* DNS and DHCP messages read */
    struct quic_stats quic;
    uint64_t events;
    struct flow_stats flows;
    struct stream_stats streams;
    struct defrag_stats defrag;
};

struct worker;

struct worker *worker_new(const struct worker_options *options, struct diag *diag);
void worker_free(struct worker *worker); /* without a word: call worker_end first. NULL is fine */

/* Works on up to a batch of frames of the source. */
enum source_state worker_pump(struct worker *worker, struct source *source);

/* Works on one frame, which need not outlive the call. */
void worker_frame(struct worker *worker, const struct frame *frame);

/* New keys are there: sessions that waited for them are read. */
void worker_retry(struct worker *worker);

/* The capture is over: all flows end, what is open is said. */
void worker_end(struct worker *worker);

/* Newest packet time. */
struct timestamp worker_now(const struct worker *worker);

void worker_stats(const struct worker *worker, struct worker_stats *stats);

#endif
