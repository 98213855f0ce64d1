#include "dissectors/tls/schedule.h"

#include "tests/dissectors/tls/hex.h"
#include "tests/support/test.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static int set_up(void **state)
{
    *state = crypto_new();
    return *state == NULL;
}

static int tear_down(void **state)
{
    crypto_free(*state);
    return 0;
}

/* From the working group's list: https://www.ietf.org/mail-archive/web/tls/current/msg03416.html */
static void the_prf_of_tls_1_2_is_as_published(void **state)
{
    uint8_t out[148];
    struct prf prf = {TLS_VERSION_12, SUITE_SHA256, HEX("9bbe436ba940f017b17652849a71db35"),
                      "test label", HEX("a0ba9f936cda311827a6f796ffd5198c")};

    assert_true(schedule_prf(*state, &prf, out, 100));
    assert_hex(out, "e3f229ba727be17b8d122620557cd453c2aab21d07c3d495329b52d4e61edb5a"
                    "6b301791e90d35c9c9a46b4e14baf9af0fa022f7077def17abfd3797c0564bab"
                    "4fbc91666e9def9b97fce34f796789baa48082d122ee42c5a72e5a5110fff701"
                    "87347b66");
    prf = (struct prf){TLS_VERSION_12, SUITE_SHA384, HEX("b80b733d6ceefcdc71566ea48e5567df"),
                       "test label", HEX("cd665cf6a8447dd6ff8b27555edb7465")};
    assert_true(schedule_prf(*state, &prf, out, 148));
    assert_hex(out, "7b0c18e9ced410ed1804f2cfa34a336a1c14dffb4900bb5fd7942107e81c83cd"
                    "e9ca0faa60be9fe34f82b1233c9146a0e534cb400fed2700884f9dc236f80edd"
                    "8bfa961144c9e8d792eca722a7b32fc3d416d473ebc2c5fd4abfdad05d918425"
                    "9b5bf8cd4d90fa0d31e2dec479e4f1a26066f2eea9a69236a3e52655c9e9aee6"
                    "91c8f3a26854308d5eaa3be85e0990703d73e56f");
}

/* OpenSSL's own, for what no published vector covers */
static void derive(const char *hash, struct bytes secret, const char *label, struct bytes seed,
                   struct bytes out)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, "TLS1-PRF", NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
    char name[16];
    uint8_t copy[3][HEX_MAX];
    uint8_t derived[HEX_MAX];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, copy[0], secret.len),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, copy[1], strlen(label)),
        OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, copy[2], seed.len),
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, name, sizeof(name)),
        OSSL_PARAM_construct_end(),
    };

    memcpy(name, hash, strlen(hash) + 1);
    (void)take_into(&secret, copy[0], secret.len);
    memcpy(copy[1], label, strlen(label));
    (void)take_into(&seed, copy[2], seed.len);
    assert_int_equal(EVP_KDF_derive(ctx, derived, out.len, params), 1);
    assert_memory_equal(derived, out.at, out.len);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void the_prf_of_tls_1_0_is_that_of_openssl(void **state)
{
    uint8_t secret[128];
    uint8_t out[200];

    for (size_t i = 0; i < sizeof(secret); i++) {
        secret[i] = (uint8_t)(i * 7 + 1);
    }
    for (size_t len = 1; len <= sizeof(secret); len++) { /* odd ones share an octet */
        struct prf prf = {len % 2 == 0 ? TLS_VERSION_10 : TLS_VERSION_11, SUITE_SHA256,
                          bytes_view(secret, len), "a label", BYTES("seed")};

        assert_true(schedule_prf(*state, &prf, out, sizeof(out)));
        derive("MD5-SHA1", prf.secret, prf.label, prf.seed, bytes_view(out, sizeof(out)));
    }
}

static struct tls_params params_of(uint16_t version)
{
    struct tls_params params = {.version = version};

    memset(params.client_random, 0xc1, TLS_RANDOM_SIZE);
    memset(params.server_random, 0x5e, TLS_RANDOM_SIZE);
    return params;
}

static void a_master_secret_comes_from_client_and_server_random(void **state)
{
    static const struct {
        uint16_t version;
        uint16_t suite;
        const char *hash;
    } cases[] = {
        {TLS_VERSION_10, 0x002f, "MD5-SHA1"}, {TLS_VERSION_11, 0x002f, "MD5-SHA1"},
        {TLS_VERSION_12, 0x002f, "SHA256"},   {TLS_VERSION_12, 0x009c, "SHA256"},
        {TLS_VERSION_12, 0x009d, "SHA384"},
    };
    uint8_t premaster[48] = {3, 3, 1, 2, 3};
    uint8_t master[TLS_MASTER_SIZE];

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct tls_params params = params_of(cases[i].version);
        uint8_t randoms[64];

        memset(randoms, 0xc1, 32);
        memset(randoms + 32, 0x5e, 32);
        assert_true(schedule_master(*state, suite_find(cases[i].suite), &params,
                                    bytes_view(premaster, 48), BYTES("not looked at"), master));
        derive(cases[i].hash, bytes_view(premaster, 48), "master secret", bytes_view(randoms, 64),
               bytes_view(master, sizeof(master)));
    }
}

static void an_extended_master_secret_comes_from_the_session_hash(void **state)
{
    uint8_t premaster[48] = {3, 1, 1, 2, 3};
    uint8_t hash[36] = {9, 8, 7};
    uint8_t master[TLS_MASTER_SIZE];
    struct tls_params params = params_of(TLS_VERSION_12);

    params.extended_master = true;
    assert_true(schedule_master(*state, suite_find(0x002f), &params, bytes_view(premaster, 48),
                                bytes_view(hash, 32), master));
    derive("SHA256", bytes_view(premaster, 48), "extended master secret", bytes_view(hash, 32),
           bytes_view(master, sizeof(master)));
    params.version = TLS_VERSION_10;
    assert_true(schedule_master(*state, suite_find(0x002f), &params, bytes_view(premaster, 48),
                                bytes_view(hash, 36), master));
    derive("MD5-SHA1", bytes_view(premaster, 48), "extended master secret", bytes_view(hash, 36),
           bytes_view(master, sizeof(master)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_prf_of_tls_1_2_is_as_published),
        cmocka_unit_test(the_prf_of_tls_1_0_is_that_of_openssl),
        cmocka_unit_test(a_master_secret_comes_from_client_and_server_random),
        cmocka_unit_test(an_extended_master_secret_comes_from_the_session_hash),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
