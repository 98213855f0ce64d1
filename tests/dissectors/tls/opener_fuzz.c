/*
 * Records against openers of every kind with fixed keys. The first octet chooses the kind and what
 * is done to them; then records follow as on the wire. From 128 on what they carry is sealed first,
 * so that what is behind tag and MAC is reached too.
 */
#include "dissectors/tls/opener.h"
#include "tests/dissectors/tls/seal.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct {
    uint16_t version;
    uint16_t suite;
    bool encrypt_then_mac;
} kinds[] = {
    {TLS_VERSION_13, 0x1301, false}, {TLS_VERSION_13, 0x1303, false},
    {TLS_VERSION_13, 0x1305, false}, {TLS_VERSION_12, 0x009d, false},
    {TLS_VERSION_12, 0xcca8, false}, {TLS_VERSION_12, 0xc0a0, false},
    {TLS_VERSION_12, 0xc028, false}, {TLS_VERSION_12, 0x002f, true},
    {TLS_VERSION_11, 0x000a, false}, {TLS_VERSION_10, 0x0035, false},
    {TLS_VERSION_10, 0x002f, true},  {TLS_VERSION_12, 0x003b, false},
};

enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static const uint8_t secret[TLS_MASTER_SIZE] = {1, 2, 3};

static struct opener *make_opener(struct crypto *crypto, size_t kind, struct sealer *sealer)
{
    const struct suite *suite = suite_find(kinds[kind].suite);
    struct tls_params params = {.version = kinds[kind].version,
                                .encrypt_then_mac = kinds[kind].encrypt_then_mac};
    struct bytes traffic = bytes_view(secret, crypto_hash_size(suite->prf));

    if (suite->tls13) {
        sealer_init_tls13(sealer, suite, traffic);
        return opener_new_tls13(crypto, suite, traffic);
    }
    sealer_init(sealer, suite, &params, secret, SIDE_SERVER);
    return opener_new(crypto, suite, &params, secret, SIDE_SERVER);
}

/* A failure changes nothing, and what is opened is no longer than what was sealed. */
static void open_one(struct opener *opener, const struct record *record)
{
    static uint8_t out[RECORD_MAX_BODY];
    uint64_t before = opener_sequence(opener);
    struct bytes plain;
    uint8_t type;

    if (opener_open(opener, record, out, &plain, &type)) {
        if (opener_sequence(opener) != before + 1 ||
            plain.len + opener_overhead(opener) > record->body.len) {
            abort();
        }
    } else if (opener_sequence(opener) != before) {
        abort();
    } else {
        opener_skip(opener, record);
    }
}

/* What a peer with the keys sends must come back. */
static void open_sealed(struct opener *opener, struct sealer *sealer, const struct record *record)
{
    static uint8_t body[RECORD_MAX_BODY];
    static uint8_t out[RECORD_MAX_BODY];
    struct record sealed;
    struct bytes plain;
    uint8_t type;

    if (record->body.len > 16384) {
        return;
    }
    sealer->padding = record->version % 8;
    sealed = seal(sealer, record->type, record->body, body);
    if (!opener_open(opener, &sealed, out, &plain, &type) || type != record->type ||
        !bytes_equal(plain, record->body)) {
        abort();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto *crypto;
    struct bytes rest = bytes_view(data, size);
    struct sealer sealer;
    struct opener *opener;
    struct record record;
    uint8_t choice;
    size_t want;

    crypto = crypto != NULL ? crypto : crypto_new();
    if (crypto == NULL || !take_u8(&rest, &choice)) {
        return 0;
    }
    opener = make_opener(crypto, choice % NUM_KINDS, &sealer);
    if (opener == NULL) {
        abort();
    }
    while (record_take(&rest, &record, &want) == RECORD_WHOLE) {
        if (choice < 128) {
            open_one(opener, &record);
        } else {
            open_sealed(opener, &sealer, &record);
        }
        if (record.type == 20 && sealer.suite->tls13 && opener_update(opener)) {
            sealer_update(&sealer);
        }
    }
    opener_free(opener);
    return 0;
}
