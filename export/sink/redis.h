/*
 * redis: the sink that takes records to a Redis 7, alone, behind Sentinels or in a Cluster.
 *
 * Batches are calls of a function of ours (findings.lua), several on their way at once, each reply
 * looked at. Redis itself says up to where it has applied this journal. So after any failure, a
 * restart without its data and a failover included, it is asked, and what it misses is sent again:
 * what a replica had not yet received when its master died comes back from the journal, and no
 * WAIT is needed.
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_H
#define BASICTAP_EXPORT_SINK_REDIS_H

#include "export/sink/sink.h"
#include "export/tls_options.h"

/* Strings outlive the sink. */
struct redis_sink_options {
    const char *url;               /* see redis_url.h */
    const char *password;          /* NULL: none; shows in no message */
    const char *sentinel_password; /* of the Sentinels, for their default user; NULL: none */
    const char *prefix;            /* NULL or "": "basictap:v1", in a Cluster "{basictap:0}:v1" */
    struct transport_tls tls;      /* for rediss:// */
    uint64_t stream_max;           /* entries that the stream keeps; 0: 1000000 */
    bool list;                     /* also RPUSH to :findings:list */
    bool live;                     /* also PUBLISH to :findings:live */
    unsigned timeout_ms;           /* of a call without an answer; 0: 5000 */
    uint64_t
        max_devices; /* that Redis knows of all sensors; the longest unseen leave; 0: 1000000 */
    unsigned clock_tolerance_s; /* of the same attempt seen by two sensors */
};

/* False and words: a URL that means nothing, a prefix that cannot be, no memory. */
bool redis_sink_open(const struct redis_sink_options *options, const struct sink_host *host,
                     struct sink *sink, struct diag *diag);

#endif
