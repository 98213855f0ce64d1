#include "dissectors/tls/crypto.h"

#include "dissectors/base/cache.h"
#include "dissectors/tls/crypto_part.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <stdlib.h>

enum { LABEL_MAX = 64, LABELLED_MAX = 2 + 1 + LABEL_MAX + 1 };

static const char *const hash_names[NUM_HASHES] = {
    [SUITE_MD5] = "MD5",
    [SUITE_SHA1] = "SHA1",
    [SUITE_SHA256] = "SHA2-256",
    [SUITE_SHA384] = "SHA2-384",
};

static const char *const cipher_names[NUM_ALGORITHMS] = {
    [ALGORITHM_GCM_128] = "AES-128-GCM",        [ALGORITHM_GCM_256] = "AES-256-GCM",
    [ALGORITHM_CCM_128] = "AES-128-CCM",        [ALGORITHM_CCM_256] = "AES-256-CCM",
    [ALGORITHM_CHACHA20] = "ChaCha20-Poly1305", [ALGORITHM_CBC_128] = "AES-128-CBC",
    [ALGORITHM_CBC_256] = "AES-256-CBC",        [ALGORITHM_CBC_3DES] = "DES-EDE3-CBC",
    [ALGORITHM_ECB_128] = "AES-128-ECB",        [ALGORITHM_ECB_256] = "AES-256-ECB",
};

bool crypto_failed(void)
{
    ERR_clear_error();
    return false;
}

/* HMAC with its hash: the hash is looked up by name here, and never again. */
static EVP_MAC_CTX *mac_new(EVP_MAC *hmac, enum suite_hash hash)
{
    char name[16] = "";
    EVP_MAC_CTX *mac = hmac != NULL ? EVP_MAC_CTX_new(hmac) : NULL;
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name, sizeof(name)),
        OSSL_PARAM_construct_end(),
    };

    memcpy(name, hash_names[hash], strlen(hash_names[hash]) + 1);
    if (mac != NULL && EVP_MAC_CTX_set_params(mac, params) != 1) {
        EVP_MAC_CTX_free(mac);
        return NULL;
    }
    return mac;
}

static bool fetch(struct crypto *crypto)
{
    EVP_MAC *hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
    bool ok = hmac != NULL;

    for (size_t i = 0; i < NUM_HASHES; i++) {
        crypto->hashes[i] = EVP_MD_fetch(NULL, hash_names[i], NULL);
        crypto->macs[i] = mac_new(hmac, (enum suite_hash)i);
        ok = ok && crypto->hashes[i] != NULL && crypto->macs[i] != NULL;
    }
    EVP_MAC_free(hmac); /* the contexts have their own hold on it */
    for (size_t i = 0; i < NUM_ALGORITHMS; i++) {
        crypto->ciphers[i] = EVP_CIPHER_fetch(NULL, cipher_names[i], NULL);
        ok = ok && crypto->ciphers[i] != NULL;
    }
    crypto->digest = EVP_MD_CTX_new();
    crypto->gcm = EVP_CIPHER_CTX_new();
    crypto->ecb = EVP_CIPHER_CTX_new();
    crypto->cache = cache_new();
    return ok && crypto->digest != NULL && crypto->gcm != NULL && crypto->ecb != NULL &&
           crypto->cache != NULL;
}

struct crypto *crypto_new(void)
{
    struct crypto *crypto = calloc(1, sizeof(*crypto));

    if (crypto != NULL && !fetch(crypto)) {
        (void)crypto_failed();
        crypto_free(crypto);
        return NULL;
    }
    return crypto;
}

void crypto_free(struct crypto *crypto)
{
    if (crypto == NULL) {
        return;
    }
    for (size_t i = 0; i < NUM_HASHES; i++) {
        EVP_MD_free(crypto->hashes[i]);
        EVP_MAC_CTX_free(crypto->macs[i]);
    }
    for (size_t i = 0; i < NUM_ALGORITHMS; i++) {
        EVP_CIPHER_free(crypto->ciphers[i]);
    }
    EVP_MD_CTX_free(crypto->digest);
    EVP_CIPHER_CTX_free(crypto->gcm);
    EVP_CIPHER_CTX_free(crypto->ecb);
    cache_free(crypto->cache);
    free(crypto);
}

