#include "dissectors/tls/alert.h"

#include "tests/support/test.h"

static void words_are_those_of_the_registry(void **state)
{
    (void)state;
    assert_string_equal(alert_word(0), "close_notify");
    assert_string_equal(alert_word(40), "handshake_failure");
    assert_string_equal(alert_word(48), "unknown_ca");
    assert_string_equal(alert_word(70), "protocol_version");
    assert_string_equal(alert_word(120), "no_application_protocol");
    assert_null(alert_word(1));
    assert_null(alert_word(255));
}

static void the_first_alert_that_is_no_farewell_is_kept(void **state)
{
    struct tls_event event = {0};

    (void)state;
    alert_read(BYTES("\x01\x00"), true, &event); /* close_notify */
    alert_read(BYTES("\x01\x5a"), true, &event); /* user_canceled */
    assert_string_equal(event.alert, "");
    assert_false(event.alert_by_server);
    alert_read(BYTES("\x02\x46"), true, &event);
    alert_read(BYTES("\x02\x30"), false, &event);
    assert_string_equal(event.alert, "protocol_version");
    assert_true(event.alert_by_server);
}

static void a_client_sends_alerts_too(void **state)
{
    struct tls_event event = {0};

    (void)state;
    alert_read(BYTES("\x02\x30"), false, &event);
    assert_string_equal(event.alert, "unknown_ca");
    assert_false(event.alert_by_server);
}

static void what_the_registry_does_not_know_keeps_its_number(void **state)
{
    struct tls_event event = {0};

    (void)state;
    alert_read(BYTES("\x02\xc8"), true, &event);
    assert_string_equal(event.alert, "alert-200");
}

static void the_longest_word_fits(void **state)
{
    struct tls_event event = {0};

    (void)state;
    alert_read(BYTES("\x02\x71"), true, &event);
    assert_string_equal(event.alert, "bad_certificate_status_response");
}

static void what_is_no_alert_says_nothing(void **state)
{
    struct tls_event event = {0};

    (void)state;
    alert_read(BYTES(""), true, &event);
    alert_read(BYTES("\x02"), true, &event);
    alert_read(BYTES("\x03\x28"), true, &event);
    alert_read(BYTES("\x02\x28\x02"), true, &event);
    alert_read(BYTES("\x02\x28\x9c\xb1\x15\x7f\x3e\x02\x88\xd1\x24\x65\x0c\x99\x01\x76\x5d\x4e"),
               true, &event);
    assert_string_equal(event.alert, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_registry),
        cmocka_unit_test(the_first_alert_that_is_no_farewell_is_kept),
        cmocka_unit_test(a_client_sends_alerts_too),
        cmocka_unit_test(what_the_registry_does_not_know_keeps_its_number),
        cmocka_unit_test(the_longest_word_fits),
        cmocka_unit_test(what_is_no_alert_says_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
