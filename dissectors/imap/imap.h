/*
 * imap: the Internet Message Access Protocol (RFC 9051, 3501): LOGIN, AUTHENTICATE, ID, STARTTLS.
 * Nothing is learned once a mailbox was selected after a login, so the session is let go then.
 */
#ifndef BASICTAP_DISSECTORS_IMAP_IMAP_H
#define BASICTAP_DISSECTORS_IMAP_IMAP_H

#include "dissectors/dissector.h"

extern const struct dissector imap_dissector;

/* In probe.c. */
enum probe imap_probe(struct bytes client, struct bytes server);

#endif
