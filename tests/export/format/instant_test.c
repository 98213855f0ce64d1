#include "export/format/instant.h"

#include "tests/support/test.h"

/* Values from date(1): date -u -d '2024-02-29T12:34:56Z' +%s */
static void times_are_milliseconds_since_1970(void **state)
{
    static const struct {
        const char *text;
        uint64_t milliseconds;
    } cases[] = {
        {"1970-01-01T00:00:00Z", 0},
        {"2024-02-29T12:34:56.789999Z", 1709210096789},
        {"2026-11-21T08:00:00.250000Z", 1795248000250},
        {"2000-03-01T00:00:00.5Z", 951868800500},
        {"2099-12-31T23:59:59Z", 4102444799000},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t milliseconds = 1;

        assert_true(instant_parse(bytes_of_text(cases[i].text), &milliseconds));
        assert_int_equal(milliseconds, cases[i].milliseconds);
    }
}

static void what_is_no_time_is_refused(void **state)
{
    static const char *const cases[] = {
        "",
        "2026-11-21",
        "2026-11-21T08:00:00",
        "2026-11-21T08:00:00+01:00",
        "2026-13-21T08:00:00Z",
        "2026-11-21T08:00:00Zx",
        "1969-12-31T23:59:59Z",
        "2026-00-01T00:00:00Z",
        "+026-11-21T08:00:00Z",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        uint64_t milliseconds = 1;

        assert_false(instant_parse(bytes_of_text(cases[i]), &milliseconds));
        assert_int_equal(milliseconds, 1);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(times_are_milliseconds_since_1970),
        cmocka_unit_test(what_is_no_time_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
