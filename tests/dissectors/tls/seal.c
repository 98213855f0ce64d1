#include "tests/dissectors/tls/seal.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/kdf.h>
#include <stdio.h>
#include <stdlib.h>

/* Not assert: these calls must be made in every build. */
#define MUST(call)                                                                                 \
    do {                                                                                           \
        if (!(call)) {                                                                             \
            (void)fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #call);                       \
            abort();                                                                               \
        }                                                                                          \
    } while (0)

static const char *const hashes[] = {"MD5", "SHA1", "SHA256", "SHA384"};
static const size_t sizes[] = {16, 20, 32, 48};

static OSSL_PARAM octets(const char *name, const void *at, size_t len)
{
    OSSL_PARAM param = OSSL_PARAM_construct_end();

    param.key = name;
    param.data_type = OSSL_PARAM_OCTET_STRING;
    memcpy(&param.data, &at, sizeof(at)); /* the library takes what it only reads as not const */
    param.data_size = len;
    return param;
}

static OSSL_PARAM text(const char *name, const char *value)
{
    OSSL_PARAM param = octets(name, value, strlen(value));

    param.data_type = OSSL_PARAM_UTF8_STRING;
    return param;
}

static void derive(const char *name, const OSSL_PARAM *params, uint8_t *out, size_t len)
{
    EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
    EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);

    MUST(EVP_KDF_derive(ctx, out, len, params) == 1);
    EVP_KDF_CTX_free(ctx);
    EVP_KDF_free(kdf);
}

static void expand(const struct sealer *sealer, const char *label, uint8_t *out, size_t len)
{
    int mode = EVP_KDF_HKDF_MODE_EXPAND_ONLY;
    char info[64];
    int info_len = snprintf(info, sizeof(info), "%c%c%ctls13 %s%c", 0, (int)len,
                            (int)strlen(label) + 6, label, 0);
    OSSL_PARAM params[] = {
        text(OSSL_KDF_PARAM_DIGEST, hashes[sealer->suite->prf]),
        OSSL_PARAM_construct_int(OSSL_KDF_PARAM_MODE, &mode),
        octets(OSSL_KDF_PARAM_KEY, sealer->secret, sizes[sealer->suite->prf]),
        octets(OSSL_KDF_PARAM_INFO, info, (size_t)info_len),
        OSSL_PARAM_construct_end(),
    };

    derive("HKDF", params, out, len);
}

static void use_secret(struct sealer *sealer)
{
    expand(sealer, "key", sealer->key, sealer->suite->key_len);
    expand(sealer, "iv", sealer->iv, 12);
    sealer->sequence = 0;
}

void sealer_init_tls13(struct sealer *sealer, const struct suite *suite, struct bytes secret)
{
    *sealer = (struct sealer){.suite = suite, .version = TLS_VERSION_13};
    (void)take_into(&secret, sealer->secret, secret.len);
    use_secret(sealer);
}

void sealer_update(struct sealer *sealer)
{
    uint8_t next[48];

    expand(sealer, "traffic upd", next, sizes[sealer->suite->prf]);
    memcpy(sealer->secret, next, sizeof(next));
    use_secret(sealer);
}

static bool is_aead(const struct suite *suite)
{
    return suite->kind != SUITE_CBC && suite->kind != SUITE_NULL;
}

static size_t block_size(const struct suite *suite)
{
    return suite->key_len == 24 ? 8 : 16;
}

void sealer_init(struct sealer *sealer, const struct suite *suite, const struct tls_params *params,
                 const uint8_t master[TLS_MASTER_SIZE], enum side from)
{
    bool old = params->version < TLS_VERSION_12;
    uint8_t block[256];
    OSSL_PARAM kdf[] = {
        text(OSSL_KDF_PARAM_DIGEST, old ? "MD5-SHA1" : hashes[suite->prf]),
        octets(OSSL_KDF_PARAM_SECRET, master, TLS_MASTER_SIZE),
        octets(OSSL_KDF_PARAM_SEED, "key expansion", 13),
        octets(OSSL_KDF_PARAM_SEED, params->server_random, TLS_RANDOM_SIZE),
        octets(OSSL_KDF_PARAM_SEED, params->client_random, TLS_RANDOM_SIZE),
        OSSL_PARAM_construct_end(),
    };
    size_t mac = is_aead(suite) ? 0 : sizes[suite->mac];
    size_t iv = is_aead(suite) ? (suite->kind == SUITE_CHACHA20 ? 12 : 4) : block_size(suite);
    size_t which = from == SIDE_CLIENT ? 0 : 1;

    derive("TLS1-PRF", kdf, block, sizeof(block));
    *sealer = (struct sealer){
        .suite = suite, .version = params->version, .encrypt_then_mac = params->encrypt_then_mac};
    memcpy(sealer->mac_key, block + which * mac, mac);
    memcpy(sealer->key, block + 2 * mac + which * suite->key_len, suite->key_len);
    memcpy(sealer->iv, block + 2 * mac + 2 * (size_t)suite->key_len + which * iv, iv);
}

