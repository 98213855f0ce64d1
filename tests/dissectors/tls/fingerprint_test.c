/* Against the examples that their authors publish: github.com/salesforce/ja3 (README),
 * github.com/FoxIO-LLC/ja4 (technical_details/JA4.md). */
#include "dissectors/tls/fingerprint.h"

#include <string.h>

#include "tests/support/test.h"

static struct crypto *crypto;

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_new();
    return crypto == NULL;
}

static int tear_down(void **state)
{
    (void)state;
    crypto_free(crypto);
    return 0;
}

static void expect_ja3(struct fingerprint_hello hello, const char *expected)
{
    char text[FINGERPRINT_JA3];

    assert_true(fingerprint_ja3(crypto, &hello, text));
    assert_string_equal(text, expected);
}

static void expect_ja4(struct fingerprint_hello hello, const char *expected)
{
    char text[FINGERPRINT_JA4];

    assert_true(fingerprint_ja4(crypto, &hello, false, text));
    assert_string_equal(text, expected);
}

/* 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0 */
static const struct fingerprint_hello ja3_example = {
    0x0301,
    {(const uint8_t *)"\0\x2f\0\x35\0\x05\0\x0a\xc0\x09\xc0\x0a\xc0\x13\xc0\x14\0\x32\0\x38\0\x13"
                      "\0\x04",
     24},
    {(const uint8_t *)"\0\0\0\0\0\x0a\0\x08\0\x06\0\x17\0\x18\0\x19\0\x0b\0\x02\x01\0", 22}};

static void ja3_is_as_published(void **state)
{
    (void)state;
    expect_ja3(ja3_example, "ada70206e40642a3e4461f35503241d5");
    /* 769,4-5-10-9-100-98-3-6-19-18-99,,, */
    expect_ja3((struct fingerprint_hello){0x0301,
                                          BYTES("\0\x04\0\x05\0\x0a\0\x09\0\x64\0\x62\0\x03\0\x06"
                                                "\0\x13\0\x12\0\x63"),
                                          BYTES("")},
               "de350869b8c85de67a350c8d186f11e6");
}

static void ja3_leaves_grease_out_of_every_list(void **state)
{
    (void)state;
    expect_ja3(
        (struct fingerprint_hello){
            0x0301,
            BYTES("\x1a\x1a\0\x2f\0\x35\0\x05\0\x0a\xc0\x09\xc0\x0a\xc0\x13\xc0\x14\0\x32"
                  "\0\x38\0\x13\0\x04"),
            BYTES("\xaa\xaa\0\0\0\0\0\0\0\x0a\0\x0a\0\x08\x0a\x0a\0\x17\0\x18\0\x19\0\x0b\0"
                  "\x02\x01\0\xfa\xfa\0\x01\0")},
        "ada70206e40642a3e4461f35503241d5");
}

static void expect_ja3s(struct bytes cipher, struct bytes extensions, const char *expected)
{
    struct fingerprint_hello hello = {0x0303, cipher, extensions};
    char text[FINGERPRINT_JA3];

    assert_true(fingerprint_ja3s(crypto, &hello, text));
    assert_string_equal(text, expected);
}

/* No text is published beside its hash: these are tshark's, of servers of TLS 1.3 that are all over
 * the public captures. */
static void ja3s_is_that_of_tshark(void **state)
{
    (void)state;
    /* 771,4865,51-43 */
    expect_ja3s(BYTES("\x13\x01"), BYTES("\0\x33\0\0\0\x2b\0\x02\x03\x04"),
                "eb1d94daa7e0344597e756a1fb6e7054");
    /* 771,4866,43-51 */
    expect_ja3s(BYTES("\x13\x02"), BYTES("\0\x2b\0\x02\x03\x04\0\x33\0\0"),
                "15af977ce25de452b96affa2addb1036");
}

#define JA4_CIPHERS                                                                                \
    "\x13\x01\x13\x02\x13\x03\xc0\x2b\xc0\x2f\xc0\x2c\xc0\x30\xcc\xa9\xcc\xa8\xc0\x13\xc0\x14\0"   \
    "\x9c\0\x9d\0\x2f\0\x35"
/* 001b 0000 0033, then ALPN, then 4469 0017 002d */
#define JA4_BEFORE  "\0\x1b\0\0\0\0\0\0\0\x33\0\0"
#define JA4_ALPN    "\0\x10\0\x05\0\x03\x02h2"
#define JA4_BETWEEN "\x44\x69\0\0\0\x17\0\0\0\x2d\0\0"
/* 0403,0804,0401,0503,0805,0501,0806,0601 */
#define JA4_SIGNATURES                                                                             \
    "\0\x0d\0\x12\0\x10\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01\x08\x06\x06\x01"
/* 0005 0023 0012 002b ff01 000b 000a 0015 */
#define JA4_AFTER                                                                                  \
    "\0\x05\0\0\0\x23\0\0\0\x12\0\0\0\x2b\0\x05\x04\x03\x04\x03\x03\xff\x01\0\0\0\x0b\0\0\0\x0a"   \
    "\0\0\0\x15\0\0"

