#include "dissectors/tls/opener.h"

#include "tests/dissectors/tls/hex.h"
#include "tests/dissectors/tls/seal.h"
#include "tests/support/test.h"

#include <openssl/err.h>
#include <stdlib.h>

/* Every way in which records are protected. */
static const struct kind {
    uint16_t version;
    uint16_t suite;
    bool encrypt_then_mac;
    size_t overhead;
} kinds[] = {
    {TLS_VERSION_13, 0x1301, false, 17},
    {TLS_VERSION_13, 0x1302, false, 17},
    {TLS_VERSION_13, 0x1303, false, 17},
    {TLS_VERSION_13, 0x1304, false, 17},
    {TLS_VERSION_13, 0x1305, false, 9},
    /* AEAD: GCM, CCM, CCM_8 with both sizes of key, ChaCha20 */
    {TLS_VERSION_12, 0x009c, false, 24},
    {TLS_VERSION_12, 0xc030, false, 24},
    {TLS_VERSION_12, 0xc09c, false, 24},
    {TLS_VERSION_12, 0xc09f, false, 24},
    {TLS_VERSION_12, 0xc0a0, false, 16},
    {TLS_VERSION_12, 0xc0af, false, 16},
    {TLS_VERSION_12, 0xcca8, false, 16},
    /* CBC with every MAC */
    {TLS_VERSION_12, 0x002f, false, 0},
    {TLS_VERSION_12, 0x002f, true, 0},
    {TLS_VERSION_12, 0x003d, false, 0},
    {TLS_VERSION_12, 0x003d, true, 0},
    {TLS_VERSION_12, 0xc028, false, 0},
    {TLS_VERSION_12, 0xc028, true, 0},
    {TLS_VERSION_12, 0x000a, false, 0},
    {TLS_VERSION_12, 0x000a, true, 0},
    {TLS_VERSION_11, 0x0035, false, 0},
    {TLS_VERSION_11, 0x0035, true, 0},
    {TLS_VERSION_11, 0x000a, false, 0},
    {TLS_VERSION_11, 0x000a, true, 0},
    {TLS_VERSION_10, 0x002f, false, 0},
    {TLS_VERSION_10, 0x002f, true, 0},
    {TLS_VERSION_10, 0x0035, false, 0},
    {TLS_VERSION_10, 0x000a, false, 0},
    {TLS_VERSION_10, 0x000a, true, 0},
    /* NULL with every MAC; encrypt-then-MAC changes nothing there */
    {TLS_VERSION_12, 0x0001, false, 16},
    {TLS_VERSION_12, 0x0002, true, 20},
    {TLS_VERSION_12, 0x003b, false, 32},
    {TLS_VERSION_12, 0x00b1, false, 48},
    {TLS_VERSION_10, 0x0001, false, 16},
    {TLS_VERSION_11, 0x0002, false, 20},
};

enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

/* One direction: who seals, and who overhears. */
struct pair {
    struct sealer sealer;
    struct opener *opener;
};

static struct crypto *crypto;
static uint8_t body[RECORD_MAX_BODY + 1];
static uint8_t out[RECORD_MAX_BODY];
static uint8_t content[RECORD_MAX_BODY];

static const struct kind chained = {TLS_VERSION_10, 0x002f, false, 0};
static const struct kind chained_then_mac = {TLS_VERSION_10, 0x002f, true, 0};
static const struct kind tls13 = {TLS_VERSION_13, 0x1301, false, 17};

static struct tls_params params_of(const struct kind *kind)
{
    struct tls_params params = {.version = kind->version,
                                .encrypt_then_mac = kind->encrypt_then_mac};

    memset(params.client_random, 0xc1, TLS_RANDOM_SIZE);
    memset(params.server_random, 0x5e, TLS_RANDOM_SIZE);
    return params;
}

