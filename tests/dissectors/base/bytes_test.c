#include "dissectors/base/bytes.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

/* A view of a block of exactly its size, so that sanitizers see every over-read. */
static struct bytes exactly(struct bytes from)
{
    uint8_t *copy = malloc(from.len > 0 ? from.len : 1);

    assert_non_null(copy);
    memcpy(copy, from.at, from.len);
    return bytes_view(copy, from.len);
}

static void let_go(struct bytes in)
{
    free((void *)(uintptr_t)in.at);
}

#define assert_bytes(in, literal) assert_true(bytes_equal(in, BYTES(literal)))

static void integers_are_big_endian_unless_said_otherwise(void **state)
{
    struct bytes all = exactly(BYTES("\x01\x02\x03\x04\x05\x06\x07\x08"));
    struct bytes in = all;
    uint8_t u8;
    uint16_t u16;
    uint32_t u32;
    uint64_t u64;

    (void)state;
    assert_true(take_u8(&in, &u8));
    assert_int_equal(u8, 1);
    assert_true(take_u16(&in, &u16));
    assert_int_equal(u16, 0x0203);
    assert_true(take_u24(&in, &u32));
    assert_int_equal(u32, 0x040506);
    assert_int_equal(in.len, 2);
    in = all;
    assert_true(take_u32(&in, &u32));
    assert_int_equal(u32, 0x01020304);
    assert_true(take_u32_le(&in, &u32));
    assert_int_equal(u32, 0x08070605);
    in = all;
    assert_true(take_u64(&in, &u64));
    assert_true(u64 == 0x0102030405060708);
    in = all;
    assert_true(take_u64_le(&in, &u64));
    assert_true(u64 == 0x0807060504030201);
    in = all;
    assert_true(take_u16_le(&in, &u16));
    assert_int_equal(u16, 0x0201);
    let_go(all);
}

/* The examples of RFC 9000, appendix A.1. */
static void integers_of_quic_say_how_long_they_are(void **state)
{
    struct bytes all = exactly(BYTES("\xc2\x19\x7c\x5e\xff\x14\xe8\x8c\x9d\x7f\x3e\x7d"
                                     "\x7b\xbd\x25\x40\x25\xc2\x19"));
    struct bytes in = all;
    uint64_t value;

    (void)state;
    assert_true(take_varint(&in, &value) && value == UINT64_C(151288809941952652));
    assert_true(take_varint(&in, &value) && value == 494878333);
    assert_true(take_varint(&in, &value) && value == 15293);
    assert_true(take_varint(&in, &value) && value == 37);
    assert_true(take_varint(&in, &value) && value == 37);
    assert_false(take_varint(&in, &value));
    assert_int_equal(in.len, 2);
    assert_false((in = BYTES(""), take_varint(&in, &value)));
    let_go(all);
}

static void an_integer_needs_all_its_bytes(void **state)
{
    struct bytes all = exactly(BYTES("\xff\xfe\xfd\xfc\xfb\xfa\xf9"));

    (void)state;
    for (size_t len = 0; len < 8; len++) {
        uint8_t u8 = 1;
        uint16_t u16 = 2;
        uint32_t u32 = 3;
        uint64_t u64 = 4;
        struct bytes front = exactly(bytes_first(all, len));
        struct bytes in = front;

        assert_int_equal((in = front, take_u8(&in, &u8)), len >= 1);
        assert_int_equal((in = front, take_u16(&in, &u16)), len >= 2);
        assert_int_equal((in = front, take_u16_le(&in, &u16)), len >= 2);
        assert_int_equal((in = front, take_u24(&in, &u32)), len >= 3);
        assert_int_equal((in = front, take_u32(&in, &u32)), len >= 4);
        assert_int_equal((in = front, take_u32_le(&in, &u32)), len >= 4);
        assert_false((in = front, take_u64(&in, &u64)));
        assert_false((in = front, take_u64_le(&in, &u64)));
        assert_int_equal(u64, 4);
        let_go(front);
    }
    let_go(all);
}

