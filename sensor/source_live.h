/* source_live: what libpcap does for us: live capture, and BPF filters for files. */
#ifndef BASICTAP_SENSOR_SOURCE_LIVE_H
#define BASICTAP_SENSOR_SOURCE_LIVE_H

#include "sensor/source.h"

struct live;

/* NULL and words: the interface cannot be opened. interface and options' filter must outlive it. */
struct live *live_open(const char *interface, const struct source_options *options,
                       struct diag *diag);
enum source_state live_pump(struct live *live, size_t max, frame_fn *each, void *ctx);
void live_stats(struct live *live, struct source_stats *stats);
void live_close(struct live *live);

/* A filter, compiled once for each link type that comes. */
struct filter;

/* NULL and words: no link type gives it a meaning. text must outlive it. */
struct filter *filter_new(const char *text, struct diag *diag);
void filter_free(struct filter *filter);

/* False also where the filter has no meaning for the frame's link type. */
bool filter_matches(struct filter *filter, const struct frame *frame);

#endif
