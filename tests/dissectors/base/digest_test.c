#include "tests/support/test.h"

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
        cmocka_unit_test(hex_stops_at_a_whole_octet),
        cmocka_unit_test(base64_is_that_of_the_standard),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
