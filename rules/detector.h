/*
 * detector: from events to findings. Resolves devices, names services and targets, applies the
 * rules to every event, correlates, coalesces. One thread; time is packet time; the same events
 * give the same findings.
 *
 * A finding is handed out when its window closes: at a new UTC day or window_ns after its start,
 * and at detector_flush. With first_at_once its first occurrence is handed out immediately (count
 * 1) and the rest, if any, as one more record (a delta: its own id, count without the first).
 */
#ifndef BASICTAP_RULES_DETECTOR_H
#define BASICTAP_RULES_DETECTOR_H

#include "dissectors/base/diag.h"
#include "rules/check.h"
#include "rules/finding.h"

struct detector_options {
    const char *rules_directory; /* *.yml there, services.yml and clients.yml among them; NULL: no
                                    rules, every target unknown */
    const char *oui_file;        /* ieee-data's oui.txt; NULL or missing: no manufacturers */
    uint64_t window_ns;          /* 0: a UTC day */
    bool each;                   /* no coalescing: every event is a finding */
    bool first_at_once;
    bool no_ids; /* nobody reads event.id and network.community_id: digests that need not be made */
    const char *sensor_name;   /* part of event.id */
    size_t max_devices;        /* 0: 100000 */
    size_t max_open;           /* open windows; 0: 100000; beyond, the oldest is handed out early */
    const struct mac *routers; /* MACs that are never an identity, besides those that are learned */
    size_t num_routers;
    uint8_t
        hash_seed[16]; /* of all tables; findings do not depend on it. Random for live traffic */
    finding_fn *on_finding;
    /* what a shape said of a session that a key has opened; may be NULL */
    void (*on_check)(void *ctx, const struct event *event);
    void *ctx;
};

struct detector_stats {
    uint64_t events;
    uint64_t findings;
    uint64_t devices;
    uint64_t devices_evicted;
    uint64_t windows_evicted;
    uint64_t phones_evicted;     /* requests told before their phone was known; owners forgotten */
    uint64_t inferences_evicted; /* devices whose other encrypted connections were forgotten */
    uint64_t names;
    uint64_t names_evicted;
    uint64_t groups_evicted; /* correlation groups pushed out */
    uint64_t match_limits;   /* regular expressions that gave up */
    uint64_t rules;
    uint64_t inferred;    /* events that rest on the shape of a session and nothing else */
    struct checks checks; /* of inference, where keys showed the truth */
};

struct detector;

/* NULL and words (file, line, column) when a rule file is bad. */
struct detector *detector_new(const struct detector_options *options, struct diag *diag);
void detector_free(struct detector *detector);

void detector_observe(struct detector *detector, const struct event *event);

/* There will be questions about, or events of, these two ends: sends for what is known of them. */
void detector_expect(struct detector *detector, const struct origin *origin);

/* Packet time has come this far: windows that are over are handed out. Cheap; call it for every
 * batch. */
void detector_advance(struct detector *detector, struct timestamp now);

/* All open windows are handed out, in the order of their starts. */
void detector_flush(struct detector *detector);

const struct detector_stats *detector_stats(const struct detector *detector);

/* shapes.yml, for those who know the rest of it; the detector's. NULL: there is none. */
const struct tree *detector_shapes(const struct detector *detector);

/* What services.yml says; the detector's. */
const struct services *detector_services(const struct detector *detector);

/* The target of a server, for coverage: by SNI or address. */
enum target detector_target(const struct detector *detector, const char *server_name,
                            const struct address *server);

#endif
