#include "dissectors/tls/schedule.h"

/* A(i) = HMAC(secret, A(i - 1)), A(0) = label | seed; the output is HMAC(secret, A(i) | label |
 * seed) of i = 1, 2, ... It is mixed into out by exclusive or: TLS 1.0 mixes two. */
static bool mix(struct crypto *crypto, const struct prf *prf, uint8_t *out, size_t len)
{
    size_t size = crypto_hash_size(prf->hash);
    uint8_t a[CRYPTO_HASH_MAX];
    uint8_t block[CRYPTO_HASH_MAX];
    struct bytes parts[] = {{a, size}, bytes_of_text(prf->label), prf->seed};
    bool ok = crypto_hmac(crypto, prf->hash, prf->secret, parts + 1, 2, a);
    size_t done = 0;

    while (ok && done < len) {
        ok = crypto_hmac(crypto, prf->hash, prf->secret, parts, 3, block) &&
             crypto_hmac(crypto, prf->hash, prf->secret, parts, 1, a);
        for (size_t i = 0; ok && i < size && done < len; i++) {
            out[done++] ^= block[i];
        }
    }
    bytes_wipe(a, sizeof(a));
    bytes_wipe(block, sizeof(block));
    return ok;
}

/* MD5 over the first half of the secret, SHA-1 over the second (RFC 2246, section 5). The octet in
 * the middle of an odd secret is in both. */
static bool mix_both(struct crypto *crypto, struct prf prf, uint8_t *out, size_t len)
{
    struct bytes secret = prf.secret;
    size_t half = secret.len / 2 + secret.len % 2;

    prf.hash = SUITE_MD5;
    prf.secret = bytes_first(secret, half);
    if (!mix(crypto, &prf, out, len)) {
        return false;
    }
    prf.hash = SUITE_SHA1;
    prf.secret = bytes_after(secret, secret.len - half);
    return mix(crypto, &prf, out, len);
}

bool schedule_prf(struct crypto *crypto, const struct prf *prf, uint8_t *out, size_t len)
{
    memset(out, 0, len);
    return prf->version < TLS_VERSION_12 ? mix_both(crypto, *prf, out, len)
                                         : mix(crypto, prf, out, len);
}

bool schedule_master(struct crypto *crypto, const struct suite *suite,
                     const struct tls_params *params, struct bytes premaster,
                     struct bytes session_hash, uint8_t master[TLS_MASTER_SIZE])
{
    uint8_t randoms[2 * TLS_RANDOM_SIZE];
    struct prf prf = {params->version, suite->prf, premaster, "extended master secret",
                      session_hash};

    if (!params->extended_master) {
        memcpy(randoms, params->client_random, TLS_RANDOM_SIZE);
        memcpy(randoms + TLS_RANDOM_SIZE, params->server_random, TLS_RANDOM_SIZE);
        prf.label = "master secret";
        prf.seed = bytes_view(randoms, sizeof(randoms));
    }
    return schedule_prf(crypto, &prf, master, TLS_MASTER_SIZE);
}
