/*
 * smtp: mail submission and transfer (RFC 5321, AUTH RFC 4954), with what Exchange adds: X-EXPS,
 * X-ANONYMOUSTLS. Message bodies are passed over unseen. Nothing is learned after a login was
 * accepted, so the session is let go then.
 */
#ifndef BASICTAP_DISSECTORS_SMTP_SMTP_H
#define BASICTAP_DISSECTORS_SMTP_SMTP_H

#include "dissectors/dissector.h"

extern const struct dissector smtp_dissector;

/* In probe.c. */
enum probe smtp_probe(struct bytes client, struct bytes server);

#endif
