#include "export/record.h"

#include <math.h>
#include <stdlib.h>

#include "rules/finding.h"
#include "tests/export/sample.h"
#include "tests/support/test.h"

static const struct exporter_identity identity = {"tap-1", "0.1.0"};

static void expect_json(const struct schema *schema, const void *object, const char *expected)
{
    struct record_layout *layout = record_layout_new(schema, &identity);
    struct record *record;
    char *text;

    assert_non_null(layout);
    record = record_new(layout, object);
    assert_non_null(record);
    text = strndup((const char *)record_json(record).at, record_json(record).len);
    assert_string_equal(text, expected);
    free(text);
    record_free(record);
    record_layout_free(layout);
}

#define OBSERVER                                                                                   \
    "\"ecs\":{\"version\":\"8.11\"},\"observer\":{\"name\":\"tap-1\",\"vendor\":\"basictap\","     \
    "\"product\":\"basictap\",\"version\":\"0.1.0\",\"type\":\"sensor\"}}"

static void a_finding_nests_and_leaves_out_what_is_absent(void **state)
{
    struct sample sample = sample_login(1);

    (void)state;
    expect_json(
        &sample_schema, &sample,
        "{\"@timestamp\":\"2026-11-21T08:00:01.250000Z\",\"event\":{"
        "\"start\":\"2026-11-21T08:00:01.000000Z\",\"id\":\"00000001\",\"sequence\":1,"
        "\"category\":[\"authentication\",\"network\"],\"reason\":\"accepted\"},\"basictap\":{"
        "\"kind\":\"auth\",\"service\":\"imap\",\"mechanism\":\"imap-login\",\"family\":\"basic\","
        "\"certainty\":\"observed\",\"count\":1,\"switch\":\"AllowBasicAuthImap\","
        "\"client\":\"Thunderbird\",\"target\":\"exchange-online\"},\"device\":{"
        "\"id\":\"mac:00-1B-54-AA-00-01\"},\"source\":{\"ip\":\"10.0.0.7\",\"port\":50123,"
        "\"mac\":\"00-1B-54-AA-00-01\",\"domain\":\"scanner\"},\"user\":{"
        "\"name\":\"bob@contoso.com\"},\"tls\":{\"established\":false}," OBSERVER);
}

struct deep {
    uint64_t one;
    uint64_t two;
    uint64_t three;
    uint64_t four;
    uint64_t five;
    struct timestamp end;
};

static void prefixes_meet_however_far_apart(void **state)
{
    static const struct field fields[] = {
        FIELD(struct deep, one, "a.b.c", ""),    FIELD(struct deep, two, "x", ""),
        FIELD(struct deep, three, "a.bc", ""),   FIELD(struct deep, four, "y.z", ""),
        FIELD(struct deep, five, "a.b.d.e", ""),
    };
    static const struct schema schema = {"deep", fields, 5};
    struct deep deep = {1, 2, 3, 4, 5, {0}};

    (void)state;
    expect_json(
        &schema, &deep,
        "{\"a\":{\"b\":{\"c\":1,\"d\":{\"e\":5}},\"bc\":3},\"x\":2,\"y\":{\"z\":4}," OBSERVER);
}

static void a_record_without_time_has_that_of_its_end(void **state)
{
    static const struct field fields[] = {FIELD(struct deep, end, "event.end", "")};
    static const struct schema schema = {"deep", fields, 1};
    struct deep deep = {.end = {SAMPLE_DAY * UINT64_C(1000000000)}};

    (void)state;
    expect_json(&schema, &deep,
                "{\"@timestamp\":\"2026-11-21T08:00:00.000000Z\",\"event\":{"
                "\"end\":\"2026-11-21T08:00:00.000000Z\"}," OBSERVER);
}

static void what_a_schema_says_itself_is_not_said_twice(void **state)
{
    static const struct field fields[] = {FIELD_CONST("replay", "observer.name", "")};
    static const struct schema schema = {"named", fields, 1};

    (void)state;
    expect_json(&schema, "",
                "{\"observer\":{\"name\":\"replay\",\"vendor\":\"basictap\","
                "\"product\":\"basictap\",\"version\":\"0.1.0\",\"type\":\"sensor\"},"
                "\"ecs\":{\"version\":\"8.11\"}}");
}

