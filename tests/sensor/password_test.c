#include "sensor/password.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static char path[64];

static int make_file(void **state)
{
    int file;

    (void)state;
    (void)snprintf(path, sizeof(path), "/tmp/basictap-password-XXXXXX");
    file = mkstemp(path);
    return unsetenv("BASICTAP_REDIS_PASSWORD") != 0 || file < 0 || close(file) != 0;
}

static int remove_file(void **state)
{
    (void)state;
    return unlink(path);
}

static void fill_file(const char *text)
{
    FILE *file = fopen(path, "we");

    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void none_given_is_none(void **state)
{
    char password[PASSWORD_SIZE] = "old";

    (void)state;
    assert_true(password_read("", password, NULL));
    assert_string_equal(password, "");
}

static void the_first_line_of_the_file_counts(void **state)
{
    static const char *const files[] = {"sesame", "sesame\n", "sesame\r\nsecond line\n"};
    char password[PASSWORD_SIZE];

    (void)state;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        fill_file(files[i]);
        assert_true(password_read(path, password, NULL));
        assert_string_equal(password, "sesame");
    }
}

static void the_environment_goes_before_the_file_and_is_cleared(void **state)
{
    char password[PASSWORD_SIZE];
    const char *value;

    (void)state;
    fill_file("sesame\n");
    assert_int_equal(setenv("BASICTAP_REDIS_PASSWORD", "mellon", 1), 0);
    value = getenv("BASICTAP_REDIS_PASSWORD");
    assert_true(password_read(path, password, NULL));
    assert_string_equal(password, "mellon");
    assert_null(getenv("BASICTAP_REDIS_PASSWORD"));
    assert_string_equal(value, ""); /* the memory itself, which /proc shows */
}

static void a_file_without_a_password_is_an_error_that_repeats_nothing(void **state)
{
    char password[PASSWORD_SIZE];
    char longest[2 * PASSWORD_SIZE];
    struct diag diag = {{0}};

    (void)state;
    fill_file("\nsesame\n");
    assert_false(password_read(path, password, &diag));
    assert_null(strstr(diag.text, "sesame"));
    memset(longest, 'a', sizeof(longest) - 1);
    longest[sizeof(longest) - 1] = '\0';
    fill_file(longest);
    assert_false(password_read(path, password, &diag));
    assert_string_equal(password, "");
    assert_null(strstr(diag.text, "aaa"));
    assert_int_equal(setenv("BASICTAP_REDIS_PASSWORD", longest, 1), 0);
    assert_false(password_read("", password, &diag));
    assert_string_equal(password, "");
    assert_null(strstr(diag.text, "aaa"));
    assert_false(password_read("/nowhere/password", password, &diag));
    assert_string_equal(diag.text, "/nowhere/password: No such file or directory");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(none_given_is_none, make_file, remove_file),
        cmocka_unit_test_setup_teardown(the_first_line_of_the_file_counts, make_file, remove_file),
        cmocka_unit_test_setup_teardown(the_environment_goes_before_the_file_and_is_cleared,
                                        make_file, remove_file),
        cmocka_unit_test_setup_teardown(a_file_without_a_password_is_an_error_that_repeats_nothing,
                                        make_file, remove_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
