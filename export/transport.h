/*
 * transport: a byte stream to a server, over TCP or a Unix socket, plain or in TLS, whose every
 * wait is bounded.
 */
#ifndef BASICTAP_EXPORT_TRANSPORT_H
#define BASICTAP_EXPORT_TRANSPORT_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"
#include "export/tls_options.h"

struct transport_options {
    const char *path; /* a Unix socket; NULL: TCP to host and port */
    const char *host; /* a name or an address. Looking a name up can take as long as the system's
                         resolver pleases. */
    const char *port;
    const struct transport_tls *tls; /* TLS 1.2 or later; NULL: plain */
    unsigned timeout_ms;             /* the longest wait without progress */
    uint64_t deadline_ns;            /* of everything, on clock_now_ns(); 0: none */
    int cancel_fd;                   /* every wait ends, in failure, while this is readable */
};

struct transport;

/* Each fails with words: "Connection refused", "no answer for 5 s", "closed by the server", "TLS:
 * the server's certificate is not for redis.example.net". After a failure only close. */
struct transport *transport_open(const struct transport_options *options, struct diag *diag);
bool transport_send(struct transport *transport, struct bytes data, struct diag *diag); /* all */
bool transport_receive(struct transport *transport, void *into, size_t max, size_t *len,
                       struct diag *diag); /* at least a byte */

/* Waits until the receiver's system has acknowledged all that was sent, which says nothing of the
 * program there; what it sends is thrown away. False: it closed, or did not in time. */
bool transport_settle(struct transport *transport, struct diag *diag);

/* Waits so long, to see whether the server wants us. False: it closed. */
bool transport_watch(struct transport *transport, unsigned ms, struct diag *diag);
void transport_set_deadline(struct transport *transport, uint64_t deadline_ns); /* from now on */
void transport_close(struct transport *transport);                              /* NULL is fine */

#endif
