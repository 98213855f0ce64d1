/*
 * redis_pump: records on their way to Redis: a bounded queue and the one thread that empties it.
 *
 * Putting never waits for Redis. The thread sends what is there, up to 128 records at once, and
 * takes the next batch when the last is answered: a lone record leaves at once, many share a round
 * trip. What is not acknowledged stays at the head of the queue, and after a lost connection is
 * sent again; findings.lua recognises what had been applied. A server that is away, or cannot for
 * now, is tried again after 0.25 s, doubling up to 15 s, each a quarter longer or shorter by
 * chance.
 */
#ifndef BASICTAP_EXPORT_SINK_REDIS_PUMP_H
#define BASICTAP_EXPORT_SINK_REDIS_PUMP_H

#include "export/record.h"

struct redis_pump;

/* The options outlive the pump. NULL and words: the URL, the prefix, no memory, no thread. */
struct redis_pump *redis_pump_open(const struct exporter_options *options, struct diag *diag);

/* Both take the record, whatever becomes of it; NULL is one that could not be made. A state
 * replaces the one that waits. */
void redis_pump_take(struct redis_pump *pump, struct record *record);
void redis_pump_take_state(struct redis_pump *pump, struct record *state);

/* Waits up to deadline_ms until all is answered, trying at once if the thread was waiting for a
 * better time. */
bool redis_pump_flush(struct redis_pump *pump, unsigned deadline_ms);
void redis_pump_stats(struct redis_pump *pump, struct exporter_stats *stats); /* adds its own */

/* The thread ends within moments, whatever Redis does. NULL is fine. */
void redis_pump_close(struct redis_pump *pump);

#endif
