#include "dissectors/tls/opener.h"

#include "dissectors/tls/opener_part.h"
#include "dissectors/tls/schedule.h"

#include <stdlib.h>

enum { KEY_BLOCK_MAX = 2 * (CRYPTO_HASH_MAX + CIPHER_KEY_MAX + CIPHER_BLOCK_MAX) };

/* What one direction has of the key block (RFC 5246, section 6.3). */
struct keys {
    struct bytes mac;
    struct bytes key;
    struct bytes iv;
};

static struct opener *new_opener(struct crypto *crypto, const struct suite *suite, uint16_t version)
{
    struct opener *opener = calloc(1, sizeof(*opener));

    if (opener != NULL) {
        opener->crypto = crypto;
        opener->suite = suite;
        opener->version = version;
    }
    return opener;
}

void opener_free(struct opener *opener)
{
    if (opener != NULL) {
        aead_free(opener->aead);
        cbc_free(opener->cbc);
        hmac_free(opener->mac);
        bytes_wipe(opener, sizeof(*opener));
        free(opener);
    }
}

/* Key and nonce from a traffic secret (RFC 8446, section 7.3); unless all is there nothing changes.
 */
static bool use_secret(struct opener *opener, struct bytes secret)
{
    enum suite_hash hash = opener->suite->prf;
    size_t key_len = opener->suite->key_len;
    uint8_t key[CIPHER_KEY_MAX];
    uint8_t iv[CIPHER_NONCE];
    struct aead *aead = NULL;

    if (crypto_expand_label(opener->crypto, hash, secret, "key", key, key_len) &&
        crypto_expand_label(opener->crypto, hash, secret, "iv", iv, sizeof(iv))) {
        aead = aead_new(opener->crypto, opener->suite->kind, bytes_view(key, key_len));
    }
    if (aead != NULL) {
        aead_free(opener->aead);
        opener->aead = aead;
        opener->sequence = 0;
        memcpy(opener->iv, iv, sizeof(iv));
        (void)take_into(&secret, opener->secret, secret.len);
    }
    bytes_wipe(key, sizeof(key));
    bytes_wipe(iv, sizeof(iv));
    return aead != NULL;
}

struct opener *opener_new_tls13(struct crypto *crypto, const struct suite *suite,
                                struct bytes secret)
{
    struct opener *opener = NULL;

    if (suite->tls13 && secret.len == crypto_hash_size(suite->prf)) {
        opener = new_opener(crypto, suite, TLS_VERSION_13);
    }
    if (opener != NULL && !use_secret(opener, secret)) {
        opener_free(opener);
        return NULL;
    }
    return opener;
}

bool opener_update(struct opener *opener)
{
    size_t size = crypto_hash_size(opener->suite->prf);
    uint8_t next[CRYPTO_HASH_MAX];
    bool ok = opener->suite->tls13 &&
              crypto_expand_label(opener->crypto, opener->suite->prf,
                                  bytes_view(opener->secret, size), "traffic upd", next, size) &&
              use_secret(opener, bytes_view(next, size));

    bytes_wipe(next, sizeof(next));
    return ok;
}

static bool has_mac(const struct suite *suite)
{
    return suite->kind == SUITE_CBC || suite->kind == SUITE_NULL;
}

/* What the key block ends with; that of CBC is of use to TLS 1.0 alone: later records bring theirs.
 */
static size_t iv_size(const struct suite *suite)
{
    switch (suite->kind) {
    case SUITE_GCM:
    case SUITE_CCM:
    case SUITE_CCM_8:
        return OPENER_SALT;
    case SUITE_CHACHA20:
        return CIPHER_NONCE;
    case SUITE_CBC:
        return cbc_block_size(suite->key_len);
    case SUITE_NULL:
        break;
    }
    return 0;
}

static bool take_pair(struct bytes *block, size_t size, enum side from, struct bytes *out)
{
    struct bytes client;
    struct bytes server;

    if (!take_bytes(block, size, &client) || !take_bytes(block, size, &server)) {
        return false;
    }
    *out = from == SIDE_CLIENT ? client : server;
    return true;
}

