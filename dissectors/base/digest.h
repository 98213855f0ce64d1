/*
 * digest: SHA-1, SHA-256 and its HMAC over parts, and their text. For identifiers, never for
 * passwords. Algorithms are fetched once: a digester is kept and used again; one thread each.
 */
#ifndef BASICTAP_DISSECTORS_BASE_DIGEST_H
#define BASICTAP_DISSECTORS_BASE_DIGEST_H

#include "dissectors/base/bytes.h"

enum { SHA1_SIZE = 20, SHA256_SIZE = 32 };

struct digester;
struct digester *digester_new(void); /* NULL: no memory, or the library has no such algorithms */
void digester_free(struct digester *digester);

/* Over the parts, one after another. False: the library failed; out is zeroed. */
bool digest_sha1(struct digester *digester, const struct bytes *parts, size_t num_parts,
                 uint8_t out[SHA1_SIZE]);
bool digest_sha256(struct digester *digester, const struct bytes *parts, size_t num_parts,
                   uint8_t out[SHA256_SIZE]);

/* HMAC (RFC 2104), likewise. */
bool digest_hmac_sha256(struct digester *digester, struct bytes key, const struct bytes *parts,
                        size_t num_parts, uint8_t out[SHA256_SIZE]);

/* As much of the text as fits in whole octets, NUL-terminated. */
void digest_print_hex(struct bytes in, char *text, size_t size);
/* Base64 with padding (RFC 4648, section 4); text must hold (len + 2) / 3 * 4 + 1. */
void digest_print_base64(struct bytes in, char *text, size_t size);

#endif