static void a_failed_take_changes_nothing(void **state)
{
    struct bytes all = exactly(BYTES("\x05"
                                     "ab"));
    struct bytes in = all;
    struct bytes out = BYTES("before");
    uint8_t block[4] = {9, 9, 9, 9};
    uint32_t number = 77;
    uint64_t value = 77;

    (void)state;
    assert_false(take_bytes(&in, 4, &out));
    assert_false(take_bytes(&in, SIZE_MAX, &out));
    assert_false(take_skip(&in, 4));
    assert_false(take_into(&in, block, 4));
    assert_false(take_u32(&in, &number));
    assert_false(take_u8_vector(&in, &out));
    assert_false(take_u16_vector(&in, &out));
    assert_false(take_u24_vector(&in, &out));
    assert_false(take_line(&in, &out));
    assert_false(take_until(&in, 'c', &out));
    assert_false(take_prefix(&in, BYTES("ab")));
    assert_false(take_prefix_nocase(&in, BYTES("ab")));
    assert_false(take_prefix(&in, BYTES("\x05"
                                        "abc")));
    assert_false(take_decimal(&in, 99, &value));
    assert_false(take_hex(&in, 99, &value));
    assert_ptr_equal(in.at, all.at);
    assert_int_equal(in.len, 3);
    assert_bytes(out, "before");
    assert_int_equal(block[0], 9);
    assert_int_equal(number, 77);
    assert_int_equal(value, 77);
    let_go(all);
}

static void a_take_ends_at_the_last_byte(void **state)
{
    struct bytes all = exactly(BYTES("abc"));
    struct bytes in = all;
    struct bytes out;

    (void)state;
    assert_true(take_bytes(&in, 3, &out));
    assert_bytes(out, "abc");
    assert_int_equal(in.len, 0);
    assert_false(take_skip(&in, 1));
    assert_true(take_bytes(&in, 0, &out));
    assert_int_equal(out.len, 0);
    let_go(all);
}

static void an_empty_view_may_have_no_address(void **state)
{
    struct bytes in = {NULL, 0};
    struct bytes out;
    size_t position;
    uint8_t byte;

    (void)state;
    assert_true(take_bytes(&in, 0, &out));
    assert_true(take_into(&in, &byte, 0));
    assert_false(take_u8(&in, &byte));
    assert_false(take_line(&in, &out));
    assert_false(take_word(&in, &out));
    assert_int_equal(take_spaces(&in), 0);
    assert_false(bytes_find_byte(in, 'a', &position));
    assert_false(bytes_find(in, BYTES("a"), &position));
    assert_false(bytes_find_nocase(in, BYTES("a"), &position));
    assert_true(bytes_equal(in, BYTES("")));
    assert_true(bytes_equal_nocase(in, BYTES("")));
    assert_true(bytes_starts(in, BYTES("")));
    assert_int_equal(bytes_after(in, 1).len, 0);
    assert_int_equal(bytes_trim(in).len, 0);
    bytes_wipe(NULL, 0);
}

static void a_vector_holds_what_its_length_says(void **state)
{
    struct bytes in = BYTES("\x02"
                            "abc");
    struct bytes out;

    (void)state;
    assert_true(take_u8_vector(&in, &out));
    assert_bytes(out, "ab");
    assert_bytes(in, "c");
    in = BYTES("\0\x01"
               "ab");
    assert_true(take_u16_vector(&in, &out));
    assert_bytes(out, "a");
    in = BYTES("\0\0\x02"
               "ab");
    assert_true(take_u24_vector(&in, &out));
    assert_bytes(out, "ab");
    in = BYTES("\0");
    assert_true(take_u8_vector(&in, &out));
    assert_int_equal(out.len, 0);
}

static void a_line_ends_at_lf_and_loses_one_cr(void **state)
{
    struct bytes in = BYTES("one\r\ntwo\n\r\r\n\n\r\nrest\r");
    struct bytes line;

    (void)state;
    assert_true(take_line(&in, &line));
    assert_bytes(line, "one");
    assert_true(take_line(&in, &line));
    assert_bytes(line, "two");
    assert_true(take_line(&in, &line));
    assert_bytes(line, "\r");
    assert_true(take_line(&in, &line));
    assert_int_equal(line.len, 0);
    assert_true(take_line(&in, &line));
    assert_int_equal(line.len, 0);
    assert_false(take_line(&in, &line));
    assert_bytes(in, "rest\r");
}

static void words_and_spaces_take_turns(void **state)
{
    struct bytes in = BYTES("a1 \t LOGIN");
    struct bytes word;

    (void)state;
    assert_true(take_word(&in, &word));
    assert_bytes(word, "a1");
    assert_false(take_word(&in, &word));
    assert_int_equal(take_spaces(&in), 3);
    assert_int_equal(take_spaces(&in), 0);
    assert_true(take_word(&in, &word));
    assert_bytes(word, "LOGIN");
    assert_false(take_word(&in, &word));
    in = BYTES("user\0pass");
    assert_true(take_until(&in, '\0', &word));
    assert_bytes(word, "user");
    assert_bytes(in, "pass");
}

static void a_prefix_is_taken_whole(void **state)
{
    struct bytes in = BYTES("Basic abc");

    (void)state;
    assert_false(take_prefix(&in, BYTES("basic ")));
    assert_true(take_prefix_nocase(&in, BYTES("basic ")));
    assert_bytes(in, "abc");
    assert_true(take_prefix(&in, BYTES("abc")));
    assert_int_equal(in.len, 0);
    assert_true(take_prefix(&in, BYTES("")));
    in = BYTES("@[`{");
    assert_false(take_prefix_nocase(&in, BYTES("`{@["))); /* 0x20 apart, and no letters */
}