static void put(uint64_t value, size_t len, uint8_t *out)
{
    for (size_t i = 0; i < len; i++) {
        out[i] = (uint8_t)(value >> (8 * (len - 1 - i)));
    }
}

static void put_mac_header(const struct sealer *sealer, uint8_t type, size_t len, uint8_t *out)
{
    put(sealer->sequence, 8, out);
    out[8] = type;
    put(sealer->version == TLS_VERSION_13 ? 0x0303 : sealer->version, 2, out + 9);
    put(len, 2, out + 11);
}

static const char *cipher_name(const struct suite *suite)
{
    static const char *const names[][2] = {
        [SUITE_GCM] = {"AES-128-GCM", "AES-256-GCM"},
        [SUITE_CCM] = {"AES-128-CCM", "AES-256-CCM"},
        [SUITE_CCM_8] = {"AES-128-CCM", "AES-256-CCM"},
        [SUITE_CHACHA20] = {"", "ChaCha20-Poly1305"},
        [SUITE_CBC] = {"AES-128-CBC", "AES-256-CBC"},
    };

    return suite->key_len == 24 ? "DES-EDE3-CBC" : names[suite->kind][suite->key_len == 32];
}

/* CCM must know the size of its tag before the key, and that of the message before all else. */
static void key_aead(const struct sealer *sealer, const uint8_t *nonce, int ccm_tag, int len,
                     EVP_CIPHER_CTX *ctx)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name(sealer->suite), NULL);

    MUST(EVP_EncryptInit_ex(ctx, cipher, NULL, NULL, NULL) == 1);
    MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN, 12, NULL) == 1);
    MUST(ccm_tag == 0 || EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, ccm_tag, NULL) == 1);
    MUST(EVP_EncryptInit_ex(ctx, NULL, NULL, sealer->key, nonce) == 1);
    MUST(ccm_tag == 0 || EVP_EncryptUpdate(ctx, NULL, &len, NULL, len) == 1);
    EVP_CIPHER_free(cipher);
}

static size_t encrypt_aead(const struct sealer *sealer, const uint8_t *nonce, struct bytes data,
                           struct bytes plain, uint8_t *out)
{
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool ccm = sealer->suite->kind == SUITE_CCM || sealer->suite->kind == SUITE_CCM_8;
    int tag = sealer->suite->kind == SUITE_CCM_8 ? 8 : 16;
    int len = 0;

    key_aead(sealer, nonce, ccm ? tag : 0, (int)plain.len, ctx);
    MUST(EVP_EncryptUpdate(ctx, NULL, &len, data.at, (int)data.len) == 1);
    MUST(EVP_EncryptUpdate(ctx, out, &len, plain.at, (int)plain.len) == 1);
    MUST(EVP_EncryptFinal_ex(ctx, out + plain.len, &len) == 1);
    MUST(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, tag, out + plain.len) == 1);
    EVP_CIPHER_CTX_free(ctx);
    return plain.len + (size_t)tag;
}

static void mix_nonce(const struct sealer *sealer, uint8_t *nonce)
{
    uint8_t number[12] = {0};

    put(sealer->sequence, 8, number + 4);
    for (size_t i = 0; i < 12; i++) {
        nonce[i] = sealer->iv[i] ^ number[i];
    }
}

static size_t seal_tls13(const struct sealer *sealer, uint8_t type, struct bytes plain,
                         uint8_t *out)
{
    static uint8_t inner[RECORD_MAX_BODY];
    size_t len = plain.len + 1 + sealer->padding;
    size_t sealed = len + (sealer->suite->kind == SUITE_CCM_8 ? 8 : 16);
    uint8_t header[5] = {23, 3, 3, (uint8_t)(sealed >> 8), (uint8_t)sealed};
    uint8_t nonce[12];

    memset(inner, 0, sizeof(inner));
    (void)take_into(&plain, inner, plain.len);
    inner[len - 1 - sealer->padding] = type;
    mix_nonce(sealer, nonce);
    return encrypt_aead(sealer, nonce, bytes_view(header, 5), bytes_view(inner, len), out);
}