static struct opener *opener_for(const struct kind *kind, enum side from, const uint8_t *secret)
{
    const struct suite *suite = suite_find(kind->suite);
    struct tls_params params = params_of(kind);

    if (suite->tls13) {
        return opener_new_tls13(crypto, suite, bytes_view(secret, crypto_hash_size(suite->prf)));
    }
    return opener_new(crypto, suite, &params, secret, from);
}

static struct pair pair_new(const struct kind *kind, enum side from)
{
    const struct suite *suite = suite_find(kind->suite);
    struct tls_params params = params_of(kind);
    struct pair pair = {.opener = opener_for(kind, from, content)};

    if (suite->tls13) {
        sealer_init_tls13(&pair.sealer, suite, bytes_view(content, crypto_hash_size(suite->prf)));
    } else {
        sealer_init(&pair.sealer, suite, &params, content, from);
    }
    assert_non_null(pair.opener);
    return pair;
}

static bool opens(struct opener *opener, const struct record *record, uint8_t type,
                  struct bytes expected)
{
    struct bytes plain = bytes_view(NULL, 0);
    uint8_t found = 0;

    if (!opener_open(opener, record, out, &plain, &found)) {
        return false;
    }
    assert_int_equal(found, type);
    assert_true(bytes_equal(plain, expected));
    return true;
}

static struct record seal_text(struct sealer *sealer, const char *text)
{
    return seal(sealer, 23, bytes_of_text(text), body);
}

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_new();
    for (size_t i = 0; i < sizeof(content); i++) {
        content[i] = (uint8_t)(i * 37 + i / 251 + 1);
    }
    return crypto == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_free(crypto);
    return 0;
}

static struct record record_of(const struct hex *wire)
{
    struct bytes in = hex_view(wire);
    struct record record;
    size_t want;

    assert_int_equal(record_take(&in, &record, &want), RECORD_WHOLE);
    assert_int_equal(in.len, 0);
    return record;
}

/* RFC 8448, section 3: what the client sends under its two secrets */
static void the_client_of_rfc_8448_is_read(void **state)
{
    struct opener *opener =
        opener_new_tls13(crypto, suite_find(0x1301),
                         HEX("b3eddb126e067f35a780b3abf45e2d8f3b1a950738f52e9600746a0e27a55a21"));
    struct hex finished = hex("1703030035 75ec4dc238cce60b298044a71e219c56cc77b0517fe9b93c"
                              "7a4bfc44d87f38f80338ac98fc46deb384bd1caeacab6867d726c40546");
    struct hex data =
        hex("1703030043 a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819"
            "a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4");
    struct hex alert = hex("1703030013 c9872760655666b74d7ff1153efd6db6d0b0e3");
    struct hex payload = {.len = 50};
    struct record record = record_of(&finished);

    (void)state;
    for (size_t i = 0; i < 50; i++) {
        payload.octets[i] = (uint8_t)i;
    }
    assert_true(opens(opener, &record, 22,
                      HEX("14000020a8ec436d677634ae525ac1fcebe11a03"
                          "9ec17694fac6e98527b642f2edd5ce61")));
    opener_free(opener);
    opener =
        opener_new_tls13(crypto, suite_find(0x1301),
                         HEX("9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5"));
    record = record_of(&data);
    assert_true(opens(opener, &record, 23, hex_view(&payload)));
    record = record_of(&alert);
    assert_true(opens(opener, &record, 21, HEX("0100")));
    assert_int_equal(opener_sequence(opener), 2);
    opener_free(opener);
}