static bool split_block(const struct opener *opener, struct bytes block, enum side from,
                        struct keys *keys)
{
    const struct suite *suite = opener->suite;
    size_t mac_size = has_mac(suite) ? crypto_hash_size(suite->mac) : 0;

    return take_pair(&block, mac_size, from, &keys->mac) &&
           take_pair(&block, suite->key_len, from, &keys->key) &&
           take_pair(&block, iv_size(suite), from, &keys->iv);
}

static bool use_keys(struct opener *opener, const struct keys *keys)
{
    const struct suite *suite = opener->suite;
    struct bytes iv = keys->iv;

    if (has_mac(suite)) {
        opener->mac = hmac_new(opener->crypto, suite->mac, keys->mac);
    } else {
        opener->aead = aead_new(opener->crypto, suite->kind, keys->key);
    }
    if (suite->kind == SUITE_CBC) {
        opener->cbc = cbc_new(opener->crypto, keys->key);
    }
    return take_into(&iv, opener->iv, iv.len) && (opener->mac != NULL || opener->aead != NULL) &&
           (suite->kind != SUITE_CBC || opener->cbc != NULL);
}

static bool use_master(struct opener *opener, const struct tls_params *params, struct bytes master,
                       enum side from)
{
    uint8_t randoms[2 * TLS_RANDOM_SIZE]; /* the other way round than for the master secret */
    uint8_t block[KEY_BLOCK_MAX];
    struct prf prf = {
        opener->version, opener->suite->prf, master, "key expansion", {randoms, sizeof(randoms)}};
    struct keys keys;
    bool ok;

    memcpy(randoms, params->server_random, TLS_RANDOM_SIZE);
    memcpy(randoms + TLS_RANDOM_SIZE, params->client_random, TLS_RANDOM_SIZE);
    ok = schedule_prf(opener->crypto, &prf, block, sizeof(block)) &&
         split_block(opener, bytes_view(block, sizeof(block)), from, &keys) &&
         use_keys(opener, &keys);
    bytes_wipe(block, sizeof(block));
    return ok;
}

/* AEAD came with TLS 1.2. */
static bool fits(const struct suite *suite, uint16_t version)
{
    return !suite->tls13 && version <= TLS_VERSION_12 &&
           version >= (has_mac(suite) ? TLS_VERSION_10 : TLS_VERSION_12);
}

struct opener *opener_new(struct crypto *crypto, const struct suite *suite,
                          const struct tls_params *params, const uint8_t master[TLS_MASTER_SIZE],
                          enum side from)
{
    struct opener *opener =
        fits(suite, params->version) ? new_opener(crypto, suite, params->version) : NULL;

    if (opener == NULL) {
        return NULL;
    }
    opener->encrypt_then_mac = params->encrypt_then_mac; /* CBC alone (RFC 7366, section 3) */
    if (!use_master(opener, params, bytes_view(master, TLS_MASTER_SIZE), from)) {
        opener_free(opener);
        return NULL;
    }
    return opener;
}

uint64_t opener_sequence(const struct opener *opener)
{
    return opener->sequence;
}

void opener_set_sequence(struct opener *opener, uint64_t sequence)
{
    opener->sequence = sequence;
}

size_t opener_overhead(const struct opener *opener)
{
    const struct suite *suite = opener->suite;

    switch (suite->kind) {
    case SUITE_GCM:
    case SUITE_CCM:
    case SUITE_CCM_8:
        return aead_tag_size(suite->kind) + (suite->tls13 ? 1 : OPENER_EXPLICIT);
    case SUITE_CHACHA20:
        return CRYPTO_TAG + (suite->tls13 ? 1 : 0);
    case SUITE_NULL:
        return crypto_hash_size(suite->mac);
    case SUITE_CBC:
        break;
    }
    return 0;
}
