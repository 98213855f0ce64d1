#include "sensor/stats.h"

#include <string.h>

#include "dissectors/base/text.h"
#include "tests/support/test.h"

static void every_name_is_there_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < coverage_schema.num_fields; i++) {
        const char *name = coverage_schema.fields[i].name;

        assert_ptr_equal(schema_find(&coverage_schema, bytes_of_text(name)),
                         &coverage_schema.fields[i]);
    }
}

/* Two lines with the same member would be a slip of copying. */
static void every_counter_is_counted_once(void **state)
{
    (void)state;
    for (size_t i = 0; i < coverage_schema.num_fields; i++) {
        for (size_t j = i + 1; j < coverage_schema.num_fields; j++) {
            const struct field *one = &coverage_schema.fields[i];
            const struct field *other = &coverage_schema.fields[j];

            if (one->kind != FIELD_CONSTANT && other->kind != FIELD_CONSTANT) {
                assert_int_not_equal(one->offset, other->offset);
            }
        }
    }
}

static double number(const struct coverage *coverage, const char *name)
{
    const struct field *field = schema_find(&coverage_schema, bytes_of_text(name));
    double value = -1;

    assert_non_null(field);
    (void)field_number(field, coverage, &value);
    return value;
}

static void sessions_are_told_by_service_and_fate(void **state)
{
    static struct coverage coverage;

    (void)state;
    coverage.worker.sessions[SERVICE_IMAP][SESSION_OPAQUE] = 3;
    coverage.worker.sessions[SERVICE_SMTP][SESSION_READABLE] = 4;
    coverage.hellos[TARGET_ONLINE] = 5;
    assert_true(number(&coverage, "basictap.coverage.sessions.imap.encrypted") == 3);
    assert_true(number(&coverage, "basictap.coverage.sessions.smtp.readable") == 4);
    assert_true(number(&coverage, "basictap.coverage.sessions.imap.readable") == -1); /* absent */
    assert_true(number(&coverage, "basictap.coverage.tls.exchange-online") == 5);
}

static void tls_sessions_are_told_by_service_and_why_they_could_not_be_read(void **state)
{
    static struct coverage coverage;

    (void)state;
    coverage.worker.readings[SERVICE_IMAP][TLS_READING_NO_KEY] = 3;
    coverage.worker.readings[SERVICE_HTTP][TLS_READING_DECRYPTED] = 4;
    coverage.worker.readings[SERVICE_HTTP][TLS_READING_LATE] = 5;
    coverage.keystore.malformed = 6;
    assert_true(number(&coverage, "basictap.coverage.sessions.imap.tls.no_key") == 3);
    assert_true(number(&coverage, "basictap.coverage.sessions.http.tls.decrypted") == 4);
    assert_true(number(&coverage, "basictap.coverage.sessions.http.tls.late") == 5);
    assert_true(number(&coverage, "basictap.coverage.sessions.http.tls.gap") == -1); /* absent */
    assert_true(number(&coverage, "basictap.coverage.keys.malformed") == 6);
}

/* Whoever adds a reading is to tell it. */
static void every_reading_has_its_counter(void **state)
{
    (void)state;
    for (unsigned reading = TLS_READING_DECRYPTED; reading < NUM_TLS_READINGS; reading++) {
        char name[128] = "basictap.coverage.sessions.smtp.tls.";
        char *dash;

        assert_true(text_append(name, sizeof(name), tls_reading_word(reading)));
        dash = strchr(name, '-');
        if (dash != NULL) {
            *dash = '_';
        }
        assert_non_null(schema_find(&coverage_schema, bytes_of_text(name)));
    }
}

static void what_shapes_said_is_told_beside_what_keys_showed(void **state)
{
    static struct coverage coverage;
    struct check_counts *pop = &coverage.detector.checks.groups[CHECK_POP];

    (void)state;
    pop->results[CHECK_RIGHT] = 7;
    pop->results[CHECK_WRONG] = 2;
    pop->sure[CHECK_WRONG] = 1;
    assert_true(number(&coverage, "basictap.coverage.shapes.pop.right") == 7);
    assert_true(number(&coverage, "basictap.coverage.shapes.pop.wrong") == 2);
    assert_true(number(&coverage, "basictap.coverage.shapes.pop.surely_wrong") == 1);
    assert_true(number(&coverage, "basictap.coverage.shapes.pop.undecided") == -1); /* absent */
    assert_true(number(&coverage, "basictap.coverage.shapes.imap.right") == -1);
}

/* "None" must be readable as none, not as not looked at. */
static void what_matters_is_said_even_when_it_is_zero(void **state)
{
    static const char *const names[] = {
        "basictap.coverage.packets", "basictap.coverage.drops.kernel",
        "basictap.coverage.streams.gaps", "basictap.coverage.damaged_files",
        "basictap.coverage.flows.evicted"};
    static struct coverage coverage;

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_true(number(&coverage, names[i]) == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_is_there_once),
        cmocka_unit_test(every_counter_is_counted_once),
        cmocka_unit_test(sessions_are_told_by_service_and_fate),
        cmocka_unit_test(tls_sessions_are_told_by_service_and_why_they_could_not_be_read),
        cmocka_unit_test(every_reading_has_its_counter),
        cmocka_unit_test(what_shapes_said_is_told_beside_what_keys_showed),
        cmocka_unit_test(what_matters_is_said_even_when_it_is_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
