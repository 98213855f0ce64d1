#include "tests/dissectors/quic/initial.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>

enum { SECRET_LEN = 32, KEY_LEN = 16, IV_LEN = 12, TAG_LEN = 16, NUMBER_MAX = 4 };

static void must(bool done)
{
    if (!done) {
        (void)fprintf(stderr, "initial: no packet\n");
        abort();
    }
}

void draft_put(struct draft *draft, struct bytes bytes)
{
    size_t len;

    must(bytes_copy(bytes, draft->at + draft->len, sizeof(draft->at) - draft->len, &len));
    draft->len += len;
}

void draft_number(struct draft *draft, uint64_t value, size_t size)
{
    while (size > 0) {
        uint8_t byte = (uint8_t)(value >> 8 * --size);

        draft_put(draft, bytes_view(&byte, 1));
    }
}

void draft_varint(struct draft *draft, uint64_t value)
{
    if (value < 1u << 6) {
        draft_number(draft, value, 1);
    } else if (value < 1u << 14) {
        draft_number(draft, value | 1u << 14, 2);
    } else if (value < 1u << 30) {
        draft_number(draft, value | 2u << 30, 4);
    } else {
        draft_number(draft, value | UINT64_C(3) << 62, 8);
    }
}

void draft_crypto(struct draft *draft, struct bytes hello, size_t from, size_t len)
{
    draft_number(draft, 6, 1);
    draft_varint(draft, from);
    draft_varint(draft, len);
    draft_put(draft, bytes_first(bytes_after(hello, from), len));
}

/* --- keys --- */

struct keys {
    uint8_t key[KEY_LEN];
    uint8_t iv[IV_LEN];
    uint8_t header[KEY_LEN];
};

static void hmac(struct bytes key, struct bytes data, uint8_t out[SECRET_LEN])
{
    must(HMAC(EVP_sha256(), key.at, (int)key.len, data.at, data.len, out, NULL) != NULL);
}

static void expand(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *out, size_t len)
{
    char info[64];
    int info_len = snprintf(info, sizeof(info), "%c%c%ctls13 %s%c%c", 0, (int)len,
                            (int)strlen(label) + 6, label, 0, 1);
    uint8_t hash[SECRET_LEN];

    hmac(bytes_view(secret, SECRET_LEN), bytes_view(info, (size_t)info_len), hash);
    memcpy(out, hash, len);
}

static struct keys derive(const struct initial *initial)
{
    static const char salt_1[] = "\x38\x76\x2c\xf7\xf5\x59\x34\xb3\x4d\x17"
                                 "\x9a\xe6\xa4\xc8\x0c\xad\xcc\xbb\x7f\x0a";
    static const char salt_2[] = "\x0d\xed\xe3\xde\xf7\x00\xa6\xdb\x81\x93"
                                 "\x81\xbe\x6e\x26\x9d\xcb\xf9\xbd\x2e\xd9";
    bool second = initial->version == VERSION_2;
    uint8_t secret[SECRET_LEN];
    struct keys keys;

    hmac(bytes_view(second ? salt_2 : salt_1, 20),
         initial->keys_of.len > 0 ? initial->keys_of : initial->destination, secret);
    expand(secret, "client in", secret, sizeof(secret));
    expand(secret, second ? "quicv2 key" : "quic key", keys.key, sizeof(keys.key));
    expand(secret, second ? "quicv2 iv" : "quic iv", keys.iv, sizeof(keys.iv));
    expand(secret, second ? "quicv2 hp" : "quic hp", keys.header, sizeof(keys.header));
    return keys;
}

/* --- packets --- */

static void encrypt(const struct keys *keys, const struct initial *initial, struct bytes header,
                    struct bytes plain, struct draft *out)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t *sealed = out->at + out->len;
    uint8_t iv[IV_LEN];
    int len;

    memcpy(iv, keys->iv, sizeof(iv));
    for (size_t i = 0; i < NUMBER_MAX; i++) {
        iv[IV_LEN - 1 - i] ^= (uint8_t)(initial->number >> 8 * i);
    }
    must(cipher != NULL && out->len + plain.len + TAG_LEN <= sizeof(out->at));
    must(EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, keys->key, iv) == 1);
    must(EVP_EncryptUpdate(cipher, NULL, &len, header.at, (int)header.len) == 1);
    must(EVP_EncryptUpdate(cipher, sealed, &len, plain.at, (int)plain.len) == 1);
    must(EVP_EncryptFinal_ex(cipher, sealed + len, &len) == 1);
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_LEN, sealed + plain.len) == 1);
    EVP_CIPHER_CTX_free(cipher);
    out->len += plain.len + TAG_LEN;
}

