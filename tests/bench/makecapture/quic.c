/*
 * quic: QUIC version 1 whose Initial packets anyone can decrypt (RFC 9001, section 5), made once as
 * templates, and opaque packets after them. The only user of OpenSSL here.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/makecapture/makecapture.h"

enum { NUM_TEMPLATES = 32, ID_LEN = 8, PACKET_LEN = 1250, SECRET_LEN = 32, TAG_LEN = 16 };

struct template
{
    uint8_t client_id[ID_LEN]; /* that the client chose for the server */
    uint8_t server_id[ID_LEN];
    struct buffer packet[2];
};

struct keys {
    uint8_t key[16];
    uint8_t iv[12];
    uint8_t header[16];
};

static struct template templates[NUM_TEMPLATES];

static void must(int is_done)
{
    if (is_done != 1) {
        (void)fprintf(stderr, "makecapture: OpenSSL failed\n");
        exit(1);
    }
}

static void hmac(const uint8_t *key, size_t key_len, const void *data, size_t len,
                 uint8_t out[SECRET_LEN])
{
    must(HMAC(EVP_sha256(), key, (int)key_len, data, len, out, NULL) != NULL);
}

/* HKDF-Expand-Label (RFC 8446, section 7.1); no output is longer than one hash. */
static void expand(const uint8_t secret[SECRET_LEN], const char *label, uint8_t *out, size_t len)
{
    uint8_t hash[SECRET_LEN];
    struct buffer info;

    info.len = 0;
    put_u16(&info, (unsigned)len);
    put_u8(&info, (unsigned)strlen(label) + 6);
    put_text(&info, "tls13 %s", label);
    put_u16(&info, 0x0001); /* no context; the first round */
    hmac(secret, SECRET_LEN, info.at, info.len, hash);
    memcpy(out, hash, len);
}

static void derive(const uint8_t client_id[ID_LEN], enum side from, struct keys *keys)
{
    static const uint8_t salt[] = {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
                                   0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a};
    uint8_t initial[SECRET_LEN];
    uint8_t secret[SECRET_LEN];

    hmac(salt, sizeof(salt), client_id, ID_LEN, initial);
    expand(initial, from == CLIENT ? "client in" : "server in", secret, SECRET_LEN);
    expand(secret, "quic key", keys->key, sizeof(keys->key));
    expand(secret, "quic iv", keys->iv, sizeof(keys->iv));
    expand(secret, "quic hp", keys->header, sizeof(keys->header));
}

/* The packet's number is 0: the nonce is the IV. */
static void encrypt(const struct keys *keys, struct buffer *packet, const struct buffer *frames)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t out[PACKET_LEN];
    uint8_t tag[TAG_LEN];
    int len;

    must(cipher != NULL);
    must(EVP_EncryptInit_ex(cipher, EVP_aes_128_gcm(), NULL, keys->key, keys->iv));
    must(EVP_EncryptUpdate(cipher, NULL, &len, packet->at, (int)packet->len));
    must(EVP_EncryptUpdate(cipher, out, &len, frames->at, (int)frames->len));
    must(EVP_EncryptFinal_ex(cipher, out + len, &len));
    must(EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, TAG_LEN, tag));
    EVP_CIPHER_CTX_free(cipher);
    put_bytes(packet, out, frames->len);
    put_bytes(packet, tag, TAG_LEN);
}

/* Header protection (RFC 9001, section 5.4); the number has four bytes and stands at `number`. */
static void hide_number(const struct keys *keys, struct buffer *packet, size_t number)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t mask[2 * TAG_LEN];
    int len;

    must(cipher != NULL);
    must(EVP_EncryptInit_ex(cipher, EVP_aes_128_ecb(), NULL, keys->header, NULL));
    must(EVP_EncryptUpdate(cipher, mask, &len, packet->at + number + 4, TAG_LEN));
    EVP_CIPHER_CTX_free(cipher);
    packet->at[0] ^= mask[0] & 0x0f;
    for (size_t i = 0; i < 4; i++) {
        packet->at[number + i] ^= mask[1 + i];
    }
}

