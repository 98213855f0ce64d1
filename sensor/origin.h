/* origin: who the two ends of a connection are. */
#ifndef BASICTAP_SENSOR_ORIGIN_H
#define BASICTAP_SENSOR_ORIGIN_H

#include "dissectors/dissector.h"
#include "sensor/decode.h"

/* As a packet from that side says. */
void origin_set(struct origin *origin, const struct packet *packet, enum side from);

/* The client is the server. */
void origin_swap(struct origin *origin);

/* The service of an encrypted session: one that nothing announced is counted by its port or ALPN:
 * as good a guess as any, and only a count. */
enum service origin_tls_service(const struct origin *origin, bool offers_http);

#endif