/* The same section: the server's second record under its traffic secret; its first is a ticket. */
static void the_server_of_rfc_8448_is_read_from_the_middle(void **state)
{
    struct opener *opener =
        opener_new_tls13(crypto, suite_find(0x1301),
                         HEX("a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643"));
    struct hex data =
        hex("1703030043 2e937e11ef4ac740e538ad36005fc4a46932fc3225d05f82aa1b36e30efaf9"
            "7d90e6dffc602dcb501a59a8fcc49c4bf2e5f0a21c0047c2abf332540dd032e167c2955d");
    struct hex alert = hex("1703030013 b58fd67166ebf599d24720cfbe7efa7a8864a9");
    struct record record = record_of(&data);
    struct bytes plain;
    uint8_t type;

    (void)state;
    assert_false(opener_open(opener, &record, out, &plain, &type));
    opener_set_sequence(opener, 1);
    assert_true(opener_open(opener, &record, out, &plain, &type));
    assert_int_equal(plain.len, 50);
    record = record_of(&alert);
    assert_true(opens(opener, &record, 21, HEX("0100")));
    opener_free(opener);
}

static void what_a_peer_seals_is_read(void **state)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 255, 256, 1350, 16384};

    (void)state;
    for (size_t i = 0; i < (size_t)2 * NUM_KINDS; i++) {
        enum side from = i % 2 == 0 ? SIDE_CLIENT : SIDE_SERVER;
        struct pair pair = pair_new(&kinds[i / 2], from);

        for (size_t j = 0; j < sizeof(sizes) / sizeof(sizes[0]); j++) {
            struct bytes plain = bytes_view(content, sizes[j]);
            struct record record = seal(&pair.sealer, j % 2 == 0 ? 23 : 22, plain, body);

            assert_int_equal(opener_sequence(pair.opener), j);
            assert_true(opens(pair.opener, &record, j % 2 == 0 ? 23 : 22, plain));
        }
        opener_free(pair.opener);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void padding_is_taken_off(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);

        for (pair.sealer.padding = 0; pair.sealer.padding < 15; pair.sealer.padding++) {
            struct record record = seal_text(&pair.sealer, "some content");

            assert_true(opens(pair.opener, &record, 23, BYTES("some content")));
        }
        opener_free(pair.opener);
    }
}

static void the_overhead_is_what_a_record_is_longer_by(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);
        struct record record = seal_text(&pair.sealer, "content");

        assert_int_equal(opener_overhead(pair.opener), kinds[i].overhead);
        if (kinds[i].overhead > 0) {
            assert_int_equal(record.body.len, strlen("content") + kinds[i].overhead);
        }
        opener_free(pair.opener);
    }
}

/* Every bit of the body, and of type and version. */
static void assert_no_flip_opens(struct opener *opener, const struct record *record)
{
    for (size_t bit = 0; bit < 8 * record->body.len; bit++) {
        body[bit / 8] = (uint8_t)(body[bit / 8] ^ 1U << bit % 8);
        assert_false(opens(opener, record, 23, BYTES("")));
        body[bit / 8] = (uint8_t)(body[bit / 8] ^ 1U << bit % 8);
    }
    for (unsigned int bit = 0; bit < 24; bit++) {
        struct record changed = *record;

        if (bit < 8) {
            changed.type = (uint8_t)(changed.type ^ 1U << bit);
        } else {
            changed.version = (uint16_t)(changed.version ^ 1U << (bit - 8));
        }
        assert_false(opens(opener, &changed, 23, BYTES("")));
    }
}

/* The record as it was is read afterwards, and the next. */
static void a_flipped_bit_is_noticed_and_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_SERVER);
        struct record record = seal_text(&pair.sealer, "first");

        assert_true(opens(pair.opener, &record, 23, BYTES("first")));
        record = seal_text(&pair.sealer, "second");
        assert_no_flip_opens(pair.opener, &record);
        assert_int_equal(opener_sequence(pair.opener), 1);
        assert_true(opens(pair.opener, &record, 23, BYTES("second")));
        record = seal_text(&pair.sealer, "third");
        assert_true(opens(pair.opener, &record, 23, BYTES("third")));
        opener_free(pair.opener);
    }
    assert_int_equal(ERR_peek_error(), 0);
}

