#include "dissectors/tls/record.h"

#include <stdlib.h>
#include <string.h>

#include "tests/support/test.h"

static void expect_record(struct bytes in, enum record_result expected, size_t wanted)
{
    struct bytes rest = in;
    struct record record;
    size_t want = 0;

    assert_int_equal(record_take(&rest, &record, &want), expected);
    assert_int_equal(rest.len, expected == RECORD_WHOLE ? 0 : in.len);
    if (expected == RECORD_PART) {
        assert_int_equal(want, wanted);
    }
}

static void a_record_is_whole_in_part_or_none(void **state)
{
    (void)state;
    expect_record(BYTES(""), RECORD_PART, 5);
    expect_record(BYTES("\x16"), RECORD_PART, 5);
    expect_record(BYTES("\x16\x03\x01\0"), RECORD_PART, 5);
    expect_record(BYTES("\x16\x03\x01\0\x02"
                        "a"),
                  RECORD_PART, 7);
    expect_record(BYTES("\x16\x03\x01\0\x02"
                        "ab"),
                  RECORD_WHOLE, 0);
    expect_record(BYTES("\x17\x03\x03\0\0"), RECORD_WHOLE, 0);
    expect_record(BYTES("\x13\x03\x03\0\0"), RECORD_NONE, 0);
    expect_record(BYTES("\x18\x03\x03\0\0"), RECORD_NONE, 0);
    expect_record(BYTES("\x16\x02"), RECORD_NONE, 0);
    expect_record(BYTES("\x16\x03\x05\0\0"), RECORD_NONE, 0);
}

/* 2^14 and what ciphers up to TLS 1.2 may add; TLS 1.3 adds less, and looks the same from here. */
static void a_body_has_the_length_that_the_standard_allows(void **state)
{
    (void)state;
    expect_record(BYTES("\x17\x03\x03\x48\0"), RECORD_PART, 5 + 18432);
    expect_record(BYTES("\x17\x03\x03\x48\x01"), RECORD_NONE, 0);
}

/* Feeds in pieces, as records would carry them; how many messages came, and their bodies one after
 * another. */
static size_t take_all(struct bytes in, size_t piece, char *text, size_t size)
{
    struct handshake handshake = {0};
    size_t num = 0;
    size_t len = 0;

    while (in.len > 0) {
        struct bytes record = bytes_first(in, piece);
        struct bytes message;
        uint8_t type;

        in = bytes_after(in, piece);
        while (record.len > 0 &&
               handshake_take(&handshake, &record, &type, &message) == HANDSHAKE_WHOLE) {
            assert_int_equal(type, num + 1);
            assert_true(len + message.len < size);
            (void)take_into(&(struct bytes){message.at, message.len}, text + len, message.len);
            len += message.len;
            num++;
        }
    }
    text[len] = '\0';
    handshake_clear(&handshake);
    assert_null(handshake.held);
    return num;
}

static void messages_are_the_same_however_records_cut_them(void **state)
{
    static const char messages[] = "\x01\0\0\x03"
                                   "one"
                                   "\x02\0\0\0"
                                   "\x03\0\0\x05"
                                   "three"
                                   "\x04\0\0\x04"
                                   "four";
    char text[64];

    (void)state;
    for (size_t piece = 1; piece < sizeof(messages); piece++) {
        struct bytes in = bytes_view(messages, sizeof(messages) - 1);

        assert_int_equal(take_all(in, piece, text, sizeof(text)), 4);
        assert_string_equal(text, "onethreefour");
    }
}

/* Feeds a message of that length in records of 16384; the last result. */
static enum handshake_result take_long(size_t len, size_t *size)
{
    static char body[4 + HANDSHAKE_MAX + 1];
    struct handshake handshake = {0};
    struct bytes in = bytes_view(body, 4 + len);
    enum handshake_result result = HANDSHAKE_PART;

    body[0] = 11;
    body[1] = (char)(len >> 16);
    body[2] = (char)(len >> 8);
    body[3] = (char)len;
    while (in.len > 0 && result == HANDSHAKE_PART) {
        struct bytes record = bytes_first(in, 16384);
        struct bytes message;
        uint8_t type;

        in = bytes_after(in, 16384);
        result = handshake_take(&handshake, &record, &type, &message);
    }
    *size = handshake.size;
    handshake_clear(&handshake);
    return result;
}

static void the_longest_message_costs_its_length_and_a_longer_one_nothing(void **state)
{
    size_t size;

    (void)state;
    assert_int_equal(take_long(HANDSHAKE_MAX, &size), HANDSHAKE_WHOLE);
    assert_int_equal(size, 4 + HANDSHAKE_MAX);
    assert_int_equal(take_long(HANDSHAKE_MAX + 1, &size), HANDSHAKE_REFUSED);
    assert_in_range(size, 0, 512);
}

static void a_length_costs_nothing_before_its_bytes_have_come(void **state)
{
    struct handshake handshake = {0};
    struct bytes record = BYTES("\x0b\0\xff\xff"
                                "a");
    struct bytes message;
    uint8_t type;

    (void)state;
    assert_int_equal(handshake_take(&handshake, &record, &type, &message), HANDSHAKE_PART);
    assert_in_range(handshake.size, 5, 512);
    handshake_clear(&handshake);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_is_whole_in_part_or_none),
        cmocka_unit_test(a_body_has_the_length_that_the_standard_allows),
        cmocka_unit_test(messages_are_the_same_however_records_cut_them),
        cmocka_unit_test(the_longest_message_costs_its_length_and_a_longer_one_nothing),
        cmocka_unit_test(a_length_costs_nothing_before_its_bytes_have_come),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
