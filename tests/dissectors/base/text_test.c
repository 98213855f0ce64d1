#include "dissectors/base/text.h"

#include <string.h>

#include "tests/support/test.h"

#define REPLACED "\xef\xbf\xbd"

static const char *set(struct bytes from)
{
    static char text[64];

    assert_true(text_set(text, sizeof(text), from));
    return text;
}

static void utf8_stays_as_it_is(void **state)
{
    (void)state;
    assert_string_equal(set(BYTES("J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x93\xa7")),
                        "J\xc3\xb6rg \xe2\x82\xac \xf0\x9f\x93\xa7");
    assert_string_equal(set(BYTES("")), "");
}

static void other_bytes_are_read_as_latin1(void **state)
{
    (void)state;
    assert_string_equal(set(BYTES("J\xf6rg")), "J\xc3\xb6rg");
    assert_string_equal(set(BYTES("\xff")), "\xc3\xbf");
    assert_string_equal(set(BYTES("a\xc3")), "a\xc3\x83"); /* cut inside a character */
}

static void malformed_utf8_is_no_utf8(void **state)
{
    static const char *const malformed[] = {
        "\xc0\xaf",         /* overlong */
        "\xc1\xbf",         /* overlong */
        "\xe0\x9f\xbf",     /* overlong */
        "\xf0\x8f\xbf\xbf", /* overlong */
        "\xed\xa0\x80",     /* a surrogate */
        "\xf4\x90\x80\x80", /* beyond U+10FFFF */
        "\xf5\x80\x80\x80", "\xe2\x82", "\xe2\x82z", "\xf0\x9f\x93", "\xbf",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(malformed) / sizeof(malformed[0]); i++) {
        const char *text = set(bytes_of_text(malformed[i]));

        assert_true((uint8_t)text[0] == 0xc2 || (uint8_t)text[0] == 0xc3 ||
                    strncmp(text, REPLACED, 3) == 0);
        assert_string_not_equal(text, malformed[i]);
    }
}

static void control_characters_are_replaced(void **state)
{
    (void)state;
    assert_string_equal(set(BYTES("a\nb\0c\x7f")), "a" REPLACED "b" REPLACED "c" REPLACED);
    assert_string_equal(set(BYTES("\xc2\x85")), REPLACED);
    assert_string_equal(set(BYTES("\xc2\xa0")), "\xc2\xa0");
    assert_string_equal(set(BYTES("\x9b\xff")), REPLACED "\xc3\xbf"); /* CSI, as Latin-1 */
}

static void what_does_not_fit_is_cut_at_a_character(void **state)
{
    char text[6];

    (void)state;
    assert_true(text_set(text, sizeof(text), BYTES("abcde")));
    assert_string_equal(text, "abcde");
    assert_false(text_set(text, sizeof(text), BYTES("abcdef")));
    assert_string_equal(text, "abcde");
    assert_false(text_set(text, sizeof(text), BYTES("abc\xe2\x82\xac")));
    assert_string_equal(text, "abc");
    assert_true(text_set(text, sizeof(text), BYTES("ab\xe2\x82\xac")));
    assert_false(text_set(text, 1, BYTES("a")));
    assert_string_equal(text, "");
}

static void appending_keeps_characters_whole(void **state)
{
    char text[8];

    (void)state;
    assert_true(text_copy(text, sizeof(text), "abc"));
    assert_true(text_append(text, sizeof(text), "defg"));
    assert_string_equal(text, "abcdefg");
    assert_false(text_append(text, sizeof(text), "h"));
    assert_string_equal(text, "abcdefg");
    assert_true(text_append(text, sizeof(text), ""));
    assert_true(text_copy(text, sizeof(text), "abcde"));
    assert_false(text_append(text, sizeof(text), "\xe2\x82\xac"));
    assert_string_equal(text, "abcde");
    assert_false(text_copy(text, sizeof(text), "abcdefgh"));
    assert_string_equal(text, "abcdefg");
}

/* The examples of RFC 3629, section 7, and one of four octets. */
static void a_character_is_one_to_four_octets(void **state)
{
    static const struct {
        uint32_t point;
        struct bytes octets;
    } points[] = {
        {0x41, {(const uint8_t *)"A", 1}},
        {0x391, {(const uint8_t *)"\xce\x91", 2}},
        {0x2262, {(const uint8_t *)"\xe2\x89\xa2", 3}},
        {0x233b4, {(const uint8_t *)"\xf0\xa3\x8e\xb4", 4}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(points) / sizeof(points[0]); i++) {
        uint8_t out[4];
        size_t len = text_put_utf8(points[i].point, out);

        assert_true(bytes_equal(bytes_view(out, len), points[i].octets));
    }
}

static void only_ascii_letters_become_lower(void **state)
{
    char text[] = "AZaz@[09\xc3\x84";

    (void)state;
    text_lower(text);
    assert_string_equal(text, "azaz@[09\xc3\x84");
}

static void numbers_are_decimal(void **state)
{
    char text[32] = "";

    (void)state;
    assert_true(text_append_number(text, sizeof(text), 0));
    assert_true(text_append_number(text, sizeof(text), 10));
    assert_true(text_append_number(text, sizeof(text), UINT64_MAX));
    assert_string_equal(text, "01018446744073709551615");
    assert_false(text_append_number(text, sizeof(text), UINT64_MAX));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_stays_as_it_is),
        cmocka_unit_test(other_bytes_are_read_as_latin1),
        cmocka_unit_test(malformed_utf8_is_no_utf8),
        cmocka_unit_test(control_characters_are_replaced),
        cmocka_unit_test(what_does_not_fit_is_cut_at_a_character),
        cmocka_unit_test(appending_keeps_characters_whole),
        cmocka_unit_test(a_character_is_one_to_four_octets),
        cmocka_unit_test(only_ascii_letters_become_lower),
        cmocka_unit_test(numbers_are_decimal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