static void ja4_is_as_published(void **state)
{
    (void)state;
    expect_ja4(
        (struct fingerprint_hello){0x0303, BYTES(JA4_CIPHERS),
                                   BYTES(JA4_BEFORE JA4_ALPN JA4_BETWEEN JA4_SIGNATURES JA4_AFTER)},
        "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void ja4_without_values_of_signatures_ends_with_the_extensions(void **state)
{
    (void)state;
    expect_ja4((struct fingerprint_hello){0x0303, BYTES(JA4_CIPHERS),
                                          BYTES(JA4_BEFORE JA4_ALPN JA4_BETWEEN
                                                "\0\x0d\0\x02\0\0" JA4_AFTER)},
               "t13d1516h2_8daaf6152771_6d807ffa2a79");
}

static void ja4_leaves_grease_out_of_every_list(void **state)
{
    (void)state;
    expect_ja4(
        (struct fingerprint_hello){
            0x0303, BYTES("\x2a\x2a" JA4_CIPHERS),
            BYTES("\x3a\x3a\0\0" JA4_BEFORE "\0\x10\0\x08\0\x06\x02\x0a\x0a\x02h2" JA4_BETWEEN
                  "\0\x0d\0\x14\0\x12\x0a\x0a\x04\x03\x08\x04\x04\x01\x05\x03\x08\x05\x05\x01"
                  "\x08\x06\x06\x01\0\x05\0\0\0\x23\0\0\0\x12\0\0\0\x2b\0\x07\x06\xda\xda\x03"
                  "\x04\x03\x03\xff\x01\0\0\0\x0b\0\0\0\x0a\0\0\0\x15\0\0\x4a\x4a\0\x01\0")},
        "t13d1516h2_8daaf6152771_e5627efa2ab1");
}

static void ja4_tells_quic_by_its_first_letter(void **state)
{
    char text[FINGERPRINT_JA4];

    (void)state;
    assert_true(fingerprint_ja4(crypto, &ja3_example, true, text));
    assert_memory_equal(text, "q10d120300_", 11);
}

static void ja4_has_zeros_for_empty_lists(void **state)
{
    (void)state;
    expect_ja4((struct fingerprint_hello){0x0303, BYTES(""), BYTES("")},
               "t12i000000_000000000000_000000000000");
    expect_ja4((struct fingerprint_hello){0x0303, BYTES("\x0a\x0a"), BYTES("\0\0\0\0" JA4_ALPN)},
               "t12d0002h2_000000000000_000000000000");
}

/* The front of a hello of that version, with those extensions. */
static void expect_front(uint16_t version, struct bytes extensions, const char *expected)
{
    struct fingerprint_hello hello = {version, BYTES("\x13\x01"), extensions};
    char text[FINGERPRINT_JA4];

    assert_true(fingerprint_ja4(crypto, &hello, false, text));
    text[strlen(expected)] = '\0';
    assert_string_equal(text, expected);
}

static void ja4_knows_the_words_of_versions(void **state)
{
    (void)state;
    expect_front(0x0300, BYTES(""), "ts3i");
    expect_front(0x0301, BYTES(""), "t10i");
    expect_front(0x0302, BYTES(""), "t11i");
    expect_front(0x0303, BYTES(""), "t12i");
    expect_front(0x0002, BYTES(""), "ts2i");
    expect_front(0x0399, BYTES(""), "t00i");
    expect_front(0x0303, BYTES("\0\x2b\0\x05\x04\x03\x02\x03\x01"), "t11i");
    expect_front(0x0303, BYTES("\0\x2b\0\x05\x04\x7f\x1c\x03\x03"), "t00i"); /* a draft */
}

/* The table of JA4.md, and what it says of empty names. */
static void ja4_shows_first_and_last_of_the_first_protocol(void **state)
{
    (void)state;
    expect_front(0x0303, BYTES("\0\x10\0\x0b\0\x09\x08http/1.1"), "t12i0101h1");
    expect_front(0x0303, BYTES("\0\x10\0\x0e\0\x0c\x02h2\x08http/1.1"), "t12i0101h2");
    expect_front(0x0303, BYTES("\0\x10\0\x04\0\x02\x01x"), "t12i0101xx");
    expect_front(0x0303, BYTES("\0\x10\0\x03\0\x01\0"), "t12i010100");
    expect_front(0x0303, BYTES("\0\x10\0\0"), "t12i010100");
    expect_front(0x0303, BYTES("\0\x10\0\x04\0\x02\x01\xab"), "t12i0101ab");
    expect_front(0x0303, BYTES("\0\x10\0\x05\0\x03\x02\xab\xcd"), "t12i0101ad");
    expect_front(0x0303, BYTES("\0\x10\0\x05\0\x03\x02\x30\xab"), "t12i01013b");
    expect_front(0x0303, BYTES("\0\x10\0\x07\0\x05\x04\x30\x31\xab\xcd"), "t12i01013d");
    expect_front(0x0303, BYTES("\0\x10\0\x07\0\x05\x04\x30\xab\xcd\x31"), "t12i010101");
}

static void ja4_counts_to_99(void **state)
{
    static uint8_t ciphers[2 * 150];
    struct fingerprint_hello hello = {0x0303, bytes_view(ciphers, sizeof(ciphers)), BYTES("")};
    char text[FINGERPRINT_JA4];

    (void)state;
    assert_true(fingerprint_ja4(crypto, &hello, false, text));
    assert_memory_equal(text, "t12i990000_", 11);
}

static void a_hello_that_is_not_whole_has_no_fingerprint(void **state)
{
    static uint8_t many[65534];
    struct fingerprint_hello cut = {0x0303, BYTES("\x13\x01"), BYTES("\0\0\0\0\0\x10\0\x05\0")};
    struct fingerprint_hello long_one = {0x0303, bytes_view(many, sizeof(many)), BYTES("")};
    char ja3[FINGERPRINT_JA3] = "x";
    char ja4[FINGERPRINT_JA4] = "x";

    (void)state;
    assert_false(fingerprint_ja3(crypto, &cut, ja3));
    assert_false(fingerprint_ja4(crypto, &cut, false, ja4));
    assert_string_equal(ja3, "");
    assert_string_equal(ja4, "");
    assert_false(fingerprint_ja3s(crypto, &cut, ja3));
    assert_false(fingerprint_ja3(crypto, &long_one, ja3));
    assert_false(fingerprint_ja4(crypto, &long_one, false, ja4));
    assert_string_equal(ja4, "");
}

static void expect_client(struct fingerprint_hello hello, bool quic)
{
    char computed[FINGERPRINT_JA4];
    char ja3[FINGERPRINT_JA3];
    char ja4[FINGERPRINT_JA4];

    fingerprint_client(crypto, &hello, quic, ja3, ja4);
    (void)fingerprint_ja3(crypto, &hello, computed);
    assert_string_equal(ja3, computed);
    (void)fingerprint_ja4(crypto, &hello, quic, computed);
    assert_string_equal(ja4, computed);
}

/* One octet is another, wherever it stands: what is remembered of one hello must not be said of the
 * other. */
static void what_is_remembered_is_what_would_be_computed(void **state)
{
    uint8_t extensions[] = "\0\0\0\0"                       /* server name */
                           "\0\x0a\0\x06\0\x04\0\x17\0\x18" /* groups */
                           "\0\x0b\0\x02\x01\0"             /* point formats */
                           "\0\x0d\0\x04\0\x02\x04\x03"     /* signature algorithms */
                           "\0\x10\0\x05\0\x03\x02h2"       /* ALPN */
                           "\0\x2b\0\x03\x02\x03\x04";      /* versions */
    uint8_t ciphers[] = "\x13\x01\x13\x02";
    struct fingerprint_hello hello = {0x0303, bytes_view(ciphers, 4),
                                      bytes_view(extensions, sizeof(extensions) - 1)};

    (void)state;
    for (size_t i = 0; i < sizeof(extensions) - 1; i++) {
        uint8_t octet = extensions[i];

        expect_client(hello, false);
        extensions[i] = (uint8_t)(octet + 1);
        expect_client(hello, false);
        extensions[i] = 0x0a;
        expect_client(hello, false);
        extensions[i] = octet;
        expect_client(hello, true);
    }
    ciphers[1] = 0x03;
    expect_client(hello, false);
    hello.ciphers = bytes_view(ciphers, 2);
    expect_client(hello, false);
    hello.version = 0x0301;
    expect_client(hello, false);
}

static void a_server_is_not_taken_for_a_client(void **state)
{
    char ja3[FINGERPRINT_JA3];
    char ja4[FINGERPRINT_JA4];
    char ja3s[FINGERPRINT_JA3];
    char computed[FINGERPRINT_JA3];

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fingerprint_client(crypto, &ja3_example, false, ja3, ja4);
        fingerprint_server(crypto, &ja3_example, ja3s);
        assert_true(fingerprint_ja3s(crypto, &ja3_example, computed));
        assert_string_equal(ja3s, computed);
        assert_string_not_equal(ja3s, ja3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_remembered_is_what_would_be_computed),
        cmocka_unit_test(a_server_is_not_taken_for_a_client),
        cmocka_unit_test(ja3_is_as_published),
        cmocka_unit_test(ja3_leaves_grease_out_of_every_list),
        cmocka_unit_test(ja3s_is_that_of_tshark),
        cmocka_unit_test(ja4_is_as_published),
        cmocka_unit_test(ja4_without_values_of_signatures_ends_with_the_extensions),
        cmocka_unit_test(ja4_leaves_grease_out_of_every_list),
        cmocka_unit_test(ja4_tells_quic_by_its_first_letter),
        cmocka_unit_test(ja4_has_zeros_for_empty_lists),
        cmocka_unit_test(ja4_knows_the_words_of_versions),
        cmocka_unit_test(ja4_shows_first_and_last_of_the_first_protocol),
        cmocka_unit_test(ja4_counts_to_99),
        cmocka_unit_test(a_hello_that_is_not_whole_has_no_fingerprint),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
