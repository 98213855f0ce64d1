/*
 * crypto_part: what struct crypto holds. For crypto*.c alone: they know OpenSSL, nobody else does.
 */
#ifndef BASICTAP_DISSECTORS_TLS_CRYPTO_PART_H
#define BASICTAP_DISSECTORS_TLS_CRYPTO_PART_H

#include "dissectors/tls/crypto.h"

#include <openssl/evp.h>

enum { NUM_HASHES = SUITE_SHA384 + 1 };

enum algorithm {
    ALGORITHM_GCM_128,
    ALGORITHM_GCM_256,
    ALGORITHM_CCM_128,
    ALGORITHM_CCM_256,
    ALGORITHM_CHACHA20,
    ALGORITHM_CBC_128,
    ALGORITHM_CBC_256,
    ALGORITHM_CBC_3DES,
    ALGORITHM_ECB_128,
    ALGORITHM_ECB_256,
    NUM_ALGORITHMS,
};

struct crypto {
    EVP_MD *hashes[NUM_HASHES];
    EVP_CIPHER *ciphers[NUM_ALGORITHMS];
    EVP_MAC_CTX *macs[NUM_HASHES]; /* HMAC, its hash chosen, a key set for every use */
    EVP_MD_CTX *digest;
    EVP_CIPHER_CTX *gcm; /* these two for what is keyed and used once */
    EVP_CIPHER_CTX *ecb;
    struct cache *cache;
};

/* crypto_hmac for SHA-256, which cannot fail. */
void crypto_hmac_sha256(struct bytes key, const struct bytes *parts, size_t num_parts,
                        uint8_t out[32]);

/* False. The library keeps its errors for the thread: cleared, so that they do not pile up. */
bool crypto_failed(void);

#endif
