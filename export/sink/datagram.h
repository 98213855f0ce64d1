/* datagram: messages to a server over UDP. Whether they arrive nobody knows; that nobody listens is
 * told at times. */
#ifndef BASICTAP_EXPORT_SINK_DATAGRAM_H
#define BASICTAP_EXPORT_SINK_DATAGRAM_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"

/* A descriptor to close; -1 and words. A host with several addresses is tried at another one each
 * turn. Looking a name up takes as long as the resolver pleases. */
int datagram_open(const char *host, const char *port, unsigned turn, struct diag *diag);

/* False and words; waits for room at most until deadline_ns, or until cancel_fd is readable. */
bool datagram_send(int fd, struct bytes message, uint64_t deadline_ns, int cancel_fd,
                   struct diag *diag);

/* False and words: since the last time it was said that nobody listens. */
bool datagram_check(int fd, struct diag *diag);

#endif
