/*
 * probe: do the first bytes of a conversation look like TLS, or like the hello of SSL 2?
 */
#ifndef BASICTAP_DISSECTORS_TLS_PROBE_H
#define BASICTAP_DISSECTORS_TLS_PROBE_H

#include "dissectors/dissector.h"

enum probe tls_probe(struct bytes client, struct bytes server);
enum probe tls_probe_v2(struct bytes client);

#endif
