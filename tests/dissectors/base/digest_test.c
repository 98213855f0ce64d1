#include "tests/support/test.h"

#include <string.h>

#include "dissectors/base/digest.h"

static void digests_are_those_of_the_standard(void **state)
{
    /* FIPS 180-2, appendices A.1 and B.1: "abc". */
    struct digester *digester = digester_new();
    const struct bytes parts[] = {BYTES("a"), BYTES(""), BYTES("bc")};
    uint8_t sha1[SHA1_SIZE];
    uint8_t sha256[SHA256_SIZE];
    char text[65];

    (void)state;
    assert_non_null(digester);
    for (int i = 0; i < 2; i++) { /* a digester is used again */
        assert_true(digest_sha1(digester, parts, 3, sha1));
        digest_print_hex(bytes_view(sha1, sizeof(sha1)), text, sizeof(text));
        assert_string_equal(text, "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_true(digest_sha256(digester, parts, 3, sha256));
        digest_print_hex(bytes_view(sha256, sizeof(sha256)), text, sizeof(text));
        assert_string_equal(text,
                            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
    digester_free(digester);
}

static void an_hmac_is_that_of_the_standard(void **state)
{
    /* RFC 4231, cases 2, 1 and 6: the last key is longer than a block. */
    static const uint8_t short_key[20] = "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b"
                                         "\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b\x0b";
    uint8_t long_key[131];
    struct digester *digester = digester_new();
    const struct {
        struct bytes key;
        struct bytes parts[2];
        const char *hmac;
    } cases[] = {
        {BYTES("Jefe"),
         {BYTES("what do ya want "), BYTES("for nothing?")},
         "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
        {bytes_view(short_key, sizeof(short_key)),
         {BYTES("Hi There"), BYTES("")},
         "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
        {bytes_view(long_key, sizeof(long_key)),
         {BYTES("Test Using Larger Than Block-Size Key - "), BYTES("Hash Key First")},
         "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
    };

    (void)state;
    assert_non_null(digester);
    memset(long_key, 0xaa, sizeof(long_key));
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint8_t digest[SHA256_SIZE];
        char text[65];

        assert_true(digest_hmac_sha256(digester, cases[i].key, cases[i].parts, 2, digest));
        digest_print_hex(bytes_view(digest, sizeof(digest)), text, sizeof(text));
        assert_string_equal(text, cases[i].hmac);
    }
    digester_free(digester);
}

static void hex_stops_at_a_whole_octet(void **state)
{
    char text[6];

    (void)state;
    digest_print_hex(BYTES("\xab\xcd\xef"), text, sizeof(text));
    assert_string_equal(text, "abcd");
}

static void base64_is_that_of_the_standard(void **state)
{
    /* RFC 4648, section 10. */
    static const struct {
        const char *in;
        const char *out;
    } vectors[] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };
    char text[16];

    (void)state;
    for (size_t i = 0; i < sizeof(vectors) / sizeof(vectors[0]); i++) {
        digest_print_base64(bytes_of_text(vectors[i].in), text, sizeof(text));
        assert_string_equal(text, vectors[i].out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_are_those_of_the_standard),
        cmocka_unit_test(an_hmac_is_that_of_the_standard),
        cmocka_unit_test(hex_stops_at_a_whole_octet),
        cmocka_unit_test(base64_is_that_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
