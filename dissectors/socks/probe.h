/* probe: is it SOCKS? A few bytes that could be anything, so both sides are heard. */
#ifndef BASICTAP_DISSECTORS_SOCKS_PROBE_H
#define BASICTAP_DISSECTORS_SOCKS_PROBE_H

#include "dissectors/dissector.h"

enum probe socks_probe(struct bytes client, struct bytes server);

#endif
