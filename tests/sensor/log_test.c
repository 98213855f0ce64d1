#include "sensor/log.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/support/test.h"

static char said[4096];

/* Runs say() with standard error on a pipe and keeps what came. */
static const char *hear(void (*say)(void))
{
    int ends[2];
    int kept = dup(STDERR_FILENO);
    ssize_t len;

    assert_int_equal(pipe(ends), 0);
    assert_true(kept >= 0 && dup2(ends[1], STDERR_FILENO) >= 0);
    say();
    assert_true(fflush(stderr) == 0 && dup2(kept, STDERR_FILENO) >= 0);
    assert_true(close(kept) == 0 && close(ends[1]) == 0);
    len = read(ends[0], said, sizeof(said) - 1);
    assert_true(len >= 0 && close(ends[0]) == 0);
    said[len] = '\0';
    return said;
}

static void say_all(void)
{
    log_notice("one %d", 1);
    log_warning("two");
    log_error("three");
    log_status("four"); /* a pipe is no terminal */
}

static void levels_are_told_apart(void **state)
{
    (void)state;
    assert_string_equal(hear(say_all),
                        "basictap: one 1\nbasictap: warning: two\nbasictap: error: three\n");
}

static void quiet_leaves_out_notices_alone(void **state)
{
    (void)state;
    log_set_quiet(true);
    assert_string_equal(hear(say_all), "basictap: warning: two\nbasictap: error: three\n");
    log_set_quiet(false);
}

static void say_controls(void)
{
    log_warning("%s", "evil\033[2J\nfile\x7f.pcap");
}

static void a_name_cannot_steer_the_terminal(void **state)
{
    (void)state;
    assert_string_equal(hear(say_controls), "basictap: warning: evil?[2J?file?.pcap\n");
}

static void say_long(void)
{
    static char words[2 * LOG_LINE_MAX];

    memset(words, 'a', sizeof(words) - 1);
    log_warning("%s", words);
}

static void a_long_line_is_cut(void **state)
{
    (void)state;
    assert_int_equal(strlen(hear(say_long)), strlen("basictap: warning: \n") + LOG_LINE_MAX - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(levels_are_told_apart),
        cmocka_unit_test(quiet_leaves_out_notices_alone),
        cmocka_unit_test(a_name_cannot_steer_the_terminal),
        cmocka_unit_test(a_long_line_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
