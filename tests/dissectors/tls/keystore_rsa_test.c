/* Servers' keys: the store tries each, and says only what may be right. */
#include "dissectors/tls/keystore.h"

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <string.h>

#include "tests/support/test.h"

enum { SEALED_MAX = 256 };

static const uint8_t seed[HMAP_SEED_SIZE];

static EVP_PKEY *server;
static EVP_PKEY *other;

static int make_keys(void **state)
{
    (void)state;
    server = EVP_RSA_gen(2048);
    other = EVP_RSA_gen(2048);
    return server == NULL || other == NULL;
}

static int free_keys(void **state)
{
    (void)state;
    EVP_PKEY_free(server);
    EVP_PKEY_free(other);
    return 0;
}

static bool add(struct keystore *keystore, EVP_PKEY *pkey, struct diag *diag)
{
    BIO *bio = BIO_new(BIO_s_mem());
    char *at;
    size_t len;
    bool is_added;

    assert_int_equal(PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL), 1);
    len = (size_t)BIO_get_mem_data(bio, &at);
    is_added = keystore_add_rsa_key(keystore, bytes_view(at, len), diag);
    BIO_free(bio);
    return is_added;
}

static struct bytes seal(EVP_PKEY *pkey, const uint8_t premaster[TLS_MASTER_SIZE],
                         uint8_t sealed[SEALED_MAX])
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);
    size_t len = SEALED_MAX;

    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, sealed, &len, premaster, TLS_MASTER_SIZE), 1);
    EVP_PKEY_CTX_free(ctx);
    return bytes_view(sealed, len);
}

static void the_key_that_fits_is_found_among_several(void **state)
{
    struct keystore *keystore = keystore_new(0, seed);
    uint8_t premaster[TLS_MASTER_SIZE] = {3, 3, 7};
    uint8_t found[TLS_MASTER_SIZE];
    uint8_t sealed[SEALED_MAX];
    struct bytes message = seal(server, premaster, sealed);

    (void)state;
    assert_true(add(keystore, other, NULL));
    assert_true(keystore_has_rsa(keystore));
    assert_true(keystore_is_used(keystore));
    assert_int_equal(keystore_generation(keystore), 1);
    assert_false(keystore_premaster(keystore, message, TLS_VERSION_12, found));
    assert_true(add(keystore, server, NULL));
    assert_true(keystore_premaster(keystore, message, TLS_VERSION_12, found));
    assert_memory_equal(found, premaster, sizeof(found));
    keystore_free(keystore);
}

static void a_premaster_secret_begins_with_a_version_that_the_client_offered(void **state)
{
    static const struct {
        uint8_t major;
        uint8_t minor;
        uint16_t offered;
        bool is_right;
    } cases[] = {
        {3, 3, TLS_VERSION_12, true},
        {3, 1, TLS_VERSION_12, true}, /* the version that was chosen */
        {3, 3, TLS_VERSION_10, false},
        {2, 255, TLS_VERSION_12, false},
        {0x7f, 3, TLS_VERSION_12, false},
    };
    struct keystore *keystore = keystore_new(0, seed);

    (void)state;
    assert_true(add(keystore, server, NULL));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t premaster[TLS_MASTER_SIZE] = {cases[i].major, cases[i].minor, 7};
        uint8_t none[TLS_MASTER_SIZE] = {0};
        uint8_t found[TLS_MASTER_SIZE];
        uint8_t sealed[SEALED_MAX];

        assert_int_equal(
            keystore_premaster(keystore, seal(server, premaster, sealed), cases[i].offered, found),
            cases[i].is_right);
        assert_memory_equal(found, cases[i].is_right ? premaster : none, sizeof(found));
    }
    keystore_free(keystore);
}

static void a_line_of_a_key_log_goes_before_the_keys(void **state)
{
    struct keystore *keystore = keystore_new(0, seed);
    uint8_t premaster[TLS_MASTER_SIZE] = {3, 3, 7};
    uint8_t found[TLS_MASTER_SIZE];
    uint8_t sealed[SEALED_MAX];
    struct bytes message = seal(server, premaster, sealed);
    char line[256] = "RSA ";
    size_t len = 4;

    (void)state;
    assert_true(add(keystore, server, NULL));
    for (size_t i = 0; i < 8; i++) {
        len += (size_t)snprintf(line + len, sizeof(line) - len, "%02x", sealed[i]);
    }
    len += (size_t)snprintf(line + len, sizeof(line) - len, " ");
    for (size_t i = 0; i < TLS_MASTER_SIZE; i++) {
        len += (size_t)snprintf(line + len, sizeof(line) - len, "%02x", 9);
    }
    assert_int_equal(keystore_add_line(keystore, bytes_view(line, len)), KEYLOG_ADDED);
    assert_true(keystore_premaster(keystore, message, TLS_VERSION_12, found));
    assert_int_equal(found[0], 9);
    assert_int_equal(found[TLS_MASTER_SIZE - 1], 9);
    keystore_free(keystore);
}

static void there_is_a_most_of_keys(void **state)
{
    struct keystore *keystore = keystore_new(0, seed);
    struct diag diag = {{0}};

    (void)state;
    for (int i = 0; i < KEYSTORE_RSA_MAX; i++) {
        assert_true(add(keystore, server, &diag));
    }
    assert_string_equal(diag.text, "");
    assert_false(add(keystore, server, &diag));
    assert_string_equal(diag.text, "more than 16 RSA keys");
    keystore_free(keystore);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_key_that_fits_is_found_among_several),
        cmocka_unit_test(a_premaster_secret_begins_with_a_version_that_the_client_offered),
        cmocka_unit_test(a_line_of_a_key_log_goes_before_the_keys),
        cmocka_unit_test(there_is_a_most_of_keys),
    };

    return cmocka_run_group_tests(tests, make_keys, free_keys);
}