static void a_body_of_another_length_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_SERVER);
        struct record record = seal_text(&pair.sealer, "content");
        struct record empty = {record.type, record.version, bytes_view(NULL, 0)};
        size_t len = record.body.len;

        assert_false(opens(pair.opener, &empty, 23, BYTES("")));
        for (size_t other = 1; other < len + 40; other++) {
            struct record changed = record;
            uint8_t *exact = malloc(other); /* reading too far is seen */

            memcpy(exact, body, other);
            changed.body = bytes_view(exact, other);
            assert_int_equal(opens(pair.opener, &changed, 23, BYTES("content")), other == len);
            opener_set_sequence(pair.opener, 0);
            free(exact);
        }
        opener_free(pair.opener);
    }
}

/* Authentic though it is: out has no room for more. */
static void a_body_longer_than_any_record_is_refused(void **state)
{
    static const struct kind kind = {TLS_VERSION_12, 0x0002, false, 20};
    struct pair pair = pair_new(&kind, SIDE_CLIENT);
    struct bytes most = bytes_view(content, RECORD_MAX_BODY - 20);
    struct record record = seal(&pair.sealer, 23, most, body);

    (void)state;
    assert_int_equal(record.body.len, RECORD_MAX_BODY);
    assert_true(opens(pair.opener, &record, 23, most));
    most.len++;
    record = seal(&pair.sealer, 23, most, body);
    assert_int_equal(record.body.len, RECORD_MAX_BODY + 1);
    assert_false(opens(pair.opener, &record, 23, most));
    opener_free(pair.opener);
}

static void only_its_own_number_opens_a_record(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);
        struct record record;

        pair.sealer.sequence = 0x0102030405060708;
        record = seal_text(&pair.sealer, "content");
        assert_false(opens(pair.opener, &record, 23, BYTES("content")));
        for (unsigned int bit = 0; bit < 64; bit++) {
            opener_set_sequence(pair.opener, 0x0102030405060708 ^ (uint64_t)1 << bit);
            assert_false(opens(pair.opener, &record, 23, BYTES("content")));
        }
        opener_set_sequence(pair.opener, 0x0102030405060708);
        if (kinds[i].version != TLS_VERSION_10 || !kinds[i].encrypt_then_mac) {
            assert_true(opens(pair.opener, &record, 23, BYTES("content")));
        }
        opener_free(pair.opener);
    }
}

static void numbers_end_and_never_begin_again(void **state)
{
    struct pair pair = pair_new(&tls13, SIDE_CLIENT);
    struct record record;

    (void)state;
    pair.sealer.sequence = UINT64_MAX - 1;
    opener_set_sequence(pair.opener, UINT64_MAX - 1);
    record = seal_text(&pair.sealer, "last");
    assert_true(opens(pair.opener, &record, 23, BYTES("last")));
    record = seal_text(&pair.sealer, "one more");
    assert_false(opens(pair.opener, &record, 23, BYTES("one more")));
    opener_skip(pair.opener, &record);
    assert_true(opener_sequence(pair.opener) == UINT64_MAX);
    opener_free(pair.opener);
}

static void other_keys_open_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);
        struct opener *other = opener_for(&kinds[i], SIDE_CLIENT, content + 1);
        struct opener *way_back = opener_for(&kinds[i], SIDE_SERVER, content);
        struct record record = seal_text(&pair.sealer, "content");

        assert_false(opens(other, &record, 23, BYTES("content")));
        if (kinds[i].version != TLS_VERSION_13) { /* there each side has a secret of its own */
            assert_false(opens(way_back, &record, 23, BYTES("content")));
        }
        opener_free(pair.opener);
        opener_free(other);
        opener_free(way_back);
    }
}