static void names_that_json_cannot_nest_are_refused(void **state)
{
    static const struct field nested[] = {FIELD_CONST("1", "a", ""), FIELD_CONST("2", "a.b", "")};
    static const struct field twice[] = {FIELD_CONST("1", "a.b", ""), FIELD_CONST("2", "a.b", "")};
    static const struct field fine[] = {FIELD_CONST("1", "a.b", ""), FIELD_CONST("2", "a.bb", "")};
    const struct schema schemas[] = {{"nested", nested, 2}, {"twice", twice, 2}, {"fine", fine, 2}};
    struct record_layout *layout;

    (void)state;
    assert_null(record_layout_new(&schemas[0], &identity));
    assert_null(record_layout_new(&schemas[1], &identity));
    layout = record_layout_new(&schemas[2], &identity);
    assert_non_null(layout);
    record_layout_free(layout);
}

static void expect_flat(const struct record *record, const char *name, const char *expected)
{
    struct bytes text = record_find(record, name);

    assert_int_equal(text.len, strlen(expected));
    assert_memory_equal(text.at, expected, text.len);
}

static void flat_fields_are_a_constant_set_of_constant_kinds(void **state)
{
    struct record_layout *layout = record_layout_new(&sample_schema, &identity);
    struct sample full = sample_login(1);
    struct sample none = {.confidence = -1};
    struct record *a = record_new(layout, &full);
    struct record *b = record_new(layout, &none);

    (void)state;
    assert_int_equal(record_num_fields(a), record_num_fields(b));
    assert_int_equal(record_num_fields(a), sample_schema.num_fields + 6);
    expect_flat(a, "source.port", "50123");
    expect_flat(b, "source.port", "0");
    expect_flat(a, "basictap.confidence", "0");
    expect_flat(a, "source.ip", "10.0.0.7");
    expect_flat(b, "source.ip", "");
    expect_flat(b, "@timestamp", "");
    expect_flat(b, "tls.established", "false");
    expect_flat(a, "event.category", "authentication,network");
    expect_flat(a, "observer.name", "tap-1");
    expect_flat(a, "no.such.field", "");
    record_free(a);
    record_free(b);
    record_layout_free(layout);
}

static void infinity_is_no_number(void **state)
{
    static const struct field fields[] = {
        FIELD(struct sample, confidence, "basictap.confidence", "")};
    static const struct schema schema = {"real", fields, 1};
    struct sample sample = {.confidence = INFINITY};

    (void)state;
    expect_json(&schema, &sample, "{" OBSERVER);
    sample.confidence = 0.25;
    expect_json(&schema, &sample, "{\"basictap\":{\"confidence\":0.25}," OBSERVER);
}

static void what_is_too_long_is_not_made(void **state)
{
    static const struct field fields[] = {
        FIELD_POINTER(struct exporter_identity, observer_name, "event.original", "")};
    static const struct schema schema = {"long", fields, 1};
    struct record_layout *layout = record_layout_new(&schema, &identity);
    char *text = calloc(1, RECORD_MAX_TEXT + 1);
    struct exporter_identity object = {text, ""};
    struct record *record;

    (void)state;
    memset(text, 'x', RECORD_MAX_TEXT);
    assert_null(record_new(layout, &object));
    text[RECORD_MAX_TEXT / 2] = '\0';
    record = record_new(layout, &object); /* and the next one is as it should be */
    assert_non_null(record);
    assert_int_equal(record_find(record, "event.original").len, RECORD_MAX_TEXT / 2);
    record_free(record);
    free(text);
    record_layout_free(layout);
}

static void the_published_schema_nests(void **state)
{
    static const struct finding finding = {.last = {SAMPLE_DAY * UINT64_C(1000000000)}};
    struct record_layout *layout = record_layout_new(&finding_schema, &identity);
    struct record *record;

    (void)state;
    assert_non_null(layout);
    record = record_new(layout, &finding);
    assert_non_null(record);
    expect_flat(record, "@timestamp", "2026-11-21T08:00:00.000000Z");
    record_free(record);
    record_layout_free(layout);
}

