/*
 * seal: protects records as a peer does, with keys that OpenSSL's own key derivation makes: shares
 * nothing with the opener but the table of suites. Failures end the test.
 */
#ifndef BASICTAP_TESTS_DISSECTORS_TLS_SEAL_H
#define BASICTAP_TESTS_DISSECTORS_TLS_SEAL_H

#include "dissectors/dissector.h"
#include "dissectors/tls/params.h"
#include "dissectors/tls/record.h"
#include "dissectors/tls/suite.h"

struct sealer {
    const struct suite *suite;
    uint16_t version;
    bool encrypt_then_mac;
    uint64_t sequence;
    uint8_t mac_key[64];
    uint8_t key[32];
    uint8_t iv[16];
    uint8_t secret[64]; /* TLS 1.3 */
    size_t padding;     /* of the next records: zeros in TLS 1.3, more blocks with CBC */
};

void sealer_init_tls13(struct sealer *sealer, const struct suite *suite, struct bytes secret);
void sealer_init(struct sealer *sealer, const struct suite *suite, const struct tls_params *params,
                 const uint8_t master[TLS_MASTER_SIZE], enum side from);
void sealer_update(struct sealer *sealer);

/* The record is a view of body, RECORD_MAX_BODY octets. Its number is used up. */
struct record seal(struct sealer *sealer, uint8_t type, struct bytes plain, uint8_t *body);

#endif
