/*
 * hello: what ClientHello and ServerHello say in clear (RFC 8446, section 4.1; RFC 5246, 7.4.1;
 * RFC 6101 for SSL 3; RFC 2246 appendix E for the SSL 2 form).
 *
 * Readers are lenient after the fixed part: a damaged extension ends the reading, what stood before
 * it counts.
 */
#ifndef BASICTAP_DISSECTORS_TLS_HELLO_H
#define BASICTAP_DISSECTORS_TLS_HELLO_H

#include "dissectors/base/event.h"
#include "dissectors/tls/crypto.h"
#include "dissectors/tls/params.h"

/*
 * Fill event, and params where it is not NULL, from the body of a handshake message; false, nothing
 * changed: it is no such message. With a crypto the fingerprints are made as well, and a ticket
 * gets its name. A second ClientHello (after HelloRetryRequest) leaves the fingerprints as they
 * are: they are of the first.
 */
bool hello_read_client(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params);

/* The same of a ClientHello that came in QUIC: its JA4 says so. */
bool hello_read_quic_client(struct crypto *crypto, struct bytes body, struct tls_event *event,
                            struct tls_params *params);

/* *retry: it is a HelloRetryRequest, and the ServerHello is still to come; server_hello is then not
 * set. */
bool hello_read_server(struct crypto *crypto, struct bytes body, struct tls_event *event,
                       struct tls_params *params, bool *retry);

/* The body of EncryptedExtensions (RFC 8446, section 4.3.1): ALPN, and whether early data is taken.
 */
void hello_read_encrypted_extensions(struct bytes body, struct tls_event *event,
                                     bool *early_data_accepted);

/*
 * A ClientHello in the form of SSL 2, which old clients still open with. No record, no server name.
 * want is set when more bytes are needed to tell; *in is taken only on true.
 */
bool hello_take_v2(struct bytes *in, struct tls_event *event, size_t *want);

/* What keys depend on, of a hello that hello_take_v2 takes from the front of in: its challenge
 * stands for the random (RFC 5246, appendix E.2). False, nothing changed: there is none. */
bool hello_note_v2(struct bytes in, struct tls_params *params);

#endif
