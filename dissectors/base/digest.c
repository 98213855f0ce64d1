#include "dissectors/base/digest.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

struct digester {
    EVP_MD *sha1;
    EVP_MD *sha256;
    EVP_MD_CTX *context;
};

struct digester *digester_new(void)
{
    struct digester *digester = calloc(1, sizeof(*digester));

    if (digester == NULL) {
        return NULL;
    }
    digester->sha1 = EVP_MD_fetch(NULL, "SHA1", NULL);
    digester->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    digester->context = EVP_MD_CTX_new();
    if (digester->sha1 == NULL || digester->sha256 == NULL || digester->context == NULL) {
        digester_free(digester);
        return NULL;
    }
    return digester;
}

void digester_free(struct digester *digester)
{
    if (digester != NULL) {
        EVP_MD_CTX_free(digester->context);
        EVP_MD_free(digester->sha256);
        EVP_MD_free(digester->sha1);
        free(digester);
    }
}

static bool digest(EVP_MD_CTX *context, const EVP_MD *algorithm, const struct bytes *parts,
                   size_t num_parts, uint8_t *out)
{
    if (EVP_DigestInit_ex2(context, algorithm, NULL) != 1) {
        return false;
    }
    for (size_t i = 0; i < num_parts; i++) {
        if (parts[i].len > 0 && EVP_DigestUpdate(context, parts[i].at, parts[i].len) != 1) {
            return false;
        }
    }
    return EVP_DigestFinal_ex(context, out, NULL) == 1;
}

bool digest_sha1(struct digester *digester, const struct bytes *parts, size_t num_parts,
                 uint8_t out[SHA1_SIZE])
{
    memset(out, 0, SHA1_SIZE);
    return digest(digester->context, digester->sha1, parts, num_parts, out);
}

bool digest_sha256(struct digester *digester, const struct bytes *parts, size_t num_parts,
                   uint8_t out[SHA256_SIZE])
{
    memset(out, 0, SHA256_SIZE);
    return digest(digester->context, digester->sha256, parts, num_parts, out);
}

enum { BLOCK_SIZE = 64, MAX_HMAC_PARTS = 4 };

/* A key that is longer than a block is its digest. */
static bool pad_key(struct digester *digester, struct bytes key, uint8_t pad[BLOCK_SIZE])
{
    size_t len;

    memset(pad, 0, BLOCK_SIZE);
    return key.len > BLOCK_SIZE ? digest_sha256(digester, &key, 1, pad)
                                : bytes_copy(key, pad, BLOCK_SIZE, &len);
}

static void turn(uint8_t pad[BLOCK_SIZE], uint8_t with)
{
    for (size_t i = 0; i < BLOCK_SIZE; i++) {
        pad[i] ^= with;
    }
}

bool digest_hmac_sha256(struct digester *digester, struct bytes key, const struct bytes *parts,
                        size_t num_parts, uint8_t out[SHA256_SIZE])
{
    uint8_t pad[BLOCK_SIZE];
    uint8_t inner[SHA256_SIZE];
    struct bytes all[MAX_HMAC_PARTS + 1];
    bool is_made;

    assert(num_parts <= MAX_HMAC_PARTS);
    memset(out, 0, SHA256_SIZE);
    is_made = pad_key(digester, key, pad);
    turn(pad, 0x36);
    all[0] = bytes_view(pad, sizeof(pad));
    memcpy(all + 1, parts, num_parts * sizeof(parts[0]));
    is_made = is_made && digest_sha256(digester, all, num_parts + 1, inner);
    turn(pad, 0x36 ^ 0x5c);
    all[1] = bytes_view(inner, sizeof(inner));
    is_made = is_made && digest_sha256(digester, all, 2, out);
    bytes_wipe(pad, sizeof(pad));
    return is_made;
}

void digest_print_hex(struct bytes in, char *text, size_t size)
{
    static const char digits[] = "0123456789abcdef";
    uint8_t byte;
    size_t used = 0;

    while (used + 2 < size && take_u8(&in, &byte)) {
        text[used++] = digits[byte >> 4];
        text[used++] = digits[byte & 0x0f];
    }
    text[used] = '\0';
}

void digest_print_base64(struct bytes in, char *text, size_t size)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t used = 0;

    while (in.len > 0 && used + 4 < size) {
        uint8_t octets[3] = {0};
        size_t len = in.len < 3 ? in.len : 3;
        uint32_t bits;

        (void)take_into(&in, octets, len);
        bits = (uint32_t)octets[0] << 16 | (uint32_t)octets[1] << 8 | octets[2];
        text[used++] = letters[bits >> 18];
        text[used++] = letters[bits >> 12 & 0x3f];
        text[used++] = len > 1 ? letters[bits >> 6 & 0x3f] : '=';
        text[used++] = len > 2 ? letters[bits & 0x3f] : '=';
    }
    text[used] = '\0';
}
