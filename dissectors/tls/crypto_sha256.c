/* HMAC with SHA-256, most of what a hello of QUIC costs. The library's EVP_MAC looks parameters up
 * by name and takes memory for every key, which is more than the hashing itself. */
#define OPENSSL_SUPPRESS_DEPRECATED /* the plain SHA-256, a struct of the caller's */
#include "dissectors/tls/crypto_part.h"

#include <openssl/sha.h>

/* The key, filled up with zeros, under a pad (RFC 2104, section 2). */
static void begin(SHA256_CTX *hash, const uint8_t key[SHA256_CBLOCK], uint8_t pad)
{
    uint8_t block[SHA256_CBLOCK];

    for (size_t i = 0; i < sizeof(block); i++) {
        block[i] = key[i] ^ pad;
    }
    (void)SHA256_Init(hash);
    (void)SHA256_Update(hash, block, sizeof(block));
    bytes_wipe(block, sizeof(block));
}

void crypto_hmac_sha256(struct bytes key, const struct bytes *parts, size_t num_parts,
                        uint8_t out[SHA256_DIGEST_LENGTH])
{
    uint8_t block[SHA256_CBLOCK] = {0};
    SHA256_CTX hash;
    size_t len;

    if (!bytes_copy(key, block, sizeof(block), &len)) { /* too long: its hash is the key */
        (void)SHA256(key.at, key.len, block);
    }
    begin(&hash, block, 0x36);
    for (size_t i = 0; i < num_parts; i++) {
        (void)SHA256_Update(&hash, parts[i].at, parts[i].len);
    }
    (void)SHA256_Final(out, &hash);
    begin(&hash, block, 0x5c);
    (void)SHA256_Update(&hash, out, SHA256_DIGEST_LENGTH);
    (void)SHA256_Final(out, &hash);
    bytes_wipe(block, sizeof(block));
    bytes_wipe(&hash, sizeof(hash));
}
