#include "export/format/json.h"

#include <string.h>

#include "tests/support/test.h"

static void expect_text(struct bytes text, const char *expected)
{
    char memory[256];
    struct json json;

    json_init(&json, memory, sizeof(memory));
    json_text(&json, text);
    assert_true(json_end(&json));
    assert_int_equal(json.len, strlen(expected));
    assert_memory_equal(memory, expected, json.len);
}

static void text_is_escaped_as_rfc_8259_says(void **state)
{
    (void)state;
    expect_text(BYTES(""), "\"\"");
    expect_text(BYTES("plain/text"), "\"plain/text\"");
    expect_text(BYTES("CONTOSO\\bob \"x\""), "\"CONTOSO\\\\bob \\\"x\\\"\"");
    expect_text(BYTES("\b\f\n\r\t"), "\"\\b\\f\\n\\r\\t\"");
    expect_text(BYTES("\x00\x1f\x7f"), "\"\\u0000\\u001f\\u007f\"");
}

static void utf8_goes_through_and_other_bytes_are_replaced(void **state)
{
    (void)state;
    expect_text(BYTES("J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\xa7"),
                "\"J\xc3\xbcrgen \xe2\x82\xac \xf0\x9f\x93\xa7\"");
    expect_text(BYTES("a\xff"), "\"a\xef\xbf\xbd\"");
    expect_text(BYTES("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* cut short */
    expect_text(BYTES("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\""); /* overlong '/' */
    expect_text(BYTES("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""); /* surrogate */
}

static void commas_stand_between_and_nowhere_else(void **state)
{
    static const char expected[] = "{\"a\":{},\"b\":[1,\"x\",[]],\"c\":true}";
    char memory[128];
    struct json json;

    (void)state;
    json_init(&json, memory, sizeof(memory));
    json_open(&json, '{');
    json_key(&json, BYTES("a"));
    json_open(&json, '{');
    json_close(&json, '}');
    json_key(&json, BYTES("b"));
    json_open(&json, '[');
    json_token(&json, BYTES("1"));
    json_text(&json, BYTES("x"));
    json_open(&json, '[');
    json_close(&json, ']');
    json_close(&json, ']');
    json_key(&json, BYTES("c"));
    json_token(&json, BYTES("true"));
    json_close(&json, '}');
    assert_true(json_end(&json));
    assert_int_equal(json.len, sizeof(expected) - 1);
    assert_memory_equal(memory, expected, json.len);
}

static void expect_list(struct bytes text, const char *expected)
{
    char memory[128];
    struct json json;

    json_init(&json, memory, sizeof(memory));
    json_list(&json, text);
    assert_int_equal(json.len, strlen(expected));
    assert_memory_equal(memory, expected, json.len);
}

static void a_list_has_no_empty_members(void **state)
{
    (void)state;
    expect_list(BYTES(""), "[]");
    expect_list(BYTES("one"), "[\"one\"]");
    expect_list(BYTES("one, two,,three,"), "[\"one\",\"two\",\"three\"]");
    expect_list(BYTES(" , "), "[]");
}

static void overflow_is_sticky_and_writes_nothing_past_the_end(void **state)
{
    char memory[16];
    struct json json;

    (void)state;
    for (size_t size = 0; size < 12; size++) { /* {"key":"v"} has 11 bytes */
        memset(memory, '#', sizeof(memory));
        json_init(&json, memory, size);
        json_open(&json, '{');
        json_key(&json, BYTES("key"));
        json_text(&json, BYTES("v"));
        json_close(&json, '}');
        assert_int_equal(json_end(&json), size >= 11);
        assert_true(json.len <= size);
        for (size_t i = size; i < sizeof(memory); i++) {
            assert_int_equal(memory[i], '#');
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_escaped_as_rfc_8259_says),
        cmocka_unit_test(utf8_goes_through_and_other_bytes_are_replaced),
        cmocka_unit_test(commas_stand_between_and_nowhere_else),
        cmocka_unit_test(a_list_has_no_empty_members),
        cmocka_unit_test(overflow_is_sticky_and_writes_nothing_past_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
