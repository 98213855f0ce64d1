#include "dissectors/base/schema.h"

#include <string.h>

#include "tests/support/test.h"

enum colour { COLOUR_NONE, COLOUR_RED };

struct thing {
    char text[8];
    const char *string;
    uint64_t u64;
    uint32_t u32;
    uint16_t u16;
    uint16_t port;
    bool flag;
    double real;
    struct timestamp time;
    struct address address;
    struct mac mac;
    enum colour colour;
};

static const char *colour_word(unsigned value)
{
    return value == COLOUR_RED ? "red" : "";
}

static const struct field fields[] = {
    FIELD(struct thing, text, "text", ""),
    FIELD_POINTER(struct thing, string, "string", ""),
    FIELD(struct thing, u64, "u64", ""),
    FIELD(struct thing, u32, "u32", ""),
    FIELD(struct thing, u16, "u16", ""),
    FIELD_OPTIONAL(struct thing, port, "port", ""),
    FIELD(struct thing, flag, "flag", ""),
    FIELD(struct thing, real, "real", ""),
    FIELD(struct thing, time, "time", ""),
    FIELD(struct thing, address, "address", ""),
    FIELD(struct thing, mac, "mac", ""),
    FIELD_ENUM(struct thing, colour, colour_word, "colour", ""),
    FIELD_CONST("always", "constant", ""),
    FIELD_LIST(struct thing, text, "list", ""),
};
static const struct schema schema = {"thing", fields, sizeof(fields) / sizeof(fields[0])};

static const struct field *named(const char *name)
{
    const struct field *field = schema_find(&schema, bytes_of_text(name));

    assert_non_null(field);
    return field;
}

static void expect_text(const struct thing *thing, const char *name, const char *expected)
{
    char scratch[FIELD_TEXT_MAX];

    assert_true(bytes_equal(field_text(named(name), thing, scratch), bytes_of_text(expected)));
}

static void kinds_follow_the_members(void **state)
{
    static const struct {
        const char *name;
        enum field_kind kind;
    } kinds[] = {
        {"text", FIELD_TEXT}, {"string", FIELD_STRING}, {"u64", FIELD_U64},
        {"u32", FIELD_U32},   {"u16", FIELD_U16},       {"flag", FIELD_BOOL},
        {"real", FIELD_REAL}, {"time", FIELD_TIME},     {"address", FIELD_ADDRESS},
        {"mac", FIELD_MAC},   {"colour", FIELD_WORD},   {"constant", FIELD_CONSTANT},
        {"list", FIELD_TEXT},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        assert_int_equal(named(kinds[i].name)->kind, kinds[i].kind);
    }
    assert_true(named("list")->list);
    assert_false(named("text")->list);
}

static void values_are_written(void **state)
{
    static const struct thing thing = {
        .text = "abc",
        .string = "def",
        .u64 = UINT64_MAX,
        .u32 = UINT32_MAX,
        .u16 = UINT16_MAX,
        .port = 993,
        .flag = true,
        .real = 0.5,
        .time = {1709210096789012345u}, /* date -u -d @1709210096: 2024-02-29 12:34:56 */
        .address = {{192, 0, 2, 7}, 4},
        .mac = {{0, 0x1b, 0x54, 0xaa, 0, 1}, true},
        .colour = COLOUR_RED,
    };

    (void)state;
    expect_text(&thing, "text", "abc");
    expect_text(&thing, "string", "def");
    expect_text(&thing, "u64", "18446744073709551615");
    expect_text(&thing, "u32", "4294967295");
    expect_text(&thing, "u16", "65535");
    expect_text(&thing, "port", "993");
    expect_text(&thing, "flag", "true");
    expect_text(&thing, "real", "0.5");
    expect_text(&thing, "time", "2024-02-29T12:34:56.789012Z");
    expect_text(&thing, "address", "192.0.2.7");
    expect_text(&thing, "mac", "00-1B-54-AA-00-01");
    expect_text(&thing, "colour", "red");
    expect_text(&thing, "constant", "always");
}

static void nothing_is_told_from_zero(void **state)
{
    static const struct thing empty = {.real = -1};
    static const char *const absent[] = {"text", "string",  "port", "real",
                                         "time", "address", "mac",  "colour"};

    (void)state;
    for (size_t i = 0; i < sizeof(absent) / sizeof(absent[0]); i++) {
        assert_true(field_is_absent(named(absent[i]), &empty));
        expect_text(&empty, absent[i], "");
    }
    expect_text(&empty, "u64", "0");
    expect_text(&empty, "u32", "0");
    expect_text(&empty, "u16", "0");
    expect_text(&empty, "flag", "false");
}

static void numbers_are_numbers(void **state)
{
    static const struct thing thing = {.u64 = 5, .u16 = 7, .real = 0.25, .text = "9"};
    double number = -1;

    (void)state;
    assert_true(field_number(named("u64"), &thing, &number));
    assert_true(number == 5);
    assert_true(field_number(named("u32"), &thing, &number));
    assert_true(number == 0);
    assert_true(field_number(named("u16"), &thing, &number));
    assert_true(number == 7);
    assert_true(field_number(named("real"), &thing, &number));
    assert_true(number == 0.25);
    assert_false(field_number(named("port"), &thing, &number));
    assert_false(field_number(named("text"), &thing, &number));
    assert_false(field_number(named("flag"), &thing, &number));
    assert_true(number == 0.25);
    assert_true(field_is_numeric(named("u16")));
    assert_false(field_is_numeric(named("time")));
}

static void only_whole_names_are_found(void **state)
{
    (void)state;
    assert_null(schema_find(&schema, BYTES("tex")));
    assert_null(schema_find(&schema, BYTES("textt")));
    assert_null(schema_find(&schema, BYTES("")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_follow_the_members),   cmocka_unit_test(values_are_written),
        cmocka_unit_test(nothing_is_told_from_zero),  cmocka_unit_test(numbers_are_numbers),
        cmocka_unit_test(only_whole_names_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
