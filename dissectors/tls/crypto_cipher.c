#include "dissectors/tls/cipher.h"

#include "dissectors/tls/crypto_part.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <stdlib.h>

struct aead {
    EVP_CIPHER_CTX *cipher;
    enum suite_kind kind;
    bool quick; /* takes its nonce the way that the library keeps for TLS */
};

struct cbc {
    EVP_CIPHER_CTX *cipher;
    size_t block;
};

size_t aead_tag_size(enum suite_kind kind)
{
    return kind == SUITE_CCM_8 ? 8 : CRYPTO_TAG;
}

static bool is_ccm(enum suite_kind kind)
{
    return kind == SUITE_CCM || kind == SUITE_CCM_8;
}

/* NULL: no such size of key. */
static const EVP_CIPHER *aead_algorithm(const struct crypto *crypto, enum suite_kind kind,
                                        size_t key_len)
{
    if (key_len != 32 && (key_len != 16 || kind == SUITE_CHACHA20)) {
        return NULL;
    }
    switch (kind) {
    case SUITE_GCM:
        return crypto->ciphers[key_len == 32 ? ALGORITHM_GCM_256 : ALGORITHM_GCM_128];
    case SUITE_CCM:
    case SUITE_CCM_8:
        return crypto->ciphers[key_len == 32 ? ALGORITHM_CCM_256 : ALGORITHM_CCM_128];
    case SUITE_CHACHA20:
        return crypto->ciphers[ALGORITHM_CHACHA20];
    case SUITE_CBC:
    case SUITE_NULL:
        break;
    }
    return NULL;
}

/* CCM must know the sizes of nonce and tag before its key. */
static bool set_key(struct aead *aead, const EVP_CIPHER *algorithm, struct bytes key)
{
    int tag = (int)aead_tag_size(aead->kind);

    return EVP_DecryptInit_ex2(aead->cipher, algorithm, NULL, NULL, NULL) == 1 &&
           EVP_CIPHER_CTX_ctrl(aead->cipher, EVP_CTRL_AEAD_SET_IVLEN, CIPHER_NONCE, NULL) == 1 &&
           (!is_ccm(aead->kind) ||
            EVP_CIPHER_CTX_ctrl(aead->cipher, EVP_CTRL_AEAD_SET_TAG, tag, NULL) == 1) &&
           EVP_DecryptInit_ex2(aead->cipher, NULL, key.at, NULL, NULL) == 1;
}

struct aead *aead_new(struct crypto *crypto, enum suite_kind kind, struct bytes key)
{
    const EVP_CIPHER *algorithm = aead_algorithm(crypto, kind, key.len);
    struct aead *aead = algorithm != NULL ? calloc(1, sizeof(*aead)) : NULL;

    if (aead == NULL) {
        return NULL;
    }
    aead->kind = kind;
    aead->cipher = EVP_CIPHER_CTX_new();
    if (aead->cipher == NULL || !set_key(aead, algorithm, key)) {
        (void)crypto_failed();
        aead_free(aead);
        return NULL;
    }
    /* -1: all of the nonce is ours to set. */
    aead->quick = kind == SUITE_GCM && EVP_CIPHER_CTX_ctrl(aead->cipher, EVP_CTRL_GCM_SET_IV_FIXED,
                                                           -1, (uint8_t[CIPHER_NONCE]){0}) == 1;
    return aead;
}

void aead_free(struct aead *aead)
{
    if (aead != NULL) {
        EVP_CIPHER_CTX_free(aead->cipher); /* wipes the key */
        free(aead);
    }
}

/* CCM is told the length first, and checks the tag while it decrypts. */
static bool decrypt(EVP_CIPHER_CTX *cipher, bool ccm, struct bytes data, struct bytes sealed,
                    uint8_t *out)
{
    int len = (int)sealed.len;
    uint8_t none;

    if (ccm && EVP_DecryptUpdate(cipher, NULL, &len, NULL, len) != 1) {
        return false;
    }
    return EVP_DecryptUpdate(cipher, NULL, &len, data.at, (int)data.len) == 1 &&
           EVP_DecryptUpdate(cipher, out, &len, sealed.at, (int)sealed.len) == 1 &&
           (ccm || EVP_DecryptFinal_ex(cipher, &none, &len) == 1);
}

/* Nonce and tag in one call: a call of the library costs as much as some hundred octets. With GCM
 * the quick way halves what is left: records of 1350 octets open a fifth faster. */
static bool begin(const struct aead *aead, const uint8_t *nonce, uint8_t *tag)
{
    uint8_t iv[CIPHER_NONCE];
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TAG, tag,
                                          aead_tag_size(aead->kind)),
        OSSL_PARAM_construct_end(),
        OSSL_PARAM_construct_end(),
    };

    if (!aead->quick) {
        return EVP_DecryptInit_ex2(aead->cipher, NULL, NULL, nonce, params) == 1;
    }
    memcpy(iv, nonce, sizeof(iv));
    params[1] =
        OSSL_PARAM_construct_octet_string(OSSL_CIPHER_PARAM_AEAD_TLS1_SET_IV_INV, iv, sizeof(iv));
    return EVP_CIPHER_CTX_set_params(aead->cipher, params) == 1;
}

