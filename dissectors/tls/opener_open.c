#include "dissectors/tls/opener_part.h"

enum { MAC_HEADER = 8 + RECORD_HEADER };

/* The nonce is made from all of the sequence number (RFC 8446, section 5.3; RFC 7905, section 2).
 */
static void mix_nonce(const struct opener *opener, uint8_t nonce[CIPHER_NONCE])
{
    uint64_t sequence = opener->sequence;

    memcpy(nonce, opener->iv, CIPHER_NONCE);
    for (size_t i = CIPHER_NONCE; sequence > 0; sequence >>= 8) {
        nonce[--i] ^= (uint8_t)sequence;
    }
}

/* type(1) version(2) length(2), as authenticated */
static void put_header(const struct record *record, size_t len, uint8_t out[RECORD_HEADER])
{
    out[0] = record->type;
    out[1] = (uint8_t)(record->version >> 8);
    out[2] = (uint8_t)record->version;
    out[3] = (uint8_t)(len >> 8);
    out[4] = (uint8_t)len;
}

/* sequence(8), then the header with the length of what is authenticated (RFC 5246, section
 * 6.2.3.1) */
static void put_mac_header(const struct opener *opener, const struct record *record, size_t len,
                           uint8_t out[MAC_HEADER])
{
    for (size_t i = 0; i < 8; i++) {
        out[i] = (uint8_t)(opener->sequence >> (56 - 8 * i));
    }
    put_header(record, len, out + 8);
}

/* content | type(1) | zeros (RFC 8446, section 5.2). Zeros alone carry no type: an error there. */
static bool open_tls13(const struct opener *opener, const struct record *record, uint8_t *out,
                       struct bytes *plain, uint8_t *type)
{
    size_t tag = aead_tag_size(opener->suite->kind);
    uint8_t nonce[CIPHER_NONCE];
    uint8_t header[RECORD_HEADER];
    size_t len;

    mix_nonce(opener, nonce);
    put_header(record, record->body.len, header);
    if (!aead_open(opener->aead, nonce, bytes_view(header, sizeof(header)), record->body, out)) {
        return false;
    }
    len = record->body.len - tag;
    while (len > 0 && out[len - 1] == 0) {
        len--;
    }
    if (len == 0) {
        return false;
    }
    *type = out[len - 1];
    *plain = bytes_view(out, len - 1);
    return true;
}

/* AEAD of TLS 1.2 (RFC 5246, section 6.2.3.3) */
static bool open_aead(const struct opener *opener, const struct record *record, uint8_t *out,
                      struct bytes *plain)
{
    size_t tag = aead_tag_size(opener->suite->kind);
    struct bytes sealed = record->body;
    uint8_t header[MAC_HEADER];
    uint8_t nonce[CIPHER_NONCE];
    size_t len;

    if (opener->suite->kind == SUITE_CHACHA20) {
        mix_nonce(opener, nonce);
    } else {
        memcpy(nonce, opener->iv, OPENER_SALT);
        if (!take_into(&sealed, nonce + OPENER_SALT, OPENER_EXPLICIT)) {
            return false;
        }
    }
    if (sealed.len < tag) {
        return false;
    }
    len = sealed.len - tag;
    put_mac_header(opener, record, len, header);
    if (!aead_open(opener->aead, nonce, bytes_view(header, sizeof(header)), sealed, out)) {
        return false;
    }
    *plain = bytes_view(out, len);
    return true;
}

/* content | MAC */
static bool take_authentic(const struct opener *opener, const struct record *record,
                           struct bytes in, struct bytes *content)
{
    size_t size = crypto_hash_size(opener->suite->mac);
    uint8_t header[MAC_HEADER];
    uint8_t sum[CRYPTO_HASH_MAX];
    struct bytes parts[2];

    if (in.len < size || !take_bytes(&in, in.len - size, content)) {
        return false;
    }
    put_mac_header(opener, record, content->len, header);
    parts[0] = bytes_view(header, sizeof(header));
    parts[1] = *content;
    return hmac_sum(opener->mac, parts, 2, sum) && bytes_equal(in, bytes_view(sum, size));
}

/* Padding is 1 to 256 octets that all say how many follow the first (RFC 5246, section 6.2.3.2). */
static bool take_off_padding(struct bytes *in)
{
    struct bytes rest = *in;
    struct bytes content;
    uint8_t octet;
    uint8_t last;

    if (rest.len == 0 || !peek_u8_at(rest, rest.len - 1, &last) || last >= rest.len ||
        !take_bytes(&rest, rest.len - 1 - last, &content)) {
        return false;
    }
    while (take_u8(&rest, &octet)) {
        if (octet != last) {
            return false;
        }
    }
    *in = content;
    return true;
}

