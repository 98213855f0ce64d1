/* huffman: the string code of HPACK (RFC 7541, section 5.2 and appendix B). */
#ifndef BASICTAP_DISSECTORS_HTTP_HUFFMAN_H
#define BASICTAP_DISSECTORS_HTTP_HUFFMAN_H

#include "dissectors/base/bytes.h"

/*
 * Decodes in, to its end. *len is how long the text is; when that is more than max, nothing of out
 * beyond max is written and the text is not whole. False: no such text, out holds what came before.
 */
bool huffman_decode(struct bytes in, uint8_t *out, size_t max, size_t *len);

#endif
