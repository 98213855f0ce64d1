/*
 * schedule: master secrets up to TLS 1.2 (RFC 5246, section 8.1; RFC 2246, section 5; RFC 7627).
 */
#ifndef BASICTAP_DISSECTORS_TLS_SCHEDULE_H
#define BASICTAP_DISSECTORS_TLS_SCHEDULE_H

#include "dissectors/tls/crypto.h"
#include "dissectors/tls/params.h"

/* What the PRF of a version is made from: MD5 and SHA-1 together up to 1.1, the suite's hash after.
 */
struct prf {
    uint16_t version;
    enum suite_hash hash;
    struct bytes secret;
    const char *label;
    struct bytes seed;
};

bool schedule_prf(struct crypto *crypto, const struct prf *prf, uint8_t *out, size_t len);

/* session_hash: of all handshake messages up to and with ClientKeyExchange, when extended_master;
 * else not looked at. */
bool schedule_master(struct crypto *crypto, const struct suite *suite,
                     const struct tls_params *params, struct bytes premaster,
                     struct bytes session_hash, uint8_t master[TLS_MASTER_SIZE]);

#endif
