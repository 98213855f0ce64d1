#include "tests/support/test.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "rules/finding.h"

static void names_of_fields_are_unique(void **state)
{
    (void)state;
    for (size_t i = 0; i < finding_schema.num_fields; i++) {
        const struct field *field = &finding_schema.fields[i];

        assert_ptr_equal(schema_find(&finding_schema, bytes_of_text(field->name)), field);
        assert_true(strlen(field->help) > 0);
    }
}

static void outcomes_are_those_of_ecs(void **state)
{
    static const struct {
        enum outcome outcome;
        const char *ecs;
        const char *ours;
    } cases[] = {
        {OUTCOME_ACCEPTED, "success", "accepted"},   {OUTCOME_REJECTED, "failure", "rejected"},
        {OUTCOME_BLOCKED, "failure", "blocked"},     {OUTCOME_CHALLENGED, "unknown", "challenged"},
        {OUTCOME_ABANDONED, "unknown", "abandoned"}, {OUTCOME_UNKNOWN, "unknown", "unknown"},
    };
    const struct field *outcome = schema_find(&finding_schema, BYTES("event.outcome"));
    const struct field *reason = schema_find(&finding_schema, BYTES("event.reason"));

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct finding finding = {.outcome = cases[i].outcome};
        char scratch[FIELD_TEXT_MAX];

        assert_true(
            bytes_equal(field_text(outcome, &finding, scratch), bytes_of_text(cases[i].ecs)));
        assert_true(
            bytes_equal(field_text(reason, &finding, scratch), bytes_of_text(cases[i].ours)));
    }
}

static void levels_are_read_and_printed(void **state)
{
    enum rule_level level = LEVEL_NONE;

    (void)state;
    assert_true(level_parse(BYTES("critical"), &level));
    assert_int_equal(level, LEVEL_CRITICAL);
    assert_int_equal(level_severity(level), 99);
    assert_string_equal(level_word(LEVEL_LOW), "low");
    assert_false(level_parse(BYTES(""), &level));
    assert_false(level_parse(BYTES("High"), &level));
    assert_string_equal(level_word(99), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_fields_are_unique),
        cmocka_unit_test(outcomes_are_those_of_ecs),
        cmocka_unit_test(levels_are_read_and_printed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
