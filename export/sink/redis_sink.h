/* redis_sink: records on their way to Redis, each applied once: findings.lua recognises what it has
 * by its event.id. Many share a round trip. */
#ifndef BASICTAP_EXPORT_SINK_REDIS_SINK_H
#define BASICTAP_EXPORT_SINK_REDIS_SINK_H

#include "export/exporter.h"
#include "export/sink/sink.h"

/* options and host outlive the sink. False and words: the URL, the prefix, no memory. */
bool redis_sink_open(const struct exporter_options *options, const struct sink_host *host,
                     struct sink *sink, struct diag *diag);

#endif
