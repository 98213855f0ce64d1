#include "dissectors/quic/packet.h"

#include <string.h>

enum {
    FORM_LONG = 0x80,
    FIXED_BIT = 0x40,
    NUMBER_MAX = 4,
    SAMPLE_LEN = 16,
    BLOCK_LEN = 16,
    SALT_LEN = 20,
    SECRET_LEN = 32, /* SHA-256 */
};

/* The kinds of long headers are numbered anew in version 2 (RFC 9369, section 3.2). */
struct packet_version {
    uint32_t number;
    uint8_t initial;
    uint8_t retry;
    uint8_t salt[SALT_LEN];
    const char *key;
    const char *iv;
    const char *header;
};

static const struct packet_version versions[] = {
    /* RFC 9001, section 5.2 */
    {0x00000001,
     0,
     3,
     {0x38, 0x76, 0x2c, 0xf7, 0xf5, 0x59, 0x34, 0xb3, 0x4d, 0x17,
      0x9a, 0xe6, 0xa4, 0xc8, 0x0c, 0xad, 0xcc, 0xbb, 0x7f, 0x0a},
     "quic key",
     "quic iv",
     "quic hp"},
    /* RFC 9369, section 3.3 */
    {0x6b3343cf,
     1,
     0,
     {0x0d, 0xed, 0xe3, 0xde, 0xf7, 0x00, 0xa6, 0xdb, 0x81, 0x93,
      0x81, 0xbe, 0x6e, 0x26, 0x9d, 0xcb, 0xf9, 0xbd, 0x2e, 0xd9},
     "quicv2 key",
     "quicv2 iv",
     "quicv2 hp"},
};

static const struct packet_version *find_version(uint32_t number)
{
    for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
        if (versions[i].number == number) {
            return &versions[i];
        }
    }
    return NULL;
}

/* form(1 bit) fixed(1 bit) kind(2 bits) protected(4 bits), version(4) */
static bool take_front(struct bytes *in, uint8_t *kind, const struct packet_version **version)
{
    uint8_t first;
    uint32_t number;

    if (!take_u8(in, &first) || (first & (FORM_LONG | FIXED_BIT)) != (FORM_LONG | FIXED_BIT) ||
        !take_u32(in, &number)) {
        return false;
    }
    *kind = first >> 4u & 3u;
    *version = find_version(number);
    return *version != NULL;
}

bool packet_is_initial(struct bytes in)
{
    const struct packet_version *version;
    uint8_t kind;

    return take_front(&in, &kind, &version) && kind == version->initial;
}

/* destination<1> source<1>; no id of these versions is longer than 20 (RFC 9000, section 17.2) */
static bool take_ids(struct bytes *in, struct bytes *destination)
{
    struct bytes source;

    return take_u8_vector(in, destination) && destination->len <= PACKET_ID_MAX &&
           take_u8_vector(in, &source) && source.len <= PACKET_ID_MAX;
}

static bool take_long_bytes(struct bytes *in, struct bytes *out)
{
    struct bytes rest = *in;
    uint64_t len;

    if (!take_varint(&rest, &len) || len > rest.len || !take_bytes(&rest, (size_t)len, out)) {
        return false;
    }
    *in = rest;
    return true;
}

/* front ids token<varint> (of Initials alone), then number and payload<varint> (RFC 9000, 17.2) */
bool packet_take(struct bytes *in, struct quic_packet *packet)
{
    struct bytes rest = *in;
    struct bytes token;
    uint8_t kind;

    if (!take_front(&rest, &kind, &packet->version) || kind == packet->version->retry ||
        !take_ids(&rest, &packet->destination)) {
        return false;
    }
    packet->is_initial = kind == packet->version->initial;
    if ((packet->is_initial && !take_long_bytes(&rest, &token)) ||
        !take_long_bytes(&rest, &packet->rest)) {
        return false;
    }
    packet->clear = bytes_first(*in, in->len - rest.len - packet->rest.len);
    *in = rest;
    return true;
}