struct cache *crypto_cache(struct crypto *crypto)
{
    return crypto->cache;
}

size_t crypto_hash_size(enum suite_hash hash)
{
    static const uint8_t sizes[NUM_HASHES] = {
        [SUITE_MD5] = 16, [SUITE_SHA1] = 20, [SUITE_SHA256] = 32, [SUITE_SHA384] = 48};

    return sizes[hash];
}

bool crypto_digest(struct crypto *crypto, enum suite_hash hash, const struct bytes *parts,
                   size_t num_parts, uint8_t out[CRYPTO_HASH_MAX])
{
    bool ok = EVP_DigestInit_ex2(crypto->digest, crypto->hashes[hash], NULL) == 1;

    for (size_t i = 0; ok && i < num_parts; i++) {
        ok = EVP_DigestUpdate(crypto->digest, parts[i].at, parts[i].len) == 1;
    }
    return (ok && EVP_DigestFinal_ex(crypto->digest, out, NULL) == 1) || crypto_failed();
}

/* The key set before, or the one that is given; to the library an empty one would be none. */
static bool mac_key(EVP_MAC_CTX *mac, struct bytes key)
{
    static const uint8_t
        zero; /* HMAC fills keys up with zeros (RFC 2104): the same as an empty one */

    return EVP_MAC_init(mac, key.len > 0 ? key.at : &zero, key.len > 0 ? key.len : 1, NULL) == 1;
}

static bool mac_parts(EVP_MAC_CTX *mac, const struct bytes *parts, size_t num_parts,
                      uint8_t out[CRYPTO_HASH_MAX])
{
    size_t len;

    for (size_t i = 0; i < num_parts; i++) {
        if (parts[i].len > 0 && EVP_MAC_update(mac, parts[i].at, parts[i].len) != 1) {
            return false;
        }
    }
    return EVP_MAC_final(mac, out, &len, CRYPTO_HASH_MAX) == 1;
}

bool crypto_hmac(struct crypto *crypto, enum suite_hash hash, struct bytes key,
                 const struct bytes *parts, size_t num_parts, uint8_t out[CRYPTO_HASH_MAX])
{
    EVP_MAC_CTX *mac = crypto->macs[hash];

    if (hash == SUITE_SHA256) {
        crypto_hmac_sha256(key, parts, num_parts, out);
        return true;
    }
    return (mac_key(mac, key) && mac_parts(mac, parts, num_parts, out)) || crypto_failed();
}

bool crypto_hkdf_extract(struct crypto *crypto, enum suite_hash hash, struct bytes salt,
                         struct bytes secret, uint8_t out[CRYPTO_HASH_MAX])
{
    return crypto_hmac(crypto, hash, salt, &secret, 1, out);
}

/* T(n) = HMAC(secret, T(n - 1) | info | n) (RFC 5869, section 2.3) */
bool crypto_hkdf_expand(struct crypto *crypto, enum suite_hash hash, struct bytes secret,
                        struct bytes info, uint8_t *out, size_t len)
{
    uint8_t block[CRYPTO_HASH_MAX];
    size_t size = crypto_hash_size(hash);
    uint8_t number = 0;
    size_t done = 0;

    while (done < len && number < UINT8_MAX) {
        struct bytes parts[] = {{block, number > 0 ? size : 0}, info, {&number, 1}};
        size_t part = len - done < size ? len - done : size;

        number++;
        if (!crypto_hmac(crypto, hash, secret, parts, 3, block)) {
            break;
        }
        memcpy(out + done, block, part);
        done += part;
    }
    bytes_wipe(block, sizeof(block));
    return done == len;
}

/* length(2) label<1> context<1>; the label begins with "tls13 " */
bool crypto_expand_label(struct crypto *crypto, enum suite_hash hash, struct bytes secret,
                         const char *label, uint8_t *out, size_t len)
{
    struct bytes prefix = BYTES("tls13 ");
    struct bytes name = bytes_of_text(label);
    uint8_t info[LABELLED_MAX] = {(uint8_t)(len >> 8), (uint8_t)len};
    size_t label_len = prefix.len + name.len;

    if (label_len > LABEL_MAX || len > UINT16_MAX) {
        return false;
    }
    info[2] = (uint8_t)label_len;
    (void)bytes_copy(prefix, info + 3, LABEL_MAX, &prefix.len);
    (void)bytes_copy(name, info + 3 + prefix.len, LABEL_MAX - prefix.len, &name.len);
    return crypto_hkdf_expand(crypto, hash, secret, /* and a zero: no context */
                              bytes_view(info, 3 + label_len + 1), out, len);
}

