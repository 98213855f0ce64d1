#include "sensor/share.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

/* This program lies in a build folder inside the source tree. */
static void a_build_finds_the_rules_of_its_tree(void **state)
{
    char expected[PATH_MAX];
    char found[PATH_MAX];
    char path[PATH_MAX];

    (void)state;
    assert_non_null(realpath(SOURCE_DIR "/rules", expected));
    assert_non_null(realpath("/proc/self/exe", path));
    if (strncmp(path, SOURCE_DIR "/", strlen(SOURCE_DIR "/")) != 0) {
        skip(); /* a build folder elsewhere */
    }
    assert_true(share_find_rules(found, sizeof(found)));
    assert_non_null(realpath(found, path));
    assert_string_equal(path, expected);
}

static void what_does_not_fit_is_not_found(void **state)
{
    char found[4];

    (void)state;
    assert_false(share_find_rules(found, sizeof(found)));
    assert_string_equal(found, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_build_finds_the_rules_of_its_tree),
        cmocka_unit_test(what_does_not_fit_is_not_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
