/*
 * What an authentic record may carry: the input is plaintext, and is sealed here before it is fed,
 * so that changes reach the handshake reader and the dissectors behind the record layer. A list of
 * records { u8 flags, u16 len, bytes }: flag 1 is the server's side, 2 makes it handshake, 4 an
 * alert, 8 loses it.
 */
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "dissectors/tls/keystore.h"
#include "dissectors/tls/suite.h"
#include "tests/support/talk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    FLAG_SERVER = 1,
    FLAG_HANDSHAKE = 2,
    FLAG_ALERT = 4,
    FLAG_LOST = 8,
    HEADER = 5,
    TAG = 16,
    NONCE = 12,
    KEY = 16,
    SECRET = 32,
    LONGEST = 16384,
};

#define RANDOM     "0123456789abcdefghijklmnopqrstuv"
#define RANDOM_HEX "303132333435363738396162636465666768696a6b6c6d6e6f70717273747576"
#define SECRET_HEX "0f0e0d0c0b0a090807060504030201000f0e0d0c0b0a09080706050403020100"

static const char keys[] = "CLIENT_HANDSHAKE_TRAFFIC_SECRET " RANDOM_HEX " " SECRET_HEX "\n"
                           "SERVER_HANDSHAKE_TRAFFIC_SECRET " RANDOM_HEX " " SECRET_HEX "\n"
                           "CLIENT_TRAFFIC_SECRET_0 " RANDOM_HEX " " SECRET_HEX "\n"
                           "SERVER_TRAFFIC_SECRET_0 " RANDOM_HEX " " SECRET_HEX "\n";

/* ClientHello and ServerHello of TLS 1.3 with TLS_AES_128_GCM_SHA256. */
static const char client_hello[] = "\x16\x03\x01\0\x38\x01\0\0\x34\x03\x03" RANDOM
                                   "\0\0\x02\x13\x01\x01\0\0\x09\0\x2b\0\x05\x04\x03\x04\x03\x03";
static const char server_hello[] =
    "\x16\x03\x03\0\x32\x02\0\0\x2e\x03\x03" RANDOM "\0\x13\x01\0\0\x06\0\x2b\0\x02\x03\x04";
static const uint8_t finished[4] = {20};

struct stand {
    struct context context;
    EVP_CIPHER_CTX *cipher;
    uint8_t key[KEY];
    uint8_t iv[NONCE];
};

static struct stand *stand_once(void)
{
    static const uint8_t seed[HMAP_SEED_SIZE] = {1};
    static struct stand stand;
    struct bytes secret;
    struct diag diag;

    if (stand.cipher != NULL) {
        return &stand;
    }
    stand.cipher = EVP_CIPHER_CTX_new();
    if (stand.cipher == NULL || !context_init(&stand.context, 0, seed, &diag)) {
        abort();
    }
    keystore_add_text(stand.context.keystore, bytes_of_text(keys));
    secret = keystore_find(stand.context.keystore, (const uint8_t *)RANDOM, SECRET_CLIENT_TRAFFIC);
    if (secret.len != SECRET ||
        !crypto_expand_label(stand.context.crypto, SUITE_SHA256, secret, "key", stand.key, KEY) ||
        !crypto_expand_label(stand.context.crypto, SUITE_SHA256, secret, "iv", stand.iv, NONCE)) {
        abort();
    }
    return &stand;
}

/* content | type, sealed (RFC 8446, section 5.2); in a block of exactly its size, which the caller
 * frees. */
static uint8_t *seal(struct stand *stand, struct bytes content, uint8_t type, uint64_t number,
                     size_t *size)
{
    size_t len = content.len + 1 + TAG;
    uint8_t *record = malloc(HEADER + len);
    uint8_t nonce[NONCE];
    int done = 0;

    if (record == NULL) {
        abort();
    }
    memcpy(record, (uint8_t[HEADER]){23, 3, 3, (uint8_t)(len >> 8), (uint8_t)len}, HEADER);
    memcpy(nonce, stand->iv, NONCE);
    for (size_t i = NONCE; number > 0; number >>= 8) {
        nonce[--i] ^= (uint8_t)number;
    }
    (void)take_into(&content, record + HEADER, content.len);
    record[HEADER + len - TAG - 1] = type;
    if (EVP_EncryptInit_ex(stand->cipher, EVP_aes_128_gcm(), NULL, stand->key, nonce) != 1 ||
        EVP_EncryptUpdate(stand->cipher, NULL, &done, record, HEADER) != 1 ||
        EVP_EncryptUpdate(stand->cipher, record + HEADER, &done, record + HEADER,
                          (int)(len - TAG)) != 1 ||
        EVP_EncryptFinal_ex(stand->cipher, record + HEADER + done, &done) != 1 ||
        EVP_CIPHER_CTX_ctrl(stand->cipher, EVP_CTRL_AEAD_GET_TAG, TAG,
                            record + HEADER + len - TAG) != 1) {
        abort();
    }
    *size = HEADER + len;
    return record;
}

static bool say(struct stand *stand, struct conversation *conversation, uint8_t flags,
                struct bytes content, uint64_t number)
{
    enum side from = (flags & FLAG_SERVER) != 0 ? SIDE_SERVER : SIDE_CLIENT;
    uint8_t type = (flags & FLAG_HANDSHAKE) != 0 ? 22 : (flags & FLAG_ALERT) != 0 ? 21 : 23;
    size_t size;
    uint8_t *record = seal(stand, content, type, number, &size);
    bool more = (flags & FLAG_LOST) != 0
                    ? conversation_gap(conversation, from, size)
                    : conversation_feed(conversation, from, bytes_view(record, size));

    free(record);
    return more;
}

static bool shake_hands(struct stand *stand, struct conversation *conversation)
{
    struct bytes done = bytes_view(finished, sizeof(finished));

    return conversation_feed(conversation, SIDE_CLIENT,
                             bytes_view(client_hello, sizeof(client_hello) - 1)) &&
           conversation_feed(conversation, SIDE_SERVER,
                             bytes_view(server_hello, sizeof(server_hello) - 1)) &&
           say(stand, conversation, FLAG_SERVER | FLAG_HANDSHAKE, done, 0) &&
           say(stand, conversation, FLAG_HANDSHAKE, done, 0);
}

static void ignore(void *ctx, struct event *event)
{
    (void)ctx;
    (void)event;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct stand *stand = stand_once();
    struct moment now = {0};
    struct emitter emitter = {ignore, NULL, &now};
    struct conversation *conversation = conversation_new(&emitter, &stand->context);
    struct session_summary summary;
    struct bytes rest = bytes_view(data, size);
    uint64_t numbers[2] = {0};
    struct bytes content;
    uint8_t flags;
    uint16_t len;

    if (conversation == NULL || !shake_hands(stand, conversation)) {
        abort(); /* nothing would be tested */
    }
    while (take_u8(&rest, &flags) && take_u16(&rest, &len)) {
        now.frame++;
        content = bytes_first(rest, len < LONGEST ? len : LONGEST);
        (void)take_skip(&rest, content.len);
        if (!say(stand, conversation, flags, content, numbers[flags & FLAG_SERVER]++)) {
            break;
        }
    }
    conversation_end(conversation, &summary);
    return 0;
}
