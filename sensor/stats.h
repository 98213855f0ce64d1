/*
 * stats: what a run looked at and what it could not see. Coverage is part of the answer: "none
 * seen" means something only beside how much could be read.
 */
#ifndef BASICTAP_SENSOR_STATS_H
#define BASICTAP_SENSOR_STATS_H

#include "export/exporter.h"
#include "rules/detector.h"
#include "sensor/keys.h"
#include "sensor/worker.h"

struct coverage {
    struct timestamp at; /* replay: newest packet time; live: now */
    struct source_stats source;
    struct worker_stats worker;
    struct detector_stats detector;
    struct exporter_stats exporter;
    struct keystore_stats keystore;
    struct keys_stats keys;
    uint64_t hellos[NUM_TARGETS]; /* TLS handshakes, by where they went */
};

extern const struct schema coverage_schema; /* dataset basictap.coverage */

#endif