/* An ACK of the server for packet 0, the hello in a CRYPTO frame, and padding to `len`. */
static void put_frames(struct buffer *frames, enum side from, const struct buffer *hello,
                       size_t len)
{
    frames->len = 0;
    if (from == SERVER) {
        put_bytes(frames, "\2\0\0\0\0", 5);
    }
    put_u16(frames, 0x0600);
    put_u16(frames, 0x4000 | (unsigned)hello->len);
    put_buffer(frames, hello);
    while (frames->len < len) {
        put_u8(frames, 0);
    }
}

static void put_id(struct buffer *packet, const uint8_t id[ID_LEN])
{
    put_u8(packet, ID_LEN);
    put_bytes(packet, id, ID_LEN);
}

static void put_initial(struct template *template, enum side from, const uint8_t source[ID_LEN],
                        const struct buffer *hello)
{
    struct buffer *packet = &template->packet[from];
    struct buffer frames;
    struct keys keys;
    size_t number;

    packet->len = 0;
    put_u8(packet, 0xc3);
    put_u32(packet, 1); /* version */
    put_id(packet, from == CLIENT ? template->client_id : source);
    put_id(packet, from == CLIENT ? source : template->server_id);
    put_u8(packet, 0); /* no token */
    put_u16(packet, 0x4000 | (unsigned)(PACKET_LEN - packet->len - 2));
    number = packet->len;
    put_u32(packet, 0);
    put_frames(&frames, from, hello, PACKET_LEN - packet->len - TAG_LEN);
    derive(template->client_id, from, &keys);
    encrypt(&keys, packet, &frames);
    hide_number(&keys, packet, number);
}

static void draw_id(uint8_t id[ID_LEN])
{
    uint64_t value = draw();

    memcpy(id, &value, ID_LEN);
}

static void init_template(struct template *template, const char *host)
{
    uint8_t client_own_id[ID_LEN];
    struct buffer hello;

    draw_id(template->client_id);
    draw_id(template->server_id);
    draw_id(client_own_id);
    hello.len = 0;
    put_client_hello(&hello, host, HELLO_QUIC);
    put_initial(template, CLIENT, client_own_id, &hello);
    hello.len = 0;
    put_server_hello(&hello, HELLO_QUIC);
    put_initial(template, SERVER, client_own_id, &hello);
}

void quic_init(void)
{
    for (size_t i = 0; i < NUM_TEMPLATES; i++) {
        init_template(&templates[i], web_hosts[i % NUM_WEB_HOSTS]);
    }
}

/* A packet with a short header: the fixed bit, and the server's id if the client sends it. */
static void say_short(const struct template *template, enum side from)
{
    uint32_t len = from == SERVER ? PACKET_LEN : 35 + draw_below(20);
    struct buffer packet;

    packet.len = 0;
    put_bytes(&packet, draw_bytes(), len);
    packet.at[0] = (uint8_t)(0x40 | (packet.at[0] & 0x1f));
    if (from == CLIENT) {
        memcpy(packet.at + 1, template->server_id, ID_LEN);
    }
    (void)say_buffer(from, &packet);
}

void make_quic(struct flow *flow)
{
    const struct template *template;
    uint32_t num_packets;

    flow_init(flow, 443, true);
    dialogue_begin();
    template = &templates[draw_below(NUM_TEMPLATES)];
    (void)say_buffer(CLIENT, &template->packet[CLIENT]);
    (void)say_buffer(SERVER, &template->packet[SERVER]);
    num_packets = 8 + draw_below(50);
    for (uint32_t i = 0; i < num_packets; i++) {
        say_short(template, i % 5 == 4 ? CLIENT : SERVER);
    }
    dialogue_end(flow);
}
