/* base64: decoding of credentials (RFC 4648, section 4). What is decoded may be a secret: wipe it.
 */
#ifndef BASICTAP_DISSECTORS_AUTH_BASE64_H
#define BASICTAP_DISSECTORS_AUTH_BASE64_H

#include "dissectors/base/bytes.h"

/*
 * Decodes all of text into out; missing padding at the end is fine, any other character than the
 * alphabet's is not. False, out wiped, when text is not base64 or does not fit in max. "=" alone
 * and "" are zero bytes.
 */
bool base64_decode(struct bytes text, void *out, size_t max, size_t *len);

/* Decodes as much of the front of text as fits in max: for telling what a token is without decoding
 * it all. */
bool base64_decode_front(struct bytes text, void *out, size_t max, size_t *len);

#endif
