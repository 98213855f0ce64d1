/*
 * classify: nDPI as a second opinion, for connections that our own probes cannot decide. It
 * proposes the name of a dissector and never decides alone; what else it believes to know
 * (credentials among it) is never read. nDPI is started when it is asked for the first time, if
 * not before.
 */
#ifndef BASICTAP_SENSOR_CLASSIFY_H
#define BASICTAP_SENSOR_CLASSIFY_H

#include "dissectors/base/diag.h"
#include "sensor/decode.h"

enum { CLASSIFY_PACKETS = 8 }; /* so many packets of a flow are looked at */

struct classifier;
struct classifier_flow;

struct classifier *classifier_new(struct diag *diag); /* one a worker; NULL and words */
void classifier_free(struct classifier *classifier);  /* NULL is fine */

/* Starts nDPI now, where the first packet that asks should not wait for that. */
void classifier_start(struct classifier *classifier);

/* Packets that nDPI could not be shown, for want of memory. NULL is fine. */
uint64_t classifier_refused(const struct classifier *classifier);

/* Shows one packet with payload; *flow is made at the first that may begin one of the protocols
 * that are proposed, and none is shown before. The name of a dissector, or NULL. */
const char *classifier_ask(struct classifier *classifier, struct classifier_flow **flow,
                           const struct packet *packet, bool from_client);
void classifier_flow_free(struct classifier_flow *flow); /* NULL is fine */

#endif
