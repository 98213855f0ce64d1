#include "dissectors/tls/suite.h"

#include "tests/support/test.h"

#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <string.h>

/* What OpenSSL calls the ciphers that we read; 0: one that we do not. */
static uint8_t key_len_of(int nid, enum suite_kind *kind)
{
    switch (nid) {
    case NID_aes_128_gcm:
    case NID_aes_256_gcm:
        *kind = SUITE_GCM;
        return nid == NID_aes_128_gcm ? 16 : 32;
    case NID_aes_128_ccm:
    case NID_aes_256_ccm:
        *kind = SUITE_CCM; /* or with 8 octets of tag: OpenSSL's name tells */
        return nid == NID_aes_128_ccm ? 16 : 32;
    case NID_chacha20_poly1305:
        *kind = SUITE_CHACHA20;
        return 32;
    case NID_aes_128_cbc:
    case NID_aes_256_cbc:
        *kind = SUITE_CBC;
        return nid == NID_aes_128_cbc ? 16 : 32;
    case NID_des_ede3_cbc:
        *kind = SUITE_CBC;
        return 24;
    default:
        *kind = SUITE_NULL;
        return 0;
    }
}

static int nid_of(enum suite_hash hash)
{
    static const int nids[] = {NID_md5, NID_sha1, NID_sha256, NID_sha384};

    return nids[hash];
}

static void check(const SSL_CIPHER *cipher)
{
    const struct suite *suite = suite_find(SSL_CIPHER_get_protocol_id(cipher));
    int nid = SSL_CIPHER_get_cipher_nid(cipher);
    int prf = EVP_MD_get_type(SSL_CIPHER_get_handshake_digest(cipher));
    enum suite_kind kind;
    uint8_t key_len = key_len_of(nid, &kind);

    if (key_len == 0 && nid != NID_undef) {
        assert_null(suite); /* Camellia, ARIA, SEED, ... */
        return;
    }
    /* OpenSSL writes CCM8 in names of TLS 1.2, and CCM_8 in those of TLS 1.3. */
    if (kind == SUITE_CCM && (strstr(SSL_CIPHER_get_name(cipher), "CCM8") != NULL ||
                              strstr(SSL_CIPHER_get_name(cipher), "CCM_8") != NULL)) {
        kind = SUITE_CCM_8;
    }
    assert_non_null(suite);
    assert_string_equal(suite->name, SSL_CIPHER_standard_name(cipher));
    assert_int_equal(suite->kind, kind);
    assert_int_equal(suite->key_len, key_len);
    assert_int_equal(suite->rsa, SSL_CIPHER_get_kx_nid(cipher) == NID_kx_rsa);
    assert_int_equal(suite->tls13, SSL_CIPHER_get_kx_nid(cipher) == NID_kx_any);
    /* MD5 and SHA-1 together before TLS 1.2: SHA-256 since (RFC 5246, section 5) */
    assert_int_equal(nid_of(suite->prf), prf == NID_md5_sha1 ? NID_sha256 : prf);
    if (!SSL_CIPHER_is_aead(cipher)) {
        assert_int_equal(nid_of(suite->mac), SSL_CIPHER_get_digest_nid(cipher));
    }
}

static void every_suite_that_openssl_knows_is_what_it_says(void **state)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_method());
    STACK_OF(SSL_CIPHER) * ciphers;

    (void)state;
    assert_non_null(ctx);
    SSL_CTX_set_security_level(ctx, 0);
    assert_int_equal(SSL_CTX_set_cipher_list(ctx, "ALL:COMPLEMENTOFALL"), 1);
    assert_int_equal(SSL_CTX_set_ciphersuites(ctx,
                                              "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                              "TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
                                              "TLS_AES_128_CCM_8_SHA256"),
                     1);
    ciphers = SSL_CTX_get_ciphers(ctx);
    assert_true(sk_SSL_CIPHER_num(ciphers) > 100);
    for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); i++) {
        check(sk_SSL_CIPHER_value(ciphers, i));
    }
    SSL_CTX_free(ctx);
}

static void a_number_finds_its_own_suite(void **state)
{
    size_t num = 0;

    (void)state;
    for (uint32_t id = 0; id <= UINT16_MAX; id++) {
        const struct suite *suite = suite_find((uint16_t)id);

        if (suite != NULL) {
            assert_int_equal(suite->id, id);
            num++;
        }
    }
    assert_int_equal(num, 169); /* none is out of order, and so never found */
}

/* IANA's registry; suites that OpenSSL has not, or has no longer */
static void suites_that_few_have_are_known(void **state)
{
    static const struct {
        uint16_t id;
        const char *name;
    } suites[] = {
        {0x0030, "TLS_DH_DSS_WITH_AES_128_CBC_SHA"},
        {0x00a1, "TLS_DH_RSA_WITH_AES_256_GCM_SHA384"},
        {0xc004, "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA"},
        {0xc032, "TLS_ECDH_RSA_WITH_AES_256_GCM_SHA384"},
        {0xc0aa, "TLS_PSK_DHE_WITH_AES_128_CCM_8"},
        {0xd001, "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256"},
        {0xd005, "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(suites) / sizeof(suites[0]); i++) {
        assert_non_null(suite_find(suites[i].id));
        assert_string_equal(suite_find(suites[i].id)->name, suites[i].name);
    }
}

static void what_is_not_read_is_not_found(void **state)
{
    static const uint16_t ids[] = {
        0x0000, /* TLS_NULL_WITH_NULL_NULL */
        0x0005, /* RC4 */
        0x0041, /* Camellia */
        0x00ff, /* renegotiation, no suite */
        0x1306, 0x0a0a, 0x5600, 0xc03c, 0xffff,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        assert_null(suite_find(ids[i]));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_suite_that_openssl_knows_is_what_it_says),
        cmocka_unit_test(a_number_finds_its_own_suite),
        cmocka_unit_test(suites_that_few_have_are_known),
        cmocka_unit_test(what_is_not_read_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
