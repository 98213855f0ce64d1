/* redis_batch: records as calls of our function in Redis; which keys they touch (SCHEMA, section
 * 4). */
#ifndef BASICTAP_EXPORT_SINK_REDIS_BATCH_H
#define BASICTAP_EXPORT_SINK_REDIS_BATCH_H

#include "export/record.h"
#include "export/sink/redis_command.h"

struct redis_batch_options {
    const char *prefix;
    const char *sensor;
    const char *journal_id;
    uint64_t kept; /* entries of the stream, and of the list */
    bool list;
    bool live;
    unsigned clock_tolerance_s;
    uint64_t max_devices;
    bool asking; /* each call follows an ASKING, which has a reply of its own */
};

/* How many records from the front, at least one, go into one call: they have one layout. */
size_t redis_batch_size(const struct record *const *records, size_t num);

/* The call that applies them; after: what was applied before. */
void redis_batch_apply(struct redis_commands *commands, const struct redis_batch_options *options,
                       const struct record *const *records, size_t num, uint64_t after);

/* The call that tells what is applied; from: see findings.lua, "+" at first. */
void redis_batch_begin(struct redis_commands *commands, const struct redis_batch_options *options,
                       const char *from);

/* The call that writes what the sensor is doing, if Redis has all that we think it has. */
void redis_batch_beat(struct redis_commands *commands, const struct redis_batch_options *options,
                      const struct record *state, uint64_t applied);

/* The command that loads our functions. */
void redis_batch_load(struct redis_commands *commands);

#endif
