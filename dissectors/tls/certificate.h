/*
 * certificate: whose certificate it says it is (RFC 5280). Nothing is verified: a passive reader
 * wants names, not trust.
 */
#ifndef BASICTAP_DISSECTORS_TLS_CERTIFICATE_H
#define BASICTAP_DISSECTORS_TLS_CERTIFICATE_H

#include "dissectors/base/event.h"

/*
 * The body of a Certificate message of the server (RFC 5246, section 7.4.2; tls13: RFC 8446,
 * section 4.4.2): subject, issuer and DNS names of its first certificate go into event, as far as
 * they can be read.
 */
void certificate_read(struct bytes body, bool tls13, struct tls_event *event);

/* Whether a Certificate message holds any certificate: a client that has none sends an empty list.
 */
bool certificate_is_empty(struct bytes body, bool tls13);

#endif