static void a_record_of_zeros_alone_is_refused(void **state)
{
    struct pair pair = pair_new(&tls13, SIDE_CLIENT);
    struct record record;

    (void)state;
    record = seal(&pair.sealer, 0, BYTES("\0\0\0"), body);
    assert_false(opens(pair.opener, &record, 0, BYTES("")));
    record = seal(&pair.sealer, 0, BYTES(""), body);
    opener_set_sequence(pair.opener, 1);
    assert_false(opens(pair.opener, &record, 0, BYTES("")));
    opener_free(pair.opener);
}

static void zeros_of_the_content_stay(void **state)
{
    struct pair pair = pair_new(&tls13, SIDE_CLIENT);
    struct record record;

    (void)state;
    pair.sealer.padding = 100;
    record = seal(&pair.sealer, 22, BYTES("a\0\0"), body);
    assert_true(opens(pair.opener, &record, 22, BYTES("a\0\0")));
    opener_free(pair.opener);
}

static void an_update_gives_the_next_keys_from_number_0(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS && kinds[i].version == TLS_VERSION_13; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);
        struct record record = seal_text(&pair.sealer, "old");

        for (int round = 0; round < 3; round++) {
            assert_true(opens(pair.opener, &record, 23, BYTES("old")));
            sealer_update(&pair.sealer);
            record = seal_text(&pair.sealer, "old");
            assert_false(opens(pair.opener, &record, 23, BYTES("old")));
            assert_true(opener_update(pair.opener));
            assert_int_equal(opener_sequence(pair.opener), 0);
        }
        opener_free(pair.opener);
    }
}

static void older_versions_know_no_update(void **state)
{
    struct opener *opener = opener_for(&chained, SIDE_CLIENT, content);

    (void)state;
    assert_false(opener_update(opener));
    opener_free(opener);
}

/* A record is lost: the next cannot be read, those after it can. */
static void a_chain_goes_on_after_a_record_that_was_skipped(void **state)
{
    struct pair pair = pair_new(&chained, SIDE_CLIENT);
    struct record record = seal_text(&pair.sealer, "read");

    (void)state;
    assert_true(opens(pair.opener, &record, 23, BYTES("read")));
    (void)seal_text(&pair.sealer, "lost");
    record = seal_text(&pair.sealer, "unreadable");
    for (uint64_t number = 1; number < 5; number++) {
        opener_set_sequence(pair.opener, number);
        assert_false(opens(pair.opener, &record, 23, BYTES("unreadable")));
    }
    opener_set_sequence(pair.opener, 2);
    opener_skip(pair.opener, &record);
    assert_int_equal(opener_sequence(pair.opener), 3);
    record = seal_text(&pair.sealer, "read again");
    assert_true(opens(pair.opener, &record, 23, BYTES("read again")));
    opener_free(pair.opener);
}

/* The MAC of encrypt-then-MAC fits without the IV: its first block would be garbage. */
static void a_broken_chain_gives_nothing_rather_than_garbage(void **state)
{
    struct pair pair = pair_new(&chained_then_mac, SIDE_CLIENT);
    struct record record = seal_text(&pair.sealer, "read");

    (void)state;
    assert_true(opens(pair.opener, &record, 23, BYTES("read")));
    (void)seal_text(&pair.sealer, "lost");
    record = seal_text(&pair.sealer, "a record of more than one block");
    assert_false(opens(pair.opener, &record, 23, BYTES("")));
    opener_set_sequence(pair.opener, 2);
    assert_true(opens(pair.opener, &record, 23, BYTES("")));
    record = seal_text(&pair.sealer, "read again");
    assert_true(opens(pair.opener, &record, 23, BYTES("read again")));
    record = seal_text(&pair.sealer, "skipped");
    opener_skip(pair.opener, &record);
    record = seal_text(&pair.sealer, "and again");
    assert_true(opens(pair.opener, &record, 23, BYTES("and again")));
    opener_free(pair.opener);
}