static void protect(const struct keys *keys, uint8_t *first, uint8_t *number, size_t number_len)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t mask[2 * TAG_LEN];
    int len;

    must(cipher != NULL);
    must(EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), NULL, keys->header, NULL) == 1);
    must(EVP_EncryptUpdate(cipher, mask, &len, number + NUMBER_MAX, TAG_LEN) == 1);
    EVP_CIPHER_CTX_free(cipher);
    *first ^= mask[0] & 0x0f;
    for (size_t i = 0; i < number_len; i++) {
        number[i] ^= mask[1 + i];
    }
}

static void put_header(const struct initial *initial, size_t number_len, size_t plain_len,
                       struct draft *draft)
{
    uint8_t kind = initial->version == VERSION_2 ? 0x10 : 0x00;

    draft_number(draft, 0xc0u | kind | (number_len - 1), 1);
    draft_number(draft, initial->version, 4);
    draft_number(draft, initial->destination.len, 1);
    draft_put(draft, initial->destination);
    draft_number(draft, initial->source.len, 1);
    draft_put(draft, initial->source);
    draft_varint(draft, initial->token.len);
    draft_put(draft, initial->token);
    draft_number(draft, (number_len + plain_len + TAG_LEN) | 0x4000, 2);
    draft_number(draft, initial->number, number_len);
}

void initial_seal(const struct initial *initial, struct draft *datagram)
{
    static const uint8_t zeros[INITIAL_MAX];
    static struct draft plain;
    size_t number_len = initial->number_len > 0 ? initial->number_len : NUMBER_MAX;
    struct keys keys = derive(initial);
    size_t start = datagram->len;
    size_t around = 7 + initial->destination.len + initial->source.len + initial->token.len +
                    (initial->token.len < 64 ? 1 : 2) + 2 + number_len + TAG_LEN;
    size_t header_len;

    plain.len = 0;
    draft_put(&plain, initial->frames);
    if (initial->size > around + plain.len) {
        draft_put(&plain, bytes_view(zeros, initial->size - around - plain.len));
    }
    put_header(initial, number_len, plain.len, datagram);
    header_len = datagram->len - start;
    encrypt(&keys, initial, bytes_view(datagram->at + start, header_len),
            bytes_view(plain.at, plain.len), datagram);
    protect(&keys, datagram->at + start, datagram->at + start + header_len - number_len,
            number_len);
}

/* --- hellos --- */

void draft_hello(struct draft *draft, const char *name, char random, size_t size)
{
    size_t name_len = strlen(name);
    size_t extensions = 4 + 5 + name_len + 4 + 5 + 4 + 3 + 4;
    size_t fixed = 4 + 2 + 32 + 1 + 4 + 2 + 2;
    size_t padding = size > fixed + extensions ? size - fixed - extensions : 0;

    draft_number(draft, 1, 1);
    draft_number(draft, fixed + extensions + padding - 4, 3);
    draft_number(draft, 0x0303, 2);
    for (size_t i = 0; i < 32; i++) {
        draft_number(draft, (uint8_t)random, 1);
    }
    draft_put(draft, BYTES("\0\0\x02\x13\x01\x01\0"));
    draft_number(draft, extensions + padding, 2);
    draft_number(draft, name_len + 5, 4);
    draft_number(draft, name_len + 3, 2);
    draft_number(draft, name_len, 3);
    draft_put(draft, bytes_of_text(name));
    draft_put(draft, BYTES("\0\x10\0\x05\0\x03\x02h3\0\x2b\0\x03\x02\x03\x04\0\x15"));
    draft_number(draft, padding, 2);
    for (size_t i = 0; i < padding; i++) {
        draft_number(draft, 0, 1);
    }
}
