/*
 * fingerprint: short names for how a hello is put together, by which one kind of client or server
 * is known again.
 *
 * JA3 and JA3S as Salesforce published them (github.com/salesforce/ja3), JA4 as FoxIO did
 * (github.com/FoxIO-LLC/ja4, technical_details/JA4.md). GREASE is left out of all three.
 */
#ifndef BASICTAP_DISSECTORS_TLS_FINGERPRINT_H
#define BASICTAP_DISSECTORS_TLS_FINGERPRINT_H

#include "dissectors/tls/crypto.h"

enum { FINGERPRINT_JA3 = 33, FINGERPRINT_JA4 = 37 }; /* with the NUL */

/* What of a hello makes its fingerprint; views of it. */
struct fingerprint_hello {
    uint16_t version;        /* legacy_version */
    struct bytes ciphers;    /* 2 octets each; of a server the one that it chose */
    struct bytes extensions; /* as extension_list gives them */
};

/*
 * False, and the text empty: its extensions are damaged, it has more values than any client sends,
 * or the hash failed. Of a hello that is not whole there is no fingerprint: it would be another's.
 */
bool fingerprint_ja3(struct crypto *crypto, const struct fingerprint_hello *hello,
                     char out[FINGERPRINT_JA3]);
bool fingerprint_ja3s(struct crypto *crypto, const struct fingerprint_hello *hello,
                      char out[FINGERPRINT_JA3]);
bool fingerprint_ja4(struct crypto *crypto, const struct fingerprint_hello *hello, bool quic,
                     char out[FINGERPRINT_JA4]);

/* The same, remembered: of a hello that is put together like one before nothing is computed. What
 * has no fingerprint is empty. */
void fingerprint_client(struct crypto *crypto, const struct fingerprint_hello *hello, bool quic,
                        char ja3[FINGERPRINT_JA3], char ja4[FINGERPRINT_JA4]);
void fingerprint_server(struct crypto *crypto, const struct fingerprint_hello *hello,
                        char ja3s[FINGERPRINT_JA3]);

#endif