static void numbers_know_their_maximum(void **state)
{
    struct bytes in = BYTES("0123x");
    uint64_t value;

    (void)state;
    assert_true(take_decimal(&in, 123, &value));
    assert_int_equal(value, 123);
    assert_bytes(in, "x");
    in = BYTES("124");
    assert_false(take_decimal(&in, 123, &value));
    in = BYTES("18446744073709551615");
    assert_true(take_decimal(&in, UINT64_MAX, &value));
    assert_true(value == UINT64_MAX);
    in = BYTES("18446744073709551616");
    assert_false(take_decimal(&in, UINT64_MAX, &value));
    in = BYTES("7");
    assert_false(take_decimal(&in, 5, &value));
    in = BYTES("-1");
    assert_false(take_decimal(&in, 5, &value));
    in = BYTES("fFg");
    assert_true(take_hex(&in, 255, &value));
    assert_int_equal(value, 255);
    assert_bytes(in, "g");
    in = BYTES("100");
    assert_false(take_hex(&in, 255, &value));
    in = BYTES("");
    assert_false(take_hex(&in, 255, &value));
}

static void looking_takes_nothing(void **state)
{
    struct bytes in = exactly(BYTES("ab"));
    uint8_t byte;

    (void)state;
    assert_true(peek_u8(in, &byte));
    assert_int_equal(byte, 'a');
    assert_true(peek_u8_at(in, 1, &byte));
    assert_int_equal(byte, 'b');
    assert_false(peek_u8_at(in, 2, &byte));
    assert_false(peek_u8_at(in, SIZE_MAX, &byte));
    assert_bytes(bytes_first(in, 1), "a");
    assert_bytes(bytes_first(in, 9), "ab");
    assert_bytes(bytes_after(in, 1), "b");
    assert_int_equal(bytes_after(in, 2).len, 0);
    assert_int_equal(bytes_after(in, 3).len, 0);
    assert_bytes(bytes_trim(BYTES(" \t a b\t ")), "a b");
    assert_int_equal(bytes_trim(BYTES(" \t")).len, 0);
    assert_int_equal(bytes_of_text("abc").len, 3);
    let_go(in);
}

static void comparing_minds_case_where_it_says_so(void **state)
{
    (void)state;
    assert_true(bytes_equal(BYTES("abc"), BYTES("abc")));
    assert_false(bytes_equal(BYTES("abc"), BYTES("abC")));
    assert_false(bytes_equal(BYTES("abc"), BYTES("ab")));
    assert_true(bytes_equal_nocase(BYTES("aBc"), BYTES("AbC")));
    assert_false(bytes_equal_nocase(BYTES("abc"), BYTES("abcd")));
    assert_false(bytes_equal_nocase(BYTES("\xc4"), BYTES("\xe4")));
    assert_true(bytes_starts(BYTES("abc"), BYTES("ab")));
    assert_false(bytes_starts(BYTES("ab"), BYTES("abc")));
    assert_true(bytes_starts_nocase(BYTES("ABC"), BYTES("ab")));
    assert_true(bytes_ends_nocase(BYTES("mail.ASMX"), BYTES(".asmx")));
    assert_false(bytes_ends_nocase(BYTES("smx"), BYTES(".asmx")));
    assert_false(bytes_ends_nocase(BYTES("mail.asmx "), BYTES(".asmx")));
}

static void a_word_of_ours_is_met_whole_and_in_either_case(void **state)
{
    (void)state;
    assert_true(bytes_is_word(BYTES("LoGin"), "LOGIN"));
    assert_false(bytes_is_word(BYTES("LOGI"), "LOGIN"));
    assert_false(bytes_is_word(BYTES("LOGINS"), "LOGIN"));
    assert_false(bytes_is_word(BYTES("LOGIN\0"), "LOGIN"));
    assert_false(bytes_is_word(bytes_view(NULL, 0), "LOGIN"));
    assert_true(bytes_starts_word(BYTES("250-size 1"), "250-SIZE"));
    assert_true(bytes_starts_word(BYTES("250-SIZE"), "250-SIZE"));
    assert_false(bytes_starts_word(BYTES("250-SIZ"), "250-SIZE"));
    assert_false(bytes_starts_word(bytes_view(NULL, 0), "250"));
}

