/*
 * cipher: the ciphers of the record layer, keyed once and used for many records. What is written to
 * out when the tag does not fit is not defined. They belong to the thread of their struct crypto
 * and may outlive it.
 */
#ifndef BASICTAP_DISSECTORS_TLS_CIPHER_H
#define BASICTAP_DISSECTORS_TLS_CIPHER_H

#include "dissectors/tls/crypto.h"

enum { CIPHER_NONCE = 12, CIPHER_BLOCK_MAX = 16, CIPHER_KEY_MAX = 32 };

/* AES-GCM, AES-CCM and ChaCha20-Poly1305. */
struct aead;

/* Any kind but SUITE_CBC and SUITE_NULL. NULL: no memory, or no such size of key. */
struct aead *aead_new(struct crypto *crypto, enum suite_kind kind, struct bytes key);
void aead_free(struct aead *aead); /* wipes; NULL is fine */
size_t aead_tag_size(enum suite_kind kind);
/* sealed ends with the tag; out, not in sealed, holds what is before it. */
bool aead_open(struct aead *aead, const uint8_t nonce[CIPHER_NONCE], struct bytes data,
               struct bytes sealed, uint8_t *out);

/* AES-CBC; a key of 24 octets: 3DES. */
struct cbc;

struct cbc *cbc_new(struct crypto *crypto, struct bytes key); /* NULL: like aead_new */
void cbc_free(struct cbc *cbc);                               /* wipes; NULL is fine */
size_t cbc_block_size(size_t key_len);
/* Whole blocks; iv has the size of one. */
bool cbc_open(struct cbc *cbc, struct bytes iv, struct bytes sealed, uint8_t *out);

#endif