struct hmac {
    EVP_MAC_CTX *mac;
};

struct hmac *hmac_new(struct crypto *crypto, enum suite_hash hash, struct bytes key)
{
    struct hmac *hmac = calloc(1, sizeof(*hmac));

    if (hmac == NULL) {
        return NULL;
    }
    hmac->mac = EVP_MAC_CTX_dup(crypto->macs[hash]);
    if (hmac->mac == NULL || !mac_key(hmac->mac, key)) {
        (void)crypto_failed();
        hmac_free(hmac);
        return NULL;
    }
    return hmac;
}

bool hmac_sum(struct hmac *hmac, const struct bytes *parts, size_t num_parts,
              uint8_t out[CRYPTO_HASH_MAX])
{
    return (EVP_MAC_init(hmac->mac, NULL, 0, NULL) == 1 && /* with the key as it is */
            mac_parts(hmac->mac, parts, num_parts, out)) ||
           crypto_failed();
}

void hmac_free(struct hmac *hmac)
{
    if (hmac != NULL) {
        EVP_MAC_CTX_free(hmac->mac);
        free(hmac);
    }
}

struct transcript {
    EVP_MD_CTX *hash;
    EVP_MD_CTX *sha1; /* beside MD5, or NULL */
    EVP_MD_CTX *copy; /* what a peek finishes */
};

static EVP_MD_CTX *hash_new(const EVP_MD *algorithm)
{
    EVP_MD_CTX *hash = EVP_MD_CTX_new();

    if (hash != NULL && EVP_DigestInit_ex2(hash, algorithm, NULL) != 1) {
        EVP_MD_CTX_free(hash);
        return NULL;
    }
    return hash;
}

struct transcript *transcript_new(struct crypto *crypto, enum suite_hash hash)
{
    struct transcript *transcript = calloc(1, sizeof(*transcript));

    if (transcript == NULL) {
        return NULL;
    }
    transcript->hash = hash_new(crypto->hashes[hash]);
    transcript->sha1 = hash == SUITE_MD5 ? hash_new(crypto->hashes[SUITE_SHA1]) : NULL;
    transcript->copy = EVP_MD_CTX_new();
    if (transcript->hash == NULL || transcript->copy == NULL ||
        (hash == SUITE_MD5 && transcript->sha1 == NULL)) {
        (void)crypto_failed();
        transcript_free(transcript);
        return NULL;
    }
    return transcript;
}

bool transcript_add(struct transcript *transcript, struct bytes message)
{
    return (EVP_DigestUpdate(transcript->hash, message.at, message.len) == 1 &&
            (transcript->sha1 == NULL ||
             EVP_DigestUpdate(transcript->sha1, message.at, message.len) == 1)) ||
           crypto_failed();
}

static bool peek(const struct transcript *transcript, const EVP_MD_CTX *hash, uint8_t *out,
                 size_t *len)
{
    unsigned int size = 0;

    if (EVP_MD_CTX_copy_ex(transcript->copy, hash) != 1 ||
        EVP_DigestFinal_ex(transcript->copy, out, &size) != 1) {
        return crypto_failed();
    }
    *len += size;
    return true;
}

bool transcript_peek(const struct transcript *transcript, uint8_t out[CRYPTO_HASH_MAX], size_t *len)
{
    *len = 0;
    return peek(transcript, transcript->hash, out, len) &&
           (transcript->sha1 == NULL || peek(transcript, transcript->sha1, out + *len, len));
}

void transcript_free(struct transcript *transcript)
{
    if (transcript != NULL) {
        EVP_MD_CTX_free(transcript->hash);
        EVP_MD_CTX_free(transcript->sha1);
        EVP_MD_CTX_free(transcript->copy);
        free(transcript);
    }
}
