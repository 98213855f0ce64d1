#include "dissectors/base/words.h"

#include <string.h>

#include "tests/support/test.h"

static void words_are_those_of_the_schema(void **state)
{
    (void)state;
    assert_string_equal(service_word(SERVICE_OUTLOOK_SERVICE), "outlook_service");
    assert_string_equal(service_word(SERVICE_PROXY), "proxy");
    assert_string_equal(mechanism_word(MECHANISM_IMAP_LOGIN), "imap-login");
    assert_string_equal(mechanism_word(MECHANISM_HTTP_NEGOTIATE_KERBEROS),
                        "http-negotiate-kerberos");
    assert_string_equal(mechanism_word(MECHANISM_OTHER), "other");
    assert_string_equal(family_word(FAMILY_INTEGRATED), "integrated");
    assert_string_equal(outcome_word(OUTCOME_ABANDONED), "abandoned");
    assert_string_equal(reason_word(REASON_NONE), "");
    assert_string_equal(reason_word(REASON_BASIC_DISABLED), "basic-disabled");
    assert_string_equal(certainty_word(CERTAINTY_POSSIBLE), "possible");
    assert_string_equal(transport_word(TRANSPORT_STARTTLS), "starttls");
    assert_string_equal(tunnel_word(TUNNEL_NONE), "");
    assert_string_equal(tunnel_word(TUNNEL_SOCKS), "socks");
    assert_string_equal(target_word(TARGET_CONSUMER), "exchange-online-consumer");
}

static void a_value_without_a_word_is_unknown(void **state)
{
    (void)state;
    assert_string_equal(service_word(NUM_SERVICES), "unknown");
    assert_string_equal(mechanism_word(9999), "unknown");
    assert_string_equal(outcome_word(NUM_OUTCOMES), "unknown");
    assert_int_equal(mechanism_family((enum mechanism)9999), FAMILY_UNKNOWN);
}

static void words_give_their_values_back(void **state)
{
    enum service service;
    enum target target;

    (void)state;
    for (unsigned i = 0; i < NUM_SERVICES; i++) {
        assert_true(service_parse(bytes_of_text(service_word(i)), &service));
        assert_int_equal(service, i);
    }
    for (unsigned i = 0; i < NUM_TARGETS; i++) {
        assert_true(target_parse(bytes_of_text(target_word(i)), &target));
        assert_int_equal(target, i);
    }
    assert_false(service_parse(BYTES("IMAP"), &service));
    assert_false(service_parse(BYTES(""), &service));
    assert_false(target_parse(BYTES("exchange"), &target));
}

/* SCHEMA: basic is a reusable password on the wire, and nothing else is. */
static void exactly_these_mechanisms_are_basic(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_MECHANISMS; i++) {
        bool basic = i == MECHANISM_IMAP_LOGIN || i == MECHANISM_SASL_PLAIN ||
                     i == MECHANISM_SASL_LOGIN || i == MECHANISM_POP_USER_PASS ||
                     i == MECHANISM_HTTP_BASIC || i == MECHANISM_SOCKS_USER_PASS;

        assert_int_equal(mechanism_family((enum mechanism)i) == FAMILY_BASIC, basic);
    }
    assert_int_equal(mechanism_family(MECHANISM_HTTP_BEARER), FAMILY_MODERN);
    assert_int_equal(mechanism_family(MECHANISM_SASL_XOAUTH2), FAMILY_MODERN);
    assert_int_equal(mechanism_family(MECHANISM_HTTP_NTLM), FAMILY_INTEGRATED);
    assert_int_equal(mechanism_family(MECHANISM_POP_APOP), FAMILY_CHALLENGE);
    assert_int_equal(mechanism_family(MECHANISM_CLIENT_CERT), FAMILY_CERTIFICATE);
    assert_int_equal(mechanism_family(MECHANISM_NONE), FAMILY_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_those_of_the_schema),
        cmocka_unit_test(a_value_without_a_word_is_unknown),
        cmocka_unit_test(words_give_their_values_back),
        cmocka_unit_test(exactly_these_mechanisms_are_basic),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
