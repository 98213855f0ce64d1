#include "dissectors/tls/crypto.h"

#include "dissectors/tls/cipher.h"
#include "tests/dissectors/tls/hex.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

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

static void digests_are_those_of_the_standards(void **state)
{
    struct bytes parts[] = {BYTES("a"), BYTES(""), BYTES("bc")};
    uint8_t out[CRYPTO_HASH_MAX];

    assert_true(crypto_digest(*state, SUITE_MD5, parts, 3, out)); /* RFC 1321, A.5 */
    assert_hex(out, "900150983cd24fb0d6963f7d28e17f72");
    assert_true(crypto_digest(*state, SUITE_SHA1, parts, 3, out)); /* RFC 3174, 7.3 */
    assert_hex(out, "a9993e364706816aba3e25717850c26c9cd0d89d");
    assert_true(crypto_digest(*state, SUITE_SHA256, parts, 3, out)); /* RFC 6234, 8.5 */
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    assert_true(crypto_digest(*state, SUITE_SHA384, parts, 3, out));
    assert_hex(out, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded163"
                    "1a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7");
}

/* RFC 4231, test case 2; RFC 2202, test case 2 */
static void hmac_is_that_of_the_standards(void **state)
{
    struct bytes parts[] = {BYTES("what do ya want "), BYTES(""), BYTES("for nothing?")};
    struct hmac *hmac = hmac_new(*state, SUITE_SHA256, BYTES("Jefe"));
    uint8_t out[CRYPTO_HASH_MAX];

    assert_true(crypto_hmac(*state, SUITE_MD5, BYTES("Jefe"), parts, 3, out));
    assert_hex(out, "750c783e6ab0b503eaa86e310a5db738");
    assert_true(crypto_hmac(*state, SUITE_SHA1, BYTES("Jefe"), parts, 3, out));
    assert_hex(out, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    for (int i = 0; i < 3; i++) { /* keyed once, used again */
        assert_true(hmac_sum(hmac, parts, 3, out));
        assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    }
    assert_true(crypto_hmac(*state, SUITE_SHA256, BYTES("Jefe"), parts, 3, out));
    assert_hex(out, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    assert_true(crypto_hmac(*state, SUITE_SHA384, BYTES("Jefe"), parts, 3, out));
    assert_hex(out, "af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47"
                    "e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649");
    hmac_free(hmac);
}

/* Two ways to the same sums; a key longer than a block of the hash is hashed. RFC 4231, case 6 */
static void keys_have_any_length(void **state)
{
    uint8_t key[131];
    struct bytes part = BYTES("Test Using Larger Than Block-Size Key - Hash Key First");
    uint8_t expected[CRYPTO_HASH_MAX];
    uint8_t out[CRYPTO_HASH_MAX];

    memset(key, 0xaa, sizeof(key));
    for (size_t len = 0; len <= sizeof(key); len++) {
        struct hmac *hmac = hmac_new(*state, SUITE_SHA256, bytes_view(key, len));

        assert_true(hmac_sum(hmac, &part, 1, expected));
        assert_true(crypto_hmac(*state, SUITE_SHA256, bytes_view(key, len), &part, 1, out));
        assert_memory_equal(out, expected, 32);
        hmac_free(hmac);
    }
    assert_hex(out, "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

/* HMAC-SHA256 with no key over nothing: a well known value */
static void an_empty_key_is_a_key(void **state)
{
    uint8_t out[CRYPTO_HASH_MAX];

    assert_true(crypto_hmac(*state, SUITE_SHA256, BYTES("other"), NULL, 0, out));
    assert_true(crypto_hmac(*state, SUITE_SHA256, BYTES(""), NULL, 0, out));
    assert_hex(out, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

/* RFC 5869, A.1 and A.3 */
static void hkdf_is_that_of_rfc_5869(void **state)
{
    uint8_t prk[CRYPTO_HASH_MAX];
    uint8_t out[42];

    assert_true(crypto_hkdf_extract(*state, SUITE_SHA256, HEX("000102030405060708090a0b0c"),
                                    HEX("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), prk));
    assert_hex(prk, "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    assert_true(crypto_hkdf_expand(*state, SUITE_SHA256, bytes_view(prk, 32),
                                   HEX("f0f1f2f3f4f5f6f7f8f9"), out, sizeof(out)));
    assert_hex(out, "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf"
                    "34007208d5b887185865");
    assert_true(crypto_hkdf_extract(*state, SUITE_SHA256, BYTES(""),
                                    HEX("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), prk));
    assert_hex(prk, "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04");
    assert_true(
        crypto_hkdf_expand(*state, SUITE_SHA256, bytes_view(prk, 32), BYTES(""), out, sizeof(out)));
    assert_hex(out, "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d"
                    "9d201395faa4b61a96c8");
}

static void hkdf_gives_no_more_than_255_hashes(void **state)
{
    enum { MOST = 255 * 32 };
    static uint8_t out[MOST + 1];

    assert_true(crypto_hkdf_expand(*state, SUITE_SHA256, BYTES("s"), BYTES(""), out, MOST));
    assert_false(crypto_hkdf_expand(*state, SUITE_SHA256, BYTES("s"), BYTES(""), out, MOST + 1));
}

/* RFC 9001, A.1 */
static void labels_give_the_keys_of_quic_initial_packets(void **state)
{
    uint8_t initial[CRYPTO_HASH_MAX];
    uint8_t client[32];
    uint8_t server[32];
    uint8_t out[16];

    assert_true(crypto_hkdf_extract(*state, SUITE_SHA256,
                                    HEX("38762cf7f55934b34d179ae6a4c80cadccbb7f0a"),
                                    HEX("8394c8f03e515708"), initial));
    assert_hex(initial, "7db5df06e7a69e432496adedb00851923595221596ae2ae9fb8115c1e9ed0a44");
    assert_true(crypto_expand_label(*state, SUITE_SHA256, bytes_view(initial, 32), "client in",
                                    client, 32));
    assert_hex(client, "c00cf151ca5be075ed0ebfb5c80323c42d6b7db67881289af4008f1f6c357aea");
    assert_true(
        crypto_expand_label(*state, SUITE_SHA256, bytes_view(client, 32), "quic key", out, 16));
    assert_hex(out, "1f369613dd76d5467730efcbe3b1a22d");
    assert_true(
        crypto_expand_label(*state, SUITE_SHA256, bytes_view(client, 32), "quic iv", out, 12));
    assert_hex(out, "fa044b2f42a3fd3b46fb255c");
    assert_true(
        crypto_expand_label(*state, SUITE_SHA256, bytes_view(client, 32), "quic hp", out, 16));
    assert_hex(out, "9f50449e04a0e810283a1e9933adedd2");
    assert_true(crypto_expand_label(*state, SUITE_SHA256, bytes_view(initial, 32), "server in",
                                    server, 32));
    assert_hex(server, "3c199828fd139efd216c155ad844cc81fb82fa8d7446fa7d78be803acdda951b");
}

static void a_label_that_is_too_long_is_refused(void **state)
{
    char label[] = "0123456789012345678901234567890123456789012345678901234567890123456789";
    uint8_t out[16];

    assert_false(crypto_expand_label(*state, SUITE_SHA256, BYTES("s"), label, out, 16));
    label[58] = '\0';
    assert_true(crypto_expand_label(*state, SUITE_SHA256, BYTES("s"), label, out, 16));
}

/* RFC 9001, A.2: sample and mask */
static void one_block_of_aes_is_the_mask_of_header_protection(void **state)
{
    uint8_t out[16];

    assert_true(crypto_aes_block(*state, HEX("9f50449e04a0e810283a1e9933adedd2"),
                                 HEX("d1b1c98dd7689fb8ec11d242b123dc9b"), out));
    assert_hex(out, "437b9aec36");
    assert_false(crypto_aes_block(*state, HEX("9f50449e04a0e810283a1e9933adedd2"), HEX("d1"), out));
    assert_false(crypto_aes_block(*state, HEX("9f"), HEX("d1b1c98dd7689fb8ec11d242b123dc9b"), out));
    /* FIPS 197, C.3 */
    assert_true(crypto_aes_block(
        *state, HEX("000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
        HEX("00112233445566778899aabbccddeeff"), out));
    assert_hex(out, "8ea2b7ca516745bfeafc49904b496089");
}

/* Test case 4 of McGrew and Viega, The Galois/Counter Mode of Operation */
static void seal_gcm(struct bytes key, struct bytes nonce, struct bytes data, struct bytes plain,
                     uint8_t *sealed)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *algorithm = key.len == 32 ? EVP_aes_256_gcm() : EVP_aes_128_gcm();
    int len;

    assert_int_equal(EVP_EncryptInit_ex(cipher, algorithm, NULL, key.at, nonce.at), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, NULL, &len, data.at, (int)data.len), 1);
    assert_int_equal(EVP_EncryptUpdate(cipher, sealed, &len, plain.at, (int)plain.len), 1);
    assert_int_equal(EVP_EncryptFinal_ex(cipher, sealed + len, &len), 1);
    assert_int_equal(
        EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_AEAD_GET_TAG, CRYPTO_TAG, sealed + plain.len), 1);
    EVP_CIPHER_CTX_free(cipher);
}

/* The library's contexts are keyed anew for every call: no key, size or failure of before is left.
 */
static void calls_know_nothing_of_each_other(void **state)
{
    static const uint8_t zeros[32];
    static const uint8_t ones[32] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1,
                                     1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
    static const struct {
        const uint8_t *key;
        size_t len;
    } keys[] = {{zeros, 16}, {ones, 16}, {zeros, 32}, {ones, 32}};
    struct bytes nonce = bytes_view(zeros, 12);
    struct bytes block = bytes_view(zeros, 16);
    uint8_t expected[4][16];
    uint8_t sealed[4][32];
    uint8_t out[16];

    for (size_t i = 0; i < 4; i++) { /* by contexts that know nothing yet */
        struct crypto *fresh = crypto_new();

        assert_true(
            crypto_aes_block(fresh, bytes_view(keys[i].key, keys[i].len), block, expected[i]));
        crypto_free(fresh);
        seal_gcm(bytes_view(keys[i].key, keys[i].len), nonce, BYTES("head"), block, sealed[i]);
    }
    for (size_t i = 0; i < 64; i++) {
        size_t with = i * 7 / 4 % 4;
        struct bytes key = bytes_view(keys[with].key, keys[with].len);

        assert_int_equal(
            crypto_open_gcm(*state, key, nonce, BYTES("head"), bytes_view(sealed[i % 4], 32), out),
            i % 4 == with);
        assert_true(i % 4 != with || memcmp(out, zeros, 16) == 0);
        assert_true(crypto_aes_block(*state, key, block, out));
        assert_memory_equal(out, expected[with], 16);
    }
}

static void gcm_opens_what_its_tag_fits_and_nothing_else(void **state)
{
    struct hex key = hex("feffe9928665731c6d6a8f9467308308");
    struct hex nonce = hex("cafebabefacedbaddecaf888");
    struct hex data = hex("feedfacedeadbeeffeedfacedeadbeefabaddad2");
    struct hex sealed = hex("42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e"
                            "21d514b25466931c7d8f6a5aac84aa051ba30b396a0aac973d58e091"
                            "5bc94fbc3221a5db94fae95ae7121a47");
    uint8_t out[HEX_MAX];

    for (size_t bit = 0; bit <= 8 * sealed.len; bit++) { /* the last round changes nothing */
        uint8_t flip = (uint8_t)(1U << bit % 8);
        bool whole = bit == 8 * sealed.len;

        sealed.octets[bit / 8] ^= whole ? 0 : flip;
        assert_int_equal(crypto_open_gcm(*state, hex_view(&key), hex_view(&nonce), hex_view(&data),
                                         hex_view(&sealed), out),
                         whole);
        sealed.octets[bit / 8] ^= whole ? 0 : flip;
    }
    assert_hex(out, "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
                    "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39");
    assert_false(crypto_open_gcm(*state, hex_view(&key), hex_view(&nonce), hex_view(&data),
                                 bytes_view(sealed.octets, 15), out));
    assert_false(crypto_open_gcm(*state, hex_view(&key), hex_view(&data), hex_view(&data),
                                 hex_view(&sealed), out));
    assert_false(crypto_open_gcm(*state, hex_view(&nonce), hex_view(&nonce), hex_view(&data),
                                 hex_view(&sealed), out));
    assert_int_equal(ERR_peek_error(), 0);
}

/* RFC 8439, 2.8.2 */
static void chacha20_poly1305_is_that_of_rfc_8439(void **state)
{
    struct hex sealed = hex("d31a8d34648e60db7b86afbc53ef7ec2a4aded51296e08fea9e2b5a736ee62d6"
                            "3dbea45e8ca9671282fafb69da92728b1a71de0a9e060b2905d6a5b67ecd3b36"
                            "92ddbd7f2d778b8c9803aee328091b58fab324e4fad675945585808b4831d7bc"
                            "3ff4def08e4b7a9de576d26586cec64b61161ae10b594f09e26a7e902ecbd0600691");
    struct aead *aead =
        aead_new(*state, SUITE_CHACHA20,
                 HEX("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f"));
    uint8_t out[HEX_MAX];

    assert_non_null(aead);
    assert_true(aead_open(aead, HEX("070000004041424344454647").at, HEX("50515253c0c1c2c3c4c5c6c7"),
                          hex_view(&sealed), out));
    assert_memory_equal(out,
                        "Ladies and Gentlemen of the class of '99: If I could offer you only "
                        "one tip for the future, sunscreen would be it.",
                        114);
    aead_free(aead);
}

/* RFC 3610 has nonces of 13 octets; NIST SP 800-38C, example 3, has 12: tag of 8 octets */
static void ccm_with_a_short_tag_is_that_of_nist(void **state)
{
    struct hex sealed = hex("e3b201a9f5b71a7a9b1ceaeccd97e70b6176aad9a4428aa5484392fbc1b09951");
    struct aead *aead = aead_new(*state, SUITE_CCM_8, HEX("404142434445464748494a4b4c4d4e4f"));
    uint8_t out[HEX_MAX];

    assert_non_null(aead);
    for (int i = 0; i < 2; i++) {
        assert_true(aead_open(aead, HEX("101112131415161718191a1b").at,
                              HEX("000102030405060708090a0b0c0d0e0f10111213"), hex_view(&sealed),
                              out));
        assert_hex(out, "202122232425262728292a2b2c2d2e2f3031323334353637");
        sealed.octets[31] ^= 1;
        assert_false(aead_open(aead, HEX("101112131415161718191a1b").at,
                               HEX("000102030405060708090a0b0c0d0e0f10111213"), hex_view(&sealed),
                               out));
        sealed.octets[31] ^= 1;
    }
    aead_free(aead);
}

/* NIST SP 800-38A, F.2.2 */
static void cbc_is_that_of_nist(void **state)
{
    struct cbc *cbc = cbc_new(*state, HEX("2b7e151628aed2a6abf7158809cf4f3c"));
    struct hex sealed = hex("7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2");
    uint8_t out[32];

    assert_non_null(cbc);
    for (int i = 0; i < 2; i++) {
        assert_true(cbc_open(cbc, HEX("000102030405060708090a0b0c0d0e0f"), hex_view(&sealed), out));
        assert_hex(out, "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51");
    }
    assert_false(cbc_open(cbc, HEX("00010203"), hex_view(&sealed), out));
    assert_false(cbc_open(cbc, HEX("000102030405060708090a0b0c0d0e0f"), HEX("00"), out));
    cbc_free(cbc);
}

static void a_key_of_another_size_is_no_key(void **state)
{
    uint8_t key[33] = {0};

    for (size_t len = 0; len <= sizeof(key); len++) {
        struct bytes view = bytes_view(key, len);
        struct aead *gcm = aead_new(*state, SUITE_GCM, view);
        struct aead *chacha = aead_new(*state, SUITE_CHACHA20, view);
        struct cbc *cbc = cbc_new(*state, view);

        assert_int_equal(gcm != NULL, len == 16 || len == 32);
        assert_int_equal(chacha != NULL, len == 32);
        assert_int_equal(cbc != NULL, len == 16 || len == 24 || len == 32);
        aead_free(gcm);
        aead_free(chacha);
        cbc_free(cbc);
    }
    assert_null(aead_new(*state, SUITE_CBC, bytes_view(key, 16)));
    assert_null(aead_new(*state, SUITE_NULL, bytes_view(key, 16)));
}

static void a_transcript_goes_on_after_a_peek(void **state)
{
    struct transcript *transcript = transcript_new(*state, SUITE_SHA256);
    uint8_t out[CRYPTO_HASH_MAX];
    size_t len;

    assert_true(transcript_peek(transcript, out, &len));
    assert_int_equal(len, 32);
    assert_hex(out, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    assert_true(transcript_add(transcript, BYTES("a")));
    assert_true(transcript_peek(transcript, out, &len));
    assert_true(transcript_add(transcript, BYTES("bc")));
    assert_true(transcript_peek(transcript, out, &len));
    assert_hex(out, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    transcript_free(transcript);
}

static void a_transcript_of_tls_1_0_is_md5_and_sha_1(void **state)
{
    struct transcript *transcript = transcript_new(*state, SUITE_MD5);
    uint8_t out[CRYPTO_HASH_MAX];
    size_t len;

    assert_true(transcript_add(transcript, BYTES("abc")));
    assert_true(transcript_peek(transcript, out, &len));
    assert_int_equal(len, 36);
    assert_hex(out, "900150983cd24fb0d6963f7d28e17f72"
                    "a9993e364706816aba3e25717850c26c9cd0d89d");
    transcript_free(transcript);
}

/* The key in PEM; traditional: PKCS #1 or SEC 1. */
static struct bytes pem_of(EVP_PKEY *pkey, bool traditional, const char *password, BIO *bio)
{
    const EVP_CIPHER *cipher = password != NULL ? EVP_aes_128_cbc() : NULL;
    int len = password != NULL ? (int)strlen(password) : 0;
    char *at;

    if (traditional) {
        assert_int_equal(PEM_write_bio_PrivateKey_traditional(
                             bio, pkey, cipher, (const unsigned char *)password, len, NULL, NULL),
                         1);
    } else {
        assert_int_equal(
            PEM_write_bio_PKCS8PrivateKey(bio, pkey, cipher, password, len, NULL, NULL), 1);
    }
    len = (int)BIO_get_mem_data(bio, &at);
    return bytes_view(at, (size_t)len);
}

static void seal_rsa(EVP_PKEY *pkey, struct bytes plain, uint8_t *sealed, size_t *len)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new(pkey, NULL);

    assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING), 1);
    assert_int_equal(EVP_PKEY_encrypt(ctx, sealed, len, plain.at, plain.len), 1);
    EVP_PKEY_CTX_free(ctx);
}

static void an_rsa_key_opens_premaster_secrets_and_nothing_else(void **state)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    uint8_t plain[49] = {3, 3, 7};
    uint8_t sealed[256];
    uint8_t out[48];

    (void)state;
    for (int traditional = 0; traditional < 2; traditional++) {
        BIO *bio = BIO_new(BIO_s_mem());
        struct diag diag = {""};
        struct rsa_key *key = rsa_key_read(pem_of(pkey, traditional == 1, NULL, bio), &diag);
        size_t len = sizeof(sealed);

        assert_string_equal(diag.text, "");
        assert_non_null(key);
        seal_rsa(pkey, bytes_view(plain, 48), sealed, &len);
        assert_true(rsa_key_decrypt(key, bytes_view(sealed, len), out));
        assert_memory_equal(out, plain, 48);
        assert_false(rsa_key_decrypt(key, bytes_view(sealed, len - 1), out));
        assert_false(rsa_key_decrypt(key, bytes_view(NULL, 0), out));
        seal_rsa(pkey, bytes_view(plain, 49), sealed, &len);
        assert_false(rsa_key_decrypt(key, bytes_view(sealed, len), out));
        memset(sealed, 0xff, sizeof(sealed)); /* more than the modulus */
        assert_false(rsa_key_decrypt(key, bytes_view(sealed, len), out));
        assert_int_equal(ERR_peek_error(), 0);
        rsa_key_free(key);
        BIO_free(bio);
    }
    EVP_PKEY_free(pkey);
}

static void assert_refused(struct bytes pem, const char *words)
{
    struct diag diag = {""};

    assert_null(rsa_key_read(pem, &diag));
    assert_non_null(strstr(diag.text, words));
    assert_null(rsa_key_read(pem, NULL));
    assert_int_equal(ERR_peek_error(), 0);
}

static void a_key_that_cannot_be_used_is_refused_with_words(void **state)
{
    EVP_PKEY *ec = EVP_EC_gen("P-256");
    EVP_PKEY *rsa = EVP_RSA_gen(2048);
    BIO *bios[4];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        bios[i] = BIO_new(BIO_s_mem());
    }
    assert_refused(pem_of(ec, true, NULL, bios[0]), "not an RSA key");
    assert_refused(pem_of(rsa, true, "secret", bios[1]), "encrypted");
    assert_refused(pem_of(rsa, false, "secret", bios[2]), "encrypted");
    assert_refused(pem_of(rsa, false, "", bios[3]), "encrypted");
    assert_refused(BYTES(""), "no private key");
    assert_refused(BYTES("-----BEGIN RSA PRIVATE KEY-----\nAAAA\n-----END RSA PRIVATE KEY-----\n"),
                   "no private key");
    assert_refused(BYTES("-----BEGIN CERTIFICATE-----\n"), "no private key");
    for (size_t i = 0; i < 4; i++) {
        BIO_free(bios[i]);
    }
    EVP_PKEY_free(rsa);
    EVP_PKEY_free(ec);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standards),
        cmocka_unit_test(hmac_is_that_of_the_standards),
        cmocka_unit_test(an_empty_key_is_a_key),
        cmocka_unit_test(keys_have_any_length),
        cmocka_unit_test(hkdf_is_that_of_rfc_5869),
        cmocka_unit_test(hkdf_gives_no_more_than_255_hashes),
        cmocka_unit_test(labels_give_the_keys_of_quic_initial_packets),
        cmocka_unit_test(a_label_that_is_too_long_is_refused),
        cmocka_unit_test(one_block_of_aes_is_the_mask_of_header_protection),
        cmocka_unit_test(calls_know_nothing_of_each_other),
        cmocka_unit_test(gcm_opens_what_its_tag_fits_and_nothing_else),
        cmocka_unit_test(chacha20_poly1305_is_that_of_rfc_8439),
        cmocka_unit_test(ccm_with_a_short_tag_is_that_of_nist),
        cmocka_unit_test(cbc_is_that_of_nist),
        cmocka_unit_test(a_key_of_another_size_is_no_key),
        cmocka_unit_test(a_transcript_goes_on_after_a_peek),
        cmocka_unit_test(a_transcript_of_tls_1_0_is_md5_and_sha_1),
        cmocka_unit_test(an_rsa_key_opens_premaster_secrets_and_nothing_else),
        cmocka_unit_test(a_key_that_cannot_be_used_is_refused_with_words),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
