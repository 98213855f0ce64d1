/*
 * pop: the Post Office Protocol, version 3 (RFC 1939, 2449, 5034): USER and PASS, APOP, AUTH.
 * Nothing is learned after a login was accepted, so the session is let go then.
 */
#ifndef BASICTAP_DISSECTORS_POP_POP_H
#define BASICTAP_DISSECTORS_POP_POP_H

#include "dissectors/dissector.h"

extern const struct dissector pop_dissector;

/* In probe.c. */
enum probe pop_probe(struct bytes client, struct bytes server);

#endif