static bool expand(struct crypto *crypto, struct bytes secret, const char *label, uint8_t *out,
                   size_t len)
{
    return crypto_expand_label(crypto, SUITE_SHA256, secret, label, out, len);
}

bool packet_derive(struct crypto *crypto, const struct quic_packet *packet,
                   struct packet_keys *keys)
{
    const struct packet_version *version = packet->version;
    uint8_t initial[CRYPTO_HASH_MAX];
    uint8_t client[SECRET_LEN] = {0};
    struct bytes secret = bytes_view(client, sizeof(client));

    keys->version = version;
    return crypto_hkdf_extract(crypto, SUITE_SHA256, bytes_view(version->salt, SALT_LEN),
                               packet->destination, initial) &&
           expand(crypto, bytes_view(initial, SECRET_LEN), "client in", client, sizeof(client)) &&
           expand(crypto, secret, version->key, keys->key, sizeof(keys->key)) &&
           expand(crypto, secret, version->iv, keys->iv, sizeof(keys->iv)) &&
           expand(crypto, secret, version->header, keys->header, sizeof(keys->header));
}

/*
 * Header protection (RFC 9001, section 5.4): a mask over four bits of the first byte and over the
 * number, made of bytes that are taken as if the number had four. The header as it was before goes
 * into room; its length is 0 on failure.
 */
static size_t unmask(struct crypto *crypto, const struct packet_keys *keys,
                     const struct quic_packet *packet, struct packet_room *room)
{
    struct bytes sample = bytes_first(bytes_after(packet->rest, NUMBER_MAX), SAMPLE_LEN);
    struct bytes number = bytes_first(packet->rest, NUMBER_MAX);
    uint8_t mask[BLOCK_LEN];
    size_t number_len;
    size_t len;

    if (!bytes_copy(packet->clear, room->header, PACKET_HEADER_MAX - NUMBER_MAX, &len) ||
        !crypto_aes_block(crypto, bytes_view(keys->header, sizeof(keys->header)), sample, mask)) {
        return 0;
    }
    room->header[0] ^= mask[0] & 0x0f;
    number_len = (room->header[0] & 3u) + 1u;
    for (size_t i = 0; i < number_len && take_u8(&number, &room->header[len]); i++) {
        room->header[len++] ^= mask[1 + i];
    }
    return len;
}

/*
 * The number goes into the nonce (RFC 9001, section 5.3). Its upper bytes may be left out where the
 * receiver can know them; of the first packets of a connection there are none.
 */
static void make_nonce(const struct packet_keys *keys, struct bytes number, uint8_t nonce[12])
{
    size_t at = sizeof(keys->iv) - number.len;
    uint8_t byte;

    memcpy(nonce, keys->iv, sizeof(keys->iv));
    while (take_u8(&number, &byte)) {
        nonce[at++] ^= byte;
    }
}

bool packet_open(struct crypto *crypto, const struct packet_keys *keys,
                 const struct quic_packet *packet, struct packet_room *room, struct bytes *frames)
{
    size_t header_len;
    size_t number_len;
    struct bytes header;
    struct bytes sealed;
    uint8_t nonce[12];

    if (packet->version != keys->version || packet->rest.len < NUMBER_MAX + SAMPLE_LEN) {
        return false;
    }
    header_len = unmask(crypto, keys, packet, room);
    if (header_len == 0) {
        return false;
    }
    header = bytes_view(room->header, header_len);
    number_len = header_len - packet->clear.len;
    sealed = bytes_after(packet->rest, number_len);
    make_nonce(keys, bytes_after(header, packet->clear.len), nonce);
    if (sealed.len < CRYPTO_TAG || sealed.len > PACKET_OPENED_MAX ||
        !crypto_open_gcm(crypto, bytes_view(keys->key, sizeof(keys->key)),
                         bytes_view(nonce, sizeof(nonce)), header, sealed, room->opened)) {
        return false;
    }
    *frames = bytes_view(room->opened, sealed.len - CRYPTO_TAG);
    return true;
}