static void a_packed_record_comes_back_with_its_number(void **state)
{
    struct record_layout *layout = record_layout_new(&sample_schema, &identity);
    struct record_layout *parsed = record_layout_parse(record_layout_about(layout));
    struct sample sample = sample_login(1);
    static uint8_t packed[RECORD_MAX_PACKED];
    struct record *record;
    struct record *back;
    size_t len;

    (void)state;
    (void)strcpy(sample.user, "Jos\xc3\xa9 \"the printer\"");
    sample.sequence = 77; /* of the run; the journal's goes before it */
    record = record_new(layout, &sample);
    len = record_pack(record, packed);
    record_free(record);
    sample.sequence = 5;
    record = record_new(layout, &sample);
    assert_non_null(parsed);
    back = record_unpack(parsed, bytes_view(packed, len), 5);
    assert_non_null(back);
    assert_int_equal(record_sequence(back), 5);
    assert_int_equal(record_json(back).len, record_json(record).len);
    assert_memory_equal(record_json(back).at, record_json(record).at, record_json(record).len);
    expect_flat(back, "event.sequence", "5");
    expect_flat(back, "basictap.confidence", "0");
    expect_flat(back, "source.ip", "10.0.0.7");
    record_free(back);
    for (size_t cut = 0; cut < len; cut++) {
        assert_null(record_unpack(parsed, bytes_view(packed, cut), 5));
    }
    packed[0] = 200; /* a length beyond the end */
    packed[1] = 100;
    assert_null(record_unpack(parsed, bytes_view(packed, len), 5));
    record_free(record);
    record_layout_free(parsed);
    record_layout_free(layout);
}

static void a_flat_record_packs_as_one_with_json(void **state)
{
    struct record_layout *layout = record_layout_new(&sample_schema, &identity);
    struct sample sample = sample_login(3);
    struct record *full = record_new(layout, &sample);
    struct record *flat = record_new_flat(layout, &sample);
    static uint8_t one[RECORD_MAX_PACKED];
    static uint8_t other[RECORD_MAX_PACKED];
    size_t len = record_pack(full, one);

    (void)state;
    assert_int_equal(record_json(flat).len, 0);
    assert_int_equal(record_pack(flat, other), len);
    assert_memory_equal(one, other, len);
    record_free(full);
    record_free(flat);
    record_layout_free(layout);
}

static void a_layout_that_makes_no_sense_is_refused(void **state)
{
    static const char *const senseless[] = {
        "",         "n",      "nname",      "xname\n", "nname\nt\n", "ta\nta.b\n", "ta.b\nta.b\n",
        "ta\x01\n", "ta\n\n", "ta\r\ntb\n",
    };
    struct record_layout *layout;

    (void)state;
    for (size_t i = 0; i < sizeof(senseless) / sizeof(senseless[0]); i++) {
        assert_null(record_layout_parse(bytes_of_text(senseless[i])));
    }
    layout = record_layout_parse(BYTES("na.b\nbc\nla.d\n"));
    assert_non_null(layout);
    assert_null(record_unpack(layout, BYTES("\x01x\0\0"), 1));   /* no number */
    assert_null(record_unpack(layout, BYTES("\0\x03yes\0"), 1)); /* neither true nor false */
    assert_null(record_unpack(layout, BYTES("\0\0\0\0"), 1));    /* more than it has fields */
    record_layout_free(layout);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_finding_nests_and_leaves_out_what_is_absent),
        cmocka_unit_test(prefixes_meet_however_far_apart),
        cmocka_unit_test(a_record_without_time_has_that_of_its_end),
        cmocka_unit_test(what_a_schema_says_itself_is_not_said_twice),
        cmocka_unit_test(names_that_json_cannot_nest_are_refused),
        cmocka_unit_test(flat_fields_are_a_constant_set_of_constant_kinds),
        cmocka_unit_test(infinity_is_no_number),
        cmocka_unit_test(what_is_too_long_is_not_made),
        cmocka_unit_test(the_published_schema_nests),
        cmocka_unit_test(a_packed_record_comes_back_with_its_number),
        cmocka_unit_test(a_flat_record_packs_as_one_with_json),
        cmocka_unit_test(a_layout_that_makes_no_sense_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
