#ifndef BASICTAP_DISSECTORS_HTTP_HTTP2_H
#define BASICTAP_DISSECTORS_HTTP_HTTP2_H

#include "dissectors/dissector.h"
#include "dissectors/http/http_exchange.h"

extern const struct dissector http2_dissector;

/*
 * State of http2_dissector for a connection that began as HTTP/1 and upgrades (RFC 7540, section
 * 3.2): its request is stream 1. Takes over the transaction (NULL: none). The caller feeds it, ends
 * it with http2_dissector.end and frees it. NULL: no memory, nothing is taken over.
 */
void *http2_new_upgraded(const struct http_link *link, struct http_transaction *transaction,
                         const struct emitter *out);

/* Do the client's bytes begin with HTTP/2's preface? */
enum probe http2_probe_preface(struct bytes client);

#endif