/* Eight at a time are looked at: at any place of a text of any length the odd one is found. */
static void one_odd_byte_makes_a_text_unprintable_wherever_it_stands(void **state)
{
    static const uint8_t odd[] = {0x00, 0x09, 0x1f, 0x7f, 0x80, 0xff};
    uint8_t text[40];

    (void)state;
    for (size_t len = 0; len <= sizeof(text); len++) {
        for (size_t i = 0; i < len; i++) {
            text[i] = i % 2 == 0 ? ' ' : '~';
        }
        assert_true(bytes_is_printable(bytes_view(text, len)));
        for (size_t at = 0; at < len; at++) {
            uint8_t right = text[at];

            for (size_t i = 0; i < sizeof(odd); i++) {
                text[at] = odd[i];
                assert_false(bytes_is_printable(bytes_view(text, len)));
            }
            text[at] = right;
        }
    }
}

static void a_run_ends_at_another_byte_or_at_the_last(void **state)
{
    uint8_t zeros[40] = {0};

    (void)state;
    for (size_t len = 0; len <= sizeof(zeros); len++) {
        for (size_t end = 0; end <= len; end++) {
            struct bytes in = bytes_view(zeros, len);

            if (end < len) {
                zeros[end] = 6;
            }
            assert_int_equal(take_run(&in, 0), end);
            assert_int_equal(in.len, len - end);
            assert_int_equal(take_run(&in, 0), 0);
            if (end < len) {
                zeros[end] = 0;
            }
        }
    }
}

static void finding_gives_the_first_place(void **state)
{
    struct bytes in = exactly(BYTES("one two TWO"));
    size_t position = 99;

    (void)state;
    assert_true(bytes_find(in, BYTES("TWO"), &position));
    assert_int_equal(position, 8);
    assert_true(bytes_find_nocase(in, BYTES("TWO"), &position));
    assert_int_equal(position, 4);
    assert_true(bytes_find_byte(in, 'o', &position));
    assert_int_equal(position, 0);
    assert_true(bytes_find(in, BYTES("one two TWO"), &position));
    assert_int_equal(position, 0);
    position = 99;
    assert_false(bytes_find(in, BYTES("two TWO!"), &position));
    assert_false(bytes_find_nocase(in, BYTES("three"), &position));
    assert_false(bytes_find_nocase(in, BYTES("one two two!"), &position));
    assert_false(bytes_find_byte(in, 'x', &position));
    assert_false(bytes_find(in, BYTES(""), &position));
    assert_false(bytes_find_nocase(in, BYTES(""), &position));
    assert_int_equal(position, 99);
    assert_true(bytes_has_nocase(in, BYTES("E T")));
    let_go(in);
}

static void a_copy_fits_or_is_not_made(void **state)
{
    char copy[4] = "xyz";
    size_t len = 9;

    (void)state;
    assert_false(bytes_copy(BYTES("abcd"), copy, 3, &len));
    assert_int_equal(len, 9);
    assert_string_equal(copy, "xyz");
    assert_true(bytes_copy(BYTES("abc"), copy, 3, &len));
    assert_int_equal(len, 3);
    assert_string_equal(copy, "abc");
    assert_true(bytes_copy(BYTES(""), copy, 0, &len));
    assert_int_equal(len, 0);
}

static void wiping_leaves_zeros_and_no_more(void **state)
{
    char secret[8] = "hunter2";

    (void)state;
    bytes_wipe(secret, 6);
    assert_memory_equal(secret,
                        "\0\0\0\0\0\0"
                        "2",
                        8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(integers_are_big_endian_unless_said_otherwise),
        cmocka_unit_test(integers_of_quic_say_how_long_they_are),
        cmocka_unit_test(an_integer_needs_all_its_bytes),
        cmocka_unit_test(a_failed_take_changes_nothing),
        cmocka_unit_test(a_take_ends_at_the_last_byte),
        cmocka_unit_test(an_empty_view_may_have_no_address),
        cmocka_unit_test(a_vector_holds_what_its_length_says),
        cmocka_unit_test(a_line_ends_at_lf_and_loses_one_cr),
        cmocka_unit_test(words_and_spaces_take_turns),
        cmocka_unit_test(a_prefix_is_taken_whole),
        cmocka_unit_test(numbers_know_their_maximum),
        cmocka_unit_test(looking_takes_nothing),
        cmocka_unit_test(comparing_minds_case_where_it_says_so),
        cmocka_unit_test(a_word_of_ours_is_met_whole_and_in_either_case),
        cmocka_unit_test(one_odd_byte_makes_a_text_unprintable_wherever_it_stands),
        cmocka_unit_test(a_run_ends_at_another_byte_or_at_the_last),
        cmocka_unit_test(finding_gives_the_first_place),
        cmocka_unit_test(a_copy_fits_or_is_not_made),
        cmocka_unit_test(wiping_leaves_zeros_and_no_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
