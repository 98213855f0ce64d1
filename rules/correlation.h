/*
 * correlation: the state of one correlation rule: groups of events, by the values of some fields,
 * over a span of packet time.
 *
 * With a lower bound alone the span slides and a hit is told as it happens, at most once a group
 * and timespan. With an upper bound (lt, lte, eq) the answer is known only when the span is over: a
 * group then begins with its first event and is judged timespan later, or at the end.
 * Groups and what they remember are bounded; the group that was quiet longest goes first.
 */
#ifndef BASICTAP_RULES_CORRELATION_H
#define BASICTAP_RULES_CORRELATION_H

#include "dissectors/base/hmap.h"
#include "rules/parcel.h"
#include "rules/ruleset.h"

struct correlation;

/* alert is of kind FINDING_ALERT: the fields grouped by, rule, start, last and count; the rest
 * empty. */
typedef void alert_fn(void *ctx, struct finding *alert);

/* rule must outlive it. NULL when out of memory. */
struct correlation *correlation_new(const struct rule *rule, size_t max_groups,
                                    const uint8_t seed[HMAP_SEED_SIZE], alert_fn *on_alert,
                                    void *ctx);
void correlation_free(struct correlation *correlation); /* NULL is fine */

/* Whether an event is to be observed: hits says which rules it matched, and it is in a group, whose
 * place is sent for. */
bool correlation_expect(struct correlation *correlation, const struct finding *finding,
                        const struct rule_hits *hits);

/* The event that was expected last, its finding's `last` being its time. *parcel is the finding in
 * a parcel, or NULL until somebody wants to keep it; it stays the caller's. */
void correlation_observe(struct correlation *correlation, const struct finding *finding,
                         const struct rule_hits *hits, struct parcel **parcel);
void correlation_advance(struct correlation *correlation, struct timestamp now);
void correlation_flush(struct correlation *correlation);

uint64_t correlation_evicted(const struct correlation *correlation);

#endif