bool aead_open(struct aead *aead, const uint8_t nonce[CIPHER_NONCE], struct bytes data,
               struct bytes sealed, uint8_t *out)
{
    size_t tag_len = aead_tag_size(aead->kind);
    uint8_t tag[CRYPTO_TAG];
    struct bytes body;

    if (sealed.len < tag_len || sealed.len > INT_MAX || data.len > INT_MAX ||
        !take_bytes(&sealed, sealed.len - tag_len, &body) || !take_into(&sealed, tag, tag_len)) {
        return false;
    }
    return (begin(aead, nonce, tag) &&
            decrypt(aead->cipher, is_ccm(aead->kind), data, body, out)) ||
           crypto_failed();
}

/* NULL, which is to the library the algorithm that it has: told it again, it takes memory anew. */
static const EVP_CIPHER *unless_set(const EVP_CIPHER_CTX *cipher, const EVP_CIPHER *algorithm)
{
    return EVP_CIPHER_CTX_get0_cipher(cipher) != algorithm ? algorithm : NULL;
}

bool crypto_open_gcm(struct crypto *crypto, struct bytes key, struct bytes nonce, struct bytes data,
                     struct bytes sealed, uint8_t *out)
{
    const EVP_CIPHER *algorithm = aead_algorithm(crypto, SUITE_GCM, key.len);
    struct aead once = {.cipher = crypto->gcm, .kind = SUITE_GCM};

    if (algorithm == NULL || nonce.len != CIPHER_NONCE) {
        return false;
    }
    if (EVP_DecryptInit_ex2(crypto->gcm, unless_set(crypto->gcm, algorithm), key.at, NULL, NULL) !=
        1) {
        return crypto_failed();
    }
    return aead_open(&once, nonce.at, data, sealed, out);
}

bool crypto_aes_block(struct crypto *crypto, struct bytes key, struct bytes block, uint8_t out[16])
{
    enum algorithm algorithm = key.len == 32 ? ALGORITHM_ECB_256 : ALGORITHM_ECB_128;
    int len;

    if ((key.len != 16 && key.len != 32) || block.len != 16) {
        return false;
    }
    return (EVP_EncryptInit_ex2(crypto->ecb, unless_set(crypto->ecb, crypto->ciphers[algorithm]),
                                key.at, NULL, NULL) == 1 &&
            EVP_CIPHER_CTX_set_padding(crypto->ecb, 0) == 1 &&
            EVP_EncryptUpdate(crypto->ecb, out, &len, block.at, 16) == 1 && len == 16) ||
           crypto_failed();
}

static const EVP_CIPHER *cbc_algorithm(const struct crypto *crypto, size_t key_len)
{
    switch (key_len) {
    case 16:
        return crypto->ciphers[ALGORITHM_CBC_128];
    case 24:
        return crypto->ciphers[ALGORITHM_CBC_3DES];
    case 32:
        return crypto->ciphers[ALGORITHM_CBC_256];
    default:
        return NULL;
    }
}

size_t cbc_block_size(size_t key_len)
{
    return key_len == 24 ? 8 : 16;
}

struct cbc *cbc_new(struct crypto *crypto, struct bytes key)
{
    const EVP_CIPHER *algorithm = cbc_algorithm(crypto, key.len);
    struct cbc *cbc = algorithm != NULL ? calloc(1, sizeof(*cbc)) : NULL;

    if (cbc == NULL) {
        return NULL;
    }
    cbc->block = cbc_block_size(key.len);
    cbc->cipher = EVP_CIPHER_CTX_new();
    if (cbc->cipher == NULL ||
        EVP_DecryptInit_ex2(cbc->cipher, algorithm, key.at, NULL, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(cbc->cipher, 0) != 1) {
        (void)crypto_failed();
        cbc_free(cbc);
        return NULL;
    }
    return cbc;
}

void cbc_free(struct cbc *cbc)
{
    if (cbc != NULL) {
        EVP_CIPHER_CTX_free(cbc->cipher); /* wipes the key */
        free(cbc);
    }
}

bool cbc_open(struct cbc *cbc, struct bytes iv, struct bytes sealed, uint8_t *out)
{
    int len;

    if (iv.len != cbc->block || sealed.len > INT_MAX || sealed.len % cbc->block != 0) {
        return false;
    }
    return (EVP_DecryptInit_ex2(cbc->cipher, NULL, NULL, iv.at, NULL) == 1 &&
            EVP_DecryptUpdate(cbc->cipher, out, &len, sealed.at, (int)sealed.len) == 1 &&
            (size_t)len == sealed.len) ||
           crypto_failed();
}
