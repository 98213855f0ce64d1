#include "sensor/commands/signals.h"

#include <signal.h>

#include "tests/support/test.h"

static void a_report_is_asked_for_once(void **state)
{
    (void)state;
    signals_catch(true);
    assert_false(signals_take_report());
    assert_int_equal(raise(SIGUSR1), 0);
    assert_int_equal(raise(SIGUSR1), 0);
    assert_true(signals_take_report());
    assert_false(signals_take_report());
}

static void a_reader_that_went_away_does_not_end_the_program(void **state)
{
    (void)state;
    signals_catch(true);
    assert_int_equal(raise(SIGPIPE), 0);
}

static void the_first_signal_asks_and_the_second_is_no_longer_caught(void **state)
{
    struct sigaction now;

    (void)state;
    signals_catch(true);
    assert_int_equal(signals_end(), 0);
    assert_int_equal(raise(SIGTERM), 0);
    assert_int_equal(signals_end(), SIGTERM);
    assert_int_equal(sigaction(SIGTERM, NULL, &now), 0);
    assert_true(now.sa_handler == SIG_DFL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_report_is_asked_for_once),
        cmocka_unit_test(a_reader_that_went_away_does_not_end_the_program),
        cmocka_unit_test(the_first_signal_asks_and_the_second_is_no_longer_caught),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
