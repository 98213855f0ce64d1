#include "dissectors/base/diag.h"

#include <string.h>

#include "tests/support/test.h"

static void words_are_formatted_and_cut(void **state)
{
    struct diag diag = {0};
    char long_word[600];

    (void)state;
    diag_set(&diag, "%s:%d: unknown field", "rules/a.yml", 12);
    assert_string_equal(diag.text, "rules/a.yml:12: unknown field");
    memset(long_word, 'a', sizeof(long_word) - 1);
    long_word[sizeof(long_word) - 1] = '\0';
    diag_set(&diag, "%s", long_word);
    assert_int_equal(strlen(diag.text), sizeof(diag.text) - 1);
    diag_set(NULL, "%s", "nobody listens");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_formatted_and_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
