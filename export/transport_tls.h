/* transport_tls: TLS over a socket that never blocks. Only transport.c uses it. */
#ifndef BASICTAP_EXPORT_TRANSPORT_TLS_H
#define BASICTAP_EXPORT_TRANSPORT_TLS_H

#include "export/transport.h"

enum tls_step {
    TLS_STEP_DONE,
    TLS_STEP_READ,  /* call again when the socket can be read */
    TLS_STEP_WRITE, /* likewise, written */
    TLS_STEP_FAILED /* with words */
};

struct tls_link;

/* The socket stays the caller's. NULL and words: a file that cannot be read, a key that does not
 * fit, no memory. name: see transport_tls. */
struct tls_link *tls_link_new(int fd, const struct transport_tls *tls, const char *host,
                              struct diag *diag);
enum tls_step tls_link_shake(struct tls_link *link, struct diag *diag);
enum tls_step tls_link_send(struct tls_link *link, struct bytes data, size_t *sent,
                            struct diag *diag);
enum tls_step tls_link_receive(struct tls_link *link, void *into, size_t max, size_t *len,
                               struct diag *diag);
void tls_link_free(struct tls_link *link); /* says good-bye if it can at once; NULL is fine */

#endif