static size_t seal_aead(const struct sealer *sealer, uint8_t type, struct bytes plain, uint8_t *out)
{
    uint8_t header[13];
    uint8_t nonce[12];

    put_mac_header(sealer, type, plain.len, header);
    if (sealer->suite->kind == SUITE_CHACHA20) {
        mix_nonce(sealer, nonce);
        return encrypt_aead(sealer, nonce, bytes_view(header, 13), plain, out);
    }
    memcpy(nonce, sealer->iv, 4);
    put(~sealer->sequence * 0x9e3779b97f4a7c15u, 8, nonce + 4); /* need not be the number */
    memcpy(out, nonce + 4, 8);
    return 8 + encrypt_aead(sealer, nonce, bytes_view(header, 13), plain, out + 8);
}

static size_t put_mac(const struct sealer *sealer, uint8_t type, struct bytes in, uint8_t *out)
{
    static uint8_t all[13 + RECORD_MAX_BODY];
    size_t size = sizes[sealer->suite->mac];
    size_t in_len = in.len;
    unsigned int len = 0;

    put_mac_header(sealer, type, in.len, all);
    (void)take_into(&in, all + 13, in.len);
    MUST(HMAC(EVP_get_digestbyname(hashes[sealer->suite->mac]), sealer->mac_key, (int)size, all,
              13 + in_len, out, &len) != NULL);
    return len;
}

static void encrypt_cbc(const struct sealer *sealer, const uint8_t *iv, uint8_t *at, size_t size)
{
    EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, cipher_name(sealer->suite), NULL);
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    int len = 0;

    MUST(EVP_EncryptInit_ex(ctx, cipher, NULL, sealer->key, iv) == 1);
    MUST(EVP_CIPHER_CTX_set_padding(ctx, 0) == 1);
    MUST(EVP_EncryptUpdate(ctx, at, &len, at, (int)size) == 1 && (size_t)len == size);
    EVP_CIPHER_CTX_free(ctx);
    EVP_CIPHER_free(cipher);
}

static size_t seal_cbc(struct sealer *sealer, uint8_t type, struct bytes plain, uint8_t *out)
{
    size_t block = block_size(sealer->suite);
    size_t start = sealer->version == TLS_VERSION_10 ? 0 : block;
    size_t len = plain.len;
    size_t pad;

    if (start > 0) {
        put(~sealer->sequence * 0x9e3779b97f4a7c15u, 8, sealer->iv);
        memcpy(out, sealer->iv, block);
    }
    (void)take_into(&plain, out + start, plain.len);
    if (!sealer->encrypt_then_mac) {
        len += put_mac(sealer, type, bytes_view(out + start, len), out + start + len);
    }
    pad = block - len % block + sealer->padding * block;
    memset(out + start + len, (int)pad - 1, pad);
    len += pad;
    encrypt_cbc(sealer, sealer->iv, out + start, len);
    memcpy(sealer->iv, out + start + len - block, block);
    len += start;
    if (sealer->encrypt_then_mac) {
        len += put_mac(sealer, type, bytes_view(out, len), out + len);
    }
    return len;
}

static size_t seal_null(const struct sealer *sealer, uint8_t type, struct bytes plain, uint8_t *out)
{
    size_t len = plain.len;

    (void)take_into(&plain, out, len);
    return len + put_mac(sealer, type, bytes_view(out, len), out + len);
}

struct record seal(struct sealer *sealer, uint8_t type, struct bytes plain, uint8_t *body)
{
    struct record record = {.type = type, .version = sealer->version};
    size_t len;

    if (sealer->suite->tls13) {
        len = seal_tls13(sealer, type, plain, body);
        record.type = RECORD_APPLICATION_DATA;
        record.version = TLS_VERSION_12;
    } else if (is_aead(sealer->suite)) {
        len = seal_aead(sealer, type, plain, body);
    } else if (sealer->suite->kind == SUITE_CBC) {
        len = seal_cbc(sealer, type, plain, body);
    } else {
        len = seal_null(sealer, type, plain, body);
    }
    sealer->sequence++;
    record.body = bytes_view(body, len);
    return record;
}