static void a_skipped_record_uses_up_its_number(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM_KINDS; i++) {
        struct pair pair = pair_new(&kinds[i], SIDE_CLIENT);
        struct record record = seal_text(&pair.sealer, "skipped");

        opener_skip(pair.opener, &record);
        record = seal_text(&pair.sealer, "read");
        assert_true(opens(pair.opener, &record, 23, BYTES("read")));
        opener_free(pair.opener);
    }
}

static void a_wrong_padding_is_refused_though_the_mac_fits(void **state)
{
    struct pair pair = pair_new(&chained, SIDE_CLIENT);
    struct record record;

    (void)state;
    /* A bit flipped in one block spoils that block and flips the same bit of the next: here both
     * are nothing but padding, which the MAC does not cover. */
    pair.sealer.padding = 2;
    record = seal_text(&pair.sealer, "content");
    body[record.body.len - 32 + 3] ^= 1;
    assert_false(opens(pair.opener, &record, 23, BYTES("content")));
    body[record.body.len - 32 + 3] ^= 1;
    assert_true(opens(pair.opener, &record, 23, BYTES("content")));
    opener_free(pair.opener);
}

static void what_does_not_go_together_gives_no_opener(void **state)
{
    struct tls_params params = params_of(&chained);

    (void)state;
    for (size_t len = 0; len <= TLS_SECRET_MAX; len++) {
        struct opener *short_hash =
            opener_new_tls13(crypto, suite_find(0x1301), bytes_view(content, len));
        struct opener *long_hash =
            opener_new_tls13(crypto, suite_find(0x1302), bytes_view(content, len));

        assert_int_equal(short_hash != NULL, len == 32);
        assert_int_equal(long_hash != NULL, len == 48);
        opener_free(short_hash);
        opener_free(long_hash);
    }
    assert_null(opener_new_tls13(crypto, suite_find(0x009c), bytes_view(content, 32)));
    assert_null(opener_new(crypto, suite_find(0x1301), &params, content, SIDE_CLIENT));
    assert_null(opener_new(crypto, suite_find(0x009c), &params, content, SIDE_CLIENT));
    params.version = TLS_VERSION_13;
    assert_null(opener_new(crypto, suite_find(0x009c), &params, content, SIDE_CLIENT));
    params.version = TLS_VERSION_SSL3;
    assert_null(opener_new(crypto, suite_find(0x002f), &params, content, SIDE_CLIENT));
    params.version = TLS_VERSION_NONE;
    assert_null(opener_new(crypto, suite_find(0x0002), &params, content, SIDE_CLIENT));
    opener_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_client_of_rfc_8448_is_read),
        cmocka_unit_test(the_server_of_rfc_8448_is_read_from_the_middle),
        cmocka_unit_test(what_a_peer_seals_is_read),
        cmocka_unit_test(padding_is_taken_off),
        cmocka_unit_test(the_overhead_is_what_a_record_is_longer_by),
        cmocka_unit_test(a_flipped_bit_is_noticed_and_changes_nothing),
        cmocka_unit_test(a_body_of_another_length_is_refused),
        cmocka_unit_test(a_body_longer_than_any_record_is_refused),
        cmocka_unit_test(only_its_own_number_opens_a_record),
        cmocka_unit_test(numbers_end_and_never_begin_again),
        cmocka_unit_test(other_keys_open_nothing),
        cmocka_unit_test(a_record_of_zeros_alone_is_refused),
        cmocka_unit_test(zeros_of_the_content_stay),
        cmocka_unit_test(an_update_gives_the_next_keys_from_number_0),
        cmocka_unit_test(older_versions_know_no_update),
        cmocka_unit_test(a_chain_goes_on_after_a_record_that_was_skipped),
        cmocka_unit_test(a_broken_chain_gives_nothing_rather_than_garbage),
        cmocka_unit_test(a_skipped_record_uses_up_its_number),
        cmocka_unit_test(a_wrong_padding_is_refused_though_the_mac_fits),
        cmocka_unit_test(what_does_not_go_together_gives_no_opener),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
