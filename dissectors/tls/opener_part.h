/*
 * opener_part: what struct opener holds. For opener*.c alone: one makes it, the other opens with
 * it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_OPENER_PART_H
#define BASICTAP_DISSECTORS_TLS_OPENER_PART_H

#include "dissectors/tls/cipher.h"
#include "dissectors/tls/opener.h"

enum {
    OPENER_SALT = 4,     /* of the nonce that TLS 1.2 makes for GCM and CCM (RFC 5288, section 3) */
    OPENER_EXPLICIT = 8, /* the rest of that nonce: each record begins with it */
};

struct opener {
    struct crypto *crypto;
    const struct suite *suite;
    struct aead *aead; /* or cbc, or neither: SUITE_NULL */
    struct cbc *cbc;
    struct hmac *mac;
    uint64_t sequence;
    uint16_t version;
    bool encrypt_then_mac;
    uint8_t iv[CIPHER_BLOCK_MAX]; /* a nonce, a salt, or the last block that TLS 1.0 sent */
    uint64_t chained;             /* number of the record that such a block is the IV of */
    uint8_t secret[CRYPTO_HASH_MAX];
};

#endif
