#include "dissectors/tls/crypto_part.h"

#include <limits.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdlib.h>

enum { PREMASTER = 48 };

struct rsa_key {
    EVP_PKEY_CTX *context; /* ready to decrypt */
    size_t size;           /* of what it opens */
    uint8_t *out;          /* size octets */
};

/* Asked only for an encrypted key: without it the library would ask at the terminal. */
static int refuse_password(char *password, int size, int writing, void *ctx)
{
    bool *encrypted = ctx;

    (void)password;
    (void)size;
    (void)writing;
    *encrypted = true;
    return -1;
}

static EVP_PKEY *read_pem(struct bytes pem, struct diag *diag)
{
    BIO *bio = pem.len <= INT_MAX ? BIO_new_mem_buf(pem.at, (int)pem.len) : NULL;
    bool encrypted = false;
    EVP_PKEY *key =
        bio != NULL ? PEM_read_bio_PrivateKey(bio, NULL, refuse_password, &encrypted) : NULL;

    BIO_free(bio);
    if (encrypted) {
        diag_set(diag, "the key is encrypted; it must be readable without a password");
    } else if (key == NULL) {
        diag_set(diag, "no private key in PEM (PKCS #1 or #8)");
    } else if (!EVP_PKEY_is_a(key, "RSA")) {
        diag_set(diag, "not an RSA key");
        EVP_PKEY_free(key);
        key = NULL;
    }
    (void)crypto_failed();
    return key;
}

struct rsa_key *rsa_key_read(struct bytes pem, struct diag *diag)
{
    EVP_PKEY *pkey = read_pem(pem, diag);
    struct rsa_key *key = pkey != NULL ? calloc(1, sizeof(*key)) : NULL;

    if (pkey == NULL) {
        return NULL;
    }
    if (key != NULL) {
        key->context = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
        key->size = (size_t)EVP_PKEY_get_size(pkey);
        key->out = malloc(key->size);
    }
    EVP_PKEY_free(pkey); /* the context has its own hold on it */
    if (key == NULL || key->context == NULL || key->out == NULL ||
        EVP_PKEY_decrypt_init(key->context) != 1 ||
        EVP_PKEY_CTX_set_rsa_padding(key->context, RSA_PKCS1_PADDING) != 1) {
        (void)crypto_failed();
        diag_set(diag, "the key cannot be used: no memory, or the library refuses it");
        rsa_key_free(key);
        return NULL;
    }
    return key;
}

void rsa_key_free(struct rsa_key *key)
{
    if (key != NULL) {
        EVP_PKEY_CTX_free(key->context);
        free(key->out);
        free(key);
    }
}

bool rsa_key_decrypt(struct rsa_key *key, struct bytes sealed, uint8_t out[PREMASTER])
{
    size_t len = key->size;
    bool ok = sealed.len == key->size &&
              EVP_PKEY_decrypt(key->context, key->out, &len, sealed.at, sealed.len) == 1 &&
              len == PREMASTER;

    if (ok) {
        memcpy(out, key->out, PREMASTER);
    }
    bytes_wipe(key->out, key->size);
    return ok || crypto_failed();
}
