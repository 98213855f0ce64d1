/*
 * crypto: the cryptography that the reader of TLS and QUIC needs; only crypto*.c know OpenSSL.
 * Algorithms are fetched once; a struct crypto belongs to one thread. No failure leaves a word in
 * the library's queue of errors.
 */
#ifndef BASICTAP_DISSECTORS_TLS_CRYPTO_H
#define BASICTAP_DISSECTORS_TLS_CRYPTO_H

#include "dissectors/base/bytes.h"
#include "dissectors/base/diag.h"
#include "dissectors/tls/suite.h"

enum { CRYPTO_HASH_MAX = 48, CRYPTO_TAG = 16 };

struct crypto;
struct cache;
struct crypto *crypto_new(void);         /* NULL: no memory, or the library lacks what is needed */
void crypto_free(struct crypto *crypto); /* NULL is fine */

/* For digests that come again and again; never of a secret. */
struct cache *crypto_cache(struct crypto *crypto);

size_t crypto_hash_size(enum suite_hash hash);
bool crypto_digest(struct crypto *crypto, enum suite_hash hash, const struct bytes *parts,
                   size_t num_parts, uint8_t out[CRYPTO_HASH_MAX]);

bool crypto_hmac(struct crypto *crypto, enum suite_hash hash, struct bytes key,
                 const struct bytes *parts, size_t num_parts, uint8_t out[CRYPTO_HASH_MAX]);

/* HMAC with one key for many messages. It may outlive its struct crypto. */
struct hmac;
struct hmac *hmac_new(struct crypto *crypto, enum suite_hash hash, struct bytes key);
bool hmac_sum(struct hmac *hmac, const struct bytes *parts, size_t num_parts,
              uint8_t out[CRYPTO_HASH_MAX]);
void hmac_free(struct hmac *hmac); /* wipes; NULL is fine */

/* HKDF (RFC 5869) and HKDF-Expand-Label (RFC 8446, section 7.1; an empty context). */
bool crypto_hkdf_extract(struct crypto *crypto, enum suite_hash hash, struct bytes salt,
                         struct bytes secret, uint8_t out[CRYPTO_HASH_MAX]);
bool crypto_hkdf_expand(struct crypto *crypto, enum suite_hash hash, struct bytes secret,
                        struct bytes info, uint8_t *out, size_t len);
bool crypto_expand_label(struct crypto *crypto, enum suite_hash hash, struct bytes secret,
                         const char *label, uint8_t *out, size_t len);

/* One opening of an AEAD whose key is used once or seldom (QUIC's Initial packets, AES-128-GCM).
 * sealed ends with the tag; out holds sealed.len - CRYPTO_TAG octets. False: the tag does not fit.
 */
bool crypto_open_gcm(struct crypto *crypto, struct bytes key, struct bytes nonce, struct bytes data,
                     struct bytes sealed, uint8_t *out);
/* One block of AES in ECB mode, for header protection (RFC 9001, section 5.4.3). */
bool crypto_aes_block(struct crypto *crypto, struct bytes key, struct bytes block, uint8_t out[16]);

/* A running hash of handshake messages. */
struct transcript;
struct transcript *transcript_new(struct crypto *crypto, enum suite_hash hash);
bool transcript_add(struct transcript *transcript, struct bytes message);
/* The hash so far; it may go on. MD5 stands for MD5 and SHA-1 one after the other (TLS 1.0, 1.1):
 * 36 octets. */
bool transcript_peek(const struct transcript *transcript, uint8_t out[CRYPTO_HASH_MAX],
                     size_t *len);
void transcript_free(struct transcript *transcript);

/* A server's RSA key, in PEM (PKCS #1 or #8). NULL and words: not a key, encrypted, or not RSA. */
struct rsa_key;
struct rsa_key *rsa_key_read(struct bytes pem, struct diag *diag);
void rsa_key_free(struct rsa_key *key);
/* PKCS #1 v1.5; true when 48 octets come out (TLS_MASTER_SIZE). Says nothing of whether they are
 * right. */
bool rsa_key_decrypt(struct rsa_key *key, struct bytes sealed, uint8_t out[48]);

#endif