/* The ciphertext of a record of CBC: what is left without a MAC around it, and without its IV. */
static bool take_blocks(const struct opener *opener, const struct record *record, struct bytes *iv,
                        struct bytes *blocks)
{
    size_t size = cbc_block_size(opener->suite->key_len);

    *blocks = record->body;
    if (opener->encrypt_then_mac && !take_authentic(opener, record, record->body, blocks)) {
        return false;
    }
    *iv = bytes_view(opener->iv, size);
    return opener->version == TLS_VERSION_10 || take_bytes(blocks, size, iv);
}

static bool is_chained(const struct opener *opener)
{
    return opener->suite->kind == SUITE_CBC && opener->version == TLS_VERSION_10;
}

/* TLS 1.0 has no IV of its own in a record: the last block before is it. */
static void chain(struct opener *opener, struct bytes blocks)
{
    size_t size = cbc_block_size(opener->suite->key_len);

    if (is_chained(opener) && blocks.len >= size) {
        struct bytes last = bytes_after(blocks, blocks.len - size);

        (void)take_into(&last, opener->iv, size);
        opener->chained = opener->sequence + 1;
    }
}

static bool decrypt(const struct opener *opener, const struct record *record, struct bytes iv,
                    struct bytes blocks, struct bytes *plain, uint8_t *out)
{
    if (!cbc_open(opener->cbc, iv, blocks, out)) {
        return false;
    }
    *plain = bytes_view(out, blocks.len);
    return take_off_padding(plain) &&
           (opener->encrypt_then_mac || take_authentic(opener, record, *plain, plain));
}

static bool open_cbc(struct opener *opener, const struct record *record, uint8_t *out,
                     struct bytes *plain)
{
    struct bytes content = bytes_view(out, 0);
    struct bytes blocks;
    struct bytes iv;

    if (!take_blocks(opener, record, &iv, &blocks)) {
        return false;
    }
    /* With TLS 1.0 and encrypt-then-MAC the MAC does not cover the IV: if a record is missing, this
     * one is authentic, yet its first block cannot be had. Nothing is said then. */
    if ((!opener->encrypt_then_mac || !is_chained(opener) || opener->sequence == opener->chained) &&
        !decrypt(opener, record, iv, blocks, &content, out)) {
        return false;
    }
    *plain = content;
    chain(opener, blocks);
    return true;
}

/* Integrity alone: what is sent is what is said. */
static bool open_null(const struct opener *opener, const struct record *record, uint8_t *out,
                      struct bytes *plain)
{
    struct bytes content;
    size_t len;

    if (!take_authentic(opener, record, record->body, &content)) {
        return false;
    }
    len = content.len;
    (void)take_into(&content, out, len);
    *plain = bytes_view(out, len);
    return true;
}

static bool open_tls12(struct opener *opener, const struct record *record, uint8_t *out,
                       struct bytes *plain)
{
    switch (opener->suite->kind) {
    case SUITE_GCM:
    case SUITE_CCM:
    case SUITE_CCM_8:
    case SUITE_CHACHA20:
        return open_aead(opener, record, out, plain);
    case SUITE_CBC:
        return open_cbc(opener, record, out, plain);
    case SUITE_NULL:
        break;
    }
    return open_null(opener, record, out, plain);
}

bool opener_open(struct opener *opener, const struct record *record, uint8_t *out,
                 struct bytes *plain, uint8_t *type)
{
    if (record->body.len > RECORD_MAX_BODY || opener->sequence == UINT64_MAX) {
        return false; /* the numbers never begin again (RFC 8446, section 5.3) */
    }
    if (opener->suite->tls13) {
        if (!open_tls13(opener, record, out, plain, type)) {
            return false;
        }
    } else {
        if (!open_tls12(opener, record, out, plain)) {
            return false;
        }
        *type = record->type;
    }
    opener->sequence++;
    return true;
}

void opener_skip(struct opener *opener, const struct record *record)
{
    struct bytes blocks = record->body;

    if (opener->encrypt_then_mac) {
        size_t mac = crypto_hash_size(opener->suite->mac);

        blocks = bytes_first(blocks, blocks.len > mac ? blocks.len - mac : 0);
    }
    chain(opener, blocks);
    opener->sequence += opener->sequence < UINT64_MAX ? 1 : 0;
}
