/*
 * suite: what the number of a cipher suite means to somebody who overhears it (IANA's TLS cipher
 * suites registry; RFC 5246, RFC 5288, RFC 6655, RFC 7905, RFC 8446 appendix B.4).
 */
#ifndef BASICTAP_DISSECTORS_TLS_SUITE_H
#define BASICTAP_DISSECTORS_TLS_SUITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum suite_kind {
    SUITE_GCM,
    SUITE_CCM,   /* 16 octets of tag */
    SUITE_CCM_8, /* 8 octets of tag */
    SUITE_CHACHA20,
    SUITE_CBC,  /* AES or 3DES, MAC by HMAC */
    SUITE_NULL, /* integrity alone */
};

enum suite_hash { SUITE_MD5, SUITE_SHA1, SUITE_SHA256, SUITE_SHA384 };

struct suite {
    uint16_t id;
    const char *name; /* as IANA spells it: "TLS_RSA_WITH_AES_128_CBC_SHA" */
    enum suite_kind kind;
    enum suite_hash mac; /* SUITE_CBC and SUITE_NULL */
    enum suite_hash prf; /* of TLS 1.2 and 1.3; TLS 1.0 and 1.1 have their own */
    uint8_t key_len;     /* 24 with SUITE_CBC: 3DES */
    bool tls13;          /* of TLS 1.3 alone */
    bool rsa;            /* static RSA key exchange: a server's key opens it */
};

/* NULL: one that is not read (RC4, ARIA, Camellia, export ciphers, ...), or no suite at all. */
const struct suite *suite_find(uint16_t id);

#endif
